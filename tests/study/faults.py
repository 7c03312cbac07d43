"""Collects the faults of many cases, so that a test reports all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from civicsim.errors import CivicsimError


def not_refused(call: Callable[..., Any], cases: Iterable[tuple[tuple[Any, ...], str]], start: str = "") -> list[Any]:
    """Return the cases that are not refused in one line as expected.

    Parameters
    ----------
    call : callable
        Called with the arguments of each case.
    cases : iterable of (tuple, str)
        Arguments, and a pattern that the message contains.
    start : str
        Start of every message.
    """
    wrong: list[Any] = []
    for arguments, expected in cases:
        try:
            call(*arguments)
            wrong.append((arguments, "accepted"))
        except CivicsimError as error:
            message = str(error)
            if not re.search(expected, message) or "\n" in message or not message.startswith(start):
                wrong.append((arguments, message))
    return wrong
