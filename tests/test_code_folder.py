"""Code is loaded only from folders that no other user can write to, and without one a run goes on."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from civicsim.engine import together
from civicsim.engine.code_folder import KEPT, VARIABLE, code_folder, exposure, prune

OTHER = os.getuid() + 1


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home and a folder for temporary files of its own; returns both."""
    monkeypatch.setenv(VARIABLE, "x")
    monkeypatch.delenv(VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    places = tmp_path / "home", tmp_path / "temporary"
    for place in places:
        place.mkdir()
    monkeypatch.setenv("HOME", str(places[0]))
    monkeypatch.setattr(tempfile, "tempdir", str(places[1]))
    return places


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def shared(temporary: Path) -> Path:
    return temporary / f"civicsim-{os.getuid()}"


def is_for_this_start_only(folder: Path, lost: str, temporary: Path) -> bool:
    names = folder.parent == temporary and folder != shared(temporary)
    return names and mode(folder) == 0o700 and bool(lost) and os.environ[VARIABLE] == str(folder)


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022])
def test_the_folder_is_made_for_the_user_alone_whatever_the_umask(home, umask, capsys):
    before = os.umask(umask)
    try:
        folder, lost = code_folder("abc")
    finally:
        os.umask(before)
    assert folder == home[0] / ".cache" / "civicsim" / "abc"
    assert (mode(folder), mode(folder.parent), lost) == (0o700, 0o700, "")
    assert code_folder("abc") == (folder, "")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("where", ["nowhere", "relative", "file"])
def test_without_a_home_the_temporary_folder_has_one_folder_per_user(home, where, monkeypatch, capsys):
    (home[0] / "file").write_text("")
    monkeypatch.setenv("HOME", {"nowhere": "/proc/nowhere", "relative": "~", "file": str(home[0] / "file")}[where])
    monkeypatch.chdir(home[0])
    folder, lost = code_folder("abc")
    assert (folder, lost) == (shared(home[1]) / "abc", "")
    assert (mode(folder), mode(folder.parent)) == (0o700, 0o700)
    assert code_folder("abc") == (folder, "")
    assert [path.name for path in home[0].iterdir()] == ["file"]
    assert capsys.readouterr().err == ""


def test_a_folder_that_another_user_made_is_not_used_and_the_run_compiles_elsewhere(home, monkeypatch, capsys):
    monkeypatch.setenv("HOME", "/proc/nowhere")
    planted = home[1] / f"civicsim-{OTHER}" / "abc"
    planted.mkdir(parents=True, mode=0o755)
    # Whichever user this is: the folders above belong to another user.
    monkeypatch.setattr(os, "getuid", lambda: OTHER)
    assert exposure(planted.parent) == "belongs to another user"
    folder, lost = code_folder("abc")
    assert folder.parent == home[1]
    assert folder.name != planted.parent.name
    assert str(planted) in lost
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert str(planted) in shown
    assert VARIABLE in shown


@pytest.mark.parametrize("level", ["place", "place/abc"])
def test_a_symbolic_link_in_place_of_the_folder_is_not_followed(home, level, monkeypatch, capsys):
    monkeypatch.setenv("HOME", "/proc/nowhere")
    elsewhere = home[0] / "elsewhere"
    (elsewhere / "abc").mkdir(parents=True)
    place = shared(home[1])
    if level == "place":
        place.symlink_to(elsewhere)
    else:
        place.mkdir(mode=0o700)
        (place / "abc").symlink_to(elsewhere / "abc")
    folder, lost = code_folder("abc")
    assert "is a symbolic link" in lost
    assert is_for_this_start_only(folder, lost, home[1])


def test_a_folder_that_others_could_write_to_is_not_loaded_from_and_the_one_above_is_closed(home, capsys):
    folder, _ = code_folder("abc")
    folder.parent.chmod(0o775)
    assert code_folder("abc") == (folder, "")
    assert mode(folder.parent) == 0o700
    folder.chmod(0o770)
    assert code_folder("abc") == (shared(home[1]) / "abc", "")


def test_a_base_that_everybody_can_change_is_not_used_unless_files_in_it_stay_with_their_owners(home, monkeypatch):
    base = home[0] / "base"
    base.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(base))
    base.chmod(0o777)
    assert code_folder("abc")[0] == shared(home[1]) / "abc"
    base.chmod(0o1777)
    assert code_folder("abc")[0] == base / "civicsim" / "abc"


