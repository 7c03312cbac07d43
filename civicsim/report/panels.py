"""Figures of several panels: the frame of title, keys, panels and footer, and time paths in such a frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from civicsim import __version__
from civicsim.errors import ScenarioError
from civicsim.experiment.run import Result, measure_names
from civicsim.experiment.wording import counted
from civicsim.model.measures import MEASURES
from civicsim.model.measuring import Measure
from civicsim.report.changes import names_of
from civicsim.report.look import FAINT, Picture, PictureAxes, literal, looks_of, own_look, plain, width_of, wrapped
from civicsim.report.paths import Shown, bands_of, draw_paths, explanation, line_key, longest, time_unit
from civicsim.report.words import INTERVAL, THINKING_AID, seeds_text

_WIDTH, _MARGIN, _GAP, _HEAD = 10.0, 0.3, 0.35, 0.55
"""Width and margin of the figure, room between columns, and height of a panel's own title; in inches."""
_TITLE_SIZE, _SUBTITLE_SIZE, _KEY_SIZE, _PANEL_SIZE, _NOTE_SIZE = 14.0, 10.0, 9.0, 10.5, 8.5
_SAMPLE, _KEY_LINE, _NOTE_LINE = 0.36, 0.26, 0.17


def declared(measures: Sequence[str], known: Mapping[str, Measure] = MEASURES) -> list[Measure]:
    """Return the measures of these names.

    Raises
    ------
    ScenarioError
        If one does not exist, or there is none.
    """
    if not measures:
        raise ScenarioError("figure: expected at least one measure")
    return [known[name] for name in measure_names(measures, known)]


def columns_of(n: int) -> int:
    """Return the number of columns for ``n`` panels: 2 or 3, the one with fewer empty places."""
    return min(n, min((3, 2), key=lambda columns: -n % columns))


def colophon(seeds: Sequence[int], *, matched: bool = True) -> str:
    """Return the last line of a footer: runs, seeds, kind of interval, version and purpose."""
    runs = f"{counted(len(seeds), 'matched run')} of each scenario" if matched else counted(len(seeds), "run")
    interval = f"{INTERVAL} t intervals over runs" if len(seeds) > 1 else "no interval from one run"
    return f"{runs} ({seeds_text(seeds)}) · {interval} · civicsim {__version__} · {THINKING_AID}"


