"""Ideas are tried, adopted, and then last or decay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import fixed, free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms, uniforms_at
from civicsim.model import log as event
from civicsim.model.calendar import YEAR
from civicsim.model.in_post import mean_alignment, mean_motivation, mean_professionalism, mean_trust
from civicsim.model.organisation import DECAYED, ENDORSED, FROM_PATIENTS, FROM_PROGRAMME, NO_IDEA, SUSTAINED, TRIAL
from civicsim.model.practice import change, clear_idea, drop, fall_back, place_of
from civicsim.model.processes.noticing import driven
from civicsim.model.rows import each_linked, each_part
from civicsim.model.rules import unit

TRIALS = stream_of("lifecycle.trials")
DECAY = stream_of("lifecycle.decay")
SWITCHING_WEEKS = 4.0
_DREW_2020 = "Assumption: reports at 30, 60 and 90 days (Drew and Pandit 2020, BMJ 368:m872)."
_DREW_2020B = (
    "Direction: reports at 30, 60 and 90 days cost hours (Drew and Pandit 2020, BMJ 368:m872); none by default."
)
_CERASOLI_2014 = "Direction: intrinsic motivation goes with performance (Cerasoli, Nicklin and Ford 2014, Psychological Bulletin 140:980); size free."
_STIRMAN_2012 = "Assumption: 45 % of programmes went on in one review, 67 % of changes held for a year in another (Stirman and others 2012; Maher and others 2010; secondary, to be verified)."


@dataclass(frozen=True)
class Parameters:
    """How ideas are tried, what changing practice costs, and what lets a change decay."""

    enabled: bool = switch("Ideas are tried and adopted, and changes may decay.")
    cycle_weeks: int = free(4, "weeks", 1, 13, "Length of a plan-do-study-act cycle.", role="fixed")
    n_cycles: int = fixed(
        3, "cycles", 0, 10, "Cycles in a trial; at 0 what is endorsed is adopted at once.", _DREW_2020
    )
    cycle_accuracy: float = free(0.7, "probability", 0.5, 1, "Chance that a cycle shows rightly whether the idea fits.")
    headspace_gain: float = free(
        4.0, "per headspace", 0.5, 20, "How much headspace raises the chance that a trial cycle runs."
    )
    max_concurrent: int = free(3, "trials", 1, 30, "Most trials that a team runs at once.")
    report_hours: float = parameter(
        0.0, "hours per cycle", 0, 40, "Hours that the report on a trial cycle costs the team.", _DREW_2020B
    )
    trial_hours: float = free(3.0, "hours per team and week", 0, 20, "Hours that a running trial costs.")
    consent_base: float = free(
        0.3, "probability", 0, 1, "Chance that a second team without trust consents to a shared change."
    )
    consent_trust: float = free(
        0.5, "probability", 0, 0.7, "How much full trust in the second team adds to that chance."
    )
    consent_professionalism: float = free(
        0.3, "probability", 0, 1, "How much professionalism above the middle adds to that chance."
    )
    skill_per_trial: float = free(
        0.004, "0–1", 0, 0.1, "Share of the way to full skill that a completed trial takes its team."
    )
    motivation_weight: float = parameter(
        0.6,
        "share per unit",
        0,
        2,
        "How much likelier a motivated team is to carry out a planned cycle.",
        _CERASOLI_2014,
    )
    decay_base: float = parameter(
        0.010, "per week", 0, 0.05, "Weekly chance that a change decays.", _STIRMAN_2012, symbol="δ₀"
    )
    decay_overload: float = free(0.05, "per week", 0, 0.3, "Added chance of decay per unit of overload.", symbol="δ_L")
    decay_turnover: float = free(
        0.5, "per share of leavers", 0, 2, "Added chance of decay per weekly share of leavers.", symbol="δ_T"
    )
    decay_leader: float = free(
        0.10, "probability", 0, 0.5, "Chance of decay in the week after a new chief executive starts.", symbol="δ_C"
    )
    decay_neighbours: float = free(
        0.008, "per week", 0, 0.03, "Fall in the chance of decay where all neighbours do the same.", symbol="δ_N"
    )


@compiled
def cycle_runs_probability(gain, headspace, report_hours, work_hours, drive):
    """Return the chance that a planned cycle is carried out.

    Formula
        min(1, min(1, 4H) · max(0, 1 − report / work) · drive)

    where work are the hours that the cycle takes: its report is written in the same time; and drive is how much more than
    usual a motivated team does, see :func:`civicsim.model.processes.noticing.driven`.
    """
    left = max(0.0, 1.0 - report_hours / work_hours) if work_hours > 0.0 else 1.0
    return min(1.0, min(1.0, gain * headspace) * left * drive)


@compiled
def may_begin(notice, weeks):
    """Return whether a trial may begin: not if the notice of an inspection was shorter than a trial takes."""
    return notice == 0 or notice >= weeks


@compiled
def trial_convinces(successes, n_cycles, alignment, convenient):
    """Return whether a finished trial ends in adoption.

    Formula
        a · (2e − 1) + (1−a) · convenient > 0,  e = successes / cycles

    Evidence counts as much as the team cares for patients' good, convenience as much as it does not.
    """
    evidence = 2.0 * successes / n_cycles - 1.0 if n_cycles > 0 else 1.0
    return alignment * evidence + (1.0 - alignment) * convenient > 0.0


@compiled
def decay_hazard(q, overload, leavers, started_over, share_alike):
    """Return the weekly chance that a change decays: max(0, δ₀ + δ_L·ov + δ_T·leavers + δ_C·started over − δ_N·share alike)."""
    return max(
        0.0,
        q.decay_base
        + q.decay_overload * overload
        + q.decay_turnover * leavers
        + q.decay_leader * started_over
        - q.decay_neighbours * share_alike,
    )


@compiled
def consent_probability(q, g, person):
    """Return the chance that a team consents to a change across the boundary: more with trust and professionalism."""
    beyond = mean_professionalism(g, person) - 0.5
    in_trust = q.consent_trust * mean_trust(g, person)
    return unit(q.consent_base + in_trust + q.consent_professionalism * beyond)


@compiled
def _share_alike(neighbour, practice, t, d):
    """Return the share of ties that lead to teams that do the same on dimension ``d``."""
    alike = ties = 0.0
    for k in range(neighbour.shape[1]):
        other = neighbour[t, k].team
        if other < 0:
            break
        ties += neighbour[t, k].ties
        if practice[other, d].value == practice[t, d].value:
            alike += neighbour[t, k].ties
    return alike / ties if ties > 0.0 else 0.0


@compiled
def _adopt(at, week, hours, team, practice, tally, partner):
    """Make the idea of a slot the practice of its team, and of the partner where there is one.

    The partner may belong to another organisation of the run: what it changes counts there.
    """
    log, t, d = at
    count = tally[team[t].organisation]
    slot = practice[t, d]
    value, origin, convenient = slot.idea_value, slot.idea_origin, slot.idea_convenient
    count.trials_won += 1
    count.weeks_to_adopt += week - slot.raised_week
    event.note(at, event.TRIAL_STEP, event.WON)
    if slot.value == value:
        event.note(at, event.DROP, event.IN_USE)
    clear_idea(slot)
    if change(at, slot, value, week, origin, convenient, count):
        team[t].switching_hours += hours
        count.adopted_local += 1
        count.adopted_patients += origin == FROM_PATIENTS
        team[t].originated_memory += 1.0
        count.solved += value == slot.reality
        count.adopted_right += value == slot.reality
    if partner >= 0:
        theirs = tally[team[partner].organisation]
        there = (log, partner, d)
        if practice[partner, d].value != value:
            event.note(there, event.SPREAD, event.AGREED, source=t, value=value)
        if change(there, practice[partner, d], value, week, origin, convenient, theirs):
            team[partner].switching_hours += hours
            theirs.adopted_local += 1
            theirs.adopted_right += value == practice[partner, d].reality


@compiled
def _partner(neighbour, t, u):
    """Return a neighbouring team, chosen by ties, or −1 where there is none."""
    total = 0
    for k in range(neighbour.shape[1]):
        total += neighbour[t, k].ties if neighbour[t, k].team >= 0 else 0
    x = u * total
    for k in range(neighbour.shape[1]):
        if neighbour[t, k].team < 0:
            break
        x -= neighbour[t, k].ties
        if x < 0.0:
            return neighbour[t, k].team
    return -1


@compiled
def _second_team(t, d, m, week, seed, cross_boundary, team, neighbour):
    """Return the team whose consent a change takes, −1 if there is none, and a random number for its consent."""
    if not cross_boundary:
        return -1, 0.0
    u_partner, u_consent, _, _ = uniforms(seed, TRIALS, week, team[t].key, m + d)
    return _partner(neighbour, t, u_partner), u_consent


@compiled
def _wins(at, week, q, seed, cross_boundary, team, neighbour, practice, person, count):
    """End a finished trial: return whether it convinces, with a second team's consent where it takes two, or give it up."""
    _, t, d = at
    slot, g = practice[t, d], team[t]
    for i in range(g.first_person, g.first_person + g.n_posts):
        person[i].skill += q.skill_per_trial * (1.0 - person[i].skill)
    if not trial_convinces(slot.successes, q.n_cycles, mean_alignment(g, person), slot.idea_convenient):
        count.trials_lost += 1
        drop(at, slot, event.FAILED)
        return False
    if cross_boundary:
        partner, u_consent = _second_team(t, d, practice.shape[1], week, seed, cross_boundary, team, neighbour)
        consent = consent_probability(q, team[partner], person) if partner >= 0 else 0.0
        if u_consent >= consent:
            count.trials_lost += 1
            drop(at, slot, event.NO_CONSENT)
            return False
    return True


