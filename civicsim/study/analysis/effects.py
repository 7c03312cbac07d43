"""Effects of the factors of a full grid: main, simple and interaction effects by matched seed, and shares of the variance.

Factors are styles, swept parameters and sets of shocks, each with several levels. Every effect is a contrast between levels of
runs that share seed and draw, so that :func:`civicsim.study.analysis.contrasts.contrast` keeps run-to-run variation and
parameter uncertainty apart. Levels are compared with the first that the study lists, styles with its baseline.

Source: Montgomery (2017, Design and Analysis of Experiments, 9th ed., ch. 5 and 15): effects and sums of squares of factorial
designs, with seeds as blocks.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE, estimate
from civicsim.experiment.wording import setting_text
from civicsim.study.analysis.contrasts import contrast
from civicsim.study.analysis.matched import About, Matched, matched, mean_of, middle
from civicsim.study.store.store import Store

MAIN, SIMPLE, INTERACTION = "main", "simple", "interaction"
DRAWS, RUNS, HIGHER = "parameter uncertainty", "run-to-run variation", "four factors or more"
_HIGHEST = 3
"""Most factors of an interaction that has a row of its own."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A full grid: matched runs by level of each factor.

    Attributes
    ----------
    runs : Matched
        The runs.
    levels : dict of str to list
        Levels by factor, a column of points; the first is the one that others are compared with.
    place : (levels, ..., draws) array of int
        Number of each point.
    """

    runs: Matched
    levels: dict[str, list[Any]]
    place: np.ndarray

    def axis(self, factor: str) -> int:
        """Return the axis of a factor; refuse one that the grid has not."""
        checks.keys([factor], self.levels, f"{self.runs.where}: no factor")
        return list(self.levels).index(factor)

    def values(self, measure: str, kept: Sequence[str]) -> np.ndarray:
        """Return the mean over all factors but those kept, in their order: shape (levels, ..., draws, seeds).

        A seed that lacks a cell has no mean, so that every mean is over the same cells.
        """
        axes = [self.axis(factor) for factor in kept]
        others = [axis for axis in range(len(self.levels)) if axis not in axes]
        values = self.runs.values[measure][self.place].transpose([*axes, *others, -2, -1])
        return np.asarray(values.mean(axis=tuple(range(len(axes), len(self.levels)))))


def grid_of(results: Store | Matched, measures: Sequence[str] | None = None) -> Grid:
    """Return the full grid of a study.

    Raises
    ------
    CivicsimError
        If nothing has several levels, or a combination of levels is no point or several; the message names one.
    """
    runs = matched(results, measures)
    points = runs.points
    by_style = points.groupby("style")
    swept = [name for name in runs.swept if by_style[name].nunique().max() > 1]
    names = [name for name in ("style", *swept, "shock") if points[name].nunique() > 1]
    if not names:
        raise CivicsimError(f"{runs.where}: effects need factors with several listed levels, and there are none")
    levels = {name: list(dict.fromkeys(points[name].tolist())) for name in names}
    if "style" in levels:
        levels["style"].sort(key=lambda style: style != runs.baseline)
    codes = [points[name].map({level: k for k, level in enumerate(own)}).to_numpy() for name, own in levels.items()]
    draws = np.unique(points["draw"], return_inverse=True)[1]
    shape = (*map(len, levels.values()), int(draws.max()) + 1)
    at = np.ravel_multi_index((*codes, draws), shape)
    n = np.bincount(at, minlength=int(np.prod(shape)))
    if (n != 1).any():
        first = int(np.flatnonzero(n != 1)[0])
        where = np.unravel_index(first, shape)[:-1]
        cell = ", ".join(f"{name} = {setting_text(levels[name][k])}" for name, k in zip(names, where, strict=True))
        many = "is no point" if n[first] == 0 else f"stands for {n[first]} points"
        raise CivicsimError(f"{runs.where}: effects need a full grid, and {cell} {many}")
    place = np.empty(shape, dtype=int)
    place.ravel()[at] = points["point"]
    return Grid(runs, levels, place)


def effects(
    results: Store | Matched,
    factor: str | None = None,
    by: Sequence[str] = (),
    measures: Sequence[str] | None = None,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return the effects of the factors of a full grid.

    Parameters
    ----------
    results : Store or Matched
        Results of a study whose points are a full grid of styles, swept parameters and sets of shocks.
    factor : str, optional
        The factor whose effect is asked for; by default all main effects and all interactions of two factors.
    by : sequence of str
        Factors on which the effect may depend; by default each of the others, one at a time.
    measures : sequence of str, optional
        Columns of the table of runs; see :func:`civicsim.study.analysis.matched.matched`.
    confidence : float
        Coverage of the intervals; 0-1.

    Returns
    -------
    pandas.DataFrame
        A row per measure and effect with columns measure, label, unit, better; kind, term, change, at; and those of
        :func:`civicsim.study.analysis.contrasts.contrasts` from difference on. ``change`` names two levels of the factor,
        and ``at``, by kind, what the others do:

        - "main": nothing, the mean over all their levels;
        - "simple": they stay at these levels, and factors not named are averaged over;
        - "interaction": the difference of the effect between these levels, of two factors the difference of differences.

    Raises
    ------
    CivicsimError
        If the points are not a full grid, or there is no such factor.
    """
    grid = grid_of(results, measures)
    rows: list[dict[str, Any]] = []
    for name, about in grid.runs.columns.items():
        for kind, moved, fixed in _asked(grid, factor, by):
            rows += [about.row | row for row in _effects(grid, name, about, kind, moved, fixed, confidence)]
    return pd.DataFrame(rows)


