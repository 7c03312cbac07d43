"""``python -m benchmarks.own_survey``: whether projections from own survey figures hold, with simulated organisations as the truth.

A trial takes one simulated organisation as the truth, gives the six figures of its survey to the rule of
``civicsim.calibration.own_survey``, and looks whether the 80 % band of burnt out two years later covers what became of it. The
parameter set of the truth is left out of those that may be chosen, and no seed of a truth is one of theirs. One process at nice 10.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.calibration.own_survey import DISCREPANCY, FIGURES, SHARE, SurveyFit, simulated, weights
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import n_posts
from civicsim.study.design.draws import draws_for

MEASURE, FIRST_OF_TRUTHS = "burnt_out_share", 5_000_001
AT_LEAST, AT_MOST = 0.72, 0.88


def coverage(
    scenario: Scenario, pool: pd.DataFrame, truths: pd.DataFrame, names: Sequence[str], answers: int, discrepancy: float
) -> dict[str, Any]:
    """Return in what share of trials the band covers the truth, and how wide it is beside that without figures."""
    hit, hit_without, width, width_without, counted = [], [], [], [], []
    for _, truth in truths.iterrows():
        others = pool[pool["draw"] != truth["draw"]].reset_index(drop=True)
        own = {name: float(truth[name]) for name in names}
        others["weight"] = weights(others[list(own)].to_numpy(), list(own.values()), answers, discrepancy)
        if not others["weight"].any():
            # No band covers it.
            hit.append(False)
            continue
        fit = SurveyFit(scenario, own, answers, (), others)
        for fitted, hits, widths in ((True, hit, width), (False, hit_without, width_without)):
            low, _, high = fit.band(MEASURE, fitted=fitted)
            hits.append(low <= truth[MEASURE] <= high)
            widths.append(high - low)
        counted.append(fit.effective)
    covered = float(np.mean(hit))
    return {
        "trials": len(hit),
        "none_left": len(hit) - len(width),
        "covered": covered,
        "standard_error": float(np.sqrt(covered * (1.0 - covered) / len(hit))),
        "covered_without_figures": float(np.mean(hit_without)),
        "width": float(np.mean(width)),
        "width_without_figures": float(np.mean(width_without)),
        "effective_organisations": {"median": float(np.median(counted)), "tenth": float(np.quantile(counted, 0.1))},
    }


def run(trials: int, teams: int, seeds: int, names: Sequence[str], discrepancy: float) -> dict[str, Any]:
    """Simulate the organisations to choose from and those that are the truth, and return what :func:`coverage` finds."""
    scenario = Scenario.preset().with_(n_teams=teams, weeks=104)
    draws = draws_for(scenario)
    pool = simulated(scenario, draws, seeds, [MEASURE], threads=1)
    each = -(-trials // len(draws))
    truths = simulated(scenario, draws, each, [MEASURE], threads=1, first=FIRST_OF_TRUTHS)
    # One of every parameter set, then a second one, so that all come about as often.
    truths = truths.iloc[np.argsort(truths.groupby("draw").cumcount(), kind="stable")]
    found = coverage(scenario, pool, truths.head(trials), names, n_posts(scenario) // 2, discrepancy)
    return {
        "staff": n_posts(scenario),
        "seeds": seeds,
        "figures": list(names),
        "discrepancy": discrepancy,
        "share": SHARE,
        **found,
    }


def main(words: list[str]) -> int:
    """Run the command line and return an exit code: 1 where the band covers too few or too many, or is not narrower."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_survey", description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--teams", type=int, default=40, help="teams of 15")
    parser.add_argument("--seeds", type=int, default=10, help="organisations for each parameter set")
    parser.add_argument("--figures", nargs="+", choices=list(FIGURES), default=list(FIGURES))
    parser.add_argument("--discrepancy", type=float, default=DISCREPANCY)
    given = parser.parse_args(words)
    os.nice(10)
    found = run(given.trials, given.teams, given.seeds, given.figures, given.discrepancy)
    print(json.dumps(found, indent=1))
    holds = AT_LEAST <= found["covered"] <= AT_MOST and found["width"] < found["width_without_figures"]
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
