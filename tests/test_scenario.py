"""A scenario states all that is assumed, checks it, and can be written, read, changed and compared."""

import contextlib
import dataclasses
import json
import tomllib
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import faults

import civicsim as cs
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.experiment.run import seeds_of
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import Levers
from civicsim.model.processes.events import Event
from civicsim.model.structure import GROUPS
from civicsim.scenario.random_styles import random_style
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, Scenario, find_parameter
from civicsim.scenario.shipped import kinds, shocks, styles

GROUP_WEIGHTS = [f"group_{name}" for name in GROUPS]
SHARES = [f"share_{name}" for name in ("doctor", "nurse", "allied", "support", "administrative")]
WEIGHTS = [name for name in LEVERS if name.startswith("weight_")]
TOP = {"title", "kind", "style", "weeks", "burn_in_weeks", "seed"}
OTHER_FEAR = 0.123


def other_value(key):
    """Return a valid value of a parameter that is not its default, and near enough to it to fit the others."""
    it = PARAMETERS[key]
    if it.choices:
        return next(choice for choice in it.choices if choice != it.default)
    if isinstance(it.default, bool):
        return not it.default
    if isinstance(it.default, int):
        return it.default + 1 if it.default < it.high else it.default - 1
    end = it.high if it.default < it.high else it.low
    return it.default + 0.1 * (end - it.default)


@st.composite
def scenarios(draw):
    """Draw a scenario that differs from its style in a few valid values."""
    scenario = Scenario.preset(draw(st.sampled_from(sorted(styles()))))
    for key in draw(st.lists(st.sampled_from(sorted(PARAMETERS)), max_size=5, unique=True)):
        it = PARAMETERS[key]
        if it.choices:
            value = draw(st.sampled_from(it.choices))
        elif isinstance(it.default, bool):
            value = draw(st.booleans())
        elif isinstance(it.default, int):
            value = draw(st.integers(int(it.low), int(it.high)))
        else:
            value = draw(st.floats(it.low, it.high))
        with contextlib.suppress(ScenarioError):  # valid alone, but not with the others
            scenario = scenario.set(key, value)
    tops = {
        "weeks": st.integers(1, 5200),
        "burn_in_weeks": st.integers(0, 5200),
        "seed": st.integers(0, 2**63 - 1),
        "title": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    }
    for name, values in tops.items():
        scenario = scenario.set(name, draw(values))
    return scenario


# -- presets ---------------------------------------------------------------------------------------------------------


def test_the_default_scenario_is_the_status_quo_on_the_default_kind():
    assert Scenario.preset() == dataclasses.replace(Scenario(), title="Status quo")
    assert Scenario.from_dict({}) == Scenario.preset()


def test_a_style_sets_levers_and_the_title_and_nothing_else():
    def check(style):
        changed = {key for key in Scenario.preset(style).diff(Scenario.preset()) if key not in {"title", "style"}}
        assert all(key.startswith("levers.") for key in changed)
        assert Scenario.preset(style).title == styles()[style]

    assert faults(check, sorted(styles())) == []


def test_every_style_starts_from_the_habits_of_the_status_quo():
    assert {Scenario.preset(style).habits for style in styles()} == {Scenario.preset().levers}


def test_styles_and_kinds_have_titles():
    assert len(styles()) == 13
    assert all(styles().values())
    assert all(kinds().values())


@pytest.mark.parametrize(
    ("style", "message"),
    [("civic-cultur", "did you mean 'civic-culture'"), ("comand", "did you mean 'command'"), ("zzz", "valid names: ")],
)
def test_an_unknown_style_names_the_nearest(style, message):
    with pytest.raises(ScenarioError, match=f"no style '{style}'; {message}"):
        Scenario.preset(style)


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(ScenarioError, match="no kind 'acute-trus'; did you mean 'acute-trust'"):
        Scenario.preset(kind="acute-trus")


