"""The benchmarks measure what they claim: the rival in NumPy runs by the same rules, and the page holds what was measured."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tools import small_scenario

from civicsim.experiment.run import begin, burn_in
from civicsim.model.organisation import STAFF
from civicsim.model.recording import Recorder
from civicsim.model.simulating import advance

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import __main__ as benchmarks
from benchmarks import interleaved, line, mutants, pairing, places
from benchmarks.machine import PACKAGES, machine
from benchmarks.numpy_rival import Rival
from benchmarks.peers import race
from benchmarks.peers.workload import at_start, write
from benchmarks.table import page

WEEKS = 26


@pytest.fixture(scope="module")
def both():
    """Engine and rival after half a year from one start, and the records of both."""
    scenario = small_scenario(n_teams=8, team_size=15, burn_in_weeks=26)
    core = places.core_of(scenario)
    engine = begin(burn_in(scenario, 40), core)
    # What the switched-off processes left behind comes to rest.
    advance(engine, 26)
    rival = Rival(engine)
    recorder = Recorder(engine, WEEKS)
    advance(engine, WEEKS, recorder=recorder)
    return engine, recorder, rival, rival.simulate(WEEKS)


@pytest.mark.parametrize("name", ["safety", "efficacy", "agency", "exhaustion", "noticed_memory", "voiced_memory"])
def test_the_rivals_people_are_as_the_engines_on_average(both, name):
    engine, _, rival, _ = both
    filled = (engine.person["vacant"] == 0)[engine.person["role"] == STAFF]
    theirs, ours = rival.person[name][filled], engine.person[name][engine.person["role"] == STAFF][filled]
    error = np.sqrt((theirs.std() ** 2 + ours.std() ** 2) / len(ours))
    # People of one team are alike, so that the error of a mean is larger than for strangers; three times is ample.
    assert abs(theirs.mean() - ours.mean()) < 4 * 3 * error


def test_the_rival_voices_as_many_problems_in_teams_of_the_same_load_and_quality(both):
    engine, recorder, rival, kept = both
    assert kept[:, :, 5].mean() * 8 == pytest.approx(recorder.tally["voiced"].mean(), rel=0.05)
    assert rival.load.mean() == pytest.approx(engine.team["load"].mean(), abs=0.005)
    assert rival.quality.mean() == pytest.approx(engine.team["quality"].mean(), abs=0.01)
    assert rival.satisfaction.mean() == pytest.approx(engine.patient["satisfaction"].mean(), abs=0.01)


def test_the_rival_does_the_same_again():
    scenario = places.core_of(small_scenario(n_teams=2, burn_in_weeks=4))
    start = begin(burn_in(scenario, 2), scenario)
    assert Rival(start).simulate(4).tobytes() == Rival(start).simulate(4).tobytes()


def test_a_model_of_another_package_follows_the_rules_of_the_workload(tmp_path):
    """Mesa, which the environment of the tests has, stands for the packages that :mod:`benchmarks.peers.race` installs."""
    start = at_start(300)
    write(start, tmp_path / "start.npz")
    done = subprocess.run(
        [sys.executable, "in_mesa.py", str(tmp_path / "start.npz")],
        cwd=race.HERE,
        input="8\n8\n8\n",
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [json.loads(line)["means"] for line in done.stdout.splitlines()]
    assert len(theirs) == 3
    ours = race.means(start, 8, 12)
    assert race.apart(theirs, ours) < race.MOST_APART
    # A rule that differs is seen.
    louder = [one | {"voiced": 1.5 * one["voiced"]} for one in theirs]
    assert race.apart(louder, ours) > race.MOST_APART


def test_a_package_that_does_not_install_is_reported_and_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(race, "PEERS", {"none": ("in_nothing.py", ["--offline"])})
    found = race.run(1, quick=True)
    assert [row["missing"] for row in found["rows"]] == [["none"]]
    assert "Not installed on this machine: none." in page(
        {"machine": machine(), "quick": True, "repeats": 1, "parts": {"peers": {"load_before": 0.0, **found}}}
    )


def test_every_benchmark_can_be_imported():
    """Many take minutes and are run by hand; what they import has to be there."""
    for path in sorted(Path(benchmarks.__file__).parent.glob("*.py")):
        if path.stem not in ("__main__", "test_cluster"):
            importlib.import_module(f"benchmarks.{path.stem}")


def test_every_mutant_has_its_place_in_the_code():
    """The list names texts of the code, which change; what has no place is not tried."""
    assert len(mutants.read()) >= 76


def test_ways_are_timed_in_turn():
    calls = []
    seconds = interleaved.interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert calls == ["a", "b"] * 4
    assert {name: len(times) for name, times in seconds.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_per_person_week():
    above = interleaved.timing([4.0, 6.0, 8.0], 2.0)
    below = interleaved.timing([1.0, 1.0, 1.0], 1.0)
    assert interleaved.ratio(above, below) == {"median": 3.0, "least": 2.0, "most": 4.0, "pairs": 3.0}


def test_a_line_is_found_where_there_is_one():
    found = line.fitted([1, 10, 100], [0.5 + 2.0 * n for n in (1, 10, 100)])
    assert found["fixed"] == pytest.approx(0.5)
    assert found["each"] == pytest.approx(2.0)
    assert found["worst"] == pytest.approx(0.0, abs=1e-9)


def test_a_part_is_measured_kept_and_put_on_a_page(tmp_path, monkeypatch):
    file = tmp_path / "measured.json"
    assert benchmarks.main(["--quick", "--only", "limits", "--out", str(file)]) == 0
    assert benchmarks.main(["--quick", "--only", "twin", "--out", str(file)]) == 0
    assert benchmarks.main(["--quick", "--only", "nhs", "--out", str(file)]) == 0
    found = json.loads(file.read_text())
    assert list(found["parts"]) == ["twin", "limits", "nhs"]
    (row,) = found["parts"]["twin"]["rows"]
    assert len(row["twin"]["seconds"]) == interleaved.QUICK_REPEATS
    monkeypatch.setattr(benchmarks, "PAGE", tmp_path / "performance.md")
    assert benchmarks.main(["table", str(file)]) == 0
    text = (tmp_path / "performance.md").read_text()
    assert text == page(found)
    assert "## Against the plain twin" in text
    assert "142 people in linked organisations, one run of 8 weeks" in text
    assert "only show that the harness works" in text


def test_what_pairing_saves_is_told_by_the_variance_of_differences():
    rng = np.random.default_rng(1)
    common, own, other = rng.normal(size=(3, 4000))
    found = pairing.ratio_of(3.0 * common + own, 3.0 * common + other)
    assert found["ratio"] == pytest.approx(0.1, rel=0.15)
    assert found["low"] < 0.1 < found["high"]
    assert pairing.ratio_of(own, other)["ratio"] == pytest.approx(1.0, abs=0.1)
    assert pairing.ratio_of(own, own)["ratio"] == 0.0
    assert np.isnan(pairing.ratio_of(np.ones(3), np.ones(3))["ratio"])


def test_a_small_change_of_a_rule_takes_a_fifth_of_the_runs_when_they_are_matched():
    found = pairing.run(1, True)["rule"]["measures"]
    ratios = {name: about["ratio"] for name, about in found.items() if not np.isnan(about["ratio"])}
    assert len(ratios) > 6
    assert max(ratios.values()) <= 0.2, ratios
    assert ratios["voice_share"] > 0.0


def test_what_was_measured_states_nothing_about_whose_machine_it_was():
    about = benchmarks.machine()
    known = {"processor", "architecture", "cache", "cores", "threads", "memory", "system", "python", "civicsim"}
    assert set(about) == known | set(PACKAGES)
    assert "/" not in json.dumps(about)
