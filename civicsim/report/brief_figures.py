"""Figures of a brief that show worlds with other rules, mechanisms that are off, and the worst cases of a search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from civicsim.errors import CivicsimError
from civicsim.experiment.wording import counted, direction
from civicsim.report.canvas import Words, figure_of, panel, unit_axis
from civicsim.report.look import BASELINE_COLOUR, INK, svg_text
from civicsim.report.parts import Part
from civicsim.report.rows import Dot, named_rows
from civicsim.report.study_plots import COLOURS, MOST_ROWS, verdict_dot
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.ablation import ablation
from civicsim.study.analysis.adversary import Adversary
from civicsim.study.analysis.matched import Matched
from civicsim.study.analysis.multiverse import Multiverse
from civicsim.study.design.mechanisms import EVERYTHING

_ZERO = {"line": 0.0, "color": BASELINE_COLOUR, "linewidth": 0.9}
_RUNS = f"thick bar: {INTERVAL} interval over seeds (run-to-run variation)"


def drawn[**P](draw: Callable[P, Axes], *args: P.args, **how: P.kwargs) -> Part:
    """Return what a function draws as a part of a page; why there is nothing where the design of the study does not fit."""
    try:
        figure = figure_of(draw(*args, **how))
    except CivicsimError as error:
        return Part(texts=[f"No figure: {error}."])
    words = " ".join(" ".join(text.get_text().split()) for text in figure.texts)
    return Part(picture=svg_text(figure, words))


def worlds_figure(found: Multiverse) -> Axes:
    """Draw what a multiverse found, a row per world: the difference of two styles, or of more the agreement of their order."""

    def draw(ax: Axes) -> Words:
        about, rows = found.about, found.differences.head(MOST_ROWS).to_dict("records")
        if found.differences["style"].nunique() == 1:
            dots = [verdict_dot(row, about.better) for row in rows]
            height = named_rows(ax, [row["world"] for row in rows], dots, **_ZERO)
            unit_axis(ax.xaxis, about.unit, difference=True)
            pair = f"{rows[0]['style']} less {rows[0]['against']}"
            caption = f"Dot: mean paired difference ({counted(rows[0]['n_seeds'], 'seed')}); {_RUNS}. Hollow: too close to call. {COLOURS[about.better == 'neither']}"
            return Words(f"{about.label}: {pair} in worlds with other rules{direction(about.better)}", caption, height)
        worlds = found.worlds.iloc[1 : MOST_ROWS + 1].to_dict("records")
        dots = [Dot(row["tau"], row["low"], row["high"]) for row in worlds]
        height = named_rows(ax, [row["world"] for row in worlds], dots, **{**_ZERO, "line": found.chance})
        ax.set_xlabel("Kendall's tau: 1 for the same order as in the first world, −1 for the reverse")
        caption = f"Dot: agreement of the orders of styles; {_RUNS}. Line: agreement of two batches of seeds in the first world, by chance."
        return Words(f"{about.label}: order of styles in worlds with other rules", caption, height)

    return panel(draw)


def mechanisms_figure(runs: Matched, measure: str) -> Axes:
    """Draw how the difference between the first style and the baseline changes where a mechanism is off, the largest on top."""
    found = ablation(runs, [measure])
    about, style, shock = runs.about(measure), found["style"].iloc[0], found["shock"].iloc[0]
    own = found[
        (found["style"] == style)
        & (found["shock"] == shock)
        & (found["reference"] == EVERYTHING)
        & found["change"].notna()
    ]

    def draw(ax: Axes) -> Words:
        if not len(own):
            raise CivicsimError(f"{runs.where}: {measure} has no value without a mechanism")
        rows = own.sort_values("change", key=np.abs, ascending=False, kind="stable").head(MOST_ROWS).to_dict("records")
        dots = [verdict_dot(row, "neither", prefix="change_") for row in rows]
        height = named_rows(ax, [row["setting"] for row in rows], dots, **_ZERO)
        unit_axis(ax.xaxis, about.unit, difference=True)
        caption = (
            f"Dot: change of the difference between {style} and {rows[0]['against']} where a mechanism is off; bar: {INTERVAL} "
            f"interval. Hollow: too close to call. {counted(max(0, len(own) - len(rows)), 'smaller change')} left out."
        )
        return Words(f"{about.label}: what the difference of {style} rests on", caption, height)

    return panel(draw)


def search_figure(found: Adversary) -> Axes:
    """Draw the worst cases of a search: as they were found, and simulated again with fresh seeds."""

    def draw(ax: Axes) -> Words:
        rows = found.worst.to_dict("records")
        dots = [verdict_dot(row, found.about.better) for row in rows]
        height = named_rows(ax, [f"trial {row['trial']}, against {row['against']}" for row in rows], dots, **_ZERO)
        for at, row in enumerate(rows):
            ax.plot(row["searched"], at, marker="D", markersize=3.5, markerfacecolor="white", color=INK, zorder=4)
        ends = [0.0, *(row[key] for row in rows for key in ("searched", "low", "high"))]
        pad = 0.06 * (np.nanmax(ends) - np.nanmin(ends))
        ax.set_xlim(np.nanmin(ends) - pad, np.nanmax(ends) + pad)
        unit_axis(ax.xaxis, found.about.unit, difference=True)
        caption = (
            f"Dot: mean paired difference over {counted(found.n_fresh, 'fresh seed')}; {_RUNS}. Diamond: the same case in the search, "
            "which picked out what looked worst."
        )
        return Words(f"{found.about.label}: where {found.style} loses most", caption, height)

    return panel(draw)
