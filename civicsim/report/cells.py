"""Cells that the tables of analyses share: measures, intervals, verdicts, pairs and policies."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from civicsim.experiment.wording import counted, direction, estimated, judged, number, percent
from civicsim.report import parts
from civicsim.report.parts import Columns, Row, Table, folded
from civicsim.report.words import way_of

VERDICT_WIDTH = 18
"""Columns of a verdict."""
WIDENED = "not widened for the number of comparisons"
PAIRS = "Pairs: those in which the difference has the direction of its mean"


def rows_of(found: Iterable[Any], name: str) -> list[dict[Any, Any]]:
    """Return the rows of a frame of analyses of single measures, each with what names its measure."""
    return [{**own.about.row, **row} for own in found for row in getattr(own, name).to_dict("records")]


def left_out_of(found: Iterable[Any]) -> list[str]:
    """Return how many futures each analysis leaves out, in words."""
    lacking = ((own.about.label, counted(len(own.left_out), "future")) for own in found if own.left_out)
    return [f"{label}: {n} without matched runs left out" for label, n in lacking]


def policy_of(row: Row) -> str:
    """Return a policy in words, with its set of shocks."""
    return f"{row['words']}{shock_of(row)}"


def shock_of(row: Row) -> str:
    """Return the set of shocks to follow a name; empty without any."""
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
    return textwrap.fill(judged(row["verdict"], row["better"]), VERDICT_WIDTH)


def pairs_of(n: str = "n") -> Callable[[Row], str]:
    """Return a cell: the share of pairs, whose number is in column n, in which the difference has the direction of its mean."""
    return lambda row: percent(row[f"share_{way_of(row)}"]) if row[n] else "–"


def table_of(caption: str, columns: Columns, rows: pd.DataFrame | Iterable[Row]) -> Table | None:
    """Return a table with a row for each of a frame or of mappings, without what all rows share; None without rows."""
    return folded(parts.table_of(caption, columns, rows))


def side_of(row: Row, name: str) -> str:
    """Return a cell: a difference on one of two sides, with its interval."""
    return estimated(row[name], row[f"{name}_low"], row[f"{name}_high"], sign=True)
