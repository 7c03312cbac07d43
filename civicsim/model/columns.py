"""The columns that a process reads and writes, derived from the source of its kernels."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from civicsim.engine.process import Process
from civicsim.model.log import note
from civicsim.model.rows import of_row
from civicsim.model.tables import TABLES

COHORT = "cohort"
"""Stands for the whole cohort, which an ``act`` in plain Python takes as its first argument."""
_ADDED_UP = {"part": "tally", "seen": "snapshot"}
"""What is counted or seen in parts of an organisation becomes columns of these tables."""
_PLACES = {"run", "seed", "key", "organisation", "division", "team", "manager", "person", "superior"} | {
    f"n_{what}" for what in ("teams", "staff", "persons", "managers", "patients", "posts")
}


@dataclass(frozen=True)
class Columns:
    """Columns as ``"table.column"``, in the order of the tables; ``"ties"`` for the ties between people."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]


@functools.cache
def columns_of(process: Process) -> Columns:
    """Return the columns that a process reads and writes.

    They are read from the source of its kernels and of its ``act``, and of the functions that these call, whether or
    not a particular week reaches them. Columns that only state which rows belong together are left out of what is read.
    An ``act`` that cannot be followed states its columns in the process itself.

    Parameters
    ----------
    process : Process
        A process of the week, or your own.

    Returns
    -------
    Columns
        What it reads and what it writes; ``"table.*"`` where the process states a whole table.
    """
    touched = _Touched()
    if process.act is not None:
        _follow(process.act, {next(iter(_arguments(process.act)), ""): COHORT}, touched)
    for kernel in process.kernels:
        body = getattr(_plain(kernel), "body", kernel)
        given = {name: of_row(name).partition("[")[0] for name in _arguments(body)}
        given = {name: _ADDED_UP.get(what, what) for name, what in given.items()}
        _follow(body, {name: what for name, what in given.items() if what in TABLES or what == "ties"}, touched)
    reads = {name for name in touched.read if not _is_place(name)}
    # To add to a count reads it, yet nothing depends on it.
    reads -= {name for name in touched.written if name.startswith(("tally.", "snapshot."))}
    return Columns(_sorted(reads.union(process.reads)), _sorted(touched.written.union(process.writes)))


def _is_place(name: str) -> bool:
    column = name.partition(".")[2]
    return column in _PLACES or column.startswith("first_")


def _sorted(names: set[str]) -> tuple[str, ...]:
    """Return columns in the order of the tables, without those of a table that is stated as a whole."""
    found: list[str] = []
    for table, columns in TABLES.items():
        whole = f"{table}.*"
        own = [whole] if whole in names else [f"{table}.{c.name}" for c in columns if f"{table}.{c.name}" in names]
        found += own
    return (*found, "ties") if "ties" in names else tuple(found)


def _plain(function: Any) -> Any:
    return getattr(function, "py_func", function)


def _arguments(function: Any) -> list[str]:
    return list(inspect.signature(_plain(function)).parameters)


@dataclass
class _Touched:
    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    done: set[Any] = field(default_factory=set)


def _follow(function: Any, tables: Mapping[str, str], touched: _Touched) -> None:
    """Note what a function touches, given which of its arguments are tables or rows of tables."""
    plain = _plain(function)
    key = (plain, tuple(tables.items()))
    if key not in touched.done:
        touched.done.add(key)
        _Reader(plain, tables, touched)


