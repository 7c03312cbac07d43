"""A study on a cluster: the script passes a linter and runs, its progress can be followed, and the model is compiled once."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from civicsim.study.run.runner import run_study
from civicsim.study.run.worker import run_chunk
from civicsim.study.store.origin import runs_per_second
from civicsim.study.store.store import open_store

STUDY = """question = "Does it hold?\\nReally 'so' $(exit 3)?"
styles = ["status-quo", "compact"]
seeds = 4
weeks = 3
burn_in_weeks = 2
measures = ["trust"]
[factors]
n_teams = 1
team_size = 4
n_executives = 1
"""
SBATCH = """#!/bin/bash
# Stands in for the scheduler: the tasks of an array run at once, side by side, and the command returns after them.
echo "$*" >> "$CALLS"
array=1-1
while [[ "$1" == --* ]]; do
  case "$1" in --array=*) array="${1#--array=}" ;; esac
  shift
done
for number in $(seq "${array%-*}" "${array#*-}"); do
  SLURM_ARRAY_TASK_ID=$number bash "$@" >> "$CALLS.out" 2>&1 &
done
wait
echo "4711;here"
"""
KERNEL = """from civicsim.engine.compiled import compiled

@compiled
def work(values):
    total = 0.0
    for value in values:
        total += value * value
    return total
"""
TASK = """import sys, time
from pathlib import Path
import numpy as np
from numba.core import event
from civicsim.experiment.compiling import one_compiler
own, other = map(Path, sys.argv[1:])
sys.path.insert(0, str(own.parent))
import kernel
own.touch()
while not other.exists():
    time.sleep(0.01)
with one_compiler(), event.install_recorder("numba:compile") as heard:
    assert kernel.work(np.arange(3.0)) == 5.0
print(sum(about.is_start for _, about in heard.buffer))
"""


@pytest.fixture
def script(tool, tmp_path):
    (tmp_path / "a study.toml").write_text(STUDY)
    words = ("--out", "re sults", "--tasks", "2", "--cpus", "1", "--script", "job.sh", "--sbatch=--partition=short")
    printed = tool("study", "slurm", "a study.toml", *words)
    assert printed.code == 0, printed.err
    assert "8 runs in 2 tasks of 1 process" in printed.out
    return tmp_path / "job.sh"


def test_the_script_passes_a_linter_and_asks_for_time_and_memory(script, tool):
    linter = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    checked = subprocess.run([linter, script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
    lines = script.read_text().splitlines()
    asked = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")]
    assert "--partition=short" in asked
    assert "--cpus-per-task=1" in asked
    assert any(re.fullmatch(r"--time=00:(15|20):00", line) for line in asked)
    assert any(re.fullmatch(r"--mem=\d{3,4}M", line) for line in asked)
    # Slurm reads its lines up to the first command.
    first = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    assert max(number for number, line in enumerate(lines) if line.startswith("#SBATCH")) < first
    again = tool("study", "slurm", "a study.toml", "--script", "job.sh")
    assert again.mistake == "civicsim: job.sh: already exists; add --force to overwrite it"
    wrong = tool("study", "slurm", "a study.toml", "--sbatch", "short")
    assert wrong.mistake.startswith("civicsim: --sbatch short: expected an option of sbatch")


def test_the_script_runs_the_study_merges_and_reports(script, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sbatch").write_text(SBATCH)
    (tmp_path / "bin" / "sbatch").chmod(0o755)
    calls = tmp_path / "calls"
    around = os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "CALLS": str(calls)}
    done = subprocess.run(["bash", script], env=around, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), calls.with_suffix(".out").read_text()
    assert done.stdout == "Submitted 4711 (tasks) and 4711 (report).\n"
    first, last = calls.read_text().splitlines()
    assert "--array=1-2" in first
    assert "--dependency=afterany:4711 " in last
    store = open_store(tmp_path / "re sults")
    assert (store.complete, store.n_done) == (True, 8)
    assert set(store.log()["shard"]) == {"1/2", "2/2"}
    assert (tmp_path / "re sults" / "report.html").exists()
    assert "8 of 8 runs done" in (tmp_path / "calls.out").read_text()
    unknown = subprocess.run(["bash", script, "nonsense"], capture_output=True, text=True, check=False)
    assert (unknown.returncode, unknown.stderr) == (2, f"usage: bash {script}\n")


def test_two_cold_tasks_compile_once(tmp_path):
    (tmp_path / "kernel.py").write_text(KERNEL)
    (tmp_path / "code").mkdir()
    around = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "code")}
    ready = [tmp_path / "one", tmp_path / "two"]
    tasks = [
        subprocess.Popen([sys.executable, "-c", TASK, *order], env=around, stdout=subprocess.PIPE, text=True)
        for order in (ready, ready[::-1])
    ]
    assert sorted(int(task.communicate(timeout=120)[0]) for task in tasks) == [0, 1]


def test_a_study_can_be_watched_while_it_runs(tool, tmp_path, monkeypatch):
    from civicsim.study.design.study import Study

    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.setattr("civicsim.cli.studying._LOOK", 0.05)
    monkeypatch.setattr("civicsim.study.run.effort.SHORTEST", 1e-3)
    may_end = threading.Event()

    def work(task):
        report = run_chunk(task)
        may_end.wait(0.3)
        return report

    running = threading.Thread(
        target=run_study, args=(Study.read("study.toml"), "results"), kwargs={"processes": 0, "work": work}
    )
    running.start()
    while not Path("results/log.jsonl").exists():
        time.sleep(0.01)
    printed = tool("study", "status", "results", "--watch")
    may_end.set()
    running.join()
    assert printed.code == 0
    assert re.search(r"of 8 runs, [\d.]+ runs a minute, about \d+ s left", printed.err)
    assert "8 of 8 runs" in printed.err
    assert "8 of 8 runs done" in printed.out
    assert json.loads(tool("study", "status", "results", "--json").out)["runs_per_minute"] == 0.0


def test_a_study_that_no_process_works_on_is_not_watched_for_ever(tool, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    assert tool("study", "run", "study.toml", "--shard", "1/2", "--processes", "0", "--out", "results").code == 0
    printed = tool("study", "status", "results", "--watch")
    assert "4 of 8 runs done, 4 missing" in printed.out


def test_the_speed_is_that_of_the_last_ten_minutes():
    ended = pd.to_datetime(["2026-01-01T00:00:10Z", "2026-01-01T03:00:10Z", "2026-01-01T03:00:20Z"])
    log = pd.DataFrame({"ended": ended, "runs": [1000, 4, 5], "failed": [0, 1, 0], "seconds": [10.0, 10.0, 10.0]})
    assert runs_per_second(log) == pytest.approx(10 / 20)
    assert runs_per_second(log.iloc[:0]) == 0.0
