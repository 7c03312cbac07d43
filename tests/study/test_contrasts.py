"""Paired differences of a study: intervals that cover what they say, verdicts, and tails."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_up import ABOUT, made_up
from scipy.special import stdtrit

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import PairedDifference, estimate, half_width, paired_difference
from civicsim.study.analysis.contrasts import contrast, contrasts, seeds_needed, tails, verdict_of
from civicsim.study.analysis.matched import mean_of
from civicsim.study.design.precision import Precision, seeds_to_add, widths

TRIALS = 2000


def test_paired_intervals_cover_the_true_difference_as_often_as_they_say():
    rng = np.random.default_rng(7)
    chance = rng.normal(size=(TRIALS, 12))
    # Skewed and of different spread, as measures are; the variation that runs of one seed share cancels out.
    first, second = 0.3 + chance + 0.5 * rng.normal(size=chance.shape), chance + 0.3 * rng.gamma(4.0, 0.5, chance.shape)
    truth = 0.3 - 0.3 * 4.0 * 0.5
    found = [paired_difference(a, b) for a, b in zip(first, second, strict=True)]
    covered = np.mean([own.low <= truth <= own.high for own in found])
    assert 0.93 <= covered <= 0.97


def test_the_stopping_rule_reaches_its_half_width_and_the_truth_lies_within_it():
    rng = np.random.default_rng(8)
    rule = Precision({"quality": 0.3}, limit=200, batch=10)
    reached, near = [], []
    for _ in range(TRIALS):
        values = rng.normal(0.2, 1.0, rule.limit)
        n = 10
        while more := seeds_to_add(rule, half(values[:n]) <= 0.3, tuple(range(n))):
            n += len(more)
        reached.append(half(values[:n]) <= 0.3)
        near.append(abs(values[:n].mean() - 0.2) <= 0.3)
    assert np.mean(reached) >= 0.95
    # Looking again and again costs a little of the 95 %, and no more than that.
    assert np.mean(near) >= 0.93


def half(values):
    about = estimate(values)
    return (about.high - about.low) / 2


def test_the_rule_sees_the_half_width_that_contrasts_report():
    rng = np.random.default_rng(9)
    noise = rng.normal(size=(2, 11))
    runs = made_up(lambda point, seed: noise[point.policy, seed - 1])
    frame = runs.points.merge(
        pd.DataFrame(
            {
                "point": np.repeat([0, 1], 10),
                "seed": np.tile(np.arange(1, 11), 2),
                "quality": runs.values["quality"].ravel(),
            }
        )
    )
    seen = widths(frame, runs.points.set_index("point")["against"], {"quality": 0.1})
    own = contrasts(runs).iloc[0]
    assert seen["half_width"].tolist() == pytest.approx([(own["high"] - own["low"]) / 2])


def test_one_draw_gives_a_run_to_run_interval_of_the_paired_differences():
    noise = np.random.default_rng(1).normal(size=11)
    runs = made_up(lambda point, seed: noise[seed] * 5 + 0.1 * point.policy + 0.01 * seed * point.policy)
    row = contrasts(runs).iloc[0]
    assert row["words"] == "new"
    assert row["against"] == "old"
    # The shared variation, fifty times as large, is gone.
    assert row["difference"] == pytest.approx(0.1 + 0.055)
    assert row["high"] - row["difference"] == pytest.approx(
        stdtrit(9, 0.975) * np.std(0.01 * np.arange(1, 11), ddof=1) / 10**0.5
    )
    assert row["uncertainty"] == "run-to-run"
    assert row["superiority"] == 1.0
    assert (row["n"], row["n_seeds"], row["n_draws"], row["n_missing"]) == (10, 10, 1, 0)
    assert row["verdict"] == "higher"


def test_several_draws_keep_the_two_kinds_of_uncertainty_apart():
    runs = made_up(lambda point, seed: point.policy * (point.u - 0.2 + 0.001 * (-1) ** seed), n_draws=20)
    row = contrasts(runs).iloc[0]
    assert row["uncertainty"] == "both"
    assert row["run_high"] - row["run_low"] < 0.01
    assert row["parameter_low"] == pytest.approx(-0.2 + 0.049, abs=0.01)
    assert row["low"] <= row["parameter_low"] < 0 < row["parameter_high"] <= row["high"]
    # Surely positive on average, and yet not for all that is possible.
    assert row["run_low"] > 0
    assert row["verdict"] == "too close to call"
    one_seed = contrasts(made_up(lambda point, seed: point.policy * point.u, n_draws=20, n_seeds=1)).iloc[0]
    assert one_seed["uncertainty"] == "parameters"
    assert np.isnan(one_seed["run_low"])


def test_missing_runs_are_left_out_in_pairs_and_counted():
    runs = made_up(lambda point, seed: np.nan if (point.policy, seed) == (1, 3) else float(seed + point.policy))
    row = contrasts(runs).iloc[0]
    assert (row["n"], row["n_missing"], row["difference"]) == (9, 1, 1.0)


def test_verdicts():
    cases = [
        (0.0, 0.0, 0.0, 0.1, "same"),
        (0.3, 0.2, 0.4, None, "higher"),
        (-0.3, -0.4, -0.2, 0.1, "lower"),
        (0.3, -0.1, 0.7, None, "too close to call"),
        (0.3, -0.1, 0.7, 0.2, "too close to call"),
        (0.3, 0.1, 0.5, 0.2, "higher, perhaps too little to matter"),
        (-0.3, -0.5, -0.1, 0.2, "lower, perhaps too little to matter"),
        (0.01, -0.1, 0.12, 0.2, "too small to matter"),
        (0.1, 0.05, 0.15, 0.2, "too small to matter"),
        (0.1, np.nan, np.nan, 0.2, "too close to call"),
    ]
    found = [verdict_of(PairedDifference(*ends, *[ends[0]] * 4, 5, 5, 10), matters) for *ends, matters, _ in cases]
    assert found == [verdict for *_, verdict in cases]


def test_a_caution_follows_every_verdict():
    # Mean +0.3, and median and quartiles below 0.
    spread = (-0.1, -0.2, -0.1, -0.1, 1, 9, 10)
    found = {
        ends: verdict_of(PairedDifference(0.3, *ends, *spread), 0.2) for ends in ((0.25, 0.35), (0.1, 0.5), (-1.0, 1.6))
    }
    assert found == {
        (0.25, 0.35): "higher, but mean and median disagree",
        (0.1, 0.5): "higher, perhaps too little to matter, but mean and median disagree",
        (-1.0, 1.6): "too close to call, but mean and median disagree",
    }


def test_median_quartiles_and_shares_are_of_pairs_and_not_of_means_over_draws():
    # In each of two draws, nine seeds of ten are a little better; means over draws hide nothing of that.
    runs = made_up(lambda p, s: p.policy * (-20.0 if s == 1 + p.draw else 0.5), n_draws=2)
    row = contrasts(runs).iloc[0]
    assert (row["n"], row["median"], row["q25"], row["q75"]) == (20, 0.5, 0.5, 0.5)
    assert (row["share_higher"], row["share_lower"], row["share_equal"]) == (0.9, 0.1, 0.0)
    assert row["difference"] == pytest.approx(-1.55)
    assert row["verdict"].endswith(", but mean and median disagree")


def test_what_is_needed_gives_the_half_width_and_one_less_does_not():
    values = np.random.default_rng(2).normal(size=15)
    n = int(seeds_needed(values, 0.2))
    sd = values.std(ddof=1)
    assert stdtrit(n - 1, 0.975) * sd / n**0.5 <= 0.2 < stdtrit(n - 2, 0.975) * sd / (n - 1) ** 0.5
    assert np.isnan(seeds_needed(values, None))
    assert seeds_needed(np.full(4, 0.3), 0.1) == 2


def test_the_study_says_what_is_wanted_before_what_matters():
    noise = np.random.default_rng(3).normal(size=(2, 11))
    fine, rough = (
        contrasts(made_up(lambda p, s: noise[p.policy, s - 1], about=dataclasses.replace(ABOUT, **changes))).iloc[0]
        for changes in ({"matters": 0.5, "wanted": 0.1}, {"matters": 0.5})
    )
    assert fine["seeds_needed"] > rough["seeds_needed"] > 2
    assert fine["matters"] == 0.5


def test_tails_are_the_worst_twentieth_whichever_way_is_better():
    up = tails(made_up(lambda point, seed: float(seed + 100 * point.policy), n_seeds=40)).iloc[0]
    assert (up["tail"], up["n_tail"], up["worst"], up["worst_run"]) == (1.5, 2, 1.0, "0:1")
    assert up["low"] <= up["tail"] <= up["high"]
    about = dataclasses.replace(ABOUT, better="lower")
    down = tails(made_up(lambda point, seed: float(seed), n_seeds=40, about=about)).iloc[1]
    assert (down["tail"], down["worst"], down["worst_run"], down["mean"]) == (39.5, 40.0, "1:40", 20.5)
    assert down["low"] <= down["tail"] <= down["high"]
    few = tails(made_up(lambda point, seed: float(seed), n_seeds=5)).iloc[0]
    assert np.isnan(few["low"])
    assert not len(tails(made_up(lambda point, seed: 1.0, about=dataclasses.replace(ABOUT, better="neither"))))


def test_a_measure_that_is_not_there_is_named():
    with pytest.raises(CivicsimError, match=r"no measure 'qualty'; did you mean 'quality'\?"):
        contrasts(made_up(lambda point, seed: 1.0), ["qualty"])


# -- by hand and against other ways to the same numbers --------------------------------------------------------------------


def test_two_draws_of_three_seeds_by_hand():
    first, second = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, np.nan]]), np.array([[0.0, 2.0, 4.0], [1.0, 1.0, 1.0]])
    found = contrast(first, second, ABOUT)
    # Differences are 1, 0, −1 and 1, 3: by seed 1, 1.5 and −1, by draw 0 and 2.
    seeds, draws = np.array([1.0, 1.5, -1.0]), np.array([0.0, 2.0])
    chance = stdtrit(2, 0.975) * seeds.std(ddof=1) / 3**0.5
    assert found["difference"] == pytest.approx(0.5)
    assert (found["run_low"], found["run_high"]) == pytest.approx((0.5 - chance, 0.5 + chance))
    ends = np.quantile(draws, [0.025, 0.975])
    assert (found["parameter_low"], found["parameter_high"]) == pytest.approx(tuple(ends))
    assert found["low"] == pytest.approx(0.5 - np.hypot(0.5 - ends[0], chance))
    assert found["high"] == pytest.approx(0.5 + np.hypot(ends[1] - 0.5, chance))
    # Three wins, one tie and one loss in five pairs.
    assert found["superiority"] == pytest.approx(0.7)
    assert [found[key] for key in ("n", "n_seeds", "n_draws", "n_missing")] == [5, 3, 2, 1]


def test_an_interval_of_both_kinds_ends_where_no_difference_can_be():
    about = dataclasses.replace(ABOUT, bounds=(0.0, 1.0))
    first, second = np.array([[1.0, 0.0], [1.0, 0.9]]), np.zeros((2, 2))
    found = contrast(first, second, about)
    assert (found["uncertainty"], found["high"]) == ("both", 1.0)
    assert contrast(second, first, about)["low"] == -1.0


def test_a_wider_confidence_widens_both_kinds():
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(2, 8, 6))
    narrow, wide = (contrast(first, second, ABOUT, confidence) for confidence in (0.5, 0.95))
    for kind in ("", "run_", "parameter_"):
        assert wide[f"{kind}low"] < narrow[f"{kind}low"] < narrow[f"{kind}high"] < wide[f"{kind}high"]


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=20).map(np.array), st.floats(0.01, 5.0))
def test_the_seeds_that_are_needed_are_the_fewest_that_do(values, half_wanted):
    needed = seeds_needed(values, half_wanted)
    sd = values.std(ddof=1)
    if np.isinf(needed):
        assert half_width(sd, 1_000_000) > half_wanted
    else:
        assert half_width(sd, int(needed)) <= half_wanted
        assert needed == 2 or half_width(sd, int(needed) - 1) > half_wanted


def test_no_seeds_are_named_where_nothing_is_wanted_or_known_or_too_many_are_needed():
    values = np.array([0.0, 1.0])
    assert np.isnan([seeds_needed(values, 0.0), seeds_needed(values, None), seeds_needed(values[:1], 0.1)]).all()
    assert seeds_needed(values, 1e-9) == np.inf


@given(st.integers(1, 60), st.sampled_from([0.05, 0.1, 0.5, 1.0]), st.integers(0, 2**32))
def test_a_tail_is_the_mean_of_the_worst_share_rounded_up(n, share, seed):
    values = np.random.default_rng(seed).normal(size=n)
    worst = np.sort(values)[: max(1, int(np.ceil(share * n)))].mean()
    found = tails(made_up(lambda point, run: values[run - 1], n_seeds=n), share=share).iloc[0]
    assert (found["tail"], found["n_tail"]) == (pytest.approx(worst), max(1, int(np.ceil(share * n))))
    assert (found["worst"], found["worst_run"]) == (values.min(), f"0:{values.argmin() + 1}")


def test_intervals_of_tails_rest_on_whole_seeds_and_on_enough_of_them():
    # All draws of a seed are the same: seeds differ, and twenty draws do not make twenty seeds of one.
    noise = np.random.default_rng(6).normal(size=41)
    many, one = (tails(made_up(lambda p, s: noise[s], n_draws=n, n_seeds=40), share=0.5).iloc[0] for n in (20, 1))
    assert (many["low"], many["high"]) == pytest.approx((one["low"], one["high"]))
    for n_seeds, n_draws, there in ((9, 20, False), (10, 1, False), (10, 2, True), (20, 1, True)):
        row = tails(made_up(lambda p, s: noise[s], n_draws=n_draws, n_seeds=n_seeds)).iloc[0]
        assert np.isfinite(row["low"]) == there, (n_seeds, n_draws)


@given(
    arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.sampled_from([np.nan, -1.0, 0.5, 2.0]))
)
def test_means_leave_out_what_is_missing(values):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for axis in (0, 1):
            np.testing.assert_allclose(mean_of(values, axis), np.nanmean(values, axis))
