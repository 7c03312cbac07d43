"""The causal map of a model: mechanisms, what each passes on to others, and what a measure shows, by what they declare."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from civicsim.engine.process import Process
from civicsim.experiment.holding import PARAMETERS, column_of, holdable
from civicsim.model.building import build
from civicsim.model.cohort import Cohort, set_levers
from civicsim.model.columns import columns_of
from civicsim.model.measuring import History, Measure
from civicsim.model.recording import ENACTED
from civicsim.model.tables import REAL, TABLES
from civicsim.scenario.model import SHIPPED, Model
from civicsim.scenario.scenario import Scenario

_RECORDS = ("tally", "snapshot")
_IN_POST = {"person.vacant", "person.absent"}
"""Whether people are there: nearly all that is recorded depends on it, and shows something else."""
_KINDS = {f"{table}.{column.name}": column for table, columns in TABLES.items() for column in columns}


LONGEST = 72
"""Most characters of the name of a column; two lines of the picture of a chain."""


@cache
def name_of(column: str) -> str:
    """Return what a column holds in a few words: what its help begins with, before values and asides, with a lever by its label.

    A column of which the help only lists values, or refers to the one before it, goes by its own name.
    """
    if column not in _KINDS:
        return "ties between people of different teams"
    parameters = SHIPPED.sections.parameters
    words = re.sub(r"lever (\w+)", lambda found: parameters[f"levers.{found[1]}"].label, _KINDS[column].help)
    words = re.split(r"[:;(]", words)[0].strip().replace("_", " ")
    words = re.sub(r"^\w₀?, ", "", words)
    if re.fullmatch(r"[\w ]+(, [\w ]+)+ or [\w ]+|the same, .*", words):
        return column.partition(".")[2].replace("_", " ")
    while len(words) > LONGEST and "," in words:
        words = words.rpartition(",")[0]
    return words


def reads(process: Process) -> frozenset[str]:
    """Return what a mechanism reads."""
    return frozenset(columns_of(process).reads)


def writes(process: Process) -> frozenset[str]:
    """Return what a mechanism writes."""
    return frozenset(columns_of(process).writes)


@cache
def _set_by_lever(name: str) -> frozenset[str]:
    """Return the columns that a lever sets: they differ between its ends, and no mechanism works them out anew from others."""
    about, found = SHIPPED.sections.parameters[f"levers.{name}"], set[str]()
    low, high = (_example(SHIPPED).copy().tables for _ in range(2))
    for tables, value in ((low, about.low), (high, about.high)):
        set_levers(tables, dataclasses.replace(Scenario().levers, **{name: value}))
    for column in _KINDS:
        table, _, own = column.partition(".")
        if not np.array_equal(low[table][own], high[table][own], equal_nan=True):
            found.add(column)
    anew = [writes(process) - reads(process) for process in SHIPPED.week if reads(process) & found]
    return frozenset(found.difference(*anew))


def set_by(keys: Collection[str]) -> frozenset[str]:
    """Return what is set where parameters of these full names are: columns, or the parameters of a mechanism."""
    found: set[str] = set()
    for key in keys:
        section, _, name = key.partition(".")
        found |= _set_by_lever(name) if section == "levers" else {f"{PARAMETERS}.{section}"}
    return frozenset(found)


def changed_columns(one: Scenario, other: Scenario) -> frozenset[str]:
    """Return what two scenarios set differently, now or by dated changes."""
    keys = {key for key in one.diff(other) if "." in key and not key.startswith("habits.")}
    events = set(map(repr, one.interventions)) ^ set(map(repr, other.interventions))
    keys |= {key for own in (one, other) for event in own.interventions if repr(event) in events for key in event.set}
    return set_by(keys)


def passed_on(week: Sequence[Process]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return what each mechanism of a week passes on, by the names of the two: columns that one writes and another reads.

    Whether people are in post is left out: nearly all depends on it.
    """
    found = {}
    for one, other in itertools.permutations(week, 2):
        columns = (writes(one) & reads(other)) - _IN_POST
        if columns:
            found[one.name, other.name] = tuple(sorted(columns))
    return found


class _Spy:
    """A record that notes which of its columns are looked at."""

    def __init__(self, table: str, like: np.ndarray, seen: set[str]) -> None:
        self._table, self._like, self._seen, self.shape = table, like, seen, like.shape

    def __getitem__(self, name: str) -> np.ndarray:
        self._seen.add(f"{self._table}.{name}")
        return np.asarray(self._like[name])


def columns_shown(measure: Measure) -> tuple[frozenset[str], frozenset[str]]:
    """Return the columns of the record that a measure is made of, and those that it is divided by; none if it looks at the cohort."""
    found = []
    for part in (measure.top, measure.bottom):
        seen: set[str] = set()
        if part is not None:
            records: dict[str, Any] = {name: _Spy(name, like, seen) for name, like in _blank_records().items()}
            part(History(**records))
        found.append(frozenset(seen))
    return found[0], found[1]


@lru_cache(1)
def _blank_records() -> dict[str, np.ndarray]:
    cohort = _example(SHIPPED)
    blank = {name: cohort.tables[name][None].copy() for name in _RECORDS}
    return blank | {"organisation": cohort.organisation, "enacted": np.zeros((1, 1), dtype=ENACTED)}


