"""Errors that a person can act on: one line that names the file, the key, the range and the nearest name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_LONG = re.compile(r"'[^']{300,}'|[^\s']{300,}")


class CivicsimError(Exception):
    """Something the caller can correct. The message is one complete line, and names values of any length in a few words."""

    def __init__(self, message: object = "") -> None:
        super().__init__(_LONG.sub(lambda found: f"{found[0][:60]}… ({len(found[0]):,} characters)", str(message)))


class ScenarioError(CivicsimError):
    """A file or a call asks for something the model does not know or cannot do."""


def near(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that is most like another, or contains it, or None where none is near."""
    by_lower, name = {other.lower(): other for other in sorted(valid)}, name.lower()
    close = difflib.get_close_matches(name, by_lower, n=1, cutoff=0.65)
    close += [other for other in by_lower if len(name) > 2 and (name in other or other in name)]
    return by_lower[close[0]] if close else None


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the hint ``"did you mean 'x'?"`` or the start of the list of valid names."""
    names = sorted(valid)
    close = near(name, names)
    if close:
        return f"did you mean '{close}'?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"valid names: {shown}"


@contextmanager
def naming(where: str, instead_of: str = "") -> Iterator[None]:
    """Put ``where``, file and key, in front of the message of a :class:`ScenarioError`.

    With ``instead_of`` it replaces that start of the message; a message without it stays as it is.
    """
    try:
        yield
    except ScenarioError as error:
        message = str(error)
        raise ScenarioError(message.replace(instead_of, where, 1) if instead_of else f"{where}: {message}") from None


def size_of(n_bytes: float) -> str:
    """Return a number of bytes in words, such as "3.2 kB" or "41 MB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:,.{1 if n_bytes < 10 * size else 0}f} {unit}"
    return f"{n_bytes:.0f} B"
