"""Analyses of a study as parts of a page, which the command line prints too: each table is a dict of columns and cells."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from civicsim.report import parts
from civicsim.report.parts import Columns, Part, Row, Table, folded
from civicsim.report.words import (
    INTERVAL,
    counted,
    direction,
    estimated,
    explained,
    judged,
    number,
    percent,
    plus_minus,
    way_of,
    with_interval,
    without_shared,
)
from civicsim.study.analysis.ablation import EMPTY, SAME, UNTOLD
from civicsim.study.analysis.contrasts import TOO_CLOSE, TOO_SMALL
from civicsim.study.analysis.decide import Decision
from civicsim.study.analysis.discovery import Discovery
from civicsim.study.analysis.multiverse import SWAPS, Multiverse
from civicsim.study.analysis.power import WANTED
from civicsim.study.analysis.regret import Regret
from civicsim.study.analysis.sensitivity import ALL, NO_VARIANCE, NOTHING
from civicsim.study.design.mechanisms import ALONE, CORE, STAYING

_VERDICT = 18
"""Columns of a verdict."""
_WIDENED = "not widened for the number of comparisons"
_PAIRS = "Pairs: those in which the difference goes the way of its mean"


def _policy(row: Row) -> str:
    return f"{row['words']}{_shock(row)}"


def _shock(row: Row) -> str:
    return f" [{row['shock']}]" if row["shock"] else ""


def measure_of(row: Row) -> str:
    """Return the label of a measure, with its unit, the better direction and what matters below."""
    matters = row.get("matters", np.nan)
    return f"{row['label']}\n{row['unit']}{direction(row['better'])}" + (
        "" if np.isnan(matters) else f"; {matters:g} matters"
    )


def interval_of(name: str, low: str = "low", high: str = "high", sign: bool = False) -> Callable[[Row], str]:
    """Return a cell: an estimate, and its interval in brackets where it has one."""
    return lambda row: (
        number(row[name], sign=sign) if np.isnan(row[low]) else estimated(row[name], row[low], row[high], sign)
    )


def verdict_of(row: Row) -> str:
    """Return a verdict, and whether it is better or worse, on lines of a column."""
    return textwrap.fill(judged(row["verdict"], row["better"]), _VERDICT)


def pairs_of(n: str = "n") -> Callable[[Row], str]:
    """Return a cell: the share of pairs, whose number is in column n, in which the difference goes the way of its mean."""
    return lambda row: percent(row[f"share_{way_of(row)}"]) if row[n] else "–"


def table_of(caption: str, columns: Columns, rows: pd.DataFrame | Iterable[Row]) -> Table | None:
    """Return a table with a row for each of a frame or of mappings, without what all rows share; None without rows."""
    return folded(parts.table_of(caption, columns, rows))


# -- comparison and worst runs -----------------------------------------------------------------------------------------


def comparison(found: pd.DataFrame, worst: pd.DataFrame) -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.contrasts.contrasts` and of ``tails``."""
    caption = (
        f"Differences between runs of one seed and one future, with {INTERVAL} intervals, {_WIDENED}: more seeds make run-to-run "
        f"variation smaller, and not the range over draws of parameters. {_PAIRS}"
    )
    rows, shared = _pairs_in_short(found)
    if table := table_of(f"{shared}{caption}", _CONTRAST, rows):
        yield Part("Comparison", explained(found["verdict"]), table=table)
    caption = f"The worst 5 % of runs, with {INTERVAL} intervals from samples of whole seeds (none for fewer than 20 runs or 10 seeds)"
    if table := table_of(caption, _TAIL, worst):
        yield Part("Worst runs", table=table)


