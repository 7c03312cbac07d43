"""Staff experience what leaders do, not what they announce."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.model.levers import PURPOSES, REPORTING, WITH_PEOPLE
from civicsim.model.organisation import TEAM_MANAGER
from civicsim.model.rows import each_organisation
from civicsim.model.rules import unit

N_PURPOSES = len(PURPOSES)
_DREW_2020 = "Assumption: leaders are judged by where they spend time (Drew and Pandit 2020, BMJ 368:m872); the rate is free, to be swept."
_BAUMEISTER_2001 = (
    "Assumption: what is taken away needs no time with people and is felt sooner than what is given "
    "(Baumeister and others 2001; Slovic 1993, both to be verified); arrives within a year, the rate to be swept."
)
_DREW_2020B = "Assumption: leaders' behaviour is amplified down the line (Drew and Pandit 2020); the weight calibrated to how little organisations differ (P6)."
_DREW_2020C = "Direction: pressure on leaders is passed on (Drew and Pandit 2020, BMJ 368:m872); size free."


@dataclass(frozen=True)
class Parameters:
    """How intentions turn into what staff meet."""

    enabled: bool = switch("Attitudes are met only as far as leaders give hours to them; off, they are met at once.")
    rate: float = parameter(
        0.05, "per week", 0.01, 0.2, "Share of the gap to what is intended that full hours close in a week.", _DREW_2020
    )
    control_enabled: bool = switch("Control arrives without hours with people; off, every attitude needs such hours.")
    control_rate: float = parameter(
        0.08,
        "per week",
        0.02,
        0.3,
        "Share of the gap that is closed in a week where leaders take something away.",
        _BAUMEISTER_2001,
    )
    fallback: float = free(0.05, "per week", 0, 0.5, "Share of the way back to old habits per unit of overload.")
    leader_weight: float = parameter(
        0.2, "0–1", 0, 0.8, "Weight of the chief executive's openness against a manager's own.", _DREW_2020B
    )
    grip_fear: float = share(0.3, "How much full grip adds to the fear that leaders intend.")
    grip_hours: float = share(0.5, "Share of the hours of other purposes that full grip moves to reporting.")
    grip_cost: float = parameter(
        0.2, "openness per unit grip", 0, 1, "How much full grip closes managers.", _DREW_2020C
    )
    overload_cost: float = free(0.1, "openness per unit overload", 0, 2, "How much overload closes managers.")


@compiled
def enacted_attitude(q, enacted, intended, habit, freer, engaged, pressure):
    """Return what staff meet of an attitude next week.

    Formula
        x ← x + r·h·(x* − x) − f·p·(x − x₀)   where leaders give,
        x ← x + c·(x* − x)                    where they take away

    where h is the share of the hour budget that goes into being with people, p the pressure, x* the intention and x₀
    the habit of the status quo. What is given has to be shown, and slips under pressure as far as it goes beyond the habit;
    control travels by orders and reports, and needs no hours with people.

    Parameters
    ----------
    q : record
        Parameters of the process.
    enacted, intended, habit : float
        x, x* and x₀, 0-1.
    freer : float
        1 if more of the attitude leaves staff freer, −1 if less of it does.
    engaged, pressure : float
        h, 0-1, and p, the mean overload of teams.
    """
    if q.control_enabled and freer * (intended - enacted) < 0.0:
        pull = q.control_rate * (intended - enacted)
    else:
        pull = q.rate * engaged * (intended - enacted)
    slips = not q.control_enabled or freer * (enacted - habit) > 0.0
    back = q.fallback * pressure * (enacted - habit) if slips else 0.0
    return unit(enacted + pull - back)


@compiled
def words_without_deeds(fear, fear_met, permission, permission_met, authority, authority_met):
    """Return the gap between words and deeds: how much worse than announced staff are treated, on average.

    Formula
        ⅓[max(0, F − F*) + max(0, perm* − perm) + max(0, auth* − auth)],  * as announced

    To be treated better than announced disappoints no one.
    """
    return (
        max(0.0, fear_met - fear) + max(0.0, permission - permission_met) + max(0.0, authority - authority_met)
    ) / 3.0


@compiled
def manager_openness(own, leader, leader_weight, overload, overload_cost, grip, grip_cost):
    """Return how openly a manager receives what is raised: own and the chief's openness, less under overload and grip."""
    return unit((1.0 - leader_weight) * own + leader_weight * leader - overload_cost * overload - grip_cost * grip)


@compiled
def hours_with_people(org):
    """Return the hours that leaders and managers really gave to people last week, per person."""
    hours = 0.0
    for purpose in WITH_PEOPLE:
        hours += org.spent[purpose]
    return hours


@compiled
def _allocate(org, grip_hours):
    """Move hours to reporting as far as leaders have tightened; the sum stays the same."""
    moved = grip_hours * org.grip * (1.0 - org.ledger_protection)
    others = 0.0
    for purpose in range(N_PURPOSES):
        if purpose != REPORTING:
            org.hours[purpose] = (1.0 - moved) * org.allotted[purpose]
            others += org.allotted[purpose]
    org.hours[REPORTING] = org.allotted[REPORTING] + moved * others


@each_organisation
def _step(org, q, team, person, manager):
    """Move what staff meet towards what is intended, as far as hours are given; and set managers' openness."""
    pressure = 0.0
    for t in range(org.first_team, org.first_team + org.n_teams):
        pressure += team[t].overload
    pressure /= org.n_teams
    engaged = unit(hours_with_people(org) / org.hours_budget)
    _allocate(org, q.grip_hours)
    fear = unit(org.fear + q.grip_fear * org.grip)
    if q.enabled:
        org.fear_enacted = enacted_attitude(q, org.fear_enacted, fear, org.fear_habit, -1.0, engaged, pressure)
        org.permission_enacted = enacted_attitude(
            q, org.permission_enacted, org.permission, org.permission_habit, 1.0, engaged, pressure
        )
        org.authority_enacted = enacted_attitude(
            q, org.authority_enacted, org.authority, org.authority_habit, 1.0, engaged, pressure
        )
    else:
        org.fear_enacted, org.permission_enacted = fear, org.permission
        org.authority_enacted = org.authority
    org.say_do_gap = words_without_deeds(
        org.fear, org.fear_enacted, org.permission, org.permission_enacted, org.authority, org.authority_enacted
    )
    for j in range(org.first_manager, org.first_manager + org.n_managers):
        lead = person[manager[j].person]
        overload = team[lead.team].overload if lead.role == TEAM_MANAGER else pressure
        # While a post is empty, a stand-in takes after the chief executive.
        own = org.leader_openness if lead.vacant else manager[j].openness_anchor
        manager[j].openness = manager_openness(
            own, org.leader_openness, q.leader_weight, overload, q.overload_cost, org.grip, q.grip_cost
        )


PROCESS = Process(
    name="enactment",
    title="What leaders give has to be shown in hours with people, and slips under pressure; what they take away arrives by itself.",
    parameters=Parameters,
    kernels=(_step,),
)
