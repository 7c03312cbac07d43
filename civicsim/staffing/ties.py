"""Ties between people from an organisational network survey: read, and reduced to those in the model.

A table of ties has a row for each, or a row and a column for each person (a matrix); a graph is GraphML or GEXF. Which columns
or which field of the nodes were taken is always told, and where several fit, the user is asked.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from civicsim.errors import ScenarioError, nearest
from civicsim.model.organisation import N_TIES
from civicsim.model.roster import Pair, Roster
from civicsim.scenario.tables import Table, cell_of, columns_of, listed, nearly, read_table
from civicsim.scenario.text import Source, Upload, check_size, readable

GRAPHS = (".graphml", ".gexf")
_WHAT = "table of ties"
ENDS = ("from", "to")
"""What the two columns of a tie stand for."""
WEIGHT = "weight"
_NAMED = (
    ENDS,
    ("source", "target"),
    ("ego", "alter"),
    ("person", "other"),
    ("respondent", "named"),
    ("respondent", "nominee"),
    ("nominator", "nominee"),
    ("sender", "receiver"),
    ("person1", "person2"),
    ("node1", "node2"),
    ("v1", "v2"),
    ("i", "j"),
)
"""Names that survey and network programs give to the two columns of a tie."""
_WEIGHTS = (WEIGHT, "strength", "frequency", "value", "score")
_FIELDS = ("id", "label", "name", "person")
"""Fields of a node that may identify a person."""
_WEAKEST = math.ulp(0.0)
MUCH = 1 / 3
"""Share of ties beyond what a person can keep up from which a warning is due. Assumption."""


class Tie(NamedTuple):
    """A tie as it was read: two people, its weight, and where each of the two stands in the file."""

    one: str
    other: str
    weight: float
    places: tuple[str, str]


@dataclass(frozen=True)
class Ties:
    """The ties of a file, what they were taken from, whether they have weights, and notes on what was ignored."""

    ties: tuple[Tie, ...]
    used: str
    weighted: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """The ties in the model as pairs of posts, what was left out, in counts, and a warning if that is much."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    warning: str


def read_ties(
    path: Source,
    people: Mapping[str, int],
    columns: Mapping[str, str] | None = None,
    node_name: str | None = None,
    skip_unknown: bool = False,
) -> Ties:
    """Return the ties of a CSV file, or, by its ending, of a GraphML or GEXF file.

    Parameters
    ----------
    path : str, Path or Upload
    people : mapping of str to int
        Rows of the staff table by person.
    columns : mapping of str to str, optional
        Names of the columns from, to and weight where they are called otherwise.
    node_name : str, optional
        Field of the nodes of a graph that names a person.
    skip_unknown : bool
        Whether ties with people who are not in the staff table are left out instead of refused.

    Raises
    ------
    ScenarioError
        If the file cannot be read, leaves open what names a person, or names someone who is not in the staff table.
    """
    if Path(str(path)).suffix.lower() in GRAPHS:
        if isinstance(path, Upload):
            raise ScenarioError(
                f"{path}: is a graph, which is read from a file by civicsim org import; here: a CSV table"
            )
        found = _of_graph(Path(path), people, node_name)
    elif node_name is not None:
        raise ScenarioError(f"--node-name {node_name}: {path} is not a graph")
    else:
        table = read_table(path)
        found = _of_matrix(table) if not columns and _is_matrix(table) else _of_rows(table, people, columns or {})
    ends = ((name, place) for tie in found.ties for name, place in zip(tie[:2], tie.places, strict=True))
    unknown = dict[str, str]()
    for name, place in ends:
        if name not in people:
            unknown.setdefault(name, place)
    if skip_unknown or not unknown:
        return found
    if "" in unknown:
        raise ScenarioError(f"{path}: {unknown['']}: is empty")
    first = next(iter(unknown))
    close = nearly(first, people)
    hint = f"; the first is nearly the person of row {people[close]} there" if close else ""
    raise ScenarioError(
        f"{path}: {listed(list(unknown.values()))}: names no one in the staff table{hint}; --skip-unknown leaves such ties out"
    )


