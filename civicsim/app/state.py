"""The state of a visitor: one immutable scenario, which is also the link and the file.

Kind, size, weeks and seed of the organisation, levers, assumptions and dated events are all in it; its seed is that of the
run on screen and the first of the matched runs. Pages read ``chosen.value.scenario`` and change it with
:func:`change_scenario` and one of the functions ``with_…`` below, each of which takes and returns a scenario.

Each visitor has a state of their own; Solara keeps reactive values apart. What comes from a visitor names shipped styles,
kinds and events only, and never a file.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qsl

import solara

from civicsim.errors import CivicsimError, ScenarioError, nearest
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.model.roster import undecided
from civicsim.scenario.interventions import read_interventions
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario, find_parameter
from civicsim.scenario.shipped import kinds, load_shipped, shocks, styles

MOST_TEAMS, MOST_WEEKS, MOST_POSTS, MOST_SEED = 200, 520, 3_000, 2**31
"""Largest organisation and longest time that a page computes: a link must not keep a whole class waiting."""
FEWEST_WEEKS = 26
TYPICAL_SEED = 10
"""Seed of the run that is shown first: of thirty runs of the usual organisation the one nearest to the medians.

The rule is :attr:`civicsim.app.work.Batch.typical`; a test repeats it.
"""
MOST_CHARACTERS = 30_000
"""Longest link that is read: forty events and all levers take half of it."""
MOST_EVENTS = 40
"""Dated events of a link that are read."""
CHANGED = "Levers changed"
"""Name of a change of levers during a run."""


@cache
def preset(style: str = STATUS_QUO, kind: str = DEFAULT_KIND) -> Scenario:
    """Return a shipped style on a shipped kind of organisation; files are read once."""
    return Scenario.preset(style, kind)


START = preset().with_(seed=TYPICAL_SEED)
"""What the page shows without a link."""


def is_changed(scenario: Scenario) -> bool:
    """Return whether its levers differ from those of its style."""
    return scenario.levers != preset(scenario.style, scenario.kind).levers


@dataclass(frozen=True)
class Chosen:
    """The chosen scenario, and notes on the link that it came from."""

    scenario: Scenario
    notes: tuple[str, ...] = ()


chosen: solara.Reactive[Chosen] = solara.reactive(Chosen(START))
"""The visitor's choice; kept apart for each visitor."""


sides: solara.Reactive[tuple[str, ...]] = solara.reactive((STATUS_QUO, "civic-culture"))
"""Styles that the visitor compares; the first is the baseline."""
MOST_SIDES = 3
"""Styles side by side at most: more would be too small to see."""


def with_side(names: tuple[str, ...], place: int, name: str) -> tuple[str, ...]:
    """Return the styles side by side with another one in a place, counted from 0; without a name, with none there."""
    if name and (name not in styles() or name in names):
        return names
    found = (*names[:place], *([name] if name else ()), *names[place + 1 :])
    return found if 1 < len(found) <= MOST_SIDES else names


def set_scenario(scenario: Scenario) -> None:
    """Choose another scenario and drop the notes on the link."""
    chosen.set(Chosen(scenario))


def change_scenario(change: Callable[[Scenario], Scenario]) -> None:
    """Change the scenario, or keep it and note why the change is not possible."""
    now, notes = chosen.peek().scenario, list[str]()
    try:
        scenario = _within_size(change(now), notes)
    except ScenarioError as error:
        chosen.set(Chosen(now, (f"This change is not possible: {str(error).removeprefix('scenario: ')}.",)))
        return
    late = [event for event in scenario.interventions if event.week >= scenario.weeks]
    for name, week in dict.fromkeys((event.name, event.week) for event in late):
        title = shocks().get(name, name)
        notes.append(f"“{title}” in week {week + 1} does not happen: there are {scenario.weeks} weeks.")
    chosen.set(Chosen(scenario, tuple(notes)))


def open_scenario(scenario: Scenario) -> None:
    """Choose a scenario of a study, under names that the page knows and within its size; what that changes is noted.

    A scenario that the page cannot compute leaves the choice as it is, with the reason.
    """
    notes: list[str] = []
    try:
        chosen.set(Chosen(_known_here(scenario, notes), tuple(notes)))
    except ScenarioError as error:
        cannot_open(error)


def cannot_open(error: CivicsimError) -> None:
    """Leave the choice as it is, and note why a point of a study cannot be opened."""
    chosen.set(Chosen(chosen.peek().scenario, (f"This point cannot be opened: {_short(str(error), 200)}.",)))


