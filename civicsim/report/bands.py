"""Summaries of paths over several runs, week by week."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from civicsim.experiment.statistics import ANYWHERE, CONFIDENCE

RANGE = (10, 90)
RUNS_FOR_RANGE = 5
"""Smallest number of runs for which a range is shown."""


class Band(NamedTuple):
    """Paths of several runs summarised week by week; NaN where no run has a value.

    Attributes
    ----------
    mean, low, high : (weeks,) arrays
        Mean over runs and its 95 % t interval.
    bottom, top : (weeks,) arrays
        10th and 90th percentile of the runs.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bottom: np.ndarray
    top: np.ndarray


def band(paths: np.ndarray, bounds: tuple[float, float] = ANYWHERE) -> Band:
    """Return mean, interval and range of paths, shape (weeks, runs), over the runs that have a value that week.

    Intervals are cut off at the bounds; see :func:`civicsim.experiment.statistics.estimate`.
    """
    weeks = pd.DataFrame(np.asarray(paths, dtype=float)).T
    n, mean = weeks.count().to_numpy(), weeks.mean().to_numpy()
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(n - 1, 1)) * weeks.sem().to_numpy()
    ends = weeks.quantile([share / 100 for share in RANGE]).to_numpy()
    bottom, top = np.where(n >= RUNS_FOR_RANGE, ends, np.nan)
    low = np.minimum(mean, np.maximum(mean - half, bounds[0]))
    high = np.maximum(mean, np.minimum(mean + half, bounds[1]))
    return Band(mean, low, high, bottom, top)
