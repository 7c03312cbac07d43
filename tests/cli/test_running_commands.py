"""Commands that simulate: what they print, what they write, and that they repeat."""

import contextlib
import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from civicsim.cli import main, running, scenarios
from civicsim.experiment.compare import compare
from civicsim.experiment.run import run
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.scenario.scenario import Scenario

THINKING_AID = "A thinking aid, not a forecast."


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in Path(folder).iterdir()}


def labels(measures=FLAGSHIP):
    return [MEASURES[name].label for name in measures]


# -- run ---------------------------------------------------------------------------------------------------------------


def test_run_prints_the_flagship_measures_with_intervals(small):
    printed = small("run")
    assert printed.code == 0
    for label in labels():
        assert label in printed.out
    assert "8 staff and 4 managers in 2 teams" in printed.out
    assert "2 runs (seeds 1–2)" in printed.out
    assert "95 % interval" in printed.out
    assert "show run-to-run variation only, not parameter uncertainty" in " ".join(printed.out.split())
    assert THINKING_AID in printed.out
    assert "Next: civicsim compare" in printed.err


def test_one_run_has_no_interval_and_a_note_explains_it(small):
    for words in (["run"], ["compare", "compact"]):
        printed = small(*words, "--seeds", "1")
        assert "A single run has no interval" in printed.out
        assert "±" not in printed.out
        assert "95 % interval" not in printed.out


def test_quiet_is_quiet(small):
    for words in (["run", "-q"], ["--quiet", "compare", "compact"], ["export", "--quiet"]):
        printed = small(*words)
        assert (printed.code, printed.err) == (0, "")
        assert printed.out


def test_progress_comes_one_line_per_ten_percent_when_there_is_no_terminal(small):
    lines = [line for line in small("run").err.splitlines() if "% simulated" in line]
    shares = [int(re.search(r"(\d+) %", line).group(1)) for line in lines]
    assert shares == sorted(set(shares))
    assert shares[-1] == 100
    assert all(share % 10 == 0 for share in shares)
    assert all("left" in line for line in lines[1:-1])


def test_json_is_all_that_is_printed(small):
    printed = small("--json", "run", "--style", "compact", "--seed", "5")
    assert printed.err == ""
    about = json.loads(printed.out)
    assert about["n_runs"] == 2
    assert about["seeds"] == [5, 6]
    assert about["scenarios"]["compact"]["style"] == "compact"
    assert [row["measure"] for row in about["measures"]] == list(FLAGSHIP)
    for row in about["measures"]:
        assert row["mean"] is None or row["mean_low"] is None or row["mean_low"] <= row["mean"] <= row["mean_high"]


def test_run_does_what_python_does(small):
    words = small("run", "--style", "compact", "--json", "--all-measures").out
    scenario = Scenario.preset("compact").with_(n_teams=2, team_size=4, n_executives=1, burn_in_weeks=4, weeks=4)
    means = run(scenario, 2).summary().mean()
    for row in json.loads(words)["measures"]:
        expected = means[row["measure"]]
        assert row["mean"] == pytest.approx(expected) if expected == expected else row["mean"] is None


def test_run_takes_a_scenario_file_and_changes_on_top_of_it(small):
    Path("mine.toml").write_text('title = "Mine"\nweeks = 9\nseed = 7\n[levers]\nfear = 0.1\n')
    about = json.loads(small("run", "mine.toml", "--set", "voice.enabled=false", "--json").out)
    (own,) = about["scenarios"].values()
    assert own["title"] == "Mine"
    assert own["weeks"] == 4
    assert about["seeds"] == [7, 8]
    assert own["changes"]["levers"] == {"fear": 0.1}
    assert own["changes"]["voice"] == {"enabled": False}


def test_run_shows_the_measures_that_were_asked_for(small):
    printed = small("run", "--measure", "voice_gini", "--measure", "trust")
    assert "Inequality of voice" in printed.out
    assert "Trust" in printed.out
    assert "Workload" not in printed.out


def test_run_writes_what_is_in_its_manifest(small):
    printed = small("run", "--out", "results")
    manifest = json.loads(Path("results/manifest.json").read_text())
    assert {**manifest["sha256"], "manifest.json": digests("results")["manifest.json"]} == digests("results")
    assert "Files in results:" in printed.out
    for name in digests("results"):
        assert name in printed.out


# -- compare -----------------------------------------------------------------------------------------------------------


