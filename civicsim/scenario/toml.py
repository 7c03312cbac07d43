"""Reads TOML files, and reports in one line why one cannot be read."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from civicsim.errors import ScenarioError

_CONTROL = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])
_LARGEST = 2**63
_HUGE = "whole number of more than 64 bits"


def read_toml(path: Path) -> dict[str, Any]:
    """Return the contents of a TOML file.

    Raises :class:`ScenarioError` if there is none (with a file of nearly that name), or it is no UTF-8 text or TOML.
    """
    try:
        # Some editors put a byte order mark before UTF-8, which "utf-8-sig" leaves out.
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        _check_plain(values)
    except FileNotFoundError:
        raise ScenarioError(f"{path}: no such file{_nearest_file(path)}") from None
    except NotADirectoryError:
        raise ScenarioError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ScenarioError(f"{path}: is a directory, not a file") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: is not valid TOML: {error}") from None
    except RecursionError:
        raise ScenarioError(f"{path}: is nested too deeply") from None
    except ValueError as error:
        if "\0" in str(path):
            raise ScenarioError(f"{str(path)!r}: is not the name of a file") from None
        what = _HUGE if "integer string" in str(error) else error
        raise ScenarioError(f"{path}: expected no {what}") from None
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


def _nearest_file(path: Path) -> str:
    """Return a hint at a file of nearly that name, or at a folder that is not there."""
    if not path.parent.is_dir():
        return f"; there is no folder '{path.parent}'"
    close = difflib.get_close_matches(path.name, [other.name for other in path.parent.glob("*.toml")], n=1)
    return f"; did you mean '{path.parent / close[0]}'?" if close else ""
