"""Every mechanism can be switched off; off, it does not happen."""

import dataclasses

import numpy as np
import pytest
from tools import burnt_in, changed_columns, faults, lively, put, small_scenario

from civicsim.engine.parameters import declared
from civicsim.experiment.run import begin
from civicsim.model.columns import columns_of
from civicsim.model.organisation import ENACTED
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK

WRITERS: dict[str, set[str]] = {}
for _process in WEEK:
    for _column in columns_of(_process).writes:
        WRITERS.setdefault(_column, set()).add(_process.name)

STILL_HAPPENS = {
    # Switched off, demand is the usual one.
    "events": {"organisation.demand_factor"},
    # Switched off, what is intended is met at once; managers are as open as they are, and hours go where leaders move them.
    "enactment": {
        "organisation.fear_enacted",
        "organisation.permission_enacted",
        "organisation.authority_enacted",
        "organisation.say_do_gap",
        "manager.openness",
        "organisation.hours",
    },
    # Switched off, the code does not learn; directives have a switch of their own.
    "codification": {"dimension.directive"},
    # Switched off, no one hears anything and no hours are spent: both are set to nothing.
    "response": {
        "organisation.spent",
        "team.response_hours",
        "team.settling_hours",
        "team.outcomes",
        "team.n_outcomes",
        "team.dealt",
        "team.detriments",
        "person.outcomes",
        "person.n_outcomes",
        "person.detriments",
    },
    # Switched off, nothing is noticed, voiced, deliberated or tried: this week's counts and hours are set to nothing.
    "noticing": {"team.noticed", "person.noticed"},
    "voice": {"team.voiced", "team.joined", "person.voiced", "person.voice_hours"},
    "deliberation": {"organisation.spent", "team.deliberation_hours", "team.conflict"},
    "lifecycle": {"team.improvement_hours", "team.n_trials"},
    "turnover": {"person.absent"},
    # Switched off, their hours go back to care, and no one tightens or promises anything.
    "ties": {"organisation.spent", "team.peer_hours"},
    "forum": {"organisation.spent"},
    "coaching": {"organisation.spent", "team.coaching_hours"},
    "observation": {"organisation.spent", "team.observation_hours"},
    "partners": {"organisation.partner_hours"},
    "compact": {
        "organisation.fulfilment",
        "organisation.breach",
        "organisation.belief",
        "organisation.contract",
        "organisation.ledger_protection",
        "team.fulfilment",
        "team.breach",
        "team.belief",
        "team.contract",
    },
    # Switched off, no one inspects and no one has to go either.
    "governing": {
        "organisation.grip",
        "organisation.leader_openness",
        "organisation.started_over",
        "organisation.urgency",
        "organisation.deadline",
        "organisation.chief_leaving",
        "organisation.attention_wellbeing",
        "organisation.culture_reported",
        "organisation.deferred",
    },
    # Switched off, pairs learn nothing, and part all the same when their weeks are over.
    "pairing": {"team.partner", "team.learns"},
}
"""Columns that a switched-off process may still set, because off means something else than unchanged."""


@pytest.fixture(scope="module")
def busy():
    """A young place where much happens."""
    return lively(3)


def simulated(cohort, weeks=27, **changes):
    """Simulate some weeks, and return the cohort and the sum of its weekly tallies."""
    own = put(cohort.copy(), **changes)
    total = {name: np.zeros_like(own.tally[name]) for name in own.tally.dtype.names}

    def observe(at, first, last):
        for name, values in total.items():
            values[first:last] += at.tally[name][first:last]

    advance(own, weeks, observe=observe)
    return own, total


def test_every_process_has_a_switch_that_is_on():
    def check(process):
        switches = [p for p in declared(process.parameters, process.name).values() if p.role == "switch"]
        assert switches[0].name == "enabled"
        assert all(p.default is True for p in switches)

    assert faults(check, WEEK) == []


def test_switched_off_a_process_leaves_its_own_columns_as_they_are(busy):
    """All other processes go on; what this one alone writes stays exactly constant."""

    def check(process):
        # Of those who write with a broad brush, events has no dates here; a new chief would be a person of its making.
        off, _ = simulated(busy, p__governing__chief_exit_rate=0.0, **{f"p__{process.name}__enabled": False})
        alone = {
            column
            for column in columns_of(process).writes
            if WRITERS[column] == {process.name} and not column.startswith("tally.")
        }
        alone -= STILL_HAPPENS.get(process.name, set())
        changed = changed_columns(busy, off)
        assert {column for column in changed if column in alone} == set()
        if "snapshot.*" in columns_of(process).writes:
            surveyed = {column for column in changed if column.startswith("snapshot.survey_")}
            assert not any(column.startswith("snapshot.") for column in changed - surveyed)

    assert faults(check, WEEK) == []


