"""The page about your own processes and measures works: its example goes through all that a shipped process goes through."""

import copy
import json
import pickle
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from tools import small_scenario

import civicsim as cs
from civicsim.cli import main
from civicsim.model.week import WEEK
from civicsim.scenario.model import Model
from civicsim.study.design.mechanisms import SWITCHES

PAGE = Path(__file__).parents[2] / "docs" / "own-process.md"
TINY = {"n_teams": 3, "burn_in_weeks": 4, "weeks": 8}
TARGETS = """
[[target]]
pattern = "A"
statistic = "leavers"
finding = "Some leave"
unit = "%"
value = 50
low = 0
high = 100
year = "2024"
source = "Nowhere"
status = "found"
[[target]]
pattern = "B"
statistic = "absence"
finding = "Some are absent"
unit = "%"
value = 50
low = 0
high = 100
year = "2024"
source = "Nowhere"
status = "found"
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The folder with the example of the page as ``own.py``, which is the working folder."""
    first, *_ = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "own.py").write_text(first, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tool(capsys):
    def call(*words):
        code = main([*words])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    return call


def exhaustion(scenario):
    return cs.run(scenario, seeds=2).cohort.person["exhaustion"].mean()


def test_the_example_is_set_swept_ablated_calibrated_described_and_printed(mine, tool):
    small = [part for key, value in TINY.items() if key != "weeks" for part in ("--set", f"{key}={value}")]
    # Set: in Python, on the command line, in a scenario file.
    scenario = cs.Scenario.preset().with_(code="own.py", **TINY)
    assert scenario.go_home_early.relief == 0.01
    assert exhaustion(scenario.with_(go_home_early__relief=0.1)) < exhaustion(scenario)
    off, without = scenario.with_(go_home_early__enabled=False), scenario.with_(week=WEEK)
    assert exhaustion(scenario) < exhaustion(off) == exhaustion(without)
    words = ["--code", "own.py", "--weeks", "8", "--seeds", "2", "--measure", "exhaustion", *small]
    strong = json.loads(tool("run", *words, "--set", "go_home_early.relief=0.1", "--json"))
    weak = json.loads(tool("run", *words, "--json"))
    assert strong["measures"][0]["mean"] < weak["measures"][0]["mean"]
    (mine / "s.toml").write_text('code = "own.py"\n[go_home_early]\nrelief = 0.1\n', encoding="utf-8")
    assert "go_home_early.relief" in tool("check", "s.toml")
    for text, message in (
        ("[go_home_early]\nrelief = 2.0", r"expected a number from 0 to 0\.1"),
        ("[go_home_earl]", "'go_home_early'"),
    ):
        (mine / "bad.toml").write_text(f'code = "own.py"\n{text}\n', encoding="utf-8")
        with pytest.raises(cs.ScenarioError, match=rf"^bad\.toml: .*{message}"):
            cs.Scenario.read("bad.toml")
    # Swept and drawn; the base of the study names the code. Workers are other processes.
    (mine / "study.toml").write_text(
        'question = "Does it?"\ncode = "own.py"\nstyles = ["status-quo", "compact"]\nseeds = 2\nweeks = 8\n'
        'burn_in_weeks = 4\nmeasures = ["exhaustion"]\n[factors]\nn_teams = 3\n"go_home_early.relief" = [0.0, 0.1]\n'
        '[uncertainties]\n"voice.intercept" = { low = -1.5, high = -1.0 }\n[design]\ndraws = 2\n',
        encoding="utf-8",
    )
    tool("study", "run", "study.toml", "--out", "out", "--processes", "1")
    store = cs.open_store("out")
    runs = store.runs().merge(store.study.points[["point", "go_home_early__relief"]])
    assert len(runs) == 16
    assert runs.groupby("go_home_early__relief")["exhaustion"].mean().is_monotonic_decreasing
    # Ablated.
    (mine / "two.toml").write_text(
        'question = "Which?"\ncode = "own.py"\nstyles = ["status-quo", "compact"]\nseeds = 2\nweeks = 8\n'
        'burn_in_weeks = 4\nmeasures = ["exhaustion"]\n[factors]\nn_teams = 3\n'
        + "".join(f'"{name}" = true\n' for name in SWITCHES if name != "ties.enabled"),
        encoding="utf-8",
    )
    printed = tool("study", "ablation", "two.toml", "--processes", "0", "--json")
    assert "without go_home_early" in {row["setting"] for row in json.loads(printed)["rows"]}
    # Calibrated.
    (mine / "targets.toml").write_text(TARGETS, encoding="utf-8")
    pytest.importorskip("sklearn")
    tool(
        "calibrate",
        "targets.toml",
        "--code",
        "own.py",
        "--free",
        "go_home_early.relief,exit_rate",
        "--waves",
        "1",
        "--points",
        "12",
        "--seeds",
        "1",
        "--draws",
        "4",
        "--processes",
        "1",
        "--out",
        "fit",
        *small,
    )
    assert "turnover.exit_rate" in (mine / "fit" / "draws.csv").read_text()
    best = cs.Scenario.read("fit/best.toml")
    assert best.code == str(Path("fit", "..", "own.py"))
    assert 0.0 <= best.go_home_early.relief <= 0.1
    # Described, and printed in the ODD.
    assert "Fall in exhaustion of a person who is worn out." in tool(
        "describe", "parameter", "go_home_early.relief", "--code", "own.py"
    )
    about = json.loads(tool("describe", "process", "go_home_early", "--code", "own.py", "--json"))
    assert about["writes"] == ["person.exhaustion"]
    assert [parameter["name"] for parameter in about["parameters"]] == ["go_home_early.enabled", "go_home_early.relief"]
    tool("describe", "model", "--code", "own.py", "--out", "model")
    odd = (mine / "model" / "odd.md").read_text(encoding="utf-8")
    assert "### `go_home_early`" in odd
    assert "`go_home_early.relief`" in odd


def test_a_scenario_with_code_is_copied_written_and_told_apart(mine):
    scenario = cs.Scenario.preset().with_(code="own.py", go_home_early__relief=0.05, **TINY)
    assert cs.Scenario.from_dict(tomllib.loads(scenario.to_toml())) == scenario
    assert cs.Scenario.from_dict(scenario.to_dict() | {"interventions": []}) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == copy.deepcopy(scenario) == scenario
    assert scenario.diff(scenario.with_(go_home_early__relief=0.1)) == {"go_home_early.relief": (0.05, 0.1)}
    digest = scenario.digest
    assert scenario.with_(week=WEEK).digest != digest
    (mine / "own.py").write_text((mine / "own.py").read_text() + "# changed\n")
    assert cs.Scenario.from_dict(tomllib.loads(scenario.to_toml())).digest != digest
    with pytest.raises(cs.ScenarioError, match=r"own\.py: has changed since it was loaded"):
        pickle.loads(pickle.dumps(scenario))
    with pytest.raises(cs.ScenarioError, match="made in Python"):
        scenario.with_(week=scenario.week).to_toml()


def test_the_scenario_and_the_python_of_the_page_give_the_same(mine):
    text, found = PAGE.read_text(encoding="utf-8"), {}
    (mine / "my.toml").write_text(re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)[0])
    exec(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[1], found)
    read = cs.run(cs.Scenario.read("my.toml"), seeds=4)
    np.testing.assert_array_equal(found["result"].cohort.person["exhaustion"], read.cohort.person["exhaustion"])
    kept_back = read.summary(["withheld_share", "voice_share"])
    assert kept_back["withheld_share"].between(1e-9, 1.0 - kept_back["voice_share"] + 1e-9).all()


