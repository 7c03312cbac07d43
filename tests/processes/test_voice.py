"""People speak up about what they noticed, or keep it to themselves."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import (
    GRID,
    after,
    both,
    by_team,
    constant,
    falling,
    filled_staff,
    is_staff,
    never_falling,
    never_rising,
    present_staff,
    put,
    record,
    rising,
    row,
    shares,
    step,
)

from civicsim.engine.parameters import declared
from civicsim.model.organisation import FROM_STAFF, NO_IDEA, TO_GUARDIAN, TO_MANAGER, TO_PEERS, TRIAL, WAITING
from civicsim.model.processes.voice import (
    LINEAR,
    LOGIT,
    MIDDLING,
    PRODUCT,
    Parameters,
    added_readiness,
    appraisal,
    channel,
    fear_share,
    joint_readiness,
    linear_probability,
    speaks_probability,
)
from civicsim.model.reference import Reference

q, usual = record(Parameters()), record(Reference())
FORMS = declared(Parameters, "voice")["form"].choices
ATTITUDES = ("safety", "efficacy", "belonging", "exhaustion", "agency")
SPEAK, HOLD_BACK = 60.0, -60.0


def person(**changes):
    return row("person", **({name: 0.5 for name in ATTITUDES} | {"status": 0.0} | changes))


# -- equations -------------------------------------------------------------------------------------------------------


@given(shares, shares, shares, shares, shares, st.floats(-1, 1), shares, shares, shares)
def test_the_appraisal_follows_its_formula(s, v, x, e, g, status, invitation, fear, severity):
    who = person(safety=s, efficacy=v, belonging=x, exhaustion=e, agency=g, status=status)
    expected = q.intercept
    expected += q.safety_weight * (s - 0.5) + q.efficacy_weight * (v - 0.5) + q.belonging_weight * (x - 0.5)
    expected += q.status_weight * status - q.exhaustion_weight * (e - 0.5) + q.agency_weight * (g - 0.5)
    expected += q.severity_weight * severity + invitation * v - q.fear_weight * (fear - usual.usual_fear)
    assert both(appraisal, q, usual, who, invitation, fear, severity) == pytest.approx(expected)


def appraised(invitation=0.4, fear=0.35, severity=0.5, q=q, **changes):
    return appraisal(q, usual, person(**changes), invitation, fear, severity)


@pytest.mark.parametrize("attitude", ["safety", "efficacy", "belonging", "agency", "status"])
def test_more_of_it_makes_people_readier_to_speak_up(attitude):
    assert rising(appraised(**{attitude: x}) for x in GRID)


def test_exhaustion_silences():
    assert falling(appraised(exhaustion=e) for e in GRID)


def test_fear_silences():
    assert falling(appraised(fear=f) for f in GRID)
    assert appraised(fear=usual.usual_fear) == appraised(fear=usual.usual_fear, q=record(Parameters(), fear_weight=3.0))


def test_what_is_severe_is_voiced_more_readily():
    assert rising(appraised(severity=s) for s in GRID)


def test_an_invitation_counts_as_far_as_one_believes_that_it_leads_to_something():
    assert rising(appraised(invitation=i) for i in GRID)
    assert constant(appraised(invitation=i, efficacy=0.0) for i in GRID)
    gains = [appraised(invitation=1.0, efficacy=v) - appraised(invitation=0.0, efficacy=v) for v in GRID]
    assert rising(gains)


@pytest.mark.parametrize("name", ["safety", "efficacy", "belonging", "exhaustion", "agency"])
def test_a_larger_weight_makes_an_attitude_count_more(name):
    def slope(weight):
        heavier = record(Parameters(), **{f"{name}_weight": weight})
        return abs(appraised(q=heavier, **{name: 0.9}) - appraised(q=heavier, **{name: 0.1}))

    assert rising(slope(weight) for weight in (1.0, 2.0, 5.0))


def test_codes_of_forms_are_those_of_their_names():
    assert [record(Parameters(form=form)).form for form in FORMS] == [LOGIT, LINEAR, PRODUCT] == [0, 1, 2]


@given(shares, shares, st.floats(-6, 6))
def test_the_other_forms_follow_their_formulas(safety, efficacy, logits):
    s0, v0 = usual.usual_safety, usual.usual_efficacy
    together = (q.safety_weight * s0 + q.efficacy_weight * v0) / 2 * (safety * efficacy / (s0 * v0) - 1)
    expected = q.intercept + q.safety_weight * (s0 - 0.5) + q.efficacy_weight * (v0 - 0.5) + together
    assert both(joint_readiness, q, usual, safety, efficacy) == pytest.approx(expected)
    assert both(linear_probability, logits) == pytest.approx(min(1.0, max(0.0, 0.5 + logits / 5)))


def chance(form, norm=0.4, **changes):
    own = record(Parameters(form=form))
    return speaks_probability(own.form, appraised(q=own, **changes), own.norm_weight, norm, usual.usual_voice_share)


@pytest.mark.parametrize("form", FORMS)
def test_in_every_form_the_same_reasons_speak_for_and_against(form):
    for reason in ("safety", "efficacy", "belonging", "agency", "status", "invitation", "severity", "norm"):
        assert rising(chance(form, **{reason: x}) for x in (0.4, 0.5, 0.6))
        assert never_falling(chance(form, **{reason: x}) for x in GRID)
    for reason in ("exhaustion", "fear"):
        assert falling(chance(form, **{reason: x}) for x in (0.4, 0.5, 0.6))
        assert never_rising(chance(form, **{reason: x}) for x in GRID)
    assert all(0.0 <= chance(form, safety=x, efficacy=x, exhaustion=1 - x) <= 1.0 for x in GRID)


def test_safety_and_efficacy_need_one_another_where_they_multiply_and_make_up_for_one_another_where_they_add_up():
    added = [added_readiness(q, s, 0.9) - added_readiness(q, s, 0.1) for s in GRID]
    assert added == pytest.approx([added[0]] * len(GRID))
    assert rising(joint_readiness(q, usual, s, 0.9) - joint_readiness(q, usual, s, 0.1) for s in GRID)
    assert constant(joint_readiness(q, usual, 0.0, v) for v in GRID)
    s0, v0 = usual.usual_safety, usual.usual_efficacy
    assert joint_readiness(q, usual, s0, v0) == pytest.approx(added_readiness(q, s0, v0))


@given(shares, shares, shares)
def test_the_share_of_silence_from_fear_follows_its_formula_and_is_a_share(safety, efficacy, fear):
    dread = q.safety_weight * (1 - safety) + max(0.0, q.fear_weight * (fear - usual.usual_fear))
    futility = q.efficacy_weight * (1 - efficacy)
    share = both(fear_share, q, usual, safety, efficacy, fear)
    if dread + futility > 1e-9:
        assert share == pytest.approx(dread / (dread + futility))
    assert 0.0 <= share <= 1.0


def test_silence_is_from_fear_where_it_is_unsafe_and_from_futility_where_nothing_comes_of_it():
    assert falling(fear_share(q, usual, safety, 0.5, 0.35) for safety in GRID)
    assert rising(fear_share(q, usual, 0.5, efficacy, 0.35) for efficacy in GRID)
    assert rising(fear_share(q, usual, 0.5, 0.5, fear) for fear in (0.35, 0.6, 1.0))
    assert fear_share(q, usual, 1.0, 0.5, 0.2) == 0.0
    assert fear_share(q, usual, 0.5, 1.0, 0.2) == 1.0
    assert fear_share(q, usual, 1.0, 1.0, 0.2) == 0.0


def channel_shares(authority, agency, safety, severity):
    """Return the softmax shares of peers, manager and guardian, from model.md step 4."""
    utilities = [
        q.peer_authority * authority + q.peer_agency * agency,
        q.manager_appeal + safety - 0.5,
        q.guardian_appeal + q.guardian_severity * severity - q.guardian_unsafety * (safety - 0.5),
    ]
    weights = [math.exp(u) for u in utilities]
    return [weight / sum(weights) for weight in weights]


@given(shares, shares, shares, shares, st.floats(0.001, 0.999))
def test_the_channel_is_a_softmax_cut_up_by_one_number(authority, agency, safety, severity, u):
    cumulated = np.cumsum(channel_shares(authority, agency, safety, severity))
    chosen = both(channel, q, authority, agency, safety, severity, u)
    assert chosen in {int(np.searchsorted(cumulated, u * (1 + e))) for e in (-1e-9, 1e-9)}


def share_of(to, authority=0.2, agency=0.5, safety=0.5, severity=0.5):
    """Return the share of draws that choose a channel."""
    return np.mean(
        [channel(q, authority, agency, safety, severity, u) == to for u in np.linspace(5e-5, 1 - 5e-5, 9999)]
    )


def test_authority_and_agency_turn_people_to_their_peers():
    assert rising(share_of(TO_PEERS, authority=a) for a in GRID)
    assert rising(share_of(TO_PEERS, agency=g) for g in GRID)


def test_safety_turns_people_to_the_manager():
    assert rising(share_of(TO_MANAGER, safety=s) for s in GRID)


def test_severity_and_a_lack_of_safety_turn_people_to_the_guardian():
    assert rising(share_of(TO_GUARDIAN, severity=s) for s in GRID)
    assert falling(share_of(TO_GUARDIAN, safety=s) for s in GRID)


# -- the process: who speaks -----------------------------------------------------------------------------------------


def seen_by_all(cohort, *, dimension=0, value=1, severity=0.5, convenient=0):
    """Give every member of staff at work one problem to think about."""
    cohort.person["noticed"] = 0.0
    cohort.person["noticed"][present_staff(cohort)] = 1.0
    cohort.problem["dimension"] = dimension
    cohort.problem["value"] = value
    cohort.problem["severity"] = severity
    cohort.problem["convenient"] = convenient
    cohort.team["noticed"] = by_team(cohort, cohort.person["noticed"], is_staff(cohort))
    put(cohort, practice__idea_state=NO_IDEA)
    return cohort


def voiced_share(crowd, **changes):
    tally = step(put(seen_by_all(crowd.copy()), **changes), "voice").tally
    return tally["voiced"].sum() / (tally["voiced"] + tally["withheld_fear"] + tally["withheld_futility"]).sum()


def test_absent_and_vacant_people_and_managers_voice_nothing(crowd):
    cohort = crowd.copy()
    put(cohort, person__absent=0, person__vacant=0)
    cohort.person["absent"][::3] = 1
    cohort.person["vacant"][1::3] = 1
    step(put(cohort, p__voice__intercept=SPEAK), "noticing", "voice")
    away = (cohort.person["absent"] == 1) | (cohort.person["vacant"] == 1) | ~is_staff(cohort)
    assert (cohort.person["voiced"][away] == 0).all()
    assert cohort.person["voiced"][~away].sum() == cohort.person["noticed"].sum() > 0


def test_all_that_is_noticed_is_voiced_or_withheld(crowd):
    cohort = step(crowd.copy(), "noticing", "voice")
    tally = cohort.tally
    silence = tally["withheld_fear"] + tally["withheld_futility"]
    assert silence.sum() > 0
    np.testing.assert_array_equal(tally["noticed"], tally["voiced"] + silence)
    to = tally["voiced_peers"] + tally["voiced_manager"] + tally["voiced_guardian"] + tally["voiced_forum"]
    np.testing.assert_array_equal(tally["voiced"], to)
    np.testing.assert_array_equal(by_team(cohort, cohort.person["voiced"], is_staff(cohort)), cohort.team["voiced"])
    assert (cohort.person["voiced"] <= cohort.person["noticed"]).all()


@pytest.mark.parametrize("attitude", ["safety", "efficacy", "belonging", "agency", "status"])
def test_more_of_it_makes_more_of_what_is_noticed_voiced(crowd, attitude):
    assert rising(voiced_share(crowd, **{f"person__{attitude}": x}) for x in (0.1, 0.5, 0.9))


def test_exhaustion_and_fear_silence_what_is_noticed(crowd):
    assert falling(voiced_share(crowd, person__exhaustion=x) for x in (0.1, 0.5, 0.9))
    assert falling(voiced_share(crowd, organisation__fear_enacted=x) for x in (0.1, 0.5, 0.9))


def test_severe_problems_and_invited_people_are_heard_more(crowd):
    assert rising(voiced_share(crowd, problem__severity=x) for x in (0.05, 0.5, 0.95))
    assert rising(voiced_share(crowd, organisation__invitation=x) for x in (0.0, 0.5, 1.0))


def test_where_others_spoke_more_is_voiced(crowd):
    memory = {"person__noticed_memory": 5.0}
    assert rising(voiced_share(crowd, person__voiced_memory=x, **memory) for x in (0.0, 2.5, 5.0))
    assert constant(
        voiced_share(crowd, person__voiced_memory=x, p__voice__norm_weight=0.0, **memory) for x in (0.0, 5.0)
    )


def test_silence_is_put_down_to_fear_where_it_is_unsafe(crowd):
    def fear_of(safety, efficacy):
        cohort = put(seen_by_all(crowd.copy()), person__safety=safety, person__efficacy=efficacy)
        tally = step(put(cohort, p__voice__intercept=HOLD_BACK), "voice").tally
        return tally["withheld_fear"].sum() / (tally["withheld_fear"] + tally["withheld_futility"]).sum()

    assert fear_of(0.1, 0.9) > 0.8
    assert fear_of(0.9, 0.1) < 0.2


def test_readiness_is_the_chance_of_voicing_a_middling_problem(cohort):
    """Norm and propensity again, in plain NumPy."""
    put(cohort, person__tenure=100)
    person, org = cohort.person.copy(), cohort.organisation[cohort.person["organisation"]]
    v = {name: cohort.parameters["voice"][name][0] for name in cohort.parameters["voice"].dtype.names}
    v0 = cohort.parameters["reference"]["usual_voice_share"][0]
    f0 = cohort.parameters["reference"]["usual_fear"][0]
    staff = is_staff(cohort)
    expected_norm = {}
    for i in np.flatnonzero(filled_staff(cohort)):
        mates = np.flatnonzero(staff & (person["team"] == person["team"][i]))
        around = np.concatenate([mates[mates != i], cohort.ties[i][cohort.ties[i] >= 0]])
        noticed, voiced = person["noticed_memory"][around].sum(), person["voiced_memory"][around].sum()
        expected_norm[i] = (voiced + 0.5 * v0) / (noticed + 0.5)
    step(cohort, "voice")
    rows = np.array(list(expected_norm))
    norm = np.array(list(expected_norm.values()))
    np.testing.assert_allclose(cohort.person["norm"][rows], norm, atol=1e-12)
    p, o = person[rows], org[rows]
    logit = v["intercept"] + v["safety_weight"] * (p["safety"] - 0.5) + v["efficacy_weight"] * (p["efficacy"] - 0.5)
    logit += v["belonging_weight"] * (p["belonging"] - 0.5) + v["status_weight"] * p["status"]
    logit += -v["exhaustion_weight"] * (p["exhaustion"] - 0.5) + v["agency_weight"] * (p["agency"] - 0.5)
    logit += v["severity_weight"] * MIDDLING + o["invitation"] * p["efficacy"]
    logit += -v["fear_weight"] * (o["fear_enacted"] - f0) + v["norm_weight"] * (norm - v0)
    ready = 1 / (1 + np.exp(-logit))
    np.testing.assert_allclose(cohort.person["propensity"][rows], ready)
    memory = p["propensity_memory"] + (ready - p["propensity_memory"]) / 52
    np.testing.assert_allclose(cohort.person["propensity_memory"][rows], memory)


def test_newcomers_begin_with_what_they_are_ready_to_say(cohort):
    """Otherwise every newcomer would look like a silent person for a year."""
    put(cohort, person__propensity_memory=0.0, person__tenure=0)
    step(cohort, "voice")
    filled = filled_staff(cohort)
    np.testing.assert_allclose(cohort.person["propensity_memory"][filled], cohort.person["propensity"][filled])


def test_memories_of_noticing_and_voicing_last_thirteen_weeks(cohort):
    before = cohort.person.copy()
    step(cohort, "noticing", "voice")
    staff = is_staff(cohort)
    for name in ("noticed", "voiced"):
        expected = before[f"{name}_memory"] * 12 / 13 + cohort.person[name]
        np.testing.assert_allclose(cohort.person[f"{name}_memory"][staff], expected[staff])
    org = cohort.person["organisation"][staff]
    noticed, voiced = (np.bincount(org, weights=cohort.person[f"{n}_memory"][staff]) for n in ("noticed", "voiced"))
    np.testing.assert_allclose(cohort.organisation["voice_norm"], voiced / noticed)


def test_what_one_does_not_see_does_not_change_ones_own_norm(cohort):
    """Own past behaviour is no part of the norm; colleagues' is."""
    put(cohort, person__noticed_memory=2.0, person__voiced_memory=1.0, person__noticed=0.0)
    other = cohort.copy()
    speaker = np.flatnonzero(filled_staff(cohort))[0]
    other.person["voiced_memory"][speaker] = 2.0
    step(cohort, "voice")
    step(other, "voice")
    gained = other.person["norm"] - cohort.person["norm"]
    assert gained[speaker] == 0.0
    heard = set(np.flatnonzero(gained > 0))
    mates = set(np.flatnonzero(filled_staff(cohort) & (cohort.person["team"] == cohort.person["team"][speaker]))) - {
        speaker
    }
    tied = {j for j in cohort.ties[speaker] if j >= 0 and cohort.person["vacant"][j] == 0}
    assert heard == mates | tied


