"""Linked organisations are of the sizes that their seed draws, and tied to one another as asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import out_of_bounds

from civicsim.experiment.run import burn_in
from civicsim.model.building import build
from civicsim.model.linked import teams_of_linked
from civicsim.model.organisation import STAFF
from civicsim.model.simulating import advance
from civicsim.model.structure import Structure
from civicsim.scenario.scenario import Scenario

SMALL = Scenario().with_(n_organisations=6, n_teams=8, team_size=6, teams_per_division=4, size_spread=0.7)
NHS = Scenario.preset(kind="nhs-england").structure


def built(seeds=(1, 2), base=SMALL, **changes):
    s = base.with_(**changes)
    return build(s.structure, s.population, s.habits, s.sections, list(seeds))


def ends(cohort):
    """Return both ends of every tie, from either end."""
    person, slot = np.nonzero(cohort.ties >= 0)
    return person, cohort.ties[person, slot]


def share_outside(cohort):
    a, b = ends(cohort)
    return (cohort.person["organisation"][a] != cohort.person["organisation"][b]).mean()


# -- sizes -----------------------------------------------------------------------------------------------------------


@given(n=st.integers(1, 60), teams=st.integers(1, 50), spread=st.floats(0.0, 1.5), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=60, deadline=None)
def test_sizes_of_linked_organisations_sum_to_what_was_asked_for(n, teams, spread, seed):
    found = teams_of_linked(Structure(n_organisations=n, n_teams=teams, size_spread=spread), seed)
    assert found.shape == (n,)
    assert found.sum() == n * teams
    assert found.min() >= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_nhs_has_one_and_a_half_million_staff_in_organisations_of_a_plausible_range(seed):
    staff = teams_of_linked(NHS, seed) * NHS.team_size
    assert len(staff) == 210
    assert staff.sum() == pytest.approx(1_500_000, rel=0.001)
    assert 500 <= staff.min() <= 2_000
    assert 4_500 <= np.median(staff) <= 7_000
    assert 18_000 <= staff.max() <= 40_000


def test_the_spread_of_sizes_is_as_wide_as_stated():
    logs = [np.log(teams_of_linked(NHS, seed)) for seed in range(10)]
    assert np.std(logs, axis=1).mean() == pytest.approx(NHS.size_spread, rel=0.05)


def test_without_spread_all_organisations_are_of_one_size():
    assert set(teams_of_linked(Structure(n_organisations=5, n_teams=7), 1)) == {7}


def test_a_seed_has_its_own_sizes_who_else_is_in_the_cohort():
    alone, together = built([5]), built([3, 5])
    assert together.organisation["n_teams"][6:].tolist() == alone.organisation["n_teams"].tolist()
    assert together.organisation["n_teams"][:6].tolist() != alone.organisation["n_teams"].tolist()
    assert alone.organisation["n_teams"].tolist() == teams_of_linked(SMALL.structure, 5).tolist()


def test_sizes_do_not_change_with_anything_else_that_is_assumed():
    usual = built().organisation["n_teams"].tolist()
    other = built(team_size=4, patients_per_post=0.0, tie_outside=0.2, demand_per_post=30.0, style="compact")
    assert other.organisation["n_teams"].tolist() == usual


def test_a_smaller_set_has_the_first_organisations_of_the_larger_one_in_proportion():
    many = teams_of_linked(Structure(n_organisations=200, n_teams=500, size_spread=0.6), 4)[:20].astype(float)
    few = teams_of_linked(Structure(n_organisations=20, n_teams=500, size_spread=0.6), 4).astype(float)
    np.testing.assert_allclose(many / many.sum(), few / few.sum(), atol=0.001)


def test_organisations_of_unequal_size_have_rows_within_bounds_and_their_own_people():
    cohort = built(tie_outside=0.1)
    assert out_of_bounds(cohort) == []
    for o in range(cohort.n_organisations):
        org = cohort.organisation[o]
        assert org["n_staff"] == org["n_teams"] * 6
        own = cohort.person[org["first_person"] : org["first_person"] + org["n_persons"]]
        assert set(own["organisation"]) == {o}


# -- ties ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_as_many_starting_ties_lead_to_linked_organisations_as_was_asked_for(share):
    cohort = built(range(8), n_teams=20, tie_outside=share)
    assert share_outside(cohort) == pytest.approx(share, abs=0.015)
    usual = len(ends(built(range(8), n_teams=20))[0])
    assert len(ends(cohort)[0]) == pytest.approx(usual, rel=0.05)


def test_no_tie_leads_out_of_the_run_or_to_an_empty_post():
    cohort = built(range(4), tie_outside=0.5)
    a, b = ends(cohort)
    run = cohort.organisation["run"][cohort.person["organisation"]]
    assert (run[a] == run[b]).all()
    assert not cohort.person["vacant"][b].any()
    assert (cohort.person["role"][b] == STAFF).all()
    assert (cohort.ties[b] == a[:, None]).any(axis=1).all()


@pytest.mark.parametrize(("homophily", "low", "high"), [(0.0, 0.15, 0.35), (1.0, 1.0, 1.0)])
def test_those_who_look_for_their_own_profession_find_it_elsewhere(homophily, low, high):
    cohort = built(range(4), tie_outside=0.5, tie_homophily=homophily)
    a, b = ends(cohort)
    outside = cohort.person["organisation"][a] != cohort.person["organisation"][b]
    alike = (cohort.person["profession"][a] == cohort.person["profession"][b])[outside].mean()
    assert low <= alike <= high


def test_teams_of_other_organisations_are_counted_as_neighbours_from_the_start():
    cohort = built([1], tie_outside=0.5)
    other, home = cohort.neighbour["team"], cohort.team["organisation"]
    outside = (other >= 0) & (home[other] != home[:, None])
    a, b = ends(cohort)
    across = cohort.person["organisation"][a] != cohort.person["organisation"][b]
    assert cohort.neighbour["ties"][outside].sum() == across.sum()


def test_a_share_of_outside_ties_means_nothing_to_a_single_organisation():
    single = SMALL.with_(n_organisations=1)
    assert built(base=single, tie_outside=0.5).state_bytes() == built(base=single).state_bytes()


def test_linked_organisations_of_unequal_size_run_alike_alone_and_in_company():
    scenario = SMALL.with_(tie_outside=0.1, burn_in_weeks=3)
    alone, company = burn_in(scenario, [7], threads=1), burn_in(scenario, [6, 7], threads=2)
    for cohort in (alone, company):
        advance(cohort, 2)
    half = alone.n_persons
    for name in ("exhaustion", "safety", "efficacy", "vacant"):
        np.testing.assert_array_equal(company.person[name][-half:], alone.person[name])
