"""When there are seeds enough: the paired interval of every comparison is narrow enough, or the limit is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from civicsim.errors import ScenarioError, nearest
from civicsim.experiment.statistics import estimate, paired_difference


@dataclass(frozen=True)
class Precision:
    """The precision that a study asks for.

    Attributes
    ----------
    half_width : dict of str to float
        By column of the table of runs: the most that half of the 95 % interval may be.
    limit : int
        Most seeds.
    batch : int
        Seeds that are added at a time.
    """

    half_width: dict[str, float] = field(default_factory=dict)
    limit: int = 0
    batch: int = 10


def read_precision(values: Any, columns: Mapping[str, Any], n_seeds: int, where: str) -> Precision | None:
    """Return the rule that a table ``[precision]`` describes; None where there is none.

    Raises
    ------
    ScenarioError
        If it names what is no column, or its numbers make no sense.
    """
    if not values:
        return None
    if not isinstance(values, Mapping):
        raise ScenarioError(f"{where}: precision = {values!r}: expected a table [precision]")
    for key in values:
        if key not in ("half_width", "limit", "batch"):
            raise ScenarioError(
                f"{where}: [precision] has no '{key}'; {nearest(key, ('half_width', 'limit', 'batch'))}"
            )
    widths = values.get("half_width")
    if not isinstance(widths, Mapping) or not widths:
        raise ScenarioError(f"{where}: [precision] half_width = {widths!r}: expected measures and numbers above 0")
    for name, width in widths.items():
        if name not in columns:
            raise ScenarioError(f"{where}: [precision] half_width: no column '{name}'; {nearest(name, columns)}")
        if isinstance(width, bool) or not isinstance(width, int | float) or not width > 0.0:
            raise ScenarioError(f"{where}: [precision] half_width: {name} = {width!r}: expected a number above 0")
    limit, batch = values.get("limit", 10 * n_seeds), values.get("batch", 10)
    for key, number, least in (("limit", limit, n_seeds), ("batch", batch, 1)):
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= 100_000:
            raise ScenarioError(
                f"{where}: [precision] {key} = {number!r}: expected a whole number from {least} to 100000"
            )
    return Precision({name: float(width) for name, width in widths.items()}, limit, batch)


def widths(runs: pd.DataFrame, against: pd.Series, columns: Mapping[str, float]) -> pd.DataFrame:
    """Return, per point and column, the half-width that there is and the one that is wanted.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns point, seed, and those named.
    against : pandas.Series
        By point: the point that it is compared with; missing or itself where it is compared with none, and then the
        interval of its mean counts.
    columns : mapping of str to float
        Half-width wanted by column.

    Returns
    -------
    pandas.DataFrame
        Columns point, column, n, half_width, wanted, reached. A column without any value counts as reached: more seeds
        do not give it one. One without an interval does not.
    """
    rows: list[dict[str, Any]] = []
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
            rows.append({
                "point": point, "column": name, "n": about.n, "half_width": half, "wanted": wanted,
                "reached": about.n == 0 or bool(half <= wanted),
            })  # fmt: skip
    return pd.DataFrame(rows)


def seeds_to_add(rule: Precision, reached: bool, seeds: tuple[int, ...]) -> tuple[int, ...]:
    """Return the seeds that come next: none where the rule is satisfied or its limit reached."""
    if reached or len(seeds) >= rule.limit:
        return ()
    return more_seeds(seeds, min(rule.batch, rule.limit - len(seeds)))


def more_seeds(seeds: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Return the next ``n`` seeds after the largest there is."""
    first = max(seeds) + 1
    return tuple(range(first, first + n))
