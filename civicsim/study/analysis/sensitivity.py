"""Sensitivity of a measure to factors, by the method that follows from the design of a study.

These are Sobol' indices from a Sobol' design, elementary effects from a Morris design, PAWN from a Latin hypercube of settings or
from the draws of the uncertainties (:mod:`civicsim.study.analysis.indices`), and an exact analysis of variance from a full grid
(:mod:`civicsim.study.analysis.effects`). Each rests on means over seeds, and on every run: a run that is missing, has failed or has
no number stops the analysis, which would otherwise be silently wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.study.analysis.effects import variance_shares
from civicsim.study.analysis.indices import MOST_NAMED, NO_VARIANCE, Sample, indices
from civicsim.study.analysis.matched import Matched, is_number, matched
from civicsim.study.design.designs import Design, unit_sample
from civicsim.study.store.store import Store


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
    runs, design = matched(store, measures), store.study.layout
    if not design.uncertain and runs.points["draw"].nunique() == 1 and not difference:
        return _of_grid(runs)
    sample, words = (
        sample_of(runs, design, [factor.column for factor in store.study.swept if not factor.held]),
        runs.policy_words(),
    )
    # Draws are averaged over where settings are sampled; sets of shocks are analysed one by one.
    key, row = ("style", "setting") if design.sampled else ("policy", "draw")
    rows: list[dict[str, Any]] = []
    for name, about in runs.columns.items():
        for (own, shock), part in (runs.compared if difference else runs.points).groupby([key, "shock"], sort=False):
            if styles is not None and part["style"].iloc[0] not in styles:
                continue
            values = complete(runs, name, part["point"])
            if difference:
                values = values - complete(runs, name, part["against"])
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
        complete(runs, name, runs.points["point"])
    same = {"words": "all levels", "shock": "", "method": "anova", "low": np.nan, "high": np.nan}
    rows = shares.rename(columns={"term": "factor", "share": "value", "n_cells": "n"}).assign(**same)
    rows["index"] = np.where(rows["value"].isna(), NO_VARIANCE, "share")
    rows["index_unit"] = _INDEX_UNIT["share"]
    order = ("measure", "label", "unit", "words", "shock", "method", "factor", "index", "value", "low", "high")
    return rows[[*order, "index_unit", "n", "n_seeds"]]


def sample_of(runs: Matched, design: Design, free: Sequence[str]) -> Sample:
    """Return the sample that an analysis rests on: of the settings, or else of the uncertainties; refuse neither.

    ``free`` are the columns of the factors that the design varies, in the order of its sample.
    """
    if design.sampled:
        method = {"sobol": "sobol", "morris": "morris"}.get(design.method, "pawn")
        settings = runs.points.drop_duplicates("setting").sort_values("setting")
        where = unit_sample(design, len(free))
        return Sample(method, tuple(free), where, design.second_order, design.levels, _values_of(settings, free))
    if design.uncertain:
        raise CivicsimError(
            f"{runs.where}: a design of forms changes one rule at a time and is not a sample: civicsim study multiverse reads it"
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


def complete(runs: Matched, name: str, points: pd.Series) -> np.ndarray:
    """Return the values of points by seed; refuse runs that have no number, and name some of them."""
    which = points.to_numpy()
    values = runs.values[name][which]
    found = [(int(which[row]), runs.seeds[column]) for row, column in np.argwhere(~np.isfinite(values))]
    if not found:
        return values
    named = ", ".join(
        f"{point}:{seed} ({'failed' if (point, seed) in runs.failed else 'missing, or without a number'})"
        for point, seed in found[:MOST_NAMED]
    )
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    raise CivicsimError(
        f"{runs.where}: {name}: the design is incomplete: {len(found)} of {values.size} runs have no value "
        f"(point:seed {named}{more}); civicsim study run {runs.where} --retry-failed completes what it can"
    )
