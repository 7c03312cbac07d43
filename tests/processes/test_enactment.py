"""Staff experience what leaders do, not what they announce."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import (
    GRID,
    after,
    both,
    constant,
    falling,
    hours_of,
    never_falling,
    never_rising,
    put,
    record,
    rising,
    shares,
    step,
)

from civicsim.model.levers import PROTECTED, PURPOSES
from civicsim.model.organisation import ENACTED, TEAM_MANAGER
from civicsim.model.processes.enactment import Parameters, enacted_attitude, manager_openness, words_without_deeds

q = record(Parameters())
rates = st.floats(0.01, 0.2)
control_rates = st.floats(0.02, 0.3)
fallbacks = st.floats(0.0, 0.5)


# -- equations -------------------------------------------------------------------------------------------------------


@given(
    shares, shares, shares, st.sampled_from((-1.0, 1.0)), shares, shares, rates, control_rates, fallbacks, st.booleans()
)
def test_an_attitude_follows_its_formula_and_stays_a_share(
    enacted, intended, habit, freer, engaged, pressure, rate, control_rate, fallback, control
):
    q = record(Parameters(rate=rate, control_rate=control_rate, fallback=fallback, control_enabled=control))
    given_freely = not control or (intended >= enacted if freer > 0 else intended <= enacted)
    beyond = not control or (enacted > habit if freer > 0 else enacted < habit)
    expected = enacted + (rate * engaged if given_freely else control_rate) * (intended - enacted)
    if beyond:
        expected -= fallback * pressure * (enacted - habit)
    moved = both(enacted_attitude, q, enacted, intended, habit, freer, engaged, pressure)
    assert moved == pytest.approx(min(1.0, max(0.0, expected)), abs=1e-12)
    assert 0.0 <= moved <= 1.0


@given(shares, shares, shares, shares, shares)
def test_less_fear_is_given_as_more_permission_is(enacted, intended, habit, engaged, pressure):
    fear = enacted_attitude(q, 1 - enacted, 1 - intended, 1 - habit, -1.0, engaged, pressure)
    assert 1 - fear == pytest.approx(enacted_attitude(q, enacted, intended, habit, 1.0, engaged, pressure), abs=1e-12)


def met(enacted=0.3, intended=0.8, habit=0.3, freer=1.0, engaged=0.5, pressure=0.1, **changes):
    """Return what staff meet next week: by default, of something that is given."""
    return enacted_attitude(record(Parameters(), **changes), enacted, intended, habit, freer, engaged, pressure)


def test_what_is_given_needs_hours_with_people():
    assert rising(met(engaged=hours) for hours in GRID)
    assert falling(met(0.8, 0.2, 0.8, -1.0, engaged=hours) for hours in GRID)
    assert rising(met(intended=intended) for intended in (0.3, 0.5, 0.8, 1.0))
    assert constant(met(engaged=0.0, intended=intended) for intended in (0.3, 0.5, 0.8, 1.0))
    assert rising(met(rate=rate) for rate in (0.01, 0.05, 0.2))
    assert constant(met(control_rate=rate) for rate in (0.02, 0.08, 0.3))


def test_what_is_taken_away_arrives_at_its_own_rate_whatever_hours_are_given():
    for hours in GRID:
        assert met(0.8, 0.2, 0.8, engaged=hours) == pytest.approx(0.8 - 0.08 * 0.6)
        assert met(0.2, 0.8, 0.2, -1.0, engaged=hours) == pytest.approx(0.2 + 0.08 * 0.6)
    assert falling(met(0.8, 0.2, 0.8, engaged=0.0, control_rate=rate) for rate in (0.02, 0.08, 0.3))
    assert rising(met(0.2, 0.8, 0.2, -1.0, engaged=0.0, control_rate=rate) for rate in (0.02, 0.08, 0.3))
    assert constant(met(0.8, 0.2, 0.8, rate=rate) for rate in (0.01, 0.05, 0.2))
    assert rising(met(0.8, intended, 0.8, engaged=0.0) for intended in (0.0, 0.2, 0.4, 0.8))


def test_pressure_undoes_only_what_goes_beyond_the_habit():
    assert falling(met(0.8, 0.8, 0.3, pressure=pressure) for pressure in GRID)
    assert rising(met(0.1, 0.1, 0.3, -1.0, pressure=pressure) for pressure in GRID)
    # Less freedom and more fear than usual stay as they are.
    assert constant(met(0.1, 0.1, 0.3, pressure=pressure) for pressure in GRID)
    assert constant(met(0.8, 0.8, 0.3, -1.0, pressure=pressure) for pressure in GRID)
    assert falling(met(0.8, 0.8, 0.3, pressure=0.5, fallback=f) for f in (0.0, 0.1, 0.5))
    assert rising(met(0.8, 0.8, habit, pressure=0.5) for habit in (0.0, 0.2, 0.4, 0.6, 0.8))
    assert constant(met(0.2, 0.2, habit, pressure=0.5) for habit in (0.2, 0.4, 0.6, 0.8))


def test_without_control_every_attitude_needs_hours_and_slips_to_its_habit_from_either_side():
    old = {"control_enabled": False}
    for freer in (-1.0, 1.0):
        assert rising(met(freer=freer, engaged=hours, **old) for hours in GRID)
        assert falling(met(0.8, 0.2, 0.8, freer, engaged=hours, **old) for hours in GRID)
        assert constant(met(0.4, x, 0.4, freer, engaged=0.0, **old) for x in GRID)
        assert falling(met(0.8, 0.8, 0.3, freer, pressure=pressure, **old) for pressure in GRID)
        assert rising(met(0.1, 0.1, 0.3, freer, pressure=pressure, **old) for pressure in GRID)
        assert constant(met(0.8, 0.2, 0.8, freer, control_rate=rate, **old) for rate in (0.02, 0.08, 0.3))


@pytest.mark.parametrize("freer", [-1.0, 1.0])
def test_at_the_habit_nothing_falls_back_and_at_the_intention_nothing_moves(freer):
    ends = {"rate": 0.2, "control_rate": 0.3, "fallback": 0.5}
    assert met(0.3, 0.3, 0.3, freer, 1.0, 1.0, **ends) == 0.3
    assert constant(met(0.4, 0.7, 0.4, freer, 0.5, pressure, **ends) for pressure in GRID)
    assert met(1.0, 1.0, 1.0, freer, 1.0, 1.0, **ends) == 1.0
    assert met(0.0, 0.0, 0.0, freer, 1.0, 1.0, **ends) == 0.0


@given(shares, shares, st.floats(0, 0.8), shares, st.floats(0, 2), shares, shares)
def test_openness_follows_its_formula_and_stays_a_share(own, leader, weight, overload, cost, grip, grip_cost):
    expected = (1 - weight) * own + weight * leader - cost * overload - grip_cost * grip
    openness = both(manager_openness, own, leader, weight, overload, cost, grip, grip_cost)
    assert openness == pytest.approx(min(1.0, max(0.0, expected)), abs=1e-12)
    assert 0.0 <= openness <= 1.0


def opened(own=0.5, leader=0.5, weight=0.4, overload=0.1, cost=0.6, grip=0.1, grip_cost=0.2):
    return manager_openness(own, leader, weight, overload, cost, grip, grip_cost)


def test_own_and_the_leaders_openness_open_a_manager():
    assert rising(opened(own=own) for own in (0.2, 0.4, 0.6, 0.8, 1.0))
    assert rising(opened(leader=leader) for leader in GRID)


def test_amplification_moves_a_manager_towards_the_leader_from_either_side():
    assert rising(opened(own=0.3, leader=0.9, weight=weight) for weight in (0.0, 0.4, 0.8))
    assert falling(opened(own=0.9, leader=0.3, weight=weight) for weight in (0.0, 0.4, 0.8))


def test_overload_and_grip_close_a_manager():
    assert falling(opened(overload=overload) for overload in GRID[:-1])
    assert falling(opened(grip=grip) for grip in GRID)
    assert never_rising(opened(overload=0.3, cost=cost) for cost in (0.0, 0.6, 2.0))
    assert falling(opened(grip=0.4, grip_cost=cost) for cost in GRID)
    assert constant(opened(overload=0.0, cost=cost) for cost in (0.0, 0.6, 2.0))
    assert constant(opened(grip=0.0, grip_cost=cost) for cost in GRID)
    assert opened(own=1.0, leader=1.0, overload=1.0, cost=2.0) == 0.0


@given(shares, shares, shares, shares, shares, shares)
def test_the_gap_follows_its_formula_and_is_a_share(
    fear, fear_met, permission, permission_met, authority, authority_met
):
    worse = max(0, fear_met - fear) + max(0, permission - permission_met) + max(0, authority - authority_met)
    gap = both(words_without_deeds, fear, fear_met, permission, permission_met, authority, authority_met)
    assert gap == pytest.approx(worse / 3)
    assert 0.0 <= gap <= 1.0


def test_more_fear_and_less_freedom_than_announced_make_a_gap():
    assert rising(words_without_deeds(0.2, met, 0.5, 0.5, 0.5, 0.5) for met in GRID[1:])
    assert falling(words_without_deeds(0.2, 0.2, 0.8, met, 0.5, 0.5) for met in GRID[:-1])
    assert falling(words_without_deeds(0.2, 0.2, 0.5, 0.5, 0.8, met) for met in GRID[:-1])


def test_being_treated_better_than_announced_disappoints_no_one():
    assert constant(words_without_deeds(0.8, met, 0.2, 0.5, 0.2, 0.5) for met in GRID[:-1])
    assert words_without_deeds(0.8, 0.1, 0.1, 0.8, 0.1, 0.8) == 0.0


# -- the process -----------------------------------------------------------------------------------------------------


def given_hours(cohort, share):
    """Let leaders who have no cause to tighten spend a share of the budget with people."""
    put(cohort, organisation__grip=0.0)
    cohort.organisation["spent"][:, PROTECTED] = share * cohort.organisation["hours_budget"]
    for purpose in ("peer", "response", "deliberation"):
        hours_of(cohort.organisation, "spent", purpose)[:] = 0.0
    return cohort


GIVEN = {"fear": 0.02, "permission": 0.95, "authority": 0.95}
TAKEN_AWAY = {"fear": 0.95, "permission": 0.02, "authority": 0.02}


@pytest.mark.parametrize("name", ENACTED)
def test_what_is_given_comes_nearer_to_the_intention_the_more_hours_are_given(cohort, name):
    put(cohort, **{f"organisation__{name}": GIVEN[name], "team__overload": 0.0})
    met = [step(given_hours(cohort.copy(), s), "enactment").organisation[f"{name}_enacted"] for s in GRID]
    for run in range(cohort.n_organisations):
        assert (falling if name == "fear" else rising)(values[run] for values in met)
    np.testing.assert_array_equal(met[0], cohort.organisation[f"{name}_enacted"])


@pytest.mark.parametrize("purpose", [None, *PURPOSES])
@pytest.mark.parametrize("name", ENACTED)
def test_what_is_taken_away_arrives_by_itself_under_every_allocation(cohort, name, purpose):
    put(cohort, **{f"organisation__{name}": TAKEN_AWAY[name], "team__overload": 0.3})
    before = given_hours(cohort, 0.0).organisation[f"{name}_enacted"].copy()
    put(cohort, **{f"organisation__{name}_habit": before})
    if purpose:
        hours_of(cohort.organisation, "spent", purpose)[:] = cohort.organisation["hours_budget"]
    rate = cohort.parameters["enactment"]["control_rate"][0]
    expected = before + rate * (TAKEN_AWAY[name] - before)
    np.testing.assert_allclose(step(cohort, "enactment").organisation[f"{name}_enacted"], expected)


@pytest.mark.parametrize("name", ENACTED)
def test_without_control_nothing_is_taken_away_without_hours(cohort, name):
    put(cohort, **{f"organisation__{name}": TAKEN_AWAY[name], "team__overload": 0.0})
    put(given_hours(cohort, 0.0), p__enactment__control_enabled=False)
    before = cohort.organisation[f"{name}_enacted"].copy()
    np.testing.assert_array_equal(step(cohort, "enactment").organisation[f"{name}_enacted"], before)


@pytest.mark.parametrize("purpose", ["protected", "peer", "response", "deliberation"])
def test_all_hours_with_people_count(cohort, purpose):
    put(cohort, organisation__fear=0.0, team__overload=0.0)
    given_hours(cohort, 0.0)
    assert (
        after(cohort, "enactment", **{f"organisation__spent__{purpose}": 0.2}).organisation["fear_enacted"]
        < cohort.organisation["fear_enacted"]
    ).all()


@pytest.mark.parametrize("purpose", ["reporting", "patients"])
def test_hours_without_people_of_the_house_do_not_count(cohort, purpose):
    few, many = (after(cohort, "enactment", **{f"organisation__spent__{purpose}": h}) for h in (0.0, 0.7))
    for name in ENACTED:
        np.testing.assert_array_equal(few.organisation[f"{name}_enacted"], many.organisation[f"{name}_enacted"])


@pytest.mark.parametrize("name", ENACTED)
def test_overload_undoes_what_was_given_and_not_what_was_taken_away(cohort, name):
    put(cohort, organisation__grip=0.0)

    def moved(met, habit, overload):
        changes = {f"organisation__{name}{kind}": x for kind, x in (("", met), ("_enacted", met), ("_habit", habit))}
        return after(cohort, "enactment", team__overload=overload, **changes).organisation[f"{name}_enacted"] - met

    freer = -1.0 if name == "fear" else 1.0
    given_level, taken_level = (0.1, 0.9) if name == "fear" else (0.9, 0.1)
    assert (freer * moved(given_level, 0.5, 0.6) < 0.0).all()
    np.testing.assert_allclose(moved(given_level, 0.5, 0.0), 0.0, atol=1e-12)
    np.testing.assert_allclose(moved(taken_level, 0.5, 0.6), 0.0, atol=1e-12)


def test_the_gap_is_how_much_worse_than_announced_staff_are_treated(cohort):
    put(cohort, organisation__fear=0.1, organisation__permission=0.9, organisation__authority=0.9)
    org = step(cohort, "enactment").organisation
    worse = [org["fear_enacted"] - 0.1, 0.9 - org["permission_enacted"], 0.9 - org["authority_enacted"]]
    np.testing.assert_allclose(org["say_do_gap"], np.mean(worse, axis=0), atol=1e-12)
    assert (org["say_do_gap"] > 0.1).all()
    assert (
        after(
            cohort, "enactment", organisation__fear=0.9, organisation__permission=0.0, organisation__authority=0.0
        ).organisation["say_do_gap"]
        == 0.0
    ).all()


def test_switched_off_what_is_intended_is_met_at_once(cohort):
    put(
        cohort,
        organisation__fear=0.9,
        organisation__permission=0.1,
        p__enactment__enabled=False,
        organisation__grip=0.0,
    )
    org = step(cohort, "enactment").organisation
    for name in ENACTED:
        np.testing.assert_array_equal(org[f"{name}_enacted"], org[name])
    assert (org["say_do_gap"] == 0.0).all()


def test_grip_adds_to_the_fear_that_is_intended(cohort):
    put(cohort, organisation__fear=0.3, organisation__spent__protected=0.4, team__overload=0.0)
    met = [after(cohort, "enactment", organisation__grip=grip).organisation["fear_enacted"] for grip in (0.0, 0.5, 1.0)]
    for run in range(cohort.n_organisations):
        assert rising(values[run] for values in met)
    others = [
        after(cohort, "enactment", organisation__grip=grip).organisation["permission_enacted"] for grip in (0.0, 1.0)
    ]
    np.testing.assert_array_equal(*others)


def test_grip_moves_hours_of_all_purposes_to_reporting_and_adds_none(cohort):
    put(cohort, organisation__ledger_protection=0.0, **{f"organisation__allotted__{p}": 0.1 for p in PURPOSES})
    for grip in (0.0, 0.4, 1.0):
        org = after(cohort, "enactment", organisation__grip=grip).organisation
        moved = 0.5 * grip
        for purpose in PURPOSES:
            expected = 0.1 + (len(PURPOSES) - 1) * 0.1 * moved if purpose == "reporting" else 0.1 * (1 - moved)
            np.testing.assert_allclose(hours_of(org, "hours", purpose), expected)


def test_a_ledger_keeps_hours_from_being_moved(cohort):
    put(cohort, organisation__grip=0.8)
    protected = [
        after(cohort, "enactment", organisation__ledger_protection=x).organisation["hours"][:, PROTECTED] for x in GRID
    ]
    for run in range(cohort.n_organisations):
        assert rising(hours[run] for hours in protected)
    np.testing.assert_allclose(protected[-1], cohort.organisation["allotted"][:, PROTECTED])


def test_grip_closes_all_managers(cohort):
    put(cohort, manager__openness_anchor=0.6, organisation__leader_openness=0.6, team__overload=0.0)
    found = [after(cohort, "enactment", organisation__grip=grip).manager["openness"] for grip in (0.0, 0.5, 1.0)]
    for j in range(len(cohort.manager)):
        assert falling(openness[j] for openness in found)


def test_while_a_post_is_empty_the_stand_in_takes_after_the_chief(cohort):
    put(cohort, manager__openness_anchor=0.2, organisation__leader_openness=0.9, person__vacant=0)
    lead = cohort.manager["person"][cohort.team["manager"]]
    filled = after(cohort, "enactment").manager["openness"][cohort.team["manager"]]
    cohort.person["vacant"][lead] = 1
    empty = step(cohort, "enactment").manager["openness"][cohort.team["manager"]]
    assert (empty > filled).all()


def test_an_open_leader_opens_all_managers(cohort):
    closed, open_ = (after(cohort, "enactment", organisation__leader_openness=o) for o in (0.1, 0.9))
    assert (open_.manager["openness"] > closed.manager["openness"]).all()


def test_overload_closes_the_manager_of_the_team_and_a_little_all_those_above(cohort):
    put(cohort, team__overload=0.0, manager__openness_anchor=0.5, organisation__leader_openness=0.5)
    put(cohort, organisation__grip=0.0, person__vacant=0)
    at_ease = after(cohort, "enactment").manager["openness"]
    cohort.team["overload"][0] = 0.4
    pressed = step(cohort, "enactment")
    lost = at_ease - pressed.manager["openness"]
    lead = pressed.manager["person"]
    role, organisation = pressed.person["role"][lead], pressed.person["organisation"][lead]
    own = pressed.team["manager"][0]
    closes = cohort.parameters["enactment"]["overload_cost"][0]
    assert closes > 0.0
    assert lost[own] == pytest.approx(closes * 0.4)
    above = (role > TEAM_MANAGER) & (organisation == 0)
    np.testing.assert_allclose(lost[above], closes * 0.4 / cohort.organisation["n_teams"][0])
    others = ~above
    others[own] = False
    assert (lost[others] == 0.0).all()


def test_the_hours_of_one_organisation_do_not_move_another(cohort):
    put(cohort, organisation__fear=0.0, organisation__grip=0.0)
    other = cohort.copy()
    other.organisation["spent"][0, PROTECTED] = other.organisation["hours_budget"][0]
    moved, plain = step(other, "enactment").organisation, step(cohort, "enactment").organisation
    assert moved["fear_enacted"][0] < plain["fear_enacted"][0]
    np.testing.assert_array_equal(moved["fear_enacted"][1:], plain["fear_enacted"][1:])


def test_what_is_taken_away_is_nearly_met_within_a_year_without_any_hours(cohort):
    put(cohort, organisation__permission=0.0, team__overload=0.0)
    given_hours(cohort, 0.0)
    start = cohort.organisation["permission_enacted"].copy()
    for _ in range(52):
        step(cohort, "enactment")
    np.testing.assert_allclose(cohort.organisation["permission_enacted"], start * 0.92**52)
    assert (cohort.organisation["permission_enacted"] < 0.02 * start).all()


def test_with_all_hours_given_the_intention_is_nearly_met_within_two_years(cohort):
    put(cohort, organisation__fear=0.0, team__overload=0.0)
    given_hours(cohort, 1.0)
    met = []
    for _ in range(104):
        step(cohort, "enactment")
        met.append(-cohort.organisation["fear_enacted"].max())
    assert never_falling(met)
    assert met[-1] > -0.01
