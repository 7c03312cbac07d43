"""From which teams a team took over a way of working: read off the tables before and after a week.

The model names no giver: a team takes over what teams with ties to it have changed lately, and several examples may be
what it takes. Who they were follows from the tables, exactly: nothing that a team looks at while it looks around changes
between the end of a week and that moment, except by what leaves a trace. Only an action on a date may redraw ties unseen;
what is taken over in such a week comes from teams that are not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from civicsim.model.organisation import FROM_DIRECTIVE, FROM_NEIGHBOURS, NO_IDEA, TRIAL
from civicsim.model.processes.spread import NEWS_WEEKS

SEEN, HANDED_ON, AGREED = "seen", "handed on", "agreed"
"""How it travelled: seen in teams with ties, handed on in a pair, or decided together at the end of a trial."""

Practices = Mapping[str, np.ndarray] | np.ndarray
"""Columns of what teams do, each (n_teams, n_dimensions)."""


@dataclass(frozen=True)
class Travel:
    """A team takes over a way of working.

    Attributes
    ----------
    week, team, dimension : int
        When, who, and which way of working.
    how : {"seen", "handed on", "agreed"}
    sources : tuple of int
        Teams it was taken over from; several that were seen together; none where that is not known.
    """

    week: int
    team: int
    dimension: int
    how: str
    sources: tuple[int, ...]


def travels_of(
    week: int, before: Practices, after: Practices, adopted: np.ndarray, ties: np.ndarray, partner: np.ndarray,
    ties_known: bool,
) -> Iterator[Travel]:  # fmt: skip
    """Yield what teams took over from others in a week.

    Parameters
    ----------
    week : int
    before, after : Practices
        What teams did at the end of the week before and of this one.
    adopted : (n_teams, n_dimensions) bool array
        Which of them were changed.
    ties : (n_teams, n_neighbours) array
        Teams with ties at the end of the week before, −1 for none.
    partner : (n_teams,) int array
        With whom teams are paired, −1 for nobody.
    ties_known : bool
        Whether ties were those of the week before when teams looked around.
    """
    for t, d in np.argwhere(adopted).tolist():
        origin = after["origin"][t, d]
        if origin != FROM_NEIGHBOURS:
            if before["idea_state"][t, d] != TRIAL and origin != FROM_DIRECTIVE:
                yield from _agreed(week, t, d, before, after, adopted)
        elif after["adopted_week"][t, d] > week:
            # What a team sees this week, it does from the next on.
            around = ties[t][ties[t] >= 0]
            news = around[_news(week, after["value"][t, d], around, d, before, after)]
            yield Travel(week, t, d, SEEN, tuple(sorted(news.tolist())) if ties_known else ())
        else:
            yield Travel(week, t, d, HANDED_ON, (int(partner[t]),) if partner[t] >= 0 else ())


def _news(week: int, value: int, teams: np.ndarray, d: int, before: Practices, after: Practices) -> np.ndarray:
    """Return which teams held a change to ``value``, in use and young, when teams looked around."""

    def was(name: str) -> np.ndarray:
        return before[name][teams, d]

    def now(name: str) -> np.ndarray:
        return after[name][teams, d]

    dated = was("adopted_week")
    young = (dated < week) & (dated >= week - NEWS_WEEKS)
    held = young & (was("followed") == 1) & (was("origin") != FROM_DIRECTIVE) & (was("value") == value)
    kept = (now("adopted_week") == dated) & (now("followed") == 1) & (now("value") == value)
    # Who changed in the same way, by looking around or in a pair, did so after everybody had looked.
    later = (now("adopted_week") >= week) & (now("origin") == FROM_NEIGHBOURS) & (now("previous") == value)
    return held & (kept | later)


def _agreed(week: int, team: int, d: int, before: Practices, after: Practices, adopted: np.ndarray) -> Iterator[Travel]:
    """Yield a change that another team's trial ended with, where it was one team's beyond doubt."""
    tried = (before["idea_state"][:, d] == TRIAL) & (after["idea_state"][:, d] == NO_IDEA) & adopted[:, d]
    same = tried & (after["value"][:, d] == after["value"][team, d])
    found = np.flatnonzero(same & (after["origin"][:, d] == after["origin"][team, d]))
    if len(found) == 1:
        yield Travel(week, team, d, AGREED, (int(found[0]),))
