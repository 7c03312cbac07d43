"""A process changes the columns it declares, and no others; and what it declares exists."""

import numpy as np
import pytest
from tools import burnt_in, changed_columns, govern, lively, put

from civicsim.organisation import TABLES
from civicsim.schedule import WEEK

PROCESSES = pytest.mark.parametrize("process", WEEK, ids=lambda process: process.name)


def processes_but(name, reason):
    """Return the processes, one of them with a known fault."""
    fault = pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
    cases = [pytest.param(process, marks=fault if process.name == name else ()) for process in WEEK]
    return pytest.mark.parametrize("process", cases, ids=lambda process: process.name)


COLUMNS = {f"{table}.{column.name}" for table, columns in TABLES.items() for column in columns} | {"ties"}


def covers(declared, column):
    return column in declared or f"{column.partition('.')[0]}.*" in declared


@PROCESSES
def test_what_a_process_declares_exists(process):
    for name in (*process.reads, *process.writes):
        table, _, column = name.partition(".")
        assert name in COLUMNS or (column == "*" and table in TABLES), f"{process.name} declares {name}"


@PROCESSES
def test_what_a_process_declares_is_declared_once(process):
    assert len(set(process.reads)) == len(process.reads)
    assert len(set(process.writes)) == len(process.writes)


@pytest.fixture(scope="module")
def changes():
    """What each process changed in 65 weeks of a lively place: its columns, over all weeks and styles."""
    found = {process.name: set() for process in WEEK}
    cohort = lively(6, weeks=0)
    for week in range(65):
        if week % 20 == 0:
            govern(cohort, turn=week // 20)
        cohort.tally[:] = np.zeros(1, dtype=cohort.tally.dtype)
        for process in WEEK:
            before = cohort.copy()
            process.step(cohort, 0, cohort.n_organisations)
            found[process.name] |= changed_columns(before, cohort)
        cohort.week += 1
    return found


@processes_but("response", "bug: response.py does not declare what it writes for the forum: funds, panel, acted_forum")
def test_a_process_changes_only_what_it_declares(process, changes):
    undeclared = {column for column in changes[process.name] if not covers(process.writes, column)}
    assert undeclared == set()


@processes_but(
    "deliberation", "bug: deliberation.py declares practice.idea_value and idea_convenient, and writes neither"
)
def test_a_process_does_change_what_it_declares(process, changes):
    """A declared column that never changes in a lively place is a declaration out of date."""
    declared = {name for name in process.writes if not name.endswith(".*")}
    assert declared - changes[process.name] <= NEVER_SEEN.get(process.name, set())


CLEARED = {"practice.cycles", "practice.successes", "practice.deliberated"}
NEVER_SEEN: dict[str, set[str]] = {
    "load": {"organisation.spent_protected", "organisation.spent_reporting"},
    "voice": CLEARED,
    "response": CLEARED,
    "deliberation": CLEARED,
    "forum": CLEARED | {"practice.idea_raiser"},
    "events": {"ties"},
}
"""Declared, and unchanged even in a lively place for a good reason: hours are spent as allocated, what has not been
tried or talked over yet has nothing to clear, and nothing is dated."""


@PROCESSES
def test_a_process_leaves_parameters_levers_and_ties_alone(process):
    cohort = burnt_in(1, n_teams=2, team_size=5, burn_in_weeks=3)
    before = cohort.copy()
    process.step(cohort, 0, cohort.n_organisations)
    for name, values in before.parameters.items():
        assert values.tobytes() == cohort.parameters[name].tobytes()
    np.testing.assert_array_equal(before.ties, cohort.ties)
    assert cohort.week == before.week


@PROCESSES
def test_a_process_touches_only_the_organisations_it_is_asked_to_live(process):
    cohort = burnt_in(3, n_teams=2, team_size=5, burn_in_weeks=16)
    put(cohort, dimension__directive=1)
    cohort.week = 13
    before = cohort.copy()
    process.step(cohort, 1, 2)
    own = {"organisation", "dimension", "tally", "snapshot", "need"}
    for table in TABLES:
        rows = np.arange(len(cohort.tables[table]))
        n = len(rows) // 3
        elsewhere = (rows < n) | (rows >= 2 * n)
        np.testing.assert_array_equal(cohort.tables[table][elsewhere], before.tables[table][elsewhere], err_msg=table)
    assert own <= set(TABLES)


@pytest.mark.parametrize("process", WEEK, ids=lambda process: process.name)
def test_a_process_gives_the_same_whichever_way_its_organisations_are_cut_up(process):
    cohort = burnt_in(3, n_teams=2, team_size=5, burn_in_weeks=16)
    put(cohort, dimension__directive=1)
    cohort.week = 13
    whole, parts = cohort.copy(), cohort.copy()
    process.step(whole, 0, 3)
    for o in (2, 0, 1):
        process.step(parts, o, o + 1)
    assert whole.state_bytes() == parts.state_bytes()