def _pairs_in_short(found: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return rows whose policies are without what all of them share, or both of a pair, and the former as a sentence."""
    if not len(found):
        return found, ""
    others = found["against"].tolist()
    if len(set(others)) > 1:
        others = [_beside(*pair) for pair in zip(found["words"], others, strict=True)]
    words, shared = without_shared(found["words"].tolist())
    return found.assign(words=words, against=others), f"All policies: {shared}. " if shared else ""


def _beside(own: str, other: str) -> str:
    """Return the parts of the other policy's words that the first has not; all where it has them all."""
    return ", ".join(part for part in other.split(", ") if part not in own.split(", ")) or other


def _part_interval(name: str) -> Callable[[Row], str]:
    """Return a cell: the interval of a difference for one kind of uncertainty."""

    def cell(row: Row) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        return "–" if np.isnan(low) else with_interval(row["difference"], low, high, sign=True)[1]

    return cell


def _size(row: Row) -> str:
    draws = f" × {counted(row['n_draws'], 'draw')}" if row["n_draws"] > 1 else ""
    missing = f", {row['n_missing']} missing" if row["n_missing"] else ""
    return f"{row['n']} of {counted(row['n_seeds'], 'seed')}{draws}{missing}"


def _needed(row: Row) -> str:
    return "over a million" if np.isinf(row["seeds_needed"]) else number(row["seeds_needed"], 0)


_CONTRAST: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Against": lambda row: row["against"],
    "Shocks": lambda row: row["shock"] or "–",
    "Difference": interval_of("difference", sign=True),
    "Verdict": verdict_of,
    "Pairs": pairs_of(),
    "Run-to-run": _part_interval("run"),
    "Over draws": _part_interval("parameter"),
    "Median (quartiles)": interval_of("median", "q25", "q75", True),
    "Pairs used": _size,
    "Seeds needed": _needed,
    "Intervals": lambda row: row["uncertainty"],
}
_TAIL: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Shocks": lambda row: row["shock"] or "–",
    "Worst 5 %": interval_of("tail"),
    "All runs": lambda row: number(row["mean"]),
    "Very worst": lambda row: number(row["worst"]),
    "Point:seed": lambda row: row["worst_run"],
    "Runs": lambda row: f"{row['n_tail']} of {row['n']}",
}


def power_part(found: pd.DataFrame, n_seeds: int) -> Part:
    """Return the table of :func:`civicsim.study.analysis.power.power` as a part of a page."""
    caption = (
        f"What {counted(n_seeds, 'seed')} can find, if runs vary as in the pilot: the difference that a {INTERVAL} interval excludes "
        f"from 0 with a probability of {WANTED:g}, and the probability that it excludes 0 where the true difference just matters"
    )
    return Part("Power", table=table_of(caption, _POWER, found))


_POWER: Columns = {
    "Policy": lambda row: f"{_policy(row)}\n− {row['against']}",
    "Measure": measure_of,
    "SD of pairs": lambda row: f"{number(row['sd'])}\n{counted(row['n_pilot'], 'seed')}",
    "Can be found": lambda row: number(row["detectable"]),
    "Power": lambda row: percent(row["power"]),
}

# -- mechanisms --------------------------------------------------------------------------------------------------------


def mechanisms(found: pd.DataFrame) -> Iterator[Part]:
    """Yield a table of :func:`civicsim.study.analysis.ablation.ablation`: changes that can be told, the largest first."""
    rows = found.assign(quiet=[_quiet(row) for row in found.to_dict("records")], size=found["change"].abs())
    names = ["measure", "style", "shock"]
    told = rows[rows["quiet"] == ""].sort_values("size", ascending=False, na_position="first", kind="stable")
    groups = {key: part for key, part in told.groupby(names, sort=False)}
    caption = (
        f"Effects of mechanisms on the difference between styles: paired differences with {INTERVAL} intervals, and their change "
        f"where a mechanism is off (from before the burn-in) or is added to the core ({', '.join(CORE)}; {', '.join(STAYING)} "
        "always stay on). Intervals are not widened for the number of mechanisms: of twenty without an effect, about one appears "
        "to have one"
    )
    items = []
    for _, own in rows[rows["quiet"] != ""].groupby([*names, "quiet", "reference"], sort=False):
        first = own.iloc[0]
        start, where = ("core and ", "beside the core with") if first["reference"] == ALONE else ("without ", "without")
        listed = ", ".join(setting.removeprefix(start) for setting in own["setting"])
        items.append(f"{first['label']}, {_styles(first)}: {first['quiet']} {where}: {listed}")
    ordered = pd.concat([groups[key] for key in dict.fromkeys(map(tuple, rows[names].to_numpy())) if key in groups])
    texts = explained([*ordered["verdict"], *ordered["finding"], *ordered["change_verdict"]])
    yield Part("Mechanisms", texts, items=items, table=table_of(caption, _MECHANISM, ordered))


