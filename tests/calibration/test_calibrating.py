"""The search: it finds what fits, leaves open what does not matter, resumes where it stopped, and refuses what must not be fitted."""

import dataclasses

import numpy as np
import pytest

from civicsim import Scenario
from civicsim.calibration.matching import CUT, determined, fit, implausibility
from civicsim.calibration.targets import read_targets
from civicsim.calibration.waves import POINTS, Plan, calibrate, read_free
from civicsim.errors import CivicsimError, ScenarioError
from tests.calibration.made_up import formula

pytest.importorskip("sklearn")

FREE = ["turnover.exit_rate", "turnover.absence_intercept", "voice.exhaustion_weight"]


def plan(**changes):
    targets = tuple(target for target in read_targets() if target.statistic in ("leavers", "absence"))
    usual = Plan(Scenario.preset(), targets, read_free(FREE), 2, 16, 1, 20, formula)
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
