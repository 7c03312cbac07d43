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
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE, differing, estimate, half_width
from civicsim.experiment.wording import percent
from civicsim.study.analysis.matched import About, Matched, is_number, matched, mean_of, middle
from civicsim.study.design.notebook import notebook_view
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
        return f"{same}. The least stable of these choices is the same in {percent(stability)} of samples of the seeds."

    def __repr__(self) -> str:
        n, futures = self.values.shape
        return f"Regret({self.about.column}: {n} policies × {futures} futures)"

    def _repr_html_(self) -> str:
        return notebook_view(f"{self!r} ({self.about.unit})", self.words, self.summary, self.rules)


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
    about, words = runs.judged(measure, "there is no regret"), runs.several_words("regret compares policies")
    if threshold is not None and not np.isfinite(threshold):
        raise CivicsimError(f"{runs.where}: threshold of {measure} = {threshold}: expected a finite number")
    (cube,), policies, numbers, left_out = by_future(runs, [measure])
    of_future = runs.future_words()
    futures = [of_future[int(future)] for future in numbers]
    names = [words[policy] for policy in policies]
    # The first of all is what is found; the others are samples of the seeds, which tell how far it may be chance.
    good = about.sign * np.array([mean_of(cube, axis=2), *(resampled(cube) if cube.shape[2] > 1 else ())])
    behind = good.max(axis=1, keepdims=True) - good
    scores = {EXPECTED: good.mean(axis=2), MAXIMIN: good.min(axis=2), MINIMAX: -behind.max(axis=2)}
    met = np.full_like(scores[MINIMAX], np.nan)
    if threshold is not None:
        met = scores[SATISFICING] = (good >= about.sign * threshold).mean(axis=2)
    elif about.matters is not None:
        met = scores[SATISFICING] = (behind <= about.matters).mean(axis=2)
    # Of seeds that some futures lack, the means would be those of other futures.
    everywhere = ~np.isnan(cube).any(axis=(0, 1))
    by_seed = [estimate(mean_of(own[:, everywhere], axis=0), bounds=about.bounds) for own in cube]
    largest_low, largest_high = middle(-scores[MINIMAX][1:])
    met_low, met_high = middle(met[1:])
    columns = {
        "policy": policies,
        "words": names,
        "n_futures": len(futures),
        "n_seeds": cube.shape[2],
        "mean": about.sign * scores[EXPECTED][0],
        "mean_low": [own.low for own in by_seed],
        "mean_high": [own.high for own in by_seed],
        "worst": about.sign * scores[MAXIMIN][0],
        "mean_regret": behind[0].mean(axis=1),
        "max_regret": -scores[MINIMAX][0],
        "max_regret_low": largest_low,
        "max_regret_high": largest_high,
        "in_future": [futures[place] for place in behind[0].argmax(axis=1)],
        "met": met[0],
        "met_low": met_low,
        "met_high": met_high,
    }
    rules, common = _choices(scores, names, about.sign)
    values, costs = (pd.DataFrame(own, index=names, columns=futures) for own in (about.sign * good[0], behind[0]))
    summary, words_of = pd.DataFrame(columns), _threshold_words(about, threshold)
    return Regret(about, values, costs, summary, rules, words_of, left_out, common)


def _choices(scores: dict[str, np.ndarray], names: list[str], sign: float) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the choice of each rule from (samples, policies) scores, found first, and the policies that all rules choose."""
    signs = {MINIMAX: -1.0, SATISFICING: 1.0}
    everywhere, rows = np.ones(len(names), dtype=bool), []
    for rule, own in scores.items():
        highest = own.max(axis=1, keepdims=True)
        chosen = own >= highest - _TIE * np.maximum(1.0, np.abs(highest))
        rest = own[0][~chosen[0]]
        everywhere &= chosen[0]
        best = " = ".join(names[place] for place in np.flatnonzero(chosen[0]))
        margin = highest[0, 0] - rest.max() if len(rest) else np.nan
        stable = (chosen[1:] == chosen[0]).all(axis=1).mean() if len(own) > 1 else np.nan
        rows.append((rule, best, signs.get(rule, sign) * highest[0, 0] + 0.0, margin, stable))
    rules = pd.DataFrame(rows, columns=["rule", "chosen", "score", "margin", "stability"])
    return rules, tuple(names[place] for place in np.flatnonzero(everywhere))


def by_future(runs: Matched, measures: Sequence[str]) -> tuple[np.ndarray, list[int], np.ndarray, list[str]]:
    """Return values by measure, policy, future and seed, the policies, the futures, and in words those left out.

    Values are NaN for seeds for which a policy has no value of one of the measures. Refuses results without any other.
    """
    points, words = runs.points, runs.future_words()
    policies, futures = (np.unique(points[key]) for key in ("policy", "future"))
    cube = np.full((len(measures), len(policies), len(futures), len(runs.seeds)), np.nan)
    places = (np.searchsorted(policies, points["policy"]), np.searchsorted(futures, points["future"]))
    for own, measure in zip(cube, measures, strict=True):
        own[places] = runs.values[measure][points["point"].to_numpy()]
    cube[:, :, np.isnan(cube).any(axis=(0, 1))] = np.nan
    there = ~np.isnan(cube).all(axis=(0, 1, 3))
    if not there.any():
        names = ", ".join(measures)
        raise CivicsimError(f"{runs.where}: {names}: no future has a seed that every policy has a value for")
    return cube[:, :, there], policies.tolist(), futures[there], [words[int(future)] for future in futures[~there]]


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
        after_low, after_high (mean differences with 95 % run-to-run intervals), n_seeds, and verdict: why one of the two means would mislead, if
        it would; else "crosses" where both intervals exclude 0, or "too close to call". Factors with many values are cut into bands of equal numbers of
        points. Empty where nothing changes sign.

    Raises
    ------
    CivicsimError
        If no factor has that name.
    """
    runs = matched(results, [measure])
    checks.keys(() if factor is None else [factor], runs.factors, f"{runs.where}: no factor")
    points, compared = runs.points, runs.compared
    several, words = points["style"].nunique() > 1, runs.policy_words()
    rows: list[dict[str, Any]] = []
    for name in runs.factors if factor is None else (factor,):
        if not is_number(points[name]):
            continue
        other = points[name].to_numpy()[compared["against"].to_numpy()]
        # Where the two differ in the factor itself, they have no level in common.
        alike = compared[compared[name].to_numpy() == other]
        for key, part in alike.groupby("style" if several else "policy", sort=False):
            against = part["against"].to_numpy()
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
    found = [differing(mean_of(difference[band == place], axis=0)) for place in range(len(centres))]
    known = [place for place, own in enumerate(found) if own.n]
    signed = [place for place in known if found[place].mean != 0.0]
    for left, right in itertools.pairwise(signed):
        before, after = found[left], found[right]
        if (before.mean > 0.0) == (after.mean > 0.0):
            continue
        crosses = "crosses" if {before.way, after.way} == {"higher", "lower"} else "too close to call"
        share = before.mean / (before.mean - after.mean)
        at = centres[left] + share * (centres[right] - centres[left])
        place = dict(zip(_CROSSING, (factor, *who, centres[left], centres[right], at), strict=False))
        verdict = {"n_seeds": min(before.n, after.n), "verdict": before.caution or after.caution or crosses}
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
