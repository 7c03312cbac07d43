"""Many runs in one process: ``python -m benchmarks.soak`` prints its memory on the way, which has to stay flat.

    python -m benchmarks.soak --runs 500   # fewer than the 10,000

Runs differ in levers, seeds and size; each is simulated alone, as by a script that goes through a list.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import sys
import time
from pathlib import Path

from civicsim.experiment.run import run
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import styles

MORE = 1.05
"""Memory at the end, compared with that after the first tenth, at most."""


def memory() -> float:
    """Return the memory of this process in MiB."""
    gc.collect()
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))[1]) / 1024  # type: ignore[index]


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args(words)
    chance, names, began, first = random.Random(1), sorted(styles()), time.process_time(), 0.0
    for k in range(given.runs):
        sizes = {"n_teams": chance.randint(1, 12), "team_size": chance.randint(1, 15), "burn_in_weeks": 4, "weeks": 26}
        run(Scenario.preset(chance.choice(names)).with_(**sizes, fear=chance.random()), [k], threads=1)
        if (k + 1) % max(1, given.runs // 10) == 0:
            now = memory()
            first = first or now
            print(f"{k + 1:>7,} runs: {now:.0f} MiB, {time.process_time() - began:.0f} s of processor time", flush=True)
    print("flat" if now <= MORE * first else f"grew by {now / first - 1:.0%}")
    return 0 if now <= MORE * first else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
