"""The organisation on the page: its kind, size, weeks and seed, as controls that tell what they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import solara

from civicsim.app import state, widgets
from civicsim.report.words import kind_text, size_text, time_text
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import kinds, read_shipped
from civicsim.scenario.sizes import n_staff

CHANGES: dict[str, Callable[[Scenario, Any], Scenario]] = {
    "kind": state.with_kind,
    "staff": state.with_staff,
    "weeks": state.with_weeks,
    "seed": state.with_seed,
}
"""What changes each part of the choice."""


@cache
def kind_list() -> list[dict[str, str]]:
    """Return the shipped kinds of organisation by title, with what they are."""
    found = [
        {"name": name, "title": title, "about": str(read_shipped(name, "organisations").get("description", ""))}
        for name, title in kinds().items()
    ]
    return sorted(found, key=lambda kind: kind["title"])


def organisation_text(scenario: Scenario) -> str:
    """Return the organisation, its time and its seed in one line."""
    return f"{kind_text(scenario)}: {size_text(scenario)}; {time_text(scenario.weeks)}; seed {scenario.seed}"


@solara.component
def OrganisationPanel() -> None:
    """Show which organisation is on the page, and let it be changed."""
    scenario = state.chosen.value.scenario

    def put(what: dict[str, Any]) -> None:
        name, value = str(what["name"]), what["value"]
        given = str(value) if name == "kind" else int(value)
        state.change_scenario(lambda now: CHANGES[name](now, given))

    widgets.Organisation(
        text=organisation_text(scenario),
        kinds=kind_list(),
        kind=scenario.kind,
        staff=n_staff(scenario),
        team_size=scenario.structure.team_size,
        own=scenario.roster is not None,
        weeks=scenario.weeks,
        seed=scenario.seed,
        typical=state.TYPICAL_SEED,
        most={"staff": state.MOST_POSTS, "weeks": state.MOST_WEEKS, "seed": state.MOST_SEED},
        least={"staff": scenario.structure.team_size, "weeks": state.FEWEST_WEEKS, "seed": 0},
        event_put=put,
    )
