"""Lessons: the list, and each lesson step by step."""

from collections.abc import Callable
from typing import Any

import solara

from civicsim.app import widgets, work
from civicsim.app.common import player_words
from civicsim.app.frame import Button, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.lessons import STEPS, Lesson, lessons
from civicsim.app.pages.explore import tell
from civicsim.app.verdicts import verdict
from civicsim.experiment.statistics import estimate
from civicsim.model.measures import MEASURES
from civicsim.report.words import percent, scale_of

guesses: solara.Reactive[dict[str, float]] = solara.reactive({})
"""The visitor's predictions, by lesson."""
HANDOUT = "handout"


@solara.component
def Lessons(name: str = "", step: str = "read") -> None:
    """Show the list of lessons, or one of them."""
    lesson = lessons().get(name)
    if lesson is None:
        if name:
            Text("p", f"There is no lesson “{name[:60]}”; these are the lessons.", class_="cv-note")
        Overview()
    elif step == HANDOUT:
        Handout(lesson)
    else:
        OneLesson(lesson, step if step in dict(STEPS) else "read")


@solara.component
def Overview() -> None:
    """Show all lessons as tiles."""
    router = solara.use_router()
    Text("h1", "Lessons")
    Text(
        "p",
        "Each lesson covers one idea in ten to twenty minutes: read, predict, run, explain. Guess before you look: most of the learning happens there.",
        class_="soft",
    )
    with solara.v.Html(tag="div", class_="cv-cards"):
        for lesson in lessons().values():
            widgets.Go(
                path=f"/lessons/{lesson.name}",
                class_="cv-card cv-tile",
                event_go=router.push,
                title=lesson.title,
                text=lesson.summary,
                small=f"{lesson.minutes} minutes",
            )


@solara.component
def OneLesson(lesson: Lesson, step: str) -> None:
    """Show one step of a lesson."""
    router = solara.use_router()
    place = [key for key, _ in STEPS].index(step)

    def go(key: str) -> None:
        router.push(f"/lessons/{lesson.name}/{key}")

    guess = guesses.value.get(lesson.name)
    with solara.v.Html(tag="div", class_="cv-between"):
        Text("h1", lesson.title)
        widgets.Go(
            path=f"/lessons/{lesson.name}/{HANDOUT}",
            words="Printable handout and teacher notes",
            class_="",
            event_go=router.push,
        )
    with solara.v.Html(tag="nav", attributes={"aria-label": "Steps of the lesson"}):
        widgets.Steps(
            steps=[
                {"path": f"/lessons/{lesson.name}/{key}", "label": label, "here": key == step} for key, label in STEPS
            ],
            event_go=router.push,
        )
    if step in ("run", "explain"):
        RunStep(lesson, step, guess, go)
        return
    with solara.v.Html(tag="div", class_="cv-card cv-prose"):
        if step == "read":
            for words in lesson.read:
                Text("p", words)
        else:
            Text("h2", "Before you look, what do you expect?")
            Text("p", lesson.question)
            widgets.Guess(
                low=lesson.low,
                high=lesson.high,
                value=guess,
                label=lesson.question,
                event_set_guess=lambda value: guesses.set(guesses.value | {lesson.name: float(value)}),
            )
            Text("p", "Your guess stays on this page and is drawn over the result.", class_="soft")
        Button("Next: " + STEPS[place + 1][1].lower(), lambda: go(STEPS[place + 1][0]), first=True)


