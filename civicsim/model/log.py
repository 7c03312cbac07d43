"""The event log: what happens to staff, teams and ideas, a row each, written by the kernels where it happens.

A kernel that has ``log`` among its arguments writes with :func:`note`. Without a log, the array has no rows and nothing is
written; with one, nothing is read from it, so that a run is the same either way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.errors import CivicsimError
from civicsim.model.organisation import CHANNELS, ENDORSED, FROM_STAFF, NO_IDEA, ORIGINS, TO_PEERS, TRIAL

VOICE, TAKEOVER, SUPPORT, WITHHELD, PROPOSAL, ANSWER, ENDORSEMENT, DETRIMENT, DELIBERATION, TRIAL_STEP = range(10)
DROP, SPREAD, ADOPTION, REPLACEMENT, DECAY, SUSTAINED, DIRECTIVE, EXIT, HIRE, BREACH = range(10, 20)
FEAR, FUTILITY = range(2)
ACTED_ON, EXPLAINED, SILENCE, GRANTED, REFUSED = range(5)
CARRIED, REJECTED = range(2)
BEGUN, CYCLE_MISSED, CYCLE_FOR, CYCLE_AGAINST, WON = range(5)
AFTER_EXPLANATION, AFTER_SILENCE, AFTER_REFUSAL, TIMED_OUT, LAPSED, RUN_OUT = range(6)
VOTED_DOWN, FAILED, NO_CONSENT, STARTED_OVER, IN_USE = range(6, 11)
SEEN, HANDED_ON, AGREED = range(3)
OVERLOOKED, COMPLIED, ADAPTED, RESISTED, GAMED, IN_LINE = range(6)
TURNOVER, SUCCESSION, SHOCK = range(3)

EVENTS: dict[str, tuple[str, ...]] = {
    "voice": CHANNELS,
    "takeover": CHANNELS,
    "support": CHANNELS,
    "withheld": ("fear", "futility"),
    "proposal": ORIGINS,
    "answer": ("acted on", "explained", "silence", "granted", "refused"),
    "endorsement": ORIGINS,
    "detriment": CHANNELS,
    "deliberation": ("carried", "rejected"),
    "trial": ("begun", "cycle missed", "cycle for", "cycle against", "won"),
    "drop": (
        "explained", "silence", "refused", "timed out", "lapsed", "run out", "rejected", "trial failed", "no consent",
        "started over", "in use already",
    ),
    "spread": ("seen", "handed on", "agreed"),
    "adoption": ORIGINS,
    "replacement": ORIGINS,
    "decay": ORIGINS,
    "sustained": ORIGINS,
    "directive": ("overlooked", "complied", "adapted", "resisted", "gamed", "in line"),
    "exit": ("turnover", "succession", "shock"),
    "hire": ("turnover", "succession"),
    "breach": ("organisation", "team"),
}  # fmt: skip
"""Kinds of event, in the order of their codes, each with the words for its causes in the order of theirs.

voice, takeover, support
    A member of staff raises a problem, to one of the channels: as a new idea; as the one who finds it most severe of those who
    raise it in this week, and so takes the lead; or in support of what is on the table already.
withheld
    A member of staff keeps a problem to themselves.
proposal
    An idea comes to a team's table in another way: from huddles, patients, managers, partners or a programme.
answer
    Colleagues, the manager or the guardian act on, explain or pass over what was raised; the host of the patients' forum
    grants or refuses it.
endorsement
    An idea is taken up, to be tried.
detriment
    The person who raised it is made to suffer.
deliberation
    The team talks an endorsed idea over; it is carried or rejected.
trial
    A trial begins, a cycle is missed or speaks for or against the idea, or the trial ends in its favour.
drop
    An idea leaves the table without a change of practice. Ideas that were acted on lapse if nothing comes of them in time, and
    those of a programme run out.
spread
    A team takes over what a source team does: it has seen it there, is paired with it, or has agreed to its trial. One row for
    each source; the adoption follows.
adoption, replacement, decay, sustained
    A practice changes, from one of the origins; another change replaces it within a year, it decays, or it stands for a year.
directive
    A team meets a directive; it is in line with it if it does so already.
exit, hire
    The holder of a post leaves; a newcomer takes it. The chief executive goes by succession.
breach
    Promises to a team are broken in a quarter, as settled for the organisation or the team; ``value`` is the share in per cent.
"""
KINDS = tuple(EVENTS)

_WRITTEN = ("kind", "cause", "team", "dimension", "person", "source", "value", "fits")
ROW = np.dtype([("week", "i4"), ("organisation", "i4"), *((name, "i4") for name in _WRITTEN)])
"""A row of the log: week; rows in the cohort's tables or −1 for none; codes of kind and cause; what is proposed or done
(−1, 0 or 1), and whether it fits the team's reality (0 or 1; −1 where that is no question)."""
_ROOM = 64
"""Events per post and per practice of a team that a week has room for; the most that can happen to one is about 50."""


