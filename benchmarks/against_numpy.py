"""The engine against the same core rules in NumPy, on one thread: with all of the model, and with those rules only."""

from __future__ import annotations

from typing import Any

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.numpy_rival import Rival
from benchmarks.places import CORE, core_of, scenario_of, simulate_weeks, started

SIZES = ((600, 1, 104), (600, 10, 26), (6_000, 1, 26), (100_005, 1, 4))
"""Staff, runs, and the weeks simulated each time."""
SETTLING = 26
"""Weeks after which what was switched off has come to rest, so that both start from the same place."""


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of the three at each size, and how many times as long NumPy takes."""
    rows = []
    for staff, runs, weeks in ((60, 2, 4),) if quick else SIZES:
        scenario = scenario_of(staff)
        full, core = started(scenario, runs), started(core_of(scenario), runs)
        simulate_weeks(core, SETTLING)
        rival = Rival(core)
        ways = {
            "full": lambda c=full, w=weeks: simulate_weeks(c, w),
            "core": lambda c=core, w=weeks: simulate_weeks(c, w),
            "numpy": lambda r=rival, w=weeks: r.simulate(w),
        }
        seconds = interleaved(ways, repeats)
        times = {name: timing(taken, full.n_persons * weeks, weeks=weeks) for name, taken in seconds.items()}
        rows.append(
            {
                "staff": staff,
                "runs": runs,
                "persons": full.n_persons,
                **times,
                "numpy_over_core": ratio(times["numpy"], times["core"]),
                "numpy_over_full": ratio(times["numpy"], times["full"]),
            }
        )
    return {"covers": list(CORE), "rows": rows}
