"""A study on a Dask cluster: a real scheduler and two worker processes on this machine, one of which is killed."""

import os
import signal

import pytest
from studies import small_study, table_hashes

from civicsim.errors import CivicsimError
from civicsim.study.cluster import dask_executor
from civicsim.study.runner import run_study


def test_a_killed_worker_of_a_cluster_changes_nothing(tmp_path):
    from distributed import LocalCluster

    study, killed = small_study(seeds=30), []
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
    assert table_hashes(tmp_path / "cluster") == table_hashes(tmp_path / "alone")


def test_a_scheduler_that_does_not_answer_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr("civicsim.study.cluster._PATIENCE", 1.0)
    with (
        pytest.raises(CivicsimError, match=r"^--dask tcp://127.0.0.1:9: nobody answers"),
        dask_executor("tcp://127.0.0.1:9"),
    ):
        pass
