"""Tables that are kept column by column: one buffer, in which each column is an array of its own.

A loop that reads three states of everybody then fetches those three and nothing else, and several people go through one
instruction of the processor. Rules do not see it: ``person[i].exhaustion`` is one person's value in a kernel
(:mod:`civicsim.table_code`) and in plain Python, and ``person["exhaustion"]`` is the column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from civicsim.table_code import LINE, layout_of, type_of


class Table:
    """A table kept column by column.

    ``table["name"]`` is a column, an array that can be written to; ``table[row]`` is one row, with columns as attributes;
    any other index gives a copy of those rows as records.

    Parameters
    ----------
    shape : tuple of int
        Rows, and for tables with several entries a row, entries.
    dtype : numpy.dtype
        The table as a record.
    fixed : bool
        Whether compiled code may take for granted that nothing is written while it runs, as in tables of parameters.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, *, fixed: bool = False) -> None:
        layout = layout_of(dtype)
        self.fixed, self._numba_type_ = fixed, type_of(dtype, len(shape), fixed)
        self.dtype, self.shape, self.layout = dtype, shape, layout
        self.per_row = int(np.prod(shape[1:], dtype=int))
        self.room = layout.room_for(shape[0] * self.per_row)
        size = layout.n_bytes(self.room)
        whole = np.zeros(size + LINE, dtype=np.uint8)
        start = -whole.ctypes.data % LINE
        self._buffer = whole[start : start + size]
        self.address = self._buffer.ctypes.data
        self._columns = {name: self._column(name) for name in layout.width}

    def _column(self, name: str) -> np.ndarray:
        kind = self.dtype[name]
        start = self.layout.width[name] * self.room + self.layout.shift[name]
        n = len(self) * self.per_row
        return self._buffer[start : start + n * kind.itemsize].view(kind).reshape(self.shape)

    @classmethod
    def of(cls, records: np.ndarray, *, fixed: bool = False) -> Table:
        """Return a table that holds what an array of records holds."""
        table = cls(records.shape, records.dtype, fixed=fixed)
        for name, column in table.columns():
            column[...] = records[name]
        return table

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def n_rows(self) -> int:
        """Rows."""
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """1, or 2 for a table with several entries a row."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Entries in all rows."""
        return len(self) * self.per_row

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        return self.size * self.layout.row_bytes

    def columns(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the name and the array of each column."""
        return iter(self._columns.items())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._columns[key]
        place = key if isinstance(key, tuple) else (key,)
        if len(place) == self.ndim and all(isinstance(k, int | np.integer) for k in place):
            return Row(self, place)
        return self.records(key)

    def __setitem__(self, key: Any, values: Any) -> None:
        if isinstance(key, str):
            self._columns[key][...] = values
        else:
            for name, column in self.columns():
                column[key] = values[name]

    def records(self, key: Any = ...) -> np.ndarray:
        """Return a copy of rows as records, all of them by default."""
        first = next(iter(self._columns.values()))[key]
        found = np.zeros(first.shape, dtype=self.dtype)
        for name, column in self.columns():
            found[name] = column[key]
        return found

    def copy(self) -> Table:
        """Return an independent copy."""
        other = Table(self.shape, self.dtype, fixed=self.fixed)
        other._buffer[:] = self._buffer
        return other

    def tobytes(self) -> bytes:
        """Return the columns one after another as bytes, for comparing two tables exactly."""
        return b"".join(column.tobytes() for _, column in self.columns())


class Row:
    """One row of a table: reads and writes its columns, as attributes or by name."""

    __slots__ = ("_place", "_table")

    def __init__(self, table: Table, place: tuple[int, ...]) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_place", place)

    def __getitem__(self, name: str) -> Any:
        return self._table[name][self._place]

    def __setitem__(self, name: str, value: Any) -> None:
        self._table[name][self._place] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a row of this table has no column '{name}'") from None

    __setattr__ = __setitem__
