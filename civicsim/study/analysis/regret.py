"""Regret of policies over futures, the choices of decision rules, and where rankings cross.

The regret of a policy in a future is its distance to the policy that does best there. Nothing here names a best policy overall:
each decision rule makes its own choice, and whether the rules agree is part of the result.

Source: Savage (1951, Journal of the American Statistical Association 46:55) on minimax regret; Lempert, Groves, Popper and
Bankes (2006, Management Science 52:514) on regret and satisficing over many futures.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.statistics import CONFIDENCE, estimate, half_width
from civicsim.study.analysis.matched import About, Matched, matched, mean_of
from civicsim.study.store.store import Store

EXPECTED, MAXIMIN, MINIMAX, SATISFICING = "expected value", "maximin", "minimax regret", "satisficing"
_RESAMPLES = 200
_BANDS = 5
"""Bands of equal numbers of points that a sampled factor is cut into. Assumption."""
_MOST_LEVELS = 12
"""Number of values up to which a factor is not cut into bands. Assumption."""
_TIE = 1e-12


@dataclass(frozen=True, repr=False, eq=False)
class Regret:
    """Policies by futures.

    Attributes
    ----------
    about : About
        The measure.
    values : pandas.DataFrame
        Mean over seeds by policy (rows) and future (columns), in the measure's unit.
    regret : pandas.DataFrame
        Distance to the best in each future, in the measure's unit; 0 for the best.
    summary : pandas.DataFrame
        A row per policy: policy, words, n_futures, n_seeds, mean, mean_low, mean_high, worst, mean_regret, max_regret,
        max_regret_low, max_regret_high, in_future (where regret is largest), met (share of futures in which the threshold is
        met), met_low, met_high. Intervals show run-to-run variation; NaN with one seed.
    rules : pandas.DataFrame
        A row per decision rule: rule, chosen (policies in words, all that tie), score (in the unit, or a share), margin (to the
        next one), stability (share of samples of the seeds with the same choice; NaN with one seed).
    threshold : str
        The threshold in words; "" where there is none.
    left_out : list of str
        Futures without a seed for which every policy has a value.
    common : tuple of str
        Policies that every rule chooses, alone or in a tie.
    """

    about: About
    values: pd.DataFrame
    regret: pd.DataFrame
    summary: pd.DataFrame
    rules: pd.DataFrame
    threshold: str
    left_out: list[str]
    common: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Whether every rule chooses the same policy."""
        return bool(self.common)

    @property
    def words(self) -> str:
        """Whether the choice depends on the rule, in words."""
        if self.agree:
            same = f"Every decision rule ({', '.join(self.rules['rule'])}) chooses {' = '.join(self.common)}"
            others = self.rules.loc[self.rules["chosen"] != " = ".join(self.common), "rule"]
            same += f"; others tie with it by {' and '.join(others)}" if len(others) else ""
        else:
            same = "The choice depends on the rule: " + "; ".join(
                f"{rule}: {chosen}" for rule, chosen in zip(self.rules["rule"], self.rules["chosen"], strict=True)
            )
        stability = self.rules["stability"].min()
        if np.isnan(stability):
            return f"{same}. One seed cannot show run-to-run variation."
        return f"{same}. The least stable of these choices is the same in {stability:.0%} of samples of the seeds."

    def __repr__(self) -> str:
        n, futures = self.values.shape
        return f"Regret({self.about.column}: {n} policies × {futures} futures)"

    def _repr_html_(self) -> str:
        tables = "".join(frame.to_html(index=False, border=0, na_rep="–") for frame in (self.summary, self.rules))
        return f"<div><p>{escape(repr(self))} ({escape(self.about.unit)})</p><p>{escape(self.words)}</p>{tables}</div>"


