"""Locks on files. The operating system releases them when their owner dies.

Where a file system has none, the file itself is the lock, with process and computer in it; it stays after a crash.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from civicsim.errors import CivicsimError

warnings.filterwarnings("ignore", message="flock not supported")
_SETTLED = 10.0
"""Seconds after which a process has written its name into the file that is its lock."""


class HeldError(CivicsimError):
    """Another process holds a lock; the message tells who, as far as that is known."""


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock on a file.

    Parameters
    ----------
    path : Path
        The file; its folder has to be there.
    patience : float
        Seconds to wait for another process.

    Raises
    ------
    HeldError
        If another process holds it all that time.
    CivicsimError
        If the file cannot be made, or its file system has no locks.
    """
    lock = FileLock(path)
    try:
        with suppress(Timeout):
            lock.acquire(timeout=0)
        if not lock.is_locked:
            _remove_left_over(lock, path)
            lock.acquire(timeout=patience)
    except Timeout:
        raise HeldError(holder(path)) from None
    except (OSError, NotImplementedError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise CivicsimError(
            f"{path.parent}: cannot lock a file here ({what}); choose a folder on a local disk"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _remove_left_over(lock: FileLock, path: Path) -> None:
    """Remove an empty file, which a lock of the operating system left there, where the file itself is the lock."""
    with suppress(AttributeError, FileNotFoundError):
        # A lock of the operating system has no such attribute.
        if lock.pid is None and time.time() - path.stat().st_mtime > _SETTLED:
            path.unlink()


def holder(path: Path) -> str:
    """Return who holds a lock, and how to remove it, where the file itself is the lock; otherwise what to do."""
    try:
        process, computer = path.read_text(encoding="utf-8").split()[:2]
        since = datetime.fromtimestamp(path.stat().st_mtime).isoformat(" ", "minutes")
    except (OSError, ValueError):
        return "wait for it, or stop it first"
    return f"it is process {process} on {computer}, since {since}; if that has ended, remove {path}"
