"""The machine of a measurement, described without anything that identifies its owner."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import civicsim
from civicsim.model.simulating import threads_available

PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "pandas", "mesa")


def machine() -> dict[str, Any]:
    """Return processor, cores, memory and versions."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cache": _first("/proc/cpuinfo", "cache size"),
        "cores": os.cpu_count(),
        "threads": threads_available(),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": platform.system(),
        "python": platform.python_version(),
        "civicsim": civicsim.__version__,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _first(path: str, key: str) -> str | None:
    """Return the first value of a key in a file of the system, or "" if there is no such file."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)
