"""Own survey figures: the rule of the weights by hand, what they choose, and projections that hold as often as they claim."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import civicsim as cs
from civicsim.calibration import own_survey
from civicsim.calibration.own_survey import FIGURES, SurveyFit, effective, fit_survey, weights
from civicsim.cli import main
from civicsim.model.questions import SURVEY_ITEMS

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.own_survey import AT_LEAST, AT_MOST, MEASURE, coverage

SMALL = cs.Scenario.preset().with_(n_teams=4, team_size=10, burn_in_weeks=104)


@pytest.fixture(scope="module")
def fit() -> SurveyFit:
    draws = own_survey.draws_for(SMALL)[:15]
    return fit_survey({"burnt_out": 24.0, "safe": 66}, SMALL, answers=300, draws=draws, seeds=6, weeks=26, threads=1)


def test_weights_follow_the_formula():
    simulated = np.array([[30.0, 60.0], [33.0, 60.0], [30.0, 90.0]])
    found = weights(simulated, [30.0, 60.0], answers=400, discrepancy=2.0)
    spread = np.sqrt(0.3 * 0.7 / 400 * 1e4 + 4.0)
    expected = np.array([1.0, np.exp(-0.5 * (3.0 / spread) ** 2), 0.0])
    np.testing.assert_allclose(found, expected / expected.sum())
    # More answers, and a model that is right, leave less room.
    assert weights(simulated, [30.0, 60.0], 4000, 2.0)[1] < found[1] < weights(simulated, [30.0, 60.0], 400, 5.0)[1]
    assert not weights(simulated, [30.0, 5.0], 400, 2.0).any()


def test_effective_number_counts_equal_weights_and_ignores_none():
    assert effective(np.array([0.25, 0.25, 0.25, 0.25, 0.0])) == pytest.approx(4.0)
    assert effective(np.array([1.0, 0.0])) == 1.0


def test_figures_choose_organisations_that_are_like_yours(fit):
    for name, own in fit.figures.items():
        low, middle, high = fit.band(name)
        low_of_all, middle_of_all, high_of_all = fit.band(name, fitted=False)
        assert high - low < high_of_all - low_of_all
        assert low < own < high
        assert abs(middle - own) <= abs(middle_of_all - own)
    assert 0 < len(fit.left) <= len(fit.draws) == 15
    assert 1.0 < fit.effective < len(fit.organisations) == 90
    carried = fit.organisations[fit.organisations["draw"].isin(fit.left)]["weight"].sum()
    without_last = fit.organisations[fit.organisations["draw"].isin(fit.left[:-1])]["weight"].sum()
    assert without_last < 0.95 <= carried


def test_organisations_like_yours_come_in_proportion_to_their_weight_and_repeat_the_run(fit):
    chosen = list(fit.like_yours(200))
    heaviest = fit.organisations.loc[fit.organisations["weight"].idxmax()]
    share = sum(seed == heaviest["seed"] for _, seed in chosen) / 200
    assert share == pytest.approx(heaviest["weight"], abs=0.006)
    scenario = next(scenario for scenario, seed in chosen if seed == heaviest["seed"])
    again = cs.run(scenario, [int(heaviest["seed"])], threads=1)
    assert again.history.snapshot["survey"][0, 0, SURVEY_ITEMS.index("burnt_out")] == heaviest["burnt_out"]
    assert again.values([MEASURE], 13)[MEASURE][0] == heaviest[MEASURE]


def test_few_organisations_are_warned_of(fit):
    few = fit.organisations.assign(weight=np.eye(len(fit.organisations))[0])
    assert "in effect 1 of 90, from 1 of 15" in SurveyFit(fit.scenario, fit.figures, 300, fit.draws, few).warning
    every = fit.organisations.assign(weight=1.0 / len(few))
    assert SurveyFit(fit.scenario, fit.figures, 300, fit.draws, every).warning == ""


def test_what_the_scenario_sets_itself_is_not_drawn():
    own = SMALL.with_(exhaustion__load_weight=0.0123)
    assert all("exhaustion.load_weight" not in draw for draw in own_survey.draws_for(own))
    assert all("exhaustion.load_weight" in draw for draw in own_survey.draws_for(SMALL))


@pytest.mark.parametrize(
    ("figures", "more", "words"),
    [
        ({"burntout": 3}, {}, "did you mean 'burnt_out'"),
        ({}, {}, "at least one figure"),
        ({"safe": 120}, {}, "safe = 120: expected a number from 0.5 to 99.5"),
        ({"safe": 60}, {"answers": 0}, "answers = 0"),
        ({"safe": 60}, {"seeds": 0}, "seeds = 0"),
        ({"safe": 60}, {"scenario": SMALL.with_(burn_in_weeks=20)}, "burn-in"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(figures, more, words):
    with pytest.raises(cs.CivicsimError, match=words):
        fit_survey(figures, **more)


def test_figures_that_no_organisation_comes_near_are_named():
    draws = own_survey.draws_for(SMALL)[:2]
    with pytest.raises(cs.CivicsimError, match=r"none of 4 simulated .* is burnt_out = 97 \(simulated: "):
        fit_survey({"safe": 58, "burnt_out": 97}, SMALL, answers=20, draws=draws, seeds=2, weeks=1, threads=1)


# -- coverage ------------------------------------------------------------------------------------------------------------


def made_up(n: int, rng: np.random.Generator, shift: float = 0.0) -> pd.DataFrame:
    """Return organisations whose burnout two years later follows from their parameter set and from chance."""
    draw = np.arange(n) % 50
    level = np.random.default_rng(5).normal(30.0, 4.0, 50)[draw] + rng.normal(0.0, 4.0, n)
    table = pd.DataFrame({"draw": draw, "seed": np.arange(n), MEASURE: (level + rng.normal(shift, 3.0, n)) / 100.0})
    table["burnt_out"] = level + rng.normal(0.0, 2.0, n)
    table["safe"] = 60.0 - 0.5 * (level - 30.0) + rng.normal(0.0, 5.0, n)
    return table


@pytest.mark.parametrize(("shift", "holds"), [(0.0, True), (12.0, False)])
def test_band_covers_as_often_as_it_claims_unless_the_truth_is_another_world(shift, holds):
    pool, truths = made_up(600, np.random.default_rng(1)), made_up(200, np.random.default_rng(2), shift)
    found = coverage(SMALL, pool, truths, ["burnt_out", "safe"], 300, own_survey.DISCREPANCY)
    assert (AT_LEAST <= found["covered"] <= AT_MOST) == holds
    assert found["width"] < 0.8 * found["width_without_figures"]


# -- command -------------------------------------------------------------------------------------------------------------


def test_command_writes_parameter_sets_that_a_study_reads(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sets = ["--set", "n_teams=2", "--set", "team_size=10", "--set", "burn_in_weeks=52"]
    words = ["org", "survey", "--burnt-out", "30", "--safe", "55%", "--seeds", "1", "--out", "own.csv", *sets]
    assert main([*words, "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["draws"] == 84
    assert [row["name"] for row in found["table"]][: len(FIGURES)] == list(FIGURES)
    study = tmp_path / "study.toml"
    study.write_text('question = "?"\nstyles = ["status-quo"]\nweeks = 2\n[uncertainties]\nfile = "own.csv"\n')
    assert cs.Study.read(study).protocol.points["draw"].nunique() == found["draws_left"]
    assert main(words) == 2
    assert "own.csv: already exists" in capsys.readouterr().err
