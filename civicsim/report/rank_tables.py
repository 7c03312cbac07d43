"""Tables of ranks over futures, and of policies that no other dominates; see :mod:`civicsim.study.analysis.rank`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from civicsim.experiment.wording import counted, direction, number, percent
from civicsim.report.cells import left_out_of, measure_of, rows_of, table_of
from civicsim.report.parts import Columns, Part, Row
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.matched import About
from civicsim.study.analysis.rank import Ranking

_MOST_RANKS = 15
"""Most policies of which every rank has a column."""
_INTERVALS = (
    f"Over draws: {INTERVAL} Wilson interval, parameter uncertainty. Over seeds: the middle {INTERVAL} of samples of whole "
    "seeds, run-to-run variation"
)


def rankings(found: Sequence[Ranking]) -> Iterator[Part]:
    """Yield tables of how often each policy is best, of its ranks, and of how far orders agree."""
    rows, left = rows_of(found, "summary"), left_out_of(found)
    if found and all(own.summary["n_futures"].max() == 1 for own in found):
        left.append(
            "The study has one future: neither draws of uncertain parameters nor sets of shocks. Ranks are those of the means over "
            "seeds, and run-to-run variation alone can change them: see “Over seeds”."
        )
    caption = f"Best: share of futures in which it is best. {_INTERVALS}. Ranks: from 5 % to 95 % of futures"
    yield Part("Ranks", left, table=table_of(caption, _RANK, rows))
    few = [own for own in found if len(own.summary) <= _MOST_RANKS]
    if few:
        rows = [
            {**own.about.row, "words": words, "shares": shares}
            for own in few
            for words, shares in zip(own.distribution.index, own.distribution.to_numpy(), strict=True)
        ]
        places: Columns = {str(k + 1): _at(k) for k in range(max(len(own.summary) for own in few))}
        caption = "Per cent of futures in which a policy has each rank; ties are spread over their places"
        columns = {"Policy": _RANK["Policy"], "Measure": measure_of, **places}
        yield Part("Distribution of ranks", table=table_of(caption, columns, rows))
    caption = (
        "Agreement of the orders of policies over each source, with means over all others. Kendall's W is 1 where all orders are "
        "the same; random orders exceed “by chance” in 5 % of cases. Tau: mean of Kendall's tau-b between two orders"
    )
    yield Part("Agreement", table=table_of(caption, _AGREEMENT, rows_of(found, "agreement")))


def undominated(found: pd.DataFrame, about: Mapping[str, About]) -> Iterator[Part]:
    """Yield a table of policies that no other dominates on several measures."""
    caption = (
        "Not dominated: no other policy is at least as good on every measure and better on one, by the means over futures; and "
        f"the share of futures in which this holds. {_INTERVALS}"
    )
    for own in about.values():
        caption += f". {own.label}: {own.unit}{direction(own.better)}"
    means: Columns = {own.label: _mean(name) for name, own in about.items()}
    columns: Columns = {
        "Policy": lambda row: row["words"],
        "Not dominated": lambda row: "yes" if row["efficient"] else "no",
        "In futures": lambda row: percent(row["share"]),
        "Over draws": _ends(""),
        **means,
        "Over seeds": _ends("run_"),
        "Futures": _RANK["Futures"],
    }
    yield Part("Pareto view", table=table_of(caption, columns, found))


def _at(k: int) -> Callable[[Row], str]:
    return lambda row: number(100.0 * row["shares"][k], 0) if k < len(row["shares"]) else "–"


def _mean(name: str) -> Callable[[Row], str]:
    return lambda row: number(row[name])


def _ends(prefix: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        low, high = row[f"{prefix}low"], row[f"{prefix}high"]
        return "–" if np.isnan(low) else f"{number(100.0 * low, 0)} to {percent(high)}"

    return cell


_RANK: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Best": lambda row: percent(row["best"]),
    "Over draws": _ends(""),
    "Over seeds": _ends("run_"),
    "Mean rank": lambda row: number(row["mean_rank"], 1),
    "Ranks": lambda row: f"{number(row['rank_low'], 0)} to {number(row['rank_high'], 0)}",
    "Futures": lambda row: f"{row['n_futures']} × {counted(row['n_seeds'], 'seed')}",
}
_AGREEMENT: Columns = {
    "Over": lambda row: row["source"],
    "Measure": measure_of,
    "Orders": lambda row: str(row["n"]),
    "Kendall's W": lambda row: number(row["w"], 2),
    "By chance": lambda row: number(row["chance"], 2),
    "Tau": lambda row: number(row["tau"], 2),
}
