"""The command ``civicsim study adversary``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from civicsim.cli import Stopped, study_commands
from civicsim.cli.output import Output
from civicsim.cli.studying import beside, load, study_progress, worker_options
from civicsim.cli.tables import part_lines
from civicsim.report.analysis_tables import boxes, measure_of, verdict_of
from civicsim.report.parts import Columns, Part, Row, interval_of, table_of
from civicsim.report.words import INTERVAL, counted, number, percent
from civicsim.study.analysis.adversary import BATCH, OTHER, WORST, Adversary
from civicsim.study.analysis.adversary import adversary as search
from civicsim.study.analysis.matched import short
from civicsim.study.analysis.search import NOTHING

_MOST_PARAMETERS = 12


def adversary(output: Output, request: study_commands.Adversary) -> None:
    """Search for where a style loses most, and show what was found."""
    study = load(request.path)
    folder = request.out or beside(request.path, "adversary")
    how = {key: getattr(request, key) for key in ("trials", "fresh", "seed")}
    with study_progress(output) as show:
        try:
            how |= {**worker_options(request), "free": request.free or (), "progress": show}
            found = search(study, request.style, request.measure, folder, **how)
        except KeyboardInterrupt:
            raise Stopped(f"finished runs are kept in {folder}; the same command resumes the search") from None
    if found.n_failed:
        output.warn(f"{counted(found.n_failed, 'trial')} without a value: all runs failed, or had nothing to count")
    worst = ["", f"The worst case ({folder}/{WORST}):", ""]
    worst += [f"    {line}" if line else "" for line in found.scenario.to_toml().splitlines()]
    output.show(
        {**_values(folder, found), "warnings": output.warnings},
        [*part_lines([Part(texts=[study.question]), *_parts(found)]), *worst],
        f"cd {folder} && civicsim compare {WORST} {OTHER} --baseline {OTHER} --seeds {found.n_fresh}",
    )


def _parts(found: Adversary) -> Iterator[Part]:
    label, unit = measure_of({**vars(found.about), "matters": found.about.matters or np.nan}).split("\n")
    trials = (
        f"{counted(found.n_spread, 'trial')} spread evenly and {len(found.trials) - found.n_spread} searched, "
        f"{counted(found.n_seeds, 'seed')} each"
    )
    yield Part(texts=[f"{found.style} against {', '.join(found.others)} on {label} ({unit}): {trials}", found.words])
    caption = (
        f"Intervals are {INTERVAL}; those of new seeds show run-to-run variation. The search visits bad cases more often, so "
        "densities are not probabilities. It finds a bad case, not always the worst"
    )
    heading = f"Simulated again with {counted(found.n_fresh, 'new seed')}, in the order of the search"
    yield Part(heading, table=table_of(caption, _WORST_CASE, found.worst.assign(better=found.about.better)))
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
    "In the search": lambda row: number(row["searched"], sign=True),
}
_PARAMETER: Columns = {
    "Parameter": lambda row: row["parameter"],
    "Share": lambda row: percent(row["share"]),
    "Worst quarter, of the range": _worst_quarter,
    "Worst at": lambda row: "–" if row["parameter"] == NOTHING else short(row["worst"]),
    "Usually": lambda row: "–" if row["parameter"] == NOTHING else short(row["usual"]),
}


def _values(folder: str, found: Adversary) -> dict[str, Any]:
    about, box = found.about, found.box
    data: dict[str, Any] = {"folder": folder, "measure": about.column, "unit": about.unit, "better": about.better}
    data |= {key: getattr(found, key) for key in ("style", "others", "worst", "parameters", "limit", "trials")}
    data |= {"spread": found.n_spread, "lost": found.n_lost, "failed": found.n_failed, "batch": BATCH}
    data |= {key: getattr(box, key, None) for key in ("coverage_elsewhere", "density_elsewhere")}
    data["boxes"] = [] if box is None else box.boxes
    return {**data, "scenario": found.scenario.to_toml(), "other": found.other.to_toml()}
