"""The software that computed a result: versions that affect its numbers."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
import sys

import civicsim
from civicsim.engine.compiled import source_digest

_PACKAGES = ("numpy", "numba", "llvmlite", "scipy")
"""Packages that compute; others only read and write."""


@functools.cache
def software() -> dict[str, str]:
    """Return the versions that results depend on: civicsim, a digest of its engine and model, Python, packages, kind of machine."""
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    python = ".".join(str(part) for part in sys.version_info[:2])
    own = {"civicsim": civicsim.__version__, "model": source_digest(), "python": python, "machine": platform.machine()}
    return own | versions


def identity(versions: dict[str, str]) -> str:
    """Return versions as one short word."""
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()[:16]


def difference(mine: dict[str, str], theirs: dict[str, str]) -> str:
    """Return the differences in words: "numpy 2.1 there, 2.2 here"."""
    names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    return ", ".join(f"{name} {theirs.get(name, 'missing')} there, {mine.get(name, 'missing')} here" for name in names)
