"""Records the state of the organisation. No other process reads the record."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import literal_unroll

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import switch
from civicsim.engine.process import Process
from civicsim.model.calendar import QUARTER
from civicsim.model.organisation import ENDORSED, N_PATIENT_GROUPS, TRIAL, WAITING
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.forum import satisfaction_as_reported
from civicsim.model.processes.quarterly import (
    look_at_quality,
    look_at_voices,
    record_origins,
    record_resemblance,
    record_voices,
)
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.tables import SNAPSHOT

OF_ALL = ("load", "exhaustion", "motivation", "trust")
OF_STAFF = ("headspace", "safety", "efficacy", "belonging", "agency", "skill", "propensity")
OF_TEAMS = (
    *("overload", "seek", "mismatch", "conflict", "hostility"),
    *("quality", "quality_measured", "quality_unmeasured", "quality_reported"),
)
"""States of which means over all people, over staff and over teams are recorded."""
_SUMMED_OVER_TEAMS = (*OF_TEAMS, "harm", "incidents")


def _places(*names: str) -> np.ndarray:
    """Return the places of columns among the numbers of a snapshot."""
    known = [column.name for column in SNAPSHOT for _ in column.entries()]
    return np.array([place for place, name in enumerate(known) if name in names])


_COUNTED = (
    *("n_staff_filled", "n_absent", "n_burnt_out", "propensity_high", "propensity_low"),
    *("ideas_waiting", "ideas_endorsed", "ideas_in_trial", "gamed", "followed"),
)
_WEEKLY = _places(*OF_ALL, *OF_STAFF, *_SUMMED_OVER_TEAMS, *_COUNTED)
"""Places of what is recorded each week and first added up over parts."""
_QUARTERLY = _places(
    *("quality_of", "propensity_of", "noticed_memory", "voiced_memory", "would_speak_again", "n_ties", "n_ties_far")
)
"""The same once a quarter."""
_MEANS_OF_ALL, _MEANS_OF_STAFF, _MEANS_OF_TEAMS = _places(*OF_ALL), _places(*OF_STAFF), _places(*OF_TEAMS)


@dataclass(frozen=True)
class Parameters:
    """Recording has nothing to set."""

    enabled: bool = switch("How things stand is recorded each week.")


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
    waiting = endorsed = in_trial = gamed = followed = 0
    for name in literal_unroll(_SUMMED_OVER_TEAMS):
        seen[name] = 0.0
        for t in range(own.first_team, own.first_team + own.n_teams):
            seen[name] += team[t][name]
    for t in range(own.first_team, own.first_team + own.n_teams):
        for d in range(practice.shape[1]):
            slot = practice[t, d]
            waiting += slot.idea_state == WAITING
            endorsed += slot.idea_state == ENDORSED
            in_trial += slot.idea_state == TRIAL
            gamed += slot.gamed
            followed += slot.followed
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


@each_part
def _look(own, o, q, week, dimension, team, practice, person, patient, ties, seen):
    """Add up part by part what is recorded."""
    if not q.enabled:
        return
    _look_at_people(own, seen, team, person)
    _look_at_teams(own, seen, team, practice)
    _look_at_patients(own, patient)
    if week % QUARTER == 0:
        look_at_voices(own, seen, person, team, ties)
        look_at_quality(o, own, seen, dimension, team, practice)


@compiled
def _add_up(places, values, seen):
    """Add up what was seen in the parts of an organisation."""
    for k in places:
        values[k] = 0.0
        for b in range(seen.shape[0]):
            values[k] += seen[b, k]


@compiled
def _people(parts, org, view, values, person):
    """Record means of staff and managers."""
    high = low = 0.0
    for own in parts:
        high += own.sum_high
        low += own.sum_low
    view.n_filled = view.n_staff_filled
    for k in _MEANS_OF_STAFF:
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
    for k in _MEANS_OF_ALL:
        values[k] /= max(view.n_filled, 1.0)


@compiled
def _teams(o, org, view, values, dimension):
    """Record means over teams, and how far the code is right."""
    for k in _MEANS_OF_TEAMS:
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
def _patients(parts, org, view, seats):
    """Record how satisfied and how active patients are, and whom the forum represents."""
    total, count, activation = np.zeros(N_PATIENT_GROUPS), np.zeros(N_PATIENT_GROUPS), 0.0
    for own in parts:
        total += own.sum_satisfaction
        count += own.sum_patients
        activation += own.sum_activation
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


@each_organisation
def _record(
    o,
    parts,
    seen_parts,
    org,
    q,
    q_forum,
    q_governing,
    usual,
    view,
    values,
    week,
    dimension,
    team,
    person,
    manager,
    panel,
):
    """Record the state at the end of the week."""
    if not q.enabled:
        return
    _add_up(_WEEKLY, values, seen_parts)
    _people(parts, org, view, values, person)
    _teams(o, org, view, values, dimension)
    _spots(org, view, usual.usual_quality_spread, team)
    _misrated(org, view, q_governing.inadequate_below, team)
    _patients(parts, org, view, panel[o])
    view.satisfaction_reported = satisfaction_as_reported(
        view.satisfaction, q_forum.satisfaction_target, org.independence, q_forum.target_gloss
    )
    view.forum_standing = org.forum_standing
    view.attention_wellbeing = org.attention_wellbeing
    view.culture_gap = org.culture_reported - view.safety if org.culture_reported > 0.0 else 0.0
    view.openness = 0.0
    for j in range(org.first_manager, org.first_manager + org.n_managers):
        view.openness += manager[j].openness
    view.openness /= org.n_managers
    if week % QUARTER == 0:
        _add_up(_QUARTERLY, values, seen_parts)
        view.quality_of[:] /= org.n_teams
        record_origins(org, view, team)
        record_voices(parts, org, view, person)
        record_resemblance(org, view, team, person)


PROCESS = Process(
    name="record",
    title="The state of the organisation is recorded; no other process reads the record.",
    parameters=Parameters,
    kernels=(_look, _record),
)
