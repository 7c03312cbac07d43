"""Subgroups that are isolated in part learn most in the long run, as published.

Fang, Lee and Schilling (2010, "Balancing exploration and exploitation through structural design: The isolation of subgroups and
organizational learning", Organization Science 21:625, doi:10.1287/orsc.1090.0468). From the abstract: a moderate number of ties
across subgroups brings the best performance in the long run, because better ideas get from subgroup to subgroup without making
all alike too soon. The article itself was not at hand: its sizes (40 subgroups of 7, 100 dimensions that pay in blocks of 5, p = .3)
and rules are from memory, to be verified. So are its figures, and directions are compared only.

Tolerance: mean difference over paired seeds, whose 99 % interval (Student's t) excludes 0.
"""

import numpy as np
import pytest
from scipy import stats

from civicsim.docking.graphs import subgroups
from civicsim.docking.learning import interpersonal_learning

SEEDS = 12


@pytest.fixture(scope="module")
def performance():
    """Return performance over time by seed, (seeds, periods + 1), for each share of ties rewired."""
    return {
        share: np.array([interpersonal_learning(subgroups(rewired=share, seed=s), seed=s) for s in range(SEEDS)])
        for share in (0.0, 0.1, 1.0)
    }


def least_gain(better, worse):
    """Return the lower end of the 99 % interval of the mean paired difference."""
    return stats.ttest_rel(better, worse).confidence_interval(0.99).low


@pytest.mark.parametrize("extreme", [0.0, 1.0])
def test_partly_isolated_subgroups_end_above_isolated_ones_and_above_none(performance, extreme):
    assert least_gain(performance[0.1][:, -1], performance[extreme][:, -1]) > 0.0


def test_without_subgroups_performance_rises_faster_at_first(performance):
    assert least_gain(performance[1.0][:, 50], performance[0.1][:, 50]) > 0.0


def test_isolated_subgroups_stay_with_what_the_best_of_them_began_with(performance):
    # A group of seven has 7 · 20 / 3⁵ right blocks at the start, and learns no more than these.
    assert performance[0.0][:, -1].max() < 7 / 3**5 * 2
    assert least_gain(performance[0.0][:, -1], performance[0.0][:, 0]) > 0.0


def test_performance_starts_where_random_beliefs_have_it():
    for block in (1, 2, 5):
        start = [interpersonal_learning(subgroups(), block=block, periods=0, seed=s)[0] for s in range(SEEDS)]
        assert np.mean(start) == pytest.approx(3.0**-block, abs=4.0 * np.std(start) / np.sqrt(SEEDS) + 1e-4)
