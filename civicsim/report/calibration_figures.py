"""Figures of the fit of the status quo: targets and simulated values, and the parameter values that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from civicsim.report.look import BASELINE_COLOUR, GRID, INK, Picture, own_look, plain
from civicsim.report.words import number, with_interval

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

    Returns
    -------
    matplotlib.figure.Figure
        Unknown to :mod:`matplotlib.pyplot`; notebooks show it.
    """
    with own_look():
        figure = Picture(figsize=(12.5, 1.5 + _ROW * len(table)))
        axes = figure.add_axes((0.38, 0.75 / figure.get_figheight(), 0.3, 1 - 1.45 / figure.get_figheight()))
        _draw_targets(axes, table)
        figure.text(
            0.015, 1 - 0.3 / figure.get_figheight(), title, fontsize=12, fontweight="bold", color=INK, va="center"
        )
        if footer:
            figure.text(0.015, 0.16 / figure.get_figheight(), footer, fontsize=7.5, color=BASELINE_COLOUR, va="center")
    return figure


def _draw_targets(axes: Axes, table: pd.DataFrame) -> None:
    for place, row in enumerate(table.to_dict("records")):
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
        axes.annotate(
            words + plain(row["says"], 90), (0, place), xycoords=("axes fraction", "data"), xytext=(-8, 0),
            textcoords="offset points", ha="right", va="center", fontsize=8, color=INK,
        )  # fmt: skip
        published = f"{row['low']:g} to {row['high']:g}".replace("-", "−")
        values, ends = with_interval(row["simulated"], row["simulated_low"], row["simulated_high"])
        axes.annotate(
            f"{values} ({ends});  {published} {row['unit']}", (1, place), xycoords=("axes fraction", "data"), xytext=(8, 0),
            textcoords="offset points", ha="left", va="center", fontsize=7.5, color=INK if row["holds"] else _FAILS,
        )  # fmt: skip
    axes.annotate(
        "simulated (95 % interval);  published", (1, 1), xycoords="axes fraction", xytext=(8, 3), textcoords="offset points",
        fontsize=7.5, color=BASELINE_COLOUR,
    )  # fmt: skip
    axes.set(xlim=(-_FURTHEST - 0.2, _FURTHEST + 0.2), ylim=(len(table) - 0.4, -0.6), yticks=[], xticks=[-1, 1])
    axes.set_xticklabels(["low end", "high end"], fontsize=7.5)
    axes.tick_params(length=0)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    axes.grid(False)


def parameters_figure(calibration: Calibration, determined: Sequence[float]) -> Figure:
    """Draw each free parameter as a row: the range searched, and the draws within it.

    The thick bar holds the middle half of the draws, the thin line nine tenths, the diamond is the best draw and the tick
    the declared default. Rows are sorted by how far the fit pins the parameter down.
    """
    order = np.argsort(-np.asarray(determined), kind="stable")
    with own_look():
        figure = Picture(figsize=(11.0, 1.5 + _ROW * len(order)))
        axes = figure.add_axes((0.33, 0.75 / figure.get_figheight(), 0.42, 1 - 1.45 / figure.get_figheight()))
        best = calibration.draws[int(np.argmin(calibration.implausibility))]
        for place, k in enumerate(order):
            factor = calibration.plan.free[k]
            assert factor.range is not None
            low, high = factor.range.low, factor.range.high
            ends = np.quantile(calibration.draws[:, k], [0.05, 0.25, 0.75, 0.95])
            axes.barh(place, 1.0, height=0.62, color=GRID, zorder=1)
            axes.plot(ends[[0, 3]], [place, place], color=_HOLDS, linewidth=1.4, zorder=2)
            axes.plot(ends[[1, 2]], [place, place], color=_HOLDS, linewidth=5.0, solid_capstyle="butt", zorder=3)
            axes.plot(best[k], place, "D", color=_FAILS, markersize=5.0, zorder=4)
            usual = (float(factor.about.default) - low) / (high - low)
            axes.plot([usual, usual], [place - 0.31, place + 0.31], color=INK, linewidth=1.4, zorder=4)
            axes.annotate(
                factor.key, (0, place), xycoords=("axes fraction", "data"), xytext=(-8, 0), textcoords="offset points",
                ha="right", va="center", fontsize=8, color=INK,
            )  # fmt: skip
            axes.annotate(
                f"{number(low)} to {number(high)};  pinned down {max(0.0, float(determined[k])):.0%}", (1, place),
                xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points", ha="left", va="center",
                fontsize=7.5, color=INK,
            )  # fmt: skip
        axes.set(xlim=(-0.02, 1.02), ylim=(len(order) - 0.4, -0.6), yticks=[], xticks=[])
        for side in ("left", "right", "top", "bottom"):
            axes.spines[side].set_visible(False)
        axes.grid(False)
        heading = "Parameter values that fit: range searched, and draws within it"
        figure.text(
            0.015, 1 - 0.3 / figure.get_figheight(), heading, fontsize=12, fontweight="bold", color=INK, va="center"
        )
        footer = (
            f"Line: nine tenths of {len(calibration.draws)} draws; bar: half of them; diamond: the best draw; black tick: the "
            "declared default. Pinned down: how much narrower the draws are than the range."
        )
        figure.text(0.015, 0.16 / figure.get_figheight(), footer, fontsize=7.5, color=BASELINE_COLOUR, va="center")
    return figure
