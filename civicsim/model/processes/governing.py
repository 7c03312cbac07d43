"""Leaders read reports, tighten or loosen, come and go; the regulator rates what is reported."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.engine.compiled import compiled
from civicsim.engine.parameters import fixed, free, parameter, setting, share, switch
from civicsim.engine.process import Process
from civicsim.engine.randomness import stream_of, uniforms
from civicsim.model import log as event
from civicsim.model.calendar import QUARTER
from civicsim.model.processes.compact import ledger
from civicsim.model.processes.enactment import hours_with_people
from civicsim.model.processes.turnover import hire
from civicsim.model.rows import each_organisation
from civicsim.model.rules import unit

STREAM = stream_of("governing")
TURN = stream_of("governing.turn")
SIGNAL_WEEKS = 26.0
"""Weeks over which harm and patients' reports become known. Assumption: two quarters."""
_MOUNTFORD_2014 = "Assumption: none by default; expectations were said to rise and deference to fall (Mountford and Marshall 2014, BMJ Qual Saf 23:89)."
_DREW_2020 = "Direction: staff judge by how leaders spend time (Drew and Pandit 2020); size free."
_CHIEF_EXIT_RATE_SOURCE = (
    "Assumption: three years on average. Three years are the median of the King's Fund (2018, Leadership in today's NHS), for which "
    "it would be 0.0044."
)
_DREW_2020B = (
    "Direction: transparency and regulation press on leaders (Drew and Pandit 2020, BMJ 368:m872); none by default."
)
_DREW_2020C = (
    "Assumption: scenario definition; that leaders be judged by culture too was proposed (Drew and Pandit 2020)."
)
_RELIEF = "Assumption: leaders who see what work does to staff can put off care that can wait, at the expense of patients; size free."
_SIGNALS = (
    "Assumption: harm and what patients report reach leaders and the regulator after about half a year; size free."
)
_DEFINITION = "Assumption: scenario definition."
_DREW_2020D = "Direction: regulators want plans within weeks (Drew and Pandit 2020, BMJ 368:m872)."


@dataclass(frozen=True)
class Parameters:
    """How leaders react to what is reported, and how long they stay."""

    enabled: bool = switch("Leaders react to reports, are rated, and come and go.")
    aspiration: float = share(0.62, "Reported quality with which leaders and the public are content at the start.")
    expectation_drift: float = parameter(
        0.0, "per year", -0.05, 0.05, "How fast public expectations rise.", _MOUNTFORD_2014
    )
    reaction: float = free(1.0, "grip per shortfall", 0, 10, "How strongly leaders tighten when reports fall short.")
    relaxation: float = free(0.5, "per quarter", 0.1, 1, "Share of the grip that is loosened in a quarter.")
    harm_weight: float = parameter(
        0.03,
        "quality per share",
        0,
        1,
        "How much harm that comes to light, against the usual, lowers what leaders hear.",
        _SIGNALS,
    )
    patients_weight: float = parameter(
        0.1, "quality per satisfaction", 0, 2, "How much patients' reports move what leaders hear of quality.", _SIGNALS
    )
    example_gain: float = parameter(
        0.5, "openness per share of hours", 0, 2, "How far hours with people open the chief executive.", _DREW_2020
    )
    chief_exit_rate: float = parameter(
        1.0 / 156.0, "per week", 0, 0.05, "Weekly chance that the chief executive leaves.", _CHIEF_EXIT_RATE_SOURCE
    )
    inadequate_factor: float = free(
        3.0, "multiple", 1, 10, "How much an inadequate rating raises the chance that the chief executive leaves."
    )
    reset_probability: float = free(
        0.5, "probability", 0, 1, "Chance that a new chief executive starts programmes over."
    )
    continuity: float = share(0.0, "How far succession planning keeps a new chief executive from starting over.")
    pressure: float = fixed(0.0, "0–1", 0, 1, "Pressure on leaders from outside, whatever they report.", _DREW_2020B)
    culture_target: float = setting(
        0.0, "0–1", 0, 1, "Weight of a culture score in what leaders are judged by.", _DREW_2020C
    )
    wellbeing_weight: float = setting(
        0.0, "0–1", 0, 1, "Weight of the wellbeing of staff among the aims of leaders.", _DEFINITION
    )
    tradeoff_visible: bool = setting(
        False, "yes/no", 0, 1, "Whether leaders can see what their other aims cost in wellbeing.", _DEFINITION
    )
    wellbeing_gain: float = free(
        2.0, "attention per unit exhaustion", 0, 10, "How strongly exhaustion draws leaders' attention once seen."
    )
    relief: float = parameter(
        0.05,
        "share of care",
        0,
        0.3,
        "Care that leaders put off to relieve staff if all their attention is on wellbeing.",
        _RELIEF,
    )
    inspection_deadline: int = setting(
        4, "weeks", 1, 104, "Weeks between the announcement of an inspection and its visit.", _DREW_2020D
    )
    rating_weeks: int = free(104, "weeks", 26, 520, "Weeks between two ratings by the regulator.", role="fixed")
    rating_noise: float = free(0.03, "0–1", 0, 0.2, "Spread of the regulator's impression around what is reported.")
    inadequate_below: float = share(0.50, "Impression below which an organisation is rated inadequate.")
    rating_grip: float = share(0.3, "Tightening that an inadequate rating adds at once under an impatient regulator.")
    patience: float = share(0.3, "Patience of the regulator: 1 lets an inadequate rating pass without new grip.")