def test_a_style_may_be_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine"\n[levers]\nfear = 0.05\n', encoding="utf-8")
    scenario = Scenario.preset(str(path))
    assert (scenario.title, scenario.levers.fear) == ("Mine", 0.05)
    assert scenario.diff(Scenario.preset()).keys() == {"title", "style", "levers.fear"}


@pytest.mark.parametrize("text", ["weeks = 3", "[load]\novertime = 0.1", "[population]\nskill_mean = 0.9"])
def test_a_style_that_sets_more_than_levers_is_refused(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match="is not for a style, which sets levers only"):
        Scenario.preset(str(path))


def test_a_kind_may_set_its_own_status_quo(tmp_path):
    path = tmp_path / "kind.toml"
    path.write_text("[structure]\nn_teams = 3\n[levers]\nfear = 0.2\n", encoding="utf-8")
    scenario = Scenario.preset("command", str(path))
    assert scenario.structure.n_teams == 3
    assert scenario.habits.fear == 0.2
    assert scenario.levers.fear == Scenario.preset("command").levers.fear


# -- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weks": 5}, r"no key 'weks' at the top; did you mean 'weeks'\?"),
        ({"lever": {"fear": 0.1}}, r"no section \[lever\]; did you mean 'levers'\?"),
        ({"levers": {"faer": 0.1}}, r"\[levers\] has no 'faer'; did you mean 'fear'\?"),
        ({"levers": {"fear": 1.1}}, r"\[levers\] fear = 1\.1: expected a number from 0 to 1"),
        ({"levers": {"fear": -0.1}}, r"\[levers\] fear = -0\.1: expected a number from 0 to 1"),
        ({"levers": {"fear": "much"}}, r"\[levers\] fear = 'much': expected a number"),
        ({"levers": 3}, r"levers = 3: expected a section \[levers\]"),
        ({"load": {"enabled": 1}}, r"\[load\] enabled = 1: expected true or false"),
        ({"spread": {"form": "complx"}}, r"\[spread\] form = 'complx': .*did you mean 'complex'\?"),
        ({"structure": {"n_teams": 2.5}}, r"\[structure\] n_teams = 2\.5: expected a whole number from 1 to 100000"),
        ({"weeks": 0}, "weeks = 0: expected a whole number from 1 to 5200"),
        ({"weeks": -4}, "weeks = -4: expected a whole number"),
        ({"weeks": True}, "weeks = True: expected a whole number"),
        ({"weeks": 2.0}, r"weeks = 2\.0: expected a whole number"),
        ({"burn_in_weeks": -1}, "burn_in_weeks = -1: expected a whole number from 0"),
        ({"seed": -1}, "seed = -1: expected a whole number from 0"),
        ({"title": 3}, "title = 3: expected text"),
        ({"style": 3}, "style = 3: expected the name of a style"),
        ({"kind": ["a"]}, r"kind = \['a'\]: expected the name of a kind"),
        ({"style": "comand"}, r"no style 'comand'; did you mean 'command'\?"),
        ({"population": {"kappa_low": 0.9, "kappa_high": 0.2}}, r"kappa_low = 0\.9 is above kappa_high = 0\.2"),
        ({"habits": {"faer": 0.1}}, r"\[habits\] has no 'faer'; did you mean 'fear'\?"),
        ({"habits": {"fear": 3}}, r"fear = 3: expected a number from 0 to 1"),
        ({"population": {"code_right_share": 0.9, "code_silent_share": 0.2}}, "sum to more than 1"),
        ({"structure": dict.fromkeys(SHARES, 0.0)}, "the weights share_… of the professions are all 0"),
        ({"population": dict.fromkeys(GROUP_WEIGHTS, 0.0)}, "the weights group_… of the patient groups are all 0"),
        ({"levers": dict.fromkeys(WEIGHTS, 0.0)}, "the hour weights weight_… are all 0"),
        ({"lifecycle": {"n_cycles": 9}}, "no trial could ever end"),
        ({"interventions": {"week": 1}}, r"expected blocks \[\[interventions\]\]"),
        (
            {"interventions": [{"name": "surge", "wek": 3}]},
            r"\[\[interventions\]\] 1 has no 'wek'; did you mean 'week'\?",
        ),
        ({"interventions": [{"name": "surg", "week": 3}]}, r"no shock or intervention 'surg'; did you mean 'surge'\?"),
        ({"interventions": [{"name": "surge"}]}, "week = None: expected a whole number from 0 to 5200"),
        ({"interventions": [{"name": "surge", "week": -1}]}, "week = -1: expected a whole number from 0 to 5200"),
        (
            {"interventions": [{"name": "x", "week": 1, "set": {"faer": 1}}]},
            r"no parameter 'faer'; did you mean 'fear'\?",
        ),
        ({"interventions": [{"name": "x", "week": 1, "set": {"fear": 2}}]}, "fear = 2: expected a number from 0 to 1"),
        (
            {"interventions": [{"name": "x", "week": 1, "set": {"n_teams": 2}}]},
            "belongs to the start and cannot change",
        ),
        ({"interventions": [{"name": "x", "week": 1, "action": "solidarit"}]}, r"no action 'solidarit'; did you mean"),
        (
            {"interventions": [{"name": "x", "week": 1, "action": "solidarity", "size": 2}]},
            "size = 2: expected a number from 0 to 1",
        ),
        ({"interventions": [{"week": 1, "set": {"fear": 0.1}}]}, "name = '': expected the name of a shock"),
    ],
)
def test_bad_values_get_one_line_that_names_file_key_range_and_the_nearest_name(values, message):
    with pytest.raises(ScenarioError, match=message) as caught:
        Scenario.from_dict(values, "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CivicsimError)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"weeks = ", "is not valid TOML"),
        (b"weeks = 5\nweeks = 6", "is not valid TOML"),
        (b"title = '\xff'", "is not UTF-8 text"),
        (b"[levers]\nfear = nan", "expected a number from 0 to 1"),
        (b"[levers]\nfear = inf", "expected a number from 0 to 1"),
        (b"[[levers]]\nfear = 0.1", "expected a section"),
        (b"weeks = " + b"9" * 5000, "expected no whole number of more than 64 bits"),
        (b"weeks = 0x" + b"f" * 5000, "expected no whole number of more than 64 bits"),
        (b"title = " + b"[" * 9000, "is nested too deeply"),
        (b'"\\u001b[2Jx" = 1', r"expected no control characters, as in '\\x1b\[2Jx'"),
        (b'title = "\\u001b[31mx"', "expected no control characters"),
        (b'style = "' + b"x" * 300 + b'"', "no style 'xxx"),
        (b'style = "a\\u0000b.toml"', "expected no control characters"),
    ],
)
def test_bad_files_get_one_line(tmp_path, content, message):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=message) as caught:
        Scenario.read(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_and_a_folder_get_one_line(tmp_path):
    with pytest.raises(ScenarioError, match="no such file"):
        Scenario.read(tmp_path / "nothing.toml")
    with pytest.raises(ScenarioError, match="is a directory"):
        Scenario.read(tmp_path)


def test_a_whole_section_is_checked_too():
    with pytest.raises(ScenarioError, match=r"fear = 7\.0: expected a number from 0 to 1"):
        Scenario().with_(levers=Levers(fear=7.0))
    with pytest.raises(ScenarioError, match=r"expected the parameters of \[levers\]"):
        Scenario(levers=3)
    with pytest.raises(ScenarioError, match="weeks = 0"):
        Scenario(weeks=0)


def test_changing_the_style_brings_its_levers_along():
    changed = Scenario().with_(style="civic-culture", weeks=9)
    assert changed.levers == Scenario.preset("civic-culture").levers
    assert changed == Scenario.preset("civic-culture").with_(weeks=9)


def test_an_unknown_style_is_refused_when_it_is_set():
    with pytest.raises(ScenarioError, match="no style 'nonsense'"):
        Scenario().with_(style="nonsense")


def test_the_kind_cannot_be_changed_afterwards():
    with pytest.raises(ScenarioError, match="cannot be changed"):
        Scenario().with_(kind="acute-trust")


@pytest.mark.parametrize("text", ["style = 'command'", "seed = 4", "[habits]\nfear = 0.1"])
def test_a_kind_of_organisation_states_nothing_about_style_seed_and_habits(tmp_path, text):
    path = tmp_path / "kind.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match="is not for a kind of organisation"):
        Scenario.preset(kind=str(path))


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Event(3, "x", action="solidarit"), r"no action 'solidarit'; did you mean 'solidarity'\?"),
        (Event(3, "x", set={"levers.faer": 0.1}), r"has no 'faer'; did you mean 'fear'\?"),
        (Event(3, "x", set={"levers.fear": 7.0}), "expected a number from 0 to 1"),
        (Event(-3, "x", set={"levers.fear": 0.1}), "expected a whole number from 0 to 5200"),
        ("surge", "expected"),
    ],
)
def test_interventions_given_in_python_are_checked_too(event, message):
    with pytest.raises(ScenarioError, match=message):
        Scenario().with_(interventions=(event,))


