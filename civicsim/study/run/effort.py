"""How much work runs are: the effort of a study, estimated from one small run, and chunks of about equal effort.

Runs are divided in order of seed, so that an interrupted study is balanced, with one burn-in for many runs.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from civicsim.experiment.run import Result, run
from civicsim.model.simulating import threads_available
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import SECONDS, bytes_needed
from civicsim.study.design.protocol import Protocol
from civicsim.study.design.study import Study
from civicsim.study.design.weight import RUN_PERSON_WEEKS

LONGEST = 10.0
"""Most seconds of a chunk, unless a single run takes longer: the loss when a worker is killed. Assumption."""
SHORTEST = 0.3
"""Least seconds of a chunk, where there are enough runs, so that the overhead is small. Assumption."""
_CHUNKS_PER_WORKER = 16
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


def largest(study: Study) -> Scenario:
    """Return the scenario of a study whose run takes most person-weeks, and so about the most memory."""
    return study.protocol.scenario(int(study.protocol.person_weeks[1].argmax()))


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
    # The first time loads compiled code, and is not counted.
    for _ in range(2):
        began = time.perf_counter()
        small = first_weeks(protocol, _WEEKS, _WEEKS).scenario
        taken = time.perf_counter() - began
    scenario = protocol.scenario(0)
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


def first_weeks(protocol: Protocol, weeks: int, burn_in_weeks: int) -> Result:
    """Return a run of the first point that has no more than so many weeks."""
    scenario = protocol.scenario(0).for_model(protocol.model)
    small = dataclasses.replace(
        scenario, weeks=min(weeks, scenario.weeks), burn_in_weeks=min(burn_in_weeks, scenario.burn_in_weeks)
    )
    return run(small, [1], processes=protocol.week, threads=1)


@dataclass(frozen=True)
class Chunk:
    """Runs (point, seed) that are simulated together, and their approximate effort in person-weeks."""

    runs: tuple[tuple[int, int], ...]
    person_weeks: float


def cost_of(protocol: Protocol, points: np.ndarray, seeds: np.ndarray) -> float:
    """Return the approximate effort of runs, which share burn-ins where they can, in person-weeks."""
    before, weeks = protocol.person_weeks
    if not len(points):
        return 0.0
    shared = np.unique(np.stack([protocol.starts[points], seeds]), axis=1, return_index=True)[1]
    alone = before[points[shared]].sum() + RUN_PERSON_WEEKS * len(shared)
    return float(weeks[points].sum() + RUN_PERSON_WEEKS * len(points) + alone)


def chunks_of(
    protocol: Protocol, points: np.ndarray, seeds: np.ndarray, workers: int, seconds: float = SECONDS
) -> Iterator[Chunk]:
    """Yield the chunks of some runs, in the order of their execution.

    ``points`` and ``seeds`` are int arrays of shape (n,), in order of seed; ``seconds`` is the time of a person-week.
    """
    if not len(points):
        return
    before, weeks = protocol.person_weeks
    total = cost_of(protocol, points, seeds)
    target = min(LONGEST, max(SHORTEST, total * seconds / (workers * _CHUNKS_PER_WORKER))) / seconds
    places = np.unique(seeds, return_inverse=True)[1]
    # Several seeds at a time only where the points of one seed do not fill a chunk.
    per_seed = total / (int(places.max()) + 1)
    block = places // max(1, int(target // per_seed))
    order = np.lexsort((seeds, points, protocol.starts[points], block))
    own: list[tuple[int, int]] = []
    begun: set[tuple[int, int]] = set()
    cost = 0.0
    for k in order:
        point, seed, start = int(points[k]), int(seeds[k]), (int(protocol.starts[points[k]]), int(seeds[k]))
        more = weeks[point] + RUN_PERSON_WEEKS
        burn_in = 0.0 if start in begun else before[point] + RUN_PERSON_WEEKS
        if own and cost + more + burn_in > target * 1.25:
            yield Chunk(tuple(own), cost)
            own, cost, begun = [], 0.0, set()
            burn_in = before[point] + RUN_PERSON_WEEKS
        own.append((point, seed))
        begun.add(start)
        cost += more + burn_in
    yield Chunk(tuple(own), cost)


def bytes_of_worker(study: Study, workers: int) -> float:
    """Return about how many bytes a worker process needs for its largest chunk of a study, shared between so many workers."""
    protocol = study.protocol
    n, seeds = len(protocol.points), len(study.seed_numbers)
    points, numbers = np.tile(np.arange(n), seeds), np.repeat(np.arange(seeds), n)
    chunk = next(chunks_of(protocol, points, numbers, workers))
    # A burn-in is kept while one point after another begins from it.
    return bytes_needed([largest(study)] * 2, len({seed for _, seed in chunk.runs}))
