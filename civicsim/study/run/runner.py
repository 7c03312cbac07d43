"""Completes a study: one loop around an executor, with a bounded number of chunks in progress."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.progress import line_in_notebook, time_left
from civicsim.scenario.sizes import check_room
from civicsim.study.design.precision import more_seeds, seeds_to_add, widths
from civicsim.study.design.study import Study
from civicsim.study.run.effort import Chunk, chunks_of, cost_of, largest
from civicsim.study.run.executors import TimeLimitError, WorkerDiedError, working
from civicsim.study.run.worker import Report, Task, run_chunk, write_failures
from civicsim.study.store.files import needing_room
from civicsim.study.store.folder import StudyFolder, make_folder
from civicsim.study.store.lock import running
from civicsim.study.store.origin import log_batch
from civicsim.study.store.store import Store, open_store
from civicsim.study.store.tables import PARTS, Failure

_LOOK = 0.5
_WINDOW = 2
"""Chunks in progress or waiting, for each worker."""


@dataclass(frozen=True)
class Standing:
    """Progress of a study: runs done, failed and in all, and approximate seconds for the rest, NaN at the start."""

    done: int
    failed: int
    total: int
    seconds_left: float

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        left = time_left(self.seconds_left) if self.done + self.failed < self.total else ""
        return f"{self.done} of {self.total} runs{failed}{left}"


Progress = Callable[[Standing], None]
Work = Callable[[Task], Report]


def run_study(
    study: Study,
    out: str | Path,
    *,
    processes: int | None = None,
    shard: tuple[int, int] = (1, 1),
    timeout: float | None = None,
    memory: float = 0.0,
    retry_failed: bool = False,
    mix: bool = False,
    add_seeds: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
    work: Work = run_chunk,
) -> Store:
    """Run the missing runs of a study in a folder, and return the store.

    Parameters
    ----------
    study : Study
        The study.
    out : str or Path
        Folder of results. Runs with results are not repeated.
    processes : int, optional
        Worker processes; one per available thread by default. 0 works in this process, without a time limit or protection
        from runs that end the process.
    shard : (int, int)
        Number of the shard, from 1, and number of shards, for several machines that share a folder.
    timeout : float, optional
        Time limit of a chunk in seconds; by default a large multiple of the expected time.
    memory : float
        Bytes of address space for each worker; 0 for any.
    retry_failed : bool
        Whether to repeat runs that failed.
    mix : bool
        Whether results of other software may be kept beside new ones.
    add_seeds : int
        Number of seeds to add to those of the folder.
    executor : concurrent.futures.Executor, optional
        Executor of the work, on any machine that shares the folder; it is not shut down. Local processes by default.
    progress : callable, optional
        Called with the :class:`Standing` from time to time.
    note : callable, optional
        Called with messages.
    work : callable
        Function of a worker for a :class:`civicsim.study.run.worker.Task`.

    Raises
    ------
    CivicsimError
        If the folder cannot be used, results cannot be written, or an organisation needs more memory than is available here.
    """
    place, of = shard
    if not 1 <= place <= of:
        raise CivicsimError(f"shard {place}/{of}: expected i/n with i from 1 to n")
    tell = note or (lambda text: None)
    if executor is None:
        check_room(largest(study))
    make_folder(Path(out))
    with needing_room(Path(out)), running(Path(out), place, of):
        folder = StudyFolder(study, out, mix)
        folder.clear_leftovers(place, of)
        for warning in folder.warnings:
            tell(warning)
        if retry_failed:
            folder.forget_failures()
        if add_seeds:
            # Otherwise each repetition of an interrupted command would add seeds.
            missing = len(folder.pending()[0])
            if missing:
                raise CivicsimError(f"{out}: {missing} runs are missing; complete them first: civicsim study run {out}")
            folder.add_seeds(more_seeds(folder.seeds, add_seeds))
        with line_in_notebook() as line, working(executor, processes, timeout, memory, study) as (own, workers):
            show = progress or (None if line is None else lambda standing: line.show(str(standing)))
            while True:
                _Round(folder, own, workers, shard, show, work).go()
                more = _more_seeds(folder, tell)
                if not more:
                    break
                folder.add_seeds(more)
                if of > 1:
                    tell(f"{len(more)} more seeds are needed; run all shards again")
                    break
        if not folder.put_together():
            tell("runs of other shards are missing; the last shard merges the tables")
    return open_store(folder.path)


class _Round:
    """Completes the runs of a folder."""

    def __init__(
        self,
        folder: StudyFolder,
        executor: Executor,
        workers: int,
        shard: tuple[int, int],
        progress: Progress | None,
        work: Work,
    ) -> None:
        self.folder, self.executor, self.workers, self.work = folder, executor, workers, work
        self.progress, self.shard = progress or (lambda standing: None), f"{shard[0]}/{shard[1]}"
        points, seeds, self.done, self.failed = folder.pending(*shard)
        self.total = len(points) + self.done + self.failed
        self.left = cost_of(folder.study.protocol, points, seeds)
        self.chunks = chunks_of(folder.study.protocol, points, seeds, workers)
        # Fewer runs than workers: the threads that would wait share the runs, whose results are the same bytes.
        self.threads = max(1, workers // max(1, len(points)))
        self.again: deque[Chunk] = deque()
        self.unwritten: list[Failure] = []
        self.began, self.spent = 0.0, 0.0

    def go(self) -> None:
        """Work until nothing is left; results that cannot be written are reported at the end, after all others."""
        under_way: dict[Future[Report], Chunk] = {}
        self._report()
        while True:
            while len(under_way) < self.workers * _WINDOW and (chunk := self._next()) is not None:
                under_way[self.executor.submit(self.work, self._task(chunk))] = chunk
            if not under_way:
                break
            finished, _ = wait(under_way, timeout=_LOOK, return_when=FIRST_COMPLETED)
            for future in finished:
                self._take(under_way.pop(future), future)
            self._report()
        if self.unwritten:
            first = self.unwritten[0]
            raise CivicsimError(
                f"{self.folder.path}: {len(self.unwritten)} runs could not be written ({first.type}: {first.message}); make "
                "room, and run the same command again"
            )

    def _next(self) -> Chunk | None:
        return self.again.popleft() if self.again else next(self.chunks, None)

    def _take(self, chunk: Chunk, future: Future[Report]) -> None:
        """Record the outcome of a chunk; where its worker died or hung, repeat its runs one by one."""
        error = future.exception()
        if error is not None and len(chunk.runs) > 1:
            share = chunk.person_weeks / len(chunk.runs)
            self.again.extend(Chunk((run,), share) for run in chunk.runs)
            return
        report = future.result() if error is None else self._give_up(chunk, error)
        log_batch(self.folder.path, report.host, self.shard, report.done, report.failed, report.seconds)
        self.done += report.done
        self.failed += report.failed
        self.unwritten += report.unwritten
        if not self.began:
            # The time before the first result is start-up, and not part of the speed.
            self.began = time.monotonic()
        else:
            self.spent += chunk.person_weeks
        self.left -= chunk.person_weeks

    def _give_up(self, chunk: Chunk, error: BaseException) -> Report:
        """Record that a run by itself made its worker die or hang."""
        stage, task = "start", self._task(chunk)
        if task.marker.exists():
            stage = task.marker.read_text(encoding="ascii") or stage
            task.marker.unlink()
        name, message = type(error).__name__, " ".join(str(error).split())[-500:]
        if isinstance(error, TimeLimitError | WorkerDiedError):
            failure = Failure(*chunk.runs[0], stage, name.removesuffix("Error"), message)
        else:
            failure = Failure(*chunk.runs[0], stage, name, message, str(error))
        unwritten = write_failures(self.folder.path / PARTS, [failure], self.folder.stamp)
        return Report(failed=1 - len(unwritten), unwritten=unwritten)

    def _task(self, chunk: Chunk) -> Task:
        return Task(str(self.folder.path.absolute()), self.folder.stamp, chunk.runs, self.threads)

    def _report(self) -> None:
        elapsed = time.monotonic() - self.began
        left = float(elapsed / self.spent * max(0.0, self.left)) if self.spent > 0.0 else float("nan")
        self.progress(Standing(self.done, self.failed, self.total, left))


def _more_seeds(folder: StudyFolder, tell: Callable[[str], None]) -> tuple[int, ...]:
    """Return the seeds that the precision rule adds."""
    rule = folder.study.rule
    if rule is None or len(folder.pending()[0]):
        return ()
    runs = open_store(folder.path).runs(columns=list(rule.half_width))
    points = folder.study.protocol.points
    found = widths(runs, pd.Series(points["against"].to_numpy(), index=points["point"]), rule.half_width)
    wide = int((~found["reached"]).sum())
    more = seeds_to_add(rule, not wide, folder.seeds)
    if wide:
        now = f"too wide after {len(folder.seeds)} seeds; {len(more)} more"
        now = now if more else f"still too wide at the limit of {rule.limit} seeds"
        tell(f"precision: {wide} of {len(found)} intervals are {now}")
    return more
