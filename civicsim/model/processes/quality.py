"""Care is as good as practices fit, as rested as people are, and as reported as it pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model.levers import REPORTING
from civicsim.model.organisation import N_PATIENT_GROUPS
from civicsim.model.rows import each_part
from civicsim.model.rules import either, unit

STREAM = stream_of("quality")
SAFETY_CRITICAL_WEIGHT = 2.0
TIES_OF_FULL_VIEW = 3.0
"""Ties to other teams, per post, from which on colleagues see all that they ever will. Assumption."""
_INTERCEPTION = "Assumption: some harm is caught by someone who speaks up in the moment; small, to be swept through 0."
_MOUNTFORD_2014 = (
    "Direction: peers hold one another to account too (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free."
)


@dataclass(frozen=True)
class Parameters:
    """How quality arises, and how much of it shows."""

    enabled: bool = switch("Quality is worked out; off, it stays as it was.")
    exhaustion_cost: float = free(
        0.18, "share", 0, 0.6, "Quality lost in a team that is wholly exhausted.", symbol="χ_E"
    )
    overload_cost: float = free(0.02, "share", 0, 0.6, "Quality lost per unit of overload.", symbol="χ_ℓ")
    harm_rate: float = free(
        0.2, "per post and year", 0, 2, "Harm to patients per post and year if no safety-critical practice fitted."
    )
    interception: float = parameter(
        0.2,
        "share per unit",
        -0.2,
        1,
        "Share of harm that voice of all that is noticed catches, beyond the usual.",
        _INTERCEPTION,
    )
    audit_detection: float = free(
        0.05, "per week", 0, 0.2, "Weekly chance that gaming comes to light at full audit and reporting."
    )
    peer_scrutiny: float = parameter(
        0.01, "per week", 0, 0.2, "Weekly chance that peers expose gaming, at three ties per post.", _MOUNTFORD_2014
    )
    satisfaction_rate: float = free(
        0.1, "per week", 0, 1, "How fast patients' satisfaction follows the care of their team."
    )


@compiled
def working_share(exhaustion_cost, exhaustion, overload_cost, overload):
    """Return how much of a fitting practice reaches patients: (1−χ_E·Ē)(1−χ_ℓ·ov)."""
    return (1.0 - exhaustion_cost * exhaustion) * max(0.0, 1.0 - overload_cost * overload)


@compiled
def detection_probability(rate, audit, reporting_share):
    """Return the weekly chance that gaming comes to light: audit × the share of the hour budget spent on reporting."""
    return min(1.0, rate * audit * reporting_share)


@compiled
def scrutiny_probability(rate, ties_per_post):
    """Return the weekly chance that gaming comes to light among colleagues: it grows with ties, up to three a post."""
    return rate * min(1.0, ties_per_post / TIES_OF_FULL_VIEW)


@compiled
def _ties_per_post(t, g, neighbour):
    ties = 0
    for k in range(neighbour.shape[1]):
        if neighbour[t, k].team < 0:
            break
        ties += neighbour[t, k].ties
    return ties / g.n_posts


@compiled
def reported_share(safety, seek):
    """Return the share of harm that is reported as incidents: safe, problem-seeking teams report more."""
    return unit(safety * seek)


@compiled
def _weights(dimensions):
    """Return what dimensions weigh in quality, in quality as measured, and in what is safety-critical; and the three sums."""
    weight = np.empty((3, dimensions.shape[0]))
    total = np.zeros(3)
    for d in range(dimensions.shape[0]):
        weight[0, d] = SAFETY_CRITICAL_WEIGHT if dimensions[d].safety_critical else 1.0
        weight[1, d] = weight[0, d] if dimensions[d].measured else 0.0
        weight[2, d] = dimensions[d].safety_critical
        for k in range(3):
            total[k] += weight[k, d]
    return weight, total


@compiled
def _meet_needs(fits, needs, met):
    """Work out how far each patient group's needs are met where practices fit or not."""
    for k in range(met.shape[0]):
        total = 0.0
        for d in range(fits.shape[0]):
            total += fits[d] * needs[k, d]
        met[k] = total


