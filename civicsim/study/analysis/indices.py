"""Sensitivity indices of a sample of parameters, from the result of each of its rows: nothing here knows of a study.

Sobol' indices and elementary effects are SALib's, as is the definition of PAWN; beside PAWN stand partial rank correlations
(PRCC) and standardised regression coefficients (SRC).

Source: Saltelli et al. (2010, Computer Physics Communications 181:259); Morris (1991, Technometrics 33:161); Pianosi and
Wagener (2018, Environmental Modelling & Software 108:197); Marino, Hogue, Ray and Kirschner (2008, Journal of Theoretical
Biology 254:178) on PRCC and SRC; Bonett and Wright (2000, Psychometrika 65:23) on the interval of a rank correlation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE, half_width
from civicsim.study.design.designs import unit_cube

NOTHING = "(nothing)"
"""Stands for a factor without effect: the value of an index by chance."""
ALL = "(all together)"
"""Stands for all factors in a regression."""
NO_VARIANCE = "none"
"""Stands for the indices of a measure that is the same in every row, which has no variance."""
_PAWN_RESAMPLES = 40
"""Enough for a standard error; each takes as long as the index itself."""
_SLICES = (2, 3, 4, 5, 7, 8, 10)
"""Slices of a factor in PAWN, up to its authors' usual 10. SALib cannot cut into 6 or 9: rounding takes it past the last end."""
_SEED = 1
_SAMPLING: dict[str, Any] = {"num_resamples": 100, "conf_level": CONFIDENCE, "seed": _SEED}
MOST_NAMED = 3
"""Most rows or runs without a number that a message names."""


@dataclass(frozen=True)
class Sample:
    """A design that an analysis can rest on.

    ``method`` is "sobol", "morris" or "pawn", ``names`` the columns of the k factors, and ``where`` the place of each row
    in the unit cube, shape (n, k). A Sobol' design may be large enough for second-order indices; a Morris design has
    levels. ``values`` are the values of the factors, for regressions: NaN for one without order; by default ``where``.
    """

    method: str
    names: tuple[str, ...]
    where: np.ndarray
    second_order: bool = False
    levels: int = 4
    values: np.ndarray | None = None


def indices(sample: Sample, y: np.ndarray) -> list[dict[str, Any]]:
    """Return factor, index, value, low and high of each index, from the result of each row of the design, shape (n,).

    Raises :class:`CivicsimError` if there are not as many values as rows, or one is not finite.
    """
    y = np.asarray(y, dtype=float)
    if len(y) != len(sample.where):
        raise CivicsimError(f"sensitivity: {len(y)} values for {len(sample.where)} rows of the design")
    if not np.isfinite(y).all():
        bad = np.flatnonzero(~np.isfinite(y))
        raise CivicsimError(f"sensitivity: rows {', '.join(map(str, bad[:MOST_NAMED]))} of the design have no number")
    method = {"sobol": _sobol, "morris": _morris, "pawn": _pawn}[sample.method]
    # Without variance there are no shares of it.
    rows = method(sample, y) if np.ptp(y) > 0.0 else ((name, NO_VARIANCE, np.nan, _UNKNOWN) for name in sample.names)
    return [
        {"factor": factor, "index": index, "value": float(value), "low": float(low), "high": float(high)}
        for factor, index, value, (low, high) in rows
    ]


Index = tuple[str, str, float, tuple[float, float]]
"""Factor, name of the index, its value, and the ends of its interval."""
_UNKNOWN = (np.nan, np.nan)


def _about(value: float, half: float) -> tuple[float, tuple[float, float]]:
    return value, (value - half, value + half)


