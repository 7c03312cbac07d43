"""Orders of styles in worlds whose rules have other forms: known truth, and designs of forms."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from faults import not_refused
from hypothesis import given
from hypothesis import strategies as st
from made_up import ABOUT, made_up
from scipy.stats import kendalltau
from studies import SIZES, small_study

from civicsim.errors import CivicsimError
from civicsim.scenario.scenario import PARAMETERS
from civicsim.study.analysis.multiverse import kendall, multiverse, of_rules
from civicsim.study.run.runner import run_study

STYLES = ("a", "b", "c")
NOISE = np.random.default_rng(5).normal(0.0, 0.01, (3, 3, 11))
FORMS = {about.key: about for about in PARAMETERS.values() if about.name == "form"}


def worlds(*orders, noise=1.0, **changes):
    """Return results in which style i is at ``orders[world][i]``, with its own noise in each world."""

    def value(point, seed):
        world, style = int(point["x"]), STYLES.index(point["style"])
        return orders[world][style] + noise * NOISE[world, style, seed]

    runs = made_up(value, STYLES, x=range(len(orders)), **changes)
    return dataclasses.replace(runs, factors=("rule",))


# -- tau -------------------------------------------------------------------------------------------------------------


def test_tau_is_that_of_scipy_ties_and_all():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 4, (2, 40, 6))
    expected = [kendalltau(a, b).statistic for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(kendall(first, second), expected, atol=1e-12)
    assert np.isnan(kendall(np.ones((1, 3)), np.arange(3.0)[None])).all()
    assert kendall(first[:1], second).shape == (40,)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=9))
def test_tau_is_symmetric_and_turns_round_with_either_order(rows):
    first, second = np.array(rows, dtype=float).T[:, None]
    found = kendall(first, second)
    expected = np.nan if np.ptp(first) == 0 or np.ptp(second) == 0 else kendalltau(first, second).statistic
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(found, kendall(second, first))
    np.testing.assert_array_equal(found, -kendall(first, -second))
    np.testing.assert_array_equal(found, kendall(np.exp(first), second))


def test_tau_of_a_textbook():
    # Kendall (1938, Biometrika 30:81): one order of ten against another has tau 0.6 with nine of 45 pairs turned round.
    order = np.array([[4, 7, 2, 10, 3, 6, 8, 1, 5, 9]])
    other = np.array([[5, 7, 3, 10, 1, 9, 6, 2, 8, 4]])
    concordant = sum((order[0, i] - order[0, j]) * (other[0, i] - other[0, j]) > 0 for i in range(10) for j in range(i))
    assert kendall(order, other)[0] == pytest.approx((2 * concordant - 45) / 45)


def test_identical_worlds_agree_fully_and_surely():
    found = multiverse(worlds((0.0, 0.5, 1.0), (0.0, 0.5, 1.0), noise=0.0), "quality")
    assert found.worlds[["tau", "low", "high"]].to_numpy().tolist() == [[1.0] * 3] * 2
    assert found.worlds["order"].tolist() == ["c > b > a"] * 2
    assert found.worlds["swaps"].tolist() == [0, 0]
    assert set(found.pairs["verdict"]) == {"same order"}
    assert found.chance == 1.0
    assert "is c > b > a; 1 of 1 other worlds have the same. " in found.words
    assert found.words.endswith(
        "No pair of styles changes places clearly, with intervals that exclude 0 on both sides."
    )


def test_a_reversed_order_gives_minus_one_and_every_pair_swaps():
    found = multiverse(worlds((0.0, 0.5, 1.0), (1.0, 0.5, 0.0)), "quality")
    other = found.worlds.iloc[1]
    assert (other["tau"], other["low"], other["high"], other["swaps"]) == (-1.0, -1.0, -1.0, 3)
    assert other["order"] == "a > b > c"
    assert found.pairs[["better", "worse"]].to_numpy().tolist() == [["c", "b"], ["c", "a"], ["b", "a"]]
    assert found.pairs["first"].tolist() == pytest.approx([0.5, 1.0, 0.5], abs=0.05)
    assert found.pairs["other"].tolist() == pytest.approx([-0.5, -1.0, -0.5], abs=0.05)
    assert "0 of 1 other worlds have the same. The least alike has Kendall's tau −1.00: rule = form 1." in found.words
    assert found.words.endswith(
        "With intervals that exclude 0 on both sides, these change places: c and b; c and a; b and a."
    )


def test_a_pair_whose_mean_misleads_is_not_called_a_swap():
    # In the second world, new is much worse with one seed of ten and a little better with all others.
    runs = made_up(lambda p, s: (p["style"] == "new") * (1.0 if p["x"] == 0 or s > 1 else -20.0), x=(0, 1))
    found = multiverse(dataclasses.replace(runs, factors=("rule",)), "quality")
    assert found.pairs["verdict"].tolist() == ["mean and median disagree"]
    assert found.worlds["swaps"].tolist() == [0, 0]
    assert found.differences["verdict"].tolist() == ["higher", "too close to call, but mean and median disagree"]


def test_what_chance_may_reverse_does_not_count_as_a_swap():
    found = multiverse(worlds((0.0, 0.001, 1.0), (0.001, 0.0, 1.0)), "quality")
    verdict = {frozenset(pair): verdict for *pair, verdict in found.pairs[["better", "worse", "verdict"]].to_numpy()}
    assert verdict == {
        frozenset("ab"): "too close to call",
        frozenset("ac"): "same order",
        frozenset("bc"): "same order",
    }
    assert found.worlds["swaps"].tolist() == [0, 0]
    assert found.worlds["low"][1] == pytest.approx(1 / 3)
    assert found.worlds["high"][1] == 1.0
    assert 1 / 3 < found.chance < 1.0


def test_differences_are_paired_with_the_baseline_in_the_same_world():
    found = multiverse(worlds((0.0, 0.5, 1.0), (1.0, 0.5, 0.0)), "quality").differences
    assert found[["style", "against"]].to_numpy().tolist() == [["b", "a"], ["c", "a"]] * 2
    assert found["difference"].tolist() == pytest.approx([0.5, 1.0, -0.5, -1.0], abs=0.05)
    assert (found["low"] < found["difference"]).all()
    assert found["verdict"].tolist() == ["higher", "higher", "lower", "lower"]


def test_the_better_comes_first_whichever_way_is_better():
    lower = multiverse(
        worlds((0.0, 0.5, 1.0), (0.0, 1.0, 0.5), about=dataclasses.replace(ABOUT, better="lower")), "quality"
    )
    assert lower.worlds["order"].tolist() == ["a > b > c", "a > c > b"]
    assert lower.worlds["tau"].tolist() == [1.0, pytest.approx(1 / 3)]
    assert lower.pairs[["better", "worse"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]


def test_draws_and_shocks_count_alike_and_seeds_without_all_values_are_left_out():
    runs = worlds((0.0, 0.5, 1.0), (1.0, 0.5, 0.0), n_draws=2, shocks=("calm", "surge"))
    runs.values["quality"][3, 0] = np.nan
    found = multiverse(runs, "quality")
    assert set(found.worlds["n_seeds"]) == {9}
    assert set(found.worlds["n_futures"]) == {4}
    with_one = multiverse(worlds((0.0, 0.5, 1.0), (1.0, 0.5, 0.0), n_seeds=1), "quality")
    assert with_one.worlds["low"].isna().all()
    assert np.isnan(with_one.chance)


def test_where_all_styles_are_the_same_there_is_no_order_to_agree_with():
    found = multiverse(worlds((0.0, 0.5, 1.0), (0.0, 0.0, 0.0), noise=0.0), "quality")
    assert np.isnan(found.worlds["tau"][1])
    assert found.worlds["order"][1] == "a = b = c"


def test_bad_input_is_one_clear_line():
    runs = worlds((0.0, 0.5, 1.0), (1.0, 0.5, 0.0))
    with pytest.raises(CivicsimError, match="no measure 'qality'; did you mean 'quality'"):
        multiverse(runs, "qality")
    with pytest.raises(CivicsimError, match="study: there is one world"):
        multiverse(worlds((0.0, 0.5, 1.0)), "quality")
    with pytest.raises(CivicsimError, match="an order needs several styles, and there is one: a"):
        multiverse(made_up(lambda p, s: 1.0, ("a",), x=(0.0, 1.0)), "quality")
    with pytest.raises(CivicsimError, match="not every style has every setting"):
        multiverse(dataclasses.replace(runs, points=runs.points.iloc[:-1]), "quality")
    runs.values["quality"][2] = np.nan
    with pytest.raises(CivicsimError, match="quality: no seed has a value for every style in every world"):
        multiverse(runs, "quality")


def test_worlds_of_other_rules_are_told_from_worlds_of_other_numbers():
    runs = worlds((0.0, 0.5, 1.0), (1.0, 0.5, 0.0))
    assert of_rules(runs)
    assert not of_rules(dataclasses.replace(runs, factors=("rule", "x")))
    assert not of_rules(dataclasses.replace(runs, factors=("u",)))


# -- designs of forms ------------------------------------------------------------------------------------------------


def forms_study(**changes):
    return small_study(**({"factors": SIZES, "design": "forms", "seeds": 2} | changes))


def columns(points):
    return points[[key.replace(".", "__") for key in FORMS]]


def test_five_rules_have_forms_and_the_published_one_is_the_first_and_the_default():
    assert {about.section for about in FORMS.values()} == {"voice", "response", "learning", "spread", "exhaustion"}
    assert all(about.default == about.choices[0] for about in FORMS.values())
    assert all(len(about.choices) == 3 + (key == "spread.form") for key, about in FORMS.items())


def test_a_design_of_forms_is_the_published_world_and_each_other_form_alone():
    found = columns(forms_study(styles=["status-quo"]).points)
    published = [about.default for about in FORMS.values()]
    assert found.iloc[0].tolist() == published
    changed = [
        {key for key, value, usual in zip(FORMS, row, published, strict=True) if value != usual}
        for row in found.to_numpy()
    ]
    assert [len(rules) for rules in changed] == [0] + [1] * 11
    assert len(found.drop_duplicates()) == 12


def test_forms_are_combined_on_request_and_held_ones_are_kept():
    held = {"voice.form": "linear", "learning.form": "counting", "spread.form": "complex"}
    points = forms_study(factors=SIZES | held, design={"method": "forms", "combinations": True}).points
    assert set(zip(points["response__form"], points["exhaustion__form"], strict=True)) == set(
        itertools.product(FORMS["response.form"].choices, FORMS["exhaustion.form"].choices)
    )
    assert len(points) == 2 * 9
    assert set(points["voice__form"]) == {"linear"}
    assert len(forms_study(factors=SIZES | held).points) == 2 * 5


def test_mistakes_in_a_design_of_forms_are_one_line():
    cases = [
        ({"factors": {"fear": [0.1, 0.2]}}, "fear is swept, but the forms design sets the settings"),
        ({"design": {"method": "forms", "combinations": 2}}, r"\[design\] combinations = 2: expected true or false"),
        ({"design": {"method": "forms", "n": 2}}, "n: a forms design has no use for it"),
        ({"design": {"method": "form"}}, "'form'; did you mean 'forms'"),
        ({"factors": {"voice.form": "logt"}}, "'logt'.*did you mean 'logit'"),
    ]
    assert not_refused(lambda changes: forms_study(**changes), [((c,), expected) for c, expected in cases]) == []


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    held = {key: about.default for key, about in FORMS.items() if key != "exhaustion.form"}
    study = forms_study(factors=SIZES | held, matters={"trust": 0.02})
    return run_study(study, tmp_path_factory.mktemp("forms") / "results", processes=0)


@pytest.fixture
def main(store, monkeypatch, capsys):
    from civicsim.cli import main

    monkeypatch.chdir(store.path.parent)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words):
        code = main(["study", *words])
        printed = capsys.readouterr()
        return code, " ".join(printed.out.split()), printed.err.strip()

    return call


def test_a_study_of_forms_is_run_and_read_like_any_other(store):
    found = multiverse(store, "trust")
    assert found.worlds["world"].tolist() == [
        "as published",
        "Exhaustion: form saturating",
        "Exhaustion: form threshold",
    ]
    assert found.worlds["tau"][0] == 1.0


def test_the_command_says_orders_tau_and_differences_of_every_world(main):
    code, text, error = main("multiverse", "results", "--measures", "trust,load")
    assert code == 0, error
    assert "Kendall's tau" in text
    for words in (
        "as published",
        "Exhaustion: form threshold",
        "civic-culture",
        "Against status-quo",
        "Trust in the organisation",
    ):
        assert words in text
    code, text, _ = main("multiverse", "results", "--json")
    values = json.loads(text)
    assert code == 0
    assert set(values) == {"trust", "quality_true", "load"}
    assert [row["setting"] for row in values["trust"]["worlds"]] == [0, 1, 2]
    assert set(values["trust"]) == {"measure", "label", "unit", "better", "worlds", "differences", "pairs", "chance"}


def test_worlds_are_futures_to_other_analyses_and_stand_on_the_page(main):
    code, text, error = main("regret", "results", "--measures", "trust")
    assert code == 0, error
    assert "In all rows: Largest in setting 0, draw 0; Futures 3 × 2 seeds." in text
    assert main("report", "results", "--out", "page.html")[0] == 0
    assert "Other forms of the rules" in Path("page.html").read_text()


def test_mistakes_are_one_line(main):
    cases = {
        ("multiverse", "results", "--measures", "trst"): "results: no measure 'trst'; did you mean 'trust'?",
        ("multiverse", "nowhere"): "nowhere: there is no such folder",
        ("sensitivity", "results"): (
            "results: a design of forms changes one rule at a time and is not a sample: civicsim study multiverse reads it"
        ),
    }
    found = {words: main(*words) for words in cases}
    assert found == {words: (2, "", f"civicsim: {message}") for words, message in cases.items()}


def test_sampled_settings_are_no_worlds(tmp_path):
    study = small_study(
        factors=SIZES | {"fear": {"low": 0.1, "high": 0.9}}, design={"method": "latin-hypercube", "n": 2}, seeds=1
    )
    with pytest.raises(CivicsimError, match="settings are sampled: worlds are settings one by one"):
        multiverse(run_study(study, tmp_path / "results", processes=0), "trust")
