"""Regret against a table worked out by hand, rules of choosing that disagree, and rankings that cross."""

import dataclasses

import numpy as np
import pytest
from made_up import ABOUT, made_up

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import estimate
from civicsim.study.analysis.regret import crossings, regret

#             calm, surge, strike
TABLE = np.array([[10.0, 4.0, 1.0], [6.0, 5.0, 2.5], [3.0, 3.0, 3.0]])
STYLES, SHOCKS = ("bold", "even", "safe"), ("calm", "surge", "strike")


def by_hand(sign=1.0, n_seeds=4, noise=0.0, **said):
    about = dataclasses.replace(ABOUT, better="higher" if sign > 0 else "lower", **said)

    def value(point, seed):
        return sign * TABLE[STYLES.index(point["style"]), SHOCKS.index(point["shock"])] + noise * (-1) ** seed

    return made_up(value, STYLES, shocks=SHOCKS, n_seeds=n_seeds, about=about)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_regret_is_as_worked_out_by_hand_whichever_way_is_better(sign):
    found = regret(by_hand(sign), "quality", threshold=sign * 3.0)
    # The best are 10, 5 and 3.
    assert found.regret.to_numpy().tolist() == [[0, 1, 2], [4, 0, 0.5], [7, 2, 0]]
    assert found.summary["max_regret"].tolist() == [2, 4, 7]
    assert found.summary["mean_regret"].tolist() == pytest.approx([1, 1.5, 3])
    assert found.summary["in_future"].tolist() == ["draw 0, strike", "draw 0, calm", "draw 0, calm"]
    assert found.summary["met"].tolist() == pytest.approx([2 / 3, 2 / 3, 1])
    assert found.summary["worst"].tolist() == [sign * 1.0, sign * 2.5, sign * 3.0]


def test_the_choice_depends_on_the_rule_and_that_is_said():
    found = regret(by_hand(noise=0.01), "quality", threshold=3.0)
    chosen = found.rules.set_index("rule")["chosen"]
    assert chosen.to_dict() == {
        "expected value": "bold", "maximin": "safe", "minimax regret": "bold", "satisficing": "safe",
    }  # fmt: skip
    assert found.rules["score"].tolist() == pytest.approx([5.0, 3.0, 2.0, 1.0])
    assert found.rules["margin"].tolist() == pytest.approx([0.5, 0.5, 2.0, 1 / 3])
    assert not found.agree
    assert found.words.startswith("The choice depends on the rule: expected value: bold; maximin: safe")


def test_what_matters_is_the_threshold_where_none_is_said_and_without_it_there_is_no_satisficing():
    found = regret(by_hand(matters=1.0), "quality")
    assert found.summary["met"].tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3])
    assert "behind the best" in found.threshold
    bare = regret(by_hand(), "quality")
    assert "satisficing" not in set(bare.rules["rule"])
    assert bare.summary["met"].isna().all()


def test_a_rule_that_is_content_with_several_does_not_disagree():
    found = regret(by_hand(matters=20.0), "quality")
    assert found.rules.set_index("rule")["chosen"]["satisficing"] == "bold = even = safe"
    assert found.common == ()
    near = regret(made_up(lambda p, s: 0.1 * p.policy + s, about=dataclasses.replace(ABOUT, matters=0.5)), "quality")
    assert near.common == ("new",)
    assert "names new; others come up to it by satisficing" in near.words


def test_two_seeds_do_not_make_a_choice_sure():
    # Seed by seed the new style is ahead by 0.1 and 0.5: a t interval of two such values reaches far below 0.
    found = regret(made_up(lambda p, s: p.policy * (0.1, 0.5)[s - 1], n_seeds=2), "quality")
    assert found.rules["stability"].max() < 0.9
    about = estimate(np.array([0.1, 0.5]))
    old = found.summary.iloc[0]
    assert old["max_regret_high"] == pytest.approx(about.high, rel=0.5)


def test_choices_that_hang_on_luck_are_told():
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(2, 3, 8))
    close = regret(made_up(lambda p, s: noise[p.policy, p.draw, s - 1], n_draws=3, n_seeds=8), "quality")
    clear = regret(
        made_up(lambda p, s: 9.0 * p.policy + noise[p.policy, p.draw, s - 1], n_draws=3, n_seeds=8), "quality"
    )
    assert clear.rules["stability"].tolist() == [1.0] * 3
    assert close.rules["stability"].min() < 0.95
    assert (clear.summary["max_regret_low"] <= clear.summary["max_regret_high"]).all()
    one = regret(by_hand(n_seeds=1), "quality")
    assert one.rules["stability"].isna().all()
    assert "luck cannot be told" in one.words


def test_seeds_and_futures_that_not_all_have_lived_are_left_out():
    runs = by_hand()
    runs.values["quality"][0, 1] = np.nan
    runs.values["quality"][4] = np.nan
    found = regret(runs, "quality")
    assert found.left_out == ["draw 0, surge"]
    assert found.regret.to_numpy().tolist() == [[0, 2], [4, 0.5], [7, 0]]
    runs.values["quality"][0] = runs.values["quality"][5] = np.nan
    with pytest.raises(CivicsimError, match="no future has a seed that every policy has a value for"):
        regret(runs, "quality")


def test_regret_is_never_negative_and_somebody_has_none_in_every_future():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(4, 6, 3))
    runs = made_up(lambda p, s: values[p.policy, p.draw, s - 1], styles="abcd", n_draws=6, n_seeds=3)
    found = regret(runs, "quality").regret.to_numpy()
    assert (found >= 0).all()
    assert (found.min(axis=0) == 0).all()


def test_regret_needs_a_direction_and_two_policies():
    with pytest.raises(CivicsimError, match="neither way is better"):
        regret(made_up(lambda p, s: 1.0, about=dataclasses.replace(ABOUT, better="neither")), "quality")
    with pytest.raises(CivicsimError, match="regret is between policies, and there is one: old"):
        regret(made_up(lambda p, s: 1.0, styles=("old",)), "quality")


def test_rankings_cross_where_the_difference_does():
    noise = np.random.default_rng(6).normal(0.0, 0.01, 20)
    runs = made_up(lambda p, s: p.policy // 3 * (p.x - 0.6 + noise[s]), x=(0.0, 0.5, 1.0))
    row = crossings(runs, "quality").iloc[0]
    assert (row["factor"], row["words"], row["against"], row["below"], row["above"]) == ("x", "new", "old", 0.5, 1.0)
    assert row["at"] == pytest.approx(0.6, abs=0.02)
    assert row["verdict"] == "crosses"
    assert not len(crossings(made_up(lambda p, s: p.policy * 1.0, x=(0.0, 0.5, 1.0)), "quality"))
    unsure = made_up(lambda p, s: p.policy // 3 * (p.x - 0.6 + 50 * noise[s]), x=(0.0, 0.5, 1.0))
    assert set(crossings(unsure, "quality")["verdict"]) <= {"too close to call"}
    with pytest.raises(CivicsimError, match="no factor 'y'"):
        crossings(runs, "quality", "y")


def test_many_values_are_cut_into_bands():
    runs = made_up(lambda p, s: p.policy * (p.u - 0.5 + 0.001 * (-1) ** s), n_draws=50)
    row = crossings(runs, "quality", "u").iloc[0]
    assert row["at"] == pytest.approx(0.5, abs=0.02)
