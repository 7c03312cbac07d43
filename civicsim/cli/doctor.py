"""The commands ``doctor`` and ``warmup``: whether civicsim has all that it needs, and the model compiled in advance."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from rich.text import Text

import civicsim
from civicsim.cli import Stopped
from civicsim.cli.commands import Doctor, Warmup
from civicsim.cli.output import Output
from civicsim.cli.progress import shown
from civicsim.errors import size_of
from civicsim.experiment.progress import duration
from civicsim.experiment.wording import counted
from civicsim.extras import EXTRAS, install, missing
from civicsim.study.store.origin import MISSING, packages

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
    for what, check in _CHECKS.items():
        for finding in _tried(what, check):
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


def _tried(what: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the results of a check, or that it failed."""
    try:
        yield from check()
    except Exception as error:
        yield Finding(what, "broken", f"{type(error).__name__}: {' '.join(str(error).split())}")


def _python() -> Iterator[Finding]:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()} ({sys.executable})"
    enough = sys.version_info >= _NEEDED_PYTHON
    yield Finding("Python", "ok" if enough else "broken", text if enough else f"{text}: needs 3.12 or later")
    yield Finding("civicsim", "ok", f"{civicsim.__version__} in {Path(civicsim.__file__).parent}")


def _packages() -> Iterator[Finding]:
    for name, version in packages().items():
        there = version != MISSING
        yield Finding(name, "ok" if there else "broken", version if there else f"is not installed: {_FIX}")


def _extras() -> Iterator[Finding]:
    for name, (_, purpose) in EXTRAS.items():
        absent = missing(name)
        text = f"to {purpose}" + (f": {install(name)}" if absent else "")
        yield Finding(f"extra {name}", "missing" if absent else "ok", text)


def _page() -> Iterator[Finding]:
    """Check the files of the page, which are never fetched."""
    from civicsim.app import hosting

    with hosting.started():
        page = hosting.read_page("/") or ""
    lost = [*hosting.missing_files(), *hosting.missing_names(page)]
    text = f"in {hosting.asset_folder()}: the page works without internet"
    if lost:
        again = " ".join(f"--reinstall-package {name}" for name in _PAGE_PACKAGES)
        text = f"{len(lost)} missing, such as {lost[0]}: reinstall them, for example with: uv sync {again}"
    yield Finding("page assets", "broken" if lost else "ok", text)


def _writable(what: str, folder: Path, otherwise: str, more: str = "") -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding(what, "ok", f"can write to {folder}{more}")
    except OSError as error:
        return Finding(what, "broken", f"cannot write to {folder} ({error.strerror}): {otherwise}")


def _folder() -> Iterator[Finding]:
    yield _writable("this folder", Path.cwd(), "use --out with a folder that you may write to")


def _cache() -> Iterator[Finding]:
    """Check the folder of compiled code."""
    from civicsim.engine.code_folder import exposure
    from civicsim.engine.compiled import NOT_KEPT, folder_of_code
    from civicsim.experiment.compiling import is_ready

    folder = folder_of_code()
    if NOT_KEPT or folder is None:
        yield Finding("compiled code", "broken", f"{NOT_KEPT}: set NUMBA_CACHE_DIR to a folder of your own")
        return
    whose = _whose(folder)
    if danger := exposure(folder.resolve()):
        text = f"{folder} ({whose}) {danger}, who can thus run code as you: chmod 700, or another NUMBA_CACHE_DIR"
        yield Finding("compiled code", "broken", text)
    elif not is_ready():
        text = f"none yet in {folder} ({whose}): civicsim warmup compiles in advance"
        yield Finding("compiled code", "missing", text)
    else:
        otherwise = "set NUMBA_CACHE_DIR, or each start takes a minute"
        yield _writable("compiled code", folder, otherwise, f" ({whose})")


def _whose(folder: Path) -> str:
    """Return the owner and the mode of a folder, where the system has them."""
    try:
        owner = folder.owner()
    except (NotImplementedError, KeyError):
        # Windows, and users without an entry.
        owner = str(folder.stat().st_uid)
    return f"owner {owner}, mode {folder.stat().st_mode & 0o7777:o}"


def _threads() -> Iterator[Finding]:
    from civicsim.model.simulating import threads_available

    yield Finding("threads", "ok", f"{threads_available()}")


def _speed() -> Iterator[Finding]:
    """Time a run of the default organisation, after a first one that compiles."""
    from civicsim.experiment.run import burn_in, simulate
    from civicsim.scenario.scenario import Scenario
    from civicsim.scenario.sizes import n_posts

    scenario, weeks = Scenario.preset(), 52
    posts = n_posts(scenario)
    began = time.perf_counter()
    # The first week loads the compiled loop.
    cohort = burn_in(scenario.with_(burn_in_weeks=1), 1, threads=1)
    yield Finding("start", "ok", f"first weeks after {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    simulate(cohort, weeks, threads=1)
    took = time.perf_counter() - began
    each = took / (posts * weeks) * 1e9
    text = f"{each:.0f} ns per person-week: a year of {posts} posts in {1000 * took:.0f} ms on one thread"
    yield Finding("speed", "ok", text)


_CHECKS: dict[str, Callable[[], Iterable[Finding]]] = {
    "Python": _python,
    "packages": _packages,
    "extras": _extras,
    "page assets": _page,
    "this folder": _folder,
    "compiled code": _cache,
    "threads": _threads,
    "speed": _speed,
}
"""What is checked, in this order."""


def warmup(output: Output, request: Warmup) -> None:
    """Compile what a run needs in advance, and show where it is kept."""
    from civicsim.engine.compiled import NOT_KEPT
    from civicsim.experiment.warming import STEPS, warm_up

    done = count(1)

    def report(step: str) -> None:
        number = next(done)
        show(number / STEPS, f"{number} of {STEPS}: {step}")

    try:
        with shown(output, "compiling", STEPS) as (show, _):
            found = warm_up(report)
    except KeyboardInterrupt:
        raise Stopped("functions compiled so far are kept") from None
    data = {"ready": found.compiled == 0, "compiled": found.compiled, "seconds": found.seconds}
    taken = duration(found.seconds)
    kept = f"Compiled code is in {found.folder} ({size_of(found.n_bytes)}), valid until civicsim or numba changes."
    output.show(
        {**data, "folder": None if NOT_KEPT else str(found.folder), "bytes": found.n_bytes},
        [
            f"Compiled {counted(found.compiled, 'function')} in {taken}."
            if found.compiled
            else f"Ready: everything is compiled already (checked in {taken}).",
            f"For this process only: {NOT_KEPT}." if NOT_KEPT else kept,
        ],
        "civicsim demo",
    )
