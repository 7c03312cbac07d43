"""Whatever is assumed within the declared ranges, no state leaves its declared bounds."""

import contextlib
import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tools import out_of_bounds, small_scenario

from civicsim.errors import ScenarioError
from civicsim.experiment.run import begin, burn_in, switch_to
from civicsim.model.cohort import Cohort, stack
from civicsim.model.levers import PURPOSES
from civicsim.model.processes.actions import ACTIONS, FOR_THE_WHOLE, WITHOUT_SIZE
from civicsim.model.processes.choosing import CHOICES
from civicsim.model.processes.events import Event
from civicsim.model.simulating import advance
from civicsim.model.tables import REAL, TABLES
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.shipped import styles

SIZES = {
    "n_teams",
    "team_size",
    "teams_per_division",
    "n_executives",
    "n_organisations",
    "patients_per_post",
    "n_dimensions",
}
FREE = sorted(key for key, about in PARAMETERS.items() if about.name not in SIZES)
CHANGEABLE = [key for key in FREE if key.startswith(("levers.", "events.")) and key != "events.enabled"]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def value_at(key, share):
    """Return the value of a parameter at a share of its range; 0 and 1 are its ends."""
    about = PARAMETERS[key]
    if about.choices:
        return about.choices[min(int(share * len(about.choices)), len(about.choices) - 1)]
    if isinstance(about.default, bool):
        # Most mechanisms stay on, or little would happen.
        return about.default if share < 0.9 else not about.default
    if isinstance(about.default, int):
        return round(about.low + share * (about.high - about.low))
    return about.low + share * (about.high - about.low)


def scenario_at(shares, scenario=None):
    """Return a small scenario with parameters at shares of their ranges, as far as they go together."""
    result = scenario or small_scenario(n_teams=2, team_size=4, burn_in_weeks=2)
    sections = {}
    for key, share in shares.items():
        section, name = key.split(".")
        sections.setdefault(section, {})[name] = value_at(key, share)
    for section, values in sections.items():
        with contextlib.suppress(ScenarioError):  # fine alone, but not together
            result = result.with_(**{f"{section}__{name}": value for name, value in values.items()})
    return result


def simulate(scenario, weeks=26, seeds=(1, 2)):
    """Simulate burn-in and some weeks, and return every violation that is seen on the way."""
    found = []
    cohort = begin(burn_in(scenario, list(seeds), threads=1), scenario)
    advance(cohort, weeks, observe=lambda at, first, last: found.extend(out_of_bounds(at)) if not found else None)
    return found or out_of_bounds(cohort)


# -- random assumptions ----------------------------------------------------------------------------------------------

ends = st.sampled_from([0.0, 1.0])
shares_of_pairs = st.floats(0.01, 1.0)
anywhere = st.one_of(ends, st.floats(0, 1))


@settings(max_examples=25, suppress_health_check=SLOW)
@given(st.lists(anywhere, min_size=len(FREE), max_size=len(FREE)), st.integers(0, 2**31))
def test_no_state_leaves_its_bounds_wherever_in_their_ranges_all_parameters_lie(shares, seed):
    assert simulate(scenario_at(dict(zip(FREE, shares, strict=True))), seeds=(seed, seed + 1)) == []


@settings(max_examples=40, suppress_health_check=SLOW)
@given(st.dictionaries(st.sampled_from(FREE), ends, min_size=1, max_size=12), st.sampled_from(sorted(styles())))
def test_no_state_leaves_its_bounds_with_some_parameters_at_their_ends(chosen, style):
    plain = small_scenario(n_teams=2, team_size=4, burn_in_weeks=2).with_(levers=Scenario.preset(style).levers)
    assert simulate(scenario_at(chosen, plain)) == []


@settings(max_examples=40, suppress_health_check=SLOW)
@given(st.lists(anywhere, min_size=30, max_size=30), st.integers(1, 3), st.integers(1, 6), st.integers(0, 2**31))
def test_no_state_leaves_its_bounds_under_any_levers_in_any_small_organisation(shares, n_teams, size, seed):
    keys = [key for key in FREE if key.startswith("levers.")]
    scenario = scenario_at(dict(zip(keys, shares, strict=False))).with_(n_teams=n_teams, team_size=size)
    assert simulate(scenario, seeds=(seed,)) == []


