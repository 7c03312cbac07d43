"""Comparison, mechanisms, worst runs, regret and the multiverse of forms as parts of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from civicsim.errors import CivicsimError
from civicsim.report.parts import Part, Table
from civicsim.report.words import INTERVAL, counted, number, percent, with_interval
from civicsim.study.analysis.ablation import ablation, switch_columns
from civicsim.study.analysis.contrasts import BOTH, contrasts, tails
from civicsim.study.analysis.matched import Matched
from civicsim.study.analysis.multiverse import SWAPS, Multiverse, multiverse, of_rules
from civicsim.study.analysis.regret import Regret, regret
from civicsim.study.design.mechanisms import CORE

_MOST_ROWS = 120
"""Largest number of rows of a table on a page. Assumption."""
_WIDENED = "not widened for the number of comparisons"
_CONTRAST = (
    "Policy",
    "Measure",
    "Difference",
    "Uncertainty",
    "Higher in",
    "Verdict",
    "Pairs (n)",
    "Seeds used / needed",
)
_MECHANISM = ("Setting", "Measure", "Difference", "Verdict", "Change", "From", "Finding", "Pairs (n)")
_TAIL = ("Policy", "Measure", "All runs", "Worst 5 %", "Runs (worst of all)", "Very worst", "Point:seed")
_REGRET = ("Policy", "Measure", "Mean", "Largest regret", "In", "Mean regret", "Good enough in", "Futures × seeds")
_WORLD = ("World", "Measure", "Kendall's tau", "Order of styles", "Pairs that clearly swap", "Seeds")
_IN_WORLD = ("World", "Measure", "Style", "Difference", "Higher in", "Verdict", "Seeds")


def analysis(runs: Matched) -> Iterator[Part]:
    """Yield parts of a page: how policies differ, their worst runs, their regret, and worlds with other rules.

    Parameters
    ----------
    runs : Matched
        The runs of a study; parts for which it has no data are left out.
    """
    if not any(np.isfinite(values).any() for values in runs.values.values()):
        return
    yield from _mechanisms(runs)
    n = runs.points["policy"].nunique()
    if n > _MOST_ROWS:
        many = f"{n} policies are too many for a page: `civicsim study compare` and `civicsim study regret` show them."
        yield Part("Comparison", [many])
        return
    found = contrasts(runs).to_dict("records")
    if found:
        caption = (
            f"Differences between runs of one seed and one future, with {INTERVAL} intervals, {_WIDENED}. “Run-to-run” is chance "
            "variation, “parameters” is parameter uncertainty over draws; the verdict considers both, and the smallest difference "
            "that matters to the study"
        )
        yield Part("Comparison", table=_table(caption, _CONTRAST, [_contrast(row) for row in found]))
    worst = tails(runs).to_dict("records")
    if worst:
        caption = (
            f"The worst 5 % of runs, with {INTERVAL} intervals from samples of whole seeds (run-to-run variation; none for fewer "
            "than 20 runs or 10 seeds)"
        )
        yield Part("Worst runs", table=_table(caption, _TAIL, [_tail(row) for row in worst]))
    yield from _regrets(runs)
    yield from _worlds(runs)


def _table(caption: str, heads: tuple[str, ...], rows: list[list[str]]) -> Table:
    """Return a table of at most the rows that a page takes; its caption tells if there are more."""
    more = f"; the first {_MOST_ROWS} of {len(rows)}" if len(rows) > _MOST_ROWS else ""
    return Table(f"{caption}{more}.", heads, rows[:_MOST_ROWS])


def _labelled(row: Any) -> str:
    """Return the label of a measure with its unit below."""
    return f"{row['label']}\n{row['unit']}"


def _estimate(row: Mapping[Any, Any], name: str, low: str, high: str, sign: bool = False) -> str:
    """Return an estimate with its interval below."""
    return "\n".join(with_interval(row[name], row[low], row[high], sign=sign))


def _shock(row: Mapping[Any, Any]) -> str:
    return f" [{row['shock']}]" if row["shock"] else ""


def _contrast(row: Mapping[Any, Any]) -> list[str]:
    kind = row["uncertainty"]
    if kind == BOTH:
        chance = with_interval(row["difference"], row["run_low"], row["run_high"], sign=True)[1]
        span = with_interval(row["difference"], row["parameter_low"], row["parameter_high"], sign=True)[1]
        kind = f"{kind}\nrun-to-run {chance}\nparameters {span}"
    of = counted(row["n_seeds"], "seed") + (f" × {counted(row['n_draws'], 'draw')}" if row["n_draws"] > 1 else "")
    missing = f"\n{counted(row['n_missing'], 'pair')} without a value" if row["n_missing"] else ""
    needed = row["seeds_needed"]
    more = "over a million" if np.isinf(needed) else number(needed, 0)
    policy = f"{row['words']}{_shock(row)}\ncompared with {row['against']}"
    cells = [policy, _labelled(row), _estimate(row, "difference", "low", "high", sign=True), kind]
    counts = [f"{row['n']}\n{of}{missing}", f"{row['n_seeds']} / {more}"]
    return [*cells, percent(row["superiority"]), row["verdict"], *counts]


def _mechanisms(runs: Matched) -> Iterator[Part]:
    """Yield a table of the effects of mechanisms on the difference between styles, where a study switches them off."""
    if not switch_columns(runs.points, runs.factors, runs.sections) or runs.points["style"].nunique() < 2:
        return
    try:
        found = ablation(runs).to_dict("records")
    except CivicsimError:
        # Switches are varied in another way, and the tables below show them like other factors.
        return
    caption = (
        f"Effects of mechanisms on the difference between styles: paired differences with {INTERVAL} intervals, and their change "
        "where a mechanism is off (from before the burn-in) or is added to the core "
        f"({', '.join(CORE)}). Intervals are not widened for the number of mechanisms"
    )
    yield Part("Mechanisms", table=_table(caption, _MECHANISM, [_mechanism(row) for row in found]))


def _mechanism(row: Mapping[Any, Any]) -> list[str]:
    setting = f"{row['setting']}\n{row['style']}{_shock(row)} − {row['against']}"
    difference = _estimate(row, "difference", "low", "high", sign=True)
    changed = _estimate(row, "change", "change_low", "change_high", sign=True) if row["reference"] else "–"
    finding = row["finding"] or row["change_verdict"] or "–"
    return [
        setting,
        _labelled(row),
        difference,
        row["verdict"],
        changed,
        row["reference"] or "–",
        finding,
        str(row["n"]),
    ]


def _tail(row: Mapping[Any, Any]) -> list[str]:
    policy, counts = f"{row['words']}{_shock(row)}", f"{row['n_tail']} of {row['n']}"
    worst = [_estimate(row, "tail", "low", "high"), counts, number(row["worst"]), row["worst_run"]]
    return [policy, _labelled(row), number(row["mean"]), *worst]


def _of_each[Found](runs: Matched, analyse: Callable[[Matched, str], Found]) -> tuple[list[Found], list[str]]:
    """Return an analysis of each measure with a better direction, and the reasons where there is none."""
    found: list[Found] = []
    reasons = []
    for name, about in runs.columns.items():
        if about.better != "neither":
            try:
                found.append(analyse(runs, name))
            except CivicsimError as error:
                reasons.append(str(error))
    return found, reasons


def _regrets(runs: Matched) -> Iterator[Part]:
    """Yield a table of regret per measure with a better direction, and the choices of rules of choosing."""
    if runs.points["policy"].nunique() < 2:
        return
    found, reasons = _of_each(runs, regret)
    rows = [_regret(own, row) for own in found for row in own.summary.to_dict("records")]
    caption = (
        "Distance of each policy from the one that does best in the same future. Futures have equal weight; intervals show "
        "run-to-run variation over matched seeds, which on average makes regret look larger than it is"
    )
    words = [(f"{own.about.label}:", own.words) for own in found]
    if rows or reasons:
        yield Part("Regret", table=_table(caption, _REGRET, rows) if rows else None)
        yield Part(texts=[*words, *reasons])


def _regret(own: Regret, row: Mapping[Any, Any]) -> list[str]:
    met = "–" if np.isnan(row["met"]) else f"{percent(row['met'])} of futures\n{own.threshold}"
    mean = _estimate(row, "mean", "mean_low", "mean_high")
    largest = [_estimate(row, "max_regret", "max_regret_low", "max_regret_high"), row["in_future"]]
    counts = f"{row['n_futures']} × {row['n_seeds']}"
    label = f"{own.about.label}\n{own.about.unit}"
    return [row["words"], label, mean, *largest, number(row["mean_regret"]), met, counts]


def _worlds(runs: Matched) -> Iterator[Part]:
    """Yield tables of the order of styles in worlds with other rules, where a study has such worlds."""
    if not of_rules(runs):
        return
    found, reasons = _of_each(runs, multiverse)
    rows = [_world(own, row) for own in found for row in own.worlds.to_dict("records")]
    differences = [_in_world(own, row) for own in found for row in own.differences.to_dict("records")]
    if rows:
        caption = (
            "The order of styles in worlds whose rules have other forms. Kendall's tau is to the order of the first world, with "
            f"{INTERVAL} intervals from samples of matched seeds; pairs clearly swap where both intervals exclude 0 on different "
            "sides"
        )
        yield Part("Other forms of the rules", table=_table(caption, _WORLD, rows))
    yield Part(texts=[(f"{own.about.label}:", own.words) for own in found])
    if differences:
        caption = f"Differences from the baseline in each world, between runs of one seed, with {INTERVAL} run-to-run intervals, {_WIDENED}"
        yield Part(table=_table(caption, _IN_WORLD, differences))
    yield Part(texts=reasons)


def _world(own: Multiverse, row: Mapping[Any, Any]) -> list[str]:
    swapped = own.pairs[(own.pairs["setting"] == row["setting"]) & (own.pairs["verdict"] == SWAPS)]
    pairs = "\n".join(f"{pair.better}, {pair.worse}" for pair in swapped.itertuples())
    label = f"{own.about.label}\n{own.about.unit}"
    return [row["world"], label, _estimate(row, "tau", "low", "high"), row["order"], pairs or "–", str(row["n_seeds"])]


def _in_world(own: Multiverse, row: Mapping[Any, Any]) -> list[str]:
    difference = _estimate(row, "difference", "low", "high", sign=True)
    label, style = f"{own.about.label}\n{own.about.unit}", f"{row['style']}\ncompared with {row['against']}"
    return [row["world"], label, style, difference, percent(row["superiority"]), row["verdict"], str(row["n_seeds"])]
