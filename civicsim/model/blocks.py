"""People and teams that are gone through together: few enough that what is worked out about them stays in the processor's cache."""

from __future__ import annotations

from typing import Any

from civicsim.engine.compiled import written_in

TEAMS_AT_ONCE = 128
"""About 2,000 people, whose random numbers and intermediate results take some 100 KB."""
PEOPLE_AT_ONCE = 2_048
"""The same, where it does not matter who is in which team."""


@written_in
def block_of(org: Any, team: Any, one: int) -> tuple[int, int, int]:
    """Return the team after the last of a block that begins with team ``one``, its first post, and how many posts it has."""
    beyond = min(one + TEAMS_AT_ONCE, org.first_team + org.n_teams)
    start = team[one].first_person
    return beyond, start, team[beyond - 1].first_person + team[beyond - 1].n_posts - start
