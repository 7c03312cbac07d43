"""How cost grows with staff and with runs, on one thread; and how large everything is."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import Any

from benchmarks.interleaved import timing
from benchmarks.line import fitted
from benchmarks.places import NHS

STAFF = ((105, 260), (300, 104), (600, 104), (3_000, 52), (10_005, 26), (30_000, 12), (100_005, 6), (300_000, 3))
"""Staff of one organisation, and the weeks simulated each time; then comes the NHS."""
NHS_WEEKS = 2
RUNS = ((1, 1040), (10, 260), (100, 104), (1_000, 26), (10_000, 3))
"""Runs of 60 staff in four teams, and the weeks simulated each time."""
FEW = 60


def measured(repeats: int, weeks: int, burn_in: int, runs: int, threads: int = 1, **changes: int) -> dict[str, Any]:
    """Return times and sizes of one cohort, measured in a process of its own, so that peak memory is its own too."""
    asked = {
        "repeats": repeats,
        "weeks": weeks,
        "burn_in": burn_in,
        "runs": runs,
        "threads": threads,
        "changes": changes,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.one_cohort", json.dumps(asked)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    row = timing(found.pop("seconds"), found["persons"] * weeks, weeks=weeks, runs=runs)
    return {**found, **row}


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return a row per size and the lines through them."""
    sizes = ((105, 4), (300, 4)) if quick else STAFF
    staff = [
        {"staff": n, **measured(repeats, weeks, 4 if n > 50_000 else 26, 1, n_teams=n // 15)} for n, weeks in sizes
    ]
    if not quick:
        n = NHS["n_organisations"] * NHS["n_teams"] * 15
        staff.append({"staff": n, **measured(repeats, NHS_WEEKS, 2, 1, **NHS)})
    many = ((1, 4), (10, 4)) if quick else RUNS
    runs = [measured(repeats, weeks, 26 if n < 1_000 else 4, n, n_teams=FEW // 15) for n, weeks in many]
    return {
        "staff": staff,
        "line_in_staff": fitted([row["persons"] for row in staff], [_week(row) for row in staff]),
        "staff_of_each_run": FEW,
        "runs": runs,
        "line_in_runs": fitted([row["runs"] for row in runs], [_week(row) for row in runs]),
    }


def _week(row: dict[str, Any]) -> float:
    """Return the seconds that a week takes."""
    return median(row["seconds"]) / row["weeks"]
