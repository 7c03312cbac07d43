"""Once a year staff and managers are asked what the NHS Staff Survey asks. Nothing in the model reads the answers.

A person's states give how far the person agrees, on a scale from about 0 to 1. Noise is added,
and thresholds cut the sum into five answers, of which the upper two count, as in the survey's published figures. Not
all answer, and those who do need not be like the rest: both shares are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import fixed, parameter, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import bell, stream_of, uniforms_in_turn
from civicsim.model.calendar import YEAR
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.questions import QUESTIONS, SURVEY_ITEMS
from civicsim.model.rows import each_organisation
from civicsim.model.rules import exp

ANSWERS = tuple(stream_of(f"survey.{name}") for name in SURVEY_ITEMS)
REPLIES = stream_of("survey.replies")
COUNTS_FROM = 4
"""Answers from this one on count: agree and strongly agree, often and always, satisfied and very satisfied."""
YES, NO = 5, 1


YES_OR_NO = tuple(question.yes_no for question in QUESTIONS)


def _line(default: float, share: str) -> float:
    """Declare the threshold of a question."""
    source = f"Assumption: set so that the status quo reads {share}."
    return parameter(default, "agreement", 0, 1, "Agreement above which an answer counts.", source)


_WEEK_OF_YEAR_SOURCE = "Assumption: the NHS Staff Survey is in the field in autumn."
_RESPONSE_RATE_SOURCE = "Assumption: NHS Staff Survey, England, 48 % in 2023, to be verified."
_UNKNOWN = "Assumption: no data on who does not answer; swept through zero."
_NOISE_SOURCE = "Assumption: with the spread of states it gives one question a repeatability of about .7."
_CATEGORY_WIDTH_SOURCE = "Assumption: free modelling choice."
_DUTY = "Assumption: clinicians have a duty to raise it; free modelling choice, to be swept."
_HARASSED = "Assumption: chance of a year's experience in proportion to fear and to what the manager lacks in openness, near the usual."
_STAFFING = "Assumption: people of one team differ more than their staffing does; to be swept."


@dataclass(frozen=True)
class Parameters:
    """When staff are asked, who answers, and how agreement becomes an answer."""

    enabled: bool = switch("Staff are surveyed.")
    week_of_year: int = fixed(
        40, "week", 0, 51, "Week of the year in which staff are asked; week 0 is in midwinter.", _WEEK_OF_YEAR_SOURCE
    )
    every_years: int = fixed(1, "years", 1, 10, "Years between two surveys.", "NHS Staff Survey: every year.")
    response_rate: float = share(0.5, "Chance that someone as exhausted as usual answers.", _RESPONSE_RATE_SOURCE)
    response_exhaustion: float = parameter(
        1.0, "log odds per exhaustion", -5, 5, "How much exhaustion keeps people from answering.", _UNKNOWN
    )
    noise: float = parameter(0.1, "agreement", 0, 2, "Spread of what an answer owes to the moment.", _NOISE_SOURCE)
    category_width: float = parameter(
        0.15, "agreement", 0.01, 0.5, "Agreement between two neighbouring answers.", _CATEGORY_WIDTH_SOURCE
    )
    duty_weight: float = share(0.3, "Weight of caring for patients, against safety, in raising unsafe practice.", _DUTY)
    acted_weight: float = share(0.3, "Weight of the outcome of own concerns in feeling able to improve things.")
    staffing_weight: float = parameter(
        0.26, "agreement per share", 0, 1, "Weight of filled posts over workload in judging staffing.", _STAFFING
    )
    harassed_weight: float = parameter(
        0.29, "agreement per unit", 0, 1, "Weight of fear and the manager in being harassed by managers.", _HARASSED
    )
    safe_threshold: float = _line(0.511, "62 % (National Guardian's Office, England, 2023)")
    addressed_threshold: float = _line(0.488, "50 % (National Guardian's Office, England, 2023)")
    unsafe_practice_threshold: float = _line(0.548, "72 % (71-75 % in England, 2021-23)")
    improvements_threshold: float = _line(0.292, "55 % (pooled NHS trusts, 2021-24)")
    suggestions_threshold: float = _line(0.322, "75 %, 20 points above improvements (England, 2015)")
    unwell_threshold: float = _line(0.515, "42 % (pooled NHS trusts, 2023-24)")
    enough_staff_threshold: float = _line(0.531, "32 % (pooled NHS trusts, 2023)")
    valued_threshold: float = _line(0.535, "70 % (pooled NHS trusts, 2024)")
    recognition_threshold: float = _line(0.53, "54 % (England, 2022-23)")
    leaving_threshold: float = _line(0.558, "30 % (32 % in England in 2022)")
    harassed_threshold: float = _line(0.19, "10 % (pooled NHS acute trusts, 2024)")


@compiled
def secure_about_practice(duty_weight, safety, alignment):
    """Return how secure a person is in raising unsafe practice: (1−w)·S + w·a."""
    return (1.0 - duty_weight) * safety + duty_weight * alignment


@compiled
def can_improve(acted_weight, agency, authority, acted):
    """Return how far a person can make improvements happen: (1−w)·(½g + ½ authority) + w·acted on."""
    return (1.0 - acted_weight) * (0.5 * agency + 0.5 * authority) + acted_weight * acted


@compiled
def can_suggest(readiness, norm, openness):
    """Return how far a person can make suggestions: the mean of own readiness to speak up, colleagues', and openness."""
    return (readiness + norm + openness) / 3.0


