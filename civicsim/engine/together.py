"""Many weeks in one call: the kernels of a sequence of processes, put together and compiled as one function.

A call of a compiled function costs as much as the work of a process on a small organisation, because every table has to
be handed over. :func:`together` therefore writes, as Python source, the plain loop over weeks and kernels, and compiles that. The
source lies beside the compiled code in the cache directory, for anyone who wants to read it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from civicsim.engine.compiled import folder_of_code
from civicsim.engine.process import RANGES, Process, argument_names

_GIVEN = (*RANGES, "week", "row")
"""Arguments of kernels that the loop itself provides."""


def source_of(opening: Any, processes: Sequence[Process], closing: Any) -> tuple[str, tuple[str, ...]]:
    """Return the source of a function ``many_weeks``, and the names of its other arguments: those that kernels take.

    Parameters
    ----------
    opening, closing : compiled function
        Kernels that begin and end each week; ``row`` in the arguments of the last is the row of its record.
    processes : sequence of Process
        What happens in between.
    """
    kernels = [
        (opening, "begin"),
        *((k, process.name) for process in processes for k in process.kernels),
        (closing, "record"),
    ]
    calls: list[str] = []
    names: list[str] = []
    for number, (kernel, of) in enumerate(kernels):
        takes = argument_names(kernel, of)
        calls.append(f"kernel_{number}({', '.join(takes)})  # {of}")
        names += takes
    others = tuple(dict.fromkeys(name for name in names if name not in _GIVEN))
    imports = [
        f"from {kernel.py_func.__module__} import {kernel.py_func.__name__} as kernel_{number}"
        for number, (kernel, _) in enumerate(kernels)
    ]
    lines = [
        '"""The week, put together from the kernels of its processes. Written by civicsim; not meant to be edited."""',
        "",
        "from civicsim.engine.compiled import compiled",
        "from civicsim.engine.meeting import meet",
        *imports,
        "",
        "",
        "@compiled",
        f"def many_weeks({', '.join(RANGES)}, meeting, start, weeks, first_row, begun, {', '.join(others)}):",
        "    for k in range(weeks):",
        "        week = start + k",
        "        row = first_row + k",
        "        if k > 0 or not begun:",
        f"            {calls[0]}",
        *(f"        meet(meeting)\n        {call}" for call in calls[1:]),
        "        meet(meeting)",
        "",
    ]
    return "\n".join(lines), others


def _load(source: str) -> ModuleType:
    """Return the source as a module. What is executed is the source itself, never what lies in the cache directory.

    The file there is for readers, and tells numba whether compiled code belongs to this source.
    """
    name = f"week_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    folder = folder_of_code()
    path = Path(f"{name}.py") if folder is None else folder / f"{name}.py"
    if folder is not None:
        # Where it cannot be written, the source is compiled all the same, and not kept.
        with contextlib.suppress(OSError):
            _write(path, source.encode())
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    return module


def _write(path: Path, data: bytes) -> None:
    """Have a file hold these bytes, and replace it as a whole if it does not."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".py")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


_ONE_AT_A_TIME = threading.Lock()


@functools.cache
def together(opening: Any, processes: tuple[Process, ...], closing: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a compiled function that simulates several weeks, and the names of its last arguments.

    Parameters
    ----------
    opening, closing : compiled function
        Kernels that begin and end each week.
    processes : tuple of Process
        What happens in between.

    Returns
    -------
    many_weeks : compiled function
        ``many_weeks(*ranges, meeting, start, weeks, first_row, begun, *others)``, where ``begun`` means that the first week
        has been opened already. Threads that share a run call it at the same time, each with ranges of its own
    others : tuple of str
        Names of the other arguments: tables, ties, parameters and whatever the closing kernel takes.
    """
    source, others = source_of(opening, processes, closing)
    with _ONE_AT_A_TIME:
        return _load(source).many_weeks, others
