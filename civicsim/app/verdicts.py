"""Verdicts over matched runs (better, worse or too close to call; never one score), and time paths with bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.app.work import Batch
from civicsim.experiment.statistics import PairedDifference, estimate, paired_difference, with_caution
from civicsim.model.measures import MEASURES
from civicsim.report.words import RANGE, Scale, in_pairs, scale_of, toward

NO_DIFFERENCE = "no difference"


@dataclass(frozen=True)
class Verdict:
    """How a measure differs between two scenarios on matched runs, in the last year.

    Attributes
    ----------
    before, after, low, high : float
        Means over runs, and ends of the 95 % interval of ``after``.
    tone : {"better", "worse", "higher", "lower", "same", "open", "mixed"}
        ``open`` is too close to call, ``same`` a difference that is clear but too small for the digits that are shown, and
        ``mixed`` one whose mean by itself would mislead; higher and lower are for measures where neither is better.
    found : PairedDifference
    runs : int
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    tone: str
    found: PairedDifference
    runs: int

    @property
    def label(self) -> str:
        """Label of the measure."""
        return MEASURES[self.name].label

    @property
    def scale(self) -> Scale:
        """How readers see values of the measure."""
        return scale_of(MEASURES[self.name].unit)

    @property
    def text(self) -> str:
        """Before, after and the interval of after, as in 62.0 → 68.3 % (66.1 to 70.4)."""
        scale = self.scale
        between = "" if np.isnan(self.low) else f" ({scale.between(self.low, self.high)})"
        return f"{scale.text(self.before, unit=False)} → {scale.text(self.after)}{between}"

    @property
    def difference(self) -> str:
        """The paired difference with its interval, in words."""
        found = self.found
        return NO_DIFFERENCE if found.way == "same" else self.scale.difference(found.mean, found.low, found.high)

    @property
    def median(self) -> str:
        """The median of the differences with the quartiles, in words."""
        return f"median {self.scale.difference(self.found.median, self.found.q25, self.found.q75)}"

    def pairs(self, form: str = "{} in {} of {}") -> str:
        """Return in how many organisations the difference goes the way of its mean; see :func:`civicsim.report.words.in_pairs`."""
        row = {"better": MEASURES[self.name].better, **self.found.columns("difference", "")}
        return in_pairs(row, self.found.n, form=form)

    @property
    def columns(self) -> dict[str, str]:
        """The difference as columns of a CSV file."""
        return {name: f"{value:.6g}" for name, value in self.found.columns("difference").items()}

    @property
    def word(self) -> str:
        """The verdict in words."""
        if self.tone == "same":
            return "the same" if self.difference == NO_DIFFERENCE else "hardly different"
        return with_caution(toward(self.found.way, MEASURES[self.name].better), self.found.caution)


def verdict(name: str, before: Batch, after: Batch) -> Verdict:
    """Return how a measure differs in ``after`` from ``before``; both of the same seeds."""
    about = MEASURES[name]
    scale, a, b = scale_of(about.unit), after.last_year[name], before.last_year[name]
    own, was = estimate(a, bounds=about.bounds), estimate(b)
    found = paired_difference(a, b, bounds=about.bounds)
    tone = toward(found.way, about.better)
    if found.caution:
        tone = "mixed"
    elif found.way == "too close to call":
        tone = "open"
    elif scale.text(own.mean) == scale.text(was.mean):
        tone = "same"
    return Verdict(name, was.mean, own.mean, own.low, own.high, tone, found, own.n)


def band(batch: Batch, name: str) -> dict[str, list[float | None]]:
    """Return mean and range of most runs of a measure's time path, in the unit of readers."""
    scale, paths = scale_of(MEASURES[name].unit).factor, batch.paths[name].astype(float)
    with np.errstate(all="ignore"):
        lines = {"mean": paths.mean(axis=1)}
        lines["low"], lines["high"] = np.percentile(paths, RANGE, axis=1)
    return {key: [None if np.isnan(v) else round(float(v) * scale, 3) for v in line] for key, line in lines.items()}
