"""The state of the organisation is recorded; no other process reads the record."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import both, burnt_in, changed_columns, constant, filled_staff, out_of_bounds, put, rising, shares, step

from civicsim.model.organisation import ENDORSED, N_PROFESSIONS, TRIAL, WAITING
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.quarterly import evenness, gini, intraclass_correlation
from civicsim.model.simulating import advance
from civicsim.model.tables import SNAPSHOT
from civicsim.model.week import WEEK

# -- equations -------------------------------------------------------------------------------------------------------


def gini_by_pairs(values):
    """Half the mean absolute difference over the mean: the definition of the Gini index."""
    return np.abs(values[:, None] - values[None, :]).mean() / (2 * values.mean())


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=30))
def test_gini_is_half_the_relative_mean_difference_and_a_share(values):
    x = np.array(values)
    assert both(gini, x) == pytest.approx(gini_by_pairs(x), abs=1e-12)
    assert -1e-12 <= gini(x) < 1.0


def test_gini_rises_with_inequality_and_is_zero_among_equals():
    assert rising(gini(np.array([0.5 - d, 0.5 - d, 0.5 + d, 0.5 + d])) for d in (0.0, 0.1, 0.3, 0.5))
    assert gini(np.full(7, 0.3)) == pytest.approx(0.0, abs=1e-15)
    assert gini(np.zeros(5)) == 0.0
    assert gini(np.array([0.0] * 99 + [1.0])) == pytest.approx(0.99)


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=20), st.floats(0.1, 10), st.randoms(use_true_random=False))
def test_gini_does_not_depend_on_scale_or_order(values, scale, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert gini(np.array(shuffled) * scale) == pytest.approx(gini(np.array(values)), abs=1e-12)


def icc(groups):
    """Return ICC(1) of a list of groups by the function under test, which takes sums."""
    n = [len(group) for group in groups]
    flat = np.concatenate(groups)
    return both(
        intraclass_correlation,
        float(len(groups)),
        float(sum(n)),
        float((flat**2).sum()),
        float(flat.sum()),
        float(sum(group.sum() ** 2 / len(group) for group in groups)),
        float(sum(k * k for k in n)),
    )


def icc_by_variances(groups):
    """ICC(1) from the mean squares of a one-way analysis of variance, written out."""
    n = np.array([len(group) for group in groups])
    flat, J = np.concatenate(groups), len(groups)
    means = np.array([group.mean() for group in groups])
    between = (n * (means - flat.mean()) ** 2).sum() / (J - 1)
    within = sum(((group - group.mean()) ** 2).sum() for group in groups) / (n.sum() - J)
    k = (n.sum() - (n**2).sum() / n.sum()) / (J - 1)
    return (between - within) / (between + (k - 1) * within)


@given(st.lists(st.lists(shares, min_size=2, max_size=6), min_size=2, max_size=6))
def test_icc_follows_the_analysis_of_variance(groups):
    arrays = [np.array(group) for group in groups]
    flat = np.concatenate(arrays)
    if flat.std() > 0.01:
        assert icc(arrays) == pytest.approx(icc_by_variances(arrays), abs=1e-6)


def test_icc_rises_with_what_lies_between_groups():
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((40, 10))
    effect = rng.standard_normal((40, 1))
    assert rising(icc(list(noise + b * effect)) for b in (0.0, 0.3, 1.0, 3.0))
    assert icc(list(0 * noise + effect)) == pytest.approx(1.0)
    assert icc(list(noise)) == pytest.approx(0.0, abs=0.1)


def test_icc_of_one_group_or_of_single_members_is_zero():
    assert icc([np.array([0.1, 0.5])]) == 0.0
    assert icc([np.array([0.1]), np.array([0.5])]) == 0.0
    assert icc([np.array([0.3, 0.3]), np.array([0.3, 0.3])]) == 0.0


def test_icc_where_all_are_alike_is_zero():
    for value in (0.1, 0.3, 0.7, 0.9):
        for sizes in ((3, 4), (2, 3, 5), (7, 6, 5), (4, 4)):
            assert icc([np.full(n, value) for n in sizes]) == 0.0, (value, sizes)


# -- the process -----------------------------------------------------------------------------------------------------


def test_means_over_people_are_those_of_the_tables(cohort):
    view = step(cohort, "record").snapshot
    person = cohort.person
    for o in range(cohort.n_organisations):
        own = (person["organisation"] == o) & (person["vacant"] == 0)
        staff = own & filled_staff(cohort)
        assert view["n_filled"][o] == own.sum()
        assert view["n_staff_filled"][o] == staff.sum()
        assert view["n_absent"][o] == person["absent"][own].sum()
        assert view["n_burnt_out"][o] == (person["exhaustion"][own] > BURNT_OUT).sum()
        for name in ("load", "exhaustion", "motivation", "trust"):
            assert view[name][o] == pytest.approx(person[name][own].mean())
        for name in ("headspace", "safety", "efficacy", "belonging", "agency", "skill", "propensity"):
            assert view[name][o] == pytest.approx(person[name][staff].mean())
        assert view["propensity_high"][o] == pytest.approx(person["propensity"][staff & (person["status"] > 0)].mean())
        assert view["propensity_low"][o] == pytest.approx(person["propensity"][staff & (person["status"] < 0)].mean())


def test_means_over_teams_and_counts_of_ideas_are_those_of_the_tables(cohort):
    view = step(cohort, "record").snapshot
    org = cohort.team["organisation"]
    usual = cohort.parameters["reference"]["usual_quality_spread"][0]
    for o in range(cohort.n_organisations):
        team, practice = cohort.team[org == o], cohort.practice[org == o]
        for name in (
            "overload",
            "seek",
            "mismatch",
            "quality",
            "quality_measured",
            "quality_unmeasured",
            "quality_reported",
        ):
            assert view[name][o] == pytest.approx(team[name].mean())
        for name in ("harm", "incidents"):
            assert view[name][o] == pytest.approx(team[name].sum())
        assert view["quality_sd"][o] == pytest.approx(team["quality"].std())
        above = team["quality"] - team["quality"].mean()
        assert view["bright_share"][o] == (above > usual).mean()
        assert view["dark_share"][o] == (above < -usual).mean()
        for name, state in (("waiting", WAITING), ("endorsed", ENDORSED), ("in_trial", TRIAL)):
            assert view[f"ideas_{name}"][o] == (practice["idea_state"] == state).sum()
        assert view["gamed"][o] == practice["gamed"].sum()
        assert view["followed"][o] == practice["followed"].sum()
        assert view["code_right"][o] == pytest.approx(
            (cohort.dimension["code"][o] == cohort.dimension["truth"][o]).mean()
        )


def test_likeness_within_groups_is_that_of_the_tables(cohort):
    cohort.week = 13
    view = step(cohort, "record").snapshot
    filled, person = filled_staff(cohort), cohort.person
    group_of = {
        "team": person["team"],
        "division": cohort.team["division"][person["team"]],
        "profession": person["profession"],
    }
    states = {
        "exhaustion": person["exhaustion"],
        "safety": person["safety"],
        "burnt_out": 1.0 * (person["exhaustion"] > BURNT_OUT),
    }
    for o in range(cohort.n_organisations):
        own = filled & (person["organisation"] == o)
        for g, (kind, group) in enumerate(group_of.items()):
            for s, (state, values) in enumerate(states.items()):
                groups = [values[own & (group == k)] for k in np.unique(group[own])]
                assert view["icc"][o, s, g] == pytest.approx(icc_by_variances(groups)), (state, kind)
        for name in ("exhaustion", "safety"):
            for t in np.flatnonzero(cohort.team["organisation"] == o):
                assert cohort.team[name][t] == pytest.approx(person[name][own & (person["team"] == t)].mean())


def test_likeness_and_inequality_are_taken_each_quarter(cohort):
    cohort.week = 26
    before = step(cohort, "record").snapshot.copy()
    cohort.week = 27
    put(cohort, person__exhaustion=0.5, person__safety=0.5, person__propensity_memory=0.5)
    step(cohort, "record")
    assert before["icc"].shape == (cohort.n_organisations, 3, 3)
    for name in ("icc", "voice_gini"):
        np.testing.assert_array_equal(cohort.snapshot[name], before[name])


def test_voices_and_ties_are_those_of_the_tables(cohort):
    view = step(cohort, "record").snapshot
    filled, person, ties = filled_staff(cohort), cohort.person, cohort.ties
    for o in range(cohort.n_organisations):
        own = filled & (person["organisation"] == o)
        for k in range(N_PROFESSIONS):
            some = person["propensity"][own & (person["profession"] == k)]
            assert view["propensity_of"][o, k] == pytest.approx(some.mean() if len(some) else 0.0)
        a, slot = np.nonzero((ties >= 0) & (person["organisation"] == o)[:, None])
        far = cohort.team["division"][person["team"][a]] != cohort.team["division"][person["team"][ties[a, slot]]]
        assert view["n_ties"][o] == len(a)
        assert view["n_ties_far"][o] == far.sum()
        spoke = own & (person["voiced_memory"] >= 0.5)
        assert view["would_speak_again"][o] == pytest.approx(person["propensity"][spoke].mean() if spoke.any() else 0.0)


def test_what_the_forum_looks_like_is_that_of_the_tables(cohort):
    view = step(cohort, "record").snapshot
    panel, patient = cohort.panel, cohort.patient
    for o in range(cohort.n_organisations):
        distance = 0.5 * np.abs(panel["seats"][o] - panel["share"][o]).sum()
        assert view["representativeness"][o] == pytest.approx(1 - distance)
        assert view["activation"][o] == pytest.approx(patient["activation"][patient["organisation"] == o].mean())


def test_bright_and_dark_spots_coexist_where_there_are_both(cohort):
    cohort.team["quality"] = 0.5
    assert (step(cohort, "record").snapshot["spots_coexist"] == 0).all()
    first = cohort.organisation["first_team"]
    cohort.team["quality"][first], cohort.team["quality"][first + 1] = 0.9, 0.1
    view = step(cohort, "record").snapshot
    assert (view["spots_coexist"] == 1).all()
    assert (view["bright_share"] == 0.25).all()


@given(st.lists(st.floats(0, 5), min_size=2, max_size=12))
def test_evenness_is_the_relative_entropy_of_shares(counts):
    x = np.array(counts)
    share = x / x.sum() if x.sum() > 0 else np.array([1.0])
    share = share[share > 0]
    expected = -(share * np.log(share)).sum() / np.log(len(x))
    assert both(evenness, x) == pytest.approx(expected, abs=1e-9)
    assert 0.0 <= evenness(x) <= 1.0


def test_evenness_rises_with_the_number_of_origins():
    assert rising(evenness(np.array([1.0] * n + [0.0] * (8 - n))) for n in (1, 2, 4, 8))
    assert evenness(np.full(5, 0.3)) == 1.0
    assert evenness(np.array([3.0])) == evenness(np.zeros(4)) == 0.0


def test_means_over_managers_and_patients_are_those_of_the_tables(cohort):
    view = step(cohort, "record").snapshot
    lead = cohort.person["organisation"][cohort.manager["person"]]
    patient = cohort.patient
    for o in range(cohort.n_organisations):
        assert view["openness"][o] == pytest.approx(cohort.manager["openness"][lead == o].mean())
        own = patient[patient["organisation"] == o]
        assert view["satisfaction"][o] == pytest.approx(own["satisfaction"].mean())
        groups = [own["satisfaction"][own["group"] == k].mean() for k in np.unique(own["group"])]
        assert view["satisfaction_gap"][o] == pytest.approx(max(groups) - min(groups))


def test_the_inequality_of_voice_is_the_gini_of_the_years_readiness(cohort):
    cohort.week = 26
    step(cohort, "record")
    filled = filled_staff(cohort)
    for o in range(cohort.n_organisations):
        memory = cohort.person["propensity_memory"][filled & (cohort.person["organisation"] == o)]
        assert cohort.snapshot["voice_gini"][o] == pytest.approx(gini_by_pairs(memory))


def test_an_organisation_without_anybody_is_recorded_without_nonsense(cohort):
    cohort.week = 13
    step(put(cohort, person__vacant=1), "record")
    assert out_of_bounds(cohort) == []
    assert (cohort.snapshot["n_filled"] == 0).all()
    assert (cohort.snapshot["exhaustion"] == 0).all()


def test_without_patients_satisfaction_is_zero_and_a_number():
    cohort = burnt_in(1, patients_per_post=0.0, burn_in_weeks=3)
    assert out_of_bounds(cohort) == []
    assert (cohort.snapshot["satisfaction_gap"] == 0).all()


def test_means_of_shares_that_are_all_one_are_one():
    cohort = burnt_in(1, n_teams=9, burn_in_weeks=1)
    step(put(cohort, team__overload=1.0), "record")
    assert (cohort.snapshot["overload"] <= 1.0).all()


def test_the_icc_of_tiny_teams_stays_within_its_bounds():
    groups = [np.array([0.5])] * 8 + [np.array([0.2, 0.8])]
    assert icc(groups) >= -1.0


# -- nothing reads it ------------------------------------------------------------------------------------------------


def test_what_is_recorded_does_not_feed_back():
    plain = burnt_in(4, burn_in_weeks=30)
    other = plain.copy()
    other.snapshot[:] = np.ones(1, dtype=other.snapshot.dtype)
    put(other, team__exhaustion=0.123)
    advance(plain, 13)
    advance(other, 13)
    recorded = {f"snapshot.{column.name}" for column in SNAPSHOT}
    assert changed_columns(plain, other) <= recorded


def test_without_the_record_the_model_runs_the_same():
    plain = burnt_in(6, burn_in_weeks=30)
    other = plain.copy()
    advance(plain, 30)
    advance(other, 30, processes=[process for process in WEEK if process.name != "record"])
    changed = changed_columns(plain, other)
    assert changed
    assert {name for name in changed if not name.startswith("snapshot.")} <= {"team.exhaustion", "team.safety"}


def test_switched_off_nothing_is_put_down(cohort):
    before = cohort.copy()
    step(put(cohort, p__record__enabled=False, person__exhaustion=0.9), "record")
    np.testing.assert_array_equal(cohort.snapshot, before.snapshot)
    assert constant([before.team["exhaustion"].tobytes(), cohort.team["exhaustion"].tobytes()])


def test_teams_that_an_event_chose_are_summed_apart(cohort):
    own = cohort.copy()
    own.team["marked"] = own.team["key"] % 4 < 2
    own.team["quality"] = 0.1 + 0.2 * (own.team["key"] % 4)
    step(own, "record")
    marked = own.team["marked"] == 1

    def total(values):
        return np.bincount(own.team["organisation"], weights=np.where(marked, values, 0.0))

    np.testing.assert_array_equal(own.snapshot["n_marked"], 2)
    np.testing.assert_allclose(own.snapshot["marked_quality"], total(own.team["quality"]))
    np.testing.assert_allclose(own.snapshot["marked_safety"], total(own.team["safety"]))
    # Of qualities .1, .3, .5 and .7 around .4 the lowest is dark, the highest bright; the lower two are marked.
    np.testing.assert_array_equal(own.snapshot["marked_dark"], 2)
    np.testing.assert_array_equal(own.snapshot["marked_bright"], 0)
    own.team["marked"] = 1 - own.team["marked"]
    step(own, "record")
    np.testing.assert_array_equal(own.snapshot["marked_dark"], 0)
    np.testing.assert_array_equal(own.snapshot["marked_bright"], 2)


def test_where_no_team_was_chosen_nothing_is_summed(cohort):
    step(put(cohort, team__marked=0), "record")
    for name in ("n_marked", "marked_quality", "marked_safety", "marked_bright", "marked_dark"):
        assert (cohort.snapshot[name] == 0).all()


def test_the_gloss_on_the_culture_score_is_what_is_reported_beyond_what_is_felt(cohort):
    put(cohort, organisation__culture_reported=0.9, person__safety=0.6, organisation__attention_wellbeing=0.25)
    put(cohort, organisation__forum_standing=np.array([1, 0, 1]))
    step(cohort, "record")
    np.testing.assert_allclose(cohort.snapshot["culture_gap"], 0.3)
    np.testing.assert_array_equal(cohort.snapshot["attention_wellbeing"], 0.25)
    np.testing.assert_array_equal(cohort.snapshot["forum_standing"], [1, 0, 1])
    step(put(cohort, organisation__culture_reported=0.0), "record")
    assert (cohort.snapshot["culture_gap"] == 0.0).all()
