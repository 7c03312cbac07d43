"""The memory and time that a command will take, checked before it begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from civicsim.cli.output import Output
from civicsim.errors import CivicsimError, size_of
from civicsim.experiment.progress import duration
from civicsim.experiment.wording import counted
from civicsim.model.measures import MEASURES, TEAM_MEASURES
from civicsim.model.parts import TEAMS_IN_A_PART
from civicsim.model.recording import ENACTED
from civicsim.model.simulating import share_out, threads_available
from civicsim.model.tables import TABLES, record_type
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import bytes_free, n_posts, state_bytes
from civicsim.study.design.study import Study
from civicsim.study.design.weight import SECONDS
from civicsim.study.run.effort import chunks_of, largest

_PROGRAM = 250e6
"""Bytes of the program itself, with compiled code and packages."""
_COPIES = 3
"""Copies of the organisations at the peak: as built, after the burn-in, and after their weeks."""
_FRAMES = 3
"""Copies of a table at the peak of writing it."""
LONG = 120.0
"""Seconds from which the time is announced."""


def bytes_needed(scenarios: Sequence[Scenario], runs: int, written: bool = False, teams: bool = False) -> float:
    """Return about how many bytes it takes to run scenarios of one structure one after the other and keep their results.

    ``written``: tables of every week are written; ``teams``: every team is recorded.
    """
    structure = scenarios[0].structure
    weeks = sum(scenario.weeks for scenario in scenarios) * structure.n_organisations
    recorded = ENACTED.itemsize + sum(record_type(TABLES[name]).itemsize for name in ("tally", "snapshot"))
    recorded += _FRAMES * 8 * len(MEASURES) if written else 0
    if teams:
        recorded += structure.n_teams * len(TEAM_MEASURES) * (4 + _FRAMES * 8)
    return _PROGRAM + runs * ((_COPIES + len(scenarios) - 1) * state_bytes(scenarios[0]) + weeks * recorded)


def bytes_of_worker(study: Study, workers: int) -> float:
    """Return about how many bytes a worker process needs for its largest chunk of a study, shared between so many workers."""
    protocol = study.protocol
    n, seeds = len(protocol.points), len(study.seed_numbers)
    points, numbers = np.tile(np.arange(n), seeds), np.repeat(np.arange(seeds), n)
    chunk = next(chunks_of(protocol, points, numbers, workers))
    return bytes_needed([largest(study)], len({seed for _, seed in chunk.runs}))


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
