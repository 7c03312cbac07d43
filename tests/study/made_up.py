"""Made-up results with known truth."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from civicsim.study.analysis.matched import About, Matched

ABOUT = About("quality", "Quality", "0–1", "higher")


def made_up(
    value: Callable[[pd.Series, int], float],
    styles: Sequence[str] = ("old", "new"),
    n_draws: int = 1,
    n_seeds: int = 10,
    shocks: Sequence[str] = ("",),
    x: Sequence[float] = (0.0,),
    about: About = ABOUT,
) -> Matched:
    """Return results of styles × settings of ``x`` × draws of ``u`` × shocks; ``value(point, seed)`` gives each run."""
    rows, place = [], {}
    cases = itertools.product(enumerate(styles), enumerate(x), range(n_draws), enumerate(shocks))
    for number, ((i, style), (j, at), draw, (k, shock)) in enumerate(cases):
        place[i, j, draw, k] = number
        rows.append(
            {
                "point": number,
                "policy": i * len(x) + j,
                "future": draw * len(shocks) + k,
                "style": style,
                "setting": j,
                "draw": draw,
                "shock": shock,
                "against": place[0, j, draw, k],
                "x": float(at),
                "u": (draw + 0.5) / n_draws,
                "rule": f"form {j}",
            }
        )
    points = pd.DataFrame(rows)
    seeds = tuple(range(1, n_seeds + 1))
    values = np.array([[value(row, seed) for seed in seeds] for _, row in points.iterrows()], dtype=float)
    return Matched(points, ("x", "u"), seeds, {about.column: about}, {about.column: values})
