"""What a measure is, and the record from which it is computed.

A measure is a mean of states, or a ratio of sums of events. Over several weeks a mean is averaged, and a ratio is the
sum of its tops over the sum of its bottoms, so that quiet weeks do not count as much as busy ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from civicsim.errors import ScenarioError

Column = np.ndarray


@dataclass(frozen=True)
class History:
    """A record: one row per week, one column per organisation.

    Attributes
    ----------
    tally, snapshot : (weeks, organisations) structured arrays
        Events of each week and how things stood at its end; columns of :mod:`civicsim.model.tables`.
    organisation : (organisations,) structured array
        Sizes; its levers are those at the end.
    enacted : (weeks, organisations) structured array
        What staff met of fear, permission and authority, the gap to what was intended, and hours spent.
    looked : dict of str to (weeks, organisations) array
        Values of measures that look at the cohort, by name; NaN in weeks in which they were not taken.
    """

    tally: np.ndarray
    snapshot: np.ndarray
    organisation: np.ndarray
    enacted: np.ndarray
    looked: Mapping[str, np.ndarray] = field(default_factory=dict)

    def part(self, weeks: slice = slice(None), organisations: slice = slice(None)) -> History:
        """Return a copy of the record of some weeks and organisations."""
        tally, snapshot, enacted = (a[weeks, organisations].copy() for a in (self.tally, self.snapshot, self.enacted))
        looked = {name: values[weeks, organisations].copy() for name, values in self.looked.items()}
        return History(tally, snapshot, self.organisation[organisations].copy(), enacted, looked)


ENACTED_COLUMNS = (
    "fear_enacted",
    "permission_enacted",
    "authority_enacted",
    "say_do_gap",
    "grip",
    "fulfilment",
    "breach",
    "spent",
    "hours",
)

_MOST = {"%": 100.0} | dict.fromkeys(("0–1", "Gini, 0–1", "probability", "difference of probabilities", "ICC(1)"), 1.0)
"""Greatest values of units that have one, beside shares."""

Direction = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Measure:
    """One thing to look at: computed from the weekly record (``top``), or taken from the cohort every few weeks (``of``).

    Attributes
    ----------
    name, label, unit, help : str
        Name in code, a noun phrase of at most five words, unit, and one plain sentence. Every face prints them.
    better : {"higher", "lower", "neither"}
        Which way is better; "neither" where that depends on who asks.
    top : callable or None
        ``top(history)`` → (weeks, organisations) array.
    bottom : callable or None
        Denominator of a ratio, or None for a mean of states.
    scale : float
        What the ratio or mean is multiplied with.
    signed : bool
        Whether it may be negative, as a difference or a likeness.
    lagged : bool
        Whether what is on top began in earlier weeks than what it is a share of, so that it may exceed 1.
    of : callable or None
        ``of(cohort)`` → (organisations,) array, a value for each row of ``cohort.organisation``; NaN where there is none. It
        looks at a copy of the cohort at the end of a week, so that it cannot change what happens.
    every : int
        Weeks between two looks: at the end of weeks ``every`` − 1, 2 · ``every`` − 1 and so on, counted from the end of
        the burn-in. In all other weeks there is no value (NaN); summaries are means of the weeks taken.

    Raises
    ------
    ScenarioError
        If it cannot be taken as it is declared.
    """

    name: str
    label: str
    unit: str
    help: str
    better: Direction
    top: Callable[[History], Column] | None = None
    bottom: Callable[[History], Column] | None = None
    scale: float = 1.0
    signed: bool = False
    lagged: bool = False
    of: Callable[[Any], Any] | None = None
    every: int = 13

    def __post_init__(self) -> None:
        """Check what the type alone cannot tell."""
        if (self.top is None) == (self.of is None):
            raise ScenarioError(f"measure '{self.name}': expected either top or of")
        if self.better not in get_args(Direction):
            raise ScenarioError(f"measure '{self.name}': better = {self.better!r}: expected higher, lower or neither")
        every: Any = self.every
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ScenarioError(f"measure '{self.name}': every = {every!r}: expected a whole number of weeks from 1")

    def due(self, week: int) -> bool:
        """Return whether it looks at the cohort between two weeks, of which ``week`` is the second."""
        return self.of is not None and week > 0 and week % self.every == 0

    def look(self, cohort: Any) -> np.ndarray:
        """Return what ``of`` finds in a copy of a cohort, shape (organisations,).

        Raises
        ------
        ScenarioError
            If it fails, or returns anything but a number per organisation.
        """
        assert self.of is not None
        try:
            values = np.asarray(self.of(cohort.copy()), dtype=float)
        except Exception as error:
            raise ScenarioError(f"measure '{self.name}': {type(error).__name__}: {error}") from error
        if values.shape != (cohort.n_organisations,):
            expected = f"a value per organisation, shape ({cohort.n_organisations},)"
            raise ScenarioError(f"measure '{self.name}': returned shape {values.shape}: expected {expected}")
        return values

    def _parts(self, history: History) -> tuple[Column, Column | None]:
        """Return what is on top, and what it is divided by."""
        if self.top is not None:
            return self.top(history), None if self.bottom is None else self.bottom(history)
        values = history.looked[self.name]
        taken = ~np.isnan(values)
        return np.where(taken, values, 0.0), taken

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest value that it can have, by its unit; ends of intervals lie within."""
        share = self.unit.startswith("share of") and not self.unit.endswith("a year")
        high = np.inf if self.lagged else 1.0 if share else _MOST.get(self.unit, np.inf)
        return (-high if self.signed else 0.0), high

    def weekly(self, history: History) -> np.ndarray:
        """Return the value of each week and organisation; NaN where nothing happened that it could be a share of."""
        top, bottom = self._parts(history)
        top = top * self.scale
        if bottom is None:
            return np.asarray(top, dtype=float)
        return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)

    def smoothed(self, history: History, weeks: int = 13) -> np.ndarray:
        """Return the value over the ``weeks`` up to each week (fewer at the start), for drawing."""
        top, bottom = self._parts(history)
        weeks = weeks if self.of is None else max(weeks, self.every)
        top = _trailing_sum(np.asarray(top, dtype=float), weeks) * self.scale
        if bottom is None:
            count = np.minimum(np.arange(1, len(top) + 1), weeks)[:, None]
            return top / count
        bottom = _trailing_sum(np.asarray(bottom, dtype=float), weeks)
        return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)

    def summary(self, history: History, last_weeks: int = 52) -> np.ndarray:
        """Return one value per organisation for the last weeks of the record.

        Parameters
        ----------
        history : History
            The record.
        last_weeks : int
            How many weeks from the end; the whole record if it is shorter.
        """
        top, bottom = self._parts(history)
        top = np.asarray(top[-last_weeks:], dtype=float) * self.scale
        if bottom is None:
            return top.mean(axis=0)
        bottom = np.asarray(bottom[-last_weeks:], dtype=float).sum(axis=0)
        return np.divide(top.sum(axis=0), bottom, out=np.full(bottom.shape, np.nan), where=bottom > 0)


def _trailing_sum(values: np.ndarray, weeks: int) -> np.ndarray:
    total = np.cumsum(values, axis=0)
    total[weeks:] = total[weeks:] - total[:-weeks].copy()
    return total
