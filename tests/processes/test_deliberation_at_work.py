"""Deliberation over a quarter, in whole teams: what it costs, when disagreement helps, and when it turns into conflict."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import GRID, both, falling, is_staff, never_falling, put, rising, shares, step

from civicsim.model.levers import DELIBERATION
from civicsim.model.organisation import ENDORSED, FROM_STAFF, NO_IDEA, TRIAL, WAITING
from civicsim.model.processes.deliberation import _diversity, _votes
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

PRICE = 5.0
ONLY = [PROCESSES["deliberation"]]


# -- who thinks what -------------------------------------------------------------------------------------------------


def test_the_mix_of_professions_is_the_chance_that_two_differ(small_cohort):
    cohort = small_cohort.copy()
    cohort.person["vacant"][::7] = 1
    team, person = cohort.team.view(np.recarray), cohort.person
    for t in range(4):
        own = cohort.person[t * 10 : t * 10 + 10]
        counts = np.array(list(Counter(own["profession"][own["vacant"] == 0]).values()))
        expected = 1 - ((counts / counts.sum()) ** 2).sum()
        assert both(_diversity, team[t], person) == pytest.approx(expected)


@pytest.mark.parametrize("vacant", [0, 1])
def test_one_profession_alone_or_no_one_is_no_mix(small_cohort, vacant):
    cohort = put(small_cohort.copy(), person__profession=1, person__vacant=vacant)
    assert _diversity(cohort.team.view(np.recarray)[0], cohort.person) == 0.0


@pytest.fixture
def full(cohort):
    """The small cohort with everyone there."""
    return put(cohort, person__vacant=0, person__absent=0)


def judgements(cohort, n, correlation, weeks=3000, team=0):
    """Return, per week, how many of ``n`` people of a team are for and against an idea that fits."""
    cohort = put(cohort.copy(), practice__idea_value=1, practice__reality=1, person__skill=0.5)
    teams, practice, person = cohort.team.view(np.recarray), cohort.practice, cohort.person
    u = np.random.default_rng(5).random((weeks, 2))
    seed, gain = cohort.organisation["seed"][0], 0.4
    return np.array(
        [_votes(teams[team], w, practice[team, 3], 3, n, correlation, *u[w], gain, seed, person) for w in range(weeks)]
    )


def test_as_many_speak_as_are_asked_and_present(full):
    assert set(judgements(full, 5, 0.2, 50).sum(axis=1)) == {5}
    assert set(judgements(full, 20, 0.2, 50).sum(axis=1)) == {10}
    full.person["absent"][:4] = 1
    full.person["vacant"][4:7] = 1
    assert set(judgements(full, 5, 0.2, 50).sum(axis=1)) == {3}


@pytest.mark.parametrize("correlation", [0.0, 0.4, 0.8, 1.0])
def test_two_judgements_are_right_together_as_often_as_their_correlation_states(full, correlation):
    right = judgements(full, 2, correlation)[:, 0]
    assert right.mean() / 2 == pytest.approx(0.7, abs=0.03)
    assert (right == 2).mean() == pytest.approx(0.49 + correlation * 0.21, abs=0.03)


def test_a_team_of_one_mind_never_splits(full):
    assert set(judgements(full, 5, 1.0, 300)[:, 0]) == {0, 5}


# -- what it costs ---------------------------------------------------------------------------------------------------


def endorse(cohort, n=None, credit=1e4):
    """Put an endorsed idea into the first ``n`` slots of every team, every other one fitting; the others are empty."""
    c = put(
        cohort,
        practice__idea_state=NO_IDEA,
        practice__idea_raiser=-1,
        practice__deliberated=0,
        person__vacant=0,
        person__absent=0,
        organisation__hours__deliberation=0.0,
        team__deliberation_credit=credit,
        team__overload=0.0,
    )
    slots = c.practice[:, :n]
    right = np.arange(slots.shape[1]) % 2 == 0
    slots["idea_value"] = np.where(right, slots["reality"], -slots["reality"])
    slots["idea_state"], slots["idea_origin"], slots["idea_week"] = ENDORSED, FROM_STAFF, c.week
    return c


def test_slots_without_an_endorsed_idea_that_is_new_are_not_touched(cohort):
    endorse(cohort)
    states = np.resize([NO_IDEA, WAITING, ENDORSED, TRIAL], cohort.practice.shape)
    cohort.practice["idea_state"] = states
    cohort.practice["deliberated"][:, 2::8] = 1
    before = cohort.practice.copy()
    step(cohort, "deliberation")
    open_ = (states == ENDORSED) & (before["deliberated"] == 0)
    np.testing.assert_array_equal(cohort.practice[~open_], before[~open_])
    assert cohort.tally["deliberated"].sum() == open_.sum()
    gone = open_ & (cohort.practice["idea_state"] == NO_IDEA)
    assert (cohort.practice["deliberated"][open_ & ~gone] == 1).all()
    assert cohort.tally["ideas_rejected"].sum() == gone.sum() > 0


@settings(max_examples=15)
@given(st.floats(0, 3.75), st.floats(0.25, 2), st.integers(2, 10))
def test_over_a_quarter_no_more_hours_are_spent_than_were_allotted(small_cohort, hours, each, n):
    cohort = endorse(small_cohort.copy(), credit=0.0)
    put(
        cohort,
        organisation__hours__deliberation=hours,
        p__deliberation__hours_each=each,
        p__deliberation__n_discussants=n,
    )
    spent = talked = 0.0
    for _ in range(13):
        cohort.practice["idea_state"], cohort.practice["deliberated"] = ENDORSED, 0
        advance(cohort, 1, processes=ONLY)
        spent = spent + cohort.organisation["spent"][:, DELIBERATION]
        talked = talked + cohort.tally["deliberated"]
    n_staff = cohort.organisation["n_staff"]
    assert (spent <= 13 * hours + 1e-9).all()
    np.testing.assert_allclose(spent * n_staff, talked * n * each)
    # Where there is always something to deliberate, less than the price of one talk is left in each team.
    left = 13 * hours - spent
    assert (left <= each * n * 4 / n_staff + 1e-9).all() or talked.max() == 13 * cohort.practice.size / 3


def test_over_three_quarters_of_the_whole_week_no_more_hours_are_spent_than_were_allotted(cohort):
    put(cohort, organisation__authority=0.9, organisation__allotted__deliberation=0.1)
    in_hand = cohort.team["deliberation_credit"].reshape(3, -1).sum(axis=1)
    spent = allotted = 0.0
    for _ in range(39):
        advance(cohort, 1)
        spent = spent + cohort.organisation["spent"][:, DELIBERATION] * cohort.organisation["n_staff"]
        allotted = allotted + cohort.organisation["hours"][:, DELIBERATION] * cohort.organisation["n_staff"]
    assert (spent > 0).all()
    assert (spent <= allotted + in_hand + 1e-9).all()


def test_more_hours_talk_over_more_ideas(cohort):
    def talked(hours):
        own = put(endorse(cohort.copy(), credit=0.0), organisation__hours__deliberation=hours)
        return sum(advance(own, 1, processes=ONLY).tally["deliberated"].sum() for _ in range(12))

    assert rising(talked(hours) for hours in (0.0, 0.06, 0.2, 0.7))
    assert talked(0.0) == 0.0


# -- judgement -------------------------------------------------------------------------------------------------------


def outcome(cohort, **changes):
    """Return the shares of fitting and of misfitting ideas that go forward, all deliberated once."""
    before = put(endorse(cohort.copy()), **changes)
    fits = before.practice["idea_value"] == before.practice["reality"]
    on = step(before, "deliberation").practice["idea_state"] == ENDORSED
    return on[fits].mean(), on[~fits].mean()


def accuracy(cohort, **changes):
    right, wrong = outcome(cohort, **changes)
    return 0.5 * right + 0.5 * (1 - wrong)


def test_where_all_are_of_one_mind_bad_ideas_pass_more_often_and_good_ones_less(crowd):
    alike = {"person__profession": 1, "p__deliberation__facilitation": 1.0}
    found = [outcome(crowd, **alike, p__deliberation__conformity=c) for c in (0.0, 0.5, 1.0)]
    assert falling(right for right, _ in found)
    assert rising(wrong for _, wrong in found)


def mixed(cohort, n):
    """Return a copy in which every team has ``n`` professions."""
    own = cohort.copy()
    own.person["profession"] = np.arange(len(own.person)) % n
    return own


def test_disagreement_sharpens_judgement_until_it_turns_into_conflict(crowd):
    """Judgement is best at a middling mix of professions: those too alike conform, those too different fight."""
    tense = {"p__deliberation__facilitation": 0.25, "team__hostility": 0.6, "person__skill": 0.8}
    alike, middling, different = (accuracy(mixed(crowd, n), **tense) for n in (1, 2, 5))
    assert middling > alike + 0.005
    assert middling > different + 0.02


def test_facilitation_matters_more_where_people_differ(crowd):
    hostile = {"team__hostility": 0.6, "person__skill": 0.9}

    def gain(n):
        calm, tense = (accuracy(mixed(crowd, n), **hostile, p__deliberation__facilitation=f) for f in (1.0, 0.0))
        return calm - tense

    assert gain(5) > 0.1
    assert abs(gain(1)) < 0.03


def test_well_facilitated_more_difference_is_always_better(crowd):
    found = [accuracy(mixed(crowd, n), p__deliberation__facilitation=1.0, person__skill=0.8) for n in (1, 2, 5)]
    assert rising(found)


# -- conflict --------------------------------------------------------------------------------------------------------


def conflict_and_safety_lost(cohort, **changes):
    own = put(endorse(cohort.copy(), 4), person__safety=0.5, **changes)
    step(own, "deliberation")
    return own.team["conflict"], 0.5 - own.person["safety"]


def test_with_full_facilitation_there_is_no_conflict_and_no_safety_is_lost(cohort):
    conflict, lost = conflict_and_safety_lost(cohort, p__deliberation__facilitation=1.0, team__hostility=1.0)
    assert (conflict == 0.0).all()
    assert (lost == 0.0).all()


def test_conflict_within_the_tolerance_costs_no_safety(cohort):
    conflict, lost = conflict_and_safety_lost(cohort, p__deliberation__conflict_tolerance=0.5, team__hostility=0.0)
    assert (conflict > 0.0).all()
    assert (conflict <= 0.5).all()
    assert (lost == 0.0).all()


@settings(max_examples=20)
@given(shares, shares, st.floats(0.1, 0.5), st.floats(0, 0.1))
def test_conflict_beyond_the_tolerance_costs_the_team_safety(small_cohort, facilitation, hostility, tolerance, cost):
    conflict, lost = conflict_and_safety_lost(
        small_cohort,
        p__deliberation__facilitation=facilitation,
        team__hostility=hostility,
        p__deliberation__conflict_tolerance=tolerance,
        p__deliberation__conflict_cost=cost,
    )
    team, staff = small_cohort.person["team"], is_staff(small_cohort)
    expected = cost * np.maximum(0.0, conflict - tolerance)
    np.testing.assert_allclose(lost[staff], expected[team[staff]], atol=1e-12)
    assert (lost[~staff] == 0.0).all()


def test_left_alone_hostility_settles_at_the_usual_and_stays_a_share(cohort):
    for start in (0.0, 1.0):
        own = put(endorse(cohort.copy(), 0), team__hostility=start)
        advance(own, 400, processes=ONLY)
        np.testing.assert_allclose(own.team["hostility"], 0.3, atol=0.001)
    own = put(endorse(cohort.copy(), 0), team__overload=1.0, p__deliberation__load_hostility=0.2)
    advance(own, 100, processes=ONLY)
    assert (own.team["hostility"] == 1.0).all()


def test_hostility_makes_conflict_worse(cohort):
    assert never_falling(conflict_and_safety_lost(cohort, team__hostility=h)[0].mean() for h in GRID)
