"""What ``validate`` and ``calibrate`` do: hold the status quo against what is known, and find the parameters that fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim.calibration.free import read_free
from civicsim.calibration.matching import determined
from civicsim.calibration.people import people_frame
from civicsim.calibration.statistics import WEEKS
from civicsim.calibration.targets import read_targets
from civicsim.calibration.validation import PEOPLE_WEEKS, Validation, against_targets
from civicsim.calibration.validation import validate as hold_against
from civicsim.calibration.waves import Calibration, Plan
from civicsim.calibration.waves import calibrate as find
from civicsim.cli.effort import check_effort
from civicsim.cli.files import Folder
from civicsim.cli.output import Output
from civicsim.cli.progress import duration, progress
from civicsim.cli.running import about_scenarios
from civicsim.cli.scenarios import Changes, load, n_posts
from civicsim.errors import CivicsimError
from civicsim.experiment.run import seeds_of, threads_available
from civicsim.report.words import INTERVAL, counted, kind_text, with_interval
from civicsim.scenario.scenario import Scenario

_SECONDS_PER_POINT_WEEK = 1e-6
_UNDETERMINED = 0.1
"""Draws that are less than a tenth narrower than the range leave a parameter as open as it was. Assumption."""


def validate(
    output: Output, name: str | None, kind: str | None, targets: str | None, seeds: int, organisations: int,
    changes: Changes, out: str | None, people: str | None, every: int,
) -> None:  # fmt: skip
    """Say which patterns the status quo shows, with intervals; write the figure and the page where asked."""
    scenario = changes.apply(load(name, None, kind))
    known = read_targets(targets)
    if people is not None and Path(people).suffix not in (".parquet", ".csv"):
        raise CivicsimError(f"--people {people}: expected a file that ends in .parquet or .csv")
    numbers = seeds_of(seeds, scenario.seed)
    burnt = scenario.burn_in_weeks
    weeks = seeds * (burnt + 2 * WEEKS + PEOPLE_WEEKS) + max(0, organisations - seeds) * (burnt + WEEKS)
    weeks += seeds * (burnt + scenario.weeks) if people is not None else 0
    work = float(n_posts(scenario.structure) * weeks)
    check_effort(output, [scenario], max(seeds, organisations), work)
    folder = Folder(out) if out is not None else None
    with progress(output, work) as report:
        found = hold_against(scenario, numbers, targets=known, organisations=organisations, progress=report)
        if people is not None:
            _write_people(people, people_frame(scenario, numbers, every=every, progress=report))
    about = {**about_scenarios({scenario.style: scenario}, numbers, "each"), "organisations": organisations}
    if folder is not None:
        from civicsim.report.calibration_figures import targets_figure
        from civicsim.report.calibration_page import footer_of, validation_page
        from civicsim.report.look import save

        with folder:
            folder.write_csv("targets.csv", "what is known beside what was simulated", found.targets)
            figure = targets_figure(found.targets, _title(found), footer_of(found))
            folder.write("targets.png", "the same as a picture", lambda path: save(figure, path))
            folder.write_text("validation.html", "one page with everything", validation_page(found))
            folder.write_manifest(output.arguments, about)
    if output.json:
        output.data(_as_data(found, about))
        return
    output.say(_title(found), *(f"  {line}" for line in target_lines(found.targets)), "", *_other_lines(found))
    if people is not None:
        output.say(f"Wrote {people}: staff one by one, every {counted(every, 'week')}.")
    if folder is not None:
        output.say(f"Wrote {folder.path}/validation.html, with the table and the picture beside it.")


def target_lines(table: pd.DataFrame) -> Iterator[str]:
    """Yield two lines per target: whether it holds; what was simulated, and what is known."""
    for row in table.to_dict("records"):
        verdict = "holds" if row["sure"] else "holds, not for sure" if row["holds"] else "FAILS"
        simulated, ends = with_interval(row["simulated"], row["simulated_low"], row["simulated_high"])
        unverified = ", to be verified" if row["status"] == "to be verified" else ""
        known = f"{row['low']:g} to {row['high']:g}".replace("-", "−")
        yield f"{row['pattern'] or '–':4}{row['says']}: {verdict}"
        yield f"    {simulated} ({ends}) {row['unit']}; known {known}{unverified}"


def _title(found: Validation) -> str:
    held, n = int(found.patterns["holds"].sum()), len(found.patterns)
    failing = [str(name) for name in found.patterns.index[~found.patterns["holds"]]]
    rest = f"; not {', '.join(failing)}" if failing else ""
    return f"{kind_text(found.scenario)}: {held} of {n} patterns hold over {counted(len(found.seeds), 'run')}{rest}"


def _other_lines(found: Validation) -> Iterator[str]:
    """Yield sentences about what no target was set for."""
    if found.between is not None:
        rows = found.between.to_dict("index")
        raw, adjusted = (
            with_interval(rows[row]["value"], rows[row]["low"], rows[row]["high"], sign=True)
            for row in ("raw", "adjusted")
        )
        yield (
            f"Across {found.n_organisations} organisations, influence goes with burnout by r = {raw[0]} ({raw[1]}); with "
            f"staffing and being valued held constant, beta = {adjusted[0]} ({adjusted[1]})."
        )
    if found.leaving is not None:
        ratio, ends = with_interval(found.leaving["ratio"], found.leaving["low"], found.leaving["high"])
        yield f"The burnt out leave {ratio} times as often as others ({ends})."
    if found.persistence is not None:
        for state, rows in found.persistence.groupby("state", sort=False):
            each = ", ".join(f"{row.correlation:.2f} after {row.years}" for row in rows.itertuples())
            yield f"Who stays is like before: {state}, correlation {each} {'year' if len(rows) == 1 else 'years'}."
    yield (
        f"Intervals are {INTERVAL} and speak of luck from run to run. 'Holds' means that the simulated value lies in what is "
        "known; 'not for sure' that its interval reaches beyond."
    )


def _as_data(found: Validation, about: dict[str, Any]) -> dict[str, Any]:
    return {
        **about, "patterns": found.patterns.reset_index().to_dict("records"), "targets": found.targets.to_dict("records"),
        "between": None if found.between is None else found.between.to_dict("index"), "leaving": found.leaving,
        "persistence": None if found.persistence is None else found.persistence.to_dict("records"),
    }  # fmt: skip


def _write_people(path: str, frame: pd.DataFrame) -> None:
    target = Path(path)
    if target.suffix == ".csv":
        frame.to_csv(target, index=False)
    else:
        frame.to_parquet(target, index=False)


def calibrate(
    output: Output, targets: str | None, kind: str | None, free: Sequence[str] | None, waves: int, points: int,
    seeds: int, draws: int, processes: int | None, out: str, changes: Changes,
) -> None:  # fmt: skip
    """Find the parameter sets that fit, and write them down; the same command again goes on where it stopped."""
    scenario: Scenario = changes.apply(load(None, None, kind))
    plan = Plan(scenario, read_targets(targets), read_free(free, scenario.model.sections), waves, points, seeds, draws)
    workers = processes or threads_available()
    folder = Path(out)
    each = n_posts(scenario.structure) * seeds * (scenario.burn_in_weeks + 2 * WEEKS) * _SECONDS_PER_POINT_WEEK
    output.note(
        f"{plan.n_points} parameter sets of {counted(seeds, 'run')}, about {duration(plan.n_points * each / workers)} on "
        f"{counted(workers, 'process', 'processes')}; Ctrl-C stops it, and the same command goes on"
    )
    with progress(output, float(plan.n_points)) as report:
        found = find(plan, folder, processes=workers, progress=report, say=output.note)
    pinned = determined(found.draws)
    check = checked(found)
    _write(found, pinned, check, folder)
    loose = [f.key for f, share in zip(plan.free, pinned, strict=True) if share < _UNDETERMINED]
    if output.json:
        output.data({
            "folder": str(folder), "shares": found.shares, "hits": found.hits, "best": found.best, "settled": found.settled,
            "implausibility": float(found.implausibility.min()), "undetermined": loose,
            "determined": dict(zip((f.key for f in plan.free), np.round(pinned, 4).tolist(), strict=True)),
            "check": check.to_dict("records"),
        })  # fmt: skip
        return
    output.say(
        f"{counted(len(found.draws), 'parameter set')} that fit, of a box of which {found.shares[-1]:.2%} is not ruled out.",
        *(f"  {line}" for line in target_lines(check)),
        f"Values are means over the draws, simulated with new seeds; in brackets the middle {INTERVAL} of the draws.",
        f"Left undetermined: {', '.join(loose) if loose else 'none of the free parameters'}.",
        f"The fewest changes of defaults for a good fit: {_settings(found.settled)}.",
        f"Wrote {folder}/draws.csv, best.toml (the least implausible draw), settled.toml (the fewest changes), calibration.html "
        "and pictures.",
    )
    output.hint(f"Next: civicsim validate {folder}/settled.toml")


def _settings(values: dict[str, float]) -> str:
    return ", ".join(f"{key} = {value:g}" for key, value in values.items()) or "none"


def checked(found: Calibration) -> pd.DataFrame:
    """Return targets beside the draws as simulated with new seeds: mean, and the middle 95 % of the draws."""
    check = found.check
    rows = {}
    for target in found.plan.targets:
        values = check[target.statistic].replace([np.inf, -np.inf], np.nan).dropna()
        low, high = values.quantile([0.025, 0.975])
        rows[target.statistic] = (values.mean(), low, high, len(values))
    simulated = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "n"])
    return against_targets(found.plan.targets, simulated)


def _write(found: Calibration, pinned: np.ndarray, check: pd.DataFrame, folder: Path) -> None:
    from civicsim.report.calibration_figures import parameters_figure, targets_figure
    from civicsim.report.calibration_page import calibration_page
    from civicsim.report.look import save

    found.draws_frame().to_csv(folder / "draws.csv", index=False, float_format="%.6g")
    for name, values in (("best", found.best), ("settled", found.settled)):
        scenario = found.plan.scenario
        for key, value in values.items():
            scenario = scenario.set(key, float(f"{value:.3g}"))
        (folder / f"{name}.toml").write_text(scenario.to_toml(), encoding="utf-8")
    check.to_csv(folder / "check.csv", index=False)
    save(parameters_figure(found, pinned.tolist()), folder / "parameters.png")
    save(targets_figure(check, "What the draws give, simulated with new seeds"), folder / "targets.png")
    (folder / "calibration.html").write_text(calibration_page(found, pinned.tolist(), check), encoding="utf-8")
    summary = {"shares": found.shares, "hits": found.hits, "best": found.best, "settled": found.settled}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
