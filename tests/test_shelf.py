"""Compiled code that is damaged is compiled again, and where it cannot be kept a run goes on."""

import importlib.util
import os
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import event

from civicsim.engine import shelf
from civicsim.engine.code_folder import VARIABLE, code_folder

SOURCE = """from civicsim.engine.compiled import compiled

@compiled
def total(values):
    found = 0.0
    for value in values:
        found += value * value
    return found
"""


@pytest.fixture
def called(tmp_path, monkeypatch):
    """Return a function that loads a kernel as a new process would, calls it, and returns how many functions it compiled."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    path = tmp_path / "kernel_of_a_test.py"
    path.write_text(SOURCE)
    shelf._tell.cache_clear()

    def call() -> int:
        about = importlib.util.spec_from_file_location("kernel_of_a_test", path)
        module = importlib.util.module_from_spec(about)
        about.loader.exec_module(module)
        with event.install_recorder("numba:compile") as heard:
            assert module.total(np.arange(4.0)) == 14.0
        return sum(found.is_start for _, found in heard.buffer)

    return call


def kept(tmp_path: Path, ending: str) -> Path:
    (path,) = (tmp_path / "kept").rglob(f"*.{ending}")
    return path


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGES = {
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2],
    "one bit": flipped,
    "something else": lambda data: b"X" * 400,
}


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_compiled_again_once_and_told_in_one_line(called, tmp_path, ending, damage, capsys):
    assert called() == 1
    assert called() == 0
    path = kept(tmp_path, ending)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert called() == 1
    told = capsys.readouterr().err
    assert told == f"civicsim: {path.parent}: compiled code is damaged; what is damaged is compiled again\n"
    assert called() == 0


def test_a_file_that_is_gone_is_compiled_again_without_a_word(called, tmp_path, capsys):
    assert called() == 1
    kept(tmp_path, "nbc").unlink()
    assert called() == 1
    assert called() == 0
    assert capsys.readouterr().err == ""


def test_on_a_full_disk_the_run_goes_on_and_one_line_names_the_folder(called, tmp_path, monkeypatch, capsys):
    def full(self, path):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(shelf._Files, "_open_for_write", full)
    assert called() == 1
    assert called() == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(tmp_path / "kept") in told
    assert "cannot be kept there (No space left on device)" in told


def test_a_chosen_folder_with_compiled_code_is_used_though_it_cannot_be_written_to(
    called, tmp_path, monkeypatch, capsys
):
    assert called() == 1
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(os, "access", lambda path, how: how != os.W_OK | os.X_OK)
    assert code_folder("x") == (tmp_path / "kept", "")
    assert called() == 0
    assert capsys.readouterr().err == ""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "empty"))
    folder, lost = code_folder("x")
    assert folder != tmp_path / "empty"
    assert f"{tmp_path / 'empty'} (cannot be written to)" in lost
