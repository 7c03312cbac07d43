"""The room of a class: what the teacher has on all screens, and what devices have answered, without names.

There is one room at most, in memory: it is opened by ``civicsim app --class``, bounded, and gone when it is closed. A device
is known by the random number of its cookie, which never leaves the room.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from civicsim.app.lessons import GUESS, STEPS, Lesson

MOST_DEVICES = 120
"""Devices that a room takes. Assumption: the largest class, with two devices for some."""
LEAST_GUESSES = 3
"""With fewer guesses a histogram would show those who have guessed what the other one did."""
ANSWERS = "answers"
"""Step of a class after the quiz, in which the right answers are shown."""
CLASS_STEPS = (*STEPS, (ANSWERS, "Answers"))
_LETTERS = "BCDFGHJKMNPQRTVWXYZ2346789"
_CODE, _TOKEN = 5, 16


@dataclass(frozen=True)
class Stage:
    """What all screens of a class show.

    Attributes
    ----------
    lesson : Lesson or None
        None until the teacher has chosen one.
    step : str
        Key of :data:`CLASS_STEPS`.
    clock : dict or None
        Where the players are, as :func:`civicsim.app.widgets.Player` reports and takes it.
    """

    lesson: Lesson | None = None
    step: str = STEPS[0][0]
    clock: dict[str, Any] | None = None


class Room:
    """One class.

    Attributes
    ----------
    address : str
        Where devices reach it; without the code.
    code, token : str
        What lets a device in, and what lets the teacher in.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
        self.token = secrets.token_urlsafe(_TOKEN)
        self._changed = threading.Condition(threading.RLock())
        self._version = 0
        self._stage = Stage()
        self._teachers: set[str] = set()
        self._devices: dict[str, dict[tuple[str, int], float]] = {}

    @property
    def join(self) -> str:
        """Address that leads a device into the room."""
        return f"{self.address}/class/{self.code}"

    @property
    def stage(self) -> Stage:
        """What all screens show."""
        return self._stage

    def admits(self, code: str) -> bool:
        """Return whether a code is that of the room, whatever its case."""
        return secrets.compare_digest(code.strip().upper().encode(), self.code.encode())

    def teaches(self, device: str, token: str = "") -> bool:
        """Return whether a device is the teacher's; the token makes it so, for as long as there is the room."""
        if token and secrets.compare_digest(token.encode(), self.token.encode()):
            self._teachers.add(device)
        return device in self._teachers

    def enter(self, device: str) -> bool:
        """Let a device in, and return whether there is room."""
        with self._changed:
            if device not in self._devices:
                if len(self._devices) >= MOST_DEVICES:
                    return False
                self._devices[device] = {}
                self._tell()
        return True

    @property
    def devices(self) -> int:
        """How many devices have come."""
        return len(self._devices)

    def lead(self, **changes: Any) -> None:
        """Change what all screens show; another lesson begins at its first step, and each step at its own week."""
        with self._changed:
            if "lesson" in changes:
                self._stage = Stage()
            if "step" in changes:
                changes.setdefault("clock", None)
            self._stage = replace(self._stage, **changes)
            self._tell()

    def answer(self, device: str, item: int, value: float) -> None:
        """Keep a guess, or an option of the quiz, for the lesson on screen, in the step that asks for it; later is ignored."""
        with self._changed:
            # Without the answers that were forgotten a device that is still there has to come in again.
            lesson, own = self._stage.lesson, self._devices[device] if self.enter(device) else None
            if lesson is None or own is None:
                return
            if item == GUESS and self._stage.step == "predict" and value == value:
                own[lesson.name, item] = min(max(float(value), lesson.low), lesson.high)
            elif self._stage.step == "quiz" and item in range(len(lesson.quiz)):
                if value not in range(len(lesson.quiz[item].cuts) + 1):
                    return
                own[lesson.name, item] = int(value)
            self._tell()

    def own(self, device: str) -> dict[int, float]:
        """Return what a device has answered in the lesson on screen, by item."""
        name = self._stage.lesson.name if self._stage.lesson else ""
        with self._changed:
            return {item: value for (of, item), value in self._devices.get(device, {}).items() if of == name}

    def answers(self, item: int) -> list[float]:
        """Return what all have answered to an item of the lesson on screen, in order of size."""
        name = self._stage.lesson.name if self._stage.lesson else ""
        with self._changed:
            return sorted(own[name, item] for own in self._devices.values() if (name, item) in own)

    def sheets(self, lesson: str) -> list[dict[int, float]]:
        """Return the answers of each device that has given any in a lesson, in no order that tells which device it was."""
        with self._changed:
            every = [{item: v for (of, item), v in own.items() if of == lesson} for own in self._devices.values()]
        return sorted(filter(None, every), key=lambda sheet: sorted(sheet.items()))

    def forget(self) -> None:
        """Forget all answers and devices, and return to the beginning; those who are there come in again."""
        with self._changed:
            self._devices.clear()
            self._stage = Stage()
            self._tell()

    def wait(self, seen: Hashable, seconds: float) -> Hashable:
        """Wait until something has changed since ``seen``, which an earlier call returned, and return what to pass next."""
        with self._changed:
            if self._version == seen:
                self._changed.wait(seconds)
            return self._version

    def _tell(self) -> None:
        self._version += 1
        self._changed.notify_all()


_open: list[Room] = []


def open_room(address: str) -> Room:
    """Open the room of this server, in place of one that was open."""
    _open[:] = [Room(address)]
    return _open[0]


def close_room() -> None:
    """Close the room: it is gone with all that was in it, and its screens learn that it is."""
    for room in _open:
        room.forget()
    _open.clear()


def the_room() -> Room | None:
    """Return the room of this server, or None."""
    return _open[0] if _open else None