def _known_here(scenario: Scenario, notes: list[str]) -> Scenario:
    """Return a scenario as the page can show it, and note what that changes."""
    style, kind = scenario.style, scenario.kind
    if style not in styles():
        notes.append(f"The levers are those of “{_short(scenario.title or style)}”, beside those of the status quo.")
        scenario = dataclasses.replace(scenario, style=STATUS_QUO)
    if kind not in kinds():
        notes.append("The organisation is that of the study; its own kind has no name here.")
        scenario = dataclasses.replace(scenario, kind=DEFAULT_KIND)
    if scenario.code:
        raise ScenarioError("it has processes of its own, which the page does not execute")
    if scenario.roster is not None and scenario.roster.n_staff > MOST_POSTS:
        raise ScenarioError(f"it has {scenario.roster.n_staff:,} posts, and the page computes {MOST_POSTS:,}")
    weeks = min(max(scenario.weeks, FEWEST_WEEKS), MOST_WEEKS)
    if weeks != scenario.weeks:
        notes.append(f"The study has {scenario.weeks} weeks; the page shows {weeks}.")
    scenario = _within_size(scenario, notes).set("weeks", weeks)
    if scenario.roster is not None:
        notes.append("A link cannot hold its teams: anyone who opens it, or loads the page again, sees the usual ones.")
    return scenario


# -- links ---------------------------------------------------------------------------------------------------------------


def from_query(query: str | None) -> Chosen:
    """Return the scenario of a link; unknown or impossible values are replaced, each with a note."""
    notes: list[str] = []
    if query is not None and len(query) > MOST_CHARACTERS:
        return Chosen(START, (f"The link is longer than {MOST_CHARACTERS:,} characters and is not read.",))
    pairs = parse_qsl((query or "").lstrip("?"), keep_blank_values=True)
    given = dict(pairs)
    style = _known("style", given.get("style"), STATUS_QUO, styles(), notes)
    kind = _known("kind", given.get("kind"), DEFAULT_KIND, kinds(), notes)
    scenario = preset(style, kind).with_(seed=TYPICAL_SEED)
    limits = (("weeks", FEWEST_WEEKS, MOST_WEEKS), ("seed", 0, MOST_SEED), ("burn_in_weeks", 0, MOST_WEEKS))
    for key, low, high in limits:
        if key in given:
            value = _clamped(key, given[key], low, high, getattr(scenario, key), notes)
            scenario = scenario.set(key, value)
    for key, text in pairs:
        if key == "set":
            scenario = _with_setting(scenario, text, notes)
    scenario = _within_size(scenario, notes)
    if given.get("interventions"):
        scenario = _with_events(scenario, given["interventions"], notes)
    return Chosen(scenario, tuple(notes))


def sides_from_query(query: str | None) -> tuple[str, ...] | None:
    """Return the known styles that a link names for comparison, each once; None for fewer than two."""
    short = query or ""
    given = dict(parse_qsl(short.lstrip("?"))) if len(short) <= MOST_CHARACTERS else {}
    shipped = styles()
    known = tuple(dict.fromkeys(name for name in given.get("sides", "").split(",") if name in shipped))[:MOST_SIDES]
    return known if len(known) > 1 else None


def with_sides(query: str, names: tuple[str, ...]) -> str:
    """Return the query of a link that names the styles side by side, too."""
    return f"{query}&sides={','.join(names)}"


def to_query(scenario: Scenario) -> str:
    """Return the query of the link; the shortest that there is for the scenario that the page starts with."""
    if scenario.roster is not None:
        # What a link has no room for is noted where it is opened.
        scenario = dataclasses.replace(scenario, roster=None, structure=undecided(scenario.structure))
    return "?v=1" if scenario == START else scenario.to_url()


def _known(what: str, name: str | None, otherwise: str, valid: dict[str, str], notes: list[str]) -> str:
    if name is None or name in valid:
        return name or otherwise
    notes.append(f"The link names a {what} “{_short(name)}” that does not exist; “{valid[otherwise]}” is shown.")
    return otherwise


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 3] + "…"


def _clamped(what: str, text: str, low: int, high: int, otherwise: int, notes: list[str]) -> int:
    try:
        value = int(text)
    except ValueError:
        notes.append(f"The link sets {what} to “{_short(text)}”, which is not a whole number; {otherwise} is used.")
        return otherwise
    if not low <= value <= high:
        within = min(max(value, low), high)
        notes.append(f"The link sets {what} to {_short(text)}; the page takes {low} to {high}, so {within} is used.")
        return within
    return value