@compiled
def grip_after(grip, relaxation, reaction, shortfall, pressure, distracted):
    """Return the grip of leaders after a quarter: it loosens by itself, and tightens with shortfalls and pressure.

    Formula
        grip ← (1−r)·grip + (k·max(0, shortfall) + r·pressure)(1 − attention elsewhere)
    """
    push = reaction * max(0.0, shortfall) + relaxation * pressure
    return unit((1.0 - relaxation) * grip + push * (1.0 - distracted))


@compiled
def as_heard(q, usual, reported, harm, satisfaction):
    """Return quality as leaders and the regulator hear of it.

    Formula
        reported − w_h(harm/usual − 1) + w_p(satisfaction − usual)

    Neither harm nor what patients say can be glossed over for long.
    """
    return unit(
        reported
        - q.harm_weight * (harm / usual.usual_harm - 1.0)
        + q.patients_weight * (satisfaction - usual.usual_satisfaction)
    )


@compiled
def attention_to_wellbeing(weight, visible, gain, exhaustion, usual_exhaustion):
    """Return the share of attention that the wellbeing of staff gets.

    Formula
        w·(1 + g·max(0, Ē − E_ref)), at most 1, where the cost in wellbeing can be seen; else 0

    An aim whose price cannot be seen moves no one's attention.
    """
    return unit(weight * (1.0 + gain * max(0.0, exhaustion - usual_exhaustion))) if visible else 0.0


@compiled
def culture_as_reported(safety, weight, fear, salience, audit):
    """Return the culture score that leaders report: glossed as far as they are judged by it and afraid, less under audit.

    Formula
        S̄ + w·F·salience·(1 − audit)·(1 − S̄)
    """
    return unit(safety + weight * fear * salience * (1.0 - audit) * (1.0 - safety))


@compiled
def urgency_of(notice, trial_weeks, patience):
    """Return how far an inspection leaves too little time for a trial, less where the regulator is patient.

    Formula
        (1 − patience)·max(0, 1 − notice/trial weeks)
    """
    if notice == 0 or trial_weeks == 0:
        return 0.0
    return (1.0 - patience) * max(0.0, 1.0 - notice / trial_weeks)


@compiled
def patience_with_compact(patience, regulator, compact):
    """Return the regulator's patience: more where it has joined a compact that is kept as a ledger."""
    return patience + (1.0 - patience) * regulator * ledger(compact)


@compiled
def example_set(own, gain, engaged, usual_engaged):
    """Return the openness that the chief executive shows.

    Formula
        O_c = own + e·(engaged − usual)

    where engaged is the share of the hour budget that is spent with people.
    """
    return unit(own + gain * (engaged - usual_engaged))


@compiled
def chief_exit_probability(rate, inadequate, factor):
    """Return the weekly chance that the chief executive leaves."""
    return min(1.0, rate * (factor if inadequate else 1.0))


@compiled
def _how_staff_are(org, person):
    """Return the mean exhaustion and the mean safety of staff in post."""
    exhaustion = safety = 0.0
    filled = 0
    for i in range(org.first_person, org.first_person + org.n_staff):
        if person[i].vacant == 0:
            exhaustion += person[i].exhaustion
            safety += person[i].safety
            filled += 1
    return exhaustion / max(filled, 1), safety / max(filled, 1)


@compiled
def turn_of(seed, key, quarters):
    """Return the quarter in which an organisation's turn to be rated comes, counted from 0."""
    u, _, _, _ = uniforms(seed, TURN, 0, key, 0)
    return int(u * quarters)


@compiled
def _succeed(log, week, q, newcomers, pop, org, person, manager, count):
    """Bring in a new chief executive, who may start over."""
    i = org.first_person + org.n_persons - 1
    event.note((log, -1, -1), event.EXIT, event.SUCCESSION, person=i)
    event.note((log, -1, -1), event.HIRE, event.SUCCESSION, person=i)
    hire(person[i], i, org, newcomers, pop, week, manager)
    count.chiefs_left += 1
    u_reset, _, _, _ = uniforms(org.seed, STREAM, week, org.key, 1)
    if u_reset < q.reset_probability * (1.0 - q.continuity):
        count.resets += 1
        # What was given has to be earned again; what was taken away stays.
        org.fear_enacted = max(org.fear_enacted, org.fear_habit)
        org.permission_enacted = min(org.permission_enacted, org.permission_habit)
        org.authority_enacted = min(org.authority_enacted, org.authority_habit)
        org.started_over = 1


