"""A study grown by styles, levels, draws, shocks or seeds: runs that a smaller study has already are copied, the rest is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from civicsim.errors import CivicsimError
from civicsim.study.design.protocol import Protocol
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study
from civicsim.study.store.files import chunk_key, difference, needing_room, packed, write_part
from civicsim.study.store.folder import StudyFolder, make_folder
from civicsim.study.store.lock import running
from civicsim.study.store.store import Store
from civicsim.study.store.tables import PARTS, run_starts


def expand_study(
    study: Study, source: Store, out: str | Path, *, note: Callable[[str], None] | None = None, **how: Any
) -> Store:
    """Run a study in a folder of its own, with the runs that an earlier one has in common with it copied from there.

    A run is copied if its scenario, week and seed are the same and its measures are stored. The result is that of
    :func:`civicsim.study.run.runner.run_study`, byte for byte; the earlier store stays as it is.

    Parameters
    ----------
    study : Study
        The larger study.
    source : Store
        Results of the earlier one.
    out : str or Path
        Folder of the new results.
    note : callable, optional
        Called with messages.
    **how
        Further arguments of :func:`civicsim.study.run.runner.run_study`.

    Raises
    ------
    CivicsimError
        If the folder is that of the earlier study or cannot be used, or the earlier results come from other software.
    """
    folder, tell = Path(out), note or (lambda text: None)
    if folder.resolve() == source.path.resolve():
        raise CivicsimError(f"{out}: holds the study that is to be expanded; choose another folder")
    make_folder(folder)
    with needing_room(folder), running(folder, 1, 1):
        own = StudyFolder(study, folder)
        known = source.manifest["software"]
        if known != own.versions or source.manifest["others"]:
            raise CivicsimError(
                f"{source.path}: results come from other software ({difference(own.versions, known) or 'mixed'}); run the "
                "larger study by itself"
            )
        why = _missing(study.protocol, source.study.protocol)
        copied = 0 if why else _copy(source, own)
    tell(f"copied {copied} of {study.n_runs} runs from {source.path}{f': {why}' if why else ''}")
    return run_study(study, out, note=note, **how)


def _missing(new: Protocol, old: Protocol) -> str:
    """Return why no run of an earlier study can stand for one of a new one; empty where some can."""
    there = {(column.measure, column.summary) for column in old.columns}
    lost = [column.name for column in new.columns if (column.measure, column.summary) not in there]
    if lost := lost or [name for name in new.weekly if name not in old.weekly]:
        return f"it does not have {lost[0]}"
    if new.values["code"] != old.values["code"] or new.order != old.order:
        return "its week is another"
    lost = [kind for kind, asked in new.traces.items() if old.traces.get(kind) != asked]
    return f"it keeps other {lost[0]}" if lost else ""


def _identities(protocol: Protocol) -> list[str]:
    """Return a hash of each point: equal ones have the same scenario, but for names."""
    bases = json.loads(json.dumps(protocol.bare_bases))
    words = {label: json.dumps(base, sort_keys=True) for label, base in bases.items()}
    events = {label: json.dumps([event.to_dict() for event in own]) for label, own in protocol.shocks.items()}
    columns = {
        key: protocol.points[name].tolist() for name, key in sorted(protocol.factors.items(), key=lambda own: own[1])
    }
    found = []
    for point, (style, shock) in enumerate(zip(protocol.points["style"], protocol.points["shock"], strict=True)):
        changed = []
        for key, values in columns.items():
            section, _, name = key.partition(".")
            if values[point] != bases[style][section][name]:
                changed.append((key, values[point]))
        text = json.dumps([words[style], changed, events.get(shock, "[]")])
        found.append(hashlib.sha256(text.encode()).hexdigest())
    return found


def _copy(source: Store, own: StudyFolder) -> int:
    """Copy runs into a folder, as parts of a seed each, and return how many."""
    new, old = own.study.protocol, source.study.protocol
    place = {identity: point for point, identity in reversed(list(enumerate(_identities(old))))}
    twin = np.array([place.get(identity, -1) for identity in _identities(new)], dtype=np.int64)
    points, seeds, _, _ = own.pending()
    names = {(column.measure, column.summary): column.name for column in old.columns}
    renamed = {column.name: names[column.measure, column.summary] for column in new.columns}
    tables = {
        kind: _Rows(source.table(kind), schema, renamed if kind == "runs" else {})
        for kind, schema in own.schemas.items()
        if kind != "failed"
    }
    there = tables["runs"].spans
    common = np.array([(int(twin[p]), int(s)) in there for p, s in zip(points, seeds, strict=True)], dtype=bool)
    for seed in np.unique(seeds[common]).tolist():
        chosen = points[common & (seeds == seed)].tolist()
        key = chunk_key((point, seed) for point in chosen)
        # Runs come last, so that their table vouches for the others.
        for kind, rows in tables.items():
            write_part(own.path / PARTS, kind, key, rows.of(chosen, [(int(twin[p]), seed) for p in chosen]), own.stamp)
    return int(common.sum())


class _Rows:
    """The rows of a table by run, in the form of a part with other numbers of points."""

    def __init__(self, table: pa.Table, schema: pa.Schema, renamed: dict[str, str]) -> None:
        self._schema = schema
        self._table = pa.table({name: table[renamed.get(name, name)] for name in schema.names})
        runs = np.stack([table[name].to_numpy().astype(np.int64) for name in ("point", "seed")])
        new = run_starts(*runs)
        ends = np.append(new[1:], runs.shape[1])
        self.spans = {(int(p), int(s)): (a, b) for (p, s), a, b in zip(runs[:, new].T, new, ends, strict=True)}

    def of(self, points: Sequence[int], runs: Sequence[tuple[int, int]]) -> pa.Table:
        """Return the rows of runs, with a new number of the point for each run."""
        # A run may have no rows of events.
        spans = [np.arange(*self.spans.get(run, (0, 0))) for run in runs]
        found = self._table.take(pa.array(np.concatenate(spans))).combine_chunks()
        numbers = np.repeat(points, [len(span) for span in spans])
        keys = [
            pa.array(numbers, field.type) if field.name == "point" else found[field.name].combine_chunks()
            for field in self._schema
            if field.type != pa.float64()
        ]
        measures = [found[field.name].to_numpy() for field in self._schema if field.type == pa.float64()]
        return packed(keys, np.stack(measures, axis=1) if measures else np.empty((len(found), 0)), self._schema)
