"""Dated changes of a scenario: how ``[[interventions]]`` are read and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from civicsim.engine.parameters import Parameter
from civicsim.errors import ScenarioError, nearest
from civicsim.model.processes.actions import ACTIONS, FOR_THE_WHOLE, WITHOUT_SIZE
from civicsim.model.processes.choosing import CHOICES
from civicsim.model.processes.events import Event
from civicsim.scenario.shipped import load_named

FindParameter = Callable[[str, str], Parameter]
Load = Callable[[str, str, str], tuple[dict[str, Any], str]]

_EVENT_KEYS = ("week", "name", "weeks", "set", "action", "size", "teams", "share")
_TIMED_ACTIONS = ("project",)
"""Actions that last as long as their event."""


def read_interventions(blocks: Any, where: str, find: FindParameter, load: Load = load_named) -> tuple[Event, ...]:
    """Return the events that ``[[interventions]]`` blocks describe; a shipped name stands for its own blocks.

    Parameters
    ----------
    blocks : list of mappings
        As in a scenario file.
    where : str
        What to name in a complaint.
    find : callable
        Returns the parameter of a name, or complains; see :func:`civicsim.scenario.scenario.find_parameter`.
    load : callable
        Returns what a name stands for: :func:`civicsim.scenario.shipped.load_shipped` for blocks that strangers wrote.

    Raises
    ------
    ScenarioError
        If a block says something that the model does not know or cannot do.
    """
    result: list[Event] = []
    for at, block in _numbered(blocks, where):
        name = block.get("name", "")
        if not isinstance(name, str) or not name:
            raise ScenarioError(f"{at}: name = {name!r}: expected the name of a shock or intervention, or an own name")
        if "set" in block or "action" in block:
            result.append(_read_event(block, at, find))
            continue
        try:
            about, file = load(name, "shocks", "shock or intervention")
            parts = _numbered(about.get("interventions") or None, file)
        except ScenarioError as error:
            raise ScenarioError(f"{at}: {error}") from None
        for key in ("weeks", "size", "teams", "share"):
            if key in block and not any(_has_use(part, key) for _, part in parts):
                raise ScenarioError(f"{at}: '{name}' has no use for {key}")
        for part_at, part in parts:
            week = _whole(part, "week", f"{at}: {part_at}", 0) + _whole(block, "week", at)
            own = {**part, "name": name, "week": week}
            own |= {
                key: block[key] for key in ("weeks", "size", "teams", "share") if key in block and _has_use(part, key)
            }
            result.append(_read_event(own, at, find))
    return tuple(result)


def _numbered(blocks: Any, where: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return blocks with what to call each in a complaint; their keys are known, their values are not checked."""
    if not isinstance(blocks, list | tuple) or not all(isinstance(block, Mapping) for block in blocks):
        raise ScenarioError(f"{where}: interventions: expected blocks [[interventions]]")
    result = [(f"{where}: [[interventions]] {number}", block) for number, block in enumerate(blocks, start=1)]
    for at, block in result:
        for key in block:
            if key not in _EVENT_KEYS:
                raise ScenarioError(f"{at} has no '{key}'; {nearest(key, _EVENT_KEYS)}")
    return result


def _has_use(part: Mapping[str, Any], key: str) -> bool:
    """Return whether a part of a shipped event can take another value of a key."""
    if key == "weeks":
        return "set" in part or part.get("action") in _TIMED_ACTIONS
    if key == "size":
        return "action" in part and part["action"] not in WITHOUT_SIZE
    return key in part


def _whole(block: Mapping[str, Any], key: str, at: str, default: int | None = None) -> int:
    value = block.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 5200:
        raise ScenarioError(f"{at}: {key} = {value!r}: expected a whole number from 0 to 5200")
    return value


def _read_event(block: Mapping[str, Any], at: str, find: FindParameter) -> Event:
    """Return one checked event."""
    settings = block.get("set", {})
    if not isinstance(settings, Mapping):
        raise ScenarioError(f"{at}: set = {settings!r}: expected a table of parameters and values")
    week, weeks = _whole(block, "week", at), _whole(block, "weeks", at, 0)
    action, size = block.get("action", ""), block.get("size", 0.0)
    teams, share = block.get("teams", "all"), block.get("share", 0.0)
    return check_event(Event(week, str(block["name"]), weeks, dict(settings), action, size, teams, share), at, find)


def check_event(event: Event, at: str, find: FindParameter) -> Event:
    """Return an event with full names and checked values; see :func:`read_interventions`."""
    checked = {}
    for key, value in event.set.items():
        found = find(key, at)
        if found.section in ("structure", "population"):
            raise ScenarioError(f"{at}: {found.key} belongs to the start and cannot change later")
        checked[found.key] = found.validate(value, at)
    if "events.enabled" in checked:
        raise ScenarioError(f"{at}: an event cannot switch events off")
    action: Any = event.action
    if not isinstance(action, str) or (action and action not in ACTIONS):
        raise ScenarioError(f"{at}: no action {event.action!r}; {nearest(str(event.action), ACTIONS)}")
    size: Any = event.size
    if isinstance(size, bool) or not isinstance(size, int | float) or not 0.0 <= size <= 1.0:
        raise ScenarioError(f"{at}: size = {size!r}: expected a number from 0 to 1")
    teams: Any = event.teams
    if not isinstance(teams, str) or teams not in CHOICES:
        raise ScenarioError(
            f"{at}: teams = {teams!r}: expected one of {', '.join(CHOICES)}; {nearest(str(teams), CHOICES)}"
        )
    share: Any = event.share
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
        raise ScenarioError(f"{at}: share = {share!r}: expected a number from 0 to 1")
    if (teams in ("all", "marked")) != (share == 0.0):
        raise ScenarioError(
            f"{at}: share = {share!r}: expected a share of the teams above 0 with teams = random, best, worst or willing, and none otherwise"
        )
    if teams != "all" and not action:
        raise ScenarioError(f"{at}: teams = {teams!r}: only an action is about some teams; values hold for all")
    if teams != "all" and action in FOR_THE_WHOLE:
        raise ScenarioError(f"{at}: teams = {teams!r}: {action} is about the organisation as a whole; leave teams out")
    if not checked and not (event.action and (size > 0.0 or event.action in WITHOUT_SIZE)):
        raise ScenarioError(f"{at}: does nothing: expected values to set, or an action with a size above 0")
    _whole({"week": event.week}, "week", at)
    _whole({"weeks": event.weeks}, "weeks", at)
    return dataclasses.replace(event, set=checked, size=float(size), share=float(share))
