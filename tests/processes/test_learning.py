"""People learn from the outcome of speaking up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, filled_staff, is_staff, put, record, rising, shares, step

from civicsim.engine.parameters import declared
from civicsim.model.processes.learning import (
    COUNTING,
    PEARCE_HALL,
    RESCORLA_WAGNER,
    USUAL_SURPRISE,
    Parameters,
    expected_efficacy,
    grounds_for_safety,
    learn_from_outcome,
    learning_rate,
    rate_by_experience,
    rate_by_surprise,
)
from civicsim.model.reference import Reference

q, usual = record(Parameters()), record(Reference())
outcomes = st.floats(-0.2, 1.0)
FORMS = declared(Parameters, "learning")["form"].choices


def held(x):
    return min(1.0, max(0.0, x))


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, outcomes, st.floats(0.02, 0.3), st.floats(1, 4))
def test_a_belief_follows_its_formula_and_stays_a_share(belief, outcome, rate, ratio):
    speed = rate * (ratio if outcome < belief else 1.0)
    learned = both(learn_from_outcome, belief, outcome, rate, ratio)
    assert learned == pytest.approx(held(belief + min(1.0, speed) * (outcome - belief)))
    assert 0.0 <= learned <= 1.0


def test_better_outcomes_raise_a_belief():
    assert rising(learn_from_outcome(0.5, outcome, 0.1, 2.0) for outcome in (-0.2, 0.0, 0.6, 1.0))
    assert rising(learn_from_outcome(belief, 0.6, 0.1, 2.0) for belief in GRID)


def test_a_disappointment_moves_a_belief_twice_as_far_as_an_equal_success():
    gain = learn_from_outcome(0.5, 0.8, 0.1, 2.0) - 0.5
    loss = 0.5 - learn_from_outcome(0.5, 0.2, 0.1, 2.0)
    assert loss == pytest.approx(2 * gain)
    assert falling(learn_from_outcome(0.5, 0.2, 0.1, ratio) for ratio in (1.0, 2.0, 4.0))
    assert constant(learn_from_outcome(0.5, 0.8, 0.1, ratio) for ratio in (1.0, 2.0, 4.0))


def test_a_faster_rate_moves_a_belief_further_either_way_but_never_beyond_the_outcome():
    assert rising(learn_from_outcome(0.3, 0.9, rate, 2.0) for rate in (0.02, 0.1, 0.3))
    assert falling(learn_from_outcome(0.9, 0.3, rate, 2.0) for rate in (0.02, 0.1, 0.3))
    assert learn_from_outcome(0.9, 0.3, 0.3, 4.0) == pytest.approx(0.3)


def test_what_happens_as_expected_teaches_nothing_and_beliefs_stop_at_their_ends():
    assert learn_from_outcome(0.6, 0.6, 0.1, 2.0) == 0.6
    assert learn_from_outcome(0.0, -0.2, 0.3, 4.0) == 0.0
    assert learn_from_outcome(1.0, 1.0, 0.3, 4.0) == 1.0


def test_codes_of_forms_are_those_of_their_names():
    assert (
        [record(Parameters(form=form)).form for form in FORMS] == [RESCORLA_WAGNER, PEARCE_HALL, COUNTING] == [0, 1, 2]
    )


@given(st.floats(0.02, 0.3), st.floats(0, 1.2), st.integers(0, 3000), st.floats(1, 2000))
def test_rates_of_learning_follow_their_formulas(rate, surprise, tenure, usually):
    by_surprise, by_experience = rate * surprise / 0.65, rate * 2 / (1 + tenure / usually)
    assert both(rate_by_surprise, rate, surprise) == pytest.approx(by_surprise)
    assert both(rate_by_experience, rate, tenure, usually) == pytest.approx(by_experience)
    found = [learning_rate(form, rate, surprise, tenure, usually) for form in range(3)]
    assert found == pytest.approx([rate, by_surprise, by_experience])


def test_what_surprises_teaches_more_and_what_one_has_seen_often_teaches_less():
    assert rising(rate_by_surprise(0.1, surprise) for surprise in GRID)
    assert rate_by_surprise(0.1, USUAL_SURPRISE) == pytest.approx(0.1)
    assert falling(rate_by_experience(0.1, tenure, 324.0) for tenure in (0, 10, 100, 1000))
    assert rate_by_experience(0.1, 324, 324.0) == pytest.approx(0.1)


def learned(form, belief, outcome, rate=0.1, ratio=2.0, tenure=100):
    return learn_from_outcome(belief, outcome, learning_rate(form, rate, abs(outcome - belief), tenure, 324.0), ratio)


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_in_every_form_beliefs_follow_outcomes_and_losses_count_more(form):
    assert rising(learned(form, 0.5, outcome) for outcome in (-0.2, 0.0, 0.6, 1.0))
    assert rising(learned(form, 0.3, 0.9, rate=rate) for rate in (0.02, 0.1, 0.3))
    assert learned(form, 0.6, 0.6) == 0.6
    assert 0.5 - learned(form, 0.5, 0.2) == pytest.approx(2 * (learned(form, 0.5, 0.8) - 0.5))
    hasty = [learned(form, 1.0, outcome, rate=0.3, ratio=4.0, tenure=0) for outcome in GRID]
    assert all(outcome - 1e-12 <= found <= 1.0 for outcome, found in zip(GRID, hasty, strict=True))


@given(shares, shares, shares, shares, st.floats(0, 0.8), shares, shares)
def test_expected_efficacy_follows_its_formula_and_is_a_share(anchor, a_r, dealt, r0, a_v, openness, o0):
    expected = held(anchor + a_r * (dealt - r0) + a_v * (openness - o0))
    assert both(expected_efficacy, anchor, a_r, dealt, r0, a_v, openness, o0) == pytest.approx(expected)


def test_what_is_dealt_with_and_open_managers_raise_expected_efficacy():
    assert rising(expected_efficacy(0.4, 0.5, dealt, 0.1, 0.3, 0.5, 0.4) for dealt in GRID)
    assert rising(expected_efficacy(0.4, 0.5, 0.2, 0.1, 0.3, openness, 0.4) for openness in GRID)
    assert rising(expected_efficacy(anchor, 0.5, 0.2, 0.2, 0.3, 0.4, 0.4) for anchor in GRID)
    assert rising(expected_efficacy(0.4, weight, 0.5, 0.1, 0.3, 0.4, 0.4) for weight in GRID)
    assert falling(expected_efficacy(0.6, weight, 0.0, 0.3, 0.3, 0.4, 0.4) for weight in GRID)


def test_at_the_usual_levels_people_expect_what_they_brought_along():
    assert all(expected_efficacy(anchor, 0.8, 0.1, 0.1, 0.3, 0.4, 0.4) == anchor for anchor in GRID)
    assert all(
        grounds_for_safety(q, usual, anchor, usual.usual_openness, usual.usual_voice_share, usual.usual_fear) == anchor
        for anchor in GRID
    )


@given(shares, shares, shares, shares)
def test_grounds_for_safety_follow_their_formula_and_are_a_share(anchor, openness, norm, fear):
    expected = anchor + q.openness_safety * (openness - usual.usual_openness)
    expected += q.norm_safety * (norm - usual.usual_voice_share) - q.fear_safety * (fear - usual.usual_fear)
    assert both(grounds_for_safety, q, usual, anchor, openness, norm, fear) == pytest.approx(held(expected))


def test_openness_and_the_norm_make_it_safe_and_fear_makes_it_unsafe():
    assert rising(grounds_for_safety(q, usual, 0.4, openness, 0.4, 0.3) for openness in GRID)
    assert rising(grounds_for_safety(q, usual, 0.4, 0.4, norm, 0.3) for norm in GRID)
    assert falling(grounds_for_safety(q, usual, 0.4, 0.4, 0.4, fear) for fear in GRID)
    assert rising(grounds_for_safety(q, usual, anchor, 0.45, 0.43, 0.35) for anchor in GRID)


# -- the process -----------------------------------------------------------------------------------------------------


def quiet(cohort):
    """A week in which nothing was answered and no one suffered, in a place like any other."""
    r = cohort.parameters["reference"]
    return put(
        cohort,
        person__outcomes=0.0,
        person__n_outcomes=0.0,
        person__detriments=0.0,
        team__outcomes=0.0,
        team__n_outcomes=0.0,
        team__detriments=0.0,
        team__noticed_memory=100.0,
        person__vacant=0,
        team__dealt_memory=100.0 * r["usual_dealt_share"][0],
        manager__openness=r["usual_openness"][0],
        organisation__fear_enacted=r["usual_fear"][0],
        person__norm=r["usual_voice_share"][0],
    )


def tell(cohort, outcome, n=1):
    """Let the first person of each team hear an outcome."""
    first = cohort.team["first_person"]
    cohort.person["outcomes"][first], cohort.person["n_outcomes"][first] = n * outcome, n
    cohort.team["outcomes"], cohort.team["n_outcomes"] = n * outcome, n
    return cohort


@pytest.mark.parametrize("state", ["efficacy", "agency"])
def test_better_outcomes_raise_efficacy_and_agency_of_those_who_raised_it_and_of_witnesses(cohort, state):
    first, second = cohort.team["first_person"], cohort.team["first_person"] + 1
    put(quiet(cohort), **{f"person__{state}": 0.5, f"person__{state}_anchor": 0.5})
    found = [step(tell(cohort.copy(), outcome), "learning").person[state] for outcome in (-0.2, 0.0, 0.6, 1.0)]
    for t in range(len(cohort.team)):
        assert rising(values[first[t]] for values in found)
        assert rising(values[second[t]] for values in found)
    own, seen = found[-1][first] - 0.5, found[-1][second] - 0.5
    assert (own > seen).all()
    assert (seen > 0).all()


def test_witnesses_learn_a_quarter(cohort):
    put(quiet(cohort), person__efficacy=0.4, person__efficacy_anchor=0.4, p__learning__experience_rate=0.0)
    found = step(tell(cohort, 1.0), "learning").person["efficacy"]
    first = cohort.team["first_person"]
    rate = cohort.parameters["learning"]["outcome_rate"][0]
    np.testing.assert_allclose(found[first] - 0.4, rate * 0.6)
    np.testing.assert_allclose(found[first + 1] - 0.4, 0.25 * rate * 0.6)


def test_without_outcomes_efficacy_settles_where_the_place_suggests(cohort):
    put(quiet(cohort), person__efficacy_anchor=0.5)
    cohort.team["dealt_memory"] = 100.0 * (cohort.parameters["reference"]["usual_dealt_share"][0] + 0.1)
    for _ in range(900):
        step(cohort, "learning")
    weight = cohort.parameters["learning"]["dealt_weight"][0]
    np.testing.assert_allclose(cohort.person["efficacy"][is_staff(cohort)], 0.5 + weight * 0.1, atol=1e-6)


def test_silence_does_not_shield_the_belief_where_little_is_dealt_with(cohort):
    def efficacy(dealt):
        return (
            after(quiet(cohort.copy()), "learning", team__dealt_memory=dealt)
            .person["efficacy"][is_staff(cohort)]
            .mean()
        )

    assert rising(efficacy(dealt) for dealt in (0.0, 5.0, 20.0))


@pytest.mark.parametrize("state", ["efficacy", "safety"])
def test_open_managers_raise_efficacy_and_safety(cohort, state):
    put(cohort, **{f"person__{state}": 0.5, f"person__{state}_anchor": 0.5})
    found = [after(quiet(cohort.copy()), "learning", manager__openness=o).person[state] for o in (0.1, 0.5, 0.9)]
    for i in np.flatnonzero(is_staff(cohort)):
        assert rising(values[i] for values in found)


def test_fear_lowers_safety_and_others_voice_raises_it(cohort):
    put(cohort, person__safety=0.5, person__safety_anchor=0.5)
    fear = [
        after(quiet(cohort.copy()), "learning", organisation__fear_enacted=f).person["safety"] for f in (0.1, 0.5, 0.9)
    ]
    norm = [after(quiet(cohort.copy()), "learning", person__norm=n).person["safety"] for n in (0.1, 0.5, 0.9)]
    for i in np.flatnonzero(is_staff(cohort)):
        assert falling(values[i] for values in fear)
        assert rising(values[i] for values in norm)


def test_suffering_for_voice_costs_safety_and_seeing_it_costs_half_as_much(cohort):
    plain = step(quiet(cohort.copy()), "learning").person["safety"]
    first = cohort.team["first_person"]
    own = put(quiet(cohort), team__detriments=1.0)
    own.person["detriments"][first] = 1.0
    lost = plain - step(own, "learning").person["safety"]
    room = plain > 0.2
    np.testing.assert_allclose(lost[first][room[first]], 0.15)
    np.testing.assert_allclose(lost[first + 1][room[first + 1]], 0.07)
    assert (lost[~is_staff(cohort)] == 0.0).all()


def test_safety_again_in_plain_numpy(cohort):
    """The whole equation of safety, for a week with detriment."""
    rng = np.random.default_rng(4)
    cohort.person["detriments"] = rng.random(cohort.n_persons) < 0.1
    staff, filled = is_staff(cohort), filled_staff(cohort)
    cohort.person["detriments"][~filled] = 0
    cohort.team["detriments"] = np.bincount(cohort.person["team"][staff], weights=cohort.person["detriments"][staff])
    before = cohort.person.copy()
    p = {name: cohort.parameters["learning"][name][0] for name in cohort.parameters["learning"].dtype.names}
    r = cohort.parameters["reference"][0]
    expected = {}
    for i in np.flatnonzero(filled):
        who, t = before[i], before["team"][i]
        mates = np.flatnonzero(filled & (before["team"] == t))
        tied = cohort.ties[i][cohort.ties[i] >= 0]
        around = before["safety"][np.concatenate([mates[mates != i], tied[before["vacant"][tied] == 0]])]
        openness = cohort.manager["openness"][cohort.team["manager"][t]]
        fear = cohort.organisation["fear_enacted"][who["organisation"]]
        grounds = held(
            who["safety_anchor"]
            + p["openness_safety"] * (openness - r["usual_openness"])
            + p["norm_safety"] * (who["norm"] - r["usual_voice_share"])
            - p["fear_safety"] * (fear - r["usual_fear"])
        )
        mixed = p["susceptibility"] * around.mean() + (1 - p["susceptibility"]) * grounds
        moved = who["safety"] + p["safety_rate"] * (mixed - who["safety"])
        seen = cohort.team["detriments"][t] - who["detriments"]
        expected[i] = held(moved - p["detriment_cost"] * who["detriments"] - p["witness_cost"] * seen)
    step(cohort, "learning")
    np.testing.assert_allclose(cohort.person["safety"][list(expected)], list(expected.values()), atol=1e-12)


def test_all_learn_from_what_others_felt_before_anyone_learned(cohort):
    """Within a week everyone reads old values: the order of posts does not matter."""
    put(quiet(cohort), p__learning__susceptibility=0.6, p__learning__safety_rate=0.3)
    cohort.ties[:] = -1
    turned = cohort.copy()
    for first, n in zip(cohort.team["first_person"], cohort.team["n_posts"], strict=True):
        rows = slice(first, first + n)
        for name in cohort.person.dtype.names:
            turned.person[name][rows] = cohort.person[name][rows][::-1]
    step(cohort, "learning")
    step(turned, "learning")
    for first, n in zip(cohort.team["first_person"], cohort.team["n_posts"], strict=True):
        rows = slice(first, first + n)
        np.testing.assert_allclose(turned.person["safety"][rows][::-1], cohort.person["safety"][rows], atol=1e-14)


def test_neighbours_in_other_teams_count(cohort):
    put(quiet(cohort), person__safety=0.5, person__safety_anchor=0.5)
    i = np.flatnonzero(is_staff(cohort) & (cohort.ties >= 0).any(axis=1))[0]
    j = cohort.ties[i][cohort.ties[i] >= 0][0]
    plain = after(cohort, "learning").person["safety"]
    other = cohort.copy()
    other.person["safety"][j] = 1.0
    step(other, "learning")
    assert other.person["safety"][i] > plain[i]


def test_a_person_alone_follows_own_grounds(cohort):
    put(quiet(cohort), person__vacant=1, person__safety=0.3, person__safety_anchor=0.7)
    cohort.ties[:] = -1
    first = cohort.team["first_person"]
    cohort.person["vacant"][first] = 0
    step(cohort, "learning")
    np.testing.assert_allclose(
        cohort.person["safety"][first], 0.3 + cohort.parameters["learning"]["safety_rate"][0] * 0.4
    )


def test_empty_posts_and_managers_learn_nothing(cohort):
    put(cohort, person__outcomes=1.0, person__n_outcomes=1.0)
    before = cohort.person.copy()
    step(cohort, "learning")
    others = ~filled_staff(cohort)
    for state in ("safety", "efficacy", "agency"):
        np.testing.assert_array_equal(cohort.person[state][others], before[state][others])


def test_agency_returns_to_what_a_person_brought_along(cohort):
    put(quiet(cohort), person__agency=0.9, person__agency_anchor=0.3)
    step(cohort, "learning")
    rate = cohort.parameters["learning"]["agency_rate"][0]
    np.testing.assert_allclose(cohort.person["agency"][is_staff(cohort)], 0.9 - rate * 0.6)


@pytest.mark.parametrize(
    ("switch", "still", "moving"),
    [
        ("enabled", ("safety", "efficacy", "agency"), ()),
        ("efficacy_enabled", ("efficacy", "agency"), ("safety",)),
        ("safety_enabled", ("safety",), ("efficacy", "agency")),
    ],
)
def test_each_switch_stops_what_it_names_and_nothing_else(cohort, switch, still, moving):
    put(cohort, person__outcomes=1.0, person__n_outcomes=1.0, person__agency=0.2)
    plain, before = after(cohort, "learning"), cohort.person.copy()
    step(put(cohort, **{f"p__learning__{switch}": False}), "learning")
    for state in still:
        np.testing.assert_array_equal(cohort.person[state], before[state])
    for state in moving:
        np.testing.assert_array_equal(cohort.person[state], plain.person[state])
        assert (cohort.person[state] != before[state]).any()


# -- the climate of a project ------------------------------------------------------------------------------------------


def test_where_a_project_makes_it_safer_safety_settles_higher_for_its_weeks(cohort):
    put(quiet(cohort), person__safety=0.5, person__safety_anchor=0.5, team__climate=0.0, team__climate_until=0)

    def safety(climate, until):
        own = put(cohort.copy(), team__climate=climate, team__climate_until=until)
        return step(own, "learning").person["safety"][filled_staff(own)].mean()

    running = cohort.week + 1
    assert rising(safety(climate, running) for climate in (0.0, 0.1, 0.3))
    assert constant(safety(climate, cohort.week) for climate in (0.0, 0.1, 0.3))
    assert safety(0.3, running) > safety(0.3, cohort.week) == safety(0.0, running)


def test_a_climate_is_that_of_its_team_and_of_safety_alone(cohort):
    put(quiet(cohort), p__learning__susceptibility=0.0)
    plain, own = step(cohort.copy(), "learning"), cohort.copy()
    own.team["climate"][2], own.team["climate_until"][2] = 0.3, own.week + 5
    step(own, "learning")
    differs = own.person["safety"] != plain.person["safety"]
    assert set(own.person["team"][differs]) == {2}
    for state in ("efficacy", "agency", "safety_anchor"):
        np.testing.assert_array_equal(own.person[state], plain.person[state])
