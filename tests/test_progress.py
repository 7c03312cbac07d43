"""Progress in a notebook is one line that is written over; elsewhere Python shows none."""

import types

import IPython
import pytest
from tools import small_scenario

import civicsim as cs
from civicsim.experiment import progress


@pytest.fixture
def kernel(monkeypatch):
    """Make this process look like the kernel of a notebook, whose lines appear at once."""
    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setattr(progress, "_OFTEN", 0.0)


def test_a_notebook_shows_one_line_that_ends_blank(kernel, capsys, tmp_path):
    cs.run(small_scenario(weeks=8, burn_in_weeks=4), seeds=2)
    study = cs.Study(question="?", seeds=3, weeks=4, burn_in_weeks=2, factors={"n_teams": 2}, measures=["load"])
    cs.run_study(study, tmp_path / "out", processes=0)
    shown = capsys.readouterr().err
    assert "\n" not in shown
    assert "% simulated" in shown
    assert "3 of 3 runs" in shown
    assert shown.rpartition("\r")[2] == ""
    assert shown.split("\r")[-2].strip() == ""


def test_a_progress_that_is_given_replaces_the_line(kernel, capsys):
    done = []
    cs.run(small_scenario(weeks=8, burn_in_weeks=4), seeds=2, progress=done.append)
    assert sum(done) > 0
    assert capsys.readouterr().err == ""


def test_python_without_a_notebook_shows_nothing(capsys):
    cs.run(small_scenario(weeks=8, burn_in_weeks=4), seeds=2)
    assert capsys.readouterr().err == ""


def test_compilation_is_explained_at_once(monkeypatch, kernel, capsys):
    import numba

    with progress.line_in_notebook():
        numba.njit(lambda x: x + 1)(1)
    assert progress.COMPILING in capsys.readouterr().err
