"""Granovetter's riots are reproduced: who joins depends on the exact distribution of thresholds.

Granovetter (1978, "Threshold models of collective behavior", American Journal of Sociology 83:1420,
doi:10.1086/226707). A hundred people with thresholds 0, 1, … 99 all riot; raise one threshold from 1 to 2 and one
person does. Exact.

With normal thresholds of mean 25 (of 100) and standard deviation σ the riot stays small up to a critical σ and takes
in everyone above it; Granovetter puts it at about 12.2. In an endless crowd the number of rioters solves
x = 100 Φ((x − 25)/σ), and its lower solution disappears at σ = 12.2221, where x = 6.20. Tolerance: ±0.01 in σ.

In a crowd of just a hundred the critical σ depends on how a normal distribution is cut into a hundred thresholds:
12.22, 12.55 or 12.87 for the lower end, the middle or the upper end of each hundredth.
"""

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from civicsim.docking.on_networks import adoption

MEAN, FOLD = 25.0, 12.2221


def rioters(thresholds, crowd=100):
    return int((adoption(crowd, thresholds=thresholds, count_thresholds=True) >= 0).sum())


def rioters_per_hundred(sd, n=100_000):
    """Return how many of a hundred riot in a crowd of ``n`` with normal thresholds."""
    thresholds = MEAN + sd * norm.ppf((np.arange(n) + 0.5) / n)
    return rioters(thresholds * n / 100, n) * 100 / n


def test_evenly_spread_thresholds_make_everyone_riot():
    assert rioters(np.arange(100)) == 100


def test_one_person_with_a_higher_threshold_stops_the_riot():
    thresholds = np.arange(100)
    thresholds[1] = 2
    assert rioters(thresholds) == 1


def test_each_rioter_joins_one_step_after_the_one_before():
    when = adoption(nx.complete_graph(100), thresholds=np.arange(100), count_thresholds=True)
    np.testing.assert_array_equal(when, np.arange(100))


def test_the_lower_solution_disappears_at_the_known_spread():
    def touching(sd):
        """Return where the curve is as steep as the diagonal, in standard deviations below the mean."""
        return -np.sqrt(2.0 * np.log(100.0 / (sd * np.sqrt(2.0 * np.pi))))

    sd = brentq(lambda sd: 100.0 * norm.cdf(touching(sd)) - MEAN - sd * touching(sd), 8.0, 16.0)
    assert sd == pytest.approx(FOLD, abs=1e-4)
    assert MEAN + sd * touching(sd) == pytest.approx(6.200, abs=1e-3)


def test_a_large_crowd_stays_calm_just_below_the_critical_spread():
    assert rioters_per_hundred(FOLD - 0.01) == pytest.approx(5.7, abs=0.1)


def test_a_large_crowd_riots_just_above_the_critical_spread():
    assert rioters_per_hundred(FOLD + 0.01) == pytest.approx(100.0, abs=0.1)


@pytest.mark.parametrize(("part", "critical"), [(0.0, 12.22), (0.5, 12.55), (1.0, 12.87)])
def test_a_hundred_people_tip_where_their_rounding_states(part, critical):
    def riot(sd):
        thresholds = MEAN + sd * norm.ppf((np.arange(100) + part) / 100)
        return rioters(np.clip(thresholds, -1e6, 1e6))

    assert riot(critical - 0.01) <= 7
    assert riot(critical + 0.01) >= 99
