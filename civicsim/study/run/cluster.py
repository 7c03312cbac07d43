"""Work on a cluster through Dask: its workers write to a shared folder, and report what they wrote.

A scheduler that dies loses no results: the same command completes the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from civicsim.errors import CivicsimError

_PATIENCE = 60.0


@contextmanager
def dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """Yield the executor of a Dask cluster, and how many tasks it does at once.

    The address is that of the scheduler, such as ``tcp://node7:8786``, or the path of its scheduler file. Raises
    :class:`CivicsimError` if Dask is not installed, or there is no answer.
    """
    try:
        from distributed import Client
    except ImportError:
        raise CivicsimError('--dask: Dask is not installed: pip install "civicsim[cluster]"') from None
    where = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    try:
        client = Client(**where, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CivicsimError(f"--dask {address}: no answer ({type(error).__name__})") from None
    with client:
        client.wait_for_workers(1, timeout=_PATIENCE)
        # A worker that dies is replaced and its chunk repeated, up to the limit of the scheduler; then run by run.
        yield client.get_executor(pure=False), max(1, sum(client.nthreads().values()))
