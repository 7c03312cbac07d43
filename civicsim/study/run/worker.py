"""The work of a worker: it simulates the runs of a chunk, and writes their results to disk before it reports.

Nothing here prints, asks or schedules, so that it works the same in this process, in another one and on another machine
that shares the folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim.engine.process import Process, call
from civicsim.errors import CivicsimError
from civicsim.experiment.run import Result, burn_in, run, switch_to
from civicsim.experiment.warming import simulate_briefly
from civicsim.model.cohort import Cohort
from civicsim.model.recording import Recorder, clear_tally
from civicsim.model.simulating import threads_available
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.protocol import Protocol
from civicsim.study.design.summaries import Summary
from civicsim.study.store.files import VALUES, Stamp, chunk_key, packed, write_part
from civicsim.study.store.origin import host
from civicsim.study.store.tables import (
    PARTS,
    POINTS,
    TRACES,
    WRITE,
    Failure,
    NotFiniteError,
    failure_of,
    failures_table,
    schemas_of,
)

Run = tuple[int, int]
"""Point and seed."""
Rows = dict[str, pa.Table]
"""Rows of results by kind of part."""


@dataclass(frozen=True)
class Task:
    """A chunk of runs (point, seed) of the study in a folder, the stamp of their results, and the threads that share them."""

    folder: str
    stamp: Stamp
    runs: tuple[Run, ...]
    threads: int = 1

    @property
    def marker(self) -> Path:
        """File in which a run by itself notes its stage, in case that its worker dies."""
        return Path(self.folder) / PARTS / f".stage-{'-'.join(str(number) for number in self.runs[0])}"


@dataclass
class Report:
    """Outcome of a chunk: runs whose results are on disk, runs whose failure is, and failures that could not be written.

    It has the machine on which the chunk was simulated, and how many seconds that took.
    """

    done: int = 0
    failed: int = 0
    unwritten: list[Failure] = field(default_factory=list)
    host: str = field(default_factory=host)
    seconds: float = 0.0


@dataclass
class _Stage:
    """The present stage of a chunk, noted in a file where there is a marker."""

    marker: Path | None
    name: str = "scenario"

    def enter(self, name: str) -> None:
        self.name = name
        if self.marker is not None:
            with contextlib.suppress(OSError):
                self.marker.write_text(name, encoding="ascii")


@functools.lru_cache(maxsize=4)
def load_protocol(folder: str, study: str) -> Protocol:
    """Return the protocol of a folder, read once per worker, with its week compiled; refuse one that now contains another study."""
    path = Path(folder)
    # By its bytes: PyArrow opens no folder whose name is not UTF-8.
    protocol = Protocol.load(path, pq.read_table(io.BytesIO((path / POINTS).read_bytes())).to_pandas())
    if protocol.digest != study:
        raise CivicsimError(f"{folder}: contains a study other than the one that was started")
    if protocol.code is None:
        # Your own code runs where a failure is recorded.
        simulate_briefly(protocol.week)
    return protocol


def run_chunk(task: Task) -> Report:
    """Simulate the runs of a chunk, write their results and failures, and report."""
    folder, began = Path(task.folder), time.perf_counter()
    stage = _Stage(task.marker if len(task.runs) == 1 else None)
    protocol = load_protocol(task.folder, task.stamp.study)
    rows, done, failures = list[Rows](), list[Run](), list[Failure]()
    blocks = deque(blocks_of(task.runs, protocol.starts))
    while blocks:
        points, seeds = blocks.popleft()
        runs = [(point, seed) for seed in seeds for point in points]
        try:
            results = _results(protocol, points, seeds, stage, min(task.threads, threads_available()))
            rows += [_measured(protocol, *found) for found in results]
            done += runs
        except (Exception, SystemExit) as error:
            if len(runs) == 1:
                failures.append(failure_of(*runs[0], stage.name, error, folder))
            else:
                # One by one, to tell which of them fails.
                blocks.extend(((point,), (seed,)) for point, seed in runs)
    stage.enter(WRITE)
    report = _write(protocol, task, rows, done, failures)
    if len(task.runs) == 1:
        task.marker.unlink(missing_ok=True)
    report.seconds = time.perf_counter() - began
    return report


def blocks_of(runs: Sequence[Run], starts: np.ndarray) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield points and seeds of runs that can share one burn-in; every point has all the seeds."""
    seeds_of: dict[int, list[int]] = {}
    for point, seed in runs:
        seeds_of.setdefault(point, []).append(seed)
    together: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for point, seeds in seeds_of.items():
        together.setdefault((int(starts[point]), tuple(sorted(seeds))), []).append(point)
    for (_, chosen), points in together.items():
        yield tuple(points), chosen


