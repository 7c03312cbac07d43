"""What ``civicsim study adversary`` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from civicsim.cli import Stopped
from civicsim.cli.output import Output
from civicsim.cli.studying import How, load, shown
from civicsim.cli.tables import judged
from civicsim.report.words import INTERVAL, counted, number, with_interval
from civicsim.study.analysis.adversary import BATCH, OTHER, WORST, Adversary
from civicsim.study.analysis.adversary import adversary as search
from civicsim.study.analysis.matched import short
from civicsim.study.analysis.search import NOTHING

_MOST_PARAMETERS = 12


def adversary(
    output: Output, path: str, out: str | None, style: str, measure: str, free: Sequence[str], trials: int, fresh: int,
    seed: int, how: How,
) -> None:  # fmt: skip
    """Search for where a style loses most, and say what was found."""
    study = load(path)
    file = Path(path)
    folder = out or str(file.with_name(f"{file.stem}-adversary"))
    with shown(output) as show:
        try:
            found = search(
                study, style, measure, folder, free=free, trials=trials, fresh=fresh, seed=seed, processes=how.processes,
                timeout=how.timeout, memory=(how.memory or 0.0) * 1e9, progress=show,
            )  # fmt: skip
        except KeyboardInterrupt:
            raise Stopped(f"what is done is kept in {folder}; the same command goes on") from None
    if found.n_failed:
        output.warn(
            f"{counted(found.n_failed, 'trial')} without a value: all of their runs failed, or had nothing to count"
        )
    if output.json:
        output.data(_values(folder, found) | {"warnings": output.warnings})
        return
    output.say(study.question, "", *_lines(found), "", f"The worst case ({folder}/{WORST}):", "")
    output.say(*(f"    {line}" if line else "" for line in found.scenario.to_toml().splitlines()))
    output.hint(f"Next: cd {folder} && civicsim compare {WORST} {OTHER} --baseline {OTHER} --seeds {found.n_fresh}")


def _lines(found: Adversary) -> Iterator[str]:
    about = found.about
    matters = f"; {about.matters:g} matters" if about.matters else ""
    yield (
        f"{found.style} against {', '.join(found.others)} on {about.label} ({about.unit}; {about.better} is better{matters}): "
        f"{counted(found.n_spread, 'trial')} spread evenly and {len(found.trials) - found.n_spread} searched, "
        f"{counted(found.n_seeds, 'seed')} each"
    )
    yield found.words
    yield ""
    yield f"Lived again with {counted(found.n_fresh, 'fresh seed')}, in the order of the search:"
    for row in found.worst.to_dict("records"):
        mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
        yield (
            f"  trial {row['trial']}, − {row['against']}: {mean} ({ends}), {judged(row['verdict'], about.better)}; "
            f"{number(row['searched'], sign=True)} in the search"
        )
    yield ""
    yield "Share of the variance of what was found, over all that was searched (fANOVA), and where the worst quarter lies:"
    rows = found.parameters.to_dict("records")
    for row in rows[:_MOST_PARAMETERS]:
        yield f"  {_parameter(row)}"
    left = [row for row in rows[_MOST_PARAMETERS:] if row["parameter"] != NOTHING]
    if left:
        yield f"  … and {counted(len(left), 'parameter')} of less"
    yield ""
    yield found.box_words
    if found.box is not None:
        for row in found.box.boxes.to_dict("records"):
            yield (
                f"  {row['box']}: holds {row['coverage']:.0%} of them (coverage); {row['density']:.0%} of its trials are among "
                f"them (density, {row['density_low']:.0%} to {row['density_high']:.0%}; {row['lost']} of {row['n']})"
            )
    yield ""
    yield (
        f"Intervals are {INTERVAL}; those of fresh seeds speak of luck from run to run. Trials crowd where it loses most, so that "
        "densities are no probabilities. A search finds a bad case, not always the worst there is."
    )


def _parameter(row: Mapping[Any, Any]) -> str:
    share = "–" if np.isnan(row["share"]) else f"{row['share']:.0%}"
    if row["parameter"] == NOTHING:
        return f"{NOTHING}: {share}"
    usual = f"; worst at {short(row['worst'])}, usually {short(row['usual'])}"
    if np.isnan(row["low"]):
        return f"{row['parameter']}: {share}{usual}"
    return f"{row['parameter']}: {share}; {row['from']:.3g} to {row['to']:.3g} of {row['low']:.3g} to {row['high']:.3g}{usual}"


def _values(folder: str, found: Adversary) -> dict[str, Any]:
    box = found.box
    return {
        "folder": folder, "style": found.style, "others": found.others, "measure": found.about.column, "unit": found.about.unit,
        "better": found.about.better, "spread": found.n_spread, "lost": found.n_lost, "failed": found.n_failed,
        "worst": found.worst.to_dict("records"), "parameters": found.parameters.to_dict("records"), "limit": found.limit,
        "boxes": [] if box is None else box.boxes.to_dict("records"),
        "coverage_elsewhere": None if box is None else box.coverage_elsewhere,
        "density_elsewhere": None if box is None else box.density_elsewhere,
        "trials": found.trials.to_dict("records"), "batch": BATCH, "scenario": found.scenario.to_toml(),
        "other": found.other.to_toml(),
    }  # fmt: skip
