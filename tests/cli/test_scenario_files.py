"""Scenario files: a start that changes nothing, and a check that shows what a file changes."""

import json
import re
from pathlib import Path

from civicsim.cli.scenarios import value_of
from civicsim.model.building import build
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import styles
from civicsim.scenario.sizes import n_posts


def test_a_new_file_changes_nothing(tool):
    for style in styles():
        printed = tool("new", "my.toml", "--style", style, "--force")
        assert printed.code == 0
        assert "Next:" in printed.err
        assert Scenario.read("my.toml").digest == Scenario.preset(style).digest, style
        assert f"It changes nothing in {style}" in tool("check", "my.toml").out


def test_a_new_file_changes_nothing_with_every_line_put_in(tool):
    tool("new", "my.toml", "--style", "civic-culture")
    text = re.sub(r"(?m)^# (\w+ = )", r"\1", Path("my.toml").read_text().split("# Everything else")[0])
    assert "\nfear = 0.1" in text
    Path("my.toml").write_text(text)
    assert Scenario.read("my.toml").digest == Scenario.preset("civic-culture").digest


def test_every_lever_is_explained_in_a_new_file(tool):
    tool("new", "my.toml")
    text = Path("my.toml").read_text()
    for name in Scenario().to_dict()["levers"]:
        assert f"# {name} = " in text


def test_a_file_is_not_overwritten_unless_forced(tool):
    Path("my.toml").write_text("weeks = 3")
    assert "my.toml: already exists; add --force to overwrite it" in tool("new", "my.toml").mistake
    assert Path("my.toml").read_text() == "weeks = 3"
    assert tool("new", "my.toml", "--force").code == 0
    assert "weeks = 260" in Path("my.toml").read_text()


def test_a_file_where_a_folder_should_be_is_named(tool):
    Path("taken").write_text("")
    assert "cannot be written" in tool("new", "taken/my.toml").mistake
    Path("folder.toml").mkdir()
    assert "is a folder" in tool("new", "folder.toml", "--force").mistake


def test_new_names_its_file_in_json(tool):
    printed = tool("new", "my.toml", "--json")
    assert json.loads(printed.out) == {"file": "my.toml", "style": "status-quo", "kind": "acute-trust"}
    assert printed.err == ""


def test_check_shows_what_a_scenario_changes(tool):
    Path("mine.toml").write_text('title = "Mine"\nweeks = 9\n[levers]\nfear = 0.1\n[voice]\nenabled = false\n')
    printed = tool("check", "mine.toml")
    assert "mine.toml is a valid scenario: Mine" in printed.out
    assert "2 values differ from status-quo on acute-trust" in printed.out
    assert re.search(r"levers\.fear +0\.35 +0\.1 ", printed.out)
    assert re.search(r"voice\.enabled +true +false ", printed.out)
    about = json.loads(tool("check", "mine.toml", "--json").out)
    assert about["valid"] is True
    assert about["changes"]["levers.fear"] == {"from": 0.35, "to": 0.1}


def test_check_reads_a_file_of_levers_too(tool):
    Path("mine.toml").write_text('title = "Mine"\ndescription = "x"\n[levers]\nfear = 0.1\n')
    assert "mine.toml is a valid style: Mine" in tool("check", "mine.toml").out


def test_check_reads_a_file_of_any_name(tool):
    Path("mine.txt").write_text("weeks = 9\n")
    assert "mine.txt is a valid scenario" in tool("check", "mine.txt").out


def test_values_are_read_as_they_are_meant():
    texts = ["3", "0.5", ".5", "1e-3", "true", "False", "word", '"word"', " 2 ", "-1.5"]
    values = [3, 0.5, 0.5, 0.001, True, False, "word", "word", 2, -1.5]
    assert [repr(value_of(text)) for text in texts] == [repr(value) for value in values]


def test_posts_are_counted_as_they_are_built():
    for sizes in ({}, {"n_teams": 1}, {"n_teams": 15, "n_organisations": 2, "n_executives": 1}):
        scenario = Scenario().with_(team_size=3, **sizes)
        cohort = build(scenario.structure, scenario.population, scenario.levers, scenario.sections, [1])
        assert n_posts(scenario) == cohort.n_persons
