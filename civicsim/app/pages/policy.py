"""Policy simulator: move levers, and see the effects over five years in matched runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pandas as pd
import solara

from civicsim.app import widgets, work
from civicsim.app.common import ActionPanel, LeverPanel, shock_titles
from civicsim.app.files import csv_text
from civicsim.app.frame import Box, Html, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.report import report_page
from civicsim.app.state import change_scenario, chosen, event_groups, is_changed, preset, set_scenario, with_event
from civicsim.app.verdicts import Verdict, band, verdict
from civicsim.app.why import WhyPanel
from civicsim.app.words import COMPARED, SHOWN, slider_row, unbroken
from civicsim.model.measures import MEASURES
from civicsim.report.words import scale_of
from civicsim.scenario.scenario import PARAMETERS, Scenario

CHARTS = tuple(SHOWN["charts"])
"""Measures with a chart."""
TEAMS = 20
"""Teams of organisations that are simulated many times; larger ones take longer and give similar results."""


def small(scenario: Scenario) -> Scenario:
    """Return the scenario on an organisation small enough to be computed many times over."""
    if scenario.roster is not None or scenario.structure.n_teams <= TEAMS:
        return scenario
    return scenario.set("structure.n_teams", TEAMS)


def current_practice(scenario: Scenario) -> Scenario:
    """Return the same organisation under current practice, with the same assumptions and outside events."""
    happens = tuple(event for event in scenario.interventions if event.name in SHOWN["happens"])
    return dataclasses.replace(
        scenario, levers=scenario.habits, interventions=happens, title="Current practice", style="status-quo"
    )


def _pair(scenario: Scenario) -> tuple[Scenario, Scenario | None]:
    """Return current practice and the choice, small enough to be simulated many times; None where they are the same."""
    own, base = small(scenario), current_practice(small(scenario))
    return base, None if own.digest == base.digest else own


def answer(scenario: Scenario, runs: int, stop: Callable[[], bool]) -> dict[str, Any]:
    """Return charts and verdicts of a scenario compared with current practice over matched runs."""
    base, own = _pair(scenario)
    before = work.batch(base, runs, stop)
    after = work.batch(own, runs, stop) if own else before
    verdicts = {name: verdict(name, before, after) for name in COMPARED}
    charts = []
    for name in CHARTS:
        about, v = MEASURES[name], verdicts[name]
        charts.append(
            {
                "name": name,
                "label": about.label,
                "help": about.help,
                "text": unbroken(v.text if own else v.scale.text(v.before)),
                "word": v.word if own else "",
                "tone": v.tone,
                "unit": v.scale.unit,
                "decimals": 1 if v.scale.unit == " %" else 2,
                "least": SHOWN["charts"][name],
                "base": band(before, name),
                "yours": band(after, name) if own else None,
            }
        )
    return {"charts": charts, "verdicts": verdicts, "runs": runs, "same": own is None, "posts": len_posts(base)}


def csv_of(found: dict[str, Any], scenario: Scenario) -> str:
    """Return the verdicts of an answer as CSV, with the scenario in its first lines."""
    columns = {"current_practice": "before", "yours": "after", "yours_low": "low", "yours_high": "high"}
    rows = [
        {"measure": v.name, "runs": v.runs}
        | {column: f"{getattr(v, name):.6g}" for column, name in columns.items()}
        | v.columns
        | {"verdict": v.word}
        for v in found["verdicts"].values()
    ]
    about = f", {found['runs']} matched runs, last year of each\n{small(scenario).to_toml()}"
    return csv_text(pd.DataFrame(rows), about)


def report_of(scenario: Scenario, runs: int) -> str:
    """Return an answer as a page of HTML."""
    base, own = _pair(scenario)
    title, labels, scenarios = base.title, [base.title], [base]
    if own:
        label = scenario.title or scenario.style
        label = f"{label}, changed" if is_changed(own) else label
        label = "Your policy" if label in ("", base.title) else label
        title, labels, scenarios = f"{label}, compared with current practice", [base.title, label], [base, own]
    return report_page(title, labels, scenarios, [work.batch(one, runs) for one in scenarios], CHARTS, COMPARED)


def len_posts(scenario: Scenario) -> int:
    """Return how many posts of staff an organisation has."""
    return scenario.structure.n_teams * scenario.structure.team_size


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
    """Try the choice under other conditions, one at a time, and show where it does worse, the worst first."""
    found: list[dict[str, Any]] = []
    plain = answer(scenario, work.FEW, stop)["verdicts"]
    tried = conditions(scenario)
    for words, changed in tried:
        found.append({"when": words, "lines": _turned(plain, answer(changed, work.FEW, stop)["verdicts"])})
        show({"of": len(tried), "rows": sorted(found, key=lambda row: -len(row["lines"]))})


def _turned(plain: dict[str, Verdict], now: dict[str, Verdict]) -> list[str]:
    """Return the measures that are worse under a condition, and those that are no longer better."""
    lines = []
    for name in CHARTS:
        v = now[name]
        if v.tone == "worse":
            lines.append(f"{v.label} is worse than under current practice: {v.text}, {v.pairs()}")
        elif plain[name].tone == "better" and v.tone != "better":
            lines.append(f"{v.label} is no longer clearly better: {v.text}")
    return lines


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
    """Show the effects of the chosen levers, compared with current practice."""
    scenario = chosen.value.scenario

    def compute(stop: Callable[[], bool], show: Show) -> None:
        for runs in (work.FEW, work.MANY):
            show(answer(scenario, runs, stop))

    found, of, problem = use_latest(compute, [scenario])
    fresh = of == [scenario]
    with Box("cv-columns"):
        with Box():
            LeverPanel("Your policy")
            AssumptionPanel()
        with Box():
            with Box("cv-between"):
                Text("h1", "What would change in five years?")
                Text("span", _standing(found, fresh), class_="soft")
            if problem:
                Text("p", problem, class_="cv-note")
            elif found is None:
                waiting = "Five organisations are being simulated for five years. The first time takes a minute or two."
                Text("p", waiting, class_="cv-card")
            else:
                with Box("cv-headline cv-card", tag="p", **{"aria-live": "polite"}):
                    Text("span", headline(found))
                widgets.Bands(
                    charts=found["charts"],
                    every=work.STEP,
                    span=f"year {scenario.weeks // 52}",
                    busy=not fresh,
                    stamp=f"{scenario.digest}-{scenario.seed}-{found['runs']}" if fresh else "old",
                )
                ActionPanel(
                    "Add an event",
                    from_clock=False,
                    makes={
                        "csv": (scenario.style, lambda: csv_of(found, scenario)),
                        "html": (f"report-{scenario.style}", lambda: report_of(scenario, found["runs"])),
                    },
                )
                happening = [shock_titles()[g[0].name] for g in event_groups(scenario) if g[0].name in SHOWN["happens"]]
                if happening:
                    Text("p", f"Also happens under current practice: {', '.join(happening)}.", class_="soft")
                if not found["same"]:
                    with Box("cv-card cv-below", tag="section"):
                        Html("gains", verdicts=found["verdicts"].values(), runs=found["runs"])
                WhyPanel(*_pair(scenario))
                GoesWrong()


def _standing(found: dict[str, Any] | None, fresh: bool) -> str:
    if found is None:
        return ""
    if not fresh:
        return "computing …"
    more = f"; refining to {work.MANY}" if found["runs"] < work.MANY else ""
    return f"{found['runs']} matched runs of {found['posts']} staff{more}"


def headline(found: dict[str, Any]) -> str:
    """Return the main result in one sentence for each of a few measures."""
    if found["same"]:
        return "This is current practice. Move a lever on the left, or add an event."
    shown = [found["verdicts"][name] for name in SHOWN["headline"]]
    today = "{} than today in {} of {} organisations"
    words = [v.word if v.tone in ("open", "same", "mixed") else v.pairs(today) for v in shown]
    return " ".join(f"{v.label}: {v.text}, {word}." for v, word in zip(shown, words, strict=True))


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
            runs=work.FEW,
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
