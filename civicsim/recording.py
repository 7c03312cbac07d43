"""Writes down each week of a cohort, and turns the record into tidy tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from civicsim.cohort import Cohort
from civicsim.measures import ENACTED_COLUMNS, MEASURES, TEAM_MEASURES, History
from civicsim.organisation import CAUSES, FATES, PROFESSIONS, ROLES, SURVEY_ITEMS


class Recorder:
    """Copies the week's tally and snapshot into arrays; pass :meth:`observe` to :func:`civicsim.schedule.advance`.

    Parameters
    ----------
    cohort : Cohort
        What will be watched, from its present week on.
    weeks : int
        How many weeks.
    teams : bool
        Whether to write down :data:`civicsim.measures.TEAM_MEASURES` for each team too.
    """

    def __init__(self, cohort: Cohort, weeks: int, *, teams: bool = False) -> None:
        n = cohort.n_organisations
        self.first_week = cohort.week
        self._cohort = cohort
        self.tally = np.zeros((weeks, n), dtype=cohort.tally.dtype)
        self.snapshot = np.zeros((weeks, n), dtype=cohort.snapshot.dtype)
        self.enacted = np.zeros((weeks, n), dtype=[(name, float) for name in ENACTED_COLUMNS])
        self.team: dict[str, np.ndarray] = {}
        if teams:
            self.team = {name: np.zeros((weeks, len(cohort.team)), dtype=np.float32) for name in TEAM_MEASURES}

    def observe(self, cohort: Cohort, first: int, last: int) -> None:
        """Write down the week for the organisations in rows ``first`` to ``last`` − 1."""
        row = cohort.week - self.first_week
        self.tally[row, first:last] = cohort.tally[first:last]
        self.snapshot[row, first:last] = cohort.snapshot[first:last]
        for name in ENACTED_COLUMNS:
            self.enacted[name][row, first:last] = cohort.organisation[name][first:last]
        if self.team:
            organisation = cohort.organisation
            start = organisation["first_team"][first]
            stop = organisation["first_team"][last - 1] + organisation["n_teams"][last - 1]
            for name, values in self.team.items():
                values[row, start:stop] = cohort.team[name][start:stop]

    @property
    def history(self) -> History:
        """What was written down, for measures."""
        return History(self.tally, self.snapshot, self._cohort.organisation, self.enacted)


def weekly_frame(history: History, measures: Sequence[str], first_week: int = 0) -> pd.DataFrame:
    """Return the record as a tidy table: organisation, week, and a column per measure.

    Parameters
    ----------
    history : History
        The record.
    measures : sequence of str
        Names of measures.
    first_week : int
        Number of its first week.
    """
    weeks, n = history.tally.shape
    frame = {
        "seed": np.repeat(history.organisation["seed"], weeks),
        "organisation": np.repeat(history.organisation["key"], weeks),
        "week": np.tile(np.arange(first_week, first_week + weeks), n),
    }
    for name in measures:
        frame[name] = MEASURES[name].weekly(history).T.ravel()
    return pd.DataFrame(frame)


def summary_frame(history: History, measures: Sequence[str], last_weeks: int = 52) -> pd.DataFrame:
    """Return one row per organisation and a column per measure, over the last weeks of the record."""
    frame = {"seed": history.organisation["seed"], "organisation": history.organisation["key"]}
    for name in measures:
        frame[name] = MEASURES[name].summary(history, last_weeks)
    return pd.DataFrame(frame)


def causes_frame(history: History) -> pd.DataFrame:
    """Return what caused changes of practice and what became of them: a row per organisation and cause.

    Columns are seed, organisation, cause, the counts adopted, right (fitting when made), replaced, sustained and
    decayed, over the whole record, and ``sustained_share`` of those that were sustained, decayed or replaced; NaN if
    there are none. What settles in the record may have been adopted before it.
    """
    n = len(history.organisation)
    frame = pd.DataFrame({
        "seed": np.repeat(history.organisation["seed"], len(CAUSES)),
        "organisation": np.repeat(history.organisation["key"], len(CAUSES)),
        "cause": np.tile(CAUSES, n),
    })  # fmt: skip
    for fate in FATES:
        counts = [history.tally[f"{fate}_from_{cause}"].sum(axis=0) for cause in CAUSES]
        frame[fate] = np.stack(counts, axis=1).ravel().astype(int)
    settled = frame["sustained"] + frame["decayed"] + frame["replaced"]
    frame["sustained_share"] = frame["sustained"] / settled.where(settled > 0)
    return frame


def survey_frame(cohort: Cohort) -> pd.DataFrame:
    """Return the answers to the last staff survey: a row per person who answered, and nothing that names a person.

    Columns are seed, organisation, team (−1 above teams), profession, role, and each question's answer from 1 to 5.
    The answers are those of whoever held the post when staff were asked.
    """
    person, organisation = cohort.person, cohort.organisation
    rows = np.flatnonzero(np.any([person[f"answer_{name}"] > 0 for name in SURVEY_ITEMS], axis=0))
    who = person[rows]
    own = organisation[who["organisation"]]
    frame = {
        "seed": own["seed"],
        "organisation": own["key"],
        "team": np.where(who["team"] >= 0, who["team"] - own["first_team"], -1),
        "profession": np.array(PROFESSIONS)[who["profession"]],
        "role": np.array(ROLES)[who["role"]],
    }
    return pd.DataFrame(frame | {name: who[f"answer_{name}"] for name in SURVEY_ITEMS})
