"""Two threads against one: on many runs, and within one run of a large organisation and of linked ones."""

from __future__ import annotations

from typing import Any

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.places import scenario_of, simulate_weeks, started
from civicsim.model.cohort import Cohort

RUNS, WEEKS = 64, 26
LARGE = 100_005
LINKED = {"n_organisations": 40, "n_teams": 450}
"""Forty linked organisations of about 7,000 staff, a fifth of the English NHS."""
WEEKS_OF_LARGE = 8


def _measured(cohort: Cohort, weeks: int, repeats: int) -> dict[str, Any]:
    ways = {str(n): lambda n=n: simulate_weeks(cohort, weeks, threads=n) for n in (1, 2)}
    times = {n: timing(taken, cohort.n_persons * weeks) for n, taken in interleaved(ways, repeats).items()}
    return {"persons": cohort.n_persons, "threads": times, "one_over_two": ratio(times["1"], times["2"])}


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of one thread and of two, and how many times as long one takes, for each kind of run."""
    runs, weeks = (8, 4) if quick else (RUNS, WEEKS)
    linked = {"n_organisations": 2, "n_teams": 300} if quick else LINKED
    large = 10_000 if quick else LARGE
    return {
        "runs": runs,
        **_measured(started(scenario_of(600), runs), weeks, repeats),
        "within": {
            "one organisation": _measured(started(scenario_of(large, 8)), WEEKS_OF_LARGE, repeats),
            "linked organisations": _measured(started(scenario_of(600, 8, **linked)), WEEKS_OF_LARGE, repeats),
        },
    }
