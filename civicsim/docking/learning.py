"""Learning from those who do better, without a code: how isolated subgroups should be (Fang, Lee and Schilling 2010)."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from civicsim import checks
from civicsim.docking.graphs import ties_of
from civicsim.errors import CivicsimError


def interpersonal_learning(
    graph: nx.Graph[Any],
    *,
    learning: float = 0.3,
    n_dimensions: int = 100,
    block: int = 5,
    periods: int = 1000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Let people take over what most of their better performing contacts believe, and return performance over time.

    Formula
        Φ = (s/m) Σ_b Π_{d in b} [x_d = reality_d],  over the m/s blocks b of s dimensions each

    A belief pays only together with the whole block that it belongs to. Reality is −1 or 1 on each dimension, beliefs are −1, 0
    or 1, all equally likely at the start. Each period all people look at once at those of their contacts who perform better than
    they do. Where more of these believe 1 than −1, or the other way round, a person takes over that belief with probability p,
    dimension by dimension. The run ends early when no one has anything left to learn; the last performance then holds.

    Source: Fang, Lee and Schilling (2010, "Balancing exploration and exploitation through structural design: The isolation of
    subgroups and organizational learning", Organization Science 21:625, doi:10.1287/orsc.1090.0468). Sizes, p, payoff and rule
    are from memory of the article, to be verified; that beliefs of 0 have no vote and a draw changes nothing is an assumption,
    after March (1991). No one leaves and reality stays.

    Parameters
    ----------
    graph : networkx.Graph
        Who can learn from whom, undirected; see :func:`civicsim.docking.graphs.subgroups`. Someone without ties learns nothing.
    learning : float
        p, probability per period and dimension of taking over the belief of the majority; 0-1.
    n_dimensions : int
        m, dimensions of reality; ≥ 1, a multiple of ``block``.
    block : int
        s, dimensions that pay only together; ≥ 1. With 1 each right belief pays by itself.
    periods : int
        Most periods; ≥ 0.
    seed : int
        ≥ 0.

    Returns
    -------
    (periods + 1,) array
        Φ, mean performance of the people, 0-1; the start first.

    Raises
    ------
    CivicsimError
        If the graph is directed, empty or no graph, or a number is out of range.
    """
    ties = ties_of(graph)
    checks.number(learning, "learning", 0.0, 1.0)
    checks.whole(n_dimensions, "n_dimensions", 1)
    checks.whole(block, "block", 1)
    if n_dimensions % block:
        raise CivicsimError(f"block = {block}: expected a divisor of n_dimensions, which is {n_dimensions}")
    checks.whole(periods, "periods", 0)
    rng = np.random.default_rng(checks.whole(seed, "seed", 0))
    n = len(graph)
    learner, model = np.concatenate([ties, ties[:, ::-1]]).T
    reality = rng.choice([-1, 1], n_dimensions)
    belief = rng.integers(-1, 2, (n, n_dimensions))
    performance = np.empty(periods + 1)
    for t in range(periods + 1):
        right = (belief == reality).reshape(n, -1, block).all(axis=2).mean(axis=1)
        performance[t] = right.mean()
        better = right[model] > right[learner]
        votes = scipy.sparse.coo_array((better.astype(int), (learner, model)), shape=(n, n)).tocsr() @ belief
        majority = np.sign(votes)
        lesson = (majority != 0) & (majority != belief)
        if not lesson.any():
            break
        belief = np.where(lesson & (rng.random(lesson.shape) < learning), majority, belief)
    performance[t:] = performance[t]
    return performance
