"""People learn from the outcome of speaking up: whether it helps, whether it is safe, whether they can change things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import choice, free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.model.blocks import TEAMS_AT_ONCE, block_of
from civicsim.model.networks import add_friends
from civicsim.model.rows import each_part
from civicsim.model.rules import settle, unit

RESCORLA_WAGNER, PEARCE_HALL, COUNTING = 0, 1, 2
"""Codes of the forms of learning from outcomes."""
USUAL_SURPRISE = 0.65
"""Surprise at which learning by surprise is as fast as learning at one rate. Assumption: at it, the outcomes of the status quo move
efficacy by as much in all; most are either much better or much worse than expected."""
_RESCORLA_1972 = "Rescorla and Wagner (1972, in Black and Prokasy, Classical Conditioning II); which form holds is open, to be swept."
_LOSS_RATIO_SOURCE = "Assumption: losses loom about twice as large as gains; from memory, to be verified."
_SAFETY_RATE_SOURCE = "Assumption: stability over six weeks is only moderate, from secondary sources; free."
_FRAZIER_2017 = "Direction: Frazier and others (2017, Personnel Psychology 70:113), to be verified; size free."


@dataclass(frozen=True)
class Parameters:
    """How fast people learn, and from what."""

    enabled: bool = switch("Efficacy, agency and safety change with experience.")
    efficacy_enabled: bool = switch("Efficacy and agency follow outcomes.")
    safety_enabled: bool = switch("Safety follows neighbours, managers, the norm and fear.")
    form: str = choice(
        "rescorla-wagner",
        ("rescorla-wagner", "pearce-hall", "counting"),
        "Whether outcomes count alike, by surprise or by experience.",
        _RESCORLA_1972,
    )
    outcome_rate: float = free(
        0.1, "per item", 0.02, 0.3, "How far efficacy moves towards an outcome better than expected.", symbol="η"
    )
    loss_ratio: float = parameter(
        2.0, "ratio", 1, 4, "How much more a disappointment moves efficacy than a success.", _LOSS_RATIO_SOURCE
    )
    witness_share: float = share(0.25, "Weight of what happens to colleagues against what happens to oneself.")
    experience_rate: float = free(
        0.02, "per week", 0, 0.1, "How fast efficacy follows the share of problems that are dealt with.", symbol="κ_V"
    )
    dealt_weight: float = free(
        0.8, "efficacy per share", 0, 1, "How much that share raises expected efficacy.", symbol="a_R"
    )
    openness_efficacy: float = free(
        0.3, "efficacy per openness", 0, 0.8, "How much a manager's openness raises expected efficacy.", symbol="a_V"
    )
    agency_rate: float = free(0.02, "per week", 0, 0.1, "How fast agency returns to what a person brought along.")
    safety_rate: float = parameter(
        0.05, "per week", 0.02, 0.3, "How fast safety moves.", _SAFETY_RATE_SOURCE, symbol="η_S"
    )
    susceptibility: float = free(0.3, "0–1", 0, 0.6, "Weight of neighbours' safety against own grounds.", symbol="λ")
    openness_safety: float = parameter(
        0.4, "safety per openness", 0, 0.8, "How much a manager's openness raises safety.", _FRAZIER_2017, symbol="a_O"
    )
    norm_safety: float = free(
        0.2, "safety per share", 0, 0.8, "How much others' speaking up raises safety.", symbol="a_N"
    )
    fear_safety: float = free(0.2, "safety per fear", 0, 0.8, "How much fear lowers safety.", symbol="a_F")
    detriment_cost: float = free(0.15, "safety", 0, 0.5, "Safety lost by suffering for voice.")
    witness_cost: float = free(0.07, "safety", 0, 0.5, "Safety lost by seeing someone suffer.")


@written_in
def rate_by_surprise(rate, surprise):
    """Return the rate of learning where what surprises is attended to: η·|o−V|/.65.

    Pearce and Hall (1980, Psychological Review 87:532), to be verified, without a memory of earlier surprises. At the usual
    surprise it is η.
    """
    return rate * (surprise * (1.0 / USUAL_SURPRISE))


@written_in
def rate_by_experience(rate, tenure, usual_tenure):
    """Return the rate of learning where a belief is a mean of all that was seen: 2η/(1 + t/t₀).

    The rate of a Bayesian who counts outcomes falls as 1/(n₀+n). Assumption: weeks in post stand for n, and half of the staff
    learn faster than η and half of them more slowly.
    """
    return rate * (2.0 / (1.0 + tenure * (1.0 / usual_tenure)))


@written_in
def learning_rate(form, rate, surprise, tenure, usual_tenure):
    """Return the rate at which an outcome moves a belief, in one of its forms."""
    by_surprise, by_experience = rate_by_surprise(rate, surprise), rate_by_experience(rate, tenure, usual_tenure)
    return by_surprise if form == PEARCE_HALL else by_experience if form == COUNTING else rate


@written_in
def learn_from_outcome(belief, outcome, rate, loss_ratio):
    """Return a belief moved towards an outcome; disappointments count ``loss_ratio`` times as much.

    Formula
        V ← V + η(o − V),  with η·loss_ratio where o < V, and η by :func:`learning_rate`
    """
    speed = rate * loss_ratio if outcome < belief else rate
    return unit(belief + min(1.0, speed) * (outcome - belief))


@written_in
def expected_efficacy(anchor, dealt_weight, dealt, reference_dealt, openness_weight, openness, reference_openness):
    """Return the efficacy that experience of the place suggests: V₀ + a_R(r̄−r₀) + a_V(O−O₀).

    ``dealt`` is a share of all problems noticed, voiced or not, so that silence does not shield the belief.
    """
    return unit(anchor + dealt_weight * (dealt - reference_dealt) + openness_weight * (openness - reference_openness))


@written_in
def grounds_for_safety(q, usual, anchor, openness, norm, fear):
    """Return the safety that a person's own grounds suggest: S₀ + a_O(O−O₀) + a_N(v̄−v₀) − a_F(F−F₀)."""
    return unit(
        anchor
        + q.openness_safety * (openness - usual.usual_openness)
        + q.norm_safety * (norm - usual.usual_voice_share)
        - q.fear_safety * (fear - usual.usual_fear)
    )


