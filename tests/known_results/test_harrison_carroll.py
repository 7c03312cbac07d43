"""A culture that newcomers are chosen for and socialised into comes to a balance and outlives high turnover; growth weakens it.

Harrison and Carroll (1991, "Keeping the faith: a model of cultural transmission in formal organizations", Administrative
Science Quarterly 36:552) let people enter with some culture, be pulled by management and by colleagues, and leave. Only
the abstract was read: cultures come to a balance even under high turnover and rapid growth, and are stronger in decline
than in growth. The pattern is reproduced; no figure is compared.

Here it is a setting of switches of the week: only what staff learn about safety, and turnover. Culture is
psychological safety; entrants bring S₀, managers who are more open than usual pull by a share a_O of the difference,
colleagues pull to their mean with the weight λ. Unlike in the article, leaving does not depend on the culture, and the pull
of managers adds to what a person brought along instead of replacing it. Exhaustion stands still, so that all leave alike.

In the balance the mean has a closed form. The weekly pull on the mean is k = η(1−λ), and hires are x per head and week and
bring the reputation of the place with weight w:

    S̄ = S₀ + a_O (O − O₀) · k / (k + x (1−w))

Tolerance: 0.012 for means over 8 runs of 300 staff, whose standard error is about 0.004.
"""

import numpy as np
import pytest
from switched import only

import civicsim as cs
from civicsim.experiment.run import burn_in
from civicsim.model.organisation import STAFF
from civicsim.model.processes.events import Event

RUNS = 8
ENTRANTS, OPENNESS, WEIGHT = 0.4, 0.9, 0.8
FAITH = only(
    "learning",
    "turnover",
    "events",
    n_teams=20,
    weeks=312,
    safety_mean=ENTRANTS,
    safety_sd=0.1,
    openness_mean=OPENNESS,
    openness_sd=0.0,
    learning__efficacy_enabled=False,
    openness_safety=WEIGHT,
    norm_safety=0.0,
    fear_safety=0.0,
    reputation_weight=0.0,
    turnover__absence_enabled=False,
    exit_trust=0.0,
    exit_belonging=0.0,
    exit_exhaustion=2.5,
    exhaustion_mean=0.5,
    exhaustion_sd=0.08,
    weeks_to_fill=10.0,
    weeks_to_fill_sd=0.0,
)
TURNOVER = pytest.mark.parametrize("turnover", [0.1, 0.2, 0.3])


def leaving(turnover):
    """Return the scenario with a share of people who leave in a year."""
    return FAITH.with_(exit_rate=-np.log1p(-turnover) / 52)


def level(result, weeks=104):
    """Return mean safety over the last weeks, (RUNS,)."""
    return result.values(["psychological_safety"], weeks)["psychological_safety"]


def simulated(scenario, founders=None, **state):
    """Run a scenario, where asked for with founders of one culture, or with a state of the organisation set."""
    start = burn_in(scenario, RUNS, threads=1)
    if founders is not None:
        start.person["safety"][start.person["role"] == STAFF] = founders
    for name, value in state.items():
        start.organisation[name] = value
    return cs.run(scenario, RUNS, start=start, threads=1)


def path(scenario, **state):
    """Return mean safety over weeks and runs, (weeks,)."""
    return simulated(scenario, **state).paths("psychological_safety", 1).mean(axis=1)


def regrown(weeks_to_fill):
    """Return an organisation that loses four fifths of its staff after two years and grows back, at some speed."""
    wave = Event(104, "most leave", action="vacancy_wave", size=0.8)
    return leaving(0.1).with_(weeks_to_fill=weeks_to_fill, interventions=(wave,))


@TURNOVER
def test_strong_and_weak_founders_end_in_one_culture(turnover):
    scenario = leaving(turnover)
    strong, weak = (path(scenario, founders=founders) for founders in (0.95, 0.05))
    assert strong[0] > weak[0] + 0.8
    assert strong[156:] == pytest.approx(weak[156:], abs=0.01)
    assert strong[156:208].mean() == pytest.approx(strong[260:].mean(), abs=0.01)


@TURNOVER
@pytest.mark.parametrize("reputation", [0.0, 0.8])
def test_the_balance_is_that_of_the_closed_form(turnover, reputation):
    scenario = leaving(turnover).with_(reputation_weight=reputation)
    result = simulated(scenario)
    learning, usual = scenario.learning, scenario.reference
    pull = learning.safety_rate * (1.0 - learning.susceptibility)
    hires = result.values(["leaver_rate"], 156)["leaver_rate"].mean() / 52 * (1.0 - reputation)
    expected = ENTRANTS + WEIGHT * (OPENNESS - usual.usual_openness) * pull / (pull + hires)
    assert level(result).mean() == pytest.approx(expected, abs=0.012)


def test_the_faith_is_kept_under_high_turnover():
    lift = {turnover: level(simulated(leaving(turnover))).mean() - ENTRANTS for turnover in (0.1, 0.3)}
    assert lift[0.1] > 0.3
    assert 0.8 * lift[0.1] < lift[0.3] < lift[0.1] - 0.02


def test_without_socialisation_the_faith_goes_with_the_founders():
    lost = path(leaving(0.3).with_(learning__enabled=False), founders=0.95)
    assert lost[0] > 0.9
    # Of the founders, those whom turnover has left stay longest.
    assert lost[-1] < ENTRANTS + 0.2 * (0.95 - ENTRANTS)


def test_selective_entry_makes_a_culture_stronger_and_more_alike():
    usual, chosen = simulated(leaving(0.2)), simulated(leaving(0.2).with_(safety_mean=0.5, safety_sd=0.05))
    assert level(chosen).mean() - level(usual).mean() == pytest.approx(0.1, abs=0.015)
    spread = [result.cohort.person["safety"][result.cohort.person["role"] == STAFF].std() for result in (chosen, usual)]
    assert spread[0] < 0.85 * spread[1]


def test_growth_weakens_a_culture_and_the_faster_the_more():
    steady, slow, fast = (path(scenario) for scenario in (leaving(0.1), regrown(60.0), regrown(10.0)))
    assert steady[100:104].mean() == pytest.approx(fast[100:104].mean(), abs=0.005)
    assert fast[104:156].min() < slow[104:156].min() - 0.02 < steady[104:156].min() - 0.04


def test_after_rapid_growth_the_culture_comes_back():
    fast, steady = path(regrown(10.0)), path(leaving(0.1))
    assert fast[104:156].min() < steady[104:156].min() - 0.05
    assert fast[260:].mean() == pytest.approx(steady[260:].mean(), abs=0.012)


def test_a_culture_is_stronger_in_decline_than_in_balance():
    balance, decline = simulated(leaving(0.3)), simulated(leaving(0.3), weeks_to_fill=1e9)
    assert decline.cohort.person["vacant"].mean() > 0.7
    assert level(decline).mean() > level(balance).mean() + 0.02