def test_switched_off_a_process_counts_nothing(busy):
    def check(process):
        _, total = simulated(busy, **{f"p__{process.name}__enabled": False})
        for column in columns_of(process).writes:
            table, _, name = column.partition(".")
            if table == "tally" and name != "*" and WRITERS[column] == {process.name}:
                assert (total[name] == 0.0).all(), name

    assert faults(check, WEEK) == []


def test_a_step_of_a_switched_off_process_changes_nothing_else(busy):
    def check(process):
        cohort = put(busy.copy(), dimension__directive=1, **{f"p__{process.name}__enabled": False})
        cohort.week = 52
        before = cohort.copy()
        process.step(cohort, 0, cohort.n_organisations)
        changed = changed_columns(before, cohort)
        assert changed <= STILL_HAPPENS.get(process.name, set())

    assert faults(check, WEEK) == []


def test_switched_on_a_process_does_change_something(busy):
    def check(process):
        off, _ = simulated(busy, **{f"p__{process.name}__enabled": False})
        on, _ = simulated(busy)
        assert changed_columns(off, on)

    assert faults(check, WEEK) == []


def test_a_process_left_out_is_a_process_switched_off_apart_from_what_off_means(busy):
    def check(process):
        off, _ = simulated(busy, weeks=1, **{f"p__{process.name}__enabled": False})
        without = busy.copy()
        advance(without, 1, processes=[other for other in WEEK if other is not process])
        if process.name not in STILL_HAPPENS:
            assert changed_columns(off, without) == set()

    assert faults(check, WEEK) == []


def test_with_everything_switched_off_nothing_changes_at_all(busy):
    settings = {f"p__{process.name}__enabled": False for process in WEEK}
    put_ = put(busy.copy(), **settings, p__codification__directives_enabled=False)
    advance(put_, 2)
    once = put_.copy()
    advance(put_, 27)
    # Flags of directives come down at the next quarter, and pairs part after their weeks: nothing else moves.
    assert changed_columns(once, put_) <= {"dimension.directive", "team.partner", "team.learns"}
    for name in ENACTED:
        np.testing.assert_array_equal(put_.organisation[f"{name}_enacted"], put_.organisation[name])


# -- switches within processes ---------------------------------------------------------------------------------------


def test_without_learning_of_efficacy_or_safety_the_other_still_learns(busy):
    quiet = {"p__turnover__enabled": False, "p__deliberation__enabled": False, "p__governing__chief_exit_rate": 0.0}
    no_efficacy, _ = simulated(busy, **quiet, p__learning__efficacy_enabled=False)
    no_safety, _ = simulated(busy, **quiet, p__learning__safety_enabled=False)
    np.testing.assert_array_equal(no_efficacy.person["efficacy"], busy.person["efficacy"])
    np.testing.assert_array_equal(no_efficacy.person["agency"], busy.person["agency"])
    assert (no_efficacy.person["safety"] != busy.person["safety"]).any()
    np.testing.assert_array_equal(no_safety.person["safety"], busy.person["safety"])
    assert (no_safety.person["efficacy"] != busy.person["efficacy"]).any()


def test_without_directives_none_is_issued_met_or_adopted(busy):
    _, total = simulated(put(busy.copy(), dimension__directive=0), p__codification__directives_enabled=False)
    for name in ("directives", "complied", "adapted", "resisted", "gamed", "adopted_vertical"):
        assert (total[name] == 0).all()
    assert total["codified"].sum() > 0


def test_without_absence_no_one_is_absent(busy):
    off, _ = simulated(busy, p__turnover__absence_enabled=False)
    assert (off.person["absent"] == 0).all()


@pytest.mark.parametrize(
    ("section", "name", "tallies"),
    [
        ("voice", "norm_weight", ()),
        ("exhaustion", "contagion", ()),
        ("motivation", "crowding", ()),
        ("response", "detriment", ("detriments",)),
        ("lifecycle", "trial_hours", ()),
        ("spread", "complex_rate", ()),
    ],
)
def test_a_mechanism_inside_a_process_can_be_taken_out_by_a_weight_of_zero(busy, section, name, tallies):
    off, total = simulated(busy, **{f"p__{section}__{name}": 0.0})
    on, _ = simulated(busy)
    assert changed_columns(on, off)
    for tally in tallies:
        assert (total[tally] == 0).all()


def test_a_scenario_switches_processes_by_name():
    scenario = small_scenario(**{f"{process.name}__enabled": False for process in WEEK})
    cohort = begin(burnt_in(1, burn_in_weeks=2), scenario)
    for process in WEEK:
        assert not cohort.parameters[process.name]["enabled"].any()
        assert dataclasses.asdict(getattr(scenario, process.name))["enabled"] is False
