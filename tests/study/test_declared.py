"""Contrasts that a study declares: how they are read, which points they need, and verdicts on runs with known truth."""

import re

import numpy as np
import pandas as pd
import pytest
from studies import SIZES, small_study

from civicsim.errors import ScenarioError
from civicsim.experiment.statistics import estimate
from civicsim.scenario.model import SECTIONS
from civicsim.study.analysis.declared import declared_contrasts
from civicsim.study.run.runner import run_study
from civicsim.study.store.folder import StudyFolder
from civicsim.study.store.store import open_store

LADDER = {"authority": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]}
FEAR = {"a": {"fear": 0.9}, "b": {"fear": 0.1}}
TRUTH = {
    # y = 0.5 + 0.2·fear, and 0.2·(0.3 + 0.5) over authority: a hump and a step below; see value_of.
    "plus": ({"sign": "+", **FEAR}, "supported"),
    "minus": ({"sign": "-", **FEAR}, "contradicted"),
    "either": ({"sign": "two-sided", **FEAR}, "shown"),
    "small": ({"sign": "+", "margin": 0.5, **FEAR}, "supported, but small"),
    "nil": ({"sign": "0", "a": {"carrot": 0.9}, "b": {"carrot": 0.1}}, "supported"),
    "not nil": ({"sign": "0", **FEAR}, "contradicted"),
    "noise": ({"sign": "+", "a": {"carrot": 0.9}, "b": {"carrot": 0.1}}, "not shown"),
    "built": ({"sign": "-", "by_construction": "it is the rule", **FEAR}, "by construction"),
    "later": ({"sign": "+", "measure": "no_such", "level": 1, "not_testable": "no measure"}, "not testable yet"),
    "level": ({"sign": "+", "level": 0.4}, "supported"),
    "grows": (
        {"sign": "interaction+", "a": {"audit": 1.0}, "b": {"audit": 0.0}, "at": {"invitation": [0.0, 1.0]}},
        "supported",
    ),
    "shrinks": (
        {"sign": "interaction-", "a": {"audit": 1.0}, "b": {"audit": 0.0}, "at": {"invitation": [0.0, 1.0]}},
        "contradicted",
    ),
    "turns": (
        {"sign": "reversal", "direction": "+-", "a": {"grip": 1}, "b": {"grip": 0}, "at": {"permission": [0.0, 1.0]}},
        "supported",
    ),
    "hump": ({"sign": "inverted-u", "ladder": LADDER}, "supported"),
    "no hump": ({"sign": "inverted-u", "ladder": {"fear": [0.1, 0.5, 0.9]}}, "contradicted"),
    "step": ({"sign": "threshold", "direction": "+", "ladder": {"codification": LADDER["authority"]}}, "supported"),
    "picked step": (
        {
            "sign": "threshold",
            "direction": "+",
            "a": {"highest": {"style": "*"}},
            "ladder": {"codification": LADDER["authority"]},
        },
        "supported",
    ),
    "slope": ({"sign": "threshold", "direction": "+", "ladder": {"fear": LADDER["authority"]}}, "contradicted"),
    "other step": (
        {"sign": "threshold", "direction": "+", "steps": [1, 2], "ladder": {"codification": LADDER["authority"]}},
        "not shown",
    ),
    "elsewhere": (
        {
            "sign": "threshold",
            "direction": "+",
            "near": {"trust": [0.0, 0.1]},
            "ladder": {"codification": LADDER["authority"]},
        },
        "not shown",
    ),
    "styles": ({"sign": "+", "a": {"style": "civic-culture"}, "b": {"style": "status-quo"}}, "supported"),
    "best": ({"sign": "+", "a": {"highest": {"style": "*"}}, "b": {"lowest": {"style": "*"}}}, "supported"),
    "shock": ({"sign": "-", "a": {"shock": "surge"}, "b": {"shock": "none"}}, "supported"),
    "often": ({"sign": "+", "least_share": 0.5, **FEAR}, "supported"),
    "rarely": ({"sign": "-", "least_share": 0.5, **FEAR}, "not shown"),
    "by chance": ({"sign": "-", "least_share": 0.1, "a": {"carrot": 0.9}, "b": {"carrot": 0.1}}, "not shown"),
    "chosen": (
        {
            "sign": "+",
            "measure": "marked_safety",
            "a": {"shock": "surge", "fear": 0.9},
            "b": {"shock": "surge", "fear": 0.1},
        },
        "supported, but small",
    ),
    "chosen, nil": (
        {
            "sign": "0",
            "measure": "marked_safety",
            "a": {"shock": "surge", "fear": 0.9},
            "b": {"shock": "surge", "fear": 0.1},
        },
        "supported",
    ),
    "thirds": (
        {"sign": "+", "a": {"fear": [0.0, 0.3, 0.6, 0.9]}, "thirds": {"of": "trust", "alike": "load"}},
        "supported",
    ),
}


