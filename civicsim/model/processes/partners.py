"""Ties to partners outside: they bring ideas and demand. A hook for those who study anchor institutions."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free, setting, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.organisation import FROM_PARTNERS, NO_IDEA, TO_MANAGER
from civicsim.model.practice import propose
from civicsim.model.rows import each_organisation
from civicsim.model.rules import poisson

STREAM = stream_of("partners")
IDEA = stream_of("partners.idea")
MOST_IDEAS = 8
"""Most ideas that partners bring to an organisation in a week."""
_N_SOURCE = "Assumption: scenario definition; none by default."


@dataclass(frozen=True)
class Parameters:
    """How many partners there are, and what they bring; none by default."""

    enabled: bool = switch("Outside partners bring ideas and demand.")
    n: int = setting(0, "partners", 0, 50, "Outside partners of the organisation.", _N_SOURCE, label="Outside partners")
    idea_rate: float = free(0.05, "per partner and week", 0, 1, "Ideas that a partner brings in a week.")
    idea_accuracy: float = free(
        0.65, "probability", 0.5, 1, "Chance that such an idea is right for the organisation at large."
    )
    hours: float = free(
        0.01, "hours per partner, person and week", 0, 0.2, "Hours of work that a partner brings to each person."
    )


@compiled
def hours_brought(n, hours):
    """Return the hours of work that partners bring, per person and week."""
    return n * hours


@each_organisation
def _step(o, org, q, count, week, log, dimension, team, practice):
    """Let outside partners bring work to all staff, and now and then an idea to a team."""
    m = practice.shape[1]
    org.partner_hours = hours_brought(q.n, q.hours) if q.enabled else 0.0
    if not q.enabled or q.n == 0:
        return
    u, _, _, _ = uniforms(org.seed, STREAM, week, org.key, 0)
    for k in range(poisson(q.n * q.idea_rate, u, MOST_IDEAS)):
        u_team, u_dimension, u_right, severity = uniforms(org.seed, IDEA, week, org.key, k)
        t, d = org.first_team + int(u_team * org.n_teams), int(u_dimension * m)
        slot, truth = practice[t, d], dimension[o, d].truth
        value = truth if u_right < q.idea_accuracy else -truth
        if slot.idea_state == NO_IDEA and slot.value != value:
            propose(slot, value, 0, FROM_PARTNERS, TO_MANAGER, severity, week)
            event.note((log, t, d), event.PROPOSAL, FROM_PARTNERS, value=value, fits=value == slot.reality)
            team[t].noticed += 1.0
            count.brought += 1


PROCESS = Process(
    name="partners",
    title="Outside partners bring ideas to teams, and work to all staff.",
    parameters=Parameters,
    kernels=(_step,),
)
