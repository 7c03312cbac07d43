"""Runs what is missing of a study: one loop around an executor, with a bounded number of chunks under way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.run import threads_available
from civicsim.study.design.precision import more_seeds, seeds_to_add, widths
from civicsim.study.design.study import Study
from civicsim.study.run.chunks import SECONDS, Chunk, chunks_of, cost_of
from civicsim.study.run.local import LocalExecutor, TimeLimitError, WorkerDiedError, without_main
from civicsim.study.run.worker import Report, Task, run_chunk, write_failures
from civicsim.study.store.failures import Failure
from civicsim.study.store.files import needing_room
from civicsim.study.store.folder import StudyFolder, make_folder
from civicsim.study.store.lock import running
from civicsim.study.store.schema import PARTS
from civicsim.study.store.store import Store, open_store

_PATIENCE = 120.0
"""Seconds that a chunk may take at least before it counts as hanging; compiling the model may be among them. Assumption."""
_SLOWNESS = 30.0
"""How many times as long as expected a chunk may take before it counts as hanging. Assumption."""
_LOOK = 0.5
_WINDOW = 2
"""Chunks under way or waiting, for each worker."""


@dataclass(frozen=True)
class Standing:
    """How far a study is.

    Attributes
    ----------
    done, failed, total : int
        Runs.
    seconds_left : float
        About how long the rest takes; NaN before that is known.
    """

    done: int
    failed: int
    total: int
    seconds_left: float


Progress = Callable[[Standing], None]
Work = Callable[[Task], Report]


def run_study(
    study: Study, out: str | Path, *, processes: int | None = None, shard: tuple[int, int] = (1, 1),
    timeout: float | None = None, memory: float = 0.0, retry_failed: bool = False, mix: bool = False, add_seeds: int = 0,
    executor: Executor | None = None, progress: Progress | None = None, note: Callable[[str], None] | None = None,
    work: Work = run_chunk,
) -> Store:  # fmt: skip
    """Run what is missing of a study in a folder, and return the store.

    Parameters
    ----------
    study : Study
        What is run.
    out : str or Path
        Folder of results. What is there already is not run again.
    processes : int, optional
        Worker processes; one per thread that this process may use by default. 0 works in this process, where nothing can
        be timed out and whatever dies takes the study along.
    shard : (int, int)
        Which part of the study, from 1, and of how many: so that several machines share a folder.
    timeout : float, optional
        Seconds that a chunk may take; by default what is plainly too long.
    memory : float
        Bytes of address space for each worker; 0 for any.
    retry_failed : bool
        Whether runs that failed are done again.
    mix : bool
        Whether results of other software may stand beside new ones.
    add_seeds : int
        Seeds to have beyond those that the folder has.
    executor : concurrent.futures.Executor, optional
        Who does the work, on any machine that sees the folder; it is not shut down. Own processes by default.
    progress : callable, optional
        Called with the :class:`Standing` now and then.
    note : callable, optional
        Called with sentences about what was found or done.
    work : callable
        What a worker does with a :class:`civicsim.study.run.worker.Task`.

    Raises
    ------
    CivicsimError
        If the folder cannot be used, or results cannot be written.
    """
    place, of = shard
    if not 1 <= place <= of:
        raise CivicsimError(f"shard {place}/{of}: expected i/n with i from 1 to n")
    say = note or (lambda text: None)
    make_folder(Path(out))
    with needing_room(Path(out)), running(Path(out), place, of):
        folder = StudyFolder(study, out, mix)
        for warning in folder.warnings:
            say(warning)
        if retry_failed:
            folder.forget_failures()
        if add_seeds:
            # Or seeds would be added again each time that an interrupted command is repeated.
            missing = len(folder.pending()[0])
            if missing:
                raise CivicsimError(f"{out}: {missing} runs are missing yet; do them first: civicsim study run {out}")
            folder.add_seeds(more_seeds(folder.seeds, add_seeds))
        with working(executor, processes, timeout, memory, study) as (own, workers):
            while True:
                _Round(folder, own, workers, shard, progress, work).go()
                more = _more_seeds(folder, say)
                if not more:
                    break
                folder.add_seeds(more)
                if of > 1:
                    say(f"{len(more)} more seeds are needed; run all shards again")
                    break
        if not folder.put_together():
            say("runs of other shards are missing; whoever comes last puts the tables together")
    return open_store(folder.path)


class SerialExecutor(Executor):
    """Does what is submitted at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function, and return a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def working(
    given: Executor | None, processes: int | None, timeout: float | None, memory: float, study: Study
) -> Iterator[tuple[Executor, int]]:
    """Yield who does the work, and how many work at once; end own processes at once if something goes wrong."""
    workers = threads_available() if processes is None else processes
    if given is not None:
        yield given, max(1, workers)
        return
    if workers < 0:
        raise CivicsimError(f"processes = {workers}: expected a whole number from 0")
    if workers == 0:
        yield SerialExecutor(), 1
        return
    before, weeks = study.protocol.person_weeks
    slowest = float((before + weeks).max()) * SECONDS
    limit = timeout if timeout is not None else max(_PATIENCE, _SLOWNESS * (slowest + 10.0))
    with without_main():
        own = LocalExecutor(workers, limit, memory)
        try:
            yield own, workers
        except BaseException:
            own.shutdown(cancel_futures=True)
            raise
        own.shutdown()


