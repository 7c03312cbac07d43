"""One run, week by week and person by person, small enough to be sent to a browser whole.

The run is simulated one week at a time, and after each week a few columns are copied; their meaning is computed for all weeks
together. The result is the same run, to the byte, as one simulated at once, and the server draws nothing.
"""

from __future__ import annotations

import base64
import gzip
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from civicsim import __version__
from civicsim.app.layout import Scene, arrange
from civicsim.app.turns import Stop, Superseded
from civicsim.app.words import PATHS, SHOWN
from civicsim.experiment.ideas import ADOPTED, Idea, trace
from civicsim.experiment.run import begin
from civicsim.experiment.wording import counted
from civicsim.model.cohort import Cohort
from civicsim.model.measures import MEASURES
from civicsim.model.measuring import History as Record
from civicsim.model.organisation import FROM_DIRECTIVE, FROM_NEIGHBOURS, STAFF
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.response import OUTCOME_ACTED, OUTCOME_EXPLAINED
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance
from civicsim.scenario.scenario import Scenario

STATES = tuple(SHOWN["states"])
"""Columns of people that can be shown as colour, in the order in which they are sent."""
SPOKE, ACTED, EXPLAINED, SILENCE, HARMED, VACANT, ABSENT, NEW, BURNT = 1, 2, 4, 6, 8, 16, 32, 64, 128
"""Bits of what happened to a person in a week; what came of own items takes two: 2, 4, or both."""
BRIGHT, DARK, FROM_OUTSIDE, OWN_CHANGE, ORDERED = 1, 2, 4, 8, 16
"""Bits of how a team stands, and of where its changes of practice of the week came from."""
OF_PEOPLE = (*STATES, "voiced", "detriments", "vacant", "absent", "tenure", "n_outcomes", "outcomes")
"""Columns of people that are kept of every week."""


BYTES_PER_IDEA = 500
"""About what an idea takes in memory."""


@dataclass(frozen=True)
class Playback:
    """One run, as the browser plays it.

    Attributes
    ----------
    scenario : Scenario
    scene : Scene
    states : (n_states, weeks, n_persons) uint8 array
        States of people, 0–255 for 0–1.
    acts : (weeks, n_persons) uint8 array
        What happened to people, as bits.
    quality, spots : (weeks, n_teams) uint8 arrays
        True quality, 0–255 for 0–1, and how teams stand, as bits.
    value : (weeks, n_teams, n_dimensions) int8 array
        What each team does: −1, 0 (no set way) or 1.
    events : (n,) array of :data:`civicsim.model.log.ROW`
        What happened in the organisation, in order of time.
    idea_of : (n,) int array
        Number of the idea that each event is about; −1 for none.
    ideas : dict of int to Idea
        What teams of the organisation came by, by number, in order of time.
    ties : (n_persons, N_TIES) int32 array
        Ties to colleagues in other teams in the first week: row of the other person, or −1.
    retied : tuple of (int, array, array)
        Weeks in which ties changed, with the rows of people and their ties from then on.
    record : civicsim.model.measuring.History
        The weekly record of the organisation, for time paths.
    """

    scenario: Scenario
    scene: Scene
    states: np.ndarray
    acts: np.ndarray
    quality: np.ndarray
    spots: np.ndarray
    value: np.ndarray
    events: np.ndarray
    idea_of: np.ndarray
    ideas: dict[int, Idea]
    ties: np.ndarray
    retied: tuple[tuple[int, np.ndarray, np.ndarray], ...]
    record: Record

    @property
    def weeks(self) -> int:
        """Weeks of the run."""
        return len(self.acts)

    @cached_property
    def packed(self) -> str:
        """All bytes that the browser needs: week by week differences, which compress well, as base64 of gzip."""
        parts = [*self.states, self.acts, self.quality, self.spots]
        steps = [np.diff(part, axis=0, prepend=np.uint8(0)) for part in parts]
        return base64.b64encode(gzip.compress(b"".join(step.tobytes() for step in steps), 1, mtime=0)).decode()

    @cached_property
    def paths(self) -> dict[str, list[float | None]]:
        """Time paths of the organisation, each point looking back over some weeks."""
        result: dict[str, list[float | None]] = {}
        for name in PATHS:
            values = MEASURES[name].smoothed(self.record, weeks_back(name))[:, 0]
            result[name] = [None if np.isnan(v) else round(float(v), 4) for v in values]
        return result

    def ties_in(self, week: int) -> np.ndarray:
        """Return the ties of everyone in a week, as :attr:`ties` holds them."""
        ties = self.ties.copy()
        for since, rows, now in self.retied:
            if since <= week:
                ties[rows] = now
        return ties

    @cached_property
    def about(self) -> str:
        """What was run, in one sentence, for pictures that leave the page."""
        posts = int(np.count_nonzero(self.scene.role == STAFF))
        size = f"{counted(len(self.scene.teams), 'team')}, {counted(posts, 'post')} of staff"
        return f"One run of “{self.scenario.title or self.scenario.style}”, seed {self.scenario.seed}, {size}; civicsim {__version__}."

    def payload(self, key: str, label: str) -> dict[str, Any]:
        """Return what the browser plays."""
        return {
            "key": key,
            "label": label,
            "weeks": self.weeks,
            "states": list(STATES),
            "packed": self.packed,
            "paths": self.paths,
            "events": [[event.week, event.name, event.weeks] for event in self.scenario.interventions],
            "about": self.about,
            "travels": [[i.ended, i.team, i.dimension, self.sources_of(i)] for i in self.ideas.values() if i.how],
        }

    def sources_of(self, idea: Idea) -> list[int]:
        """Return the teams of the organisation that an idea was taken over from."""
        return sorted(team for team, _ in idea.sources if team < len(self.scene.teams))

    @property
    def n_bytes(self) -> int:
        """Bytes that the run takes on the server, with what is sent to browsers."""
        retied = sum(rows.nbytes + now.nbytes for _, rows, now in self.retied)
        kept = (self.ties, self.record.tally, self.record.snapshot, self.record.enacted, self.events, self.idea_of)
        arrays = (self.states, self.acts, self.quality, self.spots, self.value, *kept)
        return sum(array.nbytes for array in arrays) + retied + BYTES_PER_IDEA * len(self.ideas) + len(self.packed)


