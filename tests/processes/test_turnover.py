"""People leave, fall ill, and are followed by others."""

import math

import numpy as np
import pytest
from hypothesis import given
from tools import (
    GRID,
    after,
    both,
    constant,
    falling,
    filled_staff,
    is_staff,
    never_falling,
    put,
    record,
    rising,
    shares,
    step,
)

from civicsim.model.organisation import CHIEF, NO_IDEA, WAITING
from civicsim.model.processes.turnover import (
    LEAVER_WEEKS,
    Parameters,
    absence_probability,
    exit_hazard,
    newcomer_attitude,
)
from civicsim.model.reference import Reference

q, usual = record(Parameters()), Reference().usual_exhaustion
ATTITUDES = ("safety", "efficacy", "motivation", "belonging", "trust", "agency")


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, shares, shares)
def test_the_hazard_of_leaving_follows_its_formula_and_is_a_probability(exhaustion, trust, belonging):
    exponent = (
        q.exit_exhaustion * (exhaustion - usual) - q.exit_trust * (trust - 0.5) - q.exit_belonging * (belonging - 0.5)
    )
    hazard = both(exit_hazard, q, usual, exhaustion, trust, belonging)
    assert hazard == pytest.approx(min(1.0, q.exit_rate * math.exp(exponent)))
    assert 0.0 <= hazard <= 1.0


def test_exhaustion_drives_people_out_and_trust_and_belonging_hold_them():
    assert rising(exit_hazard(q, usual, exhaustion, 0.5, 0.5) for exhaustion in GRID)
    assert falling(exit_hazard(q, usual, 0.5, trust, 0.5) for trust in GRID)
    assert falling(exit_hazard(q, usual, 0.5, 0.5, belonging) for belonging in GRID)
    assert rising(exit_hazard(record(Parameters(), exit_rate=h), usual, 0.5, 0.5, 0.5) for h in (0.0005, 0.002, 0.01))


def test_someone_as_exhausted_as_usual_leaves_at_the_usual_rate():
    assert exit_hazard(q, usual, usual, 0.5, 0.5) == pytest.approx(q.exit_rate)
    assert falling(exit_hazard(q, reference, 0.5, 0.5, 0.5) for reference in GRID)


def test_the_most_extreme_hazard_is_still_a_probability():
    worst = record(Parameters(), exit_rate=0.5, exit_exhaustion=5.7, exit_trust=2.0, exit_belonging=2.0)
    assert exit_hazard(worst, 0.0, 1.0, 0.0, 0.0) == 1.0


@given(shares)
def test_absence_follows_its_formula_and_is_a_probability(exhaustion):
    logit = q.absence_intercept + q.absence_exhaustion * (exhaustion - 0.5)
    assert both(absence_probability, q, exhaustion) == pytest.approx(1 / (1 + math.exp(-logit)))


def test_exhaustion_makes_people_ill():
    assert rising(absence_probability(q, exhaustion) for exhaustion in GRID)
    assert constant(absence_probability(record(Parameters(), absence_exhaustion=0.0), e) for e in GRID)
    assert rising(absence_probability(record(Parameters(), absence_intercept=i), 0.5) for i in (-5.0, -3.1, -2.0))


@given(shares, shares, shares)
def test_what_newcomers_expect_follows_its_formula(drawn, reputation, weight):
    expected = both(newcomer_attitude, drawn, reputation, weight)
    assert expected == pytest.approx((1 - weight) * drawn + weight * reputation)
    assert min(drawn, reputation) - 1e-12 <= expected <= max(drawn, reputation) + 1e-12


def test_reputation_and_own_experience_both_count_for_newcomers():
    assert rising(newcomer_attitude(0.5, reputation, 0.5) for reputation in GRID)
    assert rising(newcomer_attitude(drawn, 0.5, 0.5) for drawn in GRID)
    assert rising(newcomer_attitude(0.2, 0.9, weight) for weight in GRID)
    assert newcomer_attitude(0.2, 0.9, 0.0) == 0.2
    assert newcomer_attitude(0.2, 0.9, 1.0) == 0.9


# -- the process: leaving and joining --------------------------------------------------------------------------------


def all_leave(cohort):
    return put(cohort, p__turnover__exit_rate=1e3)


def no_one_moves(cohort):
    return put(cohort, p__turnover__exit_rate=0.0, organisation__weeks_to_fill=1e12)


