"""Runs of a scenario with other parameter sets that fit published data: uncertainty that more runs do not reduce."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from civicsim.app import work
from civicsim.app.turns import Stop
from civicsim.scenario.scenario import Scenario


def drawn(scenario: Scenario) -> tuple[Scenario, ...]:
    """Return a scenario with each of the first parameter sets, as many as a full answer has runs, and with a seed of its own.

    What its kind of organisation sets apart from the calibrated kind, and what the visitor has changed, stays as it is. Seeds are
    those of its first matched runs.
    """
    from civicsim.study.design.draws import draws_for, with_draw

    sets = draws_for(scenario)[: work.MANY]
    return tuple(with_draw(scenario, draw).with_(seed=scenario.seed + k) for k, draw in enumerate(sets))


def batches(scenarios: Sequence[Scenario], stop: Stop = lambda: False) -> tuple[work.Batch, ...]:
    """Return a run of each scenario with each of the parameter sets; the runs of one set are matched."""
    return tuple(
        functools.reduce(work.Batch.joined, (work.batch(one, 1, stop) for one in drawn(scenario)))
        for scenario in scenarios
    )
