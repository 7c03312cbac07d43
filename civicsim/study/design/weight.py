"""How large a study is, before it is built: a few characters in a file can ask for more than any machine has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from civicsim.errors import ScenarioError
from civicsim.experiment.run import MOST_SEEDS
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import SECONDS

RUN_PERSON_WEEKS = 6_000.0
"""Effort to build, start and sum up a run, in person-weeks. Assumption: measured once, on small organisations."""
MOST_POINTS, MOST_RUNS = 2_000_000, 100_000_000
_FLOAT = 10**250
"""Whole numbers beyond which sizes are no longer worked out."""
_POINT_BYTES, _RUN_BYTES = 1_500.0, 50.0
"""Memory while points are spelt out, and while missing runs are looked for. Assumption: measured once."""


def n_seeds_of(seeds: Any) -> int:
    """Return how many seeds are asked for; 0 where that is not a number or a list."""
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        return seeds
    return len(seeds) if isinstance(seeds, Sequence) else 0


def weigh(n_points: int, n_seeds: int, base: Scenario, where: str) -> None:
    """Refuse more points, seeds or runs than a study may have, in a message with the memory and time that they would take.

    ``base`` is one of its scenarios, which tells about how long a run takes.
    """
    runs = n_points * max(1, n_seeds)
    counts = ((n_points, "points", MOST_POINTS), (n_seeds, "seeds", MOST_SEEDS), (runs, "runs", MOST_RUNS))
    for n, what, most in counts:
        if n > most:
            place = base.structure
            posts = place.n_organisations * place.n_teams * place.team_size
            counted = float(min(runs, _FLOAT))
            days = counted * SECONDS * (posts * (base.weeks + base.burn_in_weeks) + RUN_PERSON_WEEKS) / 86_400
            memory = (min(n_points, _FLOAT) * _POINT_BYTES + counted * _RUN_BYTES) / 1e9
            raise ScenarioError(
                f"{where}: {_rounded(n)} {what}: expected at most {most:,}; {_rounded(runs)} runs would take about "
                f"{_rounded(max(1, round(memory)))} GB of memory and {_rounded(max(1, round(days)))} days of a processor"
            )


def _rounded(n: int) -> str:
    return f"{n:,}" if n < 10**15 else f"{float(n):.1e}" if n < _FLOAT else "more than 1e+250"
