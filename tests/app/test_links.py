"""A link holds the state of the page; any link gives a page, and every correction is noted."""

import json
import os
import sys
import time
from urllib.parse import urlencode

import pytest
import solara
from hypothesis import given, settings
from hypothesis import strategies as st

from civicsim.app import frame
from civicsim.app.state import (
    CHANGED,
    MOST_POSTS,
    START,
    Chosen,
    chosen,
    event_groups,
    from_query,
    levers_shown,
    move_event,
    sides_from_query,
    to_query,
    with_event,
    with_kind,
    with_lever,
    with_seed,
    with_sides,
    with_staff,
    with_style,
    with_weeks,
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
    # Not nothing: an address that names what was undone would stay.
    assert to_query(START) == "?v=1"
    assert from_query(None) == from_query("?v=1") == from_query("?style=status-quo") == Chosen(START)
    assert START.with_(seed=1) == Scenario.preset()


def test_links_and_files_hold_the_size_also_where_it_is_the_usual_one():
    for scenario in (START.with_(seed=3), with_staff(START, 300)):
        teams = scenario.structure.n_teams
        assert f"structure.n_teams%3D{teams}&set=structure.team_size%3D15" in to_query(scenario)
        assert f"[structure]\nn_teams = {teams}\nteam_size = 15\n" in scenario.to_toml()


BROKEN = (
    ("?style=nonsense", "a style “nonsense” that does not exist; “Status quo” is shown"),
    ("?kind=prison", "a kind “prison”"),
    ("?seed=abc", "seed to “abc”, which is not a whole number; 10 is used"),
    ("?weeks=99999", "the page takes 26 to 520, so 520 is used"),
    ("?set=levers.fear=7", "The link sets “Fear of blame” to 7; 1 is used."),
    ("?set=levers.fear=nan", "The link sets “Fear of blame” to “nan”, which is not possible"),
    ("?set=levers.cheer=1", "“levers.cheer”, which does not exist"),
    ("?set=structure.n_teams=5000", "5000 teams of 15; the page shows at most 200"),
    ("?set=structure.n_organisations=4", "the page shows one"),
    ("?interventions=what", "cannot be read"),
    ('?interventions=[{"name":"plague","week":3}]', "left out: no shock or intervention 'plague'."),
    ('?interventions=[{"name":"surge","week":-3}]', "left out: week = -3: expected a whole number"),
    ("?set=" + "x" * 3000, "…"),
    ("?set=" + "x" * 30_000, "longer than 30,000 characters"),
    ("?interventions=" + "[" * 20_000, "cannot be read"),
    ("?set=fear=" + "[" * 20_000, "The link sets “Fear of blame” to “[["),
    ('?interventions=[{"name":"a/b.toml","week":3}]', "no shock or intervention 'a/b.toml'"),
    ('?interventions=[{"name":"\\u0000.toml","week":3}]', "An event of the link is left out"),
    (f'?interventions=[{{"name":"{"a" * 300}","week":3}}]', "An event of the link is left out"),
    ("?interventions=" + json.dumps([{"name": "surge", "week": 3}] * 41), "41 dated events; the first 40 are read"),
    ("?kind=a.toml", "a kind “a.toml” that does not exist"),
    ("?style=/a.toml", "a style “/a.toml” that does not exist"),
)


def test_a_broken_link_is_corrected_with_a_note():
    faults = []
    for query, note in BROKEN:
        read = from_query(query)
        assert isinstance(read.scenario, Scenario)
        if len(read.notes) != 1 or note not in read.notes[0] or len(read.notes[0]) >= 200:
            faults.append((query[:80], read.notes))
    assert faults == []


@settings(max_examples=20)
@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=40))
def test_no_link_breaks_the_page(style, value, events):
    read = from_query(f"?style={style}&set=levers.fear={value}&set={value}&seed={value}&interventions={events}")
    assert 0.0 <= read.scenario.levers.fear <= 1.0


SURGE = """
[[interventions]]
set = { fear = 0.9 }
"""


