"""Figures of comparisons: time paths side by side, and paired differences from the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from civicsim.experiment.compare import Comparison
from civicsim.experiment.run import Result
from civicsim.model.measures import FLAGSHIP
from civicsim.report.html import comparison_html, result_html
from civicsim.report.look import (
    BASELINE_COLOUR,
    GRID,
    INK,
    Look,
    Picture,
    PictureAxes,
    literal,
    looks_of,
    own_look,
    plain,
    sample,
    save,
    width_of,
)
from civicsim.report.panels import colophon, columns_of, declared, frame, path_panels
from civicsim.report.paths import nothing_to_show, plot_paths, points_of
from civicsim.report.words import INTERVAL, before_text, counted, kind_text, names_of, time_text

__all__ = [
    "comparison_figure",
    "comparison_html",
    "differences_figure",
    "names_of",
    "plot_differences",
    "plot_paths",
    "result_figure",
    "result_html",
    "save",
]

_LONGEST_NAME, _TICK_SIZE = 34, 8.5
_MATCHED = "Runs are matched: overlapping intervals do not mean that scenarios do not differ."


def comparison_figure(comparison: Comparison, measures: Sequence[str] = FLAGSHIP) -> Figure:
    """Draw the time paths of several measures side by side, one panel each.

    Up to three scenarios are drawn with bands, as by :func:`plot_paths`. Of more, the baseline has its band, and the
    others a whisker at the end; the footer explains this.

    Parameters
    ----------
    comparison : Comparison
        Matched runs.
    measures : sequence of str
        Names of measures.

    Returns
    -------
    matplotlib.figure.Figure
        Unknown to :mod:`matplotlib.pyplot`; notebooks show it, :func:`save` writes it.

    Raises
    ------
    ScenarioError
        If a measure does not exist, or none is given.
    """
    results = comparison.results
    base = results[comparison.baseline].scenario
    notes = "Vertical axes are cut to what they show."
    return path_panels(
        results,
        declared(measures, comparison.measures),
        comparison.baseline,
        title=f"How {counted(len(results), 'scenario')} unfold over {time_text(base.weeks)}",
        subtitle=f"{kind_text(base)}; all start from the same organisations{before_text(base)}",
        footer=[f"{notes} {_MATCHED}" if len(comparison.seeds) > 1 else notes, colophon(comparison.seeds)],
    )


def result_figure(result: Result, measures: Sequence[str] = FLAGSHIP) -> Figure:
    """Draw the time paths of several measures of one scenario side by side, with bands over its runs.

    Parameters
    ----------
    result : Result
        Runs of one scenario.
    measures : sequence of str
        Names of measures.

    Returns
    -------
    matplotlib.figure.Figure
        Unknown to :mod:`matplotlib.pyplot`; notebooks show it, :func:`save` writes it.
    """
    scenario = result.scenario
    label = scenario.title or scenario.style
    return path_panels(
        {label: result},
        declared(measures, result.scenario.measures),
        label,
        title=f"{label}: {time_text(scenario.weeks)}",
        subtitle=f"{kind_text(scenario)}{before_text(scenario)}",
        footer=["Vertical axes are cut to what they show.", colophon(result.seeds, matched=False)],
    )


def differences_figure(comparison: Comparison, measures: Sequence[str] = FLAGSHIP, last_weeks: int = 52) -> Figure:
    """Draw how far each scenario differs from the baseline in matched runs, one panel per measure in its own unit.

    A dot is the mean paired difference, a whisker its 95 % interval. A hollow dot is too close to call: the interval
    includes 0, or a single run gives none.

    Parameters
    ----------
    comparison : Comparison
        Matched runs.
    measures : sequence of str
        Names of measures.
    last_weeks : int
        Weeks from the end over which each run is summed up.

    Returns
    -------
    matplotlib.figure.Figure
        Unknown to :mod:`matplotlib.pyplot`; notebooks show it, :func:`save` writes it.

    Raises
    ------
    ScenarioError
        If a measure does not exist, or none is given.
    """
    about, results, base = declared(measures, comparison.measures), comparison.results, comparison.baseline
    looks = looks_of(list(results), base)
    names = {label: plain(name, _LONGEST_NAME) for label, name in names_of(results).items()}
    others = [label for label in results if label != base]
    table = comparison.table(measures, last_weeks).set_index(["measure", "style"])
    weeks = counted(min(last_weeks, results[base].scenario.weeks), "week")
    note = f"Dot: mean difference between matched runs over the last {weeks}."
    if len(comparison.seeds) > 1:
        note += f" Whisker: its {INTERVAL} interval, not widened for the number of comparisons."
    with own_look():
        figure, panels = frame(
            about,
            [(_dot_key(True), "interval excludes 0"), (_dot_key(False), "too close to call, or no interval")],
            title=f"Differences from {names[base]}",
            subtitle=f"{kind_text(results[base].scenario)}; to the right of the line is more than {names[base]}",
            footer=[note, colophon(comparison.seeds)],
            panel_height=0.24 * max(len(others), 2) + 0.1,
            left=0.08,
            below=0.30,
            first_left=max((width_of(names[label], 9.0) for label in others), default=0.0) / 72.0 + 0.12,
        )
        for index, (measure, ax) in enumerate(zip(about, panels, strict=True)):
            _draw_differences(ax, {label: table.loc[(measure.name, label)] for label in others}, looks)
            in_first_column = index % columns_of(len(about)) == 0
            words = [names[label] if in_first_column else "" for label in others]
            ax.set_yticks(range(len(others)), words, parse_math=False, fontsize=9.0)
    return figure


def plot_differences(comparison: Comparison, measure: str, last_weeks: int = 52, ax: Axes | None = None) -> Axes:
    """Draw how far each scenario differs from the baseline in matched runs, in one measure; see :func:`differences_figure`.

    Parameters
    ----------
    comparison : Comparison
        Matched runs.
    measure : str
        Name of a measure.
    last_weeks : int
        Weeks from the end over which each run is summed up.
    ax : matplotlib.axes.Axes, optional
        Where to draw; on a figure of its own by default, which :mod:`matplotlib.pyplot` does not know.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ScenarioError
        If there is no such measure.
    """
    (about,), results, base = declared([measure], comparison.measures), comparison.results, comparison.baseline
    names = {label: plain(name, _LONGEST_NAME) for label, name in names_of(results).items()}
    others = [label for label in results if label != base]
    table = comparison.table([measure], last_weeks).set_index("style")
    with own_look():
        if ax is None:
            height = 1.7 + 0.24 * max(len(others), 2)
            ax = Picture(figsize=(8.0, height), layout="constrained").add_subplot(axes_class=PictureAxes)
        _draw_differences(ax, {label: table.loc[label] for label in others}, looks_of(list(results), base))
        ax.set_yticks(range(len(others)), [names[label] for label in others], parse_math=False)
        literal(ax.set_title(about.label, loc="left"))
        weeks = counted(min(last_weeks, results[base].scenario.weeks), "week")
        runs = counted(len(comparison.seeds), "matched run")
        interval = f", {INTERVAL} interval; hollow: too close to call" if len(comparison.seeds) > 1 else ", no interval"
        # Two lines: a unit may be long.
        words = f"{about.unit}: difference from {names[base]}\nlast {weeks} of {runs}{interval}"
        literal(ax.set_xlabel(words))
    return ax


def _draw_differences(ax: Axes, rows: Mapping[str, Any], looks: Mapping[str, Look]) -> None:
    """Draw a row per scenario, the first on top, around a line at zero."""
    ax.axvline(0.0, color=BASELINE_COLOUR, linewidth=1.2, zorder=1)
    ax.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    ax.grid(axis="x", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    shown = [0.0]
    for at, (label, row) in enumerate(rows.items()):
        mean, low, high = row["difference"], row["difference_low"], row["difference_high"]
        if np.isnan(mean):
            continue
        colour, called = looks[label].colour, row["verdict"] in ("higher", "lower")
        ax.plot([low, high], [at, at], color=colour, linewidth=1.6, zorder=2)
        fill = colour if called else "white"
        dot: dict[str, Any] = {
            "marker": looks[label].marker,
            "markersize": 6.5,
            "markeredgewidth": 1.4,
            "markerfacecolor": fill,
        }
        ax.plot(mean, at, markeredgecolor=colour, zorder=3, **dot)
        shown += [mean, low, high]
    if len(shown) == 1:
        nothing_to_show(ax)
        ax.set_xticks([0.0])
        return
    left, right = float(np.nanmin(shown)), float(np.nanmax(shown))
    pad = 0.08 * (right - left) or 0.5
    ax.set_xlim(left - pad, right + pad)
    ax.set_xticks(round_ticks(ax))


def round_ticks(ax: Axes) -> list[float]:
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


def _dot_key(called: bool) -> Line2D:
    dot: dict[str, Any] = {
        "marker": "o",
        "markersize": 7,
        "markeredgewidth": 1.4,
        "markerfacecolor": INK if called else "white",
    }
    return sample(color=INK, linewidth=1.4, **dot)
