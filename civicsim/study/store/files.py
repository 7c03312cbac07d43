"""Files that are complete or absent, tell the study and the software that they belong to, and show damage."""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import importlib.metadata
import io
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import civicsim
from civicsim.engine.compiled import source_digest
from civicsim.errors import CivicsimError

SCHEMA_VERSION = "1"
_STUDY, _SOFTWARE, _VERSION = b"civicsim.study", b"civicsim.software", b"civicsim.schema"
_PART = re.compile(r"(runs|weekly|failed|events|ideas|people|network)-([0-9a-f]{16})-([0-9a-f]{64})\.parquet")
VALUES = "values"
"""Column of a part with the values of all measures."""


@contextlib.contextmanager
def needing_room(folder: Path) -> Iterator[None]:
    """Report a full disk or quota in one line, whatever could not be written."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise CivicsimError(
            f"{folder}: cannot be written to ({os.strerror(error.errno)}); make room, and run the same command again"
        ) from None


@dataclass(frozen=True)
class Stamp:
    """What a file of results belongs to: digests of the protocol, and of the versions of the software."""

    study: str
    software: str

    @property
    def metadata(self) -> dict[bytes, bytes]:
        """The stamp as metadata of a Parquet file."""
        return {_STUDY: self.study.encode(), _SOFTWARE: self.software.encode(), _VERSION: SCHEMA_VERSION.encode()}


_PACKAGES = ("numpy", "numba", "llvmlite", "scipy")
"""Packages that compute; others only read and write."""


@functools.cache
def software() -> dict[str, str]:
    """Return the versions that results depend on: civicsim, a digest of its engine and model, Python, packages, kind of machine."""
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    python = ".".join(str(part) for part in sys.version_info[:2])
    own = {"civicsim": civicsim.__version__, "model": source_digest(), "python": python, "machine": platform.machine()}
    return own | versions


def identity(versions: dict[str, str]) -> str:
    """Return versions as one short word."""
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()[:16]


def difference(mine: dict[str, str], theirs: dict[str, str]) -> str:
    """Return the differences in words: "numpy 2.1 there, 2.2 here"."""
    names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    return ", ".join(f"{name} {theirs.get(name, 'missing')} there, {mine.get(name, 'missing')} here" for name in names)


def stamp_of(schema: pa.Schema) -> tuple[Stamp, str]:
    """Return the stamp of a file and the version of its schema; empty where it has none."""
    about = schema.metadata or {}
    found = [about.get(key, b"").decode("utf-8", "replace") for key in (_STUDY, _SOFTWARE, _VERSION)]
    return Stamp(found[0], found[1]), found[2]


def open_writer(sink: object, schema: pa.Schema, stamp: Stamp) -> pq.ParquetWriter:
    """Return a writer of Parquet with checksums of pages, whose bytes depend on the rows and the stamp alone."""
    return pq.ParquetWriter(sink, schema.with_metadata(stamp.metadata), compression="zstd", write_page_checksum=True)


def table_bytes(table: pa.Table, stamp: Stamp) -> bytes:
    """Return a table as a Parquet file."""
    sink = io.BytesIO()
    with open_writer(sink, table.schema, stamp) as writer:
        writer.write_table(table.replace_schema_metadata(stamp.metadata), row_group_size=max(1, len(table)))
    return sink.getvalue()


def packed_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns of a part: those of the table, with all measures in one column of lists.

    Each column takes a few hundred bytes in a file, which is more than the results of a chunk.
    """
    measures = [field for field in schema if field.type == pa.float64()]
    keys = [field for field in schema if field.type != pa.float64()]
    return pa.schema([*keys, (VALUES, pa.list_(pa.float64(), len(measures)))]) if measures else schema


def packed(keys: Sequence[pa.Array], values: np.ndarray, schema: pa.Schema) -> pa.Table:
    """Return rows in the form of a part; ``values`` has a row each, and a column per measure with NaN for no value."""
    if not values.shape[1]:
        return pa.Table.from_arrays(list(keys), schema=schema)
    flat = pa.array(np.ascontiguousarray(values, dtype=float).ravel())
    lists = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.Table.from_arrays([*keys, lists], schema=packed_schema(schema))


def unpacked(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows of a part with a column per measure; a measure without a value is missing."""
    if VALUES not in table.column_names:
        return table
    names = [field.name for field in schema if field.type == pa.float64()]
    cells = table[VALUES].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(len(table), len(names))
    measures = [pa.array(np.ascontiguousarray(column), from_pandas=True) for column in cells.T]
    keys = table.drop_columns([VALUES])
    return pa.table(dict(zip([*keys.column_names, *names], [*keys.columns, *measures], strict=True))).select(
        schema.names
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name first, so that it is complete or absent, even after a power cut."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def chunk_key(runs: Iterable[tuple[int, int]]) -> str:
    """Return a short name for a set of runs (point, seed)."""
    return hashlib.sha256(repr(sorted(runs)).encode()).hexdigest()[:16]


def write_part(folder: Path, kind: str, key: str, table: pa.Table, stamp: Stamp) -> Path:
    """Write a part of the results; the end of its name is the hash of its content."""
    data = table_bytes(table, stamp)
    path = folder / f"{kind}-{key}-{hashlib.sha256(data).hexdigest()}.parquet"
    write_whole(path, data)
    return path


class UnusableError(Exception):
    """A file cannot be used as results; the message tells why."""


def check_whole(path: Path, digest: str | None) -> None:
    """Raise :class:`UnusableError` if a file is gone or empty, or has another SHA-256; None for any."""
    try:
        if path.stat().st_size == 0:
            raise UnusableError("is empty")
        if digest is not None and sha256(path) != digest:
            raise UnusableError("is not as it was written: cut off or changed")
    except FileNotFoundError:
        # A study that ends puts its parts together.
        raise UnusableError("has gone while it was looked at") from None


def read_part(path: Path) -> tuple[str, str]:
    """Return the kind of a part and the short name of its runs; raise :class:`UnusableError` if it is none, or changed."""
    if path.is_dir():
        raise UnusableError("is a folder")
    found = _PART.fullmatch(path.name)
    if found is None:
        raise UnusableError("is not part of a study")
    check_whole(path, found[3])
    return found[1], found[2]
