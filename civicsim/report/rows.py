"""Panels of rows: a dot with a bar for each scenario or policy, one panel per measure in its own unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from civicsim.report.canvas import figure_of, text_size
from civicsim.report.look import GRID, PLAIN, SIZE, Look, Picture, draw_bars, own_look, width_of, wrapped
from civicsim.report.panels import columns_of, frame
from civicsim.report.paths import Shown, nothing_to_show, points_of

_ROW, _NAME_SHARE = 4.6, 0.36
"""Least height of a row in millimetres, and largest share of the width that names take."""


class Dot(NamedTuple):
    """One row: a mean, the ends of its bar (NaN where there is none), its look, whether the dot is filled, a median, and a line.

    Where both are drawn, the bar shows run-to-run variation and the thin line parameter uncertainty.
    """

    mean: float
    low: float = np.nan
    high: float = np.nan
    look: Look = PLAIN
    filled: bool = True
    median: float = np.nan
    outer_low: float = np.nan
    outer_high: float = np.nan


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
            first_left=max((width_of(name, SIZE) for name in names), default=0.0) / 72.0 + 0.12,
            **words,
        )
        for index, (measure, ax) in enumerate(zip(about, panels, strict=True)):
            dots, how = dots_of(measure)
            draw_rows(ax, dots, **how)
            first = index % columns_of(len(about)) == 0
            ax.set_yticks(range(len(names)), names if first else [""] * len(names), parse_math=False, fontsize=SIZE)
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
    for at, dot in enumerate(dots):
        look = dot.look
        draw_bars(ax, look, (dot.low, dot.high), (dot.outer_low, dot.outer_high), at)
        if not np.isnan(dot.median):
            how_marked: dict[str, Any] = {"marker": "|", "markersize": 1.2 * text_size(), "markeredgewidth": 1.4}
            ax.plot(dot.median, at, color=look.colour, zorder=2, **how_marked)
        fill = look.colour if dot.filled else "white"
        ax.plot(dot.mean, at, markerfacecolor=fill, zorder=3, **look.of_dot | {"markersize": 0.6 * text_size()})
    values = [line, *(end for dot in dots for end in (*dot[:3], dot.median, dot.outer_low, dot.outer_high))]
    left, right = float(np.nanmin(values)), float(np.nanmax(values))
    pad = 0.08 * (right - left) or 0.05 * abs(left) or 0.5
    ax.set_xlim(left - pad, right + pad)
    ax.tick_params(axis="x", labelsize=text_size(0.94))
    ax.xaxis.set_major_locator(RoundTicks(ax))


def named_rows(ax: Axes, names: Sequence[str], dots: Sequence[Dot], **how: Any) -> float:
    """Draw rows with their names beside them, and return the height of the panel in millimetres; see :func:`draw_rows`."""
    draw_rows(ax, dots, **how)
    return name_rows(ax, names)


def name_rows(ax: Axes, names: Sequence[str]) -> float:
    """Write names beside rows, on as many lines as these need, and return the height of the panel in millimetres."""
    room = _NAME_SHARE * 72.0 * figure_of(ax).get_figwidth()
    lines = [wrapped(name, room, text_size(0.94)) for name in names]
    ax.set_yticks(range(len(names)), ["\n".join(own) for own in lines], parse_math=False)
    most = max((len(own) for own in lines), default=1)
    return 14.0 + max(_ROW, 1.2 + 0.42 * text_size() * most) * max(len(names), 2)


class RoundTicks(MaxNLocator):
    """As many round ticks on a horizontal axis as there is room for."""

    def __init__(self, ax: Axes) -> None:
        super().__init__(5, steps=[1, 2, 2.5, 5, 10])
        self._ax = ax

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return ticks between two ends, with room for their words."""
        ticks, size = np.zeros(1), float(self._ax.xaxis.get_tick_params()["labelsize"])
        for steps in (5, 4, 3, 2, 1):
            self.set_params(nbins=steps)
            ticks = np.asarray(super().tick_values(vmin, vmax))
            ticks = ticks[(vmin <= ticks) & (ticks <= vmax)]
            words = self._ax.xaxis.get_major_formatter().format_ticks(ticks.tolist())
            if len(ticks) < 2 or max(width_of(word, size) for word in words) + 8.0 < _step(self._ax, ticks):
                break
        return ticks


def _step(ax: Axes, ticks: np.ndarray) -> float:
    """Return how far ticks are apart, in points."""
    left, right = ax.get_xlim()
    return float(ticks[1] - ticks[0]) / (right - left) * points_of(ax)[0]
