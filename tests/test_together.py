"""Many weeks in one compiled call are the weeks that processes run one by one."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tools import small_scenario

import civicsim as cs
from civicsim.engine.compiled import LAYERS, source_hash
from civicsim.engine.process import RANGES, Process, argument_names
from civicsim.engine.together import source_of
from civicsim.experiment.run import begin, burn_in
from civicsim.model.recording import Recorder, clear_tally, keep
from civicsim.model.simulating import advance
from civicsim.model.week import WEEK

PACKAGE = Path(cs.__file__).parent
EVENTS = (
    {"week": 3, "name": "surge"},
    {"week": 5, "name": "pairing"},
    {"week": 9, "name": "reorganisation"},
    {"week": 20, "name": "inspection"},
)


@pytest.fixture(scope="module", params=[1, 2], ids=["single organisations", "linked organisations"])
def place(request):
    scenario = small_scenario(n_organisations=request.param, burn_in_weeks=20, weeks=60)
    scenario = type(scenario).from_dict(
        {
            "structure": {"n_teams": 4, "team_size": 10, "teams_per_division": 2, "n_organisations": request.param},
            "interventions": list(EVENTS),
            "burn_in_weeks": 20,
            "weeks": 60,
        }
    )
    return begin(burn_in(scenario, 3), scenario)


@pytest.mark.parametrize("threads", [1, 2])
def test_together_or_one_by_one_the_state_and_the_record_are_the_same_to_the_byte(place, threads):
    together, one_by_one = place.copy(), place.copy()
    kept, seen = Recorder(together, 60, teams=True), Recorder(one_by_one, 60, teams=True)
    weeks = []
    advance(together, 60, threads=threads, recorder=kept)
    advance(one_by_one, 60, recorder=seen, observe=lambda at, first, last: weeks.append(at.week))
    assert weeks == list(range(60))
    assert together.state_bytes() == one_by_one.state_bytes()
    for mine, other in zip(kept.arrays.values(), seen.arrays.values(), strict=True):
        assert mine.size > 0
        assert mine.tobytes() == other.tobytes()


def test_progress_adds_up_to_all_person_weeks(place):
    done = []
    advance(place.copy(), 60, progress=done.append)
    assert sum(done) == place.n_persons * 60


def test_a_record_of_no_weeks_changes_nothing(place):
    watched, unwatched = place.copy(), place.copy()
    advance(watched, 10, recorder=Recorder(watched, 10, teams=True))
    advance(unwatched, 10)
    assert watched.state_bytes() == unwatched.state_bytes()


def test_the_source_calls_every_kernel_of_the_week_in_order():
    source, others = source_of(clear_tally, WEEK, keep)
    called = [line.partition("# ")[2] for line in source.splitlines() if line.strip().startswith("kernel_")]
    assert called == ["begin", *(process.name for process in WEEK for _ in process.kernels), "record"]
    assert len(set(others)) == len(others)
    compile(source, "week", "exec")


def test_in_the_week_only_what_comes_first_has_python_code():
    assert [process.name for process in WEEK if process.act is not None] == [WEEK[0].name]


def test_a_kernel_states_by_the_names_of_its_arguments_what_it_takes():
    for process in WEEK:
        for kernel in process.kernels:
            names = argument_names(kernel, process.name)
            ranges = [set(RANGES[at : at + 2]) <= set(names) for at in range(0, len(RANGES), 2)]
            assert sum(ranges) == 1, f"{process.name}: one range of rows"
            assert "p" not in names


def test_a_process_in_plain_python_acts_before_its_kernels_and_each_week_unless_it_states_when(place):
    weeks = []
    always = Process("always", "Notes the week.", object, act=lambda c, first, last: weeks.append(c.week))
    advance(place.copy(), 4, processes=[*WEEK, always])
    np.testing.assert_array_equal(weeks, [0, 1, 2, 3])


@pytest.mark.parametrize(
    "name",
    ["engine/table_code.py", "model/calendar.py", "model/measures.py", "model/rules.py", "model/processes/voice.py"],
)
def test_compiled_code_is_kept_apart_for_every_change_of_a_file_that_kernels_import_from(name, tmp_path):
    package = tmp_path / "civicsim"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("app", "__pycache__"))
    before = source_hash(package)
    assert before == source_hash()
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert source_hash(package) != before


def test_kernels_import_only_from_files_that_count():
    for process in WEEK:
        for kernel in process.kernels:
            for found in kernel.py_func.__globals__.values():
                module = getattr(found, "__module__", None) or ""
                if module.startswith("civicsim."):
                    assert module.split(".")[1] in LAYERS, module


@pytest.mark.parametrize(
    "name", ["errors.py", "scenario/scenario.py", "experiment/run.py", "study/run/worker.py", "cli/app.py"]
)
def test_a_change_outside_the_engine_and_the_model_compiles_nothing(name, tmp_path):
    package = tmp_path / "civicsim"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("app", "__pycache__"))
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert source_hash(package) == source_hash()
