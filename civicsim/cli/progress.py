"""Progress with the time left, and a Ctrl-C that is heard at once."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from civicsim.cli import Stopped
from civicsim.cli.output import Output, stderr_is_terminal

Report = Callable[[float], None]
_COMPILING = "compiling the model (once after installing or changing it; a minute or two)"


class _Work:
    """Counts what is done; several threads may report.

    Parameters
    ----------
    total : float
        Person-weeks in all.
    show : callable
        ``show(share, seconds_left)``, called after each report.
    """

    def __init__(self, total: float, show: Callable[[float, float], None]) -> None:
        self._total, self._show = max(total, 1.0), show
        self._done, self._first, self._began = 0.0, 0.0, 0.0
        self._lock = threading.Lock()
        self.stopped = False

    @property
    def begun(self) -> bool:
        """Whether there was any progress."""
        return self._began > 0.0

    def report(self, done: float) -> None:
        """Add person-weeks just done. In a thread that should stop, end it."""
        if self.stopped:
            raise Stopped
        with self._lock:
            self._done += done
            now = time.monotonic()
            if not self.begun:
                # What came before the first report is compilation, and says nothing about the speed.
                self._began, self._first = now, self._done
            since = self._done - self._first
            left = (now - self._began) / since * (self._total - self._done) if since > 0 else float("nan")
            self._show(min(1.0, self._done / self._total), left)


@contextmanager
def progress(output: Output, person_weeks: float) -> Iterator[Report]:
    """Show progress while the block runs, and turn Ctrl-C into :class:`civicsim.cli.Stopped`.

    Parameters
    ----------
    output : Output
        Says whether progress is wanted.
    person_weeks : float
        Work in all.

    Yields
    ------
    callable
        To be called with the person-weeks just done; any thread may.
    """
    with _shown(output) as (show, explain):
        work = _Work(person_weeks, show)
        try:
            with _interruptible(work), _compiling(explain):
                yield work.report
        except (KeyboardInterrupt, Stopped):
            work.stopped = True
            raise Stopped("nothing was written") from None


@contextmanager
def _compiling(explain: Callable[[], None]) -> Iterator[None]:
    """Call ``explain`` once if anything is compiled rather than found where compiled code is kept."""
    from numba.core import event

    class Listener(event.Listener):
        said = False

        def on_start(self, event: Any) -> None:
            if not self.said:
                self.said = True
                explain()

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield


@contextmanager
def _interruptible(work: _Work) -> Iterator[None]:
    """Let Ctrl-C stop the threads too, which would otherwise live all their weeks first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: Any) -> None:
        work.stopped = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _shown(output: Output) -> Iterator[tuple[Callable[[float, float], None], Callable[[], None]]]:
    """Yield what shows progress and what explains a slow start, for a terminal, a file, or nobody."""
    if not output.talks:
        yield (lambda share, left: None), (lambda: None)
    elif stderr_is_terminal():
        columns = (
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("time left"),
            TimeRemainingColumn(compact=True),
        )  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("simulating", total=1.0)

            def draw(share: float, left: float) -> None:
                bar.update(task, completed=share, description="simulating")

            yield draw, lambda: bar.update(task, description=_COMPILING)
    else:
        yield _lines()


def _lines() -> tuple[Callable[[float, float], None], Callable[[], None]]:
    """Return what writes one line per 10 %."""
    shown = 0

    def write(share: float, left: float) -> None:
        nonlocal shown
        tenth = int(share * 10 + 1e-9)
        if tenth > shown:
            shown = tenth
            rest = f", about {duration(left)} left" if tenth < 10 and left == left else ""
            print(f"civicsim: {tenth * 10} % simulated{rest}", file=sys.stderr, flush=True)

    return write, lambda: print(f"civicsim: {_COMPILING}", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return a length of time in words that a person would use."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
