"""A scenario says all that is assumed, checks it, and can be written, read, changed and compared."""

import dataclasses
import json
import tomllib
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civicsim.errors import CivicsimError, ScenarioError
from civicsim.levers import NAMES as LEVERS
from civicsim.levers import Levers
from civicsim.scenario import PARAMETERS, SECTIONS, Scenario, find_parameter, kinds, random_style, styles

TOP = {"title", "kind", "style", "weeks", "burn_in_weeks", "seed"}
OTHER_FEAR = 0.123


def other_value(key, share=0.5):
    """Return a valid value of a parameter that is not its default."""
    it = PARAMETERS[key]
    if it.choices:
        return next(choice for choice in it.choices if choice != it.default)
    if isinstance(it.default, bool):
        return not it.default
    if isinstance(it.default, int):
        return it.low + 1 if it.default != it.low + 1 else it.low + 2
    value = it.low + share * (it.high - it.low)
    return value if value != it.default else it.low + 0.37 * (it.high - it.low)


@st.composite
def scenarios(draw):
    """Draw a scenario that differs from its style in a few valid values."""
    scenario = Scenario.preset(draw(st.sampled_from(sorted(styles()))))
    for key in draw(st.lists(st.sampled_from(sorted(PARAMETERS)), max_size=5, unique=True)):
        if key.startswith("population.kappa"):
            continue
        it = PARAMETERS[key]
        if it.choices:
            value = draw(st.sampled_from(it.choices))
        elif isinstance(it.default, bool):
            value = draw(st.booleans())
        elif isinstance(it.default, int):
            value = draw(st.integers(int(it.low), int(it.high)))
        else:
            value = draw(st.floats(it.low, it.high))
        scenario = scenario.set(key, value)
    tops = {"weeks": st.integers(1, 5200), "burn_in_weeks": st.integers(0, 5200), "seed": st.integers(0, 2**63 - 1),
            "title": st.text(st.characters(exclude_categories=["Cs"]), max_size=20)}  # fmt: skip
    for name, values in tops.items():
        scenario = scenario.set(name, draw(values))
    return scenario


# -- presets ---------------------------------------------------------------------------------------------------------


def test_the_default_scenario_is_the_status_quo_on_the_default_kind():
    assert Scenario.preset() == dataclasses.replace(Scenario(), title="Status quo")
    assert Scenario.from_dict({}) == Scenario.preset()


@pytest.mark.parametrize("style", sorted(styles()))
def test_a_style_sets_levers_and_the_title_and_nothing_else(style):
    changed = {key for key in Scenario.preset(style).diff(Scenario.preset()) if key not in {"title", "style"}}
    assert all(key.startswith("levers.") for key in changed)
    assert Scenario.preset(style).title == styles()[style]


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
        ({"habits": {"fear": 0.1}}, "no section"),
    ],
)  # fmt: skip
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


@pytest.mark.xfail(strict=True, raises=(ScenarioError, AssertionError), reason="bug: whole sections are not validated")
def test_a_whole_section_is_checked_too():
    try:
        Scenario().with_(levers=Levers(fear=7.0))
    except ScenarioError:
        return
    raise AssertionError("levers.fear = 7 was accepted")


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="bug: with_(style=…) relabels, but keeps the old levers")
def test_changing_the_style_changes_the_levers_or_is_refused():
    try:
        changed = Scenario().with_(style="civic-culture")
    except ScenarioError:
        return
    assert changed.levers == Scenario.preset("civic-culture").levers


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="bug: with_(style='nonsense') is accepted, to_toml() then fails")
def test_an_unknown_style_is_refused_when_it_is_set():
    try:
        Scenario().with_(style="nonsense")
    except ScenarioError:
        return
    raise AssertionError("style = 'nonsense' was accepted")


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_bare_name_finds_the_one_parameter_of_that_name():
    assert find_parameter("fear").key == "levers.fear"
    assert find_parameter("levers.fear").key == "levers.fear"


def test_an_ambiguous_bare_name_lists_the_full_names():
    with pytest.raises(ScenarioError, match=r"'enabled' is in several sections; say one of .*load\.enabled"):
        find_parameter("enabled")
    shared = [key for key in PARAMETERS if key.endswith(".hours_per_item")]
    assert len(shared) > 1
    with pytest.raises(ScenarioError, match="say one of " + ", ".join(shared)):
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
        "title": ("Status quo", "Other"), "weeks": (260, 104), "levers.fear": (0.35, OTHER_FEAR),
        "load.enabled": (True, False),
    }  # fmt: skip
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


def test_numbers_from_numpy_are_taken_as_numbers():
    assert Scenario().with_(fear=np.float64(0.2), n_teams=np.int64(7)).structure.n_teams == 7


