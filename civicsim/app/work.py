"""Simulate for all visitors: each run is computed once, and none that no visitor waits for.

Results are immutable values in a cache, keyed by what was asked for. Visitors cannot see each other's state, and a class
that tries the same levers computes them once.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.app.history import Playback, Superseded, play_through
from civicsim.app.words import KEPT
from civicsim.experiment.run import Result, burn_in, run, threads_available
from civicsim.model.cohort import Cohort
from civicsim.scenario.scenario import Scenario

Stop = Callable[[], bool]
FEW, MANY = 5, 30
"""Runs of a first and of a full answer."""
STEP = 4
"""Weeks between two points of a drawn time path."""


def _never() -> bool:
    return False


class Kept:
    """A cache that drops the values used least recently and waits for values that are being computed.

    Parameters
    ----------
    room : int
        Bytes to keep at most, as ``size`` counts them; the newest value is always kept.
    size : callable
        Bytes of a value.
    """

    def __init__(self, room: int, size: Callable[[Any], int]) -> None:
        self._room, self._size = room, size
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._working: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any], stop: Stop = _never) -> Any:
        """Return the value of a key; make it if there is none."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            own = self._working.setdefault(key, threading.Lock())
        while not own.acquire(timeout=0.05):
            if stop():
                raise Superseded
        try:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            value = make()
            with self._lock:
                self._values[key] = value
                while len(self._values) > 1 and sum(map(self._size, self._values.values())) > self._room:
                    self._values.popitem(last=False)
            return value
        finally:
            own.release()
            with self._lock:
                self._working.pop(key, None)


@dataclass(frozen=True)
class Batch:
    """Several matched runs of one scenario, summed up for charts and comparisons.

    Attributes
    ----------
    seeds : tuple of int
    paths : dict of str to (points, runs) array
        Smoothed time path of each measure, a point every :data:`STEP` weeks.
    last_year : dict of str to (runs,) array
        Value of each measure over the last year.
    """

    seeds: tuple[int, ...]
    paths: dict[str, np.ndarray]
    last_year: dict[str, np.ndarray]

    def joined(self, other: Batch) -> Batch:
        """Return both together."""
        return Batch(
            self.seeds + other.seeds,
            {name: np.hstack([values, other.paths[name]]) for name, values in self.paths.items()},
            {name: np.concatenate([values, other.last_year[name]]) for name, values in self.last_year.items()},
        )


_SINGLE = threading.BoundedSemaphore(threads_available())
_TOGETHER = threading.BoundedSemaphore(1)
"""Single runs do not wait behind batches, which use all threads themselves."""
_STARTS = Kept(160_000_000, lambda cohort: len(cohort.state_bytes()))
_PLAYBACKS = Kept(160_000_000, lambda played: played.n_bytes)
_BATCHES = Kept(64_000_000, lambda batch: sum(path.nbytes for path in batch.paths.values()) + 10_000)


def _before(scenario: Scenario) -> str:
    """Return a key of all that affects the burn-in: no levers, dated changes, weeks or names."""
    bare = dataclasses.replace(scenario, levers=scenario.habits, interventions=(), weeks=1, seed=0)
    return bare.digest


def _in_turn(turns: threading.BoundedSemaphore, stop: Stop, work: Callable[[], Any]) -> Any:
    """Do work when there is a thread for it."""
    while not turns.acquire(timeout=0.05):
        if stop():
            raise Superseded
    try:
        if stop():
            raise Superseded
        return work()
    finally:
        turns.release()


def started(scenario: Scenario, seeds: tuple[int, ...], stop: Stop = _never) -> Cohort:
    """Return the burnt-in organisations that a scenario starts from; shared, not to be changed."""
    return _STARTS.get((_before(scenario), seeds), lambda: burn_in(scenario, seeds, progress=_checking(stop)), stop)


def playback(scenario: Scenario, stop: Stop = _never) -> Playback:
    """Return one run of a scenario, with the scenario's seed."""

    def make() -> Playback:
        return _in_turn(_SINGLE, stop, lambda: play_through(scenario, started(scenario, (scenario.seed,), stop), stop))

    return _PLAYBACKS.get((scenario.digest, scenario.seed), make, stop)


def batch(scenario: Scenario, runs: int, stop: Stop = _never) -> Batch:
    """Return matched runs of a scenario, from its seed on: the first few alone, more together with the first few."""
    first, n = scenario.seed, min(runs, FEW)
    result = _part(scenario, tuple(range(first, first + n)), stop)
    if runs > n:
        result = result.joined(_part(scenario, tuple(range(first + n, first + runs)), stop))
    return result


def _part(scenario: Scenario, seeds: tuple[int, ...], stop: Stop) -> Batch:
    def make() -> Batch:
        def work() -> Batch:
            start = started(scenario, seeds, stop)
            return _summed_up(run(scenario, seeds, start=start, progress=_checking(stop)))

        return _in_turn(_TOGETHER, stop, work)

    return _BATCHES.get((scenario.digest, seeds), make, stop)


def _summed_up(result: Result) -> Batch:
    """Return the part of a result that charts and comparisons need."""
    summary = result.summary(KEPT)
    return Batch(
        tuple(result.seeds),
        {name: result.paths(name)[STEP - 1 :: STEP].astype(np.float32) for name in KEPT},
        {name: summary[name].to_numpy() for name in KEPT},
    )


def _checking(stop: Stop) -> Callable[[float], None]:
    """Return a callback that ends a computation once no one waits for it."""

    def check(_: float) -> None:
        if stop():
            raise Superseded

    return check
