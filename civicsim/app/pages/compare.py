"""Compare: styles of governance on the same organisation, side by side on one clock, and over matched runs."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from typing import Any

import solara

import civicsim
from civicsim.app import widgets, work
from civicsim.app.common import player_words, style_list, style_titles
from civicsim.app.files import CSV, HTML, Files, Make
from civicsim.app.frame import Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.pages.policy import CHARTS, small
from civicsim.app.report import report_page
from civicsim.app.state import MOST_SIDES, chosen, preset, sides
from civicsim.app.verdicts import verdict
from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import Scenario

START = {"week": 103}
"""Week on screen at first: in week 1 all sides are alike."""


def scenario_of(style: str, base: Scenario) -> Scenario:
    """Return a style on the visitor's organisation, with the visitor's levers where it is the visitor's style."""
    return (
        base if style == base.style else dataclasses.replace(base.set("style", style), interventions=base.interventions)
    )


def csv_of(labels: list[str], scenarios: list[Scenario], batches: list[work.Batch]) -> str:
    """Return the results of matched runs as CSV, with the scenarios in its first lines."""
    lines = [f"# civicsim {civicsim.__version__}, {len(batches[0].seeds)} matched runs, last year of each"]
    for label, scenario in zip(labels, scenarios, strict=True):
        lines += [f"# {label}", *(f"# {line}" for line in small(scenario).to_toml().splitlines())]
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["measure", "runs", "scenario", "mean", "low", "high", "difference_from_first", "verdict"])
    for name in work.SHOWN:
        for label, batch in zip(labels, batches, strict=True):
            v = verdict(name, batches[0], batch)
            own = ["", "baseline"] if batch is batches[0] else [f"{v.after - v.before:.6g}", v.word]
            rows.writerow([name, v.runs, label, f"{v.after:.6g}", f"{v.low:.6g}", f"{v.high:.6g}", *own])
    return "\n".join(lines) + "\n" + table.getvalue()


def report_of(labels: list[str], scenarios: list[Scenario], batches: list[work.Batch]) -> str:
    """Return a comparison as a page of HTML."""
    own = [small(scenario) for scenario in scenarios]
    return report_page("Styles of governance for one organisation", labels, own, batches, CHARTS, work.SHOWN)


@solara.component
def Compare() -> None:
    """Show some styles side by side."""
    base, names = chosen.value.scenario, sides.value
    scenarios = [scenario_of(name, base) for name in names]

    def simulate(stop: Callable[[], bool], show: Show) -> None:
        show([work.playback(scenario, stop) for scenario in scenarios])

    def match(stop: Callable[[], bool], show: Show) -> None:
        # The runs on screen come first.
        for runs in (work.FEW, work.MANY) if ready else ():
            show([work.batch(small(scenario), runs, stop) for scenario in scenarios])

    played, of, problem = use_latest(simulate, [scenarios])
    ready = of == [scenarios]
    batches, batches_of, _ = use_latest(match, [scenarios, ready])
    titles = style_titles()

    def label(scenario: Scenario) -> str:
        own = scenario.levers != preset(scenario.style, scenario.kind).levers
        return titles[scenario.style] + (" (your levers)" if own else "")

    payload = solara.use_memo(
        lambda: [one.payload(str(k), label(one.scenario)) for k, one in enumerate(played)] if played else [], [played]
    )
    scene = solara.use_memo(lambda: played[0].scene.payload() if played else None, [base.structure, played is None])
    with solara.v.Html(tag="div", class_="cv-between"):
        Text("h1", "One organisation under different styles of governance")
        widgets.Sides(
            styles=style_list(),
            chosen=list(names),
            most=MOST_SIDES,
            event_choose=lambda given: sides.set(tuple(str(name) for name in given if name in titles)[:MOST_SIDES]),
        )
    if problem:
        Text("p", problem, class_="cv-note")
    if played is None:
        Text("p", "The organisations are being simulated. The first time takes a minute or two.", class_="cv-card")
        return
    widgets.Player(scene=scene, runs=payload, words=player_words(), busy=of != [scenarios], go_to=START)
    if batches is not None and len(batches) == len(names):
        labels = [label(scenario) for scenario in scenarios]
        Differences(labels, batches, base, batches_of == [scenarios, True])
        Files(
            "Download",
            [
                Make(*CSV, "comparison", lambda: csv_of(labels, scenarios, batches)),
                Make(*HTML, "report-comparison", lambda: report_of(labels, scenarios, batches)),
            ],
            picture=True,
        )


@solara.component
def Differences(labels: list[str], batches: list[Any], base: Scenario, fresh: bool) -> None:
    """Show differences over matched runs with their intervals and verdicts."""
    runs, posts = len(batches[0].seeds), small(base).structure
    with solara.v.Html(tag="section", class_="cv-card" + ("" if fresh else " cv-busy"), style_="margin-top:10px"):
        Text("h2", f"Results of {runs} matched runs")
        Text(
            "p",
            f"Means of the last year over {runs} organisations of {posts.n_teams * posts.team_size} staff, each run under every style "
            f"with the same random events, and mean differences from “{labels[0]}” with 95 % intervals.",
            class_="soft",
        )
        with (
            solara.v.Html(
                tag="div",
                class_="cv-scroll",
                style_="max-height:none",
                attributes={"tabindex": "0", "role": "region", "aria-label": "Differences"},
            ),
            solara.v.Html(tag="table"),
        ):
            with solara.v.Html(tag="thead"), solara.v.Html(tag="tr"):
                _cell("th", "In the last year", scope="col")
                for k, name in enumerate(labels):
                    _cell("th", name, scope="col", number=True)
                    if k:
                        _cell("th", "Difference", scope="col", number=True)
                        _cell("th", "", scope="col", hidden="verdict")
            with solara.v.Html(tag="tbody"):
                for name in work.SHOWN:
                    Row(name, batches)


def _cell(tag: str, words: str, scope: str = "", number: bool = False, class_: str = "", hidden: str = "") -> None:
    attributes = {"scope": scope} if scope else {}
    children = [solara.v.Html(tag="span", class_="cv-hidden", children=[hidden])] if hidden else [words]
    solara.v.Html(
        tag=tag,
        class_=" ".join(filter(None, ("n" if number else "", class_))),
        attributes=attributes,
        children=children,
    )


@solara.component
def Row(name: str, batches: list[Any]) -> None:
    """Show one measure: each side's mean, and differences from the first."""
    about = MEASURES[name]
    with solara.v.Html(tag="tr"):
        _cell("th", about.label, scope="row")
        for k, batch in enumerate(batches):
            v = verdict(name, batches[0], batch)
            _cell("td", v.scale.text(v.after), number=True)
            if k:
                _cell("td", v.difference, number=True)
                _cell("td", v.word, class_={"better": "cv-better", "worse": "cv-worse"}.get(v.tone, "cv-open"))
