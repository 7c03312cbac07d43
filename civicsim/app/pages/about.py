"""About: the purpose of the model, its assumptions and its limits."""

from __future__ import annotations

from collections import Counter
from typing import Any

import solara

import civicsim
from civicsim.app import widgets
from civicsim.app.frame import Text
from civicsim.model.week import WEEK
from civicsim.report.words import setting_text
from civicsim.scenario.scenario import PARAMETERS, SECTIONS

STATUS_WORDS = {
    "found": "stated in the source named",
    "to be verified": "quoted at second hand, to be verified",
    "assumption": "assumptions; no published number is available",
    "switch": "switches of a part of the model",
}
WHAT = (
    "civicsim simulates a fictitious healthcare organisation week by week. Staff notice problems, speak up or keep quiet, get "
    "answers or none, learn from that, tire, leave and are replaced; teams change how they work; patients receive care that "
    "fits them or does not. Those who run the organisation set levers, and every style of governance has the same hours to "
    "spend.",
    "It is a tool for thinking: to see how mechanisms interact, to find out what would have to be true for an idea to work, "
    "and to notice what was overlooked. It has not been shown to predict any real organisation.",
)
CANNOT = (
    "It cannot tell what will happen in your organisation: neither how much changes nor how fast.",
    "It cannot tell whether a difference exists outside the model. “Better” means better on average over matched runs, given the assumptions.",
    "It cannot tell how a style of governance affects burnout: that effect has not been fitted to data.",
    "It leaves out money, wages, the outside world apart from the events that you add, the politics of professions, and individuals.",
    "It treats care as a set of practices that fit local circumstances or do not. Bedside skill, medicines and buildings are left out.",
    "Intervals show run-to-run variation, which is large. They do not show the effect of wrong assumptions, which may be larger.",
)


def parameter_rows() -> list[dict[str, Any]]:
    """Return every parameter with its value, status and source, as the code declares them."""
    return [
        {
            "key": p.key,
            "label": p.label,
            "section": p.section,
            "value": setting_text(p.default),
            "unit": p.unit,
            "help": p.help,
            "status": p.status,
            "source": p.source,
        }
        for p in PARAMETERS.values()
        if p.role != "switch" and p.section != "levers"
    ]


@solara.component
def About() -> None:
    """Show the purpose, limits and assumptions of the model."""
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
            Text("h2", f"Assumptions: {len(rows)} numbers in {len({row['section'] for row in rows})} sections")
            with solara.v.Html(tag="ul"):
                for status, words in STATUS_WORDS.items():
                    if counts[status]:
                        Text("li", f"{counts[status]} are {words}.")
            widgets.Assumptions(
                rows=rows, sections=[name for name in SECTIONS if name != "levers"], statuses=STATUS_WORDS
            )
        Text(
            "p",
            f"civicsim {civicsim.__version__}, free software under the MIT licence. This page works offline and sends no data.",
            class_="soft",
        )