def _quiet(row: Row) -> str:
    """Return why there is nothing to tell of a change; empty where there is."""
    if not row["reference"]:
        return ""
    if np.isnan(row["change"]):
        return EMPTY
    if row["change_verdict"] == "same":
        return SAME
    return UNTOLD if row["change_verdict"] in (TOO_CLOSE, TOO_SMALL) else ""


def _styles(row: Row) -> str:
    return f"{row['style']}{_shock(row)} − {row['against']}"


_MECHANISM: Columns = {
    "Setting": lambda row: row["setting"],
    "Measure": measure_of,
    "Change": lambda row: interval_of("change", "change_low", "change_high", True)(row) if row["reference"] else "–",
    "Finding": lambda row: textwrap.fill(row["finding"] or row["change_verdict"] or "–", _VERDICT),
    "Difference": interval_of("difference", sign=True),
    "Verdict": verdict_of,
    "Styles": _styles,
    "From": lambda row: row["reference"] or "–",
    "Pairs": pairs_of(),
    "Median (quartiles)": interval_of("median", "q25", "q75", True),
}

# -- regret ------------------------------------------------------------------------------------------------------------


def regrets(
    found: Sequence[Regret], reasons: Sequence[str] = (), crossed: pd.DataFrame | None = None
) -> Iterator[Part]:
    """Yield a table of regrets, the choices of decision rules, why there are none, and where rankings change."""
    caption = (
        "Distance of each policy from the one that does best in the same future. Futures have equal weight; intervals show "
        "run-to-run variation over matched seeds, which on average makes regret look larger than it is"
    )
    rows = [{**own.about.row, **row} for own in found for row in own.summary.to_dict("records")]
    if rows or reasons:
        yield Part("Regret", table=table_of(caption, _REGRET, rows))
        left = [
            f"{own.about.label}: {counted(len(own.left_out), 'future')} without matched runs left out"
            for own in found
            if own.left_out
        ]
        rules = [
            {**own.about.row, "threshold": own.threshold, **row}
            for own in found
            for row in own.rules.to_dict("records")
        ]
        caption = (
            "What each decision rule chooses, and its lead over the next. Stability: share of samples of whole seeds in which "
            "the rule chooses the same"
        )
        yield Part("Choices", [*left, *reasons], table=table_of(caption, _RULE, rules))
    if crossed is not None and len(crossed):
        clear = crossed[crossed["verdict"] != TOO_CLOSE]
        text = f"{counted(len(crossed) - len(clear), 'change')} of sign along a factor too close to call."
        caption = "Changes of ranking along a factor that are clear on both sides"
        yield Part("Rankings", [text, *explained(clear["verdict"])], table=table_of(caption, _CROSSING, clear))


def _met(row: Row) -> str:
    if np.isnan(row["met"]):
        return "–"
    interval = "" if np.isnan(row["met_low"]) else f" ({percent(row['met_low'])} to {percent(row['met_high'])})"
    return f"{percent(row['met'])}{interval}"