def regret(results: Store | Matched, measure: str, threshold: float | None = None) -> Regret:
    """Return the regret of every policy in every future, and the choices of decision rules.

    Futures (draws and sets of shocks) have equal weight. A future rests on the seeds for which every policy has a value.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measure : str
        Column of the table of runs; it must have a better direction.
    threshold : float, optional
        The value that is good enough, in the measure's unit. By default, a policy is good enough whose regret is no larger
        than what matters to the study; where the study does not set that, there is no satisficing.

    Raises
    ------
    CivicsimError
        If there are fewer than two policies, the measure has no better direction, or no future has values for all policies.
    """
    runs = matched(results, [measure])
    about = runs.about(measure)
    words = runs.policy_words()
    if len(words) < 2:
        raise CivicsimError(f"{runs.where}: regret compares policies, and there is one: {next(iter(words.values()))}")
    if about.better == "neither":
        raise CivicsimError(f"{runs.where}: {measure}: neither direction is better, so that there is no regret")
    if threshold is not None and not np.isfinite(threshold):
        raise CivicsimError(f"{runs.where}: threshold of {measure} = {threshold}: expected a finite number")
    cube, policies, futures, left_out = _cube(runs, measure)
    n_seeds = cube.shape[2]
    sign = 1.0 if about.better == "higher" else -1.0
    means = mean_of(cube, axis=2)
    scores = _scores(sign * means, sign, threshold, about.matters)
    behind = _behind(sign * means)
    samples = [sign * mean for mean in resampled(cube)] if n_seeds > 1 else []
    ends = {
        key: _ends([_per_policy(s, key, sign, threshold, about.matters) for s in samples], len(policies))
        for key in _KEYS
    }
    names = [words[policy] for policy in policies]
    met = _per_policy(sign * means, "met", sign, threshold, about.matters)
    by_seed = [estimate(mean_of(cube[place], axis=0), bounds=about.bounds) for place in range(len(policies))]
    futures_in_words = runs.future_words()
    columns = {
        "policy": policies,
        "words": names,
        "n_futures": len(futures),
        "n_seeds": n_seeds,
        "mean": means.mean(axis=1),
        "mean_low": [own.low for own in by_seed],
        "mean_high": [own.high for own in by_seed],
        "worst": sign * (sign * means).min(axis=1),
        "mean_regret": behind.mean(axis=1),
        "max_regret": behind.max(axis=1),
        "max_regret_low": ends["max_regret"][0],
        "max_regret_high": ends["max_regret"][1],
        "in_future": [futures_in_words[futures[place]] for place in behind.argmax(axis=1)],
        "met": met,
        "met_low": ends["met"][0],
        "met_high": ends["met"][1],
    }
    best = {rule: _best(own) for rule, own in scores.items()}
    rows = []
    for rule, own in scores.items():
        stable = _stability(own, [_scores(s, sign, threshold, about.matters)[rule] for s in samples])
        chosen = " = ".join(names[place] for place in np.flatnonzero(best[rule]))
        rows.append((rule, chosen, _shown(rule, own, sign), _margin(own), stable))
    rules = pd.DataFrame(rows, columns=["rule", "chosen", "score", "margin", "stability"])
    labels = [futures_in_words[future] for future in futures]
    values, costs = (pd.DataFrame(table, index=names, columns=labels) for table in (means, behind))
    common = tuple(name for place, name in enumerate(names) if all(own[place] for own in best.values()))
    summary, words_of = pd.DataFrame(columns), _threshold_words(about, threshold)
    return Regret(about, values, costs, summary, rules, words_of, left_out, common)


_KEYS = ("max_regret", "met")


