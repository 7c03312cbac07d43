"""Merges parts into one table, a batch of runs at a time, in an order that depends on the rows alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim.study.store.files import Stamp, open_writer, unpacked
from civicsim.study.store.tables import run_starts

CELLS = 200_000
"""Approximate number of values in a batch and in a row group of the table: about two megabytes."""

_SEED, _POINT, _UNIT, _START, _LENGTH = range(5)


def merge(paths: Sequence[Path], keep: Sequence[np.ndarray], schema: pa.Schema, sink: Path, stamp: Stamp) -> int:
    """Write the runs of several files as one table, in order of seed and point, each run once, and return the number of rows.

    The rows of a run are adjacent in each file, and no row group ends within a run. ``keep`` tells, by file, which rows
    count, shape (n,); of repeated runs, the first counts.
    """
    units: list[tuple[Path, int]] = []
    found: list[np.ndarray] = []
    for path, kept in zip(paths, keep, strict=True):
        with pq.ParquetFile(path) as file:
            first = 0
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=["seed", "point"])
                found.append(_runs_of(table, kept[first : first + len(table)], len(units)))
                first += len(table)
                units.append((path, group))
    runs = np.concatenate(found, axis=1) if found else np.zeros((5, 0), dtype=np.int64)
    runs = runs[:, np.lexsort((runs[_UNIT], runs[_POINT], runs[_SEED]))]
    runs = runs[:, run_starts(*runs[:_UNIT])]
    most = max(1, CELLS // len(schema.names))
    cache = _Cache(units, schema, most)
    ends = np.cumsum(runs[_LENGTH])
    first = written = 0
    with open_writer(sink, schema, stamp) as writer:
        while first < runs.shape[1]:
            last = max(first + 1, int(np.searchsorted(ends, written + most, side="right")))
            batch = _gathered(runs[:, first:last], cache).cast(schema).replace_schema_metadata(stamp.metadata)
            writer.write_table(batch, row_group_size=len(batch))
            first, written = last, int(ends[last - 1])
    return written


def _runs_of(table: pa.Table, kept: np.ndarray, unit: int) -> np.ndarray:
    """Return the runs of a row group: seed, point, row group, first row and number of rows of each."""
    seeds, points = (table[name].to_numpy().astype(np.int64) for name in ("seed", "point"))
    starts = run_starts(seeds, points)
    lengths = np.diff(np.append(starts, len(seeds)))
    runs = np.stack([seeds[starts], points[starts], np.full(len(starts), unit), starts, lengths])
    return runs[:, kept[starts]]


class _Cache:
    """Recently read row groups, a few batches of rows in all: parts are nearly in the order of the table."""

    def __init__(self, units: Sequence[tuple[Path, int]], schema: pa.Schema, rows: int) -> None:
        self._units, self._schema, self._most = units, schema, 2 * rows
        self._tables: OrderedDict[int, pa.Table] = OrderedDict()

    def table(self, unit: int) -> pa.Table:
        """Return a row group, with a column per measure."""
        if unit not in self._tables:
            path, group = self._units[unit]
            with pq.ParquetFile(path) as file:
                own = unpacked(file.read_row_group(group), self._schema)
            self._tables[unit] = own.replace_schema_metadata(None)
            while len(self._tables) > 1 and sum(map(len, self._tables.values())) > self._most:
                self._tables.popitem(last=False)
        self._tables.move_to_end(unit)
        return self._tables[unit]


def _gathered(runs: np.ndarray, cache: _Cache) -> pa.Table:
    """Return the rows of runs, in their order."""
    offsets = np.cumsum(runs[_LENGTH]) - runs[_LENGTH]
    places = np.empty(int(runs[_LENGTH].sum()), dtype=np.int64)
    parts: list[pa.Table] = []
    filled = 0
    for unit in np.unique(runs[_UNIT]):
        at = np.flatnonzero(runs[_UNIT] == unit)
        rows = np.concatenate([np.arange(runs[_START, k], runs[_START, k] + runs[_LENGTH, k]) for k in at])
        wanted = np.concatenate([np.arange(offsets[k], offsets[k] + runs[_LENGTH, k]) for k in at])
        parts.append(cache.table(int(unit)).take(pa.array(rows)))
        places[wanted] = np.arange(filled, filled + len(rows))
        filled += len(rows)
    return pa.concat_tables(parts).take(pa.array(places)).combine_chunks()
