"""Tables of the order of styles in worlds with other rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from civicsim.experiment.wording import number
from civicsim.report.cells import (
    PAIRS,
    WIDENED,
    interval_of,
    measure_of,
    pairs_of,
    rows_of,
    side_of,
    table_of,
    verdict_of,
)
from civicsim.report.parts import Columns, Part
from civicsim.report.words import INTERVAL, explained
from civicsim.study.analysis.multiverse import SWAPS, Multiverse


def worlds(found: Sequence[Multiverse]) -> Iterator[Part]:
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
    yield Part("Other forms of the rules", table=table_of(caption, _WORLD, orders))
    swaps = [row for row in rows_of(found, "pairs") if row["verdict"] == SWAPS]
    yield Part(table=table_of("Pairs that clearly swap: differences there and in the first world", _SWAP, swaps))
    caption = f"Differences from the baseline in each world, with {INTERVAL} run-to-run intervals, {WIDENED}. {PAIRS}"
    rows = rows_of(found, "differences")
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
    "There": lambda row: side_of(row, "other"),
    "First world": lambda row: side_of(row, "first"),
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
