"""The interaction plot: a measure along one factor, a line for each level of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from civicsim.report.look import GRID, Picture, PictureAxes, draw_bars, literal, looks_of, own_look, plain
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.effects import cell_means
from civicsim.study.analysis.matched import Matched, matched, short
from civicsim.study.store.store import Store

_LONGEST_NAME = 40
_APART = 0.06
"""Distance between lines at one level, in steps of the factor, so that their bars do not hide each other."""


def interaction_figure(
    results: Store | Matched, measure: str, factor: str, by: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Draw the mean of a measure at each level of a factor, a line for each combination of levels of others.

    Lines that are not parallel show an interaction. A thick pale bar is the 95 % interval over seeds (run-to-run variation);
    where there are draws, a thin line is the range of the middle 95 % of draws (parameter uncertainty).

    Parameters
    ----------
    results : Store or Matched
        Results of a full grid.
    measure : str
        Column of the table of runs.
    factor : str
        The factor along the axis, its levels evenly spaced in the order of the study.
    by : sequence of str
        The factors that tell lines apart; all others are averaged over.
    ax : matplotlib.axes.Axes, optional
        Where to draw; on a figure of its own by default, which :mod:`matplotlib.pyplot` does not know.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    CivicsimError
        If the points are no full grid, or there is no such measure or factor.
    """
    runs = matched(results, [measure])
    about, means = runs.about(measure), cell_means(runs, measure, [*by, factor])
    levels = list(dict.fromkeys(means[factor]))
    names = means[list(by)].map(short) if by else means[[]].assign(all="all runs")
    lines = names.agg(", ".join, axis=1)
    looks = looks_of(list(dict.fromkeys(lines)))
    with own_look():
        if ax is None:
            ax = Picture(figsize=(6.4, 4.2), layout="constrained").add_subplot(axes_class=PictureAxes)
        for k, (name, look) in enumerate(looks.items()):
            own = means[lines == name]
            x = np.arange(len(levels)) + _APART * (k - (len(looks) - 1) / 2)
            for at, row in zip(x, own.to_dict("records"), strict=True):
                run, parameters = ((row[f"{kind}_low"], row[f"{kind}_high"]) for kind in ("run", "parameter"))
                draw_bars(ax, look, run, parameters, at, upright=True)
            ax.plot(x, own["mean"], label=plain(name, _LONGEST_NAME), **look.of_line)
        ax.set_xticks(range(len(levels)), [short(level) for level in levels], parse_math=False)
        ax.yaxis.set_major_locator(MaxNLocator(6))
        ax.grid(axis="y", color=GRID, linewidth=0.8)
        ax.set_axisbelow(True)
        bars = f"Thick bar: {INTERVAL} interval over {int(means['n_seeds'].max())} seeds"
        if means["n_draws"].max() > 1:
            bars += f"; thin line: middle {INTERVAL} of {int(means['n_draws'].max())} draws"
        literal(ax.set_xlabel(f"{factor}\n{bars}"))
        literal(ax.set_ylabel(about.unit))
        literal(ax.set_title(about.label, loc="left"))
        if by:
            legend = ax.legend(title="\n".join(by), frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
            for text in (legend.get_title(), *legend.get_texts()):
                literal(text)
    return ax
