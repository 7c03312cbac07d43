"""How long it takes until something comes: compiling, importing, help, and the first result. Each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.interleaved import interleaved, timing

COLD_REPEATS = 2
"""Compiling all takes minutes, so it is done fewer times than the rest."""
IMPORTS = {
    "of the package, by name": "import civicsim as cs; cs.Scenario",
    "of a worker": "import civicsim.experiment.run",
    "of the face in Mesa": "import civicsim.mesa_face.model",
    "of studies": "import civicsim.study.run.runner",
    "of the page": "import civicsim.app.pages",
}
"""What each way in imports before it does anything."""
_ROOT = Path(__file__).parents[1]


def _environment(bytecode: str, kernels: str | None = None) -> dict[str, str]:
    """Return an environment that keeps Python's bytecode in a folder, as an installation does, and kernels where they are or in another."""
    without = ("PYTHONDONTWRITEBYTECODE",) if kernels is None else ("PYTHONDONTWRITEBYTECODE", "NUMBA_CACHE_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    paths = os.pathsep.join(filter(None, [str(_ROOT), kept.get("PYTHONPATH")]))
    cache = {} if kernels is None else {"XDG_CACHE_HOME": kernels}
    return {**kept, **cache, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONPATH": paths}


def _call(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times from the start of a process to its end."""
    with tempfile.TemporaryDirectory() as folder:
        warm = _environment(folder)
        cli = ("-m", "civicsim.cli")
        ways = {
            "civicsim --help": lambda: _call(warm, *cli, "--help"),
            "Python alone": lambda: _call(warm, "-c", "pass"),
            **{f"imports {what}": lambda code=code: _call(warm, "-c", code) for what, code in IMPORTS.items()},
            "civicsim warmup, all compiled": lambda: _call(warm, *cli, "warmup", "--json"),
            "civicsim run --seeds 1": lambda: _call(warm, *cli, "run", "--seeds", "1", "--quiet"),
            "civicsim run (ten runs)": lambda: _call(warm, *cli, "run", "--quiet"),
        }
        times = {name: timing(taken) for name, taken in interleaved(ways, repeats).items()}
    return {"times": times}


def compiling(quick: bool) -> dict[str, Any]:
    """Return how long it takes with empty caches until all is compiled and until a run is there, and what takes the time.

    ``quick`` uses the caches there are.
    """
    cli, seconds, run, about = ("-m", "civicsim.cli"), [], [], {}
    for _ in range(1 if quick else COLD_REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ) if quick else _environment(folder, folder)
            began = time.perf_counter()
            _call(environment, *cli, "run", "--seeds", "1", "--quiet")
            run.append(time.perf_counter() - began)
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ) if quick else _environment(folder, folder)
            began = time.perf_counter()
            about = json.loads(_call(environment, *cli, "warmup", "--json"))
            seconds.append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ) if quick else _environment(folder, folder)
        parts = json.loads(_call(environment, "-c", "from benchmarks.starting import compile_alone; compile_alone()"))
    return {
        **timing(seconds),
        "run": timing(run),
        "alone": parts,
        "functions": about["compiled"],
        "bytes": about["bytes"],
    }


def compile_alone() -> None:
    """Compile the week in this process, one kernel after the other, and print what takes the time, in seconds."""
    from numba.core import event

    from civicsim.experiment.compiling import compile_share, tiny_cohort
    from civicsim.model.recording import Recorder
    from civicsim.model.simulating import advance

    llvm: list[float] = []
    with event.install_timer("numba:llvm_lock", llvm.append):
        began = time.process_time()
        compile_share(0, 1)
        kernels = time.process_time() - began
        cohort = tiny_cohort()
        advance(cohort, 1, recorder=Recorder(cohort, 1, teams=True))
        whole = time.process_time() - began
    print(json.dumps({"kernels": kernels, "week": whole - kernels, "llvm": sum(llvm)}))