_REGRET: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Mean": interval_of("mean", "mean_low", "mean_high"),
    "Good enough": _met,
    "Largest regret": interval_of("max_regret", "max_regret_low", "max_regret_high"),
    "Mean regret": lambda row: number(row["mean_regret"]),
    "Largest in": lambda row: row["in_future"],
    "Futures": lambda row: f"{row['n_futures']} × {counted(row['n_seeds'], 'seed')}",
}
_RULE: Columns = {
    "Rule": lambda row: row["rule"],
    "Measure": measure_of,
    "Chosen": lambda row: row["chosen"],
    "Score": lambda row: number(row["score"]),
    "Lead": lambda row: number(row["margin"]),
    "Stability": lambda row: percent(row["stability"]),
    "Good enough": lambda row: row["threshold"] or "–",
}
_CROSSING: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Against": lambda row: row["against"],
    "Along": lambda row: row["factor"],
    "Near": lambda row: f"{row['at']:.4g}",
    "Before": lambda row: _side(row, "before"),
    "After": lambda row: _side(row, "after"),
    "Between": lambda row: f"{row['below']:.4g} and {row['above']:.4g}",
    "Verdict": verdict_of,
}


def _side(row: Row, name: str) -> str:
    return estimated(row[name], row[f"{name}_low"], row[f"{name}_high"], sign=True)


# -- what decides ------------------------------------------------------------------------------------------------------


def decisions(found: Sequence[Decision]) -> Iterator[Part]:
    """Yield tables of how two policies differ, and of what each parameter is worth knowing."""
    first = [
        {**own.about.row, **vars(own.difference), "decision": own, "verdict": own.difference.verdict} for own in found
    ]
    caption = (
        f"Over draws, with {INTERVAL} intervals. Better: share of draws in which the first is. Run-to-run: share of the variance between draws that is run-to-run variation. "
        "Next: the parameter most worth measuring, if one is worth more than chance"
    )
    policies = " against ".join(found[0].policies) if found else ""
    cautions = explained(own.difference.caution for own in found)
    yield Part(f"What decides: {policies}", cautions, table=table_of(caption, _DECISION, first))
    rows = [
        {**row, "name": row["label"], **own.about.row}
        for own in found
        for row in own.table.head(_MOST_DECIDING).to_dict("records")
    ]
    caption = (
        "Share of the variance between draws that follows each parameter, and the gain of a choice from knowing it, with "
        f"{INTERVAL} bootstrap intervals, beside what one without effect may reach"
    )
    if (left := max((len(own.table) - _MOST_DECIDING for own in found), default=0)) > 0:
        caption += f"; {left} parameters that are worth less are left out here"
    yield Part(table=table_of(caption, _DECIDES, rows))


def _next(row: Row) -> str:
    clear = row["decision"].table.query("clear")
    return str(clear["parameter"].iloc[0]) if len(clear) else "none"


_MOST_DECIDING = 20
"""Parameters in a table of what decides: the draws of a calibration vary hundreds."""
_DECISION: Columns = {
    "Difference": interval_of("mean", sign=True),
    "Measure": measure_of,
    "Median": lambda row: number(row["median"], sign=True),
    "Better": lambda row: percent(row["decision"].better_share),
    "Run-to-run": lambda row: percent(row["decision"].run_to_run),
    "Next": _next,
    "Draws": lambda row: str(row["n"]),
}
_DECIDES: Columns = {
    "Parameter": lambda row: row["parameter"],
    "Measure": measure_of,
    "Share": lambda row: percent(row["share"]),
    "Worth knowing": interval_of("evppi"),
    "By chance": lambda row: number(row["chance"]),
    "Sign turns at": lambda row: "–" if np.isnan(row["turns_at"]) else number(row["turns_at"]),
    "Label": lambda row: row["name"],
}


# -- worlds with other rules -------------------------------------------------------------------------------------------


