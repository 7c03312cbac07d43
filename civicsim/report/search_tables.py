"""Tables of the conditions under which a style loses, and of a search for the worst of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from civicsim.experiment.statistics import wilson
from civicsim.experiment.wording import counted, number, percent, setting_text
from civicsim.report.cells import interval_of, measure_of, pairs_of, verdict_of
from civicsim.report.cells import table_of as folded_table
from civicsim.report.parts import Columns, Part, Row, Table, table_of
from civicsim.report.words import INTERVAL, explained
from civicsim.study.analysis.adversary import Adversary
from civicsim.study.analysis.discovery import Discovery
from civicsim.study.analysis.search import NOTHING

_MOST_PARAMETERS = 12


def losses(found: Sequence[Discovery]) -> Iterator[Part]:
    """Yield tables of how often a style loses, and of the boxes in which it does."""
    rows = [{**own.about.row, "found": own} for own in found]
    caption = (
        "Cases in which it loses by more than what matters; those too close to call; those whose mean by itself misleads. By "
        "cross-validation, coverage is the share of lost cases in the boxes, density the share of cases in them that are lost"
    )
    names = f"{found[0].style} against {found[0].against}" if found else ""
    yield Part(f"Losses: {names}", table=folded_table(caption, _LOSS, rows))
    for own in found:
        if len(own.boxes):
            yield Part(own.about.label, table=boxes(own))


_LOSS: Columns = {
    "Lost": lambda row: f"{row['found'].n_lost} of {row['found'].n} ({percent(row['found'].n_lost / row['found'].n)})",
    "Measure": measure_of,
    "Close": lambda row: str(row["found"].n_close),
    "Misleading": lambda row: str(row["found"].n_misleading),
    "Boxes": lambda row: str(len(row["found"].boxes)),
    "Coverage": lambda row: percent(row["found"].coverage_elsewhere),
    "Density": lambda row: percent(row["found"].density_elsewhere),
}


def boxes(found: Discovery, cases: str = "cases") -> Table | None:
    """Return the boxes in which a style loses; ``cases`` names what they hold."""
    caption = f"Boxes come from a small tree fitted to these {cases}; their limits are rough. They show where, not why"
    return folded_table(caption, {**_BOX, cases.capitalize(): lambda row: f"{row['lost']} of {row['n']}"}, found.boxes)


_BOX: Columns = {
    "Box": lambda row: row["box"],
    "Losses it contains (coverage)": lambda row: percent(row["coverage"]),
    "Lost in it (density)": lambda row: (
        f"{percent(row['density'])} ({percent(row['density_low'])} to {percent(row['density_high'])})"
    ),
}


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
    "Worst at": lambda row: "–" if row["parameter"] == NOTHING else setting_text(row["worst"]),
    "Usually": lambda row: "–" if row["parameter"] == NOTHING else setting_text(row["usual"]),
}
