"""Motivation, belonging and trust follow how people are treated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, filled_staff, is_staff, put, record, rising, shares, step

from civicsim.model.processes.motivation import (
    TIES_THAT_MATTER,
    Parameters,
    belonging_target,
    motivation_change,
    trust_change,
)
from civicsim.model.reference import Reference

q, usual = record(Parameters()), record(Reference())


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, shares, shares, shares, shares, shares, shares)
def test_the_change_of_motivation_follows_its_formula(m, m0, agency, authority, permission, fear, salience):
    influence = 0.5 * agency + 0.5 * authority
    autonomy = (influence - usual.usual_influence) + (permission - usual.usual_permission)
    expected = q.motivation_rate * (m0 + q.autonomy_weight * autonomy - m)
    expected -= q.crowding * (fear * salience - usual.usual_pressure)
    found = both(motivation_change, q, usual, m, m0, agency, authority, permission, fear, salience)
    assert found == pytest.approx(expected, abs=1e-15)


def motivated(m=0.5, m0=0.5, agency=0.5, authority=0.2, permission=0.3, fear=0.35, salience=0.6, q=q):
    return motivation_change(q, usual, m, m0, agency, authority, permission, fear, salience)


@pytest.mark.parametrize("cause", ["m0", "agency", "authority", "permission"])
def test_influence_permission_and_what_was_brought_along_feed_motivation(cause):
    assert rising(motivated(**{cause: x}) for x in GRID)


def test_agency_and_authority_count_alike():
    assert motivated(agency=0.7, authority=0.3) == pytest.approx(motivated(agency=0.3, authority=0.7))


def test_pressure_crowds_motivation_out_where_fear_meets_salience():
    assert falling(motivated(fear=fear) for fear in GRID)
    assert falling(motivated(salience=salience) for salience in GRID)
    assert constant(motivated(fear=0.0, salience=salience) for salience in GRID)


def test_crowding_may_be_absent_or_turn_round():
    assert constant(motivated(fear=fear, q=record(Parameters(), crowding=0.0)) for fear in GRID)
    assert rising(motivated(fear=fear, q=record(Parameters(), crowding=-0.002)) for fear in GRID)


def test_motivation_returns_to_its_own_level():
    assert falling(motivated(m=m) for m in GRID)
    assert rising(motivated(m=0.2, q=record(Parameters(), motivation_rate=rate)) for rate in (0.0, 0.02, 0.1))
    assert rising(motivated(permission=0.9, q=record(Parameters(), autonomy_weight=w)) for w in GRID)


@given(shares, shares, shares, st.integers(0, 8), shares, shares)
def test_belonging_settles_where_its_formula_states_and_is_a_share(anchor, acted, recognition, ties, openness, norm):
    expected = 0.5 * anchor + q.belonging_acted * acted + q.belonging_recognition * recognition
    expected += q.belonging_ties * min(1.0, ties / 4) + q.belonging_openness * openness + q.belonging_norm * norm
    found = both(belonging_target, q, anchor, acted, recognition, ties, openness, norm)
    assert found == pytest.approx(min(1.0, expected))
    assert 0.0 <= found <= 1.0


def belongs(anchor=0.5, acted=0.2, recognition=0.3, ties=2, openness=0.4, norm=0.4, q=q):
    return belonging_target(q, anchor, acted, recognition, ties, openness, norm)


@pytest.mark.parametrize("cause", ["anchor", "acted", "recognition", "openness", "norm"])
def test_action_answers_openness_and_others_voice_feed_belonging(cause):
    assert rising(belongs(**{cause: x}) for x in GRID)


def test_ties_feed_belonging_up_to_four():
    assert rising(belongs(ties=n) for n in range(5))
    assert constant(belongs(ties=n) for n in (4, 5, 8))
    assert TIES_THAT_MATTER == 4.0


@pytest.mark.parametrize("name", ["acted", "recognition", "ties", "openness", "norm"])
def test_each_weight_of_belonging_counts(name):
    assert rising(belongs(q=record(Parameters(), **{f"belonging_{name}": w})) for w in (0.0, 0.2, 0.5))


@given(shares, shares, shares, st.floats(0, 0.02), st.floats(0, 0.08))
def test_the_change_of_trust_follows_its_formula(trust, anchor, gap, kept, broken):
    expected = q.trust_rate * (anchor - trust) - q.gap_cost * gap + kept - broken
    assert both(trust_change, q, trust, anchor, gap, kept, broken) == pytest.approx(expected, abs=1e-15)


def trusted(trust=0.5, anchor=0.5, gap=0.1, kept=0.0, broken=0.0, q=q):
    return trust_change(q, trust, anchor, gap, kept, broken)


def test_a_gap_between_words_and_deeds_costs_trust():
    assert falling(trusted(gap=gap) for gap in GRID)
    assert falling(trusted(gap=0.5, q=record(Parameters(), gap_cost=c)) for c in (0.0, 0.005, 0.05))
    assert constant(trusted(gap=gap, q=record(Parameters(), gap_cost=0.0)) for gap in GRID)


def test_kept_promises_win_trust_and_broken_ones_cost_it():
    assert rising(trusted(kept=kept) for kept in (0.0, 0.002, 0.02))
    assert falling(trusted(broken=broken) for broken in (0.0, 0.004, 0.04))


def test_trust_returns_to_what_was_brought_along():
    assert falling(trusted(trust=trust) for trust in GRID)
    assert rising(trusted(anchor=anchor) for anchor in GRID)
    assert trusted(gap=0.0) == 0.0


# -- the process -----------------------------------------------------------------------------------------------------

STATES = ("motivation", "belonging", "trust")


def test_all_three_again_in_plain_numpy(cohort):
    put(cohort, organisation__fulfilment=0.7, organisation__breach=0.2, organisation__say_do_gap=0.3)
    put(
        cohort, team__fulfilment=np.linspace(0, 1, len(cohort.team)), team__breach=np.linspace(0.6, 0, len(cohort.team))
    )
    before = cohort.person.copy()
    org = cohort.organisation[before["organisation"]]
    filled, staff = before["vacant"] == 0, filled_staff(cohort)
    autonomy = 0.5 * before["agency"] + 0.5 * org["authority_enacted"] - usual.usual_influence
    autonomy += org["permission_enacted"] - usual.usual_permission
    motivation = before["motivation"] + q.motivation_rate * (
        before["motivation_anchor"] + q.autonomy_weight * autonomy - before["motivation"]
    ) - q.crowding * (org["fear_enacted"] * org["target_salience"] - usual.usual_pressure)  # fmt: skip
    trust = before["trust"] + q.trust_rate * (before["trust_anchor"] - before["trust"]) - q.gap_cost * org["say_do_gap"]
    promise = cohort.parameters["compact"][0]
    above = before["team"] < 0
    kept = np.where(above, org["fulfilment"], cohort.team["fulfilment"][before["team"]])
    broken = np.where(above, org["breach"], cohort.team["breach"][before["team"]])
    trust += promise["fulfilment_gain"] * (kept - promise["breach_ratio"] * broken)
    target = 0.5 * before["belonging_anchor"] + q.belonging_acted * before["acted_memory"]
    target += q.belonging_recognition * before["answered_memory"] + q.belonging_norm * before["norm"]
    target += q.belonging_ties * np.minimum(1, (cohort.ties >= 0).sum(axis=1) / 4)
    target += q.belonging_openness * cohort.manager["openness"][cohort.team["manager"][before["team"]]]
    belonging = before["belonging"] + q.belonging_rate * (np.minimum(1, target) - before["belonging"])
    step(cohort, "motivation")
    np.testing.assert_allclose(cohort.person["motivation"][filled], np.clip(motivation, 0, 1)[filled], atol=1e-13)
    np.testing.assert_allclose(cohort.person["trust"][filled], np.clip(trust, 0, 1)[filled], atol=1e-13)
    np.testing.assert_allclose(cohort.person["belonging"][staff], belonging[staff], atol=1e-13)


@pytest.mark.parametrize(
    ("column", "state", "direction"),
    [
        ("organisation__authority_enacted", "motivation", rising),
        ("organisation__permission_enacted", "motivation", rising),
        ("person__agency", "motivation", rising),
        ("organisation__fear_enacted", "motivation", falling),
        ("organisation__target_salience", "motivation", falling),
        ("person__acted_memory", "belonging", rising),
        ("person__answered_memory", "belonging", rising),
        ("person__norm", "belonging", rising),
        ("manager__openness", "belonging", rising),
        ("organisation__say_do_gap", "trust", falling),
        ("team__fulfilment", "trust", rising),
        ("team__breach", "trust", falling),
    ],
)
def test_each_cause_moves_everyone_its_way(cohort, column, state, direction):
    put(cohort, person__motivation=0.5, person__belonging=0.5, person__belonging_anchor=0.5, person__trust=0.5)
    found = [after(cohort, "motivation", **{column: x}) for x in (0.1, 0.4, 0.7)]
    concerned = filled_staff(cohort) if state == "belonging" else cohort.person["vacant"] == 0
    if column.startswith("team"):
        concerned &= cohort.person["team"] >= 0
    for i in np.flatnonzero(concerned):
        assert direction(own.person[state][i] for own in found)


def test_a_broken_promise_costs_twice_what_a_kept_one_wins(cohort):
    nothing = {
        "organisation__fulfilment": 0.0,
        "organisation__breach": 0.0,
        "team__fulfilment": 0.0,
        "team__breach": 0.0,
    }
    put(cohort, person__trust=0.5, **nothing)
    plain = after(cohort, "motivation").person["trust"]
    kept = after(cohort, "motivation", organisation__fulfilment=1.0, team__fulfilment=1.0)
    won = kept.person["trust"] - plain
    lost = plain - after(cohort, "motivation", organisation__breach=1.0, team__breach=1.0).person["trust"]
    filled = cohort.person["vacant"] == 0
    np.testing.assert_allclose(lost[filled], 2 * won[filled])
    assert (won[filled] > 0).all()


def test_people_with_ties_to_other_teams_belong_more(cohort):
    put(cohort, person__belonging=0.5, person__belonging_anchor=0.5)
    cohort.ties[:] = -1
    alone = after(cohort, "motivation").person["belonging"]
    i = np.flatnonzero(filled_staff(cohort))[0]
    cohort.ties[i, :2] = cohort.n_persons // 3 - 20, cohort.n_persons // 3 - 21
    tied = step(cohort, "motivation").person["belonging"]
    assert tied[i] > alone[i]
    others = np.arange(cohort.n_persons) != i
    np.testing.assert_array_equal(tied[others], alone[others])


def test_empty_posts_change_nothing_and_managers_keep_their_belonging(cohort):
    before = cohort.person.copy()
    step(cohort, "motivation")
    vacant = before["vacant"] == 1
    for state in STATES:
        np.testing.assert_array_equal(cohort.person[state][vacant], before[state][vacant])
    np.testing.assert_array_equal(cohort.person["belonging"][~is_staff(cohort)], before["belonging"][~is_staff(cohort)])


def test_switched_off_all_three_stay(cohort):
    before = cohort.person.copy()
    step(put(cohort, p__motivation__enabled=False, organisation__say_do_gap=1.0), "motivation")
    np.testing.assert_array_equal(cohort.person, before)
