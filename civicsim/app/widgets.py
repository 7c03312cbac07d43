"""The components of the page that are drawn in the browser; their templates are in ``components/``.

The functions here only declare what goes in and what comes back: Solara makes a widget of each.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import solara

Event = Callable[[Any], None]


def ignore(_: Any) -> None:
    """Do nothing with an event."""


@dataclass(frozen=True)
class Whole:
    """A value that goes to the browser as it is.

    Lists and dicts would be searched for elements and widgets, number by number, several times for each change of a page.
    """

    value: Any


def _to_json(given: Any, _: Any) -> Any:
    return given.value if isinstance(given, Whole) else given


def _drawn_by(name: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Make a component of a function that declares what a template takes; none of it is an element."""

    def decorate(declared: Callable[..., None]) -> Callable[..., Any]:
        names = [value for value in inspect.signature(declared).parameters if not value.startswith("event_")]
        make = solara.component_vue(f"components/{name}.vue", vuetify=False, to_json=dict.fromkeys(names, _to_json))
        component: Callable[..., Any] = make(declared)

        @functools.wraps(declared)
        def element(**values: Any) -> Any:
            return component(**{k: Whole(v) if isinstance(v, list | tuple | dict) else v for k, v in values.items()})

        return element

    return decorate


@_drawn_by("frame")
def Head(
    tabs: list[dict[str, str]],
    here: str,
    query: str | None,
    kept: dict[str, Any],
    event_go: Event,
    event_restore: Event,
) -> None:
    """Show the head of the page: its name and the tabs; keep in the browser tab what the link has no room for."""


@_drawn_by("levers")
def Levers(
    title: str,
    rows: list[dict[str, Any]],
    event_set_lever: Event,
    event_reset: Event,
    styles: Sequence[dict[str, str]] = (),
    style: str = "",
    hours: Sequence[dict[str, Any]] = (),
    hours_title: str = "",
    from_week: int | None = None,
    can_reset: bool = False,
    event_choose_style: Event = ignore,
) -> None:
    """Show levers as sliders, a few in front and the rest by groups."""


@_drawn_by("organisation")
def Organisation(
    text: str,
    kinds: list[dict[str, str]],
    kind: str,
    staff: int,
    team_size: int,
    own: bool,
    weeks: int,
    seed: int,
    typical: int,
    most: dict[str, int],
    least: dict[str, int],
    event_put: Event,
) -> None:
    """Show kind, size, weeks and seed of the organisation; ``own`` is one of a staff table."""


@_drawn_by("player")
def Player(
    scene: dict[str, Any] | None,
    runs: list[dict[str, Any]],
    words: dict[str, Any],
    story: dict[str, Any] | None = None,
    guess: dict[str, Any] | None = None,
    can_reseed: bool = False,
    busy: bool = False,
    go_to: dict[str, Any] | None = None,
    bands: dict[str, Any] | None = None,
    leads: bool = False,
    event_choose: Event = ignore,
    event_reseed: Event = ignore,
    event_lead: Event = ignore,
) -> None:
    """Play whole runs side by side on one clock; behind a single one lie the bands of its matched runs.

    One that ``leads`` reports where it is, for others to go to.
    """


@_drawn_by("actions")
def Actions(
    title: str,
    files: list[dict[str, str]],
    file: dict[str, Any] | None,
    waits: str,
    link: bool,
    event_fetch_file: Event,
    picture: bool = False,
    from_clock: bool = False,
    weeks: int = 1,
    shocks: Sequence[dict[str, str]] = (),
    dated: Sequence[dict[str, Any]] = (),
    event_put: Event = ignore,
    event_move: Event = ignore,
    event_remove: Event = ignore,
) -> None:
    """Show the time line of interventions and shocks, the link and the files; ``waits`` is the name of the one being made."""


@_drawn_by("bands")
def Bands(
    charts: list[dict[str, Any]],
    every: int,
    span: str,
    busy: bool,
    stamp: str,
    legend: list[dict[str, str]],
    dated: Sequence[dict[str, Any]] = (),
    about: str = "",
) -> None:
    """Show small charts with bands over matched runs, and over runs with other parameter sets."""


@_drawn_by("sides")
def Sides(styles: list[dict[str, str]], chosen: list[str], most: int, event_put: Event) -> None:
    """Choose the styles to compare."""


@_drawn_by("assumptions")
def Assumptions(rows: list[dict[str, Any]], statuses: dict[str, str]) -> None:
    """Show how many assumptions there are of each status, and every one with its source, to be searched."""


@_drawn_by("words")
def Words(html: str, class_: str, event_press: Event) -> None:
    """Show what a template has laid out, with links to other pages and buttons."""


@_drawn_by("guess")
def Guess(low: float, high: float, value: float | None, question: str, event_set_guess: Event) -> None:
    """Ask for a prediction."""


@_drawn_by("projector")
def Projector(on: bool = False) -> None:
    """Switch the view for a projector on and off; with ``on`` it is on at first."""


@_drawn_by("bare")
def BareAddress() -> None:
    """Take the query out of the address."""


@_drawn_by("entrance")
def Entrance(problem: str, event_enter: Event) -> None:
    """Ask for the code of a class."""


@_drawn_by("maker")
def Maker(
    contents: dict[str, Any],
    number: int,
    lessons: list[dict[str, str]],
    measures: list[dict[str, str]],
    paths: list[str],
    styles: list[dict[str, str]],
    abouts: list[str],
    problem: str,
    event_change: Event,
    event_copy: Event,
    event_open: Event,
    event_take: Event,
    event_begin: Event,
) -> None:
    """Show a lesson as a form, with what its runs change in words; the contents are taken over when their number changes."""


@_drawn_by("table")
def Table(
    measures: list[dict[str, str]],
    first: int,
    measure: str,
    unit: str,
    factors: list[str],
    rows: list[dict[str, Any]],
    event_choose: Event,
    event_open_point: Event,
) -> None:
    """Show the points of a study as a table and a heat map."""


@_drawn_by("form")
def Form(
    name: str,
    title: str,
    fields: Sequence[dict[str, Any]],
    buttons: Sequence[dict[str, Any]],
    event_press: Event,
    most_bytes: int = 0,
    event_chose: Event = ignore,
) -> None:
    """Show fields (numbers, choices, marks, files) and buttons; the first one is pressed by Enter."""


def field(name: str, label: str, kind: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """Return a field of a form: a "number", "select", "check" or "file"."""
    return {"name": name, "label": label, "kind": kind, "value": value, **more}


@_drawn_by("map")
def Map(nodes: list[dict[str, str]], links: list[dict[str, Any]], lit: list[list[str]]) -> None:
    """Show mechanisms and what each passes on, to be walked by mouse and keyboard."""
