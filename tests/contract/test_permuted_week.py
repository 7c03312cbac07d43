"""The order of the week is a choice: any other order runs too, and keeps everything within bounds."""

import numpy as np
import pytest
from tools import faults, lively, out_of_bounds, small_scenario, uneven_scenario

from civicsim.experiment.run import begin
from civicsim.model.processes.events import Event
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import shocks

ORDERS = {"backwards": list(WEEK[::-1]), "half a week later": [*WEEK[len(WEEK) // 2 :], *WEEK[: len(WEEK) // 2]]}
for _seed in range(12):
    ORDERS[f"shuffled {_seed}"] = [WEEK[k] for k in np.random.default_rng(_seed).permutation(len(WEEK))]


@pytest.fixture(scope="module", params=["even teams", "uneven teams"])
def busy(request):
    """A young place where much happens, three weeks before the end of a quarter."""
    cohort = lively(3, weeks=23, scenario=uneven_scenario() if request.param == "uneven teams" else None)
    assert cohort.week % 13 == 10
    return cohort


def test_any_order_of_the_week_keeps_everything_within_bounds(busy):
    def check(order):
        cohort = busy.copy()
        for _ in range(5):
            advance(cohort, 1, processes=order)
            assert out_of_bounds(cohort) == []

    assert faults(check, ORDERS.values()) == []


def test_any_order_of_the_week_bears_all_shocks_at_once(busy):
    def check(order):
        blocks = [{"name": name, "week": busy.week + k % 3} for k, name in enumerate(shocks())]
        chosen = small_scenario().with_(interventions=Scenario.from_dict({"interventions": blocks}).interventions)
        assert all(isinstance(event, Event) for event in chosen.interventions)
        cohort = advance(begin(busy, chosen), 5, processes=order)
        assert out_of_bounds(cohort) == []

    assert faults(check, ORDERS.values()) == []


def test_any_order_of_the_week_gives_the_same_bytes_each_time_and_for_any_threads(busy):
    def check(order):
        one, two = (advance(busy.copy(), 3, processes=order, threads=n) for n in (1, 3))
        assert one.state_bytes() == two.state_bytes()

    assert faults(check, ORDERS.values()) == []


def test_the_order_of_the_week_makes_a_difference(busy):
    usual = advance(busy.copy(), 5)
    for name, order in ORDERS.items():
        assert advance(busy.copy(), 5, processes=order).state_bytes() != usual.state_bytes(), name


def test_without_any_one_process_the_week_keeps_everything_within_bounds(busy):
    def check(process):
        cohort = advance(busy.copy(), 5, processes=[other for other in WEEK if other is not process])
        assert out_of_bounds(cohort) == []

    assert faults(check, WEEK) == []


def test_the_same_process_twice_a_week_does_no_harm(busy):
    twice = [process for process in WEEK for _ in range(2)]
    assert out_of_bounds(advance(busy.copy(), 5, processes=twice)) == []