def side_by_side(cohorts):
    """Return cohorts of one run each as one cohort, in which every run keeps its own parameters."""
    tables, ties = stack([(cohort.tables, cohort.ties) for cohort in cohorts])
    tables["organisation"]["run"] = np.arange(len(cohorts))
    parameters = {name: np.concatenate([own.parameters[name] for own in cohorts]) for name in cohorts[0].parameters}
    return Cohort(tables, ties, parameters, cohorts[0].week)


def test_no_state_leaves_its_bounds_with_one_parameter_at_either_end():
    ends = [(key, share) for key in FREE for share in (0.0, 1.0)]
    places = {end: scenario_at(dict([end])) for end in ends}
    cohort = side_by_side([switch_to(burn_in(place, [3], threads=1), place) for place in places.values()])
    found = []
    advance(cohort, 14, observe=lambda at, first, last: found.extend(out_of_bounds(at)) if not found else None)
    # Only a failure costs the time to find out which of them it was.
    assert not found, [end for end, place in places.items() if simulate(place, weeks=14, seeds=(3,))] or found


@settings(max_examples=15, suppress_health_check=SLOW)
@given(
    st.lists(
        st.builds(
            Event,
            st.integers(0, 20),
            st.just("x"),
            st.integers(0, 9),
            st.dictionaries(st.sampled_from(CHANGEABLE), st.just(1.0), max_size=3),
            st.sampled_from(["", *ACTIONS]),
            st.sampled_from([0.0, 0.3, 1.0]),
            st.sampled_from(sorted(CHOICES)),
            st.sampled_from([0.1, 0.5, 1.0]),
        ).filter(lambda event: event.set or (event.action and (event.size > 0.0 or event.action in WITHOUT_SIZE))),
        max_size=4,
    )
)
def test_no_state_leaves_its_bounds_whatever_happens_when(events):
    checked = []
    for e in events:
        teams = "all" if not e.action or e.action in FOR_THE_WHOLE else e.teams
        checked.append(
            dataclasses.replace(
                e,
                set={key: value_at(key, 1.0) for key in e.set},
                teams=teams,
                share=0.0 if teams in ("all", "marked") else e.share,
            )
        )
    assert simulate(small_scenario(burn_in_weeks=4).with_(interventions=tuple(checked))) == []


@settings(max_examples=20, suppress_health_check=SLOW)
@given(st.lists(anywhere, min_size=len(PURPOSES), max_size=len(PURPOSES)).filter(any), shares_of_pairs, st.booleans())
def test_no_state_of_linked_organisations_leaves_its_bounds_under_any_weights_and_pairs(weights, share, by_patients):
    levers = {f"weight_{name}": 20.0 * x for name, x in zip(PURPOSES, weights, strict=True)}
    pairs = Event(3, "pairs", 0, {}, "pairing", share)
    scenario = small_scenario(n_teams=3, team_size=4, n_organisations=3, burn_in_weeks=4).with_(
        **levers,
        pairing__across=True,
        pairing__by="patients" if by_patients else "quality",
        pairing__pair_weeks=9,
        interventions=(pairs,),
        partners__n=20,
    )
    assert simulate(scenario) == []


# -- extreme places --------------------------------------------------------------------------------------------------

