"""Files of results: whole or not at all, and the same bytes whenever the results are the same."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import civicsim
from civicsim.cli import Stopped
from civicsim.cli.output import plain
from civicsim.errors import CivicsimError

if TYPE_CHECKING:
    import pandas as pd

_CSV: dict[str, Any] = {"index": False, "float_format": "%.6g", "lineterminator": "\n"}
PACKAGES = (
    "mesa", "numpy", "networkx", "matplotlib", "solara", "numba", "scipy", "pandas", "pyarrow", "typer", "rich",
    "tomli-w",
)  # fmt: skip
"""Packages whose versions are put down with results."""


class FolderError(CivicsimError):
    """A folder that cannot be written to."""


class Folder:
    """A folder of results: writes files whole, and remembers them. Write within ``with folder:``.

    Parameters
    ----------
    path : str or Path
        Made if it is not there.

    Raises
    ------
    FolderError
        If it cannot be made or written to.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.files: dict[str, str] = {}
        existing = next(parent for parent in (self.path, *self.path.absolute().parents) if parent.exists())
        if not existing.is_dir():
            raise FolderError(f"--out {path}: {existing} is a file, not a folder")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            trial = self.path / f".civicsim-{os.getpid()}"
            trial.touch()
            trial.unlink()
        except OSError as error:
            raise FolderError(f"--out {path}: cannot be written to ({error.strerror})") from None

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *about: object) -> None:
        """Say what was kept if the user stops the writing."""
        if kind is KeyboardInterrupt:
            kept = f"kept in {self.path}: {', '.join(self.files)}" if self.files else "nothing was written"
            raise Stopped(kept) from None

    def write(self, name: str, about: str, put: Callable[[Path], Any]) -> None:
        """Write one file, by way of another name so that it is there whole or not at all.

        Parameters
        ----------
        name : str
            Name of the file.
        about : str
            What is in it, in a few words.
        put : callable
            ``put(path)`` writes the file.
        """
        target = self.path / name
        temporary = self.path / f".{target.stem}-{os.getpid()}{target.suffix}"
        try:
            put(temporary)
            os.replace(temporary, target)
        except OSError as error:
            raise FolderError(f"{target}: cannot be written ({error.strerror or error})") from None
        finally:
            temporary.unlink(missing_ok=True)
        self.files[name] = about

    def write_text(self, name: str, about: str, text: str) -> None:
        """Write a text file."""
        self.write(name, about, lambda path: path.write_text(text, encoding="utf-8", newline="\n"))

    def write_csv(self, name: str, about: str, frame: pd.DataFrame) -> None:
        """Write a table as CSV, with six significant digits."""
        self.write(name, about, lambda path: frame.to_csv(path, **_CSV))

    def write_parquet(self, name: str, about: str, frame: pd.DataFrame) -> None:
        """Write a table as Parquet, with every digit."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        # Without the description that pandas adds, the file depends on the data alone.
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        self.write(name, about, lambda path: pq.write_table(table, path, compression="zstd"))

    def write_table(self, name: str, about: str, frame: pd.DataFrame, csv: bool = True) -> None:
        """Write a table as Parquet, and as CSV too unless that is not wanted."""
        self.write_parquet(f"{name}.parquet", about, frame)
        if csv:
            self.write_csv(f"{name}.csv", about, frame)

    def write_manifest(self, arguments: Sequence[str], about: Mapping[str, Any]) -> None:
        """Write ``manifest.json``: what it takes to repeat and to check the other files."""
        content = {
            "command": shlex.join(["civicsim", *arguments]),
            **about,
            "civicsim": civicsim.__version__,
            "git_commit": git_commit(),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": package_versions(),
            "sha256": {name: sha256(self.path / name) for name in self.files},
        }
        self.write_text(
            "manifest.json", "how the files came about, with checksums", json.dumps(plain(content), indent=2) + "\n"
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_versions() -> dict[str, str]:
    """Return the version of each package that has a part in results; "missing" where it is not installed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "missing"
    return versions


def git_commit() -> str | None:
    """Return the commit of the source, with "-changed" after it if files differ; None outside of a repository."""
    package = Path(civicsim.__file__).parent

    def git(*words: str) -> str:
        command = ["git", "-C", str(package), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        # An installed copy may lie within somebody else's repository, which does not track it.
        git("ls-files", "--error-unmatch", "__init__.py")
        commit = git("rev-parse", "HEAD")
        return f"{commit}-changed" if git("status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return None
