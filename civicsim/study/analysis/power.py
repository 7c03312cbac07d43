"""The power of a study that is planned, from the runs of a pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE
from civicsim.study.analysis.matched import Matched, matched, mean_of
from civicsim.study.store.store import Store

WANTED = 0.8
"""Power that a planned study should have. Assumption: the conventional four fifths (Cohen 1988)."""


def power_of_t(effect: float, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the power of a two-sided paired t test: the probability that its interval excludes 0.

    Parameters
    ----------
    effect : float
        True mean difference over the standard deviation of differences; 0 or more.
    n : int
        Number of pairs, at least 2.
    confidence : float
        Coverage of the interval; 0-1.
    """
    from scipy.stats import nct, t

    limit, shift = t.ppf((1 + confidence) / 2, n - 1), effect * np.sqrt(n)
    return float(nct.sf(limit, n - 1, shift) + nct.cdf(-limit, n - 1, shift))


def detectable(n: int, power: float = WANTED, confidence: float = CONFIDENCE) -> float:
    """Return the smallest effect, in standard deviations of differences, that ``n`` pairs find with a power of ``power``."""
    from scipy.optimize import brentq

    most = 1.0
    while power_of_t(most, n, confidence) < power:
        most *= 2.0
    return float(brentq(lambda effect: power_of_t(effect, n, confidence) - power, 0.0, most))


def power(
    pilot: Store | Matched,
    n_seeds: int,
    matters: Mapping[str, float] | None = None,
    measures: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the power of a study with so many seeds, if its runs vary as those of a pilot do.

    Parameters
    ----------
    pilot : Store or Matched
        Results of the pilot, with at least two seeds.
    n_seeds : int
        Number of seeds of the planned study, at least 2.
    matters : mapping of str to float, optional
        By measure: the smallest difference that matters; that of the pilot by default.
    measures : sequence of str, optional
        Columns of the table of runs; see :func:`civicsim.study.analysis.matched.matched`.

    Returns
    -------
    pandas.DataFrame
        A row per measure, policy and set of shocks, with columns measure, label, unit, better, policy, words, against, shock,
        n_pilot (seeds with a value), sd (standard deviation between seeds of the paired difference, averaged over draws),
        detectable (the difference that n_seeds find with a power of .8), matters and power (of finding a difference that
        matters; NaN where none is set).

    Raises
    ------
    CivicsimError
        If the pilot compares no policies, or a study has fewer than two seeds.
    """
    runs = matched(pilot, measures)
    if not len(runs.compared) or len(runs.seeds) < 2 or n_seeds < 2:
        raise CivicsimError(
            f"{runs.where}: power needs policies that are compared, and two seeds or more in both studies"
        )
    words, policies, rows = runs.policy_words(), runs.points["policy"].to_numpy(), []
    effect = detectable(n_seeds)
    for name, about in runs.columns.items():
        size = about.matters if matters is None else matters.get(name)
        for (policy, shock), part in runs.compared.groupby(["policy", "shock"], sort=False):
            own, other = part["point"].to_numpy(), part["against"].to_numpy()
            difference = mean_of(runs.values[name][own] - runs.values[name][other], axis=0)
            there = difference[~np.isnan(difference)]
            sd = float(np.std(there, ddof=1)) if len(there) > 1 else np.nan
            known = size is not None and sd > 0.0
            rows.append(
                {**about.row, "policy": int(policy), "words": words[int(policy)]}
                | {"against": words[int(policies[other[0]])], "shock": str(shock), "n_pilot": len(there), "sd": sd}
                | {"detectable": effect * sd, "matters": np.nan if size is None else size}
                | {"power": power_of_t((size or 0.0) / sd, n_seeds) if known else np.nan}
            )
    return pd.DataFrame(rows)
