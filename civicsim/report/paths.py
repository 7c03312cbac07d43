"""Draws time paths: the mean over runs, its interval, and the range of the runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy import stats

from civicsim.experiment.run import Result
from civicsim.experiment.statistics import ANYWHERE, CONFIDENCE
from civicsim.experiment.wording import direction
from civicsim.model.calendar import YEAR
from civicsim.model.measuring import Measure
from civicsim.report.canvas import WIDTH, Words, note_size, panel, text_size, unit_axis
from civicsim.report.look import FAINT, GRID, THIN, Look, draw_bars, literal, looks_of, plain, sample, spread, width_of
from civicsim.report.words import INTERVAL, RANGE
from civicsim.study.analysis.matched import About

type Shown = Measure | About
"""What a panel shows of a measure: anything with a label, a unit and the better direction."""

RUNS_FOR_RANGE = 5
"""Smallest number of runs for which a range is shown."""
SMOOTH_WEEKS = 13
FEW = 3
"""With more scenarios in one panel, bands would hide each other: whiskers at the end stand for them."""
_WEEKS_IN_WEEKS = 78


def plot_paths(
    results: Mapping[str, Result],
    measure: str,
    ax: Axes | None = None,
    baseline: str | None = None,
    width: float = WIDTH,
) -> Axes:
    """Draw how a measure develops in one or several scenarios.

    A line is the mean over runs of the smoothed measure. The shaded band is the 95 % interval of that mean; between thin lines
    lies the range from the 10th to the 90th percentile of the runs, where there are at least five. Of more than
    three scenarios, only the baseline has a band, and each has a whisker for its interval at the end. A single run has
    no interval. The caption explains the lines and bands.

    Parameters
    ----------
    results : mapping of str to Result
        By label.
    measure : str
        Name of a measure; see :data:`civicsim.model.measures.MEASURES`.
    ax, width
        As for :func:`civicsim.report.canvas.panel`.
    baseline : str, optional
        Label to draw in grey dashes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ScenarioError
        If there is no such measure, or the width is out of range.
    """
    (about,) = next(iter(results.values())).chosen([measure])
    words = explanation(results, baseline)
    bands, weeks = bands_of(results, about), longest(results.values())
    return panel(lambda ax: labelled_paths(ax, bands, about, weeks, words, baseline), ax, width)


def labelled_paths(
    ax: Axes, bands: Mapping[str, Band], about: Shown, weeks: int, words: str, baseline: str | None = None
) -> Words:
    """Draw paths with the label of each beside its end, or above them where there is no room; ``words`` explain them."""
    looks, unit = looks_of(list(bands), baseline), time_unit(weeks)
    ends = draw_paths(ax, bands, looks, weeks)
    unit_axis(ax.yaxis, about.unit)
    ax.set_xlabel(unit.capitalize(), loc="left")
    return Words(f"{about.label}{direction(about.better)}", words, 62.0, lambda own: label_ends(own, ends, looks))


class Band(NamedTuple):
    """Paths of several runs summarised week by week; NaN where no run has a value.

    Attributes
    ----------
    mean, low, high : (weeks,) arrays
        Mean over runs and its 95 % t interval.
    bottom, top : (weeks,) arrays
        Ends of a second band: 10th and 90th percentile of the runs, or the middle 95 % of draws.
    first : int
        Weeks before the first.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bottom: np.ndarray
    top: np.ndarray
    first: int = 0


def bands_of(results: Mapping[str, Result], about: Measure) -> dict[str, Band]:
    """Return the smoothed paths of results, summarised; ranges only of few scenarios, all with enough runs."""
    ranges, found = shows_range(results.values()), {}
    for label, result in results.items():
        paths = result.paths(about.name, SMOOTH_WEEKS)
        first = smoothed_from(len(paths))
        own = band(paths[first:], about.bounds)
        nothing = np.full_like(own.mean, np.nan)
        found[label] = own._replace(first=first) if ranges else own._replace(bottom=nothing, top=nothing, first=first)
    return found


