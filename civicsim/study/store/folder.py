"""The folder of a study for writing: begin, add seeds, merge the parts into tables."""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim.errors import CivicsimError
from civicsim.study.design.protocol import CODE, PROTOCOL, Protocol
from civicsim.study.design.study import Study
from civicsim.study.store.files import (
    SCHEMA_VERSION,
    Stamp,
    UnusableError,
    check_whole,
    difference,
    identity,
    sha256,
    software,
    table_bytes,
    write_whole,
)
from civicsim.study.store.holdings import (
    ASIDE,
    LISTED,
    MANIFEST,
    NEXT,
    PLACES,
    STUDY,
    TABLES,
    Holdings,
    UnreadableError,
    codes,
    look,
    read_manifest,
    refuse_links,
)
from civicsim.study.store.lock import LOCKS, at_work, changing
from civicsim.study.store.merge import merge
from civicsim.study.store.origin import LOG, git_commit, packages
from civicsim.study.store.tables import PARTS, POINTS, schemas_of

_OWN = {MANIFEST, NEXT, *LISTED, PARTS, ASIDE, LOCKS, LOG, "report.html"}
_DRAFT = ".next-"


class StudyFolder:
    """The folder with the results of a study, made if it does not exist.

    ``mix`` keeps results of other software beside new ones. ``stamp`` is that of the results of this process, ``seeds``
    are those of the study, ascending, with those added before, and ``warnings`` name files that were set aside, and why.
    Raises :class:`CivicsimError` if the folder cannot be written to, or contains another study or results of other
    software.
    """

    def __init__(self, study: Study, path: str | Path, mix: bool = False) -> None:
        self.study, self.path, self.mix = study, Path(path), mix
        self.versions = software()
        self.stamp = Stamp(study.protocol.digest, identity(self.versions))
        self.warnings: list[str] = []
        self.vouched: dict[str, Any] = {}
        self.others: dict[str, dict[str, str]] = {}
        self.origin: dict[str, Any] = {"commit": git_commit(), "packages": packages()}
        self.schemas = schemas_of(study.protocol)
        try:
            make_folder(self.path)
            (self.path / PARTS).mkdir(exist_ok=True)
            with changing(self.path):
                self._begin()
        except OSError as error:
            raise CivicsimError(f"{path}: cannot be written to ({error.strerror or error})") from None

    # -- beginning -----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        finish_exchange(self.path)
        known: dict[str, Any] = {}
        if (self.path / MANIFEST).exists():
            try:
                known = read_manifest(self.path)
            except UnreadableError:
                self._set_aside(self.path / MANIFEST, "is not a manifest that can be read")
        if known:
            self._check(known)
        self.others = dict(known.get("others", {}))
        self.origin = {key: known.get(key, value) for key, value in self.origin.items()}
        self.vouched = dict(known.get("files", {}))
        if known and identity(known["software"]) != self.stamp.software:
            self.others[identity(known["software"])] = known["software"]
        self.seeds = tuple(sorted({*known.get("seeds", ()), *self.study.seed_numbers}))
        self._write_definition()
        held = self.holdings()
        for path, why in held.problems:
            self._set_aside(path, why)
        if not known:
            # Without a manifest, the results show which seeds had been added.
            self.seeds = tuple(sorted({*self.seeds, *held.runs()[1].tolist()}))
        self._write_manifest()

    def _check(self, known: Mapping[str, Any]) -> None:
        if known["study"] != self.stamp.study:
            raise CivicsimError(
                f'{self.path}: holds another study ("{known["question"]}"); choose another folder, or put the study '
                "back as it was"
            )
        if known["software"] != self.versions and not self.mix:
            raise CivicsimError(
                f"{self.path}: results come from other software ({difference(self.versions, known['software'])}); choose "
                "another folder, or use --mix to keep both in one"
            )

    def _write_definition(self) -> None:
        """Write the definition of the study, or repair it where it was damaged."""
        protocol, drafts = self.study.protocol, {}
        points = pa.Table.from_pandas(protocol.points, preserve_index=False).replace_schema_metadata(None)
        drafts[POINTS] = table_bytes(points, Stamp(self.stamp.study, ""))
        drafts[PROTOCOL] = (json.dumps(protocol.values, indent=1) + "\n").encode()
        drafts[STUDY] = self.study.to_toml().encode()
        if protocol.code is not None:
            drafts[CODE] = protocol.code.read_bytes()
        for name, data in drafts.items():
            path = self.path / name
            if name in self.vouched and path.exists():
                try:
                    check_whole(path, self.vouched[name]["sha256"])
                    # Words may change; the protocol may not, and is written once.
                    if name != STUDY or path.read_bytes() == data:
                        continue
                except UnusableError as error:
                    self._set_aside(path, str(error))
            write_whole(path, data)
            self.vouched[name] = {"sha256": sha256(path)}

    def _set_aside(self, path: Path, why: str) -> None:
        """Move a file out of the way, and add a warning."""
        aside = self.path / ASIDE
        aside.mkdir(exist_ok=True)
        target, number = aside / path.name, 1
        while target.exists():
            number += 1
            target = aside / f"{path.name}.{number}"
        os.replace(path, target)
        self.vouched.pop(path.name, None)
        self.warnings.append(f"{path.relative_to(self.path)} {why}; moved to {ASIDE}/{target.name}")

    # -- contents -----------------------------------------------------------------------------------------------------

    def holdings(self) -> Holdings:
        """Return the contents of the folder that belong to this study."""
        software_known = None if self.mix else (self.stamp.software, *self.others)
        return look(self.path, self.stamp.study, self.schemas, self.vouched, software_known)

    def pending(self, shard: int = 1, of: int = 1) -> tuple[np.ndarray, np.ndarray, int, int]:
        """Return points and seeds of missing runs, shape (n,), in order of seed, and how many of the shard are done and failed.

        Shards are numbered from 1 to ``of``. Runs that share a burn-in are in one shard.
        """
        starts, listed, held = self.study.protocol.starts, np.array(self.seeds, dtype=np.int64), self.holdings()
        n = len(starts)
        every = np.arange(n * len(listed), dtype=np.int64)
        n_starts = int(starts.max()) + 1
        own = every[((every // n) * n_starts + starts[every % n]) % of == shard - 1]
        done = np.isin(own, self._codes(held.runs()))
        failed = np.isin(own, self._codes(held.failed())) & ~done
        missing = own[~done & ~failed]
        return missing % n, listed[missing // n], int(done.sum()), int(failed.sum())

    def _codes(self, runs: np.ndarray) -> np.ndarray:
        return codes(runs, len(self.study.protocol.points), np.array(self.seeds, dtype=np.int64))

    # -- changes -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock on the tables, with what other processes have put into the manifest."""
        with changing(self.path):
            known = read_manifest(self.path)
            self.vouched, self.others = dict(known["files"]), dict(known["others"])
            self.seeds = tuple(sorted({*known["seeds"], *self.seeds}))
            yield

    def clear_leftovers(self, shard: int, of: int) -> None:
        """Delete what processes that were killed have left half-written, unless others than this shard are running."""
        parts = self.path / PARTS
        with changing(self.path):
            if at_work(self.path) == [f"{shard} of {of}"]:
                for left in (*self.path.glob(".draft-*"), *parts.glob(".draft-*"), *parts.glob(".stage-*")):
                    left.unlink(missing_ok=True)

    def add_seeds(self, seeds: Sequence[int]) -> None:
        """Add seeds; existing results stay."""
        with self._changing():
            self.seeds = tuple(sorted({*self.seeds, *seeds}))
            self._write_manifest()

    def forget_failures(self) -> None:
        """Delete the records of failed runs, so that they are run again."""
        with self._changing():
            for piece in self.holdings().of("failed"):
                piece.path.unlink()
            self.vouched.pop(TABLES["failed"], None)
            self._write_manifest()

    def put_together(self) -> bool:
        """Merge the parts into tables, if no run is missing; return whether that was so."""
        with self._changing():
            if len(self.pending()[0]):
                return False
            held = self.holdings()
            parts = [piece.path for piece in held.pieces if piece.key]
            complete = all(name in self.vouched for kind, name in TABLES.items() if kind in self.schemas)
            if parts or not complete:
                self._exchange(held)
            for path in [*parts, *(path for path, _ in held.problems if path.parent.name == PARTS)]:
                path.unlink(missing_ok=True)
        return True

    def _exchange(self, held: Holdings) -> None:
        done, drafts = np.setdiff1d(self._codes(held.runs()), -1), dict[str, Any]()
        for kind, schema in self.schemas.items():
            pieces, name = held.of(kind), TABLES[kind]
            keep = [np.ones(piece.runs.shape[1], dtype=bool) for piece in pieces]
            if kind == "failed":
                keep = [~np.isin(self._codes(piece.runs), done) for piece in pieces]
            draft = self.path / f"{_DRAFT}{name}"
            rows = merge([piece.path for piece in pieces], keep, schema, draft, self.stamp)
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            drafts[name] = {"sha256": sha256(draft), "rows": rows}
        self.vouched |= drafts
        write_whole(self.path / NEXT, self._manifest_bytes())
        finish_exchange(self.path)

    def _write_manifest(self) -> None:
        data = self._manifest_bytes()
        path = self.path / MANIFEST
        if not path.exists() or path.read_bytes() != data:
            write_whole(path, data)

    def _manifest_bytes(self) -> bytes:
        study, protocol = self.study, self.study.protocol
        columns = [
            {"column": column.name, "measure": column.measure, "summary": column.summary}
            | {key: getattr(protocol.measures[column.measure], key) for key in ("label", "unit", "better")}
            for column in protocol.columns
        ]
        values = {
            "schema": int(SCHEMA_VERSION),
            "what": "results of a civicsim study; see docs/store.md",
            "study": self.stamp.study,
            "title": study.title,
            "question": study.question,
            "software": self.versions,
            "others": self.others,
            "platform": platform.system(),
            **self.origin,
            "seeds": list(self.seeds),
            "n_points": len(protocol.points),
            "factors": protocol.factors,
            "weekly": list(protocol.weekly),
            **({"traces": protocol.traces} if protocol.traces else {}),
            "columns": columns,
            "files": dict(sorted(self.vouched.items())),
        }
        return (json.dumps(values, indent=1) + "\n").encode()


def make_folder(path: Path, mark: str = MANIFEST, own: Collection[str] = _OWN, places: Iterable[str] = PLACES) -> None:
    """Make a folder of results, if it does not exist.

    Without the file ``mark``, which a folder in use has, it may hold nothing but ``own``; with it, the user's notes, too.
    Neither it nor the ``places`` in it may hold links. Raises :class:`CivicsimError` if that is not so, or it cannot be
    made.
    """
    if path.exists() and not path.is_dir():
        raise CivicsimError(f"{path}: is a file, not a folder")
    refuse_links(path, places)
    names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} if path.is_dir() else set()
    # The protocol is written first: without one, the study file belongs to the user, and stays as it is.
    others = sorted(names - set(own) | ({STUDY} & names if PROTOCOL not in names else set()))
    if others and mark not in names:
        raise CivicsimError(f"{path}: holds other files ({others[0]}); choose an empty folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CivicsimError(f"{path}: cannot be written to ({error.strerror or error})") from None


def finish_exchange(folder: Path) -> None:
    """Replace the old tables by new ones, if a manifest vouches for them; else delete the drafts.

    It may be interrupted at any moment and repeated.
    """
    path = folder / NEXT
    if path.exists():
        for name, about in read_manifest(folder, NEXT)["files"].items():
            draft = folder / f"{_DRAFT}{name}"
            if draft.exists() and sha256(draft) == about["sha256"]:
                os.replace(draft, folder / name)
        os.replace(path, folder / MANIFEST)
    for draft in folder.glob(f"{_DRAFT}*"):
        with contextlib.suppress(OSError):
            draft.unlink()


def load_study(folder: str | Path) -> Study:
    """Return the study of a folder, with its points and scenarios as they were run; refuse a damaged definition."""
    path = Path(folder)
    known = read_manifest(path, NEXT if (path / NEXT).exists() and not (path / MANIFEST).exists() else MANIFEST)
    for name in (PROTOCOL, POINTS, STUDY):
        file = path / name
        if not file.exists() or (name in known["files"] and sha256(file) != known["files"][name]["sha256"]):
            raise CivicsimError(
                f"{file}: {'is missing' if not file.exists() else 'was changed'}; run the study from its own file "
                f"with --out {folder} to repair it"
            )
    protocol = Protocol.load(path, pq.read_table(io.BytesIO((path / POINTS).read_bytes())).to_pandas())
    return Study.kept(path / STUDY, protocol, known["seeds"])
