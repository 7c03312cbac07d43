"""What ``describe`` shows: the week, and everything that is declared, read from the declarations."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from rich.table import Table
from rich.text import Text

from civicsim.cli.assumptions import (
    about_parameter,
    show_kind,
    show_kinds,
    show_lever,
    show_levers,
    show_parameter,
    show_parameters,
    show_section,
    show_style,
    show_styles,
)
from civicsim.cli.dated import show_shock, show_shocks
from civicsim.cli.listing import known, listing, paragraphs
from civicsim.cli.output import Output
from civicsim.errors import CivicsimError, nearest
from civicsim.model.columns import columns_of
from civicsim.model.measures import FLAGSHIP, MEASURES, Measure
from civicsim.model.week import PROCESSES, WEEK
from civicsim.report.model_page import PAGES, page, write_pages
from civicsim.scenario.scenario import PARAMETERS, SECTIONS
from civicsim.scenario.shipped import kinds, shocks, styles

_ROOM_FOR_MEASURES = 132
"""Columns that the table of measures takes without breaking a word or a line."""
_IN_SHORT = (
    "Leaders intend; staff meet what leaders live. Staff notice what does not fit, and speak up or keep it to "
    "themselves. Managers answer as far as their hours go, and people learn whether it is safe and worth it. Ideas "
    "become practices, spread or decay. All of it shows in quality, exhaustion and turnover."
)


def describe(output: Output, topic: str | None, name: str | None) -> None:
    """Show a topic, or one thing of it.

    Raises
    ------
    CivicsimError
        If there is no such topic, or nothing of that name in it.
    """
    if topic is None:
        _week(output)
        return
    word = topic.lower().replace("intervention", "shock")
    found = next((name for name in TOPICS if word in (name, f"{name}s", f"{name}es")), None)
    if found is None:
        raise CivicsimError(f"describe: no topic '{topic}'; {nearest(topic, TOPICS)}")
    show_all, show_one = TOPICS[found]
    if name is None:
        show_all(output)
    else:
        show_one(output, name)


# -- the week ---------------------------------------------------------------------------------------------------------


def _week(output: Output) -> None:
    if output.json:
        output.data([_about_process(name) for name in PROCESSES])
        return
    output.say("A week in the organisation: what happens, in this order.", "", _process_table(), "")
    output.say(_IN_SHORT)
    output.hint("Next: civicsim describe process voice   (or: style, parameter, measure, lever, kind, shock)")


# -- processes ---------------------------------------------------------------------------------------------------------


def _process_table() -> Table:
    table = listing("process", "what happens")
    for process in WEEK:
        table.add_row(Text(process.name, style="bold"), Text(process.title))
    return table


def _about_process(name: str) -> dict[str, Any]:
    process, columns = PROCESSES[name], columns_of(PROCESSES[name])
    return {
        "name": name, "title": process.title, "reads": columns.reads, "writes": columns.writes,
        "parameters": [about_parameter(p) for p in SECTIONS[name].values()],
    }  # fmt: skip


def _processes(output: Output) -> None:
    _week(output)


def _process(output: Output, name: str) -> None:
    known(name, PROCESSES, "process")
    process = PROCESSES[name]
    if output.json:
        output.data(_about_process(name))
        return
    module = importlib.import_module(process.parameters.__module__)
    words, equations = inspect.getdoc(module) or "", _equations(module)
    output.say(Text(name, style="bold"), process.title, "", *paragraphs(words), "")
    if equations:
        table = listing("equation", "what it says")
        for key, text in equations.items():
            table.add_row(key, text)
        output.say(table)
    columns = columns_of(process)
    output.say("", f"Reads   {', '.join(columns.reads)}", f"Writes  {', '.join(columns.writes)}", "")
    show_section(output, name)
    output.hint(f"Next: civicsim run --set {name}.enabled=false   (without this mechanism)")


def _equations(module: ModuleType) -> dict[str, str]:
    """Return the public functions of a process, each with the first line of its description."""
    found = {}
    for name, value in vars(module).items():
        own = callable(value) and getattr(value, "__module__", None) == module.__name__ and not isinstance(value, type)
        if own and not name.startswith("_") and name != "step":
            words = (inspect.getdoc(value) or "").split("\n")[0].removeprefix("Return ").replace("``", "")
            found[name] = words[:1].upper() + words[1:]
    return found


# -- measures ---------------------------------------------------------------------------------------------------------


def _about_measure(measure: Measure) -> dict[str, Any]:
    return {key: getattr(measure, key) for key in ("name", "label", "unit", "help", "better")}


def _measures(output: Output) -> None:
    if output.json:
        output.data([_about_measure(measure) for measure in MEASURES.values()])
        return
    if output.width < _ROOM_FOR_MEASURES:
        for measure in MEASURES.values():
            line = Text(measure.name, style="bold" if measure.name in FLAGSHIP else "")
            unit = Text(f"    {measure.label} ({measure.unit}; better: {_better(measure)})", style="dim")
            output.say(line, unit)
    else:
        table = listing("measure", "in words", "unit", "better")
        for measure in MEASURES.values():
            style = "bold" if measure.name in FLAGSHIP else ""
            table.add_row(Text(measure.name, style=style), measure.label, measure.unit, _better(measure))
        output.say(table)
    output.say("", "Tables show these first: " + ", ".join(FLAGSHIP) + ".")
    output.hint("Next: civicsim compare civic-culture --measure voice_gini   (or --all-measures)")


def _measure(output: Output, name: str) -> None:
    known(name, MEASURES, "measure")
    measure = MEASURES[name]
    if output.json:
        output.data(_about_measure(measure))
        return
    output.say(Text(f"{measure.label} ({name})", style="bold"), measure.help)
    output.say(f"Unit: {measure.unit}. Better: {_better(measure)}.")
    how = "the mean of the weeks" if measure.bottom is None else "sums over the weeks, divided once at the end"
    output.say(f"Over several weeks: {how}.")
    output.hint(f"Next: civicsim compare civic-culture --measure {name}")


def _better(measure: Measure) -> str:
    return "depends on who asks" if measure.better == "neither" else measure.better


# -- the model's documentation ------------------------------------------------------------------------------------------


def _pages(output: Output) -> None:
    if output.json:
        output.data([{"name": name, "holds": holds} for name, holds in PAGES.items()])
        return
    table = listing("page", "what it holds")
    for name, holds in PAGES.items():
        table.add_row(Text(name, style="bold"), holds)
    output.say(table)
    output.hint("Next: civicsim describe model --out docs/model   (write all pages)")


def _page(output: Output, name: str) -> None:
    known(name, PAGES, "page")
    if output.json:
        output.data({"name": name, "holds": PAGES[name], "markdown": page(name)})
        return
    print(page(name))
    output.hint("Next: civicsim describe model --out docs/model   (write all pages)")


def write_model(output: Output, topic: str | None, name: str | None, folder: str) -> None:
    """Write the pages that describe the model to a folder.

    Raises
    ------
    CivicsimError
        If something else than the whole model was asked for, or the folder cannot be written to.
    """
    if topic != "model" or name is not None:
        raise CivicsimError("describe: --out goes with 'describe model' and writes all its pages")
    paths = write_pages(folder)
    if output.json:
        output.data([str(path) for path in paths])
        return
    output.say(*(f"wrote {path}" for path in paths))


# -- topics ---------------------------------------------------------------------------------------------------------


TOPICS: dict[str, tuple[Callable[[Output], None], Callable[[Output, str], None]]] = {
    "process": (_processes, _process),
    "style": (show_styles, show_style),
    "parameter": (show_parameters, show_parameter),
    "measure": (_measures, _measure),
    "lever": (show_levers, show_lever),
    "kind": (show_kinds, show_kind),
    "shock": (show_shocks, show_shock),
    "model": (_pages, _page),
}
"""What can be described: how to show all of it, and one by name."""


def names_of(topic: str) -> Sequence[str]:
    """Return the names that a topic has, for completion."""
    valid: dict[str, Sequence[str]] = {
        "process": list(PROCESSES), "style": list(styles()), "parameter": [*SECTIONS, *PARAMETERS],
        "measure": list(MEASURES), "lever": list(SECTIONS["levers"]), "kind": list(kinds()),
        "shock": list(shocks()),
        "model": list(PAGES),
    }  # fmt: skip
    return valid.get(topic, ())