def smoothed_from(weeks: int) -> int:
    """Return the weeks at the start that are left out, which smoothing has too few weeks for."""
    return SMOOTH_WEEKS - 1 if weeks >= 2 * SMOOTH_WEEKS else 0


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
    ax: Axes, bands: Mapping[str, Band], looks: Mapping[str, Look], weeks: int
) -> dict[str, tuple[float, float]]:
    """Draw lines and bands, without any words but a remark where there is nothing to draw.

    Time is in years or in weeks; see :func:`time_unit`. Returns where the label of each scenario belongs, in the units of the
    axes; scenarios that never had a value are left out.
    """
    unit = YEAR if time_unit(weeks) == "years" else 1.0
    end, few = max(weeks, 1) / unit, len(bands) <= FEW
    # Whiskers stand far enough apart even where the axes are narrow.
    step = max(0.012, 5.0 / points_of(ax)[0])
    shown: list[np.ndarray] = []
    places: dict[str, tuple[float, float]] = {}
    for index, (label, sums) in enumerate(bands.items()):
        look, time = looks[label], np.arange(sums.first + 1, sums.first + len(sums.mean) + 1) / unit
        there = np.flatnonzero(~np.isnan(sums.mean))
        if len(there) == 0:
            continue
        last = there[-1]
        if few:
            ax.plot(time, np.stack([sums.bottom, sums.top], axis=1), color=look.colour, alpha=0.8, linewidth=THIN)
            shown += [sums.bottom, sums.top]
        if few or look.baseline:
            ax.fill_between(time, sums.low, sums.high, color=look.colour, alpha=0.22, linewidth=0)
            shown += [sums.low, sums.high]
        at = time[last]
        if not few:
            at = end * (1.0 + step * (index + 1))
            draw_bars(ax, look, (sums.low[last], sums.high[last]), (sums.bottom[last], sums.top[last]), at, True)
            ax.plot(at, sums.mean[last], color=look.colour, marker=look.marker, markersize=3.8)
            shown += [ends[last:] for ends in (sums.low, sums.high, sums.bottom, sums.top)]
        every = max(1, len(time) // 5)
        marks = slice(every * (index + 1) // (len(bands) + 1), None, every)
        ax.plot(time, sums.mean, label=plain(label), zorder=3, markersize=4.5, markevery=marks, **look.of_line)
        shown.append(sums.mean)
        places[label] = (float(at), float(sums.mean[last]))
    right = end if few else end * (1.0 + step * (len(bands) + 1))
    ax.set_xlim(0, right)
    ax.set_xticks([tick for tick in MaxNLocator(6, integer=True).tick_values(0, end) if tick <= end])
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines["bottom"].set_bounds(0, end)
    if not places:
        nothing_to_show(ax)
        return places
    ax.set_ylim(*limits(np.concatenate(shown)))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))
    low, high = ax.get_ylim()
    ax.hlines([tick for tick in ax.get_yticks() if low <= tick <= high], 0, end, color=GRID, linewidth=0.8, zorder=0.5)
    return places


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


def longest(results: Iterable[Result]) -> int:
    """Return the weeks of the longest result."""
    return max((result.scenario.weeks for result in results), default=0)


def time_unit(weeks: int) -> str:
    """Return "years", or "weeks" for a short time."""
    return "weeks" if weeks <= _WEEKS_IN_WEEKS else "years"


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
        return f"{line} Shaded band: {INTERVAL} interval of that mean."
    ends = f"{RANGE[0]}th to {RANGE[1]}th percentile of the runs"
    return f"{line} Shaded band: {INTERVAL} interval of that mean; between thin lines: {ends}."


def line_key(look: Look) -> Line2D:
    """Return a sample of a line for a legend, with its marker in the middle."""
    return sample(markersize=5.5, **look.of_line)


def label_ends(ax: Axes, ends: Mapping[str, tuple[float, float]], looks: Mapping[str, Look]) -> None:
    """Write each label beside its place, or in a list above all where there is no room."""
    if ends and not _label_beside(ax, ends, looks):
        _list_above(ax, ends, looks)


def _label_beside(ax: Axes, ends: Mapping[str, tuple[float, float]], looks: Mapping[str, Look]) -> bool:
    """Write each label beside its place, if there is room; return whether it was done."""
    width, height = points_of(ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    share = (max(width_of(plain(label), text_size()) for label in ends) + 24.0) / width
    wanted = [(y - bottom) / (top - bottom) * height for _, y in ends.values()]
    places = spread(wanted, 1.3 * text_size(), 0.6 * text_size(), height - 0.6 * text_size())
    if places is None or share > 0.45:
        return False
    point = (right - left) / (1.0 - share) / width
    for (label, (x, y)), place in zip(ends.items(), places, strict=True):
        look, at = looks[label], bottom + place / height * (top - bottom)
        ax.plot([x, right + 14.0 * point], [y, at], color=look.colour, linewidth=0.8)
        words = ax.text(right + 17.0 * point, at, plain(label), color=look.ink, fontsize=text_size(), va="center")
        literal(words)
    ax.set_xlim(left, right + share * width * point)
    return True


def _list_above(ax: Axes, labels: Iterable[str], looks: Mapping[str, Look]) -> None:
    """Write a legend over the lines, and make room for it there."""
    names = {label: plain(label) for label in labels}
    width, height = points_of(ax)
    columns = max(1, int(width / (max(width_of(name, note_size()) for name in names.values()) + 42.0)))
    rows = -(-len(names) // columns)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, bottom + (top - bottom) / (1.0 - min(0.6, (1.5 * note_size() * rows + 8.0) / height)))
    handles = [line_key(looks[label]) for label in names]
    spacing: dict[str, Any] = {"borderaxespad": 0.0, "handlelength": 2.8, "columnspacing": 1.0, "labelspacing": 0.3}
    how: dict[str, Any] = {"loc": "upper left", "ncols": columns, "fontsize": note_size(), "frameon": False}
    key = ax.legend(handles=handles, labels=[" "] * len(names), **how, **spacing)
    for text, name in zip(key.get_texts(), names.values(), strict=True):
        literal(text).set_text(name)
