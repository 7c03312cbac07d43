"""HTML that a notebook shows of a result or a comparison: a sentence, a chart, changes from the preset, and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from civicsim.experiment.compare import Comparison
from civicsim.experiment.run import Result
from civicsim.experiment.statistics import estimate
from civicsim.experiment.wording import counted, estimated, with_interval
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.report.changes import change_text, names_of, preset_differences
from civicsim.report.panels import declared, path_panels
from civicsim.report.parts import Part, Table, image, render
from civicsim.report.words import INTERVAL, before_text, explained, in_pairs, kind_text, seeds_text, time_text
from civicsim.scenario.scenario import Scenario

CHARTED = ("voice_share", "burnt_out_share", "quality_true")
"""The measures in the small chart."""
_MOST_CHANGES = 12


def result_html(result: Result) -> str:
    """Return a result as a piece of HTML that fetches nothing, in which every text is escaped."""
    scenario = result.scenario
    name = scenario.title or scenario.style
    summary = result.summary(FLAGSHIP)
    rows = []
    for measure in FLAGSHIP:
        about, own = MEASURES[measure], estimate(summary[measure].to_numpy(), bounds=MEASURES[measure].bounds)
        rows.append([about.label, about.unit, *with_interval(own.mean, own.low, own.high), str(own.n)])
    caption = f"Means over runs of the last {_weeks(scenario)}, with {INTERVAL} t intervals."
    table = Table(caption, ["Measure", "Unit", "Mean", f"{INTERVAL} interval", "Runs (n)"], rows)
    runs = f"{counted(len(result.seeds), 'run')} of {time_text(scenario.weeks)} ({seeds_text(result.seeds)})"
    sentence = f", {kind_text(scenario)}: {runs}{before_text(scenario)}."
    return _piece(
        {name: result}, {name: name}, None, name, sentence, Part(table=table), f", scenario {scenario.digest}"
    )


def comparison_html(comparison: Comparison) -> str:
    """Return matched runs as a piece of HTML; see :func:`result_html`."""
    results, names = comparison.results, names_of(comparison.results)
    base, baseline = results[comparison.baseline].scenario, names[comparison.baseline]
    rows = []
    found = comparison.table(FLAGSHIP)
    for _, part in found.groupby("measure", sort=False):
        about, counts = part.iloc[0], sorted(set(part["n"]))
        n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        rows.append([f"{about['label']}\n{about['unit']}", *(_cell(row) for _, row in part.iterrows()), n])
    caption = (
        f"Means over runs of the last {_weeks(base)}; under each, the paired difference from {baseline}; both with "
        f"{INTERVAL} t intervals, not widened for the number of comparisons; then the pairs of runs in which it has the direction "
        "of the mean, and the median with the quartiles."
    )
    table = Table(caption, ["Measure", *names.values(), "Runs (n)"], rows)
    runs = f"{counted(len(comparison.seeds), 'matched run')} of {time_text(base.weeks)} each"
    sentence = f", {kind_text(base)}: {runs} ({seeds_text(comparison.seeds)}); differences are from {baseline}."
    part = Part(texts=explained(found["verdict"]), table=table)
    return _piece(results, names, comparison.baseline, counted(len(results), "scenario"), sentence, part)


def _weeks(scenario: Scenario) -> str:
    return counted(min(52, scenario.weeks), "week")


def _piece(
    results: Mapping[str, Result],
    names: Mapping[str, str],
    baseline: str | None,
    name: str,
    sentence: str,
    table: Part,
    colophon: str = "",
) -> str:
    """Return a sentence, time paths, changes from the presets and a table."""
    charted = ", ".join(MEASURES[name].label.lower() for name in CHARTED)
    words = f"Time paths of {charted} for {', '.join(names.values())}."
    paths = Part(picture=image(path_panels(results, declared(CHARTED), baseline), words))
    parts = [paths, _changes(names, results), table]
    return render("piece", name=name, sentence=sentence, parts=parts, colophon=colophon)


def _cell(row: Any) -> str:
    mean = estimated(row["mean"], row["mean_low"], row["mean_high"])
    if row["verdict"] == "baseline":
        return mean
    difference = estimated(row["difference"], row["difference_low"], row["difference_high"], sign=True)
    median = estimated(row["difference_median"], row["difference_q25"], row["difference_q75"], sign=True)
    pairs = in_pairs(row, row["n_pairs"], "difference_")
    return f"{mean}\n{difference}, {row['verdict']}\n{pairs}; median {median}"


def _changes(names: Mapping[str, str], results: Mapping[str, Result]) -> Part:
    """Return the differences from the presets as a list with a line per scenario that differs."""
    items = []
    for label, result in results.items():
        changes = preset_differences(result.scenario)
        if changes is None:
            items.append(f"{names[label]}: its preset cannot be read, so its changes are unknown")
        elif changes:
            words = [change_text(key, *values) for key, values in changes.items()]
            more = [f"and {len(words) - _MOST_CHANGES} more"] if len(words) > _MOST_CHANGES else []
            items.append(f"{names[label]}: {', '.join(words[:_MOST_CHANGES] + more)}")
    return Part(texts=["Differences from the preset:" if items else "Nothing differs from the preset."], items=items)
