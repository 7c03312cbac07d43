"""Writes what a study found: a page in Markdown with tables, and beside it each table as CSV and each figure as SVG.

Equal results give equal bytes: nothing depends on time, machine or folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from civicsim.report.canvas import figure_of
from civicsim.report.figures import save
from civicsim.scenario.scenario import PARAMETERS
from civicsim.study.design.factors import column_of

Cells = Mapping[str, Callable[[Any], str]]
"""Heading of each column of a table, and the text of its cells from a row."""


_LABELS = {column_of(about): about.label for about in PARAMETERS.values()}
"""Label of a parameter by its column in tables."""


class Page:
    """A page that is being written, in a folder with its tables and figures."""

    def __init__(self, folder: Path, title: str, command: str) -> None:
        self.folder, self.command = folder, command
        self.blocks = [
            f"# {title}",
            f"Written by `{command}`. Tables with all digits and columns lie beside this page.",
        ]

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.blocks.append(f"## {text}")

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self.blocks.append(text)

    def keep(self, name: str, frame: pd.DataFrame) -> str:
        """Write a table as CSV, and return a link to it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Six digits are more than any run-to-run interval supports, and do not depend on the order of a sum.
        frame.to_csv(self.folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        return f"[{name}.csv]({name}.csv)"

    def table(self, rows: pd.DataFrame, cells: Cells) -> None:
        """Add a table with a line for each row."""
        lines = [list(cells), ["---"] * len(cells)]
        lines += [[text(row) for text in cells.values()] for row in rows.to_dict("records")]
        self.blocks.append("\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines))

    def figure(self, name: str, ax: Axes, words: str) -> None:
        """Write a figure and show it; ``words`` describe it to those who do not see it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        save(figure_of(ax), self.folder / f"{name}.svg")
        self.blocks.append(f"![{words}]({name}.svg)")

    def write(self, name: str) -> Path:
        """Write the page, followed by what was written by hand in ``discussion.md`` beside it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path, own = self.folder / name, self.folder / "discussion.md"
        if own.is_file():
            self.blocks.append(own.read_text(encoding="utf-8").strip())
        path.write_text("\n\n".join(self.blocks) + "\n", encoding="utf-8")
        return path


def text_of(name: str) -> Callable[[Any], str]:
    """Return what shows a column as it is."""
    return lambda row: str(row[name])


def box_words(box: str) -> str:
    """Return the conditions of a box with the labels of parameters in place of the names of their columns."""
    return re.sub(r"[a-z_]+", lambda name: f"“{_LABELS[name[0]]}”" if name[0] in _LABELS else name[0], box)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def join(words: Sequence[str]) -> str:
    """Return words with commas and "and" between them."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