def test_speaking_up_costs_hours(cohort):
    step(put(seen_by_all(cohort), p__voice__intercept=SPEAK, p__voice__hours_per_item=0.75), "voice")
    np.testing.assert_allclose(
        cohort.person["voice_hours"][filled_staff(cohort)], 0.75 * cohort.person["voiced"][filled_staff(cohort)]
    )
    assert cohort.tally["hours_voice"].sum() == pytest.approx(0.75 * cohort.tally["voiced"].sum())
    silent = after(cohort, "voice", p__voice__intercept=HOLD_BACK)
    assert (silent.person["voice_hours"][is_staff(cohort)] == 0.0).all()


# -- the process: what is on the table -------------------------------------------------------------------------------


def two_see(cohort, *, first, second, team=0):
    """Let two members of one team, in the order of their posts, each see one problem on dimension 0, and all speak."""
    put(cohort, person__vacant=0, person__absent=0, p__voice__intercept=SPEAK)
    seen_by_all(cohort)
    cohort.person["noticed"] = 0.0
    rows = cohort.team["first_person"][team] + np.arange(2)
    for i, about in zip(rows, (first, second), strict=True):
        cohort.person["noticed"][i] = 1.0
        for name, value in about.items():
            cohort.problem[name][i, 0] = value
    step(cohort, "voice")
    return cohort.practice[team, 0], rows


