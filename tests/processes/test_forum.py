"""Patients are heard through a forum: who sits there, what it may decide, and whether anyone listens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import (
    GRID,
    both,
    burnt_in,
    changed_columns,
    constant,
    falling,
    never_falling,
    put,
    record,
    rising,
    shares,
    small_scenario,
    step,
)

from civicsim.model.levers import PATIENTS
from civicsim.model.organisation import (
    ENDORSED,
    FROM_PATIENTS,
    N_PATIENT_GROUPS,
    NO_IDEA,
    TO_FORUM,
    TO_MANAGER,
    WAITING,
)
from civicsim.model.processes.forum import (
    NATIONAL,
    ORGANISATION,
    TEAM,
    USUAL_GROUP,
    Parameters,
    _pick,
    activation_target,
    effective_reach,
    independence_after,
    satisfaction_as_reported,
    seat_share,
    sees_rightly,
    time_for_problems,
)
from civicsim.model.processes.response import forum_insists
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

q = record(Parameters())
ONLY = [PROCESSES["forum"]]
PRICE = 10.0
LEVELS = (TEAM, ORGANISATION, NATIONAL)


def held(x):
    return min(1.0, max(0.0, x))


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, st.booleans(), shares, shares)
def test_seats_follow_their_formula_and_are_a_share(share, usual, bias, reach):
    tilt = bias * (1 - reach)
    assert both(seat_share, share, usual, bias, reach) == pytest.approx((1 - tilt) * share + tilt * usual)
    assert 0.0 <= seat_share(share, usual, bias, reach) <= 1.0


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), shares, shares)
def test_the_seats_of_all_groups_sum_to_one(weights, bias, reach):
    population = np.array(weights) / sum(weights)
    assert sum(seat_share(x, k == 0, bias, reach) for k, x in enumerate(population)) == pytest.approx(1.0)


def test_bias_gives_seats_to_the_usual_volunteers_and_reach_takes_them_back():
    assert rising(seat_share(0.3, 1, bias, 0.2) for bias in GRID)
    assert falling(seat_share(0.3, 0, bias, 0.2) for bias in GRID)
    assert falling(seat_share(0.3, 1, 0.6, reach) for reach in GRID)
    assert rising(seat_share(0.3, 0, 0.6, reach) for reach in GRID)
    assert rising(seat_share(share, 0, 0.6, 0.2) for share in GRID)


def test_with_full_reach_or_without_bias_seats_are_those_of_the_population():
    assert {seat_share(0.3, usual, bias, 1.0) for usual in (0, 1) for bias in GRID} == {0.3}
    assert {seat_share(0.3, usual, 0.0, reach) for usual in (0, 1) for reach in GRID} == {0.3}
    assert seat_share(0.3, 1, 1.0, 0.0) == 1.0
    assert seat_share(0.3, 0, 1.0, 0.0) == 0.0


@given(shares, shares, st.floats(0, 0.2), st.booleans(), st.floats(0, 0.2))
def test_independence_follows_its_formula_and_is_a_share(now, intended, rate, target, erosion):
    expected = held(now - erosion) if target else held(now + rate * (intended - now))
    assert both(independence_after, now, intended, rate, target, erosion) == pytest.approx(expected)


def test_independence_follows_the_intention_unless_a_target_erodes_it():
    assert rising(independence_after(0.5, intended, 0.1, False, 0.02) for intended in GRID)
    assert rising(independence_after(now, 0.5, 0.1, False, 0.02) for now in GRID)
    assert rising(independence_after(0.5, 0.9, rate, False, 0.02) for rate in (0.0, 0.1, 0.2))
    assert constant(independence_after(0.5, intended, 0.1, True, 0.02) for intended in GRID)
    assert falling(independence_after(0.5, 0.9, 0.1, True, erosion) for erosion in (0.0, 0.02, 0.2))
    assert independence_after(0.01, 0.9, 0.1, True, 0.02) == 0.0


@given(shares, shares, shares, shares, shares)
def test_activation_follows_its_formula_and_is_a_share(base, heard_weight, heard, ignored_weight, consulted):
    expected = held(base + consulted * (heard_weight * heard - ignored_weight * (1 - heard)))
    assert both(activation_target, base, heard_weight, heard, ignored_weight, consulted) == pytest.approx(expected)


def test_being_acted_on_activates_and_being_ignored_does_the_opposite():
    assert rising(activation_target(0.3, 0.5, heard, 0.3, 0.8) for heard in GRID)
    assert rising(activation_target(0.3, 0.5, 1.0, 0.3, consulted) for consulted in GRID)
    assert falling(activation_target(0.3, 0.5, 0.0, 0.3, consulted) for consulted in GRID)
    assert rising(activation_target(base, 0.3, 0.5, 0.3, 0.5) for base in GRID[:-1])
    assert rising(activation_target(0.3, weight, 0.5, 0.3, 0.5) for weight in GRID)
    assert falling(activation_target(0.8, 0.5, 0.5, weight, 0.5) for weight in GRID)


def test_patients_who_are_not_consulted_stay_as_active_as_they_are_by_themselves():
    assert {activation_target(0.3, 0.5, heard, 0.3, 0.0) for heard in GRID} == {0.3}


@given(st.floats(0.5, 1), st.floats(0, 0.25), st.integers(0, 2))
def test_seeing_rightly_follows_its_formula_and_is_never_worse_than_chance(accuracy, loss, level):
    chance = both(sees_rightly, accuracy, loss, level)
    assert chance == pytest.approx(max(0.5, accuracy - loss * level))
    assert 0.5 <= chance <= 1.0


def test_the_further_away_a_forum_meets_the_less_it_sees():
    assert falling(sees_rightly(0.75, 0.05, level) for level in LEVELS)
    assert falling(sees_rightly(0.9, loss, 1) for loss in (0.0, 0.1, 0.25))
    assert rising(sees_rightly(accuracy, 0.05, 1) for accuracy in (0.6, 0.75, 1.0))
    assert constant(sees_rightly(0.75, 0.0, level) for level in LEVELS)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda x: sum(x) > 0.01), st.floats(0, 0.999999))
def test_picking_takes_an_index_in_proportion_to_its_weight(weights, u):
    w = np.array(weights)
    k = both(_pick, w, w.sum(), u)
    edges = np.concatenate([[0.0], np.cumsum(w)]) / w.sum()
    assert edges[k] - 1e-9 <= u <= edges[k + 1] + 1e-9


# -- what it raises --------------------------------------------------------------------------------------------------


def ready(cohort, issues=1, activation=1.0, **changes):
    """Return a copy with empty slots, active patients, and hours in hand for some issues."""
    own = put(
        cohort.copy(),
        practice__idea_state=NO_IDEA,
        patient__activation=activation,
        organisation__hours__patients=0.0,
        organisation__forum_credit=issues * PRICE,
        dimension__patient_visible=1,
        p__forum__activation_rate=0.0,
    )
    return put(own, **changes)


def raised(cohort):
    return cohort.practice[cohort.practice["idea_state"] == WAITING]


def test_what_the_forum_raises_waits_for_an_answer_as_an_idea_of_patients(cohort):
    cohort.week = 7
    ideas = raised(step(ready(cohort, 20), "forum"))
    assert len(ideas) > 20
    for name, value in (
        ("idea_channel", TO_FORUM),
        ("idea_origin", FROM_PATIENTS),
        ("idea_raiser", -1),
        ("idea_convenient", 0),
        ("raised_week", 7),
        ("idea_week", 7),
        ("deliberated", 0),
        ("cycles", 0),
        ("successes", 0),
    ):
        assert (ideas[name] == value).all(), name
    assert (ideas["idea_value"] != ideas["value"]).all()
    assert set(ideas["idea_group"]) <= set(range(N_PATIENT_GROUPS))


def test_only_what_patients_can_see_is_raised(cohort):
    visible = np.arange(30) % 3 == 0
    own = ready(cohort, 60)
    own.dimension["patient_visible"] = visible
    step(own, "forum")
    waiting = own.practice["idea_state"] == WAITING
    assert waiting[:, visible].any()
    assert not waiting[:, ~visible].any()


def test_where_patients_see_nothing_nothing_is_raised(cohort):
    own = step(ready(cohort, 20, dimension__patient_visible=0), "forum")
    assert (own.tally["voiced_forum"] == 0).all()
    assert len(raised(own)) == 0


def test_what_is_on_the_table_already_stays(cohort):
    own = ready(cohort, 60, practice__idea_state=WAITING, practice__idea_channel=TO_MANAGER)
    own.practice["idea_state"][:, 1::3] = ENDORSED
    own.practice["idea_state"][:, 2::3] = NO_IDEA
    before = own.practice.copy()
    step(own, "forum")
    taken = before["idea_state"] != NO_IDEA
    np.testing.assert_array_equal(own.practice[taken], before[taken])
    assert (own.practice["idea_state"][:, 2::3] == WAITING).any()


def test_what_is_counted_is_what_was_raised(cohort):
    own = step(ready(cohort, 20), "forum")
    waiting = (own.practice["idea_state"] == WAITING).reshape(3, -1).sum(axis=1)
    np.testing.assert_array_equal(own.tally["voiced_forum"], waiting)


def test_groups_raise_what_they_need(crowd):
    """Each group cares for one dimension only; that is what is raised in its name."""
    own = ready(crowd, 20, need__weight=0.0)
    for k in range(N_PATIENT_GROUPS):
        own.need["weight"][:, k, 3 * k] = 1.0
    step(own, "forum")
    rows, d = np.nonzero(own.practice["idea_state"] == WAITING)
    np.testing.assert_array_equal(own.practice["idea_group"][rows, d] * 3, d)


def test_the_usual_volunteers_raise_more_where_the_panel_is_biased(crowd):
    """Issues come by seats, not by population, as far as recruitment is biased."""

    def share(bias, reach=0.0):
        own = step(ready(crowd, 20, p__forum__recruitment_bias=bias, organisation__patient_reach=reach), "forum")
        return (raised(own)["idea_group"] == USUAL_GROUP).mean()

    assert rising(share(bias) for bias in (0.0, 0.3, 0.6, 1.0))
    assert share(1.0) == 1.0
    assert share(0.0) == pytest.approx(0.3, abs=0.04)
    assert share(0.6, reach=1.0) == pytest.approx(0.3, abs=0.04)


# -- how far away it meets -------------------------------------------------------------------------------------------


def by_level(crowd, level, **changes):
    """Return how many issues reached teams, and the share of them that fit there."""
    own = ready(crowd, 5, p__forum__level=level, practice__value=0, **changes)
    own = step(own, "forum")
    ideas = raised(own)
    return len(ideas), (ideas["idea_value"] == ideas["reality"]).mean()


def test_with_the_same_hours_a_forum_near_the_team_fits_better_and_one_far_away_reaches_more(crowd):
    found = [by_level(crowd, level, dimension__kappa=0.5) for level in LEVELS]
    assert rising(n for n, _ in found)
    assert falling(fit for _, fit in found)


def test_a_team_forum_is_right_as_often_as_its_accuracy_states(crowd):
    for accuracy in (0.5, 0.75, 1.0):
        _, fit = by_level(crowd, TEAM, p__forum__accuracy=accuracy)
        assert fit == pytest.approx(accuracy, abs=0.06)


def test_far_away_what_fits_in_general_is_seen(crowd):
    own = ready(crowd, 5, p__forum__level=NATIONAL, practice__value=0, p__forum__accuracy=1.0)
    put(own, p__forum__accuracy_loss=0.0)
    step(own, "forum")
    rows, d = np.nonzero(own.practice["idea_state"] == WAITING)
    truth = own.dimension["truth"][own.team["organisation"][rows], d]
    np.testing.assert_array_equal(own.practice["idea_value"][rows, d], truth)


@pytest.mark.parametrize(("level", "reach"), [(TEAM, 1), (ORGANISATION, 3), (NATIONAL, 6)])
def test_an_issue_reaches_more_teams_with_each_level_up_to_all(crowd, level, reach):
    own = step(ready(crowd, 1, p__forum__level=level, practice__value=0), "forum")
    assert (own.tally["voiced_forum"] == reach).all()


# -- hours -----------------------------------------------------------------------------------------------------------


def test_an_issue_costs_its_hours_and_hours_without_patients_are_not_spent(cohort):
    own = step(ready(cohort, 6), "forum")
    np.testing.assert_allclose(own.organisation["spent"][:, PATIENTS] * own.organisation["n_staff"], 6 * PRICE)
    assert (own.organisation["forum_credit"] == 0.0).all()
    none = step(ready(cohort, 6, activation=0.0), "forum")
    assert (none.organisation["spent"][:, PATIENTS] == 0.0).all()
    assert len(raised(none)) == 0


def test_more_active_patients_use_more_of_the_hours(crowd):
    def spent(activation):
        return step(ready(crowd, 20, activation), "forum").organisation["spent"][:, PATIENTS].mean()

    assert rising(spent(activation) for activation in GRID)
    assert spent(0.5) == pytest.approx(0.5 * spent(1.0), rel=0.1)


@settings(max_examples=15)
@given(st.floats(0, 1), shares, st.integers(0, 5000))
def test_over_a_quarter_no_more_hours_are_spent_than_were_allotted(small_cohort, hours, activation, week):
    own = ready(small_cohort, 0, activation, organisation__hours__patients=hours)
    own.week = week
    spent = 0.0
    for _ in range(13):
        own.practice["idea_state"] = NO_IDEA
        advance(own, 1, processes=ONLY)
        spent = spent + own.organisation["spent"][:, PATIENTS]
    assert (spent <= 13 * hours + 1e-9).all()
    assert (own.organisation["forum_credit"] <= PRICE).all()


def test_switched_off_there_are_no_issues_and_the_hours_go_back_to_care(cohort):
    own = ready(cohort, 20, organisation__hours__patients=1.0, p__forum__enabled=False)
    own.tally[:] = 0
    before = own.copy()
    step(own, "forum")
    assert changed_columns(before, own) <= {"organisation.spent"}
    assert (own.organisation["spent"][:, PATIENTS] == 0.0).all()


def test_switched_off_for_years_no_idea_of_patients_is_on_the_table():
    cohort = burnt_in(2, burn_in_weeks=60, forum__enabled=False)
    assert not ((cohort.practice["idea_origin"] == FROM_PATIENTS) & (cohort.practice["idea_state"] > 0)).any()
    assert not (cohort.practice["origin"] == FROM_PATIENTS).any()


def test_without_patients_nothing_happens_and_nothing_breaks():
    cohort = burnt_in(1, patients_per_post=0.0, burn_in_weeks=20)
    assert (cohort.organisation["spent"][:, PATIENTS] == 0.0).all()
    assert len(cohort.patient) == 0


def test_a_large_organisation_can_use_all_its_hours(cohort):
    own = step(ready(cohort, 200), "forum")
    np.testing.assert_allclose(own.organisation["spent"][:, PATIENTS] * own.organisation["n_staff"], 200 * PRICE)


# -- who sits there --------------------------------------------------------------------------------------------------


def representativeness(cohort, bias, reach):
    own = put(cohort.copy(), p__forum__recruitment_bias=bias, organisation__patient_reach=reach)
    step(own, "forum", "record")
    np.testing.assert_allclose(own.panel["seats"].sum(axis=1), 1.0)
    distance = 0.5 * np.abs(own.panel["seats"] - own.panel["share"]).sum(axis=1)
    np.testing.assert_allclose(own.snapshot["representativeness"], 1 - distance)
    return own.snapshot["representativeness"][0]


def test_with_full_reach_the_panel_represents_the_population(cohort):
    assert [representativeness(cohort, bias, 1.0) for bias in GRID] == pytest.approx([1.0] * len(GRID))


def test_the_panel_represents_less_with_bias_and_more_with_reach(cohort):
    assert falling(representativeness(cohort, bias, 0.3) for bias in GRID)
    assert rising(representativeness(cohort, 0.6, reach) for reach in GRID)
    assert representativeness(cohort, 1.0, 0.0) == pytest.approx(0.3)


def test_more_hours_without_reach_leave_the_panel_as_biased_as_it_was(cohort):
    """Seats without reach change nothing about who is heard."""
    found = {representativeness(put(cohort.copy(), organisation__hours__patients=h), 0.6, 0.2) for h in (0.0, 0.5, 3.0)}
    assert len(found) == 1


# -- what it can do --------------------------------------------------------------------------------------------------


def acted_on(cohort, weeks=52, *, independence, budget):
    """Return how many issues of the forum are acted on in a year, and how many are not."""
    own = put(
        cohort.copy(),
        organisation__forum_independence=independence,
        organisation__independence=independence,
        organisation__forum_budget=budget,
        organisation__forum_funds=0.0,
        organisation__allotted__patients=1.0,
        p__governing__enabled=False,
        organisation__patient_reach=0.5,
    )
    acted = ignored = 0.0

    def observe(at, first, last):
        nonlocal acted, ignored
        acted += at.tally["acted_forum"].sum()
        ignored += at.panel["ignored"].sum()

    advance(own, weeks, observe=observe)
    return acted


def test_without_independence_or_without_a_budget_no_issue_is_ever_acted_on(crowd):
    assert acted_on(crowd, independence=0.0, budget=1.0) == 0
    assert acted_on(crowd, independence=1.0, budget=0.0) == 0
    assert acted_on(crowd, independence=1.0, budget=1.0) > 100


def test_more_independence_and_more_budget_get_more_issues_acted_on(crowd):
    assert rising(acted_on(crowd, independence=i, budget=1.0) for i in (0.0, 0.1, 0.3))
    assert rising(acted_on(crowd, independence=1.0, budget=b) for b in (0.0, 0.2, 0.5, 1.0))


def test_independence_and_budget_complete_each_other(crowd):
    both_, neither = acted_on(crowd, independence=0.8, budget=0.8), acted_on(crowd, independence=0.1, budget=0.1)
    one, other = acted_on(crowd, independence=0.8, budget=0.1), acted_on(crowd, independence=0.1, budget=0.8)
    assert both_ + neither > one + other


def test_independence_counts_also_where_money_is_scarce(crowd):
    """Influence is independence × budget, as the forum's title states."""
    half, full = (acted_on(crowd, 416, independence=i, budget=0.1) for i in (0.4, 0.8))
    assert half == pytest.approx(full / 2, rel=0.3)


