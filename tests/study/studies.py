"""Small studies that tests share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from civicsim.study.definition import Study

SIZES = {"n_teams": 1, "team_size": 4, "n_executives": 1}
TABLES = ("points.parquet", "runs.parquet", "failures.parquet")


def small_study(**changes: Any) -> Study:
    """Return two styles at two levels of fear in a tiny organisation, with four seeds."""
    values: dict[str, Any] = {
        "question": "Does it hold?", "styles": ["status-quo", "civic-culture"], "seeds": 4, "weeks": 3,
        "burn_in_weeks": 2, "factors": SIZES | {"fear": [0.0, 0.5]}, "measures": ["trust", "quality_true", "load"],
    }  # fmt: skip
    return Study(**(values | changes))


def table_hashes(folder: Path, names: tuple[str, ...] = TABLES) -> dict[str, str]:
    """Return a hash of each table."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
