"""Teams may adopt what a team with ties to them has changed lately.

In the neutral form they copy what a neighbour does, or that it has no set way, whatever it is worth: no news, no room, no
judgement and no order count. It is the null model against which spread by worth is compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled, written_in
from civicsim.engine.parameters import choice, free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms, uniforms_at
from civicsim.model import log as event
from civicsim.model.in_post import mean_skill
from civicsim.model.organisation import FROM_DIRECTIVE, FROM_NEIGHBOURS
from civicsim.model.practice import change, judges_rightly
from civicsim.model.rows import each_part
from civicsim.model.rules import adoption_hazard, either

STREAM = stream_of("spread")
NEWS_WEEKS = 26
NEUTRAL = 3
"""Code of the neutral form; those before it are the forms of :func:`civicsim.model.rules.adoption_hazard`."""
MARK = 2
"""What a team takes over is marked by its value, −1, 0 or 1, plus this: 0 is no mark."""
_CENTOLA_2007 = (
    "Centola and Macy (2007, American Journal of Sociology 113:702); which form holds is open, to be swept. The neutral form is the "
    "null model of Bentley, Hahn and Shennan (2004, Proceedings of the Royal Society B 271:1443)."
)
_AS_OFTEN = "Assumption: about as many changes between teams as the complex form brings at the status quo."
_ECKLES_2018 = "Form: Eckles, Mossel, Rahimian and Sen (2018, arXiv:1810.03579); size free."


@dataclass(frozen=True)
class Parameters:
    """How changes pass from team to team."""

    enabled: bool = switch("Changes spread between teams.")
    form: str = choice(
        "complex",
        ("complex", "simple", "proportional", "neutral"),
        "Whether a change needs several examples, one, or any share, or is copied whatever it is worth.",
        _CENTOLA_2007,
    )
    threshold: float = free(
        0.3, "0–1", 0.1, 0.6, "Share of ties to adopters at which a complex change passes.", symbol="θ"
    )
    complex_rate: float = free(0.25, "per week", 0, 1, "Weekly chance of taking it up above that threshold.")
    contagion: float = free(
        0.05, "per tie and week", 0.01, 0.2, "Weekly chance per tie of taking up a simple change.", symbol="β"
    )
    internal: float = free(
        0.1, "per week", 0, 1, "Weekly chance when all ties lead to adopters, in the proportional form.", symbol="q"
    )
    noise: float = parameter(
        0.002, "per week", 0, 0.02, "Weekly chance below the threshold, if a tie leads to it.", _ECKLES_2018, symbol="ε"
    )
    order_rate: float = free(
        0.01, "per week", 0, 0.1, "Added weekly chance, at full directive rate, where protocols ask for the change."
    )
    headspace_gain: float = free(
        2.0, "per headspace", 0.5, 20, "How much headspace raises the chance of taking up news."
    )
    copying_rate: float = parameter(
        0.0025,
        "per week",
        0,
        0.1,
        "Weekly chance, in the neutral form, of copying what a neighbour does on a dimension.",
        _AS_OFTEN,
    )


@compiled
def headspace_gate(gain, headspace):
    """Return the share of news for which there is room: min(1, gain · H)."""
    return min(1.0, gain * headspace)


@compiled
def accepts(fits, accuracy, u):
    """Return whether the receiving team judges that a change fits; it is right with probability ``accuracy``."""
    return fits == (u < accuracy)


@compiled
def news_of(slot, week):
    """Return the practice of a slot if it is in use, still standing, and young enough to be talked about; else 0.

    What was ordered is no news: all have the order.
    """
    age = week - slot.adopted_week
    is_news = (slot.followed != 0) & (slot.origin != FROM_DIRECTIVE) & (age > 0) & (age <= NEWS_WEEKS)
    return slot.value if is_news else 0


@compiled
def _look_around(neighbour, t, news, tied, apart):
    """Count what ties of a team lead to, dimension by dimension, and return how many ties it has.

    ``tied`` gets the ties to teams with news on a dimension, and ``apart`` those with 1 less those with -1.
    """
    tied[:] = 0
    apart[:] = 0
    degree = 0
    for k in range(neighbour.shape[1]):
        other, ties = neighbour[t, k].team, neighbour[t, k].ties
        if other < 0:
            break
        degree += ties
        for d in range(news.shape[1]):
            tied[d] += ties * abs(news[other, d])
            apart[d] += ties * news[other, d]
    return degree


@compiled
def copied_team(neighbours, u):
    """Return the team to which a team's tie picked at random leads, which it copies in the neutral form; −1 without ties."""
    degree = reached = 0
    for k in range(neighbours.shape[0]):
        degree += neighbours[k].ties
    for k in range(neighbours.shape[0]):
        reached += neighbours[k].ties
        if u * degree < reached:
            return neighbours[k].team
    return -1


