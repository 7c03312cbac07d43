"""Ties between people: made, counted between teams, and turned into networkx graphs.

Cross-team ties are kept as a table of slots, ``ties[person, slot]`` = row of the other person or −1. A tie stands
in a slot of both its ends; empty slots come last.
"""

from __future__ import annotations

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.model.organisation import N_TIES
from civicsim.model.rows import each_organisation


@compiled
def count_ties(ties, a):
    """Return how many ties ``a`` has."""
    n = 0
    while n < ties.shape[1] and ties[a, n] >= 0:
        n += 1
    return n


@compiled
def count_friends(ties, a):
    """Return how many ties ``a`` has in a table of :data:`civicsim.model.organisation.N_TIES` slots.

    All slots are looked at, side by side: that takes less than to guess wrongly where ties end.
    """
    n = 0
    for slot in range(N_TIES):
        n += ties[a, slot] >= 0
    return n


@compiled
def add_friends(one, other, ties, a, values):
    """Return two totals with the two values of each of those with whom ``a`` has ties added, one by one.

    Parameters
    ----------
    one, other : float
        What they are added to.
    ties : (n_persons, N_TIES) array
        The slots.
    a : int
        Row of the person.
    values : (n + 1, 2) array
        Two values for each person, and last two zeros, for empty slots.
    """
    nowhere = values.shape[0] - 1
    for slot in range(N_TIES):
        friend = ties[a, slot]
        at = friend if friend >= 0 else nowhere
        one += values[at, 0]
        other += values[at, 1]
    return one, other


@compiled
def add_tie(ties, a, b):
    """Tie ``a`` to ``b`` if both have a free slot and are not tied yet; return whether it was done."""
    slot_a, slot_b = count_ties(ties, a), count_ties(ties, b)
    if slot_a == ties.shape[1] or slot_b == ties.shape[1]:
        return False
    for slot in range(slot_a):
        if ties[a, slot] == b:
            return False
    ties[a, slot_a] = b
    ties[b, slot_b] = a
    return True


@compiled
def _forget(ties, a, b):
    """Take ``b`` out of the slots of ``a``; those behind move up."""
    at = 0
    for slot in range(ties.shape[1]):
        j = ties[a, slot]
        ties[a, slot] = -1
        if j >= 0 and j != b:
            ties[a, at] = j
            at += 1


@compiled
def drop_tie(ties, a, b):
    """End the tie between ``a`` and ``b``."""
    _forget(ties, a, b)
    _forget(ties, b, a)


@compiled
def drop_all_ties(ties, a):
    """End all ties of ``a``, and return how many there were."""
    n = count_ties(ties, a)
    for slot in range(n):
        _forget(ties, ties[a, slot], a)
        ties[a, slot] = -1
    return n


@compiled
def drop_ties_of(ties, rows):
    """End all ties of several people."""
    for i in rows:
        drop_all_ties(ties, i)


@compiled
def add_ties(ties, a, b):
    """Tie each ``a[i]`` to ``b[i]``, in order."""
    for i in range(a.shape[0]):
        add_tie(ties, a[i], b[i])


@compiled
def _insert(neighbour, t, n, other, count):
    """Put a team into the list of ``t``, ordered by ties and then by row, and return the list's new length."""
    width = neighbour.shape[1]
    at = n
    while at > 0 and (
        neighbour[t, at - 1].ties < count or (neighbour[t, at - 1].ties == count and neighbour[t, at - 1].team > other)
    ):
        at -= 1
    if at >= width:
        return n
    for k in range(min(n, width - 1), at, -1):
        neighbour[t, k].team = neighbour[t, k - 1].team
        neighbour[t, k].ties = neighbour[t, k - 1].ties
    neighbour[t, at].team = other
    neighbour[t, at].ties = count
    return min(n + 1, width)


