"""How kernels are compiled, and kept on disk without ever serving old code.

Numba's on-disk cache notices a change in the file of a kernel, but not in the helpers and constants that it imports. The
cache directory is therefore named after a hash of all source files in the engine and the model.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba

from civicsim.engine.code_folder import code_folder
from civicsim.engine.shelf import Shelf

_PACKAGE = Path(__file__).parents[1]
LAYERS = ("engine", "model")
"""Folders of the package that compiled code depends on. A test makes sure that they import from no other."""


def source_digest(package: Path = _PACKAGE) -> str:
    """Return a hash of all source files that decide what a run computes: those of :data:`LAYERS`.

    Parameters
    ----------
    package : Path
        Folder of the package.
    """
    digest = hashlib.sha256()
    for path in sorted(path for layer in LAYERS for path in (package / layer).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def source_hash(package: Path = _PACKAGE) -> str:
    """Return the name of the cache directory: a hash of the source files and of the compiler's versions."""
    versions = f"{numba.__version__} {llvmlite.__version__} {source_digest(package)}"
    return hashlib.sha256(versions.encode()).hexdigest()[:16]


_FOLDER, NOT_KEPT = code_folder(source_hash())
"""Why compiled code is not kept for later runs; "" if it is."""
numba.config.CACHE_DIR = str(_FOLDER or "")  # type: ignore[attr-defined]


# A loop over people reads a dozen columns and arrays. Before it works on several people at once it makes sure that none of
# what it writes overlaps with what it reads; by default the compiler gives up where that takes more than eight comparisons.
# The option holds for all that this process compiles. It changes what is fast, never what comes out.
llvmlite.binding.set_option("civicsim", "--runtime-memory-check-threshold=64")


def folder_of_code() -> Path | None:
    """Return where compiled code is kept; None if there is no place for it."""
    folder = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    return Path(folder) if folder else None


def compiled(function: Callable[..., Any], *, written_in: bool = False) -> Any:
    """Compile a function of arrays and numbers: no Python objects, no global lock, IEEE arithmetic (no fast-math).

    With ``written_in``, machine code is written into the calling function, however long: a loop with a call in it cannot work on
    several rows at once.
    """
    # Nothing calls kernels from C: what would let it do so need not be compiled.
    options: Any = {"nogil": True, "error_model": "numpy", "forceinline": written_in, "no_cfunc_wrapper": True}
    dispatcher: Any = numba.njit(**options)(function)
    if folder_of_code() is not None and Path(function.__code__.co_filename).is_file():
        dispatcher._cache = Shelf(function)
    return dispatcher


written_in = functools.partial(compiled, written_in=True)
"""Compiles a rule that loops over many rows apply to each of them."""
