"""Results of pages over matched runs as one HTML file that fetches nothing.

Numbers are those on screen, with their runs, intervals and verdicts; the file contains the scenarios, so that the runs can be
repeated.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from civicsim.app import templates
from civicsim.app.state import event_groups, preset
from civicsim.app.verdicts import band, verdict
from civicsim.app.words import hours_rows, label_of, week_text
from civicsim.app.work import STEP, Batch
from civicsim.engine.parameters import Parameter
from civicsim.experiment.wording import number, percent, scale_of, setting_text
from civicsim.model.measures import MEASURES
from civicsim.model.processes.events import Event
from civicsim.report.parts import Part, Table, page, render
from civicsim.report.words import INTERVAL, explained, kind_text, seeds_text, time_text
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, Scenario
from civicsim.scenario.shipped import shocks
from civicsim.scenario.sizes import n_staff

LINES = (
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
    first, own = scenarios[0], [p for p in PARAMETERS.values() if p.role != "switch" and p.section != "levers"]
    ends = f"year {first.weeks // 52}" if first.weeks % 52 == 0 else f"week {first.weeks}"
    drawn = [chart for name in charts if (chart := chart_of(name, labels, batches))]
    html = templates.render(
        "report",
        labels=labels,
        kind=kind_text(first),
        posts=n_staff(first),
        time=time_text(first.weeks),
        runs=len(batches[0].seeds),
        seeds=seeds_text(batches[0].seeds),
        settings=[(label, *_settings(scenario)) for label, scenario in zip(labels, scenarios, strict=True)],
        keys=[(label, words) for label, (_, _, words) in zip(labels, LINES, strict=False)],
        charts=render("charts", charts=drawn, end=ends, events=_marks(scenarios)),
        interval=INTERVAL,
        last_year=_table(labels, batches, measures),
        assumed=sum(p.status == "assumption" for p in own),
        parameters=len(own),
        unusual=_unusual(scenarios[-1], own),
        files=[(label, scenario.to_toml()) for label, scenario in zip(labels, scenarios, strict=True)],
    )
    software = f"{platform.system()}, Python {platform.python_version()}"
    about = f", {software}. Scenarios {', '.join(scenario.digest for scenario in scenarios)}"
    return page(title, [Part(picture=html)], about)


def _marks(scenarios: Iterable[Scenario]) -> list[tuple[float, float, str]]:
    """Return where charts mark the dated events of scenarios: place, width up to the end of an event, and its title."""
    marks = dict[tuple[str, int], tuple[float, float, str]]()
    for scenario in scenarios:
        last = scenario.weeks // STEP - 1
        for group in event_groups(scenario):
            weeks = max(event.weeks for event in group)
            # Points of a line are those of weeks STEP, 2 STEP, …, counted from 1.
            points = ((week + 1) / STEP - 1 for week in (group[0].week, group[0].week + weeks))
            at, end = (180 * min(max(point, 0), last) / max(1, last) for point in points)
            marks[group[0].name, group[0].week] = round(34 + at, 1), round(end - at, 1), _event_text(group)
    return list(marks.values())


def _event_text(group: Sequence[Event]) -> str:
    """Return a dated event in words, with its end where it has one."""
    first, weeks = group[0], max(event.weeks for event in group)
    until = f" to {week_text(first.week + weeks - 1)}" if weeks else ""
    return f"{shocks().get(first.name, first.name)}, from {week_text(first.week)}{until}"


def _settings(scenario: Scenario) -> tuple[str, list[str]]:
    """Return the minutes of each purpose, and the differences from current practice and dated events."""
    items = []
    for name, about in SECTIONS["levers"].items():
        value, was = getattr(scenario.levers, name), getattr(scenario.habits, name)
        if value != was:
            weight = name.startswith("weight_")
            now, before = (setting_text(v) if weight else percent(v) for v in (value, was))
            items.append(f"{about.label}: {before} → {now}{' (weight)' if weight else ''}")
    items += [_event_text(group) for group in event_groups(scenario)]
    return ", ".join(f"{row['label']} {number(row['minutes'], 0)}" for row in hours_rows(scenario)), items


def _unusual(scenario: Scenario, parameters: Iterable[Parameter]) -> list[str]:
    """Return the parameters that differ from their usual values."""
    base, items = preset(scenario.style, scenario.kind), []
    for p in parameters:
        value, was = map(attrgetter(p.key), (scenario, base))
        if value != was:
            items.append(f"{p.label} (`{p.key}`) = {setting_text(value)} (usually {setting_text(was)}). {p.help}")
    return items


def chart_of(name: str, labels: Sequence[str], batches: Sequence[Batch]) -> dict[str, Any] | None:
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
    for (colour, dash, _), own in zip(LINES, bands, strict=False):
        area = path([*enumerate(own["high"]), *reversed(list(enumerate(own["low"])))])
        lines.append(
            {"colour": colour, "dash": dash, "area": area and f"{area}Z", "path": path(enumerate(own["mean"]))}
        )
    scale = scale_of(about.unit)
    ends = "; ".join(
        f"{label}, last year: {verdict(name, batch, batch).texts[1]}"
        for label, batch in zip(labels, batches, strict=True)
    )
    share = " %" if scale.unit == " %" else ""
    ticks = [(height(v), number(v) + share) for v in (low, (low + high) / 2, high)]
    help = about.help if share else f"{about.help[:-1]}, {about.unit}."
    return {"label": label_of(name), "help": help, "ends": ends, "ticks": ticks, "lines": lines}


def _table(labels: Sequence[str], batches: Sequence[Batch], measures: Sequence[str]) -> Part:
    """Return means, intervals, paired differences and verdicts of the last year, with what their cautions mean."""
    heads, rows = ["Measure", labels[0]], []
    words: list[str] = []
    for label in labels[1:]:
        heads += [label, "Difference", "Verdict"]
    for name in measures:
        about, cells = MEASURES[name], []
        for batch in batches:
            v = verdict(name, batches[0], batch)
            _, mean, between = v.texts
            cells.append(f"{mean if v.scale.factor > 1 else mean.removesuffix(v.scale.unit)}\n{between}")
            if batch is not batches[0]:
                cells += [f"{v.difference}\n{v.median}", f"{v.word}\n{v.pairs()}"]
                words.append(v.word)
        rows.append([f"{label_of(name)}\n{about.unit}", *cells, str(v.runs)])
    return Part(texts=explained(words), table=Table("Means over the last year", [*heads, "Runs (n)"], rows))
