"""How weeks are simulated: in groups of runs that stay in the processor's cache, and by several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import partial

import numpy as np

from civicsim.engine.meeting import call_off, meeting_of
from civicsim.engine.process import RANGES, Process, argument, call
from civicsim.engine.together import together
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder, clear_tally, keep
from civicsim.model.week import WEEK

Observer = Callable[[Cohort, int, int], None]
Progress = Callable[[float], None]
"""Called with the person-weeks just done."""

PERSONS_AT_ONCE = 2_000
"""Runs that are simulated together have about this many people, so that their tables stay in the processor's cache."""
WEEKS_AT_ONCE = 52
"""Most weeks simulated in one call, so that progress is seen and an interruption is not kept waiting."""
PERSON_WEEKS_AT_ONCE = 5_000_000
"""Most people times weeks simulated in one call, for the same reason."""
PARTS_TO_SHARE = 4
"""Parts per thread from which on all threads simulate one run after another, instead of a run each: large runs then compete less
for memory, and none is left over at the end."""


def threads_available() -> int:
    """Return how many threads this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _groups(cohort: Cohort, first: int, last: int, persons: int) -> list[tuple[int, int]]:
    """Cut organisations into groups of whole runs with about ``persons`` people each, at least one run."""
    runs, size = cohort.organisation["run"], cohort.organisation["n_persons"]
    groups: list[tuple[int, int]] = []
    start, total = first, 0
    for o in range(first, last):
        if o > start and runs[o] != runs[o - 1] and total + size[o] > persons:
            groups.append((start, o))
            start, total = o, 0
        total += size[o]
    return [*groups, (start, last)]


def _blocks(cohort: Cohort, n: int) -> list[tuple[int, int]]:
    """Cut the organisations into at most ``n`` blocks of whole runs."""
    runs = cohort.organisation["run"]
    first_of_run = np.flatnonzero(np.concatenate([[True], runs[1:] != runs[:-1]]))
    chunks = [chunk for chunk in np.array_split(first_of_run, min(n, len(first_of_run))) if len(chunk)]
    starts = [int(chunk[0]) for chunk in chunks]
    return list(zip(starts, [*starts[1:], len(runs)], strict=True))


def share_out(n_runs: int, parts: int, threads: int) -> tuple[int, int]:
    """Return how many runs are simulated side by side, and how many threads share each of them.

    Parameters
    ----------
    n_runs, parts : int
        Runs, and the fewest parts that one of them has.
    threads : int
        Threads to be shared out.
    """
    if parts >= PARTS_TO_SHARE * threads:
        return 1, threads
    side_by_side = max(1, min(threads, n_runs))
    return side_by_side, max(1, min(threads // side_by_side, parts))


def _simulate_a_week(
    own: Cohort, group: tuple[int, int], processes: Sequence[Process], recorder: Recorder, observe: Observer | None
) -> None:
    """Simulate a week of a group of runs process by process, so that Python code may take part."""
    given = own.ranges(*group) | {"row": own.week - recorder.first_week} | recorder.arrays
    call(clear_tally, "begin", own, given)
    for process in processes:
        process.step(own, *group)
    call(keep, "record", own, given)
    if observe is not None:
        observe(own, *group)
    own.week += 1


def _shares(cohort: Cohort, group: tuple[int, int], threads: int) -> list[dict[str, int]]:
    """Return the rows that each thread goes through of a run that several simulate: about as many people, whole parts.

    An organisation belongs to the thread that has its first part, and what reaches across organisations to the first thread.
    """
    whole, part = cohort.ranges(*group), cohort.part
    parts = np.arange(whole["first_part"], whole["last_part"])
    size = part["n_staff"][parts] + part["n_managers"][parts]
    middle = np.cumsum(size) - size / 2
    cuts = [int(parts[0] + np.searchsorted(middle, size.sum() * k / threads)) for k in range(threads)]
    cuts.append(whole["last_part"])
    starts = cohort.draft["parts_from"]
    shares = []
    for thread in range(threads):
        first, last = (
            group[0] + int(np.searchsorted(starts[group[0] : group[1]], cut)) for cut in cuts[thread : thread + 2]
        )
        linked = group if thread == 0 else (group[1], group[1])
        shares.append(dict(zip(RANGES, (first, last, *cuts[thread : thread + 2], *linked), strict=True)))
    return shares


def _side_by_side(work: Callable[[dict[str, int], np.ndarray], None], shares: list[dict[str, int]]) -> None:
    """Do work on each of some shares in a thread of its own; the threads meet."""
    meeting = meeting_of(len(shares))

    def do(share: dict[str, int]) -> None:
        try:
            work(share, meeting)
        except BaseException:
            call_off(meeting)
            raise

    if len(shares) == 1:
        do(shares[0])
        return
    with ThreadPoolExecutor(len(shares)) as pool:
        try:
            list(pool.map(do, shares))
        except BaseException:
            # Where one could not be started, or this thread was interrupted, the others would wait for ever.
            call_off(meeting)
            raise


def _in_compiled_calls(
    own: Cohort, group: tuple[int, int], recorder: Recorder, end: int, threads: int
) -> Callable[[], None]:
    """Return a function that simulates a group of runs in one compiled call: until Python code takes part again, or for a year at most.

    In :data:`~civicsim.model.week.WEEK` only the first process has Python code, so what it does in the first of these weeks can be done before. A
    log of events has room for one week. What the calls take is looked up once: Python code changes tables in place.
    """
    first_process = WEEK[0]
    people = int(own.organisation["n_persons"][slice(*group)].sum())
    at_once = max(1, min(WEEKS_AT_ONCE, PERSON_WEEKS_AT_ONCE // people)) if recorder.log is None else 1
    many_weeks, names = together(clear_tally, WEEK, keep)
    kept = recorder.arrays
    taken = [kept[name] if name in kept else argument(own, name) for name in names]
    shares = _shares(own, group, threads)

    def go_on() -> None:
        acts = first_process.acts(own, *group, own.week)
        if acts:
            call(clear_tally, "begin", own, own.ranges(*group))
            first_process.act(own, *group)  # type: ignore[misc]
        week = own.week + 1
        while week < min(end, own.week + at_once) and not first_process.acts(own, *group, week):
            week += 1
        row, weeks, start = own.week - recorder.first_week, week - own.week, own.week

        def work(share: dict[str, int], meeting: np.ndarray) -> None:
            many_weeks(*(share[name] for name in RANGES), meeting, start, weeks, row, acts, *taken)

        _side_by_side(work, shares)
        own.week = week

    return go_on


def advance(
    cohort: Cohort,
    weeks: int,
    *,
    processes: Sequence[Process] = WEEK,
    threads: int = 1,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
    observe: Observer | None = None,
) -> Cohort:
    """Simulate some weeks of a cohort, and return it.

    Parameters
    ----------
    cohort : Cohort
        Changed in place.
    weeks : int
        How many weeks.
    processes : sequence of Process
        What happens in a week, in order.
    threads : int
        Threads among which runs, or the parts of a large run, are shared out. The result does not depend on it.
    recorder : Recorder, optional
        Records each week.
    progress : callable, optional
        Called with the person-weeks just done.
    observe : callable, optional
        ``observe(cohort, first, last)``, called at the end of each week for a group of runs. What it returns is not
        used, and it must not change the tables. It takes several times as long as a recorder.
    """
    for process in processes:
        if not hasattr(process, "step"):
            raise TypeError(f"{process!r} is no Process; a function of (cohort, first, last) becomes one as its act")
    start = cohort.week
    kept = recorder if recorder is not None else Recorder(cohort, 0)
    # To compile another sequence of processes takes longer than most runs of it do.
    at_once = observe is None and tuple(processes) == WEEK

    def simulate(group: tuple[int, int]) -> None:
        # A group has its own clock: another may be in another week.
        own = copy(cohort)
        if kept.log is not None:
            own.log = kept.log.blank(*group)
        people = float(own.organisation["n_persons"][slice(*group)].sum())
        if at_once:
            go_on = _in_compiled_calls(own, group, kept, start + weeks, within)
        else:
            go_on = partial(_simulate_a_week, own, group, processes, kept, observe)
        while own.week < start + weeks:
            before = own.week
            go_on()
            if kept.log is not None:
                kept.log.take(own.log, before)
            if progress is not None:
                progress(people * (own.week - before))

    parts = np.unique(cohort.organisation["run"][cohort.part["organisation"]], return_counts=True)[1]
    # Python code and the log of events are for one thread.
    divisible = at_once and kept.log is None
    # Made before it is copied: all groups then use the same.
    assert cohort.draft
    side_by_side, within = share_out(len(parts), int(parts.min()) if divisible else 1, max(1, threads))
    blocks = _blocks(cohort, side_by_side)
    groups = [group for block in blocks for group in _groups(cohort, *block, PERSONS_AT_ONCE if at_once else 1 << 62)]
    if side_by_side == 1:
        for group in groups:
            simulate(group)
    else:
        # Whichever thread is done takes the next group: none waits for one that has been held up.
        with ThreadPoolExecutor(len(blocks)) as pool:
            list(pool.map(simulate, groups))
    cohort.week = start + weeks
    return cohort
