"""A study of a million runs on a cluster of a hundred workers that sleep instead of simulating.

    python -m benchmarks.million                     10^6 points, killed once after a third, resumed, merged
    python -m benchmarks.million --points 20000      fewer

All but simulating is real: the plan, the scheduler of Dask, what workers write, the driver, and the merge. Prints the seconds of each
phase, the most memory of the driver at its start and at its end, and the time per run of everything but simulating. Exit code 1 if the
driver grows by more than 100 MB while it works, or a run costs more than 0.3 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from civicsim.study.design.study import Study
from civicsim.study.run.executors import dask_executor
from civicsim.study.run.runner import Standing, run_study
from civicsim.study.run.worker import Report, Task, load_protocol
from civicsim.study.store.files import chunk_key, packed, write_part
from civicsim.study.store.tables import PARTS, schemas_of

WORKERS = 100
PER_RUN = 0.001
"""Seconds that a worker sleeps for a run: about those of 60 staff over a year on one core."""
MOST_GROWTH, MOST_MILLISECONDS = 100.0, 0.3
_STARTED = "started"
_LOADING = threading.Lock()


def study_of(points: int) -> Study:
    """Return a study of so many points, each with one seed."""
    return Study(
        question="Does a million runs fit?",
        styles=["status-quo", "civic-culture"],
        seeds=1,
        weeks=52,
        burn_in_weeks=0,
        factors={"n_teams": 4, "team_size": 15, "n_executives": 1},
        design={"draws": points // 2},
        uncertainties={"levers.fear": {"low": 0.0, "high": 0.9}, "levers.authority": {"low": 0.0, "high": 0.9}},
        measures=["burnt_out_share", "voice_share", "quality_true"],
    )


def rest(task: Task) -> Report:
    """Sleep for the runs of a chunk, and write made-up results as a worker writes those of a simulation."""
    # Workers on other machines load it side by side; here they share a process.
    with _LOADING:
        protocol = load_protocol(task.folder, task.stamp.study)
    time.sleep(PER_RUN * len(task.runs))
    point, seed = (np.array(column) for column in zip(*task.runs, strict=True))
    values = np.random.default_rng(task.runs[0][0]).random((len(point), len(protocol.columns)))
    schema = schemas_of(protocol)["runs"]
    keys = {"point": point, "seed": seed}
    names = [field.name for field in schema if field.type != pa.float64()]
    rows = packed([pa.array(keys[name], schema.field(name).type) for name in names], values, schema)
    order = np.lexsort((point, seed))
    write_part(Path(task.folder) / PARTS, "runs", chunk_key(task.runs), rows.take(pa.array(order)), task.stamp)
    return Report(done=len(task.runs))


def drive(points: int, folder: Path, address: str) -> None:
    """Run or resume the study in this process, and print what it took as JSON lines."""

    def note(**about: Any) -> None:
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(json.dumps(about | {"seconds": time.monotonic() - began, "megabytes": megabytes}), flush=True)

    # By the name of this module, which workers import, and not by that of a script.
    from benchmarks.million import rest as work

    began = time.monotonic()
    study = study_of(points)
    note(phase="planned", runs=len(study.points) * len(study.seed_numbers))
    last = 0

    def progress(standing: Standing) -> None:
        nonlocal last
        if standing.done - last >= points // 20 or standing.done == standing.total or not last:
            last = max(standing.done, 1)
            note(phase=_STARTED, done=standing.done)

    with dask_executor(address) as (executor, workers):
        print(f"{workers} workers", file=sys.stderr)
        store = run_study(study, folder, executor=executor, progress=progress, work=work)
    note(phase="merged", done=store.n_done)


def measured(points: int) -> dict[str, Any]:
    """Return what a study of so many points takes on a cluster of sleeping workers, with a driver that is killed once."""
    from distributed import LocalCluster

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            dashboard_address=None,
            memory_limit=0,
        ) as cluster,
    ):
        command = [sys.executable, "-m", "benchmarks.million", "--points", str(points)]
        command += ["--drive", str(Path(folder) / "out"), cluster.scheduler_address]
        first = _driven(command, until=points // 3)
        second = _driven(command)
    began, ended = ([row for row in second if row["phase"] == _STARTED][k] for k in (0, -1))
    planned, merged = second[0], second[-1]
    runs, seconds = ended["done"] - began["done"], ended["seconds"] - began["seconds"]
    slept, merging = PER_RUN * runs / WORKERS, merged["seconds"] - ended["seconds"]
    own = 1000.0 * (seconds - slept) / runs
    return {
        "workers": WORKERS,
        "runs": planned["runs"],
        "plan_seconds": planned["seconds"],
        "killed_after": first[-1]["done"],
        "resumed_with": began["done"],
        "resume_seconds": began["seconds"],
        "rest": runs,
        "rest_seconds": seconds,
        "slept_seconds": slept,
        "milliseconds": own,
        "merged": merged["done"],
        "merge_seconds": merging,
        "megabytes": began["megabytes"],
        "growth": ended["megabytes"] - began["megabytes"],
        "milliseconds_of_all": own + 1000.0 * (planned["seconds"] + merging) / points,
    }


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return the figures of a million points; of few with ``quick``. It is done once, as it takes minutes."""
    return measured(2_000 if quick else 1_000_000)


def main() -> int:
    """Print what a study takes, and return 1 if that is more than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--drive", nargs=2, metavar=("FOLDER", "ADDRESS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.drive:
        drive(asked.points, Path(asked.drive[0]), asked.drive[1])
        return 0
    found = measured(asked.points)
    print(
        "planned {runs:,} runs in {plan_seconds:.0f} s\n"
        "killed after {killed_after:,} runs; resumed with {resumed_with:,} in {resume_seconds:.0f} s\n"
        "{rest:,} runs in {rest_seconds:.0f} s, of which they slept {slept_seconds:.0f}: {milliseconds:.3f} ms a run besides\n"
        "merged {merged:,} runs in {merge_seconds:.0f} s\n"
        "driver: {megabytes:.0f} MB at the start, {growth:+.0f} MB at the end\n"
        "everything but simulating, with plan and merge: {milliseconds_of_all:.3f} ms a run".format(**found)
    )
    complete = found["merged"] == found["runs"]
    return int(found["growth"] > MOST_GROWTH or found["milliseconds_of_all"] > MOST_MILLISECONDS or not complete)


def _driven(command: list[str], until: int | None = None) -> list[dict[str, Any]]:
    """Run a driver, and return what it noted; kill it once so many runs are done."""
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as driver:
        for line in driver.stdout:
            rows.append(json.loads(line))
            if until is not None and rows[-1].get("done", 0) >= until:
                os.killpg(driver.pid, signal.SIGKILL)
                break
    if until is None and driver.returncode:
        raise SystemExit(driver.returncode)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
