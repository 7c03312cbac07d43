"""An organisation with a roster has exactly the teams, line and ties that the roster states, and runs like any other."""

import dataclasses
import tomllib
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools import UNEVEN, out_of_bounds, uneven_scenario

import civicsim as cs
from civicsim.errors import ScenarioError
from civicsim.experiment.graphs import to_networkx
from civicsim.experiment.run import begin, burn_in
from civicsim.model.building import renew_ties
from civicsim.model.networks import draw_ties
from civicsim.model.organisation import CHIEF, DIVISIONAL_MANAGER, EXECUTIVE, N_TIES, PROFESSIONS, STAFF, TEAM_MANAGER
from civicsim.model.roster import DECIDES, MOST_POSTS, Roster
from civicsim.model.simulating import advance
from civicsim.model.structure import Structure
from civicsim.scenario.scenario import Scenario


def built(scenario, seeds=(1, 2)):
    return burn_in(dataclasses.replace(scenario, burn_in_weeks=0), list(seeds), threads=1)


def pairs_of(cohort, run=0):
    """Return the ties of one run as pairs of posts."""
    first = int(cohort.organisation["first_person"][run])
    n = int(cohort.organisation["n_persons"][run])
    a, slot = np.nonzero(cohort.ties[first : first + n] >= 0)
    b = cohort.ties[first : first + n][a, slot] - first
    return {(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True) if x < y}


@st.composite
def rosters(draw):
    teams = draw(st.lists(st.lists(st.integers(0, 5), min_size=5, max_size=5).filter(any), min_size=1, max_size=7))
    divisions, left = [], len(teams)
    while left:
        divisions.append(draw(st.integers(1, left)))
        left -= divisions[-1]
    superiors = draw(st.lists(st.integers(0, 2), min_size=len(divisions), max_size=len(divisions)))
    free = Roster(tuple(divisions), tuple(map(tuple, teams)))
    if draw(st.booleans()):
        return dataclasses.replace(free, superiors=tuple(superiors))
    posts, ties, team_of = st.integers(0, free.n_staff - 1), set(), free.team_of
    count = Counter()
    for a, b in draw(st.lists(st.tuples(posts, posts), max_size=40)):
        pair = (min(a, b), max(a, b))
        if team_of[a] != team_of[b] and pair not in ties and max(count[a], count[b]) < N_TIES:
            ties.add(pair)
            count.update(pair)
    return dataclasses.replace(free, superiors=tuple(superiors), ties=tuple(ties))


# -- what is built -----------------------------------------------------------------------------------------------------


def check_built(cohort, roster, n_executives):
    """Assert that every run of a cohort is what the roster states."""
    for run in range(cohort.n_organisations):
        org = cohort.organisation[run]
        teams = cohort.team[org["first_team"] : org["first_team"] + org["n_teams"]]
        people = cohort.person[org["first_person"] : org["first_person"] + org["n_persons"]]
        assert teams["n_posts"].tolist() == [sum(posts) for posts in roster.teams]
        assert (np.diff(teams["division"]) >= 0).all()
        assert tuple(np.bincount(teams["division"])) == roster.divisions
        for t, team in enumerate(teams):
            first = team["first_person"] - org["first_person"]
            posts = people[first : first + team["n_posts"]]
            assert (posts["role"] == STAFF).all()
            assert (posts["team"] == org["first_team"] + t).all()
            assert tuple(np.bincount(posts["profession"], minlength=len(PROFESSIONS))) == roster.teams[t]
            assert people[cohort.manager["person"][team["manager"]] - org["first_person"]]["role"] == TEAM_MANAGER
        managers = cohort.manager[org["first_manager"] : org["first_manager"] + org["n_managers"]]
        superior = managers["superior"] - org["first_manager"]
        n_teams, n_divisions = len(roster.teams), len(roster.divisions)
        assert len(managers) == n_teams + n_divisions + n_executives
        assert superior[:n_teams].tolist() == (n_teams + roster.division_of_team).tolist()
        roles = people["role"][managers["person"] - org["first_person"]].tolist()
        counts = Counter(roles)
        assert (counts[TEAM_MANAGER], counts[DIVISIONAL_MANAGER]) == (n_teams, n_divisions)
        assert (counts[EXECUTIVE], counts[CHIEF]) == (n_executives - 1, 1)
        if roster.superiors:
            chief, first = len(managers) - 1, n_teams + n_divisions
            expected = [chief if s == 0 else first + s - 1 for s in roster.superiors]
            assert superior[n_teams:first].tolist() == expected
        if roster.ties is not None:
            assert pairs_of(cohort, run) == set(roster.ties)
        assert not people["vacant"].any()


