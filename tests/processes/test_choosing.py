"""Which teams an event is about: all, some at random, the best or the worst, willing neighbours, or those chosen before."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import put

from civicsim.model.processes.choosing import CHOICES, choose_teams, willingness

SOME = ("random", "best", "worst", "willing")
HOWS = pytest.mark.parametrize("how", SOME)


def chosen(cohort, how, share=0.0, first=0, last=None):
    return choose_teams(cohort, first, cohort.n_organisations if last is None else last, how, share)


def by_organisation(crowd, teams):
    return teams.reshape(crowd.n_organisations, 6)


def test_the_ways_of_choosing_are_those_that_are_known():
    assert set(CHOICES) == {"all", "random", "best", "worst", "willing", "marked"}


@given(how=st.sampled_from(SOME), share=st.floats(0.001, 1.0))
def test_as_many_are_chosen_as_the_share_states_and_at_least_one(crowd, how, share):
    n = by_organisation(crowd, chosen(crowd, how, share)).sum(axis=1)
    assert (n == min(6, max(1, round(6 * share)))).all()


def test_all_are_all_and_of_none_marked_none_is_chosen(crowd):
    assert (chosen(crowd, "all") == 1).all()
    assert (chosen(crowd, "marked") == 0).all()
    own = crowd.copy()
    own.team["marked"] = own.team["key"] % 2
    np.testing.assert_array_equal(chosen(own, "marked"), own.team["marked"])


@HOWS
def test_only_teams_of_the_organisations_that_are_asked_for_are_chosen(crowd, how):
    whole, part = chosen(crowd, how, 0.3), chosen(crowd, how, 0.3, 7, 9)
    np.testing.assert_array_equal(part[42:54], whole[42:54])
    assert part.sum() == part[42:54].sum() == 4


@HOWS
def test_with_a_larger_share_the_same_are_chosen_and_more(crowd, how):
    small, middle, large = (chosen(crowd, how, share) for share in (0.17, 0.5, 0.84))
    assert (small <= middle).all()
    assert (middle <= large).all()
    assert small.sum() < middle.sum() < large.sum()


def test_the_best_and_the_worst_go_by_true_quality(crowd):
    own = crowd.copy()
    own.team["quality"] = own.team["key"] / 10
    own.team["quality_reported"] = 1 - own.team["quality"]
    np.testing.assert_array_equal(by_organisation(own, chosen(own, "best", 1 / 3))[0], [0, 0, 0, 0, 1, 1])
    np.testing.assert_array_equal(by_organisation(own, chosen(own, "worst", 1 / 3))[0], [1, 1, 0, 0, 0, 0])


def test_chance_gives_every_team_of_a_run_one_place_for_good(crowd):
    later = put(crowd.copy(), team__quality=0.5, person__motivation=0.9)
    later.week += 100
    np.testing.assert_array_equal(chosen(crowd, "random", 0.5), chosen(later, "random", 0.5))


def test_chance_favours_no_team(crowd):
    first = by_organisation(crowd, chosen(crowd, "random", 0.5)).sum(axis=0)
    assert first.sum() == 120
    assert ((first - 20) ** 2 / 20).sum() < 20.5  # .001 point at 5 degrees of freedom
    assert len({tuple(row) for row in by_organisation(crowd, chosen(crowd, "random", 0.5))}) > 10


def test_willingness_is_the_mean_motivation_and_agency_of_those_in_post(crowd):
    own = put(crowd.copy(), person__vacant=0, person__motivation=0.4, person__agency=0.8)
    np.testing.assert_allclose(willingness(own, np.arange(6)), 0.6)
    first = own.team["first_person"]
    own.person["vacant"][first], own.person["motivation"][first] = 1, 0.0
    np.testing.assert_allclose(willingness(own, np.arange(6)), 0.6)
    for state in ("motivation", "agency"):
        more = own.copy()
        more.person[state][more.person["team"] == 2] += 0.1
        assert willingness(more, np.array([2]))[0] == pytest.approx(0.65)
    own.person["vacant"][own.person["team"] == 3] = 1
    assert willingness(own, np.array([3]))[0] == 0.0


def willing_place(cohort, order):
    """A place in which teams are willing in some order, and tied as a ring."""
    own = put(cohort.copy(), person__vacant=0, neighbour__team=-1, neighbour__ties=0)
    place = np.empty(6)
    place[list(order)] = np.linspace(0.9, 0.1, 6)
    key = own.team["key"]
    staff = own.person["team"] >= 0
    own.person["motivation"][staff] = own.person["agency"][staff] = place[key[own.person["team"][staff]]]
    first = own.organisation["first_team"][own.team["organisation"]]
    own.neighbour["team"][:, 0], own.neighbour["team"][:, 1] = first + (key + 1) % 6, first + (key - 1) % 6
    own.neighbour["ties"][:, :2] = 1
    return own


def test_the_most_willing_team_is_first_and_then_the_most_willing_of_its_neighbours(crowd):
    # 0 is most willing; of its neighbours 1 and 5 the latter; then 4 before 1 if that is more willing.
    own = willing_place(crowd, (0, 3, 5, 4, 1, 2))
    for share, expected in ((1 / 6, {0}), (2 / 6, {0, 5}), (3 / 6, {0, 5, 4}), (4 / 6, {0, 5, 4, 3})):
        assert set(np.flatnonzero(by_organisation(own, chosen(own, "willing", share))[0])) == expected


def test_where_no_one_knows_another_team_the_most_willing_go_first(crowd):
    own = willing_place(crowd, (0, 3, 5, 4, 1, 2))
    put(own, neighbour__team=-1, neighbour__ties=0)
    assert set(np.flatnonzero(by_organisation(own, chosen(own, "willing", 0.5))[0])) == {0, 3, 5}


def test_willing_teams_are_more_willing_and_closer_than_random_ones(crowd):
    teams = np.arange(len(crowd.team))
    will = willingness(crowd, teams)
    assert will[chosen(crowd, "willing", 0.34) == 1].mean() > will[chosen(crowd, "random", 0.34) == 1].mean()
