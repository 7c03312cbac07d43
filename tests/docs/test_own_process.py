"""The page about your own processes and measures shows code that works."""

import re
from pathlib import Path

import numpy as np
import pytest
from tools import small_scenario

import civicsim as cs
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.model.week import WEEK

PAGE = Path(__file__).parents[2] / "docs" / "own-process.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the two files that the page shows."""
    place, text = tmp_path_factory.mktemp("own"), PAGE.read_text(encoding="utf-8")
    (place / "own.py").write_text(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[0])
    (place / "my.toml").write_text(re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)[0])
    return place


@pytest.fixture(scope="module")
def scenario(folder):
    """Return the scenario that the page shows."""
    return cs.Scenario.read(folder / "my.toml")


def test_the_process_on_the_page_lowers_exhaustion_as_its_parameter_sets(scenario):
    def exhaustion(**changes):
        return cs.run(scenario.with_(**changes), seeds=4).cohort.person["exhaustion"].mean()

    assert exhaustion() < exhaustion(relief=0.01) < exhaustion(go_home_early__enabled=False)


def test_the_python_on_the_page_gives_the_same_as_its_file(folder, scenario, monkeypatch):
    monkeypatch.chdir(folder)
    found = {}
    exec(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)[1], found)
    same = cs.run(scenario, seeds=4).cohort.person["exhaustion"]
    np.testing.assert_array_equal(found["result"].cohort.person["exhaustion"], same)


def test_the_measure_on_the_page_is_what_is_not_voiced(scenario):
    kept_back = cs.run(scenario, seeds=4).summary(["withheld_share", "voice_share"])
    assert kept_back["withheld_share"].between(0.0, 1.0 - kept_back["voice_share"] + 1e-9).all()
    assert (kept_back["withheld_share"] > 0.0).all()


def test_results_do_not_depend_on_threads(scenario):
    one, two = (cs.run(scenario, seeds=4, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.cohort.person["exhaustion"], two.cohort.person["exhaustion"])


def test_a_value_out_of_range_is_refused_in_one_line(scenario):
    with pytest.raises(ScenarioError, match=r"\[go_home_early\] relief = 2: expected a number from 0 to 0.1"):
        scenario.with_(relief=2)


def test_a_function_that_is_no_process_is_refused_in_one_line():
    with pytest.raises(TypeError, match="is no Process"):
        cs.run(small_scenario(weeks=1, burn_in_weeks=1), processes=[*WEEK, lambda cohort, first, last: None])


def test_a_process_needs_no_parameters():
    assert Process("own", "Something.").parameters is object
