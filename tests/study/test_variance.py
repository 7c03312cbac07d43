"""Shares of variance: known truth is found, whatever the sizes of groups, for scales and yes-no items."""

import numpy as np
import pytest
from scipy.stats import norm

import civicsim as cs
from civicsim.experiment.variance import (
    LEVELS,
    WITHIN,
    icc_ratio,
    resampled_shares,
    shares_of,
    variance_components,
    variance_shares,
)
from civicsim.model.processes.quarterly import intraclass_correlation
from civicsim.model.questions import SURVEY_ITEMS


def nested(rng, n_organisations, n_teams, n_members, organisation=0.0, team=0.0, person=1.0, profession=0.0):
    """Return values with the given variances, and groups; members are cut so that teams differ in size."""
    o = np.repeat(np.arange(n_organisations), n_teams * n_members)
    t = np.repeat(np.arange(n_organisations * n_teams), n_members)
    keep = rng.random(len(o)) < 0.8
    o, t = o[keep], t[keep]
    p = rng.integers(0, 8, len(o))
    y = (
        np.sqrt(organisation) * rng.standard_normal(n_organisations)[o]
        + np.sqrt(team) * rng.standard_normal(n_organisations * n_teams)[t]
        + np.sqrt(profession) * rng.standard_normal(8)[p]
        + np.sqrt(person) * rng.standard_normal(len(o))
    )
    return y, {"organisation": o, "team": t, "profession": p}


def test_known_components_are_found_on_average_over_samples():
    truth = {"organisation": 0.05, "team": 0.15, "profession": 0.10, WITHIN: 0.70}
    rng = np.random.default_rng(1)
    found = []
    for _ in range(60):
        y, groups = nested(rng, 12, 8, 10, 0.05, 0.15, 0.70, 0.10)
        found.append(list(variance_components(y, groups).values()))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(60)
    for name, value, se in zip((*truth,), mean, error, strict=True):
        assert abs(value - truth[name]) < 3 * se + 1e-3, name


def test_one_large_sample_gives_the_shares_it_was_made_with():
    rng = np.random.default_rng(2)
    y, groups = nested(rng, 300, 10, 12, 0.04, 0.16, 0.80)
    shares = shares_of(variance_components(y, groups))
    assert shares["organisation"] == pytest.approx(0.04, abs=0.018)
    assert shares["team"] == pytest.approx(0.16, abs=0.023)
    assert shares["profession"] == pytest.approx(0.0, abs=0.005)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_yes_no_item_of_a_scale_has_the_icc_that_theory_gives():
    """For a normal scale cut at its mean, the correlation of the items of two members is (2/π) arcsin(ICC)."""
    rng = np.random.default_rng(3)
    y, groups = nested(rng, 400, 10, 12, 0.10, 0.20, 0.70)
    shares = shares_of(variance_components((y > 0).astype(float), groups))
    organisation = 2 / np.pi * np.arcsin(0.10)
    both = 2 / np.pi * np.arcsin(0.30)
    assert shares["organisation"] == pytest.approx(organisation, abs=0.012)
    assert shares["organisation"] + shares["team"] == pytest.approx(both, abs=0.015)
    assert norm.cdf(0.0) == 0.5


def test_with_groups_of_one_size_it_is_the_analysis_of_variance():
    rng = np.random.default_rng(4)
    y = rng.standard_normal((20, 1)) * 0.5 + rng.standard_normal((20, 7))
    group = np.repeat(np.arange(20), 7)
    shares = shares_of(variance_components(y.ravel(), {"team": group}))
    sums = y.sum(axis=1)
    icc = intraclass_correlation(20.0, 140.0, (y**2).sum(), y.sum(), (sums**2 / 7).sum(), 20 * 49.0)
    assert shares["team"] == pytest.approx(icc, abs=1e-12)


def test_nested_groups_of_one_size_give_the_nested_mean_squares():
    rng = np.random.default_rng(5)
    a, b, n = 6, 5, 4
    y = rng.standard_normal((a, 1, 1)) + rng.standard_normal((a, b, 1)) + rng.standard_normal((a, b, n))
    within = ((y - y.mean(axis=2, keepdims=True)) ** 2).sum() / (a * b * (n - 1))
    team = n * ((y.mean(axis=2) - y.mean(axis=(1, 2))[:, None]) ** 2).sum() / (a * (b - 1))
    organisation = n * b * ((y.mean(axis=(1, 2)) - y.mean()) ** 2).sum() / (a - 1)
    groups = {"organisation": np.repeat(np.arange(a), b * n), "team": np.repeat(np.arange(a * b), n)}
    found = variance_components(y.ravel(), groups)
    assert found[WITHIN] == pytest.approx(within)
    assert found["team"] == pytest.approx((team - within) / n)
    assert found["organisation"] == pytest.approx((organisation - team) / (n * b))


