"""What is right changes slowly, for single teams and for the whole organisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, both, burnt_in, never_falling, put, rising, shares, step

from civicsim.model.processes.drift import local_reality


@given(st.sampled_from([-1, 1]), shares, st.floats(0.001, 0.999))
def test_a_local_reality_follows_its_formula(truth, kappa, u):
    assert both(local_reality, truth, kappa, u) == (truth if u < (1 + kappa) / 2 else -truth)


def test_kappa_makes_local_realities_agree_with_the_common_one():
    draws = np.linspace(0.0005, 0.9995, 1000)
    agreeing = [np.mean([local_reality(1, kappa, u) == 1 for u in draws]) for kappa in GRID]
    assert rising(agreeing)
    assert agreeing == pytest.approx([(1 + kappa) / 2 for kappa in GRID], abs=0.001)
    assert local_reality(-1, 1.0, 1 - 1e-9) == -1


def drifting(cohort, weeks, **changes):
    """Let nothing but drift happen for some weeks."""
    put(cohort, **changes)
    for _ in range(weeks):
        step(cohort, "drift")
        cohort.week += 1
    return cohort


def agreement(cohort):
    return cohort.practice["reality"] == cohort.dimension["truth"][cohort.team["organisation"]]


def test_safety_critical_dimensions_stay_the_same_for_all_however_long_it_drifts(crowd):
    cohort = drifting(crowd.copy(), 300, p__drift__rate=0.02, p__drift__common_share=1.0)
    critical = cohort.dimension["safety_critical"][cohort.team["organisation"]] == 1
    assert agreement(cohort)[critical].all()
    assert not agreement(cohort)[~critical].all()


def test_drift_does_not_erode_kappa(crowd):
    """After every local reality has been redrawn many times, agreement is still (1+κ)/2."""
    cohort = crowd.copy()
    kappa = cohort.dimension["kappa"][cohort.team["organisation"]]
    drifting(cohort, 400, p__drift__rate=0.02)
    for low, high in ((0.0, 0.33), (0.33, 0.66), (0.66, 0.999)):
        some = (kappa >= low) & (kappa < high)
        assert agreement(cohort)[some].mean() == pytest.approx((1 + kappa[some].mean()) / 2, abs=0.04)


def test_local_realities_are_redrawn_at_twice_the_rate(crowd):
    cohort = put(crowd.copy(), dimension__kappa=0.0)
    before = cohort.practice["reality"].copy()
    drifting(cohort, 26, p__drift__rate=0.002, p__drift__common_share=0.0)
    changed = (cohort.practice["reality"] != before).mean()
    # A redraw changes the reality half the time; a slot may be drawn more than once.
    assert changed == pytest.approx(0.5 * (1 - np.exp(-2 * 0.002 * 26)), rel=0.12)


def test_the_common_reality_flips_at_its_share_of_the_rate(crowd):
    cohort = crowd.copy()
    before = cohort.dimension["truth"].copy()
    drifting(cohort, 52, p__drift__rate=0.001, p__drift__common_share=1.0)
    flipped = (cohort.dimension["truth"] != before).mean()
    # At most one flip a week in an organisation: 1 − e^(−.03) a week instead of .03.
    expected = 52 * (1 - np.exp(-30 * 0.001)) / 30
    assert flipped == pytest.approx(expected * (1 - expected), rel=0.25)


def test_a_flip_of_the_common_reality_redraws_that_dimension_for_all_teams(crowd):
    cohort = put(crowd.copy(), dimension__kappa=1.0)
    cohort.practice["reality"] = cohort.dimension["truth"][cohort.team["organisation"]]
    before = cohort.dimension["truth"].copy()
    drifting(cohort, 30, p__drift__rate=0.01, p__drift__common_share=1.0)
    assert (cohort.dimension["truth"] != before).any()
    assert agreement(cohort).all()


def test_a_higher_rate_and_common_share_change_more(crowd):
    def changed(**changes):
        cohort = drifting(crowd.copy(), 20, **changes)
        return (cohort.practice["reality"] != crowd.practice["reality"]).sum()

    assert rising(changed(p__drift__rate=rate) for rate in (0.0, 0.001, 0.005, 0.02))
    assert rising(changed(p__drift__rate=0.002, p__drift__common_share=s) for s in (0.0, 0.5, 1.0))
    assert changed(p__drift__rate=0.0) == 0


def test_common_flips_do_not_move_local_draws(crowd):
    """Common random numbers: with κ = 0 a flip redraws one dimension, and every other slot drifts as before."""
    few, many = (
        drifting(crowd.copy(), 1, p__drift__rate=0.02, p__drift__common_share=s, dimension__kappa=0.0)
        for s in (0.0, 1.0)
    )
    flipped = (few.dimension["truth"] != many.dimension["truth"])[crowd.team["organisation"]]
    assert flipped.any()
    np.testing.assert_array_equal(few.practice["reality"][~flipped], many.practice["reality"][~flipped])


def test_switched_off_nothing_drifts():
    cohort = burnt_in(2, burn_in_weeks=5)
    before = cohort.copy()
    drifting(cohort, 60, p__drift__rate=0.02, p__drift__enabled=False)
    np.testing.assert_array_equal(cohort.practice["reality"], before.practice["reality"])
    np.testing.assert_array_equal(cohort.dimension["truth"], before.dimension["truth"])


def test_more_weeks_change_more(crowd):
    cohort = put(crowd.copy(), dimension__kappa=0.0)
    before = cohort.practice["reality"].copy()
    changed = []
    for _ in range(6):
        drifting(cohort, 13)
        changed.append((cohort.practice["reality"] != before).sum())
    assert never_falling(changed)