def test_no_more_is_acted_on_than_there_is_money_for(cohort):
    own = put(cohort.copy(), organisation__independence=1.0, organisation__forum_funds=2.5)
    put(own, practice__idea_state=WAITING, practice__idea_channel=TO_FORUM, practice__idea_raiser=-1)
    step(own, "response")
    assert (own.tally["acted_forum"] == 2).all()
    np.testing.assert_allclose(own.organisation["forum_funds"], 0.5)
    assert (own.panel["acted"].sum(axis=1) == 2).all()
    n = own.practice.shape[1] * own.organisation["n_teams"]
    assert (own.panel["ignored"].sum(axis=1) == n - 2).all()


def test_money_comes_week_by_week_and_is_kept_for_a_quarter_of_a_full_budget(cohort):
    own = put(cohort.copy(), organisation__forum_funds=0.0, organisation__forum_budget=0.6)
    advance(own, 13, processes=ONLY)
    np.testing.assert_allclose(own.organisation["forum_funds"], 0.6 * 0.5 * 4)
    advance(own, 130, processes=ONLY)
    np.testing.assert_allclose(own.organisation["forum_funds"], 0.5 * 4)


def test_a_quarter_of_budget_pays_for_as_many_fixes_as_stated(cohort):
    """Thirteen thirteenths of two fixes are two fixes, whatever binary fractions make of them."""
    own = put(cohort.copy(), organisation__forum_funds=0.0, organisation__forum_budget=0.5)
    advance(own, 13, processes=ONLY)
    put(own, organisation__independence=1.0, practice__idea_state=WAITING, practice__idea_channel=TO_FORUM)
    put(own, practice__idea_raiser=-1)
    step(own, "response")
    assert (own.tally["acted_forum"] == 1).all()


