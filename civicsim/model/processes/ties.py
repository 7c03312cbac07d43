"""People of different teams get to know each other, keep in touch, or lose touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms, uniforms_in_turn
from civicsim.model.blocks import PEOPLE_AT_ONCE
from civicsim.model.levers import PEER
from civicsim.model.networks import add_tie, count_friends, count_neighbours_of, count_ties, drop_tie
from civicsim.model.parts import spent_on
from civicsim.model.rows import each_linked, each_part
from civicsim.model.rules import exp

MEET = stream_of("ties.meet")
TOUCH = stream_of("ties.touch")
N_CANDIDATES = 4
RECOUNT_WEEKS = 4
_KRACKHARDT_1993 = "Assumption: informal ties exist whatever the chart and the diary say (Krackhardt and Hanson 1993, to be verified); size free."
_WEST_1999 = (
    "Direction: homophily is strong among health professionals (West and others 1999), to be verified; size free."
)


@dataclass(frozen=True)
class Parameters:
    """Effort of making ties between teams, and of keeping them."""

    enabled: bool = switch(
        "Ties between teams form and dissolve; off, they stay as they were, and peer hours go back to care."
    )
    work_hours: float = parameter(
        0.02,
        "hours per week",
        0,
        0.2,
        "Hours in which the work itself brings people of other teams together.",
        _KRACKHARDT_1993,
    )
    upkeep_hours: float = free(0.02, "hours per tie and week", 0, 0.2, "Hours it takes to keep a tie alive.")
    making_hours: float = free(
        6.0, "hours per tie", 0.5, 40, "Hours with peers beyond upkeep that it takes to make a tie."
    )
    loss_rate: float = free(0.0028, "per week", 0, 0.05, "Weekly chance that a well-kept tie ends all the same.")
    neglect_rate: float = free(
        0.02, "per week", 0, 0.2, "Added weekly chance of losing a tie for which there are no hours at all."
    )
    same_profession: float = parameter(1.0, "log odds", 0, 2, "Pull of the same profession.", _WEST_1999)
    proximity: float = free(1.0, "log odds", 0, 2, "Pull of the same division.")
    closure: float = free(0.5, "log odds", 0, 2, "Pull of each acquaintance in common.", symbol="α_tri")
    outside_share: float = share(0.05, "Share of acquaintances looked for in a linked organisation, if there is one.")


@compiled
def making_probability(hours, n_ties, upkeep, making):
    """Return the weekly chance of making a tie: hours with peers beyond what present ties need, over hours per tie."""
    return min(1.0, max(0.0, hours - upkeep * n_ties) / making)


@compiled
def loss_probability(hours, n_ties, upkeep, loss, neglect):
    """Return the weekly chance of losing a tie: more, the less of the upkeep there are hours for."""
    if n_ties == 0 or upkeep == 0.0:
        return loss
    return min(1.0, loss + neglect * max(0.0, 1.0 - hours / (upkeep * n_ties)))


@compiled
def appeal(same_profession, near, in_common, q):
    """Return how strongly two people are drawn together: exp(α_same·same + α_prox·near + α_tri·acquaintances in common)."""
    return exp(q.same_profession * same_profession + q.proximity * near + q.closure * in_common)


@compiled
def _in_common(ties, a, b):
    """Return how many acquaintances two people share."""
    n = 0
    for slot in range(count_ties(ties, a)):
        for other in range(count_ties(ties, b)):
            n += ties[b, other] == ties[a, slot]
    return n


@compiled
def _candidate(i, k, u, v, w, org, organisation, team, person, ties, outside_share):
    """Return someone whom person ``i`` might meet: a friend's friend, someone of the division, or anyone."""
    if k == 0:
        n = count_ties(ties, i)
        if n == 0:
            return -1
        friend = ties[i, int(u * n)]
        # A friend's ties other than the one that leads back.
        n = count_ties(ties, friend) - 1
        if n == 0:
            return -1
        at = int(v * n)
        for slot in range(at + 1):
            at += ties[friend, slot] == i
        return ties[friend, at]
    home = org
    if k == 3 and u < outside_share:
        # Another organisation of the same run, where there is one.
        first = person[i].organisation - org.key
        n = 0
        while first + n < organisation.shape[0] and organisation[first + n].run == org.run:
            n += 1
        home = organisation[first + int(u / outside_share * n)]
    j = home.first_person + int(v * home.n_staff)
    if k == 1 and team[person[j].team].division != team[person[i].team].division:
        # Look once more, this time among the neighbouring teams of the own division.
        t = person[i].team + (1 if u < 0.5 else -1)
        if home.first_team <= t < home.first_team + home.n_teams:
            j = team[t].first_person + int(w * team[t].n_posts)
    return j


