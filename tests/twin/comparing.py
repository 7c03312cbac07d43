"""Where twin and engine differ: table by table, column by column, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from civicsim.cohort import Cohort
from civicsim.levers import NAMES as LEVERS
from civicsim.levers import PURPOSES
from civicsim.organisation import CHANNELS, IDEA_STATES, ORIGINS, REAL, TABLES
from civicsim.scenario import Scenario
from civicsim.schedule import PROCESSES
from twin.loading import OF_THE_IDEA, PARTS, load
from twin.week import WEEK, Twin

TOLERANCE = 1e-9
UNSEEN = {
    # How the tables are laid out; the twin knows things by themselves.
    *(f"organisation.{column.name}" for column in TABLES["organisation"] if column.name.startswith(("first_", "n_"))),
    *(f"team.{name}" for name in ("organisation", "first_person", "n_posts", "manager")),
    *(f"person.{name}" for name in ("organisation", "team", "role")),
    *(f"patient.{name}" for name in ("organisation", "team", "group")),
    "organisation.run", "manager.person", "manager.superior",
    # Scratch, and what is only put down.
    "person.previous", *PROCESSES["record"].writes, *PROCESSES["survey"].writes,
}  # fmt: skip


def row_of(thing: Any) -> int:
    """Return the row of a thing, −1 of nothing."""
    return -1 if thing is None else thing.row


def readers() -> dict[str, Any]:
    """Return how each compared column is read from the twin, by ``"table.column"``: a function of a thing of the table."""
    found: dict[str, Any] = {}
    for table, columns in TABLES.items():
        for column in columns:
            found[f"{table}.{column.name}"] = lambda thing, name=column.name: getattr(thing, name)
    for name in LEVERS:
        found[f"organisation.{name}"] = lambda o, name=name: getattr(o.levers, name)
    for kind in ("allotted", "hours", "spent"):
        for purpose in PURPOSES:
            found[f"organisation.{kind}_{purpose}"] = lambda o, kind=kind, purpose=purpose: getattr(o, kind)[purpose]
    for part, names in PARTS.items():
        for column, name in names.items():
            found[f"organisation.{column}"] = lambda o, part=part, name=name: getattr(getattr(o, part), name)
    for column in TABLES["tally"]:
        found[f"tally.{column.name}"] = lambda o, name=column.name: o.count[name]
    found["team.partner"] = lambda team: row_of(team.partner)
    found["practice.origin"] = lambda practice: ORIGINS.index(practice.origin)
    for name in OF_THE_IDEA:
        found[f"practice.{name}"] = lambda practice, name=name: of_the_idea(practice.idea, name)
    return {key: read for key, read in found.items() if key not in UNSEEN and key.split(".")[0] != "snapshot"}


def of_the_idea(idea: Any, name: str) -> float:
    """Return a column of an idea; nan says that nothing is held there."""
    if name == "idea_state":
        return IDEA_STATES.index(idea.state) if idea else 0
    if name == "idea_raiser":
        return row_of(idea.raiser) if idea else -1
    if name in ("deliberated", "cycles", "successes"):
        return getattr(idea, name) if idea else 0
    if idea is None:
        return np.nan
    if name == "idea_group":
        return idea.group.number if idea.group else np.nan
    if name == "idea_channel":
        return CHANNELS.index(idea.channel)
    if name == "idea_origin":
        return ORIGINS.index(idea.origin)
    return getattr(idea, name.removeprefix("idea_"))


READERS = readers()
ON_A_GRID = {"problem", "neighbour", "need"}


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
        "manager": [boss for x in o for boss in x.managers],
        "panel": [group for x in o for group in x.forum.groups],
        "patient": [patient for x in o for patient in x.patients],
    }


def pairs(
    twin: Twin, cohort: Cohort, written: tuple[str, ...] | None
) -> Iterator[tuple[str, str, str, np.ndarray, np.ndarray]]:
    """Yield table, column, kind, the twin's values and the engine's; nan in the twin where nothing is held."""
    for table, things in things_of(twin).items():
        for column in TABLES[table]:
            read = READERS.get(f"{table}.{column.name}")
            wanted = written is None or f"{table}.{column.name}" in written or f"{table}.*" in written
            if read is not None and wanted:
                mine = np.array([read(thing) for thing in things], dtype=np.uint64 if column.kind == "u8" else float)
                yield table, column.name, column.kind, mine, cohort.tables[table][column.name].ravel()
    if written is None:
        yield from pairs_apart(twin, cohort)


def pairs_apart(twin: Twin, cohort: Cohort) -> Iterator[tuple[str, str, str, np.ndarray, np.ndarray]]:
    """Yield the same for neighbouring teams, ties and problems, which the twin keeps otherwise."""
    slots = cohort.neighbour.shape[1]
    for column, at in (("team", lambda team, n: team.row), ("ties", lambda team, n: n)):
        empty = -1 if column == "team" else 0
        rows = [[at(*pair) for pair in team.neighbours] for team in twin.teams]
        mine = np.array([row + [empty] * (slots - len(row)) for row in rows], dtype=float)
        yield "neighbour", column, "i4", mine, cohort.neighbour[column]
    staff = [who for o in twin.organisations for who in o.staff]
    at = [who.row for who in staff]
    ties = np.array([[row_of(other) for other in who.acquaintances] for who in staff], dtype=float)
    yield "ties", "person", "i4", ties, cohort.ties[at]
    seen = [(who.row, k, problem) for who in staff for k, problem in enumerate(who.problems[: int(who.noticed)])]
    where = ([row for row, _, _ in seen], [k for _, k, _ in seen])
    for column in TABLES["problem"]:
        mine = np.array([problem_column(problem, column.name) for _, _, problem in seen], dtype=float)
        yield "problem", column.name, column.kind, mine, cohort.problem[column.name][where]


def problem_column(problem: Any, name: str) -> float:
    """Return a column of a problem."""
    return problem.practice.dimension.number if name == "dimension" else getattr(problem, name)


def differences(twin: Twin, cohort: Cohort, written: tuple[str, ...] | None = None) -> list[str]:
    """Return a line for each column that differs: its first row, and both values.

    By default all columns are compared, else those named, as ``"table.column"`` or ``"table.*"``.
    """
    found = []
    for table, column, kind, mine, theirs in pairs(twin, cohort, written):
        held = ~np.isnan(mine) if mine.dtype.kind == "f" else np.ones(mine.shape, dtype=bool)
        apart = np.abs(mine - theirs) > TOLERANCE if kind == REAL else mine != theirs
        if np.any(apart & held):
            row = int(np.flatnonzero(apart & held)[0])
            found.append(f"{table}.{column}, row {row}: twin {mine.ravel()[row]!r}, engine {theirs.ravel()[row]!r}")
    return found


def live_both(cohort: Cohort, scenario: Scenario, weeks: int, happened: Counter[str] | None = None) -> Twin:
    """Let engine and twin live some weeks from one start.

    After each process, what it writes is compared; after each week, everything. What the twin counted is added to
    ``happened``.

    Raises
    ------
    AssertionError
        Where they differ: with week, process, and a line for each column that does.
    """
    engine = cohort.copy()
    twin = load(engine, scenario)
    for _ in range(weeks):
        engine.tally[:] = np.zeros(1, dtype=engine.tally.dtype)
        twin.begin_week()
        for name in WEEK:
            PROCESSES[name].step(engine, 0, engine.n_organisations)
            twin.happen(name)
            found = differences(twin, engine, PROCESSES[name].writes)
            assert not found, "\n".join([f"week {twin.week}, after {name}:", *found])
        found = differences(twin, engine)
        assert not found, "\n".join([f"week {twin.week}, at its end:", *found])
        for o in twin.organisations if happened is not None else []:
            happened.update(o.count)
        engine.week += 1
        twin.week += 1
    return twin
