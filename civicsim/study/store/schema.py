"""The kinds and columns of a study's tables, and where its folder keeps points and parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from civicsim.model.organisation import PERSON, REAL
from civicsim.study.design.protocol import Protocol
from civicsim.study.store.failures import SCHEMA

PARTS, POINTS = "parts", "points.parquet"
TRACES: tuple[str, ...] = ("events", "ideas", "people", "network")
"""Kinds of tables with many rows a run; see the methods of :class:`civicsim.experiment.run.Result` by their names."""
_WORDS = {"event", "cause", "origin", "channel", "answer", "outcome", "fate", "how", "role", "profession"}
_COLUMNS: dict[str, tuple[str, ...]] = {
    "runs": (),
    "weekly": ("week",),
    "events": (
        "organisation", "week", "event", "team", "person", "dimension", "cause", "source", "source_organisation", "value",
        "fits", "idea",
    ),
    "ideas": (
        "organisation", "idea", "team", "person", "dimension", "origin", "channel", "value", "fits", "supporters",
        "detriments", "answer", "cycles", "cycles_for", "outcome", "fate", "how", "week_raised", "week_answered",
        "week_endorsed", "week_deliberated", "week_tried", "week_ended", "week_settled", "sources", "root",
    ),
    "people": ("organisation", "week", "person", "team", "role", "profession"),
    "network": ("organisation", "week", "person", "other_organisation", "other"),
}  # fmt: skip


def kinds_of(weekly: object, traces: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of tables that a study has: runs last but for failures, so that runs vouch for the others."""
    asked = {**traces, "ideas": traces.get("events")}
    return (*(["weekly"] if weekly else []), *(kind for kind in TRACES if asked.get(kind)), "runs", "failed")


def schema_of(protocol: Protocol, kind: str) -> pa.Schema:
    """Return the columns of a kind of table: numbers of runs and rows first, then measures."""
    if kind == "failed":
        return SCHEMA
    types = dict.fromkeys(_WORDS, pa.string()) | {"sources": pa.list_(pa.int32())}
    columns = [(name, types.get(name, pa.int32())) for name in _COLUMNS[kind]]
    measures = {"runs": [column.name for column in protocol.columns], "weekly": protocol.weekly}.get(kind, ())
    columns += [(name, pa.float64()) for name in measures]
    if kind == "people":
        reals = {column.name for column in PERSON if column.kind == REAL}
        chosen = protocol.traces["people"]["columns"]
        columns += [(name, pa.float64() if name in reals else pa.int32()) for name in chosen]
    return pa.schema([("point", pa.int32()), ("seed", pa.int64()), *columns])
