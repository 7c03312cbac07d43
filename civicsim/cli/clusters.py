"""The command ``study slurm``: a script that runs a study as an array job of a cluster."""

from __future__ import annotations

import math
import shlex
import sys
from pathlib import Path

from civicsim.cli.files import check_free, filled, text_writer, write_file
from civicsim.cli.output import Output, one_line
from civicsim.cli.study_commands import Slurm
from civicsim.cli.studying import beside, load
from civicsim.errors import CivicsimError, size_of
from civicsim.experiment.progress import duration
from civicsim.experiment.wording import counted
from civicsim.study.run.effort import bytes_of_worker, effort_of

_TASK = 3600.0
"""Seconds that a task is to take, where the number of tasks is not given. Assumption."""
_SAFETY = 2.0
"""Estimates are doubled, since a job that exceeds its limits is lost. Assumption."""
_COMPILING = 600.0
"""Seconds of a task for starting and compiling. Assumption: several times what slow machines take."""
_STEP = 300.0
_MEGABYTE = 1e6


def slurm(output: Output, request: Slurm) -> None:
    """Write the script, and show what it asks for."""
    study, path = load(request.path), request.script or beside(request.path, "slurm.sh")
    check_free([path], output.force)
    for option in request.sbatch:
        if not option.startswith("--") or "\n" in option:
            raise CivicsimError(f"--sbatch {option}: expected an option of sbatch, such as --sbatch=--partition=short")
    effort = effort_of(study, 1)
    # Runs that share a burn-in are in one task, and a task has no more than its runs to do side by side.
    units = (int(study.protocol.starts.max()) + 1) * effort.seeds
    tasks = min(units, request.tasks or max(1, math.ceil(effort.seconds / (_TASK * request.cpus))))
    share = math.ceil(units / tasks) / units
    seconds = _SAFETY * effort.seconds * share / min(request.cpus, max(1, int(effort.runs * share))) + _COMPILING
    minutes = math.ceil(seconds / _STEP) * int(_STEP) // 60
    memory = math.ceil(_SAFETY * request.cpus * bytes_of_worker(study, tasks * request.cpus) / _MEGABYTE)
    time = f"{minutes // 60:02d}:{minutes % 60:02d}:00"
    size = f"{counted(tasks, 'task')} of {counted(request.cpus, 'process', 'processes')}"
    folder = request.out or beside(request.path, "results")
    text = filled(
        "slurm.sh",
        question=one_line(study.question),
        runs=effort.runs,
        size=size,
        tasks=tasks,
        cpus=request.cpus,
        time=time,
        memory=memory,
        options=list(request.sbatch),
        name=Path(path).name,
        python=shlex.quote(sys.executable),
        study=shlex.quote(str(Path(request.path).absolute())),
        results=shlex.quote(str(Path(folder).absolute())),
    )
    write_file(path, text_writer(text))
    output.show(
        {"file": path, "tasks": tasks, "cpus": request.cpus, "time": time, "memory_mb": memory, "runs": effort.runs},
        [
            f"Wrote {path}: {effort.runs} runs in {size}, with {duration(60 * minutes)} and {size_of(memory * _MEGABYTE)} each."
        ],
        f"bash {path}, then civicsim study status {folder} --watch",
    )