def test_what_is_voiced_waits_as_an_idea_with_all_that_was_said(cohort):
    before = cohort.copy()
    slot, rows = two_see(cohort, first={"value": -1, "severity": 0.8, "convenient": 1}, second={"dimension": 4})
    assert (slot["idea_state"], slot["idea_value"], slot["idea_origin"]) == (WAITING, -1, FROM_STAFF)
    assert (slot["idea_raiser"], slot["idea_severity"], slot["idea_convenient"]) == (rows[0], 0.8, 1)
    assert slot["idea_week"] == slot["raised_week"] == cohort.week
    assert (slot["deliberated"], slot["cycles"], slot["successes"]) == (0, 0, 0)
    assert cohort.practice["idea_raiser"][0, 4] == rows[1]
    for untouched in ("value", "reality", "previous", "followed", "adopted_week"):
        np.testing.assert_array_equal(cohort.practice[untouched], before.practice[untouched])


def test_who_raises_what_is_on_the_table_joins(cohort):
    slot, rows = two_see(cohort, first={"value": 1, "severity": 0.8}, second={"value": -1, "severity": 0.2})
    assert (slot["idea_raiser"], slot["idea_value"]) == (rows[0], 1)
    assert cohort.tally["joined"][0] == 1
    assert cohort.team["joined"][0] == 0  # no one works on it yet


