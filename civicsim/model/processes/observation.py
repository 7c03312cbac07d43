"""Managers watch the work, and teams huddle: some problems come to light without anyone having to speak up alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.in_post import mean_propensity, mean_skill
from civicsim.model.levers import HUDDLES, OBSERVATION
from civicsim.model.organisation import FROM_MANAGERS, FROM_TEAM, NO_IDEA, TO_MANAGER
from civicsim.model.parts import spent_on
from civicsim.model.practice import judges_rightly, propose
from civicsim.model.rows import each_organisation, each_part
from civicsim.model.rules import unit

WATCH = stream_of("observation.watch")
HUDDLE = stream_of("observation.huddle")
_HUDDLE = "Assumption: ten people for a quarter of an hour."
_SEEING = "Direction: leaders who see the work for themselves ask instead of judging; size free."


@dataclass(frozen=True)
class Parameters:
    """What comes to light in an hour of observation or of a huddle."""

    enabled: bool = switch("Managers watch the work and teams huddle; off, these hours go back to care.")
    hours_per_check: float = free(1.0, "hours", 0.25, 4, "Hours a manager observes work for each practice looked at.")
    hours_per_huddle: float = parameter(
        2.5, "hours of the team", 0.5, 10, "Hours of all in a huddle, for each practice looked at.", _HUDDLE
    )
    seek_gain: float = parameter(
        0.02, "per hour and week", 0, 0.2, "How far an hour of observation turns a team to problem-seeking.", _SEEING
    )


@compiled
def checks_of(credit, hours_each):
    """Return how many whole checks the hours in hand are enough for."""
    return int(credit / hours_each + 1e-9)


@compiled
def _check(log, t, k, week, stream, seed, key, dims, accuracy, candour, origin, practice):
    """Look at one practice; return whether something wrong came on the table."""
    u_where, u_right, severity, u_raised = uniforms(seed, stream, week, key, k)
    d = dims[int(u_where * dims.shape[0])]
    slot = practice[t, d]
    signal = slot.reality if u_right < accuracy else -slot.reality
    if signal == slot.value or slot.idea_state != NO_IDEA or u_raised >= candour:
        return False
    propose(slot, signal, 0, origin, TO_MANAGER, severity, week)
    event.note((log, t, d), event.PROPOSAL, origin, value=signal, fits=signal == slot.reality)
    return True


@each_part
def _look(own, o, org, q, q_practice, week, log, dimension, team, practice, person, manager):
    """Let managers look at practices, and teams at those that bear on safety; what is wrong comes before the manager."""
    m = practice.shape[1]
    gain = q_practice.judgement_gain
    own.spent[OBSERVATION] = own.spent[HUDDLES] = 0.0
    for t in range(own.first_team, own.first_team + own.n_teams):
        team[t].observation_hours = 0.0
    if not q.enabled or org.hours[OBSERVATION] + org.hours[HUDDLES] == 0.0:
        return
    visible, critical = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    n_visible = n_critical = 0
    for d in range(m):
        if dimension[o, d].staff_visible:
            visible[n_visible] = d
            n_visible += 1
            if dimension[o, d].safety_critical:
                critical[n_critical] = d
                n_critical += 1
    for t in range(own.first_team, own.first_team + own.n_teams):
        g, lead = team[t], person[manager[team[t].manager].person]
        if lead.vacant == 0 and lead.absent == 0 and n_visible > 0:
            hours = org.hours[OBSERVATION] * g.n_posts
            g.seek = unit(g.seek + q.seek_gain * hours * (1.0 - g.seek))
            g.observation_credit += hours
            g.observation_hours += hours
            own.spent[OBSERVATION] += hours / org.n_staff
            for k in range(checks_of(g.observation_credit, q.hours_per_check)):
                g.observation_credit = max(0.0, g.observation_credit - q.hours_per_check)
                # What managers see with their own eyes takes no one's courage.
                right, seen = judges_rightly(lead.skill, gain), visible[:n_visible]
                if _check(log, t, k, week, WATCH, org.seed, g.key, seen, right, 1.0, FROM_MANAGERS, practice):
                    own.observed += 1
                    g.noticed += 1.0
        if n_critical > 0:
            common, candour = mean_skill(g, person), mean_propensity(g, person)
            hours = org.hours[HUDDLES] * g.n_posts
            g.huddle_credit += hours
            g.observation_hours += hours
            own.spent[HUDDLES] += hours / org.n_staff
            for k in range(checks_of(g.huddle_credit, q.hours_per_huddle)):
                g.huddle_credit = max(0.0, g.huddle_credit - q.hours_per_huddle)
                # What is seen in a huddle is raised as far as people there dare to.
                right, seen = judges_rightly(common, gain), critical[:n_critical]
                if _check(log, t, k, week, HUDDLE, org.seed, g.key, seen, right, candour, FROM_TEAM, practice):
                    own.huddled += 1
                    g.noticed += 1.0


@each_organisation
def _add_up(parts, org):
    """Add up what was spent on watching and on huddles."""
    org.spent[OBSERVATION], org.spent[HUDDLES] = spent_on(OBSERVATION, parts), spent_on(HUDDLES, parts)


PROCESS = Process(
    name="observation",
    title="Managers who watch the work, and teams that huddle, bring problems to the table without anyone having to speak up alone.",
    parameters=Parameters,
    kernels=(_look, _add_up),
)
