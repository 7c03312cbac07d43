"""What computed a result: versions that bear on its numbers."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import civicsim

_PACKAGES = ("numpy", "numba", "llvmlite", "scipy")
"""Packages that compute; others only read and write."""
_WITHOUT_EFFECT = {"agents.py", "docking.py", "docking_loops.py", "graphs.py", "model.py"}
_OF_STUDIES = ("study/summaries.py", "study/worker.py")


@functools.cache
def software() -> dict[str, str]:
    """Return what has a part in numbers: civicsim, a digest of its model code, Python, packages and the machine's kind."""
    package, digest = Path(civicsim.__file__).parent, hashlib.sha256()
    files = [path for path in package.glob("*.py") if path.name not in _WITHOUT_EFFECT]
    for path in sorted([*files, *package.glob("processes/*.py"), *(package / name for name in _OF_STUDIES)]):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    python = ".".join(str(part) for part in sys.version_info[:2])
    return {
        "civicsim": civicsim.__version__, "model": digest.hexdigest()[:16], "python": python,
        "machine": platform.machine(), **versions,
    }  # fmt: skip


def identity(versions: dict[str, str]) -> str:
    """Return versions as one short word."""
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()[:16]


def difference(mine: dict[str, str], theirs: dict[str, str]) -> str:
    """Return in words what differs: "numpy 2.1 there, 2.2 here"."""
    names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    return ", ".join(f"{name} {theirs.get(name, 'missing')} there, {mine.get(name, 'missing')} here" for name in names)
