"""Records the state of the organisation. No other process reads the record."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import switch
from civicsim.engine.process import Process
from civicsim.model.calendar import QUARTER
from civicsim.model.networks import count_ties
from civicsim.model.organisation import ENDORSED, N_PATIENT_GROUPS, N_PROFESSIONS, PROFESSIONS, SNAPSHOT, TRIAL, WAITING
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.forum import satisfaction_as_reported
from civicsim.model.processes.quality import SAFETY_CRITICAL_WEIGHT

LOW_KAPPA = 0.3
"""κ below which a dimension is mostly a local matter. Assumption: a line drawn for looking, not a rule of the model."""
ROUNDING = 1e-10
"""Share of a sum of squares below which a variance is rounding: values within a hundred-thousandth of one another."""
SPOKE_LATELY = 0.5
"""Voiced problems in the 13-week memory from which on a person has spoken up lately."""


def _places(*names: str) -> np.ndarray:
    """Return the places of columns among those of a snapshot."""
    known = [column.name for column in SNAPSHOT]
    return np.array([known.index(name) for name in names])


_OF_ALL = _places("load", "exhaustion", "motivation", "trust")
_OF_STAFF = _places("headspace", "safety", "efficacy", "belonging", "agency", "skill", "propensity")
_OF_TEAMS = _places(
    *("overload", "seek", "mismatch", "conflict", "hostility"),
    *("quality", "quality_measured", "quality_unmeasured", "quality_reported"),
)
_COUNTED = _places(
    *("n_staff_filled", "n_absent", "n_burnt_out", "propensity_high", "propensity_low", "harm", "incidents"),
    *("ideas_waiting", "ideas_endorsed", "ideas_in_trial", "gamed", "followed"),
)
_WEEKLY = np.concatenate([_OF_ALL, _OF_STAFF, _OF_TEAMS, _COUNTED])
"""Places of what is recorded each week and first added up over parts."""
_QUALITY = _places(
    *("quality_safety_critical", "quality_low_kappa", "quality_within_team", "quality_cross_boundary"),
    "quality_invisible",
)
_BY_PROFESSION = _places(*(f"propensity_{name}" for name in PROFESSIONS))
_MEMORIES = _places(
    *(f"{event}_memory_{who}" for event in ("noticed", "voiced") for who in (*PROFESSIONS, "high", "low"))
)
_QUARTERLY = np.concatenate([_QUALITY, _BY_PROFESSION, _MEMORIES, _places("would_speak_again", "n_ties", "n_ties_far")])
"""The same once a quarter."""


@dataclass(frozen=True)
class Parameters:
    """Recording has nothing to set."""

    enabled: bool = switch("How things stand is recorded each week.")


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
def _look_at_people(own, seen, team, person):
    """Add up the states of a part's staff, and note each team's means."""
    n_filled = n_absent = n_burnt_out = n_high = n_low = 0
    load = exhaustion = motivation = trust = headspace = safety = efficacy = 0.0
    belonging = agency = skill = propensity = propensity_high = propensity_low = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        team_filled, team_exhaustion, team_safety = 0, 0.0, 0.0
        for i in range(g.first_person, g.first_person + g.n_posts):
            who = person[i]
            if who.vacant:
                continue
            team_filled += 1
            team_exhaustion += who.exhaustion
            team_safety += who.safety
            n_absent += who.absent
            n_burnt_out += who.exhaustion > BURNT_OUT
            load += who.load
            motivation += who.motivation
            trust += who.trust
            headspace += who.headspace
            efficacy += who.efficacy
            belonging += who.belonging
            agency += who.agency
            skill += who.skill
            propensity += who.propensity
            if who.status > 0.0:
                propensity_high += who.propensity
                n_high += 1
            elif who.status < 0.0:
                propensity_low += who.propensity
                n_low += 1
        n_filled += team_filled
        exhaustion += team_exhaustion
        safety += team_safety
        if team_filled > 0:
            # The rounding of a sum can carry a mean of equal values a hair above 1.
            g.exhaustion, g.safety = min(1.0, team_exhaustion / team_filled), min(1.0, team_safety / team_filled)
    own.sum_high, own.sum_low = n_high, n_low
    seen.n_staff_filled, seen.n_absent, seen.n_burnt_out = n_filled, n_absent, n_burnt_out
    seen.load, seen.exhaustion, seen.motivation, seen.trust = load, exhaustion, motivation, trust
    seen.headspace, seen.safety, seen.efficacy = headspace, safety, efficacy
    seen.belonging, seen.agency, seen.skill = belonging, agency, skill
    seen.propensity, seen.propensity_high, seen.propensity_low = propensity, propensity_high, propensity_low


@compiled
def _look_at_teams(own, seen, team, practice):
    """Add up a part's teams, and count its ideas by their state and its changes that stand."""
    overload = seek = mismatch = harm = incidents = conflict = hostility = 0.0
    quality = measured = unmeasured = reported = 0.0
    waiting = endorsed = in_trial = gamed = followed = 0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        overload += g.overload
        seek += g.seek
        mismatch += g.mismatch
        conflict += g.conflict
        hostility += g.hostility
        harm += g.harm
        incidents += g.incidents
        quality += g.quality
        measured += g.quality_measured
        unmeasured += g.quality_unmeasured
        reported += g.quality_reported
        for d in range(practice.shape[1]):
            slot = practice[t, d]
            waiting += slot.idea_state == WAITING
            endorsed += slot.idea_state == ENDORSED
            in_trial += slot.idea_state == TRIAL
            gamed += slot.gamed
            followed += slot.followed
    seen.overload, seen.seek, seen.mismatch, seen.conflict, seen.hostility = (
        overload,
        seek,
        mismatch,
        conflict,
        hostility,
    )
    seen.harm, seen.incidents = harm, incidents
    seen.quality, seen.quality_measured, seen.quality_unmeasured, seen.quality_reported = (
        quality,
        measured,
        unmeasured,
        reported,
    )
    seen.ideas_waiting, seen.ideas_endorsed, seen.ideas_in_trial = waiting, endorsed, in_trial
    seen.gamed, seen.followed = gamed, followed


