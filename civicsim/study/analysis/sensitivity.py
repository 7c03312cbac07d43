"""Sensitivity of a measure to factors, and the shares of parameters and of run-to-run variation in the variance of runs.

The method follows from the design: Sobol' indices from a Sobol' design, elementary effects from a Morris design, PAWN from a
Latin hypercube of settings or from the draws of the uncertainties, the first two SALib's; and an exact analysis of variance from a
full grid (:mod:`civicsim.study.analysis.effects`). Beside PAWN stand partial rank correlations (PRCC) and standardised regression
coefficients (SRC). Each rests on means over seeds, and on every run: a run that is missing, has failed or has no number stops the
analysis, which would otherwise be silently wrong.

Source: Saltelli et al. (2010, Computer Physics Communications 181:259); Morris (1991, Technometrics 33:161); Pianosi and
Wagener (2018, Environmental Modelling & Software 108:197); Marino, Hogue, Ray and Kirschner (2008, Journal of Theoretical
Biology 254:178) on PRCC and SRC; Bonett and Wright (2000, Psychometrika 65:23) on the interval of a rank correlation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE, half_width
from civicsim.experiment.variance import WITHIN, shares_of, variance_components
from civicsim.study.analysis.effects import variance_shares
from civicsim.study.analysis.matched import Matched, design_of, is_number, matched
from civicsim.study.design.designs import Design, unit_cube, unit_sample
from civicsim.study.store.store import Store

NOTHING = "(nothing)"
"""Stands for a factor without effect: the value of an index by chance."""
ALL = "(all together)"
"""Stands for all factors in a regression."""
NO_VARIANCE = "none"
"""Stands for the indices of a measure that is the same in every row, which has no variance."""
_PAWN_RESAMPLES = 40
"""Enough for a standard error; each takes as long as the index itself."""
_SLICES = (2, 3, 4, 5, 7, 8, 10)
"""Slices of a factor in PAWN, up to its authors' usual 10. SALib cannot cut into 6 or 9: rounding takes it past the last end."""
_GROUPS = 20
"""Most groups of points, and of seeds, of the jackknife."""
_MOST_NAMED = 3
_SEED = 1
_SAMPLING: dict[str, Any] = {"num_resamples": 100, "conf_level": CONFIDENCE, "seed": _SEED}


@dataclass(frozen=True)
class Sample:
    """A design that an analysis can rest on.

    ``method`` is "sobol", "morris" or "pawn", ``names`` the columns of the k factors, and ``where`` the place of each row
    in the unit cube, shape (n, k). A Sobol' design may be large enough for second-order indices; a Morris design has
    levels. ``values`` are the values of the factors, for regressions: NaN for one without order; by default ``where``.
    """

    method: str
    names: tuple[str, ...]
    where: np.ndarray
    second_order: bool = False
    levels: int = 4
    values: np.ndarray | None = None


