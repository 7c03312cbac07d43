"""Components that several pages share: levers, dated events, files and the words of the player."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any

import solara

from civicsim.app import state, widgets, work
from civicsim.app.chronicle import chronicle
from civicsim.app.files import File, Files
from civicsim.app.frame import Box, Html, Place, Problem, Text
from civicsim.app.history import Playback, weeks_back
from civicsim.app.stories import story_of
from civicsim.app.verdicts import bands_of
from civicsim.app.words import PATHS, SHOWN, hours_rows, label_of, lever_rows, unbroken
from civicsim.experiment.wording import number
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import read_shipped, shocks, styles

style_titles, shock_titles = cache(styles), cache(shocks)
"""Titles of the shipped styles, and of shocks and interventions, by name; files are read once."""
SPANS = {13: "a quarter of a year", 52: "a year"}
"""Words for the weeks over which a point looks back."""


@cache
def player_words() -> dict[str, Any]:
    """Return the words of the player: states, time paths and dated events."""
    return {
        "states": [
            {"name": name, "label": label_of(measure), "low": low, "high": high}
            for name, (measure, low, high) in SHOWN["states"].items()
        ],
        "paths": [
            {"name": name, "label": label_of(name), "front": k < 4, "back": SPANS[weeks_back(name)]}
            for k, name in enumerate(PATHS)
        ],
        "events": shock_titles(),
    }


@cache
def shock_list() -> list[dict[str, str]]:
    """Return the shipped shocks and interventions by title, with what they do."""
    found = [
        {
            "name": name,
            "title": title,
            "about": str(read_shipped(name, "shocks")["description"]),
            "group": "Happens to you" if name in SHOWN["happens"] else "You decide",
        }
        for name, title in shock_titles().items()
    ]
    # A surge is offered first.
    return sorted(found, key=lambda shock: (shock["group"], shock["name"] != "surge", shock["title"]))


def event_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the dated events as the time line shows them; weeks count from 1."""
    titles, rows = shock_titles(), []
    for first, *others in state.event_groups(scenario):
        weeks = max(event.weeks for event in (first, *others))
        row = {"title": titles.get(first.name, first.name), "week": first.week + 1, "weeks": weeks}
        rows.append(row | {"happens": first.name in SHOWN["happens"]})
    return rows


def style_list() -> list[dict[str, str]]:
    """Return the shipped styles for a menu, the status quo first."""
    named = style_titles()
    return [{"name": name, "title": named[name]} for name in sorted(named, key=lambda n: (n != "status-quo", n))]


@solara.component
def LeverPanel(title: str, late: bool = False) -> None:
    """Show the levers of the chosen scenario; ``late`` lets changes begin in the week on screen."""
    scenario = state.chosen.value.scenario
    base = state.preset(scenario.style, scenario.kind)
    shown = dataclasses.replace(scenario, levers=state.levers_shown(scenario))

    def move(data: dict[str, Any]) -> None:
        name, value, week = str(data["name"]), float(data["value"]), int(data["week"])
        state.change_scenario(lambda now: state.with_lever(now, name, value, min(week, now.weeks - 1)))

    def reset(_: Any) -> None:
        state.change_scenario(lambda now: state.with_style(now, now.style))

    wanted, want = solara.use_state("")

    def choose(name: Any) -> None:
        now = state.chosen.peek().scenario
        own = state.levers_shown(now) != state.preset(now.style, now.kind).levers
        want(str(name) if own else "")
        if not own:
            state.change_scenario(lambda now: state.with_style(now, str(name)))

    def answer(button: str) -> None:
        if button == "discard":
            state.change_scenario(lambda now: state.with_style(now, wanted))
        want("")

    minutes = sum(row["minutes"] for row in hours_rows(shown))
    with Box():
        with Place():
            if wanted and shown.levers != base.levers:
                Html("discard", class_="cv-note", on_press=answer, title=style_titles().get(wanted, wanted))
        widgets.Levers(
            title=title,
            rows=lever_rows(shown, base),
            styles=style_list(),
            style=scenario.style,
            hours=hours_rows(shown),
            hours_title=f"How each person's {number(minutes, 0)} minutes a week are spent",
            from_week=0 if late else None,
            can_reset=shown.levers != base.levers,
            event_set_lever=move,
            event_choose_style=choose,
            event_reset=reset,
        )


@solara.component
def ActionPanel(title: str, from_clock: bool, files: Sequence[File]) -> None:
    """Show the time line of dated events, and hand out link and files."""
    scenario = state.chosen.value.scenario

    def put(what: dict[str, Any]) -> None:
        state.change_scenario(lambda now: state.with_event(now, str(what["name"]), int(what["week"]) - 1))

    def move(what: dict[str, Any]) -> None:
        state.change_scenario(lambda now: state.move_event(now, int(what["place"]), int(what["week"]) - 1))

    Files(
        title,
        [File(f"{scenario.style}.toml", scenario.to_toml), *files],
        shocks=shock_list(),
        dated=event_rows(scenario),
        weeks=scenario.weeks,
        from_clock=from_clock,
        picture=from_clock,
        event_put=put,
        event_move=move,
        event_remove=lambda place: state.change_scenario(lambda now: state.without_event(now, int(place))),
    )


@solara.component
def Stage(
    played: Sequence[Playback] | None,
    labels: Sequence[str],
    problem: str,
    waiting: str,
    batches: Sequence[work.Batch] | None = None,
    **player: Any,
) -> None:
    """Play labelled runs of the same people side by side, or tell what went wrong or is waited for.

    Tells what happened in each run, and the story of the person, team or idea that is picked in one of them. With the
    ``batches`` of a single run, draws the range of its matched runs behind it. What is left goes to
    :func:`civicsim.app.widgets.Player`.
    """
    picked, pick = solara.use_state(None)
    scene = solara.use_memo(lambda: played[0].scene.payload() if played else None, [played])
    runs = solara.use_memo(
        lambda: [
            one.payload(str(k), label) | {"chronicle": [[week, unbroken(text)] for week, text in chronicle(one)]}
            for k, (one, label) in enumerate(zip(played or (), labels, strict=False))
        ],
        [played],
    )
    bands = solara.use_memo(lambda: bands_of(batches[0]) if batches and len(batches) == 1 else None, [batches])
    Problem(problem)
    if played:
        run = min(int(picked.get("run", 0)), len(played) - 1) if picked else 0
        story = story_of(played[run], picked)
        widgets.Projector()
        words = player_words()
        widgets.Player(scene=scene, runs=runs, words=words, story=story, bands=bands, event_choose=pick, **player)
    elif not problem:
        Text("p", waiting, class_="cv-card")
