"""Progress with the time left, and a Ctrl-C that takes effect at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from civicsim.cli import Stopped
from civicsim.cli.output import Output, stderr_is_terminal
from civicsim.experiment.progress import COMPILING, Show, Work, compiling

Report = Callable[[float], None]


class _Work(Work):
    """Work that can be stopped: each thread ends at its next report."""

    stopped = False

    def report(self, done: float) -> None:
        """Add person-weeks just done. In a thread that should stop, end it."""
        if self.stopped:
            raise Stopped
        super().report(done)


@contextmanager
def progress(output: Output, person_weeks: float) -> Iterator[Report]:
    """Show progress while the block runs, and turn Ctrl-C into :class:`civicsim.cli.Stopped`.

    Yields a function to be called with the person-weeks just done, by any thread.
    """
    with shown(output, "simulating") as (show, explain):
        work = _Work(person_weeks, show)
        try:
            with _interruptible(work), compiling(lambda: explain(COMPILING)):
                yield work.report
        except (KeyboardInterrupt, Stopped):
            work.stopped = True
            raise Stopped("nothing was written") from None


@contextmanager
def _interruptible(work: _Work) -> Iterator[None]:
    """Let Ctrl-C stop the threads too, which would otherwise finish all their weeks first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: Any) -> None:
        # A second Ctrl-C would break off what answers the first.
        if not work.stopped:
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
