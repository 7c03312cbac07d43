"""Memory of the driver of a study, for few and for many runs: it should not grow with their number.

    python benchmarks/driver_memory.py                  1,000 and 20,000 runs, all measures

Prints the most memory that the driver had at once (workers not counted). Exit code 1 if it grows by more than 50 MB.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from civicsim.study.run.runner import run_study

MOST_GROWTH = 50e6


def run(n_runs: int) -> None:
    """Run a study in this process and print what it took."""
    from civicsim.study.design.study import Study

    study = Study(
        question="Does the driver stay small?",
        styles=["status-quo", "civic-culture"],
        seeds=n_runs // 4,
        weeks=2,
        burn_in_weeks=1,
        factors={"n_teams": 1, "team_size": 2, "n_executives": 1, "fear": [0.1, 0.5]},
    )
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        store = run_study(study, Path(folder) / "out", processes=2)
        taken = time.monotonic() - began
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{store.n_done} runs, {taken:.0f} s, {kilobytes * 1024 / 1e6:.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs=2, default=[1_000, 20_000])
    parser.add_argument("--alone", type=int)
    asked = parser.parse_args()
    if asked.alone:
        run(asked.alone)
        return 0
    megabytes = []
    for n in asked.runs:
        # A process of its own, because the most memory of a process never falls.
        command = [sys.executable, __file__, "--alone", str(n)]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        print(printed, end="", flush=True)
        megabytes.append(float(printed.split()[-2]))
    growth = megabytes[1] - megabytes[0]
    print(f"growth: {growth:+.0f} MB")
    return 0 if growth * 1e6 <= MOST_GROWTH else 1


if __name__ == "__main__":
    raise SystemExit(main())
