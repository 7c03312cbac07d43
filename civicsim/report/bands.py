"""Summaries of paths over several runs, week by week."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy import stats

from civicsim.experiment.statistics import ANYWHERE, CONFIDENCE

RANGE = (10, 90)
RUNS_FOR_RANGE = 5
"""Smallest number of runs for which a range is shown."""


@dataclass(frozen=True)
class Band:
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

    def since(self, week: int) -> Band:
        """Return the same without the weeks before ``week``."""
        return Band(*(getattr(self, field.name)[week:] for field in fields(self)))


def band(paths: np.ndarray, bounds: tuple[float, float] = ANYWHERE) -> Band:
    """Return mean, interval and range of paths, shape (weeks, runs), over the runs that have a value that week.

    Intervals are cut off at the bounds; see :func:`civicsim.experiment.statistics.estimate`.
    """
    paths = np.asarray(paths, dtype=float)
    n = np.sum(~np.isnan(paths), axis=1)
    nothing = np.full(len(paths), np.nan)
    mean = np.divide(np.nansum(paths, axis=1), n, out=nothing.copy(), where=n > 0)
    squares = np.nansum((paths - mean[:, None]) ** 2, axis=1)
    error = np.sqrt(np.divide(squares, (n - 1) * n, out=nothing.copy(), where=n > 1))
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(n - 1, 1)) * error
    bottom, top = nothing.copy(), nothing.copy()
    enough, complete = n >= RUNS_FOR_RANGE, n == paths.shape[1]
    # numpy processes rows one by one where it has to look for NaN.
    for rows, percentile in ((enough & complete, np.percentile), (enough & ~complete, np.nanpercentile)):
        if rows.any():
            bottom[rows], top[rows] = percentile(paths[rows], RANGE, axis=1)
    low, high = (
        np.minimum(mean, np.maximum(mean - half, bounds[0])),
        np.maximum(mean, np.minimum(mean + half, bounds[1])),
    )
    return Band(mean, low, high, bottom, top)
