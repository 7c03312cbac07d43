"""The network of ties over months and years: always sound, dense where hours are given, and more alike than chance."""

from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import both, burnt_in, falling, filled_staff, is_staff, put, rising, shares, step

from civicsim.model.networks import add_tie, count_neighbours, drop_tie
from civicsim.model.organisation import N_NEIGHBOURS, N_TIES
from civicsim.model.processes.actions import vacancy_wave
from civicsim.model.processes.ties import RECOUNT_WEEKS, _candidate, _in_common
from civicsim.model.simulating import advance
from civicsim.model.week import PROCESSES

ONLY = [PROCESSES["ties"]]


# -- the table of ties -----------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 9)), max_size=60), st.integers(1, 4))
def test_the_table_of_ties_holds_the_same_as_a_set_of_pairs(moves, width):
    ties, pairs = np.full((10, width), -1, dtype=np.int32), set()
    for make, a, b in moves:
        if a == b:
            continue
        pair = frozenset((a, b))
        if make:
            room = all(sum(x in p for p in pairs) < width for x in (a, b))
            assert add_tie(ties, a, b) == (pair not in pairs and room)
            if room:
                pairs.add(pair)
        else:
            drop_tie(ties, a, b)
            pairs.discard(pair)
    found = Counter((i, int(j)) for i in range(10) for j in ties[i] if j >= 0)
    assert found == Counter((x, y) for p in pairs for x in p for y in p if x != y)


@given(st.integers(0, 2**31))
def test_acquaintances_in_common_equal_those_of_networkx(seed):
    graph = nx.gnm_random_graph(8, 14, seed=seed)
    ties = np.full((8, N_TIES), -1, dtype=np.int32)
    for a, b in graph.edges:
        add_tie(ties, a, b)
    for a in range(8):
        for b in range(a):
            assert both(_in_common, ties, a, b) == len(list(nx.common_neighbors(graph, a, b)))


def graph_of(cohort):
    return nx.Graph([(i, int(j)) for i, own in enumerate(cohort.ties) for j in own if j >= 0])


def listed(cohort):
    """Return the neighbour table as a list of counters, one per team."""
    rows = cohort.neighbour
    return [Counter({int(x["team"]): int(x["ties"]) for x in own if x["team"] >= 0}) for own in rows]


def recounted(cohort):
    """Count again which teams are tied, from a graph of people."""
    found = [Counter() for _ in cohort.team]
    for a, b in graph_of(cohort).edges:
        s, t = int(cohort.person["team"][a]), int(cohort.person["team"][b])
        found[s][t] += 1
        found[t][s] += 1
    return found


def recount(cohort):
    c = cohort
    count_neighbours(0, c.n_organisations, c.organisation, c.team, c.person, c.ties, c.neighbour)
    return c


def test_the_neighbour_table_equals_a_recount_from_the_ties(crowd):
    cohort = crowd.copy()
    put(cohort, organisation__hours__peer=0.4, neighbour__team=-1, neighbour__ties=0)
    advance(cohort, 20, processes=ONLY)
    assert listed(recount(cohort)) == recounted(cohort)


def test_of_more_neighbours_than_fit_those_with_most_ties_are_listed_first():
    cohort = burnt_in(1, n_teams=40, teams_per_division=40, burn_in_weeks=0)
    rng = np.random.default_rng(3)
    cohort.ties[:] = -1
    # Most ties lead to the next team, and most teams have more neighbours than fit.
    for i in range(400):
        for k in range(4):
            add_tie(cohort.ties, i, (i + 10 + (int(rng.integers(380)) if k else 0)) % 400)
    full = recounted(cohort)
    assert N_NEIGHBOURS <= min(map(len, full)) < max(map(len, full))
    for own, other in zip(recount(cohort).neighbour, full, strict=True):
        assert own["ties"].tolist() == sorted(other.values(), reverse=True)[:N_NEIGHBOURS]
        assert all(other[int(x["team"])] == x["ties"] for x in own)


def test_in_weeks_of_a_recount_the_neighbour_table_is_up_to_date_and_else_as_it_was(cohort):
    put(cohort, organisation__hours__peer=1.0)
    for _ in range(3 * RECOUNT_WEEKS):
        before = cohort.neighbour.copy()
        step(cohort, "ties")
        if cohort.week % RECOUNT_WEEKS == 0:
            assert listed(cohort) == recounted(cohort)
        else:
            np.testing.assert_array_equal(cohort.neighbour, before)
        cohort.week += 1


# -- always sound ----------------------------------------------------------------------------------------------------


