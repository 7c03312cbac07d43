"""Teams talk an idea over before they try it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, constant, falling, never_falling, put, record, rising, shares, step

from civicsim.model.levers import DELIBERATION
from civicsim.model.organisation import ENDORSED, FROM_STAFF, NO_IDEA, TRIAL, WAITING
from civicsim.model.processes.deliberation import (
    Parameters,
    conflict_of,
    conformity_of,
    failure_probability,
    heterogeneity,
    hostility_change,
    split_of,
)

q = record(Parameters())

# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, shares)
def test_heterogeneity_is_half_mix_and_half_split(diversity, split):
    assert both(heterogeneity, diversity, split) == pytest.approx(0.5 * (diversity + split))
    assert 0.0 <= heterogeneity(diversity, split) <= 1.0


def test_a_mixed_and_a_split_team_differs_more():
    assert rising(heterogeneity(diversity, 0.3) for diversity in GRID)
    assert rising(heterogeneity(0.3, split) for split in GRID)


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_split_follows_its_formula_and_is_a_share(pro, con):
    expected = 2 * min(pro, con) / (pro + con) if pro + con else 0.0
    assert both(split_of, pro, con) == pytest.approx(expected)
    assert split_of(pro, con) == split_of(con, pro)
    assert 0.0 <= split_of(pro, con) <= 1.0


def test_opinions_are_most_split_at_half_and_half():
    assert rising(split_of(pro, 8 - pro) for pro in range(5))
    assert split_of(4, 4) == 1.0
    assert split_of(5, 0) == split_of(0, 5) == split_of(0, 0) == 0.0


@given(shares, shares, shares, st.floats(0, 3))
def test_conflict_follows_its_formula_and_is_a_share(difference, facilitation, hostility, weight):
    expected = min(1.0, difference * (1 - facilitation) * (1 + weight * hostility))
    assert both(conflict_of, difference, facilitation, hostility, weight) == pytest.approx(expected)


def test_difference_and_hostility_make_conflict_and_facilitation_keeps_it_out():
    assert rising(conflict_of(difference, 0.5, 0.3, 1.0) for difference in GRID)
    assert rising(conflict_of(0.5, 0.5, hostility, 1.0) for hostility in GRID)
    assert rising(conflict_of(0.5, 0.5, 0.3, weight) for weight in (0.0, 1.0, 3.0))
    assert falling(conflict_of(0.5, facilitation, 0.3, 1.0) for facilitation in GRID)
    assert constant(conflict_of(difference, 1.0, 0.3, 1.0) for difference in GRID)
    assert constant(conflict_of(0.0, 0.5, hostility, 1.0) for hostility in GRID)


def test_facilitation_matters_most_where_people_differ():
    gains = [conflict_of(h, 0.0, 0.3, 1.0) - conflict_of(h, 0.8, 0.3, 1.0) for h in (0.0, 0.2, 0.4, 0.6)]
    assert rising(gains)


@given(shares, shares)
def test_conformity_follows_its_formula(conformity, diversity):
    assert both(conformity_of, conformity, diversity) == pytest.approx(conformity * (1 - diversity))


def test_more_professions_make_judgements_more_independent():
    assert falling(conformity_of(0.8, diversity) for diversity in GRID)
    assert rising(conformity_of(conformity, 0.4) for conformity in GRID)


@given(shares, st.floats(0.1, 0.5))
def test_failure_follows_its_formula_and_is_a_probability(conflict, tolerance):
    assert both(failure_probability, conflict, tolerance) == pytest.approx(max(0.0, conflict - tolerance))
    assert 0.0 <= failure_probability(conflict, tolerance) <= 1.0


def test_conflict_beyond_the_tolerance_makes_deliberation_fail():
    assert constant(failure_probability(conflict, 0.3) for conflict in (0.0, 0.1, 0.3))
    assert rising(failure_probability(conflict, 0.3) for conflict in (0.3, 0.5, 1.0))
    assert falling(failure_probability(0.8, tolerance) for tolerance in (0.1, 0.3, 0.5))


@given(shares, st.floats(0, 4), shares)
def test_the_change_of_hostility_follows_its_formula(hostility, hours, overload):
    expected = q.hostility_return * (q.usual_hostility - hostility) - q.contact_rate * hours * hostility
    expected += q.load_hostility * overload
    assert both(hostility_change, q, hostility, hours, overload) == pytest.approx(expected, abs=1e-15)


def test_contact_lowers_hostility_and_overload_raises_it():
    assert falling(hostility_change(q, 0.3, hours, 0.1) for hours in GRID)
    assert constant(hostility_change(q, 0.0, hours, 0.1) for hours in GRID)
    assert rising(hostility_change(q, 0.3, 0.1, overload) for overload in GRID)
    assert falling(hostility_change(q, hostility, 0.1, 0.1) for hostility in GRID)
    assert hostility_change(q, q.usual_hostility, 0.0, 0.0) == 0.0


# -- the process -----------------------------------------------------------------------------------------------------

PRICE = 5.0


def table(cohort, *, fits=True, n=1, credit=PRICE):
    """Lay ``n`` endorsed ideas on each team's table, with hours in hand and nothing to come."""
    put(
        cohort,
        practice__idea_state=NO_IDEA,
        practice__deliberated=0,
        organisation__hours__deliberation=0.0,
        team__deliberation_credit=credit,
        person__vacant=0,
        person__absent=0,
        p__deliberation__facilitation=1.0,
    )
    for d in range(n):
        slot = cohort.practice[:, d]
        slot["idea_state"], slot["idea_origin"], slot["idea_raiser"] = ENDORSED, FROM_STAFF, -1
        slot["reality"], slot["idea_value"], slot["value"] = 1, 1 if fits else -1, 0
    return cohort


