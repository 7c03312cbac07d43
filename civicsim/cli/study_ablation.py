"""The command ``civicsim study ablation``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim.cli import study_commands
from civicsim.cli.output import Output
from civicsim.cli.study_analysis import warn_of_failures
from civicsim.cli.studying import beside, load, read, run_in
from civicsim.report.words import INTERVAL, counted, direction, estimated, judged
from civicsim.study.analysis.ablation import EMPTY, SAME, UNTOLD, ablation_study, check_varied
from civicsim.study.analysis.ablation import ablation as ablation_of
from civicsim.study.analysis.contrasts import TOO_CLOSE, TOO_SMALL
from civicsim.study.design.mechanisms import ALONE, CORE, EVERYTHING, STAYING


def ablation(output: Output, request: study_commands.Ablation) -> None:
    """Run a study without each mechanism, and show what each contributes to the difference between styles."""
    path, study = request.path, load(request.path)
    done = Path(path).is_dir()
    folder = path if done else request.out or beside(path, "ablation")
    if not done:
        study = ablation_study(study, request.leave_one_in)
    check_varied(study.points, list(study.protocol.factors), folder, study.protocol.sections)
    run_in(output, study, folder, request)
    store = read(output, folder)
    found = ablation_of(store, request.measures)
    warn_of_failures(output, store)

    def lines() -> Iterator[str]:
        yield store.question
        for _, rows in found.groupby(["measure", "style", "shock"], sort=False):
            yield from ("", *_block(rows))
        yield ""
        yield (
            f"Differences are paired by seed ({counted(int(found['n_seeds'].max()), 'seed')}); intervals are {INTERVAL}, not "
            "adjusted for the number of mechanisms: of twenty without an effect, about one appears to have one."
        )
        yield (
            "A mechanism that is off is off from the start, also during the burn-in. The core is "
            f"{', '.join(CORE)} ({', '.join(STAYING)} always stay on)."
        )

    data = {"folder": folder, "rows": found, "warnings": output.warnings}
    output.show(data, lines(), f"civicsim study report {folder}")


def _block(rows: pd.DataFrame) -> Iterator[str]:
    """Yield sentences about one measure under one style."""
    first = rows.iloc[0]
    shock = f" [{first['shock']}]" if first["shock"] else ""
    yield f"{first['label']} ({first['unit']}{direction(first['better'])}): {first['style']} − {first['against']}{shock}"
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
        change = estimated(row["change"], row["change_low"], row["change_high"], sign=True)
        found = f": {row['finding']}" if row["finding"] else f" from {row['reference']}"
        yield f"  {row['setting']}: {_difference(row)}, a change of {change}{found}"
    where = "without" if start == "without" else "beside the core with"
    yield from (f"  {why} {where}: {', '.join(names)}" for why, names in quiet.items())


def _quiet(row: Mapping[Any, Any]) -> str:
    if np.isnan(row["change"]):
        return EMPTY
    if row["change_verdict"] == "same":
        return SAME
    return UNTOLD if row["change_verdict"] in (TOO_CLOSE, TOO_SMALL) else ""


def _difference(row: Mapping[Any, Any]) -> str:
    return estimated(row["difference"], row["low"], row["high"], sign=True)
