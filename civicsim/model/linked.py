"""Linked organisations of one run: how large each of them is, and who knows whom across them at the start.

Both follow from the run's seed alone, by draws of their own, so that one seed gives one and the same set of organisations
whatever else is built or run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from civicsim.engine.randomness import shock, stream_of
from civicsim.model.networks import add_ties
from civicsim.model.organisation import STAFF
from civicsim.model.structure import Structure

SIZE = stream_of("linked.size")
TIES = stream_of("linked.ties")


def teams_of_linked(structure: Structure, seed: int) -> NDArray[np.int64]:
    """Return how many teams each linked organisation has.

    Formula
        n_k ∝ exp(σ z_k),  z_k bell-shaped with mean 0 and variance 1;  Σ n_k = organisations × teams

    The total is given and the shares are drawn. The first organisations of a larger set stand to one another as those of
    a smaller one, up to whole teams.

    Parameters
    ----------
    structure : Structure
        ``n_organisations``, ``n_teams`` (mean teams of each) and ``size_spread`` (σ, in logs).
    seed : int
        Seed of the run.

    Returns
    -------
    (n_organisations,) int array
        Teams of each; ≥ 1.
    """
    n, total = structure.n_organisations, structure.n_organisations * structure.n_teams
    if structure.size_spread == 0.0:
        return np.full(n, structure.n_teams)
    draws = np.array([shock(np.uint64(seed), SIZE, 0, k) for k in range(n)])
    weight = np.exp(structure.size_spread * draws)
    exact = weight / weight.sum() * total
    teams = np.maximum(np.floor(exact), 1.0).astype(np.int64)
    left = total - int(teams.sum())
    if left > 0:
        teams[np.argsort(teams - exact, kind="stable")[:left]] += 1
    while left < 0:
        # Many organisations of less than one team were rounded up: the largest make room.
        teams[np.argmax(teams)] -= 1
        left += 1
    return teams


def tie_across(structure: Structure, seed: int, person: np.ndarray, ties: np.ndarray) -> None:
    """Make the starting ties between people of different organisations of one run, in place.

    All people in another organisation are as likely to be met, so large organisations more often than small ones; some
    look for their own profession, as within organisations.

    Parameters
    ----------
    structure : Structure
        ``tie_outside``, ``ties_per_person`` and ``tie_homophily``.
    seed : int
        Seed of the run.
    person : structured array
        People of all organisations of the run, in order of organisations.
    ties : (n_persons, N_TIES) int32 array
        Their ties.
    """
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, TIES], dtype=np.uint64)))
    staff = np.flatnonzero(person["role"] == STAFF)
    profession, home = person["profession"][staff], person["organisation"][staff]
    n_asked = round(len(staff) * structure.ties_per_person * structure.tie_outside / 2)
    asking = rng.integers(0, len(staff), n_asked)
    alike = rng.random(n_asked) < structure.tie_homophily
    u = rng.random(n_asked)
    met = np.full(n_asked, -1, dtype=np.int64)
    for groups, who in ((np.zeros(len(staff), dtype=np.int64), ~alike), (profession, alike)):
        for group in np.unique(groups):
            pool = np.flatnonzero(groups == group)
            mine = np.flatnonzero(who & (groups[asking] == group))
            # Rows are in order of organisations: whom one may meet are all but one stretch of them.
            first = np.searchsorted(home[pool], home[asking[mine]], side="left")
            last = np.searchsorted(home[pool], home[asking[mine]], side="right")
            elsewhere = len(pool) - (last - first)
            at = (u[mine] * elsewhere).astype(np.int64)
            at += np.where(at >= first, last - first, 0)
            found = elsewhere > 0
            met[mine[found]] = pool[at[found]]
    a, b = staff[asking[met >= 0]], staff[met[met >= 0]]
    filled = (person["vacant"][a] == 0) & (person["vacant"][b] == 0)
    add_ties(ties, a[filled], b[filled])
