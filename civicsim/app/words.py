"""What the page shows and calls by which words, read from ``page.toml``, and rows of levers and hours."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from civicsim.engine.parameters import Parameter
from civicsim.experiment.wording import number, percent
from civicsim.model.levers import PURPOSES
from civicsim.model.measures import MEASURES
from civicsim.report.words import THINKING_AID
from civicsim.scenario.scenario import SECTIONS, Scenario

STANDING = f"{THINKING_AID} People on this page exist only in the model; no real person is shown or predicted."
SHOWN: dict[str, Any] = tomllib.loads((Path(__file__).parent / "page.toml").read_text(encoding="utf-8"))
"""What the page shows, and the words that no declaration holds."""
_HOURS = [purpose.lever for purpose in PURPOSES.values()]
GROUPS: dict[str, list[str]] = {
    heading: [lever for name in names for lever in (_HOURS if name == "hours" else [name])]
    for heading, names in SHOWN["levers"].items()
}
"""Levers by the heading under which they stand."""
_CONTENTS = list(SHOWN["contents"].values())
COMPARED, PATHS = tuple(SHOWN["compared"]), tuple(SHOWN["paths"])
"""Measures by which policies are compared, and those of which time paths are sent."""
KEPT = tuple(dict.fromkeys((*COMPARED, *PATHS)))
"""Measures of batches: those of policies and of lessons."""


def unbroken(text: str) -> str:
    """Return text whose numbers stay on one line with their sign, and with the other end of their range."""
    return re.sub(r"(?<=\d)–(?=\d)", "\u2060–\u2060", text.replace(" %", "\u00a0%"))


def label_of(name: str) -> str:
    """Return the label of a measure, which tells an index of attitudes apart from the share of people who give an answer."""
    return MEASURES[name].label + (" (index)" if name in SHOWN["indices"] else "")


def week_text(week: int) -> str:
    """Return the name of a week, counted from 1."""
    return f"week {week + 1}"


def topic(dimension: int) -> str:
    """Return what a dimension of practice is about, as an illustration; dimensions take turns among the professions."""
    of, place = dimension % len(_CONTENTS), dimension // len(_CONTENTS)
    return str(_CONTENTS[of][place][0]) if place < len(_CONTENTS[of]) else f"way of working {dimension + 1}"


def way(dimension: int, value: int) -> str:
    """Return one of the two ways of working on a dimension, as an illustration, or "" for no set way."""
    of, place = dimension % len(_CONTENTS), dimension // len(_CONTENTS)
    if not value or place >= len(_CONTENTS[of]):
        return ""
    return str(_CONTENTS[of][place][1 if value > 0 else 2])


def content(dimension: int, value: int) -> str:
    """Return what an idea is about, as in "handover: on a written sheet"."""
    return ": ".join(filter(None, (topic(dimension), way(dimension, value))))


def minutes_of(scenario: Scenario) -> dict[str, float]:
    """Return the minutes per person and week that each purpose gets of the hours for improvement."""
    return {name: 60.0 * hours for name, hours in scenario.hours.items()}


def slider_row(
    about: Parameter, value: float, was: float, text: Callable[[float], str], ends: Sequence[float], cost: str
) -> dict[str, Any]:
    """Return a parameter as a panel of sliders shows it: its value and the one for comparison, as ``text`` puts them.

    ``ends`` are the lowest and highest value of the slider, and its step; ``cost`` is a sentence that follows its help.
    """
    low, high, step = ends
    return {
        "name": about.name,
        "label": about.label,
        "help": about.help,
        "cost": cost,
        "group": "",
        "front": True,
        "value": value,
        "was": was,
        "text": text(value),
        "before": "" if value == was else f"was {text(was)}",
        "low": low,
        "high": high,
        "step": step,
        "zero": text(low),
        "one": text(high),
    }


def lever_rows(scenario: Scenario, base: Scenario) -> list[dict[str, Any]]:
    """Return every lever of a scenario as the page shows it, with its value in the base scenario and its cost in hours."""
    minutes, were = minutes_of(scenario), minutes_of(base)
    rows = []
    for group, name in ((group, name) for group, names in GROUPS.items() for name in names):
        about, value, was = SECTIONS["levers"][name], getattr(scenario.levers, name), getattr(base.levers, name)
        row = slider_row(about, value, was, percent, (about.low, about.high, 0.05), _cost(name, minutes))
        row |= {"group": group, "front": name in SHOWN["front"], "unit": "share"}
        purpose = name.removeprefix("weight_")
        if purpose in PURPOSES:
            now, before = (f"{number(of[purpose], 0)} min" for of in (minutes, were))
            row |= {"high": 10.0, "step": 0.5, "zero": "none", "one": "most", "unit": "hours"}
            row |= {"text": now, "before": row["before"] and f"was {before}"}
        rows.append(row)
    return rows


def _cost(name: str, minutes: dict[str, float]) -> str:
    purpose, total = name.removeprefix("weight_"), number(sum(minutes.values()), 0)
    if purpose in minutes:
        own = number(minutes[purpose], 0)
        return f"Takes {own} of the {total} minutes a week that each person has for improvement; more here means less elsewhere."
    if name == "budget_share":
        return f"{total} minutes a week for each person in total."
    return "Takes no hours itself; its effects may."


def hours_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the shares of the hours for improvement, for a bar."""
    minutes = minutes_of(scenario)
    return [
        {"label": PURPOSES[name].label, "minutes": round(minutes[name], 1)} for name in PURPOSES if minutes[name] > 0.05
    ]
