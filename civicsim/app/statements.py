"""Answers of a class as learning platforms take them: xAPI statements, version 1.0.3, and rows of a table; no one is named."""

from __future__ import annotations

import string
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from civicsim import __version__
from civicsim.app.lessons import GUESS, Lesson
from civicsim.app.quiz import Answered

LETTERS = string.ascii_lowercase
"""What options are called, in order."""
_VERB = {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}}
_INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
_LESSON = "http://adlnet.gov/expapi/activities/lesson"
Sheet = Mapping[int, float]
"""Answers of a device, by item: a share for the guess, and the option for a question."""


def rows(lesson: Lesson, sheets: Sequence[Sheet], found: Sequence[Answered]) -> list[dict[str, Any]]:
    """Return one row for each answer; devices are numbered, and the number tells nothing."""
    result = []
    for device, sheet in enumerate(sheets, start=1):
        for item, value in sorted(sheet.items()):
            row: dict[str, Any] = {"device": device, "item": "guess", "question": lesson.question, "answer": value}
            if item != GUESS:
                one = found[item]
                row |= {"item": f"quiz {item + 1}", "question": one.question.text, "answer": one.options[int(value)]}
                row["right"] = "yes" if int(value) == one.right else "no"
            result.append(row)
    return result


def statements(
    lesson: Lesson, sheets: Sequence[Sheet], found: Sequence[Answered], home: str, when: datetime
) -> list[dict[str, Any]]:
    """Return one statement for each answer.

    Parameters
    ----------
    lesson : Lesson
    sheets : sequence of mapping
        Answers by device. Each gets a random account name, which is not kept.
    found : sequence of Answered
        The questions of the quiz with their right answers.
    home : str
        Address of the class, where the accounts belong to.
    when : datetime
        Time of the statements, with its zone.
    """
    lesson_id = f"urn:civicsim:lesson:{lesson.name}"
    parent = {"id": lesson_id, "definition": {"type": _LESSON, "name": {"en": lesson.title}}}
    result = []
    for sheet in sheets:
        actor = {"objectType": "Agent", "account": {"homePage": home, "name": str(uuid.uuid4())}}
        for item, value in sorted(sheet.items()):
            activity, outcome = _activity(lesson, item, value, found)
            result.append(
                {
                    "id": str(uuid.uuid4()),
                    "actor": actor,
                    "verb": _VERB,
                    "object": {"objectType": "Activity", "id": f"{lesson_id}:{activity.pop('part')}"}
                    | {"definition": {"type": _INTERACTION} | activity},
                    "result": outcome,
                    "context": {"platform": f"civicsim {__version__}", "contextActivities": {"parent": [parent]}},
                    "timestamp": when.isoformat(),
                    "version": "1.0.3",
                }
            )
    return result


def _activity(
    lesson: Lesson, item: int, value: float, found: Sequence[Answered]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what was asked, and the result of an answer."""
    if item == GUESS:
        asked = {"part": "guess", "name": {"en": "Guess"}, "description": {"en": lesson.question}}
        return asked | {"interactionType": "numeric"}, {"response": f"{100 * value:.0f}"}
    one, option = found[item], int(value)
    choices = [{"id": LETTERS[k], "description": {"en": text}} for k, text in enumerate(one.options)]
    right = option == one.right
    asked = {
        "part": f"quiz:{item + 1}",
        "name": {"en": f"Question {item + 1}"},
        "description": {"en": one.question.text},
    }
    kind = {"interactionType": "choice", "choices": choices, "correctResponsesPattern": [LETTERS[one.right]]}
    return asked | kind, {"response": LETTERS[option], "success": right, "score": {"scaled": float(right)}}
