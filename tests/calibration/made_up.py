"""A simulation that is a formula, so that what the search should find is known."""

from __future__ import annotations

import numpy as np

from civicsim.calibration.statistics import STATISTICS


def formula(scenario, values, seeds):
    """Leavers follow the rate of leaving, absence its intercept, and nothing else matters; with a little noise."""
    noise = np.random.default_rng(seeds[0]).normal(0.0, 0.05, 2)
    made_up = {
        "leavers": 11.25 + 6000.0 * (values["turnover.exit_rate"] - 0.002) + noise[0],
        "absence": 4.95 + 2.0 * (values["turnover.absence_intercept"] + 3.1) + noise[1],
    }
    return dict.fromkeys(STATISTICS, 0.0) | made_up


def formula_with_relief(scenario, values, seeds):
    """The same with absence that grows with relief above a half, whatever the free parameters."""
    found = formula(scenario, values, seeds)
    return found | {"absence": found["absence"] + 4.0 * max(0.0, values["exhaustion.relief"] - 0.5)}
