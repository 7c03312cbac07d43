"""The commands ``run``, ``compare``, ``demo`` and ``export``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import civicsim as cs
from civicsim.cli.commands import Compare, Demo, Export, Run
from civicsim.cli.effort import check_effort
from civicsim.cli.files import Folder, file_lines, files_of
from civicsim.cli.output import Line, Output
from civicsim.cli.progress import progress
from civicsim.cli.scenarios import changed, is_path, labels_of, load, scenario_of, warn_of_dates, week_of
from civicsim.cli.tables import comparison_lines, grid, summary_table
from civicsim.errors import CivicsimError
from civicsim.experiment.compare import FIRST_RUNS, Comparison, runs_needed
from civicsim.experiment.run import Result, measure_names, seeds_of
from civicsim.experiment.statistics import estimate
from civicsim.experiment.timing import Profile, profile
from civicsim.experiment.wording import counted, number, percent
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.model.week import PUBLISHED
from civicsim.report.words import INTERVAL, THINKING_AID, kind_text, seeds_text, size_text, time_text
from civicsim.scenario.scenario import STATUS_QUO, Scenario
from civicsim.scenario.sizes import n_posts

DEMO_STYLES = [STATUS_QUO, *["command", "targets-through-fear", "tokenistic-engagement", "compact", "civic-culture"]]
LAST_WEEKS = 52
VARIATION = (
    f"Intervals are {INTERVAL} t intervals over runs, limited to the range of the measure. They show run-to-run variation "
    "only, not parameter uncertainty."
)
_COMPARED = f"{VARIATION} They are not adjusted for multiple comparisons."
_ONE_RUN = "A single run has no interval; more runs, such as --seeds 10, show the run-to-run variation."
_MODEL = f"{THINKING_AID} All people are simulated."
_MOST_PANELS = 24
_SUMMARISED = ("title", "digest", "kind", "style", "weeks", "burn_in_weeks")


# -- one scenario ------------------------------------------------------------------------------------------------------


def run(output: Output, request: Run) -> None:
    """Run one scenario and show its results; with ``--profile`` also the time of each process."""
    scenario = scenario_of(request)
    week, shown = week_of(request.order, scenario), measures_of(request, scenario)
    seeds, folder = prepare(output, [scenario], request.seeds, request.out, threads=request.threads)
    with progress(output, work_of([scenario], len(seeds))) as report:
        how: Any = {"processes": week, "threads": request.threads, "progress": report}
        start = cs.burn_in(scenario, seeds, **how) if request.profile else None
        result = cs.run(scenario, seeds, start=start, **how)
    times = None if start is None else profile(start, scenario, week)
    table = _rows_of(result, shown)
    if folder is not None:
        _write_run(output, folder, result, request.csv)
    data = {**_about([result]), "measures": table, "files": files_of(folder), "warnings": output.warnings}
    what = request.scenario or request.style or STATUS_QUO
    output.show(
        data if times is None else {**data, "profile": dataclasses.asdict(times)},
        [
            title_text(scenario),
            sample_text(seeds, scenario, "run"),
            *_settings(request, result),
            "",
            summary_table(table),
            "",
            VARIATION if len(seeds) > 1 else _ONE_RUN,
            _MODEL,
            *([] if times is None else _profile_lines(times)),
            *file_lines(folder),
        ],
        f"civicsim compare {'civic-culture' if what == STATUS_QUO else what}   (with the status quo, on matched runs)",
    )


def _write_run(output: Output, folder: Folder, result: Result, csv: bool) -> None:
    import pandas as pd

    with folder.writing(output, _about([result])):
        folder.write_table("weekly", "every measure of every week and run", result.to_frame(), csv)
        summary = result.summary(None, LAST_WEEKS).reset_index()
        folder.write_table("summary", f"every measure of every run, {_span(result.scenario)}", summary)
        every = pd.DataFrame(_rows_of(result, tuple(result.scenario.measures)))
        folder.write_csv("measures.csv", "means with intervals over runs", every)
        folder.write_text(
            "scenario.toml", "the scenario, with every value", result.scenario.to_toml(folder.path, every=True)
        )


def _rows_of(result: Result, measures: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row per measure: mean over runs with its interval."""
    values, rows = result.values(measures, LAST_WEEKS), []
    for about in result.chosen(measures):
        found = estimate(values[about.name], bounds=about.bounds)
        row = {"measure": about.name, "label": about.label, "unit": about.unit, "better": about.better, "n": found.n}
        rows.append({**row, "mean": found.mean, "mean_low": found.low, "mean_high": found.high})
    return rows


