"""A process is one thing that happens in a week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from civicsim.cohort import Cohort


@dataclass(frozen=True)
class Process:
    """One mechanism: its name, its parameters, and the step that it takes each week.

    Attributes
    ----------
    name : str
        Name of the process, which is also its section in a scenario file and keys its random draws.
    place : int
        Its place in the week's process overview.
    title : str
        What happens, in one sentence.
    parameters : type
        Frozen dataclass of its parameters. The first is ``enabled``, its switch.
    step : callable
        ``step(cohort, first, last)`` lives one week of the organisations in rows ``first`` to ``last`` − 1.
    reads, writes : tuple of str
        Columns that it reads, and columns that it may change (and may read too), as ``"table.column"``;
        ``"ties"`` for who is tied to whom. Where rows stand, such as ``person.team``, goes without saying.
    """

    name: str
    place: int
    title: str
    parameters: type
    step: Callable[[Cohort, int, int], None]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