def test_where_a_level_cannot_be_told_it_is_nan_and_the_others_go_on():
    rng = np.random.default_rng(6)
    y, groups = nested(rng, 1, 30, 10, 0.0, 0.3, 0.7)
    shares = shares_of(variance_components(y, groups))
    assert np.isnan(shares["organisation"])
    assert shares["team"] + shares["profession"] + shares[WITHIN] == pytest.approx(1.0)
    assert all(np.isnan(value) for value in variance_components(np.array([1.0]), {"team": np.array([0])}).values())
    same = {"team": np.arange(9), "division": np.arange(9)}
    assert all(np.isnan(value) for value in variance_components(rng.random(9), same).values())


def test_values_alike_have_no_shares():
    groups = {"team": np.repeat(np.arange(5), 4)}
    assert all(np.isnan(value) for value in shares_of(variance_components(np.full(20, 0.25), groups)).values())


# -- intervals ---------------------------------------------------------------------------------------------------------


class Drawn:
    """Stands for a generator that draws the clusters it is told to."""

    def __init__(self, clusters):
        self.clusters = np.asarray(clusters)

    def integers(self, low, high, size):
        assert (low, high, size) == (0, len(self.clusters), len(self.clusters))
        return self.clusters


def crossed(rng, n_organisations=12):
    """Return values and groups of four levels: divisions and teams in organisations, professions across them."""
    o = np.repeat(np.arange(n_organisations), 24)
    d, t = np.arange(len(o)) // 12, np.arange(len(o)) // 4
    p = rng.integers(0, 5, len(o))
    y = rng.normal(size=len(o))
    for group, size in ((o, 0.5), (d, 0.5), (t, 0.7), (p, 2.0)):
        y += size * rng.normal(size=group.max() + 1)[group]
    return y, {"organisation": o, "division": d, "team": t, "profession": p}


def test_a_sample_in_which_every_cluster_is_drawn_once_has_the_shares_of_the_data():
    y, groups = crossed(np.random.default_rng(8))
    whole = shares_of(variance_components(y, groups))
    for cluster, n in (("organisation", 12), ("team", 72)):
        for order in (np.arange(n), np.random.default_rng(1).permutation(n)):
            assert resampled_shares(y, groups, cluster, Drawn(order)) == pytest.approx(whole, abs=1e-9), cluster


def test_a_cluster_that_is_drawn_twice_counts_as_two_and_professions_stay_what_they_are():
    y, groups = crossed(np.random.default_rng(9), 4)
    rows = np.concatenate([np.flatnonzero(groups["organisation"] == k) for k in (2, 2, 0, 1)])
    copy = np.repeat(np.arange(4), 24)
    expected = {
        "organisation": copy,
        "division": copy * 100 + groups["division"][rows],
        "team": copy * 100 + groups["team"][rows],
        "profession": groups["profession"][rows],
    }
    found = resampled_shares(y, groups, "organisation", Drawn([2, 2, 0, 1]))
    assert found == pytest.approx(shares_of(variance_components(y[rows], expected)), abs=1e-12)


