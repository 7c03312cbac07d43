"""Tables of results for people to read, in the columns that a terminal has."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

_MOST_DECIMALS = 4
_GOOD, _BAD = "green", "red"


def comparison_lines(table: pd.DataFrame, baseline: str, width: int) -> Iterator[Text]:
    """Yield the lines of a comparison: a block per measure, a row per style.

    Parameters
    ----------
    table : pandas.DataFrame
        From :meth:`civicsim.experiment.compare.Comparison.table`.
    baseline : str
        Label of the scenario that the others are set against.
    width : int
        Columns there are. Where intervals written out do not fit, ``±`` and half of them stand for them.
    """
    runs = int(table["n"].max())
    measures = [rows for _, rows in table.groupby("measure", sort=False)]
    for written_out in (True, False) if runs > 1 else (False,):
        blocks = [(_heading(rows), _cells(rows, runs, written_out)) for rows in measures]
        lines = [line for _, cells in blocks for line in cells]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        heads = _widen(widths, written_out)
        if _total(widths) <= width:
            break
    # A long name gives way where there is still not enough room.
    widths[0] = max(8, widths[0] - max(0, _total(widths) - width))
    yield Text(_line(["", *heads, ""], [widths[0], *map(len, heads), 0]), style="dim")
    for title, cells in blocks:
        yield Text()
        yield Text(title, style="bold")
        for line in cells:
            text = Text(_line(line, widths))
            text.highlight_regex(r"(better)$", _GOOD)
            text.highlight_regex(r"(worse)$", _BAD)
            yield text
    yield Text()
    yield Text(f"difference: from {baseline}, between runs of the same organisation.")
    yield Text(f"higher: share of these pairs with a higher value than {baseline} (probability of superiority).")
    if runs > 1:
        yield Text("too close to call: the interval of the difference holds 0.")
        if not written_out:
            yield Text("±: half of the 95 % interval, which ends where the measure does (at 0 or 1, for a share).")


_INDENT, _GAP = 1, 2


def _total(widths: Sequence[int]) -> int:
    return _INDENT + sum(widths) + _GAP * (len(widths) - 1)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of a comparison: name and verdict to the left, numbers to the right."""
    name, *numbers, verdict = cells
    name = name if len(name) <= widths[0] else f"{name[: widths[0] - 1]}…"
    columns = [f"{name:<{widths[0]}}"]
    columns += [f"{cell:>{size}}" for cell, size in zip(numbers, widths[1:-1], strict=True)]
    return (" " * _INDENT + (" " * _GAP).join([*columns, verdict])).rstrip()


def _widen(widths: list[int], written_out: bool) -> list[str]:
    """Make columns wide enough for their heads, and return the heads; one may stand over a number and its interval."""
    words, step = ("mean (95 % interval)", "difference (interval)"), 2
    if not written_out:
        words, step = ("mean", "difference"), 1
    heads = []
    for index, word in enumerate(words):
        first, last = 1 + index * step, index * step + step
        room = sum(widths[first : last + 1]) + _GAP * (step - 1)
        widths[last] += max(0, len(word) - room)
        heads.append(f"{word:>{max(room, len(word))}}")
    widths[-2] = max(widths[-2], len("higher"))
    return [*heads, f"{'higher':>{widths[-2]}}"]


