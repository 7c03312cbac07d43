"""Teams discuss an idea before they try it; disagreement sharpens their judgement until it turns into conflict."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import fixed, free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.levers import DELIBERATION
from civicsim.model.organisation import ENDORSED, N_PROFESSIONS
from civicsim.model.parts import spent_on
from civicsim.model.practice import drop, judges_rightly, place_of
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import unit

STREAM = stream_of("deliberation")
VOTES = stream_of("deliberation.votes")
_FACILITATION_SOURCE = "Direction: good management steers contestation away from undue conflict; size free."
_BY_DEFINITION = "Assumption: definition."
_MOUNTFORD_2014 = (
    "Direction: stereotypes are tempered by dialogue (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free."
)


@dataclass(frozen=True)
class Parameters:
    """Cost of deliberation, and effects of disagreement."""

    enabled: bool = switch(
        "Endorsed ideas are deliberated; off, they go to trial untested, and the hours go back to care."
    )
    n_discussants: int = free(5, "people", 2, 20, "People who discuss an idea.", role="fixed")
    hours_each: float = free(1.0, "hours", 0.25, 2, "Hours it costs each of them.")
    facilitation: float = share(
        0.5, "How far disagreement is steered to good use: 1 keeps all conflict out.", _FACILITATION_SOURCE
    )
    conflict_tolerance: float = free(
        0.3, "0–1", 0.1, 0.5, "Conflict up to which judgement and safety do not suffer.", symbol="c*"
    )
    conflict_cost: float = free(
        0.05, "safety per conflict", 0, 0.1, "Safety lost per unit of conflict beyond that.", symbol="μ_c"
    )
    conformity: float = share(0.8, "Correlation between discussants' judgements in a team of one mind.")
    heterogeneity: float = fixed(
        -1.0, "0–1; −1 as it is", -1, 1, "How much views differ, for studies; −1 takes the team's mix.", _BY_DEFINITION
    )
    hostility_weight: float = free(1.0, "multiple", 0, 3, "How much hostility between groups feeds conflict.")
    contact_rate: float = parameter(
        0.1, "per hour and week", 0, 1, "How fast hours of deliberation lower hostility.", _MOUNTFORD_2014
    )
    load_hostility: float = free(0.02, "per week and unit overload", 0, 0.2, "How fast overload raises hostility.")
    hostility_return: float = free(0.02, "per week", 0, 0.2, "How fast hostility returns to its usual level.")
    usual_hostility: float = share(0.3, "Hostility between groups without contact and overload.")


@compiled
def heterogeneity(diversity, split):
    """Return how much a team differs: half the mix of its professions, half the split of opinions over the idea."""
    return unit(0.5 * diversity + 0.5 * split)


@compiled
def split_of(pro, con):
    """Return how evenly opinions are split: 0 if all agree, 1 if half are for and half against."""
    return 2.0 * min(pro, con) / (pro + con) if pro + con > 0 else 0.0


@compiled
def conflict_of(difference, facilitation, hostility, hostility_weight):
    """Return conflict: difference that is not facilitated, fed by hostility between groups.

    Formula
        conflict = h (1 − f)(1 + w·hostility), at most 1
    """
    return unit(difference * (1.0 - facilitation) * (1.0 + hostility_weight * hostility))


@compiled
def conformity_of(conformity, diversity):
    """Return the correlation between discussants' judgements: less, the more professions come together."""
    return conformity * (1.0 - diversity)


@compiled
def failure_probability(conflict, tolerance):
    """Return the chance that a deliberation fails and its outcome is left to chance: conflict beyond the tolerance."""
    return max(0.0, conflict - tolerance)


@compiled
def hostility_change(q, hostility, hours, overload):
    """Return the change of hostility in a week: contact lowers it, overload raises it, and it returns to the usual."""
    return (
        q.hostility_return * (q.usual_hostility - hostility)
        - q.contact_rate * hours * hostility
        + q.load_hostility * overload
    )


@compiled
def _diversity(g, person):
    """Return the chance that two people of a team are of different professions (Blau's index)."""
    n = np.zeros(N_PROFESSIONS)
    for i in range(g.first_person, g.first_person + g.n_posts):
        if person[i].vacant == 0:
            n[person[i].profession] += 1.0
    filled = squares = 0.0
    for profession in range(N_PROFESSIONS):
        filled += n[profession]
        squares += n[profession] * n[profession]
    return 1.0 - squares / (filled * filled) if filled > 0.0 else 0.0


