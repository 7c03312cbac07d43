"""Numbers in words: intervals, shares and counts, as every table, page and message gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from civicsim.engine.parameters import Parameter

_SHARES = {"0–1", "probability", "difference of probabilities", "difference, 0–1"}
"""Units of values that readers see as per cent, beside shares of something."""


def number(value: float, decimals: int | None = None, sign: bool = False) -> str:
    """Return a number in words of a table: a true minus sign, a dash for NaN, and ∞.

    Without ``decimals``, digits after the point, it has three significant digits; with ``sign`` a plus sign, as for differences.
    """
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:{'+' if sign else ''}.{decimals_of(value, 3) if decimals is None else decimals}f}"
    return text.strip("+-") if float(text) == 0 else text.replace("-", "−")


def with_interval(mean: float, low: float, high: float, sign: bool = False, places: int = 0) -> tuple[str, str]:
    """Return a mean and its interval, no more exactly than two digits of the interval's half width.

    There is one more digit where an interval that excludes 0 would seem to begin or end there. With ``places`` the decimal
    point is moved to the right by as many, as for per cents, and the digits are the same.
    """
    if np.isnan(low):
        return number(mean * 10.0**places, max(0, decimals_of(mean, 3) - places), sign), "no interval"
    half = (high - low) / 2
    # An interval without width, of runs that are all alike, would ask for every digit there is.
    decimals = decimals_of(half, 2) if np.isfinite(half) and half > 1e-6 * abs(mean) else decimals_of(mean, 3)
    if low * high > 0 and min(abs(low), abs(high)) < 0.5 * 10.0**-decimals:
        decimals += 1
    mean, low, high = (value * 10.0**places for value in (mean, low, high))
    decimals = max(0, decimals - places)
    return number(mean, decimals, sign), f"{number(low, decimals, sign)} to {number(high, decimals, sign)}"


def estimated(value: float, low: float, high: float, sign: bool = False) -> str:
    """Return a number with its interval in brackets."""
    return "{} ({})".format(*with_interval(value, low, high, sign))


def plus_minus(value: float, low: float, high: float, sign: bool = False) -> str:
    """Return a number with the longer half of its interval behind "±"."""
    half = max(value - low, high - value)
    return f"{with_interval(value, low, high, sign)[0]} ± {number(half, decimals_of(half, 2))}"


def percent(share: float, decimals: int = 0) -> str:
    """Return a share as per cent: "62 %"."""
    return f"{number(100.0 * share, decimals)}{' %' if np.isfinite(share) else ''}"


@dataclass(frozen=True)
class Scale:
    """How readers see values of a unit: shares, probabilities and states from 0 to 1 as per cent.

    Attributes
    ----------
    factor : float
        Multiplies a value.
    unit, points : str
        Follow a value, and a difference of values.
    """

    factor: float
    unit: str
    points: str

    @property
    def places(self) -> int:
        """By how many places it moves the decimal point."""
        return 2 if self.factor == 100.0 else 0

    def text(self, value: float, unit: bool = True) -> str:
        """Return a value with three significant digits, per cents with at most one decimal; a dash for NaN."""
        value = self.factor * value
        decimals = decimals_of(value, 3)
        text = number(value, min(1, decimals) if self.unit == " %" else decimals)
        return text + (self.unit if unit and text != "–" else "")

    def estimated(self, mean: float, low: float, high: float) -> tuple[str, str]:
        """Return a mean with its unit, and the ends of its interval; see :func:`with_interval`."""
        value, between = with_interval(mean, low, high, places=self.places)
        return value + (self.unit if value != "–" else ""), between

    def between(self, low: float, high: float) -> str:
        """Return an interval without its unit: "66.1 to 69.9", or "no interval"."""
        return "no interval" if np.isnan(low) else f"{self.text(low, False)} to {self.text(high, False)}"

    def change(self, value: float, sign: bool = True) -> str:
        """Return a difference without its interval."""
        return f"{number(self.factor * value, sign=sign)}{self.points}"

    def difference(self, mean: float, low: float, high: float, sign: bool = True) -> str:
        """Return a difference with its interval."""
        value, ends = with_interval(mean, low, high, sign, self.places)
        return f"{value}{self.points} ({ends})"


def scale_of(unit: str) -> Scale:
    """Return how readers see values of the unit of a measure or parameter."""
    if unit.startswith("share of") or unit in _SHARES:
        return Scale(100.0, " %", " points")
    return Scale(1.0, " %", " points") if unit == "%" else Scale(1.0, f" {unit}", f" {unit}")


def decimals_of(value: float, significant: int) -> int:
    """Return the digits after the point with which a value has so many significant digits; 0-5."""
    if value == 0.0 or not np.isfinite(value):
        return significant
    return min(5, max(0, significant - 1 - int(np.floor(np.log10(abs(value))))))


def setting_text(value: object, about: Parameter | None = None) -> str:
    """Return the value of a parameter: "on" or "off", a word, or a number with up to four significant digits.

    A value that the unit of ``about`` gives a meaning of its own ("0–1; −1 as it comes") is that meaning.
    """
    if isinstance(value, bool | np.bool_):
        return "on" if value else "off"
    text = f"{value:.4g}".replace("-", "−") if isinstance(value, float) else str(value)
    meaning = about and re.search(rf"; {re.escape(text)} (.+)", about.unit)
    return meaning[1] if meaning else text


def value_text(value: object, about: Parameter) -> str:
    """Return the value of a parameter as readers see it: a share as per cent, else with its unit."""
    text, scale = setting_text(value, about), scale_of(about.unit.partition(";")[0])
    if not isinstance(value, float) or not text[-1].isdigit():
        return text
    return scale.text(value) if scale.places else f"{text} {unit_of(about)}".strip()


def setting_words(about: Parameter, value: object) -> str:
    """Return the value of a parameter behind its label, with its unit: "Beds 30 (per ward)"; only a word where it is on or off."""
    text, unit = setting_text(value, about), unit_of(about)
    unit = f" {unit}" if unit and unit not in about.label.lower() and text[-1].isdigit() else ""
    return f"{about.label} {text}{unit}"


def unit_of(about: Parameter) -> str:
    """Return the unit behind a value of a parameter; empty where the value is plain without."""
    unit = about.unit.partition(";")[0]
    return "" if unit in ("0–1", "on/off", "choice", "weight") else unit


def counted(n: int, one: str, many: str | None = None) -> str:
    """Return "1 run", "2 runs"."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def judged(verdict: str, better: str) -> str:
    """Return a verdict, and whether that is better or worse where the measure has a direction."""
    way, comma, rest = verdict.partition(",")
    word = toward(way, better)
    return verdict if word == way else f"{way}, {word}{comma}{rest}"


def outcome(verdict: str, better: str) -> str:
    """Return a verdict with "better" or "worse" in place of the way, and its caution."""
    way, comma, rest = verdict.partition(",")
    return f"{toward(way, better)}{comma}{rest}"


def is_clear(verdict: str) -> bool:
    """Return whether a verdict tells which way a difference goes, with or without a caution."""
    return verdict.partition(",")[0] in ("higher", "lower")


def toward(way: str, better: str) -> str:
    """Return "better" or "worse" for a way in which a measure differs; the way itself where neither is better."""
    if way not in ("higher", "lower") or better == "neither":
        return way
    return "better" if way == better else "worse"


def direction(better: str) -> str:
    """Return which way of a measure is better, to follow its unit."""
    return "" if better == "neither" else f"; {better} is better"