def _with_setting(scenario: Scenario, text: str, notes: list[str]) -> Scenario:
    key, _, value_text = text.partition("=")
    try:
        value = json.loads(value_text)
    except (ValueError, RecursionError):
        value = value_text
    try:
        # Habits are values of levers.
        about = find_parameter(re.sub(r"^habits\.", "levers.", key))
    except ScenarioError:
        notes.append(f"The link sets “{_short(key)}”, which does not exist; it is ignored.")
        return scenario
    number = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    if number and isinstance(about.default, int | float) and not isinstance(about.default, bool):
        within = type(about.default)(min(max(value, about.low), about.high))
        if within != value:
            notes.append(f"The link sets “{about.label}” to {_short(str(value))}; {within:g} is used.")
        value = within
    try:
        return scenario.set(key, value)
    except ScenarioError:
        notes.append(f"The link sets “{about.label}” to “{_short(value_text)}”, which is not possible; it is ignored.")
        return scenario


def _within_size(scenario: Scenario, notes: list[str]) -> Scenario:
    s = scenario.structure
    if s.n_organisations > 1:
        notes.append(f"There are {s.n_organisations} linked organisations; the page shows one.")
        scenario = scenario.set("structure.n_organisations", 1)
    teams = min(s.n_teams, MOST_TEAMS, max(1, MOST_POSTS // s.team_size))
    if teams < s.n_teams:
        notes.append(f"There are {s.n_teams} teams of {s.team_size}; the page shows at most {teams}.")
        scenario = scenario.set("structure.n_teams", teams)
    return scenario


def _with_events(scenario: Scenario, text: str, notes: list[str]) -> Scenario:
    try:
        blocks = json.loads(text)
        if not isinstance(blocks, list):
            raise ValueError(text)
    except (ValueError, RecursionError):
        notes.append("The dated events of the link cannot be read; they are ignored.")
        return scenario
    if len(blocks) > MOST_EVENTS:
        notes.append(f"The link has {len(blocks):,} dated events; the first {MOST_EVENTS} are read.")
    for block in blocks[:MOST_EVENTS]:
        try:
            scenario = _with(scenario, [*scenario.interventions, *read_events(block, scenario)])
        except ScenarioError as error:
            why = re.sub(r"^\w+: (\[\[interventions\]\] 1:? )?", "", str(error)).partition(";")[0]
            notes.append(f"An event of the link is left out: {_short(why, 120)}.")
    return scenario


# -- dated events ----------------------------------------------------------------------------------------------------------


def read_events(block: Any, scenario: Scenario) -> tuple[Event, ...]:
    """Return the events that one block of a scenario file stands for: a shipped name for all its parts.

    Raises
    ------
    ScenarioError
        If a value of the block is not possible, or a name is not shipped.
    """
    read = read_interventions([block], "event", find_parameter, load_shipped)
    return tuple(event for event in read if event.week < scenario.weeks)


def with_event(scenario: Scenario, name: str, week: int) -> Scenario:
    """Return a scenario in which a shipped shock or intervention begins in a week."""
    added = read_events({"name": name, "week": max(0, min(week, scenario.weeks - 1))}, scenario)
    return _with(scenario, [*scenario.interventions, *added])


def _with(scenario: Scenario, events: Iterable[Event]) -> Scenario:
    return dataclasses.replace(scenario, interventions=tuple(events))


@lru_cache(maxsize=200)
def _parts(name: str) -> int:
    """Return how many events a shipped shock or intervention stands for; your own is one."""
    return len(read_events({"name": name, "week": 0}, Scenario())) if name in shocks() else 1


def event_groups(scenario: Scenario) -> list[list[Event]]:
    """Return the scenario's events, those that came together in one list."""
    groups: list[list[Event]] = []
    for event in scenario.interventions:
        last = groups[-1] if groups else []
        if last and last[0].name == event.name and event.week >= last[0].week and len(last) < _parts(event.name):
            last.append(event)
        else:
            groups.append([event])
    return groups


def without_event(scenario: Scenario, place: int) -> Scenario:
    """Return a scenario without one of its event groups."""
    return _with(scenario, [e for k, group in enumerate(event_groups(scenario)) if k != place for e in group])


def move_event(scenario: Scenario, place: int, week: int) -> Scenario:
    """Return a scenario in which one of the event groups begins in another week; its parts keep their distances.

    What thus lies beyond the last week does not happen.
    """
    groups = event_groups(scenario)
    by = max(0, min(week, scenario.weeks - 1)) - groups[place][0].week
    groups[place] = [dataclasses.replace(event, week=event.week + by) for event in groups[place]]
    return _with(scenario, [event for group in groups for event in group])


# -- the organisation ------------------------------------------------------------------------------------------------------


def with_kind(scenario: Scenario, kind: str) -> Scenario:
    """Return the same choice on another shipped kind of organisation, with its size, people and habits.

    Levers, assumptions that were changed, events, weeks and seed stay.

    Raises
    ------
    ScenarioError
        If no such kind is shipped.
    """
    if kind not in kinds():
        raise ScenarioError(f"no kind '{_short(kind)}'; {nearest(kind, kinds())}")
    result = preset(scenario.style, kind)
    for key, (own, _) in scenario.diff(preset(scenario.style, scenario.kind)).items():
        if key not in ("kind", "roster", "interventions") and not key.startswith("structure."):
            result = result.set(key, own)
    return _with(result, scenario.interventions)


def with_staff(scenario: Scenario, staff: int) -> Scenario:
    """Return a scenario with about so many staff: as many teams of the usual size as come nearest.

    Raises
    ------
    ScenarioError
        If these are more than the page computes, or the teams are those of a staff table.
    """
    if scenario.roster is not None:
        raise ScenarioError("the staff are those of your table")
    if not 1 <= staff <= MOST_POSTS:
        raise ScenarioError(f"{staff:,} staff: expected 1 to {MOST_POSTS:,}")
    return scenario.set("structure.n_teams", max(1, round(staff / scenario.structure.team_size)))


def with_weeks(scenario: Scenario, weeks: int) -> Scenario:
    """Return a scenario of so many weeks; dated events stay, also those that would come later.

    Raises
    ------
    ScenarioError
        If these are fewer or more than the page computes.
    """
    if not FEWEST_WEEKS <= weeks <= MOST_WEEKS:
        raise ScenarioError(f"{weeks} weeks: expected {FEWEST_WEEKS} to {MOST_WEEKS}")
    return scenario.set("weeks", weeks)


def with_seed(scenario: Scenario, seed: int) -> Scenario:
    """Return a scenario with another seed: that of the run on screen, and the first of the matched runs.

    Raises
    ------
    ScenarioError
        If it is no seed.
    """
    if not 0 <= seed <= MOST_SEED:
        raise ScenarioError(f"seed {seed}: expected 0 to {MOST_SEED:,}")
    return scenario.set("seed", seed)


# -- levers ----------------------------------------------------------------------------------------------------------------


def with_lever(scenario: Scenario, name: str, value: float, week: int = -1) -> Scenario:
    """Return a scenario with one lever moved: from the start, or from a week on as a dated event.

    Raises
    ------
    ScenarioError
        If there is no such lever, or the value is out of range.
    """
    if name not in LEVERS:
        raise ScenarioError(f"no lever '{name}'; {nearest(name, LEVERS)}")
    if week < 0:
        return scenario.set(f"levers.{name}", value)
    same = [event for event in scenario.interventions if (event.name, event.week) == (CHANGED, week)]
    own = {key: before for event in same for key, before in event.set.items()} | {f"levers.{name}": value}
    kept = [event for event in scenario.interventions if event not in same]
    return _with(scenario, [*kept, Event(week, CHANGED, set=own)])


def levers_shown(scenario: Scenario) -> Levers:
    """Return the levers as the page shows them: with the changes that the visitor made during the run."""
    changes = [event.set.items() for event in scenario.interventions if event.name == CHANGED]
    own = {key.removeprefix("levers."): value for change in changes for key, value in change}
    return dataclasses.replace(scenario.levers, **own)


def with_style(scenario: Scenario, style: str) -> Scenario:
    """Return a scenario with the levers of a shipped style or its own, without changes of levers during the run.

    Raises
    ------
    ScenarioError
        If no such style is shipped.
    """
    if style != scenario.style and style not in styles():
        raise ScenarioError(f"no style '{_short(style)}'; {nearest(style, styles())}")
    return _with(scenario.set("style", style), (e for e in scenario.interventions if e.name != CHANGED))
