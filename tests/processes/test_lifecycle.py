"""Ideas are tried, adopted, and then last or decay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, never_falling, put, record, rising, row, shares, step

from civicsim.model.organisation import ENDORSED, FROM_PROGRAMME, FROM_STAFF, LONG_AGO, NO_IDEA, TRIAL, WAITING
from civicsim.model.practice import clear_idea, fall_back
from civicsim.model.processes.lifecycle import (
    YEAR,
    Parameters,
    consent_probability,
    cycle_runs_probability,
    decay_hazard,
    may_begin,
    trial_convinces,
)
from civicsim.model.reference import Reference

q = record(Parameters())
USUAL_MOTIVATION = Reference().usual_motivation

# -- equations -------------------------------------------------------------------------------------------------------


@given(st.floats(0.5, 20), shares, st.floats(0, 40), st.floats(0.1, 200), st.floats(0, 3))
def test_the_chance_of_a_cycle_follows_its_formula_and_is_a_probability(gain, headspace, report, work, drive):
    expected = min(1.0, min(1.0, gain * headspace) * max(0.0, 1 - report / work) * drive)
    found = both(cycle_runs_probability, gain, headspace, report, work, drive)
    assert found == pytest.approx(expected)
    assert 0.0 <= found <= 1.0


def test_headspace_lets_cycles_run():
    assert rising(cycle_runs_probability(4.0, headspace, 2.0, 12.0, 1.0) for headspace in (0.0, 0.1, 0.2, 0.25))
    assert constant(cycle_runs_probability(4.0, headspace, 2.0, 12.0, 1.0) for headspace in (0.25, 0.6, 1.0))
    assert rising(cycle_runs_probability(gain, 0.05, 2.0, 12.0, 1.0) for gain in (0.5, 4.0, 20.0))


def test_drive_lets_more_cycles_run_where_there_is_headspace():
    assert rising(cycle_runs_probability(4.0, 0.1, 2.0, 12.0, drive) for drive in (0.0, 0.5, 1.0, 1.3))
    assert constant(cycle_runs_probability(4.0, 0.0, 2.0, 12.0, drive) for drive in (0.0, 0.5, 1.0, 1.3))
    assert cycle_runs_probability(4.0, 1.0, 0.0, 12.0, 1.5) == 1.0


def test_the_report_on_a_cycle_takes_the_time_of_the_cycle():
    assert falling(cycle_runs_probability(4.0, 1.0, report, 12.0, 1.0) for report in (0.0, 4.0, 8.0, 12.0))
    assert rising(cycle_runs_probability(4.0, 1.0, 4.0, work, 1.0) for work in (4.0, 12.0, 40.0))
    assert cycle_runs_probability(4.0, 1.0, 0.0, 12.0, 1.0) == 1.0
    assert cycle_runs_probability(4.0, 1.0, 40.0, 12.0, 1.0) == 0.0
    # A cycle without hours of its own has none to lose.
    assert both(cycle_runs_probability, 4.0, 1.0, 4.0, 0.0, 1.0) == 1.0


@given(st.integers(0, 104), st.integers(0, 130))
def test_a_trial_begins_only_if_it_can_end_before_the_inspection(deadline, weeks):
    assert both(may_begin, deadline, weeks) == (deadline == 0 or deadline >= weeks)


@given(st.integers(0, 10), st.integers(1, 10), shares, st.integers(0, 1))
def test_the_verdict_of_a_trial_follows_its_formula(successes, n_cycles, alignment, convenient):
    successes = min(successes, n_cycles)
    verdict = alignment * (2 * successes / n_cycles - 1) + (1 - alignment) * convenient
    assert both(trial_convinces, successes, n_cycles, alignment, convenient) == (verdict > 0)


def test_more_successes_convince_those_who_care_for_evidence():
    assert [trial_convinces(s, 3, 1.0, 0) for s in range(4)] == [False, False, True, True]
    assert [trial_convinces(s, 3, 0.8, 0) for s in range(4)] == [False, False, True, True]


def test_convenience_convinces_those_who_do_not_care_for_evidence():
    assert [trial_convinces(0, 3, a, 1) for a in (0.0, 0.3, 0.49, 0.51, 1.0)] == [True, True, True, False, False]
    assert [trial_convinces(3, 3, a, 0) for a in (0.0, 0.1, 1.0)] == [False, True, True]


def test_without_cycles_what_is_endorsed_convinces():
    assert both(trial_convinces, 0, 0, 0.5, 0)


@given(shares, shares, st.integers(0, 1), shares)
def test_the_hazard_of_decay_follows_its_formula_and_is_never_negative(overload, leavers, started_over, alike):
    expected = q.decay_base + q.decay_overload * overload + q.decay_turnover * leavers - q.decay_neighbours * alike
    expected += q.decay_leader * started_over
    assert both(decay_hazard, q, overload, leavers, started_over, alike) == pytest.approx(max(0.0, expected))


def test_overload_leavers_and_a_new_chief_make_changes_decay_and_like_minded_neighbours_hold_them():
    assert rising(decay_hazard(q, overload, 0.0, 0, 0.5) for overload in GRID)
    assert rising(decay_hazard(q, 0.1, leavers, 0, 0.5) for leavers in (0.0, 0.01, 0.1))
    assert rising(decay_hazard(q, 0.1, 0.0, left, 0.5) for left in (0, 1))
    assert falling(decay_hazard(q, 0.1, 0.0, 0, alike) for alike in GRID)
    assert rising(decay_hazard(record(Parameters(), decay_base=b), 0.1, 0.0, 0, 0.5) for b in (0.0, 0.01, 0.05))
    assert decay_hazard(record(Parameters(), decay_base=0.0), 0.0, 0.0, 0, 1.0) == 0.0


@pytest.mark.parametrize("function", [fall_back, fall_back.py_func], ids=["compiled", "plain"])
def test_falling_back_returns_to_what_was_done_before(function):
    slot = row("practice", value=1, previous=-1, followed=1, convenient=1)
    function(slot)
    assert (slot.value, slot.followed, slot.convenient) == (-1, 0, 0)


@pytest.mark.parametrize("function", [clear_idea, clear_idea.py_func], ids=["compiled", "plain"])
def test_a_cleared_slot_holds_no_idea(function):
    slot = row("practice", idea_state=TRIAL, idea_raiser=7, deliberated=1, cycles=2, successes=1, value=1)
    function(slot)
    assert (slot.idea_state, slot.idea_raiser) == (NO_IDEA, -1)
    assert (slot.deliberated, slot.cycles, slot.successes, slot.value) == (0, 0, 0, 1)


# -- the process: trials ---------------------------------------------------------------------------------------------


def bench(cohort):
    """An empty workbench: no ideas, no changes to follow, room and the usual drive to try, evidence that never errs."""
    return put(
        cohort,
        practice__idea_state=NO_IDEA,
        practice__followed=0,
        practice__cycles=0,
        practice__successes=0,
        team__headspace=1.0,
        team__switching_hours=0.0,
        team__leaver_memory=0.0,
        team__overload=0.0,
        organisation__started_over=0,
        person__alignment=1.0,
        person__motivation=USUAL_MOTIVATION,
        dimension__cross_boundary=0,
        p__lifecycle__cycle_accuracy=1.0,
        p__lifecycle__decay_base=0.0,
    )


def propose(cohort, dimension, *, fits=True, convenient=0):
    """Let every team have one endorsed idea on a dimension that it does not do yet."""
    slot = cohort.practice[:, dimension]
    slot["reality"] = 1
    slot["idea_value"] = 1 if fits else -1
    slot["value"] = -slot["idea_value"]
    slot["idea_state"], slot["idea_origin"], slot["idea_convenient"] = ENDORSED, FROM_STAFF, convenient
    slot["idea_week"], slot["raised_week"] = cohort.week, cohort.week - 3
    return cohort


def simulate(cohort, weeks):
    """Let only ideas run, and return the weekly tallies."""
    tallies = []
    for _ in range(weeks):
        tallies.append(step(cohort, "lifecycle").tally.copy())
        cohort.week += 1
    return np.array(tallies)


def test_a_fitting_idea_is_adopted_after_three_good_cycles(cohort):
    propose(bench(cohort), 2)
    start = cohort.week
    tallies = simulate(cohort, 12)
    assert (cohort.practice["idea_state"][:, 2] == TRIAL).all()
    assert (cohort.practice["cycles"][:, 2] == 2).all()
    assert (cohort.practice["successes"][:, 2] == 2).all()
    assert (tallies["trials_begun"].sum(axis=0) == cohort.organisation["n_teams"]).all()
    last = simulate(cohort, 1)
    slot = cohort.practice[:, 2]
    assert (slot["value"] == 1).all()
    assert (slot["previous"] == -1).all()
    assert (slot["idea_state"] == NO_IDEA).all()
    assert (slot["followed"] == 1).all()
    assert (slot["origin"] == FROM_STAFF).all()
    assert (slot["adopted_week"] == start + 12).all()
    for name in ("trials_won", "adopted_local", "adopted_right"):
        assert (last[name] == cohort.organisation["n_teams"]).all()
    assert (last["weeks_to_adopt"] == 15 * cohort.organisation["n_teams"]).all()


def test_an_idea_that_does_not_fit_is_given_up(cohort):
    propose(bench(cohort), 2, fits=False)
    before = cohort.practice["value"].copy()
    tallies = simulate(cohort, 13)
    np.testing.assert_array_equal(cohort.practice["value"], before)
    assert (cohort.practice["idea_state"] == NO_IDEA).all()
    assert (tallies["trials_lost"].sum(axis=0) == cohort.organisation["n_teams"]).all()
    assert tallies["trials_won"].sum() == 0


def test_a_convenient_idea_that_does_not_fit_is_adopted_where_alignment_is_low(cohort):
    for alignment, adopted in ((0.2, True), (0.9, False)):
        own = put(propose(bench(cohort.copy()), 2, fits=False, convenient=1), person__alignment=alignment)
        simulate(own, 13)
        assert ((own.practice["value"][:, 2] == -1) == adopted).all()
        assert ((own.practice["convenient"][:, 2] == 1) == adopted).all()


def won_share(crowd, accuracy, fits):
    cohort = put(propose(bench(crowd.copy()), 2, fits=fits), p__lifecycle__cycle_accuracy=accuracy)
    return simulate(cohort, 13)["trials_won"].sum() / len(cohort.team)


def test_accurate_cycles_tell_good_from_bad(crowd):
    assert rising(won_share(crowd, accuracy, True) for accuracy in (0.5, 0.7, 1.0))
    assert falling(won_share(crowd, accuracy, False) for accuracy in (0.5, 0.7, 1.0))
    # Two or three good cycles of three, at .7 each: .784.
    assert won_share(crowd, 0.7, True) == pytest.approx(0.784, abs=0.07)


def test_without_headspace_no_cycle_runs(cohort):
    propose(bench(cohort), 2)
    simulate(put(cohort, team__headspace=0.0), 26)
    assert (cohort.practice["cycles"] == 0).all()
    assert (cohort.practice["idea_state"][:, 2] == TRIAL).all()


def test_headspace_lets_more_trials_end_in_time(crowd):
    def won(headspace):
        cohort = put(propose(bench(crowd.copy()), 2), team__headspace=headspace)
        return simulate(cohort, 27)["trials_won"].sum()

    assert rising(won(headspace) for headspace in (0.0, 0.05, 0.12, 0.25))


def test_a_motivated_team_carries_out_more_of_its_cycles(crowd):
    def share_done(motivation, **changes):
        cohort = put(propose(bench(crowd.copy()), 2), team__headspace=0.15, person__motivation=motivation, **changes)
        tallies = simulate(cohort, 13)
        return tallies["cycles_done"].sum() / tallies["cycles_due"].sum()

    assert rising(share_done(motivation) for motivation in (0.1, USUAL_MOTIVATION, 1.0))
    assert share_done(USUAL_MOTIVATION) == pytest.approx(0.6, abs=0.06)
    assert rising(share_done(0.9, p__lifecycle__motivation_weight=w) for w in (0.0, 0.6, 1.8))
    assert constant(share_done(motivation, p__lifecycle__motivation_weight=0.0) for motivation in GRID)
    assert constant(share_done(USUAL_MOTIVATION, p__lifecycle__motivation_weight=w) for w in (0.0, 0.6, 2.0))


def test_a_team_tries_no_more_than_three_ideas_at_once(cohort):
    bench(cohort)
    for dimension in range(8):
        propose(cohort, dimension)
    simulate(cohort, 1)
    assert (cohort.team["n_trials"] == 3).all()
    assert ((cohort.practice["idea_state"] == TRIAL).sum(axis=1) == 3).all()
    assert ((cohort.practice["idea_state"] == ENDORSED).sum(axis=1) == 5).all()
    simulate(cohort, 13)
    assert ((cohort.practice["value"][:, :8] == 1).sum(axis=1) == 3).all()
    assert (cohort.team["n_trials"] <= 3).all()


@pytest.mark.parametrize("most", [1, 2, 6])
def test_the_cap_on_trials_is_the_parameter(cohort, most):
    bench(cohort)
    for dimension in range(8):
        propose(cohort, dimension)
    simulate(put(cohort, p__lifecycle__max_concurrent=most), 1)
    assert (cohort.team["n_trials"] == most).all()


def test_which_idea_comes_first_does_not_depend_on_the_number_of_its_dimension(crowd):
    cohort = bench(crowd.copy())
    for dimension in range(30):
        propose(cohort, dimension)
    simulate(put(cohort, p__lifecycle__max_concurrent=1), 1)
    chosen = (cohort.practice["idea_state"] == TRIAL).sum(axis=0)
    expected = len(cohort.team) / 30
    assert ((chosen - expected) ** 2 / expected).sum() < 58.3  # .001 point at 29 degrees of freedom


def test_an_idea_that_finds_no_free_place_waits(cohort):
    propose(bench(cohort), 2)
    simulate(put(cohort, p__lifecycle__max_concurrent=0), 26)
    assert (cohort.practice["idea_state"][:, 2] == ENDORSED).all()


def test_what_waits_for_an_answer_is_not_tried(cohort):
    propose(bench(cohort), 2)
    put(cohort, practice__idea_state=WAITING)
    before = cohort.practice.copy()
    simulate(cohort, 13)
    np.testing.assert_array_equal(cohort.practice, before)


def test_with_no_cycles_asked_for_what_is_endorsed_is_adopted_at_once(cohort):
    propose(bench(cohort), 2, fits=False)
    simulate(put(cohort, p__lifecycle__n_cycles=0), 1)
    assert (cohort.practice["value"][:, 2] == -1).all()
    assert (cohort.team["n_trials"] == 0).all()


def test_longer_cycles_take_longer(cohort):
    for weeks in (1, 2, 6):
        own = put(propose(bench(cohort.copy()), 2), p__lifecycle__cycle_weeks=weeks)
        simulate(own, 3 * weeks)
        assert (own.practice["value"][:, 2] == -1).all()
        simulate(own, 1)
        assert (own.practice["value"][:, 2] == 1).all()


def test_a_finished_trial_teaches_its_team(cohort):
    propose(bench(cohort), 2)
    before = cohort.person["skill"].copy()
    simulate(cohort, 12)
    np.testing.assert_array_equal(cohort.person["skill"], before)
    simulate(cohort, 1)
    rate = cohort.parameters["lifecycle"]["skill_per_trial"][0]
    staff = cohort.person["role"] == 0
    np.testing.assert_allclose(cohort.person["skill"][staff], before[staff] + rate * (1 - before[staff]))
    np.testing.assert_array_equal(cohort.person["skill"][~staff], before[~staff])


# -- the process: hours ----------------------------------------------------------------------------------------------


def test_trials_cost_hours(cohort):
    bench(cohort)
    for dimension in range(2):
        propose(cohort, dimension)
    tallies = simulate(cohort, 1)
    hours = 2 * cohort.parameters["lifecycle"]["trial_hours"][0]
    np.testing.assert_allclose(cohort.team["improvement_hours"], hours)
    np.testing.assert_allclose(tallies["hours_improvement"][0], hours * cohort.organisation["n_teams"])


def test_a_change_costs_forty_hours_ten_of_them_in_the_first_week(cohort):
    propose(bench(cohort), 2)
    put(cohort, p__lifecycle__n_cycles=0)
    tallies = simulate(cohort, 60)
    hours = tallies["hours_improvement"] / cohort.organisation["n_teams"]
    np.testing.assert_allclose(hours[0], 10.0)
    np.testing.assert_allclose(hours.sum(axis=0), 40.0, atol=1e-4)
    assert never_falling(-hours[:, 0])


# -- the process: across boundaries ----------------------------------------------------------------------------------


def across(cohort, **changes):
    put(propose(bench(cohort), 2), dimension__cross_boundary=1, p__lifecycle__n_cycles=0)
    return put(cohort, **changes)


def test_a_change_across_the_boundary_needs_a_second_team(cohort):
    across(cohort, neighbour__team=-1, neighbour__ties=0, p__lifecycle__consent_base=1.0)
    tallies = simulate(cohort, 1)
    assert (cohort.practice["value"][:, 2] == -1).all()
    assert (tallies["trials_lost"][0] == cohort.organisation["n_teams"]).all()


def test_where_the_second_team_consents_it_changes_too(cohort):
    across(cohort, p__lifecycle__consent_base=1.0)
    cohort.practice["idea_state"] = NO_IDEA
    cohort.practice["idea_state"][0, 2] = ENDORSED
    before = cohort.team["switching_hours"].copy()
    simulate(cohort, 1)
    changed = np.flatnonzero(cohort.practice["value"][:, 2] == 1)
    assert len(changed) == 2
    assert changed[0] == 0
    assert changed[1] in cohort.neighbour["team"][0]
    assert cohort.tally["adopted_local"][0] == 2
    assert (cohort.team["switching_hours"][changed] > before[changed]).all()


def test_trust_in_the_second_team_wins_its_consent(crowd):
    def consented(trust, **changes):
        own = across(crowd.copy(), person__trust=trust, **changes)
        return simulate(own, 1)["trials_won"].sum() / len(own.team)

    assert rising(consented(trust) for trust in (0.0, 0.5, 1.0))
    assert consented(0.5) == pytest.approx(0.3 + 0.5 * 0.5, abs=0.08)
    assert consented(0.0, p__lifecycle__consent_base=0.0, person__professionalism=0.5) == 0.0


# -- the process: lasting and decay ----------------------------------------------------------------------------------


def change_all(cohort, weeks_ago=1):
    """Let every team have changed dimension 2 from −1 to 1 some weeks ago."""
    slot = bench(cohort).practice[:, 2]
    slot["value"], slot["previous"], slot["followed"] = 1, -1, 1
    slot["adopted_week"] = cohort.week - weeks_ago
    return cohort


def test_a_decayed_practice_returns_to_the_one_before(cohort):
    tallies = simulate(put(change_all(cohort), p__lifecycle__decay_base=1.0, p__lifecycle__decay_neighbours=0.0), 1)
    assert (cohort.practice["value"][:, 2] == -1).all()
    assert (cohort.practice["followed"][:, 2] == 0).all()
    assert (tallies["decayed"][0] == cohort.organisation["n_teams"]).all()
    assert simulate(cohort, 5)["decayed"].sum() == 0


def test_a_change_that_stood_for_a_year_is_sustained_and_then_stays(cohort):
    change_all(cohort, weeks_ago=1)
    tallies = simulate(cohort, YEAR - 1)
    assert tallies["sustained"].sum() == 0
    assert (cohort.practice["followed"][:, 2] == 1).all()
    assert (simulate(cohort, 1)["sustained"][0] == cohort.organisation["n_teams"]).all()
    assert (cohort.practice["followed"][:, 2] == 0).all()
    simulate(put(cohort, p__lifecycle__decay_base=1.0), 5)
    assert (cohort.practice["value"][:, 2] == 1).all()


def test_practices_of_old_neither_decay_nor_are_sustained(cohort):
    put(bench(cohort), practice__adopted_week=LONG_AGO, p__lifecycle__decay_base=1.0)
    before = cohort.practice.copy()
    tallies = simulate(cohort, 5)
    np.testing.assert_array_equal(cohort.practice, before)
    assert tallies["sustained"].sum() + tallies["decayed"].sum() == 0


def test_a_change_cannot_decay_in_the_week_in_which_it_is_made(cohort):
    simulate(put(propose(bench(cohort), 2), p__lifecycle__n_cycles=0, p__lifecycle__decay_base=1.0), 1)
    assert (cohort.practice["value"][:, 2] == 1).all()


def decayed(crowd, **changes):
    return simulate(put(change_all(crowd.copy()), **changes), 20)["decayed"].sum() / len(crowd.team)


def test_overload_and_leavers_make_more_changes_decay_and_a_like_minded_neighbourhood_fewer(crowd):
    assert rising(decayed(crowd, team__overload=o, p__lifecycle__decay_base=0.012) for o in (0.0, 0.5, 1.0))
    assert rising(decayed(crowd, team__leaver_memory=x, p__lifecycle__decay_base=0.012) for x in (0.0, 0.05, 0.2))
    assert falling(
        decayed(crowd, p__lifecycle__decay_base=0.03, p__lifecycle__decay_neighbours=x) for x in (0.0, 0.015, 0.03)
    )


def test_a_chief_who_starts_over_takes_changes_along(crowd):
    def gone(left):
        return simulate(put(change_all(crowd.copy()), organisation__started_over=left), 1)["decayed"].sum() / len(
            crowd.team
        )

    assert gone(0) == 0.0
    assert gone(1) == pytest.approx(0.1 - 0.008, abs=0.06)


def test_empty_posts_have_no_say_in_what_convinces_a_team(cohort):
    propose(bench(cohort), 2, fits=False, convenient=1)
    put(cohort, person__alignment=0.9)
    cohort.person["vacant"][cohort.team["first_person"]] = 1
    cohort.person["alignment"][cohort.person["vacant"] == 1] = 0.0
    simulate(cohort, 13)
    assert (cohort.practice["value"][:, 2] == 1).all()


def test_changes_decay_as_fast_as_the_hazard_states(crowd):
    share = decayed(crowd, p__lifecycle__decay_base=0.05, p__lifecycle__decay_neighbours=0.0)
    assert share == pytest.approx(1 - 0.95**20, abs=0.08)


def two_neighbours(cohort, leader, follower):
    """Two teams that do the same and look to each other only; the leader's change is bound to decay this week."""
    change_all(cohort)
    put(cohort, neighbour__team=-1, neighbour__ties=0)
    for own, other in ((leader, follower), (follower, leader)):
        cohort.neighbour["team"][own, 0], cohort.neighbour["ties"][own, 0] = other, 1
    cohort.team["overload"][leader] = 1.0
    put(cohort, p__lifecycle__decay_base=1.0, p__lifecycle__decay_overload=1.0, p__lifecycle__decay_neighbours=1.0)
    simulate(cohort, 1)
    assert cohort.practice["value"][leader, 2] == -1
    return cohort.practice["value"][follower, 2]


