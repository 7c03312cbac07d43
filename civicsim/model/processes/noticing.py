"""People check their work and notice what could be otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms_at, uniforms_in_turn
from civicsim.model.blocks import TEAMS_AT_ONCE, block_of
from civicsim.model.organisation import N_PROBLEMS
from civicsim.model.practice import judges_rightly
from civicsim.model.rows import each_part
from civicsim.model.rules import exp, poisson, unit

STREAM = stream_of("noticing")
_MOUNTFORD_2014 = "Assumption: direction after 'battening down the hatches' (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free."
_CERASOLI_2014 = "Direction: intrinsic motivation goes with performance, rho .21 to .45 (Cerasoli, Nicklin and Ford 2014, Psychological Bulletin 140:980); size free."
_SEEK_SHIFT_SOURCE = "Assumption: none by default; for studies of problem-seeking."


@dataclass(frozen=True)
class Parameters:
    """How much people check, and what they make of it."""

    enabled: bool = switch("Staff notice problems.")
    check_rate: float = free(
        0.8, "checks per week", 0.3, 2, "Checks by someone with full headspace and full problem-seeking.", symbol="ν"
    )
    base_headspace: float = free(
        0.4, "0–1", 0.1, 0.6, "Headspace that people without any would need to notice as much as they do.", symbol="h₀"
    )
    overload_cost: float = parameter(
        1.0, "per unit load", 1, 5, "How steeply noticing falls when load exceeds 1.", _MOUNTFORD_2014, symbol="k_b"
    )
    motivation_weight: float = parameter(
        0.6, "share per unit", 0, 2, "How much more a motivated person checks.", _CERASOLI_2014
    )
    seek_rate: float = free(0.02, "per week", 0, 0.2, "How fast a team's problem-seeking follows how bad news is met.")
    seek_shift: float = parameter(
        0.0, "0–1", -0.5, 0.5, "Added to where problem-seeking settles, whatever leaders do.", _SEEK_SHIFT_SOURCE
    )


@written_in
def driven(weight, motivation, usual):
    """Return how much more than usual the motivated do: max(0, 1 + w(M − M_ref))."""
    return max(0.0, 1.0 + weight * (motivation - usual))


@written_in
def expected_checks(rate, base, headspace, seek, load, overload_cost):
    """Return checks a person of usual motivation is expected to make in a week; see :func:`driven` for others.

    Formula
        ν (h₀ + H) · seek · exp(−k_b · max(0, ℓ−1))
    """
    return rate * (base + headspace) * seek * exp(-overload_cost * max(0.0, load - 1.0))


@compiled
def seek_target(openness, fear, measured, salience):
    """Return where problem-seeking settles: ½[1 + O(1−F) − φ · salience · F]."""
    return unit(0.5 * (1.0 + openness * (1.0 - fear) - measured * salience * fear))


@compiled
def convenient_value(present, u):
    """Return what would be convenient instead of a practice: its opposite, or either way where there is no set way."""
    if present != 0:
        return -present
    return 1 if u < 0.5 else -1


@compiled
def _count_checks(org, q, usual_motivation, week, one, beyond, start, n_posts, team, person):
    """Return how many checks each post of some teams makes this week; none where no one is at work."""
    seek, n_of = np.empty(n_posts), np.empty(n_posts, dtype=np.int8)
    for t in range(one, beyond):
        for i in range(team[t].first_person, team[t].first_person + team[t].n_posts):
            seek[i - start] = team[t].seek
    draws = uniforms_in_turn(org.seed, STREAM, week, person[start].key, n_posts, 0)
    for k in range(n_posts):
        who = person[start + k]
        rate = expected_checks(q.check_rate, q.base_headspace, who.headspace, seek[k], who.load, q.overload_cost)
        rate *= driven(q.motivation_weight, who.motivation, usual_motivation)
        n = poisson(rate, draws[0, k], N_PROBLEMS)
        n_of[k] = n if (who.vacant == 0) & (who.absent == 0) else 0
    return n_of


@compiled
def _look(n, week, gain, seed, visible, checks, practice, person, problem):
    """Make ``n`` checks, and keep what looks wrong as problems of those who make them.

    ``checks`` holds, for each, the row of the person, the person's key, and its number among the person's checks.
    """
    draws = uniforms_at(seed, STREAM, week, checks[1, :n], checks[2, :n])
    n_visible = visible.shape[0]
    for c in range(n):
        i = checks[0, c]
        who = person[i]
        u_where, u_right, severity, u_own = draws[0, c], draws[1, c], draws[2, c], draws[3, c]
        d = visible[int(u_where * n_visible)]
        slot = practice[who.team, d]
        signal = slot.reality if u_right < judges_rightly(who.skill, gain) else -slot.reality
        if signal == slot.value:
            continue
        seen = problem[i, int(who.noticed)]
        seen.dimension = d
        seen.severity = severity
        seen.convenient = 0
        seen.value = signal
        seen.check = checks[2, c] - 1
        if u_own >= who.alignment:
            # What is convenient has nothing to do with what fits: it is about something else, and undoes what is done
            # there.
            x = (u_own - who.alignment) / (1.0 - who.alignment)
            seen.dimension = visible[int(x * n_visible)]
            seen.convenient = 1
            seen.value = convenient_value(practice[who.team, seen.dimension].value, severity)
        who.noticed += 1.0


@each_part
def _step(own, o, org, q, q_practice, usual, week, dimension, team, practice, person, problem, manager):
    """Let everyone at work make a few checks, and keep what looks wrong as problems of the week."""
    m = practice.shape[1]
    for i in range(own.first_person, own.first_person + own.n_staff):
        if person[i].noticed > 0.0:
            person[i].noticed = 0.0
    if not q.enabled:
        for t in range(own.first_team, own.first_team + own.n_teams):
            team[t].noticed = 0.0
        return
    visible = np.empty(m, dtype=np.int64)
    n_visible = 0
    for d in range(m):
        if dimension[o, d].staff_visible:
            visible[n_visible] = d
            n_visible += 1
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        target = seek_target(manager[g.manager].openness, org.fear_enacted, org.measured_share, org.target_salience)
        g.seek = unit(g.seek + q.seek_rate * (unit(target + q.seek_shift) - g.seek))
    for one in range(own.first_team, own.first_team + own.n_teams, TEAMS_AT_ONCE):
        beyond, start, n_posts = block_of(own, team, one)
        n_of = _count_checks(org, q, usual.usual_motivation, week, one, beyond, start, n_posts, team, person)
        checks = np.empty((3, n_posts * N_PROBLEMS), dtype=np.int32)
        n_checks = 0
        for k in range(n_posts if n_visible > 0 else 0):
            for number in range(n_of[k]):
                checks[0, n_checks], checks[1, n_checks] = start + k, person[start + k].key
                checks[2, n_checks] = 1 + number
                n_checks += 1
        gain = q_practice.judgement_gain
        _look(n_checks, week, gain, org.seed, visible[:n_visible], checks, practice, person, problem)
        for t in range(one, beyond):
            g = team[t]
            g.noticed = 0.0
            for i in range(g.first_person, g.first_person + g.n_posts):
                g.noticed += person[i].noticed
            own.noticed += g.noticed


PROCESS = Process(
    name="noticing",
    title="Staff check their work as far as headspace, load and problem-seeking let them, and notice problems.",
    parameters=Parameters,
    kernels=(_step,),
)
