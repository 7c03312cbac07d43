"""Help comes first, comes fast, and tells the truth."""

import json
import subprocess
import sys

import pytest
import typer

import civicsim
from civicsim.cli.app import app
from civicsim.cli.overview import OVERVIEW

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)
HEAVY = ("numpy", "pandas", "numba", "scipy", "matplotlib", "networkx", "pyarrow", "mesa", "solara", "rich")


def loaded_by(code: str) -> str:
    source = f"import sys\n{code}\nprint([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    return done.stderr.strip()


def test_help_loads_nothing_heavy_and_not_even_typer():
    assert loaded_by("from civicsim.cli import main; main(['--help']); assert 'typer' not in sys.modules") == "[]"


def test_help_of_a_command_loads_nothing_heavy():
    assert loaded_by("from civicsim.cli import main; main(['run', '--help'])") == "[]"


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",), ("--quiet",)])
def test_the_overview_is_shown_when_nothing_else_is_asked(tool, words):
    said = tool(*words)
    assert (said.code, said.out, said.err) == (0, f"{OVERVIEW}\n", "")


def test_the_overview_by_way_of_typer_is_the_same(tool):
    assert tool("--quiet", "--help").out.strip() == OVERVIEW


def test_the_overview_names_every_command_and_fits_eighty_columns():
    named = [line.split()[0] for line in OVERVIEW.splitlines() if line.startswith("  ") and line.split()[0] in COMMANDS]
    assert sorted(named) == COMMANDS
    assert max(len(line) for line in OVERVIEW.splitlines()) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_shows_examples_before_options(tool, command):
    text = tool(command, "--help").out
    assert text.index("Examples:") < text.index("Options:")
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize("where", ["overview", *COMMANDS])
def test_every_example_is_a_command_that_exists(tool, where):
    text = OVERVIEW if where == "overview" else tool(where, "--help").out
    block = text.split("Examples:")[1].split("\n\n")[0]
    examples = [line.split("  ")[0].split() for line in map(str.strip, block.splitlines()) if line]
    assert examples
    for program, *words in examples:
        assert program == "civicsim"
        context = GROUP.make_context("civicsim", list(words))
        name, command, rest = GROUP.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, rest, parent=context)


def test_the_version_is_said(tool):
    assert tool("--version").out == f"civicsim {civicsim.__version__}\n"
    assert tool("--quiet", "--version").out == f"civicsim {civicsim.__version__}\n"
    assert json.loads(tool("--json", "--version").out) == {"civicsim": civicsim.__version__}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("civicsim comp", "compare"),
        ("civicsim run --style civic-c", "civic-culture"),
        ("civicsim compare comm", "command"),
        ("civicsim run --kind acu", "acute-trust"),
        ("civicsim describe meas", "measure"),
        ("civicsim describe lever forum_b", "forum_budget"),
        ("civicsim compare --measure voice_g", "voice_gini"),
    ],
)
def test_the_tab_key_completes(tool, monkeypatch, capsys, typed, offered):
    monkeypatch.setenv("_CIVICSIM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    with pytest.raises(SystemExit):
        tool()
    assert capsys.readouterr().out.split() == [offered]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_three_shells_can_ask_for_a_completion_script(tool, monkeypatch, capsys, shell):
    monkeypatch.setenv("_CIVICSIM_COMPLETE", f"source_{shell}")
    with pytest.raises(SystemExit):
        tool()
    assert f"_CIVICSIM_COMPLETE=complete_{shell}" in capsys.readouterr().out.replace('"', "")


def test_the_installed_command_runs():
    done = subprocess.run(
        [sys.executable, "-m", "civicsim.cli", "describe", "process", "voice", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["name"] == "voice"
    assert done.stderr == ""
