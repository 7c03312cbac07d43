"""Two threads against one, on a cohort of many organisations."""

from __future__ import annotations

from typing import Any

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.places import scenario_of, simulate_weeks, started

RUNS, WEEKS = 64, 26


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of one thread and of two, and how many times as long one takes."""
    runs, weeks = (8, 4) if quick else (RUNS, WEEKS)
    cohort = started(scenario_of(600), runs)
    ways = {str(n): lambda n=n: simulate_weeks(cohort, weeks, threads=n) for n in (1, 2)}
    times = {n: timing(taken, cohort.n_persons * weeks) for n, taken in interleaved(ways, repeats).items()}
    return {"runs": runs, "persons": cohort.n_persons, "threads": times, "one_over_two": ratio(times["1"], times["2"])}
