"""Compiles what a run needs beforehand, so that no run has to wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from numba.core import event

from civicsim.engine.compiled import folder_of_code
from civicsim.engine.process import Process
from civicsim.experiment.compiling import SIZES, compile_week, one_compiler
from civicsim.experiment.run import begin, burn_in, run
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import shocks

STEPS = len(WEEK) + 2
"""Steps of warming up: the week, each of its processes alone, and dated events."""


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


def simulate_briefly(processes: Sequence[Process] = WEEK) -> None:
    """Simulate two weeks of a tiny organisation, so that the week is compiled by one process and loaded by the others."""
    tiny = {"n_teams": 1, "team_size": 2, "n_executives": 1, "weeks": 1, "burn_in_weeks": 1}
    compile_week()
    with one_compiler():
        run(Scenario().with_(**tiny), 1, processes=processes, threads=1)


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
    scenario = Scenario.from_dict({"interventions": happens}).with_(**SIZES, burn_in_weeks=0)
    with event.install_recorder("numba:compile") as heard:
        report("the week, in several processes")
        compile_week()
        with one_compiler():
            start = burn_in(scenario, 2, threads=1)
            for process in WEEK:
                report(f"process {process.name}")
                process.step(start, 0, start.n_organisations)
            # Weeks with events are simulated process by process.
            report("dated events")
            weeks = 3 + 2 * len(names)
            own = begin(start, scenario)
            advance(own, weeks, recorder=Recorder(own, weeks, teams=True))
    folder = folder_of_code()
    size = sum(path.stat().st_size for path in (folder.rglob("*") if folder else ()) if path.is_file())
    compiled = sum(about.is_start for _, about in heard.buffer)
    return Warmth(compiled, time.perf_counter() - began, folder, size)
