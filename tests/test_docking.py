"""Docking takes any network and names plainly what it cannot use."""

import networkx as nx
import numpy as np
import pytest
import scipy.sparse

from civicsim.docking.culture import dissemination
from civicsim.docking.graphs import subgroups
from civicsim.docking.learning import interpersonal_learning
from civicsim.docking.on_networks import adoption, binary_choice, influence, mean_field_choice, organisational_learning
from civicsim.errors import CivicsimError


def same_network():
    graph = nx.gnm_random_graph(60, 200, seed=3)
    return graph, nx.to_numpy_array(graph), nx.to_scipy_sparse_array(graph)


def test_a_graph_and_its_matrices_are_one_network():
    by_kind = [adoption(network, [0, 1], thresholds=0.2, noise=0.05, seed=7) for network in same_network()]
    np.testing.assert_array_equal(by_kind[0], by_kind[1])
    np.testing.assert_array_equal(by_kind[0], by_kind[2])
    choices = [binary_choice(network, 3.0, -0.2, sweeps=20, seed=7)[1] for network in same_network()]
    np.testing.assert_array_equal(choices[0], choices[1])
    np.testing.assert_array_equal(choices[0], choices[2])


def test_a_number_of_people_is_a_complete_graph():
    complete = nx.complete_graph(80)
    settings = {"form": "proportional", "internal": 0.2, "external": 0.02, "seed": 5}
    np.testing.assert_array_equal(adoption(80, **settings), adoption(complete, **settings))
    np.testing.assert_array_equal(
        binary_choice(80, 5.0, sweeps=50, seed=5)[1], binary_choice(complete, 5.0, sweeps=50, seed=5)[1]
    )
    start = np.arange(80.0)
    np.testing.assert_array_equal(influence(80, start, steps=3), influence(complete, start, steps=3))


