"""Tables of a search for worst cases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from civicsim.experiment.statistics import wilson
from civicsim.report.analysis_tables import boxes, interval_of, measure_of, pairs_of, verdict_of
from civicsim.report.parts import Columns, Part, Row, Table, table_of
from civicsim.report.words import INTERVAL, counted, explained, number, percent
from civicsim.study.analysis.adversary import Adversary
from civicsim.study.analysis.matched import short
from civicsim.study.analysis.search import NOTHING

_MOST_PARAMETERS = 12


def search_parts(found: Adversary) -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.adversary.adversary`."""
    label, unit = measure_of({**vars(found.about), "matters": found.about.matters or np.nan}).split("\n")
    trials = (
        f"{counted(found.n_spread, 'trial')} spread evenly and {len(found.trials) - found.n_spread} searched, "
        f"{counted(found.n_seeds, 'seed')} each"
    )
    low, high = wilson(found.n_lost, found.n_spread)
    row = {
        "Behind": f"{found.n_lost} of {found.n_spread}",
        "Share": f"{percent(found.n_lost / found.n_spread)} ({number(100.0 * low, 0)} to {percent(high)})",
        "By more than": "0" if found.about.matters is None else f"{found.about.matters:g}",
    }
    caption = f"Evenly spread trials in which it is behind, and their share of all with Wilson's {INTERVAL} interval."
    heading = f"{found.style} against {', '.join(found.others)} on {label} ({unit})"
    yield Part(heading, [f"{trials}."], table=Table(caption, list(row), [list(row.values())]))
    caption = (
        f"Intervals are {INTERVAL}; those of new seeds show run-to-run variation. The search visits bad cases more often, so "
        "densities are not probabilities. It finds a bad case, not always the worst"
    )
    heading = f"Simulated again with {counted(found.n_fresh, 'new seed')}, in the order of the search"
    worst = found.worst.assign(better=found.about.better)
    yield Part(heading, explained(worst["verdict"]), table=table_of(caption, _WORST_CASE, worst))
    rows = found.parameters.to_dict("records")
    left = sum(row["parameter"] != NOTHING for row in rows[_MOST_PARAMETERS:])
    more = f"; {counted(left, 'parameter')} with smaller shares left out" if left else ""
    caption = f"Share of the variance over the ranges searched (fANOVA), and where the worst quarter lies{more}"
    yield Part("Parameters", table=table_of(caption, _PARAMETER, rows[:_MOST_PARAMETERS]))
    yield Part(texts=[found.box_words], table=None if found.box is None else boxes(found.box, "trials"))


def _worst_quarter(row: Row) -> str:
    if np.isnan(row["low"]):
        return "–"
    return f"{row['from']:.3g} to {row['to']:.3g} of {row['low']:.3g} to {row['high']:.3g}"


_WORST_CASE: Columns = {
    "Trial": lambda row: str(row["trial"]),
    "Against": lambda row: row["against"],
    "Difference": interval_of("difference", sign=True),
    "Verdict": verdict_of,
    "Pairs": pairs_of(),
    "In the search": lambda row: number(row["searched"], sign=True),
}
_PARAMETER: Columns = {
    "Parameter": lambda row: row["parameter"],
    "Share": lambda row: percent(row["share"]),
    "Worst quarter, of the range": _worst_quarter,
    "Worst at": lambda row: "–" if row["parameter"] == NOTHING else short(row["worst"]),
    "Usually": lambda row: "–" if row["parameter"] == NOTHING else short(row["usual"]),
}