@written_in
def _heard(belief, total, n, rate, loss_ratio, q, tenure, usual_tenure):
    """Return a belief after the mean of ``n`` outcomes; the same where there were none."""
    outcome = total / max(n, 1.0)
    pace = learning_rate(q.form, rate, abs(outcome - belief), tenure, usual_tenure)
    after = learn_from_outcome(belief, outcome, pace, loss_ratio)
    return after if n > 0.0 else belief


@compiled
def _learn_efficacy(q, usual, start, n_posts, outcomes, n_outcomes, dealt, openness, person):
    """Let efficacy and agency of consecutive posts learn from own outcomes, then from those of others in the team.

    Only efficacy takes disappointments harder. For each post is given what its team saw this week.
    """
    witness_rate, loss_ratio, tenure = q.outcome_rate * q.witness_share, q.loss_ratio, usual.usual_tenure
    for k in range(n_posts):
        who = person[start + k]
        own, n = who.outcomes, who.n_outcomes
        others, n_others = outcomes[k] - own, n_outcomes[k] - n
        belief = _heard(who.efficacy, own, n, q.outcome_rate, loss_ratio, q, who.tenure, tenure)
        belief = _heard(belief, others, n_others, witness_rate, loss_ratio, q, who.tenure, tenure)
        agency = _heard(who.agency, own, n, q.outcome_rate, 1.0, q, who.tenure, tenure)
        agency = _heard(agency, others, n_others, witness_rate, 1.0, q, who.tenure, tenure)
        anchor, usual_dealt, usual_open = who.efficacy_anchor, usual.usual_dealt_share, usual.usual_openness
        expected = expected_efficacy(
            anchor, q.dealt_weight, dealt[k], usual_dealt, q.openness_efficacy, openness[k], usual_open
        )
        belief = unit(settle(belief, 0.0, expected, 0.0, q.experience_rate))
        agency = unit(settle(agency, 0.0, who.agency_anchor, 0.0, q.agency_rate))
        who.efficacy = belief if who.vacant == 0 else who.efficacy
        who.agency = agency if who.vacant == 0 else who.agency


@compiled
def _learn_safety(q, usual, fear, start, n_posts, around, n_around, climate, openness, detriments, person):
    """Let safety of consecutive posts follow that of others around, own grounds, and who was made to suffer."""
    for k in range(n_posts):
        who = person[start + k]
        grounds = grounds_for_safety(q, usual, who.safety_anchor + climate[k], openness[k], who.norm, fear)
        near = around[k] / n_around[k] if n_around[k] > 0.0 else grounds
        moved = settle(who.safety, near, grounds, q.susceptibility, q.safety_rate)
        seen = max(0.0, detriments[k] - who.detriments)
        after = unit(moved - q.detriment_cost * who.detriments - q.witness_cost * seen)
        who.safety = after if who.vacant == 0 else who.safety


@each_part
def _show(own, person, shown):
    """Let all staff see how safe each felt before this week taught anything, and which posts are filled."""
    for i in range(own.first_person, own.first_person + own.n_staff):
        here = 1.0 - person[i].vacant
        shown[i, 0], shown[i, 1] = here * person[i].safety, here


@each_part
def _learn(own, org, q, usual, week, team, person, manager, ties, shown):
    """Move efficacy, agency and safety by what the week taught."""
    if not q.enabled:
        return
    for one in range(own.first_team, own.first_team + own.n_teams, TEAMS_AT_ONCE):
        beyond, start, n_posts = block_of(own, team, one)
        # Of each post: what its team saw this week, and the safety of those around.
        outcomes, n_outcomes, detriments = np.empty(n_posts), np.empty(n_posts), np.empty(n_posts)
        dealt, openness, climate = np.empty(n_posts), np.empty(n_posts), np.empty(n_posts)
        around, n_around = np.empty(n_posts), np.empty(n_posts)
        for t in range(one, beyond):
            g = team[t]
            noticed, usually = g.noticed_memory, usual.usual_dealt_share
            share = min(1.0, g.dealt_memory / noticed) if noticed > 0.0 else usually
            for k in range(g.first_person - start, g.first_person + g.n_posts - start):
                outcomes[k], n_outcomes[k], detriments[k] = g.outcomes, g.n_outcomes, g.detriments
                dealt[k], openness[k] = share, manager[g.manager].openness
                climate[k] = g.climate if week < g.climate_until else 0.0
            if q.safety_enabled:
                total = filled = 0.0
                for i in range(g.first_person, g.first_person + g.n_posts):
                    total += shown[i, 0]
                    filled += shown[i, 1]
                for i in range(g.first_person, g.first_person + g.n_posts):
                    around[i - start], n_around[i - start] = add_friends(
                        total - shown[i, 0], filled - 1.0, ties, i, shown
                    )
        if q.efficacy_enabled:
            _learn_efficacy(q, usual, start, n_posts, outcomes, n_outcomes, dealt, openness, person)
        if q.safety_enabled:
            _learn_safety(
                q, usual, org.fear_enacted, start, n_posts, around, n_around, climate, openness, detriments, person
            )


PROCESS = Process(
    name="learning",
    title="Staff learn from outcomes, their own and colleagues', whether speaking up helps and is safe.",
    parameters=Parameters,
    kernels=(_show, _learn),
)