class _Reader(ast.NodeVisitor):
    """Follows names bound to tables, to their rows (``g = team[t]``) and to the cohort through assignments and calls."""

    def __init__(self, plain: Any, tables: Mapping[str, str], touched: _Touched) -> None:
        self.touched, self.globals = touched, plain.__globals__
        # A function that another function made keeps its settings, such as a column's name, in enclosed variables.
        self.enclosed = dict(inspect.getclosurevars(plain).nonlocals)
        self.means = dict(tables)
        tree = ast.parse(textwrap.dedent(inspect.getsource(plain))).body[0]
        for statement in tree.body if isinstance(tree, ast.FunctionDef) else [tree]:
            self.visit(statement)

    def table_of(self, node: ast.expr) -> str | None:
        """Return the table that an expression is, or is a row of."""
        if isinstance(node, ast.Name):
            return self.means.get(node.id)
        if isinstance(node, ast.Attribute) and self.table_of(node.value) == COHORT:
            return node.attr if node.attr in TABLES or node.attr == "ties" else None
        if isinstance(node, ast.Subscript):
            whole = self.table_of(node.value)
            return None if self.name_in(node) or whole == COHORT else whole
        return None

    def name_in(self, node: ast.Subscript) -> str | None:
        """Return the name that a subscript picks, written there or enclosed in the function."""
        name = self.enclosed.get(node.slice.id) if isinstance(node.slice, ast.Name) else None
        name = node.slice.value if isinstance(node.slice, ast.Constant) else name
        return name if isinstance(name, str) else None

    def note(self, table: str | None, column: str | None, context: ast.expr_context) -> None:
        """Note that a column is read or written, if there is one of that name."""
        known = table == "ties" or (table in TABLES and column in {c.name for c in TABLES[table]})
        if known:
            name = "ties" if table == "ties" else f"{table}.{column}"
            (self.touched.read if isinstance(context, ast.Load) else self.touched.written).add(name)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if self.table_of(node.value) != "ties":
            self.note(self.table_of(node.value), node.attr, node.ctx)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.note(self.table_of(node.value), self.name_in(node), node.ctx)
        inner = node.value
        if isinstance(node.ctx, ast.Store) and isinstance(inner, ast.Subscript | ast.Attribute):
            # person["skill"][rows] = … and count.adopted[cause] = … store into the column.
            inner.ctx = node.ctx
        self.visit(inner)
        self.visit(node.slice)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.target)
        self.visit(ast.parse(ast.unparse(node.target), mode="eval").body)
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    table = self.table_of(value)
                    self.means.pop(name.id, None)
                    self.means.update({} if table is None else {name.id: table})

    def visit_For(self, node: ast.For) -> None:
        """Go through a loop over names of columns once for each of them, and along a table row by row."""
        if isinstance(node.target, ast.Name):
            table = self.table_of(node.iter)
            self.means.update({} if table is None else {node.target.id: table})
            for name in self.names_in(node.iter):
                self.enclosed[node.target.id] = name
                for statement in node.body:
                    self.visit(statement)
        self.generic_visit(node)

    def names_in(self, node: ast.expr) -> Any:
        """Return the names that a loop goes through, as in ``literal_unroll(NAMES)``."""
        known = isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Name)
        names = self.globals.get(node.args[0].id, ()) if known else ()  # type: ignore[attr-defined]
        return [name for name in names if isinstance(name, str)] if isinstance(names, tuple) else ()

    def visit_Call(self, node: ast.Call) -> None:
        function = self.function_of(node.func)
        if function is note:
            # What the event log is told is not part of what happens.
            return
        self.generic_visit(node)
        if function is not None:
            given = dict(self.tables_given(node, _arguments(function)))
            if given:
                _follow(function, given, self.touched)

    def function_of(self, node: ast.expr) -> Any:
        """Return the function that is called, if it is written in Python."""
        found = None
        if isinstance(node, ast.Name):
            found = self.globals.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = self.globals.get(node.value.id)
            found = getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
        return found if isinstance(_plain(found), FunctionType) else None

    def tables_given(self, node: ast.Call, names: list[str]) -> Iterator[tuple[str, str]]:
        """Yield the arguments of a call that are tables or rows of tables, with what they are."""
        named = [(word.arg, word.value) for word in node.keywords]
        for name, value in [*zip(names, node.args, strict=False), *named]:
            table = self.table_of(value)
            if name is not None and table is not None:
                yield name, table
