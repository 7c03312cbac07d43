"""A mistake gets one clear line and exit code 2, and never a traceback."""

import errno
import io
import signal
import sys
import threading
from pathlib import Path

import pytest

from civicsim.cli import Stopped, main, output, progress, running
from civicsim.scenario.scenario import Scenario


def test_mistakes_on_the_command_line_are_named(mistakes):
    cases = [
        (["rnu"], ["no command 'rnu'", "'run'"]),
        (["run", "--sed", "3"], ["run", "no such option --sed", "'--seed'"]),
        (["--jsn", "run"], ["no such option --jsn", "'--json'"]),
        (["run", "--seeds"], ["--seeds", "requires an argument"]),
        (["run", "--seeds", "many"], ["--seeds", "many: expected a whole number from 1"]),
        (["run", "--seeds", "0"], ["--seeds", "0: expected", "from 1"]),
        (["demo", "--seeds", "-3"], ["--seeds", "-3: expected", "from 1"]),
        (["run", "--seed", "-1"], ["--seed", "-1", "from 0"]),
        (["run", "--weeks", "-5"], ["--weeks", "-5", "from 1 to 5200"]),
        (["run", "--weeks", "1.5"], ["--weeks", "1.5: expected a whole number"]),
        (["run", "--style", "civc-culture"], ["no style 'civc-culture'", "'civic-culture'"]),
        (["run", "civc-culture"], ["no style 'civc-culture'", "'civic-culture'"]),
        (["compare", "compakt"], ["no style 'compakt'", "'compact'"]),
        (["compare"], ["compare", "missing argument", "STYLE"]),
        (["compare", "status-quo"], ["to compare status-quo with"]),
        (["compare", "command", "command"], ["'command' is named twice"]),
        (["compare", "command", "--baseline", "compact"], ["--baseline compact", "command"]),
        (["run", "--kind", "acute-trus"], ["no kind 'acute-trus'", "'acute-trust'"]),
        (["run", "--set", "faer=0.1"], ["no parameter 'faer'", "'fear'"]),
        (["run", "--set", "voice.inter=0.1"], ["[voice] has no 'inter'", "'intercept'"]),
        (["run", "--set", "voise.intercept=0"], ["no section [voise]", "'voice'"]),
        (["run", "--set", "fear=2"], ["[levers] fear = 2", "from 0 to 1"]),
        (["run", "--set", "fear=high"], ["[levers] fear = 'high'", "a number from 0 to 1"]),
        (["run", "--set", "fear=nan"], ["[levers] fear = nan", "from 0 to 1"]),
        (["run", "--set", "n_teams=1.5"], ["[structure] n_teams = 1.5", "a whole number"]),
        (["run", "--set", "voice.enabled=3"], ["[voice] enabled = 3", "true or false"]),
        (["run", "--set", "enabled=false"], ["'enabled' is in several sections", "voice.enabled"]),
        (["run", "--set", "fear"], ["--set fear", "key=value"]),
        (["run", "--set", "style=command"], ["--style command"]),
        (["run", "--measure", "voice_giny"], ["no measure 'voice_giny'", "'voice_gini'"]),
        (["run", "nowhere.toml"], ["nowhere.toml: no such file"]),
        (["check", "nowhere.toml"], ["nowhere.toml: no such file"]),
        (["export", "folder/nowhere.toml"], ["folder/nowhere.toml: no such file"]),
        (["check", "."], ["is a directory"]),
        (["study", "plan"], ["no command 'plan'; valid names: "]),
        (["describe", "mesure"], ["no topic 'mesure'", "'measure'"]),
        (["describe", "process", "voise"], ["no process 'voise'", "'voice'"]),
        (["describe", "parameter", "interceptt"], ["'interceptt'", "'intercept'"]),
        (["describe", "lever", "feer"], ["no lever 'feer'", "'fear'"]),
        (["describe", "measure", "loaad"], ["no measure 'loaad'", "'load'"]),
        (["describe", "style", "compct"], ["no style 'compct'", "'compact'"]),
        (["describe", "kind", "acute"], ["no kind 'acute'", "'acute-trust'"]),
        (["new"], ["new: expected the name of a scenario file", "--question NAME"]),
        (["new", "--question", "compct"], ["no question 'compct'", "'compact'"]),
        (["new", "--question", "compact", "--style", "command"], ["--question compact: sets style and kind itself"]),
        (["new", "caf\udce9.toml"], ["'caf\\udce9.toml': is not UTF-8"]),
        (["run", "--out", "caf\udce9", "--seeds", "100000"], ["'caf\\udce9': is not UTF-8"]),
        (["new", "mine"], ["'mine.toml'"]),
        (["new", "my.toml", "--style", "civic"], ["no style 'civic'", "'civic-culture'"]),
        (["run", "a.toml", "--style", "compact"], ["'a.toml' and --style compact"]),
        (["--json"], ["--json", "command"]),
    ]
    assert mistakes(*cases) == []


IN_FILES = [
    ("[levers]\nfaer = 0.1", ["[levers] has no 'faer'", "'fear'"]),
    ("[lever]\nfear = 0.1", ["no section [lever]", "'levers'"]),
    ("fear = 0.1", ["no key 'fear'"]),
    ("wekes = 3", ["no key 'wekes'", "'weeks'"]),
    ("[levers]\nfear = 2.0", ["[levers] fear = 2.0", "from 0 to 1"]),
    ('[levers]\nfear = "much"', ["[levers] fear = 'much'", "a number from 0 to 1"]),
    ("[structure]\nn_teams = 2.5", ["[structure] n_teams = 2.5", "a whole number"]),
    ("[voice]\nenabled = 1", ["[voice] enabled = 1", "true or false"]),
    ("levers = 3", ["levers = 3", "[levers]"]),
    ("weeks = -5", ["weeks = -5", "from 1 to 5200"]),
    ("seed = -1", ["seed = -1", "from 0"]),
    ('style = "comand"', ["no style 'comand'", "'command'"]),
    ("style = 3", ["style = 3", "name of a style"]),
    ('kind = "acute"', ["no kind 'acute'", "'acute-trust'"]),
    ("weeks = [", ["not valid TOML"]),
    ("title = \udcff", ["not UTF-8"]),
]


