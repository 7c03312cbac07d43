"""Results of pages over matched runs as one HTML file that fetches nothing.

Numbers are those on screen, with their runs, intervals and verdicts; the file contains the scenarios, so that the runs can be
repeated.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from typing import Any

from civicsim.app.state import event_groups, preset
from civicsim.app.verdicts import band, verdict
from civicsim.app.words import hours_rows, week_text
from civicsim.app.work import MANY, Batch
from civicsim.model.measures import MEASURES
from civicsim.report.parts import Part, Table, page, render
from civicsim.report.words import (
    INTERVAL,
    counted,
    kind_text,
    number,
    percent,
    scale_of,
    seeds_text,
    setting_text,
    time_text,
)
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, Scenario
from civicsim.scenario.shipped import shocks

_LINES = (
    ("#55626e", "5 3", "grey and dashed"),
    ("#005b94", "", "blue and solid"),
    ("#a63f00", "8 3 2 3", "brown and dash-dotted"),
    ("#00573f", "2 3", "green and dotted"),
)
"""Colour, dashes and words of the lines of scenarios."""


def report_page(
    title: str,
    labels: Sequence[str],
    scenarios: Sequence[Scenario],
    batches: Sequence[Batch],
    charts: Sequence[str],
    measures: Sequence[str],
) -> str:
    """Return scenarios, the first of which is the baseline, and their results on matched runs as one page of HTML.

    ``charts`` are the measures that are drawn, ``measures`` those in the table.
    """
    first, seeds = scenarios[0], batches[0].seeds
    runs, posts = len(seeds), first.structure.n_teams * first.structure.team_size
    texts: list[str | tuple[str, str]] = [
        f"{', compared with '.join([' and '.join(labels[1:]), labels[0]]) if labels[1:] else labels[0]}. {kind_text(first)}, "
        f"{posts} staff, {time_text(first.weeks)}: {counted(runs, 'matched run')} of each ({seeds_text(list(seeds))}); none failed."
    ]
    if runs < MANY:
        later = f"The page continues to {MANY} runs, which may separate what is too close to call here."
        texts.append((f"Only {counted(runs, 'run')} of each.", later))
    keys = "; ".join(f"{label}: {line[2]}" for label, line in zip(labels, _LINES, strict=False))
    ends = f"year {first.weeks // 52}" if first.weeks % 52 == 0 else f"week {first.weeks}"
    drawn = [chart for name in charts if (chart := _chart(name, labels, batches))]
    parts = [
        Part(texts=texts),
        Part("Settings"),
        *(_settings(label, scenario) for label, scenario in zip(labels, scenarios, strict=True)),
        Part("Time paths", [f"Lines are means over runs; bands include the middle eight tenths of the runs. {keys}."]),
        Part(picture=render("charts", charts=drawn, end=ends)),
        Part("The last year", [_table_note(labels)], table=_table(labels, batches, measures)),
        _assumptions(scenarios),
        _repeat(labels, scenarios, runs),
    ]
    software = f"{platform.system()}, Python {platform.python_version()}"
    return page(title, parts, f", {software}. Scenarios {', '.join(scenario.digest for scenario in scenarios)}")


def _settings(label: str, scenario: Scenario) -> Part:
    """Return the differences from current practice, their cost in hours, and dated events."""
    titles, items = shocks(), []
    for name, about in SECTIONS["levers"].items():
        value, was = getattr(scenario.levers, name), getattr(scenario.habits, name)
        if value != was:
            now, before = (setting_text(v) if name.startswith("weight_") else percent(v) for v in (value, was))
            items.append(f"{about.label}: {before} → {now}" + (" (weight)" if name.startswith("weight_") else ""))
    items += [
        f"{titles.get(group[0].name, group[0].name)}, from {week_text(group[0].week)}"
        for group in event_groups(scenario)
    ]
    hours = ", ".join(f"{row['label']} {number(row['minutes'], 0)}" for row in hours_rows(scenario))
    text = f"Minutes per person and week of the hours for improvement: {hours or 'none'}."
    return Part(label, [text], items=items or ["As in current practice."], level=3)


def _chart(name: str, labels: Sequence[str], batches: Sequence[Batch]) -> dict[str, Any] | None:
    """Return one measure over time as the template draws it; None without values."""
    about, bands = MEASURES[name], [band(batch, name) for batch in batches]
    values = [v for own in bands for line in own.values() for v in line if v is not None]
    if not values:
        return None
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    n = len(bands[0]["mean"])

    def height(v: float) -> float:
        return round(8 + 106 * (1 - (v - low) / (high - low)), 1)

    def path(line: Iterable[tuple[int, float | None]]) -> str:
        points = [f"{34 + 180 * k / max(1, n - 1):.1f} {height(v):.1f}" for k, v in line if v is not None]
        return f"M{'L'.join(points)}" if points else ""

    lines = []
    for (colour, dash, _), own in zip(_LINES, bands, strict=False):
        area = path([*enumerate(own["high"]), *reversed(list(enumerate(own["low"])))])
        lines.append(
            {"colour": colour, "dash": dash, "area": area and f"{area}Z", "path": path(enumerate(own["mean"]))}
        )
    scale = scale_of(about.unit)
    ends = "; ".join(
        f"{label} ends at {scale.text(float(batch.last_year[name].mean()))}"
        for label, batch in zip(labels, batches, strict=True)
    )
    share = " %" if scale.unit == " %" else ""
    ticks = [(height(v), number(v) + share) for v in (low, (low + high) / 2, high)]
    help = about.help if share else f"{about.help[:-1]}, {about.unit}."
    return {"label": about.label, "help": help, "ends": ends, "ticks": ticks, "lines": lines}


def _table_note(labels: Sequence[str]) -> str:
    return (
        f"Means with {INTERVAL} intervals, and paired differences from {labels[0]}: same organisation, same random events. "
        "Intervals show run-to-run variation, not whether the assumptions are right; they are not widened for the number of "
        "comparisons."
    )


def _table(labels: Sequence[str], batches: Sequence[Batch], measures: Sequence[str]) -> Table:
    """Return means, intervals, paired differences and verdicts of the last year."""
    heads, rows = ["Measure", labels[0]], []
    for label in labels[1:]:
        heads += [label, "Difference", "Verdict"]
    for name in measures:
        about, cells = MEASURES[name], []
        for batch in batches:
            v = verdict(name, batches[0], batch)
            cells.append(f"{v.scale.text(v.after, v.scale.factor > 1)}\n{v.scale.between(v.low, v.high)}")
            if batch is not batches[0]:
                cells += [v.difference, v.word]
        rows.append([f"{about.label}\n{about.unit}", *cells, str(len(batches[0].seeds))])
    return Table("Means over the last year", [*heads, "Runs (n)"], rows)


def _assumptions(scenarios: Sequence[Scenario]) -> Part:
    """Return the number of assumptions, and the parameters that differ from their usual values."""
    own = [p for p in PARAMETERS.values() if p.role != "switch" and p.section != "levers"]
    assumed = sum(p.status == "assumption" for p in own)
    base = preset(scenarios[-1].style, scenarios[-1].kind)
    items = []
    for p in own:
        value, was = (getattr(getattr(scenario, p.section), p.name) for scenario in (scenarios[-1], base))
        if value != was:
            outside = isinstance(value, int | float) and not p.low <= value <= p.high
            note = f"usually {setting_text(was)}{'; outside its range' if outside else ''}"
            items.append(f"{p.label} (`{p.key}`) = {setting_text(value)} ({note}). {p.help}")
    texts = [
        f"{assumed} of {len(own)} numbers of the model are assumptions without a source; the page About lists them all. "
        "The model has not been shown to predict any real organisation.",
        "Different from the usual values, for all scenarios:" if items else "All parameters have their usual values.",
    ]
    return Part("Assumptions", texts, items=items)


def _repeat(labels: Sequence[str], scenarios: Sequence[Scenario], runs: int) -> Part:
    names = [f"{k}.toml" for k in range(1, len(scenarios) + 1)]
    text = f"Save the scenarios below and run `civicsim compare {' '.join(names)} --seeds {runs}`."
    about = zip(names, labels, scenarios, strict=True)
    return Part("To repeat the runs", [text], files=[(f"{name}: {label}", s.to_toml()) for name, label, s in about])