EXTREMES = {
    "crushing demand": {"demand_per_post": 36.0, "demand_team_sd": 0.2, "events__demand_factor": 2.0},
    "nothing to do": {"demand_per_post": 28.0, "events__demand_factor": 0.5, "improvement_share": 0.10},
    "no one stays": {"exit_rate": 0.01, "exit_exhaustion": 5.7, "weeks_to_fill": 60.0, "absence_intercept": -2.0},
    "one dimension": {"n_dimensions": 1},
    "no patients": {"patients_per_post": 0.0},
    "no ties": {"ties_per_person": 0.0},
    "many ties": {"ties_per_person": 6.0, "making_hours": 0.5, "upkeep_hours": 0.0},
    "nothing measured": {"measured_share": 0.0},
    "everything measured": {"measured_share": 1.0},
    "nothing visible": {"staff_visible_share": 0.0, "patient_visible_share": 0.0},
    "all safety-critical": {"safety_critical_share": 1.0},
    "trials at once": {"n_cycles": 0},
    "no hours": {"budget_share": 0.0},
    "all reporting": {f"weight_{name}": 0.0 for name in PURPOSES if name != "reporting"},
    "all coaching": {"weight_coaching": 20.0, **{f"weight_{name}": 0.0 for name in PURPOSES if name != "coaching"}},
    "all watching": {
        "weight_observation": 20.0,
        **{f"weight_{name}": 0.0 for name in PURPOSES if name != "observation"},
    },
    "all huddles": {"weight_huddles": 20.0, **{f"weight_{name}": 0.0 for name in PURPOSES if name != "huddles"}},
    "many partners": {"partners__n": 50, "partners__idea_rate": 1.0, "partners__hours": 0.2},
    "all rest": {"participation_from_recovery": 1.0, "weight_peer": 20.0, "rest_weight": 3.0},
    "many managers": {"managers_per_team": 3, "weight_response": 20.0},
    "all fear": {"fear": 1.0, "target_salience": 1.0, "audit": 0.0, "directive_rate": 1.0},
    "all freedom": {"fear": 0.0, "permission": 1.0, "authority": 1.0, "invitation": 1.0, "status_blindness": 1.0},
    "one post": {"n_teams": 1, "team_size": 1, "n_executives": 1, "teams_per_division": 1, "patients_per_post": 0.0},
    "one team without patients and ties": {"n_teams": 1, "patients_per_post": 0.0, "ties_per_person": 0.0},
    "linked organisations of one team": {"n_teams": 1, "team_size": 1, "n_organisations": 4, "partners__n": 5},
    "no one in post": {"exit_rate": 0.01, "exit_exhaustion": 5.7, "weeks_to_fill": 60.0, "n_teams": 1, "team_size": 1},
    "no spread of traits": {
        name: 0.0 for name in ("safety_sd", "efficacy_sd", "attitude_sd", "skill_sd", "openness_sd")
    },
}


@pytest.mark.parametrize("name", EXTREMES)
def test_no_state_leaves_its_bounds_in_an_extreme_place(name):
    scenario = small_scenario(n_teams=9, team_size=3, burn_in_weeks=13).with_(**EXTREMES[name])
    assert simulate(scenario, weeks=52) == []


@pytest.mark.parametrize("without", [process.name for process in WEEK])
def test_no_state_leaves_its_bounds_with_a_mechanism_switched_off(without):
    assert simulate(small_scenario(burn_in_weeks=8).with_(**{f"{without}__enabled": False})) == []


def test_states_pushed_to_their_ends_stay_within_bounds_in_the_next_week():
    """Every bounded number of every table at its lower, then at its upper end."""
    start = begin(burn_in(small_scenario(n_teams=9, burn_in_weeks=13), 2, threads=1), small_scenario())
    for end in ("low", "high"):
        cohort = start.copy()
        cohort.week = 12
        for table in ("team", "person", "manager", "patient", "panel"):
            for column in TABLES[table]:
                if column.kind == REAL and np.isfinite(column.low) and np.isfinite(column.high):
                    cohort.tables[table][column.name] = getattr(column, end)
        for name in ("fear", "permission", "authority"):
            cohort.organisation[name] = cohort.organisation[f"{name}_enacted"] = float(end == "high")
        found = []
        advance(cohort, 3, observe=lambda at, first, last, found=found: found.extend(out_of_bounds(at)))
        assert found == []


# -- the checker itself ----------------------------------------------------------------------------------------------


def test_the_checker_sees_what_is_out_of_bounds():
    cohort = burn_in(small_scenario(burn_in_weeks=1), 1, threads=1)
    assert out_of_bounds(cohort) == []
    for table, column, value in (
        ("person", "safety", 1.0000001),
        ("person", "safety", -1e-9),
        ("team", "load", np.nan),
        ("practice", "value", 2),
        ("team", "quality", np.inf),
        ("manager", "person", 10**6),
        ("organisation", "first_team", -2),
    ):
        other = cohort.copy()
        other.tables[table][column][-1] = value
        assert len(out_of_bounds(other)) == 1
