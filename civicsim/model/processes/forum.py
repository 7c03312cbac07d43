"""Patients are heard through a forum: who sits there, what it may decide, and whether anyone listens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import choice, fixed, free, setting, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.levers import PATIENTS
from civicsim.model.organisation import FROM_PATIENTS, N_PATIENT_GROUPS, NO_IDEA, TO_FORUM
from civicsim.model.practice import propose
from civicsim.model.rows import each_organisation
from civicsim.model.rules import unit

STREAM = stream_of("forum")
COMES = stream_of("forum.comes")
PLACE = stream_of("forum.place")
REBUILT = stream_of("forum.rebuilt")
USUAL_GROUP = 0
TEAM, ORGANISATION, NATIONAL = range(3)
_LEVEL = "Assumption: most public meetings are held for the organisation; to be swept."
_TARGET = "Assumption: scenario definition; a target of 80 % satisfied was set for a forum before it existed (2013)."
_DEFINITION = "Assumption: scenario definition."
_THRESHOLD = "Direction: thresholds of membership, such as one in a hundred of the public, were proposed (2013); none by default."
_BY_DEFINITION = "Assumption: definition."


@dataclass(frozen=True)
class Parameters:
    """Who speaks for patients, and how far it carries."""

    enabled: bool = switch("Patients are heard through a forum; off, its hours go back to care.")
    level: str = choice(
        "organisation",
        ("team", "organisation", "national"),
        "Where the forum meets: team, organisation or nation.",
        _LEVEL,
        role="fixed",
    )
    recruitment_bias: float = share(0.6, "How far seats go to the usual volunteers without any effort to reach others.")
    hours_per_issue: float = free(
        10.0, "hours of staff", 1, 100, "Staff hours it takes to raise one issue with patients."
    )
    accuracy: float = free(
        0.75, "probability", 0.5, 1, "Chance that patients who meet with a team see rightly what fits there."
    )
    accuracy_loss: float = free(0.05, "probability", 0, 0.25, "How much of that is lost with each level further away.")
    teams_per_level: float = free(3.0, "multiple", 1, 10, "How many times more teams an issue reaches with each level.")
    fixes_per_team: float = free(
        0.5, "fixes per team and quarter", 0, 5, "Fixes that the forum can pay for with a full budget."
    )
    satisfaction_target: float = setting(
        0.0, "0–1", 0, 1, "Satisfaction that the host sets as its target; 0 sets none.", _TARGET
    )
    target_gloss: float = share(0.5, "How far a dependent forum's reports move from true to targeted satisfaction.")
    seats: float = setting(
        0.0, "share of boards", 0, 1, "Share of the boards on which patients have a seat.", _DEFINITION
    )
    seat_weight: float = free(0.5, "multiple", 0, 2, "How much a seat on every board adds to the forum's effect.")
    membership_threshold: float = share(
        0.0, "Reach below which the forum draws on the usual volunteers alone.", _THRESHOLD
    )
    acted_share: float = fixed(
        -1.0, "0–1; −1 as it comes", -1, 1, "Share of issues acted on, for studies; −1 leaves it open.", _BY_DEFINITION
    )
    anchored_outside: float = setting(
        0.0, "0–1", 0, 1, "How far the forum is rooted outside, safe from re-organisations.", _DEFINITION
    )
    loss_in_reorganisation: float = free(
        0.7, "probability", 0, 1, "Chance that a re-organisation sweeps away a forum inside the line."
    )
    rebuild_weeks: float = free(
        104.0, "weeks", 4, 1040, "Mean weeks until a forum that was swept away is set up again."
    )
    target_erosion: float = free(0.02, "per week", 0, 0.2, "Independence lost each week under such a target.")
    independence_rate: float = free(0.02, "per week", 0, 0.2, "How fast independence follows what the style intends.")
    activation_rate: float = free(0.02, "per week", 0, 0.2, "How fast patients' activation moves.")
    activation_heard: float = share(0.5, "How much being acted on raises activation.")
    activation_ignored: float = share(0.3, "How much being consulted and ignored lowers activation.")
    activation_base: float = share(0.3, "Activation of patients who are not consulted.")


@compiled
def seat_share(population_share, is_usual, bias, reach):
    """Return the share of seats of a patient group.

    Formula
        (1−b)·share + b·[usual group],  b = bias·(1 − reach)
    """
    tilt = bias * (1.0 - reach)
    return (1.0 - tilt) * population_share + tilt * is_usual


@compiled
def independence_after(independence, intended, rate, host_target, erosion):
    """Return the forum's independence after a week: it follows the intention, unless a target of the host erodes it."""
    if host_target:
        return unit(independence - erosion)
    return unit(independence + rate * (intended - independence))


@compiled
def effective_reach(reach, threshold):
    """Return how far the forum reaches beyond the usual volunteers: not at all below the threshold."""
    return reach if reach >= threshold else 0.0


@compiled
def time_for_problems(independence, target):
    """Return the share of a forum's meetings that is about problems: all, or as much as it is independent under a target."""
    return independence if target > 0.0 else 1.0


@compiled
def satisfaction_as_reported(satisfaction, target, independence, gloss):
    """Return satisfaction as it is reported: glossed towards a target, as far as the forum depends on its host."""
    return satisfaction + gloss * (1.0 - independence) * max(0.0, target - satisfaction)


@compiled
def activation_target(base, heard_weight, heard, ignored_weight, consulted):
    """Return where activation settles: higher where voice is acted on, lower where it is asked for and ignored."""
    return unit(base + consulted * (heard_weight * heard - ignored_weight * (1.0 - heard)))


