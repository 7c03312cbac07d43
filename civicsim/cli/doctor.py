"""The command ``doctor``: checks whether civicsim has all that it needs, and how fast a run is."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.text import Text

import civicsim
from civicsim.cli.commands import Doctor
from civicsim.cli.extras import EXTRAS, install, missing
from civicsim.cli.files import PACKAGES, version_of
from civicsim.cli.output import Output

_NEEDED_PYTHON = (3, 12)
_FIX = "reinstall, for example with: uv sync"
_PAGE_PACKAGES = ("solara-assets", "ipyvuetify", "ipyvue")
_COLOURS = {"ok": "green", "missing": "yellow", "broken": "bold red"}


@dataclass(frozen=True)
class Finding:
    """The result of one check, in words. What is "missing" is optional; what is "broken" is not."""

    what: str
    state: Literal["ok", "missing", "broken"]
    text: str


def doctor(output: Output, request: Doctor) -> bool:
    """Check the installation, show the results, and return whether nothing is broken."""
    findings = []
    for check in (_python, _packages, _extras, _page, _folder, _cache, _threads, _speed):
        for finding in check():
            findings.append(finding)
            if not output.json:
                line = Text(f"{finding.state:<8}", style=_COLOURS[finding.state])
                output.print(line.append(f"{finding.what:<18}{finding.text}", style="not bold default"))
    well = all(finding.state != "broken" for finding in findings)
    output.show(
        {"well": well, "checks": [vars(finding) for finding in findings]},
        ["", "All is well." if well else "Something is broken: see above."],
        "civicsim demo" if well else _FIX,
    )
    return well


def _python() -> Iterator[Finding]:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()} ({sys.executable})"
    enough = sys.version_info >= _NEEDED_PYTHON
    yield Finding("Python", "ok" if enough else "broken", text if enough else f"{text}: needs 3.12 or later")
    yield Finding("civicsim", "ok", f"{civicsim.__version__} in {Path(civicsim.__file__).parent}")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        installed = importlib.util.find_spec(name.replace("-", "_")) is not None
        text = version_of(name) or "version unknown"
        yield Finding(name, "ok" if installed else "broken", text if installed else f"is not installed: {_FIX}")


def _extras() -> Iterator[Finding]:
    """Check the optional packages."""
    for name, (_, purpose) in EXTRAS.items():
        absent = missing(name)
        text = f"to {purpose}" + (f": {install(name)}" if absent else "")
        yield Finding(f"extra {name}", "missing" if absent else "ok", text)


def _page() -> list[Finding]:
    """Check the files of the page, which are never fetched."""

    def look() -> list[Finding]:
        from civicsim.app import hosting

        with hosting.started():
            page = hosting.read_page("/") or ""
        lost = [*hosting.missing_files(), *hosting.missing_names(page)]
        if lost:
            again = " ".join(f"--reinstall-package {name}" for name in _PAGE_PACKAGES)
            text = f"{len(lost)} missing, such as {lost[0]}: reinstall them, for example with: uv sync {again}"
            return [Finding("page assets", "broken", text)]
        return [Finding("page assets", "ok", f"in {hosting.asset_folder()}: the page works without internet")]

    return _tried("page assets", look)


def _writable(what: str, folder: Path, otherwise: str) -> list[Finding]:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return [Finding(what, "ok", f"can write to {folder}")]
    except OSError as error:
        return [Finding(what, "broken", f"cannot write to {folder} ({error.strerror}): {otherwise}")]


def _folder() -> list[Finding]:
    return _writable("this folder", Path.cwd(), "use --out with a folder that you may write to")


def _cache() -> list[Finding]:
    """Check the folder of compiled code."""

    def look() -> list[Finding]:
        from civicsim.engine.code_folder import exposure
        from civicsim.engine.compiled import NOT_KEPT, folder_of_code
        from civicsim.experiment.warming import is_warm

        folder = folder_of_code()
        if NOT_KEPT or folder is None:
            return [Finding("compiled code", "broken", f"{NOT_KEPT}: set NUMBA_CACHE_DIR to a folder of yours")]
        whose = _whose(folder)
        if danger := exposure(folder.resolve()):
            text = f"{folder} ({whose}) {danger}, who can thus run code as you: chmod 700, or another NUMBA_CACHE_DIR"
            return [Finding("compiled code", "broken", text)]
        if not is_warm():
            text = f"none yet in {folder} ({whose}): civicsim warmup compiles in advance"
            return [Finding("compiled code", "missing", text)]
        (found,) = _writable("compiled code", folder, "set NUMBA_CACHE_DIR, or each start takes a minute")
        return [dataclasses.replace(found, text=f"{found.text} ({whose})")]

    return _tried("compiled code", look)


def _whose(folder: Path) -> str:
    """Return the owner and the mode of a folder, where the system has them."""
    try:
        owner = folder.owner()
    except (NotImplementedError, KeyError):
        # Windows, and users without an entry.
        owner = str(folder.stat().st_uid)
    return f"owner {owner}, mode {folder.stat().st_mode & 0o7777:o}"


def _threads() -> list[Finding]:
    from civicsim.experiment.run import threads_available

    return [Finding("threads", "ok", f"{threads_available()}")]


def _speed() -> list[Finding]:
    """Time a run of the default organisation, after a first one that compiles."""

    def look() -> list[Finding]:
        from civicsim.cli.scenarios import n_posts
        from civicsim.experiment.run import burn_in, simulate
        from civicsim.scenario.scenario import Scenario

        scenario = Scenario.preset()
        began = time.perf_counter()
        # The first week loads the compiled loop.
        cohort = burn_in(scenario.with_(burn_in_weeks=1), 1, threads=1)
        first = time.perf_counter() - began
        began, weeks = time.perf_counter(), 52
        simulate(cohort, weeks, threads=1)
        took = time.perf_counter() - began
        each = took / (n_posts(scenario.structure) * weeks) * 1e9
        text = f"{each:.0f} ns per person-week: a year of {n_posts(scenario.structure)} posts in {1000 * took:.0f} ms on one thread"
        return [Finding("start", "ok", f"first weeks after {first:.1f} s"), Finding("speed", "ok", text)]

    return _tried("speed", look)


def _tried(what: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    """Return the results of a check, or that it failed."""
    try:
        return look()
    except Exception as error:
        return [Finding(what, "broken", f"{type(error).__name__}: {' '.join(str(error).split())}")]
