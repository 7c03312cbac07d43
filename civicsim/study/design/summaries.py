"""How a measure's weeks become one number of a run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from civicsim.errors import ScenarioError, nearest
from civicsim.model.measures import FLAGSHIP, History, Measure

USUAL = "last 52"
_FORMS = "'last N', 'all', 'weeks A-B', 'lowest N' or 'highest N'"
_PATTERN = re.compile(r"(last|lowest|highest) (\d+)|(all)|weeks (\d+)-(\d+)")


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

    def of(self, measure: Measure, history: History) -> np.ndarray:
        """Return one value per organisation of a record; of the whole record where that is shorter than the summary."""
        what, number, _, first, last = _parsed(self.name)
        weeks = len(history.tally)
        if what in ("lowest", "highest"):
            n = min(int(number), weeks)
            values = measure.smoothed(history, n)[n - 1 :]
            with warnings.catch_warnings():
                # Weeks without any event have no value.
                warnings.simplefilter("ignore", RuntimeWarning)
                return np.asarray((np.nanmin if what == "lowest" else np.nanmax)(values, axis=0))
        begin, end = 0, weeks
        if what == "last":
            begin = max(0, weeks - int(number))
        elif first is not None:
            begin, end = int(first), int(last) + 1
        return measure.summary(history.part(slice(begin, end)), end - begin)


@dataclass(frozen=True)
class Column:
    """A column of the table of runs.

    Attributes
    ----------
    name, measure, summary : str
        Names of the column, the measure and the summary.
    """

    name: str
    measure: str
    summary: str


def read_summary(text: Any, weeks: int, where: str) -> Summary:
    """Return a checked summary.

    Raises
    ------
    ScenarioError
        If it is none, or asks for weeks that are not simulated.
    """
    found = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ScenarioError(f"{where}: summary {text!r}: expected {_FORMS}")
    what, number, _, first, last = _parsed(text)
    if what and not 1 <= int(number) <= 5200:
        raise ScenarioError(f"{where}: summary {text!r}: expected 1 to 5200 weeks")
    if first is not None and not int(first) <= int(last) < weeks:
        raise ScenarioError(f"{where}: summary {text!r}: expected weeks from 0 to {weeks - 1}, the first one first")
    return Summary(text)


def read_columns(
    measures: Any, summaries: Any, known: Mapping[str, Measure], weeks: int, where: str
) -> tuple[Column, ...]:
    """Return the columns of the table of runs.

    Parameters
    ----------
    measures : str, sequence of str, or mapping
        ``"all"``, ``"flagship"``, names of measures, or their names with summaries of their own.
    summaries : sequence of str
        Summaries of measures without their own; columns of the first are named like their measure.
    known : mapping of str to Measure
        Available measures.
    weeks : int
        Weeks of a run.
    where : str
        Start of error messages.
    """
    if isinstance(summaries, str):
        summaries = [summaries]
    if not isinstance(summaries, Sequence) or not summaries:
        raise ScenarioError(f"{where}: summaries = {summaries!r}: expected a list of {_FORMS}")
    first = read_summary(summaries[0], weeks, f"{where}: summaries").name
    chosen: dict[str, Any]
    if measures in ("all", "flagship"):
        chosen = dict.fromkeys(known if measures == "all" else FLAGSHIP, summaries)
    elif isinstance(measures, Mapping):
        chosen = {name: [own] if isinstance(own, str) else own for name, own in measures.items()}
    elif isinstance(measures, Sequence) and not isinstance(measures, str):
        chosen = dict.fromkeys(measures, summaries)
    else:
        raise ScenarioError(f'{where}: measures = {measures!r}: expected "all", "flagship" or a list of names')
    result: list[Column] = []
    for name, own in chosen.items():
        if name not in known:
            raise ScenarioError(f"{where}: measures: no measure '{name}'; {nearest(str(name), known)}")
        if not isinstance(own, Sequence) or not own:
            raise ScenarioError(f"{where}: measures: {name} = {own!r}: expected a list of {_FORMS}")
        for text in dict.fromkeys(own):
            summary = read_summary(text, weeks, f"{where}: measures: {name}")
            column = name if summary.name == first else f"{name}__{summary.suffix}"
            result.append(Column(column, name, summary.name))
    if not result:
        raise ScenarioError(f"{where}: measures = []: expected at least one")
    return tuple(result)


def _parsed(text: str) -> tuple[Any, ...]:
    found = _PATTERN.fullmatch(text)
    assert found is not None
    return found.groups()
