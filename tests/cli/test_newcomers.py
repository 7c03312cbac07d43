"""Faults that newcomers found in the command line, and must not find again."""

import dataclasses
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numba
import numpy as np
import pytest
from tools import lively, small_scenario

import civicsim as cs
from civicsim.app import state
from civicsim.cli import effort, running
from civicsim.cli.output import Output
from civicsim.cli.progress import progress
from civicsim.errors import CivicsimError, size_of
from civicsim.experiment.compare import compare
from civicsim.experiment.progress import duration
from civicsim.experiment.statistics import estimate, paired_difference
from civicsim.mesa_face.model import CivicModel
from civicsim.model.building import build
from civicsim.model.measures import MEASURES
from civicsim.model.week import PROCESSES
from civicsim.scenario.scenario import PARAMETERS, SECTIONS, Scenario
from civicsim.scenario.shipped import kinds, shocks, styles
from civicsim.scenario.sizes import bytes_free, bytes_needed, n_posts, state_bytes
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study

EVERY_LIST = ["process", "style", "parameter", "measure", "lever", "kind", "shock"]
EACH = [
    *(f"process {name}" for name in PROCESSES),
    *(f"parameter {name}" for name in SECTIONS),
    *(f"style {name}" for name in styles()),
    *(f"kind {name}" for name in kinds()),
    *(f"shock {name}" for name in shocks()),
    "measure voice_gini",
    "lever fear",
    "parameter fear",
]


# -- what is printed fits -------------------------------------------------------------------------------------------


def test_nothing_that_is_described_is_cut_off(tool, monkeypatch):
    faults = []
    for width, shown in ((80, (*EVERY_LIST, *EACH)), (100, EVERY_LIST), (120, (*EVERY_LIST, *EACH))):
        monkeypatch.setenv("COLUMNS", str(width))
        for words in shown:
            printed = tool("-q", "describe", *words.split())
            if printed.code or "…" in printed.out or max(map(len, printed.out.splitlines())) > width:
                faults.append(f"{words} at {width} columns")
    assert faults == []


def test_lists_name_everything_in_one_piece(tool, monkeypatch):
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        for topic, names in (("measure", MEASURES), ("parameter", {about.name for about in PARAMETERS.values()})):
            words = tool("-q", "describe", topic).out.split()
            assert [name for name in names if name not in words] == []


