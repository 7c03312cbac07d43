"""From people and their managers to teams, divisions and executives: the mapping of a line of any depth.

The model knows four levels above staff: a manager for each team, for each division, executives, and the chief executive.
Of a longer line the two levels below the chief and the one next to the teams are kept:

* The **chief executive** is the person without a manager.
* A **team** is that of its members who lead no one. Its **manager** is the topmost person within it to whom
  others of it answer, however indirectly; where there is none, the one outside whom most of them name.
* Of those between the chief and a team's manager, the uppermost is an **executive** and the next a **divisional
  manager**; the others are left out. Where there is only one, that is a divisional manager, who answers to the chief
  or, being an executive by another branch, leads their own division. Where there is no one between, teams share
  divisions of at most ``teams_per_division``, right below the chief.
* Divisions that the table names take the place of those.
* Managers who lead no one and answer to the chief are executives too; elsewhere they are administrative posts.
* People who lead others within a team without managing it are posts of staff like the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from civicsim.errors import ScenarioError
from civicsim.model.organisation import PROFESSIONS
from civicsim.model.roster import MOST_POSTS, Roster
from civicsim.scenario.tables import rows_text
from civicsim.staffing.people import TOP, Person, Staff
from civicsim.staffing.professions import MANAGER, folded

MOST_EXECUTIVES = 50
"""As for any other organisation; see ``n_executives``."""
_ADMINISTRATIVE = PROFESSIONS[-1]


@dataclass(frozen=True)
class Mapped:
    """A staff table in the form of the model.

    Attributes
    ----------
    roster : Roster
        Teams, divisions, and the executive above each division, without ties.
    n_executives : int
        Executives, the chief among them.
    post_of : dict of str to int
        Post of each person who has one. Used for reading ties only.
    team_names, division_names : tuple of str
        As written; "" for a division that the table does not name. Used for the user's key only.
    levels : int
        Levels of the longest line, staff included.
    notes : tuple of str
        What was mapped in a way that may surprise, or left out, in counts.
    """

    roster: Roster
    n_executives: int
    post_of: dict[str, int]
    team_names: tuple[str, ...]
    division_names: tuple[str, ...]
    levels: int
    notes: tuple[str, ...]


class _Line:
    """The line of management."""

    def __init__(self, staff: Staff) -> None:
        self.people = staff.people
        self.leaders = {person.manager for person in self.people} - {TOP}
        self.top = next(place for place, person in enumerate(self.people) if person.manager == TOP)
        self.team = [folded(person.team) for person in self.people]

    def above(self, place: int) -> list[int]:
        """Return those above a person, from the one next above to the chief."""
        chain = []
        while (place := self.people[place].manager) != TOP:
            chain.append(place)
        return chain

    def from_top(self, place: int) -> list[int]:
        """Return the line from the chief down to a person, the person included."""
        return [place, *self.above(place)][::-1]

    @cached_property
    def idle(self) -> list[int]:
        """Managers who lead no one and answer to the chief executive."""
        return [
            place
            for place, person in enumerate(self.people)
            if place not in self.leaders and person.profession == MANAGER and person.manager == self.top
        ]

    def by_team(self, places: Iterable[int]) -> dict[str, list[int]]:
        """Return people by team; teams in the order of the table."""
        found: dict[str, list[int]] = {}
        for place in places:
            found.setdefault(self.team[place], []).append(place)
        return found

    @cached_property
    def everyone(self) -> dict[str, list[int]]:
        """People of each team, those who lead among them."""
        return self.by_team(range(len(self.people)))

    @cached_property
    def members(self) -> dict[str, list[int]]:
        """People of each team who lead no one."""
        follow = (place for place in range(len(self.people)) if place not in self.leaders and place not in self.idle)
        return self.by_team(place for place in follow if self.team[place])

    def head(self, team: str) -> int:
        """Return the manager of a team."""
        members = self.members[team]
        within = Counter(head for place in members for head in self.above(place) if self.team[head] == team)
        topmost = [head for head in within if not any(other in within for other in self.above(head))]
        if topmost:
            return max(topmost, key=lambda head: (within[head], -head))
        named = Counter(self.people[place].manager for place in members)
        return max(named, key=lambda head: (named[head], -head))


def map_line(staff: Staff, teams_per_division: int) -> Mapped:
    """Return a staff table in the form of the model; divisions that nothing defines have ``teams_per_division`` teams at most.

    It raises a :class:`ScenarioError` if no team has members, or a team has more posts, or the line more executives, than the
    model allows.
    """
    line = _Line(staff)
    heads = {team: line.head(team) for team in line.members}
    if not heads:
        raise ScenarioError(f"{staff.path}: no one is in a team: expected people who lead no one and have a team")
    chains = {team: line.from_top(head) for team, head in heads.items()}
    leading = sorted({chain[1] for chain in chains.values() if len(chain) > 3})
    executives = sorted([*leading, *line.idle])
    if len(leading) >= MOST_EXECUTIVES:
        rows = [line.people[place].row for place in leading]
        raise ScenarioError(
            f"{staff.path}: {rows_text(rows)}: more than {MOST_EXECUTIVES - 1} executives below the chief"
        )
    while len(executives) >= MOST_EXECUTIVES:
        executives.remove(max(set(executives) - set(leading)))
    division_of, names, of_mixed = _divisions(line, chains, teams_per_division)
    order = sorted(heads, key=lambda team: division_of[team])
    n_divisions = len(names)
    above = {team: _executive(chain, executives) for team, chain in chains.items()}
    heads_of: list[Counter[int]] = [Counter() for _ in range(n_divisions)]
    for team in order:
        heads_of[division_of[team]][above[team]] += 1
    superiors = [counts.most_common(1)[0][0] for counts in heads_of]
    dispersed = sum(above[team] != superiors[division_of[team]] for team in order)

    middle = {_second(chain) for chain in chains.values()}
    placed = {line.top, *executives, *heads.values(), *middle}
    posts, folded_in, left_out = _posts(line, order, placed)
    _check_sizes(staff.path, line, posts)
    teams, post_of = _numbered(line, order, posts)
    doubled = len(heads) - len(set(heads.values()))
    outside = sum(heads[team] not in line.above(place) for team in order for place in line.members[team])
    administrative = sum(line.people[place].profession == MANAGER for places in posts.values() for place in places)
    beyond = len(leading) + len(line.idle) - len(executives)
    counts = (of_mixed, dispersed, doubled, outside, folded_in, left_out, administrative, beyond)
    levels = max(len(line.from_top(place)) for place in range(len(line.people)))
    written = {team: line.people[line.everyone[team][0]].team for team in order}
    sizes = Counter(division_of.values())
    return Mapped(
        roster=Roster(tuple(sizes[division] for division in range(n_divisions)), teams, tuple(superiors)),
        n_executives=len(executives) + 1,
        post_of=post_of,
        team_names=tuple(written[team] for team in order),
        division_names=tuple(names),
        levels=levels,
        notes=tuple(
            f"{n:,} {one if n == 1 else many} {what}" for n, (one, many, what) in zip(counts, _NOTES, strict=True) if n
        ),
    )


_NOTES = (
    ("team has", "teams have", "people of several divisions: counted with the division of most"),
    ("team answers", "teams answer", "to another executive than most of its division: counted with the division"),
    ("team shares", "teams share", "a manager with another: in the model each has its own"),
    ("person does", "people do", "not answer to the manager of their team: mapped to that manager"),
    ("person leads", "people lead", "others below the manager of a team: counted as posts of staff"),
    ("manager has", "managers have", "no place in the levels of the model: left out"),
    ("manager leads", "managers lead", "no one and is not right below the chief: counted as administrative"),
    ("executive", "executives", "beyond what the model allows: left out"),
)
"""Notes on a mapping: for one, for several, and the rest of the sentence."""


def _second(chain: list[int]) -> int:
    """Return the head of the division of a team by the line: the chief executive where there is no one between."""
    return chain[max(0, min(2, len(chain) - 2))]


def _executive(chain: list[int], executives: list[int]) -> int:
    """Return the number of the executive above a team; 0 for the chief."""
    return executives.index(chain[1]) + 1 if len(chain) > 2 and chain[1] in executives else 0


def _divisions(
    line: _Line, chains: dict[str, list[int]], teams_per_division: int
) -> tuple[dict[str, int], list[str], int]:
    """Return the division of each team, the names of the divisions as written, and how many teams were of several."""
    written: dict[str, str] = {}
    spelled: dict[str, str] = {}
    mixed = 0
    for team in chains:
        people = [line.people[place] for place in line.everyone[team] if line.people[place].division]
        named = Counter(folded(person.division) for person in people)
        if named:
            written[team] = named.most_common(1)[0][0]
            mixed += len(named) > 1
            for person in people:
                spelled.setdefault(folded(person.division), person.division)
    without = (team for team, chain in chains.items() if team not in written and len(chain) < 3)
    free = {team: number for number, team in enumerate(without)}
    n_free = -(-len(free) // teams_per_division)
    keys: dict[str, tuple[str, str | int]] = {}
    for team, chain in chains.items():
        if team in written:
            keys[team] = ("written", written[team])
        elif team in free:
            keys[team] = ("free", free[team] * n_free // len(free))
        else:
            keys[team] = ("line", _second(chain))
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
    names = [spelled[str(key[1])] if key[0] == "written" else "" for key in numbers]
    return {team: numbers[key] for team, key in keys.items()}, names, mixed


def _posts(line: _Line, order: list[str], placed: set[int]) -> tuple[dict[str, list[int]], int, int]:
    """Return the people in the posts of each team, how many of them lead others, and how many people have no post."""
    posts = {team: list(line.members[team]) for team in order}
    members = {place for places in line.members.values() for place in places}
    folded_in = left_out = 0
    for place, person in enumerate(line.people):
        if place in placed or place in members:
            continue
        if place in line.leaders and person.profession != MANAGER and line.team[place] in posts:
            posts[line.team[place]].append(place)
            folded_in += 1
        elif place not in line.idle:
            left_out += 1
    return posts, folded_in, left_out


def _check_sizes(path: str, line: _Line, posts: dict[str, list[int]]) -> None:
    large = [places for places in posts.values() if len(places) > MOST_POSTS]
    if large:
        rows = [line.people[min(places)].row for places in large]
        n = ", ".join(str(len(places)) for places in large[:3])
        raise ScenarioError(
            f"{path}: column team: more than {MOST_POSTS} posts in the team that begins in {rows_text(rows)} ({n}); "
            "give its parts different names"
        )


def _profession(person: Person) -> int:
    return PROFESSIONS.index(_ADMINISTRATIVE if person.profession == MANAGER else person.profession)


def _numbered(
    line: _Line, order: list[str], posts: dict[str, list[int]]
) -> tuple[tuple[tuple[int, ...], ...], dict[str, int]]:
    """Return the posts of each team by profession, and the number of each person's post."""
    teams: list[tuple[int, ...]] = []
    post_of: dict[str, int] = {}
    for team in order:
        by_profession = sorted(posts[team], key=lambda place: (_profession(line.people[place]), place))
        for place in by_profession:
            post_of[line.people[place].name] = len(post_of)
        counts = Counter(_profession(line.people[place]) for place in by_profession)
        teams.append(tuple(counts[profession] for profession in range(len(PROFESSIONS))))
    return tuple(teams), post_of
