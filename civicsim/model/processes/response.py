"""Managers, colleagues and the guardian answer what was raised, as far as their time goes."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import choice, free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.calendar import QUARTER
from civicsim.model.in_post import mean_safety
from civicsim.model.levers import REPORTING, RESPONSE
from civicsim.model.organisation import (
    FROM_PROGRAMME,
    FROM_STAFF,
    FROM_TEAM,
    NO_IDEA,
    TO_FORUM,
    TO_GUARDIAN,
    TO_MANAGER,
    TO_PEERS,
    WAITING,
)
from civicsim.model.parts import spent_on
from civicsim.model.practice import drop, endorse
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import either, exp, unit

STREAM = stream_of("response")
DEALT_WEEKS = 26.0
MEMORY_PER_ITEM = 0.25
"""Weight of the latest item in what a person remembers of being answered. Assumption: about the last four items."""
OUTCOME_ACTED, OUTCOME_EXPLAINED, OUTCOME_SILENT = 1.0, 0.6, 0.0
ITEMS_REMEMBERED = 20.0
"""Items of a team over which the share answered is remembered. Assumption: about a quarter's worth."""
EXPONENTIAL, LINEAR, HYPERBOLIC = 0, 1, 2
"""Codes of the forms in which overload eats the time for answering."""
_FORM = "Assumption: which form holds is open, to be swept."
_DE_VRIES_2012 = "Direction: pretended interest silences (De Vries, Jehn and Terwel 2012, to be verified); size free."
_GUARDIAN = "Assumption: gives 3-5 % of formal cases (National Guardian's Office, England), calibrated."


@dataclass(frozen=True)
class Parameters:
    """How much can be answered, and with what result."""

    enabled: bool = switch("What is raised is answered; off, everything waits for ever.")
    form: str = choice(
        "exponential",
        ("exponential", "linear", "hyperbolic"),
        "Whether overload cuts time for answering evenly or ever less.",
        _FORM,
    )
    hours_per_item: float = free(2.5, "hours", 1, 5, "Hours it takes to answer one item.")
    escalation: float = free(
        0.2, "probability", 0, 0.4, "Chance that what the team may not decide is decided higher up."
    )
    peer_hours: float = free(1.5, "hours", 0, 5, "Hours it takes colleagues to settle an item among themselves.")
    patience: int = free(
        26, "weeks", 8, 104, "Weeks after which an item acted on without result counts as silence.", role="fixed"
    )
    guardian_success: float = free(0.4, "probability", 0, 1, "Chance that what goes to the guardian is acted on.")
    explain_base: float = free(
        0.35, "probability", 0, 1, "Chance that a refusal is explained by a manager without openness."
    )
    explain_openness: float = free(
        0.4, "probability", 0, 0.6, "How much full openness adds to the chance of an explanation."
    )
    timeout: int = free(8, "weeks", 1, 52, "Weeks after which an unanswered item counts as silence.", role="fixed")
    status_bias: float = free(
        1.0, "severity per standing", 0, 3, "How much standing moves an item up the queue where rank counts."
    )
    pretence_outcome: float = parameter(
        -0.4,
        "outcome",
        -1,
        0,
        "How silence is felt by those who were asked to speak: 0 as silence, −1 as a slap.",
        _DE_VRIES_2012,
    )
    detriment: float = parameter(
        0.2, "probability", 0.05, 0.4, "Chance of suffering for speaking up under full fear.", _GUARDIAN, symbol="d₀"
    )
    reporting_cost: float = free(
        0.5, "share", 0, 1, "Share of the time for answering lost if all hours went into reporting."
    )
    exhaustion_cost: float = free(
        0.5, "share", 0, 1, "Share of the time for answering lost when the manager is exhausted."
    )
    overload_cost: float = free(4.0, "per unit overload", 0, 10, "How steeply time for answering falls with overload.")


@compiled
def exponential_share(overload, cost):
    """Return the share of the time for answering that overload leaves: exp(−k·ov). Each bit of overload takes a like share."""
    return exp(-cost * overload)


@compiled
def linear_share(overload, cost, usual):
    """Return the share of the time for answering that overload leaves, where it takes a like amount each time till none is left.

    Formula
        max(0, 1 − (ov/ov₀)(1 − exp(−k·ov₀)))

    All of it without overload, and what :func:`exponential_share` leaves at the usual overload. Assumption: a budget that other
    work is taken out of.
    """
    return max(0.0, 1.0 - overload / usual * (1.0 - exponential_share(usual, cost)))