def weeks_back(name: str) -> int:
    """Return over how many weeks a point of a time path looks back; what comes late and seldom needs a year."""
    return 52 if MEASURES[name].lagged else 13


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Return numbers from 0 to 1 as whole numbers from 0 to 255."""
    # None of them leaves 0–1, so there is nothing to cut off.
    return (values * 255.0 + 0.5).astype(np.uint8)


def play_through(scenario: Scenario, start: Cohort, stop: Stop = lambda: False) -> Playback:
    """Simulate a scenario from a burnt-in cohort of one run, and keep every week of its first organisation.

    Parameters
    ----------
    scenario : Scenario
    start : Cohort
        Burnt-in organisations of one run; not changed.
    stop : callable
        Asked between weeks whether the result is still wanted.

    Raises
    ------
    Superseded
        If it is not.
    """
    cohort, weeks = begin(start, scenario), scenario.weeks
    scene = arrange(cohort)
    n, teams = len(scene.x), len(scene.teams)
    recorder = Recorder(cohort, weeks, events=True)
    columns = {name: cohort.person[name][:n] for name in OF_PEOPLE}
    columns |= {"quality": cohort.team["quality"][:teams], "value": cohort.practice["value"][:teams]}
    kept = {name: np.empty((weeks, *column.shape), column.dtype) for name, column in columns.items()}
    ties = first_ties = cohort.ties[:n].copy()
    retied: list[tuple[int, np.ndarray, np.ndarray]] = []
    past = itertools.count()

    def keep(_: float) -> None:
        # With a log of events, a run is simulated week by week.
        nonlocal ties
        if stop():
            raise Superseded
        week = next(past)
        for name, column in columns.items():
            kept[name][week] = column
        changed = np.flatnonzero((cohort.ties[:n] != ties).any(axis=1))
        if len(changed):
            ties = cohort.ties[:n].copy()
            retied.append((week, changed, ties[changed]))

    advance(cohort, weeks, recorder=recorder, progress=keep)
    assert next(past) == weeks
    assert recorder.log is not None
    rows = recorder.log.rows
    found, idea_of = trace(rows)
    own = rows["organisation"] == 0
    ideas = {idea.number: idea for idea in found if idea.team < teams}
    record = Record(
        recorder.tally[:, :1], recorder.snapshot[:, :1], cohort.organisation[:1].copy(), recorder.enacted[:, :1]
    )
    return Playback(
        scenario=scenario,
        scene=scene,
        states=np.stack([as_bytes(kept[name]) for name in STATES]),
        acts=_what_happened(kept),
        quality=as_bytes(kept["quality"]),
        spots=_how_teams_stand(kept["quality"], scenario.reference.usual_quality_spread, ideas.values()),
        value=kept["value"],
        events=rows[own],
        idea_of=idea_of[own],
        ideas=ideas,
        ties=first_ties,
        retied=tuple(retied),
        record=record,
    )


def _what_happened(people: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return what happened to people in each week, as bits."""
    bits = (people["voiced"] > 0).view(np.uint8) * np.uint8(SPOKE)
    for bit, column in ((HARMED, "detriments"), (VACANT, "vacant"), (ABSENT, "absent")):
        bits |= (people[column] > 0).view(np.uint8) * np.uint8(bit)
    bits |= ((people["vacant"] == 0) & (people["tenure"] == 0)).view(np.uint8) * np.uint8(NEW)
    # As the record compares: in double precision, and not in the bytes that are sent as colours.
    bits |= ((people["vacant"] == 0) & (people["exhaustion"] > np.float64(BURNT_OUT))).view(np.uint8) * np.uint8(BURNT)
    answered = np.nonzero(people["n_outcomes"])
    mean = people["outcomes"][answered] / people["n_outcomes"][answered]
    between = (OUTCOME_ACTED + OUTCOME_EXPLAINED) / 2.0
    bits[answered] |= np.where(mean > between, ACTED, np.where(mean > 0.0, EXPLAINED, SILENCE)).astype(np.uint8)
    return bits


def _how_teams_stand(quality: np.ndarray, spread: float, ideas: Iterable[Idea]) -> np.ndarray:
    """Return bright and dark spots, as the record counts them, and where changes of practice came from, as bits."""
    above = quality - quality.mean(axis=1, keepdims=True)
    bits = BRIGHT * (above > spread).view(np.uint8) + DARK * (above < -spread).view(np.uint8)
    for idea in ideas:
        if idea.outcome == ADOPTED and idea.ended >= 0:
            came = {FROM_NEIGHBOURS: FROM_OUTSIDE, FROM_DIRECTIVE: ORDERED}.get(idea.origin, OWN_CHANGE)
            bits[idea.ended, idea.team] |= np.uint8(came)
    return bits
