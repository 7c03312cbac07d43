"""Events that touch rows: people who go, truths that change, teams that are moved, paired or set to something new.

An action is a function of a cohort, a range of organisations, a size, the place of its event among all, the teams that
the event chose, and its weeks. The place keys its draws, so that two events of one kind have draws of their own. It
happens once, in the week of its event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.process import call
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.cohort import Cohort
from civicsim.model.networks import count_neighbours, drop_all_ties
from civicsim.model.organisation import FROM_PROGRAMME, NO_IDEA, TO_MANAGER
from civicsim.model.practice import change, endorse, propose
from civicsim.model.processes.drift import local_reality
from civicsim.model.processes.governing import patience_with_compact, urgency_of
from civicsim.model.processes.pairing import make_pairs
from civicsim.model.processes.turnover import leave_post
from civicsim.model.rows import each_organisation

PROGRAMME = stream_of("event.programme")
FOR_EVER = 1_000_000
"""A week that never comes."""


ACTIONS: dict[str, Callable[..., None]] = {}
"""Actions by name."""


def _action(function: Callable[..., None]) -> Callable[..., None]:
    """List a function among the actions, by its name."""
    ACTIONS[function.__name__] = function
    return function


def _everywhere(c: Cohort, chosen: np.ndarray | None) -> np.ndarray:
    return np.ones(len(c.team), dtype=np.int8) if chosen is None else chosen


def _touch(kernel: Any, c: Cohort, first: int, last: int, **given: Any) -> None:
    """Let a kernel touch some organisations; what its arguments stand for is given by name, or else what the cohort has."""
    call(kernel, "events", c, c.ranges(first, last) | given)


@each_organisation
def _vacate(org, count, week, log, stream, size, chosen, team, practice, person, ties):
    for i in range(org.first_person, org.first_person + org.n_staff):
        if person[i].vacant or chosen[person[i].team] == 0:
            continue
        u, _, _, _ = uniforms(org.seed, stream, week, person[i].key, 0)
        if u < size:
            event.note((log, person[i].team, -1), event.EXIT, event.SHOCK, person=i)
            leave_post(person[i], i, team, practice, count)
            count.ties_lost += drop_all_ties(ties, i)


@_action
def vacancy_wave(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Empty a share ``size`` of the posts of staff at once."""
    stream = stream_of(f"event.vacancy.{place}")
    _touch(_vacate, c, first, last, stream=stream, size=size, chosen=_everywhere(c, chosen))


@each_organisation
def _shift(o, org, week, stream, size, dimension, team, practice):
    m = dimension.shape[1]
    for d in range(m):
        u, _, _, _ = uniforms(org.seed, stream, week, org.key, d)
        if u < size:
            dimension[o, d].truth = -dimension[o, d].truth
            for t in range(org.first_team, org.first_team + org.n_teams):
                v, _, _, _ = uniforms(org.seed, stream, week, team[t].key, m + d)
                practice[t, d].reality = local_reality(dimension[o, d].truth, dimension[o, d].kappa, v)


