"""Verdicts over matched runs (better, worse or too close to call; never one score), and time paths with bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.app.words import MEASURE_WORDS, value_text
from civicsim.app.work import Batch, bounds_of
from civicsim.experiment.statistics import estimate, paired_difference
from civicsim.report.bands import RANGE
from civicsim.report.words import number

NO_DIFFERENCE = "no difference"


@dataclass(frozen=True)
class Verdict:
    """How a measure differs between two scenarios on matched runs.

    Attributes
    ----------
    name : str
        The measure.
    before, after : float
        Means over runs, in the last year.
    low, high : float
        Ends of the 95 % interval of ``after``.
    tone : {"better", "worse", "higher", "lower", "same", "open"}
        ``open`` is too close to call, ``same`` a difference that is clear but too small for the digits that are shown;
        higher and lower are for measures where neither is better.
    difference : str
        The paired difference with its interval, in words.
    runs : int
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    tone: str
    difference: str
    runs: int

    @property
    def text(self) -> str:
        """Before, after and the interval of after, as in 62 % → 68 % (66–70)."""
        about = MEASURE_WORDS[self.name]
        ends = [number(end * about.scale, about.decimals) for end in (self.low, self.high)]
        between = "" if ends[0] == "–" else f" ({ends[0]}–{ends[1]})"
        return f"{value_text(self.name, self.before)} → {value_text(self.name, self.after)}{between}"

    @property
    def word(self) -> str:
        """The verdict in words."""
        if self.tone == "same":
            return "the same" if self.difference == NO_DIFFERENCE else "hardly different"
        return "too close to call" if self.tone == "open" else self.tone


def verdict(name: str, before: Batch, after: Batch) -> Verdict:
    """Return how a measure differs in ``after`` from ``before``; both of the same seeds."""
    about, bounds = MEASURE_WORDS[name], bounds_of(name)
    a, b = after.last_year[name], before.last_year[name]
    own, against = estimate(a, bounds=bounds), paired_difference(a, b, bounds=bounds)
    word = against.verdict
    tone = "same" if word == "same" else "open"
    if word in ("higher", "lower"):
        sign = 1 if word == "higher" else -1
        tone = word if about.better == 0 else ("better" if sign == about.better else "worse")
        if abs(against.mean * about.scale) < 0.5 * 10.0**-about.decimals:
            tone = "same"
    spread = [number(v * about.scale, about.decimals, sign=True) for v in (against.mean, against.low, against.high)]
    unit = " points" if about.unit == " %" else about.unit
    return Verdict(
        name, estimate(b).mean, own.mean, own.low, own.high, tone,
        NO_DIFFERENCE if word == "same" else f"{spread[0]}{unit} ({spread[1]} to {spread[2]})", own.n,
    )  # fmt: skip


def band(batch: Batch, name: str) -> dict[str, list[float | None]]:
    """Return mean and range of most runs of a measure's time path, in the unit of the page."""
    scale, paths = MEASURE_WORDS[name].scale, batch.paths[name].astype(float)
    with np.errstate(all="ignore"):
        lines = {"mean": paths.mean(axis=1)}
        lines["low"], lines["high"] = np.percentile(paths, RANGE, axis=1)
    return {key: [None if np.isnan(v) else round(float(v) * scale, 3) for v in line] for key, line in lines.items()}
