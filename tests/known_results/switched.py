"""Scenarios in which only a few mechanisms of the week happen, for published models that are a part of it."""

from __future__ import annotations

from typing import Any

from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario


def only(*names: str, **changes: Any) -> Scenario:
    """Return the default scenario without burn-in, in which only the named processes and the record happen.

    Everyone starts alike in what the named processes read and the published model does not know.
    """
    switches = {f"{process.name}__enabled": process.name in {*names, "record"} for process in WEEK}
    alike = {"attitude_sd": 0.0, "belonging_mean": 0.5, "trust_mean": 0.5, "agency_mean": 0.5, "status_spread": 0.0}
    return Scenario().with_(**{"burn_in_weeks": 0, **switches, **alike, **changes})
