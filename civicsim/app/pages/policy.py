"""Policy simulator: move levers, and see the effects over five years in matched runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import pandas as pd
import solara

from civicsim import __version__
from civicsim.app import draws, widgets, work
from civicsim.app.common import ActionPanel, LeverPanel, event_rows
from civicsim.app.files import File, csv_text
from civicsim.app.frame import Box, Heading, Html, Place, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.kept import KeptPanel, KeptTable
from civicsim.app.organisation import OrganisationPanel
from civicsim.app.report import report_page
from civicsim.app.state import change_scenario, chosen, is_changed, preset, set_scenario, with_event
from civicsim.app.verdicts import Verdict, band, verdict
from civicsim.app.why import WhyPanel
from civicsim.app.words import COMPARED, SHOWN, slider_row, unbroken
from civicsim.experiment.wording import scale_of
from civicsim.model.measures import MEASURES
from civicsim.report.words import RANGE, time_text
from civicsim.scenario.scenario import PARAMETERS, STATUS_QUO, Scenario
from civicsim.scenario.sizes import n_staff

CHARTS = tuple(SHOWN["charts"])
"""Measures with a chart."""
MOST_LINES = 8
"""Lines at most that tell where a choice could go wrong."""


def current_practice(scenario: Scenario) -> Scenario:
    """Return the baseline: the same organisation under current practice, with the same assumptions and outside events."""
    happens = tuple(event for event in scenario.interventions if event.name in SHOWN["happens"])
    return dataclasses.replace(
        scenario, levers=scenario.habits, interventions=happens, title="Baseline", style=STATUS_QUO
    )


def compared(scenario: Scenario) -> list[Scenario]:
    """Return the baseline and the choice; the baseline alone where they are the same."""
    base = current_practice(scenario)
    return [base] if scenario.digest == base.digest else [base, scenario]


def answer(scenario: Scenario, matched: work.Matched, drawn: Sequence[work.Batch] = ()) -> dict[str, Any]:
    """Return charts and verdicts of matched runs of a scenario and its baseline; see :func:`compared`.

    ``drawn`` are runs of both with other parameter sets; see :func:`civicsim.app.draws.batches`.
    """
    before, after = matched.batches[0], matched.batches[-1]
    same = before is after
    verdicts = {name: verdict(name, before, after) for name in COMPARED}
    charts = []
    for name in CHARTS:
        about, v = MEASURES[name], verdicts[name]
        charts.append(
            {
                "name": name,
                "label": v.label,
                "help": about.help,
                "text": unbroken("{1} ({2})".format(*v.texts) if same else v.text),
                "note": matched.preliminary,
                "word": "" if same else v.pairs() if v.tone in v.pairs() else f"{v.word}, {v.pairs()}",
                "dots": None if same else v.dots,
                "tone": v.tone,
                "paired": "" if same else unbroken(v.difference),
                "of": scenario.digest,
                "unit": v.scale.unit,
                "decimals": 1 if v.scale.unit == " %" else 2,
                "least": SHOWN["charts"][name],
                "base": band(before, name),
                "yours": None if same else band(after, name),
                "base_drawn": band(drawn[0], name) if drawn else None,
                "yours_drawn": band(drawn[-1], name) if drawn and not same else None,
                "drawn": verdict(name, *drawn).pairs("{} in {} of {} parameter sets") if drawn and not same else "",
            }
        )
    found = {"charts": charts, "verdicts": verdicts, "matched": matched, "same": same}
    return found | {"staff": n_staff(scenario), "drawn": bool(drawn)}


def csv_of(scenario: Scenario) -> str:
    """Return the verdicts of the full answer as CSV, with both scenarios in its first lines."""
    scenarios = compared(scenario)
    found = answer(scenario, work.full(scenarios))
    rows = [
        {"measure": v.name, "unit": MEASURES[v.name].unit, "runs": v.runs}
        | v.before.columns("baseline")
        | v.after.columns("yours")
        | v.columns
        | {"verdict": v.word}
        for v in found["verdicts"].values()
    ]
    about = [f", {found['matched'].runs} matched runs of {found['staff']} staff, last year of each"]
    return csv_text(pd.DataFrame(rows), *about, *(one.to_toml() for one in scenarios))


def report_of(scenario: Scenario) -> str:
    """Return the full answer as a page of HTML."""
    scenarios = compared(scenario)
    title, labels = scenarios[0].title, [scenarios[0].title]
    if len(scenarios) > 1:
        label = scenario.title or scenario.style
        label = f"{label}, changed" if is_changed(scenario) else label
        labels.append("Your policy" if label in ("", title) else label)
        title = f"{labels[1]}, compared with the baseline"
    return report_page(title, labels, scenarios, work.full(scenarios).batches, CHARTS, COMPARED)


def conditions(scenario: Scenario) -> list[tuple[str, Scenario]]:
    """Return a choice under other conditions, each with its words: an event, or an assumption at one end of its range."""
    found = [(words, with_event(scenario, name, 52)) for name, words in SHOWN["conditions"].items()]
    for key, (low, high, _) in SHOWN["assumptions"].items():
        about = PARAMETERS[key]
        for value in (low, high):
            if attrgetter(key)(scenario) != value:
                words = f"“{about.label}” is {scale_of(about.unit).text(value)} instead"
                found.append((words, scenario.set(key, value)))
    return found


def where_it_fails(scenario: Scenario, stop: Callable[[], bool], show: Show) -> None:
    """Try the choice under other conditions, one at a time, and show which results turn, in :data:`MOST_LINES` lines at most."""

    def verdicts(one: Scenario) -> dict[str, Verdict]:
        before, after = (work.batch(side, work.MANY, stop) for side in (current_practice(one), one))
        return {name: verdict(name, before, after) for name in CHARTS}

    plain, tried = verdicts(scenario), conditions(scenario)
    turns: dict[str, list[str]] = {}
    for k, (words, changed) in enumerate(tried, start=1):
        for turn in turned(plain, verdicts(changed)):
            turns.setdefault(turn, []).append(words)
        show({"of": len(tried), "tried": k, "lines": lines_of(turns)})


def turned(plain: Mapping[str, Verdict], now: Mapping[str, Verdict]) -> list[str]:
    """Return what turns under a condition: measures that become worse, and those that are no longer clearly better."""
    turns = []
    for name, was in plain.items():
        tone = now[name].tone
        if tone == "worse" != was.tone:
            turns.append(f"{was.label} becomes worse than the baseline")
        elif was.tone == "better" != tone:
            turns.append(f"{was.label} is no longer clearly better")
    return turns


def lines_of(turns: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a line for each turn with the conditions under which it happens, those that happen most often first."""
    often = sorted(turns.items(), key=lambda item: -len(item[1]))
    lines = [f"{turn} if {'; if '.join(when)}." for turn, when in often]
    more = len(lines) - MOST_LINES
    return (
        lines
        if more <= 0
        else [*lines[: MOST_LINES - 1], f"{more + 1} more results change for the worse, each under fewer conditions."]
    )


