"""Scenarios from the words of a command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from civicsim.cli.commands import Changes
from civicsim.cli.output import Output
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.model.processes.events import Event
from civicsim.model.week import ordered
from civicsim.scenario import tables
from civicsim.scenario.model import SHIPPED, load_model
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario
from civicsim.scenario.shipped import sets_levers_only, styles


def scenario_of(request: Any, name: str | None = None) -> Scenario:
    """Return the scenario that the options of a command name and change, or another by name with the same options."""
    named = name or getattr(request, "scenario", None)
    style = None if name else getattr(request, "style", None)
    return changed(request, load(named, style, request.kind, request.code))


def changed(request: Changes, scenario: Scenario) -> Scenario:
    """Return a scenario with what the command line changes: ``--set``, and ``--weeks`` and ``--seed`` where they exist."""
    for item in request.sets:
        key, sign, value = item.partition("=")
        key = key.strip()
        if not sign or not key:
            raise ScenarioError(f"--set {item}: expected key=value, for example --set fear=0.1")
        if key in ("style", "kind"):
            raise ScenarioError(f"--set {item}: expected --{key} {value}")
        scenario = scenario.set(key, value_of(value), "--set")
    for key in ("weeks", "seed"):
        if getattr(request, key, None) is not None:
            scenario = scenario.set(key, getattr(request, key), f"--{key}")
    return scenario


def value_of(text: str) -> Any:
    """Return the number, truth value or text that a word stands for; quotes around text are optional."""
    value = tables.value_of(text.strip())
    return value.strip("\"'") if isinstance(value, str) else value


def week_of(order: str | None, *scenarios: Scenario) -> tuple[Process, ...] | None:
    """Return the processes of the scenarios' week in the order of ``--order``; None without one."""
    if order is not None and any(scenario.week != scenarios[0].week for scenario in scenarios):
        raise ScenarioError(f"--order {order}: expected scenarios with the same processes")
    return None if order is None else ordered(order, "--order", scenarios[0].week)


def load(name: str | None, style: str | None = None, kind: str | None = None, code: str | None = None) -> Scenario:
    """Return the scenario of a file, a style by name or file, or the default.

    ``style``, ``kind`` and ``code`` hold where ``name``, a file or a shipped style, does not set them.
    """
    if name is not None and style is not None:
        raise ScenarioError(f"'{name}' and --style {style}: expected only one of them")
    model = SHIPPED if code is None else load_model(code)
    if name is None or not is_path(name) or sets_levers_only(name):
        return Scenario.preset(name or style or STATUS_QUO, kind or DEFAULT_KIND, model)
    if kind is not None:
        raise ScenarioError(f"--kind {kind}: {name} sets the kind of organisation itself; leave out --kind")
    scenario = Scenario.read(name, model)
    if scenario.model != model and code is not None:
        raise ScenarioError(f"--code {code}: {name} sets code = {scenario.code} itself; leave out --code")
    return scenario


def is_path(name: str) -> bool:
    """Return whether a word names a file rather than a shipped style."""
    # No style has a dot in its name, so that "my.tom" is a misspelt file.
    return name not in styles() and (any(mark in name for mark in "./\\") or Path(name).exists())


def labels_of(names: Sequence[str]) -> list[str]:
    """Return a short label for each scenario: a style's name, or a file's name without its folder."""
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ScenarioError(f"'{name}' is named twice")
    short = [Path(name).stem if is_path(name) else name for name in names]
    return short if len(set(short)) == len(short) else list(names)


def warn_of_dates(output: Output, dated: Iterable[tuple[Event, int]]) -> None:
    """Warn of interventions and shocks that begin after the last week; each comes with the weeks of its scenario."""
    late = {(event.name, event.week, weeks): None for event, weeks in dated if event.week >= weeks}
    for name, week, weeks in late:
        output.warn(
            f"{name} in week {week} never happens: weeks 0 to {weeks - 1} are simulated; set weeks to {week + 1} or more"
        )
