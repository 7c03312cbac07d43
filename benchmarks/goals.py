"""``python -m benchmarks.goals``: whether the search for policies finds what a grid over two levers shows to be best.

Both try policies on the same organisations and seeds, with the same steps of the levers. A task counts as solved if the best policy
tried that meets the bounds is within 5 % of the best on the grid, of the way from current practice for a measure, or in minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from civicsim.scenario.scenario import Scenario
from civicsim.study.analysis.goals import MINUTES, read_goal
from civicsim.study.analysis.policies import Ground, find_policy, means_of

NEAR, SOON = 0.05, 30.0


class Task(NamedTuple):
    """What is asked, and the two levers that may move."""

    goals: tuple[str, ...]
    levers: tuple[str, str]


TASKS = (
    Task(("closure_share at least +3 points", "minutes least"), ("weight_response", "budget_share")),
    Task(("survey_all_safe most", "burnt_out_share at most +0 points"), ("fear", "permission")),
    Task(("burnt_out_share least", "survey_all_safe at least +3 points"), ("authority", "weight_protected")),
)


def best_on_grid(scenario: Scenario, task: Task, seeds: Sequence[int], steps: int) -> float:
    """Return the best value of what is asked for among all policies of a grid that meet the bounds; NaN if none does."""
    goals = [read_goal(text, scenario.measures) for text in task.goals]
    wanted = next(goal for goal in goals if not goal.bound)
    ground = Ground(scenario, seeds, goals, {})
    values = []
    ends = [10.0 if lever.startswith("weight_") else 1.0 for lever in task.levers]
    for k in range(steps + 1):
        for j in range(steps + 1):
            setting = {lever: end * place / steps for lever, end, place in zip(task.levers, ends, (k, j), strict=True)}
            policy = scenario.with_(**setting)
            means = means_of(policy, ground.values(policy))
            if all(margin >= 0.0 for margin in ground.margins(means)):
                values.append(wanted.sign * means[wanted.name])
    return wanted.sign * max(values, default=float("nan"))


def solve(scenario: Scenario, task: Task, seeds: Sequence[int], trials: int, steps: int = 20) -> dict[str, Any]:
    """Return what search and grid find in a task, and how long the search took."""
    began, used = time.perf_counter(), time.process_time()
    found = find_policy(task.goals, scenario, levers=task.levers, trials=trials, seeds=seeds, draws=0)
    seconds = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - used}
    wanted = next(goal for goal in found.goals if not goal.bound)
    met = found.trials.loc[found.trials["met"], wanted.name]
    best, of_grid = float(wanted.sign * (wanted.sign * met).max()), best_on_grid(scenario, task, seeds, steps)
    # The first trial is current practice.
    scale = of_grid if wanted.name == MINUTES else of_grid - float(found.trials[wanted.name].iloc[0])
    off = wanted.sign * (of_grid - best) / abs(scale)
    return {
        "goals": task.goals,
        "levers": task.levers,
        "found": best,
        "grid": of_grid,
        "off": off,
        "solved": off <= NEAR,
        **seconds,
    }


def main(words: list[str]) -> int:
    """Run the command line and return an exit code: 1 where a task is not solved in time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.goals", description=__doc__)
    parser.add_argument("--teams", type=int, default=6, help="teams of 15")
    parser.add_argument("--trials", type=int, default=100)
    given = parser.parse_args(words)
    os.nice(10)
    scenario = Scenario.preset().with_(n_teams=given.teams)
    found = [solve(scenario, task, range(1, 6), given.trials) for task in TASKS]
    print(json.dumps(found, indent=1))
    return 0 if all(task["solved"] and task["processor_seconds"] < SOON for task in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
