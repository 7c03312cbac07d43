"""Words of the page that no declaration holds: groups of levers, ends of colours, roles and origins of ideas.

Labels, help and units of levers and measures are those of their declarations.
"""

from __future__ import annotations

import re
from typing import Any

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
    for group, names in GROUPS.items():
        for name in names:
            about, purpose = SECTIONS["levers"][name], name.removeprefix("weight_")
            hours = purpose in PURPOSES
            value, was = getattr(scenario.levers, name), getattr(base.levers, name)
            now, before = (
                f"{number(of[purpose], 0)} min" if hours else percent(v) for of, v in ((minutes, value), (were, was))
            )
            row: dict[str, Any] = {
                "name": name,
                "label": about.label,
                "help": about.help,
                "group": group,
                "front": name in FRONT,
            }
            row |= {"low": about.low, "high": 10.0 if hours else about.high, "step": 0.5 if hours else 0.05}
            row |= {"value": value, "was": was, "text": now, "before": "" if value == was else f"was {before}"}
            row |= {"zero": "none" if hours else "0 %", "one": "most" if hours else "100 %"}
            rows.append(row | {"unit": "hours" if hours else "share", "cost": _cost(name, minutes)})
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
