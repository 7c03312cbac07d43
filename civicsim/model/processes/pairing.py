"""Weak teams are paired with strong ones, and made to learn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import choice, free, setting, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.in_post import mean_skill
from civicsim.model.organisation import FROM_NEIGHBOURS
from civicsim.model.practice import change, judges_rightly
from civicsim.model.rows import each_part

STREAM = stream_of("pairing")
BY_QUALITY, BY_PATIENTS = range(2)
_RANKING = "Direction: pairing the lowest with the highest tenth was proposed for patient involvement (2013)."
_DEFINITION = "Assumption: scenario definition."
_INSISTENCE_SOURCE = "Direction: the pairs were to be performance-managed (2013); size free."


@dataclass(frozen=True)
class Parameters:
    """How pairs of teams work, and what they cost; an event makes the pairs."""

    enabled: bool = switch("Paired teams learn from each other.")
    by: str = choice(
        "quality",
        ("quality", "patients"),
        "Whether teams are ranked by quality or active patients.",
        _RANKING,
        role="setting",
    )
    across: bool = setting(
        False, "yes/no", 0, 1, "Whether teams are ranked and paired over all linked organisations.", _DEFINITION
    )
    pair_weeks: int = setting(52, "weeks", 1, 520, "How long pairs stay together.", "Assumption: scenario definition.")
    hours: float = free(6.0, "hours per team and week", 0, 40, "Hours that each of the two teams gives to the pairing.")
    exchange_rate: float = free(
        0.02, "per dimension and week", 0, 0.2, "Weekly chance that the weaker team considers a practice."
    )
    insistence: float = share(
        0.5, "How far the stronger team's practice is taken over without judging it.", _INSISTENCE_SOURCE
    )


@compiled
def takes_over(fits, accuracy, insistence, u_insist, u_judge):
    """Return whether the weaker team takes a practice over: because it has to, or because it judges that it fits."""
    return u_insist < insistence or fits == (u_judge < accuracy)


@each_part
def _step(own, o, org, q, q_practice, week, log, dimension, team, practice, person):
    """Let the weaker team of each pair take over practices of the stronger, and let both give their hours."""
    m = practice.shape[1]
    for t in range(own.first_team, own.first_team + own.n_teams):
        g = team[t]
        if g.partner < 0:
            continue
        if week >= g.paired_until:
            g.partner, g.learns = -1, 0
            continue
        if not q.enabled:
            continue
        g.switching_hours += q.hours
        if g.learns == 0:
            continue
        accuracy = judges_rightly(mean_skill(g, person), q_practice.judgement_gain)
        for d in range(m):
            slot, value = practice[t, d], practice[g.partner, d].value
            if value == 0 or value == slot.value or (q.by == BY_PATIENTS and dimension[o, d].patient_visible == 0):
                continue
            u_meet, u_insist, u_judge, _ = uniforms(org.seed, STREAM, week, g.key, d)
            if u_meet >= q.exchange_rate:
                continue
            if takes_over(slot.reality == value, accuracy, q.insistence, u_insist, u_judge):
                event.note((log, t, d), event.SPREAD, event.HANDED_ON, source=g.partner, value=value)
                change((log, t, d), slot, value, week, FROM_NEIGHBOURS, 0, own)
                g.switching_hours += q_practice.switching_hours
                own.handed_on += 1
                own.adopted_horizontal += 1
                own.adopted_right += slot.value == slot.reality


@compiled
def _rank(first, last, by, organisation, team, patient, score):
    """Fill ``score`` with what teams are ranked by."""
    for o in range(first, last):
        org = organisation[o]
        for t in range(org.first_team, org.first_team + org.n_teams):
            score[t] = team[t].quality
        if by == BY_PATIENTS:
            total, n = np.zeros(org.n_teams), np.zeros(org.n_teams)
            for i in range(org.first_patient, org.first_patient + org.n_patients):
                total[patient[i].team - org.first_team] += patient[i].activation
                n[patient[i].team - org.first_team] += 1.0
            for k in range(org.n_teams):
                score[org.first_team + k] = total[k] / n[k] if n[k] > 0.0 else 0.0


def make_pairs(cohort, first, last, share):
    """Pair the weakest share of the teams with as many of the strongest: the weakest with the strongest, and so on.

    Parameters
    ----------
    cohort : Cohort
    first, last : int
        Rows of the organisations.
    share : float
        Share of the teams that are to learn, from 0 to ½.

    Returns
    -------
    (n,) int array
        Rows of the teams that were paired, the weak and the strong.
    """
    c = cohort
    settings = c.parameters["pairing"]
    score = np.zeros(len(c.team))
    _rank(first, last, int(settings["by"][first]), c.organisation, c.team, c.patient, score)
    group_of = c.organisation["run"] if settings["across"][first] else np.arange(len(c.organisation))
    paired = []
    for group in np.unique(group_of[first:last]):
        rows = np.flatnonzero(group_of[c.team["organisation"]] == group)
        within_reach = rows[c.team["isolated"][rows] == 0]
        ranked = within_reach[np.argsort(score[within_reach], kind="stable")]
        # What was paired before and is paired anew or no longer leaves no half of a pair behind.
        c.team["partner"][rows], c.team["learns"][rows] = -1, 0
        n = min(max(1, round(share * len(ranked))) if share > 0.0 else 0, len(ranked) // 2)
        weak, strong = ranked[:n], ranked[::-1][:n]
        c.team["partner"][weak], c.team["partner"][strong] = strong, weak
        c.team["learns"][weak], c.team["learns"][strong] = 1, 0
        pair = np.concatenate([weak, strong])
        c.team["paired_until"][pair] = c.week + settings["pair_weeks"][c.team["organisation"][pair]]
        paired += [weak, strong]
    return np.concatenate(paired)


PROCESS = Process(
    name="pairing",
    title="Weak teams that are paired with strong ones take over what these do; both give hours.",
    parameters=Parameters,
    kernels=(_step,),
)