def test_a_trial_that_lasts_as_long_as_patience_is_refused():
    """It would lapse a moment before it ends."""
    with pytest.raises(ScenarioError, match="no trial could ever end"):
        Scenario().with_(response__patience=12)
    assert Scenario().with_(response__patience=13).response.patience == 13


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_bare_name_finds_the_one_parameter_of_that_name():
    assert find_parameter("fear").key == "levers.fear"
    assert find_parameter("levers.fear").key == "levers.fear"


def test_an_ambiguous_bare_name_lists_the_full_names():
    with pytest.raises(ScenarioError, match=r"'enabled' is in several sections; name one of .*load\.enabled"):
        find_parameter("enabled")
    shared = [key for key in PARAMETERS if key.endswith(".hours_per_item")]
    assert len(shared) > 1
    with pytest.raises(ScenarioError, match="name one of " + ", ".join(shared)):
        find_parameter("hours_per_item")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("faer", r"no parameter 'faer'; did you mean 'fear'\?"),
        ("lever.fear", r"no section \[lever\]; did you mean 'levers'\?"),
        ("levers.faer", r"\[levers\] has no 'faer'; did you mean 'fear'\?"),
        ("week", r"no parameter 'week'; did you mean 'weeks'\?"),
    ],
)
def test_an_unknown_name_names_the_nearest(key, message):
    with pytest.raises(ScenarioError, match=message):
        find_parameter(key)
    with pytest.raises(ScenarioError, match=message):
        Scenario().set(key, 1)


