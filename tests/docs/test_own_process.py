"""The page about processes of one's own says what works."""

import re
from pathlib import Path

import numpy as np
import pytest
from tools import small_scenario

import civicsim as cs
from civicsim.engine.process import Process
from civicsim.model.week import WEEK

PAGE = Path(__file__).parents[2] / "docs" / "own-process.md"


@pytest.fixture(scope="module")
def written():
    """What the example on the page leaves behind."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = {}
    exec(code, found)
    return found


def test_the_example_on_the_page_runs_and_changes_what_it_says(written):
    without = cs.run(written["scenario"], seeds=4)
    rested, tired = written["result"].cohort.person["exhaustion"], without.cohort.person["exhaustion"]
    assert rested.mean() < tired.mean()


def test_the_example_does_not_depend_on_threads(written):
    week = [*WEEK[:-2], written["own"], *WEEK[-2:]]
    one, two = (cs.run(written["scenario"], seeds=4, processes=week, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.cohort.person["exhaustion"], two.cohort.person["exhaustion"])


def test_a_function_that_is_no_process_is_refused_in_one_line():
    with pytest.raises(TypeError, match="is no Process"):
        cs.run(small_scenario(weeks=1, burn_in_weeks=1), processes=[*WEEK, lambda cohort, first, last: None])


def test_a_process_needs_no_parameters():
    assert Process("own", "Something.").parameters is object