@compiled
def hyperbolic_share(overload, cost, usual):
    """Return the share of the time for answering that overload leaves, where even much of it leaves some.

    Formula
        1 / (1 + (ov/ov₀)(exp(k·ov₀) − 1))

    All of it without overload, and what :func:`exponential_share` leaves at the usual overload. Assumption: time goes to
    answering and to overload in proportion to how much either asks.
    """
    return 1.0 / (1.0 + overload / usual * (1.0 / exponential_share(usual, cost) - 1.0))


@compiled
def share_left(form, overload, cost, usual):
    """Return the share of the time for answering that overload leaves, in one of its forms."""
    if form == LINEAR:
        return linear_share(overload, cost, usual)
    if form == HYPERBOLIC:
        return hyperbolic_share(overload, cost, usual)
    return exponential_share(overload, cost)


@compiled
def response_hours(hours, posts, reporting_share, reporting_cost, exhaustion, exhaustion_cost, left):
    """Return a team's hours for answering in a week.

    Formula
        h_resp · n · (1 − ½·reporting/B) · (1 − ½E_m) · left,   left = exp(−4·ov) or another :func:`share_left`
    """
    return hours * posts * (1.0 - reporting_cost * reporting_share) * (1.0 - exhaustion_cost * exhaustion) * left


@compiled
def queue_priority(severity, waited, timeout, status, status_bias, blindness):
    """Return the place of an item in the queue: severity, time waited, and standing as far as rank counts."""
    return severity + waited / timeout + status_bias * (1.0 - blindness) * status


@compiled
def explained_probability(base, gain, openness):
    """Return the chance that what is not acted on is explained: .35 + .4·O."""
    return unit(base + gain * openness)


@compiled
def detriment_probability(base, fear, openness):
    """Return the chance of suffering for having spoken up: d₀ · F · (1−O)."""
    return base * fear * (1.0 - openness)


@compiled
def silence_outcome(invitation, pretence, u):
    """Return how silence is felt: as nothing, or, where one was invited to speak, as pretence."""
    return pretence if u < invitation else OUTCOME_SILENT


@compiled
def _tell(slot, g, person, outcome, acted):
    """Tell the person who raised it, and the team, the outcome of an item; no one learns from what no one voiced."""
    if slot.idea_origin != FROM_STAFF and slot.idea_origin != FROM_TEAM:
        return
    g.outcomes += outcome
    g.n_outcomes += 1.0
    g.answered_share += ((1.0 if outcome > 0.0 else 0.0) - g.answered_share) / ITEMS_REMEMBERED
    if slot.idea_raiser >= 0:
        who = person[slot.idea_raiser]
        who.outcomes += outcome
        who.n_outcomes += 1.0
        who.acted_memory += MEMORY_PER_ITEM * ((1.0 if acted else 0.0) - who.acted_memory)
        who.answered_memory += MEMORY_PER_ITEM * ((1.0 if outcome > 0.0 else 0.0) - who.answered_memory)


@compiled
def _answer(at, slot, g, person, count, week, acts, explains, invitation, pretence, u_act, u_explain, u_silence):
    """Decide one item: acted on, explained, or silence."""
    if u_act < acts:
        event.note(at, event.ANSWER, event.ACTED_ON, person=slot.idea_raiser)
        endorse(at, slot, week)
        count.acted += 1
        g.dealt += 1.0
        _tell(slot, g, person, OUTCOME_ACTED, True)
    elif u_explain < explains:
        count.explained += 1
        event.note(at, event.ANSWER, event.EXPLAINED, person=slot.idea_raiser)
        _tell(slot, g, person, OUTCOME_EXPLAINED, False)
        drop(at, slot, event.AFTER_EXPLANATION)
    else:
        count.silent += 1
        event.note(at, event.ANSWER, event.SILENCE, person=slot.idea_raiser)
        _tell(slot, g, person, silence_outcome(invitation, pretence, u_silence), False)
        drop(at, slot, event.AFTER_SILENCE)


@compiled
def _detriment(at, slot, g, person, count, probability, u):
    count.exposed += slot.idea_raiser >= 0
    if slot.idea_raiser >= 0 and u < probability:
        event.note(at, event.DETRIMENT, slot.idea_channel, person=slot.idea_raiser)
        person[slot.idea_raiser].detriments += 1.0
        g.detriments += 1.0
        count.detriments += 1


@compiled
def forum_insists(independence, seats, seat_weight, acted_share):
    """Return the chance that the forum gets its way where there is money: independence, weighed up by seats on boards.

    Formula
        min(1, ι · (1 + w·seats)), or the share that a study sets
    """
    return min(1.0, independence * (1.0 + seat_weight * seats)) if acted_share < 0.0 else acted_share


