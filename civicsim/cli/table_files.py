"""Tables of results as files: CSV, LaTeX, Excel or Parquet, by the ending of the name.

CSV and Parquet have every column and digit of the data, Excel sixteen digits; LaTeX has the tables as they are printed, ready for an article.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from civicsim.cli.files import check_free, table_writer, text_writer, write_file
from civicsim.errors import CivicsimError
from civicsim.report.parts import Part, Table

_EXCEL_ROWS = 1_048_576
_PREAMBLE = r"% Needs \usepackage{array,booktabs,longtable}. Written by civicsim."
_COLUMN = r">{\raggedright\arraybackslash}p{%.3f\linewidth}"
_WIDTH = 0.9
"""Share of the width of a line that the columns of a LaTeX table take together; gaps take the rest."""
_BREAK = "\x1f"
_SIGNS = {
    "−": "$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "∞": r"$\infty$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "→": r"$\to$",
    "–": "--",
    "Δ": r"$\Delta$",
    _BREAK: r"\newline ",
}
# Unicode spells one of them otherwise.
_SIGNS |= {
    letter: f"$\\{unicodedata.name(letter).split()[-1].lower().replace('lamda', 'lambda')}$"
    for letter in "αβγδεηθικλμνπρστφχ"
}
"""Characters that plain LaTeX does not set, and a line break within a cell."""


def frames_of(data: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the data frames among the results of a command by name; those of single measures are put together."""
    found: dict[str, list[pd.DataFrame]] = {}
    for key, value in data.items():
        if isinstance(value, pd.DataFrame):
            found.setdefault(key, []).append(value)
        elif isinstance(value, Mapping):
            for name, frame in value.items():
                if isinstance(frame, pd.DataFrame):
                    named = {} if "measure" in frame else {"measure": key}
                    found.setdefault(name, []).append(frame.assign(**named)[[*named, *frame.columns]])
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def write_tables(
    path: str, frames: Mapping[str, pd.DataFrame], parts: Iterable[Part], force: bool = False
) -> list[str]:
    """Write tables to a file, and return the names of the files written.

    Parameters
    ----------
    path : str
        The file. An Excel workbook has a sheet per table; CSV and Parquet have one table per file, so that all but the first
        get the name of the table behind that of the file.
    frames : mapping of str to DataFrame
        Tables by name, the most important first.
    parts : iterable of Part
        The same as it is printed, for LaTeX.
    force : bool
        Whether to overwrite files.

    Raises
    ------
    CivicsimError
        If a file cannot be written, or a table has more rows than an Excel sheet.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending == ".tex":
        write_file(target, text_writer(latex(parts)))
    elif ending == ".xlsx":
        for name, frame in frames.items():
            if len(frame) >= _EXCEL_ROWS:
                raise CivicsimError(f"{path}: {name} has {len(frame):,} rows, more than an Excel sheet; use .parquet")
        write_file(target, lambda file: _write_excel(file, frames))
    else:
        names = [target, *(target.with_stem(f"{target.stem}-{name}") for name in list(frames)[1:])]
        check_free(map(str, names), force)
        for file, frame in zip(names, frames.values(), strict=True):
            write_file(file, table_writer(frame))
        return [str(file) for file in names]
    return [path]


def _write_excel(path: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, frame in frames.items():
            texts = {key: frame[key].map(_flat) for key in frame if frame[key].dtype == object}
            frame.assign(**texts).to_excel(writer, sheet_name=name[:31], index=False, freeze_panes=(1, 0))
            for row in writer.sheets[name[:31]].iter_rows():
                for cell in row:
                    # A label that begins with "=" is text, and no formula.
                    if cell.data_type == "f":
                        cell.data_type = "s"


def _flat(value: Any) -> Any:
    """Return a value for a cell: lists as text."""
    return value if value is None or isinstance(value, str | int | float) else str(value)


def latex(parts: Iterable[Part]) -> str:
    """Return parts of a page as LaTeX: headings, texts, and tables that continue over pages."""
    return "\n\n".join([_PREAMBLE, *_blocks(parts)]) + "\n"


def _blocks(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if part.heading:
            yield rf"\subsection*{{{_escaped(part.heading)}}}"
        for text in part.texts:
            yield _escaped(text if isinstance(text, str) else " ".join(text)).replace("`", "")
        if part.table is not None:
            yield _longtable(part.table)
        if part.items:
            yield "\n".join(
                [r"\begin{itemize}", *(rf"\item {_escaped(item)}" for item in part.items), r"\end{itemize}"]
            )


def _longtable(table: Table) -> str:
    cells = [[cell.replace("\n", _BREAK) for cell in row] for row in (table.heads, *table.rows)]
    frame = pd.DataFrame(cells[1:], columns=cells[0])
    columns = (_COLUMN % (_WIDTH / len(table.heads))) * len(table.heads)
    text = frame.to_latex(
        index=False, escape=True, longtable=True, caption=_escaped(table.caption), column_format=columns, na_rep="--"
    )
    return _signs(text).rstrip()


def _escaped(text: str) -> str:
    """Return a text with what LaTeX gives a meaning made harmless."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {sign: f"\\{sign}" for sign in "&%$#_{}"}
    return _signs(re.sub(r"[\\~^&%$#_{}]", lambda found: special[found[0]], text))


def _signs(text: str) -> str:
    return text.translate({ord(sign): command for sign, command in _SIGNS.items()})


def as_table(frame: pd.DataFrame, caption: str) -> Table:
    """Return a data frame as a table of text, with six significant digits."""
    rows = [
        [f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    return Table(caption, [str(name) for name in frame], rows)