@solara.component
def RunStep(lesson: Lesson, step: str, guess: float | None, go: Callable[[str], None]) -> None:
    """Show the runs of a lesson beside the weeks to look at, or beside the explanation."""
    seek, set_seek = solara.use_state(None)
    picked, pick = solara.use_state(None)

    def simulate(stop: Callable[[], bool], show: Show) -> None:
        playbacks = [work.playback(scenario, stop) for scenario in lesson.runs]
        show((playbacks, None))
        for runs in (work.FEW, work.MANY):
            show((playbacks, [work.batch(scenario, runs, stop) for scenario in lesson.runs]))

    found, _, problem = use_latest(simulate, [lesson.name])
    played, batches = found or (None, None)
    payload = solara.use_memo(
        lambda: [one.payload(str(k), lesson.labels[k]) for k, one in enumerate(played)] if played else [],
        [played is None, lesson.name],
    )
    scene = solara.use_memo(lambda: played[0].scene.payload() if played else None, [played is None, lesson.name])
    with solara.v.Html(tag="div", class_="cv-lesson"):
        with solara.v.Html(tag="div", class_="cv-card"):
            if step == "run":
                Text("h2", "Press play, and watch")
                for week, words in lesson.watch:
                    with solara.v.Html(tag="p"):
                        Button(f"Week {week}", lambda week=week: set_seek({"week": week - 1}))
                        Text("span", " " + words)
                Text(
                    "p",
                    "You made no guess; go back a step to make one."
                    if guess is None
                    else f"Your guess: {percent(guess)}. It is drawn as a dotted line.",
                    class_="soft",
                )
                Button("Next: explain", lambda: go("explain"), first=True)
            else:
                Outcome(lesson, guess, played, batches)
                for words in lesson.explain:
                    Text("p", words)
                Text("h2", "Discuss")
                with solara.v.Html(tag="ol"):
                    for words in lesson.discuss:
                        Text("li", words)
                Text("h2", "What the model leaves out")
                with solara.v.Html(tag="ul"):
                    for words in lesson.left_out:
                        Text("li", words)
        with solara.v.Html(tag="div"):
            if problem:
                Text("p", problem, class_="cv-note")
            if played is None:
                Text("p", "The organisation is being simulated …", class_="cv-card")
            else:
                last = {"week": lesson.watch[-1][0] - 1} if step == "explain" and lesson.watch else None
                widgets.Player(
                    scene=scene,
                    runs=payload,
                    words=player_words(),
                    story=tell(played[0], picked),
                    guess={"measures": list(lesson.measures), "value": guess, "reveal": step == "run"},
                    go_to=seek or last,
                    event_choose=pick,
                )
                if step == "explain" and batches and len(batches) > 1:
                    Matched(lesson, batches)


@solara.component
def Outcome(lesson: Lesson, guess: float | None, played: Any, batches: Any) -> None:
    """Compare the guess with the run on screen and with matched runs."""
    if played is None:
        return
    name, which = lesson.measures[0], lesson.guess_of
    values = [v for v in played[which].paths[name] if v is not None]
    about = MEASURES[name]
    words = f"{about.label}: this run ends at {percent(values[-1])}"
    if guess is not None:
        words += f"; you guessed {percent(guess)}"
    if batches:
        scale, e = scale_of(about.unit), estimate(batches[which].last_year[name], bounds=about.bounds)
        words += f". Over {e.n} runs with different seeds, the mean of the last year is {scale.text(e.mean)} ({scale.between(e.low, e.high)})"
    Text("p", words + ".", class_="cv-note")


@solara.component
def Matched(lesson: Lesson, batches: list[Any]) -> None:
    """Show the differences between the two scenarios of a lesson over matched runs."""
    with solara.v.Html(tag="section", class_="cv-card", style_="margin-top:10px"):
        Text("h2", f"Could it be chance? {len(batches[0].seeds)} matched runs")
        Text("p", f"“{lesson.labels[1]}” compared with “{lesson.labels[0]}”, last year:", class_="soft")
        with solara.v.Html(tag="ul"):
            for name in lesson.matched:
                v = verdict(name, batches[0], batches[1])
                Text("li", f"{MEASURES[name].label}: {v.difference} – {v.word}")


@solara.component
def Handout(lesson: Lesson) -> None:
    """Show a whole lesson on one page, to be printed."""
    router = solara.use_router()
    with solara.v.Html(tag="article", class_="cv-card cv-prose"):
        Text("h1", lesson.title)
        Text("p", f"{lesson.summary} About {lesson.minutes} minutes.", class_="soft")
        _part("Read", lesson.read)
        _part("Predict", (f"{lesson.question} My guess: ________",))
        with solara.v.Html(tag="section"):
            Text("h2", "Run")
            with solara.v.Html(tag="ul"):
                for week, words in lesson.watch:
                    Text("li", f"Week {week}: {words}")
        _part("Explain", lesson.explain)
        _listed("Discuss", lesson.discuss, "ol")
        _listed("What the model leaves out", lesson.left_out, "ul")
        _listed("For teachers", lesson.teacher, "ul")
        with solara.v.Html(tag="p"):
            widgets.Go(path=f"/lessons/{lesson.name}", words="Open the lesson", class_="", event_go=router.push)


def _part(title: str, paragraphs: tuple[str, ...]) -> None:
    with solara.v.Html(tag="section"):
        Text("h2", title)
        for words in paragraphs:
            Text("p", words)


def _listed(title: str, items: tuple[str, ...], tag: str) -> None:
    with solara.v.Html(tag="section"):
        Text("h2", title)
        with solara.v.Html(tag=tag):
            for words in items:
                Text("li", words)
