"""Organisations of a given size, burnt in, and functions that simulate them further."""

from __future__ import annotations

from collections.abc import Sequence

from civicsim.engine.process import Process
from civicsim.experiment.run import begin, burn_in
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario

POSTS = 15
"""Posts of a team, as in the default kind of organisation."""
_NHS = Scenario.preset(kind="nhs-england").structure
NHS = {name: getattr(_NHS, name) for name in ("n_organisations", "n_teams", "size_spread", "tie_outside")}
"""About 1.5 million staff in 210 linked organisations of unequal size, as in the kind ``nhs-england``."""
CORE = ("load", "noticing", "voice", "response", "learning", "spread", "quality", "exhaustion")
"""The processes that the version in NumPy covers."""


def scenario_of(staff: int, burn_in_weeks: int = 26, **changes: object) -> Scenario:
    """Return the status quo in one organisation of about so many staff, in teams of fifteen."""
    return Scenario.preset().with_(
        **{"n_teams": max(1, round(staff / POSTS)), "burn_in_weeks": burn_in_weeks, **changes}
    )


def started(scenario: Scenario, runs: int = 1) -> Cohort:
    """Return runs after their burn-in, with the scenario in force."""
    return begin(burn_in(scenario, runs), scenario)


def core_of(scenario: Scenario) -> Scenario:
    """Return a scenario in which only the processes of :data:`CORE` happen."""
    return scenario.with_(**{f"{process.name}__enabled": process.name in CORE for process in WEEK})


def simulate_weeks(cohort: Cohort, weeks: int, threads: int = 1, processes: Sequence[Process] = WEEK) -> float:
    """Simulate and record a cohort for some weeks; return the person-weeks."""
    advance(cohort, weeks, threads=threads, recorder=Recorder(cohort, weeks), processes=processes)
    return float(cohort.n_persons * weeks)


def state_bytes(cohort: Cohort) -> int:
    """Return the bytes of all tables and ties."""
    return sum(table.nbytes for table in cohort.tables.values()) + cohort.ties.nbytes
