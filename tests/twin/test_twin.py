"""The engine runs as its plain twin does: the same decisions, the same states, week by week."""

import ast
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import twin
from civicsim.experiment.run import begin, burn_in
from civicsim.model.columns import columns_of
from civicsim.model.levers import Levers
from civicsim.model.processes.actions import ACTIONS
from civicsim.model.processes.choosing import CHOICES
from civicsim.model.roster import Roster
from civicsim.model.tables import TABLES
from civicsim.model.week import PROCESSES, ordered
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import shocks
from twin.comparing import comparisons, differences, simulate_both
from twin.loading import load
from twin.patients import Patient
from twin.people import Manager, StaffMember
from twin.week import WEEK

LIVELY = Levers(
    fear=0.6,
    carrot=0.3,
    target_salience=0.8,
    measured_share=0.6,
    directive_rate=1.0,
    codification=0.8,
    permission=0.8,
    authority=0.7,
    audit=0.6,
    invitation=0.8,
    compact=1.0,
    patient_reach=0.7,
    forum_independence=0.8,
    forum_budget=1.0,
    weight_protected=4,
    weight_reporting=4,
    weight_peer=5,
    weight_response=7,
    weight_deliberation=5,
    weight_patients=5,
    weight_coaching=3,
    weight_observation=4,
    weight_huddles=4,
)
"""Levers under which everything happens that can happen, hours for coaching, watching and huddles among it."""
QUICK = {
    "drift__rate": 0.02,
    "drift__common_share": 0.5,
    "turnover__exit_rate": 0.006,
    "codification__quarterly_share": 1.0,
    "codification__contest_weight": 1.0,
    "quality__audit_detection": 0.2,
    "lifecycle__decay_base": 0.02,
    "lifecycle__cycle_weeks": 2,
    "lifecycle__n_cycles": 2,
    "spread__threshold": 0.1,
    "voice__guardian_appeal": -1.0,
    "directives__game_pressure": 4.0,
    "response__detriment": 0.4,
    "noticing__check_rate": 2.0,
    "enactment__rate": 0.2,
    "forum__hours_per_issue": 1.0,
    "forum__fixes_per_team": 5.0,
    "forum__rebuild_weeks": 6.0,
    "governing__rating_weeks": 26,
    "governing__inadequate_below": 0.6,
    "governing__chief_exit_rate": 0.02,
    "governing__wellbeing_weight": 0.5,
    "governing__tradeoff_visible": True,
    "pairing__exchange_rate": 0.1,
    "partners__n": 20,
    "ties__outside_share": 0.4,
    "ties__making_hours": 0.5,
    "ties__neglect_rate": 0.1,
    "deliberation__facilitation": 0.1,
    "deliberation__conflict_tolerance": 0.1,
    "load__participation_from_recovery": 0.3,
    "response__patience": 10,
    "population__alignment_mean": 0.5,
    "population__weeks_to_fill": 10.0,
}
"""Parameters with which it happens often."""
MORE = (
    {"name": "teaching", "week": 5, "action": "teach", "size": 0.3, "teams": "worst", "share": 0.5},
    {"name": "relief", "week": 6, "action": "relieve", "size": 0.1, "teams": "best", "share": 0.5},
    {"name": "a look", "week": 7, "action": "mark", "teams": "random", "share": 0.5},
    {"name": "marked ones first", "week": 9, "action": "launch", "size": 0.5, "teams": "marked"},
    {"name": "pairs across", "week": 70, "set": {"pairing.across": True}, "action": "pairing", "size": 0.5},
    {"name": "hurry", "week": 80, "weeks": 8, "set": {"lifecycle.n_cycles": 4}, "action": "inspection", "size": 1.0},
)
"""Events that no shipped shock brings."""
OTHERWISE = {
    "simple spread, linear voice and response, saturating exhaustion, forums with teams, compacts by team": {
        "spread__form": "simple",
        "voice__form": "linear",
        "response__form": "linear",
        "learning__form": "pearce-hall",
        "exhaustion__form": "saturating",
        "forum__level": "team",
        "compact__level": "team",
        "forum__seats": 1.0,
    },
    "proportional spread, product voice, hyperbolic response, thresholds of load, a national forum with a target": {
        "spread__form": "proportional",
        "voice__form": "product",
        "response__form": "hyperbolic",
        "learning__form": "counting",
        "exhaustion__form": "threshold",
        "forum__level": "national",
        "forum__satisfaction_target": 0.8,
        "forum__membership_threshold": 0.9,
        "governing__culture_target": 0.5,
        "governing__pressure": 0.5,
    },
    "neutral copying": {"spread__form": "neutral", "spread__copying_rate": 0.05},
    "no trials, no absence, no orders, only safety learned": {
        "lifecycle__n_cycles": 0,
        "turnover__absence_enabled": False,
        "codification__directives_enabled": False,
        "learning__efficacy_enabled": False,
        "governing__expectation_drift": 0.05,
    },
    "what comes about by itself is set": {
        "deliberation__heterogeneity": 0.9,
        "compact__kept_share": 0.4,
        "compact__process_quality": 0.7,
        "forum__acted_share": 0.5,
        "learning__safety_enabled": False,
        "lifecycle__report_hours": 3.0,
    },
}


