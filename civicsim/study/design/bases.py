"""What the points of a study start from: a scenario for each style or case."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from civicsim.errors import ScenarioError, nearest
from civicsim.experiment.compare import check_matched
from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.model.roster import Roster
from civicsim.scenario.scenario import DEFAULT_KIND, SECTIONS, STATUS_QUO, Scenario, random_style

_STYLE_KEYS = {"title", "description", "levers"}
_RANDOM = "random:"


def bases_of(
    styles: Sequence[str | Scenario], base: str | Scenario, kind: str, folder: Path, where: str,
    weeks: int | None, burn_in_weeks: int | None, interventions: tuple[Event, ...],
) -> dict[str, Scenario]:  # fmt: skip
    """Return a scenario per style, by label.

    Parameters
    ----------
    styles : sequence of str or Scenario
        Names of styles, files of styles or scenarios, ``"random:20"`` for twenty random ones, or scenarios.
    base : str or Scenario
        File or scenario that styles are set in; "" for the kind of organisation as it is shipped.
    kind : str
        Kind of organisation; "" for the base's own, or the default one.
    folder : Path
        Where paths of files start.
    where : str
        What a complaint starts with.
    weeks, burn_in_weeks : int or None
        Weeks of every scenario; None leaves its own.
    interventions : tuple of Event
        Dated changes that all of them have, behind their own.

    Raises
    ------
    ScenarioError
        If one does not exist or cannot be read, two have one label, or their runs cannot be matched.
    """
    if base and kind:
        raise ScenarioError(
            f"{where}: kind = {kind!r}: the base says its own kind of organisation; leave one of them out"
        )
    ground = _ground(base, folder)
    result: dict[str, Scenario] = {}
    for style in styles or ([ground.style] if ground is not None else [STATUS_QUO]):
        for label, scenario in _started(style, ground, kind or DEFAULT_KIND, folder, where).items():
            if label in result:
                raise ScenarioError(f"{where}: styles: '{label}' is there twice")
            fixed: dict[str, Any] = {"interventions": (*scenario.interventions, *interventions)}
            fixed |= {} if weeks is None else {"weeks": weeks}
            fixed |= {} if burn_in_weeks is None else {"burn_in_weeks": burn_in_weeks}
            result[label] = dataclasses.replace(scenario, **fixed)
    try:
        check_matched(result)
    except ScenarioError as error:
        raise ScenarioError(str(error).replace("compare:", f"{where}: styles:", 1)) from None
    return result


def _ground(base: str | Scenario, folder: Path) -> Scenario | None:
    if isinstance(base, Scenario):
        return base
    return Scenario.read(folder / base) if base else None


def _started(
    style: str | Scenario, ground: Scenario | None, kind: str, folder: Path, where: str
) -> dict[str, Scenario]:
    """Return the scenarios that one entry of ``styles`` stands for."""
    if isinstance(style, Scenario):
        return {style.title or style.style: style}
    if not isinstance(style, str):
        raise ScenarioError(f"{where}: styles: {style!r}: expected names of styles or files")
    start = ground if ground is not None else _named(where, STATUS_QUO, kind)
    if style.startswith(_RANDOM):
        text = style.removeprefix(_RANDOM)
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10_000):
            raise ScenarioError(f"{where}: styles: {style!r}: expected random:N with a whole number from 1 to 10000")
        return {
            f"random-{k + 1}": dataclasses.replace(
                start, style=f"random-{k + 1}", title=f"Random style {k + 1}", levers=random_style(k, int(text))
            )
            for k in range(int(text))
        }
    if not style.endswith(".toml"):
        if ground is not None and style == ground.style:
            return {style: ground}
        return {style: start.set("style", style, where) if ground is not None else _named(where, style, kind)}
    path = folder / style
    if not _sets_levers_only(path):
        return {path.stem: Scenario.read(path)}
    return {path.stem: start.set("style", str(path), where)}


def _named(where: str, style: str, kind: str) -> Scenario:
    try:
        return Scenario.preset(style, kind)
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}") from None


def _sets_levers_only(path: Path) -> bool:
    try:
        keys = set(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError):
        return False
    return "levers" in keys and keys <= _STYLE_KEYS


def scenario_values(scenario: Scenario) -> dict[str, Any]:
    """Return every value of a scenario, as JSON can hold it; see :func:`scenario_from_values`."""
    values = scenario.to_dict()
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def scenario_from_values(values: Mapping[str, Any]) -> Scenario:
    """Return the scenario of which :func:`scenario_values` gave the values; it needs no preset and no file."""
    given = dict(values)
    parts: dict[str, Any] = {section: type(getattr(_DEFAULT, section))(**given.pop(section)) for section in SECTIONS}
    parts["habits"] = Levers(**given.pop("habits"))
    parts["interventions"] = tuple(Event(**block) for block in given.pop("interventions"))
    roster = given.pop("roster", None)
    return Scenario(**given, **parts, roster=None if roster is None else Roster.from_dict(roster))


_DEFAULT = Scenario()


def baseline_of(labels: Sequence[str], wanted: str, where: str) -> str:
    """Return the label of the style that others are set against.

    Raises
    ------
    ScenarioError
        If it is not among the styles.
    """
    if wanted and wanted not in labels:
        raise ScenarioError(f"{where}: baseline = {wanted!r}; {nearest(wanted, labels)}")
    return wanted or (STATUS_QUO if STATUS_QUO in labels else labels[0])
