"""Once a year staff and managers are asked what the NHS Staff Survey asks. Nothing in the model reads the answers.

A person's states give how far the person agrees, on a scale from about 0 to 1. What is ticked in a hurry adds noise,
and thresholds cut the sum into five answers, of which the upper two count, as in the survey's published figures. Not
everybody answers, and those who do need not be like the rest: both shares are kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from civicsim.calendar import YEAR
from civicsim.compiled import compiled
from civicsim.organisation import SURVEY_ITEMS, TEAM_MANAGER
from civicsim.parameters import parameter, switch
from civicsim.process import Process
from civicsim.processes.exhaustion import BURNT_OUT
from civicsim.randomness import shock, stream_of, uniforms

ANSWERS = tuple(stream_of(f"survey.{name}") for name in SURVEY_ITEMS)
REPLIES = stream_of("survey.replies")
COUNTS_FROM = 4
"""Answers from this one on count: agree and strongly agree, often and always, satisfied and very satisfied."""
YES = 5


@dataclass(frozen=True)
class Question:
    """One question of the survey.

    Attributes
    ----------
    name : str
        Its name in code.
    label : str
        What the percentage is of, in the survey's plain words.
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
        "safe", "Feel safe to speak up", "25e, safe to speak up about anything of concern: agree or strongly agree",
        "higher", "psychological safety",
    ),
    Question(
        "addressed", "Confident a concern would be met",
        "25f, confident that the organisation would address a concern: agree or strongly agree",
        "higher", "efficacy, the belief that speaking up leads to action",
    ),
    Question(
        "unsafe_practice", "Secure in raising unsafe practice",
        "20a, secure in raising concerns about unsafe clinical practice: agree or strongly agree",
        "higher", "psychological safety, and the weight that patients' good has for the person",
    ),
    Question(
        "improvements", "Able to make improvements happen",
        "3f, able to make improvements happen in the own area of work: agree or strongly agree",
        "higher", "influence (perceived agency and authority as enacted), and what came of own recent items",
    ),
    Question(
        "suggestions", "Able to make suggestions",
        "3d, able to make suggestions to improve the work of the team: agree or strongly agree",
        "higher", "the past year's readiness to speak up, what colleagues do, and the manager's openness",
    ),
    Question(
        "burnt_out", "Burnt out often or always", "12b, how often burnt out because of work: often or always",
        "lower", "exhaustion, with the model's own line for being burnt out",
    ),
    Question(
        "unwell", "Unwell from work stress", "11c, unwell from work-related stress in the past twelve months: yes",
        "lower", "exhaustion, with a lower line: it takes one bout in a year", True,
    ),
    Question(
        "enough_staff", "Enough staff to do the job properly",
        "3i, enough staff at the organisation to do the job properly: agree or strongly agree",
        "higher", "filled posts of the team over workload",
    ),
    Question(
        "valued", "Feel valued by the team", "7h, valued by the team: agree or strongly agree", "higher", "belonging"
    ),
    Question(
        "recognition", "Satisfied with recognition",
        "4a, recognition for good work: satisfied or very satisfied",
        "higher", "belonging, and the share of own items that were answered",
    ),
    Question(
        "leaving", "Often think of leaving", "26a, often think about leaving the organisation: agree or strongly agree",
        "lower", "what drives the chance of leaving: exhaustion, trust and belonging",
    ),
)  # fmt: skip
"""The questions, in the order of :data:`civicsim.organisation.SURVEY_ITEMS`; numbers as in 2023, to be verified."""