@compiled
def _copy(own, seed, rate, week, team, neighbour, practice, marks):
    """Mark what teams of a part copy in the neutral form."""
    for t in range(own.first_team, own.first_team + own.n_teams):
        for d in range(practice.shape[1]):
            u_copy, u_whom, _, _ = uniforms(seed, STREAM, week, team[t].key, d)
            source = copied_team(neighbour[t], u_whom) if u_copy < rate else -1
            if source >= 0 and practice[source, d].value != practice[t, d].value:
                marks[t, d] = MARK + practice[source, d].value
                marks[t, practice.shape[1]] = 1


@written_in
def _new_to(t, tied, apart, practice, new):
    """List the dimensions on which a team hears of something that it does not do; return how many there are."""
    n_new = 0
    for d in range(practice.shape[1]):
        # Two opposite changes may be in the news; the one with more ties is heard. It is news to who does otherwise.
        new[n_new] = d
        n_new += (tied[d] > 0) & (practice[t, d].value != (1 if apart[d] >= 0 else -1))
    return n_new


@compiled
def _note_sources(at, value, source, news, neighbour):
    """Log the team that a team copies; −1 stands for every team in which it has seen what it takes over."""
    log, t, d = at
    for k in range(neighbour.shape[1] if log.shape[0] > 0 else 0):
        other = neighbour[t, k].team
        if other >= 0 and (other == source or (source < 0 and news[other, d] == value)):
            event.note(at, event.SPREAD, event.SEEN, source=other, value=value)


@each_part
def _tell(own, week, practice, news):
    """Let all teams see the news of each by dimension: −1, 0 (nothing) or 1."""
    for t in range(own.first_team, own.first_team + own.n_teams):
        for d in range(practice.shape[1]):
            news[t, d] = news_of(practice[t, d], week)


@each_part
def _hear(own, o, org, q, q_practice, week, dimension, team, neighbour, practice, person, news, marks):
    """Mark what each team takes over: recent changes of neighbours that it judges to fit, or copies in the neutral form."""
    if not q.enabled:
        return
    m = practice.shape[1]
    tied, apart = np.empty(news.shape[1], dtype=np.int32), np.empty(news.shape[1], dtype=np.int32)
    # Dimensions on which a team hears something new. There is room for one too many, which does not count.
    new = np.empty(m + 1, dtype=np.int64)
    marks[own.first_team : own.first_team + own.n_teams, :] = 0
    if q.form == NEUTRAL:
        _copy(own, org.seed, q.copying_rate, week, team, neighbour, practice, marks)
        return
    # What teams hear of: team, its key, dimension and value; and the chance that it is taken up.
    heard, chance = np.empty((4, own.n_teams * m), dtype=np.int32), np.empty(own.n_teams * m)
    n_heard = 0
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        gate = headspace_gate(q.headspace_gain, g.headspace)
        degree = _look_around(neighbour, t, news, tied, apart)
        if degree == 0:
            continue
        for d in new[: _new_to(t, tied, apart, practice, new)]:
            value = 1 if apart[d] >= 0 else -1
            active = 0.5 * (tied[d] + abs(apart[d]))
            hazard = adoption_hazard(
                q.form, active, degree, q.threshold, q.complex_rate, q.contagion, q.internal, q.noise
            )
            if dimension[o, d].code == value:
                hazard = either(hazard, q.order_rate * org.directive_rate)
            heard[0, n_heard], heard[1, n_heard], heard[2, n_heard], heard[3, n_heard] = t, g.key, d, value
            chance[n_heard] = hazard * gate
            n_heard += 1
    draws = uniforms_at(org.seed, STREAM, week, heard[1, :n_heard], heard[2, :n_heard])
    for k in range(n_heard):
        if draws[0, k] < chance[k]:
            t, d, value = heard[0, k], heard[2, k], heard[3, k]
            accuracy = judges_rightly(mean_skill(team[t], person), q_practice.judgement_gain)
            if accepts(practice[t, d].reality == value, accuracy, draws[1, k]):
                marks[t, d], marks[t, m] = MARK + value, 1


@each_part
def _take_over(own, org, q, q_practice, week, log, team, neighbour, practice, news, marks):
    """Make what teams take over from neighbours their practice, once all have looked around."""
    for t in range(own.first_team, own.first_team + (own.n_teams if q.enabled else 0)):
        for d in range(practice.shape[1] if marks[t, practice.shape[1]] else 0):
            if marks[t, d] == 0:
                continue
            source, value = -1, marks[t, d] - MARK
            if q.form == NEUTRAL:
                _, u_whom, _, _ = uniforms(org.seed, STREAM, week, team[t].key, d)
                source = copied_team(neighbour[t], u_whom)
            _note_sources((log, t, d), value, source, news, neighbour)
            change((log, t, d), practice[t, d], value, week + 1, FROM_NEIGHBOURS, 0, own)
            team[t].switching_hours += q_practice.switching_hours
            own.adopted_horizontal += 1
            own.adopted_right += practice[t, d].reality == value


PROCESS = Process(
    name="spread",
    title="Teams take over recent changes of teams they have ties with, if they have room and judge them to fit.",
    parameters=Parameters,
    kernels=(_tell, _hear, _take_over),
)
