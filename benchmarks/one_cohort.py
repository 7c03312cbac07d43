"""Builds and simulates one cohort, and prints time and memory: run by :mod:`benchmarks.scaling` as a process."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.interleaved import interleaved
from benchmarks.places import simulate_weeks, state_bytes
from civicsim.experiment.run import switch_to
from civicsim.model.building import build
from civicsim.model.cohort import Cohort
from civicsim.model.simulating import advance
from civicsim.scenario.scenario import Scenario


def founded(runs: int, burn_in: int, changes: dict[str, float]) -> tuple[Cohort, float]:
    """Return burnt-in runs of organisations, and the seconds that building them took."""
    scenario = Scenario.preset().with_(**changes, burn_in_weeks=burn_in)
    parts = scenario.structure, scenario.population, scenario.habits, scenario.sections
    # The first build loads compiled code.
    build(parts[0].__class__(n_teams=1), *parts[1:], [1])
    began = time.perf_counter()
    cohort = build(*parts, list(range(1, runs + 1)), -burn_in)
    built = time.perf_counter() - began
    advance(cohort, burn_in)
    return switch_to(cohort, scenario), built


def main(asked: dict) -> dict:
    """Return times of simulating and building, bytes, and peak memory."""
    cohort, built = founded(asked["runs"], asked["burn_in"], asked["changes"])
    seconds = interleaved({"week": lambda: simulate_weeks(cohort, asked["weeks"], asked["threads"])}, asked["repeats"])[
        "week"
    ]
    return {
        "persons": cohort.n_persons,
        "seconds": seconds,
        "build_seconds": built,
        "bytes_per_person": state_bytes(cohort) / cohort.n_persons,
        "peak_bytes": peak_bytes(),
    }


def peak_bytes() -> int:
    """Return the most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's figures on resources include what the parent held before it started this process.
        held = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(held.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
