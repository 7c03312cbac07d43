"""Compiled code on disk: checked before it is loaded, and kept as far as there is a place for it.

What a power cut, a full disk or a network drive has damaged counts as not there, and is compiled again. Where nothing can be written, what
is there is read all the same.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime import rtsys  # type: ignore[attr-defined]

from civicsim.engine.locks import locked
from civicsim.errors import CivicsimError

_SUM = hashlib.sha256().digest_size
_PATIENCE = 60.0
"""Seconds to wait for another process that keeps code."""


@functools.cache
def _tell(text: str) -> None:
    """Write one line for the user, once."""
    print(f"civicsim: {text}", file=sys.stderr)


def _checked(path: str) -> bytes | None:
    """Return what a file holds after its checksum; None without the file, or where the sum is wrong."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data[_SUM:]).digest() == data[:_SUM]:
        return data[_SUM:]
    _tell(f"{Path(path).parent}: compiled code is damaged; what is damaged is compiled again")
    return None


class _Files(IndexDataCacheFile):
    """The files of a function, each with a checksum before it."""

    def _load_index(self) -> Any:
        data = _checked(self._index_path)
        made, overloads = (None, {}) if data is None else pickle.loads(data)
        return overloads if made == (self._version, self._source_stamp) else {}

    def _save_index(self, overloads: Any) -> None:
        self._put(self._index_path, ((self._version, self._source_stamp), overloads))

    def _load_data(self, name: str) -> Any:
        data = _checked(self._data_path(name))
        if data is None:
            raise FileNotFoundError(name)
        return pickle.loads(data)

    def _save_data(self, name: str, data: Any) -> None:
        self._put(self._data_path(name), data)

    def _put(self, path: str, thing: Any) -> None:
        data = self._dump(thing)
        try:
            with self._open_for_write(path) as file:
                file.write(hashlib.sha256(data).digest() + data)
        except OSError as error:
            _tell(
                f"{Path(path).parent}: compiled code cannot be kept there ({error.strerror}); the run goes on without"
            )


class Shelf(FunctionCache):
    """Compiled code on disk, loaded with what it takes to run it, and without all of numba that only compiling needs.

    Numba loads its compiler before it looks whether there is anything to compile, which takes a third of the time that a
    single run does. Where nothing is found, it loads the compiler as ever.
    """

    unlocked = False
    """Whether this process keeps code without a lock, because there was none to be had."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        stamp, base = self._impl.locator.get_source_stamp(), self._impl.filename_base
        self._cache_file = _Files(cache_path=self._cache_path, filename_base=base, source_stamp=stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for a signature; None if it is not there."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for a signature."""
        # Two processes that add to the list of what is kept of one function at the same time would mix up what they add.
        with ExitStack() as held:
            # Where nothing can be locked, one process at a time compiles the week all the same.
            if not Shelf.unlocked:
                try:
                    held.enter_context(locked(Path(self._cache_path) / "saving.lock", _PATIENCE))
                except CivicsimError:
                    Shelf.unlocked = True
            super().save_overload(sig, data)
