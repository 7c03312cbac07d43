"""A study's store on the page: rows with intervals and verdicts, and points that open in Explore."""

import csv
import dataclasses
import re

import pytest

from civicsim.app import state
from civicsim.app.pages.results import (
    csv_of,
    dependences,
    factor_in_words,
    factors_of,
    losses,
    measures_of,
    report_of,
    rows_of,
    the_store,
    value_in_words,
)
from civicsim.app.templates import render
from civicsim.cli import main
from civicsim.errors import CivicsimError
from civicsim.experiment.wording import estimated, number
from civicsim.model.roster import Roster
from civicsim.report.words import in_pairs
from civicsim.scenario.scenario import Scenario
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.store.store import open_store

STUDY = """
question = "Does it matter?"
styles = ["status-quo", "civic-culture"]
seeds = 2
weeks = 8
burn_in_weeks = 4
measures = ["voice_share", "load"]

[factors]
fear = [0.1, 0.9]
n_teams = 2
team_size = 5

[matters]
load = 0.01
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    at = tmp_path_factory.mktemp("study")
    (at / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["study", "run", str(at / "study.toml"), "--out", str(at / "results"), "--quiet"]) == 0
    return at / "results"


def test_every_point_has_a_mean_an_interval_and_a_verdict_against_its_baseline(folder):
    store = open_store(folder)
    # What matters comes first, as in every table.
    measures, n_first = measures_of(store)
    assert list(measures) == ["load", "voice_share"]
    assert n_first == 2
    assert set(factors_of(store.points())) >= {"style", "fear"}
    rows = rows_of(store, "load")
    assert len(rows) == 4
    assert all(row["n"] == 2 and " to " in row["between"] for row in rows)
    told = [row["verdict"] for row in rows]
    assert told.count("") == 2
    assert set(told) - {""} <= {"higher", "lower", "same", "too close to call"}
    found = contrasts(store, ["load"]).to_dict("records")
    shown = [row for row in rows if row["verdict"]]
    for row, own in zip(shown, found, strict=True):
        assert row["difference"] == estimated(own["difference"], own["low"], own["high"], sign=True)
        assert row["median"] == f"median {estimated(own['median'], own['q25'], own['q75'], sign=True)}"
        assert row["pairs"] == in_pairs(own | {"better": "neither"}, own["n"])


def test_levers_and_styles_are_called_as_on_the_other_pages():
    assert factor_in_words("fear") == "Fear of blame"
    assert factor_in_words("n_teams") == "Teams"
    assert factor_in_words("seek_shift") == "Noticing: seek shift"
    assert value_in_words("style", "civic-culture") == "Civic culture"
    assert value_in_words("style", "my-own.toml") == "my-own.toml"
    assert value_in_words("fear", 0.1) == 0.1
    assert value_in_words("style", None) is None


def test_the_page_reads_the_store_that_it_was_started_with(folder, monkeypatch):
    monkeypatch.setenv("CIVICSIM_RESULTS", str(folder))
    store = the_store()
    assert store.question == "Does it matter?"
    assert the_store() is store
    assert store.study.scenario(3).levers.fear == 0.9


def test_a_folder_without_results_is_one_clear_line(tmp_path, capsys):
    assert main(["app", "--no-open", "--results", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(tmp_path) in error


SAMPLED = """
question = "What does it hang on?"
styles = ["status-quo", "civic-culture"]
seeds = 2
weeks = 8
burn_in_weeks = 4
measures = ["psychological_safety", "cross_division_tie_share"]

[design]
method = "latin-hypercube"
n = 20

