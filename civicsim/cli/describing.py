"""The command ``describe``: the week and every declaration, read from the declarations."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
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
from civicsim.engine.process import Process
from civicsim.errors import CivicsimError, nearest
from civicsim.model.columns import columns_of
from civicsim.model.measures import FLAGSHIP, Measure
from civicsim.report.model_page import PAGES, over_weeks, page, write_pages
from civicsim.scenario.model import SHIPPED, Model, load_model
from civicsim.scenario.shipped import kinds, shocks, styles

_IN_SHORT = (
    "Leaders set a style; staff experience what leaders actually do. Staff notice problems, and speak up or stay silent. "
    "Managers respond as far as their hours allow, and staff learn whether speaking up is safe and worthwhile. Ideas become "
    "practices, spread or decay. The results show in quality, exhaustion and turnover."
)


def describe(output: Output, request: Describe) -> None:
    """Show a topic, or one item of it; with ``--out``, write the pages that describe the model."""
    topic, name = request.topic, request.name
    model = SHIPPED if request.code is None else load_model(request.code)
    if request.out is not None:
        if topic != "model" or name is not None:
            raise CivicsimError("describe: --out needs 'describe model', and writes all its pages")
        paths = [str(path) for path in write_pages(request.out, model)]
        output.show(paths, [f"wrote {path}" for path in paths])
        return
    word = (topic or "process").lower().replace("intervention", "shock")
    found = next((topic for topic in TOPICS if word in (topic, f"{topic}s", f"{topic}es")), None)
    if found is None:
        raise CivicsimError(f"describe: no topic '{topic}'; {nearest(word, TOPICS)}")
    show_all, show_one = topics(model)[found][1:]
    data, lines, hint = show_all(output.width) if name is None else show_one(name, output.width)
    if request.code is not None:
        command, gap, about = hint.partition("   (")
        hint = f"{command} --code {request.code}{gap}{about}"
    output.show(data, lines, hint)


def _all_processes(model: Model, width: int) -> Shown:
    rows = [[process.name, process.title] for process in model.week]
    table = grid(rows, width, head=None, first="bold")
    lines: list[Line] = ["A week in the organisation: what happens, in this order.", "", *table, "", _IN_SHORT]
    hint = "civicsim describe process voice   (or: style, parameter, measure, lever, kind, shock)"
    return Shown([_about_process(model, process) for process in model.week], lines, hint)


def _about_process(model: Model, process: Process) -> dict[str, Any]:
    columns, section = columns_of(process), model.sections.get(process.name, {})
    facts = {"title": process.title, "reads": columns.reads, "writes": columns.writes}
    return {"name": process.name, **facts, "parameters": [about_parameter(about) for about in section.values()]}


def _one_process(model: Model, name: str, width: int) -> Shown:
    processes = {process.name: process for process in model.week}
    known(name, processes, "process")
    process = processes[name]
    module = importlib.import_module(process.module)

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
        if name in model.sections:
            yield ""
            yield from section_lines(model.sections, name, width)

    hint = f"civicsim run --set {name}.enabled=false   (without this mechanism)"
    return Shown(_about_process(model, process), lines(), hint)


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


def _all_measures(model: Model, width: int) -> Shown:
    known, rows = model.measures.values(), [["measure", "label, unit and direction"]]
    rows += [[about.name, f"{about.label} ({about.unit}{direction(about.better)})"] for about in known]
    table = grid(rows, width, first="bold")
    lines: list[Line] = [*table, "", f"Tables show these by default: {', '.join(FLAGSHIP)}."]
    hint = "civicsim compare civic-culture --measure voice_gini   (or --all-measures)"
    return Shown([_about_measure(measure) for measure in known], lines, hint)


def _one_measure(model: Model, name: str, width: int) -> Shown:
    known(name, model.measures, "measure")
    measure = model.measures[name]
    facts = {
        "Unit": measure.unit,
        "Better": "neither" if measure.better == "neither" else measure.better,
        "Over weeks": over_weeks(measure),
    }
    lines: list[Line] = [bold(f"{measure.label} ({name})"), measure.help, "", *labelled(facts, width)]
    return Shown(_about_measure(measure), lines, f"civicsim compare civic-culture --measure {name}")


_WRITE = "civicsim describe model --out docs/model   (write all pages)"


def _all_pages(width: int) -> Shown:
    rows = [["page", "content"], *([name, holds] for name, holds in PAGES.items())]
    data = [{"name": name, "holds": holds} for name, holds in PAGES.items()]
    return Shown(data, grid(rows, width, first="bold"), _WRITE)


def _one_page(model: Model, name: str, width: int) -> Shown:
    known(name, PAGES, "page")
    text = page(name, model)
    lines: list[Line] = [Text(line, no_wrap=True, overflow="ignore") for line in text.split("\n")]
    return Shown({"name": name, "holds": PAGES[name], "markdown": text}, lines, _WRITE)


class Topic(NamedTuple):
    """What can be described: its names, and how to show all of them or one in the columns of the terminal."""

    names: Callable[[], Iterable[str]]
    show_all: Callable[[int], Shown]
    show_one: Callable[[str, int], Shown]


def topics(model: Model = SHIPPED) -> dict[str, Topic]:
    """Return the topics of ``describe`` for a model."""
    week, sections = [process.name for process in model.week], model.sections
    return {
        "process": Topic(lambda: week, partial(_all_processes, model), partial(_one_process, model)),
        "style": Topic(styles, all_styles, one_style),
        "parameter": Topic(
            lambda: [*sections, *sections.parameters],
            partial(all_parameters, sections),
            partial(one_parameter, sections),
        ),
        "measure": Topic(lambda: model.measures, partial(_all_measures, model), partial(_one_measure, model)),
        "lever": Topic(lambda: sections["levers"], all_levers, one_lever),
        "kind": Topic(kinds, all_kinds, one_kind),
        "shock": Topic(shocks, all_shocks, one_shock),
        "model": Topic(lambda: PAGES, _all_pages, partial(_one_page, model)),
    }


TOPICS = topics()
"""Topics for the shipped model."""


def names_of(topic: str) -> Sequence[str]:
    """Return the names that a topic has, for completion."""
    return list(TOPICS[topic].names()) if topic in TOPICS else []