def test_leavers_leave_an_empty_post_and_take_their_doings_along(cohort):
    put(cohort, person__voice_hours=0.5, person__noticed=1.0, person__propensity=0.4, organisation__weeks_to_fill=1e12)
    before = cohort.person.copy()
    step(all_leave(cohort), "turnover")
    left = (before["vacant"] == 0) & (before["role"] != CHIEF)
    after_ = cohort.person[left]
    assert (after_["vacant"] == 1).all()
    assert (after_["absent"] == 0).all()
    for name in ("noticed", "voiced", "voice_hours", "noticed_memory", "voiced_memory", "propensity"):
        assert (after_[name] == 0).all()
    assert (after_["generation"] == before["generation"][left]).all()
    org = before["organisation"]
    np.testing.assert_array_equal(cohort.tally["leavers"], np.bincount(org[left]))
    assert (cohort.tally["hires"] == 0).all()


def test_the_chief_executive_does_not_leave_this_way(cohort):
    for _ in range(5):
        step(all_leave(cohort), "turnover")
        cohort.week += 1
    assert (cohort.person["vacant"][cohort.person["role"] == CHIEF] == 0).all()


def test_an_empty_post_is_filled_by_a_new_generation(cohort):
    put(cohort, person__vacant=1, person__tenure=500, person__answered_memory=0.9, organisation__weeks_to_fill=1.0)
    before = cohort.person.copy()
    step(cohort, "turnover")
    assert (cohort.person["vacant"] == 0).all()
    assert (cohort.person["generation"] == before["generation"] + 1).all()
    assert (cohort.person["tenure"] == 0).all()
    for name in ("noticed_memory", "voiced_memory", "acted_memory", "answered_memory"):
        assert (cohort.person[name] == 0).all()
    usual = cohort.organisation["voice_norm"][cohort.person["organisation"]]
    for name in ("norm", "propensity", "propensity_memory"):
        np.testing.assert_array_equal(cohort.person[name], usual)
    for attitude in ATTITUDES:
        assert (cohort.person[f"{attitude}_anchor"] != before[f"{attitude}_anchor"]).any()
    assert (cohort.tally["hires"] == cohort.organisation["n_persons"]).all()
    for name in ("role", "profession", "team", "status", "key"):
        np.testing.assert_array_equal(cohort.person[name], before[name])


def test_newcomers_are_drawn_from_the_population_and_start_where_they_settle(crowd):
    cohort = put(crowd.copy(), person__vacant=1, organisation__weeks_to_fill=1.0, p__turnover__reputation_weight=0.0)
    step(cohort, "turnover")
    population = cohort.parameters["population"][0]
    for trait, spread in (
        ("exhaustion", "exhaustion_sd"),
        ("skill", "skill_sd"),
        ("alignment", "alignment_sd"),
        ("motivation", "attitude_sd"),
        ("trust", "attitude_sd"),
        ("safety", "safety_sd"),
    ):
        column = trait if trait in {"skill", "alignment"} else f"{trait}_anchor"
        assert cohort.person[column].mean() == pytest.approx(population[f"{trait}_mean"], abs=0.015)
        assert cohort.person[column].std() == pytest.approx(population[spread], abs=0.015)
    for attitude in (*ATTITUDES, "exhaustion"):
        np.testing.assert_allclose(cohort.person[attitude], cohort.person[f"{attitude}_anchor"])


def test_traits_of_newcomers_are_drawn_apart(crowd):
    cohort = step(put(crowd.copy(), person__vacant=1, organisation__weeks_to_fill=1.0), "turnover")
    traits = [
        cohort.person[name] for name in ("skill", "alignment", *(f"{a}_anchor" for a in (*ATTITUDES, "exhaustion")))
    ]
    correlations = np.corrcoef(traits)[~np.eye(len(traits), dtype=bool)]
    assert np.abs(correlations).max() < 0.08


def test_a_good_reputation_makes_newcomers_hopeful(crowd):
    def hope(level, attitude):
        cohort = put(crowd.copy(), **{f"person__{attitude}": level})
        cohort.person["vacant"] = 0
        cohort.person["vacant"][::2] = 1
        step(put(cohort, organisation__weeks_to_fill=1.0, p__turnover__exit_rate=0.0), "turnover")
        return cohort.person[attitude][::2][is_staff(cohort)[::2]].mean()

    for attitude in ("safety", "efficacy"):
        assert rising(hope(level, attitude) for level in (0.1, 0.5, 0.9))