@compiled
def _answer_forum(at, slot, count, week, org, q, seat, u_act):
    """Decide an issue of the patients' forum: it takes independence to insist and money to pay for the fix."""
    paid = org.forum_funds >= 1.0 - 1e-9 or q.acted_share >= 0.0
    if paid:
        # Without independence the host spends the forum's money as it sees fit.
        org.forum_funds = max(0.0, org.forum_funds - 1.0)
    if paid and u_act < forum_insists(org.independence, q.seats, q.seat_weight, q.acted_share):
        seat.acted += 1.0
        count.acted_forum += 1
        event.note(at, event.ANSWER, event.GRANTED)
        endorse(at, slot, week)
    else:
        seat.ignored += 1.0
        event.note(at, event.ANSWER, event.REFUSED)
        drop(at, slot, event.AFTER_REFUSAL)


@compiled
def _first_in_queue(t, m, week, q, blindness, practice, person):
    """Return the dimension of the manager's item that comes first, or −1."""
    best, place = -1, -1e9
    for d in range(m):
        slot = practice[t, d]
        if slot.idea_state == WAITING and slot.idea_channel == TO_MANAGER:
            status = person[slot.idea_raiser].status if slot.idea_raiser >= 0 else 0.0
            waited = week - slot.raised_week
            priority = queue_priority(slot.idea_severity, waited, q.timeout, status, q.status_bias, blindness)
            if priority > place:
                best, place = d, priority
    return best


@written_in
def _in_queue(slot, week, q):
    """Return whether an item waits for the manager, who may still answer it."""
    return slot.idea_state == WAITING and slot.idea_channel == TO_MANAGER and week - slot.raised_week < q.timeout


@compiled
def _settle(at, slot, g, week, org, q, explains, harmed, draws, person, count):
    """Settle an item that waits for no manager: raised elsewhere, waiting for too long, or acted on without result."""
    u_act, u_explain, u_silence, u_harm = draws
    authority, pretence = org.authority_enacted, q.pretence_outcome
    if slot.idea_state != WAITING:
        # Acted on without result: in the end that is silence too. What a programme brought was promised to no one.
        if slot.idea_origin != FROM_PROGRAMME:
            count.lapsed += 1
            if slot.idea_channel != TO_FORUM:
                g.dealt -= 1.0
                _tell(slot, g, person, silence_outcome(org.invitation, pretence, u_silence), False)
        drop(at, slot, event.RUN_OUT if slot.idea_origin == FROM_PROGRAMME else event.LAPSED)
    elif slot.idea_channel == TO_PEERS:
        # Colleagues settle it at once: with authority they fix it, else they can only listen.
        slot.idea_origin = FROM_TEAM
        g.settling_hours += q.peer_hours
        listens = explained_probability(q.explain_base, q.explain_openness, mean_safety(g, person))
        _answer(at, slot, g, person, count, week, authority, listens, 0.0, pretence, u_act, u_explain, u_silence)
    elif slot.idea_channel == TO_GUARDIAN:
        _detriment(at, slot, g, person, count, harmed, u_harm)
        g.settling_hours += q.hours_per_item
        acts = either(authority, q.guardian_success)
        _answer(at, slot, g, person, count, week, acts, explains, org.invitation, pretence, u_act, u_explain, u_silence)
    else:
        count.silent += 1
        count.timed_out += 1
        count.response_weeks += week - slot.raised_week
        event.note(at, event.ANSWER, event.SILENCE, person=slot.idea_raiser)
        _tell(slot, g, person, silence_outcome(org.invitation, pretence, u_silence), False)
        drop(at, slot, event.TIMED_OUT)


@written_in
def _hours_to_answer(g, lead, org, q, usual_overload, managers):
    """Return the hours that a team's managers have for answering this week."""
    exhaustion = 0.0 if lead.vacant else lead.exhaustion
    left = share_left(q.form, g.overload, q.overload_cost, usual_overload)
    reporting = org.hours[REPORTING] / org.hours_budget
    hours = managers * response_hours(
        org.hours[RESPONSE], g.n_posts, reporting, q.reporting_cost, exhaustion, q.exhaustion_cost, left
    )
    # Assumption: while the manager is away or the post is empty, a stand-in answers with half the time.
    return 0.5 * hours if lead.vacant or lead.absent else hours


