"""The precision rule: seeds are added until the paired interval of every comparison is narrow enough, or up to a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from civicsim import checks
from civicsim.experiment.run import MOST_SEEDS
from civicsim.experiment.statistics import estimate, paired_difference


@dataclass(frozen=True)
class Precision:
    """A precision rule: the largest half-width of the 95 % interval by column, and the most seeds, added in batches."""

    half_width: dict[str, float] = field(default_factory=dict)
    limit: int = 0
    batch: int = 10


def read_precision(values: Any, columns: Mapping[str, Any], n_seeds: int, where: str) -> Precision | None:
    """Return the rule of a table ``[precision]``, None where there is none; refuse unknown columns and numbers out of range."""
    if not values:
        return None
    checks.table(values, f"{where}: precision", "a table [precision]")
    at = f"{where}: [precision]"
    checks.keys(values, ("half_width", "limit", "batch"), f"{at} has no")
    widths = checks.table(values.get("half_width"), f"{at} half_width", "measures and numbers above 0", some=True)
    checks.keys(widths, columns, f"{at} half_width: no column")
    return Precision(
        {name: checks.number(width, f"{at} half_width: {name}", 0.0, above=True) for name, width in widths.items()},
        checks.whole(values.get("limit", min(10 * n_seeds, MOST_SEEDS)), f"{at} limit", n_seeds, MOST_SEEDS),
        checks.whole(values.get("batch", 10), f"{at} batch", 1, MOST_SEEDS),
    )


def widths(runs: pd.DataFrame, against: pd.Series, columns: Mapping[str, float]) -> pd.DataFrame:
    """Return the present and the wanted half-width of each point and column: point, column, n, half_width, wanted, reached.

    ``runs`` has columns point, seed and those named; ``against`` is, by point, the point that it is compared with. Where
    none is compared with another, the intervals of means count. A column without any value counts as reached, since more
    seeds would not help; one without an interval does not.
    """
    rows: list[tuple[Any, ...]] = []
    compared = {int(point) for point, other in against.items() if pd.notna(other) and other != point}
    for name, wanted in columns.items():
        # A point of which every run has failed is not among the runs.
        table = runs.pivot(index="seed", columns="point", values=name).reindex(columns=against.index)
        for point in table.columns:
            if compared and point not in compared:
                continue
            if compared:
                about: Any = paired_difference(table[point].to_numpy(), table[int(against[point])].to_numpy())
            else:
                about = estimate(table[point].to_numpy())
            half = (about.high - about.low) / 2
            rows.append((point, name, about.n, half, wanted, about.n == 0 or bool(half <= wanted)))
    return pd.DataFrame(rows, columns=["point", "column", "n", "half_width", "wanted", "reached"])


def seeds_to_add(rule: Precision, reached: bool, seeds: tuple[int, ...]) -> tuple[int, ...]:
    """Return the next seeds; none where the rule is satisfied or its limit reached."""
    if reached or len(seeds) >= rule.limit:
        return ()
    return more_seeds(seeds, min(rule.batch, rule.limit - len(seeds)))


def more_seeds(seeds: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Return the next ``n`` seeds after the largest there is."""
    first = max(seeds) + 1
    return tuple(range(first, first + n))