# -- independence and activation over time ---------------------------------------------------------------------------


def test_independence_settles_where_the_style_intends(cohort):
    own = put(cohort.copy(), organisation__forum_independence=0.9)
    before = own.organisation["independence"].copy()
    advance(own, 1, processes=ONLY)
    np.testing.assert_allclose(own.organisation["independence"], before + 0.02 * (0.9 - before))
    advance(own, 300, processes=ONLY)
    np.testing.assert_allclose(own.organisation["independence"], 0.9, atol=0.01)


def test_a_target_of_the_host_erodes_independence_to_nothing(cohort):
    own = put(cohort.copy(), organisation__independence=0.9, organisation__forum_independence=0.9)
    put(own, p__forum__satisfaction_target=0.8)
    advance(own, 20, processes=ONLY)
    np.testing.assert_allclose(own.organisation["independence"], 0.5)
    advance(own, 30, processes=ONLY)
    assert (own.organisation["independence"] == 0.0).all()


def test_under_a_target_for_satisfaction_nothing_is_acted_on_in_the_end(crowd):
    own = put(crowd.copy(), p__forum__satisfaction_target=0.8, organisation__forum_budget=1.0)
    put(own, organisation__forum_independence=1.0, organisation__allotted__patients=1.0)
    advance(own, 52)
    total = 0.0
    for _ in range(26):
        total += advance(own, 1).tally["acted_forum"].sum()
    assert total == 0