def blocks(**truth):
    """Return blocks [[contrast]] by name; "grip" stands for the status blindness of both places."""
    text = [{"name": name, "measure": "trust"} | block for name, (block, _) in truth.items()]
    for block in text:
        for key in ("a", "b"):
            if "grip" in block.get(key, {}):
                block[key] = {"status_blindness": float(block[key]["grip"])}
    return text


def declared(contrast, **changes):
    changes = {"design": {"method": "contrasts", "draws": 3}, "measures": ["trust", "load"], "seeds": 12} | changes
    shocks = {"none": [], "surge": [{"name": "surge", "week": 1}]}
    return small_study(contrast=contrast, factors=SIZES, shocks=shocks, **changes)


def value_of(row, rng):
    y = 0.5 + 0.2 * row.fear - 0.8 * (row.authority - 0.5) ** 2 + 0.3 * (row.codification > 0.5)
    y += 0.3 * row.audit * row.invitation + 0.2 * row.status_blindness * (1.0 - 2.0 * row.permission)
    y += 0.1 * (row.style == "civic-culture") - 0.1 * (row.shock == "surge") + 0.01 * row.draw
    return y + 0.004 * rng.normal()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The verdicts on runs whose values are known, of a study that is written and never simulated."""
    about = {
        "measures": ["trust", "load", "marked_safety"],
        "uncertainties": {"voice.intercept": {"low": -1.8, "high": -1.0}},
    }
    study = declared(blocks(**TRUTH), **about)
    folder = StudyFolder(study, tmp_path_factory.mktemp("declared") / "results")
    store, rng = open_store(folder.path), np.random.default_rng(5)
    seeds = pd.DataFrame({"seed": store.seeds})
    points = store.study.points
    runs = seeds.merge(points, how="cross")
    runs["trust"] = [value_of(row, rng) for row in runs.itertuples()] + 0.1 * np.sin(runs["seed"])
    runs["load"] = rng.normal(1.0, 0.1, len(runs))
    # No teams are chosen without an event.
    safety = 0.5 + 0.02 * (runs["fear"] > 0.5) + 0.001 * rng.normal(size=len(runs))
    runs["marked_safety"] = safety.where(runs["shock"] == "surge")
    runs = runs[["point", "seed", "trust", "load", "marked_safety"]]
    store.runs = lambda columns=None: runs
    return declared_contrasts(store), runs, points


@pytest.mark.parametrize("name", TRUTH)
def test_the_verdict_is_that_of_the_truth(found, name):
    own = found[0][found[0]["name"] == name]
    assert set(own["verdict"]) == {TRUTH[name][1]}, own.T.to_string()


def test_an_effect_its_interval_and_its_share_are_recomputed_from_the_runs(found):
    table, runs, points = found
    (row,) = table[table["name"] == "plus"].to_dict("records")
    usual = points[(points["style"] == "status-quo") & (points["shock"] == "none")]
    same = ["authority", "codification", "audit", "permission", "status_blindness", "carrot", "invitation"]
    usual = usual[(usual[same] == usual[same].iloc[0]).all(axis=1)]
    wide = runs.merge(usual[["point", "fear", "draw"]], on="point").pivot_table(
        index=["draw", "seed"], columns="fear", values="trust"
    )
    difference = wide[0.9] - wide[0.1]
    about = estimate(difference.groupby("seed").mean().to_numpy())
    assert (row["difference"], row["run_low"], row["run_high"]) == pytest.approx(
        (about.mean, about.low, about.high), abs=1e-12
    )
    assert row["share"] == (difference.groupby("draw").mean() > 0).mean() == 1.0
    # A twentieth of the mean of the base case.
    assert row["margin"] == pytest.approx(0.05 * wide[usual["fear"].iloc[0]].mean(), abs=1e-12)
    assert (row["n_seeds"], row["n_draws"]) == (12, 3)


def test_a_share_of_draws_counts_those_beyond_chance(found):
    (row,) = found[0][found[0]["name"] == "by chance"].to_dict("records")
    assert row["share"] >= 0.1
    assert row["note"] == "beyond chance the sign holds in 0 % of the draws, and 10 % are asked for"


def test_a_measure_of_chosen_teams_has_its_margin_from_the_condition_compared_with(found):
    own = found[0][found[0]["name"].isin(["chosen", "chosen, nil"])]
    assert own["margin"].tolist() == pytest.approx([0.025] * 2, abs=1e-4)
    assert own["share"].tolist() == [1.0, 1.0]


def test_one_half_of_the_seeds_picks_and_the_other_tests(found):
    own = found[0][found[0]["name"].isin(["hump", "best"])]
    assert set(own["n_seeds"]) == {6}
    (middle,) = {part.split()[3] for part in own["part"] if part}
    assert float(middle) in (0.4, 0.6)
    assert set(own["part"]) == {f"Authority of teams {middle} − 0", f"Authority of teams {middle} − 1", ""}


def test_why_a_threshold_does_not_count_is_noted(found):
    notes = found[0].groupby("name")["note"].first()
    assert notes["other step"] == "the largest step is number 3, and only 1, 2 count"
    assert "trust is" in notes["elsewhere"]


def test_a_design_of_contrasts_has_the_base_case_and_the_conditions_named_and_no_others():
    study = declared(
        [
            {
                "name": "x",
                "measure": "trust",
                "sign": "+",
                "a": {"fear": 0.9, "shock": "surge"},
                "b": {"style": "civic-culture"},
            },
            {
                "name": "y",
                "measure": "voice_share",
                "window": "weeks 0-1",
                "sign": "+",
                "a": {"fear": 0.9},
                "level": 0.1,
            },
        ],
        design="contrasts",
    )
    points = study.points
    assert points[["style", "shock", "fear"]].to_numpy().tolist() == [
        ["status-quo", "none", 0.35],
        ["status-quo", "none", 0.9],
        ["status-quo", "surge", 0.9],
        ["civic-culture", "none", 0.1],
    ]
    assert points["point"].tolist() == [0, 1, 2, 3]
    # Compared with the same setting of the baseline, as in every design with several styles.
    assert points["against"].tolist() == [0, 1, 2, 0]
    assert [column.name for column in study.protocol.columns] == ["trust", "load", "voice_share__weeks_0_1"]


def test_a_grid_takes_the_mean_over_what_a_condition_does_not_name(tmp_path):
    block = {"name": "x", "measure": "trust", "sign": "+", "a": {"fear": 0.5}, "b": {"fear": 0.0}}
    store = run_study(small_study(contrast=[block]), tmp_path / "results", processes=0)
    row = declared_contrasts(store).iloc[0]
    runs = store.to_pandas()
    wide = runs.pivot_table(index="seed", columns="fear", values="trust")
    assert row["difference"] == pytest.approx((wide[0.5] - wide[0.0]).mean(), abs=1e-12)
    with pytest.raises(ScenarioError, match=r"\[\[contrast\]\] x: no point of the design has levers.fear = 0.3"):
        small_study(contrast=[block | {"a": {"fear": 0.3}}])


def test_where_settings_stand_for_other_rules_a_condition_is_every_point_with_its_values(tmp_path):
    block = {
        "name": "x",
        "measure": "trust",
        "sign": "+",
        "a": {"style": "civic-culture"},
        "b": {"style": "status-quo"},
    }
    study = small_study(factors=SIZES, design={"method": "forms"}, contrast=[block])
    store = run_study(study, tmp_path / "results", processes=0)
    means = store.to_pandas().groupby(["style", "seed"])["trust"].mean().unstack()
    gain = means.loc["civic-culture"] - means.loc["status-quo"]
    row = declared_contrasts(store).iloc[0]
    assert row["difference"] == pytest.approx(gain.mean(), abs=1e-12)
    form, key = next(iter((name, key) for name, key in study.protocol.factors.items() if name not in SIZES))
    one = store.points()[form].iloc[-1]
    held = small_study(factors=SIZES, design={"method": "forms"}, contrast=[block | {"hold": {key: one}}])
    row = declared_contrasts(run_study(held, tmp_path / "held", processes=0)).iloc[0]
    runs = store.to_pandas()
    own = runs[runs[form] == one].pivot_table(index="seed", columns="style", values="trust")
    assert row["difference"] == pytest.approx((own["civic-culture"] - own["status-quo"]).mean(), abs=1e-12)


def test_settings_one_by_one_may_name_their_set_of_shocks():
    study = small_study(
        factors=SIZES,
        shocks={"none": [], "surge": [{"name": "surge", "week": 1}]},
        runs=[{"fear": 0.1}, {"fear": 0.9, "shock": "surge", "style": "civic-culture"}],
    )
    assert study.points[["style", "shock", "fear"]].to_numpy().tolist() == [
        ["status-quo", "none", 0.1],
        ["status-quo", "surge", 0.1],
        ["civic-culture", "none", 0.1],
        ["civic-culture", "surge", 0.1],
        ["civic-culture", "surge", 0.9],
    ]
    assert study.points["against"].fillna(-1).tolist() == [0, 1, 0, 1, -1]
    with pytest.raises(ScenarioError, match="shock = 'surg'; did you mean 'surge'"):
        small_study(factors=SIZES, shocks={"surge": []}, runs=[{"fear": 0.1, "shock": "surg"}])


GOOD = {"name": "x", "measure": "trust", "sign": "+", "a": {"fear": 0.9}, "b": {"fear": 0.1}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sing": "+"}, "no key 'sing'; did you mean 'sign'"),
        ({"name": ""}, "name: expected a name"),
        ({"measure": "trsut"}, "no measure 'trsut'; did you mean 'trust'"),
        ({"sign": "up"}, "sign = 'up'"),
        ({"direction": "+"}, "direction = '+': expected none with sign '+'"),
        ({"sign": "threshold", "direction": "up"}, "direction = 'up': expected + or - with sign 'threshold'"),
        ({"window": "weeks 0-3"}, "expected weeks from 0 to 2"),
        ({"a": {"faer": 0.9}}, "faer"),
        ({"a": {"fear": 1.9}}, "fear = 1.9: expected a number from 0 to 1"),
        ({"a": {"style": "civic"}}, "a: style = 'civic'; did you mean 'civic-culture'"),
        ({"a": {"shock": "surg"}}, "a: shock = 'surg'; did you mean 'surge'"),
        ({"a": {"fear": [0.1, 0.2]}}, "a: 2 conditions: expected one, or highest or lowest"),
        ({"a": {"highest": {"fear": [0.1, 0.2]}, "carrot": 0.1}}, "highest stands alone"),
        ({"at": {"fear": [0.1, 0.2], "carrot": [0.1]}}, "at: fear, carrot: expected lists of the same length"),
        ({"at": {"carrot": [0.1, 0.2]}}, "at has 2 places: expected 1 with sign '+'"),
        ({"sign": "interaction+"}, "at has 1 places: expected 2 with sign 'interaction+'"),
        ({"ladder": {"carrot": [0.1, 0.2]}}, "ladder has 2 levels: expected none"),
        ({"sign": "inverted-u", "ladder": {"carrot": [0.1, 0.2]}}, "ladder has 2 levels: expected at least 3"),
        ({"level": 1}, "expected one of b, level and thirds to compare with, and found 2"),
        ({"margin": -1}, "margin = -1: expected a number from 0"),
        ({"near": {"load": 1}}, "near: load = 1: expected its least and greatest value"),
    ],
)
def test_mistakes_name_the_block_and_what_is_expected(changes, words):
    with pytest.raises(ScenarioError) as caught:
        declared([GOOD | changes])
    assert words in str(caught.value)
    assert "[[contrast]]" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_are_unique_and_a_design_of_contrasts_needs_some():
    with pytest.raises(ScenarioError, match="name = 'x' is there twice"):
        declared([GOOD, GOOD])
    with pytest.raises(ScenarioError, match=r"a contrasts design needs blocks \[\[contrast\]\]"):
        declared([])


def test_parts_name_the_levels_that_they_compare(found):
    parts = found[0].groupby("name")["part"].agg(list)
    label = {name: SECTIONS["levers"][name].label for name in ("invitation", "permission", "codification")}
    assert parts["grows"] == [f"effect at {label['invitation']} 1 − effect at 0"]
    assert parts["turns"] == [f"at {label['permission']} 0", f"at {label['permission']} 1"]
    assert parts["step"][0] == "whole change"
    assert re.fullmatch(rf"{label['codification']} 0\.\d to [\d.]+ − half the whole change", parts["step"][1])
