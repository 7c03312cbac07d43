"""Measures are declared in full, and keep to their declarations."""

import inspect
import re

import numpy as np
import pytest
from tools import burnt_in, faults, lively, put, step

import civicsim as cs
from civicsim.experiment.profile import PARTS
from civicsim.experiment.run import begin, simulate
from civicsim.model import recording
from civicsim.model.levers import PURPOSES
from civicsim.model.measures import MEASURES
from civicsim.model.organisation import ADOPTED, FROM_STAFF, FROM_TEAM, PROFESSIONS, RIGHT
from civicsim.model.processes.quality import SAFETY_CRITICAL_WEIGHT
from civicsim.model.processes.quarterly import LOW_KAPPA
from civicsim.model.questions import SURVEY_ITEMS
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance
from civicsim.model.tables import QUALITY_PARTS, VOICES


def test_a_measure_has_a_name_and_a_direction():
    """Labels, help and units: tests/contract/test_labels.py."""

    def check(measure):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", measure.name)
        assert measure.better in ("higher", "lower", "neither")

    assert faults(check, MEASURES.values()) == []


# -- looking changes nothing -----------------------------------------------------------------------------------------

SMALL = cs.Scenario.preset().with_(n_teams=3, burn_in_weeks=20, weeks=45)


@pytest.fixture(scope="module")
def result():
    return cs.run(SMALL, seeds=3)


def test_whatever_is_looked_at_the_state_is_the_same_to_the_byte(result):
    start = cs.burn_in(SMALL, 3)
    looked, unlooked = begin(start, SMALL), begin(start, SMALL)
    simulate(looked, 45, recorder=Recorder(looked, 45, teams=True))
    simulate(unlooked, 45)
    assert looked.state_bytes() == unlooked.state_bytes() == result.cohort.state_bytes()
    before = result.cohort.state_bytes()
    result.to_frame()
    result.summary(["survey_safe"])
    result.causes()
    result.survey_frame()
    result.variance_shares("safety", n_bootstrap=3)
    result.icc_ratio("safety", n_bootstrap=3)
    result.civic_profile()
    assert result.cohort.state_bytes() == before


def test_any_one_measure_gives_what_it_gives_among_all(result):
    together = result.to_frame()
    for name in MEASURES:
        np.testing.assert_array_equal(result.to_frame([name])[name], together[name])


def test_survey_percentages_lie_between_0_and_100(result):
    names = [name for name in MEASURES if name.startswith("survey_")]
    assert len(names) == 2 * len(SURVEY_ITEMS) + 1
    frame = result.to_frame(names)[names]
    assert frame.min().min() >= 0.0
    assert frame.max().max() <= 100.0
    assert not frame.isna().any().any()
    # Ends of intervals do, too.
    assert {MEASURES[name].bounds for name in names} == {(0.0, 100.0)}


# -- parts of quality ------------------------------------------------------------------------------------------------

PARTS_OF_QUALITY = {
    "safety_critical": lambda d: d["safety_critical"] == 1,
    "low_kappa": lambda d: d["kappa"] < LOW_KAPPA,
    "within_team": lambda d: d["cross_boundary"] == 0,
    "cross_boundary": lambda d: d["cross_boundary"] == 1,
    "invisible": lambda d: d["staff_visible"] == 0,
}


@pytest.mark.parametrize("part", PARTS_OF_QUALITY)
def test_a_part_of_quality_is_quality_on_its_dimensions(part, cohort):
    view = step(cohort, "quality", "record").snapshot
    for o in range(cohort.n_organisations):
        dimension = cohort.dimension[o]
        teams = cohort.team["organisation"] == o
        chosen = PARTS_OF_QUALITY[part](dimension)
        weight = np.where(dimension["safety_critical"] == 1, SAFETY_CRITICAL_WEIGHT, 1.0) * chosen
        fits = cohort.practice["value"][teams] == cohort.practice["reality"][teams]
        expected = cohort.team["working"][teams] * (fits * weight).sum(axis=1) / weight.sum()
        assert chosen.any()
        assert view["quality_of"][o, QUALITY_PARTS.index(part)] == pytest.approx(expected.mean())


