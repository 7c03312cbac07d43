"""Parameter sets that fit published data, beside a scenario of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from civicsim.scenario.scenario import DEFAULT_KIND, Scenario
from civicsim.scenario.shipped import draws_file
from civicsim.study.design.designs import read_table
from civicsim.study.design.spelling import set_apart


def draws_for(scenario: Scenario, kind: str = DEFAULT_KIND) -> tuple[Mapping[str, Any], ...]:
    """Return the shipped parameter sets of a kind of organisation, without what a scenario sets otherwise than that kind."""
    apart = set_apart(scenario, kind)
    rows = read_table(draws_file(kind), "parameter sets", scenario.model.sections)
    return tuple({key: value for key, value in row.setting.items() if key not in apart} for row in rows)


def with_draw(scenario: Scenario, draw: Mapping[str, Any]) -> Scenario:
    """Return a scenario with the values of a parameter set."""
    return scenario.with_(**{key.replace(".", "__"): value for key, value in draw.items()})
