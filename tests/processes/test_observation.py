"""Managers watch the work, and teams huddle: problems come to light without anyone having to speak up alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import (
    GRID,
    both,
    changed_columns,
    constant,
    falling,
    hours_of,
    never_falling,
    put,
    rising,
    row,
    shares,
    step,
)

from civicsim.model.levers import HUDDLES, OBSERVATION
from civicsim.model.organisation import ENDORSED, FROM_MANAGERS, FROM_TEAM, NO_IDEA, TO_MANAGER, TRIAL, WAITING
from civicsim.model.practice import propose
from civicsim.model.processes.observation import checks_of
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

ONLY = [PROCESSES["observation"]]
HOURS = {"observation": "organisation__hours__observation", "huddles": "organisation__hours__huddles"}
KINDS = pytest.mark.parametrize("kind", HOURS)
SEEN = {"observation": "observed", "huddles": "huddled"}
EACH = {"observation": "p__observation__hours_per_check", "huddles": "p__observation__hours_per_huddle"}
CREDIT = {"observation": "observation_credit", "huddles": "huddle_credit"}


# -- equations -------------------------------------------------------------------------------------------------------


@given(st.floats(0, 500), st.floats(0.25, 10))
def test_checks_are_the_whole_ones_that_hours_in_hand_are_enough_for(credit, each):
    n = both(checks_of, credit, each)
    assert n * each <= credit + 1e-6
    assert (n + 1) * each > credit - 1e-6


def test_more_hours_make_more_checks_and_dearer_ones_fewer():
    assert rising(checks_of(credit, 2.5) for credit in (0.0, 2.5, 5.0, 10.0))
    assert falling(checks_of(10.0, each) for each in (0.5, 1.0, 2.0, 10.0))
    # Ten tenths are one, whatever binary fractions make of them.
    assert checks_of(sum([0.1] * 10), 1.0) == 1


@pytest.mark.parametrize("function", [propose, propose.py_func], ids=["compiled", "plain"])
def test_what_is_put_on_the_table_waits_for_the_manager_and_no_one_is_named(function):
    slot = row("practice", idea_raiser=7, deliberated=1, cycles=2, successes=1, idea_convenient=1, value=1)
    function(slot, -1, 0, FROM_MANAGERS, TO_MANAGER, 0.4, 9)
    assert (slot.idea_state, slot.idea_channel, slot.idea_origin) == (WAITING, TO_MANAGER, FROM_MANAGERS)
    assert (slot.idea_value, slot.idea_severity, slot.idea_week, slot.raised_week) == (-1, 0.4, 9, 9)
    assert (slot.idea_raiser, slot.deliberated, slot.cycles, slot.successes, slot.idea_convenient) == (-1, 0, 0, 0, 0)
    assert slot.value == 1


# -- the process -----------------------------------------------------------------------------------------------------


def place(cohort, **changes):
    """A place with empty tables, everyone there and skilled, where all can be seen and everything is critical."""
    own = put(
        cohort.copy(),
        practice__idea_state=NO_IDEA,
        person__vacant=0,
        person__absent=0,
        person__skill=1.0,
        person__propensity=1.0,
        dimension__staff_visible=1,
        dimension__safety_critical=1,
        team__observation_credit=0.0,
        team__huddle_credit=0.0,
        team__noticed=0.0,
        p__practice__judgement_gain=0.5,
        organisation__hours__observation=0.0,
        organisation__hours__huddles=0.0,
    )
    return put(own, **changes)


def looked(cohort, kind, hours=0.5, **changes):
    """Return the place after a week with some hours of one kind."""
    return step(place(cohort, **{HOURS[kind]: hours, **changes}), "observation")


def waiting(cohort):
    return cohort.practice["idea_state"] == WAITING


@KINDS
def test_with_sure_judgement_only_what_does_not_fit_comes_on_the_table_as_what_would_fit(crowd, kind):
    own = looked(crowd, kind)
    ideas = own.practice[waiting(own)]
    assert len(ideas) > 100
    assert (ideas["value"] != ideas["reality"]).all()
    assert (ideas["idea_value"] == ideas["reality"]).all()


@KINDS
def test_it_comes_before_the_manager_and_no_one_raised_it(crowd, kind):
    crowd = put(crowd.copy(), practice__idea_raiser=5)
    crowd.week = 17
    own = looked(crowd, kind)
    ideas = own.practice[waiting(own)]
    origin = FROM_MANAGERS if kind == "observation" else FROM_TEAM
    for name, value in (
        ("idea_origin", origin),
        ("idea_channel", TO_MANAGER),
        ("idea_raiser", -1),
        ("idea_convenient", 0),
        ("raised_week", 17),
        ("idea_week", 17),
    ):
        assert (ideas[name] == value).all(), name


@KINDS
def test_what_is_counted_is_what_came_on_the_table_and_the_team_noticed_it(crowd, kind):
    own = looked(crowd, kind)
    new = waiting(own).sum(axis=1)
    np.testing.assert_array_equal(own.team["noticed"], new)
    np.testing.assert_array_equal(own.tally[SEEN[kind]], np.bincount(own.team["organisation"], weights=new))
    other = SEEN["huddles" if kind == "observation" else "observation"]
    assert (own.tally[other] == 0).all()


@KINDS
def test_more_hours_bring_more_to_light_and_dearer_looks_less(crowd, kind):
    def found(hours=0.5, **changes):
        return looked(crowd, kind, hours, **changes).tally[SEEN[kind]].sum()

    assert rising(found(hours) for hours in (0.0, 0.2, 0.5, 1.0))
    assert falling(found(**{EACH[kind]: each}) for each in (0.5, 1.0, 4.0))


@KINDS
def test_without_hours_nothing_happens(crowd, kind):
    before = put(place(crowd), organisation__spent__observation=0.0, organisation__spent__huddles=0.0)
    before.tally[:] = 0
    assert changed_columns(before, step(before.copy(), "observation")) == set()


@KINDS
def test_what_is_on_the_table_already_stays(crowd, kind):
    own = place(crowd, **{HOURS[kind]: 3.0})
    own.practice["idea_state"][:, ::3] = ENDORSED
    own.practice["idea_state"][:, 1::3] = TRIAL
    before = own.practice.copy()
    step(own, "observation")
    taken = before["idea_state"] != NO_IDEA
    np.testing.assert_array_equal(own.practice[taken], before[taken])
    assert waiting(own).any()


@KINDS
def test_where_all_fits_sure_judgement_finds_nothing(crowd, kind):
    crowd = crowd.copy()
    crowd.practice["value"] = crowd.practice["reality"]
    assert looked(crowd, kind, 2.0).tally[SEEN[kind]].sum() == 0


@KINDS
def test_skill_makes_more_of_what_is_found_right(crowd, kind):
    def right(skill):
        own = looked(crowd, kind, 1.0, person__skill=skill)
        ideas = own.practice[waiting(own)]
        return (ideas["idea_value"] == ideas["reality"]).mean()

    assert rising(right(skill) for skill in (0.0, 0.5, 1.0))
    assert right(1.0) == 1.0


@KINDS
def test_severity_is_anywhere_between_nothing_and_all(crowd, kind):
    own = looked(crowd, kind, 1.0)
    severity = own.practice["idea_severity"][waiting(own)]
    assert severity.mean() == pytest.approx(0.5, abs=0.05)
    assert severity.std() == pytest.approx(12**-0.5, abs=0.05)


def test_managers_see_only_what_can_be_seen_and_huddles_are_about_safety_alone(crowd):
    own = place(crowd, organisation__hours__observation=3.0)
    own.dimension["staff_visible"] = np.arange(30) % 3 == 0
    step(own, "observation")
    assert waiting(own)[:, ::3].any()
    assert not waiting(own)[:, 1::3].any()
    own = place(crowd, organisation__hours__huddles=3.0)
    own.dimension["staff_visible"] = np.arange(30) % 2 == 0
    own.dimension["safety_critical"] = np.arange(30) % 3 == 0
    step(own, "observation")
    assert waiting(own)[:, ::6].any()
    assert not np.delete(waiting(own), np.arange(0, 30, 6), axis=1).any()


def test_where_nothing_can_be_seen_no_hours_pile_up(crowd):
    own = place(
        crowd, dimension__staff_visible=0, organisation__hours__observation=1.0, organisation__hours__huddles=1.0
    )
    advance(own, 5, processes=ONLY)
    assert not waiting(own).any()
    assert (own.team["observation_credit"] + own.team["huddle_credit"] == 0.0).all()


def test_what_managers_see_takes_nobodys_courage_and_what_is_stated_in_a_huddle_does(crowd):
    assert constant(looked(crowd, "observation", person__propensity=x).tally["observed"].sum() for x in (0.0, 0.5, 1.0))
    assert rising(looked(crowd, "huddles", 1.0, person__propensity=x).tally["huddled"].sum() for x in GRID)
    assert looked(crowd, "huddles", 1.0, person__propensity=0.0).tally["huddled"].sum() == 0


def test_those_who_dare_lift_what_the_whole_huddle_states(crowd):
    """What counts is the mean of those in post."""
    own = put(crowd.copy(), person__vacant=0)
    half = np.arange(len(own.person)) % 2 == 0

    def raised_in_huddles(**changes):
        it = place(own, organisation__hours__huddles=1.0, **changes)
        return step(it, "observation").tally["huddled"].sum()

    mixed = place(own, organisation__hours__huddles=1.0)
    mixed.person["propensity"] = np.where(half, 1.0, 0.0)
    assert (
        raised_in_huddles(person__propensity=0.2)
        < step(mixed, "observation").tally["huddled"].sum()
        < raised_in_huddles()
    )


@pytest.mark.parametrize("state", ["vacant", "absent"])
def test_a_manager_who_is_not_there_watches_nothing_and_the_team_can_still_huddle(crowd, state):
    own = put(crowd.copy(), person__vacant=0, person__absent=0)
    own = place(own, organisation__hours__observation=1.0, organisation__hours__huddles=1.0)
    own.person[state][own.manager["person"]] = 1
    seek = own.team["seek"].copy()
    step(own, "observation")
    assert (own.tally["observed"] == 0).all()
    assert own.tally["huddled"].sum() > 0
    np.testing.assert_array_equal(own.team["seek"], seek)
    assert (own.team["observation_credit"] == 0.0).all()


def test_watching_the_work_turns_teams_towards_looking_for_problems(cohort):
    def seek(hours=0.2, **changes):
        return looked(cohort, "observation", hours, team__seek=0.5, **changes).team["seek"][0]

    assert rising(seek(hours) for hours in (0.0, 0.1, 0.3))
    assert rising(seek(p__observation__seek_gain=gain) for gain in (0.0, 0.02, 0.2))
    assert seek(0.2) == pytest.approx(0.5 + 0.02 * 0.2 * 10 * 0.5)
    assert looked(cohort, "huddles", 0.5, team__seek=0.5).team["seek"][0] == 0.5
    full = looked(cohort, "observation", 3.0, team__seek=1.0, p__observation__seek_gain=0.2)
    assert (full.team["seek"] == 1.0).all()


@KINDS
def test_hours_come_week_by_week_and_what_is_left_over_is_less_than_one_look(cohort, kind):
    own = place(cohort, **{HOURS[kind]: 0.07})
    each = cohort.parameters["observation"][EACH[kind].rpartition("__")[2]][0]
    for week in range(1, 12):
        advance(own, 1, processes=ONLY)
        given_ = 0.07 * 10 * week
        np.testing.assert_allclose(own.team[CREDIT[kind]], given_ % each, atol=1e-9)
    assert (own.team[CREDIT[kind]] < each).all()


@KINDS
def test_hours_are_spent_where_there_is_something_to_look_at_and_go_back_to_care_elsewhere(cohort, kind):
    own = looked(cohort, kind, 0.13)
    np.testing.assert_allclose(hours_of(own.organisation, "spent", kind), 0.13)
    np.testing.assert_allclose(own.team["observation_hours"], 0.13 * own.team["n_posts"])
    other = "huddles" if kind == "observation" else "observation"
    assert (hours_of(own.organisation, "spent", other) == 0.0).all()
    idle = step(place(cohort, **{HOURS[kind]: 0.13}, dimension__staff_visible=0), "observation")
    assert (hours_of(idle.organisation, "spent", kind) == 0.0).all()
    assert (idle.team["observation_hours"] == 0.0).all()


def test_where_the_manager_is_away_no_one_watches_and_the_hours_go_back_to_care(cohort):
    own = place(cohort, organisation__hours__observation=0.13)
    away = own.manager["person"][own.team["manager"][:3]]
    own.person["vacant"][away[:2]], own.person["absent"][away[2]] = 1, 1
    step(own, "observation")
    assert (own.team["observation_hours"][:3] == 0.0).all()
    np.testing.assert_allclose(own.team["observation_hours"][3:], 0.13 * own.team["n_posts"][3:])


@settings(max_examples=15)
@given(st.floats(0, 3.75), st.floats(0, 3.75), shares, shares, st.integers(0, 5000))
def test_in_every_place_all_stays_a_share_and_no_slot_holds_what_is_done_already(
    small_cohort, watching, huddling, skill, propensity, week
):
    own = place(
        small_cohort,
        organisation__hours__observation=watching,
        organisation__hours__huddles=huddling,
        person__skill=skill,
        person__propensity=propensity,
    )
    own.week = week
    advance(own, 3, processes=ONLY)
    ideas = own.practice[waiting(own)]
    assert (ideas["idea_value"] != ideas["value"]).all()
    assert ((own.team["seek"] >= 0) & (own.team["seek"] <= 1)).all()


def test_switched_off_nothing_is_seen_and_the_hours_go_back_to_care(crowd):
    own = place(
        crowd, organisation__hours__observation=1.0, organisation__hours__huddles=1.0, p__observation__enabled=False
    )
    own.tally[:] = 0
    before = own.copy()
    step(own, "observation")
    assert changed_columns(before, own) <= {"organisation.spent", "team.observation_hours"}
    assert (own.organisation["spent"][:, OBSERVATION] + own.organisation["spent"][:, HUDDLES] == 0.0).all()


def test_over_a_year_more_hours_of_watching_bring_more_problems_to_managers(crowd):
    def in_a_year(hours):
        own, total = put(crowd.copy(), organisation__allotted__observation=hours), 0.0

        def observe(at, first, last):
            nonlocal total
            total += at.tally["observed"].sum()

        advance(own, 26, observe=observe)
        return total

    assert never_falling(in_a_year(hours) for hours in (0.0, 0.05, 0.2))
