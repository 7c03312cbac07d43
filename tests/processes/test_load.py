"""Work is shared among those present; what is left over is headspace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import (
    GRID,
    after,
    both,
    by_team,
    constant,
    falling,
    filled_staff,
    hours_of,
    is_staff,
    never_rising,
    present_staff,
    put,
    rising,
    shares,
    step,
)

from civicsim.model.levers import PATIENTS, PROTECTED, REPORTING
from civicsim.model.organisation import TEAM_MANAGER
from civicsim.model.processes.load import HEADSPACE_PER_HOUR, OVERLOAD_WEEKS, usable_headspace, working_load

hours = st.floats(0, 60)


# -- equations -------------------------------------------------------------------------------------------------------


@given(hours, hours, hours, hours, st.floats(30, 48))
def test_load_follows_its_formula(care, spent, voice, failure, contracted):
    assert both(working_load, care, spent, voice, failure, contracted) == pytest.approx(
        (care + spent + voice + failure) / contracted
    )


def test_every_hour_of_whatever_kind_raises_load_alike():
    for place in range(4):
        numbers = [[33.0, 0.7, 0.1, 2.0, 37.5] for _ in GRID]
        for values, extra in zip(numbers, GRID, strict=True):
            values[place] += extra
        loads = [working_load(*values) for values in numbers]
        assert rising(loads)
        assert loads[-1] - loads[0] == pytest.approx(1 / 37.5)


def test_a_longer_contract_lowers_load():
    assert falling(working_load(33.0, 0.7, 0.1, 2.0, contracted) for contracted in (30.0, 37.5, 48.0))
    assert working_load(0.0, 0.0, 0.0, 0.0, 37.5) == 0.0


@given(st.floats(0, 3), st.floats(0, 0.15), st.floats(30, 48), shares, st.floats(0, 4))
def test_headspace_follows_its_formula_and_is_a_share(load, overtime, contracted, permission, protected):
    expected = min(1.0, 0.15 * contracted * max(0.0, 1 + overtime - load) + permission * protected)
    headspace = both(usable_headspace, load, overtime, contracted, permission, protected)
    assert headspace == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= headspace <= 1.0


def test_load_eats_headspace():
    assert falling(usable_headspace(load, 0.05, 37.5, 0.3, 0.1) for load in (0.9, 0.95, 1.0, 1.04))
    assert constant(usable_headspace(load, 0.05, 37.5, 0.3, 0.1) for load in (1.05, 1.2, 3.0))


def test_overtime_makes_headspace():
    assert rising(usable_headspace(1.0, overtime, 37.5, 0.3, 0.1) for overtime in (0.0, 0.05, 0.15))


def test_protected_time_is_headspace_only_with_permission_and_permission_only_with_protected_time():
    assert rising(usable_headspace(1.1, 0.05, 37.5, permission, 0.4) for permission in GRID)
    assert rising(usable_headspace(1.1, 0.05, 37.5, 0.5, protected) for protected in GRID)
    assert constant(usable_headspace(1.1, 0.05, 37.5, permission, 0.0) for permission in GRID)
    assert constant(usable_headspace(1.1, 0.05, 37.5, 0.0, protected) for protected in GRID)


def test_headspace_at_its_ends():
    assert usable_headspace(2.0, 0.05, 37.5, 0.0, 0.0) == 0.0
    assert usable_headspace(0.0, 0.05, 37.5, 1.0, 4.0) == 1.0
    assert HEADSPACE_PER_HOUR == 0.15


# -- the process -----------------------------------------------------------------------------------------------------


def test_every_load_and_headspace_is_the_sum_of_its_hours(cohort):
    """The whole process again, in plain NumPy."""
    put(
        cohort,
        p__load__participation_from_recovery=0.3,
        team__coaching_hours=3.0,
        team__observation_hours=0.9,
        team__peer_hours=0.2,
        team__deliberation_hours=2.5,
        organisation__spent__patients=0.1,
        organisation__partner_hours=0.07,
        p__structure__managers_per_team=3,
    )
    team, person, org = cohort.team.copy(), cohort.person.copy(), cohort.organisation.copy()
    q = {name: cohort.parameters["load"][name][0] for name in cohort.parameters["load"].dtype.names}
    org_of = team["organisation"]
    staff, present = is_staff(cohort), present_staff(cohort)
    n_present = np.bincount(person["team"][present], minlength=len(team))
    mismatch = (cohort.practice["value"] != cohort.practice["reality"]).mean(axis=1)
    convenient = cohort.practice["convenient"].sum(axis=1)
    spent = org["hours"][:, PROTECTED] + org["hours"][:, REPORTING]
    spent += org["partner_hours"]
    usable = (org["permission_enacted"] * org["hours"][:, PROTECTED])[org_of]
    at_work = np.maximum(n_present - 2, 1)
    care = np.maximum(0, org["demand_factor"][org_of] * team["demand"] / at_work - q["convenience_gain"] * convenient)
    shared = spent[org_of] + q["failure_demand"] * mismatch
    forum = org["spent"][:, PATIENTS][org_of] * team["n_posts"]
    shared += 0.7 * (team["peer_hours"] + (team["deliberation_hours"] + forum) / at_work)
    for purpose in ("improvement", "response", "settling", "observation", "coaching"):
        shared += team[f"{purpose}_hours"] / at_work
    load = ((care + shared)[person["team"]] + person["voice_hours"]) / 37.5
    slack = 37.5 * np.maximum(0, 1 + q["overtime"] - load)
    headspace = np.minimum(1, 0.15 * slack + usable[person["team"]])

    step(cohort, "load")
    np.testing.assert_array_equal(cohort.team["n_present"], n_present)
    np.testing.assert_allclose(cohort.team["mismatch"], mismatch)
    np.testing.assert_allclose(cohort.person["load"][staff], load[staff])
    np.testing.assert_allclose(cohort.person["headspace"][staff], headspace[staff])
    filled = filled_staff(cohort)
    n_filled = np.bincount(person["team"][filled], minlength=len(team))
    np.testing.assert_allclose(cohort.team["load"], by_team(cohort, load, filled) / n_filled)
    np.testing.assert_allclose(cohort.team["headspace"], by_team(cohort, headspace, filled) / n_filled)
    above = np.maximum(0, cohort.team["load"] - 1)
    np.testing.assert_allclose(cohort.team["overload"], team["overload"] + (above - team["overload"]) / OVERLOAD_WEEKS)
    lost = np.bincount(org_of, weights=q["failure_demand"] * mismatch * n_present)
    np.testing.assert_allclose(cohort.tally["hours_failure_demand"], lost)


def test_absent_and_vacant_posts_leave_their_work_to_the_others(cohort):
    put(cohort, person__absent=0, person__vacant=0)
    full = after(cohort, "load")
    for state in ("absent", "vacant"):
        few = cohort.copy()
        few.person[state][few.team["first_person"]] = 1
        step(few, "load")
        assert (few.team["n_present"] == full.team["n_present"] - 1).all()
        assert (few.team["load"] > full.team["load"]).all()
        assert (few.team["headspace"] <= full.team["headspace"] + 1e-12).all()


def test_a_team_without_anybody_has_a_load_that_is_a_number(cohort):
    step(put(cohort, person__vacant=1), "load")
    assert (cohort.team["n_present"] == 0).all()
    assert np.isfinite(cohort.person["load"]).all()
    assert (cohort.team["load"] == 0.0).all()


def test_demand_raises_load_and_what_does_not_fit_makes_work(cohort):
    plain = after(cohort, "load")
    busier = after(cohort, "load", team__demand=cohort.team["demand"] * 1.1)
    assert (busier.team["load"] > plain.team["load"]).all()
    fitting = after(cohort, "load", practice__value=cohort.practice["reality"])
    wrong = after(cohort, "load", practice__value=-cohort.practice["reality"])
    assert (fitting.team["load"] < plain.team["load"]).all()
    assert (wrong.team["load"] > plain.team["load"]).all()
    assert (fitting.team["mismatch"] == 0.0).all()
    assert (wrong.team["mismatch"] == 1.0).all()
    assert (fitting.tally["hours_failure_demand"] == 0.0).all()


def test_failure_demand_makes_the_same_mismatch_cost_more(cohort):
    loads = [after(cohort, "load", p__load__failure_demand=w).team["load"].mean() for w in (2.0, 6.0, 10.0)]
    assert rising(loads)


def test_convenient_practices_save_care_but_never_more_than_there_is(cohort):
    few, many = (after(cohort, "load", practice__convenient=c) for c in (0, 1))
    assert (many.team["load"] < few.team["load"]).all()
    nothing = after(cohort, "load", practice__convenient=1, team__demand=0.0, p__load__convenience_gain=1.0)
    assert (nothing.person["load"] >= 0.0).all()


def test_reporting_and_protected_time_cost_load_like_any_hour(cohort):
    plain = after(cohort, "load")
    for purpose in ("protected", "reporting"):
        more = after(
            cohort, "load", **{f"organisation__hours__{purpose}": hours_of(cohort.organisation, "hours", purpose) + 0.5}
        )
        np.testing.assert_allclose((more.team["load"] - plain.team["load"]) * 37.5, 0.5)
        assert (hours_of(more.organisation, "spent", purpose) == hours_of(more.organisation, "hours", purpose)).all()


USUAL_DEMAND = {
    "team__improvement_hours": 0.0,
    "team__demand": 330.0,
    "organisation__demand_factor": 1.0,
    "person__vacant": 0,
    "person__absent": 0,
}
"""Teams of ten that are neither idle nor overrun."""


def test_protected_time_without_permission_costs_headspace_and_with_it_gives_headspace(cohort):
    def gained(permission):
        put(cohort, **USUAL_DEMAND, organisation__permission_enacted=permission)
        without, with_it = (after(cohort, "load", organisation__hours__protected=h) for h in (0.0, 0.6))
        return with_it.team["headspace"] - without.team["headspace"]

    assert (gained(0.0) <= 0.0).all()
    assert gained(0.0).min() < 0.0
    assert (gained(1.0) > 0.0).all()


def test_permission_raises_headspace_and_leaves_load_alone(cohort):
    put(cohort, **USUAL_DEMAND, organisation__hours__protected=0.3)
    little, much = (after(cohort, "load", organisation__permission_enacted=x) for x in (0.1, 0.9))
    assert (much.team["headspace"] > little.team["headspace"]).all()
    np.testing.assert_array_equal(much.person["load"], little.person["load"])


def test_speaking_up_costs_the_person_who_speaks(cohort):
    plain = after(cohort, "load")
    speaker = np.flatnonzero(filled_staff(cohort))[0]
    other = cohort.copy()
    other.person["voice_hours"][speaker] += 2.0
    step(other, "load")
    gained = other.person["load"] - plain.person["load"]
    assert gained[speaker] == pytest.approx(2 / 37.5)
    gained[speaker] = 0.0
    assert (np.abs(gained[is_staff(cohort)]) < 1e-12).all()


@pytest.mark.parametrize("hours", ["improvement_hours", "response_hours", "settling_hours"])
def test_trials_and_answers_cost_the_team_that_has_them(cohort, hours):
    found = [after(cohort, "load", **{f"team__{hours}": h}).team["load"] for h in (0.0, 5.0, 20.0)]
    for t in range(len(cohort.team)):
        assert rising(load[t] for load in found)


def test_a_season_of_more_demand_raises_load(cohort):
    found = [after(cohort, "load", organisation__demand_factor=f).team["load"] for f in (0.9, 1.0, 1.2)]
    for t in range(len(cohort.team)):
        assert rising(load[t] for load in found)


def test_overload_is_a_memory_of_load_above_one(cohort):
    put(cohort, team__overload=0.3)
    at_ease = after(cohort, "load", team__demand=1.0)
    np.testing.assert_allclose(at_ease.team["overload"], 0.3 * 0.9)
    crushed = after(cohort, "load", team__demand=1e6)
    assert (crushed.team["overload"] == 1.0).all()


def test_managers_share_the_load_of_those_they_lead(cohort):
    step(cohort, "load")
    lead = cohort.manager["person"]
    role, org = cohort.person["role"][lead], cohort.person["organisation"][lead]
    of_team = role == TEAM_MANAGER
    np.testing.assert_allclose(
        cohort.person["load"][lead][of_team], cohort.team["load"][cohort.person["team"][lead[of_team]]]
    )
    mean = np.bincount(cohort.team["organisation"], weights=cohort.team["load"]) / cohort.organisation["n_teams"]
    np.testing.assert_allclose(cohort.person["load"][lead][~of_team], mean[org[~of_team]])


def test_more_overtime_gives_headspace_at_the_same_load(cohort):
    spaces = [after(cohort, "load", p__load__overtime=ot).team["headspace"].mean() for ot in (0.0, 0.05, 0.15)]
    assert rising(spaces)


def test_switched_off_nothing_of_it_changes(cohort):
    before = cohort.copy()
    put(cohort, p__load__enabled=False, team__demand=1e4)
    step(cohort, "load")
    np.testing.assert_array_equal(cohort.person, before.person)


def test_a_weeks_headspace_falls_with_demand_in_every_team(cohort):
    spaces = [after(cohort, "load", team__demand=d).team["headspace"] for d in (100.0, 250.0, 300.0, 400.0)]
    for t in range(len(cohort.team)):
        assert never_rising(space[t] for space in spaces)


# -- what else takes hours -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["coaching", "observation", "deliberation"])
def test_what_a_team_does_together_falls_to_those_who_are_there(cohort, purpose):
    """Four hours for ten posts weigh more on each of five than on each of ten."""
    put(cohort, person__vacant=0, person__absent=0, p__structure__managers_per_team=1)
    for there in (10, 5):
        cohort.person["absent"][is_staff(cohort)] = np.tile(np.arange(10) >= there, len(cohort.team))
        found = [after(cohort, "load", **{f"team__{purpose}_hours": h}).team["load"] for h in (0.0, 4.0)]
        np.testing.assert_allclose((found[1] - found[0]) * 37.5, 4.0 / there)


def test_hours_with_peers_weigh_on_everyone_alike(cohort):
    found = [after(cohort, "load", team__peer_hours=h).person["load"] for h in (0.0, 0.75)]
    np.testing.assert_allclose(found[1] - found[0], 0.75 / 37.5)


def test_work_that_partners_bring_costs_load(cohort):
    found = [after(cohort, "load", organisation__partner_hours=h).person["load"] for h in (0.0, 0.75)]
    np.testing.assert_allclose(found[1] - found[0], 0.75 / 37.5)


def test_care_that_is_put_off_lowers_load(cohort):
    put(cohort, **USUAL_DEMAND, practice__convenient=0)
    plain = after(cohort, "load", organisation__deferred=0.0).person["load"]
    for share in (0.05, 0.3):
        lower = after(cohort, "load", organisation__deferred=share).person["load"]
        np.testing.assert_allclose((plain - lower)[is_staff(cohort)], share * 33.0 / 37.5)


def test_what_staff_take_on_in_return_costs_load_as_far_as_a_compact_is_a_ledger_and_believed(cohort):
    def load(compact, hours=0.1, **changes):
        believed = {"team__belief": 1.0, "organisation__compact": compact, "p__compact__return_hours": hours}
        own = after(cohort, "load", **(believed | changes))
        return own.person["load"]

    plain = load(0.0)
    np.testing.assert_allclose(load(1.0) - plain, 0.1 / 37.5)
    np.testing.assert_allclose(load(1.0, hours=0.75) - plain, 0.75 / 37.5)
    assert rising(load(compact).mean() for compact in (0.5, 0.7, 0.9, 1.0))
    assert rising(load(1.0, team__belief=belief).mean() for belief in GRID)
    for free in (load(0.5), load(1.0, hours=0.0), load(1.0, team__belief=0.0), load(1.0, p__compact__enabled=False)):
        np.testing.assert_array_equal(free, plain)


PART = {"team__peer_hours": 0.2, "team__deliberation_hours": 3.0, "organisation__spent__patients": 0.1}


def test_taking_part_in_ones_rest_lowers_load_at_work_by_as_much_as_it_takes_from_rest(cohort):
    def simulated(share):
        return after(
            cohort, "load", **PART, person__vacant=0, person__absent=0, p__load__participation_from_recovery=share
        )

    assert falling(simulated(share).team["load"].mean() for share in (0.0, 0.5, 1.0))
    assert rising(simulated(share).person["rest_hours"].mean() for share in (0.0, 0.5, 1.0))
    for share in (0.0, 0.5, 1.0):
        own = simulated(share)
        np.testing.assert_allclose(own.person["rest_hours"], share * 0.6)
        np.testing.assert_allclose(own.person["load"] + own.person["rest_hours"] / 37.5, simulated(0.0).person["load"])


@pytest.mark.parametrize("purpose", ["protected", "reporting", "coaching", "observation"])
def test_only_what_people_take_part_in_can_come_out_of_rest(cohort, purpose):
    """Protected time, reports, coaching, watching and huddles happen at work."""
    nothing = {name: 0.0 for name in PART}
    hours = f"organisation__hours__{purpose}" if purpose in ("protected", "reporting") else f"team__{purpose}_hours"
    own = after(cohort, "load", **nothing, **{hours: 0.5}, p__load__participation_from_recovery=1.0)
    assert (own.person["rest_hours"] == 0.0).all()


def test_more_managers_in_a_team_leave_fewer_for_care(cohort):
    put(
        cohort,
        person__vacant=0,
        person__absent=0,
        team__improvement_hours=0.0,
        team__response_hours=0.0,
        team__settling_hours=0.0,
        team__deliberation_hours=0.0,
        organisation__spent__patients=0.0,
        practice__convenient=0,
        p__load__failure_demand=0.0,
    )
    assert rising(after(cohort, "load", p__structure__managers_per_team=n).team["load"].mean() for n in (1, 2, 3))
    one, two = (after(cohort, "load", p__structure__managers_per_team=n).team["load"] for n in (1, 2))
    care = cohort.organisation["demand_factor"][0] * cohort.team["demand"] / 37.5
    np.testing.assert_allclose(two - one, care / 9 - care / 10)


def test_a_team_of_managers_alone_has_a_load_that_is_a_number(cohort):
    put(cohort, person__vacant=1)
    cohort.person["vacant"][cohort.team["first_person"]] = 0
    own = after(cohort, "load", p__structure__managers_per_team=3)
    assert np.isfinite(own.team["load"]).all()