def test_the_summary_of_a_run_breaks_no_line(small, monkeypatch):
    labels = [about.label for about in MEASURES.values()]
    units = {about.unit for about in MEASURES.values()}
    for width in (80, 100, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        table = small("-q", "run", "--all-measures").out.split("\n\n")[1].splitlines()
        assert max(map(len, table)) <= width
        starts = [line for line in table[1:] if not line.startswith("  ")]
        assert [line[: len(label)] for line, label in zip(starts, labels, strict=True)] == labels
        if len(table) > 1 + len(labels):
            assert {line.strip().split(";")[0] for line in table[2::2]} == units


# -- what cannot be done is refused before it begins --------------------------------------------------------------------


def test_more_runs_than_memory_holds_are_refused_in_one_line(mistakes):
    commands = (["run"], ["compare", "compact"], ["export"], ["order", "--orders", "2"])
    parts = ["--seeds 1000000000000: needs about", "would fit"]
    assert mistakes(*(([*words, "--seeds", "1000000000000"], parts) for words in commands)) == []
    assert not Path("civicsim-export").exists()


def test_an_organisation_beyond_all_memory_is_refused_at_every_door_with_the_memory_it_needs(mistakes, tmp_path):
    sizes = {"n_teams": 100_000, "team_size": 60, "n_organisations": 1000}
    scenario = Scenario.preset().with_(**sizes)
    study = Study(question="q", styles=["status-quo"], seeds=2, measures=["trust"], factors=sizes)
    (tmp_path / "own.toml").write_text(scenario.to_toml(), encoding="utf-8")
    (tmp_path / "study.toml").write_text(study.to_toml(), encoding="utf-8")
    size = [word for name, value in sizes.items() for word in ("--set", f"{name}={value}")]
    commands = (
        ["run", *size],
        ["run", "own.toml"],
        ["compare", "compact", *size],
        ["why", "trust", "compact", *size],
        ["order", *size],
        ["org", "export", *size, "--out", "x.gexf"],
        ["study", "check", "study.toml"],
        ["study", "run", "study.toml", "--out", "s"],
    )
    assert mistakes(*((words, ["needs about", " TB of memory, and ", "are available"]) for words in commands)) == []
    assert mistakes((["run", "--set", "n_teams=1000000000000"], ["expected a whole number from 1 to 100000"])) == []
    for do in (
        lambda: cs.run(scenario),
        lambda: compare(scenario, scenario.with_(fear=0.1)),
        lambda: CivicModel(**sizes),
        lambda: run_study(study, "s"),
    ):
        with pytest.raises(
            CivicsimError, match=r"6,114,292,000 posts in [\d,]+ runs?: needs about [\d.]+ TB of memory"
        ):
            do()
    assert not (tmp_path / "s").exists()
    linked = state.from_query("?" + "&".join(f"set=structure.{name}%3D{value}" for name, value in sizes.items()))
    assert n_posts(linked.scenario) < 4_000
    assert linked.notes


def test_the_number_that_would_fit_does(tool, monkeypatch):
    monkeypatch.setattr(effort, "bytes_free", lambda: 1e9)
    mistake = tool("run", "--seeds", "100000").mistake
    fitting = int(mistake.split("--seeds ")[2].split()[0])
    scenario = Scenario.preset()
    assert bytes_needed([scenario], fitting) <= 1e9 < bytes_needed([scenario], fitting + 1)
    assert fitting > 100


def test_a_run_that_is_too_large_is_refused_with_what_takes_less(tool, monkeypatch):
    monkeypatch.setattr(effort, "bytes_free", lambda: 2e8)
    assert "use a smaller organisation or fewer --weeks" in tool("run", "--seeds", "1").mistake


def test_the_memory_that_is_counted_on_is_that_of_the_tables():
    for changes in ({}, {"n_teams": 9, "team_size": 7}, {"n_organisations": 3}):
        scenario = small_scenario(**changes)
        cohort = build(scenario.structure, scenario.population, scenario.habits, scenario.sections, [1])
        used = sum(table.nbytes for table in cohort.tables.values()) + cohort.ties.nbytes
        assert state_bytes(scenario) == pytest.approx(used, rel=0.02), changes


def test_available_memory_is_known():
    assert 1e8 < bytes_free() < 1e15
    assert [size_of(n) for n in (12, 4100, 39_400_000, 2.5e9)] == ["12 B", "4.1 kB", "39 MB", "2.5 GB"]


def test_a_long_run_is_announced(tool, monkeypatch):
    def stop(*words, **how):
        raise KeyboardInterrupt

    monkeypatch.setattr(running.cs, "run", stop)
    monkeypatch.setattr(effort, "threads_available", lambda: 2)
    posts = n_posts(Scenario.preset())
    expected = duration(posts * 520 * 4000 * effort.SECONDS / 2)
    printed = tool("run", "--seeds", "4000").err
    assert f"this takes about {expected} on 2 threads (4,000 runs of {posts} posts)" in printed
    assert "this takes" not in tool("run").err
    assert "this takes" not in tool("run", "-q", "--seeds", "4000").err


def test_running_out_of_memory_all_the_same_is_one_line(tool, monkeypatch):
    def fail(*words, **how):
        raise MemoryError

    monkeypatch.setattr(running.cs, "run", fail)
    printed = tool("run", "-q")
    assert (printed.code, printed.err.count("\n")) == (1, 1)
    assert "out of memory; use fewer --seeds" in printed.err


# -- compiling is reported when there is compiling -----------------------------------------------------------------------


def test_compiling_is_reported_when_something_is_compiled(capsys):
    @numba.njit
    def fresh(x):
        return x + 1

    with progress(Output(), 1.0):
        assert fresh(1) == 2
        fresh(1.5)
    assert capsys.readouterr().err.count("compiling the model") == 1
    with progress(Output(), 1.0):
        fresh(1)
    assert "compiling" not in capsys.readouterr().err


def test_a_slow_start_without_compiling_is_not_reported_as_compiling(capsys, monkeypatch):
    from civicsim.experiment import progress as module

    # There is no clock in it any more.
    assert not hasattr(module, "_PATIENCE")
    with progress(Output(), 1.0) as report:
        report(0.5)
    assert "compiling" not in capsys.readouterr().err


# -- shocks ------------------------------------------------------------------------------------------------------------


def test_a_shock_is_described_with_what_it_sets_when_and_for_how_long(tool):
    printed = tool("describe", "shock", "crisis")
    text = " ".join(printed.out.split())
    assert "At once, for 12 weeks: demand_factor = 1.15 (status quo: 1), directive_rate = 0 (status quo: 0.5)" in text
    assert "At once: raise belonging by 0.15" in text
    assert 'name = "crisis"' in printed.out
    assert tool("describe", "intervention", "crisis").out == printed.out
    everything = " ".join(tool("describe", "shocks").out.split())
    for name in shocks():
        assert name in everything
    assert "to the end: weight_deliberation = 8" in everything


def test_shocks_are_described_as_json_that_can_be_put_into_a_scenario(tool):
    for about in json.loads(tool("describe", "shocks", "--json").out):
        mine = Scenario.from_dict({"interventions": about["events"]}).interventions
        assert mine == Scenario.from_dict({"interventions": [{"name": about["name"], "week": 0}]}).interventions
    assert "did you mean 'surge'?" in tool("describe", "shock", "srge").mistake


def test_a_new_scenario_shows_how_to_date_a_change(tool):
    tool("new", "my.toml")
    text = Path("my.toml").read_text()
    assert "# [[interventions]]" in text
    for name in shocks():
        assert name in text
    start = text.index("# [[interventions]]")
    taken_in = "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())
    events = Scenario.from_dict(tomllib.loads(taken_in)).interventions
    assert [event.name for event in events] == ["surge", "a year without fear"]


# -- comparing with what was set ----------------------------------------------------------------------------------------


def test_help_explains_that_set_changes_the_baseline_too(tool):
    printed = " ".join(tool("compare", "--help").out.split())
    assert "--set changes every scenario, the baseline too" in printed
    assert "--keep-baseline" in printed


def test_the_baseline_can_be_kept_as_it_is(small):
    about = json.loads(small("compare", "compact", "--set", "fear=0.1", "--keep-baseline", "--json").out)
    assert about["scenarios"]["compact"]["changes"]["levers"] == {"fear": 0.1}
    assert "levers" not in about["scenarios"]["status-quo"]["changes"]
    assert about["baseline"] == "status-quo"
    alone = json.loads(small("compare", "status-quo", "--set", "fear=0.1", "--keep-baseline", "--json").out)
    assert list(alone["scenarios"]) == ["status-quo", "status-quo, changed"]
    assert alone["scenarios"]["status-quo, changed"]["changes"]["levers"] == {"fear": 0.1}
    other = json.loads(
        small(
            "compare", "compact", "command", "--baseline", "command", "--set", "fear=0", "--keep-baseline", "--json"
        ).out
    )
    assert "levers" not in other["scenarios"]["command"]["changes"]
    both = json.loads(small("compare", "compact", "--set", "fear=0.1", "--json").out)
    assert both["scenarios"]["status-quo"]["changes"]["levers"] == {"fear": 0.1}


def test_one_scenario_alone_is_told_how_to_be_compared(small):
    assert "--keep-baseline" in small("compare", "status-quo", "--set", "fear=0.1").mistake


# -- intervals stay where the measure can be -----------------------------------------------------------------------------


def test_an_interval_ends_where_the_measure_does():
    few = np.array([0.02, 0.9])
    assert estimate(few).low < 0.0
    about = estimate(few, bounds=(0.0, 1.0))
    assert (about.low, about.high) == (0.0, 1.0)
    many = np.random.default_rng(1).uniform(0.4, 0.6, 50)
    assert estimate(many, bounds=(0.0, 1.0)) == estimate(many)
    against = paired_difference(np.array([1.0, 0.0]), np.array([0.0, 0.1]), bounds=(0.0, 1.0))
    assert (against.low, against.high) == (-1.0, 1.0)
    assert against.verdict == "too close to call"


def test_cutting_an_interval_off_loses_no_coverage():
    rng = np.random.default_rng(2)
    samples = rng.beta(0.5, 3.0, (4000, 3))
    true = 0.5 / 3.5
    whole = [estimate(values) for values in samples]
    cut = [estimate(values, bounds=(0.0, 1.0)) for values in samples]
    covered = [sum(about.low <= true <= about.high for about in some) for some in (whole, cut)]
    assert covered[0] == covered[1] > 0.75 * len(samples)


def test_a_mean_beside_its_bound_by_rounding_stays_in_its_interval():
    about = estimate(np.full(7, 1.0 + 1e-16), bounds=(0.0, 1.0))
    assert about.low <= about.mean <= about.high


def test_measures_stay_within_their_bounds(busy_result):
    outside = []
    for name, about in MEASURES.items():
        low, high = about.bounds
        values = about.weekly(busy_result.history)
        if np.nanmin(values, initial=low) < low - 1e-12 or np.nanmax(values, initial=low) > high + 1e-12:
            outside.append(name)
    assert outside == []


@pytest.fixture(scope="module")
def busy_result():
    cohort = lively(6, weeks=26)
    from civicsim.experiment.run import Result, simulate
    from civicsim.model.recording import Recorder

    recorder = Recorder(cohort, 26)
    simulate(cohort, 26, recorder=recorder)
    return Result(Scenario.preset(), [1, 2, 3, 4, 5, 6], recorder, cohort)


def test_tables_show_no_share_outside_of_0_and_1(small):
    for words in (["run"], ["compare", "compact"]):
        about = json.loads(small(*words, "--json", "--all-measures").out)
        for row in about.get("measures", about.get("table")):
            low, high = MEASURES[row["measure"]].bounds
            if row["mean_low"] is not None:
                assert low <= row["mean_low"] <= row["mean_high"] <= high, row


# -- dates ---------------------------------------------------------------------------------------------------------------

LATE = '[[interventions]]\nname = "surge"\nweek = 20\n'


def test_events_after_the_last_week_are_warned_of(small):
    Path("late.toml").write_text(LATE)
    for words in (["run", "late.toml", "-q"], ["compare", "late.toml"], ["export", "late.toml"]):
        printed = small(*words)
        assert printed.code == 0
        warning = (
            "civicsim: warning: surge in week 20 never happens: weeks 0 to 3 are simulated; set weeks to 21 or more"
        )
        assert printed.err.splitlines().count(warning) == 1
    printed = small("run", "late.toml", "--json")
    assert printed.err == ""
    assert json.loads(printed.out)["warnings"] == [warning.removeprefix("civicsim: warning: ")]
    assert "warning" not in small("run", "late.toml", "--weeks", "21").err


def test_interventions_are_blocks_in_json_and_in_changes(small):
    Path("late.toml").write_text(LATE)
    printed = json.loads(small("run", "late.toml", "--json").out)
    (block,) = printed["scenarios"]["status-quo"]["changes"]["interventions"]
    assert block == {"week": 20, "name": "surge", "weeks": 12, "set": {"events.demand_factor": 1.15}}
    scenario = Scenario.read("late.toml")
    assert Scenario.from_dict(scenario.changes()).interventions == scenario.interventions


# -- files ---------------------------------------------------------------------------------------------------------------


def test_a_path_that_does_not_exist_is_named(mistakes):
    Path("my.toml").write_text('style = "compact"\n')
    Path("folder").mkdir()
    near = "my.tom: no such file; did you mean 'my.toml'?"
    cases = [
        (["run", "my.tom"], near),
        (["compare", "my.tom"], near),
        (["check", "my.tom"], near),
        (["run", "yours.toml"], "yours.toml: no such file"),
        (["run", "nowhere/my.toml"], "nowhere/my.toml: no such file; there is no folder 'nowhere'"),
        (["run", "folder"], "folder: is a directory, not a file"),
        (["run", "folder/"], "folder: is a directory, not a file"),
        (["run", "my.toml/x"], "my.toml/x: no such file"),
        (["run", "compct"], "no style 'compct'; did you mean 'compact'?"),
    ]
    assert mistakes(*((words, [part]) for words, part in cases)) == []


def test_a_byte_order_mark_is_no_mistake(small, tool):
    for name, text in (("my.toml", 'style = "compact"\n'), ("style.toml", "[levers]\nfear = 0.1\n")):
        Path(name).write_text(text, encoding="utf-8-sig")
        assert small("run", name).code == 0
        assert tool("check", name).code == 0
    assert Scenario.read("my.toml").style == "compact"


def test_weekly_tables_come_as_text_only_when_asked_for(small):
    small("run", "--out", "plain")
    assert {path.name for path in Path("plain").iterdir()} == {
        "weekly.parquet",
        "summary.parquet",
        "summary.csv",
        "measures.csv",
        "scenario.toml",
        "manifest.json",
    }
    printed = small("run", "--out", "both", "--csv")
    assert Path("both/weekly.csv").stat().st_size > 0
    size = size_of(Path("both/weekly.csv").stat().st_size)
    (line,) = [line for line in printed.out.splitlines() if line.strip().startswith("weekly.csv")]
    assert size in line


# -- stopping ------------------------------------------------------------------------------------------------------------

_STOP_SOON = """
import os, signal, sys
import civicsim
from civicsim.cli import main
real = civicsim.run
def simulate(*words, progress, **how):
    def report(done):
        # Again and again: several threads report.
        os.kill(os.getpid(), signal.SIGINT)
        progress(done)
    return real(*words, progress=report, **how)
civicsim.run = simulate
sys.argv = ["civicsim", "run", "--seeds", "4", "--set", "n_teams=3", "-q"]
sys.exit(main())
"""


def test_ctrl_c_in_the_middle_of_a_simulation_is_one_line_and_exit_code_130():
    done = subprocess.run([sys.executable, "-c", _STOP_SOON], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "civicsim: stopped; nothing was written\n")


# -- from Python ---------------------------------------------------------------------------------------------------------

PLACE = small_scenario(n_teams=2, team_size=4, weeks=2, burn_in_weeks=2)


def test_scenarios_of_one_style_are_told_apart_by_what_was_changed():
    fear = ["status-quo: fear=0.35", "status-quo: fear=0.1"]
    cases = [
        ([{}, {"fear": 0.1}], fear),
        ([{"voice__enabled": False}, {}], ["status-quo: voice.enabled=False", "status-quo: voice.enabled=True"]),
        ([{}, {"fear": 0.1}, {"style": "compact"}], [*fear, "compact"]),
        ([{}, {}], ["status-quo 1", "status-quo 2"]),
    ]
    for changes, labels in cases:
        found = compare(*(PLACE.with_(**change) for change in changes), seeds=1)
        assert (list(found.results), found.baseline) == (labels, labels[0])


def test_scenarios_that_differ_in_shocks_are_told_apart_by_them():
    surge = PLACE.with_(
        interventions=Scenario.from_dict({"interventions": [{"name": "surge", "week": 1}]}).interventions
    )
    assert list(compare(PLACE, surge, seeds=1).results) == [
        "status-quo: no interventions",
        "status-quo: surge in week 1",
    ]


def test_a_notebook_names_interventions_in_words():
    dated = Scenario.from_dict({"interventions": [{"name": "surge", "week": 1}]}).interventions
    page = cs.run(PLACE.with_(interventions=dated), 1)._repr_html_()
    assert "surge in week 1" in page
    assert "Event(" not in page


def test_a_comparison_of_dated_changes_can_be_drawn_and_written(small):
    Path("surge.toml").write_text('[[interventions]]\nname = "surge"\nweek = 1\n')
    printed = small("compare", "surge.toml", "--out", "results")
    assert printed.code == 0, printed.err
    assert Path("results/time-paths.png").stat().st_size > 0


def test_scenarios_and_models_have_a_short_description():
    assert repr(Scenario.preset()) == "Scenario('status-quo' on 'acute-trust', 260 weeks after 260)"
    changed = Scenario.preset("compact").with_(fear=0.1, n_teams=5, weeks=104, seed=7)
    assert (
        repr(changed)
        == "Scenario('compact' on 'acute-trust', 104 weeks after 260: seed=7, structure.n_teams=5, fear=0.1)"
    )
    many = Scenario.preset("compact").with_(
        levers=dataclasses.replace(Scenario.preset("civic-culture").levers, fear=0.9)
    )
    assert len(repr(many)) < 300
    assert "more" in repr(many)
    model = cs.CivicModel(PLACE.with_(seed=3))
    model.step()
    assert (
        repr(model) == f"CivicModel('status-quo' on 'acute-trust', seed 3, {model.cohort.n_persons} posts, week 1 of 2)"
    )


def test_terms_are_explained_in_help(tool):
    overview = tool("--help").out
    for word in ("style", "lever", "seed", "burn-in", "matched"):
        assert f"\n  {word:<10} " in overview
    assert max(map(len, overview.splitlines())) <= 80
    assert "the weeks at the status quo with which every run begins" in " ".join(tool("run", "--help").out.split())
    matched = "Matched runs have the same organisation and the same random events"
    assert matched in " ".join(tool("compare", "--help").out.split())