def test_where_a_part_has_no_dimension_it_is_quality_on_all(cohort):
    own = step(put(cohort, dimension__cross_boundary=0), "quality", "record").snapshot
    for part in ("cross_boundary", "within_team"):
        np.testing.assert_allclose(own["quality_of"][:, QUALITY_PARTS.index(part)], own["quality"])


@pytest.mark.parametrize("part", PARTS_OF_QUALITY)
def test_a_part_of_quality_rises_when_its_dimensions_are_set_right(part, cohort):
    before = step(cohort.copy(), "quality", "record").snapshot["quality_of"][:, QUALITY_PARTS.index(part)]
    better = cohort.copy()
    for o in range(cohort.n_organisations):
        teams = np.flatnonzero(cohort.team["organisation"] == o)
        right = np.ix_(teams, np.flatnonzero(PARTS_OF_QUALITY[part](cohort.dimension[o])))
        better.practice["value"][right] = better.practice["reality"][right]
    found = step(better, "quality", "record").snapshot["quality_of"][:, QUALITY_PARTS.index(part)]
    assert (found >= before).all()
    assert (found > before).any()
    np.testing.assert_allclose(
        found, [better.team["working"][better.team["organisation"] == o].mean() for o in range(3)]
    )


# -- ratings, leavers, hours -----------------------------------------------------------------------------------------


def test_a_rating_misjudges_the_teams_on_the_other_side_of_the_line(cohort):
    line = cohort.parameters["governing"]["inadequate_below"][0]
    cohort.team["quality"] = line + 0.1
    cohort.team["quality"][cohort.organisation["first_team"]] = line - 0.1
    cohort.organisation["inadequate"] = [0, 1, 0]
    np.testing.assert_allclose(step(cohort, "record").snapshot["misrated"], [0.25, 0.75, 0.25])


def test_leavers_are_more_or_less_engaged_than_the_others():
    for motivated, sign in ((0.9, 1), (0.1, -1)):
        cohort = burnt_in(2, burn_in_weeks=5, turnover__exit_exhaustion=5.7)
        put(cohort, p__turnover__exit_rate=0.01, p__motivation__enabled=False, person__motivation=0.5)
        likely = cohort.person["exhaustion"] > np.median(cohort.person["exhaustion"])
        cohort.person["motivation"][likely] = motivated
        cohort.person["exhaustion"][likely] = 1.0
        put(cohort, p__exhaustion__enabled=False)
        recorder = Recorder(cohort, 6)
        simulate(cohort, 6, recorder=recorder)
        gap = MEASURES["leaver_engagement_gap"].summary(recorder.history, 6)
        assert (np.sign(gap) == sign).all()


def test_the_motivation_of_leavers_is_summed_when_they_leave(cohort):
    put(cohort, person__motivation=0.25, p__turnover__exit_rate=1.0)
    step(cohort, "turnover")
    assert cohort.tally["leavers"].sum() > 0
    np.testing.assert_allclose(cohort.tally["leaver_motivation"], 0.25 * cohort.tally["leavers"])


def test_taking_part_is_all_that_is_neither_reporting_nor_working_around(result):
    history = result.history
    hours = MEASURES["hours_participation"].summary(history, 45)
    expected = sum(
        MEASURES[name].summary(history, 45)
        for name in (
            "hours_spent_voice",
            "hours_improvement",
            "hours_settling",
            *(f"hours_spent_{purpose}" for purpose in PURPOSES if purpose != "reporting"),
        )
    )
    np.testing.assert_allclose(hours, expected)
    gap = MEASURES["time_sink_gap"].summary(history, 45)
    np.testing.assert_allclose(gap, MEASURES["hours_failure_demand"].summary(history, 45) - hours)


