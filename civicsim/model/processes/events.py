"""Dated changes: interventions that someone decides on, shocks that happen, and the seasons.

Most are levers or parameters that take another value for some weeks; the few that touch rows are in
:mod:`civicsim.model.processes.actions`. What comes when is part of the scenario, so an intervention is data like a style.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import as_row, column_dtype, fixed, free, switch
from civicsim.engine.process import Process
from civicsim.model.cohort import Cohort, set_levers
from civicsim.model.levers import Levers
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.processes.choosing import choose_teams
from civicsim.model.rows import each_organisation


@dataclass(frozen=True)
class Event:
    """One dated change.

    Attributes
    ----------
    week : int
        The week in which it begins; 0 is the first week that is looked at.
    name : str
        What people call it.
    weeks : int
        How long its values hold; 0 for ever. Actions happen once.
    set : dict of str to value
        Levers and parameters that take another value, as ``"section.name"``.
    action : str
        Name of a function that touches rows, from :data:`ACTIONS`; "" for none.
    size : float
        How large the action is, in its own unit.
    teams : str
        Which teams the action is about: one of :data:`~civicsim.model.processes.choosing.CHOICES`. Unless it is all, they are
        marked, so that measures can look at them apart.
    share : float
        How many of the teams, 0–1, where they are chosen by chance or rank.
    """

    week: int
    name: str
    weeks: int = 0
    set: dict[str, Any] = field(default_factory=dict)
    action: str = ""
    size: float = 0.0
    teams: str = "all"
    share: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the block of a scenario file, without what is left at its default."""
        usual = dataclasses.asdict(Event(self.week, self.name))
        about = dataclasses.asdict(self)
        return {key: value for key, value in about.items() if key in ("week", "name") or value != usual[key]}

    def holds(self, week: int) -> bool:
        """Return whether the event's values hold in a week."""
        return self.week <= week and (self.weeks == 0 or week < self.week + self.weeks)

    def changes_in(self, week: int) -> bool:
        """Return whether the event begins or ends in a week."""
        return week == self.week or (self.weeks > 0 and week == self.week + self.weeks)


@dataclass(frozen=True)
class Plan:
    """Settings of a cohort's scenario, and dates of its changes.

    Attributes
    ----------
    levers : Levers
        The style.
    sections : dict of str to dataclass
        Parameters by section.
    events : tuple of Event
        Dated changes; of two that set one value, the later in the list wins.
    """

    levers: Levers
    sections: dict[str, Any]
    events: tuple[Event, ...] = ()

    def at(self, week: int) -> tuple[Levers, dict[str, Any]]:
        """Return the levers and the parameters that hold in a week; with events switched off, those of the scenario."""
        levers, sections = self.levers, dict(self.sections)
        happens = "events" not in sections or sections["events"].enabled
        for event in self.events if happens else ():
            if event.holds(week):
                for key, value in event.set.items():
                    section, name = key.split(".")
                    if section == "levers":
                        levers = dataclasses.replace(levers, **{name: value})
                    else:
                        sections[section] = dataclasses.replace(sections[section], **{name: value})
        return levers, sections


_BY_DEFINITION = "Assumption: definition."


@dataclass(frozen=True)
class Parameters:
    """The calendar."""

    enabled: bool = switch("Dated changes and seasons happen.")
    demand_factor: float = fixed(
        1.0, "multiple", 0.5, 2, "Care asked for, as a multiple of the usual; a surge raises it.", _BY_DEFINITION
    )
    programme_accuracy: float = free(
        0.75, "probability", 0.5, 1, "Chance that an improvement programme proposes what is right for the organisation."
    )
    winter_demand: float = free(
        0.05, "share of demand", 0, 0.3, "How much more care is asked for in midwinter than on average."
    )


@compiled
def season(week, winter_demand):
    """Return the factor on demand: highest in week 0 of each year of 52 weeks, lowest half a year later.

    Formula
        1 + w · cos(2π · week / 52)
    """
    return 1.0 + winter_demand * math.cos(2.0 * math.pi * week / 52.0)


def put_into_force(cohort: Cohort, plan: Plan, week: int, first: int, last: int) -> None:
    """Set the levers and parameters that hold in a week, for the organisations in rows ``first`` to ``last`` − 1."""
    levers, sections = plan.at(week)
    set_levers(cohort.tables, levers, slice(first, last))
    for name, values in sections.items():
        cohort.parameters[name][first:last] = np.array(as_row(values), dtype=column_dtype(type(values)))


@each_organisation
def _turn_seasons(org, q, week):
    """Let demand follow the seasons."""
    org.demand_factor = q.demand_factor * season(week, q.winter_demand) if q.enabled else 1.0


def acts_in(cohort: Cohort, first: int, last: int, week: int) -> bool:
    """Return whether something begins or ends in a week."""
    return cohort.plan is not None and any(event.changes_in(week) for event in cohort.plan.events)


def happen(cohort: Cohort, first: int, last: int) -> None:
    """Put into force what begins or ends this week, and do its actions."""
    c, week = cohort, cohort.week
    if c.parameters["events"]["enabled"][first] and c.plan is not None:
        if any(event.changes_in(week) for event in c.plan.events):
            put_into_force(c, c.plan, week, first, last)
        for place, event in enumerate(c.plan.events):
            if event.action and event.week == week:
                chosen = choose_teams(c, first, last, event.teams, event.share)
                if event.teams != "all":
                    c.team["marked"][chosen == 1] = 1
                ACTIONS[event.action](c, first, last, event.size, place, chosen, event.weeks)


PROCESS = Process(
    name="events",
    title="Interventions and shocks begin and end; demand follows the seasons.",
    parameters=Parameters,
    kernels=(_turn_seasons,),
    act=happen,
    acts_in=acts_in,
    writes=("organisation.*", "dimension.*", "practice.*", "person.*", "team.*", "neighbour.*", "ties", "tally.*"),
)
