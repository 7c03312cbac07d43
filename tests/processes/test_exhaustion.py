"""Work wears people out, and ease lets them recover."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, filled_staff, is_staff, put, record, rising, shares, step

from civicsim.engine.parameters import declared
from civicsim.experiment.run import burn_in
from civicsim.model.processes.exhaustion import (
    CONTRACT_WIDTH,
    LINEAR,
    LOAD_AT_EASE,
    SATURATING,
    THRESHOLD,
    Parameters,
    contract_strain,
    exhaustion_change,
    felt_load,
    hindrance,
    neglect,
    saturated,
    strain,
    treatment,
)
from civicsim.model.reference import Reference
from civicsim.scenario.scenario import Scenario

q, usual = record(Parameters()), record(Reference())
F0, E_REF, X_REF, I0 = (
    getattr(Reference(), f"usual_{name}") for name in ("fear", "exhaustion", "belonging", "influence")
)
A0, INVITED0 = Reference().usual_answered, Reference().usual_invitation
FORMS = declared(Parameters, "exhaustion")["form"].choices
CONTRACTS = (-1.0, -0.5, -0.2, -0.05, 0.0, 0.05, 0.2, 0.5, 1.0)
contracts = st.floats(-1, 1)


def own(**changes):
    """Return the default parameters with some changed."""
    return record(Parameters(), **changes)


# -- the equation ----------------------------------------------------------------------------------------------------


@given(shares, shares, st.floats(0, 3), st.floats(-0.02, 0.02), shares, shares, shares, st.floats(-0.01, 0.01))
def test_the_change_of_exhaustion_follows_its_formula(e, anchor, load, treated, around, belonging, influence, weight):
    expected = q.load_weight * max(0, load - 0.9) * max(0, 1 - q.buffering * (belonging - X_REF))
    expected += treated + q.contagion * (around - e)
    expected -= q.support_weight * (belonging - X_REF) + weight * (influence - I0)
    expected -= q.recovery_weight * max(0, 1 - load) * (0.5 + 0.5 * belonging) + q.return_rate * (e - anchor)
    weighed = own(influence_weight=weight)
    found = both(exhaustion_change, weighed, usual, e, anchor, load, treated, around, belonging, influence)
    assert found == pytest.approx(expected, abs=1e-15)


def change(exhaustion=0.5, anchor=0.5, load=0.95, treated=0.0, around=0.5, belonging=0.5, influence=I0, q=q):
    return exhaustion_change(q, usual, exhaustion, anchor, load, treated, around, belonging, influence)


def test_load_exhausts():
    assert rising(change(load=load) for load in (0.5, 0.8, 0.9, 0.95, 1.0, 1.5, 3.0))
    assert LOAD_AT_EASE == 0.9


def test_how_a_team_is_treated_adds_up_with_the_rest():
    assert rising(change(treated=treated) for treated in (-0.01, 0.0, 0.01))
    assert change(treated=0.01) == pytest.approx(change() + 0.01)


def test_exhausted_colleagues_exhaust():
    assert rising(change(around=around) for around in GRID)
    assert constant(change(around=around, q=own(contagion=0.0)) for around in GRID)


def test_belonging_restores_where_there_is_slack_even_if_it_does_nothing_else():
    alone = own(support_weight=0.0, buffering=0.0)
    assert falling(change(belonging=belonging, load=0.8, q=alone) for belonging in GRID)
    assert constant(change(belonging=belonging, load=1.0, q=alone) for belonging in GRID)


def test_support_takes_off_exhaustion_whatever_the_load():
    plain = own(buffering=0.0)
    for load in (0.8, 1.0, 1.5):
        assert falling(change(belonging=belonging, load=load, q=plain) for belonging in GRID)
    assert falling(change(belonging=0.9, load=1.0, q=own(support_weight=w)) for w in (0.0, 0.01, 0.03))
    assert rising(change(belonging=0.3, load=1.0, q=own(support_weight=w)) for w in (0.0, 0.01, 0.03))
    # At the usual it changes nothing, however much it counts.
    assert constant(change(belonging=X_REF, load=1.0, q=own(support_weight=w)) for w in (0.0, 0.01, 0.03))


def test_support_takes_off_more_where_load_is_high():
    def takes_off(load, **changes):
        return change(belonging=0.5, load=load, q=own(**changes)) - change(belonging=0.7, load=load, q=own(**changes))

    assert rising(takes_off(load) for load in (1.0, 1.2, 1.5, 3.0))
    assert rising(takes_off(1.5, buffering=b) for b in (0.0, 2.0, 6.0))
    assert [takes_off(load, buffering=0.0) for load in (1.0, 1.2, 3.0)] == pytest.approx([0.2 * q.support_weight] * 3)
    # Where load is at ease there is no strain to take off.
    assert takes_off(0.9, buffering=0.0) == pytest.approx(takes_off(0.9, buffering=10.0))


def test_support_takes_off_no_more_strain_than_there_is():
    enough = X_REF + 1 / q.buffering + 0.01
    assert constant(change(belonging=enough, load=load) for load in (1.0, 1.5, 3.0))
    assert change(belonging=enough, load=3.0) == pytest.approx(-q.support_weight * (enough - X_REF))


def test_influence_works_by_itself_only_in_a_study_and_then_either_way():
    assert q.influence_weight == 0.0
    assert constant(change(influence=influence) for influence in GRID)
    assert falling(change(influence=influence, q=own(influence_weight=0.01)) for influence in GRID)
    assert rising(change(influence=influence, q=own(influence_weight=-0.01)) for influence in GRID)
    assert constant(change(influence=I0, q=own(influence_weight=w)) for w in (-0.01, 0.0, 0.01))


def test_exhaustion_returns_to_a_persons_own_level():
    assert falling(change(exhaustion=exhaustion) for exhaustion in GRID)
    assert rising(change(anchor=anchor) for anchor in GRID)
    assert change(load=0.9, belonging=X_REF, q=own(recovery_weight=0.0)) == 0.0


def test_each_weight_counts_in_its_own_direction():
    assert rising(change(load=1.2, q=own(load_weight=w)) for w in (0.003, 0.015, 0.05))
    assert falling(change(load=0.8, q=own(recovery_weight=w)) for w in (0.02, 0.04, 0.15))
    assert falling(change(exhaustion=0.8, around=0.8, q=own(return_rate=w)) for w in (0.03, 0.06, 0.1))
    assert rising(change(around=0.9, q=own(contagion=w)) for w in (0.0, 0.01, 0.05))


# -- how a team is treated -------------------------------------------------------------------------------------------


@given(contracts, shares)
def test_strain_of_the_contract_follows_its_formula(contract, relief):
    expected = -contract * (1 - (1 - relief) / (1 + math.exp(-contract / 0.1)))
    assert both(contract_strain, contract, relief) == pytest.approx(expected, abs=1e-12)
    assert CONTRACT_WIDTH == 0.1


def test_promises_kept_short_of_what_was_expected_strain_and_those_kept_beyond_relieve():
    for relief in (0.2, 0.5, 1.0):
        assert falling(contract_strain(contract, relief) for contract in CONTRACTS)
        assert contract_strain(0.0, relief) == 0.0
    assert falling(contract_strain(0.5, relief) for relief in GRID)


@given(st.floats(0.5, 1), shares)
def test_a_large_surplus_relieves_by_its_share_of_what_the_same_shortfall_strains(contract, relief):
    assert contract_strain(-contract, relief) == pytest.approx(contract, rel=0.01)
    assert contract_strain(contract, relief) == pytest.approx(-relief * contract, abs=0.01 * contract)


def test_by_default_a_surplus_relieves_half_as_much_as_a_shortfall_strains():
    assert q.relief == 0.5
    ratio = [-contract_strain(x, q.relief) / contract_strain(-x, q.relief) for x in (0.01, 0.1, 0.3, 1.0)]
    assert falling(ratio)
    assert ratio[0] == pytest.approx(1.0, abs=0.06)
    assert ratio[-1] == pytest.approx(0.5, abs=0.001)
    assert constant(contract_strain(x, 1.0) / x for x in (-1.0, -0.5, 0.5, 1.0))


@given(st.floats(-0.99, 0.99), shares)
def test_strain_turns_into_relief_without_a_kink(contract, relief):
    """No slope differs from the one next to it by more than a smooth turn allows."""
    h = 1e-3
    below, here, above = (contract_strain(contract + d, relief) for d in (-h, 0.0, h))
    # The second derivative is at most (1 − ρ)/(2·.1), where the two meet.
    assert abs(above - 2 * here + below) / h**2 <= 0.5 * (1 - relief) / CONTRACT_WIDTH + 1e-6


@given(shares, shares)
def test_being_left_without_answers_follows_its_formula_and_is_a_share(answered, invitation):
    found = both(neglect, answered, invitation)
    assert found == pytest.approx((1 - answered) * (1 + invitation) / 2, abs=1e-15)
    assert 0.0 <= found <= 1.0


def test_being_left_without_answers_is_felt_more_by_those_who_were_asked():
    assert falling(neglect(answered, 0.4) for answered in GRID)
    assert rising(neglect(0.6, invitation) for invitation in GRID)
    assert constant(neglect(1.0, invitation) for invitation in GRID)
    assert (neglect(0.0, 0.0), neglect(0.0, 1.0)) == (0.5, 1.0)


@given(shares, contracts, shares, shares)
def test_how_a_team_is_treated_follows_its_formula(fear, contract, answered, invitation):
    expected = q.fear_weight * (fear - F0) + q.contract_weight * contract_strain(contract, 0.5)
    expected += q.neglect_weight * ((1 - answered) * (0.5 + 0.5 * invitation) - (1 - A0) * (0.5 + 0.5 * INVITED0))
    found = both(treatment, q, usual, fear, contract, answered, invitation)
    assert found == pytest.approx(expected, abs=1e-15)


def treated(fear=F0, contract=0.0, answered=A0, invitation=INVITED0, q=q):
    return treatment(q, usual, fear, contract, answered, invitation)


def test_usual_treatment_changes_nothing():
    assert treated() == 0.0
    assert constant(treated(q=own(fear_weight=w, contract_weight=w, neglect_weight=w)) for w in (0.0, 0.005, 0.01))


def test_fear_exhausts_unless_its_weight_is_zero():
    assert rising(treated(fear=fear) for fear in GRID)
    assert rising(treated(fear=1.0, q=own(fear_weight=w)) for w in (0.0, 0.004, 0.015))
    assert constant(treated(fear=fear, q=own(fear_weight=0.0)) for fear in GRID)


def test_what_falls_short_of_expectations_exhausts_unless_its_weight_is_zero():
    assert falling(treated(contract=contract) for contract in CONTRACTS)
    assert rising(treated(contract=-0.5, q=own(contract_weight=w)) for w in (0.0, 0.0015, 0.05))
    assert falling(treated(contract=0.5, q=own(contract_weight=w)) for w in (0.0, 0.0015, 0.05))
    assert falling(treated(contract=0.5, q=own(relief=r)) for r in GRID)
    assert constant(treated(contract=contract, q=own(contract_weight=0.0)) for contract in CONTRACTS)


def test_lack_of_answers_exhausts_unless_its_weight_is_zero_or_below():
    assert falling(treated(answered=answered) for answered in GRID)
    assert rising(treated(answered=0.3, invitation=invitation) for invitation in GRID)
    assert constant(treated(answered=answered, q=own(neglect_weight=0.0)) for answered in GRID)
    assert rising(treated(answered=answered, q=own(neglect_weight=-0.003)) for answered in GRID)
    assert rising(treated(answered=0.0, q=own(neglect_weight=w)) for w in (-0.003, 0.0, 0.001, 0.015))


# -- its other forms -------------------------------------------------------------------------------------------------


def test_codes_of_forms_are_those_of_their_names():
    assert [record(Parameters(form=form)).form for form in FORMS] == [LINEAR, SATURATING, THRESHOLD] == [0, 1, 2]


@given(st.floats(0, 3), st.floats(-0.2, 0.2), shares)
def test_hindrance_and_room_follow_their_formulas(load, push, exhaustion):
    assert both(strain, load) == pytest.approx(max(0, load - 0.9))
    assert both(hindrance, load) == pytest.approx(2 * max(0, load - 1))
    room = (1 - exhaustion) / (1 - E_REF) if push > 0 else exhaustion / E_REF
    assert both(saturated, push, exhaustion, E_REF) == pytest.approx(push * room)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("exhaustion", [0.2, 0.5, 0.8])
def test_in_every_form_the_same_causes_exhaust_and_restore(form, exhaustion):
    p = record(Parameters(form=form))
    assert rising(change(exhaustion, load=load, q=p) for load in (0.5, 0.8, 0.95, 1.05, 1.5))
    assert rising(change(exhaustion, treated=treated, q=p) for treated in (-0.01, -0.001, 0.0, 0.001, 0.01))
    assert rising(change(exhaustion, around=around, q=p) for around in GRID)
    for load in (0.8, 1.0, 1.5):
        assert falling(change(exhaustion, belonging=belonging, load=load, q=p) for belonging in GRID)
    assert falling(change(x, q=p) for x in GRID)
    assert rising(change(exhaustion, anchor=anchor, q=p) for anchor in GRID)


@given(shares, st.floats(-0.02, 0.02), st.sampled_from([0.5, 0.8, 0.9, 1.1]), shares, shares)
def test_forms_agree_at_usual_exhaustion_and_where_load_is_light_or_a_tenth_too_much(anchor, push, load, around, x):
    found = [change(E_REF, anchor, load, push, around, x, q=record(Parameters(form=form))) for form in FORMS]
    assert found == pytest.approx([found[0]] * 3)


def test_forms_differ_in_what_they_are_about():
    linear, saturating, threshold = (record(Parameters(form=form)) for form in FORMS)
    assert change(0.9, load=1.5, q=saturating) < change(0.9, load=1.5, q=linear)
    assert change(0.1, load=1.5, q=saturating) > change(0.1, load=1.5, q=linear)
    assert change(load=1.0, q=threshold) < change(load=1.0, q=linear)
    assert change(load=1.3, q=threshold) > change(load=1.3, q=linear)


# -- the process -----------------------------------------------------------------------------------------------------


def test_everybodys_exhaustion_again_in_plain_numpy(cohort):
    put(
        cohort,
        p__exhaustion__noise_sd=0.0,
        p__exhaustion__influence_weight=0.007,
        person__rest_hours=0.0,
        organisation__contract=-0.3,
        team__contract=np.linspace(-0.6, 0.4, len(cohort.team)),
        organisation__answered_memory=0.7,
        team__answered_share=np.linspace(0.1, 0.9, len(cohort.team)),
        organisation__place_strain=0.03,
    )
    before, staff, filled = cohort.person.copy(), is_staff(cohort), filled_staff(cohort)
    p = {name: cohort.parameters["exhaustion"][name][0] for name in cohort.parameters["exhaustion"].dtype.names}
    org, team = cohort.organisation[before["organisation"]], before["team"]
    n = np.bincount(team[filled], minlength=len(cohort.team))
    total = np.bincount(team[filled], weights=before["exhaustion"][filled], minlength=len(cohort.team))
    around = np.where(staff, (total[team] - before["exhaustion"]) / np.maximum(n[team] - 1, 1), before["exhaustion"])
    # Managers go by promises to the organisation as a whole.
    contract = np.where(staff, cohort.team["contract"][team], org["contract"])
    answered = np.where(staff, cohort.team["answered_share"][team], org["answered_memory"])
    alone = (1 - answered) * (0.5 + 0.5 * org["invitation"]) - (1 - A0) * (0.5 + 0.5 * INVITED0)
    support = before["belonging"] - X_REF
    change = p["load_weight"] * np.maximum(0, before["load"] - 0.9) * np.maximum(0, 1 - p["buffering"] * support)
    change += p["fear_weight"] * (org["fear_enacted"] - F0) + p["neglect_weight"] * alone
    change -= p["contract_weight"] * contract * (1 - (1 - p["relief"]) / (1 + np.exp(-contract / 0.1)))
    change += p["contagion"] * (around - before["exhaustion"]) - p["support_weight"] * support
    change -= p["influence_weight"] * (0.5 * before["agency"] + 0.5 * org["authority_enacted"] - I0)
    change -= p["recovery_weight"] * np.maximum(0, 1 - before["load"]) * (0.5 + 0.5 * before["belonging"])
    change -= p["return_rate"] * (before["exhaustion"] - before["exhaustion_anchor"] - org["place_strain"])
    expected = np.where(before["vacant"] == 1, before["exhaustion"], np.clip(before["exhaustion"] + change, 0, 1))
    step(cohort, "exhaustion")
    np.testing.assert_allclose(cohort.person["exhaustion"], expected, atol=1e-13)


@pytest.mark.parametrize(
    ("column", "values", "direction"),
    [
        ("person__load", (0.9, 1.1, 1.5), rising),
        ("organisation__fear_enacted", (0.1, 0.5, 0.9), rising),
        ("organisation__invitation", (0.1, 0.5, 0.9), rising),
        ("organisation__place_strain", (-0.1, 0.0, 0.1), rising),
        ("team__contract", (-0.5, 0.0, 0.5), falling),
        ("team__answered_share", (0.1, 0.5, 0.9), falling),
        ("person__exhaustion_anchor", (0.3, 0.5, 0.7), rising),
        ("person__belonging", (0.1, 0.5, 0.9), falling),
    ],
)
@pytest.mark.parametrize("form", range(len(FORMS)))
def test_each_cause_moves_everyone_its_way(cohort, column, values, direction, form):
    put(
        cohort,
        person__exhaustion=0.5,
        person__load=0.8,
        person__belonging=0.6,
        p__exhaustion__form=form,
        team__answered_share=0.6,
        organisation__answered_memory=0.6,
        p__exhaustion__noise_sd=0.02,
    )
    found = [after(cohort, "exhaustion", **{column: x}).person["exhaustion"] for x in values]
    concerned = cohort.person["vacant"] == 0
    concerned &= is_staff(cohort) | (not column.startswith("team"))
    for i in np.flatnonzero(concerned):
        assert direction(values_of[i] for values_of in found)


def test_chance_has_the_spread_it_is_given_and_no_bias(crowd):
    put_ = {"person__exhaustion": 0.5, "person__vacant": 0}
    quiet = after(crowd, "exhaustion", **put_, p__exhaustion__noise_sd=0.0).person["exhaustion"]
    noisy = after(crowd, "exhaustion", **put_, p__exhaustion__noise_sd=0.05).person["exhaustion"]
    pushed = noisy - quiet
    assert pushed.std() == pytest.approx(0.05, abs=0.003)
    assert abs(pushed.mean()) < 4 * 0.05 / np.sqrt(len(pushed))


def test_what_meets_a_whole_team_is_the_same_for_all_of_it_and_a_share_of_the_variance(crowd):
    """For pairs of colleagues, the covariance of what chance does to them is the shared part of its variance."""
    crowd = put(crowd.copy(), person__exhaustion=0.5, person__vacant=0, p__exhaustion__noise_sd=0.05)
    staff = is_staff(crowd)
    quiet = after(crowd, "exhaustion", p__exhaustion__noise_sd=0.0).person["exhaustion"]
    for share in (0.0, 0.3, 0.5):
        pushed = (after(crowd, "exhaustion", p__exhaustion__noise_shared=share).person["exhaustion"] - quiet)[staff]
        team = crowd.person["team"][staff]
        n, total = np.bincount(team), np.bincount(team, weights=pushed)
        pairs = (total**2 - np.bincount(team, weights=pushed**2))[n > 1] / (n * (n - 1))[n > 1]
        assert abs(pairs.mean() - share * 0.05**2) < 5 * pairs.std() / np.sqrt(len(pairs))
        assert pushed.std() == pytest.approx(0.05, rel=0.1)


def test_managers_share_no_event_with_a_team(crowd):
    crowd = put(crowd.copy(), person__exhaustion=0.5, p__exhaustion__noise_sd=0.05)
    found = [after(crowd, "exhaustion", p__exhaustion__noise_shared=s).person["exhaustion"] for s in (0.0, 0.4)]
    staff = is_staff(crowd)
    np.testing.assert_array_equal(found[0][~staff], found[1][~staff])
    assert (
        found[0][staff & (crowd.person["vacant"] == 0)] != found[1][staff & (crowd.person["vacant"] == 0)]
    ).mean() > 0.9


def test_organisations_differ_in_what_a_place_adds_by_the_spread_they_are_given():
    drawn = [
        burn_in(Scenario.preset("status-quo").with_(place_sd=sd, burn_in_weeks=0), 40).organisation["place_strain"]
        for sd in (0.0, 0.01, 0.03)
    ]
    assert (drawn[0] == 0.0).all()
    np.testing.assert_allclose(drawn[2], 3 * drawn[1])
    assert drawn[1].std() == pytest.approx(0.01, rel=0.4)
    assert abs(drawn[1].mean()) < 4 * 0.01 / np.sqrt(40)


def test_one_exhausted_colleague_pulls_the_team_and_no_one_else(cohort):
    put(cohort, person__exhaustion=0.5)
    plain = after(cohort, "exhaustion").person["exhaustion"]
    i = np.flatnonzero(filled_staff(cohort))[0]
    cohort.person["exhaustion"][i] = 1.0
    found = step(cohort, "exhaustion").person["exhaustion"]
    mates = filled_staff(cohort) & (cohort.person["team"] == cohort.person["team"][i])
    mates[i] = False
    assert (found[mates] > plain[mates]).all()
    others = ~mates
    others[i] = False
    np.testing.assert_array_equal(found[others], plain[others])


def test_empty_posts_do_not_change_and_do_not_count_as_company(cohort):
    put(cohort, person__exhaustion=0.5)
    plain = after(cohort, "exhaustion").person["exhaustion"]
    vacant = cohort.person["vacant"] == 1
    assert vacant.any()
    cohort.person["exhaustion"][vacant] = 0.9
    found = step(cohort, "exhaustion").person["exhaustion"]
    assert (found[vacant] == 0.9).all()
    np.testing.assert_array_equal(found[~vacant], plain[~vacant])


def test_someone_alone_in_a_team_has_no_company_to_catch_it_from(cohort):
    put(cohort, person__vacant=1, person__exhaustion=0.7, person__load=0.9, p__exhaustion__noise_sd=0.0)
    cohort.person["vacant"][cohort.team["first_person"]] = 0
    few, many = (after(cohort, "exhaustion", p__exhaustion__contagion=c).person["exhaustion"] for c in (0.0, 0.05))
    np.testing.assert_array_equal(few, many)


def test_however_hard_it_gets_exhaustion_stays_a_share(cohort):
    for load in (0.0, 50.0):
        own = put(cohort.copy(), person__load=load, p__exhaustion__noise_sd=0.1)
        for _ in range(60):
            step(own, "exhaustion")
            own.week += 1
            assert own.person["exhaustion"].min() >= 0.0
            assert own.person["exhaustion"].max() <= 1.0


def test_switched_off_exhaustion_stays(cohort):
    before = cohort.person["exhaustion"].copy()
    step(put(cohort, p__exhaustion__enabled=False, person__load=2.0), "exhaustion")
    np.testing.assert_array_equal(cohort.person["exhaustion"], before)


# -- rest ------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 3), st.floats(0, 3), st.floats(30, 40), st.floats(1, 3))
def test_load_as_it_is_felt_follows_its_formula(load, rest, contracted, weight):
    assert both(felt_load, load, rest, contracted, weight) == pytest.approx(load + weight * rest / contracted)


def test_hours_taken_from_rest_are_felt_more_than_hours_of_work():
    assert rising(felt_load(0.9, rest, 37.5, 1.5) for rest in (0.0, 0.5, 2.0))
    assert rising(felt_load(0.9, 0.5, 37.5, weight) for weight in (1.0, 1.5, 3.0))
    assert falling(felt_load(0.9, 0.5, contracted, 1.5) for contracted in (30.0, 37.5, 40.0))
    assert felt_load(0.9, 0.5, 37.5, 1.0) == pytest.approx(0.9 + 0.5 / 37.5)
    assert felt_load(0.9, 0.5, 37.5, 1.5) > felt_load(0.9 + 0.5 / 37.5, 0.0, 37.5, 1.5)


def test_taking_part_in_ones_rest_wears_people_out(cohort):
    put(cohort, person__exhaustion=0.5, person__load=0.95)
    usual = {"person__rest_hours": 1.0}
    assert rising(
        after(cohort, "exhaustion", person__rest_hours=h).person["exhaustion"].mean() for h in (0.0, 0.5, 2.0)
    )
    assert rising(
        after(cohort, "exhaustion", **usual, p__exhaustion__rest_weight=w).person["exhaustion"].mean()
        for w in (1.0, 1.5, 3.0)
    )
    assert constant(
        after(cohort, "exhaustion", person__rest_hours=0.0, p__exhaustion__rest_weight=w).person["exhaustion"].mean()
        for w in (1.0, 1.5, 3.0)
    )


@pytest.mark.parametrize(("column", "of_a_team"), [("contract", "contract"), ("answered_memory", "answered_share")])
def test_those_above_the_teams_feel_how_the_whole_is_treated(cohort, column, of_a_team):
    put(cohort, person__exhaustion=0.5, **{f"team__{of_a_team}": 0.5})
    plain, less = (
        after(cohort, "exhaustion", **{f"organisation__{column}": x}).person["exhaustion"] for x in (0.9, 0.1)
    )
    np.testing.assert_array_equal(less[is_staff(cohort)], plain[is_staff(cohort)])
    above = ~is_staff(cohort) & (cohort.person["vacant"] == 0)
    assert (less[above] > plain[above]).all()


# -- each cause can be switched off ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "column", "low", "high"),
    [
        ("fear_weight", "organisation__fear_enacted", 0.1, 0.9),
        ("contract_weight", "team__contract", -0.5, 0.5),
        ("contract_weight", "organisation__contract", -0.5, 0.5),
        ("neglect_weight", "team__answered_share", 0.1, 0.9),
        ("neglect_weight", "organisation__answered_memory", 0.1, 0.9),
        ("neglect_weight", "organisation__invitation", 0.1, 0.9),
        ("influence_weight", "person__agency", 0.1, 0.9),
        ("influence_weight", "organisation__authority_enacted", 0.1, 0.9),
        ("support_weight", "person__belonging", 0.1, 0.9),
    ],
)
def test_a_weight_of_zero_leaves_exhaustion_exactly_as_without_the_cause(cohort, weight, column, low, high):
    put(cohort, person__exhaustion=0.5, person__load=1.0, p__exhaustion__buffering=0.0)

    def exhausted(value, w):
        return after(cohort, "exhaustion", **{column: value, f"p__exhaustion__{weight}": w}).person["exhaustion"]

    np.testing.assert_array_equal(exhausted(low, 0.0), exhausted(high, 0.0))
    assert (exhausted(low, 0.005) != exhausted(high, 0.005)).any()


def test_without_buffering_support_leaves_the_strain_of_load_as_it_is(cohort):
    put(cohort, person__exhaustion=0.5, p__exhaustion__support_weight=0.0, p__exhaustion__noise_sd=0.0)

    def strained(belonging, buffering):
        light, heavy = (
            after(
                cohort, "exhaustion", person__load=load, person__belonging=belonging, p__exhaustion__buffering=buffering
            ).person["exhaustion"]
            for load in (1.0, 1.5)
        )
        return (heavy - light)[cohort.person["vacant"] == 0]

    np.testing.assert_allclose(strained(0.3, 0.0), strained(0.9, 0.0), atol=1e-14)
    assert (strained(0.5, 6.0) > strained(0.7, 6.0)).all()
    np.testing.assert_allclose(strained(X_REF, 6.0), strained(X_REF, 0.0), atol=1e-14)
