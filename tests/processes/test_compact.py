"""The organisation and its staff make each other promises, and keep or break them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, changed_columns, constant, falling, filled_staff, put, record, rising, shares, step

from civicsim.model.levers import PROTECTED
from civicsim.model.organisation import FROM_STAFF, NO_IDEA, TO_MANAGER, TO_PEERS, WAITING
from civicsim.model.processes.compact import (
    QUARTER,
    Parameters,
    belief_after,
    expected_share,
    kept_share,
    ledger,
    process_quality,
    promised,
)
from civicsim.model.processes.exhaustion import contract_strain
from civicsim.model.reference import Reference
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

hours = st.floats(0, 3.75)
q = record(Parameters())
K0 = Reference().usual_kept
BROKEN = {"organisation__answered_memory": 0.0, "team__overload": 1.0, "organisation__hours__protected": 0.0}
KEPT = {"organisation__answered_memory": 1.0, "team__overload": 0.0}
NEGOTIATED = {"organisation__spent__deliberation": 1.0, "organisation__deliberation_memory": 1.0}
IMPOSED = {"organisation__spent__deliberation": 0.0, "organisation__deliberation_memory": 0.0}
WORDS, LEDGER = {"organisation__compact": 0.5}, {"organisation__compact": 1.0}


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares)
def test_what_is_promised_and_what_is_kept_in_a_ledger_follow_their_formulas(compact):
    assert both(promised, compact) == pytest.approx(min(1.0, 2 * compact))
    assert both(ledger, compact) == pytest.approx(max(0.0, 2 * compact - 1))
    assert 0.0 <= ledger(compact) <= promised(compact) <= 1.0


def test_words_promise_everything_and_only_a_ledger_keeps_it():
    assert (promised(0.0), ledger(0.0)) == (0.0, 0.0)
    assert (promised(0.5), ledger(0.5)) == (1.0, 0.0)
    assert (promised(1.0), ledger(1.0)) == (1.0, 1.0)
    assert rising(promised(c) for c in (0.0, 0.2, 0.5))
    assert constant(promised(c) for c in (0.5, 0.7, 1.0))
    assert constant(ledger(c) for c in (0.0, 0.2, 0.5))
    assert rising(ledger(c) for c in (0.5, 0.7, 1.0))


@given(shares, st.floats(0, 2), st.floats(0, 20), hours, hours)
def test_what_was_kept_follows_its_formula_and_is_a_share(answered, overload, bearable, protected, allotted):
    parts = [answered, math.exp(-bearable * overload)]
    if allotted > 0:
        parts.append(min(1.0, protected / allotted))
    kept = both(kept_share, answered, overload, bearable, protected, allotted)
    assert kept == pytest.approx(sum(parts) / len(parts))
    assert 0.0 <= kept <= 1.0


def test_answers_bearable_work_and_hours_set_aside_each_count():
    assert rising(kept_share(answered, 0.1, 3.0, 0.1, 0.2) for answered in GRID)
    assert falling(kept_share(0.5, overload, 3.0, 0.1, 0.2) for overload in (0.0, 0.01, 0.1, 0.5))
    assert falling(kept_share(0.5, 0.1, bearable, 0.1, 0.2) for bearable in (0.0, 1.0, 3.0, 20.0))
    assert constant(kept_share(0.5, overload, 0.0, 0.1, 0.2) for overload in GRID)
    assert rising(kept_share(0.5, 0.1, 3.0, protected, 0.2) for protected in (0.0, 0.1, 0.2))
    assert falling(kept_share(0.5, 0.1, 3.0, 0.1, allotted) for allotted in (0.1, 0.2, 1.0))


def test_more_hours_than_were_set_aside_count_no_more_and_none_set_aside_are_none_broken():
    assert constant(kept_share(0.5, 0.1, 3.0, protected, 0.2) for protected in (0.2, 0.3, 1.0))
    assert constant(kept_share(0.5, 0.1, 3.0, protected, 0.0) for protected in (0.0, 0.3, 1.0))


def test_all_is_kept_or_all_is_broken():
    assert kept_share(1.0, 0.0, 3.0, 0.2, 0.2) == 1.0
    assert kept_share(1.0, 0.0, 3.0, 0.0, 0.0) == 1.0
    assert kept_share(0.0, 2.0, 20.0, 0.0, 0.2) == pytest.approx(0.0, abs=1e-15)


@given(shares, shares, shares)
def test_what_is_expected_follows_its_formula_and_is_a_share(usual, promise, belief):
    found = both(expected_share, usual, promise, belief)
    assert found == pytest.approx(usual + promise * belief * (1 - usual))
    assert usual <= found <= 1.0 + 1e-15


def test_more_is_expected_the_more_is_promised_and_believed():
    assert rising(expected_share(K0, promise, 0.5) for promise in GRID)
    assert rising(expected_share(K0, 0.5, belief) for belief in GRID)
    assert rising(expected_share(usual, 0.5, 0.5) for usual in GRID)
    assert expected_share(K0, 1.0, 1.0) == pytest.approx(1.0)


def test_without_promises_or_belief_in_them_what_is_usual_is_expected():
    assert {expected_share(K0, 0.0, belief) for belief in GRID} == {K0}
    assert {expected_share(K0, promise, 0.0) for promise in GRID} == {K0}


# -- belief in promises ----------------------------------------------------------------------------------------------


def dials(**changes):
    return record(Parameters(), **changes)


@given(shares, shares, shares, shares, shares, shares, st.floats(1, 4))
def test_belief_follows_its_formula_and_is_a_share(belief, promise, shown, kept, rate, fade, ratio):
    if promise == 0:
        expected = q.belief_start
    else:
        speed = rate * shown if kept > belief else min(1.0, rate * ratio)
        expected = belief + speed * (kept - belief)
        expected -= fade * (1 - shown) * expected
    own = dials(belief_rate=rate, belief_fade=fade, breach_ratio=ratio)
    found = both(belief_after, own, belief, promise, shown, kept)
    assert found == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= found <= 1.0


def believed(belief=0.5, promise=1.0, shown=1.0, kept=0.5, **changes):
    return belief_after(dials(**changes), belief, promise, shown, kept)


def test_belief_follows_what_a_ledger_shows_to_be_kept():
    assert rising(believed(kept=kept) for kept in GRID)
    assert rising(believed(belief=belief) for belief in GRID)
    assert rising(believed(kept=0.9, belief_rate=rate) for rate in GRID)
    assert falling(believed(kept=0.1, belief_rate=rate) for rate in (0.0, 0.2, 0.4, 0.5))
    assert believed(kept=0.5) == 0.5


def test_belief_rises_only_where_a_ledger_shows_it():
    assert rising(believed(kept=0.9, shown=shown, belief_fade=0.0) for shown in GRID)
    assert constant(believed(kept=kept, shown=0.0) for kept in (0.5, 0.7, 1.0))
    assert rising(believed(kept=kept, shown=0.0) for kept in (0.0, 0.2, 0.5))
    assert believed(kept=1.0, shown=0.0, belief_fade=0.0) == 0.5


def test_belief_is_lost_faster_than_it_is_won():
    won = believed(kept=0.8) - 0.5
    assert 0.5 - believed(kept=0.2) == pytest.approx(q.breach_ratio * won)
    assert falling(believed(kept=0.2, breach_ratio=ratio) for ratio in (1.0, 2.0, 4.0))
    assert constant(believed(kept=0.8, breach_ratio=ratio) for ratio in (1.0, 2.0, 4.0))
    # However much a breach weighs, belief falls no lower than what is kept.
    assert believed(kept=0.2, belief_rate=1.0, breach_ratio=4.0) == pytest.approx(0.2)


def test_belief_fades_where_there_are_words_and_no_ledger():
    assert falling(believed(kept=0.5, shown=0.0, belief_fade=fade) for fade in GRID)
    assert constant(believed(kept=0.5, shown=1.0, belief_fade=fade) for fade in GRID)
    assert rising(believed(kept=0.5, shown=shown) for shown in GRID)


def test_belief_is_as_at_an_announcement_where_nothing_is_promised():
    assert {believed(belief, promise=0.0, kept=kept) for belief in GRID for kept in GRID} == {q.belief_start}
    assert rising(believed(promise=0.0, belief_start=start) for start in GRID)
    assert constant(believed(belief_start=start) for start in GRID)
    assert constant(believed(promise=promise, kept=0.9) for promise in (0.01, 0.5, 1.0))


@pytest.mark.parametrize(("shown", "kept", "end"), [(1.0, 0.9, 0.9), (1.0, 0.0, 0.0), (0.0, 0.9, 0.0), (0.0, 0.0, 0.0)])
def test_in_the_end_belief_is_what_a_ledger_shows_and_words_alone_are_not_believed(shown, kept, end):
    belief = 0.5
    for _ in range(80):
        belief = believed(belief, shown=shown, kept=kept)
    assert belief == pytest.approx(end, abs=1e-6)


# -- how a compact comes about ---------------------------------------------------------------------------------------


@given(hours, st.floats(0.01, 1))
def test_the_quality_of_the_process_follows_its_formula_and_is_a_share(deliberation, needed):
    assert both(process_quality, deliberation, needed) == pytest.approx(min(1.0, deliberation / needed))


def test_hours_of_deliberation_turn_an_imposed_compact_into_a_negotiated_one():
    assert process_quality(0.0, 0.15) == 0.0
    assert process_quality(0.15, 0.15) == process_quality(3.0, 0.15) == 1.0
    assert rising(process_quality(h, 0.15) for h in (0.0, 0.05, 0.1, 0.15))
    assert falling(process_quality(0.05, needed) for needed in (0.1, 0.3, 1.0))


# -- what is settled -------------------------------------------------------------------------------------------------


def settled(cohort, quarters=1, **changes):
    """Return the organisations of a copy in which some quarters have just been settled, at first of usual belief."""
    own = put(cohort.copy(), organisation__allotted__protected=0.2, organisation__hours__protected=0.2)
    own.week = 2 * QUARTER
    put(own, **{"organisation__belief": q.belief_start, **changes})
    for _ in range(quarters):
        step(own, "compact")
    return own.organisation


def test_a_negotiated_compact_that_is_kept_is_fulfilled_as_far_as_it_is_believed_and_not_breached(cohort):
    org = settled(cohort, **LEDGER, **KEPT, **NEGOTIATED)
    np.testing.assert_allclose(org["belief"], 0.5 + 0.25 * 0.5)
    np.testing.assert_allclose(org["fulfilment"], org["belief"])
    np.testing.assert_allclose(org["contract"], 1 - (K0 + 0.5 * (1 - K0)))
    assert (org["breach"] == 0.0).all()
    later = settled(cohort, 40, **LEDGER, **KEPT, **NEGOTIATED)
    np.testing.assert_allclose(later["fulfilment"], 1.0, atol=1e-4)
    np.testing.assert_allclose(later["contract"], 0.0, atol=1e-4)


def test_a_compact_that_is_broken_altogether_is_breached(cohort):
    org = settled(cohort, **LEDGER, **BROKEN, **NEGOTIATED, p__compact__bearable=20.0)
    np.testing.assert_allclose(org["breach"], 1.0, atol=1e-6)
    np.testing.assert_allclose(org["fulfilment"], 0.0, atol=1e-6)
    np.testing.assert_allclose(org["contract"], -(K0 + 0.5 * (1 - K0)), atol=1e-6)
    np.testing.assert_allclose(org["belief"], 0.25, atol=1e-6)


def test_an_imposed_compact_is_believed_less_and_less_and_can_be_breached_all_the_same(cohort):
    kept, broken = (settled(cohort, **LEDGER, **how, **IMPOSED) for how in (KEPT, BROKEN))
    assert (kept["belief"] == 0.25).all()
    assert (kept["breach"] == 0.0).all()
    assert (broken["breach"] > 0.5).all()
    for how in (KEPT, BROKEN):
        later = settled(cohort, 40, **LEDGER, **how, **IMPOSED)
        np.testing.assert_allclose(later["fulfilment"], 0.0, atol=1e-9)


def test_words_only_can_be_breached_and_have_no_ledger(cohort):
    words, kept = settled(cohort, **WORDS, **BROKEN), settled(cohort, **LEDGER, **BROKEN)
    np.testing.assert_array_equal(words["breach"], kept["breach"])
    assert (words["breach"] > 0.5).all()
    assert (words["ledger_protection"] == 0.0).all()
    np.testing.assert_allclose(kept["ledger_protection"], 0.7)


def test_without_a_compact_nothing_is_promised_or_broken_and_what_is_usual_is_expected(cohort):
    for how in (KEPT, BROKEN):
        org = settled(cohort, organisation__compact=0.0, **how, **NEGOTIATED)
        assert (org["fulfilment"] == 0.0).all()
        assert (org["breach"] == 0.0).all()
        assert (org["ledger_protection"] == 0.0).all()
        assert (org["belief"] == q.belief_start).all()
    np.testing.assert_allclose(settled(cohort, organisation__compact=0.0, **KEPT)["contract"], 1 - K0)
    broken = settled(cohort, organisation__compact=0.0, **BROKEN)["contract"]
    np.testing.assert_allclose(broken, math.exp(-3.0) / 3 - K0)


def test_nine_tenths_kept_all_but_meet_expectations_and_nothing_kept_falls_far_short(cohort):
    most, none = (settled(cohort, 40, **LEDGER, **NEGOTIATED, p__compact__kept_share=kept) for kept in (0.9, 0.0))
    np.testing.assert_allclose(most["contract"], 0.9 - (K0 + 0.9 * (1 - K0)), atol=1e-4)
    np.testing.assert_allclose(none["contract"], -K0, atol=1e-4)
    np.testing.assert_allclose(most["fulfilment"], 0.81, atol=1e-3)
    assert (none["fulfilment"] == 0.0).all()
    at_first = settled(cohort, **LEDGER, **NEGOTIATED, p__compact__kept_share=0.0)
    assert (at_first["contract"] < none["contract"]).all()


def test_words_alone_raise_expectations_at_first_and_have_no_effect_in_the_end(cohort):
    def contract(quarters, **how):
        return settled(cohort, quarters, organisation__answered_memory=0.6, team__overload=0.1, **how)["contract"][0]

    lacks = [contract(n, organisation__compact=0.0) - contract(n, **WORDS) for n in (1, 2, 3, 5, 9)]
    assert falling(lacks)
    assert lacks[0] == pytest.approx(0.5 * (1 - K0))
    assert contract(40, **WORDS) == pytest.approx(contract(40, organisation__compact=0.0), abs=1e-6)
    np.testing.assert_allclose(settled(cohort, 40, **WORDS, **KEPT)["fulfilment"], 0.0, atol=1e-5)


def test_a_compact_announced_anew_is_believed_as_at_first(cohort):
    own = put(cohort.copy(), **WORDS, **BROKEN)
    own.week = QUARTER
    assert (step(own, "compact").organisation["belief"] < 0.3).all()
    step(put(own, organisation__compact=0.0), "compact")
    assert (own.organisation["belief"] == q.belief_start).all()
    assert (own.team["belief"] == q.belief_start).all()


def test_fulfilment_breach_and_contract_follow_from_their_parts(cohort):
    own = put(
        cohort.copy(),
        organisation__compact=0.7,
        organisation__answered_memory=0.3,
        team__overload=0.16,
        organisation__allotted__protected=0.2,
        organisation__hours__protected=0.05,
        organisation__spent__deliberation=0.1,
        organisation__deliberation_memory=0.1,
        organisation__belief=0.6,
    )
    own.week = QUARTER
    org = step(own, "compact").organisation
    # This week's answers move the memory by a thirteenth; the tally is empty here, so it stands.
    kept = (0.3 + math.exp(-3 * 0.16) + 0.05 / 0.2) / 3
    belief = 0.6 + 0.5 * (kept * 0.1 / 0.15 - 0.6)
    belief -= 0.3 * (1 - 0.4) * belief
    np.testing.assert_allclose(org["contract"], kept - (K0 + 0.6 * (1 - K0)))
    np.testing.assert_allclose(org["belief"], belief)
    np.testing.assert_allclose(org["fulfilment"], kept * belief)
    np.testing.assert_allclose(org["breach"], 1 - kept)
    # A share of the promises is set, and the rest of what staff expect is kept as it is without any compact.
    part = settled(cohort, organisation__compact=0.4, p__compact__kept_share=0.7, **NEGOTIATED)
    as_it_is = settled(cohort, **NEGOTIATED | {"organisation__compact": 0.0})["contract"] + K0
    kept = 0.8 * 0.7 + 0.2 * as_it_is
    np.testing.assert_allclose(part["contract"], kept - (K0 + 0.8 * 0.5 * (1 - K0)))
    np.testing.assert_allclose(part["breach"], 0.8 * (1 - kept))
    np.testing.assert_allclose(part["fulfilment"], 0.8 * kept * 0.5 * 0.7)


def test_more_answers_less_overload_and_kept_hours_keep_more_promises(cohort):
    def breach(**changes):
        return settled(cohort, **{**LEDGER, **changes})["breach"][0]

    assert falling(breach(organisation__answered_memory=x) for x in GRID)
    assert rising(breach(team__overload=x) for x in GRID)
    assert falling(breach(organisation__hours__protected=x) for x in (0.0, 0.1, 0.2))
    assert rising(breach(organisation__answered_memory=0.2, organisation__compact=c) for c in (0.0, 0.2, 0.5))

    def contract(**changes):
        return settled(cohort, **{**LEDGER, **changes})["contract"][0]

    assert rising(contract(organisation__answered_memory=x) for x in GRID)
    assert falling(contract(team__overload=x) for x in GRID)
    assert rising(contract(organisation__hours__protected=x) for x in (0.0, 0.1, 0.2))
    assert falling(contract(organisation__compact=c) for c in (0.0, 0.2, 0.5))
    assert falling(contract(organisation__belief=b) for b in GRID)


def test_promises_are_settled_at_the_end_of_a_quarter_and_stand_until_the_next(cohort):
    own = put(cohort.copy(), **LEDGER, **BROKEN)
    own.week = 1
    before = own.organisation["breach"].copy()
    for week in range(1, 2 * QUARTER + 3):
        advance(own, 1, processes=[PROCESSES["compact"]])
        if week < QUARTER:
            np.testing.assert_array_equal(own.organisation["breach"], before)
        else:
            assert (own.organisation["breach"] > 0.5).all()


def test_deliberation_counts_in_whichever_week_of_the_quarter_it_happened(cohort):
    own = put(cohort.copy(), **LEDGER, **KEPT, organisation__fulfilment=0.0)
    own.week = 1
    for week in range(1, QUARTER + 1):
        put(own, organisation__spent__deliberation=0.0 if week == QUARTER else 0.3)
        advance(own, 1, processes=[PROCESSES["compact"]])
    assert (own.organisation["fulfilment"] > 0.5).all()


# -- results ------------------------------------------------------------------------------------------------


def trust(cohort, weeks=1, **changes):
    # What is kept or broken holds for every team, and for those above them.
    for name in ("fulfilment", "contract"):
        changes[f"team__{name}"] = changes[f"organisation__{name}"]
    own = put(cohort.copy(), organisation__say_do_gap=0.0, **changes)
    return advance(own, weeks, processes=[PROCESSES["motivation"]]).person["trust"].mean()


def test_kept_promises_win_trust_and_what_falls_short_of_expectations_costs_it(cohort):
    assert rising(trust(cohort, organisation__contract=0.0, organisation__fulfilment=x) for x in GRID)
    assert falling(trust(cohort, organisation__fulfilment=0.0, organisation__contract=-x) for x in GRID)
    assert constant(trust(cohort, organisation__fulfilment=0.0, organisation__contract=x) for x in GRID)


def test_a_broken_promise_costs_twice_what_a_kept_one_wins(cohort):
    put(cohort, person__trust=0.5, person__vacant=0)
    none = trust(cohort, organisation__contract=0.0, organisation__fulfilment=0.0)
    won = trust(cohort, organisation__contract=0.0, organisation__fulfilment=1.0) - none
    lost = none - trust(cohort, organisation__contract=-1.0, organisation__fulfilment=0.0)
    assert won == pytest.approx(0.002)
    assert lost == pytest.approx(2 * won)
    ratio = [
        none - trust(cohort, organisation__contract=-1.0, organisation__fulfilment=0.0, p__compact__breach_ratio=r)
        for r in (1.0, 2.0, 4.0)
    ]
    assert rising(ratio)


def test_what_falls_short_of_expectations_exhausts_and_a_surplus_relieves(cohort):
    found = [
        after(cohort, "exhaustion", organisation__contract=x, team__contract=x).person["exhaustion"].mean()
        for x in (-1.0, -0.3, 0.0, 0.3, 1.0)
    ]
    assert falling(found)


def simulated(cohort, weeks=65, **changes):
    own = put(cohort.copy(), **changes)
    own.week = 1
    return advance(own, weeks)


def test_without_a_compact_only_what_is_usually_expected_counts(cohort):
    """Where that counts for nothing, it is as if the process were switched off."""
    silent = {
        "organisation__compact": 0.0,
        "p__exhaustion__contract_weight": 0.0,
        "p__compact__fulfilment_gain": 0.0,
        # Those above the teams go by a memory that the process keeps.
        "p__exhaustion__neglect_weight": 0.0,
        "p__motivation__trust_answered": 0.0,
    }
    none, off = (simulated(cohort, p__compact__enabled=on, **silent) for on in (True, False))
    kept = {"organisation.answered_memory", "organisation.deliberation_memory"}
    assert changed_columns(none, off) <= kept | {"organisation.contract", "team.contract"}
    assert none.person.tobytes() == off.person.tobytes()
    assert (none.organisation["contract"] != 0.0).all()
    counts, none = (simulated(cohort, organisation__compact=0.0, p__compact__enabled=on) for on in (True, False))
    assert (counts.person["exhaustion"] != none.person["exhaustion"]).any()


def test_switched_off_a_ledger_has_no_effect_either(cohort):
    off, none = (simulated(cohort, p__compact__enabled=False, organisation__compact=c) for c in (1.0, 0.0))
    assert none.person.tobytes() == off.person.tobytes()
    assert none.practice.tobytes() == off.practice.tobytes()
    assert (off.organisation["fulfilment"] == 0.0).all()
    assert (off.organisation["breach"] == 0.0).all()
    assert (off.organisation["contract"] == 0.0).all()


def test_a_breached_compact_is_worse_than_none_and_a_negotiated_one_that_is_kept_is_better(crowd):
    strong = {"p__compact__fulfilment_gain": 0.02, "p__exhaustion__contract_weight": 0.02}

    def means(**changes):
        person = simulated(crowd, 52, **strong, **changes).person
        return person["trust"].mean(), person["exhaustion"].mean()

    none = means(organisation__compact=0.0)
    kept, broken = (
        means(**LEDGER, p__compact__kept_share=share, p__compact__process_quality=1.0) for share in (0.9, 0.0)
    )
    silent = {"p__response__enabled": False, "organisation__answered_memory": 0.0, "team__answered_share": 0.0}
    unanswered, breached = (means(organisation__compact=c, **silent) for c in (0.0, 0.5))
    assert broken[0] < none[0] < kept[0]
    assert broken[1] > max(none[1], kept[1])
    assert breached[0] < unanswered[0]
    assert breached[1] > unanswered[1]


def test_a_ledger_protects_hours_from_grip(cohort):
    def protected(**changes):
        own = put(cohort.copy(), organisation__grip=1.0, organisation__allotted__protected=0.3, **changes)
        return step(own, "enactment").organisation["hours"][0, PROTECTED]

    assert rising(protected(organisation__ledger_protection=x) for x in GRID)
    assert protected(organisation__ledger_protection=1.0) == pytest.approx(0.3)
    assert protected(organisation__ledger_protection=0.0) == pytest.approx(0.15)


def test_a_ledger_holds_hours_in_the_whole_week_where_words_do_not(cohort):
    gripped = {
        "p__governing__aspiration": 1.0,
        "p__governing__reaction": 10.0,
        "organisation__allotted__protected": 0.3,
    }
    words, kept = (simulated(cohort, 40, **gripped, **how).organisation for how in (WORDS, LEDGER))
    assert (words["grip"] > 0.9).all()
    np.testing.assert_allclose(words["hours"][:, PROTECTED], 0.15, rtol=0.02)
    assert (kept["hours"][:, PROTECTED] > 1.5 * words["hours"][:, PROTECTED]).all()


# -- a compact with each team ----------------------------------------------------------------------------------------

BY_TEAM = {"p__compact__level": 1}
UNEVEN = {"organisation__allotted__protected": 0.2, "organisation__hours__protected": 0.2}


def by_team(cohort, **changes):
    """Settle a ledger in which teams were answered more, and overloaded less, the higher their row."""
    own = put(cohort.copy(), **LEDGER, **NEGOTIATED, **UNEVEN, organisation__answered_memory=0.3)
    own.team["answered_share"] = np.linspace(0.0, 0.65, len(own.team))
    own.team["overload"] = np.linspace(0.5, 0.0, len(own.team))
    own.week = QUARTER
    return step(put(own, **changes), "compact")


def test_settled_for_the_whole_every_team_has_the_same_promises_kept(cohort):
    own = by_team(cohort)
    for name in ("fulfilment", "breach", "belief", "contract"):
        np.testing.assert_array_equal(own.team[name], own.organisation[name][own.team["organisation"]])
    assert (own.organisation["breach"] > 0.0).all()


def test_settled_team_by_team_each_has_its_own_kept_and_broken(cohort):
    own = by_team(cohort, **BY_TEAM, team__belief=0.5)
    assert rising(own.team["fulfilment"])
    assert rising(own.team["contract"])
    assert rising(own.team["belief"])
    assert falling(own.team["breach"])
    answered, overload = (by_team(cohort).team[name] for name in ("answered_share", "overload"))
    kept = (answered + np.exp(-3.0 * overload) + 1.0) / 3.0
    belief = 0.5 + np.where(kept > 0.5, 0.25, 0.5) * (kept - 0.5)
    np.testing.assert_allclose(own.team["contract"], kept - (K0 + 0.5 * (1 - K0)))
    np.testing.assert_allclose(own.team["belief"], belief)
    np.testing.assert_allclose(own.team["fulfilment"], kept * belief)
    np.testing.assert_allclose(own.team["breach"], 1 - kept)
    np.testing.assert_array_equal(own.organisation["fulfilment"], by_team(cohort).organisation["fulfilment"])


def test_a_team_expects_more_the_more_it_believes(cohort):
    own = by_team(cohort, **BY_TEAM, team__belief=np.linspace(0.0, 1.0, len(cohort.team)))
    alike = by_team(cohort, **BY_TEAM, team__belief=0.5)
    assert (own.team["contract"][:6] > alike.team["contract"][:6]).all()
    assert (own.team["contract"][6:] < alike.team["contract"][6:]).all()


def test_between_quarters_what_teams_were_promised_stands(cohort):
    stands = {"fulfilment": 0.3, "breach": 0.2, "contract": -0.1, "belief": 0.6}
    own = put(cohort.copy(), **{f"team__{name}": x for name, x in stands.items()}, **BY_TEAM, **LEDGER)
    own.week = QUARTER + 1
    step(own, "compact")
    for name, x in stands.items():
        assert (own.team[name] == x).all()


def test_people_go_by_how_promises_to_their_own_team_were_kept_and_those_above_by_the_whole(cohort):
    base = {f"{place}__{name}": 0.0 for place in ("organisation", "team") for name in ("fulfilment", "contract")}
    put(cohort, **base, organisation__say_do_gap=0.0, person__vacant=0, person__trust=0.5)
    plain = after(cohort, "motivation").person["trust"]
    cohort.team["fulfilment"][0], cohort.organisation["contract"] = 1.0, -1.0
    gained = step(cohort, "motivation").person["trust"] - plain
    above, first = cohort.person["team"] < 0, cohort.person["team"] == 0
    assert (gained[first] > 0.001).all()
    assert (gained[above] < -0.003).all()
    assert (gained[~above & ~first] == 0.0).all()


def test_promises_broken_to_one_team_exhaust_that_team(cohort):
    put(cohort, organisation__contract=0.0, team__contract=0.0, person__exhaustion=0.5)
    plain = after(cohort, "exhaustion")
    cohort.team["contract"][2] = -1.0
    more = step(cohort, "exhaustion").person["exhaustion"] - plain.person["exhaustion"]
    staff = filled_staff(cohort)
    here = staff & (cohort.person["team"] == 2)
    np.testing.assert_allclose(more[here], 0.0015 * contract_strain(-1.0, 0.5))
    assert (more[~here] == 0.0).all()


def test_what_teams_were_answered_is_remembered_over_their_own_items(cohort):
    own = put(
        cohort.copy(),
        team__answered_share=0.5,
        practice__idea_state=NO_IDEA,
        organisation__authority_enacted=1.0,
        practice__idea_origin=FROM_STAFF,
    )
    own.practice["idea_state"][1, :4], own.practice["idea_channel"][1, :4] = WAITING, TO_PEERS
    step(own, "response")
    expected = 0.5
    for _ in range(4):
        expected += (1.0 - expected) / 20
    np.testing.assert_allclose(own.team["answered_share"], np.where(np.arange(12) == 1, expected, 0.5))
    silent = put(
        cohort.copy(),
        team__answered_share=0.5,
        practice__idea_state=WAITING,
        practice__idea_channel=TO_MANAGER,
        practice__idea_origin=FROM_STAFF,
    )
    put(silent, practice__raised_week=silent.week - 60, team__response_credit=0.0)
    assert (step(silent, "response").team["answered_share"] < 0.2).all()


# -- for studies -----------------------------------------------------------------------------------------------------


def test_the_share_of_promises_kept_can_be_set_for_a_study(cohort):
    assert rising(
        settled(cohort, **LEDGER, **BROKEN, **NEGOTIATED, p__compact__kept_share=x)["fulfilment"][0] for x in GRID
    )
    assert falling(settled(cohort, **LEDGER, **KEPT, p__compact__kept_share=x)["breach"][0] for x in GRID)
    assert rising(settled(cohort, **LEDGER, **KEPT, p__compact__kept_share=x)["contract"][0] for x in GRID)
    half = settled(cohort, **LEDGER, **NEGOTIATED, p__compact__kept_share=0.5)
    assert (half["fulfilment"] == 0.25).all()
    assert (half["breach"] == 0.5).all()
    # Where there is no compact there is no share of it.
    assert constant(
        settled(cohort, organisation__compact=0.0, **KEPT, p__compact__kept_share=x)["contract"][0] for x in GRID
    )
    np.testing.assert_array_equal(
        settled(cohort, **LEDGER, **BROKEN, p__compact__kept_share=-1.0)["breach"],
        settled(cohort, **LEDGER, **BROKEN)["breach"],
    )


def test_how_far_a_compact_was_negotiated_can_be_set_for_a_study(cohort):
    imposed = {**LEDGER, **KEPT, **IMPOSED}
    assert rising(settled(cohort, **imposed, p__compact__process_quality=x)["fulfilment"][0] for x in GRID)
    assert constant(settled(cohort, **LEDGER, **BROKEN, p__compact__process_quality=x)["breach"][0] for x in GRID)
    later = settled(cohort, 40, **LEDGER, **KEPT, **NEGOTIATED, p__compact__process_quality=0.0)
    np.testing.assert_allclose(later["fulfilment"], 0.0, atol=1e-9)


def test_a_regulator_who_joins_promises_nothing_itself(cohort):
    """What it brings is patience; see how leaders are rated."""
    plain, joined = (settled(cohort, **LEDGER, **BROKEN, p__compact__regulator=x) for x in (0.0, 1.0))
    np.testing.assert_array_equal(plain, joined)


def test_switched_off_nothing_is_promised_to_teams_either(cohort):
    own = after(
        cohort,
        "compact",
        **LEDGER,
        team__fulfilment=0.4,
        team__breach=0.4,
        team__contract=0.4,
        team__belief=0.9,
        p__compact__enabled=False,
    )
    for name in ("fulfilment", "breach", "contract"):
        assert (own.team[name] == 0.0).all()
    assert (own.team["belief"] == q.belief_start).all()


# -- what staff give in return ---------------------------------------------------------------------------------------


def load_added(cohort, **changes):
    """Return the hours of load that a compact adds to each team."""
    plain = after(cohort, "load", organisation__compact=0.0)
    return (after(cohort, "load", **changes).team["load"] - plain.team["load"]) * 37.5


def test_what_staff_take_on_in_return_for_a_ledger_costs_them_hours(cohort):
    believed = {"organisation__belief": 1.0, "team__belief": 1.0}
    np.testing.assert_allclose(load_added(cohort, **LEDGER, **believed), 0.1, atol=1e-12)
    np.testing.assert_allclose(load_added(cohort, organisation__compact=0.75, **believed), 0.05, atol=1e-12)
    assert rising(load_added(cohort, **LEDGER, organisation__belief=b, team__belief=b)[0] for b in GRID)
    for t in range(len(cohort.team)):
        assert rising(load_added(cohort, organisation__compact=c)[t] for c in (0.5, 0.7, 0.9, 1.0))
        assert rising(load_added(cohort, **LEDGER, p__compact__return_hours=h)[t] for h in (0.0, 0.1, 1.0))


def test_for_words_alone_staff_take_on_nothing(cohort):
    for changes in (WORDS, LEDGER | {"p__compact__return_hours": 0.0}, LEDGER | {"p__compact__enabled": False}):
        assert (load_added(cohort, **changes) == 0.0).all()


def gamed(crowd, **changes):
    """Return the share of teams that pretend to have done as ordered."""
    own = put(
        crowd.copy(),
        dimension__directive=0,
        organisation__fear_enacted=0.9,
        organisation__target_salience=1.0,
        organisation__audit=0.0,
        team__belief=0.8,
    )
    own.dimension["directive"][:, :4] = 1
    own.dimension["code"][:, :4] = 1
    own.practice["value"][:, :4] = -1
    tally = step(put(own, **changes), "directives").tally
    decided = ("complied", "adapted", "resisted", "gamed")
    return tally["gamed"].sum() / sum(tally[name].sum() for name in decided)


def test_staff_who_believe_in_a_ledger_report_openly_in_return(crowd):
    frank = {"p__compact__candour": 1.0}
    assert falling(gamed(crowd, **frank, organisation__compact=c) for c in (0.5, 0.75, 1.0))
    assert falling(gamed(crowd, **frank, **LEDGER, team__belief=b) for b in (0.0, 0.5, 1.0))
    assert falling(gamed(crowd, **LEDGER, p__compact__candour=c) for c in (0.0, 0.5, 1.0))
    assert gamed(crowd, **LEDGER) < gamed(crowd, **WORDS)


def test_candour_works_as_an_audit_would_and_adds_to_one(crowd):
    assert gamed(crowd, **LEDGER, p__compact__candour=0.5) == gamed(crowd, **WORDS, organisation__audit=0.4)
    both_ = gamed(crowd, **LEDGER, p__compact__candour=0.5, organisation__audit=0.5)
    assert both_ == gamed(crowd, **WORDS, organisation__audit=0.7)


def test_without_a_ledger_belief_or_candour_gaming_is_what_it_was(crowd):
    plain = gamed(crowd, organisation__compact=0.0)
    for changes in (
        WORDS,
        LEDGER | {"team__belief": 0.0},
        LEDGER | {"p__compact__candour": 0.0},
        LEDGER | {"p__compact__enabled": False},
    ):
        assert gamed(crowd, **changes) == plain
