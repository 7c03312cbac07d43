"""Explore: one organisation, week by week."""

from __future__ import annotations

from typing import Any

import solara

from civicsim.app import widgets, work
from civicsim.app.common import ActionPanel, LeverPanel, csv_of, player_words
from civicsim.app.files import CSV, Make
from civicsim.app.frame import Text
from civicsim.app.history import Playback
from civicsim.app.hooks import use_latest
from civicsim.app.state import chosen, preset, set_scenario
from civicsim.app.stories import idea_story, person_story, team_story
from civicsim.scenario.scenario import Scenario


def label_of(scenario: Scenario) -> str:
    """Return the caption of the canvas."""
    s = scenario.structure
    changed = scenario.levers != preset(scenario.style, scenario.kind).levers
    return f"{scenario.title or scenario.style}{' (changed)' if changed else ''}, {s.n_teams} teams of {s.team_size}"


def tell(played: Playback | None, picked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the story of the person, team or idea that was picked, if it exists."""
    if played is None or picked is None:
        return None
    week, row = min(int(picked["week"]), played.weeks - 1), int(picked["row"])
    if picked["kind"] == "idea":
        team, d = divmod(row, played.value.shape[2])
        return idea_story(played, team, d, week) if 0 <= team < len(played.scene.teams) else None
    if picked["kind"] == "team":
        return team_story(played, row, week) if 0 <= row < len(played.scene.teams) else None
    return person_story(played, row, week) if 0 <= row < len(played.scene.x) else None


@solara.component
def Explore() -> None:
    """Show one run of the chosen scenario."""
    scenario = chosen.value.scenario
    picked, pick = solara.use_state(None)
    shown, of, problem = use_latest(lambda stop, show: show(work.playback(scenario, stop)), [scenario])
    played: Playback | None = shown
    scene = solara.use_memo(lambda: played.scene.payload() if played else None, [scenario.structure, played is None])
    payload = solara.use_memo(lambda: [played.payload("run", label_of(played.scenario))] if played else [], [played])
    again = lambda _: set_scenario(scenario.with_(seed=(scenario.seed + 1) % 2**31))  # noqa: E731

    Text("h1", "Explore one organisation", class_="cv-hidden")
    with solara.v.Html(tag="div", class_="cv-columns cv-seen-first"):
        with solara.v.Html(tag="div"):
            LeverPanel("How it is run", late=True)
        with solara.v.Html(tag="div"):
            if problem:
                Text("p", problem, class_="cv-note")
            if played is None:
                if not problem:
                    Text(
                        "p",
                        "The organisation is being simulated week by week. The first time takes a minute or two.",
                        class_="cv-card",
                    )
            else:
                widgets.Player(
                    scene=scene,
                    runs=payload,
                    words=player_words(),
                    story=tell(played, picked),
                    can_reseed=True,
                    busy=of != [scenario],
                    event_choose=pick,
                    event_reseed=again,
                )
                ActionPanel("Add an event", from_clock=True, makes=[Make(*CSV, scenario.style, lambda: csv_of(played))])
