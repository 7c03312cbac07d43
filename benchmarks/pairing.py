"""How much pairing by seed saves: the variance of paired differences over that of unpaired ones.

Two runs of one seed are one organisation with the same random events, so that what they share drops out of their difference. A
ratio of 1/5 means that a fifth of the runs gives the same interval.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.places import scenario_of
from civicsim.experiment.run import burn_in
from civicsim.experiment.run import run as simulate
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.scenario.scenario import STATUS_QUO, Scenario

SEEDS, QUICK_SEEDS, STAFF = 60, 20, 600
STYLE, WEEKS = "civic-culture", 260
RULE, RULE_WEEKS = {"voice__intercept": 0.05}, 26
"""A small change of a rule: the intercept of voice, moved by a little over a twentieth of its range."""
_RESAMPLES = 1_000


def ratio_of(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return Var(paired difference) / Var(unpaired difference) over seeds, with a 95 % interval from samples of seeds.

    Parameters
    ----------
    first, second : (n,) arrays
        Values of matched runs, in the same order; pairs with a NaN are left out.
    """
    there = ~np.isnan(first - second)
    both = np.stack([first[there], second[there]])

    def ratio(values: np.ndarray) -> np.ndarray:
        if values.shape[-1] < 2:
            return np.full(values.shape[1:-1], np.nan)
        apart = values.var(axis=-1, ddof=1).sum(axis=0)
        paired = (values[0] - values[1]).var(axis=-1, ddof=1)
        return np.divide(paired, apart, out=np.full(np.shape(apart), np.nan), where=apart > 0.0)

    n = both.shape[1]
    # The same runs give the same interval.
    drawn = np.random.default_rng(0).integers(0, n, (_RESAMPLES, n)) if n else np.zeros((1, 0), int)
    samples = ratio(both[:, drawn])
    samples = samples[~np.isnan(samples)]
    low, high = np.quantile(samples, [0.025, 0.975]) if n > 2 and len(samples) else (np.nan, np.nan)
    return {"ratio": float(ratio(both)), "low": float(low), "high": float(high), "n": float(n)}


def ratios(first: Scenario, second: Scenario, seeds: int, last_weeks: int) -> dict[str, dict[str, float]]:
    """Return the ratio of every flagship measure for two scenarios that start from the same burnt-in organisations."""
    start = burn_in(first, seeds)
    one, two = (simulate(scenario, seeds, start=start).values(FLAGSHIP, last_weeks) for scenario in (first, second))
    return {name: {"label": MEASURES[name].label, **ratio_of(one[name], two[name])} for name in FLAGSHIP}


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return the ratios for another style over years, and for a small change of a rule over half a year."""
    seeds = QUICK_SEEDS if quick else SEEDS
    staff, before, weeks = (60, 26, 52) if quick else (STAFF, 260, WEEKS)
    base = scenario_of(staff, before, weeks=weeks)
    half = base.with_(weeks=RULE_WEEKS)
    changed = half
    for name, by in RULE.items():
        section, _, key = name.partition("__")
        changed = changed.with_(**{name: getattr(getattr(half, section), key) + by})
    return {
        "staff": staff,
        "seeds": seeds,
        "against": STATUS_QUO,
        "style": {"name": STYLE, "weeks": weeks, "measures": ratios(base, base.with_(style=STYLE), seeds, 52)},
        "rule": {
            "name": ", ".join(f"{name.replace('__', '.')} {by:+g}" for name, by in RULE.items()),
            "weeks": RULE_WEEKS,
            "measures": ratios(half, changed, seeds, RULE_WEEKS),
        },
    }