def test_within_a_week_teams_see_what_their_neighbours_did_before_the_week(cohort):
    assert two_neighbours(cohort.copy(), 1, 0) == 1
    assert two_neighbours(cohort.copy(), 0, 1) == 1


def test_falling_back_to_a_convenient_practice_saves_its_time_again(cohort):
    change_all(cohort)
    cohort.practice["convenient"][:, 2] = 1
    cohort.practice["followed"][:, 2] = 0
    propose(cohort, 2)
    cohort.practice["value"][:, 2], cohort.practice["convenient"][:, 2] = -1, 1
    simulate(put(cohort, p__lifecycle__n_cycles=0), 1)
    assert (cohort.practice["convenient"][:, 2] == 0).all()
    simulate(put(cohort, p__lifecycle__decay_base=1.0, p__lifecycle__decay_neighbours=0.0), 1)
    assert (cohort.practice["value"][:, 2] == -1).all()
    assert (cohort.practice["convenient"][:, 2] == 1).all()


# -- the switch ------------------------------------------------------------------------------------------------------


def test_switched_off_no_idea_is_tried_and_no_change_decays(cohort):
    propose(put(change_all(cohort), p__lifecycle__decay_base=1.0), 3)
    before = cohort.practice.copy()
    tallies = simulate(put(cohort, p__lifecycle__enabled=False), 20)
    np.testing.assert_array_equal(cohort.practice, before)
    assert all(tallies[name].sum() == 0 for name in ("trials_begun", "trials_won", "decayed", "sustained"))


