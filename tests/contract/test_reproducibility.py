"""The same scenario and seed give the same bytes, whatever else happens."""

import dataclasses
import hashlib
import subprocess
import sys

import numpy as np

import civicsim as cs
from civicsim.experiment.run import begin, burn_in, simulate
from civicsim.model.cohort import Cohort
from civicsim.model.tables import TABLES

SMALL = cs.Scenario.preset().with_(n_teams=5, burn_in_weeks=30, weeks=30)


def rows_of_run(cohort: Cohort, run: int) -> dict[str, np.ndarray]:
    """Return one run's rows of every table, with rows that point into tables counted from its own start."""
    organisations = np.flatnonzero(cohort.organisation["run"] == run)
    of_organisation = {
        "organisation": np.arange(cohort.n_organisations),
        "team": cohort.team["organisation"],
        "person": cohort.person["organisation"],
        "patient": cohort.patient["organisation"],
    }
    of_organisation |= dict.fromkeys(
        ("dimension", "tally", "snapshot", "need", "panel"), of_organisation["organisation"]
    )
    of_organisation |= dict.fromkeys(("practice", "neighbour"), of_organisation["team"])
    of_organisation["problem"] = of_organisation["person"]
    of_organisation["manager"] = cohort.person["organisation"][cohort.manager["person"]]
    chosen = {name: np.flatnonzero(np.isin(rows, organisations)) for name, rows in of_organisation.items()}
    result = {}
    for name, columns in TABLES.items():
        table = cohort.tables[name][chosen[name]].copy()
        for column in columns:
            if column.refers:
                start = chosen[column.refers][0]
                table[column.name] = np.where(table[column.name] >= 0, table[column.name] - start, -1)
            if column.name == "run":
                table[column.name] = 0
        result[name] = table
    ties = cohort.ties[chosen["person"]]
    result["ties"] = np.where(ties >= 0, ties - chosen["person"][0], -1)
    return result


def simulated(scenario: cs.Scenario, seeds: list[int], threads: int = 1) -> Cohort:
    start = burn_in(scenario, seeds, threads=threads)
    return simulate(begin(start, scenario), scenario.weeks, threads=threads)


def test_a_run_alone_equals_the_same_run_among_fifty_others():
    alone = rows_of_run(simulated(SMALL, [17]), 0)
    among = rows_of_run(simulated(SMALL, list(range(51))), 17)
    for name, table in alone.items():
        assert table.tobytes() == among[name].tobytes(), name


def test_two_threads_give_the_bytes_of_one():
    one, two = simulated(SMALL, list(range(7)), threads=1), simulated(SMALL, list(range(7)), threads=2)
    assert one.state_bytes() == two.state_bytes()


def test_linked_organisations_of_one_run_do_not_depend_on_threads():
    linked = SMALL.with_(n_organisations=3)
    one, two = simulated(linked, [1, 2], threads=1), simulated(linked, [1, 2], threads=2)
    assert one.state_bytes() == two.state_bytes()


def test_another_process_with_another_order_of_hashes_gives_the_same_bytes():
    code = (
        "import hashlib, civicsim as cs\n"
        "from civicsim.experiment.run import begin, burn_in, simulate\n"
        "s = cs.Scenario.preset().with_(n_teams=5, burn_in_weeks=30, weeks=30)\n"
        "c = simulate(begin(burn_in(s, [3], threads=1), s), 30, threads=1)\n"
        "print(hashlib.sha256(c.state_bytes()).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "4", **_env()}
    )
    here = hashlib.sha256(simulated(SMALL, [3]).state_bytes()).hexdigest()
    assert done.stdout.strip() == here


def _env() -> dict[str, str]:
    import os

    return {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"}


def test_one_set_of_levers_under_two_names_gives_the_same_bytes():
    levers = cs.Scenario.preset("civic-culture").levers
    mine = dataclasses.replace(SMALL, levers=levers, style="civic-culture")
    yours = dataclasses.replace(SMALL, levers=levers, style="command")
    assert simulated(mine, [1, 2]).state_bytes() == simulated(yours, [1, 2]).state_bytes()


def test_two_cohorts_stepped_in_turn_do_not_affect_each_other():
    a, b = burn_in(SMALL, [1]), burn_in(SMALL.with_(fear=0.9), [2])
    for _ in range(5):
        simulate(a, 1)
        simulate(b, 1)
    assert a.state_bytes() == simulate(burn_in(SMALL, [1]), 5).state_bytes()
    assert b.state_bytes() == simulate(burn_in(SMALL.with_(fear=0.9), [2]), 5).state_bytes()


def test_recording_does_not_change_the_trajectory():
    from civicsim.model.recording import Recorder

    start = burn_in(SMALL, [1, 2])
    watched, unwatched = begin(start, SMALL), begin(start, SMALL)
    simulate(watched, 20, recorder=Recorder(watched, 20, teams=True))
    simulate(unwatched, 20)
    assert watched.state_bytes() == unwatched.state_bytes()


def test_all_styles_start_from_the_same_organisations():
    styles = [cs.Scenario.preset(name).with_(n_teams=3, burn_in_weeks=20) for name in cs.styles()]
    first = burn_in(styles[0], [1]).state_bytes()
    assert all(burn_in(style, [1]).state_bytes() == first for style in styles[1:])


def test_a_result_does_not_depend_on_what_it_is_compared_with():
    usual = SMALL.with_(n_teams=3)
    heavy = usual.with_(failure_demand=9.0)
    alone = cs.run(heavy, seeds=2)
    _, among = cs.compare(usual, heavy, seeds=2).results.values()
    assert alone.cohort.state_bytes() == among.cohort.state_bytes()


def test_a_shared_burn_in_equals_an_own_one():
    style = cs.Scenario.preset("command").with_(n_teams=3, burn_in_weeks=20, weeks=20)
    own = cs.run(style, seeds=2)
    shared = cs.run(style, seeds=2, start=burn_in(style, 2))
    assert own.cohort.state_bytes() == shared.cohort.state_bytes()
