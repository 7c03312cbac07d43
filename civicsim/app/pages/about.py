"""About: what the model is, what it assumes, and what it cannot tell."""

from __future__ import annotations

from collections import Counter
from typing import Any

import solara

import civicsim
from civicsim.app import widgets
from civicsim.app.frame import Text
from civicsim.engine.parameters import Parameter
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import PARAMETERS, SECTIONS

STATUS_WORDS = {
    "found": "found in the source named",
    "to be verified": "from a source at second hand, to be verified",
    "assumption": "assumed; there is no number to take it from",
    "switch": "switches a part of the model on or off",
}
WHAT = (
    "civicsim lives through the weeks of a made-up healthcare organisation. People in the model notice problems, speak up or "
    "keep quiet, are answered or not, learn from it, tire, leave and are replaced; teams change how they work; patients get "
    "care that fits them or does not. Whoever runs the organisation sets levers, and every way of running it has the same "
    "hours to spend.",
    "It is there to think with: to see how things hang together, to find out what would have to be true for an idea to work, "
    "and to notice what one had not thought of. It has not been shown to predict any real organisation.",
)
CANNOT = (
    "It cannot tell what will happen in your organisation: neither the numbers nor the time they take.",
    "It cannot tell whether a difference is real outside the model. “Better” means better in most of the matched runs, given the assumptions.",
    "It knows nothing of money, of wages, of the outside world beyond the events you add, of professions’ own politics, or of any individual.",
    "Care is a set of practices that fit local circumstances or do not. Skill at the bedside, medicines and buildings are left out.",
    "Intervals speak of luck, of which there is much. They do not speak of wrong assumptions, which may matter more.",
)


def parameter_rows() -> list[dict[str, Any]]:
    """Return every parameter with its value, status and source, as the code declares them."""
    return [
        {
            "section": p.section, "name": p.name, "value": _value(p), "unit": p.unit, "help": p.help,
            "status": p.status, "source": p.source,
        }
        for p in PARAMETERS.values()
        if p.role != "switch" and p.section != "levers"
    ]  # fmt: skip


def _value(about: Parameter) -> str:
    return f"{about.default:g}" if isinstance(about.default, int | float) else str(about.default)


@solara.component
def About() -> None:
    """Show what the model is and is not."""
    rows = solara.use_memo(parameter_rows, [])
    counts = Counter(row["status"] for row in rows)
    with solara.v.Html(tag="article"):
        Text("h1", "About the model")
        with solara.v.Html(tag="div", class_="cv-halves", style_="margin:8px 0 10px"):
            with solara.v.Html(tag="div", class_="cv-card"):
                Text("h2", "What it is")
                for words in WHAT:
                    Text("p", words)
            with solara.v.Html(tag="div", class_="cv-card"):
                Text("h2", "What it cannot tell")
                with solara.v.Html(tag="ul"):
                    for words in CANNOT:
                        Text("li", words)
        with solara.v.Html(tag="section", class_="cv-card", style_="margin-bottom:10px"):
            Text("h2", "What happens in a week")
            with solara.v.Html(tag="ol", class_="cv-flow"):
                for process in WEEK:
                    Text("li", process.title)
        with solara.v.Html(tag="section", class_="cv-card"):
            Text("h2", f"What is assumed: {len(rows)} numbers in {len({row['section'] for row in rows})} sections")
            with solara.v.Html(tag="ul"):
                for status, words in STATUS_WORDS.items():
                    if counts[status]:
                        Text("li", f"{counts[status]} are {words}.")
            widgets.Assumptions(
                rows=rows, sections=[name for name in SECTIONS if name != "levers"], statuses=STATUS_WORDS
            )
        Text(
            "p",
            f"civicsim {civicsim.__version__}, free software under the MIT licence. This page works without the internet and sends nothing anywhere.",
            class_="soft",
        )
