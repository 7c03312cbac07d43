"""Designs choose settings; nothing is run here."""

import numpy as np
import pandas as pd
import pytest
from studies import SIZES, small_study

from civicsim.engine.parameters import Parameter
from civicsim.errors import ScenarioError
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.designs import n_settings, read_design, settings_of, unit_sample
from civicsim.study.design.factors import Range, column_of, read_factors
from civicsim.study.design.protocol import Protocol, scenario_from_values, scenario_values
from civicsim.study.design.study import Study

SHARE = {"low": 0.2, "high": 0.8}


def settings(**changes):
    return small_study(styles=["status-quo"], **changes).points


def test_a_list_is_swept_and_a_value_is_held():
    points = settings(factors={"fear": [0.1, 0.2], "permission": [0.3, 0.4, 0.5], "authority": 0.6})
    assert len(points) == 6
    assert set(zip(points["fear"], points["permission"], strict=True)) == {
        (a, b) for a in (0.1, 0.2) for b in (0.3, 0.4, 0.5)
    }
    assert set(points["authority"]) == {0.6}


def test_every_style_meets_every_setting_draw_and_shock():
    study = small_study(
        uncertainties={"voice.intercept": "full"},
        design={"draws": 3},
        shocks={"none": [], "surge": [{"name": "surge", "week": 1}]},
    )
    points = study.points
    assert len(points) == 2 * 2 * 3 * 2
    assert len(points.groupby(["policy", "future"])) == len(points)
    assert points.groupby("future")["intercept"].nunique().max() == 1
    assert points.groupby("policy")[["style", "fear"]].nunique().max().max() == 1
    assert [event.name for event in study.scenario(1).interventions] == ["surge"]
    assert study.scenario(0).interventions == ()


def test_each_point_knows_what_it_is_compared_with():
    points = small_study().points
    for row in points.itertuples():
        other = points.loc[row.against]
        assert (other["style"], other["fear"]) == ("status-quo", row.fear)
    alone = settings(factors=SIZES | {"fear": [0.0, 0.5]})
    assert alone["against"].tolist() == [0, 0]
    assert settings(factors={"fear": SHARE}, design={"method": "latin-hypercube", "n": 4})["against"].isna().all()


def test_one_at_a_time_moves_one_factor_from_the_base():
    points = settings(factors={"fear": [0.1, 0.9], "permission": [0.2]} | SIZES, design="one-at-a-time")
    base = points.iloc[0]
    moved = [(points[["fear"]] != base[["fear"]]).sum(axis=1).max()]
    assert len(points) == 3
    assert moved == [1]
    assert points["permission"].tolist() == [0.2] * 3


def test_settings_can_be_listed_one_by_one_with_their_style():
    points = small_study(factors=SIZES, runs=[{"style": "civic-culture", "fear": 0.2}, {"fear": 0.3}]).points
    assert sorted(zip(points["style"], points["fear"], strict=True)) == [
        ("civic-culture", 0.2),
        ("civic-culture", 0.3),
        ("status-quo", 0.3),
    ]


def test_settings_come_from_a_csv_and_mistakes_name_the_row(tmp_path):
    (tmp_path / "settings.csv").write_text("style,fear,levers.authority\nstatus-quo,0.1,0.2\ncivic-culture,0.3,\n")
    study = small_study(factors=SIZES, design={"file": "settings.csv"}, folder=tmp_path)
    assert study.points["fear"].tolist() == [0.1, 0.3]
    (tmp_path / "settings.csv").write_text("fear\n0.1\n2.5\n")
    with pytest.raises(
        ScenarioError, match=r"settings.csv: row 3: \[levers\] fear = 2.5: expected a number from 0 to 1"
    ):
        small_study(factors=SIZES, design={"file": "settings.csv"}, folder=tmp_path)


def test_samples_have_their_size_stay_in_range_and_come_again():
    factors = {"fear": SHARE, "n_dimensions": {"low": 10, "high": 12}, "permission": {"mean": 0.5, "sd": 0.1}} | SIZES
    for design, rows in (
        ({"method": "latin-hypercube", "n": 10}, 10),
        ({"method": "sobol", "n": 4}, 4 * (3 + 2)),
        ({"method": "sobol", "n": 4, "second_order": True}, 4 * (2 * 3 + 2)),
        ({"method": "morris", "n": 5}, 5 * (3 + 1)),
    ):
        points = settings(factors=factors, design=design)
        assert len(points) == rows, design
        assert points["fear"].between(0.2, 0.8).all(), design
        assert set(points["n_dimensions"]) <= {10, 11, 12}, design
        pd.testing.assert_frame_equal(points, settings(factors=factors, design=design))
        assert not settings(factors=factors, design=design | {"seed": 2})["fear"].equals(points["fear"]), design


