"""Tables of sensitivity indices, and of the shares of parameters and of seeds in the variance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from civicsim.experiment.wording import counted, number, plus_minus
from civicsim.report import parts
from civicsim.report.cells import policy_of, table_of
from civicsim.report.parts import Columns, Part, Row
from civicsim.report.words import INTERVAL
from civicsim.study.analysis.indices import ALL, NO_VARIANCE, NOTHING


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
    return f"{row['label']}{what} in {policy_of(row)}"


def _index_cell(name: str) -> Callable[[Row], str]:
    return lambda row: _short_interval(row["found"].loc[name]) if name in row["found"].index else "–"


def _short_interval(row: Row, name: str = "value") -> str:
    """Return a cell: a number, and half of its interval where it has one."""
    return number(row[name]) if np.isnan(row["low"]) else plus_minus(row[name], row["low"], row["high"])


def _share_cell(source: str) -> Callable[[Row], str]:
    return lambda row: _short_interval(row[f"of {source}"], "share")


def _plain_measure(row: Row) -> str:
    return f"{row['label']}\n{row['unit']}"