@written_in
def _serve_queue(log, t, n_waiting, week, org, q, explains, harmed, g, practice, person, count):
    """Answer what waits for the manager, first things first, as long as there are hours."""
    m, pretence = practice.shape[1], q.pretence_outcome
    while n_waiting > 0 and g.response_credit >= q.hours_per_item:
        d = _first_in_queue(t, m, week, q, org.status_blindness, practice, person)
        at, slot = (log, t, d), practice[t, d]
        u_act, u_explain, u_silence, u_harm = uniforms(org.seed, STREAM, week, g.key, d)
        _detriment(at, slot, g, person, count, harmed, u_harm)
        count.answered += 1
        count.response_weeks += week - slot.raised_week
        acts = either(org.authority_enacted, q.escalation)
        _answer(at, slot, g, person, count, week, acts, explains, org.invitation, pretence, u_act, u_explain, u_silence)
        g.response_credit -= q.hours_per_item
        g.response_hours += q.hours_per_item
        n_waiting -= 1
    if n_waiting == 0:
        # Time that no one needs goes back to care: it cannot be saved up beyond one item.
        g.response_credit = min(g.response_credit, q.hours_per_item)


@each_part
def _answer_staff(own, org, q, q_structure, usual, week, log, team, practice, person, manager):
    """Let peers, the guardian and managers answer items; managers serve a queue with limited hours."""
    own.sum_forum_items = own.spent[RESPONSE] = 0.0
    for i in range(own.first_person, own.first_person + own.n_staff):
        # Few heard anything last week: to look takes less than to write.
        if person[i].n_outcomes > 0.0 or person[i].detriments > 0.0:
            person[i].outcomes = person[i].n_outcomes = person[i].detriments = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        g.outcomes = g.n_outcomes = g.detriments = g.response_hours = g.settling_hours = 0.0
        # What is raised again while it is being worked on is being dealt with.
        g.dealt = g.joined
        if not q.enabled:
            continue
        openness, lead = manager[g.manager].openness, person[manager[g.manager].person]
        harmed = detriment_probability(q.detriment, org.fear_enacted, openness)
        explains = explained_probability(q.explain_base, q.explain_openness, openness)
        n_waiting = 0
        for d in range(practice.shape[1]):
            slot = practice[t, d]
            if slot.idea_state == NO_IDEA:
                continue
            if _in_queue(slot, week, q):
                n_waiting += 1
            elif slot.idea_state == WAITING and slot.idea_channel == TO_FORUM:
                own.sum_forum_items += 1.0
            elif slot.idea_state == WAITING or week - slot.idea_week >= q.patience:
                draws = uniforms(org.seed, STREAM, week, g.key, d)
                at = (log, t, d)
                _settle(at, slot, g, week, org, q, explains, harmed, draws, person, own)
        g.response_credit += _hours_to_answer(g, lead, org, q, usual.usual_overload, q_structure.managers_per_team)
        _serve_queue(log, t, n_waiting, week, org, q, explains, harmed, g, practice, person, own)
        g.noticed_memory = (1.0 - 1.0 / DEALT_WEEKS) * g.noticed_memory + g.noticed
        g.dealt_memory = max(0.0, (1.0 - 1.0 / DEALT_WEEKS) * g.dealt_memory + g.dealt)
        own.hours_settling += g.settling_hours
        own.spent[RESPONSE] += g.response_hours


@each_organisation
def _answer_patients(o, parts, org, q, q_forum, count, week, log, team, practice, panel):
    """Let the host answer the patients' forum, as far as there is money; and note what staff were answered."""
    settled = answered = 0.0
    for own in parts:
        answered += own.acted + own.explained
        settled += own.acted + own.explained + own.silent
        for t in range(own.first_team, own.first_team + (own.n_teams if own.sum_forum_items > 0.0 else 0)):
            for d in range(practice.shape[1]):
                slot = practice[t, d]
                if slot.idea_state == WAITING and slot.idea_channel == TO_FORUM:
                    u_act, _, _, _ = uniforms(org.seed, STREAM, week, team[t].key, d)
                    seat = panel[o, slot.idea_group]
                    _answer_forum((log, t, d), slot, count, week, org, q_forum, seat, u_act)
    org.spent[RESPONSE] = spent_on(RESPONSE, parts) / org.n_staff
    if q.enabled and settled > 0.0:
        org.answered_memory += (answered / settled - org.answered_memory) / QUARTER


PROCESS = Process(
    name="response",
    title="Peers, guardian and managers act on, explain or pass over what was raised; managers' hours are limited.",
    parameters=Parameters,
    kernels=(_answer_staff, _answer_patients),
)
