"""Lessons: the list, and each lesson step by step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import solara

from civicsim.app import widgets, work
from civicsim.app.common import Stage
from civicsim.app.files import Files
from civicsim.app.frame import Box, Html, Place, Problem, Text
from civicsim.app.history import Playback
from civicsim.app.hooks import Show, use_latest
from civicsim.app.lessons import DRAFT, STEPS, Lesson, lessons, shelf
from civicsim.app.pages.making import MakeLesson, drafted
from civicsim.app.quiz import answered, options
from civicsim.app.remembered import remember
from civicsim.app.verdicts import verdict
from civicsim.app.words import unbroken
from civicsim.experiment.statistics import estimate
from civicsim.experiment.wording import percent, scale_of
from civicsim.model.measures import MEASURES

guesses: solara.Reactive[dict[str, float]] = solara.reactive({})
"""The visitor's predictions, by lesson."""
picks: solara.Reactive[dict[str, dict[int, int]]] = solara.reactive({})
"""Options that the visitor has chosen, by lesson and question of the quiz."""


def read_guesses(found: Any) -> dict[str, float]:
    """Return the guesses that a browser tab remembered, those of lessons that there are."""
    of = {DRAFT, *lessons()}
    given = found.items() if isinstance(found, dict) else ()
    return {name: float(v) for name, v in given if name in of and isinstance(v, int | float) and 0 <= v <= 1}


def read_picks(found: Any) -> dict[str, dict[int, int]]:
    """Return the answers to quizzes that a browser tab remembered; in JSON, numbers of questions are text."""
    of = {DRAFT, *lessons()}
    given = found.items() if isinstance(found, dict) else ()
    return {
        name: {int(k): v for k, v in own.items() if k.isdecimal() and isinstance(v, int)}
        for name, own in given
        if name in of and isinstance(own, dict)
    }


remember("guesses", guesses, read_guesses)
remember("picks", picks, read_picks)


@dataclass(frozen=True)
class Taken:
    """How a lesson is taken: alone, or in a class in which one leads.

    Attributes
    ----------
    guess : float or None
        The guess of who looks at it.
    picks : dict of int to int
        Options chosen, by question of the quiz.
    asks : bool
        Whether a guess and answers are asked for here.
    solved : bool or None
        Whether the quiz shows what is right; None shows it for each question that has been answered.
    crowd : sequence of float
        Guesses of a class.
    tallies : dict of int to sequence of float
        Options that a class has chosen, by question.
    clock : dict or None
        Where the player is to be.
    on_guess, on_pick, on_clock : callable
    """

    guess: float | None = None
    picks: Mapping[int, int] | None = None
    asks: bool = True
    solved: bool | None = None
    crowd: Sequence[float] = ()
    tallies: Mapping[int, Sequence[float]] | None = None
    clock: dict[str, Any] | None = None
    on_guess: Callable[[float], None] = widgets.ignore
    on_pick: Callable[[int, int], None] = lambda question, option: None
    on_clock: Callable[[dict[str, Any]], None] | None = None


@solara.component
def Lessons(name: str = "", step: str = "") -> None:
    """Show the list of lessons, or one of them."""
    lesson = drafted() if name == DRAFT else lessons().get(name)
    if name == DRAFT and (lesson is None or not step):
        MakeLesson()
    elif lesson is None:
        if name:
            Text("p", f"There is no lesson “{name[:60]}”; the lessons are listed here.", class_="cv-note")
        Html("lessons", class_="cv-apart", lessons=lessons().values(), problems=shelf().problems, own=DRAFT)
    elif step in ("handout", "notes"):
        Html("handout" if step == "handout" else "notes", lesson=lesson, steps=STEPS)
        if step == "notes":
            with Box("cv-card cv-prose cv-below"):
                QuizStep(lesson, Taken(asks=False, solved=True))
            Materials(lesson)
    else:
        OneLesson(lesson, step if step in dict(STEPS) else "read")


@solara.component
def Materials(lesson: Lesson) -> None:
    """Hand out the files of a lesson."""
    from civicsim.app.materials import files_of

    Files("Files of this lesson", files_of(lesson), link=False)


