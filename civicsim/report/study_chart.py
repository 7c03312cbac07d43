"""The chart of a study: a dot with a bar for every policy, one panel per measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from civicsim.report.figures import round_ticks
from civicsim.report.look import BASELINE_COLOUR, GRID, Look, Picture, looks_of, own_look, plain, sample, width_of
from civicsim.report.panels import Shown, columns_of, frame
from civicsim.report.paths import nothing_to_show
from civicsim.report.words import counted

MOST_DOTS = 24
"""Largest number of policies that are legible in one chart. Assumption."""
_LONGEST_NAME, _SIZE = 44, 9.0


@dataclass(frozen=True)
class Row:
    """The results of one policy.

    Attributes
    ----------
    words, style : str
        Its name, and its governance style.
    n : int
        Runs that it rests on.
    ends : dict of str to (float, float, float)
        By column: mean, and ends of the bar; NaN where there is none.
    """

    words: str
    style: str
    n: int
    ends: dict[str, tuple[float, float, float]]


def study_chart(about: Mapping[str, Shown], rows: Sequence[Row], baseline: str, bar: str) -> Picture:
    """Draw means with their bars, one panel per measure in its own unit.

    Parameters
    ----------
    about : mapping of str to Shown
        Measures by column.
    rows : sequence of Row
        Policies, the first on top; at most :data:`MOST_DOTS` are legible.
    baseline : str
        Style that is drawn in grey; where it has one policy, a line goes through its mean.
    bar : str
        What bars are, in a sentence.

    Returns
    -------
    matplotlib.figure.Figure
        Unknown to :mod:`matplotlib.pyplot`.
    """
    looks = looks_of(list(dict.fromkeys(row.style for row in rows)), baseline)
    same = len({row.n for row in rows}) == 1
    names = [plain(row.words, _LONGEST_NAME) + ("" if same else f" (n = {row.n})") for row in rows]
    runs = f"{counted(rows[0].n, 'run')} each" if same else "n: runs"
    through = [row for row in rows if row.style == baseline]
    line = f" Dashed line: mean of {baseline}." if len(through) == 1 and len(rows) > 1 else ""
    keys = [] if len(looks) in (1, len(rows)) else [(_key(look), label) for label, look in looks.items()]
    with own_look():
        figure, panels = frame(
            list(about.values()),
            keys,
            footer=[f"Dot: mean ({runs}). {bar}{line} Axes are cut to what they show."],
            panel_height=0.24 * max(len(rows), 2) + 0.1,
            left=0.08,
            below=0.30,
            first_left=max(width_of(name, _SIZE) for name in names) / 72.0 + 0.12,
        )
        for index, (column, ax) in enumerate(zip(about, panels, strict=True)):
            _draw(ax, rows, column, looks, through[0].ends[column][0] if line else np.nan)
            first = index % columns_of(len(about)) == 0
            ax.set_yticks(range(len(rows)), names if first else [""] * len(rows), parse_math=False, fontsize=_SIZE)
    return figure


def _draw(ax: Axes, rows: Sequence[Row], column: str, looks: Mapping[str, Look], line: float) -> None:
    """Draw a row per policy, the first on top."""
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="x", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    shown = [number for row in rows for number in row.ends[column] if not np.isnan(number)]
    if not shown:
        nothing_to_show(ax)
        ax.set_xticks([])
        return
    if not np.isnan(line):
        ax.axvline(line, color=BASELINE_COLOUR, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    for at, row in enumerate(rows):
        mean, low, high = row.ends[column]
        look = looks[row.style]
        ax.plot([low, high], [at, at], color=look.colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
        ax.plot(mean, at, marker=look.marker, markersize=6.0, color=look.colour, zorder=3)
    left, right = min(shown), max(shown)
    pad = 0.08 * (right - left) or 0.05 * max(abs(left), 1e-3)
    ax.set_xlim(left - pad, right + pad)
    ax.set_xticks(round_ticks(ax))


def _key(look: Look) -> Line2D:
    return sample(color=look.colour, linewidth=1.8, marker=look.marker, markersize=6.0)
