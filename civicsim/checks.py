"""Checks of what people write in files and calls: each returns the value, or raises one line that names it and its range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from civicsim.errors import ScenarioError, nearest


def plain(value: Any) -> Any:
    """Return a value with the numbers and arrays of NumPy, and series of pandas, as numbers and lists of Python."""
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(item) for item in value)
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def whole(value: Any, what: str, low: int, high: int | None = None) -> int:
    """Return a whole number from ``low`` to ``high`` (None for no upper end).

    Raises :class:`ScenarioError` if it is none or out of range, in a message that begins with ``what``, the file and key.
    """
    value = plain(value)
    proper = isinstance(value, int) and not isinstance(value, bool)
    if not proper or not low <= value <= (value if high is None else high):
        to = "" if high is None else f" to {high}"
        raise ScenarioError(f"{what} = {value!r}: expected a whole number from {low}{to}")
    return int(value)


def number(value: Any, what: str, low: float = -math.inf, high: float = math.inf, *, above: bool = False) -> float:
    """Return a finite number in a range; with ``above``, ``low`` itself is not in it. Otherwise as :func:`whole`."""
    value = plain(value)
    proper = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not proper or not (low < value if above else low <= value) or value > high:
        start = f" {'above' if above else 'from'} {low:g}" if low > -math.inf else ""
        raise ScenarioError(f"{what} = {value!r}: expected a number{start}{f' to {high:g}' if high < math.inf else ''}")
    return float(value)


def truth(value: Any, what: str) -> bool:
    """Return true or false; see :func:`whole`."""
    value = plain(value)
    if not isinstance(value, bool):
        raise ScenarioError(f"{what} = {value!r}: expected true or false")
    return value


def text(value: Any, what: str) -> str:
    """Return text; see :func:`whole`."""
    if not isinstance(value, str):
        raise ScenarioError(f"{what} = {value!r}: expected text")
    return value


def choice(value: Any, what: str, valid: Iterable[str]) -> str:
    """Return one of several words; see :func:`whole`."""
    if not isinstance(value, str) or value not in valid:
        raise ScenarioError(f"{what} = {value!r}; {nearest(str(value), valid)}")
    return value


def sequence(value: Any, what: str, of: str = "") -> Sequence[Any]:
    """Return a list, which text is not; ``of`` tells in a message what is in it. See :func:`whole`."""
    value = plain(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ScenarioError(f"{what} = {value!r}: expected a list{of}")
    return value


def table(value: Any, what: str, of: str, *, some: bool = False) -> Mapping[str, Any]:
    """Return a table of keys and values, with ``some`` one that is not empty; ``of`` describes it. See :func:`whole`."""
    if not isinstance(value, Mapping) or (some and not value):
        raise ScenarioError(f"{what} = {value!r}: expected {of}")
    return value


def keys(values: Iterable[Any], valid: Iterable[str], what: str) -> None:
    """Refuse keys that are not valid; ``what`` is the start of the message, such as ``"a.toml: [design] has no"``."""
    names = list(valid)
    for key in values:
        if key not in names:
            raise ScenarioError(f"{what} '{key}'; {nearest(str(key), names)}")