def test_a_process_handed_to_run_has_its_default_parameters(mine):
    scenario = cs.Scenario.preset().with_(code="own.py", **TINY)
    plain = scenario.with_(week=WEEK)
    handed = cs.run(plain, seeds=2, processes=scenario.week)
    assert handed.scenario.go_home_early.relief == 0.01
    assert handed.cohort.state_bytes() == cs.run(scenario, seeds=2).cohort.state_bytes()
    with pytest.raises(cs.ScenarioError, match="built without the process go_home_early"):
        cs.run(scenario, seeds=2, start=cs.burn_in(plain, 2))


def test_the_example_does_not_depend_on_threads(mine):
    scenario = cs.Scenario.preset().with_(code="own.py", **TINY)
    one, two = (cs.run(scenario, seeds=4, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.cohort.person["exhaustion"], two.cohort.person["exhaustion"])


def test_a_study_that_is_looked_at_shows_values_and_refuses_to_run(mine):
    study = cs.Study(
        question="?",
        styles=["status-quo"],
        code="own.py",
        seeds=1,
        weeks=2,
        burn_in_weeks=1,
        measures=["exhaustion"],
        factors={"n_teams": 2, "go_home_early.relief": [0.1]},
    )
    cs.run_study(study, "out", processes=0)
    looked = cs.open_store("out").study.scenario(0)
    assert looked.go_home_early.relief == 0.1
    assert looked.digest == study.scenario(0).digest
    with pytest.raises(cs.ScenarioError, match=r"'go_home_early' is in out/code\.py"):
        cs.run(looked)
    again = cs.run(looked.with_(code="out/code.py")).cohort.state_bytes()
    assert again == cs.run(study.scenario(0)).cohort.state_bytes()


MISTAKES = [
    ("", "expected WEEK, a tuple of civicsim.Process, or MEASURES"),
    ("WEEK = 3", "WEEK: expected a tuple of civicsim.Process"),
    ("1 / 0", "cannot be loaded .ZeroDivisionError"),
    (
        "import civicsim as cs\nWEEK = cs.insert(cs.WEEK, cs.WEEK[3], after='voic')",
        "no process 'voic'; did you mean 'voice'",
    ),
    ("import civicsim as cs\nWEEK = (*cs.WEEK, cs.WEEK[3])", "two processes are called 'load'"),
    ("import civicsim as cs\nWEEK = (*cs.WEEK, cs.Process('levers', 'x'))", "cannot be called 'levers'"),
    ("import civicsim as cs\nWEEK = (*cs.WEEK, cs.Process('own', 'x', int))", "begins with enabled = switch"),
    ("MEASURES = [3]", "MEASURES: 3: expected a list of civicsim.Measure"),
    (
        "import civicsim as cs\nMEASURES = [cs.Measure('load', 'a', 'b', 'c', 'lower', of=len)]",
        "another measure called 'load'",
    ),
    ("import civicsim as cs\nMEASURES = [cs.Measure('x', 'a', 'b', 'c', 'lower')]", "expected either top or of"),
    ("import civicsim as cs\nMEASURES = [cs.Measure('x', 'a', 'b', 'c', 'low', of=len)]", "better = 'low'"),
]


def test_a_file_that_cannot_be_used_is_refused_in_one_line(tmp_path):
    wrong = []
    for number, (text, message) in enumerate(MISTAKES):
        path = tmp_path / f"own{number}.py"
        path.write_text(text)
        try:
            cs.Scenario.preset().with_(code=str(path))
        except cs.ScenarioError as error:
            if not (str(error).startswith(str(path)) and re.search(message, str(error)) and "\n" not in str(error)):
                wrong.append(str(error))
        else:
            wrong.append(f"accepted: {text}")
    assert wrong == []
    own = cs.Process("digest", "x", WEEK[3].parameters)
    with pytest.raises(cs.ScenarioError, match=r"no process can have a section \[digest\]"):
        cs.Scenario().with_(week=[*WEEK, own])


def test_a_function_that_is_no_process_is_refused_in_one_line():
    with pytest.raises(TypeError, match="is no Process"):
        cs.run(small_scenario(weeks=1, burn_in_weeks=1), processes=[*WEEK, lambda cohort, first, last: None])


def test_a_process_needs_no_parameters():
    own = cs.Process("own", "Something.", act=lambda cohort, first, last: None)
    assert own.parameters is object
    assert "own" not in Model((*WEEK, own)).sections
