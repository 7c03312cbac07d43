"""Draws time paths: the mean over runs, its interval, and the range of the runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy import stats

from civicsim.experiment.run import Result
from civicsim.experiment.statistics import ANYWHERE, CONFIDENCE
from civicsim.model.calendar import YEAR
from civicsim.model.measures import Measure
from civicsim.report.look import (
    FAINT,
    GRID,
    Look,
    Picture,
    PictureAxes,
    literal,
    looks_of,
    own_look,
    plain,
    sample,
    spread,
    width_of,
    wrapped,
)
from civicsim.report.words import INTERVAL, RANGE

RUNS_FOR_RANGE = 5
"""Smallest number of runs for which a range is shown."""
SMOOTH_WEEKS = 13
FEW = 3
"""With more scenarios in one panel, bands would hide each other: whiskers at the end stand for them."""
_WEEKS_IN_WEEKS = 78
_LABEL_SIZE, _NOTE_SIZE = 9.0, 8.0


def plot_paths(
    results: Mapping[str, Result], measure: str, ax: Axes | None = None, baseline: str | None = None
) -> Axes:
    """Draw how a measure develops in one or several scenarios.

    A line is the mean over runs of the smoothed measure. The darker band is the 95 % interval of that mean, the
    lighter one the range from the 10th to the 90th percentile of the runs, where there are at least five. Of more than
    three scenarios, only the baseline has a band, and each has a whisker for its interval at the end. A single run has
    no interval. A note under the axis explains the lines and bands.

    Parameters
    ----------
    results : mapping of str to Result
        By label.
    measure : str
        Name of a measure; see :data:`civicsim.model.measures.MEASURES`.
    ax : matplotlib.axes.Axes, optional
        Where to draw. By default on a figure of its own that :mod:`matplotlib.pyplot` does not know: show it in a
        notebook by leaving the axes as the last line of a cell, or write it with :func:`save`.
    baseline : str, optional
        Label to draw in grey dashes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ScenarioError
        If there is no such measure.
    """
    (about,) = next(iter(results.values())).chosen([measure])
    looks, unit = looks_of(list(results), baseline), time_unit(results.values())
    with own_look() if ax is None else nullcontext():
        if ax is None:
            ax = Picture(figsize=(8.0, 4.5), layout="constrained").add_subplot(axes_class=PictureAxes)
        ends = draw_paths(ax, results, about, looks, years=unit == "years")
        ax.set_title(about.label, loc="left", fontweight="bold")
        ax.set_ylabel(about.unit)
        ax.set_xlabel(unit.capitalize(), loc="left")
        if ends and not _label_ends(ax, ends, looks):
            _list_above(ax, ends, looks)
        note = "\n".join(wrapped(explanation(results, baseline), points_of(ax)[0], _NOTE_SIZE))
        where: dict[str, Any] = {"xycoords": (ax.transAxes, ax.xaxis.label), "textcoords": "offset points"}
        how: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": _NOTE_SIZE, "color": FAINT}
        ax.annotate(note, (0.0, 0.0), (0.0, -5.0), annotation_clip=False, **where, **how)
    return ax


class Band(NamedTuple):
    """Paths of several runs summarised week by week; NaN where no run has a value.

    Attributes
    ----------
    mean, low, high : (weeks,) arrays
        Mean over runs and its 95 % t interval.
    bottom, top : (weeks,) arrays
        10th and 90th percentile of the runs.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bottom: np.ndarray
    top: np.ndarray


def band(paths: np.ndarray, bounds: tuple[float, float] = ANYWHERE) -> Band:
    """Return mean, interval and range of paths, shape (weeks, runs), over the runs that have a value that week.

    Intervals are cut off at the bounds; see :func:`civicsim.experiment.statistics.estimate`.
    """
    weeks = pd.DataFrame(np.asarray(paths, dtype=float)).T
    n, mean = weeks.count().to_numpy(), weeks.mean().to_numpy()
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(n - 1, 1)) * weeks.sem().to_numpy()
    ends = weeks.quantile([share / 100 for share in RANGE]).to_numpy()
    bottom, top = np.where(n >= RUNS_FOR_RANGE, ends, np.nan)
    low = np.minimum(mean, np.maximum(mean - half, bounds[0]))
    high = np.maximum(mean, np.minimum(mean + half, bounds[1]))
    return Band(mean, low, high, bottom, top)