def _profile_lines(profile: Profile) -> Iterator[Line]:
    """Yield the time of each process, in the order of the week, and of the week as a whole."""
    processes = profile.processes
    rest = profile.one_by_one - profile.calls - sum(process.nanoseconds for process in processes)
    size = f"{counted(profile.n_runs, 'run')}, {profile.n_persons:,} people, {counted(profile.weeks, 'week')}"
    rows = [[process.name, number(process.nanoseconds, 1), percent(process.share)] for process in processes]
    yield from (
        "",
        f"Time on one thread, ns per person-week: {size}",
        grid(rows, head=False, right=(1, 2), indent=2),
        "",
    )
    sums = [
        (profile.one_by_one, "process by process, of which"),
        (profile.calls, "  calls that pass the tables"),
        (max(0.0, rest), "  counting and recording"),
    ]
    if profile.together is not None:
        sums.append((profile.together, "in one compiled loop, as in ordinary runs"))
    yield grid([[number(ns, 1), about] for ns, about in sums], head=False, right=(0,), indent=2)
    if profile.together is None:
        yield "  This order of the week always runs process by process."


def export(output: Output, request: Export) -> None:
    """Run a scenario and write all its data: values, weeks, teams, and the network at the end."""
    scenario = scenario_of(request)
    week = week_of(request.order, scenario)
    seeds, folder = prepare(output, [scenario], request.seeds, request.out, teams=True)
    assert folder is not None
    with progress(output, work_of([scenario], len(seeds))) as report:
        result = cs.run(scenario, seeds, teams=True, processes=week, progress=report, events=request.events)
    from civicsim.experiment.graphs import to_networkx, write_graphml

    with folder.writing(output, _about([result])):
        folder.write_text("scenario.toml", "the scenario, with every value", scenario.to_toml(folder.path, every=True))
        folder.write_table("weekly", "every measure of every week and run", result.to_frame(), request.csv)
        folder.write_table("teams", "every team in every week and run", result.teams_frame(), request.csv)
        if request.events:
            folder.write_table("events", "every event, in order of occurrence", result.events(), request.csv)
            folder.write_table("ideas", "the history of every idea", result.ideas(), request.csv)
        network = to_networkx(result.cohort, team_layer=request.team_ties)
        about = f"people and ties of the run with seed {seeds[0]}, after the last week"
        folder.write("network.graphml", about, lambda path: write_graphml(network, path))
    head = [title_text(scenario), f"{counted(len(seeds), 'run')} ({seeds_text(seeds)})"]
    output.show(
        {**_about([result]), "files": files_of(folder), "warnings": output.warnings},
        [*head, *file_lines(folder)],
        f"civicsim run {folder.path / 'scenario.toml'}",
    )


# -- several scenarios -------------------------------------------------------------------------------------------------


def demo(output: Output, request: Demo) -> None:
    """Compare six styles on the default kind of organisation, and write data and figures."""
    compared = Compare(styles=DEMO_STYLES, **vars(request))
    compare(output, compared, "civicsim new my.toml, change a value, then civicsim compare my.toml", medians=True)


