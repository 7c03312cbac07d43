"""The frame of every page: head with tabs, the content, and the standing line."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import solara

from civicsim.app import widgets
from civicsim.app.state import Chosen, chosen, from_query, preset, sides, sides_from_query, to_query, with_sides
from civicsim.app.words import STANDING, unbroken

logger = logging.getLogger("civicsim.app")
TABS = (
    ("", "Explore"),
    ("compare", "Compare"),
    ("policy", "Policy simulator"),
    ("lessons", "Lessons"),
    ("results", "Results"),
    ("about", "About"),
)
"""Address and name of each page."""
RESULTS = "CIVICSIM_RESULTS"
"""Environment variable with the folder of the results of a study, where the page was started with one."""


def tabs() -> tuple[tuple[str, str], ...]:
    """Return address and name of each page that works: that of results where there are results."""
    kept = [tab for tab in TABS if tab[0] != "results" or os.environ.get(RESULTS)]
    return tuple(kept)


@solara.component
def Frame(children: list[Any] | None = None) -> None:
    """Show a page in its frame; nothing is computed before the link has been read."""
    router = solara.use_router()
    read, set_read = solara.use_state(False)
    broken, mend = solara.use_exception()

    def read_link() -> None:
        try:
            chosen.set(from_query(router.search))
        except Exception:
            logger.exception("a link could not be read")
            chosen.set(Chosen(preset(), ("The link cannot be read; the page shows its default.",)))
        named = sides_from_query(router.search)
        if named:
            sides.set(named)
        set_read(True)

    solara.use_effect(read_link, [])
    query = solara.use_memo(lambda: to_query(chosen.value.scenario) if read else "", [chosen.value.scenario, read])
    here = router.path.strip("/").split("/")[0]

    def go(path: str) -> None:
        mend()
        router.push("/" + str(path))

    with solara.v.Html(tag="div", class_="cv"):
        widgets.Head(
            tabs=[{"path": path, "label": label} for path, label in tabs()],
            here=here,
            query=with_sides(query, sides.value) if read and here == "compare" else query,
            event_go=go,
        )
        with solara.v.Html(tag="main", class_="cv-main cv", attributes={"id": "cv-main", "tabindex": "-1"}):
            if broken:
                logger.error("a page failed", exc_info=broken)
                with solara.v.Html(tag="div", class_="cv-note", attributes={"role": "alert"}):
                    Text(
                        "p",
                        "Something went wrong on this page. Your choice is kept in the address; load the page again.",
                    )
            elif read:
                # Present without notes too: an element that comes and goes would make the page below start again.
                noted = "cv-note" if chosen.value.notes else ""
                with solara.v.Html(tag="div", class_=noted, attributes={"role": "status"}):
                    for note in chosen.value.notes:
                        Text("div", note)
                for child in children or []:
                    solara.display(child)
        with solara.v.Html(tag="footer", class_="cv-foot cv"):
            Text("span", STANDING)


@solara.component
def Button(words: str, on_press: Callable[[], Any], first: bool = False, pressed: bool | None = None) -> Any:
    """Show a button of the page."""
    attributes = {"type": "button"} | ({} if pressed is None else {"aria-pressed": str(pressed).lower()})
    button = solara.v.Html(tag="button", class_="first" if first else "", attributes=attributes, children=[words])
    solara.v.use_event(button, "click", lambda *_: on_press())
    return button


def Text(tag: str, words: str, class_: str = "") -> Any:
    """Show words in an element of the page; numbers stay on one line."""
    return solara.v.Html(tag=tag, class_=class_, children=[unbroken(words)])
