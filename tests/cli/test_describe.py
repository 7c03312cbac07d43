"""Everything that is declared can be looked up, in words and as JSON."""

import json

import pytest

from civicsim.cli.describing import TOPICS, names_of
from civicsim.model.measures import MEASURES
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import PARAMETERS, SECTIONS
from civicsim.scenario.shipped import styles

ONE_OF_EACH = [(topic, name) for topic in TOPICS for name in list(names_of(topic))[::3]]


def test_the_week_is_told_in_order(tool):
    said = tool("describe")
    places = [said.out.index(f"\n{process.name} ") for process in WEEK]
    assert places == sorted(places)
    assert "Next:" in said.err


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_lists_what_it_has(tool, topic):
    said = tool("describe", topic)
    assert said.code == 0
    for name in names_of(topic):
        assert name.rpartition(".")[2] in said.out
    assert said.out == tool("describe", f"{topic}s").out


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_json(tool, topic):
    said = tool("describe", topic, "--json")
    listed = json.loads(said.out)
    assert said.err == ""
    known = [name for name in names_of(topic) if name not in SECTIONS or topic != "parameter"]
    assert [one["name"].removeprefix("levers.") if topic == "lever" else one["name"] for one in listed] == known


@pytest.mark.parametrize(("topic", "name"), ONE_OF_EACH)
def test_one_thing_is_explained(tool, topic, name):
    said = tool("describe", topic, name)
    assert said.code == 0
    assert len(said.out.splitlines()) > 2
    assert "Next: civicsim" in said.err
    assert json.loads(tool("describe", topic, name, "--json").out)


@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_section_is_shown_with_meanings_and_sources_and_fits(tool, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    said = tool("describe", "parameter", "response")
    words = " ".join(said.out.split())
    for about in SECTIONS["response"].values():
        assert about.name in said.out
    assert "Assumption: free modelling choice" in words
    assert max(len(line) for line in said.out.splitlines()) <= int(columns)


def test_a_parameter_is_shown_with_everything_declared(tool):
    about = PARAMETERS["population.weeks_to_fill"]
    words = " ".join(tool("describe", "parameter", "weeks_to_fill").out.split())
    for part in (about.key, about.help, about.unit, about.range_text, about.role, about.source):
        assert " ".join(part.split()) in words


def test_a_lever_is_shown_with_what_each_style_sets(tool):
    said = tool("describe", "lever", "fear")
    for style in styles():
        assert style in said.out


def test_a_style_is_shown_with_its_hours(tool):
    about = json.loads(tool("describe", "style", "civic-culture", "--json").out)
    assert sum(about["hours"].values()) == pytest.approx(0.75)
    assert "hours a person and week" in tool("describe", "style", "civic-culture").out


def test_a_measure_says_which_way_is_better(tool):
    said = tool("describe", "measure", "voice_gini")
    assert MEASURES["voice_gini"].help in said.out
    assert "Better: lower" in said.out


def test_the_equations_of_a_process_are_listed(tool):
    said = tool("describe", "process", "exhaustion")
    assert "exhaustion_change" in said.out
    assert "[exhaustion]" in said.out
