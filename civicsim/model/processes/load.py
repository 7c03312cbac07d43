"""Work is shared among those present; what is left over is headspace."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import free, parameter, switch
from civicsim.engine.process import Process
from civicsim.model.levers import PATIENTS, PROTECTED, REPORTING
from civicsim.model.organisation import TEAM_MANAGER
from civicsim.model.processes.compact import ledger
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import unit

HEADSPACE_PER_HOUR = 0.15
OVERLOAD_WEEKS = 10.0
_MOUNTFORD_2014 = "Assumption: clinicians work around institutional barriers (Mountford and Marshall 2014, BMJ Qual Saf 23:89); the amount is free, to be swept."
_MOUNTFORD_2014B = (
    "Direction: being always on is a strain (Mountford and Marshall 2014, BMJ Qual Saf 23:89); none by default."
)


@dataclass(frozen=True)
class Parameters:
    """Where working hours come from."""

    enabled: bool = switch("Load and headspace follow demand, staffing and the hours spent.")
    overtime: float = free(
        0.05, "share of contracted hours", 0, 0.15, "Overtime that people give before headspace is gone."
    )
    failure_demand: float = parameter(
        6.0, "hours per week", 2, 10, "Hours that a person would lose if no practice fitted.", _MOUNTFORD_2014
    )
    participation_from_recovery: float = parameter(
        0.0, "share of hours", 0, 1, "Share of the hours of taking part that comes out of rest.", _MOUNTFORD_2014B
    )
    convenience_gain: float = free(
        0.2, "hours per week", 0, 1, "Hours of care a person saves per convenient practice in use."
    )


@compiled
def working_load(care, spent, voice, failure, contracted):
    """Return load: hours of care, of improvement purposes, of voice and of work-arounds over contracted hours."""
    return (care + spent + voice + failure) / contracted


@compiled
def usable_headspace(load, overtime, contracted, permission, protected):
    """Return usable headspace, 0-1.

    Formula
        H = min(1, .15·[37.5·max(0, 1+ot−ℓ)] + permission·h_prot)

    Slack turns into headspace at .15 per hour. Protected time costs load like any hour, and comes back as headspace
    only where there is permission to use it.
    """
    slack = contracted * max(0.0, 1.0 + overtime - load)
    return unit(HEADSPACE_PER_HOUR * slack + permission * protected)


@written_in
def _look_at_practices(t, g, practice):
    """Note the share of a team's practices that do not fit; return how many are kept because they are convenient."""
    m = practice.shape[1]
    misfits = convenient = 0
    for d in range(m):
        misfits += practice[t, d].value != practice[t, d].reality
        convenient += practice[t, d].convenient
    g.mismatch = misfits / m
    return convenient


@written_in
def _share_work(t, org, q, return_hours, contracted, managers, team, practice, person, count):
    """Share a team's work among those present; return the hours of taking part that each takes out of rest."""
    g = team[t]
    convenient = _look_at_practices(t, g, practice)
    present = 0
    for i in range(g.first_person, g.first_person + g.n_posts):
        present += 1 - max(person[i].vacant, person[i].absent)
    g.n_present = present
    # Managers beside the team's manager are not there for care.
    at_work = max(present - (managers - 1), 1)
    care = max(0.0, (1.0 - org.deferred) * org.demand_factor * g.demand / at_work - q.convenience_gain * convenient)
    # What each gives, and what the team gives together: it falls to those who are there.
    # What staff take on in return for promises in a ledger, as far as they believe in them.
    in_return = return_hours * g.belief
    each = org.hours[PROTECTED] + org.hours[REPORTING] + org.partner_hours + in_return
    part = g.peer_hours + (g.deliberation_hours + org.spent[PATIENTS] * g.n_posts) / at_work
    rest = q.participation_from_recovery * part
    together = g.improvement_hours + g.response_hours + g.settling_hours + g.observation_hours + g.coaching_hours
    spent = each + part - rest + together / at_work
    failure = q.failure_demand * g.mismatch
    count.hours_failure_demand += failure * present
    load = headspace = 0.0
    filled = 0
    for i in range(g.first_person, g.first_person + g.n_posts):
        who = person[i]
        who.rest_hours = rest
        who.load = working_load(care, spent, who.voice_hours, failure, contracted)
        who.headspace = usable_headspace(who.load, q.overtime, contracted, org.permission_enacted, org.hours[PROTECTED])
        if who.vacant == 0:
            filled += 1
            load += who.load
            headspace += who.headspace
    g.load = load / max(filled, 1)
    g.headspace = unit(headspace / max(filled, 1))
    g.overload = unit(g.overload + (max(0.0, g.load - 1.0) - g.overload) / OVERLOAD_WEEKS)
    return rest


@each_part
def _load_staff(own, org, q, q_compact, q_structure, team, practice, person):
    """Work out load and headspace of staff, and each team's memory of overload."""
    if not q.enabled:
        return
    contracted, managers = q_structure.contracted_hours, q_structure.managers_per_team
    return_hours = q_compact.return_hours * ledger(org.compact) if q_compact.enabled else 0.0
    own.sum_load = own.sum_rest_hours = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        rest = _share_work(t, org, q, return_hours, contracted, managers, team, practice, person, own)
        own.sum_load += team[t].load / org.n_teams
        own.sum_rest_hours += rest / org.n_teams


@each_organisation
def _load_managers(parts, org, q, q_structure, team, person, manager):
    """Work out load and headspace of managers, from those of the teams."""
    if not q.enabled:
        return
    contracted = q_structure.contracted_hours
    org.spent[PROTECTED] = org.hours[PROTECTED]
    org.spent[REPORTING] = org.hours[REPORTING]
    mean_load = mean_rest = 0.0
    for own in parts:
        mean_load += own.sum_load
        mean_rest += own.sum_rest_hours
    # Assumption: managers share the load of those they lead.
    for j in range(org.first_manager, org.first_manager + org.n_managers):
        lead = person[manager[j].person]
        own_team = lead.role == TEAM_MANAGER
        lead.load = team[lead.team].load if own_team else mean_load
        lead.rest_hours = person[team[lead.team].first_person].rest_hours if own_team else mean_rest
        lead.headspace = usable_headspace(
            lead.load, q.overtime, contracted, org.permission_enacted, org.spent[PROTECTED]
        )


PROCESS = Process(
    name="load",
    title="Demand is shared among those present; improvement, reporting, answering and work-arounds cost hours on top.",
    parameters=Parameters,
    kernels=(_load_staff, _load_managers),
)
