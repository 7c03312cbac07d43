"""People speak up about what they noticed, or keep it to themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import choice, free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms_at
from civicsim.model import log as event
from civicsim.model.blocks import TEAMS_AT_ONCE, block_of
from civicsim.model.networks import add_friends
from civicsim.model.organisation import FROM_STAFF, N_PROBLEMS, NO_IDEA, TO_GUARDIAN, TO_MANAGER, TO_PEERS, WAITING
from civicsim.model.practice import propose
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import choice_probability, exp, unit

STREAM = stream_of("voice")
NORM_WEEKS = 13.0
PROPENSITY_WEEKS = 52.0
PRIOR_EVENTS = 0.5
MIDDLING = 0.5
LINEAR_SLOPE = 0.2
"""Probability per logit where it is linear. Assumption: mean of P(1−P) over the staff of the status quo, checked by a test."""
LOGIT, LINEAR, PRODUCT = 0, 1, 2
"""Codes of the forms of the decision to speak up."""
_DIRECTION = "Direction: Morrison (2014, Annual Review of Organizational Psychology 1:173), to be verified; size free."
_BROCK_2001 = "Brock and Durlauf (2001, Review of Economic Studies 68:235); which form holds is open, to be swept."
_INTERCEPT_SOURCE = "Assumption: calibrated to the share of staff who feel safe to speak up and to formal cases."
_LAINIDI_2025 = "Direction: Lainidi and others (2025), burnout and voice r = −.28, to be verified; size calibrated."
_BROCK_2001B = "Form: Brock and Durlauf (2001, Review of Economic Studies 68:235); size free."
_GUARDIAN_APPEAL_SOURCE = (
    "Assumption: gives about 2 formal cases per 100 staff and year (National Guardian's Office, England)."
)


@dataclass(frozen=True)
class Parameters:
    """Reasons that people weigh before they speak up, and whom they tell."""

    enabled: bool = switch("Staff speak up; off, no one does and nothing counts as withheld.")
    form: str = choice(
        "logit", ("logit", "linear", "product"), "Whether reasons add up in a logit or line, or multiply.", _BROCK_2001
    )
    intercept: float = parameter(
        -1.3, "logit", -2, 0, "Readiness to speak up when all else is neutral.", _INTERCEPT_SOURCE, symbol="β₀"
    )
    safety_weight: float = parameter(
        3.4, "logit", 1, 5, "How much psychological safety adds to speaking up.", _DIRECTION, symbol="β_S"
    )
    efficacy_weight: float = parameter(
        3.4, "logit", 1, 5, "How much expecting action adds to speaking up.", _DIRECTION, symbol="β_V"
    )
    belonging_weight: float = free(1.0, "logit", 0, 3, "How much belonging adds to speaking up.", symbol="β_X")
    status_weight: float = free(0.5, "logit", 0, 2, "How much standing adds to speaking up.", symbol="β_σ")
    exhaustion_weight: float = parameter(
        2.2, "logit", 1, 6, "How much exhaustion silences.", _LAINIDI_2025, symbol="β_E"
    )
    norm_weight: float = parameter(
        2.0, "logit", 0, 6, "How much the example of others adds to speaking up.", _BROCK_2001B, symbol="β_N"
    )
    fear_weight: float = free(1.0, "logit", 0, 3, "How much fear above the usual silences.", symbol="β_F")
    agency_weight: float = free(1.0, "logit", 0, 3, "How much perceived agency adds to speaking up.", symbol="β_g")
    severity_weight: float = free(
        1.0, "logit", 0, 3, "How much the severity of a problem adds to speaking up.", symbol="β_sev"
    )
    hours_per_item: float = free(0.5, "hours", 0.2, 1, "Hours it costs to voice one problem, outside the hour budget.")
    peer_authority: float = free(1.5, "utility", 0, 4, "How much authority of the team makes people turn to peers.")
    peer_agency: float = free(0.3, "utility", 0, 2, "How much agency makes people turn to peers.")
    manager_appeal: float = free(0.8, "utility", -2, 3, "Appeal of the manager, per unit of safety above the middle.")
    guardian_appeal: float = parameter(
        -4.6, "utility", -8, 0, "Appeal of the guardian for a trifle.", _GUARDIAN_APPEAL_SOURCE
    )
    guardian_severity: float = free(2.0, "utility", 0, 5, "How much severity makes people turn to the guardian.")
    guardian_unsafety: float = free(
        1.5, "utility", 0, 5, "How much a lack of safety makes people turn to the guardian."
    )


@written_in
def added_readiness(q, safety, efficacy):
    """Return what safety and efficacy speak for, in logits, where one makes up for the other.

    Formula
        β₀ + β_S(S−½) + β_V(V−½)
    """
    return q.intercept + q.safety_weight * (safety - 0.5) + q.efficacy_weight * (efficacy - 0.5)


@written_in
def joint_readiness(q, usual, safety, efficacy):
    """Return what safety and efficacy speak for, in logits, where neither counts for anything without the other.

    Formula
        β₀ + β_S(S₀−½) + β_V(V₀−½) + k(S·V/(S₀V₀) − 1),   k = ½(β_S·S₀ + β_V·V₀)

    The same as :func:`added_readiness` at the usual safety and efficacy, and about as steep there. That both are needed, the
    one to dare and the other to care, is an argument of Morrison (2014, Annual Review of Organizational Psychology 1:173), to
    be verified; that they multiply is an assumption.
    """
    steepness = 0.5 * (q.safety_weight * usual.usual_safety + q.efficacy_weight * usual.usual_efficacy)
    share = safety * efficacy / (usual.usual_safety * usual.usual_efficacy)
    return added_readiness(q, usual.usual_safety, usual.usual_efficacy) + steepness * (share - 1.0)


@written_in
def linear_probability(logits):
    """Return the probability of acting as a straight line that ends at 0 and 1: the linear probability model.

    Formula
        P = ½ + x/5

    The slope is the mean of the logit's over the staff of the status quo, so that as much is voiced there. A probit is not
    offered: with the logit's slope at even chances it differs from it by less than .02 everywhere.
    """
    return unit(0.5 + LINEAR_SLOPE * logits)


@written_in
def speaks_probability(form, appraisal, norm_weight, norm, reference):
    """Return the probability of speaking up, from what speaks for it apart from the norm (in logits) and the norm."""
    line = linear_probability(appraisal + norm_weight * (norm - reference))
    curve = choice_probability(appraisal, norm_weight, norm, reference)
    return line if form == LINEAR else curve


@written_in
def appraisal(q, usual, who, invitation, fear, severity):
    """Return what speaks for speaking up apart from the norm, in logits.

    Formula
        β₀ + β_S(S−½) + β_V(V−½) + β_X(X−½) + β_σσ − β_E(E−½) + β_g(g−½) + β_sev·sev + invitation·V − β_F(F−F₀)

    In the product form the first three terms are those of :func:`joint_readiness`. Being invited counts as far as one believes that it leads to something.
    """
    # Both are worked out, and one is taken: a branch would keep a loop from working on several people at once.
    added, joint = added_readiness(q, who.safety, who.efficacy), joint_readiness(q, usual, who.safety, who.efficacy)
    return (
        (joint if q.form == PRODUCT else added)
        + q.belonging_weight * (who.belonging - 0.5)
        + q.status_weight * who.status
        - q.exhaustion_weight * (who.exhaustion - 0.5)
        + q.agency_weight * (who.agency - 0.5)
        + q.severity_weight * severity
        + invitation * who.efficacy
        - q.fear_weight * (fear - usual.usual_fear)
    )


@compiled
def fear_share(q, usual, safety, efficacy, fear):
    """Return the share of silence that is due to fear, the rest being futility.

    The two are weighed by how much each keeps a person from full readiness.
    """
    dread = q.safety_weight * (1.0 - safety) + max(0.0, q.fear_weight * (fear - usual.usual_fear))
    futility = q.efficacy_weight * (1.0 - efficacy)
    return dread / max(dread + futility, 1e-12)


@compiled
def channel(q, authority, agency, safety, severity, u):
    """Return to whom a problem is voiced: a softmax choice among peers, manager and guardian."""
    peers = exp(q.peer_authority * authority + q.peer_agency * agency)
    manager = exp(q.manager_appeal + safety - 0.5)
    guardian = exp(q.guardian_appeal + q.guardian_severity * severity - q.guardian_unsafety * (safety - 0.5))
    x = u * (peers + manager + guardian)
    if x < peers:
        return TO_PEERS
    return TO_MANAGER if x < peers + manager else TO_GUARDIAN


@compiled
def _raise(at, slot, seen, i, to, week, g, count):
    """Put a problem on the table, or join what is on the table already."""
    kind = event.VOICE
    if slot.idea_state != NO_IDEA:
        count.joined += 1
        g.joined += slot.idea_state != WAITING
        # Of several who raise it in one week, the one who finds it most severe leads; order in the team is irrelevant.
        if not (slot.idea_state == WAITING and slot.raised_week == week and seen.severity > slot.idea_severity):
            event.note(at, event.SUPPORT, to, person=i, value=seen.value, fits=seen.value == slot.reality)
            return
        kind = event.TAKEOVER
    propose(slot, seen.value, seen.convenient, FROM_STAFF, to, seen.severity, week)
    slot.idea_raiser = i
    event.note(at, kind, to, person=i, value=seen.value, fits=seen.value == slot.reality)


@each_part
def _show(own, person, shown):
    """Let all staff see what each noticed and voiced lately, as it was before anyone speaks."""
    for i in range(own.first_person, own.first_person + own.n_staff):
        shown[i, 0], shown[i, 1] = person[i].noticed_memory, person[i].voiced_memory


@each_part
def _look_around(own, q, usual, team, person, ties, shown):
    """Work out for each person which share of the problems that colleagues and friends noticed lately was voiced."""
    if not q.enabled:
        return
    prior = PRIOR_EVENTS * usual.usual_voice_share
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        team_noticed = team_voiced = 0.0
        for i in range(g.first_person, g.first_person + g.n_posts):
            team_noticed += shown[i, 0]
            team_voiced += shown[i, 1]
        for i in range(g.first_person, g.first_person + g.n_posts):
            noticed, voiced = add_friends(team_noticed - shown[i, 0], team_voiced - shown[i, 1], ties, i, shown)
            around = min(1.0, (voiced + prior) / (noticed + PRIOR_EVENTS))
            person[i].norm = around if person[i].vacant == 0 else person[i].norm


@compiled
def _make_up_minds(org, q, usual, start, n_posts, person):
    """Let all in post weigh whether they would voice a problem of middling severity, and forget last week's voice."""
    invitation, fear = org.invitation, org.fear_enacted
    for i in range(start, start + n_posts):
        who = person[i]
        who.voiced = who.voice_hours = 0.0
        neutral = appraisal(q, usual, who, invitation, fear, MIDDLING)
        propensity = speaks_probability(q.form, neutral, q.norm_weight, who.norm, usual.usual_voice_share)
        before = propensity if who.tenure == 0 else who.propensity_memory
        after = before + (propensity - before) / PROPENSITY_WEEKS
        here = who.vacant == 0
        who.propensity = propensity if here else who.propensity
        who.propensity_memory = after if here else who.propensity_memory


