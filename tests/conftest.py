"""Settings and cohorts that all tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from tools import burnt_in

from civicsim.experiment.compiling import compile_week
from civicsim.model.cohort import Cohort

# The first call of a compiled function takes seconds, and a test run must be repeatable.
settings.register_profile("civicsim", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("civicsim")


# Commands that tests start keep the bytecode of packages: without it each of them takes seconds to begin.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the week compiled before tests are timed: one process of the test run does it, and the others wait."""
    compile_week()
    _share_cores()


def _share_cores() -> None:
    """Give each process of the test run cores of its own: threads of one run would else wait for those of another."""
    name, n = os.environ.get("PYTEST_XDIST_WORKER", ""), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if hasattr(os, "sched_setaffinity") and name:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[int(name.removeprefix("gw")) :: n] or cores)


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
