"""Simulate for all visitors: each run is computed once, and none that no visitor waits for.

Results are immutable values in a cache, keyed by what was asked for. Visitors cannot see each other's state, and a class
that tries the same levers computes them once.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from civicsim.app import visitors
from civicsim.app.history import Playback, play_through, weeks_back
from civicsim.app.turns import Stop, Superseded, Turns
from civicsim.app.words import KEPT
from civicsim.errors import CivicsimError
from civicsim.experiment.compare import FIRST_RUNS, MOST_RUNS, runs_needed
from civicsim.experiment.run import burn_in, run
from civicsim.model.cohort import Cohort
from civicsim.model.measures import FLAGSHIP
from civicsim.model.simulating import threads_available
from civicsim.scenario.scenario import Scenario

FEW, MANY = 5, FIRST_RUNS
"""Runs of a first answer, and of one that is full unless a verdict is borderline."""
_BEHIND = 10
"""Priority of batches, as ``nice`` counts it: they get a tenth of a processor that single runs need too."""
STEP = 4
"""Weeks between two points of a drawn time path."""
MOST_HELD = 800_000_000
"""Bytes of runs that all pages together may show. Assumption: a server with 2 GiB has room for them."""
FULL = (
    "The page shows as many large runs as it has room for. Choose fewer teams or weeks, or try again in a few minutes."
)


@contextmanager
def _held(lock: threading.Lock, stop: Stop) -> Iterator[None]:
    """Hold a lock, unless no one waits for the result any more before it is free."""
    while not lock.acquire(timeout=0.05):
        if stop():
            raise Superseded
    try:
        yield
    finally:
        lock.release()


class Kept:
    """A cache that drops the values used least recently and waits for values that are being computed.

    Parameters
    ----------
    room : int
        Bytes to keep at most, as ``size`` counts them; the newest value is always kept.
    size : callable
        Bytes of a value; asked once, when the value is new.
    """

    def __init__(self, room: int, size: Callable[[Any], int]) -> None:
        self._room, self._size, self._taken = room, size, 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._working: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any], stop: Stop = lambda: False) -> Any:
        """Return the value of a key; make it if there is none."""
        while True:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key][0]
                own = self._working.setdefault(key, threading.Lock())
            with _held(own, stop):
                with self._lock:
                    # Who held it before has made the value or failed, and another may have begun since.
                    if self._working.get(key) is not own:
                        continue
                try:
                    return self._put(key, make())
                finally:
                    with self._lock:
                        del self._working[key]

    def _put(self, key: Hashable, value: Any) -> Any:
        size = self._size(value)
        with self._lock:
            self._values[key] = value, size
            self._taken += size
            while len(self._values) > 1 and self._taken > self._room:
                self._taken -= self._values.popitem(last=False)[1][1]
        return value


@dataclass(frozen=True)
class Batch:
    """Several matched runs of one scenario, summed up for charts and comparisons.

    Attributes
    ----------
    seeds : tuple of int
    paths : dict of str to (points, runs) array
        Time path of each measure, a point every :data:`STEP` weeks, smoothed as the path of a single run is.
    last_year : dict of str to (runs,) array
        Value of each measure over the last year.
    """

    seeds: tuple[int, ...]
    paths: dict[str, np.ndarray]
    last_year: dict[str, np.ndarray]

    @property
    def typical(self) -> int:
        """Seed of the run nearest to the medians of the last year, over :data:`civicsim.model.measures.FLAGSHIP`.

        Nearest by the sum of squared distances, each in standard deviations of its measure over the runs.
        """
        far = np.zeros(len(self.seeds))
        for name in FLAGSHIP:
            values = self.last_year[name]
            spread = np.nanstd(values)
            far += ((values - np.nanmedian(values)) / spread) ** 2 if spread > 0.0 else 0.0
        return self.seeds[int(np.nanargmin(far))]

    def joined(self, other: Batch) -> Batch:
        """Return both together."""
        return Batch(
            self.seeds + other.seeds,
            {name: np.hstack([values, other.paths[name]]) for name, values in self.paths.items()},
            {name: np.concatenate([values, other.last_year[name]]) for name, values in self.last_year.items()},
        )


_STARTS = Kept(120_000_000, lambda cohort: len(cohort.state_bytes()))
_PLAYBACKS = Kept(160_000_000, lambda played: played.n_bytes)
_BATCHES = Kept(64_000_000, lambda batch: sum(path.nbytes for path in batch.paths.values()) + 10_000)
# Single runs do not wait behind batches, which use all threads themselves.
_SINGLE, _MANY = Turns(threads_available()), Turns(1)
LARGE = {_SINGLE: 400_000, _MANY: 4_000_000}
"""Posts times weeks beyond which a run that is played, or a batch, is large: it waits for other large ones to end."""
_shown: WeakValueDictionary[int, Playback] = WeakValueDictionary()
"""All runs that some page or the cache holds."""


def started(scenario: Scenario, seeds: tuple[int, ...], turns: Turns, stop: Stop) -> Cohort:
    """Return the burnt-in organisations that a scenario starts from; shared, not to be changed.

    Not to be called by one who has a turn: another visitor may be making the same ones, and need that turn.
    """
    # All that affects the burn-in: no levers, dated changes, weeks or names.
    bare = dataclasses.replace(scenario, levers=scenario.habits, interventions=(), weeks=1, seed=0)

    def make() -> Cohort:
        with turns.taken(visitors.asking(), _weeks(scenario, seeds) > LARGE[turns], stop) as job:
            return burn_in(scenario, seeds, progress=_checking(job.over))

    return _STARTS.get((bare.digest, seeds), make, stop)


def asked_as(scenario: Scenario) -> Hashable:
    """Return the key of what is shown of a scenario: its values and seed, and the names under which it is shown."""
    names = tuple(event.name for event in scenario.interventions)
    return scenario.digest, scenario.seed, scenario.title, scenario.kind, scenario.style, names


def playback(scenario: Scenario, stop: Stop = lambda: False) -> Playback:
    """Return one run of a scenario, with the scenario's seed."""

    def make() -> Playback:
        start = started(scenario, (scenario.seed,), _SINGLE, stop)
        large = _weeks(scenario, (scenario.seed,)) > LARGE[_SINGLE]
        with _SINGLE.taken(visitors.asking(), large, stop) as job:
            _make_room(large)
            played = play_through(scenario, start, job.over)
            _shown[id(played)] = played
            return played

    return _PLAYBACKS.get(asked_as(scenario), make, stop)


