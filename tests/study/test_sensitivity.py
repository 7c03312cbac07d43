"""Sensitivity indices against functions whose indices are known, and designs that are refused."""

import numpy as np
import pandas as pd
import pytest
from made_up import made_up
from scipy.stats import chi2, linregress, pearsonr, rankdata
from scipy.stats import t as t_distribution
from studies import small_study

from civicsim.errors import CivicsimError
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.analysis.crossed import parameters_against_seeds, split
from civicsim.study.analysis.indices import (
    _SLICES,
    ALL,
    NOTHING,
    Sample,
    _spread_ends,
    indices,
    pawn_medians,
    regressions,
)
from civicsim.study.analysis.regret import regret
from civicsim.study.analysis.sensitivity import sample_of, sensitivity
from civicsim.study.design.designs import Design, unit_sample
from civicsim.study.run.runner import run_study

NAMES = ("a", "b", "c")


def ishigami(unit):
    x = np.pi * (2.0 * unit - 1.0)
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sampled(method, n, second_order=False):
    unit = unit_sample(Design(method, n=n, second_order=second_order), 3)
    return Sample({"latin-hypercube": "pawn"}.get(method, method), NAMES, unit, second_order)


def table(sample, y):
    return pd.DataFrame(indices(sample, y)).set_index(["factor", "index"])


def test_sobol_indices_of_the_ishigami_function_lie_within_their_intervals():
    sample = sampled("sobol", 256, second_order=True)
    found = table(sample, ishigami(sample.where))
    # Ishigami and Homma (1990), with a = 7 and b = 0.1.
    known = {
        ("a", "first"): 0.3139,
        ("b", "first"): 0.4424,
        ("c", "first"): 0.0,
        ("a", "total"): 0.5576,
        ("b", "total"): 0.4424,
        ("c", "total"): 0.2437,
        ("a × c", "second"): 0.2437,
    }
    for key, truth in known.items():
        row = found.loc[key]
        assert row["low"] <= truth <= row["high"], key
        assert row["high"] - row["low"] < 0.5


def test_sobol_indices_of_the_g_function_lie_within_their_intervals():
    # Saltelli and Sobol' (1995), with a = 0, 1 and 4.5: the variance of a factor alone is 1 / (3 (1 + a)²).
    sample, a = sampled("sobol", 512), np.array([0.0, 1.0, 4.5])
    found = table(sample, np.prod((np.abs(4.0 * sample.where - 2.0) + a) / (1.0 + a), axis=1))
    alone = 1.0 / (3.0 * (1.0 + a) ** 2)
    whole = np.prod(1.0 + alone) - 1.0
    wrong = []
    for place, name in enumerate(NAMES):
        others = np.prod(np.delete(1.0 + alone, place))
        for index, truth in (("first", alone[place] / whole), ("total", alone[place] * others / whole)):
            row = found.loc[(name, index)]
            if not (row["low"] <= truth <= row["high"] and row["value"] == pytest.approx(truth, abs=0.06)):
                wrong.append((name, index, truth, row.to_dict()))
    assert wrong == []


def test_the_interval_of_a_spread_is_that_of_a_variance_of_normal_numbers():
    low, high = _spread_ends(2.0, 10)
    assert low == pytest.approx(2.0 * (9 / chi2.ppf(0.975, 9)) ** 0.5)
    assert high == pytest.approx(2.0 * (9 / chi2.ppf(0.025, 9)) ** 0.5)
    assert np.isnan(_spread_ends(2.0, 1)).all()


def test_elementary_effects_of_a_plane_are_its_slopes():
    sample = sampled("morris", 6)
    found = table(sample, sample.where @ np.array([2.0, -1.0, 0.0]))
    assert found.loc[("a", "mean"), "value"] == pytest.approx(2.0)
    assert found.loc[("b", "mean"), "value"] == pytest.approx(-1.0)
    assert found.loc[("b", "mean size"), "value"] == pytest.approx(1.0)
    assert found.loc[("c", "mean size"), "value"] == pytest.approx(0.0)
    assert found.loc[("a", "spread"), "value"] == pytest.approx(0.0, abs=1e-9)
    bent = table(sample, sample.where[:, 0] * sample.where[:, 1]).loc[("a", "spread")]
    assert 0 < bent["low"] < bent["value"] < bent["high"]


@pytest.mark.parametrize("n", [10, 15, 20, 25, 30, 34, 35, 40, 45, 49, 50])
def test_pawn_takes_any_number_of_rows(n):
    sample = sampled("latin-hypercube", n)
    found = [row["value"] for row in indices(sample, ishigami(sample.where)) if row["index"] == "median"]
    assert found
    assert all(0.0 <= value <= 1.0 for value in found)


