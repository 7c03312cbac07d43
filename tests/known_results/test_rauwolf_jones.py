"""More speaking up can mean worse care where review is slow and inaccurate, and does not where colleagues correct one another.

Rauwolf and Jones (2019, "Exploring the utility of internal whistleblowing in healthcare via agent-based models", BMJ Open
9:e021705, doi:10.1136/bmjopen-2018-021705) find that with limited resources and inefficient review, care can be better
when less is reported, and that conversation between peers beside it overcomes this. Only the abstract was read: what is
reproduced is the sign, and no number is compared.

Here it is a setting of switches of the week. Staff notice rightly or wrongly what does not fit; a share of it, which is
set, goes to the manager, who has few hours (slow) and acts on what comes first without trying it out (inaccurate). With peers,
colleagues take most things up among themselves and talk them over first. Care is the quality of the last two years of three.

Why it happens here: a matter waits in the queue once, however many raise it. People are right more often than wrong, so among
a few concerns most are well founded; when all is raised, every matter waits, those that are well as they are too, and the few
hours go to these as often. It is not the time that speaking up takes: the penalty is there with the working load switched off.

Tolerance: the 95 % interval of the mean paired difference over 10 runs lies on the stated side of 0.
"""

import numpy as np
import pytest
from switched import only

import civicsim as cs
from civicsim.model.organisation import WAITING

RUNS, T = 10, 2.262  # and the quantile of Student's t for 95 %
RATES = {
    "hardly any": {"efficacy_mean": 0.02, "safety_mean": 0.02},
    "some": {"efficacy_mean": 0.3, "safety_mean": 0.5},
    "nearly all": {"efficacy_mean": 0.98, "safety_mean": 0.98, "voice__intercept": 0.0},
}
ASSUMED = only(
    "drift",
    "load",
    "noticing",
    "voice",
    "response",
    "lifecycle",
    "quality",
    n_teams=10,
    weeks=156,
    exhaustion_mean=0.48,
    safety_sd=0.0,
    efficacy_sd=0.0,
    # Care is poor to begin with, no one looks to the own convenience, and changes last.
    code_right_share=0.4,
    code_silent_share=0.2,
    practice_fits=0.2,
    kappa_low=0.5,
    alignment_mean=1.0,
    alignment_sd=0.0,
    skill_mean=0.5,
    check_rate=2.0,
    demand_per_post=31.0,
    cross_boundary_share=0.0,
    decay_base=0.0,
    # Readiness to speak up is the same for all and stays; the team may decide; no one goes to the guardian.
    norm_weight=0.0,
    efficacy_weight=5.0,
    voice__intercept=-2.0,
    invitation=0.0,
    voice__hours_per_item=1.0,
    guardian_appeal=-8.0,
    authority=1.0,
    weight_deliberation=8.0,
)
TO_THE_MANAGER = {"manager_appeal": 3.0, "peer_authority": 0.0, "peer_agency": 0.0}
SLOW_AND_INACCURATE = {**TO_THE_MANAGER, "response__hours_per_item": 5.0, "n_cycles": 0}
PLACES = {
    "slow review": SLOW_AND_INACCURATE,
    "slow review without load": {**SLOW_AND_INACCURATE, "load__enabled": False},
    "slow review and peers": {
        **SLOW_AND_INACCURATE,
        "manager_appeal": -2.0,
        "peer_authority": 4.0,
        "response__peer_hours": 0.25,
        "deliberation__enabled": True,
        "deliberation__hours_each": 0.25,
        "conformity": 0.0,
        "facilitation": 1.0,
    },
    "swift and accurate review": {
        **TO_THE_MANAGER,
        "response__hours_per_item": 1.0,
        "n_cycles": 3,
        "cycle_weeks": 1,
        "cycle_accuracy": 1.0,
        "trial_hours": 0.0,
        "lifecycle__headspace_gain": 20.0,
        "max_concurrent": 30,
    },
}


@pytest.fixture(scope="module")
def found():
    """Care and rate of speaking up, by place and rate; (RUNS,) each."""
    return {
        (place, rate): cs.run(ASSUMED.with_(**settings, **ready), RUNS, threads=1).values(
            ["quality_true", "voice_share"], 104
        )
        for place, settings in PLACES.items()
        for rate, ready in RATES.items()
    }


def gain(found, place, rate, over):
    """Return the 95 % interval of the mean paired difference in care between two rates in one place."""
    difference = found[place, rate]["quality_true"] - found[place, over]["quality_true"]
    half = T * difference.std(ddof=1) / np.sqrt(RUNS)
    return difference.mean() - half, difference.mean() + half


def test_the_rate_of_speaking_up_is_what_was_set_in_every_place(found):
    for place in PLACES:
        rates = [found[place, rate]["voice_share"].mean() for rate in RATES]
        assert rates[0] < 0.01
        assert 0.05 < rates[1] < 0.15
        assert rates[2] > 0.95


def test_with_slow_and_inaccurate_review_care_is_best_when_some_but_not_all_is_raised(found):
    assert gain(found, "slow review", "some", "hardly any")[0] > 0.0
    assert gain(found, "slow review", "nearly all", "some")[1] < 0.0


def test_colleagues_who_correct_one_another_take_the_penalty_away(found):
    assert gain(found, "slow review and peers", "some", "hardly any")[0] > 0.0
    assert gain(found, "slow review and peers", "nearly all", "some")[0] > 0.0


def test_with_swift_and_accurate_review_the_more_is_raised_the_better(found):
    assert gain(found, "swift and accurate review", "some", "hardly any")[0] > 0.0
    assert gain(found, "swift and accurate review", "nearly all", "some")[0] > 0.0


def test_the_penalty_is_not_the_time_that_speaking_up_takes(found):
    assert gain(found, "slow review without load", "nearly all", "some")[1] < 0.0


def test_when_nearly_all_is_raised_more_of_what_waits_is_well_as_it_is():
    founded = []
    for rate in ("some", "nearly all"):
        practice = cs.run(
            ASSUMED.with_(**SLOW_AND_INACCURATE, **RATES[rate], weeks=10), RUNS, threads=1
        ).cohort.practice
        waiting = practice[practice["idea_state"] == WAITING]
        founded.append((waiting["idea_value"] == waiting["reality"]).mean())
    assert founded[0] > founded[1] + 0.05