@compiled
def staffed(weight, filled_share, load):
    """Return how far a person finds that there is enough staff: ½ + w·(filled share / load − 1)."""
    return 0.5 + weight * (filled_share / max(load, 0.1) - 1.0)


@compiled
def recognised(belonging, answered):
    """Return how far a person finds good work recognised: ½X + ½ share of own items answered."""
    return 0.5 * belonging + 0.5 * answered


@compiled
def wish_to_leave(leaving, usual_exhaustion, exhaustion, trust, belonging):
    """Return how much a person thinks of leaving.

    Formula
        ½ + ¼ [e_E(E−E_ref) − e_T(T−½) − e_X(X−½)]

    In brackets stands the logarithm of how much likelier than usual the person is to leave, with the parameters
    ``leaving`` of turnover.
    """
    return 0.5 + 0.25 * (
        leaving.exit_exhaustion * (exhaustion - usual_exhaustion)
        - leaving.exit_trust * (trust - 0.5)
        - leaving.exit_belonging * (belonging - 0.5)
    )


@compiled
def harassed(weight, fear, openness):
    """Return how far a person is made to feel blame by those above: w·F·(1−O)."""
    return weight * fear * (1.0 - openness)


@compiled
def answer(agreement, threshold, width):
    """Return the answer on five points: 4 above the threshold, one more or less for each width beyond it."""
    steps = np.ceil((agreement - threshold) / width)
    return int(min(max(steps, -2.0), 2.0)) + 3


@compiled
def is_due(week, week_of_year, every_years):
    """Return whether staff are asked in a week: in the same week of every so manyth year, year 0 among them."""
    return week % YEAR == week_of_year and week // YEAR % every_years == 0


@compiled
def response_probability(rate, slope, exhaustion, usual_exhaustion):
    """Return the chance of answering: odds r/(1−r) · exp(−s(E − E_ref))."""
    f = exp(-slope * (exhaustion - usual_exhaustion))
    return rate * f / (rate * f + 1.0 - rate)


@compiled
def filled_shares(org, team, person):
    """Return the share of posts of staff that are filled, in each team; and last, in all teams."""
    share = np.empty(org.n_teams + 1)
    everywhere = 0.0
    for t in range(org.first_team, org.first_team + org.n_teams):
        g = team[t]
        filled = 0.0
        for i in range(g.first_person, g.first_person + g.n_posts):
            filled += person[i].vacant == 0
        share[t - org.first_team] = filled / g.n_posts
        everywhere += filled
    share[org.n_teams] = everywhere / org.n_staff
    return share


@compiled
def agreement_of(org, q, leaving, usual_exhaustion, team, person, manager):
    """Return how far each person of an organisation agrees with each question, before noise.

    Managers do not voice in the model: what would come of their own items is left out, and their safety and efficacy
    stand for readiness and norm. They look to their own superior's openness, to their team's staffing, or above teams
    to all teams'.

    Parameters
    ----------
    org, q, leaving : record
        The organisation, and its parameters of the survey and of turnover.
    usual_exhaustion : float
        E_ref, 0-1.
    team, person, manager : array of records
        All of them.

    Returns
    -------
    (questions, n_persons) array
        Agreement in the order of :data:`QUESTIONS`; about 0-1. Values of empty posts mean nothing.
    """
    agrees = np.empty((len(ANSWERS), org.n_persons))
    filled = filled_shares(org, team, person)
    for n in range(org.n_persons):
        who = person[org.first_person + n]
        staffing = filled[who.team - org.first_team] if who.team >= 0 else filled[org.n_teams]
        if n < org.n_staff:
            openness = manager[team[who.team].manager].openness
            readiness, norm = who.propensity_memory, who.norm
            improves = can_improve(q.acted_weight, who.agency, org.authority_enacted, who.acted_memory)
            recognition = recognised(who.belonging, who.answered_memory)
        else:
            own = org.first_manager + n - org.n_staff
            above = manager[own].superior
            openness = manager[above if above >= 0 else own].openness
            readiness, norm = who.safety, who.efficacy
            improves, recognition = who.agency, who.belonging
        agrees[:, n] = (
            who.safety,
            who.efficacy,
            secure_about_practice(q.duty_weight, who.safety, who.alignment),
            improves,
            can_suggest(readiness, norm, openness),
            who.exhaustion,
            who.exhaustion,
            staffed(q.staffing_weight, staffing, who.load),
            who.belonging,
            recognition,
            wish_to_leave(leaving, usual_exhaustion, who.exhaustion, who.trust, who.belonging),
            harassed(q.harassed_weight, org.fear_enacted, openness),
        )
    return agrees