def forward(crowd, fits, **changes):
    """Return the share of ideas that go forward."""
    cohort = put(table(crowd.copy(), fits=fits), **changes)
    step(cohort, "deliberation")
    assert cohort.tally["deliberated"].sum() == len(cohort.team)
    return (cohort.practice["idea_state"][:, 0] == ENDORSED).mean()


def test_skilled_teams_keep_what_fits_and_drop_what_does_not(crowd):
    assert rising(forward(crowd, True, person__skill=skill) for skill in (0.0, 0.5, 1.0))
    assert falling(forward(crowd, False, person__skill=skill) for skill in (0.0, 0.5, 1.0))
    sure = {"person__skill": 1.0, "p__practice__judgement_gain": 0.5}
    assert forward(crowd, True, **sure) == 1.0
    assert forward(crowd, False, **sure) == 0.0


def binomial_majority(q, n):
    return sum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n // 2 + 1, n + 1))


def test_independent_judgements_of_five_are_right_as_often_as_the_binomial_states(crowd):
    found = forward(crowd, True, person__skill=0.5, p__deliberation__conformity=0.0)
    accuracy = 0.5 + crowd.parameters["practice"]["judgement_gain"][0] * 0.5
    assert found == pytest.approx(binomial_majority(accuracy, 5), abs=0.07)


def test_in_a_team_of_one_mind_five_judge_like_one(crowd):
    put_ = {"person__skill": 0.5, "p__deliberation__conformity": 1.0, "person__profession": 1}
    accuracy = 0.5 + crowd.parameters["practice"]["judgement_gain"][0] * 0.5
    assert forward(crowd, True, **put_) == pytest.approx(accuracy, abs=0.09)


def test_undue_conflict_leaves_the_outcome_to_chance(crowd):
    sure = {"person__skill": 1.0, "p__practice__judgement_gain": 0.5, "p__deliberation__conflict_tolerance": 0.0}
    quiet = forward(crowd, False, **sure)
    hostile = put(crowd.copy(), team__hostility=1.0)
    loud = [
        forward(hostile, False, p__deliberation__hostility_weight=w, **(sure | {"p__deliberation__facilitation": 0.0}))
        for w in (0.0, 3.0)
    ]
    assert quiet == 0.0
    assert rising([quiet, *loud])


def test_only_endorsed_ideas_are_talked_over_and_each_once(cohort):
    table(cohort, n=3, credit=100.0)
    cohort.practice["idea_state"][:, 1] = WAITING
    cohort.practice["idea_state"][:, 2] = TRIAL
    step(cohort, "deliberation")
    assert (cohort.tally["deliberated"] == cohort.organisation["n_teams"]).all()
    kept = cohort.practice["idea_state"][:, 0] == ENDORSED
    assert (cohort.practice["deliberated"][kept, 0] == 1).all()
    put(cohort, team__deliberation_credit=100.0)
    assert (step(cohort, "deliberation").tally["deliberated"] == 0).all()


