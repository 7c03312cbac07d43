"""The search for policies: goals are read, what a grid shows to be best is found, and answers tell what they reach and cost."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import civicsim as cs
from civicsim.model.levers import NAMES, PURPOSES, Levers
from civicsim.model.measures import MEASURES
from civicsim.report.goals import lever_words
from civicsim.study.analysis import policies
from civicsim.study.analysis.goals import MINUTES, Goal, read_goal
from civicsim.study.analysis.policies import Policies, find_policy, minutes_of, work_of

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.goals import NEAR, Task, solve

SMALL = cs.Scenario.preset().with_(n_teams=3, team_size=10, weeks=40, burn_in_weeks=52)


@pytest.fixture(scope="module")
def found() -> Policies:
    wanted = ["psychological_safety at least +2 points", "burnt_out_share at most +5 points", "minutes least"]
    draws = policies.draws_for(SMALL)[:2]
    return find_policy(wanted, SMALL, trials=25, seeds=3, fresh=4, draws=draws, pay=20.0, threads=1)


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("survey_all_safe at least +10", Goal("survey_all_safe", "at least", 10.0, True)),
        ("survey_all_safe at least 60 %", Goal("survey_all_safe", "at least", 60.0, False)),
        ("burnt_out_share at most +2 points", Goal("burnt_out_share", "at most", 0.02, True)),
        ("burnt_out_share <= −1.5 points", Goal("burnt_out_share", "at most", -0.015, True)),
        ("leaver_rate >= 0.1", Goal("leaver_rate", "at least", 0.1, False)),
        ("  minutes   least ", Goal(MINUTES, "least")),
        ("closure_share most", Goal("closure_share", "most")),
    ],
)
def test_goals_are_read(text, goal):
    assert read_goal(text, MEASURES) == goal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("survey_all_saf at least +10", "did you mean 'survey_all_safe'"),
        ("survey_all_safe up", "expected a measure and what is asked"),
        ("survey_all_safe at least", "expected a measure and what is asked"),
        ("minutes at most 3 points", "not a share"),
        ("weeks_to_response at most 3 points", "not a share"),
        ("burnt_out_share at most 5", "never beyond 1: for hundredths, write '5 %'"),
        ("leaver_rate at least +10", r"never beyond 1: for hundredths, write '\+10 points'"),
        ("survey_all_safe at least 101", "never beyond 100"),
    ],
)
def test_goals_that_mean_nothing_are_refused(text, words):
    with pytest.raises(cs.ScenarioError, match=words):
        read_goal(text, MEASURES)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"levers": ["fea"]}, "did you mean 'fear'"),
        ({"levers": []}, "at least one lever"),
        ({"trials": 0}, "trials = 0"),
        ({"pay": -1}, "pay = -1"),
    ],
)
def test_searches_that_cannot_be_are_refused(more, words):
    with pytest.raises(cs.CivicsimError, match=words):
        find_policy(["minutes least"], SMALL, **more)


def test_margins_are_on_the_wanted_side():
    assert Goal("x", "at least", 2.0, True).margin(13.0, 10.0) == 1.0
    assert Goal("x", "at most", 2.0, True).margin(13.0, 10.0) == -1.0
    assert Goal("x", "at most", 12.0).margin(13.0, 10.0) == -1.0


@pytest.mark.parametrize(
    "task",
    [
        Task(("closure_share at least +2 points", "minutes least"), ("weight_response", "budget_share")),
        Task(("psychological_safety most", "burnt_out_share at most +5 points"), ("fear", "permission")),
    ],
)
def test_what_a_grid_shows_to_be_best_is_found(task):
    about = solve(SMALL, task, [1, 2, 3], trials=40, steps=5)
    # The grid is coarser than the steps of the search, which may do better.
    assert about["off"] <= NEAR
    assert about["solved"]


def test_answers_meet_the_goals_and_no_other_one_beats_them(found):
    table = found.answers
    assert 1 <= len(table) <= 5
    if found.met:
        assert table["met"].all()
    assert table["minutes"].is_monotonic_increasing
    wanted = np.column_stack([-table["minutes"], table["psychological_safety"], -table["burnt_out_share"]])
    for k, own in enumerate(wanted):
        others = np.delete(wanted, k, axis=0)
        assert not ((others >= own).all(axis=1) & (others > own).any(axis=1)).any()
    assert table["robust"].sum() == 1
    assert table.loc[table["robust"], "draws_met"].iloc[0] == table["draws_met"].max()


def test_levers_are_told_in_units_that_a_reader_can_use():
    """Hours are minutes a week, not weights: 45 of them are shared out."""
    more = SMALL.with_(fear=0.1, weight_protected=3.0 * SMALL.levers.weight_protected)
    words = lever_words(more, SMALL)
    minutes = 60.0 * more.hours["protected"]
    assert f"{PURPOSES['protected'].label.lower()} {minutes:.0f} min a week" in words.lower()
    assert "10 %" in words
    assert "weight" not in words
    assert lever_words(SMALL, SMALL) == "no lever moved"
    every = dataclasses.replace(SMALL, levers=Levers(**dict.fromkeys(NAMES, 0.5)))
    assert lever_words(every, SMALL, 2).endswith(
        f"and {sum(getattr(SMALL.levers, name) != 0.5 for name in NAMES) - 2} more"
    )


def test_answers_are_what_fresh_runs_of_them_show(found):
    policy = found.scenario(0)
    row = found.answers.iloc[0]
    assert minutes_of(policy) == pytest.approx(row["minutes"])
    assert row["hours"] == pytest.approx(row["minutes"] / 60.0 * 52.0 * 30)
    assert row["extra_hours"] == pytest.approx((row["minutes"] - minutes_of(SMALL)) / 60.0 * 52.0 * 30)
    assert row["cost"] == pytest.approx(20.0 * row["hours"])
    fresh = [SMALL.seed + 3 + k for k in range(4)]
    pair = cs.compare(SMALL, dataclasses.replace(policy, style="an answer"), seeds=fresh, threads=1)
    shown = pair.table(["psychological_safety"]).iloc[-1]
    assert shown["mean"] == pytest.approx(row["psychological_safety"])
    assert shown["difference"] == pytest.approx(row["psychological_safety_difference"])


def test_same_seed_gives_the_same_answers_and_a_stop_those_found_by_then(found):
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 12

    how = {"trials": 25, "seeds": 3, "fresh": 4, "draws": 0, "threads": 1}
    part = find_policy([*found.goals], SMALL, stop=stop, **how)
    assert part.stopped
    assert not found.stopped
    assert 0 < len(part.trials) <= 12
    pd.testing.assert_frame_equal(part.trials, found.trials.head(len(part.trials)))
    assert part.answers["draws_met"].isna().all()
    assert not part.answers["robust"].any()


def test_goals_out_of_reach_are_told_from_those_met():
    far = find_policy(
        ["psychological_safety at least +90 points"], SMALL, trials=4, seeds=2, fresh=2, draws=0, threads=1
    )
    assert not far.met
    assert [goal.ask for goal in far.goals] == ["at least", "least"]
    assert len(far.answers) >= 1


def test_work_is_what_a_search_reports():
    done = []
    how = {"trials": 6, "seeds": 2, "fresh": 2, "draws": 1}
    found = find_policy(["closure_share most"], SMALL, threads=1, progress=done.append, **how)
    assert len(found.trials) <= 6
    people = cs.burn_in(SMALL.with_(burn_in_weeks=0), [1]).n_persons
    assert 0 < sum(done) <= people * work_of(SMALL, **how)