def activation(cohort, weeks=52, **changes):
    own = put(cohort.copy(), organisation__hours__patients=0.0, **changes)
    return advance(own, weeks, processes=ONLY).patient["activation"].mean()


def test_activation_rises_where_voice_is_acted_on_and_falls_where_it_is_asked_for_and_ignored(cohort):
    start = cohort.patient["activation"].mean()
    assert activation(cohort, panel__heard=1.0, organisation__patient_reach=0.8) > start + 0.1
    assert activation(cohort, panel__heard=0.0, organisation__patient_reach=0.8) < start - 0.05


def test_activation_follows_being_heard_and_the_more_so_the_more_are_consulted(cohort):
    assert rising(activation(cohort, panel__heard=x, organisation__patient_reach=0.5) for x in GRID)
    assert rising(activation(cohort, panel__heard=1.0, organisation__patient_reach=x) for x in GRID)
    assert falling(activation(cohort, panel__heard=0.0, organisation__patient_reach=x) for x in GRID)


def test_each_group_remembers_what_came_of_its_own_issues(cohort):
    own = put(cohort.copy(), panel__heard=0.5, panel__acted=0.0, panel__ignored=0.0)
    own.panel["acted"][:, 0], own.panel["ignored"][:, 1] = 2.0, 3.0
    own.panel["acted"][:, 2], own.panel["ignored"][:, 2] = 1.0, 1.0
    step(own, "forum")
    np.testing.assert_allclose(own.panel["heard"][0], [0.55, 0.45, 0.5, 0.5, 0.5])
    assert (own.panel["acted"] == 0.0).all()
    assert (own.panel["ignored"] == 0.0).all()


