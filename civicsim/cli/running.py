"""What ``run``, ``compare``, ``demo`` and ``export`` do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from civicsim.cli.effort import check_effort, size_of
from civicsim.cli.files import Folder
from civicsim.cli.output import Output
from civicsim.cli.profile_table import profile_lines
from civicsim.cli.progress import progress
from civicsim.cli.scenarios import Changes, is_path, labels_of, load, n_posts, size_text
from civicsim.cli.tables import comparison_lines, summary_lines
from civicsim.errors import CivicsimError
from civicsim.experiment.compare import Comparison
from civicsim.experiment.compare import compare as run_matched
from civicsim.experiment.run import Result, burn_in, measure_names, seeds_of
from civicsim.experiment.run import run as simulate
from civicsim.experiment.statistics import estimate
from civicsim.experiment.timing import profile
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.model.week import PUBLISHED, ordered
from civicsim.report.words import THINKING_AID, counted, kind_text, seeds_text, time_text
from civicsim.scenario.scenario import STATUS_QUO, Scenario

if TYPE_CHECKING:
    import pandas as pd  # loaded where files are written: a single run starts without

DEMO_STYLES = (
    STATUS_QUO, "command", "targets-through-fear", "tokenistic-engagement", "compact", "civic-culture",
)  # fmt: skip
LAST_WEEKS = 52
_MOST_PANELS = 24
_SAID = ("title", "digest", "kind", "style", "weeks", "burn_in_weeks")
LUCK = (
    "Intervals are 95 % t intervals over runs, cut off where a measure cannot go. They speak of luck from run to run, not of how uncertain the "
    "parameters are."
)
_MANY = f"{LUCK} They are not widened for the number of comparisons."
_ONE_RUN = "One run has no interval: how much of this is luck shows with more, such as --seeds 10."
_MODEL = f"{THINKING_AID} These are people in a model."


def run(
    output: Output, name: str | None, style: str | None, kind: str | None, seeds: int, changes: Changes,
    measures: Sequence[str] | None, out: str | None, order: str | None = None, csv: bool = False, profiled: bool = False,
) -> None:  # fmt: skip
    """Run one scenario, and show what comes of it; with ``profiled``, where the time goes too."""
    week = ordered(order, "--order")
    scenario = changes.apply(load(name, style, kind))
    shown = measure_names(measures)
    check_effort(output, [scenario], seeds, _work([scenario], seeds), out is not None)
    numbers = seeds_of(seeds, scenario.seed)
    folder = Folder(out) if out is not None else None
    warn_of_dates(output, [scenario])
    with progress(output, _work([scenario], len(numbers))) as report:
        start = burn_in(scenario, numbers, processes=week, progress=report) if profiled else None
        result = simulate(scenario, numbers, processes=week, start=start, progress=report)
    times = None if start is None else profile(start, scenario, week)
    table = _rows_of(result, shown)
    if folder is not None:
        import pandas as pd

        output.note(f"writing files to {folder.path}")
        with folder:
            folder.write_table("weekly", "every measure of every week and run", result.to_frame(), csv)
            folder.write_table("summary", f"every measure of every run, {_span(scenario)}", _runs_of(result))
            every = pd.DataFrame(_rows_of(result, tuple(MEASURES)))
            folder.write_csv("measures.csv", "means with intervals over runs", every)
            folder.write_text("scenario.toml", "the scenario, with every value", resolved(scenario))
            folder.write_manifest(output.arguments, _about([result]))
    if output.json:
        output.data(
            {
                **_about([result]),
                "measures": table,
                "files": files_of(folder),
                "warnings": output.warnings,
                **({} if times is None else {"profile": dataclasses.asdict(times)}),
            }
        )
        return
    output.say(
        title_text(scenario), sample_text(result.seeds, scenario, "runs"), *_said(changes), *_in_order(order, result)
    )
    output.say("")
    output.say(*summary_lines(table, output.width), "")
    output.say(LUCK if len(numbers) > 1 else _ONE_RUN)
    output.say(_MODEL)
    if times is not None:
        output.say("", *profile_lines(times))
    say_files(output, folder)
    what = name or style or STATUS_QUO
    others = "civic-culture" if what == STATUS_QUO else what
    output.hint(f"Next: civicsim compare {others}   (against the status quo, on matched runs)")


def compare(
    output: Output, names: Sequence[str], kind: str | None, seeds: int, changes: Changes, baseline: str | None,
    measures: Sequence[str] | None, out: str | None, order: str | None = None, csv: bool = False, keep_baseline: bool = False,
    draws: int | None = None, next_hint: str = "",
) -> None:  # fmt: skip
    """Run scenarios on the same organisations with the same seeds, and show how they differ."""
    week = ordered(order, "--order")
    if baseline is not None:
        baseline = dict(zip(names, labels_of(names), strict=True)).get(baseline, baseline)
    scenarios = _to_compare(names, kind, changes, baseline, keep_baseline)
    shown = measure_names(measures)
    chosen = list(scenarios.values())
    check_effort(output, chosen, seeds, _work(chosen, seeds), out is not None)
    numbers = seeds_of(seeds, chosen[0].seed)
    if draws is not None:
        from civicsim.cli.drawing import compare_over_draws

        compare_over_draws(output, scenarios, baseline or STATUS_QUO, numbers, draws, shown, order, out)
        return
    folder = Folder(out) if out is not None else None
    warn_of_dates(output, chosen)
    with progress(output, _work(chosen, len(numbers))) as report:
        matched = run_matched(*scenarios.values(), seeds=numbers, processes=week, progress=report)
    base = baseline or STATUS_QUO
    comparison = Comparison(dict(zip(scenarios, matched.results.values(), strict=True)), base)
    if folder is not None:
        _write_comparison(output, folder, comparison, shown, csv)
    results, table = list(comparison.results.values()), comparison.table(shown, LAST_WEEKS)
    if output.json:
        about = {**_about(results, comparison), "table": table.to_dict("records"), "files": files_of(folder)}
        about["warnings"] = output.warnings
        output.data(about)
        return
    first = results[0].scenario
    output.say(f"{len(results)} scenarios on the same organisations: {where_text(first)}")
    output.say(sample_text(numbers, first, "matched runs of each"), *_said(changes), *_in_order(order, results[0]), "")
    output.say(*comparison_lines(table, base, output.width), _MANY if len(numbers) > 1 else _ONE_RUN)
    output.say(_MODEL)
    say_files(output, folder)
    look = f"civicsim {'check' if is_path(names[-1]) else 'describe style'} {names[-1]}"
    again = f"civicsim compare {' '.join(names)} --out results   (writes data and figures)"
    output.hint(f"Next: {next_hint or (again if folder is None else look)}")


def demo(output: Output, seeds: int, changes: Changes, out: str, csv: bool = False) -> None:
    """Compare six styles on the default kind of organisation, and write data and figures."""
    hint = "civicsim new my.toml, change a value, then civicsim compare my.toml"
    compare(output, DEMO_STYLES, None, seeds, changes, None, FLAGSHIP, out, csv=csv, next_hint=hint)


def export(
    output: Output, name: str | None, kind: str | None, seeds: int, changes: Changes, out: str, team_ties: bool,
    order: str | None = None, csv: bool = False,
) -> None:  # fmt: skip
    """Run a scenario, and write everything about it: values, weeks, teams and the network at the end."""
    week = ordered(order, "--order")
    scenario = changes.apply(load(name, None, kind))
    check_effort(output, [scenario], seeds, _work([scenario], seeds), written=True, teams=True)
    numbers = seeds_of(seeds, scenario.seed)
    folder = Folder(out)
    warn_of_dates(output, [scenario])
    with progress(output, _work([scenario], len(numbers))) as report:
        result = simulate(scenario, numbers, teams=True, processes=week, progress=report)
    from civicsim.experiment.graphs import to_networkx, write_graphml

    output.note(f"writing files to {folder.path}")
    with folder:
        folder.write_text("scenario.toml", "the scenario, with every value", resolved(scenario))
        folder.write_table("weekly", "every measure of every week and run", result.to_frame(), csv)
        folder.write_table("teams", "every team in every week and run", result.teams_frame(), csv)
        network = to_networkx(result.cohort, team_layer=team_ties)
        about = f"people and ties of the run with seed {numbers[0]}, after the last week"
        folder.write("network.graphml", about, lambda path: write_graphml(network, path))
        folder.write_manifest(output.arguments, _about([result]))
    if output.json:
        output.data({**_about([result]), "files": files_of(folder), "warnings": output.warnings})
        return
    output.say(title_text(scenario), f"{len(numbers)} run{'s' if len(numbers) > 1 else ''} ({seeds_text(numbers)})")
    say_files(output, folder)
    output.hint(f"Next: civicsim run {folder.path / 'scenario.toml'}")


def resolved(scenario: Scenario) -> str:
    """Return a scenario as TOML in which every value is said, so that no later default changes it."""
    values = scenario.to_dict()
    del values["habits"]
    return tomli_w.dumps(values)


def _to_compare(
    names: Sequence[str], kind: str | None, changes: Changes, baseline: str | None, keep_baseline: bool
) -> dict[str, Scenario]:
    """Return the scenarios by label; with the status quo in front where no baseline is said and it is not there.

    With ``keep_baseline`` the changes of values leave the baseline as it is, and the plain status quo is put in front
    even where it is among the scenarios that are changed.
    """
    labels = labels_of(names)
    loaded = dict(zip(labels, (load(name, None, kind) for name in names), strict=True))
    if baseline is not None and baseline not in loaded:
        raise CivicsimError(f"--baseline {baseline}: is not among the scenarios compared: {', '.join(labels)}")
    first = next(iter(loaded.values()))
    if keep_baseline and baseline is None and STATUS_QUO in loaded:
        loaded = {f"{STATUS_QUO}, changed" if label == STATUS_QUO else label: own for label, own in loaded.items()}
    if baseline is None and STATUS_QUO not in loaded:
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
        raise CivicsimError(
            f"compare: name something to compare {labels[0]} with, for example civic-culture; or change it with --set "
            "and say --keep-baseline"
        )
    kept = (baseline or STATUS_QUO) if keep_baseline else None
    same = dataclasses.replace(changes, sets=())
    chosen = {label: (same if label == kept else changes).apply(scenario) for label, scenario in loaded.items()}
    if kept is not None:
        # The same sizes and weeks for all, however they are said, or runs could not be matched.
        other = next(scenario for label, scenario in chosen.items() if label != kept)
        chosen[kept] = dataclasses.replace(
            chosen[kept], structure=other.structure, weeks=other.weeks, burn_in_weeks=other.burn_in_weeks
        )
    return chosen


def warn_of_dates(output: Output, scenarios: Sequence[Scenario]) -> None:
    """Warn of interventions and shocks that begin after the last week."""
    late = {
        (event.name, event.week, scenario.weeks): None
        for scenario in scenarios
        for event in scenario.interventions
        if event.week >= scenario.weeks
    }
    for name, week, weeks in late:
        output.warn(
            f"{name} in week {week} never happens: weeks 0 to {weeks - 1} are looked at; say --weeks {week + 1} or more"
        )


def _work(scenarios: Sequence[Scenario], runs: int) -> float:
    """Return the person-weeks that a shared burn-in and the scenarios take."""
    first = scenarios[0]
    weeks = first.burn_in_weeks + sum(scenario.weeks for scenario in scenarios)
    return float(n_posts(first.structure, first.roster) * weeks * runs)


def _write_comparison(
    output: Output, folder: Folder, comparison: Comparison, measures: Sequence[str], csv: bool
) -> None:
    from civicsim.report.figures import comparison_figure, differences_figure, save

    output.note(f"writing files to {folder.path}")
    first = comparison.results[comparison.baseline].scenario
    drawn = measures if len(measures) <= _MOST_PANELS else FLAGSHIP
    with folder:
        folder.write_table("weekly", "every measure of every week and run", comparison.to_frame(), csv)
        summary = comparison.summary(None, LAST_WEEKS)
        folder.write_table("summary", f"every measure of every run, {_span(first)}", summary)
        table = comparison.table(None, LAST_WEEKS)
        folder.write_csv("comparison.csv", "means, paired differences, intervals and verdicts", table)
        paths, differences = comparison_figure(comparison, drawn), differences_figure(comparison, drawn, LAST_WEEKS)
        folder.write("time-paths.png", "how the measures unfold, with bands over runs", partial(save, paths))
        folder.write("differences.png", "paired differences with intervals", partial(save, differences))
        folder.write_manifest(output.arguments, _about(list(comparison.results.values()), comparison))


def about_scenarios(scenarios: Mapping[str, Scenario], seeds: Sequence[int], order: str) -> dict[str, Any]:
    """Return what a reader needs to know about results: runs, weeks, scenarios by label, and the order of the week."""
    first = next(iter(scenarios.values()))
    return {
        "n_runs": len(seeds),
        "seeds": list(seeds),
        "order": order,
        "last_weeks": min(LAST_WEEKS, first.weeks),
        "scenarios": {
            label: {**{key: getattr(scenario, key) for key in _SAID}, "changes": scenario.changes()}
            for label, scenario in scenarios.items()
        },
    }


def _about(results: Sequence[Result], comparison: Comparison | None = None) -> dict[str, Any]:
    """Return what a reader needs to know about results, and what intervals mean."""
    first = results[0]
    labels = list(comparison.results) if comparison is not None else [first.scenario.style]
    scenarios = {label: result.scenario for label, result in zip(labels, results, strict=True)}
    about = {**about_scenarios(scenarios, first.seeds, first.order), "intervals": LUCK}
    return about if comparison is None else {**about, "baseline": comparison.baseline}


def _rows_of(result: Result, measures: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row per measure: mean over runs with its interval."""
    values, rows = result.values(measures, LAST_WEEKS), []
    for name in measures:
        about = MEASURES[name]
        own = estimate(values[name], bounds=about.bounds)
        rows.append({
            "measure": name, "label": about.label, "unit": about.unit, "better": about.better,
            "n": own.n, "mean": own.mean, "mean_low": own.low, "mean_high": own.high,
        })  # fmt: skip
    return rows