@given(rosters(), st.integers(3, 6))
def test_an_organisation_has_exactly_the_teams_the_line_and_the_ties_of_its_roster(roster, n_executives):
    scenario = Scenario().with_(roster=roster, n_executives=n_executives)
    cohort = built(scenario)
    assert out_of_bounds(cohort) == []
    check_built(cohort, roster, n_executives)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(rosters(), st.integers(0, 2**31), st.sampled_from(["status-quo", "targets-through-fear", "civic-culture"]))
def test_no_state_leaves_its_bounds_in_any_small_organisation_with_a_roster(roster, seed, style):
    scenario = Scenario.preset(style).with_(roster=roster, burn_in_weeks=2)
    found = []
    cohort = begin(burn_in(scenario, [seed, seed + 1], threads=1), scenario)
    advance(cohort, 8, observe=lambda at, first, last: found.extend(out_of_bounds(at)) if not found else None)
    assert found == []


def test_the_largest_team_runs_within_its_bounds():
    roster = Roster((2,), ((50, 100, 30, 40, 30), (0, 1, 0, 0, 0)))
    assert roster.sizes[0] == MOST_POSTS
    scenario = Scenario().with_(roster=roster, burn_in_weeks=4)
    cohort = begin(burn_in(scenario, [1], threads=1), scenario)
    assert out_of_bounds(advance(cohort, 20)) == []


def test_a_roster_of_equal_teams_gives_the_ties_that_would_be_drawn_anyway():
    """Drawing ties does not know whether the sizes came from a roster."""
    even = Scenario().with_(n_teams=6, team_size=8, teams_per_division=3)
    layout = np.bincount(built(even).person["profession"][:8], minlength=5)
    roster = Roster((3, 3), tuple(tuple(int(n) for n in layout) for _ in range(6)))
    rng = [np.random.default_rng(3) for _ in range(2)]
    drawn = [
        draw_ties(which, roster.team_of, roster.division_of_team, roster.profession, 2.0, 0.7, 0.5) for which in rng
    ]
    assert (drawn[0] == drawn[1]).all()
    assert built(Scenario().with_(roster=roster)).team["n_posts"].tolist() == built(even).team["n_posts"].tolist()


def test_in_uneven_teams_everyone_outside_is_as_likely_to_be_asked():
    sizes = np.array([2, 30, 8])
    team_of, profession = np.repeat(np.arange(3), sizes), np.zeros(40, dtype=int)
    counts = np.zeros(3)
    for seed in range(400):
        ties = draw_ties(np.random.default_rng(seed), team_of, np.zeros(3, dtype=int), profession, 1.0, 0.0, 0.0)
        a, slot = np.nonzero(ties >= 0)
        assert (team_of[a] != team_of[ties[a, slot]]).all()
        counts += np.bincount(team_of[ties[:2][ties[:2] >= 0]], minlength=3)
    # Whom the two of the first team ask, and who asks them: everyone picks one among all outside the own team.
    with_second, with_third = 2 * 30 / 38 + 30 * 2 / 10, 2 * 8 / 38 + 8 * 2 / 32
    assert counts[1] / counts.sum() == pytest.approx(with_second / (with_second + with_third), abs=0.03)


