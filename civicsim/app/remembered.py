"""What a browser tab remembers beyond the link, so that nothing is lost when the page is loaded again.

It is kept in the storage of the tab, goes when the tab is closed, and comes back as what any visitor may send.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

_values: dict[str, tuple[solara.Reactive[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {}


def remember[T](
    name: str, value: solara.Reactive[T], read: Callable[[Any], T], write: Callable[[T], Any] = lambda value: value
) -> None:
    """Have a reactive value remembered under a name.

    ``write`` returns it as JSON knows it, and ``read`` what is usable of what comes back.
    """
    _values[name] = value, read, write


def use_kept() -> dict[str, Any]:
    """Return what is to be remembered of the present visitor, as JSON knows it."""
    values = {name: value.value for name, (value, _, _) in _values.items()}
    return solara.use_memo(lambda: {name: _values[name][2](value) for name, value in values.items()}, [values])


def restore(found: Any) -> None:
    """Take back what a tab remembered; what is not usable is left out."""
    for name, (value, read, write) in _values.items():
        # A value the page already has is not set again: a form would show it over what has been typed since.
        if isinstance(found, dict) and name in found and found[name] != write(value.peek()):
            value.set(read(found[name]))
