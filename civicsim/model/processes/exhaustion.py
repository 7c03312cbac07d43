"""Work wears people out, and ease lets them recover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import choice, free, parameter, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import shock, shocks_in_turn, stream_of
from civicsim.model.blocks import TEAMS_AT_ONCE, block_of
from civicsim.model.rows import each_part
from civicsim.model.rules import logistic, unit

STREAM, STREAM_OF_TEAMS = stream_of("exhaustion"), stream_of("exhaustion.team")
LOAD_AT_EASE = 0.9
BURNT_OUT = 0.6
"""Exhaustion above which a person counts as burnt out. Assumption: a threshold, set with the survey item in mind."""
CONTRACT_WIDTH = 0.1
"""Promises kept, less expected, over which strain turns into relief. Assumption: about how precisely staff know what was kept."""
LOAD_THAT_HINDERS, HINDRANCE_SLOPE = 1.0, 2.0
"""Load above which it exhausts in the threshold form, and how much more steeply than in the others. Assumption: where work takes
more than the hours that are paid; twice as steep, so that load exhausts the status quo as much in all (both agree at 1.1)."""
LINEAR, SATURATING, THRESHOLD = 0, 1, 2
"""Codes of the forms of exhaustion."""
_FORM = "Assumption: which form holds is open, to be swept."
_JDR = "Direction: job demands-resources theory, longitudinal effects small and fading with lag; size calibrated."
_CONTAGION_SOURCE = (
    "Assumption: small, because cross-sectional findings are confounded by shared load; sweep through 0."
)
_JDR_SUPPORT = (
    "Direction: resources relieve strain, and most where demands are high (job demands-resources theory); size free."
)
_CONTRACT = "Direction: breach of what was expected strains, a little to moderately (Reimann and Guzy 2017, N 3,870, to be verified); size free."
_NEGLECT = "Assumption: absent and pretended answers strain (direction: De Vries, Jehn and Terwel 2012); to be swept through 0."
_INFLUENCE = "Assumption: influence works through support, load and staying alone, as across trusts hardly any direct link is left; to be swept through 0."
_REST = "Direction: an hour of rest lost is worse than an hour of work gained; size free."


@dataclass(frozen=True)
class Parameters:
    """How work wears people out, and rest restores them."""

    enabled: bool = switch("Exhaustion changes.")
    form: str = choice(
        "linear",
        ("linear", "saturating", "threshold"),
        "Whether causes add up, saturate, or count from a line on.",
        _FORM,
    )
    load_weight: float = parameter(
        0.005, "per week and unit load", 0.0, 0.05, "Exhaustion per unit of load above nine tenths.", _JDR, symbol="κ_D"
    )
    recovery_weight: float = free(
        0.004, "per week and unit slack", 0.0, 0.15, "Recovery per unit of load below 1.", symbol="κ_R"
    )
    fear_weight: float = free(
        0.0045, "per week", 0, 0.015, "Exhaustion per unit of fear above the usual.", symbol="κ_F"
    )
    contract_weight: float = parameter(
        0.0015,
        "per week",
        0,
        0.05,
        "Exhaustion per unit of promises kept short of what was expected.",
        _CONTRACT,
        symbol="κ_B",
    )
    relief: float = parameter(
        0.5,
        "ratio",
        0.1,
        1,
        "Relief from promises kept beyond what was expected, relative to the strain of breach.",
        _CONTRACT,
    )
    support_weight: float = parameter(
        0.011,
        "per week",
        0,
        0.1,
        "Fall in exhaustion per unit of belonging above the usual.",
        _JDR_SUPPORT,
        symbol="κ_S",
    )
    buffering: float = parameter(
        8.0,
        "per unit belonging",
        0,
        10,
        "Share of the strain of load taken off per unit of belonging above the usual.",
        _JDR_SUPPORT,
    )
    neglect_weight: float = parameter(
        0.002,
        "per week",
        -0.003,
        0.015,
        "Exhaustion per unit of absent answers, more where staff were asked.",
        _NEGLECT,
        symbol="κ_N",
    )
    influence_weight: float = parameter(
        0.0,
        "per week",
        -0.01,
        0.01,
        "Fall in exhaustion per unit of influence above the usual, by itself.",
        _INFLUENCE,
        symbol="κ_I",
    )
    contagion: float = parameter(
        0.01, "per week", 0, 0.05, "Pull of colleagues' exhaustion.", _CONTAGION_SOURCE, symbol="κ_C"
    )
    return_rate: float = free(
        0.06, "per week", 0.03, 0.1, "How fast exhaustion returns to a person's own level.", symbol="κ₀"
    )
    rest_weight: float = parameter(
        1.5, "multiple", 1, 3, "How much more an hour taken from rest wears out than an hour of work.", _REST
    )
    noise_sd: float = free(0.05, "per week", 0, 0.1, "Spread of other events that tire or refresh a person in a week.")
    noise_shared: float = free(0.15, "0–1", 0, 0.5, "Share of the variance of these events that meets a whole team.")


@compiled
def strain(load):
    """Return load as far as it exhausts: max(0, ℓ−.9). What is above .9 has no slack for a pause."""
    return max(0.0, load - LOAD_AT_EASE)


@compiled
def hindrance(load):
    """Return load as far as it exhausts, where demands exhaust only once they hinder: 2·max(0, ℓ−1).

    Demands that one can meet challenge, and demands that one cannot meet wear out: Warr's vitamins (1987) and the two kinds of
    stressors of Cavanaugh and others (2000, Journal of Applied Psychology 85:65), to be verified.
    """
    return HINDRANCE_SLOPE * max(0.0, load - LOAD_THAT_HINDERS)


@compiled
def saturated(push, exhaustion, usual):
    """Return a push towards more or less exhaustion as far as there is room for it.

    Formula
        push·(1−E)/(1−E_ref) upwards, push·E/E_ref downwards

    The whole push at the usual exhaustion. Logistic growth, in place of a straight line that ends at a wall. Assumption.
    """
    return push * (1.0 - exhaustion) / (1.0 - usual) if push > 0.0 else push * exhaustion / usual


@compiled
def contract_strain(contract, relief):
    """Return how far promises kept short of what was expected strain, and those kept beyond it relieve.

    Formula
        −δ·[1 − (1−ρ)/(1 + exp(−δ/.1))],  δ = kept − expected

    All of a shortfall strains, ρ of a surplus relieves, and there is no kink where most organisations are.
    """
    return -contract * (1.0 - (1.0 - relief) * logistic(contract / CONTRACT_WIDTH))


@compiled
def neglect(answered, invitation):
    """Return how far staff are left without answers, felt the more where they were asked: (1 − a)(½ + ½·invitation)."""
    return (1.0 - answered) * (0.5 + 0.5 * invitation)


@compiled
def treatment(q, usual, fear, contract, answered, invitation):
    """Return the push to exhaustion from how a team is treated.

    Formula
        κ_F(F−F₀) + κ_B·strain of the contract + κ_N[neglect − usual neglect]
    """
    left_alone = neglect(answered, invitation) - neglect(usual.usual_answered, usual.usual_invitation)
    return (
        q.fear_weight * (fear - usual.usual_fear)
        + q.contract_weight * contract_strain(contract, q.relief)
        + q.neglect_weight * left_alone
    )


@compiled
def exhaustion_change(q, usual, exhaustion, anchor, load, treated, around, belonging, influence):
    """Return the expected change of exhaustion in a week.

    Formula
        κ_D·max(0, ℓ−.9)·max(0, 1 − b(X−X_ref)) + treatment + κ_C(Ē−E) − κ_S(X−X_ref) − κ_I(i−i₀)
        − κ_R·max(0, 1−ℓ)(½+½X) − κ₀(E−E₀)

    where E₀ is what a person brought along and what the place adds, ℓ is the load as it is felt, see :func:`felt_load`, X the belonging that stands for support, and
    :func:`treatment` the same for a whole team. In the threshold form, :func:`hindrance` takes the place of the first
    maximum; in the saturating form, all but the return to E₀ is :func:`saturated`.
    Influence i has a term of its own only where a study gives it one: else it can only work through load, belonging and
    staying.
    """
    support = belonging - usual.usual_belonging
    push = (
        q.load_weight
        * (hindrance(load) if q.form == THRESHOLD else strain(load))
        * max(0.0, 1.0 - q.buffering * support)
        + treated
        + q.contagion * (around - exhaustion)
        - q.support_weight * support
        - q.influence_weight * (influence - usual.usual_influence)
        - q.recovery_weight * max(0.0, 1.0 - load) * (0.5 + 0.5 * belonging)
    )
    if q.form == SATURATING:
        push = saturated(push, exhaustion, usual.usual_exhaustion)
    return push - q.return_rate * (exhaustion - anchor)


@compiled
def felt_load(load, rest_hours, contracted, rest_weight):
    """Return load as it is felt: hours taken from rest count more than hours of work."""
    return load + rest_weight * rest_hours / contracted


@compiled
def _move(org, q, usual, week, contracted, start, total, filled, treated, met, noise, person):
    """Move the exhaustion of consecutive posts by its causes and by chance.

    For each is given that of its team, members in post, their treatment, and what this week met them all; ``noise`` is the
    spread of what meets each alone.
    """
    draws = shocks_in_turn(org.seed, STREAM, week, person[start].key, total.shape[0])
    for k in range(total.shape[0]):
        who = person[start + k]
        around = (total[k] - who.exhaustion) / (filled[k] - 1.0) if filled[k] > 1.0 else who.exhaustion
        load = felt_load(who.load, who.rest_hours, contracted, q.rest_weight)
        influence = 0.5 * who.agency + 0.5 * org.authority_enacted
        settles = who.exhaustion_anchor + org.place_strain
        change = exhaustion_change(
            q, usual, who.exhaustion, settles, load, treated[k], around, who.belonging, influence
        )
        moved = unit(who.exhaustion + change + met[k] + noise * draws[k])
        who.exhaustion = moved if who.vacant == 0 else who.exhaustion


@each_part
def _step(own, org, q, q_structure, usual, week, team, person):
    """Move exhaustion by the week's load, fear, company, recovery and chance."""
    if not q.enabled:
        return
    contracted = q_structure.contracted_hours
    shared, alone = q.noise_sd * np.sqrt(q.noise_shared), q.noise_sd * np.sqrt(1.0 - q.noise_shared)
    for one in range(own.first_team, own.first_team + own.n_teams, TEAMS_AT_ONCE):
        beyond, start, n_posts = block_of(own, team, one)
        # Colleagues are seen as they were at the start of the week: it is summed up before anyone moves.
        total, filled, treated, met = np.empty(n_posts), np.empty(n_posts), np.empty(n_posts), np.empty(n_posts)
        for t in range(one, beyond):
            g = team[t]
            in_team = in_post = 0.0
            push = treatment(q, usual, org.fear_enacted, g.contract, g.answered_share, org.invitation)
            event = shared * shock(org.seed, STREAM_OF_TEAMS, week, g.key)
            for i in range(g.first_person, g.first_person + g.n_posts):
                here = 1.0 - person[i].vacant
                in_team += here * person[i].exhaustion
                in_post += here
            for k in range(g.first_person - start, g.first_person + g.n_posts - start):
                total[k], filled[k], treated[k], met[k] = in_team, in_post, push, event
        _move(org, q, usual, week, contracted, start, total, filled, treated, met, alone, person)
    # Managers have no team around them, and go by promises to the organisation as a whole.
    none = np.zeros(own.n_managers)
    push = np.full(
        own.n_managers, treatment(q, usual, org.fear_enacted, org.contract, org.answered_memory, org.invitation)
    )
    _move(org, q, usual, week, contracted, own.first_leader, none, none, push, none, q.noise_sd, person)


PROCESS = Process(
    name="exhaustion",
    title="Load, fear and what falls short of expectations exhaust people; slack and support restore them.",
    parameters=Parameters,
    kernels=(_step,),
)
