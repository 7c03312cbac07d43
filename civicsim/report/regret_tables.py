"""Tables of regret and decision rules, and of the parameters that decide between two policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from civicsim.experiment.wording import counted, number, percent
from civicsim.report.cells import interval_of, left_out_of, measure_of, rows_of, side_of, table_of, verdict_of
from civicsim.report.parts import Columns, Part, Row
from civicsim.report.words import INTERVAL, explained
from civicsim.study.analysis.contrasts import TOO_CLOSE
from civicsim.study.analysis.decide import Decision
from civicsim.study.analysis.regret import Regret


def regrets(found: Sequence[Regret], crossed: pd.DataFrame) -> Iterator[Part]:
    """Yield a table of regrets, the choices of decision rules, and where rankings change."""
    caption = (
        "Distance of each policy from the one that does best in the same future. Futures have equal weight; intervals show "
        "run-to-run variation over matched seeds, which on average makes regret look larger than it is"
    )
    rows = rows_of(found, "summary")
    if rows:
        yield Part("Regret", table=table_of(caption, _REGRET, rows))
        rules = [
            {**own.about.row, "threshold": own.threshold, **row}
            for own in found
            for row in own.rules.to_dict("records")
        ]
        caption = (
            "What each decision rule chooses, and its lead over the next. Stability: share of samples of whole seeds in which "
            "the rule chooses the same"
        )
        yield Part("Choices", left_out_of(found), table=table_of(caption, _RULE, rules))
    if len(crossed):
        clear = crossed[crossed["verdict"] != TOO_CLOSE]
        text = f"Too close to call: {counted(len(crossed) - len(clear), 'change')} of sign along a factor."
        caption = "Changes of ranking along a factor that are clear on both sides"
        yield Part("Rankings", [text, *explained(clear["verdict"])], table=table_of(caption, _CROSSING, clear))


def _met(row: Row) -> str:
    if np.isnan(row["met"]):
        return "–"
    interval = "" if np.isnan(row["met_low"]) else f" ({percent(row['met_low'])} to {percent(row['met_high'])})"
    return f"{percent(row['met'])}{interval}"


_REGRET: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Mean": interval_of("mean", "mean_low", "mean_high"),
    "Good enough": _met,
    "Largest regret": interval_of("max_regret", "max_regret_low", "max_regret_high"),
    "Mean regret": lambda row: number(row["mean_regret"]),
    "Largest in": lambda row: row["in_future"],
    "Futures": lambda row: f"{row['n_futures']} × {counted(row['n_seeds'], 'seed')}",
}
_RULE: Columns = {
    "Rule": lambda row: row["rule"],
    "Measure": measure_of,
    "Chosen": lambda row: row["chosen"],
    "Score": lambda row: number(row["score"]),
    "Lead": lambda row: number(row["margin"]),
    "Stability": lambda row: percent(row["stability"]),
    "Good enough": lambda row: row["threshold"] or "–",
}
_CROSSING: Columns = {
    "Policy": lambda row: row["words"],
    "Measure": measure_of,
    "Against": lambda row: row["against"],
    "Along": lambda row: row["factor"],
    "Near": lambda row: f"{row['at']:.4g}",
    "Before": lambda row: side_of(row, "before"),
    "After": lambda row: side_of(row, "after"),
    "Between": lambda row: f"{row['below']:.4g} and {row['above']:.4g}",
    "Verdict": verdict_of,
}


def decisions(found: Sequence[Decision]) -> Iterator[Part]:
    """Yield tables of how two policies differ, and of what each parameter is worth knowing."""
    first = [
        {**own.about.row, **vars(own.difference), "decision": own, "verdict": own.difference.verdict} for own in found
    ]
    caption = (
        f"Over draws, with {INTERVAL} intervals. Better: share of draws in which the first is. Run-to-run: share of the variance between draws that is run-to-run variation. "
        "Next: the parameter most worth measuring, if one is worth more than chance"
    )
    policies = " against ".join(found[0].policies) if found else ""
    cautions = explained(own.difference.caution for own in found)
    yield Part(f"What decides: {policies}", cautions, table=table_of(caption, _DECISION, first))
    rows = [
        {**row, "name": row["label"], **own.about.row}
        for own in found
        for row in own.table.head(_MOST_DECIDING).to_dict("records")
    ]
    caption = (
        "Share of the variance between draws that follows each parameter, and the gain of a choice from knowing it, with "
        f"{INTERVAL} bootstrap intervals, beside what one without effect may reach"
    )
    if (left := max((len(own.table) - _MOST_DECIDING for own in found), default=0)) > 0:
        caption += f"; {left} parameters that are worth less are left out here"
    yield Part(table=table_of(caption, _DECIDES, rows))


def _next(row: Row) -> str:
    clear = row["decision"].table.query("clear")
    return str(clear["parameter"].iloc[0]) if len(clear) else "none"


_MOST_DECIDING = 20
"""Parameters in a table of what decides: the draws of a calibration vary hundreds."""
_DECISION: Columns = {
    "Difference": interval_of("mean", sign=True),
    "Measure": measure_of,
    "Median": lambda row: number(row["median"], sign=True),
    "Better": lambda row: percent(row["decision"].better_share),
    "Run-to-run": lambda row: percent(row["decision"].run_to_run),
    "Next": _next,
    "Draws": lambda row: str(row["n"]),
}
_DECIDES: Columns = {
    "Parameter": lambda row: row["parameter"],
    "Measure": measure_of,
    "Share": lambda row: percent(row["share"]),
    "Worth knowing": interval_of("evppi"),
    "By chance": lambda row: number(row["chance"]),
    "Sign turns at": lambda row: "–" if np.isnan(row["turns_at"]) else number(row["turns_at"]),
    "Label": lambda row: row["name"],
}