@solara.component
def OneLesson(lesson: Lesson, step: str) -> None:
    """Show one step of a lesson to someone who takes it alone."""
    name = lesson.name

    def pick(question: int, option: int) -> None:
        picks.set(picks.peek() | {name: picks.peek().get(name, {}) | {question: option}})

    Html("lesson_head", class_="cv-apart", lesson=lesson, steps=STEPS, step=step, own=DRAFT)
    taken = Taken(
        guess=guesses.value.get(name),
        picks=picks.value.get(name, {}),
        on_guess=lambda value: guesses.set(guesses.peek() | {name: value}),
        on_pick=pick,
    )
    Step(lesson, step, taken, _after(step))


def _after(step: str) -> tuple[str, str] | None:
    """Return key and label of the next step, or None."""
    return dict(zip(dict(STEPS), STEPS[1:], strict=False)).get(step)


@solara.component
def Step(lesson: Lesson, step: str, taken: Taken, after: tuple[str, str] | None = None) -> None:
    """Show one step of a lesson; ``after`` is the next one, where there is a button for it."""
    if step in ("run", "explain"):
        RunStep(lesson, step, taken, after)
        return
    with Box("cv-card cv-prose"):
        if step == "predict" and taken.asks:
            widgets.Guess(
                low=lesson.low,
                high=lesson.high,
                value=taken.guess,
                question=unbroken(lesson.question),
                event_set_guess=lambda value: taken.on_guess(float(value)),
            )
        if step not in ("read", "predict"):
            QuizStep(lesson, taken)
        Html("lesson_step", lesson=lesson, step=step, next=after, asks=taken.asks)


def use_batches(lesson: Lesson, first: Callable[[Callable[[], bool]], Any] | None = None) -> tuple[Any, Any, str]:
    """Return what ``first`` makes, the matched runs of a lesson as far as there are any, and what went wrong."""

    def simulate(stop: Callable[[], bool], show: Show) -> None:
        made = first(stop) if first else None
        if first:
            show((made, None))
        for runs in (work.FEW, work.MANY) if first else (work.MANY,):
            show((made, [work.batch(scenario, runs, stop) for scenario in lesson.runs]))

    found, _, problem = use_latest(simulate, [lesson])
    return (*(found or (None, None)), problem)


@solara.component
def QuizStep(lesson: Lesson, taken: Taken) -> None:
    """Ask the questions of a quiz, and show what is right."""
    _, batches, problem = use_batches(lesson)
    found = answered(lesson, batches) if batches else None
    rows = []
    for k, question in enumerate(lesson.quiz):
        pick, tally = (taken.picks or {}).get(k), (taken.tallies or {}).get(k)
        done = pick is not None if taken.solved is None else taken.solved
        rows.append(
            {
                "text": question.text,
                "options": options(question),
                "pick": pick,
                "counts": [list(tally).count(j) for j in range(len(question.cuts) + 1)] if tally is not None else None,
                "answer": found[k] if found and done else None,
                "waits": done and not found,
            }
        )

    def press(name: str) -> None:
        question, option = (int(part) for part in str(name).split("."))
        taken.on_pick(question, option)

    with Box():
        Problem(problem)
        Html("quiz", rows=rows, asks=taken.asks and not taken.solved, on_press=press)


