"""Figures for papers: one panel of a given width, with a title above and a caption below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from civicsim import checks
from civicsim.experiment.wording import scale_of
from civicsim.report.look import FAINT, Picture, PictureAxes, literal, own_look, wrapped

WIDTH, NARROWEST, WIDEST = 170, 60, 400
"""Usual, smallest and largest width of a figure, in millimetres: journals have columns of about 85 and pages of 170."""
_SIZE = 7.5
"""Size of type at any width, in points: journals ask for 7 to 8."""
_MM, _LINE, _MARGIN = 72.0 / 25.4, 1.32, 6.0
"""Points per millimetre, distance of lines in sizes of their type, and margin in points."""


@dataclass(frozen=True)
class Words:
    """What stands around a panel.

    Attributes
    ----------
    title, caption : str
        Above and below it.
    height : float
        Of the panel with its axes, in millimetres.
    last : callable, optional
        Called with the axes when their size is known, for what depends on it.
    """

    title: str
    caption: str
    height: float
    last: Callable[[Axes], None] | None = None


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure in which axes stand."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def text_size(share: float = 1.0) -> float:
    """Return the size of type of the figure being drawn, in points, times a share."""
    return share * float(matplotlib.rcParams["font.size"])


def note_size() -> float:
    """Return the size of captions and labels in the figure being drawn, in points."""
    return text_size(0.87)


def panel(draw: Callable[[Axes], Words], ax: Axes | None = None, width: float = WIDTH) -> Axes:
    """Draw a panel with its words, and return its axes.

    Parameters
    ----------
    draw : callable
        Draws on axes, and returns what stands around them.
    ax : matplotlib.axes.Axes, optional
        Where to draw, with the size of type that matplotlib is set to. By default on a figure of its own, which
        :mod:`matplotlib.pyplot` does not know: show it in a notebook by leaving the axes as the last line of a cell, or write it
        with :func:`civicsim.report.figures.save`.
    width : float
        Of its own figure, in millimetres; 60-400.

    Raises
    ------
    ScenarioError
        If the width is out of range.
    """
    if ax is not None:
        words = draw(ax)
        if words.last is not None:
            figure_of(ax).draw_without_rendering()
            words.last(ax)
        literal(ax.set_title(words.title, loc="left"))
        lines = wrapped(words.caption, ax.get_position().width * figure_of(ax).get_figwidth() * 72.0, note_size())
        where: dict[str, Any] = {"xycoords": (ax.transAxes, ax.xaxis.label), "textcoords": "offset points"}
        how: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": note_size(), "color": FAINT}
        ax.annotate("\n".join(lines), (0.0, 0.0), (0.0, -5.0), annotation_clip=False, parse_math=False, **where, **how)
        return ax
    with own_figure(width) as figure:
        ax = figure.add_subplot(axes_class=PictureAxes)
        _surround(figure, draw(ax))
    return ax


@contextmanager
def own_figure(width: float) -> Iterator[Picture]:
    """Yield an empty figure of a width in millimetres, and use the look of figures while it is drawn."""
    checks.number(width, "width", NARROWEST, WIDEST)
    with own_look(_SIZE):
        yield Picture(figsize=(width / 25.4, 0.5 * width / 25.4), layout="constrained")


def _surround(figure: Picture, words: Words) -> None:
    """Give a figure its height, title and caption, and then finish its panel."""
    across = 72.0 * figure.get_figwidth() - 2.0 * _MARGIN
    # Letters made of few dots are a little wider than their outlines.
    room = 0.96 * across
    title = wrapped(words.title, room, text_size(1.1), "bold")
    caption = wrapped(words.caption, room, note_size())
    head = _LINE * text_size(1.1) * len(title) + _MARGIN
    foot = _LINE * note_size() * len(caption) + _MARGIN
    height = words.height * _MM + head + foot
    figure.set_figheight(height / 72.0)
    left = _MARGIN / (across + 2.0 * _MARGIN)
    above: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": text_size(1.1), "fontweight": "bold"}
    literal(figure.text(left, 1.0 - 0.5 * _MARGIN / height, "\n".join(title), linespacing=_LINE / 1.2, **above))
    below: dict[str, Any] = {"ha": "left", "va": "bottom", "fontsize": note_size(), "color": FAINT}
    literal(figure.text(left, 0.5 * _MARGIN / height, "\n".join(caption), linespacing=_LINE / 1.2, **below))
    engine = figure.get_layout_engine()
    assert engine is not None
    rect = (0.0, foot / height, 1.0, 1.0 - (head + foot) / height)
    engine.set(rect=rect, w_pad=_MARGIN / 72.0, h_pad=0.4 * _MARGIN / 72.0)  # type: ignore[call-arg]
    for ax in figure.axes:
        # Ticks are made when a figure is drawn, perhaps under other settings.
        ax.tick_params(labelsize=text_size(0.94))
    if words.last is not None:
        figure.draw_without_rendering()
        words.last(figure.axes[0])


def unit_axis(axis: Axis, unit: str, more: str = "", difference: bool = False) -> None:
    """Label an axis in the unit in which sentences give values: shares as per cent, and their differences as points."""
    scale = scale_of(unit)
    label = (scale.points if difference else scale.unit).strip()
    if unit.startswith("share of") and not difference:
        label = f"% of {unit.removeprefix('share of ')}"
    axis.set_label_text(label + more, parse_math=False)
    axis.set_major_formatter(ScaledTicks(scale.factor))


class ScaledTicks(ScalarFormatter):
    """Numbers along an axis, times a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__(useOffset=False)
        self.set_scientific(False)
        self._factor = factor

    def set_locs(self, locs: Any) -> None:
        """Take the places of all ticks, which set the digits."""
        super().set_locs([self._factor * place for place in locs])

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the words of a tick."""
        return str(super().__call__(self._factor * x, pos))