def test_activation_reaches_its_target_and_stays_a_share(cohort):
    for heard, reach in ((0.0, 1.0), (1.0, 1.0), (0.5, 0.5)):
        target = activation_target(0.3, 0.5, heard, 0.3, reach)
        assert activation(cohort, 500, panel__heard=heard, organisation__patient_reach=reach) == pytest.approx(
            target, abs=0.01
        )


def test_patients_are_more_active_after_years_of_being_acted_on(crowd):
    def after_years(independence):
        own = put(crowd.copy(), organisation__forum_independence=independence, organisation__forum_budget=1.0)
        put(own, organisation__allotted__patients=0.5, organisation__patient_reach=0.8)
        return advance(own, 104).patient["activation"].mean()

    assert never_falling(after_years(independence) for independence in (0.0, 0.5, 1.0))


def test_where_no_one_raised_anything_no_one_was_ignored():
    cohort = burnt_in(2, burn_in_weeks=0, n_teams=4)
    before = cohort.patient["activation"].mean()
    assert activation(cohort, organisation__patient_reach=1.0) >= min(before, 0.3) - 0.01


def test_an_idea_of_patients_that_lapses_is_no_promise_to_staff_broken(cohort):
    own = put(cohort.copy(), practice__idea_state=NO_IDEA, team__joined=0.0)
    slot = own.practice[:, 0]
    slot["idea_state"], slot["idea_channel"], slot["idea_origin"] = ENDORSED, TO_FORUM, FROM_PATIENTS
    slot["idea_raiser"], slot["idea_week"] = -1, own.week - 100
    step(own, "response")
    assert (own.tally["lapsed"] == 4).all()
    assert (own.team["dealt"] == 0.0).all()


