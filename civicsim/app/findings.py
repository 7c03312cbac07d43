"""What the studies of the project found, as the page states it; ``python -m experiments findings`` writes the sentences."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """Sentences about styles, and the table in the repository from which their numbers are taken."""

    words: str
    table: str


_WRITTEN = tomllib.loads((Path(__file__).parent / "findings.toml").read_text(encoding="utf-8"))
FINDINGS = {name: Finding(**about) for name, about in _WRITTEN["finding"].items()}
"""Every finding by its name."""
LISTED = tuple(FINDINGS[name] for name in _WRITTEN["listed"])
"""Those that the page lists, in their order."""
HOW_TO_READ = FINDINGS["how-to-read"].words
"""What their numbers are."""