type _Names = tuple[str, ...]


def _asked(grid: Grid, factor: str | None, by: Sequence[str]) -> Iterator[tuple[str, _Names, _Names]]:
    """Yield kinds of effects, with the factors that move and those that stay at one level."""
    if factor is None:
        if by:
            raise CivicsimError(
                f"{grid.runs.where}: by = {', '.join(by)}: expected the factor whose effect depends on it"
            )
        for kind, n in ((MAIN, 1), (INTERACTION, 2)):
            yield from ((kind, moved, ()) for moved in itertools.combinations(grid.levels, n))
        return
    for name in (factor, *by):
        grid.axis(name)
    if factor in by:
        raise CivicsimError(f"{grid.runs.where}: {factor} is both the factor and among those that it depends on")
    others = list(dict.fromkeys(by)) or [name for name in grid.levels if name != factor]
    yield MAIN, (factor,), ()
    yield from ((SIMPLE, (factor,), fixed) for fixed in ([tuple(others)] if by else [(name,) for name in others]))
    for n in (1, 2) if by else (1,):
        yield from ((INTERACTION, (factor, *own), ()) for own in itertools.combinations(others, n))


def _effects(
    grid: Grid, measure: str, about: About, kind: str, moved: _Names, fixed: _Names, confidence: float
) -> Iterator[dict[str, Any]]:
    """Yield the effects of factors that move, each level against the first, at each combination of levels of those fixed."""
    values = grid.values(measure, (*fixed, *moved))
    # A difference of differences has wider bounds than a difference.
    for _ in moved[1:]:
        about = dataclasses.replace(about, bounds=about.apart)
    steps = [range(1, len(grid.levels[name])) for name in moved]
    for stay in itertools.product(*(range(len(grid.levels[name])) for name in fixed)):
        for step in itertools.product(*steps):
            first, second = values[stay][step[0]], values[stay][0]
            for level in step[1:]:
                first, second = first[level] - first[0], second[level] - second[0]
            words = [
                f"{name} {setting_text(grid.levels[name][level])} − {setting_text(grid.levels[name][0])}"
                for name, level in zip(moved, step, strict=True)
            ]
            where = [f"{name} = {setting_text(grid.levels[name][k])}" for name, k in zip(fixed, stay, strict=True)]
            row = {"kind": kind, "term": " × ".join(moved), "change": words[0], "at": ", ".join([*words[1:], *where])}
            yield row | contrast(first, second, about, confidence)


