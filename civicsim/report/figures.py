"""Figures of comparisons: time paths side by side, and paired differences from the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from civicsim.experiment.compare import Comparison
from civicsim.experiment.run import Result
from civicsim.experiment.wording import counted, direction, is_clear
from civicsim.model.measures import FLAGSHIP
from civicsim.report.canvas import WIDTH, Words, panel
from civicsim.report.changes import names_of
from civicsim.report.html import comparison_html, result_html
from civicsim.report.look import BASELINE_COLOUR, INK, literal, looks_of, plain, sample, save
from civicsim.report.panels import colophon, declared, path_panels
from civicsim.report.paths import plot_paths
from civicsim.report.rows import Dot, named_rows, row_panels
from civicsim.report.words import INTERVAL, before_text, kind_text, time_text

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

_LONGEST_NAME = 34
_ZERO: dict[str, Any] = {"line": 0.0, "color": BASELINE_COLOUR, "linewidth": 1.2}
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
    notes = "Vertical axes are cut to the range shown."
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
    measures
        As for :func:`comparison_figure`, as are the result and the errors.
    """
    scenario = result.scenario
    label = scenario.title or scenario.style
    return path_panels(
        {label: result},
        declared(measures, result.scenario.measures),
        label,
        title=f"{label}: {time_text(scenario.weeks)}",
        subtitle=f"{kind_text(scenario)}{before_text(scenario)}",
        footer=["Vertical axes are cut to the range shown.", colophon(result.seeds, matched=False)],
    )


def differences_figure(comparison: Comparison, measures: Sequence[str] = FLAGSHIP, last_weeks: int = 52) -> Figure:
    """Draw how far each scenario differs from the baseline in matched runs, one panel per measure in its own unit.

    A dot is the mean paired difference, a whisker its 95 % interval, an upright line the median. A hollow dot is too close to call: the interval
    includes 0, or a single run gives none.

    Parameters
    ----------
    comparison, measures
        As for :func:`comparison_figure`, as are the result and the errors.
    last_weeks : int
        Weeks from the end over which each run is summed up.
    """
    about = {measure.name: measure for measure in declared(measures, comparison.measures)}
    names, dots, weeks = _differences(comparison, measures, last_weeks)
    base = names.pop(comparison.baseline)
    note = f"Dot: mean difference between matched runs over the last {weeks}. Vertical tick: their median."
    if len(comparison.seeds) > 1:
        note += f" Whisker: its {INTERVAL} interval, not widened for the number of comparisons."
    kind = kind_text(comparison.results[comparison.baseline].scenario)
    return row_panels(
        about,
        list(names.values()),
        [(_dot_key(INK), "interval excludes 0"), (_dot_key("white"), "too close to call, or no interval")],
        lambda measure: (dots[measure], _ZERO),
        title=f"Differences from {base}",
        subtitle=f"{kind}; to the right of the line is more than {base}",
        footer=[note, colophon(comparison.seeds)],
    )


def plot_differences(
    comparison: Comparison, measure: str, last_weeks: int = 52, ax: Axes | None = None, width: float = WIDTH
) -> Axes:
    """Draw how far each scenario differs from the baseline in matched runs, in one measure; see :func:`differences_figure`.

    Parameters
    ----------
    comparison, measure, last_weeks
        As for :func:`differences_figure`.
    ax, width
        As for :func:`civicsim.report.canvas.panel`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    (about,) = declared([measure], comparison.measures)
    names, dots, weeks = _differences(comparison, [measure], last_weeks)
    base = names.pop(comparison.baseline)
    caption = f"Dot: mean difference over the last {weeks} of {counted(len(comparison.seeds), 'matched run')}"
    if len(comparison.seeds) > 1:
        caption += f"; bar: its {INTERVAL} interval; hollow: too close to call; vertical tick: median."
    else:
        caption += "; one run has no interval."

    def draw(ax: Axes) -> Words:
        height = named_rows(ax, list(names.values()), dots[measure], **_ZERO)
        literal(ax.set_xlabel(about.unit))
        return Words(f"{about.label}: difference from {base}{direction(about.better)}", caption, height)

    return panel(draw, ax, width)


def _differences(
    comparison: Comparison, measures: Sequence[str], last_weeks: int
) -> tuple[dict[str, str], dict[str, list[Dot]], str]:
    """Return short names of all scenarios, the differences of the others by measure, and the weeks in words."""
    results, base = comparison.results, comparison.baseline
    looks = looks_of(list(results), base)
    dots: dict[str, list[Dot]] = {}
    for row in comparison.table(measures, last_weeks).to_dict("records"):
        of_measure = dots.setdefault(row["measure"], [])
        if row["style"] != base:
            ends = (row["difference"], row["difference_low"], row["difference_high"])
            clear = is_clear(row["verdict"])
            of_measure.append(Dot(*ends, looks[row["style"]], clear, row["difference_median"]))
    names = {label: plain(name, _LONGEST_NAME) for label, name in names_of(results).items()}
    return names, dots, counted(min(last_weeks, results[base].scenario.weeks), "week")


def _dot_key(fill: str) -> Line2D:
    edge: dict[str, Any] = {"marker": "o", "markersize": 7, "markeredgewidth": 1.4}
    return sample(color=INK, linewidth=1.4, markerfacecolor=fill, **edge)
