"""Parameters are declared once, and everything else reads the declaration.

A parameter is a field of a frozen dataclass made with :func:`parameter`. Validation, the command line, the
documentation tables, the sliders and the sweeps all read the same :class:`Parameter` record.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from civicsim.errors import ScenarioError, nearest

Role = Literal["lever", "setting", "uncertainty", "fixed", "switch"]
Status = Literal["found", "to be verified", "assumption", "switch"]
Value = float | int | bool | str
FREE = "Assumption: free modelling choice, to be swept."
"""Source of a default that nothing speaks for."""
_FREE_VALUE = re.compile(r"^(Direction|Form):|\b(free|swept|calibrated)\b")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    Attributes
    ----------
    section, name : str
        Where it stands in a scenario file: ``[section]`` and key.
    default : float, int, bool or str
        Value used when none is set.
    unit : str
        Unit in words; ``"0–1"`` for shares and attitudes.
    low, high : float
        Allowed range, both ends included. Not used for switches and choices.
    role : {"lever", "setting", "uncertainty", "fixed", "switch"}
        A lever is set by governance styles. A setting describes an arrangement that a scenario or an intervention may
        choose and no style sets. An uncertainty is a number that sensitivity analysis, and calibration where a target
        informs it, may vary. A fixed value is part of a definition. A switch turns a mechanism on or off.
    help : str
        One plain sentence.
    source : str
        A reference, or a sentence that starts with "Assumption".
    label : str
        A noun phrase of at most five words, unique among parameters.
    symbol : str
        Letter that stands for it in formulas, if any.
    choices : tuple of str
        Valid words of a parameter that is a choice, in the order of their codes.
    """

    section: str
    name: str
    default: Value
    unit: str
    low: float
    high: float
    role: Role
    help: str
    source: str
    label: str = ""
    symbol: str = ""
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", _label(self.section, self.name))

    @property
    def key(self) -> str:
        """The full name, ``section.name``."""
        return f"{self.section}.{self.name}"

    @property
    def status(self) -> Status:
        """How well evidence supports the default, read from the words of its source.

        A source that starts with "Assumption" makes it an assumption; one that contains "to be verified" is a reference
        from memory or at second hand. One that starts with "Direction:" or "Form:", or calls the number free, swept or
        calibrated, speaks for a sign or a shape only, so the number is an assumption all the same.
        What is left was found in the reference that is named. Switches are no quantities and have no status.
        """
        if self.role == "switch":
            return "switch"
        if self.source.startswith("Assumption"):
            return "assumption"
        if "to be verified" in self.source:
            return "to be verified"
        return "assumption" if _FREE_VALUE.search(self.source) else "found"

    @property
    def range_text(self) -> str:
        """The allowed values in words."""
        if self.choices:
            return "one of " + ", ".join(repr(choice) for choice in self.choices)
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}"

    def validate(self, value: Any, where: str) -> Value:
        """Return ``value`` in the parameter's own type, or raise with one clear line.

        Parameters
        ----------
        value : object
            What was given.
        where : str
            What the message starts with, for example the name of the file.

        Raises
        ------
        ScenarioError
            If the type or the range is wrong.
        """
        # Scenarios check hundreds of values each time one is made: words are put together only for a complaint.
        if self.choices:
            if value in self.choices:
                return str(value)
            raise ScenarioError(f"{self._complaint(value, where)}; {nearest(str(value), self.choices)}")
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
        elif isinstance(value, _NUMBERS) and not isinstance(value, bool) and self.low <= value <= self.high:
            if not isinstance(self.default, int):
                return float(value)
            if value == int(value):
                return int(value)
        raise ScenarioError(self._complaint(value, where))

    def _complaint(self, value: Any, where: str) -> str:
        return f"{where}: [{self.section}] {self.name} = {value!r}: expected {self.range_text}"


_NUMBERS = (int, float, np.integer, np.floating)


def parameter(
    default: Value,
    unit: str,
    low: float = 0,
    high: float = 1,
    help: str = "",
    source: str = "",
    *,
    role: Role = "uncertainty",
    label: str = "",
    symbol: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a parameter as a field of a frozen dataclass.

    Parameters
    ----------
    default, unit, low, high, help, source, role, label, symbol, choices
        See :class:`Parameter`. Without a label, a parameter is called after its section and name:
        ``voice.safety_weight`` is *Voice: safety weight*.
    """
    about = {
        **{"unit": unit, "low": float(low), "high": float(high), "role": role, "help": help, "source": source},
        **{"label": label, "symbol": symbol, "choices": choices},
    }
    return dataclasses.field(default=default, metadata=about)


fixed = functools.partial(parameter, role="fixed")
"""Declare a value that is part of a definition."""
setting = functools.partial(parameter, role="setting")
"""Declare an arrangement that a scenario or an intervention may choose."""


def free(default: Value, unit: str, low: float, high: float, help: str, **more: Any) -> Any:
    """Declare a parameter for which no evidence speaks: :data:`FREE` is its source."""
    return parameter(default, unit, low, high, help, FREE, **more)


def share(default: float, help: str, source: str = FREE, **more: Any) -> Any:
    """Declare a share or an attitude from 0 to 1."""
    return parameter(default, "0–1", 0, 1, help, source, **more)


def choice(default: str, choices: tuple[str, ...], help: str, source: str, **more: Any) -> Any:
    """Declare a parameter that takes one of several words."""
    return parameter(default, "choice", help=help, source=source, choices=choices, **more)


def switch(help: str) -> Any:
    """Declare the switch of a mechanism: on by default; off, the mechanism does not happen."""
    return parameter(True, "on/off", help=help, source="Mechanism switch, for ablation.", role="switch")


def _label(section: str, name: str) -> str:
    """Return what a parameter is called after its section and name."""
    words = name.removeprefix("n_").replace("_", " ")
    words = re.sub(r"\bsd\b", "spread", words)
    return f"{section[:1].upper()}{section[1:].replace('_', ' ')}: {words}"


def declared(cls: type, section: str) -> dict[str, Parameter]:
    """Return the parameters that a dataclass declares, by name, in order.

    Parameters
    ----------
    cls : type
        A dataclass whose fields were made with :func:`parameter`.
    section : str
        Name of its section in a scenario file.
    """
    return {
        field.name: Parameter(section=section, name=field.name, default=field.default, **field.metadata)  # type: ignore[arg-type]
        for field in dataclasses.fields(cls)
    }


def column_dtype(cls: type) -> np.dtype:
    """Return the record type that holds one organisation's values of a parameter dataclass."""
    kinds: list[tuple[str, type]] = []
    for field in dataclasses.fields(cls):
        if field.metadata["choices"]:
            kinds.append((field.name, np.int64))
        elif isinstance(field.default, bool):
            kinds.append((field.name, np.bool_))
        elif isinstance(field.default, int):
            kinds.append((field.name, np.int64))
        else:
            kinds.append((field.name, np.float64))
    return np.dtype(kinds, align=True)


def as_row(values: Any) -> tuple[float | int | bool, ...]:
    """Return a parameter dataclass as one row for an array of :func:`column_dtype`; choices become codes."""
    row: list[float | int | bool] = []
    for field in dataclasses.fields(values):
        value = getattr(values, field.name)
        choices = field.metadata["choices"]
        row.append(choices.index(value) if choices else value)
    return tuple(row)
