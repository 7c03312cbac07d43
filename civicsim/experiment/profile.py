"""The civic profile: the parts of a civic culture, one by one. It is reported and never used as a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from civicsim.experiment.statistics import estimate
from civicsim.model.measures import MEASURES

if TYPE_CHECKING:
    from civicsim.experiment.run import Result

PARTS = {
    "voice rate": ("voice_share", False),
    "evenness of voice (1 − Gini)": ("voice_gini", True),
    "ties across divisions": ("cross_division_tie_share", False),
    "closure rate": ("closure_share", False),
    "status parity": ("status_parity", False),
    "dissent survival": ("dissent_survival", False),
}
"""The measure of each part, and whether the part is 1 minus the measure."""


def civic_profile(result: Result, last_weeks: int = 52) -> pd.DataFrame:
    """Return the parts of the civic profile over the last weeks of each run.

    Parameters
    ----------
    result : Result
    last_weeks : int
        Number of weeks, from the end, that each run is averaged over.

    Returns
    -------
    pandas.DataFrame
        A row per part with columns part, measure, mean, low, high and n; all parts run from 0 to 1. Intervals are 95 % t
        intervals over runs; a run in which nothing happened that a part could be a share of is left out of it. There is
        no total: parts may move apart, and which matters most is not for a model to decide.
    """
    summary = result.summary([measure for measure, _ in PARTS.values()], last_weeks)
    rows = []
    for part, (measure, turned) in PARTS.items():
        values = summary[MEASURES[measure].name].to_numpy()
        about = estimate(1.0 - values if turned else values, bounds=(0.0, 1.0))
        rows.append({"part": part, "measure": measure, **about.columns("mean", ""), "n": about.n})
    return pd.DataFrame(rows)
