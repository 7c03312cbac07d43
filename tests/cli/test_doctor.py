"""The doctor reports what is installed, what is missing, and what is broken."""

import importlib.metadata
import importlib.util
import json
import sys
from pathlib import Path

from civicsim.cli import doctor
from civicsim.extras import EXTRAS


def test_the_doctor_finds_this_installation_well(tool):
    printed = tool("doctor")
    assert printed.code == 0, printed.out
    for words in ("Python", "numba", "page assets", "compiled code", "threads", "ns per person-week", "All is well."):
        assert words in printed.out
    assert "Next: civicsim demo" in printed.err


def test_the_doctor_talks_json(tool, monkeypatch):
    monkeypatch.setitem(doctor._CHECKS, "speed", list)
    about = json.loads(tool("doctor", "--json").out)
    assert about["well"] is True
    assert {check["state"] for check in about["checks"]} <= {"ok", "missing"}


def test_a_missing_package_is_broken(tool, monkeypatch):
    there = importlib.metadata.version

    def version(name):
        if name == "mesa":
            raise importlib.metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setitem(doctor._CHECKS, "speed", list)
    printed = tool("doctor")
    assert printed.code == 1
    assert "broken  mesa" in printed.out
    assert "Something is broken" in printed.out


def test_page_files_that_are_missing_are_named_with_how_to_mend_them(tool, monkeypatch):
    there = importlib.metadata.files
    lost = importlib.metadata.PackagePath("../share/solara/cdn/lost.js")
    lost.dist = importlib.metadata.distribution("solara-assets")
    monkeypatch.setattr(importlib.metadata, "files", lambda name: [lost, *(there(name) or [])])
    monkeypatch.setitem(doctor._CHECKS, "speed", list)
    printed = tool("doctor", "-q")
    assert printed.code == 1
    (line,) = [line for line in " ".join(printed.out.split()).split("broken ")[1:]]
    assert line.startswith("page assets")
    assert "lost.js: reinstall them, for example with: uv sync --reinstall-package solara-assets" in line


def test_a_run_that_fails_is_reported_and_not_a_traceback(tool, monkeypatch):
    import civicsim.experiment.run

    def fail(*words, **how):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(civicsim.experiment.run, "burn_in", fail)
    printed = tool("doctor")
    assert printed.code == 1
    assert "RuntimeError: no such thing" in printed.out


def test_the_doctor_reports_owner_and_mode_of_the_folder_and_warns_of_one_that_others_can_write_to(
    tool, monkeypatch, tmp_path
):
    monkeypatch.setitem(doctor._CHECKS, "speed", list)
    monkeypatch.setattr("civicsim.engine.compiled.folder_of_code", lambda: tmp_path)
    monkeypatch.setattr("civicsim.experiment.compiling.is_ready", lambda: True)
    tmp_path.chmod(0o700)
    printed = tool("doctor")
    assert printed.code == 0
    assert f"owner {tmp_path.owner()}, mode 700" in " ".join(printed.out.split())
    tmp_path.chmod(0o777)
    printed = tool("doctor")
    assert printed.code == 1
    assert "mode 777) can be written to by other users" in " ".join(printed.out.split())


def test_the_doctor_lists_extras_with_their_purpose_and_how_to_install_those_that_are_missing(tool, monkeypatch):
    without(monkeypatch, "optuna")
    monkeypatch.setitem(doctor._CHECKS, "speed", list)
    printed = tool("doctor")
    lines = " ".join(printed.out.split())
    assert printed.code == 0
    for extra, (_, purpose) in EXTRAS.items():
        state = "missing" if extra == "search" else "ok"
        assert f"{state} extra {extra} to {purpose}" in lines
    assert '(study adversary): pip install "civicsim[search]"' in lines


def test_a_command_without_its_extra_is_refused_before_anything_is_computed(tool, mistakes, monkeypatch):
    without(monkeypatch, "sklearn", "optuna", "distributed")
    never = ["calibrating", "study_analysis"]
    for name in never:
        monkeypatch.setitem(sys.modules, f"civicsim.cli.{name}", None)
    Path("study.toml").write_text('question = "?"')
    cases = [
        (["calibrate"], 'calibrate: needs scikit-learn: pip install "civicsim[calibration]"'),
        (["study", "decide", "."], 'study decide: needs scikit-learn: pip install "civicsim[calibration]"'),
        (["study", "discover", "."], 'study discover: needs scikit-learn: pip install "civicsim[discovery]"'),
        (
            ["study", "adversary", "study.toml", "--style", "compact", "--measure", "trust"],
            'study adversary: needs optuna and scikit-learn: pip install "civicsim[search]"',
        ),
        (
            ["study", "run", "study.toml", "--dask", "here"],
            '--dask: needs distributed: pip install "civicsim[cluster]"',
        ),
    ]
    assert mistakes(*((words, [part]) for words, part in cases)) == []


def without(monkeypatch, *names):
    """Make packages look as if they were not installed."""
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else there(name))
