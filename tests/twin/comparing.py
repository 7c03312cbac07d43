"""Where twin and engine differ: table by table, column by column, row by row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from operator import attrgetter
from typing import Any

import numpy as np

from civicsim.model.cohort import Cohort
from civicsim.model.columns import columns_of
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.organisation import CHANNELS, IDEA_STATES, ORIGINS
from civicsim.model.tables import REAL, TABLES
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import Scenario
from twin.loading import HOURS, OF_THE_IDEA, PARTS, load
from twin.people import MOST_FRIENDS
from twin.week import WEEK, Twin

TOLERANCE = 1e-9
UNSEEN = {
    # How the tables are laid out; the twin knows things by themselves.
    *(f"organisation.{column.name}" for column in TABLES["organisation"] if column.name.startswith(("first_", "n_"))),
    *(f"team.{name}" for name in ("organisation", "first_person", "n_posts", "manager")),
    *(f"person.{name}" for name in ("organisation", "team", "role")),
    *(f"patient.{name}" for name in ("organisation", "team", "group")),
    "organisation.run",
    "organisation.seed",
    "manager.person",
    "manager.superior",
    # Scratch, and what is only recorded.
    *columns_of(PROCESSES["record"]).writes,
    *columns_of(PROCESSES["survey"]).writes,
}
NOTHING = math.nan
"""The twin holds nothing where the engine still holds an old value that means nothing any more."""

EVERYTHING = frozenset(TABLES) | {"ties"}

Comparison = tuple[str, list[str], np.ndarray, np.ndarray]
"""Table, columns, and the values of the twin and of the engine: one row per thing, one column per column."""


def row_of(thing: Any) -> int:
    """Return the row of a thing, −1 of nothing."""
    return -1 if thing is None else thing.row


def of_the_idea(idea: Any) -> dict[str, float]:
    """Return the columns of a practice that are about the idea on the table."""
    return {
        "idea_state": IDEA_STATES.index(idea.state),
        "idea_raiser": row_of(idea.raiser),
        "deliberated": idea.deliberated,
        "cycles": idea.cycles,
        "successes": idea.successes,
        "idea_value": idea.value,
        "idea_severity": idea.severity,
        "idea_convenient": idea.convenient,
        "idea_origin": ORIGINS.index(idea.origin),
        "idea_channel": CHANNELS.index(idea.channel),
        "idea_group": idea.group.number if idea.group else NOTHING,
        "idea_week": idea.week,
        "raised_week": idea.raised_week,
    }


WITHOUT_IDEA = {"idea_state": 0, "idea_raiser": -1, "deliberated": 0, "cycles": 0, "successes": 0} | dict.fromkeys(
    (
        "idea_value",
        "idea_severity",
        "idea_convenient",
        "idea_origin",
        "idea_channel",
        "idea_group",
        "idea_week",
        "raised_week",
    ),
    NOTHING,
)
"""The same where no idea is on the table; in the same order."""


def of_the_practice(practice: Any) -> dict[str, float]:
    """Return a practice in words, and the idea beside it."""
    about = of_the_idea(practice.idea) if practice.idea else WITHOUT_IDEA
    return {"origin": ORIGINS.index(practice.origin), **about}


ENTRIES = {
    table: {name: (column, place) for column in columns for name, place in column.entries()}
    for table, columns in TABLES.items()
}
"""Column and place of each value that a row holds, by name: an array by purpose has one for each."""


def hours_of(o: Any) -> dict[str, float]:
    """Return an organisation's hours by kind and purpose."""
    return {f"{kind}.{p}": hours for kind in HOURS for p, hours in getattr(o, kind).items()}


APART: dict[str, Callable[[Any], dict[str, float]]] = {
    "organisation": hours_of,
    "tally": lambda o: {name: o.count[name] for name in ENTRIES["tally"]},
    "team": lambda team: {"partner": row_of(team.partner)},
    "practice": of_the_practice,
}
"""What the twin keeps in other words than the tables: by table, a function of a thing."""
CALLED: dict[str, str] = {f"organisation.{lever}": f"levers.{lever}" for lever in LEVERS} | {
    f"organisation.{column}": f"{part}.{name}" for part, names in PARTS.items() for column, name in names.items()
}
"""Columns that the twin calls otherwise."""


def things_of(twin: Twin) -> dict[str, list[Any]]:
    """Return the twin's things in the order of the rows of their tables."""
    o = twin.organisations
    return {
        "organisation": o,
        "tally": o,
        "dimension": [dimension for x in o for dimension in x.dimensions],
        "team": twin.teams,
        "practice": [practice for team in twin.teams for practice in team.practices],
        "person": [who for x in o for who in x.people],
        "manager": [lead for x in o for lead in x.managers],
        "panel": [group for x in o for group in x.forum.groups],
        "patient": [patient for x in o for patient in x.patients],
    }


def comparisons(twin: Twin, cohort: Cohort, tables: Set[str] = EVERYTHING) -> Iterator[Comparison]:
    """Yield what there is to compare in some tables, by default in all."""
    for table, things in things_of(twin).items():
        if table not in tables:
            continue
        apart = APART.get(table, lambda thing: {})
        names, others = names_of(table), list(apart(things[0]))
        read = attrgetter(*(CALLED.get(f"{table}.{name}", name) for name in names)) if names else lambda thing: ()
        rows = [(*read(thing), *apart(thing).values()) for thing in things]
        theirs = [values_of(cohort, table, name) for name in [*names, *others]]
        yield table, [*names, *others], np.array(rows, dtype=float), np.array(theirs, dtype=float).T
    for table, compared in IN_LISTS.items():
        if table in tables:
            yield compared(twin, cohort)


