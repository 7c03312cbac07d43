"""The shares of parameters and of run-to-run variation in the variance of runs, of which every point has every seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.experiment.statistics import CONFIDENCE
from civicsim.experiment.variance import WITHIN, shares_of, variance_components
from civicsim.study.analysis.matched import Matched, matched
from civicsim.study.analysis.sensitivity import complete
from civicsim.study.store.store import Store

_GROUPS = 20
"""Most groups of points, and of seeds, of the jackknife."""


def parameters_against_seeds(results: Store | Matched, measures: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the shares of the variance between runs that lie between points, between seeds, and in both.

    Points and seeds are crossed: every point is run with every seed. Components are those of
    :func:`civicsim.experiment.variance.variance_components`.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measures : sequence of str, optional
        Columns of the table of runs.

    Returns
    -------
    pandas.DataFrame
        A row per measure, style and source with columns measure, label, unit, style, source, share (of the variance), low,
        high, sd (in the measure's unit), n_points and n_seeds. Sources: "parameters" (differences between points whatever the
        seed), "seeds" (differences between seeds whatever the point, which matched differences remove), "both" (the effect of
        parameters depends on the seed). Intervals are 95 % jackknife intervals over groups of points and of seeds. NaN with
        one seed or one point.

    Raises
    ------
    CivicsimError
        If a run is missing: the message names it.
    """
    runs = matched(results, measures)
    rows: list[dict[str, Any]] = []
    for name, about in runs.columns.items():
        for style, part in runs.points.groupby("style", sort=False):
            values = complete(runs, name, part["point"])
            case = {"measure": name, "label": about.label, "unit": about.unit, "style": style}
            for source, share, low, high, variance in split(values):
                found = {"source": source, "share": share, "low": low, "high": high, "sd": np.sqrt(max(variance, 0.0))}
                rows.append(case | found | dict(zip(("n_points", "n_seeds"), values.shape, strict=True)))
    return pd.DataFrame(rows)


_SOURCES = {"parameters": "parameters", "seeds": "seeds", WITHIN: "both"}


def split(values: np.ndarray) -> list[tuple[str, float, float, float, float]]:
    """Return source, share, low, high and variance of complete (points, seeds) values."""
    from scipy.special import stdtrit

    n_points, n_seeds = values.shape
    if n_points < 2 or n_seeds < 2:
        return [(word, np.nan, np.nan, np.nan, np.nan) for word in _SOURCES.values()]
    components = _components(values)
    share, spread = _shares(components), np.zeros(len(components))
    for axis, n in enumerate(values.shape):
        if n < 3:
            spread[:] = np.nan
            continue
        groups = np.arange(n) * min(_GROUPS, n) // n
        parts = (np.compress(groups != group, values, axis) for group in range(groups[-1] + 1))
        left = np.array([_shares(_components(part)) for part in parts])
        spread += (len(left) - 1) * left.var(axis=0)
    half = stdtrit(min(_GROUPS, *values.shape) - 1, 0.5 + CONFIDENCE / 2) * np.sqrt(spread)
    low, high = np.maximum(share - half, np.minimum(0.0, share)), np.minimum(share + half, np.maximum(1.0, share))
    numbers = zip(share.tolist(), low.tolist(), high.tolist(), components.values(), strict=True)
    found = dict(zip(components, numbers, strict=True))
    return [(word, *found[source]) for source, word in _SOURCES.items()]


def _shares(components: dict[str, float]) -> np.ndarray:
    return np.array([*shares_of(components).values()])


def _components(values: np.ndarray) -> dict[str, float]:
    points, seeds = np.indices(values.shape)
    return variance_components(values.ravel(), {"parameters": points.ravel(), "seeds": seeds.ravel()})
