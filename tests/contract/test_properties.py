"""Properties that hold for every input: what is named, ordered or asked for twice changes no number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import faults, lively, small_scenario, step

from civicsim.experiment.run import run
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.organisation import STAFF
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study

TINY = small_scenario(n_teams=2, team_size=4, burn_in_weeks=2).with_(weeks=6)
MEASURES = ["trust", "load", "quality_true"]


def values_of(scenario, seeds=(1, 2)):
    return run(scenario, list(seeds), threads=1).values(MEASURES)


def assert_same(first, second):
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])


@settings(max_examples=15)
@given(st.sampled_from(sorted(LEVERS)), st.integers(0, 5))
def test_an_intervention_that_sets_what_is_set_changes_nothing(lever, week):
    value = getattr(TINY.levers, lever)
    event = {"week": week, "name": "nothing", "set": {lever: value}}
    changed = Scenario.from_dict({"interventions": [event]}, "test").interventions
    assert_same(values_of(TINY), values_of(TINY.with_(interventions=changed)))


def test_a_title_and_the_name_of_an_event_change_nothing():
    assert_same(values_of(TINY), values_of(TINY.with_(title="Another")))


@settings(max_examples=10)
@given(st.permutations([1, 2, 3, 4]))
def test_seeds_in_any_order_have_the_same_runs(seeds):
    plain, other = values_of(TINY, (1, 2, 3, 4)), values_of(TINY, tuple(seeds))
    for name, values in plain.items():
        np.testing.assert_array_equal(values[np.array(seeds) - 1], other[name])


@settings(max_examples=20)
@given(st.dictionaries(st.sampled_from(sorted(LEVERS)), st.floats(0.0, 1.0), min_size=2, max_size=5), st.randoms())
def test_the_order_in_which_levers_are_set_makes_no_difference(shares, chance):
    values = {
        f"levers.{k}": PARAMETERS[f"levers.{k}"].low
        + x * (PARAMETERS[f"levers.{k}"].high - PARAMETERS[f"levers.{k}"].low)
        for k, x in shares.items()
    }
    names = list(values)
    chance.shuffle(names)
    first, second = TINY, TINY
    for name in values:
        first = first.set(name, values[name])
    for name in names:
        second = second.set(name, values[name])
    assert first.digest == second.digest


def study(styles, folder, **more):
    about = {"question": "q", "seeds": 2, "weeks": 3, "burn_in_weeks": 2, "measures": ["trust", "load"]} | more
    sizes = {"n_teams": 1, "team_size": 4, "n_executives": 1}
    return run_study(Study(styles=styles, factors=sizes, **about), folder, processes=0)


def by_style(store):
    frame = store.to_pandas()
    return frame.sort_values(["style", "seed"])[["style", "seed", "trust", "load"]].reset_index(drop=True)


def test_styles_in_another_order_have_the_same_runs_and_a_study_run_again_adds_nothing(tmp_path):
    names = ["status-quo", "compact", "laissez-faire"]
    store = study(names, tmp_path / "a")
    other = study(names[::-1], tmp_path / "b", baseline="status-quo")
    pd.testing.assert_frame_equal(by_style(store), by_style(other))
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").glob("*.parquet")}
    run_study(store.study, tmp_path / "a", processes=0)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "a").glob("*.parquet")}


BY_PLACE = {"noticing", "exhaustion", "turnover", "ties"}
"""Processes that draw for the people of an organisation in turn, by where they stand."""


def reordered(cohort, order, with_names=True):
    """Return a copy in which the person at each place is the one of ``order``; without names each place keeps its random numbers."""
    own, places = cohort.copy(), np.argsort(order)
    own.person[:], own.problem[:] = cohort.person[order], cohort.problem[order]
    own.ties[:] = np.where(cohort.ties[order] >= 0, places[cohort.ties[order]], cohort.ties[order])
    raisers = cohort.practice["idea_raiser"]
    own.practice["idea_raiser"] = np.where(raisers >= 0, places[raisers], raisers)
    if not with_names:
        own.person["key"] = cohort.person["key"]
    return own


def shuffled(cohort, chance):
    """Return an order of people in which staff are anywhere in their teams, and managers where they were."""
    order, staff = np.arange(cohort.n_persons), cohort.person["role"] == STAFF
    for team in range(len(cohort.team)):
        rows = np.flatnonzero(staff & (cohort.person["team"] == team))
        order[rows] = chance.permutation(rows)
    return order


def test_people_of_a_team_in_another_order_do_the_same():
    cohort = lively(2, weeks=20)
    order = shuffled(cohort, np.random.default_rng(1))
    assert (order != np.arange(cohort.n_persons)).mean() > 0.5

    def check(process):
        plain, other = step(cohort.copy(), process.name), step(reordered(cohort, order), process.name)
        back = reordered(other, np.argsort(order))
        np.testing.assert_array_equal(plain.ties, back.ties)
        for name, table in plain.tables.items():
            for column in table.dtype.names:
                np.testing.assert_allclose(
                    table[column], back.tables[name][column], atol=1e-9, err_msg=f"{name}.{column}"
                )

    assert faults(check, [process for process in WEEK if process.name not in BY_PLACE]) == []


def test_whole_weeks_of_people_in_another_order_are_alike_on_average():
    n, first = 60, lively(60, weeks=8)
    counts = []
    for cohort in (first, reordered(first, shuffled(first, np.random.default_rng(1)), with_names=False)):
        weeks = []
        for _ in range(3):
            advance(cohort, 1, threads=1)
            weeks.append([cohort.tally[name].reshape(n, -1).sum(axis=1) for name in cohort.tally.dtype.names])
        counts.append(np.sum(weeks, axis=0))
    apart = counts[0] - counts[1]
    often = (apart != 0.0).sum(axis=1) >= 20
    assert often.sum() >= 20
    # A t of 4.5 comes up once in some thousand tests of forty counts.
    t = apart[often].mean(axis=1) / (apart[often].std(axis=1, ddof=1) / np.sqrt(n))
    assert np.abs(t).max() < 4.5
