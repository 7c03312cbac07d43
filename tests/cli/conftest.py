"""How the tests of the command line call it: in this process, on organisations small enough to be quick."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from civicsim.cli import main

SMALL = ("--weeks", "4", "--seeds", "2")
GRID = """question = "Does it hold, 100 % & more?"
styles = ["status-quo", "civic-culture"]
seeds = 3
weeks = 3
burn_in_weeks = 1
measures = ["trust", "quality_true", "load"]
[matters]
trust = 0.02
[factors]
n_teams = 1
team_size = 4
n_executives = 1
fear = [0.1, 0.6]
"""
"""The study of the modules that have none of their own: two styles at two levels of fear."""
SIZES = ("n_teams=2", "team_size=4", "n_executives=1", "burn_in_weeks=4")


@dataclass(frozen=True)
class Printed:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def is_one_line(self) -> bool:
        """Whether it is one line about a mistake of the user."""
        line = self.err.startswith("civicsim: ") and self.err.endswith("\n") and self.err.count("\n") == 1
        return self.code == 2 and self.out == "" and line and "Traceback" not in self.err

    @property
    def mistake(self) -> str:
        """The one line about a mistake of the user."""
        assert self.is_one_line, self
        return self.err.strip()


Tool = Callable[..., Printed]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Call the command line in an empty folder, 100 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words: str) -> Printed:
        capsys.readouterr()
        code = main(list(words))
        printed = capsys.readouterr()
        return Printed(code, printed.out, printed.err)

    return call


@pytest.fixture
def mistakes(tool: Tool) -> Callable[..., list[str]]:
    """Call commands with mistakes, and list each one that is not reported in one line with all the parts expected."""

    def faults(*cases: tuple[list[str], list[str]]) -> list[str]:
        found = []
        for words, parts in cases:
            printed = tool(*words)
            missing = [part for part in parts if part not in printed.err]
            if not printed.is_one_line or missing:
                found.append(f"{' '.join(words)}: {printed}: lacks {missing}")
        return found

    return faults


@pytest.fixture(scope="session")
def small_words() -> list[str]:
    """Words that make a command simulate a small organisation, few weeks and two runs."""
    return [*SMALL, *(word for size in SIZES for word in ("--set", size))]


@pytest.fixture
def small(tool: Tool, small_words: list[str]) -> Tool:
    """Call the command line with a small organisation, few weeks and two runs."""

    def call(*words: str) -> Printed:
        given = small_words
        # Behind the command and before its own words, which win.
        at = next(index for index, word in enumerate(words) if not word.startswith("-")) + 1
        return tool(*words[:at], *given, *words[at:])

    return call


@pytest.fixture(scope="session")
def results_of(tmp_path_factory):
    """Run a study, given as text, once in all tests; return its results, which lie beside its study.toml."""
    from civicsim.study.design.study import Study
    from civicsim.study.run.runner import run_study

    @functools.cache
    def results(text: str) -> Path:
        folder = tmp_path_factory.mktemp("study")
        (folder / "study.toml").write_text(text)
        return run_study(Study.read(folder / "study.toml"), folder / "results", processes=0).path

    return results


@pytest.fixture
def kept(request, results_of):
    """The results of the module's STUDY, or of GRID."""
    return results_of(getattr(request.module, "STUDY", GRID))


@pytest.fixture
def call(tool, kept, monkeypatch):
    """The tool, in the folder that holds the results."""
    monkeypatch.chdir(kept.parent)
    return tool
