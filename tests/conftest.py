"""Settings and cohorts that all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings
from tools import burnt_in, small_scenario

from civicsim.experiment.run import burn_in
from civicsim.model.cohort import Cohort
from civicsim.model.week import WEEK

# The first call of a compiled function takes seconds, and a test run must be repeatable.
settings.register_profile("civicsim", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("civicsim")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let two processes of a test run compile the week from both ends: each then finds the other half in the cache."""
    worker = getattr(session.config, "workerinput", {}).get("workerid", "")
    if not worker:
        return
    place = burn_in(small_scenario(n_teams=2, burn_in_weeks=0), 1, threads=1)
    for process in reversed(WEEK) if worker.endswith(("1", "3", "5", "7", "9")) else WEEK:
        process.step(place, 0, 1)


@pytest.fixture(scope="session")
def small_cohort() -> Cohort:
    """Three runs of four teams of ten, a year and a half old. Shared: copy it before you change it."""
    return burnt_in(3)


@pytest.fixture(scope="session")
def crowd() -> Cohort:
    """Forty runs of six teams of fifteen, young: enough people for shares to be told apart. Shared: copy it first."""
    return burnt_in(40, n_teams=6, team_size=15, teams_per_division=3, burn_in_weeks=27)


@pytest.fixture
def cohort(small_cohort: Cohort) -> Cohort:
    """A copy of the small cohort."""
    return small_cohort.copy()
