"""Words of the page that no declaration holds: groups of levers, ends of colours, roles and origins of ideas.

Labels, help and units of levers and measures are those of their declarations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from civicsim.engine.parameters import Parameter
from civicsim.model.levers import PURPOSES
from civicsim.report.words import THINKING_AID, number, percent
from civicsim.scenario.scenario import SECTIONS, Scenario

STANDING = f"{THINKING_AID} People on this page exist only in the model; no real person is shown or predicted."

GROUPS: dict[str, tuple[str, ...]] = {
    "How staff are treated": ("fear", "invitation", "permission", "authority", "status_blindness", "compact"),
    "Where time goes": (*(purpose.lever for purpose in PURPOSES.values()), "budget_share"),
    "How work is steered": (
        *("target_salience", "measured_share", "directive_rate", "audit", "carrot", "codification"),
    ),
    "Voice of patients": ("patient_reach", "forum_independence", "forum_budget"),
}
"""Levers by the heading under which they stand."""
FRONT = ("fear", "invitation", "permission", "authority", "weight_protected", "weight_response")
"""Levers that are shown first."""

STATES: dict[str, tuple[str, str, str]] = {
    "propensity": ("voice_propensity", "stays silent", "speaks up"),
    "safety": ("psychological_safety", "unsafe", "safe"),
    "efficacy": ("efficacy", "pointless", "it helps"),
    "exhaustion": ("exhaustion", "rested", "worn out"),
    "headspace": ("headspace", "none", "plenty"),
}
"""States of people that can be shown as colour: the measure with their label, and the ends of the colours."""
PLACES = {
    "doctor": "Doctor",
    "nurse": "Nurse",
    "allied": "Therapist",
    "support": "Support worker",
    "administrative": "Administrator",
}
ROLE_WORDS = {
    "team manager": "Manager of team",
    "divisional manager": "Divisional manager",
    "executive": "Executive",
    "chief executive": "Chief executive",
}

RAISED_WORDS = {
    "start": "raised",
    "directive": "ordered from above",
    "staff": "raised by someone who has since left",
    "team": "raised in the team",
    "patients": "raised by the patients’ forum",
    "neighbours": "seen in another team",
    "managers": "noticed by managers who observed work",
    "partners": "brought by outside partners",
    "programme": "brought by a programme",
}
"""How an idea that no member of staff raised came up, by its origin."""
ORIGIN_WORDS = {
    "start": "changed how it works",
    "directive": "changed how it works because it was ordered to",
    "staff": "changed how it works, on an idea of its own staff",
    "team": "changed how it works, on an idea of its own staff",
    "patients": "changed how it works, on an idea of patients",
    "neighbours": "adopted a way of working from another team",
    "managers": "changed how it works, after managers had observed work",
    "partners": "changed how it works, on an idea of outside partners",
    "programme": "changed how it works, with a programme",
}
"""How a change of practice is described, by its origin."""


def unbroken(text: str) -> str:
    """Return text whose numbers stay on one line with their sign, and with the other end of their range."""
    return re.sub(r"(?<=\d)–(?=\d)", "\u2060–\u2060", text.replace(" %", "\u00a0%"))


def week_text(week: int) -> str:
    """Return the name of a week, counted from 1."""
    return f"week {week + 1}"


def minutes_of(scenario: Scenario) -> dict[str, float]:
    """Return the minutes per person and week that each purpose gets of the hours for improvement."""
    budget = scenario.structure.improvement_share * scenario.structure.contracted_hours
    return {name: 60.0 * hours for name, hours in scenario.levers.hours(budget).items()}


def slider_row(
    about: Parameter, value: float, was: float, text: Callable[[float], str], ends: Sequence[float], cost: str
) -> dict[str, Any]:
    """Return a parameter as a panel of sliders shows it.

    Parameters
    ----------
    about : Parameter
    value, was : float
        Its value, and the one for comparison.
    text : callable
        Returns the words for a value.
    ends : sequence of float
        Lowest and highest value of the slider, and its step.
    cost : str
        A sentence that follows its help.
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
    """Return every lever as the page shows it, with its base value and its cost in hours.

    Parameters
    ----------
    scenario : Scenario
        Whose levers are set.
    base : Scenario
        The scenario with the values for comparison.
    """
    minutes, were = minutes_of(scenario), minutes_of(base)
    rows = []
    for group, name in ((group, name) for group, names in GROUPS.items() for name in names):
        about, value, was = SECTIONS["levers"][name], getattr(scenario.levers, name), getattr(base.levers, name)
        row = slider_row(about, value, was, percent, (about.low, about.high, 0.05), _cost(name, minutes))
        row |= {"group": group, "front": name in FRONT, "unit": "share"}
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


HAPPENS = (
    "surge",
    "crisis",
    "scandal",
    "vacancy-wave",
    "leader-exit",
    "reality-shift",
    "inspection",
    "reorganisation",
    "rising-expectations",
)
"""Shipped events that happen to an organisation under any style; the others are decisions."""


def hours_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the shares of the hours for improvement, for a bar."""
    minutes = minutes_of(scenario)
    return [
        {"label": PURPOSES[name].label, "minutes": round(minutes[name], 1)} for name in PURPOSES if minutes[name] > 0.05
    ]
