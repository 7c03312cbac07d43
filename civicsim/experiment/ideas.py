"""The history of every idea, traced through the event log: who raised it, what became of it, and who took it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from civicsim.model import log
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import CHANNELS, FROM_STAFF, FROM_TEAM, ORIGINS, TO_PEERS

if TYPE_CHECKING:
    import pandas as pd  # loaded where a table is made

ADOPTED, OPEN = "adopted", "open"
NEVER = 1_000_000
"""Week of what has not happened by the end of the log."""
_STEPS = (
    log.VOICE,
    log.PROPOSAL,
    log.TAKEOVER,
    log.SUPPORT,
    log.ANSWER,
    log.ENDORSEMENT,
    log.DETRIMENT,
    log.DELIBERATION,
    log.TRIAL_STEP,
    log.DROP,
)
_FATES = {log.REPLACEMENT: "replaced", log.DECAY: "decayed", log.SUSTAINED: "sustained"}
_BEGINNINGS, _SUPPORT = {log.VOICE, log.PROPOSAL}, {log.SUPPORT, log.TAKEOVER}
_ABOUT_IDEAS = (*_STEPS, *_FATES, log.SPREAD, log.ADOPTION)


@dataclass(slots=True)
class Idea:
    """One way of working as one team came by it.

    Attributes
    ----------
    number : int
        Counted over all runs from 0.
    team, dimension, person : int
        Rows of the team and of the person who raised it, −1 for none of the staff or unknown; and the dimension.
    origin, channel : int
        Index into :data:`civicsim.model.organisation.ORIGINS`; and into its ``CHANNELS``, −1 if it was not raised by staff.
    value, fits : int
        What it proposes, −1 or 1; and whether that fitted the team's reality, 0 or 1.
    raised : int
        Week in which the team came by it; below 0 where it was before the log began.
    supporters : int
        Other members of staff who raised the same problem while it was on the table.
    detriments : int
        Times that the person was made to suffer for it.
    answered, endorsed, deliberated, tried : int
        Weeks of these steps, or NEVER; of a trial, the beginning.
    answer : str
        A cause of "answer" in :data:`civicsim.model.log.EVENTS`; "" for none.
    cycles, cycles_for : int
        Trial cycles carried out, and those that spoke for it.
    outcome : str
        "adopted", "open", or a cause of "drop".
    ended : int
        Week of the outcome, or NEVER.
    fate : str
        What became of the change of practice: "replaced", "decayed", "sustained", or "" for none of these yet.
    settled : int
        Week in which that happened, or NEVER.
    how : str
        How it spread: a cause of "spread", or "".
    sources : tuple of (int, int)
        Row of each team that it was taken over from, and number of the idea there; −1 for a practice older than the log.
    before : int
        Number of the idea whose practice this one replaced; −1 for none.
    """

    number: int
    team: int
    dimension: int
    origin: int
    raised: int
    person: int = -1
    channel: int = -1
    value: int = 0
    fits: int = 0
    supporters: int = 0
    detriments: int = 0
    answered: int = NEVER
    answer: str = ""
    endorsed: int = NEVER
    deliberated: int = NEVER
    tried: int = NEVER
    cycles: int = 0
    cycles_for: int = 0
    outcome: str = OPEN
    ended: int = NEVER
    fate: str = ""
    settled: int = NEVER
    how: str = ""
    sources: tuple[tuple[int, int], ...] = ()
    before: int = -1


_AT_ONCE = 4096
"""Events made into Python numbers at a time: those of a large run would take a hundred times the memory of their rows."""
_AFTER_CHANNEL = Idea.__slots__.index("channel") + 1
_WEEKS = ("raised", "answered", "endorsed", "deliberated", "tried", "ended", "settled")


class _Tracer:
    """Follows what is on the table and what is done, practice by practice, from event to event."""

    def __init__(self) -> None:
        self.ideas: list[Idea] = []
        self._table: dict[tuple[int, int], Idea] = {}
        self._practice: dict[tuple[int, int], Idea] = {}
        self._won: tuple[int, int] | None = None
        self._sources: list[tuple[int, int]] = []
        self._how = ""

    def follow(
        self,
        week: int,
        _: int,
        kind: int,
        cause: int,
        team: int,
        d: int,
        person: int,
        source: int,
        value: int,
        fits: int,
    ) -> int:
        """Take an event about an idea in, and return the number of the idea."""
        slot = (team, d)
        if kind in _BEGINNINGS:
            self._table[slot] = self._new(week, slot, cause, value, fits)
            if kind == log.VOICE:
                self._lead(self._table[slot], person, cause, value, fits)
        elif kind == log.SPREAD:
            self._sources.append((source, self._source((source, d), week, cause)))
            self._how = log.EVENTS["spread"][cause]
            return len(self.ideas)
        elif kind == log.ADOPTION:
            return self._adopt(week, slot, cause, value, fits)
        elif kind in _FATES:
            return self._settle(week, slot, _FATES[kind])
        idea = self._table[slot]
        if kind == log.TAKEOVER:
            self._lead(idea, person, cause, value, fits)
        elif kind == log.ANSWER:
            idea.answered, idea.answer = week, log.EVENTS["answer"][cause]
        elif kind == log.ENDORSEMENT:
            idea.endorsed, idea.origin = week, cause
        elif kind == log.DELIBERATION:
            idea.deliberated = week
        elif kind == log.TRIAL_STEP:
            self._try(idea, week, cause)
        elif kind == log.DROP:
            idea.outcome, idea.ended, self._won = log.EVENTS["drop"][cause], week, None
            self._table.pop(slot)
        idea.supporters += kind in _SUPPORT
        idea.detriments += kind == log.DETRIMENT
        return idea.number

    def _new(self, week: int, slot: tuple[int, int], origin: int, value: int, fits: int) -> Idea:
        self.ideas.append(Idea(len(self.ideas), *slot, origin, week, value=value, fits=fits))
        return self.ideas[-1]

    def _lead(self, idea: Idea, person: int, channel: int, value: int, fits: int) -> None:
        idea.person, idea.channel, idea.value, idea.fits = person, channel, value, fits
        idea.origin = FROM_TEAM if channel == TO_PEERS else FROM_STAFF

    def _try(self, idea: Idea, week: int, cause: int) -> None:
        if cause == log.BEGUN:
            idea.tried = week
        idea.cycles += cause in (log.CYCLE_FOR, log.CYCLE_AGAINST)
        idea.cycles_for += cause == log.CYCLE_FOR
        if cause == log.WON:
            # What follows is the adoption, or that the practice is in use already.
            self._won = (idea.team, idea.dimension)

    def _adopt(self, week: int, slot: tuple[int, int], origin: int, value: int, fits: int) -> int:
        own = self._won == slot
        idea = self._table.pop(slot) if own else self._new(week, slot, origin, value, fits)
        idea.outcome, idea.ended, idea.fits = ADOPTED, week, fits
        if slot in self._practice:
            idea.before = self._practice[slot].number
        if own:
            self._won = None
        else:
            idea.how, idea.sources = self._how, tuple(self._sources)
            self._how, self._sources = "", []
        self._practice[slot] = idea
        return idea.number

    def _settle(self, week: int, slot: tuple[int, int], fate: str) -> int:
        idea = self._practice[slot]
        idea.fate, idea.settled = fate, week
        if fate == "decayed":
            self._practice.pop(slot)
            if idea.before >= 0:
                self._practice[slot] = self.ideas[idea.before]
        return idea.number

    def _source(self, slot: tuple[int, int], week: int, cause: int) -> int:
        """Return the number of the idea that a team is seen to use; −1 if its practice is older than the log."""
        number = self._practice[slot].number if slot in self._practice else -1
        # Teams look around before any of them changes.
        while cause == log.SEEN and number >= 0 and self.ideas[number].ended == week:
            number = self.ideas[number].before
        return number


def trace(rows: np.ndarray) -> tuple[list[Idea], np.ndarray]:
    """Return all ideas of a log, and which of them each event is about.

    Parameters
    ----------
    rows : (n,) array of :data:`civicsim.model.log.ROW`
        As :attr:`civicsim.model.log.EventLog.rows` has them.

    Returns
    -------
    ideas : list of Idea
    numbers : (n,) int array
        Number of an idea for each row; −1 for what is about none.
    """
    tracer, numbers = _Tracer(), np.full(len(rows), -1, dtype=np.int64)
    about = np.flatnonzero(np.isin(rows["kind"], _ABOUT_IDEAS))
    for first in range(0, len(about), _AT_ONCE):
        some = about[first : first + _AT_ONCE]
        numbers[some] = [tracer.follow(*row) for row in rows[some].tolist()]
    return tracer.ideas, numbers


def roots(ideas: Sequence[Idea]) -> list[int]:
    """Return, for each idea, the number of the one that it goes back to through its first sources; its own if it is the first."""
    found: list[int] = []
    for idea in ideas:
        source = idea.sources[0][1] if idea.sources else -1
        found.append(found[source] if source >= 0 else idea.number)
    return found


def place_of(cohort: Cohort, table: str, rows: np.ndarray) -> np.ndarray:
    """Return the number, within its organisation, of each team or person in a row of the tables; −1 for none."""
    own = cohort.organisation[cohort.tables[table]["organisation"][rows]]
    return np.where(rows >= 0, rows - own[f"first_{table}"], -1)


def _first_of_runs(cohort: Cohort, ideas: Sequence[Idea]) -> np.ndarray:
    """Return, for each idea, the number of the first idea of its run."""
    runs = cohort.organisation["run"][cohort.team["organisation"][np.array([i.team for i in ideas], dtype=np.int64)]]
    return np.searchsorted(runs, runs)


def events_frame(cohort: Cohort, rows: np.ndarray) -> pd.DataFrame:
    """Return the event log as a tidy table; see :meth:`civicsim.experiment.run.Result.events`."""
    import pandas as pd

    ideas, number = trace(rows)
    first = _first_of_runs(cohort, ideas)
    words = np.full((len(log.KINDS), max(map(len, log.EVENTS.values()))), "", dtype=object)
    for kind, causes in enumerate(log.EVENTS.values()):
        words[kind, : len(causes)] = causes
    own, source = cohort.organisation[rows["organisation"]], rows["source"]
    frame = pd.DataFrame(
        {
            "seed": own["seed"],
            "organisation": own["key"],
            "week": rows["week"],
            "event": np.array(log.KINDS, dtype=object)[rows["kind"]],
            "team": place_of(cohort, "team", rows["team"]),
            "person": place_of(cohort, "person", rows["person"]),
            "dimension": rows["dimension"],
            "cause": words[rows["kind"], rows["cause"]],
            "source": place_of(cohort, "team", source),
            "source_organisation": np.where(
                source >= 0, cohort.organisation["key"][cohort.team["organisation"][source]], -1
            ),
            "value": rows["value"],
            "fits": rows["fits"],
            "idea": np.where(number >= 0, number - np.append(first, 0)[number], -1),
        }
    )
    return frame.sort_values(["seed", "organisation", "week"], kind="stable", ignore_index=True)


def ideas_frame(cohort: Cohort, rows: np.ndarray) -> pd.DataFrame:
    """Return a row per idea; see :meth:`civicsim.experiment.run.Result.ideas`."""
    import pandas as pd

    ideas, _ = trace(rows)
    first = _first_of_runs(cohort, ideas)
    columns = {name: [getattr(idea, name) for idea in ideas] for name in Idea.__slots__}
    team, person = (np.array(columns[name], dtype=np.int64) for name in ("team", "person"))
    own = cohort.organisation[cohort.team["organisation"][team]]
    frame = pd.DataFrame(
        {
            "seed": own["seed"],
            "organisation": own["key"],
            "idea": np.arange(len(ideas)) - first,
            "team": place_of(cohort, "team", team),
            "person": place_of(cohort, "person", person),
            "dimension": columns["dimension"],
            "origin": [ORIGINS[k] for k in columns["origin"]],
            "channel": [(*CHANNELS, "")[k] for k in columns["channel"]],
        }
    )
    for name in Idea.__slots__[_AFTER_CHANNEL:]:
        if name not in (*_WEEKS, "sources", "before"):
            frame[name] = columns[name]
    for name in _WEEKS:
        frame[f"week_{name}"] = pd.Series(columns[name], dtype="Int64").replace(NEVER, pd.NA)
    frame["sources"] = [[max(k - n, -1) for _, k in told] for told, n in zip(columns["sources"], first, strict=True)]
    frame["root"] = np.array(roots(ideas), dtype=np.int64) - first
    return frame
