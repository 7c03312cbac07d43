"""The number of cultural regions that remain is reproduced, within the sampling error of both sides.

Axelrod (1997, "The dissemination of culture: A model with local convergence and global polarization", Journal of Conflict
Resolution 41:203, doi:10.1177/0022002797041002001), Table 2: mean number of stable regions on a grid of 10 × 10 with four
neighbours, fewer at the edges. ``PUBLISHED`` has them by features and traits per feature. The three for ten traits are quoted by
Mesoudi (2021, Simulation models of cultural evolution in R, model 10), who repeats the model; that regions decrease with
features and increase with traits is in the abstract of the working paper (Santa Fe Institute 95-03-028). The other six are from
memory, to be verified, as is that a mean is of ten runs.

Tolerance: the interval that 99.9 % of differences lie in between a mean of ten runs and a mean of the runs here, if both vary as
the runs here do (Student's t). Where one or two regions remain, 0.75 regions: 2.3 standard errors of such a difference.
"""

import math
import random
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from civicsim.docking.culture import dissemination

GRID = nx.grid_2d_graph(10, 10)
PUBLISHED = {
    (5, 5): 1.0,
    (5, 10): 3.2,
    (5, 15): 20.0,
    (10, 5): 1.0,
    (10, 10): 1.0,
    (10, 15): 1.4,
    (15, 5): 1.0,
    (15, 10): 1.0,
    (15, 15): 1.2,
}
RUNS = 10


@pytest.fixture(scope="module")
def regions():
    """Return the regions of some runs by features and traits, each cell simulated when asked for."""
    found = {}

    def of(features, traits, runs):
        known = found.setdefault((features, traits), [])
        known += [dissemination(GRID, features, traits, seed=seed).regions for seed in range(len(known), runs)]
        return np.array(known[:runs])

    return of


@pytest.mark.parametrize("cell", [(5, 10), (5, 15)])
def test_regions_that_remain_are_as_many_as_published(regions, cell):
    found = regions(*cell, 20)
    error = found.std(ddof=1) * math.sqrt(1 / len(found) + 1 / RUNS)
    assert abs(found.mean() - PUBLISHED[cell]) < stats.t.ppf(0.9995, len(found) - 1) * error


@pytest.mark.parametrize("cell", [(5, 5), (10, 15), (15, 15)])
def test_where_one_or_two_regions_remain_a_second_is_as_rare_as_published(regions, cell):
    assert regions(*cell, 8 if cell == (5, 5) else 4).mean() == pytest.approx(PUBLISHED[cell], abs=0.75)


def test_more_traits_leave_more_regions_and_more_features_fewer(regions):
    assert regions(5, 5, 8).max() < 5
    for fewer, more in (((5, 10, 20), (5, 15, 20)), ((10, 15, 4), (5, 15, 20))):
        low, high = regions(*fewer), regions(*more)
        assert stats.ttest_ind(high, low, equal_var=False).confidence_interval(0.99).low > 0.0


def test_in_the_end_neighbours_agree_on_everything_or_on_nothing():
    for graph in (nx.grid_2d_graph(5, 5), nx.star_graph(12), nx.relabel_nodes(nx.cycle_graph(9), "node {}".format)):
        for seed in range(5):
            cultures = dissemination(graph, 3, 4, seed=seed)
            of = dict(zip(graph, cultures.traits, strict=True))
            assert {int((of[a] == of[b]).sum()) for a, b in graph.edges} <= {0, 3}
            assert cultures.traits.shape == (len(graph), 3)
            assert cultures.traits.min() >= 0
            assert cultures.traits.max() < 4
            same = nx.Graph([(a, b) for a, b in graph.edges if (of[a] == of[b]).all()])
            same.add_nodes_from(graph)
            assert cultures.regions == nx.number_connected_components(same)


@pytest.mark.parametrize("features", [1, 3, 5])
def test_two_neighbours_take_as_many_steps_as_worked_out(features):
    # With k of F features alike a step changes something with probability k/F, so it takes F/k steps on average to the next.
    q = 2
    alike = stats.binom(features, 1 / q)
    expected = sum(
        alike.pmf(k) * float(sum(Fraction(features, j) for j in range(k, features))) for k in range(1, features + 1)
    )
    steps = np.array([dissemination(nx.path_graph(2), features, q, seed=seed).steps for seed in range(2000)])
    assert abs(steps.mean() - expected) <= 3.5 * steps.std() / math.sqrt(len(steps))


def step_by_step(graph, features, traits, seed):
    """Return regions and steps of the model as it is told: pick a site, pick a neighbour, and often nothing happens."""
    rng = random.Random(seed)
    culture = {site: [rng.randrange(traits) for _ in range(features)] for site in graph}

    def alike(a, b):
        return sum(x == y for x, y in zip(culture[a], culture[b], strict=True))

    steps = last = 0
    while any(0 < alike(a, b) < features for a, b in graph.edges):
        steps += 1
        site = rng.choice(list(graph))
        other = rng.choice(list(graph[site]))
        differing = [f for f in range(features) if culture[site][f] != culture[other][f]]
        if differing and rng.random() < alike(site, other) / features:
            feature = rng.choice(differing)
            culture[site][feature] = culture[other][feature]
            last = steps
    same = nx.empty_graph(graph)
    same.add_edges_from((a, b) for a, b in graph.edges if culture[a] == culture[b])
    return nx.number_connected_components(same), last


def test_drawing_changes_only_has_the_law_of_the_model_step_by_step():
    # Neighbours of unequal degree, so that who takes from whom matters.
    graph = nx.barbell_graph(3, 1)
    graph.add_edges_from((0, leaf) for leaf in "abc")
    n = 800
    here = np.array([dissemination(graph, 3, 3, seed=seed)[1:] for seed in range(n)])
    told = np.array([step_by_step(graph, 3, 3, seed) for seed in range(n)])
    assert stats.ks_2samp(here[:, 1], told[:, 1]).pvalue > 0.001
    tally = np.array([np.bincount(x[:, 0], minlength=len(graph) + 1) for x in (here, told)])
    assert stats.chi2_contingency(tally[:, tally.sum(axis=0) > 10]).pvalue > 0.001