@compiled
def let_through(interception, voiced, noticed, usual):
    """Return the share of harm that voice does not catch, against the usual: max(0, 1 − c(v − v₀)), v the share voiced of late."""
    share = voiced / noticed if noticed > 0.0 else usual
    return max(0.0, 1.0 - interception * (share - usual))


@written_in
def _mean_strain(g, person):
    """Return the mean exhaustion and safety of a team's members in post, 0 where there are none; and what they voiced and noticed."""
    exhaustion = safety = voiced = noticed = 0.0
    filled = 0
    for i in range(g.first_person, g.first_person + g.n_posts):
        if person[i].vacant == 0:
            filled += 1
            exhaustion += person[i].exhaustion
            safety += person[i].safety
            voiced += person[i].voiced_memory
            noticed += person[i].noticed_memory
    return exhaustion / max(filled, 1), safety / max(filled, 1), voiced, noticed


@compiled
def _bring_to_light(t, g, week, org, q, neighbour, practice):
    """Let audits and colleagues of other teams find out what is reported as done without being done."""
    comes_to_light = either(
        detection_probability(q.audit_detection, org.audit, org.hours[REPORTING] / org.hours_budget),
        scrutiny_probability(q.peer_scrutiny, _ties_per_post(t, g, neighbour)),
    )
    for d in range(practice.shape[1]):
        if practice[t, d].gamed:
            u, _, _, _ = uniforms(org.seed, STREAM, week, g.key, d)
            if u < comes_to_light:
                practice[t, d].gamed = 0


@each_part
def _care(own, o, org, q, usual, week, dimension, team, neighbour, practice, person, need, met):
    """Work out each team's true and reported quality, its harm and incidents, and how far it meets patients' needs."""
    if not q.enabled:
        return
    m = practice.shape[1]
    fits = np.empty(m)
    needs = np.empty((N_PATIENT_GROUPS, m))
    for k in range(N_PATIENT_GROUPS):
        for d in range(m):
            needs[k, d] = need[o, k, d].weight
    weights, (weight, measured, critical) = _weights(dimension[o])
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        exhaustion, safety, voiced, noticed = _mean_strain(g, person)
        # Care that is put off reaches patients late.
        given = 1.0 - org.deferred
        g.working = working = given * working_share(q.exhaustion_cost, exhaustion, q.overload_cost, g.overload)
        hit = measured_hit = shown = critical_hit = 0.0
        n_gamed = 0
        for d in range(m):
            slot = practice[t, d]
            fit = 1.0 if slot.value == slot.reality else 0.0
            fits[d] = fit
            n_gamed += slot.gamed
            hit += weights[0, d] * fit
            measured_hit += weights[1, d] * fit
            shown += weights[1, d] * max(fit * working, 1.0 * slot.gamed)
            critical_hit += weights[2, d] * fit
        _meet_needs(fits, needs, met[t])
        if n_gamed > 0:
            _bring_to_light(t, g, week, org, q, neighbour, practice)
        g.quality = working * hit / weight
        g.quality_measured = working * measured_hit / measured if measured > 0.0 else g.quality
        rest = weight - measured
        g.quality_unmeasured = working * (hit - measured_hit) / rest if rest > 0.0 else g.quality
        g.quality_reported = shown / measured if measured > 0.0 else g.quality
        unsafe = 1.0 - (working * critical_hit / critical if critical > 0.0 else g.quality)
        missed = let_through(q.interception, voiced, noticed, usual.usual_voice_share)
        g.harm = q.harm_rate / 52.0 * g.n_posts * unsafe * missed
        g.incidents = g.harm * reported_share(safety, g.seek)


@each_part
def _satisfy(own, q, team, patient, met):
    """Move patients' satisfaction towards how well their team meets the needs of their group."""
    for i in range(own.first_patient, own.first_patient + (own.n_patients if q.enabled else 0)):
        who = patient[i]
        good = unit(met[who.team, who.group] * team[who.team].working)
        who.satisfaction += q.satisfaction_rate * (good - who.satisfaction)


PROCESS = Process(
    name="quality",
    title="True quality follows fit, exhaustion and overload; reported quality also follows gaming.",
    parameters=Parameters,
    kernels=(_care, _satisfy),
)
