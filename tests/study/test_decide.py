"""What decides: a case with a known answer, nulls, turns of the sign, and a study of two styles."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from civicsim.errors import CivicsimError
from civicsim.experiment.wording import scale_of
from civicsim.report.regret_tables import decisions
from civicsim.study.analysis.decide import _run_to_run, decide, partial_information
from civicsim.study.analysis.matched import About, Matched


def exact(mean, sd):
    """Return E[max(0, Z)] − max(0, m) of a normal Z."""
    return sd * norm.pdf(mean / sd) + mean * norm.cdf(mean / sd) - max(0.0, mean)


@pytest.mark.parametrize(("mean", "slope"), [(0.3, 1.0), (-0.5, 2.0), (0.0, 0.7)])
def test_in_the_linear_normal_case_it_is_within_five_per_cent_of_the_exact_value(mean, slope):
    rng = np.random.default_rng(1)
    theta, other = rng.normal(size=(2, 8_000))
    theta = (theta - theta.mean()) / theta.std()
    found = partial_information(theta, mean + slope * theta + 0.5 * other)
    assert found.evppi == pytest.approx(exact(mean, slope), rel=0.05)
    assert found.low < exact(mean, slope) < found.high
    assert found.share == pytest.approx(slope**2 / (slope**2 + 0.25), abs=0.02)
    assert found.turns_at == pytest.approx(-mean / slope, abs=0.05)


def test_a_curve_is_found_where_there_is_one():
    rng = np.random.default_rng(2)
    theta = rng.uniform(-1.0, 1.0, 5_000)
    found = partial_information(theta, theta**2 - 0.4 + rng.normal(0.0, 0.1, 5_000))
    # E[max(0, x² − .4)] over a uniform x, less max(0, 1/3 − .4) = 0.
    edge = np.sqrt(0.4)
    truth = (1 - edge**3) / 3 - 0.4 * (1 - edge)
    assert found.evppi == pytest.approx(truth, rel=0.1)
    assert abs(found.turns_at) == pytest.approx(edge, abs=0.05)


def test_a_parameter_without_effect_is_worth_no_more_than_chance():
    rng = np.random.default_rng(3)
    worth = [partial_information(rng.uniform(size=200), rng.normal(0.05, 1.0, 200)) for _ in range(40)]
    assert np.mean([found.evppi > found.chance for found in worth]) <= 0.2
    assert np.mean([found.share for found in worth]) < 0.05


def test_where_one_policy_is_always_better_nothing_is_worth_knowing():
    theta = np.random.default_rng(4).uniform(size=500)
    found = partial_information(theta, 5.0 + theta)
    assert found.evppi == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found.turns_at)


def a_study(n_draws=60, n_seeds=4, better="lower", of_seed=0.0):
    """Return results of two styles in draws of two parameters, of which the first decides."""
    rng = np.random.default_rng(5)
    fear, other = rng.uniform(0.0, 0.015, n_draws), rng.uniform(size=n_draws)
    rows, values = [], []
    for policy, style in enumerate(("civic-culture", "command")):
        for draw in range(n_draws):
            rows.append(
                {
                    "point": len(rows),
                    "style": style,
                    "policy": policy,
                    "draw": draw,
                    "future": draw,
                    "setting": 0,
                    "shock": "",
                    "against": np.nan,
                    "exhaustion.fear_weight": fear[draw],
                    "other": other[draw],
                }
            )
            effect = 400.0 * (fear[draw] - 0.006) * policy
            by_seed = of_seed * policy * np.arange(n_seeds)
            values.append(30.0 + effect + by_seed + rng.normal(0.0, 0.3, n_seeds))
    about = About("burnt_out_share", "Burnt out", "points", better)
    factors = ("exhaustion.fear_weight", "other")
    return Matched(
        pd.DataFrame(rows), factors, tuple(range(n_seeds)), {about.column: about}, {about.column: np.array(values)}
    )


def test_a_study_names_the_number_most_worth_measuring_and_where_the_sign_turns():
    found = decide(a_study(), "burnt_out_share", ["civic-culture", "command"])
    assert found.table["parameter"].tolist() == ["exhaustion.fear_weight", "other"]
    first = found.table.iloc[0]
    assert first["clear"]
    assert first["turns_at"] == pytest.approx(0.006, abs=0.0005)
    assert first["share"] > 0.9
    assert not found.table.iloc[1]["clear"]
    assert 0.0 < found.run_to_run < 0.2
    assert "The number most worth measuring next: exhaustion.fear_weight" in found.words
    assert f"; median {scale_of(found.about.unit).change(found.difference.median)}, better in " in found.words
    assert found.better_share == pytest.approx(0.6, abs=0.15)


def test_the_other_way_round_the_difference_turns_and_the_worth_stays():
    one, other = (
        decide(a_study(), "burnt_out_share", pair)
        for pair in (["civic-culture", "command"], ["command", "civic-culture"])
    )
    assert one.difference.mean == pytest.approx(-other.difference.mean)
    np.testing.assert_allclose(one.table["evppi"], other.table["evppi"], atol=1e-9)


def test_of_hundreds_of_parameters_the_table_shows_those_worth_most_and_says_how_many_are_left_out():
    found = decide(a_study(), "burnt_out_share", ["civic-culture", "command"])
    rows = [found.table.iloc[:1], *(found.table.iloc[1:].assign(parameter=f"other.n{k}") for k in range(30))]
    _, part = decisions([replace(found, table=pd.concat(rows, ignore_index=True))])
    assert len(part.table.rows) == 20
    assert "exhaustion.fear_weight" in part.table.rows[0][0]
    assert "11 parameters that are worth less are left out here" in part.table.caption
    first, short = decisions([found])
    assert first.table.rows[0][-2:] == ["exhaustion.fear_weight", str(found.difference.n)]
    assert "left out" not in short.table.caption


def test_what_a_seed_does_to_all_draws_alike_is_no_difference_between_draws():
    usual, large = (decide(a_study(of_seed=x), "burnt_out_share").run_to_run for x in (0.0, 5.0))
    # Two normal differences of spread .3 over four seeds, against an effect uniform over 6 points: .045 / (.045 + 3).
    assert usual == pytest.approx(0.015, abs=0.006)
    assert large == pytest.approx(usual)


def test_runs_that_are_missing_do_not_make_run_to_run_variation_small():
    rng = np.random.default_rng(3)
    difference = rng.normal(size=(40, 1)) + rng.normal(size=(40, 8))
    part = np.where(np.arange(8) < 4, difference, np.nan)
    assert _run_to_run(part) == pytest.approx(_run_to_run(difference[:, :4]))
    assert np.isnan(_run_to_run(np.where(np.arange(8) < 1, difference, np.nan)))


def test_what_cannot_be_decided_is_said_in_one_line():
    for results, policies, expected in (
        (a_study(better="neither"), None, "neither direction is better"),
        (a_study(), ["civic-culture", "comand"], "did you mean 'command'"),
        (a_study(), ["command", "command"], "two different styles"),
        (a_study(n_draws=12), None, "expected at least 20"),
    ):
        with pytest.raises(CivicsimError, match=expected):
            decide(results, "burnt_out_share", policies)