def test_the_level_is_chosen_by_name_in_a_scenario():
    for k, name in enumerate(("team", "organisation", "national")):
        cohort = burnt_in(1, burn_in_weeks=1, forum__level=name)
        assert (cohort.parameters["forum"]["level"] == k).all()
    assert small_scenario(forum__level="team").forum.level == "team"


# -- a forum that can be lost ----------------------------------------------------------------------------------------


def test_a_forum_that_was_swept_away_raises_nothing_and_spends_nothing(cohort):
    own = ready(
        cohort, 20, organisation__hours__patients=1.0, organisation__forum_standing=0, p__forum__rebuild_weeks=1e9
    )
    own.tally[:] = 0
    before = own.copy()
    step(own, "forum")
    assert changed_columns(before, own) <= {"organisation.spent"}
    assert (own.organisation["spent"][:, PATIENTS] == 0.0).all()


def rebuilt(crowd, weeks, rebuild_weeks):
    own = put(crowd.copy(), organisation__forum_standing=0, p__forum__rebuild_weeks=rebuild_weeks)
    return advance(own, weeks, processes=ONLY).organisation["forum_standing"].mean()


def test_a_forum_that_was_swept_away_is_set_up_anew_after_its_weeks(crowd):
    assert rising(rebuilt(crowd, weeks, 20.0) for weeks in (1, 20, 100))
    assert falling(rebuilt(crowd, 20, weeks) for weeks in (4.0, 20.0, 1040.0))
    assert rebuilt(crowd, 20, 20.0) == pytest.approx(1 - 0.95**20, abs=0.25)
    assert rebuilt(crowd, 1, 1.0) == 1.0


