"""Networks as compressed arrays, and the loops over them that :mod:`civicsim.docking.on_networks` needs.

The loops ask :mod:`civicsim.model.rules`, person by person. Contacts come as compressed sparse columns, so that
a person who changes can tell those who watch. In a crowd where all meet there are no columns: a change goes to one
number that everyone hears. Person i is exposed to ``exposure[i] + exposure[-1]``, the weight of contacts who act.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from civicsim.engine.compiled import compiled
from civicsim.engine.randomness import uniforms
from civicsim.errors import CivicsimError
from civicsim.model.rules import (
    COMPLEX,
    PROPORTIONAL,
    adoption_hazard,
    choice_probability,
    code_change_probability,
    either,
    reaches,
    settle,
    toward_code,
    unit,
)

type Network = nx.Graph | NDArray[Any] | scipy.sparse.sparray | scipy.sparse.spmatrix | int
"""Who pays attention to whom: a graph, a weight matrix, or a number of people who all meet."""


def weights_of(network: Network) -> scipy.sparse.csr_array:
    """Return the weight matrix of a network, (n, n); who all meet have weight 1 for each other."""
    if isinstance(network, nx.Graph):
        network = nx.to_scipy_sparse_array(network, dtype=float)
    elif isinstance(network, int | np.integer):
        network = np.ones((network, network)) - np.eye(network)
    weights = scipy.sparse.csr_array(network, dtype=float)
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or weights.shape[0] == 0:
        raise CivicsimError(f"network: a weight matrix must be square, not {weights.shape}")
    if not np.all((weights.data >= 0.0) & np.isfinite(weights.data)):
        raise CivicsimError("network: weights must be finite and not negative")
    return weights


def contacts_of(network: Network) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Return who watches each person as sparse columns (empty if all meet), and the weight of contacts."""
    if isinstance(network, int | np.integer):
        if network < 1:
            raise CivicsimError(f"network: there must be at least one person, not {network}")
        none = np.empty(0, dtype=np.int32)
        return none, none, np.empty(0), np.full(network, network - 1.0)
    weights = weights_of(network)
    columns = weights.tocsc()
    return columns.indptr, columns.indices, columns.data, np.asarray(weights.sum(axis=1), dtype=float)


@compiled
def settle_all(indptr, indices, weights, path, anchor, susceptibility, rate):
    """Fill ``path`` (steps + 1, n) from its first row; rows of the network are compressed sparse rows."""
    for t in range(path.shape[0] - 1):
        x = path[t]
        for i in range(x.shape[0]):
            total = weight = 0.0
            for e in range(indptr[i], indptr[i + 1]):
                total += weights[e] * x[indices[e]]
                weight += weights[e]
            heard = total / weight if weight > 0.0 else x[i]
            path[t + 1, i] = settle(x[i], heard, anchor[i], susceptibility[i], rate)


@compiled
def tell(i, change, indptr, watchers, weights, exposure):
    """Add ``change`` of person ``i`` to the exposure of those who watch."""
    if indptr.shape[0] == 0:
        exposure[-1] += change
        exposure[i] -= change  # all hear, but no one is their own contact
    else:
        for e in range(indptr[i], indptr[i + 1]):
            exposure[watchers[e]] += change * weights[e]


@compiled
def adopt_all(indptr, watchers, weights, degree, when, threshold, form, chances, steps, seed, stream):
    """Fill ``when`` (n,), which is 0 for seeds and −1 for the others; ``chances`` are those of the hazard, and of outside."""
    complex_rate, contagion, internal, noise, external = chances
    n = when.shape[0]
    exposure = np.zeros(n + 1)
    for i in range(n):
        if form == COMPLEX and reaches(0.0, degree[i], threshold[i]):
            when[i] = 0
        if when[i] == 0:
            tell(i, 1.0, indptr, watchers, weights, exposure)
    for step in range(1, steps + 1):
        possible = False
        for i in range(n):
            if when[i] >= 0:
                continue
            active = exposure[i] + exposure[n]
            hazard = adoption_hazard(form, active, degree[i], threshold[i], complex_rate, contagion, internal, noise)
            # Bass adds the two chances; in a short step that is the same as either of them coming true.
            hazard = unit(external + hazard) if form == PROPORTIONAL else either(external, hazard)
            if hazard > 0.0:
                possible = True
                if uniforms(seed, stream, step, i, 0)[0] < hazard:
                    when[i] = step
        if not possible:
            break
        for i in range(n):
            if when[i] == step:
                tell(i, 1.0, indptr, watchers, weights, exposure)


@compiled
def adopt_share(share, internal, external):
    """Fill ``share`` (steps + 1,) from its first value, as in an endless crowd where all meet."""
    for t in range(share.shape[0] - 1):
        hazard = adoption_hazard(PROPORTIONAL, share[t], 1.0, 0.0, 0.0, 0.0, internal, 0.0)
        share[t + 1] = share[t] + (1.0 - share[t]) * unit(external + hazard)