def _cube(runs: Matched, measure: str) -> tuple[np.ndarray, list[int], list[int], list[str]]:
    """Return values by policy, future and seed, with NaN for seeds that not every policy has a value for."""
    points = runs.points
    policies, futures = (sorted(int(value) for value in points[key].unique()) for key in ("policy", "future"))
    cube = np.full((len(policies), len(futures), len(runs.seeds)), np.nan)
    places = (np.searchsorted(policies, points["policy"]), np.searchsorted(futures, points["future"]))
    cube[places] = runs.values[measure][points["point"].to_numpy()]
    cube[:, np.isnan(cube).any(axis=0)] = np.nan
    there = ~np.isnan(cube).all(axis=(0, 2))
    words = runs.future_words()
    left_out = [words[future] for future, kept in zip(futures, there, strict=True) if not kept]
    if not there.any():
        raise CivicsimError(f"{runs.where}: {measure}: no future has a seed that every policy has a value for")
    return cube[:, there], policies, [f for f, kept in zip(futures, there, strict=True) if kept], left_out


def _behind(good: np.ndarray) -> np.ndarray:
    """Return the regret of (policies, futures) values of which more is better."""
    return np.asarray(good.max(axis=0) - good)


def _met(good: np.ndarray, sign: float, threshold: float | None, matters: float | None) -> np.ndarray | None:
    """Return where (policies, futures) values are good enough; None without a threshold."""
    if threshold is not None:
        return np.asarray(good >= sign * threshold)
    return None if matters is None else np.asarray(_behind(good) <= matters)


def _per_policy(good: np.ndarray, key: str, sign: float, threshold: float | None, matters: float | None) -> np.ndarray:
    if key == "max_regret":
        return np.asarray(_behind(good).max(axis=1))
    met = _met(good, sign, threshold, matters)
    return np.full(len(good), np.nan) if met is None else np.asarray(met.mean(axis=1))


def _scores(good: np.ndarray, sign: float, threshold: float | None, matters: float | None) -> dict[str, np.ndarray]:
    """Return the score of every policy by rule; the highest is chosen."""
    scores = {EXPECTED: good.mean(axis=1), MAXIMIN: good.min(axis=1), MINIMAX: -_behind(good).max(axis=1)}
    met = _met(good, sign, threshold, matters)
    return scores if met is None else {**scores, SATISFICING: met.mean(axis=1)}


def _best(scores: np.ndarray) -> np.ndarray:
    return np.asarray(scores >= scores.max() - _TIE * max(1.0, abs(float(scores.max()))))


def _shown(rule: str, scores: np.ndarray, sign: float) -> float:
    best = float(scores.max())
    return {MINIMAX: -best, SATISFICING: best}.get(rule, sign * best) + 0.0


def _margin(scores: np.ndarray) -> float:
    """Return the lead of the chosen over the next; NaN where all tie."""
    rest = scores[~_best(scores)]
    return float(scores.max() - rest.max()) if len(rest) else np.nan


def _stability(scores: np.ndarray, samples: Sequence[np.ndarray]) -> float:
    return float(np.mean([np.array_equal(_best(scores), _best(own)) for own in samples])) if samples else np.nan


def resampled(cube: np.ndarray) -> Iterator[np.ndarray]:
    """Yield means over samples of whole seeds, so that policies and futures stay matched.

    Samples of few seeds vary too little. They are therefore spread about the mean until their 95 % interval is as wide as the
    t interval.
    """
    # The samples are part of the result: the same runs give the same intervals.
    rng, n_seeds, centre = np.random.default_rng(0), cube.shape[2], mean_of(cube, axis=2)
    wider = half_width(1.0, n_seeds) / (ndtri(0.5 + CONFIDENCE / 2) * np.sqrt((n_seeds - 1.0) / n_seeds**2))
    for _ in range(_RESAMPLES):
        means = mean_of(cube[:, :, rng.integers(0, n_seeds, n_seeds)], axis=2)
        if not np.isnan(means).any():
            yield centre + wider * (means - centre)


