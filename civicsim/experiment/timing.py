"""Where the time of a run goes: weeks simulated process by process, with a clock, beside weeks as runs simulate them."""

from __future__ import annotations

import dataclasses
import time
import timeit
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from civicsim.engine.process import Process, State
from civicsim.experiment.run import begin
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario

REPEATS = 3
"""Times that each way is measured, in turn, so that a slow moment of the machine hits both."""
WEEKS = 52
"""Most weeks of a run that are simulated for its profile."""


@dataclass(frozen=True)
class ProcessTime:
    """Time that one process takes.

    Attributes
    ----------
    name, title : str
        The process.
    nanoseconds : float
        Per person and week on one thread, without the call itself.
    share : float
        Of what all processes take; 0-1.
    """

    name: str
    title: str
    nanoseconds: float
    share: float


@dataclass(frozen=True)
class Profile:
    """Where the time of a run goes, in nanoseconds per person-week on one thread. A person is a member of staff or a manager.

    Attributes
    ----------
    n_runs, n_persons, weeks : int
        What was simulated: runs, staff and managers in all of them, weeks.
    processes : tuple of ProcessTime
        In the order of the week.
    calls : float
        Time to call kernels one by one, which hands over all tables each time.
    one_by_one : float
        Weeks simulated process by process: the processes, the calls, and recording.
    together : float or None
        Weeks as runs simulate them, in one compiled loop; None for an order of the week that is not put together.
    """

    n_runs: int
    n_persons: int
    weeks: int
    processes: tuple[ProcessTime, ...]
    calls: float
    one_by_one: float
    together: float | None


@dataclass(frozen=True)
class _Clocked(Process):
    """A process that adds up how long it takes."""

    clock: list[float] = field(default_factory=lambda: [0.0])

    def step(self, cohort: State, first: int, last: int) -> None:
        began = time.perf_counter()
        super().step(cohort, first, last)
        self.clock[0] += time.perf_counter() - began


def _seconds(start: Cohort, weeks: int, processes: Sequence[Process]) -> float:
    own = start.copy()
    recorder = Recorder(own, weeks)
    began = time.perf_counter()
    advance(own, weeks, processes=processes, recorder=recorder)
    return time.perf_counter() - began


def _seconds_of_calls(start: Cohort, process: Process) -> float:
    """Return how long a process takes for no organisations at all."""
    own, plain = start.copy(), dataclasses.replace(process, act=None)
    return median(timeit.repeat(lambda: plain.step(own, 0, 0), number=1, repeat=20))


def profile(
    start: Cohort, scenario: Scenario, processes: Sequence[Process] | None = None, repeats: int = REPEATS
) -> Profile:
    """Return where the time of a run goes.

    Parameters
    ----------
    start : Cohort
        A burnt-in cohort; it is left as it is.
    scenario : Scenario
        What comes into force.
    processes : sequence of Process, optional
        What happens in a week, in order, instead of the scenario's week.
    repeats : int
        How often each way is measured; medians are returned.
    """
    from_here, weeks = begin(start, scenario), min(scenario.weeks, WEEKS)
    processes = scenario.week if processes is None else processes
    at_once = tuple(processes) == WEEK
    clocked = [_Clocked(**vars(process)) for process in processes]
    for way in (clocked, processes):
        # Compiles or loads what there is to compile or load.
        _seconds(from_here, 1, way)
    one_by_one, together, clocks = [], [], []
    for _ in range(repeats):
        for process in clocked:
            process.clock[0] = 0.0
        one_by_one.append(_seconds(from_here, weeks, clocked))
        clocks.append([process.clock[0] for process in clocked])
        together.append(_seconds(from_here, weeks, processes) if at_once else 0.0)
    each = 1e9 / (from_here.n_persons * weeks)
    calls = np.array([_seconds_of_calls(from_here, process) * weeks for process in processes])
    spent = np.maximum(0.0, np.median(clocks, axis=0) - calls)
    shares = spent / max(spent.sum(), 1e-12)
    return Profile(
        n_runs=len(set(from_here.organisation["run"].tolist())),
        n_persons=from_here.n_persons,
        weeks=weeks,
        processes=tuple(
            ProcessTime(process.name, process.title, own * each, share)
            for process, own, share in zip(processes, spent.tolist(), shares.tolist(), strict=True)
        ),
        calls=float(calls.sum()) * each,
        one_by_one=median(one_by_one) * each,
        together=median(together) * each if at_once else None,
    )