def _line(default: float, share: str) -> float:
    """Declare the threshold of a question."""
    return parameter(
        default, "agreement", 0.0, 1.0, help="Agreement above which an answer counts.",
        source=f"Assumption: set so that the status quo reads {share}.",
    )  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """When staff are asked, who answers, and how agreement becomes an answer."""

    enabled: bool = switch("Staff are surveyed.")
    week_of_year: int = parameter(
        40, "week", 0, 51, role="fixed", help="Week of the year in which staff are asked; week 0 is the height of winter.",
        source="Assumption: the NHS Staff Survey is in the field in autumn.",
    )  # fmt: skip
    every_years: int = parameter(
        1, "years", 1, 10, role="fixed", help="Years between two surveys.", source="NHS Staff Survey: every year."
    )
    response_rate: float = parameter(
        0.5, "0-1", help="Chance that someone as exhausted as usual answers.",
        source="Assumption: NHS Staff Survey, England, 48 % in 2023, to be verified.",
    )  # fmt: skip
    response_exhaustion: float = parameter(
        1.0, "log odds per exhaustion", -5.0, 5.0, help="How much exhaustion keeps people from answering; below 0 it makes them answer.",
        source="Assumption: no data on who does not answer; swept through zero.",
    )  # fmt: skip
    noise: float = parameter(
        0.1, "agreement", 0.0, 2.0, help="Spread of what an answer owes to the moment.",
        source="Assumption: with the spread of states it gives one question a repeatability of about .7.",
    )  # fmt: skip
    category_width: float = parameter(
        0.15, "agreement", 0.01, 0.5, help="Agreement between two neighbouring answers.", source="Assumption: free modelling choice."
    )  # fmt: skip
    duty_weight: float = parameter(
        0.3, "0-1", help="Weight of caring for patients, against safety, in raising unsafe practice.",
        source="Assumption: clinicians have a duty to raise it; free modelling choice, to be swept.",
    )  # fmt: skip
    acted_weight: float = parameter(
        0.3, "0-1", help="Weight of what came of own items, against influence, in being able to make improvements happen.",
        source="Assumption: free modelling choice, to be swept.",
    )  # fmt: skip
    staffing_weight: float = parameter(
        0.35, "agreement per share", help="How much filled posts over workload weigh, against an own yardstick, in having enough staff.",
        source="Assumption: people of one team differ more than their staffing does; to be swept.",
    )  # fmt: skip
    safe_threshold: float = _line(0.511, "62 % (National Guardian's Office, England, 2023)")
    addressed_threshold: float = _line(0.488, "50 % (National Guardian's Office, England, 2023)")
    unsafe_practice_threshold: float = _line(0.548, "72 % (71-75 % in England, 2021-23)")
    improvements_threshold: float = _line(0.292, "55 % (pooled NHS trusts, 2021-24)")
    suggestions_threshold: float = _line(0.312, "75 %, 20 points above improvements (England, 2015)")
    unwell_threshold: float = _line(0.515, "42 % (pooled NHS trusts, 2023-24)")
    enough_staff_threshold: float = _line(0.531, "32 % (pooled NHS trusts, 2023)")
    valued_threshold: float = _line(0.503, "70 % (pooled NHS trusts, 2024)")
    recognition_threshold: float = _line(0.519, "54 % (England, 2022-23)")
    leaving_threshold: float = _line(0.558, "30 % (32 % in England in 2022)")


def secure_about_practice(duty_weight, safety, alignment):
    """Return how secure somebody is in raising unsafe practice: (1−w)·S + w·a."""
    return (1.0 - duty_weight) * safety + duty_weight * alignment


def can_improve(acted_weight, agency, authority, acted):
    """Return how far somebody can make improvements happen: (1−w)·(½g + ½ authority) + w·acted on."""
    return (1.0 - acted_weight) * (0.5 * agency + 0.5 * authority) + acted_weight * acted


def can_suggest(readiness, norm, openness):
    """Return how far somebody can make suggestions: the mean of own readiness to speak up, colleagues', and openness."""
    return (readiness + norm + openness) / 3.0


def staffed(weight, filled_share, load):
    """Return how far somebody finds that there is enough staff: ½ + w·(filled share / load − 1)."""
    return 0.5 + weight * (filled_share / np.maximum(load, 0.1) - 1.0)


def recognised(belonging, answered):
    """Return how far somebody finds good work recognised: ½X + ½ share of own items answered."""
    return 0.5 * belonging + 0.5 * answered


