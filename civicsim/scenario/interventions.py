"""Dated changes of a scenario: how ``[[interventions]]`` are read and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from civicsim import checks
from civicsim.engine.parameters import Parameter
from civicsim.errors import ScenarioError, naming, nearest
from civicsim.model.processes.actions import ACTIONS, FOR_THE_WHOLE, WITHOUT_SIZE
from civicsim.model.processes.choosing import CHOICES
from civicsim.model.processes.events import Event
from civicsim.scenario.shipped import load_named

FindParameter = Callable[[str, str], Parameter]
Load = Callable[[str, str, str], tuple[dict[str, Any], str]]

_EVENT_KEYS = ("week", "name", "weeks", "set", "action", "size", "teams", "share")
_FOR_NAMED = ("weeks", "size", "teams", "share")
"""Keys that change what a named shock or intervention does."""
_TIMED_ACTIONS = ("project",)
"""Actions that last as long as their event."""
_LAST_WEEK = 5200


def read_interventions(blocks: Any, where: str, find: FindParameter, load: Load = load_named) -> tuple[Event, ...]:
    """Return the events that ``[[interventions]]`` blocks describe; the name of a shock or a file stands for its own blocks.

    ``find`` returns the parameter of a name, or complains (see :meth:`civicsim.scenario.model.Sections.find`); ``load``
    returns the file that a name stands for: :func:`civicsim.scenario.shipped.load_shipped` for blocks that strangers
    wrote. Raises :class:`ScenarioError` if a block asks for something that the model does not know or cannot do.
    """
    result: list[Event] = []
    for at, block in _numbered(blocks, where):
        if isinstance(block, Event):
            result.append(block)
            continue
        name = block.get("name", "")
        if not isinstance(name, str) or not name:
            expected = "the name of a shock or intervention, a file, or a name of your own"
            raise ScenarioError(f"{at}: name = {name!r}: expected {expected}")
        if "set" in block or "action" in block:
            result.append(_read_event(block, at, find))
        else:
            result += _named(block, name, at, find, load)
    return tuple(result)


def _named(block: Mapping[str, Any], name: str, at: str, find: FindParameter, load: Load) -> list[Event]:
    """Return the events of a shipped shock or intervention, or of a file, from the week of a block on."""
    with naming(at):
        about, file = load(name, "shocks", "shock or intervention")
        for key in about:
            if key not in ("title", "description", "interventions"):
                raise ScenarioError(f"{file}: '{key}' is not for a shock, which holds [[interventions]] only")
        parts = _numbered(about.get("interventions") or None, file)
    for key in _FOR_NAMED:
        if key in block and not any(_has_use(part, key) for _, part in parts):
            raise ScenarioError(f"{at}: '{name}' has no use for {key}")
    week, events = _whole(block.get("week"), "week", at), list[Event]()
    for part_at, part in parts:
        of = f"{at}: {part_at}"
        if "set" not in part and "action" not in part:
            raise ScenarioError(f"{of}: expected values to set, or an action")
        own = {**part, "week": week + _whole(part.get("week", 0), "week", of), "name": Path(name).stem}
        own |= {key: block[key] for key in _FOR_NAMED if key in block and _has_use(part, key)}
        events.append(_read_event(own, of, find))
    return events


def _numbered(blocks: Any, where: str) -> list[tuple[str, Any]]:
    """Return blocks with what to call each in a complaint; their keys are known, their values are not checked."""
    if not isinstance(blocks, list | tuple) or not all(isinstance(block, Mapping | Event) for block in blocks):
        raise ScenarioError(f"{where}: interventions: expected blocks [[interventions]]")
    result = [(f"{where}: [[interventions]] {number}", block) for number, block in enumerate(blocks, start=1)]
    for at, block in result:
        checks.keys(() if isinstance(block, Event) else block, _EVENT_KEYS, f"{at} has no")
    return result


def _has_use(part: Mapping[str, Any], key: str) -> bool:
    """Return whether a part of a shipped event can take another value of a key."""
    if key == "weeks":
        return "set" in part or part.get("action") in _TIMED_ACTIONS
    if key == "size":
        return "action" in part and part["action"] not in WITHOUT_SIZE
    return key in part


def _whole(value: Any, key: str, at: str) -> int:
    return checks.whole(value, f"{at}: {key}", 0, _LAST_WEEK)


def _read_event(block: Mapping[str, Any], at: str, find: FindParameter) -> Event:
    """Return one checked event."""
    settings = checks.table(block.get("set", {}), f"{at}: set", "a table of parameters and values")
    given = {key: block[key] for key in _EVENT_KEYS if key in block}
    return check_event(Event(**{"week": None, **given, "set": dict(settings)}), at, find)


def check_event(event: Event, at: str, find: FindParameter) -> Event:
    """Return an event with full names and checked values; see :func:`read_interventions`."""
    _whole(event.week, "week", at)
    _whole(event.weeks, "weeks", at)
    checked = {}
    for key, value in event.set.items():
        found = find(key, at)
        if found.section in ("structure", "population"):
            raise ScenarioError(f"{at}: {found.key} belongs to the start and cannot change later")
        checked[found.key] = found.validate(value, at)
    if "events.enabled" in checked:
        raise ScenarioError(f"{at}: an event cannot switch events off")
    if event.action != "":
        checks.keys([event.action], ACTIONS, f"{at}: no action")
    action = event.action
    size, share = (checks.number(getattr(event, key), f"{at}: {key}", 0.0, 1.0) for key in ("size", "share"))
    teams: Any = event.teams
    if not isinstance(teams, str) or teams not in CHOICES:
        choices = ", ".join(CHOICES)
        raise ScenarioError(f"{at}: teams = {teams!r}: expected one of {choices}; {nearest(str(teams), CHOICES)}")
    if (teams in ("all", "marked")) != (share == 0.0):
        allowed = "a share of the teams above 0 with teams = random, best, worst or willing, and none otherwise"
        raise ScenarioError(f"{at}: share = {share!r}: expected {allowed}")
    if teams != "all" and not action:
        raise ScenarioError(f"{at}: teams = {teams!r}: only an action is about some teams; values hold for all")
    if teams != "all" and action in FOR_THE_WHOLE:
        raise ScenarioError(f"{at}: teams = {teams!r}: {action} is about the organisation as a whole; leave teams out")
    if not checked and not (event.action and (size > 0.0 or event.action in WITHOUT_SIZE)):
        raise ScenarioError(f"{at}: does nothing: expected values to set, or an action with a size above 0")
    return dataclasses.replace(event, set=checked, size=size, share=share)
