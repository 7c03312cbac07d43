"""Where compiled code is kept between runs: in a folder that no other user can write to.

What lies there is executed when it is loaded. A file that another user put there would run with the rights of the user who
starts civicsim, so a folder is used only if it belongs to the current user, is no symbolic link and cannot be written to
by others. On Windows, the folders of a user's profile, temporary files included, are closed to other users by the system;
owner and mode are not looked at there.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path

KEPT = 3
"""Folders of other versions of the code that are kept, the most recently used ones."""
_HOUR = 3_600.0
_NAME = re.compile(r"[0-9a-f]{16}")
VARIABLE = "NUMBA_CACHE_DIR"
"""Environment variable by which a user chooses another folder, and answers for it."""


def exposure(folder: Path) -> str:
    """Return why files in a folder may come from other users; ``""`` if they cannot.

    Raises
    ------
    OSError
        If there is no such folder.
    """
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode):
        return "is a symbolic link" if stat.S_ISLNK(about.st_mode) else "is not a folder"
    if not hasattr(os, "getuid"):
        return ""
    if about.st_uid != os.getuid():
        return "belongs to another user"
    return "can be written to by other users" if about.st_mode & 0o022 else ""


def code_folder(name: str) -> tuple[Path | None, str]:
    """Return the folder for compiled code, and why code is not kept there for later runs; ``""`` if it is.

    Parameters
    ----------
    name : str
        Folder for this version of the code, within the folder of civicsim.

    Returns
    -------
    folder : Path or None
        ``NUMBA_CACHE_DIR`` where that is set; else a private folder in the user's cache, or in the folder for temporary
        files. If none of them can be used, a new folder that is removed at the end, or None without a place for that.
    lost : str
        One sentence for the user, printed to the standard error as well.
    """
    given = os.environ.get(VARIABLE)
    refused = []
    for folder in [Path(given)] if given else [place / name for place in _places()]:
        try:
            wrong = _usable(folder) if given else _private(folder)
        except OSError as error:
            wrong = error.strerror or str(error)
        if not wrong:
            return folder, ""
        refused.append(f"{folder} ({wrong})")
    lost = f"compiled code cannot be kept in {' or '.join(refused)}; every start compiles anew, for about a minute"
    passing: Path | None = None
    with contextlib.suppress(OSError):
        passing = Path(tempfile.mkdtemp(prefix="civicsim-"))
        # Worker processes share the folder.
        os.environ[VARIABLE] = str(passing)
        atexit.register(shutil.rmtree, passing, ignore_errors=True)
    print(f"civicsim: {lost}; set {VARIABLE} to a folder of yours", file=sys.stderr)
    return passing, lost


def _places() -> list[Path]:
    """Return the folders of civicsim that compiled code may be kept in, the best first."""
    places = [Path(os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~"), ".cache")) / "civicsim"]
    with contextlib.suppress(OSError):
        # Users share this folder: each has a name of their own in it.
        places.append(Path(tempfile.gettempdir(), f"civicsim-{os.getuid()}" if hasattr(os, "getuid") else "civicsim"))
    return places


def _private(folder: Path) -> str:
    """Make a private folder within the folder of civicsim, and return why it cannot be used."""
    place, base = folder.parent, folder.parent.parent
    if not base.is_absolute():
        return "is not an absolute path"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        about = base.stat()
        # A user who may rename folders in the base could exchange ours at any time.
        if about.st_uid not in (0, os.getuid()):
            return "lies in a folder of another user"
        if about.st_mode & stat.S_IWOTH and not about.st_mode & stat.S_ISVTX:
            return "lies in a folder that other users can change"
    new = False
    for own in (place, folder):
        with contextlib.suppress(FileExistsError):
            own.mkdir(mode=0o700)
            new = True
        if own == place and exposure(own) == "can be written to by other users":
            # Earlier versions left this to the umask. What lies in the folder is looked at next.
            own.chmod(0o700)
        if wrong := exposure(own):
            return wrong
    if wrong := _writable(folder):
        return wrong
    # The time of the last change tells which folders are in use.
    os.utime(folder)
    if new:
        # What another process is removing at this moment is no reason not to use the folder.
        with contextlib.suppress(OSError):
            prune(place, folder)
    return ""


def prune(place: Path, used: Path, now: float | None = None) -> list[Path]:
    """Remove compiled code of other versions, but for the :data:`KEPT` last used and those used within the hour.

    Parameters
    ----------
    place : Path
        Folder of civicsim. Only folders in it that are named and protected as this module does are touched.
    used : Path
        Folder that stays.
    now : float, optional
        Seconds since the epoch; the present by default.

    Returns
    -------
    list of Path
        Folders that were removed.
    """
    others = [path for path in place.iterdir() if _NAME.fullmatch(path.name) and path != used and not exposure(path)]
    by_use = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
    limit = (time.time() if now is None else now) - _HOUR
    old = [path for path in by_use[KEPT:] if path.stat().st_mtime < limit]
    for path in old:
        # Another process may remove it at the same time.
        shutil.rmtree(path, ignore_errors=True)
    return old


def _writable(folder: Path) -> str:
    """Make a folder, and return why it cannot be written to."""
    folder.mkdir(parents=True, exist_ok=True)
    return "" if os.access(folder, os.W_OK | os.X_OK) else "cannot be written to"


def _usable(folder: Path) -> str:
    """Return why a folder that the user chose cannot be used: it has to be writable, or to have compiled code already."""
    if folder.is_dir() and any(folder.rglob("*.nbc")):
        return ""
    return _writable(folder)
