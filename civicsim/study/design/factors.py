"""What a study varies: parameters with a list of values, or with a distribution over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim import checks
from civicsim.engine.parameters import Parameter, Value
from civicsim.errors import ScenarioError
from civicsim.model.measures import MEASURES
from civicsim.scenario.model import PARAMETERS, SECTIONS, Sections

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "log-uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "normal": ("mean", "sd"),
}
"""Distributions by name, and the numbers that each takes. The normal one is cut off where the parameter ends."""
FULL = "full"
"""Stands for a uniform distribution over everything that a parameter allows."""
_NOT_VARIED = ("weeks", "burn_in_weeks", "seed", "title", "kind", "style")


@dataclass(frozen=True)
class Range:
    """A distribution over the values of a parameter.

    Values go from low to high, both included, and are whole numbers where ``whole`` is true. ``first`` and ``second`` are
    the mode of a triangular distribution; mean and standard deviation of a normal one.
    """

    distribution: str
    low: float
    high: float
    first: float = 0.0
    second: float = 0.0
    whole: bool = False

    def at(self, u: np.ndarray) -> np.ndarray:
        """Return the quantiles at probabilities ``u`` (0-1), between low and high; whole numbers are equally likely."""
        low, high = self.low, self.high
        if self.whole and self.distribution == "uniform":
            return np.minimum(np.floor(low + u * (high - low + 1.0)), high)
        if self.distribution == "uniform":
            values = low + u * (high - low)
        elif self.distribution == "log-uniform":
            values = np.exp(np.log(low) + u * (np.log(high) - np.log(low)))
        elif self.distribution == "triangular":
            share = (self.first - low) / (high - low)
            rising = low + np.sqrt(u * (high - low) * (self.first - low))
            falling = high - np.sqrt((1.0 - u) * (high - low) * (high - self.first))
            values = np.where(u < share, rising, falling)
        else:
            from scipy.special import ndtr, ndtri

            ends = ndtr((low - self.first) / self.second), ndtr((high - self.first) / self.second)
            values = self.first + self.second * ndtri(ends[0] + u * (ends[1] - ends[0]))
        values = np.clip(values, low, high)
        return np.rint(values) if self.whole else values


@dataclass(frozen=True)
class Factor:
    """A parameter and what a study does with it: levels that it takes in turn (one alone is held), or a distribution."""

    about: Parameter
    levels: tuple[Value, ...] = ()
    range: Range | None = None

    @property
    def key(self) -> str:
        """Full name of the parameter."""
        return self.about.key

    @property
    def column(self) -> str:
        """Name of its column in tables."""
        return column_of(self.about)

    @property
    def held(self) -> bool:
        """Whether it has one value only."""
        return len(self.levels) == 1

    def at(self, u: np.ndarray) -> list[Value]:
        """Return its values at probabilities ``u`` (0-1); levels of a list are equally likely."""
        if self.range is not None:
            kind: type = int if isinstance(self.about.default, int) else float
            return [kind(value) for value in self.range.at(np.asarray(u, dtype=float))]
        places = np.minimum((np.asarray(u) * len(self.levels)).astype(int), len(self.levels) - 1)
        return [self.levels[place] for place in places]


_NAMES = Counter(about.name for about in PARAMETERS.values())


def column_of(about: Parameter) -> str:
    """Return the column that a parameter has in tables: its name, or ``section__name`` where that names other things too."""
    alone = about.key in PARAMETERS and _NAMES[about.name] == 1 and about.name not in MEASURES
    return about.name if alone else f"{about.section}__{about.name}"


def read_factors(values: Any, where: str, block: str = "factors", sections: Sections = SECTIONS) -> tuple[Factor, ...]:
    """Return the factors that a table describes: a value is held, a list is swept, and a table is a distribution.

    ``where`` and ``block`` begin complaints. Raises :class:`ScenarioError` if a name is unknown or there twice, or a value
    is out of range.
    """
    checks.table(values, f"{where}: {block}", "a table of parameters and their values")
    result: list[Factor] = []
    for key, value in values.items():
        at = f"{where}: {block}"
        if isinstance(value, Mapping) and not set(value) & {"distribution", "low", "high", "mean"}:
            # [factors.voice] with names below it, or "voice.intercept" without quotation marks, which TOML nests.
            result += read_factors({f"{key}.{name}": inner for name, inner in value.items()}, where, block, sections)
            continue
        result.append(read_factor(str(key), value, at, sections))
    for key, n in Counter(factor.key for factor in result).items():
        if n > 1:
            raise ScenarioError(f"{where}: {block}: {key} is there twice")
    return tuple(result)


def read_factor(key: str, value: Any, where: str, sections: Sections = SECTIONS) -> Factor:
    """Return one factor; see :func:`read_factors`."""
    name = key.replace("__", ".")
    if name in _NOT_VARIED:
        raise ScenarioError(f"{where}: {key} is set for the whole study, at the top of the file")
    about = sections.find(name, where)
    if value == FULL and not about.choices:
        value = {"low": about.low, "high": about.high}
    if isinstance(value, Mapping):
        return Factor(about, range=_read_range(about, value, where))
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            raise ScenarioError(f"{where}: {key} = []: expected at least one value")
        levels = tuple(about.validate(level, where) for level in value)
        if len(set(levels)) < len(levels):
            raise ScenarioError(f"{where}: {key} = {list(value)!r}: a value is there twice")
        return Factor(about, levels)
    return Factor(about, (about.validate(value, where),))


def _read_range(about: Parameter, value: Mapping[str, Any], where: str) -> Range:
    at = f"{where}: {about.key}"
    if about.choices or isinstance(about.default, bool):
        raise ScenarioError(f"{at}: has no range; expected a list of values, {about.range_text}")
    usual = "triangular" if "mode" in value else "normal" if "mean" in value else "uniform"
    name = value.get("distribution", usual)
    checks.choice(name, f"{at}: distribution", DISTRIBUTIONS)
    wanted = DISTRIBUTIONS[name]
    checks.keys(value, {*wanted, "distribution", "low", "high"}, f"{at}: a {name} distribution has no")
    for key in wanted:
        if key not in value:
            raise ScenarioError(f"{at}: a {name} distribution needs {', '.join(wanted)}; {key} is missing")
    for key in {*value} - {"distribution"}:
        checks.number(value[key], f"{at}: {key}")
    # One end may be open, as in a normal distribution that is cut off on one side.
    low, high = float(value.get("low", about.low)), float(value.get("high", about.high))
    for end in (low, high):
        about.validate(int(end) if isinstance(about.default, int) and end == int(end) else end, where)
    if not low < high:
        raise ScenarioError(f"{at}: low = {low:g} is not below high = {high:g}")
    if name == "log-uniform" and low <= 0.0:
        raise ScenarioError(f"{at}: low = {low:g}: expected a number above 0 for a log-uniform distribution")
    first, second = (float(value.get(key, 0.0)) for key in ("mode" if name == "triangular" else "mean", "sd"))
    if name == "triangular" and not low <= first <= high:
        raise ScenarioError(f"{at}: mode = {first:g}: expected a number from {low:g} to {high:g}")
    if name == "normal" and not (low <= first <= high and second > 0.0):
        raise ScenarioError(
            f"{at}: mean = {first:g}, sd = {second:g}: expected a mean from {low:g} to {high:g} and an sd above 0"
        )
    return Range(name, low, high, first, second, isinstance(about.default, int))