def _heading(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    better = "" if first.better == "neither" else f"; {first.better} is better"
    return f"{first.label} ({first.unit}{better})"


def _cells(rows: pd.DataFrame, runs: int, written_out: bool) -> list[list[str]]:
    """Return the cells of one measure, a row per style."""
    of_mean, of_difference = decimals_for(rows, "mean"), decimals_for(rows, "difference")
    cells = []
    for row in rows.to_dict("records"):
        mean = _estimate(row, "mean", of_mean, written_out)
        if row["n"] < runs:
            mean[0] = f"({row['n']} runs) {mean[0]}"
        if row["verdict"] == "baseline":
            cells.append([row["style"], *mean, *[""] * len(mean), "", ""])
            continue
        difference = _estimate(row, "difference", of_difference, written_out)
        share = row["superiority"]
        superiority = "–" if math.isnan(share) else f"{share * 100:.0f} %"
        cells.append([row["style"], *mean, *difference, superiority, judged(row["verdict"], row["better"])])
    return cells


def _estimate(row: Mapping[Hashable, Any], name: str, decimals: int, written_out: bool) -> list[str]:
    """Return a number and its interval: in two cells if written out, else in one."""
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    sign = name == "difference"
    shown = "–" if math.isnan(value) else fixed(value, decimals, sign)
    if written_out:
        return [shown, "" if math.isnan(low) else between(low, high, decimals, sign)]
    return [shown if math.isnan(low) else f"{shown} ± {fixed(max(high - value, value - low), decimals)}"]


def judged(verdict: str, better: str) -> str:
    """Return the verdict, and whether that is better or worse where the measure says so."""
    if verdict not in ("higher", "lower") or better == "neither":
        return verdict
    return f"{verdict}, {'better' if verdict == better else 'worse'}"


def fixed(value: float, decimals: int, sign: bool = False) -> str:
    """Return a number with so many decimals, a true minus sign, and no sign before zero."""
    text = f"{value:{'+' if sign else ''}.{decimals}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def between(low: float, high: float, decimals: int, sign: bool = False) -> str:
    """Return an interval in words."""
    return f"{fixed(low, decimals, sign)} to {fixed(high, decimals, sign)}"


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
    # One more where an interval that leaves out 0 would seem to begin or end there.
    nearest = np.minimum(np.abs(low), np.abs(high))[low * high > 0]
    if len(nearest) and nearest.min() < 0.5 * 10.0**-decimals:
        decimals += 1
    return min(_MOST_DECIMALS, decimals)


def _usual(values: np.ndarray) -> float | None:
    """Return the median of what is a number above 0; None if there is none."""
    kept = values[np.isfinite(values) & (values > 0)]
    return float(np.median(kept)) if len(kept) else None


def summary_lines(table: Sequence[Mapping[str, Any]], width: int) -> Iterator[Text]:
    """Yield the lines of one scenario's summary: a row per measure.

    Parameters
    ----------
    table : sequence of mapping
        A row per measure, with label, unit, better, n, mean, mean_low, mean_high.
    width : int
        Columns there are. Where they do not hold the unit, it stands on a line of its own.
    """
    runs = max(row["n"] for row in table)
    cells = [("", "mean", "95 % interval" if runs > 1 else "", "unit")]
    for row in table:
        decimals, low, n = decimals_for(row), row["mean_low"], row["n"]
        notes = [] if math.isnan(low) else [between(low, row["mean_high"], decimals)]
        notes += [f"{n} run{'s' if n != 1 else ''}"] if n < runs else []
        mean = "–" if math.isnan(row["mean"]) else fixed(row["mean"], decimals)
        better = "" if row["better"] == "neither" else f"; {row['better']} is better"
        cells.append((row["label"], mean, ", ".join(notes), row["unit"] + better))
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    beside = sum(widths) + 3 * _GAP <= width
    if not beside:
        # A long name gives way where even the numbers do not fit.
        widths[0] = max(8, min(widths[0], width - widths[1] - widths[2] - 2 * _GAP))
    for index, (label, mean, interval, unit) in enumerate(cells):
        name = label if len(label) <= widths[0] else f"{label[: widths[0] - 1]}…"
        line = f"{name:<{widths[0]}}  {mean:>{widths[1]}}  {interval:<{widths[2]}}"
        text = Text(line, style="" if index else "bold")
        if beside:
            text.append(f"  {unit}", style="" if index == 0 else "dim")
        text.rstrip()
        yield text
        if index and not beside:
            yield Text(f"  {unit}", style="dim")
