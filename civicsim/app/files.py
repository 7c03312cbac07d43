"""Files that a page hands out: made when asked for, off the page's own thread."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import solara

from civicsim import __version__
from civicsim.app import widgets
from civicsim.app.frame import Box, Problem
from civicsim.app.hooks import Show, use_latest
from civicsim.report.spreadsheets import without_formulas

_LABELS = {"toml": "Scenario file", "csv": "Data (CSV)", "html": "Report (HTML)"}
"""What the button of a file is called, by the ending of its name, where it is not named otherwise."""


@dataclass(frozen=True)
class File:
    """A file that is made when a visitor asks for it: its name, what returns its contents, and what its button is called."""

    name: str
    make: Callable[[], str | bytes]
    label: str = ""


def csv_text(table: pd.DataFrame, *about: str) -> str:
    """Return a table as CSV, after the version and texts about it as comments."""
    lines = [line for text in about for line in text.splitlines()]
    lines[0] = f"civicsim {__version__}{lines[0]}"
    return "".join(f"# {line}\n" for line in lines) + without_formulas(table).to_csv(index=False, lineterminator="\n")


@solara.component
def Files(title: str, files: Sequence[File], link: bool = True, **timeline: Any) -> None:
    """Hand out files, with the link to the page, in one row, beside what is passed on to :func:`civicsim.app.widgets.Actions`."""
    asked, ask = solara.use_state((0, ""))

    def work(stop: Callable[[], bool], show: Show) -> None:
        count, name = asked
        for file in files:
            if file.name == name:
                made = file.make()
                contents = base64.b64encode(made if isinstance(made, bytes) else made.encode()).decode()
                media = mimetypes.guess_type(name)[0] or "text/plain"
                show({"name": name, "type": media, "bytes": contents, "count": count})

    file, of, problem = use_latest(work, [asked])
    with Box():
        Problem(problem)
        widgets.Actions(
            title=title,
            files=[{"name": one.name, "label": one.label or _LABELS[one.name.rpartition(".")[2]]} for one in files],
            file=file,
            waits=asked[1] if of != [asked] else "",
            link=link,
            event_fetch_file=lambda name: ask((asked[0] + 1, str(name))),
            **timeline,
        )