def compare(output: Output, request: Compare, hint: str = "", medians: bool = False) -> None:
    """Run scenarios on the same organisations with the same seeds, and show how they differ."""
    baseline, scenarios = _to_compare(request)
    chosen = list(scenarios.values())
    week, shown = week_of(request.order, *chosen), measures_of(request, chosen[0])
    runs = request.seeds or FIRST_RUNS
    if request.draws is not None:
        check_effort(output, chosen, runs, work_of(chosen, runs))
        from civicsim.cli.study_analysis import compare_over_draws

        compare_over_draws(output, request, scenarios, baseline, shown)
        return
    seeds, folder = prepare(output, chosen, runs, request.out, threads=request.threads)

    def simulated(seeds: Sequence[int]) -> Comparison:
        with progress(output, work_of(chosen, len(seeds))) as report:
            matched = cs.compare(*chosen, seeds=seeds, processes=week, threads=request.threads, progress=report)
        return Comparison(dict(zip(scenarios, matched.results.values(), strict=True)), baseline)

    comparison = simulated(seeds)
    if request.seeds is None:
        values = [result.values(FLAGSHIP, LAST_WEEKS) for result in comparison.results.values()]
        needed = runs_needed(values, list(scenarios).index(baseline))
        if needed > runs:
            output.note(f"A verdict is borderline after {runs} runs; {needed} are simulated.")
            seeds = seeds_of(needed, chosen[0].seed)
            comparison = simulated(seeds)
    if folder is not None:
        _write_comparison(output, folder, comparison, shown, request.csv)
    results, table = list(comparison.results.values()), comparison.table(shown, LAST_WEEKS)
    first, last = results[0], request.styles[-1]
    look = f"civicsim {'check' if is_path(last) else 'describe style'} {last}"
    again = f"civicsim compare {' '.join(request.styles)} --out results   (writes data and figures)"
    output.show(
        {**_about(results, comparison), "table": table, "files": files_of(folder), "warnings": output.warnings},
        [
            f"{len(results)} scenarios on the same organisations: {where_text(first.scenario)}",
            sample_text(seeds, first.scenario, "matched run", " of each"),
            *_settings(request, first),
            "",
            *comparison_lines(table, baseline, medians),
            _COMPARED if len(seeds) > 1 else _ONE_RUN,
            _MODEL,
            *file_lines(folder),
        ],
        hint or (again if folder is None else look),
    )


def _to_compare(request: Compare) -> tuple[str, dict[str, Scenario]]:
    """Return the label of the baseline and the scenarios by label.

    The status quo is put in front where no baseline is named and it is not among the scenarios; with ``--keep-baseline``
    also where it is, because that one is changed.
    """
    labels = labels_of(request.styles)
    loaded = {
        label: load(name, None, request.kind, request.code) for label, name in zip(labels, request.styles, strict=True)
    }
    named = request.baseline
    if named is not None:
        named = dict(zip(request.styles, labels, strict=True)).get(named, named)
        if named not in loaded:
            raise CivicsimError(f"--baseline {named}: expected one of the scenarios compared: {', '.join(labels)}")
    baseline = named or STATUS_QUO
    first = next(iter(loaded.values()))
    if request.keep_baseline and named is None and STATUS_QUO in loaded:
        loaded = {f"{label}, changed" if label == STATUS_QUO else label: own for label, own in loaded.items()}
    if baseline not in loaded:
        # The status quo of the same place and time, without anything else that the file changes.
        same = {key: getattr(first, key) for key in ("structure", "roster", "weeks", "burn_in_weeks", "seed")}
        loaded = {
            STATUS_QUO: dataclasses.replace(Scenario.preset(STATUS_QUO, first.kind, first.model), **same),
            **loaded,
        }
    if len(loaded) < 2:
        raise CivicsimError(
            f"compare: expected something to compare {labels[0]} with, for example civic-culture; or change it with --set "
            "and add --keep-baseline"
        )
    kept = baseline if request.keep_baseline else None
    unset = dataclasses.replace(request, sets=())
    chosen = {label: changed(unset if label == kept else request, own) for label, own in loaded.items()}
    if kept is not None:
        # The same sizes and weeks for all, however they are set, or runs could not be matched.
        other = next(scenario for label, scenario in chosen.items() if label != kept)
        same = {key: getattr(other, key) for key in ("structure", "weeks", "burn_in_weeks")}
        chosen[kept] = dataclasses.replace(chosen[kept], **same)
    return baseline, chosen


def _write_comparison(
    output: Output, folder: Folder, comparison: Comparison, measures: Sequence[str], csv: bool
) -> None:
    from civicsim.report.figures import comparison_figure, differences_figure, save

    first = comparison.results[comparison.baseline].scenario
    drawn = measures if len(measures) <= _MOST_PANELS else FLAGSHIP
    with folder.writing(output, _about(list(comparison.results.values()), comparison)):
        folder.write_table("weekly", "every measure of every week and run", comparison.to_frame(), csv)
        summary = comparison.summary(None, LAST_WEEKS)
        folder.write_table("summary", f"every measure of every run, {_span(first)}", summary)
        table = comparison.table(None, LAST_WEEKS)
        folder.write_csv("comparison.csv", "means, paired differences, intervals and verdicts", table)
        paths, differences = comparison_figure(comparison, drawn), differences_figure(comparison, drawn, LAST_WEEKS)
        folder.write("time-paths.png", "measures over time, with bands over runs", partial(save, paths))
        folder.write("differences.png", "paired differences with intervals", partial(save, differences))


