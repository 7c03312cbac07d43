"""The frame of every page: head with tabs, the content, and the standing line."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import reacton.core
import solara
from ipyvuetify.Html import Html as Element

from civicsim.app import hosting, remembered, widgets
from civicsim.app.lessons import is_place
from civicsim.app.room import the_room
from civicsim.app.state import START, Chosen, chosen, from_query, preset, sides, sides_from_query, to_query, with_sides
from civicsim.app.templates import render
from civicsim.app.words import STANDING, unbroken

logger = logging.getLogger("civicsim.app")
TABS = (
    ("", "Start"),
    ("explore", "Explore"),
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
PLACES: dict[str, Callable[[list[str]], bool]] = {"lessons": is_place, "class": lambda path: len(path) <= 2}
"""By page, whether there is something at an address within it; within the others there is nothing."""
RESULTS = "CIVICSIM_RESULTS"
"""Environment variable with the folder of the results of a study, where the page was started with one."""


def tabs() -> tuple[tuple[str, str], ...]:
    """Return address and name of each page that works: that of results where there are results, that of a class in one."""
    there = {"results": bool(os.environ.get(RESULTS)), "class": the_room() is not None}
    return tuple(tab for tab in TABS if there.get(tab[0], True))


def is_page(path: str) -> bool:
    """Return whether there is a page at a path."""
    first, *rest = path.strip("/").split("/")
    return first in dict(TABS) and (not rest or PLACES.get(first, lambda _: False)(rest))


@cache
def _element(tag: str) -> Any:
    """Return what makes elements with a tag: a kind for each, as the tag of an element that is there cannot change."""
    return reacton.core.ComponentWidget(type(f"Html_{tag}", (Element,), {}))


def Box(class_: str = "", tag: str = "div", **attributes: str) -> Any:
    """Return an element of the page that holds others."""
    return _element(tag)(tag=tag, class_=class_, attributes=attributes)


def Place() -> Any:
    """Return a place for what comes and goes: without it, those that follow would start again, as elements know their number."""
    return Box("cv-place")


def Text(tag: str, words: str, class_: str = "") -> Any:
    """Show words in an element of the page; numbers stay on one line."""
    return _element(tag)(tag=tag, class_=class_, children=[unbroken(words)])


def Problem(words: str) -> None:
    """Show what went wrong, if anything; see :func:`Place`."""
    with Place():
        if words:
            Text("p", words, class_="cv-note")


def Heading(title: str, sentence: str) -> None:
    """Show the heading of a page and the sentence that says what it is for."""
    with Box("cv-title", tag="hgroup"):
        Text("h1", title)
        Text("p", sentence, class_="soft")


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
    # The query that was read last: a link to another page of this one is read before that page begins with what is there.
    read, set_read = solara.use_state("")
    ready = bool(read) and router.search in (None, "", read)
    broken, mend = solara.use_exception()

    def read_link() -> None:
        if read and not router.search:
            set_read("?")
            return
        try:
            named = from_query(router.search)
            if not read or to_query(named.scenario) != to_query(chosen.peek().scenario):
                chosen.set(named)
        except Exception:
            logger.exception("a link could not be read")
            chosen.set(Chosen(preset(), ("The link cannot be read; the page shows its default.",)))
        compared = sides_from_query(router.search)
        if compared:
            sides.set(compared)
        set_read(router.search or "?")

    # A link within the page, or the way back to one, is read as one from outside.
    solara.use_effect(read_link, [router.path, router.search])
    scenario = chosen.value.scenario
    query = solara.use_memo(lambda: "" if scenario == START else to_query(scenario), [scenario])
    here = router.path.strip("/").split("/")[0]

    def go(path: str) -> None:
        mend()
        router.push("/" + str(path))

    with Box("cv"):
        widgets.Head(
            tabs=[{"path": path, "label": label} for path, label in tabs()],
            here=here,
            query=(with_sides(query, sides.value) if here == "compare" else query) if ready else None,
            kept=remembered.use_kept(),
            event_go=go,
            event_restore=remembered.restore,
        )
        with Box("cv-main cv", tag="main", id="cv-main", tabindex="-1"):
            if broken:
                logger.error("a page failed", exc_info=broken)
                failed = "Something went wrong on this page. Your choice is kept in the address; load the page again."
                with Box("cv-note", role="alert"):
                    Text("p", failed)
            elif ready:
                # Present without notes too: an element that comes and goes would make the page below start again.
                with Box("cv-note" if chosen.value.notes else "", role="status"):
                    for note in chosen.value.notes:
                        Text("div", note)
                for child in children or []:
                    solara.display(child)
        with Box("cv-foot cv", tag="footer"):
            Text("span", STANDING)