def test_who_looks_for_the_own_profession_takes_anyone_where_there_is_none():
    roster = Roster((2,), ((0, 6, 0, 0, 0), (3, 0, 0, 0, 0)))
    ties = draw_ties(
        np.random.default_rng(1), roster.team_of, roster.division_of_team, roster.profession, 2.0, 1.0, 1.0
    )
    assert (ties >= 0).any()


def test_patients_come_to_teams_in_proportion_to_their_posts():
    roster = Roster((2,), ((0, 1, 0, 0, 0), (0, 49, 0, 0, 0)))
    cohort = built(Scenario().with_(roster=roster, patients_per_post=10.0))
    share = (cohort.patient["team"] % 2 == 0).mean()
    assert 0.0 < share < 0.06


# -- ties over time ----------------------------------------------------------------------------------------------------


def test_ties_of_the_roster_stand_at_week_0_for_all_who_are_still_there():
    scenario = uneven_scenario(burn_in_weeks=104, making_hours=2.0)
    burnt = burn_in(scenario, 3, threads=1)
    start = begin(burnt, scenario)
    assert any(pairs_of(burnt, run) != pairs_of(start, run) for run in range(3))
    for run in range(3):
        first = int(start.organisation["first_person"][run])
        vacant = start.person["vacant"][first : first + UNEVEN.n_staff] == 1
        assert pairs_of(start, run) == {(a, b) for a, b in UNEVEN.ties if not (vacant[a] or vacant[b])}
    assert out_of_bounds(start) == []


def test_after_week_0_ties_come_and_go():
    scenario = uneven_scenario(weeks=52)
    assert pairs_of(cs.run(scenario, 1).cohort) != set(UNEVEN.ties)


def test_without_ties_in_the_roster_they_are_drawn_as_the_structure_states():
    roster = dataclasses.replace(UNEVEN, ties=None)
    none, many = (built(Scenario().with_(roster=roster, ties_per_person=n), range(1, 6)) for n in (0.0, 4.0))
    assert (none.ties == -1).all()
    assert (many.ties >= 0).sum() > 100


def test_a_start_that_was_built_with_another_roster_is_refused():
    other = dataclasses.replace(UNEVEN, teams=((1, 3, 0, 0, 0), (0, 0, 0, 2, 0), *UNEVEN.teams[2:]), ties=())
    start = burn_in(uneven_scenario(burn_in_weeks=0), [1], threads=1)
    with pytest.raises(ScenarioError, match=r"built with another \[roster\]"):
        renew_ties(start, other)


def test_a_graph_of_a_fresh_organisation_has_the_ties_of_the_roster():
    graph = to_networkx(built(uneven_scenario()))
    peers = {frozenset(pair) for *pair, layer in graph.edges(data="layer") if layer == "peer"}
    assert peers == {frozenset((f"person-{a}", f"person-{b}")) for a, b in UNEVEN.ties}
    assert isinstance(graph, nx.Graph)


# -- runs --------------------------------------------------------------------------------------------------------------


def test_same_scenario_and_seed_give_the_same_bytes_whatever_the_threads_and_the_company():
    scenario = uneven_scenario(weeks=10, burn_in_weeks=10)
    one = cs.run(scenario, [1, 2, 3, 4], threads=1).cohort
    assert cs.run(scenario, [1, 2, 3, 4], threads=3).cohort.state_bytes() == one.state_bytes()
    alone = cs.run(scenario, [1], threads=1)
    np.testing.assert_array_equal(alone.to_frame()["efficacy"], cs.run(scenario, [1, 9]).to_frame()["efficacy"][:10])


def test_a_mesa_model_of_a_roster_is_the_same_run():
    scenario = uneven_scenario(weeks=5, burn_in_weeks=5, seed=4)
    model = cs.CivicModel(scenario)
    for _ in range(5):
        model.step()
    assert model.cohort.state_bytes() == cs.run(scenario, 1).cohort.state_bytes()


