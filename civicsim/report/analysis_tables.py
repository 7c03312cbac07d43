"""Analyses of a study as parts of a page, which the command line prints too: each table is a dict of columns and cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.report.parts import Columns, Part, Row, Table, interval_of, table_of
from civicsim.report.words import (
    INTERVAL,
    counted,
    direction,
    estimated,
    explained,
    in_pairs,
    judged,
    number,
    percent,
    with_interval,
)
from civicsim.study.analysis.ablation import EMPTY, SAME, UNTOLD, ablation, switch_columns
from civicsim.study.analysis.contrasts import BOTH, TOO_CLOSE, TOO_SMALL, contrasts, tails
from civicsim.study.analysis.decide import Decision
from civicsim.study.analysis.discovery import Discovery
from civicsim.study.analysis.matched import Matched
from civicsim.study.analysis.multiverse import SWAPS, Multiverse, multiverse, of_rules
from civicsim.study.analysis.power import WANTED
from civicsim.study.analysis.regret import Regret, regret
from civicsim.study.analysis.sensitivity import NO_VARIANCE
from civicsim.study.design.mechanisms import ALONE, CORE, STAYING

_MOST_ROWS = 120
"""Largest number of rows of a table on a page. Assumption."""
_WIDENED = "not widened for the number of comparisons"


def analysis(runs: Matched) -> Iterator[Part]:
    """Yield parts of a page: how policies differ, their worst runs, their regret, and worlds with other rules.

    Parameters
    ----------
    runs : Matched
        The runs of a study; parts for which it has no data are left out.
    """
    if not any(np.isfinite(values).any() for values in runs.values.values()):
        return
    for part in _analysed(runs):
        if part.table is not None and len(part.table.rows) > _MOST_ROWS:
            caption = f"{part.table.caption[:-1]}; the first {_MOST_ROWS} of {len(part.table.rows)}."
            part = replace(part, table=Table(caption, part.table.heads, part.table.rows[:_MOST_ROWS]))
        yield part


def _analysed(runs: Matched) -> Iterator[Part]:
    if switch_columns(runs.points, runs.factors, runs.sections) and runs.points["style"].nunique() > 1:
        # Where switches are varied in another way, the tables below show them like other factors.
        with suppress(CivicsimError):
            yield from mechanisms(ablation(runs))
    n = runs.points["policy"].nunique()
    if n > _MOST_ROWS:
        many = f"{n} policies are too many for a page: `civicsim study compare` and `civicsim study regret` show them."
        yield Part("Comparison", [many])
        return
    yield from comparison(contrasts(runs), tails(runs))
    if n > 1:
        behind, reasons = _of_each(runs, regret)
        yield from regrets(behind, reasons)
    if of_rules(runs):
        yield from worlds(*_of_each(runs, multiverse))


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


# -- cells -------------------------------------------------------------------------------------------------------------


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


def difference_of(row: Row) -> str:
    """Return a mean difference with its interval, and below them the median with the quartiles."""
    mean, median = interval_of("difference", sign=True), interval_of("median", "q25", "q75", True)
    return f"{mean(row)}\nmedian {median(row)}"


def verdict_in_pairs(n: str = "n") -> Callable[[Row], str]:
    """Return a cell: a verdict, and below it in how many pairs the difference goes the way of its mean, of those in column n."""
    return lambda row: f"{verdict_of(row)}\n{in_pairs(row, row[n])}"


def verdict_of(row: Row) -> str:
    """Return a verdict, and whether it is better or worse."""
    return judged(row["verdict"], row["better"])


# -- comparison and worst runs -----------------------------------------------------------------------------------------


def comparison(found: pd.DataFrame, worst: pd.DataFrame) -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.contrasts.contrasts` and of ``tails``."""
    caption = (
        f"Differences between runs of one seed and one future, with {INTERVAL} intervals, {_WIDENED}. “Run-to-run” is chance "
        "variation, which more seeds reduce; “parameters” is parameter uncertainty over draws, which more runs do not reduce; "
        "the verdict considers both, and the smallest difference that matters to the study. Below each difference "
        "are the median and the quartiles of single pairs, and below its verdict the pairs in which it goes the way of the mean"
    )
    if table := table_of(caption, _CONTRAST, found):
        yield Part("Comparison", explained(found["verdict"]), table=table)
    caption = (
        f"The worst 5 % of runs, with {INTERVAL} intervals from samples of whole seeds (run-to-run variation; none for fewer "
        "than 20 runs or 10 seeds)"
    )
    if table := table_of(caption, _TAIL, worst):
        yield Part("Worst runs", table=table)


def _uncertainty(row: Row) -> str:
    if row["uncertainty"] != BOTH:
        return str(row["uncertainty"])
    run, parameters = (
        with_interval(row["difference"], row[f"{kind}_low"], row[f"{kind}_high"], sign=True)[1]
        for kind in ("run", "parameter")
    )
    return f"{BOTH}\nrun-to-run {run}\nparameters {parameters}"


