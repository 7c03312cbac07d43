"""The right practice changes slowly, for single teams and for the whole organisation."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import parameter, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import poisson

STREAM = stream_of("drift")
MOST_REDRAWS = 8
_RATE_SOURCE = "Assumption: a tenth of local realities is redrawn in a year; free, to be swept."


@dataclass(frozen=True)
class Parameters:
    """How fast what is right changes."""

    enabled: bool = switch("Local and common realities drift.")
    rate: float = parameter(
        0.001, "per week", 0, 0.02, "Half the weekly chance that a local reality is drawn anew.", _RATE_SOURCE
    )
    common_share: float = share(0.1, "Rate at which the common reality flips, as a share of the local rate.")


@compiled
def local_reality(truth, kappa, u):
    """Return what is right for a team: the common truth with probability (1+κ)/2, else its opposite."""
    return truth if u < 0.5 * (1.0 + kappa) else -truth


@each_organisation
def _flip(o, org, q, week, dimension, team, practice):
    """Rarely flip a common reality: all teams then draw theirs on that dimension anew, so that κ keeps its meaning."""
    if not q.enabled:
        return
    m = dimension.shape[1]
    u, chosen, _, _ = uniforms(org.seed, STREAM, week, org.key, 0)
    if poisson(m * q.rate * q.common_share, u, 1):
        d = int(chosen * m)
        dimension[o, d].truth = -dimension[o, d].truth
        for t in range(org.first_team, org.first_team + org.n_teams):
            v, _, _, _ = uniforms(org.seed, STREAM, week, team[t].key, 1)
            practice[t, d].reality = local_reality(dimension[o, d].truth, dimension[o, d].kappa, v)


@each_part
def _redraw(own, o, org, q, week, dimension, team, practice):
    """Redraw a few local realities."""
    if not q.enabled:
        return
    m = dimension.shape[1]
    expected = m * 2.0 * q.rate
    for t in range(own.first_team, own.first_team + own.n_teams):
        u, _, _, _ = uniforms(org.seed, STREAM, week, team[t].key, 2)
        for k in range(poisson(expected, u, MOST_REDRAWS)):
            chosen, v, _, _ = uniforms(org.seed, STREAM, week, team[t].key, 3 + k)
            d = int(chosen * m)
            practice[t, d].reality = local_reality(dimension[o, d].truth, dimension[o, d].kappa, v)


PROCESS = Process(
    name="drift",
    title="What is right for patients drifts, team by team and now and then everywhere.",
    parameters=Parameters,
    kernels=(_flip, _redraw),
)
