"""Motivation, belonging and trust follow how people are treated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.model.blocks import TEAMS_AT_ONCE, block_of
from civicsim.model.networks import count_friends
from civicsim.model.rows import each_part
from civicsim.model.rules import unit

TIES_THAT_MATTER = 4.0
_CERASOLI_2014 = (
    "Direction: Cerasoli, Nicklin and Ford (2014, Psychological Bulletin 140:980), to be verified; size free."
)
_DISPUTED = "Assumption: the effect is disputed; swept through zero."
_CARROT = "Assumption: whether rewards crowd motivation out or in is disputed (Cerasoli and others 2014, to be verified); none by default, to be swept through 0."
_ARONSSON_2017 = "Direction: control over one's work is among the best supported causes of less exhaustion (Aronsson and others 2017, to be verified); size free."
_SLOVIC_1993 = "Direction: trust follows whether voice is answered, fair dealing and fear (Slovic 1993, to be verified); size free."
_TAKING_PART = "Direction: taking part in an improvement makes people feel valued (Leiter and others 2011, to be verified); size free."
_OWN_BELONGING = "Assumption: set with the weights of what a place gives, so that trusts differ no more in feeling valued than they do."
_RANK = "Assumption: where rank counts, those low in rank feel it and those high in rank too; size free, to be swept through 0."
_DREW_2020 = "Assumption: staff judge leaders by how they spend time (Drew and Pandit 2020); size free."


@dataclass(frozen=True)
class Parameters:
    """How motivation, belonging and trust follow the work."""

    enabled: bool = switch("Motivation, belonging and trust change.")
    motivation_rate: float = free(
        0.02, "per week", 0, 0.1, "How fast motivation follows influence and permission.", symbol="μ_A"
    )
    autonomy_weight: float = share(0.4, "How much influence and permission raise motivation.", _CERASOLI_2014)
    crowding: float = parameter(
        0.004, "per week", -0.002, 0.01, "How much fear and targets crowd motivation out.", _DISPUTED, symbol="μ_X"
    )
    carrot_weight: float = parameter(
        0.0, "per week", -0.005, 0.01, "How much rewards for targets crowd motivation out.", _CARROT
    )
    directive_weight: float = parameter(
        0.1,
        "0–1 per directive",
        0,
        1,
        "Felt autonomy that a directive a year on each dimension takes away.",
        _ARONSSON_2017,
    )
    belonging_rate: float = free(0.08, "per week", 0, 0.2, "How fast belonging moves.")
    belonging_own: float = share(0.75, "Weight of what a person brought along in belonging.", _OWN_BELONGING)
    belonging_acted: float = share(0.25, "How much being acted on raises belonging.")
    belonging_recognition: float = share(0.06, "How much getting an answer at all raises belonging.")
    belonging_ties: float = share(0.05, "How much ties to other teams raise belonging, up to four.")
    belonging_openness: float = share(0.1, "How much the manager's openness raises belonging.")
    belonging_norm: float = share(0.08, "How much colleagues' speaking up raises belonging.")
    belonging_part: float = share(0.03, "How much taking part in improvements raises belonging.", _TAKING_PART)
    belonging_rank: float = parameter(
        0.05, "0–1", -0.1, 0.3, "How much standing raises belonging where rank counts, and its lack lowers it.", _RANK
    )
    trust_answered: float = share(0.3, "How much answers to what a team raises raise trust.", _SLOVIC_1993)
    trust_openness: float = share(0.2, "How much a manager's openness raises trust.", _SLOVIC_1993)
    trust_fear: float = share(0.3, "How much fear lowers trust.", _SLOVIC_1993)
    trust_rate: float = free(
        0.01, "per week", 0.005, 0.03, "How fast trust returns to what a person brought along.", symbol="κ_T"
    )
    gap_cost: float = parameter(
        0.005, "per week", 0, 0.05, "Trust lost per unit of gap between words and deeds.", _DREW_2020
    )


@written_in
def motivation_change(q, usual, org, motivation, anchor, agency):
    """Return the change of motivation in a week.

    Formula
        μ_A{M₀ + .4·autonomy − M} − μ_X(F·salience − s₀) − μ_C(carrot − c₀),
        autonomy = (influence − i₀) + (permission − p₀) − w_D(d − d₀),  influence = ½g + ½ authority

    with d the directives a year on each dimension of care.
    """
    influence = 0.5 * agency + 0.5 * org.authority_enacted
    autonomy = (influence - usual.usual_influence) + (org.permission_enacted - usual.usual_permission)
    autonomy -= q.directive_weight * (org.directive_memory - usual.usual_directives)
    pressure = org.fear_enacted * org.target_salience - usual.usual_pressure
    crowding = q.crowding * pressure + q.carrot_weight * (org.carrot - usual.usual_carrot)
    return q.motivation_rate * (anchor + q.autonomy_weight * autonomy - motivation) - crowding


@written_in
def belonging_target(q, anchor, acted, recognition, ties, openness, norm, place):
    """Return where belonging settles: what a person brought along, what people give, and what the place gives."""
    return unit(
        q.belonging_own * anchor
        + q.belonging_acted * acted
        + q.belonging_recognition * recognition
        + q.belonging_ties * min(1.0, ties / TIES_THAT_MATTER)
        + q.belonging_openness * openness
        + q.belonging_norm * norm
        + place
    )


@written_in
def part_taken(originated):
    """Return how much part a team takes in improvement: n/(1 + n), n the ideas of its own that it adopted in a year."""
    return originated / (1.0 + originated)


@written_in
def trust_grounds(q, usual, answered, openness, fear):
    """Return what the place adds to trust: a_A(answered − a₀) + a_O(O − O₀) − a_F(F − F₀)."""
    return (
        q.trust_answered * (answered - usual.usual_answered)
        + q.trust_openness * (openness - usual.usual_openness)
        - q.trust_fear * (fear - usual.usual_fear)
    )


@written_in
def trust_change(q, trust, anchor, grounds, gap, promises):
    """Return the change of trust in a week: κ_T(T₀ + grounds − T) − .005 · gap between words and deeds + promises."""
    return q.trust_rate * (anchor + grounds - trust) - q.gap_cost * gap + promises


@written_in
def trust_in_promises(gain, ratio, fulfilment, contract):
    """Return the weekly change of trust by promises: those kept and believed, less what fell short of expectations.

    Formula
        g·fulfilment − λ·g·max(0, expected − kept)
    """
    return gain * (fulfilment - ratio * max(0.0, -contract))


@written_in
def _follow(who, q, usual, org, grounds, promises):
    """Move a person's motivation and trust, where the post is filled."""
    change = motivation_change(q, usual, org, who.motivation, who.motivation_anchor, who.agency)
    motivation = unit(who.motivation + change)
    trust = unit(who.trust + trust_change(q, who.trust, who.trust_anchor, grounds, org.say_do_gap, promises))
    who.motivation = motivation if who.vacant == 0 else who.motivation
    who.trust = trust if who.vacant == 0 else who.trust


