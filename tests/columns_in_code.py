"""Which columns of the tables the code of a process touches, read from its source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from civicsim.engine.process import Process, argument_names
from civicsim.model.organisation import TABLES

COHORT = "the cohort"


@dataclass
class Touched:
    """Columns as ``"table.column"``; ``"ties"`` for the ties."""

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)


def touched_by(function: Callable[..., Any], *arguments: str | None) -> Touched:
    """Return the columns that a function touches, and those that the civicsim functions it calls do.

    Follows names bound to tables, to their rows (``who = person[i]``) and to the cohort (``c = cohort``) through
    assignments and calls. ``arguments`` says what each positional argument is: the name of a table, COHORT, or None.
    """
    touched = Touched()
    _Reader(function, arguments, touched, set())
    return touched


def touched_by_process(process: Process) -> Touched:
    """Return the columns that a process touches in plain Python and in its kernels."""
    touched = Touched()
    if process.act is not None:
        _Reader(process.act, (COHORT,), touched, set())
    for kernel in process.kernels:
        names = argument_names(kernel, process.name)
        tables = tuple(name if name in TABLES or name == "ties" else None for name in names)
        _Reader(kernel, tables, touched, set())
    return touched


class _Reader(ast.NodeVisitor):
    def __init__(self, function: Any, arguments: tuple[str | None, ...], touched: Touched, done: set[Any]) -> None:
        plain = getattr(function, "py_func", function)
        if (plain, arguments) in done:
            return
        done.add((plain, arguments))
        self.touched, self.done, self.globals = touched, done, plain.__globals__
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(plain))).body
        names = [argument.arg for argument in definition.args.args]
        # A function made by another keeps what it was made for in variables of its own.
        self.enclosed = inspect.getclosurevars(plain).nonlocals
        self.means = {name: what for name, what in zip(names, arguments, strict=False) if what is not None}
        for statement in definition.body:
            self.visit(statement)

    def table_of(self, node: ast.expr) -> str | None:
        """Return the table that an expression is, or is a row of."""
        if isinstance(node, ast.Name):
            return self.means.get(node.id)
        if isinstance(node, ast.Attribute) and self.table_of(node.value) == COHORT:
            return node.attr if node.attr in TABLES or node.attr == "ties" else None
        if isinstance(node, ast.Subscript):
            whole = self.table_of(node.value)
            return None if self.column_of(node) or whole == COHORT else whole
        return None

    def column_of(self, node: ast.Subscript) -> str | None:
        """Return the column that is picked by its name, written there or enclosed in the function."""
        name = self.enclosed.get(node.slice.id) if isinstance(node.slice, ast.Name) else None
        name = node.slice.value if isinstance(node.slice, ast.Constant) else name
        return name if isinstance(name, str) else None

    def note(self, column: str, context: ast.expr_context) -> None:
        (self.touched.read if isinstance(context, ast.Load) else self.touched.written).add(column)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        table = self.table_of(node.value)
        if table in TABLES and node.attr in {column.name for column in TABLES[table]}:
            self.note(f"{table}.{node.attr}", node.ctx)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        table = self.table_of(node.value)
        if table == "ties":
            self.note("ties", node.ctx)
        elif table in TABLES and self.column_of(node):
            self.note(f"{table}.{self.column_of(node)}", node.ctx)
        elif isinstance(node.value, ast.Subscript) and isinstance(node.ctx, ast.Store):
            # cohort.person["skill"][rows] = …: what is stored into is the column.
            self.visit_Subscript(ast.Subscript(node.value.value, node.value.slice, node.ctx))
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.target)
        if isinstance(node.target, ast.Attribute | ast.Subscript):
            load = ast.parse(ast.unparse(node.target), mode="eval").body
            self.visit(load)
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    what = self.table_of(value)
                    if what is None:
                        self.means.pop(name.id, None)
                    else:
                        self.means[name.id] = what

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            function = self.globals.get(node.func.id)
            module = getattr(function, "__module__", "") or ""
            if callable(function) and module.startswith("civicsim") and not isinstance(function, type):
                arguments = tuple(self.table_of(argument) for argument in node.args)
                _Reader(function, arguments, self.touched, self.done)