@compiled
def _look_at_patients(own, patient):
    """Add up the satisfaction and the activation of a part's share of the patients."""
    own.sum_patients[:] = 0.0
    own.sum_satisfaction[:] = 0.0
    own.sum_activation = 0.0
    for i in range(own.first_patient, own.first_patient + own.n_patients):
        own.sum_patients[patient[i].group] += 1.0
        own.sum_satisfaction[patient[i].group] += patient[i].satisfaction
        own.sum_activation += patient[i].activation


@compiled
def _look_at_voices(own, seen, person, team, ties):
    """Add up who is ready to speak up and who did, and how many ties lead to other teams and divisions."""
    noticed = np.zeros(N_PROFESSIONS)
    voiced = np.zeros(N_PROFESSIONS)
    seen.noticed_memory_high = seen.voiced_memory_high = seen.noticed_memory_low = seen.voiced_memory_low = 0.0
    total = np.zeros(N_PROFESSIONS)
    own.sum_profession[:] = 0.0
    again = 0.0
    own.sum_spoke = 0.0
    seen.n_ties = seen.n_ties_far = 0.0
    for i in range(own.first_person, own.first_person + own.n_staff):
        who = person[i]
        if who.vacant == 0:
            total[who.profession] += who.propensity
            own.sum_profession[who.profession] += 1.0
            noticed[who.profession] += who.noticed_memory
            voiced[who.profession] += who.voiced_memory
            if who.status > 0.0:
                seen.noticed_memory_high += who.noticed_memory
                seen.voiced_memory_high += who.voiced_memory
            elif who.status < 0.0:
                seen.noticed_memory_low += who.noticed_memory
                seen.voiced_memory_low += who.voiced_memory
            if who.voiced_memory >= SPOKE_LATELY:
                again += who.propensity
                own.sum_spoke += 1.0
        for slot in range(count_ties(ties, i)):
            friend = person[ties[i, slot]]
            seen.n_ties += 1.0
            near = friend.organisation == who.organisation
            seen.n_ties_far += not (near and team[friend.team].division == team[who.team].division)
    seen.would_speak_again = again
    seen.propensity_doctor, seen.propensity_nurse, seen.propensity_allied = total[0], total[1], total[2]
    seen.propensity_support, seen.propensity_administrative = total[3], total[4]
    seen.noticed_memory_doctor, seen.noticed_memory_nurse, seen.noticed_memory_allied = (
        noticed[0],
        noticed[1],
        noticed[2],
    )
    seen.noticed_memory_support, seen.noticed_memory_administrative = noticed[3], noticed[4]
    seen.voiced_memory_doctor, seen.voiced_memory_nurse, seen.voiced_memory_allied = voiced[0], voiced[1], voiced[2]
    seen.voiced_memory_support, seen.voiced_memory_administrative = voiced[3], voiced[4]


