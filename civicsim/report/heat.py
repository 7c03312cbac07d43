"""Heat maps of a study: a measure, or its difference from the baseline, over two of the things that are varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import differing
from civicsim.experiment.wording import counted, decimals_of, number, scale_of, setting_text
from civicsim.report.canvas import Words, figure_of, note_size, text_size
from civicsim.report.look import BETTER, FAINT, INK, WORSE, width_of, wrapped
from civicsim.report.paths import points_of
from civicsim.report.view import View
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.matched import About, Matched, mean_of

_MOST_LEVELS = 16
"""Most levels of a factor in a heat map. Assumption."""
_GOOD, _BAD = (LinearSegmentedColormap.from_list(colour, ["#ffffff", colour]) for colour in (BETTER, WORSE))


def draw_heat(ax: Axes, view: View) -> Words:
    """Draw a cell for each combination of two things that are varied: factors, styles, or draws.

    Where styles differ, cells show differences from the baseline; the darker, the larger. The factors of the view stand across and
    down; by default the first two things that are varied. It refuses fewer than two, too many levels and missing combinations.
    """
    runs, about, others = view.runs, view.about, view.others
    points, paired = runs.points, runs.points["style"].nunique() > 1
    across, down = _sides(runs, view.factors)
    own = points[points["style"].isin(others)] if paired else points
    if paired and "style" not in (across, down) and len(others) > 1:
        raise CivicsimError(
            f"{runs.where}: a heat map of two factors shows one style against {runs.baseline}: name one of {', '.join(others)} as styles"
        )
    values = runs.values[about.column][own["point"].to_numpy()]
    if paired:
        against = points[points["style"] == runs.baseline].set_index(["setting", "future"])["point"]
        values = values - runs.values[about.column][against.loc[list(zip(own["setting"], own["future"], strict=True))]]
    cells = _cells(own, values, across, down, about)
    mean, clear = (cells[name].unstack(across) for name in ("mean", "clear"))
    if mean.isna().to_numpy().any():
        raise CivicsimError(f"{runs.where}: a heat map needs runs for every combination of {down} and {across}")
    for side, axis in ((down, 0), (across, 1)):
        if side in ("style", "future"):
            order = about.sign * (mean.mean(axis=1) if axis == 0 else mean.iloc[0])
            mean = mean.reindex(order.sort_values(ascending=axis == 1, kind="stable").index, axis=axis)
    clear = clear.reindex(index=mean.index, columns=mean.columns)
    unit = scale_of(about.unit)
    colours, scale = _colours(mean.to_numpy(), about, paired, unit.factor)
    ax.imshow(colours, aspect="auto", interpolation="nearest")
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    written = _write(ax, unit.factor * mean, clear, colours, paired)
    height = (6.5 if written else 5.0) * len(mean)
    _ticks(ax, mean, across, down, view, height * 72.0 / 25.4)
    kind = f": difference from {runs.baseline}" if paired else ""
    if paired and "style" not in (across, down):
        kind = f": {others[0]} less {runs.baseline}"
    over = counted(len(runs.seeds), "seed") + _rest(own, across, down)
    caption = f"Cells: {'mean paired difference' if paired else 'mean'} ({(unit.points if paired else unit.unit).strip()}) of {over}; {scale}."
    if paired and len(runs.seeds) > 1:
        mark = "grey numbers" if written else "small dots"
        caption += f" {mark.capitalize()}: the {INTERVAL} interval over seeds (run-to-run variation) includes 0."
    if "future" in (across, down):
        caption += " Columns: draws of the uncertain parameters, sorted by the first row (parameter uncertainty)."
    return Words(view.title(kind), caption, 16.0 + height)


def _sides(runs: Matched, asked: Sequence[str]) -> tuple[str, str]:
    """Return what stands across and down: as asked, or two factors, or a factor, styles and futures in this order."""
    points = runs.points
    many = [name for name in runs.swept if points[name].nunique() > _MOST_LEVELS]
    found = [name for name in runs.swept if name not in many]
    found += [name for name in ("style", "future") if points[name].nunique() > 1]
    if len(found) < 2 or (many and len(found) - (points["style"].nunique() > 1) < 2):
        what = f"{many[0]} has {points[many[0]].nunique()} values; " if many else ""
        raise CivicsimError(
            f"{runs.where}: {what}a heat map needs two of these: factors with up to {_MOST_LEVELS} levels, styles, draws"
        )
    if asked:
        checks.keys(asked, [name for name in found if name != "future"], f"{runs.where}: no factor")
        if len(set(asked)) != 2:
            raise CivicsimError(f"{runs.where}: factors = {', '.join(asked)}: a heat map takes two, across and down")
        return asked[0], asked[1]
    first, second = found[:2]
    return (second, first) if second == "future" or (first == "style") else (first, second)


def _cells(own: pd.DataFrame, values: np.ndarray, across: str, down: str, about: About) -> pd.DataFrame:
    """Return mean and whether its interval over seeds excludes 0, by cell."""
    place = own.groupby([down, across], sort=True).indices
    rows = {}
    for key, which in place.items():
        found = differing(mean_of(values[which], axis=0), bounds=about.apart)
        rows[key] = (found.mean, found.way not in ("too close to call",))
    index = pd.MultiIndex.from_tuples(rows, names=[down, across])
    return pd.DataFrame(list(rows.values()), index, columns=["mean", "clear"])


def _colours(mean: np.ndarray, about: About, paired: bool, factor: float) -> tuple[np.ndarray, str]:
    """Return the colour of each cell, shape (rows, columns, 3), and what colours mean."""
    if not paired:
        low, high = float(mean.min()), float(mean.max())
        shade = 0.08 + 0.85 * (mean - low) / ((high - low) or 1.0)
        return shade_of(shade), f"from {number(factor * low)} (light) to {number(factor * high)} (dark)"
    most = float(np.abs(mean).max()) or 1.0
    good = about.sign * mean >= 0.0
    shade = 0.9 * np.abs(mean) / most
    words = ("more", "less") if about.better == "neither" else ("better", "worse")
    scale = f"blue: {words[0]}; vermilion: {words[1]}; darkest: {number(factor * most)}"
    return np.where(good[..., None], _GOOD(shade), _BAD(shade))[..., :3], scale


def shade_of(shares: np.ndarray) -> np.ndarray:
    """Return the colour of each share from 0, white, to 1, blue; shape (…, 3)."""
    return np.asarray(_GOOD(shares)[..., :3])


def _write(ax: Axes, mean: pd.DataFrame, clear: pd.DataFrame, colours: np.ndarray, paired: bool) -> bool:
    """Write values into cells where there is room, else mark those that are not clear; return which."""
    decimals = decimals_of(float(np.abs(mean.to_numpy()).max()), 3)
    texts = mean.map(lambda value: number(value, decimals, sign=paired))
    room = points_of(ax)[0] * 0.8 / mean.shape[1]
    written = max(width_of(text, note_size()) for text in texts.to_numpy().ravel()) < room
    for (row, column), text in np.ndenumerate(texts.to_numpy()):
        sure = bool(clear.to_numpy()[row, column]) or not paired
        dark = float(np.dot(colours[row, column], (0.299, 0.587, 0.114))) < 0.5
        ink: Any = "white" if dark else INK
        if written:
            faint = FAINT if not dark else "#dddddd"
            ax.text(column, row, text, ha="center", va="center", fontsize=note_size(), color=ink if sure else faint)
        elif not sure:
            ax.plot(column, row, ".", color=ink, markersize=1.6)
    return written


def _ticks(ax: Axes, mean: pd.DataFrame, across: str, down: str, view: View, height: float) -> None:
    """Write the values along both sides, and the labels of factors; the axes are ``height`` points high."""
    room = 0.36 * 72.0 * figure_of(ax).get_figwidth()
    rows = ["\n".join(wrapped(setting_text(value), room, text_size(0.94))) for value in mean.index]
    ax.set_yticks(range(len(mean)), rows, parse_math=False)
    if across == "future":
        ax.set_xticks([])
        ax.set_xlabel(counted(mean.shape[1], "draw"))
    else:
        ax.set_xticks(range(mean.shape[1]), [setting_text(value) for value in mean.columns], parse_math=False)
        ax.set_xlabel("" if across == "style" else view.label(across, True), parse_math=False)
    if down not in ("style", "future"):
        ax.invert_yaxis()
        ax.set_ylabel("\n".join(wrapped(view.label(down, True), height, text_size())), parse_math=False)


def _rest(own: pd.DataFrame, across: str, down: str) -> str:
    """Return over what else cells are averaged."""
    n = len(own) / max(1, own.groupby([down, across]).ngroups)
    return f" × {counted(int(n), 'point')} (other settings, draws and shocks)" if n > 1 else ""