def worlds(found: Sequence[Multiverse], reasons: Sequence[str] = ()) -> Iterator[Part]:
    """Yield tables of the order of styles in worlds whose rules have other forms, and of their differences there."""
    caption = (
        f"Kendall's tau between the orders of styles in a world and in the first one, with {INTERVAL} intervals from samples of "
        f"matched seeds. Swaps: pairs whose intervals exclude 0 on different sides. “{_CHANCE}”: agreement of two batches of as "
        "many seeds in the first world"
    )
    orders = [
        {**own.about.row, **row}
        for own in found
        for row in [*own.worlds.to_dict("records"), {**own.worlds.iloc[0], **_BY_CHANCE, "tau": own.chance}]
    ]
    yield Part("Other forms of the rules", reasons, table=table_of(caption, _WORLD, orders))
    swaps = [
        {**own.about.row, **row} for own in found for row in own.pairs[own.pairs["verdict"] == SWAPS].to_dict("records")
    ]
    yield Part(table=table_of("Pairs that clearly swap: differences there and in the first world", _SWAP, swaps))
    caption = f"Differences from the baseline in each world, with {INTERVAL} run-to-run intervals, {_WIDENED}. {_PAIRS}"
    rows = [{**own.about.row, **row} for own in found for row in own.differences.to_dict("records")]
    if table := table_of(caption, _IN_WORLD, rows):
        yield Part(texts=explained(row["verdict"] for row in rows), table=table)


_CHANCE = "other seeds"
_BY_CHANCE = {"world": _CHANCE, "order": "–", "low": np.nan, "high": np.nan, "swaps": 0}
_WORLD: Columns = {
    "World": lambda row: row["world"],
    "Measure": measure_of,
    "Kendall's tau": lambda row: number(row["tau"], 2) if np.isnan(row["low"]) else interval_of("tau")(row),
    "Swaps": lambda row: str(row["swaps"]),
    "Order of styles": lambda row: row["order"],
    "Seeds": lambda row: str(row["n_seeds"]),
}
_SWAP: Columns = {
    "World": lambda row: row["world"],
    "Measure": measure_of,
    "Pair": lambda row: f"{row['better']} − {row['worse']}",
    "There": lambda row: _side(row, "other"),
    "First world": lambda row: _side(row, "first"),
}
_IN_WORLD: Columns = {
    "World": lambda row: row["world"],
    "Measure": measure_of,
    "Style": lambda row: row["style"],
    "Difference": interval_of("difference", sign=True),
    "Verdict": verdict_of,
    "Pairs": pairs_of("n_seeds"),
    "Against": lambda row: row["against"],
    "Median (quartiles)": interval_of("median", "q25", "q75", True),
}

# -- sensitivity and discovery -----------------------------------------------------------------------------------------


