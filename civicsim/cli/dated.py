"""What ``describe`` shows of shocks and interventions: what each sets or does, when, and for how long."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from civicsim.cli.assumptions import file_of
from civicsim.cli.listing import Shown, bold, indented, known, value_text
from civicsim.cli.tables import Line
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.processes.events import Event
from civicsim.report.words import counted
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.shipped import shocks

_SHOWN = ("week", "name", "weeks", "set", "action", "size")


def all_shocks(width: int) -> Shown:
    """Show every shipped shock and intervention."""
    lines: list[Line] = ["Shocks and interventions: dated changes, by name in a scenario file.", ""]
    for name in shocks():
        lines += [bold(name), *indented(_description(name))]
        lines += [part for line in _lines(name) for part in indented(line)]
    return Shown([_about(name) for name in shocks()], lines, "civicsim describe shock surge")


def one_shock(name: str, width: int) -> Shown:
    """Show one, and how to put it into a scenario."""
    known(name, shocks(), "shock or intervention")
    events = _events(name)
    lines: list[Line] = [
        bold(f"{shocks()[name]} ({name})"),
        _description(name),
        "",
        *_lines(name),
        "",
        "In a scenario file, in a week of your choice (week 0 is the first after the burn-in):",
        "",
        "    [[interventions]]",
        "    week = 52",
        f'    name = "{name}"',
    ]
    if any(event.weeks for event in events):
        lines.append("    weeks = 26       # to make it longer or shorter")
    if any(event.action for event in events):
        lines.append("    size = 0.3       # to make its immediate effect larger or smaller")
    return Shown(_about(name), lines, "civicsim new my.toml, add it, then civicsim compare my.toml")


def _events(name: str) -> tuple[Event, ...]:
    return Scenario.from_dict({"interventions": [{"name": name, "week": 0}]}).interventions


def _description(name: str) -> str:
    return str(file_of(name, "shocks").get("description", shocks()[name]))


def _about(name: str) -> dict[str, Any]:
    events = [event.to_dict() for event in _events(name)]
    return {"name": name, "title": shocks()[name], "description": _description(name), "events": events}


def _lines(name: str) -> Iterator[str]:
    """Yield what each of its events does, in words."""
    for event in _events(name):
        when = "At once" if event.week == 0 else f"After {counted(event.week, 'week')}"
        if event.set:
            span = f"for {counted(event.weeks, 'week')}" if event.weeks else "to the end"
            yield f"{when}, {span}: {', '.join(_setting(key, value) for key, value in event.set.items())}."
        if event.action:
            does = (ACTIONS[event.action].__doc__ or event.action).split("\n")[0].rstrip(".")
            does = does.replace("``size``", value_text(event.size)).replace("``", "")
            yield f"{when}: {does[:1].lower() + does[1:]}."
        others = [field for field in dataclasses.fields(event) if field.name not in _SHOWN]
        values = [(field.name, getattr(event, field.name), field.default) for field in others]
        changed = [f"{key} = {value_text(value)}" for key, value, default in values if value != default]
        if changed:
            yield f"Applies to {', '.join(changed)}."


def _setting(key: str, value: Any) -> str:
    """Return a parameter's value, and that of the status quo."""
    section, _, name = key.partition(".")
    unique = sum(about.name == name for about in PARAMETERS.values()) == 1
    usual = getattr(getattr(Scenario.preset(), section), name)
    return f"{name if unique else key} = {value_text(value)} (status quo: {value_text(usual)})"
