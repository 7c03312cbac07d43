"""Whatever goes wrong in a run, all others finish, and its record repeats it."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import poison
import pytest
from studies import SIZES, small_study, table_hashes

import civicsim as cs
from civicsim.errors import CivicsimError
from civicsim.study.run import worker
from civicsim.study.run.executors import LocalExecutor, RemoteError, WorkerDiedError, without_main
from civicsim.study.run.runner import run_study
from civicsim.study.run.worker import simulate_alone
from civicsim.study.store.store import open_store
from civicsim.study.store.tables import NotFiniteError

HERE = Path(__file__).parent
KINDS = {
    poison.EXCEPTION: ("ZeroDivisionError", "a poisoned run"),
    poison.DEATH: ("WorkerDied", "exit code 3"),
    poison.QUIET_END: ("WorkerDied", "exit code 0"),
    poison.LOOP: ("TimeLimit", "no answer within "),
    poison.MEMORY: ("MemoryError", "Unable to allocate"),
    poison.EXIT: ("SystemExit", "leaving"),
}
HEALTHY = [1, 2, 3, 4, 5]


def poisoned(seeds):
    return small_study(
        styles=["status-quo"], seeds=seeds, measures=["trust", "poison"], code="poison.py", folder=HERE, factors=SIZES
    )


def test_every_kind_of_poison_is_isolated_and_all_other_runs_finish(tmp_path):
    study = poisoned([*HEALTHY, *KINDS])
    # A machine with much else to do may take longer than the limit for a healthy run; it is then given more time.
    for limit in (6.0, 30.0, 120.0):
        store = run_study(study, tmp_path / f"{limit:g} s", processes=2, timeout=limit, memory=6e9)
        failures = store.failures()
        if not (
            failures["type"].eq("TimeLimit") & (failures["seed"].ne(poison.LOOP) | failures["stage"].ne("measures"))
        ).any():
            break
    assert (store.n_done, store.n_failed) == (len(HEALTHY), len(KINDS))
    for row in failures.itertuples():
        kind, message = KINDS[row.seed]
        assert (row.type, row.stage) == (kind, "measures"), row
        assert row.message.startswith(message)
        assert row.command == f"civicsim study replay . {row.point}:{row.seed}"
        assert ("Traceback" in row.traceback) == (kind not in ("WorkerDied", "TimeLimit"))
        assert str(tmp_path) not in row.traceback
    # What is healthy is the same as without any poison and in one process.
    alone = run_study(poisoned(HEALTHY), tmp_path / "alone", processes=0)
    assert store.runs().equals(alone.runs())


def test_a_number_that_is_none_is_caught_with_process_week_and_row(tmp_path, monkeypatch):
    seeds = [1, poison.NOT_A_NUMBER]
    study = small_study(seeds=seeds, measures=["trust"], factors=SIZES, styles=["status-quo"])
    monkeypatch.setitem(study.protocol.__dict__, "week", poison.SPOILT_WEEK)
    monkeypatch.setattr(worker, "load_protocol", lambda folder, digest: study.protocol)
    store = run_study(study, tmp_path / "out", processes=0)
    (failure,) = store.failures().to_dict("records")
    assert (failure["seed"], failure["type"], failure["process"], failure["week"]) == (
        poison.NOT_A_NUMBER,
        "NotFinite",
        "spoil",
        poison.BAD_WEEK,
    )
    assert failure["row"] == "person[2].trust = nan"
    assert store.runs()["seed"].tolist() == [1]
    with pytest.raises(NotFiniteError):
        simulate_alone(study.protocol, 0, poison.NOT_A_NUMBER)


def test_a_number_that_is_none_is_found_where_no_record_would_show_it():
    result = cs.run(cs.Scenario.preset().with_(n_teams=2, weeks=2, burn_in_weeks=0), [1])
    assert worker.is_finite(result.cohort, result.recorder)
    result.cohort.person["alignment"][2] = np.nan
    assert not worker.is_finite(result.cohort, result.recorder)


def test_runs_that_failed_are_done_again_only_when_asked(tmp_path, monkeypatch):
    study = small_study(measures=["trust"])
    simulate = worker._results

    def fail(protocol, points, seeds, *how):
        if 2 in seeds:
            raise ValueError("for now")
        return simulate(protocol, points, seeds, *how)

    monkeypatch.setattr(worker, "_results", fail)
    assert run_study(study, tmp_path / "out", processes=0).n_failed == 4
    monkeypatch.undo()
    assert run_study(study, tmp_path / "out", processes=0).n_failed == 4
    mended = run_study(study, tmp_path / "out", processes=0, retry_failed=True)
    assert (mended.n_failed, mended.n_done) == (0, 16)
    run_study(study, tmp_path / "healthy", processes=0)
    assert table_hashes(tmp_path / "out") == table_hashes(tmp_path / "healthy")


def test_a_full_disk_is_reported_and_the_same_command_does_the_rest(tmp_path, monkeypatch):
    # Chunks of a run or two, of which the first can still be written.
    monkeypatch.setattr("civicsim.study.run.effort.SHORTEST", 1e-3)
    study, write, calls = small_study(), worker.write_part, []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(*arguments)

    monkeypatch.setattr(worker, "write_part", full)
    with pytest.raises(CivicsimError, match=r"could not be written \(OSError: .*No space left on device\); make room"):
        run_study(study, tmp_path / "out", processes=0)
    assert 0 < open_store(tmp_path / "out").n_done < 16
    monkeypatch.undo()
    run_study(study, tmp_path / "out", processes=0)
    run_study(study, tmp_path / "healthy", processes=0)
    assert table_hashes(tmp_path / "out") == table_hashes(tmp_path / "healthy")


ON_A_SMALL_DISK = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from studies import small_study, table_hashes
import civicsim as cs
from civicsim.errors import CivicsimError
from civicsim.study.run import effort
from civicsim.study.run import runner

disk, study = Path(sys.argv[1]), small_study(seeds=2)
effort.SHORTEST = 1e-3

def fill():
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass

def work(task, done=[]):
    report = runner.run_chunk(task)
    done.append(task)
    if len(done) == fill_after:
        fill()
    return report

for case, fill_after in {"at the start": 0, "among the runs": 3, "before the tables": 8}.items():
    if not fill_after:
        fill()
    work.__defaults__[0].clear()
    try:
        runner.run_study(study, disk / case, processes=0, work=work)
    except CivicsimError as error:
        print(case, "|", error)
    (disk / "filler").unlink()
    runner.run_study(study, disk / case, processes=0)
    print(case, "|", *table_hashes(disk / case).values())
"""


