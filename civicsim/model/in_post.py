"""Averages of those in post in a team."""

from __future__ import annotations

from typing import Any

from civicsim.engine.compiled import compiled


def _mean_of(trait: str, empty: float) -> Any:
    """Return a compiled function of a team and all posts: the mean of a trait of those in post in the team.

    Parameters
    ----------
    trait : str
        A column of the person table.
    empty : float
        The mean of a team whose posts are all vacant.
    """

    @compiled
    def mean_in_post(g, person):  # type: ignore[no-untyped-def]
        total, filled = 0.0, 0
        for i in range(g.first_person, g.first_person + g.n_posts):
            if person[i].vacant == 0:
                total += person[i][trait]
                filled += 1
        return total / filled if filled > 0 else empty

    return mean_in_post


mean_alignment = _mean_of("alignment", empty=0.0)
mean_motivation = _mean_of("motivation", empty=0.0)
mean_professionalism = _mean_of("professionalism", empty=0.5)
mean_propensity = _mean_of("propensity", empty=0.0)
mean_safety = _mean_of("safety", empty=0.0)
mean_skill = _mean_of("skill", empty=0.0)
mean_trust = _mean_of("trust", empty=0.0)
