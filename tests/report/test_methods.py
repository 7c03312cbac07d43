"""The methods of a study: every number is that of the store, and nothing has to be filled in by hand."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from civicsim.cli import main
from civicsim.report.methods import DESIGNS, bibtex, methods_text, sentences, stress, varied
from civicsim.report.words import product_text
from civicsim.study.design.designs import METHODS
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study
from civicsim.study.store.origin import git_commit

SIZES = {"n_teams": 2, "team_size": 4, "n_executives": 1}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    study = Study(
        question="Does it hold?",
        expectation="It does.",
        styles=["status-quo", "civic-culture"],
        seeds=[3, 5, 9],
        weeks=14,
        burn_in_weeks=2,
        factors=SIZES | {"fear": [0.1, 0.6], "improvement_share": 0.05},
        uncertainties={"kappa_low": {"low": 0.2, "high": 0.4}, "voice.intercept": -1.5},
        design={"draws": 2},
        shocks={"none": [], "surge": [{"name": "surge", "week": 1}]},
        measures={"trust": ["last 4"], "load": ["all", "highest 3", "weeks 2-5"]},
        matters={"trust": 0.02},
        summaries=["last 4"],
    )
    return run_study(study, tmp_path_factory.mktemp("methods") / "results", processes=0)


def test_every_design_has_its_words():
    assert set(DESIGNS) == set(METHODS)


def test_the_paragraph_has_every_number_of_the_study(store):
    text = methods_text(store)
    software = store.manifest["software"]
    parts = [
        f"civicsim {software['civicsim']} (model code {software['model']}, commit {git_commit()[:12]}",
        "27 processes in the published order",
        "8 staff and 4 managers in 2 teams",
        "2 weeks of burn-in",
        "14 weeks were recorded",
        "(status-quo, civic-culture; baseline status-quo)",
        "2 styles × 2 settings × 2 draws × 2 sets of shocks × 3 seeds = 48 runs",
        "every combination of levels of 1 factor (levers.fear: 0.1, 0.6)",
        "2 draws of 1 uncertain parameter (uniform)",
        "none, surge",
        "voice.intercept = −1.5",
        "3 seeds (seeds 3, 5, 9), 48 runs in all, of which 0 failed",
        "2 measures (trust, load)",
        "the last 4 weeks; all 14 weeks; the highest mean of 3 weeks in a row; weeks 2 to 5",
        "trust 0.02",
        "95 % t intervals",
        f"Python {software['python']}",
        f"numba {software['numba']}",
        "on 1 machine",
        store.manifest["study"],
    ]
    assert [part for part in parts if part not in text] == []
    assert sentences(store)["aim"] == "Does it hold? Expected beforehand: It does."


def test_the_table_of_parameters_is_that_of_the_points(store):
    found = varied(store.study).set_index("parameter")
    roles = {
        "levers.fear": "setting",
        "population.kappa_low": "draw",
        "voice.intercept": "held",
        "structure.n_teams": "held",
    }
    assert {key: found.loc[key, "role"] for key in roles} == roles
    points = pd.read_parquet(store.path / "points.parquet")
    for column, key in store.manifest["factors"].items():
        about = found.loc[key]
        assert (about["low"], about["high"], about["n"]) == (
            points[column].min(),
            points[column].max(),
            points[column].nunique(),
        )
    assert found.loc["population.kappa_low", "distribution"] == "uniform"


def test_the_checklist_is_whole_and_takes_the_study_from_the_store(store):
    found = stress(store).set_index("item")["here"]
    assert len(found) == 23
    assert found.str.len().min() > 10
    assert found["1.3"].startswith("Does it hold?")
    assert "14 weeks were recorded" in found["4.2"]
    assert "3 seeds" in found["4.3"]
    assert "](" not in "".join(found)


def test_a_design_that_lists_a_setting_for_one_style_is_no_product():
    points = pd.DataFrame({"style": ["a", "a", "b"], "setting": [0, 1, 0], "draw": 0, "shock": ""})
    assert product_text(points, 4) == "3 points (2 styles, 2 settings) × 4 seeds = 12 runs"


def test_the_citation_is_an_entry_of_bibtex(capsys):
    assert main(["cite"]) == 0
    printed = capsys.readouterr().out
    assert printed == bibtex()
    assert re.match(r"@software\{civicsim,\n( +\w+ = \{.*\},\n)+ +\w+ = \{.*\}\n\}\n$", printed)
    assert printed.count("{") == printed.count("}")


def test_the_command_prints_the_paragraph_and_writes_all_tables(store, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for ending in (".tex", ".xlsx"):
        assert main(["study", "methods", str(store.path), "--stress", "--out", str(tmp_path / f"m{ending}")]) == 0
    printed = capsys.readouterr().out
    assert " ".join(methods_text(store).split()) in " ".join(printed.split())
    assert max(len(line) for line in printed.splitlines() if not line.startswith("Wrote")) <= 80
    text = (tmp_path / "m.tex").read_text()
    assert r"\subsection*{Methods}" in text
    assert text.count(r"\begin{longtable}") == 2
    sheets = pd.read_excel(tmp_path / "m.xlsx", sheet_name=None)
    assert sheets["varied"]["low"].tolist() == pytest.approx(varied(store.study)["low"].tolist(), rel=1e-15)
    assert sheets["stress"]["here"].tolist() == stress(store)["here"].tolist()
    assert main(["study", "methods", str(store.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["methods"] == methods_text(store)


def test_the_short_description_fits_on_two_pages():
    text = (Path(__file__).parents[2] / "docs" / "model" / "odd-short.md").read_text()
    assert 500 < len(text.split()) < 1100
    for element in (
        "Purpose",
        "Entities",
        "Process overview",
        "Design concepts",
        "Initialisation",
        "Input data",
        "Submodels",
    ):
        assert f"**{element}" in text