def test_a_hypercube_has_one_row_in_each_slice():
    points = settings(factors={"fear": SHARE} | SIZES, design={"method": "latin-hypercube", "n": 8})
    slices = np.floor((points["fear"] - 0.2) / 0.6 * 8)
    assert sorted(slices) == list(range(8))


def test_the_unit_sample_is_what_the_points_were_made_of():
    study = small_study(styles=[], factors={"fear": SHARE, **SIZES}, design={"method": "sobol", "n": 4})
    design = read_design(study.design, read_factors(study.factors, "test"), 0, "test")
    np.testing.assert_allclose(0.2 + 0.6 * unit_sample(design, 1)[:, 0], study.points["fear"], rtol=1e-12)


def test_distributions_have_their_median_rise_and_stay_in_range():
    u = np.linspace(0.0, 1.0, 101)
    medians = {
        Range("uniform", 0.2, 0.8): 0.5,
        Range("log-uniform", 0.01, 1.0): 0.1,
        Range("triangular", 0.0, 1.0, 0.0): 1 - 0.5**0.5,
        Range("normal", 0.0, 1.0, 0.5, 0.1): 0.5,
    }
    for about, median in medians.items():
        values = about.at(u)
        assert values[[0, 50, -1]] == pytest.approx([about.low, median, about.high]), about
        assert (np.diff(values) >= 0).all(), about


def test_whole_numbers_of_a_range_are_equally_likely():
    values = Range("uniform", 1, 4, whole=True).at((np.arange(4000) + 0.5) / 4000)
    assert np.unique(values, return_counts=True)[1].tolist() == [1000] * 4


def test_columns_are_called_like_their_parameter_unless_that_names_something_else():
    names = [column_of(about.about) for about in read_factors({"fear": 0.1, "voice.enabled": True}, "test")]
    assert names == ["fear", "voice__enabled"]
    assert isinstance(read_factors({"fear": 0.1}, "test")[0].about, Parameter)


def test_points_that_differ_in_levers_only_share_their_burn_in():
    protocol = small_study(factors=SIZES | {"fear": [0.0, 0.5], "voice.intercept": [-2.0, -1.0]}).protocol
    assert len(set(protocol.starts)) == 2
    by_intercept = protocol.points.groupby("intercept")["point"].apply(list)
    assert all(len(set(protocol.starts[points])) == 1 for points in by_intercept)


def test_what_a_study_sets_or_varies_itself_is_not_drawn_from_a_calibration(tmp_path):
    def rates(factors=SIZES, fixed=(), **changes):
        study = small_study(factors=factors, uncertainties={"posterior": 3} | dict(fixed), **changes)
        return {study.scenario(point).turnover.exit_rate for point in range(len(study.points))}

    swept = {"turnover.exit_rate": [0.001, 0.003]}
    assert len(rates()) == 3
    assert rates(fixed={"turnover.exit_rate": 0.0012}) == {0.0012}
    assert rates(factors=SIZES | swept) == {0.001, 0.003}
    assert rates(runs=[{"turnover.exit_rate": 0.001}, {"turnover.exit_rate": 0.003}]) == {0.001, 0.003}
    (tmp_path / "draws.csv").write_text("turnover.exit_rate\n0.002\n")
    with pytest.raises(ScenarioError, match=r"draws.csv: turnover.exit_rate is among the factors too"):
        small_study(factors=swept, uncertainties={"file": "draws.csv"}, folder=tmp_path)


def test_parameter_sets_of_another_kind_leave_what_the_kind_sets_itself():
    known = small_study(factors=SIZES, uncertainties={"posterior": 2})
    other = small_study(
        factors=SIZES, kind="ambulance-service", uncertainties={"posterior": {"n": 2, "of": "acute-trust"}}
    )
    both = [(known.scenario(draw), other.scenario(draw)) for draw in (0, 1)]
    assert [b.turnover.exit_rate for _, b in both] == [0.002, 0.002]
    assert [a.exhaustion.load_weight for a, _ in both] == [b.exhaustion.load_weight for _, b in both]
    assert len({a.exhaustion.load_weight for a, _ in both}) == 2
    for given, fault in ((2, "only acute-trust is calibrated"), ({"n": 2, "kind": "x"}, "posterior: no key 'kind'")):
        with pytest.raises(ScenarioError, match=fault):
            small_study(factors=SIZES, kind="ambulance-service", uncertainties={"posterior": given})


