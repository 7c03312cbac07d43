"""Make a lesson on the page: a form over the contents of its file, tried at once, and saved as a file."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

import solara
import tomli_w

from civicsim.app import widgets
from civicsim.app.common import event_rows, style_list
from civicsim.app.files import File, Files
from civicsim.app.frame import Box, Heading
from civicsim.app.lessons import DRAFT, Lesson, lessons, parse_lesson
from civicsim.app.remembered import remember
from civicsim.app.state import chosen
from civicsim.app.words import KEPT, PATHS
from civicsim.errors import ScenarioError
from civicsim.experiment.wording import value_text
from civicsim.model.measures import MEASURES
from civicsim.scenario.scenario import PARAMETERS, Scenario
from civicsim.scenario.toml import parse_toml

MOST_CHARACTERS = 60_000
"""Longest lesson that the page takes from a visitor; the shipped ones have a tenth of it."""
FILE = "this lesson"


@dataclass(frozen=True)
class Draft:
    """The lesson that a visitor makes: its text, and how many texts came from elsewhere than from its form."""

    text: str = ""
    number: int = 0


draft: solara.Reactive[Draft] = solara.reactive(Draft())
"""The visitor's lesson; kept apart for each visitor, and nowhere else but in the browser tab."""


def _read(text: str) -> tuple[dict[str, Any], Lesson | None, str]:
    """Return the contents of a lesson's text, the lesson if it is one, and otherwise why it is none."""
    contents: dict[str, Any] = {}
    try:
        contents = parse_toml(text, FILE)
        return contents, parse_lesson(text, DRAFT, FILE), ""
    except ScenarioError as error:
        return contents, None, str(error)


def drafted() -> Lesson | None:
    """Return the visitor's own lesson, or None where there is none that is complete."""
    return _read(draft.value.text)[1]


def read_draft(found: Any) -> Draft:
    """Return the lesson that a browser tab remembered, which its form does not show yet."""
    try:
        text = tomli_w.dumps(dict(found))
    except (TypeError, ValueError):
        text = ""
    return Draft(text if len(text) <= MOST_CHARACTERS else "", 1)


remember("draft", draft, read_draft, lambda draft: _read(draft.text)[0])


def run_block(scenario: Scenario, label: str) -> dict[str, Any]:
    """Return a scenario as a run of a lesson: its style, the levers that differ from it, and its events."""
    usual = Scenario.preset(scenario.style, scenario.kind).levers
    changes = {
        f"levers.{field.name}": getattr(scenario.levers, field.name)
        for field in dataclasses.fields(usual)
        if getattr(scenario.levers, field.name) != getattr(usual, field.name)
    }
    events = parse_toml(scenario.to_toml(), "scenario").get("interventions", [])
    block: dict[str, Any] = {"label": label, "style": scenario.style, "seed": scenario.seed}
    return block | ({"set": changes} if changes else {}) | ({"interventions": events} if events else {})


def about_run(run: Scenario) -> str:
    """Return in words what a run sets otherwise than its style, and its events; "" where there is nothing."""
    changes = Scenario.preset(run.style, run.kind).diff(run).items()
    known = [(PARAMETERS[key], now) for key, (_, now) in changes if key in PARAMETERS and not key.startswith("habits.")]
    found = [f"{about.label}: {value_text(now, about)}" for about, now in known]
    return "; ".join(found + [f"{row['title']} in week {row['week']}" for row in event_rows(run)])


@solara.component
def MakeLesson() -> None:
    """Show the visitor's lesson as a form, with what is wrong in it."""
    router = solara.use_router()
    first = next(iter(lessons().values()), None)
    text = draft.value.text or (first.source if first else "")
    note, set_note = solara.use_state("")
    contents, lesson, problem = _read(text)

    def take(text: str, fault: str = "", shown: bool = False) -> None:
        """Take the text of a lesson unless something is wrong with it; the form may show it already."""
        if len(text) > MOST_CHARACTERS:
            fault = f"A lesson has at most {MOST_CHARACTERS:,} characters."
        set_note(fault)
        if not fault:
            draft.set(Draft(text, draft.peek().number + (not shown)))

    def change(what: Any) -> None:
        try:
            take(tomli_w.dumps(dict(what)), shown=True)
        except (TypeError, ValueError):
            set_note("This form cannot be read.")

    def from_explore(which: Any) -> None:
        runs = copy.deepcopy(contents.get("runs", []))
        k = int(which)
        if k < len(runs):
            runs[k] = run_block(chosen.peek().scenario, str(runs[k].get("label", "")))
            take(tomli_w.dumps(contents | {"runs": runs}))

    Heading(
        "Make a lesson",
        "Change what you like, try it, and save it as a file. This browser tab keeps it until it is closed.",
    )
    widgets.Maker(
        contents=contents,
        number=draft.value.number,
        lessons=[{"name": one.name, "title": one.title} for one in lessons().values()],
        measures=[{"name": name, "label": f"{MEASURES[name].label} ({MEASURES[name].unit})"} for name in KEPT],
        paths=list(PATHS),
        styles=style_list(),
        abouts=[about_run(run) for run in lesson.runs] if lesson else [],
        problem=note or problem,
        event_change=change,
        event_copy=lambda name: take(lessons()[str(name)].source if str(name) in lessons() else text),
        # A file has to be complete, so that the form has a place for all of it.
        event_open=lambda given: take(str(given), _read(str(given))[2]),
        event_take=from_explore,
        event_begin=lambda _: router.push(f"/lessons/{DRAFT}/read"),
    )
    if lesson is not None:
        with Box():
            Files("Save", [File("lesson.toml", lambda: text, "Lesson file (TOML)")], link=False)
