"""Threads of a study are shared out: a run each where there are many, several for each run where there are few."""

from studies import small_study, table_hashes

from civicsim.study.run.executors import SerialExecutor
from civicsim.study.run.runner import run_study
from civicsim.study.run.worker import run_chunk


def threads_and_tables(folder, seeds, workers):
    asked = []

    def work(task):
        asked.append(task.threads)
        return run_chunk(task)

    run_study(small_study(seeds=seeds), folder, executor=SerialExecutor(), processes=workers, work=work)
    return set(asked), table_hashes(folder)


def test_many_runs_take_a_thread_each_and_few_share_all_with_the_same_bytes(tmp_path):
    # Four points with a seed each, on three and on nine workers.
    many, expected = threads_and_tables(tmp_path / "many", 1, 3)
    few, found = threads_and_tables(tmp_path / "few", 1, 9)
    assert (many, few) == ({1}, {2})
    assert found == expected
