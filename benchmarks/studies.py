"""Typical waiting times: a thousand stored runs, and thirty replicates after a shared burn-in."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.interleaved import interleaved, timing
from benchmarks.places import scenario_of
from civicsim.experiment.run import burn_in
from civicsim.experiment.run import run as simulate

THOUSAND, REPLICATES = 1_000, 30
LONG_REPEATS = 1
"""A thousand runs take a minute and are done once: their length leaves little to chance."""


def thousand(quick: bool) -> dict[str, Any]:
    """Return how long `civicsim run --seeds 1000` takes with all weeks written to Parquet, burn-in included."""
    seeds = 4 if quick else THOUSAND
    seconds = []
    for _ in range(LONG_REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "civicsim.cli", "run", "--seeds", str(seeds), "--out", folder, "--quiet"]
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - began)
    scenario = scenario_of(600, 260)
    return timing(seconds, runs=seeds, weeks=scenario.weeks, burn_in_weeks=scenario.burn_in_weeks)


def replicates(repeats: int, quick: bool) -> dict[str, Any]:
    """Return how long runs of 300 staff take after a burn-in that was simulated before, on all threads."""
    seeds = 2 if quick else REPLICATES
    scenario = scenario_of(300, 26, weeks=260)
    start = burn_in(scenario, seeds)
    seconds = interleaved({"runs": lambda: simulate(scenario, seeds, start=start)}, repeats)["runs"]
    return timing(seconds, start.n_persons * scenario.weeks, runs=seeds, weeks=scenario.weeks)


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return both waiting times."""
    return {"thousand": thousand(quick), "replicates": replicates(repeats, quick)}
