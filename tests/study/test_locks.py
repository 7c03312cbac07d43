"""File systems without locks: a lock file tells whose it is and how to remove it, and no lock at all is one clear line."""

import errno
import fcntl
import os

import pytest

from civicsim.engine.locks import HeldError, locked
from civicsim.errors import CivicsimError
from civicsim.study.store.lock import at_work, held, running

pytestmark = pytest.mark.filterwarnings("ignore:flock not supported")


@pytest.fixture
def without(monkeypatch):
    """Make locks of the operating system fail with an error number."""

    def set_to(number):
        def flock(file, operation):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", flock)

    return set_to


def test_a_file_that_is_the_lock_tells_whose_it_is_and_can_be_removed(tmp_path, without):
    without(errno.ENOSYS)
    path = tmp_path / "locks" / "shard-1-of-1.lock"
    with running(tmp_path, 1, 1):
        process, *rest = path.read_text().split("\n")
        assert process == str(os.getpid())
        assert at_work(tmp_path) == ["1 of 1"]
    assert at_work(tmp_path) == []
    # A process on another computer was killed.
    path.write_text("\n".join([process, "node2", *rest[1:]]))
    with pytest.raises(CivicsimError) as refusal, running(tmp_path, 1, 1):
        pass
    assert f"{tmp_path}: another process runs this study; it is process {process} on node2, since 20" in str(
        refusal.value
    )
    assert str(refusal.value).endswith(f"if that has ended, remove {path}")
    path.unlink()
    with running(tmp_path, 1, 1):
        assert held(path)


def test_an_empty_file_that_a_real_lock_left_is_no_lock(tmp_path, without):
    path = tmp_path / "tables.lock"
    with locked(path, 0.0):
        pass
    os.utime(path, (0, 0))
    without(errno.ENOSYS)
    with locked(path, 0.0):
        assert held(path)


def test_a_file_system_without_any_lock_is_named(tmp_path, without):
    without(errno.ENOLCK)
    with (
        pytest.raises(CivicsimError, match=r"locks: cannot lock a file here \(No locks available\); choose a folder"),
        running(tmp_path, 1, 1),
    ):
        pass
    assert at_work(tmp_path) == []


def test_a_lock_is_held_by_one_and_looking_at_it_is_in_no_ones_way(tmp_path):
    path = tmp_path / "a.lock"
    with locked(path, 0.0):
        with pytest.raises(HeldError, match="wait for it, or stop it first"), locked(path, 0.0):
            pass
        assert held(path)
    assert not held(path)
