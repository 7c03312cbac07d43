"""Pages that describe the model: prose from the folder ``pages``, tables from the declarations.

A mark ``{{name}}`` in the prose is replaced by the block of that name, so that tables always agree with the code.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from civicsim.engine.process import Process
from civicsim.errors import CivicsimError
from civicsim.model import rules as kernels
from civicsim.model.columns import columns_of
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import PURPOSES
from civicsim.model.measures import FLAGSHIP, Measure
from civicsim.model.organisation import REAL, TABLES, Column
from civicsim.model.processes import actions
from civicsim.model.week import WEEK
from civicsim.report.changes import changes_of_kind, event_lines
from civicsim.report.words import range_text, setting_text, size_text, time_text
from civicsim.scenario.model import SECTIONS, SHARED, SHIPPED, Model, Sections
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import kinds, shocks, styles

_PROSE = Path(__file__).parent / "pages"
_BLOCK = re.compile(r"\{\{(\w+)\}\}")
_HEADINGS = {"Parameters", "Returns", "Raises", "Attributes"}
_RECORDS = ("tally", "snapshot")
_STATUS = {
    "found": "were found in the reference that is named",
    "to be verified": "are to be verified",
    "assumption": "are assumptions",
}
_TYPES = {REAL: "real", "i1": "whole number", "i2": "whole number", "i4": "whole number", "u8": "whole number"}

# -- words ---------------------------------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; bars and line breaks within cells are made harmless."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def code(word: object) -> str:
    """Return a name as code."""
    return f"`{word}`"


def _sentence(words: str) -> str:
    words = " ".join(words.replace("``", "`").split())
    return words[:1].upper() + words[1:]


# -- what is declared ----------------------------------------------------------------------------------------------------


def parameter_table(section: str, sections: Sections = SECTIONS) -> str:
    """Return the parameters of a section: name, default, unit, range, role, status, meaning and source."""
    return table(
        ("parameter", "label", "symbol", "default", "unit", "range", "role", "status", "meaning", "source"),
        (
            (
                code(p.key),
                p.label,
                p.symbol or "–",
                setting_text(p.default),
                p.unit,
                range_text(p, setting_text),
                p.role,
                p.status,
                p.help,
                p.source,
            )
            for p in sections[section].values()
        ),
    )


def _bounds(column: Column) -> str:
    if column.refers:
        return f"row of {code(column.refers)}, −1 for none"
    low, high = (
        "" if abs(bound) == float("inf") else setting_text(float(bound)) for bound in (column.low, column.high)
    )
    if low and high:
        return f"{low} to {high}"
    return f"{low} or more" if low else (f"{high} or less" if high else "any")


def column_table(name: str, week: Sequence[Process] = WEEK) -> str:
    """Return the columns of a table: name, meaning, type, bounds, and the processes that change it."""
    writes = {process.name: columns_of(process).writes for process in week}
    return table(
        ("state variable", "meaning", "type", "bounds", "changed by"),
        (
            (
                code(f"{name}.{c.name}"),
                c.help,
                _TYPES[c.kind],
                _bounds(c),
                ", ".join(p for p in writes if f"{name}.{c.name}" in writes[p]) or "–",
            )
            for c in TABLES[name]
        ),
    )


def _tables(model: Model, names: Iterable[str]) -> str:
    return "\n\n".join(f"#### `{name}`\n\n{column_table(name, model.week)}" for name in names)


def _by_table(names: Sequence[str]) -> str:
    """Return column names grouped by table."""
    found: dict[str, list[str]] = {}
    for name in names:
        owner, _, column = name.partition(".")
        found.setdefault(owner, []).append(column)
    found_by = [f"{owner}: {', '.join(columns)}" if any(columns) else owner for owner, columns in sorted(found.items())]
    return "; ".join(found_by) or "–"


def _overview(model: Model) -> str:
    switches = {p.name: code(f"{p.name}.enabled") if p.name in model.sections else "–" for p in model.week}
    rows = ((n, code(p.name), p.title, switches[p.name]) for n, p in enumerate(model.week, start=1))
    return table(("order", "process", "what happens", "switch"), rows)


def _reads_and_writes(model: Model) -> str:
    found = ((p.name, columns_of(p)) for p in model.week)
    rows = ((code(name), _by_table(columns.reads), _by_table(columns.writes)) for name, columns in found)
    return table(("process", "reads", "writes"), rows)


# -- equations -----------------------------------------------------------------------------------------------------------


class Equation(NamedTuple):
    """A public function of a process: what it returns, its formula if there is one, and further text."""

    name: str
    words: str
    formula: str
    more: str

    def to_markdown(self) -> str:
        """Return the equation as an item of a list."""
        parts = [f"- `{self.name}`: {self.words}"]
        if self.formula:
            parts += ["", "  ```text", *(f"  {line}" for line in self.formula.splitlines()), "  ```"]
        if self.more:
            parts += ["", f"  {self.more}"]
        return "\n".join(parts)


def equations(module: ModuleType) -> list[Equation]:
    """Return the public functions of a module with their docstrings taken apart, in the order of the file."""
    found = []
    for name, value in vars(module).items():
        own = callable(value) and getattr(value, "__module__", None) == module.__name__ and not isinstance(value, type)
        if own and not name.startswith("_") and name != "step":
            found.append(_equation(name, inspect.getdoc(value) or ""))
    return found


def _equation(name: str, doc: str) -> Equation:
    first, *paragraphs = doc.split("\n\n")
    words = _sentence(first.removeprefix("Return "))
    formula: list[str] = []
    more: list[str] = []
    for paragraph in paragraphs:
        title, _, rest = paragraph.partition("\n")
        if title == "Formula":
            formula.append(inspect.cleandoc(rest))
        elif title not in _HEADINGS and not paragraph.startswith(" "):
            more.append(_sentence(paragraph))
    return Equation(name, words, "\n".join(formula), " ".join(more))


def _doc(thing: Any) -> str:
    """Return a docstring with its paragraphs, without the marks of cross-references."""
    words = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", inspect.getdoc(thing) or "").replace("``", "`")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in words.split("\n\n"))


def _submodel(process: Process, sections: Sections) -> str:
    module = importlib.import_module(process.module)
    parts = [f"### `{process.name}`", f"*{process.title}*", _doc(module), f"In a week: {_doc(process.step)}"]
    listed = equations(module)
    if listed:
        parts += [f"Equations, in `{module.__name__}`:", "\n".join(e.to_markdown() for e in listed)]
    parts += [parameter_table(process.name, sections)] if process.name in sections else []
    return "\n\n".join(parts)


def _scales() -> str:
    scenario = Scenario.preset()
    s = scenario.structure
    divisions = -(-s.n_teams // s.teams_per_division)
    rows = [
        ("weeks simulated after burn-in", scenario.weeks),
        ("weeks of burn-in", scenario.burn_in_weeks),
        ("organisations in a run", s.n_organisations),
        ("posts of staff", s.n_teams * s.team_size),
        ("teams", s.n_teams),
        ("divisions", divisions),
        ("executives, including the chief executive", s.n_executives),
        ("patients simulated individually", round(s.patients_per_post * s.n_teams * s.team_size)),
        ("dimensions of practice", s.n_dimensions),
    ]
    return table((f"default ({scenario.kind})", "number"), rows)


def _sizes() -> str:
    scenario = Scenario.preset()
    return (
        f"By default (`{scenario.kind}`) a run has {size_text(scenario)}, {scenario.structure.n_dimensions} dimensions of "
        f"practice, {time_text(scenario.burn_in_weeks)} of burn-in and {time_text(scenario.weeks)} that are recorded."
    )


def _parameter_counts(model: Model) -> str:
    every = [
        about for about in model.sections.parameters.values() if about.section != "levers" and about.role != "switch"
    ]
    counts = [f"{sum(about.status == status for about in every)} {words}" for status, words in _STATUS.items()]
    return (
        f"{len(model.week)} processes with {len(every)} parameters beside {len(LEVERS)} levers; of their defaults "
        f"{', '.join(counts)}."
    )


def _kinds() -> str:
    titles = table(("kind", "in words"), ((code(name), title) for name, title in kinds().items()))
    rows = [
        (code(name), code(key), setting_text(value), setting_text(usual), source)
        for name in kinds()
        for key, usual, value, source in changes_of_kind(name)
    ]
    return f"{titles}\n\n{table(('kind', 'what it sets', 'to', 'instead of', 'where it comes from'), rows)}"


def _shared_parameters() -> str:
    shared = [section for section in SHARED if section != "levers"]
    return "\n\n".join(f"### `{section}`\n\n{parameter_table(section)}" for section in shared)


def _status_counts(model: Model) -> str:
    every = [p for names in model.sections.values() for p in names.values() if p.section != "levers"]
    counts = {status: sum(p.status == status for p in every) for status in ("found", "to be verified", "assumption")}
    rows = [(status, count) for status, count in counts.items()]
    return table(("status of the default", "parameters, levers and switches apart"), rows)


# -- governance and measures ---------------------------------------------------------------------------------------------


def _styles() -> str:
    chosen = {name: Scenario.preset(name).levers for name in styles()}
    titles = table(("style", "in words"), ((code(name), title) for name, title in styles().items()))
    values = table(
        ("lever", *(code(name) for name in chosen)),
        ((code(lever), *(setting_text(getattr(levers, lever)) for levers in chosen.values())) for lever in LEVERS),
    )
    return f"{titles}\n\n{values}"


def _style_hours() -> str:
    rows = []
    for name in styles():
        scenario = Scenario.preset(name)
        hours = scenario.levers.hours(scenario.structure.improvement_share * scenario.structure.contracted_hours)
        rows.append((code(name), *(f"{hours[purpose]:.3f}" for purpose in PURPOSES), f"{sum(hours.values()):.3f}"))
    return table(("style", *PURPOSES, "in all"), rows)


def _shocks() -> str:
    rows = ((code(name), title, " ".join(event_lines(name))) for name, title in shocks().items())
    return table(("name", "in words", "what it does, counted from its own week"), rows)


def _actions() -> str:
    return table(
        ("action", "what it does"),
        ((code(name), _sentence(_doc(action).split("\n\n")[0])) for name, action in actions.ACTIONS.items()),
    )


def over_weeks(measure: Measure) -> str:
    """Return how several weeks of a measure become one value."""
    if measure.of is not None:
        return f"mean of the weeks taken, every {measure.every}"
    return "mean of the weeks" if measure.bottom is None else "ratio of sums"


def _measures(model: Model) -> str:
    rows = (
        (code(m.name), m.label, m.unit, "depends" if m.better == "neither" else m.better, over_weeks(m), m.help)
        for m in model.measures.values()
    )
    return table(("measure", "label", "unit", "better", "over several weeks", "meaning"), rows)


# -- pages ---------------------------------------------------------------------------------------------------------------


BLOCKS: dict[str, Callable[[Model], str]] = {
    "state_variables": lambda model: _tables(model, (name for name in TABLES if name not in _RECORDS)),
    "record_columns": lambda model: _tables(model, _RECORDS),
    "overview": _overview,
    "reads_and_writes": _reads_and_writes,
    "scales": lambda model: _scales(),
    "sizes": lambda model: _sizes(),
    "process_list": lambda model: "; ".join(f"`{p.name}`: {p.title[:-1]}" for p in model.week) + ".",
    "parameter_counts": _parameter_counts,
    "kinds": lambda model: _kinds(),
    "status_counts": _status_counts,
    "shared_parameters": lambda model: _shared_parameters(),
    "submodels": lambda model: "\n\n".join(_submodel(process, model.sections) for process in model.week),
    "kernels": lambda model: "\n".join(equation.to_markdown() for equation in equations(kernels)),
    "levers": lambda model: parameter_table("levers"),
    "styles": lambda model: _styles(),
    "style_hours": lambda model: _style_hours(),
    "shocks": lambda model: _shocks(),
    "actions": lambda model: _actions(),
    "measures": _measures,
    "flagship": lambda model: ", ".join(code(name) for name in FLAGSHIP),
}
"""Blocks of a page, by the name in double braces."""

PAGES: dict[str, str] = {
    "odd": "The model by the ODD+D protocol: purpose, entities, schedule, design concepts, submodels, parameters.",
    "governance": "Levers, styles, shocks and interventions: what can be set, and what each name means.",
    "measures": "Measures of results: name, unit, direction and meaning.",
    "odd-short": "The model by the ODD protocol on one page, for the appendix of an article.",
    "stress-abs": "The STRESS-ABS checklist for the model; civicsim study methods fills it for a study.",
}
"""The pages, with their contents."""


def page(name: str, model: Model = SHIPPED) -> str:
    """Return a page of :data:`PAGES` about a model, in Markdown."""
    prose = (_PROSE / f"{name}.md").read_text(encoding="utf-8")
    return _BLOCK.sub(lambda block: BLOCKS[block[1]](model), prose)


def write_pages(folder: str | Path, model: Model = SHIPPED) -> list[Path]:
    """Write all pages to a folder, and return their paths; a folder that cannot be written to raises :class:`CivicsimError`."""
    paths = []
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name in PAGES:
            path = Path(folder) / f"{name}.md"
            path.write_text(page(name, model), encoding="utf-8")
            paths.append(path)
    except OSError as error:
        raise CivicsimError(f"{folder}: cannot be written ({error.strerror})") from None
    return paths
