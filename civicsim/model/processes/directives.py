"""Orders from the centre reach teams, which comply, adapt, resist or game."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.organisation import FROM_DIRECTIVE
from civicsim.model.practice import change, judges_rightly
from civicsim.model.processes.compact import ledger
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import either, exp, majority_accuracy, toward_code

STREAM = stream_of("directives")
MEMORY_WEEKS = 26.0
"""Weeks over which directives are felt. Assumption: two quarters."""
_BEVAN_2006 = "Assumption: direction after Bevan and Hood (2006, Public Administration 84:517), to be verified; size calibrated to what pressing a target does to reports (P11)."
_WILKINSON_2011 = "Direction: professionals of a wider sense of duty adapt rather than resist (Wilkinson, Powell and Davies 2011); size free."
_DREW_2020 = (
    "Direction: plans demanded at short notice leave no time to engage (Drew and Pandit 2020, BMJ 368:m872); size free."
)


@dataclass(frozen=True)
class Parameters:
    """Reasons to comply with, adapt, resist or game a directive."""

    enabled: bool = switch("Directives reach teams.")
    comply_pressure: float = free(1.0, "utility", 0, 8, "How much fear and rewards make teams comply.", symbol="a₁")
    comply_trust: float = free(1.0, "utility", 0, 8, "How much trust makes teams comply.", symbol="a₂")
    adapt_scope: float = free(
        6.0, "utility", 0, 8, "How much permission, skill and headspace together make teams adapt.", symbol="a₃"
    )
    resist_misfit: float = free(
        2.0, "utility", 0, 8, "How much perceived misfit and belonging together make teams resist.", symbol="a₄"
    )
    resist_fear: float = free(1.0, "utility", 0, 8, "How much fear keeps teams from resisting.", symbol="a₅")
    game_pressure: float = parameter(
        6.0, "utility", 0, 8, "How much fear and prominent targets together make teams game.", _BEVAN_2006, symbol="a₆"
    )
    game_motivation: float = free(1.0, "utility", 0, 8, "How much motivation keeps teams honest.", symbol="a₇")
    game_audit: float = free(1.0, "utility", 0, 8, "How much the checking of reports keeps teams honest.", symbol="a₈")
    professionalism_weight: float = parameter(
        1.0, "multiple per unit", 0, 2, "How much professionalism adds to the case for adapting.", _WILKINSON_2011
    )
    urgency_weight: float = share(
        1.0, "How far an inspection at short notice adds fear and limits adapting.", _DREW_2020
    )
    temperature: float = free(
        0.5, "utility", 0.1, 1, "How random the choice is; near 0 teams nearly always take the best option.", symbol="τ"
    )
    attention: float = free(4.0, "directives per week", 1, 20, "Directives that a team can take in at once.")


@compiled
def comply_utility(pressure_weight, fear, carrot, trust_weight, trust):
    """Return what speaks for complying: a₁(F + carrot) + a₂T."""
    return pressure_weight * (fear + carrot) + trust_weight * trust


@compiled
def adapt_utility(weight, permission, skill, headspace, duty, hurry):
    """Return what speaks for adapting; without permission, skill or headspace nothing does, nor when all time is gone.

    Formula
        a₃ · permission · K · H · (1 + duty) · (1 − hurry)

    where duty is what professionalism adds and hurry what an inspection takes away.
    """
    return weight * permission * skill * headspace * (1.0 + duty) * (1.0 - hurry)


@compiled
def fear_in_a_hurry(fear, hurry):
    """Return fear while an inspection looms: it goes up as far as time runs out, F + (1 − F)·hurry/2."""
    return fear + 0.5 * hurry * (1.0 - fear)


@compiled
def resist_utility(misfit_weight, misfit, belonging, fear_weight, fear):
    """Return what speaks for resisting: a₄ · misfit · X − a₅F."""
    return misfit_weight * misfit * belonging - fear_weight * fear


@compiled
def game_utility(pressure_weight, fear, salience, motivation_weight, motivation, audit_weight, audit):
    """Return what speaks for gaming: a₆ · F · salience − a₇M − a₈ · audit."""
    return pressure_weight * fear * salience - motivation_weight * motivation - audit_weight * audit


@compiled
def choose(comply, adapt, resist, game, temperature, u):
    """Return 0 comply, 1 adapt, 2 resist or 3 game: a softmax choice made by one uniform number."""
    best = max(max(comply, adapt), max(resist, game))
    a = exp((comply - best) / temperature)
    b = exp((adapt - best) / temperature)
    c = exp((resist - best) / temperature)
    d = exp((game - best) / temperature)
    x = u * (a + b + c + d)
    if x < a:
        return 0
    if x < a + b:
        return 1
    if x < a + b + c:
        return 2
    return 3


@compiled
def attended_probability(n_directives, attention):
    """Return the chance that a team takes in one of ``n_directives`` that arrive at once: min(1, attention/n)."""
    return min(1.0, attention / n_directives)


@compiled
def _mean_mood(g, person):
    """Return how many of a team are in post, and their mean trust, skill, belonging, motivation and professionalism."""
    trust = skill = belonging = motivation = professionalism = 0.0
    filled = 0
    for i in range(g.first_person, g.first_person + g.n_posts):
        if person[i].vacant:
            continue
        filled += 1
        trust += person[i].trust
        skill += person[i].skill
        belonging += person[i].belonging
        motivation += person[i].motivation
        professionalism += person[i].professionalism
    n = max(filled, 1)
    return filled, trust / n, skill / n, belonging / n, motivation / n, professionalism / n


@compiled
def _respond(at, slot, code, week, org, q, way, candour, fear, hurry, g, mood, draws, count):
    """Let a team that has taken in a directive comply, adapt it, resist it or pretend; return whether it contests it."""
    if slot.value == code:
        # Nothing to do, and nothing to pretend.
        count.in_line += 1
        event.note(at, event.DIRECTIVE, event.IN_LINE, value=code)
        slot.gamed = 0
        return False
    _, u_signal, u_choice, u_guess = draws
    _, trust, skill, belonging, motivation, professionalism = mood
    duty = q.professionalism_weight * (professionalism - 0.5)
    accuracy = judges_rightly(skill, way.judgement_gain)
    together = majority_accuracy(accuracy, max(g.n_present, 1), way.signal_correlation)
    # Staff who believe in a compact that is kept as a ledger report openly in return.
    openly = either(org.audit, candour * g.belief)
    misfit = (slot.reality if u_signal < together else -slot.reality) != code
    chosen = choose(
        comply_utility(q.comply_pressure, fear, org.carrot, q.comply_trust, trust),
        adapt_utility(q.adapt_scope, org.permission_enacted, skill, g.headspace, duty, hurry),
        resist_utility(q.resist_misfit, misfit, belonging, q.resist_fear, fear),
        game_utility(q.game_pressure, fear, org.target_salience, q.game_motivation, motivation, q.game_audit, openly),
        q.temperature,
        u_choice,
    )
    event.note(at, event.DIRECTIVE, event.COMPLIED + chosen, value=code)
    changed = False
    if chosen == 0:
        count.complied += 1
        changed = change(at, slot, toward_code(slot.value, code, 2), week, FROM_DIRECTIVE, 0, count)
    elif chosen == 1:
        count.adapted += 1
        guess = slot.reality if u_guess < accuracy else -slot.reality
        changed = change(at, slot, guess, week, FROM_DIRECTIVE, 0, count)
    elif chosen == 2:
        count.resisted += 1
    else:
        count.gamed += 1
        slot.gamed = 1
    if changed:
        g.switching_hours += way.switching_hours
        count.adopted_vertical += 1
        count.adopted_right += slot.value == slot.reality
    return chosen == 1 or chosen == 2


@compiled
def _how_many(dimensions):
    """Return on how many dimensions a directive is out."""
    n = 0
    for d in range(dimensions.shape[0]):
        n += dimensions[d].directive
    return n


@each_part
def _decide(own, o, org, q, q_compact, q_practice, week, log, dimension, team, practice, person, marks):
    """Let each team decide on each directive that is out, and mark those that it contests."""
    m = practice.shape[1]
    n_directives = _how_many(dimension[o])
    if not q.enabled or n_directives == 0:
        return
    attended = attended_probability(n_directives, q.attention)
    hurry = q.urgency_weight * org.urgency
    fear = fear_in_a_hurry(org.fear_enacted, hurry)
    candour = q_compact.candour * ledger(org.compact) if q_compact.enabled else 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        marks[t, :] = 0
        mood = _mean_mood(g, person)
        if mood[0] == 0:
            continue
        for d in range(m):
            if dimension[o, d].directive == 0:
                continue
            own.directives += 1
            draws = uniforms(org.seed, STREAM, week, g.key, d)
            at, code = (log, t, d), dimension[o, d].code
            if draws[0] < attended:
                slot = practice[t, d]
                marks[t, d] = _respond(
                    at, slot, code, week, org, q, q_practice, candour, fear, hurry, g, mood, draws, own
                )
            else:
                own.overlooked += 1
                event.note(at, event.DIRECTIVE, event.OVERLOOKED, value=code)


@each_organisation
def _settle(o, org, q, dimension, marks):
    """Count the teams that contest a directive; after that, none is out any more."""
    if not q.enabled:
        return
    m = dimension.shape[1]
    n_directives = _how_many(dimension[o])
    org.directive_memory += (52.0 * n_directives / m - org.directive_memory) / MEMORY_WEEKS
    for t in range(org.first_team, org.first_team + (org.n_teams if n_directives > 0 else 0)):
        for d in range(m):
            dimension[o, d].contested += marks[t, d]
    for d in range(m):
        dimension[o, d].directive = 0


PROCESS = Process(
    name="directives",
    title="Teams decide on the directives issued last quarter's end: comply, adapt, resist or game.",
    parameters=Parameters,
    kernels=(_decide, _settle),
)
