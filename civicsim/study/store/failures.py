"""What is written down about a run that failed, so that anybody can see why and repeat it."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import civicsim

WRITE = "write"
"""Stage in which a failure says nothing about the run: it is done again when the study goes on."""

SCHEMA = pa.schema([
    ("point", pa.int32()), ("seed", pa.int64()), ("stage", pa.string()), ("type", pa.string()), ("message", pa.string()),
    ("traceback", pa.string()), ("process", pa.string()), ("week", pa.int32()), ("row", pa.string()),
    ("command", pa.string()),
])  # fmt: skip


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
        """What repeats the run, in the folder of the store."""
        return f"civicsim study run . --only {self.point}:{self.seed}"


class NotFiniteError(ArithmeticError):
    """A number that is none has come up.

    Parameters
    ----------
    process : str
        Process in which it arose; "" where it was there before the first one.
    week : int
        Week; negative in the burn-in.
    row : str
        Table, row and column.
    """

    def __init__(self, process: str, week: int, row: str) -> None:
        super().__init__(f"{row} after {process or 'the start'} in week {week}")
        self.process, self.week, self.row = process, week, row


def failure_of(point: int, seed: int, stage: str, error: BaseException, folder: Path) -> Failure:
    """Return what is to be known about an exception; paths of the machine are left out of its traceback."""
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
