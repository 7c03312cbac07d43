"""What the NHS Staff Survey asks, as far as the model has an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Question:
    """One question of the survey.

    Attributes
    ----------
    name : str
        Its name in code.
    label : str
        A noun phrase of at most three words.
    asks : str
        Number of the question, what it asks, and which answers count.
    better : {"higher", "lower"}
        Which way is better.
    from_states : str
        What the answer follows in the model.
    yes_no : bool
        Whether it is answered by yes (5) or no (1) instead of on five points.
    """

    name: str
    label: str
    asks: str
    better: Literal["higher", "lower"]
    from_states: str
    yes_no: bool = False


QUESTIONS = (
    Question(
        "safe",
        "safety of voice",
        "25e, safe to speak up about anything of concern: agree or strongly agree",
        "higher",
        "psychological safety",
    ),
    Question(
        "addressed",
        "concerns addressed",
        "25f, confident that the organisation would address a concern: agree or strongly agree",
        "higher",
        "efficacy, the belief that speaking up leads to action",
    ),
    Question(
        "unsafe_practice",
        "raising unsafe practice",
        "20a, secure in raising concerns about unsafe clinical practice: agree or strongly agree",
        "higher",
        "psychological safety, and the weight that patients' good has for the person",
    ),
    Question(
        "improvements",
        "power to improve",
        "3f, able to make improvements happen in their area of work: agree or strongly agree",
        "higher",
        "influence (perceived agency and authority as enacted), and the outcome of own recent items",
    ),
    Question(
        "suggestions",
        "room for suggestions",
        "3d, able to make suggestions to improve the work of the team: agree or strongly agree",
        "higher",
        "the past year's readiness to speak up, what colleagues do, and the manager's openness",
    ),
    Question(
        "burnt_out",
        "burnout",
        "12b, how often burnt out because of work: often or always",
        "lower",
        "exhaustion, with the model's own line for being burnt out",
    ),
    Question(
        "unwell",
        "work-related stress",
        "11c, unwell from work-related stress in the past twelve months: yes",
        "lower",
        "exhaustion, with a lower line: it takes one bout in a year",
        True,
    ),
    Question(
        "enough_staff",
        "enough staff",
        "3i, enough staff at the organisation to do the job properly: agree or strongly agree",
        "higher",
        "filled posts of the team over workload",
    ),
    Question("valued", "valued by team", "7h, valued by the team: agree or strongly agree", "higher", "belonging"),
    Question(
        "recognition",
        "recognition",
        "4a, recognition for good work: satisfied or very satisfied",
        "higher",
        "belonging, and the share of own items that were answered",
    ),
    Question(
        "leaving",
        "thoughts of leaving",
        "26a, often think about leaving the organisation: agree or strongly agree",
        "lower",
        "what drives the chance of leaving: exhaustion, trust and belonging",
    ),
    Question(
        "harassed",
        "harassment by managers",
        "14b, harassed, bullied or abused by managers in the past twelve months: at least once",
        "lower",
        "fear as staff meet it, as far as the manager is not open",
        True,
    ),
)
"""The questions; numbers as in 2023, to be verified."""
SURVEY_ITEMS = tuple(question.name for question in QUESTIONS)
"""Names of the questions."""
