"""Spells a study out: reads each of its values, and makes the table of points that are run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import ScenarioError, naming
from civicsim.experiment.compare import check_matched
from civicsim.experiment.snapshots import weeks_of
from civicsim.model.processes.events import Event
from civicsim.model.week import WEEK, ordered
from civicsim.scenario.interventions import check_event, read_interventions
from civicsim.scenario.model import SHIPPED, Model, Sections, load_model
from civicsim.scenario.random_styles import random_style
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario
from civicsim.scenario.shipped import draws_file, in_folder, load_named, sets_levers_only
from civicsim.study.design.declared import Declared, Reader, check_sides, rows_of
from civicsim.study.design.designs import (
    Design,
    Row,
    Setting,
    draws_of,
    n_settings,
    read_design,
    read_table,
    row_of,
    settings_of,
)
from civicsim.study.design.factors import column_of, read_factors
from civicsim.study.design.protocol import Protocol
from civicsim.study.design.summaries import first_summary, read_columns
from civicsim.study.design.weight import n_seeds_of, weigh

if TYPE_CHECKING:
    from civicsim.study.design.study import Study

DRAWN_FROM = ("file", "posterior")
"""Keys of ``uncertainties`` that name a source of draws, and no parameter."""
_RANDOM = "random:"
_MOST_CHECKED = 500
"""Points of which the scenario is made before anything is run; of more, as many evenly spread ones."""


def protocol_of(study: Study) -> Protocol:
    """Return a study spelt out."""
    where, folder = study.where, study.folder
    model = _model_of(study)
    sections = model.sections
    ordered(study.order, where, model.week)
    factors = read_factors(study.factors, where, sections=sections)
    rows = listed_rows(study.runs, where, sections)
    design = read_design(study.design, factors, len(rows), where)
    events = _events(study.interventions, f"{where}: interventions", sections, folder)
    styles = list(study.styles) or [style for style in dict.fromkeys(row.style for row in rows) if style]
    bases = _bases_of(study, styles, events, model)
    first = next(iter(bases.values()))
    shocks = {
        str(label): _events(blocks, f"{where}: shocks: {label}", sections, folder)
        for label, blocks in study.shocks.items()
    }
    if design.method == "csv":
        rows = read_table(folder / design.file, where, sections)
    baseline = baseline_of(study, bases)
    contrasts = contrasts_of(study, bases, shocks, model, design.method == "contrasts")
    if design.method == "contrasts":
        if not contrasts:
            raise ScenarioError(f"{where}: [design] a contrasts design needs blocks [[contrast]]")
        rows = rows_of(contrasts, baseline, next(iter(shocks), ""))
    own = design.method in ("csv", "list", "contrasts")
    varied = {factor.key for factor in factors}.union(*(row.setting for row in rows))
    n_draws, draws = _draws(study, design, first, varied, sections)
    n_shocks = max(1, len(shocks))
    n_points = n_settings(design, factors, sections) * len(bases) * n_shocks
    if own:
        n_points = sum((1 if row.style else len(bases)) * (len(row.shocks) or n_shocks) for row in rows)
    weigh(n_points * n_draws, n_seeds_of(study.seeds), first, where)
    held = {factor.key: factor.levels[0] for factor in factors if factor.held}
    rows = [row._replace(setting=held | row.setting) for row in rows]
    for number, row in enumerate(rows, start=1):
        if row.style and row.style not in bases:
            raise ScenarioError(f"{where}: setting {number}: style = {row.style!r} is not among {', '.join(bases)}")
        for shock in row.shocks:
            checks.choice(shock, f"{where}: setting {number}: shock", list(shocks) or [""])
    rows = rows if own else [Row(setting) for setting in settings_of(design, factors, sections)]
    columns = read_columns(study.measures, study.summaries, model.measures, first.weeks, where)
    for name in study.weekly:
        # The message is the same as for measures.
        read_columns([name], study.summaries, model.measures, first.weeks, f"{where}: weekly")
    known = {(column.measure, column.summary): column for column in columns}
    for contrast in contrasts:
        for column in contrast.columns(first_summary(study.summaries)):
            known.setdefault((column.measure, column.summary), column)
    columns = tuple(known.values())
    points, names = _points(bases, rows, draws(), list(shocks) or [""], baseline, design.sampled, sections)
    for contrast in contrasts:
        check_sides(contrast, points, {key: name for name, key in names.items()}, where)
    taken = {column.name for column in columns} & set(points)
    if taken:
        raise ScenarioError(f"{where}: {', '.join(sorted(taken))}: names a measure of your own and a column of points")
    code = Path(model.file) if model.file else None
    traces = _traces(study, first.weeks)
    protocol = Protocol(bases, shocks, points, names, columns, tuple(study.weekly), study.order, code, model, traces)
    with naming(where):
        for point in np.unique(np.linspace(0, len(points) - 1, min(len(points), _MOST_CHECKED)).astype(int)):
            protocol.scenario(int(point))
    return protocol


def baseline_of(study: Study, bases: Mapping[str, Scenario]) -> str:
    """Return the style that others are compared with; refuse one that is not there."""
    baseline = study.baseline or (STATUS_QUO if STATUS_QUO in bases else next(iter(bases)))
    return checks.choice(baseline, f"{study.where}: baseline", list(bases))


def contrasts_of(
    study: Study, bases: Mapping[str, Scenario], shocks: Mapping[str, Any], model: Model, exact: bool
) -> tuple[Declared, ...]:
    """Return the contrasts that a study declares, checked; see :class:`civicsim.study.design.declared.Reader`."""
    weeks, baseline = next(iter(bases.values())).weeks, baseline_of(study, bases)
    names = list(bases), baseline, list(shocks) or [""], model.sections, list(model.measures)
    return Reader(study.where, *names, weeks, exact).read(study.contrast)


def _model_of(study: Study) -> Model:
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


def _bases_of(
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


def listed_rows(runs: Any, where: str, sections: Sections) -> list[Row]:
    """Return the settings that blocks ``[[runs]]`` list, with what each is for."""
    if not all(isinstance(run, Mapping) for run in runs):
        raise ScenarioError(f"{where}: runs: expected blocks [[runs]]")
    found, names = [], set()
    for number, run in enumerate(runs, start=1):
        at, own = f"{where}: [[runs]] {number}", dict(run)
        name = checks.text(own.pop("name", ""), f"{at}: name").strip()
        if "name" in run and (not name or (name, run.get("style")) in names):
            raise ScenarioError(f"{at}: name = {name!r}: {'is there twice' if name else 'expected a name in words'}")
        names.add((name, run.get("style")))
        found.append(row_of(own, at, sections))
    return found


def _events(blocks: Any, where: str, sections: Sections, folder: Path) -> tuple[Event, ...]:
    """Return the events that blocks stand for, checked as in a scenario file."""
    if isinstance(blocks, str) or not isinstance(blocks, Sequence):
        raise ScenarioError(f'{where}: expected a list of blocks such as {{ name = "surge", week = 52 }}')
    events = read_interventions(list(blocks), where, sections.find, partial(load_named, start=folder))
    return tuple(check_event(event, f"{where}: {event.name!r}", sections.find) for event in events)


def _traces(study: Study, weeks: int) -> dict[str, Any]:
    """Return what a study keeps of events, people and networks, checked."""
    asked: dict[str, Any] = {"events": True} if study.events else {}
    for name, given in (("people", study.people), ("network", study.network)):
        if given:
            with naming(study.where):
                weeks_of(given, weeks, name)
            asked[name] = json.loads(json.dumps(given))
    return asked


def _draws(
    study: Study, design: Design, first: Scenario, varied: set[str], sections: Sections
) -> tuple[int, Callable[[], list[Setting]]]:
    """Return how many draws of the uncertainties there are, and what makes them.

    They are rows of a file, parameter sets of a calibration, or a sample. What the study sets or varies itself is not drawn from
    a calibration, which covers nearly every uncertain parameter; in a file of the user's own that is a mistake. Nor is what
    a kind of organisation sets, where the calibration is of another kind.
    """
    where, given = f"{study.where}: uncertainties", dict[str, Any](study.uncertainties)
    sources = [key for key in DRAWN_FROM if key in given]
    if len(sources) > 1:
        raise ScenarioError(f"{where}: file and posterior: expected one of them")
    source = {key: given.pop(key) for key in sources}
    uncertain = read_factors(given, study.where, "uncertainties", sections)
    swept = [factor.key for factor in uncertain if not factor.held]
    if both := {factor.key for factor in uncertain} & varied:
        raise ScenarioError(f"{where}: {min(both)} is among the factors too")
    if not source:
        return design.draws if swept else 1, partial(draws_of, uncertain, design.draws, design.seed)
    if swept:
        raise ScenarioError(f"{where}: {swept[0]}: with a file of draws, expected one value")
    n, of = _posterior(source["posterior"], first.kind, where) if "posterior" in source else (0, "")
    path = draws_file(of, where) if of else study.folder / str(source["file"])
    rows = read_table(path, where, sections)
    if any(row.style or row.shocks for row in rows):
        raise ScenarioError(f"{where}: {path.name}: a draw has neither style nor shock")
    if of:
        rows = rows[: checks.whole(n, f"{where}: posterior", 1, len(rows))]
        varied = varied | (set_apart(first, of) if of != first.kind else set())
    elif both := varied & set().union(*(row.setting for row in rows)):
        raise ScenarioError(f"{where}: {path.name}: {min(both)} is among the factors too")
    held = {factor.key: factor.levels[0] for factor in uncertain}
    return len(rows), lambda: [{k: v for k, v in row.setting.items() if k not in varied} | held for row in rows]


def _posterior(value: Any, kind: str, where: str) -> tuple[Any, str]:
    """Return how many parameter sets of a calibration are asked for, and of which kind: that of the study, or the one it names."""
    if not isinstance(value, Mapping):
        return value, kind
    checks.keys(value, ("n", "of"), f"{where}: posterior: no key")
    return value.get("n"), checks.text(value.get("of", kind), f"{where}: posterior: of") or kind


def set_apart(scenario: Scenario, kind: str) -> set[str]:
    """Return the parameters in which a scenario differs from another kind of organisation."""
    other = Scenario.preset(STATUS_QUO, kind, scenario.model)
    return {key for key in scenario.model.sections.parameters if scenario.value_of(key) != other.value_of(key)}


def _points(
    bases: Mapping[str, Scenario],
    rows: Sequence[Row],
    draws: Sequence[Setting],
    shocks: Sequence[str],
    baseline: str,
    sampled: bool,
    sections: Sections,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table of points, and the full name of the parameter in each column of a factor."""
    keys = list(dict.fromkeys(key for values in (*(row.setting for row in rows), *draws) for key in values))
    usual = {label: {key: base.value_of(key) for key in keys} for label, base in bases.items()}
    policies = [
        (label, number, row.setting)
        for label in bases
        for number, row in enumerate(rows)
        if not row.style or row.style == label
    ]
    places = {(label, frozenset(setting.items())): place for place, (label, _, setting) in enumerate(policies)}
    others: list[int | None] = [None if sampled else 0] * len(policies)
    if len(bases) > 1:
        others = [places.get((baseline, frozenset(setting.items()))) for _, _, setting in policies]
    policy, draw, shock = np.indices((len(policies), len(draws), len(shocks))).reshape(3, -1)
    future, n_futures = draw * len(shocks) + shock, len(draws) * len(shocks)
    frame = pd.DataFrame(
        {
            "point": np.arange(len(policy)),
            "policy": policy,
            "future": future,
            "style": np.array([label for label, _, _ in policies], dtype=object)[policy],
            "setting": np.array([number for _, number, _ in policies])[policy],
            "draw": draw,
            "shock": np.array(shocks, dtype=object)[shock],
            "against": pd.array(others, dtype="Int32")[policy] * n_futures + future,
        }
    )
    kinds = dict.fromkeys(("point", "policy", "future", "setting", "draw"), "int32") | {"against": "Int32"}
    frame = frame.astype(kinds)
    names: dict[str, str] = {}
    columns: dict[str, np.ndarray] = {}
    for key in keys:
        about = sections.parameters[key]
        names[column_of(about)] = key
        cells = [
            drawn.get(key, setting.get(key, usual[label][key])) for label, _, setting in policies for drawn in draws
        ]
        kind = object if about.choices else type(about.default)
        columns[column_of(about)] = np.array(cells, dtype=kind).repeat(len(shocks))
    frame = pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)
    if not any(row.shocks for row in rows):
        return frame, names
    of_row = frame[["setting", "shock"]].itertuples(index=False)
    wanted = np.array([not rows[number].shocks or label in rows[number].shocks for number, label in of_row])
    return _kept(frame, wanted), names


def _kept(points: pd.DataFrame, wanted: np.ndarray) -> pd.DataFrame:
    """Return some of the points, numbered anew; one that was compared with a point that is left out is compared with none."""
    number = pd.Series(np.cumsum(wanted) - 1, dtype="Int32").where(wanted)
    left = points[wanted].reset_index(drop=True)
    others = left["against"].map(number, na_action="ignore")
    return left.assign(point=np.arange(len(left)), against=others).astype({"point": "int32", "against": "Int32"})
