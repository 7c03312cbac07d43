"""The folder of a study may come from anybody: nothing outside it is written or read, and looking executes nothing."""

import hashlib
import importlib.util
import itertools
import json
import os
import py_compile
import shutil
import sys

import pytest
from studies import SIZES, small_study

from civicsim.app.pages import results
from civicsim.cli import main
from civicsim.errors import CivicsimError
from civicsim.model.measures import MEASURES
from civicsim.scenario.model import load_model
from civicsim.study.analysis.adversary import adversary
from civicsim.study.run.runner import run_study
from civicsim.study.store.folder import StudyFolder, load_study
from civicsim.study.store.holdings import LISTED
from civicsim.study.store.store import open_store

CODE = """
import os
if "EXECUTED" in os.environ:
    open(os.environ["EXECUTED"], "w").close()
MEASURES = ()
"""
FOREIGN = (
    *("../victim/file", "/file", "sub/file", "..", "", "evil.txt"),
    *("manifest.json", "parts", "Runs.parquet", "\x1b[31m"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A whole store of a study with code of its own."""
    at = tmp_path_factory.mktemp("foreign")
    (at / "own.py").write_text(CODE)
    study = small_study(code="own.py", folder=at, weekly=["trust"], seeds=2)
    return run_study(study, at / "store", processes=0).path


@pytest.fixture
def copies(made, tmp_path):
    """Yield copies of the store, each called "copy" in a folder of its own."""
    return (shutil.copytree(made, tmp_path / str(number) / "copy") for number in itertools.count())


@pytest.fixture
def copy(copies):
    return next(copies)


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """A file that is there once the code of the store has been executed."""
    monkeypatch.setenv("EXECUTED", str(tmp_path / "executed"))
    return tmp_path / "executed"


def command(capsys, *words):
    """Call the command line, and return its exit code and what it wrote to the standard error."""
    capsys.readouterr()
    code = main(["study", *map(str, words)])
    return code, capsys.readouterr().err


def is_one_line_that_names(found, *names):
    code, said = found
    return code == 2 and said.count("\n") == 1 and all(name in said for name in names) and "Traceback" not in said


def test_a_manifest_that_lists_a_file_of_another_name_is_refused(copies, capsys):
    for manifest, name in itertools.product(("manifest.json", "manifest.next.json"), FOREIGN):
        copy = next(copies)
        victim, planted = copy.parent / "victim", copy / ".next-evil"
        victim.mkdir()
        (victim / "file").write_text("mine")
        planted.write_text("evil")
        known = json.loads((copy / "manifest.json").read_text())
        known["files"][name] = known["files"]["runs.parquet"]
        (copy / manifest).write_text(json.dumps(known))
        assert is_one_line_that_names(command(capsys, "run", copy), manifest, repr(name)), (manifest, name)
        with pytest.raises(CivicsimError, match="is not a file of a study"):
            StudyFolder(load_study(copy), copy)
        assert ((victim / "file").read_text(), planted.read_text()) == ("mine", "evil"), (manifest, name)


def test_an_exchange_that_leads_out_of_the_folder_is_not_made(copy, capsys):
    # The draft of "../victim/file" is ".next-../victim/file": a folder of that name makes it a path that exists.
    victim, data = copy.parent / "victim", b"evil"
    victim.mkdir()
    (victim / "file").write_text("mine")
    (copy / ".next-..").mkdir()
    (copy / ".next-.." / "victim").mkdir()
    (copy / ".next-.." / "victim" / "file").write_bytes(data)
    known = json.loads((copy / "manifest.json").read_text())
    known["files"]["../victim/file"] = {"sha256": hashlib.sha256(data).hexdigest()}
    (copy / "manifest.next.json").write_text(json.dumps(known))
    assert is_one_line_that_names(command(capsys, "run", copy), "'../victim/file'")
    assert (victim / "file").read_text() == "mine"


def test_a_manifest_without_names_and_hashes_is_refused(copy, capsys):
    known = json.loads((copy / "manifest.json").read_text())
    for files in (None, [], {"runs.parquet": "abc"}, {"runs.parquet": {"sha256": 7}}):
        (copy / "manifest.json").write_text(json.dumps(known | {"files": files}))
        for words in (("run", copy), ("status", copy)):
            assert is_one_line_that_names(command(capsys, *words), "manifest.json: files"), files


PLACES = ("parts", "locks", "set-aside")
FILES = (
    *LISTED,
    "manifest.json",
    "manifest.next.json",
    "report.html",
    ".next-runs.parquet",
    ".draft-x",
    "parts/.stage-0-1",
    "parts/x.parquet",
    "locks/tables.lock",
    "locks/shard-1-of-1.lock",
    "set-aside/x",
)


def test_a_link_in_a_store_is_refused_whatever_is_done_with_it(copies, capsys):
    # Every link is met by running the study and by looking at it; every other command meets the first link of each kind.
    for names in (PLACES, FILES):
        for place, name in enumerate(names):
            check_link(next(copies), capsys, name, COMMANDS if place == 0 else COMMANDS[:1])


COMMANDS = (("run",), ("run", "--retry-failed"), ("expand", "--add-seeds", "1"), ("status",), ("report",))


def check_link(copy, capsys, name, commands):
    target = copy.parent / "victim"
    link = copy / name
    link.parent.mkdir(exist_ok=True)
    if name in PLACES:
        shutil.rmtree(link, ignore_errors=True)
        target.mkdir()
        (target / "file").write_text("mine")
    else:
        if link.exists():
            link.rename(target)
        else:
            target.write_text("mine")
    link.symlink_to(target)
    held = target / "file" if name in PLACES else target
    before = held.read_bytes(), held.stat().st_mtime_ns
    for own in commands:
        found = command(capsys, own[0], copy, *own[1:])
        assert is_one_line_that_names(found, f"{link}: is a symbolic link"), (name, own)
    for look in (open_store, load_study):
        with pytest.raises(CivicsimError, match="is a symbolic link"):
            look(copy)
    assert (held.read_bytes(), held.stat().st_mtime_ns) == before
    assert sorted(path.name for path in copy.parent.iterdir()) == ["copy", "victim"]
    assert not target.is_dir() or [path.name for path in target.iterdir()] == ["file"]


def test_a_link_in_a_folder_without_a_manifest_is_refused_too(copy, capsys, tmp_path):
    (copy / "manifest.json").unlink()
    shutil.rmtree(copy / "parts")
    (copy / "parts").symlink_to(tmp_path)
    with pytest.raises(CivicsimError, match="parts: is a symbolic link"):
        run_study(small_study(), copy, processes=0)


def test_the_folder_itself_may_be_a_link(copy, tmp_path):
    (tmp_path / "link").symlink_to(copy)
    assert open_store(tmp_path / "link").complete
    assert run_study(load_study(tmp_path / "link"), tmp_path / "link", processes=0).complete


def test_a_link_in_the_folder_of_a_search_is_refused(tmp_path):
    study = small_study(factors=SIZES, uncertainties={"voice.intercept": {"low": -1.8, "high": -1.0}})
    names = ("worst.toml", "journal.log", "journal.log.lock", "spread", "batches", "batches/0000", "locks")
    for number, name in enumerate(names):
        folder, target = tmp_path / f"search-{number}", tmp_path / f"victim-{number}"
        (folder / name).parent.mkdir(parents=True)
        target.mkdir()
        (folder / name).symlink_to(target)
        with pytest.raises(CivicsimError, match="is a symbolic link"):
            adversary(study, "civic-culture", "trust", folder, trials=0, processes=0)
        assert list(target.iterdir()) == [], name


def test_code_of_a_store_is_executed_when_it_is_run_and_never_when_it_is_looked_at(copy, capsys, executed, monkeypatch):
    def looks():
        for words in (
            ("status", copy),
            ("report", copy),
            ("list", copy.parent),
            ("export", copy, "--out", "runs.csv"),
            ("compare", copy),
            ("regret", copy),
            ("multiverse", copy),
        ):
            assert command(capsys, *words)[0] == 0, words
        store = open_store(copy)
        for about in (
            store.status(),
            store.runs(),
            store.weekly(),
            store.to_pandas(),
            store._repr_html_(),
            repr(store),
        ):
            assert len(about)
        assert load_study(copy).scenario(0).weeks == 3
        monkeypatch.setenv(results.RESULTS, str(copy))
        assert results.rows_of(results.the_store(), "trust")

    monkeypatch.chdir(copy.parent)
    forget(copy / "code.py")
    looks()
    assert not executed.exists()
    assert command(capsys, "run", copy, "--processes", "0")[0] == 0
    assert executed.exists()


def forget(path):
    """Have the code of a file be unknown to this process."""
    sys.modules.pop(f"civicsim_own_{load_model(path).sha256[:16]}")
    executed = os.environ.get("EXECUTED")
    if executed and os.path.exists(executed):
        os.unlink(executed)


def test_bytecode_beside_the_code_is_not_executed(tmp_path, executed):
    code, planted = tmp_path / "code.py", tmp_path / "planted.py"
    code.write_text("MEASURES = []\n")
    planted.write_text(CODE)
    cached = importlib.util.cache_from_source(str(code))
    py_compile.compile(str(planted), cached, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert load_model(code).measures == MEASURES
    assert not executed.exists()
