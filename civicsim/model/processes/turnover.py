"""People leave, fall ill, and are followed by others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import shock, stream_of, uniforms_in_turn
from civicsim.model import log as event
from civicsim.model.blocks import PEOPLE_AT_ONCE
from civicsim.model.networks import drop_all_ties
from civicsim.model.organisation import CHIEF, STAFF
from civicsim.model.rows import each_linked, each_organisation, each_part
from civicsim.model.rules import exp, logistic, unit

STREAM = stream_of("turnover")
T_EXHAUSTION, T_SAFETY, T_EFFICACY, T_MOTIVATION, T_BELONGING, T_TRUST = (
    stream_of(f"turnover.{name}") for name in ("exhaustion", "safety", "efficacy", "motivation", "belonging", "trust")
)
T_AGENCY, T_SKILL, T_ALIGNMENT, T_OPENNESS, T_PROFESSIONALISM = (
    stream_of(f"turnover.{name}") for name in ("agency", "skill", "alignment", "openness", "professionalism")
)
MOST_WEEKS = 5_200
"""Weeks in post that are counted."""
LEAVER_WEEKS = 13.0
_LEAVERS = "Assumption: gives 10-12.5 % leavers a year (Hospital and Community Health Service, England), calibrated."
_BURNOUT = "Direction: burnout and turnover intention, odds ratio about 3 in physicians; size free."
_ABSENCE = "Assumption: gives 4.3-5.6 % sickness absence (England), calibrated."


@dataclass(frozen=True)
class Parameters:
    """Why people leave and fall ill, and what newcomers bring."""

    enabled: bool = switch("People leave, fall ill and are replaced.")
    absence_enabled: bool = switch("People fall ill.")
    exit_rate: float = parameter(
        0.00175, "per week", 0.0005, 0.01, "Weekly chance of leaving at the usual exhaustion.", _LEAVERS, symbol="h_x"
    )
    exit_exhaustion: float = parameter(
        4.0, "log rate per exhaustion", 2.5, 5.7, "How much exhaustion makes people leave.", _BURNOUT, symbol="e_E"
    )
    exit_trust: float = free(0.8, "log rate per trust", 0, 2, "How much trust lowers the chance of leaving.")
    exit_belonging: float = free(
        0.5, "log rate per belonging", 0, 2, "How much belonging lowers the chance of leaving."
    )
    absence_intercept: float = parameter(
        -3.1, "logit", -5, -2, "Logit of the weekly chance of absence at middling exhaustion.", _ABSENCE
    )
    absence_exhaustion: float = free(2.5, "logit", 0, 6, "How much exhaustion raises the chance of being absent.")
    reputation_weight: float = share(0.5, "Weight of the organisation's reputation in what newcomers expect.")


@written_in
def exit_hazard(q, usual_exhaustion, exhaustion, trust, belonging):
    """Return the weekly chance of leaving: h_x · exp(e_E(E−E_ref) − .8(T−½) − .5(X−½))."""
    return min(
        1.0,
        q.exit_rate
        * exp(
            q.exit_exhaustion * (exhaustion - usual_exhaustion)
            - q.exit_trust * (trust - 0.5)
            - q.exit_belonging * (belonging - 0.5)
        ),
    )


@written_in
def absence_probability(q, exhaustion):
    """Return the chance of being absent through sickness in a week: logistic(−3.1 + 2.5(E−½))."""
    return logistic(q.absence_intercept + q.absence_exhaustion * (exhaustion - 0.5))


@compiled
def newcomer_attitude(drawn, reputation, weight):
    """Return what a newcomer expects: a mix of a draw and the reputation of the organisation."""
    return (1.0 - weight) * drawn + weight * reputation


@compiled
def newcomer_trait(seed, stream, week, key, mean, sd):
    """Return a newcomer's draw of a trait, from .02 to .98."""
    return min(0.98, max(0.02, mean + sd * shock(seed, stream, week, key)))


@compiled
def hire(who, i, org, q, pop, week, manager):
    """Fill a post with a newcomer."""
    seed, key = org.seed, who.key
    who.vacant = 0
    who.generation += 1
    who.tenure = 0
    who.exhaustion_anchor = newcomer_trait(seed, T_EXHAUSTION, week, key, pop.exhaustion_mean, pop.exhaustion_sd)
    who.exhaustion = who.exhaustion_anchor
    drawn = newcomer_trait(seed, T_SAFETY, week, key, pop.safety_mean, pop.safety_sd)
    who.safety_anchor = drawn
    who.safety = unit(newcomer_attitude(drawn, org.mean_safety, q.reputation_weight))
    drawn = newcomer_trait(seed, T_EFFICACY, week, key, pop.efficacy_mean, pop.efficacy_sd)
    who.efficacy_anchor = drawn
    who.efficacy = unit(newcomer_attitude(drawn, org.mean_efficacy, q.reputation_weight))
    who.motivation_anchor = newcomer_trait(seed, T_MOTIVATION, week, key, pop.motivation_mean, pop.attitude_sd)
    who.belonging_anchor = newcomer_trait(seed, T_BELONGING, week, key, pop.belonging_mean, pop.attitude_sd)
    who.trust_anchor = newcomer_trait(seed, T_TRUST, week, key, pop.trust_mean, pop.attitude_sd)
    who.agency_anchor = newcomer_trait(seed, T_AGENCY, week, key, pop.agency_mean + pop.agency_bias, pop.attitude_sd)
    who.motivation, who.belonging = who.motivation_anchor, who.belonging_anchor
    who.trust, who.agency = who.trust_anchor, who.agency_anchor
    who.skill = newcomer_trait(seed, T_SKILL, week, key, pop.skill_mean, pop.skill_sd)
    who.alignment = newcomer_trait(seed, T_ALIGNMENT, week, key, pop.alignment_mean, pop.alignment_sd)
    who.professionalism = newcomer_trait(
        seed, T_PROFESSIONALISM, week, key, pop.professionalism_mean, pop.professionalism_sd
    )
    who.propensity = who.propensity_memory = who.norm = org.voice_norm
    who.noticed_memory = who.voiced_memory = who.acted_memory = who.answered_memory = 0.0
    if who.role != STAFF:
        j = org.first_manager + (i - org.first_person - org.n_staff)
        manager[j].openness_anchor = newcomer_trait(seed, T_OPENNESS, week, key, pop.openness_mean, pop.openness_sd)


