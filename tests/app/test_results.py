"""A study's store on the page: rows with intervals and verdicts, and points that open in Explore."""

import pytest

from civicsim.app.pages.results import factors_of, measures_of, rows_of, the_store
from civicsim.cli import main
from civicsim.study.store import open_store

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
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    at = tmp_path_factory.mktemp("study")
    (at / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["study", "run", str(at / "study.toml"), "--out", str(at / "results"), "--quiet"]) == 0
    return at / "results"


def test_every_point_has_a_mean_an_interval_and_a_verdict_against_its_baseline(folder):
    store = open_store(folder)
    assert list(measures_of(store)) == ["voice_share", "load"]
    assert set(factors_of(store.points())) >= {"style", "fear"}
    rows = rows_of(store, "load")
    assert len(rows) == 4
    assert all(row["n"] == 2 and " to " in row["between"] for row in rows)
    told = [row["verdict"] for row in rows]
    assert told.count("") == 2
    assert set(told) - {""} <= {"higher", "lower", "same", "too close to call"}


def test_the_page_reads_the_store_that_it_was_started_with(folder, monkeypatch):
    monkeypatch.setenv("CIVICSIM_RESULTS", str(folder))
    store = the_store()
    assert store.question == "Does it matter?"
    assert the_store() is store
    assert store.study.scenario(3).levers.fear == 0.9


def test_a_folder_without_results_is_one_clear_line(tmp_path, capsys):
    assert main(["app", "--no-open", "--results", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(tmp_path) in said