# -- changing --------------------------------------------------------------------------------------------------------


def test_with_makes_a_changed_copy_and_leaves_the_original():
    original = Scenario.preset()
    changed = original.with_(fear=OTHER_FEAR, load__enabled=False, weeks=104, title="Other")
    assert original == Scenario.preset()
    assert original.diff(changed) == {
        "title": ("Status quo", "Other"),
        "weeks": (260, 104),
        "levers.fear": (0.35, OTHER_FEAR),
        "load.enabled": (True, False),
    }
    assert changed.with_(fear=0.35, load__enabled=True, weeks=260, title="Status quo") == original


def test_with_takes_a_whole_section():
    assert Scenario().with_(levers=Levers(fear=OTHER_FEAR)).levers.fear == OTHER_FEAR


def test_with_checks_names_and_values():
    with pytest.raises(ScenarioError, match="expected a number from 0 to 1"):
        Scenario().with_(fear=2)
    with pytest.raises(ScenarioError, match="no parameter 'nonsense'"):
        Scenario().with_(nonsense=2)
    with pytest.raises(ScenarioError, match="is in several sections"):
        Scenario().with_(enabled=False)


def test_a_scenario_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scenario().weeks = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scenario().levers.fear = 0.2


def test_numbers_and_arrays_of_numpy_and_pandas_are_taken_as_those_of_python():
    given = {"fear": np.float64(0.2), "n_teams": np.int64(7), "weeks": np.int32(30), "seed": np.uint8(5)}
    found = Scenario().with_(**given, interventions=np.array([{"name": "surge", "week": np.int64(4)}]))
    same = Scenario().with_(fear=0.2, n_teams=7, weeks=30, seed=5, interventions=[{"name": "surge", "week": 4}])
    assert (found, found.to_toml(), found.digest) == (same, same.to_toml(), same.digest)
    assert {type(found.weeks), type(found.seed), type(found.structure.n_teams)} == {int}
    nested = {"weeks": np.int64(30), "levers": {"fear": np.float64(0.2)}}
    assert Scenario.from_dict(nested).to_dict() == Scenario.from_dict({"weeks": 30, "levers": {"fear": 0.2}}).to_dict()
    for seeds in (np.array([1, 2]), pd.Series([1, 2]), np.int64(2), list(np.array([1, 2])), range(1, 3)):
        chosen = seeds_of(seeds)
        assert (chosen, {type(seed) for seed in chosen}) == ([1, 2], {int})
    for seeds in (np.array([1.5]), np.array([[1, 2]]), np.array([True]), pd.Series(["1"]), np.float64(2), 10**12):
        with pytest.raises(ScenarioError, match="seeds = "):
            seeds_of(seeds)