def keep_ties(ties: Ties, people: Mapping[str, int], roster: Roster, post_of: Mapping[str, int]) -> Kept:
    """Return the ties in the model; ``post_of`` is the post of each of the ``people`` who has one.

    Of the ties of a person with more than the model has, the strongest stay; which of equally strong ones does not depend on
    the order of the file.
    """
    team_of, slots = roster.team_of.tolist(), np.zeros(roster.n_staff, dtype=int)
    left: Counter[str] = Counter()
    wanted: dict[Pair, tuple[float, bytes]] = {}
    for one, other, weight, _ in ties.ties:
        a, b = post_of.get(one), post_of.get(other)
        if one not in people or other not in people:
            left["with people who are not in the staff table"] += 1
        elif weight == 0.0:
            left["of weight 0"] += 1
        elif one == other:
            left["of people with themselves"] += 1
        elif a is None or b is None:
            left["with managers, who meet staff through the line"] += 1
        elif team_of[a] == team_of[b]:
            left["within a team, where all know each other"] += 1
        else:
            pair = (min(a, b), max(a, b))
            lot = hashlib.blake2b("\0".join(sorted((one, other))).encode(), digest_size=8).digest()
            left["that are repeated, in either direction"] += pair in wanted
            wanted[pair] = min(wanted.get(pair, (math.inf, lot)), (-weight, lot))
    kept = []
    for pair in sorted(wanted, key=lambda pair: wanted[pair]):
        if max(slots[list(pair)]) < N_TIES:
            kept.append(pair)
            slots[list(pair)] += 1
    beyond = len(wanted) - len(kept)
    how = "the strongest were kept" if ties.weighted else "which were kept does not depend on the order of the file"
    left[f"of people with more than {N_TIES}, the most in the model; {how}"] = beyond
    notes = [f"{n:,} tie{'s' if n > 1 else ''} {why}: left out" for why, n in left.items() if n]
    warning = f"{beyond:,} of {len(wanted):,} ties between teams are beyond the {N_TIES} of a person in the model"
    much = beyond > MUCH * len(wanted)
    return Kept(
        tuple(sorted(kept)), (*ties.notes, *notes), f"{warning}: the network in the model is thinner" if much else ""
    )


def _weight(text: str, where: str) -> float:
    """Return the weight of a tie; one that is not given is the weakest, and 0 is no tie."""
    if not text:
        return _WEAKEST
    if not (_is_number(text) and float(text) >= 0.0):
        raise ScenarioError(f"{where}: expected a number from 0")
    return float(text)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _of_rows(table: Table, people: Mapping[str, int], given: Mapping[str, str]) -> Ties:
    lower = {person.lower() for person in people}
    if sum(name in lower for name in table.names) > 1 and not given:
        raise ScenarioError(
            f"{table.path}: row 1 names people: expected a header, such as from,to, or a matrix whose first column names "
            "the same people"
        )
    places, notes = _ends(table, given), []
    ends = [table.header[places[end]] for end in ENDS]
    weights = [name for name in _WEIGHTS if name in table.names and table.names.index(name) not in places.values()]
    if WEIGHT in given:
        places |= columns_of(table, (WEIGHT,), (), given)
    elif weights:
        column = table.names.index(weights[0])
        if all(_is_number(cell or "0") for cell in table.column(column)):
            places[WEIGHT] = column
        else:
            notes = [f"{_WHAT}: column {weights[0]}: not taken for weights, as not all are numbers"]
    ties = []
    for number, cells in table.rows:
        where = [f"row {number}, column {name}" for name in ends]
        weight = (
            _weight(cells[places[WEIGHT]], f"{table.path}: row {number}, column weight") if WEIGHT in places else 1.0
        )
        ties.append(Tie(cells[places["from"]], cells[places["to"]], weight, (where[0], where[1])))
    return Ties(tuple(ties), f"columns {table.used(places)}", WEIGHT in places, (*table.notes(places, _WHAT), *notes))


