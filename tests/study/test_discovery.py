"""Boxes in which a style loses, where it is known where it does."""

import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import ABOUT, made_up
from scipy.special import ndtri

from civicsim.errors import CivicsimError
from civicsim.study.analysis.discovery import discover, wilson


def corner(point, seed):
    """The new style loses where x > 0.55 and u < 0.5, and wins elsewhere."""
    gain = -1.0 if point.x > 0.55 and point.u < 0.5 else 1.0
    return (gain if point["style"] == "new" else 0.0) + 0.01 * (-1) ** seed


@pytest.fixture(scope="module")
def runs():
    return made_up(corner, n_draws=20, n_seeds=3, x=np.linspace(0.0, 1.0, 11))


def test_the_corner_in_which_it_loses_is_found_in_the_parameters_own_names(runs):
    found = discover(runs, "quality")
    assert (found.style, found.against, found.n, found.n_lost, found.n_close) == ("new", "old", 220, 50, 0)
    box = found.boxes.iloc[0]
    assert box["box"] == "u ≤ 0.5 and x > 0.55"
    assert (box["coverage"], box["density"], box["lost"]) == (1.0, 1.0, 50)
    assert box["density_low"] > 0.9
    assert found.coverage_elsewhere == found.density_elsewhere == 1.0
    assert found.words.startswith(
        "new loses to old on Quality in 50 of 220 cases (23 %); 0 of all 220 are too close to call."
    )


def test_cases_in_which_the_mean_misleads_are_counted(runs):
    # In one draw of twenty, nine seeds of ten are a little better and one is much worse.
    odd = made_up(
        lambda p, s: (p["style"] == "new") * ((-20.0 if s == 1 else 0.5) if p["draw"] == 0 else 1.0), n_draws=20
    )
    found = discover(odd, "quality")
    assert (found.n_lost, found.n_misleading) == (1, 1)
    assert "In 1, the mean by itself misleads" in found.words
    assert discover(runs, "quality").n_misleading == 0
    assert "misleads" not in discover(runs, "quality").words


def test_who_loses_can_be_turned_round(runs):
    found = discover(runs, "quality", "old", "new")
    assert found.n_lost == 170
    assert found.boxes["coverage"].sum() == pytest.approx(1.0)
    lower = {"quality": dataclasses.replace(ABOUT, better="lower")}
    assert discover(dataclasses.replace(runs, columns=lower), "quality").n_lost == 170


def test_less_than_what_matters_is_not_lost(runs):
    much = {"quality": dataclasses.replace(ABOUT, matters=2.0)}
    found = discover(dataclasses.replace(runs, columns=much), "quality")
    assert found.n_lost == 0
    assert "no border" in found.words


def test_a_choice_is_named_by_its_values():
    shocks = ("none", "surge", "strike")
    runs = made_up(
        lambda p, s: (p["shock"] != "surge") - 0.5 if p["style"] == "new" else 0.0, n_draws=20, n_seeds=2, shocks=shocks
    )
    found = discover(runs, "quality")
    assert found.boxes["box"].tolist() == ["shock = surge"]
    back = discover(runs, "quality", "old", "new")
    assert back.boxes["box"].tolist() == ["shock = none or strike"]


def test_where_chance_alone_decides_boxes_do_not_hold_on_other_cases():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(300, 2))
    runs = made_up(lambda p, s: noise[p.draw, s - 1] if p["style"] == "new" else 0.0, n_draws=300, n_seeds=2)
    found = discover(runs, "quality")
    assert found.n_close > 200
    assert abs(found.density_elsewhere - found.n_lost / found.n) < 0.15


def test_mistakes_are_named(runs, monkeypatch):
    for words, expected in (
        ({"style": "nwe"}, "no style 'nwe'; did you mean 'new'"),
        ({"style": "old"}, "old cannot lose to itself"),
        ({"depth": 0}, "depth = 0: expected a whole number from 1 to 10"),
    ):
        with pytest.raises(CivicsimError, match=expected):
            discover(runs, "quality", **words)
    with pytest.raises(CivicsimError, match="1 cases with a value: expected at least 20"):
        discover(made_up(corner), "quality")
    neither = {"quality": dataclasses.replace(ABOUT, better="neither")}
    with pytest.raises(CivicsimError, match="neither direction is better"):
        discover(dataclasses.replace(runs, columns=neither), "quality")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(CivicsimError, match=r'^discover: needs scikit-learn: pip install "civicsim\[discovery\]"$'):
        discover(runs, "quality")


def test_wilsons_interval_is_the_published_one():
    # Newcombe (1998, Statistics in Medicine 17:857), table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_wilsons_interval_solves_its_equation_includes_the_share_and_mirrors(case, confidence):
    k, n = case
    ends, z = wilson(k, n, confidence), ndtri(0.5 + confidence / 2)
    # At either end p, the share lies z standard errors away: (k/n − p)² = z² p (1 − p) / n.
    for end in ends:
        assert (k / n - end) ** 2 == pytest.approx(z**2 * end * (1 - end) / n, abs=1e-12)
    assert 0.0 <= ends[0] <= k / n <= ends[1] <= 1.0
    assert wilson(n - k, n, confidence) == pytest.approx((1 - ends[1], 1 - ends[0]), abs=1e-12)
