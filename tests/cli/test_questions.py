"""Questions to start from: each writes a valid study, and the commands that it prints answer it."""

import json
import re
import shlex
from pathlib import Path

import pytest

from civicsim.cli.studying import beside
from civicsim.report.study_plots import PLOTS
from civicsim.study.design.study import Study
from civicsim.study.questions import questions
from civicsim.study.run.doubts import doubts_of

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "questions.md"
TEXTS = ("Drew and Pandit", "Cribb and Collins", "Mountford and Marshall", "Blog", "Wilkinson, Powell and Davies")


@pytest.mark.parametrize("name", questions())
def test_every_question_is_a_study_without_doubts(tool, name):
    about = json.loads(tool("new", "--question", name, "--json").out)
    assert about["files"] == [f"{name}/scenario.toml", f"{name}/study.toml"]
    study = Study.read(f"{name}/study.toml")
    assert doubts_of(study) == []
    assert study.question.endswith("?")
    assert study.expectation
    assert study.contrast
    assert isinstance(study.measures, list)
    assert next(iter(study.protocol.bases.values())).structure.n_teams == 20
    # Runs of half a trust take about 25 ms each, after a burn-in that points may share.
    assert len(study.points) * len(study.seed_numbers) <= 260
    figure = shlex.split(about["figure"])
    assert figure[1] in PLOTS
    factors = figure[3].split(",") if len(figure) > 2 else []
    assert [factor for factor in factors if study.points[factor].nunique() < 2] == []


def test_the_commands_of_a_question_answer_it(tool):
    about = json.loads(tool("new", "mine", "--question", "targets-and-fear", "--json").out)
    for file, changes in {
        "scenario.toml": {
            "n_teams = 20": "n_teams = 2\nteam_size = 4\nn_executives = 1",
            "= 156": "= 13",
            "= 260": "= 4",
        },
        "study.toml": {"seeds = 30": "seeds = 3"},
    }.items():
        text = Path("mine", file).read_text()
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after)
        Path("mine", file).write_text(text)
    for line in about["commands"]:
        words = shlex.split(line)[1:]
        printed = tool(*words, *(["--processes", "0"] if words[1] in ("check", "run") else []))
        assert printed.code == 0, (line, printed.err)
    assert {"effects.png", "report.html"} <= {path.name for path in Path("mine/results").iterdir()}
    (row,) = json.loads(tool("study", "contrasts", "mine/results", "--json").out)["contrasts"]
    assert row["name"] == "the more so with fear"


def test_all_five_texts_raise_questions_and_the_page_lists_them(tool):
    listed = tool("new", "--question", "list").out
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if "| `" in line]
    known = questions().values()
    assert rows == [[f"`{own.name}`", own.question, own.source, own.varied] for own in known]
    assert [own.name for own in known if own.name not in listed] == []
    assert [text for text in TEXTS if not any(own.source.startswith(text) for own in known)] == []
    # A hypothesis that an expectation names is one of those recorded.
    recorded = (PAGE.parents[2] / "experiments" / "hypotheses.toml").read_text(encoding="utf-8")
    for own in known:
        for name in re.findall(r"\bH\d+\b", own.expectation):
            assert f'id = "{name}"' in recorded, name


def test_the_commands_can_be_copied_from_a_narrow_terminal(tool, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = tool("new", "--question", "protected-time").out.splitlines()
    about = json.loads(tool("new", "--question", "protected-time", "--force", "--json").out)
    assert [line.strip() for line in shown if line.strip().startswith("civicsim ")] == about["commands"][1:]
    # The check and the run name the same folder of results.
    folder = beside("protected-time/study.toml", "results")
    assert about["commands"][1].endswith(f"--out {folder}")
    assert beside("more/pilot.toml", "results") == str(Path("more/pilot-results"))


def test_a_question_overwrites_nothing_unless_forced(tool):
    Path("compact").mkdir()
    Path("compact/study.toml").write_text("mine")
    assert "compact/study.toml: already exists" in tool("new", "--question", "compact").mistake
    assert [path.name for path in Path("compact").iterdir()] == ["study.toml"]
    assert tool("new", "--question", "compact", "--force").code == 0
    assert "kept_share" in Path("compact/study.toml").read_text()
