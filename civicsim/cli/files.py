"""Files of results: whole or not at all, and the same bytes whenever the results are the same."""

from __future__ import annotations

import json
import os
import platform
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import civicsim
from civicsim.cli import TEXTS, Stopped
from civicsim.cli.output import Line, Output, plain
from civicsim.cli.tables import grid
from civicsim.errors import CivicsimError, size_of

if TYPE_CHECKING:
    import pandas as pd

_CSV: dict[str, Any] = {"index": False, "lineterminator": "\n"}
_SIX_DIGITS, _EVERY_DIGIT = "%.6g", "%.17g"


def check_ending(path: str, endings: Iterable[str], option: str = "") -> str:
    """Return the ending of a file's name, if it is one of those allowed."""
    ending = Path(path).suffix.lower()
    if ending not in (allowed := tuple(endings)):
        nearest = f"; did you mean '{Path(path).with_suffix(allowed[0])}'?" if len(allowed) == 1 else ""
        name = f"{option} {path}".strip()
        raise CivicsimError(f"{name}: expected a name that ends in {' or '.join(allowed)}{nearest}")
    return ending


def check_free(paths: Iterable[str], force: bool) -> None:
    """Raise an error if a file exists that must not be overwritten, or is a folder."""
    for path in paths:
        if Path(path).is_dir():
            raise CivicsimError(f"{path}: is a folder")
        if Path(path).exists() and not force:
            raise CivicsimError(f"{path}: already exists; add --force to overwrite it")


def write_file(path: str | Path, put: Callable[[Path], Any]) -> None:
    """Write a file with ``put(path)``, under a temporary name first: it is there whole or not at all. Make its folder."""
    target = Path(path)
    temporary = target.parent / f".{target.stem}-{os.getpid()}{target.suffix}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        put(temporary)
        os.replace(temporary, target)
    except OSError as error:
        raise CivicsimError(f"{target}: cannot be written ({error.strerror or error})") from None
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)


def write_new(files: Mapping[str, Callable[[Path], Any]], force: bool) -> None:
    """Write files by path, each with its ``put(path)``; refuse to overwrite one unless that is wanted."""
    check_free(files, force)
    for path, put in files.items():
        write_file(path, put)


def filled(text: str, /, **values: Any) -> str:
    """Return a text of the folder ``texts`` with values filled in."""
    from jinja2 import StrictUndefined, Template

    how: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
    return Template((TEXTS / text).read_text(encoding="utf-8"), undefined=StrictUndefined, **how).render(**values)


def text_writer(text: str) -> Callable[[Path], Any]:
    """Return what writes a text to a path."""
    return lambda path: path.write_text(text, encoding="utf-8", newline="\n")


def table_writer(frame: pd.DataFrame, digits: str = _EVERY_DIGIT) -> Callable[[Path], Any]:
    """Return what writes a table to a path, as CSV or Parquet by its ending."""

    def put(path: Path) -> None:
        if path.suffix.lower() == ".csv":
            from civicsim.report.spreadsheets import without_formulas

            without_formulas(frame).to_csv(path, float_format=digits, **_CSV)
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        # Without the description that pandas adds, the file depends on the data alone.
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(table, path, compression="zstd")

    return put


class Folder:
    """A folder of results, made if it does not exist, which remembers its files. Write within ``with folder.writing(…):``."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.files: dict[str, str] = {}
        existing = next(parent for parent in (self.path, *self.path.absolute().parents) if parent.exists())
        if not existing.is_dir():
            raise CivicsimError(f"--out {path}: {existing} is a file, not a folder")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            trial = self.path / f".civicsim-{os.getpid()}"
            trial.touch()
            trial.unlink()
        except OSError as error:
            raise CivicsimError(f"--out {path}: cannot be written to ({error.strerror})") from None

    @contextmanager
    def writing(self, output: Output, about: Mapping[str, Any]) -> Iterator[None]:
        """Write the manifest after the block, in which the other files are written; report what was kept if it is stopped.

        ``about`` describes what the files rest on; see :meth:`_write_manifest`.
        """
        output.note(f"writing files to {self.path}")
        try:
            yield
            self._write_manifest(output, about)
        except KeyboardInterrupt:
            kept = f"kept in {self.path}: {', '.join(self.files)}" if self.files else "nothing was written"
            raise Stopped(kept) from None

    def write(self, name: str, about: str, put: Callable[[Path], Any]) -> None:
        """Write one file; ``about`` describes its content in a few words."""
        write_file(self.path / name, put)
        self.files[name] = about

    def write_text(self, name: str, about: str, text: str) -> None:
        """Write a text file."""
        self.write(name, about, text_writer(text))

    def write_csv(self, name: str, about: str, frame: pd.DataFrame) -> None:
        """Write a table as CSV, with six significant digits."""
        self.write(name, about, table_writer(frame, _SIX_DIGITS))

    def write_table(self, name: str, about: str, frame: pd.DataFrame, csv: bool = True) -> None:
        """Write a table as Parquet with every digit, and as CSV too if wanted."""
        self.write(f"{name}.parquet", about, table_writer(frame))
        if csv:
            self.write_csv(f"{name}.csv", about, frame)

    def _write_manifest(self, output: Output, about: Mapping[str, Any]) -> None:
        """Write ``manifest.json``: all that is needed to repeat the command and to check the other files."""
        from civicsim.study.store.files import sha256
        from civicsim.study.store.origin import git_commit, packages

        content = {
            "command": shlex.join(["civicsim", *output.arguments]),
            **about,
            "civicsim": civicsim.__version__,
            "git_commit": git_commit(),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": packages(),
            "sha256": {name: sha256(self.path / name) for name in self.files},
        }
        text = json.dumps(plain(content), indent=2) + "\n"
        self.write_text("manifest.json", "origin of the files, with checksums", text)


def files_of(folder: Folder | None) -> dict[str, str]:
    """Return what was written: path → content."""
    return {} if folder is None else {str(folder.path / name): about for name, about in folder.files.items()}


def file_lines(folder: Folder | None) -> Iterator[Line]:
    """Yield the files written, with their size and content."""
    if folder is not None:
        rows = [[name, size_of((folder.path / name).stat().st_size), about] for name, about in folder.files.items()]
        yield from ("", f"Files in {folder.path}:", grid(rows, head=False, right=(1,), indent=2))
