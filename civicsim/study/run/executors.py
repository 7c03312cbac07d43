"""Executors of work: processes on this machine, this process itself, or a Dask cluster.

On this machine each process has a pipe, a thread and a time limit, and a new one starts where one dies. Processes share
nothing, so that one that dies or hangs affects no other. Workers of a cluster write to a shared folder, and report what they
wrote; a scheduler that dies loses no results: the same command completes the study.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from civicsim.errors import CivicsimError
from civicsim.extras import need
from civicsim.model.simulating import threads_available
from civicsim.scenario.sizes import SECONDS
from civicsim.study.design.study import Study

_PRELOADED = "civicsim.study.run.warm"
_ANSWER = 60.0
"""Seconds to wait for a cluster."""
_PATIENCE = 120.0
"""Least time limit of a chunk in seconds; it may include compiling the model. Assumption."""
_SLOWNESS = 30.0
"""Time limit of a chunk as a multiple of its expected time. Assumption."""


class WorkerDiedError(Exception):
    """A worker ended before it answered; the message tells how."""


class TimeLimitError(Exception):
    """A worker exceeded the time limit, and was ended."""


class RemoteError(Exception):
    """A task raised in a worker; the message holds its traceback."""


class LocalExecutor(Executor):
    """Runs functions in processes of their own, in the shape of :class:`concurrent.futures.Executor`.

    ``timeout`` is the time limit of a call in seconds, 0 for none; ``memory`` the most bytes of address space of a
    process, 0 for any, where the system has such limits.
    """

    def __init__(self, processes: int, timeout: float = 0.0, memory: float = 0.0) -> None:
        self._timeout, self._memory = timeout, memory
        self._context = _context()
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = (
            queue.SimpleQueue()
        )
        self._ending = threading.Event()
        self._workers: dict[int, Any] = {}
        self._threads = [threading.Thread(target=self._serve, args=(k,), daemon=True) for k in range(processes)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; keyword arguments are not passed on."""
        if kwargs:
            raise TypeError("LocalExecutor.submit takes no keyword arguments")
        if self._ending.is_set():
            raise RuntimeError("the executor has been shut down")
        future: Future[Any] = Future()
        self._tasks.put((future, fn, args))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes: after their present calls, or at once with ``cancel_futures``."""
        self._ending.set()
        for _ in self._threads:
            self._tasks.put(None)
        if cancel_futures:
            for process in list(self._workers.values()):
                with contextlib.suppress(OSError, ValueError):
                    process.kill()
        if wait:
            for thread in self._threads:
                thread.join()

    def _serve(self, place: int) -> None:
        """Hand tasks to one process, and start another when it is gone."""
        process: Any = None
        with contextlib.ExitStack() as pipes:
            while (task := self._tasks.get()) is not None:
                future, function, arguments = task
                if self._ending.is_set() or not future.set_running_or_notify_cancel():
                    future.cancel()
                    continue
                try:
                    if process is None or not process.is_alive():
                        pipes.close()
                        process, pipe = self._start(pipes)
                        self._workers[place] = process
                    pipe.send((function, arguments))
                    good, value = self._answer(process, pipe)
                except BaseException as error:
                    if process is not None:
                        process.kill()
                        process.join()
                    process = None
                    future.set_exception(error)
                    continue
                if good:
                    future.set_result(value)
                else:
                    future.set_exception(RemoteError(value))
        if process is not None:
            process.join()
        self._workers.pop(place, None)

    def _answer(self, process: Any, pipe: Connection) -> tuple[bool, Any]:
        ready = wait([pipe, process.sentinel], self._timeout or None)
        if not ready:
            raise TimeLimitError(f"no answer within {self._timeout:g} s")
        try:
            if pipe.poll():
                found: tuple[bool, Any] = pipe.recv()
                return found
        except (EOFError, OSError):
            pass
        # Starting a process polls all others, and of two threads that poll at the same time one gets a wrong answer.
        with _ONE_ASKS:
            process.join()
        raise WorkerDiedError(_ending(process.exitcode))

    def _start(self, pipes: contextlib.ExitStack) -> tuple[Any, Connection]:
        """Return a new process and the pipe to it; closing the pipes ends it."""
        ours, theirs = self._context.Pipe()
        hold, lifeline = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, lifeline, self._memory), daemon=True)
        with _ONE_ASKS:
            process.start()
        theirs.close()
        lifeline.close()
        pipes.enter_context(ours)
        pipes.enter_context(hold)
        return process, ours


_ONE_ASKS = threading.Lock()


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"ended by signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _context() -> Any:
    """Return how processes start: forked from a clean server that has loaded the model, or from scratch."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOADED])
    return context


@contextmanager
def without_main() -> Iterator[None]:
    """Keep new processes from executing the caller's script again.

    Workers do not need it, and a script without ``if __name__ == "__main__"`` would start a study in each of them.
    """
    main = sys.modules["__main__"]
    names = {name: getattr(main, name) for name in ("__file__", "__spec__") if getattr(main, name, None) is not None}
    for name in names:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in names.items():
            setattr(main, name, value)


def _work(pipe: Connection, lifeline: Connection, memory: float) -> None:
    """Answer calls until the pipe is closed or the driver is gone."""
    # Ctrl-C reaches all processes of a terminal; the driver decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()
    if memory > 0.0:
        _limit(memory)
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = True, function(*arguments)
        except BaseException:
            answer = False, traceback.format_exc()
        try:
            pipe.send(answer)
        except OSError:
            return


def _watch(lifeline: Connection) -> None:
    """End this process when its driver is gone: the system then closes the driver's end of the pipe."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(1)


def _limit(memory: float) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such limits.
        return
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))


class SerialExecutor(Executor):
    """Calls what is submitted at once, in this process."""

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
    """Yield the executor and the number of workers; end local processes at once on an error."""
    workers = threads_available() if processes is None else processes
    if given is not None or workers == 0:
        yield given or SerialExecutor(), max(1, workers)
        return
    if workers < 0:
        raise CivicsimError(f"processes = {workers}: expected a whole number from 0")
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


@contextmanager
def dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """Yield the executor of a Dask cluster, and how many tasks it does at once.

    The address is that of the scheduler, such as ``tcp://node7:8786``, or the path of its scheduler file. Raises
    :class:`CivicsimError` if Dask is not installed, or there is no answer.
    """
    need("cluster", "--dask")
    from distributed import Client

    where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    try:
        client = Client(**where, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CivicsimError(f"--dask {address}: no answer ({type(error).__name__})") from None
    with client:
        client.wait_for_workers(1, timeout=_ANSWER)
        # A worker that dies is replaced and its chunk repeated, up to the limit of the scheduler; then run by run.
        yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
