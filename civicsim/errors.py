"""Errors that a person can act on: one line that names the file, the key, the range and the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class CivicsimError(Exception):
    """Something the caller can correct. The message is one complete line."""


class ScenarioError(CivicsimError):
    """A file or a call asks for something the model does not know or cannot do."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the hint ``"; did you mean 'x'?"`` or the start of the list of valid names."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
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