def test_switched_off_trials_cost_no_hours(cohort):
    propose(bench(cohort), 2)
    simulate(cohort, 1)
    assert (cohort.team["improvement_hours"] > 0).all()
    simulate(put(cohort, p__lifecycle__enabled=False), 1)
    assert (cohort.team["improvement_hours"] == 0).all()


def test_two_teams_can_have_the_same_idea_at_once(cohort):
    across(cohort, p__lifecycle__consent_base=1.0)
    tallies = simulate(cohort, 1)
    assert (cohort.practice["value"][:, 2] == 1).all()
    assert tallies["adopted_local"].sum() == len(cohort.team)


def test_a_plain_week_of_ideas_is_the_same_from_any_copy(cohort):
    one, other = after(cohort, "lifecycle"), after(cohort, "lifecycle")
    assert one.state_bytes() == other.state_bytes()


# -- reports and inspections -----------------------------------------------------------------------------------------


def test_reports_on_cycles_slow_trials_down(crowd):
    def done(report):
        cohort = put(propose(bench(crowd.copy()), 2), team__headspace=0.2, p__lifecycle__report_hours=report)
        tallies = simulate(cohort, 13)
        return tallies["cycles_done"].sum(), tallies["trials_won"].sum(), tallies["cycles_due"].sum()

    assert falling(done(report)[0] for report in (0.0, 4.0, 8.0, 12.0))
    assert falling(done(report)[1] for report in (0.0, 4.0, 8.0))
    assert done(12.0)[:2] == (0, 0)
    assert done(0.0)[0] / done(0.0)[2] == pytest.approx(0.8, abs=0.05)
    assert done(4.0)[0] / done(4.0)[2] == pytest.approx(0.8 * 2 / 3, abs=0.05)


