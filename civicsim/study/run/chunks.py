"""Cuts runs into chunks: in order of seed, so that a study that is cut off is balanced, and with one burn-in for many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from civicsim.study.design.protocol import Protocol

SECONDS = 1.2e-6
"""Time of one thread for a person-week on a machine of middling speed, as `civicsim doctor` measures it."""
RUN_PERSON_WEEKS = 6_000.0
"""What it takes to build, start and sum up a run, in person-weeks. Assumption: measured once, on small organisations."""
LONGEST = 10.0
"""Seconds that a chunk takes at most, unless a single run takes longer: what a kill may lose. Assumption."""
SHORTEST = 0.3
"""Seconds that a chunk takes at least, where there are runs enough, so that handing it out does not count. Assumption."""
_CHUNKS_PER_WORKER = 16


@dataclass(frozen=True)
class Chunk:
    """Runs that are done together.

    Attributes
    ----------
    runs : tuple of (int, int)
        Point and seed.
    person_weeks : float
        What they take, about.
    """

    runs: tuple[tuple[int, int], ...]
    person_weeks: float


def cost_of(protocol: Protocol, points: np.ndarray, seeds: np.ndarray) -> float:
    """Return about how many person-weeks runs take that share burn-ins where they can."""
    before, weeks = protocol.person_weeks
    if not len(points):
        return 0.0
    shared = np.unique(np.stack([protocol.starts[points], seeds]), axis=1, return_index=True)[1]
    alone = before[points[shared]].sum() + RUN_PERSON_WEEKS * len(shared)
    return float(weeks[points].sum() + RUN_PERSON_WEEKS * len(points) + alone)


def chunks_of(
    protocol: Protocol, points: np.ndarray, seeds: np.ndarray, workers: int, seconds: float = SECONDS
) -> Iterator[Chunk]:
    """Yield the chunks of some runs, in the order in which they are to be done.

    Parameters
    ----------
    protocol : Protocol
        The study.
    points, seeds : (n,) int arrays
        The runs, in order of seed.
    workers : int
        How many work at once.
    seconds : float
        Seconds that a person-week takes.
    """
    if not len(points):
        return
    before, weeks = protocol.person_weeks
    total = cost_of(protocol, points, seeds)
    target = min(LONGEST, max(SHORTEST, total * seconds / (workers * _CHUNKS_PER_WORKER))) / seconds
    places = np.unique(seeds, return_inverse=True)[1]
    # Several seeds at a time only where all points of one seed do not fill a chunk.
    per_seed = total / (int(places.max()) + 1)
    block = places // max(1, int(target // per_seed))
    order = np.lexsort((seeds, points, protocol.starts[points], block))
    own: list[tuple[int, int]] = []
    lived: set[tuple[int, int]] = set()
    cost = 0.0
    for k in order:
        point, seed, start = int(points[k]), int(seeds[k]), (int(protocol.starts[points[k]]), int(seeds[k]))
        more = weeks[point] + RUN_PERSON_WEEKS
        burn_in = 0.0 if start in lived else before[point] + RUN_PERSON_WEEKS
        if own and cost + more + burn_in > target * 1.25:
            yield Chunk(tuple(own), cost)
            own, cost, lived = [], 0.0, set()
            burn_in = before[point] + RUN_PERSON_WEEKS
        own.append((point, seed))
        lived.add(start)
        cost += more + burn_in
    yield Chunk(tuple(own), cost)