def sensitivity(
    store: Store,
    measures: Sequence[str] | None = None,
    *,
    difference: bool = False,
    styles: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return how much each measure depends on each factor.

    Parameters
    ----------
    store : Store
        Results of a study with a sampled design, with draws of uncertainties, or with a full grid.
    measures : sequence of str, optional
        Columns of the table of runs; see :func:`civicsim.study.analysis.matched.matched`.
    difference : bool
        Whether to analyse the paired difference from the baseline in place of the measure.
    styles : sequence of str, optional
        Styles to analyse; all by default.

    Returns
    -------
    pandas.DataFrame
        A row per measure, policy (a style, in a sampled design), set of shocks, factor and index, with columns measure, label,
        unit, words, shock, method, factor, index, value, low, high, index_unit, n (rows of the design) and n_seeds. Indices:

        - Sobol' (shares of the variance): "first" by itself, "total" with all that it takes part in, "second" of a pair;
        - Morris (in the unit of the measure, for a move over the whole range of the factor): "mean" of the elementary effects,
          "mean size", and "spread", which is large where effects depend on other factors or are not linear;
        - PAWN (largest gap between distributions, 0-1): "median" over slices. It is informative where it exceeds that of the
          factor "(nothing)", the 95 % quantile for factors shuffled at random;
        - full grid: "share" of the variance of runs of each factor and interaction, exact and hence without an interval, and
          that of run-to-run variation; see :func:`civicsim.study.analysis.effects.variance_shares`.
        - beside PAWN, for factors with an order where there are at least three more rows than factors: "PRCC", the correlation
          of ranks without the linear part of all other factors (−1 to 1), "SRC", the standard deviations by which the measure
          changes per standard deviation of the factor in a linear regression on all, and its "R²" at the factor "(all together)".

        Intervals are 95 % and show the uncertainty of the sample of parameters, for the seeds of the study. "spread" and
        "mean" of Morris have a chi-squared and a t interval over trajectories, "mean size" a bootstrap interval; "PRCC" has the
        interval of Fisher's z with Bonett and Wright's variance, "SRC" the t interval of the regression.

    Raises
    ------
    CivicsimError
        If the design does not fit, or a run is missing: the message names it.
    """
    runs, (design, free) = matched(store, measures), design_of(store.study)
    if not design.uncertain and runs.points["draw"].nunique() == 1 and not difference:
        return _of_grid(runs)
    sample, words = sample_of(runs, design, free), runs.policy_words()
    # Draws are averaged over where settings are sampled; sets of shocks are analysed one by one.
    key, row = ("style", "setting") if design.sampled else ("policy", "draw")
    rows: list[dict[str, Any]] = []
    for name, about in runs.columns.items():
        for (own, shock), part in (runs.compared if difference else runs.points).groupby([key, "shock"], sort=False):
            if styles is not None and part["style"].iloc[0] not in styles:
                continue
            values = _complete(runs, name, part["point"])
            if difference:
                values = values - _complete(runs, name, part["against"])
            y = pd.Series(values.mean(axis=1)).groupby(part[row].to_numpy()).mean().to_numpy()
            if len(y) != len(sample.where):
                raise CivicsimError(
                    f"{runs.where}: {own}: {len(y)} of the {len(sample.where)} rows of the design are points"
                )
            case = {"measure": name, "label": about.label, "unit": about.unit}
            case |= {"words": str(own) if design.sampled else words[int(own)], "shock": shock, "method": sample.method}
            size = {"n": len(y), "n_seeds": len(runs.seeds)}
            for found in indices(sample, y):
                unit = _INDEX_UNIT.get(found["index"], about.unit)
                rows.append(case | found | {"index_unit": unit} | size)
    if not rows:
        raise CivicsimError(
            f"{store.path}: no policy is compared with another, so that there is no difference to analyse"
        )
    return pd.DataFrame(rows)


_INDEX_UNIT = {
    **dict.fromkeys(("first", "total", "second", "share", "R²"), "share of the variance"),
    "median": "gap between distributions, 0-1",
    "PRCC": "correlation, −1 to 1",
    "SRC": "standard deviations per standard deviation",
}


def _of_grid(runs: Matched) -> pd.DataFrame:
    """Return the exact shares of a full grid as indices."""
    try:
        shares = variance_shares(runs)
    except CivicsimError as error:
        raise CivicsimError(
            f"{_nothing_sampled(runs)}, or a full grid ({str(error).removeprefix(f'{runs.where}: ')})"
        ) from None
    for name in runs.columns:
        _complete(runs, name, runs.points["point"])
    same = {"words": "all levels", "shock": "", "method": "anova", "low": np.nan, "high": np.nan}
    rows = shares.rename(columns={"term": "factor", "share": "value", "n_cells": "n"}).assign(**same)
    rows["index"] = np.where(rows["value"].isna(), NO_VARIANCE, "share")
    rows["index_unit"] = _INDEX_UNIT["share"]
    order = ("measure", "label", "unit", "words", "shock", "method", "factor", "index", "value", "low", "high")
    return rows[[*order, "index_unit", "n", "n_seeds"]]


def sample_of(runs: Matched, design: Design, free: tuple[str, ...]) -> Sample:
    """Return the sample that an analysis rests on: of the settings, or else of the uncertainties; refuse neither."""
    if design.sampled:
        method = {"sobol": "sobol", "morris": "morris"}.get(design.method, "pawn")
        settings = runs.points.drop_duplicates("setting").sort_values("setting")
        where = unit_sample(design, len(free))
        return Sample(method, free, where, design.second_order, design.levels, _values_of(settings, free))
    if design.uncertain:
        raise CivicsimError(
            f"{runs.where}: a design of forms changes one rule at a time and is no sample: civicsim study multiverse reads it"
        )
    draws = runs.points.drop_duplicates("draw").sort_values("draw")
    # An uncertainty varies within a policy; a factor does not.
    within = runs.points.groupby("policy")
    names = tuple(name for name in runs.factors if within[name].nunique().max() > 1)
    if len(draws) < 2 or not names:
        raise CivicsimError(_nothing_sampled(runs))
    # Ranks, with ties in order of the draws, so that slices of a factor with few values hold equally many.
    numbers = [draws[name] if is_number(draws[name]) else draws[name].astype(str) for name in names]
    ranks = [values.rank(method="first").to_numpy() for values in numbers]
    return Sample("pawn", names, (np.stack(ranks, axis=1) - 0.5) / len(draws), values=_values_of(draws, names))


def _values_of(points: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return factors as numbers, shape (n, k); NaN for choices, which have no order."""
    ordered = [points[name] if pd.api.types.is_numeric_dtype(points[name]) else np.nan for name in names]
    return np.column_stack([np.broadcast_to(np.asarray(own, dtype=float), len(points)) for own in ordered])


def _nothing_sampled(runs: Matched) -> str:
    return (
        f'{runs.where}: nothing is sampled: sensitivity needs [design] method = "sobol", "morris" or "latin-hypercube", '
        "[uncertainties] with ranges"
    )


def _complete(runs: Matched, name: str, points: pd.Series) -> np.ndarray:
    """Return the values of points by seed; refuse runs that have no number, and name some of them."""
    which = points.to_numpy()
    values = runs.values[name][which]
    found = [(int(which[row]), runs.seeds[column]) for row, column in np.argwhere(~np.isfinite(values))]
    if not found:
        return values
    named = ", ".join(
        f"{point}:{seed} ({'failed' if (point, seed) in runs.failed else 'missing, or without a number'})"
        for point, seed in found[:_MOST_NAMED]
    )
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    raise CivicsimError(
        f"{runs.where}: {name}: the design is incomplete: {len(found)} of {values.size} runs have no value "
        f"(point:seed {named}{more}); civicsim study run {runs.where} --retry-failed does what can be done"
    )


def indices(sample: Sample, y: np.ndarray) -> list[dict[str, Any]]:
    """Return factor, index, value, low and high of each index, from the result of each row of the design, shape (n,).

    Raises :class:`CivicsimError` if there are not as many values as rows, or one is not finite.
    """
    y = np.asarray(y, dtype=float)
    if len(y) != len(sample.where):
        raise CivicsimError(f"sensitivity: {len(y)} values for {len(sample.where)} rows of the design")
    if not np.isfinite(y).all():
        bad = np.flatnonzero(~np.isfinite(y))
        raise CivicsimError(f"sensitivity: rows {', '.join(map(str, bad[:_MOST_NAMED]))} of the design have no number")
    method = {"sobol": _sobol, "morris": _morris, "pawn": _pawn}[sample.method]
    # Without variance there are no shares of it.
    rows = method(sample, y) if np.ptp(y) > 0.0 else ((name, NO_VARIANCE, np.nan, _UNKNOWN) for name in sample.names)
    return [
        {"factor": factor, "index": index, "value": float(value), "low": float(low), "high": float(high)}
        for factor, index, value, (low, high) in rows
    ]


Index = tuple[str, str, float, tuple[float, float]]
"""Factor, name of the index, its value, and the ends of its interval."""
_UNKNOWN = (np.nan, np.nan)


def _about(value: float, half: float) -> tuple[float, tuple[float, float]]:
    return value, (value - half, value + half)


def _sobol(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    from SALib.analyze import sobol

    found = sobol.analyze(unit_cube(len(sample.names)), y, calc_second_order=sample.second_order, **_SAMPLING)
    for place, name in enumerate(sample.names):
        yield name, "first", *_about(found["S1"][place], found["S1_conf"][place])
        yield name, "total", *_about(found["ST"][place], found["ST_conf"][place])
    for i, j in itertools.combinations(range(len(sample.names)), 2) if sample.second_order else ():
        pair = f"{sample.names[i]} × {sample.names[j]}"
        yield pair, "second", *_about(found["S2"][i, j], found["S2_conf"][i, j])


def _morris(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    from SALib.analyze import morris

    found = morris.analyze(unit_cube(len(sample.names)), sample.where, y, num_levels=sample.levels, **_SAMPLING)
    n = len(y) // (len(sample.names) + 1)
    for place, name in enumerate(sample.names):
        spread = float(found["sigma"][place])
        yield name, "mean", *_about(found["mu"][place], half_width(spread, n) if n > 1 else np.nan)
        yield name, "mean size", *_about(found["mu_star"][place], found["mu_star_conf"][place])
        yield name, "spread", spread, _spread_ends(spread, n)


def _spread_ends(spread: float, n: int) -> tuple[float, float]:
    """Return the ends of the interval of a standard deviation, by the chi-squared distribution."""
    from scipy.special import chdtri

    if n < 2:
        return _UNKNOWN
    low, high = (
        spread * np.sqrt((n - 1) / chdtri(n - 1, tail)) for tail in ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    )
    return float(low), float(high)


def _pawn(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    from scipy.special import ndtri

    rng = np.random.default_rng(_SEED)
    n, k = sample.where.shape
    # Never more slices than give each a few rows.
    n_slices = max(own for own in _SLICES if own <= max(2, n // 5))
    own = pawn_medians(sample.where, y, n_slices)
    drawn = [rng.integers(0, n, n) for _ in range(_PAWN_RESAMPLES)]
    # Repeated rows make gaps larger: samples give the spread of the index, not its centre.
    spread = np.std([pawn_medians(sample.where[rows], y[rows], n_slices) for rows in drawn], axis=0, ddof=1)
    half = ndtri(0.5 + CONFIDENCE / 2) * spread
    shuffles = range(-(-_PAWN_RESAMPLES // k))
    shuffled = np.concatenate([pawn_medians(rng.permuted(sample.where, axis=0), y, n_slices) for _ in shuffles])
    ends = zip(np.fmax(0.0, own - half), np.fmin(1.0, own + half), strict=True)
    yield from zip(sample.names, ("median",) * k, own, ends, strict=True)
    yield NOTHING, "median", float(np.quantile(shuffled, CONFIDENCE)), _UNKNOWN
    yield from regressions(sample, y)


def pawn_medians(x: np.ndarray, y: np.ndarray, n_slices: int) -> np.ndarray:
    """Return the PAWN index of each factor, from (n, k) factors and (n,) results: as SALib does, but all factors at once.

    It is the median over slices of the largest gap between the distribution of results in a slice and that of all
    (Kolmogorov and Smirnov's statistic). The largest value of a factor is in no slice, as in SALib.
    """
    order = np.argsort(y, kind="stable")
    last = np.flatnonzero(np.append(np.diff(y[order]) != 0.0, True))
    ends = np.quantile(x, np.arange(0.0, 1.0 + 1.0 / n_slices, 1.0 / n_slices)[: n_slices + 1], axis=0)
    gaps = np.full((n_slices, x.shape[1]), np.nan)
    for k, (low, high) in enumerate(itertools.pairwise(ends)):
        inside = (x[order] >= low) & (x[order] < high)
        n = inside.sum(axis=0)
        share = np.cumsum(inside, axis=0)[last] / np.where(n, n, np.nan)
        gaps[k] = np.abs(share - (last[:, None] + 1) / len(y)).max(axis=0)
    return np.asarray(np.nanmedian(gaps, axis=0))


def regressions(sample: Sample, y: np.ndarray) -> Iterator[Index]:
    """Yield PRCC and SRC of each factor with an order, and R²; nothing where there are too few rows, or factors are collinear."""
    from scipy.special import ndtri, stdtrit
    from scipy.stats import rankdata

    values = sample.where if sample.values is None else sample.values
    ordered = np.flatnonzero(np.isfinite(values).all(axis=0) & (np.ptp(values, axis=0) > 0.0))
    x, n, k = values[:, ordered], len(y), len(ordered)
    ranks = rankdata(np.column_stack([x, y]), axis=0)
    if not k or n < k + 3 or min(map(np.linalg.matrix_rank, (x - x.mean(axis=0), ranks - ranks.mean(axis=0)))) < k:
        return
    names = [sample.names[place] for place in ordered]
    # Without the linear part of all others, the correlation of two is an element of the inverse of the correlation matrix.
    inverse = np.linalg.pinv(np.corrcoef(ranks, rowvar=False), hermitian=True)
    partial = np.clip(-inverse[:-1, -1] / np.sqrt(np.diag(inverse)[:-1] * inverse[-1, -1]), -1.0, 1.0)
    within = np.clip(partial, -1.0 + 1e-12, 1.0 - 1e-12)
    half = ndtri(0.5 + CONFIDENCE / 2) * np.sqrt((1.0 + within**2 / 2) / (n - k - 2))
    ends = np.tanh(np.arctanh(within) + np.outer((-1.0, 1.0), half)).T
    yield from zip(names, ("PRCC",) * k, partial, ends, strict=True)
    standard, target = (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean()) / y.std()
    slopes = np.linalg.lstsq(standard, target, rcond=None)[0]
    left = float(((target - standard @ slopes) ** 2).sum())
    errors = np.sqrt(left / (n - k - 1) * np.diag(np.linalg.inv(standard.T @ standard)))
    reach = stdtrit(n - k - 1, 0.5 + CONFIDENCE / 2) * errors
    yield from zip(names, ("SRC",) * k, slopes, np.column_stack([slopes - reach, slopes + reach]), strict=True)
    yield ALL, "R²", 1.0 - left / n, _UNKNOWN


def parameters_against_seeds(results: Store | Matched, measures: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the shares of the variance between runs that lie between points, between seeds, and in both.

    Points and seeds are crossed: every point is run with every seed. Components are those of
    :func:`civicsim.experiment.variance.variance_components`.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measures : sequence of str, optional
        Columns of the table of runs.

    Returns
    -------
    pandas.DataFrame
        A row per measure, style and source with columns measure, label, unit, style, source, share (of the variance), low,
        high, sd (in the measure's unit), n_points and n_seeds. Sources: "parameters" (differences between points whatever the
        seed), "seeds" (differences between seeds whatever the point, which matched differences remove), "both" (the effect of
        parameters depends on the seed). Intervals are 95 % jackknife intervals over groups of points and of seeds. NaN with
        one seed or one point.

    Raises
    ------
    CivicsimError
        If a run is missing: the message names it.
    """
    runs = matched(results, measures)
    rows: list[dict[str, Any]] = []
    for name, about in runs.columns.items():
        for style, part in runs.points.groupby("style", sort=False):
            values = _complete(runs, name, part["point"])
            case = {"measure": name, "label": about.label, "unit": about.unit, "style": style}
            for source, share, low, high, variance in split(values):
                found = {"source": source, "share": share, "low": low, "high": high, "sd": np.sqrt(max(variance, 0.0))}
                rows.append(case | found | dict(zip(("n_points", "n_seeds"), values.shape, strict=True)))
    return pd.DataFrame(rows)


_SOURCES = {"parameters": "parameters", "seeds": "seeds", WITHIN: "both"}


def split(values: np.ndarray) -> list[tuple[str, float, float, float, float]]:
    """Return source, share, low, high and variance of complete (points, seeds) values."""
    from scipy.special import stdtrit

    n_points, n_seeds = values.shape
    if n_points < 2 or n_seeds < 2:
        return [(word, np.nan, np.nan, np.nan, np.nan) for word in _SOURCES.values()]
    components = _components(values)
    share, spread = _shares(components), np.zeros(len(components))
    for axis, n in enumerate(values.shape):
        if n < 3:
            spread[:] = np.nan
            continue
        groups = np.arange(n) * min(_GROUPS, n) // n
        parts = (np.compress(groups != group, values, axis) for group in range(groups[-1] + 1))
        left = np.array([_shares(_components(part)) for part in parts])
        spread += (len(left) - 1) * left.var(axis=0)
    half = stdtrit(min(_GROUPS, *values.shape) - 1, 0.5 + CONFIDENCE / 2) * np.sqrt(spread)
    low, high = np.maximum(share - half, np.minimum(0.0, share)), np.minimum(share + half, np.maximum(1.0, share))
    numbers = zip(share.tolist(), low.tolist(), high.tolist(), components.values(), strict=True)
    found = dict(zip(components, numbers, strict=True))
    return [(word, *found[source]) for source, word in _SOURCES.items()]


def _shares(components: dict[str, float]) -> np.ndarray:
    return np.array([*shares_of(components).values()])


def _components(values: np.ndarray) -> dict[str, float]:
    points, seeds = np.indices(values.shape)
    return variance_components(values.ravel(), {"parameters": points.ravel(), "seeds": seeds.ravel()})
