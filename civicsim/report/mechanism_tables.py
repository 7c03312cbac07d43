"""The table of what mechanisms do to a difference between styles."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
import pandas as pd

from civicsim.report.cells import VERDICT_WIDTH, interval_of, measure_of, pairs_of, shock_of, table_of, verdict_of
from civicsim.report.parts import Columns, Part, Row
from civicsim.report.words import INTERVAL, explained
from civicsim.study.analysis.ablation import EMPTY, SAME, UNTOLD
from civicsim.study.analysis.contrasts import TOO_CLOSE, TOO_SMALL
from civicsim.study.design.mechanisms import ALONE, CORE, STAYING


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
    return f"{row['style']}{shock_of(row)} − {row['against']}"


_MECHANISM: Columns = {
    "Setting": lambda row: row["setting"],
    "Measure": measure_of,
    "Change": lambda row: interval_of("change", "change_low", "change_high", True)(row) if row["reference"] else "–",
    "Finding": lambda row: textwrap.fill(row["finding"] or row["change_verdict"] or "–", VERDICT_WIDTH),
    "Difference": interval_of("difference", sign=True),
    "Verdict": verdict_of,
    "Styles": _styles,
    "From": lambda row: row["reference"] or "–",
    "Pairs": pairs_of(),
    "Median (quartiles)": interval_of("median", "q25", "q75", True),
}
