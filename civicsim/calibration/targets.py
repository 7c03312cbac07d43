"""What is known of real organisations, as data: one target per row of ``targets.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from civicsim.calibration.statistics import STATISTICS
from civicsim.errors import ScenarioError, nearest
from civicsim.scenario.toml import read_toml

SHIPPED = Path(__file__).with_name("targets.toml")
STATUSES = ("found", "computed", "to be verified")
_NUMBERS = ("value", "low", "high")


@dataclass(frozen=True)
class Target:
    """One thing that is known, and how far off a simulation may be.

    Attributes
    ----------
    pattern : str
        Pattern that it belongs to, such as ``"P1"``; "" for what is kept out of calibration and only checked.
    statistic : str
        One of :data:`civicsim.calibration.statistics.STATISTICS`.
    says : str
        What is known, in a short sentence.
    unit : str
        Unit of the three numbers.
    value, low, high : float
        What was found, and the range in which a simulation agrees with it; both ends agree.
    year, source : str
        Of which years, and where it stands.
    status : {"found", "computed", "to be verified"}
        Found in the source, computed from published tables, or noted from memory or at second hand.
    fitted : bool
        Whether calibration looks at it. What only restates other targets of a pattern is checked, not fitted.
    """

    pattern: str
    statistic: str
    says: str
    unit: str
    value: float
    low: float
    high: float
    year: str
    source: str
    status: str
    fitted: bool = True

    def holds(self, simulated: float) -> bool:
        """Return whether a simulated value agrees."""
        return self.low <= simulated <= self.high

    @property
    def middle(self) -> float:
        """Middle of the range that agrees."""
        return 0.5 * (self.low + self.high)

    @property
    def half_width(self) -> float:
        """Half of the range that agrees."""
        return 0.5 * (self.high - self.low)


def read_targets(path: str | Path | None = None) -> tuple[Target, ...]:
    """Return the targets of a file; the shipped ones by default.

    Raises
    ------
    ScenarioError
        If the file cannot be read, or an entry is not a target.
    """
    file = SHIPPED if path is None else Path(path)
    values = read_toml(file)
    blocks = values.get("target")
    for key in values:
        if key != "target":
            raise ScenarioError(f"{file.name}: no key '{key}'; did you mean [[target]]?")
    if not isinstance(blocks, list) or not blocks:
        raise ScenarioError(f"{file.name}: expected at least one block [[target]]")
    return tuple(_read_target(block, f"{file.name}: target {number}") for number, block in enumerate(blocks, 1))


def _read_target(block: Any, at: str) -> Target:
    if not isinstance(block, Mapping):
        raise ScenarioError(f"{at}: expected a block [[target]]")
    known = {field.name: field for field in fields(Target)}
    for key in block:
        if key not in known:
            raise ScenarioError(f"{at}: no key '{key}'; {nearest(key, known)}")
    for key in known:
        if key not in block and key != "fitted":
            raise ScenarioError(f"{at}: {key} is missing")
    for key, value in block.items():
        if key in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ScenarioError(f"{at}: {key} = {value!r}: expected a number")
        elif key == "fitted":
            if not isinstance(value, bool):
                raise ScenarioError(f"{at}: fitted = {value!r}: expected true or false")
        elif not isinstance(value, str):
            raise ScenarioError(f"{at}: {key} = {value!r}: expected text")
    target = Target(**block)
    if target.statistic not in STATISTICS:
        raise ScenarioError(f"{at}: no statistic '{target.statistic}'; {nearest(target.statistic, STATISTICS)}")
    if target.status not in STATUSES:
        raise ScenarioError(f"{at}: status = {target.status!r}; {nearest(target.status, STATUSES)}")
    if not target.low < target.high:
        raise ScenarioError(f"{at}: low = {target.low:g} is not below high = {target.high:g}")
    if not target.holds(target.value):
        raise ScenarioError(f"{at}: value = {target.value:g} is outside low = {target.low:g} to high = {target.high:g}")
    return target
