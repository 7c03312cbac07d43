"""Averaging of opinions, with and without an anchor, is reproduced exactly.

Friedkin and Johnsen (1990, Journal of Mathematical Sociology 15:193, doi:10.1080/0022250X.1990.9990069), in the
four-person example of Parsegov, Proskurnikov, Tempo and Friedkin (2017, IEEE Transactions on Automatic Control
62:2270, doi:10.1109/TAC.2016.2613905; arXiv:1505.04920v5, equations 2, 15 and 16): people who start at (25, 25, 75,
85) end at (60, 60, 75, 75) as printed. Tolerance: 1e-6 against the solution of the linear system.

DeGroot (1974, Journal of the American Statistical Association 69:118, doi:10.1080/01621459.1974.10480137): people
agree on a mean whose weights are the stationary distribution, (1/3, 2/3, 0) for the matrix below. Tolerance: 1e-12.
"""

import networkx as nx
import numpy as np
import pytest

from civicsim.docking.on_networks import influence

WEIGHTS = np.array(
    [
        [0.220, 0.120, 0.360, 0.300],
        [0.147, 0.215, 0.344, 0.294],
        [0.000, 0.000, 1.000, 0.000],
        [0.090, 0.178, 0.446, 0.286],
    ]
)
START = np.array([25.0, 25.0, 75.0, 85.0])
SUSCEPTIBILITY = 1.0 - np.diag(WEIGHTS)
MEMORY = np.array([[1 / 2, 1 / 2, 0], [1 / 4, 3 / 4, 0], [1 / 3, 1 / 3, 1 / 3]])


def test_opinions_with_anchors_settle_where_the_linear_system_states():
    end = influence(WEIGHTS, START, susceptibility=SUSCEPTIBILITY, steps=200)[-1]
    others = np.diag(SUSCEPTIBILITY)
    exact = np.linalg.solve(np.eye(4) - others @ WEIGHTS, (np.eye(4) - others) @ START)
    np.testing.assert_allclose(end, exact, atol=1e-6)
    np.testing.assert_allclose(end, [60.0208, 59.9840, 75.0, 74.9862], atol=5e-5)


def test_opinions_with_anchors_round_to_the_published_ones():
    end = influence(WEIGHTS, START, susceptibility=SUSCEPTIBILITY, steps=200)[-1]
    np.testing.assert_array_equal(np.round(end), [60, 60, 75, 75])


def test_the_first_step_is_the_published_recursion():
    first = influence(WEIGHTS, START, susceptibility=SUSCEPTIBILITY)[1]
    expected = SUSCEPTIBILITY * (WEIGHTS @ START) + (1.0 - SUSCEPTIBILITY) * START
    np.testing.assert_allclose(first, expected, rtol=1e-15)


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_slower_movement_ends_in_the_same_place(rate):
    end = influence(WEIGHTS, START, susceptibility=SUSCEPTIBILITY, rate=rate, steps=2000)[-1]
    at_once = influence(WEIGHTS, START, susceptibility=SUSCEPTIBILITY, steps=2000)[-1]
    np.testing.assert_allclose(end, at_once, atol=1e-9)


def test_where_opinions_end_depends_on_anchors_and_not_on_the_start():
    end = influence(WEIGHTS, np.zeros(4), susceptibility=SUSCEPTIBILITY, anchors=START, steps=200)[-1]
    np.testing.assert_allclose(end, [60.0208, 59.9840, 75.0, 74.9862], atol=5e-5)


@pytest.mark.parametrize(("person", "weight"), [(0, 1 / 3), (1, 2 / 3), (2, 0.0)])
def test_without_anchors_all_agree_on_a_weighted_mean(person, weight):
    start = np.eye(3)[person]
    np.testing.assert_allclose(influence(MEMORY, start, steps=200)[-1], weight, atol=1e-12)


def test_a_directed_graph_gives_the_same_opinions_as_its_matrix():
    graph = nx.from_numpy_array(WEIGHTS, create_using=nx.DiGraph)
    by_graph = influence(graph, START, susceptibility=SUSCEPTIBILITY, steps=20)
    by_matrix = influence(WEIGHTS, START, susceptibility=SUSCEPTIBILITY, steps=20)
    np.testing.assert_array_equal(by_graph, by_matrix)