@lru_cache(4)
def _example(model: Model) -> Cohort:
    s = Scenario(model=model)
    return build(dataclasses.replace(s.structure, n_teams=2), s.population, s.levers, s.sections, [1])


@dataclass(frozen=True)
class Snapshots:
    """The snapshot of an example, and those where one column of its state is different, by column."""

    usual: np.ndarray
    changed: Mapping[str, np.ndarray]

    def changing(self, part: Callable[[History], Any]) -> frozenset[str]:
        """Return the columns that change a part of a measure."""

        def value(snapshot: np.ndarray) -> np.ndarray:
            records: dict[str, Any] = _blank_records() | {"snapshot": snapshot[None]}
            return np.asarray(part(History(**records)))

        usual = value(self.usual)
        return frozenset(
            column for column, now in self.changed.items() if not np.array_equal(usual, value(now), equal_nan=True)
        )


@dataclass(frozen=True)
class Web:
    """Mechanisms by name, and what those that write the snapshot make of the state of an example, as it is and changed."""

    processes: Mapping[str, Process]
    snapshots: Mapping[str, Snapshots]

    @classmethod
    def of(cls, model: Model = SHIPPED) -> Web:
        """Return the web of a model's processes."""
        return _web(model)

    def columns_of(self, measure: Measure) -> frozenset[str]:
        """Return the columns that a measure shows: counts, and states behind the snapshot, which change it where they change."""
        top, bottom = columns_shown(measure)
        found = {name.replace("enacted.", "organisation.") for name in top or bottom}
        recorded = {name for name in found if name.startswith("snapshot.")}
        part = measure.top if top else measure.bottom
        if not recorded or part is None:
            return frozenset(found)
        writers = self.writers(recorded)
        states = {column for name in writers for column in self.snapshots[name].changing(part)}
        # Where no change shows, it may be any state that is read.
        states = states or {column for name in writers for column in reads(self.processes[name])}
        return frozenset((found - recorded) | (states - _IN_POST or states))

    def writers(self, columns: Collection[str]) -> tuple[str, ...]:
        """Return the mechanisms that write one of some columns."""
        return tuple(name for name, process in self.processes.items() if writes(process) & set(columns))

    def between(self, changed: Collection[str], measure: Measure) -> tuple[str, ...]:
        """Return the mechanisms on paths from what is changed to a measure, in the order of the week."""
        every = [process for process in self.processes.values() if reads(process)]
        reached = self._closed(
            {p.name for p in every if reads(p) & set(changed) or f"{PARAMETERS}.{p.name}" in changed},
            lambda one, other: bool(writes(one) & reads(other)),
        )
        shown = self.columns_of(measure)
        ends = {p.name for p in every if writes(p) & shown or not shown}
        needed = self._closed(ends, lambda one, other: bool(reads(one) & writes(other)))
        recorders = {p.name for p in every if any(c.startswith("snapshot.") for c in writes(p))}
        return tuple(name for name in self.processes if name in (reached & needed) - recorders)

    def _closed(self, names: set[str], joined: Any) -> set[str]:
        found, rest = set(names), list(names)
        while rest:
            one = self.processes[rest.pop()]
            more = {name for name, other in self.processes.items() if name not in found and joined(one, other)}
            found |= more
            rest += more
        return found

    def passed(
        self, kept: Collection[str], changed: Collection[str], sources: Collection[str]
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield a mechanism, and what it can be held at together, for all that is changed or that the sources write.

        That is a single state, or all that another counts for it of people and teams: a sum and a number belong together.
        """
        written = {c for name in sources for c in writes(self.processes[name])}
        for name in kept:
            groups: dict[Any, set[str]] = {}
            for column in holdable(self.processes[name]) & (written | set(changed)):
                counted = column.startswith(("person.", "team.")) and np.isinf(_KINDS[column].high)
                groups.setdefault(self.writers([column]) if counted else column, set()).add(column)
            yield from ((name, frozenset(columns)) for columns in groups.values())
            if f"{PARAMETERS}.{name}" in changed:
                yield name, frozenset([PARAMETERS])


@lru_cache(4)
def _web(model: Model) -> Web:
    recorders = [p for p in model.week if any(name.startswith("snapshot.") for name in writes(p))]
    return Web({p.name: p for p in model.week}, {p.name: _snapshots(p, _example(model)) for p in recorders})


def _snapshots(process: Process, cohort: Cohort) -> Snapshots:
    """Return what a process records of a cohort, and what it does where one of the columns that it reads is different."""
    n = cohort.n_organisations

    def snapshot(column: str = "") -> np.ndarray:
        own = cohort.copy()
        if column:
            values = column_of(own, column)
            about = _KINDS[column]
            values[...] = 0.5 * values + 0.05 if about.kind == REAL else np.roll(values, 1, axis=0)
            if about.kind != REAL and (about.low, about.high) == (0, 1):
                # How many there are counts too.
                values[0] = 1 - values[0]
        process.step(own, 0, n)
        return np.asarray(own.snapshot)

    return Snapshots(snapshot(), {column: snapshot(column) for column in sorted(reads(process) - {"ties"})})
