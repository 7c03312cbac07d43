"""The columns of a study's tables, and where its folder keeps points and parts."""

from __future__ import annotations

import pyarrow as pa

from civicsim.study.design.protocol import Protocol
from civicsim.study.store.failures import SCHEMA

PARTS, POINTS = "parts", "points.parquet"


def runs_schema(protocol: Protocol) -> pa.Schema:
    """Return the columns of the table of runs."""
    measures = [(column.name, pa.float64()) for column in protocol.columns]
    return pa.schema([("point", pa.int32()), ("seed", pa.int64()), *measures])


def weekly_schema(protocol: Protocol) -> pa.Schema:
    """Return the columns of the weekly table."""
    measures = [(name, pa.float64()) for name in protocol.weekly]
    return pa.schema([("point", pa.int32()), ("seed", pa.int64()), ("week", pa.int32()), *measures])


def schema_of(protocol: Protocol, kind: str) -> pa.Schema:
    """Return the columns of a kind of part."""
    return {"runs": runs_schema, "weekly": weekly_schema, "failed": lambda _: SCHEMA}[kind](protocol)
