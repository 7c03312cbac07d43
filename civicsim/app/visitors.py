"""Visitors of the page: who asks, whether someone still looks, and how many pages may be open.

A page is what Solara calls a kernel: the state of one tab of a browser, with a connection to it. A visitor is a cookie, and
has as many pages as tabs.
"""

from __future__ import annotations

import time
from threading import Event, Lock

from solara.server import kernel_context

MOST_PAGES, MOST_EACH = 150, 12
"""Pages that may be open at the same time, and of one visitor. Assumption: enough for several classes at once."""
_opening: dict[str, str] = {}
"""Visitors of pages to which there is a connection: a page counts before Solara has made what it holds."""
_door = Lock()
CONNECTED = kernel_context.PageStatus.CONNECTED


def asking() -> str:
    """Return the visitor for whom this thread works; "" outside of a server."""
    return kernel_context.get_current_context().session_id if kernel_context.has_current_context() else ""


def is_lost(context: kernel_context.VirtualKernelContext) -> bool:
    """Return whether no connection to a page is left; one that has not had any is not lost."""
    pages = tuple(context.page_status.values())
    return bool(pages) and CONNECTED not in pages


def unseen() -> bool:
    """Return whether the page for which this thread works has lost its visitor."""
    return kernel_context.has_current_context() and is_lost(kernel_context.get_current_context())


def seen_again(stop: Event) -> bool:
    """Wait until a lost visitor is back; return False where the page is closed or ``stop`` is set before."""
    if not kernel_context.has_current_context():
        return False
    context = kernel_context.get_current_context()
    while not (stop.is_set() or context.closed_event.is_set()):
        if not is_lost(context):
            return True
        time.sleep(0.2)
    return False


def drop_lost() -> None:
    """Drop the pages that have lost their visitors, with what they hold."""
    for context in list(kernel_context.contexts.values()):
        if is_lost(context) and not context.closed_event.is_set():
            context.close(reason="evicted")


def _fits(visitor: str, page: str) -> bool:
    visitor_of = {key: context.session_id for key, context in list(kernel_context.contexts.items())} | _opening
    few = len(visitor_of) < MOST_PAGES and list(visitor_of.values()).count(visitor) < MOST_EACH
    return few or page in kernel_context.contexts


def is_room(visitor: str, page: str = "") -> bool:
    """Return whether a visitor may open one more page, or has the one that is named already."""
    if not _fits(visitor, page):
        drop_lost()
    return _fits(visitor, page)


def admit(visitor: str, page: str) -> bool:
    """Let a page be opened if there is room; it counts from then on, until :func:`gone`."""
    if not is_room(visitor, page):
        return False
    with _door:
        room = _fits(visitor, page)
        if room:
            _opening[page] = visitor
    return room


def gone(page: str) -> None:
    """Note that a connection to a page has ended."""
    _opening.pop(page, None)
