"""Work in the background of a page, dropped when it is superseded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import solara

from civicsim.app import visitors
from civicsim.app.turns import Superseded
from civicsim.errors import CivicsimError

logger = logging.getLogger("civicsim.app")
Show = Callable[[Any], None]
Work = Callable[[Callable[[], bool], Show], None]
FAILED = "The computation failed. Change a lever, or load the page again."


def use_latest(work: Work, dependencies: list[Any]) -> tuple[Any, Any, str]:
    """Do work in a thread when dependencies change; keep showing the last result until a new one is ready.

    Parameters
    ----------
    work : callable
        ``work(stop, show)``: ``stop()`` tells whether a newer one has begun or no one looks, ``show(value)`` shows a
        result, and may be called several times. It is done again for a visitor who comes back.
    dependencies : list
        What the result depends on.

    Returns
    -------
    tuple
        The last result or None; the dependencies it belongs to or None; and what went wrong, in one line, or "".
    """
    shown, set_shown = solara.use_state((None, None, ""))

    def begin() -> Callable[[], None]:
        stop = threading.Event()

        def show(value: Any, problem: str = "") -> None:
            if not stop.is_set():
                set_shown((value, dependencies, problem))

        def over() -> bool:
            return stop.is_set() or visitors.unseen()

        def done() -> bool:
            try:
                work(over, show)
            except Superseded:
                logger.debug("superseded: a newer question was asked, or the page has lost its visitor")
                return stop.is_set()
            except CivicsimError as error:
                show(None, str(error))
            except Exception:
                logger.exception("work for a page failed")
                show(None, FAILED)
            return True

        def go() -> None:
            # Waits where no exception is being handled: it would keep all that the work has held.
            while not done() and visitors.seen_again(stop):
                pass

        threading.Thread(target=go, daemon=True).start()
        return stop.set

    solara.use_effect(begin, dependencies)
    return shown
