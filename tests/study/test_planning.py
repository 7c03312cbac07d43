"""What is amiss with a study before it runs, and the power that a pilot promises."""

import json

import numpy as np
import pytest
from made_up import ABOUT, made_up
from studies import SIZES, small_study

from civicsim.cli import main
from civicsim.errors import CivicsimError
from civicsim.study.analysis.power import detectable, power, power_of_t
from civicsim.study.run.doubts import doubts_of
from civicsim.study.run.runner import run_study

LONG = {"weeks": 60, "burn_in_weeks": 260}
OWN = """from civicsim import Measure
MEASURES = [
    Measure("own_bad", "Own", "0–1", "Own.", "neither", lambda history: history.snapshot["no_such"]),
    Measure("own_good", "Own", "0–1", "Own.", "neither", lambda history: history.snapshot["trust"]),
]
"""


def test_a_study_in_order_raises_no_doubt():
    assert doubts_of(small_study(**LONG, uncertainties={"voice.intercept": {"low": -2.0, "high": -1.0}})) == []
    sampled = {
        "design": {"method": "sobol", "n": 2},
        "factors": SIZES | {"voice.intercept": {"low": -2.0, "high": -1.0}},
    }
    assert doubts_of(small_study(**LONG, **sampled)) == []
    # A contrast names the condition that it needs, uncertain or not.
    moderated = {"name": "m", "measure": "trust", "sign": "interaction+", "a": {"fear": 0.5}, "b": {"fear": 0.0}}
    at = {"at": {"kappa_low": [0.1, 0.2]}}
    grid = {"factors": SIZES | {"fear": [0.0, 0.5], "kappa_low": [0.1, 0.2]}, "contrast": [moderated | at]}
    assert doubts_of(small_study(**LONG, **grid)) == []


def test_each_doubt_is_one_line(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    cases = [
        ({"weeks": 20}, "summary 'last 52' is longer than a run, and takes all of its 20 weeks"),
        ({"summaries": ["highest 70"]}, "summary 'highest 70' is longer than a run, and takes all of its 60 weeks"),
        ({"burn_in_weeks": 2}, "burn_in_weeks = 2: shorter than the usual 260"),
        (
            {"uncertainties": {"voice.intercept": [-2.0, -1.0]}},
            "voice.intercept is a list: each of 100 draws takes one of its 2",
        ),
        (
            {"uncertainties": {"permission": {"low": 0.1, "high": 0.9}}},
            "levers.permission is a lever, which someone decides",
        ),
        ({"factors": SIZES | {"kappa_low": [0.1, 0.2]}}, "population.kappa_low is uncertain, and no one decides on it"),
        (
            {"code": "own.py", "folder": tmp_path, "measures": ["own_bad", "own_good"]},
            f"measure 'own_bad' fails in {tmp_path}/own.py: ValueError: no field of name no_such",
        ),
    ]
    faults = []
    for changes, words in cases:
        found = doubts_of(small_study(**(LONG | changes)))
        if len(found) != 1 or words not in found[0] or "\n" in found[0]:
            faults.append((words, found))
    assert faults == []


def test_a_contrast_that_averages_over_listed_runs_is_doubted_until_it_names_one():
    runs = [{"fear": 0.1}, {"fear": 0.9}, {"fear": 0.9, "permission": 0.8}]
    side = {"fear": 0.9}
    contrast = {"name": "high", "statement": "x", "measure": "trust", "sign": "-", "a": side, "b": {"fear": 0.1}}
    (doubt,) = doubts_of(small_study(**LONG, factors={}, runs=runs, contrast=[contrast]))
    assert doubt == "contrast high: a side is the mean over [[runs]] that differ in levers.permission; name it"
    named = contrast | {"a": side | {"permission": 0.8}}
    assert doubts_of(small_study(**LONG, factors={}, runs=runs, contrast=[named])) == []


def test_power_is_the_published_one():
    # Cohen (1988), table 2.3 for the one-sample t test as computed by G*Power 3.1: d = .5 needs 34 pairs for a power of .8.
    assert power_of_t(0.5, 34) >= 0.8 > power_of_t(0.5, 33)
    assert power_of_t(0.0, 10) == pytest.approx(0.05)
    assert detectable(34) == pytest.approx(0.5, abs=0.01)
    assert power_of_t(detectable(10), 10) == pytest.approx(0.8, abs=1e-9)


def test_power_is_how_often_a_difference_is_found():
    rng = np.random.default_rng(1)
    samples = rng.normal(0.6, 1.0, (20_000, 12))
    t = samples.mean(axis=1) / (samples.std(axis=1, ddof=1) / np.sqrt(12))
    assert power_of_t(0.6, 12) == pytest.approx((np.abs(t) > 2.2010).mean(), abs=0.01)


def test_a_pilot_gives_the_spread_of_paired_differences():
    rng = np.random.default_rng(2)
    noise = rng.normal(0.0, 0.3, 8)
    runs = made_up(lambda row, seed: (0.1 + noise[seed - 1] if row["style"] == "new" else 0.0) + 0.01 * seed, n_seeds=8)
    row = power(runs, 30, {"quality": 0.2}).iloc[0]
    assert row["sd"] == pytest.approx(noise.std(ddof=1))
    assert row["detectable"] == pytest.approx(detectable(30) * row["sd"])
    assert row["power"] == pytest.approx(power_of_t(0.2 / row["sd"], 30))
    assert (row["n_pilot"], row["matters"]) == (8, 0.2)
    assert np.isnan(power(runs, 30, {}).iloc[0]["power"])
    assert ABOUT.matters is None
    with pytest.raises(CivicsimError, match="two seeds or more in both"):
        power(runs, 1)


def test_check_prints_the_design_as_a_product_its_doubts_and_its_power(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    study = small_study(
        uncertainties={"kappa_low": {"low": 0.2, "high": 0.4}},
        design={"draws": 2},
        matters={"trust": 0.05},
        shocks={"none": [], "surge": [{"name": "surge", "week": 1}]},
    )
    run_study(study.with_(seeds=3), "pilot", processes=0)
    (tmp_path / "study.toml").write_text(study.with_(seeds=20).to_toml())
    assert main(["study", "check", "study.toml", "--pilot", "pilot"]) == 0
    printed = capsys.readouterr()
    text = " ".join(printed.out.split())
    assert "2 styles × 2 settings × 2 draws × 2 sets of shocks × 20 seeds = 320 runs; seeds 1–20" in text
    assert "What 20 seeds can find" in text
    assert printed.err.count("civicsim: warning: study.toml: ") == 2
    assert main(["study", "check", "study.toml", "--pilot", "pilot", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert {row["measure"] for row in values["power"]} == {"trust"}
    assert len(values["warnings"]) == 2