def test_every_parameter_can_be_set_and_shows_in_the_difference():
    def check(key):
        changed = Scenario.preset().set(key, other_value(key))
        assert set(Scenario.preset().diff(changed)) == {key}
        assert set(changed.changes()) == {key.partition(".")[0]}
        assert changed.digest != Scenario.preset().digest

    assert faults(check, sorted(PARAMETERS)) == []


def test_the_difference_to_itself_is_empty_and_turns_round():
    one, other = Scenario.preset(), Scenario.preset("command").with_(weeks=9)
    assert one.diff(one) == {}
    assert {key: (b, a) for key, (a, b) in one.diff(other).items()} == other.diff(one)


# -- writing and reading ---------------------------------------------------------------------------------------------


@given(scenarios())
@settings(max_examples=30)
def test_a_scenario_written_as_toml_is_read_back_the_same(scenario):
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario


def test_every_style_written_as_toml_is_read_back_the_same():
    def check(style):
        scenario = Scenario.preset(style).with_(fear=OTHER_FEAR)
        assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario

    assert faults(check, sorted(styles())) == []


def test_a_written_file_states_only_what_differs_from_the_style(tmp_path):
    text = Scenario.preset("command").with_(fear=OTHER_FEAR).to_toml()
    written = tomllib.loads(text)
    assert set(written) == TOP | {"levers", "structure"}
    assert written["structure"] == {"n_teams": 40, "team_size": 15}
    assert written["levers"] == {"fear": OTHER_FEAR}
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert Scenario.read(path).levers.fear == OTHER_FEAR


def test_habits_of_ones_own_are_written_too():
    scenario = Scenario.preset().with_(habits=Levers(fear=0.9))
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario


def test_everything_is_in_the_dictionary_of_a_scenario():
    values = Scenario().to_dict()
    assert set(values) == TOP | set(SECTIONS) | {"habits", "interventions"}
    assert {f"{section}.{name}" for section in SECTIONS for name in values[section]} == set(PARAMETERS)
    json.dumps(values)