@compiled
def _forget_programmes(log, t, practice):
    """Clear what a programme of the last chief executive brought to a team."""
    for d in range(practice.shape[1]):
        slot = practice[t, d]
        if slot.idea_state != NO_IDEA and slot.idea_origin == FROM_PROGRAMME:
            drop((log, t, d), slot, event.STARTED_OVER)


@compiled
def _run_cycle(at, slot, week, q, usual_motivation, org, g, person, count):
    """Carry out a cycle that is due, if there are headspace and drive for it, and see what it shows."""
    u_runs, u_shows, _, _ = uniforms(org.seed, TRIALS, week, g.key, at[2])
    count.cycles_due += 1
    drive = driven(q.motivation_weight, mean_motivation(g, person), usual_motivation)
    work_hours = q.trial_hours * q.cycle_weeks
    if u_runs < cycle_runs_probability(q.headspace_gain, g.headspace, q.report_hours, work_hours, drive):
        count.cycles_done += 1
        fits = slot.idea_value == slot.reality
        shows_rightly = u_shows < q.cycle_accuracy
        slot.cycles += 1
        speaks_for = fits == shows_rightly
        slot.successes += speaks_for
        event.note(at, event.TRIAL_STEP, event.CYCLE_FOR if speaks_for else event.CYCLE_AGAINST)
    else:
        event.note(at, event.TRIAL_STEP, event.CYCLE_MISSED)