def assumption_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the assumptions that can be tried, as the lever panel shows them."""
    base, rows = preset(scenario.style, scenario.kind), []
    for key, ends in SHOWN["assumptions"].items():
        about = PARAMETERS[key]
        scale = scale_of(about.unit)
        value, was = map(attrgetter(key), (scenario, base))
        row = slider_row(about, value, was, scale.text, ends, f"Source: {about.source}")
        rows.append(row | {"name": key, "unit": "share" if scale.unit == " %" and ends[2] >= 0.01 else ""})
    return rows


@solara.component
def Policy() -> None:
    """Show the effects of the chosen levers, compared with the baseline."""
    scenario = chosen.value.scenario
    dated = event_rows(scenario)

    def compute(stop: Callable[[], bool], show: Show) -> None:
        scenarios = compared(scenario)
        for matched in work.matched(scenarios, stop):
            show(answer(scenario, matched))
        show(answer(scenario, matched, draws.batches(scenarios, stop)))

    found, of, problem = use_latest(compute, [scenario])
    fresh = of == [scenario]
    with Box("cv-columns"):
        with Box():
            OrganisationPanel()
            LeverPanel("Your policy")
            KeptPanel()
            AssumptionPanel()
        with Box():
            with Box("cv-between"):
                Heading(
                    f"What would change in {time_text(scenario.weeks)}?",
                    "Move a lever: gains and costs appear at once, compared with the baseline in matched runs.",
                )
                Text("span", _standing(found, fresh), class_="soft")
            if problem:
                Text("p", problem, class_="cv-note")
            elif found is None:
                waiting = "The organisations are being simulated. The first time takes a minute or two."
                Text("p", waiting, class_="cv-card")
            else:
                with Box("cv-headline cv-card", **{"aria-live": "polite"}):
                    Html("headline", decided=[row for row in dated if not row["happens"]], **headline(found))
                widgets.Bands(
                    charts=found["charts"],
                    every=work.STEP,
                    span=f"year {scenario.weeks / 52:.3g}",
                    busy=not fresh,
                    dated=dated,
                    about=f"{_standing(found, True)}, seeds from {scenario.seed}; civicsim {__version__}.",
                    stamp=stamp_of(scenario, found) if fresh else "old",
                    legend=legend_of(found),
                )
                ActionPanel(
                    "Add an event",
                    from_clock=False,
                    files=[
                        File(f"{scenario.style}.csv", lambda: csv_of(scenario)),
                        File(f"report-{scenario.style}.html", lambda: report_of(scenario)),
                    ],
                )
                happening = [row["title"] for row in dated if row["happens"]]
                with Place():
                    if happening:
                        Text("p", f"Also happens in the baseline: {', '.join(happening)}.", class_="soft")
                with Box("" if found["same"] else "cv-card cv-below", tag="section"):
                    if not found["same"]:
                        Html("gains", verdicts=found["verdicts"].values(), matched=found["matched"])
                WhyPanel(*compared(scenario))
                GoesWrong()
                KeptTable()


def _standing(found: dict[str, Any] | None, fresh: bool) -> str:
    if found is None:
        return ""
    if not fresh:
        return "computing …"
    runs, goal = found["matched"].runs, found["matched"].goal
    more = f"; refining to {goal}" + (", as a verdict is borderline" if goal > work.MANY else "") if runs < goal else ""
    return f"{runs} matched runs of {found['staff']:,} staff{more}"


def stamp_of(scenario: Scenario, found: dict[str, Any]) -> str:
    """Return what tells an answer apart from others: scenario, seed, runs, whether these are all, and other parameter sets."""
    full = "" if found["matched"].preliminary else "-full"
    return f"{scenario.digest}-{scenario.seed}-{found['matched'].runs}{full}{'-drawn' if found['drawn'] else ''}"


def legend_of(found: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the lines and bands of the charts mean, each with the name of how it is drawn."""
    middle = f"the middle {RANGE[1] - RANGE[0]} %"
    keys = {
        "base": "baseline: current practice",
        "" if found["same"] else "yours": "your policy",
        "band": f"{middle} of {found['matched'].runs} runs",
        "drawn": f"{middle} of {work.MANY} runs, each with another parameter set that fits published data"
        if found["drawn"]
        else "being computed: runs with other parameter sets",
    }
    return [{"key": key, "words": words} for key, words in keys.items() if key]


