"""Many weeks in one call: the kernels of a sequence of processes, put together and compiled as one function.

A call of a compiled function costs as much as the work of a process on a small organisation, because every table has to
be handed over. :func:`together` therefore writes down, as Python source, the plain loop that
:func:`civicsim.schedule.advance` would otherwise run (weeks, then processes, then the record), and compiles that. The
source lies beside the compiled code in the cache directory, for anyone who wants to read it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

from civicsim.process import Process, argument_names

RECORD = ("kept_tally", "kept_snapshot", "kept_enacted", "kept_team")
"""Arguments of a record, which is written down each week; see :mod:`civicsim.recording`."""


def source_of(processes: Sequence[Process]) -> tuple[str, tuple[str, ...]]:
    """Return the source of a function ``live`` that lives some weeks, and the names of what it takes after the weeks."""
    imports, calls, names = [], [], ["tally"]
    number = 0
    for process in processes:
        for kernel in process.kernels:
            function = kernel.py_func
            imports.append(f"from {function.__module__} import {function.__name__} as kernel_{number}")
            takes = argument_names(kernel, process.name)
            calls.append(f"        kernel_{number}({', '.join(takes)})  # {process.name}")
            names += takes
            number += 1
    taken = tuple(dict.fromkeys(name for name in names if name not in ("first", "last", "week")))
    lines = [
        '"""The week, put together from the kernels of its processes. Written by civicsim; not meant to be edited."""',
        "",
        "from civicsim.compiled import compiled",
        "from civicsim.recording import clear_tally, keep",
        *imports,
        "",
        "",
        "@compiled",
        f"def live(first, last, start, weeks, row, begun, organisation, snapshot, team, {', '.join(RECORD)},",
        f"         {', '.join(name for name in taken if name not in ('organisation', 'snapshot', 'team'))}):",
        "    for k in range(weeks):",
        "        week = start + k",
        "        if k > 0 or not begun:",
        "            clear_tally(first, last, tally)",
        *calls,
        f"        keep(first, last, row + k, organisation, tally, snapshot, team, {', '.join(RECORD)})",
        "",
    ]
    others = tuple(name for name in taken if name not in ("organisation", "snapshot", "team"))
    return "\n".join(lines), others


def _load(source: str) -> ModuleType:
    """Write the source into the cache directory, once, and import it from there."""
    name = f"week_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    folder = Path(numba.config.CACHE_DIR)  # type: ignore[attr-defined]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=folder, suffix=".py")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(source)
        os.replace(draft, path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_ONE_AT_A_TIME = threading.Lock()


@functools.cache
def together(processes: tuple[Process, ...]) -> tuple[Any, tuple[str, ...]]:
    """Return a compiled function that lives some weeks, and the names of what it takes at the end.

    Returns
    -------
    live : compiled function
        ``live(first, last, start, weeks, row, begun, organisation, snapshot, team, *record, *others)``, where ``begun``
        says that the first week has begun in plain Python: then what it counted so far is not set to nothing
    others : tuple of str
        Names of the other arguments, for :func:`civicsim.process.argument`.
    """
    source, others = source_of(processes)
    with _ONE_AT_A_TIME:
        return _load(source).live, others