@given(scenarios())
def test_a_link_carries_kind_style_weeks_seed_and_every_change(scenario):
    query = parse_qs(urlsplit(scenario.to_url()).query, strict_parsing=True)
    again = Scenario.preset(query["style"][0], query["kind"][0])
    for name in ("weeks", "burn_in_weeks", "seed"):
        again = again.set(name, int(query[name][0]))
    for item in query.get("set", []):
        key, _, value = item.partition("=")
        again = again.set(key, json.loads(value))
    assert query["v"] == ["1"]
    assert set(again.diff(scenario)) <= {"title"}


def test_a_link_carries_the_weeks_of_burn_in():
    assert "burn_in_weeks" in Scenario.preset().with_(burn_in_weeks=26).to_url()


def test_a_link_carries_interventions():
    scenario = Scenario.from_dict({"interventions": [{"name": "surge", "week": 10}]})
    assert "surge" in scenario.to_url()


def test_a_link_with_own_habits_can_be_read():
    query = parse_qs(urlsplit(Scenario.preset().with_(habits=Levers(fear=0.9)).to_url()).query)
    key, _, value = query["set"][0].partition("=")
    assert Scenario.preset().set(key, json.loads(value)).habits.fear == 0.9


# -- interventions ---------------------------------------------------------------------------------------------------

DATED = {
    "interventions": [
        {"name": "surge", "week": 10},
        {"name": "scandal", "week": 20, "weeks": 9, "size": 0.5},
        {"name": "own", "week": 3, "weeks": 4, "set": {"fear": 0.9, "load.overtime": 0.1}},
        {"name": "lift", "week": 0, "action": "solidarity", "size": 0.25},
    ]
}


def test_a_shipped_name_stands_for_its_own_blocks():
    surge, pressure, flood, own, lift = Scenario.from_dict(DATED).interventions
    assert surge == Event(10, "surge", 12, {"events.demand_factor": 1.15})
    assert (pressure.week, pressure.weeks, pressure.set["levers.fear"]) == (20, 9, 0.8)
    assert (flood.week, flood.action, flood.size) == (20, "many_directives", 0.5)
    assert own == Event(3, "own", 4, {"levers.fear": 0.9, "load.overtime": 0.1})
    assert lift == Event(0, "lift", 0, {}, "solidarity", 0.25)


def test_interventions_written_as_toml_are_read_back_the_same():
    scenario = Scenario.from_dict(DATED)
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 'x'", r"expected blocks \[\[interventions\]\]"),
        ("interventions = 3", r"expected blocks \[\[interventions\]\]"),
        ("interventions = []", r"expected blocks \[\[interventions\]\]"),
        ("[[interventions]]\nweek = 'x'\nset = {fear = 0.1}", "week = 'x': expected a whole number from 0 to 5200"),
        ("[[interventions]]\nwek = 1\nset = {fear = 0.1}", "has no 'wek'; did you mean 'week'"),
        ("[[interventions]]\nname = 'surge'", "expected values to set, or an action"),
    ],
)
def test_a_file_that_is_no_shock_is_refused_in_one_line(tmp_path, text, message):
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message) as refusal:
        Scenario.from_dict({"interventions": [{"name": str(file), "week": 3}]})
    assert "\n" not in str(refusal.value)


def test_every_shipped_shock_can_be_used_on_every_style():
    def check(name):
        for style in styles():
            scenario = Scenario.from_dict({"style": style, "interventions": [{"name": name, "week": 2}]})
            assert scenario.interventions
            assert min(event.week for event in scenario.interventions) == 2
            assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario

    assert faults(check, sorted(shocks())) == []


def test_interventions_bear_on_the_digest_and_show_in_the_difference():
    plain, dated = Scenario.preset(), Scenario.from_dict(DATED)
    assert plain.digest != dated.digest
    assert set(plain.diff(dated)) == {"interventions"}
    later = Scenario.from_dict({"interventions": [{**DATED["interventions"][0], "week": 11}]})
    sooner = Scenario.from_dict({"interventions": [DATED["interventions"][0]]})
    assert later.digest != sooner.digest