def test_styles_are_compared_on_the_same_roster():
    scenario = uneven_scenario(weeks=4, burn_in_weeks=4)
    assert len(cs.compare(scenario, scenario.with_(style="compact"), seeds=2).table(["efficacy"])) == 2
    with pytest.raises(ScenarioError, match="differ in structure"):
        cs.compare(scenario, Scenario.preset("compact").with_(weeks=4), seeds=2)
    moved = dataclasses.replace(UNEVEN, ties=())
    with pytest.raises(ScenarioError, match="differ in roster"):
        cs.compare(scenario, uneven_scenario(weeks=4, roster=moved, style="compact"), seeds=2)


# -- scenarios ---------------------------------------------------------------------------------------------------------


def test_a_scenario_without_a_roster_states_nothing_of_one():
    scenario = Scenario()
    assert scenario.roster is None
    assert "roster" not in scenario.to_dict()
    assert "roster" not in scenario.to_toml()


def test_a_scenario_with_a_roster_survives_a_file():
    scenario = uneven_scenario(weeks=30)
    again = Scenario.from_dict(tomllib.loads(scenario.to_toml()))
    assert again == scenario
    assert again.digest == scenario.digest
    assert Scenario.from_dict(scenario.changes()) == scenario


def test_every_part_of_a_roster_counts_in_the_digest():
    scenario = uneven_scenario()
    others = {
        "ties": UNEVEN.ties[1:],
        "superiors": (1, 0, 2),
        "divisions": (1, 2, 1),
        "teams": ((2, 2, 0, 0, 0), *UNEVEN.teams[1:]),
    }
    digests = {scenario.digest, Scenario().digest, scenario.with_(roster=dataclasses.replace(UNEVEN, ties=None)).digest}
    for name, value in others.items():
        digests.add(scenario.with_(roster=dataclasses.replace(UNEVEN, **{name: value})).digest)
    assert len(digests) == 3 + len(others)


def test_the_order_in_which_ties_are_written_does_not_matter():
    turned = dataclasses.replace(UNEVEN, ties=tuple((b, a) for a, b in UNEVEN.ties[::-1]))
    assert turned == UNEVEN
    assert hash(turned) == hash(UNEVEN)


def test_a_structure_states_the_sizes_of_the_roster_in_outline():
    structure = uneven_scenario().structure
    assert (structure.n_teams, structure.team_size, structure.teams_per_division) == (4, 10, 2)
    shares = [getattr(structure, f"share_{name}") for name in PROFESSIONS]
    assert shares == pytest.approx(np.array(UNEVEN.teams).sum(axis=0) / UNEVEN.n_staff)
    large = Roster((1,), ((0, 200, 0, 0, 0),))
    assert Scenario().with_(roster=large).with_(seed=3).structure.team_size == 60


@pytest.mark.parametrize("name", DECIDES)
def test_what_the_roster_decides_cannot_be_said_otherwise(name):
    scenario = uneven_scenario()
    own = getattr(scenario.structure, name)
    assert scenario.with_(**{name: own}) == scenario
    for value in (getattr(Structure, name), 0.99 if name.startswith("share") else 33):
        with pytest.raises(
            ScenarioError, match=rf"\[structure\] {name} = .*: the \[roster\] decides it, as .*leave it out"
        ):
            scenario.with_(**{name: value})
        with pytest.raises(ScenarioError, match=rf"mine.toml: \[structure\] {name} = .*: the \[roster\] decides it"):
            Scenario.from_dict({"roster": UNEVEN.to_dict(), "structure": {name: value, "n_executives": 3}}, "mine.toml")


def test_one_roster_may_take_the_place_of_another():
    other = Roster((1, 1), ((0, 3, 0, 0, 0), (0, 0, 0, 4, 0)))
    assert uneven_scenario().with_(roster=other).structure.n_teams == 2
    sized = Scenario().with_(n_teams=80).with_(roster=other)
    assert (sized.structure.n_teams, sized.roster) == (2, other)


