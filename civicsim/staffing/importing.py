"""A staff table and a table of ties, read and put into the form of the model: what a command and the page have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from civicsim.model.roster import Roster
from civicsim.scenario.text import Source
from civicsim.staffing.line import Mapped, map_line
from civicsim.staffing.people import ALLOWED, NEEDED, Staff, read_staff
from civicsim.staffing.ties import ENDS, WEIGHT, Kept, Ties, keep_ties, read_ties

TEAMS_PER_DIVISION = 7
"""Most teams in a division where the table gives no divisions. Assumption: as in the default kind of organisation."""


@dataclass(frozen=True)
class Imported:
    """Your own organisation: what was read, and how it was put into the form of the model.

    Attributes
    ----------
    staff : Staff
    mapped : Mapped
    ties : Ties or None
        None without a table of ties, as ``kept`` is.
    kept : Kept or None
    """

    staff: Staff
    mapped: Mapped
    ties: Ties | None
    kept: Kept | None

    @property
    def roster(self) -> Roster:
        """Teams, line and ties."""
        return dataclasses.replace(self.mapped.roster, ties=self.kept.pairs if self.kept else None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was mapped or left out, in counts."""
        return (*self.staff.notes, *self.mapped.notes, *(self.kept.notes if self.kept else ()))


def import_organisation(
    staff: Source,
    ties: Source | None = None,
    *,
    own: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    node_name: str | None = None,
    skip_unknown: bool = False,
    teams_per_division: int = TEAMS_PER_DIVISION,
) -> Imported:
    """Return your own organisation from a staff table and, if there is one, a table of ties.

    ``columns`` are names of columns that are called otherwise, by what they stand for; the rest is as for
    :func:`civicsim.staffing.people.read_staff` and :func:`civicsim.staffing.ties.read_ties`. A :class:`ScenarioError` names the rows
    and columns of what is missing, unknown or contradictory.
    """
    named = columns or {}
    people = read_staff(staff, own, {role: name for role, name in named.items() if role in (*NEEDED, *ALLOWED)})
    mapped = map_line(people, teams_per_division)
    if ties is None:
        return Imported(people, mapped, None, None)
    rows = {person.name: person.row for person in people.people}
    of_ties = {role: name for role, name in named.items() if role in (*ENDS, WEIGHT)}
    found = read_ties(ties, rows, of_ties, node_name, skip_unknown)
    return Imported(people, mapped, found, keep_ties(found, rows, mapped.roster, mapped.post_of))
