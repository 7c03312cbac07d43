"""When there are seeds enough: a rule that is reached only by an interval, and seeds that come next."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import small_study

from civicsim.errors import ScenarioError
from civicsim.experiment.statistics import estimate, paired_difference
from civicsim.study.design.precision import Precision, more_seeds, read_precision, seeds_to_add, widths
from civicsim.study.run.runner import run_study

ALONE = pd.Series({0: None, 1: None}, dtype="Int32")
COMPARED = pd.Series({0: 0, 1: 0}, dtype="Int32")


def frame(*values):
    """Return a table of runs; ``values[point][seed - 1]`` is what came of each, None where there is no row."""
    rows = [
        (point, seed, value)
        for point, own in enumerate(values)
        for seed, value in enumerate(own, 1)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["point", "seed", "quality"])


def seen(runs, against, wanted=0.1):
    return widths(runs, against, {"quality": wanted}).set_index("point")


def test_points_that_are_compared_with_none_are_told_by_the_interval_of_their_mean():
    values = np.random.default_rng(1).normal(size=(2, 6))
    found = seen(frame(*values.tolist()), ALONE)
    for point, own in enumerate(values):
        about = estimate(own)
        assert found.loc[point, "half_width"] == pytest.approx((about.high - about.low) / 2)
        assert found.loc[point, "n"] == 6
    assert found["wanted"].tolist() == [0.1, 0.1]


def test_points_that_are_compared_are_told_by_the_paired_interval_and_the_baseline_is_not():
    values = np.random.default_rng(1).normal(size=(2, 6))
    found = seen(frame(*values.tolist()), COMPARED)
    about = paired_difference(values[1], values[0])
    assert found.index.tolist() == [1]
    assert found.loc[1, "half_width"] == pytest.approx((about.high - about.low) / 2)


def test_an_interval_is_narrow_enough_up_to_the_width_that_is_wanted():
    runs = frame([0.0, 1.0, 2.0], [5.0, 5.0, 5.0])
    half = seen(runs, ALONE).loc[0, "half_width"]
    assert seen(runs, ALONE, half)["reached"].tolist() == [True, True]
    assert seen(runs, ALONE, half * (1 - 1e-9))["reached"].tolist() == [False, True]


@given(st.floats(0.0, 1e9, exclude_min=True))
def test_a_measure_without_an_interval_is_never_precise_enough(wanted):
    one_seed = frame([0.3], [0.4])
    for against, points in ((ALONE, [0, 1]), (COMPARED, [1])):
        found = seen(one_seed, against, wanted)
        assert found.index.tolist() == points
        assert found["half_width"].isna().all()
        assert found["n"].tolist() == [1] * len(points)
        assert not found["reached"].any()


def test_a_value_in_one_run_only_leaves_a_comparison_without_an_interval():
    found = seen(frame([0.1, 0.2, 0.3], [np.nan, 0.4, np.nan]), COMPARED, 99.0).loc[1]
    assert (found["n"], bool(found["reached"])) == (1, False)
    assert np.isnan(found["half_width"])


def test_a_measure_that_never_has_a_value_needs_no_more_seeds():
    nothing = [np.nan] * 3
    for against in (ALONE, COMPARED):
        found = seen(frame(nothing, nothing), against)
        assert found["n"].tolist() == [0] * len(found)
        assert found["reached"].all()


def test_points_of_which_every_run_has_failed_are_told_like_those_without_a_value():
    failed, whole = [None] * 3, [0.1, 0.2, 0.3]
    for runs in (frame(failed, whole), frame(whole, failed)):
        found = seen(runs, COMPARED).loc[1]
        assert (found["n"], bool(found["reached"])) == (0, True)


def test_every_column_has_its_own_width():
    runs = frame([0.0, 1.0, 2.0], [0.0, 1.0, 3.0]).assign(load=0.5)
    found = widths(runs, ALONE, {"quality": 0.1, "load": 0.1})
    assert found.groupby("column")["reached"].agg(["size", "all"]).to_dict("index") == {
        "quality": {"size": 2, "all": False},
        "load": {"size": 2, "all": True},
    }


def test_seeds_are_added_a_batch_at_a_time_up_to_the_limit():
    rule = Precision({"quality": 0.1}, limit=10, batch=4)
    assert seeds_to_add(rule, True, (1, 2)) == ()
    assert seeds_to_add(rule, False, (1, 2)) == (3, 4, 5, 6)
    assert seeds_to_add(rule, False, tuple(range(1, 9))) == (9, 10)
    assert seeds_to_add(rule, False, tuple(range(1, 11))) == ()
    assert seeds_to_add(rule, False, tuple(range(1, 12))) == ()


@given(st.sets(st.integers(0, 10**6), min_size=1, max_size=20), st.integers(1, 30))
def test_new_seeds_are_new_and_follow_the_largest(seeds, n):
    new = more_seeds(tuple(seeds), n)
    assert list(new) == list(range(max(seeds) + 1, max(seeds) + 1 + n))


def test_a_rule_is_read_with_its_defaults():
    assert read_precision({}, {}, 5, "study") is None
    assert read_precision({"half_width": {"trust": 1}}, {"trust": 0}, 5, "study") == Precision({"trust": 1.0}, 50, 10)
    given = {"half_width": {"trust": 0.5}, "limit": 5, "batch": 2}
    assert read_precision(given, {"trust": 0}, 5, "study") == Precision({"trust": 0.5}, 5, 2)


def test_mistakes_in_a_rule_are_one_line_each():
    good = {"half_width": {"trust": 0.1}}
    cases = [
        ("much", "precision = 'much': expected a table"),
        (good | {"limt": 9}, "has no 'limt'; did you mean 'limit'"),
        ({"limit": 9}, "half_width = None: expected measures and numbers above 0"),
        ({"half_width": {}}, "half_width = {}: expected measures and numbers above 0"),
        ({"half_width": {"trst": 0.1}}, "no column 'trst'; did you mean 'trust'"),
        ({"half_width": {"trust": 0}}, "trust = 0: expected a number above 0"),
        ({"half_width": {"trust": float("nan")}}, "trust = nan: expected a number above 0"),
        ({"half_width": {"trust": True}}, "trust = True: expected a number above 0"),
        (good | {"limit": 4}, "limit = 4: expected a whole number from 5 to 100000"),
        (good | {"limit": 100_001}, "limit = 100001: expected a whole number from 5 to 100000"),
        (good | {"batch": 0}, "batch = 0: expected a whole number from 1 to 100000"),
        (good | {"batch": 2.0}, "batch = 2.0: expected a whole number from 1 to 100000"),
    ]
    wrong = []
    for values, expected in cases:
        with pytest.raises(ScenarioError) as caught:
            read_precision(values, {"trust": 0}, 5, "study")
        message = str(caught.value)
        if expected not in message or not message.startswith("study: ") or "\n" in message:
            wrong.append((values, message))
    assert wrong == []


def test_a_study_of_one_seed_is_given_a_second_one_however_little_is_asked(tmp_path):
    rule = {"half_width": {"trust": 99.0}, "limit": 5, "batch": 1}
    assert run_study(small_study(seeds=1, precision=rule), tmp_path / "out", processes=0).seeds == (1, 2)


def test_a_study_stops_at_its_limit_and_reports_what_is_still_too_wide(tmp_path):
    notes = []
    rule = {"half_width": {"trust": 1e-12}, "limit": 3, "batch": 2}
    store = run_study(small_study(seeds=2, precision=rule), tmp_path / "out", processes=0, note=notes.append)
    assert store.seeds == (1, 2, 3)
    assert any("intervals are still too wide at the limit of 3 seeds" in note for note in notes)
