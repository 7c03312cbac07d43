"""What all commands share: how their help is set, and how they talk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer


def command_help(what: str, examples: Sequence[str], more: str = "") -> str:
    """Return the help of a command: what it does, examples, and the rest."""
    shown = "\n".join(["\b", "Examples:", *(f"  civicsim {example}" for example in examples)])
    return "\n\n".join(part for part in (what, shown, more) if part)


def talk(context: typer.Context, json: bool, quiet: bool) -> Any:
    """Return how the command talks: options count before and after its name."""
    output = context.obj
    output.json, output.quiet = output.json or json, output.quiet or quiet
    return output