@solara.component
def RunStep(lesson: Lesson, step: str, taken: Taken, after: tuple[str, str] | None) -> None:
    """Show the runs of a lesson beside the weeks to look at, or beside the explanation."""
    # A week that is pressed holds until the one who leads goes elsewhere.
    seek, set_seek = solara.use_state((None, None))

    def seek_week(week: str) -> None:
        # Pressed again, it leads there again.
        set_seek(lambda last: ({"week": int(week) - 1, "press": (last[0] or {"press": 0})["press"] + 1}, taken.clock))

    labels = [scenario.title for scenario in lesson.runs]
    played, batches, problem = use_batches(lesson, lambda stop: [work.playback(one, stop) for one in lesson.runs])
    last = {"week": lesson.watch[-1][0] - 1} if step == "explain" and lesson.watch else None
    crowd = bars(lesson, taken.crowd)
    with Box("cv-lesson"):
        with Box("cv-card"):
            with Place():
                if taken.crowd:
                    Html("crowd", **crowd_of(lesson, taken.crowd, batches))
            Html(
                "lesson_step",
                on_press=seek_week,
                lesson=lesson,
                step=step,
                guess=None if taken.guess is None else percent(taken.guess),
                outcome=outcome(lesson, taken.guess, played, batches) if played else "",
                next=after,
                asks=taken.asks,
            )
        with Box():
            Stage(
                played,
                labels,
                problem,
                "The organisation is being simulated …",
                batches=batches,
                guess={
                    "measures": list(lesson.measures),
                    "value": taken.guess,
                    "reveal": step == "run",
                    "crowd": [[b["low"], b["high"], b["share"]] for b in crowd],
                },
                go_to=seek[0] if seek[0] and seek[1] == taken.clock else taken.clock or last,
                leads=taken.on_clock is not None,
                event_lead=taken.on_clock or widgets.ignore,
            )
            if step == "explain" and batches and len(batches) > 1:
                verdicts = [verdict(name, *batches) for name in lesson.matched]
                with Box("cv-card cv-below", tag="section"):
                    Html("matched", labels=labels, verdicts=verdicts, runs=len(batches[0].seeds))


def outcome(lesson: Lesson, guess: float | None, played: list[Playback], batches: list[work.Batch] | None) -> str:
    """Return how the guess compares with the run on screen and with matched runs."""
    name, which = lesson.measures[0], lesson.guess_of
    about = MEASURES[name]
    words = f"{about.label}: this run ends at {percent([v for v in played[which].paths[name] if v is not None][-1])}"
    if guess is not None:
        words += f"; you guessed {percent(guess)}"
    if batches:
        scale, e = scale_of(about.unit), estimate(batches[which].last_year[name], bounds=about.bounds)
        words += f". Over {e.n} runs with different seeds, the mean of the last year is {scale.text(e.mean)} ({scale.between(e.low, e.high)})"
    return words + "."


# -- guesses of a class --------------------------------------------------------------------------------------------------

BAR = 0.05
"""Width of a bar of a histogram of guesses."""


def bars(lesson: Lesson, crowd: Sequence[float]) -> list[dict[str, Any]]:
    """Return the histogram of guesses: ends and count of each bar, and its count as a share of the largest."""
    if not crowd:
        return []
    n = max(1, round((lesson.high - lesson.low) / BAR))
    counts = [0] * n
    for guess in crowd:
        # Guesses are whole per cents: one between two bars belongs to the upper one.
        counts[min(n - 1, int((guess - lesson.low) / BAR + 1e-9))] += 1
    ends = [(round(lesson.low + BAR * k, 4), round(lesson.low + BAR * (k + 1), 4)) for k in range(n)]
    return [
        {"low": low, "high": high, "count": count, "share": count / max(counts)}
        for (low, high), count in zip(ends, counts, strict=True)
    ]


def crowd_of(lesson: Lesson, crowd: Sequence[float], batches: list[work.Batch] | None) -> dict[str, Any]:
    """Return the guesses of a class as a template shows them, with the result where it is there."""
    ordered = sorted(crowd)
    quarters = [ordered[round(q * (len(ordered) - 1))] for q in (0.25, 0.5, 0.75)]
    words = f"{len(ordered)} guesses: half of them from {percent(quarters[0])} to {percent(quarters[2])}, in the middle {percent(quarters[1])}"
    result = None
    if batches:
        result = float(batches[lesson.guess_of].last_year[lesson.measures[0]].mean())
        words += f". The mean of {len(batches[0].seeds)} runs is {percent(result)}"
    return {
        "bars": bars(lesson, ordered),
        "words": words + ".",
        "result": result,
        "low": lesson.low,
        "high": lesson.high,
        "label": MEASURES[lesson.measures[0]].label,
    }