[factors]
fear = [0.1, 0.9]
permission = [0.1, 0.9]
n_teams = 2
team_size = 5
"""


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    at = tmp_path_factory.mktemp("sampled")
    (at / "study.toml").write_text(SAMPLED, encoding="utf-8")
    assert main(["study", "run", str(at / "study.toml"), "--out", str(at / "results"), "--quiet"]) == 0
    return open_store(at / "results")


def test_what_a_measure_depends_on_is_shown_where_the_design_is_a_sample(sampled):
    rows, about = dependences(sampled, "psychological_safety")
    assert {row["factor"] for row in rows} == {"Fear of blame", "Freedom to change work", "(nothing)"}
    sizes = [abs(row["value"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    assert about.startswith("PAWN indices (gap between distributions, 0-1), from 20 rows of the design and 2 seeds")
    # Two teams are one division, which has no ties to others.
    rows, why = dependences(sampled, "cross_division_tie_share")
    assert rows == []
    assert why.startswith("Not shown: the measure has the same value")


def test_where_a_style_loses_is_told_against_the_first(sampled):
    ((words, rows),) = losses(sampled, "psychological_safety")
    assert words.startswith("Civic culture loses to Status quo on Psychological safety")
    assert "of 20 cases" in words
    assert rows == []
    box = {
        "box": "fear > 0.5",
        "lost": 3,
        "n": 20,
        "density": 0.5,
        "density_low": 0.2,
        "density_high": 0.8,
        "coverage": 0.75,
    }
    depends = dependences(sampled, "psychological_safety")
    shown = render("findings", found={"depends": depends, "loses": [(words, [box])]}, problem="", number=number)
    assert shown.count("<tr>") == 2 + len(depends[0]) + 1
    cells = dict(re.findall(r'<td data-label="([^"]+)">([^<]+)</td>', shown[shown.index("fear &gt; 0.5") :]))
    assert cells == {"Worse": "3 of 20", "Share worse": "50% (20%–80%)", "Share of all cases": "75%"}


def test_a_full_grid_shows_exact_shares(folder):
    rows, about = dependences(open_store(folder), "load")
    assert {row["factor"] for row in rows} == {
        "Style",
        "Fear of blame",
        "Style × Fear of blame",
        "run-to-run variation",
    }
    assert sum(row["value"] for row in rows) == pytest.approx(1.0)
    assert about.startswith("Analysis of variance (share of the variance), from 4 rows of the design and 2 seeds; the")


def test_what_a_design_cannot_tell_is_left_out_with_one_sentence_why(folder):
    store = open_store(folder)
    ((why, rows),) = losses(store, "voice_share")
    assert rows == []
    assert why.startswith("Not shown: Problems voiced: 2 cases with a value: expected at least 20")


def test_points_are_handed_on_as_csv_and_the_study_as_a_page(folder):
    store = open_store(folder)
    text = csv_of(store, "load")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [float(row["fear"]) for row in rows] == [0.1, 0.9, 0.1, 0.9]
    assert "Does it matter?" in report_of(store)


def test_every_point_of_a_study_opens_in_explore_or_tells_why_not():
    before = state.chosen.peek()
    usual = Scenario.preset("compact").with_(weeks=60, seed=4)
    teams = Roster(divisions=(1, 1), teams=((1, 2, 1, 1, 1), (0, 3, 0, 1, 0)), ties=((0, 6),))
    cases = {
        "a shipped style": (usual, True, 0),
        "a style from a file": (dataclasses.replace(usual, style="folder/mine.toml", title="Mine"), True, 1),
        "a random style": (dataclasses.replace(usual, style="random-1", title="Random style 1"), True, 1),
        "a kind of its own": (dataclasses.replace(usual.with_(roster=teams), kind="my-trust.toml"), False, 2),
    }
    try:
        for what, (scenario, in_link, n_notes) in cases.items():
            state.open_scenario(scenario)
            shown = state.chosen.peek()
            assert (shown.scenario.digest, len(shown.notes)) == (scenario.digest, n_notes), what
            assert state.preset(shown.scenario.style, shown.scenario.kind), what
            linked = state.from_query(state.to_query(shown.scenario))
            assert linked.notes == (), what
            assert (linked.scenario.digest == scenario.digest) == in_link, what
        large = Roster(divisions=(20,), teams=((0, 200, 0, 0, 0),) * 20)
        now = state.chosen.peek().scenario
        state.open_scenario(Scenario.preset().with_(roster=large))
        assert state.chosen.peek().scenario is now
        assert state.chosen.peek().notes == (
            "This point cannot be opened: it has 4,000 posts, and the page computes 3,000.",
        )
        state.cannot_open(CivicsimError("gone.toml: no such file"))
        assert state.chosen.peek() == state.Chosen(now, ("This point cannot be opened: gone.toml: no such file.",))
        for weeks, shown in ((8, 26), (600, 520)):
            state.open_scenario(usual.with_(weeks=weeks))
            assert state.chosen.peek().scenario.weeks == shown
            assert state.chosen.peek().notes == (f"The study has {weeks} weeks; the page shows {shown}.",)
    finally:
        state.chosen.set(before)
