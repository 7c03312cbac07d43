"""The organisation's protocols learn from its best teams, and directives go out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model.calendar import QUARTER
from civicsim.model.rows import each_organisation
from civicsim.model.rules import code_change_probability

STREAM = stream_of("codification")
CONTEST = stream_of("codification.contest")
_CONTEST = "Assumption: what several teams contest together can be taken back where leaders listen; size free, 0 switches it off."
_QUARTERLY = "Assumption: scenario definition; free, to be swept."


@dataclass(frozen=True)
class Parameters:
    """How the code learns, and how often it is ordered."""

    enabled: bool = switch("The code learns from superior teams.")
    directives_enabled: bool = switch("Directives are issued.")
    quarterly_share: float = parameter(
        0.25, "probability", 0, 1, "Quarterly chance of a directive per dimension, at full rate.", _QUARTERLY
    )
    contest_weight: float = parameter(
        0.02, "probability", 0, 1, "Chance that open leaders withdraw what one team contests.", _CONTEST
    )


@compiled
def gives_way_probability(openness, fear, weight, contesting):
    """Return the chance that leaders withdraw what teams contest.

    Formula
        O·(1−F)·[1 − (1−w)^k]

    One team may be enough, several together weigh more; no one is heard where leaders are closed or feared.

    Parameters
    ----------
    openness, fear : float
        O, openness that the chief executive shows, and F, fear as staff meet it; 0-1.
    weight : float
        w, chance that open leaders give way to one team; 0-1.
    contesting : float
        k, teams that resisted or adapted a directive this quarter; ≥ 0.
    """
    return openness * (1.0 - fear) * (1.0 - (1.0 - weight) ** contesting)


@compiled
def superior(hits, code_hits):
    """Return whether a team does better than the code: strictly more hits on the measured dimensions."""
    return hits > code_hits


@compiled
def _hear_contest(org, q, week, d, about, count):
    """Withdraw what teams contest, the target on it too, if leaders give way; then start the quarter afresh."""
    if about.contested > 0.0 and about.code != 0:
        u, _, _, _ = uniforms(org.seed, CONTEST, week, org.key, d)
        if u < gives_way_probability(org.leader_openness, org.fear_enacted, q.contest_weight, about.contested):
            about.code = about.measured = 0
            # It stays unmeasured until levers are set anew.
            about.measured_rank = 1.0
            count.withdrawn += 1
    about.contested = 0.0


@each_organisation
def _step(o, org, q, count, week, dimension, practice):
    """At the end of a quarter, let the code learn and send out directives."""
    m = practice.shape[1]
    if week % QUARTER != 0:
        return
    ahead = np.empty(m, dtype=np.int64)
    ahead[:] = 0
    if q.enabled:
        for t in range(org.first_team, org.first_team + org.n_teams):
            hits = code_hits = 0
            for d in range(m):
                if dimension[o, d].measured:
                    hits += practice[t, d].value == practice[t, d].reality
                    code_hits += dimension[o, d].code == practice[t, d].reality
            if superior(hits, code_hits):
                for d in range(m):
                    ahead[d] += practice[t, d].value
    for d in range(m):
        u_learn, u_order, _, _ = uniforms(org.seed, STREAM, week, org.key, d)
        majority = 1 if ahead[d] > 0 else -1
        learns = u_learn < code_change_probability(abs(ahead[d]), org.codification)
        if learns and ahead[d] != 0 and dimension[o, d].code != majority:
            dimension[o, d].code = majority
            count.codified += 1
        if q.enabled:
            _hear_contest(org, q, week, d, dimension[o, d], count)
        ordered = (
            q.directives_enabled and dimension[o, d].code != 0 and u_order < org.directive_rate * q.quarterly_share
        )
        dimension[o, d].directive = 1 if ordered else 0


PROCESS = Process(
    name="codification",
    title="Each quarter the code learns from teams that do better than it, what teams contest may be withdrawn, and directives go out.",
    parameters=Parameters,
    kernels=(_step,),
)