@compiled
def _votes(g, week, slot, d, n, correlation, u_common, u_start, gain, seed, person):
    """Return how many of ``n`` people of the team think that an idea fits, and how many that it does not.

    Each judges rightly with the probability of the own skill. Two judgements are correlated because each person goes
    by a view held in common with the square root of the correlation as probability.
    """
    fits = slot.idea_value == slot.reality
    follows = math.sqrt(correlation)
    start = int(u_start * g.n_posts)
    pro = con = 0
    for k in range(g.n_posts):
        who = person[g.first_person + (start + k) % g.n_posts]
        if who.vacant or who.absent:
            continue
        u_follow, u_own, _, _ = uniforms(seed, VOTES, week, who.key, d)
        u = u_common if u_follow < follows else u_own
        if fits == (u < judges_rightly(who.skill, gain)):
            pro += 1
        else:
            con += 1
        if pro + con == n:
            break
    return pro, con


@compiled
def _talk_over(at, week, q, gain, org, count, team, practice, person):
    """Let a few people of the team talk an idea over; it goes forward or is dropped. Return how many they were.

    It takes two at least.
    """
    _, t, d = at
    slot, g = practice[t, d], team[t]
    diversity = q.heterogeneity if q.heterogeneity >= 0.0 else _diversity(g, person)
    u_common, u_fails, u_chance, u_start = uniforms(org.seed, STREAM, week, g.key, d)
    correlation = conformity_of(q.conformity, diversity)
    pro, con = _votes(g, week, slot, d, q.n_discussants, correlation, u_common, u_start, gain, org.seed, person)
    if pro + con < 2:
        return 0
    conflict = conflict_of(
        heterogeneity(diversity, split_of(pro, con)), q.facilitation, g.hostility, q.hostility_weight
    )
    g.conflict = max(g.conflict, conflict)
    goes_forward = pro > con
    if u_fails < failure_probability(conflict, q.conflict_tolerance):
        goes_forward = u_chance < 0.5
    slot.deliberated = 1
    count.deliberated += 1
    event.note(at, event.DELIBERATION, event.CARRIED if goes_forward else event.REJECTED)
    count.deliberations_split += min(pro, con) > 0
    if not goes_forward:
        count.ideas_rejected += 1
        count.dissent_won += con > 0 and pro > 0
        drop(at, slot, event.VOTED_DOWN)
    return pro + con


@each_part
def _deliberate(own, org, q, q_practice, week, log, team, practice, person):
    """Let each team deliberate as many endorsed ideas as it has hours for."""
    m = practice.shape[1]
    # Dimensions on which a team may deliberate. There is room for one too many, which does not count.
    open_ideas = np.empty(m + 1, dtype=np.int64)
    own.spent[DELIBERATION] = 0.0
    if not q.enabled:
        for t in range(own.first_team, own.first_team + own.n_teams):
            team[t].conflict = team[t].deliberation_hours = 0.0
        return
    price = q.n_discussants * q.hours_each
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        g.conflict = 0.0
        g.deliberation_credit += org.hours[DELIBERATION] * g.n_posts
        used = 0.0
        n_open = 0
        for d in range(m):
            open_ideas[n_open] = d
            n_open += (practice[t, d].idea_state == ENDORSED) & (practice[t, d].deliberated == 0)
        if g.deliberation_credit >= price and n_open > 0:
            u, _, _, _ = uniforms(org.seed, STREAM, week, g.key, m)
            begin = place_of(int(u * m), open_ideas, n_open)
            for k in range(begin, begin + n_open):
                d = open_ideas[k if k < n_open else k - n_open]
                if g.deliberation_credit < price:
                    break
                gain = q_practice.judgement_gain
                hours = q.hours_each * _talk_over((log, t, d), week, q, gain, org, own, team, practice, person)
                g.deliberation_credit -= hours
                used += hours
            cost = q.conflict_cost * max(0.0, g.conflict - q.conflict_tolerance)
            if cost > 0.0:
                for i in range(g.first_person, g.first_person + g.n_posts):
                    person[i].safety = unit(person[i].safety - cost)
        # Hours for which there is nothing to deliberate go back to care.
        g.deliberation_credit = min(g.deliberation_credit, price)
        g.hostility = unit(g.hostility + hostility_change(q, g.hostility, used / g.n_posts, g.overload))
        g.deliberation_hours = used
        own.spent[DELIBERATION] += used


@each_organisation
def _add_up(parts, org):
    """Add up what was spent on deliberation."""
    org.spent[DELIBERATION] = spent_on(DELIBERATION, parts) / org.n_staff


PROCESS = Process(
    name="deliberation",
    title="Teams deliberate endorsed ideas: difference sharpens judgement, undue conflict spoils it and costs safety.",
    parameters=Parameters,
    kernels=(_deliberate, _add_up),
)
