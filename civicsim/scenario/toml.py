"""Reads TOML files, and says in one line why one cannot be read."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from civicsim.errors import ScenarioError


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    ScenarioError
        If there is no such file, or it cannot be read, or is not UTF-8 text or TOML; with a file of nearly that name.
    """
    try:
        # Some editors put a byte order mark before UTF-8, which "utf-8-sig" leaves out.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
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


def _nearest_file(path: Path) -> str:
    """Return a hint at a file of nearly that name, or at a folder that is not there."""
    if not path.parent.is_dir():
        return f"; there is no folder '{path.parent}'"
    close = difflib.get_close_matches(path.name, [other.name for other in path.parent.glob("*.toml")], n=1)
    return f"; did you mean '{path.parent / close[0]}'?" if close else ""