def unsound(cohort):
    """Return one line for each way in which the ties of a cohort are not what ties are."""
    person, run = cohort.person, cohort.organisation["run"][cohort.person["organisation"]]
    found = []
    pairs = [(i, int(j)) for i, own in enumerate(cohort.ties) for j in own if j >= 0]
    if len(set(pairs)) < len(pairs):
        found.append("someone is tied to another twice")
    if {(j, i) for i, j in pairs} != set(pairs):
        found.append("a tie stands at one end only")
    for i, j in pairs:
        if i == j:
            found.append(f"{i} is tied to oneself")
        if person["team"][i] == person["team"][j]:
            found.append(f"{i} and {j} are of one team")
        if run[i] != run[j]:
            found.append(f"{i} and {j} are of different runs")
        if person["role"][i] != 0 or person["role"][j] != 0:
            found.append(f"{i} or {j} is a manager")
        if person["vacant"][i] or person["vacant"][j]:
            found.append(f"{i} or {j} is a vacant post")
    return found


def leave(cohort, rows):
    """Let people go, and their ties with them."""
    for i in rows:
        cohort.person["vacant"][i] = 1
        for j in cohort.ties[i][cohort.ties[i] >= 0]:
            drop_tie(cohort.ties, i, j)


def n_ties(cohort):
    return int((cohort.ties >= 0).sum()) // 2


def per_person(cohort):
    return 2 * n_ties(cohort) / int(filled_staff(cohort).sum())


def grown(cohort, weeks=200, hours=0.4, **changes):
    """Return a copy that started without ties and simulated some weeks of nothing but meeting."""
    own = cohort.copy()
    own.ties[:] = -1
    put(own, organisation__hours__peer=hours, **changes)
    return advance(own, weeks, processes=ONLY)


@settings(max_examples=20)
@given(st.floats(0, 3.75), st.floats(0, 0.05), st.floats(0, 0.2), st.floats(0.5, 8), st.integers(0, 10_000), shares)
def test_ties_are_always_mutual_between_teams_and_never_double(small_cohort, hours, loss, neglect, making, week, gone):
    cohort = small_cohort.copy()
    cohort.week = week
    put(
        cohort,
        organisation__hours__peer=hours,
        p__ties__loss_rate=loss,
        p__ties__neglect_rate=neglect,
        p__ties__making_hours=making,
    )
    rng, staff = np.random.default_rng(week), is_staff(cohort)
    for _ in range(6):
        cohort.person["vacant"][staff & (rng.random(len(staff)) < 0.5)] = 0
        leave(cohort, np.flatnonzero(staff & (rng.random(len(staff)) < 0.3 * gone)))
        advance(cohort, 1, processes=ONLY)
        assert unsound(cohort) == []


def test_ties_stay_sound_over_years_of_the_whole_week(cohort):
    put(cohort, organisation__allotted__peer=0.6, p__turnover__exit_rate=0.01, organisation__weeks_to_fill=5.0)
    for _ in range(30):
        advance(cohort, 5)
        assert unsound(cohort) == []


def test_ties_stay_sound_in_linked_organisations():
    cohort = burnt_in(2, n_organisations=2, n_teams=3, team_size=6, burn_in_weeks=1)
    put(cohort, organisation__allotted__peer=0.6, p__turnover__exit_rate=0.01, p__ties__outside_share=0.7)
    put(cohort, person__vacant=0)
    for _ in range(12):
        advance(cohort, 5)
        assert unsound(cohort) == []


def test_what_is_counted_as_made_and_lost_is_the_change_of_ties(cohort):
    put(cohort, organisation__hours__peer=0.7, p__ties__loss_rate=0.05, p__ties__making_hours=2.0)
    made = lost = 0.0
    for _ in range(30):
        before = n_ties(cohort)
        advance(cohort, 1, processes=ONLY)
        assert n_ties(cohort) - before == cohort.tally["ties_made"].sum() - cohort.tally["ties_lost"].sum()
        made, lost = made + cohort.tally["ties_made"].sum(), lost + cohort.tally["ties_lost"].sum()
    assert made > 0
    assert lost > 0


def test_posts_that_are_vacant_at_the_start_have_no_ties():
    cohort = burnt_in(3, burn_in_weeks=2)
    assert (cohort.ties[cohort.person["vacant"] == 1] == -1).all()


def test_ties_that_go_with_leavers_count_as_lost(cohort):
    put(cohort, p__turnover__exit_rate=0.05)
    before = n_ties(cohort)
    step(cohort, "turnover")
    assert before > n_ties(cohort)
    assert cohort.tally["ties_lost"].sum() == before - n_ties(cohort)


