"""Every change of practice is counted once, by what caused it and what became of it."""

import numpy as np
import pytest
from tools import lively, row

import civicsim as cs
from civicsim.model import causes
from civicsim.model.organisation import CAUSES, FATES, ORIGINS
from civicsim.model.practice import change
from civicsim.model.week import advance

TOTALS = {
    "adopted": ("adopted_vertical", "adopted_local", "adopted_horizontal"),
    "right": ("adopted_right",),
    "replaced": ("replaced",),
    "sustained": ("sustained",),
    "decayed": ("decayed",),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_has_its_own_count_of_each_fate(cause):
    logs = {"adopted": causes.log_adopted, "replaced": causes.log_replaced, "sustained": causes.log_sustained, "decayed": causes.log_decayed}  # fmt: skip
    for fate, log in logs.items():
        for function in (log, log.py_func):
            count = row("tally")
            function(count, ORIGINS.index(cause), *((True,) if fate == "adopted" else ()))
            found = {name for name in count.dtype.names if count[name] != 0}
            assert found == {f"{fate}_from_{cause}"} | ({f"right_from_{cause}"} if fate == "adopted" else set())


@pytest.mark.parametrize("cause", CAUSES)
def test_a_change_is_counted_for_its_cause_and_against_the_cause_of_the_one_before(cause):
    count = row("tally")
    slot = row("practice", value=-1, reality=1, followed=1, origin=ORIGINS.index("neighbours"))
    assert change(slot, 1, 5, ORIGINS.index(cause), 0, count)
    assert count[f"adopted_from_{cause}"] == count[f"right_from_{cause}"] == 1.0
    assert count["replaced_from_neighbours"] == 1.0
    assert not change(slot, 1, 6, ORIGINS.index(cause), 0, count)
    assert count[f"adopted_from_{cause}"] == 1.0


def test_columns_are_named_by_fate_and_cause():
    assert causes.columns("right", "staff") == ("tally.right_from_staff",)
    assert len(causes.columns("sustained")) == len(CAUSES) == 8


def test_counts_by_cause_add_up_to_the_counts_of_all():
    cohort = lively(3, weeks=13)
    total = {name: np.zeros(3) for name in cohort.tally.dtype.names}
    for _ in range(80):
        advance(cohort, 1)
        for name, values in total.items():
            values += cohort.tally[name]
    for fate in FATES:
        by_cause = sum(total[f"{fate}_from_{cause}"] for cause in CAUSES)
        np.testing.assert_array_equal(by_cause, sum(total[name] for name in TOTALS[fate]), err_msg=fate)
        assert by_cause.sum() > 0, fate
    np.testing.assert_array_equal(
        total["adopted_from_directive"] + total["adopted_from_neighbours"],
        total["adopted_vertical"] + total["adopted_horizontal"],
    )


def test_the_table_of_causes_sums_up_the_record():
    result = cs.run(cs.Scenario.preset("civic-culture").with_(n_teams=6, burn_in_weeks=30, weeks=80), seeds=2)
    frame = result.causes()
    assert list(frame.columns) == ["seed", "organisation", "cause", *FATES, "sustained_share"]
    assert len(frame) == 2 * len(CAUSES)
    for cause in CAUSES:
        own = frame[frame["cause"] == cause]
        for fate in FATES:
            assert own[fate].tolist() == result.history.tally[f"{fate}_from_{cause}"].sum(axis=0).astype(int).tolist()
    assert (frame["right"] <= frame["adopted"]).all()
    settled = frame["sustained"] + frame["decayed"] + frame["replaced"]
    some = settled > 0
    np.testing.assert_allclose(frame["sustained_share"][some], (frame["sustained"] / settled)[some])
    assert frame["sustained_share"][~some].isna().all()
