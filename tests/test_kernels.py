"""The rules as functions of numbers: their formulas, their directions, their ends."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, both, constant, falling, never_falling, never_rising, rising, shares

from civicsim.model.rules import (
    COMPLEX,
    PROPORTIONAL,
    SIMPLE,
    adoption_hazard,
    choice_probability,
    clip,
    code_change_probability,
    either,
    exp,
    logistic,
    majority_accuracy,
    poisson,
    reaches,
    settle,
    toward_code,
    unit,
)

logits = st.floats(-50.0, 50.0)


# -- bounds ----------------------------------------------------------------------------------------------------------


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(0, 10))
def test_clip_stays_between_its_bounds_and_leaves_alone_what_is_between(x, low, width):
    held = both(clip, x, low, low + width)
    assert low <= held <= low + width
    if low <= x <= low + width:
        assert held == x


@given(st.floats(-1e9, 1e9))
def test_unit_is_clip_between_zero_and_one(x):
    assert both(unit, x) == min(max(x, 0.0), 1.0)


# -- the exponential -------------------------------------------------------------------------------------------------


@given(st.floats(-700.0, 700.0))
def test_the_exponential_is_within_two_units_in_the_last_place(x):
    assert abs(both(exp, x) - math.exp(x)) <= 2 * math.ulp(math.exp(x))


def test_the_exponential_never_falls_and_is_exact_at_nought():
    assert both(exp, 0.0) == 1.0
    assert never_falling(exp(x) for x in np.linspace(-30, 30, 5001))
    assert never_falling(exp(x) for x in np.linspace(-1e-6, 1e-6, 501))


def test_the_exponential_ends_at_the_ends_of_its_range():
    assert 0.0 < exp(-1e6) == exp(-708.0) < 1e-300
    assert exp(1e6) == exp(709.0) > 1e300
    assert math.isnan(exp(math.nan))


# -- logistic choice -------------------------------------------------------------------------------------------------


@given(logits)
def test_logistic_follows_its_formula(x):
    assert both(logistic, x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-12)


@given(st.floats(-1e308, 1e308))
def test_logistic_is_a_probability_for_any_number(x):
    assert 0.0 <= logistic(x) <= 1.0


def test_logistic_rises_and_mirrors_around_zero():
    assert rising(logistic(x) for x in (-20.0, -2.0, 0.0, 0.5, 3.0, 20.0))
    assert logistic(0.0) == 0.5
    assert logistic(2.5) + logistic(-2.5) == pytest.approx(1.0, abs=1e-15)


@given(logits, st.floats(0, 6), shares, shares)
def test_choice_follows_its_formula(appraisal, weight, norm, reference):
    expected = 1 / (1 + math.exp(-(appraisal + weight * (norm - reference))))
    assert both(choice_probability, appraisal, weight, norm, reference) == pytest.approx(expected, rel=1e-9)


def test_a_better_appraisal_and_a_stronger_norm_raise_the_chance_of_acting():
    assert rising(choice_probability(a, 2.0, 0.5, 0.4) for a in (-3.0, -1.0, 0.0, 2.0))
    assert rising(choice_probability(-0.5, 2.0, norm, 0.4) for norm in GRID)
    assert falling(choice_probability(-0.5, 2.0, 0.5, reference) for reference in GRID)


def test_the_weight_of_the_norm_turns_on_which_side_of_the_reference_others_are():
    assert rising(choice_probability(0.0, weight, 0.8, 0.4) for weight in (0.0, 1.0, 4.0))
    assert falling(choice_probability(0.0, weight, 0.1, 0.4) for weight in (0.0, 1.0, 4.0))
    assert constant(choice_probability(0.0, 0.0, norm, 0.4) for norm in GRID)


# -- influence -------------------------------------------------------------------------------------------------------


@given(shares, shares, shares, shares, shares)
def test_settle_follows_its_formula_and_stays_between_what_it_mixes(x, neighbours, anchor, susceptibility, rate):
    moved = both(settle, x, neighbours, anchor, susceptibility, rate)
    target = susceptibility * neighbours + (1 - susceptibility) * anchor
    assert moved == pytest.approx(x + rate * (target - x), abs=1e-12)
    assert min(x, neighbours, anchor) - 1e-12 <= moved <= max(x, neighbours, anchor) + 1e-12


def test_neighbours_and_anchor_pull_and_susceptibility_shares_out_between_them():
    assert rising(settle(0.5, n, 0.4, 0.3, 0.1) for n in GRID)
    assert rising(settle(0.5, 0.4, a, 0.3, 0.1) for a in GRID)
    assert rising(settle(0.5, 0.9, 0.2, s, 0.1) for s in GRID)
    assert falling(settle(0.5, 0.2, 0.9, s, 0.1) for s in GRID)
    assert rising(settle(0.1, 0.9, 0.9, 0.3, rate) for rate in GRID)


def test_settle_at_its_ends():
    assert settle(0.2, 0.9, 0.4, 0.3, 0.0) == 0.2
    assert settle(0.2, 0.9, 0.4, 1.0, 1.0) == pytest.approx(0.9)
    assert settle(0.2, 0.9, 0.4, 0.0, 1.0) == pytest.approx(0.4)


# -- thresholds and hazards ------------------------------------------------------------------------------------------


@given(st.integers(0, 60), st.integers(1, 60))
def test_exactly_the_threshold_is_reached_whatever_binary_arithmetic_states(active, degree):
    active = min(active, degree)
    assert both(reaches, float(active), float(degree), active / degree)
    assert not reaches(float(active), float(degree), (active + 1) / degree)


def test_no_one_reaches_a_threshold_without_contacts():
    assert not both(reaches, 0.0, 0.0, 0.0)
    assert both(reaches, 3.0, 10.0, 0.3)
    assert not both(reaches, 2.0, 10.0, 0.3)


def expected_hazard(form, active, degree, threshold, complex_rate, contagion, internal, noise):
    if active == 0 or degree == 0:
        return 0.0
    if form == COMPLEX:
        return complex_rate if active / degree >= threshold - 1e-9 / degree else min(noise, complex_rate)
    if form == SIMPLE:
        none_passes_it_on = 1.0
        for _ in range(active):
            none_passes_it_on *= 1 - contagion
        return max(noise, 1 - none_passes_it_on)
    return internal * active / degree


@given(
    st.sampled_from([COMPLEX, SIMPLE, PROPORTIONAL]),
    st.integers(0, 12),
    st.integers(0, 12),
    shares,
    shares,
    shares,
    shares,
    st.floats(0, 0.02),
)
def test_hazard_follows_its_formula_and_is_a_probability(form, active, extra, threshold, rate, contagion, q, noise):
    degree = active + extra
    numbers = (threshold, rate, contagion, q, noise)
    hazard = both(adoption_hazard, form, float(active), float(degree), *numbers)
    assert hazard == pytest.approx(expected_hazard(form, active, degree, *numbers), abs=1e-12)
    assert 0.0 <= hazard <= 1.0


def hazard(form, active, degree=10.0, threshold=0.3, complex_rate=0.25, contagion=0.05, internal=0.1, noise=0.002):
    return adoption_hazard(form, float(active), degree, threshold, complex_rate, contagion, internal, noise)


def test_more_active_contacts_never_lower_the_hazard():
    assert never_falling(hazard(COMPLEX, n) for n in range(11))
    assert rising(hazard(SIMPLE, n) for n in range(11))
    assert rising(hazard(PROPORTIONAL, n) for n in range(11))


def test_a_complex_change_needs_its_threshold_and_otherwise_only_noise_passes_it():
    assert hazard(COMPLEX, 2) == 0.002
    assert hazard(COMPLEX, 3) == 0.25
    assert hazard(COMPLEX, 2, noise=0.0) == 0.0
    assert never_rising(hazard(COMPLEX, 5, threshold=t) for t in GRID)
    assert rising(hazard(COMPLEX, 5, complex_rate=c) for c in GRID)


def test_noise_never_lowers_and_never_overtakes_the_rate_above_the_threshold():
    assert rising(hazard(COMPLEX, 1, noise=e) for e in (0.0, 0.001, 0.02))
    assert hazard(COMPLEX, 1, noise=0.02, complex_rate=0.01) == 0.01
    assert hazard(SIMPLE, 1, contagion=0.0, noise=0.02) == 0.02


def test_without_active_contacts_nothing_is_taken_up():
    assert constant(hazard(form, 0, noise=0.02) for form in (COMPLEX, SIMPLE, PROPORTIONAL))
    assert hazard(SIMPLE, 0) == 0.0
    assert hazard(SIMPLE, 0, degree=0.0) == 0.0


def test_contagion_and_internal_rate_raise_the_forms_they_belong_to():
    assert rising(hazard(SIMPLE, 3, contagion=b) for b in (0.01, 0.05, 0.2, 1.0))
    assert rising(hazard(PROPORTIONAL, 3, internal=q) for q in (0.0, 0.1, 1.0))
    assert hazard(PROPORTIONAL, 10, internal=1.0) == 1.0
    assert hazard(SIMPLE, 1, contagion=1.0) == 1.0


@given(shares, shares)
def test_either_follows_its_formula_and_is_a_probability(p, q):
    combined = both(either, p, q)
    assert combined == pytest.approx(p + q - p * q, abs=1e-12)
    assert max(p, q) - 1e-12 <= combined <= 1.0


def test_each_chance_raises_either():
    assert rising(either(p, 0.3) for p in GRID)
    assert rising(either(0.3, q) for q in GRID)
    assert either(0.0, 0.0) == 0.0
    assert either(1.0, 0.2) == 1.0


# -- March -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [-1, 1])
@pytest.mark.parametrize("belief", [-1, 0, 1])
def test_a_practice_moves_toward_the_code_and_never_beyond(belief, code):
    one_step = both(toward_code, belief, code, 1)
    at_once = both(toward_code, belief, code, 2)
    assert at_once == code
    assert abs(one_step - belief) == (belief != code)
    assert abs(one_step - code) == max(0, abs(belief - code) - 1)


@pytest.mark.parametrize("belief", [-1, 0, 1])
def test_a_silent_code_moves_nothing(belief):
    assert both(toward_code, belief, 0, 1) == belief
    assert both(toward_code, belief, 0, 2) == belief


@given(st.integers(0, 500), shares)
def test_code_change_follows_its_formula_and_is_a_probability(majority, learning):
    chance = both(code_change_probability, majority, learning)
    none_teaches = 1.0
    for _ in range(majority):
        none_teaches *= 1 - learning
    assert chance == pytest.approx(1 - none_teaches, abs=1e-9)
    assert 0.0 <= chance <= 1.0


def test_a_larger_majority_and_readier_learning_change_the_code_sooner():
    assert rising(code_change_probability(k, 0.2) for k in range(8))
    assert rising(code_change_probability(3, p2) for p2 in GRID)
    assert code_change_probability(0, 1.0) == 0.0
    assert code_change_probability(1, 1.0) == 1.0


# -- judging together ------------------------------------------------------------------------------------------------


@given(st.floats(0.01, 0.99), st.floats(1, 60), shares)
def test_majority_accuracy_follows_its_formula_and_is_a_probability(accuracy, n, correlation):
    effective = n / (1 + (n - 1) * correlation)
    z = (accuracy - 0.5) * math.sqrt(effective) / math.sqrt(accuracy * (1 - accuracy))
    together = both(majority_accuracy, accuracy, n, correlation)
    assert together == pytest.approx(NormalDist().cdf(z), abs=1e-9)
    assert 0.0 <= together <= 1.0


def test_more_accurate_and_more_independent_judges_are_right_more_often():
    assert rising(majority_accuracy(q, 9.0, 0.2) for q in (0.3, 0.5, 0.6, 0.7, 0.9))
    assert rising(majority_accuracy(0.6, n, 0.2) for n in (1.0, 3.0, 9.0, 30.0))
    assert falling(majority_accuracy(0.6, 9.0, rho) for rho in GRID)


def test_judges_worse_than_chance_are_worse_together():
    assert falling(majority_accuracy(0.4, n, 0.2) for n in (1.0, 3.0, 9.0, 30.0))


def test_majority_accuracy_at_its_ends():
    assert majority_accuracy(0.5, 9.0, 0.2) == 0.5
    assert majority_accuracy(1.0, 3.0, 0.5) == 1.0
    assert majority_accuracy(0.0, 3.0, 0.5) == 0.0
    assert constant(majority_accuracy(0.7, n, 1.0) for n in (1.0, 5.0, 50.0))


def test_the_normal_form_of_the_majority_is_near_the_exact_one():
    """Nine independent judges, each right with .6: the exact majority is right with .7334."""
    exact = sum(math.comb(9, k) * 0.6**k * 0.4 ** (9 - k) for k in range(5, 10))
    assert majority_accuracy(0.6, 9.0, 0.0) == pytest.approx(exact, abs=0.02)


# -- counts ----------------------------------------------------------------------------------------------------------


def poisson_by_search(rate, u, most):
    """Return the smallest count whose cumulated probability is at least ``u``, from the textbook formula."""
    for count in range(most):
        if u <= sum(math.exp(-rate) * rate**k / math.factorial(k) for k in range(count + 1)):
            return count
    return most


@given(st.floats(0, 6), st.floats(0.0001, 0.9999), st.integers(0, 12))
def test_poisson_inverts_the_cumulated_probability(rate, u, most):
    count = both(poisson, rate, u, most)
    # On the very edge of a step the two may round differently.
    assert count in {poisson_by_search(rate, u * (1 - 1e-12), most), poisson_by_search(rate, u * (1 + 1e-12), most)}
    assert 0 <= count <= most


def test_a_higher_rate_and_a_higher_draw_give_higher_counts():
    assert never_falling(poisson(rate, 0.7, 50) for rate in (0.0, 0.5, 1.0, 3.0, 9.0))
    assert never_falling(poisson(2.0, u, 50) for u in (0.05, 0.3, 0.6, 0.9, 0.999))
    assert never_falling(poisson(9.0, 0.5, most) for most in (0, 2, 4, 20))


def test_poisson_has_the_mean_and_variance_of_its_rate():
    draws = (np.arange(20_000) + 0.5) / 20_000
    for rate in (0.1, 0.8, 2.5):
        counts = np.array([poisson(rate, u, 50) for u in draws])
        assert counts.mean() == pytest.approx(rate, abs=0.01)
        assert counts.var() == pytest.approx(rate, abs=0.02)


def test_no_rate_gives_no_events():
    assert constant(poisson(0.0, u, 5) for u in (0.001, 0.5, 0.9999))
    assert poisson(0.0, 0.9999, 5) == 0
