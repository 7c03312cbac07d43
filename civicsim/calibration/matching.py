"""History matching: parameters at which the simulation cannot be told from what is known, found in waves.

A parameter set is ruled out when what is expected of it lies further from a target than tolerance and the emulator's own
doubt explain. What is left after a wave is sampled for the next one, so that runs go where they can still tell anything.
Source: Craig, Goldstein, Seheult and Smith (1997); Andrianakis and others (2015, PLOS Computational Biology 11:e1003968).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from civicsim.calibration.emulator import Emulator
from civicsim.calibration.targets import Target

CUT = 3.0
"""Implausibility above which a point is ruled out: three standard deviations, as is usual."""
WELL_WITHIN = 2.0
"""Implausibility up to which a value lies in the inner two thirds of a target's range."""
_EVERYWHERE = 2**13
"""Points of the even search of the whole box; a power of 2."""
_STEPS = 250
"""Steps of the walks that follow it."""
_SHAKE = 0.01
"""Standard deviation of what luck adds to a step, as a share of the range."""


def implausibility(targets: Sequence[Target], means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Return how far points are from each target.

    Formula
        I = |mean − middle| / √(variance + (half width / 3)²)

    so that without doubt about the mean, a point is ruled out (I > 3) just where the target does not hold.

    Parameters
    ----------
    targets : sequence of Target
    means, variances : (n_targets, n) array
        What is expected of each point, and how unsure that is.

    Returns
    -------
    (n_targets, n) array
    """
    middle = np.array([target.middle for target in targets])[:, None]
    allowed = np.array([target.half_width for target in targets])[:, None] / CUT
    return np.abs(means - middle) / np.sqrt(variances + allowed**2)


def judged(targets: Sequence[Target], emulators: Sequence[Emulator], points: np.ndarray) -> np.ndarray:
    """Return the implausibility of points by each target, shape (n_targets, n), from emulators of their statistics."""
    predicted = [emulator.predict(points) for emulator in emulators]
    return implausibility(targets, np.array([p[0] for p in predicted]), np.array([p[1] for p in predicted]))


def still_possible(
    targets: Sequence[Target], emulators: Sequence[Emulator], n: int, k: int, seed: int
) -> tuple[np.ndarray, float]:
    """Return points of the unit cube that are not ruled out, and how much of the cube that is.

    The cube is searched evenly. From the least implausible points found, walks set out. A step goes along the line
    between two other walkers (differential evolution, ter Braak 2006, Statistics and Computing 16:239, to be verified), so
    that steps take the shape of what is allowed. It is taken if it leads to a point that is allowed, or to one that misses
    less; so walks find what is allowed, and then roam it evenly.

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
    found = _missed(judged(targets, emulators, everywhere))
    start = np.argsort(found, kind="stable")[:n]
    points, missed = everywhere[start], found[start]
    for step in range(_STEPS):
        others = rng.permuted(np.tile(np.arange(n), (2, 1)), axis=1)
        # Every tenth step goes the whole way between two walkers, from one region that is allowed to another.
        length = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2.0 * k)
        proposed = points + length * (points[others[0]] - points[others[1]]) + rng.normal(0.0, _SHAKE, points.shape)
        # A step out of the box is turned back at its wall, so that no place in it is favoured.
        proposed = 1.0 - np.abs(1.0 - np.abs(proposed) % 2.0)
        misses = _missed(judged(targets, emulators, proposed))
        taken = (misses == 0.0) | (misses < missed)
        points, missed = np.where(taken[:, None], proposed, points), np.where(taken, misses, missed)
    return points, float((found == 0.0).mean())


def fewest_changes(
    targets: Sequence[Target], emulators: Sequence[Emulator], points: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """Return a point that fits well and moves as few parameters from their usual values as that takes.

    From each point, one parameter after the other is put back, the least moved first, as long as what is expected stays
    well within every target (I ≤ :data:`WELL_WITHIN`). Of what comes of them the one with the fewest changes is chosen, of
    several the least implausible.

    Parameters
    ----------
    targets, emulators
        As for :func:`judged`.
    points : (n, k) array
        Points of the unit cube that fit.
    usual : (k,) array
        The usual values.
    """
    chosen = points.copy()
    worst = judged(targets, emulators, chosen).max(axis=0)
    within, rows = np.maximum(WELL_WITHIN, worst), np.arange(len(points))
    order = np.argsort(np.abs(points - usual), axis=1, kind="stable")
    for k in order.T:
        tried = chosen.copy()
        tried[rows, k] = usual[k]
        found = judged(targets, emulators, tried).max(axis=0)
        taken = found <= within
        chosen, worst = np.where(taken[:, None], tried, chosen), np.where(taken, found, worst)
    return chosen[np.lexsort((worst, (chosen != usual).sum(axis=1)))[0]]


def _missed(values: np.ndarray) -> np.ndarray:
    """Return by how much points miss what is allowed, over all targets together; 0 where they are allowed."""
    return np.sum(np.maximum(0.0, values - CUT) ** 2, axis=0)


def determined(points: np.ndarray) -> np.ndarray:
    """Return how far the fit pins down each parameter, shape (k,).

    One minus the spread of the points over the spread of the whole range: 0 where every value fits as well as any other,
    near 1 where only one does; by luck it may fall a little below 0.
    """
    return 1.0 - points.std(axis=0) / np.sqrt(1.0 / 12.0)
