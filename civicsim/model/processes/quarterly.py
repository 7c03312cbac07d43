"""What is recorded once a quarter, because it moves slowly and takes long to work out: who is alike, and who speaks up."""

from __future__ import annotations

import math

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.model.networks import count_ties
from civicsim.model.organisation import N_PROFESSIONS
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.quality import SAFETY_CRITICAL_WEIGHT
from civicsim.model.tables import QUALITY_PARTS

LOW_KAPPA = 0.3
"""κ below which a dimension is mostly a local matter. Assumption: a line drawn for looking, not a rule of the model."""
ROUNDING = 1e-10
"""Share of a sum of squares below which a variance is rounding: values within a hundred-thousandth of one another."""
SPOKE_LATELY = 0.5
"""Voiced problems in the 13-week memory from which on a person has spoken up lately."""
_HIGH, _LOW = N_PROFESSIONS, N_PROFESSIONS + 1
"""Places of staff of high and of low standing, after the professions."""
_N_PARTS = len(QUALITY_PARTS)


@compiled
def gini(values):
    """Return the Gini index of non-negative numbers: 0 if all are equal, near 1 if one has everything.

    Formula
        G = Σᵢ (2i − n − 1) xᵢ / (n Σ x),  x sorted, i from 1
    """
    ordered = np.sort(values)
    n = ordered.shape[0]
    total = weighted = 0.0
    for i in range(n):
        total += ordered[i]
        weighted += (2.0 * (i + 1) - n - 1.0) * ordered[i]
    return weighted / (n * total) if total > 0.0 else 0.0


@compiled
def intraclass_correlation(n_groups, n, sum_of_squares, total, between, sum_n_squared):
    """Return ICC(1), the share of variance that lies between groups, from sums (one-way analysis of variance).

    Formula
        ICC = (MSB − MSW) / (MSB + (k−1)·MSW),  k = (n − Σnⱼ²/n) / (J−1)

    Parameters
    ----------
    n_groups, n : float
        J groups and n members in all.
    sum_of_squares, total : float
        Σx² and Σx.
    between : float
        Σⱼ (Σᵢ xᵢⱼ)² / nⱼ.
    sum_n_squared : float
        Σⱼ nⱼ².

    Source: Bliese (2000), in Klein and Kozlowski (eds), Multilevel Theory, Research, and Methods in Organizations.
    """
    if n_groups < 2 or n <= n_groups:
        return 0.0
    # Where all are alike the variance is 0, and what is left of it by rounding has no share that lies anywhere.
    if sum_of_squares - total * total / n <= ROUNDING * sum_of_squares:
        return 0.0
    mean_between = (between - total * total / n) / (n_groups - 1.0)
    mean_within = (sum_of_squares - between) / (n - n_groups)
    size = (n - sum_n_squared / n) / (n_groups - 1.0)
    bottom = mean_between + (size - 1.0) * mean_within
    # Groups of hardly more than one member allow values below −1, which mean nothing.
    return min(1.0, max(-1.0, (mean_between - mean_within) / bottom)) if bottom > 0.0 else 0.0


@compiled
def look_at_voices(own, seen, person, team, ties):
    """Add up who is ready to speak up and who did, and how many ties lead to other teams and divisions."""
    own.sum_profession[:] = seen.propensity_of[:] = 0.0
    seen.noticed_memory[:] = seen.voiced_memory[:] = 0.0
    own.sum_spoke = seen.would_speak_again = seen.n_ties = seen.n_ties_far = 0.0
    for i in range(own.first_person, own.first_person + own.n_staff):
        who = person[i]
        if who.vacant == 0:
            own.sum_profession[who.profession] += 1.0
            seen.propensity_of[who.profession] += who.propensity
            seen.noticed_memory[who.profession] += who.noticed_memory
            seen.voiced_memory[who.profession] += who.voiced_memory
            if who.status != 0.0:
                standing = _HIGH if who.status > 0.0 else _LOW
                seen.noticed_memory[standing] += who.noticed_memory
                seen.voiced_memory[standing] += who.voiced_memory
            if who.voiced_memory >= SPOKE_LATELY:
                seen.would_speak_again += who.propensity
                own.sum_spoke += 1.0
        for slot in range(count_ties(ties, i)):
            friend = person[ties[i, slot]]
            seen.n_ties += 1.0
            near = friend.organisation == who.organisation
            seen.n_ties_far += not (near and team[friend.team].division == team[who.team].division)


