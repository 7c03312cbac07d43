"""The effort of a study, estimated from one small run."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

import numpy as np

from civicsim.experiment.run import burn_in, run, threads_available
from civicsim.study.design.study import Study
from civicsim.study.design.weight import RUN_PERSON_WEEKS
from civicsim.study.run.chunks import cost_of

_WEEKS = 26
"""Weeks of the measured run and of its burn-in, or fewer if the study has fewer."""
_CELL = 8.0
"""Bytes of a value in a file; most values do not compress."""
_FILE = 2_000.0
_EVENT_CELLS = 0.5
"""Values' worth of bytes that events take per person-week: about 0.3 rows of small numbers and repeated words."""


@dataclass(frozen=True)
class Effort:
    """The effort of a study.

    Attributes
    ----------
    points, seeds, runs : int
        Numbers of points, seeds and runs.
    seconds : float
        Approximate time with ``processes``.
    n_bytes : float
        Approximate size on disk.
    processes : int
        Number of processes.
    seconds_per_person_week : float
        As measured, on one thread.
    """

    points: int
    seeds: int
    runs: int
    seconds: float
    n_bytes: float
    processes: int
    seconds_per_person_week: float


def effort_of(study: Study, processes: int | None = None) -> Effort:
    """Return the effort of a study, from one run of a few weeks.

    Parameters
    ----------
    study : Study
        The study; with a precision rule, seeds may be added.
    processes : int, optional
        Number of processes; one per available thread by default.
    """
    protocol = study.protocol
    workers = max(1, threads_available() if processes is None else processes)
    scenario = protocol.scenario(0).for_model(protocol.model)
    small = dataclasses.replace(
        scenario, weeks=min(_WEEKS, scenario.weeks), burn_in_weeks=min(_WEEKS, scenario.burn_in_weeks)
    )
    # The first time loads compiled code, and is not counted.
    for _ in range(2):
        began = time.perf_counter()
        start = burn_in(small, [1], processes=protocol.week, threads=1)
        run(small, [1], processes=protocol.week, threads=1, start=start)
        taken = time.perf_counter() - began
    every, weeks = protocol.person_weeks
    before, after = float(every[0]), float(weeks[0])
    simulated = before * small.burn_in_weeks / max(1, scenario.burn_in_weeks) + after * small.weeks / scenario.weeks
    each = taken / (simulated + 2 * RUN_PERSON_WEEKS)
    n, seeds = len(protocol.points), np.array(study.seed_numbers, dtype=np.int64)
    cost = cost_of(protocol, np.arange(n), np.full(n, seeds[0])) * len(seeds)
    cells = n * len(seeds) * (2.0 + len(protocol.columns))
    if protocol.weekly:
        cells += n * len(seeds) * scenario.weeks * (2.0 + len(protocol.weekly))
    if protocol.traces.get("events"):
        cells += _EVENT_CELLS * float(weeks.sum()) * len(seeds)
    return Effort(n, len(seeds), n * len(seeds), cost * each / workers, cells * _CELL + _FILE, workers, each)
