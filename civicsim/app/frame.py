"""The frame of every page: head with tabs, the content, and the standing line."""

from __future__ import annotations

import logging
import os
from typing import Any

import solara

from civicsim.app import hosting, widgets
from civicsim.app.room import the_room
from civicsim.app.state import Chosen, chosen, from_query, preset, sides, sides_from_query, to_query, with_sides
from civicsim.app.templates import render
from civicsim.app.words import STANDING, unbroken

logger = logging.getLogger("civicsim.app")
TABS = (
    ("", "Explore"),
    ("compare", "Compare"),
    ("policy", "Policy simulator"),
    ("goal", "Find a policy"),
    ("yours", "Your organisation"),
    ("lessons", "Lessons"),
    ("class", "Class"),
    ("results", "Results"),
    ("about", "About"),
)
"""Address and name of each page."""
RESULTS = "CIVICSIM_RESULTS"
"""Environment variable with the folder of the results of a study, where the page was started with one."""


def tabs() -> tuple[tuple[str, str], ...]:
    """Return address and name of each page that works: that of results where there are results, that of a class in one."""
    there = {"results": bool(os.environ.get(RESULTS)), "class": the_room() is not None}
    return tuple(tab for tab in TABS if there.get(tab[0], True))


def Box(class_: str = "", tag: str = "div", **attributes: str) -> Any:
    """Return an element of the page that holds others."""
    return solara.v.Html(tag=tag, class_=class_, attributes=attributes)


def Text(tag: str, words: str, class_: str = "") -> Any:
    """Show words in an element of the page; numbers stay on one line."""
    return solara.v.Html(tag=tag, class_=class_, children=[unbroken(words)])


def Html(template: str, class_: str = "", on_press: widgets.Event = widgets.ignore, **values: Any) -> Any:
    """Show a template of the folder ``templates`` in an element: every text is escaped, and numbers stay on one line.

    ``on_press`` is called with the name of a button that is pressed; what has a ``data-path`` leads to that page instead.
    """
    html = unbroken(render(template, root=hosting.root_path(), **values))
    return widgets.Words(html=html, class_=class_, event_press=on_press)


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

    with Box("cv"):
        widgets.Head(
            tabs=[{"path": path, "label": label} for path, label in tabs()],
            here=here,
            query=with_sides(query, sides.value) if read and here == "compare" else query,
            event_go=go,
        )
        with Box("cv-main cv", tag="main", id="cv-main", tabindex="-1"):
            if broken:
                logger.error("a page failed", exc_info=broken)
                failed = "Something went wrong on this page. Your choice is kept in the address; load the page again."
                with Box("cv-note", role="alert"):
                    Text("p", failed)
            elif read:
                # Present without notes too: an element that comes and goes would make the page below start again.
                with Box("cv-note" if chosen.value.notes else "", role="status"):
                    for note in chosen.value.notes:
                        Text("div", note)
                for child in children or []:
                    solara.display(child)
        with Box("cv-foot cv", tag="footer"):
            Text("span", STANDING)
