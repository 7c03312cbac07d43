"""Files that a page hands out: made when asked for, off the page's own thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import solara

from civicsim.app import widgets
from civicsim.app.frame import Text
from civicsim.app.hooks import Show, use_latest

TOML, CSV, HTML = ("toml", "Scenario file"), ("csv", "Data (CSV)"), ("html", "Report (HTML)")
"""Kind and label of each file."""
_MEDIA = {"toml": "application/toml", "csv": "text/csv", "html": "text/html"}


@dataclass(frozen=True)
class Make:
    """How one file is made.

    Attributes
    ----------
    kind, label : str
        One of :data:`TOML`, :data:`CSV` and :data:`HTML`.
    name : str
        Of the file, without its ending.
    text : callable
        Returns what is in it.
    """

    kind: str
    label: str
    name: str
    text: Callable[[], str]


def use_files(makes: Sequence[Make]) -> tuple[dict[str, Any] | None, Callable[[str], None], str]:
    """Return the file that was made last or None, what asks for another by its kind, and what went wrong, or ""."""
    asked, ask = solara.use_state((0, ""))

    def work(stop: Callable[[], bool], show: Show) -> None:
        count, kind = asked
        for make in makes:
            if make.kind == kind:
                show({"text": make.text(), "name": f"{make.name}.{kind}", "type": _MEDIA[kind], "count": count})

    file, _, problem = use_latest(work, [asked])
    return file, lambda kind: ask((asked[0] + 1, str(kind))), problem


@solara.component
def Files(title: str, makes: Sequence[Make], picture: bool = False) -> None:
    """Hand out the link and files, in one row."""
    file, fetch, problem = use_files(makes)
    if problem:
        Text("p", problem, class_="cv-note")
    listed = [{"kind": make.kind, "label": make.label} for make in makes]
    widgets.Actions(title=title, files=listed, file=file, picture=picture, event_fetch_file=fetch)
