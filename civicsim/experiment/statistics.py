"""Means, intervals and paired differences. Nothing here depends on the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
ANYWHERE = (-np.inf, np.inf)
"""Bounds of values without any."""
DISAGREE, FEW = "mean and median disagree", "a few carry it"
CAUTIONS = {
    DISAGREE: "the mean goes one way and the median the other: fewer pairs, with larger differences, outweigh the others.",
    FEW: "without the tenth of the pairs at either end, the mean difference would be 0 or go the other way.",
}
"""Why a mean difference by itself would mislead, and what that means."""


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
    """A mean difference between matched runs, and how the differences of single pairs are spread around it.

    Attributes
    ----------
    mean, low, high : float
        Mean difference and ends of its interval.
    median, q25, q75 : float
        Median and quartiles of the differences; between the quartiles lies the middle half of the pairs.
    trimmed : float
        Mean without the tenth of the pairs at either end (none of fewer than ten).
    n_higher, n_lower : int
        Pairs in which the first is larger, and in which it is smaller; all others are exactly equal.
    n : int
        Number of pairs.
    """

    median: float
    q25: float
    q75: float
    trimmed: float
    n_higher: int
    n_lower: int
    n: int

    @property
    def n_equal(self) -> int:
        """Pairs whose two values are exactly equal."""
        return self.n - self.n_higher - self.n_lower

    @property
    def superiority(self) -> float:
        """Probability of superiority: the share of pairs in which the first is larger; ties count half."""
        return (self.n_higher + 0.5 * self.n_equal) / self.n if self.n else np.nan

    @property
    def way(self) -> str:
        """What the interval of the mean shows: "higher", "lower", "same" (exactly), or "too close to call"."""
        if self.mean == self.low == self.high == 0.0:
            return "same"
        if np.isnan(self.low) or self.low <= 0.0 <= self.high:
            return "too close to call"
        return "higher" if self.mean > 0.0 else "lower"

    @property
    def caution(self) -> str:
        """Why the mean by itself would mislead, in words: :data:`DISAGREE`, :data:`FEW`, or "".

        Mean and median disagree where they lie on different sides of 0, and either the interval of the mean excludes 0 or the
        whole middle half of the pairs lies on the side of the median. A few carry a difference whose interval excludes 0
        where the mean without the tenth at either end is 0 or on the other side of it. Assumption: these two rules, the middle
        half and the tenth; the 10 % trimmed mean is the conventional one.
        """
        # Sums of numbers that cancel out are 0 but for rounding.
        rounding = 1e-9 * max(abs(self.mean), abs(self.q25), abs(self.q75))
        values = (self.mean, self.median, self.trimmed, self.q25, self.q75)
        mean, median, trimmed, q25, q75 = (0.0 if abs(value) <= rounding else np.sign(value) for value in values)
        clear = self.way in ("higher", "lower")
        if mean * median < 0.0 and (clear or q25 * q75 > 0.0):
            return DISAGREE
        return FEW if clear and mean * trimmed <= 0.0 else ""

    def borderline(self, most: int) -> bool:
        """Return whether ``most`` pairs could well show something else than these fewer do.

        They could where the interval ends near 0: where one that is narrower by the root of ``most / n``, around the same mean, would
        exclude 0 for the first time, or one that is wider by as much would include it again. Because the rule doubts what is
        barely clear as much as what is barely open, looking twice does not make chance findings more frequent.
        """
        half = (self.high - self.low) / 2.0
        root = np.sqrt(most / self.n) if self.n else np.nan
        return bool(half > 0.0 and self.n < most and half / root <= abs(self.mean) <= half * root)

    @property
    def verdict(self) -> str:
        """The way, and behind ", but" the caution where there is one."""
        return with_caution(self.way, self.caution)

    def columns(self, name: str, prefix: str | None = None) -> dict[str, float]:
        """Return also, after the prefix: ``median``, ``q25``, ``q75``, and ``share_higher``, ``share_lower`` and ``share_equal`` of the pairs."""
        values = {key: getattr(self, key) for key in ("median", "q25", "q75")}
        for way, count in (("higher", self.n_higher), ("lower", self.n_lower), ("equal", self.n_equal)):
            values[f"share_{way}"] = count / self.n if self.n else np.nan
        start = f"{name}_" if prefix is None else prefix
        return super().columns(name, prefix) | {f"{start}{key}": value for key, value in values.items()}


def with_caution(verdict: str, caution: str) -> str:
    """Return a verdict with its caution behind it, if there is one."""
    return f"{verdict}, but {caution}" if caution else verdict


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


def wilson(k: float, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Wilson's interval of a share of k among n (from 1); k may lie between whole numbers where cases are shared."""
    from scipy.special import ndtri  # here: a single run has no interval, and starts without

    share, z = k / n, float(ndtri(0.5 + confidence / 2))
    centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1.0 - share) / n + z**2 / (4 * n**2))
    low, high = (centre - half) / (1.0 + z**2 / n), (centre + half) / (1.0 + z**2 / n)
    # At a share of 0 or 1 one end is exactly that, but for rounding.
    return (0.0 if share <= 0.0 else float(low)), (1.0 if share >= 1.0 else float(high))


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
    return differing(a - b, confidence, (bounds[0] - bounds[1], bounds[1] - bounds[0]))


def differing(
    differences: np.ndarray, confidence: float = CONFIDENCE, bounds: tuple[float, float] = ANYWHERE
) -> PairedDifference:
    """Return the summary of differences between matched runs; see :func:`paired_difference`.

    Parameters
    ----------
    differences : (n,) array
        One per pair; NaN is left out.
    confidence : float
        Coverage of the interval; 0-1.
    bounds : (float, float)
        Least and greatest possible difference.
    """
    about = estimate(differences, confidence, bounds)
    kept = np.sort(differences[~np.isnan(differences)])
    q25, median, q75 = (float(end) for end in np.quantile(kept, [0.25, 0.5, 0.75])) if about.n else (np.nan,) * 3
    tenth = about.n // 10
    trimmed = float(kept[tenth : about.n - tenth].mean()) if tenth else about.mean
    counts = int((kept > 0.0).sum()), int((kept < 0.0).sum())
    return PairedDifference(about.mean, about.low, about.high, median, q25, q75, trimmed, *counts, about.n)
