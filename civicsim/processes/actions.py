"""Events that touch rows: people who go, truths that change, teams that are moved.

An action is a function of a cohort, a range of organisations, a size, and the place of its event among all, which keys
its draws so that two events of one kind have luck of their own. It happens once, in the week of its event.
"""

from __future__ import annotations

from collections.abc import Callable

from civicsim.cohort import Cohort
from civicsim.compiled import compiled
from civicsim.networks import count_neighbours, drop_all_ties
from civicsim.processes.drift import local_reality
from civicsim.processes.turnover import leave_post
from civicsim.randomness import stream_of, uniforms


@compiled
def _vacate(first, last, week, stream, size, organisation, tally, team, practice, person, ties):
    for o in range(first, last):
        org = organisation[o]
        for i in range(org.first_person, org.first_person + org.n_staff):
            u, _, _, _ = uniforms(org.seed, stream, week, person[i].key, 0)
            if person[i].vacant == 0 and u < size:
                leave_post(person[i], i, team, practice, ties, tally[o])


def vacancy_wave(c: Cohort, first: int, last: int, size: float, place: int = 0) -> None:
    """Empty a share ``size`` of the posts of staff at once."""
    stream = stream_of(f"event.vacancy.{place}")
    _vacate(first, last, c.week, stream, size, c.organisation, c.tally, c.team, c.practice, c.person, c.ties)


@compiled
def _shift(first, last, week, stream, size, organisation, dimension, team, practice):
    m = dimension.shape[1]
    for o in range(first, last):
        org = organisation[o]
        for d in range(m):
            u, _, _, _ = uniforms(org.seed, stream, week, org.key, d)
            if u < size:
                dimension[o, d].truth = -dimension[o, d].truth
                for t in range(org.first_team, org.first_team + org.n_teams):
                    v, _, _, _ = uniforms(org.seed, stream, week, team[t].key, m + d)
                    practice[t, d].reality = local_reality(dimension[o, d].truth, dimension[o, d].kappa, v)


def reality_shift(c: Cohort, first: int, last: int, size: float, place: int = 0) -> None:
    """Flip what is right on a share ``size`` of the dimensions, and redraw the local realities there."""
    _shift(
        first, last, c.week, stream_of(f"event.shift.{place}"), size, c.organisation, c.dimension, c.team, c.practice
    )


@compiled
def _rewire(first, last, week, stream, size, organisation, team, person, ties):
    for o in range(first, last):
        org = organisation[o]
        for t in range(org.first_team, org.first_team + org.n_teams):
            g = team[t]
            u, _, _, _ = uniforms(org.seed, stream, week, g.key, 0)
            if u < size:
                for i in range(g.first_person, g.first_person + g.n_posts):
                    drop_all_ties(ties, i)


def reorganisation(c: Cohort, first: int, last: int, size: float, place: int = 0) -> None:
    """Move a share ``size`` of the teams: the ties of their people to other teams are lost."""
    _rewire(
        first, last, c.week, stream_of(f"event.reorganisation.{place}"), size, c.organisation, c.team, c.person, c.ties
    )
    count_neighbours(first, last, c.organisation, c.team, c.person, c.ties, c.neighbour)


@compiled
def _order(first, last, week, stream, size, organisation, dimension):
    for o in range(first, last):
        org = organisation[o]
        for d in range(dimension.shape[1]):
            u, _, _, _ = uniforms(org.seed, stream, week, org.key, d)
            if dimension[o, d].code != 0 and u < size:
                dimension[o, d].directive = 1


def many_directives(c: Cohort, first: int, last: int, size: float, place: int = 0) -> None:
    """Order a share ``size`` of what the code says, all at once."""
    _order(first, last, c.week, stream_of(f"event.directives.{place}"), size, c.organisation, c.dimension)


@compiled
def _lift(first, last, size, organisation, person):
    for o in range(first, last):
        org = organisation[o]
        for i in range(org.first_person, org.first_person + org.n_persons):
            person[i].belonging = min(1.0, person[i].belonging + size)


def solidarity(c: Cohort, first: int, last: int, size: float, place: int = 0) -> None:
    """Raise everybody's belonging by ``size``; it wears off by itself."""
    _lift(first, last, size, c.organisation, c.person)


ACTIONS: dict[str, Callable[..., None]] = {
    "many_directives": many_directives,
    "reality_shift": reality_shift,
    "reorganisation": reorganisation,
    "solidarity": solidarity,
    "vacancy_wave": vacancy_wave,
}
"""Actions by name."""
