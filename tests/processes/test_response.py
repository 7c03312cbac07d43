"""Managers, colleagues and the guardian answer what was raised, as far as their time goes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, never_falling, never_rising, put, record, rising, shares, step

from civicsim.engine.parameters import declared
from civicsim.model.levers import RESPONSE
from civicsim.model.organisation import (
    ENDORSED,
    FROM_MANAGERS,
    FROM_PARTNERS,
    FROM_PROGRAMME,
    FROM_STAFF,
    FROM_TEAM,
    NO_IDEA,
    TO_FORUM,
    TO_GUARDIAN,
    TO_MANAGER,
    TO_PEERS,
    TRIAL,
    WAITING,
)
from civicsim.model.processes.response import (
    DEALT_WEEKS,
    EXPONENTIAL,
    HYPERBOLIC,
    LINEAR,
    Parameters,
    detriment_probability,
    explained_probability,
    exponential_share,
    hyperbolic_share,
    linear_share,
    queue_priority,
    response_hours,
    share_left,
    silence_outcome,
)
from civicsim.model.reference import Reference
from civicsim.model.rules import either

FORMS = declared(Parameters, "response")["form"].choices
USUAL = Reference().usual_overload

# -- equations -------------------------------------------------------------------------------------------------------


@given(st.floats(0, 4), st.integers(1, 60), shares, shares, shares, shares, shares)
def test_hours_for_answering_follow_their_formula(hours, posts, reporting, r_cost, exhaustion, e_cost, left):
    expected = hours * posts * (1 - r_cost * reporting) * (1 - e_cost * exhaustion) * left
    found = both(response_hours, hours, posts, reporting, r_cost, exhaustion, e_cost, left)
    assert found == pytest.approx(expected)
    assert 0.0 <= found <= hours * posts + 1e-9


def test_hours_and_posts_make_time_for_answering():
    assert rising(response_hours(h, 15, 0.3, 0.5, 0.5, 0.5, 0.8) for h in GRID)
    assert rising(response_hours(0.2, n, 0.3, 0.5, 0.5, 0.5, 0.8) for n in (1, 5, 15, 60))


def test_reporting_exhaustion_and_overload_eat_time_for_answering():
    assert falling(response_hours(0.2, 15, reporting, 0.5, 0.5, 0.5, 0.8) for reporting in GRID)
    assert falling(response_hours(0.2, 15, 0.3, 0.5, exhaustion, 0.5, 0.8) for exhaustion in GRID)
    assert rising(response_hours(0.2, 15, 0.3, 0.5, 0.5, 0.5, left) for left in GRID)
    assert falling(response_hours(0.2, 15, 0.3, cost, 0.5, 0.5, 0.8) for cost in GRID)
    assert falling(response_hours(0.2, 15, 0.3, 0.5, 0.5, cost, 0.8) for cost in GRID)
    assert response_hours(0.2, 15, 0.0, 0.5, 0.0, 0.5, 1.0) == pytest.approx(3.0)
    assert response_hours(0.2, 15, 1.0, 1.0, 0.0, 0.5, 1.0) == 0.0


def test_codes_of_forms_are_those_of_their_names():
    assert [record(Parameters(form=form)).form for form in FORMS] == [EXPONENTIAL, LINEAR, HYPERBOLIC] == [0, 1, 2]


@given(st.floats(0, 3), st.floats(0, 10), st.floats(0.01, 1))
def test_what_overload_leaves_follows_its_formulas(overload, cost, usually):
    left = math.exp(-cost * usually)
    linear = max(0.0, 1 - (1 - left) * overload / usually)
    hyperbolic = 1 / (1 + (1 / left - 1) * overload / usually)
    assert both(exponential_share, overload, cost) == pytest.approx(math.exp(-cost * overload))
    assert both(linear_share, overload, cost, usually) == pytest.approx(linear)
    assert both(hyperbolic_share, overload, cost, usually) == pytest.approx(hyperbolic)
    found = [share_left(form, overload, cost, usually) for form in range(3)]
    assert found == pytest.approx([math.exp(-cost * overload), linear, hyperbolic])


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_in_every_form_overload_eats_time_for_answering(form):
    assert falling(share_left(form, overload, 4.0, USUAL) for overload in (0.0, 0.05, 0.1, 0.2, 0.28))
    assert never_rising(share_left(form, overload, 4.0, USUAL) for overload in GRID)
    assert falling(share_left(form, 0.2, cost, USUAL) for cost in (0.0, 2.0, 4.0))
    assert constant(share_left(form, overload, 0.0, USUAL) for overload in GRID)


def test_forms_of_overload_agree_without_it_and_at_the_usual_and_differ_beyond():
    for overload in (0.0, USUAL):
        found = [share_left(form, overload, 4.0, USUAL) for form in range(3)]
        assert found == pytest.approx([math.exp(-4 * overload)] * 3)
    linear, exponential, hyperbolic = (share_left(form, 0.4, 4.0, USUAL) for form in (LINEAR, EXPONENTIAL, HYPERBOLIC))
    assert linear == 0.0 < exponential < hyperbolic


@given(shares, st.integers(0, 52), st.integers(1, 52), st.floats(-1, 1), st.floats(0, 3), shares)
def test_the_place_in_the_queue_follows_its_formula(severity, waited, timeout, status, bias, blindness):
    expected = severity + waited / timeout + bias * (1 - blindness) * status
    assert both(queue_priority, severity, waited, timeout, status, bias, blindness) == pytest.approx(expected)


def test_severity_waiting_and_standing_move_an_item_up_the_queue():
    assert rising(queue_priority(severity, 2, 8, 0.2, 1.0, 0.25) for severity in GRID)
    assert rising(queue_priority(0.5, waited, 8, 0.2, 1.0, 0.25) for waited in range(8))
    assert rising(queue_priority(0.5, 2, 8, status, 1.0, 0.25) for status in (-0.8, -0.4, 0.0, 0.2, 1.0))


def test_blindness_takes_the_weight_from_standing():
    gaps = [queue_priority(0.5, 2, 8, 1.0, 1.0, b) - queue_priority(0.5, 2, 8, -0.8, 1.0, b) for b in GRID]
    assert falling(gaps)
    assert gaps[-1] == 0.0
    gaps = [queue_priority(0.5, 2, 8, 1.0, w, 0.2) - queue_priority(0.5, 2, 8, -0.8, w, 0.2) for w in (0.0, 1.0, 3.0)]
    assert rising(gaps)
    assert gaps[0] == 0.0


@given(shares, st.floats(0, 0.6), shares)
def test_explaining_follows_its_formula_and_is_a_probability(base, gain, openness):
    chance = both(explained_probability, base, gain, openness)
    assert chance == pytest.approx(min(1.0, base + gain * openness))
    assert 0.0 <= chance <= 1.0


def test_open_managers_explain_more():
    assert rising(explained_probability(0.35, 0.4, openness) for openness in GRID)
    assert rising(explained_probability(base, 0.2, 0.5) for base in GRID[:-1])
    assert rising(explained_probability(0.35, gain, 0.5) for gain in (0.0, 0.3, 0.6))


@given(st.floats(0.05, 0.4), shares, shares)
def test_detriment_follows_its_formula_and_is_a_probability(base, fear, openness):
    chance = both(detriment_probability, base, fear, openness)
    assert chance == pytest.approx(base * fear * (1 - openness))
    assert 0.0 <= chance <= 1.0


def test_fear_makes_people_suffer_for_voice_and_openness_protects_them():
    assert rising(detriment_probability(0.2, fear, 0.5) for fear in GRID)
    assert falling(detriment_probability(0.2, 0.5, openness) for openness in GRID)
    assert constant(detriment_probability(0.2, 0.0, openness) for openness in GRID)
    assert constant(detriment_probability(0.2, fear, 1.0) for fear in GRID)
    assert rising(detriment_probability(base, 0.5, 0.5) for base in (0.05, 0.2, 0.4))


@given(shares, st.floats(-1, 0), st.floats(0.001, 0.999))
def test_silence_is_nothing_or_pretence(invitation, pretence, u):
    assert both(silence_outcome, invitation, pretence, u) == (pretence if u < invitation else 0.0)


def test_the_more_one_was_invited_the_more_silence_is_felt_as_pretence():
    draws = np.linspace(0.001, 0.999, 500)
    assert falling(np.mean([silence_outcome(i, -0.4, u) for u in draws]) for i in GRID)
    assert falling(np.mean([silence_outcome(0.5, -x, u) for u in draws]) for x in GRID)
    assert {silence_outcome(i, 0.0, u) for u in draws for i in GRID} == {0.0}
    assert {silence_outcome(0.0, -x, u) for u in draws for x in GRID} == {0.0}


# -- the process -----------------------------------------------------------------------------------------------------

ALONE = {"organisation__hours__response": 0.0, "team__response_credit": 0.0}
"""No hours but those in hand."""


def cleared(cohort):
    """Take everything off the table."""
    return put(
        cohort,
        practice__idea_state=NO_IDEA,
        practice__idea_raiser=-1,
        person__vacant=0,
        team__joined=0.0,
        person__absent=0,
        practice__cycles=0,
        **ALONE,
    )


def raise_item(cohort, team, dimension, *, channel=TO_MANAGER, severity=0.5, weeks_ago=1, post=0):
    """Put one item on the table of a team, raised by the person in a post of it."""
    slot = cohort.practice[team, dimension : dimension + 1]
    slot["idea_state"], slot["idea_channel"], slot["idea_severity"] = WAITING, channel, severity
    slot["idea_value"], slot["idea_origin"] = 1, FROM_STAFF
    slot["raised_week"] = slot["idea_week"] = cohort.week - weeks_ago
    slot["idea_raiser"] = cohort.team["first_person"][team] + post
    return slot


def everywhere(cohort, n=1, **about):
    """Put ``n`` items on the table of each team."""
    for team in range(len(cohort.team)):
        for dimension in range(n):
            raise_item(cohort, team, dimension, **about)
    return cohort


def enough_hours(cohort):
    return put(cohort, team__response_credit=1e4)


SETTLED = ("acted", "explained", "silent")


def test_no_more_is_answered_than_the_hours_in_hand_allow(cohort):
    everywhere(cleared(cohort), 6)
    put(cohort, team__response_credit=8.0)
    step(cohort, "response")
    assert (cohort.team["response_hours"] == 7.5).all()
    assert (cohort.team["response_credit"] == 0.5).all()
    assert (cohort.tally["answered"] == 3 * cohort.organisation["n_teams"]).all()
    waiting = (cohort.practice["idea_state"] == WAITING).sum(axis=1)
    assert (waiting == 3).all()


def test_hours_come_from_the_budget_as_the_formula_states(cohort):
    everywhere(cleared(cohort), 10)
    put(cohort, organisation__hours__response=0.3, organisation__hours__reporting=0.2, team__overload=0.1)
    org, q = (
        cohort.organisation[0],
        {n: cohort.parameters["response"][n][0] for n in cohort.parameters["response"].dtype.names},
    )
    lead = cohort.person["exhaustion"][cohort.manager["person"][cohort.team["manager"]]]
    expected = 0.3 * cohort.team["n_posts"] * (1 - q["reporting_cost"] * 0.2 / org["hours_budget"])
    expected = expected * (1 - q["exhaustion_cost"] * lead) * np.exp(-q["overload_cost"] * 0.1)
    step(cohort, "response")
    had = cohort.team["response_hours"] + cohort.team["response_credit"]
    waits = (cohort.practice["idea_state"] == WAITING).any(axis=1)
    assert waits.all()
    np.testing.assert_allclose(had, expected)
    spent = np.bincount(cohort.team["organisation"], weights=cohort.team["response_hours"])
    np.testing.assert_allclose(cohort.organisation["spent"][:, RESPONSE], spent / cohort.organisation["n_staff"])


def test_the_queue_is_served_in_order_of_severity_waiting_and_standing(cohort):
    """With hours for one item in each of five weeks, items go in the order of their priority."""
    cleared(cohort)
    put(cohort, organisation__status_blindness=0.5, p__response__timeout=52)
    status = cohort.person["status"][cohort.team["first_person"][0] + np.arange(10)]
    about = [(0.2, 1, 0), (0.9, 1, 9), (0.5, 6, 3), (0.5, 1, 3), (0.6, 2, 8)]
    put(cohort, practice__idea_week=cohort.week)
    for d, (severity, waited, post) in enumerate(about):
        raise_item(cohort, 0, d, severity=severity, weeks_ago=waited, post=post)
    priority = [s + w / 52 + 1.0 * 0.5 * status[post] for s, w, post in about]
    order = []
    for _ in about:
        cohort.team["response_credit"][0] = 2.5
        before = cohort.practice["idea_state"][0] == WAITING
        step(cohort, "response")
        order += np.flatnonzero(before & (cohort.practice["idea_state"][0] != WAITING)).tolist()
    assert order == np.argsort(priority)[::-1].tolist()


@pytest.mark.parametrize(("blindness", "first"), [(0.0, 0), (1.0, 1)])
def test_rank_goes_first_unless_the_queue_is_blind_to_it(cohort, blindness, first):
    cleared(cohort)
    put(cohort, organisation__status_blindness=blindness)
    raise_item(cohort, 0, 0, severity=0.3, post=0)  # a doctor's trifle
    raise_item(cohort, 0, 1, severity=0.6, post=9)  # the worry of an administrator
    cohort.team["response_credit"][0] = 2.5
    step(cohort, "response")
    assert cohort.practice["idea_state"][0, first] != WAITING
    assert cohort.practice["idea_state"][0, 1 - first] == WAITING


def settle_all(crowd, channel, **changes):
    cohort = everywhere(enough_hours(cleared(crowd.copy())), 6, channel=channel)
    return step(put(cohort, **changes), "response")


def acted_share(cohort):
    return cohort.tally["acted"].sum() / sum(cohort.tally[name].sum() for name in SETTLED)


@pytest.mark.parametrize("channel", [TO_PEERS, TO_MANAGER, TO_GUARDIAN])
def test_every_item_that_is_answered_is_acted_on_explained_or_passed_over(crowd, channel):
    cohort = settle_all(crowd, channel)
    assert sum(cohort.tally[name].sum() for name in SETTLED) == 6 * len(cohort.team)
    assert (cohort.practice["idea_state"] != WAITING).all()
    assert (
        (cohort.practice["idea_state"] == ENDORSED).sum() == cohort.tally["acted"].sum() == cohort.team["dealt"].sum()
    )


def test_peers_fix_only_with_authority(crowd):
    assert acted_share(settle_all(crowd, TO_PEERS, organisation__authority_enacted=0.0)) == 0.0
    assert acted_share(settle_all(crowd, TO_PEERS, organisation__authority_enacted=1.0)) == 1.0
    assert acted_share(settle_all(crowd, TO_PEERS, organisation__authority_enacted=0.4)) == pytest.approx(0.4, abs=0.05)


def test_managers_act_with_authority_or_by_escalating(crowd):
    for authority, escalation in ((0.0, 0.0), (0.0, 0.3), (0.3, 0.0), (0.5, 0.4)):
        cohort = settle_all(
            crowd, TO_MANAGER, organisation__authority_enacted=authority, p__response__escalation=escalation
        )
        assert acted_share(cohort) == pytest.approx(either(authority, escalation), abs=0.05)


def test_the_guardian_gets_action_without_authority(crowd):
    cohort = settle_all(crowd, TO_GUARDIAN, organisation__authority_enacted=0.0, p__response__guardian_success=0.4)
    assert acted_share(cohort) == pytest.approx(0.4, abs=0.05)


def test_what_is_not_acted_on_is_explained_the_more_open_the_manager_is(crowd):
    def explained(openness):
        cohort = settle_all(
            crowd,
            TO_MANAGER,
            manager__openness=openness,
            organisation__authority_enacted=0.0,
            p__response__escalation=0.0,
        )
        return cohort.tally["explained"].sum() / (6 * len(cohort.team))

    assert rising(explained(o) for o in (0.0, 0.5, 1.0))
    assert explained(0.5) == pytest.approx(0.35 + 0.4 * 0.5, abs=0.05)


def test_peers_and_guardian_take_no_hours_of_the_manager(cohort):
    for channel in (TO_PEERS, TO_GUARDIAN):
        own = everywhere(cleared(cohort.copy()), 4, channel=channel)
        step(own, "response")
        assert (own.practice["idea_state"] != WAITING).all()
        assert (own.team["response_hours"] == 0.0).all()


def test_colleagues_who_feel_safe_explain_more_to_each_other(crowd):
    def explained(safety):
        cohort = settle_all(crowd, TO_PEERS, person__safety=safety, organisation__authority_enacted=0.0)
        return cohort.tally["explained"].sum() / (6 * len(cohort.team))

    assert rising(explained(s) for s in (0.0, 0.5, 1.0))


def test_settling_among_colleagues_and_by_the_guardian_costs_hours_of_their_own(cohort):
    for channel, hours in ((TO_PEERS, 1.5), (TO_GUARDIAN, 2.5), (TO_MANAGER, 0.0)):
        own = step(everywhere(cleared(cohort.copy()), 4, channel=channel), "response")
        np.testing.assert_allclose(own.team["settling_hours"], 4 * hours)
        np.testing.assert_allclose(own.tally["hours_settling"], 4 * hours * own.organisation["n_teams"])
        assert (own.organisation["spent"][:, RESPONSE] == 0.0).all()


@pytest.mark.parametrize("state", [ENDORSED, TRIAL])
def test_what_was_acted_on_and_came_to_nothing_counts_as_silence_in_the_end(cohort, state):
    everywhere(cleared(cohort), 2)
    slot = cohort.practice[:, :2]
    slot["idea_state"], slot["idea_week"] = state, cohort.week - 25
    slot["idea_week"][:, 0] = cohort.week - 26
    put(cohort, person__efficacy=0.5, organisation__invitation=0.0)
    step(cohort, "response")
    assert (cohort.practice["idea_state"][:, 0] == NO_IDEA).all()
    assert (cohort.practice["idea_state"][:, 1] == state).all()
    assert (cohort.tally["lapsed"] == cohort.organisation["n_teams"]).all()
    assert (cohort.tally["silent"] == 0).all()
    assert (cohort.person["n_outcomes"][cohort.team["first_person"]] == 1.0).all()
    assert (cohort.person["outcomes"][cohort.team["first_person"]] == 0.0).all()
    assert (cohort.team["dealt"] == -1.0).all()


def test_what_lapses_was_not_dealt_with_after_all(cohort):
    everywhere(cleared(cohort))
    put(cohort, practice__idea_week=cohort.week - 26, team__dealt_memory=0.4)
    cohort.practice["idea_state"][:, 0] = ENDORSED
    step(cohort, "response")
    assert (cohort.team["dealt_memory"] == 0.0).all()


def test_what_is_raised_again_while_it_is_worked_on_counts_as_dealt_with(cohort):
    step(put(cleared(cohort), team__joined=3.0), "response")
    assert (cohort.team["dealt"] == 3.0).all()


def forum_items(cohort, **changes):
    everywhere(cleared(cohort), 3, channel=TO_FORUM)
    put(cohort, practice__idea_raiser=-1, practice__idea_group=2, organisation__forum_funds=1e3)
    put(cohort, panel__acted=0.0, panel__ignored=0.0)
    return step(put(cohort, **changes), "response")


def test_patients_are_acted_on_as_far_as_the_forum_is_independent(crowd):
    def acted(independence):
        cohort = forum_items(crowd.copy(), organisation__independence=independence)
        np.testing.assert_array_equal(cohort.panel["acted"].sum(axis=1), cohort.tally["acted_forum"])
        assert (cohort.panel["acted"][:, [0, 1, 3, 4]] == 0).all()
        total = cohort.panel["acted"] + cohort.panel["ignored"]
        assert (total[:, 2] == 3 * cohort.organisation["n_teams"]).all()
        return cohort.tally["acted_forum"].sum() / (3 * len(cohort.team))

    assert rising(acted(x) for x in (0.0, 0.5, 1.0))
    assert (acted(0.0), acted(1.0)) == (0.0, 1.0)
    assert acted(0.4) == pytest.approx(0.4, abs=0.06)


def test_patients_are_acted_on_as_far_as_the_forum_can_pay(cohort):
    for funds in (0.0, 0.99, 1.0, 5.5, 100.0):
        own = forum_items(cohort.copy(), organisation__independence=1.0, organisation__forum_funds=funds)
        paid = np.minimum(int(funds), 3 * own.organisation["n_teams"])
        np.testing.assert_array_equal(own.tally["acted_forum"], paid)
        np.testing.assert_allclose(own.organisation["forum_funds"], funds - paid)
        assert ((own.practice["idea_state"] == ENDORSED).sum() == paid.sum()).all()
        assert (own.practice["idea_state"] != WAITING).all()


def test_issues_of_patients_take_no_hours_of_managers_and_no_one_hears_of_them(cohort):
    cohort = forum_items(cohort, organisation__independence=0.5)
    assert (cohort.team["response_hours"] == 0.0).all()
    assert (cohort.team["n_outcomes"] == 0.0).all()
    assert sum(cohort.tally[name].sum() for name in SETTLED) == 0


def test_what_is_acted_on_is_endorsed_and_changes_no_practice(crowd):
    before = crowd.practice.copy()
    cohort = settle_all(crowd, TO_MANAGER, organisation__authority_enacted=1.0)
    ideas = cohort.practice[:, :6]
    assert (ideas["idea_state"] == ENDORSED).all()
    assert (ideas["idea_week"] == cohort.week).all()
    assert (ideas["idea_origin"] == FROM_STAFF).all()
    np.testing.assert_array_equal(cohort.practice["value"], before["value"])
    peers = settle_all(crowd, TO_PEERS, organisation__authority_enacted=1.0)
    assert (peers.practice["idea_origin"][:, :6] == FROM_TEAM).all()


def test_what_is_not_answered_in_time_counts_as_silence(cohort):
    everywhere(cleared(cohort), 2)
    cohort.practice["raised_week"][:, 0] = cohort.week - 8
    cohort.practice["raised_week"][:, 1] = cohort.week - 7
    step(cohort, "response")
    assert (cohort.practice["idea_state"][:, 0] == NO_IDEA).all()
    assert (cohort.practice["idea_state"][:, 1] == WAITING).all()
    assert (cohort.tally["silent"] == cohort.organisation["n_teams"]).all()
    assert (cohort.tally["timed_out"] == cohort.organisation["n_teams"]).all()
    assert (cohort.tally["response_weeks"] == 8 * cohort.tally["timed_out"]).all()
    assert (cohort.tally["answered"] == 0).all()


def test_waiting_time_is_counted_for_what_managers_answer(cohort):
    everywhere(enough_hours(cleared(cohort)), 2, weeks_ago=3)
    step(cohort, "response")
    assert (cohort.tally["response_weeks"] == 3 * cohort.tally["answered"]).all()
    assert (cohort.tally["answered"] == 2 * cohort.organisation["n_teams"]).all()


@pytest.mark.parametrize("channel", [TO_MANAGER, TO_GUARDIAN])
def test_only_where_there_is_fear_and_a_closed_manager_people_suffer(crowd, channel):
    def suffered(fear, openness):
        cohort = settle_all(
            crowd, channel, organisation__fear_enacted=fear, manager__openness=openness, p__response__detriment=0.4
        )
        assert cohort.person["detriments"].sum() == cohort.team["detriments"].sum() == cohort.tally["detriments"].sum()
        return cohort.tally["detriments"].sum() / (6 * len(cohort.team))

    assert suffered(0.0, 0.2) == 0.0
    assert suffered(0.8, 1.0) == 0.0
    assert rising(suffered(fear, 0.2) for fear in (0.0, 0.5, 1.0))
    assert falling(suffered(0.8, openness) for openness in (0.0, 0.5, 1.0))
    assert suffered(0.8, 0.5) == pytest.approx(0.4 * 0.8 * 0.5, abs=0.03)


def test_no_one_suffers_for_talking_to_peers(crowd):
    cohort = settle_all(crowd, TO_PEERS, organisation__fear_enacted=1.0, manager__openness=0.0)
    assert cohort.tally["detriments"].sum() == 0
    assert cohort.tally["exposed"].sum() == 0


def test_those_who_could_have_suffered_are_counted(crowd):
    for channel in (TO_MANAGER, TO_GUARDIAN):
        cohort = settle_all(crowd, channel, organisation__fear_enacted=0.0)
        assert cohort.tally["exposed"].sum() == 6 * len(cohort.team)


def test_the_person_who_raised_it_and_the_team_hear_what_came_of_it(cohort):
    everywhere(enough_hours(cleared(cohort)), 1, post=4)
    put(cohort, person__acted_memory=0.5, person__answered_memory=0.5, organisation__authority_enacted=1.0)
    step(cohort, "response")
    raisers = cohort.team["first_person"] + 4
    assert (cohort.person["outcomes"][raisers] == 1.0).all()
    assert (cohort.person["n_outcomes"][raisers] == 1.0).all()
    assert (cohort.person["acted_memory"][raisers] > 0.5).all()
    assert (cohort.person["answered_memory"][raisers] > 0.5).all()
    assert (cohort.team["outcomes"] == 1.0).all()
    others = np.ones(cohort.n_persons, dtype=bool)
    others[raisers] = False
    assert (cohort.person["n_outcomes"][others] == 0.0).all()
    assert (cohort.person["acted_memory"][others] == 0.5).all()


def test_how_much_is_answered_is_remembered_for_a_quarter(cohort):
    put(cohort, organisation__answered_memory=0.5)
    quiet = after(cleared(cohort.copy()), "response")
    np.testing.assert_array_equal(quiet.organisation["answered_memory"], 0.5)
    answered = everywhere(enough_hours(cleared(cohort.copy())), 1)
    answered = after(answered, "response", organisation__authority_enacted=1.0)
    np.testing.assert_allclose(answered.organisation["answered_memory"], 0.5 + (1.0 - 0.5) / 13)
    silent = after(everywhere(cleared(cohort.copy()), 1, weeks_ago=9), "response")
    np.testing.assert_allclose(silent.organisation["answered_memory"], 0.5 - 0.5 / 13)


def test_silence_after_an_invitation_hurts_more_than_silence_alone(cohort):
    everywhere(cleared(cohort), 1, weeks_ago=9)
    outcomes = [after(cohort, "response", organisation__invitation=i).team["outcomes"].mean() for i in (0.0, 1.0)]
    assert outcomes == [0.0, pytest.approx(-0.4)]

    def felt(pretence, invitation=1.0):
        own = after(cohort, "response", organisation__invitation=invitation, p__response__pretence_outcome=pretence)
        return own.team["outcomes"].mean()

    assert falling(felt(-x) for x in GRID)
    assert felt(0.0) == 0.0
    assert constant(felt(-x, invitation=0.0) for x in GRID)
    ignored = after(cohort, "response", person__answered_memory=0.5)
    raisers = ignored.team["first_person"]
    assert (ignored.person["answered_memory"][raisers] < 0.5).all()


@pytest.mark.parametrize("channel", [TO_MANAGER, TO_GUARDIAN])
def test_what_is_passed_over_after_an_invitation_is_felt_as_pretence_and_among_colleagues_never(cohort, channel):
    everywhere(enough_hours(cleared(cohort)), 1, channel=channel)
    passed_over = {
        "organisation__authority_enacted": 0.0,
        "p__response__escalation": 0.0,
        "organisation__invitation": 1.0,
        "p__response__guardian_success": 0.0,
        "p__response__explain_base": 0.0,
        "p__response__explain_openness": 0.0,
    }

    def felt(pretence, **changes):
        own = after(cohort, "response", **(passed_over | changes), p__response__pretence_outcome=pretence)
        assert (own.tally["silent"] == own.organisation["n_teams"]).all()
        return own.team["outcomes"]

    for x in GRID:
        np.testing.assert_allclose(felt(-x), -x)
        assert (felt(-x, organisation__invitation=0.0) == 0.0).all()
        assert (felt(-x, practice__idea_channel=TO_PEERS) == 0.0).all()


def test_what_came_to_nothing_after_an_invitation_is_felt_as_pretence(cohort):
    everywhere(cleared(cohort))
    put(cohort, practice__idea_week=cohort.week - 26, organisation__invitation=1.0)
    cohort.practice["idea_state"][:, 0] = ENDORSED
    for x in GRID:
        np.testing.assert_allclose(after(cohort, "response", p__response__pretence_outcome=-x).team["outcomes"], -x)


def test_an_item_of_someone_who_left_is_still_answered(cohort):
    everywhere(enough_hours(cleared(cohort)), 1)
    put(cohort, practice__idea_raiser=-1, organisation__fear_enacted=1.0, manager__openness=0.0)
    step(cohort, "response")
    assert (cohort.practice["idea_state"] != WAITING).all()
    assert (cohort.person["n_outcomes"] == 0.0).all()
    assert (cohort.team["n_outcomes"] == 1.0).all()
    assert cohort.tally["detriments"].sum() == 0


def test_what_was_noticed_and_dealt_with_is_remembered_for_half_a_year(cohort):
    everywhere(enough_hours(cleared(cohort)), 3)
    before = cohort.team.copy()
    step(cohort, "response")
    for memory, now in (("noticed_memory", before["noticed"]), ("dealt_memory", cohort.team["dealt"])):
        np.testing.assert_allclose(cohort.team[memory], before[memory] * (1 - 1 / DEALT_WEEKS) + now)


def test_time_that_no_one_needs_is_not_saved_up_beyond_one_item(cohort):
    cleared(cohort)
    put(cohort, organisation__hours__response=3.0)
    for _ in range(5):
        step(cohort, "response")
    assert (cohort.team["response_credit"] == cohort.parameters["response"]["hours_per_item"][0]).all()
    assert (cohort.organisation["spent"][:, RESPONSE] == 0.0).all()


@pytest.mark.parametrize("state", ["vacant", "absent"])
def test_while_the_manager_is_away_a_stand_in_answers_with_half_the_time(cohort, state):
    everywhere(cleared(cohort), 20)
    put(cohort, organisation__hours__response=0.2, p__response__exhaustion_cost=0.0)
    full = after(cohort, "response")
    away = cohort.copy()
    away.person[state][cohort.manager["person"][cohort.team["manager"]]] = 1
    step(away, "response")
    time = [c.team["response_hours"] + c.team["response_credit"] for c in (full, away)]
    np.testing.assert_allclose(time[1], 0.5 * time[0])


def test_busy_exhausted_and_overloaded_managers_answer_less(cohort):
    everywhere(cleared(cohort), 20)
    put(cohort, organisation__hours__response=0.4)

    def time(**changes):
        own = after(cohort, "response", **changes)
        return (own.team["response_hours"] + own.team["response_credit"]).mean()

    assert falling(time(organisation__hours__reporting=h) for h in (0.0, 0.3, 0.6))
    assert falling(time(person__exhaustion=e) for e in (0.1, 0.5, 0.9))
    assert falling(time(team__overload=o) for o in (0.0, 0.1, 0.5))
    assert rising(time(organisation__hours__response=h) for h in (0.1, 0.3, 0.5))


def test_slower_answers_leave_more_waiting(cohort):
    everywhere(cleared(cohort), 10)
    put(cohort, team__response_credit=10.0)
    waiting = [
        (after(cohort, "response", p__response__hours_per_item=h).practice["idea_state"] == WAITING).sum()
        for h in (1.0, 2.5, 5.0)
    ]
    assert rising(waiting)
    assert never_falling(waiting)


def test_switched_off_everything_waits_and_no_one_hears_anything(cohort):
    everywhere(enough_hours(cleared(cohort)), 3, weeks_ago=50)
    before = cohort.copy()
    step(put(cohort, p__response__enabled=False), "response")
    np.testing.assert_array_equal(cohort.practice, before.practice)
    for name in ("outcomes", "n_outcomes", "dealt", "detriments", "response_hours", "settling_hours"):
        assert (cohort.team[name] == 0.0).all()
    assert (cohort.person["n_outcomes"] == 0.0).all()
    assert (cohort.organisation["spent"][:, RESPONSE] == 0.0).all()


@pytest.mark.parametrize("patience", [8, 40])
def test_how_long_a_promise_is_waited_for_is_the_parameter(cohort, patience):
    everywhere(cleared(cohort), 2)
    slot = cohort.practice[:, :2]
    slot["idea_state"] = ENDORSED
    slot["idea_week"][:, 0], slot["idea_week"][:, 1] = cohort.week - patience, cohort.week - patience + 1
    step(put(cohort, p__response__patience=patience), "response")
    assert (cohort.practice["idea_state"][:, 0] == NO_IDEA).all()
    assert (cohort.practice["idea_state"][:, 1] == ENDORSED).all()


def test_more_managers_in_a_team_have_more_time_for_answering(cohort):
    def credit(n):
        own = put(
            cohort.copy(), practice__idea_state=WAITING, practice__idea_channel=TO_MANAGER, practice__idea_raiser=-1
        )
        put(own, team__response_credit=0.0, organisation__hours__response=0.3, p__structure__managers_per_team=n)
        put(own, practice__raised_week=own.week)
        step(own, "response")
        return (own.team["response_credit"] + own.team["response_hours"]).sum()

    assert rising(credit(n) for n in (1, 2, 3))
    assert credit(2) == pytest.approx(2 * credit(1))
    assert credit(3) == pytest.approx(3 * credit(1))


def test_what_a_programme_brought_and_no_one_tried_disappoints_no_one(crowd):
    def lapsed(origin):
        cohort = put(settle_all(crowd, TO_MANAGER), practice__idea_state=ENDORSED, practice__idea_origin=origin)
        cohort.practice["idea_week"] = cohort.week - 200
        done = step(put(cohort, team__dealt_memory=5.0), "response")
        return done.tally["lapsed"].sum(), done.team["dealt"].min(), done.team["n_outcomes"].sum()

    assert lapsed(FROM_PROGRAMME) == (0, 0.0, 0)
    many, dealt, outcomes = lapsed(FROM_STAFF)
    assert many > 0
    assert dealt < 0.0
    assert outcomes > 0


def test_for_what_no_one_raised_no_one_could_have_suffered(crowd):
    raised = settle_all(crowd, TO_GUARDIAN, organisation__fear_enacted=0.0)
    unraised = settle_all(crowd, TO_GUARDIAN, organisation__fear_enacted=0.0, practice__idea_raiser=-1)
    assert raised.tally["exposed"].sum() > 0
    assert unraised.tally["exposed"].sum() == 0


def test_no_one_learns_from_the_answer_to_what_no_one_voiced(cohort):
    """What managers saw for themselves, or partners and programmes brought, is no outcome of speaking up."""
    heard = {}
    for origin in (FROM_STAFF, FROM_TEAM, FROM_MANAGERS, FROM_PARTNERS, FROM_PROGRAMME):
        own = put(
            cohort.copy(),
            practice__idea_state=WAITING,
            practice__idea_channel=TO_MANAGER,
            practice__idea_raiser=-1,
            practice__idea_origin=origin,
            practice__raised_week=cohort.week - 60,
        )
        heard[origin] = step(own, "response").team["n_outcomes"].sum()
    assert heard[FROM_STAFF] == heard[FROM_TEAM] > 0
    assert heard[FROM_MANAGERS] == heard[FROM_PARTNERS] == heard[FROM_PROGRAMME] == 0
