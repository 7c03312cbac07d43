"""The words of the page: what levers, measures and states are called, and what their ends mean.

Plain words for people who run or teach about organisations; the model's own terms stay in its documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from civicsim.model.levers import PURPOSES
from civicsim.report.words import THINKING_AID, number
from civicsim.scenario.scenario import SECTIONS, Scenario

STANDING = f"{THINKING_AID} People on this page exist only in the model; no real person is shown or predicted."


@dataclass(frozen=True)
class LeverWords:
    """A lever in plain words.

    Attributes
    ----------
    name : str
        Of the lever in :class:`civicsim.model.levers.Levers`.
    label : str
        What it is called on the page.
    zero, one : str
        What its least and its greatest value mean.
    group : str
        Heading under which it stands.
    front : bool
        Whether it is among the few that are shown first.
    """

    name: str
    label: str
    zero: str
    one: str
    group: str
    front: bool = False


HOURS, CULTURE, STEERING, PATIENTS = (
    "Where time goes",
    "How people are treated",
    "How work is steered",
    "Patients’ voice",
)
FIRST_HOURS = ("protected", "response")
"""Purposes of hours that are shown first."""
LEVERS = (
    LeverWords("fear", "Blame", "nobody is blamed", "bad news ends careers", CULTURE, True),
    LeverWords("invitation", "Invitation to speak up", "nobody asks", "all are asked, always", CULTURE, True),
    LeverWords("permission", "Freedom in own work", "always ask first", "try it, tell later", CULTURE, True),
    LeverWords("authority", "Teams decide themselves", "all decided above", "decide and spend", CULTURE, True),
    LeverWords("status_blindness", "Rank does not matter", "rank decides who is heard", "who speaks makes no difference", CULTURE),
    LeverWords("compact", "Promises both ways", "none", "kept as a ledger that is checked", CULTURE),
    *(LeverWords(purpose.lever, purpose.label, "none", "most of the hours", HOURS, name in FIRST_HOURS)
      for name, purpose in PURPOSES.items()),
    LeverWords("budget_share", "Hours set aside at all", "none of the hours", "all of the hours", HOURS),
    LeverWords("target_salience", "Loudness of targets", "hardly mentioned", "talked about above all else", STEERING),
    LeverWords("measured_share", "How much is measured", "nothing", "everything", STEERING),
    LeverWords("directive_rate", "Orders from above", "none", "every matter, every year", STEERING),
    LeverWords("audit", "Checking of reports", "taken at their word", "every report is checked", STEERING),
    LeverWords("carrot", "Rewards for meeting targets", "none", "pay and praise hang on it", STEERING),
    LeverWords("codification", "Protocols learn from good teams", "never", "readily", STEERING),
    LeverWords("patient_reach", "Reach of patient involvement", "the usual volunteers", "people seldom heard", PATIENTS),
    LeverWords("forum_independence", "Independence of the forum", "run by its host", "on its own feet", PATIENTS),
    LeverWords("forum_budget", "The forum’s own money", "none", "all it could use", PATIENTS),
)  # fmt: skip
GROUPS = (CULTURE, HOURS, STEERING, PATIENTS)
LEVER_WORDS = {words.name: words for words in LEVERS}


@dataclass(frozen=True)
class MeasureWords:
    """A measure in plain words.

    Attributes
    ----------
    name : str
        In :data:`civicsim.model.measures.MEASURES`.
    label : str
        What it is called on the page.
    scale : float
        What its value is multiplied with.
    unit : str
        What follows the number.
    decimals : int
        Digits after the point.
    help : str
        One sentence.
    better : int
        1 if more is better, −1 if less is, 0 where that depends on who asks.
    """

    name: str
    label: str
    scale: float
    unit: str
    decimals: int
    help: str
    better: int = 0


def _words(*rows: tuple[Any, ...]) -> dict[str, MeasureWords]:
    return {row[0]: MeasureWords(*row) for row in rows}


MEASURE_WORDS = _words(
    ("survey_all_safe", "Feel safe to speak up", 1.0, " %", 0, "Would tick “agree” in the yearly staff survey (question 25e).", 1),
    ("survey_all_addressed", "Trust that a concern is dealt with", 1.0, " %", 0, "Would tick “agree” in the yearly staff survey (question 25f).", 1),
    ("survey_all_improvements", "Can make improvements happen", 1.0, " %", 0, "Would tick “agree” in the yearly staff survey (question 3f).", 1),
    ("voice_share", "Problems that are voiced", 100.0, " %", 0, "Of every hundred problems that staff notice.", 1),
    ("closure_share", "Concerns that get an answer", 100.0, " %", 0, "Acted on or explained, rather than met by silence.", 1),
    ("weeks_to_response", "Wait for an answer", 1.0, " weeks", 1, "From raising a concern with a manager to the answer.", -1),
    ("burnt_out_share", "Burnt out", 100.0, " %", 1, "Staff and managers whose exhaustion is past the line.", -1),
    ("leaver_rate", "Leave within a year", 100.0, " %", 1, "Staff and managers.", -1),
    ("vacancy_share", "Empty posts", 100.0, " %", 1, "Posts of staff and managers that nobody holds.", -1),
    ("load", "Workload", 100.0, " %", 0, "Hours of work for every hundred hours of contract.", -1),
    ("quality_true", "Care that fits its patients", 100.0, " %", 1, "True quality of care, which no report shows directly.", 1),
    ("harm_rate", "Patients harmed", 1.0, " a year", 1, "Expected, for every hundred posts.", -1),
    ("gaming_gap", "Reports rosier than care", 100.0, " points", 1, "Reported quality minus true quality of what is measured.", -1),
    ("sustained_share", "Changes that last", 100.0, " %", 0, "Of changes of practice, those that stood for a year.", 1),
    ("satisfaction", "Satisfied patients", 100.0, " %", 0, "Mean satisfaction of patients.", 1),
    ("voice_status_gap", "Gap between ranks in speaking up", 100.0, " points", 0, "Readiness of doctors minus that of clerks and support staff.", -1),
    ("hours_participation", "Time for taking part", 60.0, " min a week", 0, "Minutes of each person for speaking up, answering, improving and meeting.", 0),
    ("psychological_safety", "Safe to speak up", 100.0, " %", 0, "Mean of how safe staff find it to speak up, 0–100.", 1),
    ("trust", "Trust in the organisation", 100.0, " %", 0, "Mean trust of staff and managers, 0–100.", 1),
    ("quality_reported", "Care as reported", 100.0, " %", 1, "Quality as it is reported on what is measured.", 0),
    ("panel_representativeness", "Forum looks like the public", 100.0, " %", 0, "100 where every group of patients has its share of seats.", 1),
    ("forum_acted_share", "Forum’s issues acted on", 100.0, " %", 0, "Of a hundred issues that the patients’ forum raises.", 1),
    ("problem_seeking", "Teams look for problems", 100.0, " %", 0, "100 where teams look for problems, 0 where they look for comfort.", 1),
    ("belonging", "Belonging", 100.0, " %", 0, "Mean of how far staff feel they belong, 0–100.", 1),
    ("fear_met", "Blame that staff meet", 100.0, " %", 0, "What staff meet of blame, whatever leaders intend.", -1),
    ("bright_share", "Bright spots among teams", 100.0, " %", 0, "Teams where care is clearly better than elsewhere in the organisation.", 0),
    ("dark_share", "Dark spots among teams", 100.0, " %", 0, "Teams where care is clearly worse than elsewhere in the organisation.", -1),
    ("efficacy", "Speaking up helps", 100.0, " %", 0, "Mean of how far staff believe that speaking up leads to something, 0–100.", 1),
)  # fmt: skip

STATE_WORDS = {
    "propensity": ("Readiness to speak up", "would keep it back", "would speak up"),
    "safety": ("Feels safe to speak up", "unsafe", "safe"),
    "efficacy": ("Believes that it helps", "pointless", "it helps"),
    "exhaustion": ("Exhaustion", "rested", "worn out"),
    "headspace": ("Room to think", "none", "plenty"),
}
PLACES = {
    "doctor": "Doctor", "nurse": "Nurse", "allied": "Therapist", "support": "Support worker",
    "administrative": "Administrator",
}  # fmt: skip
ROLE_WORDS = {
    "team manager": "Manager of team", "divisional manager": "Divisional manager", "executive": "Executive",
    "chief executive": "Chief executive",
}  # fmt: skip

RAISED_WORDS = {
    "start": "raised", "directive": "ordered from above", "staff": "raised by someone who has since left",
    "team": "raised in the team", "patients": "raised by the patients’ forum", "neighbours": "seen in another team",
    "managers": "noticed by managers who observed work", "partners": "brought by outside partners",
    "programme": "brought by a programme",
}  # fmt: skip
"""How an idea that no member of staff raised came up, by its origin."""
ORIGIN_WORDS = {
    "start": "changed how it works", "directive": "changed how it works because it was ordered to",
    "staff": "changed how it works, on an idea of its own staff",
    "team": "changed how it works, on an idea of its own staff",
    "patients": "changed how it works, on an idea of patients",
    "neighbours": "adopted a way of working from another team",
    "managers": "changed how it works, after managers had observed work",
    "partners": "changed how it works, on an idea of outside partners",
    "programme": "changed how it works, with a programme",
}  # fmt: skip
"""How a change of practice is described, by its origin."""


SHORT = {
    "voice_share": "Problems voiced", "psychological_safety": "Feel safe", "burnt_out_share": "Burnt out",
    "quality_true": "Care that fits", "efficacy": "Speaking up helps", "leaver_rate": "Leave in a year",
    "load": "Workload", "closure_share": "Concerns answered", "quality_reported": "Care as reported",
    "quality_measured": "Care as it is (measured part)", "trust": "Trust in the organisation",
    "panel_representativeness": "Forum looks like the public", "forum_acted_share": "Forum’s issues acted on",
    "bright_share": "Bright spots among teams", "dark_share": "Dark spots among teams",
    "problem_seeking": "Teams look for problems", "fear_met": "Blame that staff meet", "belonging": "Belonging",
    "permission_met": "Freedom that staff meet", "sustained_share": "Changes that last",
}  # fmt: skip
"""Labels where there is little room."""


def value_text(name: str, value: float, unit: bool = True) -> str:
    """Return a measure's value in the words of the page."""
    about = MEASURE_WORDS[name]
    text = number(value * about.scale, about.decimals)
    return text + (about.unit if unit and text != "–" else "")