def points_of(ax: Axes) -> tuple[float, float]:
    """Return width and height of axes in points."""
    scale = 72.0 * ax.figure.dpi_scale_trans.inverted().get_matrix()[0, 0]
    return ax.bbox.width * scale, ax.bbox.height * scale


def draw_paths(
    ax: Axes, results: Mapping[str, Result], about: Measure, looks: Mapping[str, Look], years: bool
) -> dict[str, tuple[float, float]]:
    """Draw lines and bands, without any words but a remark where there is nothing to draw.

    Time is in years or in weeks. Returns where the label of each scenario belongs, in the units of the axes; scenarios that
    never had a value are left out.
    """
    unit = YEAR if years else 1.0
    end = max((result.scenario.weeks for result in results.values()), default=1) / unit
    few, ranges = len(results) <= FEW, shows_range(results.values())
    shown: list[np.ndarray] = []
    ends: dict[str, tuple[float, float]] = {}
    for index, (label, result) in enumerate(results.items()):
        look, paths = looks[label], result.paths(about.name, SMOOTH_WEEKS)
        first = SMOOTH_WEEKS - 1 if len(paths) >= 2 * SMOOTH_WEEKS else 0
        time, sums = np.arange(first + 1, len(paths) + 1) / unit, band(paths[first:], about.bounds)
        there = np.flatnonzero(~np.isnan(sums.mean))
        if len(there) == 0:
            continue
        last = there[-1]
        if ranges:
            ax.fill_between(time, sums.bottom, sums.top, color=look.colour, alpha=0.10, linewidth=0)
            shown += [sums.bottom, sums.top]
        if few or look.baseline:
            ax.fill_between(time, sums.low, sums.high, color=look.colour, alpha=0.18, linewidth=0)
            shown += [sums.low, sums.high]
        at = time[last]
        if not few:
            at = end * (1.012 + 0.012 * index)
            ax.plot([at, at], [sums.low[last], sums.high[last]], color=look.colour, linewidth=1.8)
            ax.plot(at, sums.mean[last], color=look.colour, marker=look.marker, markersize=3.8)
            shown += [sums.low[last:], sums.high[last:]]
        every = max(1, len(time) // 5)
        marks = slice(every * (index + 1) // (len(results) + 1), None, every)
        ax.plot(time, sums.mean, label=plain(label), zorder=3, markersize=4.5, markevery=marks, **look.of_line)
        shown.append(sums.mean)
        ends[label] = (float(at), float(sums.mean[last]))
    right = end if few else end * (1.012 + 0.012 * len(results))
    ax.set_xlim(0, right)
    ax.set_xticks([tick for tick in MaxNLocator(6, integer=True).tick_values(0, end) if tick <= end])
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines["bottom"].set_bounds(0, end)
    if not ends:
        nothing_to_show(ax)
        return ends
    ax.set_ylim(*limits(np.concatenate(shown)))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))
    low, high = ax.get_ylim()
    ax.hlines([tick for tick in ax.get_yticks() if low <= tick <= high], 0, end, color=GRID, linewidth=0.8, zorder=0.5)
    return ends


def nothing_to_show(ax: Axes) -> None:
    """Mark a panel without values: what it would show did not occur."""
    ax.set_yticks([])
    words = "no values:\nit did not occur in any run"
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=FAINT, fontsize=9)


def limits(values: np.ndarray, smallest_share: float = 0.12) -> tuple[float, float]:
    """Return ends of an axis that includes the values (but NaN) and starts at 0 where that is near.

    It is at least as long as the largest absolute value times ``smallest_share``.
    """
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    lacking = smallest_share * max(abs(low), abs(high)) - (high - low)
    if lacking > 0:
        low, high = low - lacking / 2, high + lacking / 2
    if high == low:
        return 0.0, 1.0
    pad = 0.05 * (high - low)
    bottom = 0.0 if 0.0 <= low < 0.35 * high else low - pad
    return bottom, high + pad


