"""Compare: styles of governance on the same organisation, side by side on one clock, and over matched runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import solara

from civicsim.app import widgets, work
from civicsim.app.common import Stage, style_list, style_titles
from civicsim.app.files import File, Files, csv_text
from civicsim.app.frame import Box, Heading, Html
from civicsim.app.hooks import Show, use_latest
from civicsim.app.organisation import OrganisationPanel
from civicsim.app.pages.policy import CHARTS
from civicsim.app.report import report_page
from civicsim.app.state import MOST_SIDES, chosen, is_changed, sides, with_side
from civicsim.app.verdicts import Verdict, verdict
from civicsim.app.words import COMPARED
from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import n_staff

START = {"week": 103}
"""Week on screen at first: in week 1 all sides are alike."""


def scenario_of(style: str, base: Scenario) -> Scenario:
    """Return a style on the visitor's organisation, with the visitor's levers where it is the visitor's style."""
    return (
        base if style == base.style else dataclasses.replace(base.set("style", style), interventions=base.interventions)
    )


def rows_of(batches: Sequence[work.Batch]) -> list[list[Verdict]]:
    """Return, for each measure shown, how each side differs from the first."""
    return [[verdict(name, batches[0], batch) for batch in batches] for name in COMPARED]


def csv_of(labels: list[str], scenarios: list[Scenario]) -> str:
    """Return the results of all matched runs as CSV, with the scenarios in its first lines."""
    batches = work.full(scenarios).batches
    rows = [
        {"measure": v.name, "unit": MEASURES[v.name].unit, "runs": v.runs, "scenario": label}
        | v.after.columns("mean")
        | (v.columns if k else dict.fromkeys(v.columns, ""))
        | {"verdict": v.word if k else "baseline"}
        for row in rows_of(batches)
        for k, (label, v) in enumerate(zip(labels, row, strict=True))
    ]
    about = [f", {len(batches[0].seeds)} matched runs, last year of each"]
    for label, scenario in zip(labels, scenarios, strict=True):
        about += [label, scenario.to_toml()]
    return csv_text(pd.DataFrame(rows), *about)


def report_of(labels: list[str], scenarios: list[Scenario]) -> str:
    """Return a comparison over all matched runs as a page of HTML."""
    batches = work.full(scenarios).batches
    return report_page("Styles of governance for one organisation", labels, scenarios, batches, CHARTS, COMPARED)


@solara.component
def Compare() -> None:
    """Show some styles side by side."""
    base, names, titles = chosen.value.scenario, sides.value, style_titles()
    scenarios = [scenario_of(name, base) for name in names]

    def simulate(stop: Callable[[], bool], show: Show) -> None:
        show([work.playback(scenario, stop) for scenario in scenarios])

    def match(stop: Callable[[], bool], show: Show) -> None:
        # The runs on screen come first.
        for found in work.matched(scenarios, stop) if ready else ():
            show(found)

    played, of, problem = use_latest(simulate, [scenarios])
    ready = of == [scenarios]
    found, found_of, _ = use_latest(match, [scenarios, ready])

    def label(scenario: Scenario) -> str:
        return titles[scenario.style] + (" (your levers)" if is_changed(scenario) else "")

    def put(what: dict[str, Any]) -> None:
        sides.set(with_side(sides.peek(), int(what["place"]), str(what["name"])))

    with Box("cv-between"):
        Heading(
            "One organisation under different styles of governance",
            "The same people and the same random events, side by side on one clock; below, what differs over matched runs.",
        )
        widgets.Sides(styles=style_list(), chosen=list(names), most=MOST_SIDES, event_put=put)
    OrganisationPanel()
    Stage(
        played,
        [label(one.scenario) for one in played or ()],
        problem,
        "The organisations are being simulated. The first time takes a minute or two.",
        busy=not ready,
        go_to=START,
    )
    if played and found is not None:
        # Until a new answer is there, the last one stands under the names that it was found for.
        compared = found_of[0]
        labels = [label(scenario) for scenario in compared]
        with Box("cv-card cv-below" + ("" if found_of == [scenarios, True] else " cv-busy"), tag="section"):
            Html("differences", labels=labels, rows=rows_of(found.batches), matched=found, staff=n_staff(compared[0]))
        files = [
            File("comparison.csv", lambda: csv_of(labels, compared)),
            File("report-comparison.html", lambda: report_of(labels, compared)),
        ]
        Files("Download", files, picture=True)
