"""Times the workload in civicsim and in other packages, in turn, and checks that all find the same means.

Each package runs in a process and an environment of its own, which uv makes; ``python -m benchmarks --only peers`` measures.
"""

from __future__ import annotations

import contextlib
import copy
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.interleaved import ratio, timing
from benchmarks.peers.objects import SHOWN
from benchmarks.peers.workload import at_start, write
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import STAFF
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance

HERE = Path(__file__).parent
PEERS = {
    "Mesa": ("in_mesa.py", ["--with", "mesa==3.5.1", "--with", "networkx"]),
    "AgentPy": ("in_agentpy.py", ["--with", "agentpy==0.1.5"]),
    "mesa-frames": ("in_mesa_frames.py", ["--python", "3.12", "--with", "mesa-frames==0.1.0a0"]),
    "JAX": ("in_jax.py", ["--with", "jax==0.12.0"]),
}
"""Script of each package, and what uv needs for its environment."""
SIZES = ((600, 26), (6_000, 13))
"""Staff, and the weeks simulated each time."""
SEEDS = 20
"""Runs of civicsim that tell how far means of single runs lie apart."""
MOST_APART = 4.5
"""Standard deviations between runs beyond which a package is not taken to have the same rules. Assumption."""


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of all packages at each size, how many times as long each takes as civicsim, and how far its means are off."""
    rows = []
    for staff, weeks in ((60, 4),) if quick else SIZES:
        start = at_start(staff)
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            file = Path(folder) / "start.npz"
            write(start, file)
            # JAX compiles once for each number of weeks, and all load what they need: not counted.
            peers = {name: stack.enter_context(_peer(name, file)) for name in PEERS}
            first = {name: _ask(peer, weeks) for name, peer in peers.items()}
            found = {name: [answer] for name, answer in first.items() if answer is not None}
            peers = {name: peers[name] for name in found}
            seconds: dict[str, list[float]] = {"civicsim": [], **{name: [] for name in peers}}
            for _ in range(repeats):
                seconds["civicsim"].append(_engine(start, weeks))
                for name, peer in peers.items():
                    answer = _ask(peer, weeks) or {}
                    found[name].append(answer)
                    seconds[name].append(answer["seconds"])
        persons = int(((start.person["role"] == STAFF) & (start.person["vacant"] == 0)).sum())
        times = {name: timing(taken, persons * weeks, weeks=weeks) for name, taken in seconds.items()}
        ours = means(start, weeks, 5 if quick else SEEDS)
        rows.append(
            {
                "staff": staff,
                "persons": persons,
                "missing": sorted(PEERS.keys() - found.keys()),
                **times,
                "over_civicsim": {name: ratio(times[name], times["civicsim"]) for name in peers},
                "means_apart": {
                    name: apart([one["means"] for one in answers], ours) for name, answers in found.items()
                },
            }
        )
    return {"rows": rows, "seeds": SEEDS, "most_apart": MOST_APART}


@contextlib.contextmanager
def _peer(name: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the script of a package, and end it afterwards."""
    script, needs = PEERS[name]
    command = ["uv", "run", "--no-project", "--isolated", "--quiet", *needs, "python", script, str(file)]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        yield peer
        # The end of its input ends it; one that is not there has closed it.
        with contextlib.suppress(BrokenPipeError):
            peer.communicate()


def _ask(peer: subprocess.Popen[str], weeks: int) -> dict[str, Any] | None:
    """Let a package simulate some weeks from the start, and return its seconds and means; None if it does not install here."""
    with contextlib.suppress(BrokenPipeError):
        peer.stdin.write(f"{weeks}\n")
        peer.stdin.flush()
    line = peer.stdout.readline()
    return json.loads(line) if line else None


def _engine(start: Cohort, weeks: int) -> float:
    """Return the seconds that civicsim takes, with its weekly record."""
    cohort = copy.deepcopy(start)
    recorder = Recorder(cohort, weeks)
    began = time.perf_counter()
    advance(cohort, weeks, recorder=recorder)
    return time.perf_counter() - began


def means(start: Cohort, weeks: int, seeds: int) -> list[dict[str, float]]:
    """Return means of all staff in post over the weeks, of runs that differ by their random numbers only."""
    found = []
    for seed in range(seeds):
        cohort = copy.deepcopy(start)
        cohort.organisation["seed"] = seed
        there = (cohort.person["role"] == STAFF) & (cohort.person["vacant"] == 0)
        each = []
        for _ in range(weeks):
            advance(cohort, 1)
            each.append({name: float(cohort.person[name][there].mean()) for name in (*SHOWN, "voiced")})
        found.append({name: float(np.mean([one[name] for one in each])) for name in each[0]})
    return found


def apart(theirs: list[dict[str, float]], ours: list[dict[str, float]]) -> float:
    """Return by how many standard errors a package's means differ from civicsim's: of the measure that differs most."""
    furthest = 0.0
    for name in ours[0]:
        one, other = [row[name] for row in theirs], [row[name] for row in ours]
        # What does not vary between runs is the same but for rounding.
        spread = max(float(np.std(other, ddof=1)), 1e-4)
        error = spread * (1.0 / len(one) + 1.0 / len(other)) ** 0.5
        furthest = max(furthest, abs(float(np.mean(one)) - float(np.mean(other))) / error)
    return furthest