def test_mistakes_in_files_are_named_with_the_file(mistakes):
    found = []
    for text, parts in IN_FILES:
        Path("mine.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
        commands = ("check", "run", "compare", "export")
        found += mistakes(*(([command, "mine.toml"], ["mine.toml", *parts]) for command in commands))
    assert found == []


def test_a_scenario_file_sets_its_own_kind(tool):
    Path("mine.toml").write_text("weeks = 4")
    assert "--kind acute-trust: mine.toml sets the kind" in tool("run", "mine.toml", "--kind", "acute-trust").mistake


def test_scenarios_that_cannot_be_matched_are_refused(tool):
    Path("long.toml").write_text("weeks = 4")
    Path("wide.toml").write_text("weeks = 4\n[structure]\nn_teams = 3")
    assert "differ in structure" in tool("compare", "long.toml", "wide.toml").mistake


def test_a_folder_that_is_a_file_is_refused_before_anything_runs(mistakes, monkeypatch):
    monkeypatch.setattr(running.cs, "run", None)
    monkeypatch.setattr(running.cs, "compare", None)
    Path("taken").write_text("mine")
    commands = (["run"], ["demo"], ["export"], ["compare", "compact"])
    for out in ("taken", "taken/deeper"):
        assert mistakes(*(([*words, "--out", out], ["taken is a file, not a folder"]) for words in commands)) == []
    assert Path("taken").read_text() == "mine"


def test_a_folder_that_cannot_be_written_to_is_refused(tool, monkeypatch):
    def refuse(*words, **how):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert "--out results: cannot be written to (Permission denied)" in tool("run", "--out", "results").mistake


def test_what_is_unexpected_gets_one_line_and_exit_code_1(tool, monkeypatch):
    def fail(*words, **how):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(running.cs, "run", fail)
    printed = tool("run", "-q")
    assert printed.code == 1
    assert printed.err == "civicsim: unexpected RuntimeError: two lines (set CIVICSIM_DEBUG=1 to see where)\n"
    monkeypatch.setenv("CIVICSIM_DEBUG", "1")
    with pytest.raises(RuntimeError, match="two"):
        tool("run", "-q")


def test_stopping_a_run_reports_that_nothing_was_written(tool, monkeypatch):
    def stop(*words, **how):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(running.cs, "run", stop)
    before = signal.getsignal(signal.SIGINT)
    printed = tool("run", "--out", "results")
    assert (printed.code, printed.out, printed.err) == (130, "", "civicsim: stopped; nothing was written\n")
    assert signal.getsignal(signal.SIGINT) is before
    assert list(Path("results").iterdir()) == []


def test_stopping_while_files_are_written_lists_those_that_were_kept(small, monkeypatch):
    def stop(*words, **how):
        raise KeyboardInterrupt

    monkeypatch.setattr(Scenario, "to_toml", stop)
    printed = small("run", "--out", "results")
    assert printed.code == 130
    assert printed.err.splitlines()[-1] == (
        "civicsim: stopped; kept in results: weekly.parquet, summary.parquet, summary.csv, measures.csv"
    )
    assert not list(Path("results").glob(".*"))


def test_other_threads_stop_too():
    ended = []

    def other(report):
        try:
            while True:
                report(1.0)
        except Stopped:
            ended.append(True)

    def work():
        with progress.progress(output.Output(quiet=True), 1e9) as report:
            thread = threading.Thread(target=other, args=(report,))
            thread.start()
            try:
                signal.raise_signal(signal.SIGINT)
            finally:
                thread.join(10)

    with pytest.raises(Stopped):
        work()
    assert ended == [True]


def test_a_reader_that_stops_reading_is_no_error(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            if text:
                raise BrokenPipeError
            return 0

    monkeypatch.setattr(sys, "stdout", Gone())
    code = main(["describe", "parameters"])
    sys.stdout.close()
    assert code == 0


def test_characters_that_steer_a_terminal_are_not_printed(tool, small, monkeypatch):
    from civicsim.report import words

    monkeypatch.setattr(words, "kinds", lambda: {"acute-trust": "a\x1b[2Jb\x9b\u202ec"})
    for printed in (
        small("run"),
        tool("run", "--set", "fe\x1b[2Jar=1"),
        tool("run", "\x1b]0;title\x07.toml"),
        tool("study", "status", "\x1b]0;title\x07"),
        tool("study", "list", "\u202e"),
    ):
        text = printed.out + printed.err
        assert not [char for char in text if char in "\x1b\x07\x9b\u202e"], text
        assert "\N{REPLACEMENT CHARACTER}" in text, text


def test_long_values_are_cut_in_messages(tool):
    for word in ("x" * 5000, "x y" * 5000):
        for words in (
            ["run", "--set", f"fear={word}"],
            ["run", "--style", word],
            ["run", "--seeds", word],
            ["compare", word],
        ):
            line = tool(*words).mistake
            assert "x" in line
            assert len(line) < 1200, line
    assert "expected a whole number from 1" in tool("run", "--seeds", "x" * 5000).mistake