def _pairs(row: Row) -> str:
    of = counted(row["n_seeds"], "seed") + (f" × {counted(row['n_draws'], 'draw')}" if row["n_draws"] > 1 else "")
    missing = f"\n{counted(row['n_missing'], 'pair')} without a value" if row["n_missing"] else ""
    return f"{row['n']}\n{of}{missing}"


def _needed(row: Row) -> str:
    more = "over a million" if np.isinf(row["seeds_needed"]) else number(row["seeds_needed"], 0)
    return f"{row['n_seeds']} / {more}"


_CONTRAST: Columns = {
    "Policy": lambda row: f"{_policy(row)}\n− {row['against']}",
    "Measure": measure_of,
    "Difference": difference_of,
    "Uncertainty": _uncertainty,
    "Verdict": verdict_in_pairs(),
    "Pairs (n)": _pairs,
    "Seeds used / needed": _needed,
}
_TAIL: Columns = {
    "Policy": _policy,
    "Measure": measure_of,
    "All runs": lambda row: number(row["mean"]),
    "Worst 5 %": interval_of("tail"),
    "Runs (worst of all)": lambda row: f"{row['n_tail']} of {row['n']}",
    "Very worst": lambda row: number(row["worst"]),
    "Point:seed": lambda row: row["worst_run"],
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
    "Setting": lambda row: f"{row['setting']}\n{_styles(row)}",
    "Measure": measure_of,
    "Difference": difference_of,
    "Verdict": verdict_of,
    "Change": lambda row: interval_of("change", "change_low", "change_high", True)(row) if row["reference"] else "–",
    "From": lambda row: row["reference"] or "–",
    "Finding": lambda row: row["finding"] or row["change_verdict"] or "–",
    "Pairs (n)": lambda row: str(row["n"]),
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
        words = [(f"{own.about.label}:", f"{own.words}{_enough(own)}") for own in found]
        yield Part(texts=[*words, *left, *reasons])
    if crossed is not None and (table := table_of("Changes of ranking along a factor", _CROSSING, crossed)):
        yield Part("Rankings", explained(crossed["verdict"]), table=table)


def _enough(own: Regret) -> str:
    return f" Good enough: {own.threshold}." if own.threshold else ""


def _met(row: Row) -> str:
    interval = "" if np.isnan(row["met_low"]) else f"\n{percent(row['met_low'])} to {percent(row['met_high'])}"
    return "–" if np.isnan(row["met"]) else f"{percent(row['met'])} of futures{interval}"


_REGRET: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Mean": interval_of("mean", "mean_low", "mean_high"),
    "Largest regret": interval_of("max_regret", "max_regret_low", "max_regret_high"),
    "In": lambda row: row["in_future"],
    "Mean regret": lambda row: number(row["mean_regret"]),
    "Good enough in": _met,
    "Futures × seeds": lambda row: f"{row['n_futures']} × {row['n_seeds']}",
}
_CROSSING: Columns = {
    "Policies": lambda row: f"{row['words']} − {row['against']}",
    "Measure": measure_of,
    "Changes sign along": lambda row: f"{row['factor']}, near {row['at']:.4g}",
    "Before": lambda row: f"{_side(row, 'before')} at {row['below']:.4g}",
    "After": lambda row: f"{_side(row, 'after')} at {row['above']:.4g}",
    "Verdict": lambda row: row["verdict"],
}


def _side(row: Row, name: str) -> str:
    return estimated(row[name], row[f"{name}_low"], row[f"{name}_high"], sign=True)


# -- what decides ------------------------------------------------------------------------------------------------------


def decisions(found: Sequence[Decision]) -> Iterator[Part]:
    """Yield, for each measure, the answer in words and a table of what each parameter is worth knowing."""
    for own in found:
        caption = (
            f"{own.about.label}: share of the variance of the difference between draws that follows each parameter, and what a "
            f"choice between the two would gain from knowing it, in {own.about.unit} with 95 % bootstrap intervals. 'By chance' "
            "is what a parameter without effect may reach"
        )
        if (left := len(own.table) - _MOST_DECIDING) > 0:
            caption += f"; {left} parameters that are worth less are left out here, and are in the data"
        rows = own.table.head(_MOST_DECIDING).to_dict("records")
        yield Part(
            "What decides", [own.words, *explained([own.difference.caution])], table=table_of(caption, _DECIDES, rows)
        )


_MOST_DECIDING = 20
"""Parameters in a table of what decides: the draws of a calibration vary hundreds."""
_DECIDES: Columns = {
    "Parameter": lambda row: f"{row['label']}\n{row['parameter']}",
    "Share": lambda row: percent(row["share"]),
    "Worth knowing": interval_of("evppi"),
    "By chance": lambda row: number(row["chance"]),
    "Sign turns at": lambda row: "–" if np.isnan(row["turns_at"]) else number(row["turns_at"]),
}


