"""Published data on real organisations: one target per block of ``targets.toml``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from civicsim import checks
from civicsim.calibration.mechanisms import EXPERIMENTS
from civicsim.calibration.statistics import STATISTICS
from civicsim.errors import ScenarioError
from civicsim.scenario.toml import read_toml

SHIPPED = Path(__file__).with_name("targets.toml")
MECHANISMS = Path(__file__).with_name("mechanisms.toml")
STATUSES = ("found", "computed", "to be verified")


@dataclass(frozen=True)
class Target:
    """A published value, and the range in which a simulation agrees with it.

    Attributes
    ----------
    pattern : str
        Pattern that it belongs to, such as ``"P1"``; "" for targets outside of calibration that are only checked.
    statistic : str
        One of :data:`civicsim.calibration.statistics.STATISTICS`, or one that its experiment measures.
    finding : str
        The finding, in a short sentence.
    unit : str
        Unit of the three numbers.
    value, low, high : float
        The published value, and the range in which a simulation agrees with it, both ends included.
    year, source : str
        Years of the data, and their source.
    status : {"found", "computed", "to be verified"}
        Found in the source, computed from published tables, or noted from memory or at second hand.
    fitted : bool
        Whether calibration fits it. Targets that only restate others of their pattern are checked, not fitted.
    population : str
        Who was studied, of a finding about a mechanism.
    experiment : str
        One of :data:`civicsim.calibration.mechanisms.EXPERIMENTS`, which measures the same thing; "" for the status quo as it is.
    moves : tuple of str
        Parameters that a fit may move to meet it.
    """

    pattern: str
    statistic: str
    finding: str
    unit: str
    value: float
    low: float
    high: float
    year: str
    source: str
    status: str
    fitted: bool = True
    population: str = ""
    experiment: str = ""
    moves: tuple[str, ...] = ()

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
    """Return the targets of a file; the shipped ones for the status quo by default, :data:`MECHANISMS` for mechanisms.

    Raises
    ------
    ScenarioError
        If the file cannot be read, or a block is not a target.
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


def targets_of_the_fit(path: str | Path | None = None) -> tuple[Target, ...]:
    """Return the targets of a file, or else the shipped ones for the status quo and for mechanisms."""
    return read_targets(path) if path is not None else read_targets() + read_targets(MECHANISMS)


def _read_target(block: Any, at: str) -> Target:
    if not isinstance(block, Mapping):
        raise ScenarioError(f"{at}: expected a block [[target]]")
    known = {field.name: field.default is MISSING for field in fields(Target)}
    checks.keys(block, known, f"{at}: no key")
    for key, needed in known.items():
        if needed and key not in block:
            raise ScenarioError(f"{at}: {key} is missing")
    kinds: dict[str, Callable[[Any, str], Any]] = {
        "value": checks.number,
        "low": checks.number,
        "high": checks.number,
        "fitted": checks.truth,
        "moves": _names,
    }
    target = Target(**{key: kinds.get(key, checks.text)(value, f"{at}: {key}") for key, value in block.items()})
    if target.experiment:
        checks.choice(target.experiment, f"{at}: experiment", EXPERIMENTS)
    measured = EXPERIMENTS[target.experiment].statistics if target.experiment else STATISTICS
    checks.choice(target.statistic, f"{at}: statistic", measured)
    checks.choice(target.status, f"{at}: status", STATUSES)
    if not target.low < target.high:
        raise ScenarioError(f"{at}: low = {target.low:g} is not below high = {target.high:g}")
    if not target.holds(target.value):
        raise ScenarioError(f"{at}: value = {target.value:g} is outside low = {target.low:g} to high = {target.high:g}")
    return target


def _names(value: Any, what: str) -> tuple[str, ...]:
    return tuple(checks.text(name, what) for name in checks.sequence(value, what, " of names"))
