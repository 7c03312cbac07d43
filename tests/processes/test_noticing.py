"""People check their work and notice what could be otherwise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, by_team, constant, falling, is_staff, never_falling, put, rising, shares, step

from civicsim.model.organisation import N_PROBLEMS
from civicsim.model.processes.noticing import convenient_value, driven, expected_checks, seek_target
from civicsim.model.reference import Reference

USUAL_MOTIVATION = Reference().usual_motivation

# -- equations -------------------------------------------------------------------------------------------------------


@given(st.floats(0.3, 2), st.floats(0.1, 0.6), shares, shares, st.floats(0, 3), st.floats(1, 5))
def test_checks_follow_their_formula(rate, base, headspace, seek, load, cost):
    expected = rate * (base + headspace) * seek * math.exp(-cost * max(0.0, load - 1))
    assert both(expected_checks, rate, base, headspace, seek, load, cost) == pytest.approx(expected)
    assert expected_checks(rate, base, headspace, seek, load, cost) >= 0.0


def test_more_headspace_raises_checks():
    assert rising(expected_checks(0.8, 0.4, headspace, 0.6, 1.0, 2.0) for headspace in GRID)


def test_more_problem_seeking_raises_checks():
    assert rising(expected_checks(0.8, 0.4, 0.3, seek, 1.0, 2.0) for seek in GRID)
    assert expected_checks(0.8, 0.4, 1.0, 0.0, 1.0, 2.0) == 0.0


def test_a_higher_rate_and_base_raise_checks():
    assert rising(expected_checks(rate, 0.4, 0.3, 0.6, 1.0, 2.0) for rate in (0.3, 0.8, 2.0))
    assert rising(expected_checks(0.8, base, 0.3, 0.6, 1.0, 2.0) for base in (0.1, 0.4, 0.6))


def test_load_above_one_lowers_checks_and_load_below_does_not():
    assert falling(expected_checks(0.8, 0.4, 0.3, 0.6, load, 2.0) for load in (1.0, 1.1, 1.5, 3.0))
    assert constant(expected_checks(0.8, 0.4, 0.3, 0.6, load, 2.0) for load in (0.0, 0.5, 1.0))
    assert falling(expected_checks(0.8, 0.4, 0.3, 0.6, 1.2, cost) for cost in (1.0, 2.0, 5.0))
    assert constant(expected_checks(0.8, 0.4, 0.3, 0.6, 1.0, cost) for cost in (1.0, 2.0, 5.0))


@given(st.floats(0, 2), shares, shares)
def test_drive_follows_its_formula(weight, motivation, usual):
    found = both(driven, weight, motivation, usual)
    assert found == pytest.approx(max(0.0, 1 + weight * (motivation - usual)))
    assert found >= 0.0


def test_drive_rises_with_motivation_and_is_one_at_the_usual():
    assert rising(driven(0.6, motivation, 0.5) for motivation in GRID)
    assert rising(driven(weight, 0.8, 0.5) for weight in (0.0, 0.6, 2.0))
    assert falling(driven(weight, 0.2, 0.5) for weight in (0.0, 0.6, 2.0))
    assert {driven(weight, 0.5, 0.5) for weight in (0.0, 0.6, 2.0)} == {1.0}
    assert {driven(0.0, motivation, 0.5) for motivation in GRID} == {1.0}
    assert driven(2.0, 0.0, 0.9) == 0.0


@given(shares, shares, shares, shares)
def test_problem_seeking_settles_where_its_formula_states_and_is_a_share(openness, fear, measured, salience):
    expected = 0.5 * (1 + openness * (1 - fear) - measured * salience * fear)
    assert both(seek_target, openness, fear, measured, salience) == pytest.approx(min(1.0, max(0.0, expected)))
    assert 0.0 <= seek_target(openness, fear, measured, salience) <= 1.0


def test_open_managers_raise_problem_seeking_and_fear_lowers_it():
    assert rising(seek_target(openness, 0.3, 0.5, 0.5) for openness in GRID)
    assert falling(seek_target(0.5, fear, 0.5, 0.5) for fear in GRID)


def test_salient_measurement_lowers_problem_seeking_only_under_fear():
    assert falling(seek_target(0.5, 0.5, measured, 0.5) for measured in GRID)
    assert falling(seek_target(0.5, 0.5, 0.5, salience) for salience in GRID)
    assert constant(seek_target(0.5, 0.0, measured, 0.5) for measured in GRID)


def test_problem_seeking_at_its_ends():
    assert seek_target(1.0, 0.0, 0.0, 0.0) == 1.0
    assert seek_target(1.0, 1.0, 1.0, 1.0) == 0.0


# -- the process -----------------------------------------------------------------------------------------------------


def noticed(cohort, *, weeks=1, **changes):
    """Return how many problems are noticed in all, over some weeks of nothing but noticing."""
    own = put(cohort.copy(), **changes)
    total = 0.0
    for _ in range(weeks):
        total += step(own, "noticing").tally["noticed"].sum()
        own.week += 1
    return total


def problems(cohort):
    """Return the rows of persons and the problems they noticed this week."""
    place = np.arange(N_PROBLEMS)[None, :] < cohort.person["noticed"][:, None]
    who, _ = np.nonzero(place)
    return who, cohort.problem[place]


def test_absent_and_vacant_people_and_managers_notice_nothing(crowd):
    cohort = put(crowd.copy(), person__absent=0, person__vacant=0)
    cohort.person["absent"][::3] = 1
    cohort.person["vacant"][1::3] = 1
    step(cohort, "noticing")
    away = (cohort.person["absent"] == 1) | (cohort.person["vacant"] == 1) | ~is_staff(cohort)
    assert (cohort.person["noticed"][away] == 0).all()
    assert cohort.person["noticed"].sum() > 0


def test_only_what_staff_can_see_is_noticed(crowd):
    cohort = step(crowd.copy(), "noticing")
    who, seen = problems(cohort)
    assert len(seen) > 100
    assert (cohort.dimension["staff_visible"][cohort.person["organisation"][who], seen["dimension"]] == 1).all()
    assert noticed(crowd, dimension__staff_visible=0) == 0


def test_a_problem_is_always_about_something_that_could_be_otherwise(crowd):
    cohort = step(crowd.copy(), "noticing")
    who, seen = problems(cohort)
    practice = cohort.practice[cohort.person["team"][who], seen["dimension"]]
    assert (seen["value"] != practice["value"]).all()
    assert set(np.unique(seen["value"])) <= {-1, 1}
    assert (seen["severity"] > 0).all()
    assert (seen["severity"] < 1).all()
    assert seen["severity"].mean() == pytest.approx(0.5, abs=0.05)


def test_skilled_and_aligned_people_notice_exactly_what_does_not_fit(crowd):
    cohort = put(crowd.copy(), person__skill=1.0, person__alignment=1.0, p__practice__judgement_gain=0.5)
    step(cohort, "noticing")
    who, seen = problems(cohort)
    practice = cohort.practice[cohort.person["team"][who], seen["dimension"]]
    assert (seen["value"] == practice["reality"]).all()
    assert (practice["value"] != practice["reality"]).all()
    assert (seen["convenient"] == 0).all()


def test_where_everything_fits_skilled_people_notice_nothing_and_the_unskilled_raise_false_alarms(crowd):
    fits = {"practice__value": crowd.practice["reality"], "person__alignment": 1.0}
    assert noticed(crowd, person__skill=1.0, p__practice__judgement_gain=0.5, **fits) == 0
    alarms = [noticed(crowd, person__skill=skill, **fits) for skill in (0.0, 0.5, 1.0)]
    assert falling(alarms)


def test_skill_makes_more_of_what_is_noticed_right(crowd):
    def right(skill):
        cohort = put(crowd.copy(), person__skill=skill, person__alignment=1.0)
        who, seen = problems(step(cohort, "noticing"))
        return (seen["value"] == cohort.practice["reality"][cohort.person["team"][who], seen["dimension"]]).mean()

    assert rising(right(skill) for skill in (0.0, 0.5, 1.0))


def test_less_aligned_people_propose_what_is_convenient_more_often(crowd):
    def convenient(alignment):
        return problems(step(put(crowd.copy(), person__alignment=alignment), "noticing"))[1]["convenient"].mean()

    assert falling(convenient(a) for a in (0.0, 0.3, 0.7, 1.0))
    assert convenient(1.0) == 0.0
    assert convenient(0.0) == 1.0
    assert convenient(0.3) == pytest.approx(0.7, abs=0.06)


def test_what_is_convenient_is_unrelated_to_what_fits(crowd):
    """It undoes what is done on any dimension that staff see, whatever the signal was about."""
    cohort = put(crowd.copy(), person__alignment=0.0, practice__value=0, p__noticing__check_rate=2.0)
    who, seen = problems(step(cohort, "noticing"))
    reality = cohort.practice["reality"][cohort.person["team"][who], seen["dimension"]]
    assert (seen["value"] == reality).mean() == pytest.approx(0.5, abs=0.04)
    mixed = put(crowd.copy(), person__alignment=0.0)
    who, seen = problems(step(mixed, "noticing"))
    team = mixed.person["team"][who]
    value = mixed.practice["value"][team, seen["dimension"]]
    assert (seen["value"][value != 0] == -value[value != 0]).all()
    # It hits what does not fit as often as chance does.
    sees = mixed.dimension["staff_visible"][mixed.team["organisation"]] == 1
    misfit = (mixed.practice["value"] == -mixed.practice["reality"])[sees].mean()
    assert (mixed.practice["reality"][team, seen["dimension"]] == seen["value"]).mean() == pytest.approx(
        misfit + 0.5 * (mixed.practice["value"] == 0)[sees].mean(), abs=0.05
    )


@pytest.mark.parametrize("present", [-1, 0, 1])
def test_what_is_convenient_is_the_opposite_or_either_way_where_there_is_no_set_way(present):
    draws = np.linspace(0.005, 0.995, 100)
    chosen = [both(convenient_value, present, u) for u in draws]
    assert np.mean(chosen) == -present


def test_each_problem_is_numbered_by_the_check_that_found_it(crowd):
    """The draws of voice go by that number, so they do not shift when an earlier check finds nothing."""
    cohort = step(put(crowd.copy(), p__noticing__check_rate=2.0), "noticing")
    for i in np.flatnonzero(cohort.person["noticed"] > 1):
        checks = cohort.problem["check"][i, : int(cohort.person["noticed"][i])]
        assert (np.diff(checks) > 0).all()
        assert checks.max() < N_PROBLEMS


@pytest.mark.parametrize("column", ["person__headspace", "team__seek", "p__noticing__check_rate"])
def test_more_of_it_makes_people_notice_more(crowd, column):
    assert rising(noticed(crowd, weeks=4, p__noticing__seek_rate=0.0, **{column: x}) for x in (0.1, 0.5, 1.0))


def test_the_motivated_notice_more_unless_it_has_no_weight(crowd):
    assert rising(noticed(crowd, weeks=4, person__motivation=x) for x in (0.0, USUAL_MOTIVATION, 1.0))
    assert constant(noticed(crowd, person__motivation=x, p__noticing__motivation_weight=0.0) for x in GRID)
    assert constant(
        noticed(crowd, person__motivation=USUAL_MOTIVATION, p__noticing__motivation_weight=w) for w in (0.0, 0.6, 2.0)
    )


def test_overload_makes_people_notice_less(crowd):
    assert falling(noticed(crowd, weeks=4, person__load=load) for load in (1.0, 1.3, 2.0))


def test_more_is_noticed_where_less_fits(crowd):
    def of(value):
        return noticed(crowd, practice__value=value, person__skill=1.0)

    assert of(0) >= of(-crowd.practice["reality"]) > 2 * of(crowd.practice["reality"])


def test_people_make_as_many_checks_as_expected(crowd):
    """With no set way of doing anything every check finds something, so that checks can be counted."""
    cohort = put(crowd.copy(), practice__value=0, person__headspace=0.3, person__load=1.0, team__seek=0.6)
    put(cohort, person__vacant=0, person__absent=0, person__motivation=0.9, p__noticing__seek_rate=0.0)
    rate = expected_checks(cohort.parameters["noticing"]["check_rate"][0], 0.4, 0.3, 0.6, 1.0, 2.0)
    rate *= 1 + cohort.parameters["noticing"]["motivation_weight"][0] * (0.9 - USUAL_MOTIVATION)
    counts = step(cohort, "noticing").person["noticed"][is_staff(cohort)]
    expected = [math.exp(-rate) * rate**k / math.factorial(k) for k in range(N_PROBLEMS)]
    expected.append(1 - sum(expected))
    observed = np.bincount(counts.astype(int), minlength=N_PROBLEMS + 1)
    chi_square = ((observed - len(counts) * np.array(expected)) ** 2 / (len(counts) * np.array(expected))).sum()
    assert chi_square < 16.3  # .001 point at 3 degrees of freedom


def test_problem_seeking_moves_towards_its_target_and_settles_there(cohort):
    start = cohort.team["seek"].copy()
    target = np.array(
        [
            seek_target(
                cohort.manager["openness"][t["manager"]],
                org["fear_enacted"],
                org["measured_share"],
                org["target_salience"],
            )
            for t in cohort.team
            for org in [cohort.organisation[t["organisation"]]]
        ]
    )
    step(cohort, "noticing")
    rate = cohort.parameters["noticing"]["seek_rate"][0]
    np.testing.assert_allclose(cohort.team["seek"], start + rate * (target - start))
    for _ in range(600):
        step(cohort, "noticing")
    np.testing.assert_allclose(cohort.team["seek"], target, atol=1e-4)


def test_counts_of_people_teams_and_organisation_agree(crowd):
    cohort = step(crowd.copy(), "noticing")
    np.testing.assert_array_equal(by_team(cohort, cohort.person["noticed"], is_staff(cohort)), cohort.team["noticed"])
    np.testing.assert_array_equal(
        np.bincount(cohort.team["organisation"], weights=cohort.team["noticed"]), cohort.tally["noticed"]
    )
    assert cohort.person["noticed"].max() <= N_PROBLEMS


def test_what_is_seen_does_not_depend_on_how_much_others_see(crowd):
    """Common random numbers: a colleague's blindness does not move anyone else's draws."""
    plain, other = crowd.copy(), crowd.copy()
    other.person["headspace"][::2] = 0.0
    step(plain, "noticing")
    step(other, "noticing")
    odd = np.arange(len(crowd.person)) % 2 == 1
    np.testing.assert_array_equal(plain.person["noticed"][odd], other.person["noticed"][odd])
    np.testing.assert_array_equal(plain.problem[odd], other.problem[odd])


def test_switched_off_problem_seeking_stays(cohort):
    before = cohort.team["seek"].copy()
    step(put(cohort, p__noticing__enabled=False), "noticing")
    np.testing.assert_array_equal(cohort.team["seek"], before)
    assert (cohort.tally["noticed"] == 0).all()


def test_switched_off_nothing_is_noticed(cohort):
    step(cohort, "noticing")
    assert cohort.person["noticed"].sum() > 0
    cohort.week += 1
    step(put(cohort, p__noticing__enabled=False), "noticing")
    assert cohort.person["noticed"].sum() == 0


def test_each_check_more_finds_at_least_as_much(crowd):
    rates = (0.3, 0.8, 2.0)
    per_person = [
        after(crowd, "noticing", practice__value=0, p__noticing__check_rate=r).person["noticed"] for r in rates
    ]
    for i in np.flatnonzero(per_person[-1] > 0)[:50]:
        values = [counts[i] for counts in per_person]
        assert values == sorted(values)
    assert never_falling(counts.sum() for counts in per_person)


def test_where_problem_seeking_settles_can_be_shifted_for_a_study(cohort):
    def seek(shift, weeks=400):
        own = put(cohort.copy(), p__noticing__seek_shift=shift, manager__openness=0.5)
        for _ in range(weeks):
            step(own, "noticing")
        return own.team["seek"]

    low, usual, high = (seek(shift) for shift in (-0.1, 0.0, 0.1))
    np.testing.assert_allclose(high - usual, 0.1, atol=0.001)
    np.testing.assert_allclose(usual - low, 0.1, atol=0.001)
    assert (seek(0.5) <= 1.0).all()
    assert (seek(-0.5) >= 0.0).all()
