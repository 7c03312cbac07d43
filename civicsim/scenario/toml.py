"""Reads TOML files, and reports in one line why one cannot be read."""

from __future__ import annotations

import tomllib
from typing import Any

from civicsim.errors import ScenarioError
from civicsim.scenario.text import Source, read_text

_CONTROL = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])
_LARGEST = 2**63
_HUGE = "whole number of more than 64 bits"


def read_toml(path: Source) -> dict[str, Any]:
    """Return the contents of a TOML file.

    Raises :class:`ScenarioError` if there is none (with a file of nearly that name), or it is no UTF-8 text or TOML.
    """
    return parse_toml(read_text(path), str(path))


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Return what a text says in TOML; a :class:`ScenarioError` that begins with ``where`` tells why it says nothing."""
    try:
        values = tomllib.loads(text)
        _check_plain(values)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: is not valid TOML: {error}") from None
    except RecursionError:
        raise ScenarioError(f"{where}: is nested too deeply") from None
    except ValueError as error:
        what = _HUGE if "integer string" in str(error) else error
        raise ScenarioError(f"{where}: expected no {what}") from None
    return values


def _check_plain(value: Any) -> None:
    """Refuse what no file of civicsim means: numbers of more than 64 bits, and control characters, which steer a terminal."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(key)
            _check_plain(item)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item)
    elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise ValueError(_HUGE)
    elif isinstance(value, str) and value.translate(_CONTROL) != value:
        raise ValueError(f"control characters, as in {value[:40]!r}")
