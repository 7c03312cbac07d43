"""The columns derived from a process's source are those it touches, and a process keeps to its own organisations."""

import numpy as np
import pytest
from tools import burnt_in, changed_columns, faults, govern, lively, put

from civicsim.engine.compiled import compiled
from civicsim.engine.process import Process
from civicsim.model.columns import Columns, columns_of
from civicsim.model.tables import REAL, TABLES
from civicsim.model.week import PROCESSES, WEEK


def covers(columns, column):
    return column in columns or f"{column.partition('.')[0]}.*" in columns


# -- what is derived from the source ---------------------------------------------------------------------------------


def test_two_processes_touch_what_a_reader_of_their_code_finds():
    assert columns_of(PROCESSES["drift"]) == Columns(
        reads=("dimension.truth", "dimension.kappa"), writes=("dimension.truth", "practice.reality")
    )
    assert columns_of(PROCESSES["coaching"]) == Columns(
        reads=(
            "organisation.hours",
            "team.coaching_hours",
            "team.n_trials",
            "person.vacant",
            "person.skill",
            "manager.openness_anchor",
        ),
        writes=("organisation.spent", "team.coaching_hours", "person.skill", "manager.openness_anchor"),
    )
    # Counts that a process adds to are not read.
    assert [name for name in columns_of(PROCESSES["response"]).reads if name.startswith("tally.")] == []
    assert "tally.acted" in columns_of(PROCESSES["response"]).writes


@compiled
def calm(who, safety):
    who.safety = safety


@compiled
def kernel(first, last, p, person, team, tally, ties):
    someone, g = person[first], team[last]
    calm(someone, safety=g.hostility)
    someone.trust += ties[first, 0]
    g = person[last]
    g.vacant = 0
    tally[first].noticed += 1.0


def act(cohort, first, last):
    everyone = cohort.person
    everyone["load"][first:last] = 0.0
    cohort.team["demand"][first:last] *= 2.0
    cohort.ties[first, 0] = -1


def test_rows_calls_keywords_names_and_the_whole_cohort_are_followed():
    own = Process("own", "Does this and that.", kernels=(kernel,), act=act, reads=("patient.*",))
    assert columns_of(own) == Columns(
        reads=("team.demand", "team.hostility", "person.trust", "patient.*", "ties"),
        writes=(
            "tally.noticed",
            "team.demand",
            "person.vacant",
            "person.safety",
            "person.trust",
            "person.load",
            "ties",
        ),
    )


def test_a_stated_table_covers_its_columns():
    assert columns_of(Process("own", "Does this.", act=act, writes=("person.*",))).writes == (
        "team.demand",
        "person.*",
        "ties",
    )


# -- what is changed -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def changes():
    """Return the columns that each process changed in 65 weeks of a lively place, over all weeks and styles."""
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


def test_what_a_process_changes_is_found_in_its_source(changes):
    missed = {
        f"{process.name} writes {column}"
        for process in WEEK
        for column in changes[process.name]
        if not covers(columns_of(process).writes, column)
    }
    assert missed == set()


def test_a_process_leaves_parameters_levers_and_ties_alone():
    def check(process):
        cohort = burnt_in(1, n_teams=2, team_size=5, burn_in_weeks=3)
        before = cohort.copy()
        process.step(cohort, 0, cohort.n_organisations)
        for name, values in before.parameters.items():
            assert values.tobytes() == cohort.parameters[name].tobytes()
        np.testing.assert_array_equal(before.ties, cohort.ties)
        assert cohort.week == before.week

    assert faults(check, WEEK) == []


def test_a_process_touches_only_the_organisations_it_is_asked_to_simulate():
    def check(process):
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
            np.testing.assert_array_equal(
                cohort.tables[table][elsewhere], before.tables[table][elsewhere], err_msg=table
            )
        assert own <= set(TABLES)

    assert faults(check, WEEK) == []


def test_a_process_gives_the_same_whichever_way_its_organisations_are_cut_up():
    def check(process):
        cohort = burnt_in(3, n_teams=2, team_size=5, burn_in_weeks=16)
        put(cohort, dimension__directive=1)
        cohort.week = 13
        whole, parts = cohort.copy(), cohort.copy()
        process.step(whole, 0, 3)
        for o in (2, 0, 1):
            process.step(parts, o, o + 1)
        assert whole.state_bytes() == parts.state_bytes()

    assert faults(check, WEEK) == []


# -- what is read ----------------------------------------------------------------------------------------------------


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


PLACES = {
    "run",
    "seed",
    "key",
    "organisation",
    "division",
    "first_team",
    "n_teams",
    "first_person",
    "n_staff",
    "n_persons",
    "first_manager",
    "n_managers",
    "first_patient",
    "n_patients",
    "n_posts",
    "manager",
    "person",
    "superior",
    "team",
    "role",
    "profession",
    "group",
    "dimension",
    "check",
    "idea_raiser",
    "idea_group",
    "hours_budget",
}
"""Columns that state where rows stand: scrambled, they would lead out of the tables."""


def test_what_a_process_reads_is_found_in_its_source(busy_week):
    """Columns that are not found may hold anything: nothing else comes out differently."""

    def check(process):
        rng = np.random.default_rng(8)
        columns = columns_of(process)
        usual = busy_week.copy()
        process.step(usual, 0, usual.n_organisations)
        missed = set()
        for table in TABLES.keys() - {"tally", "snapshot"}:
            for column in TABLES[table]:
                name = f"{table}.{column.name}"
                if column.name in PLACES or covers((*columns.reads, *columns.writes), name):
                    continue
                other = scrambled(busy_week, table, column, rng)
                process.step(other, 0, other.n_organisations)
                if changed_columns(usual, other) - {name}:
                    missed.add(name)
        assert missed == set()

    assert faults(check, WEEK) == []