@compiled
def _share_fitting(hit, weight, working, otherwise):
    """Return true quality on some dimensions; ``otherwise``, a team's quality on all, where there are none such."""
    return working * hit / weight if weight > 0.0 else otherwise


@compiled
def _look_at_quality(o, own, seen, dimension, team, practice):
    """Add up true quality on some of the dimensions, by the formula of quality on all."""
    m = practice.shape[1]
    seen.quality_safety_critical = seen.quality_low_kappa = seen.quality_invisible = 0.0
    seen.quality_within_team = seen.quality_cross_boundary = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        critical = critical_hit = low = low_hit = within = within_hit = 0.0
        across = across_hit = hidden = hidden_hit = 0.0
        for d in range(m):
            slot, dim = practice[t, d], dimension[o, d]
            w = SAFETY_CRITICAL_WEIGHT if dim.safety_critical else 1.0
            hit = w if slot.value == slot.reality else 0.0
            if dim.safety_critical:
                critical += w
                critical_hit += hit
            if dim.kappa < LOW_KAPPA:
                low += w
                low_hit += hit
            if dim.cross_boundary:
                across += w
                across_hit += hit
            else:
                within += w
                within_hit += hit
            if not dim.staff_visible:
                hidden += w
                hidden_hit += hit
        seen.quality_safety_critical += _share_fitting(critical_hit, critical, g.working, g.quality)
        seen.quality_low_kappa += _share_fitting(low_hit, low, g.working, g.quality)
        seen.quality_within_team += _share_fitting(within_hit, within, g.working, g.quality)
        seen.quality_cross_boundary += _share_fitting(across_hit, across, g.working, g.quality)
        seen.quality_invisible += _share_fitting(hidden_hit, hidden, g.working, g.quality)


@compiled
def _look(first_part, last_part, week, p, part, dimension, team, practice, person, patient, ties, seen):
    """Add up part by part what is recorded."""
    for b in range(first_part, last_part):
        own, o = part[b], part[b].organisation
        if not p[o].enabled:
            continue
        _look_at_people(own, seen[b], team, person)
        _look_at_teams(own, seen[b], team, practice)
        _look_at_patients(own, patient)
        if week % QUARTER == 0:
            _look_at_voices(own, seen[b], person, team, ties)
            _look_at_quality(o, own, seen[b], dimension, team, practice)


@compiled
def _add_up(places, o, parts_from, values, parts):
    """Add up what was seen in the parts of an organisation."""
    for k in places:
        values[k] = 0.0
        for b in range(parts_from[o], parts_from[o + 1]):
            values[k] += parts[b, k]


