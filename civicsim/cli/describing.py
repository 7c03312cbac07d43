"""The command ``describe``: the week and every declaration, read from the declarations."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from rich.text import Text

from civicsim import checks
from civicsim.cli import assumptions
from civicsim.cli.assumptions import Shown, about_parameter, bold, file_of, section_grid, shown_all
from civicsim.cli.commands import Describe
from civicsim.cli.output import Line, Output
from civicsim.cli.tables import grid
from civicsim.engine.process import Process
from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.wording import direction
from civicsim.model.columns import columns_of
from civicsim.model.measures import FLAGSHIP
from civicsim.report.changes import event_lines, events_of
from civicsim.report.model_page import PAGES, equations, over_weeks, page, write_pages
from civicsim.scenario.model import SHIPPED, Model, load_model
from civicsim.scenario.shipped import kinds, shocks, styles

_IN_SHORT = (
    "Leaders set a style; staff experience what leaders actually do. Staff notice problems, and speak up or stay silent. "
    "Managers respond as far as their hours allow, and staff learn whether speaking up is safe and worthwhile. Ideas become "
    "practices, spread or decay. The results show in quality, exhaustion and turnover."
)
_WRITE = "civicsim describe model --out docs/model   (write all pages)"


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
    about = topics(model)[found]
    data, lines, hint = about.show_all() if name is None else about.show_one(name)
    if request.code is not None:
        command, gap, rest = hint.partition("   (")
        hint = f"{command} --code {request.code}{gap}{rest}"
    output.show(data, lines, hint)


def _all_processes(model: Model) -> Shown:
    rows = [[process.name, process.title] for process in model.week]
    hint = "civicsim describe process voice   (or: style, parameter, measure, lever, kind, shock)"
    head = "A week in the organisation: what happens, in this order."
    return shown_all([_about_process(model, process) for process in model.week], rows, hint, head, _IN_SHORT)


def _about_process(model: Model, process: Process) -> dict[str, Any]:
    columns, section = columns_of(process), model.sections.get(process.name, {})
    facts = {"title": process.title, "reads": columns.reads, "writes": columns.writes}
    return {"name": process.name, **facts, "parameters": [about_parameter(about) for about in section.values()]}


def _one_process(model: Model, name: str) -> Shown:
    processes = {process.name: process for process in model.week}
    checks.keys([name], processes, "describe: no process")
    process, columns = processes[name], columns_of(processes[name])
    module = importlib.import_module(process.module)
    lines: list[Line] = [bold(name), process.title, ""]
    lines += [" ".join(part.split()) for part in (module.__doc__ or "").split("\n\n")]
    if rows := [[about.name, about.words.replace("`", "")] for about in equations(module)]:
        lines += ["", grid([["equation", "meaning"], *rows])]
    facts = [["Reads", ", ".join(columns.reads)], ["Writes", ", ".join(columns.writes)]]
    lines += ["", grid(facts, head=False, first="dim")]
    if name in model.sections:
        lines += ["", section_grid(model.sections, name)]
    return Shown(
        _about_process(model, process), lines, f"civicsim run --set {name}.enabled=false   (without this mechanism)"
    )


def _about_measure(model: Model, name: str) -> dict[str, Any]:
    return {key: getattr(model.measures[name], key) for key in ("name", "label", "unit", "help", "better")}


def _all_measures(model: Model) -> Shown:
    rows = [["measure", "label, unit and direction"]]
    rows += [[m.name, f"{m.label} ({m.unit}{direction(m.better)})"] for m in model.measures.values()]
    hint = "civicsim compare civic-culture --measure voice_gini   (or --all-measures)"
    last = f"Tables show these by default: {', '.join(FLAGSHIP)}."
    return shown_all([_about_measure(model, name) for name in model.measures], rows, hint, "", last, head=True)


def _one_measure(model: Model, name: str) -> Shown:
    checks.keys([name], model.measures, "describe: no measure")
    measure = model.measures[name]
    facts = [["Unit", measure.unit], ["Better", measure.better], ["Over weeks", over_weeks(measure)]]
    lines: list[Line] = [bold(f"{measure.label} ({name})"), measure.help, "", grid(facts, head=False, first="dim")]
    return Shown(_about_measure(model, name), lines, f"civicsim compare civic-culture --measure {name}")


def _all_pages() -> Shown:
    data = [{"name": name, "holds": holds} for name, holds in PAGES.items()]
    return shown_all(data, [["page", "content"], *map(list, PAGES.items())], _WRITE, head=True)


def _one_page(model: Model, name: str) -> Shown:
    checks.keys([name], PAGES, "describe: no page")
    text = page(name, model)
    lines = [Text(line, no_wrap=True, overflow="ignore") for line in text.split("\n")]
    return Shown({"name": name, "holds": PAGES[name], "markdown": text}, lines, _WRITE)


def _about_shock(name: str) -> dict[str, Any]:
    description = str(file_of(name, "shocks").get("description", shocks()[name]))
    events = [event.to_dict() for event in events_of(name)]
    return {"name": name, "title": shocks()[name], "description": description, "events": events}


def _all_shocks() -> Shown:
    data = [_about_shock(name) for name in shocks()]
    rows = [[one["name"], "\n".join([one["description"], *event_lines(one["name"])])] for one in data]
    head = "Shocks and interventions: dated changes, by name in a scenario file."
    return shown_all(data, rows, "civicsim describe shock surge", head)


def _one_shock(name: str) -> Shown:
    checks.keys([name], shocks(), "describe: no shock or intervention")
    events, about = events_of(name), _about_shock(name)
    lines: list[Line] = [bold(f"{about['title']} ({name})"), about["description"], "", *event_lines(name), ""]
    lines += ["In a scenario file, in a week of your choice (week 0 is the first after the burn-in):", ""]
    lines += ["    [[interventions]]", "    week = 52", f'    name = "{name}"']
    if any(event.weeks for event in events):
        lines.append("    weeks = 26       # to make it longer or shorter")
    if any(event.action for event in events):
        lines.append("    size = 0.3       # to make its immediate effect larger or smaller")
    return Shown(about, lines, "civicsim new my.toml, add it, then civicsim compare my.toml")


class Topic(NamedTuple):
    """What can be described: its names, and how to show all of them or one."""

    names: Callable[[], Iterable[str]]
    show_all: Callable[[], Shown]
    show_one: Callable[[str], Shown]


def topics(model: Model = SHIPPED) -> dict[str, Topic]:
    """Return the topics of ``describe`` for a model."""
    week, sections = [process.name for process in model.week], model.sections
    parameters = partial(assumptions.all_parameters, sections), partial(assumptions.one_parameter, sections)
    return {
        "process": Topic(lambda: week, partial(_all_processes, model), partial(_one_process, model)),
        "style": Topic(styles, assumptions.all_styles, assumptions.one_style),
        "parameter": Topic(lambda: [*sections, *sections.parameters], *parameters),
        "measure": Topic(lambda: model.measures, partial(_all_measures, model), partial(_one_measure, model)),
        "lever": Topic(lambda: sections["levers"], assumptions.all_levers, assumptions.one_lever),
        "kind": Topic(kinds, assumptions.all_kinds, assumptions.one_kind),
        "shock": Topic(shocks, _all_shocks, _one_shock),
        "model": Topic(lambda: PAGES, _all_pages, partial(_one_page, model)),
    }


TOPICS = topics()
"""Topics for the shipped model."""


def names_of(topic: str) -> Sequence[str]:
    """Return the names that a topic has, for completion."""
    return list(TOPICS[topic].names()) if topic in TOPICS else []