def test_of_two_in_one_week_the_one_who_finds_it_more_severe_leads(cohort):
    slot, rows = two_see(cohort, first={"value": 1, "severity": 0.2}, second={"value": -1, "severity": 0.8})
    assert (slot["idea_raiser"], slot["idea_value"], slot["idea_severity"]) == (rows[1], -1, 0.8)


def test_what_was_raised_in_an_earlier_week_keeps_its_lead(cohort):
    seen_by_all(cohort)
    cohort.person["noticed"] = 0.0
    i = np.flatnonzero(present_staff(cohort))[0]
    slot = cohort.practice[cohort.person["team"][i], 0:1]
    slot["idea_state"], slot["idea_value"], slot["idea_raiser"] = WAITING, 1, 7
    slot["raised_week"], slot["idea_severity"] = cohort.week - 1, 0.1
    cohort.person["noticed"][i], cohort.problem["value"][i, 0], cohort.problem["severity"][i, 0] = 1, -1, 0.9
    step(put(cohort, p__voice__intercept=SPEAK), "voice")
    assert (slot["idea_value"][0], slot["idea_raiser"][0], slot["idea_severity"][0]) == (1, 7, 0.1)


def test_an_idea_in_trial_is_only_joined(cohort):
    seen_by_all(cohort)
    put(cohort, practice__idea_state=TRIAL, practice__idea_value=1, practice__cycles=2, p__voice__intercept=SPEAK)
    step(cohort, "voice")
    assert (cohort.practice["idea_state"] == TRIAL).all()
    assert (cohort.practice["cycles"] == 2).all()
    assert (cohort.tally["joined"] == cohort.tally["voiced"]).all()
    assert (cohort.team["joined"] == cohort.team["voiced"]).all()
    assert (cohort.practice["idea_value"] == 1).all()