def _results(
    protocol: Protocol, points: Sequence[int], seeds: Sequence[int], stage: _Stage, threads: int = 1
) -> Iterator[tuple[int, Result]]:
    """Yield each of the points, which have one start, with its result, in which every number is finite."""
    stage.enter("scenario")
    scenarios = [protocol.scenario(point).for_model(protocol.model) for point in points]
    stage.enter("burn-in")
    start = burn_in(scenarios[0], list(seeds), processes=protocol.week, threads=threads)
    for point, scenario in zip(points, scenarios, strict=True):
        stage.enter("weeks")
        result = run(scenario, list(seeds), processes=protocol.week, threads=threads, start=start, **protocol.traces)
        if not is_finite(result.cohort, result.recorder):
            if len(seeds) == 1:
                find_origin(scenario, seeds[0], protocol.week)
            raise NotFiniteError("", scenario.weeks - 1, "the record contains values that are not finite")
        stage.enter("measures")
        yield point, result


def simulate_alone(protocol: Protocol, point: int, seed: int) -> tuple[Result, dict[str, float]]:
    """Simulate one run in this process, and return it and its row; exceptions are passed on as they are."""
    ((_, result),) = _results(protocol, (point,), (seed,), _Stage(None))
    row = _measured(protocol, point, result)["runs"][VALUES][0].as_py()
    return result, dict(zip((column.name for column in protocol.columns), row, strict=True))


def _measured(protocol: Protocol, point: int, result: Result) -> Rows:
    """Return the results of the runs of a point.

    Runs are summed up one by one: a sum over a single column is added up in another order than one over many, so that the
    last digit would depend on the other runs.
    """
    known, n, seeds, schemas = protocol.measures, result.scenario.weeks, np.array(result.seeds), schemas_of(protocol)
    each = result.scenario.structure.n_organisations
    values, weeks = [], []
    for place in range(len(seeds)):
        history = result.history.part(organisations=slice(place * each, (place + 1) * each))
        values.append(
            [_over(Summary(column.summary).of(known[column.measure], history)) for column in protocol.columns]
        )
        weeks += [[_over(week) for week in known[name].weekly(history)] for name in protocol.weekly]
    rows = {"runs": _packed(schemas["runs"], point, {"seed": seeds}, np.array(values, dtype=float))}
    if protocol.weekly:
        keys = {"seed": np.repeat(seeds, n), "week": np.tile(np.arange(n), len(seeds))}
        by_week = np.array(weeks).reshape(len(seeds), -1, n).swapaxes(1, 2).reshape(len(seeds) * n, -1)
        rows["weekly"] = _packed(schemas["weekly"], point, keys, by_week)
    for kind in set(TRACES) & set(schemas):
        frame = getattr(result, kind)()
        measures = [field.name for field in schemas[kind] if field.type == pa.float64()]
        rows[kind] = _packed(schemas[kind], point, frame, frame[measures].to_numpy())
    return rows


def _packed(schema: pa.Schema, point: int, keys: Any, values: np.ndarray) -> pa.Table:
    """Return rows of a point in the form of a part."""
    keys = {**keys, "point": np.full(len(values), point)}
    names = [field.name for field in schema if field.type != pa.float64()]
    # A column of lists without any row looks like one of numbers.
    keys |= {name: keys[name].astype(object) for name in names if pa.types.is_list(schema.field(name).type)}
    return packed([pa.array(keys[name], schema.field(name).type) for name in names], values, schema)