def _sobol(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    from SALib.analyze import sobol

    found = sobol.analyze(unit_cube(len(sample.names)), y, calc_second_order=sample.second_order, **_SAMPLING)
    for place, name in enumerate(sample.names):
        yield name, "first", *_about(found["S1"][place], found["S1_conf"][place])
        yield name, "total", *_about(found["ST"][place], found["ST_conf"][place])
    for i, j in itertools.combinations(range(len(sample.names)), 2) if sample.second_order else ():
        pair = f"{sample.names[i]} × {sample.names[j]}"
        yield pair, "second", *_about(found["S2"][i, j], found["S2_conf"][i, j])


def _morris(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    from SALib.analyze import morris

    found = morris.analyze(unit_cube(len(sample.names)), sample.where, y, num_levels=sample.levels, **_SAMPLING)
    n = len(y) // (len(sample.names) + 1)
    for place, name in enumerate(sample.names):
        spread = float(found["sigma"][place])
        yield name, "mean", *_about(found["mu"][place], half_width(spread, n) if n > 1 else np.nan)
        yield name, "mean size", *_about(found["mu_star"][place], found["mu_star_conf"][place])
        yield name, "spread", spread, _spread_ends(spread, n)


def _spread_ends(spread: float, n: int) -> tuple[float, float]:
    """Return the ends of the interval of a standard deviation, by the chi-squared distribution."""
    from scipy.special import chdtri

    if n < 2:
        return _UNKNOWN
    low, high = (
        spread * np.sqrt((n - 1) / chdtri(n - 1, tail)) for tail in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    )
    return float(low), float(high)


def _pawn(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    from scipy.special import ndtri

    rng = np.random.default_rng(_SEED)
    n, k = sample.where.shape
    # Never more slices than give each a few rows.
    n_slices = max(own for own in _SLICES if own <= max(2, n // 5))
    own = pawn_medians(sample.where, y, n_slices)
    drawn = [rng.integers(0, n, n) for _ in range(_PAWN_RESAMPLES)]
    # Repeated rows make gaps larger: samples give the spread of the index, not its centre.
    spread = np.std([pawn_medians(sample.where[rows], y[rows], n_slices) for rows in drawn], axis=0, ddof=1)
    half = ndtri(0.5 + CONFIDENCE / 2) * spread
    shuffles = range(-(-_PAWN_RESAMPLES // k))
    shuffled = np.concatenate([pawn_medians(rng.permuted(sample.where, axis=0), y, n_slices) for _ in shuffles])
    ends = zip(np.fmax(0.0, own - half), np.fmin(1.0, own + half), strict=True)
    yield from zip(sample.names, ("median",) * k, own, ends, strict=True)
    yield NOTHING, "median", float(np.quantile(shuffled, CONFIDENCE)), _UNKNOWN
    yield from regressions(sample, y)


def pawn_medians(x: np.ndarray, y: np.ndarray, n_slices: int) -> np.ndarray:
    """Return the PAWN index of each factor, from (n, k) factors and (n,) results: as SALib does, but all factors at once.

    It is the median over slices of the largest gap between the distribution of results in a slice and that of all
    (Kolmogorov and Smirnov's statistic). The largest value of a factor is in no slice, as in SALib.
    """
    order = np.argsort(y, kind="stable")
    last = np.flatnonzero(np.append(np.diff(y[order]) != 0.0, True))
    ends = np.quantile(x, np.arange(0.0, 1.0 + 1.0 / n_slices, 1.0 / n_slices)[: n_slices + 1], axis=0)
    gaps = np.full((n_slices, x.shape[1]), np.nan)
    for k, (low, high) in enumerate(itertools.pairwise(ends)):
        inside = (x[order] >= low) & (x[order] < high)
        n = inside.sum(axis=0)
        share = np.cumsum(inside, axis=0)[last] / np.where(n, n, np.nan)
        gaps[k] = np.abs(share - (last[:, None] + 1) / len(y)).max(axis=0)
    return np.asarray(np.nanmedian(gaps, axis=0))


def regressions(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    """Yield PRCC and SRC of each factor with an order, and R²; nothing where there are too few rows, or factors are collinear."""
    from scipy.special import ndtri, stdtrit
    from scipy.stats import rankdata

    values = sample.where if sample.values is None else sample.values
    ordered = np.flatnonzero(np.isfinite(values).all(axis=0) & (np.ptp(values, axis=0) > 0.0))
    x, n, k = values[:, ordered], len(y), len(ordered)
    ranks = rankdata(np.column_stack([x, y]), axis=0)
    if not k or n < k + 3 or min(map(np.linalg.matrix_rank, (x - x.mean(axis=0), ranks - ranks.mean(axis=0)))) < k:
        return
    names = [sample.names[place] for place in ordered]
    # Without the linear part of all others, the correlation of two is an element of the inverse of the correlation matrix.
    inverse = np.linalg.pinv(np.corrcoef(ranks, rowvar=False), hermitian=True)
    partial = np.clip(-inverse[:-1, -1] / np.sqrt(np.diag(inverse)[:-1] * inverse[-1, -1]), -1.0, 1.0)
    within = np.clip(partial, -1.0 + 1e-12, 1.0 - 1e-12)
    half = ndtri(0.5 + CONFIDENCE / 2) * np.sqrt((1.0 + within**2 / 2) / (n - k - 2))
    ends = np.tanh(np.arctanh(within) + np.outer((-1.0, 1.0), half)).T
    yield from zip(names, ("PRCC",) * k, partial, ends, strict=True)
    standard, target = (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean()) / y.std()
    slopes = np.linalg.lstsq(standard, target, rcond=None)[0]
    left = float(((target - standard @ slopes) ** 2).sum())
    errors = np.sqrt(left / (n - k - 1) * np.diag(np.linalg.inv(standard.T @ standard)))
    reach = stdtrit(n - k - 1, 0.5 + CONFIDENCE / 2) * errors
    yield from zip(names, ("SRC",) * k, slopes, np.column_stack([slopes - reach, slopes + reach]), strict=True)
    yield ALL, "R²", 1.0 - left / n, _UNKNOWN
