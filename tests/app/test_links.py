"""A link says what is on the page; whatever it says, there is a page, and what was put right is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civicsim.app.state import (
    CHANGED,
    Chosen,
    event_groups,
    from_query,
    levers_shown,
    move_event,
    sides_from_query,
    to_query,
    with_event,
    with_lever,
    with_sides,
    with_style,
    without_event,
)
from civicsim.errors import ScenarioError
from civicsim.scenario.scenario import Scenario


def test_a_link_gives_back_the_scenario_it_was_made_of():
    scenario = Scenario.preset("compact").with_(fear=0.15, seed=7, n_teams=20)
    scenario = with_lever(with_event(scenario, "crisis", 30), "permission", 0.9, week=60)
    read = from_query(to_query(scenario))
    assert read == Chosen(scenario)


def test_no_link_is_needed_for_what_the_page_starts_with():
    assert to_query(Scenario.preset()) == ""
    assert from_query(None) == Chosen(Scenario.preset())


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?style=nobody", "a style “nobody” that does not exist; “Status quo” is shown"),
        ("?kind=prison", "a kind “prison”"),
        ("?seed=abc", "seed = “abc”, which is no whole number; 1 is used"),
        ("?weeks=99999", "the page takes 26 to 520, so 520 is used"),
        ("?set=levers.fear=7", "The link sets “Blame” to 7; 1 is used."),
        ("?set=levers.fear=nan", "The link sets “Blame” to “nan”, which is not possible"),
        ("?set=levers.cheer=1", "“levers.cheer”, which does not exist"),
        ("?set=structure.n_teams=5000", "5000 teams of 15; the page shows at most 200"),
        ("?set=structure.n_organisations=4", "the page shows one"),
        ("?interventions=what", "cannot be read"),
        ('?interventions=[{"name":"plague","week":3}]', "An event of the link is left out"),
        ('?interventions=[{"name":"surge","week":-3}]', "An event of the link is left out"),
        ("?set=" + "x" * 3000, "…"),
    ],
)
def test_a_broken_link_is_put_right_and_said(query, says):
    read = from_query(query)
    assert isinstance(read.scenario, Scenario)
    assert len(read.notes) == 1
    assert says in read.notes[0]
    assert len(read.notes[0]) < 200


@settings(max_examples=20)
@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=40))
def test_no_link_breaks_the_page(style, value, events):
    read = from_query(f"?style={style}&set=levers.fear={value}&set={value}&seed={value}&interventions={events}")
    assert 0.0 <= read.scenario.levers.fear <= 1.0


def test_events_are_added_moved_and_taken_away_with_all_their_parts():
    scenario = with_event(with_event(Scenario.preset(), "crisis", 10), "surge", 50)
    assert [[event.name for event in group] for group in event_groups(scenario)] == [["crisis", "crisis"], ["surge"]]
    moved = move_event(scenario, 0, 20)
    assert [event.week for event in moved.interventions] == [20, 20, 50]
    assert [event.name for event in without_event(moved, 0).interventions] == ["surge"]
    twice = with_event(with_event(Scenario.preset(), "surge", 10), "surge", 60)
    assert len(event_groups(twice)) == 2


def test_parts_that_would_come_after_the_end_are_left_out():
    scenario = with_event(Scenario.preset().with_(weeks=40), "small-to-scale", 30)
    assert [event.week for event in scenario.interventions] == [30]


def test_a_lever_can_be_moved_from_a_week_on():
    scenario = with_lever(with_lever(Scenario.preset(), "fear", 0.9, week=30), "permission", 0.8, week=30)
    assert [(event.week, event.name) for event in scenario.interventions] == [(30, CHANGED)]
    assert (levers_shown(scenario).fear, levers_shown(scenario).permission) == (0.9, 0.8)
    assert scenario.levers.fear == 0.35
    assert with_style(scenario, "compact").interventions == ()


def test_there_is_no_lever_that_is_none():
    with pytest.raises(ScenarioError, match="no lever 'fears'"):
        with_lever(Scenario.preset(), "fears", 0.5)


def test_styles_side_by_side_are_in_the_link_and_only_those_there_are():
    assert sides_from_query(with_sides("", ("compact", "command"))) == ("compact", "command")
    assert sides_from_query("?sides=compact,nobody,compact,command") == ("compact", "command")
    assert sides_from_query("?sides=compact") is None
    assert sides_from_query(None) is None


def test_what_cannot_be_done_is_said_and_changes_nothing():
    from civicsim.app.state import change_scenario, chosen

    before = chosen.value
    hours = {"weight_reporting": 0.0, "weight_response": 0.0, "weight_peer": 0.0, "weight_deliberation": 0.0}
    try:
        change_scenario(lambda now: now.with_(**hours, weight_protected=0.0, weight_patients=0.0))
        assert chosen.value.scenario == before.scenario
        assert chosen.value.notes[0].startswith("That cannot be done: [levers] the hour weights")
        change_scenario(lambda now: now.with_(fear=0.2))
        assert chosen.value.scenario.levers.fear == 0.2
        assert chosen.value.notes == ()
    finally:
        chosen.set(before)
