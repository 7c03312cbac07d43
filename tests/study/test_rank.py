"""Ranks, shares and agreement against pandas and SciPy, worked out from the runs alone."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from made_up import ABOUT, made_up
from scipy.stats import binomtest, friedmanchisquare, kendalltau
from studies import SIZES, small_study

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import wilson
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.analysis.matched import Matched
from civicsim.study.analysis.rank import concordance, pareto, rank
from civicsim.study.run.runner import run_study

STYLES, SHOCKS = ("a", "b", "c", "d"), ("calm", "surge")


def noisy(better="higher", n_draws=9, n_seeds=5, styles=STYLES, shocks=SHOCKS, seed=3):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(len(styles) * n_draws * len(shocks), n_seeds + 1))
    about = dataclasses.replace(ABOUT, better=better)
    sign = 1.0 if better == "higher" else -1.0
    return made_up(
        lambda p, s: sign * (0.4 * p.policy + p.policy * (p.u - 0.5) + 0.5 * noise[p.point, s]),
        styles,
        n_draws=n_draws,
        n_seeds=n_seeds,
        shocks=shocks,
        about=about,
    )


def runs_of(runs: Matched) -> pd.DataFrame:
    """Return the runs as a tidy table."""
    frames = {name: pd.DataFrame(values, columns=list(runs.seeds)).stack() for name, values in runs.values.items()}
    found = pd.DataFrame(frames).rename_axis(["point", "seed"]).reset_index()
    return found.merge(runs.points.drop(columns="against"), on="point")


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_shares_and_ranks_are_those_that_pandas_finds(better):
    runs = noisy(better)
    found = rank(runs, "quality")
    means = runs_of(runs).groupby(["future", "style"])["quality"].mean().unstack()
    ranks = means.rank(axis=1, ascending=better == "lower")
    summary = found.summary.set_index("words")
    shares = (ranks == 1.0).mean()
    for style in STYLES:
        row = summary.loc[style]
        assert row["best"] == pytest.approx(shares[style])
        assert row["mean_rank"] == pytest.approx(ranks[style].mean())
        assert (row["rank_low"], row["rank_high"]) == pytest.approx(tuple(ranks[style].quantile([0.05, 0.95])))
        counts = ranks[style].value_counts(normalize=True).reindex([1.0, 2.0, 3.0, 4.0], fill_value=0.0)
        assert found.distribution.loc[style].tolist() == pytest.approx(counts.tolist())
        assert (row["low"], row["high"]) == pytest.approx(wilson(row["best"] * 9, 9))
        assert row["run_low"] <= row["run_high"]
    assert found.summary["mean_rank"].is_monotonic_increasing
    assert (summary["n_futures"].unique(), summary["n_draws"].unique(), summary["n_seeds"].unique()) == (18, 9, 5)


def test_ties_share_what_is_best_and_the_places_they_take():
    table = {"a": (3.0, 1.0), "b": (3.0, 2.0), "c": (1.0, 2.0), "d": (0.0, 2.0)}
    runs = made_up(lambda p, s: table[p["style"]][SHOCKS.index(p["shock"])], STYLES, shocks=SHOCKS, n_seeds=1)
    found = rank(runs, "quality")
    best = found.summary.set_index("words")["best"]
    assert best.to_dict() == pytest.approx({"a": 1 / 4, "b": (1 / 2 + 1 / 3) / 2, "c": 1 / 6, "d": 1 / 6})
    assert found.distribution.loc["a"].tolist() == pytest.approx([1 / 4, 1 / 4, 0, 1 / 2])
    assert found.distribution.loc["c"].tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6 + 1 / 2, 0])
    np.testing.assert_allclose(found.distribution.sum(axis=0), 1.0)
    assert best.sum() == pytest.approx(1.0)
    assert found.summary[["low", "run_low"]].isna().all(axis=None)


def test_agreement_is_that_of_scipy():
    runs = noisy()
    agreement = rank(runs, "quality").agreement.set_index("source")
    tidy = runs_of(runs)
    for source, key in (("draws", "draw"), ("shocks", "shock"), ("seeds", "seed")):
        orders = tidy.groupby([key, "style"])["quality"].mean().unstack().to_numpy()
        row = agreement.loc[source]
        assert row["n"] == len(orders)
        if len(orders) > 2:
            # Friedman's statistic is m (n − 1) W; SciPy takes the policies one by one, each over all orders.
            assert row["w"] == pytest.approx(friedmanchisquare(*orders.T).statistic / (len(orders) * 3))
        taus = [kendalltau(x, y).statistic for x, y in itertools.combinations(orders, 2)]
        assert row["tau"] == pytest.approx(np.mean(taus))
    tied = np.round(np.random.default_rng(5).normal(size=(5, 12)))
    assert concordance(tied)["w"] == pytest.approx(friedmanchisquare(*tied).statistic / (12 * 4))
    pairs = itertools.combinations(tied.T, 2)
    assert concordance(tied)["tau"] == pytest.approx(np.mean([kendalltau(x, y).statistic for x, y in pairs]))
    same = concordance(np.tile(np.arange(4.0)[:, None], 6))
    assert (same["w"], same["tau"]) == pytest.approx((1.0, 1.0))
    assert same["chance"] < 0.6


def test_random_orders_exceed_the_level_of_chance_in_one_of_twenty():
    rng = np.random.default_rng(6)
    above = [found["w"] > found["chance"] for found in (concordance(rng.normal(size=(5, 8))) for _ in range(400))]
    assert 0.02 < np.mean(above) < 0.09


def test_the_interval_of_a_share_is_wilsons_also_between_whole_numbers():
    for k, n in ((0, 9), (3, 9), (9, 9), (1, 1), (57, 60)):
        found = binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert wilson(k, n) == pytest.approx((found.low, found.high))
    assert wilson(3, 9) < wilson(3.5, 9) < wilson(4, 9)


def test_intervals_over_draws_cover_the_share_of_all_draws():
    # Of two policies the second is best in three tenths of all draws.
    rng, hits = np.random.default_rng(8), []
    for _ in range(100):
        u = rng.random(40)
        runs = made_up(lambda p, s, u=u: p.policy * (0.3 - u[p.draw]), n_draws=40, n_seeds=1)
        row = rank(runs, "quality").summary.set_index("words").loc["new"]
        hits.append(row["low"] <= 0.3 <= row["high"])
    assert 0.9 < np.mean(hits) <= 0.99


def test_horizons_are_summaries_of_one_measure():
    late = dataclasses.replace(ABOUT, measure="quality")
    early = dataclasses.replace(late, column="quality__weeks_0_51")
    runs = noisy()
    reverse = {"quality": runs.values["quality"], "quality__weeks_0_51": -runs.values["quality"]}
    both = dataclasses.replace(runs, columns={"quality": late, "quality__weeks_0_51": early}, values=reverse)
    row = rank(both, "quality").agreement.set_index("source").loc["summaries"]
    assert (row["n"], row["tau"], row["w"]) == pytest.approx((2, -1.0, 0.0))
    assert rank(both, "quality").summary.equals(rank(runs, "quality").summary)


def test_ranks_rest_on_seeds_that_every_policy_has():
    runs = noisy(n_draws=2, n_seeds=3)
    values = runs.values["quality"].copy()
    values[0, 1] = np.nan  # one seed of one policy in the first future
    values[runs.points["future"] == 3] = np.nan
    holes = dataclasses.replace(runs, values={"quality": values})
    found = rank(holes, "quality")
    tidy = runs_of(holes)
    tidy = tidy[(tidy["future"] != 3) & ~((tidy["future"] == 0) & (tidy["seed"] == 2))]
    means = tidy.groupby(["future", "style"])["quality"].mean().unstack()
    assert found.summary.set_index("words")["mean_rank"].to_dict() == pytest.approx(
        means.rank(axis=1, ascending=False).mean().to_dict()
    )
    assert found.left_out == ["draw 1, surge"]


def two_measures(runs: Matched) -> Matched:
    rng = np.random.default_rng(9)
    cost = dataclasses.replace(ABOUT, column="cost", better="lower")
    base = runs.points["policy"].to_numpy()[:, None] * 0.3
    values = {**runs.values, "cost": base + rng.normal(size=runs.values["quality"].shape)}
    return dataclasses.replace(runs, columns={**runs.columns, "cost": cost}, values=values)


def test_the_pareto_view_is_that_of_a_comparison_of_all_pairs():
    runs = two_measures(noisy())
    found = pareto(runs, ["quality", "cost"]).set_index("words")
    means = runs_of(runs).groupby(["future", "style"])[["quality", "cost"]].mean()

    def undominated(table, style):
        own = table.loc[style]
        return not any(
            (other["quality"] >= own["quality"] and other["cost"] <= own["cost"])
            and (other["quality"] > own["quality"] or other["cost"] < own["cost"])
            for name, other in table.iterrows()
            if name != style
        )

    futures = means.index.get_level_values("future").unique()
    overall = means.groupby("style").mean()
    for style in STYLES:
        share = np.mean([undominated(means.loc[future], style) for future in futures])
        assert found.loc[style, "share"] == pytest.approx(share)
        assert found.loc[style, "efficient"] == undominated(overall, style)
        assert found.loc[style, ["quality", "cost"]].tolist() == pytest.approx(overall.loc[style].tolist())
        assert (found.loc[style, "low"], found.loc[style, "high"]) == pytest.approx(wilson(share * 9, 9))
    assert found["share"].between(0.0, 1.0, inclusive="neither").any()


def test_what_cannot_be_ranked_is_refused():
    neither = dataclasses.replace(ABOUT, better="neither")
    cases = [
        (
            lambda: rank(made_up(lambda p, s: 1.0, styles=("one",)), "quality"),
            "ranks compare policies, and there is one: one",
        ),
        (lambda: rank(made_up(lambda p, s: 1.0, about=neither), "quality"), r"there is no rank; \[better\]"),
        (lambda: pareto(noisy(), ["quality", "quality"]), "quality: a Pareto view takes two or more measures"),
        (
            lambda: rank(made_up(lambda p, s: np.nan), "quality"),
            "no future has a seed that every policy has a value for",
        ),
        (lambda: rank(noisy(), "qualty"), "no measure 'qualty'; did you mean 'quality'?"),
    ]
    for call, message in cases:
        with pytest.raises(CivicsimError, match=message):
            call()


def test_any_style_or_all_pairs_can_be_compared():
    runs = noisy()
    tidy = runs_of(runs).set_index(["style", "shock", "draw", "seed"])["quality"].sort_index()
    against_c = contrasts(runs, against="c")
    assert set(zip(against_c["words"], against_c["against"], strict=True)) == {("a", "c"), ("b", "c"), ("d", "c")}
    every = contrasts(runs, against="all")
    assert set(zip(every["words"], every["against"], strict=True)) == {
        (y, x) for x, y in itertools.combinations(STYLES, 2)
    }
    for row in pd.concat([against_c, every]).to_dict("records"):
        one, other = (tidy.loc[row[key], row["shock"]] for key in ("words", "against"))
        assert row["difference"] == pytest.approx((one - other).mean())
        assert row["n"] == 45
    usual = contrasts(runs)
    pd.testing.assert_frame_equal(usual, contrasts(runs, against="a"))
    with pytest.raises(CivicsimError, match="no style 'e'"):
        contrasts(runs, against="e")


def test_pairs_share_their_setting_and_those_of_one_style_their_future():
    grid = made_up(lambda p, s: p.x + p.policy, x=(0.0, 1.0), n_seeds=2)
    found = contrasts(dataclasses.replace(grid, factors=("x",)), against="all")
    assert found[["words", "against"]].to_numpy().tolist() == [
        ["new, x = 0", "old, x = 0"],
        ["new, x = 1", "old, x = 1"],
    ]
    alone = made_up(lambda p, s: p.x, styles=("old",), x=(0.0, 1.0, 3.0), n_seeds=2)
    found = contrasts(dataclasses.replace(alone, factors=("x",)), against="all")
    assert found[["words", "against"]].to_numpy().tolist() == [
        ["x = 1", "x = 0"],
        ["x = 3", "x = 0"],
        ["x = 3", "x = 1"],
    ]
    assert found["difference"].tolist() == [1.0, 3.0, 2.0]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    measures = {"trust": ["last 52", "weeks 0-1"], "incident_rate": "last 52"}
    study = small_study(
        styles=["status-quo", "civic-culture", "command"],
        measures=measures,
        seeds=2,
        better={"incident_rate": "lower"},
        factors=SIZES,
        uncertainties={"fear": {"low": 0.0, "high": 0.8}},
        design={"draws": 4},
    )
    return run_study(study, tmp_path_factory.mktemp("ranked") / "results", processes=0)


def test_ranks_of_a_store_are_those_of_its_tables(store):
    found = rank(store, "trust")
    means = store.to_pandas().groupby(["future", "style"])["trust"].mean().unstack()
    expected = means.rank(axis=1, ascending=False).mean()
    assert found.summary.set_index("words")["mean_rank"].to_dict() == pytest.approx(expected.to_dict())
    assert found.agreement["source"].tolist() == ["draws", "summaries", "seeds"]
    wanted = store.to_pandas().groupby(["future", "style"])["incident_rate"].mean().unstack().rank(axis=1).mean()
    own = rank(store, "incident_rate").summary.set_index("words")["mean_rank"]
    assert own.to_dict() == pytest.approx(wanted.to_dict())
