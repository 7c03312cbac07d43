"""Leaders read reports, tighten or loosen, come and go; the regulator rates what is reported."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.compiled import compiled
from civicsim.kernels import unit
from civicsim.parameters import parameter, switch
from civicsim.process import Process
from civicsim.processes.turnover import hire
from civicsim.randomness import stream_of, uniforms

STREAM = stream_of("governing")
QUARTER = 13
_FREE = "Assumption: free modelling choice, to be swept."


@dataclass(frozen=True)
class Parameters:
    """How leaders react to what is reported, and how long they stay."""

    enabled: bool = switch("Leaders react to reports, are rated, and come and go.")
    aspiration: float = parameter(
        0.62, "0-1", help="Reported quality with which leaders and the public are content at the start.", source=_FREE
    )
    expectation_drift: float = parameter(
        0.0, "per year", -0.05, 0.05, help="How fast public expectations rise.",
        source="Assumption: none by default; expectations were said to rise and deference to fall (Mountford and Marshall 2014, BMJ Qual Saf 23:89).",
    )  # fmt: skip
    reaction: float = parameter(
        2.0, "grip per shortfall", 0.0, 10.0, help="How strongly leaders tighten when reports fall short.", source=_FREE
    )
    relaxation: float = parameter(
        0.5, "per quarter", 0.1, 1.0, help="Share of the grip that is loosened in a quarter.", source=_FREE
    )
    example_gain: float = parameter(
        0.5, "openness per share of hours", 0.0, 2.0,
        help="How much the chief's openness shows more or less with the share of the hour budget spent with people.",
        source="Direction: staff judge by how leaders spend time (Drew and Pandit 2020); size free.",
    )  # fmt: skip
    chief_exit_rate: float = parameter(
        1.0 / 156.0, "per week", 0.0, 0.05, help="Weekly chance that the chief executive leaves.",
        source="Median tenure of three years (King's Fund 2018, Leadership in today's NHS).",
    )  # fmt: skip
    inadequate_factor: float = parameter(
        3.0, "multiple", 1.0, 10.0, help="How much an inadequate rating raises that chance.", source=_FREE
    )
    reset_probability: float = parameter(
        0.5, "probability", help="Chance that a new chief starts programmes over.", source=_FREE
    )
    continuity: float = parameter(0.0, "0-1", help="How far succession planning averts that.", source=_FREE)
    rating_weeks: int = parameter(
        104, "weeks", 26, 520, role="fixed", help="Weeks between two ratings by the regulator.", source=_FREE
    )
    rating_noise: float = parameter(
        0.03, "0-1", 0.0, 0.2, help="Spread of the regulator's impression around what is reported.", source=_FREE
    )
    inadequate_below: float = parameter(
        0.50, "0-1", help="Impression below which an organisation is rated inadequate.", source=_FREE
    )
    rating_grip: float = parameter(
        0.3,
        "0-1",
        help="Grip that an inadequate rating adds at once, where the regulator has no patience.",
        source=_FREE,
    )
    patience: float = parameter(
        0.3, "0-1", help="Patience of the regulator: 1 lets an inadequate rating pass without new grip.", source=_FREE
    )


@compiled
def grip_after(grip, relaxation, reaction, aspiration, reported):
    """Return the grip of leaders after a quarter: it loosens by itself and tightens where reports fall short.

    Formula
        grip ← (1−r)·grip + k·max(0, aspiration − reported)
    """
    return unit((1.0 - relaxation) * grip + reaction * max(0.0, aspiration - reported))


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
def _succeed(week, q, newcomers, pop, org, person, manager, count):
    """Bring in a new chief executive, who may start over."""
    i = org.first_person + org.n_persons - 1
    hire(person[i], i, org, newcomers, pop, week, manager)
    count.chiefs_left += 1
    u_reset, _, _, _ = uniforms(org.seed, STREAM, week, org.key, 1)
    if u_reset < q.reset_probability * (1.0 - q.continuity):
        count.resets += 1
        org.fear_enacted, org.permission_enacted = org.fear_habit, org.permission_habit
        org.authority_enacted = org.authority_habit
    org.chief_left = 1


@compiled
def _step(first, last, week, p, turnover, population, reference, organisation, tally, team, person, manager):
    for o in range(first, last):
        org, q, count = organisation[o], p[o], tally[o]
        org.chief_left = 0
        chief = org.first_manager + org.n_managers - 1
        if not q.enabled:
            org.grip = 0.0
            org.leader_openness = manager[chief].openness_anchor
            continue
        u_exit, u_rate, _, _ = uniforms(org.seed, STREAM, week, org.key, 0)
        if u_exit < chief_exit_probability(q.chief_exit_rate, org.inadequate, q.inadequate_factor):
            _succeed(week, q, turnover[o], population[o], org, person, manager, count)
        given = org.spent_protected + org.spent_peer + org.spent_response + org.spent_deliberation
        org.leader_openness = example_set(
            manager[chief].openness_anchor, q.example_gain, unit(given / org.hours_budget),
            reference[o].usual_engaged,
        )  # fmt: skip
        if week % QUARTER != 0:
            continue
        reported = 0.0
        for t in range(org.first_team, org.first_team + org.n_teams):
            reported += team[t].quality_reported
        reported /= org.n_teams
        aspiration = unit(q.aspiration + q.expectation_drift * week / 52.0)
        org.grip = grip_after(org.grip, q.relaxation, q.reaction, aspiration, reported)
        # Organisations are rated in turn, not all in one quarter.
        quarters = max(1, q.rating_weeks // QUARTER)
        if (week // QUARTER + org.key) % quarters == 0:
            impression = reported + q.rating_noise * 3.4641016151377544 * (u_rate - 0.5)
            org.inadequate = 1 if impression < q.inadequate_below else 0
            count.rated += 1
            count.rated_inadequate += org.inadequate
            if org.inadequate:
                org.grip = unit(org.grip + q.rating_grip * (1.0 - q.patience))


def step(cohort, first, last):
    """Let the chief executive stay or go and set an example; each quarter, react to reports and be rated."""
    c = cohort
    _step(
        first, last, c.week, c.parameters["governing"], c.parameters["turnover"], c.parameters["population"], c.parameters["reference"],
        c.organisation, c.tally, c.team, c.person, c.manager,
    )  # fmt: skip


PROCESS = Process(
    name="governing",
    place=17,
    title="Leaders tighten when reports fall short, set an example by how they spend time, are rated, and are succeeded.",
    parameters=Parameters,
    step=step,
    reads=(
        "organisation.hours_budget", "organisation.spent_protected", "organisation.spent_peer",
        "organisation.spent_response", "organisation.spent_deliberation", "team.quality_reported",
        "organisation.fear_habit", "organisation.permission_habit", "organisation.authority_habit",
        "organisation.mean_safety", "organisation.mean_efficacy", "organisation.voice_norm",
    ),
    writes=(
        "organisation.grip", "organisation.inadequate", "organisation.chief_left", "organisation.leader_openness",
        "organisation.fear_enacted", "organisation.permission_enacted", "organisation.authority_enacted",
        "manager.openness_anchor", "person.*", "tally.chiefs_left", "tally.resets", "tally.rated", "tally.rated_inadequate",
    ),
)  # fmt: skip
