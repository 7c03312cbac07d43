"""Studies from the command line: what is printed, what is written, and how mistakes are put."""

import json
import re
from pathlib import Path

import pytest

SMALLEST = """question = "Does it hold?"
styles = ["status-quo", "compact"]
seeds = 3
weeks = 3
burn_in_weeks = 2
[factors]
n_teams = 1
team_size = 4
n_executives = 1
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study.toml").write_text(SMALLEST)
    return tmp_path / "study.toml"


@pytest.fixture
def results(tool, study):
    assert tool("study", "run", "study.toml", "--processes", "0", "--out", "results").code == 0
    return Path("results")


def test_the_folder_of_a_study_file_stands_for_it(tool, study, tmp_path):
    folder = tmp_path / "voice"
    folder.mkdir()
    study.rename(folder / "study.toml")
    assert "2 styles × 3 seeds" in tool("study", "check", "voice").out
    assert tool("study", "run", "voice", "--processes", "0").code == 0
    assert (folder / "results" / "runs.parquet").is_file()
    # A folder of results has a study file too, and stays one of results.
    assert tool("study", "run", "voice/results").code == 0
    assert tool("study", "run", str(tmp_path)).mistake.endswith("holds no study (there is no manifest.json)")


def test_a_new_study_file_can_be_checked(tool):
    assert tool("study", "new", "mine.toml").code == 0
    assert (
        tool("study", "new", "mine.toml").mistake == "civicsim: mine.toml: already exists; add --force to overwrite it"
    )
    printed = tool("study", "check", "mine.toml", "--processes", "2")
    assert "2 styles × 30 seeds = 60 runs; seeds 1–30" in printed.out
    assert re.search(r" in 2 processes, \d+ MB of memory\s+in each, and ", printed.out)
    assert printed.err.strip() == "Next: civicsim study run mine.toml --out mine-results"


def test_a_check_over_the_draws_of_a_calibration_names_a_few_of_what_varies(tool, study):
    printed = tool("study", "check", "study.toml", "--draws", "2", "--processes", "0").out
    assert re.search(r"varied: [^;]*\s+and\s+2\d\d\s+more\n", printed)
    assert len(printed.splitlines()) < 12


def test_check_as_json_has_runs_seconds_and_bytes(tool, study):
    values = json.loads(tool("study", "check", "study.toml", "--json").out)
    assert (values["runs"], values["points"], values["seeds"]) == (6, 2, 3)
    assert values["seconds"] >= 0
    assert values["bytes"] > 0


def test_a_study_runs_says_where_it_stands_and_goes_on(tool, results):
    printed = tool("study", "status", "results")
    assert "6 of 6 runs done (2 points × 3 seeds)" in printed.out
    again = tool("study", "run", "results", "--processes", "0")
    assert "civicsim: 6 of 6 runs" in again.err
    more = tool("study", "expand", "results", "--add-seeds", "2", "--processes", "0")
    assert "10 of 10 runs done (2 points × 5 seeds)" in more.out
    assert json.loads(tool("study", "status", "results", "--json").out)["done"] == 10


def test_shards_share_a_folder_and_the_last_puts_the_tables_together(tool, study):
    first = tool("study", "run", "study.toml", "--shard", "1/2", "--processes", "0", "--out", "shared")
    assert "runs of other shards are missing" in first.err
    assert not Path("shared/runs.parquet").exists()
    assert tool("study", "run", "study.toml", "--shard", "2/2", "--processes", "0", "--out", "shared").code == 0
    assert Path("shared/runs.parquet").exists()


def test_the_page_and_the_tables_can_be_had(tool, results):
    assert tool("study", "report", "results").code == 0
    page = (results / "report.html").read_text()
    assert "No run failed." in page
    assert "run-to-run variation" in page
    assert "http" not in page
    printed = tool("study", "export", "results", "--out", "runs.csv")
    assert printed.out.startswith("Wrote runs.csv: 6 rows")
    assert Path("runs.csv").read_text().startswith("point,policy,future,style,")
    assert tool("study", "export", "results", "--table", "points", "--out", "points.parquet").code == 0
    again = tool("study", "export", "results", "--out", "runs.csv")
    assert again.mistake.endswith("runs.csv: already exists; add --force to overwrite it")
    assert tool("study", "export", "results", "--out", "runs.csv", "--force").code == 0
    assert (
        "page.html: already exists"
        in [tool("study", "report", "results", "--out", "page.html") for _ in "12"][1].mistake
    )
    listed = tool("study", "list")
    assert "study file" in listed.out
    assert "6 of 6 runs" in listed.out


def test_failures_come_first_and_their_command_repeats_them(tool, study):
    study.write_text(f'code = "own.py"\n{SMALLEST}')
    Path("own.py").write_text(
        "from civicsim import Measure\n"
        "def top(history):\n"
        "    if 2 in history.organisation['seed']:\n"
        "        raise ZeroDivisionError('a poisoned run')\n"
        "    return history.snapshot['trust']\n"
        "MEASURES = [Measure('own', 'Own', '0-1', 'Own.', 'neither', top)]\n"
    )
    printed = tool("study", "run", "study.toml", "--processes", "0", "--out", "results")
    assert printed.code == 1
    lines = printed.out.splitlines()
    assert lines[1:4] == [
        "2 runs failed:",
        "  2 × ZeroDivisionError in measures: a poisoned run",
        "  in results: civicsim study replay . 0:2",
    ]
    again = tool("study", "replay", "results", "0:2")
    assert again.code == 2
    assert again.err.splitlines()[-1] == "civicsim: 0:2: failed again: ZeroDivisionError: a poisoned run"
    assert "own " in tool("study", "replay", "results", "0:1").out
    tool("study", "report", "results")
    assert "<strong>2 runs failed.</strong>" in Path("results/report.html").read_text()


def test_ctrl_c_keeps_what_is_done(tool, study, monkeypatch):
    from civicsim.study.run import runner

    chunk, calls = runner.run_chunk, []

    def stop(task):
        calls.append(task)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return chunk(task)

    monkeypatch.setattr("civicsim.study.run.effort.SHORTEST", 1e-3)
    monkeypatch.setitem(runner.run_study.__kwdefaults__, "work", stop)
    printed = tool("study", "run", "study.toml", "--processes", "0", "--out", "results")
    assert printed.code == 130
    assert "runs are kept in results; the same command resumes the study" in printed.err
    assert 0 < json.loads(tool("study", "status", "results", "--json").out)["done"] < 6


def test_mistakes_are_one_line(results, mistakes):
    cases = {
        "run nothing.toml": "nothing.toml: no such file",
        "run study.toml --shard 3/2": "--shard 3/2: expected I/N with I from 1 to N",
        "run study.toml --shard x": "--shard x: expected I/N, such as 3/20",
        "replay study.toml 1": "study replay 1: expected POINT:SEED",
        "replay study.toml 9:1": "no point 9: points go from 0 to 1",
        "expand results": "study expand: expected one of STUDY.toml, --add and --add-seeds",
        "expand results --add styles": "--add styles: expected KEY=VALUES, such as styles=compact or fear=0.8",
        "expand results --add fear=0.8": "--add fear=0.8: the study has no factor 'fear'; valid names: n_executives",
        "expand results --add weeks=9": "--add weeks=9: expected styles, measures, summaries, weekly, draws or a factor",
        "expand results --add styles=compct": "results/study.toml: no style 'compct'; did you mean 'compact'?",
        "expand results study.toml --out results": "results: holds the study that is to be expanded; choose another folder",
        "run study.toml --timeout -1": "run: --timeout -1: expected a number above 0",
        "run study.toml --timeout inf": "run: --timeout inf: expected a number above 0, and at most",
        "run study.toml --processes -1": "run: --processes -1: expected a whole number from 0",
        "status nowhere": "nowhere: there is no such folder",
        "report .": ".: holds no study (there is no manifest.json)",
        "export results --out runs.xls": "runs.xls: expected a name that ends in .csv or .tex or .xlsx or .parquet",
        "export results --table run": "results: no table 'run'; did you mean 'runs'?",
        "export results --table weekly": "results: keeps no weeks; the study has to name measures under weekly",
        "new study.tml": "study.tml: expected a name that ends in .toml; did you mean 'study.toml'?",
        "list nowhere": "nowhere: no such folder",
        "rnu study.toml": "study: no command 'rnu'; did you mean 'run'?",
    }
    assert mistakes(*((["study", *words.split()], [f"civicsim: {part}"]) for words, part in cases.items())) == []


def test_seeds_are_not_added_twice_when_an_expansion_is_interrupted(tool, study):
    tool("study", "run", "study.toml", "--shard", "1/2", "--processes", "0", "--out", "results")
    printed = tool("study", "expand", "results", "--add-seeds", "2", "--processes", "0")
    assert printed.mistake == "civicsim: results: 2 runs are missing; complete them first: civicsim study run results"