def test_the_order_of_posts_does_not_matter_for_what_is_on_the_table(cohort):
    mild, severe = {"value": 1, "severity": 0.2}, {"value": -1, "severity": 0.8}
    one, _ = two_see(cohort.copy(), first=mild, second=severe)
    other, _ = two_see(cohort.copy(), first=severe, second=mild)
    for name in ("idea_state", "idea_value", "idea_severity", "idea_week", "raised_week", "idea_convenient"):
        assert one[name] == other[name], name


def test_authority_turns_voice_to_peers(crowd):
    def to_peers(authority):
        cohort = put(seen_by_all(crowd.copy()), organisation__authority_enacted=authority, p__voice__intercept=SPEAK)
        tally = step(cohort, "voice").tally
        return tally["voiced_peers"].sum() / tally["voiced"].sum()

    assert rising(to_peers(a) for a in (0.0, 0.5, 1.0))
    expected = np.mean(
        [
            channel_shares(0.5, g, s, 0.5)[0]
            for g, s in zip(
                crowd.person["agency"][present_staff(crowd)], crowd.person["safety"][present_staff(crowd)], strict=True
            )
        ]
    )
    assert to_peers(0.5) == pytest.approx(expected, abs=0.03)


# -- the switch ------------------------------------------------------------------------------------------------------


def test_switched_off_no_one_voices_and_nothing_counts_as_withheld(cohort):
    before = cohort.copy()
    step(put(seen_by_all(cohort), p__voice__enabled=False, practice__idea_state=before.practice["idea_state"]), "voice")
    for name in ("voiced", "withheld_fear", "withheld_futility", "joined"):
        assert (cohort.tally[name] == 0).all()
    np.testing.assert_array_equal(cohort.practice, before.practice)


def test_switched_off_speaking_up_costs_no_hours(cohort):
    step(put(seen_by_all(cohort), p__voice__intercept=SPEAK), "voice")
    step(put(cohort, p__voice__enabled=False), "voice")
    assert cohort.person["voice_hours"].sum() == 0
    assert cohort.person["voiced"].sum() == 0
