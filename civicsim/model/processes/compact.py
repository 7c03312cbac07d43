"""The organisation and its staff make each other promises, and keep or break them."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import choice, fixed, free, parameter, setting, switch
from civicsim.engine.process import Process
from civicsim.model import log as event
from civicsim.model.calendar import QUARTER
from civicsim.model.levers import DELIBERATION, PROTECTED
from civicsim.model.rules import unit

BY_ORGANISATION, BY_TEAM = range(2)
_MOUNTFORD_2014 = "Direction: a compact can be made by an organisation or in a small group (Mountford and Marshall 2014, BMJ Qual Saf 23:89)."
_DREW_2020 = "Direction: a compact with regulators was proposed (Drew and Pandit 2020, BMJ 368:m872); none by default."
_BY_DEFINITION = "Assumption: definition."
_MOUNTFORD_2014B = "Direction: how a compact is agreed matters as much as what it says (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free."
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
    promised_answers: float = free(
        0.65, "share of items", 0, 1, "Share of what is raised that the organisation promises to answer."
    )
    promised_overload: float = free(
        0.08, "load above 1", 0, 0.5, "Overload above which the promise of bearable work is broken."
    )
    hours_for_process: float = parameter(
        0.15, "hours per person and week", 0.01, 1, "Hours that make a compact a negotiated one.", _MOUNTFORD_2014B
    )
    fulfilment_gain: float = free(0.002, "trust per week", 0, 0.02, "Trust won each week by promises kept in full.")
    breach_ratio: float = parameter(
        2.0, "ratio", 1, 4, "How much more trust a broken promise costs than a kept one wins.", _BREACH_RATIO_SOURCE
    )
    ledger_protection: float = free(
        0.7, "0–1", 0, 1, "How far a full ledger keeps promised hours from being moved to reporting."
    )


@compiled
def promised(compact):
    """Return how much is promised: everything as soon as a compact is announced, in words (½) or with a ledger (1)."""
    return min(1.0, 2.0 * compact)


@compiled
def ledger(compact):
    """Return how far promises are kept in a ledger that all can see: none in words only, full at 1."""
    return max(0.0, 2.0 * compact - 1.0)


@compiled
def kept_share(answered, promised_answers, overload, promised_overload, protected, allotted):
    """Return the share of what was promised that was kept: answers, bearable work, and the hours set aside, if any."""
    made = 2.0
    kept = min(1.0, answered / promised_answers) if promised_answers > 0.0 else 1.0
    kept += min(1.0, promised_overload / overload) if overload > promised_overload else 1.0
    if allotted > 0.0:
        made += 1.0
        kept += min(1.0, protected / allotted)
    return kept / made


@compiled
def process_quality(deliberation, needed):
    """Return how far a compact was negotiated rather than imposed: hours of deliberation over those it takes."""
    return min(1.0, deliberation / needed)


@compiled
def _settle(q, org, place, answered, overload):
    """Settle what was promised and kept, for the organisation or a team; return the share that was broken."""
    kept = q.kept_share
    if kept < 0.0:
        # Protected time that grip has moved shows that words were only words.
        kept = kept_share(
            answered, q.promised_answers, overload, q.promised_overload, org.hours[PROTECTED], org.allotted[PROTECTED]
        )
    negotiated = q.process_quality
    if negotiated < 0.0:
        negotiated = process_quality(org.deliberation_memory, q.hours_for_process)
    promise = promised(org.compact)
    place.fulfilment = unit(promise * kept * negotiated)
    broken = unit(promise * (1.0 - kept))
    place.breach = broken
    return broken


@compiled
def _step(first, last, week, log, p, organisation, tally, team):
    """Each quarter, settle what was promised and what was kept."""
    for o in range(first, last):
        org, q, count = organisation[o], p[o], tally[o]
        if not q.enabled:
            org.fulfilment = org.breach = org.ledger_protection = 0.0
            for t in range(org.first_team, org.first_team + org.n_teams):
                team[t].fulfilment = team[t].breach = 0.0
            continue
        settled = count.acted + count.explained + count.silent
        if settled > 0.0:
            org.answered_memory += ((count.acted + count.explained) / settled - org.answered_memory) / QUARTER
        org.deliberation_memory += (org.spent[DELIBERATION] - org.deliberation_memory) / QUARTER
        if week % QUARTER != 0:
            continue
        overload = 0.0
        for t in range(org.first_team, org.first_team + org.n_teams):
            overload += team[t].overload / org.n_teams
        broken = _settle(q, org, org, org.answered_memory, overload)
        for t in range(org.first_team, org.first_team + org.n_teams):
            g = team[t]
            if q.level == BY_TEAM:
                broken = _settle(q, org, g, g.answered_share, g.overload)
            else:
                g.fulfilment, g.breach = org.fulfilment, org.breach
            if broken > 0.0:
                event.note((log, t, -1), event.BREACH, q.level, value=round(100.0 * broken))
        org.ledger_protection = q.ledger_protection * ledger(org.compact)


PROCESS = Process(
    name="compact",
    title="Each quarter it is settled which promises between organisation and staff were kept; breach weighs double.",
    parameters=Parameters,
    kernels=(_step,),
)
