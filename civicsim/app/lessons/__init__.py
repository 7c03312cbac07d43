"""Lessons: read, predict, run, explain. Each is a folder with a file; a new lesson needs no code.

``civicsim/app/lessons/NAME/lesson.toml`` holds the texts, the question to predict, the runs, points to discuss, and what
the model leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from civicsim import checks
from civicsim.app.words import KEPT, PATHS
from civicsim.errors import ScenarioError, nearest
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.text import read_text
from civicsim.scenario.toml import parse_toml

FOLDER = Path(__file__).parent
STEPS = (("read", "Read"), ("predict", "Predict"), ("run", "Run"), ("explain", "Explain"))
HANDOUT = "handout"
_TEXTS = ("read", "explain", "discuss", "left_out", "teacher")
_KEYS = {"title", "minutes", "order", "summary", "predict", "runs", "watch", "matched", *_TEXTS}
_PREDICT = {"question", "measures", "run", "low", "high"}
_RUN = {"label", "style", "set", "interventions", "seed"}
_LONGEST = 40
"""Minutes of a lesson at most."""


@dataclass(frozen=True)
class Lesson:
    """One guided lesson.

    Attributes
    ----------
    name, title, summary : str
        Name of the folder, title, and what it is about in one sentence.
    minutes, order : int
        Duration, and place in the list.
    read, explain, discuss, left_out, teacher : tuple of str
        Paragraphs: before the run and after it, questions to discuss, what the model leaves out, notes for teachers.
    question : str
        What is to be predicted: the value at the end of the first of ``measures`` in run ``guess_of``.
    measures : tuple of str
        What the lines show.
    guess_of : int
        Which of the runs the prediction is about.
    low, high : float
        Ends of the slider, as shares.
    runs : tuple of Scenario
        One or two runs, on one organisation; their titles are what they are called.
    watch : tuple of (int, str)
        Weeks to look at, counted from 1, and what for.
    matched : tuple of str
        Measures by which the runs are compared over matched runs.
    """

    name: str
    title: str
    summary: str
    minutes: int
    order: int
    read: tuple[str, ...]
    explain: tuple[str, ...]
    discuss: tuple[str, ...]
    left_out: tuple[str, ...]
    teacher: tuple[str, ...]
    question: str
    measures: tuple[str, ...]
    guess_of: int
    low: float
    high: float
    runs: tuple[Scenario, ...]
    watch: tuple[tuple[int, str], ...]
    matched: tuple[str, ...]


@cache
def lessons() -> dict[str, Lesson]:
    """Return all lessons by name, in their order."""
    found = [read_lesson(path) for path in sorted(FOLDER.glob("*/lesson.toml"))]
    return {lesson.name: lesson for lesson in sorted(found, key=lambda lesson: (lesson.order, lesson.name))}


def is_place(path: list[str]) -> bool:
    """Return whether there is a lesson, a step or a handout at a path within the lessons."""
    return path[0] in lessons() and path[1:] in ([], [HANDOUT], *([key] for key, _ in STEPS))


def read_lesson(path: Path) -> Lesson:
    """Return the lesson that a file describes.

    Raises
    ------
    ScenarioError
        If the file is no valid lesson; one line that names file and key.
    """
    where = f"{path.parent.name}/{path.name}"
    about = parse_toml(read_text(path), where)
    checks.keys(about, _KEYS, f"{where} has no")
    predict, at = about.get("predict", {}), f"{where}: [predict]"
    checks.keys(predict, _PREDICT, f"{at} has no")
    texts = {key: _paragraphs(about, key, where) for key in _TEXTS}
    if len(texts["discuss"]) != 3:
        raise ScenarioError(f"{where}: discuss: expected three questions, not {len(texts['discuss'])}")
    measures = _names(predict.get("measures"), PATHS, f"{at} measures")
    if measures[0] not in KEPT:
        raise ScenarioError(f"{at} measures: '{measures[0]}' cannot be predicted; {nearest(measures[0], KEPT)}")
    blocks = about.get("runs", [])
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= 2:
        raise ScenarioError(f"{where}: runs: expected one or two blocks [[runs]]")
    runs = tuple(_run(block, f"{where}: [[runs]] {k}") for k, block in enumerate(blocks, start=1))
    watch = [
        (
            checks.whole(block.get("week"), f"{where}: [[watch]]: week", 1, runs[0].weeks),
            _text(block, "text", f"{where}: [[watch]]"),
        )
        for block in about.get("watch", [])
    ]
    low, high = (checks.number(predict.get(key), f"{at}: {key}", 0.0, 1.0) for key in ("low", "high"))
    return Lesson(
        name=path.parent.name,
        title=_text(about, "title", where),
        summary=_text(about, "summary", where),
        minutes=int(checks.number(about.get("minutes"), f"{where}: minutes", 5, _LONGEST)),
        order=checks.whole(about.get("order"), f"{where}: order", 0, 1000),
        question=_text(predict, "question", at),
        measures=measures,
        guess_of=checks.whole(predict.get("run", 1), f"{at}: run", 1, len(runs)) - 1,
        low=low,
        high=high,
        runs=runs,
        watch=tuple(watch),
        matched=_names(about.get("matched"), KEPT, f"{where}: matched"),
        **texts,
    )


def _text(about: Mapping[str, Any], key: str, where: str) -> str:
    value = about.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ScenarioError(f"{where}: {key} = {value!r}: expected text")
    return value.strip()


def _paragraphs(about: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = about.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(text, str) and text.strip() for text in value):
        raise ScenarioError(f"{where}: {key} = {value!r}: expected a list of paragraphs")
    return tuple(" ".join(text.split()) for text in value)


def _names(value: Any, valid: tuple[str, ...], where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ScenarioError(f"{where} = {value!r}: expected names of measures")
    checks.keys(value, valid, f"{where}: no")
    return tuple(value)


def _run(block: Mapping[str, Any], where: str) -> Scenario:
    """Return one run: a style, what is changed in it, and what happens when."""
    checks.keys(block, _RUN, f"{where} has no")
    given: dict[str, Any] = {"style": "status-quo", "seed": 2, "interventions": []} | dict(block)
    changes, given["title"] = given.pop("set", {}), _text(given, "label", where)
    del given["label"]
    scenario = Scenario.from_dict(given | {"structure": {"n_teams": 20}}, where)
    for key, value in changes.items():
        scenario = scenario.set(key, value, where)
    return scenario
