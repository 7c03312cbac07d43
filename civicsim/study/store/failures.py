"""The record of a failed run, from which the failure can be understood and repeated."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import civicsim

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
        return f"civicsim study run . --only {self.point}:{self.seed}"


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
