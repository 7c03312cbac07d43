"""Tables for a terminal: one way to set cells in columns, and the tables of results."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from civicsim.report.words import INTERVAL, counted, number, percent, with_interval

if TYPE_CHECKING:
    import pandas as pd

Line = Text | str
Row = Sequence[str] | Text
"""Cells of a row, or a line that stands between rows."""
_GAP, _NARROWEST = 2, 12
_MOST_DECIMALS = 4
_GOOD, _BAD = "green", "red"


def grid(
    rows: Iterable[Row],
    width: int,
    *,
    right: Collection[int] = (),
    wrap: bool = True,
    indent: int = 0,
    head: str | None = "dim",
    style: Callable[[Sequence[str]], str] = lambda cells: "",
    first: str = "",
) -> Iterator[Text]:
    """Yield rows as lines with their cells in columns.

    Parameters
    ----------
    rows : iterable
        Sequences of cells, all of one length; a Text is yielded as it is.
    width : int
        Columns of the terminal.
    right : collection of int
        Columns set to the right.
    wrap : bool
        What gives way where there is no room: the last column, whose cells wrap; or else the first, cut off with "…".
    indent : int
        Spaces before each line.
    head : str or None
        Style of the first row; None if it is like the others.
    style : callable
        Style of a row, from its cells.
    first : str
        Style of the first column.
    """
    rows = list(rows)
    sizes = _sizes(rows)
    gives = len(sizes) - 1 if wrap else 0
    over = max(0, _total(sizes, indent) - width)
    sizes[gives] = max(min(sizes[gives], _NARROWEST), sizes[gives] - over)
    is_head = head is not None
    for row in rows:
        if isinstance(row, Text):
            yield row
            continue
        *cells, last = row
        lines = textwrap.wrap(last, sizes[-1]) or [""] if wrap else [last]
        if not wrap and len(cells[0]) > sizes[0]:
            cells[0] = f"{cells[0][: sizes[0] - 1]}…"
        for index, line in enumerate(lines):
            shown = [*([""] * len(cells) if index else cells), line]
            padded = [f"{cell:{'>' if k in right else '<'}{sizes[k]}}" for k, cell in enumerate(shown)]
            text = Text(" " * indent + (" " * _GAP).join(padded), style=(head or "") if is_head else style(row))
            if first and not is_head:
                text.stylize(first, indent, indent + sizes[0])
            text.rstrip()
            yield text
        is_head = False


def fits(rows: Iterable[Row], width: int, indent: int = 0) -> bool:
    """Return whether rows take no more columns than there are."""
    return _total(_sizes(rows), indent) <= width


def _sizes(rows: Iterable[Row]) -> list[int]:
    return [max(map(len, column)) for column in zip(*(row for row in rows if not isinstance(row, Text)), strict=True)]


def _total(sizes: Sequence[int], indent: int) -> int:
    return indent + sum(sizes) + _GAP * (len(sizes) - 1)


def estimated(value: float, low: float, high: float, sign: bool = False) -> str:
    """Return a number with its interval in brackets."""
    return "{} ({})".format(*with_interval(value, low, high, sign=sign))


def spread(row: Mapping[Any, Any], name: str, decimals: int, sign: bool = False, written_out: bool = True) -> str:
    """Return a number of a table with its interval, in words or as ``±`` half of it; without one where there is none."""
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    shown = number(value, decimals, sign)
    if math.isnan(low):
        return shown
    if not written_out:
        return f"{shown} ± {number(max(high - value, value - low), decimals)}"
    return f"{shown} ({number(low, decimals, sign)} to {number(high, decimals, sign)})"


def judged(verdict: str, better: str) -> str:
    """Return the verdict, and whether that is better or worse where the measure has a direction."""
    if verdict not in ("higher", "lower") or better == "neither":
        return verdict
    return f"{verdict}, {'better' if verdict == better else 'worse'}"


def direction(better: str) -> str:
    """Return which way of a measure is better, to follow its unit."""
    return "" if better == "neither" else f"; {better} is better"


def decimals_for(rows: pd.DataFrame | Mapping[str, Any], name: str = "mean") -> int:
    """Return how many decimals a column of a measure deserves, so that its usual interval is told apart and no more."""
    low, high, values = (
        np.atleast_1d(np.asarray(rows[key], dtype=float)) for key in (f"{name}_low", f"{name}_high", name)
    )
    half, size = _usual((high - low) / 2), _usual(np.abs(values))
    # One digit of the interval's half, two where it begins with 1 or 2; and two digits of the mean.
    for_interval = 0 if half is None else math.ceil(math.log10(3.0) - math.log10(half) - 1e-9)
    for_mean = 2 if size is None else min(2, 1 - math.floor(math.log10(size)))
    decimals = max(0, for_interval, for_mean)
    # One more where an interval that excludes 0 would seem to begin or end there.
    nearest = np.minimum(np.abs(low), np.abs(high))[low * high > 0]
    if len(nearest) and nearest.min() < 0.5 * 10.0**-decimals:
        decimals += 1
    return min(_MOST_DECIMALS, decimals)


def _usual(values: np.ndarray) -> float | None:
    """Return the median of the numbers above 0; None if there are none."""
    kept = values[np.isfinite(values) & (values > 0)]
    return float(np.median(kept)) if len(kept) else None


def comparison_lines(table: pd.DataFrame, baseline: str, width: int) -> Iterator[Text]:
    """Yield the lines of a comparison: a block per measure, a row per style.

    Where intervals do not fit into the columns of the terminal, ``±`` and half of them replace them. The table is that
    of :meth:`civicsim.experiment.compare.Comparison.table`.
    """
    runs = int(table["n"].max())
    for written_out in (True, False) if runs > 1 else (False,):
        rows = _comparison_rows(table, runs, written_out)
        if fits(rows, width, 1):
            break
    for line in grid(rows, width, right=(1, 2, 3), wrap=False, indent=1):
        line.highlight_regex(r"(better)$", _GOOD)
        line.highlight_regex(r"(worse)$", _BAD)
        yield line
    yield Text()
    yield Text(f"difference: from {baseline}, between runs of the same organisation.")
    yield Text(f"higher: share of these pairs with a higher value than {baseline} (probability of superiority).")
    if runs > 1:
        yield Text("too close to call: the interval of the difference includes 0.")
        if not written_out:
            yield Text(f"±: half of the {INTERVAL} interval, which stays within the range of the measure.")


def _comparison_rows(table: pd.DataFrame, runs: int, written_out: bool) -> list[Row]:
    """Return the rows of a comparison: a heading for each measure, and a row for each style."""
    head = (f"mean ({INTERVAL} interval)", "difference (interval)") if written_out else ("mean", "difference")
    lines: list[Row] = [["", *head, "higher", ""]]
    for _, rows in table.groupby("measure", sort=False):
        first = rows.iloc[0]
        lines += [Text(), Text(f"{first['label']} ({first['unit']}{direction(first['better'])})", style="bold")]
        of_mean, of_difference = decimals_for(rows, "mean"), decimals_for(rows, "difference")
        for row in rows.to_dict("records"):
            few = f"({counted(row['n'], 'run')}) " if row["n"] < runs else ""
            cells = [row["style"], few + spread(row, "mean", of_mean, False, written_out), "", "", ""]
            if row["verdict"] != "baseline":
                difference = spread(row, "difference", of_difference, True, written_out)
                cells[2:] = [difference, percent(row["superiority"]), judged(row["verdict"], row["better"])]
            lines.append(cells)
    return lines


def summary_lines(table: Sequence[Mapping[str, Any]], width: int) -> Iterator[Text]:
    """Yield the lines of a scenario's summary: a row per measure. Where units do not fit, each stands on its own line."""
    runs = max(row["n"] for row in table)
    rows = [["", f"mean ({INTERVAL} interval)" if runs > 1 else "mean", "unit"]]
    for row in table:
        few = f", {counted(row['n'], 'run')}" if row["n"] < runs else ""
        rows.append(
            [row["label"], spread(row, "mean", decimals_for(row)) + few, row["unit"] + direction(row["better"])]
        )
    if fits(rows, width):
        yield from grid(rows, width)
        return
    head, *lines = grid([row[:-1] for row in rows], width, wrap=False)
    yield head
    for line, (*_, unit) in zip(lines, rows[1:], strict=True):
        yield from (line, Text(f"  {unit}", style="dim"))
