"""A study spelt out: every scenario and point, the columns that are kept, and the code; exactly what is run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.experiment.snapshots import weeks_of
from civicsim.model.measures import Measure
from civicsim.model.processes.events import Event
from civicsim.model.week import ordered
from civicsim.scenario.interventions import check_event, read_interventions
from civicsim.scenario.model import PARAMETERS, SHIPPED, Model, Sections, load_model, stand_in
from civicsim.scenario.posterior import draws_file
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import load_named
from civicsim.study.design.bases import baseline_of, bases_of, model_of, scenario_from_values, scenario_values
from civicsim.study.design.designs import (
    Design,
    Setting,
    draws_of,
    n_settings,
    read_design,
    read_setting,
    read_table,
    settings_of,
)
from civicsim.study.design.factors import column_of, read_factors
from civicsim.study.design.summaries import Column, read_columns
from civicsim.study.design.weight import n_seeds_of, weigh
from civicsim.study.design.written import Written

PROTOCOL = "protocol.json"
CODE = "code.py"
FIXED = ("point", "policy", "future", "style", "setting", "draw", "shock", "against")
"""Columns that every table of points has; those of factors follow."""
_MOST_CHECKED = 500
"""Points of which the scenario is made before anything is run; of more, as many evenly spread ones."""


@dataclass(frozen=True, repr=False, eq=False)
class Protocol:
    """What a study runs, with nothing left to files, presets or defaults.

    Your own code is executed where something is run, and never where results are read.

    Attributes
    ----------
    bases : mapping of str to Scenario
        The scenarios that points start from, by style.
    shocks : dict of str to tuple of Event
        Sets of shocks by label.
    points : pandas.DataFrame
        A row per point: :data:`FIXED`, and a column per factor and uncertainty.
    factors : dict of str to str
        Full name of the parameter by column.
    columns : tuple of Column
        Columns of the table of runs.
    weekly : tuple of str
        Measures of which every week is kept.
    order : str
        Order of the processes in a week.
    code : Path or None
        File with your own processes or measures.
    declared : Model
        What the code declares. Read from a folder, it has processes that cannot run: see :attr:`model`.
    traces : dict of str to value
        What is kept of events, people and networks, as :func:`civicsim.experiment.run.run` takes it.
    """

    bases: dict[str, Scenario]
    shocks: dict[str, tuple[Event, ...]]
    points: pd.DataFrame
    factors: dict[str, str]
    columns: tuple[Column, ...]
    weekly: tuple[str, ...]
    order: str
    code: Path | None = None
    declared: Model = SHIPPED
    traces: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def model(self) -> Model:
        """Processes and measures that are run; your own code is executed."""
        return SHIPPED if self.code is None else load_model(self.code)

    @property
    def sections(self) -> Sections:
        """The parameters there are."""
        return self.declared.sections

    @cached_property
    def week(self) -> tuple[Process, ...]:
        """The processes of a week, in order."""
        return ordered(self.order, "order", self.model.week)

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures there are, by name."""
        return self.model.measures

    @cached_property
    def _rows(self) -> tuple[np.ndarray, np.ndarray, list[tuple[str, str, np.ndarray]]]:
        # Columns as arrays: a row of a data frame takes longer to get than a scenario to make.
        columns = [(*key.split("."), self.points[name].to_numpy()) for name, key in self.factors.items()]
        return self.points["style"].to_numpy(), self.points["shock"].to_numpy(), columns

    def scenario(self, point: int) -> Scenario:
        """Return the scenario of a point.

        Raises
        ------
        ScenarioError
            If there is no such point, or its values cannot be together.
        """
        styles, shocks, factors = self._rows
        if not 0 <= point < len(styles):
            raise ScenarioError(f"no point {point}: points go from 0 to {len(styles) - 1}")
        base = self.bases[styles[point]]
        by_section: dict[str, dict[str, Any]] = {}
        for section, name, values in factors:
            value = values[point]
            by_section.setdefault(section, {})[name] = value.item() if isinstance(value, np.generic) else value
        changes: dict[str, Any] = {
            section: dataclasses.replace(getattr(base, section), **values) for section, values in by_section.items()
        }
        try:
            result = base.replace(**changes, interventions=(*base.interventions, *self.shocks.get(shocks[point], ())))
        except ScenarioError as error:
            raise ScenarioError(f"point {point}: {error}") from None
        for section, name, values in factors:
            if getattr(getattr(result, section), name) != values[point]:
                what = f"{section}.{name} = {values[point]!r}"
                raise ScenarioError(f"point {point}: {what} is decided by the [roster] of the base")
        return result

    @cached_property
    def starts(self) -> np.ndarray:
        """By point: a number that points have in common which share their burn-in, because they differ in levers and events only."""
        known: list[Scenario] = []
        of_base: dict[str, int] = {}
        for label, base in self.bases.items():
            before = dataclasses.replace(base, title="", style="", levers=base.habits, interventions=(), seed=0)
            if before not in known:
                known.append(before)
            of_base[label] = known.index(before)
        keys = [self.points["style"].map(of_base).to_numpy()]
        keys += [self.points[name].to_numpy() for name, key in self.factors.items() if not key.startswith("levers.")]
        frame = pd.DataFrame(dict(enumerate(keys)))
        return frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy()

    @cached_property
    def person_weeks(self) -> tuple[np.ndarray, np.ndarray]:
        """By point: about how many person-weeks its burn-in and its weeks take."""
        posts = np.ones(len(self.points))
        bases = self.points["style"]
        for name in ("n_organisations", "n_teams", "team_size"):
            of_base = {label: getattr(base.structure, name) for label, base in self.bases.items()}
            column = column_of(PARAMETERS[f"structure.{name}"])
            posts *= (self.points[column] if column in self.factors else bases.map(of_base)).to_numpy(dtype=float)
        weeks = [
            bases.map({label: getattr(base, key) for label, base in self.bases.items()}).to_numpy(dtype=float)
            for key in ("burn_in_weeks", "weeks")
        ]
        return posts * weeks[0], posts * weeks[1]

    def with_draws(self, draws: Sequence[Setting]) -> Protocol:
        """Return the same policies and shocks in other draws of the uncertainties.

        Parameters
        ----------
        draws : sequence of Setting
            Values by full name; each sets the same uncertainties, which the points have columns of.
        """
        columns, n_shocks = {key: name for name, key in self.factors.items()}, max(1, len(self.shocks))
        once = self.points[self.points["draw"] == 0]
        blocks = []
        for number, drawn in enumerate(draws):
            values = {columns[key]: value for key, value in drawn.items()}
            blocks.append(once.assign(draw=number, future=number * n_shocks + once["future"] % n_shocks, **values))
        frame = pd.concat(blocks).sort_values(["policy", "future"], kind="stable")
        # Compared with the same policy as before, in the same future.
        policies = self.points["policy"].to_numpy()
        other = [None if pd.isna(point) else int(policies[int(point)]) for point in frame["against"]]
        own = frame[["policy", "future"]].itertuples(index=False)
        places = {(int(policy), int(future)): point for point, (policy, future) in enumerate(own)}
        futures = frame["future"].tolist()
        against = [
            None if policy is None else places[policy, future] for policy, future in zip(other, futures, strict=True)
        ]
        frame = frame.assign(point=np.arange(len(frame)), against=pd.array(against, dtype="Int32"))
        return dataclasses.replace(self, points=frame.astype(self.points.dtypes.to_dict()).reset_index(drop=True))

    # -- keeping -----------------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> dict[str, Any]:
        """Everything but the points, as JSON holds it."""
        return {
            "bases": {label: scenario_values(base) for label, base in self.bases.items()},
            "shocks": {label: [event.to_dict() for event in events] for label, events in self.shocks.items()},
            "factors": self.factors,
            "columns": [dataclasses.asdict(column) for column in self.columns],
            "weekly": list(self.weekly),
            "order": self.order,
            "code": None if self.code is None else hashlib.sha256(self.code.read_bytes()).hexdigest(),
            **({} if self.code is None else {"declared": self.declared.to_dict()}),
            **({"traces": self.traces} if self.traces else {}),
        }

    @cached_property
    def digest(self) -> str:
        """A hash of everything that bears on results but the seeds; not of titles."""
        values = json.loads(json.dumps(self.values))
        # It follows from the code.
        values.pop("declared", None)
        for base in values["bases"].values():
            for key in ("title", "kind", "style", "seed"):
                del base[key]
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
        for name in self.points:
            column = self.points[name]
            cells = [None if pd.isna(cell) else cell for cell in column.tolist()]
            digest.update(json.dumps([str(name), cells]).encode())
        return digest.hexdigest()[:16]

    def write_values(self, path: Path) -> None:
        """Write everything but the points as JSON."""
        path.write_text(json.dumps(self.values, indent=1) + "\n", encoding="utf-8", newline="\n")

    def write_code(self, path: Path) -> None:
        """Write your own code, if there is any."""
        if self.code is not None:
            shutil.copyfile(self.code, path)

    @classmethod
    def load(cls, folder: Path, points: pd.DataFrame) -> Protocol:
        """Return the protocol of a folder, with the points read from there."""
        values = json.loads((folder / PROTOCOL).read_text(encoding="utf-8"))
        code = None if values["code"] is None else folder / CODE
        declared = SHIPPED if code is None else stand_in(values.get("declared", {}), code, values["code"])
        return cls(
            bases={label: scenario_from_values(base, declared) for label, base in values["bases"].items()},
            shocks={label: tuple(Event(**block) for block in blocks) for label, blocks in values["shocks"].items()},
            points=points.astype({"against": "Int32"}),
            factors=values["factors"],
            columns=tuple(Column(**column) for column in values["columns"]),
            weekly=tuple(values["weekly"]),
            order=values["order"],
            code=code,
            declared=declared,
            traces=values.get("traces", {}),
        )


