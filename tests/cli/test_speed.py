"""Where the time of a run goes, and how to compile everything in advance."""

import json

import pytest

from civicsim.cli import doctor
from civicsim.experiment.compiling import is_ready
from civicsim.experiment.warming import STEPS
from civicsim.model.week import PROCESSES


@pytest.fixture
def profiled(small):
    return json.loads(small("run", "--profile", "--json").out)


def test_a_profiled_run_has_the_results_of_a_run_without(small, profiled):
    plain = json.loads(small("run", "--json").out)
    del profiled["profile"]
    assert profiled == plain


def test_a_profile_shows_every_process_in_the_order_of_the_week_and_both_ways_of_running_it(profiled):
    about = profiled["profile"]
    assert [process["name"] for process in about["processes"]] == list(PROCESSES)
    assert sum(process["share"] for process in about["processes"]) == pytest.approx(1.0)
    assert all(process["nanoseconds"] >= 0.0 for process in about["processes"])
    assert about["together"] > 0.0
    assert about["one_by_one"] > 0.0
    assert (about["n_runs"], about["n_persons"], about["weeks"]) == (2, 24, 4)


def test_a_profile_is_printed_below_the_results(small):
    lines = small("run", "--profile").out.splitlines()
    start = next(row for row, line in enumerate(lines) if line.startswith("Time on one thread, ns per person-week"))
    assert [line.split()[0] for line in lines[start + 1 : start + 1 + len(PROCESSES)]] == list(PROCESSES)
    assert any("in one compiled loop, as in ordinary runs" in line for line in lines)


def test_another_order_has_no_compiled_loop_to_compare_with(small):
    printed = small("run", "--profile", "--order", "shuffled:1")
    assert "always runs process by process" in printed.out
    assert "compiled loop" not in printed.out


def test_warming_up_shows_where_compiled_code_is_and_then_that_all_is_ready(tool):
    first = tool("warmup")
    assert first.code == 0
    assert f"{STEPS} of {STEPS}: dated events" in first.err
    assert "Compiled code is in" in first.out
    again = json.loads(tool("warmup", "--json").out)
    assert (again["ready"], again["compiled"]) == (True, 0)
    assert again["bytes"] > 0
    assert is_ready()
    assert "Ready: everything is compiled already" in tool("warmup", "--quiet").out


def test_the_doctor_recommends_warmup_where_nothing_is_compiled(tool, monkeypatch):
    monkeypatch.setattr("civicsim.experiment.compiling.is_ready", lambda: False)
    monkeypatch.setitem(doctor._CHECKS, "speed", list)
    printed = tool("doctor")
    assert printed.code == 0
    assert "missing compiled code" in printed.out
    assert "civicsim warmup" in printed.out
