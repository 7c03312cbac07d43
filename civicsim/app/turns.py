"""Whose computation is next: that of the visitor who has computed least of late.

A turn that has lasted a moment is given up where another visitor waits who has had less, and taken again later. No one
waits for longer runs of others to end, and who asks for much waits for it alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Stop = Callable[[], bool]
MOMENT = 0.3
"""Seconds that a turn lasts at least, if the work takes as long. Assumption: a run of usual size is done by then."""
FADES = 10.0
"""Seconds after which half of what a visitor has computed is forgotten."""
NEW = 3.0
"""Seconds that one counts as having computed who is new: as much as of someone who moves a lever a second, so that many who are new do
not go before those who are there, and go before those who compute all the time."""


class Superseded(Exception):  # noqa: N818  (nothing went wrong)
    """No one waits for the result any more."""


class Job:
    """Work of a visitor that takes turns; ``over`` is to be asked often while it is done.

    Parameters
    ----------
    turns : Turns
    visitor : str
    large : bool
        Whether it takes so much memory that another large one may only begin when it has ended.
    stop : callable
        Whether the result is no longer wanted.
    """

    def __init__(self, turns: Turns, visitor: str, large: bool, stop: Stop) -> None:
        self.visitor, self.large, self.stop = visitor, large, stop
        self.began = 0.0
        self._turns, self._pausing = turns, threading.Lock()

    def over(self) -> bool:
        """Return whether the result is no longer wanted; before that, let others go first where it is their turn."""
        if self._turns.crowded and not self.stop():
            # Threads that share the work wait here until it has its turn again.
            with self._pausing:
                self._turns.pause(self)
        return self.stop()


class Turns:
    """Turns of which some may be taken at the same time.

    Parameters
    ----------
    at_once : int
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._large: Job | None = None
        self._spent: dict[str, float] = {}
        self._counted = time.monotonic()

    @property
    def crowded(self) -> bool:
        """Whether work waits for its turn."""
        return bool(self._waiting)

    @contextmanager
    def taken(self, visitor: str, large: bool = False, stop: Stop = lambda: False) -> Iterator[Job]:
        """Wait for a turn and hold it.

        Raises
        ------
        Superseded
            If the result is no longer wanted before it is its turn.
        """
        job = Job(self, visitor, large, stop)
        with self._changed:
            self._take(job)
        try:
            yield job
        finally:
            with self._changed:
                if job.began:
                    self._give_back(job)
                if self._large is job:
                    self._large = None

    def pause(self, job: Job) -> None:
        """Let others go first where it is their turn.

        Raises
        ------
        Superseded
            If the result is no longer wanted before it is its turn again.
        """
        with self._changed:
            if not job.began:
                # Another thread of the work has found that it is over.
                raise Superseded
            had = time.monotonic() - job.began
            spent = self._so_far(job.visitor) + had
            others = (one for one in self._waiting if one.visitor != job.visitor and self._may_begin(one))
            if had >= MOMENT and any(self._so_far(one.visitor) < spent for one in others):
                self._give_back(job)
                self._take(job)

    def _so_far(self, visitor: str) -> float:
        return self._spent.get(visitor, 0.0)

    def _may_begin(self, job: Job) -> bool:
        return not job.large or self._large in (None, job)

    def _next(self, job: Job) -> bool:
        able = [one for one in self._waiting if self._may_begin(one)]
        # The first of those who have had least.
        return self._free > 0 and bool(able) and min(able, key=lambda one: self._so_far(one.visitor)) is job

    def _take(self, job: Job) -> None:
        self._fade()
        self._spent.setdefault(job.visitor, NEW)
        self._waiting.append(job)
        try:
            while not self._next(job):
                if job.stop():
                    raise Superseded
                self._changed.wait(0.05)
        finally:
            self._waiting.remove(job)
        self._free -= 1
        self._large = job if job.large else self._large
        job.began = time.monotonic()

    def _give_back(self, job: Job) -> None:
        self._fade()
        self._spent[job.visitor] = self._so_far(job.visitor) + time.monotonic() - job.began
        job.began = 0.0
        self._free += 1
        self._changed.notify_all()

    def _fade(self) -> None:
        now = time.monotonic()
        faded = 0.5 ** ((now - self._counted) / FADES)
        # Who has not been there for some minutes is new.
        self._spent = {name: spent * faded for name, spent in self._spent.items() if spent * faded > 1e-12}
        self._counted = now
