"""Lessons: read, predict, run, explain, quiz. Each is a file; a new lesson needs no code.

``civicsim/app/lessons/NAME/lesson.toml`` holds aims and time plan, the texts, the question to predict, the runs, the quiz,
points to discuss, and what the model leaves out. ``civicsim app --lessons DIR`` adds those of a folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from civicsim import checks
from civicsim.app.findings import FINDINGS, Finding
from civicsim.app.words import KEPT, PATHS
from civicsim.errors import ScenarioError, nearest
from civicsim.scenario.interventions import read_interventions
from civicsim.scenario.scenario import Scenario, find_parameter
from civicsim.scenario.shipped import load_shipped, styles
from civicsim.scenario.text import read_text
from civicsim.scenario.toml import parse_toml

FOLDER = Path(__file__).parent
OWN = "CIVICSIM_LESSONS"
"""Environment variable with a folder of further lessons, where the page was started with one."""
STEPS = (("read", "Read"), ("predict", "Predict"), ("run", "Run"), ("explain", "Explain"), ("quiz", "Quiz"))
SHEETS = ("handout", "notes", "edit")
"""What a lesson has beside its steps."""
GUESS = -1
"""What answers call the guess; the questions of the quiz count from 0."""
DIFFERENCE = "difference"
DRAFT = "own"
"""Name of the lesson that a visitor makes on the page."""
_TEXTS = ("aims", "read", "explain", "discuss", "left_out", "teacher")
_KEYS = {
    "title",
    "minutes",
    "order",
    "summary",
    "plan",
    "predict",
    "runs",
    "watch",
    "matched",
    "quiz",
    "studies",
    *_TEXTS,
}
_PREDICT = {"question", "measures", "run", "low", "high"}
_RUN = {"label", "style", "set", "interventions", "seed"}
_ASKED = {"question", "measure", "of", "week", "cuts", "why"}
_LONGEST = 40
"""Minutes of a lesson at most."""
_QUESTIONS = 3
"""Questions to discuss, and of a quiz."""


@dataclass(frozen=True)
class Question:
    """One question of a quiz, whose right answer is computed from the matched runs of the lesson.

    Attributes
    ----------
    text, why : str
        The question, and what follows the right answer.
    measure : str
        What is asked for.
    of : int or None
        Which run, counted from 0; None asks how much the second differs from the first.
    week : int or None
        Week, counted from 1; None asks for the mean of the last year.
    cuts : tuple of float
        Two or three values, in the unit of the measure, that divide the answers to choose from.
    """

    text: str
    measure: str
    of: int | None
    week: int | None
    cuts: tuple[float, ...]
    why: str


@dataclass(frozen=True)
class Lesson:
    """One guided lesson.

    Attributes
    ----------
    name, title, summary : str
        Name of the folder, title, and what it is about in one sentence.
    minutes, order : int
        Duration, and place in the list.
    plan : dict of str to int
        Minutes of each step.
    aims, read, explain, discuss, left_out, teacher : tuple of str
        What students can do afterwards; paragraphs before the run and after it, questions to discuss, what the model leaves
        out, notes for teachers.
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
    quiz : tuple of Question
    studies : tuple of Finding
        What studies found on the same question, over parameters as well as seeds.
    source : str
        Text of its file.
    """

    name: str
    title: str
    summary: str
    minutes: int
    order: int
    plan: dict[str, int]
    aims: tuple[str, ...]
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
    quiz: tuple[Question, ...]
    studies: tuple[Finding, ...]
    source: str


@dataclass(frozen=True)
class Shelf:
    """The lessons by name, in their order, and one line for each file that is none."""

    lessons: dict[str, Lesson]
    problems: tuple[str, ...]


@cache
def shelf() -> Shelf:
    """Return all lessons; a file that is none takes no other away."""
    own = Path(os.environ[OWN]) if os.environ.get(OWN) else None
    return collect([*FOLDER.glob("*/lesson.toml"), *(own.glob("*.toml") if own else ())])


def collect(paths: Iterable[Path]) -> Shelf:
    """Return the lessons that files describe; of several with a name, the first."""
    found, problems = dict[str, Lesson](), []
    for path in sorted(paths):
        try:
            lesson = read_lesson(path)
            if lesson.name in found:
                raise ScenarioError(f"{path.name}: another lesson has the name '{lesson.name}'")
            found[lesson.name] = lesson
        except ScenarioError as error:
            problems.append(str(error))
    ordered = sorted(found.values(), key=lambda lesson: (lesson.order, lesson.name))
    return Shelf({lesson.name: lesson for lesson in ordered}, tuple(problems))


def lessons() -> dict[str, Lesson]:
    """Return all lessons by name, in their order."""
    return shelf().lessons


def is_place(path: list[str]) -> bool:
    """Return whether there is a lesson, a step or a sheet at a path within the lessons."""
    return path[0] in {DRAFT, *lessons()} and path[1:] in ([], *([key] for key in (*dict(STEPS), *SHEETS)))


def read_lesson(path: Path) -> Lesson:
    """Return the lesson that a file describes, named like the file, or its folder, in letters and digits and hyphens.

    Raises
    ------
    ScenarioError
        If the file is no valid lesson; one line that names file and key.
    """
    shipped = path.name == "lesson.toml"
    where = f"{path.parent.name}/{path.name}" if shipped else path.name
    name = re.sub(r"[^A-Za-z0-9]+", "-", path.parent.name if shipped else path.stem)
    return parse_lesson(read_text(path), name, where)


def parse_lesson(text: str, name: str, where: str) -> Lesson:
    """Return the lesson of the text of a file; ``where`` is what complaints name."""
    about = parse_toml(text, where)
    checks.keys(about, _KEYS, f"{where} has no")
    at = f"{where}: [predict]"
    predict = checks.table(about.get("predict", {}), at, "the question to predict")
    checks.keys(predict, _PREDICT, f"{at} has no")
    texts = {key: _paragraphs(about, key, where) for key in _TEXTS}
    if len(texts["discuss"]) != _QUESTIONS:
        raise ScenarioError(f"{where}: discuss: expected three questions, not {len(texts['discuss'])}")
    measures = _names(predict.get("measures"), PATHS, f"{at} measures")
    if measures[0] not in KEPT:
        raise ScenarioError(f"{at} measures: '{measures[0]}' cannot be predicted; {nearest(measures[0], KEPT)}")
    runs = tuple(_blocks(about, "runs", where, 1, 2, _run))

    def watched(block: Mapping[str, Any], here: str) -> tuple[int, str]:
        return checks.whole(block.get("week"), f"{here}: week", 1, runs[0].weeks), _text(block, "text", here)

    low, high = (checks.number(predict.get(key), f"{at}: {key}", 0.0, 1.0) for key in ("low", "high"))
    if low >= high:
        raise ScenarioError(f"{at}: high = {high}: expected more than low = {low}")
    minutes = checks.whole(about.get("minutes"), f"{where}: minutes", 5, _LONGEST)
    return Lesson(
        name=name,
        title=_text(about, "title", where),
        summary=_text(about, "summary", where),
        minutes=minutes,
        order=checks.whole(about.get("order"), f"{where}: order", 0, 1000),
        plan=_plan(about.get("plan"), minutes, f"{where}: [plan]"),
        question=_text(predict, "question", at),
        measures=measures,
        guess_of=checks.whole(predict.get("run", 1), f"{at}: run", 1, len(runs)) - 1,
        low=low,
        high=high,
        runs=runs,
        watch=tuple(_blocks(about, "watch", where, 0, 8, watched)),
        matched=_names(about.get("matched"), KEPT, f"{where}: matched"),
        quiz=tuple(
            _blocks(about, "quiz", where, _QUESTIONS, _QUESTIONS, lambda block, here: _question(block, here, runs))
        ),
        studies=tuple(
            FINDINGS[name] for name in _names(about.get("studies", []), tuple(FINDINGS), f"{where}: studies", 0)
        ),
        source=text,
        **texts,
    )


def _blocks[T](
    about: Mapping[str, Any], key: str, where: str, least: int, most: int, read: Callable[[Mapping[str, Any], str], T]
) -> list[T]:
    """Return what ``read`` makes of each block ``[[key]]``, given the block and what complaints call it."""
    blocks = about.get(key, [])
    proper = isinstance(blocks, list) and all(isinstance(block, Mapping) for block in blocks)
    if not proper or not least <= len(blocks) <= most:
        count = str(least) if least == most else f"{least} to {most}"
        raise ScenarioError(f"{where}: {key}: expected {count} blocks [[{key}]]")
    return [read(block, f"{where}: [[{key}]] {k}") for k, block in enumerate(blocks, start=1)]


def _plan(value: Any, minutes: int, where: str) -> dict[str, int]:
    """Return the minutes of each step, which make up those of the lesson."""
    checks.keys(checks.table(value, where, "minutes of each step"), dict(STEPS), f"{where} has no")
    plan = {key: checks.whole(value.get(key), f"{where}: {key}", 0, _LONGEST) for key, _ in STEPS}
    if sum(plan.values()) != minutes:
        raise ScenarioError(f"{where}: its minutes add up to {sum(plan.values())}, not to minutes = {minutes}")
    return plan


def _question(block: Mapping[str, Any], where: str, runs: tuple[Scenario, ...]) -> Question:
    """Return one question of a quiz."""
    checks.keys(block, _ASKED, f"{where} has no")
    measure, of, week = checks.choice(block.get("measure"), f"{where}: measure", KEPT), block.get("of", 1), None
    if of == DIFFERENCE and len(runs) < 2:
        raise ScenarioError(f"{where}: of = '{of}': expected two runs")
    if "week" in block:
        week = checks.whole(block["week"], f"{where}: week", 4, runs[0].weeks)
    cuts = tuple(checks.number(cut, f"{where}: cuts") for cut in checks.sequence(block.get("cuts"), f"{where}: cuts"))
    if len(cuts) not in (2, 3) or list(cuts) != sorted(set(cuts)):
        raise ScenarioError(
            f"{where}: cuts = {list(cuts)}: expected two or three numbers, each larger than the one before"
        )
    which = None if of == DIFFERENCE else checks.whole(of, f"{where}: of", 1, len(runs)) - 1
    return Question(_text(block, "question", where), measure, which, week, cuts, _text(block, "why", where))


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


def _names(value: Any, valid: tuple[str, ...], where: str, least: int = 1) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) < least:
        raise ScenarioError(f"{where} = {value!r}: expected a list of names")
    checks.keys(value, valid, f"{where}: no")
    return tuple(value)


def _run(block: Mapping[str, Any], where: str) -> Scenario:
    """Return one run: a style, what is changed in it, and what happens when."""
    checks.keys(block, _RUN, f"{where} has no")
    given: dict[str, Any] = {"style": "status-quo", "seed": 2, "interventions": []} | dict(block)
    changes, given["title"] = given.pop("set", {}), _text(given, "label", where)
    del given["label"]
    # Lessons are also written on the page: what a visitor names is shipped, and never a file.
    checks.choice(given["style"], f"{where}: style", styles())
    events = given.pop("interventions")
    scenario = Scenario.from_dict(given | {"structure": {"n_teams": 20}}, where)
    for key, value in checks.table(changes, f"{where}: set", "levers and their values").items():
        if not key.startswith("levers."):
            raise ScenarioError(
                f"{where}: set: '{key}' is not a lever; a lesson changes levers only, such as levers.fear"
            )
        scenario = scenario.set(key, value, where)
    events = read_interventions(events, where, find_parameter, load_shipped)
    return scenario.set("interventions", list(events), where)