def test_the_reputation_of_a_place_is_the_mean_of_those_who_work_there(cohort):
    staff, org = filled_staff(cohort), cohort.person["organisation"]
    before = cohort.person.copy()
    step(cohort, "turnover")
    for name in ("safety", "efficacy"):
        mean = np.bincount(org[staff], weights=before[name][staff]) / np.bincount(org[staff])
        np.testing.assert_allclose(cohort.organisation[f"mean_{name}"], mean)


def test_managers_of_a_new_generation_bring_their_own_openness(cohort):
    before = cohort.manager["openness_anchor"].copy()
    put(cohort, organisation__weeks_to_fill=1.0)
    lead = cohort.manager["person"]
    cohort.person["vacant"][lead[::2]] = 1
    step(put(cohort, p__turnover__exit_rate=0.0), "turnover")
    changed = cohort.manager["openness_anchor"] != before
    assert changed[::2].all()
    assert not (changed & (cohort.person["generation"][lead] == 0)).any()


def leavers(crowd, **changes):
    return after(crowd, "turnover", p__turnover__exit_rate=0.05, **changes).tally["leavers"].sum()


def test_the_exhausted_and_mistrustful_leave_more_often(crowd):
    assert rising(leavers(crowd, person__exhaustion=x) for x in (0.1, 0.5, 0.9))
    assert falling(leavers(crowd, person__trust=x) for x in (0.1, 0.5, 0.9))
    assert falling(leavers(crowd, person__belonging=x) for x in (0.1, 0.5, 0.9))


def test_people_leave_as_often_as_the_hazard_states(crowd):
    level = {"person__exhaustion": usual, "person__trust": 0.5, "person__belonging": 0.5, "person__vacant": 0}
    n = crowd.n_persons - crowd.n_organisations
    assert leavers(crowd, **level) / n == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / n))


def test_posts_stay_empty_as_long_as_it_takes_to_fill_them(crowd):
    def hired(weeks):
        return after(crowd, "turnover", person__vacant=1, organisation__weeks_to_fill=weeks).tally["hires"].sum()

    assert falling(hired(weeks) for weeks in (1.0, 5.0, 30.0))
    assert hired(10.0) / crowd.n_persons == pytest.approx(0.1, abs=0.02)


def test_a_week_adds_to_the_tenure_of_those_who_stay(cohort):
    put(cohort, person__tenure=cohort.person["tenure"] % 1000)
    before = cohort.person.copy()
    step(no_one_moves(cohort), "turnover")
    filled = before["vacant"] == 0
    assert (cohort.person["tenure"][filled] == before["tenure"][filled] + 1).all()


def test_tenure_stops_at_a_hundred_years(cohort):
    step(no_one_moves(put(cohort, person__tenure=5200)), "turnover")
    assert (cohort.person["tenure"] == 5200).all()


def test_leavers_of_a_team_are_remembered_for_a_quarter(cohort):
    put(cohort, team__leaver_memory=0.1, person__vacant=0)
    stay = after(no_one_moves(cohort.copy()), "turnover").team["leaver_memory"]
    np.testing.assert_allclose(stay, 0.1 * (1 - 1 / LEAVER_WEEKS))
    gone = step(all_leave(cohort), "turnover").team["leaver_memory"]
    np.testing.assert_allclose(gone, 0.1 * (1 - 1 / LEAVER_WEEKS) + 1 / LEAVER_WEEKS)


def test_no_one_waits_for_the_answer_to_what_a_leaver_raised(cohort):
    put(cohort, practice__idea_state=NO_IDEA, practice__idea_raiser=-1)
    slot = cohort.practice[:, 3]
    slot["idea_state"], slot["idea_raiser"], slot["idea_value"] = WAITING, cohort.team["first_person"] + 2, 1
    cohort.person["vacant"][cohort.team["first_person"] + 2] = 0
    stays = after(no_one_moves(cohort.copy()), "turnover").practice[:, 3]
    np.testing.assert_array_equal(stays["idea_raiser"], cohort.team["first_person"] + 2)
    gone = step(all_leave(cohort), "turnover").practice[:, 3]
    assert (gone["idea_raiser"] == -1).all()
    assert (gone["idea_state"] == WAITING).all()