def protocol_of(study: Written) -> Protocol:
    """Return a study spelt out."""
    where, folder = study.where, study.folder
    model = model_of(study.code, study.base, study.styles, folder, where)
    sections = model.sections
    ordered(study.order, where, model.week)
    factors = read_factors(study.factors, where, sections=sections)
    listed = _listed(study.runs, where, sections)
    design = read_design(study.design, factors, len(listed), where)
    events = _events(study.interventions, f"{where}: interventions", sections, folder)
    styles = list(study.styles) or [style for style in dict.fromkeys(style for _, style in listed) if style]
    bases = bases_of(styles, study.base, study.kind, folder, where, study.weeks, study.burn_in_weeks, events, model)
    first = next(iter(bases.values()))
    shocks = _shocks(study.shocks, where, sections, folder)
    n_seeds, each = n_seeds_of(study.seeds), len(bases) * max(1, len(shocks))
    rows = listed
    if design.method == "csv":
        rows = list(zip(*read_table(folder / design.file, where, sections), strict=True))
    n_rows = len(rows) if design.method in ("csv", "list") else n_settings(design, factors, sections)
    weigh(n_rows * each * _n_drawn(study, design, sections), n_seeds, first, where)
    draws = _draws(study, design, folder, first.kind, sections)
    weigh(n_rows * each * len(draws), n_seeds, first, where)
    held = {factor.key: factor.levels[0] for factor in factors if factor.held}
    if design.method in ("csv", "list"):
        settings = [(held | setting, style) for setting, style in rows]
    else:
        settings = [(setting, None) for setting in settings_of(design, factors, sections)]
    for number, (_, style) in enumerate(settings, start=1):
        if style and style not in bases:
            raise ScenarioError(f"{where}: setting {number}: style = {style!r} is not among {', '.join(bases)}")
    columns = read_columns(study.measures, study.summaries, model.measures, first.weeks, where)
    for name in study.weekly:
        # The message is the same as for measures.
        read_columns([name], study.summaries, model.measures, first.weeks, f"{where}: weekly")
    baseline = baseline_of(list(bases), study.baseline, where)
    points, names = _points(bases, settings, draws, list(shocks) or [""], baseline, design.sampled, sections)
    taken = {column.name for column in columns} & set(points)
    if taken:
        raise ScenarioError(f"{where}: {', '.join(sorted(taken))}: names a measure of your own and a column of points")
    code = Path(model.file) if model.file else None
    traces = _traces(study, first.weeks)
    protocol = Protocol(bases, shocks, points, names, columns, tuple(study.weekly), study.order, code, model, traces)
    for point in np.unique(np.linspace(0, len(points) - 1, min(len(points), _MOST_CHECKED)).astype(int)):
        try:
            protocol.scenario(int(point))
        except ScenarioError as error:
            raise ScenarioError(f"{where}: {error}") from None
    return protocol


