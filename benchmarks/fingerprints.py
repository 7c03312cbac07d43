"""Fingerprints of results: shows that a change of the code leaves every number as it was.

``python -m benchmarks.fingerprints --out before.json`` simulates about a hundred small scenarios (every style, shock, kind, form and
switch, linked and tiny organisations) and writes a hash of everything each of them recorded and of its final state.
After the change, ``python -m benchmarks.fingerprints --against before.json`` names every scenario and table that differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import civicsim as cs

SMALL = {"n_teams": 8, "team_size": 8, "burn_in_weeks": 13, "weeks": 60}
SHAPES = {
    "default size": {},
    "one team": {"n_teams": 1},
    "one post": {"n_teams": 1, "team_size": 1},
    "linked": {"n_teams": 3, "n_organisations": 4, "pairing__across": True},
    "300 teams": {"n_teams": 300, "weeks": 20},
}
FORMS = {
    "voice__form": ("linear", "product"),
    "response__form": ("linear", "hyperbolic"),
    "learning__form": ("pearce-hall", "counting"),
    "spread__form": ("simple", "proportional", "neutral"),
    "exhaustion__form": ("saturating", "threshold"),
    "forum__level": ("organisation", "national"),
    "compact__level": ("team",),
}


def scenarios() -> Iterator[tuple[str, cs.Scenario]]:
    """Yield the name of each scenario, and the scenario."""
    from civicsim import WEEK, Scenario, shocks

    for style in cs.styles():
        yield f"style {style}", Scenario.preset(style).with_(**SMALL)
    for kind in cs.kinds():
        linked = {"n_organisations": 3} if kind == "nhs-england" else {}
        yield f"kind {kind}", Scenario.preset("civic-culture", kind).with_(**SMALL | linked)
    for name in shocks():
        dated = Scenario.from_dict({"interventions": [{"name": name, "week": 5}], "style": "compact"})
        yield f"shock {name}", dated.with_(**SMALL)
    for name, words in FORMS.items():
        for word in words:
            yield f"form {name} {word}", Scenario.preset("civic-culture").with_(**SMALL, **{name: word})
    for process in WEEK:
        yield (
            f"without {process.name}",
            Scenario.preset("compact").with_(**SMALL, **{f"{process.name}__enabled": False}),
        )
    for name, shape in SHAPES.items():
        yield f"shape {name}", Scenario.preset("civic-culture").with_(**SMALL | shape)


def hash_of(values: np.ndarray) -> str:
    """Return a short hash of an array's bytes."""
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


def fingerprint(scenario: cs.Scenario) -> dict[str, str]:
    """Return hashes of what two runs of a scenario recorded, by measure, and of their final tables, by column."""
    result = cs.run(scenario, seeds=2, teams=True)
    found = {f"measure.{name}": hash_of(values.to_numpy()) for name, values in result.to_frame().items()}
    for table, rows in result.cohort.tables.items():
        for column in rows.dtype.names or ():
            found[f"{table}.{column}"] = hash_of(rows[column])
    return found | {"ties": hash_of(result.cohort.ties)}


def main() -> int:
    """Write fingerprints, or compare with earlier ones; return 1 where something differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="file to write")
    parser.add_argument("--against", type=Path, help="file to compare with")
    given = parser.parse_args()
    found = {name: fingerprint(scenario) for name, scenario in scenarios()}
    if given.out:
        given.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    if not given.against:
        print(f"{len(found)} scenarios, {sum(map(len, found.values())):,} hashes")
        return 0
    before = json.loads(given.against.read_text(encoding="utf-8"))
    shared = [(name, key) for name in before if name in found for key in before[name] if key in found[name]]
    different = [(name, key) for name, key in shared if before[name][key] != found[name][key]]
    for name, key in different[:50]:
        print(f"differs: {name}: {key}")
    # A scenario that only one side has is named itself, not by each of its columns.
    gone = {key for name in before for key in before[name] if key not in found.get(name, before[name])}
    new = {key for name in found for key in found[name] if key not in before.get(name, found[name])}
    gone, new = gone | (before.keys() - found.keys()), new | (found.keys() - before.keys())
    print(f"{len(shared):,} hashes of {len(found)} scenarios compared, {len(different)} differ")
    print(f"gone: {', '.join(sorted(gone)) or 'none'}; new: {', '.join(sorted(new)) or 'none'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
