"""The scenarios that points of a study start from: one for each style or case."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from civicsim.errors import ScenarioError, nearest
from civicsim.experiment.compare import check_matched
from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.model.roster import Roster
from civicsim.model.week import WEEK
from civicsim.scenario.model import SHARED, SHIPPED, Model, load_model
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario, random_style
from civicsim.scenario.shipped import in_folder, sets_levers_only

_RANDOM = "random:"


def model_of(code: str, base: str | Scenario, styles: Sequence[str | Scenario], folder: Path, where: str) -> Model:
    """Return the model that a study is of: that of its code, or the one its base or its scenarios bring along.

    Raises
    ------
    ScenarioError
        If the code cannot be loaded, or the model was made in Python and is in no file.
    """
    if code:
        try:
            return load_model(folder / code)
        except ScenarioError as error:
            raise ScenarioError(f"{where}: code: {error}") from None
    given = [one for one in (_ground(base, folder), *styles) if isinstance(one, Scenario)]
    given += [Scenario.read(folder / one) for one in styles if isinstance(one, str) and _is_scenario(one, folder)]
    models = [scenario.model for scenario in given if scenario.model != SHIPPED]
    if models and not models[0].file:
        what = "week" if models[0].week != WEEK else "measures"
        raise ScenarioError(
            f"{where}: the {what} of a scenario was made in Python; put it into a file, and name that as code"
        )
    return models[0] if models else SHIPPED


def _is_scenario(style: str, folder: Path) -> bool:
    return style.endswith(".toml") and (folder / style).is_file() and not sets_levers_only(folder / style)


def bases_of(
    styles: Sequence[str | Scenario],
    base: str | Scenario,
    kind: str,
    folder: Path,
    where: str,
    weeks: int | None,
    burn_in_weeks: int | None,
    interventions: tuple[Event, ...],
    model: Model = SHIPPED,
) -> dict[str, Scenario]:
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
        Start of error messages.
    weeks, burn_in_weeks : int or None
        Weeks of every scenario; None for its own.
    interventions : tuple of Event
        Dated changes in all of them, after their own.
    model : Model
        Processes and measures of all of them.

    Raises
    ------
    ScenarioError
        If one does not exist or cannot be read, two have the same label, or their runs cannot be matched.
    """
    if base and kind:
        raise ScenarioError(
            f"{where}: kind = {kind!r}: the base has its own kind of organisation; leave one of them out"
        )
    ground, kind = _ground(base, folder), in_folder(kind, folder) or DEFAULT_KIND
    ground = ground and _of_model(ground, model, f"{where}: base")
    result: dict[str, Scenario] = {}
    for style in styles or ([ground.style] if ground is not None else [STATUS_QUO]):
        for label, started in _started(style, ground, kind, folder, where, model).items():
            scenario = _of_model(started, model, f"{where}: styles: {label}")
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


def _of_model(scenario: Scenario, model: Model, where: str) -> Scenario:
    if scenario.model not in (SHIPPED, model):
        raise ScenarioError(f"{where}: code = {scenario.code!r}: expected the same code in all scenarios of a study")
    return scenario.for_model(model)


def _started(
    style: str | Scenario, ground: Scenario | None, kind: str, folder: Path, where: str, model: Model
) -> dict[str, Scenario]:
    """Return the scenarios of one entry of ``styles``."""
    if isinstance(style, Scenario):
        return {style.title or style.style: style}
    if not isinstance(style, str):
        raise ScenarioError(f"{where}: styles: {style!r}: expected names of styles or files")
    start = ground if ground is not None else _named(where, STATUS_QUO, kind, model)
    if style.startswith(_RANDOM):
        text = style.removeprefix(_RANDOM)
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 10_000):
            raise ScenarioError(f"{where}: styles: {style!r}: expected random:N with a whole number from 1 to 10000")
        n = int(text)
        return {
            (label := f"random-{k}"): dataclasses.replace(start, style=label, title=f"Random style {k}", levers=levers)
            for k, levers in enumerate((random_style(k, n) for k in range(n)), start=1)
        }
    if not style.endswith(".toml"):
        if ground is not None and style == ground.style:
            return {style: ground}
        return {style: start.set("style", style, where) if ground is not None else _named(where, style, kind, model)}
    path = folder / style
    if not sets_levers_only(path):
        return {path.stem: Scenario.read(path)}
    return {path.stem: start.set("style", str(path), where)}


def _named(where: str, style: str, kind: str, model: Model) -> Scenario:
    try:
        return Scenario.preset(style, kind, model)
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}") from None


def scenario_values(scenario: Scenario) -> dict[str, Any]:
    """Return every value of a scenario for JSON; see :func:`scenario_from_values`."""
    values = scenario.to_dict()
    values.pop("code", None)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def scenario_from_values(values: Mapping[str, Any], model: Model = SHIPPED) -> Scenario:
    """Return the scenario of values from :func:`scenario_values`, without any preset or file."""
    given = dict(values)
    sections: dict[str, Any] = {name: cls(**given.pop(name)) for name, cls in model.types.items()}
    given |= {name: sections.pop(name) for name in SHARED}
    given["habits"] = Levers(**given["habits"])
    given["interventions"] = tuple(Event(**block) for block in given["interventions"])
    if "roster" in given:
        given["roster"] = Roster.from_dict(given["roster"])
    return Scenario(**given, model=model, parameters=sections)


def baseline_of(labels: Sequence[str], wanted: str, where: str) -> str:
    """Return the label of the style that others are compared with.

    Raises
    ------
    ScenarioError
        If it is not among the styles.
    """
    if wanted and wanted not in labels:
        raise ScenarioError(f"{where}: baseline = {wanted!r}; {nearest(wanted, labels)}")
    return wanted or (STATUS_QUO if STATUS_QUO in labels else labels[0])
