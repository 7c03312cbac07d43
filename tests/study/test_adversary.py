"""Searches for where a style loses most: on results whose truth is known, and on runs that are cut off and gone on with."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from faults import not_refused
from studies import small_study

import civicsim as cs
from civicsim.errors import CivicsimError
from civicsim.scenario.scenario import PARAMETERS
from civicsim.study.analysis import adversary as searching
from civicsim.study.analysis.adversary import OTHER, WORST, adversary
from civicsim.study.analysis.matched import About, Matched
from civicsim.study.analysis.search import NOTHING, proposals, space_of
from civicsim.study.analysis.trials import BATCH, JOURNAL, Trials, distances
from civicsim.study.run import runner

UNKNOWN = {"voice.intercept": {"low": -1.8, "high": -1.0}, "kappa_low": {"low": 0.0, "high": 0.5}, "skill_mean": "full"}
NOISE = 0.05


def unsure(**changes):
    return small_study(
        **{"factors": {"n_teams": 1, "team_size": 4, "n_executives": 1}, "uncertainties": UNKNOWN, **changes}
    )


def truth(points):
    """How far civic-culture is behind by parameters: most where kappa_low is .4 and the intercept −1.2; skill is nothing."""
    return (0.3 - 3.0 * (points["kappa_low"] - 0.4) ** 2 - 2.0 * (points["intercept"] + 1.2) ** 2 - 0.2).to_numpy()


def results(study):
    """Made-up results: truth, what all styles have in common by seed, and noise of every run."""
    points = study.points
    rng = np.random.default_rng([int(study.protocol.digest, 16) % 2**32, len(study.seed_numbers)])
    behind = np.where(points["style"] == "civic-culture", truth(points), 0.0)
    values = -behind[:, None] + rng.normal(0.0, NOISE, (len(points), len(study.seed_numbers)))
    about = About("trust", "Trust", "0–1", "higher", matters=0.02)
    names = tuple(study.protocol.factors)
    return Matched(points, names, study.seed_numbers, {"trust": about}, {"trust": values})


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A search of which the truth is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trials, "_run", lambda self, study, name: results(study))
        patch.setattr("civicsim.study.analysis.search._TREES", 16)
        study = unsure(design={"draws": 24})
        return adversary(
            study, "civic-culture", "trust", tmp_path_factory.mktemp("known"), trials=28, fresh=40, processes=0
        )


def test_the_place_where_it_loses_most_is_found(known):
    first = known.trials.loc[known.worst["trial"][0]]
    spread = known.trials["found"] == "spread"
    assert np.median(truth(known.trials[~spread])) > np.median(truth(known.trials[spread])) + 0.05
    assert abs(first["kappa_low"] - 0.4) < 0.12
    assert abs(first["intercept"] + 1.2) < 0.2
    assert len(known.trials) == 24 + 32
    assert (known.trials["found"] == "spread").sum() == known.n_spread == 24


def test_fresh_seeds_remove_the_winners_curse(known):
    columns = ["kappa_low", "intercept"]
    really = -truth(known.trials.loc[known.worst["trial"], columns])
    shown = known.worst
    assert np.abs(shown["searched"] - really).mean() > np.abs(shown["difference"] - really).mean()
    assert (shown["searched"] < shown["difference"]).mean() > 0.5
    assert ((shown["low"] < really) & (really < shown["high"])).sum() >= len(shown) - 1
    assert set(shown["verdict"]) == {"lower"}


def test_how_often_it_loses_is_told_by_the_even_trials_alone(known):
    spread = known.trials[known.trials["found"] == "spread"]
    assert known.n_lost == (spread["difference"] < -0.02).sum()
    assert abs(known.n_lost / 24 - (truth(spread) > 0.02).mean()) < 0.2
    assert f"in {known.n_lost} of 24 evenly spread trials" in known.words


def test_parameters_that_matter_come_before_chance_and_what_does_nothing_does_not(known):
    order = known.parameters["parameter"].tolist()
    assert set(order[:2]) == {"kappa_low", "intercept"}
    shares = known.parameters.set_index("parameter")["share"]
    assert shares["skill_mean"] < 0.5 * shares[order[1]]
    assert NOTHING in order
    row = known.parameters.set_index("parameter").loc["kappa_low"]
    assert (row["low"], row["high"], row["usual"]) == (0.0, 0.5, 0.0)
    assert 0.3 < row["from"] < row["to"] < 0.5


def test_a_box_around_the_worst_quarter_names_its_parameters(known):
    assert known.limit > 0.02
    assert known.box.n_lost == len(known.trials) // 4
    best = max(known.box.limits, key=lambda limits: len(limits))
    assert {limit.name for limit in best} <= {"kappa_low", "intercept", "skill_mean"}
    assert known.box.boxes["density"].max() > 0.5
    assert "The worst quarter" in known.box_words
    html = known._repr_html_()
    assert "kappa_low" in html
    assert "evenly spread" in html


def test_the_best_of_several_others_counts():
    height = {"status-quo": [0.0, 2.0, np.nan], "civic-culture": [1.0, 1.0, 1.0], "command": [3.0, 0.0, np.nan]}
    values = {label: np.repeat(np.array(own)[:, None], 2, axis=1) for label, own in height.items()}
    behind, against = distances(values, "civic-culture", sign=1.0)
    np.testing.assert_array_equal(behind, [2.0, 1.0, np.nan])
    assert against[:2] == ["command", "status-quo"]


def test_points_in_other_draws_keep_policies_and_what_they_are_compared_with():
    study = unsure(design={"draws": 3})
    protocol = study.protocol
    draws = [{"voice.intercept": -1.5, "population.kappa_low": 0.25, "population.skill_mean": 0.5}] * 2
    other = protocol.with_draws(draws)
    assert other.points.dtypes.to_dict() == protocol.points.dtypes.to_dict()
    assert other.points[["point", "policy", "future", "draw"]].to_numpy().tolist() == [
        [0, 0, 0, 0],
        [1, 0, 1, 1],
        [2, 1, 0, 0],
        [3, 1, 1, 1],
    ]
    assert other.points["against"].tolist() == [0, 1, 0, 1]
    assert other.scenario(3).population.kappa_low == 0.25
    again = protocol.with_draws(
        [
            {protocol.factors[name]: row[name] for name in ("intercept", "kappa_low", "skill_mean")}
            for row in protocol.points[:3].to_dict("records")
        ]
    )
    pd.testing.assert_frame_equal(again.points, protocol.points)
    assert again.digest == protocol.digest


def test_what_is_tried_next_follows_from_what_was_tried_and_the_seed():
    from civicsim.study.design.factors import read_factors

    space = space_of(
        read_factors({**UNKNOWN, "lifecycle.max_concurrent": "full", "forum.level": ["team", "national"]}, "t")
    )
    first = proposals([], space, 4, 7)
    assert proposals([], space, 4, 7) == first != proposals([], space, 4, 8)
    for values in first:
        assert -1.8 <= values["voice.intercept"] <= -1.0
        assert isinstance(values["lifecycle.max_concurrent"], int)
        assert values["forum.level"] in ("team", "national")


# -- with runs -----------------------------------------------------------------------------------------------------------


def search(folder, **changes):
    return adversary(
        unsure(seeds=2, design={"draws": 6}),
        "civic-culture",
        "trust",
        folder,
        **{"trials": BATCH, "fresh": 2, "processes": 0, **changes},
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("civicsim.study.analysis.search._TREES", 2)
        folder = tmp_path_factory.mktemp("whole") / "out"
        return folder, search(folder, trials=BATCH - 3)


def test_a_search_that_is_stopped_resumes_with_the_same_result(whole, tmp_path, monkeypatch):
    monkeypatch.setattr("civicsim.study.analysis.search._TREES", 2)
    even = search(tmp_path / "out", trials=0)
    assert (len(even.trials), even.box) == (6, None)
    calls, chunk, journal = [], runner.run_chunk, tmp_path / "out" / JOURNAL

    def stop(task):
        calls.append(task)
        if len(calls) in (2, 5):
            raise KeyboardInterrupt
        return chunk(task)

    monkeypatch.setattr("civicsim.study.run.effort.SHORTEST", 2e-2)
    monkeypatch.setitem(runner.run_study.__kwdefaults__, "work", stop)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "out")
        # As if it had been killed while it wrote: a lock that no process holds, and half a line.
        journal.with_name(f"{JOURNAL}.lock").touch()
        journal.write_bytes(journal.read_bytes()[:-9])
    found = search(tmp_path / "out")
    pd.testing.assert_frame_equal(found.trials, whole[1].trials, check_exact=True)
    pd.testing.assert_frame_equal(found.worst, whole[1].worst, check_exact=True)
    pd.testing.assert_frame_equal(found.parameters, whole[1].parameters, check_exact=True)
    assert "too few trials" in found.box_words


def test_the_scenario_files_run_the_worst_case_again(whole):
    folder, found = whole
    worst, other = (cs.Scenario.read(folder / name) for name in (WORST, OTHER))
    assert {key.partition(".")[0] for key in worst.diff(other)} <= {"levers", "title", "style"}
    again = cs.compare(worst, other, seeds=2, baseline=other.style).table(["trust"]).set_index("style")
    assert again.loc["civic-culture", "difference"] == pytest.approx(found.worst["difference"][0], rel=1e-12)
    assert "civicsim compare worst.toml worst-other.toml" in (folder / WORST).read_text()


def test_a_folder_of_another_search_or_of_other_things_is_refused(whole, tmp_path):
    with pytest.raises(CivicsimError, match="holds another search"):
        search(whole[0], seed=2)
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(CivicsimError, match=r"holds other files \(letter.txt\)"):
        search(tmp_path)


def test_mistakes_are_named(tmp_path):
    cases = [
        ({}, {"style": "civic"}, "no style 'civic'; did you mean 'civic-culture'"),
        ({}, {"measure": "trst"}, "no measure 'trst'; did you mean 'trust'"),
        ({"measures": ["comply_share"]}, {"measure": "comply_share"}, "comply_share: neither direction is better"),
        ({}, {"trials": -1}, "trials = -1: expected a whole number from 0"),
        ({}, {"fresh": 1}, "fresh = 1: expected a whole number from 2"),
        ({}, {"free": ["fear"]}, "levers.fear is a lever, not an uncertainty"),
        ({}, {"free": ["levers"]}, r"\[levers\] contains no uncertain parameter"),
        ({}, {"free": ["alignment_maen"]}, "did you mean 'alignment_mean'"),
        ({"uncertainties": {}}, {}, "nothing to search"),
        ({"styles": ["civic-culture"]}, {}, "no style that civic-culture could lose to"),
        ({"shocks": {"none": [], "surge": [{"name": "surge", "week": 1}]}}, {}, "there are several sets of shocks"),
        ({"factors": {"n_teams": [1, 2]}}, {}, "there are several settings"),
    ]

    def search_for(changes, words):
        given = {"style": "civic-culture", "measure": "trust"} | words
        adversary(unsure(**changes), given.pop("style"), given.pop("measure"), tmp_path / "out", **given)

    assert not_refused(search_for, [((changes, words), expected) for changes, words, expected in cases]) == []
    assert not (tmp_path / "out").exists()


def test_parameters_can_be_freed_beside_those_of_the_study():
    study = searching.opened(unsure(), ["spread", "kappa_low"])
    assert {key for key in study.uncertainties if key.startswith("spread.")} == {
        about.key for about in PARAMETERS.values() if about.section == "spread" and about.role == "uncertainty"
    }
    assert study.uncertainties["kappa_low"] == UNKNOWN["kappa_low"]


def test_packages_that_are_missing_are_named_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(CivicsimError, match=r'^adversary: needs optuna: pip install "civicsim\[search\]"$'):
        search(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_journal_can_be_read_by_optuna_itself(whole):
    lines = [json.loads(line) for line in (whole[0] / JOURNAL).read_text().splitlines()]
    assert sum("params" in line for line in lines) == 6 + BATCH
