"""Writes down each week of a cohort, and turns the record into tidy tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from civicsim.cohort import Cohort
from civicsim.measures import ENACTED_COLUMNS, MEASURES, TEAM_MEASURES, History


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