def test_cycles_that_are_due_are_counted_and_no_more_are_carried_out(crowd):
    tallies = simulate(put(propose(bench(crowd.copy()), 2), team__headspace=0.1), 26)
    assert (tallies["cycles_done"] <= tallies["cycles_due"]).all()
    assert (tallies["cycles_due"][[4, 8, 12]].sum(axis=1) > 0).all()
    assert tallies["cycles_due"][[0, 1, 2, 3, 5, 6, 7]].sum() == 0


def test_no_trial_begins_that_could_not_end_before_an_inspection(cohort):
    for deadline, begins in ((0, True), (11, False), (12, True), (26, True)):
        own = put(propose(bench(cohort.copy()), 2), organisation__notice=deadline)
        simulate(own, 1)
        assert ((own.practice["idea_state"][:, 2] == TRIAL) == begins).all(), deadline
    short = put(propose(bench(cohort.copy()), 2), organisation__notice=4, p__lifecycle__n_cycles=1)
    simulate(short, 1)
    assert (short.practice["idea_state"][:, 2] == TRIAL).all()


def test_a_trial_that_runs_already_goes_on_under_a_deadline(cohort):
    propose(bench(cohort), 2)
    simulate(cohort, 1)
    simulate(put(cohort, organisation__notice=4), 12)
    assert (cohort.practice["value"][:, 2] == 1).all()