def cell_means(results: Store | Matched, measure: str, factors: Sequence[str]) -> pd.DataFrame:
    """Return the mean of a measure at each combination of levels of factors, over all levels of the others.

    Parameters
    ----------
    results
        As for :func:`effects`.
    measure : str
        Column of the table of runs.
    factors : sequence of str
        The factors, in the order of the rows.

    Returns
    -------
    pandas.DataFrame
        A row per combination: a column per factor, and mean, run_low, run_high, parameter_low, parameter_high, n_seeds,
        n_draws as in :func:`civicsim.study.analysis.contrasts.contrasts`.
    """
    grid = grid_of(results, [measure])
    bounds, values = grid.runs.about(measure).bounds, grid.values(measure, factors)
    rows = []
    for place in np.ndindex(values.shape[:-2]):
        by_draw, by_seed = mean_of(values[place], axis=1), mean_of(values[place], axis=0)
        run = estimate(by_seed, bounds=bounds)
        low, high = middle(by_draw) if len(by_draw) > 1 else (np.nan, np.nan)
        cell = {name: grid.levels[name][k] for name, k in zip(factors, place, strict=True)}
        found = run.columns("mean", "run_") | {"parameter_low": float(low), "parameter_high": float(high)}
        rows.append(cell | found | {"n_seeds": run.n, "n_draws": len(by_draw)})
    return pd.DataFrame(rows)


def variance_shares(results: Store | Matched, measures: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the share of each factor and interaction in the variance of the runs of a full grid: an exact decomposition.

    Sums of squares add up to that of all runs, each cell of the grid with equal weight. Seeds without a value in every cell
    are left out.

    Parameters
    ----------
    results, measures
        As for :func:`effects`.

    Returns
    -------
    pandas.DataFrame
        A row per measure and term with columns measure, label, unit, term, order (number of factors; 0 for other rows),
        share (of the variance), chance (the share that a term without any effect has on average, from its interaction with
        seeds; NaN with one seed), n_cells, n_draws, n_seeds. After the interactions of up to three factors come "four factors
        or more", "parameter uncertainty" (draws, and their interactions with factors) and "run-to-run variation" (seeds, and
        all interactions with them), each where there is any. Shares are NaN where nothing varies.

    Raises
    ------
    CivicsimError
        If the points are not a full grid.
    """
    grid = grid_of(results, measures)
    rows: list[dict[str, Any]] = []
    for name, about in grid.runs.columns.items():
        values = grid.values(name, list(grid.levels))
        values = values[..., ~np.isnan(values).any(axis=tuple(range(values.ndim - 1)))]
        *cells, n_draws, n_seeds = values.shape
        case = {"measure": name, "label": about.label, "unit": about.unit}
        size = {"n_cells": int(np.prod(cells)), "n_draws": n_draws, "n_seeds": n_seeds}
        values = values if n_seeds else np.full((*cells, n_draws, 1), np.nan)
        rows += [{**case, **found, **size} for found in _shares(values, list(grid.levels))]
    return pd.DataFrame(rows)


def _shares(values: np.ndarray, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield term, order, share and chance of (levels, ..., draws, seeds) values."""
    n_draws, n_seeds = values.shape[-2:]
    over = float(values.var()) if np.ptp(values) > 0.0 else np.nan
    by_cell, by_seed = values.mean(axis=(-2, -1)), values.mean(axis=-2)
    left = float(by_cell.var())
    for order in range(1, min(_HIGHEST, len(names)) + 1):
        for axes in itertools.combinations(range(len(names)), order):
            own = _square(by_cell, axes)
            left -= own
            # Its sum of squares with seeds, over their degrees of freedom, is what chance alone gives the term.
            chance = _square(by_seed, (*axes, by_seed.ndim - 1)) / (n_seeds - 1) if n_seeds > 1 else np.nan
            yield {
                "term": " × ".join(names[k] for k in axes),
                "order": order,
                "share": own / over,
                "chance": chance / over,
            }
    rest = {} if len(names) <= _HIGHEST else {HIGHER: left}
    if n_draws > 1:
        rest[DRAWS] = float(values.mean(axis=-1).var() - by_cell.var())
    if n_seeds > 1:
        rest[RUNS] = float(values.var(axis=-1).mean())
    yield from ({"term": term, "order": 0, "share": own / over, "chance": np.nan} for term, own in rest.items())


def _square(values: np.ndarray, axes: Sequence[int]) -> float:
    """Return the mean square of the interaction of some axes, after all that fewer of them explain."""
    part = values.mean(axis=tuple(k for k in range(values.ndim) if k not in axes), keepdims=True)
    for axis in axes:
        part = part - part.mean(axis=axis, keepdims=True)
    return float((part**2).mean())