@compiled
def thresholds(q):
    """Return the agreement above which an answer counts, in the order of :data:`QUESTIONS`."""
    voice = (q.safe_threshold, q.addressed_threshold, q.unsafe_practice_threshold)
    influence = (q.improvements_threshold, q.suggestions_threshold)
    work = (BURNT_OUT, q.unwell_threshold, q.enough_staff_threshold)
    people = (q.valued_threshold, q.recognition_threshold, q.leaving_threshold, q.harassed_threshold)
    return voice + influence + work + people


@compiled
def _tick(org, week, q, agrees, person):
    """Return what each person ticks at each question, or would if the person answered; shape (questions, n_persons)."""
    ticks = np.empty(agrees.shape, dtype=np.int8)
    lines = thresholds(q)
    for k in range(agrees.shape[0]):
        # What an answer owes to the moment: mean 0, variance 1.
        u = uniforms_in_turn(org.seed, ANSWERS[k], week, person[org.first_person].key, org.n_persons, 0)
        for n in range(org.n_persons):
            mood = bell(u[0, n], u[1, n], u[2, n], u[3, n])
            ticked = answer(agrees[k, n] + q.noise * mood, lines[k], q.category_width)
            if YES_OR_NO[k]:
                ticked = YES if ticked >= COUNTS_FROM else NO
            ticks[k, n] = ticked
    return ticks


@compiled
def _put_down(org, ticks, replies, person):
    """Store the answers of those who replied; 0 for all others."""
    for n in range(org.n_persons):
        who, given = person[org.first_person + n], ticks[:, n]
        if not replies[n]:
            given[:] = 0
        who.answer_safe, who.answer_addressed, who.answer_unsafe_practice = given[0], given[1], given[2]
        who.answer_improvements, who.answer_suggestions, who.answer_burnt_out = given[3], given[4], given[5]
        who.answer_unwell, who.answer_enough_staff, who.answer_valued = given[6], given[7], given[8]
        who.answer_recognition, who.answer_leaving, who.answer_harassed = given[9], given[10], given[11]


@compiled
def percentages(ticks, among):
    """Return, by question, how many percent of some people tick what counts, and how many people they are."""
    share = np.zeros(ticks.shape[0])
    n = 0
    for i in range(among.shape[0]):
        n += among[i]
    for k in range(ticks.shape[0]):
        counts = 0
        for i in range(among.shape[0]):
            counts += among[i] and ticks[k, i] >= COUNTS_FROM
        share[k] = 100.0 * counts / max(n, 1)
    return share, n


@compiled
def _report(view, ticks, asked, replies):
    """Report the survey: of those who answered, and of all who were asked."""
    share, n_asked = percentages(ticks, asked)
    if n_asked > 0:
        view.survey_all[:] = share
    share, n_replies = percentages(ticks, replies)
    # Where no one answers, nothing new is reported.
    if n_replies > 0:
        view.survey[:] = share
    view.survey_response = 100.0 * n_replies / max(n_asked, 1)


@each_organisation
def _step(org, q, q_turnover, usual, view, week, team, person, manager):
    """Ask all in post where it is time: in the survey's week, and in the very first week of all."""
    if not q.enabled or not (org.n_surveys == 0 or is_due(week, q.week_of_year, q.every_years)):
        return
    start, n = org.first_person, org.n_persons
    asked, replies = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    draws = uniforms_in_turn(org.seed, REPLIES, week, person[start].key, n, 0)
    for i in range(n):
        who = person[start + i]
        if who.vacant == 0:
            asked[i] = True
            chance = response_probability(
                q.response_rate, q.response_exhaustion, who.exhaustion, usual.usual_exhaustion
            )
            replies[i] = draws[0, i] < chance
    agrees = agreement_of(org, q, q_turnover, usual.usual_exhaustion, team, person, manager)
    ticks = _tick(org, week, q, agrees, person)
    _report(view, ticks, asked, replies)
    _put_down(org, ticks, replies, person)
    org.n_surveys += 1


PROCESS = Process(
    name="survey",
    title="Once a year staff and managers are surveyed, and some answer; no other process reads the answers.",
    parameters=Parameters,
    kernels=(_step,),
)
