"""What validate, calibrate and --draws print and write, and how mistakes are reported."""

import json

import pandas as pd
import pytest

from civicsim import Scenario, Study
from civicsim.calibration import matching
from civicsim.errors import ScenarioError
from civicsim.scenario.scenario import find_parameter
from civicsim.scenario.shipped import draws_file, kinds_with_draws

SMALL = [
    word for value in ("n_teams=3", "team_size=6", "n_executives=2", "burn_in_weeks=8") for word in ("--set", value)
]
TARGETS = """[[target]]
pattern = "P4"
statistic = "leavers"
finding = "Some leave"
unit = "% a year"
value = 20
low = 0
high = 60
year = "2024"
source = "made up"
status = "to be verified"

[[target]]
pattern = "P5"
statistic = "absence"
finding = "Some are off sick"
unit = "%"
value = 5
low = 0
high = 20
year = "2024"
source = "made up"
status = "found"
"""


def test_validate_shows_each_pattern_and_writes_a_page_that_needs_nothing_else(tool, tmp_path):
    printed = tool(
        "validate",
        "--seeds",
        "3",
        "--organisations",
        "6",
        *SMALL,
        "--out",
        "found",
        "--people",
        "staff.csv",
        "--every",
        "52",
    )
    assert printed.code == 0
    assert "patterns reproduced over 3 runs" in printed.out
    for pattern in range(1, 12):
        assert f"P{pattern} " in printed.out
    assert "to be verified" in printed.out
    assert "Across 6 organisations" in printed.out
    page = (tmp_path / "found" / "validation.html").read_text()
    assert page.count("<img") == 1
    assert 'src="http' not in page
    assert len(pd.read_csv(tmp_path / "found" / "targets.csv")) >= 20
    staff = pd.read_csv(tmp_path / "staff.csv")
    assert {"burnt_out", "left", "week"} <= set(staff)


def test_validate_as_data(tool):
    printed = tool("validate", "--seeds", "2", "--organisations", "0", *SMALL, "--json")
    found = json.loads(printed.out)
    assert len(found["patterns"]) == 11
    assert found["between"] is None
    assert {"value", "low", "high", "simulated", "source"} <= set(found["targets"][0])


def test_calibrate_writes_draws_that_a_study_reads_and_a_scenario_that_runs(tool, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    # A short search: how well it finds what fits is tested elsewhere.
    monkeypatch.setattr(matching, "_EVERYWHERE", 2**9)
    monkeypatch.setattr(matching, "_STEPS", 20)
    (tmp_path / "mine.toml").write_text(TARGETS)
    words = [
        "calibrate",
        "mine.toml",
        "--free",
        "exit_rate,absence_intercept",
        "--waves",
        "1",
        "--points",
        "12",
        "--seeds",
        "1",
        "--draws",
        "6",
        "--processes",
        "2",
        "--out",
        "fit",
        *SMALL,
    ]
    printed = tool(*words)
    assert printed.code == 0, printed.err
    assert "that fit" in printed.out
    draws = pd.read_csv(tmp_path / "fit" / "draws.csv")
    assert list(draws) == ["turnover.exit_rate", "turnover.absence_intercept"]
    assert 0 < len(draws) <= 6
    assert Scenario.read(tmp_path / "fit" / "best.toml").structure.n_teams == 3
    study = Study(question="?", styles=["status-quo"], uncertainties={"file": str(tmp_path / "fit" / "draws.csv")})
    assert study.points["draw"].nunique() == len(draws)
    written = (tmp_path / "fit" / "points.csv").read_bytes()
    assert tool(*words).code == 0
    assert (tmp_path / "fit" / "points.csv").read_bytes() == written


def test_mistakes_are_one_line(mistakes):
    cases = [
        (["validate", "--targets", "none.toml"], "none.toml: no such file"),
        (["validate", "--people", "staff.xlsx", "--organisations", "0"], "ends in .parquet or .csv"),
        (["calibrate", "--free", "levers.fear,exit_rate"], "never levers or styles"),
        (["calibrate", "--free", "kappa_low,exit_rate"], "never fitted"),
        (["calibrate", "--free", "exit_rat"], "did you mean"),
        (["compare", "compact", "--draws", "100000"], "expected a whole number from 1 to"),
        (["compare", "compact", "--draws", "2", "--kind", "ambulance-service"], "only acute-trust is calibrated"),
    ]
    assert mistakes(*((words, [part]) for words, part in cases)) == []


def test_the_shipped_draws_are_values_that_parameters_allow():
    assert kinds_with_draws() == ["acute-trust"]
    draws = pd.read_csv(draws_file("acute-trust"))
    assert len(draws) >= 60
    for key in draws:
        about = find_parameter(key)
        assert about.role == "uncertainty"
        assert draws[key].between(about.low, about.high).all()


def test_a_study_runs_over_the_shipped_draws():
    study = Study(question="?", styles=["status-quo", "compact"], seeds=2, uncertainties={"posterior": 3})
    first = pd.read_csv(draws_file("acute-trust")).iloc[0]
    assert study.points["draw"].nunique() == 3
    scenario = study.scenario(0)
    for key, value in first.items():
        section, _, name = str(key).partition(".")
        assert getattr(getattr(scenario, section), name) == pytest.approx(value)


def test_draws_that_do_not_exist_are_refused():
    cases = [
        ({"posterior": 0}, "whole number from 1"),
        ({"posterior": True}, "whole number from 1"),
        ({"posterior": 2, "file": "draws.csv"}, "expected one of them"),
    ]
    for given, complaint in cases:
        with pytest.raises(ScenarioError, match=complaint):
            Study(question="?", styles=["status-quo"], uncertainties=given)


def test_compare_over_draws_separates_the_kinds_of_uncertainty(tool, tmp_path):
    printed = tool(
        "compare",
        "compact",
        "--seeds",
        "2",
        "--draws",
        "3",
        "--weeks",
        "4",
        *SMALL,
        "--measure",
        "trust",
        "--out",
        "kept",
    )
    assert printed.code == 0, printed.err
    assert "run-to-run" in printed.out
    assert "parameters" in printed.out
    assert (tmp_path / "kept" / "manifest.json").exists()
