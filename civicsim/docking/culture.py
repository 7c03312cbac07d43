"""The dissemination of culture: like interacts with like and becomes more alike (Axelrod 1997), on any graph."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from civicsim import checks
from civicsim.docking.graphs import ties_of
from civicsim.errors import CivicsimError


class Cultures(NamedTuple):
    """Where the dissemination of culture ends.

    Attributes
    ----------
    traits : (n, features) int array
        Trait of each site on each feature, from 0.
    regions : int
        Number of connected sets of sites with the same culture.
    steps : int
        Picks of a site until nothing could change any more.
    """

    traits: NDArray[np.int64]
    regions: int
    steps: int


def dissemination(graph: nx.Graph[Any], features: int = 5, traits: int = 10, *, seed: int = 0) -> Cultures:
    """Let neighbours who have something in common become more alike, until no neighbours can.

    Sites start with random traits. In a step a site is picked at random, and one of its neighbours at random. With a
    probability equal to the share of features on which they agree, the site takes over the neighbour's trait on one of
    the features on which they differ. It ends when all neighbours agree on everything or on nothing.

    Most steps change nothing. They are counted, not simulated: of the steps that change something, the next comes after a
    geometric number of steps, with the probability p that a step changes anything, and it is each possible change with
    that change's share of p, whatever that number is. So only changes are drawn, from the ties that are active, and the
    law of the path and of its length is that of the steps one by one.

    Source: Axelrod (1997, "The dissemination of culture", Journal of Conflict Resolution 41:203,
    doi:10.1177/0022002797041002001).

    Parameters
    ----------
    graph : networkx.Graph
        Who is whose neighbour, undirected; everyone needs a neighbour. The article has a grid of 10 × 10 without wrapping:
        ``networkx.grid_2d_graph(10, 10)``.
    features : int
        F, features of a culture; ≥ 1.
    traits : int
        q, traits that a feature can have; ≥ 2.
    seed : int
        ≥ 0.

    Raises
    ------
    CivicsimError
        If the graph is not of that kind or a number is out of range.
    """
    ties = ties_of(graph)
    checks.whole(features, "features", 1)
    checks.whole(traits, "traits", 2)
    rng = np.random.default_rng(checks.whole(seed, "seed", 0))
    n = len(graph)
    degree = np.bincount(ties.ravel(), minlength=n)
    if not degree.all():
        raise CivicsimError(f"graph: node {list(graph)[degree.argmin()]!r} has no neighbour to take traits from")

    culture = rng.integers(traits, size=(n, features))
    agreeing = (culture[ties[:, 0]] == culture[ties[:, 1]]).sum(axis=1)
    # A tie is picked from either end: with probability 1/n · 1/degree, times the share of features that agree.
    picked = (1.0 / degree)[ties].T / (n * features)
    per_feature, from_first = picked.sum(axis=0), picked[0] / picked.sum(axis=0)
    active = np.arange(features + 1)
    active[features] = 0  # what agrees on everything cannot change, as what agrees on nothing
    chance = active[agreeing] * per_feature
    own_ties = [np.flatnonzero((ties == i).any(axis=1)) for i in range(n)]
    neighbours = [ties[own].sum(axis=1) - i for i, own in enumerate(own_ties)]
    steps = 0
    while (cumulated := chance.cumsum())[-1] > 0.0:
        u_wait, u_tie, u_end, u_feature = rng.random(4)
        steps += 1 + int(math.log1p(-u_wait) / math.log1p(-cumulated[-1]))
        k = cumulated.searchsorted(u_tie * cumulated[-1], side="right")
        site, other = ties[k] if u_end < from_first[k] else ties[k, ::-1]
        differing = np.flatnonzero(culture[site] != culture[other])
        feature = differing[int(u_feature * len(differing))]
        own, theirs = own_ties[site], culture[neighbours[site], feature]
        agreeing[own] += theirs == culture[other, feature]
        agreeing[own] -= theirs == culture[site, feature]
        culture[site, feature] = culture[other, feature]
        chance[own] = active[agreeing[own]] * per_feature[own]
    alike = nx.empty_graph(n)
    alike.add_edges_from(ties[agreeing == features].tolist())
    return Cultures(culture, nx.number_connected_components(alike), steps)
