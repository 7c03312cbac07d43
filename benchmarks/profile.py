"""The engine's own profile: where the time goes, process by process, in the processor's cache and beyond it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.places import scenario_of
from civicsim.experiment.run import burn_in
from civicsim.experiment.timing import profile

PLACES = ((600, 10, 26, 52), (100_005, 1, 8, 8))
"""Staff, runs, weeks of burn-in, and simulated weeks."""


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return profiles of ten runs and of one large one, as ``civicsim run --profile`` prints them."""
    places = []
    for staff, runs, before, weeks in ((60, 2, 4, 4),) if quick else PLACES:
        scenario = scenario_of(staff, before, weeks=weeks)
        places.append(asdict(profile(burn_in(scenario, runs), scenario, repeats=repeats)))
    return {"places": places}
