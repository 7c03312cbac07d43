"""Runs of a scenario with other parameter sets that fit published data: uncertainty that more runs do not reduce."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from civicsim.app import work
from civicsim.app.turns import Stop
from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO, Scenario
from civicsim.scenario.shipped import draws_file


@functools.cache
def parameter_sets() -> tuple[Mapping[str, Any], ...]:
    """Return the first sets of the calibration of the usual kind, as many as a full answer has runs: values by parameter."""
    from civicsim.study.design.designs import read_table

    rows = read_table(draws_file(DEFAULT_KIND), "posterior")
    return tuple(row.setting for row in rows[: work.MANY])


def drawn(scenario: Scenario) -> tuple[Scenario, ...]:
    """Return a scenario with each of the parameter sets, and with a seed of its own: those of its first matched runs.

    What its kind of organisation sets apart from the calibrated kind, and what the visitor has changed, stays as it is.
    """
    usual = Scenario.preset(STATUS_QUO, DEFAULT_KIND)
    free = [key for key in parameter_sets()[0] if attrgetter(key)(scenario) == attrgetter(key)(usual)]
    return tuple(
        scenario.with_(**{key.replace(".", "__"): values[key] for key in free}, seed=scenario.seed + k)
        for k, values in enumerate(parameter_sets())
    )


def batches(scenarios: Sequence[Scenario], stop: Stop = lambda: False) -> tuple[work.Batch, ...]:
    """Return a run of each scenario with each of the parameter sets; the runs of one set are matched."""
    return tuple(
        functools.reduce(work.Batch.joined, (work.batch(one, 1, stop) for one in drawn(scenario)))
        for scenario in scenarios
    )
