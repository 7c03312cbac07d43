"""Matched runs in which mechanisms do not notice a change: what they read is held as it is without the change.

Two scenarios start from the same organisations and draw the same numbers. A mechanism that is held in the second reads what it reads
in the first at the same moment, and writes to the second as ever. All variants of the second are simulated in one set of tables, so
that a week of many takes little longer than one of a few.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.engine.process import Process
from civicsim.engine.table import Table
from civicsim.experiment.compare import Starts
from civicsim.experiment.run import Progress, Result, begin, simulate
from civicsim.model.cohort import Cohort, stack
from civicsim.model.columns import columns_of
from civicsim.model.recording import Recorder
from civicsim.model.simulating import threads_available
from civicsim.model.tables import REAL, TABLES
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


def _stacked(cohorts: Sequence[Cohort]) -> Cohort:
    """Return cohorts of the same runs as one, one below the other; they are used up."""
    parameters = {
        name: Table.of(np.concatenate([np.asarray(cohort.parameters[name]) for cohort in cohorts]), fixed=True)
        for name in cohorts[0].parameters
    }
    n = len(np.unique(cohorts[0].organisation["run"]))
    for k, cohort in enumerate(cohorts):
        cohort.organisation["run"] += k * n
    tables, ties = stack([(cohort.tables, cohort.ties) for cohort in cohorts])
    return Cohort(tables, ties, parameters, cohorts[0].week)


@dataclass(frozen=True, repr=False, eq=False)
class _Matched(Process):
    """A mechanism in a cohort of variants, of which the first is without the change.

    Attributes
    ----------
    held : dict of int to frozenset of str
        By place of a variant, what the mechanism is held at in it.
    plans : tuple
        What each of the variants plans.
    """

    held: Mapping[int, frozenset[str]] = dataclasses.field(default_factory=dict)
    plans: tuple[Any, ...] = ()

    def step(self, cohort: Any, first: int, last: int) -> None:
        """Simulate one week of all variants."""
        if self.act is not None:
            # What is planned belongs to the whole cohort.
            n = (last - first) // len(self.plans)
            for k, plan in enumerate(self.plans):
                own = copy.copy(cohort)
                own.plan = plan
                super().step(own, first + k * n, first + (k + 1) * n)
            return
        with self._as_before(cohort):
            super().step(cohort, first, last)

    @contextmanager
    def _as_before(self, cohort: Cohort) -> Iterator[None]:
        """Put into each variant what the mechanism reads without the change, and take it out again."""
        real: list[tuple[np.ndarray, np.ndarray]] = []
        for k, names in self.held.items():
            for column in self._columns(cohort, names):
                each = column.reshape(len(self.plans), -1, *column.shape[1:])
                real.append((each[k], each[k].copy()))
                each[k] = each[0]
        yield
        for place, values in real:
            place[...] = values

    def _columns(self, cohort: Cohort, names: frozenset[str]) -> list[np.ndarray]:
        own = (
            [np.asarray(column) for _, column in cohort.parameters[self.name].columns()] if PARAMETERS in names else []
        )
        return own + [column_of(cohort, name) for name in names - {PARAMETERS}]


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
        Without and with the change; they have the same structure, weeks and processes.
    seeds : sequence of int
        One per run.
    variants : mapping
        What is held, by name.
    last_weeks : int
        Weeks from the end over which each run is summarised.
    threads : int, optional
        Threads among which the runs are shared out; all available ones by default.
    progress : callable, optional
        Called with the share of the work just done. What it raises ends the work.
    """
    parts = [list(seeds[k : k + RUNS_AT_ONCE]) for k in range(0, len(seeds), RUNS_AT_ONCE)]

    def part(own: list[int]) -> dict[str, Values]:
        share = len(own) / len(seeds)
        return _part(before, after, own, variants, last_weeks, lambda done: progress and progress(share * done))

    with ThreadPoolExecutor(threads or threads_available()) as pool:
        found = list(pool.map(part, parts))
    return {
        name: {measure: np.concatenate([one[name][measure] for one in found]) for measure in values}
        for name, values in found[0].items()
    }


def _part(
    before: Scenario, after: Scenario, seeds: list[int], variants: Mapping[str, Held], last_weeks: int, tell: Any
) -> dict[str, Values]:
    """Return the values of a few runs."""
    starts = Starts(seeds, threads=1, progress=lambda _: tell(0.0))
    labels = ["before", "after", *variants]
    cohorts = [begin(starts.of(own), own) for own in [before, *[after] * (len(labels) - 1)]]
    plans = tuple(cohort.plan for cohort in cohorts)
    cohort = _stacked(cohorts)
    week = [_matched(process, list(variants.values()), plans) for process in before.week]
    work = cohort.n_persons * before.weeks
    recorded = min(last_weeks, before.weeks)
    how: Any = {"processes": week, "threads": 1, "progress": lambda done: tell(done / work)}
    simulate(cohort, before.weeks - recorded, **how)
    recorder = Recorder(cohort, recorded, measures=before.measures.values())
    simulate(cohort, recorded, recorder=recorder, **how)
    values = Result(before, seeds * len(labels), recorder, cohort).values(None, recorded)
    each = {name: own.reshape(len(labels), len(seeds)) for name, own in values.items()}
    return {label: {name: own[k] for name, own in each.items()} for k, label in enumerate(labels)}


def _matched(process: Process, variants: Sequence[Held], plans: tuple[Any, ...]) -> Process:
    """Return a process with what it is held at in each variant, after those without and with the change."""
    held = {k: own[process.name] for k, own in enumerate(variants, start=2) if process.name in own}
    if not held and process.act is None:
        return process
    own = {field.name: getattr(process, field.name) for field in dataclasses.fields(Process)}
    return _Matched(**own, held=held, plans=plans)