def test_ideas_that_are_dropped_are_counted_and_gone(crowd):
    cohort = table(crowd.copy(), n=4, fits=False, credit=100.0)
    step(cohort, "deliberation")
    gone = (cohort.practice["idea_state"][:, :4] == NO_IDEA).sum()
    assert gone == cohort.tally["ideas_rejected"].sum() > 0
    assert (cohort.tally["deliberated"] == 4 * cohort.organisation["n_teams"]).all()
    assert (cohort.tally["dissent_won"] <= cohort.tally["deliberations_split"]).all()
    assert (cohort.tally["deliberations_split"] <= cohort.tally["deliberated"]).all()
    np.testing.assert_array_equal(cohort.practice["value"], table(crowd.copy(), n=4, fits=False).practice["value"])


def test_no_more_is_talked_over_than_there_are_hours_for(cohort):
    for credit, n in ((4.9, 0), (5.0, 1), (12.0, 2), (100.0, 6)):
        own = step(table(cohort.copy(), n=6, credit=credit), "deliberation")
        assert (own.tally["deliberated"] == n * own.organisation["n_teams"]).all()
        spent = n * PRICE * own.organisation["n_teams"] / own.organisation["n_staff"]
        np.testing.assert_allclose(own.organisation["spent"][:, DELIBERATION], spent)
        np.testing.assert_allclose(own.team["deliberation_credit"], min(PRICE, credit - n * PRICE))


def test_more_and_longer_discussions_cost_more(cohort):
    def spent(**changes):
        own = step(put(table(cohort.copy(), credit=100.0), **changes), "deliberation")
        return own.organisation["spent"][0, DELIBERATION]

    assert rising(spent(p__deliberation__hours_each=h) for h in (0.5, 1.0, 2.0))
    assert rising(spent(p__deliberation__n_discussants=n) for n in (2, 5, 10))


def test_hours_come_week_by_week_and_are_not_saved_beyond_one_talk(cohort):
    table(cohort, n=0, credit=0.0)
    put(cohort, organisation__hours__deliberation=0.2)
    for week in range(1, 6):
        step(cohort, "deliberation")
        np.testing.assert_allclose(cohort.team["deliberation_credit"], min(PRICE, week * 2.0))
        assert (cohort.organisation["spent"][:, DELIBERATION] == 0.0).all()


def test_undue_conflict_costs_the_team_safety(cohort):
    table(cohort)
    put(cohort, person__safety=0.6, team__hostility=1.0, p__deliberation__facilitation=0.0)
    put(cohort, p__deliberation__hostility_weight=3.0)
    calm = after(cohort, "deliberation", p__deliberation__conflict_cost=0.0)
    hurt = after(cohort, "deliberation", p__deliberation__conflict_cost=0.1)
    staff = cohort.person["role"] == 0
    excess = np.maximum(0, hurt.team["conflict"] - 0.3)
    assert excess.max() > 0
    np.testing.assert_allclose(
        calm.person["safety"][staff] - hurt.person["safety"][staff], 0.1 * excess[cohort.person["team"][staff]]
    )
    np.testing.assert_array_equal(hurt.person["safety"][~staff], cohort.person["safety"][~staff])


def test_a_mixed_team_has_more_conflict_than_a_uniform_one(crowd):
    def conflict(**changes):
        return (
            step(put(table(crowd.copy()), p__deliberation__facilitation=0.3, **changes), "deliberation")
            .team["conflict"]
            .mean()
        )

    assert conflict() > conflict(person__profession=1)


def test_facilitation_keeps_conflict_out(crowd):
    conflicts = [
        step(put(table(crowd.copy()), p__deliberation__facilitation=f), "deliberation").team["conflict"].mean()
        for f in GRID
    ]
    assert falling(conflicts)
    assert conflicts[-1] == 0.0


def test_conflict_is_that_of_this_week(cohort):
    step(put(table(cohort, n=0), team__conflict=0.7), "deliberation")
    assert (cohort.team["conflict"] == 0.0).all()