@compiled
def count_neighbours_of(those, o, organisation, team, person, ties, neighbour):
    """Fill ``neighbour`` with the teams to which each team has most ties, and how many.

    Where more teams are tied than fit, those with fewest ties are left out.

    Parameters
    ----------
    those : row of organisations or parts
        Whose teams.
    o : int
        Row of their organisation.
    """
    width = neighbour.shape[1]
    # Ties stay within a run: its teams are those of neighbouring organisations.
    one, beyond = o, o + 1
    while one > 0 and organisation[one - 1].run == organisation[o].run:
        one -= 1
    while beyond < organisation.shape[0] and organisation[beyond].run == organisation[o].run:
        beyond += 1
    start = organisation[one].first_team
    n_teams = organisation[beyond - 1].first_team + organisation[beyond - 1].n_teams - start
    n_ties, tied = np.zeros(n_teams, dtype=np.int32), np.empty(n_teams, dtype=np.int32)
    for t in range(those.first_team, those.first_team + those.n_teams):
        n_tied = 0
        for i in range(team[t].first_person, team[t].first_person + team[t].n_posts):
            for slot in range(ties.shape[1]):
                if ties[i, slot] < 0:
                    break
                other = person[ties[i, slot]].team
                if other < 0:
                    continue
                if n_ties[other - start] == 0:
                    tied[n_tied] = other
                    n_tied += 1
                n_ties[other - start] += 1
        n = 0
        for k in range(n_tied):
            n = _insert(neighbour, t, n, tied[k], n_ties[tied[k] - start])
            n_ties[tied[k] - start] = 0
        for k in range(n, width):
            neighbour[t, k].team = -1
            neighbour[t, k].ties = 0


@each_organisation
def count_neighbours(o, org, organisation, team, person, ties, neighbour):
    """Count the neighbours of all teams of some organisations; see :func:`count_neighbours_of`."""
    count_neighbours_of(org, o, organisation, team, person, ties, neighbour)


def _other_team(
    u: np.ndarray,
    own: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    posts: np.ndarray,
    first_post: np.ndarray,
    team_of: np.ndarray,
) -> np.ndarray:
    """Return a team other than the given one among teams ``low`` to ``high`` − 1: each member is as likely to be met.

    Where all teams are of one size, a team is drawn; else a post, so that large teams are met more often than small ones.
    """
    if posts.min() == posts.max():
        target = low + (u * (high - low - 1)).astype(np.int64)
        return target + (target >= own)
    target = first_post[low] + (u * (first_post[high] - first_post[low] - posts[own])).astype(np.int64)
    target += np.where(target >= first_post[own], posts[own], 0)
    return team_of[target]


def draw_ties(
    rng: np.random.Generator,
    team_of: np.ndarray,
    division_of_team: np.ndarray,
    profession: np.ndarray,
    mean_ties: float,
    proximity: float,
    homophily: float,
) -> np.ndarray:
    """Draw ties between staff of different teams, preferring the own division and the own profession.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness; only this organisation's.
    team_of : (n_staff,) int array
        Team of each post, in order.
    division_of_team : (n_teams,) int array
        Division of each team, in ascending order.
    profession : (n_staff,) int array
        Profession of each post, sorted within each team.
    mean_ties : float
        Mean ties per person.
    proximity, homophily : float
        Shares of ties within the division, and with the same profession where the other team has it; 0-1.

    Returns
    -------
    (n_staff, N_TIES) int array
        The slots; −1 where empty.
    """
    n_staff, n_teams = len(team_of), len(division_of_team)
    ties = np.full((n_staff, N_TIES), -1, dtype=np.int32)
    if n_teams < 2:
        return ties
    starts = np.searchsorted(division_of_team, np.arange(division_of_team[-1] + 2))
    first, size = starts[division_of_team], np.diff(starts)[division_of_team]
    posts = np.bincount(team_of, minlength=n_teams)
    first_post = np.concatenate([[0], np.cumsum(posts)])
    n_professions = int(profession.max()) + 1
    n_of_profession = np.bincount(team_of * n_professions + profession, minlength=n_teams * n_professions)
    first_of_profession = np.concatenate([[0], np.cumsum(n_of_profession)[:-1]])
    proposals = mean_ties / 2
    for round_ in range(int(np.ceil(proposals))):
        asking = np.flatnonzero(rng.random(n_staff) < proposals - round_)
        own = team_of[asking]
        near = (rng.random(len(asking)) < proximity) & (size[own] > 1)
        low, high = np.where(near, first[own], 0), np.where(near, first[own] + size[own], n_teams)
        target = _other_team(rng.random(len(asking)), own, low, high, posts, first_post, team_of)
        cell = target * n_professions + profession[asking]
        alike = (rng.random(len(asking)) < homophily) & (n_of_profession[cell] > 0)
        start = np.where(alike, first_of_profession[cell], first_post[target])
        count = np.where(alike, n_of_profession[cell], posts[target])
        add_ties(ties, asking, start + (rng.random(len(asking)) * count).astype(np.int64))
    return ties
