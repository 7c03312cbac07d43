"""Events that touch rows: people who go, truths that change, teams that are moved."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import changed_columns, filled_staff, is_staff, out_of_bounds, put, shares, step

from civicsim.networks import count_neighbours
from civicsim.organisation import WAITING
from civicsim.processes.actions import ACTIONS
from civicsim.schedule import PROCESSES, advance

NAMES = pytest.mark.parametrize("name", sorted(ACTIONS))
CHANGES = {
    "many_directives": {"dimension.directive"},
    "reality_shift": {"dimension.truth", "practice.reality"},
    "reorganisation": {"ties", "neighbour.team", "neighbour.ties"},
    "solidarity": {"person.belonging"},
    "vacancy_wave": {
        "person.vacant", "person.absent", "person.noticed", "person.voiced", "person.voice_hours",
        "person.noticed_memory", "person.voiced_memory", "person.propensity", "practice.idea_raiser", "ties",
        "tally.leavers", "tally.leaver_motivation", "tally.ties_lost", "team.leaver_memory",
    },
}  # fmt: skip
"""What each may change."""


def acted(cohort, name, size, first=0, last=None):
    """Return a copy after an action."""
    own = cohort.copy()
    ACTIONS[name](own, first, own.n_organisations if last is None else last, size)
    return own


def recounted(cohort):
    """Return a copy in which it has just been counted which teams are neighbours."""
    c = cohort.copy()
    count_neighbours(0, c.n_organisations, c.organisation, c.team, c.person, c.ties, c.neighbour)
    return c


# -- what holds for all ----------------------------------------------------------------------------------------------


def test_the_actions_are_those_that_are_known():
    assert set(ACTIONS) == set(CHANGES)


@NAMES
def test_of_size_nothing_an_action_does_nothing(name, small_cohort):
    cohort = recounted(small_cohort)
    assert changed_columns(cohort, acted(cohort, name, 0.0)) == set()


@NAMES
def test_an_action_changes_what_it_is_about_and_nothing_else(name, small_cohort):
    changed = changed_columns(small_cohort, acted(small_cohort, name, 0.6))
    assert changed
    assert changed <= CHANGES[name]


@NAMES
@settings(max_examples=15)
@given(size=shares, week=st.integers(0, 5000))
def test_after_an_action_all_is_within_bounds(name, small_cohort, size, week):
    cohort = small_cohort.copy()
    cohort.week = week
    assert out_of_bounds(acted(cohort, name, size)) == []


@NAMES
def test_an_action_touches_only_the_organisations_it_is_asked_to(name, small_cohort):
    own = acted(small_cohort, name, 0.6, 1, 2)
    whole = acted(small_cohort, name, 0.6)
    for table, values in own.tables.items():
        n = len(values) // 3
        before, all_ = small_cohort.tables[table], whole.tables[table]
        assert values[:n].tobytes() == before[:n].tobytes()
        assert values[n : 2 * n].tobytes() == all_[n : 2 * n].tobytes()
        assert values[2 * n :].tobytes() == before[2 * n :].tobytes()
    n = len(own.ties) // 3
    np.testing.assert_array_equal(own.ties[:n], small_cohort.ties[:n])
    np.testing.assert_array_equal(own.ties[n : 2 * n], whole.ties[n : 2 * n])


@NAMES
def test_an_action_is_the_same_each_time_and_another_in_another_week(name, crowd):
    assert acted(crowd, name, 0.3).state_bytes() == acted(crowd, name, 0.3).state_bytes()
    later = crowd.copy()
    later.week += 1
    same = acted(later, name, 0.3).state_bytes() == acted(crowd, name, 0.3).state_bytes()
    assert same == (name == "solidarity")


# -- a wave of vacancies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0.1, 0.4, 1.0])
def test_a_wave_empties_its_share_of_the_posts_of_staff(crowd, size):
    own = acted(crowd, "vacancy_wave", size)
    before = filled_staff(crowd)
    left = before & (own.person["vacant"] == 1)
    assert left.sum() / before.sum() == pytest.approx(size, abs=0.02)
    managers = ~is_staff(crowd)
    np.testing.assert_array_equal(own.person["vacant"][managers], crowd.person["vacant"][managers])
    assert (own.person["absent"][left] == 0).all()


def test_a_larger_wave_takes_the_same_people_and_more(crowd):
    small, large = (acted(crowd, "vacancy_wave", size).person["vacant"] for size in (0.1, 0.3))
    assert (large >= small).all()
    assert large.sum() > small.sum()


def test_nobody_waits_for_the_answer_to_what_a_leaver_raised(crowd):
    cohort = crowd.copy()
    cohort.practice["idea_state"][:, 0] = WAITING
    cohort.practice["idea_raiser"][:, 0] = cohort.team["first_person"]
    cohort.person["vacant"] = 0
    own = acted(cohort, "vacancy_wave", 0.5)
    gone = own.person["vacant"][own.team["first_person"]] == 1
    assert 0 < gone.sum() < len(gone)
    assert (own.practice["idea_raiser"][gone, 0] == -1).all()
    np.testing.assert_array_equal(own.practice["idea_raiser"][~gone, 0], own.team["first_person"][~gone])
    assert (own.practice["idea_state"][:, 0] == WAITING).all()


def test_those_who_leave_in_a_wave_count_as_leavers(crowd):
    cohort = crowd.copy()
    cohort.tally[:] = 0
    own = acted(cohort, "vacancy_wave", 0.2)
    left = (own.person["vacant"] - cohort.person["vacant"]).sum()
    assert own.tally["leavers"].sum() == left
    assert own.team["leaver_memory"].mean() > cohort.team["leaver_memory"].mean()


# -- a shift of reality ----------------------------------------------------------------------------------------------


def test_a_shift_flips_the_truth_on_its_share_of_dimensions(crowd):
    own = acted(crowd, "reality_shift", 0.2)
    flipped = own.dimension["truth"] != crowd.dimension["truth"]
    assert flipped.mean() == pytest.approx(0.2, abs=0.03)
    np.testing.assert_array_equal(own.dimension["truth"][flipped], -crowd.dimension["truth"][flipped])
    everything = acted(crowd, "reality_shift", 1.0)
    np.testing.assert_array_equal(everything.dimension["truth"], -crowd.dimension["truth"])


def test_where_nothing_shifts_local_realities_stay(crowd):
    own = acted(crowd, "reality_shift", 0.3)
    flipped = (own.dimension["truth"] != crowd.dimension["truth"])[crowd.team["organisation"]]
    np.testing.assert_array_equal(own.practice["reality"][~flipped], crowd.practice["reality"][~flipped])


@pytest.mark.parametrize("kappa", [0.0, 0.5, 1.0])
def test_after_a_shift_local_realities_agree_with_the_new_truth_as_far_as_kappa_says(crowd, kappa):
    own = acted(put(crowd.copy(), dimension__kappa=kappa), "reality_shift", 1.0)
    agrees = own.practice["reality"] == own.dimension["truth"][own.team["organisation"]]
    assert agrees.mean() == pytest.approx((1 + kappa) / 2, abs=0.02)


def test_a_shift_leaves_protocols_and_practices_as_they_are_so_that_they_fit_less(crowd):
    cohort = put(crowd.copy(), dimension__kappa=1.0)
    truth = cohort.dimension["truth"][cohort.team["organisation"]]
    cohort.practice["reality"] = cohort.practice["value"] = truth
    own = acted(cohort, "reality_shift", 0.2)
    np.testing.assert_array_equal(own.practice["value"], cohort.practice["value"])
    assert (own.practice["value"] != own.practice["reality"]).mean() == pytest.approx(0.2, abs=0.03)


# -- a re-organisation -----------------------------------------------------------------------------------------------


def tied(cohort):
    return {(i, int(j)) for i, own in enumerate(cohort.ties) for j in own if j >= 0}


def test_people_of_teams_that_are_moved_lose_their_ties_and_others_keep_theirs(crowd):
    own = acted(crowd, "reorganisation", 0.4)
    kept = tied(own)
    assert kept <= tied(crowd)
    assert {(j, i) for i, j in kept} == kept
    team = crowd.person["team"]
    before = {}
    for i, j in tied(crowd):
        before.setdefault(team[i], set()).add((i, j))
    bare = {t for t, pairs in before.items() if not pairs & kept}
    # A tie is lost where at least one of its ends was moved: with two fifths moved, .6 squared stand.
    assert len(kept) / len(tied(crowd)) == pytest.approx(0.36, abs=0.06)
    assert all((i, j) in kept or team[i] in bare or team[j] in bare for i, j in tied(crowd))


def test_a_re_organisation_of_everything_leaves_no_tie(crowd):
    assert (acted(crowd, "reorganisation", 1.0).ties == -1).all()


def test_ties_lost_in_a_re_organisation_grow_again(small_cohort):
    own = put(acted(small_cohort, "reorganisation", 1.0), organisation__hours_peer=0.4)
    advance(own, 60, processes=[PROCESSES["ties"]])
    assert len(tied(own)) > len(tied(small_cohort))


def test_teams_that_were_moved_hear_no_more_from_former_neighbours(small_cohort):
    own = acted(small_cohort, "reorganisation", 0.5)
    assert own.neighbour.tobytes() == recounted(own).neighbour.tobytes()
    assert (acted(small_cohort, "reorganisation", 1.0).neighbour["team"] == -1).all()


# -- a flood of directives -------------------------------------------------------------------------------------------


def test_many_directives_order_their_share_of_what_the_code_says(crowd):
    cohort = put(crowd.copy(), dimension__directive=0)
    own = acted(cohort, "many_directives", 0.8)
    speaks = cohort.dimension["code"] != 0
    assert own.dimension["directive"][speaks].mean() == pytest.approx(0.8, abs=0.03)
    assert (own.dimension["directive"][~speaks] == 0).all()


def test_directives_that_are_out_already_stay_out(crowd):
    cohort = crowd.copy()
    cohort.dimension["directive"] = (cohort.dimension["code"] != 0) & (np.arange(30) % 3 == 0)
    own = acted(cohort, "many_directives", 0.2)
    assert (own.dimension["directive"] >= cohort.dimension["directive"]).all()


def test_of_many_directives_teams_take_in_only_a_few(crowd):
    def overlooked(size):
        own = acted(put(crowd.copy(), dimension__directive=0), "many_directives", size)
        step(own, "directives")
        return own.tally["overlooked"].sum() / own.tally["directives"].sum()

    assert overlooked(1.0) > overlooked(0.5) > overlooked(0.1)
    assert overlooked(1.0) > 0.8


# -- solidarity ------------------------------------------------------------------------------------------------------


def test_solidarity_raises_belonging_by_its_size_up_to_full(small_cohort):
    own = acted(small_cohort, "solidarity", 0.15)
    staff = is_staff(small_cohort)
    expected = np.minimum(1.0, small_cohort.person["belonging"] + 0.15)
    np.testing.assert_allclose(own.person["belonging"][staff], expected[staff])


def lead(cohort, who, weeks):
    """Return how much belonging is ahead of what it would be, some weeks after solidarity."""
    plain, lifted = cohort.copy(), acted(cohort, "solidarity", 0.15)
    only = [PROCESSES["motivation"]]
    gap = (
        advance(lifted, weeks, processes=only).person["belonging"]
        - advance(plain, weeks, processes=only).person["belonging"]
    )
    return gap[who].mean()


def test_solidarity_wears_off_among_staff(small_cohort):
    staff = filled_staff(small_cohort)
    assert 0.15 >= lead(small_cohort, staff, 1) > lead(small_cohort, staff, 26) > lead(small_cohort, staff, 104)
    assert lead(small_cohort, staff, 104) < 0.01


def test_solidarity_wears_off_among_managers(small_cohort):
    managers = ~is_staff(small_cohort) & (small_cohort.person["vacant"] == 0)
    assert lead(small_cohort, managers, 104) < 0.01
