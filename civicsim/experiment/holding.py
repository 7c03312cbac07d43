"""Matched runs in which mechanisms do not notice a change: what they read is held as it is without the change.

Two scenarios start from the same organisations and draw the same numbers. Week by week the first is simulated before the second;
a mechanism that is held in the second reads what it reads in the first at the same moment, and writes to the second as ever.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from civicsim.engine.process import Process
from civicsim.experiment.compare import Starts
from civicsim.experiment.run import Progress, Result, begin
from civicsim.model.cohort import Cohort
from civicsim.model.columns import columns_of
from civicsim.model.organisation import REAL, TABLES
from civicsim.model.recording import Recorder
from civicsim.model.week import advance, threads_available
from civicsim.scenario.scenario import Scenario

type Held = Mapping[str, frozenset[str]]
"""By mechanism, the columns that it reads as they are without the change."""
type Values = dict[str, np.ndarray]
"""By measure, a value per run."""
RUNS_AT_ONCE = 5
"""Runs that are simulated together. Assumption: few enough to stay in the processor's cache at usual sizes."""


PARAMETERS = "parameters"
"""Stands for the parameters of all mechanisms among what one reads."""
_ITEMS = ("problem.", "practice.", "person.noticed", "team.noticed", "team.joined")
"""What is handed on, and how much of it there is this week. It stays what it is: a mechanism that is held still deals with it."""
_REAL = frozenset(
    f"{table}.{column.name}"
    for table, columns in TABLES.items()
    for column in columns
    if column.kind == REAL and not f"{table}.{column.name}".startswith(_ITEMS[:2])
)


@functools.cache
def holdable(process: Process) -> frozenset[str]:
    """Return what a mechanism can be held at: states, levers and hours that it reads and does not write, and parameters.

    Problems and ideas that are handed on to it are not among them, nor are who is where and what teams do.
    """
    columns = columns_of(process)
    return (frozenset(columns.reads) - frozenset(columns.writes)) & _REAL - frozenset(_ITEMS) | {PARAMETERS}


def column_of(cohort: Cohort, name: str) -> np.ndarray:
    """Return the column of a cohort that ``"table.column"`` names."""
    table, _, column = name.partition(".")
    return np.asarray(cohort.tables[table][column])


@dataclass(frozen=True, repr=False, eq=False)
class _Shown(Process):
    """A mechanism of the first scenario, which leaves what it reads for those that are held."""

    columns: frozenset[str] = frozenset()
    kept: dict[str, Any] = field(default_factory=dict)

    def step(self, cohort: Any, first: int, last: int) -> None:
        self.kept.update({name: column_of(cohort, name).copy() for name in self.columns - {PARAMETERS}})
        self.kept[PARAMETERS] = cohort.parameters
        super().step(cohort, first, last)


@dataclass(frozen=True, repr=False, eq=False)
class _Unmoved(Process):
    """A mechanism of the second scenario, which reads columns as they are in the first."""

    columns: frozenset[str] = frozenset()
    kept: Mapping[str, Any] = field(default_factory=dict)

    def step(self, cohort: Any, first: int, last: int) -> None:
        with self._as_before(cohort) as own:
            super().step(own, first, last)

    @contextmanager
    def _as_before(self, cohort: Cohort) -> Iterator[Cohort]:
        own, real = copy.copy(cohort), {name: column_of(cohort, name).copy() for name in self.columns - {PARAMETERS}}
        if PARAMETERS in self.columns:
            own.parameters = self.kept[PARAMETERS]
        for name in real:
            column_of(cohort, name)[...] = self.kept[name]
        yield own
        for name, values in real.items():
            column_of(cohort, name)[...] = values


def _as(kind: Any, process: Process, **more: Any) -> Any:
    return kind(**{f.name: getattr(process, f.name) for f in dataclasses.fields(Process)}, **more)


def held_runs(
    before: Scenario,
    after: Scenario,
    seeds: Sequence[int],
    variants: Mapping[str, Held],
    last_weeks: int = 52,
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Values]:
    """Return every measure of matched runs: ``"before"``, ``"after"``, and of each variant of ``after`` by its name.

    Parameters
    ----------
    before, after : Scenario
        Without and with the change; they have the same structure and weeks.
    seeds : sequence of int
        One per run.
    variants : mapping
        What is held, by name.
    last_weeks : int
        Weeks from the end over which each run is summarised.
    threads : int, optional
        Threads among which the runs are shared out; all there are by default.
    progress : callable, optional
        Called with the weeks just done, of each run of each variant.
    """
    parts = [list(seeds[k : k + RUNS_AT_ONCE]) for k in range(0, len(seeds), RUNS_AT_ONCE)]

    def simulate(part: list[int]) -> dict[str, Values]:
        return _part(before, after, part, variants, last_weeks, progress)

    with ThreadPoolExecutor(threads or threads_available()) as pool:
        found = list(pool.map(simulate, parts))
    return {
        name: {measure: np.concatenate([one[name][measure] for one in found]) for measure in values}
        for name, values in found[0].items()
    }


def _part(
    before: Scenario,
    after: Scenario,
    seeds: list[int],
    variants: Mapping[str, Held],
    last_weeks: int,
    progress: Progress | None,
) -> dict[str, Values]:
    tell = progress or (lambda _: None)
    starts = Starts(seeds, threads=1, progress=lambda _: tell(0.0))
    needed: dict[str, frozenset[str]] = {}
    for held in variants.values():
        for name, columns in held.items():
            needed[name] = needed.get(name, frozenset()) | columns
    kept: dict[str, dict[str, Any]] = {name: {} for name in needed}
    weeks = {
        "before": [
            _as(_Shown, process, columns=needed[process.name], kept=kept[process.name])
            if process.name in needed
            else process
            for process in before.week
        ],
        "after": list(after.week),
    }
    for label, held in variants.items():
        weeks[label] = [
            _as(_Unmoved, process, columns=held[process.name], kept=kept[process.name])
            if process.name in held
            else process
            for process in after.week
        ]
    runs = {}
    for label in weeks:
        scenario = before if label == "before" else after
        cohort = begin(starts.of(scenario), scenario)
        runs[label] = scenario, cohort, Recorder(cohort, scenario.weeks, measures=scenario.measures.values())
    for _ in range(before.weeks):
        for label, (_, cohort, recorder) in runs.items():
            advance(cohort, 1, processes=weeks[label], recorder=recorder)
            recorder.look()
            tell(float(len(seeds)))
    return {
        label: Result(scenario, seeds, recorder, cohort).values(None, last_weeks)
        for label, (scenario, cohort, recorder) in runs.items()
    }
