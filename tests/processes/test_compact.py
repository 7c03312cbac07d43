"""The organisation and its staff make each other promises, and keep or break them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import (
    GRID,
    after,
    both,
    changed_columns,
    constant,
    falling,
    filled_staff,
    never_falling,
    never_rising,
    put,
    rising,
    shares,
    step,
)

from civicsim.model.levers import PROTECTED
from civicsim.model.organisation import FROM_STAFF, NO_IDEA, TO_MANAGER, TO_PEERS, WAITING
from civicsim.model.processes.compact import QUARTER, kept_share, ledger, process_quality, promised
from civicsim.model.week import PROCESSES, advance

hours = st.floats(0, 3.75)
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


@given(shares, shares, shares, st.floats(0, 0.5), hours, hours)
def test_what_was_kept_follows_its_formula_and_is_a_share(answered, answers, overload, bearable, protected, allotted):
    parts = [
        1.0 if answers == 0 else min(1.0, answered / answers),
        1.0 if overload <= bearable else bearable / overload,
    ]
    if allotted > 0:
        parts.append(min(1.0, protected / allotted))
    kept = both(kept_share, answered, answers, overload, bearable, protected, allotted)
    assert kept == pytest.approx(sum(parts) / len(parts))
    assert 0.0 <= kept <= 1.0


def test_each_promise_counts_and_keeping_more_than_promised_counts_no_more():
    assert rising(kept_share(answered, 0.7, 0.1, 0.08, 0.1, 0.2) for answered in (0.0, 0.3, 0.7))
    assert constant(kept_share(answered, 0.7, 0.1, 0.08, 0.1, 0.2) for answered in (0.7, 0.9, 1.0))
    assert falling(kept_share(0.5, promise, 0.1, 0.08, 0.1, 0.2) for promise in (0.6, 0.8, 1.0))
    assert falling(kept_share(0.5, 0.7, overload, 0.08, 0.1, 0.2) for overload in (0.08, 0.1, 0.5))
    assert constant(kept_share(0.5, 0.7, overload, 0.08, 0.1, 0.2) for overload in (0.0, 0.05, 0.08))
    assert rising(kept_share(0.5, 0.7, 0.5, bearable, 0.1, 0.2) for bearable in (0.0, 0.1, 0.4))
    assert rising(kept_share(0.5, 0.7, 0.1, 0.08, protected, 0.2) for protected in (0.0, 0.1, 0.2))
    assert constant(kept_share(0.5, 0.7, 0.1, 0.08, protected, 0.2) for protected in (0.2, 0.3, 1.0))
    assert falling(kept_share(0.5, 0.7, 0.1, 0.08, 0.1, allotted) for allotted in (0.1, 0.2, 1.0))


def test_all_is_kept_or_all_is_broken():
    assert kept_share(1.0, 0.65, 0.0, 0.08, 0.2, 0.2) == 1.0
    assert kept_share(0.0, 0.0, 0.0, 0.0, 0.0, 0.0) == 1.0
    assert kept_share(0.0, 0.65, 1.0, 0.0, 0.0, 0.2) == 0.0


@given(hours, st.floats(0.01, 1))
def test_the_quality_of_the_process_follows_its_formula_and_is_a_share(deliberation, needed):
    assert both(process_quality, deliberation, needed) == pytest.approx(min(1.0, deliberation / needed))


def test_hours_of_deliberation_turn_an_imposed_compact_into_a_negotiated_one():
    assert process_quality(0.0, 0.15) == 0.0
    assert process_quality(0.15, 0.15) == process_quality(3.0, 0.15) == 1.0
    assert rising(process_quality(h, 0.15) for h in (0.0, 0.05, 0.1, 0.15))
    assert falling(process_quality(0.05, needed) for needed in (0.1, 0.3, 1.0))


# -- what is settled -------------------------------------------------------------------------------------------------


def settled(cohort, **changes):
    """Return a copy in which a quarter has just been settled."""
    own = put(cohort.copy(), organisation__allotted__protected=0.2, organisation__hours__protected=0.2)
    own.week = 2 * QUARTER
    return after(own, "compact", **changes).organisation


def test_a_negotiated_compact_that_is_kept_is_fulfilled_and_not_breached(cohort):
    org = settled(cohort, **LEDGER, **KEPT, **NEGOTIATED)
    assert (org["fulfilment"] == 1.0).all()
    assert (org["breach"] == 0.0).all()


def test_a_compact_that_is_broken_altogether_is_breached(cohort):
    org = settled(cohort, **LEDGER, **BROKEN, **NEGOTIATED, p__compact__promised_overload=0.0)
    assert (org["breach"] == 1.0).all()
    assert (org["fulfilment"] == 0.0).all()


def test_an_imposed_compact_fulfils_nothing_and_can_be_breached_all_the_same(cohort):
    kept, broken = (settled(cohort, **LEDGER, **how, **IMPOSED) for how in (KEPT, BROKEN))
    assert (kept["fulfilment"] == 0.0).all()
    assert (kept["breach"] == 0.0).all()
    assert (broken["fulfilment"] == 0.0).all()
    assert (broken["breach"] > 0.5).all()


def test_words_only_can_be_breached_and_have_no_ledger(cohort):
    words, kept = settled(cohort, **WORDS, **BROKEN), settled(cohort, **LEDGER, **BROKEN)
    np.testing.assert_array_equal(words["breach"], kept["breach"])
    assert (words["breach"] > 0.5).all()
    assert (words["ledger_protection"] == 0.0).all()
    np.testing.assert_allclose(kept["ledger_protection"], 0.7)


def test_without_a_compact_nothing_is_promised_kept_or_broken(cohort):
    for how in (KEPT, BROKEN):
        org = settled(cohort, organisation__compact=0.0, **how, **NEGOTIATED)
        assert (org["fulfilment"] == 0.0).all()
        assert (org["breach"] == 0.0).all()
        assert (org["ledger_protection"] == 0.0).all()


def test_fulfilment_and_breach_follow_from_their_parts(cohort):
    own = put(cohort.copy(), organisation__compact=0.4, organisation__answered_memory=0.3, team__overload=0.16,
              organisation__allotted__protected=0.2, organisation__hours__protected=0.05,
              organisation__spent__deliberation=0.1, organisation__deliberation_memory=0.1)  # fmt: skip
    own.week = QUARTER
    org = step(own, "compact").organisation
    # This week's answers move the memory by a thirteenth; the tally is empty here, so it stands.
    kept = (0.3 / 0.65 + 0.08 / 0.16 + 0.05 / 0.2) / 3
    np.testing.assert_allclose(org["fulfilment"], 0.8 * kept * 0.1 / 0.15)
    np.testing.assert_allclose(org["breach"], 0.8 * (1 - kept))


def test_more_answers_less_overload_and_kept_hours_keep_more_promises(cohort):
    def breach(**changes):
        return settled(cohort, **{**LEDGER, **changes})["breach"][0]

    assert never_rising(breach(organisation__answered_memory=x) for x in GRID)
    assert never_falling(breach(team__overload=x) for x in GRID)
    assert falling(breach(organisation__hours__protected=x) for x in (0.0, 0.1, 0.2))
    assert rising(breach(organisation__answered_memory=0.2, organisation__compact=c) for c in (0.0, 0.2, 0.5))


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


def test_how_much_is_answered_is_remembered_for_a_quarter(cohort):
    own = put(cohort.copy(), organisation__answered_memory=0.5)
    own.week = 1
    own.tally[:] = 0
    own.tally["acted"], own.tally["explained"], own.tally["silent"] = 1, 2, 1
    PROCESSES["compact"].step(own, 0, 3)
    np.testing.assert_allclose(own.organisation["answered_memory"], 0.5 + (0.75 - 0.5) / 13)
    own.tally[:] = 0
    PROCESSES["compact"].step(own, 0, 3)
    np.testing.assert_allclose(own.organisation["answered_memory"], 0.5 + (0.75 - 0.5) / 13)


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
    for name in ("fulfilment", "breach"):
        if f"organisation__{name}" in changes:
            changes[f"team__{name}"] = changes[f"organisation__{name}"]
    own = put(cohort.copy(), organisation__say_do_gap=0.0, **changes)
    return advance(own, weeks, processes=[PROCESSES["motivation"]]).person["trust"].mean()


def test_kept_promises_win_trust_and_broken_ones_cost_it(cohort):
    assert rising(trust(cohort, organisation__breach=0.0, organisation__fulfilment=x) for x in GRID)
    assert falling(trust(cohort, organisation__fulfilment=0.0, organisation__breach=x) for x in GRID)


def test_a_broken_promise_costs_twice_what_a_kept_one_wins(cohort):
    put(cohort, person__trust=0.5, person__vacant=0)
    none = trust(cohort, organisation__breach=0.0, organisation__fulfilment=0.0)
    won = trust(cohort, organisation__breach=0.0, organisation__fulfilment=1.0) - none
    lost = none - trust(cohort, organisation__breach=1.0, organisation__fulfilment=0.0)
    assert won == pytest.approx(0.002)
    assert lost == pytest.approx(2 * won)
    ratio = [
        none - trust(cohort, organisation__breach=1.0, organisation__fulfilment=0.0, p__compact__breach_ratio=r)
        for r in (1.0, 2.0, 4.0)
    ]
    assert rising(ratio)


def test_broken_promises_exhaust(cohort):
    found = [
        after(cohort, "exhaustion", organisation__breach=x, team__breach=x).person["exhaustion"].mean() for x in GRID
    ]
    assert rising(found)


def simulated(cohort, weeks=65, **changes):
    own = put(cohort.copy(), **changes)
    own.week = 1
    return advance(own, weeks)


def test_without_a_compact_it_is_as_if_the_process_were_switched_off(cohort):
    none = simulated(cohort, organisation__compact=0.0)
    off = simulated(cohort, p__compact__enabled=False, organisation__compact=0.0)
    assert changed_columns(none, off) <= {"organisation.answered_memory", "organisation.deliberation_memory"}
    assert none.person.tobytes() == off.person.tobytes()


def test_switched_off_a_ledger_has_no_effect_either(cohort):
    off = simulated(cohort, p__compact__enabled=False, organisation__compact=1.0)
    none = simulated(cohort, organisation__compact=0.0)
    assert none.person.tobytes() == off.person.tobytes()
    assert (off.organisation["fulfilment"] == 0.0).all()
    assert (off.organisation["breach"] == 0.0).all()


def test_a_breached_compact_is_worse_than_none_and_a_negotiated_one_that_is_kept_is_better(crowd):
    fast = {"p__compact__fulfilment_gain": 0.02}

    def mean_trust(**changes):
        return simulated(crowd, 52, **fast, **changes).person["trust"].mean()

    none = mean_trust(organisation__compact=0.0)
    breached = mean_trust(**WORDS, p__response__enabled=False, organisation__answered_memory=0.0)
    silent = mean_trust(organisation__compact=0.0, p__response__enabled=False)
    kept = mean_trust(
        **LEDGER, p__compact__promised_answers=0.0, p__compact__promised_overload=0.5,
        p__compact__hours_for_process=0.01, organisation__allotted__deliberation=0.2, organisation__authority=0.8,
    )  # fmt: skip
    assert breached < silent
    assert kept > none


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
    for name in ("fulfilment", "breach"):
        np.testing.assert_array_equal(own.team[name], own.organisation[name][own.team["organisation"]])
    assert (own.organisation["breach"] > 0.0).all()


def test_settled_team_by_team_each_has_its_own_kept_and_broken(cohort):
    own = by_team(cohort, **BY_TEAM)
    assert rising(own.team["fulfilment"])
    assert falling(own.team["breach"])
    kept = [
        kept_share(a, 0.65, ov, 0.08, 0.2, 0.2)
        for a, ov in zip(own.team["answered_share"], own.team["overload"], strict=True)
    ]
    np.testing.assert_allclose(own.team["fulfilment"], kept)
    np.testing.assert_allclose(own.team["breach"], 1 - np.array(kept))
    np.testing.assert_array_equal(own.organisation["fulfilment"], by_team(cohort).organisation["fulfilment"])


def test_between_quarters_what_teams_were_promised_stands(cohort):
    own = put(cohort.copy(), team__fulfilment=0.3, team__breach=0.2, **BY_TEAM, **LEDGER)
    own.week = QUARTER + 1
    step(own, "compact")
    assert (own.team["fulfilment"] == 0.3).all()
    assert (own.team["breach"] == 0.2).all()


def test_people_go_by_how_promises_to_their_own_team_were_kept_and_those_above_by_the_whole(cohort):
    def lead(**changes):
        plain = after(cohort, "motivation", organisation__fulfilment=0.0, organisation__breach=0.0, team__fulfilment=0.0,
                      team__breach=0.0, organisation__say_do_gap=0.0, person__vacant=0, person__trust=0.5)  # fmt: skip
        own = put(plain.copy(), person__trust=0.5)
        own.team["fulfilment"][0], own.organisation["breach"] = 1.0, 1.0
        return step(own, "motivation").person["trust"] - plain.person["trust"], own

    gained, own = lead()
    above, first = own.person["team"] < 0, own.person["team"] == 0
    assert (gained[first] > 0.001).all()
    assert (gained[above] < -0.003).all()
    assert (gained[~above & ~first] == 0.0).all()


def test_promises_broken_to_one_team_exhaust_that_team(cohort):
    plain = after(cohort, "exhaustion", organisation__breach=0.0, team__breach=0.0)
    own = put(cohort.copy(), organisation__breach=0.0, team__breach=0.0)
    own.team["breach"][2] = 1.0
    more = step(own, "exhaustion").person["exhaustion"] - plain.person["exhaustion"]
    staff = filled_staff(cohort) & (plain.person["exhaustion"] < 0.95)
    here = staff & (cohort.person["team"] == 2)
    np.testing.assert_allclose(more[here], 0.02)
    assert (more[staff & ~here] == 0.0).all()


def test_what_teams_were_answered_is_remembered_over_their_own_items(cohort):
    own = put(
        cohort.copy(), team__answered_share=0.5, practice__idea_state=NO_IDEA, organisation__authority_enacted=1.0,
        practice__idea_origin=FROM_STAFF,
    )  # fmt: skip
    own.practice["idea_state"][1, :4], own.practice["idea_channel"][1, :4] = WAITING, TO_PEERS
    step(own, "response")
    expected = 0.5
    for _ in range(4):
        expected += (1.0 - expected) / 20
    np.testing.assert_allclose(own.team["answered_share"], np.where(np.arange(12) == 1, expected, 0.5))
    silent = put(
        cohort.copy(), team__answered_share=0.5, practice__idea_state=WAITING, practice__idea_channel=TO_MANAGER,
        practice__idea_origin=FROM_STAFF,
    )  # fmt: skip
    put(silent, practice__raised_week=silent.week - 60, team__response_credit=0.0)
    assert (step(silent, "response").team["answered_share"] < 0.2).all()


# -- for studies -----------------------------------------------------------------------------------------------------


def test_the_share_of_promises_kept_can_be_set_for_a_study(cohort):
    assert rising(
        settled(cohort, **LEDGER, **BROKEN, **NEGOTIATED, p__compact__kept_share=x)["fulfilment"][0] for x in GRID
    )
    assert falling(settled(cohort, **LEDGER, **KEPT, p__compact__kept_share=x)["breach"][0] for x in GRID)
    half = settled(cohort, **LEDGER, **NEGOTIATED, p__compact__kept_share=0.5)
    assert (half["fulfilment"] == 0.5).all()
    assert (half["breach"] == 0.5).all()
    np.testing.assert_array_equal(
        settled(cohort, **LEDGER, **BROKEN, p__compact__kept_share=-1.0)["breach"],
        settled(cohort, **LEDGER, **BROKEN)["breach"],
    )


def test_how_far_a_compact_was_negotiated_can_be_set_for_a_study(cohort):
    imposed = {**LEDGER, **KEPT, **IMPOSED}
    assert rising(settled(cohort, **imposed, p__compact__process_quality=x)["fulfilment"][0] for x in GRID)
    assert constant(settled(cohort, **LEDGER, **BROKEN, p__compact__process_quality=x)["breach"][0] for x in GRID)
    assert (settled(cohort, **LEDGER, **KEPT, **NEGOTIATED, p__compact__process_quality=0.0)["fulfilment"] == 0.0).all()


def test_a_regulator_who_joins_promises_nothing_itself(cohort):
    """What it brings is patience; see how leaders are rated."""
    plain, joined = (settled(cohort, **LEDGER, **BROKEN, p__compact__regulator=x) for x in (0.0, 1.0))
    np.testing.assert_array_equal(plain, joined)


def test_switched_off_nothing_is_promised_to_teams_either(cohort):
    own = after(cohort, "compact", **LEDGER, team__fulfilment=0.4, team__breach=0.4, p__compact__enabled=False)
    assert (own.team["fulfilment"] + own.team["breach"] == 0.0).all()
