"""Cohorts: many runs, stepped together in one set of tables.

A run is one organisation, or several linked ones. Whatever else is in the cohort, a run's rows and draws are the
same: each run is built from its own seed and keyed by its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from civicsim.engine.process import RANGES, call
from civicsim.engine.table import Table
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import Levers
from civicsim.model.log import no_log
from civicsim.model.organisation import N_PATIENT_GROUPS
from civicsim.model.parts import add_counts, counts_of, parts_of
from civicsim.model.tables import IN_COLUMNS, TABLES, record_type

Tables = dict[str, Any]
"""Tables by name: kept column by column (:class:`civicsim.engine.table.Table`) or row by row (structured arrays)."""

BLOCK = 16
"""Dimensions that are looked at side by side."""
_TYPES = {name: record_type(columns) for name, columns in TABLES.items()}


@dataclass
class Cohort:
    """Runs in one set of tables.

    Attributes
    ----------
    tables : dict of str to Table or numpy.ndarray
        The tables of :data:`civicsim.model.tables.TABLES`, kept column by column or as structured arrays; also readable
        as attributes, for example ``cohort.person``. Either way ``cohort.person["safety"]`` is a column.
    ties : (n_persons, N_TIES) int32 array
        Cross-team ties: row of the other person, or −1.
    parameters : dict of str to Table
        A row per organisation for each process, and for ``population`` and ``structure``.
    week : int
        The next week to simulate; burn-in weeks are negative.
    plan : Plan or None
        What the scenario sets and what will change when; see :mod:`civicsim.model.processes.events`.
    log : (n, 8) int32 array
        Where kernels write events; without rows, nothing is written. See :mod:`civicsim.model.log`.
    part : structured array
        Parts of the organisations that can be simulated side by side; see :mod:`civicsim.model.parts`.
    draft : dict of str to numpy.ndarray
        ``parts_from`` (organisations + 1), the row of the first part of each organisation, and the number of parts; and
        what a kernel leaves for the next one of its process: ``shown`` (persons + 1, 2), what people show to one another,
        with zeros last for those who are missing; ``met`` (teams, patient groups), how far needs are met; ``seen``, what
        is recorded, added up over each part; ``leavers`` (persons), rows of people; and as bytes ``moves`` (persons),
        ``news`` (teams, dimensions and more, up to whole blocks of :data:`BLOCK`), and ``marks`` (teams, dimensions and
        one more, which states whether there are any).
    """

    tables: Tables
    ties: np.ndarray
    parameters: Tables
    week: int = 0
    plan: Any = None
    log: np.ndarray = field(default_factory=no_log)
    part: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Find the parts of the organisations."""
        self.part = parts_of(self.tables["organisation"], self.tables["team"])

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__.get("tables")
        if tables is not None and name in tables:
            return tables[name]
        raise AttributeError(f"a cohort has no table or attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        # A table of that name is what will be simulated.
        (self.tables if name in TABLES else self.__dict__)[name] = value

    @cached_property
    def draft(self) -> dict[str, np.ndarray]:
        """What kernels leave for one another within a process."""
        persons, (teams, m) = self.n_persons, self.tables["practice"].shape
        return {
            "parts_from": self.part["organisation"].searchsorted(np.arange(self.n_organisations + 1)),
            "shown": np.zeros((persons + 1, 2)),
            "met": np.zeros((teams, N_PATIENT_GROUPS)),
            "moves": np.zeros(persons, dtype=np.int8),
            "news": np.zeros((teams, -(-m // BLOCK) * BLOCK), dtype=np.int8),
            "marks": np.zeros((teams, m + 1), dtype=np.int8),
            "leavers": np.zeros(persons, dtype=np.int32),
            "seen": np.zeros(len(self.part), dtype=_TYPES["snapshot"]),
        }

    @property
    def part_counts(self) -> np.ndarray:
        """What parts have counted this week, as a matrix of numbers."""
        return counts_of(self.part)

    def add_counts(self, first: int, last: int) -> None:
        """Add what was counted in the parts of organisations to their tallies."""
        call(add_counts, "record", self, self.ranges(first, last))

    def ranges(self, first: int, last: int) -> dict[str, int]:
        """Return the rows of organisations, of their parts, and of those that are linked, as one thread goes through them."""
        start, end = self.draft["parts_from"][[first, last]].tolist()
        return dict(zip(RANGES, (first, last, start, end, first, last), strict=True))

    @property
    def n_organisations(self) -> int:
        """Organisations in all runs."""
        return len(self.tables["organisation"])

    @property
    def n_persons(self) -> int:
        """Posts of staff and managers in all runs."""
        return len(self.tables["person"])

    def copy(self) -> Cohort:
        """Return an independent copy."""
        return Cohort(
            {name: table.copy() for name, table in self.tables.items()},
            self.ties.copy(),
            {name: table.copy() for name, table in self.parameters.items()},
            self.week,
            self.plan,
        )

    def state_bytes(self) -> bytes:
        """Return the whole state as bytes, for comparing two cohorts exactly."""
        return b"".join(table.tobytes() for table in [*self.tables.values(), self.ties])


def blank(name: str, *shape: int) -> Any:
    """Return a table of zeros."""
    return Table(shape, _TYPES[name]) if name in IN_COLUMNS else np.zeros(shape, dtype=_TYPES[name])


def set_levers(tables: Tables, levers: Levers, rows: slice | np.ndarray = slice(None)) -> None:
    """Set the intentions and the hour budget of organisations; what staff meet follows in the weeks after.

    Parameters
    ----------
    tables : dict of str to numpy.ndarray
        Tables of a cohort.
    levers : Levers
        The style's settings.
    rows : slice or int array
        Rows of the organisations concerned; all by default.
    """
    organisation, dimension = tables["organisation"], tables["dimension"]
    for name in LEVERS:
        organisation[name][rows] = getattr(levers, name)
    shares = np.array(list(levers.hours(1.0).values()))
    organisation["allotted"][rows] = organisation["hours"][rows] = shares * organisation["hours_budget"][rows][:, None]
    dimension["measured"][rows] = dimension["measured_rank"][rows] < levers.measured_share


def _concatenated(tables: list[Any]) -> Any:
    """Return the rows of tables of one kind, taken as bytes: to compare the names of all columns takes longer than to copy."""
    if len(tables) == 1:
        return tables[0]
    if isinstance(tables[0], Table):
        whole = Table((sum(map(len, tables)), *tables[0].shape[1:]), tables[0].dtype)
        for name, column in whole.columns():
            np.concatenate([table[name] for table in tables], out=column)
        return whole
    kind = tables[0].dtype
    return np.concatenate([table.view(np.dtype((np.void, kind.itemsize))) for table in tables]).view(kind)


def stack(parts: list[tuple[Tables, np.ndarray]]) -> tuple[Tables, np.ndarray]:
    """Put tables on top of one another; rows that point into a table are moved along.

    Tables are taken out of what is given, one by one: of a large run, no two are in memory twice at a time.
    """
    counts = {name: np.array([len(tables[name]) for tables, _ in parts]) for name in TABLES}
    starts = {name: np.concatenate([[0], np.cumsum(count)[:-1]]) for name, count in counts.items()}
    result = {name: _concatenated([tables.pop(name) for tables, _ in parts]) for name in TABLES}
    for name, columns in TABLES.items():
        for column in (c for c in columns if c.refers):
            values = result[name][column.name]
            shift = np.repeat(starts[column.refers], counts[name])
            shift = shift.reshape((-1,) + (1,) * (values.ndim - 1))
            result[name][column.name] = np.where(values >= 0, values + shift, values)
    ties = np.concatenate([ties for _, ties in parts])
    shift = np.repeat(starts["person"], counts["person"])[:, None]
    return result, np.where(ties >= 0, ties + shift, ties).astype(np.int32)