@compiled
def sees_rightly(accuracy, loss, level):
    """Return the probability that an issue is right: less, the further from the team the forum meets."""
    return max(0.5, accuracy - loss * level)


@compiled
def _pick(weights, total, u):
    """Return an index with probability proportional to its weight."""
    x = u * total
    for k in range(weights.shape[0]):
        x -= weights[k]
        if x < 0.0:
            return k
    return weights.shape[0] - 1


@compiled
def _raise_issue(log, o, k, week, org, q, n_reached, dimension, practice, need, panel, wanted):
    """Raise one issue: a group by its seats, a dimension by the group's needs, and the teams it reaches."""
    m = practice.shape[1]
    u_group, u_dimension, u_right, severity = uniforms(org.seed, STREAM, week, org.key, k)
    seats, total = np.empty(N_PATIENT_GROUPS), 0.0
    for j in range(N_PATIENT_GROUPS):
        seats[j] = panel[o, j].seats
        total += seats[j]
    group = _pick(seats, total, u_group)
    total = 0.0
    for d in range(m):
        wanted[d] = need[o, group, d].weight if dimension[o, d].patient_visible else 0.0
        total += wanted[d]
    if total == 0.0:
        return 0
    d = _pick(wanted, total, u_dimension)
    right = u_right < sees_rightly(q.accuracy, q.accuracy_loss, q.level)
    u_team, _, _, _ = uniforms(org.seed, PLACE, week, org.key, k)
    raised = 0
    for j in range(min(n_reached, org.n_teams)):
        t = org.first_team + (int(u_team * org.n_teams) + j) % org.n_teams
        slot = practice[t, d]
        # With a team, patients see what fits there; further away, only what fits in general.
        best = slot.reality if q.level == TEAM else dimension[o, d].truth
        value = best if right else -best
        if value == slot.value or slot.idea_state != NO_IDEA:
            continue
        propose(slot, value, 0, FROM_PATIENTS, TO_FORUM, severity, week)
        event.note((log, t, d), event.PROPOSAL, FROM_PATIENTS, value=value, fits=value == slot.reality)
        slot.idea_group = group
        raised += 1
    return raised


@compiled
def _stands(week, org, q):
    """Return whether there is a forum; one that was swept away may be rebuilt this week."""
    if org.forum_standing == 0:
        u, _, _, _ = uniforms(org.seed, REBUILT, week, org.key, 0)
        org.forum_standing = u < 1.0 / q.rebuild_weeks
    return org.forum_standing != 0


@compiled
def _take_seats(o, org, q, panel):
    """Fill the seats by group, and let each group remember what was done about its issues."""
    for k in range(N_PATIENT_GROUPS):
        seat = panel[o, k]
        reach = effective_reach(org.patient_reach, q.membership_threshold)
        seat.seats = seat_share(seat.share, k == USUAL_GROUP, q.recruitment_bias, reach)
        settled = seat.acted + seat.ignored
        if settled > 0.0:
            seat.heard += 0.1 * (seat.acted / settled - seat.heard)
        seat.acted = seat.ignored = 0.0


@written_in
def _activate(o, org, q, panel, patient):
    """Move patients' readiness to take part; return its mean."""
    total = 0.0
    for i in range(org.first_patient, org.first_patient + org.n_patients):
        who = patient[i]
        heard = panel[o, who.group].heard
        target = activation_target(
            q.activation_base, q.activation_heard, heard, q.activation_ignored, org.patient_reach
        )
        who.activation = unit(who.activation + q.activation_rate * (target - who.activation))
        total += who.activation
    return total / org.n_patients if org.n_patients > 0 else 0.0


@each_organisation
def _step(o, org, q, count, week, log, dimension, practice, need, panel, patient):
    """Let the forum meet and raise issues with teams; and let patients' readiness to take part follow the results."""
    wanted = np.empty(practice.shape[1])
    org.spent[PATIENTS] = 0.0
    if not q.enabled or not _stands(week, org, q):
        return
    org.independence = independence_after(
        org.independence, org.forum_independence, q.independence_rate, q.satisfaction_target > 0.0, q.target_erosion
    )
    org.forum_funds = min(
        q.fixes_per_team * org.n_teams, org.forum_funds + org.forum_budget * q.fixes_per_team * org.n_teams / 13.0
    )
    _take_seats(o, org, q, panel)
    activation = _activate(o, org, q, panel, patient)
    n_reached = int(q.teams_per_level ** float(q.level) + 0.5)
    org.forum_credit += org.hours[PATIENTS] * org.n_staff
    spent = 0.0
    k = -1
    while org.forum_credit >= q.hours_per_issue:
        k += 1
        org.forum_credit -= q.hours_per_issue
        u_comes, u_asked, _, _ = uniforms(org.seed, COMES, week, org.key, k)
        # An hour set aside is only used if patients come.
        if u_comes < activation:
            spent += q.hours_per_issue
            # A forum that has to show satisfaction spends part of its meetings on that.
            if u_asked < time_for_problems(org.independence, q.satisfaction_target):
                count.voiced_forum += _raise_issue(
                    log, o, k, week, org, q, n_reached, dimension, practice, need, panel, wanted
                )
    org.forum_credit = min(org.forum_credit, q.hours_per_issue)
    org.spent[PATIENTS] = spent / org.n_staff


PROCESS = Process(
    name="forum",
    title="A forum of patients raises what patients see; what it can do is its independence times its budget.",
    parameters=Parameters,
    kernels=(_step,),
)
