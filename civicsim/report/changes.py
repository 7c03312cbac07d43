"""What scenarios, kinds of organisation, shocks and interventions change, in words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from civicsim.errors import ScenarioError
from civicsim.experiment.run import Result
from civicsim.experiment.wording import counted, setting_text
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.processes.events import Event
from civicsim.report.words import value_text
from civicsim.scenario.scenario import PARAMETERS, Scenario, sources_of

_SHOWN = ("week", "name", "weeks", "set", "action", "size")


def changes_of_kind(kind: str) -> list[tuple[str, Any, Any, str]]:
    """Return what a kind of organisation changes: parameter, default, its value, and the source that its file names."""
    sources, found = sources_of(kind), Scenario.preset().diff(Scenario.preset(kind=kind))
    return [
        (key, usual, value, sources.get(key, "The file names no source."))
        for key, (usual, value) in found.items()
        if key in PARAMETERS
    ]


def events_of(name: str) -> tuple[Event, ...]:
    """Return the events of a shock or intervention, counted from its own week."""
    return Scenario.from_dict({"interventions": [{"name": name, "week": 0}]}).interventions


def event_lines(name: str) -> Iterator[str]:
    """Yield what each event of a shock or intervention does, in a sentence."""
    for event in events_of(name):
        when = "At once" if event.week == 0 else f"After {counted(event.week, 'week')}"
        if event.set:
            span = f"for {counted(event.weeks, 'week')}" if event.weeks else "to the end"
            yield f"{when}, {span}: {', '.join(_setting(key, value) for key, value in event.set.items())}."
        if event.action:
            does = (inspect.getdoc(ACTIONS[event.action]) or event.action).split("\n")[0].rstrip(".")
            does = does.replace("``size``", value_text(event.size)).replace("``", "")
            yield f"{when}: {does[:1].lower() + does[1:]}."
        others = [field for field in fields(event) if field.name not in _SHOWN]
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


def preset_differences(scenario: Scenario) -> dict[str, tuple[Any, Any]] | None:
    """Return the differences from the preset: name → (preset's value, scenario's value); None where it cannot be read."""
    try:
        preset = Scenario.preset(scenario.style, scenario.kind, scenario.model)
    except ScenarioError:
        return None
    return {key: values for key, values in preset.diff(scenario).items() if key != "title"}


def change_text(key: str, before: Any, after: Any) -> str:
    """Return one change in words, with its unit."""
    if key == "interventions":
        return f"interventions: {', '.join(f'{event.name} in week {event.week}' for event in after) or 'none'}"
    unit = PARAMETERS[key].unit if key in PARAMETERS else {"weeks": "weeks", "burn_in_weeks": "weeks"}.get(key, "")
    own, usual = setting_text(after), setting_text(before)
    return f"{key} = {own}{f' {unit}' if unit not in ('', '0–1', 'on/off') else ''} (preset: {usual})"


def names_of(results: Mapping[str, Result]) -> dict[str, str]:
    """Return a name for each scenario: its title, marked where it differs from its preset unlike the others.

    Labels stay as they are where titles are missing or not all different.
    """
    # Compared as text: the settings of an intervention are a dictionary, which cannot be in a set.
    changes = {
        label: {(key, repr(values)) for key, values in (preset_differences(result.scenario) or {}).items()}
        for label, result in results.items()
    }
    common = set.intersection(*changes.values())
    names = {}
    for label, result in results.items():
        own = any("." in key or key == "interventions" for key, _ in changes[label] - common)
        names[label] = f"{result.scenario.title} (changed)" if own else result.scenario.title
    titled = all(result.scenario.title for result in results.values())
    return names if titled and len(set(names.values())) == len(names) else {label: label for label in results}
