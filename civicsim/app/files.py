"""Files that a page hands out: made when asked for, off the page's own thread."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import solara

from civicsim import __version__
from civicsim.app import widgets
from civicsim.app.frame import Box, Place, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.report.spreadsheets import without_formulas

Makes = Mapping[str, tuple[str, Callable[[], str]]]
"""By kind of file, its name without the ending, and what returns its text."""
_KINDS = {
    "toml": ("Scenario file", "application/toml"),
    "csv": ("Data (CSV)", "text/csv"),
    "html": ("Report (HTML)", "text/html"),
}
"""Label and media type of each kind."""


def csv_text(table: pd.DataFrame, *about: str) -> str:
    """Return a table as CSV, after the version and texts about it as comments."""
    lines = [line for text in about for line in text.splitlines()]
    lines[0] = f"civicsim {__version__}{lines[0]}"
    return "".join(f"# {line}\n" for line in lines) + without_formulas(table).to_csv(index=False, lineterminator="\n")


@solara.component
def Files(title: str, makes: Makes, **timeline: Any) -> None:
    """Hand out the link and files, in one row, beside what is passed on to :func:`civicsim.app.widgets.Actions`."""
    asked, ask = solara.use_state((0, ""))

    def work(stop: Callable[[], bool], show: Show) -> None:
        count, kind = asked
        if kind in makes:
            name, text = makes[kind]
            show({"text": text(), "name": f"{name}.{kind}", "type": _KINDS[kind][1], "count": count})

    file, _, problem = use_latest(work, [asked])
    with Box():
        with Place():
            if problem:
                Text("p", problem, class_="cv-note")
        widgets.Actions(
            title=title,
            files=[{"kind": kind, "label": _KINDS[kind][0]} for kind in makes],
            file=file,
            event_fetch_file=lambda kind: ask((asked[0] + 1, str(kind))),
            **timeline,
        )


@solara.component
def Saves(title: str, makes: Mapping[str, tuple[str, Callable[[], tuple[str, str, bytes]]]]) -> None:
    """Hand out files of any kind: by kind, a label, and what returns name, media type and contents."""
    asked, ask = solara.use_state((0, ""))

    def work(stop: Callable[[], bool], show: Show) -> None:
        count, kind = asked
        if kind in makes:
            name, media, contents = makes[kind][1]()
            show({"name": name, "type": media, "bytes": base64.b64encode(contents).decode(), "count": count})

    file, of, problem = use_latest(work, [asked])
    with Box():
        with Place():
            if problem:
                Text("p", problem, class_="cv-note")
        widgets.Saves(
            title=title,
            files=[{"kind": kind, "label": label} for kind, (label, _) in makes.items()],
            file=file,
            waits=asked[1] if of != [asked] else "",
            event_fetch_file=lambda kind: ask((asked[0] + 1, str(kind))),
        )
