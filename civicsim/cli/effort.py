"""How much memory and time a command will take, said before it begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from civicsim.cli.output import Output
from civicsim.cli.progress import duration
from civicsim.cli.scenarios import n_managers, n_posts
from civicsim.errors import CivicsimError
from civicsim.experiment.run import threads_available
from civicsim.model.measures import MEASURES, TEAM_MEASURES
from civicsim.model.organisation import (
    N_NEIGHBOURS,
    N_PATIENT_GROUPS,
    N_PROBLEMS,
    N_TIES,
    TABLES,
    record_type,
    row_bytes,
)
from civicsim.model.recording import ENACTED
from civicsim.model.structure import Structure
from civicsim.scenario.scenario import Scenario

SECONDS = 1.2e-6
"""Time of one thread for a person-week, as `civicsim doctor` measures it on a machine of middling speed."""
_PROGRAM = 250e6
"""Bytes that the program itself takes, compiled code and packages included."""
_COPIES = 3
"""Copies of the organisations at the worst moment: as built, as burnt in, and as they live on."""
_FRAMES = 3
"""Copies of a table at the worst moment of writing it."""
LONG = 120.0
"""Seconds from which on the time is said beforehand."""


def state_bytes(structure: Structure) -> int:
    """Return how many bytes the tables of one run take."""
    s, teams, managers = structure, structure.n_teams, n_managers(structure)
    persons = teams * s.team_size + managers
    rows = {
        "organisation": 1, "tally": 1, "snapshot": 1, "dimension": s.n_dimensions, "neighbour": teams * N_NEIGHBOURS,
        "practice": teams * s.n_dimensions, "person": persons, "problem": persons * N_PROBLEMS, "manager": managers,
        "need": N_PATIENT_GROUPS * s.n_dimensions, "panel": N_PATIENT_GROUPS,
        "patient": round(s.patients_per_post * teams * s.team_size),
    }  # fmt: skip
    one = sum(rows.get(name, teams) * row_bytes(name) for name in TABLES)
    return s.n_organisations * (one + persons * N_TIES * 4)


def bytes_needed(scenarios: Sequence[Scenario], runs: int, written: bool = False, teams: bool = False) -> float:
    """Return about how many bytes it takes to run scenarios one after the other and to keep what came of them.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Of one structure.
    runs : int
        Runs of each.
    written : bool
        Whether tables of every week are written.
    teams : bool
        Whether every team is recorded.
    """
    structure = scenarios[0].structure
    weeks = sum(scenario.weeks for scenario in scenarios) * structure.n_organisations
    recorded = ENACTED.itemsize + sum(record_type(TABLES[name]).itemsize for name in ("tally", "snapshot"))
    recorded += _FRAMES * 8 * len(MEASURES) if written else 0
    if teams:
        recorded += structure.n_teams * len(TEAM_MEASURES) * (4 + _FRAMES * 8)
    return _PROGRAM + runs * ((_COPIES + len(scenarios) - 1) * state_bytes(structure) + weeks * recorded)


def seconds_needed(person_weeks: float, runs: int) -> float:
    """Return about how long it takes to simulate so many person-weeks, in so many runs."""
    return person_weeks * SECONDS / min(threads_available(), runs)


def bytes_free() -> float:
    """Return how many bytes of memory can be had; infinity where the system does not say."""
    limits = [float("inf")]
    try:
        about = Path("/proc/meminfo").read_text(encoding="ascii")
        limits += [int(line.split()[1]) * 1024.0 for line in about.splitlines() if line.startswith("MemAvailable:")]
    except OSError:
        # Not Linux: all there is, where that is known.
        names = getattr(os, "sysconf_names", {})
        if {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(names):
            limits.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        # What a container may use.
        try:
            limits.append(float((Path("/sys/fs/cgroup") / name).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return min(limits)


def check_effort(
    output: Output, scenarios: Sequence[Scenario], runs: int, person_weeks: float,
    written: bool = False, teams: bool = False,
) -> None:  # fmt: skip
    """Refuse what does not fit into memory, and say how long it takes where that is long.

    Raises
    ------
    CivicsimError
        If more memory is needed than can be had.
    """
    needed, free = bytes_needed(scenarios, runs, written, teams), bytes_free()
    if needed > free:
        none = bytes_needed(scenarios, 0, written, teams)
        fitting = int((free - none) / ((needed - none) / runs))
        hint = (
            f"--seeds {fitting} would fit"
            if fitting >= 1
            else "a smaller organisation or fewer --weeks would take less"
        )
        raise CivicsimError(
            f"--seeds {runs}: needs about {size_of(needed)} of memory, and {size_of(free)} can be had; {hint}"
        )
    seconds = seconds_needed(person_weeks, runs)
    if seconds >= LONG:
        posts = n_posts(scenarios[0].structure)
        output.note(
            f"this takes about {duration(seconds)} on {min(threads_available(), runs)} threads "
            f"({runs:,} runs of {posts:,} posts); Ctrl-C stops it"
        )


def size_of(n_bytes: float) -> str:
    """Return a number of bytes in words: "3.2 kB", "41 MB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:,.{1 if n_bytes < 10 * size else 0}f} {unit}"
    return f"{n_bytes:.0f} B"