def headline(found: dict[str, Any]) -> dict[str, Any]:
    """Return the largest gain and the largest cost, each None where there is none."""
    by_tone = {
        tone: max((v for v in found["verdicts"].values() if v.tone == tone), key=lambda v: v.size, default=None)
        for tone in ("better", "worse")
    }
    note = found["matched"].preliminary
    return {"same": found["same"], "gain": by_tone["better"], "cost": by_tone["worse"], "note": note}


@solara.component
def GoesWrong() -> None:
    """Search, when asked, for conditions under which the choice does worse."""
    scenario = chosen.value.scenario
    asked, ask = solara.use_state(None)
    wanted = asked == scenario

    def search(stop: Callable[[], bool], show: Show) -> None:
        if wanted:
            where_it_fails(scenario, stop, show)

    found, of, problem = use_latest(search, [scenario, wanted])
    with Box("cv-card cv-below", tag="section"):
        Html(
            "troubles",
            on_press=lambda _: ask(scenario),
            wanted=wanted,
            problem=problem,
            found=found if of == [scenario, wanted] else None,
            runs=work.MANY,
        )


@solara.component
def AssumptionPanel() -> None:
    """Show a few assumptions apart from the levers: they are not decisions, and both policies share them."""

    def move(data: dict[str, Any]) -> None:
        change_scenario(lambda now: now.set(str(data["name"]), float(data["value"])))

    def reset(_: Any) -> None:
        now = chosen.peek().scenario
        base = preset(now.style, now.kind)
        for key in SHOWN["assumptions"]:
            now = now.set(key, attrgetter(key)(base))
        set_scenario(now)

    with Box("cv cv-below", tag="details"):
        Text("summary", "Assumptions for both policies")
        rows = assumption_rows(chosen.value.scenario)
        widgets.Levers(title="Not a decision", rows=rows, event_set_lever=move, event_reset=reset)
