"""The growth of a new product is reproduced, as a curve and person by person.

Bass (1969, "A new product growth for model consumer durables", Management Science 15:215,
doi:10.1287/mnsc.15.5.215): people adopt at a rate p + qF, where F is the share who have adopted. With p = 0.03 and
q = 0.38 a year, the averages of Sultan, Farley and Lehmann (1990, Journal of Marketing Research 27:70), adoption peaks
after ln(q/p)/(p+q) = 6.19 years.

Tolerance: 1e-3 for the recursion, in weekly and in yearly steps, and for a very short step against the closed form;
0.03 for the mean of ten runs of 2,000 people who all meet (a single run strays by up to 0.04). A yearly step is
visibly coarse: after five years it gives 0.273 instead of 0.331.
"""

import numpy as np
import pytest

from civicsim.docking.on_networks import adoption, mean_field_adoption

P, Q = 0.03, 0.38
YEARS = np.array([5, 10, 15])
CONTINUOUS, WEEKLY, YEARLY = (0.3312, 0.8128, 0.9716), (0.3300, 0.8123, 0.9717), (0.2729, 0.7826, 0.9782)


def closed_form(years):
    decay = np.exp(-(P + Q) * years)
    return (1.0 - decay) / (1.0 + Q / P * decay)


@pytest.mark.parametrize(("steps_per_year", "shares"), [(52, WEEKLY), (1, YEARLY)])
def test_the_recursion_gives_the_known_shares(steps_per_year, shares):
    share = mean_field_adoption(Q / steps_per_year, P / steps_per_year, 15 * steps_per_year)
    np.testing.assert_allclose(share[YEARS * steps_per_year], shares, atol=1e-3)


def test_short_steps_follow_the_closed_form():
    share = mean_field_adoption(Q / 1000, P / 1000, 15_000)
    np.testing.assert_allclose(share, closed_form(np.arange(15_001) / 1000), atol=1e-3)
    np.testing.assert_allclose(share[YEARS * 1000], CONTINUOUS, atol=1e-3)


def test_adoption_peaks_when_and_where_the_closed_form_states():
    share = mean_field_adoption(Q / 1000, P / 1000, 15_000)
    peak = np.diff(share).argmax()
    assert peak / 1000 == pytest.approx(6.1926, abs=0.01)
    assert share[peak] == pytest.approx(0.4605, abs=1e-3)
    assert np.diff(share)[peak] * 1000 == pytest.approx(0.11059, abs=1e-4)


@pytest.mark.parametrize(("steps_per_year", "shares"), [(52, WEEKLY), (1, YEARLY)])
def test_two_thousand_people_follow_the_recursion(steps_per_year, shares):
    runs = []
    for seed in range(10):
        when = adoption(
            2000,
            form="proportional",
            internal=Q / steps_per_year,
            external=P / steps_per_year,
            steps=15 * steps_per_year,
            seed=seed,
        )
        runs.append([((when > 0) & (when <= year * steps_per_year)).mean() for year in YEARS])
    np.testing.assert_allclose(np.mean(runs, axis=0), shares, atol=0.03)


def test_without_an_outside_source_no_one_starts():
    assert (adoption(50, form="proportional", internal=Q) == -1).all()
