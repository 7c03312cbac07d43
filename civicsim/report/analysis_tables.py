"""Comparison, regret and the multiverse of forms as tables of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import numpy as np

from civicsim.errors import CivicsimError
from civicsim.report.html import _table as table
from civicsim.report.words import INTERVAL, counted, number, with_interval
from civicsim.study.analysis.ablation import ablation, switch_columns
from civicsim.study.analysis.contrasts import BOTH, contrasts, tails
from civicsim.study.analysis.matched import Matched
from civicsim.study.analysis.multiverse import SWAPS, Multiverse, multiverse, of_rules
from civicsim.study.analysis.regret import Regret, regret
from civicsim.study.design.mechanisms import CORE

_MOST_ROWS = 120
"""Rows of a table that a person can still look through. Assumption."""


def analysis(runs: Matched) -> Iterator[str]:
    """Yield the pieces of a page on how policies differ, on their worst runs, on what they cost in hindsight, and on worlds.

    Parameters
    ----------
    runs : Matched
        What came of a study; pieces that it says nothing about are left out.
    """
    if not any(np.isfinite(values).any() for values in runs.values.values()):
        return
    yield from _mechanisms(runs)
    n = runs.points["policy"].nunique()
    if n > _MOST_ROWS:
        yield (
            f"<h2>Comparison</h2><p>{n} policies are too many for tables on a page: <code>civicsim study compare</code> and "
            "<code>civicsim study regret</code> have them.</p>"
        )
        return
    found = contrasts(runs)
    if len(found):
        yield f"<h2>Comparison</h2>{table(_contrast_caption(len(found)), _CONTRAST, [_contrast(row) for row in found.head(_MOST_ROWS).to_dict('records')])}"
    worst = tails(runs)
    if len(worst):
        rows = [_tail(row) for row in worst.head(_MOST_ROWS).to_dict("records")]
        caption = (
            f"The worst 5 % of runs, with {INTERVAL} intervals from samples of whole seeds (luck from run to run; none for fewer "
            f"than 20 runs or 10 seeds){_of(len(worst))}."
        )
        yield f"<h2>Worst runs</h2>{table(caption, _TAIL, rows)}"
    yield from _regrets(runs)
    yield from _worlds(runs)


def _of(n: int) -> str:
    return f"; the first {_MOST_ROWS} of {n}" if n > _MOST_ROWS else ""


_CONTRAST = [
    "Policy",
    "Measure",
    "Difference",
    "Uncertainty",
    "Higher in",
    "Verdict",
    "Pairs (n)",
    "Seeds used / needed",
]


def _contrast_caption(n: int) -> str:
    return (
        f"Differences between runs of one seed and one future, with {INTERVAL} intervals, not widened for the number of "
        "comparisons. Run-to-run is luck; parameters is what nobody knows, over draws; the verdict is by both, and by what the "
        f"study says matters{_of(n)}."
    )


def _contrast(row: Mapping[Any, Any]) -> list[str]:
    mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
    kind = row["uncertainty"]
    if kind == BOTH:
        luck = with_interval(row["difference"], row["run_low"], row["run_high"], sign=True)[1]
        span = with_interval(row["difference"], row["parameter_low"], row["parameter_high"], sign=True)[1]
        kind = f"{kind}\nrun-to-run {luck}\nparameters {span}"
    shock = f" [{row['shock']}]" if row["shock"] else ""
    of = counted(row["n_seeds"], "seed") + (f" × {counted(row['n_draws'], 'draw')}" if row["n_draws"] > 1 else "")
    missing = f"\n{counted(row['n_missing'], 'pair')} without a value" if row["n_missing"] else ""
    needed = row["seeds_needed"]
    more = "–" if np.isnan(needed) else "over a million" if np.isinf(needed) else f"{needed:.0f}"
    return [
        f"{row['words']}{shock}\nagainst {row['against']}", f"{row['label']}\n{row['unit']}", f"{mean}\n{ends}", kind,
        "–" if np.isnan(row["superiority"]) else f"{row['superiority']:.0%}", row["verdict"], f"{row['n']}\n{of}{missing}",
        f"{row['n_seeds']} / {more}",
    ]  # fmt: skip


_MECHANISM = ["Setting", "Measure", "Difference", "Verdict", "Change", "From", "Finding", "Pairs (n)"]


def _mechanisms(runs: Matched) -> Iterator[str]:
    """Yield a table of what mechanisms do to the difference between styles, where a study takes them away."""
    if not switch_columns(runs.points, runs.factors, runs.sections) or runs.points["style"].nunique() < 2:
        return
    try:
        found = ablation(runs)
    except CivicsimError:
        # Switches are varied in another way, and the tables below show them like other factors.
        return
    caption = (
        f"What mechanisms do to the difference between styles: paired differences with {INTERVAL} intervals, and how they change "
        "where a mechanism is off (it was never there, in the burn-in neither) or is put in beside the core "
        f"({', '.join(CORE)}). Intervals are not widened for the number of mechanisms{_of(len(found))}."
    )
    rows = [_mechanism(row) for row in found.head(_MOST_ROWS).to_dict("records")]
    yield f"<h2>Mechanisms</h2>{table(caption, _MECHANISM, rows)}"


def _mechanism(row: Mapping[Any, Any]) -> list[str]:
    mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
    change, around = with_interval(row["change"], row["change_low"], row["change_high"], sign=True)
    shock = f" [{row['shock']}]" if row["shock"] else ""
    changed = f"{change}\n{around}" if row["reference"] else "–"
    return [
        f"{row['setting']}\n{row['style']}{shock} − {row['against']}", f"{row['label']}\n{row['unit']}", f"{mean}\n{ends}",
        row["verdict"], changed, row["reference"] or "–", row["finding"] or row["change_verdict"] or "–", str(row["n"]),
    ]  # fmt: skip


_TAIL = ["Policy", "Measure", "All runs", "Worst 5 %", "Runs (worst of all)", "Very worst", "Point:seed"]


def _tail(row: Mapping[Any, Any]) -> list[str]:
    mean, ends = with_interval(row["tail"], row["low"], row["high"])
    shock = f" [{row['shock']}]" if row["shock"] else ""
    return [
        f"{row['words']}{shock}", f"{row['label']}\n{row['unit']}", number(row["mean"]), f"{mean}\n{ends}",
        f"{row['n_tail']} of {row['n']}", number(row["worst"]), row["worst_run"],
    ]  # fmt: skip


def _regrets(runs: Matched) -> Iterator[str]:
    """Yield a table of regret per measure of which one way is better, and what rules of choosing choose."""
    if runs.points["policy"].nunique() < 2:
        return
    found: list[Regret] = []
    without: list[str] = []
    for name, about in runs.columns.items():
        if about.better == "neither":
            continue
        try:
            found.append(regret(runs, name))
        except CivicsimError as error:
            without.append(str(error))
    if not found and not without:
        return
    rows = [_regret(own, row) for own in found for row in own.summary.to_dict("records")]
    seeds = "luck from run to run over matched seeds"
    caption = (
        "How far each policy stays behind the one that does best in the same future. Futures count alike; intervals speak of "
        f"{seeds}, which on average makes regret look larger than it is{_of(len(rows))}."
    )
    yield f"<h2>Regret</h2>{table(caption, _REGRET, rows[:_MOST_ROWS])}" if rows else "<h2>Regret</h2>"
    yield "".join(f"<p><strong>{escape(own.about.label)}:</strong> {escape(own.words)}</p>" for own in found)
    yield "".join(f"<p>{escape(line)}</p>" for line in without)


_REGRET = ["Policy", "Measure", "Mean", "Largest regret", "In", "Mean regret", "Good enough in", "Futures × seeds"]


def _regret(own: Regret, row: Mapping[Any, Any]) -> list[str]:
    mean, around = with_interval(row["mean"], row["mean_low"], row["mean_high"])
    largest, ends = with_interval(row["max_regret"], row["max_regret_low"], row["max_regret_high"])
    met = "–" if np.isnan(row["met"]) else f"{row['met']:.0%} of futures\n{own.threshold}"
    return [
        row["words"], f"{own.about.label}\n{own.about.unit}", f"{mean}\n{around}", f"{largest}\n{ends}", row["in_future"],
        number(row["mean_regret"]), met, f"{row['n_futures']} × {row['n_seeds']}",
    ]  # fmt: skip


def _worlds(runs: Matched) -> Iterator[str]:
    """Yield tables of the order of styles in worlds with other rules, where a study has such worlds."""
    if not of_rules(runs):
        return
    found: list[Multiverse] = []
    without: list[str] = []
    for name, about in runs.columns.items():
        if about.better == "neither":
            continue
        try:
            found.append(multiverse(runs, name))
        except CivicsimError as error:
            without.append(str(error))
    rows = [_world(own, row) for own in found for row in own.worlds.to_dict("records")]
    differences = [_in_world(own, row) for own in found for row in own.differences.to_dict("records")]
    caption = (
        f"The order of styles in worlds whose rules have other forms. Kendall's tau is to the order of the first world, with {INTERVAL} "
        "intervals from samples of matched seeds; pairs swap beyond doubt where both intervals leave out 0 on different "
        f"sides{_of(len(rows))}."
    )
    yield f"<h2>Other forms of the rules</h2>{table(caption, _WORLD, rows[:_MOST_ROWS])}" if rows else ""
    yield "".join(f"<p><strong>{escape(own.about.label)}:</strong> {escape(own.words)}</p>" for own in found)
    caption = (
        f"Differences from the baseline in each world, between runs of one seed, with {INTERVAL} run-to-run intervals, not widened "
        f"for the number of comparisons{_of(len(differences))}."
    )
    yield table(caption, _IN_WORLD, differences[:_MOST_ROWS]) if differences else ""
    yield "".join(f"<p>{escape(line)}</p>" for line in without)


_WORLD = ["World", "Measure", "Kendall's tau", "Order of styles", "Pairs that swap beyond doubt", "Seeds"]
_IN_WORLD = ["World", "Measure", "Style", "Difference", "Higher in", "Verdict", "Seeds"]


def _world(own: Multiverse, row: Mapping[Any, Any]) -> list[str]:
    tau, ends = with_interval(row["tau"], row["low"], row["high"])
    swapped = own.pairs[(own.pairs["setting"] == row["setting"]) & (own.pairs["verdict"] == SWAPS)]
    pairs = "\n".join(f"{pair.better}, {pair.worse}" for pair in swapped.itertuples())
    return [
        row["world"], f"{own.about.label}\n{own.about.unit}", f"{tau}\n{ends}", row["order"], pairs or "–",
        str(row["n_seeds"]),
    ]  # fmt: skip


def _in_world(own: Multiverse, row: Mapping[Any, Any]) -> list[str]:
    mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
    return [
        row["world"], f"{own.about.label}\n{own.about.unit}", f"{row['style']}\nagainst {row['against']}",
        f"{mean}\n{ends}", f"{row['superiority']:.0%}", row["verdict"], str(row["n_seeds"]),
    ]  # fmt: skip
