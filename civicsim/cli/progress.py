"""Progress with the time left, and a Ctrl-C that takes effect at once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from civicsim.cli import Stopped
from civicsim.cli.output import Output, stderr_is_terminal

Report = Callable[[float], None]
Show = Callable[[float, str], None]
"""Called with the share done (0-1) and the progress in words."""
_COMPILING = "compiling the model (once after installing or changing it; a minute or two)"


class _Work:
    """Count person-weeks done, and show them; several threads may report."""

    def __init__(self, total: float, show: Show) -> None:
        self._total, self._show, self._lock = max(total, 1.0), show, threading.Lock()
        self._done, self._first, self._began = 0.0, 0.0, 0.0
        self.stopped = False

    def report(self, done: float) -> None:
        """Add person-weeks just done. In a thread that should stop, end it."""
        if self.stopped:
            raise Stopped
        with self._lock:
            self._done += done
            now = time.monotonic()
            if not self._began:
                # The time before the first report includes compilation, and shows nothing about the speed.
                self._began, self._first = now, self._done
            since, rest = self._done - self._first, self._total - self._done
            share = min(1.0, self._done / self._total)
            left = time_left((now - self._began) / since * rest) if since > 0 and rest > 0 else ""
            self._show(share, f"{int(10 * share + 1e-9) * 10} % simulated{left}")


@contextmanager
def progress(output: Output, person_weeks: float) -> Iterator[Report]:
    """Show progress while the block runs, and turn Ctrl-C into :class:`civicsim.cli.Stopped`.

    Yields a function to be called with the person-weeks just done, by any thread.
    """
    with shown(output, "simulating") as (show, explain):
        work = _Work(person_weeks, show)
        try:
            with _interruptible(work), _compiling(lambda: explain(_COMPILING)):
                yield work.report
        except (KeyboardInterrupt, Stopped):
            work.stopped = True
            raise Stopped("nothing was written") from None


@contextmanager
def _compiling(explain: Callable[[], None]) -> Iterator[None]:
    """Call ``explain`` once if anything is compiled rather than loaded from the cache."""
    from numba.core import event

    class Listener(event.Listener):
        explained = False

        def on_start(self, event: Any) -> None:
            if not self.explained:
                self.explained = True
                explain()

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield


@contextmanager
def _interruptible(work: _Work) -> Iterator[None]:
    """Let Ctrl-C stop the threads too, which would otherwise finish all their weeks first."""
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
def shown(output: Output, what: str, steps: int = 10) -> Iterator[tuple[Show, Callable[[str], None]]]:
    """Yield what shows progress and what explains it: a bar on a terminal, at most so many lines elsewhere, or nothing."""
    if not output.talks:
        yield (lambda share, words: None), (lambda text: None)
    elif stderr_is_terminal():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}")
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=1.0, words="")
            yield (
                lambda share, words: bar.update(task, completed=share, description=what, words=words),
                lambda text: bar.update(task, description=text),
            )
    else:
        yield _lines(output, steps), output.note


def _lines(output: Output, steps: int) -> Show:
    """Return what writes one line per step."""
    written = -1

    def write(share: float, words: str) -> None:
        nonlocal written
        step = int(share * steps + 1e-9)
        if step > written:
            written = step
            output.note(words)

    return write


def time_left(seconds: float) -> str:
    """Return the time left as the end of a line of progress; empty where it is not known."""
    return f", about {duration(seconds)} left" if seconds == seconds else ""


def duration(seconds: float) -> str:
    """Return a length of time as people give it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
