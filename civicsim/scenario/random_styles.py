"""Governance styles drawn at random: what any claim about a style has to beat."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from civicsim.errors import ScenarioError
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import Levers
from civicsim.scenario.model import SECTIONS


def random_style(number: int, of: int, seed: int = 1) -> Levers:
    """Return levers drawn at random: row ``number`` of a Latin hypercube of ``of`` rows, all hours of the budget used.

    The null style: what any claim about a style has to beat.

    Parameters
    ----------
    number : int
        Which row, from 0.
    of : int
        Rows in the hypercube.
    seed : int
        Seed of the hypercube.
    """
    if not 0 <= number < of:
        raise ScenarioError(f"random style: number {number} of {of}: expected a whole number from 0 to {of - 1}")
    free = [name for name in LEVERS if name != "budget_share"]
    values = {}
    for name, u in zip(free, _hypercube(of, len(free), seed)[number].tolist(), strict=True):
        about = SECTIONS["levers"][name]
        high = 10.0 if name.startswith("weight_") else about.high
        values[name] = round(about.low + u * (high - about.low), 6)
    return Levers(**values, budget_share=1.0)


@lru_cache(maxsize=4)
def _hypercube(n: int, k: int, seed: int) -> Any:
    from scipy.stats import qmc

    return qmc.LatinHypercube(d=k, rng=seed).random(n)
