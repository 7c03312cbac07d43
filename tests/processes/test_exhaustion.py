"""Work wears people out, and ease lets them recover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, filled_staff, is_staff, put, record, rising, shares, step

from civicsim.engine.parameters import declared
from civicsim.model.processes.exhaustion import (
    LINEAR,
    LOAD_AT_EASE,
    SATURATING,
    THRESHOLD,
    Parameters,
    exhaustion_change,
    felt_load,
    hindrance,
    saturated,
    strain,
)
from civicsim.model.reference import Reference

q, usual = record(Parameters()), record(Reference())
F0, E_REF = Reference().usual_fear, Reference().usual_exhaustion
FORMS = declared(Parameters, "exhaustion")["form"].choices


# -- the equation ----------------------------------------------------------------------------------------------------


@given(shares, shares, st.floats(0, 3), shares, shares, shares, shares)
def test_the_change_of_exhaustion_follows_its_formula(exhaustion, anchor, load, fear, breach, around, belonging):
    expected = q.load_weight * max(0, load - 0.9) + q.fear_weight * (fear - F0) + q.contagion * (around - exhaustion)
    expected += q.breach_weight * breach
    expected -= q.recovery_weight * max(0, 1 - load) * (0.5 + 0.5 * belonging) + q.return_rate * (exhaustion - anchor)
    found = both(exhaustion_change, q, usual, exhaustion, anchor, load, fear, breach, around, belonging)
    assert found == pytest.approx(expected, abs=1e-15)


def change(exhaustion=0.5, anchor=0.5, load=0.95, fear=F0, breach=0.0, around=0.5, belonging=0.5, q=q):
    return exhaustion_change(q, usual, exhaustion, anchor, load, fear, breach, around, belonging)


def test_load_exhausts():
    assert rising(change(load=load) for load in (0.5, 0.8, 0.9, 0.95, 1.0, 1.5, 3.0))
    assert LOAD_AT_EASE == 0.9


def test_fear_exhausts_unless_its_weight_is_zero():
    assert rising(change(fear=fear) for fear in GRID)
    assert constant(change(fear=fear, q=record(Parameters(), fear_weight=0.0)) for fear in GRID)


def test_broken_promises_exhaust():
    assert rising(change(breach=breach) for breach in GRID)
    assert constant(change(breach=breach, q=record(Parameters(), breach_weight=0.0)) for breach in GRID)


def test_exhausted_colleagues_exhaust():
    assert rising(change(around=around) for around in GRID)
    assert constant(change(around=around, q=record(Parameters(), contagion=0.0)) for around in GRID)


def test_belonging_restores_but_only_where_there_is_slack():
    assert falling(change(belonging=belonging, load=0.8) for belonging in GRID)
    assert constant(change(belonging=belonging, load=1.0) for belonging in GRID)


def test_exhaustion_returns_to_a_persons_own_level():
    assert falling(change(exhaustion=exhaustion) for exhaustion in GRID)
    assert rising(change(anchor=anchor) for anchor in GRID)
    assert change(load=0.9, q=record(Parameters(), recovery_weight=0.0)) == 0.0


def test_each_weight_counts_in_its_own_direction():
    assert rising(change(load=1.2, q=record(Parameters(), load_weight=w)) for w in (0.015, 0.03, 0.05))
    assert falling(change(load=0.8, q=record(Parameters(), recovery_weight=w)) for w in (0.02, 0.04, 0.15))
    assert rising(change(fear=1.0, q=record(Parameters(), fear_weight=w)) for w in (0.0, 0.004, 0.015))
    assert falling(change(exhaustion=0.8, around=0.8, q=record(Parameters(), return_rate=w)) for w in (0.03, 0.06, 0.1))
    assert rising(change(around=0.9, q=record(Parameters(), contagion=w)) for w in (0.0, 0.01, 0.05))


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
    own = record(Parameters(form=form))
    assert rising(change(exhaustion, load=load, q=own) for load in (0.5, 0.8, 0.95, 1.05, 1.5))
    assert rising(change(exhaustion, fear=fear, q=own) for fear in GRID)
    assert rising(change(exhaustion, breach=breach, q=own) for breach in GRID)
    assert rising(change(exhaustion, around=around, q=own) for around in GRID)
    assert falling(change(exhaustion, belonging=belonging, load=0.8, q=own) for belonging in GRID)
    assert falling(change(x, q=own) for x in GRID)
    assert rising(change(exhaustion, anchor=anchor, q=own) for anchor in GRID)


@given(shares, shares, st.sampled_from([0.5, 0.8, 0.9, 1.1]), shares, shares)
def test_forms_agree_at_usual_exhaustion_and_where_load_is_light_or_a_tenth_too_much(anchor, fear, load, around, x):
    found = [change(E_REF, anchor, load, fear, 0.1, around, x, q=record(Parameters(form=form))) for form in FORMS]
    assert found == pytest.approx([found[0]] * 3)


def test_forms_differ_in_what_they_are_about():
    linear, saturating, threshold = (record(Parameters(form=form)) for form in FORMS)
    assert change(0.9, load=1.5, q=saturating) < change(0.9, load=1.5, q=linear)
    assert change(0.1, load=1.5, q=saturating) > change(0.1, load=1.5, q=linear)
    assert change(load=1.0, q=threshold) < change(load=1.0, q=linear)
    assert change(load=1.3, q=threshold) > change(load=1.3, q=linear)


# -- the process -----------------------------------------------------------------------------------------------------


def test_everybodys_exhaustion_again_in_plain_numpy(cohort):
    put(cohort, p__exhaustion__noise_sd=0.0, organisation__breach=0.3, team__breach=0.3, person__rest_hours=0.0)
    before, staff, filled = cohort.person.copy(), is_staff(cohort), filled_staff(cohort)
    p = {name: cohort.parameters["exhaustion"][name][0] for name in cohort.parameters["exhaustion"].dtype.names}
    fear = cohort.organisation["fear_enacted"][before["organisation"]]
    team = before["team"]
    n = np.bincount(team[filled], minlength=len(cohort.team))
    total = np.bincount(team[filled], weights=before["exhaustion"][filled], minlength=len(cohort.team))
    around = np.where(staff, (total[team] - before["exhaustion"]) / np.maximum(n[team] - 1, 1), before["exhaustion"])
    change = p["load_weight"] * np.maximum(0, before["load"] - 0.9) + p["fear_weight"] * (fear - F0)
    change += p["breach_weight"] * 0.3 + p["contagion"] * (around - before["exhaustion"])
    change -= p["recovery_weight"] * np.maximum(0, 1 - before["load"]) * (0.5 + 0.5 * before["belonging"])
    change -= p["return_rate"] * (before["exhaustion"] - before["exhaustion_anchor"])
    expected = np.where(before["vacant"] == 1, before["exhaustion"], np.clip(before["exhaustion"] + change, 0, 1))
    step(cohort, "exhaustion")
    np.testing.assert_allclose(cohort.person["exhaustion"], expected, atol=1e-13)


@pytest.mark.parametrize(
    ("column", "values", "direction"),
    [
        ("person__load", (0.9, 1.1, 1.5), rising),
        ("organisation__fear_enacted", (0.1, 0.5, 0.9), rising),
        ("team__breach", (0.0, 0.5, 1.0), rising),
        ("person__exhaustion_anchor", (0.3, 0.5, 0.7), rising),
        ("person__belonging", (0.1, 0.5, 0.9), falling),
    ],
)
@pytest.mark.parametrize("form", range(len(FORMS)))
def test_each_cause_moves_everyone_its_way(cohort, column, values, direction, form):
    put(cohort, person__exhaustion=0.5, person__load=0.8, p__exhaustion__form=form)
    found = [after(cohort, "exhaustion", **{column: x}).person["exhaustion"] for x in values]
    concerned = cohort.person["vacant"] == 0
    concerned &= is_staff(cohort) | (column != "team__breach")
    for i in np.flatnonzero(concerned):
        assert direction(values_of[i] for values_of in found)


def test_chance_has_the_spread_it_is_given_and_no_bias(crowd):
    put_ = {"person__exhaustion": 0.5, "person__vacant": 0}
    quiet = after(crowd, "exhaustion", **put_, p__exhaustion__noise_sd=0.0).person["exhaustion"]
    noisy = after(crowd, "exhaustion", **put_, p__exhaustion__noise_sd=0.05).person["exhaustion"]
    pushed = noisy - quiet
    assert pushed.std() == pytest.approx(0.05, abs=0.003)
    assert abs(pushed.mean()) < 4 * 0.05 / np.sqrt(len(pushed))


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


def test_those_above_the_teams_feel_the_breach_of_the_whole(cohort):
    plain = after(cohort, "exhaustion", organisation__breach=0.0, team__breach=0.0).person["exhaustion"]
    own = after(cohort, "exhaustion", organisation__breach=1.0, team__breach=0.0).person["exhaustion"]
    changed = own != plain
    assert not changed[is_staff(cohort)].any()
    assert changed[~is_staff(cohort) & (cohort.person["vacant"] == 0) & (plain < 0.95)].all()
