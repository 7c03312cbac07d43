"""Start: the question of the page, three stories to play, three doors, and a gallery of styles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import solara

from civicsim.app.common import style_list
from civicsim.app.frame import Heading, Html, tabs
from civicsim.app.lessons import lessons
from civicsim.app.state import preset, to_query
from civicsim.app.words import SHOWN, lever_rows
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import read_shipped


@dataclass(frozen=True)
class Opening:
    """A run that plays by itself: what it is called, what it asks, and its link within the page."""

    title: str
    question: str
    link: str


@cache
def openings() -> dict[str, Opening]:
    """Return the openings of ``page.toml`` by name."""
    return {name: _opening(name, block) for name, block in SHOWN["openings"].items()}


def _opening(name: str, block: Mapping[str, Any]) -> Opening:
    given = {"structure": {"n_teams": 20}} | {key: block[key] for key in ("style", "seed", "interventions")}
    scenario = Scenario.from_dict(given, f"opening {name}")
    return Opening(block["title"], block["question"], f"explore{to_query(scenario)}&play={name}")


def opening_of(query: str | None) -> Opening | None:
    """Return the opening that a link plays, or None."""
    return openings().get(parse_qs((query or "").lstrip("?")).get("play", [""])[0])


@cache
def gallery() -> list[dict[str, Any]]:
    """Return the shipped styles with what they are, and where the levers that are shown first stand, from 0 to 1."""
    shown = []
    for style in style_list():
        scenario = preset(style["name"])
        rows = [row for row in lever_rows(scenario, scenario) if row["front"]]
        shown.append(
            style
            | {"about": read_shipped(style["name"], "styles")["description"]}
            | {"bars": [(row["label"], row["value"] / row["high"]) for row in rows]}
        )
    return shown


@solara.component
def Start() -> None:
    """Show what the page is, and where to go from here."""
    start = SHOWN["start"]
    Heading(start["question"], start["sentence"])
    Html(
        "start",
        class_="cv-start",
        openings=openings().values(),
        gallery=gallery(),
        n_lessons=len(lessons()),
        research="results" if "results" in dict(tabs()) else "about",
    )
