"""What ``describe`` shows of shocks and interventions: what each sets or does, when, and for how long."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich.text import Text

from civicsim.cli.assumptions import file_of
from civicsim.cli.listing import indented, known, value_text
from civicsim.cli.output import Output
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.processes.events import Event
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.shipped import shocks

_SAID = ("week", "name", "weeks", "set", "action", "size")


def show_shocks(output: Output) -> None:
    """Show every shock and intervention that comes along."""
    if output.json:
        output.data([_about(name) for name in shocks()])
        return
    output.say("Shocks and interventions: dated changes, by name in a scenario file.", "")
    for name in shocks():
        output.say(Text(name, style="bold"), *indented(_description(name)))
        for line in _lines(name):
            output.say(*indented(line))
    output.hint("Next: civicsim describe shock surge")


def show_shock(output: Output, name: str) -> None:
    """Show one, and how it is put into a scenario."""
    known(name, shocks(), "shock or intervention")
    if output.json:
        output.data(_about(name))
        return
    output.say(Text(f"{shocks()[name]} ({name})", style="bold"), _description(name), "", *_lines(name), "")
    output.say("In a scenario file, in the week that you choose (week 0 is the first that is looked at):", "")
    output.say("    [[interventions]]", "    week = 52", f'    name = "{name}"')
    if any(event.weeks for event in _events(name)):
        output.say("    weeks = 26       # to make it last longer or shorter")
    if any(event.action for event in _events(name)):
        output.say("    size = 0.3       # to make what happens at once larger or smaller")
    output.hint("Next: civicsim new my.toml, put it in, then civicsim compare my.toml")


def _events(name: str) -> tuple[Event, ...]:
    return Scenario.from_dict({"interventions": [{"name": name, "week": 0}]}).interventions


def _description(name: str) -> str:
    return str(file_of(name, "shocks").get("description", shocks()[name]))


def _about(name: str) -> dict[str, Any]:
    events = [event.to_dict() for event in _events(name)]
    return {"name": name, "title": shocks()[name], "description": _description(name), "events": events}


def _lines(name: str) -> list[str]:
    """Return what each of its events does, in words."""
    lines = []
    for event in _events(name):
        when = "At once" if event.week == 0 else f"After {event.week} weeks"
        if event.set:
            span = f"for {event.weeks} weeks" if event.weeks else "for good"
            lines.append(f"{when}, {span}: {', '.join(_setting(key, value) for key, value in event.set.items())}.")
        if event.action:
            does = (ACTIONS[event.action].__doc__ or event.action).split("\n")[0].rstrip(".")
            does = does.replace("``size``", value_text(event.size)).replace("``", "")
            lines.append(f"{when}, one time: {does[:1].lower() + does[1:]}.")
        others = {f.name: getattr(event, f.name) for f in dataclasses.fields(event) if f.name not in _SAID}
        default = {f.name: f.default for f in dataclasses.fields(event)}
        changed = [f"{key} = {value_text(value)}" for key, value in others.items() if value != default[key]]
        if changed:
            lines.append(f"Concerns {', '.join(changed)}.")
    return lines


def _setting(key: str, value: Any) -> str:
    """Return what a parameter is set to, and what it is at the status quo."""
    section, _, name = key.partition(".")
    unique = sum(about.name == name for about in PARAMETERS.values()) == 1
    usual = getattr(getattr(Scenario.preset(), section), name)
    return f"{name if unique else key} = {value_text(value)} (status quo: {value_text(usual)})"
