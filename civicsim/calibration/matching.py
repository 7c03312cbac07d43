"""History matching: parameters at which the simulation cannot be told from what is known, found in waves.

A parameter set is ruled out when what is expected of it lies further from a target than tolerance and the emulator's own
doubt explain. What is left after a wave is sampled for the next one, so that runs go where they can still tell anything.
Source: Craig, Goldstein, Seheult and Smith (1997); Andrianakis and others (2015, PLOS Computational Biology 11:e1003968),
to be verified.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from civicsim.calibration.emulator import Emulator
from civicsim.calibration.targets import Target

CUT = 3.0
"""Implausibility above which a point is ruled out: three standard deviations, as is usual."""
_EVERYWHERE = 2**13
"""Points of the even search of the whole box; a power of 2."""
_STEPS = 120
"""Steps of the walks that follow it."""
_MOVED, _LARGEST = 0.3, 0.3
"""Chance that a step moves a parameter, and the largest standard deviation of its move, as a share of the range."""


def implausibility(targets: Sequence[Target], means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return how far points are from being allowed, by their worst target.

    Formula
        I = max over targets |mean − middle| / √(variance + (half width / 3)²)

    so that without doubt about the mean, a point is ruled out (I > 3) just where the target does not hold.

    Parameters
    ----------
    targets : sequence of Target
    means, variances : (n_targets, n) array
        What is expected of each point, and how unsure that is.

    Returns
    -------
    (n,) array
    """
    middle = np.array([target.middle for target in targets])[:, None]
    allowed = np.array([target.half_width for target in targets])[:, None] / CUT
    return np.max(np.abs(means - middle) / np.sqrt(variances + allowed**2), axis=0)


def judged(targets: Sequence[Target], emulators: Sequence[Emulator], points: np.ndarray) -> np.ndarray:
    """Return the implausibility of points, shape (n,), by emulators of the targets' statistics."""
    predicted = [emulator.predict(points) for emulator in emulators]
    return implausibility(targets, np.array([p[0] for p in predicted]), np.array([p[1] for p in predicted]))


def still_possible(
    targets: Sequence[Target], emulators: Sequence[Emulator], n: int, k: int, seed: int
) -> tuple[np.ndarray, float]:
    """Return points of the unit cube that are not ruled out, and how much of the cube that is.

    The cube is searched evenly. From the least implausible points found, walks set out whose steps are taken if they lead
    to a point that is allowed, or to a less implausible one; so they find what is allowed, and then roam it evenly.

    Parameters
    ----------
    targets : sequence of Target
    emulators : sequence of Emulator
        One per target.
    n : int
        How many points are wanted: the number of walks.
    k : int
        Number of parameters.
    seed : int
        Seed of the search.

    Returns
    -------
    points : (n, k) array
        Where the walks ended. Some may not be allowed, if little is.
    share : float
        Share of the even search that was not ruled out.
    """
    rng = np.random.default_rng(seed)
    everywhere = qmc.Sobol(k, rng=rng).random(_EVERYWHERE)
    found = judged(targets, emulators, everywhere)
    start = np.argsort(found, kind="stable")[:n]
    points, values = everywhere[start], found[start]
    for _ in range(_STEPS):
        size = _LARGEST * rng.random((len(points), 1)) ** 2
        moves = rng.normal(0.0, 1.0, points.shape) * size * (rng.random(points.shape) < _MOVED)
        proposed = points + moves
        # A step out of the box is turned back at its wall, so that no place in it is favoured.
        proposed = 1.0 - np.abs(1.0 - np.abs(proposed) % 2.0)
        judgement = judged(targets, emulators, proposed)
        taken = (judgement <= CUT) | (judgement < values)
        points, values = np.where(taken[:, None], proposed, points), np.where(taken, judgement, values)
    return points, float((found <= CUT).mean())


def determined(points: np.ndarray) -> np.ndarray:
    """Return how far the fit pins down each parameter, shape (k,).

    One minus the spread of the points over the spread of the whole range: 0 where every value fits as well as any other,
    near 1 where only one does; by luck it may fall a little below 0.
    """
    return 1.0 - points.std(axis=0) / np.sqrt(1.0 / 12.0)
