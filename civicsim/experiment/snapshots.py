"""Who is how, and who knows whom, in chosen weeks: tables of people and of ties, taken while a scenario runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from civicsim import checks
from civicsim.errors import ScenarioError
from civicsim.experiment.ideas import place_of
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import PROFESSIONS, ROLES
from civicsim.model.tables import PERSON

if TYPE_CHECKING:
    import pandas as pd  # loaded where a table is made

COLUMNS = tuple(
    column.name for column in PERSON if column.name not in ("organisation", "team", "key", "role", "profession")
)
"""Columns of people that a panel can have, beside those that every panel has."""


@dataclass(frozen=True)
class Weeks:
    """The weeks in which something is taken: 0 is the beginning, and ``n`` the end of week ``n`` − 1."""

    chosen: frozenset[int] = frozenset()
    columns: tuple[str, ...] = ()


def weeks_of(given: Mapping[str, Any] | None, weeks: int, what: str) -> Weeks:
    """Return the weeks, and for people the columns, that a request names.

    Parameters
    ----------
    given : mapping, optional
        Either ``every``, a number of weeks, or ``weeks``, a list; and ``columns`` for people. Nothing takes nothing.
    weeks : int
        Weeks of the run.
    what : {"people", "network"}
        The request, which messages name.

    Raises
    ------
    ScenarioError
        If a key, a column or a week does not exist.
    """
    given = checks.plain(given)
    if given is None:
        return Weeks()
    known = ("columns", "every", "weeks") if what == "people" else ("every", "weeks")
    checks.keys(checks.table(given, what, f"a table with {', '.join(known)}"), known, f"{what}: no key")
    if ("every" in given) == ("weeks" in given):
        raise ScenarioError(f"{what}: expected either every, a number of weeks, or weeks, a list of them")
    if "every" in given:
        if type(given["every"]) is not int or given["every"] < 1:
            raise ScenarioError(f"{what}: every = {given['every']!r}: expected a whole number of weeks from 1")
        chosen: Any = range(0, weeks + 1, given["every"])
    else:
        chosen = given["weeks"]
        whole = isinstance(chosen, list | tuple) and all(type(week) is int and 0 <= week <= weeks for week in chosen)
        if not chosen or not whole:
            raise ScenarioError(f"{what}: weeks = {chosen!r}: expected a list of whole numbers from 0 to {weeks}")
    columns = given.get("columns", [])
    if what == "people" and (not isinstance(columns, list | tuple) or not columns):
        raise ScenarioError(
            f'people: columns = {columns!r}: expected a list of columns, such as ["safety", "exhaustion"]'
        )
    checks.keys(columns, COLUMNS, "people: no column")
    return Weeks(frozenset(chosen), tuple(columns))


@dataclass
class Snapshots:
    """Tables of people and of ties, in chosen weeks."""

    people: Weeks = Weeks()
    network: Weeks = Weeks()
    _people: list[dict[str, np.ndarray]] = field(default_factory=list)
    _network: list[dict[str, np.ndarray]] = field(default_factory=list)

    @property
    def weeks(self) -> list[int]:
        """All weeks in which something is taken."""
        return sorted(self.people.chosen | self.network.chosen)

    def take(self, cohort: Cohort) -> None:
        """Take what is asked for in the cohort's present week."""
        if cohort.week in self.people.chosen:
            self._people.append(_people(cohort, self.people.columns))
        if cohort.week in self.network.chosen:
            self._network.append(_network(cohort))

    def table(self, what: str) -> pd.DataFrame:
        """Return the table of people or of the network.

        Raises
        ------
        ValueError
            If none was asked for.
        """
        import pandas as pd

        parts = self._people if what == "people" else self._network
        if not parts:
            raise ValueError(f"{what} were not recorded: run(…, {what}={{...}})")
        return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _people(cohort: Cohort, columns: Sequence[str]) -> dict[str, np.ndarray]:
    person = cohort.person
    own = cohort.organisation[person["organisation"]]
    return {
        "seed": own["seed"],
        "organisation": own["key"],
        "week": np.full(len(person), cohort.week),
        "person": np.arange(len(person)) - own["first_person"],
        "team": place_of(cohort, "team", person["team"]),
        "role": np.array(ROLES)[person["role"]],
        "profession": np.array(PROFESSIONS)[person["profession"]],
        **{name: person[name].copy() for name in columns},
    }


def _network(cohort: Cohort) -> dict[str, np.ndarray]:
    """Return each tie once, from the person in the lower row."""
    one, place = np.nonzero(cohort.ties > np.arange(len(cohort.ties))[:, None])
    other = cohort.ties[one, place].astype(np.int64)
    home, away = (cohort.organisation[cohort.person["organisation"][end]] for end in (one, other))
    return {
        "seed": home["seed"],
        "week": np.full(len(one), cohort.week),
        "organisation": home["key"],
        "person": one - home["first_person"],
        "other_organisation": away["key"],
        "other": other - away["first_person"],
    }
