"""What a browser tab remembers beyond the link, so that nothing is lost when the page is loaded again.

It is kept in the storage of the tab, goes when the tab is closed, and comes back as what any visitor may send.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

_values: dict[str, tuple[solara.Reactive[Any], Callable[[Any], Any]]] = {}


def remember(name: str, value: solara.Reactive[Any], read: Callable[[Any], Any]) -> None:
    """Have a reactive value remembered under a name; ``read`` returns what is usable of what comes back as JSON."""
    _values[name] = value, read


def kept() -> dict[str, Any]:
    """Return what is to be remembered of the present visitor, as JSON knows it."""
    return {name: value.value for name, (value, _) in _values.items()}


def restore(found: Any) -> None:
    """Take back what a tab remembered; what is not usable is left out."""
    for name, (value, read) in _values.items():
        if isinstance(found, dict) and name in found:
            value.set(read(found[name]))