@compiled
def _list_problems(start, n_posts, person, problem, held):
    """List who noticed what, problem by problem: row, key, number of the problem, and of the check; return how many."""
    n = 0
    for i in range(start, start + n_posts):
        if person[i].noticed > 0.0 and person[i].vacant == 0:
            for k in range(int(person[i].noticed)):
                held[0, n], held[1, n], held[2, n], held[3, n] = i, person[i].key, k, problem[i, k].check
                n += 1
    return n


@compiled
def _decide(log, org, q, usual, week, held, n, count, team, practice, person, problem):
    """Let people decide about each of the problems that they hold."""
    draws = uniforms_at(org.seed, STREAM, week, held[1, :n], held[3, :n])
    for c in range(n):
        i = held[0, c]
        who, seen = person[i], problem[i, held[2, c]]
        g, at = team[who.team], (log, who.team, seen.dimension)
        ready = appraisal(q, usual, who, org.invitation, org.fear_enacted, seen.severity)
        if draws[0, c] < speaks_probability(q.form, ready, q.norm_weight, who.norm, usual.usual_voice_share):
            to = channel(q, org.authority_enacted, who.agency, who.safety, seen.severity, draws[2, c])
            _raise(at, practice[who.team, seen.dimension], seen, i, to, week, g, count)
            who.voiced += 1.0
            who.voice_hours = who.voiced * q.hours_per_item
            g.voiced += 1.0
            count.voiced += 1.0
            count.hours_voice += q.hours_per_item
            count.voiced_peers += to == TO_PEERS
            count.voiced_manager += to == TO_MANAGER
            count.voiced_guardian += to == TO_GUARDIAN
        elif draws[1, c] < fear_share(q, usual, who.safety, who.efficacy, org.fear_enacted):
            count.withheld_fear += 1
            event.note(at, event.WITHHELD, event.FEAR, person=i)
        else:
            count.withheld_futility += 1
            event.note(at, event.WITHHELD, event.FUTILITY, person=i)


