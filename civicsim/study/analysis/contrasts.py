"""Differences between the policies of a study and their baseline, and the worst runs of each policy.

A difference is taken between runs of one seed and one future. Two kinds of uncertainty are kept apart: *run-to-run variation*,
the t interval of the mean over seeds, which more seeds make narrower; and *parameter uncertainty*, the range of the middle 95 %
of the draws of the uncertainties, which no number of runs makes narrower.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.experiment.statistics import (
    CONFIDENCE,
    PairedDifference,
    estimate,
    half_width,
    paired_difference,
    with_caution,
)
from civicsim.study.analysis.matched import About, Matched, matched, mean_of, middle
from civicsim.study.store.store import Store

RUNS, PARAMETERS, BOTH = "run-to-run", "parameters", "both"
TOO_CLOSE, TOO_SMALL, PERHAPS = "too close to call", "too small to matter", "perhaps too little to matter"
TAIL = 0.05
"""Share of runs that counts as the worst. Assumption: the conventional twentieth."""
_FEWEST_FOR_TAIL, _FEWEST_SEEDS = 20, 10
"""Runs below which the worst twentieth is less than one run, and seeds below which samples of them are uninformative: with
fewer of either the tail has no interval. The second is an Assumption."""
_MOST_SEEDS = 1_000_000
_RESAMPLES = 200


def contrasts(
    results: Store | Matched,
    measures: Sequence[str] | None = None,
    confidence: float = CONFIDENCE,
    against: str | None = None,
) -> pd.DataFrame:
    """Return the paired difference of each policy from another one, by measure.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measures : sequence of str, optional
        Columns of the table of runs; see :func:`civicsim.study.analysis.matched.matched`.
    confidence : float
        Coverage of the intervals; 0-1.
    against : str, optional
        A style, or "all" for every pair of policies; by default the baseline of each policy.

    Returns
    -------
    pandas.DataFrame
        A row per measure, pair of policies and set of shocks, with columns

        - measure, label, unit, better, policy, words, against, shock: the two policies and the shocks;
        - difference, low, high, uncertainty: mean difference, its interval, and the source of the interval: "run-to-run" (one
          draw), "parameters" (several draws, one seed) or "both" (the root of the sum of squares of the two, on either side);
        - run_low, run_high, parameter_low, parameter_high: the two kinds by themselves; NaN where there is none;
        - median, q25, q75: median and quartiles of the differences of single pairs;
        - share_higher, share_lower, share_equal, superiority: shares of pairs in which it is higher, lower or exactly equal, and
          of those in which it is higher where ties count half;
        - n, n_seeds, n_draws, n_missing: pairs, seeds and draws, and pairs without a value;
        - matters, verdict: the smallest difference that matters (NaN where the study sets none), and see :func:`verdict_of`;
        - seeds_needed: seeds with which half of the run-to-run interval would reach what the study asks for under
          ``[precision]``, or else what matters, if runs keep varying as they do; NaN without either.

        Intervals are not widened for the number of comparisons.
    """
    runs = matched(results, measures)
    words, rows = runs.policy_words(), []
    policies = runs.points["policy"].to_numpy()
    compared = runs.pairs(against)[["point", "policy", "shock", "against"]]
    compared = compared.assign(other=policies[compared["against"].to_numpy()])
    for name, about in runs.columns.items():
        for (policy, _, shock), part in compared.groupby(["policy", "other", "shock"], sort=False):
            own, other = part["point"].to_numpy(), part["against"].to_numpy()
            pair = {"policy": int(policy), "words": words[int(policy)], "against": words[int(policies[other[0]])]}
            found = contrast(runs.values[name][own], runs.values[name][other], about, confidence)
            rows.append(about.row | pair | {"shock": str(shock)} | found)
    return pd.DataFrame(rows)


def contrast(first: np.ndarray, second: np.ndarray, about: About, confidence: float = CONFIDENCE) -> dict[str, Any]:
    """Return the numbers of one contrast of two (draws, seeds) arrays; see :func:`contrasts`."""
    difference = first - second
    by_draw, by_seed = mean_of(difference, axis=1), mean_of(difference, axis=0)
    by_draw, by_seed = by_draw[~np.isnan(by_draw)], by_seed[~np.isnan(by_seed)]
    run = estimate(by_seed, confidence, about.apart)
    pairs = paired_difference(first.ravel(), second.ravel(), confidence, about.bounds)
    ends = (np.nan, np.nan)
    if len(by_draw) > 1:
        low, high = middle(by_draw, confidence)
        ends = float(min(low, run.mean)), float(max(high, run.mean))
    if len(by_draw) <= 1:
        kind, low, high = RUNS, run.low, run.high
    elif np.isnan(run.low):
        kind, low, high = PARAMETERS, *ends
    else:
        kind = BOTH
        low = max(run.mean - float(np.hypot(run.mean - ends[0], run.mean - run.low)), about.apart[0])
        high = min(run.mean + float(np.hypot(ends[1] - run.mean, run.high - run.mean)), about.apart[1])
    whole = dataclasses.replace(pairs, mean=run.mean, low=float(low), high=float(high))
    return {
        **whole.columns("difference", ""),
        "superiority": pairs.superiority,
        "uncertainty": kind,
        "run_low": run.low,
        "run_high": run.high,
        "parameter_low": ends[0],
        "parameter_high": ends[1],
        "n": pairs.n,
        "n_seeds": len(by_seed),
        "n_draws": len(by_draw),
        "n_missing": difference.size - pairs.n,
        "matters": np.nan if about.matters is None else about.matters,
        "verdict": verdict_of(whole, about.matters),
        "seeds_needed": seeds_needed(by_seed, about.matters if about.wanted is None else about.wanted, confidence),
    }


def verdict_of(difference: PairedDifference, matters: float | None) -> str:
    """Return the verdict on a difference in words, where ``matters`` is the smallest one that does.

    "same" (exactly); "higher" or "lower" where the interval excludes 0 and, where the study sets what matters, begins
    beyond that; "higher, perhaps too little to matter" where it excludes 0 and reaches below what matters; "too small to
    matter" where all of it lies below; or "too close to call". A caution follows where the mean by itself would mislead; see
    :attr:`civicsim.experiment.statistics.PairedDifference.caution`.
    """
    way, nearest_end = difference.way, difference.low if difference.mean > 0.0 else -difference.high
    if matters is not None and matters > 0.0 and way != "same" and not np.isnan(difference.low):
        if -matters < difference.low and difference.high < matters:
            way = TOO_SMALL
        elif way != TOO_CLOSE and nearest_end < matters:
            way = f"{way}, {PERHAPS}"
    return with_caution(way, difference.caution)


def seeds_needed(values: np.ndarray, half: float | None, confidence: float = CONFIDENCE) -> float:
    """Return how many values like these give a mean with an interval of at most ``half`` on either side.

    NaN where ``half`` is None or 0, or there are fewer than two values; infinite above a million.
    """
    if half is None or not half > 0.0 or len(values) < 2:
        return np.nan
    sd = float(np.std(values, ddof=1))
    counts = range(_MOST_SEEDS + 1)
    n = bisect_left(counts, True, lo=2, key=lambda n: half_width(sd, n, confidence) <= half)
    return float(n) if n in counts else np.inf


def tails(results: Store | Matched, measures: Sequence[str] | None = None, share: float = TAIL) -> pd.DataFrame:
    """Return how bad the worst runs of each policy are, by measure; only measures with a better direction have worst runs.

    Parameters
    ----------
    results, measures
        As for :func:`contrasts`.
    share : float
        Share of runs that counts as the worst; 0-1.

    Returns
    -------
    pandas.DataFrame
        A row per measure, policy and set of shocks with columns measure, label, unit, better, policy, words, shock, mean (of
        all runs), tail (mean of the worst), low, high (its 95 % percentile interval, from samples of whole seeds), n (runs),
        n_tail (worst runs), worst (value of the very worst) and worst_run (its point and seed).
    """
    runs = matched(results, measures)
    words, rows = runs.policy_words(), []
    for name, about in runs.columns.items():
        if about.better == "neither":
            continue
        for (policy, shock), part in runs.points.groupby(["policy", "shock"], sort=False):
            own = part["point"].to_numpy()
            values = about.sign * runs.values[name][own]
            n = int((~np.isnan(values)).sum())
            if not n:
                continue
            place = np.unravel_index(np.nanargmin(values), values.shape)
            low, high = sorted(about.sign * end for end in _tail_interval(values, share))
            numbers = {
                "mean": about.sign * float(np.nanmean(values)),
                "tail": about.sign * float(_tail(values.reshape(1, -1), share)[0]),
                "low": low,
                "high": high,
                "n": n,
                "n_tail": max(1, int(np.ceil(share * n))),
                "worst": about.sign * float(values[place]),
                "worst_run": f"{own[place[0]]}:{runs.seeds[place[1]]}",
            }
            rows.append(about.row | {"policy": int(policy), "words": words[int(policy)], "shock": shock} | numbers)
    return pd.DataFrame(rows)


def _tail(values: np.ndarray, share: float) -> np.ndarray:
    """Return the mean of the lowest share of each row; NaN is left out."""
    n = (~np.isnan(values)).sum(axis=1)
    count = np.minimum(np.maximum(1, np.ceil(share * n)), n).astype(int)
    most = max(1, int(count.max()))
    # NaN comes last. Only the lowest are put in order.
    lowest = np.sort(np.partition(values, most - 1, axis=1)[:, :most], axis=1)
    return mean_of(np.where(np.arange(most) < count[:, None], lowest, np.nan), axis=1)


def _tail_interval(values: np.ndarray, share: float) -> tuple[float, float]:
    """Return the percentile interval of the mean of the worst runs of a (draws, seeds) array."""
    n_seeds = values.shape[1]
    if n_seeds < _FEWEST_SEEDS or (~np.isnan(values)).sum() < _FEWEST_FOR_TAIL:
        return np.nan, np.nan
    # The interval is part of the result: the same runs give the same interval.
    drawn = np.random.default_rng(0).integers(0, n_seeds, (_RESAMPLES, n_seeds))
    samples = np.array([_tail(values[:, seeds].reshape(1, -1), share)[0] for seeds in drawn])
    low, high = middle(samples)
    return float(low), float(high)
