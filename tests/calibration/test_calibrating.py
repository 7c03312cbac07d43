"""The search: it finds what fits, leaves open what does not matter, resumes where it stopped, and refuses what must not be fitted."""

import dataclasses

import numpy as np
import pytest

from civicsim import Scenario
from civicsim.calibration.matching import CUT, determined, fit, implausibility
from civicsim.calibration.targets import read_targets
from civicsim.calibration.waves import POINTS, Plan, calibrate, read_free, read_priors
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.scenario.scenario import PARAMETERS
from civicsim.study.design.factors import read_factors
from tests.calibration.made_up import formula, formula_with_relief

pytest.importorskip("sklearn")

RANGES = {
    "turnover.exit_rate": {"low": 0.001, "high": 0.003},
    "turnover.absence_intercept": {"low": -3.6, "high": -2.6},
    "voice.exhaustion_weight": {"low": 1.0, "high": 4.0},
}


def plan(**changes):
    targets = tuple(target for target in read_targets() if target.statistic in ("leavers", "absence"))
    usual = Plan(Scenario.preset(), targets, read_factors(RANGES, "test"), 2, 16, 1, 20, formula)
    return dataclasses.replace(usual, **changes)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration")
    return calibrate(plan(), folder, processes=1), folder


def test_every_draw_fits_and_one_that_does_not_is_ruled_out(found):
    calibration, _ = found
    assert calibration.implausibility.max() <= CUT
    check = calibration.check
    assert check["leavers"].between(9.8, 12.7).all()
    assert check["absence"].between(4.1, 5.8).all()
    wide = calibration.points[calibration.points["wave"] == 0]
    assert not wide["leavers"].between(9.8, 12.7).all()


def test_what_does_not_matter_is_left_open_and_what_does_is_pinned_down(found):
    calibration, _ = found
    rate, intercept, weight = determined(calibration.draws)
    assert rate > 0.4
    assert intercept > 0.15
    assert weight < 0.1


def test_the_best_draw_lies_well_inside_the_targets(found):
    best = found[0].best
    assert best["turnover.exit_rate"] == pytest.approx(0.002, abs=1.2e-4)
    assert best["turnover.absence_intercept"] == pytest.approx(-3.1, abs=0.2)


def test_no_parameter_is_moved_that_need_not_be(found):
    calibration, _ = found
    # The declared rate of leaving gives fewer leavers than are known; everything else fits as it is.
    assert list(calibration.settled) == ["turnover.exit_rate"]
    assert calibration.settled["turnover.exit_rate"] == pytest.approx(0.002, abs=2e-4)
    fits = dataclasses.replace(calibration.plan.free[0].about, default=0.002)
    free = (dataclasses.replace(calibration.plan.free[0], about=fits), *calibration.plan.free[1:])
    assert dataclasses.replace(calibration, plan=dataclasses.replace(calibration.plan, free=free)).settled == {}


def test_what_no_target_pins_down_is_drawn_with_the_result_and_judged_by_what_was_simulated(tmp_path):
    """The first prior does nothing; the second adds absence that no emulator of the free parameters can foresee."""
    priors = read_factors(
        {"motivation.carrot_weight": {"low": -0.001, "high": 0.001}, "exhaustion.relief": {"low": 0.1, "high": 1.0}},
        "test",
    )
    calibration = calibrate(plan(priors=priors, simulator=formula_with_relief), tmp_path, processes=1)
    fitted = calibration.points[calibration.points["wave"] < 1]
    assert (fitted["exhaustion.relief"] == 0.5).all()
    candidates = calibration.points[calibration.points["wave"] == 2]
    for prior in priors:
        drawn = candidates[prior.key]
        assert prior.range.low <= drawn.min() < drawn.max() <= prior.range.high
        assert len(set(drawn)) == len(candidates)
    draws = calibration.draws_frame()
    assert list(draws) == [*RANGES, *(prior.key for prior in priors)]
    assert len(draws) < len(candidates)
    assert draws["exhaustion.relief"].mean() < candidates["exhaustion.relief"].mean()


def test_every_uncertain_parameter_of_a_process_is_fitted_or_drawn():
    free = read_free()
    drawn = {factor.key for factor in (*free, *read_priors(free))}
    left = {key for key, about in PARAMETERS.items() if about.role == "uncertainty"} - drawn
    # Descriptions of the organisation and lines of the survey; forms and whole numbers; what is nothing by default.
    described = {"structure", "population", "survey", "events"}
    assert {
        key for key in left if key.split(".")[0] not in described and isinstance(PARAMETERS[key].default, float)
    } == {key for key in left if PARAMETERS[key].default == 0.0 and key.split(".")[0] not in described}
    for factor in (*free, *read_priors(free)):
        assert factor.about.low <= factor.range.low < factor.range.high <= factor.about.high, factor.key


def test_emulators_know_how_sure_they_are(found):
    assert min(found[0].hits) > 0.8


def test_a_calibration_that_was_cut_off_resumes_with_the_same_result(found, tmp_path):
    calibration, folder = found
    lines = (folder / POINTS).read_text().splitlines(keepends=True)
    for name in ("calibration.json", "wave-0.csv", "wave-1.csv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / POINTS).write_text("".join(lines[:26]) + lines[26][:25])
    again = calibrate(plan(), tmp_path, processes=2)
    np.testing.assert_array_equal(again.draws, calibration.draws)
    assert again.points.equals(calibration.points)


def test_a_folder_of_another_calibration_is_refused(found):
    with pytest.raises(CivicsimError, match="holds another calibration"):
        calibrate(plan(points=17), found[1])


def test_seeds_are_never_used_twice(found):
    first = found[0].points["first_seed"]
    assert first.is_unique


def test_levers_and_locality_are_never_fitted():
    reasons = {"levers.fear": "role lever", "population.kappa_low": "never fitted", "structure.n_teams": "role fixed"}
    for name, why in reasons.items():
        with pytest.raises(ScenarioError, match=why):
            plan(free=read_free([name, "turnover.exit_rate"]))


def test_a_point_is_implausible_exactly_where_a_target_does_not_hold():
    target = next(target for target in read_targets() if target.statistic == "absence")
    at = np.array([[target.low - 0.01, target.low, target.middle, target.high, target.high + 0.01]])
    (values,) = implausibility([target], at, np.zeros_like(at))
    assert (values <= CUT + 1e-9).tolist() == [False, True, True, True, False]
    assert implausibility([target], at, np.full_like(at, 1.0)).max() < CUT


def test_an_emulator_predicts_new_points_and_tells_noise_from_signal():
    rng = np.random.default_rng(1)
    x, new = rng.random((120, 3)), rng.random((200, 3))

    def truth(points):
        return np.sin(3.0 * points[:, 0]) + 2.0 * points[:, 1]

    emulator = fit(x, truth(x) + rng.normal(0.0, 0.1, 120))
    mean, variance = emulator.predict(new)
    assert np.abs(mean - truth(new)).max() < 0.25
    assert emulator.noise == pytest.approx(0.1, rel=0.3)
    assert (np.abs(mean - truth(new)) <= 2.5 * np.sqrt(variance)).mean() > 0.85
