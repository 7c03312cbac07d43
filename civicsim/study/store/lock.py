"""Locks on the folder of a study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from civicsim.engine.locks import HeldError, holder, locked
from civicsim.errors import CivicsimError

LOCKS = "locks"
_SHARD = re.compile(r"shard-(\d+)-of-(\d+)\.lock")
_PATIENCE = 600.0
_LOOK = 2.0
"""Seconds for which a process that only looks may be in the way of one that starts."""


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Hold the lock on the tables and the manifest; wait for other processes, which take moments, for ten minutes at most."""
    (folder / LOCKS).mkdir(parents=True, exist_ok=True)
    try:
        with locked(folder / LOCKS / "tables.lock", _PATIENCE):
            yield
    except HeldError as error:
        raise CivicsimError(
            f"{folder}: another process has been changing the tables for ten minutes; {error}"
        ) from None


@contextmanager
def running(folder: Path, shard: int, of: int) -> Iterator[None]:
    """Hold the lock on a shard of the study; refuse if another process runs it, or the study in another number of shards."""
    locks = folder / LOCKS
    locks.mkdir(parents=True, exist_ok=True)
    for path in sorted(locks.glob("shard-*.lock")):
        found = _SHARD.fullmatch(path.name)
        if found and int(found[2]) != of and held(path):
            raise CivicsimError(
                f"{folder}: another process runs shard {found[1]} of {found[2]} of this study; {holder(path)}"
            )
    try:
        with locked(locks / f"shard-{shard}-of-{of}.lock", _LOOK):
            yield
    except HeldError as error:
        what = "this study" if of == 1 else f"shard {shard} of {of} of this study"
        raise CivicsimError(f"{folder}: another process runs {what}; {error}") from None


def at_work(folder: Path) -> list[str]:
    """Return the shards that are running at this moment, as "1 of 2"."""
    found = [_SHARD.fullmatch(path.name) for path in sorted((folder / LOCKS).glob("shard-*.lock"))]
    return [f"{shard[1]} of {shard[2]}" for shard in found if shard and held(folder / LOCKS / shard[0])]


def held(path: Path) -> bool:
    """Return whether a process holds a lock; no where that cannot be told, as in a folder that may only be read."""
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False
