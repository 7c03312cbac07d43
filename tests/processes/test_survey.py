"""The staff survey: what people answer, who answers, and that nothing in the model hears of it."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import (
    GRID,
    both,
    burnt_in,
    changed_columns,
    constant,
    falling,
    out_of_bounds,
    put,
    record,
    rising,
    shares,
    step,
)

import civicsim as cs
from civicsim.engine.parameters import declared
from civicsim.experiment.run import begin
from civicsim.model.columns import columns_of
from civicsim.model.measures import MEASURES
from civicsim.model.processes import survey, turnover
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.survey import (
    Parameters,
    agreement_of,
    answer,
    can_improve,
    can_suggest,
    is_due,
    recognised,
    response_probability,
    secure_about_practice,
    staffed,
    wish_to_leave,
)
from civicsim.model.questions import QUESTIONS, SURVEY_ITEMS
from civicsim.model.simulating import advance
from civicsim.model.tables import PERSON, TABLES
from civicsim.model.week import WEEK

SURVEY_WEEK = 40
ITEMS = pytest.mark.parametrize("item", SURVEY_ITEMS)
OWN = {"organisation.n_surveys", "snapshot.survey_response", "snapshot.survey", "snapshot.survey_all"} | {
    f"person.answer_{name}" for name in SURVEY_ITEMS
}


def asked(cohort, **changes):
    """Return a copy in which some things are set and staff are surveyed."""
    own = cohort.copy()
    own.week = SURVEY_WEEK
    return step(put(own, **changes), "survey")


def share(cohort, item, kind="survey_all"):
    """Return the mean percentage over organisations."""
    return float(cohort.snapshot[kind][:, SURVEY_ITEMS.index(item)].mean())


# -- equations -------------------------------------------------------------------------------------------------------


def test_every_question_has_its_columns_and_the_other_way_round():
    assert tuple(question.name for question in QUESTIONS) == SURVEY_ITEMS
    assert {f"answer_{name}" for name in SURVEY_ITEMS} <= {column.name for column in PERSON}


def test_answers_rise_with_agreement_and_those_above_the_threshold_count():
    agreement = [-1.0, 0.24, 0.26, 0.44, 0.46, 0.5, 0.5001, 0.64, 0.66, 2.0]
    assert [both(answer, x, 0.5, 0.15) for x in agreement] == [1, 2, 2, 3, 3, 3, 4, 4, 5, 5]


@given(st.floats(-1, 2), shares, st.floats(0.01, 0.5))
def test_an_answer_is_one_of_five_and_counts_only_above_the_threshold(agreement, threshold, width):
    found = both(answer, agreement, threshold, width)
    assert 1 <= found <= 5
    assert (found >= survey.COUNTS_FROM) == (agreement > threshold)


def test_unsafe_practice_is_raised_more_by_the_safe_and_by_those_who_care_for_patients():
    assert rising(secure_about_practice(0.3, x, 0.5) for x in GRID)
    assert rising(secure_about_practice(0.3, 0.5, x) for x in GRID)
    assert constant(secure_about_practice(0.0, 0.5, x) for x in GRID)


def test_improvements_follow_agency_authority_and_what_came_of_own_items():
    assert rising(can_improve(0.3, x, 0.5, 0.5) for x in GRID)
    assert rising(can_improve(0.3, 0.5, x, 0.5) for x in GRID)
    assert rising(can_improve(0.3, 0.5, 0.5, x) for x in GRID)
    assert constant(can_improve(0.0, 0.5, 0.5, x) for x in GRID)


def test_suggestions_follow_readiness_norm_and_openness():
    for place in range(3):
        assert rising(can_suggest(*(x if k == place else 0.5 for k in range(3))) for x in GRID)


def test_enough_staff_rises_with_filled_posts_and_falls_with_load():
    assert rising(staffed(0.35, x, 1.0) for x in GRID)
    assert falling(staffed(0.35, 0.9, x) for x in (0.5, 0.9, 1.0, 1.3, 2.0))
    assert constant(staffed(0.0, 0.9, x) for x in (0.5, 1.0, 2.0))
    assert staffed(0.35, 1.0, 1.0) == 0.5
    assert math.isfinite(staffed(0.35, 1.0, 0.0))


def test_recognition_follows_belonging_and_answers():
    assert rising(recognised(x, 0.5) for x in GRID)
    assert rising(recognised(0.5, x) for x in GRID)


def test_thoughts_of_leaving_go_with_the_chance_of_leaving():
    q = record(turnover.Parameters())
    states = [(e, t, x) for e in GRID for t in GRID for x in GRID]
    wish = np.array([wish_to_leave.py_func(q, 0.505, *state) for state in states])
    hazard = np.array([turnover.exit_hazard.py_func(q, 0.505, *state) for state in states])
    np.testing.assert_allclose(wish, 0.5 + 0.25 * np.log(hazard / q.exit_rate), atol=1e-12)


@given(shares, st.floats(-5, 5), shares)
def test_the_chance_of_answering_is_a_share_and_the_rate_at_usual_exhaustion(rate, slope, exhaustion):
    assert 0.0 <= both(response_probability, rate, slope, exhaustion, 0.5) <= 1.0
    assert response_probability(rate, slope, 0.5, 0.5) == pytest.approx(rate)


def test_the_exhausted_answer_less_or_more_as_the_slope_states():
    assert falling(response_probability(0.5, 2.0, x, 0.5) for x in GRID)
    assert constant(response_probability(0.5, 0.0, x, 0.5) for x in GRID)
    assert rising(response_probability(0.5, -2.0, x, 0.5) for x in GRID)


def test_a_survey_is_due_once_in_every_so_manyth_year_and_in_the_first():
    assert [week for week in range(-104, 156) if is_due(week, 40, 1)] == [-64, -12, 40, 92, 144]
    assert [week for week in range(-104, 156) if is_due(week, 40, 2)] == [-64, 40, 144]
    for years in range(1, 11):
        assert [week for week in range(52) if is_due(week, 13, years)] == [13]


# -- what people answer ----------------------------------------------------------------------------------------------

DIRECTIONS = [
    ("safe", "person__safety", "up"),
    ("addressed", "person__efficacy", "up"),
    ("unsafe_practice", "person__safety", "up"),
    ("unsafe_practice", "person__alignment", "up"),
    ("improvements", "person__agency", "up"),
    ("improvements", "organisation__authority_enacted", "up"),
    ("improvements", "person__acted_memory", "up"),
    ("suggestions", "person__propensity_memory", "up"),
    ("suggestions", "person__norm", "up"),
    ("suggestions", "manager__openness", "up"),
    ("burnt_out", "person__exhaustion", "up"),
    ("unwell", "person__exhaustion", "up"),
    ("enough_staff", "person__load", "down"),
    ("valued", "person__belonging", "up"),
    ("recognition", "person__belonging", "up"),
    ("recognition", "person__answered_memory", "up"),
    ("leaving", "person__exhaustion", "up"),
    ("leaving", "person__trust", "down"),
    ("leaving", "person__belonging", "down"),
    ("harassed", "organisation__fear_enacted", "up"),
    ("harassed", "manager__openness", "down"),
]


@pytest.mark.parametrize(("item", "state", "way"), DIRECTIONS)
def test_each_question_is_answered_from_its_states(item, state, way, crowd):
    low, high = (share(asked(crowd, **{state: value}), item) for value in (0.1, 0.9))
    assert (high > low) if way == "up" else (high < low)


def test_empty_posts_leave_too_few_staff(crowd):
    half = crowd.copy()
    half.person["vacant"][::2] = 1
    assert share(asked(half), "enough_staff") < share(asked(crowd), "enough_staff")


def test_without_noise_and_with_everyone_answering_burnt_out_means_what_the_model_means(cohort):
    own = asked(cohort, p__survey__noise=0.0, p__survey__response_rate=1.0)
    filled = own.person["vacant"] == 0
    for o in range(own.n_organisations):
        here = filled & (own.person["organisation"] == o)
        burnt = 100 * (own.person["exhaustion"][here] > BURNT_OUT).mean()
        for kind in ("survey", "survey_all"):
            assert own.snapshot[kind][o, SURVEY_ITEMS.index("burnt_out")] == pytest.approx(burnt)
        assert own.snapshot["survey_response"][o] == 100.0


@ITEMS
def test_a_higher_threshold_is_passed_by_fewer(item, crowd):
    if item == "burnt_out":
        assert not [name for name in declared(Parameters, "survey") if name.startswith(item)]
        return
    usual = getattr(Parameters(), f"{item}_threshold")
    thresholds = (usual + x for x in (-0.15, -0.05, 0.05, 0.15))
    assert falling(share(asked(crowd, **{f"p__survey__{item}_threshold": x}), item) for x in thresholds)


@ITEMS
def test_more_noise_moves_shares_towards_a_half(item, crowd):
    """With thresholds such that shares are far from a half."""
    line = {} if item == "burnt_out" else {f"p__survey__{item}_threshold": 0.75}
    far = [abs(share(asked(crowd, p__survey__noise=x, **line), item) - 50) for x in (0.05, 0.3, 0.8, 2.0)]
    assert falling(far)


@ITEMS
def test_percentages_are_those_of_the_answers(item, cohort):
    own = asked(cohort)
    for o in range(own.n_organisations):
        answers = own.person[f"answer_{item}"][own.person["organisation"] == o]
        given_ = answers[answers > 0]
        assert own.snapshot["survey"][o, SURVEY_ITEMS.index(item)] == pytest.approx(100 * (given_ >= 4).mean())
        posts = (own.person["organisation"] == o) & (own.person["vacant"] == 0)
        assert own.snapshot["survey_response"][o] == pytest.approx(100 * len(given_) / posts.sum())


def test_who_answers_answers_every_question_and_empty_posts_none(cohort):
    own = asked(cohort)
    answers = np.stack([own.person[f"answer_{name}"] for name in SURVEY_ITEMS])
    given_ = answers > 0
    assert (given_.all(axis=0) == given_.any(axis=0)).all()
    assert not given_[:, own.person["vacant"] == 1].any()
    assert given_.any()
    assert set(np.unique(own.person["answer_unwell"])) == {0, 1, 5}


def test_managers_are_asked_too(crowd):
    own = asked(crowd)
    assert (own.person["answer_safe"][own.person["role"] > 0] > 0).any()


def test_those_above_teams_look_at_the_staffing_of_all_teams(cohort):
    n, n_staff = int(cohort.organisation["n_persons"][0]), int(cohort.organisation["n_staff"][0])
    cohort.person["vacant"] = 0
    cohort.person["load"] = 1.0
    cohort.person["vacant"][:10] = 1
    org, q, leaving = (
        table[0] for table in (cohort.organisation, *(cohort.parameters[k] for k in ("survey", "turnover")))
    )
    agrees = agreement_of(org, q, leaving, 0.5, cohort.team, cohort.person, cohort.manager)
    found = agrees[SURVEY_ITEMS.index("enough_staff")]
    weight = Parameters().staffing_weight
    teams = int(cohort.organisation["n_teams"][0])
    assert found[n_staff] == pytest.approx(staffed(weight, 0.0, 1.0))
    assert found[n_staff + 1] == pytest.approx(0.5)
    assert found[n - 1] == pytest.approx(staffed(weight, 1 - 10 / n_staff, 1.0))
    assert teams * 10 == n_staff


# -- who answers -----------------------------------------------------------------------------------------------------


def test_the_response_rate_is_as_set(crowd):
    for rate in (0.2, 0.5, 0.8):
        own = asked(crowd, p__survey__response_rate=rate, p__survey__response_exhaustion=0.0)
        assert own.snapshot["survey_response"].mean() == pytest.approx(100 * rate, abs=3)


def test_when_the_exhausted_do_not_answer_the_survey_looks_better_than_it_is(crowd):
    silent, loud = (asked(crowd, p__survey__response_exhaustion=slope) for slope in (5.0, -5.0))
    for item in ("burnt_out", "unwell", "leaving"):
        assert share(silent, item, "survey") < share(silent, item) - 2
        assert share(loud, item, "survey") > share(loud, item) + 2


def test_when_no_one_answers_what_was_reported_last_stands(cohort):
    before = asked(cohort)
    now = asked(before, p__survey__response_rate=0.0, person__safety=0.0)
    np.testing.assert_array_equal(now.snapshot["survey"], before.snapshot["survey"])
    assert (now.snapshot["survey_response"] == 0.0).all()
    assert share(now, "safe") < share(before, "safe")
    assert (now.person["answer_safe"] == 0).all()


def test_where_everyone_is_gone_the_survey_asks_no_one(cohort):
    own = asked(cohort, person__vacant=1)
    assert (own.snapshot["survey_response"] == 0.0).all()
    assert out_of_bounds(own) == []


def test_who_answers_does_not_depend_on_what_is_asked_or_how(cohort):
    a, b = asked(cohort), asked(cohort, p__survey__noise=0.7, p__survey__safe_threshold=0.9)
    np.testing.assert_array_equal(a.person["answer_safe"] > 0, b.person["answer_safe"] > 0)
    np.testing.assert_array_equal(a.snapshot["survey_response"], b.snapshot["survey_response"])


# -- when they are asked ---------------------------------------------------------------------------------------------


def test_staff_are_asked_in_the_first_week_of_all_and_then_once_a_year():
    cohort = burnt_in(2, n_teams=2, burn_in_weeks=1)
    assert (cohort.organisation["n_surveys"] == 1).all()
    counts = []
    for _ in range(104):
        advance(cohort, 1)
        counts.append(int(cohort.organisation["n_surveys"][0]))
    assert counts.index(2) == SURVEY_WEEK
    assert counts[-1] == 3


def test_a_run_without_burn_in_has_a_survey_from_its_first_week_on():
    result = cs.run(cs.Scenario.preset().with_(n_teams=3, burn_in_weeks=0, weeks=2))
    frame = result.to_frame([f"survey_{name}" for name in SURVEY_ITEMS])
    assert frame["survey_safe"].iloc[0] > 0
    assert not frame.isna().any().any()


def test_off_no_one_is_asked(cohort):
    before = cohort.copy()
    before.week = SURVEY_WEEK
    own = asked(cohort, p__survey__enabled=False, organisation__n_surveys=0)
    assert changed_columns(before, own) <= {"organisation.n_surveys", "tally"} | {
        name for name in changed_columns(before, own) if name.startswith("tally.")
    }
    assert (own.organisation["n_surveys"] == 0).all()


# -- nothing hears of it ---------------------------------------------------------------------------------------------


def test_with_or_without_the_survey_everything_else_is_the_same_to_the_byte():
    plain = burnt_in(4, burn_in_weeks=30)
    off = put(plain.copy(), p__survey__enabled=False)
    left_out = plain.copy()
    advance(plain, 60)
    advance(off, 60)
    advance(left_out, 60, processes=[process for process in WEEK if process.name != "survey"])
    for other in (off, left_out):
        changed = changed_columns(plain, other)
        assert changed
        assert changed <= OWN


def test_answers_do_not_feed_back():
    plain = burnt_in(4, burn_in_weeks=30)
    other = put(plain.copy(), **{f"person__answer_{name}": 3 for name in SURVEY_ITEMS})
    advance(plain, SURVEY_WEEK + 1)
    advance(other, SURVEY_WEEK + 1)
    # By then staff have been asked again, and nothing is left of the answers put in.
    assert changed_columns(plain, other) == set()


def test_the_survey_reads_only_what_it_declares(cohort):
    rng = np.random.default_rng(3)
    cohort.week = SURVEY_WEEK
    usual = step(cohort.copy(), "survey")
    columns = columns_of(survey.PROCESS)
    declared_ = {*columns.reads, *columns.writes}
    shape = {"organisation", "first_team", "n_posts", "role", "manager", "superior", "team"}
    for table in ("organisation", "team", "person", "manager"):
        for column in TABLES[table]:
            if column.kind != "real" or f"{table}.{column.name}" in declared_ or column.name in shape:
                continue
            other = cohort.copy()
            other.tables[table][column.name] = rng.random(other.tables[table][column.name].shape)
            found = changed_columns(usual, step(other, "survey"))
            assert found <= {f"{table}.{column.name}"}, column.name


# -- no style can set what is answered -------------------------------------------------------------------------------


def test_no_parameter_of_the_survey_is_a_lever():
    about = declared(Parameters, "survey")
    assert {p.role for name, p in about.items() if name.endswith("_threshold")} == {"uncertainty"}
    assert not [name for name, p in about.items() if p.role == "lever"]


def test_no_shipped_style_changes_the_survey_and_a_style_that_tries_is_refused(tmp_path):
    for style in cs.styles():
        assert cs.Scenario.preset(style).survey == Parameters()
    path = tmp_path / "flattering.toml"
    path.write_text("[survey]\nsafe_threshold = 0.1\n")
    with pytest.raises(cs.ScenarioError, match="levers only"):
        cs.Scenario.preset(str(path))
    path.write_text("[levers]\nsafe_threshold = 0.1\n")
    with pytest.raises(cs.ScenarioError, match="safe_threshold"):
        cs.Scenario.preset(str(path))


def test_two_styles_with_the_same_states_get_the_same_answers(cohort):
    a = begin(cohort, cs.Scenario.preset("command"))
    b = begin(cohort, cs.Scenario.preset("civic-culture"))
    for own in (a, b):
        own.week = SURVEY_WEEK
        step(own, "survey")
    assert {name for name in changed_columns(a, b) if name in OWN} == set()


# -- what is handed out ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result():
    return cs.run(cs.Scenario.preset().with_(n_teams=4, n_organisations=2, burn_in_weeks=30, weeks=52), seeds=2)


def test_the_table_of_answers_has_a_row_per_person_who_answered_and_no_names(result):
    frame = result.survey_frame()
    person = result.cohort.person
    assert list(frame.columns) == ["seed", "organisation", "team", "profession", "role", *SURVEY_ITEMS]
    assert len(frame) == (person["answer_safe"] > 0).sum()
    assert frame[list(SURVEY_ITEMS)].min().min() >= 1
    assert frame[list(SURVEY_ITEMS)].max().max() <= 5
    assert set(frame["seed"]) == {1, 2}
    assert set(frame["organisation"]) == {0, 1}
    assert set(frame.loc[frame["role"] == "staff", "team"]) <= set(range(4))
    assert (frame.loc[frame["role"] == "executive", "team"] == -1).all()


@ITEMS
def test_the_table_of_answers_gives_the_reported_shares(item, result):
    frame = result.survey_frame()
    found = frame.assign(counts=100.0 * (frame[item] >= 4)).groupby(["seed", "organisation"])["counts"].mean()
    last = result.to_frame([f"survey_{item}"]).groupby(["seed", "organisation"]).last()
    np.testing.assert_allclose(found, last[f"survey_{item}"])


@ITEMS
def test_each_question_has_measures_that_name_it(item):
    question = next(q for q in QUESTIONS if q.name == item)
    for name in (f"survey_{item}", f"survey_all_{item}"):
        about = MEASURES[name]
        assert about.unit == "%"
        assert about.better == question.better
        assert question.asks in about.help
        assert "NHS Staff Survey question" in about.help


def test_figures_that_were_not_read_at_their_source_say_so():
    assert "to be verified" in declared(Parameters, "survey")["response_rate"].source
    assert all(dataclasses.asdict(question)["from_states"] for question in QUESTIONS)