@each_part
def _speak(own, org, q, usual, week, log, team, practice, person, problem):
    """Let people make up their minds, and decide about each problem they noticed."""
    for t in range(own.first_team, own.first_team + own.n_teams):
        team[t].voiced = team[t].joined = 0.0
    if not q.enabled:
        for i in range(own.first_person, own.first_person + own.n_staff):
            person[i].voiced = person[i].voice_hours = 0.0
        return
    for one in range(own.first_team, own.first_team + own.n_teams, TEAMS_AT_ONCE):
        _, start, n_posts = block_of(own, team, one)
        _make_up_minds(org, q, usual, start, n_posts, person)
        held = np.empty((4, n_posts * N_PROBLEMS), dtype=np.int32)
        n = _list_problems(start, n_posts, person, problem, held)
        _decide(log, org, q, usual, week, held, n, own, team, practice, person, problem)


@each_part
def _remember(own, q, person):
    if not q.enabled:
        return
    keep = 1.0 - 1.0 / NORM_WEEKS
    noticed = voiced = 0.0
    for i in range(own.first_person, own.first_person + own.n_staff):
        who = person[i]
        who.noticed_memory = keep * who.noticed_memory + who.noticed
        who.voiced_memory = keep * who.voiced_memory + who.voiced
        noticed += who.noticed_memory
        voiced += who.voiced_memory
    own.sum_noticed_memory, own.sum_voiced_memory = noticed, voiced


@each_organisation
def _note_norm(parts, org, q):
    noticed = voiced = 0.0
    for own in parts:
        noticed += own.sum_noticed_memory
        voiced += own.sum_voiced_memory
    if q.enabled and noticed > 0.0:
        org.voice_norm = min(1.0, voiced / noticed)


PROCESS = Process(
    name="voice",
    title="Staff voice what they noticed, to peers, the manager or the guardian, or keep it back for fear or futility.",
    parameters=Parameters,
    kernels=(_show, _look_around, _speak, _remember, _note_norm),
)