def wish_to_leave(leaving, usual_exhaustion, exhaustion, trust, belonging):
    """Return how much somebody thinks of leaving.

    Formula
        ½ + ¼ [e_E(E−E_ref) − e_T(T−½) − e_X(X−½)]

    In brackets stands the logarithm of how much likelier than usual the person is to leave, with the parameters
    ``leaving`` of turnover.
    """
    return 0.5 + 0.25 * (
        leaving["exit_exhaustion"] * (exhaustion - usual_exhaustion)
        - leaving["exit_trust"] * (trust - 0.5)
        - leaving["exit_belonging"] * (belonging - 0.5)
    )


def answer(agreement, threshold, width):
    """Return the answer on five points: 4 above the threshold, one more or less for each width beyond it."""
    steps = np.ceil((agreement - threshold) / width)
    return (np.clip(steps, -2.0, 2.0) + 3.0).astype(np.int8)


def is_due(week, week_of_year, every_years):
    """Return whether staff are asked in a week: in the same week of every so manyth year, year 0 among them."""
    return (week % YEAR == week_of_year) & (week // YEAR % every_years == 0)


@compiled
def response_probability(rate, slope, exhaustion, usual_exhaustion):
    """Return the chance of answering: odds r/(1−r) · exp(−s(E − E_ref))."""
    f = math.exp(-slope * (exhaustion - usual_exhaustion))
    return rate * f / (rate * f + 1.0 - rate)


@compiled
def _answering(seed, week, key, exhaustion, rate, slope, usual_exhaustion):
    """Return who answers."""
    replies = np.empty(key.shape[0], dtype=np.bool_)
    for i in range(key.shape[0]):
        u, _, _, _ = uniforms(seed, REPLIES, week, key[i], 0)
        replies[i] = u < response_probability(rate, slope, exhaustion[i], usual_exhaustion)
    return replies


@compiled
def _moods(seed, stream, week, key):
    """Return what each answer to one question owes to the moment: mean 0, variance 1."""
    mood = np.empty(key.shape[0])
    for i in range(key.shape[0]):
        mood[i] = shock(seed, stream, week, key[i])
    return mood


def agreement_of(cohort, o):
    """Return how far each person of an organisation agrees, by question, before noise.

    Managers do not voice in the model: what would come of their own items is left out, and their safety and efficacy
    stand for readiness and norm. They look to their own superior's openness, to their team's staffing, or above teams
    to all teams'.

    Parameters
    ----------
    cohort : Cohort
    o : int
        Row of the organisation.

    Returns
    -------
    dict of str to (n_persons,) array
        Agreement by the name of the question; about 0-1. Values of empty posts mean nothing.
    """
    org, q = cohort.organisation[o], cohort.parameters["survey"][o]
    leaving, usual = cohort.parameters["turnover"][o], cohort.parameters["reference"][o]["usual_exhaustion"]
    first, n, n_staff = int(org["first_person"]), int(org["n_persons"]), int(org["n_staff"])
    who = cohort.person[first : first + n]
    staff = np.arange(n) < n_staff

    teams = slice(int(org["first_team"]), int(org["first_team"] + org["n_teams"]))
    own_team = who["team"] - teams.start
    posts = cohort.team["n_posts"][teams].astype(float)
    at_post = np.bincount(own_team[:n_staff], weights=who["vacant"][:n_staff] == 0, minlength=len(posts))
    placed = staff | (who["role"] == TEAM_MANAGER)
    filled = np.where(placed, (at_post / posts)[np.where(placed, own_team, 0)], at_post.sum() / posts.sum())

    boss = np.empty(n, dtype=np.int64)
    boss[:n_staff] = cohort.team["manager"][who["team"][:n_staff]]
    ranks = np.arange(int(org["first_manager"]), int(org["first_manager"] + org["n_managers"]))
    above = cohort.manager["superior"][ranks]
    boss[n_staff:] = np.where(above >= 0, above, ranks)
    openness = cohort.manager["openness"][boss]

    improve = can_improve(q["acted_weight"], who["agency"], org["authority_enacted"], who["acted_memory"])
    return {
        "safe": who["safety"],
        "addressed": who["efficacy"],
        "unsafe_practice": secure_about_practice(q["duty_weight"], who["safety"], who["alignment"]),
        "improvements": np.where(staff, improve, who["agency"]),
        "suggestions": can_suggest(
            np.where(staff, who["propensity_memory"], who["safety"]),
            np.where(staff, who["norm"], who["efficacy"]),
            openness,
        ),
        "burnt_out": who["exhaustion"],
        "unwell": who["exhaustion"],
        "enough_staff": staffed(q["staffing_weight"], filled, who["load"]),
        "valued": who["belonging"],
        "recognition": np.where(staff, recognised(who["belonging"], who["answered_memory"]), who["belonging"]),
        "leaving": wish_to_leave(leaving, usual, who["exhaustion"], who["trust"], who["belonging"]),
    }


def _ask(cohort, o):
    """Ask everybody in post of one organisation, and put down the answers and the percentages that count."""
    org, q, view = cohort.organisation[o], cohort.parameters["survey"][o], cohort.snapshot
    first, n, seed, week = int(org["first_person"]), int(org["n_persons"]), org["seed"], cohort.week
    who = cohort.person[first : first + n]
    asked = who["vacant"] == 0
    usual = cohort.parameters["reference"][o]["usual_exhaustion"]
    key, exhaustion = np.ascontiguousarray(who["key"]), np.ascontiguousarray(who["exhaustion"])
    replies = asked & _answering(seed, week, key, exhaustion, q["response_rate"], q["response_exhaustion"], usual)
    agreement = agreement_of(cohort, o)
    n_asked, n_replies = int(asked.sum()), int(replies.sum())
    for question, stream in zip(QUESTIONS, ANSWERS, strict=True):
        name = question.name
        threshold = BURNT_OUT if name == "burnt_out" else q[f"{name}_threshold"]
        ticked = answer(agreement[name] + q["noise"] * _moods(seed, stream, week, key), threshold, q["category_width"])
        if question.yes_no:
            ticked = np.where(ticked >= COUNTS_FROM, YES, 1)
        who[f"answer_{name}"] = np.where(replies, ticked, 0)
        counts = ticked >= COUNTS_FROM
        # Where nobody answers, nothing new is reported.
        if n_replies > 0:
            view[f"survey_{name}"][o] = 100.0 * int((counts & replies).sum()) / n_replies
        if n_asked > 0:
            view[f"survey_all_{name}"][o] = 100.0 * int((counts & asked).sum()) / n_asked
    view["survey_response"][o] = 100.0 * n_replies / n_asked if n_asked > 0 else 0.0
    cohort.organisation["n_surveys"][o] += 1


def _due(cohort, first, last, week):
    """Return which organisations ask in a week: in the survey's week, and in the very first week of all."""
    q = cohort.parameters["survey"][first:last]
    never = cohort.organisation["n_surveys"][first:last] == 0
    return q["enabled"] & (never | is_due(week, q["week_of_year"], q["every_years"]))


def acts_in(cohort, first, last, week):
    """Return whether anybody is asked in a week."""
    return bool(_due(cohort, first, last, week).any())


def ask(cohort, first, last):
    """Ask staff where it is time."""
    for o in first + np.flatnonzero(_due(cohort, first, last, cohort.week)):
        _ask(cohort, int(o))


PROCESS = Process(
    name="survey",
    place=18,
    title="Once a year staff and managers are surveyed, and some answer; nothing in the model reads it.",
    parameters=Parameters,
    act=ask,
    acts_in=acts_in,
    reads=(
        "organisation.authority_enacted", "person.vacant", "person.safety", "person.efficacy", "person.alignment",
        "person.agency", "person.acted_memory", "person.answered_memory", "person.propensity_memory", "person.norm",
        "person.exhaustion", "person.belonging", "person.trust", "person.load", "manager.openness",
    ),
    writes=(
        "organisation.n_surveys", "snapshot.survey_response",
        *(f"snapshot.survey_{name}" for name in SURVEY_ITEMS), *(f"snapshot.survey_all_{name}" for name in SURVEY_ITEMS),
        *(f"person.answer_{name}" for name in SURVEY_ITEMS),
    ),
)  # fmt: skip
