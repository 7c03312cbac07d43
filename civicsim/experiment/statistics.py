"""Means, intervals and paired differences. Nothing here depends on the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
ANYWHERE = (-np.inf, np.inf)
"""Bounds of values without any."""


@dataclass(frozen=True)
class _Interval:
    mean: float
    low: float
    high: float

    def columns(self, name: str, prefix: str | None = None) -> dict[str, float]:
        """Return mean and ends as columns of a table: ``name``, and ``low`` and ``high`` after a prefix, ``name_`` by default."""
        start = f"{name}_" if prefix is None else prefix
        return {name: self.mean, f"{start}low": self.low, f"{start}high": self.high}


@dataclass(frozen=True)
class Estimate(_Interval):
    """A mean with its interval.

    Attributes
    ----------
    mean, low, high : float
        Mean and ends of the interval; the ends are NaN for fewer than two values.
    n : int
        Number of values.
    """

    n: int


@dataclass(frozen=True)
class PairedDifference(_Interval):
    """A mean difference between matched runs.

    Attributes
    ----------
    mean, low, high : float
        Mean difference and ends of its interval.
    superiority : float
        Probability of superiority: the share of pairs in which the first is larger; ties count half.
    n : int
        Number of pairs.
    """

    superiority: float
    n: int

    @property
    def verdict(self) -> str:
        """In words: "higher", "lower", "same" (exactly), or "too close to call"."""
        if self.mean == self.low == self.high == 0.0:
            return "same"
        if np.isnan(self.low) or self.low <= 0.0 <= self.high:
            return "too close to call"
        return "higher" if self.mean > 0.0 else "lower"


def estimate(values: np.ndarray, confidence: float = CONFIDENCE, bounds: tuple[float, float] = ANYWHERE) -> Estimate:
    """Return the mean of values over runs with its t interval, cut off at the bounds.

    The true mean lies within the bounds, so that cutting does not change the coverage.

    Parameters
    ----------
    values : (n,) array
        One value per run; NaN is left out.
    confidence : float
        Coverage of the interval; 0-1.
    bounds : (float, float)
        Least and greatest possible value.
    """
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    n = len(kept)
    if n == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    mean = float(kept.mean())
    if n == 1:
        return Estimate(mean, np.nan, np.nan, 1)
    half = half_width(float(kept.std(ddof=1)), n, confidence)
    # A mean outside of its bounds by rounding stays within its interval.
    low, high = min(mean, max(mean - half, bounds[0])), max(mean, min(mean + half, bounds[1]))
    return Estimate(mean, low, high, n)


def half_width(sd: float, n: int, confidence: float = CONFIDENCE) -> float:
    """Return half of the t interval of a mean of ``n`` values (from 2) with standard deviation ``sd``."""
    from scipy.special import stdtrit  # here: a single run has no interval, and starts without

    return float(stdtrit(n - 1, 0.5 + confidence / 2) * sd / np.sqrt(n))


def paired_difference(
    first: np.ndarray, second: np.ndarray, confidence: float = CONFIDENCE, bounds: tuple[float, float] = ANYWHERE
) -> PairedDifference:
    """Return the difference ``first − second`` over runs matched by seed.

    Parameters
    ----------
    first, second : (n,) arrays
        Values of matched runs, in the same order; pairs with a NaN are left out.
    confidence : float
        Coverage of the interval; 0-1.
    bounds : (float, float)
        Least and greatest possible value of each of the two.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"matched runs needed: {a.shape} against {b.shape} values")
    difference = a - b
    difference = difference[~np.isnan(difference)]
    about = estimate(difference, confidence, (bounds[0] - bounds[1], bounds[1] - bounds[0]))
    wins = float(np.mean((difference > 0) + 0.5 * (difference == 0))) if about.n else np.nan
    return PairedDifference(about.mean, about.low, about.high, wins, about.n)
