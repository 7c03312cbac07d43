"""Means, intervals and paired differences: known answers, properties that always hold, and the edges."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from civicsim.experiment.statistics import CONFIDENCE, PairedDifference, estimate, half_width, paired_difference

numbers = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))
samples = st.lists(numbers, min_size=2, max_size=25).map(np.array)
levels = st.sampled_from([0.5, 0.9, 0.95, 0.99])
# Few whole numbers, so that there are ties.
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=25).map(
    lambda rows: np.array(rows, dtype=float).T
)
SMALL = {"rel": 1e-9, "abs": 1e-7}


def interval(about):
    return about.low, about.high


# -- means -------------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_mean_is_the_textbooks():
    # Student (1908, Biometrika 6:20): additional hours of sleep, ten patients; mean 2.33, s 2.002, t(9) = 2.262.
    found = estimate(np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]))
    assert found.mean == pytest.approx(2.33)
    assert interval(found) == pytest.approx((0.8977, 3.7623), abs=5e-5)
    assert found.n == 10


@given(samples, levels)
def test_the_interval_of_a_mean_is_that_of_scipy(values, confidence):
    found = estimate(values, confidence)
    half = stats.t.ppf(0.5 + confidence / 2, len(values) - 1) * stats.sem(values)
    assert found.mean == pytest.approx(values.mean(), **SMALL)
    assert interval(found) == pytest.approx((values.mean() - half, values.mean() + half), **SMALL)
    assert half_width(values.std(ddof=1), len(values), confidence) == pytest.approx(half, **SMALL)


@given(samples, numbers, st.floats(0.1, 10.0), st.permutations(range(25)))
def test_units_and_the_order_of_runs_do_not_matter(values, shift, scale, order):
    before, after = estimate(values), estimate(shift + scale * values)
    assert after.mean == pytest.approx(shift + scale * before.mean, **SMALL)
    assert interval(after) == pytest.approx([shift + scale * end for end in interval(before)], rel=1e-7, abs=1e-5)
    mixed = estimate(values[[place for place in order if place < len(values)]])
    assert (mixed.mean, *interval(mixed)) == pytest.approx((before.mean, *interval(before)), **SMALL)


@given(samples)
def test_more_confidence_takes_a_wider_interval_around_the_same_mean(values):
    ends = [interval(estimate(values, confidence)) for confidence in (0.5, 0.9, 0.95, 0.99)]
    lows, highs = zip(*ends, strict=True)
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)
    assert interval(estimate(values)) == interval(estimate(values, CONFIDENCE)) == ends[2]


@given(samples, st.data())
def test_runs_without_a_value_are_left_out_and_not_counted(values, data):
    places = data.draw(st.lists(st.integers(0, len(values)), max_size=4))
    assert estimate(np.insert(values, places, np.nan)) == estimate(values)


def test_one_run_has_no_interval_and_no_run_has_no_mean():
    one = estimate(np.array([np.nan, 0.3]))
    assert (one.mean, one.n) == (0.3, 1)
    assert np.isnan(interval(one)).all()
    for values in ([], [np.nan, np.nan]):
        none = estimate(np.array(values))
        assert none.n == 0
        assert np.isnan([none.mean, *interval(none)]).all()


def test_two_runs_have_an_interval_of_one_degree_of_freedom():
    assert interval(estimate(np.array([0.0, 1.0]))) == pytest.approx((0.5 - 12.7062 / 2, 0.5 + 12.7062 / 2), abs=1e-4)


def test_runs_that_are_all_alike_have_an_interval_without_width():
    assert interval(estimate(np.full(4, 0.25))) == (0.25, 0.25)


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=12).map(np.array))
def test_bounds_cut_the_interval_off_and_never_the_mean(shares):
    free, cut = estimate(shares), estimate(shares, bounds=(0.0, 1.0))
    assert cut.low <= cut.mean <= cut.high
    assert interval(cut) == pytest.approx((max(free.low, 0.0), min(free.high, 1.0)), abs=1e-12)


def test_intervals_of_means_cover_the_truth_as_often_as_they_report():
    rng = np.random.default_rng(11)
    for confidence in (0.8, 0.95):
        found = [estimate(row, confidence) for row in rng.normal(2.0, 3.0, (3000, 6))]
        covered = np.mean([own.low <= 2.0 <= own.high for own in found])
        assert covered == pytest.approx(confidence, abs=3.5 * np.sqrt(confidence * (1 - confidence) / 3000))


# -- paired differences --------------------------------------------------------------------------------------------------


def test_a_paired_difference_by_hand():
    found = paired_difference(np.array([3.0, 1.0, 2.0, 5.0]), np.array([1.0, 1.0, 5.0, np.nan]))
    assert found.mean == pytest.approx(-1 / 3)
    assert found.n == 3
    # One win, one tie and one loss.
    assert found.superiority == 0.5
    # Differences of 2, 0 and −3: s² = 19/3, t(2) = 4.3027.
    assert interval(found) == pytest.approx(
        (-1 / 3 - 4.3027 * (19 / 9) ** 0.5, -1 / 3 + 4.3027 * (19 / 9) ** 0.5), abs=1e-3
    )


def test_superiority_of_all_outcomes_of_one_and_two_pairs():
    found = {
        (a, b): paired_difference(np.array([a, b], dtype=float), np.zeros(2)).superiority
        for a in (-1, 0, 1)
        for b in (-1, 0, 1)
    }
    single = {-1: 0.0, 0: 0.5, 1: 1.0}
    assert found == {(a, b): (single[a] + single[b]) / 2 for a, b in found}
    for sign, share in single.items():
        assert paired_difference(np.array([sign * 0.1]), np.zeros(1)).superiority == share


@given(st.lists(numbers, min_size=1, max_size=20).map(np.array))
def test_where_every_pair_ties_superiority_is_a_half_and_the_verdict_is_same(values):
    found = paired_difference(values, values)
    assert (found.superiority, found.mean) == (0.5, 0.0)
    assert found.verdict == ("same" if len(values) > 1 else "too close to call")


@given(pairs)
def test_superiority_counts_wins_and_half_of_the_ties(values):
    first, second = values
    wins = sum(a > b for a, b in zip(first, second, strict=True))
    ties = sum(a == b for a, b in zip(first, second, strict=True))
    assert paired_difference(first, second).superiority == pytest.approx((wins + ties / 2) / len(first), abs=1e-12)


@given(pairs)
def test_the_other_way_round_superiorities_sum_to_one_and_differences_to_nothing(values):
    one, other = paired_difference(*values), paired_difference(*values[::-1])
    assert one.superiority + other.superiority == pytest.approx(1.0, abs=1e-12)
    assert (one.mean, one.n) == (-other.mean, other.n)
    np.testing.assert_array_equal(interval(one), [-other.high, -other.low])
    swapped = {"higher": "lower", "lower": "higher"}
    assert one.verdict == swapped.get(other.verdict, other.verdict)


@given(pairs, levels)
def test_the_interval_of_a_difference_is_that_of_scipys_paired_test(values, confidence):
    first, second = values
    assume(len(first) > 1 and np.ptp(first - second) > 0)
    expected = stats.ttest_rel(first, second).confidence_interval(confidence)
    assert interval(paired_difference(first, second, confidence)) == pytest.approx(tuple(expected), **SMALL)


@given(pairs, st.integers(-50, 50))
def test_what_matched_runs_have_in_common_cancels_out(values, common):
    shared = common * np.arange(values.shape[1])
    np.testing.assert_array_equal(
        list(vars(paired_difference(*values)).values()), list(vars(paired_difference(*(values + shared))).values())
    )


@given(pairs, st.data())
def test_a_pair_with_a_run_missing_is_left_out_whichever_it_is(values, data):
    first, second = values.copy()
    gone = data.draw(st.sets(st.integers(0, len(first) - 1), max_size=len(first)))
    for place in gone:
        (first if place % 2 else second)[place] = np.nan
    kept = [place for place in range(len(first)) if place not in gone]
    found, expected = paired_difference(first, second), paired_difference(*values[:, kept])
    np.testing.assert_array_equal(list(vars(found).values()), list(vars(expected).values()))


def test_without_a_pair_nothing_is_known_and_with_one_nothing_is_called():
    none = paired_difference(np.array([np.nan, 1.0]), np.array([0.0, np.nan]))
    assert none.n == 0
    assert np.isnan([none.mean, none.low, none.high, none.superiority]).all()
    one = paired_difference(np.array([9.0]), np.array([0.0]))
    assert (one.mean, one.superiority, one.n) == (9.0, 1.0, 1)
    assert none.verdict == one.verdict == "too close to call"


def test_a_difference_of_shares_is_bounded_by_minus_one_and_one():
    first, second = np.array([1.0, 1.0, 0.2]), np.array([0.0, 0.1, 0.0])
    assert paired_difference(first, second).high > 1.0
    cut = paired_difference(first, second, bounds=(0.0, 1.0))
    assert (cut.low, cut.high) == (paired_difference(first, second).low, 1.0)
    assert paired_difference(second, first, bounds=(0.0, 1.0)).low == -1.0
    # From 10 to 30 there are 20 either way.
    far = paired_difference(np.array([30.0, 10.0]), np.array([10.0, 30.0]), bounds=(10.0, 30.0))
    assert interval(far) == (-20.0, 20.0)


def test_runs_that_cannot_be_matched_are_refused():
    with pytest.raises(ValueError, match=r"matched runs needed: \(3,\) against \(2,\) values"):
        paired_difference(np.zeros(3), np.zeros(2))


def test_a_verdict_needs_an_interval_that_leaves_out_zero():
    cases = {
        (0.0, 0.0, 0.0): "same",
        (0.2, 0.1, 0.3): "higher",
        (-0.2, -0.3, -0.1): "lower",
        (0.2, 0.0, 0.4): "too close to call",
        (-0.2, -0.4, 0.0): "too close to call",
        (0.2, -0.1, 0.5): "too close to call",
        (0.0, -0.1, 0.1): "too close to call",
        (0.2, np.nan, np.nan): "too close to call",
        (np.nan, np.nan, np.nan): "too close to call",
    }
    assert {ends: PairedDifference(*ends, *[ends[0]] * 4, 3, 2, 5).verdict for ends in cases} == cases


# -- where a mean by itself would mislead --------------------------------------------------------------------------------

FEW_MUCH_WORSE = [0.5] * 27 + [-20.0] * 3
"""By hand: 27 of 30 a little better, three much worse. Mean (13.5 − 60) / 30 = −1.55, median +0.5."""


def differing_by(*values):
    return paired_difference(np.array(values, dtype=float), np.zeros(len(values)))


def counts(found):
    return found.n_higher, found.n_equal, found.n_lower


def test_quartiles_and_counts_by_hand():
    found = differing_by(4.0, 0.0, 1.0, -2.0, np.nan, 3.0)
    assert (found.q25, found.median, found.q75) == (0.0, 1.0, 3.0)
    assert counts(found) == (3, 1, 1)
    assert found.columns("difference") == {
        "difference": pytest.approx(1.2),
        "difference_low": found.low,
        "difference_high": found.high,
        "difference_median": 1.0,
        "difference_q25": 0.0,
        "difference_q75": 3.0,
        "difference_share_higher": 0.6,
        "difference_share_lower": 0.2,
        "difference_share_equal": 0.2,
    }
    # Between two values, quartiles are interpolated as NumPy does by default.
    two = differing_by(1.0, 3.0)
    assert (two.q25, two.median, two.q75) == (1.5, 2.0, 2.5)


def test_one_pair_is_its_own_median_and_no_pair_has_none():
    one, none = differing_by(9.0), differing_by(np.nan)
    assert (one.median, one.q25, one.q75, one.caution, counts(one)) == (9.0, 9.0, 9.0, "", (1, 0, 0))
    assert np.isnan([none.median, none.q25, none.q75, *none.columns("x").values()]).all()
    assert (none.caution, counts(none)) == ("", (0, 0, 0))


def test_a_mean_that_few_turn_round_is_not_given_alone():
    found = differing_by(*FEW_MUCH_WORSE)
    assert (found.mean, found.median, found.trimmed, counts(found)) == (pytest.approx(-1.55), 0.5, 0.5, (27, 0, 3))
    # The three make the interval so wide that it includes 0, and yet nearly all are better.
    assert found.verdict == "too close to call, but mean and median disagree"
    assert differing_by(*FEW_MUCH_WORSE * 10).verdict == "lower, but mean and median disagree"


def test_a_mean_that_is_too_close_to_call_disagrees_only_where_the_middle_half_does():
    # Mean −0.2, median +0.5, and a quartile on either side of 0: what chance gives every day.
    found = differing_by(*[0.5] * 6, *[-1.25] * 4)
    assert (found.mean, found.median, found.q25) == (pytest.approx(-0.2), 0.5, -1.25)
    assert found.verdict == "too close to call"


def test_a_difference_that_a_tenth_carries_is_called_so():
    # 90 of 100 do not differ at all: mean 0.1, interval 0.04 to 0.16, and 0 without the tenth at either end.
    found = differing_by(*[0.0] * 90, *[1.0] * 10)
    assert (found.mean, found.median, found.trimmed, counts(found)) == (pytest.approx(0.1), 0.0, 0.0, (10, 90, 0))
    assert found.verdict == "higher, but a few carry it"
    assert differing_by(*[0.0] * 89, *[1.0] * 11).verdict == "higher"
    assert differing_by(*[0.0] * 10, *[1.0] * 90).verdict == "higher"


def test_rounding_is_no_disagreement():
    # 0.1 + 0.2 − 0.3 is not exactly 0.
    found = differing_by(0.1, 0.2, -0.3, 1e-17)
    assert found.mean != 0.0
    assert found.caution == ""


def test_normal_differences_are_hardly_ever_called_misleading():
    rng = np.random.default_rng(3)
    for shift in (0.0, 0.3, 1.0):
        found = [differing_by(*row) for row in rng.normal(shift, 1.0, (1000, 30))]
        assert sum(own.caution != "" for own in found) <= 2


tailed = st.lists(st.one_of(numbers, st.sampled_from([0.0, 0.5, -0.5, 40.0, -40.0])), min_size=1, max_size=40)


@given(tailed)
def test_the_other_way_round_everything_changes_its_sign_and_nothing_else(values):
    one, other = differing_by(*values), differing_by(*(-value for value in values))
    assert counts(one) == counts(other)[::-1]
    assert (one.median, one.q25, one.q75) == pytest.approx((-other.median, -other.q75, -other.q25), **SMALL)
    assert one.trimmed == pytest.approx(-other.trimmed, **SMALL)
    assert one.caution == other.caution


@given(tailed, st.randoms())
def test_the_order_of_pairs_does_not_matter(values, random):
    shuffled = random.sample(values, len(values))
    one, other = differing_by(*values), differing_by(*shuffled)
    assert vars(one) == pytest.approx(vars(other), nan_ok=True, **SMALL)
    assert one.caution == other.caution


@given(tailed)
def test_shares_add_up_to_one_and_the_quartiles_enclose_half(values):
    found = differing_by(*values)
    shares = [found.columns("x")[f"x_share_{way}"] for way in ("higher", "lower", "equal")]
    assert sum(shares) == pytest.approx(1.0)
    assert min(values) <= found.q25 <= found.median <= found.q75 <= max(values)
    assert sum(found.q25 - 1e-9 <= value <= found.q75 + 1e-9 for value in values) >= len(values) / 2 - 1


def test_what_ends_near_0_is_borderline_on_either_side_of_it():
    spread = np.resize([-1.0, 1.0], 30)
    half = paired_difference(spread, np.zeros(30)).high
    for share, borderline in ((0.0, False), (0.55, False), (0.6, True), (0.99, True), (1.7, True), (1.75, False)):
        for sign in (1, -1):
            found = paired_difference(sign * (spread + share * half), np.zeros(30))
            assert found.borderline(90) is borderline
            # Enough is enough, whatever it shows.
            assert not found.borderline(30)
    for same in (np.zeros(30), np.array([1.0]), np.array([])):
        assert not paired_difference(same, np.zeros(len(same))).borderline(90)


def test_looking_again_where_a_verdict_is_borderline_finds_no_more_differences_where_there_are_none():
    draws = np.random.default_rng(19).normal(size=(4_000, 90))
    called = {"once": 0, "again": 0}
    for own in draws:
        first = paired_difference(own[:30], np.zeros(30))
        called["once"] += first.way != "too close to call"
        last = paired_difference(own, np.zeros(90)) if first.borderline(90) else first
        called["again"] += last.way != "too close to call"
    # 5 %, give or take three standard errors of 0.34 %; fewer with the rule, as what is clearly open stays open.
    assert 0.04 < called["once"] / len(draws) < 0.06
    assert 0.02 < called["again"] / len(draws) < 0.05
