"""The engine's own profile: where the time of the default organisation goes, process by process."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.places import scenario_of
from civicsim.simulate import burn_in
from civicsim.timing import profile


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return the profile of ten runs, as ``civicsim run --profile`` prints it."""
    scenario = scenario_of(60 if quick else 600, 26, weeks=4 if quick else 52)
    return asdict(profile(burn_in(scenario, 2 if quick else 10), scenario, repeats=repeats))
