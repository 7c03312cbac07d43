"""Figures of the fit of the status quo: targets and simulated values, and the parameter values that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from civicsim.experiment.wording import number, percent, with_interval
from civicsim.report.look import BASELINE_COLOUR, GRID, INK, Picture, own_look, plain

if TYPE_CHECKING:
    from civicsim.calibration.waves import Calibration

_HOLDS, _FAILS = "#0072b2", "#d55e00"
_ROW = 0.3
"""Height of a row, in inches."""
_FURTHEST = 2.6
"""Half widths of a target beyond which a value is drawn at the edge."""


def targets_figure(table: pd.DataFrame, title: str, footer: str = "") -> Figure:
    """Draw each target as a row: the published range as a grey bar of one width, the simulated value as a dot on it.

    Parameters
    ----------
    table : pandas.DataFrame
        A row per target, as in :attr:`civicsim.calibration.validation.Validation.targets`.
    title, footer : str
        Above and below the rows.
    """
    with own_look():
        figure, axes = _rows_figure(len(table), (12.5, 0.38, 0.3), title, footer)
        for place, row in enumerate(table.to_dict("records")):
            _draw_target(axes, place, row)
        where: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "xytext": (8, 3)}
        axes.annotate("simulated (95 % interval);  published", (1, 1), fontsize=7.5, color=BASELINE_COLOUR, **where)
        axes.set(xlim=(-_FURTHEST - 0.2, _FURTHEST + 0.2), xticks=[-1, 1])
        axes.set_xticklabels(["low end", "high end"], fontsize=7.5)
        axes.tick_params(length=0)
    return figure


def _rows_figure(n: int, across: tuple[float, float, float], title: str, footer: str) -> tuple[Figure, Axes]:
    """Return a figure with room for rows: ``across`` holds its width in inches, and left end and width of its axes."""
    height = 1.5 + _ROW * n
    figure = Picture(figsize=(across[0], height))
    axes = figure.add_axes((across[1], 0.75 / height, across[2], 1 - 1.45 / height))
    figure.text(0.015, 1 - 0.3 / height, title, fontsize=12, fontweight="bold", color=INK, va="center")
    figure.text(0.015, 0.16 / height, footer, fontsize=7.5, color=BASELINE_COLOUR, va="center")
    axes.set(ylim=(n - 0.4, -0.6), yticks=[], xticks=[])
    axes.spines[:].set_visible(False)
    axes.grid(False)
    return figure, axes


def _beside(axes: Axes, words: str, place: int, side: int, colour: str = INK) -> None:
    """Write words beside a row: left of the axes (−1) or right of them (1)."""
    where: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    how: dict[str, Any] = {"ha": "right", "fontsize": 8.0} if side < 0 else {"ha": "left", "fontsize": 7.5}
    axes.annotate(words, (max(side, 0), place), (8 * side, 0), va="center", color=colour, **how, **where)


def _draw_target(axes: Axes, place: int, row: Mapping[Any, Any]) -> None:
    middle, half = 0.5 * (row["low"] + row["high"]), 0.5 * (row["high"] - row["low"])
    at, low, high = (
        np.clip((row[key] - middle) / half, -_FURTHEST, _FURTHEST)
        for key in ("simulated", "simulated_low", "simulated_high")
    )
    colour = _HOLDS if row["holds"] else _FAILS
    axes.barh(place, 2.0, left=-1.0, height=0.62, color=GRID, zorder=1)
    axes.plot([low, high], [place, place], color=colour, linewidth=1.6, zorder=2)
    axes.plot(at, place, "o" if row["holds"] else "X", color=colour, markersize=6.0, zorder=3)
    words = f"{row['pattern']}  " if row["pattern"] else ""
    _beside(axes, words + plain(row["finding"], 90), place, -1)
    published = f"{number(row['low'])} to {number(row['high'])} {row['unit']}"
    value, ends = with_interval(row["simulated"], row["simulated_low"], row["simulated_high"])
    _beside(axes, f"{value} ({ends});  {published}", place, 1, INK if row["holds"] else _FAILS)


def parameters_figure(calibration: Calibration, determined: Sequence[float]) -> Figure:
    """Draw each free parameter as a row: the range searched, and the draws within it.

    The thick bar holds the middle half of the draws, the thin line nine tenths, the diamond is the best draw and the tick
    the declared default. Rows are sorted by how far the fit pins the parameter down.
    """
    order = np.argsort(-np.asarray(determined), kind="stable")
    title = "Parameter values that fit: range searched, and draws within it"
    footer = (
        f"Line: nine tenths of {len(calibration.draws)} draws; bar: half of them; diamond: the best draw; black tick: the "
        "declared default. Pinned down: how much narrower the draws are than the range."
    )
    with own_look():
        figure, axes = _rows_figure(len(order), (11.0, 0.33, 0.42), title, footer)
        best = calibration.draws[int(np.argmin(calibration.implausibility))]
        for place, k in enumerate(order):
            factor = calibration.plan.free[k]
            assert factor.range is not None
            low, high = factor.range.low, factor.range.high
            ends = np.quantile(calibration.draws[:, k], [0.05, 0.25, 0.75, 0.95])
            usual = (float(factor.about.default) - low) / (high - low)
            axes.barh(place, 1.0, height=0.62, color=GRID, zorder=1)
            axes.plot(ends[[0, 3]], [place, place], color=_HOLDS, linewidth=1.4, zorder=2)
            axes.plot(ends[[1, 2]], [place, place], color=_HOLDS, linewidth=5.0, solid_capstyle="butt", zorder=3)
            axes.plot(best[k], place, "D", color=_FAILS, markersize=5.0, zorder=4)
            axes.plot([usual, usual], [place - 0.31, place + 0.31], color=INK, linewidth=1.4, zorder=4)
            _beside(axes, factor.key, place, -1)
            pinned = percent(max(0.0, float(determined[k])))
            _beside(axes, f"{number(low)} to {number(high)};  pinned down {pinned}", place, 1)
        axes.set_xlim(-0.02, 1.02)
    return figure