def test_wrong_own_changes_are_own_changes_less_those_that_fit():
    cohort = lively(3)
    recorder = Recorder(cohort, 40)
    simulate(cohort, 40, recorder=recorder)
    tally = recorder.tally
    changes = tally["changes"].sum(axis=0)
    own = sum(changes[:, ADOPTED, cause] - changes[:, RIGHT, cause] for cause in (FROM_STAFF, FROM_TEAM))
    found = MEASURES["wrong_adoptions"].summary(recorder.history, 40)
    np.testing.assert_allclose(found, own / (4 * 40) * 52)
    assert own.sum() > 0
    per_directive = MEASURES["adoption_per_directive"].summary(recorder.history, 40)
    np.testing.assert_allclose(per_directive, tally["adopted_vertical"].sum(axis=0) / tally["directives"].sum(axis=0))


def test_voice_by_profession_and_standing_is_what_was_voiced_of_what_was_noticed(cohort):
    view = step(cohort, "record").snapshot
    person = cohort.person
    groups = {name: person["profession"] == k for k, name in enumerate(PROFESSIONS)}
    groups |= {"high": person["status"] > 0, "low": person["status"] < 0}
    for name, chosen in groups.items():
        for event in ("noticed", "voiced"):
            for o in range(cohort.n_organisations):
                own = chosen & (person["organisation"] == o) & (person["role"] == 0) & (person["vacant"] == 0)
                found = view[f"{event}_memory"][o, VOICES.index(name)]
                assert found == pytest.approx(person[f"{event}_memory"][own].sum())


def test_incidents_are_a_share_of_harm(result):
    share = MEASURES["incident_share"].summary(result.history)
    assert ((share > 0) & (share < 1)).all()


# -- closure, dissent, and the civic profile -------------------------------------------------------------------------


def test_closure_is_the_share_of_settled_items_that_were_acted_on_or_explained():
    history = Recorder(burnt_in(1, n_teams=1, burn_in_weeks=0), 2).history
    history.tally["acted"], history.tally["explained"], history.tally["silent"] = 1.0, 2.0, 3.0
    assert MEASURES["closure_share"].summary(history) == pytest.approx(0.5)


def test_dissent_survives_in_split_deliberations_that_end_with_the_idea_dropped():
    history = Recorder(burnt_in(1, n_teams=1, burn_in_weeks=0), 2).history
    history.tally["deliberations_split"], history.tally["dissent_won"] = 4.0, 1.0
    assert MEASURES["dissent_survival"].summary(history) == pytest.approx(0.25)


def test_the_civic_profile_has_six_parts_with_intervals_and_no_total(result):
    frame = result.civic_profile(last_weeks=45)
    assert frame["part"].tolist() == list(PARTS)
    assert len(frame) == 6
    assert list(frame.columns) == ["part", "measure", "mean", "low", "high", "n"]
    assert (frame["low"] <= frame["mean"]).all()
    assert (frame["mean"] <= frame["high"]).all()
    assert frame["mean"].between(0, 1).all()
    summary = result.summary(last_weeks=45).mean()
    by_part = frame.set_index("measure")["mean"]
    assert by_part["voice_share"] == pytest.approx(summary["voice_share"])
    assert by_part["voice_gini"] == pytest.approx(1 - summary["voice_gini"])


def test_the_civic_profile_is_neither_a_measure_nor_read_by_any_process():
    assert not [name for name in MEASURES if "civic" in name]
    source = inspect.getsource(recording) + "".join(inspect.getsource(inspect.getmodule(p.step)) for p in cs.WEEK)
    assert "civic_profile" not in source


def test_status_parity_falls_with_the_distance_between_standings(cohort):
    recorder = Recorder(cohort, 1)
    advance(cohort, 1, recorder=recorder)
    history = recorder.history
    values = []
    for low in (0.5, 0.4, 0.2):
        history.snapshot["propensity_high"], history.snapshot["propensity_low"] = 0.5, low
        values.append(float(MEASURES["status_parity"].summary(history)[0]))
    np.testing.assert_allclose(values, [1.0, 0.9, 0.7])
