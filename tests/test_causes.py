"""Every change of practice is counted once, by what caused it and what became of it."""

import numpy as np
from tools import lively, row

import civicsim as cs
from civicsim.model.log import no_log
from civicsim.model.organisation import CAUSES, FATES, FROM_DIRECTIVE, FROM_NEIGHBOURS, FROM_START, ORIGINS
from civicsim.model.practice import change
from civicsim.model.simulating import advance

TOTALS = {
    "adopted": ("adopted_vertical", "adopted_local", "adopted_horizontal"),
    "right": ("adopted_right",),
    "replaced": ("replaced",),
    "sustained": ("sustained",),
    "decayed": ("decayed",),
}

NOWHERE = (no_log(), 0, 0)
"""A place in no log."""


def test_a_change_is_counted_for_its_cause_and_against_the_cause_of_the_one_before():
    wrong = []
    for cause in CAUSES:
        for function in (change, change.py_func):
            for value, fits in ((1, True), (0, False)):
                count = row("tally")
                slot = row("practice", value=-1, reality=1, followed=1, origin=FROM_NEIGHBOURS)
                assert function(NOWHERE, slot, value, 5, ORIGINS.index(cause), 0, count)
                assert not function(NOWHERE, slot, value, 6, ORIGINS.index(cause), 0, count)
                found = {(FATES[f], ORIGINS[o]): count["changes"][f, o] for f, o in np.argwhere(count["changes"])}
                expected = {("adopted", cause): 1.0, ("replaced", "neighbours"): 1.0}
                expected |= {("right", cause): 1.0} if fits else {}
                if found != expected:
                    wrong.append((cause, function, found))
    assert wrong == []


def test_counts_by_cause_add_up_to_the_counts_of_all():
    cohort = lively(3, weeks=13)
    total = {name: np.zeros_like(cohort.tally[name]) for name in cohort.tally.dtype.names}
    for _ in range(80):
        advance(cohort, 1)
        for name, values in total.items():
            values += cohort.tally[name]
    changes = dict(zip(FATES, total["changes"].swapaxes(0, 1), strict=True))
    assert total["changes"][:, :, FROM_START].sum() == 0
    for fate, by_cause in changes.items():
        np.testing.assert_array_equal(by_cause.sum(axis=1), sum(total[name] for name in TOTALS[fate]), err_msg=fate)
        assert by_cause.sum() > 0, fate
    np.testing.assert_array_equal(
        changes["adopted"][:, [FROM_DIRECTIVE, FROM_NEIGHBOURS]].sum(axis=1),
        total["adopted_vertical"] + total["adopted_horizontal"],
    )


def test_the_table_of_causes_sums_up_the_record():
    result = cs.run(cs.Scenario.preset("civic-culture").with_(n_teams=6, burn_in_weeks=30, weeks=80), seeds=2)
    frame = result.causes()
    assert list(frame.columns) == ["seed", "organisation", "cause", *FATES, "sustained_share"]
    assert len(frame) == 2 * len(CAUSES)
    changes = result.history.tally["changes"].sum(axis=0)
    for cause in CAUSES:
        own = frame[frame["cause"] == cause]
        for fate in FATES:
            assert own[fate].tolist() == changes[:, FATES.index(fate), ORIGINS.index(cause)].tolist()
    assert (frame["right"] <= frame["adopted"]).all()
    settled = frame["sustained"] + frame["decayed"] + frame["replaced"]
    some = settled > 0
    np.testing.assert_allclose(frame["sustained_share"][some], (frame["sustained"] / settled)[some])
    assert frame["sustained_share"][~some].isna().all()