def _ends(samples: Sequence[np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    if not samples:
        return np.full(n, np.nan), np.full(n, np.nan)
    low, high = np.quantile(np.array(samples), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return low, high


def _threshold_words(about: About, threshold: float | None) -> str:
    if threshold is not None:
        return f"at {'least' if about.better == 'higher' else 'most'} {threshold:g} ({about.unit})"
    if about.matters is None:
        return ""
    return f"at most {about.matters:g} ({about.unit}) behind the best, the smallest difference that matters"


def crossings(results: Store | Matched, measure: str, factor: str | None = None) -> pd.DataFrame:
    """Return where, along a factor, the difference between a policy and its baseline changes sign.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measure : str
        Column of the table of runs.
    factor : str, optional
        Column of a numeric factor or uncertainty; all by default.

    Returns
    -------
    pandas.DataFrame
        A row per factor, policy (a style, where there are several) and change of sign between neighbouring levels: factor,
        words, against, below, above (levels), at (where a line between them meets 0), before, before_low, before_high, after,
        after_low, after_high (mean differences with 95 % run-to-run intervals), n_seeds, and verdict: "crosses" where both
        intervals exclude 0, else "too close to call". Factors with many values are cut into bands of equal numbers of
        points. Empty where nothing changes sign.

    Raises
    ------
    CivicsimError
        If no factor has that name.
    """
    runs = matched(results, [measure])
    if factor is not None and factor not in runs.factors:
        raise CivicsimError(f"{runs.where}: no factor '{factor}'; {nearest(factor, runs.factors)}")
    points = runs.points
    compared = points[points["against"].notna() & (points["against"] != points["point"])]
    several, words = points["style"].nunique() > 1, runs.policy_words()
    rows: list[dict[str, Any]] = []
    for name in runs.factors if factor is None else (factor,):
        if not pd.api.types.is_numeric_dtype(points[name]) or pd.api.types.is_bool_dtype(points[name]):
            continue
        other = points[name].to_numpy()[compared["against"].to_numpy(dtype=int)]
        # Where the two differ in the factor itself, they have no level in common.
        alike = compared[compared[name].to_numpy() == other]
        for key, part in alike.groupby("style" if several else "policy", sort=False):
            against = part["against"].to_numpy(dtype=int)
            difference = runs.values[measure][part["point"].to_numpy()] - runs.values[measure][against]
            place = int(points["policy"].iloc[against[0]])
            who = (str(key), str(points["style"].iloc[against[0]])) if several else (words[int(key)], words[place])
            rows += _changes(name, who, part[name].to_numpy(dtype=float), difference)
    return pd.DataFrame(rows, columns=list(_CROSSING))


_CROSSING = (
    *("factor", "words", "against", "below", "above", "at", "before", "before_low", "before_high"),
    *("after", "after_low", "after_high", "n_seeds", "verdict"),
)


def _changes(factor: str, who: tuple[str, str], levels: np.ndarray, difference: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield the changes of sign of (points, seeds) differences along the levels of their points."""
    band, centres = _bands(levels)
    found = [estimate(mean_of(difference[band == place], axis=0)) for place in range(len(centres))]
    known = [place for place, own in enumerate(found) if own.n]
    signed = [place for place in known if found[place].mean != 0.0]
    for left, right in itertools.pairwise(signed):
        before, after = found[left], found[right]
        if (before.mean > 0.0) == (after.mean > 0.0):
            continue
        sure = all(own.low > 0.0 or own.high < 0.0 for own in (before, after))
        share = before.mean / (before.mean - after.mean)
        at = centres[left] + share * (centres[right] - centres[left])
        place = dict(zip(_CROSSING, (factor, *who, centres[left], centres[right], at), strict=False))
        verdict = {"n_seeds": min(before.n, after.n), "verdict": "crosses" if sure else "too close to call"}
        yield place | before.columns("before") | after.columns("after") | verdict


def _bands(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the band of each point, and the mean level of each band."""
    values, place = np.unique(levels, return_inverse=True)
    if len(values) <= _MOST_LEVELS:
        return place, values
    edges = np.unique(np.quantile(levels, np.linspace(0.0, 1.0, _BANDS + 1)[1:-1]))
    band = np.searchsorted(edges, levels, side="right")
    band = np.unique(band, return_inverse=True)[1]
    return band, np.bincount(band, weights=levels) / np.bincount(band)