@compiled
def look_at_quality(o, own, seen, dimension, team, practice):
    """Add up true quality on some of the dimensions, by the formula of quality on all."""
    seen.quality_of[:] = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        weight, hits = np.zeros(_N_PARTS), np.zeros(_N_PARTS)
        for d in range(practice.shape[1]):
            slot, dim = practice[t, d], dimension[o, d]
            w = SAFETY_CRITICAL_WEIGHT if dim.safety_critical else 1.0
            across = dim.cross_boundary != 0
            # In the order of QUALITY_PARTS.
            belongs = (dim.safety_critical != 0, dim.kappa < LOW_KAPPA, not across, across, dim.staff_visible == 0)
            for k in range(_N_PARTS):
                if belongs[k]:
                    weight[k] += w
                    hits[k] += w if slot.value == slot.reality else 0.0
        for k in range(_N_PARTS):
            # Where there are no such dimensions, it is the team's quality on all.
            seen.quality_of[k] += g.working * hits[k] / weight[k] if weight[k] > 0.0 else g.quality


@compiled
def _likeness(values, group, n_groups):
    """Return ICC(1) of values by group; the arrays have one entry per person."""
    count = np.zeros(n_groups)
    total = np.zeros(n_groups)
    squares = 0.0
    for i in range(values.shape[0]):
        count[group[i]] += 1.0
        total[group[i]] += values[i]
        squares += values[i] * values[i]
    used = n = whole = between = n_squared = 0.0
    for k in range(n_groups):
        if count[k] > 0.0:
            used += 1.0
            n += count[k]
            whole += total[k]
            between += total[k] * total[k] / count[k]
            n_squared += count[k] * count[k]
    return intraclass_correlation(used, n, squares, whole, between, n_squared)


@compiled
def record_resemblance(org, view, team, person):
    """Record how much people of one team, division or profession are alike, on scales and on a yes-no item."""
    states = np.empty((3, org.n_staff))
    groups = np.empty((3, org.n_staff), dtype=np.int64)
    n = 0
    for i in range(org.first_person, org.first_person + org.n_staff):
        who = person[i]
        if who.vacant == 0:
            states[0, n], states[1, n] = who.exhaustion, who.safety
            states[2, n] = 1.0 if who.exhaustion > BURNT_OUT else 0.0
            groups[0, n], groups[1, n] = who.team - org.first_team, team[who.team].division
            groups[2, n] = who.profession
            n += 1
    n_groups = np.array([org.n_teams, team[org.first_team + org.n_teams - 1].division + 1, N_PROFESSIONS])
    for state in range(3):
        for kind in range(3):
            view.icc[state, kind] = _likeness(states[state, :n], groups[kind, :n], n_groups[kind])


@compiled
def evenness(counts):
    """Return the entropy of shares over its largest possible value: 0 if one has all, 1 if all have the same.

    Formula
        H = −Σ p log p / log n
    """
    total = 0.0
    for k in range(counts.shape[0]):
        total += counts[k]
    if total <= 0.0 or counts.shape[0] < 2:
        return 0.0
    entropy = 0.0
    for k in range(counts.shape[0]):
        share = counts[k] / total
        if share > 0.0:
            entropy -= share * math.log(share)
    return min(1.0, max(0.0, entropy / math.log(counts.shape[0])))


@compiled
def record_origins(org, view, team):
    """Record from how many teams own ideas come."""
    counts = np.empty(org.n_teams)
    for k in range(org.n_teams):
        counts[k] = team[org.first_team + k].originated_memory
    view.origin_entropy = evenness(counts)


@compiled
def record_voices(parts, org, view, person):
    """Record who is ready to speak up, by profession and of those who did lately; and how unequal that is."""
    count, spoke = np.zeros(N_PROFESSIONS), 0.0
    for own in parts:
        count += own.sum_profession
        spoke += own.sum_spoke
    view.would_speak_again /= max(spoke, 1.0)
    for k in range(N_PROFESSIONS):
        view.propensity_of[k] /= max(count[k], 1.0)
    memory = np.empty(org.n_staff)
    n = 0
    for i in range(org.first_person, org.first_person + org.n_staff):
        if person[i].vacant == 0:
            memory[n] = person[i].propensity_memory
            n += 1
    view.voice_gini = max(0.0, gini(memory[:n])) if n > 0 else 0.0
