"""What ``run``, ``compare``, ``demo`` and ``export`` do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from civicsim.cli.files import Folder
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.cli.scenarios import Changes, is_path, labels_of, load, n_posts, size_text
from civicsim.cli.tables import comparison_lines, summary_lines
from civicsim.errors import CivicsimError
from civicsim.measures import FLAGSHIP, MEASURES
from civicsim.report.words import THINKING_AID, counted, kind_text, seeds_text, time_text
from civicsim.scenario import STATUS_QUO, Scenario
from civicsim.simulate import Result, measure_names, seeds_of
from civicsim.simulate import run as simulate
from civicsim.study.compare import Comparison
from civicsim.study.compare import compare as run_matched
from civicsim.study.statistics import estimate

DEMO_STYLES = (
    STATUS_QUO, "command", "targets-through-fear", "tokenistic-engagement", "compact", "civic-culture",
)  # fmt: skip
LAST_WEEKS = 52
_MOST_PANELS = 24
_SAID = ("title", "digest", "kind", "style", "weeks", "burn_in_weeks")
LUCK = (
    "Intervals are 95 % t intervals over runs. They speak of luck from run to run, not of how uncertain the "
    "parameters are."
)
_MANY = f"{LUCK} They are not widened for the number of comparisons."
_ONE_RUN = "One run has no interval: how much of this is luck shows with more, such as --seeds 10."
_MODEL = f"{THINKING_AID} These are people in a model."


def run(
    output: Output, name: str | None, style: str | None, kind: str | None, seeds: int, changes: Changes,
    measures: Sequence[str] | None, out: str | None,
) -> None:  # fmt: skip
    """Run one scenario, and show what comes of it."""
    scenario = changes.apply(load(name, style, kind))
    shown = measure_names(measures)
    numbers = seeds_of(seeds, scenario.seed)
    folder = Folder(out) if out is not None else None
    with progress(output, _work([scenario], len(numbers))) as report:
        result = simulate(scenario, numbers, progress=report)
    table = _table_of(result, shown)
    if folder is not None:
        output.note(f"writing files to {folder.path}")
        with folder:
            folder.write_table("weekly", "every measure of every week and run", result.to_frame())
            folder.write_table("summary", f"every measure of every run, {_span(scenario)}", _runs_of(result))
            folder.write_csv("measures.csv", "means with intervals over runs", _table_of(result, tuple(MEASURES)))
            folder.write_text("scenario.toml", "the scenario, with every value", resolved(scenario))
            folder.write_manifest(output.arguments, _about([result]))
    if output.json:
        output.data({**_about([result]), "measures": table.to_dict("records"), "files": _files(folder)})
        return
    output.say(_title(scenario), _sample(result.seeds, scenario, "runs"), *_said(changes), "")
    output.say(*summary_lines(table), "")
    output.say(LUCK if len(numbers) > 1 else _ONE_RUN)
    output.say(_MODEL)
    _say_files(output, folder)
    what = name or style or STATUS_QUO
    others = "civic-culture" if what == STATUS_QUO else what
    output.hint(f"Next: civicsim compare {others}   (against the status quo, on matched runs)")


def compare(
    output: Output, names: Sequence[str], kind: str | None, seeds: int, changes: Changes, baseline: str | None,
    measures: Sequence[str] | None, out: str | None, next_hint: str = "",
) -> None:  # fmt: skip
    """Run scenarios on the same organisations with the same seeds, and show how they differ."""
    if baseline is not None:
        baseline = dict(zip(names, labels_of(names), strict=True)).get(baseline, baseline)
    scenarios = _to_compare(names, kind, changes, baseline)
    shown = measure_names(measures)
    numbers = seeds_of(seeds, next(iter(scenarios.values())).seed)
    folder = Folder(out) if out is not None else None
    with progress(output, _work(list(scenarios.values()), len(numbers))) as report:
        matched = run_matched(*scenarios.values(), seeds=numbers, progress=report)
    base = baseline or (STATUS_QUO if STATUS_QUO in scenarios else next(iter(scenarios)))
    comparison = Comparison(dict(zip(scenarios, matched.results.values(), strict=True)), base)
    if folder is not None:
        _write_comparison(output, folder, comparison, shown)
    results, table = list(comparison.results.values()), comparison.table(shown, LAST_WEEKS)
    if output.json:
        about = {**_about(results, comparison), "table": table.to_dict("records"), "files": _files(folder)}
        output.data(about)
        return
    first = results[0].scenario
    output.say(f"{len(results)} scenarios on the same organisations: {_where(first)}")
    output.say(_sample(numbers, first, "matched runs of each"), *_said(changes), "")
    output.say(*comparison_lines(table, base, output.width), _MANY if len(numbers) > 1 else _ONE_RUN)
    output.say(_MODEL)
    _say_files(output, folder)
    look = f"civicsim {'check' if is_path(names[-1]) else 'describe style'} {names[-1]}"
    again = f"civicsim compare {' '.join(names)} --out results   (writes data and figures)"
    output.hint(f"Next: {next_hint or (again if folder is None else look)}")


def demo(output: Output, seeds: int, changes: Changes, out: str) -> None:
    """Compare six styles on the default kind of organisation, and write data and figures."""
    hint = "civicsim new my.toml, change a value, then civicsim compare my.toml"
    compare(output, DEMO_STYLES, None, seeds, changes, None, FLAGSHIP, out, next_hint=hint)


def export(
    output: Output, name: str | None, kind: str | None, seeds: int, changes: Changes, out: str, team_ties: bool
) -> None:
    """Run a scenario, and write everything about it: values, weeks, teams and the network at the end."""
    scenario = changes.apply(load(name, None, kind))
    numbers = seeds_of(seeds, scenario.seed)
    folder = Folder(out)
    with progress(output, _work([scenario], len(numbers))) as report:
        result = simulate(scenario, numbers, teams=True, progress=report)
    from civicsim.graphs import to_networkx, write_graphml

    output.note(f"writing files to {folder.path}")
    with folder:
        folder.write_text("scenario.toml", "the scenario, with every value", resolved(scenario))
        folder.write_table("weekly", "every measure of every week and run", result.to_frame())
        folder.write_table("teams", "every team in every week and run", result.teams_frame())
        network = to_networkx(result.cohort, team_layer=team_ties)
        about = f"people and ties of the run with seed {numbers[0]}, after the last week"
        folder.write("network.graphml", about, lambda path: write_graphml(network, path))
        folder.write_manifest(output.arguments, _about([result]))
    if output.json:
        output.data({**_about([result]), "files": _files(folder)})
        return
    output.say(_title(scenario), f"{len(numbers)} run{'s' if len(numbers) > 1 else ''} ({seeds_text(numbers)})")
    _say_files(output, folder)
    output.hint(f"Next: civicsim run {folder.path / 'scenario.toml'}")


def resolved(scenario: Scenario) -> str:
    """Return a scenario as TOML in which every value is said, so that no later default changes it."""
    values = scenario.to_dict()
    del values["habits"]
    return tomli_w.dumps(values)


def _to_compare(names: Sequence[str], kind: str | None, changes: Changes, baseline: str | None) -> dict[str, Scenario]:
    """Return the scenarios by label; with the status quo in front where no baseline is said and it is not there."""
    labels = labels_of(names)
    loaded = dict(zip(labels, (load(name, None, kind) for name in names), strict=True))
    if baseline is not None and baseline not in loaded:
        raise CivicsimError(f"--baseline {baseline}: is not among the scenarios compared: {', '.join(labels)}")
    if baseline is None and STATUS_QUO not in loaded:
        first = next(iter(loaded.values()))
        # The status quo in the same place and for the same time, and nothing else of what the file changes.
        usual = dataclasses.replace(
            Scenario.preset(STATUS_QUO, first.kind),
            structure=first.structure,
            roster=first.roster,
            weeks=first.weeks,
            burn_in_weeks=first.burn_in_weeks,
            seed=first.seed,
        )
        loaded = {STATUS_QUO: usual, **loaded}
    if len(loaded) < 2:
        raise CivicsimError(f"compare: name something to compare {labels[0]} with, for example civic-culture")
    return {label: changes.apply(scenario) for label, scenario in loaded.items()}


def _work(scenarios: Sequence[Scenario], runs: int) -> float:
    """Return the person-weeks that a shared burn-in and the scenarios take."""
    first = scenarios[0]
    weeks = first.burn_in_weeks + sum(scenario.weeks for scenario in scenarios)
    return float(n_posts(first.structure, first.roster) * weeks * runs)


def _write_comparison(output: Output, folder: Folder, comparison: Comparison, measures: Sequence[str]) -> None:
    from civicsim.report.figures import comparison_figure, differences_figure, save

    output.note(f"writing files to {folder.path}")
    first = comparison.results[comparison.baseline].scenario
    drawn = measures if len(measures) <= _MOST_PANELS else FLAGSHIP
    with folder:
        folder.write_table("weekly", "every measure of every week and run", comparison.to_frame())
        summary = comparison.summary(None, LAST_WEEKS)
        folder.write_table("summary", f"every measure of every run, {_span(first)}", summary)
        table = comparison.table(None, LAST_WEEKS)
        folder.write_csv("comparison.csv", "means, paired differences, intervals and verdicts", table)
        paths, differences = comparison_figure(comparison, drawn), differences_figure(comparison, drawn, LAST_WEEKS)
        folder.write("time-paths.png", "how the measures unfold, with bands over runs", partial(save, paths))
        folder.write("differences.png", "paired differences with intervals", partial(save, differences))
        folder.write_manifest(output.arguments, _about(list(comparison.results.values()), comparison))


def _about(results: Sequence[Result], comparison: Comparison | None = None) -> dict[str, Any]:
    """Return what a reader needs to know about results: runs, weeks, scenarios, and what intervals mean."""
    first = results[0].scenario
    labels = list(comparison.results) if comparison is not None else [first.style]
    about: dict[str, Any] = {
        "n_runs": len(results[0].seeds),
        "seeds": results[0].seeds,
        "last_weeks": min(LAST_WEEKS, first.weeks),
        "intervals": LUCK,
        "scenarios": {
            label: {
                **{key: getattr(result.scenario, key) for key in _SAID},
                "changes": result.scenario.changes(),
            }
            for label, result in zip(labels, results, strict=True)
        },
    }
    return about if comparison is None else {**about, "baseline": comparison.baseline}


def _table_of(result: Result, measures: Sequence[str]) -> pd.DataFrame:
    """Return a row per measure: mean over runs with its interval."""
    summary, rows = result.summary(measures, LAST_WEEKS), []
    for name in measures:
        about, own = MEASURES[name], estimate(summary[name].to_numpy())
        rows.append({
            "measure": name, "label": about.label, "unit": about.unit, "better": about.better,
            "n": own.n, "mean": own.mean, "mean_low": own.low, "mean_high": own.high,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _runs_of(result: Result) -> pd.DataFrame:
    return result.summary(None, LAST_WEEKS).reset_index()


def _title(scenario: Scenario) -> str:
    return f"{scenario.title or scenario.style}: {_where(scenario)}"


def _where(scenario: Scenario) -> str:
    return f"{kind_text(scenario)}, {size_text(scenario.structure, scenario.roster)}"


def _sample(seeds: Sequence[int], scenario: Scenario, runs: str) -> str:
    """Return how many runs, over which weeks, in words."""
    many = f"1 {runs.replace('runs', 'run')}" if len(seeds) == 1 else f"{len(seeds)} {runs}"
    lived = f"{time_text(scenario.weeks)} after {time_text(scenario.burn_in_weeks)} of burn-in at the status quo"
    return f"{many} ({seeds_text(seeds)}); {lived}; means {_span(scenario)}"


def _said(changes: Changes) -> list[str]:
    return [f"With {', '.join(changes.sets)}."] if changes.sets else []


def _span(scenario: Scenario) -> str:
    return f"over the last {counted(min(LAST_WEEKS, scenario.weeks), 'week')}"


def _files(folder: Folder | None) -> Mapping[str, str]:
    return {} if folder is None else {str(folder.path / name): about for name, about in folder.files.items()}


def _say_files(output: Output, folder: Folder | None) -> None:
    if folder is None:
        return
    size = max(len(name) for name in folder.files)
    output.say("", f"Files in {Path(folder.path)}:")
    output.say(*(f"  {name:<{size}}  {about}" for name, about in folder.files.items()))
