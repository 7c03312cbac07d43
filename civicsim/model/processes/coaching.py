"""Coaching opens managers slowly, and lets teams learn more from what they try."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free, parameter, switch
from civicsim.engine.process import Process
from civicsim.model.levers import COACHING
from civicsim.model.parts import spent_on
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import unit

_DREW_2020 = "Direction: coaching changes how leaders behave, slowly (Drew and Pandit 2020, BMJ 368:m872); size free."


@dataclass(frozen=True)
class Parameters:
    """Effects of an hour of coaching."""

    enabled: bool = switch("Managers and trials are coached; off, these hours go back to care.")
    full_hours: float = free(
        0.1, "hours per person and week", 0.01, 1, "Hours of coaching at which it has its full effect."
    )
    openness_rate: float = parameter(
        0.004, "per week", 0, 0.05, "Share of the way to openness that coaching takes a manager in a week.", _DREW_2020
    )
    skill_rate: float = free(
        0.0005, "per trial and week", 0, 0.01, "Weekly share of the way to full skill, for each coached trial."
    )


@compiled
def intensity(hours, full_hours):
    """Return how much coaching there is, 0-1: hours over those that have the full effect, at most 1."""
    return min(1.0, hours / full_hours)


@compiled
def coached(trait, rate, strength):
    """Return a trait after a week of coaching: x ← x + r·s·(1 − x)."""
    return unit(trait + rate * strength * (1.0 - trait))


@each_part
def _coach_teams(own, org, q, team, person, manager):
    """Move people in teams with trials towards skill."""
    hours = org.hours[COACHING] if q.enabled else 0.0
    strength = intensity(hours, q.full_hours)
    own.spent[COACHING] = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        # Where there is no one to coach and nothing on trial, the hours go back to care.
        coached_here = g.n_trials > 0 or person[manager[g.manager].person].vacant == 0
        g.coaching_hours = hours * g.n_posts if coached_here else 0.0
        own.spent[COACHING] += g.coaching_hours / org.n_staff
        if strength == 0.0 or g.n_trials == 0:
            continue
        for i in range(g.first_person, g.first_person + g.n_posts):
            if person[i].vacant == 0:
                person[i].skill = coached(person[i].skill, q.skill_rate * g.n_trials, strength)


@each_organisation
def _coach_managers(parts, org, q, person, manager):
    """Move coached managers towards openness, and work out what was spent."""
    org.spent[COACHING] = spent_on(COACHING, parts)
    strength = intensity(org.hours[COACHING] if q.enabled else 0.0, q.full_hours)
    if strength == 0.0:
        return
    for j in range(org.first_manager, org.first_manager + org.n_managers):
        if person[manager[j].person].vacant == 0:
            manager[j].openness_anchor = coached(manager[j].openness_anchor, q.openness_rate, strength)


PROCESS = Process(
    name="coaching",
    title="Coaching makes managers more open, slowly and until they leave, and lets teams learn more from trials.",
    parameters=Parameters,
    kernels=(_coach_teams, _coach_managers),
)