def test_a_forum_set_up_anew_finds_its_independence_slowly(cohort):
    own = put(
        cohort.copy(), organisation__forum_standing=0, organisation__independence=0.0, p__forum__rebuild_weeks=1.0
    )
    put(own, organisation__forum_independence=0.8)
    found = [advance(own, 1, processes=ONLY).organisation["independence"][0] for _ in range(20)]
    assert rising(found)
    assert found[0] < 0.05
    assert (own.organisation["forum_standing"] == 1).all()


def test_a_forum_that_stands_keeps_standing(cohort):
    own = advance(put(cohort.copy(), p__forum__rebuild_weeks=1e9), 200, processes=ONLY)
    assert (own.organisation["forum_standing"] == 1).all()


# -- the threshold of membership -------------------------------------------------------------------------------------


@given(shares, shares)
def test_effective_reach_follows_its_formula(reach, threshold):
    assert both(effective_reach, reach, threshold) == (reach if reach >= threshold else 0.0)


def test_below_the_threshold_only_the_usual_volunteers_sit_there(cohort):
    def seats(threshold, reach=0.4):
        own = put(cohort.copy(), p__forum__membership_threshold=threshold, organisation__patient_reach=reach)
        return step(own, "forum").panel["seats"][0, USUAL_GROUP]

    assert constant(seats(threshold) for threshold in (0.0, 0.2, 0.4))
    assert constant(seats(threshold) for threshold in (0.41, 0.7, 1.0))
    assert seats(0.41) > seats(0.4)
    assert seats(0.41) == seats(0.0, reach=0.0)
    assert effective_reach(0.3, 0.0) == 0.3


# -- a target for satisfaction ---------------------------------------------------------------------------------------


@given(shares, shares)
def test_the_time_for_problems_follows_its_formula(independence, target):
    assert both(time_for_problems, independence, target) == (independence if target > 0 else 1.0)


@given(shares, shares, shares, shares)
def test_reported_satisfaction_follows_its_formula_and_is_a_share(satisfaction, target, independence, gloss):
    expected = satisfaction + gloss * (1 - independence) * max(0.0, target - satisfaction)
    assert both(satisfaction_as_reported, satisfaction, target, independence, gloss) == pytest.approx(expected)
    assert satisfaction - 1e-12 <= expected <= max(satisfaction, target) + 1e-12


def test_a_dependent_forum_reports_what_its_host_wants_to_hear():
    assert rising(satisfaction_as_reported(0.6, target, 0.3, 0.5) for target in (0.6, 0.7, 0.9))
    assert constant(satisfaction_as_reported(0.6, target, 0.3, 0.5) for target in (0.0, 0.3, 0.6))
    assert falling(satisfaction_as_reported(0.6, 0.8, independence, 0.5) for independence in GRID)
    assert rising(satisfaction_as_reported(0.6, 0.8, 0.3, gloss) for gloss in GRID)
    assert satisfaction_as_reported(0.6, 0.8, 1.0, 1.0) == 0.6
    assert satisfaction_as_reported(0.6, 0.8, 0.0, 1.0) == pytest.approx(0.8)


def test_what_is_put_down_is_the_satisfaction_that_is_reported(cohort):
    def gap(**changes):
        usual = {"p__forum__satisfaction_target": 0.9, "organisation__independence": 0.2, "patient__satisfaction": 0.6}
        own = put(cohort.copy(), **(usual | changes))
        step(own, "record")
        return own.snapshot["satisfaction_reported"][0] - own.snapshot["satisfaction"][0]

    assert rising(gap(p__forum__satisfaction_target=x) for x in (0.6, 0.8, 1.0))
    assert rising(gap(p__forum__target_gloss=x) for x in GRID)
    assert falling(gap(organisation__independence=x) for x in GRID)
    assert gap(p__forum__satisfaction_target=0.0) == 0.0


