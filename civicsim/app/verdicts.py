"""Verdicts over matched runs (better, worse or too close to call; never one score), and time paths with bands."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.app.words import PATHS, label_of
from civicsim.app.work import STEP, Batch
from civicsim.experiment.statistics import Estimate, PairedDifference, estimate, paired_difference, with_caution
from civicsim.experiment.wording import Scale, scale_of, toward
from civicsim.model.measures import MEASURES
from civicsim.report.words import RANGE, in_pairs

NO_DIFFERENCE = "no difference"


@dataclass(frozen=True)
class Verdict:
    """How a measure differs between two scenarios on matched runs, in the last year.

    Attributes
    ----------
    before, after : Estimate
        Means over runs with their 95 % intervals.
    tone : {"better", "worse", "higher", "lower", "same", "open", "mixed"}
        ``open`` is too close to call, ``same`` a difference that is clear but too small for the digits that are shown, and
        ``mixed`` one whose mean by itself would mislead; higher and lower are for measures where neither is better.
    found : PairedDifference
    size : float
        Mean difference in standard deviations of ``before`` over runs, by which effects on different measures are compared.
    """

    name: str
    before: Estimate
    after: Estimate
    tone: str
    found: PairedDifference
    size: float

    @property
    def label(self) -> str:
        """Label of the measure."""
        return label_of(self.name)

    @property
    def scale(self) -> Scale:
        """How readers see values of the measure."""
        return scale_of(MEASURES[self.name].unit)

    @property
    def runs(self) -> int:
        """How many runs of ``after`` there are."""
        return self.after.n

    @property
    def texts(self) -> tuple[str, str, str]:
        """Mean before, mean after and the interval of after, with the digits that the command line prints."""
        (before, _), (after, between) = (self._ends(own) for own in (self.before, self.after))
        return before, after, between

    def _ends(self, own: Estimate) -> tuple[str, str]:
        return self.scale.estimated(own.mean, own.low, own.high)

    @property
    def text(self) -> str:
        """Before, after and the interval of after, as in 62.0 → 68.3 % (66.1 to 70.4)."""
        before, after, between = self.texts
        return f"{before.removesuffix(self.scale.unit)} → {after} ({between})"

    @property
    def dots(self) -> tuple[int, int, int]:
        """In how many pairs the difference has the direction of its mean, in how many there is none, and in how many the other way."""
        found = self.found
        ways = (found.n_higher, found.n_lower) if found.mean > 0.0 else (found.n_lower, found.n_higher)
        return ways[0], found.n_equal, ways[1]

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
        """Return in how many organisations the difference has the direction of its mean; see :func:`civicsim.report.words.in_pairs`."""
        row = {"better": MEASURES[self.name].better, **self.found.columns("difference", "")}
        return in_pairs(row, self.found.n, form=form)

    @property
    def columns(self) -> dict[str, float]:
        """The difference as columns of a CSV file."""
        return self.found.columns("difference")

    @property
    def word(self) -> str:
        """The verdict in words."""
        if self.tone == "same":
            return "the same" if self.difference == NO_DIFFERENCE else "hardly different"
        return with_caution(toward(self.found.way, MEASURES[self.name].better), self.found.caution)


def verdict(name: str, before: Batch, after: Batch) -> Verdict:
    """Return how a measure differs in ``after`` from ``before``; both of the same seeds."""
    about = MEASURES[name]
    a, b = after.last_year[name], before.last_year[name]
    own, was = (estimate(values, bounds=about.bounds) for values in (a, b))
    found = paired_difference(a, b, bounds=about.bounds)
    tone = toward(found.way, about.better)
    if found.caution:
        tone = "mixed"
    elif found.way == "too close to call":
        tone = "open"
    shown = Verdict(name, was, own, tone, found, _size(found, b))
    same = tone not in ("mixed", "open") and shown.texts[0] == shown.texts[1]
    return dataclasses.replace(shown, tone="same") if same else shown


def _size(found: PairedDifference, before: np.ndarray) -> float:
    spread = float(np.nanstd(before))
    return abs(found.mean) / spread if spread > 0.0 else 0.0


def bands_of(batch: Batch) -> dict[str, Any]:
    """Return the range of most runs of every time path that the player draws, with how they are to be named and spaced."""
    ranges: dict[str, Any] = {}
    for name in PATHS:
        with np.errstate(all="ignore"):
            ends = np.percentile(batch.paths[name].astype(float), RANGE, axis=1)
        ranges[name] = [[None if np.isnan(v) else round(float(v), 4) for v in end] for end in ends]
    words = f"the middle {RANGE[1] - RANGE[0]} % of {len(batch.seeds)} runs with other seeds"
    return {"every": STEP, "ranges": ranges, "words": words}


def band(batch: Batch, name: str) -> dict[str, list[float | None]]:
    """Return mean and range of most runs of a measure's time path, in the unit of readers."""
    scale, paths = scale_of(MEASURES[name].unit).factor, batch.paths[name].astype(float)
    with np.errstate(all="ignore"):
        lines = {"mean": paths.mean(axis=1)}
        lines["low"], lines["high"] = np.percentile(paths, RANGE, axis=1)
    return {key: [None if np.isnan(v) else round(float(v) * scale, 3) for v in line] for key, line in lines.items()}