def test_what_waits_for_the_inspection_to_pass_begins_after_it(cohort):
    propose(bench(cohort), 2)
    simulate(put(cohort, organisation__notice=4), 3)
    assert (cohort.practice["idea_state"][:, 2] == ENDORSED).all()
    simulate(put(cohort, organisation__notice=0), 1)
    assert (cohort.practice["idea_state"][:, 2] == TRIAL).all()


# -- consent ---------------------------------------------------------------------------------------------------------


def test_the_chance_of_consent_follows_its_formula_and_is_a_probability(cohort):
    put(cohort, person__vacant=0)
    for trust, professionalism in ((0.0, 0.0), (0.2, 0.7), (0.9, 0.5), (1.0, 1.0)):
        own = put(cohort.copy(), person__trust=trust, person__professionalism=professionalism)
        person, g = own.person, own.team.view(np.recarray)[0]
        expected = 0.3 + 0.5 * trust + 0.3 * (professionalism - 0.5)
        assert both(consent_probability, q, g, person) == pytest.approx(min(1.0, max(0.0, expected)))


def test_the_professional_consent_to_changes_across_the_boundary(crowd):
    def consented(professionalism, **changes):
        own = across(crowd.copy(), person__trust=0.5, person__professionalism=professionalism, **changes)
        return simulate(own, 1)["trials_won"].sum() / len(own.team)

    assert rising(consented(x, p__lifecycle__consent_professionalism=1.0) for x in (0.0, 0.5, 1.0))
    assert constant(consented(x, p__lifecycle__consent_professionalism=0.0) for x in (0.0, 0.5, 1.0))


def test_a_chief_who_starts_over_drops_what_a_programme_brought_and_nothing_else(cohort):
    put(cohort, practice__idea_state=TRIAL, practice__idea_week=cohort.week, practice__idea_origin=FROM_STAFF)
    cohort.practice["idea_origin"][:, 0] = FROM_PROGRAMME
    kept = step(put(cohort.copy(), organisation__started_over=0), "lifecycle").practice["idea_state"]
    dropped = step(put(cohort.copy(), organisation__started_over=1), "lifecycle").practice["idea_state"]
    assert (kept == TRIAL).all()
    assert (dropped[:, 0] == NO_IDEA).all()
    assert (dropped[:, 1:] == TRIAL).all()