@pytest.mark.parametrize("n_slices", _SLICES)
def test_pawn_is_that_of_salib_ties_and_all(n_slices):
    from SALib.analyze.pawn import analyze

    rng = np.random.default_rng(n_slices)
    x, y = rng.random((60, 5)), rng.normal(size=60).round(1)
    x[:, 3] = x[:, 3].round(1)
    problem = {"num_vars": 5, "names": list("abcde"), "bounds": [[0.0, 1.0]] * 5}
    np.testing.assert_allclose(pawn_medians(x, y, n_slices), analyze(problem, x, y, S=n_slices)["median"], atol=1e-12)


def test_pawn_tells_what_matters_from_what_does_not():
    sample = sampled("latin-hypercube", 60)
    found = table(sample, sample.where[:, 0] + 0.01 * sample.where[:, 1])
    chance = found.loc[(NOTHING, "median"), "value"]
    assert found.loc[("a", "median"), "low"] > chance > found.loc[("c", "median"), "value"]
    gaps = found.xs("median", level="index")
    assert ((gaps["low"].dropna() >= 0) & (gaps["high"].dropna() <= 1)).all()


def correlated(rng, n):
    """Return three correlated factors and a result, of shape (n,)."""
    x = rng.normal(size=(n, 3)) @ np.array([[1.0, 0.4, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]])
    return x, np.exp(0.6 * x[:, 0]) - 0.5 * x[:, 1] + rng.normal(size=n)


def test_partial_rank_correlations_and_standardised_slopes_are_those_of_residuals():
    x, y = correlated(np.random.default_rng(3), 80)
    found = pd.DataFrame(
        regressions(Sample("pawn", NAMES, np.zeros_like(x), values=x), y), columns=["factor", "index", "value", "ends"]
    ).set_index(["factor", "index"])
    z, t = (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean()) / y.std()
    for place, name in enumerate(NAMES):

        def residual(values, others, place=place):
            design = np.column_stack([np.ones(len(values)), np.delete(others, place, axis=1)])
            return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]

        ranks = rankdata(x, axis=0)
        own, left = residual(ranks[:, place], ranks), residual(rankdata(y), ranks)
        assert found.loc[(name, "PRCC"), "value"] == pytest.approx(pearsonr(own, left).statistic)
        line = linregress(residual(z[:, place], z), residual(t, z))
        assert found.loc[(name, "SRC"), "value"] == pytest.approx(line.slope)
        # The line of residuals has more degrees of freedom than the regression on all three.
        half = t_distribution.ppf(0.975, 80 - 4) * line.stderr * np.sqrt(78 / 76)
        assert found.loc[(name, "SRC"), "ends"] == pytest.approx((line.slope - half, line.slope + half))
    slopes = found.xs("SRC", level="index")["value"].to_numpy()
    assert found.loc[(ALL, "R²"), "value"] == pytest.approx(np.corrcoef(z @ slopes, t)[0, 1] ** 2)


def test_intervals_of_partial_rank_correlations_cover_the_truth():
    rng = np.random.default_rng(4)

    def prcc(n):
        x, y = correlated(rng, n)
        rows = regressions(Sample("pawn", NAMES, np.zeros_like(x), values=x), y)
        return [(value, *ends) for _, index, value, ends in rows if index == "PRCC"]

    truth = np.array(prcc(300_000))[:, 0]
    found = np.array([prcc(40) for _ in range(1000)])
    covered = ((found[:, :, 1] <= truth) & (truth <= found[:, :, 2])).mean(axis=0)
    assert ((covered > 0.925) & (covered < 0.975)).all(), covered


def test_regressions_need_more_rows_than_factors_and_factors_with_an_order():
    rng = np.random.default_rng(5)
    x, y = correlated(rng, 6)
    assert {row[1] for row in regressions(Sample("pawn", NAMES, np.zeros_like(x), values=x), y)} == {
        "PRCC",
        "SRC",
        "R²",
    }
    assert not list(regressions(Sample("pawn", NAMES, np.zeros_like(x[:5]), values=x[:5]), y[:5]))
    alike = np.column_stack([x[:, :2], x[:, 0] + x[:, 1]])
    assert not list(regressions(Sample("pawn", NAMES, np.zeros_like(x), values=alike), y))
    choices = np.where([False, False, True], np.nan, x)
    rows = list(regressions(Sample("pawn", NAMES, np.zeros_like(x), values=choices), y))
    assert {row[0] for row in rows} == {"a", "b", ALL}


