"""History matching: parameters at which the simulation agrees with published data, found in waves.

A parameter set is ruled out when its expected statistics lie further from a target than tolerance and the uncertainty of the
emulator explain. The rest is sampled for the next wave, so that runs go where they are still informative.
Source: Craig, Goldstein, Seheult and Smith (1997); Andrianakis and others (2015, PLOS Computational Biology 11:e1003968).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from civicsim.calibration.targets import Target
from civicsim.errors import CivicsimError

CUT = 3.0
"""Implausibility above which a point is ruled out: three standard deviations, by convention."""
TARGETS_PER_MISS = 15
"""Of so many targets, one may be missed: a parameter set is judged by the worst of the others (Vernon, Goldstein and Bower 2010,
Bayesian Analysis 5:619, to be verified, take the second or third worst), so that one target that the model cannot meet does not
stop the fit to all others. Which ones are missed is reported."""
MOST_ACTIVE = 12
"""Parameters that an emulator depends on at most."""
WELL_WITHIN = 2.0
"""Implausibility up to which a value lies in the inner two thirds of a target's range."""
_EVERYWHERE = 2**13
"""Points of the even search of the whole box; a power of 2."""
_STEPS = 250
"""Steps of the walks that follow it."""
_SHAKE = 0.01
"""Standard deviation of the noise of a step, as a share of the range."""


