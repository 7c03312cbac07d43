"""March's organisation, which learns from its people while they learn from it, is reproduced.

March (1991, "Exploration and exploitation in organizational learning", Organization Science 2:71,
doi:10.1287/orsc.2.1.71): 50 people, 30 dimensions, knowledge when nothing is left to learn. The article's text does not
suffice to reproduce its first figure. Rodan (2005, Scandinavian Journal of Management 21:407) had March's program, and
Workiewicz (2019, github.com/Mac13kW/March_1991_Original), whose means over 10,000 runs are ``PUBLISHED``, used it with
a note by Christensen (2015): people are compared with the code by what they do, with a coin tossed where they
believe nothing, and a wrong belief is first unlearned.

``LITERAL`` holds what the text by itself gives, from an independent implementation with 1,500 runs. Three things
differ: people are compared by their beliefs; a wrong belief becomes right at once; and the footnote counts those who
differ from the code minus those who do not, so that who believes nothing agrees with a code that is silent.

Tolerance: 0.015 with 400 runs, whose standard error is at most 0.006.

Turnover and turbulence are tested as directions, after March's fourth and fifth figures.
"""

import numpy as np
import pytest

from civicsim.docking.on_networks import organisational_learning

PUBLISHED = {  # (socialisation p1, codification p2): knowledge
    (0.1, 0.1): 0.8633,
    (0.5, 0.1): 0.7994,
    (0.9, 0.1): 0.8132,
    (0.1, 0.5): 0.9543,
    (0.5, 0.5): 0.8106,
    (0.9, 0.5): 0.7421,
    (0.1, 0.9): 0.9724,
    (0.5, 0.9): 0.8401,
    (0.9, 0.9): 0.7284,
}
LITERAL = {
    (0.1, 0.1): 0.779,
    (0.5, 0.1): 0.749,
    (0.9, 0.1): 0.760,
    (0.1, 0.5): 0.838,
    (0.5, 0.5): 0.725,
    (0.9, 0.5): 0.665,
}


def knowledge(socialisation, codification, runs=400, **settings):
    """Return the code's mean knowledge over time."""
    rates = {"socialisation": socialisation, "codification": codification}
    return np.mean([organisational_learning(**rates, **settings, seed=run).code for run in range(runs)], axis=0)


@pytest.mark.parametrize(("rates", "expected"), PUBLISHED.items())
def test_knowledge_matches_the_published_recreation(rates, expected):
    assert knowledge(*rates)[-1] == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize(("rates", "expected"), LITERAL.items())
def test_knowledge_by_the_text_alone_is_lower(rates, expected):
    literal = knowledge(*rates, actions=False, stride=2)[-1]
    assert literal == pytest.approx(expected, abs=0.015)
    assert literal < PUBLISHED[rates] - 0.03


def test_people_and_code_end_with_the_same_beliefs():
    for run in range(20):
        learning = organisational_learning(socialisation=0.5, codification=0.5, seed=run)
        assert learning.code[-1] == pytest.approx(learning.people[-1])


def test_knowledge_starts_at_nought():
    runs = [organisational_learning(socialisation=0.5, codification=0.5, periods=0, seed=run) for run in range(100)]
    assert all(learning.code[0] == 0.0 for learning in runs)
    assert np.mean([learning.people[0] for learning in runs]) == pytest.approx(0.0, abs=0.02)


def test_slow_learners_leave_the_organisation_wiser_when_the_code_learns_fast():
    slow, middling, fast = (knowledge(rate, 0.9, runs=100)[-1] for rate in (0.1, 0.5, 0.9))
    assert slow > middling > fast


def test_turnover_helps_an_organisation_of_fast_learners():
    without, some = (knowledge(0.9, 0.5, runs=200, turnover=rate, periods=100) for rate in (0.0, 0.1))
    assert some[20] > without[20] + 0.05
    assert some[100] > without[100] + 0.2


def test_turnover_costs_an_organisation_of_slow_learners_knowledge_at_first():
    without, some = (knowledge(0.1, 0.5, runs=200, turnover=rate, periods=20) for rate in (0.0, 0.1))
    assert some[20] < without[20] - 0.02


def test_in_a_changing_world_knowledge_is_lost_unless_people_come_and_go():
    settings = {"runs": 100, "turbulence": 0.02, "periods": 100}
    without, some = (knowledge(0.5, 0.5, turnover=rate, **settings) for rate in (0.0, 0.1))
    assert without[100] < 0.1
    assert some[100] > 0.5