class _Round:
    """Does all runs that are missing in a folder."""

    def __init__(
        self, folder: StudyFolder, executor: Executor, workers: int, shard: tuple[int, int], progress: Progress | None,
        work: Work,
    ) -> None:  # fmt: skip
        self.folder, self.executor, self.workers, self.work = folder, executor, workers, work
        self.progress = progress or (lambda standing: None)
        points, seeds, self.done, self.failed = folder.pending(*shard)
        self.total = len(points) + self.done + self.failed
        self.left = cost_of(folder.study.protocol, points, seeds)
        self.chunks = chunks_of(folder.study.protocol, points, seeds, workers)
        self.again: deque[Chunk] = deque()
        self.unwritten: list[Failure] = []
        self.began, self.spent = 0.0, 0.0

    def go(self) -> None:
        """Work until nothing is left; results that cannot be written are said at the end, after all others."""
        under_way: dict[Future[Report], Chunk] = {}
        self._say()
        while True:
            while len(under_way) < self.workers * _WINDOW and (chunk := self._next()) is not None:
                task = Task(str(self.folder.path.absolute()), self.folder.stamp, chunk.runs)
                under_way[self.executor.submit(self.work, task)] = chunk
            if not under_way:
                break
            finished, _ = wait(under_way, timeout=_LOOK, return_when=FIRST_COMPLETED)
            for future in finished:
                self._take(under_way.pop(future), future)
            self._say()
        if self.unwritten:
            first = self.unwritten[0]
            raise CivicsimError(
                f"{self.folder.path}: {len(self.unwritten)} runs could not be written ({first.type}: {first.message}); make "
                "room, and run the same command again"
            )

    def _next(self) -> Chunk | None:
        return self.again.popleft() if self.again else next(self.chunks, None)

    def _take(self, chunk: Chunk, future: Future[Report]) -> None:
        """Take note of what became of a chunk; where its worker died or hung, have its runs done one by one."""
        error = future.exception()
        if error is None:
            report = future.result()
            self.done += report.done
            self.failed += report.failed
            self.unwritten += report.unwritten
        elif len(chunk.runs) > 1:
            share = chunk.person_weeks / len(chunk.runs)
            self.again.extend(Chunk((run,), share) for run in chunk.runs)
            return
        else:
            self._give_up(chunk, error)
        if not self.began:
            # What came before the first result is start-up, and says nothing about the speed.
            self.began = time.monotonic()
        else:
            self.spent += chunk.person_weeks
        self.left -= chunk.person_weeks

    def _give_up(self, chunk: Chunk, error: BaseException) -> None:
        """Write down that a run, alone, made its worker die or hang."""
        (point, seed), stage = chunk.runs[0], "start"
        task = Task(str(self.folder.path), self.folder.stamp, chunk.runs)
        if task.marker.exists():
            stage = task.marker.read_text(encoding="ascii") or stage
            task.marker.unlink()
        name = type(error).__name__.removesuffix("Error")
        known = isinstance(error, TimeLimitError | WorkerDiedError)
        failure = Failure(
            point, seed, stage, name if known else type(error).__name__, " ".join(str(error).split())[-500:],
            "" if known else str(error),
        )  # fmt: skip
        unwritten = write_failures(self.folder.path / PARTS, [failure], self.folder.stamp)
        self.unwritten += unwritten
        self.failed += len([failure]) - len(unwritten)

    def _say(self) -> None:
        elapsed = time.monotonic() - self.began
        left = float(elapsed / self.spent * max(0.0, self.left)) if self.spent > 0.0 else float("nan")
        self.progress(Standing(self.done, self.failed, self.total, left))


def _more_seeds(folder: StudyFolder, say: Callable[[str], None]) -> tuple[int, ...]:
    """Return the seeds that the study's precision still takes."""
    rule = folder.study.rule
    if rule is None or len(folder.pending()[0]):
        return ()
    runs = open_store(folder.path).runs(columns=list(rule.half_width))
    points = folder.study.protocol.points
    found = widths(runs, pd.Series(points["against"].to_numpy(), index=points["point"]), rule.half_width)
    reached = bool(found["reached"].all())
    more = seeds_to_add(rule, reached, folder.seeds)
    if more:
        worst = found[~found["reached"]]
        say(
            f"precision: {len(worst)} of {len(found)} intervals are too wide after {len(folder.seeds)} seeds; "
            f"{len(more)} more"
        )
    elif not reached:
        say(
            f"precision: {int((~found['reached']).sum())} of {len(found)} intervals are still too wide at the limit of {rule.limit} seeds"
        )
    return more