@dataclass(frozen=True, repr=False)
class Emulator:
    """A Gaussian process for one statistic, over parameters scaled to 0-1.

    Attributes
    ----------
    process : sklearn GaussianProcessRegressor
        Fitted; its white noise is the variation between seeds.
    active : (k,) int array
        Parameters that it depends on, as places among all; what the others do is part of its noise.
    shift, scale : float
        Mean and standard deviation of the fitted values.
    noise : float
        Standard deviation of run-to-run variation in one simulated point.
    """

    process: Any
    active: np.ndarray
    shift: float
    scale: float
    noise: float

    def predict(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the expected value of the statistic over seeds at each point, and the variance of that expectation."""
        mean, spread = self.process.predict(points[:, self.active], return_std=True)
        variance = np.maximum((spread * self.scale) ** 2 - self.noise**2, 0.0)
        return mean * self.scale + self.shift, variance


def active_inputs(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the parameters that a statistic depends on most, as places in order: those worth a length of their own.

    By a regression on every parameter and its square about the middle: those whose larger t lies beyond 2, at most
    :data:`MOST_ACTIVE` and at least two. All, where points are too few to tell.
    """
    n, k = points.shape
    design = np.hstack([np.ones((n, 1)), points - 0.5, (points - 0.5) ** 2])
    if n <= design.shape[1] + 10:
        return np.arange(k)
    slopes = np.linalg.lstsq(design, values, rcond=None)[0]
    left = values - design @ slopes
    spread = np.sqrt(left @ left / (n - design.shape[1]) * np.diag(np.linalg.pinv(design.T @ design)))
    t = np.abs(slopes / spread)[1:].reshape(2, k).max(axis=0)
    order = np.argsort(-t, kind="stable")
    return np.sort(order[: max(2, min(MOST_ACTIVE, int((t > 2.0).sum())))])


def fit(points: np.ndarray, values: np.ndarray) -> Emulator:
    """Return an emulator of a statistic.

    Parameters
    ----------
    points : (n, k) array
        Parameters, scaled to 0-1.
    values : (n,) array
        Simulated values; points without a value (NaN) are left out.

    Raises
    ------
    CivicsimError
        If fewer than ten points have a value.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from threadpoolctl import threadpool_limits

    there = np.isfinite(values)
    if there.sum() < 10:
        raise CivicsimError(f"calibration: {there.sum()} points with a value: expected at least 10")
    active = active_inputs(points[there], values[there])
    x, y = points[there][:, active], values[there]
    shift, scale = float(y.mean()), float(y.std()) or 1.0
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.ones(x.shape[1]), (0.1, 100.0)) + WhiteKernel(0.3, (1e-4, 2.0))
    with warnings.catch_warnings(), threadpool_limits(1):
        # One thread: several emulators are fitted at once. Parameters without effect have a length at its upper bound, as most do.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process = GaussianProcessRegressor(kernel, random_state=0).fit(x, (y - shift) / scale)
    return Emulator(process, active, shift, scale, float(np.sqrt(process.kernel_.k2.noise_level)) * scale)


def implausibility(targets: Sequence[Target], means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return the implausibility of points by each target.

    Formula
        I = |mean − middle| / √(variance + (half width / 3)²)

    so that with a known mean, a point is ruled out (I > 3) exactly where the target does not hold.

    ``means`` and ``variances`` of expected statistics are of shape (n_targets, n), as is the result.
    """
    middle = np.array([target.middle for target in targets])[:, None]
    allowed = np.array([target.half_width for target in targets])[:, None] / CUT
    return np.abs(means - middle) / np.sqrt(variances + allowed**2)


def judged(targets: Sequence[Target], emulators: Sequence[Emulator], points: np.ndarray) -> np.ndarray:
    """Return the implausibility of points by each target, shape (n_targets, n), from emulators of their statistics."""
    predicted = [emulator.predict(points) for emulator in emulators]
    return implausibility(targets, np.array([p[0] for p in predicted]), np.array([p[1] for p in predicted]))


def verdict(values: np.ndarray) -> np.ndarray:
    """Return the implausibility of points by their worst target, but for those that may be missed; shape (n,).

    ``values`` are those of :func:`judged`.
    """
    return np.sort(values, axis=0)[-1 - len(values) // TARGETS_PER_MISS]


def still_possible(
    targets: Sequence[Target], emulators: Sequence[Emulator], n: int, k: int, seed: int
) -> tuple[np.ndarray, float]:
    """Return points of the unit cube that are not ruled out, and the share of the cube that they stand for.

    The cube is searched evenly. Walks start at the least implausible points. A step goes along the line
    between two other walkers (differential evolution, ter Braak 2006, Statistics and Computing 16:239, to be verified), so
    that steps adapt to the shape of the allowed region. It is taken if it leads to an allowed point, or to one that misses
    less; so walks find the allowed region, and then sample it evenly.

    Parameters
    ----------
    targets, emulators
        As for :func:`judged`.
    n, k, seed : int
        Number of points and of walks; number of parameters; seed of the search.

    Returns
    -------
    points : (n, k) array
        Ends of the walks. Some may not be allowed, if the region is small.
    share : float
        Share of the even search that was not ruled out.
    """
    rng = np.random.default_rng(seed)
    everywhere = qmc.Sobol(k, rng=rng).random(_EVERYWHERE)
    found = _missed(judged(targets, emulators, everywhere))
    start = np.argsort(found, kind="stable")[:n]
    points, missed = everywhere[start], found[start]
    for step in range(_STEPS):
        others = rng.permuted(np.tile(np.arange(n), (2, 1)), axis=1)
        # Every tenth step goes the whole way between two walkers, from one allowed region to another.
        length = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2.0 * k)
        proposed = points + length * (points[others[0]] - points[others[1]]) + rng.normal(0.0, _SHAKE, points.shape)
        # A step out of the box is reflected at its wall, so that no place in it is favoured.
        proposed = 1.0 - np.abs(1.0 - np.abs(proposed) % 2.0)
        misses = _missed(judged(targets, emulators, proposed))
        taken = (misses == 0.0) | (misses < missed)
        points, missed = np.where(taken[:, None], proposed, points), np.where(taken, misses, missed)
    return points, float((found == 0.0).mean())


def fewest_changes(
    targets: Sequence[Target], emulators: Sequence[Emulator], points: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """Return a point that fits well with the fewest parameters moved from their defaults.

    From each point, one parameter after the other is reset, the least moved first, as long as the expected statistics stay
    well within every target (I ≤ :data:`WELL_WITHIN`). The result is the point with the fewest changes, of several the least
    implausible.

    Parameters
    ----------
    targets, emulators
        As for :func:`judged`.
    points : (n, k) array
        Points of the unit cube that fit.
    usual : (k,) array
        The defaults.
    """
    chosen = points.copy()
    worst = verdict(judged(targets, emulators, chosen))
    within, rows = np.maximum(WELL_WITHIN, worst), np.arange(len(points))
    order = np.argsort(np.abs(points - usual), axis=1, kind="stable")
    for k in order.T:
        tried = chosen.copy()
        tried[rows, k] = usual[k]
        found = verdict(judged(targets, emulators, tried))
        taken = found <= within
        chosen, worst = np.where(taken[:, None], tried, chosen), np.where(taken, found, worst)
    return chosen[np.lexsort((worst, (chosen != usual).sum(axis=1)))[0]]


def _missed(values: np.ndarray) -> np.ndarray:
    """Return the excess implausibility of points over all targets but those that may be missed; 0 where they are allowed."""
    counted = np.sort(values, axis=0)[: len(values) - len(values) // TARGETS_PER_MISS]
    return np.sum(np.maximum(0.0, counted - CUT) ** 2, axis=0)


def determined(points: np.ndarray) -> np.ndarray:
    """Return how well the fit determines each parameter, shape (k,).

    One minus the spread of the points over the spread of the whole range: 0 where all values fit equally well, near 1 where
    only one does; by chance it may fall a little below 0.
    """
    return 1.0 - points.std(axis=0) / np.sqrt(1.0 / 12.0)
