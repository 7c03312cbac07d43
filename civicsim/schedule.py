"""The week: which processes happen, in which order.

Read from top to bottom, :data:`WEEK` is the process overview. Each process reads the tables as the processes before
it left them; within a process everybody reads old values before anybody writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from civicsim.cohort import Cohort
from civicsim.process import Process
from civicsim.processes import (
    coaching,
    codification,
    compact,
    deliberation,
    directives,
    drift,
    enactment,
    events,
    exhaustion,
    forum,
    governing,
    learning,
    lifecycle,
    load,
    motivation,
    noticing,
    observation,
    pairing,
    partners,
    quality,
    record,
    response,
    spread,
    survey,
    ties,
    turnover,
    voice,
)

WEEK: tuple[Process, ...] = (
    # The world and its leaders.
    events.PROCESS,
    drift.PROCESS,
    enactment.PROCESS,
    # Work, and orders from above.
    load.PROCESS,
    directives.PROCESS,
    # From noticing to an answer, and what people learn from it.
    noticing.PROCESS,
    observation.PROCESS,
    partners.PROCESS,
    voice.PROCESS,
    response.PROCESS,
    learning.PROCESS,
    deliberation.PROCESS,
    # From an idea to a practice, and from team to team.
    lifecycle.PROCESS,
    coaching.PROCESS,
    spread.PROCESS,
    pairing.PROCESS,
    codification.PROCESS,
    # What comes of it for patients and staff.
    quality.PROCESS,
    exhaustion.PROCESS,
    motivation.PROCESS,
    turnover.PROCESS,
    # Who knows whom.
    ties.PROCESS,
    # Patients, and those who steer.
    forum.PROCESS,
    compact.PROCESS,
    governing.PROCESS,
    # What staff say when they are asked, and the record.
    survey.PROCESS,
    record.PROCESS,
)

PROCESSES = {process.name: process for process in WEEK}
"""The processes by name."""

Observer = Callable[[Cohort, int, int], None]


def describe(processes: Sequence[Process] = WEEK) -> str:
    """Return the week in words, one line per process."""
    width = max(len(process.name) for process in processes)
    return "\n".join(f"{process.place:>2}  {process.name:<{width}}  {process.title}" for process in processes)


def _blocks(cohort: Cohort, n: int) -> list[tuple[int, int]]:
    """Cut the organisations into at most ``n`` blocks of whole runs."""
    runs = cohort.organisation["run"]
    first_of_run = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]]))
    chunks = [chunk for chunk in np.array_split(first_of_run, min(n, len(first_of_run))) if len(chunk)]
    starts = [int(chunk[0]) for chunk in chunks]
    return list(zip(starts, [*starts[1:], len(runs)], strict=True))


def advance(
    cohort: Cohort,
    weeks: int,
    *,
    processes: Sequence[Process] = WEEK,
    threads: int = 1,
    observe: Observer | None = None,
) -> Cohort:
    """Let a cohort live some weeks, and return it.

    Parameters
    ----------
    cohort : Cohort
        Changed in place.
    weeks : int
        How many weeks.
    processes : sequence of Process
        What happens in a week, in order.
    threads : int
        Blocks of runs that are stepped at the same time. The result does not depend on it.
    observe : callable, optional
        ``observe(cohort, first, last)``, called at the end of each week for a block of organisations. What it
        returns is not used, and it must not change the tables.
    """
    start = cohort.week

    def live(block: tuple[int, int]) -> None:
        # A block has its own clock: another block may be in another week.
        own = Cohort(cohort.tables, cohort.ties, cohort.parameters, start, cohort.plan)
        first, last = block
        for _ in range(weeks):
            own.tally[first:last] = np.zeros(1, dtype=own.tally.dtype)
            for process in processes:
                process.step(own, first, last)
            if observe is not None:
                observe(own, first, last)
            own.week += 1

    blocks = _blocks(cohort, max(1, threads))
    if len(blocks) == 1:
        live(blocks[0])
    else:
        with ThreadPoolExecutor(len(blocks)) as pool:
            list(pool.map(live, blocks))
    cohort.week = start + weeks
    return cohort
