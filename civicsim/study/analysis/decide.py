"""What decides between two policies: which uncertain parameter, at what value, and how much a decision would gain from knowing it.

The expected value of partial perfect information (EVPPI) of a parameter is the gain, in the measure's unit, of choosing between
the policies after the parameter is known, against choosing on present knowledge. It is estimated from draws by a regression of
the difference between the policies on the parameter: Strong, Oakley and Brennan (2014, Medical Decision Making 34:311, to be
verified).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import PairedDifference, differing
from civicsim.experiment.wording import number, percent, scale_of
from civicsim.extras import need
from civicsim.study.analysis.matched import About, Matched, is_number, matched, mean_of
from civicsim.study.design.factors import column_of
from civicsim.study.design.notebook import notebook_view
from civicsim.study.store.store import Store

_RESAMPLES = 300
_PERMUTATIONS = 100
_KNOTS = 4
"""Knots of the smooth curve. Assumption: what decides is monotone or has one turn."""
_FEWEST_DRAWS = 20
"""Draws below which a curve would follow chance."""


@dataclass(frozen=True)
class Partial:
    """What one parameter has to do with a difference.

    Attributes
    ----------
    share : float
        Share of the variance of the difference between draws that follows the parameter, 0-1.
    evppi, low, high : float
        Expected value of partial perfect information, in the unit of the difference, and its 95 % bootstrap interval; ≥ 0.
    chance : float
        What a parameter without any effect would reach in 95 % of cases.
    turns_at : float
        Value of the parameter at which the expected difference changes sign; NaN where it does not.
    """

    share: float
    evppi: float
    low: float
    high: float
    chance: float
    turns_at: float


def partial_information(parameter: np.ndarray, difference: np.ndarray) -> Partial:
    """Return what a parameter has to do with the difference between two policies.

    Parameters
    ----------
    parameter, difference : (n,) array
        A draw of the parameter, and the difference in benefit at that draw: one policy's less the other's.
    """
    rng, n = np.random.default_rng(0), len(parameter)
    basis = _basis(parameter, difference)
    once = np.ones((1, n))
    fitted = _solve(basis, difference, once) @ basis.T
    counts = rng.multinomial(n, np.full(n, 1.0 / n), _RESAMPLES).astype(float)
    low, high = np.quantile(_gain(_solve(basis, difference, counts) @ basis.T, counts), [0.025, 0.975])
    shuffled = [rng.permutation(difference) for _ in range(_PERMUTATIONS)]
    by_chance = [_gain(_solve(basis, own, once) @ basis.T, once)[0] for own in shuffled]
    total = difference.var()
    share = float(fitted.var() / total) if total > 0.0 else 0.0
    return Partial(
        share,
        float(_gain(fitted, once)[0]),
        float(low),
        float(high),
        float(np.quantile(by_chance, 0.95)),
        _turn(parameter, fitted[0]),
    )


def _basis(parameter: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """Return a straight line in the parameter, or a smooth curve where generalised cross-validation prefers it."""
    spread = parameter.std()
    line = np.column_stack([np.ones(len(parameter)), (parameter - parameter.mean()) / (spread or 1.0)])
    if len(np.unique(parameter)) <= _KNOTS + 2:
        return line
    from sklearn.preprocessing import SplineTransformer

    curve = SplineTransformer(_KNOTS, knots="quantile").fit_transform(parameter[:, None])
    return min((line, curve), key=lambda own: _validated(own, difference))


def _validated(basis: np.ndarray, difference: np.ndarray) -> float:
    """Return the generalised cross-validation score of a regression; smaller is better."""
    n = len(difference)
    left = difference - basis @ np.linalg.lstsq(basis, difference, rcond=None)[0]
    return float(left @ left / n / (1.0 - np.linalg.matrix_rank(basis) / n) ** 2)


def _solve(basis: np.ndarray, difference: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return coefficients of regressions of a difference weighted by counts, of shape (samples, columns)."""
    n, k = basis.shape
    products = (basis[:, :, None] * basis[:, None, :]).reshape(n, k * k)
    normal = (counts @ products).reshape(-1, k, k)
    right = counts @ (basis * difference[:, None])
    return np.asarray((np.linalg.pinv(normal, hermitian=True) @ right[:, :, None])[:, :, 0])


