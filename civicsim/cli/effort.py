"""The memory and time that a command will take, checked before it begins."""

from __future__ import annotations

from collections.abc import Sequence

from civicsim.cli.output import Output
from civicsim.errors import CivicsimError, size_of
from civicsim.experiment.progress import duration
from civicsim.experiment.wording import counted
from civicsim.model.parts import TEAMS_IN_A_PART
from civicsim.model.simulating import share_out, threads_available
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import SECONDS, bytes_free, bytes_needed, n_posts

LONG = 120.0
"""Seconds from which the time is announced."""


def threads_used(scenario: Scenario, runs: int, threads: int | None) -> int:
    """Return how many threads a number of runs of a scenario keep busy."""
    parts = -(-scenario.structure.n_teams // TEAMS_IN_A_PART) * scenario.structure.n_organisations
    side_by_side, within = share_out(runs, parts, threads or threads_available())
    return side_by_side * within


def check_effort(
    output: Output,
    scenarios: Sequence[Scenario],
    runs: int,
    person_weeks: float,
    written: bool = False,
    teams: bool = False,
    threads: int | None = None,
) -> None:
    """Refuse what does not fit into memory, and announce the time where it is long."""
    needed, free = bytes_needed(scenarios, runs, written, teams), bytes_free()
    if needed > free:
        none = bytes_needed(scenarios, 0, written, teams)
        fitting = int((free - none) / ((needed - none) / runs))
        less = f"--seeds {fitting} would fit" if fitting >= 1 else "use a smaller organisation or fewer --weeks"
        raise CivicsimError(
            f"--seeds {runs}: needs about {size_of(needed)} of memory, and {size_of(free)} are available; {less}"
        )
    busy = threads_used(scenarios[0], runs, threads)
    seconds = person_weeks * SECONDS / busy
    if seconds >= LONG:
        posts = n_posts(scenarios[0])
        output.note(
            f"this takes about {duration(seconds)} on {counted(busy, 'thread')} "
            f"({runs:,} runs of {posts:,} posts); Ctrl-C stops it"
        )
