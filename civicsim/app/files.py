"""Files that a page hands out: made when asked for, off the page's own thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import solara

from civicsim import __version__
from civicsim.app import widgets
from civicsim.app.frame import Text
from civicsim.app.hooks import Show, use_latest

TOML, CSV, HTML = ("toml", "Scenario file"), ("csv", "Data (CSV)"), ("html", "Report (HTML)")
"""Kind and label of each file."""
_MEDIA = {"toml": "application/toml", "csv": "text/csv", "html": "text/html"}


@dataclass(frozen=True)
class Make:
    """How one file is made: its kind with a label, its name without ending, and what returns its text."""

    kind: str
    label: str
    name: str
    text: Callable[[], str]


def csv_text(table: pd.DataFrame, *about: str) -> str:
    """Return a table as CSV, after the version and texts about it as comments."""
    lines = [line for text in about for line in text.splitlines()]
    lines[0] = f"civicsim {__version__}{lines[0]}"
    return "".join(f"# {line}\n" for line in lines) + table.to_csv(index=False, lineterminator="\n")


@solara.component
def Files(title: str, makes: Sequence[Make], **timeline: Any) -> None:
    """Hand out the link and files, in one row, beside what is passed on to :func:`civicsim.app.widgets.Actions`."""
    asked, ask = solara.use_state((0, ""))

    def work(stop: Callable[[], bool], show: Show) -> None:
        count, kind = asked
        for make in makes:
            if make.kind == kind:
                show({"text": make.text(), "name": f"{make.name}.{kind}", "type": _MEDIA[kind], "count": count})

    file, _, problem = use_latest(work, [asked])
    if problem:
        Text("p", problem, class_="cv-note")
    widgets.Actions(
        title=title,
        files=[{"kind": make.kind, "label": make.label} for make in makes],
        file=file,
        event_fetch_file=lambda kind: ask((asked[0] + 1, str(kind))),
        **timeline,
    )