@compiled
def _follow_staff(org, q, usual, start, grounds, promises, openness, part, n_ties, person):
    """Move motivation, trust and belonging of consecutive posts; for each is given what its team and ties are like."""
    rank = q.belonging_rank * (1.0 - org.status_blindness)
    for k in range(promises.shape[0]):
        who = person[start + k]
        _follow(who, q, usual, org, grounds[k], promises[k])
        place = q.belonging_part * (part[k] - usual.usual_part) + rank * who.status
        target = belonging_target(
            q, who.belonging_anchor, who.acted_memory, who.answered_memory, n_ties[k], openness[k], who.norm, place
        )
        belonging = unit(who.belonging + q.belonging_rate * (target - who.belonging))
        who.belonging = belonging if who.vacant == 0 else who.belonging


@each_part
def _step(own, org, q, q_compact, usual, team, person, manager, ties):
    """Move motivation, trust and, for staff, belonging."""
    if not q.enabled:
        return
    gain, ratio = q_compact.fulfilment_gain, q_compact.breach_ratio
    for one in range(own.first_team, own.first_team + own.n_teams, TEAMS_AT_ONCE):
        beyond, start, n_posts = block_of(own, team, one)
        grounds, promises, openness = np.empty(n_posts), np.empty(n_posts), np.empty(n_posts)
        taken, n_ties = np.empty(n_posts), np.empty(n_posts)
        for t in range(one, beyond):
            g, open_to_staff = team[t], manager[team[t].manager].openness
            reasons = trust_grounds(q, usual, g.answered_share, open_to_staff, org.fear_enacted)
            word = trust_in_promises(gain, ratio, g.fulfilment, g.contract)
            for k in range(g.first_person - start, g.first_person + g.n_posts - start):
                grounds[k], promises[k] = reasons, word
                openness[k], taken[k] = open_to_staff, part_taken(g.originated_memory)
        for k in range(n_posts):
            n_ties[k] = count_friends(ties, start + k)
        _follow_staff(org, q, usual, start, grounds, promises, openness, taken, n_ties, person)
    for i in range(own.first_leader, own.first_leader + own.n_managers):
        who = person[i]
        if who.vacant:
            continue
        # Managers above the teams go by the organisation as a whole, and by the chief executive.
        if who.team >= 0:
            fulfilment, contract, answered = (
                team[who.team].fulfilment,
                team[who.team].contract,
                team[who.team].answered_share,
            )
        else:
            fulfilment, contract, answered = org.fulfilment, org.contract, org.answered_memory
        reasons = trust_grounds(q, usual, answered, org.leader_openness, org.fear_enacted)
        _follow(who, q, usual, org, reasons, trust_in_promises(gain, ratio, fulfilment, contract))
        # Assumption: managers' belonging returns to what they brought along.
        who.belonging += q.belonging_rate * (who.belonging_anchor - who.belonging)


PROCESS = Process(
    name="motivation",
    title="Felt autonomy feeds motivation, pressure crowds it out; answers, ties and taking part feed belonging; answers and deeds feed trust.",
    parameters=Parameters,
    kernels=(_step,),
)
