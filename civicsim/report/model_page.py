"""Pages that describe the model: prose from the folder ``pages``, tables from the declarations.

A mark ``{{name}}`` in the prose is replaced by the block of that name in ``pages/blocks.md``, a template that is filled in with
what the code declares, so that tables always agree with it.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from civicsim.errors import CivicsimError
from civicsim.experiment.wording import setting_text
from civicsim.model import rules
from civicsim.model.columns import columns_of
from civicsim.model.levers import NAMES, PURPOSES
from civicsim.model.measures import FLAGSHIP
from civicsim.model.measuring import Measure
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.tables import REAL, TABLES, Column
from civicsim.report.changes import changes_of_kind, event_lines
from civicsim.report.words import range_text, size_text, time_text
from civicsim.scenario.model import SHARED, SHIPPED, Model
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import kinds, shocks, styles

_PROSE = Path(__file__).parent / "pages"
_BLOCK = re.compile(r"\{\{(\w+)\}\}")
_HEADINGS = {"Parameters", "Returns", "Raises", "Attributes"}
_STATUS = {
    "found": "were found in the reference that is named",
    "to be verified": "are to be verified",
    "assumption": "are assumptions",
}
_TYPES = {REAL: "real", "i1": "whole number", "i2": "whole number", "i4": "whole number", "u8": "whole number"}


# -- words ---------------------------------------------------------------------------------------------------------------


def cell(value: object) -> str:
    """Return a value for a cell of a Markdown table: bars and line breaks are made harmless."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _sentence(words: str) -> str:
    words = " ".join(words.replace("``", "`").split())
    return words[:1].upper() + words[1:]


def _bounds(column: Column) -> str:
    if column.refers:
        return f"row of `{column.refers}`, −1 for none"
    low, high = (
        "" if abs(bound) == float("inf") else setting_text(float(bound)) for bound in (column.low, column.high)
    )
    if low and high:
        return f"{low} to {high}"
    return f"{low} or more" if low else (f"{high} or less" if high else "any")


def _by_table(names: Sequence[str]) -> str:
    """Return column names grouped by table."""
    found: dict[str, list[str]] = {}
    for name in names:
        owner, _, column = name.partition(".")
        found.setdefault(owner, []).append(column)
    found_by = [f"{owner}: {', '.join(columns)}" if any(columns) else owner for owner, columns in sorted(found.items())]
    return "; ".join(found_by) or "–"


def over_weeks(measure: Measure) -> str:
    """Return how several weeks of a measure become one value."""
    if measure.of is not None:
        return f"mean of the weeks taken, every {measure.every}"
    return "mean of the weeks" if measure.bottom is None else "ratio of sums"


# -- equations -----------------------------------------------------------------------------------------------------------


class Equation(NamedTuple):
    """A public function of a process: what it returns, its formula if there is one, and further text."""

    name: str
    words: str
    formula: str
    more: str


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


# -- pages ---------------------------------------------------------------------------------------------------------------


PAGES: dict[str, str] = {
    "odd": "The model by the ODD+D protocol: purpose, entities, schedule, design concepts, submodels, parameters.",
    "governance": "Levers, styles, shocks and interventions: what can be set, and what each name means.",
    "measures": "Measures of results: name, unit, direction and meaning.",
    "odd-short": "The model by the ODD protocol on one page, for the appendix of an article.",
    "stress-abs": "The STRESS-ABS checklist for the model; civicsim study methods fills it for a study.",
}
"""The pages, with their contents."""


def template(name: str, **filters: Any) -> Template:
    """Return a template of the folder ``pages``, whose texts are not escaped."""
    how: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = Environment(loader=FileSystemLoader(_PROSE), **how)
    env.filters |= filters
    return env.get_template(f"{name}.md")


def blocks_of(model: Model) -> Any:
    """Return the blocks of a model's pages: functions without arguments, by name."""
    filters = {
        "bounds": _bounds,
        "by_table": _by_table,
        "cell": cell,
        "doc": _doc,
        "equations": equations,
        "preset": Scenario.preset,
        "module": importlib.import_module,
        "over_weeks": over_weeks,
        "sentence": _sentence,
        "setting": setting_text,
        "size": size_text,
        "time": time_text,
        "range": lambda about: range_text(about, setting_text),
    }
    columns = {process.name: columns_of(process) for process in model.week}
    values = {
        "all_actions": ACTIONS,
        "all_measures": model.measures,
        "changes_of_kind": changes_of_kind,
        "event_lines": event_lines,
        "kind_titles": kinds(),
        "levers_set": NAMES,
        "parameters": list(model.sections.parameters.values()),
        "purposes": PURPOSES,
        "reads": {name: own.reads for name, own in columns.items()},
        "records": ("tally", "snapshot"),
        "rules": rules,
        "scenario": Scenario.preset(),
        "sections": model.sections,
        "shared": SHARED,
        "shock_titles": shocks(),
        "shown": FLAGSHIP,
        "statuses": _STATUS,
        "style_levers": {name: vars(Scenario.preset(name).levers) for name in styles()},
        "style_titles": styles(),
        "tables": TABLES,
        "types": _TYPES,
        "week": model.week,
        "writes": {name: own.writes for name, own in columns.items()},
    }
    return template("blocks", **filters).make_module(values)


def page(name: str, model: Model = SHIPPED) -> str:
    """Return a page of :data:`PAGES` about a model, in Markdown."""
    prose, blocks = (_PROSE / f"{name}.md").read_text(encoding="utf-8"), blocks_of(model)
    return _BLOCK.sub(lambda block: str(getattr(blocks, block[1])()).rstrip("\n"), prose)


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
