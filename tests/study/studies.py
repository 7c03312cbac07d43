"""Small studies that tests share."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study

SIZES = {"n_teams": 1, "team_size": 4, "n_executives": 1}
TABLES = ("points.parquet", "runs.parquet", "failures.parquet")


def small_study(**changes: Any) -> Study:
    """Return two styles at two levels of fear in a tiny organisation, with four seeds."""
    values: dict[str, Any] = {
        "question": "Does it hold?",
        "styles": ["status-quo", "civic-culture"],
        "seeds": 4,
        "weeks": 3,
        "burn_in_weeks": 2,
        "factors": SIZES | {"fear": [0.0, 0.5]},
        "measures": ["trust", "quality_true", "load"],
    }
    return Study(**(values | changes))


def table_hashes(folder: Path, names: tuple[str, ...] = TABLES) -> dict[str, str]:
    """Return a hash of each table."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def hashed_study(folder: Path) -> str:
    """Run a study with something of everything, and return a hash of all that it keeps and of what is made of it."""
    study = small_study(
        styles=["civic-culture", "status-quo"],
        seeds=1,
        measures="all",
        weekly=["trust", "load"],
        shocks={"none": [], "surge": [{"name": "surge", "week": 1}]},
        factors=SIZES,
    )
    store = run_study(study, folder, processes=0)
    made = [(folder / name).read_bytes() for name in (*TABLES, "weekly.parquet", "protocol.json", "study.toml")]
    # The commit is that of the source at this moment, which may be edited while tests run.
    manifest = json.loads((folder / "manifest.json").read_text())
    made.append(json.dumps(manifest | {"commit": ""}).encode())
    made.append(contrasts(store).to_csv().encode())
    return hashlib.sha256(b"".join(made)).hexdigest()