def test_on_a_disk_that_is_really_full_the_same_command_does_the_rest(tmp_path):
    mount = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run([*mount, "true"], capture_output=True).returncode:
        pytest.skip("this system does not allow mounting a small disk (unshare -rm, tmpfs)")
    command = [*mount, sys.executable, "-W", "ignore", "-c", ON_A_SMALL_DISK, str(tmp_path), str(HERE)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "2"})
    assert done.returncode == 0, done.stderr
    found = [tuple(line.replace(str(tmp_path), "").split(" | ")) for line in done.stdout.splitlines()]
    run_study(small_study(seeds=2), tmp_path / "healthy", processes=0)
    whole = " ".join(table_hashes(tmp_path / "healthy").values())
    full = "No space left on device"
    assert found == [
        ("at the start", f"/at the start: cannot be written to ({full})"),
        ("at the start", whole),
        (
            "among the runs",
            f"/among the runs: 5 runs could not be written (OSError: [Errno 28] {full}); make room, and run the same command again",
        ),
        ("among the runs", whole),
        (
            "before the tables",
            f"/before the tables: cannot be written to ({full}); make room, and run the same command again",
        ),
        ("before the tables", whole),
    ]


def test_a_failure_to_write_results_is_written_down_and_done_again_by_itself(tmp_path, monkeypatch):
    study, write = small_study(), worker.write_part

    def full(folder, kind, *others):
        if kind == "runs":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(folder, kind, *others)

    monkeypatch.setattr(worker, "write_part", full)
    failed = run_study(study, tmp_path / "out", processes=0)
    assert set(failed.failures()["stage"]) == {"write"}
    monkeypatch.undo()
    assert run_study(study, tmp_path / "out", processes=0).n_failed == 0


def test_an_executor_reports_how_a_call_ended_and_continues():
    with without_main(), LocalExecutor(1) as executor:
        with pytest.raises(WorkerDiedError, match="ended by signal SIGKILL"):
            executor.submit(_kill).result()
        with pytest.raises(RemoteError, match="ZeroDivisionError"):
            executor.submit(divmod, 1, 0).result()
        assert executor.submit(np.add, 3, 4).result() == 7


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)
