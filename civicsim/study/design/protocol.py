"""A study spelt out: every scenario and point, the columns that are kept, and the code; exactly what is run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError, naming
from civicsim.model.levers import Levers
from civicsim.model.measuring import Measure
from civicsim.model.processes.events import Event
from civicsim.model.roster import Roster
from civicsim.model.week import ordered
from civicsim.scenario.model import PARAMETERS, SHARED, SHIPPED, Model, Sections, load_model, stand_in
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.designs import Setting
from civicsim.study.design.factors import column_of
from civicsim.study.design.summaries import Column

PROTOCOL = "protocol.json"
CODE = "code.py"
FIXED = ("point", "policy", "future", "style", "setting", "draw", "shock", "against")
"""Columns that every table of points has; those of factors follow."""


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
        """Return the scenario of a point; refuse a number of no point, and values that cannot be together."""
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
        with naming(f"point {point}"):
            result = base.replace(**changes, interventions=(*base.interventions, *self.shocks.get(shocks[point], ())))
        for section, name, values in factors:
            key = f"{section}.{name}"
            if result.value_of(key) != values[point]:
                raise ScenarioError(f"point {point}: {key} = {values[point]!r} is decided by the [roster] of the base")
        return result

    @cached_property
    def starts(self) -> np.ndarray:
        """By point: a number that points have in common which share their burn-in, because they differ in levers and events only."""
        known: list[Scenario] = []
        of_base: dict[str, int] = {}
        for label, base in self.bases.items():
            if base.before not in known:
                known.append(base.before)
            of_base[label] = known.index(base.before)
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
        """Return the same policies and shocks in other draws, which all set the uncertainties that points have columns of."""
        columns, n_shocks = {key: name for name, key in self.factors.items()}, max(1, len(self.shocks))
        once = self.points[self.points["draw"] == 0]
        policy, draw, shock = np.indices((len(once) // n_shocks, len(draws), n_shocks)).reshape(3, -1)
        frame, future = once.iloc[policy * n_shocks + shock].reset_index(drop=True), draw * n_shocks + shock
        # Compared with the same policy as before, in the same future.
        other = frame["against"] // (n_shocks * self.points["draw"].nunique())
        values = {columns[key]: np.array([drawn[key] for drawn in draws])[draw] for key in draws[0]}
        values |= {"draw": draw, "future": future, "point": np.arange(len(frame))}
        frame = frame.assign(**values, against=other * n_shocks * len(draws) + future)
        return dataclasses.replace(self, points=frame.astype(self.points.dtypes.to_dict()))

    # -- keeping -----------------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> dict[str, Any]:
        """Everything but the points, as JSON holds it."""
        return (
            {
                "bases": {label: scenario_values(base) for label, base in self.bases.items()},
                "shocks": {label: [event.to_dict() for event in events] for label, events in self.shocks.items()},
                "factors": self.factors,
                "columns": [dataclasses.asdict(column) for column in self.columns],
                "weekly": list(self.weekly),
                "order": self.order,
                "code": None if self.code is None else hashlib.sha256(self.code.read_bytes()).hexdigest(),
            }
            | ({} if self.code is None else {"declared": self.declared.to_dict()})
            | ({"traces": self.traces} if self.traces else {})
        )

    @property
    def bare_bases(self) -> dict[str, dict[str, Any]]:
        """The values of each base that bear on results: without names and seed."""
        every = {label: scenario_values(base) for label, base in self.bases.items()}
        return {
            label: {key: value for key, value in values.items() if key not in ("title", "kind", "style", "seed")}
            for label, values in every.items()
        }

    @cached_property
    def digest(self) -> str:
        """A hash of everything that bears on results but the seeds; not of titles."""
        values = json.loads(json.dumps(self.values | {"bases": self.bare_bases}))
        # It follows from the code.
        values.pop("declared", None)
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
        for name in self.points:
            column = self.points[name]
            cells = [None if pd.isna(cell) else cell for cell in column.tolist()]
            digest.update(json.dumps([str(name), cells]).encode())
        return digest.hexdigest()[:16]

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


def scenario_values(scenario: Scenario) -> dict[str, Any]:
    """Return every value of a scenario for JSON; see :func:`scenario_from_values`."""
    values = scenario.to_dict()
    values.pop("code", None)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def scenario_from_values(values: Mapping[str, Any], model: Model = SHIPPED) -> Scenario:
    """Return the scenario of values from :func:`scenario_values`, without any preset or file.

    Raises
    ------
    ScenarioError
        If a section is missing or has a parameter that does not exist: another version of civicsim wrote them.
    """
    given = dict(values)
    with naming("values of another version of civicsim"):
        checks.keys(model.types, given, "no section")
        for name, cls in model.types.items():
            checks.keys(given[name], [about.name for about in dataclasses.fields(cls)], f"[{name}] has no")
    sections: dict[str, Any] = {name: cls(**given.pop(name)) for name, cls in model.types.items()}
    given |= {name: sections.pop(name) for name in SHARED}
    given["habits"] = Levers(**given["habits"])
    given["interventions"] = tuple(Event(**block) for block in given["interventions"])
    if "roster" in given:
        given["roster"] = Roster.from_dict(given["roster"])
    return Scenario(**given, model=model, parameters=sections)
