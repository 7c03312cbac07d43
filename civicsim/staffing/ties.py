"""Ties between people from an organisational network survey: read, and reduced to those in the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from civicsim.model.organisation import N_TIES
from civicsim.model.roster import Pair, Roster
from civicsim.staffing.tables import TableError, listed, read_table, readable

GRAPHS = (".graphml", ".gexf")
_WEIGHTS = ("weight", "strength", "frequency", "value", "score")
_NAMES = ("id", "label", "name", "person")
"""Fields of a node that may identify a person."""
_TOO_MANY = f"of people with more than {N_TIES}, which is the most in the model; the first in the table were kept"


@dataclass(frozen=True)
class Ties:
    """The ties of a table, in the order of the file, and notes on what was ignored in reading."""

    pairs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_ties(path: str | Path, people: Collection[str]) -> Ties:
    """Return the ties of a CSV file with two columns of person ids, or, by its ending, of a GraphML or GEXF file.

    It raises a :class:`TableError` if it cannot be read, or names someone who is not among the people of the staff table.
    """
    return (_of_graph if Path(path).suffix.lower() in GRAPHS else _of_table)(str(path), people)


def keep_ties(ties: Ties, roster: Roster, post_of: Mapping[str, int]) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Return the ties in the model as pairs of posts, and what was left out, in counts; ``post_of`` is by person."""
    team_of, slots = roster.team_of.tolist(), np.zeros(roster.n_staff, dtype=int)
    kept: dict[Pair, None] = {}
    left: Counter[str] = Counter()
    for one, other in ties.pairs:
        a, b = post_of.get(one), post_of.get(other)
        if one == other:
            left["of people with themselves"] += 1
        elif a is None or b is None:
            left["with managers, who meet staff through the line"] += 1
        elif team_of[a] == team_of[b]:
            left["within a team, where all know each other"] += 1
        elif (pair := (min(a, b), max(a, b))) in kept:
            left["that are repeated, in either direction"] += 1
        elif slots[a] >= N_TIES or slots[b] >= N_TIES:
            left[_TOO_MANY] += 1
        else:
            kept[pair] = None
            slots[[a, b]] += 1
    notes = [f"{n:,} tie{'s' if n > 1 else ''} {why}: left out" for why, n in left.items()]
    return tuple(kept), (*ties.notes, *notes)


def _of_table(path: str, people: Collection[str]) -> Ties:
    table = read_table(path)
    if len([name for name in table.header if name]) < 2:
        raise TableError(f"{path}: row 1 has one column: expected two columns with the people of each tie")
    rows, columns, notes = list(table.rows), table.header[:2], []
    folded = {person.lower() for person in people}
    if columns[0] in folded and columns[1] in folded:
        raise TableError(f"{path}: row 1 names two people: expected a header, such as person,other")
    weights = [name for name in table.header[2:] if name in _WEIGHTS]
    others = [name for name in table.header[2:] if name and name not in _WEIGHTS]
    if weights:
        notes.append(f"column {weights[0]}: left aside, because in the model people know each other or do not")
    if others:
        notes.append(f"{len(others)} other column{'s' if len(others) > 1 else ''} of the table of ties: left aside")
    wrong = [
        (f"row {number}, column {columns[place]}", cells[place])
        for number, cells in rows
        for place in (0, 1)
        if cells[place] not in people
    ]
    empty = [where for where, cell in wrong if not cell]
    if wrong:
        what = "is empty" if empty else "names no one in the staff table"
        raise TableError(f"{path}: {listed(empty or [where for where, _ in wrong], 3)}: {what}")
    return Ties(tuple((cells[0], cells[1]) for _, cells in rows), tuple(notes))


def _of_graph(path: str, people: Collection[str]) -> Ties:
    graph = _read_graph(path)
    tied = [node for node in graph if graph.degree(node)]
    known = {field: sum(_name(graph, node, field) in people for node in tied) for field in _NAMES}
    field = max(_NAMES, key=lambda name: known[name])
    wrong = [
        number for number, node in enumerate(graph, 1) if graph.degree(node) and _name(graph, node, field) not in people
    ]
    if wrong:
        raise TableError(
            f"{path}: node{'s' if len(wrong) > 1 else ''} {listed(wrong)} (in the order of the file), {field}: "
            "names no one in the staff table"
        )
    notes = []
    if field != "id":
        notes.append(f"people are taken from the {field} of the nodes, because more of those are in the staff table")
    if any("weight" in about for _, _, about in graph.edges(data=True)):
        notes.append("weights: left aside, because in the model people know each other or do not")
    pairs: Iterable[tuple[Any, Any]] = graph.edges()
    return Ties(tuple((_name(graph, a, field), _name(graph, b, field)) for a, b in pairs), tuple(notes))


def _name(graph: Any, node: Any, field: str) -> str:
    return " ".join(str(node if field == "id" else graph.nodes[node].get(field, "")).split())


def _read_graph(path: str) -> Any:
    import networkx as nx

    kind, read = ("GraphML", nx.read_graphml) if path.lower().endswith(".graphml") else ("GEXF", nx.read_gexf)
    with readable(path):
        try:
            return read(path)
        except OSError:
            raise
        except Exception as error:
            # networkx and the parser below it raise many kinds of error on a broken file.
            what = " ".join(str(error).split()) or type(error).__name__
            raise TableError(f"{path}: is not valid {kind} ({what})") from None