def batch(scenario: Scenario, runs: int, stop: Stop = lambda: False) -> Batch:
    """Return matched runs of a scenario, from its seed on: more runs are the fewer ones and others."""
    ends = [0, *(n for n in (FEW, MANY) if n < runs), runs]
    parts = [
        _part(scenario, tuple(range(scenario.seed + low, scenario.seed + high)), stop)
        for low, high in itertools.pairwise(ends)
    ]
    return functools.reduce(Batch.joined, parts)


@dataclass(frozen=True)
class Matched:
    """Matched runs of some scenarios, the first of which is the baseline.

    Attributes
    ----------
    batches : tuple of Batch
        One for each scenario.
    goal : int
        How many runs of each there will be; those of a full answer are as many.
    """

    batches: tuple[Batch, ...]
    goal: int

    @property
    def runs(self) -> int:
        """How many runs of each there are."""
        return len(self.batches[0].seeds)

    @property
    def preliminary(self) -> str:
        """What every number of an answer that is not full has to say; "" for a full one."""
        return "" if self.runs == self.goal else f"so far {self.runs} of {self.goal} runs"


def matched(scenarios: Sequence[Scenario], stop: Stop = lambda: False) -> Iterator[Matched]:
    """Yield matched runs of scenarios: a few, then many, and then more where a verdict is borderline.

    See :func:`civicsim.experiment.compare.runs_needed`. The last is the full answer.
    """
    runs, goal = 0, FEW
    while runs < goal:
        runs = goal
        batches = tuple(batch(scenario, runs, stop) for scenario in scenarios)
        goal = MANY if runs < MANY else runs_needed([one.last_year for one in batches]) if runs < MOST_RUNS else runs
        yield Matched(batches, goal)


def full(scenarios: Sequence[Scenario], stop: Stop = lambda: False) -> Matched:
    """Return the full answer of :func:`matched`."""
    return list(matched(scenarios, stop))[-1]


def _part(scenario: Scenario, seeds: tuple[int, ...], stop: Stop) -> Batch:
    def make() -> Batch:
        start = started(scenario, seeds, _MANY, stop)
        with _MANY.taken(visitors.asking(), _weeks(scenario, seeds) > LARGE[_MANY], stop) as job:
            result = _behind(run, scenario, seeds, start=start, progress=_checking(job.over))
        paths = {name: result.paths(name, weeks_back(name))[STEP - 1 :: STEP].astype(np.float32) for name in KEPT}
        return Batch(seeds, paths, result.values(KEPT))

    return _BATCHES.get((scenario.digest, seeds), make, stop)


def _behind(work: Callable[..., Any], *words: Any, **how: Any) -> Any:
    """Return what a call returns, made behind what else needs the processor: single runs, for which visitors wait, and the page."""
    with ThreadPoolExecutor(1, initializer=_let_others_go_first) as pool:
        return pool.submit(work, *words, **how).result()


def _let_others_go_first() -> None:
    # Threads that this one starts inherit it. Elsewhere than on Linux a priority is that of the whole process.
    if sys.platform == "linux":
        own = threading.get_native_id()
        # A server that goes behind others itself may not be moved before them.
        os.setpriority(os.PRIO_PROCESS, own, max(_BEHIND, os.getpriority(os.PRIO_PROCESS, own)))


@contextmanager
def turn(scenario: Scenario, runs: int, stop: Stop) -> Iterator[Stop]:
    """Hold a turn among batches for longer work on so many runs at a time; yields what is to be asked often whether it is over."""
    with _MANY.taken(visitors.asking(), _weeks(scenario, tuple(range(runs))) > LARGE[_MANY], stop) as job:
        yield job.over


def _weeks(scenario: Scenario, seeds: tuple[int, ...]) -> int:
    """Return posts times the weeks of the longer of burn-in and run, for all seeds together."""
    roster, s = scenario.roster, scenario.structure
    posts = roster.n_staff if roster is not None else s.n_teams * s.team_size
    return posts * len(seeds) * max(scenario.weeks, scenario.burn_in_weeks)


def _make_room(large: bool) -> None:
    """Drop pages that have lost their visitors if runs take too much memory; refuse to begin one if that does not suffice."""
    # Runs of usual size get what large ones may not take.
    most = MOST_HELD // 2 if large else MOST_HELD
    if _bytes_shown() > most:
        visitors.drop_lost()
        if _bytes_shown() > most:
            raise CivicsimError(FULL)


def _bytes_shown() -> int:
    return sum(played.n_bytes for played in list(_shown.values()))


def _checking(stop: Stop) -> Callable[[float], None]:
    """Return a callback that ends a computation once no one waits for it."""

    def check(_: float) -> None:
        if stop():
            raise Superseded

    return check
