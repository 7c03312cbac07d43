"""Tables of differences between policies, of their worst runs, and of the power of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from civicsim.experiment.wording import counted, number, percent, with_interval
from civicsim.report.cells import PAIRS, WIDENED, interval_of, measure_of, pairs_of, policy_of, table_of, verdict_of
from civicsim.report.parts import Columns, Part, Row
from civicsim.report.words import INTERVAL, explained, without_shared
from civicsim.study.analysis.power import WANTED


def comparison(found: pd.DataFrame, worst: pd.DataFrame) -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.contrasts.contrasts` and of ``tails``."""
    caption = (
        f"Differences between runs of one seed and one future, with {INTERVAL} intervals, {WIDENED}: more seeds make run-to-run "
        f"variation smaller, and not the range over draws of parameters. {PAIRS}"
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
    "Seeds needed": lambda row: number(row["seeds_needed"], 0).replace("∞", "over a million"),
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
    "Policy": lambda row: f"{policy_of(row)}\n− {row['against']}",
    "Measure": measure_of,
    "SD of pairs": lambda row: f"{number(row['sd'])}\n{counted(row['n_pilot'], 'seed')}",
    "Can be found": lambda row: number(row["detectable"]),
    "Power": lambda row: percent(row["power"]),
}