@compiled
def _people(o, org, view, values, part, parts_from, person):
    """Record means of staff and managers."""
    high = low = 0.0
    for b in range(parts_from[o], parts_from[o + 1]):
        high += part[b].sum_high
        low += part[b].sum_low
    view.n_filled = view.n_staff_filled
    for k in _OF_STAFF:
        values[k] /= max(view.n_staff_filled, 1.0)
    view.propensity_high, view.propensity_low = (
        view.propensity_high / max(high, 1.0),
        view.propensity_low / max(low, 1.0),
    )
    for i in range(org.first_person + org.n_staff, org.first_person + org.n_persons):
        who = person[i]
        if who.vacant == 0:
            view.n_filled += 1.0
            view.n_absent += who.absent
            view.n_burnt_out += who.exhaustion > BURNT_OUT
            view.load += who.load
            view.exhaustion += who.exhaustion
            view.motivation += who.motivation
            view.trust += who.trust
    for k in _OF_ALL:
        values[k] /= max(view.n_filled, 1.0)


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
def _resemblance(org, view, team, person):
    """Record how much people of one team, division or profession are alike, on scales and on a yes-no item."""
    states = np.empty((3, org.n_staff))
    groups = np.empty((3, org.n_staff), dtype=np.int64)
    n = 0
    for i in range(org.first_person, org.first_person + org.n_staff):
        who = person[i]
        if who.vacant:
            continue
        states[0, n], states[1, n] = who.exhaustion, who.safety
        states[2, n] = 1.0 if who.exhaustion > BURNT_OUT else 0.0
        groups[0, n] = who.team - org.first_team
        groups[1, n] = team[who.team].division
        groups[2, n] = who.profession
        n += 1
    n_divisions = team[org.first_team + org.n_teams - 1].division + 1
    e, s, b = states[0, :n], states[1, :n], states[2, :n]
    by_team, by_division, by_profession = groups[0, :n], groups[1, :n], groups[2, :n]
    view.exhaustion_icc_team = _likeness(e, by_team, org.n_teams)
    view.exhaustion_icc_division = _likeness(e, by_division, n_divisions)
    view.exhaustion_icc_profession = _likeness(e, by_profession, N_PROFESSIONS)
    view.safety_icc_team = _likeness(s, by_team, org.n_teams)
    view.safety_icc_division = _likeness(s, by_division, n_divisions)
    view.safety_icc_profession = _likeness(s, by_profession, N_PROFESSIONS)
    view.burnt_out_icc_team = _likeness(b, by_team, org.n_teams)
    view.burnt_out_icc_division = _likeness(b, by_division, n_divisions)
    view.burnt_out_icc_profession = _likeness(b, by_profession, N_PROFESSIONS)


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
def _origins(org, view, team):
    """Record from how many teams own ideas come."""
    counts = np.empty(org.n_teams)
    for k in range(org.n_teams):
        counts[k] = team[org.first_team + k].originated_memory
    view.origin_entropy = evenness(counts)


@compiled
def _teams(o, org, view, values, dimension):
    """Record means over teams, and how far the code is right."""
    for k in _OF_TEAMS:
        values[k] /= org.n_teams
    right = 0
    for d in range(dimension.shape[1]):
        right += dimension[o, d].code == dimension[o, d].truth
    view.code_right = right / dimension.shape[1]


@compiled
def _spots(org, view, usual_spread, team):
    """Record how true quality spreads over teams, bright and dark spots, and the teams that an event chose."""
    squares = 0.0
    bright = dark = 0
    for t in range(org.first_team, org.first_team + org.n_teams):
        above = team[t].quality - view.quality
        squares += above * above
        bright += above > usual_spread
        dark += above < -usual_spread
    view.n_marked = view.marked_quality = view.marked_safety = view.marked_bright = view.marked_dark = 0.0
    for t in range(org.first_team, org.first_team + org.n_teams):
        if team[t].marked:
            above = team[t].quality - view.quality
            view.n_marked += 1.0
            view.marked_quality += team[t].quality
            view.marked_safety += team[t].safety
            view.marked_bright += above > usual_spread
            view.marked_dark += above < -usual_spread
    view.quality_sd = math.sqrt(squares / org.n_teams)
    view.spots_coexist = 1.0 if bright > 0 and dark > 0 else 0.0
    view.bright_share, view.dark_share = bright / org.n_teams, dark / org.n_teams


