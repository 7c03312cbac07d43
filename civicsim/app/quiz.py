"""The quiz of a lesson: which answers there are to choose from, and which is right by the matched runs of the lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from civicsim.app.lessons import Lesson, Question
from civicsim.app.work import STEP, Batch
from civicsim.experiment.wording import Scale, number, scale_of
from civicsim.model.measures import MEASURES

NONE = -1
"""In place of the right option of a question on something that happened in no run."""


@dataclass(frozen=True)
class Answered:
    """A question with its answer.

    Attributes
    ----------
    question : Question
    options : list of str
        What there is to choose from.
    right : int
        Which option is right, counted from 0; :data:`NONE` where no run has a value.
    found : str
        The value by which it is.
    """

    question: Question
    options: list[str]
    right: int
    found: str


def answered(lesson: Lesson, batches: Sequence[Batch]) -> list[Answered]:
    """Return the questions of a lesson with their answers; ``batches`` are its runs, each with the same seeds."""
    result = []
    for question in lesson.quiz:
        by_run = values(question, batches)
        seen = by_run[np.isfinite(by_run)]
        mean = float(seen.mean()) if len(seen) else np.nan
        scale = scale_of(MEASURES[question.measure].unit)
        right = int(np.searchsorted(question.cuts, mean, side="right")) if len(seen) else NONE
        found = scale.text(mean) if question.of is not None else _apart(mean, scale, exact=True)
        result.append(Answered(question, options(question), right, found))
    return result


def values(question: Question, batches: Sequence[Batch]) -> np.ndarray:
    """Return what a question asks for, by run."""
    name, week = question.measure, question.week

    def of(batch: Batch) -> np.ndarray:
        return batch.last_year[name] if week is None else batch.paths[name][week // STEP - 1].astype(float)

    return of(batches[1]) - of(batches[0]) if question.of is None else of(batches[question.of])


def options(question: Question) -> list[str]:
    """Return the answers to choose from, from the lowest: the ranges between the cuts."""
    scale, cuts = scale_of(MEASURES[question.measure].unit), question.cuts
    if question.of is not None:
        ends = [_plain(scale.factor * cut) for cut in cuts]
        between = [f"{a} to {b}{scale.unit}" for a, b in pairwise(ends)]
        return [f"less than {ends[0]}{scale.unit}", *between, f"more than {ends[-1]}{scale.unit}"]
    between = [_range(a, b, scale) for a, b in pairwise(cuts)]
    return [_beyond(cuts[0], scale, "lower"), *between, _beyond(cuts[-1], scale, "higher")]


def _apart(value: float, scale: Scale, exact: bool = False) -> str:
    """Return a difference in words: "5 points lower"."""
    size = number(abs(scale.factor * value), 1) if exact else _plain(abs(scale.factor * value))
    return f"{size}{scale.points} {'lower' if value < 0 else 'higher'}" if value else "the same"


def _range(low: float, high: float, scale: Scale) -> str:
    if low == -high:
        return f"hardly different: by less than {_plain(scale.factor * high)}{scale.points}"
    if low == 0 or high == 0:
        return f"up to {_apart(low or high, scale)}"
    if low > 0 or high < 0:
        near, far = sorted((abs(scale.factor * low), abs(scale.factor * high)))
        return f"{_plain(near)} to {_plain(far)}{scale.points} {'lower' if high < 0 else 'higher'}"
    return f"between {_apart(low, scale)} and {_apart(high, scale)}"


def _beyond(cut: float, scale: Scale, way: str) -> str:
    """Return what lies beyond the first or the last cut."""
    if cut == 0:
        return way
    if (cut < 0) == (way == "lower"):
        return f"more than {_apart(cut, scale)}"
    return f"less than {_apart(cut, scale)}, or {way}"


def _plain(value: float) -> str:
    """Return a number as its author wrote it."""
    return f"{round(value, 6):g}"
