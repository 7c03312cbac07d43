"""Motivation, belonging and trust follow how people are treated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import free, parameter, switch
from civicsim.engine.process import Process
from civicsim.model.blocks import TEAMS_AT_ONCE, block_of
from civicsim.model.networks import count_friends
from civicsim.model.rules import unit

TIES_THAT_MATTER = 4.0
_CERASOLI_2014 = (
    "Direction: Cerasoli, Nicklin and Ford (2014, Psychological Bulletin 140:980), to be verified; size free."
)
_DISPUTED = "Assumption: the effect is disputed; swept through zero."
_DREW_2020 = "Assumption: staff judge leaders by how they spend time (Drew and Pandit 2020); size free."


@dataclass(frozen=True)
class Parameters:
    """How motivation, belonging and trust follow the work."""

    enabled: bool = switch("Motivation, belonging and trust change.")
    motivation_rate: float = free(
        0.02, "per week", 0, 0.1, "How fast motivation follows influence and permission.", symbol="μ_A"
    )
    autonomy_weight: float = parameter(
        0.4, "0–1", 0, 1, "How much influence and permission raise motivation.", _CERASOLI_2014
    )
    crowding: float = parameter(
        0.004, "per week", -0.002, 0.01, "How much fear and targets crowd motivation out.", _DISPUTED, symbol="μ_X"
    )
    belonging_rate: float = free(0.03, "per week", 0, 0.2, "How fast belonging moves.")
    belonging_acted: float = free(0.2, "0–1", 0, 1, "How much being acted on raises belonging.")
    belonging_recognition: float = free(0.15, "0–1", 0, 1, "How much getting an answer at all raises belonging.")
    belonging_ties: float = free(0.1, "0–1", 0, 1, "How much ties to other teams raise belonging, up to four.")
    belonging_openness: float = free(0.2, "0–1", 0, 1, "How much the manager's openness raises belonging.")
    belonging_norm: float = free(0.1, "0–1", 0, 1, "How much colleagues' speaking up raises belonging.")
    trust_rate: float = free(
        0.01, "per week", 0.005, 0.03, "How fast trust returns to what a person brought along.", symbol="κ_T"
    )
    gap_cost: float = parameter(
        0.005, "per week", 0, 0.05, "Trust lost per unit of gap between words and deeds.", _DREW_2020
    )


@written_in
def motivation_change(q, usual, motivation, anchor, agency, authority, permission, fear, salience):
    """Return the change of motivation in a week.

    Formula
        μ_A{M₀ + .4[(influence − i₀) + (permission − p₀)] − M} − μ_X(F·salience − s₀),  influence = ½g + ½ authority
    """
    influence = 0.5 * agency + 0.5 * authority
    autonomy = (influence - usual.usual_influence) + (permission - usual.usual_permission)
    return q.motivation_rate * (anchor + q.autonomy_weight * autonomy - motivation) - q.crowding * (
        fear * salience - usual.usual_pressure
    )


@written_in
def belonging_target(q, anchor, acted, recognition, ties, openness, norm):
    """Return where belonging settles: half of what a person brought along, and what the place gives."""
    return unit(
        0.5 * anchor
        + q.belonging_acted * acted
        + q.belonging_recognition * recognition
        + q.belonging_ties * min(1.0, ties / TIES_THAT_MATTER)
        + q.belonging_openness * openness
        + q.belonging_norm * norm
    )


@written_in
def trust_change(q, trust, anchor, gap, kept, broken):
    """Return the change of trust in a week: κ_T(T₀−T) − .005 · gap between words and deeds + kept − broken promises."""
    return q.trust_rate * (anchor - trust) - q.gap_cost * gap + kept - broken


@written_in
def _follow(who, q, usual, authority, permission, fear, salience, gap, kept, broken):
    """Move a person's motivation and trust, where the post is filled."""
    motivation = unit(
        who.motivation
        + motivation_change(
            q, usual, who.motivation, who.motivation_anchor, who.agency, authority, permission, fear, salience
        )
    )
    trust = unit(who.trust + trust_change(q, who.trust, who.trust_anchor, gap, kept, broken))
    who.motivation = motivation if who.vacant == 0 else who.motivation
    who.trust = trust if who.vacant == 0 else who.trust


@compiled
def _follow_staff(org, q, usual, start, kept, broken, openness, n_ties, person):
    """Move motivation, trust and belonging of consecutive posts; for each is given what its team and ties are like."""
    authority, permission, fear = org.authority_enacted, org.permission_enacted, org.fear_enacted
    salience, gap = org.target_salience, org.say_do_gap
    for k in range(kept.shape[0]):
        who = person[start + k]
        _follow(who, q, usual, authority, permission, fear, salience, gap, kept[k], broken[k])
        target = belonging_target(
            q, who.belonging_anchor, who.acted_memory, who.answered_memory, n_ties[k], openness[k], who.norm
        )
        belonging = unit(who.belonging + q.belonging_rate * (target - who.belonging))
        who.belonging = belonging if who.vacant == 0 else who.belonging


@compiled
def _step(first, last, p, p_compact, p_reference, organisation, team, person, manager, ties):
    """Move motivation, trust and, for staff, belonging."""
    for o in range(first, last):
        if not p[o].enabled:
            continue
        org, q, usual = organisation[o], p[o], p_reference[o]
        gain, loss = p_compact[o].fulfilment_gain, p_compact[o].fulfilment_gain * p_compact[o].breach_ratio
        for one in range(org.first_team, org.first_team + org.n_teams, TEAMS_AT_ONCE):
            beyond, start, n_posts = block_of(org, team, one)
            kept, broken, openness = np.empty(n_posts), np.empty(n_posts), np.empty(n_posts)
            n_ties = np.empty(n_posts)
            for t in range(one, beyond):
                g = team[t]
                for k in range(g.first_person - start, g.first_person + g.n_posts - start):
                    kept[k], broken[k] = gain * g.fulfilment, loss * g.breach
                    openness[k] = manager[g.manager].openness
            for k in range(n_posts):
                n_ties[k] = count_friends(ties, start + k)
            _follow_staff(org, q, usual, start, kept, broken, openness, n_ties, person)
        for i in range(org.first_person + org.n_staff, org.first_person + org.n_persons):
            who = person[i]
            if who.vacant:
                continue
            # Managers above the teams go by how the organisation as a whole keeps its word.
            fulfilment = team[who.team].fulfilment if who.team >= 0 else org.fulfilment
            breach = team[who.team].breach if who.team >= 0 else org.breach
            authority, permission, fear = org.authority_enacted, org.permission_enacted, org.fear_enacted
            salience, gap = org.target_salience, org.say_do_gap
            _follow(who, q, usual, authority, permission, fear, salience, gap, gain * fulfilment, loss * breach)
            # Assumption: managers' belonging returns to what they brought along.
            who.belonging += q.belonging_rate * (who.belonging_anchor - who.belonging)


PROCESS = Process(
    name="motivation",
    title="Influence and permission feed motivation, fear crowds it out; answers and ties feed belonging; words without deeds cost trust.",
    parameters=Parameters,
    kernels=(_step,),
)
