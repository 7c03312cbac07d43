"""Ties to partners outside bring ideas and demand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import both, burnt_in, changed_columns, falling, put, rising, step

from civicsim.model.organisation import FROM_PARTNERS, NO_IDEA, TO_MANAGER, TRIAL, WAITING
from civicsim.model.processes.partners import MOST_IDEAS, hours_brought
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

ONLY = [PROCESSES["partners"]]


@given(st.integers(0, 50), st.floats(0, 0.2))
def test_hours_brought_follow_their_formula(n, hours):
    assert both(hours_brought, n, hours) == pytest.approx(n * hours)


def test_more_partners_and_busier_ones_bring_more_work():
    assert rising(hours_brought(n, 0.01) for n in (0, 10, 50))
    assert rising(hours_brought(10, hours) for hours in (0.0, 0.01, 0.2))


# -- the process -----------------------------------------------------------------------------------------------------


def place(cohort, **changes):
    own = put(
        cohort.copy(), practice__idea_state=NO_IDEA, team__noticed=0.0, p__partners__n=50, p__partners__idea_rate=0.1
    )
    return put(own, **changes)


def brought(cohort, weeks=20, **changes):
    """Return how many ideas come in a week to a place that has always room for them."""
    own, total = place(cohort, practice__value=0, **changes), 0.0
    for _ in range(weeks):
        own.practice["idea_state"] = NO_IDEA
        step(own, "partners")
        total += own.tally["brought"].sum()
        own.week += 1
    return total / (weeks * own.n_organisations)


def test_by_default_there_are_no_partners_and_nothing_happens(crowd):
    before = crowd.copy()
    before.tally[:] = 0
    assert (before.parameters["partners"]["n"] == 0).all()
    assert changed_columns(before, step(before.copy(), "partners")) == set()


def test_ideas_come_as_often_as_the_rate_states(crowd):
    # At five a week, a few weeks would bring more than an organisation can take: 4.99 where the eighth is the last.
    assert brought(crowd, p__partners__n=10) == pytest.approx(1.0, abs=0.12)
    assert brought(crowd, p__partners__n=20) == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(("name", "values"), [("n", (0, 5, 50)), ("idea_rate", (0.0, 0.02, 0.1))])
def test_more_partners_and_more_ideas_of_each_bring_more(crowd, name, values):
    assert rising(brought(crowd, **{f"p__partners__{name}": x}) for x in values)


def test_no_more_come_than_an_organisation_can_take_in_a_week(crowd):
    own = step(place(crowd, practice__value=0, p__partners__idea_rate=1.0), "partners")
    assert own.tally["brought"].max() <= MOST_IDEAS
    assert own.tally["brought"].mean() > 0.9 * MOST_IDEAS - 1.0


def test_an_idea_from_outside_waits_for_the_manager_and_no_one_raised_it(crowd):
    crowd = put(crowd.copy(), practice__idea_raiser=3)
    crowd.week = 11
    own = step(place(crowd, practice__value=0), "partners")
    ideas = own.practice[own.practice["idea_state"] == WAITING]
    assert len(ideas) > 100
    for name, value in (
        ("idea_origin", FROM_PARTNERS),
        ("idea_channel", TO_MANAGER),
        ("idea_raiser", -1),
        ("idea_convenient", 0),
        ("raised_week", 11),
        ("idea_week", 11),
    ):
        assert (ideas[name] == value).all(), name
    new = (own.practice["idea_state"] == WAITING).sum(axis=1)
    np.testing.assert_array_equal(own.tally["brought"], np.bincount(own.team["organisation"], weights=new))
    np.testing.assert_array_equal(own.team["noticed"], new)


def test_ideas_are_right_at_large_as_often_as_the_accuracy_states(crowd):
    def right(accuracy):
        own = place(crowd, practice__value=0, p__partners__idea_accuracy=accuracy)
        for _ in range(6):
            advance(own, 1, processes=ONLY)
        rows, d = np.nonzero(own.practice["idea_state"] == WAITING)
        return (own.practice["idea_value"][rows, d] == own.dimension["truth"][own.team["organisation"][rows], d]).mean()

    assert rising(right(accuracy) for accuracy in (0.5, 0.65, 1.0))
    assert right(1.0) == 1.0
    assert right(0.65) == pytest.approx(0.65, abs=0.05)


def test_all_teams_and_dimensions_get_ideas_alike(crowd):
    own = place(crowd, practice__value=0)
    for _ in range(8):
        advance(own, 1, processes=ONLY)
    new = own.practice["idea_state"] == WAITING
    for counts in (new.sum(axis=0), new.reshape(40, 6, 30).sum(axis=(0, 2))):
        expected = counts.mean()
        assert ((counts - expected) ** 2 / expected).sum() < 58.3  # .001 point at 29 degrees of freedom, fewer at 5


def test_what_is_done_already_or_is_on_the_table_brings_nothing_new(crowd):
    own = place(crowd, practice__idea_state=TRIAL)
    before = own.practice.copy()
    step(own, "partners")
    np.testing.assert_array_equal(own.practice, before)
    agreed = place(crowd, p__partners__idea_accuracy=1.0)
    agreed.practice["value"] = agreed.dimension["truth"][agreed.team["organisation"]]
    assert step(agreed, "partners").tally["brought"].sum() == 0


def test_partners_bring_work_to_everybody(cohort):
    def load(**changes):
        own = place(cohort, p__partners__idea_rate=0.0, **changes)
        return step(own, "partners", "load").team["load"].mean()

    assert rising(load(p__partners__n=n) for n in (0, 10, 50))
    assert rising(load(p__partners__hours=hours) for hours in (0.0, 0.01, 0.2))
    more = load(p__partners__n=10) - load(p__partners__n=0)
    assert more == pytest.approx(0.1 / 37.5)


def test_when_ties_to_partners_end_so_does_their_work(cohort):
    own = step(place(cohort), "partners")
    assert (own.organisation["partner_hours"] == 0.5).all()
    step(put(own, p__partners__n=0), "partners")
    assert (own.organisation["partner_hours"] == 0.0).all()


def test_switched_off_no_partner_brings_anything(crowd):
    before = place(crowd, p__partners__enabled=False, organisation__partner_hours=0.3)
    before.tally[:] = 0
    own = step(before.copy(), "partners")
    assert changed_columns(before, own) == {"organisation.partner_hours"}
    assert (own.organisation["partner_hours"] == 0.0).all()


def test_ideas_from_outside_fit_less_where_every_team_has_a_reality_of_its_own():
    def fit(kappa):
        own = burnt_in(
            8, n_teams=6, team_size=4, burn_in_weeks=2, kappa_low=kappa, kappa_high=kappa, safety_critical_share=0.0
        )
        own = place(own, practice__value=0, p__partners__idea_accuracy=1.0)
        for _ in range(10):
            advance(own, 1, processes=ONLY)
        ideas = own.practice[own.practice["idea_state"] == WAITING]
        return (ideas["idea_value"] == ideas["reality"]).mean()

    assert falling(fit(kappa) for kappa in (1.0, 0.5, 0.0))
