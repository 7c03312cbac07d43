"""Which parameters calibration may move, and between which values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from civicsim.scenario.scenario import find_parameter
from civicsim.scenario.toml import read_toml
from civicsim.study.design.factors import FULL, Factor, read_factors

SHIPPED = Path(__file__).with_name("free.toml")


def read_free(names: Sequence[str] | None = None) -> tuple[Factor, ...]:
    """Return free parameters with their ranges; those of ``free.toml`` by default.

    Parameters
    ----------
    names : sequence of str or None
        Names of parameters. One that is not in ``free.toml`` may take everything that it is declared to allow.

    Raises
    ------
    ScenarioError
        If a name is unknown, or there twice.
    """
    ranges = read_toml(SHIPPED)
    if names is None:
        return read_factors(ranges, SHIPPED.name, "free")
    keys = [find_parameter(name, "--free").key for name in names]
    return tuple(factor for key in keys for factor in read_factors({key: ranges.get(key, FULL)}, "--free", "free"))
