"""Figures of single results: the distribution over runs, the portrait of the network and the flow of ideas."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from test_figures import assert_nothing_clipped_or_overlapping, words

import civicsim as cs
from civicsim.errors import ScenarioError
from civicsim.experiment.statistics import estimate
from civicsim.model.organisation import STAFF
from civicsim.report.figures import plot_paths, save
from civicsim.report.result_plots import ideas_in_use, places_of, plot_distribution, plot_ideas, plot_network

DRAW = {
    "paths": lambda result, **how: plot_paths({"status quo": result}, "load", **how),
    "distribution": lambda result, **how: plot_distribution(result, "load", **how),
    "network": lambda result, **how: plot_network(result, "safety", **how),
    "ideas": plot_ideas,
}


@pytest.fixture(scope="module")
def result() -> cs.Result:
    sizes = {"n_teams": 6, "team_size": 8, "teams_per_division": 3, "n_executives": 2, "weeks": 40, "burn_in_weeks": 10}
    return cs.run(cs.Scenario.preset("civic-culture").with_(**sizes), seeds=9, events=True)


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("kind", DRAW)
def test_nothing_is_clipped_or_covered(result, kind, width):
    figure = DRAW[kind](result, width=width).figure
    assert_nothing_clipped_or_overlapping(figure)
    assert len(figure.texts[1].get_text()) > 50


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
@pytest.mark.parametrize("kind", DRAW)
def test_every_figure_is_the_same_file_every_time(result, kind, ending, tmp_path):
    first, second = (save(DRAW[kind](result).figure, tmp_path / f"{name}.{ending}", 80).read_bytes() for name in "ab")
    assert first == second


def test_a_result_draws_each_on_the_axes_given(result):
    for draw, given in ((result.plot_distribution, ["load"]), (result.plot_network, []), (result.plot_ideas, [])):
        ax = Figure(figsize=(7, 5), layout="constrained").add_subplot()
        assert draw(*given, ax=ax) is ax
        assert ax.get_title(loc="left")


def test_a_distribution_has_a_dot_per_run_and_the_mean_with_its_interval(result):
    ax = plot_distribution(result, "load", last_weeks=20)
    values = result.summary(["load"], last_weeks=20)["load"]
    (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(dots.get_xdata(), np.sort(values))
    assert dots.get_ydata().min() == 1
    found = estimate(values.to_numpy())
    (mean,) = [line for line in ax.lines if line.get_marker() == "D"]
    (bar,) = [line for line in ax.lines if line.get_marker() == "None"]
    assert mean.get_xdata()[0] == pytest.approx(found.mean)
    np.testing.assert_allclose(bar.get_xdata(), [found.low, found.high])
    assert "run-to-run variation" in words(ax.figure)
    assert ax.get_xlabel() == "hours per contracted hour"


def test_dots_of_equal_runs_are_stacked(result, monkeypatch):
    monkeypatch.setattr(cs.Result, "values", lambda self, measures, last_weeks: {"load": np.array([1.0, 1.0, 2.0])})
    (dots,) = [line for line in plot_distribution(result, "load").lines if line.get_marker() == "o"]
    assert dots.get_xydata().tolist() == [[1.0, 1.0], [1.0, 2.0], [2.0, 1.0]]


def test_a_portrait_has_everyone_once_coloured_by_the_column_and_every_tie(result):
    ax, cohort = plot_network(result, "safety"), result.cohort
    n = int(cohort.organisation["n_persons"][0])
    shown = [own for own in ax.collections if isinstance(own, PathCollection)]
    assert sum(len(own.get_offsets()) for own in shown) == n
    people = cohort.person[:n]
    coloured = np.concatenate([own.get_array() for own in shown if own.get_array() is not None])
    np.testing.assert_allclose(np.sort(coloured), np.sort(people["safety"][people["vacant"] == 0]))
    (ties,) = [own for own in ax.collections if isinstance(own, LineCollection)]
    assert len(ties.get_segments()) == sum(len({int(k) for k in cohort.ties[row] if k > row}) for row in range(n))


def test_people_of_a_team_stand_together_and_no_one_on_another(result):
    place, cohort = places_of(result.cohort), result.cohort
    apart = np.linalg.norm(place[:, None] - place, axis=2) + 9.0 * np.eye(len(place))
    assert apart.min() > 0.4
    people = cohort.person[: len(place)]
    centres = np.array([place[people["team"] == team].mean(axis=0) for team in range(6)])
    own = (people["role"] == STAFF) & (people["team"] >= 0)
    nearest = np.linalg.norm(place[own][:, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, people["team"][own])


def test_the_flow_counts_adopted_ideas_until_they_decay_or_are_replaced(result):
    flow, divisions = ideas_in_use(result)
    ideas = result.ideas()
    mine = ideas[(ideas["seed"] == result.seeds[0]) & (ideas["outcome"] == "adopted")]
    for week in (0, 17, 39):
        ended = mine["fate"].isin(["decayed", "replaced"]) & (mine["week_settled"] <= week)
        assert flow[:, week].sum() == ((mine["week_ended"] <= week) & ~ended).sum()
    assert divisions == ["division 1"] * 3 + ["division 2"] * 3
    assert flow.sum() > 0
    ax = plot_ideas(result)
    assert {"division 1", "division 2"} <= {text.get_text() for text in ax.texts}


def test_what_cannot_be_drawn_is_refused(result):
    with pytest.raises(ScenarioError, match="no column 'safty'; did you mean 'safety'"):
        result.plot_network("safty")
    with pytest.raises(ScenarioError, match="no measure 'lod'"):
        result.plot_distribution("lod")
    with pytest.raises(ScenarioError, match="width = 1000"):
        plot_ideas(result, width=1000)
    with pytest.raises(ValueError, match="events were not logged"):
        cs.run(result.scenario.with_(weeks=1, burn_in_weeks=0)).plot_ideas()