def test_the_name_of_an_event_does_not_bear_on_the_digest():
    one, other = (Scenario().with_(interventions=(Event(3, name, 4, {"levers.fear": 0.9}),)) for name in "ab")
    assert one.digest == other.digest


def test_interventions_on_a_command_line_are_written_as_toml():
    written = Scenario().set("interventions", '[{ name = "surge", week = 10 }]')
    assert written.interventions == Scenario.from_dict({"interventions": [{"name": "surge", "week": 10}]}).interventions
    with pytest.raises(ScenarioError, match=r"^--set: interventions = surge: expected blocks such as"):
        Scenario().set("interventions", "surge", "--set")


# -- files that files name -------------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder ``there`` below the working folder, with a style, a kind and a shock of your own, and a scenario of them."""
    monkeypatch.chdir(tmp_path)
    files = {
        "style": "title = 'Mine'\n[levers]\nfear = 0.05\n",
        "kind": "[structure]\nn_teams = 3\n[levers]\nfear = 0.5\n",
        "shock": "[[interventions]]\nweek = 2\nset = { fear = 0.9 }\n",
        "mine": "style = 'style.toml'\nkind = 'kind.toml'\n[[interventions]]\nname = 'shock.toml'\nweek = 3\n",
    }
    there = tmp_path / "there"
    there.mkdir()
    for name, text in files.items():
        (there / f"{name}.toml").write_text(text, encoding="utf-8")
    return there


def test_paths_in_a_scenario_file_start_at_its_folder(own, monkeypatch):
    scenario = Scenario.read("there/mine.toml")
    assert (scenario.title, scenario.levers.fear, scenario.habits.fear) == ("Mine", 0.05, 0.5)
    assert scenario.structure.n_teams == 3
    assert scenario.interventions == (Event(5, "shock", 0, {"levers.fear": 0.9}),)
    (own / "again.toml").write_text(scenario.to_toml(own), encoding="utf-8")
    assert 'style = "style.toml"' in (own / "again.toml").read_text()
    assert Scenario.read("there/again.toml") == scenario
    whole = scenario.to_toml(own, every=True)
    (own / "whole.toml").write_text(whole, encoding="utf-8")
    assert Scenario.read("there/whole.toml").digest == scenario.digest
    monkeypatch.chdir(own)
    assert Scenario.read("mine.toml").digest == scenario.digest


def test_a_mistake_in_a_file_that_a_file_names_names_both(own):
    for name, text, message in (
        ("style", "[levers]\nfaer = 0.1", r"style\.toml: \[levers\] has no 'faer'; did you mean 'fear'"),
        ("kind", "[structure]\nn_teams = 0", r"kind\.toml: \[structure\] n_teams = 0: expected a whole number from 1"),
        (
            "shock",
            "[[interventions]]\nset = { fear = 2 }",
            r"1: .*shock\.toml: \[\[interventions\]\] 1: \[levers\] fear = 2",
        ),
        ("shock", "weeks = 3", r"shock\.toml: 'weeks' is not for a shock"),
    ):
        before = (own / f"{name}.toml").read_text()
        (own / f"{name}.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError, match=rf"^there/mine\.toml: .*{message}"):
            Scenario.read("there/mine.toml")
        (own / f"{name}.toml").write_text(before, encoding="utf-8")


def test_paths_in_a_study_file_start_at_its_folder(own):
    (own / "study.toml").write_text(
        "question = '?'\nkind = 'kind.toml'\nstyles = ['style.toml', 'compact']\nseeds = 1\n"
        "[shocks]\nmine = [{ name = 'shock.toml', week = 1 }]\n",
        encoding="utf-8",
    )
    study = cs.Study.read("there/study.toml")
    first = study.scenario(0)
    assert (first.levers.fear, first.structure.n_teams, first.habits.fear) == (0.05, 3, 0.5)
    assert first.interventions == (Event(3, "shock", 0, {"levers.fear": 0.9}),)


def test_a_link_to_a_scenario_of_own_files_or_a_random_style_names_what_is_shipped(own):
    random = Scenario().with_(levers=random_style(0, 5))
    for scenario in (
        Scenario.read("there/mine.toml"),
        dataclasses.replace(random, style="random-1", title="Random style 1"),
    ):
        query = parse_qs(urlsplit(scenario.to_url()).query)
        again = Scenario.preset(query["style"][0], query["kind"][0])
        for item in query["set"]:
            key, _, value = item.partition("=")
            again = again.set(key, json.loads(value))
        assert again.levers == scenario.levers
        assert again.structure == scenario.structure
        assert tomllib.loads(scenario.to_toml())


def test_files_that_are_gone_leave_a_scenario_that_can_be_written_and_read(own):
    scenario = Scenario.read("there/mine.toml")
    for path in own.glob("*.toml"):
        path.unlink()
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())).digest == scenario.digest
    assert "there/style.toml" in repr(scenario)


