"""The commands ``validate`` and ``calibrate``: the model beside published data, and the parameters that fit them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim.calibration.matching import determined
from civicsim.calibration.people import people_frame
from civicsim.calibration.statistics import WEEKS
from civicsim.calibration.targets import read_targets, targets_of_the_fit
from civicsim.calibration.validation import PEOPLE_WEEKS, Validation, against_targets
from civicsim.calibration.validation import validate as against_data
from civicsim.calibration.waves import Calibration, Plan, read_free, read_priors
from civicsim.calibration.waves import calibrate as find
from civicsim.cli.commands import Calibrate, Validate
from civicsim.cli.effort import check_effort
from civicsim.cli.files import Folder, table_writer, write_file
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.cli.running import about_scenarios
from civicsim.cli.scenarios import scenario_of
from civicsim.cli.tables import part_lines
from civicsim.experiment.progress import duration
from civicsim.experiment.run import seeds_of
from civicsim.experiment.wording import counted, percent
from civicsim.model.simulating import threads_available
from civicsim.report.calibration_page import results, targets, title_of
from civicsim.report.parts import Part
from civicsim.report.words import INTERVAL
from civicsim.scenario.sizes import n_posts

_EXPLAINED = (
    f"Intervals are {INTERVAL} and show run-to-run variation. 'Met' means that the simulated value lies within the published "
    "range; 'uncertain' that its interval extends beyond the range."
)
_SECONDS_PER_POINT_WEEK, _TIMES_WITH_EXPERIMENTS = 1e-6, 3.5
_UNDETERMINED = 0.1
"""Draws that are less than a tenth narrower than the range leave a parameter undetermined. Assumption."""


def validate(output: Output, request: Validate) -> None:
    """Show which patterns the status quo reproduces, with intervals; write the figure and the page if asked."""
    scenario = scenario_of(request)
    known = read_targets(request.targets)
    people, runs, organisations = request.people, request.seeds, request.organisations
    burnt = scenario.burn_in_weeks
    weeks = runs * (burnt + 2 * WEEKS + PEOPLE_WEEKS) + max(0, organisations - runs) * (burnt + WEEKS)
    weeks += runs * (burnt + scenario.weeks) if people is not None else 0
    work = float(n_posts(scenario) * weeks)
    check_effort(output, [scenario], max(runs, organisations), work)
    seeds = seeds_of(runs, scenario.seed)
    folder = Folder(request.out) if request.out is not None else None
    with progress(output, work) as report:
        found = against_data(
            scenario, seeds, targets=known, organisations=organisations, mechanisms=request.mechanisms, progress=report
        )
        if people is not None:
            frame = people_frame(scenario, seeds, every=request.every, progress=report)
            write_file(people, table_writer(frame))
    about = {**about_scenarios({scenario.style: scenario}, seeds, "each"), "organisations": organisations}
    if folder is not None:
        _write_validation(output, folder, found, about)
    parts = [Part(texts=[title_of(found)], table=targets(found.targets, sources=False)), *results(found)]
    lines = [*part_lines(parts), "", _EXPLAINED]
    if people is not None:
        lines.append(f"Wrote {people}: staff one by one, every {counted(request.every, 'week')}.")
    if folder is not None:
        lines.append(f"Wrote {folder.path}/validation.html, with the table and the figure beside it.")
    keys = ("targets", "between", "leaving", "persistence", "mechanisms")
    data = {**about, "patterns": found.patterns.reset_index(), **{key: getattr(found, key) for key in keys}}
    if found.between is not None:
        data["between"] = found.between.to_dict("index")
    output.show(data, lines)


def _write_validation(output: Output, folder: Folder, found: Validation, about: dict[str, Any]) -> None:
    from civicsim.report.calibration_figures import targets_figure
    from civicsim.report.calibration_page import footer_of, validation_page
    from civicsim.report.look import save

    with folder.writing(output, about):
        folder.write_csv("targets.csv", "published data beside simulated values", found.targets)
        if found.mechanisms is not None:
            folder.write_csv(
                "mechanisms.csv", "published findings about mechanisms beside experiments", found.mechanisms
            )
        figure = targets_figure(found.targets, title_of(found), footer_of(found))
        folder.write("targets.png", "the same as a figure", lambda path: save(figure, path))
        folder.write_text("validation.html", "one page with all results", validation_page(found))


def calibrate(output: Output, request: Calibrate) -> None:
    """Find the parameter sets that fit, and write them; repeating the command resumes it."""
    scenario = scenario_of(request)
    sizes = (request.waves, request.points, request.seeds, request.draws)
    sections = scenario.model.sections
    free = read_free(request.free, sections)
    # Who fits some parameters only leaves the others as they are.
    priors = read_priors(free, sections) if request.free is None else ()
    plan = Plan(scenario, targets_of_the_fit(request.targets), free, *sizes, priors=priors)
    workers = request.processes or threads_available()
    folder = Path(request.out)
    posts = n_posts(scenario)
    each = posts * request.seeds * (scenario.burn_in_weeks + 2 * WEEKS) * _SECONDS_PER_POINT_WEEK
    each *= _TIMES_WITH_EXPERIMENTS if plan.experiments else 1.0
    output.note(
        f"{plan.n_points} parameter sets of {counted(request.seeds, 'run')}, about "
        f"{duration(plan.n_points * each / workers)} on {counted(workers, 'process', 'processes')}; Ctrl-C stops it, and the "
        "same command resumes it"
    )
    with progress(output, float(plan.n_points)) as report:
        found = find(plan, folder, processes=workers, progress=report, note=output.note)
    pinned = determined(found.draws)
    check = checked(found)
    _write_calibration(found, pinned, check, folder)
    loose = [f.key for f, share in zip(plan.free, pinned, strict=True) if share < _UNDETERMINED]
    settled = ", ".join(f"{key} = {value:g}" for key, value in found.settled.items()) or "none"
    data = {"folder": str(folder), **{key: getattr(found, key) for key in ("shares", "hits", "best", "settled")}}
    data |= {"implausibility": float(found.implausibility.min()), "undetermined": loose, "check": check}
    data["determined"] = dict(zip((f.key for f in plan.free), np.round(pinned, 4).tolist(), strict=True))
    lines = [
        f"{counted(len(found.draws), 'parameter set')} that fit; {percent(found.shares[-1])} of the ranges is not ruled out.",
        *part_lines([Part(table=targets(check, sources=False))]),
        f"Values are means over the draws, simulated with new seeds; below them the middle {INTERVAL} of the draws.",
        f"Undetermined: {', '.join(loose) if loose else 'none of the free parameters'}.",
        f"The fewest changes of defaults for a good fit: {settled}.",
        f"Wrote {folder}/draws.csv, best.toml (the least implausible draw), settled.toml (the fewest changes), "
        "calibration.html and figures.",
    ]
    output.show(data, lines, f"civicsim validate {folder}/settled.toml")


def checked(found: Calibration) -> pd.DataFrame:
    """Return targets beside the draws simulated with new seeds: mean, and the middle 95 % of the draws."""
    check = found.check
    rows = {}
    # A fit runs the experiments of its targets only: what others find is not known for a draw.
    measured = tuple(target for target in found.plan.targets if target.statistic in check)
    for target in measured:
        values = check[target.statistic].replace([np.inf, -np.inf], np.nan).dropna()
        low, high = values.quantile([0.025, 0.975])
        rows[target.statistic] = (values.mean(), low, high, len(values))
    simulated = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "n"])
    return against_targets(measured, simulated)


def _write_calibration(found: Calibration, pinned: np.ndarray, check: pd.DataFrame, folder: Path) -> None:
    from civicsim.report.calibration_figures import parameters_figure, targets_figure
    from civicsim.report.calibration_page import calibration_page
    from civicsim.report.look import save

    found.draws_frame().to_csv(folder / "draws.csv", index=False, float_format="%.6g")
    for name, values in (("best", found.best), ("settled", found.settled)):
        scenario = found.plan.scenario
        for key, value in values.items():
            scenario = scenario.set(key, float(f"{value:.3g}"))
        (folder / f"{name}.toml").write_text(scenario.to_toml(folder), encoding="utf-8")
    check.to_csv(folder / "check.csv", index=False)
    save(parameters_figure(found, pinned.tolist()), folder / "parameters.png")
    save(targets_figure(check, "The draws, simulated with new seeds"), folder / "targets.png")
    (folder / "calibration.html").write_text(calibration_page(found, pinned.tolist(), check), encoding="utf-8")
    summary = {"shares": found.shares, "hits": found.hits, "best": found.best, "settled": found.settled}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