def test_intervals_of_a_known_icc_cover_it_about_as_often_as_they_report():
    truth, trials, covered = 0.25, 60, {"organisation": 0, "profession": 0}
    rng = np.random.default_rng(10)
    for _ in range(trials):
        o = np.repeat(np.arange(30), 8)
        p = rng.integers(0, 4, len(o))
        y = np.sqrt(truth) * rng.normal(size=30)[o] + np.sqrt(1 - truth) * rng.normal(size=len(o))
        groups = {"organisation": o, "team": np.arange(len(o)) // 4, "profession": p}
        samples = [resampled_shares(y, groups, "organisation", rng) for _ in range(100)]
        for level, share in (("organisation", truth), ("profession", 0.0)):
            low, high = np.quantile([sample[level] for sample in samples], [0.025, 0.975])
            covered[level] += low <= share <= high
    # A percentile interval from 30 clusters is a little too narrow.
    assert 0.85 <= covered["organisation"] / trials <= 0.99
    assert covered["profession"] / trials >= 0.85


def test_an_icc_does_not_depend_on_unit_or_shift_and_permuting_labels_changes_nothing():
    rng = np.random.default_rng(12)
    y, groups = crossed(rng)
    whole = shares_of(variance_components(y, groups))
    assert shares_of(variance_components(7.0 - 3.0 * y, groups)) == pytest.approx(whole, abs=1e-9)
    renamed = {name: rng.permutation(int(group.max()) + 1)[group] * 3 + 5 for name, group in groups.items()}
    assert shares_of(variance_components(y, renamed)) == pytest.approx(whole, abs=1e-9)


# -- of a cohort -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result():
    return cs.run(cs.Scenario.preset().with_(n_teams=6, teams_per_division=3, burn_in_weeks=30, weeks=13), seeds=12)


def planted(result, organisation=0.0, team=0.0, division=0.0, profession=0.0, person=1.0, scale=0.05):
    """Return a copy of the cohort with belonging made of known parts."""
    cohort = result.cohort.copy()
    rng = np.random.default_rng(7)
    who = cohort.person
    staff = who["role"] == 0
    division_of = cohort.team["organisation"] * 10 + cohort.team["division"]
    parts = (
        (organisation, who["organisation"]),
        (division, division_of[who["team"]]),
        (team, who["team"]),
        (profession, who["profession"].astype(int)),
        (person, np.arange(len(who))),
    )
    y = np.zeros(len(who))
    for variance, group in parts:
        y += np.sqrt(variance) * rng.standard_normal(int(group.max()) + 1)[group]
    cohort.person["belonging"][staff] = np.clip(0.5 + scale * y, 0, 1)[staff]
    return cohort


def test_what_is_planted_at_a_level_is_found_at_that_level(result):
    for level in LEVELS:
        frame = variance_shares(planted(result, **{level: 2.0}), "belonging", n_bootstrap=0)
        shares = frame[frame["item"] == "scale"].set_index("level")["share"]
        assert shares[list(LEVELS)].idxmax() == level
        assert shares[level] > 0.4, level
        assert frame["low"].isna().all()


def test_the_interval_holds_the_share_and_is_the_same_each_time(result):
    cohort = planted(result, team=0.3, organisation=0.1)
    frame = variance_shares(cohort, "belonging", n_bootstrap=60)
    team = frame[(frame["item"] == "scale") & (frame["level"] == "team")].iloc[0]
    assert team["low"] < 0.3 / 1.4 < team["high"]
    assert team["low"] < team["share"] < team["high"]
    assert frame.equals(variance_shares(cohort, "belonging", n_bootstrap=60))


def test_the_frame_has_a_row_per_item_and_level_and_shares_sum_to_one(result):
    frame = result.variance_shares("exhaustion", n_bootstrap=5)
    assert list(frame.columns) == ["state", "item", "level", "share", "low", "high", "n"]
    assert list(frame["level"][:5]) == [*LEVELS, WITHIN]
    assert set(frame["item"]) == {"scale", "binary"}
    np.testing.assert_allclose(frame.groupby("item")["share"].sum(), 1.0)
    staff = (result.cohort.person["role"] == 0) & (result.cohort.person["vacant"] == 0)
    assert (frame["n"] == staff.sum()).all()


def test_every_question_of_the_survey_can_be_decomposed(result):
    wrong = []
    for item in SURVEY_ITEMS:
        frame = result.variance_shares(f"survey_{item}", n_bootstrap=0)
        n = ((result.cohort.person[f"answer_{item}"] > 0) & (result.cohort.person["role"] == 0)).sum()
        if set(frame["item"]) != {"scale", "binary"} or not (frame["n"] == n).all():
            wrong.append(item)
    assert wrong == []


def test_with_one_organisation_its_share_is_nan_and_teams_are_resampled():
    result = cs.run(cs.Scenario.preset().with_(n_teams=8, burn_in_weeks=20, weeks=4))
    frame = result.variance_shares("safety", n_bootstrap=20).set_index(["item", "level"])
    assert np.isnan(frame.loc[("scale", "organisation"), "share"])
    assert frame.loc[("scale", "team"), "low"] < frame.loc[("scale", "team"), "high"]
    assert np.isnan(result.icc_ratio("safety", n_bootstrap=0)["ratio"]).all()


def test_the_ratio_is_that_of_all_between_teams_to_all_between_organisations(result):
    cohort = planted(result, team=0.3, organisation=0.15)
    shares = variance_shares(cohort, "belonging", n_bootstrap=0).set_index(["item", "level"])["share"]
    ratio = icc_ratio(cohort, "belonging", n_bootstrap=20).set_index("item")
    expected = (shares["scale", "team"] + shares["scale", "division"]) / shares["scale", "organisation"]
    assert ratio.loc["scale", "ratio"] == pytest.approx(expected)
    assert ratio.loc["scale", "low"] < ratio.loc["scale", "high"]


def test_the_ratio_is_infinite_where_nothing_lies_between_organisations(result):
    cohort = planted(result, team=1.0)
    who = cohort.person
    for o in range(cohort.n_organisations):
        own = (who["organisation"] == o) & (who["role"] == 0) & (who["vacant"] == 0)
        who["belonging"][own] += 0.5 - who["belonging"][own].mean()
    ratio = icc_ratio(cohort, "belonging", n_bootstrap=0).set_index("item")["ratio"]
    assert np.isposinf(ratio["scale"])


def test_a_state_that_does_not_exist_is_refused_with_the_nearest_name(result):
    with pytest.raises(cs.ScenarioError, match="exhaustion"):
        result.variance_shares("exhaustoin")
    with pytest.raises(cs.ScenarioError, match="survey_safe"):
        result.variance_shares("survey_saef")
