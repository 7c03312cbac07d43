"""The least that any engine has to do: fetch states along ties, draw a week's numbers, and touch all state once."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.places import scenario_of, simulate_weeks, started, state_bytes
from civicsim.engine.compiled import compiled
from civicsim.engine.randomness import uniforms_in_turn

SIZES = ((600, 1, 104), (600, 10, 26), (6_000, 1, 26), (100_005, 1, 4))
"""Staff, runs, and the weeks simulated each time."""
CALLS = 6
"""Calls of the generator per person and week, four numbers each: one each for noticing, exhaustion, motivation or
moving, and losing and making ties, and about one for what a problem, an idea or a new tie needs now and then."""

_AT_ONCE = 512
"""People whose numbers are drawn at once, so that they stay in the processor's nearest cache."""


@compiled
def _gather(weeks: int, ties: np.ndarray, value: np.ndarray, total: np.ndarray) -> None:
    for _ in range(weeks):
        for i in range(ties.shape[0]):
            around = 0.0
            for slot in range(ties.shape[1]):
                j = ties[i, slot]
                if j >= 0:
                    around += value[j]
            total[i] = around


@compiled
def _draw_and_touch(weeks: int, seed: np.uint64, calls: int, state: np.ndarray) -> None:
    for week in range(weeks):
        for start in range(0, state.shape[0], _AT_ONCE):
            rows = min(_AT_ONCE, state.shape[0] - start)
            drawn = np.zeros(rows)
            for item in range(calls):
                u = uniforms_in_turn(seed, np.uint32(0), week, start, rows, item)
                for i in range(rows):
                    drawn[i] += u[0, i] + u[1, i] + u[2, i] + u[3, i]
            for i in range(rows):
                for k in range(state.shape[1]):
                    state[start + i, k] += drawn[i]


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of the engine and of both limits at each size, and how many times as long the engine takes."""
    rows = []
    for staff, runs, weeks in ((60, 1, 4),) if quick else SIZES:
        cohort = started(scenario_of(staff), runs)
        n = cohort.n_persons
        value, total = np.random.default_rng(1).random(n), np.zeros(n)
        state = np.zeros((n, state_bytes(cohort) // n // 8))
        ways = {
            "engine": lambda c=cohort, w=weeks: simulate_weeks(c, w),
            "gather": lambda c=cohort, w=weeks, v=value, t=total: _gather(w, c.ties, v, t),
            "draw_and_touch": lambda w=weeks, s=state: _draw_and_touch(w, np.uint64(1), CALLS, s),
        }
        seconds = interleaved(ways, repeats)
        times = {name: timing(taken, n * weeks, weeks=weeks) for name, taken in seconds.items()}
        both = [a + b for a, b in zip(seconds["gather"], seconds["draw_and_touch"], strict=True)]
        limit = timing(both, n * weeks, weeks=weeks)
        rows.append(
            {"staff": staff, "runs": runs, "persons": n, **times, "engine_over_limits": ratio(times["engine"], limit)}
        )
    return {"calls_of_the_generator": CALLS, "rows": rows}
