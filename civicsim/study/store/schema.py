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
_COLUMNS = {
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


def runs_schema(protocol: Protocol) -> pa.Schema:
    """Return the columns of the table of runs."""
    measures = [(column.name, pa.float64()) for column in protocol.columns]
    return pa.schema([("point", pa.int32()), ("seed", pa.int64()), *measures])


def weekly_schema(protocol: Protocol) -> pa.Schema:
    """Return the columns of the weekly table."""
    measures = [(name, pa.float64()) for name in protocol.weekly]
    return pa.schema([("point", pa.int32()), ("seed", pa.int64()), ("week", pa.int32()), *measures])


def trace_schema(protocol: Protocol, kind: str) -> pa.Schema:
    """Return the columns of a table with many rows a run."""
    types = dict.fromkeys(_WORDS, pa.string()) | {"sources": pa.list_(pa.int32())}
    columns = [(name, types.get(name, pa.int32())) for name in _COLUMNS[kind]]
    if kind == "people":
        reals = {column.name for column in PERSON if column.kind == REAL}
        chosen = protocol.traces["people"]["columns"]
        columns += [(name, pa.float64() if name in reals else pa.int32()) for name in chosen]
    return pa.schema([("point", pa.int32()), ("seed", pa.int64()), *columns])


def kinds_of(weekly: object, traces: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of tables that a study has: runs last but for failures, so that runs vouch for the others.

    Parameters
    ----------
    weekly : sequence of str
        Measures of which every week is kept.
    traces : mapping
        What :attr:`civicsim.study.design.protocol.Protocol.traces` says.
    """
    asked = {**traces, "ideas": traces.get("events")}
    return (*(["weekly"] if weekly else []), *(kind for kind in TRACES if asked.get(kind)), "runs", "failed")


def schema_of(protocol: Protocol, kind: str) -> pa.Schema:
    """Return the columns of a kind of part."""
    if kind in TRACES:
        return trace_schema(protocol, kind)
    return {"runs": runs_schema, "weekly": weekly_schema, "failed": lambda _: SCHEMA}[kind](protocol)