@compiled
def _meet(i, week, org, organisation, team, person, ties, q):
    """Return whom person ``i`` makes a tie with, or −1: one of a few people met, chosen by appeal."""
    who = person[i]
    found = np.full(N_CANDIDATES, -1, dtype=np.int64)
    weight = np.zeros(N_CANDIDATES)
    total = 0.0
    for k in range(N_CANDIDATES):
        u, v, w, _ = uniforms(org.seed, MEET, week, who.key, 1 + k)
        j = _candidate(i, k, u, v, w, org, organisation, team, person, ties, q.outside_share)
        if j < 0 or j == i or person[j].vacant or person[j].team == who.team or team[person[j].team].isolated:
            continue
        near = person[j].organisation == who.organisation and team[person[j].team].division == team[who.team].division
        found[k] = j
        weight[k] = appeal(person[j].profession == who.profession, near, _in_common(ties, i, j), q)
        total += weight[k]
    u, _, _, _ = uniforms(org.seed, MEET, week, who.key, 1 + N_CANDIDATES)
    x = u * total
    for k in range(N_CANDIDATES):
        if weight[k] > 0.0:
            x -= weight[k]
            if x < 0.0:
                return found[k]
    return -1


@compiled
def _chances(org, q, each_loses, makes):
    """Fill in the chance that a tie ends from one end, and that one is made, by number of ties: hours are the same for all."""
    # Handovers and referrals bring people together whether or not time is set aside for it.
    together = org.hours[PEER] + q.work_hours
    for n in range(makes.shape[0]):
        loses = loss_probability(together, n, q.upkeep_hours, q.loss_rate, q.neglect_rate)
        each_loses[n] = max(0.5 * loses, 1e-12)
        makes[n] = making_probability(together, n, q.upkeep_hours, q.making_hours)


@each_part
def _look(own, org, q, week, team, person, ties, moves):
    """Mark those whose ties change, going by the ties that they have as the week begins."""
    each_loses, makes = np.empty(ties.shape[1] + 1), np.empty(ties.shape[1] + 1)
    own.spent[PEER] = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        # A team that is cut off has no one to spend them with.
        team[t].peer_hours = 0.0 if team[t].isolated or not q.enabled else org.hours[PEER]
        own.spent[PEER] += team[t].peer_hours * team[t].n_posts / org.n_staff
    if not q.enabled:
        return
    _chances(org, q, each_loses, makes)
    for start in range(own.first_person, own.first_person + own.n_staff, PEOPLE_AT_ONCE):
        n_people = min(PEOPLE_AT_ONCE, own.first_person + own.n_staff - start)
        draws = uniforms_in_turn(org.seed, TOUCH, week, person[start].key, n_people, 0)
        for i in range(start, start + n_people):
            n_ties = count_friends(ties, i)
            loses, meets = draws[0, i - start], draws[1, i - start]
            moves[i] = (loses / each_loses[n_ties] < n_ties) | (meets < makes[n_ties])


@each_linked
def _meet_and_part(parts, org, q, count, week, organisation, team, person, ties, moves):
    """Let people meet and lose touch, one after another: what one does changes how many ties another has."""
    each_loses, makes = np.empty(ties.shape[1] + 1), np.empty(ties.shape[1] + 1)
    org.spent[PEER] = spent_on(PEER, parts)
    _chances(org, q, each_loses, makes)
    for i in range(org.first_person, org.first_person + (org.n_staff if q.enabled else 0)):
        if moves[i] == 0:
            continue
        who = person[i]
        n_ties = count_friends(ties, i)
        # One draw decides whether any tie ends, and which: each tie has half the chance from either end.
        u_loses, u_meets, _, _ = uniforms(org.seed, TOUCH, week, who.key, 0)
        which = u_loses / each_loses[n_ties]
        if which < n_ties:
            friend = ties[i, int(which)]
            drop_tie(ties, i, friend)
            moves[friend] = 1
            count.ties_lost += 1
        if u_meets < makes[n_ties] and not (who.vacant or team[who.team].isolated):
            j = _meet(i, week, org, organisation, team, person, ties, q)
            if j >= 0 and add_tie(ties, i, j):
                moves[j] = 1
                count.ties_made += 1


@each_part
def _recount(own, o, q, week, organisation, team, person, ties, neighbour):
    """Count again, every four weeks, which teams are neighbours: ties reach into other organisations of the run."""
    if q.enabled and week % RECOUNT_WEEKS == 0:
        count_neighbours_of(own, o, organisation, team, person, ties, neighbour)


PROCESS = Process(
    name="ties",
    title="Hours with peers keep ties between teams alive and make new ones, with people who are near, alike or friends of friends.",
    parameters=Parameters,
    kernels=(_look, _meet_and_part, _recount),
)
