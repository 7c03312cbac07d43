"""Tables as spreadsheets save them, and mistakes in them by row and column.

Rows are counted as in a spreadsheet: the header is row 1. Messages name rows and columns, not their content, so that they
can be shown to others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from civicsim.errors import CivicsimError, nearest

SHOWN = 5
"""Rows that a message names before it counts the others."""
_EXCEL = "in Excel, save it as 'CSV UTF-8 (Comma delimited)'"


class TableError(CivicsimError):
    """A mistake in a table that its owner can correct."""


@dataclass(frozen=True)
class Table:
    """A table of text: its path, names of columns in lower case, and number and cells of each row that is not empty."""

    path: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def listed(items: Sequence[object], most: int = SHOWN) -> str:
    """Return ``"3, 7 and 9"``, or ``"3, 4, 5, 6, 7 and 12 more"``."""
    words = [str(item) for item in items]
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def rows_text(rows: Sequence[int]) -> str:
    """Return ``"row 3"`` or ``"rows 3, 7 and 9"``."""
    return f"row{'s' if len(rows) > 1 else ''} {listed(rows)}"


def read_table(path: str | Path) -> Table:
    """Return the table of a CSV file with commas, semicolons or tabs, in UTF-8 with or without a byte order mark.

    It raises a :class:`TableError` if it cannot be read, is not such a table, or a row has not as many cells as the header.
    """
    text = _text_of(Path(path))
    first = text.split("\n", 1)[0]
    separator = max((",", ";", "\t"), key=first.count)
    records = list(_records(text, separator, str(path)))
    if not any(any(cells) for _, cells in records):
        raise TableError(f"{path}: is empty")
    first_row = list(records[0][1])
    while first_row and not first_row[-1]:
        first_row.pop()
    header = tuple(cell.lower() for cell in first_row)
    if not header:
        raise TableError(f"{path}: row 1 is empty: expected the names of the columns")
    rows = []
    for number, cells in records[1:]:
        if not any(cells):
            continue
        if len(cells) < len(header) or any(cells[len(header) :]):
            n = len(cells)
            raise TableError(
                f"{path}: row {number} has {n} cell{'s' if n != 1 else ''}, but the header has {len(header)}; "
                "a text with a comma or semicolon in it belongs between quotation marks"
            )
        rows.append((number, tuple(cells[: len(header)])))
    return Table(str(path), header, tuple(rows))


def columns_of(table: Table, needed: Sequence[str], allowed: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the cells of the named columns, as far as they are there; a needed one must be, and none twice."""
    for name in (*needed, *allowed):
        if table.header.count(name) > 1:
            raise TableError(f"{table.path}: row 1: column '{name}' is there {table.header.count(name)} times")
    others = [name for name in table.header if name and name not in (*needed, *allowed)]
    for name in needed:
        if name not in table.header:
            hint = nearest(name, others).replace("did you mean", "is it") if others else "there are no other columns"
            raise TableError(f"{table.path}: row 1 has no column '{name}' (needed: {', '.join(needed)}); {hint}")
    places = {name: table.header.index(name) for name in (*needed, *allowed) if name in table.header}
    return {name: [cells[place] for _, cells in table.rows] for name, place in places.items()}


def refuse(path: str, rows: Sequence[int], what: str) -> None:
    """Raise a :class:`TableError` that names the rows, if there are any; ``what`` follows them."""
    if rows:
        raise TableError(f"{path}: {rows_text(rows)}{what}")


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Report in one line that a file cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise TableError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise TableError(f"{path}: is a folder, not a file") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None


def _text_of(path: Path) -> str:
    with readable(path):
        content = path.read_bytes()
    if content.startswith(b"PK\x03\x04"):
        raise TableError(f"{path}: is a workbook, not a CSV file; {_EXCEL}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(f"{path}: byte 0 (row 1): is UTF-16 text, not UTF-8; {_EXCEL}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The offset counts without the byte order mark, if there is one.
        at = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        row = content[:at].count(b"\n") + 1
        raise TableError(f"{path}: byte {at} (row {row}): is not UTF-8 text; {_EXCEL}") from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise TableError(f"{path}: row {row}: holds bytes that are no text; {_EXCEL}")
    return text


def _records(text: str, separator: str, path: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [" ".join(cell.split()) for cell in cells]
    except csv.Error:
        where = f"{path}: row {number + 1}"
        raise TableError(f"{where}: a quotation mark is not closed, or stands in the wrong place") from None