@compiled
def _no_governing(org, own):
    """Leave nothing of grip, inspections and successions behind, and the chief executive as open as by nature."""
    org.grip = org.urgency = org.attention_wellbeing = org.deferred = org.culture_reported = 0.0
    org.deadline = org.notice = org.chief_leaving = 0
    org.leader_openness = own


@compiled
def _inspection_nears(org, trial_weeks, patience):
    """Count down to an announced inspection; return whether it is this week."""
    inspected = org.deadline == 1
    if org.deadline > 0:
        org.deadline -= 1
    if org.deadline == 0:
        org.notice = 0
    org.urgency = urgency_of(org.notice, trial_weeks, patience)
    return inspected


@compiled
def _react(org, q, reported, exhaustion, usual_exhaustion):
    """Let leaders attend to wellbeing, and tighten their grip as far as what is reported falls short."""
    aspiration = unit(q.aspiration + org.expectation)
    judged = (1.0 - q.culture_target) * reported + q.culture_target * org.culture_reported
    org.attention_wellbeing = attention_to_wellbeing(
        q.wellbeing_weight, q.tradeoff_visible, q.wellbeing_gain, exhaustion, usual_exhaustion
    )
    org.deferred = q.relief * org.attention_wellbeing
    org.grip = grip_after(org.grip, q.relaxation, q.reaction, aspiration - judged, q.pressure, org.attention_wellbeing)


@compiled
def _rate(org, q, reported, patience, u, count):
    """Rate an organisation by an impression around what is reported; inadequate tightens the grip."""
    impression = reported + q.rating_noise * 3.4641016151377544 * (u - 0.5)
    org.inadequate = 1 if impression < q.inadequate_below else 0
    count.rated += 1
    count.rated_inadequate += org.inadequate
    if org.inadequate:
        org.grip = unit(org.grip + q.rating_grip * (1.0 - patience))


@compiled
def _remember(org, team, patient):
    """Move the memories of harm and of what patients say."""
    harm = satisfaction = 0.0
    for t in range(org.first_team, org.first_team + org.n_teams):
        harm += team[t].harm
    for i in range(org.first_patient, org.first_patient + org.n_patients):
        satisfaction += patient[i].satisfaction
    org.harm_memory += (52.0 * harm / org.n_staff - org.harm_memory) / SIGNAL_WEEKS
    if org.n_patients > 0:
        org.satisfaction_memory += (satisfaction / org.n_patients - org.satisfaction_memory) / SIGNAL_WEEKS


@compiled
def _review(week, inspected, org, q, usual, patience, u_rate, team, person, count):
    """Put reports together with harm and what patients say; each quarter leaders react to them, and the regulator rates who is inspected or has its turn."""
    reported = 0.0
    for t in range(org.first_team, org.first_team + org.n_teams):
        reported += team[t].quality_reported
    reported = as_heard(q, usual, reported / org.n_teams, org.harm_memory, org.satisfaction_memory)
    exhaustion, safety = _how_staff_are(org, person)
    org.culture_reported = culture_as_reported(
        safety, q.culture_target, org.fear_enacted, org.target_salience, org.audit
    )
    if week % QUARTER == 0:
        _react(org, q, reported, exhaustion, usual.usual_exhaustion)
    # Organisations are rated in turn, not all in one quarter; an inspection ends in a rating of its own.
    quarters = max(1, q.rating_weeks // QUARTER)
    if inspected or (week // QUARTER + turn_of(org.seed, org.key, quarters)) % quarters == 0:
        _rate(org, q, reported, patience, u_rate, count)


@each_organisation
def _step(
    org, q, q_compact, q_lifecycle, q_population, q_turnover, usual, count, week, log, team, person, manager, patient
):
    """Let the chief executive stay or go and set an example; each quarter, react to reports and be rated."""
    org.started_over = 0
    chief = manager[org.first_manager + org.n_managers - 1]
    if not q.enabled:
        _no_governing(org, chief.openness_anchor)
        return
    u_exit, u_rate, _, _ = uniforms(org.seed, STREAM, week, org.key, 0)
    exits = chief_exit_probability(q.chief_exit_rate, org.inadequate, q.inadequate_factor)
    if org.chief_leaving or u_exit < exits:
        _succeed(log, week, q, q_turnover, q_population, org, person, manager, count)
    org.chief_leaving = 0
    patience = patience_with_compact(q.patience, q_compact.regulator, org.compact)
    engaged = unit(hours_with_people(org) / org.hours_budget)
    org.leader_openness = example_set(chief.openness_anchor, q.example_gain, engaged, usual.usual_engaged)
    _remember(org, team, patient)
    if week >= 0:
        org.expectation += q.expectation_drift / 52.0
    inspected = _inspection_nears(org, q_lifecycle.n_cycles * q_lifecycle.cycle_weeks, patience)
    if week % QUARTER == 0 or inspected:
        _review(week, inspected, org, q, usual, patience, u_rate, team, person, count)


PROCESS = Process(
    name="governing",
    title="Leaders tighten when reports fall short, set an example by how they spend time, are rated, and are succeeded.",
    parameters=Parameters,
    kernels=(_step,),
)