# -- worlds with other rules -------------------------------------------------------------------------------------------


def worlds(found: Sequence[Multiverse], reasons: Sequence[str] = ()) -> Iterator[Part]:
    """Yield tables of the order of styles in worlds whose rules have other forms, and of their differences there."""
    caption = (
        "The order of styles in worlds whose rules have other forms. Kendall's tau is to the order of the first world, with "
        f"{INTERVAL} intervals from samples of matched seeds; pairs clearly swap where both intervals exclude 0 on different "
        "sides"
    )
    orders = [
        {**own.about.row, **row, "pairs": _swapped(own.pairs, row)}
        for own in found
        for row in own.worlds.to_dict("records")
    ]
    if table := table_of(caption, _WORLD, orders):
        yield Part("Other forms of the rules", table=table)
    yield Part(texts=[(f"{own.about.label}:", own.words) for own in found])
    caption = f"Differences from the baseline in each world, between runs of one seed, with {INTERVAL} run-to-run intervals, {_WIDENED}"
    rows = [{**own.about.row, **row} for own in found for row in own.differences.to_dict("records")]
    if table := table_of(caption, _IN_WORLD, rows):
        yield Part(texts=explained(row["verdict"] for row in rows), table=table)
    yield Part(texts=reasons)


def _swapped(pairs: pd.DataFrame, row: Row) -> str:
    """Return the pairs of styles that swap in a world, with their differences there and in the first world."""
    own = pairs[(pairs["setting"] == row["setting"]) & (pairs["verdict"] == SWAPS)].to_dict("records")
    each = [f"{r['better']} − {r['worse']}: {_side(r, 'other')}; first: {_side(r, 'first')}" for r in own]
    return "\n".join(each) or "–"


_WORLD: Columns = {
    "World": lambda row: row["world"],
    "Measure": measure_of,
    "Kendall's tau": interval_of("tau"),
    "Order of styles": lambda row: row["order"],
    "Pairs that clearly swap": lambda row: row["pairs"],
    "Seeds": lambda row: str(row["n_seeds"]),
}
_IN_WORLD: Columns = {
    "World": lambda row: row["world"],
    "Measure": measure_of,
    "Style": lambda row: f"{row['style']}\n− {row['against']}",
    "Difference": difference_of,
    "Verdict": verdict_in_pairs("n_seeds"),
    "Seeds": lambda row: str(row["n_seeds"]),
}

# -- sensitivity and discovery -----------------------------------------------------------------------------------------


def indices(found: pd.DataFrame, shares: pd.DataFrame, what: str = "") -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.sensitivity.sensitivity` and of ``parameters_against_seeds``.

    ``what`` follows the label of a measure.
    """
    for _, rows in found.groupby(["measure", "words", "shock"], sort=False):
        first = rows.iloc[0]
        size = f"{first['n']} rows × {counted(first['n_seeds'], 'seed')} ({first['index_unit']})"
        heading = f"{first['label']}{what} in {_policy(first)}: {first['method']}, {size}"
        caption = f"Intervals are {INTERVAL}, over the sample of parameters; indices hold for the seeds of the study"
        if (rows["index"] == NO_VARIANCE).all():
            yield Part(heading, ["The same at every row of the design: it depends on none of these factors."])
        else:
            yield Part(heading, table=table_of(caption, _INDEX, rows))
    if len(shares):
        each = {
            key: {
                str(row["source"]): estimated(row["share"], row["low"], row["high"]) for row in rows.to_dict("records")
            }
            for key, rows in shares.groupby(["label", "style"], sort=False)
        }
        heads = ("Measure", "Style", *next(iter(each.values())))
        caption = "Variance between runs: share of parameters, of seeds, and of their interaction."
        yield Part(table=Table(caption, heads, [[*key, *parts.values()] for key, parts in each.items()]))


def boxes(found: Discovery, cases: str = "cases") -> Table | None:
    """Return the boxes in which a style loses; ``cases`` names what they hold."""
    caption = f"Boxes come from a small tree fitted to these {cases}; their limits are rough. They show where, not why"
    return table_of(caption, {**_BOX, cases.capitalize(): lambda row: f"{row['lost']} of {row['n']}"}, found.boxes)


_INDEX: Columns = {
    "Factor": lambda row: row["factor"],
    "Index": lambda row: row["index"],
    "Value": lambda row: estimated(row["value"], row["low"], row["high"]),
}
_BOX: Columns = {
    "Box": lambda row: row["box"],
    "Losses it contains (coverage)": lambda row: percent(row["coverage"]),
    "Lost in it (density)": lambda row: (
        f"{percent(row['density'])} ({percent(row['density_low'])} to {percent(row['density_high'])})"
    ),
}
