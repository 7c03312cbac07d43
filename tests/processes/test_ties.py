"""People of different teams get to know each other, keep in touch, or lose touch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import (
    GRID,
    after,
    both,
    burnt_in,
    constant,
    falling,
    is_staff,
    never_falling,
    put,
    record,
    rising,
    shares,
    step,
)

from civicsim.model.levers import PEER
from civicsim.model.networks import drop_all_ties, drop_tie
from civicsim.model.processes.ties import Parameters, appeal, loss_probability, making_probability
from civicsim.model.simulating import advance

q = record(Parameters())
hours = st.floats(0, 4)

# -- equations -------------------------------------------------------------------------------------------------------


@given(hours, st.integers(0, 8), st.floats(0, 0.2), st.floats(0.5, 40))
def test_the_chance_of_making_a_tie_follows_its_formula_and_is_a_probability(h, n, upkeep, making):
    expected = min(1.0, max(0.0, h - upkeep * n) / making)
    assert both(making_probability, h, n, upkeep, making) == pytest.approx(expected)
    assert 0.0 <= expected <= 1.0


def test_hours_with_peers_make_ties_and_the_upkeep_of_those_one_has_eats_them():
    assert rising(making_probability(h, 2, 0.02, 4.0) for h in (0.04, 0.1, 0.5, 2.0))
    assert falling(making_probability(0.2, n, 0.02, 4.0) for n in range(9))
    assert falling(making_probability(0.2, 2, upkeep, 4.0) for upkeep in (0.0, 0.02, 0.08))
    assert falling(making_probability(0.2, 2, 0.02, making) for making in (0.5, 4.0, 40.0))
    assert making_probability(0.0, 0, 0.02, 4.0) == 0.0
    assert making_probability(0.02, 2, 0.02, 4.0) == 0.0


@given(hours, st.integers(0, 8), st.floats(0, 0.2), st.floats(0, 0.05), st.floats(0, 0.2))
def test_the_chance_of_losing_a_tie_follows_its_formula_and_is_a_probability(h, n, upkeep, loss, neglect):
    lacking = max(0.0, 1 - h / (upkeep * n)) if n * upkeep > 0 else 0.0
    found = both(loss_probability, h, n, upkeep, loss, neglect)
    assert found == pytest.approx(loss + neglect * lacking)
    assert 0.0 <= found <= 1.0


def test_ties_are_lost_where_hours_do_not_suffice():
    assert falling(loss_probability(h, 4, 0.02, 0.003, 0.02) for h in (0.0, 0.02, 0.08))
    assert constant(loss_probability(h, 4, 0.02, 0.003, 0.02) for h in (0.08, 0.2, 1.0))
    assert rising(loss_probability(0.04, n, 0.02, 0.003, 0.02) for n in (2, 4, 8))
    assert rising(loss_probability(0.04, 4, 0.02, 0.003, neglect) for neglect in (0.0, 0.02, 0.2))
    assert rising(loss_probability(0.04, 4, 0.02, loss, 0.02) for loss in (0.0, 0.003, 0.05))
    assert loss_probability(0.0, 4, 0.02, 0.003, 0.02) == pytest.approx(0.023)


@given(st.integers(0, 1), st.integers(0, 1), st.integers(0, 8))
def test_appeal_follows_its_formula(same, near, in_common):
    expected = math.exp(q.same_profession * same + q.proximity * near + q.closure * in_common)
    assert both(appeal, same, near, in_common, q) == pytest.approx(expected)


def test_likeness_nearness_and_friends_in_common_attract():
    assert rising(appeal(same, 0, 0, q) for same in (0, 1))
    assert rising(appeal(0, near, 0, q) for near in (0, 1))
    assert rising(appeal(0, 0, n, q) for n in range(5))
    assert appeal(0, 0, 0, q) == 1.0
    assert rising(appeal(1, 0, 0, record(Parameters(), same_profession=a)) for a in (0.0, 1.0, 2.0))
    assert rising(appeal(0, 1, 0, record(Parameters(), proximity=a)) for a in (0.0, 1.0, 2.0))
    assert rising(appeal(0, 0, 1, record(Parameters(), closure=a)) for a in (0.0, 0.5, 2.0))


def test_a_tie_ends_at_both_ends_and_no_other_does():
    ties = np.array([[1, 2, -1], [0, -1, -1], [0, -1, -1]], dtype=np.int32)
    drop_tie(ties, 0, 1)
    assert ties.tolist() == [[2, -1, -1], [-1, -1, -1], [0, -1, -1]]
    drop_tie(ties, 0, 1)
    assert ties.tolist() == [[2, -1, -1], [-1, -1, -1], [0, -1, -1]]


def test_all_ties_of_a_person_end_at_both_ends():
    ties = np.array([[1, 2, -1], [0, 2, -1], [0, 1, -1]], dtype=np.int32)
    drop_all_ties(ties, 0)
    assert ties.tolist() == [[-1, -1, -1], [2, -1, -1], [1, -1, -1]]


# -- the process -----------------------------------------------------------------------------------------------------


def sociable(cohort, **changes):
    """A place where no one loses touch."""
    return put(cohort, p__ties__loss_rate=0.0, p__ties__neglect_rate=0.0, person__vacant=0, **changes)


def lonely(cohort):
    cohort.ties[:] = -1
    return cohort


def pairs(ties):
    a, slot = np.nonzero(ties >= 0)
    return set(zip(a.tolist(), ties[a, slot].tolist(), strict=True))


def make_all(cohort, weeks=1, **changes):
    """Let everyone make a tie a week, if they meet someone."""
    sociable(cohort, organisation__hours__peer=100.0, **changes)
    for _ in range(weeks):
        step(cohort, "ties")
        cohort.week += 1
    return cohort


def test_ties_always_stand_at_both_ends_between_staff_of_different_teams(crowd):
    cohort = crowd.copy()
    for peer_hours in (0.0, 1.0, 50.0):
        put(cohort, organisation__hours__peer=peer_hours)
        for _ in range(10):
            step(cohort, "ties")
            cohort.week += 1
        found = pairs(cohort.ties)
        assert all((b, a) in found for a, b in found)
        a = np.array([x for x, _ in found], dtype=int)
        b = np.array([y for _, y in found], dtype=int)
        person = cohort.person
        assert is_staff(cohort)[a].all()
        assert (person["team"][a] != person["team"][b]).all()
        assert (person["organisation"][a] == person["organisation"][b]).all()
        assert len(found) == (cohort.ties >= 0).sum()


def test_more_hours_with_peers_make_more_ties(crowd):
    def made(h):
        return after(sociable(lonely(crowd.copy())), "ties", organisation__hours__peer=h).tally["ties_made"].sum()

    assert rising(made(h) for h in (0.0, 0.2, 1.0, 4.0))
    assert made(0.0) > 0


def test_the_work_itself_makes_a_few_ties_and_without_it_none_come_without_hours(crowd):
    def made(work):
        own = after(
            sociable(lonely(crowd.copy())),
            "ties",
            organisation__hours__peer=0.0,
            p__ties__work_hours=work,
            p__ties__making_hours=0.5,
        )
        return own.tally["ties_made"].sum()

    assert rising(made(work) for work in (0.0, 0.02, 0.1, 0.2))
    assert made(0.0) == 0


def test_the_work_itself_keeps_ties_alive_without_hours_with_peers(crowd):
    def lost(work, peer=0.0):
        own = after(
            crowd,
            "ties",
            organisation__hours__peer=peer,
            p__ties__work_hours=work,
            person__vacant=0,
            p__ties__neglect_rate=0.2,
            p__ties__making_hours=1e9,
        )
        return own.tally["ties_lost"].sum()

    assert falling(lost(work) for work in (0.0, 0.02, 0.1))
    # An hour of work together is worth an hour with peers, and takes none of anyone's time.
    assert lost(0.05) == lost(0.0, peer=0.05)
    free = after(crowd, "ties", organisation__hours__peer=0.0, p__ties__work_hours=0.2)
    assert (free.team["peer_hours"] == 0.0).all()
    assert (free.organisation["spent"][:, PEER] == 0.0).all()


def test_hours_per_tie_are_what_ties_cost(crowd):
    """Where upkeep is free, people meet at the rate of their hours; some find no one new to meet."""
    cohort = sociable(crowd.copy(), organisation__hours__peer=1.0, p__ties__upkeep_hours=0.0, p__ties__making_hours=4.0)
    made = step(cohort, "ties").tally["ties_made"].sum() / is_staff(cohort).sum()
    assert 0.15 < made < 0.25


def test_hours_are_spent_as_allocated(cohort):
    step(put(cohort, organisation__hours__peer=0.3), "ties")
    np.testing.assert_allclose(cohort.organisation["spent"][:, PEER], 0.3)
    assert (cohort.team["peer_hours"] == 0.3).all()


def test_a_team_that_is_cut_off_spends_no_hours_with_peers(cohort):
    cohort.team["isolated"][:4] = 1
    step(put(cohort, organisation__hours__peer=0.3), "ties")
    np.testing.assert_array_equal(cohort.team["peer_hours"], np.where(cohort.team["isolated"], 0.0, 0.3))
    posts, home = cohort.team["n_posts"], cohort.team["organisation"]
    spent = np.bincount(home, weights=cohort.team["peer_hours"] * posts) / cohort.organisation["n_staff"]
    np.testing.assert_allclose(cohort.organisation["spent"][:, PEER], spent)


def test_neglected_ties_are_lost_sooner(crowd):
    def lost(h, **changes):
        cohort = after(
            crowd,
            "ties",
            organisation__hours__peer=h,
            person__vacant=0,
            p__ties__neglect_rate=0.2,
            p__ties__making_hours=1e9,
            **changes,
        )
        return cohort.tally["ties_lost"].sum()

    assert falling(lost(h) for h in (0.0, 0.02, 1.0))
    assert lost(1.0, p__ties__loss_rate=0.0) == 0
    assert rising(lost(1.0, p__ties__loss_rate=x) for x in (0.0, 0.01, 0.05))


def test_ties_are_lost_as_often_as_the_parameter_states(crowd):
    n = len(pairs(crowd.ties)) / 2
    cohort = put(
        crowd.copy(),
        person__vacant=0,
        organisation__hours__peer=1.0,
        p__ties__loss_rate=0.05,
        p__ties__making_hours=1e9,
    )
    lost = step(cohort, "ties").tally["ties_lost"].sum()
    assert lost == n - len(pairs(cohort.ties)) / 2
    assert lost / n == pytest.approx(0.05, abs=4 * math.sqrt(0.05 / n))


def test_no_one_meets_people_who_are_not_there(crowd):
    cohort = lonely(crowd.copy())
    sociable(cohort, organisation__hours__peer=100.0)
    cohort.person["vacant"][::2] = 1
    step(cohort, "ties")
    a = np.array([x for x, _ in pairs(cohort.ties)])
    assert len(a) > 0
    assert (cohort.person["vacant"][a] == 0).all()


def share_of_new(crowd, kind, **changes):
    cohort = make_all(lonely(crowd.copy()), **changes)
    a, slot = np.nonzero(cohort.ties >= 0)
    b = cohort.ties[a, slot]
    if kind == "profession":
        return (cohort.person["profession"][a] == cohort.person["profession"][b]).mean()
    division = cohort.team["division"][cohort.person["team"]]
    return (division[a] == division[b]).mean()


def test_people_meet_those_who_are_alike_and_near(crowd):
    assert rising(share_of_new(crowd, "profession", p__ties__same_profession=x) for x in (0.0, 1.0, 2.0))
    assert rising(share_of_new(crowd, "division", p__ties__proximity=x) for x in (0.0, 1.0, 2.0))


def triangles(ties):
    """Return how many ties connect people with a friend in common."""
    friends = [set(row[row >= 0].tolist()) for row in ties]
    return sum(bool(friends[a] & friends[b]) for a, b in pairs(ties))


def test_friends_of_friends_become_friends(crowd):
    closed = [triangles(make_all(lonely(crowd.copy()), weeks=4, p__ties__closure=x).ties) for x in (0.0, 0.8, 2.0)]
    assert rising(closed)


def test_neighbouring_teams_are_counted_again_every_four_weeks(crowd):
    cohort = sociable(lonely(crowd.copy()), organisation__hours__peer=50.0)
    cohort.week = 4
    put(cohort, neighbour__team=-1, neighbour__ties=0)
    step(cohort, "ties")
    assert cohort.neighbour["ties"].sum() == (cohort.ties >= 0).sum()
    cohort.week = 5
    held = cohort.neighbour.copy()
    step(cohort, "ties")
    np.testing.assert_array_equal(cohort.neighbour, held)


def test_a_share_of_acquaintances_is_found_in_linked_organisations():
    cohort = burnt_in(4, n_organisations=3, team_size=15, burn_in_weeks=1)

    def outside(share):
        own = make_all(lonely(cohort.copy()), weeks=6, p__ties__outside_share=share)
        found = pairs(own.ties)
        org, run = own.person["organisation"], own.organisation["run"]
        assert all(run[org[a]] == run[org[b]] for a, b in found)
        return np.mean([org[a] != org[b] for a, b in found])

    assert rising(outside(share) for share in (0.0, 0.3, 1.0))
    assert outside(0.0) == 0.0


def test_switched_off_ties_stay_and_hours_go_back_to_care(cohort):
    put(cohort, organisation__hours__peer=5.0, organisation__spent__peer=0.3, person__vacant=1)
    before = cohort.ties.copy()
    step(put(cohort, p__ties__enabled=False), "ties")
    np.testing.assert_array_equal(cohort.ties, before)
    assert (cohort.organisation["spent"][:, PEER] == 0.0).all()
    assert (cohort.tally["ties_made"] + cohort.tally["ties_lost"] == 0).all()


def test_more_weeks_with_hours_make_a_denser_network(crowd):
    cohort = lonely(crowd.copy())
    counts = [len(pairs(make_all(cohort).ties)) for _ in range(5)]
    assert never_falling(counts)


@given(shares)
def test_no_share_of_hours_breaks_a_probability(share):
    assert 0.0 <= making_probability(share * 4, 3, 0.02, 0.5) <= 1.0
    assert constant(appeal(0, 0, 0, record(Parameters(), closure=x)) for x in GRID)


def test_in_the_whole_week_filled_slots_come_before_empty_ones(crowd):
    own = crowd.copy()
    for _ in range(6):
        advance(own, 5)
        filled = own.ties >= 0
        assert (filled[:, :-1] >= filled[:, 1:]).all()
    assert filled.any()
