"""The whole NHS in one run, simulated in stretches that one thread and all threads take in turn."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.interleaved import ratio, timing
from benchmarks.one_cohort import founded, peak_bytes
from benchmarks.places import NHS
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance, threads_available

WEEKS, STRETCH, BURN_IN, APART = 520, 26, 2, 5
"""Weeks, and how often two runs that have nothing to do with each other are timed alone and side by side."""


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of stretches on each number of threads, what one takes over all, and the peak memory of the run.

    It takes minutes and is run once; its stretches are what is repeated.
    """
    sizes = {"n_organisations": 2, "n_teams": 4} if quick else NHS
    asked = json.dumps({"sizes": sizes, "weeks": 8 if quick else WEEKS, "stretch": 2 if quick else STRETCH})
    words = [sys.executable, "-m", "benchmarks.nhs", asked]
    return json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main(sizes: dict[str, float], weeks: int, stretch: int) -> dict[str, Any]:
    """Do the run in this process, so that its peak memory is its own."""
    cohort, built = founded(1, BURN_IN, sizes)
    recorder = Recorder(cohort, weeks)
    each: dict[int, list[float]] = {1: [], threads_available(): []}
    for k in range(weeks // stretch):
        threads = list(each)[k % len(each)]
        began = time.perf_counter()
        advance(cohort, stretch, threads=threads, recorder=recorder)
        each[threads].append(time.perf_counter() - began)
    times = {threads: timing(seconds, cohort.n_persons * stretch) for threads, seconds in each.items()}
    peak = peak_bytes()
    return {
        "persons": cohort.n_persons,
        "weeks": weeks,
        "stretch": stretch,
        "build_seconds": built,
        "peak_bytes": peak,
        "threads": {str(threads): row for threads, row in times.items()},
        "one_over_all": ratio(times[1], times[threads_available()]),
        "machine": unrelated(cohort, stretch // 2),
    }


def unrelated(cohort: Cohort, weeks: int) -> dict[str, float]:
    """Return how many times as fast this machine simulates a run on each core as a single one: no run on all cores can do better."""
    runs = [cohort, *(cohort.copy() for _ in range(threads_available() - 1))]
    alone, beside = list[float](), list[float]()
    with ThreadPoolExecutor(len(runs)) as pool:
        for _ in range(APART):
            began = time.perf_counter()
            advance(cohort, weeks)
            half = time.perf_counter()
            list(pool.map(lambda run: advance(run, weeks), runs))
            alone.append(half - began)
            beside.append((time.perf_counter() - half) / len(runs))
    return ratio(timing(alone), timing(beside))


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
