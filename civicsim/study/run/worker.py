"""The work of a worker: it simulates the runs of a chunk, and writes their results to disk before it reports.

Nothing here prints, asks or schedules, so that it works the same in this process, in another one and on another machine
that shares the folder.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim.errors import CivicsimError
from civicsim.experiment.run import Result, burn_in, run
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.protocol import Protocol
from civicsim.study.design.summaries import Summary
from civicsim.study.run.finite import find_origin, is_finite
from civicsim.study.store.failures import WRITE, Failure, NotFiniteError, failure_of, failures_table
from civicsim.study.store.files import Stamp, chunk_key, packed, write_part
from civicsim.study.store.schema import PARTS, POINTS, TRACES, kinds_of, runs_schema, trace_schema, weekly_schema

Run = tuple[int, int]
"""Point and seed."""


@dataclass(frozen=True)
class Task:
    """A chunk of runs.

    Attributes
    ----------
    folder : str
        Folder of the study.
    stamp : Stamp
        Study and software of the results.
    runs : tuple of (int, int)
        Point and seed of each run.
    """

    folder: str
    stamp: Stamp
    runs: tuple[Run, ...]

    @property
    def marker(self) -> Path:
        """File in which a run by itself notes its stage, in case that its worker dies."""
        return Path(self.folder) / PARTS / f".stage-{'-'.join(str(number) for number in self.runs[0])}"


@dataclass
class Report:
    """Outcome of a chunk.

    Attributes
    ----------
    done : int
        Runs whose results are on disk.
    failed : int
        Runs whose failure is on disk.
    unwritten : list of Failure
        Failures that could not be written.
    """

    done: int = 0
    failed: int = 0
    unwritten: list[Failure] = field(default_factory=list)


class _Stage:
    """The present stage of a chunk."""

    def __init__(self, marker: Path | None) -> None:
        self.name, self._marker = "scenario", marker

    def enter(self, name: str) -> None:
        self.name = name
        if self._marker is not None:
            with contextlib.suppress(OSError):
                self._marker.write_text(name, encoding="ascii")


@dataclass
class _Rows:
    """Results of runs, to be written."""

    runs: list[Run] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    weekly: list[np.ndarray] = field(default_factory=list)
    traces: dict[str, list[pa.Table]] = field(default_factory=dict)

    def extend(self, other: _Rows) -> None:
        self.runs += other.runs
        self.values += other.values
        self.weekly += other.weekly
        for kind, tables in other.traces.items():
            self.traces.setdefault(kind, []).extend(tables)


@functools.lru_cache(maxsize=4)
def load_protocol(folder: str, study: str) -> Protocol:
    """Return the protocol of a folder; read once per worker.

    Raises
    ------
    CivicsimError
        If the folder now contains another study.
    """
    path = Path(folder)
    protocol = Protocol.load(path, pq.read_table(path / POINTS).to_pandas())
    if protocol.digest != study:
        raise CivicsimError(f"{folder}: contains another study than the one that was started")
    return protocol


def run_chunk(task: Task) -> Report:
    """Simulate the runs of a chunk, write their results and failures, and report."""
    folder = Path(task.folder)
    stage = _Stage(task.marker if len(task.runs) == 1 else None)
    protocol = load_protocol(task.folder, task.stamp.study)
    rows, failures = _Rows(), []
    for points, seeds in blocks_of(task.runs, protocol.starts):
        try:
            rows.extend(_simulate(protocol, points, seeds, stage))
        except (Exception, SystemExit) as error:
            if len(points) * len(seeds) == 1:
                failures.append(failure_of(points[0], seeds[0], stage.name, error, folder))
                continue
            for point, seed in ((point, seed) for seed in seeds for point in points):
                try:
                    rows.extend(_simulate(protocol, (point,), (seed,), stage))
                except (Exception, SystemExit) as own:
                    failures.append(failure_of(point, seed, stage.name, own, folder))
    stage.enter(WRITE)
    report = _write(protocol, task, rows, failures)
    if len(task.runs) == 1:
        task.marker.unlink(missing_ok=True)
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


def _simulate(protocol: Protocol, points: Sequence[int], seeds: Sequence[int], stage: _Stage) -> _Rows:
    """Return the results of points with one start and some seeds."""
    stage.enter("scenario")
    scenarios = [protocol.scenario(point).for_model(protocol.model) for point in points]
    stage.enter("burn-in")
    start = burn_in(scenarios[0], list(seeds), processes=protocol.week, threads=1)
    rows = _Rows()
    for point, scenario in zip(points, scenarios, strict=True):
        stage.enter("weeks")
        result = run(scenario, list(seeds), processes=protocol.week, threads=1, start=start, **protocol.traces)
        if not is_finite(result.cohort, result.recorder):
            _trace(scenario, seeds, protocol)
        stage.enter("measures")
        rows.extend(_measured(protocol, point, result))
    return rows


def measure_alone(protocol: Protocol, point: int, seed: int) -> dict[str, float]:
    """Simulate one run in this process, and return its results; exceptions are passed on as they are."""
    rows = _simulate(protocol, (point,), (seed,), _Stage(None))
    return dict(zip((column.name for column in protocol.columns), rows.values[0], strict=True))


def _trace(scenario: Scenario, seeds: Sequence[int], protocol: Protocol) -> None:
    """Raise for values that are not finite: with their origin, if there is one run only."""
    if len(seeds) == 1:
        find_origin(scenario, seeds[0], protocol.week)
    raise NotFiniteError("", scenario.weeks - 1, "the record contains values that are not finite")


def _measured(protocol: Protocol, point: int, result: Result) -> _Rows:
    """Return the results of the runs of a point.

    Runs are summed up one by one: a sum over a single column is added up in another order than one over many, so that the
    last digit would depend on the other runs.
    """
    rows, known = _Rows(), protocol.measures
    rows.traces = {kind: [_trace_of(protocol, kind, point, result)] for kind in TRACES if kind in _kinds(protocol)}
    each = result.scenario.structure.n_organisations
    for place, seed in enumerate(result.seeds):
        history = result.history.part(organisations=slice(place * each, (place + 1) * each))
        summaries = [Summary(column.summary).of(known[column.measure], history) for column in protocol.columns]
        rows.runs.append((point, seed))
        rows.values.append([_over(values) for values in summaries])
        if protocol.weekly:
            weekly = [[_over(week) for week in known[name].weekly(history)] for name in protocol.weekly]
            rows.weekly.append(np.array(weekly))
    return rows


def _over(organisations: np.ndarray) -> float:
    """Return the mean over linked organisations; those without a value are left out."""
    there = organisations[~np.isnan(organisations)]
    return float(there.mean()) if len(there) else math.nan


def _write(protocol: Protocol, task: Task, rows: _Rows, failures: list[Failure]) -> Report:
    """Write results and failures; where results cannot be written, their runs count as failed."""
    report, parts = Report(), Path(task.folder) / PARTS
    key = chunk_key(rows.runs)
    if rows.runs:
        try:
            # Runs come last, so that their table vouches for the others.
            for kind in _kinds(protocol)[:-1]:
                write_part(parts, kind, key, _table(protocol, kind, rows), task.stamp)
            report.done = len(rows.runs)
        except Exception as error:
            failures = failures + [failure_of(*run, WRITE, error, Path(task.folder)) for run in rows.runs]
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


def _kinds(protocol: Protocol) -> tuple[str, ...]:
    return kinds_of(protocol.weekly, protocol.traces)


def _table(protocol: Protocol, kind: str, rows: _Rows) -> pa.Table:
    """Return the part of a kind, by seed and point."""
    if kind in TRACES:
        found = pa.concat_tables(rows.traces[kind])
        return found.take(pa.array(np.lexsort((found["point"].to_numpy(), found["seed"].to_numpy()))))
    return {"runs": _runs_table, "weekly": _weekly_table}[kind](protocol, rows)


def _trace_of(protocol: Protocol, kind: str, point: int, result: Result) -> pa.Table:
    """Return a table with many rows a run, of the runs of a point."""
    frame = getattr(result, kind)().assign(point=point)
    schema = trace_schema(protocol, kind)
    keys = [field for field in schema if field.type != pa.float64()]
    values = frame[[field.name for field in schema if field.type == pa.float64()]].to_numpy()
    columns = [pa.array(frame[field.name], field.type) for field in keys]
    return packed(columns, values, schema) if values.shape[1] else pa.Table.from_arrays(columns, schema=schema)


def _runs_table(protocol: Protocol, rows: _Rows) -> pa.Table:
    order = sorted(range(len(rows.runs)), key=lambda k: rows.runs[k][::-1])
    points, seeds = np.array([rows.runs[k] for k in order], dtype=np.int64).T
    values = np.array([rows.values[k] for k in order], dtype=float)
    return packed([pa.array(points, pa.int32()), pa.array(seeds, pa.int64())], values, runs_schema(protocol))


def _weekly_table(protocol: Protocol, rows: _Rows) -> pa.Table:
    order = sorted(range(len(rows.runs)), key=lambda k: rows.runs[k][::-1])
    weeks = [rows.weekly[k].shape[1] for k in order]
    points, seeds = np.repeat(np.array([rows.runs[k] for k in order], dtype=np.int64), weeks, axis=0).T
    week = np.concatenate([np.arange(n) for n in weeks])
    keys = [pa.array(points, pa.int32()), pa.array(seeds, pa.int64()), pa.array(week, pa.int32())]
    return packed(keys, np.concatenate([rows.weekly[k].T for k in order]), weekly_schema(protocol))
