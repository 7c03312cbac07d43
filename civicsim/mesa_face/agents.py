"""People as Mesa agents: views onto the rows of a cohort's tables.

An agent holds no state. Reading ``agent.exhaustion`` reads its row, writing writes the row, and the next process of
the week sees it. A row is a post: it stays while its occupants come and go. ``agent.vacant`` is 1 while no one holds
the post now, ``agent.generation`` how many people held it before. Mesa's ``agent.remove()`` takes a view out of Mesa's
sets only: the post remains.

Every column of a table is an attribute, described by ``help(StaffMember)``. Columns that point to other rows are
relations instead: ``agent.team``, ``agent.manager``, ``agent.peers``, ``manager.reports``, ``patient.carers``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import mesa
import numpy as np

from civicsim.model import organisation as words_of
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.tables import REAL, TABLES, Column

_WORDS = {
    "role": words_of.ROLES,
    "profession": words_of.PROFESSIONS,
    "group": words_of.PATIENT_GROUPS,
    "origin": words_of.ORIGINS,
    "idea_origin": words_of.ORIGINS,
    "idea_channel": words_of.CHANNELS,
    "idea_state": words_of.IDEA_STATES,
}
_SIZES = ("n_posts", "n_teams", "n_staff", "n_persons", "n_managers", "n_patients")
_FIXED = {"run", "seed", "key", "role", "division", *_SIZES, *LEVERS}


class Cell:
    """A column of a table as an attribute: it reads and writes the value in the view's own row.

    Values are Python numbers, or words where the column holds codes (``agent.profession == "nurse"``). A column that holds
    several values per row is a dictionary: ``organisation.spent["peer"]``, and
    ``organisation.allotted = {**organisation.allotted, "peer": 0.5}``.

    Parameters
    ----------
    table : str
        Name of the table.
    column : Column
        Its meaning becomes the docstring, its bounds are kept.
    row : str
        Attribute of the view that holds its row.

    Raises
    ------
    ValueError
        On writing a value that the column cannot hold.
    AttributeError
        On writing what the scenario sets for good: structure, such as ``role``, and levers.
    """

    def __init__(self, table: str, column: Column, row: str = "row") -> None:
        self.__doc__ = column.help
        self.table, self.name, self.row = table, column.name, row
        self.words = _WORDS.get(column.name, ())
        self.places = {name.removeprefix(f"{self.name}."): place for name, place in column.entries() if column.over}
        self.whole = column.kind != REAL
        self.low, self.high = column.low, column.high
        if self.whole:
            self.low = max(self.low, np.iinfo(column.kind).min)
            self.high = min(self.high, np.iinfo(column.kind).max)

    def _column(self, view: Any) -> np.ndarray:
        return view.model.cohort.tables[self.table][self.name]

    def __get__(self, view: Any, owner: type | None = None) -> Any:
        if view is None:
            return self
        held = self._column(view)[getattr(view, self.row)]
        if self.places:
            return {name: held[place].item() for name, place in self.places.items()}
        return self.words[held.item()] if self.words else held.item()

    def __set__(self, view: Any, value: Any) -> None:
        if self.name in _FIXED:
            raise AttributeError(f"{view!r}: {self.name} is set by the scenario and cannot be written")
        if not self.holds(value):
            raise ValueError(f"{view!r}: {self.name} = {value!r}: expected {self.range_text} ({self.__doc__})")
        column, row = self._column(view), getattr(view, self.row)
        for name, place in self.places.items():
            column[row][place] = value[name]
        if not self.places:
            column[row] = self.words.index(value) if self.words else value

    def holds(self, value: Any) -> bool:
        """Return whether the column can hold the value."""
        if self.places:
            given = isinstance(value, Mapping) and value.keys() == self.places.keys()
            return given and all(self._holds_number(each) for each in value.values())
        return value in self.words if self.words else self._holds_number(value)

    def _holds_number(self, value: Any) -> bool:
        if not isinstance(value, int | float | np.integer | np.floating | np.bool_):
            return False
        within = math.isfinite(value) and self.low <= value <= self.high
        return bool(within and (not self.whole or value == int(value)))

    @property
    def range_text(self) -> str:
        """The values that the column can hold, in words."""
        if self.words:
            return "one of " + ", ".join(repr(word) for word in self.words)
        kind = "a whole number" if self.whole else "a number"
        if self.places:
            kind = f"for each of {', '.join(self.places)} {kind}"
        if math.isinf(self.high):
            return kind if math.isinf(self.low) else f"{kind} from {self.low:.10g}"
        return f"{kind} from {self.low:.10g} to {self.high:.10g}"


def columns_of[C: type](table: str, row: str = "row") -> Callable[[C], C]:
    """Return a class decorator that gives a view a :class:`Cell` for each column that does not point to a row."""

    def add(view: C) -> C:
        for column in TABLES[table]:
            if not column.refers:
                setattr(view, column.name, Cell(table, column, row))
        return view

    return add


def _one(of: str, column: str, help: str, row: str = "row") -> Any:
    """Return a relation: the member of the model's list ``of`` to which a view's ``table.column`` points, None for −1."""
    table, name = column.split(".")

    def get(view: Any) -> Any:
        to = view.model.cohort.tables[table][name][getattr(view, row)]
        return getattr(view.model, of)[to] if to >= 0 else None

    return property(get, doc=help)


def _several(of: str, first: str, n: str, help: str) -> Any:
    """Return a relation: the ``n`` members of the model's list ``of`` from a view's ``table.first`` on."""
    table, name = first.split(".")

    def get(view: Any) -> Any:
        start, count = view.model.cohort.tables[table][[name, n]][view.row]
        return getattr(view.model, of)[start : start + count]

    return property(get, doc=help)


def _name(view: Any) -> str:
    return f"{type(view).__name__}({view.row})"


class View:
    """A row of a table that is not an agent.

    Attributes
    ----------
    model : CivicModel
        The model that it belongs to.
    row : int or (int, int)
        Its row; for a practice, team and dimension.
    """

    __slots__ = ("model", "row")

    def __init__(self, model: Any, row: Any) -> None:
        self.model, self.row = model, row

    __repr__ = _name


@columns_of("organisation")
class Organisation(View):
    """An organisation: its levers as intended and as staff meet them, and its hours.

    Levers are read here; :func:`civicsim.model.cohort.set_levers` changes them, with all that hangs on them.
    """

    __slots__ = ()
    teams: list[Team] = _several("teams", "organisation.first_team", "n_teams", "Its teams.")
    managers: list[Manager] = _several(
        "managers",
        "organisation.first_manager",
        "n_managers",
        "Its managers: those of teams in team order, of divisions, executives, and the chief at the end.",
    )


@columns_of("team")
class Team(View):
    """A team: its members, practices and quality."""

    __slots__ = ()
    members: list[StaffMember] = _several(
        "people", "team.first_person", "n_posts", "The posts of staff, vacant ones too."
    )
    manager: Manager = _one("managers", "team.manager", "The team manager.")
    organisation: Organisation = _one("organisations", "team.organisation", "The organisation it is part of.")

    @property
    def neighbours(self) -> list[Team]:
        """The teams to which it has most ties, the closest first."""
        return [self.model.teams[t] for t in self.model.cohort.neighbour["team"][self.row] if t >= 0]

    @property
    def practices(self) -> list[Practice]:
        """Its practice on each dimension, the right one, and the idea on the table."""
        return [Practice(self.model, (self.row, d)) for d in range(self.model.cohort.practice.shape[1])]


@columns_of("practice")
class Practice(View):
    """The practice of a team on one dimension: ``value``, against ``reality``, the right one for it."""

    __slots__ = ()
    raiser: StaffMember | None = _one(
        "people",
        "practice.idea_raiser",
        "Who raised the idea that is on the table; None without an idea, or when that person has left.",
    )

    @property
    def dimension(self) -> int:
        """Which dimension of care it is about, from 0."""
        return self.row[1]


class _Agent(mesa.Agent):
    """An agent that is a view onto a row of a table."""

    def __init__(self, model: Any, row: int) -> None:
        self.row = row
        super().__init__(model)

    __repr__ = _name


@columns_of("person")
class Person(_Agent):
    """A post of staff or of a manager, and the person in it; ``row`` is its row in the person table."""

    organisation: Organisation = _one(
        "organisations", "person.organisation", "The organisation that the post belongs to."
    )
    team: Team | None = _one(
        "teams", "person.team", "The own team; for a team manager, the team managed; None further up."
    )

    @property
    def peers(self) -> list[StaffMember]:
        """The people in other teams to whom there is a tie."""
        return [self.model.people[other] for other in self.model.cohort.ties[self.row] if other >= 0]


class StaffMember(Person):
    """A post in a team, and the person in it."""

    @property
    def manager(self) -> Manager:
        """The line manager: the manager of the team."""
        return self.model.managers[self.model.cohort.team["manager"][self.model.cohort.person["team"][self.row]]]


@columns_of("manager", row="manager_row")
class Manager(Person):
    """A manager's post, from team manager to chief executive, and the person in it.

    Attributes
    ----------
    manager_row : int
        Row in the manager table; ``row`` is that in the person table.
    """

    def __init__(self, model: Any, row: int, manager_row: int) -> None:
        self.manager_row = manager_row
        super().__init__(model, row)

    manager: Manager | None = _one(
        "managers", "manager.superior", "The line manager; None for the chief executive.", row="manager_row"
    )

    @property
    def reports(self) -> list[Person]:
        """Those whose line manager this is: a team manager's staff, or the managers one level below."""
        if self.team is not None:
            return list(self.team.members)
        below = np.flatnonzero(self.model.cohort.manager["superior"] == self.manager_row)
        return [self.model.managers[row] for row in below]


@columns_of("patient")
class Patient(_Agent):
    """A patient, one of the sample that is followed individually; ``row`` is the row in the patient table."""

    organisation: Organisation = _one(
        "organisations", "patient.organisation", "The organisation that cares for the patient."
    )
    team: Team = _one("teams", "patient.team", "The team that gives most of the care.")

    @property
    def carers(self) -> list[StaffMember]:
        """The members of that team who are at work this week."""
        return [member for member in self.team.members if not member.vacant and not member.absent]
