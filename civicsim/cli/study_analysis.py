"""The commands of ``civicsim study`` that analyse results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import civicsim as cs
from civicsim.cli import Stopped, study_commands
from civicsim.cli.commands import Compare as Compared
from civicsim.cli.files import write_file
from civicsim.cli.output import Output
from civicsim.cli.studying import beside, load, read, run_in, study_progress, worker_options
from civicsim.cli.table_files import frames_of, write_tables
from civicsim.cli.tables import part_lines
from civicsim.errors import CivicsimError, size_of
from civicsim.experiment.compare import FIRST_RUNS
from civicsim.experiment.run import seeds_of
from civicsim.experiment.wording import counted
from civicsim.model.week import PUBLISHED
from civicsim.report import (
    contrast_tables,
    effect_tables,
    mechanism_tables,
    multiverse_tables,
    rank_tables,
    regret_tables,
    search_tables,
    sensitivity_tables,
)
from civicsim.report.parts import Part
from civicsim.scenario.scenario import Scenario
from civicsim.study.analysis.ablation import check_varied
from civicsim.study.analysis.adversary import OTHER, WORST, Adversary
from civicsim.study.analysis.matched import Matched, matched
from civicsim.study.analysis.trials import BATCH
from civicsim.study.design.study import Study
from civicsim.study.store.store import Store


def compare(output: Output, request: study_commands.Compare) -> None:
    """Show how policies differ from those they are compared with, and how bad their worst runs are."""
    store, runs = _complete(output, request)
    found, worst = cs.contrasts(runs, against=request.against), cs.tails(runs)
    if not len(found) and not output.json:
        raise CivicsimError(f"{request.folder}: no policy is compared with another; one style and no first setting")
    data = {"contrasts": found, "tails": worst, "warnings": output.warnings}
    _show(output, store, data, contrast_tables.comparison(found, worst))


def effects(output: Output, request: study_commands.Effects) -> None:
    """Show the effects of the factors of a full grid, and their shares of the variance."""
    store, runs = _complete(output, request)
    found, shares = cs.effects(runs, request.factor, request.by or ()), cs.variance_shares(runs)
    data = {"effects": found, "variance": shares, "warnings": output.warnings}
    _show(output, store, data, effect_tables.effect_parts(found, shares))


def declared(output: Output, request: study_commands.Contrasts) -> None:
    """Show the verdict on each contrast that a study declared."""
    store = read(output, request.folder)
    _warn_of_gaps(output, store)
    if not store.study.contrast:
        raise CivicsimError(
            f"{request.folder}: the study declares no [[contrast]]; study compare compares its policies"
        )
    found = cs.declared_contrasts(store)
    data = {"contrasts": found, "warnings": output.warnings}
    _show(output, store, data, effect_tables.declared_parts(found))


def compare_over_draws(
    output: Output, request: Compared, scenarios: Mapping[str, Scenario], baseline: str, measures: Sequence[str]
) -> None:
    """Do ``compare --draws``: compare scenarios over the first draws of their kind's calibration, as a study.

    That separates the two kinds of uncertainty.
    """
    draws, out = request.draws or 0, request.out
    study = Study(
        question=f"How do {', '.join(scenarios)} differ, over {counted(draws, 'parameter set')} that fit published data?",
        styles=tuple(scenario.with_(title=label) for label, scenario in scenarios.items()),
        baseline=baseline,
        seeds=seeds_of(request.seeds or FIRST_RUNS, next(iter(scenarios.values())).seed),
        measures="all" if request.all_measures else list(measures),
        uncertainties={"posterior": draws},
        order=request.order or PUBLISHED,
        where="--draws",
    )
    with tempfile.TemporaryDirectory(prefix="civicsim-") as scratch:
        folder = out or str(Path(scratch) / "study")
        if run_in(output, study, folder, study_commands.Workers()).n_failed:
            raise CivicsimError(f"{folder}: some runs failed; see civicsim study status {folder}")
        shown = None if request.all_measures else list(measures)
        compare(output, study_commands.Compare(folder=folder, measures=shown))
    if out is not None:
        output.hint(f"Next: civicsim study report {out}")


def rank(output: Output, request: study_commands.Rank) -> None:
    """Show how policies rank over futures, and how far orders agree; or which ones no other dominates."""
    if request.pareto:
        store, runs = _complete(output, request, request.pareto)
        table = cs.pareto(runs, request.pareto)
        _show(output, store, {"pareto": table}, rank_tables.undominated(table, runs.columns))
        return
    shown = "summary", "agreement", "left_out", "distribution"
    _each(output, request, lambda store, _, name: cs.rank(store, name), rank_tables.rankings, *shown)


def regret(output: Output, request: study_commands.Regret) -> None:
    """Show what policies cost in hindsight, what decision rules choose, and where rankings change."""
    thresholds = dict(_threshold(text) for text in request.threshold)
    asked = list(dict.fromkeys([*(request.measures or ()), *thresholds])) or None
    store, runs = _complete(output, request, asked)
    names = _with_direction(runs, asked)
    found = {name: cs.regret(runs, name, thresholds.get(name)) for name in names}
    crossed = {name: cs.crossings(runs, name) for name in names}
    shown = "threshold", "summary", "rules", "agree", "left_out"
    data = {name: _data(own, *shown) | {"crossings": crossed[name]} for name, own in found.items()}
    every = pd.concat([frame.assign(**found[name].about.row) for name, frame in crossed.items()])
    _show(output, store, data, regret_tables.regrets(list(found.values()), every))


def _threshold(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise CivicsimError(f"--threshold {text}: expected MEASURE=X, such as quality_true=0.6") from None


def decide(output: Output, request: study_commands.Decide) -> None:
    """Show which uncertain parameters decide between two styles, and which is most worth measuring."""
    pair = None if request.styles is None else [name.strip() for name in request.styles.split(",")]
    shown = "policies", "difference", "better_share", "run_to_run", "table"
    _each(output, request, lambda _, runs, name: cs.decide(runs, name, pair), regret_tables.decisions, *shown)


def multiverse(output: Output, request: study_commands.Multiverse) -> None:
    """Show whether styles rank alike in worlds whose rules have other forms."""
    shown = "worlds", "differences", "pairs", "chance"
    _each(output, request, lambda store, _, name: cs.multiverse(store, name), multiverse_tables.worlds, *shown)


def plot(output: Output, request: study_commands.Plot) -> None:
    """Draw a figure of a study."""
    from civicsim.report.canvas import figure_of
    from civicsim.report.look import save
    from civicsim.report.study_plots import plot_study

    store = read(output, request.folder)
    _warn_of_gaps(output, store)
    out = request.out or str(store.path / f"{request.kind}.png")
    how: dict[str, Any] = {"width": request.width, "factors": request.factors or ()}
    ax = plot_study(store, request.kind, request.measure, request.styles or (), **how)
    figure = figure_of(ax)
    write_file(out, lambda path: save(figure, path, request.dpi))
    title, caption = (" ".join(text.get_text().split()) for text in figure.texts)
    size = f"{request.width} × {figure.get_figheight() * 25.4:.0f} mm ({size_of(Path(out).stat().st_size)})"
    data = {"file": out, "figure": request.kind, "title": title, "caption": caption, "warnings": output.warnings}
    output.show(data, [f"Wrote {out}: {size}.", title, caption])


def sensitivity(output: Output, request: study_commands.Sensitivity) -> None:
    """Show which factors measures depend on, and how much variance lies between parameters and between seeds."""
    store = read(output, request.folder)
    found = cs.sensitivity(store, request.measures, difference=request.difference)
    # Differences exclude what seeds have in common, so that there is nothing to split.
    shares = pd.DataFrame() if request.difference else cs.parameters_against_seeds(store, request.measures)
    what = " (difference from what it is compared with)" if request.difference else ""
    _show(output, store, {"indices": found, "variance": shares}, sensitivity_tables.indices(found, shares, what))


def discover(output: Output, request: study_commands.Discover) -> None:
    """Show in which settings and futures a style loses to another."""
    shown = "style", "against", "n", "boxes", "coverage_elsewhere", "density_elsewhere"
    counts = {"lost": "n_lost", "close": "n_close", "misleading": "n_misleading"}
    how: dict[str, Any] = {"style": request.style, "against": request.against, "depth": request.depth}
    _each(output, request, lambda _, runs, name: cs.discover(runs, name, **how), search_tables.losses, *shown, **counts)


def ablation(output: Output, request: study_commands.Ablation) -> None:
    """Run a study without each mechanism, and show what each contributes to the difference between styles."""
    path, study = request.path, load(request.path)
    done = Path(path).is_dir()
    folder = path if done else request.out or beside(path, "ablation")
    if not done:
        study = cs.ablation_study(study, request.leave_one_in)
    check_varied(study.points, list(study.protocol.factors), folder, study.protocol.sections)
    run_in(output, study, folder, request)
    store = read(output, folder)
    found = cs.ablation(store, request.measures)
    _warn_of_failures(output, store)
    data = {"folder": folder, "rows": found, "warnings": output.warnings}
    _show(output, store, data, mechanism_tables.mechanisms(found), f"civicsim study report {folder}")


def _each(
    output: Output,
    request: study_commands.Analysed,
    look: Callable[[Store, Matched, str], Any],
    parts: Callable[[Sequence[Any]], Iterable[Part]],
    *shown: str,
    **renamed: str,
) -> None:
    """Show an analysis of each measure by itself, with its attributes as :func:`_data` takes them."""
    store, runs = _complete(output, request)
    found = {name: look(store, runs, name) for name in _with_direction(runs, request.measures)}
    data = {name: _data(own, *shown, **renamed) for name, own in found.items()}
    _show(output, store, data, parts(list(found.values())))


def _data(own: Any, *shown: str, **renamed: str) -> dict[str, Any]:
    """Return attributes of an analysis of one measure as data; a table with policies as its index is nested."""
    values = {name: getattr(own, name) for name in shown} | {key: getattr(own, name) for key, name in renamed.items()}
    nested = {name: value.T.to_dict() for name, value in values.items() if name == "distribution"}
    return {**own.about.row, **values, **nested}


def _show(
    output: Output,
    results: Store | Study,
    data: dict[str, Any],
    parts: Iterable[Part],
    hint: str = "",
    more: Sequence[str] = (),
) -> None:
    """Show the results of an analysis, and write their tables to the file that the user has named, if any."""
    parts = [Part(texts=[results.question]), *parts]
    files = [] if output.tables is None else write_tables(output.tables, frames_of(data), parts, output.force)
    wrote = [f"Wrote {', '.join(files)}."] if files else []
    output.show(data | ({"files": files} if files else {}), [*part_lines(parts), *more, *wrote], hint)


def _with_direction(runs: Matched, asked: Sequence[str] | None) -> list[str]:
    """Return the measures asked for; where none is named, those of which one way is better."""
    if asked is not None and list(asked) != ["all"]:
        return list(runs.columns)
    names = [name for name, about in runs.columns.items() if about.better != "neither"]
    if not names:
        raise CivicsimError(f"{runs.where}: no measure states which direction is better; [better] in the study does")
    return names


def _complete(
    output: Output, request: study_commands.Analysed, measures: Sequence[str] | None = None
) -> tuple[Store, Matched]:
    """Return results and their matched runs, with warnings about runs that are missing or failed."""
    store = read(output, request.folder)
    _warn_of_gaps(output, store)
    return store, matched(store, measures or request.measures)


def _warn_of_gaps(output: Output, store: Store) -> None:
    if not store.complete:
        output.warn(f"{counted(store.status()['missing'], 'run')} missing so far: results may change")
    _warn_of_failures(output, store)


def _warn_of_failures(output: Output, store: Store) -> None:
    if store.n_failed:
        output.warn(f"{counted(store.n_failed, 'run')} failed and left out")


# -- the search for a worst case ----------------------------------------------------------------------------------------


def adversary(output: Output, request: study_commands.Adversary) -> None:
    """Search for where a style loses most, and show what was found."""
    study = load(request.path)
    folder = request.out or beside(request.path, "adversary")
    how = {key: getattr(request, key) for key in ("trials", "fresh", "seed")}
    with study_progress(output) as show:
        try:
            how |= {**worker_options(request), "free": request.free or (), "progress": show}
            found = cs.adversary(study, request.style, request.measure, folder, **how)
        except KeyboardInterrupt:
            raise Stopped(f"finished runs are kept in {folder}; the same command resumes the search") from None
    if found.n_failed:
        output.warn(f"{counted(found.n_failed, 'trial')} without a value: all runs failed, or had nothing to count")
    worst = ["", f"The worst case ({folder}/{WORST}):", ""]
    worst += [f"    {line}" if line else "" for line in found.scenario.to_toml().splitlines()]
    _show(
        output,
        study,
        {**_values(folder, found), "warnings": output.warnings},
        search_tables.search_parts(found),
        f"cd {folder} && civicsim compare {WORST} {OTHER} --baseline {OTHER} --seeds {found.n_fresh}",
        worst,
    )


def _values(folder: str, found: Adversary) -> dict[str, Any]:
    about, box = found.about, found.box
    data: dict[str, Any] = {"folder": folder, "measure": about.column, "unit": about.unit, "better": about.better}
    data |= {key: getattr(found, key) for key in ("style", "others", "worst", "parameters", "limit", "trials")}
    data |= {"spread": found.n_spread, "lost": found.n_lost, "failed": found.n_failed, "batch": BATCH}
    data |= {key: getattr(box, key, None) for key in ("coverage_elsewhere", "density_elsewhere")}
    data["boxes"] = [] if box is None else box.boxes
    return {**data, "scenario": found.scenario.to_toml(), "other": found.other.to_toml()}
