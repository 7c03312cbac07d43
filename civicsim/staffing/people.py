"""The people of a staff table: read, and checked for a consistent line of management."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from civicsim.errors import ScenarioError
from civicsim.scenario.tables import Table, columns_of, listed, nearly, read_table, refuse, rows_text
from civicsim.scenario.text import Source
from civicsim.staffing.professions import KNOWN, guessed, profession_of

NEEDED = ("person", "team", "profession", "manager")
ALLOWED = ("division",)
TOP = -1
"""Stands for the manager of the person who has none."""


@dataclass(frozen=True)
class Person:
    """A row of a staff table.

    Attributes
    ----------
    row : int
        Row number in the spreadsheet.
    name : str
        Identifier of the person; used within this package only.
    team, division : str
        As written; "" where empty.
    profession : str
        One of the five professions, or "manager".
    manager : int
        Place of the manager among the people, or :data:`TOP`.
    """

    row: int
    name: str
    team: str
    division: str
    profession: str
    manager: int


@dataclass(frozen=True)
class Staff:
    """The people of a staff table.

    Attributes
    ----------
    path : str
        Path of the table.
    people : tuple of Person
        In the order of the table.
    used : str
        Which columns stand for what.
    notes : tuple of str
        Cells that count as empty and columns that were ignored, in counts.
    understood : dict of str to str
        Professions in other words than the model's, and the profession that each stands for.
    """

    path: str
    people: tuple[Person, ...]
    used: str
    notes: tuple[str, ...]
    understood: dict[str, str]


def read_staff(path: Source, own: Mapping[str, str] | None = None, columns: Mapping[str, str] | None = None) -> Staff:
    """Return the people of a CSV file with columns person, team, profession, manager and, if wanted, division.

    ``own`` are custom names of professions, see :func:`civicsim.staffing.professions.read_own`; ``columns`` the names of
    columns that are called otherwise. A :class:`ScenarioError` names the rows and columns of what is missing, unknown or
    contradictory.
    """
    table = read_table(path)
    places = columns_of(table, NEEDED, ALLOWED, columns or {})
    if not table.rows:
        raise ScenarioError(f"{path}: is empty below the header")
    rows, cells = [number for number, _ in table.rows], {role: table.column(at) for role, at in places.items()}
    names, written = cells["person"], cells["manager"]
    _check_names(table, places["person"], names, rows)
    professions, understood = _professions(table, places["profession"], own or {})
    place = {name: index for index, name in enumerate(names)}
    unknown = [(row, manager) for row, manager in zip(rows, written, strict=True) if manager and manager not in place]
    if unknown:
        close = nearly(unknown[0][1], names)
        hint = f"; nearly the person of row {rows[place[close]]}" if close else ""
        refuse(table, [row for row, _ in unknown], f", column manager: names no one in column person{hint}")
    divisions, managers = cells.get("division", [""] * len(rows)), [place.get(manager, TOP) for manager in written]
    each = zip(rows, names, cells["team"], divisions, professions, managers, strict=True)
    people = tuple(Person(*values) for values in each)
    _check_line(table, places["manager"], people)
    lead = {person.manager for person in people}
    without = [
        person.row
        for place, person in enumerate(people)
        if not person.team and place not in lead and person.profession != KNOWN[-1]
    ]
    refuse(table, without, ", column team: is empty, which it may be for managers only", places["team"])
    return Staff(str(path), people, table.used(places), tuple(table.notes(places, "staff table")), understood)


def _check_names(table: Table, place: int, names: list[str], rows: list[int]) -> None:
    empty = [row for row, name in zip(rows, names, strict=True) if not name]
    refuse(table, empty, ", column person: is empty", place)
    same: dict[str, list[int]] = defaultdict(list)
    for row, name in zip(rows, names, strict=True):
        same[name].append(row)
    twice = [f"rows {listed(found)}" for found in same.values() if len(found) > 1]
    if twice:
        raise ScenarioError(f"{table.path}: column person: the same person stands in {listed(twice, 3)}")


def _professions(table: Table, place: int, own: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    written = table.column(place)
    found = [profession_of(text, own) for text in written]
    unknown: dict[str, list[int]] = defaultdict(list)
    for (row, _), text, name in zip(table.rows, written, found, strict=True):
        if name is None:
            unknown[text].append(row)
    refuse(table, unknown.pop("", []), ", column profession: is empty", place)
    if unknown:
        parts = [f"{text!r} ({rows_text(rows)})" for text, rows in unknown.items()]
        guesses = {text: guess for text in unknown if (guess := guessed(text))}
        example = next((f'; for example --profession "{text}={guess}"' for text, guess in guesses.items()), "")
        raise ScenarioError(
            f"{table.path}: column profession: {listed(parts, len(parts))}: none of {', '.join(KNOWN)}; "
            f"state what each is with --profession NAME=PROFESSION, or in a table with --professions MAP.csv{example}"
        )
    known = [name for name in found if name is not None]
    return known, {text: name for text, name in zip(written, known, strict=True) if text.lower() != name}


def _check_line(table: Table, place: int, people: tuple[Person, ...]) -> None:
    path = table.path
    circles = _circles(people)
    alone = [people[circle[0]].row for circle in circles if len(circle) == 1]
    refuse(table, alone, ", column manager: names the person of the row itself; leave it empty at the top")
    if circles:
        parts = [f"rows {listed([people[i].row for i in sorted(circle)])}" for circle in circles]
        raise ScenarioError(f"{path}: column manager: {listed(parts, 3)} answer to each other in a circle")
    tops = [person for person in people if person.manager == TOP]
    if len(tops) == 1:
        if len(people) == 1:
            raise ScenarioError(f"{path}: has one person only: expected people and the managers they answer to")
        return
    whole = [
        rows_text([person.row for person in tops if person.team == team])
        for team in dict.fromkeys(person.team for person in tops if person.team)
        if all(person.manager == TOP for person in people if person.team == team)
        and not any(people[person.manager].team == team for person in people if person.manager != TOP)
    ]
    more = f"; {listed(whole, 3)}: a team with no manager" if whole else ""
    only = "but only one person has no manager, the one at the top"
    refuse(table, [person.row for person in tops], f", column manager: are empty, {only}{more}", place)


def _circles(people: tuple[Person, ...]) -> list[list[int]]:
    """Return each circle in the line once, in the order of the table."""
    import networkx as nx

    line = nx.DiGraph((place, person.manager) for place, person in enumerate(people) if person.manager != TOP)
    return sorted(nx.simple_cycles(line), key=min)