def indices(found: pd.DataFrame, shares: pd.DataFrame, what: str = "") -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.sensitivity.sensitivity` and of ``parameters_against_seeds``.

    ``what`` follows the label of a measure.
    """
    flat = found[found["index"] == NO_VARIANCE]
    texts = [
        f"{_case(row, what)}: the same in every row of the design; it depends on no factor"
        for row in flat.drop_duplicates(["measure", "words", "shock"]).to_dict("records")
    ]
    rows, left = [], 0
    for _, part in found.drop(flat.index).groupby(["measure", "words", "shock"], sort=False):
        size = f"{part['n'].iloc[0]} rows × {counted(part['n_seeds'].iloc[0], 'seed')}"
        fit = "".join(f"; R² {number(value, 2)}" for value in part.loc[part["factor"] == ALL, "value"])
        by_factor = {name: own.set_index("index")["value"] for name, own in part.groupby("factor", sort=False)}
        chance = by_factor.pop(NOTHING, None)
        by_factor.pop(ALL, None)
        leading = _LEADING.get(part["method"].iloc[0], part["index"].iloc[0])
        largest = sorted(by_factor, key=lambda name: -abs(by_factor[name].get(leading, 0.0)))
        left = max(left, len(largest) - _MOST_FACTORS)
        kept = [*([] if chance is None else [NOTHING]), *largest[:_MOST_FACTORS]]
        for name in kept:
            own = part[part["factor"] == name].set_index("index")
            rows.append({"case": f"{_case(part.iloc[0], what)}\n{size}{fit}", "factor": name, "found": own})
    names = [name for name in dict.fromkeys(found["index"]) if name not in (NO_VARIANCE, "R²")]
    heads = {"PAWN" if name == "median" else name: _index_cell(name) for name in names}
    columns: Columns = {"Factor": lambda row: row["factor"], "Measure": lambda row: row["case"], **heads}
    caption = f"±: {INTERVAL} interval over the sample of parameters; indices hold for the seeds of the study"
    if "median" in names:
        caption += f". PAWN is informative above its value at {NOTHING}"
        if "PRCC" not in names:
            caption += "; PRCC and SRC need at least three more rows than factors"
    if left > 0:
        caption += f". The {left} factors with smaller indices are left out here"
    yield Part("Sensitivity", texts, table=parts.table_of(caption, columns, rows))
    if len(shares):
        rows = [
            {**part.iloc[0], **{f"of {source}": own for source, own in part.set_index("source").iterrows()}}
            for _, part in shares.groupby(["measure", "style"], sort=False)
        ]
        caption = f"Shares of the variance between runs, with {INTERVAL} jackknife intervals: of parameters, of seeds, and of both together"
        sources = {source: _share_cell(source) for source in dict.fromkeys(shares["source"])}
        yield Part(
            "Variance",
            table=table_of(caption, {"Style": lambda row: row["style"], "Measure": _plain_measure, **sources}, rows),
        )


_MOST_FACTORS = 15
"""Factors in a table of indices: the draws of a calibration vary hundreds."""
_LEADING = {"sobol": "total", "morris": "mean size", "pawn": "median"}
"""The index by which factors are in order, by method."""


def _case(row: Row, what: str) -> str:
    return f"{row['label']}{what} in {_policy(row)}"


def _index_cell(name: str) -> Callable[[Row], str]:
    return lambda row: _short_interval(row["found"].loc[name]) if name in row["found"].index else "–"


def _short_interval(row: Row, name: str = "value") -> str:
    """Return a cell: a number, and half of its interval where it has one."""
    return number(row[name]) if np.isnan(row["low"]) else plus_minus(row[name], row["low"], row["high"])


def _share_cell(source: str) -> Callable[[Row], str]:
    return lambda row: _short_interval(row[f"of {source}"], "share")


def _plain_measure(row: Row) -> str:
    return f"{row['label']}\n{row['unit']}"


def losses(found: Sequence[Discovery]) -> Iterator[Part]:
    """Yield tables of how often a style loses, and of the boxes in which it does."""
    rows = [{**own.about.row, "found": own} for own in found]
    caption = (
        "Cases in which it loses by more than what matters; those too close to call; those whose mean by itself misleads. By "
        "cross-validation, coverage is the share of lost cases in the boxes, density the share of cases in them that are lost"
    )
    names = f"{found[0].style} against {found[0].against}" if found else ""
    yield Part(f"Losses: {names}", table=table_of(caption, _LOSS, rows))
    for own in found:
        if len(own.boxes):
            yield Part(own.about.label, table=boxes(own))


_LOSS: Columns = {
    "Lost": lambda row: f"{row['found'].n_lost} of {row['found'].n} ({percent(row['found'].n_lost / row['found'].n)})",
    "Measure": measure_of,
    "Close": lambda row: str(row["found"].n_close),
    "Misleading": lambda row: str(row["found"].n_misleading),
    "Boxes": lambda row: str(len(row["found"].boxes)),
    "Coverage": lambda row: percent(row["found"].coverage_elsewhere),
    "Density": lambda row: percent(row["found"].density_elsewhere),
}


def boxes(found: Discovery, cases: str = "cases") -> Table | None:
    """Return the boxes in which a style loses; ``cases`` names what they hold."""
    caption = f"Boxes come from a small tree fitted to these {cases}; their limits are rough. They show where, not why"
    return table_of(caption, {**_BOX, cases.capitalize(): lambda row: f"{row['lost']} of {row['n']}"}, found.boxes)


_BOX: Columns = {
    "Box": lambda row: row["box"],
    "Losses it contains (coverage)": lambda row: percent(row["coverage"]),
    "Lost in it (density)": lambda row: (
        f"{percent(row['density'])} ({percent(row['density_low'])} to {percent(row['density_high'])})"
    ),
}
