"""Leaders read reports, tighten or loosen, come and go; the regulator rates what is reported."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import (
    GRID,
    both,
    burnt_in,
    constant,
    falling,
    hours_of,
    never_falling,
    never_rising,
    put,
    record,
    rising,
    shares,
    step,
)

from civicsim.model.levers import PURPOSES, REPORTING
from civicsim.model.organisation import CHIEF, ENACTED
from civicsim.model.processes.compact import ledger
from civicsim.model.processes.governing import (
    QUARTER,
    SIGNAL_WEEKS,
    Parameters,
    as_heard,
    attention_to_wellbeing,
    chief_exit_probability,
    culture_as_reported,
    example_set,
    grip_after,
    patience_with_compact,
    turn_of,
    urgency_of,
)
from civicsim.model.reference import Reference
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

ONLY = [PROCESSES["governing"]]
STAYS = {"p__governing__chief_exit_rate": 0.0}
LEAVES = {"p__governing__chief_exit_rate": 1.0}
NOT_RATED = {"p__governing__rating_weeks": 10_400}
NO_SIGNALS = {"p__governing__harm_weight": 0.0, "p__governing__patients_weight": 0.0}
"""Neither harm nor patients are heard: reports on care alone count."""
USUAL = record(Reference())


def held(x):
    return min(1.0, max(0.0, x))


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, st.floats(0.1, 1), st.floats(0, 10), st.floats(-1, 1), shares, shares)
def test_grip_follows_its_formula_and_is_a_share(grip, relaxation, reaction, shortfall, pressure, distracted):
    push = (reaction * max(0.0, shortfall) + relaxation * pressure) * (1 - distracted)
    expected = held((1 - relaxation) * grip + push)
    assert both(grip_after, grip, relaxation, reaction, shortfall, pressure, distracted) == pytest.approx(expected)


def test_leaders_tighten_where_reports_fall_short_and_only_there():
    assert rising(grip_after(0.1, 0.5, 1.0, shortfall, 0.0, 0.0) for shortfall in (0.0, 0.3, 0.6))
    assert constant(grip_after(0.1, 0.5, 1.0, shortfall, 0.0, 0.0) for shortfall in (0.0, -0.2, -0.4))
    assert rising(grip_after(0.1, 0.5, reaction, 0.1, 0.0, 0.0) for reaction in (0.0, 2.0, 5.0))
    assert rising(grip_after(grip, 0.5, 1.0, 0.1, 0.0, 0.0) for grip in GRID)
    assert falling(grip_after(0.8, relaxation, 1.0, 0.1, 0.0, 0.0) for relaxation in (0.1, 0.5, 1.0))


def test_pressure_from_outside_tightens_whatever_is_reported_and_attention_elsewhere_keeps_it_off():
    assert rising(grip_after(0.1, 0.5, 1.0, -0.3, pressure, 0.0) for pressure in GRID)
    assert falling(grip_after(0.1, 0.5, 1.0, 0.2, 0.3, distracted) for distracted in GRID)
    assert constant(grip_after(0.1, 0.5, 1.0, -0.3, 0.0, distracted) for distracted in GRID)
    # With all attention elsewhere, grip only loosens.
    assert grip_after(0.4, 0.5, 10.0, 0.5, 1.0, 1.0) == 0.2


def test_under_constant_pressure_grip_settles_at_that_pressure():
    grip = 0.0
    for _ in range(60):
        grip = grip_after(grip, 0.5, 2.0, 0.0, 0.7, 0.0)
    assert grip == pytest.approx(0.7)


def test_grip_is_gone_after_a_good_quarter_where_leaders_relax_at_once_and_full_after_a_disaster():
    assert grip_after(1.0, 1.0, 2.0, 0.0, 0.0, 0.0) == 0.0
    assert grip_after(0.0, 0.5, 2.0, 1.0, 0.0, 0.0) == 1.0
    assert grip_after(0.4, 0.5, 2.0, -0.3, 0.0, 0.0) == 0.2


@given(shares, st.floats(0, 2), shares, shares)
def test_the_example_that_is_set_follows_its_formula_and_is_a_share(own, gain, engaged, usual):
    assert both(example_set, own, gain, engaged, usual) == pytest.approx(held(own + gain * (engaged - usual)))


def test_leaders_show_as_much_openness_as_they_spend_time_with_people():
    assert rising(example_set(0.5, 0.5, engaged, 0.3) for engaged in GRID)
    assert rising(example_set(own, 0.5, 0.3, 0.3) for own in GRID)
    assert falling(example_set(0.5, gain, 0.1, 0.3) for gain in (0.0, 0.5, 2.0))
    assert rising(example_set(0.5, gain, 0.5, 0.3) for gain in (0.0, 0.5, 2.0))
    assert {example_set(0.4, gain, 0.3, 0.3) for gain in (0.0, 1.0, 2.0)} == {0.4}


def test_open_words_without_time_show_less_openness_than_modest_words_with_it():
    assert example_set(0.7, 2.0, 0.0, 0.3) < example_set(0.4, 2.0, 0.5, 0.3)


@given(st.floats(0, 0.05), st.booleans(), st.floats(1, 10))
def test_the_chance_that_the_chief_leaves_follows_its_formula_and_is_a_probability(rate, inadequate, factor):
    expected = min(1.0, rate * factor if inadequate else rate)
    assert both(chief_exit_probability, rate, inadequate, factor) == pytest.approx(expected)
    assert 0.0 <= expected <= 1.0


def test_an_inadequate_rating_makes_chiefs_leave_sooner():
    assert chief_exit_probability(0.01, 1, 3.0) == pytest.approx(3 * chief_exit_probability(0.01, 0, 3.0))
    assert rising(chief_exit_probability(rate, 0, 3.0) for rate in (0.0, 0.01, 0.05))
    assert rising(chief_exit_probability(0.01, 1, factor) for factor in (1.0, 3.0, 10.0))
    assert constant(chief_exit_probability(0.01, 0, factor) for factor in (1.0, 3.0, 10.0))
    assert chief_exit_probability(0.5, 1, 10.0) == 1.0


@given(shares, st.floats(0, 2), shares, shares, st.floats(0, 2), st.floats(0.01, 1), shares)
def test_what_is_heard_of_quality_follows_its_formula_and_is_a_share(
    reported, harm, satisfaction, harm_weight, patients_weight, usual_harm, usual_satisfaction
):
    q = record(Parameters(harm_weight=harm_weight, patients_weight=patients_weight))
    usual = record(Reference(usual_harm=usual_harm, usual_satisfaction=usual_satisfaction))
    expected = reported - harm_weight * (harm / usual_harm - 1) + patients_weight * (satisfaction - usual_satisfaction)
    assert both(as_heard, q, usual, reported, harm, satisfaction) == pytest.approx(held(expected), abs=1e-12)


def heard(reported=0.5, harm=USUAL.usual_harm, satisfaction=USUAL.usual_satisfaction, **changes):
    return as_heard(record(Parameters(), **changes), USUAL, reported, harm, satisfaction)


def test_harm_lowers_and_content_patients_raise_what_is_heard():
    assert rising(heard(reported) for reported in (0.1, 0.3, 0.5, 0.9))
    assert falling(heard(harm=harm) for harm in (0.0, 0.05, 0.1, 0.3))
    assert rising(heard(satisfaction=satisfaction) for satisfaction in GRID)
    assert falling(heard(harm=0.2, harm_weight=weight) for weight in (0.0, 0.03, 0.1))
    assert rising(heard(harm=0.0, harm_weight=weight) for weight in (0.0, 0.03, 0.1))
    assert rising(heard(satisfaction=0.9, patients_weight=weight) for weight in (0.0, 0.1, 1.0))
    assert falling(heard(satisfaction=0.2, patients_weight=weight) for weight in (0.0, 0.1, 1.0))


def test_at_the_usual_harm_and_satisfaction_what_is_reported_is_heard_and_without_weights_always():
    for reported in GRID:
        assert heard(reported, harm_weight=1.0, patients_weight=2.0) == pytest.approx(reported)
        assert {heard(reported, x, x, harm_weight=0.0, patients_weight=0.0) for x in GRID} == {reported}


@given(shares, st.booleans(), st.floats(0, 10), shares, shares)
def test_attention_to_wellbeing_follows_its_formula_and_is_a_share(weight, visible, gain, exhaustion, usual):
    expected = held(weight * (1 + gain * max(0.0, exhaustion - usual))) if visible else 0.0
    assert both(attention_to_wellbeing, weight, visible, gain, exhaustion, usual) == pytest.approx(expected)


def test_exhaustion_draws_attention_where_wellbeing_counts_and_its_price_can_be_seen():
    assert rising(attention_to_wellbeing(0.3, True, 2.0, exhaustion, 0.5) for exhaustion in (0.5, 0.7, 0.9))
    assert constant(attention_to_wellbeing(0.3, True, 2.0, exhaustion, 0.5) for exhaustion in (0.0, 0.3, 0.5))
    assert rising(attention_to_wellbeing(weight, True, 2.0, 0.6, 0.5) for weight in (0.0, 0.3, 0.6))
    assert rising(attention_to_wellbeing(0.3, True, gain, 0.6, 0.5) for gain in (0.0, 2.0, 10.0))
    assert falling(attention_to_wellbeing(0.3, True, 2.0, 0.8, usual) for usual in (0.3, 0.5, 0.8))
    assert {attention_to_wellbeing(weight, False, 2.0, 0.9, 0.5) for weight in GRID} == {0.0}


@given(shares, shares, shares, shares, shares)
def test_the_reported_culture_score_follows_its_formula_and_is_a_share(safety, weight, fear, salience, audit):
    expected = safety + weight * fear * salience * (1 - audit) * (1 - safety)
    assert both(culture_as_reported, safety, weight, fear, salience, audit) == pytest.approx(expected)
    assert safety - 1e-12 <= expected <= 1.0 + 1e-12


def test_a_culture_score_is_glossed_as_far_as_it_counts_and_is_feared_and_audit_keeps_it_honest():
    assert rising(culture_as_reported(0.5, weight, 0.5, 0.5, 0.3) for weight in GRID)
    assert rising(culture_as_reported(0.5, 0.5, fear, 0.5, 0.3) for fear in GRID)
    assert rising(culture_as_reported(0.5, 0.5, 0.5, salience, 0.3) for salience in GRID)
    assert falling(culture_as_reported(0.5, 0.5, 0.5, 0.5, audit) for audit in GRID)
    assert rising(culture_as_reported(safety, 0.5, 0.5, 0.5, 0.3) for safety in GRID)
    assert {culture_as_reported(0.4, 1.0, 1.0, 1.0, 1.0), culture_as_reported(0.4, 0.0, 1.0, 1.0, 0.0)} == {0.4}
    assert culture_as_reported(0.4, 1.0, 1.0, 1.0, 0.0) == 1.0


@given(st.integers(0, 104), st.integers(0, 130), shares)
def test_urgency_follows_its_formula_and_is_a_share(deadline, weeks, patience):
    expected = 0.0 if deadline == 0 or weeks == 0 else (1 - patience) * max(0.0, 1 - deadline / weeks)
    assert both(urgency_of, deadline, weeks, patience) == pytest.approx(expected)
    assert 0.0 <= expected <= 1.0


def test_the_less_time_is_left_for_a_trial_the_more_urgent_it_is():
    assert falling(urgency_of(deadline, 12, 0.3) for deadline in (1, 4, 8, 12))
    assert constant(urgency_of(deadline, 12, 0.3) for deadline in (12, 20, 104))
    assert rising(urgency_of(4, weeks, 0.3) for weeks in (4, 8, 12, 40))
    assert falling(urgency_of(4, 12, patience) for patience in GRID)
    assert urgency_of(0, 12, 0.0) == urgency_of(4, 0, 0.0) == 0.0


@given(shares, shares, shares)
def test_the_patience_of_a_regulator_in_a_compact_follows_its_formula_and_is_a_share(patience, regulator, compact):
    expected = patience + (1 - patience) * regulator * ledger(compact)
    assert both(patience_with_compact, patience, regulator, compact) == pytest.approx(expected)
    assert patience - 1e-12 <= expected <= 1.0


def test_a_regulator_is_more_patient_where_it_has_joined_a_compact_that_is_kept_as_a_ledger():
    assert rising(patience_with_compact(0.3, regulator, 1.0) for regulator in GRID)
    assert rising(patience_with_compact(0.3, 0.5, compact) for compact in (0.5, 0.7, 1.0))
    assert {patience_with_compact(0.3, 1.0, compact) for compact in (0.0, 0.3, 0.5)} == {0.3}
    assert {patience_with_compact(0.3, 0.0, compact) for compact in GRID} == {0.3}
    assert patience_with_compact(0.0, 1.0, 1.0) == 1.0


def test_turns_to_be_rated_are_spread_evenly_over_the_quarters_and_stay():
    turns = [both(turn_of, seed, key, 8) for seed in range(1, 101) for key in range(10)]
    assert set(turns) == set(range(8))
    counts = np.bincount(turns)
    assert ((counts - 125) ** 2 / 125).sum() < 24.3  # .001 point at 7 degrees of freedom
    assert turns == [turn_of(seed, key, 8) for seed in range(1, 101) for key in range(10)]
    assert {turn_of(seed, 0, 1) for seed in range(50)} == {0}


# -- grip ------------------------------------------------------------------------------------------------------------


def quarter(cohort, reported, weeks=1, **changes):
    """Return the grip after the end of a quarter in which teams reported some quality, and no one heard anything else."""
    own = put(cohort.copy(), team__quality_reported=reported, **{**STAYS, **NOT_RATED, **NO_SIGNALS, **changes})
    own.week = QUARTER
    return step(own, "governing").organisation["grip"]


def test_grip_comes_only_where_reports_fall_short(cohort):
    assert (quarter(cohort, 0.7, organisation__grip=0.0) == 0.0).all()
    assert (quarter(cohort, 0.62, organisation__grip=0.0) == 0.0).all()
    np.testing.assert_allclose(quarter(cohort, 0.52, organisation__grip=0.0), 0.1)
    assert falling(quarter(cohort, reported, organisation__grip=0.0)[0] for reported in (0.3, 0.5, 0.6))


def test_what_counts_is_what_is_reported_not_what_is_true(cohort):
    bad = quarter(cohort, 0.9, organisation__grip=0.0, team__quality=0.1, team__quality_measured=0.1)
    assert (bad == 0.0).all()


def test_what_counts_is_the_mean_over_the_teams(cohort):
    reports = np.tile([0.2, 0.4, 0.6, 0.8], 3)
    np.testing.assert_allclose(quarter(cohort, reports, organisation__grip=0.0), 0.12)


HEARD = {"organisation__grip": 0.0, "p__governing__harm_weight": 0.03, "p__governing__patients_weight": 0.1}


def test_grip_follows_harm_and_what_patients_state_of_the_same_reports(cohort):
    assert rising(quarter(cohort, 0.5, **HEARD, organisation__harm_memory=x)[0] for x in (0.0, 0.05, 0.1, 0.3))
    assert falling(quarter(cohort, 0.5, **HEARD, organisation__satisfaction_memory=x)[0] for x in GRID)
    silent = {**HEARD, **NO_SIGNALS}
    assert constant(quarter(cohort, 0.5, **silent, organisation__harm_memory=x)[0] for x in (0.0, 0.05, 0.1, 0.3))
    assert constant(quarter(cohort, 0.5, **silent, organisation__satisfaction_memory=x)[0] for x in GRID)
    # At their usual levels they change nothing.
    usual = {
        "organisation__harm_memory": USUAL.usual_harm,
        "organisation__satisfaction_memory": USUAL.usual_satisfaction,
    }
    steady = {**usual, "team__harm": USUAL.usual_harm / 52 * cohort.team["n_posts"]}
    found = quarter(cohort, 0.5, **HEARD, **steady, patient__satisfaction=USUAL.usual_satisfaction)
    np.testing.assert_allclose(found, quarter(cohort, 0.5, organisation__grip=0.0))


def test_harm_makes_an_inadequate_rating_likelier(cohort):
    signals = {"p__governing__harm_weight": 0.1, "p__governing__rating_noise": 0.0}
    for harm, inadequate in ((0.0, 0), (0.3, 1)):
        own = rated(cohort, 0.55, **signals, organisation__harm_memory=harm)
        assert (own.organisation["inadequate"] == inadequate).all()


def test_the_memories_of_harm_and_of_patients_settle_at_what_happens(cohort):
    own = put(cohort.copy(), organisation__harm_memory=0.0, organisation__satisfaction_memory=0.9, **STAYS, **NOT_RATED)
    harm = np.tile([0.001, 0.004, 0.002, 0.009], own.n_organisations)
    put(own, team__harm=harm, patient__satisfaction=0.3)
    per_post = 52 * harm[:4].sum() / own.organisation["n_staff"]
    own.week = 1
    step(own, "governing")
    np.testing.assert_allclose(own.organisation["harm_memory"], per_post / SIGNAL_WEEKS)
    np.testing.assert_allclose(own.organisation["satisfaction_memory"], 0.9 - 0.6 / SIGNAL_WEEKS)
    for _ in range(600):
        step(own, "governing")
    np.testing.assert_allclose(own.organisation["harm_memory"], per_post)
    np.testing.assert_allclose(own.organisation["satisfaction_memory"], 0.3)


def test_between_quarters_grip_stays_as_it_is(cohort):
    own = put(cohort.copy(), team__quality_reported=0.3, organisation__grip=0.4, **STAYS)
    for week in range(1, QUARTER):
        own.week = week
        step(own, "governing")
        assert (own.organisation["grip"] == 0.4).all()


def test_when_reports_are_good_again_grip_loosens_quarter_by_quarter(cohort):
    own = put(cohort.copy(), team__quality_reported=0.9, organisation__grip=1.0, **STAYS, **NOT_RATED)
    own.week = QUARTER
    found = []
    for _ in range(4):
        found.append(step(own, "governing").organisation["grip"][0])
        own.week += QUARTER
    assert found == pytest.approx([0.5, 0.25, 0.125, 0.0625])


def test_rising_expectations_tighten_in_the_long_run(cohort):
    def grip(week, drift):
        own = put(
            cohort.copy(), team__quality_reported=0.6, organisation__grip=0.0, p__governing__expectation_drift=drift
        )
        put(own, **STAYS, **NOT_RATED, organisation__expectation=drift * week / 52)
        own.week = week
        return step(own, "governing").organisation["grip"][0]

    assert rising(grip(week, 0.02) for week in (0, 520, 1040))
    assert constant(grip(week, 0.0) for week in (0, 520, 1040))
    assert rising(grip(520, drift) for drift in (0.0, 0.01, 0.02))
    assert grip(5200, -0.05) == 0.0


def test_expectations_add_up_week_by_week_from_the_first_week_looked_at(cohort):
    def after(start, weeks):
        own = put(cohort.copy(), p__governing__expectation_drift=0.02, **STAYS, **NOT_RATED)
        own.week = start
        return advance(own, weeks, processes=ONLY).organisation["expectation"][0]

    assert after(-52, 52) == 0.0
    assert after(0, 52) == pytest.approx(0.02)
    assert after(104, 52) == pytest.approx(0.02)
    assert after(-26, 52) == pytest.approx(0.01)


@settings(max_examples=25)
@given(shares, shares, shares, st.lists(st.floats(0, 1), min_size=9, max_size=9))
def test_grip_moves_hours_to_reporting_and_their_sum_stays(small_cohort, grip, share, protection, allotted):
    own = small_cohort.copy()
    for name, hours in zip(PURPOSES, allotted, strict=True):
        hours_of(own.organisation, "allotted", name)[:] = hours
    put(own, organisation__grip=grip, organisation__ledger_protection=protection, p__enactment__grip_hours=share)
    org = step(own, "enactment").organisation
    assert sum(hours_of(org, "hours", name) for name in PURPOSES) == pytest.approx(np.full(3, sum(allotted)))
    for name, hours in zip(PURPOSES, allotted, strict=True):
        if name == "reporting":
            assert (org["hours"][:, REPORTING] >= hours - 1e-12).all()
        else:
            np.testing.assert_allclose(hours_of(org, "hours", name), hours * (1 - share * grip * (1 - protection)))


def test_pressure_on_leaders_closes_managers_and_raises_the_fear_that_is_met(cohort):
    def after_grip(grip):
        own = put(cohort.copy(), organisation__grip=grip, p__enactment__enabled=False, p__enactment__overload_cost=0.0)
        step(own, "enactment")
        return own.manager["openness"].mean(), own.organisation["fear_enacted"][0]

    assert falling(after_grip(grip)[0] for grip in (0.0, 0.3, 0.6, 1.0))
    assert rising(after_grip(grip)[1] for grip in (0.0, 0.3, 0.6, 1.0))


# -- the example -----------------------------------------------------------------------------------------------------


def shown(cohort, **changes):
    own = put(cohort.copy(), **{f"organisation__spent__{purpose}": 0.0 for purpose in PURPOSES}, **STAYS)
    own.week = 1
    return step(put(own, **changes), "governing").organisation["leader_openness"]


def chief_of(cohort):
    return cohort.manager["openness_anchor"][
        cohort.organisation["first_manager"] + cohort.organisation["n_managers"] - 1
    ]


@pytest.mark.parametrize(
    "purpose", ["protected", "peer", "response", "deliberation", "coaching", "observation", "huddles"]
)
def test_hours_spent_with_people_show_openness(cohort, purpose):
    assert rising(shown(cohort, **{f"organisation__spent__{purpose}": h})[0] for h in (0.0, 0.2, 0.4))


@pytest.mark.parametrize("purpose", ["reporting", "patients"])
def test_hours_spent_otherwise_do_not(cohort, purpose):
    assert constant(shown(cohort, **{f"organisation__spent__{purpose}": h})[0] for h in (0.0, 0.2, 0.4))


def test_at_the_usual_hours_chiefs_show_the_openness_they_have(cohort):
    usual = cohort.parameters["reference"]["usual_engaged"][0]
    hours = usual * cohort.organisation["hours_budget"]
    np.testing.assert_allclose(shown(cohort, organisation__spent__response=hours), chief_of(cohort))
    np.testing.assert_allclose(shown(cohort, p__governing__example_gain=0.0), chief_of(cohort))


# -- succession ------------------------------------------------------------------------------------------------------


def chiefs_left(crowd, weeks, **changes):
    """Return how many chiefs left, over all runs; reports are good, so that only chance and ratings matter."""
    own = put(crowd.copy(), team__quality_reported=0.6, **changes)
    own.week = 1
    total = 0.0

    def observe(at, first, last):
        nonlocal total
        total += at.tally["chiefs_left"].sum()

    advance(own, weeks, processes=ONLY, observe=observe)
    return total


def test_chiefs_leave_about_as_often_as_declared(crowd):
    weeks, runs = 1000, crowd.n_organisations
    expected = weeks * runs / 156
    assert chiefs_left(crowd, weeks, **NOT_RATED) == pytest.approx(expected, abs=4 * expected**0.5)


def test_with_an_inadequate_rating_they_leave_as_much_more_often_as_declared(crowd):
    weeks, runs = 500, crowd.n_organisations
    rated = {"organisation__inadequate": 1, "p__governing__inadequate_below": 1.0}
    for factor in (1.0, 3.0):
        expected = factor * weeks * runs / 156
        found = chiefs_left(crowd, weeks, **rated, p__governing__inadequate_factor=factor)
        assert found == pytest.approx(expected, abs=4 * expected**0.5)


def attitudes(cohort):
    return np.array([cohort.organisation[f"{name}_enacted"] for name in ENACTED])


def succeeded(cohort, **changes):
    """Return a cohort after a succession, with attitudes that were far from habit."""
    own = put(cohort.copy(), **{f"organisation__{name}_enacted": 0.91 for name in ENACTED}, **LEAVES)
    own.week = 1
    return step(put(own, **changes), "governing")


FREER = {"fear": 0.01, "permission": 0.99, "authority": 0.99}
TIGHTER = {"fear": 0.99, "permission": 0.01, "authority": 0.01}


def test_a_new_chief_who_starts_over_undoes_what_was_given_and_not_what_was_taken_away(cohort):
    for name in ENACTED:
        undone = succeeded(
            cohort, p__governing__reset_probability=1.0, **{f"organisation__{name}_enacted": FREER[name]}
        ).organisation
        np.testing.assert_array_equal(undone[f"{name}_enacted"], undone[f"{name}_habit"])
        stays = succeeded(
            cohort, p__governing__reset_probability=1.0, **{f"organisation__{name}_enacted": TIGHTER[name]}
        ).organisation
        np.testing.assert_array_equal(stays[f"{name}_enacted"], TIGHTER[name])


def test_a_new_chief_who_starts_over_is_counted(cohort):
    own = succeeded(cohort, p__governing__reset_probability=1.0)
    assert (own.tally["resets"] == 1).all()
    assert (own.tally["chiefs_left"] == 1).all()
    assert (own.organisation["started_over"] == 1).all()


@pytest.mark.parametrize(
    "kept",
    [
        {"p__governing__continuity": 1.0, "p__governing__reset_probability": 1.0},
        {"p__governing__reset_probability": 0.0},
    ],
)
def test_with_continuity_or_without_appetite_a_new_chief_never_starts_over(crowd, kept):
    own = succeeded(crowd, **kept)
    assert (attitudes(own) == 0.91).all()
    assert (own.tally["resets"] == 0).all()
    assert (own.tally["chiefs_left"] == 1).all()


def test_the_more_continuity_the_fewer_new_chiefs_start_over(crowd):
    def resets(continuity, probability=1.0):
        own, total = crowd.copy(), 0.0
        put(own, **LEAVES, p__governing__continuity=continuity, p__governing__reset_probability=probability)
        for week in range(1, 13):
            own.week = week
            total += step(own, "governing").tally["resets"].sum()
        return total / (12 * own.n_organisations)

    assert falling(resets(c) for c in GRID)
    assert rising(resets(0.0, p) for p in GRID)
    assert resets(0.4, 0.5) == pytest.approx(0.3, abs=0.08)


def test_a_new_chief_brings_an_openness_of_their_own(crowd):
    own = succeeded(crowd)
    new = chief_of(own)
    assert (new != chief_of(crowd)).all()
    assert new.mean() == pytest.approx(0.5, abs=0.1)
    assert new.std() == pytest.approx(0.17, abs=0.07)
    others = own.manager["openness_anchor"] != crowd.manager["openness_anchor"]
    assert others.sum() == crowd.n_organisations


def test_only_a_chief_who_starts_over_breaks_off_what_was_begun(cohort):
    goes = {**STAYS, "organisation__chief_leaving": 1, "p__governing__reset_probability": 1.0}
    breaks, carries_on = (
        put(cohort.copy(), **goes, p__governing__continuity=c, organisation__started_over=0) for c in (0.0, 1.0)
    )
    breaks.week = carries_on.week = 1
    assert (step(breaks, "governing").organisation["started_over"] == 1).all()
    assert (step(carries_on, "governing").organisation["started_over"] == 0).all()
    assert (breaks.tally["chiefs_left"] == 1).all()
    assert (carries_on.tally["chiefs_left"] == 1).all()


def test_a_chief_who_stays_changes_nothing(cohort):
    own = put(cohort.copy(), **STAYS, organisation__started_over=1)
    own.week = 1
    before = attitudes(own)
    step(own, "governing")
    assert (own.organisation["started_over"] == 0).all()
    np.testing.assert_array_equal(attitudes(own), before)
    np.testing.assert_array_equal(own.manager, cohort.manager)


def test_changes_decay_when_a_new_chief_starts_over(crowd):
    def decayed(left):
        own = put(
            crowd.copy(), organisation__started_over=left, practice__followed=1, practice__adopted_week=crowd.week - 10
        )
        return step(own, "lifecycle").tally["decayed"].sum()

    assert decayed(1) > 3 * decayed(0)


def test_the_shorter_chiefs_stay_the_fewer_changes_last(crowd):
    """Sustained adoption falls with the tenure of leaders."""

    def share_sustained(rate):
        own = put(crowd.copy(), p__governing__chief_exit_rate=rate)
        sustained = decayed = 0.0

        def observe(at, first, last):
            nonlocal sustained, decayed
            sustained += at.tally["sustained"].sum()
            decayed += at.tally["decayed"].sum()

        advance(own, 104, observe=observe)
        return sustained / (sustained + decayed)

    assert falling(share_sustained(rate) for rate in (0.0, 0.01, 0.05))


def test_a_new_chief_is_a_new_person(cohort):
    own = succeeded(cohort)
    chief = own.person["role"] == CHIEF
    assert (own.person["generation"][chief] == cohort.person["generation"][chief] + 1).all()
    assert (own.person["tenure"][chief] == 0).all()


# -- ratings ---------------------------------------------------------------------------------------------------------


def rated(cohort, reported, week=0, **changes):
    own = put(
        cohort.copy(),
        team__quality_reported=reported,
        organisation__grip=0.0,
        p__governing__reaction=0.0,
        p__governing__rating_weeks=QUARTER,
        **STAYS,
        **NO_SIGNALS,
    )
    own.week = week
    return step(put(own, **changes), "governing")


def test_what_is_reported_low_is_rated_inadequate(cohort):
    assert (rated(cohort, 0.3).organisation["inadequate"] == 1).all()
    assert (rated(cohort, 0.7, organisation__inadequate=1).organisation["inadequate"] == 0).all()
    assert (rated(cohort, 0.3, team__quality=1.0).organisation["inadequate"] == 1).all()


def test_the_impression_of_the_regulator_is_noisy(crowd):
    def share(reported, noise=0.03):
        return rated(crowd, reported, p__governing__rating_noise=noise).organisation["inadequate"].mean()

    assert never_rising(share(reported) for reported in (0.44, 0.48, 0.5, 0.52, 0.56))
    assert share(0.5) == pytest.approx(0.5, abs=0.3)
    assert share(0.499, 0.0) == 1.0
    assert share(0.501, 0.0) == 0.0
    assert share(0.55, 0.2) > share(0.55, 0.0) == 0.0


def weeks_rated(cohort, weeks):
    """Return the weeks in which each organisation is rated, and check that a rating counts once."""
    cohort.week = 1
    found = {o: [] for o in range(cohort.n_organisations)}

    def observe(at, first, last):
        assert set(at.tally["rated"].tolist()) <= {0.0, 1.0}
        for o in range(first, last):
            if at.tally["rated"][o]:
                found[o].append(at.week)

    advance(cohort, weeks, processes=ONLY, observe=observe)
    return found


def test_ratings_come_every_so_many_weeks_and_are_counted(cohort):
    weeks = weeks_rated(put(cohort.copy(), **STAYS), 3 * 104)
    for found in weeks.values():
        assert len(found) == 3
        assert set(np.diff(found)) == {104}
        assert all(week % QUARTER == 0 for week in found)


def test_linked_organisations_are_rated_in_turn():
    own = put(burnt_in(1, n_organisations=8, n_teams=1, team_size=4, burn_in_weeks=1), **STAYS)
    weeks = weeks_rated(own, 104)
    assert all(len(found) == 1 for found in weeks.values())
    assert len({found[0] for found in weeks.values()}) > 3


def test_runs_of_one_organisation_are_not_all_rated_in_one_quarter(crowd):
    weeks = weeks_rated(put(crowd.copy(), **STAYS), 104)
    assert {found[0] for found in weeks.values()} == set(range(QUARTER, 105, QUARTER))


def test_an_inadequate_rating_adds_grip_unless_the_regulator_is_patient(cohort):
    def grip(patience, reported=0.3):
        return rated(cohort, reported, p__governing__patience=patience).organisation["grip"][0]

    assert falling(grip(patience) for patience in GRID)
    assert grip(0.0) == pytest.approx(0.3)
    assert grip(1.0) == 0.0
    assert constant(grip(patience, 0.8) for patience in GRID)


def test_with_full_patience_a_rating_changes_grip_no_more_than_no_rating(cohort):
    patient = rated(cohort, 0.3, p__governing__patience=1.0, p__governing__reaction=1.0)
    unrated = rated(cohort, 0.3, p__governing__reaction=1.0, **NOT_RATED)
    assert (patient.tally["rated_inadequate"] == 1).all()
    assert (unrated.tally["rated"] == 0).all()
    np.testing.assert_array_equal(patient.organisation["grip"], unrated.organisation["grip"])


def test_a_higher_bar_rates_more_organisations_inadequate(crowd):
    found = [
        rated(crowd, crowd.team["quality_reported"], p__governing__inadequate_below=bar)
        .organisation["inadequate"]
        .mean()
        for bar in (0.0, 0.4, 0.6, 0.9)
    ]
    assert never_falling(found)
    assert found[0] == 0.0
    assert found[-1] == 1.0


# -- what leaders are judged by, and what else they attend to --------------------------------------------------------


def test_pressure_from_outside_tightens_leaders_whose_reports_are_good(cohort):
    found = [quarter(cohort, 0.9, organisation__grip=0.0, p__governing__pressure=x)[0] for x in GRID]
    assert rising(found)
    assert found[0] == 0.0


def test_judged_by_culture_alone_what_is_reported_of_care_no_longer_counts(cohort):
    judged = {"organisation__grip": 0.0, "p__governing__culture_target": 1.0, "organisation__audit": 1.0}
    unsafe = {**judged, "person__safety": 0.4}
    assert constant(quarter(cohort, reported, **unsafe)[0] for reported in (0.1, 0.5, 0.9))
    assert falling(quarter(cohort, 0.1, **{**judged, "person__safety": x})[0] for x in (0.3, 0.45, 0.6))
    assert constant(quarter(cohort, 0.5, organisation__grip=0.0, person__safety=x)[0] for x in (0.1, 0.5, 0.9)), (
        "by default only reports on care count"
    )


def test_who_is_judged_by_culture_under_fear_glosses_it_and_audit_keeps_it_honest(cohort):
    def gloss(**changes):
        usual = {
            "p__governing__culture_target": 0.5,
            "organisation__fear_enacted": 0.8,
            "organisation__target_salience": 0.8,
            "organisation__audit": 0.0,
        }
        own = put(cohort.copy(), person__safety=0.5, person__vacant=0, **STAYS, **NOT_RATED, **{**usual, **changes})
        own.week = QUARTER
        return step(own, "governing").organisation["culture_reported"][0] - 0.5

    assert rising(gloss(p__governing__culture_target=x) for x in GRID)
    assert rising(gloss(organisation__fear_enacted=x) for x in GRID)
    assert rising(gloss(organisation__target_salience=x) for x in GRID)
    assert falling(gloss(organisation__audit=x) for x in GRID)
    assert gloss(organisation__audit=1.0) == pytest.approx(0.0, abs=1e-12)


WORN_OUT = {"organisation__grip": 0.0, "person__exhaustion": 0.8, "p__governing__tradeoff_visible": True}


def test_who_cares_for_the_wellbeing_of_staff_tightens_less_if_the_price_can_be_seen(cohort):
    assert falling(quarter(cohort, 0.4, **WORN_OUT, p__governing__wellbeing_weight=x)[0] for x in (0.0, 0.2, 0.5))
    cared = {**WORN_OUT, "p__governing__wellbeing_weight": 0.3}
    assert falling(quarter(cohort, 0.4, **{**cared, "person__exhaustion": x})[0] for x in (0.5, 0.7, 0.9))
    assert falling(quarter(cohort, 0.4, **cared, p__governing__wellbeing_gain=x)[0] for x in (0.0, 2.0, 5.0))
    unseen = {**cared, "p__governing__tradeoff_visible": False}
    assert constant(quarter(cohort, 0.4, **{**unseen, "person__exhaustion": x})[0] for x in (0.5, 0.7, 0.9))


def test_leaders_who_attend_to_wellbeing_put_off_care_as_far_as_they_can(cohort):
    def deferred(**changes):
        own = put(cohort.copy(), **{**WORN_OUT, "p__governing__wellbeing_weight": 0.3, **STAYS, **NOT_RATED, **changes})
        own.week = QUARTER
        org = step(own, "governing").organisation
        np.testing.assert_allclose(org["deferred"], own.parameters["governing"]["relief"] * org["attention_wellbeing"])
        return org["deferred"][0]

    assert rising(deferred(p__governing__wellbeing_weight=x) for x in (0.0, 0.2, 0.5))
    assert rising(deferred(p__governing__relief=x) for x in (0.0, 0.05, 0.3))
    assert rising(deferred(person__exhaustion=x) for x in (0.5, 0.7, 0.9))
    assert {deferred(p__governing__relief=0.0), deferred(p__governing__tradeoff_visible=False)} == {0.0}


def test_the_exhaustion_that_counts_is_that_of_people_in_post(cohort):
    def attention(vacant_exhaustion):
        own = put(cohort.copy(), **WORN_OUT, p__governing__wellbeing_weight=0.3, **STAYS, **NOT_RATED)
        own.person["vacant"][own.team["first_person"]] = 1
        own.person["exhaustion"][own.person["vacant"] == 1] = vacant_exhaustion
        own.week = QUARTER
        return step(own, "governing").organisation["attention_wellbeing"]

    np.testing.assert_array_equal(attention(0.0), attention(1.0))
    assert (attention(0.0) > 0.3).all()


# -- an inspection ---------------------------------------------------------------------------------------------------


def inspected(cohort, weeks, deadline=4, **changes):
    """Simulate some weeks from the announcement of an inspection; return what was seen each week."""
    own = put(cohort.copy(), organisation__deadline=deadline, organisation__notice=deadline, **STAYS, **NOT_RATED)
    own.week = 1
    put(own, **changes)
    found = []
    for _ in range(weeks):
        advance(own, 1, processes=ONLY)
        week = {name: own.organisation[name].copy() for name in ("deadline", "urgency")}
        found.append(week | {"rated": own.tally["rated"].copy()})
    return found


def test_the_weeks_until_an_inspection_are_counted_down_and_it_ends_in_a_rating(cohort):
    found = inspected(cohort, 6)
    assert [week["deadline"].tolist() for week in found] == [[3] * 3, [2] * 3, [1] * 3, [0] * 3, [0] * 3, [0] * 3]
    assert [week["rated"].tolist() for week in found] == [[0] * 3] * 3 + [[1] * 3] + [[0] * 3] * 2


def test_urgency_goes_by_the_notice_given_and_is_gone_after_the_inspection(cohort):
    found = [week["urgency"][0] for week in inspected(cohort, 5, p__governing__patience=0.0)]
    np.testing.assert_allclose(found, [1 - 4 / 12, 1 - 4 / 12, 1 - 4 / 12, 0.0, 0.0])
    assert [week["urgency"][0] for week in inspected(cohort, 3, deadline=0)] == [0.0] * 3
    assert [week["urgency"][0] for week in inspected(cohort, 3, deadline=26)] == [0.0] * 3


def test_a_patient_regulator_or_one_in_a_compact_makes_an_inspection_less_urgent(cohort):
    assert falling(inspected(cohort, 1, p__governing__patience=x)[0]["urgency"][0] for x in GRID)
    kept = {"organisation__compact": 1.0}
    assert falling(inspected(cohort, 1, **kept, p__compact__regulator=x)[0]["urgency"][0] for x in GRID)
    words = {"organisation__compact": 0.5}
    assert constant(inspected(cohort, 1, **words, p__compact__regulator=x)[0]["urgency"][0] for x in GRID)


def test_an_inspection_of_poor_reports_brings_grip_between_quarters(cohort):
    own = put(cohort.copy(), organisation__deadline=1, organisation__grip=0.0, team__quality_reported=0.2)
    put(own, **STAYS, **NOT_RATED, p__governing__patience=0.0)
    own.week = 5
    step(own, "governing")
    assert (own.tally["rated_inadequate"] == 1).all()
    np.testing.assert_allclose(own.organisation["grip"], 0.3)


def test_a_regulator_in_a_kept_compact_lets_an_inadequate_rating_pass(cohort):
    def grip(regulator, compact=1.0):
        own = rated(cohort, 0.3, p__compact__regulator=regulator, organisation__compact=compact)
        return own.organisation["grip"][0]

    assert falling(grip(x) for x in GRID)
    assert grip(1.0) == 0.0
    assert constant(grip(x, compact=0.5) for x in GRID)


# -- a chief executive who has to go ---------------------------------------------------------------------------------


def test_a_chief_who_has_to_go_goes_this_week_and_once(cohort):
    own = put(cohort.copy(), organisation__chief_leaving=1, **STAYS, p__governing__reset_probability=1.0)
    own.week = 1
    step(own, "governing")
    assert (own.tally["chiefs_left"] == 1).all()
    assert (own.organisation["chief_leaving"] == 0).all()
    assert (own.organisation["started_over"] == 1).all()
    step(own, "governing")
    assert (own.tally["chiefs_left"] == 0).all()


# -- off -------------------------------------------------------------------------------------------------------------


def test_switched_off_no_inspection_looms_no_one_has_to_go_and_no_one_attends_to_wellbeing(cohort):
    own = put(
        cohort.copy(),
        p__governing__enabled=False,
        organisation__deadline=3,
        organisation__notice=4,
        organisation__urgency=0.7,
        organisation__chief_leaving=1,
        organisation__attention_wellbeing=0.4,
        organisation__culture_reported=0.9,
        organisation__deferred=0.2,
    )
    own.week = 0
    step(own, "governing")
    for name in (
        "deadline",
        "notice",
        "urgency",
        "chief_leaving",
        "started_over",
        "attention_wellbeing",
        "deferred",
        "culture_reported",
    ):
        assert (own.organisation[name] == 0).all(), name
    assert (own.tally["rated"] + own.tally["chiefs_left"] == 0).all()


def test_switched_off_there_is_no_grip_and_chiefs_stay_and_show_what_they_are(cohort):
    own = put(cohort.copy(), organisation__grip=0.5, **LEAVES, p__governing__enabled=False)
    own.week = 0
    step(own, "governing")
    assert (own.organisation["grip"] == 0.0).all()
    assert (own.tally["chiefs_left"] + own.tally["rated"] == 0).all()
    np.testing.assert_array_equal(own.organisation["leader_openness"], chief_of(cohort))
    np.testing.assert_array_equal(own.manager, cohort.manager)