def _over(organisations: np.ndarray) -> float:
    """Return the mean over linked organisations; those without a value are left out."""
    there = organisations[~np.isnan(organisations)]
    return float(there.mean()) if len(there) else math.nan


def _write(protocol: Protocol, task: Task, rows: list[Rows], done: list[Run], failures: list[Failure]) -> Report:
    """Write results and failures; where results cannot be written, their runs count as failed."""
    report, parts = Report(), Path(task.folder) / PARTS
    if done:
        try:
            # Runs come last, so that their table vouches for the others.
            for kind in [kind for kind in schemas_of(protocol) if kind != "failed"]:
                found = pa.concat_tables([own[kind] for own in rows]).combine_chunks()
                order = np.lexsort((found["point"].to_numpy(), found["seed"].to_numpy()))
                write_part(parts, kind, chunk_key(done), found.take(pa.array(order)), task.stamp)
            report.done = len(done)
        except Exception as error:
            failures = failures + [failure_of(*run, WRITE, error, Path(task.folder)) for run in done]
    if failures:
        report.unwritten = write_failures(parts, failures, task.stamp)
        report.failed = len(failures) - len(report.unwritten)
    return report


def write_failures(parts: Path, failures: list[Failure], stamp: Stamp) -> list[Failure]:
    """Write failures as a part, and return those that could not be written."""
    key = chunk_key((failure.point, failure.seed) for failure in failures)
    try:
        write_part(parts, "failed", key, failures_table(failures), stamp)
    except OSError:
        return failures
    return []


# -- values that are not finite, and their origin --------------------------------------------------------------


def is_finite(cohort: Cohort, recorder: Recorder) -> bool:
    """Return whether everything in the record and in the final state is finite."""
    tables = [*cohort.tables.values(), recorder.tally, recorder.snapshot, recorder.enacted]
    return not any(_has_bad(table) for table in tables)


def _floats(table: np.ndarray) -> list[str]:
    return [name for name, about in (table.dtype.fields or {}).items() if about[0].base.kind == "f"]


def _has_bad(table: np.ndarray) -> bool:
    return any(not np.isfinite(table[name]).all() for name in _floats(table))


def find_origin(scenario: Scenario, seed: int, processes: Sequence[Process]) -> None:
    """Repeat a run, and raise where a value that is not finite first appears: process, week, table, row and column.

    Each week runs with a copy of the state before it; the week that yields such a value is repeated process by process.
    """
    cohort = burn_in(dataclasses.replace(scenario, burn_in_weeks=0), [seed], processes=processes, threads=1)
    cohort.week = -scenario.burn_in_weeks
    _search(cohort, scenario.burn_in_weeks, processes)
    _search(switch_to(cohort, scenario), scenario.weeks, processes)


def _search(cohort: Cohort, weeks: int, processes: Sequence[Process]) -> None:
    n = cohort.n_organisations
    _complain(cohort, "")
    for _ in range(weeks):
        before = cohort.copy()
        call(clear_tally, "begin", cohort, cohort.ranges(0, n))
        for process in processes:
            process.step(cohort, 0, n)
        if any(_has_bad(table) for table in cohort.tables.values()):
            call(clear_tally, "begin", before, before.ranges(0, n))
            for process in processes:
                process.step(before, 0, n)
                _complain(before, process.name)
        cohort.week += 1


def _complain(cohort: Cohort, process: str) -> None:
    """Raise if a value is not finite, with its row and column."""
    for table, rows in cohort.tables.items():
        for name in _floats(rows):
            bad = np.argwhere(~np.isfinite(rows[name]))
            if len(bad):
                place = ", ".join(str(index) for index in bad[0])
                raise NotFiniteError(process, cohort.week, f"{table}[{place}].{name} = {rows[name][tuple(bad[0])]}")