def _ends(table: Table, given: Mapping[str, str]) -> dict[str, int]:
    """Return the two columns of a tie: as given, by names in common use, or the only two there are."""
    if not given.keys().isdisjoint(ENDS):
        return columns_of(table, ENDS, (), given)
    named = [name for name in table.names if name and name not in _WEIGHTS]
    pairs = [pair for pair in _NAMED if set(pair) <= set(named)]
    if len(named) == 2 and not pairs and "" not in table.names:
        pairs = [(named[0], named[1])]
    if len(pairs) == 1:
        return columns_of(table, ENDS, (), dict(zip(ENDS, pairs[0], strict=True)))
    what = "several pairs of columns that may be" if pairs else "no two columns that are known to be"
    nameless = "; the first column has no name" if not table.names[0] else ""
    raise ScenarioError(
        f"{table.path}: row 1 has {what} the people of each tie, such as from and to{nameless}; name them with "
        f"--column from=NAME --column to=NAME (there: {listed([name for name in table.header if name], 12)})"
    )


def _is_matrix(table: Table) -> bool:
    """Return whether a table has a row and a column for each person, as far as it has rows."""
    columns, rows = table.header[1:], table.column(0)
    same = set(rows) <= set(columns) or set(columns) <= set(rows)
    return (
        len(columns) > 1 and bool(rows) and same and len(set(rows)) == len(rows) and len(set(columns)) == len(columns)
    )


def _of_matrix(table: Table) -> Ties:
    ties = [
        Tie(cells[0], name, weight, (f"row {number}", f"column {place + 1}"))
        for number, cells in table.rows
        for place, name in enumerate(table.header)
        if place
        and cells[place]
        and (weight := _weight(cells[place], f"{table.path}: row {number}, column {place + 1}"))
    ]
    weighted = len({tie.weight for tie in ties}) > 1
    used = f"a matrix of {len(table.rows)} rows and {len(table.header) - 1} columns of people"
    return Ties(
        tuple(ties), used, weighted, tuple(table.notes({name: place for place, name in enumerate(table.header)}, _WHAT))
    )


def _of_graph(path: Path, people: Mapping[str, int], node_name: str | None) -> Ties:
    graph = _read_graph(path)
    tied = [node for node in graph if graph.degree(node)]
    fields = ["id", *dict.fromkeys(key for node in graph for key in graph.nodes[node])]
    if node_name is not None and node_name not in fields:
        raise ScenarioError(f"--node-name {node_name}: no such field in {path}; {nearest(node_name, fields)}")
    names = {field: [_name(graph, node, field) for node in tied] for field in fields if field in _FIELDS}
    known = {field: sum(name in people for name in names[field]) for field in names}
    field = node_name or max(names, key=lambda name: known[name])
    rivals = [
        other for other in names if other != field and names[other] != names[field] and 2 * known[other] > len(tied)
    ]
    if node_name is None and rivals:
        raise ScenarioError(
            f"{path}: both {listed([field, *rivals])} of the nodes name people of the staff table, and not the same ones; "
            f"choose with --node-name {rivals[0]} or --node-name {field}"
        )
    number = {node: f"node {n} (in the order of the file), {field}" for n, node in enumerate(graph, 1)}
    known_weights = {name for _, _, about in graph.edges(data=True) for name in about}.intersection(_WEIGHTS)
    weight = next((name for name in _WEIGHTS if name in known_weights), "")
    ties = []
    for one, other, about in graph.edges(data=True):
        where = f"{path}: the tie of {number[one]} and {number[other]}: {weight}"
        value = _weight(cell_of(str(about.get(weight, ""))), where) if weight else 1.0
        ties.append(Tie(_name(graph, one, field), _name(graph, other, field), value, (number[one], number[other])))
    used = f"{field} of the nodes{f' and {weight} of the edges' if weight else ''}"
    return Ties(tuple(ties), used, bool(weight), ())


def _name(graph: Any, node: Any, field: str) -> str:
    return cell_of(str(node if field == "id" else graph.nodes[node].get(field, "")))


def _read_graph(path: Path) -> Any:
    import networkx as nx

    kind, read = ("GraphML", nx.read_graphml) if path.suffix.lower() == ".graphml" else ("GEXF", nx.read_gexf)
    with readable(path):
        check_size(path, path.stat().st_size)
        try:
            with warnings.catch_warnings():
                # About types that a file does not declare; names and weights are read as text anyway.
                warnings.simplefilter("ignore")
                return read(path)
        except OSError:
            raise
        except Exception as error:
            # networkx and the parser below it raise many kinds of error on a broken file.
            what = " ".join(str(error).split()) or type(error).__name__
            raise ScenarioError(f"{path}: is not valid {kind} ({what})") from None