# -- what commands that run scenarios share ------------------------------------------------------------------------------


def measures_of(request: Any, scenario: Scenario) -> tuple[str, ...]:
    """Return the measures that a command shows: those named, all, or the flagship measures and the user's own."""
    known = scenario.measures
    usual = (*FLAGSHIP, *(name for name in known if name not in MEASURES))
    return measure_names(None if request.all_measures else request.measures or usual, known)


def prepare(
    output: Output,
    scenarios: Sequence[Scenario],
    runs: int,
    out: str | None,
    work: float | None = None,
    teams: bool = False,
    threads: int | None = None,
) -> tuple[list[int], Folder | None]:
    """Check that a command can be carried out, before it begins, and return its seeds and folder of results."""
    check_effort(output, scenarios, runs, work or work_of(scenarios, runs), out is not None, teams, threads)
    seeds = seeds_of(runs, scenarios[0].seed)
    folder = Folder(out) if out is not None else None
    warn_of_dates(output, ((event, scenario.weeks) for scenario in scenarios for event in scenario.interventions))
    return seeds, folder


def work_of(scenarios: Sequence[Scenario], runs: int) -> float:
    """Return the person-weeks of a shared burn-in and of the scenarios."""
    first = scenarios[0]
    weeks = first.burn_in_weeks + sum(scenario.weeks for scenario in scenarios)
    return float(n_posts(first) * weeks * runs)


def about_scenarios(scenarios: Mapping[str, Scenario], seeds: Sequence[int], order: str) -> dict[str, Any]:
    """Return the runs, weeks, scenarios by label, and order of the week behind results."""
    first = next(iter(scenarios.values()))
    return {
        "n_runs": len(seeds),
        "seeds": list(seeds),
        "order": order,
        "last_weeks": min(LAST_WEEKS, first.weeks),
        "scenarios": {
            label: {**{key: getattr(scenario, key) for key in _SUMMARISED}, "changes": scenario.changes()}
            for label, scenario in scenarios.items()
        },
    }


def _about(results: Sequence[Result], comparison: Comparison | None = None) -> dict[str, Any]:
    """Return what results rest on, and the meaning of their intervals."""
    first = results[0]
    labels = list(comparison.results) if comparison is not None else [first.scenario.style]
    scenarios = {label: result.scenario for label, result in zip(labels, results, strict=True)}
    about = {**about_scenarios(scenarios, first.seeds, first.order), "intervals": VARIATION}
    return about if comparison is None else {**about, "baseline": comparison.baseline}


def title_text(scenario: Scenario) -> str:
    """Return what was run, in one line."""
    return f"{scenario.title or scenario.style}: {where_text(scenario)}"


def where_text(scenario: Scenario) -> str:
    """Return the kind and the size of the organisation, in words."""
    return f"{kind_text(scenario)}, {size_text(scenario)}"


def sample_text(seeds: Sequence[int], scenario: Scenario, run: str, rest: str = "") -> str:
    """Return how many runs, over which weeks, in words."""
    weeks = f"{time_text(scenario.weeks)} after {time_text(scenario.burn_in_weeks)} of burn-in at the status quo"
    return f"{counted(len(seeds), run)}{rest} ({seeds_text(seeds)}); {weeks}; means {_span(scenario)}"


def _settings(request: Run | Compare, result: Result) -> Iterator[str]:
    """Yield what the command line has set."""
    if request.sets:
        yield f"With {', '.join(request.sets)}."
    if request.order is not None and result.order != PUBLISHED:
        yield f"Order of the week: {result.order.replace(',', ', ')}."


def _span(scenario: Scenario) -> str:
    return f"over the last {counted(min(LAST_WEEKS, scenario.weeks), 'week')}"
