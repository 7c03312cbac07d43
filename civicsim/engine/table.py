"""Tables that are kept column by column: one buffer, in which each column is an array of its own.

A loop that reads three states of all people then fetches those three and nothing else, and several people go through one
instruction of the processor. Rules do not see it: ``person[i].exhaustion`` is one person's value in a kernel
(:mod:`civicsim.engine.table_code`) and in plain Python, and ``person["exhaustion"]`` is the column.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType
from typing import Any

import numpy as np

from civicsim.engine.table_code import LINE, Layout, layout_of, row_type_of, type_of


class Table:
    """A table kept column by column.

    ``table["name"]`` is a column, an array that can be written to. ``table[row]`` is a row and ``table[first:last]`` or
    ``table[mask]`` are some rows, with columns as attributes or by name; writing to them writes to the table. As a NumPy
    array it is a copy, a record per row: ``pandas.DataFrame(numpy.asarray(table))``.

    In compiled code ``table[i]`` and ``table[i, k]`` are rows, and ``table.shape`` tells how many there are. Rows count from 0
    there, and nothing checks that they exist: −1 is no row, not the last one.

    Parameters
    ----------
    shape : tuple of int
        Rows, and for tables with several entries a row, entries.
    dtype : numpy.dtype
        The table as a record.
    fixed : bool
        Whether compiled code may take for granted that nothing is written while it runs, as in tables of parameters.
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    layout: Layout
    fixed: bool
    per_row: int
    room: int
    address: int
    _numba_type_: Any
    _buffer: np.ndarray
    _columns: dict[str, np.ndarray]

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, *, fixed: bool = False) -> None:
        layout, per_row = layout_of(dtype), int(np.prod(shape[1:], dtype=int))
        room = layout.room_for(shape[0] * per_row)
        size = layout.n_bytes(room)
        whole = np.zeros(size + LINE, dtype=np.uint8)
        start = -whole.ctypes.data % LINE
        buffer = whole[start : start + size]
        own = {"_numba_type_": type_of(dtype, len(shape), fixed), "_buffer": buffer, "address": buffer.ctypes.data}
        own |= {"dtype": dtype, "shape": shape, "layout": layout, "fixed": fixed, "per_row": per_row, "room": room}
        self.__dict__.update(own)
        self.__dict__["_columns"] = {name: self._column(name) for name in layout.width}

    def _column(self, name: str) -> np.ndarray:
        kind = self.dtype[name]
        start = self.layout.width[name] * self.room + self.layout.shift[name]
        return self._buffer[start : start + self.size * kind.itemsize].view(kind).reshape(self.shape)

    @classmethod
    def of(cls, records: np.ndarray, *, fixed: bool = False) -> Table:
        """Return a table that holds what an array of records holds."""
        table = cls(records.shape, records.dtype, fixed=fixed)
        for name, column in table.columns():
            column[...] = records[name]
        return table

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a table is written column by column: table['{name}'] = …")

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
        return self._columns[key] if isinstance(key, str) else Rows(self, (key,))

    def __setitem__(self, key: Any, values: Any) -> None:
        if isinstance(key, str):
            self._columns[key][...] = values
        else:
            self[key][...] = values

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __eq__(self, other: object) -> Any:
        return np.asarray(self) == np.asarray(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Table of {' × '.join(f'{n:,}' for n in self.shape)} rows: {', '.join(self.dtype.names or ())}"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[...].__array__(dtype, copy)

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


def _is_plain(key: Any) -> bool:
    """Return whether NumPy answers an index with a view, so that writing to what it gives writes to the array."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(isinstance(part, int | np.integer | slice | EllipsisType) for part in parts)


class Rows:
    """A row of a table, or some of its rows: reads and writes their columns, as attributes or by name.

    A single row can be given to compiled rules.
    """

    __slots__ = ("_keys", "_table")

    _keys: tuple[Any, ...]
    _table: Table

    def __init__(self, table: Table, keys: tuple[Any, ...]) -> None:
        if not all(_is_plain(key) for key in keys):
            # Which entries were chosen is worked out, so that whatever is chosen of them writes to the table, too.
            entries = np.arange(table.size).reshape(table.shape)
            for key in keys:
                entries = entries[key]
            keys = (np.unravel_index(entries, table.shape),)
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_keys", keys)
        # Complains about rows that are not there.
        self._place(next(iter(table.columns()))[1])

    def _place(self, column: np.ndarray) -> Any:
        for key in self._keys:
            column = column[key]
        return column

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each of the columns."""
        return np.shape(self._place(next(iter(self._table.columns()))[1]))

    @property
    def dtype(self) -> np.dtype:
        """The table as a record."""
        return self._table.dtype

    def __len__(self) -> int:
        return self.shape[0] if self.shape else len(self._table.layout.width)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over rows, or over the values of a single one."""
        if self.shape:
            return (self[row] for row in range(len(self)))
        return (self[name] for name in self.dtype.names or ())

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
        self._check(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._check(name)
        self[name] = value

    def _check(self, name: str) -> None:
        if name.startswith("_") or name not in self._table.layout.width:
            raise AttributeError(f"rows of this table have no column '{name}'")

    def __eq__(self, other: object) -> Any:
        return np.asarray(self) == np.asarray(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self.shape:
            return f"Rows {self.shape} of a table: {', '.join(self.dtype.names or ())}"
        return f"Row({', '.join(f'{name}={self[name]:.6g}' for name in self.dtype.names or ())})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("rows of a table as records are always a copy")
        found = np.zeros(self.shape, dtype=self._table.dtype)
        for name, _ in self._table.columns():
            found[name] = self[name]
        return found if dtype is None else found.astype(dtype)

    def __reduce__(self) -> Any:
        return Rows, (self._table, self._keys)

    def copy(self) -> Any:
        """Return a table of its own that holds these rows; of a single one, a record."""
        records = np.asarray(self)
        return Table.of(records, fixed=self._table.fixed) if self.shape else records[()]

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
        place = [part for key in self._keys for part in (key if isinstance(key, tuple) else (key,))]
        if len(place) == self._table.ndim and all(isinstance(part, int | np.integer) for part in place):
            return int(np.ravel_multi_index(tuple(place), self._table.shape, mode="wrap"))
        return int(self._place(np.arange(self._table.size).reshape(self._table.shape)))