@each_part
def _try_ideas(own, o, org, q, usual, week, log, dimension, team, neighbour, practice, person, marks):
    """Run trials, end those that are finished, and mark those that convinced."""
    if not q.enabled:
        return
    m = practice.shape[1]
    # Dimensions on which a team has something endorsed or in trial. There is room for one too many, which does not count.
    active = np.empty(m + 1, dtype=np.int64)
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        marks[t, :] = 0
        if org.started_over:
            _forget_programmes(log, t, practice)
        running = n_active = 0
        for d in range(m):
            state = practice[t, d].idea_state
            running += state == TRIAL
            active[n_active] = d
            n_active += (state == TRIAL) | (state == ENDORSED)
        g.n_trials = running
        if n_active == 0:
            continue
        may_try = may_begin(org.notice, q.n_cycles * q.cycle_weeks)
        # Which dimension comes first for a free place must not depend on its number: start somewhere at random.
        u, _, _, _ = uniforms(org.seed, TRIALS, week, g.key, 2 * m)
        begin = place_of(int(u * m), active, n_active)
        for k in range(begin, begin + n_active):
            d = active[k if k < n_active else k - n_active]
            at, slot = (log, t, d), practice[t, d]
            if slot.idea_state == ENDORSED and running < q.max_concurrent and may_try:
                slot.idea_state = TRIAL
                slot.idea_week = week
                running += 1
                own.trials_begun += 1
                event.note(at, event.TRIAL_STEP, event.BEGUN)
            if slot.idea_state != TRIAL:
                continue
            age = week - slot.idea_week
            if q.n_cycles > 0 and age > 0 and age % q.cycle_weeks == 0:
                _run_cycle(at, slot, week, q, usual.usual_motivation, org, g, person, own)
            if slot.cycles >= q.n_cycles:
                running -= 1
                across = dimension[o, d].cross_boundary
                marks[t, d] = _wins(at, week, q, org.seed, across, team, neighbour, practice, person, own)
                marks[t, m] |= marks[t, d]
        g.n_trials = running


