"""The command ``describe``: the week and every declaration, read from the declarations."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from rich.text import Text

from civicsim.cli.assumptions import (
    about_parameter,
    all_kinds,
    all_levers,
    all_parameters,
    all_styles,
    one_kind,
    one_lever,
    one_parameter,
    one_style,
    section_lines,
)
from civicsim.cli.commands import Describe
from civicsim.cli.dated import all_shocks, one_shock
from civicsim.cli.listing import Shown, bold, known, labelled
from civicsim.cli.output import Output
from civicsim.cli.tables import Line, direction, grid
from civicsim.errors import CivicsimError, nearest
from civicsim.model.columns import columns_of
from civicsim.model.measures import FLAGSHIP, MEASURES, Measure
from civicsim.model.week import PROCESSES, WEEK
from civicsim.report.model_page import PAGES, page, write_pages
from civicsim.scenario.scenario import PARAMETERS, SECTIONS
from civicsim.scenario.shipped import kinds, shocks, styles

_IN_SHORT = (
    "Leaders set a style; staff experience what leaders actually do. Staff notice problems, and speak up or stay silent. "
    "Managers respond as far as their hours allow, and staff learn whether speaking up is safe and worthwhile. Ideas become "
    "practices, spread or decay. The results show in quality, exhaustion and turnover."
)


def describe(output: Output, request: Describe) -> None:
    """Show a topic, or one item of it; with ``--out``, write the pages that describe the model."""
    topic, name = request.topic, request.name
    if request.out is not None:
        if topic != "model" or name is not None:
            raise CivicsimError("describe: --out needs 'describe model', and writes all its pages")
        paths = [str(path) for path in write_pages(request.out)]
        output.show(paths, [f"wrote {path}" for path in paths])
        return
    word = (topic or "process").lower().replace("intervention", "shock")
    found = next((topic for topic in TOPICS if word in (topic, f"{topic}s", f"{topic}es")), None)
    if found is None:
        raise CivicsimError(f"describe: no topic '{topic}'; {nearest(word, TOPICS)}")
    about, width = TOPICS[found], output.width
    output.show(*(about.show_all(width) if name is None else about.show_one(name, width)))


def _all_processes(width: int) -> Shown:
    rows = [[process.name, process.title] for process in WEEK]
    table = grid(rows, width, head=None, first="bold")
    lines: list[Line] = ["A week in the organisation: what happens, in this order.", "", *table, "", _IN_SHORT]
    hint = "civicsim describe process voice   (or: style, parameter, measure, lever, kind, shock)"
    return Shown([_about_process(name) for name in PROCESSES], lines, hint)


def _about_process(name: str) -> dict[str, Any]:
    columns = columns_of(PROCESSES[name])
    facts = {"title": PROCESSES[name].title, "reads": columns.reads, "writes": columns.writes}
    return {"name": name, **facts, "parameters": [about_parameter(about) for about in SECTIONS[name].values()]}


def _one_process(name: str, width: int) -> Shown:
    known(name, PROCESSES, "process")
    process = PROCESSES[name]
    module = importlib.import_module(process.parameters.__module__)

    def lines() -> Iterator[Line]:
        yield from (bold(name), process.title, "")
        yield from (" ".join(part.split()) for part in (inspect.getdoc(module) or "").split("\n\n"))
        equations = _equations(module)
        if equations:
            yield ""
            yield from grid([["equation", "meaning"], *map(list, equations.items())], width)
        columns = columns_of(process)
        facts = {"Reads": ", ".join(columns.reads), "Writes": ", ".join(columns.writes)}
        yield ""
        yield from labelled(facts, width)
        yield ""
        yield from section_lines(name, width)

    hint = f"civicsim run --set {name}.enabled=false   (without this mechanism)"
    return Shown(_about_process(name), lines(), hint)


def _equations(module: ModuleType) -> dict[str, str]:
    """Return the public functions of a process, each with the first line of its description."""
    found = {}
    for name, value in vars(module).items():
        own = callable(value) and getattr(value, "__module__", None) == module.__name__ and not isinstance(value, type)
        if own and not name.startswith("_") and name != "step":
            words = (inspect.getdoc(value) or "").split("\n")[0].removeprefix("Return ").replace("``", "")
            found[name] = words[:1].upper() + words[1:]
    return found


def _about_measure(measure: Measure) -> dict[str, Any]:
    return {key: getattr(measure, key) for key in ("name", "label", "unit", "help", "better")}


def _all_measures(width: int) -> Shown:
    rows = [["measure", "label, unit and direction"]]
    rows += [[about.name, f"{about.label} ({about.unit}{direction(about.better)})"] for about in MEASURES.values()]
    table = grid(rows, width, first="bold")
    lines: list[Line] = [*table, "", f"Tables show these by default: {', '.join(FLAGSHIP)}."]
    hint = "civicsim compare civic-culture --measure voice_gini   (or --all-measures)"
    return Shown([_about_measure(measure) for measure in MEASURES.values()], lines, hint)


def _one_measure(name: str, width: int) -> Shown:
    known(name, MEASURES, "measure")
    measure = MEASURES[name]
    facts = {
        "Unit": measure.unit,
        "Better": "neither" if measure.better == "neither" else measure.better,
        "Over weeks": "mean of the weeks" if measure.bottom is None else "ratio of sums over the weeks",
    }
    lines: list[Line] = [bold(f"{measure.label} ({name})"), measure.help, "", *labelled(facts, width)]
    return Shown(_about_measure(measure), lines, f"civicsim compare civic-culture --measure {name}")


_WRITE = "civicsim describe model --out docs/model   (write all pages)"


def _all_pages(width: int) -> Shown:
    rows = [["page", "content"], *([name, holds] for name, holds in PAGES.items())]
    data = [{"name": name, "holds": holds} for name, holds in PAGES.items()]
    return Shown(data, grid(rows, width, first="bold"), _WRITE)


def _one_page(name: str, width: int) -> Shown:
    known(name, PAGES, "page")
    text = page(name)
    lines: list[Line] = [Text(line, no_wrap=True, overflow="ignore") for line in text.split("\n")]
    return Shown({"name": name, "holds": PAGES[name], "markdown": text}, lines, _WRITE)


class Topic(NamedTuple):
    """What can be described: its names, and how to show all of them or one in the columns of the terminal."""

    names: Callable[[], Iterable[str]]
    show_all: Callable[[int], Shown]
    show_one: Callable[[str, int], Shown]


TOPICS = {
    "process": Topic(lambda: PROCESSES, _all_processes, _one_process),
    "style": Topic(styles, all_styles, one_style),
    "parameter": Topic(lambda: [*SECTIONS, *PARAMETERS], all_parameters, one_parameter),
    "measure": Topic(lambda: MEASURES, _all_measures, _one_measure),
    "lever": Topic(lambda: SECTIONS["levers"], all_levers, one_lever),
    "kind": Topic(kinds, all_kinds, one_kind),
    "shock": Topic(shocks, all_shocks, one_shock),
    "model": Topic(lambda: PAGES, _all_pages, _one_page),
}


def names_of(topic: str) -> Sequence[str]:
    """Return the names that a topic has, for completion."""
    return list(TOPICS[topic].names()) if topic in TOPICS else []