@pytest.fixture
def touched(tmp_path, monkeypatch):
    """A folder with files that your own scenario may name, and what is opened or listed in it."""
    for name, text in (("shock.toml", SURGE), ("style.toml", "[levers]\nfear = 0.1\n"), ("kind.toml", "title = 'x'\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    seen = []
    looks = {"open", "os.listdir", "os.scandir", "glob.glob"}

    def note(event, arguments):
        if event in looks and str(tmp_path) in os.path.abspath(os.fspath(arguments[0] or ".")):
            seen.append((event, arguments))

    sys.addaudithook(note)
    yield tmp_path, seen
    looks.clear()


def test_nothing_that_a_visitor_names_is_looked_for_among_files(touched):
    folder, seen = touched
    for at in ("", f"{folder}/", "./"):
        names = {name: f"{at}{name}.toml" for name in ("shock", "shok", "style", "kind")}
        event = json.dumps([{"name": names["shock"], "week": 3}, {"name": names["shok"], "week": 3}])
        read = from_query("?" + urlencode({"style": names["style"], "kind": names["kind"], "interventions": event}))
        assert read.scenario == START
        assert len(read.notes) == 4
        assert not any("did you mean" in note for note in read.notes)
        assert from_query(f"?set=style={names['style']}&set=kind={names['kind']}").scenario == START
        with pytest.raises(ScenarioError, match="no shock or intervention"):
            with_event(Scenario.preset(), names["shock"], 3)
        with pytest.raises(ScenarioError, match="no style"):
            with_style(Scenario.preset(), names["style"])
        assert sides_from_query(f"?sides=compact,{names['style']}") is None
    assert seen == []
    # The person who runs civicsim may name all of them.
    own = {"style": "style.toml", "kind": "kind.toml", "interventions": [{"name": "shock.toml", "week": 3}]}
    assert Scenario.from_dict(own).interventions[0].week == 3
    assert len(seen) == 3


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["surge", "crisis", "fear", "all", "x.toml", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["fear", "load.enabled", "n_teams", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
keys = st.sampled_from(["name", "week", "weeks", "set", "action", "size", "teams", "share", "else"])


@given(st.lists(st.dictionaries(keys, odd, max_size=5), max_size=3))
def test_no_event_of_a_link_breaks_the_page(blocks):
    read = from_query("?" + urlencode({"interventions": json.dumps(blocks)}))
    assert len(read.notes) <= len(blocks)
    assert all("\n" not in note for note in read.notes)


def test_a_link_that_nothing_foresaw_is_answered_in_a_sentence(monkeypatch, caplog):
    def fail(query):
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr(frame, "from_query", fail)
    before = chosen.value
    try:
        _, context = solara.render(frame.Frame(), handle_error=False)
        context.close()
        assert chosen.value.notes == ("The link cannot be read; the page shows its default.",)
    finally:
        chosen.set(before)
    assert "unforeseen" in caplog.text


def test_events_are_added_moved_and_removed_with_all_their_parts():
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


def test_an_event_that_is_moved_moves_no_other_and_keeps_the_distances_of_its_parts():
    scenario = with_event(with_event(Scenario.preset().with_(weeks=260), "small-to-scale", 30), "surge", 200)
    short = scenario.with_(weeks=104)
    moved = move_event(short, 0, 100)
    weeks = [event.week for event in scenario.interventions]
    assert [event.week for event in moved.interventions] == [*(week + 70 for week in weeks[:-1]), 200]
    assert move_event(moved, 0, 30) == short


def test_a_lever_can_be_moved_from_a_week_on():
    scenario = with_lever(with_lever(Scenario.preset(), "fear", 0.9, week=30), "permission", 0.8, week=30)
    assert [(event.week, event.name) for event in scenario.interventions] == [(30, CHANGED)]
    assert (levers_shown(scenario).fear, levers_shown(scenario).permission) == (0.9, 0.8)
    assert scenario.levers.fear == 0.35
    assert with_style(scenario, "compact").interventions == ()


def test_a_choice_moves_to_another_kind_size_time_and_seed():
    own = with_event(START.with_(fear=0.1, alignment_mean=0.6, weeks=104), "surge", 20)
    moved = with_kind(own, "mental-health-community")
    assert moved.structure == Scenario.preset(kind="mental-health-community").structure
    assert moved.habits == Scenario.preset(kind="mental-health-community").habits
    kept = [(one.levers, one.population.alignment_mean, one.interventions, one.weeks, one.seed) for one in (own, moved)]
    assert kept[0] == kept[1]
    assert with_kind(moved, own.kind) == own
    assert [with_staff(own, n).structure.n_teams for n in (1, 300, 600, MOST_POSTS)] == [1, 20, 40, 200]
    assert (with_weeks(own, 52).weeks, with_seed(own, 0).seed) == (52, 0)
    wrong = (
        (with_kind, "prison"),
        (with_kind, "a.toml"),
        (with_staff, 0),
        (with_staff, 9999),
        (with_weeks, 25),
        (with_seed, -1),
    )
    for change, value in wrong:
        with pytest.raises(ScenarioError):
            change(own, value)


def test_what_no_longer_happens_is_noted_and_stays_in_the_choice():
    from civicsim.app.state import change_scenario

    before = chosen.value
    try:
        chosen.set(Chosen(with_event(START, "surge", 200)))
        change_scenario(lambda now: with_weeks(now, 104))
        assert chosen.value.notes == ("“Demand surge” in week 201 does not happen: there are 104 weeks.",)
        change_scenario(lambda now: with_weeks(now, 260))
        assert chosen.value == Chosen(with_event(START, "surge", 200))
    finally:
        chosen.set(before)


def test_there_is_no_lever_that_is_none():
    with pytest.raises(ScenarioError, match="no lever 'fears'"):
        with_lever(Scenario.preset(), "fears", 0.5)


def test_styles_side_by_side_are_in_the_link_and_only_those_there_are():
    assert sides_from_query(with_sides("?v=1", ("compact", "command"))) == ("compact", "command")
    assert sides_from_query("?sides=compact,nonsense,compact,command") == ("compact", "command")
    assert sides_from_query("?sides=compact") is None
    began = time.monotonic()
    for names in (["compact"] * 5_000, [f"x{k}" for k in range(5_000)], [*["x"] * 10_000, "compact", "command"]):
        assert sides_from_query(f"?sides={','.join(names)}") in (None, ("compact", "command"))
    assert time.monotonic() - began < 5.0
    assert sides_from_query(None) is None


def test_an_impossible_change_is_noted_and_changes_nothing():
    from civicsim.app.state import change_scenario

    before = chosen.value
    hours = {"weight_reporting": 0.0, "weight_response": 0.0, "weight_peer": 0.0, "weight_deliberation": 0.0}
    try:
        change_scenario(lambda now: now.with_(**hours, weight_protected=0.0, weight_patients=0.0))
        assert chosen.value.scenario == before.scenario
        assert chosen.value.notes[0].startswith("This change is not possible: [levers] the hour weights")
        change_scenario(lambda now: now.with_(fear=0.2))
        assert chosen.value.scenario.levers.fear == 0.2
        assert chosen.value.notes == ()
    finally:
        chosen.set(before)
