"""What is worked out from simulated organisations: statistics, staff one by one, and organisations against one another."""

import numpy as np
import pandas as pd
import pytest

from civicsim import Scenario
from civicsim.calibration.between import influence_and_burnout, standardised
from civicsim.calibration.people import leaving, people_frame, persistence
from civicsim.calibration.statistics import STATISTICS, observe, per_run, table
from civicsim.model.organisation import STAFF


def small(**changes):
    return Scenario.preset().with_(n_teams=8, burn_in_weeks=30, weeks=60).with_(**changes)


@pytest.fixture(scope="module")
def observed():
    return observe(small(), 3, weeks=60)


@pytest.fixture(scope="module")
def people():
    return people_frame(small(), 3, weeks=117, every=13)


def test_every_statistic_has_a_value_and_none_is_forgotten(observed):
    found = table(observed)
    assert tuple(found.index) == STATISTICS
    assert found["value"].notna().all()


def test_pressing_a_target_changes_two_levers_and_nothing_of_the_past(observed):
    differences = observed.usual.scenario.diff(observed.pressed.scenario)
    assert set(differences) == {"levers.fear", "levers.target_salience"}
    assert observed.usual.seeds == observed.pressed.seeds


def test_the_correlation_is_that_of_staff_in_post(observed):
    person = observed.usual.cohort.person
    own = (person["organisation"] == 1) & (person["role"] == STAFF) & (person["vacant"] == 0)
    expected = np.corrcoef(person["propensity_memory"][own], person["exhaustion"][own])[0, 1]
    assert per_run(observed)["voice_burnout_correlation"][1] == pytest.approx(expected)


def test_an_improvement_that_is_real_was_claimed(observed):
    each = per_run(observed)
    assert (each["improvement_real"] <= each["improvement_claimed"]).all()
    assert (each["improvement_claimed"] <= 100.0).all()
    np.testing.assert_allclose(each["claimed_minus_real"], each["improvement_claimed"] - each["improvement_real"])


def test_staff_have_a_row_per_observation_and_no_name(people):
    assert set(people["week"]) == set(range(13, 118, 13))
    assert not people.duplicated(["seed", "organisation", "post", "week"]).any()
    assert "name" not in people
    assert people.loc[people["week"] < 117, "left"].notna().all()
    assert people.loc[people["week"] == 117, "left"].isna().all()


def test_staff_who_left_are_absent_from_the_next_observation(people):
    keys = ["seed", "organisation", "post", "holder"]
    now, later = (people[people["week"] == week].set_index(keys) for week in (13, 26))
    assert (now["left"] == (~now.index.isin(later.index)).astype(float)).all()
    assert now["left"].sum() > 0


def test_looking_more_often_does_not_change_what_is_seen():
    rarely, often = (people_frame(small(), 1, weeks=8, every=every) for every in (8, 1))
    last = often[often["week"] == 8].reset_index(drop=True)
    pd.testing.assert_frame_equal(rarely.drop(columns="left"), last.drop(columns="left"))


def test_persistence_is_that_of_those_who_stayed(people):
    found = persistence(people, years=(1, 2)).set_index(["state", "years"])
    assert found.loc[("exhaustion", 2), "correlation"] < found.loc[("safety", 1), "correlation"] <= 1.0
    assert (found["low"] <= found["correlation"]).all()
    # Three years are not in the table.
    assert set(persistence(people)["years"]) == {1, 2}


def test_the_burnt_out_leave_more_often(people):
    found = leaving(people)
    assert found["low"] <= found["ratio"] <= found["high"]
    made_up = pd.DataFrame(
        {
            "seed": np.repeat([1, 2], 400),
            "burnt_out": np.tile(np.repeat([True, False], 200), 2),
            "left": np.tile(np.r_[np.ones(60), np.zeros(140), np.ones(20), np.zeros(180)], 2),
        }
    )
    assert leaving(made_up)["ratio"] == pytest.approx(3.0)


def test_the_exhausted_speak_up_less_within_an_organisation(people):
    last = people[people["week"] == people["week"].max()]
    each = [own["exhaustion"].corr(own["propensity_memory"]) for _, own in last.groupby(["seed", "organisation"])]
    assert np.mean(each) < 0.0


def test_a_link_that_runs_through_others_vanishes_when_they_are_held_constant():
    rng = np.random.default_rng(2)
    staff, valued = rng.normal(size=(2, 600))
    frame = pd.DataFrame(
        {
            "enough_staff": staff,
            "valued": valued,
            "improvements": staff + valued + rng.normal(size=600),
            "burnt_out": -staff - valued + 0.5 * rng.normal(size=600),
        }
    )
    found = influence_and_burnout(frame)
    assert found.loc["raw", "value"] < -0.6
    assert abs(found.loc["adjusted", "value"]) < 0.1
    assert found.loc["adjusted", "low"] < 0.0 < found.loc["adjusted", "high"]
    assert standardised(frame, "burnt_out", ["enough_staff"])[0] == pytest.approx(
        np.corrcoef(staff, frame["burnt_out"])[0, 1]
    )


def test_a_run_in_which_one_kind_never_leaves_has_no_ratio_of_leaving():
    left = [1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1]
    staff = pd.DataFrame({"seed": np.repeat([1, 2, 3], 8), "burnt_out": [True, False] * 12, "left": left})
    found = leaving(staff)
    # Rates .5 and .25 in the first run, and .5 and .5 in the third: ratios of 2 and 1.
    assert found["ratio"] == pytest.approx(np.sqrt(2.0))
    assert found["n"] == 2
