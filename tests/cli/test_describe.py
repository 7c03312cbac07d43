"""Everything that is declared can be looked up, in words and as JSON."""

import json
import re

import pytest

from civicsim.cli.describing import TOPICS, names_of
from civicsim.model.measures import MEASURES
from civicsim.model.week import WEEK
from civicsim.report.words import value_text
from civicsim.scenario.scenario import PARAMETERS, SECTIONS
from civicsim.scenario.shipped import styles


def test_the_week_is_shown_in_order(tool):
    printed = tool("describe")
    places = [printed.out.index(f"\n{process.name} ") for process in WEEK]
    assert places == sorted(places)
    assert "Next:" in printed.err


def test_every_topic_lists_its_items(tool):
    missing = []
    for topic in TOPICS:
        printed = tool("describe", topic)
        assert printed.out == tool("describe", f"{topic}s").out
        names = [name.rpartition(".")[2] for name in names_of(topic)]
        missing += [f"{topic} {name}" for name in names if name not in printed.out]
    assert missing == []


def test_every_topic_has_json(tool):
    for topic in TOPICS:
        printed = tool("describe", topic, "--json")
        names = [one["name"] for one in json.loads(printed.out)]
        assert printed.err == ""
        known = [name for name in names_of(topic) if name not in SECTIONS or topic != "parameter"]
        assert [name.removeprefix("levers.") if topic == "lever" else name for name in names] == known


def test_each_item_is_explained(tool):
    faults = []
    items = [(topic, name) for topic in TOPICS for name in list(names_of(topic))[::3]]
    for topic, name in items:
        printed = tool("describe", topic, name)
        explained = len(printed.out.splitlines()) > 2 and "Next: civicsim" in printed.err
        if printed.code or not explained or not json.loads(tool("describe", topic, name, "--json").out):
            faults.append(f"{topic} {name}: {printed}")
    assert faults == []


def test_a_section_is_shown_with_meanings_and_sources(tool):
    words = " ".join(tool("describe", "parameter", "response").out.split())
    for about in SECTIONS["response"].values():
        assert about.name in words
    assert "Assumption: free modelling choice" in words


def test_a_parameter_is_shown_as_labelled_lines(tool):
    about = PARAMETERS["population.weeks_to_fill"]
    printed = tool("describe", "parameter", "weeks_to_fill").out
    facts = {
        "Unit": about.unit,
        "Range": about.range_text,
        "Default": value_text(about.default),
        "Role": about.role,
        "Source": about.source,
    }
    lines = dict(line.split(None, 1) for line in printed.splitlines() if line.split()[:1] and line.split()[0] in facts)
    assert {label: text[:60] for label, text in lines.items()} == {label: text[:60] for label, text in facts.items()}
    assert " ".join(about.source.split()) in " ".join(printed.split())
    assert about.help in printed


def test_a_lever_is_shown_with_its_value_in_each_style(tool):
    printed = tool("describe", "lever", "fear")
    for style in styles():
        assert style in printed.out


def test_a_style_is_shown_with_its_hours(tool):
    about = json.loads(tool("describe", "style", "civic-culture", "--json").out)
    assert sum(about["hours"].values()) == pytest.approx(0.75)
    assert "hours per person and week" in tool("describe", "style", "civic-culture").out


def test_a_measure_shows_which_way_is_better(tool):
    printed = tool("describe", "measure", "voice_gini")
    assert MEASURES["voice_gini"].help in printed.out
    assert re.search(r"Better +lower", printed.out)


def test_the_equations_of_a_process_are_listed(tool):
    printed = tool("describe", "process", "exhaustion")
    assert "exhaustion_change" in printed.out
    assert "[exhaustion]" in printed.out
