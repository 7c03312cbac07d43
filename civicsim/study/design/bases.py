"""The scenarios that points of a study start from: one for each style or case."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicsim import checks
from civicsim.errors import ScenarioError, naming
from civicsim.experiment.compare import check_matched
from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.model.roster import Roster
from civicsim.model.week import WEEK
from civicsim.scenario.model import SHARED, SHIPPED, Model, load_model
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario, random_style
from civicsim.scenario.shipped import in_folder, sets_levers_only

if TYPE_CHECKING:
    from civicsim.study.design.study import Study

_RANDOM = "random:"


def model_of(study: Study) -> Model:
    """Return the model that a study is of: that of its code, or the one its base or its scenarios bring along.

    Raises :class:`ScenarioError` if the code cannot be loaded, or the model was made in Python and is in no file.
    """
    where, folder = study.where, study.folder
    if study.code:
        with naming(f"{where}: code"):
            return load_model(folder / study.code)
    given = [one for one in (_ground(study), *study.styles) if isinstance(one, Scenario)]
    given += [Scenario.read(folder / one) for one in study.styles if isinstance(one, str) and _is_scenario(one, folder)]
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
    study: Study, styles: Sequence[str | Scenario], interventions: tuple[Event, ...], model: Model
) -> dict[str, Scenario]:
    """Return a scenario per style, by label: with the weeks of a study, and its dated changes after their own.

    Raises :class:`ScenarioError` if one does not exist, two have the same label, or their runs cannot be matched.
    """
    where = study.where
    if study.base and study.kind:
        raise ScenarioError(
            f"{where}: kind = {study.kind!r}: the base has its own kind of organisation; leave one of them out"
        )
    ground = _ground(study)
    ground = ground and _of_model(ground, model, f"{where}: base")
    weeks = {key: getattr(study, key) for key in ("weeks", "burn_in_weeks") if getattr(study, key) is not None}
    result: dict[str, Scenario] = {}
    for style in styles or [STATUS_QUO if ground is None else ground.style]:
        for label, started in _started(study, style, ground, model).items():
            scenario = _of_model(started, model, f"{where}: styles: {label}")
            if label in result:
                raise ScenarioError(f"{where}: styles: '{label}' is there twice")
            events = (*scenario.interventions, *interventions)
            result[label] = dataclasses.replace(scenario, interventions=events, **weeks)
    with naming(f"{where}: styles:", instead_of="compare:"):
        check_matched(result)
    return result


def _ground(study: Study) -> Scenario | None:
    if isinstance(study.base, Scenario):
        return study.base
    return Scenario.read(study.folder / study.base) if study.base else None


def _of_model(scenario: Scenario, model: Model, where: str) -> Scenario:
    if scenario.model not in (SHIPPED, model):
        raise ScenarioError(f"{where}: code = {scenario.code!r}: expected the same code in all scenarios of a study")
    return scenario.for_model(model)


def _started(study: Study, style: str | Scenario, ground: Scenario | None, model: Model) -> dict[str, Scenario]:
    """Return the scenarios of one entry of ``styles``."""
    where, path = study.where, study.folder / str(style)

    def shipped(name: str) -> Scenario:
        with naming(where):
            return Scenario.preset(name, in_folder(study.kind, study.folder) or DEFAULT_KIND, model)

    if isinstance(style, Scenario):
        return {style.title or style.style: style}
    if not isinstance(style, str):
        raise ScenarioError(f"{where}: styles: {style!r}: expected names of styles or files")
    start = shipped(STATUS_QUO) if ground is None else ground
    if style.startswith(_RANDOM):
        text = style.removeprefix(_RANDOM)
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 10_000):
            raise ScenarioError(f"{where}: styles: {style!r}: expected random:N with a whole number from 1 to 10000")
        drawn = (random_style(k, int(text)) for k in range(int(text)))
        return {
            (label := f"random-{k}"): dataclasses.replace(start, style=label, title=f"Random style {k}", levers=levers)
            for k, levers in enumerate(drawn, start=1)
        }
    if style.endswith(".toml"):
        own = start.set("style", str(path), where) if sets_levers_only(path) else Scenario.read(path)
        return {path.stem: own}
    if ground is None or style == ground.style:
        return {style: ground or shipped(style)}
    return {style: start.set("style", style, where)}


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
    """Return the label of the style that others are compared with; refuse one that is not among the styles."""
    if wanted:
        checks.choice(wanted, f"{where}: baseline", labels)
    return wanted or (STATUS_QUO if STATUS_QUO in labels else labels[0])