def test_the_same_seed_gives_the_same_answer_and_another_seed_another():
    first, again, other = (adoption(200, [0], form="simple", contagion=0.01, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_an_edge_points_to_whom_one_pays_attention():
    watch = nx.DiGraph([("watcher", "watched")])
    assert adoption(watch, [1], thresholds=1.0).tolist() == [1, 0]
    assert adoption(watch, [0], thresholds=1.0).tolist() == [0, -1]
    assert influence(watch, [0.0, 1.0])[-1].tolist() == [1.0, 1.0]


def test_weights_count_towards_a_threshold():
    weights = np.array([[0.0, 3.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert adoption(weights, [1], thresholds=0.7).tolist()[0] == 1
    assert adoption(weights, [2], thresholds=0.7).tolist()[0] == -1
    assert adoption(weights, [1], thresholds=3.0, count_thresholds=True).tolist()[0] == 1


def test_people_without_contacts_adopt_only_from_outside():
    empty = nx.empty_graph(30)
    assert (adoption(empty, [0], noise=0.5)[1:] == -1).all()
    assert (adoption(empty, [0], external=0.5) >= 0).all()


def test_people_without_contacts_choose_by_appraisal_alone():
    _, share = binary_choice(nx.empty_graph(2000), 8.0, 0.5, sweeps=60)
    assert share[20:].mean() == pytest.approx(1 / (1 + np.exp(-0.5)), abs=0.01)


def test_a_simple_contagion_grows_faster_with_more_contacts():
    few, many = (nx.random_regular_graph(degree, 300, seed=1) for degree in (3, 12))
    duration = [adoption(graph, [0], form="simple", contagion=0.1).max() for graph in (few, many)]
    assert duration[1] < duration[0]


def test_opinions_stay_within_the_range_of_starts_and_anchors():
    rng = np.random.default_rng(2)
    weights = rng.random((20, 20)) * (rng.random((20, 20)) < 0.3)
    start, anchors = rng.random(20), rng.random(20)
    path = influence(weights, start, susceptibility=rng.random(20), anchors=anchors, rate=0.7, steps=50)
    bounds = np.concatenate([start, anchors])
    assert path.min() >= bounds.min()
    assert path.max() <= bounds.max()


def graph_with_a_loner():
    graph = nx.path_graph(3)
    graph.add_node("alone")
    return graph


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: influence(np.ones((2, 3)), [0, 1]), "network"),
        (lambda: influence([[0, -1], [1, 0]], [0, 1]), "network"),
        (lambda: influence([[0, np.nan], [1, 0]], [0, 1]), "network"),
        (lambda: influence(3, [0, 1]), "start"),
        (lambda: influence(2, [0, 1], rate=1.5), "rate"),
        (lambda: influence(2, [0, 1], steps=-1), "steps"),
        (lambda: adoption(0), "network"),
        (lambda: adoption(5, [5]), "seeds"),
        (lambda: adoption(5, [-1]), "seeds"),
        (lambda: adoption(5, form="complx"), "did you mean 'complex'"),
        (lambda: adoption(5, noise=-0.1), "noise"),
        (lambda: adoption(5, thresholds=[0.1, 0.2]), "thresholds"),
        (lambda: adoption(5, seed=-1), "seed"),
        (lambda: binary_choice(5, 1.0, start=0.5), "start"),
        (lambda: binary_choice(5, [1.0, 2.0]), "weight"),
        (lambda: mean_field_choice(5.0, start=2.0), "start"),
        (lambda: organisational_learning(socialisation=2, codification=0.1), "socialisation"),
        (lambda: organisational_learning(socialisation=0.1, codification=0.1, stride=3), "stride"),
        (lambda: organisational_learning(socialisation=0.1, codification=0.1, n_people=0), "n_people"),
        (lambda: dissemination([[0, 1], [1, 0]]), "graph: expected an undirected networkx.Graph .* not list"),
        (lambda: dissemination(nx.DiGraph([(0, 1)])), "graph: expected an undirected .* not DiGraph"),
        (lambda: dissemination(nx.MultiGraph([(0, 1), (0, 1)])), "graph: expected .* not MultiGraph"),
        (lambda: dissemination(nx.Graph()), "graph: expected at least one node"),
        (lambda: dissemination(nx.Graph([("a", "b"), ("b", "b")])), "graph: node 'b' has a tie to itself"),
        (lambda: dissemination(graph_with_a_loner()), "graph: node 'alone' has no neighbour"),
        (lambda: dissemination(nx.path_graph(2), features=0), "features = 0: expected a whole number from 1"),
        (lambda: dissemination(nx.path_graph(2), traits=1), "traits = 1: expected a whole number from 2"),
        (lambda: dissemination(nx.path_graph(2), seed=-1), "seed = -1"),
        (lambda: interpersonal_learning(nx.DiGraph([(0, 1)])), "graph: expected an undirected"),
        (lambda: interpersonal_learning(5), "graph: expected .* not int"),
        (
            lambda: interpersonal_learning(nx.path_graph(2), learning=1.5),
            "learning = 1.5: expected a number from 0 to 1",
        ),
        (lambda: interpersonal_learning(nx.path_graph(2), learning=np.nan), "learning = nan"),
        (lambda: interpersonal_learning(nx.path_graph(2), block=0), "block = 0"),
        (lambda: interpersonal_learning(nx.path_graph(2), block=7), "block = 7: expected a divisor of n_dimensions"),
        (lambda: interpersonal_learning(nx.path_graph(2), n_dimensions=0), "n_dimensions = 0"),
        (lambda: interpersonal_learning(nx.path_graph(2), periods=-1), "periods = -1"),
        (lambda: subgroups(1), "n_groups = 1"),
        (lambda: subgroups(size=1), "size = 1"),
        (lambda: subgroups(rewired=-0.1), "rewired = -0.1: expected a number from 0 to 1"),
    ],
)
def test_what_cannot_be_used_is_named(call, named):
    with pytest.raises(CivicsimError, match=named):
        call()


def test_sparse_matrices_of_either_kind_are_taken():
    array = scipy.sparse.csc_array([[0, 1], [1, 0]])
    matrix = scipy.sparse.coo_matrix([[0, 1], [1, 0]])
    np.testing.assert_array_equal(influence(array, [0, 1]), influence(matrix, [0, 1]))


def test_subgroups_keep_their_ties_and_lose_the_share_that_is_rewired():
    closed, some, open_ = (subgroups(rewired=share, seed=4) for share in (0.0, 0.1, 1.0))
    assert [graph.number_of_edges() for graph in (closed, some, open_)] == [40 * 21] * 3
    across = [np.mean([a // 7 != b // 7 for a, b in graph.edges]) for graph in (closed, some, open_)]
    assert across[0] == 0.0
    assert across[1] == pytest.approx(0.1, abs=3.0 * np.sqrt(0.1 * 0.9 / 840))
    assert across[2] == 1.0


def test_two_pairs_who_are_tied_across_keep_what_cannot_be_rewired():
    for seed in range(20):
        graph = subgroups(2, 2, rewired=1.0, seed=seed)
        assert graph.number_of_edges() == 2
        assert nx.number_of_selfloops(graph) == 0


def test_someone_without_ties_learns_nothing():
    assert (np.diff(interpersonal_learning(nx.empty_graph(5), block=1, periods=20)) == 0.0).all()


def test_two_people_who_learn_at_once_agree_after_two_periods_and_lose_nothing():
    # The worse one takes over all beliefs of the better one but those of 0, and may then know more: the other learns that.
    seeds = range(20)
    two = np.array([interpersonal_learning(nx.path_graph(2), block=1, learning=1.0, periods=6, seed=s) for s in seeds])
    assert (np.diff(two) >= 0.0).all()
    assert (two[:, 2:] == two[:, 2:3]).all()
    assert (two[:, 1] > two[:, 0]).sum() >= 15  # all but those who are equally good


def test_the_same_seed_gives_the_same_cultures_and_lessons():
    for first, again, other in (
        [dissemination(nx.path_graph(6), seed=seed).traits for seed in (1, 1, 2)],
        [interpersonal_learning(subgroups(5, seed=seed), block=1, seed=seed) for seed in (1, 1, 2)],
    ):
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()