def percent(value: float) -> str:
    """Return a share in words: "62 %"."""
    return f"{number(100.0 * value, 0)} %"


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
    for words in LEVERS:
        about = SECTIONS["levers"][words.name]
        value, was = getattr(scenario.levers, words.name), getattr(base.levers, words.name)
        purpose = words.name.removeprefix("weight_")
        hours = purpose if words.name.startswith("weight_") else None
        rows.append({
            "name": words.name, "label": words.label, "zero": words.zero, "one": words.one, "group": words.group,
            "front": words.front, "help": about.help, "low": about.low, "high": 10.0 if hours else about.high,
            "step": 0.5 if hours else 0.05, "value": value, "was": was,
            "text": f"{number(minutes[purpose], 0)} min" if hours else percent(value),
            "before": "" if value == was else f"was {f'{number(were[purpose], 0)} min' if hours else percent(was)}",
            "unit": "hours" if hours else "share", "cost": _cost(words.name, hours, minutes),
        })  # fmt: skip
    return rows


def _cost(name: str, purpose: str | None, minutes: dict[str, float]) -> str:
    if purpose:
        return f"Takes {number(minutes[purpose], 0)} of the {number(sum(minutes.values()), 0)} minutes a week that each person has for improvement; more here means less elsewhere."
    if name == "budget_share":
        return f"{number(sum(minutes.values()), 0)} minutes a week for each person in total."
    return "Takes no hours itself; its effects may."


HAPPENS = (
    "surge", "crisis", "scandal", "vacancy-wave", "leader-exit", "reality-shift", "inspection", "reorganisation",
    "rising-expectations",
)  # fmt: skip
"""Shipped events that happen to an organisation under any style; the others are decisions."""


def hours_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the shares of the hours for improvement, for a bar."""
    minutes = minutes_of(scenario)
    return [
        {"label": PURPOSES[name].label, "minutes": round(minutes[name], 1)} for name in PURPOSES if minutes[name] > 0.05
    ]
