"""A class: what students see on their devices, what the projector shows, and the view from which the teacher leads."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import solara
from markupsafe import Markup

from civicsim.app import statements, widgets, work
from civicsim.app.files import File, Files, csv_text
from civicsim.app.frame import Html, Place, Text
from civicsim.app.history import Playback
from civicsim.app.lessons import DRAFT, GUESS, Lesson, lessons
from civicsim.app.pages.lesson import Materials, Step, Taken, crowd_of, outcome, use_batches
from civicsim.app.pages.making import drafted
from civicsim.app.quiz import answered
from civicsim.app.room import ANSWERS, CLASS_STEPS, LEAST_GUESSES, MOST_DEVICES, Room, Stage, close_room, the_room
from civicsim.extras import install

TEACH, SCREEN = "teach", "screen"
"""Last part of the address of the teacher's view, and of the screen that a projector shows."""
PAUSE = 0.3
"""Seconds between two changes that a screen takes: thirty guesses in a second are shown at once."""
_REVEALED = ("run", "explain")
"""Steps in which a class sees its guesses."""


def qr_picture(text: str) -> Markup:
    """Return a QR code as a drawing; nothing where the package that makes it is not installed."""
    try:
        import segno
    except ImportError:
        return Markup("")
    drawn = segno.make(text, error="m", micro=False)
    return Markup(drawn.svg_inline(border=2, dark="#1b2733", light="#ffffff", omitsize=True, svgclass="cv-qr"))


def use_room[T](room: Room, view: Callable[[], T]) -> T:
    """Return what ``view`` sees of a room, anew whenever it has changed."""
    seen, set_seen = solara.use_state(view())

    def begin() -> Callable[[], None]:
        stop = threading.Event()

        def follow() -> None:
            at = None
            while not stop.is_set():
                now = room.wait(at, 1.0)
                if now != at and not stop.is_set():
                    at = now
                    set_seen(view())
                    stop.wait(PAUSE)

        threading.Thread(target=follow, daemon=True).start()
        return stop.set

    solara.use_effect(begin, [])
    return seen


@solara.component
def Classroom(code: str = "", view: str = "") -> None:
    """Show the class: the entrance, a device, the projector's screen, or the teacher's view."""
    router = solara.use_router()
    room = the_room()
    tried, set_tried = solara.use_state("")
    device = solara.get_session_id()
    token = parse_qs((router.search or "").lstrip("?")).get("token", [""])[0]
    if room is None:
        Text("h1", "Class")
        Text(
            "p",
            "No class is running here, or it has ended: nothing of it is kept. A teacher starts one with civicsim app --class.",
            class_="cv-note",
        )
    elif code == TEACH:
        if room.teaches(device, token):
            widgets.BareAddress()
            Teacher(room)
        else:
            Text("h1", "For the teacher")
            Text("p", "This view opens with the address that the teacher’s terminal shows.", class_="cv-note")
    elif not room.admits(code):
        wrong = tried or code
        problem = f"There is no class “{wrong[:12]}” here; the teacher’s screen shows the code." if wrong else ""

        def enter(given: Any) -> None:
            if room.admits(str(given)):
                router.push(f"/class/{room.code}")
            else:
                set_tried(str(given))

        widgets.Entrance(problem=problem, event_enter=enter)
    elif view == SCREEN:
        Screen(room)
    elif room.enter(device):
        Device(room, device)
    else:
        Text("h1", "Class")
        Text("p", f"The room is full: it admits {MOST_DEVICES} devices. Share a neighbour’s screen.", class_="cv-note")


def enough(crowd: list[float]) -> list[float]:
    """Return guesses where they are enough to tell no one's, otherwise none."""
    return crowd if len(crowd) >= LEAST_GUESSES else []


def label_of(step: str) -> str:
    """Return the label of a step."""
    return dict(CLASS_STEPS)[step]


@solara.component
def Device(room: Room, device: str) -> None:
    """Show a student what the teacher has on all screens, and take guess and answers."""

    def see() -> tuple[Stage, dict[int, float], list[float], bool]:
        stage = room.stage
        shown = stage.step in _REVEALED
        return stage, room.own(device), enough(room.answers(GUESS)) if shown else [], the_room() is room

    stage, own, crowd, runs = use_room(room, see)
    lesson = stage.lesson
    if not runs or lesson is None:
        words = (
            "You have joined. The lesson begins when the teacher starts it."
            if runs
            else "The class has ended. Nothing of it is kept."
        )
        Text("h1", "Class")
        Text("p", words, class_="cv-card")
        return
    Text("h1", f"{lesson.title}: {label_of(stage.step).lower()}")
    taken = Taken(
        guess=own.get(GUESS),
        picks={item: int(value) for item, value in own.items() if item != GUESS},
        solved=stage.step == ANSWERS,
        crowd=crowd,
        clock=stage.clock,
        on_guess=lambda value: room.answer(device, GUESS, value),
        on_pick=lambda question, option: room.answer(device, question, option),
    )
    Step(lesson, stage.step, taken)