@compiled
def note(at, kind, cause, person=-1, source=-1, value=0, fits=-1):
    """Write an event ``at`` a log, a team and a dimension (−1 for none); where the log has no rows, do nothing."""
    log, team, dimension = at
    if log.shape[0] == 0:
        return
    # The first entry counts what was written.
    log[0, 0] += 1
    k = log[0, 0]
    if k < log.shape[0]:
        log[k, 0], log[k, 1], log[k, 2], log[k, 3] = kind, cause, team, dimension
        log[k, 4], log[k, 5], log[k, 6], log[k, 7] = person, source, value, fits


def no_log() -> np.ndarray:
    """Return a log without rows: nothing is written to it."""
    return np.zeros((0, len(_WRITTEN)), np.int32)


class EventLog:
    """Events of a cohort, from its present week on, preceded by what led to how it stands.

    Parameters
    ----------
    cohort : Cohort
        At the beginning.
    """

    def __init__(self, cohort: Any) -> None:
        self._cohort = cohort
        self._before = _standing(cohort)
        self._taken: list[tuple[int, np.ndarray]] = []

    def blank(self, first: int, last: int) -> np.ndarray:
        """Return an empty log with room for a week of the organisations in rows ``first`` to ``last`` − 1."""
        own = self._cohort.organisation[first:last]
        places = own["n_persons"].sum() + own["n_teams"].sum() * self._cohort.practice.shape[1]
        # Memory that is never written to is never taken.
        log = np.empty((1 + _ROOM * int(places), len(_WRITTEN)), np.int32)
        log[0] = 0
        return log

    def take(self, log: np.ndarray, week: int) -> None:
        """Take what was written in a week, and empty the log.

        Raises
        ------
        CivicsimError
            If more happened than a log has room for; only a process of the user's own can write so much.
        """
        n = int(log[0, 0])
        if n >= len(log):
            raise CivicsimError(f"event log: {n:,} events in week {week}; there is room for {len(log) - 1:,}")
        self._taken.append((week, log[1 : n + 1].copy()))
        log[0, 0] = 0

    @property
    def rows(self) -> np.ndarray:
        """All events as :data:`ROW`, by run and week, and within a week as they happened."""
        weeks = np.repeat([week for week, _ in self._taken], [len(written) for _, written in self._taken])
        written = np.concatenate([np.empty((0, len(_WRITTEN)), np.int32), *(written for _, written in self._taken)])
        rows = np.concatenate([self._before, _rows(self._cohort, weeks, *written.T)])
        return rows[np.lexsort((rows["week"], self._cohort.organisation["run"][rows["organisation"]]))]


def _rows(cohort: Any, week: np.ndarray, *written: Any) -> np.ndarray:
    """Return rows with the organisation that each belongs to: that of the team, or else of the person."""
    rows = np.empty(len(week), ROW)
    rows["week"] = week
    for name, values in zip(_WRITTEN, written, strict=True):
        rows[name] = values
    of_team, of_person = cohort.team["organisation"][rows["team"]], cohort.person["organisation"][rows["person"]]
    rows["organisation"] = np.where(rows["team"] >= 0, of_team, of_person)
    return rows


def _standing(cohort: Any) -> np.ndarray:
    """Return what led to the changes that are followed and to the ideas on the table, as far as it shows.

    All of it happened before the present week.
    """
    p = cohort.practice
    state, origin, raiser = p["idea_state"], p["idea_origin"], p["idea_raiser"]
    by_staff = (origin == FROM_STAFF) | (p["idea_channel"] == TO_PEERS)

    def each(chosen: np.ndarray, kind: int, cause: Any, since: str, value: str, person: Any = -1) -> np.ndarray:
        teams, dimensions = np.nonzero(chosen)
        week = np.minimum(p[since][chosen], cohort.week - 1)
        cause, person = (np.broadcast_to(column, chosen.shape)[chosen] for column in (cause, person))
        fits = p[value][chosen] == p["reality"][chosen]
        return _rows(cohort, week, kind, cause, teams, dimensions, person, -1, p[value][chosen], fits)

    return np.concatenate([
        each(p["followed"] == 1, ADOPTION, p["origin"], "adopted_week", "value"),
        each((state != NO_IDEA) & by_staff, VOICE, p["idea_channel"], "raised_week", "idea_value", raiser),
        each((state != NO_IDEA) & ~by_staff, PROPOSAL, origin, "raised_week", "idea_value"),
        each(state == ENDORSED, ENDORSEMENT, origin, "idea_week", "idea_value"),
        each(state == TRIAL, TRIAL_STEP, BEGUN, "idea_week", "idea_value"),
    ])  # fmt: skip
