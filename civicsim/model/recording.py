"""Records each week of a cohort, and turns the record into tidy tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numba import literal_unroll

from civicsim.model.cohort import Cohort
from civicsim.model.log import EventLog
from civicsim.model.measures import TEAM_MEASURES
from civicsim.model.measuring import ENACTED_COLUMNS, History, Measure
from civicsim.model.organisation import CAUSES, FATES, ORIGINS, PROFESSIONS, ROLES
from civicsim.model.parts import add_counts_of
from civicsim.model.questions import SURVEY_ITEMS
from civicsim.model.rows import each_organisation
from civicsim.model.tables import ORGANISATION, record_type

if TYPE_CHECKING:
    import pandas as pd  # loaded where a table is made: a run without tables needs none

_RECORDED = tuple(column for column in ORGANISATION if column.name in ENACTED_COLUMNS)
ENACTED = record_type(_RECORDED)
"""What is recorded of each organisation every week, beside its tally and its snapshot."""
_VALUES = tuple(column.name for column in _RECORDED if not column.over)
_HOURS = tuple(column.name for column in _RECORDED if column.over)
_TEAM = np.dtype([(name, np.float32) for name in TEAM_MEASURES])


@each_organisation
def clear_tally(o, tally_values):
    """Set the counts of the week to 0."""
    tally_values[o, :] = 0.0


@each_organisation
def keep(
    o,
    org,
    count,
    view,
    row,
    parts_from,
    tally_values,
    part_counts,
    team,
    kept_tally,
    kept_snapshot,
    kept_enacted,
    kept_team,
):
    """Add up what was counted in each part, and keep the record of a week; arrays without rows keep nothing."""
    add_counts_of(o, parts_from, tally_values, part_counts)
    if kept_tally.shape[0] > 0:
        kept_tally[row, o] = count
        kept_snapshot[row, o] = view
        for name in literal_unroll(_VALUES):
            kept_enacted[row, o][name] = org[name]
        for name in literal_unroll(_HOURS):
            kept_enacted[row, o][name][:] = org[name]
    if kept_team.shape[0] > 0:
        for t in range(org.first_team, org.first_team + org.n_teams):
            for name in literal_unroll(TEAM_MEASURES):
                kept_team[row, t][name] = team[t][name]


class Recorder:
    """Records each week's tally and snapshot; given to :func:`civicsim.model.week.advance`.

    Parameters
    ----------
    cohort : Cohort
        What is recorded, from its present week on.
    weeks : int
        How many weeks; 0 records nothing.
    teams : bool
        Whether to record :data:`civicsim.model.measures.TEAM_MEASURES` for each team too.
    events : bool
        Whether to keep a log of events, as ``log``.
    measures : iterable of Measure
        Those among them that look at the cohort are taken in their weeks; see :meth:`look`.
    """

    def __init__(
        self, cohort: Cohort, weeks: int, *, teams: bool = False, events: bool = False, measures: Iterable[Measure] = ()
    ) -> None:
        n = cohort.n_organisations
        self._measures = [measure for measure in measures if measure.of is not None]
        self.looked = {measure.name: np.full((weeks, n), np.nan) for measure in self._measures}
        self.first_week = cohort.week
        self._cohort = cohort
        self.tally = np.zeros((weeks, n), dtype=cohort.tally.dtype)
        self.snapshot = np.zeros((weeks, n), dtype=cohort.snapshot.dtype)
        self.enacted = np.zeros((weeks, n), dtype=ENACTED)
        self.team = np.zeros((weeks if teams else 0, len(cohort.team)), dtype=_TEAM)
        self.log = EventLog(cohort) if events else None

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that :func:`keep` writes to, by the names of its arguments."""
        return {
            "kept_tally": self.tally,
            "kept_snapshot": self.snapshot,
            "kept_enacted": self.enacted,
            "kept_team": self.team,
        }

    @property
    def history(self) -> History:
        """The record, for measures."""
        return History(self.tally, self.snapshot, self._cohort.organisation, self.enacted, self.looked)

    def next_look(self, end: int) -> int:
        """Return the first week after the cohort's present one whose start finds a measure due; at most ``end``."""
        week = self._cohort.week
        return min([end, *(week + measure.every - week % measure.every for measure in self._measures)])

    def look(self) -> None:
        """Take the measures that are due at the end of the week before the cohort's present one."""
        week = self._cohort.week
        for measure in self._measures:
            if measure.due(week):
                self.looked[measure.name][week - 1 - self.first_week] = measure.look(self._cohort)


def weekly_frame(history: History, measures: Iterable[Measure], first_week: int = 0) -> pd.DataFrame:
    """Return the record as a tidy table: organisation, week, and a column per measure.

    Parameters
    ----------
    history : History
        The record.
    measures : iterable of Measure
        Which to compute.
    first_week : int
        Number of its first week.
    """
    import pandas as pd

    weeks, n = history.tally.shape
    frame = {
        "seed": np.repeat(history.organisation["seed"], weeks),
        "organisation": np.repeat(history.organisation["key"], weeks),
        "week": np.tile(np.arange(first_week, first_week + weeks), n),
    }
    for measure in measures:
        frame[measure.name] = measure.weekly(history).T.ravel()
    return pd.DataFrame(frame)


def causes_frame(history: History) -> pd.DataFrame:
    """Return what caused changes of practice and what became of them: a row per organisation and cause.

    Columns are seed, organisation, cause, the counts adopted, right (fitting when made), replaced, sustained and
    decayed, over the whole record, and ``sustained_share`` of those that were sustained, decayed or replaced; NaN if
    there are none. What settles in the record may have been adopted before it.
    """
    import pandas as pd

    n = len(history.organisation)
    frame = pd.DataFrame(
        {
            "seed": np.repeat(history.organisation["seed"], len(CAUSES)),
            "organisation": np.repeat(history.organisation["key"], len(CAUSES)),
            "cause": np.tile(CAUSES, n),
        }
    )
    changes, caused = history.tally["changes"].sum(axis=0), [ORIGINS.index(cause) for cause in CAUSES]
    for fate in FATES:
        frame[fate] = changes[:, FATES.index(fate), caused].ravel().astype(int)
    settled = frame["sustained"] + frame["decayed"] + frame["replaced"]
    frame["sustained_share"] = frame["sustained"] / settled.where(settled > 0)
    return frame


def survey_frame(cohort: Cohort) -> pd.DataFrame:
    """Return the answers to the last staff survey: a row per person who answered, and nothing that names a person.

    Columns are seed, organisation, team (−1 above teams), profession, role, and each question's answer from 1 to 5.
    The answers are those of the people in post when staff were asked.
    """
    import pandas as pd

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
