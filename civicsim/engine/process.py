"""A process is one thing that happens in a week."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

RANGES = ("first", "last", "first_part", "last_part", "first_linked", "last_linked")
"""Arguments of kernels that state which rows they go through.

``first`` to ``last`` − 1 are organisations; the kernel keeps to them. ``first_part`` to ``last_part`` − 1 are parts of organisations,
whole teams each; the kernel writes to their people and teams alone. Several threads may be at work on other rows meanwhile.
``first_linked`` to ``last_linked`` − 1 are organisations that are linked; the kernel may write to all of them, as no other thread works.
"""


class State(Protocol):
    """The state that a week changes: tables, ties and parameters by name, an event log, and a clock."""

    tables: dict[str, Any]
    ties: Any
    log: Any
    part: Any
    parameters: dict[str, Any]
    week: int

    def add_counts(self, first: int, last: int) -> None:
        """Add what was counted in parts of organisations to their tallies."""

    @property
    def part_counts(self) -> Any:
        """What parts count, as a matrix of numbers."""

    @property
    def draft(self) -> dict[str, Any]:
        """Arrays that a kernel leaves for the next one of its process, by name."""

    def ranges(self, first: int, last: int) -> dict[str, int]:
        """Return what :data:`RANGES` stand for, of the organisations in rows ``first`` to ``last`` − 1."""


@dataclass(frozen=True, repr=False)
class Process:
    """One mechanism: its name, its parameters, and what it does each week.

    Attributes
    ----------
    name : str
        Name of the process, which is also its section in a scenario file and keys its random draws.
    title : str
        What happens, in one sentence.
    parameters : type, optional
        Frozen dataclass of its parameters, each made with :func:`civicsim.engine.parameters.parameter`. The first is its
        switch, ``enabled``. A process of your own may have none.
    reads, writes : tuple of str, optional
        Columns that its ``act`` reads and writes, as ``"table.column"``, so far as they cannot be derived from the source:
        see :func:`civicsim.model.columns.columns_of`.
    kernels : tuple of compiled functions
        What it does, in order. The names of a kernel's arguments specify what it takes: the rows that it goes through
        (:data:`RANGES`), ``week``, ``ties``, ``log``, a table by its name, with ``_values`` for the table as a matrix of
        its numbers, the process's own parameters as ``p``, and those
        of another section as ``p_section``. A kernel looks at its switch itself.
    act : callable, optional
        ``act(cohort, first, last)`` in plain Python, done before the kernels and only where the process is switched on.
        It keeps to the organisations in rows ``first`` to ``last`` − 1: other threads simulate the others. Their
        parameters are columns of ``cohort.parameters[name]``, a row per organisation.
    acts_in : callable, optional
        ``acts_in(cohort, first, last, week)`` returns whether ``act`` has anything to do in a week; it always has if not
        given.

    Raises
    ------
    TypeError
        If the parameters are declared otherwise.
    """

    name: str
    title: str
    parameters: type = object
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    kernels: tuple[Any, ...] = ()
    act: Callable[[Any, int, int], None] | None = None
    acts_in: Callable[[Any, int, int, int], bool] | None = None

    def __post_init__(self) -> None:
        """Check the declaration of the parameters."""
        if self.parameters is object:
            return
        fields = dataclasses.fields(self.parameters) if dataclasses.is_dataclass(self.parameters) else ()
        roles = {field.name: field.metadata.get("role") for field in fields}
        if next(iter(roles.items()), None) != ("enabled", "switch"):
            raise TypeError(
                f"process '{self.name}': parameters: expected a dataclass that begins with enabled = switch(…)"
            )
        for name, role in roles.items():
            if role is None:
                raise TypeError(f"process '{self.name}': parameters: {name}: expected a field made with parameter(…)")

    @property
    def module(self) -> str:
        """Name of the module that defines it."""
        parts = (self.parameters if self.parameters is not object else None, self.act, *self.kernels)
        return next((str(part.__module__) for part in parts if part is not None), __name__)

    def acts(self, cohort: State, first: int, last: int, week: int) -> bool:
        """Return whether its ``act`` has anything to do in a week: it has one, is switched on, and the week is one of its own."""
        if self.act is None or not (self.acts_in is None or self.acts_in(cohort, first, last, week)):
            return False
        return self.parameters is object or bool(np.any(cohort.parameters[self.name]["enabled"][first:last]))

    def step(self, cohort: State, first: int, last: int) -> None:
        """Simulate one week of the organisations in rows ``first`` to ``last`` − 1."""
        if self.act is not None and self.acts(cohort, first, last, cohort.week):
            self.act(cohort, first, last)
        for kernel in self.kernels:
            call(kernel, self.name, cohort, cohort.ranges(first, last))
        cohort.add_counts(first, last)

    def __hash__(self) -> int:
        # Looked up thousands of times a second, as part of a week.
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Process({self.name!r})"


@functools.cache
def argument_names(kernel: Any, process: str) -> tuple[str, ...]:
    """Return the names of a kernel's arguments, with ``p`` spelt out as ``p_process``."""
    names = inspect.signature(kernel.py_func).parameters
    return tuple(f"p_{process}" if name == "p" else name for name in names)


def argument(cohort: State, name: str) -> Any:
    """Return what a kernel's argument of that name stands for."""
    if name in ("week", "ties", "log", "part", "part_counts"):
        return getattr(cohort, name)
    if name in cohort.draft:
        return cohort.draft[name]
    if name.endswith("_values"):
        table = argument(cohort, name.removesuffix("_values"))
        return table.view(np.float64).reshape(len(table), -1)
    return cohort.parameters[name[2:]] if name.startswith("p_") else cohort.tables[name]


def call(kernel: Any, process: str, cohort: State, given: Mapping[str, Any]) -> None:
    """Call a kernel with what its arguments stand for: what is given by name, or else what the cohort has."""
    kernel(*(given[name] if name in given else argument(cohort, name) for name in argument_names(kernel, process)))