def assumed(n_teams: int, team_size: int, weeks: int) -> Scenario:
    """Return two linked organisations in which everything happens, every shipped shock once, spread over some weeks."""
    names = list(shocks())
    events = [{"name": name, "week": 1 + place * (weeks - 2) // len(names)} for place, name in enumerate(names)]
    events += [{**event, "week": event["week"] * weeks // 104} for event in MORE]
    base = Scenario.from_dict({"interventions": events})
    sizes = {"n_teams": n_teams, "team_size": team_size, "teams_per_division": 2, "n_executives": 2}
    return base.with_(**sizes, n_organisations=2, burn_in_weeks=26, levers=LIVELY, **QUICK)


@pytest.fixture(scope="module")
def large():
    """Sixty staff in four teams, and as many in a linked organisation."""
    scenario = assumed(4, 15, 104)
    return scenario, burn_in(scenario, [7], threads=1)


@pytest.fixture(scope="module")
def small():
    """Three teams of six, and as many in a linked organisation."""
    scenario = assumed(3, 6, 27)
    return scenario, burn_in(scenario, [8], threads=1)


def test_engine_and_twin_run_the_same_two_years_with_every_mechanism_and_every_event(large):
    scenario, start = large
    happened = Counter()
    simulate_both(begin(start, scenario), scenario, 104, often=True, happened=happened)
    # What became of changes is counted once more by cause, some of which are rare.
    counts = {column.name for column in TABLES["tally"] if column.name != "changes"}
    assert {name for name in counts if happened[name] == 0} == set()


@pytest.mark.parametrize("mechanism", WEEK)
def test_they_run_the_same_with_one_mechanism_alone(small, mechanism):
    scenario, start = small
    alone = scenario.with_(**{f"{name}__enabled": name == mechanism for name in WEEK})
    simulate_both(begin(start, alone), alone, 27)


@pytest.mark.parametrize("mechanism", WEEK)
def test_they_run_the_same_without_one_mechanism(small, mechanism):
    scenario, start = small
    without = scenario.with_(**{f"{mechanism}__enabled": False})
    simulate_both(begin(start, without), without, 27)


@pytest.mark.parametrize("how", OTHERWISE)
def test_they_run_the_same_where_rules_have_another_form(small, how):
    scenario, start = small
    other = scenario.with_(**OTHERWISE[how])
    simulate_both(begin(start, other), other, 27)


def test_they_run_the_same_in_another_order_of_the_week(small):
    scenario, start = small
    order = [process.name for process in ordered("shuffled:4") if process.name in WEEK]
    simulate_both(begin(start, scenario), scenario, 27, order=order)


def test_they_run_the_same_with_teams_of_uneven_sizes():
    roster = Roster((2, 2), ((2, 6, 0, 1, 1), (0, 1, 0, 0, 0), (0, 0, 1, 0, 2), (1, 3, 1, 0, 0)))
    scenario = assumed(4, 6, 27).with_(n_organisations=1, roster=roster)
    simulate_both(begin(burn_in(scenario, [10], threads=1), scenario), scenario, 27)


def test_they_run_the_same_with_two_managers_per_team():
    scenario = assumed(3, 6, 27).with_(managers_per_team=2, improvement_share=0.05, agency_bias=0.2)
    simulate_both(begin(burn_in(scenario, [9], threads=1), scenario), scenario, 27)


def test_the_events_of_the_run_are_of_every_kind():
    events = assumed(4, 15, 104).interventions
    assert {event.action for event in events} >= set(ACTIONS)
    assert {event.teams for event in events} == set(CHOICES)


def test_the_week_has_the_processes_of_the_engine_in_their_order():
    assert [*WEEK, "survey", "record"] == list(PROCESSES)


def test_every_column_that_processes_write_is_compared(small):
    scenario, start = small
    written = {
        column for name in WEEK for column in columns_of(PROCESSES[name]).writes if "*" not in column and "." in column
    }
    apart = {"neighbour.team", "neighbour.ties"}
    compared = comparisons(load(start, scenario), start)
    seen = {f"{table}.{name.partition('.')[0]}" for table, names, _, _ in compared for name in names}
    assert written - apart <= seen


def test_a_difference_is_named_with_table_column_row_and_both_values(small):
    scenario, start = small
    start = begin(start, scenario)
    start.tally[:] = np.zeros(1, dtype=start.tally.dtype)
    mine = load(start, scenario)
    assert differences(mine, start) == []
    mine.teams[1].staff[2].trust = 0.25
    mine.teams[0].practices[3].value = 5
    start.person["trust"][8] = 0.25 + 2e-9
    start.practice["value"][0, 3] = 1
    assert differences(mine, start) == [
        "practice.value, row 3: twin 5.0, engine 1.0",
        "person.trust, row 8: twin 0.25, engine 0.250000002",
    ]


def test_a_rule_that_differs_is_named_by_week_and_process(small):
    scenario, start = small
    cohort = begin(start, scenario)
    cohort.parameters["exhaustion"]["load_weight"] = 0.05
    with pytest.raises(AssertionError, match=r"^week 0, after exhaustion:\nperson\.exhaustion, row 0: twin"):
        simulate_both(cohort, scenario, 1)


def test_people_are_mesa_agents(small):
    scenario, start = small
    mine = load(start, scenario)
    mine.step()
    assert mine.week == 1
    n = {kind: len(agents) for kind, agents in mine.agents_by_type.items()}
    assert n == {StaffMember: 36, Manager: np.sum(start.person["role"] > 0), Patient: len(start.patient)}


def test_the_twin_imports_no_rule_of_the_engine():
    for path in Path(twin.__file__).parent.glob("*.py"):
        if path.name in ("test_twin.py", "loading.py", "comparing.py"):
            continue
        for node in ast.parse(path.read_text()).body:
            names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in getattr(node, "names", [])]
            assert not [name for name in names if name and name.split(".")[0] in ("civicsim", "numpy", "numba")], path
