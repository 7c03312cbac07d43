"""Finds values that are not finite, and their origin."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from civicsim.engine.process import Process
from civicsim.experiment.run import begin, burn_in
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder, clear_tally
from civicsim.scenario.scenario import Scenario
from civicsim.study.store.failures import NotFiniteError


def is_finite(cohort: Cohort, recorder: Recorder) -> bool:
    """Return whether everything in the record and in the final state is finite."""
    tables = [*cohort.tables.values(), recorder.tally, recorder.snapshot, recorder.enacted]
    return not any(_has_bad(table) for table in tables)


def _floats(table: np.ndarray) -> list[str]:
    return [name for name, about in (table.dtype.fields or {}).items() if about[0].base.kind == "f"]


def _has_bad(table: np.ndarray) -> bool:
    return any(not np.isfinite(table[name]).all() for name in _floats(table))


def find_origin(scenario: Scenario, seed: int, processes: Sequence[Process]) -> None:
    """Repeat a run, and raise where a value that is not finite first appears: process, week, table, row and column.

    Each week runs with a copy of the state before it; the week that yields such a value is repeated process by process.
    """
    cohort = burn_in(dataclasses.replace(scenario, burn_in_weeks=0), [seed], processes=processes, threads=1)
    cohort.week = -scenario.burn_in_weeks
    _complain(cohort, "")
    _simulate(cohort, scenario.burn_in_weeks, processes)
    cohort = begin(cohort, scenario)
    _complain(cohort, "")
    _simulate(cohort, scenario.weeks, processes)


def _simulate(cohort: Cohort, weeks: int, processes: Sequence[Process]) -> None:
    n = cohort.n_organisations
    for _ in range(weeks):
        before = cohort.copy()
        clear_tally(0, n, cohort.tally)
        for process in processes:
            process.step(cohort, 0, n)
        if any(_has_bad(table) for table in cohort.tables.values()):
            clear_tally(0, n, before.tally)
            for process in processes:
                process.step(before, 0, n)
                _complain(before, process.name)
        cohort.week += 1


def _complain(cohort: Cohort, process: str) -> None:
    """Raise if a value is not finite, with its row and column."""
    for table, rows in cohort.tables.items():
        for name in _floats(rows):
            bad = np.argwhere(~np.isfinite(rows[name]))
            if len(bad):
                place = ", ".join(str(index) for index in bad[0])
                raise NotFiniteError(process, cohort.week, f"{table}[{place}].{name} = {rows[name][tuple(bad[0])]}")
