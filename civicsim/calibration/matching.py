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
"""Points of the first, even search of the whole box; a power of 2."""
_ROUNDS = 40
"""Most rounds of searching around what has been found."""
_STEP = 0.08
"""Standard deviation of a step from a point that has been found, as a share of the parameter's range."""


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

    First the whole cube is searched evenly. Where too little is left of it to be hit that way, the search goes on in small
    steps from the least implausible points, until enough are allowed; those that are returned are then spread out.

    Parameters
    ----------
    targets : sequence of Target
    emulators : sequence of Emulator
        One per target.
    n : int
        How many points are wanted.
    k : int
        Number of parameters.
    seed : int
        Seed of the search.

    Returns
    -------
    points : (n, k) array
        The least implausible ones, where fewer than ``n`` are allowed.
    share : float
        Share of the even search that was not ruled out.
    """
    rng = np.random.default_rng(seed)
    points = qmc.Sobol(k, rng=rng).random(_EVERYWHERE)
    values = judged(targets, emulators, points)
    share = float((values <= CUT).mean())
    for _ in range(_ROUNDS):
        if (values <= CUT).sum() >= 4 * n:
            break
        order = np.argsort(values, kind="stable")[: 2 * n]
        steps = rng.normal(0.0, _STEP, (4 * n, k))
        around = np.clip(points[rng.choice(order, 4 * n)] + steps, 0.0, 1.0)
        found = judged(targets, emulators, around)
        kept = np.flatnonzero(found <= max(CUT, float(np.quantile(values[order], 0.5))))
        points, values = np.vstack([points[order], around[kept]]), np.concatenate([values[order], found[kept]])
    allowed = np.flatnonzero(values <= CUT)
    if len(allowed) < n:
        chosen = np.argsort(values, kind="stable")[:n]
    else:
        chosen = _spread_out(points[allowed], n, rng)
        chosen = allowed[chosen]
    return points[chosen], share


def _spread_out(points: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the rows of ``n`` points chosen one by one, each as far as can be from those before it."""
    chosen = [int(rng.integers(len(points)))]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < n:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)


def determined(points: np.ndarray) -> np.ndarray:
    """Return how far the fit pins down each parameter, shape (k,).

    One minus the spread of the points over the spread of the whole range: 0 where every value fits as well as any other,
    near 1 where only one does. Farthest points lie at the edges, so that values a little below 0 occur.
    """
    return 1.0 - points.std(axis=0) / np.sqrt(1.0 / 12.0)
