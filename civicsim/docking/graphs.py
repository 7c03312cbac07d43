"""Undirected graphs: what the models of :mod:`civicsim.docking.culture` and :mod:`civicsim.docking.learning` take."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from civicsim import checks
from civicsim.errors import CivicsimError


def ties_of(graph: nx.Graph[Any]) -> NDArray[np.int64]:
    """Return the two ends of each tie, (n_ties, 2), as positions in the graph's own order of nodes.

    Raises :class:`CivicsimError` if it is no undirected ``networkx`` graph, has no node, or ties a node to itself.
    """
    kind = type(graph).__name__
    if not isinstance(graph, nx.Graph) or graph.is_directed() or graph.is_multigraph():
        raise CivicsimError(f"graph: expected an undirected networkx.Graph without parallel ties, not {kind}")
    if len(graph) == 0:
        raise CivicsimError("graph: expected at least one node, found none")
    for node in nx.nodes_with_selfloops(graph):
        raise CivicsimError(f"graph: node {node!r} has a tie to itself")
    place = {node: k for k, node in enumerate(graph)}
    return np.array([(place[a], place[b]) for a, b in graph.edges], dtype=np.int64).reshape(-1, 2)


def subgroups(n_groups: int = 40, size: int = 7, *, rewired: float = 0.1, seed: int = 0) -> nx.Graph[Any]:
    """Return subgroups in which all are tied, with a share of the ties rewired to other subgroups.

    Each tie, with probability ``rewired``, keeps one of its ends, chosen at random, and gets a new other end: anyone in
    another subgroup to whom the first is not tied yet. The number of ties stays the same.

    Source: the caveman graph of Watts (1999, American Journal of Sociology 105:493, doi:10.1086/210318), as used by Fang,
    Lee and Schilling (2010, Organization Science 21:625, doi:10.1287/orsc.1090.0468), whose sizes are the defaults. That they
    rewire in exactly this way is to be verified.

    Parameters
    ----------
    n_groups, size : int
        Subgroups, and people in each; ≥ 2. Person i is in subgroup i // size.
    rewired : float
        β, probability that a tie is rewired; 0-1. At 0 subgroups are isolated, at 1 all ties lead across.
    seed : int
        ≥ 0.
    """
    checks.whole(n_groups, "n_groups", 2)
    checks.whole(size, "size", 2)
    checks.number(rewired, "rewired", 0.0, 1.0)
    rng = np.random.default_rng(checks.whole(seed, "seed", 0))
    graph = nx.caveman_graph(n_groups, size)
    for tie in list(graph.edges):
        if rng.random() < rewired:
            kept, left = tie if rng.random() < 0.5 else tie[::-1]
            free = [i for i in graph if i // size != kept // size and not graph.has_edge(kept, i)]
            if free:
                graph.remove_edge(kept, left)
                graph.add_edge(kept, free[rng.integers(len(free))])
    return graph
