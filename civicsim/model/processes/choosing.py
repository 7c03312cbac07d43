"""Which teams an event is about: all, some at random, the best or the worst, willing neighbours, or those chosen before.

Chance gives every team of a run one place in one order, for good. Two events that choose at random therefore choose
the same teams as far as their shares go, in this run and in the run it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import LONG_AGO

STREAM = stream_of("event.teams")


def _random(c: Cohort, rows: np.ndarray, n: int) -> np.ndarray:
    seed = c.organisation["seed"][c.team["organisation"][rows[0]]]
    draws = [uniforms(seed, STREAM, LONG_AGO, key, 0)[0] for key in c.team["key"][rows]]
    return rows[np.argsort(draws, kind="stable")[:n]]


def _best(c: Cohort, rows: np.ndarray, n: int) -> np.ndarray:
    return rows[np.argsort(-c.team["quality"][rows], kind="stable")[:n]]


def _worst(c: Cohort, rows: np.ndarray, n: int) -> np.ndarray:
    return rows[np.argsort(c.team["quality"][rows], kind="stable")[:n]]


def willingness(c: Cohort, rows: np.ndarray) -> np.ndarray:
    """Return how willing teams are to go first: the mean over those in post of motivation and agency."""
    result = np.zeros(len(rows))
    for k, t in enumerate(rows):
        people = c.person[c.team["first_person"][t] : c.team["first_person"][t] + c.team["n_posts"][t]]
        there = people["vacant"] == 0
        if there.any():
            result[k] = 0.5 * (people["motivation"][there].mean() + people["agency"][there].mean())
    return result


def _willing(c: Cohort, rows: np.ndarray, n: int) -> np.ndarray:
    """Start with the most willing team, and continue with the most willing of those with ties to a team already in."""
    will = dict(zip(rows.tolist(), willingness(c, rows).tolist(), strict=True))
    chosen: list[int] = []
    while len(chosen) < n:
        near = {int(t) for s in chosen for t in c.neighbour["team"][s] if int(t) in will} - set(chosen)
        pool = sorted(near or set(will) - set(chosen))
        chosen.append(max(pool, key=lambda t: will[t]))
    return np.array(chosen, dtype=np.int64)


def _marked(c: Cohort, rows: np.ndarray, n: int) -> np.ndarray:
    return rows[c.team["marked"][rows] == 1]


CHOICES: dict[str, Callable[[Cohort, np.ndarray, int], np.ndarray]] = {
    "all": lambda c, rows, n: rows,
    "random": _random,
    "best": _best,
    "worst": _worst,
    "willing": _willing,
    "marked": _marked,
}
"""Ways of choosing teams by name: ``choose(cohort, rows of an organisation's teams, how many)`` → rows."""


def choose_teams(cohort: Cohort, first: int, last: int, how: str, share: float) -> np.ndarray:
    """Return which teams an event is about.

    Parameters
    ----------
    cohort : Cohort
    first, last : int
        Rows of the organisations.
    how : str
        One of :data:`CHOICES`.
    share : float
        Share of each organisation's teams, 0–1; not used for "all" and "marked".

    Returns
    -------
    (teams,) int8 array
        1 for each team of the cohort that is chosen.
    """
    chosen = np.zeros(len(cohort.team), dtype=np.int8)
    for o in range(first, last):
        start, n_teams = cohort.organisation["first_team"][o], cohort.organisation["n_teams"][o]
        n = min(max(1, round(share * n_teams)), n_teams)
        chosen[CHOICES[how](cohort, np.arange(start, start + n_teams), n)] = 1
    return chosen
