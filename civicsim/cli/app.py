"""The application: which command the words name, and how a mistake in them is reported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import civicsim
from civicsim.cli import OVERVIEW, TEXTS, commands, study_commands  # noqa: F401  (declare the commands)
from civicsim.cli.declaring import COMMANDS, function_of, help_of, output_of
from civicsim.cli.options import Json, Quiet
from civicsim.errors import CivicsimError, nearest

# Typer brings its own copy of click in some versions; its usage errors are reached through the one that it exports.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_COMPLETING = "_CIVICSIM_COMPLETE"


class _Group(TyperGroup):
    """The commands, with an overview written by hand as their help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(f"{OVERVIEW}\n")


def application(words: Sequence[str] = ()) -> Any:
    """Return the commands as Typer runs them: the one that the words name, or all if they name none.

    Typer takes a tenth of a second to prepare all commands.
    """
    app = typer.Typer(
        cls=_Group,
        name="civicsim",
        invoke_without_command=True,
        callback=root,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS,
    )
    groups = {}
    first = next((word for word in words if not word.startswith("-")), "")
    for name in [name for name in COMMANDS if name.split()[0] == first] or COMMANDS:
        group, _, own = name.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(rich_markup_mode=None, context_settings=_SETTINGS)
            groups[group].callback(
                invoke_without_command=True, help=help_of((TEXTS / f"{group}.txt").read_text(encoding="utf-8"))
            )(_group)
            app.add_typer(groups[group], name=group)
        (groups[group] if group else app).command(own, help=COMMANDS[name].help)(function_of(name))
    return typer.main.get_command(app)


def root(
    context: typer.Context,
    json: Json = False,
    quiet: Quiet = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Simulate how a civic culture grows or withers in a healthcare organisation."""
    output = output_of(context, json, quiet)
    if version:
        output.show({"civicsim": civicsim.__version__}, [f"civicsim {civicsim.__version__}"])
        raise typer.Exit
    if context.invoked_subcommand is None:
        if output.json:
            raise CivicsimError("--json: expected a command, for example civicsim run --json")
        output.print(OVERVIEW)


def _group(context: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    output = output_of(context, json, quiet)
    if context.invoked_subcommand is None:
        if output.json:
            raise CivicsimError(f"{context.info_name}: expected a command; see civicsim {context.info_name} --help")
        output.print(context.get_help())


def invoke(words: Sequence[str]) -> int:
    """Run the command that the words after ``civicsim`` name, and return its exit code."""
    from civicsim.cli.output import Output

    if _COMPLETING in os.environ:
        application().main(args=list(words), prog_name="civicsim")
    app = application(words)
    try:
        with app.make_context("civicsim", list(words), obj=Output(arguments=list(words))) as context:
            app.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except _UsageError as error:
        raise CivicsimError(_explained(error)) from None
    return 0


def _explained(error: Any) -> str:
    """Return a usage error in one line, with the nearest valid name."""
    message = str(error.format_message()).strip().rstrip(".")
    context = getattr(error, "ctx", None)
    command = getattr(context, "command", None)
    if hasattr(error, "possibilities") and command is not None:
        options = [word for parameter in command.params for word in parameter.opts if word.startswith("--")]
        message = f"no such option {error.option_name}; {nearest(error.option_name, options)}"
    elif message.startswith("No such command") and isinstance(command, TyperGroup):
        word = message.split("'")[1]
        message = f"no command '{word}'; {nearest(word, command.commands)}"
    elif isinstance(error, typer.BadParameter) and error.param is not None and error.message:
        message = f"{_shown(error.param)} {error.message.rstrip('.')}"
    else:
        message = message[:1].lower() + message[1:]
    name = "" if context is None or context.parent is None else f"{context.info_name}: "
    return name + message


def _shown(parameter: Any) -> str:
    """Return a parameter as the user writes it."""
    words = [word for word in parameter.opts if word.startswith("--")]
    return str(words[0] if words else parameter.human_readable_name)