@compiled
def switch(i, choice, state, indptr, watchers, weights, exposure):
    """Let person ``i`` do what they chose, and those who watch know of a change."""
    if choice != state[i]:
        tell(i, choice - state[i], indptr, watchers, weights, exposure)
        state[i] = choice


@compiled
def choose_all(indptr, watchers, weights, degree, state, share, norm_weight, appraisal, together, seed, stream):
    """Change ``state`` (n,) sweep by sweep and fill ``share`` (sweeps + 1,)."""
    n = state.shape[0]
    exposure = np.zeros(n + 1)
    for i in range(n):
        tell(i, state[i], indptr, watchers, weights, exposure)
    choice = state.copy()
    share[0] = state.mean()
    for sweep in range(1, share.shape[0]):
        for turn in range(n):
            whose, chance, _, _ = uniforms(seed, stream, sweep, turn, 0)
            i = turn if together else int(whose * n)
            norm = (exposure[i] + exposure[n]) / degree[i] if degree[i] > 0.0 else 0.5
            choice[i] = chance < choice_probability(appraisal[i], norm_weight[i], norm, 0.5)
            if not together:
                switch(i, choice[i], state, indptr, watchers, weights, exposure)
        if together:
            for i in range(n):
                switch(i, choice[i], state, indptr, watchers, weights, exposure)
        share[sweep] = state.mean()


@compiled
def choose_share(norm_weight, appraisal, share):
    """Return the share who act that brings itself about, nearest to ``share`` in the direction of change."""
    for _ in range(10_000_000):
        last = share
        share = choice_probability(appraisal, norm_weight, last, 0.5)
        if abs(share - last) < 1e-15:
            break
    return share


@compiled
def learn_all(knowledge, n_people, n_dimensions, p1, p2, p3, p4, stride, by_actions, seed, stream):
    """Fill ``knowledge`` (2, periods + 1): of the code, and of the people on average.

    Draws of period t are addressed by person and dimension. Row ``n_people`` belongs to the organisation and
    item ``n_dimensions`` to the whole person.
    """
    n, m = n_people, n_dimensions
    reality = np.empty(m, np.int64)
    code = np.zeros(m, np.int64)
    belief = np.empty((n, m), np.int64)
    deed = np.empty(m, np.int64)
    superior = np.empty(m, np.int64)
    agreeing = np.empty(m, np.int64)
    for d in range(m):
        reality[d] = 1 if uniforms(seed, stream, 0, n, d)[0] < 0.5 else -1
        for i in range(n):
            belief[i, d] = int(3.0 * uniforms(seed, stream, 0, i, d)[0]) - 1
    for t in range(knowledge.shape[1]):
        closed = p3 == 0.0 and p4 == 0.0
        if t > 0:
            superior[:] = 0
            agreeing[:] = 0
            n_superior = 0
            score = (code * reality).sum()
            for i in range(n):
                performance = best = 0
                for d in range(m):
                    deed[d] = belief[i, d]
                    best += deed[d] * reality[d]
                    differs = code[d] != 0 and belief[i, d] != code[d]
                    coin = lesson = 1.0
                    if differs or (by_actions and deed[d] == 0):
                        coin, lesson, _, _ = uniforms(seed, stream, t, i, d)
                    if by_actions and deed[d] == 0:
                        deed[d] = 1 if coin < 0.5 else -1
                        best += 1
                    performance += deed[d] * reality[d]
                    if differs:
                        closed = False
                        if lesson < p1:
                            belief[i, d] = toward_code(belief[i, d], code[d], stride)
                if best > score:
                    closed = False
                if performance > score:
                    superior += deed
                    agreeing += deed == code
                    n_superior += 1
            for d in range(m):
                majority = np.sign(superior[d])
                if majority != 0 and majority != code[d]:
                    # In the article's footnote no belief agrees with a code that is silent.
                    net = abs(superior[d]) if by_actions else n_superior - 2 * agreeing[d]
                    if uniforms(seed, stream, t, n, d)[1] < code_change_probability(net, p2):
                        code[d] = majority
        knowledge[0, t] = (code * reality).sum() / m
        knowledge[1, t] = (belief * reality).sum() / (n * m)
        if t > 0 and closed:
            knowledge[0, t:] = knowledge[0, t]
            knowledge[1, t:] = knowledge[1, t]
            break
        for i in range(n):
            if uniforms(seed, stream, t, i, m)[0] < p3:
                for d in range(m):
                    belief[i, d] = int(3.0 * uniforms(seed, stream, t, i, d)[2]) - 1
        for d in range(m):
            if uniforms(seed, stream, t, n, d)[2] < p4:
                reality[d] = -reality[d]
