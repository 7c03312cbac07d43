"""The network of a run as a graph: every person is there, and every tie of the tables."""

from collections import Counter

import networkx as nx
import numpy as np
import pytest

from civicsim.experiment.graphs import to_networkx, write_graphml
from civicsim.experiment.run import burn_in
from civicsim.model.organisation import PROFESSIONS
from civicsim.scenario.scenario import Scenario


@pytest.fixture(scope="module")
def runs():
    sizes = {"n_teams": 3, "team_size": 4, "teams_per_division": 2, "n_executives": 2, "n_organisations": 2}
    return burn_in(Scenario().with_(burn_in_weeks=2, **sizes), [4, 9], threads=1)


@pytest.fixture(scope="module")
def graph(runs):
    return to_networkx(runs, 1, team_layer=True)


def layer(graph, name):
    return [(a, b) for a, b, layer in graph.edges(data="layer") if name in layer.split("+")]


def test_every_person_is_there(runs, graph):
    roles = Counter(role for _, role in graph.nodes(data="role"))
    assert roles == {
        "staff": 24,
        "team manager": 6,
        "divisional manager": 4,
        "executive": 2,
        "chief executive": 2,
        "patient": 12,
    }
    assert graph.graph == {"seed": 9, "week": 0}
    assert {profession for _, profession in graph.nodes(data="profession") if profession} <= set(PROFESSIONS)


def test_places_are_counted_within_the_organisation(graph):
    for name, about in graph.nodes(data=True):
        assert about["organisation"] in (0, 1)
        if about["role"] in ("staff", "team manager", "patient"):
            assert about["team"] in (0, 1, 2), name
            assert about["division"] in (0, 1)
        if about["role"] == "divisional manager":
            assert about["division"] in (0, 1)
            assert "team" not in about


def test_the_line_is_a_tree_up_to_the_chief(graph):
    line = nx.Graph(layer(graph, "line"))
    chiefs = [name for name, role in graph.nodes(data="role") if role == "chief executive"]
    parts = list(nx.connected_components(line))
    assert nx.is_forest(line)
    assert len(parts) == 2
    assert all(sum(chief in part for chief in chiefs) == 1 for part in parts)
    for a, b in layer(graph, "line"):
        assert graph.nodes[a]["organisation"] == graph.nodes[b]["organisation"]


def test_a_team_manager_reports_to_the_manager_of_the_same_division(graph):
    for a, b in layer(graph, "line"):
        roles = {graph.nodes[name]["role"] for name in (a, b)}
        if roles == {"team manager", "divisional manager"}:
            assert graph.nodes[a]["division"] == graph.nodes[b]["division"]


def test_peer_ties_are_those_of_the_table(runs, graph):
    mine = np.flatnonzero(runs.organisation["run"][runs.person["organisation"]] == 1)
    assert len(layer(graph, "peer")) == np.sum(runs.ties[mine] >= 0) / 2
    for a, b in layer(graph, "peer"):
        assert graph.nodes[a]["team"] != graph.nodes[b]["team"]


def test_teams_and_patients_are_tied_to_every_post(graph):
    assert len(layer(graph, "team")) == 6 * 4 * 3 / 2
    assert len(layer(graph, "patient")) == 12 * 4
    for a, b in [*layer(graph, "team"), *layer(graph, "patient")]:
        assert graph.nodes[a]["team"] == graph.nodes[b]["team"]


def test_the_team_layer_is_left_out_by_default(runs):
    assert not layer(to_networkx(runs), "team")


def test_a_run_is_the_same_alone_and_among_others(runs):
    alone = burn_in(
        Scenario().with_(
            burn_in_weeks=2, n_teams=3, team_size=4, teams_per_division=2, n_executives=2, n_organisations=2
        ),
        [9],
        threads=1,
    )
    assert nx.utils.graphs_equal(to_networkx(alone), to_networkx(runs, 1))


def test_graphml_keeps_everything(graph, tmp_path):
    write_graphml(graph, tmp_path / "network.graphml")
    again = nx.read_graphml(tmp_path / "network.graphml")
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert sorted(map(sorted, again.edges)) == sorted(map(sorted, graph.edges))


def test_a_run_that_is_not_there_is_refused(runs):
    with pytest.raises(ValueError, match="run = 2: expected a run of the cohort, from 0 to 1"):
        to_networkx(runs, 2)
