"""The chart of a study: a dot with a bar for every policy, one panel per measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from civicsim.report.look import BASELINE_COLOUR, Look, Picture, looks_of, plain, sample
from civicsim.report.paths import Shown
from civicsim.report.rows import Dot, row_panels
from civicsim.report.words import counted

MOST_DOTS = 24
"""Largest number of policies that are legible in one chart. Assumption."""
_LONGEST_NAME = 44


class Row(NamedTuple):
    """The results of one policy.

    Attributes
    ----------
    words, style : str
        Its name, and its governance style.
    n : int
        Runs that it rests on.
    ends : dict of str to tuple of float
        By column: mean, and ends of the bar, NaN where there is none; and those of the thin line, where there is one.
    """

    words: str
    style: str
    n: int
    ends: dict[str, tuple[float, ...]]


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
    """
    looks = looks_of(list(dict.fromkeys(row.style for row in rows)), baseline)
    same = len({row.n for row in rows}) == 1
    names = [plain(row.words, _LONGEST_NAME) + ("" if same else f" (n = {row.n})") for row in rows]
    runs = f"{counted(rows[0].n, 'run')} each" if same else "n: runs"
    through = [row for row in rows if row.style == baseline] if len(rows) > 1 else []
    line = f" Dashed line: mean of {baseline}." if len(through) == 1 else ""
    samples = {label: sample(color=look.colour, linewidth=1.8, **look.of_dot) for label, look in looks.items()}
    keys = [] if len(looks) in (1, len(rows)) else [(key, label) for label, key in samples.items()]

    def dots_of(column: str) -> tuple[list[Dot], dict[str, object]]:
        dots = [_dot(looks[row.style], *row.ends[column]) for row in rows]
        dashed = {"color": BASELINE_COLOUR, "linewidth": 1.0, "linestyle": (0, (4, 3))}
        return dots, {"line": through[0].ends[column][0], **dashed} if line else {}

    footer = [f"Dot: mean ({runs}). {bar}{line} Axes are cut to what they show."]
    return row_panels(about, names, keys, dots_of, footer=footer)


def _dot(
    look: Look, mean: float, low: float, high: float, outer_low: float = np.nan, outer_high: float = np.nan
) -> Dot:
    return Dot(mean, low, high, look, outer_low=outer_low, outer_high=outer_high)
