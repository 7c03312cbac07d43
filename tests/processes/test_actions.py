"""Events that touch rows: people who go, truths that change, teams that are moved, paired or set to something new."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import both, changed_columns, falling, filled_staff, is_staff, out_of_bounds, put, rising, shares, step

from civicsim.model.networks import count_neighbours
from civicsim.model.organisation import CHIEF, ENDORSED, FROM_PROGRAMME, LONG_AGO, NO_IDEA, TO_MANAGER, TRIAL, WAITING
from civicsim.model.processes.actions import ACTIONS, FOR_EVER, FOR_THE_WHOLE, WITHOUT_SIZE, programme_value
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

NAMES = pytest.mark.parametrize("name", sorted(ACTIONS))
CHANGES = {
    "inspection": {"organisation.deadline", "organisation.notice", "organisation.urgency", "dimension.directive"},
    "install": {
        "practice.value",
        "practice.previous",
        "practice.previous_convenient",
        "practice.origin",
        "practice.followed",
        "practice.gamed",
        "practice.convenient",
        "practice.adopted_week",
        "team.switching_hours",
        "tally.adopted_vertical",
        "tally.adopted_right",
        "tally.replaced",
        "tally.changes",
    },
    "isolate": {"team.isolated", "ties", "neighbour.team", "neighbour.ties"},
    "launch": {
        "practice.idea_state",
        "practice.idea_value",
        "practice.idea_convenient",
        "practice.idea_origin",
        "practice.idea_channel",
        "practice.idea_severity",
        "practice.idea_week",
        "practice.raised_week",
        "practice.idea_raiser",
        "practice.deliberated",
        "practice.cycles",
        "practice.successes",
    },
    "leader_exit": {"organisation.chief_leaving"},
    "many_directives": {"dimension.directive"},
    "mark": set(),
    "pairing": {"team.partner", "team.learns", "team.paired_until"},
    "project": {"team.climate", "team.climate_until", "person.safety"},
    "reality_shift": {"dimension.truth", "practice.reality"},
    "relieve": {"team.demand"},
    "reorganisation": {
        "ties",
        "neighbour.team",
        "neighbour.ties",
        "organisation.forum_standing",
        "organisation.independence",
        "organisation.forum_funds",
        "organisation.forum_credit",
    },
    "solidarity": {"person.belonging"},
    "teach": {"person.skill"},
    "vacancy_wave": {
        "person.vacant",
        "person.absent",
        "person.noticed",
        "person.voiced",
        "person.voice_hours",
        "person.noticed_memory",
        "person.voiced_memory",
        "person.propensity",
        "practice.idea_raiser",
        "ties",
        "tally.leavers",
        "tally.leaver_motivation",
        "tally.ties_lost",
        "team.leaver_memory",
    },
}
"""What each may change."""
OF_SIZE_NOTHING = {
    # It is announced all the same, without orders; and a project without anything to it still has its weeks.
    "inspection": {"organisation.deadline", "organisation.notice", "organisation.urgency"},
    "project": {"team.climate_until"},
}
WITHOUT_CHANCE = {"isolate", "mark", "project", "relieve", "solidarity", "teach"}
"""Actions that come out the same in any week, for nothing is drawn or dated."""


def acted(cohort, name, size, first=0, last=None, **more):
    """Return a copy after an action."""
    own = cohort.copy()
    ACTIONS[name](own, first, own.n_organisations if last is None else last, size, **more)
    return own


def recounted(cohort):
    """Return a copy in which it has just been counted which teams are neighbours."""
    c = cohort.copy()
    count_neighbours(0, c.n_organisations, c.organisation, c.team, c.person, c.ties, c.neighbour)
    return c


# -- what holds for all ----------------------------------------------------------------------------------------------


def test_the_actions_are_those_that_are_known():
    assert set(ACTIONS) == set(CHANGES)


@pytest.mark.parametrize("name", sorted(set(ACTIONS) - WITHOUT_SIZE))
def test_of_size_nothing_an_action_does_nothing(name, small_cohort):
    cohort = recounted(small_cohort)
    assert changed_columns(cohort, acted(cohort, name, 0.0)) <= OF_SIZE_NOTHING.get(name, set())


@pytest.mark.parametrize("name", sorted(WITHOUT_SIZE))
def test_an_action_without_size_is_the_same_whatever_its_size(name, small_cohort):
    assert acted(small_cohort, name, 0.0).state_bytes() == acted(small_cohort, name, 1.0).state_bytes()


@NAMES
def test_an_action_changes_what_it_is_about_and_nothing_else(name, small_cohort):
    changed = changed_columns(small_cohort, acted(small_cohort, name, 0.6))
    assert changed or name == "mark"
    assert changed <= CHANGES[name]


AMOUNTS = {
    "inspection": lambda now, then: now.dimension["directive"].sum(),
    "install": lambda now, then: (now.practice["value"] != then.practice["value"]).sum(),
    "launch": lambda now, then: (now.practice["idea_origin"] == FROM_PROGRAMME).sum(),
    "leader_exit": lambda now, then: now.organisation["chief_leaving"].sum(),
    "many_directives": lambda now, then: now.dimension["directive"].sum(),
    "pairing": lambda now, then: now.team["learns"].sum(),
    "project": lambda now, then: now.person["safety"].sum() + now.team["climate"].sum(),
    "reality_shift": lambda now, then: (now.dimension["truth"] != then.dimension["truth"]).sum(),
    "relieve": lambda now, then: (then.team["demand"] - now.team["demand"]).sum(),
    "reorganisation": lambda now, then: (then.ties >= 0).sum() - (now.ties >= 0).sum(),
    "solidarity": lambda now, then: now.person["belonging"].sum(),
    "teach": lambda now, then: now.person["skill"].sum(),
    "vacancy_wave": lambda now, then: now.person["vacant"].sum(),
}
"""How much of it there was, by action."""


def test_every_action_with_a_size_has_an_amount():
    assert set(AMOUNTS) == set(ACTIONS) - WITHOUT_SIZE


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_larger_action_does_more(name, crowd):
    cohort = put(crowd.copy(), dimension__directive=0)
    assert rising(AMOUNTS[name](acted(cohort, name, size), cohort) for size in (0.1, 0.4, 0.9))


BY_CHANCE = ("inspection", "leader_exit", "many_directives", "reality_shift", "reorganisation", "vacancy_wave")


@pytest.mark.parametrize("name", BY_CHANCE)
def test_two_events_of_one_kind_have_chance_of_their_own(name, crowd):
    cohort = put(crowd.copy(), dimension__directive=0)
    first, second = (acted(cohort, name, 0.4, place=place) for place in (0, 1))
    assert first.state_bytes() != second.state_bytes()
    assert AMOUNTS[name](first, cohort) == pytest.approx(AMOUNTS[name](second, cohort), rel=0.6)


@pytest.mark.parametrize("name", sorted(set(ACTIONS) - set(BY_CHANCE)))
def test_where_nothing_is_left_to_chance_the_place_makes_no_difference(name, crowd):
    first, second = (acted(crowd, name, 0.4, place=place).state_bytes() for place in (0, 1))
    assert first == second


def some_teams(cohort):
    """Choose the first half of the teams of each organisation."""
    size = cohort.organisation["n_teams"][0]
    return (cohort.team["key"] % size < size // 2).astype(np.int8)


@pytest.mark.parametrize("name", sorted(set(ACTIONS) - FOR_THE_WHOLE))
def test_an_action_about_some_teams_leaves_the_others_alone(name, crowd):
    chosen = some_teams(crowd)
    own, whole = acted(crowd, name, 0.6, chosen=chosen), acted(crowd, name, 0.6)
    away = chosen == 0
    people = (crowd.person["team"] < 0) | away[crowd.person["team"]]
    for table, rows in (("team", away), ("practice", away), ("person", people)):
        np.testing.assert_array_equal(own.tables[table][rows], crowd.tables[table][rows], err_msg=table)
    if name != "mark":
        assert changed_columns(crowd, own)
        assert own.state_bytes() != whole.state_bytes()


@pytest.mark.parametrize("name", sorted(set(ACTIONS) - FOR_THE_WHOLE - {"reorganisation", "isolate", "vacancy_wave"}))
def test_chosen_teams_get_what_they_would_get_if_all_were_chosen(name, crowd):
    chosen = some_teams(crowd)
    own, whole = acted(crowd, name, 0.6, chosen=chosen), acted(crowd, name, 0.6)
    here = chosen == 1
    people = (crowd.person["team"] >= 0) & here[crowd.person["team"]] & (crowd.person["role"] == 0)
    for table, rows in (("team", here), ("practice", here), ("person", people)):
        np.testing.assert_array_equal(own.tables[table][rows], whole.tables[table][rows], err_msg=table)


@pytest.mark.parametrize("name", sorted(FOR_THE_WHOLE))
def test_an_action_about_the_whole_asks_for_no_teams(name, crowd):
    chosen = some_teams(crowd)
    assert acted(crowd, name, 0.6, chosen=chosen).state_bytes() == acted(crowd, name, 0.6).state_bytes()


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
    assert same == (name in WITHOUT_CHANCE)


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


def test_no_one_waits_for_the_answer_to_what_a_leaver_raised(crowd):
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
def test_after_a_shift_local_realities_agree_with_the_new_truth_as_far_as_kappa_states(crowd, kappa):
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
    own = put(acted(small_cohort, "reorganisation", 1.0), organisation__hours__peer=0.4)
    advance(own, 60, processes=[PROCESSES["ties"]])
    assert len(tied(own)) > len(tied(small_cohort))


def test_teams_that_were_moved_hear_no_more_from_former_neighbours(small_cohort):
    own = acted(small_cohort, "reorganisation", 0.5)
    assert own.neighbour.tobytes() == recounted(own).neighbour.tobytes()
    assert (acted(small_cohort, "reorganisation", 1.0).neighbour["team"] == -1).all()


# -- a flood of directives -------------------------------------------------------------------------------------------


def test_many_directives_order_their_share_of_what_the_code_states(crowd):
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


def test_solidarity_of_some_teams_lifts_no_one_above_them(crowd):
    own = acted(crowd, "solidarity", 0.2, chosen=some_teams(crowd))
    above = crowd.person["team"] < 0
    np.testing.assert_array_equal(own.person["belonging"][above], crowd.person["belonging"][above])
    everyone = acted(crowd, "solidarity", 0.2, 3, 5, chosen=(crowd.team["organisation"] // 2 < 3).astype(np.int8))
    above &= np.isin(crowd.person["organisation"], (3, 4))
    assert (everyone.person["belonging"][above] > crowd.person["belonging"][above]).all()


# -- the patients' forum in a re-organisation ------------------------------------------------------------------------


def swept_away(crowd, **changes):
    own = put(crowd.copy(), organisation__forum_standing=1, organisation__independence=0.6, **changes)
    own = acted(put(own, organisation__forum_funds=1.0, organisation__forum_credit=3.0), "reorganisation", 0.4)
    gone = own.organisation["forum_standing"] == 0
    for name in ("independence", "forum_funds", "forum_credit"):
        assert (own.organisation[name][gone] == 0.0).all()
        assert (own.organisation[name][~gone] > 0.0).all()
    return gone.mean()


def test_a_re_organisation_sweeps_a_forum_away_as_often_as_stated(crowd):
    assert rising(swept_away(crowd, p__forum__loss_in_reorganisation=x) for x in (0.0, 0.3, 0.7, 1.0))
    assert swept_away(crowd) == pytest.approx(0.7, abs=0.2)


def test_a_forum_that_is_anchored_outside_survives_re_organisations(crowd):
    assert falling(swept_away(crowd, p__forum__anchored_outside=x) for x in (0.0, 0.4, 0.8))
    assert swept_away(crowd, p__forum__anchored_outside=1.0, p__forum__loss_in_reorganisation=1.0) == 0.0


# -- an inspection ---------------------------------------------------------------------------------------------------


def test_an_inspection_is_announced_for_its_deadline_and_orders_only_what_is_measured(crowd):
    cohort = put(crowd.copy(), dimension__directive=0, p__governing__inspection_deadline=7)
    cohort.dimension["measured"] = np.arange(30) % 2
    own = acted(cohort, "inspection", 0.5)
    assert (own.organisation["deadline"] == 7).all()
    ordered = own.dimension["directive"] == 1
    assert not ordered[:, ::2].any()
    speaks = cohort.dimension["code"][:, 1::2] != 0
    assert ordered[:, 1::2][speaks].mean() == pytest.approx(0.5, abs=0.06)
    assert not ordered[:, 1::2][~speaks].any()


def test_the_orders_of_an_inspection_are_urgent_in_the_week_in_which_they_come(crowd):
    """They reach teams before leaders next count the weeks that are left."""

    def adapted(**changes):
        usual = {"p__governing__patience": 0.0, "organisation__permission_enacted": 0.9, "team__headspace": 0.9}
        own = put(crowd.copy(), dimension__directive=0, dimension__measured=1, person__skill=0.8, **(usual | changes))
        own = acted(own, "inspection", 0.2)
        tally = step(own, "directives").tally
        return tally["adapted"].sum() / (tally["directives"] - tally["overlooked"]).sum()

    assert rising(adapted(p__governing__inspection_deadline=x) for x in (1, 4, 8, 12))
    assert adapted(p__governing__patience=1.0) > adapted(p__governing__patience=0.3) > adapted()
    in_compact = {"organisation__compact": 1.0, "p__compact__regulator": 1.0}
    assert adapted(**in_compact) > adapted(organisation__compact=1.0)


def test_where_leaders_do_not_react_no_one_inspects(crowd):
    cohort = put(crowd.copy(), dimension__directive=0, p__governing__enabled=False)
    assert changed_columns(cohort, acted(cohort, "inspection", 0.5)) == {"dimension.directive"}


# -- a leader who leaves ---------------------------------------------------------------------------------------------


def test_a_leader_leaves_with_the_probability_that_is_the_size(crowd):
    assert (acted(crowd, "leader_exit", 1.0).organisation["chief_leaving"] == 1).all()
    assert acted(crowd, "leader_exit", 0.5).organisation["chief_leaving"].mean() == pytest.approx(0.5, abs=0.2)


def test_who_has_to_go_is_followed_by_a_new_chief_in_the_same_week(crowd):
    own = put(acted(crowd, "leader_exit", 1.0), p__governing__chief_exit_rate=0.0)
    step(own, "governing")
    chief = own.person["role"] == CHIEF
    assert (own.person["generation"][chief] == crowd.person["generation"][chief] + 1).all()
    assert (own.tally["chiefs_left"] == 1).all()


# -- teams cut off ---------------------------------------------------------------------------------------------------


def test_teams_that_are_cut_off_have_no_ties_and_make_none_and_the_others_go_on(crowd):
    chosen = some_teams(crowd)
    own = put(acted(crowd, "isolate", 0.0, chosen=chosen), organisation__hours__peer=0.5)
    for weeks in (0, 40):
        advance(own, weeks, processes=[PROCESSES["ties"]])
        cut = chosen[own.person["team"]] == 1
        cut &= own.person["team"] >= 0
        assert (own.ties[cut] == -1).all()
        assert (own.neighbour["team"][chosen == 1] == -1).all()
        assert not np.isin(own.neighbour["team"][chosen == 0], np.flatnonzero(chosen)).any()
    before = (acted(crowd, "isolate", 0.0, chosen=chosen).ties >= 0).sum()
    assert (own.ties >= 0).sum() > before


# -- a project -------------------------------------------------------------------------------------------------------


def test_a_project_lifts_safety_at_once_and_where_it_settles_for_its_weeks(crowd):
    chosen = some_teams(crowd)
    own = acted(crowd, "project", 0.2, chosen=chosen, weeks=13)
    staff = is_staff(crowd) & (chosen[crowd.person["team"]] == 1)
    expected = np.minimum(1.0, crowd.person["safety"] + 0.2)
    np.testing.assert_allclose(own.person["safety"][staff], expected[staff])
    assert (own.team["climate"][chosen == 1] == 0.2).all()
    assert (own.team["climate_until"][chosen == 1] == crowd.week + 13).all()
    for_good = acted(crowd, "project", 0.2, chosen=chosen)
    assert (for_good.team["climate_until"][chosen == 1] == FOR_EVER).all()


def test_after_a_project_safety_returns_and_after_one_for_good_it_stays(crowd):
    chosen = some_teams(crowd)
    staff = filled_staff(crowd) & (chosen[crowd.person["team"]] == 1)

    def lead(after, **more):
        only = [PROCESSES["learning"]]
        plain, lifted = crowd.copy(), acted(crowd, "project", 0.2, chosen=chosen, **more)
        gap = (
            advance(lifted, after, processes=only).person["safety"]
            - advance(plain, after, processes=only).person["safety"]
        )
        return gap[staff].mean()

    assert lead(12, weeks=13) > 0.08
    assert lead(12, weeks=13) > lead(40, weeks=13) > lead(150, weeks=13)
    assert lead(300, weeks=13) < 0.01
    assert lead(300) > 0.08


# -- what teams are taught and relieved of ---------------------------------------------------------------------------


def test_teaching_takes_people_their_share_of_the_way_to_full_skill(crowd):
    own = acted(crowd, "teach", 0.3)
    staff = is_staff(crowd)
    before = crowd.person["skill"]
    np.testing.assert_allclose(own.person["skill"][staff], (before + 0.3 * (1 - before))[staff])
    np.testing.assert_array_equal(own.person["skill"][~staff], before[~staff])
    assert (acted(crowd, "teach", 1.0).person["skill"][staff] == 1.0).all()


def test_relief_takes_its_share_of_care_off_teams_and_their_load_falls(crowd):
    own = acted(crowd, "relieve", 0.2)
    np.testing.assert_allclose(own.team["demand"], 0.8 * crowd.team["demand"])
    assert step(own, "load").team["load"].mean() < step(crowd.copy(), "load").team["load"].mean() - 0.05


# -- a programme -----------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**40), key=st.integers(0, 50), d=st.integers(0, 29), truth=st.sampled_from([-1, 1]))
def test_what_a_programme_proposes_is_right_or_its_opposite_and_always_the_same(seed, key, d, truth):
    value = both(programme_value, np.uint64(seed), key, d, truth, 0.7)
    assert value in (-1, 1)
    assert programme_value(np.uint64(seed), key, d, truth, 1.0) == truth
    assert programme_value(np.uint64(seed), key, d, truth, 0.7) == value


def programme(cohort, name, size=0.3, **more):
    """Return what a programme asks for by team and dimension, 0 where nothing, in a place that does nothing yet."""
    empty = put(cohort.copy(), practice__value=0, practice__idea_state=NO_IDEA, practice__idea_value=0)
    own = acted(empty, name, size, **more)
    return own.practice["value"] if name == "install" else own.practice["idea_value"]


def test_a_run_has_one_programme_however_and_whenever_it_is_rolled_out(crowd):
    at_once = programme(crowd, "install")
    assert (at_once != 0).any()
    np.testing.assert_array_equal(at_once, programme(crowd, "launch"))
    np.testing.assert_array_equal(at_once, programme(crowd, "launch", place=3))
    later = crowd.copy()
    later.week += 26
    np.testing.assert_array_equal(at_once, programme(later, "launch"))
    chosen = some_teams(crowd)
    np.testing.assert_array_equal(at_once[chosen == 1], programme(crowd, "install", chosen=chosen)[chosen == 1])
    assert (programme(crowd, "install", chosen=chosen)[chosen == 0] == 0).all()


def test_all_teams_of_a_run_get_the_same_programme_and_runs_have_their_own(crowd):
    asked = programme(crowd, "install").reshape(40, 6, 30)
    assert (asked == asked[:, :1]).all()
    assert len({run.tobytes() for run in asked[:, 0]}) == 40


def test_a_programme_is_about_its_share_of_dimensions_and_right_as_often_as_it_is_accurate(crowd):
    for size in (0.1, 0.5):
        assert (programme(crowd, "install", size) != 0).mean() == pytest.approx(size, abs=0.04)

    def right(accuracy):
        asked = programme(put(crowd.copy(), p__events__programme_accuracy=accuracy), "install", 1.0)
        return (asked == crowd.dimension["truth"][crowd.team["organisation"]]).mean()

    assert rising(right(accuracy) for accuracy in (0.5, 0.75, 1.0))
    assert right(0.75) == pytest.approx(0.75, abs=0.04)
    assert right(1.0) == 1.0


def test_what_is_installed_is_done_at_once_followed_counted_and_costs_hours(crowd):
    cohort = put(crowd.copy(), practice__adopted_week=LONG_AGO, team__switching_hours=0.0)
    cohort.tally[:] = 0
    own = acted(cohort, "install", 0.4)
    changed = own.practice["value"] != cohort.practice["value"]
    new = own.practice[changed]
    assert (new["origin"] == FROM_PROGRAMME).all()
    assert (new["followed"] == 1).all()
    assert (new["adopted_week"] == cohort.week).all()
    np.testing.assert_array_equal(new["previous"], cohort.practice["value"][changed])
    np.testing.assert_allclose(own.team["switching_hours"], 40.0 * changed.sum(axis=1))
    per_run = np.bincount(own.team["organisation"], weights=changed.sum(axis=1))
    np.testing.assert_array_equal(own.tally["adopted_vertical"], per_run)
    right = changed & (own.practice["value"] == own.practice["reality"])
    np.testing.assert_array_equal(
        own.tally["adopted_right"], np.bincount(own.team["organisation"], weights=right.sum(axis=1))
    )


def test_what_is_launched_is_an_endorsed_idea_that_is_tried_like_any_other(crowd):
    cohort = put(crowd.copy(), practice__idea_raiser=4, practice__cycles=2)
    cohort.practice["idea_state"][:, ::2] = NO_IDEA
    cohort.practice["idea_state"][:, 1::2] = WAITING
    own = acted(cohort, "launch", 1.0)
    new = (own.practice["idea_state"] == ENDORSED) & (own.practice["idea_origin"] == FROM_PROGRAMME)
    assert new[:, ::2].any()
    assert not new[:, 1::2].any()
    for name, value in (
        ("idea_channel", TO_MANAGER),
        ("idea_raiser", -1),
        ("idea_convenient", 0),
        ("cycles", 0),
        ("successes", 0),
        ("deliberated", 0),
        ("idea_week", cohort.week),
        ("raised_week", cohort.week),
    ):
        assert (own.practice[name][new] == value).all(), name
    assert (own.practice["idea_value"][new] != own.practice["value"][new]).all()
    np.testing.assert_array_equal(own.practice["value"], cohort.practice["value"])
    np.testing.assert_array_equal(own.practice[:, 1::2], cohort.practice[:, 1::2])
    trial = step(own, "lifecycle").practice["idea_state"]
    assert (trial[new] == TRIAL).any()


def test_what_is_tried_out_keeps_fitting_changes_more_often_than_what_is_installed(crowd):
    """Trials sort out what does not fit; a roll-out at once keeps both."""
    cohort = put(crowd.copy(), practice__idea_state=NO_IDEA, team__headspace=1.0, dimension__cross_boundary=0)
    put(cohort, p__lifecycle__cycle_accuracy=0.9, p__lifecycle__max_concurrent=30, p__lifecycle__decay_base=0.0)

    def fitting(name):
        own = acted(cohort, name, 0.5)
        advance(own, 14, processes=[PROCESSES["lifecycle"]])
        new = own.practice[(own.practice["origin"] == FROM_PROGRAMME) & (own.practice["adopted_week"] >= cohort.week)]
        return (new["value"] == new["reality"]).mean()

    assert fitting("launch") > fitting("install") + 0.1
