"""Effects of factors, their shares of the variance, and verdicts on declared contrasts, as parts of a page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from civicsim.experiment.wording import judged, number, percent, with_interval
from civicsim.report.parts import Columns, Part, Row, Table, interval_of, table_of
from civicsim.report.words import INTERVAL, explained, in_pairs
from civicsim.study.analysis.contrasts import BOTH
from civicsim.study.analysis.effects import INTERACTION, MAIN, SIMPLE

_HEADINGS = {
    MAIN: ("Main effects", "Mean over all levels of the other factors"),
    SIMPLE: ("Simple effects", "At one level of other factors, and the mean over those not named"),
    INTERACTION: ("Interactions", "How far the effect differs between levels of other factors"),
}


def effect_parts(found: pd.DataFrame, shares: pd.DataFrame) -> Iterator[Part]:
    """Yield tables of :func:`civicsim.study.analysis.effects.effects` and of ``variance_shares``."""
    for kind, (heading, what) in _HEADINGS.items():
        rows = found[found["kind"] == kind]
        # What all rows share stands in the heading, and a kind of uncertainty by itself in the caption.
        of = rows["change"].iloc[0] if rows["change"].nunique() == 1 else ""
        alone = rows["uncertainty"].iloc[0] if rows["uncertainty"].nunique() == 1 else BOTH
        columns = dict(_EFFECT)
        if of:
            columns["Effect of"] = lambda row: _lines(row["at"]) or "on average"
        if alone != BOTH:
            del columns["Each kind alone"]
        intervals = f"{INTERVAL} intervals" + ("" if alone == BOTH else f" ({alone})")
        caption = f"{what}; differences between runs of one seed and draw, with {intervals}"
        if table := table_of(caption, columns, rows):
            yield Part(f"{heading} of {of}" if of else heading, explained(rows["verdict"]), table=table)
    if shared := _shares(shares):
        yield Part("Variance", table=shared)


def _lines(at: str) -> str:
    return at.replace(", ", "\n")


def _alone(row: Row) -> str:
    kinds = {"seeds": "run", "draws": "parameter"}
    ends = {kind: (row[f"{name}_low"], row[f"{name}_high"]) for kind, name in kinds.items()}
    return "\n".join(f"{kind} {with_interval(row['difference'], *own, sign=True)[1]}" for kind, own in ends.items())


def _verdict(row: Row) -> str:
    better = "neither" if row["kind"] == INTERACTION else row["better"]
    return f"{judged(row['verdict'], better)}\n{in_pairs({**row, 'better': better}, row['n'])}"


_EFFECT: Columns = {
    "Effect of": lambda row: "\n".join(filter(None, (row["change"], _lines(row["at"])))),
    "Measure": lambda row: f"{row['label']}\n{row['unit']}",
    "Mean": interval_of("difference", sign=True),
    "Each kind alone": _alone,
    "Verdict": _verdict,
}


def _shares(found: pd.DataFrame) -> Table | None:
    """Return a table of shares: a row per term, a column per measure."""
    caption = (
        "Shares of the variance of all runs, exact; in brackets, what chance alone gives a term without any effect"
    )
    rows = found.assign(cell=[_share(row) for row in found.to_dict("records")])
    wide = rows.pivot_table(index="term", columns="label", values="cell", aggfunc="first", sort=False)
    columns: Columns = {"Term": lambda row: row["term"]} | {
        label: lambda row, label=label: row[label] for label in wide
    }
    return table_of(caption, columns, wide.reset_index())


def _share(row: Row) -> str:
    chance = "" if np.isnan(row["chance"]) else f" ({percent(row['chance'], 1)})"
    return f"{percent(row['share'], 1)}{chance}"


def declared_parts(found: pd.DataFrame) -> Iterator[Part]:
    """Yield a table of :func:`civicsim.study.analysis.declared.declared_contrasts`, and the contrasts in words."""
    caption = (
        f"Differences between runs of one seed and draw, with {INTERVAL} run-to-run intervals, on which verdicts rest; "
        "± is the largest difference that is too small to matter"
    )
    columns = dict(_DECLARED)
    if found["share"].isna().all():
        del columns["Draws"]
    else:
        caption += ". Draws: share in which the sign holds"
    words: dict[str, list[str]] = {}
    for row in found.drop_duplicates("name").to_dict("records"):
        for text in filter(None, (row["statement"], row["note"])):
            words.setdefault(text, []).append(row["name"])
    yield Part(table=table_of(caption, columns, found))
    yield Part(items=["", *(f"{', '.join(names)}: {text}" for text, names in words.items())])


def _of_part(row: Row) -> str:
    return "\n".join(text for text in (f"{row['name']}: {row['label']}", row["part"]) if isinstance(text, str) and text)


_DECLARED: Columns = {
    "Contrast": _of_part,
    "Sign": lambda row: row["sign"],
    "Effect": lambda row: "\n".join(
        (*with_interval(row["difference"], row["run_low"], row["run_high"], True), f"± {number(row['margin'])}")
    ),
    "Draws": lambda row: percent(row["share"]),
    "Verdict": lambda row: row["verdict"],
}