def test_those_who_leave_take_their_ties_along(crowd):
    cohort = put(crowd.copy(), p__turnover__exit_rate=0.05, organisation__weeks_to_fill=1e12)

    def pairs():
        a, slot = np.nonzero(cohort.ties >= 0)
        return set(zip(a.tolist(), cohort.ties[a, slot].tolist(), strict=True))

    before, was = pairs(), cohort.person["vacant"].copy()
    step(cohort, "turnover")
    gone = set(np.flatnonzero(cohort.person["vacant"] > was).tolist())
    assert len(gone) > 50
    assert pairs() == {(a, b) for a, b in before if a not in gone and b not in gone}


# -- the process: absence --------------------------------------------------------------------------------------------


def absent_share(crowd, **changes):
    cohort = after(crowd, "turnover", person__vacant=0, p__turnover__exit_rate=0.0, **changes)
    return cohort.person["absent"].mean()


def test_the_exhausted_are_absent_more_often(crowd):
    assert rising(absent_share(crowd, person__exhaustion=x) for x in (0.1, 0.5, 0.9))
    assert absent_share(crowd, person__exhaustion=0.5) == pytest.approx(absence_probability(q, 0.5), abs=0.015)


def test_empty_posts_are_not_absent(crowd):
    cohort = step(crowd.copy(), "turnover")
    assert not ((cohort.person["vacant"] == 1) & (cohort.person["absent"] == 1)).any()


def test_with_absence_switched_off_no_one_is_ill_and_people_still_leave(crowd):
    own = put(crowd.copy(), person__exhaustion=0.9, p__turnover__absence_enabled=False)
    own.person["absent"] = own.person["vacant"] == 0
    step(own, "turnover")
    assert (own.person["absent"] == 0).all()
    assert leavers(crowd, p__turnover__absence_enabled=False) == leavers(crowd) > 0


def test_switched_off_no_one_moves(cohort):
    before = cohort.copy()
    step(put(all_leave(cohort), p__turnover__enabled=False, organisation__weeks_to_fill=1.0), "turnover")
    np.testing.assert_array_equal(cohort.person["vacant"], before.person["vacant"])
    np.testing.assert_array_equal(cohort.person["generation"], before.person["generation"])
    assert (cohort.tally["leavers"] + cohort.tally["hires"] == 0).all()


def test_switched_off_no_one_stays_ill_for_ever(cohort):
    put(cohort, person__absent=1)
    step(put(cohort, p__turnover__enabled=False), "turnover")
    assert (cohort.person["absent"] == 0).all()


def test_newcomers_do_not_count_as_silent_people_in_the_inequality_of_voice(cohort):
    put(cohort, person__vacant=0, person__propensity=0.4, person__propensity_memory=0.4, organisation__voice_norm=0.4)
    cohort.person["vacant"][::2] = 1
    cohort.week = 13
    step(put(cohort, organisation__weeks_to_fill=1.0, p__turnover__exit_rate=0.0), "turnover", "record")
    assert (cohort.snapshot["voice_gini"] < 0.05).all()


def test_more_weeks_bring_more_leavers(crowd):
    cohort = crowd.copy()
    total, totals = 0.0, []
    for _ in range(6):
        total += step(cohort, "turnover").tally["leavers"].sum()
        totals.append(total)
        cohort.week += 1
    assert never_falling(totals)


def test_newcomers_think_they_can_change_as_much_more_as_the_population_does(crowd):
    def agency(bias):
        own = put(crowd.copy(), person__vacant=1, organisation__weeks_to_fill=1.0, p__population__agency_bias=bias)
        step(own, "turnover")
        return own.person["agency"][is_staff(own)].mean()

    assert rising(agency(bias) for bias in (-0.3, 0.0, 0.3))
    assert agency(0.2) - agency(0.0) == pytest.approx(0.2, abs=0.02)


def test_newcomers_are_as_professional_as_the_population(crowd):
    def drawn(mean, sd):
        own = put(crowd.copy(), person__vacant=1, organisation__weeks_to_fill=1.0)
        put(own, p__population__professionalism_mean=mean, p__population__professionalism_sd=sd)
        return step(own, "turnover").person["professionalism"][is_staff(own)]

    assert rising(drawn(mean, 0.1).mean() for mean in (0.2, 0.5, 0.8))
    assert rising(drawn(0.5, sd).std() for sd in (0.0, 0.1, 0.2))
    assert drawn(0.5, 0.15).mean() == pytest.approx(0.5, abs=0.02)
    assert (drawn(0.9, 0.3) <= 1.0).all()
