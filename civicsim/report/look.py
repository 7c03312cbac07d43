"""The look of all figures: colours, line styles, markers and type; equal figures give equal bytes."""

from __future__ import annotations

import functools
import io
import itertools
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from scipy.optimize import isotonic_regression

INK = "#222222"
FAINT = "#5f5f5f"
GRID = "#e3e3e3"
BASELINE_COLOUR = "#6e6e6e"
BETTER, WORSE = "#0072B2", "#D55E00"
"""Blue and vermilion, which every kind of colour vision tells apart."""
THICK, THIN = 3.2, 0.9
"""Widths of the two kinds of interval, in points: run-to-run variation, and parameter uncertainty."""
SIZE = 9.0
"""Size of type on pages, in points."""

# Okabe and Ito's colours, distinct for any kind of colour vision; without yellow, too pale on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES: tuple[Any, ...] = (
    "solid",
    (0, (7, 1.5, 1.2, 1.5)),
    (0, (1.2, 1.2)),
    (0, (10, 2.5)),
    (0, (6, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
_BASELINE_LINE = (0, (4, 2))


def settings(size: float = SIZE) -> dict[str, Any]:
    """Return the settings of matplotlib that all figures share, for a size of type in points."""
    return {
        "font.family": "DejaVu Sans",
        "font.size": size,
        "axes.titlesize": 1.1 * size,
        "axes.labelsize": size,
        "xtick.labelsize": 0.94 * size,
        "ytick.labelsize": 0.94 * size,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "figure.dpi": 160.0,
        "savefig.dpi": "figure",
        "svg.hashsalt": "civicsim",
        "pdf.fonttype": 42,
    }


_UNDATED: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def own_look(size: float = SIZE) -> Iterator[None]:
    """Use civicsim's settings of matplotlib in a block, regardless of the user's; one thread at a time."""
    with _ONE_AT_A_TIME, matplotlib.style.context(settings(size), after_reset=True):
        yield


@dataclass(frozen=True)
class Look:
    """How one scenario is drawn, the same in every panel: colour, line style, marker, and width of the line in points."""

    colour: str
    line: Any
    marker: str
    width: float = 1.7
    baseline: bool = False

    @property
    def of_line(self) -> dict[str, Any]:
        """Arguments of matplotlib for its line, with a white edge around markers."""
        own = {"color": self.colour, "linestyle": self.line, "linewidth": self.width, "marker": self.marker}
        return own | {"markeredgecolor": "white", "markeredgewidth": 0.6}

    @property
    def of_dot(self) -> dict[str, Any]:
        """Arguments of matplotlib for a dot."""
        return {"marker": self.marker, "markersize": 6.0, "markeredgewidth": 1.4, "markeredgecolor": self.colour}

    @property
    def tint(self) -> str:
        """The colour made light enough for a thin line of the colour itself to be seen on it."""
        red, green, blue = (0.5 + 0.5 * part for part in to_rgb(self.colour))
        return to_hex((red, green, blue))

    @property
    def ink(self) -> tuple[float, ...]:
        """The colour made dark enough for text on white."""
        return tuple(0.62 * part for part in to_rgb(self.colour))


PLAIN = Look(BETTER, "solid", "o")
"""The look of what is neither a scenario nor judged."""


def looks_of(labels: Sequence[str], baseline: str | None = None) -> dict[str, Look]:
    """Return a look for each label: grey dashes for the baseline, and no two alike up to 35 others."""
    ways = zip(itertools.cycle(_COLOURS), itertools.cycle(_LINES), itertools.cycle(_MARKERS), strict=False)
    usual = Look(BASELINE_COLOUR, _BASELINE_LINE, "d", 2.1, baseline=True)
    return {label: usual if label == baseline else Look(*next(ways)) for label in labels}


def draw_bars(
    ax: Axes, look: Look, ends: Sequence[float], outer: Sequence[float], at: float, upright: bool = False
) -> None:
    """Draw a thick bar and a thin line on it, each between two ends; without ends, neither."""
    for (low, high), width, colour in ((ends, THICK, look.tint), (outer, THIN, look.colour)):
        if np.isnan(low):
            continue
        x, y = [low, high], [at, at]
        across = (y, x) if upright else (x, y)
        ax.plot(*across, color=colour, linewidth=width, solid_capstyle="butt", zorder=2)


def sample(**how: Any) -> Line2D:
    """Return a sample of a line for a legend, with its marker in the middle; ``how`` is that of Line2D."""
    return Line2D([0, 0.5, 1], [0, 0, 0], markevery=[1], **how)


class Picture(Figure):
    """A figure that notebooks show by themselves; :mod:`matplotlib.pyplot` does not manage it."""

    def _repr_png_(self) -> bytes:
        return png_bytes(self)


class PictureAxes(Axes):
    """Axes that notebooks show as the figure they stand in."""

    def _repr_png_(self) -> bytes:
        figure = self.get_figure(root=True)
        return png_bytes(figure) if figure is not None else b""


def save(figure: Figure, path: str | Path, dpi: float | None = None) -> Path:
    """Write a figure to a file and return its path; equal figures give equal bytes.

    The ending sets the format: ``.png``, ``.svg``, ``.pdf``, or another that matplotlib knows. ``dpi`` are the dots per inch of
    pictures made of dots, by default those of the figure.
    """
    target = Path(path)
    with own_look():
        figure.savefig(target, metadata=_UNDATED.get(target.suffix.lower()), dpi="figure" if dpi is None else dpi)
    return target


def png_bytes(figure: Figure, dpi: float | None = None) -> bytes:
    """Return a figure as a PNG file, by default with its own dots per inch; equal figures give equal bytes."""
    file = io.BytesIO()
    with own_look():
        figure.savefig(file, format="png", metadata=_UNDATED[".png"], dpi="figure" if dpi is None else dpi)
    return file.getvalue()


def svg_text(figure: Figure, words: str) -> str:
    """Return a figure as an SVG element with letters as outlines; equal figures give equal text.

    ``words`` describe it to those who do not see it.
    """
    file = io.StringIO()
    with own_look():
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    # A page knows what an element svg is without addresses of namespaces, and needs neither prologue nor fixed size.
    inside = file.getvalue().partition("<svg")[2].partition(">")
    box = re.search(r'viewBox="[^"]*"', inside[0])
    assert box is not None
    body = re.sub(r' xmlns(:\w+)?="[^"]*"', "", inside[2])
    return (
        f'<svg role="img" aria-label="{escape(words)}" {box[0]} style="width:100%;height:auto;background:white">{body}'
    )


def plain(text: str, longest: int = 48) -> str:
    """Return a text on one line, shortened with an ellipsis if it is longer than ``longest`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def literal(text: Text) -> Text:
    """Make matplotlib show a text as it is: a dollar sign is no formula."""
    text.set_parse_math(False)
    return text


@functools.cache
def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line of text will be, in points."""
    about = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, about, ismath=False)
    return float(width)


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Return a text in lines no wider than ``width`` points; breaks between words, but not before a per cent sign."""
    lines: list[str] = []
    for word in re.split(r"\s+(?!%)", text.strip()):
        if lines and width_of(f"{lines[-1]} {word}", size, weight) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float] | None:
    """Return places at least ``gap`` apart between ``low`` and ``high``, as near as can be to those wanted.

    Returns None where there is no room.
    """
    n = len(wanted)
    if gap * (n - 1) > high - low:
        return None
    # Without their gaps, places in order must not fall; least squares under that is isotonic regression.
    order, steps = np.argsort(wanted, kind="stable"), gap * np.arange(n)
    nearest = isotonic_regression(np.asarray(wanted, dtype=float)[order] - steps).x if n else np.zeros(0)
    result = np.empty(n)
    result[order] = np.clip(nearest, low, high - gap * (n - 1)) + steps
    return result.tolist()
