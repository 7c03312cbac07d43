"""A statistical emulator of the simulation: expected statistics, with uncertainty, at parameters that were not simulated."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.errors import CivicsimError


@dataclass(frozen=True, repr=False)
class Emulator:
    """A Gaussian process for one statistic, over parameters scaled to 0-1.

    Attributes
    ----------
    process : sklearn GaussianProcessRegressor
        Fitted; its white noise is the variation between seeds.
    shift, scale : float
        Mean and standard deviation of the fitted values.
    noise : float
        Standard deviation of run-to-run variation in one simulated point.
    """

    process: Any
    shift: float
    scale: float
    noise: float

    def predict(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the expected value of the statistic over seeds at each point, and the variance of that expectation."""
        mean, spread = self.process.predict(points, return_std=True)
        variance = np.maximum((spread * self.scale) ** 2 - self.noise**2, 0.0)
        return mean * self.scale + self.shift, variance


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
        If scikit-learn is not installed, or fewer than ten points have a value.
    """
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise CivicsimError('calibration needs scikit-learn: pip install "civicsim[calibration]"') from None
    there = np.isfinite(values)
    if there.sum() < 10:
        raise CivicsimError(f"calibration: {there.sum()} points with a value: expected at least 10")
    x, y = points[there], values[there]
    shift, scale = float(y.mean()), float(y.std()) or 1.0
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.ones(x.shape[1]), (0.1, 100.0)) + WhiteKernel(0.3, (1e-4, 2.0))
    with warnings.catch_warnings(), threadpool_limits(1):
        # One thread: several emulators are fitted at once. Parameters without effect have a length at its upper bound, as most do.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process = GaussianProcessRegressor(kernel, random_state=0).fit(x, (y - shift) / scale)
    return Emulator(process, shift, scale, float(np.sqrt(process.kernel_.k2.noise_level)) * scale)
