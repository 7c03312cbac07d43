"""The engine against its plain twin in Mesa, which the tests hold to the same decisions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.places import scenario_of, simulate_weeks, started

SIZES = {600: (4, 52), 6_000: (1, 26)}
"""Staff, and the weeks that twin and engine simulate each time."""


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times of both at each size, and how many times as long the twin takes."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from twin.loading import load

    rows = []
    for staff, (twin_weeks, engine_weeks) in {60: (1, 26)}.items() if quick else SIZES.items():
        scenario = scenario_of(staff)
        cohort = started(scenario)
        twin = load(cohort, scenario)

        def simulate_twin(twin: Any = twin, weeks: int = twin_weeks) -> None:
            for _ in range(weeks):
                twin.step()

        seconds = interleaved(
            {"engine": lambda c=cohort, w=engine_weeks: simulate_weeks(c, w), "twin": simulate_twin}, repeats
        )
        engine = timing(seconds["engine"], cohort.n_persons * engine_weeks, weeks=engine_weeks)
        plain = timing(seconds["twin"], cohort.n_persons * twin_weeks, weeks=twin_weeks)
        rows.append(
            {
                "staff": staff,
                "persons": cohort.n_persons,
                "engine": engine,
                "twin": plain,
                "ratio": ratio(plain, engine),
            }
        )
    return {"rows": rows}