@each_linked
def _adopt_ideas(o, org, q, q_practice, week, log, dimension, tally, team, neighbour, practice, marks):
    """Adopt the ideas whose trials convinced, one after another: a second team may belong to another organisation."""
    m = practice.shape[1]
    hours = q_practice.switching_hours
    for t in range(org.first_team, org.first_team + (org.n_teams if q.enabled else 0)):
        for d in range(m if marks[t, m] else 0):
            if marks[t, d]:
                across = dimension[o, d].cross_boundary
                partner, _ = _second_team(t, d, m, week, org.seed, across, team, neighbour)
                _adopt((log, t, d), week, hours, team, practice, tally, partner)


@each_part
def _age_changes(own, org, q, week, log, team, neighbour, practice, marks):
    """Let changes of the past year last, and mark those that decay: no fall counts for a neighbour in the same week."""
    if not q.enabled:
        return
    m = practice.shape[1]
    # Changes that stand: team, its key, and dimension. There is room for one too many, which does not count.
    standing = np.empty((3, own.n_teams * m + 1), dtype=np.int32)
    n = 0
    for t in range(own.first_team, own.first_team + own.n_teams):
        marks[t, :] = 0
        for d in range(m):
            slot = practice[t, d]
            standing[0, n], standing[1, n], standing[2, n] = t, team[t].key, d
            n += (slot.followed != 0) & (slot.adopted_week < week)
    draws = uniforms_at(org.seed, DECAY, week, standing[1, :n], standing[2, :n])
    for k in range(n):
        t, d, u = standing[0, k], standing[2, k], draws[0, k]
        g, slot = team[t], practice[t, d]
        if u < decay_hazard(q, g.overload, g.leaver_memory, org.started_over, 0.0):
            alike = _share_alike(neighbour, practice, t, d)
            if u < decay_hazard(q, g.overload, g.leaver_memory, org.started_over, alike):
                marks[t, d] = marks[t, m] = 1
                continue
        if week - slot.adopted_week >= YEAR:
            slot.followed = 0
            own.sustained += 1
            own.changes[SUSTAINED, slot.origin] += 1.0
            event.note((log, t, d), event.SUSTAINED, slot.origin)


@each_part
def _let_go(own, q, log, practice, marks):
    """Let the changes that decay fall back."""
    for t in range(own.first_team, own.first_team + (own.n_teams if q.enabled else 0)):
        for d in range(practice.shape[1] if marks[t, practice.shape[1]] else 0):
            if marks[t, d]:
                slot = practice[t, d]
                fall_back(slot)
                own.decayed += 1
                own.changes[DECAYED, slot.origin] += 1.0
                event.note((log, t, d), event.DECAY, slot.origin)


@each_part
def _spend_hours(own, q, team):
    """Work out the hours of each team's trials and changes this week."""
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        if not q.enabled:
            g.improvement_hours, g.n_trials = 0.0, 0
            continue
        # A quarter of what is left of the hours of a change falls in each week.
        changing = g.switching_hours / SWITCHING_WEEKS
        g.switching_hours -= changing
        g.originated_memory *= 1.0 - 1.0 / YEAR
        g.improvement_hours = changing + q.trial_hours * g.n_trials
        own.hours_improvement += g.improvement_hours


PROCESS = Process(
    name="lifecycle",
    title="Endorsed ideas go through trial cycles and are adopted or given up; changes last a year or decay.",
    parameters=Parameters,
    kernels=(_try_ideas, _adopt_ideas, _age_changes, _let_go, _spend_hours),
)
