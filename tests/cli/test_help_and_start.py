"""Help comes first, is fast, and is true."""

import importlib
import inspect
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
from typer.core import TyperGroup

import civicsim
from civicsim.cli import OVERVIEW
from civicsim.cli.app import application
from civicsim.cli.declaring import COMMANDS as DECLARED
from civicsim.cli.declaring import function_of
from civicsim.cli.output import Output

GROUP = application()
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


def test_a_run_loads_neither_studies_nor_what_only_tables_and_pictures_need():
    words = ["run", "--seeds", "1", "--quiet", "--set", "n_teams=1", "--set", "weeks=1", "--set", "burn_in_weeks=0"]
    code = f"from civicsim.cli import main; main({words})\nassert not any(name.startswith('civicsim.study') for name in sys.modules)"
    assert loaded_by(code) == "['numpy', 'numba', 'scipy', 'rich']"


def test_the_overview_is_shown_when_nothing_else_is_asked(tool):
    for words in ((), ("--help",), ("-h",), ("help",), ("--quiet",)):
        printed = tool(*words)
        assert (printed.code, printed.out, printed.err) == (0, f"{OVERVIEW}\n", ""), words


def test_the_overview_by_way_of_typer_is_the_same(tool):
    assert tool("--quiet", "--help").out.strip() == OVERVIEW


def test_the_overview_names_every_command_and_fits_eighty_columns():
    named = [line.split()[0] for line in OVERVIEW.splitlines() if line.startswith("  ") and line.split()[0] in COMMANDS]
    assert sorted(named) == COMMANDS
    assert max(len(line) for line in OVERVIEW.splitlines()) <= 80


def test_every_command_is_declared_with_a_function_that_takes_its_request():
    faults = []
    for name, about in DECLARED.items():
        module, _, function = about.does.partition(".")
        does = getattr(importlib.import_module(f"civicsim.cli.{module}"), function, None)
        takes = does and list(get_type_hints(does, localns={"Iterator": object}).values())[:2]
        if takes != [Output, about.request]:
            faults.append(f"{name}: {about.does} takes {takes}")
    assert faults == []


def first_lines():
    """Return the first line of each command's help, by name."""
    return {name: about.help.split("\n\n")[0] for name, about in DECLARED.items()}


def test_the_first_line_of_help_is_a_short_imperative_sentence():
    ends = {name: line for name, line in first_lines().items() if not line.endswith(".") or len(line) > 67}
    assert ends == {}
    assert {line.split()[0][-1] for line in first_lines().values()} & set("s.") == set(), "a verb in the imperative"


def test_the_overview_and_the_help_of_a_command_have_the_same_first_line():
    shown = dict(re.findall(r"(?m)^  (\w+) {2,}(.+\.)$", OVERVIEW))
    first = {name: line for name, line in first_lines().items() if " " not in name}
    assert {name: shown.get(name) for name in first} == first


def test_groups_show_a_whole_line_for_each_command_at_eighty_columns(tool, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    missing = []
    for group in ("study", "org"):
        text = tool(group, "--help").out
        own = {name: line for name, line in first_lines().items() if name.startswith(f"{group} ")}
        missing += [name for name, line in own.items() if f" {line}\n" not in text]
    assert missing == []


def every_help(tool):
    """Yield each command, with its group before it, and its help."""
    groups = {name.split()[0] for name in DECLARED if " " in name}
    for name in [*DECLARED, *groups]:
        yield name, tool(*name.split(), "--help").out


def test_help_shows_examples_before_options_and_fits_a_hundred_columns(tool):
    faults = []
    for name, text in every_help(tool):
        if not 0 < text.find("Examples:") < text.find("Options:") or max(map(len, text.splitlines())) > 100:
            faults.append(name)
    assert faults == []


def test_every_example_is_a_command_that_exists(tool):
    checked = 0
    for name, text in [("overview", OVERVIEW), *every_help(tool)]:
        block = text.split("Examples:")[1].split("\n\n")[0]
        for line in filter(None, map(str.strip, block.splitlines())):
            program, *words = shlex.split(line.split("  ")[0])
            assert program == "civicsim", name
            context = GROUP.make_context("civicsim", words)
            while isinstance(context.command, TyperGroup) and (words := [*context._protected_args, *context.args]):
                own, command, rest = context.command.resolve_command(context, words)
                context = command.make_context(own, rest, parent=context)
            checked += 1
    assert checked > 80


def test_a_command_that_is_named_is_the_only_one_that_is_prepared():
    assert list(application(["--json", "run", "study"]).commands) == ["run"]
    assert sorted(application(["rnu"]).commands) == COMMANDS


def test_options_of_a_class_come_before_those_it_shares():
    names = list(inspect.signature(function_of("run")).parameters)
    assert names.index("scenario") < names.index("sets") < names.index("json")


def test_the_version_is_shown(tool):
    assert tool("--version").out == f"civicsim {civicsim.__version__}\n"
    assert tool("--quiet", "--version").out == f"civicsim {civicsim.__version__}\n"
    assert json.loads(tool("--json", "--version").out) == {"civicsim": civicsim.__version__}


def test_the_tab_key_completes(tool, monkeypatch, capsys):
    Path("mine.toml").touch()
    cases = {
        "civicsim comp": "compare",
        "civicsim run --style civic-c": "civic-culture",
        "civicsim compare comm": "command",
        "civicsim run mi": "mine.toml",
        "civicsim run --kind acu": "acute-trust",
        "civicsim describe meas": "measure",
        "civicsim describe lever forum_b": "forum_budget",
        "civicsim compare --measure voice_g": "voice_gini",
        "civicsim study run mi": "mine.toml",
        "civicsim new --question targ": "targets-and-fear",
    }
    offered = {}
    monkeypatch.setenv("_CIVICSIM_COMPLETE", "complete_bash")
    for typed in cases:
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        with pytest.raises(SystemExit):
            tool()
        offered[typed] = capsys.readouterr().out.strip()
    assert offered == cases


def test_three_shells_can_ask_for_a_completion_script(tool, monkeypatch, capsys):
    for shell in ("bash", "zsh", "fish"):
        monkeypatch.setenv("_CIVICSIM_COMPLETE", f"source_{shell}")
        with pytest.raises(SystemExit):
            tool()
        assert f"_CIVICSIM_COMPLETE=complete_{shell}" in capsys.readouterr().out.replace('"', "")


def test_the_installed_command_runs():
    done = subprocess.run(
        [sys.executable, "-m", "civicsim.cli", "describe", "process", "voice", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["name"] == "voice"
    assert done.stderr == ""