@compiled
def _misrated(org, view, threshold, team):
    """Record how many teams differ from the organisation's rating; unrated counts as not inadequate."""
    wrong = 0
    for t in range(org.first_team, org.first_team + org.n_teams):
        wrong += (team[t].quality < threshold) != (org.inadequate == 1)
    view.misrated = wrong / org.n_teams


@compiled
def _voices(o, view, values, part, parts_from):
    """Record who is ready to speak up: means by profession, and of those who spoke up lately."""
    count, spoke = np.zeros(N_PROFESSIONS), 0.0
    for b in range(parts_from[o], parts_from[o + 1]):
        count += part[b].sum_profession
        spoke += part[b].sum_spoke
    view.would_speak_again /= max(spoke, 1.0)
    for k in range(N_PROFESSIONS):
        values[_BY_PROFESSION[k]] /= max(count[k], 1.0)


@compiled
def _patients(o, org, view, seats, part, parts_from):
    """Record how satisfied and how active patients are, and whom the forum represents."""
    total, count, activation = np.zeros(N_PATIENT_GROUPS), np.zeros(N_PATIENT_GROUPS), 0.0
    for b in range(parts_from[o], parts_from[o + 1]):
        total += part[b].sum_satisfaction
        count += part[b].sum_patients
        activation += part[b].sum_activation
    best, worst, satisfaction, distance = 0.0, 1.0, 0.0, 0.0
    for k in range(N_PATIENT_GROUPS):
        satisfaction += total[k]
        if count[k] > 0.0:
            best, worst = max(best, total[k] / count[k]), min(worst, total[k] / count[k])
        distance += 0.5 * abs(seats[k].seats - seats[k].share)
    view.satisfaction = satisfaction / max(org.n_patients, 1)
    view.satisfaction_gap = max(0.0, best - worst)
    view.representativeness = 1.0 - distance
    view.activation = activation / max(org.n_patients, 1)


@compiled
def _step(
    first,
    last,
    week,
    p,
    p_reference,
    p_forum,
    p_governing,
    part,
    parts_from,
    organisation,
    snapshot,
    snapshot_values,
    dimension,
    team,
    person,
    manager,
    panel,
    seen_values,
):
    """Record the state at the end of the week."""
    for o in range(first, last):
        if not p[o].enabled:
            continue
        org, view = organisation[o], snapshot[o]
        values = snapshot_values[o]
        _add_up(_WEEKLY, o, parts_from, values, seen_values)
        _people(o, org, view, values, part, parts_from, person)
        _teams(o, org, view, values, dimension)
        _spots(org, view, p_reference[o].usual_quality_spread, team)
        _misrated(org, view, p_governing[o].inadequate_below, team)
        _patients(o, org, view, panel[o], part, parts_from)
        view.satisfaction_reported = satisfaction_as_reported(
            view.satisfaction, p_forum[o].satisfaction_target, org.independence, p_forum[o].target_gloss
        )
        view.forum_standing = org.forum_standing
        view.attention_wellbeing = org.attention_wellbeing
        view.culture_gap = org.culture_reported - view.safety if org.culture_reported > 0.0 else 0.0
        view.openness = 0.0
        for j in range(org.first_manager, org.first_manager + org.n_managers):
            view.openness += manager[j].openness
        view.openness /= org.n_managers
        # What moves slowly and takes long to work out is recorded once a quarter.
        if week % QUARTER == 0:
            _add_up(_QUARTERLY, o, parts_from, values, seen_values)
            for k in _QUALITY:
                values[k] /= org.n_teams
            _origins(org, view, team)
            _voices(o, view, values, part, parts_from)
            _resemblance(org, view, team, person)
            memory = np.empty(org.n_staff)
            n = 0
            for i in range(org.first_person, org.first_person + org.n_staff):
                if person[i].vacant == 0:
                    memory[n] = person[i].propensity_memory
                    n += 1
            view.voice_gini = max(0.0, gini(memory[:n])) if n > 0 else 0.0


PROCESS = Process(
    name="record",
    title="The state of the organisation is recorded; no other process reads the record.",
    parameters=Parameters,
    kernels=(_look, _step),
)