def _gain(curves: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the gain of choosing by each curve against choosing by its mean; curves of shape (samples, n)."""
    weights = counts / counts.sum(axis=1, keepdims=True)
    knowing = (weights * np.maximum(curves, 0.0)).sum(axis=1)
    return np.asarray(knowing - np.maximum(0.0, (weights * curves).sum(axis=1)))


def _turn(parameter: np.ndarray, fitted: np.ndarray) -> float:
    """Return where a fitted curve changes sign: the place that splits the draws most evenly, if there are several."""
    order = np.argsort(parameter, kind="stable")
    x, y = parameter[order], fitted[order]
    places = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0.0)
    if not len(places):
        return float("nan")
    k = places[np.argmin(np.abs(places - len(x) / 2))]
    return float(x[k] + (x[k + 1] - x[k]) * y[k] / (y[k] - y[k + 1]))


@dataclass(frozen=True, repr=False, eq=False)
class Decision:
    """What decides between two policies.

    Attributes
    ----------
    about : About
        The measure.
    policies : tuple of str
        The two styles; the difference is the first less the second.
    difference : PairedDifference
        Over draws, each the mean of its runs: the difference in the measure's unit, with its 95 % interval.
    better_share : float
        Share of the draws in which the first is better.
    run_to_run : float
        Share of the variance of the difference between draws that is run-to-run variation, 0-1.
    table : pandas.DataFrame
        A row per uncertain parameter, the most worth knowing first: parameter, label, share (of the variance between draws),
        evppi, low, high (in the measure's unit; 95 % bootstrap interval), chance (what one without effect may reach), clear
        (whether the interval lies above that), turns_at (value at which the expected difference changes sign) and unit.
    """

    about: About
    policies: tuple[str, str]
    difference: PairedDifference
    better_share: float
    run_to_run: float
    table: pd.DataFrame

    @property
    def words(self) -> str:
        """The answer in words: who is better, how surely, and the number most worth measuring next."""
        first, second = self.policies
        own, scale = self.difference, scale_of(self.about.unit)
        lead = (
            f"{first} against {second}, {self.about.label}: {scale.difference(own.mean, own.low, own.high)}; median "
            f"{scale.change(own.median)}, better in {percent(self.better_share)} of {own.n} draws"
            f"{own.caution and f'; {own.caution}'}. Run-to-run variation accounts for {percent(self.run_to_run)} of the "
            "differences between draws."
        )
        clear = self.table[self.table["clear"]]
        if clear.empty:
            return f"{lead} No single parameter is worth more than chance to know."
        best = clear.iloc[0]
        turn = "" if np.isnan(best["turns_at"]) else f"; the sign turns at {number(best['turns_at'])}"
        label = best["label"] if best["label"] == best["parameter"] else f"{best['label']} ({best['parameter']})"
        worth = scale.difference(best["evppi"], best["low"], best["high"])
        return f"{lead} The number most worth measuring next: {label}, worth {worth}{turn}."

    def __repr__(self) -> str:
        return f"Decision({self.about.column}: {self.policies[0]} or {self.policies[1]}, {len(self.table)} parameters)"

    def _repr_html_(self) -> str:
        return notebook_view(repr(self), self.words, self.table)


def decide(results: Store | Matched, measure: str, policies: Sequence[str] | None = None) -> Decision:
    """Return what decides between two styles, from a study in which both meet the same draws.

    Parameters
    ----------
    results : Store or Matched
        Results of a study with draws of uncertain parameters.
    measure : str
        Column of the table of runs; it must have a better direction.
    policies : sequence of str, optional
        Two styles of the study; by default the first two.

    Raises
    ------
    CivicsimError
        If scikit-learn is not installed, the measure has no better direction, a style is not in the study, or there are too
        few draws.
    """
    need("calibration", "decide")
    runs = matched(results, [measure])
    about = runs.judged(measure, "there is no better choice")
    points, known = runs.points, list(dict.fromkeys(runs.points["style"]))
    chosen = tuple(known[:2] if policies is None else policies)
    checks.keys(chosen, known, f"{runs.where}: no style")
    if len(set(chosen)) != 2:
        raise CivicsimError(f"{runs.where}: what decides takes two different styles; the study has {', '.join(known)}")
    cube = np.stack([_by_draw(runs, measure, style) for style in chosen])
    draws = np.unique(points["draw"])
    difference = cube[0] - cube[1]
    mean = mean_of(difference, axis=1)
    there = np.isfinite(mean)
    if there.sum() < _FEWEST_DRAWS:
        raise CivicsimError(
            f"{runs.where}: {int(there.sum())} draws in which both styles have a run: expected at least {_FEWEST_DRAWS}"
        )
    run_to_run = _run_to_run(difference[there])
    values = points.drop_duplicates("draw").set_index("draw").loc[draws]
    named = {column_of(own): (own.key, own.label) for own in runs.sections.parameters.values()}
    rows = []
    for column in runs.factors:
        if not is_number(points[column]) or values[column].nunique() < 2:
            continue
        found = partial_information(values[column].to_numpy(dtype=float)[there], about.sign * mean[there])
        key, label = named.get(column, (column, column))
        clear = found.low > found.chance
        rows.append({"parameter": key, "label": label, **vars(found), "clear": clear, "unit": about.unit})
    if not rows:
        raise CivicsimError(f"{runs.where}: no uncertain parameter is varied; add [uncertainties] to the study")
    table = pd.DataFrame(rows).sort_values(["evppi", "share"], ascending=False, ignore_index=True)
    better = float((about.sign * mean[there] > 0.0).mean())
    return Decision(
        about, (chosen[0], chosen[1]), differing(mean[there], bounds=about.apart), better, run_to_run, table
    )


def _run_to_run(difference: np.ndarray) -> float:
    """Return the share of the variance between draws that is run-to-run variation, from (draws, seeds) differences.

    All draws meet the same seeds: what a seed does to every draw alike is no difference between draws, and is taken off. Seeds that some draw
    lacks are left out.
    """
    difference = difference[:, ~np.isnan(difference).any(axis=0)]
    mean, n = difference.mean(axis=1), difference.shape[1]
    total = float(mean.var(ddof=1)) if n > 1 else 0.0
    if total == 0.0:
        return float("nan")
    rest = difference - mean[:, None] - (difference.mean(axis=0) - mean.mean())
    within = float((rest**2).sum()) / ((len(mean) - 1) * (n - 1))
    return min(1.0, within / n / total)


def _by_draw(runs: Matched, measure: str, style: str) -> np.ndarray:
    """Return values of a style by draw and seed, the mean over shocks and settings; NaN where there is none."""
    points = runs.points
    place = np.unique(points["draw"], return_inverse=True)[1]
    own = (points["style"] == style).to_numpy()
    values = runs.values[measure][points["point"].to_numpy()]
    result = np.full((place.max() + 1, values.shape[1]), np.nan)
    for k in range(len(result)):
        rows = values[own & (place == k)]
        if len(rows):
            result[k] = mean_of(rows, axis=0)
    return result
