"""Tables for a terminal: one way to set cells in columns, and the tables of results."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from civicsim.cli.output import Line, clean, columns_of_terminal
from civicsim.experiment.wording import counted, decimals_of, direction, estimated, judged, number, plus_minus
from civicsim.report import parts as report
from civicsim.report.parts import Part
from civicsim.report.words import INTERVAL, explained, in_pairs

if TYPE_CHECKING:
    import pandas as pd

Row = Sequence[str | Text]
"""Cells of a row."""
_BLOCKS = ("Measure", "Against")
"""Columns whose cells are headings of blocks of rows."""
_GAP, _NARROWEST, _VERDICT, _WIDEST_NAME = 2, 12, 18, 32


def grid(
    rows: Iterable[Row],
    *,
    head: bool = True,
    right: Collection[int] = (),
    first: str = "",
    style: Callable[[Row], str] = lambda cells: "",
    indent: int = 0,
    least: Sequence[int] = (),
) -> Padding:
    """Return rows, at least one, as a table.

    The widest column wraps where there is no room, and the others where that is not enough. ``head``: the first row is a heading.
    ``right`` names columns set to the right, ``first`` the style of the first one, ``style`` that of a row by its cells;
    ``least`` are least widths of columns, and ``indent`` spaces before each line.
    """
    rows = list(rows)
    heads, rest = (rows[0], rows[1:]) if head else ([""] * len(rows[0]), rows)
    sizes = widths(rows)
    gives = max(range(len(sizes)), key=lambda k: (sizes[k], k))
    whole = indent + sum(sizes) - sizes[gives] + _GAP * (len(sizes) - 1) + _NARROWEST <= columns_of_terminal()
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, show_header=head, header_style="dim")
    for k, name in enumerate(heads):
        how: dict[str, Any] = {"justify": "right" if k in right else "left", "style": "" if k else first}
        size = least[k] if least else None
        table.add_column(clean(str(name)), **how, overflow="fold", no_wrap=whole and k != gives, min_width=size)
    for row in rest:
        table.add_row(*(clean(cell) if isinstance(cell, str) else cell for cell in row), style=style(row))
    return Padding.indent(table, indent)


def widths(rows: Iterable[Row]) -> list[int]:
    """Return the width of each column."""
    return [max(len(line) for cell in column for line in str(cell).split("\n")) for column in zip(*rows, strict=True)]


def fits(rows: Iterable[Row], indent: int = 0) -> bool:
    """Return whether rows take no more columns than there are."""
    sizes = widths(rows)
    return indent + sum(sizes) + _GAP * (len(sizes) - 1) <= columns_of_terminal()


def spread(row: Mapping[Any, Any], name: str, sign: bool = False, written_out: bool = True) -> str:
    """Return a value of a row with its interval, written out or as "±" with half of it; alone where it has none."""
    values = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if values[1] != values[1]:
        return number(values[0], sign=sign)
    return (estimated if written_out else plus_minus)(*values, sign)


def comparison_lines(table: pd.DataFrame, baseline: str, medians: bool = False) -> Iterator[Line]:
    """Yield the lines of a comparison: a block per measure, a row per style.

    Where intervals do not fit into the columns of the terminal, ``±`` and half of them replace them. The table is that of
    :meth:`civicsim.experiment.compare.Comparison.table`; ``medians`` shows medians and quartiles of differences in place of means.
    """
    runs = int(table["n"].max())
    for written_out in (True, False) if runs > 1 else (False,):
        mean, difference = (
            (f"mean ({INTERVAL} interval)", "difference (interval)") if written_out else ("mean", "difference")
        )
        head: Row = ["", mean, "median (quartiles)" if medians else difference, "pairs", ""]
        blocks = {
            f"{rows[0]['label']} ({rows[0]['unit']}{direction(rows[0]['better'])})": [
                _comparison_row(row, runs, written_out, medians) for row in rows
            ]
            for rows in (part.to_dict("records") for _, part in table.groupby("measure", sort=False))
        }
        every = [head, *(row for rows in blocks.values() for row in rows)]
        if fits(every, 1):
            break
    how: dict[str, Any] = {"right": (1, 2, 3), "indent": 1, "least": widths(every) if fits(every, 1) else ()}
    yield grid([head], **how)
    for title, rows in blocks.items():
        yield from ("", Text(title, style="bold"), grid(rows, head=False, **how))
    what, also = ("median (quartiles)", "mean and interval") if medians else ("difference", "median and quartiles")
    yield from ("", f"{what}: {'differences ' * medians}from {baseline}, between runs of the same organisation.")
    yield f"pairs: in how many of these the difference has the direction of its mean; --json and --out also give {also}."
    if runs > 1:
        yield f"too close to call: the {INTERVAL} interval of the mean difference includes 0."
        yield from (" ".join(words) for words in explained(table["verdict"]))
        if not written_out:
            yield f"±: half of the {INTERVAL} interval, which stays within the range of the measure."


def _comparison_row(row: Mapping[Any, Any], runs: int, written_out: bool, medians: bool) -> Row:
    few = f"({counted(row['n'], 'run')}) " if row["n"] < runs else ""
    mean = few + spread(row, "mean", False, written_out)
    if row["verdict"] == "baseline":
        return [row["style"], mean, "", "", ""]
    words = judged(row["verdict"], row["better"])
    verdict = Text(words if written_out else textwrap.fill(words, _VERDICT))
    verdict.highlight_regex("better$", "green")
    verdict.highlight_regex("worse$", "red")
    pairs = in_pairs(row, row["n_pairs"], "difference_", "{1}/{2} {0}" if written_out or medians else "{1}/{2}")
    difference = spread(row, "difference", True, written_out)
    if medians:
        values = [row[f"difference_{name}"] for name in ("median", "q25", "q75")]
        digits = decimals_of(max(map(abs, values)), 2)
        difference = "{} ({} to {})".format(*(number(value, digits, sign=True) for value in values))
    return [row["style"], mean, difference, pairs, verdict]


def summary_table(table: Sequence[Mapping[str, Any]]) -> Padding:
    """Return a scenario's summary: a row per measure. Where units do not fit, each stands below its label."""
    runs = max(row["n"] for row in table)
    rows = [["", f"mean ({INTERVAL} interval)" if runs > 1 else "mean", "unit"]]
    for row in table:
        few = f", {counted(row['n'], 'run')}" if row["n"] < runs else ""
        rows.append([row["label"], spread(row, "mean") + few, row["unit"] + direction(row["better"])])
    if fits(rows):
        return grid(rows)
    head, *rest = rows
    return grid([head[:2], *([f"{label}\n  {unit}", mean] for label, mean, unit in rest)])


