"""Divides runs into chunks: in order of seed, so that an interrupted study is balanced, with one burn-in for many runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from civicsim.study.design.protocol import Protocol
from civicsim.study.design.weight import RUN_PERSON_WEEKS, SECONDS

LONGEST = 10.0
"""Most seconds of a chunk, unless a single run takes longer: the loss when a worker is killed. Assumption."""
SHORTEST = 0.3
"""Least seconds of a chunk, where there are enough runs, so that the overhead is small. Assumption."""
_CHUNKS_PER_WORKER = 16


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
