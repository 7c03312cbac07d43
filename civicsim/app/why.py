"""Why did this change? Computed when a visitor asks, in the background, and shown with the causal map of the model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import solara
from markupsafe import Markup

from civicsim.app import widgets, work
from civicsim.app.frame import Box, Html, Text
from civicsim.app.hooks import Show, use_latest
from civicsim.app.turns import Superseded
from civicsim.app.words import COMPARED
from civicsim.experiment.causes import name_of, passed_on
from civicsim.experiment.why import STEPS, Why, why
from civicsim.model.measures import MEASURES
from civicsim.model.simulating import threads_available
from civicsim.model.week import WEEK
from civicsim.report.why import OVERLAP, part_text, why_lines, why_svg
from civicsim.scenario.scenario import Scenario

_FOUND = work.Kept(5_000_000, lambda found: 50_000)
"""What was explained to any visitor."""
TOLD = 0.05
"""Share of a step after which progress is shown again."""


def explain(before: Scenario, after: Scenario, measure: str, stop: Callable[[], bool], show: Show) -> Why:
    """Return why a measure differs, and show how far the work has got; it ends when no one waits for it."""
    told = (-1, 0.0)

    def make() -> Why:
        with work.turn(before, work.MANY, stop) as over:

            def tell(step: int, share: float) -> None:
                nonlocal told
                if over():
                    raise Superseded
                if (step, share) >= (told[0], told[1] + TOLD):
                    told = step, share
                    show(f"Step {step + 1} of {len(STEPS)}, {STEPS[step]}: {100 * share:.0f} %")

            # One thread is left to those who move levers meanwhile.
            threads = max(1, threads_available() - 1)
            return why(before, after, measure, work.MANY, threads=threads, progress=tell)

    show("Waiting for its turn.")
    found: Why = _FOUND.get((work.asked_as(before), work.asked_as(after), measure), make, stop)
    return found


def lit_by(found: Why) -> list[list[str]]:
    """Return the links of a chain as pairs of mechanisms, to be lit on the map."""
    return [[link.source, link.target] for link in found.chain if link.source]


@cache
def map_data() -> dict[str, Any]:
    """Return mechanisms in the order of the week, and what each passes on to others, as declared."""
    links = [
        {"source": one, "target": other, "words": [name_of(column) for column in columns]}
        for (one, other), columns in passed_on(WEEK).items()
    ]
    return {"nodes": [{"name": process.name, "title": process.title} for process in WEEK], "links": links}


@solara.component
def CausalMap(lit: list[list[str]] | None = None) -> None:
    """Show the causal map of the model, with some links lit."""
    widgets.Map(**map_data(), lit=lit or [])


@solara.component
def WhyPanel(before: Scenario, after: Scenario | None = None) -> None:
    """Explain, when asked, why a measure differs between current practice and a choice."""
    asked, ask = solara.use_state(None)

    def compute(stop: Callable[[], bool], show: Show) -> None:
        if asked is not None:
            one, other, measure = asked
            show(explain(one, other, measure, stop, show))

    found, of, problem = use_latest(compute, [asked])
    shown = found if asked is not None and of == [asked] else None
    done = shown if isinstance(shown, Why) else None

    def press(name: str) -> None:
        if after is not None:
            ask((before, after, name))

    with Box("cv-card cv-below cv-why", tag="section"):
        Html(
            "why",
            on_press=press,
            measures=[(name, MEASURES[name].label) for name in COMPARED],
            pressed=asked[2] if asked else "",
            ready=after is not None,
            stale=asked is not None and asked[:2] != (before, after),
            problem=problem if of == [asked] else "",
            progress=shown if isinstance(shown, str) else "",
            waiting=asked is not None and shown is None,
            lines=why_lines(done) if done else [],
            picture=Markup(why_svg(done)) if done and done.chain else "",
            parts=[(part.title, part_text(done, part)) for part in done.parts] if done else [],
            overlap=OVERLAP,
        )
        with Box("cv cv-below", tag="details"):
            Text("summary", "Causal map of the model: what each mechanism reads and passes on")
            CausalMap(lit_by(done) if done else None)
