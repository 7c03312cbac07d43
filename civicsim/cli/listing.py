"""How lists of what is declared look: columns without lines, names kept whole, sentences wrapped."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError, nearest

NARROW = 120
"""Columns below which meanings stand under names instead of beside them."""


def known(name: str, valid: Mapping[str, Any], what: str) -> None:
    """Complain about a name that is not there, with the nearest one."""
    if name not in valid:
        raise CivicsimError(f"describe: no {what} '{name}'; {nearest(name, valid)}")


def value_text(value: Any) -> str:
    """Return a value as it is written in a scenario file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def range_text(about: Parameter) -> str:
    """Return the allowed values, short."""
    if about.choices:
        return ", ".join(about.choices)
    return "true, false" if isinstance(about.default, bool) else f"{about.low:g} to {about.high:g}"


def paragraphs(text: str) -> list[str]:
    """Return paragraphs as single lines."""
    return [" ".join(part.split()) for part in text.split("\n\n")]


def indented(text: str) -> list[Text]:
    """Return a text in lines that are set in."""
    return [Text(textwrap.indent(line, "    ")) for line in textwrap.wrap(text, 74)]


def listing(*columns: str, title: str | None = None) -> Table:
    """Return an empty table with these columns."""
    heading = None if title is None else Text(title, style="bold")
    table = Table(box=None, pad_edge=False, title=heading, title_justify="left", title_style="", padding=(0, 2, 0, 0))
    for index, name in enumerate(columns):
        # Names and numbers stay whole; sentences wrap.
        last = index == len(columns) - 1
        table.add_column(Text(name, style="dim"), no_wrap=not last and name not in ("unit", "in words"))
    return table
