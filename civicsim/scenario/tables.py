"""Tables as spreadsheets and statistics programs save them: one reader, and mistakes by row and column.

Rows are counted as in a spreadsheet: the header is row 1. Messages about people name rows and columns, not their content, so
that they can be shown to others.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from civicsim.errors import ScenarioError, near
from civicsim.scenario.text import Source, read_text

SHOWN = 5
"""Rows that a message names before it counts the others."""
MISSING = frozenset(["na", "n/a", "#n/a", "<na>", "nan", "null", "none"])
"""What R, spreadsheets, pandas and databases write into a cell that is empty, in lower case."""
_EXCEL = "; in Excel, save it as 'CSV UTF-8 (Comma delimited)'"


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes
    ----------
    path : str
    header : tuple of str
        Names of the columns as written; "" for a column without one.
    rows : tuple of (int, tuple of str)
        Number and cells of each row that is not empty.
    missing : mapping of int to list of int
        By column, the rows in which it holds one of :data:`MISSING`. Such cells are empty.
    """

    path: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    missing: Mapping[int, list[int]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in lower case."""
        return tuple(name.lower() for name in self.header)

    def column(self, place: int) -> list[str]:
        """Return the cells of a column."""
        return [cells[place] for _, cells in self.rows]

    def used(self, places: Mapping[str, int]) -> str:
        """Return which columns stand for what, for people to read."""
        names = [(role, self.header[place]) for role, place in places.items()]
        return listed([role if name.lower() == role else f"{name} as {role}" for role, name in names], len(names))

    def notes(self, places: Mapping[str, int], what: str) -> list[str]:
        """Return what was passed over where some columns are used; ``what`` is the table in words."""
        n_missing = sum(len(self.missing.get(place, ())) for place in places.values())
        n_others = len(self.header) - len(set(places.values()))
        found = []
        if n_missing:
            cells = "1 cell holds" if n_missing == 1 else f"{n_missing:,} cells hold"
            found.append(f"{what}: {cells} NA, #N/A, None, nan or NULL: counted as empty")
        if n_others:
            columns = "1 other column" if n_others == 1 else f"{n_others:,} other columns"
            nameless = " (the first has no name)" if not self.header[0] and 0 not in places.values() else ""
            found.append(f"{what}: {columns}{nameless}: left aside")
        return found


def listed(items: Sequence[object], most: int = SHOWN) -> str:
    """Return ``"3, 7 and 9"``, or ``"3, 4, 5, 6, 7 and 12 more"``."""
    words = [str(item) for item in items]
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def rows_text(rows: Sequence[int]) -> str:
    """Return ``"row 3"`` or ``"rows 3, 7 and 9"``."""
    return f"row{'s' if len(rows) > 1 else ''} {listed(rows)}"


def read_table(path: Source) -> Table:
    """Return the table of a CSV file with commas, semicolons or tabs, in UTF-8 with or without a byte order mark.

    It raises a :class:`ScenarioError` if it cannot be read, is not such a table, or a row has not as many cells as the header.
    """
    text = read_text(path, _EXCEL)
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise ScenarioError(f"{path}: row {row}: holds bytes that are not text{_EXCEL}")
    first = text.split("\n", 1)[0]
    separator = max((",", ";", "\t"), key=first.count)
    records = _records(text, separator, str(path))
    header = next(records, (1, []))[1]
    while header and not header[-1]:
        header.pop()
    rows, missing = [], dict[int, list[int]]()
    for number, cells in records:
        if not any(cells):
            continue
        if not header:
            raise ScenarioError(f"{path}: row 1 is empty: expected the names of the columns")
        if len(cells) < len(header) or any(cells[len(header) :]):
            n = len(cells)
            raise ScenarioError(
                f"{path}: row {number} has {n} cell{'s' if n != 1 else ''}, but the header has {len(header)}; "
                "a text with a comma or semicolon in it belongs between quotation marks"
            )
        for place, cell in enumerate(cells[: len(header)]):
            if cell.lower() in MISSING:
                missing.setdefault(place, []).append(number)
        rows.append((number, tuple(map(cell_of, cells[: len(header)]))))
    if not header:
        raise ScenarioError(f"{path}: is empty")
    return Table(str(path), tuple(header), tuple(rows), missing)


def cell_of(text: str) -> str:
    """Return a text without spaces around it and with single ones in it; "" for one of :data:`MISSING`."""
    text = " ".join(text.split())
    return "" if text.lower() in MISSING else text


def value_of(text: str) -> bool | int | float | str:
    """Return the truth value or number that a text stands for, or the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def columns_of(
    table: Table, needed: Sequence[str], allowed: Sequence[str] = (), given: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Return the places of columns by what they stand for, as far as they are there; a needed one must be, and none twice.

    ``given`` has the names of columns that are called otherwise than what they stand for, as by ``--column person=EmpID``;
    None where there is no such option.
    """
    names, places = table.names, {}
    for role in (*needed, *allowed):
        asked = (given or {}).get(role)
        name = role if asked is None else " ".join(asked.lower().split())
        if names.count(name) > 1:
            raise ScenarioError(f"{table.path}: row 1: column '{name}' is there {names.count(name)} times")
        if name in names:
            places[role] = names.index(name)
        elif asked is not None or role in needed:
            taken = (*needed, *allowed) if asked is None else ()
            others = [other for other in table.header if other and other.lower() not in taken]
            close = near(name, others)
            hint = (
                f"is it '{close}'?"
                if close
                else f"its {'' if asked else 'other '}columns: {listed(others, 12)}"
                if others
                else "no others"
            )
            option = "" if asked or given is None else f"; --column {role}={close or 'NAME'} names it"
            raise ScenarioError(
                f"{table.path}: row 1 has no column '{name}' (needed: {', '.join(needed)}); {hint}{option}"
            )
    return places


def refuse(table: Table, rows: Sequence[int], what: str, place: int = -1) -> None:
    """Raise a :class:`ScenarioError` that names the rows, if there are any; ``what`` follows them.

    With the ``place`` of a column it tells of those that hold NA or the like.
    """
    if rows:
        n = len(set(rows).intersection(table.missing.get(place, ())))
        more = f" ({'one' if n == 1 else n} of NA, #N/A, None, nan or NULL, which count as empty)" if n else ""
        raise ScenarioError(f"{table.path}: {rows_text(rows)}{what}{more}")


def nearly(name: str, names: Iterable[str]) -> str | None:
    """Return the name that differs from another in case, signs, leading zeros, a ".0" or a slip, but in no other digit."""
    names = list(names)
    bare = {_bare(other): other for other in names}
    if _bare(name) in bare:
        return bare[_bare(name)]
    digits = re.sub(r"\D", "", name)
    close = difflib.get_close_matches(name, [n for n in names if re.sub(r"\D", "", n) == digits], n=1, cutoff=0.7)
    return close[0] if close else None


def _bare(name: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]", "", re.sub(r"(?<=\d)\.0$", "", name.casefold())))


def _records(text: str, separator: str, path: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [" ".join(cell.split()) for cell in cells]
    except csv.Error:
        where = f"{path}: row {number + 1}"
        raise ScenarioError(f"{where}: a quotation mark is not closed, or stands in the wrong place") from None
