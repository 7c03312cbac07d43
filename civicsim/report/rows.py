"""Panels of rows: a dot with a bar for each scenario or policy, one panel per measure in its own unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from civicsim.report.look import GRID, Look, Picture, own_look, width_of
from civicsim.report.panels import Shown, columns_of, frame
from civicsim.report.paths import nothing_to_show, points_of

_SIZE, _TICK_SIZE = 9.0, 8.5


class Dot(NamedTuple):
    """One row: a mean, the ends of its bar (NaN where there is none), its look, whether the dot is filled, and a median."""

    mean: float
    low: float
    high: float
    look: Look
    filled: bool = True
    median: float = np.nan


def row_panels(
    about: Mapping[str, Shown],
    names: Sequence[str],
    keys: Sequence[tuple[Line2D, str]],
    dots_of: Callable[[str], tuple[Sequence[Dot], Mapping[str, Any]]],
    **words: Any,
) -> Picture:
    """Return a figure with a panel per measure and a row per name, the first on top.

    ``dots_of`` returns the dots of a measure, and further arguments of :func:`draw_rows`; ``keys`` and ``words`` are those of
    :func:`civicsim.report.panels.frame`.
    """
    with own_look():
        figure, panels = frame(
            list(about.values()),
            keys,
            panel_height=0.24 * max(len(names), 2) + 0.1,
            left=0.08,
            below=0.30,
            first_left=max((width_of(name, _SIZE) for name in names), default=0.0) / 72.0 + 0.12,
            **words,
        )
        for index, (measure, ax) in enumerate(zip(about, panels, strict=True)):
            dots, how = dots_of(measure)
            draw_rows(ax, dots, **how)
            first = index % columns_of(len(about)) == 0
            ax.set_yticks(range(len(names)), names if first else [""] * len(names), parse_math=False, fontsize=_SIZE)
    return figure


def draw_rows(ax: Axes, dots: Sequence[Dot], line: float = np.nan, **how: Any) -> None:
    """Draw a row per dot, the first on top, and a vertical line if it has a place; ``how`` is its style."""
    ax.set_ylim(max(len(dots), 1) - 0.4, -0.6)
    ax.grid(axis="x", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    if all(np.isnan(dot.mean) for dot in dots):
        nothing_to_show(ax)
        ax.set_xticks([])
        return
    if not np.isnan(line):
        ax.axvline(line, zorder=1, **how)
    for at, (mean, low, high, look, filled, median) in enumerate(dots):
        ax.plot([low, high], [at, at], color=look.colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
        if not np.isnan(median):
            ax.plot(median, at, color=look.colour, marker="|", markersize=11.0, markeredgewidth=1.4, zorder=2)
        ax.plot(mean, at, markerfacecolor=look.colour if filled else "white", zorder=3, **look.of_dot)
    shown = [line, *(end for dot in dots for end in (*dot[:3], dot.median))]
    left, right = float(np.nanmin(shown)), float(np.nanmax(shown))
    pad = 0.08 * (right - left) or 0.05 * abs(left) or 0.5
    ax.set_xlim(left - pad, right + pad)
    ax.set_xticks(_round_ticks(ax))


def _round_ticks(ax: Axes) -> list[float]:
    """Return as many round ticks on the horizontal axis as there is room for."""
    left, right = ax.get_xlim()
    ticks = [0.0]
    for steps in (5, 4, 3, 2, 1):
        places = MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10]).tick_values(left, right)
        ticks = [tick for tick in places if left <= tick <= right]
        words = ax.xaxis.get_major_formatter().format_ticks(ticks)
        if len(ticks) < 2 or max(width_of(word, _TICK_SIZE) for word in words) + 8.0 < _step(ax, ticks):
            break
    return ticks


def _step(ax: Axes, ticks: Sequence[float]) -> float:
    """Return how far ticks are apart, in points."""
    left, right = ax.get_xlim()
    return (ticks[1] - ticks[0]) / (right - left) * points_of(ax)[0]
