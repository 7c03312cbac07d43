"""How the tests of the command line call it: in this process, on organisations small enough to be quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from civicsim.cli import main

SMALL = ("--weeks", "4", "--seeds", "2")
SIZES = ("n_teams=2", "team_size=4", "n_executives=1", "burn_in_weeks=4")


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def mistake(self) -> str:
        """The one line about a mistake of the user."""
        assert self.code == 2, self
        assert self.out == ""
        assert "Traceback" not in self.err
        assert self.err.startswith("civicsim: ")
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


Tool = Callable[..., Said]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Call the command line in an empty folder, 100 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words: str) -> Said:
        capsys.readouterr()
        code = main(list(words))
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def small_words() -> list[str]:
    """Words that make a command simulate a small organisation, few weeks and two runs."""
    return [*SMALL, *(word for size in SIZES for word in ("--set", size))]


@pytest.fixture
def small(tool: Tool, small_words: list[str]) -> Tool:
    """Call the command line with a small organisation, few weeks and two runs."""

    def call(*words: str) -> Said:
        given = small_words
        # Behind the command and before its own words, which win.
        at = next(index for index, word in enumerate(words) if not word.startswith("-")) + 1
        return tool(*words[:at], *given, *words[at:])

    return call