def test_compare_adds_the_status_quo(small):
    printed = small("compare", "compact")
    assert printed.code == 0
    assert "2 matched runs of each" in printed.out
    assert "status-quo" in printed.out
    for words in (
        "mean (95 % interval)",
        "difference (interval)",
        "difference has the direction of its mean",
        "run-to-run variation only",
    ):
        assert words in " ".join(printed.out.split())
    assert printed.out.count("\n compact") == len(FLAGSHIP)
    assert THINKING_AID in printed.out
    assert "Next: civicsim compare compact --out" in printed.err


def test_the_comparison_fits_the_terminal(small, monkeypatch):
    for columns in ("80", "100", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        printed = small("compare", "patient-first-staff-last", "tokenistic-engagement", "--all-measures")
        assert max(len(line) for line in printed.out.splitlines()) <= int(columns)
        assert "±" in printed.out if columns == "80" else "to" in printed.out


def test_compare_does_what_python_does(small):
    about = json.loads(small("compare", "compact", "command", "--json").out)
    changes = {"n_teams": 2, "team_size": 4, "n_executives": 1, "burn_in_weeks": 4, "weeks": 4}
    styles = [Scenario.preset(name).with_(**changes) for name in ("status-quo", "compact", "command")]
    expected = compare(*styles, seeds=2).table()
    assert about["baseline"] == "status-quo"
    assert list(about["scenarios"]) == ["status-quo", "compact", "command"]
    found = pd.DataFrame(about["table"])
    for column in ("measure", "style", "verdict"):
        assert list(found[column]) == list(expected[column])
    for column in ("mean", "mean_low", "difference", "superiority"):
        assert found[column].to_numpy(dtype=float) == pytest.approx(expected[column].to_numpy(), nan_ok=True)


def test_compare_takes_files_of_scenarios_and_of_levers(small):
    Path("mine.toml").write_text("[voice]\nintercept = -1.0\n")
    Path("kind-words.toml").write_text('title = "Kind words"\ndescription = "x"\n[levers]\nfear = 0.0\n')
    about = json.loads(small("compare", "mine.toml", "kind-words.toml", "--json").out)
    assert list(about["scenarios"]) == ["status-quo", "mine", "kind-words"]
    assert about["scenarios"]["mine"]["changes"]["voice"] == {"intercept": -1.0}
    assert about["scenarios"]["kind-words"]["title"] == "Kind words"


def test_files_of_one_name_are_told_apart_by_their_folders(small):
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "mine.toml").write_text("[levers]\nfear = 0.2\n")
    about = json.loads(small("compare", "a/mine.toml", "b/mine.toml", "--json").out)
    assert list(about["scenarios"]) == ["status-quo", "a/mine.toml", "b/mine.toml"]


def test_any_scenario_can_be_the_baseline(small):
    Path("mine.toml").write_text("[levers]\nfear = 0.2\n")
    for baseline in ("mine", "mine.toml"):
        about = json.loads(small("compare", "compact", "mine.toml", "--baseline", baseline, "--json").out)
        assert about["baseline"] == "mine"
        assert list(about["scenarios"]) == ["compact", "mine"]


def test_identical_levers_are_reported_the_same(small):
    Path("twin.toml").write_text(
        Path(scenarios.__file__).parents[1].joinpath("scenario/styles/status-quo.toml").read_text()
    )
    table = json.loads(small("compare", "twin.toml", "--json").out)["table"]
    assert {row["verdict"] for row in table if row["style"] == "twin" and row["mean"] is not None} == {"same"}


def test_values_set_for_all_are_shown(small):
    assert "With n_teams=2, team_size=4" in small("compare", "compact").out


@pytest.fixture(scope="module")
def written(tmp_path_factory, small_words):
    """Compare twice with files, and return their folder and the digests of both times."""
    place = tmp_path_factory.mktemp("compared")
    found = []
    with contextlib.chdir(place):
        for _ in range(2):
            assert main(["compare", *small_words, "compact", "--out", "results", "--csv", "--quiet"]) == 0
            found.append(digests("results"))
    return place / "results", *found


def test_compare_writes_the_same_bytes_again(written):
    _, first, again = written
    assert set(first) == {
        "weekly.parquet",
        "weekly.csv",
        "summary.parquet",
        "summary.csv",
        "comparison.csv",
        "time-paths.png",
        "differences.png",
        "manifest.json",
    }
    assert again == first


def test_the_tables_hold_every_measure_of_every_week(written):
    results, *_ = written
    weekly = pq.read_table(results / "weekly.parquet").to_pandas()
    assert list(weekly)[:4] == ["style", "seed", "organisation", "week"]
    assert list(weekly)[4:] == list(MEASURES)
    assert len(weekly) == 2 * 2 * 4
    written = pd.read_csv(results / "weekly.csv")
    pd.testing.assert_frame_equal(written, weekly, check_dtype=False, rtol=1e-5)
    assert len(pd.read_csv(results / "summary.csv")) == 2 * 2
    assert set(pd.read_csv(results / "comparison.csv")["measure"]) == set(MEASURES)


