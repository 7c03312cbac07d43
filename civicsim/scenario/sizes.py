"""How large organisations are, in posts, bytes and time, before they are built: a few characters can ask for more than any machine has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from civicsim.errors import ScenarioError, size_of
from civicsim.model.measures import MEASURES, TEAM_MEASURES
from civicsim.model.organisation import N_NEIGHBOURS, N_PATIENT_GROUPS, N_PROBLEMS, N_TIES
from civicsim.model.recording import ENACTED
from civicsim.model.tables import TABLES, record_type, row_bytes
from civicsim.scenario.scenario import Scenario

SECONDS = 0.25e-6
"""Time of one thread for a person-week: between those of a fast and a slow machine, 0.13 and 0.3 µs, as `civicsim doctor` measures it."""
_PROGRAM = 250e6
"""Bytes of the program itself, with compiled code and packages."""
_BUILDING = 1.6
"""Copies of an organisation at the peak of building it; measured, with a margin."""
_FRAMES = 3
"""Copies of a table at the peak of writing it."""
_SMALL = 50e6
"""Bytes of which it is not asked whether they are there."""


def n_staff(scenario: Scenario) -> int:
    """Return how many posts of staff an organisation has."""
    structure, roster = scenario.structure, scenario.roster
    return structure.n_teams * structure.team_size if roster is None else roster.n_staff


def n_managers(scenario: Scenario) -> int:
    """Return how many managers an organisation has: of teams, of divisions, and executives."""
    structure, roster = scenario.structure, scenario.roster
    n_divisions = -(-structure.n_teams // structure.teams_per_division) if roster is None else len(roster.divisions)
    return structure.n_teams + n_divisions + structure.n_executives


def n_posts(scenario: Scenario) -> int:
    """Return how many posts of staff and managers a run has, over all its organisations."""
    return scenario.structure.n_organisations * (n_staff(scenario) + n_managers(scenario))


def state_bytes(scenario: Scenario) -> int:
    """Return how many bytes the tables of one run take."""
    s, teams, managers = scenario.structure, scenario.structure.n_teams, n_managers(scenario)
    persons = n_staff(scenario) + managers
    rows = dict(organisation=1, tally=1, snapshot=1, dimension=s.n_dimensions, person=persons, manager=managers)
    rows |= dict(neighbour=teams * N_NEIGHBOURS, practice=teams * s.n_dimensions, problem=persons * N_PROBLEMS)
    rows |= dict(need=N_PATIENT_GROUPS * s.n_dimensions, panel=N_PATIENT_GROUPS)
    rows["patient"] = round(s.patients_per_post * n_staff(scenario))
    one = sum(rows.get(name, teams) * row_bytes(name) for name in TABLES)
    return s.n_organisations * (one + persons * N_TIES * 4)


def bytes_needed(scenarios: Sequence[Scenario], runs: int, written: bool = False, teams: bool = False) -> float:
    """Return about how many bytes it takes to run scenarios of one structure one after the other and keep their results.

    ``written``: tables of every week are written; ``teams``: every team is recorded.
    """
    structure, several = scenarios[0].structure, len(scenarios) > 1
    weeks = sum(scenario.weeks for scenario in scenarios) * structure.n_organisations
    recorded = ENACTED.itemsize + sum(record_type(TABLES[name]).itemsize for name in ("tally", "snapshot"))
    recorded += _FRAMES * 8 * len(MEASURES) if written else 0
    if teams:
        recorded += structure.n_teams * len(TEAM_MEASURES) * (4 + _FRAMES * 8)
    # Scenarios that are compared begin as copies of one cohort, which stays; one alone goes on with it.
    copies = max(_BUILDING, len(scenarios) + several)
    return _PROGRAM + runs * (copies * state_bytes(scenarios[0]) + weeks * recorded)


def bytes_free() -> float:
    """Return how many bytes of memory are available; infinity where the system does not report it."""
    limits = [float("inf")]
    try:
        about = Path("/proc/meminfo").read_text(encoding="ascii")
        limits += [int(line.split()[1]) * 1024.0 for line in about.splitlines() if line.startswith("MemAvailable:")]
    except OSError:
        # Not Linux: all memory, where that is known.
        names = getattr(os, "sysconf_names", {})
        if {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(names):
            limits.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        # The limit of a container.
        try:
            limits.append(float((Path("/sys/fs/cgroup") / name).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return min(limits)


def check_room(scenario: Scenario, runs: int = 1) -> None:
    """Refuse organisations that do not fit into the memory that is available, before they are built.

    Raises
    ------
    ScenarioError
        With the memory that they would need.
    """
    needed = runs * state_bytes(scenario)
    if needed > _SMALL and needed > (free := bytes_free()):
        posts = n_posts(scenario)
        raise ScenarioError(
            f"{posts:,} posts in {runs:,} run{'s' * (runs > 1)}: needs about {size_of(needed)} of memory, and {size_of(free)} are "
            f"available; choose fewer or smaller organisations, or fewer seeds"
        )
