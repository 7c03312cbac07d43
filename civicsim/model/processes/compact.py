"""The organisation and its staff make each other promises, and keep or break them."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import choice, fixed, free, parameter, setting, share, switch
from civicsim.engine.process import Process
from civicsim.model import log as event
from civicsim.model.calendar import QUARTER
from civicsim.model.levers import DELIBERATION, PROTECTED
from civicsim.model.rows import each_organisation
from civicsim.model.rules import exp, unit

BY_ORGANISATION, BY_TEAM = range(2)
_MOUNTFORD_2014 = "Direction: a compact can be made by an organisation or in a small group (Mountford and Marshall 2014, BMJ Qual Saf 23:89)."
_DREW_2020 = "Direction: a compact with regulators was proposed (Drew and Pandit 2020, BMJ 368:m872); none by default."
_BY_DEFINITION = "Assumption: definition."
_MOUNTFORD_2014B = "Direction: how a compact is agreed matters as much as what it says (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free."
_ROUSSEAU = "Assumption: what is expected follows what was promised as far as it is believed, and belief follows experience (psychological contract; Reimann and Guzy 2017, to be verified); size free."
_STAFF_SIDE = (
    "Assumption: a compact asks something of staff too (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free."
)
_BREACH_RATIO_SOURCE = "Assumption: losses loom about twice as large as gains; from memory, to be verified."


@dataclass(frozen=True)
class Parameters:
    """Promises of a compact, and effects of keeping or breaking them."""

    enabled: bool = switch("A compact binds; off, promises have no effect.")
    level: str = choice(
        "organisation",
        ("organisation", "team"),
        "Whether the ledger is settled as a whole or team by team.",
        _MOUNTFORD_2014,
        role="setting",
    )
    regulator: float = setting(0.0, "0–1", 0, 1, "How far the regulator joins a compact kept as a ledger.", _DREW_2020)
    kept_share: float = fixed(
        -1.0, "0–1; −1 as it comes", -1, 1, "Share of promises kept, for studies; −1 leaves it open.", _BY_DEFINITION
    )
    process_quality: float = fixed(
        -1.0, "0–1; −1 as it comes", -1, 1, "How far a compact is negotiated; −1 goes by hours.", _BY_DEFINITION
    )
    bearable: float = free(
        3.0,
        "per unit overload",
        0,
        20,
        "How steeply bearable work, as one thing that is expected, falls with overload.",
    )
    belief_start: float = share(0.5, "How far the promises of a compact are believed when it is announced.", _ROUSSEAU)
    belief_rate: float = parameter(
        0.25, "per quarter", 0, 1, "How fast belief follows what a ledger shows to be kept.", _ROUSSEAU
    )
    belief_fade: float = parameter(
        0.3, "per quarter", 0, 1, "How fast belief fades where there are words and no ledger.", _ROUSSEAU
    )
    return_hours: float = parameter(
        0.1,
        "hours per person and week",
        0,
        1,
        "Hours of what staff who believe in a full ledger take on in return.",
        _STAFF_SIDE,
    )
    candour: float = share(0.3, "How far staff who believe in a full ledger report openly in return.", _STAFF_SIDE)
    hours_for_process: float = parameter(
        0.15, "hours per person and week", 0.01, 1, "Hours that make a compact a negotiated one.", _MOUNTFORD_2014B
    )
    fulfilment_gain: float = free(0.002, "trust per week", 0, 0.02, "Trust won each week by promises kept in full.")
    breach_ratio: float = parameter(
        2.0, "ratio", 1, 4, "How much more trust a broken promise costs than a kept one wins.", _BREACH_RATIO_SOURCE
    )
    ledger_protection: float = share(0.7, "How far a full ledger keeps promised hours from being moved to reporting.")


@compiled
def promised(compact):
    """Return how much is promised: everything as soon as a compact is announced, in words (½) or with a ledger (1)."""
    return min(1.0, 2.0 * compact)


@compiled
def ledger(compact):
    """Return how far promises are kept in a ledger that all can see: none in words only, full at 1."""
    return max(0.0, 2.0 * compact - 1.0)


@compiled
def kept_share(answered, overload, bearable, protected, allotted):
    """Return the share that was kept of what staff look for in an organisation.

    Formula
        mean of: share answered, exp(−b·ov), and the hours set aside over those allotted, if there are any
    """
    kept = answered + exp(-bearable * overload)
    return (kept + min(1.0, protected / allotted)) / 3.0 if allotted > 0.0 else kept / 2.0


@compiled
def expected_share(usual, promise, belief):
    """Return the share that staff expect to be kept: k₀ + promised·believed·(1 − k₀).

    Without promises, or where no one believes them, it is what is usual: everyone has an implicit contract.
    """
    return usual + promise * belief * (1.0 - usual)


@compiled
def belief_after(q, belief, promise, shown, kept):
    """Return belief in the promises after a quarter.

    Formula
        kept > b:  b ← b + r·ledger·(kept − b);   kept < b:  b ← b + min(1, r·λ)·(kept − b);   b ← b − f·(1 − ledger)·b

    with λ the weight of a breach against a kept promise. Where nothing is promised it is as at an announcement.
    """
    if promise == 0.0:
        return q.belief_start
    rate = q.belief_rate * shown if kept > belief else min(1.0, q.belief_rate * q.breach_ratio)
    moved = belief + rate * (kept - belief)
    return unit(moved - q.belief_fade * (1.0 - shown) * moved)


@compiled
def process_quality(deliberation, needed):
    """Return how far a compact was negotiated rather than imposed: hours of deliberation over those it takes."""
    return min(1.0, deliberation / needed)


@compiled
def _settle(q, usual, org, place, answered, overload):
    """Settle what was promised, expected and kept, for the organisation or a team; return the share that was broken."""
    promise, shown = promised(org.compact), ledger(org.compact)
    # Protected time that grip has moved shows that words were only words.
    kept = kept_share(answered, overload, q.bearable, org.hours[PROTECTED], org.allotted[PROTECTED])
    if q.kept_share >= 0.0:
        kept += promise * (q.kept_share - kept)
    negotiated = q.process_quality
    if negotiated < 0.0:
        negotiated = process_quality(org.deliberation_memory, q.hours_for_process)
    place.contract = kept - expected_share(usual, promise, place.belief)
    # A compact that was imposed is believed in as far as it was negotiated.
    place.belief = belief_after(q, place.belief, promise, shown, kept * negotiated)
    place.fulfilment = unit(promise * kept * place.belief)
    place.breach = unit(promise * (1.0 - kept))
    return place.breach


@each_organisation
def _step(org, q, usual, week, log, team):
    """Each quarter, settle what was promised and what was kept."""
    if not q.enabled:
        org.fulfilment = org.breach = org.contract = org.ledger_protection = 0.0
        org.belief = q.belief_start
        for t in range(org.first_team, org.first_team + org.n_teams):
            team[t].fulfilment = team[t].breach = team[t].contract = 0.0
            team[t].belief = q.belief_start
        return
    org.deliberation_memory += (org.spent[DELIBERATION] - org.deliberation_memory) / QUARTER
    if week % QUARTER != 0:
        return
    overload = 0.0
    for t in range(org.first_team, org.first_team + org.n_teams):
        overload += team[t].overload / org.n_teams
    broken = _settle(q, usual.usual_kept, org, org, org.answered_memory, overload)
    for t in range(org.first_team, org.first_team + org.n_teams):
        g = team[t]
        if q.level == BY_TEAM:
            broken = _settle(q, usual.usual_kept, org, g, g.answered_share, g.overload)
        else:
            g.fulfilment, g.breach, g.belief, g.contract = org.fulfilment, org.breach, org.belief, org.contract
        if broken > 0.0:
            event.note((log, t, -1), event.BREACH, q.level, value=round(100.0 * broken))
    org.ledger_protection = q.ledger_protection * ledger(org.compact)


PROCESS = Process(
    name="compact",
    title="Each quarter, what was kept is compared with what was expected: what is usual, and what was promised and is believed.",
    parameters=Parameters,
    kernels=(_step,),
)
