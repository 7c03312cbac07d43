"""Straight lines through times, to see whether cost is linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def fitted(sizes: Sequence[float], seconds: Sequence[float]) -> dict[str, float]:
    """Return a line ``seconds = fixed + each · size`` and the exponent of a power law.

    Relative errors count, or the largest size alone would decide. Cost is linear where the exponent is 1.

    Returns
    -------
    dict
        fixed, each, exponent, and ``worst``: the largest relative distance of a time from the line.
    """
    x, y = np.asarray(sizes, dtype=float), np.asarray(seconds, dtype=float)
    design = np.stack([np.ones_like(x), x], axis=1) / y[:, None]
    (fixed, each), *_ = np.linalg.lstsq(design, np.ones_like(y), rcond=None)
    exponent = float(np.polyfit(np.log(x), np.log(y), 1)[0])
    worst = float(np.abs((fixed + each * x) / y - 1.0).max())
    return {"fixed": float(fixed), "each": float(each), "exponent": exponent, "worst": worst}
