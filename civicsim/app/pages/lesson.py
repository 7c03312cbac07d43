"""Lessons: the list, and each lesson step by step."""

from collections.abc import Callable

import solara

from civicsim.app import widgets, work
from civicsim.app.common import Stage
from civicsim.app.frame import Box, Html, Text
from civicsim.app.history import Playback
from civicsim.app.hooks import Show, use_latest
from civicsim.app.lessons import STEPS, Lesson, lessons
from civicsim.app.verdicts import verdict
from civicsim.app.words import unbroken
from civicsim.experiment.statistics import estimate
from civicsim.model.measures import MEASURES
from civicsim.report.words import percent, scale_of

guesses: solara.Reactive[dict[str, float]] = solara.reactive({})
"""The visitor's predictions, by lesson."""


@solara.component
def Lessons(name: str = "", step: str = "read") -> None:
    """Show the list of lessons, or one of them."""
    lesson = lessons().get(name)
    if lesson is None:
        if name:
            Text("p", f"There is no lesson “{name[:60]}”; these are the lessons.", class_="cv-note")
        Html("lessons", class_="cv-apart", lessons=lessons().values())
    elif step == "handout":
        Html("handout", lesson=lesson)
    else:
        OneLesson(lesson, step if step in dict(STEPS) else "read")


@solara.component
def OneLesson(lesson: Lesson, step: str) -> None:
    """Show one step of a lesson."""
    guess = guesses.value.get(lesson.name)
    Html("lesson_head", class_="cv-apart", lesson=lesson, steps=STEPS, step=step)
    if step in ("run", "explain"):
        RunStep(lesson, step, guess)
        return
    with Box("cv-card cv-prose"):
        if step == "predict":
            widgets.Guess(
                low=lesson.low,
                high=lesson.high,
                value=guess,
                question=unbroken(lesson.question),
                event_set_guess=lambda value: guesses.set(guesses.value | {lesson.name: float(value)}),
            )
        Html("lesson_step", lesson=lesson, step=step, next=_after(step))


def _after(step: str) -> tuple[str, str] | None:
    """Return key and label of the next step, or None."""
    return dict(zip(dict(STEPS), STEPS[1:], strict=False)).get(step)


@solara.component
def RunStep(lesson: Lesson, step: str, guess: float | None) -> None:
    """Show the runs of a lesson beside the weeks to look at, or beside the explanation."""
    seek, set_seek = solara.use_state(None)

    def simulate(stop: Callable[[], bool], show: Show) -> None:
        playbacks = [work.playback(scenario, stop) for scenario in lesson.runs]
        show((playbacks, None))
        for runs in (work.FEW, work.MANY):
            show((playbacks, [work.batch(scenario, runs, stop) for scenario in lesson.runs]))

    labels = [scenario.title for scenario in lesson.runs]
    found, _, problem = use_latest(simulate, [lesson.name])
    played, batches = found or (None, None)
    with Box("cv-lesson"):
        Html(
            "lesson_step",
            class_="cv-card",
            on_press=lambda week: set_seek({"week": int(week) - 1}),
            lesson=lesson,
            step=step,
            guess=None if guess is None else percent(guess),
            outcome=outcome(lesson, guess, played, batches) if played else "",
            next=_after(step),
        )
        with Box():
            Stage(
                played,
                labels,
                problem,
                "The organisation is being simulated …",
                batches=batches,
                guess={"measures": list(lesson.measures), "value": guess, "reveal": step == "run"},
                go_to=seek or ({"week": lesson.watch[-1][0] - 1} if step == "explain" and lesson.watch else None),
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
