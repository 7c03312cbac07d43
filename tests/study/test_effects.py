"""Effects of a full grid: by hand, against ordinary least squares, and against the analysis of variance of textbooks."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from made_up import ABOUT, made_up

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import estimate
from civicsim.experiment.wording import scale_of
from civicsim.report.canvas import panel
from civicsim.report.interaction import draw_interaction
from civicsim.report.look import BETTER, THICK, THIN
from civicsim.report.view import View
from civicsim.study.analysis.effects import (
    DRAWS,
    HIGHER,
    INTERACTION,
    MAIN,
    RUNS,
    SIMPLE,
    cell_means,
    effects,
    variance_shares,
)
from civicsim.study.analysis.matched import Matched

LEVELS = {"a": (0.0, 6.0), "b": (0.1, 0.5, 0.9), "c": ("x", "y")}


def grid(value, n_draws=1, n_seeds=5, levels=LEVELS, without=()):
    """Return a full grid whose runs are ``value(levels, draw, seed)``."""
    cells = [dict(zip(levels, own, strict=True)) for own in itertools.product(*levels.values())]
    rows, values = [], []
    for number, ((policy, cell), draw) in enumerate(itertools.product(enumerate(cells), range(n_draws))):
        if number not in without:
            rows.append(
                {"policy": policy, "future": draw, "style": "s", "setting": policy, "draw": draw, "shock": "", **cell}
            )
            values.append([value(cell, draw, seed) for seed in range(n_seeds)])
    points = pd.DataFrame(rows).assign(against=pd.NA, u=lambda own: own["draw"] / max(n_draws, 1))
    points.insert(0, "point", range(len(points)))
    return Matched(points, (*levels, "u"), tuple(range(n_seeds)), {"quality": ABOUT}, {"quality": np.array(values)})


def noisy(seed=1, n_draws=1, n_seeds=5, **how):
    rng = np.random.default_rng(seed)
    return grid(lambda cell, draw, seed: rng.normal(), n_draws, n_seeds, **how)


def known(cell, draw, seed):
    return (
        2.0 * (cell["a"] > 0) + 3.0 * cell["b"] * (cell["a"] > 0) + (cell["c"] == "y") * cell["b"] + 10.0 * seed + draw
    )


def picked(found, **cells):
    for name, cell in cells.items():
        found = found[found[name] == cell]
    (row,) = found.to_dict("records")
    return row


def test_effects_are_those_that_were_put_in():
    found = effects(grid(known), "a", ["b"])
    assert picked(found, kind=MAIN)["difference"] == pytest.approx(2.0 + 3.0 * 0.5)
    for b in LEVELS["b"]:
        assert picked(found, kind=SIMPLE, at=f"b = {b}")["difference"] == pytest.approx(2.0 + 3.0 * b)
    row = picked(found, kind=INTERACTION, at="b 0.9 − 0.1")
    assert row["difference"] == pytest.approx(3.0 * 0.8)
    # What the runs of a seed have in common is no uncertainty.
    assert row["low"] == pytest.approx(row["high"])
    assert (row["term"], row["change"], row["n"], row["uncertainty"]) == ("a × b", "a 6 − 0", 5, "run-to-run")


def test_intervals_are_t_intervals_of_differences_of_differences_by_seed():
    runs = noisy()
    y = runs.values["quality"].reshape(2, 3, 2, 5)
    found = effects(runs, "a", ["b", "c"])
    simple = estimate(y[1, 2, 0] - y[0, 2, 0])
    row = picked(found, kind=SIMPLE, at="b = 0.9, c = x")
    assert (row["difference"], row["low"], row["high"]) == pytest.approx((simple.mean, simple.low, simple.high))
    own = y[1] - y[0]
    two = estimate((own[1] - own[0]).mean(axis=0))
    row = picked(found, kind=INTERACTION, at="b 0.5 − 0.1")
    assert (row["difference"], row["run_low"], row["run_high"]) == pytest.approx((two.mean, two.low, two.high))
    three = estimate((own[2, 1] - own[2, 0]) - (own[0, 1] - own[0, 0]))
    row = picked(found, kind=INTERACTION, at="b 0.9 − 0.1, c y − x")
    assert (row["difference"], row["low"], row["high"]) == pytest.approx((three.mean, three.low, three.high))
    assert row["term"] == "a × b × c"


def test_draws_and_seeds_are_kept_apart():
    runs = grid(
        lambda cell, draw, seed: (cell["a"] > 0) * (1.0 + 0.5 * draw + 0.01 * (-1) ** seed), n_draws=3, n_seeds=4
    )
    row = picked(effects(runs, "a", ["c"]), kind=MAIN)
    assert row["difference"] == pytest.approx(1.5)
    assert row["uncertainty"] == "both"
    assert row["run_high"] - row["run_low"] < 0.05
    assert (row["parameter_low"], row["parameter_high"]) == pytest.approx((1.025, 1.975))
    assert (row["n_seeds"], row["n_draws"]) == (4, 3)


def test_without_a_factor_all_main_effects_and_interactions_of_two_are_given():
    found = effects(noisy())
    assert found[found["kind"] == MAIN]["change"].tolist() == ["a 6 − 0", "b 0.5 − 0.1", "b 0.9 − 0.1", "c y − x"]
    assert found[found["kind"] == INTERACTION]["term"].value_counts().to_dict() == {"a × b": 2, "a × c": 1, "b × c": 2}
    assert SIMPLE not in set(found["kind"])


def test_a_seed_that_lacks_a_cell_is_left_out_of_every_effect_that_rests_on_it():
    runs = noisy()
    runs.values["quality"][0, 3] = np.nan
    main = picked(effects(runs, "a", ["c"]), kind=MAIN)
    assert (main["n"], main["n_missing"]) == (4, 1)
    found = effects(runs, "b", ["c"])
    assert picked(found, kind=SIMPLE, at="c = y", change="b 0.5 − 0.1")["n"] == 5
    assert set(variance_shares(runs)["n_seeds"]) == {4}


def test_shares_are_sums_of_squares_of_least_squares_and_add_up():
    runs = noisy(n_draws=2)
    y = runs.values["quality"].reshape(2, 3, 2, 2, 5)
    found = variance_shares(runs).set_index("term")["share"]
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    # Least squares on indicators of cells, with ever more terms: orthogonal, since the grid is balanced.
    at = np.indices(y.shape).reshape(5, -1)
    dummies = [np.eye(n)[own] for n, own in zip(y.shape, at, strict=True)]

    def explained(axes):
        columns = np.ones((y.size, 1))
        for axis in axes:
            columns = (columns[:, :, None] * dummies[axis][:, None, :]).reshape(y.size, -1)
        fitted = columns @ np.linalg.lstsq(columns, y.ravel(), rcond=None)[0]
        return fitted.var() / y.var()

    assert found["a"] == pytest.approx(explained([0]), abs=1e-12)
    assert found["a × b"] == pytest.approx(explained([0, 1]) - explained([0]) - explained([1]), abs=1e-12)
    lower = ["a", "b", "c", "a × b", "a × c", "b × c"]
    assert found["a × b × c"] == pytest.approx(explained([0, 1, 2]) - found[lower].sum(), abs=1e-12)
    assert found[DRAWS] == pytest.approx(explained([0, 1, 2, 3]) - explained([0, 1, 2]), abs=1e-12)
    assert found[RUNS] == pytest.approx(1.0 - explained([0, 1, 2, 3]), abs=1e-12)


def test_terms_without_effect_have_on_average_the_share_that_chance_gives():
    many = [variance_shares(noisy(seed)).set_index("term") for seed in range(200)]
    for term in ("a", "b", "a × b × c"):
        share, chance = (np.mean([own.loc[term, name] for own in many]) for name in ("share", "chance"))
        assert share == pytest.approx(chance, rel=0.2), term


def test_interactions_of_four_factors_share_one_row():
    levels = {name: (0.0, 1.0) for name in "abcd"}
    runs = grid(lambda cell, draw, seed: float(np.prod([2 * own - 1 for own in cell.values()])), levels=levels)
    found = variance_shares(runs).set_index("term")["share"]
    assert found[HIGHER] == pytest.approx(1.0)
    assert found[RUNS] == 0.0


def test_nothing_varies():
    found = variance_shares(grid(lambda cell, draw, seed: 0.1))
    assert found["share"].isna().all()


def test_styles_and_shocks_are_factors_and_styles_are_compared_with_the_baseline():
    runs = made_up(lambda p, s: (p["style"] == "new") + 3.0 * (p["shock"] == "surge"), shocks=("none", "surge"))
    found = effects(runs)
    assert found["change"].tolist() == ["style new − old", "shock surge − none", "style new − old"]
    assert found["difference"].tolist() == pytest.approx([1.0, 3.0, 0.0])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"without": (4,)}, "full grid, and a = 0, b = 0.9, c = x is no point"),
        ({"levels": {"a": (1.0,)}}, "several listed levels, and there are none"),
    ],
)
def test_what_is_no_full_grid_is_refused_by_name(how, words):
    with pytest.raises(CivicsimError, match=words):
        effects(noisy(**how))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("q",), "no factor 'q'"),
        (("a", ["q"]), "no factor 'q'"),
        (("a", ["a"]), "a is both the factor and among"),
        ((None, ["a"]), "expected the factor whose effect depends on it"),
    ],
)
def test_factors_that_are_none_are_named(asked, words):
    with pytest.raises(CivicsimError, match=words):
        effects(noisy(), *asked)


def drawn(runs, *factors):
    # The figure is drawn of the runs alone.
    view = View(None, runs, ABOUT, (), factors)
    return panel(lambda ax: draw_interaction(ax, view))


def test_the_figure_draws_the_means_of_cells_both_kinds_of_uncertainty_and_the_interaction():
    runs = noisy(n_draws=3)
    ax = drawn(runs, "b", "a")
    y = runs.values["quality"].reshape(2, 3, 2, 3, 5)
    paths = {line.get_label(): line for line in ax.lines if line.get_label().startswith("a ")}
    assert list(paths) == ["a 0", "a 6"]
    for line, own in zip(paths.values(), y, strict=True):
        assert line.get_ydata() == pytest.approx(own.mean(axis=(1, 2, 3)))
    cells = cell_means(runs, "quality", ["a", "b"])
    for kind, width in (("run", THICK), ("parameter", THIN)):
        upright = [bar for bar in ax.lines if bar.get_linewidth() == width and len(set(bar.get_xdata())) == 1]
        np.testing.assert_allclose([sorted(bar.get_ydata()) for bar in upright], cells[[f"{kind}_low", f"{kind}_high"]])
    caption = " ".join(ax.figure.texts[1].get_text().split())
    assert "3 draws" in caption
    assert "Mean over c." in caption
    found = effects(runs, "b", ["a"])
    for row in found[found["kind"] == INTERACTION].to_dict("records"):
        words = scale_of(ABOUT.unit).difference(row["difference"], row["low"], row["high"])
        assert f"{row['at']}: {words}" in caption


def test_the_figure_takes_the_first_factors_by_default_and_averages_over_the_rest():
    ax, runs = drawn(noisy()), noisy()
    lines = [line for line in ax.lines if line.get_label().startswith("b ")]
    assert [line.get_label() for line in lines] == [f"b {b}, c {c}" for b in (0.1, 0.5, 0.9) for c in "xy"]
    np.testing.assert_allclose(
        np.transpose([line.get_ydata() for line in lines]), runs.values["quality"].mean(axis=1).reshape(2, 6)
    )


def test_one_factor_is_one_line_in_the_first_colour():
    ax = drawn(noisy(), "b")
    (line,) = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert line.get_color() == BETTER
    assert line.get_ydata() == pytest.approx(cell_means(noisy(), "quality", ["b"])["mean"])


def test_means_of_cells_stay_within_the_bounds_of_the_measure():
    runs = noisy()
    about = dataclasses.replace(ABOUT, bounds=(0.0, 1.0))
    inside = dataclasses.replace(
        runs, columns={"quality": about}, values={"quality": np.abs(runs.values["quality"]) % 0.1}
    )
    assert (cell_means(inside, "quality", ["a"])["run_low"] >= 0.0).all()
