"""Motivation, belonging and trust follow how people are treated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, filled_staff, is_staff, put, record, rising, row, shares, step

from civicsim.model.processes.motivation import (
    TIES_THAT_MATTER,
    Parameters,
    belonging_target,
    motivation_change,
    part_taken,
    trust_change,
    trust_grounds,
    trust_in_promises,
)
from civicsim.model.reference import Reference

q, usual = record(Parameters()), record(Reference())
directives = st.floats(0, 4)


def dials(**changes):
    """Return the default parameters with some changed."""
    return record(Parameters(), **changes)


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, shares, shares, shares, shares, shares, shares, shares, directives, st.floats(-0.005, 0.01))
def test_the_change_of_motivation_follows_its_formula(
    m, m0, agency, authority, permission, fear, salience, carrot, ordered, carrot_weight
):
    influence = 0.5 * agency + 0.5 * authority
    autonomy = (influence - usual.usual_influence) + (permission - usual.usual_permission)
    autonomy -= q.directive_weight * (ordered - usual.usual_directives)
    expected = q.motivation_rate * (m0 + q.autonomy_weight * autonomy - m)
    expected -= q.crowding * (fear * salience - usual.usual_pressure) + carrot_weight * (carrot - usual.usual_carrot)
    place = governed(authority, permission, fear, salience, carrot, ordered)
    found = both(motivation_change, dials(carrot_weight=carrot_weight), usual, place, m, m0, agency)
    assert found == pytest.approx(expected, abs=1e-15)


def governed(authority, permission, fear, salience, carrot, ordered):
    """Return an organisation as its staff meet it."""
    return row(
        "organisation",
        authority_enacted=authority,
        permission_enacted=permission,
        fear_enacted=fear,
        target_salience=salience,
        carrot=carrot,
        directive_memory=ordered,
    )


def motivated(
    m=0.5, m0=0.5, agency=0.5, authority=0.2, permission=0.3, fear=0.35, salience=0.6, carrot=0.15, ordered=0.4, q=q
):
    place = governed(authority, permission, fear, salience, carrot, ordered)
    return motivation_change(q, usual, place, m, m0, agency)


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


def test_directives_take_felt_autonomy_away_unless_their_weight_is_zero():
    assert falling(motivated(ordered=n) for n in (0.0, 0.2, 0.4, 1.0, 4.0))
    assert falling(motivated(ordered=2.0, q=dials(directive_weight=w)) for w in GRID)
    assert constant(motivated(ordered=n, q=dials(directive_weight=0.0)) for n in (0.0, 0.4, 4.0))
    # A directive counts as a lack of permission does.
    little, none = motivated(permission=0.3 - q.directive_weight, ordered=0.4), motivated(permission=0.3, ordered=1.4)
    assert little == pytest.approx(none)


def test_rewards_change_nothing_by_default_and_crowd_out_or_in_where_a_study_lets_them():
    assert q.carrot_weight == 0.0
    assert constant(motivated(carrot=carrot) for carrot in GRID)
    assert falling(motivated(carrot=carrot, q=dials(carrot_weight=0.01)) for carrot in GRID)
    assert rising(motivated(carrot=carrot, q=dials(carrot_weight=-0.005)) for carrot in GRID)
    assert constant(motivated(carrot=0.15, q=dials(carrot_weight=w)) for w in (-0.005, 0.0, 0.01))


def test_motivation_returns_to_its_own_level():
    assert falling(motivated(m=m) for m in GRID)
    assert rising(motivated(m=0.2, q=dials(motivation_rate=rate)) for rate in (0.0, 0.02, 0.1))
    assert rising(motivated(permission=0.9, q=dials(autonomy_weight=w)) for w in GRID)


@given(shares, shares, shares, st.integers(0, 8), shares, shares, st.floats(-0.3, 0.3))
def test_belonging_settles_where_its_formula_states_and_is_a_share(
    anchor, acted, recognition, ties, openness, norm, place
):
    expected = 0.75 * anchor + q.belonging_acted * acted + q.belonging_recognition * recognition
    expected += q.belonging_ties * min(1.0, ties / 4) + q.belonging_openness * openness + q.belonging_norm * norm
    found = both(belonging_target, q, anchor, acted, recognition, ties, openness, norm, place)
    assert found == pytest.approx(min(1.0, max(0.0, expected + place)))
    assert 0.0 <= found <= 1.0


def belongs(anchor=0.4, acted=0.2, recognition=0.3, ties=2, openness=0.4, norm=0.4, place=0.0, q=q):
    return belonging_target(q, anchor, acted, recognition, ties, openness, norm, place)


@pytest.mark.parametrize("cause", ["anchor", "acted", "recognition", "openness", "norm"])
def test_action_answers_openness_and_others_voice_feed_belonging(cause):
    assert rising(belongs(**{cause: x}) for x in GRID)


def test_ties_feed_belonging_up_to_four():
    assert rising(belongs(ties=n) for n in range(5))
    assert constant(belongs(ties=n) for n in (4, 5, 8))
    assert TIES_THAT_MATTER == 4.0


@pytest.mark.parametrize("name", ["own", "acted", "recognition", "ties", "openness", "norm"])
def test_each_weight_of_belonging_counts(name):
    assert rising(belongs(q=dials(**{f"belonging_{name}": w})) for w in (0.0, 0.2, 0.5))


def test_what_a_person_brought_along_counts_by_its_weight_and_not_at_all_without():
    assert rising(
        belongs(anchor=0.9, q=dials(belonging_own=w)) - belongs(anchor=0.3, q=dials(belonging_own=w))
        for w in (0.0, 0.2, 0.4, 0.6)
    )
    assert constant(belongs(anchor=anchor, q=dials(belonging_own=0.0)) for anchor in GRID)


def test_a_good_place_raises_belonging_and_a_bad_one_lowers_it():
    assert rising(belongs(place=place) for place in (-0.3, -0.1, 0.0, 0.1, 0.3))


@given(st.floats(0, 100))
def test_the_part_that_a_team_takes_follows_its_formula_and_is_a_share(ideas):
    found = both(part_taken, ideas)
    assert found == pytest.approx(ideas / (1 + ideas))
    assert 0.0 <= found < 1.0


def test_each_further_idea_counts_but_less_than_the_one_before():
    parts = [part_taken(n) for n in (0.0, 1.0, 2.0, 3.0, 4.0)]
    assert rising(parts)
    assert falling(np.diff(parts))
    assert parts[:2] == [0.0, 0.5]


# -- trust -----------------------------------------------------------------------------------------------------------


@given(shares, shares, shares)
def test_what_a_place_adds_to_trust_follows_its_formula(answered, openness, fear):
    expected = q.trust_answered * (answered - usual.usual_answered) - q.trust_fear * (fear - usual.usual_fear)
    expected += q.trust_openness * (openness - usual.usual_openness)
    assert both(trust_grounds, q, usual, answered, openness, fear) == pytest.approx(expected, abs=1e-15)


def reasons(answered=usual.usual_answered, openness=usual.usual_openness, fear=usual.usual_fear, q=q):
    return trust_grounds(q, usual, answered, openness, fear)


def test_answers_and_openness_are_grounds_for_trust_and_fear_for_distrust():
    assert reasons() == 0.0
    assert rising(reasons(answered=answered) for answered in GRID)
    assert rising(reasons(openness=openness) for openness in GRID)
    assert falling(reasons(fear=fear) for fear in GRID)


@pytest.mark.parametrize(("name", "direction"), [("answered", rising), ("openness", rising), ("fear", falling)])
def test_each_ground_for_trust_counts_by_its_weight_and_not_at_all_without(name, direction):
    assert direction(reasons(**{name: 0.9}, q=dials(**{f"trust_{name}": w})) for w in (0.0, 0.2, 0.5))
    assert constant(reasons(**{name: x}, q=dials(**{f"trust_{name}": 0.0})) for x in GRID)


@given(st.floats(0, 0.02), st.floats(1, 4), shares, st.floats(-1, 1))
def test_what_promises_do_to_trust_follows_its_formula(gain, ratio, fulfilment, contract):
    expected = gain * fulfilment - (ratio * gain * -contract if contract < 0 else 0.0)
    assert both(trust_in_promises, gain, ratio, fulfilment, contract) == pytest.approx(expected, abs=1e-15)


def test_kept_promises_win_trust_and_what_falls_short_of_expectations_costs_more():
    assert rising(trust_in_promises(0.002, 2.0, fulfilment, 0.0) for fulfilment in GRID)
    assert falling(trust_in_promises(0.002, 2.0, 0.5, -short) for short in GRID)
    assert constant(trust_in_promises(0.002, 2.0, 0.5, beyond) for beyond in GRID)
    assert falling(trust_in_promises(0.002, ratio, 0.5, -0.5) for ratio in (1.0, 2.0, 4.0))
    assert trust_in_promises(0.002, 2.0, 0.0, -1.0) == -2 * trust_in_promises(0.002, 2.0, 1.0, 0.0)
    assert constant(trust_in_promises(0.0, 2.0, 1.0, contract) for contract in (-1.0, 0.0, 1.0))


@given(shares, shares, st.floats(-0.5, 0.5), shares, st.floats(-0.08, 0.02))
def test_the_change_of_trust_follows_its_formula(trust, anchor, grounds, gap, promises):
    expected = q.trust_rate * (anchor + grounds - trust) - q.gap_cost * gap + promises
    assert both(trust_change, q, trust, anchor, grounds, gap, promises) == pytest.approx(expected, abs=1e-15)


def trusted(trust=0.5, anchor=0.5, grounds=0.0, gap=0.1, promises=0.0, q=q):
    return trust_change(q, trust, anchor, grounds, gap, promises)


def test_a_gap_between_words_and_deeds_costs_trust():
    assert falling(trusted(gap=gap) for gap in GRID)
    assert falling(trusted(gap=0.5, q=record(Parameters(), gap_cost=c)) for c in (0.0, 0.005, 0.05))
    assert constant(trusted(gap=gap, q=record(Parameters(), gap_cost=0.0)) for gap in GRID)


def test_grounds_and_promises_move_trust_their_way():
    assert rising(trusted(grounds=grounds) for grounds in (-0.3, -0.1, 0.0, 0.1, 0.3))
    assert rising(trusted(promises=promises) for promises in (-0.08, -0.004, 0.0, 0.002, 0.02))


def test_trust_settles_where_the_place_gives_grounds_for_it():
    assert trusted(trust=0.6, anchor=0.5, grounds=0.1, gap=0.0) == pytest.approx(0.0)
    assert rising(trusted(grounds=0.3, q=dials(trust_rate=rate)) for rate in (0.005, 0.01, 0.03))


def test_trust_returns_to_what_was_brought_along():
    assert falling(trusted(trust=trust) for trust in GRID)
    assert rising(trusted(anchor=anchor) for anchor in GRID)
    assert trusted(gap=0.0) == 0.0


# -- the process -----------------------------------------------------------------------------------------------------

STATES = ("motivation", "belonging", "trust")


def test_all_three_again_in_plain_numpy(cohort):
    each = np.linspace(0, 1, len(cohort.team))
    put(
        cohort,
        organisation__fulfilment=0.7,
        organisation__contract=-0.2,
        organisation__say_do_gap=0.3,
        organisation__answered_memory=0.8,
        organisation__directive_memory=1.3,
        organisation__carrot=0.4,
        organisation__leader_openness=0.7,
        organisation__status_blindness=0.4,
        p__motivation__carrot_weight=0.008,
        team__fulfilment=each,
        team__contract=0.5 - each,
        team__answered_share=1 - each,
        team__originated_memory=3 * each,
    )
    before, team = cohort.person.copy(), cohort.team.copy()
    org, own = cohort.organisation[before["organisation"]], team[before["team"]]
    filled, staff = before["vacant"] == 0, filled_staff(cohort)
    autonomy = 0.5 * before["agency"] + 0.5 * org["authority_enacted"] - usual.usual_influence
    autonomy += org["permission_enacted"] - usual.usual_permission
    autonomy -= q.directive_weight * (org["directive_memory"] - usual.usual_directives)
    motivation = (
        before["motivation"]
        + q.motivation_rate * (before["motivation_anchor"] + q.autonomy_weight * autonomy - before["motivation"])
        - q.crowding * (org["fear_enacted"] * org["target_salience"] - usual.usual_pressure)
    )
    motivation -= 0.008 * (org["carrot"] - usual.usual_carrot)
    above = before["team"] < 0
    manager_openness = cohort.manager["openness"][own["manager"]]
    # Staff go by their manager's openness, managers by the chief executive's.
    openness = np.where(is_staff(cohort), manager_openness, org["leader_openness"])
    answered = np.where(above, org["answered_memory"], own["answered_share"])
    grounds = q.trust_answered * (answered - usual.usual_answered)
    grounds += q.trust_openness * (openness - usual.usual_openness)
    grounds -= q.trust_fear * (org["fear_enacted"] - usual.usual_fear)
    trust = before["trust"] + q.trust_rate * (before["trust_anchor"] + grounds - before["trust"])
    trust -= q.gap_cost * org["say_do_gap"]
    promise = cohort.parameters["compact"][0]
    kept = np.where(above, org["fulfilment"], own["fulfilment"])
    short = np.maximum(0, -np.where(above, org["contract"], own["contract"]))
    trust += promise["fulfilment_gain"] * (kept - promise["breach_ratio"] * short)
    target = q.belonging_own * before["belonging_anchor"] + q.belonging_acted * before["acted_memory"]
    target += q.belonging_recognition * before["answered_memory"] + q.belonging_norm * before["norm"]
    target += q.belonging_ties * np.minimum(1, (cohort.ties >= 0).sum(axis=1) / 4)
    target += q.belonging_openness * manager_openness + q.belonging_rank * (1 - 0.4) * before["status"]
    ideas = own["originated_memory"]
    target += q.belonging_part * (ideas / (1 + ideas) - usual.usual_part)
    belonging = before["belonging"] + q.belonging_rate * (np.clip(target, 0, 1) - before["belonging"])
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
        ("organisation__directive_memory", "motivation", falling),
        ("person__acted_memory", "belonging", rising),
        ("person__answered_memory", "belonging", rising),
        ("person__norm", "belonging", rising),
        ("manager__openness", "belonging", rising),
        ("team__originated_memory", "belonging", rising),
        ("organisation__say_do_gap", "trust", falling),
        ("team__fulfilment", "trust", rising),
        ("organisation__fear_enacted", "trust", falling),
        ("team__answered_share", "trust", rising),
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


def test_the_openness_of_a_manager_moves_staffs_trust_and_that_of_the_chief_executive_managers(cohort):
    put(cohort, person__trust=0.5)
    filled, staff = cohort.person["vacant"] == 0, is_staff(cohort)
    for column, concerned in (("manager__openness", staff), ("organisation__leader_openness", ~staff)):
        low, middle, high = (after(cohort, "motivation", **{column: x}).person["trust"] for x in (0.1, 0.5, 0.9))
        assert (low < middle)[filled & concerned].all()
        assert (middle < high)[filled & concerned].all()
        np.testing.assert_array_equal(low[~concerned], high[~concerned])


def test_those_above_the_teams_go_by_answers_and_promises_to_the_whole(cohort):
    put(cohort, person__trust=0.5)
    above = cohort.person["team"] < 0
    filled = cohort.person["vacant"] == 0
    for column, values in (("answered_memory", (0.1, 0.9)), ("contract", (-0.5, 0.0)), ("fulfilment", (0.1, 0.9))):
        less, more = (after(cohort, "motivation", **{f"organisation__{column}": x}).person["trust"] for x in values)
        assert (less < more)[above & filled].all()
        np.testing.assert_array_equal(less[~above], more[~above])


def test_what_falls_short_costs_twice_what_a_kept_promise_wins_and_a_surplus_wins_nothing(cohort):
    put(
        cohort,
        person__trust=0.5,
        organisation__fulfilment=0.0,
        organisation__contract=0.0,
        team__fulfilment=0.0,
        team__contract=0.0,
    )
    plain = after(cohort, "motivation").person["trust"]
    won = after(cohort, "motivation", organisation__fulfilment=1.0, team__fulfilment=1.0).person["trust"] - plain
    lost = plain - after(cohort, "motivation", organisation__contract=-1.0, team__contract=-1.0).person["trust"]
    filled = cohort.person["vacant"] == 0
    np.testing.assert_allclose(lost[filled], 2 * won[filled])
    assert (won[filled] > 0).all()
    beyond = after(cohort, "motivation", organisation__contract=1.0, team__contract=1.0).person["trust"]
    np.testing.assert_array_equal(beyond, plain)


def test_orders_week_after_week_lower_motivation_over_half_a_year(cohort):
    put(cohort, organisation__directive_memory=0.4, person__motivation=0.5, person__motivation_anchor=0.5)

    def half_a_year(n_orders, **changes):
        own = put(cohort.copy(), **changes)
        for _ in range(26):
            own.dimension["directive"] = 0
            own.dimension["directive"][:, :n_orders] = 1
            step(own, "directives", "motivation")
            own.week += 1
        return own.organisation["directive_memory"][0], own.person["motivation"][cohort.person["vacant"] == 0].mean()

    memory, motivation = zip(*(half_a_year(n) for n in (0, 1, 2, 3)), strict=True)
    assert rising(memory)
    assert falling(motivation)
    assert constant(half_a_year(n, p__motivation__directive_weight=0.0)[1] for n in (0, 1, 2, 3))
    # After half a year a memory of half a year holds 1 − (1 − 1/26)²⁶ of an order a week on one dimension.
    m = cohort.dimension["directive"].shape[1]
    forgotten = (1 - 1 / 26) ** 26
    assert memory[1] == pytest.approx(forgotten * 0.4 + (1 - forgotten) * 52 / m)


# -- rank ------------------------------------------------------------------------------------------------------------


def belonging_by_rank(cohort, status, **changes):
    own = put(cohort.copy(), person__belonging=0.5, person__belonging_anchor=0.5, person__status=status)
    return after(own, "motivation", **changes).person["belonging"]


def test_standing_counts_for_belonging_only_where_rank_counts(cohort):
    filled = filled_staff(cohort)

    def lead(blindness, **changes):
        high, low = (
            belonging_by_rank(cohort, status, organisation__status_blindness=blindness, **changes)
            for status in (0.5, -0.5)
        )
        return (high - low)[filled]

    for i in range(filled.sum()):
        assert falling(lead(blindness)[i] for blindness in GRID)
    assert (lead(0.0) > 0.0).all()
    assert (lead(1.0) == 0.0).all()
    assert (lead(0.0, p__motivation__belonging_rank=0.0) == 0.0).all()
    assert (lead(0.0, p__motivation__belonging_rank=-0.1) < 0.0).all()


def test_those_of_usual_standing_feel_nothing_of_rank(cohort):
    found = [belonging_by_rank(cohort, 0.0, p__motivation__belonging_rank=w) for w in (0.0, 0.05, 0.3)]
    for values in found[1:]:
        np.testing.assert_array_equal(values, found[0])


# -- each cause can be switched off ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "column", "state", "low", "high"),
    [
        ("directive_weight", "organisation__directive_memory", "motivation", 0.0, 3.0),
        ("carrot_weight", "organisation__carrot", "motivation", 0.1, 0.9),
        ("crowding", "organisation__target_salience", "motivation", 0.1, 0.9),
        ("trust_answered", "team__answered_share", "trust", 0.1, 0.9),
        ("trust_answered", "organisation__answered_memory", "trust", 0.1, 0.9),
        ("trust_openness", "manager__openness", "trust", 0.1, 0.9),
        ("trust_openness", "organisation__leader_openness", "trust", 0.1, 0.9),
        ("trust_fear", "organisation__fear_enacted", "trust", 0.1, 0.9),
        ("belonging_part", "team__originated_memory", "belonging", 0.0, 3.0),
        ("belonging_rank", "person__status", "belonging", -0.5, 0.5),
        ("belonging_own", "person__belonging_anchor", "belonging", 0.1, 0.9),
    ],
)
def test_a_weight_of_zero_leaves_all_exactly_as_without_the_cause(cohort, weight, column, state, low, high):
    put(cohort, person__motivation=0.5, person__trust=0.5, person__belonging=0.5)

    # The belonging of managers depends on none of this.
    concerned = filled_staff(cohort) if state == "belonging" else cohort.person["vacant"] == 0

    def treated(value, w):
        own = after(cohort, "motivation", **{column: value, f"p__motivation__{weight}": w})
        return own.person[state][concerned]

    np.testing.assert_array_equal(treated(low, 0.0), treated(high, 0.0))
    assert (treated(low, 0.01) != treated(high, 0.01)).any()


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