def _runs_of(result: Result) -> pd.DataFrame:
    return result.summary(None, LAST_WEEKS).reset_index()


def title_text(scenario: Scenario) -> str:
    """Return what was run, in one line."""
    return f"{scenario.title or scenario.style}: {where_text(scenario)}"


def where_text(scenario: Scenario) -> str:
    """Return the kind and the size of the organisation, in words."""
    return f"{kind_text(scenario)}, {size_text(scenario.structure, scenario.roster)}"


def sample_text(seeds: Sequence[int], scenario: Scenario, runs: str) -> str:
    """Return how many runs, over which weeks, in words."""
    many = f"1 {runs.replace('runs', 'run')}" if len(seeds) == 1 else f"{len(seeds)} {runs}"
    lived = f"{time_text(scenario.weeks)} after {time_text(scenario.burn_in_weeks)} of burn-in at the status quo"
    return f"{many} ({seeds_text(seeds)}); {lived}; means {_span(scenario)}"


def _said(changes: Changes) -> list[str]:
    return [f"With {', '.join(changes.sets)}."] if changes.sets else []


def _in_order(order: str | None, result: Result) -> list[str]:
    if order is None or result.order == PUBLISHED:
        return []
    return [f"Order of the week: {result.order.replace(',', ', ')}."]


def _span(scenario: Scenario) -> str:
    return f"over the last {counted(min(LAST_WEEKS, scenario.weeks), 'week')}"


def files_of(folder: Folder | None) -> Mapping[str, str]:
    """Return what was written, and what is in it."""
    return {} if folder is None else {str(folder.path / name): about for name, about in folder.files.items()}


def say_files(output: Output, folder: Folder | None) -> None:
    """Say what was written."""
    if folder is None:
        return
    width = max(len(name) for name in folder.files)
    output.say("", f"Files in {Path(folder.path)}:")
    for name, about in folder.files.items():
        size = size_of((folder.path / name).stat().st_size)
        output.say(f"  {name:<{width}}  {size:>7}  {about}")