def test_the_manifest_tells_how_to_repeat_and_check(written):
    results, first, _ = written
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["command"].startswith("civicsim compare --weeks 4 --seeds 2")
    assert manifest["seeds"] == [1, 2]
    assert manifest["scenarios"]["compact"]["digest"] != manifest["scenarios"]["status-quo"]["digest"]
    assert manifest["packages"]["numpy"]
    assert manifest["sha256"]["weekly.parquet"] == first["weekly.parquet"]
    assert {"civicsim", "git_commit", "python", "platform"} <= set(manifest)


# -- demo --------------------------------------------------------------------------------------------------------------


def test_the_demo_compares_six_styles_and_lists_the_files(small):
    printed = small("demo")
    assert printed.code == 0
    for style in running.DEMO_STYLES:
        assert style in printed.out
    assert re.search(
        r"civic-culture .* [+−]?[\d.]+ \([+−]?[\d.]+ to [+−]?[\d.]+\) +\d+/\d+ (better|worse)", printed.out
    ), "median"
    assert "Files in civicsim-demo:" in printed.out
    assert "time-paths.png" in printed.out
    assert {"weekly.parquet", "comparison.csv", "time-paths.png", "manifest.json"} <= set(digests("civicsim-demo"))


def test_a_comparison_without_seeds_goes_on_where_a_verdict_is_borderline(tool, monkeypatch):
    small = ("--weeks", "4", "--set", "n_teams=1", "--set", "team_size=5", "--set", "burn_in_weeks=2", "--json")
    asked, needed = [], iter([30, 90])
    monkeypatch.setattr(
        running, "runs_needed", lambda values, baseline: asked.append((values, baseline)) or next(needed)
    )
    for runs in (30, 90):
        about = json.loads(tool("compare", "compact", *small).out)
        assert about["seeds"] == list(range(1, runs + 1))
        assert max(row["n"] for row in about["table"]) == runs
    assert len(json.loads(tool("compare", "compact", *small, "--seeds", "3").out)["seeds"]) == 3
    assert [baseline for _, baseline in asked] == [0, 0]
    assert all(set(values[1]) == set(FLAGSHIP) and len(values[1]["load"]) == 30 for values, _ in asked)


def test_the_demo_is_thirty_seeds_and_six_hundred_staff_unless_set_otherwise(tool, monkeypatch):
    seen = {}

    def look(*scenarios, seeds, **how):
        seen.update(seeds=seeds, scenarios=scenarios)
        raise KeyboardInterrupt

    monkeypatch.setattr(running.cs, "compare", look)
    assert tool("demo").code == 130
    assert seen["seeds"] == list(range(1, 31))
    assert [scenario.style for scenario in seen["scenarios"]] == list(running.DEMO_STYLES)
    for scenario in seen["scenarios"]:
        assert scenario.structure.n_teams * scenario.structure.team_size == 600
        assert (scenario.weeks, scenario.burn_in_weeks) == (260, 260)


# -- export ------------------------------------------------------------------------------------------------------------


def test_export_writes_weeks_teams_network_and_a_scenario_that_can_be_run(small):
    import networkx as nx

    printed = small("export", "compact", "--out", "all", "--csv")
    assert set(digests("all")) == {
        "scenario.toml",
        "weekly.parquet",
        "weekly.csv",
        "teams.parquet",
        "teams.csv",
        "network.graphml",
        "manifest.json",
    }
    assert len(pd.read_csv("all/teams.csv")) == 2 * 2 * 4
    assert len(pd.read_csv("all/weekly.csv")) == 2 * 4
    network = nx.read_graphml("all/network.graphml")
    assert set(nx.get_edge_attributes(network, "layer").values()) == {"line", "peer", "patient"}
    again = Scenario.read("all/scenario.toml")
    scenario = Scenario.preset("compact").with_(n_teams=2, team_size=4, n_executives=1, burn_in_weeks=4, weeks=4)
    assert again.digest == scenario.digest
    assert "Next: civicsim run all/scenario.toml" in printed.err


def test_export_can_tie_the_posts_of_a_team(small):
    import networkx as nx

    small("export", "--out", "all", "--team-ties")
    assert "team" in set(nx.get_edge_attributes(nx.read_graphml("all/network.graphml"), "layer").values())


def test_export_writes_the_same_bytes_again(small):
    small("export", "--out", "all")
    first = digests("all")
    assert json.loads(small("export", "--out", "all", "--json").out)["files"]
    now = digests("all")
    assert {name for name in first if first[name] != now[name]} == {"manifest.json"}