def _listed(runs: Any, where: str, sections: Sections) -> list[tuple[Setting, str | None]]:
    """Return the settings that blocks ``[[runs]]`` list, with the style that each is for."""
    if not all(isinstance(run, Mapping) for run in runs):
        raise ScenarioError(f"{where}: runs: expected blocks [[runs]]")
    result = []
    for number, run in enumerate(runs, start=1):
        setting = {key: value for key, value in run.items() if key != "style"}
        result.append((read_setting(setting, f"{where}: [[runs]] {number}", sections), run.get("style")))
    return result


def _events(blocks: Any, where: str, sections: Sections, folder: Path) -> tuple[Event, ...]:
    """Return the events that blocks stand for, checked as in a scenario file."""
    if isinstance(blocks, str | Mapping) or not isinstance(blocks, Sequence):
        raise ScenarioError(f'{where}: expected a list of blocks such as {{ name = "surge", week = 52 }}')
    events = read_interventions(list(blocks), where, sections.find, partial(load_named, start=folder))
    return tuple(check_event(event, f"{where}: {event.name!r}", sections.find) for event in events)


def _shocks(values: Any, where: str, sections: Sections, folder: Path) -> dict[str, tuple[Event, ...]]:
    if not isinstance(values, Mapping):
        raise ScenarioError(f"{where}: shocks = {values!r}: expected a table of labels and lists of dated changes")
    return {
        str(label): _events(blocks, f"{where}: shocks: {label}", sections, folder) for label, blocks in values.items()
    }


