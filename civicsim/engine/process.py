"""A process is one thing that happens in a week."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class State(Protocol):
    """What a week is done to: tables, ties and parameters by name, and a clock."""

    tables: dict[str, Any]
    ties: Any
    parameters: dict[str, Any]
    week: int


@dataclass(frozen=True)
class Process:
    """One mechanism: its name, its parameters, and what it does each week.

    Attributes
    ----------
    name : str
        Name of the process, which is also its section in a scenario file and keys its random draws.
    title : str
        What happens, in one sentence.
    parameters : type, optional
        Frozen dataclass of its parameters. The first is ``enabled``, its switch. A process of one's own may have none.
    reads, writes : tuple of str, optional
        Columns that its ``act`` reads and writes, as ``"table.column"``, so far as they cannot be derived from the source:
        see :func:`civicsim.model.columns.columns_of`.
    kernels : tuple of compiled functions
        What it does, in order, for the organisations in rows ``first`` to ``last`` − 1. The names of a kernel's arguments
        say what it takes: ``first``, ``last``, ``week``, ``ties``, a table by its name, the process's own parameters as
        ``p``, and those of another section as ``p_section``.
    act : callable, optional
        ``act(cohort, first, last)`` in plain Python, done before the kernels. It keeps to the organisations in rows
        ``first`` to ``last`` − 1: others are lived by other threads, at other times.
    acts_in : callable, optional
        ``acts_in(cohort, first, last, week)`` returns whether ``act`` has anything to do in a week; it always has if not
        given.
    """

    name: str
    title: str
    parameters: type = object
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    kernels: tuple[Any, ...] = ()
    act: Callable[[Any, int, int], None] | None = None
    acts_in: Callable[[Any, int, int, int], bool] | None = None

    def step(self, cohort: State, first: int, last: int) -> None:
        """Live one week of the organisations in rows ``first`` to ``last`` − 1."""
        if self.act is not None:
            self.act(cohort, first, last)
        for kernel in self.kernels:
            given = {"first": first, "last": last}
            names = argument_names(kernel, self.name)
            kernel(*(given[name] if name in given else argument(cohort, name) for name in names))


@functools.cache
def argument_names(kernel: Any, process: str) -> tuple[str, ...]:
    """Return the names of a kernel's arguments, with ``p`` spelt out as ``p_process``."""
    names = inspect.signature(kernel.py_func).parameters
    return tuple(f"p_{process}" if name == "p" else name for name in names)


def argument(cohort: State, name: str) -> Any:
    """Return what a kernel's argument of that name stands for."""
    if name in ("week", "ties"):
        return getattr(cohort, name)
    return cohort.parameters[name[2:]] if name.startswith("p_") else cohort.tables[name]
