"""Figures of a study's analyses, one panel each: :data:`PLOTS` has them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.wording import counted, is_clear, number, percent, toward
from civicsim.report.canvas import WIDTH, Words, note_size, panel, text_size, unit_axis
from civicsim.report.heat import draw_heat, shade_of
from civicsim.report.interaction import draw_interaction
from civicsim.report.look import BASELINE_COLOUR, BETTER, GRID, INK, PLAIN, THIN, WORSE, Look, width_of
from civicsim.report.paths import FEW, SMOOTH_WEEKS, Band, band, labelled_paths, points_of, smoothed_from
from civicsim.report.rows import Dot, name_rows, named_rows
from civicsim.report.view import View
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.analysis.decide import decide
from civicsim.study.analysis.discovery import Limit, discover
from civicsim.study.analysis.indices import NOTHING
from civicsim.study.analysis.matched import About, matched, middle
from civicsim.study.analysis.rank import rank
from civicsim.study.analysis.regret import regret
from civicsim.study.analysis.sensitivity import sensitivity
from civicsim.study.store.store import Store

MOST_ROWS = 20
"""Most rows of a figure: of many parameters, those that matter most are drawn. Assumption."""
RUN_BAR = f"thick bar: {INTERVAL} interval over seeds (run-to-run variation)"
DRAW_LINE = "thin line: middle 95 % of draws (parameter uncertainty)"
_ZERO: dict[str, Any] = {"line": 0.0, "color": BASELINE_COLOUR, "linewidth": 0.9}


# -- kinds of figures --------------------------------------------------------------------------------------------------


def _differences(ax: Axes, view: View) -> Words:
    """Draw the difference of each policy from the one it is compared with, the best on top."""
    about, rows = view.about, contrasts(view.runs)
    if not len(rows):
        raise CivicsimError(
            f"{view.runs.where}: no policy is compared with another: expected several styles or settings"
        )
    rows = rows.sort_values("difference", ascending=about.better == "lower", kind="stable")
    words, against = view.runs.compared_words()
    shocks = [f" [{shock}]" if shock else "" for shock in rows["shock"]]
    names = [words[policy] + shock for policy, shock in zip(rows["policy"], shocks, strict=True)]
    dots = [
        verdict_dot(row, about.better, ("run_low", "run_high"), ("parameter_low", "parameter_high"))
        for row in rows.to_dict("records")
    ]
    height = named_rows(ax, names, dots, **_ZERO)
    unit_axis(ax.xaxis, about.unit, difference=True)
    n = f"{counted(int(rows['n_seeds'].max()), 'seed')}{_draws(int(rows['n_draws'].max()))}"
    caption = f"Dot: mean paired difference ({n}); {_intervals(rows)}. Hollow: too close to call. {COLOURS[about.better == 'neither']}"
    return Words(view.title(f": difference from {against}"), caption, height)


COLOURS = ("Blue: better; vermilion: worse.", "")


def _paths(ax: Axes, view: View) -> Words:
    """Draw weekly means by policy."""
    store, runs = view.store, view.runs
    weekly = store.manifest["weekly"]
    if view.about.column not in weekly:
        has = f"keeps weeks of {', '.join(weekly)}" if weekly else "keeps no weeks"
        raise CivicsimError(
            f'{runs.where}: {has}; paths of {view.about.column} need weekly = ["{view.about.column}"] in the study file'
        )
    kept = store.points()[["point", "style"]]
    points = runs.points.assign(point=kept["point"][kept["style"].isin(runs.points["style"].unique())].to_numpy())
    rows = store.weekly([view.about.column]).merge(points[["point", "policy", "future"]], on="point")
    policies = list(dict.fromkeys(points["policy"]))
    bands: dict[str, Band] = {}
    for policy, name in zip(policies, view.runs.names(policies), strict=True):
        cube = rows[rows["policy"] == policy].pivot(index="week", columns=["future", "seed"], values=view.about.column)
        bands[name] = _summed_up(cube, view.about)
    first = points["style"].eq(runs.baseline).to_numpy().argmax()
    baseline = list(bands)[policies.index(points["policy"].iloc[first])]
    weeks, futures = max(len(own.mean) + own.first for own in bands.values()), points["future"].nunique()
    over = f"{counted(len(runs.seeds), 'seed')}{_draws(futures)}"
    few, what = len(bands) <= FEW, f"{INTERVAL} interval over seeds (run-to-run variation)"
    words = f"Line: mean of {over}. {'Shaded band' if few else 'Thick whisker at the end'}: {what}"
    if futures > 1:
        words += f"; {'between thin lines' if few else 'thin whisker'}: middle 95 % of draws (parameter uncertainty)"
    words += "." if few else f". Grey band: run-to-run variation over time for {baseline}."
    words += f" Each point is the mean of the last {SMOOTH_WEEKS} weeks." if next(iter(bands.values())).first else ""
    return labelled_paths(ax, bands, view.about, weeks, words, baseline)


def _summed_up(cube: pd.DataFrame, about: About) -> Band:
    """Return weekly means with their interval over seeds and their range over futures, of columns (future, seed)."""
    first = smoothed_from(len(cube))
    smooth = cube.rolling(SMOOTH_WEEKS, min_periods=1).mean().iloc[first:] if first else cube
    by_seed, by_future = (smooth.T.groupby(level=level).mean().T for level in ("seed", "future"))
    found = band(by_seed.to_numpy(), about.bounds)
    bottom, top = middle(by_future.to_numpy().T) if by_future.shape[1] > 1 else (found.mean * np.nan,) * 2
    return found._replace(bottom=bottom, top=top, first=first)


def _indices(ax: Axes, view: View) -> Words:
    """Draw sensitivity indices by factor, the largest on top."""
    found = sensitivity(view.store, [view.about.column], styles=view.styles or None)
    cases = found[["words", "shock"]].drop_duplicates()
    if len(cases) > 1:
        several = cases["words"].nunique() > 1
        there = ", ".join(f"{row.words} [{row.shock}]" if row.shock else row.words for row in cases.itertuples())
        what = "style, and there are" if several else "set of shocks, and there are"
        raise CivicsimError(
            f"{view.runs.where}: indices are drawn of one {what} {there}: "
            + ("name one as styles" if several else "civicsim study sensitivity has the numbers of each")
        )
    method, (main, second) = found["method"].iloc[0], _INDEX[found["method"].iloc[0]]
    table = found[found["factor"] != NOTHING].pivot(index="factor", columns="index")
    if main not in table["value"]:
        raise CivicsimError(f"{view.runs.where}: {view.about.column} is the same everywhere: no factor has an index")
    order = table["value"][main].sort_values(ascending=False, kind="stable").index
    order = order[~table["value"][main].loc[order].isna()]
    shown = order[:MOST_ROWS]
    chance = found.loc[found["factor"] == NOTHING, "value"]
    line = float(chance.iloc[0]) if len(chance) else np.nan
    dots = [
        Dot(value, outer_low=low, outer_high=high)
        for value, low, high in table.loc[shown, [(key, main) for key in ("value", "low", "high")]].itertuples(
            index=False
        )
    ]
    height = named_rows(
        ax,
        [" × ".join(map(view.label, name.split(" × "))) for name in shown],
        dots,
        line=line,
        color=BASELINE_COLOUR,
        linewidth=0.9,
        linestyle=(0, (4, 3)),
    )
    caption = _INDEX_WORDS[method]
    caption += "" if method == "anova" else " Thin line: 95 % interval over the sample of parameters."
    if second:
        for at, name in enumerate(shown):
            value, low, high = (table[key][second][name] for key in ("value", "low", "high"))
            ax.plot([low, high], [at + 0.3] * 2, color=BETTER, linewidth=THIN, zorder=2)
            ax.plot(value, at + 0.3, marker="D", markersize=3.5, markerfacecolor="white", color=BETTER, zorder=4)
        ends = table.loc[shown, (["value", "low", "high"], [main, second])].to_numpy(dtype=float)
        left, right = min(0.0, float(np.nanmin(ends))), float(np.nanmax(ends))
        ax.set_xlim(left - 0.04 * (right - left), right + 0.04 * (right - left))
    caption += " Dashed: what a factor without effect may reach." if len(chance) else ""
    caption += f" {counted(int(found['n'].iloc[0]), 'row')} × {counted(int(found['n_seeds'].iloc[0]), 'seed')}."
    caption += (
        f" {counted(len(order) - len(shown), 'factor')} with smaller values left out."
        if len(order) > len(shown)
        else ""
    )
    if method == "morris":
        unit_axis(ax.xaxis, view.about.unit, ", over the whole range of a factor", difference=True)
    else:
        unit_axis(ax.xaxis, found["index_unit"].iloc[0])
    of = cases["words"].iloc[0]
    return Words(f"{view.about.label}: what it depends on ({of})", caption, height)


_INDEX: dict[str, tuple[str, str]] = {
    "sobol": ("total", "first"),
    "morris": ("mean size", "spread"),
    "pawn": ("median", ""),
    "anova": ("share", ""),
}
_INDEX_WORDS = {
    "sobol": "Filled dot: total Sobol' index, with all that a factor takes part in; hollow diamond: first-order index, by itself.",
    "morris": "Filled dot: mean size of elementary effects (Morris); hollow diamond: their spread, large where effects interact.",
    "pawn": "Dot: PAWN index, the median gap between distributions.",
    "anova": "Dot: exact share of the variance of all runs, of a factor, an interaction or run-to-run variation.",
}


def _regret(ax: Axes, view: View) -> Words:
    """Draw how far each policy is behind the best over futures, the smallest largest regret on top."""
    found = regret(view.runs, view.about.column)
    rows = found.summary.sort_values("max_regret", kind="stable")
    costs = found.regret.to_numpy()[rows.index]
    several = costs.shape[1] > 1
    dots = [
        Dot(
            row["mean_regret"],
            row["max_regret_low"],
            row["max_regret_high"],
            PLAIN,
            True,
            row["max_regret"],
            *(np.quantile(own, (0.0, 1.0)) if several else (np.nan, np.nan)),
        )
        for row, own in zip(rows.to_dict("records"), costs, strict=True)
    ]
    height = named_rows(ax, view.runs.names(rows["policy"].tolist()), dots)
    ax.set_xlim(left=0.0)
    unit_axis(ax.xaxis, view.about.unit, " behind the best", difference=True)
    over = f"{counted(int(rows['n_futures'].max()), 'future')} × {counted(int(rows['n_seeds'].max()), 'seed')}"
    caption = f"Dot: mean regret over futures ({over}); vertical tick: largest regret, with its {RUN_BAR.replace('thick bar: ', '')} as thick bar"
    caption += "; thin line: from the smallest to the largest over futures (parameter uncertainty)." if several else "."
    return Words(f"{view.about.label}: regret, the distance from the best in each future", caption, height)


def _rank(ax: Axes, view: View) -> Words:
    """Draw how often each policy has each rank, the best mean rank on top, and in how many futures it is best."""
    found = rank(view.runs, view.about.column)
    rows, shares = found.summary, found.distribution.to_numpy()
    n = shares.shape[1]
    ax.imshow(shade_of(0.95 * shares), aspect="auto", interpolation="nearest", extent=(0.5, n + 0.5, n - 0.5, -0.5))
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    height = name_rows(ax, view.runs.names(rows["policy"].tolist()))
    ax.set_xlabel("rank (1 is best)")
    words = []
    for at, row in enumerate(rows.to_dict("records")):
        ax.plot([row["rank_low"], row["rank_high"]], [at, at], color=INK, linewidth=THIN)
        ax.plot(row["mean_rank"], at, "o", color=INK, markersize=3.5)
        ends = f" ({100.0 * row['run_low']:.0f}–{percent(row['run_high'])})" if row["run_high"] > 0.0 else ""
        words.append(f"{percent(row['best'])}{ends}")
    best = ax.twinx()
    best.set_ylim(ax.get_ylim())
    best.spines[:].set_visible(False)
    best.tick_params(length=0, labelsize=note_size())
    best.set_yticks(range(len(words)), words)
    futures = int(rows["n_futures"].max())
    over = f"{counted(futures, 'future')} × {counted(int(rows['n_seeds'].max()), 'seed')}"
    caption = f"The darker, the larger the share of futures ({over}) in which it has the rank. Dot: mean rank"
    caption += "; thin line: 5th to 95th percentile over futures (parameter uncertainty)." if futures > 1 else "."
    caption += " On the right: share of futures in which it is best"
    ranges = rows["run_low"].notna().any()
    caption += "; in brackets the middle 95 % of samples of seeds (run-to-run variation)." if ranges else "."
    return Words(
        view.title(f" ({view.about.unit}): ranks over futures"), caption, height, lambda own: _rank_ticks(own, n)
    )


def _rank_ticks(ax: Axes, n: int) -> None:
    """Write the number of every rank, or of one in so many that there is room."""
    step = 1 + int(n * (width_of(str(n), text_size(0.94)) + 3.0) / points_of(ax)[0])
    ax.set_xticks(range(1, n + 1, step))


def _boxes(ax: Axes, view: View) -> Words:
    """Draw the conditions under which a style loses: of each box a row per limit, on the range of the parameter."""
    runs = view.runs
    pair = view.styles if len(view.styles) == 2 else (view.others[0] if len(view.others) == 1 else None, None)
    found = discover(runs, view.about.column, *(pair if runs.points["style"].nunique() > 1 else (None, None)))
    if not found.limits:
        raise CivicsimError(f"{runs.where}: {found.words}")
    names: list[str] = []
    caption = "Vermilion: the part of the range (grey) of each parameter that is in the box."
    ax.set(xlim=(0.0, 1.0), xticks=[])
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    for at, (limits, row) in enumerate(zip(found.limits, found.boxes.to_dict("records"), strict=True), start=1):
        ends = f"{percent(row['density_low'])} to {percent(row['density_high'])}"
        head = ax.text(0.0, len(names), f"{row['lost']} of {row['n']} lost ({ends})", va="center")
        head.set(fontsize=note_size(), fontweight="bold", in_layout=False)
        names.append(f"Box {at}")
        caption += f" Box {at} has {percent(row['coverage'])} of the lost cases." if at == 1 else ""
        for limit in limits:
            _draw_limit(ax, len(names), limit, runs.points)
            names.append(limit.name if limit.name == "shock" else view.label(limit.name))
    ax.set_ylim(len(names) - 0.5, -0.5)
    height = 1.25 * name_rows(ax, names)
    for name, text in zip(names, ax.get_yticklabels(), strict=True):
        text.set_fontweight("bold" if name.startswith("Box ") else "normal")
    title = f"{found.about.label}: where {found.style} loses to {found.against}"
    return Words(title, f"{caption} In brackets: 95 % Wilson interval over cases. {found.words}", height)


def _draw_limit(ax: Axes, at: int, limit: Limit, points: pd.DataFrame) -> None:
    """Draw a limit as a part of the range of its parameter, with its ends over it."""
    (low, high), words = _limit(limit, points)
    ax.barh(at, 1.0, height=0.44, color=GRID)
    ax.barh(at, high - low, left=low, height=0.44, color=WORSE)
    for place, text in zip((low, high), words, strict=True):
        side = "left" if place < 0.2 else "right" if place > 0.8 else "center"
        own = ax.text(place, at - 0.26, text, ha=side, va="bottom", fontsize=note_size(), parse_math=False)
        own.set_in_layout(False)


def _limit(limit: Limit, points: pd.DataFrame) -> tuple[tuple[float, float], tuple[str, str]]:
    """Return which part of its range a limit allows, from 0 to 1, and the words at its ends."""
    values = points[limit.name]
    if limit.choices:
        return (0.0, len(limit.choices) / values.nunique()), (" or ".join(limit.choices), "")
    low, high = float(values.min()), float(values.max())
    ends = [(min(max(end, low), high) - low) / (high - low) for end in (limit.low, limit.high)]
    words = [number(end) if np.isfinite(end) else "" for end in (limit.low, limit.high)]
    return (ends[0], ends[1]), (words[0], words[1])


def _decide(ax: Axes, view: View) -> Words:
    """Draw what knowing each parameter is worth in a choice between two styles, the most worth on top."""
    pair = view.styles if len(view.styles) == 2 else ((*view.styles, view.runs.baseline) if view.styles else None)
    found = decide(view.runs, view.about.column, pair)
    if not found.table["evppi"].any():
        raise CivicsimError(f"{view.runs.where}: no parameter would change the choice: {found.words}")
    rows = found.table[found.table["evppi"] > 0.0].head(MOST_ROWS)
    looks = {True: PLAIN, False: Look(BASELINE_COLOUR, "solid", "o")}
    dots = [
        Dot(row["evppi"], np.nan, np.nan, looks[row["clear"]], row["clear"], row["chance"], row["low"], row["high"])
        for row in rows.to_dict("records")
    ]
    height = named_rows(ax, rows["label"].tolist(), dots)
    ax.set_xlim(left=0.0)
    unit_axis(ax.xaxis, view.about.unit, ", gained by knowing it", difference=True)
    left = len(found.table) - len(rows)
    caption = (
        f"Dot: expected value of partial perfect information; thin line: its 95 % bootstrap interval over {found.difference.n} draws "
        "(parameter uncertainty); vertical tick: what a parameter without effect may reach; hollow: no more than that. "
        f"Run-to-run variation accounts for {percent(found.run_to_run)} of the differences between draws."
    )
    caption += f" {counted(left, 'parameter')} worth less left out." if left else ""
    return Words(f"{view.about.label}: what decides between {' and '.join(found.policies)}", caption, height)


# -- all figures -------------------------------------------------------------------------------------------------------

PLOTS: Mapping[str, Callable[[Axes, View], Words]] = {
    "differences": _differences,
    "heat": draw_heat,
    "effects": draw_interaction,
    "paths": _paths,
    "indices": _indices,
    "rank": _rank,
    "regret": _regret,
    "boxes": _boxes,
    "decide": _decide,
}
"""What draws each kind of figure. It raises a :class:`CivicsimError` where the design of a study does not fit."""
OF_FACTORS = ("heat", "effects")
"""Figures whose factors can be chosen."""


def plot_study(
    store: Store,
    kind: str,
    measure: str | None = None,
    styles: Sequence[str] = (),
    ax: Axes | None = None,
    width: float = WIDTH,
    factors: Sequence[str] = (),
) -> Axes:
    """Draw a figure of a study.

    Parameters
    ----------
    store : Store
        Its results.
    kind : str
        One of :data:`PLOTS`.
    measure : str, optional
        Column of the table of runs; the first that the study has a question about by default.
    styles : sequence of str
        Styles to draw beside the baseline; all by default.
    ax, width
        As for :func:`civicsim.report.canvas.panel`.
    factors : sequence of str
        Columns of points. Of a heat map: across and down; of effects: along the axis, and those that tell lines apart. By
        default the first that are varied.

    Raises
    ------
    CivicsimError
        If a name is unknown, the width is out of range, or the design of the study does not fit the figure.
    """
    checks.keys([kind], PLOTS, f"{store.path}: no figure")
    runs = matched(store, None if measure is None else [measure])
    about = next(iter(runs.columns.values()))
    runs = matched(runs, [about.column])
    checks.keys(styles, list(dict.fromkeys(runs.points["style"])), f"{runs.where}: no style")
    if not np.isfinite(runs.values[about.column]).any():
        raise CivicsimError(f"{runs.where}: {about.column} has no values yet")
    if factors and kind not in OF_FACTORS:
        raise CivicsimError(f"{runs.where}: {kind} takes no factors; {' and '.join(OF_FACTORS)} do")
    if styles:
        runs = runs.kept(runs.points["style"].isin([*styles, runs.baseline]).to_numpy())
    view = View(store, runs, about, tuple(styles), tuple(factors))
    return panel(lambda own: PLOTS[kind](own, view), ax, width)


def verdict_look(verdict: str, better: str) -> Look:
    """Return the look of a difference: blue for better, vermilion for worse, black where neither is or too close to call."""
    colours = {"better": BETTER, "worse": WORSE}
    return Look(colours.get(toward(verdict.partition(",")[0], better), INK), "solid", "o")


def verdict_dot(
    row: Mapping[Any, Any],
    better: str,
    ends: tuple[str, str] = ("low", "high"),
    outer: tuple[str, str] | None = None,
    prefix: str = "",
) -> Dot:
    """Return the dot of a difference, hollow where it is too close to call; ``prefix`` begins the columns of a change of one."""
    verdict, value = row[f"{prefix}verdict"], row[prefix.rstrip("_") or "difference"]
    low, high = (row[prefix + name] for name in ends)
    far = (np.nan, np.nan) if outer is None else (row[outer[0]], row[outer[1]])
    return Dot(value, low, high, verdict_look(verdict, better), is_clear(verdict), np.nan, *far)


def _draws(n: int) -> str:
    return f" × {counted(n, 'draw')}" if n > 1 else ""


def _intervals(rows: pd.DataFrame) -> str:
    parts = [
        words for words, column in ((RUN_BAR, "run_low"), (DRAW_LINE, "parameter_low")) if rows[column].notna().any()
    ]
    return "; ".join(parts) or "one run has no interval"
