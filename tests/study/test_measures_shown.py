"""A study's own measures come first, and alone where it names them; it gives those a direction that leave it open."""

import pytest
from studies import small_study

from civicsim.errors import CivicsimError
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.report.brief import brief
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.analysis.matched import matched
from civicsim.study.analysis.regret import regret
from civicsim.study.run.runner import run_study


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    def of(**changes):
        folder = tmp_path_factory.mktemp("shown")
        return run_study(small_study(seeds=2, **changes), folder, processes=0)

    return of


def test_measures_that_a_study_names_are_shown_alone_and_what_matters_first(shown):
    names = ["hours_spent_reporting", "exhaustion", "trust"]
    store = shown(measures=names, matters={"trust": 0.01})
    assert list(matched(store).columns) == ["trust", "hours_spent_reporting", "exhaustion"]
    assert list(dict.fromkeys(contrasts(store)["measure"])) == ["trust", "hours_spent_reporting", "exhaustion"]
    page = brief(store)
    assert all(MEASURES[name].label in page for name in names)


def test_what_matters_comes_before_the_flagship_measures_where_no_measure_is_named(shown):
    store = shown(measures="all", matters={"exhaustion": 0.01}, better={"grip": "lower"})
    flagship = [name for name in MEASURES if name in FLAGSHIP]
    assert list(matched(store).columns) == ["exhaustion", "grip", *flagship]
    every = list(matched(store, ["all"]).columns)
    assert every[:2] == ["exhaustion", "grip"]
    assert sorted(every) == sorted(MEASURES)


def test_a_direction_of_the_study_is_used_by_every_analysis(shown):
    for way, best in (("higher", "idxmax"), ("lower", "idxmin")):
        store = shown(
            measures=["hours_spent_reporting"],
            better={"hours_spent_reporting": way},
            factors={"n_teams": 1, "team_size": 4, "n_executives": 1},
        )
        assert set(contrasts(store)["better"]) == {way}
        found = regret(store, "hours_spent_reporting")
        means = store.to_pandas().groupby("style")["hours_spent_reporting"].mean()
        assert found.rules["chosen"].iloc[0] == getattr(means, best)()
    with pytest.raises(CivicsimError, match=r"neither direction is better, so there is no regret; \[better\]"):
        regret(shown(measures=["hours_spent_reporting"]), "hours_spent_reporting")
