"""The structure of your own organisation: who works where, and who knows whom, in numbers only.

Posts of staff are counted from 0 through all teams in order: within a team by profession, doctors first.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.engine.parameters import declared
from civicsim.errors import ScenarioError, nearest
from civicsim.model.organisation import N_PROFESSIONS, N_TIES, PROFESSIONS
from civicsim.model.structure import Structure

MOST_POSTS = 250
"""Most posts in a team. Assumption: beyond this people no longer share one manager and one way of working."""
MOST_TEAMS = 100_000
_SHARES = tuple(f"share_{name}" for name in PROFESSIONS)
_MOST_EQUAL = int(declared(Structure, "structure")["team_size"].high)
DECIDES = ("n_teams", "team_size", "teams_per_division", *_SHARES)
"""Values of [structure] that a roster decides."""

Pair = tuple[int, int]


@dataclass(frozen=True, repr=False)
class Roster:
    """Teams of uneven size, their divisions, the line above them, and ties between people of different teams.

    Attributes
    ----------
    divisions : tuple of int
        Teams in each division; teams are in the order of their divisions.
    teams : tuple of (int, int, int, int, int)
        Posts of each team by profession, in the order of :data:`civicsim.model.organisation.PROFESSIONS`.
    superiors : tuple of int
        Whom each divisional manager answers to: 0 the chief executive, 1, 2, … the other executives. Empty: the
        divisions are dealt out to the executives in turn.
    ties : tuple of (int, int) or None
        Pairs of posts of different teams who know each other. None: ties are drawn, as for any other organisation,
        from the ``tie…`` parameters of [structure], which have no effect otherwise.

    Raises
    ------
    ScenarioError
        If the numbers do not go together.
    """

    divisions: tuple[int, ...]
    teams: tuple[tuple[int, ...], ...]
    superiors: tuple[int, ...] = ()
    ties: tuple[Pair, ...] | None = None

    def __post_init__(self) -> None:
        """Check the numbers, however the roster was made."""
        object.__setattr__(self, "teams", _rows(self.teams, "teams", N_PROFESSIONS, "five numbers of posts"))
        object.__setattr__(self, "divisions", _numbers(self.divisions, "divisions", 1))
        object.__setattr__(self, "superiors", _numbers(self.superiors, "superiors", 0))
        if not 1 <= len(self.teams) <= MOST_TEAMS:
            raise ScenarioError(f"[roster] teams: expected 1 to {MOST_TEAMS} teams, not {len(self.teams)}")
        for team, posts in enumerate(self.teams):
            if not 1 <= sum(posts) <= MOST_POSTS:
                raise ScenarioError(
                    f"[roster] teams: team {team} has {sum(posts)} posts: expected 1 to {MOST_POSTS} (teams count from 0)"
                )
        if sum(self.divisions) != len(self.teams):
            raise ScenarioError(
                f"[roster] divisions: hold {sum(self.divisions)} teams, but there are {len(self.teams)} in teams"
            )
        if self.superiors and len(self.superiors) != len(self.divisions):
            raise ScenarioError(
                f"[roster] superiors: expected one for each of {len(self.divisions)} divisions, not {len(self.superiors)}"
            )
        if self.ties is not None:
            self._check_ties(_rows(self.ties, "ties", 2, "a pair of posts"))

    def _check_ties(self, given: tuple[tuple[int, ...], ...]) -> None:
        """Check the ties, and put them in one order, so that it does not matter in which they were written."""
        team_of, n = self.team_of.tolist(), self.n_staff
        count = [0] * n
        ties = sorted((min(pair), max(pair)) for pair in given)
        for a, b in ties:
            if b >= n:
                raise ScenarioError(f"[roster] ties: [{a}, {b}]: expected posts from 0 to {n - 1}")
            if team_of[a] == team_of[b]:
                raise ScenarioError(
                    f"[roster] ties: [{a}, {b}]: both are in team {team_of[a]}; those know each other anyway"
                )
            count[a] += 1
            count[b] += 1
        for pair, following in itertools.pairwise(ties):
            if pair == following:
                raise ScenarioError(f"[roster] ties: {list(pair)} is there twice")
        if max(count, default=0) > N_TIES:
            post = count.index(max(count))
            raise ScenarioError(f"[roster] ties: post {post} has {count[post]} ties: expected at most {N_TIES}")
        object.__setattr__(self, "ties", tuple(ties))

    def __repr__(self) -> str:
        ties = "ties drawn" if self.ties is None else f"{len(self.ties)} ties"
        return f"Roster({self.n_staff} posts in {len(self.teams)} teams and {len(self.divisions)} divisions, {ties})"

    @property
    def sizes(self) -> np.ndarray:
        """Posts of each team."""
        return np.array(self.teams, dtype=np.int64).sum(axis=1)

    @property
    def n_staff(self) -> int:
        """Posts of staff."""
        return int(self.sizes.sum())

    @property
    def team_of(self) -> np.ndarray:
        """Team of each post."""
        return np.repeat(np.arange(len(self.teams)), self.sizes)

    @property
    def profession(self) -> np.ndarray:
        """Profession of each post."""
        counts = np.array(self.teams, dtype=np.int64)
        return np.repeat(np.tile(np.arange(N_PROFESSIONS), len(self.teams)), counts.ravel())

    @property
    def division_of_team(self) -> np.ndarray:
        """Division of each team."""
        return np.repeat(np.arange(len(self.divisions)), self.divisions)

    def outline(self, structure: Structure) -> Structure:
        """Return a structure that agrees with the roster in all that the roster decides.

        The size of a team is the mean, rounded (at most what [structure] allows); the most teams of a division are those of the largest.

        Raises
        ------
        ScenarioError
            If the structure contradicts it, or asks for several organisations or too few executives.
        """
        n = np.array(self.teams, dtype=np.int64).sum(axis=0)
        own: dict[str, Any] = {
            "n_teams": len(self.teams),
            "team_size": min(round(self.n_staff / len(self.teams)), _MOST_EQUAL),
            "teams_per_division": max(self.divisions),
            **dict(zip(_SHARES, (n / n.sum()).tolist(), strict=True)),
        }
        for name, value in own.items():
            given = getattr(structure, name)
            if given not in (value, getattr(Structure, name)):
                raise ScenarioError(decided(name, given, value))
        if structure.n_organisations != 1:
            raise ScenarioError(
                f"[structure] n_organisations = {structure.n_organisations}: a [roster] is one organisation; leave it at 1"
            )
        if max(self.superiors, default=0) >= structure.n_executives:
            raise ScenarioError(
                f"[structure] n_executives = {structure.n_executives}: expected more than {max(self.superiors)}, "
                "because [roster] superiors has a division that answers to that executive"
            )
        return dataclasses.replace(structure, **own)

    def to_dict(self) -> dict[str, Any]:
        """Return the contents of a ``[roster]`` section."""
        values = {name: getattr(self, name) for name in _FIELDS}
        return {key: _lists(value) for key, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Roster:
        """Return the roster that a ``[roster]`` section describes.

        Raises
        ------
        ScenarioError
            If a key is unknown or missing, or the numbers do not go together.
        """
        for key in values:
            if key not in _FIELDS:
                raise ScenarioError(f"[roster] has no '{key}'; {nearest(key, _FIELDS)}")
        for key in ("divisions", "teams"):
            if key not in values:
                raise ScenarioError(f"[roster] has no '{key}', and needs it")
        return cls(**values)


_FIELDS = tuple(field.name for field in dataclasses.fields(Roster))


def decided(name: str, given: Any, own: Any) -> str:
    """Return the message for a [structure] that sets what a roster decides."""
    return f"[structure] {name} = {given}: the [roster] decides it, as {own:.6g}; leave it out"


def undecided(structure: Structure) -> Structure:
    """Return a structure without what another roster may have decided."""
    return dataclasses.replace(structure, **{name: getattr(Structure, name) for name in DECIDES})


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value


def _numbers(values: Any, name: str, low: int) -> tuple[int, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ScenarioError(f"[roster] {name} = {values!r}: expected a list of whole numbers from {low}")
    for place, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
            raise ScenarioError(f"[roster] {name}: entry {place} is {value!r}: expected a whole number from {low}")
    return tuple(int(value) for value in values)


def _rows(values: Any, name: str, width: int, what: str) -> tuple[tuple[int, ...], ...]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ScenarioError(f"[roster] {name} = {values!r}: expected a list")
    for place, row in enumerate(values):
        if isinstance(row, str) or not isinstance(row, Sequence) or len(row) != width:
            raise ScenarioError(f"[roster] {name}: entry {place} is {row!r}: expected {what}")
    return tuple(_numbers(row, f"{name}, entry {place}", 0) for place, row in enumerate(values))
