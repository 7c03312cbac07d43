"""About: the purpose of the model, its assumptions and its limits."""

from __future__ import annotations

from typing import Any

import solara

import civicsim
from civicsim.app import widgets
from civicsim.app.findings import LISTED
from civicsim.app.frame import Box, Heading, Html, Text
from civicsim.app.why import CausalMap
from civicsim.experiment.wording import setting_text
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import PARAMETERS

STATUS_WORDS = {
    "found": "stated in the source named",
    "to be verified": "quoted at second hand, to be verified",
    "assumption": "assumed; no published number is available",
}


def parameter_rows() -> list[dict[str, Any]]:
    """Return every parameter with its value, status and source, as the code declares them."""
    shown = ("key", "label", "section", "unit", "help", "status", "source")
    return [
        {name: getattr(p, name) for name in shown} | {"value": setting_text(p.default)}
        for p in PARAMETERS.values()
        if p.role != "switch" and p.section != "levers"
    ]


@solara.component
def About() -> None:
    """Show the purpose, limits and assumptions of the model."""
    rows = solara.use_memo(parameter_rows, [])
    with Box(tag="article"):
        Heading(
            "About the model", "What it is, what it cannot tell you, and every number that it assumes, with its source."
        )
        Html("about", week=WEEK, listed=LISTED)
        with Box("cv-card cv-below", tag="section"):
            Text("h2", "Causal map: what each mechanism reads and passes on")
            CausalMap()
        with Box("cv-below"):
            widgets.Assumptions(rows=rows, statuses=STATUS_WORDS)
        free = "free software under the MIT licence. This page works offline and sends no data."
        Text("p", f"civicsim {civicsim.__version__}, {free}", class_="soft")
