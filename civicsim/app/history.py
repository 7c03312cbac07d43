"""One run, week by week and person by person, small enough to be sent to a browser whole.

The run is lived one week at a time, and after each week a few columns are copied; what they come to is worked out for all
weeks together. That gives the same run, to the byte, as one lived at once, and nothing of it is drawn on the server.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from civicsim.app.layout import Scene, arrange
from civicsim.app.travels import Travel, travels_of
from civicsim.experiment.run import begin
from civicsim.model.cohort import Cohort
from civicsim.model.measures import MEASURES
from civicsim.model.measures import History as Record
from civicsim.model.organisation import FROM_DIRECTIVE, FROM_NEIGHBOURS
from civicsim.model.processes.response import OUTCOME_ACTED, OUTCOME_EXPLAINED
from civicsim.model.recording import Recorder
from civicsim.model.week import advance
from civicsim.scenario.scenario import Scenario

STATES = ("propensity", "safety", "efficacy", "exhaustion", "headspace")
"""Columns of people that can be shown as colour, in the order in which they are sent."""
SPOKE, ACTED, EXPLAINED, SILENCE, HARMED, VACANT, ABSENT, NEW = 1, 2, 4, 6, 8, 16, 32, 64
"""Bits of what happened to a person in a week; what came of own items takes two: 2, 4, or both."""
BRIGHT, DARK, FROM_OUTSIDE, OWN_CHANGE, ORDERED = 1, 2, 4, 8, 16
"""Bits of how a team stands, and of where its changes of practice of the week came from."""
PATHS = (
    "voice_share", "psychological_safety", "efficacy", "burnt_out_share", "quality_true", "leaver_rate", "load",
    "closure_share", "quality_reported", "quality_measured", "trust", "panel_representativeness", "forum_acted_share",
    "bright_share", "dark_share", "problem_seeking", "fear_met", "belonging", "permission_met", "sustained_share",
)  # fmt: skip
"""Measures of which time paths are sent."""

OF_PEOPLE = (*STATES, "voiced", "detriments", "vacant", "absent", "tenure", "n_outcomes", "outcomes")
OF_PRACTICE = (
    "value", "previous", "origin", "followed", "adopted_week", "idea_state", "idea_raiser", "raised_week", "idea_origin",
)  # fmt: skip
"""Columns of people, and of what teams do, that are kept of every week."""


class Superseded(Exception):  # noqa: N818  (nothing went wrong)
    """Nobody waits for the result any more."""


@dataclass(frozen=True)
class Lived:
    """One run as it was lived.

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
    idea_state, raiser, raised, origin : (weeks, n_teams, n_dimensions) arrays
        What is on each team's table at the end of each week.
    idea_origin, value : (weeks, n_teams, n_dimensions) arrays
        Where it comes from, and what each team does: −1, 0 (no set way) or 1.
    adopted : (weeks, n_teams, n_dimensions) bool array
        Whether a practice changed in the week.
    travels : tuple of Travel
        What teams took over from others, in order of time.
    record : civicsim.model.measures.History
        The weekly record of the organisation, for time paths.
    """

    scenario: Scenario
    scene: Scene
    states: np.ndarray
    acts: np.ndarray
    quality: np.ndarray
    spots: np.ndarray
    idea_state: np.ndarray
    raiser: np.ndarray
    raised: np.ndarray
    origin: np.ndarray
    idea_origin: np.ndarray
    value: np.ndarray
    adopted: np.ndarray
    travels: tuple[Travel, ...]
    record: Record

    @property
    def weeks(self) -> int:
        """Weeks that were lived."""
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

    def payload(self, key: str, label: str) -> dict[str, Any]:
        """Return what the browser plays."""
        return {
            "key": key,
            "label": label,
            "weeks": self.weeks,
            "states": list(STATES),
            "packed": self.packed,
            "paths": self.paths,
            "events": [[event.week, event.name] for event in self.scenario.interventions],
            "travels": [[t.week, t.team, t.dimension, list(t.sources)] for t in self.travels],
        }

    @property
    def n_bytes(self) -> int:
        """Bytes that the run takes on the server."""
        arrays = (
            self.states, self.acts, self.quality, self.spots, self.idea_state, self.raiser, self.raised, self.origin,
            self.idea_origin, self.value, self.adopted, self.record.tally, self.record.snapshot, self.record.enacted,
        )  # fmt: skip
        return sum(array.nbytes for array in arrays)


def weeks_back(name: str) -> int:
    """Return over how many weeks a point of a time path looks back; what comes late and seldom needs a year."""
    return 52 if MEASURES[name].lagged else 13


class Columns:
    """Some columns of a table as they were at the end of each week, and as they were before the first.

    Parameters
    ----------
    table : structured array
        As it changes from week to week.
    names : tuple of str
        Columns to keep.
    weeks : int
    """

    def __init__(self, table: np.ndarray, names: tuple[str, ...], weeks: int) -> None:
        self._table = table
        self._kept = {name: np.empty((weeks + 1, *table.shape), table.dtype[name]) for name in names}
        self.keep(-1)

    def keep(self, week: int) -> None:
        """Keep the columns as they are at the end of a week; −1 is the one before the first."""
        for name, kept in self._kept.items():
            kept[week + 1] = self._table[name]

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a column at the end of each week."""
        return self._kept[name][1:]

    def before(self, name: str) -> np.ndarray:
        """Return a column at the beginning of each week."""
        return self._kept[name][:-1]

    def week(self, week: int) -> dict[str, np.ndarray]:
        """Return all columns at the end of one week."""
        return {name: kept[week + 1] for name, kept in self._kept.items()}


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Return numbers from 0 to 1 as whole numbers from 0 to 255."""
    # None of them leaves 0–1, so there is nothing to cut off.
    return (values * 255.0 + 0.5).astype(np.uint8)


def live_through(scenario: Scenario, start: Cohort, stop: Callable[[], bool] = lambda: False) -> Lived:
    """Live a scenario from a burnt-in cohort of one run, and keep every week of its first organisation.

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
    recorder = Recorder(cohort, weeks)
    people = Columns(cohort.person[:n], OF_PEOPLE, weeks)
    team = Columns(cohort.team[:teams], ("quality", "partner"), weeks)
    practice = Columns(cohort.practice[:teams], OF_PRACTICE, weeks)
    ties = Columns(cohort.neighbour[:teams], ("team",), weeks)
    for week in range(weeks):
        if stop():
            raise Superseded
        advance(cohort, 1, recorder=recorder)
        for columns in (people, team, practice, ties):
            columns.keep(week)
    # What a team takes over by looking around holds from the next week on, and says so.
    dated = practice["adopted_week"] >= np.arange(weeks)[:, None, None]
    adopted = dated & (practice["value"] != practice.before("value"))
    acted = {event.week for event in scenario.interventions if event.action}
    travels = [
        travel
        for week in np.flatnonzero(adopted.any(axis=(1, 2))).tolist()
        for travel in travels_of(
            week, practice.week(week - 1), practice.week(week), adopted[week], ties.week(week - 1)["team"],
            team["partner"][week], week not in acted,
        )
    ]  # fmt: skip
    record = Record(
        recorder.tally[:, :1], recorder.snapshot[:, :1], cohort.organisation[:1].copy(), recorder.enacted[:, :1]
    )
    return Lived(
        scenario=scenario,
        scene=scene,
        states=np.stack([as_bytes(people[name]) for name in STATES]),
        acts=_what_happened(people),
        quality=as_bytes(team["quality"]),
        spots=_how_teams_stand(team["quality"], scenario.reference.usual_quality_spread, adopted, practice["origin"]),
        idea_state=practice["idea_state"],
        raiser=practice["idea_raiser"],
        raised=practice["raised_week"].astype(np.int16),
        origin=practice["origin"],
        idea_origin=practice["idea_origin"],
        value=practice["value"],
        adopted=adopted,
        travels=tuple(travels),
        record=record,
    )


