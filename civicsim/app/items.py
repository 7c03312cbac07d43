"""What was raised and what came of it, read off a run as it was lived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.app.history import ACTED, EXPLAINED, SILENCE, Lived
from civicsim.model.organisation import ENDORSED, FROM_DIRECTIVE, FROM_NEIGHBOURS, NO_IDEA, TRIAL, WAITING


@dataclass(frozen=True)
class Item:
    """What somebody raised and what came of it, as far as it stayed on the table at the end of a week.

    Attributes
    ----------
    person : int
        Who raised it, a row within the organisation; −1 for nobody of the staff.
    team, dimension : int
        Team, and the way of working it is about.
    origin : int
        Index into :data:`civicsim.model.organisation.ORIGINS`.
    raised : int
        Week in which it was raised; below 0 during the burn-in.
    answered : int or None
        Week in which it was taken up or left the table; None if it still waits.
    outcome : {"acted", "explained", "silence", "waiting"}
    tried : int or None
        Week in which a trial of it began.
    settled : int or None
        Week in which what was acted on came into practice or was given up.
    adopted : bool
        Whether it came into practice.
    """

    person: int
    team: int
    dimension: int
    origin: int
    raised: int
    answered: int | None
    outcome: str
    tried: int | None
    settled: int | None
    adopted: bool


def items_of(lived: Lived, person: int) -> list[Item]:
    """Return what a person raised, in order of time."""
    team = int(lived.scene.team[person])
    if team < 0:
        return []
    mine = lived.raiser[:, team] == person
    found = [item for d in range(mine.shape[1]) if mine[:, d].any() for item in _items(lived, team, d, mine[:, d])]
    return sorted(found, key=lambda item: item.raised)


def items_at(lived: Lived, team: int, d: int) -> list[Item]:
    """Return what was raised in a team about one way of working, by whomever, in order of time."""
    return _items(lived, team, d, np.ones(lived.weeks, np.bool_))


def _items(lived: Lived, team: int, d: int, which: np.ndarray) -> list[Item]:
    weeks = np.flatnonzero(which & (lived.idea_state[:, team, d] != NO_IDEA))
    raised = lived.raised[weeks, team, d]
    return [_item(lived, team, d, int(week), weeks[raised == week]) for week in np.unique(raised)]


def _item(lived: Lived, team: int, d: int, raised: int, weeks: np.ndarray) -> Item:
    """Return one item from the weeks in which it lay on the table."""
    states, person = lived.idea_state[weeks, team, d], int(lived.raiser[weeks[0], team, d])
    taken, trial = weeks[(states == ENDORSED) | (states == TRIAL)], weeks[states == TRIAL]
    last, over = int(weeks[-1]) + 1, lived.weeks
    about = (person, team, d, int(lived.idea_origin[weeks[-1], team, d]), raised)
    if len(taken):
        done = last < over and bool(lived.adopted[last, team, d])
        # Another team's idea, or an order, may have come first.
        done = done and int(lived.origin[last, team, d]) not in (FROM_NEIGHBOURS, FROM_DIRECTIVE)
        tried = int(trial[0]) if len(trial) else None
        return Item(*about, int(taken[0]), "acted", tried, last if last < over else None, done)
    if last >= over and states[-1] == WAITING:
        return Item(*about, None, "waiting", None, None, False)
    came = int(lived.acts[last, person]) & SILENCE if last < over and person >= 0 else 0
    outcome = {ACTED: "acted", EXPLAINED: "explained"}.get(came, "silence")
    return Item(*about, last, outcome, None, last, False)
