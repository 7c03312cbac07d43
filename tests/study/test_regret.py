"""Regret against a table worked out by hand, rules of choosing that disagree, and rankings that cross."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_up import ABOUT, made_up
from scipy.special import ndtri

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import estimate, half_width
from civicsim.study.analysis.regret import crossings, regret, resampled

#             calm, surge, strike
TABLE = np.array([[10.0, 4.0, 1.0], [6.0, 5.0, 2.5], [3.0, 3.0, 3.0]])
STYLES, SHOCKS = ("bold", "even", "safe"), ("calm", "surge", "strike")


def by_hand(sign=1.0, n_seeds=4, noise=0.0, **changes):
    about = dataclasses.replace(ABOUT, better="higher" if sign > 0 else "lower", **changes)

    def value(point, seed):
        return sign * TABLE[STYLES.index(point["style"]), SHOCKS.index(point["shock"])] + noise * (-1) ** seed

    return made_up(value, STYLES, shocks=SHOCKS, n_seeds=n_seeds, about=about)


def test_regret_is_as_worked_out_by_hand_whichever_way_is_better():
    for sign in (1.0, -1.0):
        found = regret(by_hand(sign), "quality", threshold=sign * 3.0)
        # The best are 10, 5 and 3.
        assert found.regret.to_numpy().tolist() == [[0, 1, 2], [4, 0, 0.5], [7, 2, 0]]
        assert found.summary["max_regret"].tolist() == [2, 4, 7]
        assert found.summary["mean_regret"].tolist() == pytest.approx([1, 1.5, 3])
        assert found.summary["in_future"].tolist() == ["draw 0, strike", "draw 0, calm", "draw 0, calm"]
        assert found.summary["met"].tolist() == pytest.approx([2 / 3, 2 / 3, 1])
        assert found.summary["worst"].tolist() == [sign * 1.0, sign * 2.5, sign * 3.0]


def test_the_choice_depends_on_the_rule_and_that_is_reported():
    found = regret(by_hand(noise=0.01), "quality", threshold=3.0)
    chosen = found.rules.set_index("rule")["chosen"]
    assert chosen.to_dict() == {
        "expected value": "bold",
        "maximin": "safe",
        "minimax regret": "bold",
        "satisficing": "safe",
    }
    assert found.rules["score"].tolist() == pytest.approx([5.0, 3.0, 2.0, 1.0])
    assert found.rules["margin"].tolist() == pytest.approx([0.5, 0.5, 2.0, 1 / 3])
    assert not found.agree
    assert found.words.startswith("The choice depends on the rule: expected value: bold; maximin: safe")


def test_what_matters_is_the_threshold_where_none_is_given_and_without_it_there_is_no_satisficing():
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
    assert "chooses new; others tie with it by satisficing" in near.words


def test_two_seeds_do_not_make_a_choice_sure():
    # Seed by seed the new style is ahead by 0.1 and 0.5: a t interval of two such values reaches far below 0.
    found = regret(made_up(lambda p, s: p.policy * (0.1, 0.5)[s - 1], n_seeds=2), "quality")
    assert found.rules["stability"].max() < 0.9
    about = estimate(np.array([0.1, 0.5]))
    old = found.summary.iloc[0]
    assert old["max_regret_high"] == pytest.approx(about.high, rel=0.5)


def test_choices_that_depend_on_chance_are_unstable():
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
    assert "cannot show run-to-run variation" in one.words


def test_seeds_and_futures_without_all_values_are_left_out():
    runs = by_hand()
    runs.values["quality"][0, 1] = np.nan
    runs.values["quality"][4] = np.nan
    found = regret(runs, "quality")
    assert found.left_out == ["draw 0, surge"]
    assert found.regret.to_numpy().tolist() == [[0, 2], [4, 0.5], [7, 0]]
    runs.values["quality"][0] = runs.values["quality"][5] = np.nan
    with pytest.raises(CivicsimError, match="no future has a seed that every policy has a value for"):
        regret(runs, "quality")


def test_the_interval_of_a_mean_rests_on_seeds_that_all_futures_have():
    runs = by_hand(noise=0.1)
    runs.values["quality"][0, :2] = np.nan
    found, whole = regret(runs, "quality").summary, regret(by_hand(noise=0.1), "quality").summary
    assert (found["mean_high"] - found["mean_low"] > whole["mean_high"] - whole["mean_low"]).all()
    assert (found["mean_low"] <= found["mean"]).all()
    assert (found["mean"] <= found["mean_high"]).all()


def test_regret_is_never_negative_and_one_policy_has_none_in_every_future():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(4, 6, 3))
    runs = made_up(lambda p, s: values[p.policy, p.draw, s - 1], styles="abcd", n_draws=6, n_seeds=3)
    found = regret(runs, "quality").regret.to_numpy()
    assert (found >= 0).all()
    assert (found.min(axis=0) == 0).all()


def test_regret_needs_a_direction_and_two_policies():
    with pytest.raises(CivicsimError, match="neither direction is better"):
        regret(made_up(lambda p, s: 1.0, about=dataclasses.replace(ABOUT, better="neither")), "quality")
    with pytest.raises(CivicsimError, match="regret compares policies, and there is one: old"):
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
    odd = made_up(lambda p, s: p.policy // 2 * (1.0 if p.x == 0 or s > 1 else -20.0), x=(0.0, 1.0))
    assert crossings(odd, "quality")["verdict"].tolist() == ["mean and median disagree"]
    with pytest.raises(CivicsimError, match="no factor 'y'"):
        crossings(runs, "quality", "y")


def test_many_values_are_cut_into_bands():
    runs = made_up(lambda p, s: p.policy * (p.u - 0.5 + 0.001 * (-1) ** s), n_draws=50)
    row = crossings(runs, "quality", "u").iloc[0]
    assert row["at"] == pytest.approx(0.5, abs=0.02)


# -- properties --------------------------------------------------------------------------------------------------------

tables = arrays(float, st.tuples(st.integers(2, 4), st.integers(1, 4)), elements=st.integers(-5, 5).map(float))


def of_table(values, **changes):
    """Return results of policies (rows) in draws (columns), the same with every seed."""
    about = dataclasses.replace(ABOUT, **changes)
    return made_up(
        lambda p, s: values[p.policy, p.draw], "abcd"[: len(values)], n_draws=values.shape[1], n_seeds=2, about=about
    )


@settings(max_examples=20)
@given(tables)
def test_regret_is_the_distance_to_the_best_of_each_future(values):
    found = regret(of_table(values), "quality")
    expected = values.max(axis=0) - values
    np.testing.assert_array_equal(found.regret.to_numpy(), expected)
    np.testing.assert_allclose(found.summary["mean_regret"], expected.mean(axis=1))
    np.testing.assert_array_equal(found.summary["max_regret"], expected.max(axis=1))
    rules = found.rules.set_index("rule")
    assert rules.loc["minimax regret", "score"] == expected.max(axis=1).min()
    assert rules.loc["maximin", "score"] == values.min(axis=1).max()
    assert rules.loc["expected value", "score"] == pytest.approx(values.mean(axis=1).max())
    # What every seed agrees on is as stable as can be, and has no width.
    assert (found.rules["stability"] == 1.0).all()
    assert (found.summary["max_regret_low"] == found.summary["max_regret_high"]).all()


@settings(max_examples=20)
@given(tables, st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_what_all_policies_gain_in_a_future_changes_no_regret(values, gains):
    shifted = values + np.array(gains[: values.shape[1]], dtype=float)
    np.testing.assert_array_equal(*(regret(of_table(v), "quality").regret.to_numpy() for v in (values, shifted)))


@settings(max_examples=20)
@given(tables)
def test_where_lower_is_better_the_mirrored_table_has_the_same_regret(values):
    up, down = regret(of_table(values), "quality"), regret(of_table(-values, better="lower"), "quality")
    np.testing.assert_array_equal(up.regret, down.regret)
    assert up.rules["chosen"].tolist() == down.rules["chosen"].tolist()


def test_policies_that_tie_are_chosen_together_and_have_no_margin():
    found = regret(of_table(np.array([[1.0, 2.0], [1.0, 2.0]])), "quality").rules
    assert set(found["chosen"]) == {"a = b"}
    assert found["margin"].isna().all()


def test_a_threshold_is_met_at_its_value_and_shares_of_futures_are_counted():
    values = np.array([[3.0, 1.0, 3.0], [2.0, 3.5, 2.75]])
    assert regret(of_table(values), "quality", 3.0).summary["met"].tolist() == pytest.approx([2 / 3, 1 / 3])
    down = regret(of_table(-values, better="lower"), "quality", -3.0)
    assert down.summary["met"].tolist() == pytest.approx([2 / 3, 1 / 3])
    # Behind by 0, 2.5 and 0, and by 1, 0 and 0.25.
    within = regret(of_table(values, matters=0.25), "quality").summary["met"].tolist()
    assert within == pytest.approx([2 / 3, 2 / 3])


def test_samples_of_seeds_are_as_wide_as_the_t_interval_however_few_there_are():
    rng = np.random.default_rng(3)
    for n in (2, 3, 5, 12):
        cube = rng.normal(size=(400, 1, n))
        samples = np.array(list(resampled(cube)))[:, :, 0]
        wide = samples.std(axis=0) * 2 * ndtri(0.975)
        expected = [2 * half_width(values.std(ddof=1), n) for values in cube[:, 0]]
        assert np.mean(wide / expected) == pytest.approx(1.0, abs=0.05), n
        assert samples.mean(axis=0) == pytest.approx(cube.mean(axis=2)[:, 0], abs=0.8 * max(expected))


def test_samples_keep_policies_matched_by_seed():
    noise = np.random.default_rng(4).normal(size=9)
    cube = np.stack([noise, noise + 1.0])[:, None, :]
    for means in resampled(cube):
        assert means[1, 0] - means[0, 0] == pytest.approx(1.0)


def test_a_crossing_lies_where_the_line_between_two_levels_meets_zero():
    values = {0.0: -1.0, 0.5: 3.0, 1.0: 2.0}
    found = crossings(made_up(lambda p, s: (p["style"] == "new") * values[p.x], x=tuple(values)), "quality", "x")
    assert found["at"].tolist() == [0.125]
    assert found[["below", "above", "before", "after"]].iloc[0].tolist() == [0.0, 0.5, -1.0, 3.0]
    # A level at which the two are the same is passed over, not taken for a change of sign.
    level = {0.0: -1.0, 0.5: 0.0, 1.0: -2.0}
    assert not len(crossings(made_up(lambda p, s: (p["style"] == "new") * level[p.x], x=tuple(level)), "quality", "x"))
