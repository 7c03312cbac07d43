"""How a measure's weeks become one number of a run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim import checks
from civicsim.errors import ScenarioError
from civicsim.model.measures import FLAGSHIP
from civicsim.model.measuring import History, Measure

USUAL = "last 52"
_FORMS = "'last N', 'all', 'weeks A-B', 'lowest N' or 'highest N'"
_PATTERN = re.compile(r"(last|lowest|highest) \d+|all|weeks \d+-\d+")


@dataclass(frozen=True)
class Summary:
    """A way to sum up the weeks of a measure.

    Attributes
    ----------
    name : str
        ``"last 52"``: the last 52 weeks; ``"all"``: all weeks; ``"weeks 0-51"``: these, both included, from 0;
        ``"lowest 13"``, ``"highest 13"``: the least and the greatest mean of 13 consecutive weeks.
    """

    name: str

    @property
    def suffix(self) -> str:
        """The name as part of a column name."""
        return re.sub(r"\W+", "_", self.name)

    @property
    def longest(self) -> int:
        """Weeks that it takes, if there are as many; 0 for one that takes all."""
        what, first, last = _parsed(self.name)
        return last + 1 if what == "weeks" else first

    def words(self, weeks: int) -> str:
        """Return the summary in words, for runs of so many weeks."""
        what, first, last = _parsed(self.name)
        if what in ("lowest", "highest"):
            return f"the {what} mean of {min(first, weeks)} weeks in a row"
        if what == "weeks":
            return f"weeks {first} to {last}"
        return f"the last {first} weeks" if what == "last" and first < weeks else f"all {weeks} weeks"

    def of(self, measure: Measure, history: History) -> np.ndarray:
        """Return one value per organisation of a record; of the whole record where that is shorter than the summary."""
        what, first, last = _parsed(self.name)
        weeks = len(history.tally)
        if what in ("lowest", "highest"):
            n = min(first, weeks)
            values = measure.smoothed(history, n)[n - 1 :]
            with warnings.catch_warnings():
                # Weeks without any event have no value.
                warnings.simplefilter("ignore", RuntimeWarning)
                return np.asarray((np.nanmin if what == "lowest" else np.nanmax)(values, axis=0))
        spans = {"last": (max(0, weeks - first), weeks), "weeks": (first, last + 1)}
        begin, end = spans.get(what, (0, weeks))
        return measure.summary(history.part(slice(begin, end)), end - begin)


@dataclass(frozen=True)
class Column:
    """A column of the table of runs: its name, measure and summary."""

    name: str
    measure: str
    summary: str


def read_summary(text: Any, weeks: int, where: str) -> Summary:
    """Return a checked summary; refuse one that asks for weeks that are not simulated."""
    at = f"{where}: summary {text!r}"
    if not isinstance(text, str) or not _PATTERN.fullmatch(text):
        raise ScenarioError(f"{at}: expected {_FORMS}")
    what, first, last = _parsed(text)
    if what == "weeks" and not first <= last < weeks:
        raise ScenarioError(f"{at}: expected weeks from 0 to {weeks - 1}, the first one first")
    if what not in ("weeks", "all") and not 1 <= first <= 5200:
        raise ScenarioError(f"{at}: expected 1 to 5200 weeks")
    return Summary(text)


def read_columns(
    measures: Any, summaries: Any, known: Mapping[str, Measure], weeks: int, where: str
) -> tuple[Column, ...]:
    """Return the columns of the table of runs.

    ``measures`` are "all", "flagship", names, or names with summaries of their own; ``summaries`` are those of the others,
    and columns of the first are named like their measure.
    """
    summaries = _listed(summaries, f"{where}: summaries")
    first = read_summary(first_summary(summaries), weeks, f"{where}: summaries").name
    chosen: dict[str, Any]
    if measures in ("all", "flagship"):
        chosen = dict.fromkeys(known if measures == "all" else FLAGSHIP, summaries)
    elif isinstance(measures, Mapping):
        chosen = dict(measures)
    elif isinstance(measures, Sequence) and not isinstance(measures, str):
        chosen = dict.fromkeys(measures, summaries)
    else:
        raise ScenarioError(f'{where}: measures = {measures!r}: expected "all", "flagship" or a list of names')
    result: list[Column] = []
    for name, own in chosen.items():
        checks.keys([name], known, f"{where}: measures: no measure")
        for text in dict.fromkeys(_listed(own, f"{where}: measures: {name}")):
            summary = read_summary(text, weeks, f"{where}: measures: {name}")
            result.append(column_named(name, summary.name, first))
    if not result:
        raise ScenarioError(f"{where}: measures = []: expected at least one")
    return tuple(result)


def column_named(measure: str, summary: str, first: str) -> Column:
    """Return the column of a measure and summary; with the ``first`` summary of a study it is named like the measure."""
    return Column(measure if summary == first else f"{measure}__{Summary(summary).suffix}", measure, summary)


def first_summary(summaries: str | Sequence[str]) -> str:
    """Return the first summary of a study."""
    return summaries if isinstance(summaries, str) else summaries[0]


def _listed(summaries: Any, what: str) -> Sequence[Any]:
    if isinstance(summaries, str):
        return [summaries]
    if not isinstance(summaries, Sequence) or not summaries:
        raise ScenarioError(f"{what} = {summaries!r}: expected a list of {_FORMS}")
    return summaries


def _parsed(text: str) -> tuple[str, int, int]:
    """Return the kind of a summary, and its one or two numbers; 0 for none."""
    what, _, numbers = text.partition(" ")
    first, _, last = numbers.partition("-")
    return what, int(first or 0), int(last or 0)
