"""The status quo stays where it is: what changes under a style is not the drift of organisations that have just begun."""

import pytest

import civicsim as cs
from civicsim.model.calendar import YEAR

POINTS, RUN_SDS = 0.005, 0.1
"""Drift that is allowed over ten years: of the share burnt out, and of other measures in standard deviations of runs."""


@pytest.fixture(scope="module")
def years():
    """First and tenth year of 160 runs, a row each."""
    frame = cs.run(cs.Scenario.preset().with_(weeks=10 * YEAR), seeds=range(2001, 2161)).to_frame()
    names = ["burnt_out_share", "voice_share", "psychological_safety", "quality_true", "belonging", "skill"]
    weekly = frame.set_index(["seed", "week"])[names].unstack()
    return {
        name: (weekly[name].iloc[:, :YEAR].mean(axis=1), weekly[name].iloc[:, -YEAR:].mean(axis=1)) for name in names
    }


def test_ten_years_of_the_status_quo_leave_it_where_it_was(years):
    drifts = {}
    for name, (first, last) in years.items():
        drift, allowed = last - first, POINTS if name == "burnt_out_share" else RUN_SDS * first.std()
        if abs(drift.mean()) > allowed + 2.0 * drift.sem():
            drifts[name] = (drift.mean(), allowed, drift.sem())
    assert drifts == {}