@solara.component
def Screen(room: Room) -> None:
    """Show the projector's screen: how to come in, then what is on all screens, with counts instead of questions."""

    def see() -> tuple[Stage, int, list[float], dict[int, list[float]], bool]:
        lesson = room.stage.lesson
        tallies = {k: room.answers(k) for k in range(len(lesson.quiz))} if lesson else {}
        return room.stage, room.devices, room.answers(GUESS), tallies, the_room() is room

    stage, devices, guesses, tallies, runs = use_room(room, see)
    lesson, step = stage.lesson, stage.step
    if not runs:
        Text("h1", "The class has ended")
    elif lesson is None:
        Html("class_wait", room=room, devices=devices, qr=qr_picture(room.join))
    else:
        Text("h1", f"{lesson.title}: {label_of(step).lower()}")
        if step in ("predict", "quiz"):
            done = len(guesses) if step == "predict" else max(map(len, tallies.values()), default=0)
            Text("p", f"{done} of {devices} devices have answered. Code: {room.code}", class_="cv-count")
        solved = step == ANSWERS
        crowd = enough(guesses) if step in _REVEALED else []
        taken = Taken(asks=False, solved=solved, crowd=crowd, tallies=tallies if solved else None, clock=stage.clock)
        Step(lesson, step, taken)
    if lesson is None or step not in _REVEALED:
        widgets.Projector(on=True)


@solara.component
def Teacher(room: Room) -> None:
    """Show the teacher's view: what is on all screens, what the class has answered, notes, and files."""

    def see() -> tuple[Stage, int, list[float], dict[int, list[float]]]:
        lesson = room.stage.lesson
        tallies = {k: room.answers(k) for k in range(len(lesson.quiz))} if lesson else {}
        return room.stage, room.devices, room.answers(GUESS), tallies

    stage, devices, guesses, tallies = use_room(room, see)
    lesson, step = stage.lesson, stage.step
    own = drafted()
    offered = [*lessons().values(), *([own] if own else [])]
    ended, end = solara.use_state(False)

    def press(name: str) -> None:
        what, _, which = str(name).partition(":")
        if what == "lesson":
            chosen = own if which == DRAFT else lessons().get(which)
            if chosen is not None:
                room.lead(lesson=chosen)
        elif what == "step" and which in dict(CLASS_STEPS):
            room.lead(step=which)
        elif what == "again":
            room.forget()
        elif what == "end":
            close_room()
            end(True)

    if ended:
        Text("h1", "The class has ended")
        Text("p", "All guesses and answers are gone. civicsim app --class starts another.", class_="cv-card")
        return
    Html(
        "class_teach",
        class_="cv-apart",
        on_press=press,
        room=room,
        qr=qr_picture(room.join),
        install=install("class"),
        devices=devices,
        lessons=offered,
        lesson=lesson,
        step=step,
        steps=CLASS_STEPS,
        guesses=len(guesses),
        answers=[len(tallies.get(k, ())) for k in range(len(lesson.quiz))] if lesson else [],
        screen=SCREEN,
    )
    if lesson is None:
        return
    crowd = enough(guesses) if step in _REVEALED else []
    with Place():
        if len(guesses) >= LEAST_GUESSES and not crowd:
            Html("crowd", class_="cv-card", **crowd_of(lesson, guesses, None))
    solved = step in ("quiz", ANSWERS)
    # Its own player is not led by what it has itself reported.
    taken = Taken(
        asks=False, solved=solved, crowd=crowd, tallies=tallies, on_clock=lambda clock: room.lead(clock=_clock(clock))
    )
    Prepared(lesson)
    Step(lesson, step, taken)
    AnswerFiles(room, lesson)
    Materials(lesson)


@solara.component
def Prepared(lesson: Lesson) -> None:
    """Have the runs of a lesson simulated and packed before the class asks for them, and tell how they end."""

    def pack(stop: Callable[[], bool]) -> list[Playback]:
        played = [work.playback(one, stop) for one in lesson.runs]
        for one in played:
            one.payload("", "")
        return played

    played, batches, problem = use_batches(lesson, pack)
    ready = played and batches and len(batches[0].seeds) == work.MANY
    words = (
        f"All runs are ready. {outcome(lesson, None, played, batches)}" if ready else "The runs are being simulated …"
    )
    Text("p", problem or words, class_="soft")


def _clock(given: Any) -> dict[str, Any]:
    """Return where a player is, as it reports it."""
    clock = dict(given)
    return {
        "week": int(clock["week"]),
        "play": bool(clock["play"]),
        "speed": int(clock["speed"]),
        "state": str(clock["state"])[:40],
        "measure": str(clock["measure"])[:40],
    }


@solara.component
def AnswerFiles(room: Room, lesson: Lesson) -> None:
    """Hand out what the class has answered."""

    def found() -> Any:
        return answered(lesson, [work.batch(scenario, work.MANY) for scenario in lesson.runs])

    def table() -> str:
        rows = statements.rows(lesson, room.sheets(lesson.name), found())
        about = f", answers of a class to “{lesson.title}”; no names were asked for"
        return csv_text(pd.DataFrame(rows, columns=["device", "item", "question", "answer", "right"]), about)

    def xapi() -> str:
        made = statements.statements(lesson, room.sheets(lesson.name), found(), room.address, datetime.now(UTC))
        return json.dumps(made, ensure_ascii=False, indent=1)

    name = f"answers-{lesson.name}"
    files = [File(f"{name}.csv", table, "Table (CSV)"), File(f"{name}.json", xapi, "Statements (xAPI)")]
    Files("Answers of the class", files, link=False)
