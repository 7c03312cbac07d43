"""What the log of events costs: the same weeks with and without it."""

from __future__ import annotations

from typing import Any

from benchmarks.interleaved import interleaved, ratio, timing
from benchmarks.places import scenario_of, started
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance

RUNS, WEEKS = 8, 52


def run(repeats: int, quick: bool) -> dict[str, Any]:
    """Return times with and without a log, how many times as long the first takes, and events per person-week."""
    runs, weeks = (2, 8) if quick else (RUNS, WEEKS)
    cohort = started(scenario_of(600), runs)

    def simulate(events: bool) -> Recorder:
        own = cohort.copy()
        recorder = Recorder(own, weeks, events=events)
        advance(own, weeks, recorder=recorder)
        return recorder

    ways = {"without": lambda: simulate(False), "with": lambda: simulate(True)}
    person_weeks = cohort.n_persons * weeks
    times = {name: timing(taken, person_weeks) for name, taken in interleaved(ways, repeats).items()}
    log = simulate(True).log
    assert log is not None
    each = len(log.rows) / person_weeks
    return {"runs": runs, "log": times, "with_over_without": ratio(times["with"], times["without"]), "events": each}