@_action
def reality_shift(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Flip what is right on a share ``size`` of the dimensions, and redraw the local realities there."""
    _touch(_shift, c, first, last, stream=stream_of(f"event.shift.{place}"), size=size)


@each_organisation
def _rewire(org, q_forum, week, stream, size, chosen, team, ties):
    for t in range(org.first_team, org.first_team + org.n_teams):
        g = team[t]
        u, _, _, _ = uniforms(org.seed, stream, week, g.key, 0)
        if u < size and chosen[t]:
            for i in range(g.first_person, g.first_person + g.n_posts):
                drop_all_ties(ties, i)
    u, _, _, _ = uniforms(org.seed, stream, week, org.key, 1)
    if size > 0.0 and u < q_forum.loss_in_reorganisation * (1.0 - q_forum.anchored_outside):
        org.forum_standing = 0
        org.independence = org.forum_funds = org.forum_credit = 0.0


@_action
def reorganisation(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Move a share ``size`` of the teams: their people's ties to other teams are lost. The patients' forum may be, too."""
    stream = stream_of(f"event.reorganisation.{place}")
    _touch(_rewire, c, first, last, stream=stream, size=size, chosen=_everywhere(c, chosen))
    _touch(count_neighbours, c, first, last)


@each_organisation
def _order(o, org, week, stream, size, measured_only, dimension):
    for d in range(dimension.shape[1]):
        u, _, _, _ = uniforms(org.seed, stream, week, org.key, d)
        if dimension[o, d].code != 0 and u < size and (dimension[o, d].measured or not measured_only):
            dimension[o, d].directive = 1


@_action
def many_directives(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Order a share ``size`` of the code, all at once."""
    _touch(_order, c, first, last, stream=stream_of(f"event.directives.{place}"), size=size, measured_only=False)


@_action
def inspection(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Announce an inspection, and order a share ``size`` of what is measured; the deadline is a parameter of governing."""
    for o in range(first, last):
        governing, trial = c.parameters["governing"][o], c.parameters["lifecycle"][o]
        if governing["enabled"]:
            org = c.organisation[o]
            patience = patience_with_compact(
                governing["patience"], c.parameters["compact"]["regulator"][o], org["compact"]
            )
            org["deadline"] = org["notice"] = governing["inspection_deadline"]
            # Its orders reach teams this very week, before leaders next look at how much time is left.
            org["urgency"] = urgency_of(int(org["notice"]), int(trial["n_cycles"] * trial["cycle_weeks"]), patience)
    _touch(_order, c, first, last, stream=stream_of(f"event.inspection.{place}"), size=size, measured_only=True)


@_action
def leader_exit(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Let the chief executive go this week, with probability ``size``."""
    stream = stream_of(f"event.leader.{place}")
    for o in range(first, last):
        org = c.organisation[o]
        org["chief_leaving"] = uniforms(org["seed"], stream, c.week, org["key"], 0)[0] < size


@each_organisation
def _lift(org, size, chosen, person):
    everywhere = chosen[org.first_team : org.first_team + org.n_teams].all()
    for i in range(org.first_person, org.first_person + org.n_persons):
        # Those above the teams belong to the whole.
        t = person[i].team
        if chosen[t] if t >= 0 else everywhere:
            person[i].belonging = min(1.0, person[i].belonging + size)


@_action
def solidarity(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Raise belonging by ``size``; it wears off by itself."""
    _touch(_lift, c, first, last, size=size, chosen=_everywhere(c, chosen))


def _rows(c: Cohort, first: int, last: int, chosen: np.ndarray | None) -> np.ndarray:
    """Return the rows of the chosen teams of some organisations."""
    home = c.team["organisation"]
    return np.flatnonzero((_everywhere(c, chosen) == 1) & (home >= first) & (home < last))


def _staff_of(c: Cohort, teams: np.ndarray) -> np.ndarray:
    """Return the rows of the posts of some teams."""
    posts = [np.arange(n) + i for i, n in zip(c.team["first_person"][teams], c.team["n_posts"][teams], strict=True)]
    return np.concatenate(posts) if posts else np.zeros(0, dtype=np.int64)


@_action
def mark(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Do nothing to the teams that were chosen: only measures of chosen teams look at them."""


@_action
def isolate(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Cut the chosen teams off from all others, for good."""
    teams = _rows(c, first, last, chosen)
    c.team["isolated"][teams] = 1
    for i in _staff_of(c, teams):
        drop_all_ties(c.ties, i)
    _touch(count_neighbours, c, first, last)


@_action
def project(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Lift safety in the chosen teams by ``size``, and what it settles at for as long as the event lasts."""
    teams = _rows(c, first, last, chosen)
    c.team["climate"][teams] = size
    c.team["climate_until"][teams] = c.week + weeks if weeks > 0 else FOR_EVER
    people = _staff_of(c, teams)
    c.person["safety"][people] = np.minimum(1.0, c.person["safety"][people] + size)


@_action
def teach(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Take the people of the chosen teams a share ``size`` of the way to full skill in improving work."""
    people = _staff_of(c, _rows(c, first, last, chosen))
    c.person["skill"][people] += size * (1.0 - c.person["skill"][people])


@_action
def relieve(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Take a share ``size`` of the care asked for off the chosen teams, for good."""
    c.team["demand"][_rows(c, first, last, chosen)] *= 1.0 - size


@_action
def pairing(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Pair the weakest share ``size`` of the teams with as many of the strongest."""
    make_pairs(c, first, last, size)


@compiled
def programme_value(seed, key, d, truth, accuracy):
    """Return what a run's improvement programme proposes on a dimension: what is right at large, or its opposite."""
    _, u, _, _ = uniforms(seed, PROGRAMME, 0, key, d)
    return truth if u < accuracy else -truth


@each_organisation
def _introduce(o, org, q, q_practice, count, week, log, size, at_once, chosen, dimension, team, practice):
    for d in range(dimension.shape[1]):
        # A run has one programme, whenever and however it is rolled out.
        u, _, _, severity = uniforms(org.seed, PROGRAMME, 0, org.key, d)
        if u >= size:
            continue
        value = programme_value(org.seed, org.key, d, dimension[o, d].truth, q.programme_accuracy)
        for t in range(org.first_team, org.first_team + org.n_teams):
            at, slot = (log, t, d), practice[t, d]
            if chosen[t] == 0 or slot.value == value:
                continue
            if at_once:
                change(at, slot, value, week, FROM_PROGRAMME, 0, count)
                team[t].switching_hours += q_practice.switching_hours
                count.adopted_vertical += 1
                count.adopted_right += value == slot.reality
            elif slot.idea_state == NO_IDEA:
                propose(slot, value, 0, FROM_PROGRAMME, TO_MANAGER, severity, week)
                event.note(at, event.PROPOSAL, FROM_PROGRAMME, value=value, fits=value == slot.reality)
                endorse(at, slot, week)


@_action
def install(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Put a programme's changes into practice at once: those on a share ``size`` of the dimensions."""
    _touch(_introduce, c, first, last, size=size, at_once=True, chosen=_everywhere(c, chosen))


@_action
def launch(c: Cohort, first: int, last: int, size: float, place: int = 0, chosen=None, weeks: int = 0) -> None:
    """Bring the same changes to the chosen teams as ideas to be tried."""
    _touch(_introduce, c, first, last, size=size, at_once=False, chosen=_everywhere(c, chosen))


WITHOUT_SIZE = frozenset({"mark", "isolate"})
"""Actions that have no size: they happen to the chosen teams or not."""

FOR_THE_WHOLE = frozenset({"inspection", "leader_exit", "many_directives", "pairing", "reality_shift"})
"""Actions that are about the organisation as a whole, or choose their teams themselves."""