def test_a_newcomer_does_not_inherit_the_ties_of_who_left_in_a_wave(cohort):
    put(cohort, organisation__weeks_to_fill=1.0, organisation__hours__peer=0.0, p__ties__work_hours=0.0)
    vacancy_wave(cohort, 0, cohort.n_organisations, 1.0)
    step(cohort, "turnover", "ties")
    new = is_staff(cohort) & (cohort.person["tenure"] == 0)
    assert new.sum() > 50
    assert (cohort.ties[new] == -1).all()


def test_a_vacant_post_makes_no_ties_until_it_is_filled(cohort):
    put(cohort, organisation__hours__peer=3.0, p__ties__making_hours=0.5)
    leave(cohort, np.flatnonzero(is_staff(cohort))[::3])
    gone = cohort.person["vacant"] == 1
    advance(cohort, 20, processes=ONLY)
    assert (cohort.ties[gone] == -1).all()
    assert not np.isin(cohort.ties, np.flatnonzero(gone)).any()
    cohort.person["vacant"] = 0
    advance(cohort, 20, processes=ONLY)
    assert (cohort.ties[gone] >= 0).any()


def test_a_place_of_one_team_makes_no_ties():
    cohort = burnt_in(2, n_teams=1, burn_in_weeks=4)
    put(cohort, organisation__hours__peer=3.0)
    advance(cohort, 20, processes=ONLY)
    assert (cohort.ties == -1).all()
    assert (cohort.neighbour["team"] == -1).all()


# -- how many --------------------------------------------------------------------------------------------------------


def test_more_peer_hours_make_more_ties_in_the_long_run(small_cohort):
    assert rising(per_person(grown(small_cohort, 400, hours)) for hours in (0.0, 0.05, 0.1, 0.2, 0.5))


def test_no_one_keeps_more_ties_than_there_are_places(small_cohort):
    cohort = grown(small_cohort, 150, 3.75, p__ties__making_hours=0.5, p__ties__loss_rate=0.0)
    held = (cohort.ties >= 0).sum(axis=1)
    assert held.max() == N_TIES
    assert unsound(cohort) == []


def test_without_any_time_together_ties_fade_at_the_declared_rate(crowd):
    cohort = put(crowd.copy(), organisation__hours__peer=0.0, p__ties__work_hours=0.0)
    counts = [n_ties(cohort), *(n_ties(advance(cohort, 26, processes=ONLY)) for _ in range(4))]
    assert falling(counts)
    assert counts[2] / counts[0] == pytest.approx((1 - 0.0228) ** 52, abs=0.03)


def test_work_brings_people_together_so_that_ties_do_not_die_out_without_peer_hours(crowd):
    def left(work):
        cohort = put(crowd.copy(), organisation__hours__peer=0.0, p__ties__work_hours=work)
        return per_person(advance(cohort, 520, processes=ONLY))

    assert rising(left(work) for work in (0.0, 0.02, 0.06))
    assert left(0.0) < 0.01
    assert left(0.02) > 0.3


def test_with_enough_hours_ties_fade_at_the_rate_of_well_kept_ones(crowd):
    cohort = put(crowd.copy(), organisation__hours__peer=0.16, p__ties__making_hours=1e9)
    start = n_ties(cohort)
    advance(cohort, 104, processes=ONLY)
    assert n_ties(cohort) / start == pytest.approx((1 - 0.0028) ** 104, abs=0.04)


# -- who knows whom --------------------------------------------------------------------------------------------------


def share_of_ties(cohort, group):
    """Return the share of ties within a group, and the share among all pairs of people in different teams."""
    i, slot = np.nonzero(cohort.ties >= 0)
    j = cohort.ties[i, slot]
    staff = np.flatnonzero(filled_staff(cohort))
    a, b = np.random.default_rng(1).choice(staff, (2, 200_000))
    person = cohort.person
    apart = (person["organisation"][a] == person["organisation"][b]) & (person["team"][a] != person["team"][b])
    return (group[i] == group[j]).mean(), (group[a] == group[b])[apart].mean()


def test_there_are_more_ties_within_a_profession_than_by_chance(crowd):
    found = []
    for weight in (0.0, 1.0, 2.0):
        cohort = grown(crowd, 60, p__ties__same_profession=weight)
        ties, chance = share_of_ties(cohort, cohort.person["profession"])
        found.append(ties)
    assert rising(found)
    assert found[0] == pytest.approx(chance, abs=0.04)
    assert found[1] > chance + 0.05