def test_other_sizes_keep_their_meaning():
    cohort = built(uneven_scenario(n_dimensions=7, n_executives=5, patients_per_post=2.0), [1])
    assert cohort.practice.shape == (4, 7)
    assert len(cohort.patient) == 2 * UNEVEN.n_staff
    assert len(cohort.manager) == 4 + 3 + 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_organisations": 2}, r"n_organisations = 2: a \[roster\] is one organisation"),
        ({"n_executives": 2}, r"n_executives = 2: expected more than 2"),
    ],
)
def test_sizes_that_do_not_go_with_a_roster_are_refused(changes, message):
    with pytest.raises(ScenarioError, match=message) as caught:
        uneven_scenario().with_(**changes)
    assert "\n" not in str(caught.value)


GOOD = UNEVEN.to_dict()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"divisons": [4]}, r"\[roster\] has no 'divisons'; did you mean 'divisions'\?"),
        ({"teams": None}, r"\[roster\] has no 'teams', and needs it"),
        ({"divisions": None}, r"\[roster\] has no 'divisions', and needs it"),
        ({"teams": 3}, r"\[roster\] teams = 3: expected a list"),
        ({"teams": [[1, 2]]}, r"teams: entry 0 is \[1, 2\]: expected five numbers of posts"),
        ({"teams": [[1, 2, -1, 0, 0]]}, r"teams, entry 0: entry 2 is -1: expected a whole number from 0"),
        ({"teams": [[1, 2.5, 1, 0, 0]]}, r"entry 1 is 2\.5: expected a whole number"),
        ({"teams": [[True, 2, 1, 0, 0]]}, r"entry 0 is True: expected a whole number"),
        ({"teams": []}, "expected 1 to 100000 teams, not 0"),
        ({"teams": [[0, 0, 0, 0, 0]]}, "team 0 has 0 posts: expected 1 to 250"),
        ({"teams": [[0, 251, 0, 0, 0]]}, "team 0 has 251 posts: expected 1 to 250"),
        ({"divisions": [2, 1]}, "hold 3 teams, but there are 4"),
        ({"divisions": [4, 0]}, "divisions: entry 1 is 0: expected a whole number from 1"),
        ({"divisions": "all"}, "divisions = 'all': expected a list"),
        ({"superiors": [0]}, "expected one for each of 3 divisions, not 1"),
        ({"ties": [[0]]}, r"ties: entry 0 is \[0\]: expected a pair of posts"),
        ({"ties": [[0, 41]]}, r"\[0, 41\]: expected posts from 0 to 40"),
        ({"ties": [[0, 1]]}, r"\[0, 1\]: both are in team 0"),
        ({"ties": [[0, 7], [7, 0]]}, r"\[0, 7\] is there twice"),
        ({"ties": [[0, post] for post in range(5, 14)]}, "post 0 has 9 ties: expected at most 8"),
    ],
)
def test_a_roster_that_cannot_be_is_refused_in_one_line(values, message):
    section = {key: value for key, value in (GOOD | values).items() if value is not None}
    with pytest.raises(ScenarioError, match=message) as caught:
        Scenario.from_dict({"roster": section, "structure": {"n_executives": 3}}, "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert "\n" not in str(caught.value)


def test_a_roster_that_is_no_section_is_refused():
    with pytest.raises(ScenarioError, match=r"roster = 3: expected a section \[roster\]"):
        Scenario.from_dict({"roster": 3})


def test_a_link_has_no_room_for_a_roster():
    with pytest.raises(ScenarioError, match="does not fit into a link"):
        uneven_scenario().to_url()


def test_a_roster_describes_itself_in_short():
    assert repr(UNEVEN) == "Roster(41 posts in 4 teams and 3 divisions, 7 ties)"
    assert repr(dataclasses.replace(UNEVEN, ties=None)).endswith("ties drawn)")
