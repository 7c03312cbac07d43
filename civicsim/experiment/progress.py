"""Progress in words: the share done, the time left, and a word while code is compiled; in a notebook, one line that updates."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

Show = Callable[[float, str], None]
"""Called with the share done (0-1) and the progress in words."""
COMPILING = "compiling the model (once after installing or changing it; a minute or two)"
_OFTEN = 0.5
"""Seconds between two looks of a line."""


class Work:
    """Count person-weeks done, and show them; several threads may report."""

    def __init__(self, total: float, show: Show) -> None:
        self._total, self._show, self._lock = max(total, 1.0), show, threading.Lock()
        self._done, self._first, self._began = 0.0, 0.0, 0.0

    def report(self, done: float) -> None:
        """Add person-weeks just done."""
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


class Line:
    """A line on the standard error that is written over, and blank at the end; work of less than a second shows none."""

    def __init__(self) -> None:
        self._width, self._next = 0, time.monotonic() + 2 * _OFTEN

    def show(self, words: str, now: bool = False) -> None:
        """Show words in place of those before, unless that was done just now."""
        if now or time.monotonic() >= self._next:
            self._next = time.monotonic() + _OFTEN
            self._write(words)

    def clear(self) -> None:
        """Take the last words away."""
        if self._width:
            self._write("")
            sys.stderr.write("\r")

    def _write(self, words: str) -> None:
        sys.stderr.write("\r" + words.ljust(self._width))
        sys.stderr.flush()
        self._width = len(words)


@contextmanager
def line_in_notebook() -> Iterator[Line | None]:
    """Yield a line for progress where this process is the kernel of a notebook, and None elsewhere."""
    found = sys.modules.get("IPython")
    if found is None or not hasattr(found.get_ipython(), "kernel"):
        yield None
        return
    line = Line()
    try:
        with compiling(lambda: line.show(COMPILING, now=True)):
            yield line
    finally:
        line.clear()


@contextmanager
def counted_in_notebook(given: Callable[[float], None] | None, person_weeks: float) -> Iterator[Any]:
    """Yield the progress given; where none is, what draws the line of a notebook, or None outside of one."""
    if given is not None:
        yield given
        return
    with line_in_notebook() as line:
        yield line and Work(person_weeks, lambda share, words: line.show(words)).report


@contextmanager
def compiling(explain: Callable[[], None]) -> Iterator[None]:
    """Call ``explain`` once if anything is compiled rather than loaded from the cache."""

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
