"""The tables of a store: their columns, and the record of a failed run, from which it can be understood and repeated."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

import civicsim
from civicsim.model.tables import PERSON, REAL
from civicsim.study.design.protocol import Protocol

WRITE = "write"
"""Stage in which a failure is not one of the run, which is repeated when the study resumes."""

_NUMBERS = {"point": pa.int32(), "seed": pa.int64(), "week": pa.int32()}
_FIELDS = ("point", "seed", "stage", "type", "message", "traceback", "process", "week", "row", "command")
SCHEMA = pa.schema([(name, _NUMBERS.get(name, pa.string())) for name in _FIELDS])


@dataclass(frozen=True)
class Failure:
    """A run that failed; see ``docs/store.md`` for the meaning of each field."""

    point: int
    seed: int
    stage: str
    type: str
    message: str
    traceback: str = ""
    process: str | None = None
    week: int | None = None
    row: str | None = None

    @property
    def command(self) -> str:
        """The command that repeats the run, in the folder of the store."""
        return f"civicsim study replay . {self.point}:{self.seed}"


class NotFiniteError(ArithmeticError):
    """A value is not a finite number: the process in which it arose ("" for the start), week, and table, row and column."""

    def __init__(self, process: str, week: int, row: str) -> None:
        super().__init__(f"{row} after {process or 'the start'} in week {week}")
        self.process, self.week, self.row = process, week, row


def failure_of(point: int, seed: int, stage: str, error: BaseException, folder: Path) -> Failure:
    """Return the record of an exception; its traceback contains no paths of the machine."""
    if isinstance(error, NotFiniteError):
        return Failure(point, seed, stage, "NotFinite", str(error), "", error.process or None, error.week, error.row)
    lines = "".join(traceback.format_exception(error))
    for path, name in ((folder.absolute(), "."), (folder, "."), (Path(civicsim.__file__).parent, "civicsim")):
        if str(path) not in (".", "/"):
            lines = lines.replace(str(path), name)
    return Failure(point, seed, stage, type(error).__name__, " ".join(str(error).split()), lines)


def failures_table(failures: Iterable[Failure]) -> pa.Table:
    """Return failures as a table, in order of seed and point."""
    ordered = sorted(failures, key=lambda failure: (failure.seed, failure.point))
    rows = [dataclasses.asdict(failure) | {"command": failure.command} for failure in ordered]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


PARTS, POINTS = "parts", "points.parquet"
TRACES: tuple[str, ...] = ("events", "ideas", "people", "network")
"""Kinds of tables with many rows a run; see the methods of :class:`civicsim.experiment.run.Result` by their names."""
_WORDS = {"event", "cause", "origin", "channel", "answer", "outcome", "fate", "how", "role", "profession"}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "runs": (),
    "weekly": ("week",),
    "events": (
        "organisation", "week", "event", "team", "person", "dimension", "cause", "source", "source_organisation", "value",
        "fits", "idea",
    ),
    "ideas": (
        "organisation", "idea", "team", "person", "dimension", "origin", "channel", "value", "fits", "supporters",
        "detriments", "answer", "cycles", "cycles_for", "outcome", "fate", "how", "week_raised", "week_answered",
        "week_endorsed", "week_deliberated", "week_tried", "week_ended", "week_settled", "sources", "root",
    ),
    "people": ("organisation", "week", "person", "team", "role", "profession"),
    "network": ("organisation", "week", "person", "other_organisation", "other"),
}  # fmt: skip


def schemas_of(protocol: Protocol) -> dict[str, pa.Schema]:
    """Return the columns of each kind of table that a study has: numbers of runs and rows first, then measures.

    Runs come last but for failures, so that they vouch for the others.
    """
    asked = {**protocol.traces, "weekly": protocol.weekly, "ideas": protocol.traces.get("events"), "runs": True}
    types = dict.fromkeys(_WORDS, pa.string()) | {"sources": pa.list_(pa.int32())}
    reals = {column.name for column in PERSON if column.kind == REAL}
    panel = protocol.traces.get("people", {}).get("columns", ())
    measures = {
        "weekly": dict.fromkeys(protocol.weekly, pa.float64()),
        "people": {name: pa.float64() if name in reals else pa.int32() for name in panel},
        "runs": {column.name: pa.float64() for column in protocol.columns},
    }
    found = {}
    for kind in ("weekly", *TRACES, "runs"):
        if asked.get(kind):
            keys = {"point": pa.int32(), "seed": pa.int64()}
            keys |= {name: types.get(name, pa.int32()) for name in _COLUMNS[kind]}
            found[kind] = pa.schema(keys | measures.get(kind, {}))
    return found | {"failed": SCHEMA}


def run_starts(*numbers: np.ndarray) -> np.ndarray:
    """Return the row at which each run begins, where the rows of a run are adjacent, from columns that tell runs apart."""
    new = np.any([column[1:] != column[:-1] for column in numbers], axis=0)
    return np.flatnonzero(np.append(True, new)[: len(numbers[0])])
