"""The contents of a study's folder: tables and parts, each checked, and the problems of the others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim.errors import CivicsimError, nearest
from civicsim.study.design.protocol import CODE, PROTOCOL
from civicsim.study.store.files import SCHEMA_VERSION, UnusableError, check_whole, packed_schema, read_part, stamp_of
from civicsim.study.store.lock import LOCKS
from civicsim.study.store.tables import PARTS, POINTS, TRACES, WRITE

MANIFEST, NEXT, STUDY, ASIDE = "manifest.json", "manifest.next.json", "study.toml", "set-aside"
TABLES = {kind: f"{kind}.parquet" for kind in ("runs", "weekly", *TRACES)} | {"failed": "failures.parquet"}
"""Merged tables by kind of part."""
LISTED = (STUDY, PROTOCOL, POINTS, CODE, *TABLES.values())
"""Files that a manifest may list."""
PLACES = (PARTS, LOCKS, ASIDE)
"""Folders in that of a study."""


class UnreadableError(CivicsimError):
    """What should be a manifest is none."""


@dataclass(frozen=True)
class Piece:
    """A file with results: its kind, short name of its runs ("" for a table), and point and seed of each row, shape (2, n)."""

    path: Path
    kind: str
    key: str
    runs: np.ndarray


@dataclass
class Holdings:
    """What a folder holds of one study: tables first, then parts by name; and files that cannot be used, and why."""

    pieces: list[Piece] = field(default_factory=list)
    problems: list[tuple[Path, str]] = field(default_factory=list)

    def of(self, kind: str) -> list[Piece]:
        """Return the pieces of a kind."""
        return [piece for piece in self.pieces if piece.kind == kind]

    def runs(self, kind: str = "runs") -> np.ndarray:
        """Return points and seeds of all rows of a kind, shape (2, n)."""
        return np.concatenate([_NONE, *(piece.runs for piece in self.of(kind))], axis=1)

    def failed(self) -> np.ndarray:
        """Return points and seeds of runs that failed and are repeated only on request, shape (2, n)."""
        found = [_NONE]
        for piece in self.of("failed"):
            stages = pq.read_table(piece.path, columns=["stage"])["stage"].to_pylist()
            found.append(piece.runs[:, np.array([stage != WRITE for stage in stages], dtype=bool)])
        return np.concatenate(found, axis=1)


_NONE = np.zeros((2, 0), dtype=np.int64)


def refuse_links(folder: Path, places: Iterable[str] = PLACES) -> None:
    """Refuse a folder of results in which a file or folder is a link: what is written to it would end up elsewhere.

    ``places`` are folders in it that are looked into as well. The folder may be a link itself: its user has named it.
    """
    for place in (folder, *(folder / name for name in places)):
        try:
            entries = list(os.scandir(place)) if place.is_dir() else []
        except OSError as error:
            raise CivicsimError(f"{place}: cannot be read ({error.strerror})") from None
        for entry in entries:
            if entry.is_symlink() or entry.is_junction():
                raise CivicsimError(
                    f"{Path(entry.path)}: is a symbolic link, and a folder of results may hold none; put what it leads to in "
                    "its place, or remove it"
                )


_FIELDS = {
    "study": str,
    "question": str,
    "software": dict,
    "seeds": list,
    "n_points": int,
    "factors": dict,
    "weekly": list,
    "columns": list,
}
_KINDS = {str: "a text", dict: "names with values", list: "a list", int: "a whole number"}


def read_manifest(folder: Path, name: str = MANIFEST) -> dict[str, Any]:
    """Return the manifest of a folder, from the file :data:`MANIFEST` or :data:`NEXT`.

    Raises :class:`UnreadableError` if what is there is no manifest, and :class:`CivicsimError` if there is none, its
    schema is another, it lists a file that no study has, or the folder holds links.
    """
    refuse_links(folder)
    path = folder / name
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "there is no such folder" if not folder.is_dir() else f"holds no study (there is no {name})"
        raise CivicsimError(f"{folder}: {what}") from None
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path}: cannot be read ({' '.join(str(error).split())})") from None
    if not isinstance(values, dict) or "schema" not in values:
        raise UnreadableError(f"{path}: is not the manifest of a study")
    if str(values["schema"]) != SCHEMA_VERSION:
        raise CivicsimError(
            f"{path}: schema {values['schema']}, and this version of civicsim reads schema {SCHEMA_VERSION}"
        )
    _check_listed(path, values.get("files"))
    for key, kind in _FIELDS.items():
        if not isinstance(values.get(key), kind):
            raise CivicsimError(f"{path}: {key}: expected {_KINDS[kind]}")
    if not all(type(n) is int and abs(n) < 2**62 for n in (*values["seeds"], values["n_points"])):
        raise CivicsimError(f"{path}: seeds and n_points: expected whole numbers")
    return values


def _check_listed(path: Path, files: Any) -> None:
    """Refuse a manifest that lists other files than those of a study: names in it become paths that are written to."""
    if not isinstance(files, dict):
        raise CivicsimError(f"{path}: files: expected names of files, each with its sha256")
    for name, about in files.items():
        if name not in LISTED:
            raise CivicsimError(f"{path}: files: {name!r} is not a file of a study; {nearest(name, LISTED)}")
        if not isinstance(about, dict) or not isinstance(about.get("sha256"), str):
            raise CivicsimError(f"{path}: files: {name}: expected its sha256")


def look(
    folder: Path,
    study: str,
    schemas: Mapping[str, pa.Schema],
    vouched: Mapping[str, Any],
    software: Iterable[str] | None,
) -> Holdings:
    """Return the contents of a folder that belong to a study, by the digest of its protocol.

    ``schemas`` are the columns by kind, ``vouched`` the files of the manifest with their SHA-256, and ``software`` the
    identities of software whose results count, None for any.
    """
    found, parts = Holdings(), folder / PARTS
    allowed = None if software is None else set(software)
    tables = [(folder / name, kind) for kind, name in TABLES.items() if kind in schemas]
    others = [(path, "") for path in parts.iterdir() if not path.name.startswith(".")] if parts.is_dir() else []
    for path, kind in [*(table for table in tables if table[0].exists()), *sorted(others)]:
        key, known = "", vouched.get(path.name, {}).get("sha256")
        try:
            if kind:
                check_whole(path, known)
            else:
                kind, key = read_part(path)
            if kind not in schemas:
                raise UnusableError("is of a kind that this study does not keep")
            schema = packed_schema(schemas[kind]) if key else schemas[kind]
            # A table that no manifest vouches for is read in full, so that the checksums of its pages are verified.
            columns = ["point", "seed"] if key or known else None
            found.pieces.append(Piece(path, kind, key, _runs_of(path, study, schema, allowed, columns)))
        except UnusableError as error:
            found.problems.append((path, str(error)))
    _match(found, [kind for kind in ("weekly", *TRACES) if kind in schemas])
    return found


def _runs_of(
    path: Path, study: str, schema: pa.Schema, allowed: set[str] | None, columns: list[str] | None
) -> np.ndarray:
    """Return point and seed of each row of a file, if it belongs to this study."""
    what = "is no Parquet file"
    try:
        own = pq.read_schema(path)
        stamp, version = stamp_of(own)
        misfits = {
            "was not written by a study": not stamp.study,
            f"has schema {version}, not {SCHEMA_VERSION}": version != SCHEMA_VERSION,
            "belongs to another study": stamp.study != study,
            "has other columns": not own.remove_metadata().equals(schema.remove_metadata()),
            "comes from other software; use --mix to keep it": allowed is not None and stamp.software not in allowed,
        }
        for misfit, wrong in misfits.items():
            if wrong:
                raise UnusableError(misfit)
        what = "cannot be read"
        table = pq.read_table(path, columns=columns, page_checksum_verification=True)
        return np.stack([table[name].to_numpy().astype(np.int64) for name in ("point", "seed")])
    except (OSError, pa.ArrowException) as error:
        raise UnusableError(f"{what} ({' '.join(str(error).split())[:100]})") from None


def _match(found: Holdings, kinds: Sequence[str]) -> None:
    """Leave out results without the other tables of their runs, and those without their results."""
    keys = {kind: {piece.key for piece in found.of(kind)} for kind in ("runs", *kinds)}
    whole = set.intersection(*keys.values())
    for piece in list(found.pieces):
        if piece.kind in keys and piece.key not in whole:
            found.pieces.remove(piece)
            if piece.kind == "runs":
                lost = next(kind for kind in kinds if piece.key not in keys[kind])
                found.problems.append((piece.path, f"has lost its {'weeks' if lost == 'weekly' else lost}"))


def codes(runs: np.ndarray, n_points: int, listed: np.ndarray) -> np.ndarray:
    """Return runs, shape (2, n), as single numbers in order of seed and point; −1 for those of other seeds or points.

    ``listed`` are the seeds of the study, ascending.
    """
    points, seeds = runs
    place = np.searchsorted(listed, seeds)
    known = (place < len(listed)) & (points >= 0) & (points < n_points)
    known[known] = listed[place[known]] == seeds[known]
    return np.where(known, place * n_points + points, -1)
