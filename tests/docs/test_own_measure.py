"""The page about a measure of your own works: its example is taken by everything that takes the shipped measures."""

import re
from pathlib import Path

import numpy as np
import pytest

import civicsim as cs

PAGE = Path(__file__).parents[2] / "docs" / "own-measure.md"
NAMES = ["exhaustion_gini", "tie_modularity"]
TINY = {"n_teams": 4, "teams_per_division": 2, "burn_in_weeks": 4, "weeks": 60}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The measures of the page, whose example is ``mine.py`` in the working folder."""
    first, *_ = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "mine.py").write_text(first, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(first, found)
    return found["MEASURES"]


def test_the_example_is_taken_by_run_summary_compare_a_study_and_the_mesa_model(mine):
    scenario = cs.Scenario.preset().with_(**TINY)
    result = cs.run(scenario, seeds=2, measures=mine)
    weekly = result.to_frame(NAMES).set_index(["seed", "week"])
    gini = weekly["exhaustion_gini"].unstack("seed")
    assert gini.dropna().index.tolist() == [12, 25, 38, 51]
    assert weekly["tie_modularity"].unstack("seed").dropna().index.tolist() == [25, 51]
    assert (weekly[NAMES].dropna() > 0.0).all(axis=None)
    # Summaries are means of the weeks taken; of a record that holds no such week there is none.
    summary = result.summary(NAMES, 52)
    np.testing.assert_allclose(summary["exhaustion_gini"], gini.loc[8:].mean())
    assert result.summary(NAMES, 5).isna().all(axis=None)
    # A chart draws the mean of the last 13 weeks, of which one was taken.
    np.testing.assert_allclose(result.paths("exhaustion_gini")[-1], gini.loc[51])
    # Looking changes nothing.
    assert result.cohort.state_bytes() == cs.run(scenario, seeds=2).cohort.state_bytes()
    # Compared and drawn.
    comparison = cs.compare(scenario, scenario.with_(style="civic-culture"), seeds=2, measures=mine)
    table = comparison.table(NAMES).set_index(["measure", "style"])
    assert table.loc[("exhaustion_gini", "status-quo"), "mean"] == pytest.approx(summary["exhaustion_gini"].mean())
    assert np.isfinite(table.loc[("tie_modularity", "civic-culture"), "difference"])
    assert comparison.plot(NAMES).axes
    # In a study, with summaries and weeks; in another process.
    study = cs.Study(
        question="?",
        styles=["status-quo"],
        code="mine.py",
        seeds=2,
        weeks=60,
        burn_in_weeks=4,
        measures=[*NAMES, "load"],
        summaries=["last 52", "weeks 0-12", "highest 26"],
        weekly=["exhaustion_gini"],
        factors={"n_teams": 4, "teams_per_division": 2},
    )
    store = cs.run_study(study, "out", processes=1)
    runs = store.runs().set_index("seed")
    np.testing.assert_allclose(runs[NAMES], summary[NAMES])
    np.testing.assert_allclose(runs["exhaustion_gini__weeks_0_12"], gini.loc[12])
    assert runs["tie_modularity__weeks_0_12"].isna().all()
    np.testing.assert_array_equal(store.weekly().pivot(index="week", columns="seed", values="exhaustion_gini"), gini)
    # In a Mesa model, with its data collector.
    model = cs.CivicModel(scenario, measures=mine, collect=["exhaustion_gini"])
    for _ in range(26):
        model.step()
    collected = model.datacollector.get_model_vars_dataframe()["exhaustion_gini"]
    np.testing.assert_array_equal(collected.to_numpy(), gini[1].loc[:25].to_numpy())


def test_looking_at_a_copy_cannot_change_what_happens():
    def meddle(cohort):
        cohort.person["exhaustion"][:] = 0.99
        cohort.ties[:] = -1
        return np.zeros(cohort.n_organisations)

    scenario = cs.Scenario.preset().with_(n_teams=2, burn_in_weeks=0, weeks=6)
    measure = cs.Measure("meddling", "Meddling", "0-1", "Writes where it looks.", "neither", of=meddle, every=2)
    looked = cs.run(scenario, seeds=2, measures=[measure])
    assert looked.cohort.state_bytes() == cs.run(scenario, seeds=2).cohort.state_bytes()


def test_a_measure_of_linked_organisations_has_a_value_for_each():
    scenario = cs.Scenario.preset().with_(n_teams=2, n_organisations=3, burn_in_weeks=0, weeks=4)
    sizes = cs.Measure(
        "size",
        "Size",
        "posts",
        "Posts.",
        "neither",
        of=lambda c: c.organisation["n_persons"] * [[1, 2, 3] * 2][0],
        every=2,
    )
    result = cs.run(scenario, seeds=2, measures=[sizes])
    taken = result.to_frame(["size"]).dropna()
    assert len(taken) == 2 * 3 * 2
    assert result.summary(["size"])["size"].tolist() == [2 * result.cohort.organisation["n_persons"][0]] * 2


def test_a_measure_that_fails_or_has_another_shape_is_named():
    scenario = cs.Scenario.preset().with_(n_teams=2, burn_in_weeks=0, weeks=2)
    for of, message in ((lambda c: 1.0, r"'own': returned shape \(\)"), (lambda c: 1 / 0, "'own': ZeroDivisionError")):
        with pytest.raises(cs.ScenarioError, match=message):
            cs.run(scenario, measures=[cs.Measure("own", "Own", "0-1", "Own.", "neither", of=of, every=1)])
