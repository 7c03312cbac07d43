"""How compiled code reads and writes a :class:`civicsim.engine.table.Table`: ``person[i].exhaustion`` is one load or store.

A row is three numbers (where the table begins, its room, and which row), so it costs nothing to take one. Every access is
marked with its column, so that the compiler knows that what is written to one column is never read from another, and
parameters are marked as fixed: without that it has to work on one row after another.
"""

from __future__ import annotations

import functools
import hashlib
import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_builtin, lower_getattr, lower_getattr_generic, lower_setattr_generic
from numba.core.pythonapi import NativeValue, unbox
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer,
    infer_getattr,
    infer_global,
    signature,
)
from numba.np.numpy_support import from_dtype

ROWS_PER_LINE = 64
"""Columns have room for a multiple of so many rows, so that each begins at a line of the processor's cache."""
LINE = 64
"""Bytes of such a line. Each column begins one line later than its room asks for, or the same row of all columns would compete
for the same place in the cache wherever the room is a power of two."""


class Layout:
    """Where each column of a table is within its buffer, for any number of rows.

    Attributes
    ----------
    dtype : numpy.dtype
        The table as a record: names and types of its columns.
    width : dict of str to int
        Bytes before a column, per row of room: wider types come first.
    shift : dict of str to int
        Bytes before a column, whatever the room.
    digest : str
        Names the layout; the same in every process.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self.width: dict[str, int] = {}
        self.shift: dict[str, int] = {}
        assert dtype.names is not None
        at = 0
        for place, name in enumerate(sorted(dtype.names, key=lambda name: -dtype[name].itemsize)):
            self.width[name], self.shift[name] = at, place * LINE
            at += dtype[name].itemsize
        self.row_bytes = at
        told = repr([(name, dtype[name].str) for name in dtype.names])
        self.digest = hashlib.sha256(told.encode()).hexdigest()[:12]

    def room_for(self, rows: int) -> int:
        """Return for how many rows columns have room."""
        return -(-rows // ROWS_PER_LINE) * ROWS_PER_LINE

    def n_bytes(self, room: int) -> int:
        """Return the bytes of a buffer."""
        return self.row_bytes * room + LINE * len(self.width)


@functools.cache
def layout_of(dtype: np.dtype) -> Layout:
    """Return the layout of a record type."""
    return Layout(dtype)


class TableType(types.Type):
    """The type of a table for the compiler: its columns, whether it has several entries a row, and whether it is only read."""

    def __init__(self, dtype: np.dtype, ndim: int, fixed: bool) -> None:
        self.dtype, self.ndim, self.fixed = dtype, ndim, fixed
        super().__init__(name=f"{'fixed' if fixed else 'table'}_{ndim}_{self.layout.digest}")

    @property
    def layout(self) -> Layout:
        """Where its columns are."""
        return layout_of(self.dtype)

    def kind_of(self, column: str) -> Any:
        """Return the type of a column's values."""
        return from_dtype(self.dtype[column])


class RowType(types.Type):
    """A row of a table."""

    def __init__(self, table: TableType) -> None:
        self.table = table
        super().__init__(name=f"row_of_{table.name}")


@functools.cache
def type_of(dtype: np.dtype, ndim: int, fixed: bool) -> TableType:
    """Return the type of a table."""
    return TableType(dtype, ndim, fixed)


@functools.cache
def row_type_of(table: TableType) -> RowType:
    """Return the type of a table's rows."""
    return RowType(table)


@register_default(TableType)
class _TableModel(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        numbers = [(name, types.intp) for name in ("room", "n_rows", "per_row")]
        super().__init__(manager, kind, [("start", types.voidptr), *numbers])


@register_default(RowType)
class _RowModel(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("start", types.voidptr), ("room", types.intp), ("row", types.intp)])


def _number(table: Any, name: str, c: Any) -> Any:
    """Return an attribute of a Python object, a whole number."""
    held = c.pyapi.object_getattr_string(table, name)
    value = c.pyapi.long_as_longlong(held)
    c.pyapi.decref(held)
    return value