def test_what_is_kept_gives_the_same_study_without_any_file_or_preset(tmp_path):
    import json

    study = small_study(
        shocks={"none": [], "surge": [{"name": "surge", "week": 1}]},
        uncertainties={"voice.intercept": "full"},
        design={"draws": 2},
    )
    (tmp_path / "protocol.json").write_text(json.dumps(study.protocol.values))
    again = Protocol.load(tmp_path, study.points)
    assert again.digest == study.protocol.digest
    assert all(again.scenario(point) == study.scenario(point) for point in range(len(study.points)))


def test_a_change_of_anything_that_bears_on_results_changes_the_digest():
    usual = small_study().protocol.digest
    assert small_study(title="Another", question="Why?", seeds=9).protocol.digest == usual
    for change in (
        {"weeks": 4},
        {"measures": ["trust"]},
        {"factors": SIZES | {"fear": [0.0, 0.4]}},
        {"burn_in_weeks": 3},
    ):
        assert small_study(**change).protocol.digest != usual


def test_random_styles_and_files_of_styles_can_be_compared(tmp_path):
    (tmp_path / "mine.toml").write_text('title = "Mine"\n[levers]\nfear = 0.11\n')
    (tmp_path / "case.toml").write_text('style = "compact"\nweeks = 3\n[structure]\nn_teams = 2\n')
    study = Study(question="q", styles=["random:2", "mine.toml"], base="case.toml", seeds=1, folder=tmp_path)
    assert list(study.protocol.bases) == ["random-1", "random-2", "mine"]
    assert study.scenario(2).levers.fear == 0.11
    assert {study.scenario(point).structure.n_teams for point in range(3)} == {2}


def test_a_study_that_is_too_large_is_refused_before_it_is_built():
    many = [k / 100 for k in range(60)]
    levers = ("fear", "carrot", "target_salience", "measured_share", "audit", "invitation")
    uncertain = {"voice.intercept": "full", "population.kappa_low": "full"}
    cases = [
        ({"seeds": 10**12}, "1,000,000,000,000 seeds: expected at most 100,000"),
        ({"seeds": 10**23}, "1.0e+23 seeds: expected at most 100,000"),
        ({"seeds": 10**400}, "more than 1e+250 seeds: expected at most 100,000"),
        ({"factors": dict.fromkeys(levers, many)}, "46,656,000,000 points: expected at most 2,000,000"),
        ({"factors": {"fear": "full", "audit": "full"}, "design": {"method": "sobol", "n": 2**19}}, "2,097,152 points"),
        (
            {"factors": {"fear": "full", "audit": "full"}, "design": {"method": "morris", "n": 10**6}},
            "3,000,000 points",
        ),
        (
            {"uncertainties": uncertain, "design": {"draws": 10**6}, "shocks": {"a": [], "b": [], "c": []}},
            "3,000,000 points",
        ),
        (
            {"factors": {"fear": many}, "seeds": 100_000, "styles": ["random:20"]},
            "120,000,000 runs: expected at most 100,000,000",
        ),
    ]
    wrong = []
    for changes, expected in cases:
        try:
            Study(**{"question": "q", "weeks": 4, "seeds": 100, **changes})
            wrong.append((expected, "accepted"))
        except ScenarioError as error:
            if expected not in str(error) or " GB of memory and " not in str(error) or "\n" in str(error):
                wrong.append((expected, str(error)))
    assert wrong == []


def test_the_size_of_a_design_is_told_without_making_it():
    free = {"fear": {"low": 0.1, "high": 0.2}, "audit": {"low": 0.1, "high": 0.2}, "carrot": 0.5}
    swept = {"fear": [0.1, 0.2], "audit": [0.1, 0.2, 0.3], "carrot": 0.5}
    designs = (
        ({"method": "latin-hypercube", "n": 7}, free),
        ({"method": "morris", "n": 3}, free),
        ({"method": "sobol", "n": 4}, free),
        ({"method": "sobol", "n": 4, "second_order": True}, free),
        ({"method": "grid"}, swept),
        ({"method": "one-at-a-time"}, swept),
        ({"method": "forms"}, {}),
        ({"method": "forms", "combinations": True}, {"voice.form": "linear", "learning.form": "counting"}),
    )
    for values, given in designs:
        factors = read_factors(given, "test")
        design = read_design(values, factors, 0, "test")
        assert n_settings(design, factors) == len(settings_of(design, factors)), values


def test_values_that_another_version_wrote_are_refused_in_one_line():
    values = scenario_values(Scenario.preset())
    assert scenario_from_values(values) == Scenario.preset()
    more = values | {"population": values["population"] | {"skill_mead": 0.1}}
    fewer = {name: value for name, value in values.items() if name != "voice"}
    for given, expected in (
        (more, r"another version of civicsim: \[population\] has no 'skill_mead'.*skill_mean"),
        (fewer, "no section 'voice'"),
    ):
        with pytest.raises(ScenarioError, match=expected):
            scenario_from_values(given)
