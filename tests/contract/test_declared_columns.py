"""A process changes the columns it declares, and no others; and what it declares exists."""

import numpy as np
import pytest
from columns_in_code import touched_by, touched_by_process
from tools import burnt_in, changed_columns, govern, lively, put

from civicsim.model.causes import columns as counts_of
from civicsim.model.organisation import REAL, TABLES
from civicsim.model.week import WEEK

PROCESSES = pytest.mark.parametrize("process", WEEK, ids=lambda process: process.name)
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
        if week == 60:
            put(cohort, organisation__deadline=2, organisation__notice=2, p__governing__expectation_drift=0.02)
            put(cohort, p__lifecycle__n_cycles=3, p__lifecycle__cycle_weeks=4, p__governing__patience=0.3)
        if week % 20 == 0:
            govern(cohort, turn=week // 20)
        cohort.tally[:] = np.zeros(1, dtype=cohort.tally.dtype)
        for process in WEEK:
            before = cohort.copy()
            process.step(cohort, 0, cohort.n_organisations)
            found[process.name] |= changed_columns(before, cohort)
        cohort.week += 1
    return found


@PROCESSES
def test_a_process_changes_only_what_it_declares(process, changes):
    undeclared = {column for column in changes[process.name] if not covers(process.writes, column)}
    assert undeclared == set()


@PROCESSES
def test_a_process_does_change_what_it_declares(process, changes):
    """A declared column that never changes in a lively place is a declaration out of date."""
    declared = {name for name in process.writes if not name.endswith(".*")}
    assert declared - changes[process.name] <= NEVER_SEEN.get(process.name, set())


CLEARED = {"practice.cycles", "practice.successes", "practice.deliberated"}
RARE = {*counts_of("replaced"), *counts_of("sustained")}
NEVER_SEEN: dict[str, set[str]] = {
    "directives": RARE,
    "spread": RARE,
    "lifecycle": RARE | {f"tally.{fate}_from_programme" for fate in ("adopted", "right", "decayed")},
    "pairing": RARE,
    "load": {"organisation.spent_protected", "organisation.spent_reporting"},
    "voice": CLEARED,
    "response": CLEARED,
    "deliberation": CLEARED,
    "observation": CLEARED | {"practice.idea_raiser"},
    "partners": CLEARED | {"practice.idea_raiser"},
    "forum": CLEARED | {"practice.idea_raiser"},
    "events": {"ties"},
}
"""Declared, and unchanged even in a lively place for a good reason: hours are spent as allocated, what has not been
tried or talked over yet has nothing to clear, and nothing is dated. What becomes of changes by any one cause is rare:
tests/test_causes.py sees to it."""


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


# -- what is read ----------------------------------------------------------------------------------------------------

SHAPE = {
    "run", "seed", "key", "organisation", "division", "first_team", "n_teams", "first_person", "n_staff", "n_persons",
    "first_manager", "n_managers", "first_patient", "n_patients", "n_posts", "manager", "person", "superior", "team",
    "role", "profession", "group", "dimension", "check", "idea_raiser", "idea_group", "hours_budget",
}  # fmt: skip
"""Columns that say where rows stand, which everybody may read."""
OWN_BOOKS = {"tally", "snapshot"}
"""Tables that processes only write into."""


def concerns(column):
    """Whether a column is one whose reading has to be declared."""
    table, _, name = column.partition(".")
    return name not in SHAPE and table not in OWN_BOOKS


def of_another_cause(process, column):
    """Whether it is a count by cause of which the process declares others: only a week that is lived tells the causes."""
    fate, by_cause, _ = column.partition("_from_")
    return bool(by_cause) and any(name.startswith(f"{fate}_from_") for name in process.writes)


@PROCESSES
def test_the_code_of_a_process_touches_only_what_it_declares(process):
    """Read from the source: also what a week happens not to come across."""
    touched = touched_by_process(process)
    assert touched.read
    reads = {column for column in touched.read if concerns(column)}
    assert {column for column in reads if not covers({*process.reads, *process.writes}, column)} == set()
    written = {column for column in touched.written if not of_another_cause(process, column)}
    assert {column for column in written if not covers(process.writes, column)} == set()


@PROCESSES
def test_the_code_of_a_process_reads_all_that_it_declares(process):
    touched = touched_by_process(process)
    assert {column for column in process.reads if not column.endswith(".*")} <= touched.read


def test_the_reader_of_code_follows_rows_calls_and_names(monkeypatch):
    def inner(who, value):
        who.safety = value

    def outer(first, last, people, ties):
        someone = people[first]
        inner(someone, people["skill"][last])
        someone.trust += ties[first, 0]
        people["vacant"][first:last] = 0

    inner.__module__ = "civicsim.anything"
    monkeypatch.setitem(outer.__globals__, "inner", inner)
    touched = touched_by(outer, None, None, "person", "ties")
    assert touched.read >= {"person.skill", "person.trust", "ties"}
    assert touched.written == {"person.safety", "person.trust", "person.vacant"}


def scrambled(cohort, table, column, rng):
    """Return a copy in which one column holds random values within its bounds."""
    own = cohort.copy()
    values = own.tables[table][column.name]
    low = column.low if np.isfinite(column.low) else -1.0
    high = column.high if np.isfinite(column.high) else 2.0 * float(values.max()) + 1.0
    if column.kind == REAL:
        own.tables[table][column.name] = low + (high - low) * rng.random(values.shape)
    else:
        own.tables[table][column.name] = rng.integers(int(low), int(high) + 1, values.shape)
    return own


@pytest.fixture(scope="module")
def busy_week():
    """A lively place in the week of a quarter's end, with directives out."""
    cohort = put(lively(3, weeks=25), dimension__directive=1)
    cohort.week = 52
    return cohort


@PROCESSES
def test_a_process_reads_only_what_it_declares(process, busy_week):
    """What is not declared may hold anything: nothing else comes out differently."""
    rng = np.random.default_rng(8)
    declared = {*process.reads, *process.writes}
    usual = busy_week.copy()
    process.step(usual, 0, usual.n_organisations)
    undeclared = set()
    for table, listed in TABLES.items():
        for column in listed:
            name = f"{table}.{column.name}"
            if not concerns(name) or covers(declared, name):
                continue
            other = scrambled(busy_week, table, column, rng)
            process.step(other, 0, other.n_organisations)
            if changed_columns(usual, other) - {name}:
                undeclared.add(name)
    assert undeclared == set()
