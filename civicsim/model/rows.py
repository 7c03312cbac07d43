"""Kernels written for one row: the loop over rows, and what is looked up for each of them, is put around them.

The names of a kernel's arguments state what it takes: of its row what :data:`OF_ROW` names, and all else whole, as
:class:`civicsim.engine.process.Process` explains. The kernel is compiled as the body of the loop, so nothing is called row by row.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import numba

from civicsim.engine.compiled import compiled

OF_ROW = {
    "own": "part[b]",
    "parts": "part[parts_from[o] : parts_from[o + 1]]",
    "seen": "seen[b]",
    "seen_parts": "seen_values[parts_from[o] : parts_from[o + 1]]",
    "org": "organisation[o]",
    "count": "tally[o]",
    "view": "snapshot[o]",
    "values": "snapshot_values[o]",
    "q": "p[o]",
    "usual": "p_reference[o]",
}
"""What arguments stand for in the row of a part ``b`` or of an organisation ``o``: a part and all parts of an organisation, what is
seen in them, the organisation, its tally, its snapshot and the numbers in it, and its parameters of the process and of what is
usual. ``q_section`` are its parameters of another section, and ``o`` is the number of the row."""


def of_row(name: str) -> str:
    """Return what a kernel's argument stands for, in terms of whole tables."""
    return f"p_{name[2:]}[o]" if name.startswith("q_") else OF_ROW.get(name, name)


def _each(head: str, kernel: Callable[..., Any]) -> Any:
    """Return a compiled loop that begins with ``head`` and has a kernel as its body; to numba it stands where the kernel does."""
    given = [of_row(name) for name in inspect.signature(kernel).parameters]
    words = dict.fromkeys(re.findall(r"\w+", " ".join([head, *given])))
    takes = [word for word in words if word.isidentifier() and word not in ("for", "in", "range", "b", "o")]
    first_line, name = kernel.__code__.co_firstlineno, kernel.__name__
    source = "\n" * (first_line - 1) + f"def {name}({', '.join(takes)}):\n{head}  body({', '.join(given)})\n"
    scope = kernel.__globals__ | {"body": numba.njit(inline="always")(kernel)}
    exec(compile(source, kernel.__code__.co_filename, "exec"), scope)
    loop = scope[name]
    loop.__doc__, loop.body = kernel.__doc__, kernel
    return compiled(loop)


each_organisation = functools.partial(_each, " for o in range(first, last):\n")
"""Makes a kernel for one organisation a kernel for organisations, which keeps to them."""
each_part = functools.partial(_each, " for b in range(first_part, last_part):\n  o = part[b].organisation\n")
"""Makes a kernel for one part of an organisation a kernel for parts, which writes to their people and teams alone."""
each_linked = functools.partial(_each, " for o in range(first_linked, last_linked):\n")
"""Makes a kernel for one organisation a kernel for those that are linked, one after another; it may write to all of them."""
