"""Puts parts together into one table, a batch of rows at a time, in an order that follows from the rows alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim.study.files import ROWS, Stamp, open_writer, unpacked

_OPEN = 64
"""Pieces that are kept in memory at a time; parts come in nearly the order of the table."""


def merge(paths: Sequence[Path], keep: Sequence[np.ndarray], schema: pa.Schema, sink: Path, stamp: Stamp) -> int:
    """Write the rows of several files as one table, in order of seed, point and week, each row once.

    Parameters
    ----------
    paths : sequence of Path
        Files with these columns; of rows that are there more than once, the first counts.
    keep : sequence of (n,) bool arrays
        Rows of each file that count.
    schema : pyarrow.Schema
        Columns.
    sink : Path
        File to write.
    stamp : Stamp
        What the table belongs to.

    Returns
    -------
    int
        Rows written.
    """
    # Failures have a week too, but it is no part of their key.
    names = ["seed", "point"] + (["week"] if "week" in schema.names and "stage" not in schema.names else [])
    units: list[tuple[Path, int]] = []
    keys: list[np.ndarray] = []
    for path, kept in zip(paths, keep, strict=True):
        file, start = pq.ParquetFile(path), 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=names)
            rows = np.flatnonzero(kept[start : start + len(table)])
            start += len(table)
            own = [table[name].to_numpy().astype(np.int64)[rows] for name in names]
            keys.append(np.stack([*own, np.full(len(rows), len(units)), rows]))
            units.append((path, group))
        file.close()
    found = np.concatenate(keys, axis=1) if keys else np.zeros((len(names) + 2, 0), dtype=np.int64)
    order = np.lexsort((found[-2], *found[: len(names)][::-1]))
    found = found[:, order]
    if found.shape[1]:
        new = np.concatenate([[True], (found[: len(names), 1:] != found[: len(names), :-1]).any(axis=0)])
        found = found[:, new]
    cache: OrderedDict[int, pa.Table] = OrderedDict()
    with open_writer(sink, schema, stamp) as writer:
        for start in range(0, found.shape[1], ROWS):
            batch = found[-2:, start : start + ROWS]
            writer.write_table(_gathered(batch, units, cache, schema, stamp), row_group_size=ROWS)
    return int(found.shape[1])


def _gathered(
    batch: np.ndarray,
    units: Sequence[tuple[Path, int]],
    cache: OrderedDict[int, pa.Table],
    schema: pa.Schema,
    stamp: Stamp,
) -> pa.Table:
    """Return rows, given as (file and row group, row) in the order wanted."""
    parts, places = [], np.empty(batch.shape[1], dtype=np.int64)
    filled = 0
    for unit in np.unique(batch[0]):
        at = np.flatnonzero(batch[0] == unit)
        parts.append(_unit(int(unit), units, cache, schema).take(pa.array(batch[1][at])))
        places[at] = np.arange(filled, filled + len(at))
        filled += len(at)
    table = pa.concat_tables(parts).take(pa.array(places)).combine_chunks()
    return table.cast(schema).replace_schema_metadata(stamp.metadata)


def _unit(
    unit: int, units: Sequence[tuple[Path, int]], cache: OrderedDict[int, pa.Table], schema: pa.Schema
) -> pa.Table:
    if unit not in cache:
        path, group = units[unit]
        with pq.ParquetFile(path) as file:
            cache[unit] = unpacked(file.read_row_group(group), schema).replace_schema_metadata(None)
        while len(cache) > _OPEN:
            cache.popitem(last=False)
    cache.move_to_end(unit)
    return cache[unit]