def frame(
    about: Sequence[Shown],
    keys: Sequence[tuple[Line2D, str]],
    *,
    title: str = "",
    subtitle: str = "",
    footer: Sequence[str] = (),
    panel_height: float,
    left: float,
    below: float,
    first_left: float | None = None,
    inner: float | None = None,
) -> tuple[Picture, list[Axes]]:
    """Return a figure with all its words, and its panels, still empty; lengths in inches.

    Parameters
    ----------
    about : sequence of Measure, or of anything with label, unit and better
        One per panel.
    keys : sequence of (Line2D, str)
        Samples of lines or markers and what they stand for.
    title, subtitle : str
        Over the keys.
    footer : sequence of str
        Paragraphs under the panels.
    panel_height : float
        Of the part that is drawn on.
    left, below : float
        What is kept free beside and under a panel.
    first_left, inner : float, optional
        What is kept free beside panels of the first column, and under those that are not in the last row.
    """
    first_left, inner = left if first_left is None else first_left, below if inner is None else inner
    columns = columns_of(len(about))
    rows = math.ceil(len(about) / columns)
    notes = [line for part in footer for line in wrapped(part, (_WIDTH - 2 * _MARGIN) * 72.0, _NOTE_SIZE)]
    key_lines = _flow(keys)
    head = 0.84 if title else 0.08
    top = head + _KEY_LINE * len(key_lines) + 0.06
    bottom = 0.10 + (0.12 + _NOTE_LINE * len(notes) if notes else 0.0)
    height = top + rows * (_HEAD + panel_height) + (rows - 1) * inner + below + bottom
    figure = Picture(figsize=(_WIDTH, height))

    def write(x: float, y: float, words: str, **how: Any) -> None:
        literal(figure.text(x / _WIDTH, 1.0 - y / height, words, **how))

    write(_MARGIN, 0.28, title, fontsize=_TITLE_SIZE, fontweight="bold", va="top")
    write(_MARGIN, 0.60, subtitle, fontsize=_SUBTITLE_SIZE, color=FAINT, va="top")
    for at, line in enumerate(key_lines):
        y = head + _KEY_LINE * (at + 0.5)
        for x, sample, words in line:
            sample.set_data([(x + part * _SAMPLE) / _WIDTH for part in (0.0, 0.5, 1.0)], [1.0 - y / height] * 3)
            sample.set_transform(figure.transFigure)
            figure.add_artist(sample)
            write(x + _SAMPLE + 0.07, y, words, fontsize=_KEY_SIZE, va="center")
    for at, note in enumerate(notes):
        y = height - bottom + 0.14 + _NOTE_LINE * at
        write(_MARGIN, y, note, fontsize=_NOTE_SIZE, color=FAINT, va="center")
    width = (_WIDTH - 2 * _MARGIN - first_left - (columns - 1) * (_GAP + left)) / columns
    panels = []
    for index, measure in enumerate(about):
        row, column = divmod(index, columns)
        x = _MARGIN + first_left + column * (width + _GAP + left)
        y = top + row * (_HEAD + panel_height + inner) + _HEAD
        place = (x / _WIDTH, 1.0 - (y + panel_height) / height, width / _WIDTH, panel_height / height)
        panels.append(figure.add_axes(place, axes_class=PictureAxes))
        write(x, y - 0.33, measure.label, fontsize=_PANEL_SIZE, fontweight="bold", va="baseline")
        write(x, y - 0.13, _unit(measure, width), fontsize=_NOTE_SIZE, color=FAINT, va="baseline")
    return figure, panels


def path_panels(
    results: Mapping[str, Result],
    about: Sequence[Measure],
    baseline: str | None = None,
    *,
    title: str = "",
    subtitle: str = "",
    footer: Sequence[str] = (),
) -> Picture:
    """Return a figure of the time paths of several measures, with what lines and bands mean under it."""
    names, looks, weeks = names_of(results), looks_of(list(results), baseline), longest(results.values())
    with own_look():
        keys = [(line_key(looks[label]), names[label]) for label in results] if len(results) > 1 else []
        figure, panels = frame(
            about,
            keys,
            title=title,
            subtitle=subtitle,
            footer=[explanation(results, baseline), *footer],
            panel_height=1.55,
            left=0.34,
            below=0.42,
            inner=0.12,
        )
        for index, (measure, ax) in enumerate(zip(about, panels, strict=True)):
            draw_paths(ax, bands_of(results, measure), looks, weeks)
            if index + columns_of(len(about)) < len(about):
                ax.tick_params(axis="x", labelbottom=False)
            else:
                ax.set_xlabel(time_unit(weeks).capitalize(), loc="left")
    return figure


def _unit(measure: Shown, width: float) -> str:
    """Return the unit, with the better direction where there is room."""
    full = f"{measure.unit}; {measure.better} is better"
    fits = width_of(full, _NOTE_SIZE) <= 72.0 * width
    return full if measure.better != "neither" and fits else measure.unit


def _flow(keys: Sequence[tuple[Line2D, str]]) -> list[list[tuple[float, Line2D, str]]]:
    """Return keys in lines that fit the width: where each begins, its sample, and its words."""
    lines: list[list[tuple[float, Line2D, str]]] = []
    x = _WIDTH
    for sample, words in keys:
        words = plain(words)
        length = _SAMPLE + 0.07 + width_of(words, _KEY_SIZE) / 72.0
        if x + length > _WIDTH - _MARGIN:
            lines.append([])
            x = _MARGIN
        lines[-1].append((x, sample, words))
        x += length + 0.17
    return lines
