"""The least that any engine has to do: fetch states along ties, draw a week's numbers, and touch all state once.

And the least that this week takes besides, whose processes come one after another: the exponentials of its equations, and a visit of
each process to every person, to fetch the columns that it declares to read and write, and to add them up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.places import scenario_of, simulate_weeks, started, state_bytes
from civicsim.engine.compiled import compiled
from civicsim.engine.randomness import uniforms_in_turn
from civicsim.model.columns import columns_of
from civicsim.model.rules import exp
from civicsim.model.week import WEEK

SIZES = ((600, 1, 104), (600, 10, 26), (6_000, 1, 26), (100_005, 1, 4))
"""Staff, runs, and the weeks simulated each time."""
CALLS = 6
"""Calls of the generator per person and week, four numbers each: one each for noticing, exhaustion, motivation or
moving, and losing and making ties, and about one for what a problem, an idea or a new tie needs now and then."""
EXPONENTIALS = 5
"""Exponentials per person and week, at least: over four weeks of 600 staff the twin called for 7.8, and up to 2.8 of them are second ones
in logistic functions, of which the engine needs one."""
LIMITS = ("gather", "draw_and_touch")
"""What any engine has to do."""
OF_FEW = ("events", "turnover", "governing", "survey")
"""Processes that write to few of those they read: newcomers, people who are asked, and those whom an event befalls."""

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


@compiled
def _exponentials(weeks: int, calls: int, value: np.ndarray, total: np.ndarray) -> None:
    for _ in range(weeks):
        for call in range(calls):
            for i in range(value.shape[0]):
                total[i] += exp(value[i] - call)


@compiled
def _visit(weeks: int, reads: np.ndarray, writes: np.ndarray, state: np.ndarray) -> None:
    for _ in range(weeks):
        for process in range(reads.shape[0]):
            for i in range(state.shape[0]):
                found = 0.0
                for k in range(reads[process]):
                    found += state[i, k]
                for k in range(writes[process]):
                    state[i, k] = 0.01 * found


def columns_of_people() -> tuple[np.ndarray, np.ndarray]:
    """Return how many columns of every person each process of the week reads, and how many it writes."""
    declared = [columns_of(process) for process in WEEK]
    reads, writes = (
        [sum(name.startswith("person.") for name in getattr(columns, what)) for columns in declared]
        for what in ("reads", "writes")
    )
    written = [0 if process.name in OF_FEW else n for process, n in zip(WEEK, writes, strict=True)]
    return np.array(reads), np.array(written)


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of the engine and of the limits at each size, and how many times as long the engine takes as they do."""
    reads, writes = columns_of_people()
    rows = []
    for staff, runs, weeks in ((60, 1, 4),) if quick else SIZES:
        cohort = started(scenario_of(staff), runs)
        n = cohort.n_persons
        value, total = np.random.default_rng(1).random(n), np.zeros(n)
        state = np.zeros((n, state_bytes(cohort) // n // 8))
        people = np.zeros((n, cohort.tables["person"].dtype.itemsize // 8))
        ways = {
            "engine": lambda c=cohort, w=weeks: simulate_weeks(c, w),
            "gather": lambda c=cohort, w=weeks, v=value, t=total: _gather(w, c.ties, v, t),
            "draw_and_touch": lambda w=weeks, s=state: _draw_and_touch(w, np.uint64(1), CALLS, s),
            "exponentials": lambda w=weeks, v=value, t=total: _exponentials(w, EXPONENTIALS, v, t),
            "visits": lambda w=weeks, s=people: _visit(w, reads, writes, s),
        }
        seconds = interleaved(ways, repeats)
        times = {name: timing(taken, n * weeks, weeks=weeks) for name, taken in seconds.items()}
        limits = {
            f"engine_over_{what}": ratio(times["engine"], timing(_together(seconds, names), n * weeks))
            for what, names in (("limits", LIMITS), ("all", (*LIMITS, "exponentials", "visits")))
        }
        rows.append({"staff": staff, "runs": runs, "persons": n, **times, **limits})
    return {
        "calls_of_the_generator": CALLS,
        "exponentials": EXPONENTIALS,
        "visits": [int(reads.sum()), int(writes.sum())],
        "rows": rows,
    }


def _together(seconds: dict[str, list[float]], names: tuple[str, ...]) -> list[float]:
    """Return the seconds that some ways take one after the other, time by time."""
    return [sum(one) for one in zip(*(seconds[name] for name in names), strict=True)]