def _what_happened(people: Columns) -> np.ndarray:
    """Return what happened to people in each week, as bits."""
    bits = (people["voiced"] > 0).view(np.uint8) * np.uint8(SPOKE)
    for bit, column in ((HARMED, "detriments"), (VACANT, "vacant"), (ABSENT, "absent")):
        bits |= (people[column] > 0).view(np.uint8) * np.uint8(bit)
    bits |= ((people["vacant"] == 0) & (people["tenure"] <= 1)).view(np.uint8) * np.uint8(NEW)
    answered = np.nonzero(people["n_outcomes"])
    mean = people["outcomes"][answered] / people["n_outcomes"][answered]
    between = (OUTCOME_ACTED + OUTCOME_EXPLAINED) / 2.0
    bits[answered] |= np.where(mean > between, ACTED, np.where(mean > 0.0, EXPLAINED, SILENCE)).astype(np.uint8)
    return bits


def _how_teams_stand(quality: np.ndarray, spread: float, adopted: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Return bright and dark spots, as the record counts them, and where changes of practice came from, as bits."""
    above = quality - quality.mean(axis=1, keepdims=True)
    bits = np.zeros(quality.shape, np.uint8)
    neighbours, ordered = origin == FROM_NEIGHBOURS, origin == FROM_DIRECTIVE
    for bit, holds in (
        (BRIGHT, above > spread),
        (DARK, above < -spread),
        (FROM_OUTSIDE, (adopted & neighbours).any(axis=2)),
        (ORDERED, (adopted & ordered).any(axis=2)),
        (OWN_CHANGE, (adopted & ~neighbours & ~ordered).any(axis=2)),
    ):
        bits |= holds.view(np.uint8) * np.uint8(bit)
    return bits
