"""Mechanisms taken away one by one: settings and their names, and changes whose truth is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from faults import not_refused
from studies import SIZES, small_study

from civicsim.errors import CivicsimError
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import PARAMETERS
from civicsim.study.analysis.ablation import (
    ADDS,
    CARRIES,
    EMPTY,
    HOLDS,
    SAME,
    TURNS,
    UNTOLD,
    ablation,
    ablation_study,
    finding,
)
from civicsim.study.analysis.matched import About, Matched
from civicsim.study.design.mechanisms import (
    ALONE,
    CORE,
    EVERYTHING,
    STAYING,
    SWITCHES,
    one_in,
    one_out,
    optional,
    words,
)

FEW = (
    "load.enabled",
    "voice.enabled",
    "ties.enabled",
    "learning.enabled",
    "learning.efficacy_enabled",
    "forum.enabled",
)


def test_every_mechanism_has_its_own_switch_and_the_core_is_of_processes_there_are():
    sections = {key.partition(".")[0] for key in SWITCHES}
    assert sections | set(STAYING) == set(PROCESSES)
    assert set(CORE) <= sections
    assert {key for own in optional(SWITCHES).values() for key in own} | {f"{name}.enabled" for name in CORE} == set(
        SWITCHES
    )
    assert optional(SWITCHES)["directives"] == ("directives.enabled", "codification.directives_enabled")


def test_settings_are_called_by_what_is_missing_or_by_what_is_left():
    settings = [*one_out(FEW), *one_in(FEW)]
    assert [words(setting) for setting in settings] == [
        EVERYTHING,
        "without load",
        "without voice",
        "without ties",
        "without learning",
        "without learning (efficacy)",
        "without forum",
        ALONE,
        "core and ties",
        "core and learning",
        "core and forum",
    ]
    both = dict.fromkeys(FEW, True) | {"voice.enabled": False, "learning.efficacy_enabled": False}
    assert words(both) == "without voice, learning (efficacy)"
    every = [words(setting) for setting in [*one_out(SWITCHES), *one_in(SWITCHES)]]
    assert len(set(every)) == len(every) == 2 + len(SWITCHES) + len(optional(SWITCHES))


def test_a_study_without_mechanisms_has_each_setting_under_every_style():
    study = ablation_study(small_study(factors=SIZES))
    assert len(study.points) == 2 * (2 + len(SWITCHES) + len(optional(SWITCHES)))
    assert len(ablation_study(small_study(factors=SIZES), leave_one_in=False).points) == 2 * (1 + len(SWITCHES))
    assert study.scenario(0).digest == small_study(factors=SIZES).scenario(0).digest
    assert study.points["against"].tolist() == [*range(len(study.points) // 2)] * 2
    alone = study.scenario(1 + len(SWITCHES))
    assert {name: getattr(alone, name).enabled for name in PROCESSES} == {
        name: name in (*CORE, *STAYING) for name in PROCESSES
    }
    # Mechanisms that the study holds off stay off, and are not taken out.
    less = ablation_study(small_study(factors=SIZES | {"ties.enabled": False}))
    assert len(less.points) == len(study.points) - 4
    assert not less.scenario(0).ties.enabled


def test_what_is_no_comparison_of_styles_in_one_setting_is_refused():
    cases = [
        ({"styles": ["status-quo"]}, "styles: an ablation is of the difference between styles"),
        ({}, "an ablation is of one setting"),
        ({"factors": SIZES, "runs": [{"fear": 0.1}]}, "an ablation is of one setting"),
    ]
    studies = [((small_study(**changes),), expected) for changes, expected in cases]
    assert not_refused(ablation_study, studies) == []


# -- known truth -----------------------------------------------------------------------------------------------------

TRUTH = {
    EVERYTHING: 1.0,
    "without load": 1.0,
    "without voice": 0.0,
    "without ties": 0.4,
    "without learning": -1.0,
    "without learning (efficacy)": 1.7,
    "without forum": np.nan,
    ALONE: 0.2,
    "core and ties": 0.7,
    "core and learning": 0.2,
    "core and forum": 0.2,
}


def results(n_seeds=12):
    """Two styles in every setting of a few switches: what seeds have in common is large, what is their own is small."""
    settings, rows = [*one_out(FEW), *one_in(FEW)], []
    for (policy, style), (number, setting) in itertools.product(enumerate(("old", "new")), enumerate(settings)):
        point = policy * len(settings) + number
        rows.append(
            {
                "point": point,
                "policy": point,
                "future": 0,
                "style": style,
                "setting": number,
                "draw": 0,
                "shock": "",
                "against": number,
                **{key.replace(".", "__"): on for key, on in setting.items()},
            }
        )
    points = pd.DataFrame(rows).rename(columns={"learning__efficacy_enabled": "efficacy_enabled"})
    rng = np.random.default_rng(1)
    common = 5.0 * rng.normal(size=n_seeds)
    gain = np.array([TRUTH[words(settings[row["setting"]])] * (row["style"] == "new") for row in rows])
    noise = 0.1 * rng.normal(size=(len(rows), n_seeds))
    values = common + gain[:, None] + noise
    # Without load, every run comes to what it comes to with it, to the last digit.
    for policy in (0, 1):
        values[policy * len(settings) + 1] = values[policy * len(settings)]
    about = About("quality", "Quality", "score", "higher")
    names = tuple(points.columns[8:])
    return Matched(points, names, tuple(range(1, n_seeds + 1)), {"quality": about}, {"quality": values})


@pytest.fixture(scope="module")
def found():
    return ablation(results()).set_index("setting")


def test_changes_of_the_difference_are_found_with_intervals_that_hold_the_truth(found):
    for setting, row in found.iterrows():
        if not np.isnan(TRUTH[setting]):
            assert row["low"] - 0.05 < TRUTH[setting] < row["high"] + 0.05
        if row["reference"] and not np.isnan(TRUTH[setting]):
            change = TRUTH[setting] - TRUTH[row["reference"]]
            assert row["change_low"] - 0.05 <= change <= row["change_high"] + 0.05, setting
    assert (found["n"] == 12).sum() == len(found) - 1


def test_what_a_mechanism_does_to_a_difference_is_put_into_words(found):
    assert found["finding"].to_dict() == {
        EVERYTHING: "",
        "without load": SAME,
        "without voice": CARRIES,
        "without ties": ADDS,
        "without learning": TURNS,
        "without learning (efficacy)": HOLDS,
        "without forum": EMPTY,
        ALONE: "",
        "core and ties": "",
        "core and learning": "",
        "core and forum": "",
    }
    assert found["reference"].value_counts().to_dict() == {EVERYTHING: 6, ALONE: 3, "": 2}
    assert found.loc["core and ties", "change_verdict"] == "higher"


def test_a_finding_has_the_caution_of_its_change():
    full, without = {"verdict": "higher", "difference": 1.0}, {"verdict": "too close to call", "difference": 0.1}
    caution = ", but mean and median disagree"
    for way, word in (("lower", CARRIES), ("too close to call", UNTOLD)):
        assert finding(full, without, {"verdict": way, "difference": -0.9}) == word
        assert finding(full, without, {"verdict": way + caution, "difference": -0.9}) == word + caution


def test_a_change_within_run_to_run_variation_is_not_called_one():
    few = ablation(results(2)).set_index("setting")
    assert few.loc["without ties", "finding"] == UNTOLD


def test_studies_that_vary_no_mechanism_are_refused():
    runs = results()
    with pytest.raises(CivicsimError, match="varies no mechanism"):
        ablation(Matched(runs.points.iloc[:1], runs.factors, runs.seeds, runs.columns, runs.values))
    one_off = runs.points.copy()
    one_off.loc[one_off["setting"] == 0, "voice__enabled"] = False
    with pytest.raises(CivicsimError, match="no setting has every mechanism on"):
        ablation(Matched(one_off, runs.factors, runs.seeds, runs.columns, runs.values))


def test_policies_are_called_by_what_is_off():
    words_of = results().policy_words()
    assert words_of[0] == "old, everything on"
    assert words_of[2] == "old, without voice"
    assert {PARAMETERS[key].role for key in FEW} == {"switch"}