# -- digest ----------------------------------------------------------------------------------------------------------


def test_the_digest_leaves_out_names_title_and_seed():
    scenario = Scenario.preset()
    other = dataclasses.replace(scenario, title="x", kind="other", style="other", seed=99)
    assert other.digest == scenario.digest


def test_the_digest_depends_on_weeks_burn_in_and_habits():
    scenario = Scenario.preset()
    others = [
        scenario.with_(weeks=9),
        scenario.with_(burn_in_weeks=9),
        dataclasses.replace(scenario, habits=Levers(fear=0.9)),
    ]
    assert len({scenario.digest, *(other.digest for other in others)}) == 4


def test_the_digest_of_two_styles_differs_and_identical_levers_share_one():
    assert Scenario.preset("command").digest != Scenario.preset().digest
    relabelled = dataclasses.replace(Scenario.preset("command"), style="other", title="Other")
    assert relabelled.digest == Scenario.preset("command").digest


def test_the_digest_does_not_change_from_process_to_process():
    assert Scenario().digest == Scenario.from_dict(tomllib.loads(Scenario().to_toml())).digest
    assert len(Scenario().digest) == 16
    int(Scenario().digest, 16)


def test_a_whole_number_for_a_float_gives_the_same_digest():
    assert Scenario().with_(fear=1).digest == Scenario().with_(fear=1.0).digest


def test_a_whole_number_for_a_float_in_a_whole_section_gives_the_same_digest():
    one, other = Scenario().with_(levers=Levers(fear=1)), Scenario().with_(levers=Levers(fear=1.0))
    assert one == other
    assert one.digest == other.digest


# -- random styles ---------------------------------------------------------------------------------------------------


def test_random_styles_are_valid_and_use_the_whole_budget():
    for number in range(8):
        levers = random_style(number, 8)
        scenario = Scenario.from_dict({"levers": dataclasses.asdict(levers)})
        assert scenario.levers == levers
        assert sum(levers.hours(0.75).values()) == pytest.approx(0.75)


def test_random_styles_visit_each_tenth_of_each_lever_once():
    """A Latin hypercube: of ten rows, one falls into each tenth of every lever's range."""

    def check(name):
        values = np.array([getattr(random_style(number, 10, seed=4), name) for number in range(10)])
        high = 10.0 if name.startswith("weight_") else 1.0
        assert sorted((values / high * 10).astype(int)) == list(range(10))

    assert faults(check, [name for name in LEVERS if name != "budget_share"]) == []


def test_random_styles_depend_on_number_and_seed_alone():
    assert random_style(3, 8) == random_style(3, 8)
    assert len({random_style(n, 8) for n in range(8)}) == 8
    assert random_style(3, 8, seed=2) != random_style(3, 8, seed=1)


@pytest.mark.parametrize("number", [-1, 8, 100])
def test_a_row_outside_of_the_hypercube_is_refused(number):
    with pytest.raises(ScenarioError, match="expected a whole number from 0 to 7"):
        random_style(number, 8)
