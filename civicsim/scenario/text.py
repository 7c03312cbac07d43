"""Reads a text file of bounded size, and reports in one line why one cannot be read."""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from civicsim.errors import ScenarioError

MOST_BYTES = 100_000_000
"""Largest file that is read. Assumption: enough for the ties of a million people; read, it takes about 2 GB of memory."""


@dataclass(frozen=True)
class Upload:
    """A file in memory, such as a visitor of the page has chosen; it is never stored.

    Attributes
    ----------
    name : str
        What to call it in a complaint; never opened.
    content : bytes
    """

    name: str
    content: bytes

    def __str__(self) -> str:
        """Return its name."""
        return self.name


Source = str | Path | Upload
"""What a file is read from: its path, or what it holds."""


def read_text(source: Source, advice: str = "") -> str:
    """Return the text of a UTF-8 file, without the byte order mark that some editors put before it.

    Raises :class:`ScenarioError` if there is none (with a file of nearly that name), it is too large or no UTF-8 text;
    ``advice`` then follows.
    """
    if isinstance(source, Upload):
        content = source.content
    else:
        with readable(Path(source)), Path(source).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    check_size(source, len(content))
    if content.startswith(b"PK\x03\x04"):
        raise ScenarioError(f"{source}: is a workbook or an archive, not text{advice}")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError(f"{source}: byte 0 (row 1): is UTF-16 text, not UTF-8{advice}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The offset counts without the byte order mark, if there is one.
        at = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        row = content[:at].count(b"\n") + 1
        raise ScenarioError(f"{source}: byte {at} (row {row}): is not UTF-8 text{advice}") from None


def check_size(source: Source, size: int) -> None:
    """Refuse a file of more than :data:`MOST_BYTES`."""
    if size > MOST_BYTES:
        raise ScenarioError(f"{source}: is larger than {MOST_BYTES // 1_000_000} MB, the most that is read")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Report in one line that a file cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise ScenarioError(f"{path}: no such file{_nearest_file(path)}") from None
    except NotADirectoryError:
        raise ScenarioError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ScenarioError(f"{path}: is a directory, not a file") from None
    except OSError as error:
        why = "name too long" if error.errno == errno.ENAMETOOLONG else error.strerror
        raise ScenarioError(f"{path}: cannot be read ({why})") from None
    except ValueError:
        if "\0" not in os.fspath(path):
            raise
        raise ScenarioError(f"{str(path)!r}: is not the name of a file") from None


def _nearest_file(path: Path) -> str:
    """Return a hint at a file of nearly that name, or at a folder that is not there."""
    if not path.parent.is_dir():
        return f"; there is no folder '{path.parent}'"
    others = [other.name for other in path.parent.glob("*.*")]
    close = difflib.get_close_matches(path.name, others, n=1)
    return f"; did you mean '{path.parent / close[0]}'?" if close else ""
