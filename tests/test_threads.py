"""A run that several threads share is the run of one thread, to the byte; how it is cut into parts changes no decision."""

import threading

import numpy as np
import pytest
from tools import small_scenario

from civicsim.engine.meeting import call_off, meet, meeting_of
from civicsim.experiment.run import begin, burn_in
from civicsim.model import parts
from civicsim.model.recording import Recorder
from civicsim.model.simulating import _side_by_side, advance, share_out
from civicsim.model.week import WEEK
from civicsim.scenario.scenario import Scenario

EVENTS = [
    {"week": 3, "name": "surge"},
    {"week": 5, "name": "pairing"},
    {"week": 9, "name": "reorganisation"},
    {"week": 12, "name": "vacancy-wave"},
    {"week": 20, "name": "inspection"},
]
SIZES = {
    "one organisation": {"n_teams": 26},
    "linked organisations": {"n_teams": 9, "n_organisations": 4, "size_spread": 0.5, "tie_outside": 0.3},
}


def place(size, style, in_a_part, monkeypatch):
    """Return an organisation of small parts in the midst of its year, and its events ahead."""
    monkeypatch.setattr(parts, "TEAMS_IN_A_PART", in_a_part)
    scenario = Scenario.from_dict({"style": style, "interventions": EVENTS}).with_(
        **SIZES[size], team_size=7, patients_per_post=1.0, burn_in_weeks=14, weeks=60, pairing__across=True
    )
    return begin(burn_in(scenario, [5], threads=1), scenario)


def simulated(cohort, threads, weeks=60):
    own = cohort.copy()
    record = Recorder(own, weeks, teams=True)
    advance(own, weeks, threads=threads, recorder=record)
    return own, record


@pytest.mark.parametrize("style", ["status-quo", "civic-culture", "command"])
@pytest.mark.parametrize("size", SIZES)
def test_a_run_is_the_same_to_the_byte_for_any_number_of_threads(size, style, monkeypatch):
    start = place(size, style, 3, monkeypatch)
    assert len(start.part) >= 9
    alone, record = simulated(start, 1)
    for threads in (2, 3, 7):
        shared, kept = simulated(start, threads)
        assert shared.state_bytes() == alone.state_bytes(), threads
        for mine, other in zip(kept.arrays.values(), record.arrays.values(), strict=True):
            assert mine.tobytes() == other.tobytes(), threads


@pytest.mark.parametrize("size", SIZES)
def test_process_by_process_a_run_in_parts_is_the_same_to_the_byte(size, monkeypatch):
    start = place(size, "civic-culture", 3, monkeypatch)
    alone, record = simulated(start, 2)
    own = start.copy()
    kept = Recorder(own, 60, teams=True)
    advance(own, 60, threads=2, recorder=kept, observe=lambda cohort, first, last: None)
    assert own.state_bytes() == alone.state_bytes()
    for mine, other in zip(kept.arrays.values(), record.arrays.values(), strict=True):
        assert mine.tobytes() == other.tobytes()


@pytest.mark.parametrize("size", SIZES)
def test_how_it_is_cut_changes_sums_by_rounding_and_no_decision(size, monkeypatch):
    whole, record = simulated(place(size, "civic-culture", 1000, monkeypatch), 1)
    cut, kept = simulated(place(size, "civic-culture", 2, monkeypatch), 1)
    assert len(cut.part) > 10 > len(whole.part)
    for name, table in whole.tables.items():
        for column in table.dtype.names:
            mine, other = cut.tables[name][column], table[column]
            if mine.dtype.kind in "iu":
                np.testing.assert_array_equal(mine, other, err_msg=f"{name}.{column}")
            else:
                np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9, err_msg=f"{name}.{column}")
    np.testing.assert_array_equal(whole.ties, cut.ties)
    np.testing.assert_allclose(kept.tally.view(float), record.tally.view(float), rtol=1e-9, atol=1e-9)


def test_parts_cover_all_teams_people_managers_and_patients_once():
    cohort = burn_in(small_scenario(n_teams=700, team_size=2, n_organisations=2, burn_in_weeks=0), [1], threads=1)
    part, team, person = cohort.part, cohort.team, cohort.person
    assert part["n_teams"].max() <= parts.TEAMS_IN_A_PART
    rows = {"team": len(team), "patient": len(cohort.patient)}
    for what, n in rows.items():
        covered = [row for p in part for row in range(p[f"first_{what}"], p[f"first_{what}"] + p[f"n_{what}s"])]
        assert covered == list(range(n))
    staff = [row for p in part for row in range(p["first_person"], p["first_person"] + p["n_staff"])]
    leaders = [row for p in part for row in range(p["first_leader"], p["first_leader"] + p["n_managers"])]
    assert sorted(staff + leaders) == list(range(len(person)))
    assert (person["role"][staff] == 0).all()
    assert (person["role"][leaders] > 0).all()


@pytest.mark.parametrize(
    ("runs", "parts_of_each", "threads", "shared"),
    [
        (1, 1, 8, (1, 1)),
        (1, 3, 8, (1, 3)),
        (1, 40, 8, (1, 8)),
        (30, 1, 8, (8, 1)),
        (3, 2, 8, (3, 2)),
        (3, 40, 2, (1, 2)),
    ],
)
def test_threads_are_shared_out_among_runs_and_within_them(runs, parts_of_each, threads, shared):
    assert share_out(runs, parts_of_each, threads) == shared


def test_threads_wait_for_one_another():
    meeting, rounds, seen = meeting_of(3), 200, []

    def work(number):
        for round_ in range(rounds):
            seen.append((round_, number))
            meet(meeting)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [round_ for round_, _ in seen] == sorted(round_ for round_, _ in seen)


def test_where_one_thread_fails_the_others_do_not_wait_for_ever():
    meeting = meeting_of(2)
    call_off(meeting)
    with pytest.raises(RuntimeError, match="another thread that simulates this run has failed"):
        meet(meeting)


def test_where_a_thread_cannot_be_started_the_others_do_not_wait_for_ever(monkeypatch):
    start = threading.Thread.start
    begun = []

    def second_fails(thread):
        begun.append(thread)
        if len(begun) == 2:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", second_fails)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        _side_by_side(lambda share, meeting: meet(meeting), [{}, {}])


def test_kernels_that_go_through_parts_are_most_of_the_week():
    kernels = [kernel for process in WEEK for kernel in process.kernels]
    by_part = [kernel for kernel in kernels if "first_part" in kernel.py_func.__code__.co_varnames]
    assert len(by_part) > len(kernels) / 2
