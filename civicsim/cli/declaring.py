"""How commands are declared: a frozen class whose docstring is the help and whose fields are the options."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any, dataclass_transform, get_args

import typer

from civicsim.cli.options import FileName, Force, Json, Quiet, Tables
from civicsim.extras import need


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes
    ----------
    request : type
        Frozen dataclass with a field for each option: an instance is all that the function gets.
    does : str
        Module of ``civicsim.cli`` and function, such as ``running.run``: imported when the command is called.
    help : str
        Text of ``--help`` above the options.
    extra : str or None
        The optional packages it needs; see :data:`civicsim.extras.EXTRAS`.
    json : bool
        Whether it takes ``--json``.
    """

    request: type
    does: str
    help: str
    extra: str | None
    json: bool


COMMANDS: dict[str, Command] = {}
"""Every command by name, such as ``run`` or ``study run``."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def request[T](cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass: options that commands share, or all those of a command."""
    return dataclass(frozen=True, kw_only=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def command[T](name: str, does: str, extra: str | None = None, json: bool = True) -> Callable[[type[T]], type[T]]:
    """Declare a command; see :class:`Command`. The function returns False if it has reported a failure itself."""

    def declare(cls: type[T]) -> type[T]:
        made = request(cls)
        COMMANDS[name] = Command(made, does, help_of(inspect.getdoc(cls) or ""), extra, json)
        return made

    return declare


def help_of(docstring: str) -> str:
    """Return a docstring as help: its block of command lines shows examples, which must not be wrapped."""
    first, _, rest = docstring.partition("\n\n")
    examples, _, more = rest.partition("\n\n")
    lines = "\n".join(f"  {line.strip()}" for line in examples.split("\n"))
    return "\n\n".join(filter(None, (first, f"\b\nExamples:\n{lines}", more)))


def output_of(context: typer.Context, json: bool, quiet: bool) -> Any:
    """Return the output of a command: its options count before and after the command's name."""
    output = context.obj
    output.json, output.quiet = output.json or json, output.quiet or quiet
    return output


def function_of(name: str) -> Callable[..., None]:
    """Return the function behind a command, with the parameters that Typer turns into options."""
    about = COMMANDS[name]

    def call(context: typer.Context, json: bool = False, quiet: bool = False, **values: Any) -> None:
        output = output_of(context, json, quiet)
        if about.extra is not None:
            need(about.extra, name)
        module, _, function = about.does.partition(".")
        does = getattr(importlib.import_module(f"civicsim.cli.{module}"), function)
        output.force = values.pop("force", False) if files else False
        given = {key: tuple(value or ()) if key in repeated else value for key, value in values.items()}
        output.tables = given[tables] if tables else None
        from civicsim.cli.files import check_free

        # A file that the user names and that is in the way is refused before anything is computed.
        check_free([str(given[name]) for name, usual in files.items() if given[name] != usual], output.force)
        if does(output, about.request(**given)) is False:
            raise typer.Exit(1)

    own = inspect.get_annotations(about.request)
    repeated = {field.name for field in fields(about.request) if _is_sequence(field)}
    options = sorted(fields(about.request), key=lambda field: field.name not in own)
    tables = next((field.name for field in options if field.type == Tables), None)
    files = {field.name: field.default for field in options if _is_file(field)}
    shared = ({"force": Force} if files else {}) | ({"json": Json} if about.json else {}) | {"quiet": Quiet}
    parameters = [_parameter("context", typer.Context)]
    parameters += map(_option, options)
    parameters += [_parameter(name, kind, False) for name, kind in shared.items()]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _option(field: Field[Any]) -> inspect.Parameter:
    """Return a field as a parameter of a function for Typer, which repeats an option for a list."""
    if _is_sequence(field):
        return _parameter(field.name, Annotated[list[str], *get_args(field.type)[1:]], None)
    return _parameter(field.name, field.type, inspect.Parameter.empty if field.default is MISSING else field.default)


def _is_file(field: Field[Any]) -> bool:
    """Return whether an option names a file that the command writes."""
    return any(isinstance(getattr(about, "parser", None), FileName) for about in get_args(field.type)[1:])


def _is_sequence(field: Field[Any]) -> bool:
    return field.default == ()
