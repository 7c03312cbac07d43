"""Compiles what a run needs beforehand, so that no run has to wait for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from numba.core import event

from civicsim.engine.compiled import folder_of_code
from civicsim.engine.process import Process
from civicsim.errors import CivicsimError
from civicsim.experiment.locks import locked
from civicsim.experiment.run import begin, burn_in, run
from civicsim.model.recording import Recorder
from civicsim.model.week import WEEK, advance
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import shocks

STEPS = len(WEEK) + 3
"""Steps of warming up: building, each process, the week put together, and dated events."""
_SIZES = {"n_teams": 3, "team_size": 4, "teams_per_division": 2, "n_executives": 1, "n_organisations": 2}
"""An organisation small enough that nothing but compiling takes time, with a second one to be linked to."""
_PATIENCE = 1800.0
"""Seconds to wait for another process that compiles."""


@dataclass(frozen=True)
class Warmth:
    """Result of warming up.

    Attributes
    ----------
    compiled : int
        Functions that had to be compiled; 0 if all were compiled before.
    seconds : float
        How long it took.
    folder : Path or None
        Where compiled code is kept; None if there is no place for it.
    n_bytes : int
        Size of that folder.
    """

    compiled: int
    seconds: float
    folder: Path | None
    n_bytes: int


@contextmanager
def one_compiler() -> Iterator[None]:
    """Let one process at a time compile into the folder of compiled code; those that wait load what it has left there.

    On a file system without locks every process compiles for itself, as does one that has waited for half an hour.
    """
    folder = folder_of_code()
    if folder is None:
        yield
        return
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder / "compiling.lock", _PATIENCE))
        except CivicsimError as error:
            # Compiling twice is slow, and harmless.
            print(f"civicsim: compiles without a lock ({error})", file=sys.stderr)
        yield


def simulate_briefly(processes: Sequence[Process] = WEEK) -> None:
    """Simulate two weeks of a tiny organisation, so that the week is compiled by one process and loaded by the others."""
    tiny = {"n_teams": 1, "team_size": 2, "n_executives": 1, "weeks": 1, "burn_in_weeks": 1}
    with one_compiler():
        run(Scenario().with_(**tiny), 1, processes=processes, threads=1)


def is_warm() -> bool:
    """Return whether anything has been compiled yet for this version of the code."""
    folder = folder_of_code()
    return folder is not None and any(folder.rglob("*.nbc"))


def warm_up(report: Callable[[str], None] = lambda step: None) -> Warmth:
    """Simulate a few weeks of a small organisation in every way there is, so that all of it gets compiled.

    Parameters
    ----------
    report : callable
        Called with what comes next, before each of the :data:`STEPS` steps.
    """
    began = time.perf_counter()
    names = list(shocks())
    happens = [{"name": name, "week": 2 + 2 * place} for place, name in enumerate(names)]
    scenario = Scenario.from_dict({"interventions": happens}).with_(**_SIZES, burn_in_weeks=0)
    with one_compiler(), event.install_recorder("numba:compile") as heard:
        report("building organisations")
        start = burn_in(scenario, 2, threads=1)
        for process in WEEK:
            report(f"process {process.name}")
            process.step(start, 0, start.n_organisations)
        # Weeks without events are simulated in one compiled loop, those with events process by process.
        report("the week, put together")
        advance(start.copy(), 1, recorder=Recorder(start, 1, teams=True))
        report("dated events")
        weeks = 3 + 2 * len(names)
        own = begin(start, scenario)
        advance(own, weeks, recorder=Recorder(own, weeks, teams=True))
    folder = folder_of_code()
    size = sum(path.stat().st_size for path in (folder.rglob("*") if folder else ()) if path.is_file())
    compiled = sum(about.is_start for _, about in heard.buffer)
    return Warmth(compiled, time.perf_counter() - began, folder, size)
