"""Parts of HTML pages, and the templates in the folder ``templates`` that lay them out and escape every text."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civicsim import __version__
from civicsim.experiment.wording import with_interval
from civicsim.report.words import THINKING_AID

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Environment
    from matplotlib.figure import Figure

_DPI = 120
NUMBER = re.compile(r"[+−±]?[\d.,]+( %)?|−?∞")
"""A cell that is a number only."""


type Row = Mapping[Any, Any]
type Columns = Mapping[str, Callable[[Row], str]]
"""The cell of a row by heading of its column."""


@dataclass(frozen=True)
class Table:
    """A table of text: a caption, headings, and rows whose first cell is their heading."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Part:
    """A part of a page, in the order in which it is laid out.

    Attributes
    ----------
    heading, level
        Heading, if any, and its level.
    picture : str
        HTML of a picture: not escaped.
    texts : sequence of str or (str, str)
        Paragraphs; a pair begins with words in bold. Words between backquotes are code.
    items : sequence of str
        A list.
    table : Table, optional
    files : sequence of (str, str)
        Names and texts of files to unfold.
    fold : str
        Words under which the table is folded away; paper leaves it out. Empty for a table in full view.
    """

    heading: str = ""
    texts: Sequence[str | tuple[str, str]] = ()
    picture: str = ""
    items: Sequence[str] = ()
    table: Table | None = None
    files: Sequence[tuple[str, str]] = ()
    level: int = 2
    fold: str = ""


def table_of(caption: str, columns: Columns, rows: pd.DataFrame | Iterable[Row]) -> Table | None:
    """Return a table with a row for each of a frame or of mappings; None without rows."""
    records: Iterable[Row] = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    cells = [[cell(row) for cell in columns.values()] for row in records]
    return Table(f"{caption}.", tuple(columns), cells) if cells else None


def folded(table: Table | None) -> Table | None:
    """Return a table without the columns that are the same in all of several rows: its caption gives them instead.

    Numbers, with or without an interval, measures and verdicts stay, and the first column unless each row has a measure of its own.
    """
    if table is None or len(table.rows) < 2:
        return table
    columns = list(zip(*table.rows, strict=True))
    measures = dict(zip(table.heads, columns, strict=True)).get("Measure", ("",) * len(table.rows))
    first = len(set(measures)) < len(table.rows)
    shared = {
        k: columns[k][0].replace("\n", " ")
        for k, head in enumerate(table.heads)
        if k >= first
        and head not in ("Measure", "Verdict")
        and len(set(columns[k])) == 1
        and not NUMBER.fullmatch(columns[k][0].partition(" (")[0])
    }
    words = "; ".join(f"{table.heads[k]} {text}" for k, text in shared.items() if text not in ("", "–"))
    kept = [k for k in range(len(columns)) if k not in shared]
    caption = f"{table.caption} In all rows: {words}." if words else table.caption
    return Table(caption, [table.heads[k] for k in kept], [[row[k] for k in kept] for row in table.rows])


def interval_of(name: str, low: str = "low", high: str = "high", sign: bool = False) -> Callable[[Row], str]:
    """Return a cell: an estimate with its interval below."""
    return lambda row: "\n".join(with_interval(row[name], row[low], row[high], sign))


@functools.cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(template: str, **values: Any) -> str:
    """Return a template of the folder ``templates`` with values filled in; texts are escaped."""
    return _templates().get_template(f"{template}.html").render(version=__version__, aid=THINKING_AID, **values)


def page(title: str, parts: Sequence[Part], colophon: str = "", doubts: Sequence[str] = ()) -> str:
    """Return a page of HTML that fetches nothing; ``colophon`` follows the version at its end.

    With ``doubts``, reasons why results are provisional, it begins with these and has a watermark.
    """
    return render("page", title=title, parts=parts, colophon=colophon, doubts=doubts)


def image(figure: Figure, words: str) -> str:
    """Return a figure as HTML, with words for readers who do not see it."""
    from civicsim.report.look import png_bytes

    data = base64.b64encode(png_bytes(figure, _DPI)).decode("ascii")
    return render("image", data=data, words=words)
