"""Weak teams are paired with strong ones, and made to learn from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import GRID, both, burnt_in, changed_columns, falling, put, rising, shares, step

from civicsim.model.organisation import FROM_NEIGHBOURS, LONG_AGO
from civicsim.model.processes.pairing import make_pairs, takes_over
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

ONLY = [PROCESSES["pairing"]]


# -- the equation ----------------------------------------------------------------------------------------------------


@given(st.booleans(), shares, shares, shares, shares)
def test_what_is_taken_over_is_what_one_has_to_or_what_seems_to_fit(fits, accuracy, insistence, u_insist, u_judge):
    expected = u_insist < insistence or (u_judge < accuracy) == fits
    assert both(takes_over, fits, accuracy, insistence, u_insist, u_judge) == expected


def share_taken(fits, accuracy, insistence):
    steps = (np.arange(40) + 0.5) / 40
    return np.mean([takes_over(fits, accuracy, insistence, a, b) for a in steps for b in steps])


def test_insistence_takes_over_all_and_judgement_what_fits():
    assert rising(share_taken(False, 0.8, insistence) for insistence in GRID)
    assert rising(share_taken(True, 0.8, insistence) for insistence in GRID)
    assert rising(share_taken(True, accuracy, 0.3) for accuracy in (0.5, 0.7, 1.0))
    assert falling(share_taken(False, accuracy, 0.3) for accuracy in (0.5, 0.7, 1.0))
    assert share_taken(False, 1.0, 0.0) == 0.0
    assert share_taken(False, 1.0, 1.0) == share_taken(True, 0.5, 1.0) == 1.0


# -- who is paired ---------------------------------------------------------------------------------------------------


def ranked(cohort, **changes):
    """A cohort of 40 × 6 teams in which the quality of a team is its row within the run."""
    own = put(cohort.copy(), **changes)
    own.team["quality"] = own.team["key"] / 10.0
    return own


def paired(cohort, share, **changes):
    own = ranked(cohort, **changes)
    make_pairs(own, 0, own.n_organisations, share)
    return own


def test_teams_that_are_cut_off_are_not_paired(crowd):
    worst = crowd.copy()
    worst.team["isolated"] = worst.team["key"] % 6 == 0
    own = paired(worst, 1 / 3)
    assert (own.team["partner"][own.team["isolated"] == 1] == -1).all()
    assert (own.team["partner"] >= 0).sum() == 4 * len(own.organisation)


def test_the_weakest_is_paired_with_the_strongest_and_so_on(crowd):
    own = paired(crowd, 1 / 3)
    first = own.organisation["first_team"][:, None]
    partner = own.team["partner"].reshape(-1, 6)
    np.testing.assert_array_equal(partner - np.where(partner < 0, 0, first), np.tile([5, 4, -1, -1, 1, 0], (40, 1)))
    np.testing.assert_array_equal(own.team["learns"].reshape(-1, 6), np.tile([1, 1, 0, 0, 0, 0], (40, 1)))


def test_pairs_are_mutual_and_one_of_each_learns(crowd):
    for share in (0.0, 0.1, 0.3, 0.5, 1.0):
        team = paired(crowd, share).team
        rows = np.flatnonzero(team["partner"] >= 0)
        other = team["partner"][rows]
        np.testing.assert_array_equal(team["partner"][other], rows)
        assert (team["learns"][rows] + team["learns"][other] == 1).all()
        assert (team["quality"][rows[team["learns"][rows] == 1]] < 0.3).all()


@pytest.mark.parametrize(("share", "pairs"), [(0.0, 0), (0.01, 1), (0.1, 1), (0.3, 2), (0.5, 3), (1.0, 3)])
def test_as_many_learn_as_the_share_states_at_least_one_and_at_most_half(crowd, share, pairs):
    own = paired(crowd, share)
    np.testing.assert_array_equal(np.bincount(own.team["organisation"], weights=own.team["learns"]), pairs)


def test_by_patients_it_is_how_active_they_are_that_ranks_teams(crowd):
    own = ranked(crowd, p__pairing__by=1)
    own.patient["activation"] = 1.0 - own.team["key"][own.patient["team"]] / 10.0
    make_pairs(own, 0, own.n_organisations, 1 / 6)
    np.testing.assert_array_equal(own.team["learns"].reshape(-1, 6), np.tile([0, 0, 0, 0, 0, 1], (40, 1)))


def test_a_team_that_is_paired_anew_or_with_no_one_leaves_no_half_of_a_pair_behind(crowd):
    own = paired(crowd, 0.5)
    own.team["quality"] = 1.0 - own.team["quality"]
    make_pairs(own, 0, own.n_organisations, 1 / 6)
    assert (own.team["partner"].reshape(-1, 6)[:, 1:5] == -1).all()
    assert (own.team["learns"].reshape(-1, 6)[:, :5] == 0).all()
    assert (own.team["learns"].reshape(-1, 6)[:, 5] == 1).all()


def test_only_organisations_that_are_asked_to_are_paired(crowd):
    own = ranked(crowd)
    make_pairs(own, 3, 5, 0.5)
    has = np.bincount(own.team["organisation"], weights=own.team["partner"] >= 0)
    np.testing.assert_array_equal(np.flatnonzero(has), [3, 4])


@pytest.fixture(scope="module")
def linked():
    """Two runs of three linked organisations."""
    return burnt_in(2, n_organisations=3, n_teams=4, team_size=6, teams_per_division=2, burn_in_weeks=20)


def test_across_linked_organisations_the_weakest_of_all_learn_from_the_strongest_of_all(linked):
    own = put(linked.copy(), p__pairing__across=True)
    own.team["quality"] = np.where(own.team["organisation"] % 3 == 0, 0.2, 0.4) + 0.01 * (own.team["key"] % 4)
    own.team["quality"][own.team["organisation"] % 3 == 2] += 0.4
    make_pairs(own, 0, 6, 4 / 12)
    org = own.team["organisation"]
    weak = np.flatnonzero(own.team["learns"] == 1)
    assert set(org[weak]) == {0, 3}
    assert (org[own.team["partner"][weak]] == org[weak] + 2).all()


def test_within_organisations_all_pairs_stay_at_home(linked):
    own = linked.copy()
    make_pairs(own, 0, 6, 0.5)
    rows = np.flatnonzero(own.team["partner"] >= 0)
    assert len(rows) == len(own.team)
    org = own.team["organisation"]
    np.testing.assert_array_equal(org[own.team["partner"][rows]], org[rows])


def test_across_linked_organisations_practices_pass_from_one_to_another(linked):
    own = put(linked.copy(), p__pairing__across=True, p__pairing__exchange_rate=0.2, p__pairing__insistence=1.0)
    own.practice["value"][own.team["organisation"] % 3 == 2] = 1
    own.practice["value"][own.team["organisation"] % 3 == 0] = -1
    own.team["quality"] = 0.2 + 0.3 * (own.team["organisation"] % 3)
    make_pairs(own, 0, 6, 4 / 12)
    advance(own, 40, processes=ONLY)
    taken = (own.practice["value"] == 1).mean(axis=1)
    assert (taken[own.team["organisation"] % 3 == 0] > 0.95).all()
    assert (taken[own.team["organisation"] % 3 == 2] == 1.0).all()


def test_the_whole_week_of_linked_organisations_does_not_depend_on_threads(linked):
    own = put(linked.copy(), p__pairing__across=True)
    make_pairs(own, 0, 6, 0.5)
    one, two = (advance(own.copy(), 8, threads=n).state_bytes() for n in (1, 2))
    assert one == two


# -- what a pair does ------------------------------------------------------------------------------------------------


def pair(cohort, **changes):
    """Let team 0 of each organisation of six learn from team 5; they do all the opposite way."""
    own = put(
        cohort.copy(),
        team__partner=-1,
        team__learns=0,
        team__switching_hours=0.0,
        person__vacant=0,
        practice__adopted_week=LONG_AGO,
        practice__followed=0,
        p__pairing__insistence=1.0,
    )
    weak = own.organisation["first_team"]
    strong = weak + 5
    own.team["partner"][weak], own.team["partner"][strong], own.team["learns"][weak] = strong, weak, 1
    own.team["paired_until"] = own.week + 52
    own.practice["value"][weak], own.practice["value"][strong] = -1, 1
    return put(own, **changes), weak, strong


def simulated(cohort, weeks=26, **changes):
    """Return how many practices were handed on in some weeks, and the cohort after them."""
    own, weak, _ = pair(cohort, **changes)
    total = 0.0

    def observe(at, first, last):
        nonlocal total
        total += at.tally["handed_on"].sum()

    advance(own, weeks, processes=ONLY, observe=observe)
    return total / len(weak), own


def test_the_weaker_takes_over_and_the_stronger_stays_as_it_is(crowd):
    handed, own = simulated(crowd)
    weak, strong = own.organisation["first_team"], own.organisation["first_team"] + 5
    assert (own.practice["value"][strong] == 1).all()
    assert ((own.practice["value"][weak] == 1).sum(axis=1)).mean() == pytest.approx(handed)
    others = np.setdiff1d(np.arange(len(own.team)), np.concatenate([weak, strong]))
    np.testing.assert_array_equal(own.practice["value"][others], crowd.practice["value"][others])


def test_what_is_taken_over_comes_from_neighbours_and_is_followed(crowd):
    _, own = simulated(crowd, 1, p__pairing__exchange_rate=0.2)
    weak = own.organisation["first_team"]
    new = own.practice[weak][own.practice["value"][weak] == 1]
    assert len(new) > 100
    assert (new["origin"] == FROM_NEIGHBOURS).all()
    assert (new["adopted_week"] == crowd.week).all()
    assert (new["followed"] == 1).all()
    assert (new["previous"] == -1).all()


def test_practices_are_met_as_often_as_the_rate_states(crowd):
    for rate in (0.02, 0.1):
        handed, _ = simulated(crowd, 10, p__pairing__exchange_rate=rate)
        assert handed == pytest.approx(30 * (1 - (1 - rate) ** 10), rel=0.1)


@pytest.mark.parametrize(
    ("name", "values", "direction"),
    [("exchange_rate", (0.0, 0.02, 0.1), rising), ("insistence", (0.0, 0.5, 1.0), rising)],
)
def test_more_exchange_and_more_insistence_hand_on_more(crowd, name, values, direction):
    wrong = {"practice__reality": -1, "p__practice__judgement_gain": 0.4, "person__skill": 0.8}
    assert direction(simulated(crowd, 8, **{**wrong, f"p__pairing__{name}": x})[0] for x in values)


def test_skilled_teams_take_over_what_fits_them_unless_someone_insists(crowd):
    def fitting(skill, insistence):
        changes = {"person__skill": skill, "p__pairing__insistence": insistence, "p__pairing__exchange_rate": 0.1}
        _, own = simulated(crowd, 3, **changes)
        new = own.practice[own.organisation["first_team"]]
        return (new["reality"] == new["value"])[new["value"] == 1].mean()

    assert rising(fitting(skill, 0.0) for skill in (0.0, 0.5, 1.0))
    assert falling(fitting(1.0, insistence) for insistence in (0.0, 0.5, 1.0))


def test_what_no_set_way_exists_for_is_not_handed_on(crowd):
    own, weak, strong = pair(crowd, p__pairing__exchange_rate=0.2)
    own.practice["value"][strong] = 0
    advance(own, 10, processes=ONLY)
    assert (own.practice["value"][weak] == -1).all()


def test_paired_by_patients_they_learn_what_patients_can_see(crowd):
    own, weak, _ = pair(crowd, p__pairing__by=1, p__pairing__exchange_rate=0.2)
    own.dimension["patient_visible"] = np.arange(30) % 3 == 0
    advance(own, 20, processes=ONLY)
    taken = own.practice["value"][weak] == 1
    assert taken[:, ::3].mean() > 0.9
    assert not np.delete(taken, np.arange(0, 30, 3), axis=1).any()


def test_both_teams_give_hours_and_the_weaker_those_of_changing(crowd):
    own, weak, strong = pair(crowd, p__pairing__exchange_rate=0.0)
    step(own, "pairing")
    assert (own.team["switching_hours"][np.concatenate([weak, strong])] == 6.0).all()
    assert own.team["switching_hours"].sum() == 12.0 * len(weak)
    assert rising(
        step(pair(crowd, p__pairing__hours=h)[0], "pairing").team["switching_hours"][strong[0]]
        for h in (0.0, 6.0, 40.0)
    )
    own, weak, strong = pair(crowd, p__pairing__exchange_rate=0.1)
    step(own, "pairing")
    n = (own.practice["value"][weak] == 1).sum(axis=1)
    np.testing.assert_allclose(own.team["switching_hours"][weak], 6.0 + 40.0 * n)
    assert (own.team["switching_hours"][strong] == 6.0).all()


def test_what_is_counted_is_what_was_taken_over(crowd):
    own, weak, _ = pair(crowd, p__pairing__exchange_rate=0.1)
    step(own, "pairing")
    taken = own.practice["value"][weak] == 1
    np.testing.assert_array_equal(own.tally["handed_on"], taken.sum(axis=1))
    np.testing.assert_array_equal(own.tally["adopted_horizontal"], taken.sum(axis=1))
    right = taken & (own.practice["reality"][weak] == 1)
    np.testing.assert_array_equal(own.tally["adopted_right"], right.sum(axis=1))


@pytest.mark.parametrize("weeks", [1, 10, 52])
def test_a_pair_parts_after_its_weeks(crowd, weeks):
    own = put(crowd.copy(), p__pairing__pair_weeks=weeks, p__pairing__exchange_rate=0.0)
    make_pairs(own, 0, own.n_organisations, 0.5)
    advance(own, weeks, processes=ONLY)
    assert (own.team["partner"] >= 0).all()
    hours = own.team["switching_hours"].copy()
    advance(own, 1, processes=ONLY)
    assert (own.team["partner"] == -1).all()
    assert (own.team["learns"] == 0).all()
    np.testing.assert_array_equal(own.team["switching_hours"], hours)


def test_without_pairs_nothing_happens(crowd):
    before = put(crowd.copy(), team__partner=-1)
    before.tally[:] = 0
    assert changed_columns(before, step(before.copy(), "pairing")) == set()


def test_switched_off_pairs_learn_nothing_and_give_no_hours(crowd):
    before, _, _ = pair(crowd, p__pairing__enabled=False, p__pairing__exchange_rate=0.2)
    before.tally[:] = 0
    assert changed_columns(before, step(before.copy(), "pairing")) == set()


def test_pairing_helps_where_one_way_is_right_for_all_and_harms_where_each_team_has_its_own(crowd):
    """Whether what a strong team does helps a weak one depends on how alike their realities are."""

    def mismatch(kappa):
        own, weak, strong = pair(crowd, p__pairing__exchange_rate=0.05)
        rng = np.random.default_rng(4)
        own.practice["reality"] = np.where(rng.random(own.practice.shape) < (1 + kappa) / 2, 1, -1)
        own.practice["value"][strong] = own.practice["reality"][strong]
        own.practice["value"][weak] = np.where(
            rng.random((len(weak), 30)) < 0.6, own.practice["reality"][weak], -own.practice["reality"][weak]
        )
        before = (own.practice["value"] != own.practice["reality"])[weak].mean()
        advance(own, 26, processes=ONLY)
        return (own.practice["value"] != own.practice["reality"])[weak].mean() - before

    assert falling(mismatch(kappa) for kappa in (0.0, 0.5, 1.0))
    assert mismatch(1.0) < 0.0 < mismatch(0.0)