def test_a_value_that_is_none_is_refused_and_named_and_no_variance_has_no_shares():
    for method in ("sobol", "morris", "latin-hypercube"):
        sample = sampled(method, 8)
        y = ishigami(sample.where)
        for bad in (np.nan, np.inf):
            y[3] = bad
            with pytest.raises(CivicsimError, match="rows 3 of the design have no number"):
                indices(sample, y)
        with pytest.raises(CivicsimError, match=r"\d+ values for \d+ rows"):
            indices(sample, y[:-1])
        assert table(sample, np.ones(len(y)))["value"].isna().all(), method


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    sizes = {"n_teams": 1, "team_size": 4, "n_executives": 1}
    low_high = {"low": 0.0, "high": 0.8}
    study = small_study(
        factors={**sizes, "fear": low_high, "permission": low_high},
        design={"method": "sobol", "n": 2},
        seeds=2,
        weeks=2,
        burn_in_weeks=1,
        measures=["trust", "load"],
    )
    return run_study(study, tmp_path_factory.mktemp("sobol") / "out", processes=0)


def test_a_study_has_indices_per_measure_style_and_factor(store):
    found = sensitivity(store, ["trust"])
    assert set(found["words"]) == {"status-quo", "civic-culture"}
    assert set(found["factor"]) == {"fear", "permission"}
    assert (found["n"] == 8).all()
    assert set(sensitivity(store, ["trust"], difference=True)["words"]) == {"civic-culture"}
    assert set(parameters_against_seeds(store, ["trust"])["source"]) == {"parameters", "seeds", "both"}


def test_settings_of_a_sampled_design_are_uncertainties_and_no_policies(store):
    row = contrasts(store, ["trust"])
    assert row["words"].tolist() == ["civic-culture"]
    assert (row["n_draws"][0], row["n_seeds"][0], row["n"][0], row["uncertainty"][0]) == (8, 2, 16, "both")
    found = regret(store, "trust")
    assert found.regret.shape == (2, 8)
    assert found.regret.columns[3] == "setting 3, draw 0"


def test_a_run_that_is_missing_or_failed_is_named_and_nothing_is_analysed(store, monkeypatch):
    runs = store.runs()
    monkeypatch.setattr(store, "runs", lambda columns=None: runs.iloc[[*range(5), *range(6, len(runs))]])
    with pytest.raises(CivicsimError, match=r"incomplete: 1 of 16 runs have no value \(point:seed 5:1 \(missing"):
        sensitivity(store, ["trust"])
    failed = pd.DataFrame({"point": [5], "seed": [1]})
    monkeypatch.setattr(store, "failures", lambda: failed)
    with pytest.raises(CivicsimError, match=r"5:1 \(failed\)"):
        parameters_against_seeds(store, ["trust"])
    broken = runs.assign(trust=runs["trust"].where(runs.index != 5, np.inf))
    monkeypatch.setattr(store, "runs", lambda columns=None: broken)
    with pytest.raises(CivicsimError, match="incomplete: 1 of 16"):
        sensitivity(store, ["trust"])


def test_draws_of_uncertainties_are_a_sample_and_a_grid_is_none():
    runs = made_up(lambda point, seed: point.u, n_draws=30)
    assert sample_of(runs, Design(), ()).names == ("u",)
    with pytest.raises(CivicsimError, match="nothing is sampled"):
        sample_of(made_up(lambda point, seed: 1.0), Design(), ())


def test_variance_is_split_into_parameters_seeds_and_both():
    rng = np.random.default_rng(3)
    values = 2.0 * rng.normal(size=(60, 1)) + rng.normal(size=(1, 60)) + rng.normal(size=(60, 60))
    found = {source: (share, low, high, variance) for source, share, low, high, variance in split(values)}
    for source, truth in (("parameters", 4 / 6), ("seeds", 1 / 6), ("both", 1 / 6)):
        share, low, high, _ = found[source]
        assert low <= truth <= high, source
        assert 0 <= low < share < high <= 1
    assert sum(own[0] for own in found.values()) == pytest.approx(1.0)
    assert found["parameters"][3] == pytest.approx(4.0, rel=0.5)
    # The textbook's analysis of variance of a crossed layout with one value in each cell.
    rest = values - values.mean(1, keepdims=True) - values.mean(0, keepdims=True) + values.mean()
    error = (rest**2).sum() / 59**2
    assert found["both"][3] == pytest.approx(error)
    assert found["parameters"][3] == pytest.approx(values.mean(1).var(ddof=1) - error / 60)
    assert np.isnan(split(values[:, :1])[0][1])