@pytest.mark.parametrize("key", sorted(PARAMETERS))
def test_every_parameter_can_be_set_and_shows_in_the_difference(key):
    changed = Scenario.preset().set(key, other_value(key))
    assert set(Scenario.preset().diff(changed)) == {key}
    assert set(changed.changes()) == {key.partition(".")[0]}
    assert changed.digest != Scenario.preset().digest


def test_the_difference_to_itself_is_empty_and_turns_round():
    one, other = Scenario.preset(), Scenario.preset("command").with_(weeks=9)
    assert one.diff(one) == {}
    assert {key: (b, a) for key, (a, b) in one.diff(other).items()} == other.diff(one)


# -- writing and reading ---------------------------------------------------------------------------------------------


@given(scenarios())
@settings(max_examples=100)
def test_a_scenario_written_as_toml_is_read_back_the_same(scenario):
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario


@pytest.mark.parametrize("style", sorted(styles()))
def test_every_style_written_as_toml_is_read_back_the_same(style):
    scenario = Scenario.preset(style).with_(fear=OTHER_FEAR)
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario


def test_a_written_file_says_only_what_differs_from_the_style(tmp_path):
    text = Scenario.preset("command").with_(fear=OTHER_FEAR).to_toml()
    written = tomllib.loads(text)
    assert set(written) == TOP | {"levers"}
    assert written["levers"] == {"fear": OTHER_FEAR}
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert Scenario.read(path).levers.fear == OTHER_FEAR


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="bug: diff, to_toml and to_url leave out habits")
def test_habits_of_ones_own_are_written_too():
    scenario = Scenario.preset().with_(habits=Levers(fear=0.9))
    assert Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario


def test_everything_is_in_the_dictionary_of_a_scenario():
    values = Scenario().to_dict()
    assert set(values) == TOP | set(SECTIONS) | {"habits"}
    assert {f"{section}.{name}" for section in SECTIONS for name in values[section]} == set(PARAMETERS)
    json.dumps(values)


@given(scenarios())
def test_a_link_carries_kind_style_weeks_seed_and_every_change(scenario):
    query = parse_qs(urlsplit(scenario.to_url()).query, strict_parsing=True)
    base = Scenario.preset(query["style"][0], query["kind"][0])
    again = base.with_(weeks=int(query["weeks"][0]), seed=int(query["seed"][0]))
    for item in query.get("set", []):
        key, _, value = item.partition("=")
        again = again.set(key, json.loads(value))
    left_out = set(again.diff(scenario))
    assert query["v"] == ["1"]
    assert left_out <= {"title", "burn_in_weeks"}


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="bug: to_url() leaves out burn_in_weeks, which bears on results")
def test_a_link_carries_the_weeks_of_burn_in():
    assert "burn_in_weeks" in Scenario.preset().with_(burn_in_weeks=26).to_url()


# -- digest ----------------------------------------------------------------------------------------------------------


def test_the_digest_leaves_out_names_title_and_seed():
    scenario = Scenario.preset()
    other = dataclasses.replace(scenario, title="x", kind="other", style="other", seed=99)
    assert other.digest == scenario.digest


def test_the_digest_depends_on_weeks_burn_in_and_habits():
    scenario = Scenario.preset()
    others = [
        scenario.with_(weeks=9), scenario.with_(burn_in_weeks=9), dataclasses.replace(scenario, habits=Levers(fear=0.9)),
    ]  # fmt: skip
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


# -- random styles ---------------------------------------------------------------------------------------------------


def test_random_styles_are_valid_and_use_the_whole_budget():
    for number in range(8):
        levers = random_style(number, 8)
        scenario = Scenario.from_dict({"levers": dataclasses.asdict(levers)})
        assert scenario.levers == levers
        assert sum(levers.hours(0.75).values()) == pytest.approx(0.75)


@pytest.mark.parametrize("name", [name for name in LEVERS if name != "budget_share"])
def test_random_styles_visit_each_tenth_of_each_lever_once(name):
    """A Latin hypercube: of ten rows, one falls into each tenth of every lever's range."""
    values = np.array([getattr(random_style(number, 10, seed=4), name) for number in range(10)])
    high = 10.0 if name.startswith("weight_") else 1.0
    assert sorted((values / high * 10).astype(int)) == list(range(10))


def test_random_styles_depend_on_number_and_seed_alone():
    assert random_style(3, 8) == random_style(3, 8)
    assert len({random_style(n, 8) for n in range(8)}) == 8
    assert random_style(3, 8, seed=2) != random_style(3, 8, seed=1)


@pytest.mark.parametrize("number", [-1, 8, 100])
def test_a_row_outside_of_the_hypercube_is_refused(number):
    with pytest.raises(ScenarioError, match="expected a whole number from 0 to 7"):
        random_style(number, 8)
