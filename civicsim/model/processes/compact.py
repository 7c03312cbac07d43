"""The organisation and its staff make each other promises, and keep or break them."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import parameter, switch
from civicsim.engine.process import Process
from civicsim.model.calendar import QUARTER
from civicsim.model.levers import DELIBERATION, PROTECTED
from civicsim.model.rules import unit

BY_ORGANISATION, BY_TEAM = range(2)
_FREE = "Assumption: free modelling choice, to be swept."


@dataclass(frozen=True)
class Parameters:
    """What is promised, and what keeping or breaking it does."""

    enabled: bool = switch("A compact binds; off, promises have no effect.")
    level: str = parameter(
        "organisation", "level", help="Whether the ledger is settled for the organisation as a whole or team by team.",
        source="Direction: a compact can be made by an organisation or in a small group (Mountford and Marshall 2014, BMJ Qual Saf 23:89).",
        choices=("organisation", "team"), role="lever",
    )  # fmt: skip
    regulator: float = parameter(
        0.0, "0-1", help="How far the regulator joins a compact that is kept as a ledger, and gives time for it.",
        source="Direction: a compact with regulators was proposed (Drew and Pandit 2020, BMJ 368:m872); none by default.",
        role="lever",
    )  # fmt: skip
    kept_share: float = parameter(
        -1.0, "0-1; -1 as it comes", -1.0, 1.0, role="fixed",
        help="Share of the promises that is kept, for studies; -1 leaves it to what happens.",
        source="Assumption: definition.",
    )  # fmt: skip
    process_quality: float = parameter(
        -1.0, "0-1; -1 as it comes", -1.0, 1.0, role="fixed",
        help="How far a compact was negotiated rather than imposed, for studies; -1 goes by hours of deliberation.",
        source="Assumption: definition.",
    )  # fmt: skip
    promised_answers: float = parameter(
        0.65, "share of items", help="Share of what is raised that the organisation promises to answer.", source=_FREE
    )
    promised_overload: float = parameter(
        0.08,
        "load above 1",
        0.0,
        0.5,
        help="Overload above which the promise of bearable work is broken.",
        source=_FREE,
    )
    hours_for_process: float = parameter(
        0.15, "hours per person and week", 0.01, 1.0,
        help="Hours of deliberation with which a compact is negotiated rather than imposed.",
        source="Direction: how a compact is agreed matters as much as what it says (Mountford and Marshall 2014, BMJ Qual Saf 23:89); size free.",
    )  # fmt: skip
    fulfilment_gain: float = parameter(
        0.002, "trust per week", 0.0, 0.02, help="Trust won each week by promises kept in full.", source=_FREE
    )
    breach_ratio: float = parameter(
        2.0, "ratio", 1.0, 4.0, help="How much more trust a broken promise costs than a kept one wins.",
        source="Assumption: losses loom about twice as large as gains; from memory, to be verified.",
    )  # fmt: skip
    ledger_protection: float = parameter(
        0.7,
        "0-1",
        help="How far a full ledger keeps hours that were promised from being moved to reporting.",
        source=_FREE,
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
    """Settle what was promised and kept, for the organisation or a team."""
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
    place.breach = unit(promise * (1.0 - kept))


@compiled
def _step(first, last, week, p, organisation, tally, team):
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
        _settle(q, org, org, org.answered_memory, overload)
        for t in range(org.first_team, org.first_team + org.n_teams):
            g = team[t]
            if q.level == BY_TEAM:
                _settle(q, org, g, g.answered_share, g.overload)
            else:
                g.fulfilment, g.breach = org.fulfilment, org.breach
        org.ledger_protection = q.ledger_protection * ledger(org.compact)


PROCESS = Process(
    name="compact",
    title="Each quarter it is settled which promises between organisation and staff were kept; breach weighs double.",
    parameters=Parameters,
    kernels=(_step,),
)
