"""Which parameters calibration may move, and between which values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from civicsim.scenario.model import SECTIONS, Sections
from civicsim.scenario.toml import read_toml
from civicsim.study.design.factors import FULL, Factor, read_factors

SHIPPED = Path(__file__).with_name("free.toml")


def read_free(names: Sequence[str] | None = None, sections: Sections = SECTIONS) -> tuple[Factor, ...]:
    """Return free parameters with their ranges; those of ``free.toml`` by default.

    Parameters
    ----------
    names : sequence of str or None
        Names of parameters. One that is not in ``free.toml`` may take everything that it is declared to allow.
    sections : Sections
        The parameters there are.

    Raises
    ------
    ScenarioError
        If a name is unknown or given twice.
    """
    ranges = read_toml(SHIPPED)
    if names is None:
        return read_factors(ranges, SHIPPED.name, "free")
    keys = [sections.find(name, "--free").key for name in names]
    chosen = [(key, ranges.get(key, FULL)) for key in keys]
    return tuple(factor for key, value in chosen for factor in read_factors({key: value}, "--free", "free", sections))
