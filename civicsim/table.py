"""Tables that are kept column by column: one buffer, in which each column is an array of its own.

A loop that reads three states of everybody then fetches those three and nothing else, and several people go through one
instruction of the processor. Rules do not see it: ``person[i].exhaustion`` is one person's value in a kernel
(:mod:`civicsim.table_code`) and in plain Python, and ``person["exhaustion"]`` is the column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from civicsim.table_code import LINE, layout_of, row_type_of, type_of


class Table:
    """A table kept column by column.

    ``table["name"]`` is a column, an array that can be written to. ``table[row]`` is a row and ``table[first:last]`` are some
    rows, with columns as attributes or by name; writing to them writes to the table. As a NumPy array it is a copy, a record
    per row.

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
        return Rows(self, (key,))

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __setitem__(self, key: Any, values: Any) -> None:
        if isinstance(key, str):
            self._columns[key][...] = values
        else:
            for name, column in self.columns():
                column[key] = values[name]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[...], dtype)

    def __reduce__(self) -> Any:
        return _of, (np.asarray(self), self.fixed)

    def copy(self) -> Table:
        """Return an independent copy."""
        other = Table(self.shape, self.dtype, fixed=self.fixed)
        other._buffer[:] = self._buffer
        return other

    def tobytes(self) -> bytes:
        """Return the columns one after another as bytes, for comparing two tables exactly."""
        return b"".join(column.tobytes() for _, column in self.columns())


def _of(records: np.ndarray, fixed: bool) -> Table:
    """Return a table again that was pickled or copied as records: where it begins in memory belongs to it alone."""
    return Table.of(records, fixed=fixed)


class Rows:
    """A row of a table, or some of its rows: reads and writes their columns, as attributes or by name.

    A single row can be given to compiled rules.
    """

    __slots__ = ("_keys", "_table")

    def __init__(self, table: Table, keys: tuple[Any, ...]) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_keys", keys)
        # Complains about rows that are not there.
        self._place(next(iter(table.columns()))[1])

    def _place(self, column: np.ndarray) -> Any:
        for key in self._keys:
            column = column[key]
        return column

    def __reduce__(self) -> Any:
        return Rows, (self._table, self._keys)

    def copy(self) -> Table:
        """Return a table of its own that holds these rows."""
        return Table.of(np.asarray(self), fixed=self._table.fixed)

    def tobytes(self) -> bytes:
        """Return the columns one after another as bytes."""
        return b"".join(self[name].tobytes() for name, _ in self._table.columns())

    @property
    def _numba_type_(self) -> Any:
        if self.shape:
            raise AttributeError("compiled code takes a table, or one row of it")
        return row_type_of(self._table._numba_type_)

    @property
    def address(self) -> int:
        """Where the table begins."""
        return self._table.address

    @property
    def room(self) -> int:
        """For how many rows columns have room."""
        return self._table.room

    @property
    def row(self) -> int:
        """Place of a single row among all entries of the table."""
        entries = np.arange(self._table.size).reshape(self._table.shape)
        return int(self._place(entries))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each of the columns."""
        return np.shape(self._place(next(iter(self._table.columns()))[1]))

    @property
    def dtype(self) -> np.dtype:
        """The table as a record."""
        return self._table.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._place(self._table[key])
        return Rows(self._table, (*self._keys, key))

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            for name, _ in self._table.columns():
                self[key][name] = value[name]
            return
        column = self._table[key]
        for step in self._keys[:-1]:
            column = column[step]
        column[self._keys[-1]] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._table.layout.width:
            raise AttributeError(f"rows of this table have no column '{name}'")
        return self[name]

    __setattr__ = __setitem__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("rows of a table as records are always a copy")
        found = np.zeros(self.shape, dtype=self._table.dtype)
        for name, _ in self._table.columns():
            found[name] = self[name]
        return found if dtype is None else found.astype(dtype)
