"""A study on a Dask cluster: a real scheduler and two worker processes on this machine, one of which is killed.

    pytest -n 0 benchmarks/test_cluster.py

Not among the other tests, because it takes as long as a quarter of them all to start a cluster.
"""

import os
import signal

import pytest
from distributed import LocalCluster

from civicsim.errors import CivicsimError
from civicsim.study.design.study import Study
from civicsim.study.run.executors import dask_executor
from civicsim.study.run.runner import run_study


def test_a_killed_worker_of_a_cluster_changes_nothing(tmp_path):
    study = Study(
        question="Does it hold?",
        styles=["status-quo", "civic-culture"],
        seeds=60,
        weeks=20,
        burn_in_weeks=10,
        factors={"n_teams": 2, "team_size": 6, "n_executives": 1, "fear": [0.0, 0.5]},
        measures="flagship",
    )
    killed = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        dask_executor(cluster.scheduler_address) as (executor, workers),
    ):

        def kill(standing):
            if not killed and standing.done:
                killed.append(executor.submit(os.getpid).result())
                os.kill(killed[0], signal.SIGKILL)

        assert workers == 2
        run_study(study, tmp_path / "cluster", processes=workers, executor=executor, progress=kill)
    assert len(killed) == 1
    assert killed != [os.getpid()]
    run_study(study, tmp_path / "alone", processes=0)
    for name in ("points.parquet", "runs.parquet", "failures.parquet", "manifest.json"):
        assert (tmp_path / "cluster" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes(), name


def test_a_scheduler_that_does_not_answer_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr("civicsim.study.run.executors._ANSWER", 1.0)
    with (
        pytest.raises(CivicsimError, match=r"^--dask tcp://127.0.0.1:9: no answer"),
        dask_executor("tcp://127.0.0.1:9"),
    ):
        pass
