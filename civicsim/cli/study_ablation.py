"""What ``civicsim study ablation`` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim.cli.output import Output
from civicsim.cli.studying import How, load, read, run_in
from civicsim.cli.tables import judged
from civicsim.report.words import INTERVAL, counted, with_interval
from civicsim.study.analysis.ablation import EMPTY, SAME, UNTOLD, ablation_study, check_varied
from civicsim.study.analysis.ablation import ablation as ablation_of
from civicsim.study.analysis.contrasts import TOO_CLOSE, TOO_SMALL
from civicsim.study.design.mechanisms import ALONE, CORE, EVERYTHING, STAYING


def ablation(
    output: Output, path: str, out: str | None, measures: Sequence[str] | None, leave_one_in: bool, how: How
) -> None:
    """Run a study without each mechanism, where that is missing, and say what each does to the difference of styles."""
    file, study = Path(path), load(path)
    folder = path if file.is_dir() else out or str(file.with_name(f"{file.stem}-ablation"))
    if not file.is_dir():
        study = ablation_study(study, leave_one_in)
    check_varied(study.points, list(study.protocol.factors), folder, study.protocol.sections)
    run_in(output, study, folder, how)
    store = read(output, folder)
    found = ablation_of(store, measures)
    if store.n_failed:
        output.warn(f"{counted(store.n_failed, 'run')} failed and left out")
    if output.json:
        output.data({"folder": folder, "rows": found.to_dict("records"), "warnings": output.warnings})
        return
    output.say(store.question)
    for _, rows in found.groupby(["measure", "style", "shock"], sort=False):
        output.say("", *lines(rows))
    output.say(
        "",
        f"Differences are paired by seed ({counted(int(found['n_seeds'].max()), 'seed')}); intervals are {INTERVAL}, and not "
        "widened for the number of mechanisms: of twenty that do nothing, one seems to do something.",
        "What is off was never there: organisations live their burn-in without it, too. The core is "
        f"{', '.join(CORE)} ({', '.join(STAYING)} always stay on).",
    )
    output.hint(f"Next: civicsim study report {folder}")


def lines(rows: pd.DataFrame) -> Iterator[str]:
    """Yield sentences about one measure under one style."""
    first = rows.iloc[0]
    better = "" if first["better"] == "neither" else f"; {first['better']} is better"
    shock = f" [{first['shock']}]" if first["shock"] else ""
    yield f"{first['label']} ({first['unit']}{better}): {first['style']} − {first['against']}{shock}"
    for setting in (EVERYTHING, ALONE):
        for row in rows[rows["setting"] == setting].to_dict("records"):
            yield f"  {setting}: {_difference(row)}, {judged(row['verdict'], row['better'])}"
    yield from _changes(rows[rows["reference"] == EVERYTHING], "without")
    yield from _changes(rows[rows["reference"] == ALONE], "core and")


def _changes(rows: pd.DataFrame, start: str) -> Iterator[str]:
    """Yield a sentence per change that can be told, the largest first, and one for all others."""
    quiet: dict[str, list[str]] = {}
    loud: list[dict[Any, Any]] = []
    for row in rows.to_dict("records"):
        why = _quiet(row)
        if why:
            quiet.setdefault(why, []).append(row["setting"].removeprefix(f"{start} "))
        else:
            loud.append(row)
    for row in sorted(loud, key=lambda row: -abs(row["change"])):
        change, ends = with_interval(row["change"], row["change_low"], row["change_high"], sign=True)
        found = f": {row['finding']}" if row["finding"] else f" from {row['reference']}"
        yield f"  {row['setting']}: {_difference(row)}, a change of {change} ({ends}){found}"
    where = "without" if start == "without" else "beside the core with"
    for why, names in quiet.items():
        yield f"  {why} {where}: {', '.join(names)}"


def _quiet(row: Mapping[Any, Any]) -> str:
    if np.isnan(row["change"]):
        return EMPTY
    if row["change_verdict"] == "same":
        return SAME
    return UNTOLD if row["change_verdict"] in (TOO_CLOSE, TOO_SMALL) else ""


def _difference(row: Mapping[Any, Any]) -> str:
    mean, ends = with_interval(row["difference"], row["low"], row["high"], sign=True)
    return f"{mean} ({ends})"
