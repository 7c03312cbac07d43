"""The whole NHS in one run, simulated in stretches that one thread and all threads take in turn."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from benchmarks.interleaved import ratio, timing
from benchmarks.one_cohort import founded, peak_bytes
from benchmarks.places import NHS
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance, threads_available

WEEKS, STRETCH, BURN_IN = 520, 26, 2


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
    return {
        "persons": cohort.n_persons,
        "weeks": weeks,
        "stretch": stretch,
        "build_seconds": built,
        "peak_bytes": peak_bytes(),
        "threads": {str(threads): row for threads, row in times.items()},
        "one_over_all": ratio(times[1], times[threads_available()]),
    }


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
