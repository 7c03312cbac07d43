"""The interaction plot: a measure along one factor, a line for each level of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from civicsim.experiment.wording import counted, scale_of, setting_text
from civicsim.report.canvas import Words, text_size, unit_axis
from civicsim.report.look import GRID, draw_bars, looks_of, width_of
from civicsim.report.paths import label_ends, points_of
from civicsim.report.view import View
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.effects import INTERACTION, cell_means, effects, grid_of

_LONGEST_NAME = 44
"""Most characters of a line's label with the names of its factors; longer ones have their levels alone. Assumption."""
_MOST_LINES_BY, _MOST_INTERACTIONS = 2, 3
"""Most factors that tell lines apart by default, and most interactions that the caption gives. Assumption."""
_APART = 0.06
"""Distance between lines at one level, in steps of the factor, so that their bars do not hide each other."""


def draw_interaction(ax: Axes, view: View) -> Words:
    """Draw the mean of a measure at each level of a factor of a full grid, a line for each combination of levels of others.

    Lines that are not parallel show an interaction. A thick pale bar is the 95 % interval over seeds (run-to-run variation);
    where there are draws, a thin line is the range of the middle 95 % of draws (parameter uncertainty). The first factor of the view
    is along the axis, its levels evenly spaced in the order of the study, and the others tell lines apart; all others are averaged
    over. By default the first that is swept, and the two after it.
    """
    runs, about, label = view.runs, view.about, view.label
    grid = grid_of(runs, [about.column])
    usual = sorted(grid.levels, key=lambda name: name in ("style", "shock"))[: 1 + _MOST_LINES_BY]
    along, *by = dict.fromkeys(view.factors or usual)
    means = cell_means(runs, about.column, [*by, along])
    names = _names(means[by].drop_duplicates().to_dict("records") if by else [{}], view)
    looks, ends, n = looks_of(names), {}, len(grid.levels[along])
    for k, (name, look) in enumerate(looks.items()):
        own = means.iloc[k * n : (k + 1) * n]
        x = np.arange(n) + _APART * (k - (len(looks) - 1) / 2)
        for at, row in zip(x, own.to_dict("records"), strict=True):
            run, parameters = ((row[f"{kind}_low"], row[f"{kind}_high"]) for kind in ("run", "parameter"))
            draw_bars(ax, look, run, parameters, at, upright=True)
        ax.plot(x, own["mean"], label=name, **look.of_line)
        ends[name] = (float(x[-1]), float(own["mean"].iloc[-1]))
    levels = [setting_text(level) for level in grid.levels[along]]
    turned = max(width_of(level, text_size(0.94)) for level in levels) > 0.7 * points_of(ax)[0] / len(levels)
    ax.set_xticks(range(len(levels)), levels, rotation=90 if turned else 0, parse_math=False)
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_xlabel("" if along == "style" else label(along, True), parse_math=False)
    unit_axis(ax.yaxis, about.unit)
    caption = _caption(view, along, by)
    caption += f" Mean over {', '.join(label(name) for name in grid.levels if name not in (along, *by))}." * (
        len(grid.levels) > 1 + len(by)
    )
    size = means[["n_seeds", "n_draws"]].max()
    caption += (
        f" {counted(int(size['n_seeds']), 'seed')}; thick bar: {INTERVAL} interval over them (run-to-run variation)"
    )
    several = f"; thin line: middle 95 % of {counted(int(size['n_draws']), 'draw')} (parameter uncertainty)"
    caption += (several if size["n_draws"] > 1 else "") + "."
    last = (lambda own: label_ends(own, ends, looks)) if by else None
    return Words(view.title(f": effect of {label(along)}"), caption, 62.0, last)


def _names(cells: Sequence[dict[str, object]], view: View) -> list[str]:
    """Return the label of each line: names and levels of its factors where they are short, else the levels alone."""
    levels = [{name: setting_text(level) for name, level in own.items()} for own in cells]
    full = [
        ", ".join(level if name == "style" else f"{view.label(name)} {level}" for name, level in own.items())
        for own in levels
    ]
    return full if max(map(len, full)) <= _LONGEST_NAME else [", ".join(own.values()) for own in levels]


def _caption(view: View, along: str, by: Sequence[str]) -> str:
    """Return what tells lines apart, and the interactions where there are few."""
    if not by:
        return "Dot: mean at each level."
    label, about = view.label, view.about
    found = effects(view.runs, along, by, [about.column])
    rows = found[found["kind"] == INTERACTION].to_dict("records")
    words = f"Lines that are not parallel show an interaction. Labels: {', '.join(label(name) for name in by)}."
    if len(rows) > _MOST_INTERACTIONS:
        return words

    def changed(text: str) -> str:
        parts = (part.partition(" ") for part in text.split(", "))
        return ", ".join(f"{label(name)} {levels}" for name, _, levels in parts)

    size = scale_of(about.unit).difference
    own = (f"{changed(row['at'])}: {size(row['difference'], row['low'], row['high'])}" for row in rows)
    return f"{words} Interaction of {changed(rows[0]['change'])} with {'; with '.join(own)}."