def test_talking_brings_groups_together_and_overload_drives_them_apart(cohort):
    table(cohort, n=1)
    put(cohort, team__hostility=0.3, team__overload=0.0)
    talked = after(cohort, "deliberation").team["hostility"]
    silent = after(cohort, "deliberation", team__deliberation_credit=0.0).team["hostility"]
    assert (talked < silent).all()
    found = [after(cohort, "deliberation", team__overload=o).team["hostility"] for o in (0.0, 0.3, 1.0)]
    for t in range(len(cohort.team)):
        assert rising(hostility[t] for hostility in found)


def test_only_those_at_work_discuss(crowd):
    """The wrong view of the absent does not count."""
    cohort = table(crowd.copy(), fits=False)
    put(cohort, p__practice__judgement_gain=0.5, p__deliberation__conformity=0.0)
    for t, first in enumerate(cohort.team["first_person"]):
        rows = slice(first, first + cohort.team["n_posts"][t])
        cohort.person["skill"][rows] = 0.0
        cohort.person["absent"][rows] = 1
        cohort.person["absent"][first : first + 5] = 0
        cohort.person["skill"][first : first + 5] = 1.0
    step(cohort, "deliberation")
    assert (cohort.practice["idea_state"][:, 0] == NO_IDEA).all()


def test_where_no_one_is_at_work_nothing_is_talked_over(cohort):
    step(put(table(cohort), person__absent=1), "deliberation")
    assert (cohort.tally["deliberated"] == 0).all()


def test_a_talk_among_two_costs_the_hours_of_two(cohort):
    table(cohort)
    person = cohort.person
    person["absent"] = 1
    for first in cohort.team["first_person"]:
        person["absent"][first : first + 2] = 0
    step(cohort, "deliberation")
    np.testing.assert_allclose(cohort.organisation["spent"][:, DELIBERATION] * cohort.organisation["n_staff"], 2.0 * 4)


def test_switched_off_ideas_stay_as_they_are_and_hours_go_back_to_care(cohort):
    table(cohort, n=3, credit=100.0)
    put(cohort, organisation__spent__deliberation=0.2, organisation__hours__deliberation=1.0)
    before = cohort.copy()
    step(put(cohort, p__deliberation__enabled=False), "deliberation")
    np.testing.assert_array_equal(cohort.practice, before.practice)
    np.testing.assert_array_equal(cohort.person, before.person)
    assert (cohort.organisation["spent"][:, DELIBERATION] == 0.0).all()


def test_switched_off_there_is_no_conflict_over_ideas(cohort):
    step(put(table(cohort), team__conflict=0.7, p__deliberation__enabled=False), "deliberation")
    assert (cohort.team["conflict"] == 0.0).all()


def test_more_discussants_are_right_more_often(crowd):
    found = [
        forward(
            crowd,
            True,
            person__skill=0.5,
            p__deliberation__conformity=0.0,
            team__deliberation_credit=100.0,
            p__deliberation__n_discussants=n,
        )
        for n in (3, 7, 15)
    ]
    assert never_falling(found)


# -- for studies -----------------------------------------------------------------------------------------------------


def conflict_at(crowd, difference, **changes):
    cohort = put(
        table(crowd.copy()), p__deliberation__heterogeneity=difference, p__deliberation__facilitation=0.2, **changes
    )
    return step(cohort, "deliberation").team["conflict"].mean()


def test_how_different_views_are_can_be_set_for_a_study(crowd):
    assert rising(conflict_at(crowd, difference) for difference in (0.0, 0.5, 1.0))
    one_profession, mixed = ({"person__profession": p} for p in (1, crowd.person["profession"]))
    assert conflict_at(crowd, 0.5, **one_profession) == conflict_at(crowd, 0.5, **mixed)
    assert conflict_at(crowd, -1.0, **one_profession) < conflict_at(crowd, -1.0, **mixed)


def test_different_views_make_judgements_more_independent(crowd):
    """Of one mind a group is as often right as one; of different minds its majority is right more often."""
    usual = {"p__deliberation__conformity": 1.0, "p__deliberation__facilitation": 1.0, "person__skill": 0.6}
    assert rising(forward(crowd, True, **usual, p__deliberation__heterogeneity=x) for x in (0.0, 1.0))
    assert falling(forward(crowd, False, **usual, p__deliberation__heterogeneity=x) for x in (0.0, 1.0))
