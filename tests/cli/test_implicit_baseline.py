"""Where no baseline is named, it is the plain status quo, whatever the compared file changes."""

import json

from civicsim.cli import main

TOML = """
weeks = 6
burn_in_weeks = 6
[structure]
n_teams = 2
[voice]
enabled = false
[[interventions]]
week = 1
name = "own"
set = { fear = 1.0 }
"""


def voiced(capsys, *words):
    code = main([*words, "--seeds", "2", "--measure", "voice_share", "--measure", "fear_met", "--json"])
    assert code == 0
    return json.loads(capsys.readouterr().out)


def test_the_baseline_has_nothing_of_what_the_file_changes(capsys, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(TOML)
    text = json.dumps(voiced(capsys, "compare", str(path)))
    found = json.loads(text)
    rows = next(
        value
        for value in found.values()
        if isinstance(value, list) and value and isinstance(value[0], dict) and "measure" in value[0]
    )
    usual = {row["measure"]: row["mean"] for row in rows if row["style"] == "status-quo"}
    own = {row["measure"]: row["mean"] for row in rows if row["style"] != "status-quo"}
    assert usual["voice_share"] > 0.0
    assert own["voice_share"] == 0.0
    assert abs(usual["fear_met"] - 0.35) < 0.03
    assert own["fear_met"] > usual["fear_met"]


def test_check_names_interventions(capsys, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(TOML)
    assert main(["check", str(path)]) == 0
    assert "week 1: own" in capsys.readouterr().out
