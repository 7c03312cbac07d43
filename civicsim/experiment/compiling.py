"""Compiles the week once on a machine, in several processes side by side. Others that need it meanwhile wait, and load it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from civicsim.engine.compiled import folder_of_code
from civicsim.engine.locks import locked
from civicsim.errors import CivicsimError
from civicsim.model.building import build
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance, threads_available
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario

_PATIENCE = 1800.0
"""Seconds to wait for another process that compiles."""
_MARKER = "week.compiled"
"""A file in the folder of compiled code that states that all of the week is there."""
MOST_COMPILERS = 4
"""Most processes that compile side by side. Assumption: each takes half a gigabyte, and the last steps take one alone."""
SIZES = {"n_teams": 3, "team_size": 4, "teams_per_division": 2, "n_executives": 1, "n_organisations": 2}
"""An organisation small enough that nothing but compiling takes time, with a second one to be linked to."""
_PROGRAM = "from civicsim.experiment.compiling import compile_share; compile_share({share}, {shares})"


@contextmanager
def one_compiler() -> Iterator[None]:
    """Let one process at a time compile into the folder of compiled code; those that wait load what it has left there.

    On a file system without locks every process compiles for itself, as does one that has waited for half an hour.
    """
    folder = folder_of_code()
    if folder is None or not os.access(folder, os.W_OK):
        yield
        return
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder / "compiling.lock", _PATIENCE))
        except CivicsimError as error:
            # Compiling twice is slow, and harmless.
            print(f"civicsim: compiles without a lock ({error})", file=sys.stderr)
        yield


def is_ready() -> bool:
    """Return whether the week of this version of the code has been compiled and kept."""
    folder = folder_of_code()
    return folder is not None and (folder / _MARKER).exists()


def compile_week() -> None:
    """Have the week compiled, by this process or another; return at once where it is, or where nothing can be kept."""
    folder = folder_of_code()
    if folder is None or is_ready() or not os.access(folder, os.W_OK):
        return
    with one_compiler():
        if not is_ready():
            _compile_side_by_side()
            # On a full disk each process compiles what is missing.
            with suppress(OSError):
                (folder / _MARKER).touch()


def tiny_cohort() -> Cohort:
    """Return two linked organisations of a few people."""
    s = Scenario().with_(**SIZES)
    return build(s.structure, s.population, s.habits, s.sections, [1], 0)


def compile_share(share: int, shares: int) -> None:
    """Compile the kernels of every ``shares``-th process of the week, from number ``share`` on."""
    cohort = tiny_cohort()
    for process in WEEK[share::shares]:
        process.step(cohort, 0, cohort.n_organisations)


def compiler(share: int, shares: int) -> list[str]:
    """Return the command of a process that compiles a share; it imports nothing from the folder that it is called in."""
    return [sys.executable, "-P", "-c", _PROGRAM.format(share=share, shares=shares)]


def _compile_side_by_side() -> None:
    """Compile kernels in several processes, and then here what is left: the week put together, and whatever one failed at."""
    # Where Python is part of another program, it may not know how to start another one.
    shares = min(MOST_COMPILERS, threads_available()) if sys.executable else 1
    calls = [compiler(share, shares) for share in range(1, shares)]
    others: list[subprocess.Popen[bytes]] = []
    # Where no other process starts, or one takes far longer than this one, this one compiles all.
    with suppress(OSError):
        others += [subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for call in calls]
    began = time.monotonic()
    try:
        compile_share(0, shares)
        for other in others:
            with suppress(subprocess.TimeoutExpired):
                other.wait(60.0 + time.monotonic() - began)
    finally:
        for other in others:
            other.kill()
            other.wait()
    compile_share(0, 1)
    cohort = tiny_cohort()
    advance(cohort, 1, recorder=Recorder(cohort, 1, teams=True))
