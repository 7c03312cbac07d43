"""Targets of mechanisms are data, and each experiment measures what its targets name, in organisations that differ as trusts do."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from civicsim.calibration.mechanisms import (
    EXPERIMENTS,
    FEWEST_TRUSTS,
    TAKING_PART,
    a_trust,
    allocations,
    measure_mechanisms,
    of_trusts,
    trusts_frame,
)
from civicsim.calibration.targets import MECHANISMS, read_targets
from civicsim.calibration.validation import validate
from civicsim.errors import CivicsimError
from civicsim.report.calibration_page import results
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import styles

FREE_OF_STYLES = ("trusts.toml",)
"""What a target may move that is no parameter: how much organisations are made to differ."""


@pytest.fixture(scope="module")
def targets():
    return read_targets(MECHANISMS)


def test_each_target_names_an_experiment_a_population_and_a_source(targets):
    for target in targets:
        assert target.experiment in EXPERIMENTS
        assert target.population
        assert target.source
        assert target.moves or not target.fitted


def test_each_statistic_of_each_experiment_has_one_target(targets):
    measured = [name for experiment in EXPERIMENTS.values() for name in experiment.statistics]
    assert sorted(measured) == sorted(target.statistic for target in targets)


def test_a_range_that_is_our_reading_says_so_and_is_to_be_verified(targets):
    judged = [target for target in targets if "Assumption" in target.source]
    assert judged
    assert {target.status for target in judged} <= {"to be verified", "found"}
    assert all("range: Assumption" in target.source for target in judged)


def test_no_target_may_move_a_lever(targets):
    assert not [name for target in targets for name in target.moves if name.startswith("levers.")]


def test_every_small_experiment_measures_its_statistics():
    found = measure_mechanisms(
        Scenario.preset().with_(n_teams=4, burn_in_weeks=26), [1, 2], [name for name in EXPERIMENTS if name != "trusts"]
    )
    names = [name for key, each in EXPERIMENTS.items() if key != "trusts" for name in each.statistics]
    assert list(found.index) == names
    assert np.isfinite(found["value"].to_numpy()).all()


def test_trusts_differ_by_seed_and_have_always_been_like_that():
    usual = Scenario.preset()
    one, same, other = a_trust(usual, 1), a_trust(usual, 1), a_trust(usual, 2)
    assert one == same
    assert one.levers.fear != other.levers.fear
    assert one.habits == one.levers
    assert 0.0 <= one.levers.fear <= 1.0


def test_a_trust_has_as_many_answers_as_a_real_one_and_its_row_holds_percentages():
    frame = trusts_frame(Scenario.preset().with_(burn_in_weeks=8), [1])
    assert len(frame) == 1
    assert 0.0 < frame["burnt_out"][0] < 100.0


def test_the_regressions_recover_slopes_that_are_put_in():
    rng = np.random.default_rng(1)
    harassed, staff, valued = rng.normal(size=(3, 4000))
    burnt = 0.4 * harassed - 0.5 * staff + rng.normal(0.0, 0.5, 4000)
    frame = pd.DataFrame({"burnt_out": burnt, "harassed": harassed, "enough_staff": staff, "valued": valued})
    frame = 50.0 + 2.0 * frame
    frame["improvements"], frame["buffering"] = 100.0 - frame["burnt_out"], -0.1
    found = of_trusts(frame)
    sd = burnt.std()
    assert found["harassed_beside_staff"][0] == pytest.approx(0.4 / sd, abs=0.03)
    assert found["staff_beside_harassed"][0] == pytest.approx(-0.5 / sd, abs=0.03)
    assert found["valued_beside_staff"][0] == pytest.approx(0.0, abs=0.03)
    assert found["improvements_correlation"][0] == pytest.approx(-1.0)
    assert found["harassed_points"][0] == pytest.approx(0.4, abs=0.03)
    # Sampling variance of 3,000 answers, some .9 points, is taken off.
    share = frame["valued"] / 100.0
    expected = np.sqrt(4.0 * valued.var(ddof=1) - 1e4 * float((share * (1 - share)).mean()) / 3000)
    assert found["trusts_sd_valued"][0] == pytest.approx(expected)
    assert found["harassed_beside_staff"][1] < found["harassed_beside_staff"][0] < found["harassed_beside_staff"][2]


def test_the_allocations_are_those_of_every_style_and_hold_hours_only():
    assert list(allocations()) == list(styles())
    assert all(key.startswith("weight_") for weights in allocations().values() for key in weights)


def test_the_participative_intervention_takes_no_hours_that_are_not_there():
    bundle = Scenario.preset()
    for key, value in TAKING_PART.items():
        bundle = bundle.set(key, value)
    budget = sum(bundle.levers.hours(0.75).values())
    assert budget == pytest.approx(sum(Scenario.preset().levers.hours(0.75).values()))


def test_validation_holds_findings_up_to_simulated_experiments_where_it_is_asked_to(targets):
    case = Scenario.preset().with_(n_teams=4, burn_in_weeks=26)
    found = validate(case, FEWEST_TRUSTS, organisations=0, people=False, mechanisms=True)
    assert found.mechanisms["statistic"].tolist() == [target.statistic for target in targets]
    assert found.mechanisms["simulated"].notna().all()
    (part,) = [part for part in results(found) if part.heading == "Mechanisms"]
    assert len(part.table.rows) == len(targets)
    assert f"{int(found.mechanisms['holds'].sum())} of {len(targets)} agree" in part.texts[0]
    assert not [part for part in results(dataclasses.replace(found, mechanisms=None)) if part.heading == "Mechanisms"]


def test_too_few_organisations_for_a_regression_are_refused_in_one_line():
    with pytest.raises(CivicsimError, match=r"mechanisms: 3 organisations: .* at least 10 seeds"):
        measure_mechanisms(Scenario.preset(), [1, 2, 3], ["trusts"])
