"""Organisations are built as asked, point where they should, and do not depend on their company."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import burnt_in, changed_columns, faults, is_staff, out_of_bounds, small_scenario

from civicsim.experiment.run import begin, burn_in, run
from civicsim.model.building import build, layout_of_professions
from civicsim.model.cohort import Cohort, set_levers, stack
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import PEER, Levers
from civicsim.model.networks import add_tie, draw_ties
from civicsim.model.organisation import (
    CHIEF,
    DIVISIONAL_MANAGER,
    ENACTED,
    EXECUTIVE,
    LONG_AGO,
    N_NEIGHBOURS,
    N_TIES,
    PATIENT_GROUPS,
    PROFESSIONS,
    STAFF,
    TEAM_MANAGER,
)
from civicsim.model.simulating import advance
from civicsim.model.structure import GROUPS, Structure
from civicsim.model.tables import TABLES
from civicsim.scenario.scenario import Scenario

SIZES = [
    {"n_teams": 1, "team_size": 1, "n_executives": 1},
    {"n_teams": 1, "team_size": 60},
    {"n_teams": 2, "team_size": 1, "teams_per_division": 1},
    {"n_teams": 3, "team_size": 2, "n_executives": 1},
    {"n_teams": 7, "team_size": 15, "teams_per_division": 3},
    {"n_teams": 40, "team_size": 15},
    {"n_teams": 500, "team_size": 15},
    {"n_teams": 3, "team_size": 4, "n_organisations": 3},
    {"n_teams": 3, "team_size": 4, "n_dimensions": 1},
    {"n_teams": 3, "team_size": 4, "n_dimensions": 120},
    {"n_teams": 4, "team_size": 6, "ties_per_person": 6.0, "teams_per_division": 2},
    {"n_teams": 4, "team_size": 6, "ties_per_person": 0.0},
    {"n_teams": 3, "team_size": 4, "patients_per_post": 0.0},
]


def built(seeds=(1, 2), **changes) -> Cohort:
    scenario = Scenario().with_(**changes)
    return build(scenario.structure, scenario.population, scenario.habits, scenario.sections, list(seeds))


def same(a: Cohort, b: Cohort) -> bool:
    return a.state_bytes() == b.state_bytes() and a.week == b.week


def name_of(sizes):
    return ",".join(f"{key}={value}" for key, value in sizes.items())


# -- structure -------------------------------------------------------------------------------------------------------


def test_an_organisation_of_any_size_has_the_rows_it_was_asked_for():
    def check(sizes):
        cohort, structure = built(**sizes), Scenario().with_(**sizes).structure
        n = 2 * structure.n_organisations
        divisions = -(-structure.n_teams // structure.teams_per_division)
        staff, managers = (
            structure.n_teams * structure.team_size,
            structure.n_teams + divisions + structure.n_executives,
        )
        assert cohort.n_organisations == n
        assert cohort.n_persons == n * (staff + managers)
        assert len(cohort.team) == n * structure.n_teams
        assert len(cohort.manager) == n * managers
        assert len(cohort.patient) == n * round(structure.patients_per_post * staff)
        assert cohort.practice.shape == (n * structure.n_teams, structure.n_dimensions)
        assert cohort.dimension.shape == (n, structure.n_dimensions)
        assert cohort.neighbour.shape == (n * structure.n_teams, N_NEIGHBOURS)
        assert cohort.ties.shape == (cohort.n_persons, N_TIES)
        assert is_staff(cohort).sum() == n * staff

    assert faults(check, SIZES) == []


def test_what_is_built_is_within_its_bounds_and_refers_to_rows_that_exist():
    def check(sizes):
        assert out_of_bounds(built(**sizes)) == []

    assert faults(check, SIZES) == []


def test_rows_of_a_run_are_its_own_and_in_order():
    def check(sizes):
        cohort = built(seeds=(5, 6, 9), **sizes)
        org, team, person = cohort.organisation, cohort.team, cohort.person
        for o in range(cohort.n_organisations):
            teams = np.arange(org["first_team"][o], org["first_team"][o] + org["n_teams"][o])
            assert set(team["organisation"][teams]) == {o}
            people = np.arange(org["first_person"][o], org["first_person"][o] + org["n_persons"][o])
            assert set(person["organisation"][people]) == {o}
            staff = people[: org["n_staff"][o]]
            assert set(person["role"][staff]) == {STAFF}
            assert (person["team"][staff] == np.repeat(teams, team["n_posts"][teams])).all()
            assert (team["first_person"][teams] == staff[:: team["n_posts"][teams[0]]]).all()
            managers = np.arange(org["first_manager"][o], org["first_manager"][o] + org["n_managers"][o])
            assert (cohort.manager["person"][managers] == people[org["n_staff"][o] :]).all()
            patients = np.arange(org["first_patient"][o], org["first_patient"][o] + org["n_patients"][o])
            assert set(cohort.patient["organisation"][patients]) <= {o}
            assert set(cohort.patient["team"][patients]) <= set(teams)
        counts = org["n_teams"].cumsum() - org["n_teams"]
        assert (org["first_team"] == counts).all()
        assert org["seed"].tolist() == np.repeat([5, 6, 9], len(org) // 3).tolist()
        assert org["run"].tolist() == np.repeat([0, 1, 2], len(org) // 3).tolist()

    assert faults(check, SIZES) == []


def test_keys_count_the_rows_within_each_run():
    def check(sizes):
        cohort = built(**sizes)
        for name in ("organisation", "team", "person", "patient"):
            keys = cohort.tables[name]["key"]
            assert keys.tolist() == list(range(len(keys) // 2)) * 2

    assert faults(check, SIZES) == []


def test_the_line_leads_from_every_team_to_one_chief():
    def check(sizes):
        cohort = built(**sizes)
        manager, person = cohort.manager, cohort.person
        roles = person["role"][manager["person"]]
        assert (manager["superior"][roles == CHIEF] == -1).all()
        assert (roles == CHIEF).sum() == cohort.n_organisations
        above = {TEAM_MANAGER: {DIVISIONAL_MANAGER}, DIVISIONAL_MANAGER: {EXECUTIVE, CHIEF}, EXECUTIVE: {CHIEF}}
        for role, superiors in above.items():
            rows = np.flatnonzero(roles == role)
            assert set(roles[manager["superior"][rows]]) <= superiors
        own = person["organisation"][manager["person"]]
        led = manager["superior"] >= 0
        assert (own[led] == own[manager["superior"][led]]).all()
        lead = manager["person"][cohort.team["manager"]]
        assert (person["role"][lead] == TEAM_MANAGER).all()
        assert (person["team"][lead] == np.arange(len(cohort.team))).all()
        assert (person["team"][person["role"] > TEAM_MANAGER] == -1).all()
        assert (person["vacant"][person["role"] == CHIEF] == 0).all()

    assert faults(check, SIZES) == []


@given(st.integers(1, 60), st.integers(1, 25))
def test_divisions_are_as_few_as_allowed_and_of_nearly_equal_size(n_teams, most):
    cohort = built(seeds=(1,), n_teams=n_teams, team_size=1, teams_per_division=most, n_dimensions=1)
    sizes = np.bincount(cohort.team["division"])
    assert len(sizes) == -(-n_teams // most)
    assert sizes.max() <= most
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(cohort.team["division"]) >= 0).all()


@given(st.integers(1, 60), st.lists(st.floats(0.01, 1), min_size=5, max_size=5))
def test_professions_of_a_team_are_as_near_to_their_shares_as_whole_posts_allow(size, weights):
    names = ("doctor", "nurse", "allied", "support", "administrative")
    structure = dataclasses.replace(
        Structure(), team_size=size, **{f"share_{name}": w for name, w in zip(names, weights, strict=True)}
    )
    layout = layout_of_professions(structure)
    counts = np.bincount(layout, minlength=5)
    exact = np.array(weights) / sum(weights) * size
    assert len(layout) == size
    assert (np.diff(layout) >= 0).all()
    assert np.abs(counts - exact).max() < 1.0


# -- starting values -------------------------------------------------------------------------------------------------

STARTS = {
    "headspace_start": (("person", "headspace"), ("team", "headspace")),
    "seek_start": (("team", "seek"),),
    "hostility_start": (("team", "hostility"),),
    "answered_start": (("team", "answered_share"), ("organisation", "answered_memory")),
    "voice_norm_start": (("organisation", "voice_norm"),),
    "satisfaction_start": (("patient", "satisfaction"), ("organisation", "satisfaction_memory")),
    "heard_start": (("panel", "heard"),),
}
LEARNED = {"answered_start": {("person", "answered_memory")}, "acted_start": {("person", "acted_memory")}}
"""Where people hold a starting value as far as they have learned it in their years in post."""


def grows(cohort, table, column):
    """Whether a memory is that of the whole share, as far as the weeks in post have taught it."""
    person = cohort.tables[table]
    learned = 1.0 - np.exp(-person["tenure"] / Scenario().population.remembered_weeks)
    return np.allclose(person[column], 0.875 * learned, atol=1e-6)


def test_starting_values_stand_where_they_are_declared_for_and_nowhere_else():
    usual, wrong = built(), []
    for name in STARTS | LEARNED:
        places, learned = STARTS.get(name, ()), LEARNED.get(name, set())
        own = built(**{name: 0.875})
        wrong += [f"{name}: {place}" for place in places if (own.tables[place[0]][place[1]] != 0.875).any()]
        changed = {tuple(column.split(".")) for column in changed_columns(usual, own)}
        wrong += [f"{name}: {place} too" for place in changed - set(places) - learned]
        wrong += [f"{name}: {place} the less learned" for place in learned if not grows(own, *place)]
    assert wrong == []


def test_tenure_vacancies_and_activation_follow_their_parameters():
    long, short = (
        built(n_teams=60, tenure_rate=rate, turnover__enabled=False).person["tenure"].mean() for rate in (0.001, 0.01)
    )
    assert long == pytest.approx(1000, rel=0.1)
    assert short == pytest.approx(100, rel=0.1)
    assert built(n_teams=60, vacant_share=0.3).person["vacant"].mean() == pytest.approx(0.3, abs=0.03)
    assert built(vacant_share=0.0).person["vacant"].sum() == 0
    activation = built(n_teams=60, activation_mean=0.6, activation_sd=0.05).patient["activation"]
    assert activation.mean() == pytest.approx(0.6, abs=0.02)
    assert activation.std() == pytest.approx(0.05, abs=0.01)


def test_standing_and_patient_groups_follow_their_parameters():
    own = built(status_nurse=0.5, status_spread=0.8)
    nurses = (own.person["profession"] == PROFESSIONS.index("nurse")) & is_staff(own)
    np.testing.assert_allclose(own.person["status"][nurses], 0.4)
    np.testing.assert_allclose(own.person["status"][~is_staff(own)], 0.8)
    assert len(GROUPS) == len(PATIENT_GROUPS)
    weights = {f"group_{name}": 0.0 for name in GROUPS} | {"group_teenagers": 3.0, "group_retired": 1.0}
    own = built(n_teams=60, **weights)
    teenagers, retired = PATIENT_GROUPS.index("teenagers"), PATIENT_GROUPS.index("retired")
    assert set(own.patient["group"].tolist()) == {teenagers, retired}
    assert (own.patient["group"] == teenagers).mean() == pytest.approx(0.75, abs=0.07)
    np.testing.assert_allclose(own.panel["share"][:, teenagers], 0.75)
    np.testing.assert_array_equal(own.panel["share"], own.panel["seats"])


# -- landscape -------------------------------------------------------------------------------------------------------


def landscape(**changes):
    return built(seeds=range(30), n_teams=20, team_size=1, **changes)


def test_safety_critical_dimensions_have_one_right_way_everywhere():
    cohort = landscape()
    critical = cohort.dimension["safety_critical"] == 1
    assert 0.1 < critical.mean() < 0.24
    assert (cohort.dimension["kappa"][critical] == 1.0).all()
    org = cohort.team["organisation"]
    agrees = cohort.practice["reality"] == cohort.dimension["truth"][org]
    assert agrees[critical[org]].all()
    assert not agrees[~critical[org]].all()


@pytest.mark.parametrize("kappa", [0.0, 0.3, 0.8, 1.0])
def test_kappa_is_how_far_local_realities_agree_with_the_common_one(kappa):
    cohort = landscape(kappa_low=kappa, kappa_high=kappa, safety_critical_share=0.0)
    agrees = cohort.practice["reality"] == cohort.dimension["truth"][cohort.team["organisation"]]
    assert agrees.mean() == pytest.approx((1 + kappa) / 2, abs=0.02)


@pytest.mark.parametrize(("right", "silent"), [(0.8, 0.1), (0.5, 0.3), (0.9, 0.1), (0.05, 0.0)])
def test_the_code_starts_right_silent_or_wrong_as_often_as_the_scenario_states(right, silent):
    dimension = landscape(code_right_share=right, code_silent_share=silent).dimension
    assert (dimension["code"] == dimension["truth"]).mean() == pytest.approx(right, abs=0.05)
    assert (dimension["code"] == 0).mean() == pytest.approx(silent, abs=0.05)


@pytest.mark.parametrize(("follows", "fits"), [(0.6, 0.75), (0.0, 1.0), (0.0, 0.0), (1.0, 0.0)])
def test_practices_start_with_the_code_fitting_or_at_random_as_the_scenario_states(follows, fits):
    cohort = landscape(practice_follows_code=follows, practice_fits=fits)
    practice, code = cohort.practice, cohort.dimension["code"][cohort.team["organisation"]]
    with_code, fitting = (practice["value"] == code).mean(), (practice["value"] == practice["reality"]).mean()
    alike = (code == practice["reality"]).mean()
    at_random = (1 - follows) * (1 - fits) / 3
    assert with_code == pytest.approx(follows + (1 - follows) * fits * alike + at_random, abs=0.02)
    assert fitting == pytest.approx((1 - follows) * fits + follows * alike + at_random, abs=0.02)
    assert set(np.unique(practice["value"])) <= {-1, 0, 1}


def test_all_practices_follow_the_code_if_the_scenario_states_so():
    cohort = landscape(practice_follows_code=1.0)
    assert (cohort.practice["value"] == cohort.dimension["code"][cohort.team["organisation"]]).all()


def test_no_idea_and_no_change_is_under_way_at_the_start():
    practice = landscape().practice
    assert (practice["idea_state"] == 0).all()
    assert (practice["idea_raiser"] == -1).all()
    assert (practice["followed"] == 0).all()
    assert (practice["adopted_week"] == LONG_AGO).all()
    assert (practice["previous"] == practice["value"]).all()


def test_needs_of_each_patient_group_sum_to_one():
    np.testing.assert_allclose(landscape().need["weight"].sum(axis=2), 1.0)


def test_measured_dimensions_are_nested_as_the_measured_share_grows():
    cohort = landscape()
    before = None
    for share in (0.0, 0.3, 0.6, 1.0):
        set_levers(cohort.tables, Levers(measured_share=share))
        measured = cohort.dimension["measured"] == 1
        assert measured.mean() == pytest.approx(share, abs=0.06)
        assert before is None or (measured >= before).all()
        before = measured.copy()
    assert before.all()


# -- people ----------------------------------------------------------------------------------------------------------


def test_people_start_at_their_anchors_which_spread_as_the_population_states():
    cohort = built(seeds=range(5), turnover__enabled=False, skill_growth=0.0)
    person, population = cohort.person, Scenario().population
    for state in ("exhaustion", "safety", "efficacy", "motivation", "belonging", "trust", "agency"):
        assert (person[state] == person[f"{state}_anchor"]).all()
    for state in ("exhaustion", "safety", "efficacy", "skill", "alignment"):
        assert person[state].mean() == pytest.approx(getattr(population, f"{state}_mean"), abs=0.02)
        assert person[state].std() == pytest.approx(getattr(population, f"{state}_sd"), abs=0.02)


def test_the_first_staff_are_those_whom_turnover_has_left():
    """They are those of newcomers, shifted by the variance times the slope of leaving, and skilled by their years."""
    kept = {"seeds": range(5), "skill_growth": 0.0}
    slopes = {
        "turnover__exit_exhaustion": 4.0,
        "turnover__exit_trust": 0.8,
        "turnover__exit_belonging": 0.5,
        "exhaustion__return_rate": 0.06,
        "exhaustion__contagion": 0.02,
        "exhaustion__support_weight": 0.02,
        "motivation__belonging_own": 0.5,
    }
    newcomers, left = built(turnover__enabled=False, **kept).person, built(**slopes, **kept).person
    population = Scenario().population
    exhausted, attitude = population.exhaustion_sd**2, population.attitude_sd**2
    shifts = {name: left[name].mean() - newcomers[name].mean() for name in ("exhaustion", "trust", "belonging")}
    # Three quarters of exhaustion are a person's own; a unit of belonging takes a quarter of a unit of exhaustion off.
    expected = {
        "exhaustion": -0.75 * 4.0 * exhausted,
        "trust": 0.8 * attitude,
        "belonging": 0.5 * (0.5 + 0.25 * 4.0) * attitude,
    }
    assert shifts == pytest.approx(expected, abs=0.002)
    alone = built(exhaustion__enabled=False, motivation__enabled=False, **slopes, **kept).person
    assert alone["exhaustion"].mean() - newcomers["exhaustion"].mean() == pytest.approx(-4.0 * exhausted, abs=0.002)
    assert alone["belonging"].mean() - newcomers["belonging"].mean() == pytest.approx(0.5 * attitude, abs=0.002)
    # Who tires and stays away from leaving less has been there longer.
    assert np.corrcoef(left["exhaustion"], left["tenure"])[0, 1] < -0.2
    grown = built(seeds=range(5), turnover__enabled=False, skill_growth=0.002).person
    expected = 1.0 - np.exp(-0.002 * newcomers["tenure"])
    np.testing.assert_allclose(grown["skill"], newcomers["skill"] + expected * (1.0 - newcomers["skill"]), atol=1e-6)


def test_without_spread_people_are_alike():
    spreads = {
        name: 0.0 for name in ("safety_sd", "efficacy_sd", "attitude_sd", "skill_sd", "alignment_sd", "skill_growth")
    }
    person = built(**spreads).person
    for state in ("safety", "efficacy", "motivation", "trust", "skill", "alignment"):
        assert np.ptp(person[state]) == 0.0


def test_standing_goes_with_the_profession():
    person = built().person
    staff = person["role"] == STAFF
    standing = [np.unique(person["status"][staff & (person["profession"] == k)]) for k in range(5)]
    assert [values.tolist() for values in standing] == [[1.0], [0.2], [0.0], [-0.4], [-0.8]]
    assert (person["status"][~staff] == 1.0).all()


def test_levers_hours_and_habits_are_those_of_the_status_quo():
    scenario = Scenario()
    cohort = built()
    for name in LEVERS:
        assert (cohort.organisation[name] == getattr(scenario.levers, name)).all()
    for name in ENACTED:
        assert (cohort.organisation[f"{name}_enacted"] == getattr(scenario.levers, name)).all()
        assert (cohort.organisation[f"{name}_habit"] == getattr(scenario.levers, name)).all()
    total = cohort.organisation["hours"].sum(axis=1)
    np.testing.assert_allclose(total, 0.02 * 37.5)
    np.testing.assert_allclose(cohort.organisation["hours_budget"], 0.02 * 37.5)


def test_setting_levers_leaves_what_staff_meet_to_follow():
    cohort = built()
    other = cohort.copy()
    set_levers(other.tables, Levers(fear=0.9, permission=0.9))
    changed = changed_columns(cohort, other)
    assert changed == {"organisation.fear", "organisation.permission"}


def test_levers_can_be_set_for_some_organisations_only():
    cohort = built(seeds=(1, 2, 3))
    set_levers(cohort.tables, Levers(fear=0.9, weight_peer=9.0), np.array([1]))
    assert cohort.organisation["fear"].tolist() == [0.35, 0.9, 0.35]
    assert cohort.organisation["hours"][1, PEER] > cohort.organisation["hours"][0, PEER]
    assert cohort.organisation["hours"][0, PEER] == cohort.organisation["hours"][2, PEER]


# -- ties ------------------------------------------------------------------------------------------------------------


def test_ties_go_both_ways_to_staff_of_other_teams_of_the_same_organisation():
    def check(sizes):
        cohort = built(**sizes)
        ties, person = cohort.ties, cohort.person
        a, slot = np.nonzero(ties >= 0)
        b = ties[a, slot]
        assert (ties[~is_staff(cohort)] == -1).all()
        assert (person["role"][b] == STAFF).all()
        assert (person["team"][a] != person["team"][b]).all()
        assert (person["organisation"][a] == person["organisation"][b]).all()
        pairs = set(zip(a.tolist(), b.tolist(), strict=True))
        assert len(pairs) == len(a)
        assert all((y, x) in pairs for x, y in pairs)

    assert faults(check, SIZES) == []


@pytest.mark.parametrize("mean_ties", [0.0, 1.0, 2.0, 3.5])
def test_people_have_as_many_ties_as_the_scenario_states_less_those_to_empty_posts(mean_ties):
    cohort = built(seeds=(1, 2, 3), ties_per_person=mean_ties)
    filled = is_staff(cohort) & (cohort.person["vacant"] == 0)
    mean = (cohort.ties[filled] >= 0).sum(axis=1).mean()
    assert mean == pytest.approx(mean_ties * (1 - cohort.person["vacant"].mean()), abs=0.1)
    assert (cohort.ties[cohort.person["vacant"] == 1] == -1).all()


def test_proximity_keeps_ties_within_the_division_and_homophily_within_the_profession():
    def share(of, **changes):
        cohort = built(seeds=(1, 2, 3), **changes)
        a, slot = np.nonzero(cohort.ties >= 0)
        b = cohort.ties[a, slot]
        if of == "profession":
            return (cohort.person["profession"][a] == cohort.person["profession"][b]).mean()
        division = cohort.team["division"][cohort.person["team"]]
        return (division[a] == division[b]).mean()

    near = [share("division", tie_proximity=p) for p in (0.0, 0.5, 1.0)]
    alike = [share("profession", tie_homophily=h) for h in (0.0, 0.5, 1.0)]
    assert near[0] < near[1] < near[2] == 1.0
    assert alike[0] < alike[1] < alike[2] == 1.0


def test_a_tie_is_made_once_and_only_where_both_have_room():
    ties = np.full((4, 2), -1, dtype=np.int32)
    assert add_tie(ties, 0, 1)
    assert not add_tie(ties, 0, 1)
    assert not add_tie(ties, 1, 0)
    assert add_tie(ties, 0, 2)
    assert not add_tie(ties, 0, 3)
    assert not add_tie(ties, 3, 0)
    assert ties.tolist() == [[1, 2], [0, -1], [0, -1], [-1, -1]]


def test_a_single_team_has_no_ties_to_draw():
    rng = np.random.default_rng(1)
    ties = draw_ties(rng, np.zeros(5, int), np.zeros(1, int), np.zeros(5, int), 2.0, 0.5, 0.5)
    assert (ties == -1).all()


def test_neighbouring_teams_are_those_with_most_ties():
    def check(sizes):
        cohort = built(**sizes)
        person = cohort.person
        a, slot = np.nonzero(cohort.ties >= 0)
        counted = {}
        for x, y in zip(person["team"][a], person["team"][cohort.ties[a, slot]], strict=True):
            counted.setdefault(x, {}).setdefault(y, 0)
            counted[x][y] += 1
        for t in range(len(cohort.team)):
            listed = cohort.neighbour[t][cohort.neighbour[t]["team"] >= 0]
            of_team = counted.get(t, {})
            assert len(listed) == min(N_NEIGHBOURS, len(of_team))
            assert all(of_team[other] == n for other, n in zip(listed["team"], listed["ties"], strict=True))
            assert sorted(of_team.values(), reverse=True)[: len(listed)] == listed["ties"].tolist()
            assert (cohort.neighbour[t]["ties"][len(listed) :] == 0).all()

    assert faults(check, SIZES) == []


# -- stacking and independence ---------------------------------------------------------------------------------------


def take(cohort: Cohort, run: int, runs: int) -> Cohort:
    """Cut one run of several equally large ones out of a cohort, with its references counted from 0."""
    tables = {}
    starts = {}
    for name, table in cohort.tables.items():
        n = len(table) // runs
        starts[name] = run * n
        tables[name] = table[run * n : (run + 1) * n].copy()
    for name, columns in TABLES.items():
        for column in (c for c in columns if c.refers):
            values = tables[name][column.name]
            tables[name][column.name] = np.where(values >= 0, values - starts[column.refers], values)
    n = cohort.n_persons // runs
    ties = cohort.ties[run * n : (run + 1) * n]
    tables["organisation"]["run"] = 0
    parameters = {name: values[run : run + 1].copy() for name, values in cohort.parameters.items()}
    return Cohort(tables, np.where(ties >= 0, ties - run * n, ties).astype(np.int32), parameters, cohort.week)


def test_a_run_is_built_the_same_whatever_runs_are_built_with_it():
    together = built(seeds=(3, 1, 8))
    for place, seed in enumerate((3, 1, 8)):
        assert same(take(together, place, 3), built(seeds=(seed,)))


def test_stacking_tables_moves_their_references_along():
    alone = [built(seeds=(seed,)) for seed in (3, 1, 8)]
    tables, ties = stack([(c.tables, c.ties) for c in alone])
    together = built(seeds=(3, 1, 8))
    tables["organisation"]["run"] = together.organisation["run"]
    for name in TABLES:
        np.testing.assert_array_equal(tables[name], together.tables[name])
    np.testing.assert_array_equal(ties, together.ties)


def test_different_seeds_give_different_organisations():
    cohort = built(seeds=(1, 2))
    assert take(cohort, 0, 2).state_bytes() != take(cohort, 1, 2).state_bytes()


@pytest.mark.parametrize("sizes", [SIZES[0], SIZES[2], SIZES[4]], ids=name_of)
def test_a_run_alone_runs_as_it_does_among_others(sizes):
    scenario = Scenario().with_(burn_in_weeks=40, **sizes)
    together = burn_in(scenario, [4, 7, 2], threads=1)
    for place, seed in enumerate((4, 7, 2)):
        assert same(take(together, place, 3), burn_in(scenario, [seed], threads=1))


def test_a_run_does_not_depend_on_threads():
    scenario = small_scenario(burn_in_weeks=40)
    one, many = (burn_in(scenario, 5, threads=threads) for threads in (1, 4))
    assert same(one, many)


def test_a_run_does_not_depend_on_what_levers_others_run_under():
    start = burnt_in(3)
    mixed, plain = start.copy(), start.copy()
    set_levers(mixed.tables, Scenario.preset("command").levers, np.array([0, 2]))
    advance(mixed, 26)
    advance(plain, 26)
    assert same(take(mixed, 1, 3), take(plain, 1, 3))
    assert take(mixed, 0, 3).state_bytes() != take(plain, 0, 3).state_bytes()


def test_living_in_two_stretches_is_living_in_one():
    start = burnt_in(2)
    at_once, in_two = start.copy(), start.copy()
    advance(at_once, 20)
    advance(advance(in_two, 7), 13)
    assert same(at_once, in_two)


def test_a_copy_is_independent():
    start = burnt_in(2)
    before = start.state_bytes()
    copy = start.copy()
    advance(copy, 3)
    copy.parameters["voice"]["intercept"] = 9.0
    assert start.state_bytes() == before
    assert (start.parameters["voice"]["intercept"] != 9.0).all()


def test_beginning_sets_levers_and_parameters_and_leaves_the_burnt_in_cohort_alone():
    start = burnt_in(2)
    before = start.state_bytes()
    scenario = small_scenario(fear=0.8, norm_weight=5.0)
    cohort = begin(start, scenario)
    assert start.state_bytes() == before
    assert (cohort.organisation["fear"] == 0.8).all()
    assert (cohort.organisation["fear_habit"] == 0.35).all()
    assert (cohort.parameters["voice"]["norm_weight"] == 5.0).all()
    # Hours start from what the style allots; what grip moves follows in the first week.
    assert changed_columns(start, cohort) - {"organisation.hours"} == {"organisation.fear"}


def test_a_run_that_makes_its_own_burn_in_holds_the_organisation_once():
    """A copy of it would cost a national scenario as much memory again."""
    scenario = small_scenario(n_teams=300, weeks=2, burn_in_weeks=2)
    run(scenario, threads=1)
    tracemalloc.start()
    try:
        result = run(scenario, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    held = len(result.cohort.state_bytes())
    assert held < peak < 1.8 * held


def test_two_styles_from_one_seed_run_the_same_week_until_their_levers_act():
    """Common random numbers: only what depends on the lever differs."""
    start = burnt_in(2)
    plain, other = start.copy(), begin(start, small_scenario(directive_rate=0.9))
    for cohort in (plain, other):
        advance(cohort, 1)
    different = {name for name in changed_columns(plain, other) if not name.startswith("dimension.directive")}
    assert different <= {"organisation.directive_rate"} | {f"practice.{c}" for c in plain.practice.dtype.names} | {
        "team.switching_hours",
        "tally.adopted_horizontal",
        "tally.adopted_right",
    }


# -- tables ----------------------------------------------------------------------------------------------------------


def test_a_cohort_reads_like_its_tables_and_names_what_it_lacks():
    cohort = built()
    assert cohort.person is cohort.tables["person"]
    with pytest.raises(AttributeError, match="no table or attribute 'persons'"):
        _ = cohort.persons


def test_every_column_is_declared_once_with_a_meaning():
    def check(table):
        columns = TABLES[table]
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)
        assert all(len(column.help) > 3 for column in columns)
        assert all(column.low <= column.high for column in columns)
        assert all(column.refers in {"", *TABLES} for column in columns)

    assert faults(check, sorted(TABLES)) == []


@settings(max_examples=15)
@given(
    st.integers(1, 5),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 40),
    st.floats(0, 6),
    st.floats(0, 3),
    st.integers(0, 2**63 - 1),
)
def test_any_size_can_be_built_and_simulated(n_teams, size, most, executives, orgs, m, ties, patients, seed):
    scenario = Scenario().with_(
        n_teams=n_teams,
        team_size=size,
        teams_per_division=most,
        n_executives=executives,
        n_organisations=orgs,
        n_dimensions=m,
        ties_per_person=ties,
        patients_per_post=patients,
        burn_in_weeks=14,
    )
    assert out_of_bounds(burn_in(scenario, [seed], threads=1)) == []


def test_people_start_as_professional_and_as_sure_of_what_they_can_change_as_the_population_states():
    def start(name, **changes):
        return burnt_in(4, n_teams=8, team_size=12, burn_in_weeks=0, **changes).person[name]

    assert start("professionalism").mean() == pytest.approx(0.5, abs=0.03)
    assert start("professionalism").std() == pytest.approx(0.15, abs=0.02)
    assert start("professionalism", professionalism_mean=0.8).mean() > 0.75
    assert (start("professionalism", professionalism_sd=0.0) == 0.5).all()
    gain = start("agency", agency_bias=0.2) - start("agency")
    assert gain.mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_array_equal(start("agency", agency_bias=0.2), start("agency_anchor", agency_bias=0.2))


def test_a_new_organisation_has_a_forum_no_pairs_and_no_team_cut_off_or_marked():
    own = burnt_in(2, burn_in_weeks=0)
    assert (own.organisation["forum_standing"] == 1).all()
    assert (own.team["partner"] == -1).all()
    for name in ("learns", "isolated", "marked", "climate", "observation_credit", "huddle_credit"):
        assert (own.team[name] == 0).all(), name
    for name in ("deadline", "urgency", "chief_leaving", "attention_wellbeing", "culture_reported"):
        assert (own.organisation[name] == 0).all(), name