def _traces(study: Written, weeks: int) -> dict[str, Any]:
    """Return what a study keeps of events, people and networks, checked."""
    if not isinstance(study.events, bool):
        raise ScenarioError(f"{study.where}: events = {study.events!r}: expected true or false")
    asked: dict[str, Any] = {"events": True} if study.events else {}
    for name, given in (("people", study.people), ("network", study.network)):
        if given:
            try:
                weeks_of(given, weeks, name)
            except ScenarioError as error:
                raise ScenarioError(f"{study.where}: {error}") from None
            asked[name] = json.loads(json.dumps(given))
    return asked


def _n_drawn(study: Written, design: Design, sections: Sections) -> int:
    """Return how many draws of ranges there will be; 1 where draws are read from a file, or there are none."""
    given: Any = study.uncertainties
    if isinstance(given, Mapping) and {"file", "posterior"} & set(given):
        return 1
    factors = read_factors(given, study.where, "uncertainties", sections)
    return 1 if all(factor.held for factor in factors) else design.draws


def _draws(study: Written, design: Design, folder: Path, kind: str, sections: Sections) -> list[Setting]:
    """Return the draws of the uncertainties: rows of a file, parameter sets of a calibration, or a sample."""
    where = f"{study.where}: uncertainties"
    given: Any = study.uncertainties
    sources = [key for key in ("file", "posterior") if isinstance(given, Mapping) and key in given]
    if len(sources) > 1:
        raise ScenarioError(f"{where}: file and posterior: expected one of them")
    if not sources:
        uncertainties = read_factors(given, study.where, "uncertainties", sections)
        varied = {factor.key for factor in read_factors(study.factors, study.where, sections=sections)}
        both = {factor.key for factor in uncertainties} & varied
        if both:
            raise ScenarioError(f"{where}: {min(both)} is among the factors too")
        return draws_of(uncertainties, design.draws, design.seed)
    others = {key: value for key, value in given.items() if key not in sources}
    held = read_factors(others, study.where, "uncertainties", sections)
    swept = [factor.key for factor in held if not factor.held]
    if swept:
        raise ScenarioError(f"{where}: {swept[0]}: with a file of draws, expected one value")
    path = draws_file(kind, where) if sources == ["posterior"] else folder / str(given["file"])
    rows, styles = read_table(path, where, sections)
    if any(styles):
        raise ScenarioError(f"{where}: {path.name}: a draw has no style")
    if sources == ["posterior"]:
        rows = rows[: checks.whole(given["posterior"], f"{where}: posterior", 1, len(rows))]
    return [{factor.key: factor.levels[0] for factor in held} | row for row in rows]


def _points(
    bases: Mapping[str, Scenario],
    settings: Sequence[tuple[Setting, str | None]],
    draws: Sequence[Setting],
    shocks: Sequence[str],
    baseline: str,
    sampled: bool,
    sections: Sections,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table of points, and the full name of the parameter in each column of a factor."""
    keys = list(dict.fromkeys(key for part in ([s for s, _ in settings], draws) for values in part for key in values))
    usual = {
        label: {key: getattr(getattr(base, key.split(".")[0]), key.split(".")[1]) for key in keys}
        for label, base in bases.items()
    }
    rows: list[tuple[Any, ...]] = []
    cells: dict[str, list[Any]] = {key: [] for key in keys}
    places: dict[tuple[Any, ...], int] = {}
    policy = -1
    cases: list[tuple[Any, ...]] = []
    for label in bases:
        for number, (setting, own) in enumerate(settings):
            if own and own != label:
                continue
            policy += 1
            frozen = tuple(sorted(setting.items()))
            for draw, drawn in enumerate(draws):
                for place, shock in enumerate(shocks):
                    future = draw * len(shocks) + place
                    places[label, frozen, future] = len(rows)
                    cases.append((label, frozen, future))
                    rows.append((len(rows), policy, future, label, number, draw, shock))
                    for key in keys:
                        cells[key].append(drawn.get(key, setting.get(key, usual[label][key])))
    frame = pd.DataFrame(rows, columns=list(FIXED[:-1]))
    for name in ("point", "policy", "future", "setting", "draw"):
        frame[name] = frame[name].astype("int32")
    if len(bases) > 1:
        against = [places.get((baseline, frozen, future)) for _, frozen, future in cases]
    elif sampled:
        against = [None] * len(rows)
    else:
        first = {future: place for place, (_, _, future) in reversed(list(enumerate(cases)))}
        against = [first[future] for _, _, future in cases]
    frame["against"] = pd.array(against, dtype="Int32")
    names: dict[str, str] = {}
    for key in keys:
        about = sections.parameters[key]
        names[column_of(about)] = key
        kind = object if about.choices else type(about.default)
        frame[column_of(about)] = np.array(cells[key], dtype=kind)
    return frame, names