def time_unit(results: Iterable[Result]) -> str:
    """Return "years", or "weeks" where all results are short."""
    longest = max((result.scenario.weeks for result in results), default=0)
    return "weeks" if longest <= _WEEKS_IN_WEEKS else "years"


def shows_range(results: Iterable[Result]) -> bool:
    """Whether the range over runs is drawn: for few scenarios, all of them with enough runs."""
    runs = [len(result.seeds) for result in results]
    return len(runs) <= FEW and min(runs, default=0) >= RUNS_FOR_RANGE


def explanation(results: Mapping[str, Result], baseline: str | None = None) -> str:
    """Return what lines, bands and whiskers mean, in a sentence or two."""
    runs = sorted({len(result.seeds) for result in results.values()})
    smoothed = f"each point is over the last {SMOOTH_WEEKS} weeks"
    if runs == [1]:
        return f"Line: a single run; {smoothed}. One run has no interval."
    count = f"{runs[0]} runs" if len(runs) == 1 else f"{runs[0]} to {runs[-1]} runs"
    line = f"Line: mean of {count}; {smoothed}."
    if len(results) > FEW:
        band_too = " Grey band: the same over time for the baseline." if baseline in results else ""
        return f"{line} Whisker at the end: {INTERVAL} interval of that mean.{band_too}"
    if not shows_range(results.values()):
        return f"{line} Band: {INTERVAL} interval of that mean."
    ends = f"{RANGE[0]}th to {RANGE[1]}th percentile of the runs"
    return f"{line} Darker band: {INTERVAL} interval of that mean; lighter band: {ends}."


def line_key(look: Look) -> Line2D:
    """Return a sample of a line for a legend, with its marker in the middle."""
    return sample(markersize=5.5, **look.of_line)


def _label_ends(ax: Axes, ends: Mapping[str, tuple[float, float]], looks: Mapping[str, Look]) -> bool:
    """Write each label beside the end of its line, if there is room; return whether it was done."""
    width, height = points_of(ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    share = (max(width_of(plain(label), _LABEL_SIZE) for label in ends) + 24.0) / width
    wanted = [(y - bottom) / (top - bottom) * height for _, y in ends.values()]
    places = spread(wanted, 1.3 * _LABEL_SIZE, 0.6 * _LABEL_SIZE, height - 0.6 * _LABEL_SIZE)
    if places is None or share > 0.45:
        return False
    point = (right - left) / (1.0 - share) / width
    for (label, (x, y)), place in zip(ends.items(), places, strict=True):
        look, at = looks[label], bottom + place / height * (top - bottom)
        ax.plot([x, right + 14.0 * point], [y, at], color=look.colour, linewidth=0.8)
        words = ax.text(right + 17.0 * point, at, plain(label), color=look.ink, fontsize=_LABEL_SIZE, va="center")
        literal(words)
    ax.set_xlim(left, right + share * width * point)
    return True


def _list_above(ax: Axes, labels: Iterable[str], looks: Mapping[str, Look]) -> None:
    """Write a legend over the lines, and make room for it there."""
    names = {label: plain(label) for label in labels}
    width, height = points_of(ax)
    columns = max(1, int(width / (max(width_of(name, _NOTE_SIZE) for name in names.values()) + 42.0)))
    rows = -(-len(names) // columns)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, bottom + (top - bottom) / (1.0 - min(0.6, (1.5 * _NOTE_SIZE * rows + 8.0) / height)))
    handles = [line_key(looks[label]) for label in names]
    spacing: dict[str, Any] = {"borderaxespad": 0.0, "handlelength": 2.8, "columnspacing": 1.0, "labelspacing": 0.3}
    how: dict[str, Any] = {"loc": "upper left", "ncols": columns, "fontsize": _NOTE_SIZE, "frameon": False}
    key = ax.legend(handles=handles, labels=[" "] * len(names), **how, **spacing)
    for text, name in zip(key.get_texts(), names.values(), strict=True):
        literal(text).set_text(name)