def values_of(cohort: Cohort, table: str, name: str) -> np.ndarray:
    """Return what the engine holds of one entry, in the order of the rows."""
    column, place = ENTRIES[table][name]
    return cohort.tables[table][column.name][(..., *place)].ravel()


def names_of(table: str) -> list[str]:
    """Return the columns of a table that the twin keeps as attributes."""
    apart = {
        "organisation": set(HOURS),
        "tally": {column.name for column in TABLES["tally"]},
        "team": {"partner"},
        "practice": OF_THE_IDEA | {"origin"},
    }.get(table, set())
    names = [column.name for column in TABLES[table] if f"{table}.{column.name}" not in UNSEEN]
    return [name for name in names if name not in apart]


def neighbours_compared(twin: Twin, cohort: Cohort) -> Comparison:
    """Return the same for neighbouring teams, which the twin keeps in lists."""
    slots = cohort.neighbour.shape[1]
    near = [[pair for k in range(slots) for pair in neighbour_at(team, k)] for team in twin.teams]
    theirs = np.stack([cohort.neighbour["team"], cohort.neighbour["ties"]], axis=2).reshape(len(near), -1)
    names = [f"{name} {k}" for k in range(slots) for name in ("team", "ties")]
    return "neighbour", names, np.array(near, dtype=float), theirs


def ties_compared(twin: Twin, cohort: Cohort) -> Comparison:
    """Return the same for ties between people."""
    staff = [who for o in twin.organisations for who in o.staff]
    ties = np.array(
        [[row_of(who.friends[k]) if k < len(who.friends) else -1 for k in range(MOST_FRIENDS)] for who in staff],
        dtype=float,
    )
    return "ties", [f"slot {k}" for k in range(ties.shape[1])], ties, cohort.ties[[who.row for who in staff]]


def problems_compared(twin: Twin, cohort: Cohort) -> Comparison:
    """Return the same for this week's problems."""
    staff = [who for o in twin.organisations for who in o.staff]
    seen = [(who, k, problem) for who in staff for k, problem in enumerate(who.problems[: int(who.noticed)])]
    where = ([who.row for who, _, _ in seen], [k for _, k, _ in seen])
    names = ["dimension", "value", "severity", "convenient", "check"]
    read = attrgetter("practice.dimension.number", *names[1:])
    theirs = np.array([cohort.problem[name][where] for name in names], dtype=float).T if seen else np.zeros((0, 5))
    mine = np.array([read(problem) for _, _, problem in seen], dtype=float).reshape(-1, 5)
    return "problem", names, mine, theirs


IN_LISTS = {"neighbour": neighbours_compared, "ties": ties_compared, "problem": problems_compared}
"""Tables that the twin keeps in lists, and how they are compared."""


def neighbour_at(team: Any, k: int) -> tuple[int, int]:
    """Return the row of a team's neighbour and how many ties lead there; −1 and 0 for none."""
    return (team.neighbours[k][0].row, team.neighbours[k][1]) if k < len(team.neighbours) else (-1, 0)


REAL_COLUMNS = {
    f"{table}.{name}" for table, held in ENTRIES.items() for name, (column, _) in held.items() if column.kind == REAL
}


def differences(twin: Twin, cohort: Cohort, tables: Set[str] = EVERYTHING) -> list[str]:
    """Return a line for each column that differs: its first row, and both values."""
    found = []
    for table, names, mine, theirs in comparisons(twin, cohort, tables):
        allowed = np.array([TOLERANCE if f"{table}.{name}" in REAL_COLUMNS else 0.0 for name in names])
        apart = ~(np.abs(mine - theirs) <= allowed) & ~np.isnan(mine)
        for column in np.flatnonzero(apart.any(axis=0)):
            row = int(np.flatnonzero(apart[:, column])[0])
            values = f"twin {mine[row, column].item()!r}, engine {theirs[row, column].item()!r}"
            found.append(f"{table}.{names[column]}, row {row}: {values}")
    return found


def written_by(process: str) -> set[str]:
    """Return the tables that a process writes."""
    return {column.split(".")[0] for column in columns_of(PROCESSES[process]).writes}


def simulate_both(
    cohort: Cohort,
    scenario: Scenario,
    weeks: int,
    *,
    order: Sequence[str] = WEEK,
    often: bool = False,
    happened: Counter[str] | None = None,
) -> Twin:
    """Let engine and twin run some weeks from one start, and compare all their states.

    Parameters
    ----------
    cohort : Cohort
        The start; it is left as it is.
    scenario : Scenario
        What both run under.
    weeks : int
        How many weeks.
    order : sequence of str
        The processes of a week, in order.
    often : bool
        Whether to compare after each process too, in the tables that it writes. When weeks differ, they are simulated once
        more and compared often, so that the process that differs is named.
    happened : Counter, optional
        What the twin counted is added to it.

    Raises
    ------
    AssertionError
        Where they differ: with week, process, and a line for each column that does.
    """
    engine, twin = cohort.copy(), load(cohort, scenario)
    for _ in range(weeks):
        engine.tally[:] = np.zeros(1, dtype=engine.tally.dtype)
        twin.begin_week()
        for name in order:
            PROCESSES[name].step(engine, 0, engine.n_organisations)
            twin.happen(name)
            found = differences(twin, engine, written_by(name)) if often else []
            assert not found, "\n".join([f"week {twin.week}, after {name}:", *found])
        found = differences(twin, engine)
        if found and not often:
            simulate_both(cohort, scenario, weeks, order=order, often=True)
        assert not found, "\n".join([f"week {twin.week}, at its end:", *found])
        for o in twin.organisations if happened is not None else []:
            happened.update(o.count)
        engine.week += 1
        twin.week += 1
    return twin
