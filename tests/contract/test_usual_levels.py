"""The levels that count as usual are those of the status quo after burn-in."""

import numpy as np
import pytest
from tools import filled_staff, hours_of

import civicsim as cs
from civicsim.experiment.run import burn_in, simulate
from civicsim.model.calendar import QUARTER
from civicsim.model.processes.voice import LINEAR_SLOPE
from civicsim.model.recording import Recorder

TOLERANCE = {
    "usual_voice_share": 0.04,
    "usual_dealt_share": 0.015,
    "usual_openness": 0.04,
    "usual_exhaustion": 0.01,
    "usual_safety": 0.02,
    "usual_efficacy": 0.02,
    "usual_overload": 0.015,
    "usual_tenure": 20.0,
    "usual_influence": 0.01,
    "usual_quality_spread": 0.006,
    "usual_engaged": 0.02,
    "usual_belonging": 0.01,
    "usual_motivation": 0.005,
    "usual_kept": 0.01,
    "usual_answered": 0.015,
    "usual_part": 0.06,
    "usual_directives": 0.06,
    "usual_harm": 0.006,
    "usual_satisfaction": 0.02,
}
"""About twice the standard error over 16 organisations: each has a chief executive of its own."""


@pytest.fixture(scope="module")
def start():
    return burn_in(cs.Scenario.preset(), 16)


@pytest.fixture(scope="module")
def status_quo(start):
    scenario, cohort = cs.Scenario.preset(), start.copy()
    recorder = Recorder(cohort, 104)
    simulate(cohort, 104, recorder=recorder)
    return cs.Result(scenario, list(range(1, 17)), recorder, cohort)


@pytest.fixture(scope="module")
def contract(start):
    """What was kept beyond what was expected, mean of eight quarters: winters are harder to keep promises in."""
    cohort = start.copy()
    return np.mean([simulate(cohort, QUARTER).organisation["contract"].mean() for _ in range(8)])


def test_what_is_called_usual_is_usual(status_quo, contract):
    mean = status_quo.summary(last_weeks=104).mean()
    cohort, enacted = status_quo.cohort, status_quo.history.enacted
    team, person, organisation = cohort.team, cohort.person, cohort.organisation
    reference = cs.Scenario.preset().reference
    with_people = sum(
        hours_of(enacted, "spent", name).mean() for name in ("protected", "peer", "response", "deliberation")
    )
    found = {
        "usual_voice_share": mean["voice_share"],
        "usual_dealt_share": team["dealt_memory"].sum() / team["noticed_memory"].sum(),
        "usual_openness": mean["openness"],
        "usual_exhaustion": mean["exhaustion"],
        "usual_safety": mean["psychological_safety"],
        "usual_efficacy": mean["efficacy"],
        "usual_overload": mean["overload"],
        "usual_tenure": np.median(person["tenure"][filled_staff(cohort)]),
        "usual_influence": 0.5 * mean["agency"] + 0.5 * mean["authority_met"],
        "usual_quality_spread": mean["quality_team_sd"],
        "usual_engaged": with_people / organisation["hours_budget"].mean(),
        "usual_belonging": mean["belonging"],
        "usual_motivation": mean["motivation"],
        "usual_kept": reference.usual_kept + contract,
        "usual_answered": team["answered_share"].mean(),
        "usual_part": (team["originated_memory"] / (1.0 + team["originated_memory"])).mean(),
        "usual_directives": organisation["directive_memory"].mean(),
        "usual_harm": organisation["harm_memory"].mean(),
        "usual_satisfaction": organisation["satisfaction_memory"].mean(),
    }
    gaps = {name: value - getattr(reference, name) for name, value in found.items()}
    assert {name: gap for name, gap in gaps.items() if abs(gap) > TOLERANCE[name]} == {}


def test_the_lever_levels_called_usual_are_the_status_quo_s():
    scenario = cs.Scenario.preset()
    assert scenario.reference.usual_fear == scenario.levers.fear
    assert scenario.reference.usual_permission == scenario.levers.permission
    assert scenario.reference.usual_carrot == scenario.levers.carrot
    assert scenario.reference.usual_invitation == scenario.levers.invitation
    pressure = scenario.levers.fear * scenario.levers.target_salience
    assert scenario.reference.usual_pressure == pytest.approx(pressure)


def test_the_straight_line_of_voice_is_as_steep_as_the_logit_is_on_average(status_quo):
    chance = status_quo.cohort.person["propensity"][filled_staff(status_quo.cohort)]
    assert (chance * (1.0 - chance)).mean() == pytest.approx(LINEAR_SLOPE, abs=0.015)


FORMS = {
    "voice": ("linear", "product"),
    "response": ("linear", "hyperbolic"),
    "learning": ("pearce-hall", "counting"),
    "exhaustion": ("saturating", "threshold"),
}
LEVEL = ("voice_share", "efficacy", "exhaustion", "burnt_out_share", "quality_true", "trust")


@pytest.fixture(scope="module")
def published(start):
    return level({}, start)


def level(changes, start):
    result = cs.run(cs.Scenario.preset().with_(weeks=26, **changes), seeds=16, start=start)
    return result.summary(list(LEVEL), last_weeks=26).mean()


@pytest.mark.parametrize(("rule", "form"), [(rule, form) for rule, forms in FORMS.items() for form in forms])
def test_another_form_of_a_rule_leaves_the_status_quo_at_its_level(start, published, rule, form):
    gaps = level({f"{rule}__form": form}, start) - published
    assert gaps.abs().max() < 0.02, gaps


ANCHORS = {
    "survey_safe": 62,
    "survey_addressed": 50,
    "survey_unsafe_practice": 73,
    "survey_improvements": 55,
    "survey_suggestions": 75,
    "survey_burnt_out": 30,
    "survey_unwell": 42,
    "survey_enough_staff": 32,
    "survey_valued": 70,
    "survey_recognition": 54,
    "survey_leaving": 31,
    "survey_response": 49,
}
"""Percent, NHS Staff Survey, England, 2021 to 2024 (suggestions: 20 points above improvements, 2015); to be verified."""


def test_the_status_quo_answers_the_survey_as_staff_did(status_quo):
    mean = status_quo.summary(list(ANCHORS), last_weeks=52).mean()
    gaps = {name: round(float(mean[name] - share), 1) for name, share in ANCHORS.items()}
    assert {name: gap for name, gap in gaps.items() if abs(gap) > 5} == {}
    assert 15 < mean["survey_suggestions"] - mean["survey_improvements"] < 25
    assert mean["survey_addressed"] < mean["survey_safe"]