@compiled
def leave_post(who, i, team, practice, count):
    """Empty a post; what the person had raised stays on the table, but no one waits for the answer."""
    who.vacant = 1
    who.absent = 0
    who.noticed = who.voiced = who.voice_hours = 0.0
    who.noticed_memory = who.voiced_memory = who.propensity = 0.0
    count.leavers += 1
    count.leaver_motivation += who.motivation
    if who.role == STAFF:
        g = team[who.team]
        g.leaver_memory = unit(g.leaver_memory + 1.0 / (LEAVER_WEEKS * g.n_posts))
        for d in range(practice.shape[1]):
            if practice[who.team, d].idea_raiser == i:
                practice[who.team, d].idea_raiser = -1


@compiled
def _fates(org, q, usual, week, start, n, person):
    """Let consecutive posts grow a week older, or be ill, and return whose occupants change: by leaving, or by joining."""
    moves = np.empty(n, dtype=np.int8)
    draws = uniforms_in_turn(org.seed, STREAM, week, person[start].key, n, 0)
    fill = 1.0 / org.weeks_to_fill
    for k in range(n):
        who = person[start + k]
        hazard = exit_hazard(q, usual, who.exhaustion, who.trust, who.belonging)
        ill = (draws[1, k] < absence_probability(q, who.exhaustion)) & q.absence_enabled
        vacant, here = who.vacant == 1, who.vacant == 0
        # The chief executive's coming and going belongs to governing.
        leaves = here & (draws[0, k] < hazard) & (who.role != CHIEF)
        moves[k] = leaves | (vacant & (draws[0, k] < fill))
        who.tenure = min(who.tenure + here, MOST_WEEKS)
        who.absent = ill & here & (not leaves)
    return moves


@each_part
def _add_up(own, person):
    """Add up the safety and efficacy of those in post."""
    safety = efficacy = filled = 0.0
    for i in range(own.first_person, own.first_person + own.n_staff):
        if person[i].vacant == 0:
            safety += person[i].safety
            efficacy += person[i].efficacy
            filled += 1.0
    own.sum_safety, own.sum_efficacy, own.sum_filled = safety, efficacy, filled


@each_organisation
def _note_reputation(parts, org, q):
    """Let newcomers hear of an organisation what it is like on average."""
    safety = efficacy = filled = 0.0
    for own in parts:
        safety += own.sum_safety
        efficacy += own.sum_efficacy
        filled += own.sum_filled
    if q.enabled and filled > 0.0:
        org.mean_safety, org.mean_efficacy = safety / filled, efficacy / filled


@compiled
def _change_posts(log, week, q, usual, org, pop, start, n, team, practice, person, manager, count, leavers):
    """Let people in consecutive posts leave, fall ill, and newcomers fill empty posts; list those who have left, and return how many."""
    left = 0
    for one in range(start, start + n, PEOPLE_AT_ONCE):
        n_people = min(PEOPLE_AT_ONCE, start + n - one)
        moving = _fates(org, q, usual.usual_exhaustion, week, one, n_people, person)
        for i in range(one, one + n_people):
            if not moving[i - one]:
                continue
            if person[i].vacant:
                event.note((log, person[i].team, -1), event.HIRE, event.TURNOVER, person=i)
                hire(person[i], i, org, q, pop, week, manager)
                count.hires += 1
            else:
                event.note((log, person[i].team, -1), event.EXIT, event.TURNOVER, person=i)
                leave_post(person[i], i, team, practice, count)
                leavers[start + left] = i
                left += 1
    return left


@each_part
def _come_and_go(own, org, q, q_population, usual, week, log, team, practice, person, manager, leavers):
    """Let people leave, fall ill, and newcomers fill empty posts."""
    own.sum_left = own.sum_leaders_left = 0.0
    if not q.enabled:
        for i in range(own.first_person, own.first_person + own.n_staff):
            person[i].absent = 0
        for i in range(own.first_leader, own.first_leader + own.n_managers):
            person[i].absent = 0
        return
    for t in range(own.first_team, own.first_team + own.n_teams):
        team[t].leaver_memory *= 1.0 - 1.0 / LEAVER_WEEKS
    pop = q_population
    own.sum_left = _change_posts(
        log, week, q, usual, org, pop, own.first_person, own.n_staff, team, practice, person, manager, own, leavers
    )
    own.sum_leaders_left = _change_posts(
        log, week, q, usual, org, pop, own.first_leader, own.n_managers, team, practice, person, manager, own, leavers
    )


@each_linked
def _lose_touch(parts, count, ties, leavers):
    """End the ties of those who have left, wherever they lead."""
    for own in parts:
        for first, left in ((own.first_person, own.sum_left), (own.first_leader, own.sum_leaders_left)):
            for k in range(int(left)):
                count.ties_lost += drop_all_ties(ties, leavers[first + k])


PROCESS = Process(
    name="turnover",
    title="The exhausted and mistrustful leave more often and are absent more often; newcomers bring the place's reputation.",
    parameters=Parameters,
    kernels=(_add_up, _note_reputation, _come_and_go, _lose_touch),
)
