"""The command ``civicsim study adversary``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from civicsim.cli import Stopped, study_commands
from civicsim.cli.output import Output
from civicsim.cli.study_analysis import box_text
from civicsim.cli.studying import beside, load, study_progress, worker_options
from civicsim.report.words import INTERVAL, counted, estimated, judged, number, percent
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
        [study.question, "", *_lines(found), *worst],
        f"cd {folder} && civicsim compare {WORST} {OTHER} --baseline {OTHER} --seeds {found.n_fresh}",
    )


def _lines(found: Adversary) -> Iterator[str]:
    about = found.about
    matters = f"; {about.matters:g} matters" if about.matters else ""
    yield (
        f"{found.style} against {', '.join(found.others)} on {about.label} ({about.unit}; {about.better} is better{matters}): "
        f"{counted(found.n_spread, 'trial')} spread evenly and {len(found.trials) - found.n_spread} searched, "
        f"{counted(found.n_seeds, 'seed')} each"
    )
    yield from (found.words, "")
    yield f"Simulated again with {counted(found.n_fresh, 'new seed')}, in the order of the search:"
    for row in found.worst.to_dict("records"):
        difference = estimated(row["difference"], row["low"], row["high"], sign=True)
        verdict = judged(row["verdict"], about.better)
        searched = number(row["searched"], sign=True)
        yield f"  trial {row['trial']}, − {row['against']}: {difference}, {verdict}; {searched} in the search"
    yield from ("", "Share of the variance over the ranges searched (fANOVA), and where the worst quarter lies:")
    rows = found.parameters.to_dict("records")
    yield from (f"  {_parameter(row)}" for row in rows[:_MOST_PARAMETERS])
    left = [row for row in rows[_MOST_PARAMETERS:] if row["parameter"] != NOTHING]
    if left:
        yield f"  … and {counted(len(left), 'parameter')} with smaller shares"
    yield from ("", found.box_words)
    if found.box is not None:
        yield from (f"  {box_text(row, 'trials')}" for row in found.box.boxes.to_dict("records"))
    yield ""
    yield (
        f"Intervals are {INTERVAL}; those of new seeds show run-to-run variation. The search visits bad cases more often, so "
        "densities are not probabilities. It finds a bad case, not always the worst."
    )


def _parameter(row: Mapping[Any, Any]) -> str:
    name, share = row["parameter"], percent(row["share"])
    if name == NOTHING:
        return f"{name}: {share}"
    usual = f"; worst at {short(row['worst'])}, usually {short(row['usual'])}"
    if np.isnan(row["low"]):
        return f"{name}: {share}{usual}"
    return f"{name}: {share}; {row['from']:.3g} to {row['to']:.3g} of {row['low']:.3g} to {row['high']:.3g}{usual}"


def _values(folder: str, found: Adversary) -> dict[str, Any]:
    about, box = found.about, found.box
    data: dict[str, Any] = {"folder": folder, "measure": about.column, "unit": about.unit, "better": about.better}
    data |= {key: getattr(found, key) for key in ("style", "others", "worst", "parameters", "limit", "trials")}
    data |= {"spread": found.n_spread, "lost": found.n_lost, "failed": found.n_failed, "batch": BATCH}
    data |= {key: getattr(box, key, None) for key in ("coverage_elsewhere", "density_elsewhere")}
    data["boxes"] = [] if box is None else box.boxes
    return {**data, "scenario": found.scenario.to_toml(), "other": found.other.to_toml()}
