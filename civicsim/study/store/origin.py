"""Where results come from: commit and packages, and the log of when, where and how long each batch of runs was simulated.

None of it bears on results, or on what a store is: the log is no file that a manifest vouches for.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import platform
import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import civicsim
from civicsim.engine.locks import locked
from civicsim.study.store.lock import LOCKS

LOG = "log.jsonl"
MISSING = "missing"
_PATIENCE = 600.0
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "ended": datetime.fromisoformat,
    "host": str,
    "shard": str,
    "runs": int,
    "failed": int,
    "seconds": float,
}


def log_batch(folder: Path, host: str, shard: str, runs: int, failed: int, seconds: float) -> None:
    """Add a line to the log of a study: a batch of runs that has just ended, on which machine, and how long it took."""
    ended = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps(dict(zip(_FIELDS, (ended, host, shard, runs, failed, round(seconds, 3)), strict=True)))
    with locked(folder / LOCKS / "log.lock", _PATIENCE), (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def read_log(folder: Path) -> pd.DataFrame:
    """Return the log of a study: a row per batch with the time at which it ended (UTC), host, shard, runs, failed and seconds.

    A line that is no record of a batch, as after a power cut, is left out.
    """
    path, rows = folder / LOG, list[tuple[Any, ...]]()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            ended, *others = (kind(json.loads(line)[name]) for name, kind in _FIELDS.items())
            rows.append((ended.astimezone(UTC), *others))
    found = pd.DataFrame(rows, columns=list(_FIELDS))
    return found.assign(ended=pd.to_datetime(found["ended"], utc=True))


def runs_per_second(log: pd.DataFrame) -> float:
    """Return the present speed of a study: runs that ended in the last ten minutes of its log, by all machines together."""
    if not len(log):
        return 0.0
    recent = log[log["ended"] > log["ended"].max() - pd.Timedelta(minutes=10)]
    began = (recent["ended"] - pd.to_timedelta(recent["seconds"], unit="s")).min()
    span = (recent["ended"].max() - began).total_seconds()
    return float((recent["runs"] + recent["failed"]).sum() / span) if span > 0.0 else 0.0


def host() -> str:
    """Return the name of this machine."""
    return platform.node() or "unknown"


def packages() -> dict[str, str]:
    """Return the version of each package that civicsim needs, "missing" where it is not installed."""
    found: dict[str, str] = {}
    for line in importlib.metadata.requires("civicsim") or ():
        name = re.split(r"[^\w-]", line)[0]
        if "extra ==" not in line:
            with suppress(importlib.metadata.PackageNotFoundError):
                found[name] = MISSING
                found[name] = importlib.metadata.version(name)
    return found


@functools.cache
def git_commit() -> str | None:
    """Return the commit of the source, with "-changed" after it if files differ; None outside of a repository."""
    package = Path(civicsim.__file__).parent

    def git(*words: str) -> str:
        command = ["git", "-C", str(package), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        # An installed copy may lie within another repository, which does not track it.
        git("ls-files", "--error-unmatch", "__init__.py")
        commit = git("rev-parse", "HEAD")
        return f"{commit}-changed" if git("status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return None