def test_under_a_target_a_dependent_forum_has_less_time_for_problems(crowd):
    def found(independence, target):
        own = ready(crowd, 20, p__forum__satisfaction_target=target, organisation__independence=independence)
        own = step(put(own, p__forum__target_erosion=0.0), "forum")
        return own.tally["voiced_forum"].sum(), own.organisation["spent"][:, PATIENTS].sum()

    assert rising(found(independence, 0.8)[0] for independence in (0.0, 0.3, 0.7, 1.0))
    assert constant(found(independence, 0.0)[0] for independence in (0.0, 0.3, 1.0))
    assert found(0.0, 0.8)[0] == 0
    # The hours are spent all the same.
    assert constant(found(independence, 0.8)[1] for independence in (0.0, 0.5, 1.0))


def test_a_faster_erosion_leaves_less_independence(cohort):
    def left(erosion, target=0.8):
        own = put(cohort.copy(), organisation__independence=0.9, p__forum__target_erosion=erosion)
        return advance(put(own, p__forum__satisfaction_target=target), 5, processes=ONLY).organisation["independence"][
            0
        ]

    assert falling(left(erosion) for erosion in (0.0, 0.02, 0.2))
    assert constant(left(erosion, 0.0) for erosion in (0.0, 0.02, 0.2))


# -- seats on boards -------------------------------------------------------------------------------------------------


@given(shares, shares, st.floats(0, 2), st.one_of(st.just(-1.0), shares))
def test_how_far_a_forum_insists_follows_its_formula_and_is_a_probability(independence, seats, weight, acted):
    expected = min(1.0, independence * (1 + weight * seats)) if acted < 0 else acted
    assert both(forum_insists, independence, seats, weight, acted) == pytest.approx(expected)
    assert 0.0 <= expected <= 1.0


def test_seats_carry_further_what_a_forum_insists_on_and_carry_nothing_without_independence():
    assert rising(forum_insists(0.3, seats, 0.5, -1.0) for seats in GRID)
    assert rising(forum_insists(0.3, 0.5, weight, -1.0) for weight in (0.0, 0.5, 2.0))
    assert rising(forum_insists(independence, 0.5, 0.5, -1.0) for independence in (0.0, 0.3, 0.6))
    assert {forum_insists(0.0, seats, 2.0, -1.0) for seats in GRID} == {0.0}
    assert {forum_insists(independence, 1.0, 2.0, 0.4) for independence in GRID} == {0.4}


def share_acted(crowd, **changes):
    own = put(crowd.copy(), organisation__independence=0.3, organisation__forum_funds=1e6, practice__idea_raiser=-1)
    put(own, practice__idea_state=WAITING, practice__idea_channel=TO_FORUM, **changes)
    step(own, "response")
    acted, ignored = own.panel["acted"].sum(), own.panel["ignored"].sum()
    return acted / (acted + ignored)


def test_seats_on_boards_get_more_issues_acted_on(crowd):
    assert rising(share_acted(crowd, p__forum__seats=x) for x in (0.0, 0.5, 1.0))
    assert rising(share_acted(crowd, p__forum__seats=1.0, p__forum__seat_weight=x) for x in (0.0, 0.5, 2.0))
    assert share_acted(crowd, p__forum__seats=1.0) == pytest.approx(0.45, abs=0.02)


def test_the_share_acted_on_can_be_set_for_a_study_whatever_independence_and_money_say(crowd):
    poor = {"organisation__independence": 0.0, "organisation__forum_funds": 0.0}
    assert rising(share_acted(crowd, **poor, p__forum__acted_share=x) for x in GRID)
    assert share_acted(crowd, **poor, p__forum__acted_share=0.4) == pytest.approx(0.4, abs=0.02)
    assert share_acted(crowd, p__forum__acted_share=0.0) == 0.0
    own = put(
        crowd.copy(), practice__idea_state=WAITING, practice__idea_channel=TO_FORUM, **poor, p__forum__acted_share=0.5
    )
    assert (step(own, "response").organisation["forum_funds"] == 0.0).all()