def _unboxed(kind: Any, thing: Any, names: tuple[str, ...], c: Any) -> NativeValue:
    native = cgutils.create_struct_proxy(kind)(c.context, c.builder)
    native.start = c.builder.inttoptr(_number(thing, "address", c), cgutils.voidptr_t)
    for name in names:
        setattr(native, name, _number(thing, name, c))
    return NativeValue(native._getvalue(), is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@unbox(TableType)
def _unbox_table(kind: Any, table: Any, c: Any) -> NativeValue:
    return _unboxed(kind, table, ("room", "n_rows", "per_row"), c)


@unbox(RowType)
def _unbox_row(kind: Any, row: Any, c: Any) -> NativeValue:
    return _unboxed(kind, row, ("room", "row"), c)


# -- table[i] and table[i, k] are rows ---------------------------------------------------------------------------------


@infer_global(operator.getitem)
class _RowOf(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, index = args
        if not isinstance(table, TableType):
            return None
        if table.ndim == 1 and isinstance(index, types.Integer):
            return signature(row_type_of(table), table, types.intp)
        if table.ndim == 2 and isinstance(index, types.BaseTuple):
            kinds: Any = index
            if len(kinds) == 2 and all(isinstance(kinds[k], types.Integer) for k in range(2)):
                return signature(row_type_of(table), table, types.UniTuple(types.intp, 2))
        return None


def _row(context: Any, builder: Any, sig: Any, table: Any, row: Any) -> Any:
    native = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    native.start, native.room, native.row = table.start, table.room, row
    return native._getvalue()


@lower_builtin(operator.getitem, TableType, types.Integer)
def _row_of(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    table = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0])
    return _row(context, builder, sig, table, args[1])


@lower_builtin(operator.getitem, TableType, types.UniTuple)
def _entry_of(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    table = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0])
    row, entry = cgutils.unpack_tuple(builder, args[1])
    row = builder.add(builder.mul(row, table.per_row, flags=("nsw",)), entry, flags=("nsw",))
    return _row(context, builder, sig, table, row)


# -- table.shape -------------------------------------------------------------------------------------------------------


@infer_getattr
class _TableAttributes(AttributeTemplate):
    key = TableType

    def resolve_shape(self, table: Any) -> Any:
        return types.UniTuple(types.intp, table.ndim)


@lower_getattr(TableType, "shape")
def _shape(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    table = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    sizes = [table.n_rows, table.per_row][: kind.ndim]
    return context.make_tuple(builder, types.UniTuple(types.intp, kind.ndim), sizes)


# -- row.column and row["column"] --------------------------------------------------------------------------------------


@infer_getattr
class _RowAttributes(AttributeTemplate):
    key = RowType

    def generic_resolve(self, row: Any, name: str) -> Any:  # type: ignore[override]
        return row.table.kind_of(name) if name in row.table.layout.width else None


@infer
class _ColumnByWord(AbstractTemplate):
    """``row["column"]``, with the name written there."""

    key = "static_getitem"

    def generic(self, args: Any, kws: Any) -> Any:
        row, name = args
        if isinstance(row, RowType) and name in row.table.layout.width:
            return signature(row.table.kind_of(name), *args)
        return None


@infer_global(operator.getitem)
class _ColumnByName(AbstractTemplate):
    """``row[name]``, with a name that stands for a word, as in ``literal_unroll``."""

    def generic(self, args: Any, kws: Any) -> Any:
        row, name = args
        if isinstance(row, RowType) and isinstance(name, types.StringLiteral):
            return signature(row.table.kind_of(name.literal_value), *args)
        return None


def _place(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    """Return the address of a column of a row."""
    row = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    layout = kind.table.layout

    def number(n: int) -> Any:
        return ir.Constant(row.room.type, n)

    before = builder.mul(row.room, number(layout.width[name]), flags=("nsw",))
    column = builder.gep(row.start, [builder.add(before, number(layout.shift[name]), flags=("nsw",))], inbounds=True)
    data = context.data_model_manager[kind.table.kind_of(name)].get_data_type()
    return builder.gep(builder.bitcast(column, data.as_pointer()), [row.row], inbounds=True)


def _mark(builder: Any, access: Any, table: TableType, name: str) -> None:
    """State that an access to one column never overlaps with an access to another."""
    module, digest = builder.module, table.layout.digest
    domain = module.add_metadata([f"civicsim.{digest}"])
    own = {column: module.add_metadata([f"civicsim.{digest}.{column}", domain]) for column in table.layout.width}
    access.set_metadata("alias.scope", module.add_metadata([own[name]]))
    access.set_metadata("noalias", module.add_metadata([own[column] for column in own if column != name]))


def _load(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    held = builder.load(_place(context, builder, kind, value, name))
    if kind.table.fixed:
        held.set_metadata("invariant.load", builder.module.add_metadata([]))
    else:
        _mark(builder, held, kind.table, name)
    return context.data_model_manager[kind.table.kind_of(name)].from_data(builder, held)


@lower_getattr_generic(RowType)
def _get(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    return _load(context, builder, kind, value, name)


@lower_builtin("static_getitem", RowType, types.StringLiteral)
@lower_builtin(operator.getitem, RowType, types.StringLiteral)
def _get_by_name(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return _load(context, builder, sig.args[0], args[0], sig.args[1].literal_value)


@lower_setattr_generic(RowType)
def _set(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    kind, given = sig.args
    if kind.table.fixed:
        raise TypeError(f"{name}: a table of parameters is only read")
    column = kind.table.kind_of(name)
    value = context.cast(builder, args[1], given, column)
    value = context.data_model_manager[column].as_data(builder, value)
    _mark(builder, builder.store(value, _place(context, builder, kind, args[0], name)), kind.table, name)
