"""Explore: one organisation, week by week."""

from __future__ import annotations

from collections.abc import Callable

import solara

from civicsim.app import work
from civicsim.app.common import ActionPanel, LeverPanel, Stage
from civicsim.app.files import File, csv_text
from civicsim.app.frame import Box, Heading
from civicsim.app.history import Playback
from civicsim.app.hooks import Show, use_latest
from civicsim.app.organisation import OrganisationPanel
from civicsim.app.pages.start import opening_of
from civicsim.app.state import change_scenario, chosen, is_changed
from civicsim.model.measures import MEASURES
from civicsim.model.recording import weekly_frame
from civicsim.scenario.scenario import Scenario


def label_of(scenario: Scenario) -> str:
    """Return the caption of the canvas."""
    s, roster = scenario.structure, scenario.roster
    of = str(s.team_size) if roster is None else f"{roster.sizes.min()} to {roster.sizes.max()}"
    return (
        f"{scenario.title or scenario.style}{' (changed)' if is_changed(scenario) else ''}, {s.n_teams} teams of {of}"
    )


def csv_of(played: Playback) -> str:
    """Return the weekly record of a run as CSV, with the scenario in its first lines."""
    return csv_text(weekly_frame(played.record, MEASURES.values()), "\n" + played.scenario.to_toml())


@solara.component
def Explore() -> None:
    """Show one run of the chosen scenario."""
    scenario, opening = chosen.value.scenario, opening_of(solara.use_router().search)

    def simulate(stop: Callable[[], bool], show: Show) -> None:
        played = [work.playback(scenario, stop)]
        show((played, None))
        show((played, [work.batch(scenario, work.MANY, stop)]))

    found, of, problem = use_latest(simulate, [scenario])
    played, batches = found or (None, None)
    again = lambda _: change_scenario(lambda now: now.with_(seed=(now.seed + 1) % 2**31))  # noqa: E731

    if opening:
        Heading(opening.title, opening.question)
    else:
        Heading(
            "Explore one organisation",
            "Every shape is a person in the model. Play five years, click anyone, move a lever.",
        )
    with Box("cv-columns cv-seen-first"):
        with Box():
            OrganisationPanel()
            LeverPanel("How it is run", late=True)
        with Box():
            Stage(
                played,
                [label_of(one.scenario) for one in played or ()],
                problem,
                "The organisation is being simulated week by week. The first time takes a minute or two.",
                batches=batches,
                can_reseed=True,
                busy=of != [scenario],
                go_to={"week": 0, "play": True} if opening else None,
                event_reseed=again,
            )
            if played:
                files = [File(f"{scenario.style}.csv", lambda: csv_of(played[0]))]
                ActionPanel("Add an event", from_clock=True, files=files)