def test_there_are_more_ties_within_a_division_than_by_chance(crowd):
    found = []
    for weight in (0.0, 1.0, 2.0):
        cohort = grown(crowd, 60, p__ties__proximity=weight)
        ties, chance = share_of_ties(cohort, cohort.team["division"][cohort.person["team"]])
        found.append(ties)
    assert rising(found)
    assert found[1] > chance + 0.1


def test_the_pull_of_common_acquaintances_closes_triangles(crowd):
    closures = (0.0, 1.0, 2.0)
    assert rising(nx.transitivity(graph_of(grown(crowd, 150, p__ties__closure=closure))) for closure in closures)


def test_an_organisation_that_stands_alone_looks_for_no_one_outside(small_cohort):
    near, far = (grown(small_cohort, 30, p__ties__outside_share=share) for share in (0.0, 1.0))
    assert unsound(far) == []
    assert per_person(far) == pytest.approx(per_person(near), rel=0.3)


draws = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 3), draws, draws, draws, st.integers(0, 39))
def test_who_might_be_met_is_of_the_place(small_cohort, k, u, v, w, i):
    c = small_cohort
    organisation, team, person = c.organisation.view(np.recarray), c.team.view(np.recarray), c.person
    j = _candidate(i, k, u, v, w, organisation[0], organisation, team, person, c.ties, 0.05)
    assert j == _candidate.py_func(i, k, u, v, w, organisation[0], organisation, team, person, c.ties, 0.05)
    assert -1 <= j < c.organisation["n_staff"][0]


def test_in_the_team_next_door_everyone_is_as_likely_to_be_met():
    cohort = burnt_in(1, n_teams=6, teams_per_division=3, team_size=10, burn_in_weeks=0)
    organisation, team = (t.view(np.recarray) for t in (cohort.organisation, cohort.team))
    person = cohort.person
    met = Counter()
    for u, v, w in np.random.default_rng(1).random((20_000, 3)):
        j = _candidate(15, 1, u, v, w, organisation[0], organisation, team, person, cohort.ties, 0.05)
        if person[j].team == 0:
            met[int(j)] += 1
    assert len(met) == 10
    assert max(met.values()) < 1.15 * np.mean(list(met.values()))


# -- teams cut off ---------------------------------------------------------------------------------------------------


def test_no_one_makes_ties_with_a_team_that_is_cut_off(cohort):
    own = put(cohort.copy(), organisation__hours__peer=0.6, team__isolated=0)
    own.ties[:] = -1
    own.team["isolated"][::4] = 1
    advance(own, 150, processes=ONLY)
    has = (own.ties >= 0).any(axis=1)
    cut = is_staff(own) & (own.team["isolated"][own.person["team"]] == 1)
    assert not has[cut].any()
    assert has[filled_staff(own) & ~cut].mean() > 0.5
    assert unsound(own) == []


def test_a_team_that_is_cut_off_no_longer_finds_its_way_to_others_in_linked_organisations():
    own = burnt_in(1, n_organisations=3, n_teams=3, team_size=6, burn_in_weeks=1)
    put(own, organisation__hours__peer=0.6, p__ties__outside_share=0.9, person__vacant=0, team__isolated=0)
    own.ties[:] = -1
    own.team["isolated"][0] = 1
    advance(own, 150, processes=ONLY)
    assert (own.ties[own.person["team"] == 0] == -1).all()
    org = own.person["organisation"]
    a, slot = np.nonzero(own.ties >= 0)
    assert (org[a] != org[own.ties[a, slot]]).any()


def test_a_friend_of_a_friend_is_found_wherever_in_the_table_ties_stand():
    """Where the first slot looked at is empty or leads back, the next is tried."""
    own = burnt_in(1, n_teams=3, team_size=4, burn_in_weeks=1)
    own.ties[:] = -1
    a, b, c = own.team["first_person"][:3]
    own.ties[a, 0] = own.ties[c, 0] = b
    own.ties[b, 0], own.ties[b, 1] = a, c
    arrays = [own.organisation.view(np.recarray), own.team.view(np.recarray), own.person]
    org = arrays[0][0]
    for u in (0.0, 0.3, 0.6, 0.99):
        for v in (0.0, 0.3, 0.6, 0.99):
            assert both(_candidate, a, 0, u, v, 0.5, org, *arrays, own.ties, 0.0) == c
    assert both(_candidate, own.team["first_person"][0] + 1, 0, 0.5, 0.5, 0.5, org, *arrays, own.ties, 0.0) == -1