def part_lines(parts: Iterable[Part]) -> Iterator[Line]:
    """Yield the lines of parts of a page, without their pictures."""
    for part in parts:
        if part.heading:
            yield from ("", Text(part.heading, style="bold"))
        texts = [text if isinstance(text, str) else " ".join(text) for text in part.texts]
        yield from (text.replace("`", "") for text in texts)
        if part.table is not None:
            yield from _table_lines(part.table)
        yield from part.items


def _table_lines(about: report.Table) -> Iterator[Line]:
    """Yield a table and its caption: a block for each measure and what it is compared with, or a row if each measure has one.

    Columns come in order of importance; those for which there is no room are left out, and named in the caption.
    """
    labels = [_block(dict(zip(about.heads, row, strict=True))) for row in about.rows]
    inner = [k for k, head in enumerate(about.heads) if head not in _BLOCKS]
    heads, rows = [about.heads[k] for k in inner], [[row[k] for k in inner] for row in about.rows]
    single = "Against" not in about.heads and len(labels) == len(set(labels)) > 1
    if single:
        heads = ["Measure", *heads]
        rows = [[re.sub(r"; [^()]*\)", ")", label), *row] for label, row in zip(labels, rows, strict=True)]
    kept, sizes = _with_room(heads, rows)
    wrapped = ["\n".join(textwrap.wrap(heads[k], size)) for k, size in zip(kept, sizes, strict=True)]
    cells = [[row[k] for k in kept] for row in rows]
    right = [
        k
        for k, column in enumerate(zip(*cells, strict=True))
        if k and all(cell == "–" or report.NUMBER.fullmatch(cell) for cell in column)
    ]
    blocks: dict[str, list[Row]] = {}
    for label, row in zip(labels, cells, strict=True):
        blocks.setdefault("" if single else label, []).append(row)
    for label, own in blocks.items():
        yield ""
        if label:
            yield Text(label, style="bold")
        yield grid([wrapped, *own], right=right, least=sizes if sum(sizes) < columns_of_terminal() else ())
    left = ", ".join(head for k, head in enumerate(heads) if k not in kept)
    yield from ("", about.caption + (f" Columns left out for space: {left}." if left else ""))


def _block(row: Mapping[str, str]) -> str:
    """Return the measure of a row, its unit, and what it is compared with; empty where there is none."""
    label, *unit = row.get("Measure", "").split("\n")
    against = f"against {row['Against']}" if "Against" in row else ""
    return ", ".join(filter(None, [f"{label} ({unit[0]})" if unit else label, against]))


def _with_room(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """Return which columns there is room for, always the first two, and their widths; headings wrap between words."""
    words = [max(map(len, head.split()), default=0) for head in heads]
    sizes = [max(size, word) for size, word in zip(widths(rows), words, strict=True)]
    sizes[0] = min(sizes[0], _WIDEST_NAME)
    kept: list[int] = []
    for k, size in enumerate(sizes):
        if k < 2 or sum(sizes[i] + _GAP for i in kept) + size <= columns_of_terminal():
            kept.append(k)
    return kept, [sizes[k] for k in kept]
