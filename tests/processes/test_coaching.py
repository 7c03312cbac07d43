"""Coaching opens managers slowly, and lets teams learn more from what they try."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, both, changed_columns, constant, falling, is_staff, put, rising, shares, step

from civicsim.model.levers import COACHING
from civicsim.model.processes.coaching import coached, intensity
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

ONLY = [PROCESSES["coaching"]]


# -- equations -------------------------------------------------------------------------------------------------------


@given(st.floats(0, 3.75), st.floats(0.01, 1))
def test_intensity_follows_its_formula_and_is_a_share(hours, full):
    assert both(intensity, hours, full) == pytest.approx(min(1.0, hours / full))


def test_more_hours_coach_more_up_to_the_full_effect():
    assert rising(intensity(hours, 0.1) for hours in (0.0, 0.05, 0.1))
    assert constant(intensity(hours, 0.1) for hours in (0.1, 0.5, 3.0))
    assert falling(intensity(0.05, full) for full in (0.05, 0.1, 1.0))


@given(shares, st.floats(0, 0.05), shares)
def test_what_is_coached_follows_its_formula_and_stays_a_share(trait, rate, strength):
    after = both(coached, trait, rate, strength)
    assert after == pytest.approx(trait + rate * strength * (1 - trait))
    assert trait - 1e-12 <= after <= 1.0


def test_coaching_raises_a_trait_with_its_rate_and_strength_and_less_the_higher_it_is():
    assert rising(coached(0.4, rate, 0.5) for rate in (0.0, 0.01, 0.05))
    assert rising(coached(0.4, 0.01, strength) for strength in GRID)
    assert falling(coached(trait, 0.01, 1.0) - trait for trait in GRID)
    assert coached(1.0, 0.05, 1.0) == 1.0


# -- the process -----------------------------------------------------------------------------------------------------


def given_hours(cohort, hours=0.1, **changes):
    own = put(cohort.copy(), organisation__hours__coaching=hours, person__vacant=0, team__n_trials=0)
    return put(own, **changes)


def simulated(cohort, weeks=1, **changes):
    return advance(given_hours(cohort, **changes), weeks, processes=ONLY)


def test_every_manager_in_post_opens_by_the_rate(cohort):
    before = cohort.manager["openness_anchor"].copy()
    own = step(given_hours(cohort), "coaching")
    np.testing.assert_allclose(own.manager["openness_anchor"], before + 0.004 * (1 - before))
    half = step(given_hours(cohort, 0.05), "coaching")
    np.testing.assert_allclose(half.manager["openness_anchor"], before + 0.002 * (1 - before))


def test_no_one_is_coached_in_an_empty_post(cohort):
    own = given_hours(cohort)
    own.person["vacant"][own.manager["person"][::2]] = 1
    before = own.manager["openness_anchor"].copy()
    step(own, "coaching")
    np.testing.assert_array_equal(own.manager["openness_anchor"][::2], before[::2])
    assert (own.manager["openness_anchor"][1::2] > before[1::2]).all()


@pytest.mark.parametrize(
    ("name", "values", "direction"),
    [
        ("organisation__hours__coaching", (0.0, 0.05, 0.1), rising),
        ("p__coaching__openness_rate", (0.0, 0.004, 0.05), rising),
        ("p__coaching__full_hours", (0.1, 0.3, 1.0), falling),
    ],
)
def test_more_coaching_opens_managers_more(cohort, name, values, direction):
    assert direction(simulated(cohort, 26, **{name: x}).manager["openness_anchor"].mean() for x in values)


def test_beyond_the_full_hours_more_opens_no_one_further(cohort):
    assert constant(simulated(cohort, 26, hours=h).manager["openness_anchor"].mean() for h in (0.1, 0.2, 3.0))


def test_only_teams_with_trials_learn_and_by_the_number_of_trials(cohort):
    own = given_hours(cohort)
    own.team["n_trials"] = np.arange(len(own.team)) % 4
    before = own.person["skill"].copy()
    step(own, "coaching")
    staff = is_staff(own)
    trials = np.where(staff, own.team["n_trials"][own.person["team"]], 0)
    np.testing.assert_allclose(own.person["skill"], before + 0.0005 * trials * (1 - before))
    assert (own.person["skill"][~staff] == before[~staff]).all()


@pytest.mark.parametrize(
    ("name", "values", "direction"),
    [
        ("organisation__hours__coaching", (0.0, 0.05, 0.1), rising),
        ("p__coaching__skill_rate", (0.0, 0.0005, 0.01), rising),
        ("team__n_trials", (0, 1, 3), rising),
        ("p__coaching__full_hours", (0.1, 0.3, 1.0), falling),
    ],
)
def test_more_coaching_of_trials_teaches_more(cohort, name, values, direction):
    found = [simulated(cohort, 10, **{"team__n_trials": 2, name: x}) for x in values]
    assert direction(own.person["skill"][is_staff(own)].mean() for own in found)


def test_empty_posts_learn_nothing(cohort):
    own = given_hours(cohort, team__n_trials=3)
    own.person["vacant"][own.team["first_person"]] = 1
    before = own.person["skill"].copy()
    step(own, "coaching")
    np.testing.assert_array_equal(own.person["skill"][own.team["first_person"]], before[own.team["first_person"]])


def test_coaching_lasts_as_long_as_the_manager_stays(cohort):
    own = simulated(cohort, 520)
    assert own.manager["openness_anchor"].min() > 0.8
    person = own.manager["person"]
    own.person["vacant"][person] = 1
    put(own, organisation__weeks_to_fill=1.0, organisation__hours__coaching=0.0)
    advance(own, 2, processes=[PROCESSES["turnover"]])
    lower = own.person["role"][person] < 4
    assert own.manager["openness_anchor"][lower].mean() < 0.7


def test_hours_are_spent_as_they_are_allotted_and_without_any_nothing_happens(cohort):
    own = step(given_hours(cohort, 0.23), "coaching")
    np.testing.assert_allclose(own.organisation["spent"][:, COACHING], 0.23)
    np.testing.assert_allclose(own.team["coaching_hours"], 0.23 * own.team["n_posts"])
    none = given_hours(cohort, 0.0, organisation__spent__coaching=0.0, team__n_trials=3)
    none.tally[:] = 0
    assert changed_columns(none, step(none.copy(), "coaching")) == set()


def test_where_there_is_no_manager_and_no_trial_hours_of_coaching_go_back_to_care(cohort):
    own = given_hours(cohort, 0.2, team__n_trials=0)
    lead = own.manager["person"][own.team["manager"]]
    own.person["vacant"][lead[:2]] = 1
    own.team["n_trials"][1] = 1
    step(own, "coaching")
    assert own.team["coaching_hours"][0] == 0.0
    np.testing.assert_allclose(own.team["coaching_hours"][1:], 0.2 * own.team["n_posts"][1:])


def test_switched_off_no_one_is_coached_and_the_hours_go_back_to_care(cohort):
    before = given_hours(cohort, 0.2, team__n_trials=3, p__coaching__enabled=False, organisation__spent__coaching=0.2)
    before.tally[:] = 0
    own = step(before.copy(), "coaching")
    assert changed_columns(before, own) <= {"organisation.spent", "team.coaching_hours"}
    assert (own.organisation["spent"][:, COACHING] == 0.0).all()


def test_in_the_whole_week_coached_managers_receive_what_is_raised_more_openly(cohort):
    plain, coached_ = cohort.copy(), put(cohort.copy(), organisation__allotted__coaching=0.2)
    openness = [advance(own, 104).manager["openness"].mean() for own in (plain, coached_)]
    assert rising(openness)