def test_a_home_serves_where_there_is_no_temporary_folder_and_without_both_nothing_is_kept(home, monkeypatch, capsys):
    def none():
        raise FileNotFoundError("No usable temporary directory")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert code_folder("abc") == (home[0] / ".cache" / "civicsim" / "abc", "")
    monkeypatch.setenv("HOME", "/proc/nowhere")
    folder, lost = code_folder("abc")
    assert folder is None
    assert "/proc/nowhere" in lost
    assert VARIABLE not in os.environ
    assert lost in capsys.readouterr().err


def test_the_folder_that_the_user_chose_is_used_and_one_that_cannot_be_made_is_named(home, monkeypatch, capsys):
    chosen = home[0] / "chosen"
    monkeypatch.setenv(VARIABLE, str(chosen))
    assert code_folder("abc") == (chosen, "")
    monkeypatch.setenv(VARIABLE, "/proc/nowhere")
    folder, lost = code_folder("abc")
    assert is_for_this_start_only(folder, lost, home[1])
    assert "/proc/nowhere" in capsys.readouterr().err


RUN = """
import os
from civicsim.engine.code_folder import VARIABLE, code_folder
print(code_folder("abc")[0], os.environ[VARIABLE])
"""


def test_the_folder_for_one_start_is_gone_when_the_process_ends(home):
    about = os.environ | {VARIABLE: "/proc/nowhere", "TMPDIR": str(home[1])}
    done = subprocess.run([sys.executable, "-c", RUN], env=about, capture_output=True, text=True, check=True)
    folder, variable = done.stdout.split()[-2:]
    assert folder == variable
    assert Path(folder).parent == home[1]
    assert list(home[1].iterdir()) == []


@pytest.mark.parametrize("content", [b"raise SystemExit('planted')\n", b"", b"def run():"])
def test_a_planted_or_damaged_week_file_is_never_executed_and_is_written_anew(tmp_path, content, monkeypatch):
    monkeypatch.setattr(together, "folder_of_code", lambda: tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    source = "kept = 'generated'\n"
    assert together._load(source).kept == "generated"
    (path,) = tmp_path.glob("week_*.py")
    path.write_bytes(content)
    del sys.modules[path.stem]
    assert together._load(source).kept == "generated"
    assert path.read_text() == source
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_week_file_that_is_a_link_is_replaced_and_its_target_left_alone(tmp_path, monkeypatch):
    own, target = tmp_path / "own", tmp_path / "target"
    own.mkdir()
    target.write_text("mine")
    together._write(own / "week.py", b"")
    (own / "week.py").unlink()
    (own / "week.py").symlink_to(target)
    together._write(own / "week.py", b"source")
    assert target.read_text() == "mine"
    assert (own / "week.py").read_bytes() == b"source"
    assert not (own / "week.py").is_symlink()


def test_code_of_old_versions_is_removed_when_a_new_version_begins(tmp_path, monkeypatch):
    place = tmp_path / "civicsim"
    place.mkdir(mode=0o700)
    day = 86_400.0
    ages = {f"{k:016x}": k * day for k in range(8)}
    for name, age in ages.items():
        (place / name).mkdir(mode=0o700)
        (place / name / "code.nbc").write_bytes(b"x")
        os.utime(place / name, (time.time() - age, time.time() - age))
    (place / "notes").mkdir(mode=0o700)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder, lost = code_folder("f" * 16)
    assert lost == ""
    left = {path.name for path in place.iterdir()}
    assert left == {"f" * 16, "notes", *(f"{k:016x}" for k in range(KEPT))}
    # A folder that already exists is used without removing anything.
    (place / ("e" * 16)).mkdir(mode=0o700)
    os.utime(place / ("e" * 16), (0, 0))
    assert code_folder("f" * 16) == (folder, "")
    assert (place / ("e" * 16)).exists()


def test_code_in_use_by_several_versions_at_a_time_is_kept(tmp_path):
    for k in range(8):
        (tmp_path / f"{k:016x}").mkdir(mode=0o700)
    assert prune(tmp_path, tmp_path / f"{0:016x}") == []
