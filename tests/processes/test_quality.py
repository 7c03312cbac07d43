"""Care is as good as practices fit, as rested as people are, and as reported as it pays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, after, both, burnt_in, constant, falling, filled_staff, put, rising, shares, step

from civicsim.model.processes.quality import (
    detection_probability,
    let_through,
    reported_share,
    scrutiny_probability,
    working_share,
)
from civicsim.model.reference import Reference

USUAL_VOICE = Reference().usual_voice_share

costs = st.floats(0, 0.6)


@given(costs, shares, costs, shares)
def test_what_reaches_patients_follows_its_formula_and_is_a_share(e_cost, exhaustion, o_cost, overload):
    share = both(working_share, e_cost, exhaustion, o_cost, overload)
    assert share == pytest.approx((1 - e_cost * exhaustion) * (1 - o_cost * overload))
    assert 0.0 <= share <= 1.0


def test_exhaustion_and_overload_keep_care_from_patients():
    assert falling(working_share(0.3, exhaustion, 0.3, 0.1) for exhaustion in GRID)
    assert falling(working_share(0.3, 0.5, 0.3, overload) for overload in GRID)
    assert falling(working_share(cost, 0.5, 0.3, 0.1) for cost in (0.0, 0.3, 0.6))
    assert falling(working_share(0.3, 0.5, cost, 0.1) for cost in (0.0, 0.3, 0.6))
    assert working_share(0.6, 0.0, 0.6, 0.0) == 1.0
    assert constant(working_share(0.0, exhaustion, 0.3, 0.1) for exhaustion in GRID)


@given(shares, shares)
def test_the_share_of_harm_that_is_reported_follows_its_formula(safety, seek):
    assert both(reported_share, safety, seek) == pytest.approx(safety * seek)
    assert 0.0 <= reported_share(safety, seek) <= 1.0


def test_safe_and_problem_seeking_teams_report_more():
    assert rising(reported_share(safety, 0.5) for safety in GRID)
    assert rising(reported_share(0.5, seek) for seek in GRID)
    assert constant(reported_share(0.0, seek) for seek in GRID)


@given(st.floats(-0.2, 1), shares, st.floats(0.01, 20), shares)
def test_the_share_of_harm_that_voice_lets_through_follows_its_formula(interception, share, noticed, usual):
    found = both(let_through, interception, share * noticed, noticed, usual)
    assert found == pytest.approx(max(0.0, 1 - interception * (share - usual)), abs=1e-9)
    assert found >= 0.0


def test_the_more_is_voiced_of_what_is_noticed_the_less_harm_is_let_through():
    assert falling(let_through(0.2, voiced, 1.0, 0.44) for voiced in GRID)
    assert rising(let_through(0.2, 0.5, noticed, 0.44) for noticed in (0.5, 1.0, 2.0, 4.0))
    assert falling(let_through(c, 0.9, 1.0, 0.44) for c in (-0.2, 0.0, 0.2, 1.0))
    assert rising(let_through(c, 0.1, 1.0, 0.44) for c in (-0.2, 0.0, 0.2, 1.0))
    assert rising(let_through(-0.2, voiced, 1.0, 0.44) for voiced in GRID)
    assert {let_through(0.0, voiced, 1.0, 0.44) for voiced in GRID} == {1.0}


def test_where_nothing_was_noticed_or_voice_is_usual_harm_is_the_usual():
    assert {both(let_through, c, 0.0, 0.0, 0.44) for c in (-0.2, 0.0, 0.2, 1.0)} == {1.0}
    assert {let_through(c, 0.44, 1.0, 0.44) for c in (-0.2, 0.0, 0.2, 1.0)} == {1.0}


@given(st.floats(0, 0.2), shares, shares)
def test_detection_follows_its_formula_and_is_a_probability(rate, audit, reporting):
    assert both(detection_probability, rate, audit, reporting) == pytest.approx(rate * audit * reporting)


def test_audit_and_reporting_are_complements_in_detection():
    assert rising(detection_probability(0.05, audit, 0.5) for audit in GRID)
    assert rising(detection_probability(0.05, 0.5, reporting) for reporting in GRID)
    assert constant(detection_probability(0.05, 0.0, reporting) for reporting in GRID)
    assert constant(detection_probability(0.05, audit, 0.0) for audit in GRID)
    assert detection_probability(3.0, 1.0, 1.0) == 1.0


# -- the process -----------------------------------------------------------------------------------------------------

QUALITIES = ("quality", "quality_measured", "quality_unmeasured", "quality_reported")


def test_every_quality_again_in_plain_numpy(cohort):
    rng = np.random.default_rng(3)
    cohort.practice["gamed"] = rng.random(cohort.practice.shape) < 0.2
    cohort.team["overload"] = rng.random(len(cohort.team)) * 0.5
    put(cohort, organisation__audit=0.0)
    org = cohort.team["organisation"]
    dimension, practice, person = cohort.dimension[org], cohort.practice, cohort.person
    fits = practice["value"] == practice["reality"]
    weight = 1.0 + (dimension["safety_critical"] == 1)
    measured = dimension["measured"] == 1
    filled = filled_staff(cohort)
    n = np.bincount(person["team"][filled], minlength=len(org))
    mean = {
        name: np.bincount(person["team"][filled], weights=person[name][filled], minlength=len(org)) / n
        for name in ("exhaustion", "safety")
    }
    q = {name: cohort.parameters["quality"][name][0] for name in cohort.parameters["quality"].dtype.names}
    put(cohort, organisation__deferred=0.1)
    working = 0.9 * (1 - q["exhaustion_cost"] * mean["exhaustion"]) * (1 - q["overload_cost"] * cohort.team["overload"])

    def mean_of(values, where):
        return (weight * values * where).sum(axis=1) / (weight * where).sum(axis=1)

    expected = {
        "working": working,
        "quality": working * mean_of(fits, True),
        "quality_measured": working * mean_of(fits, measured),
        "quality_unmeasured": working * mean_of(fits, ~measured),
        "quality_reported": mean_of(np.maximum(fits * working[:, None], practice["gamed"]), measured),
    }
    critical = dimension["safety_critical"] == 1
    safe = np.where(
        critical.any(axis=1),
        working * (fits * critical).sum(axis=1) / np.maximum(critical.sum(axis=1), 1),
        expected["quality"],
    )
    voiced, noticed = (
        np.bincount(person["team"][filled], weights=person[f"{name}_memory"][filled], minlength=len(org))
        for name in ("voiced", "noticed")
    )
    caught = q["interception"] * (voiced / noticed - USUAL_VOICE)
    expected["harm"] = q["harm_rate"] / 52 * cohort.team["n_posts"] * (1 - safe) * (1 - caught)
    expected["incidents"] = expected["harm"] * mean["safety"] * cohort.team["seek"]
    step(cohort, "quality")
    for name, values in expected.items():
        np.testing.assert_allclose(cohort.team[name], values, err_msg=name)


def test_where_all_fits_and_all_are_rested_quality_is_full_and_no_one_is_harmed(cohort):
    put(cohort, practice__value=cohort.practice["reality"], person__exhaustion=0.0, team__overload=0.0)
    step(cohort, "quality")
    for name in QUALITIES:
        np.testing.assert_allclose(cohort.team[name], 1.0)
    np.testing.assert_allclose(cohort.team["harm"], 0.0, atol=1e-12)
    wrong = after(cohort, "quality", practice__value=-cohort.practice["reality"], practice__gamed=0)
    for name in QUALITIES:
        assert (wrong.team[name] == 0.0).all()


def test_exhaustion_and_overload_lower_quality_and_raise_harm(cohort):
    put(cohort, practice__value=cohort.practice["reality"], practice__gamed=0)
    for column in ("person__exhaustion", "team__overload"):
        found = [after(cohort, "quality", **{column: x}).team for x in (0.1, 0.5, 0.9)]
        for t in range(len(cohort.team)):
            assert falling(team["quality"][t] for team in found)
            assert falling(team["quality_reported"][t] for team in found)
            assert rising(team["harm"][t] for team in found)


def test_each_practice_that_fits_raises_quality_and_safety_critical_ones_twice_as_much(cohort):
    put(cohort, practice__value=-cohort.practice["reality"], dimension__safety_critical=0, person__exhaustion=0.0)
    cohort.dimension["safety_critical"][:, 3] = 1
    gains = []
    for d in (2, 3):
        own = cohort.copy()
        own.practice["value"][:, d] = own.practice["reality"][:, d]
        gains.append(step(own, "quality").team["quality"])
    np.testing.assert_allclose(gains[1], 2 * gains[0])
    assert (gains[0] > 0).all()


def test_gaming_raises_what_is_reported_and_nothing_that_is_true(cohort):
    put(cohort, practice__gamed=0, organisation__audit=0.0)
    honest = after(cohort, "quality")
    gamed = after(cohort, "quality", practice__gamed=1)
    assert (gamed.team["quality_reported"] == 1.0).all()
    assert (honest.team["quality_reported"] < 1.0).all()
    np.testing.assert_allclose(honest.team["quality_reported"], honest.team["quality_measured"])
    for name in ("quality", "quality_measured", "quality_unmeasured", "harm", "incidents"):
        np.testing.assert_array_equal(gamed.team[name], honest.team[name])


def test_gaming_what_is_not_measured_shows_nowhere(cohort):
    put(cohort, practice__gamed=0, organisation__audit=0.0, dimension__measured=0)
    cohort.dimension["measured"][:, :5] = 1
    honest = after(cohort, "quality")
    cohort.practice["gamed"][:, 5:] = 1
    np.testing.assert_array_equal(step(cohort, "quality").team["quality_reported"], honest.team["quality_reported"])


@pytest.mark.parametrize("measured", [0, 1])
def test_with_nothing_or_everything_measured_every_quality_is_still_a_number(cohort, measured):
    step(put(cohort, dimension__measured=measured, practice__gamed=0), "quality")
    for name in QUALITIES:
        np.testing.assert_allclose(cohort.team[name], cohort.team["quality"])


def test_audit_brings_gaming_to_light_as_far_as_hours_go_into_reporting(crowd):
    def left(audit=1.0, reporting=1.0, detection=0.2):
        hours = reporting * crowd.organisation["hours_budget"]
        changes = {"organisation__audit": audit, "organisation__hours__reporting": hours}
        cohort = after(
            crowd,
            "quality",
            practice__gamed=1,
            p__quality__audit_detection=detection,
            p__quality__peer_scrutiny=0.0,
            **changes,
        )
        return cohort.practice["gamed"].mean()

    assert falling(left(audit=audit) for audit in GRID)
    assert falling(left(reporting=share) for share in GRID)
    assert falling(left(detection=x) for x in (0.0, 0.1, 0.2))
    assert left(audit=0.0) == left(reporting=0.0) == 1.0
    assert left(audit=0.5) == pytest.approx(0.9, abs=0.02)


def test_harm_turns_on_safety_critical_practices(cohort):
    put(
        cohort,
        practice__value=cohort.practice["reality"],
        dimension__safety_critical=0,
        person__exhaustion=0.0,
        team__overload=0.0,
    )
    put(cohort, p__quality__interception=0.0)
    cohort.dimension["safety_critical"][:, :2] = 1
    harmless = cohort.copy()
    harmless.practice["value"][:, 5] = -harmless.practice["reality"][:, 5]
    np.testing.assert_allclose(step(harmless, "quality").team["harm"], 0.0, atol=1e-12)
    cohort.practice["value"][:, 0] = -cohort.practice["reality"][:, 0]
    step(cohort, "quality")
    rate = cohort.parameters["quality"]["harm_rate"][0]
    np.testing.assert_allclose(cohort.team["harm"], rate / 52 * cohort.team["n_posts"] * 0.5)


def test_voice_catches_harm_unless_it_intercepts_nothing(cohort):
    put(cohort, person__noticed_memory=2.0)

    def harm(share, **changes):
        return after(cohort, "quality", person__voiced_memory=2.0 * share, **changes).team["harm"]

    found = [harm(share) for share in GRID]
    for t in range(len(cohort.team)):
        assert falling(values[t] for values in found)
    none = [harm(share, p__quality__interception=0.0) for share in GRID]
    for values in none:
        np.testing.assert_array_equal(values, none[0])
    np.testing.assert_allclose(harm(USUAL_VOICE), none[0])
    np.testing.assert_array_equal(harm(0.9, person__noticed_memory=0.0), none[0])
    np.testing.assert_array_equal(
        after(cohort, "quality", person__voiced_memory=2.0).team["quality"],
        after(cohort, "quality", person__voiced_memory=0.0).team["quality"],
    )


def test_what_empty_posts_once_voiced_catches_no_harm(cohort):
    cohort.person["vacant"][cohort.team["first_person"]] = 1
    plain = after(cohort, "quality").team["harm"]
    cohort.person["voiced_memory"][cohort.person["vacant"] == 1] = 50.0
    np.testing.assert_array_equal(step(cohort, "quality").team["harm"], plain)


def test_care_that_is_put_off_reaches_patients_late(cohort):
    found = [after(cohort, "quality", organisation__deferred=x).team for x in (0.0, 0.1, 0.3)]
    for t in range(len(cohort.team)):
        assert falling(team["quality"][t] for team in found)
        assert rising(team["harm"][t] for team in found)


def test_safe_and_seeking_teams_report_more_incidents_at_the_same_harm(cohort):
    for column in ("person__safety", "team__seek"):
        found = [after(cohort, "quality", **{column: x}).team for x in (0.1, 0.5, 0.9)]
        for t in range(len(cohort.team)):
            assert rising(team["incidents"][t] for team in found)
            assert constant(team["harm"][t] for team in found)
            assert found[-1]["incidents"][t] <= found[-1]["harm"][t]


def test_patients_grow_as_content_as_the_care_of_their_team_deserves(cohort):
    put(
        cohort,
        practice__value=cohort.practice["reality"],
        person__exhaustion=0.0,
        team__overload=0.0,
        patient__satisfaction=0.4,
    )
    rate = cohort.parameters["quality"]["satisfaction_rate"][0]
    np.testing.assert_allclose(after(cohort, "quality").patient["satisfaction"], 0.4 + rate * 0.6)
    put(cohort, practice__value=-cohort.practice["reality"])
    np.testing.assert_allclose(after(cohort, "quality").patient["satisfaction"], 0.4 * (1 - rate))


def test_patient_groups_weigh_what_fits_by_their_own_needs(cohort):
    put(cohort, practice__value=-cohort.practice["reality"], person__exhaustion=0.0, team__overload=0.0)
    put(cohort, patient__satisfaction=0.0, p__quality__satisfaction_rate=1.0)
    cohort.practice["value"][:, 4] = cohort.practice["reality"][:, 4]
    step(cohort, "quality")
    expected = cohort.need["weight"][cohort.patient["organisation"], cohort.patient["group"], 4]
    np.testing.assert_allclose(cohort.patient["satisfaction"], expected)


def test_empty_posts_neither_tire_nor_rest_a_team(cohort):
    plain = after(cohort, "quality")
    cohort.person["exhaustion"][cohort.person["vacant"] == 1] = 1.0
    np.testing.assert_array_equal(step(cohort, "quality").team["quality"], plain.team["quality"])


def test_switched_off_quality_stays_as_it_was(cohort):
    before = cohort.copy()
    step(put(cohort, p__quality__enabled=False, practice__value=1), "quality")
    np.testing.assert_array_equal(cohort.team, before.team)
    np.testing.assert_array_equal(cohort.patient, before.patient)


def test_gaming_comes_to_light_among_colleagues_as_far_as_there_are_ties():
    assert rising(both(scrutiny_probability, 0.1, ties) for ties in (0.0, 1.0, 2.0, 3.0))
    assert constant(scrutiny_probability(0.1, ties) for ties in (3.0, 4.0, 8.0))
    assert rising(scrutiny_probability(rate, 1.0) for rate in GRID)
    assert constant(scrutiny_probability(0.0, ties) for ties in (0.0, 1.0, 3.0))


def test_where_teams_have_ties_and_peers_look_less_stays_gamed():
    cohort = put(burnt_in(2, ties_per_person=3.0, burn_in_weeks=4), practice__gamed=1, organisation__audit=0.0)
    unseen = after(cohort, "quality", p__quality__peer_scrutiny=0.0)
    seen = after(cohort, "quality", p__quality__peer_scrutiny=0.2)
    alone = after(cohort, "quality", p__quality__peer_scrutiny=0.2, neighbour__team=-1)
    assert unseen.practice["gamed"].all()
    assert alone.practice["gamed"].all()
    assert 0 < seen.practice["gamed"].sum() < seen.practice["gamed"].size
