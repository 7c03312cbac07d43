"""How declarations are printed: values, ranges and labelled lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rich.text import Text

from civicsim.cli.tables import Line, grid
from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError, nearest


class Shown(NamedTuple):
    """What ``describe`` shows of a topic: as data, as lines, and the command to try next."""

    data: Any
    lines: Iterable[Line]
    hint: str


def known(name: str, valid: Mapping[str, Any], what: str) -> None:
    """Check a name, and report the nearest one."""
    if name not in valid:
        raise CivicsimError(f"describe: no {what} '{name}'; {nearest(name, valid)}")


def value_text(value: Any) -> str:
    """Return a value as it is written in a scenario file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def range_text(about: Parameter) -> str:
    """Return the allowed values, in short."""
    if about.choices:
        return ", ".join(about.choices)
    return "true, false" if isinstance(about.default, bool) else f"{about.low:g} to {about.high:g}"


def unit_text(about: Parameter) -> str:
    """Return the unit behind a value; empty where it is plain from the range."""
    return "" if about.unit in ("0–1", "on/off") else f" ({about.unit})"


def bold(text: str) -> Text:
    """Return a heading."""
    return Text(text, style="bold")


def indented(text: str) -> list[Text]:
    """Return a text in indented lines."""
    return [Text(textwrap.indent(line, "    ")) for line in textwrap.wrap(text, 74)]


def labelled(facts: Mapping[str, str], width: int) -> Iterator[Text]:
    """Yield labelled lines, such as ``Unit  hours a week``."""
    return grid([[key, value] for key, value in facts.items()], width, head=None, first="dim")
