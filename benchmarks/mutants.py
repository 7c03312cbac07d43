"""Mutants: small faults put into the code one at a time, to see whether the tests notice them.

``python -m benchmarks.mutants`` reads ``mutants.toml``. Each entry names a file, a text in it, what replaces the text, and the
tests that should then fail. Faults are put into a copy of the project, so that the working tree stays as it is. What was
found is kept in a JSON file: the same command again tries only mutants that are new, or whose code or tests have changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST, FOUND = Path(__file__).with_name("mutants.toml"), "mutants.json"
ENOUGH = 0.9
"""Share of the mutants that the tests must notice."""
PATIENCE = 900.0
"""Seconds after which tests count as having noticed a mutant: it made something endless."""
NOTICED, SURVIVED = "killed", "survived"


@dataclass(frozen=True)
class Mutant:
    """A fault.

    Attributes
    ----------
    name : str
        What is wrong, in a few words.
    file : str
        Path in the project.
    find, replace : str
        Text that occurs once in the file, and what stands there instead.
    tests : tuple of str
        Tests that should fail, as pytest takes them.
    """

    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def digest(self, root: Path) -> str:
        """Return a hash of the mutant, of the file that it is in, and of its tests."""
        files = sorted({self.file, *(test.partition("::")[0] for test in self.tests)})
        parts = [repr(self).encode(), *((root / name).read_bytes() for name in files)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def read(path: Path = LIST, root: Path = ROOT) -> list[Mutant]:
    """Return the mutants of a file.

    Raises
    ------
    ValueError
        If a text does not occur exactly once in its file, a test is missing, or two mutants have one name.
    """
    blocks = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    mutants = [Mutant(**{**block, "tests": tuple(block["tests"])}) for block in blocks]
    wrong = [
        f"{mutant.name}: the text occurs {n} times in {mutant.file}"
        for mutant in mutants
        if (n := (root / mutant.file).read_text(encoding="utf-8").count(mutant.find)) != 1
    ]
    wrong += [
        f"{mutant.name}: no file {test}"
        for mutant in mutants
        for test in mutant.tests
        if not (root / test.partition("::")[0]).exists()
    ]
    names = [mutant.name for mutant in mutants]
    wrong += [f"{name}: is listed twice" for name in set(names) if names.count(name) > 1]
    if wrong:
        raise ValueError("; ".join(wrong))
    return mutants


def copy_of(root: Path) -> Path:
    """Return a copy of the project, in one place for each project so that code compiled there serves again."""
    place = Path(tempfile.gettempdir()) / f"civicsim-mutants-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}"
    target = place / "copy"
    shutil.rmtree(target, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            # With its time: compiled code is looked up by it.
            shutil.copy2(root / name, target / name)
    return target


def failing(copy: Path, tests: tuple[str, ...], patience: float = PATIENCE) -> str:
    """Return how the first of the tests fails in the copy; "" where none does.

    Raises
    ------
    RuntimeError
        If the tests cannot be run.
    """
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_CACHE_HOME": str(copy.parent / "cache"),
    }
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        return f"no end after {patience:g} s"
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return done.stdout if done.returncode else ""


def try_out(mutant: Mutant, copy: Path) -> str:
    """Return whether tests notice a mutant; the copy is as before afterwards."""
    path = copy / mutant.file
    text, about = path.read_text(encoding="utf-8"), path.stat()
    try:
        path.write_text(text.replace(mutant.find, mutant.replace), encoding="utf-8")
        return NOTICED if failing(copy, mutant.tests) else SURVIVED
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def main(words: list[str]) -> int:
    """Try the mutants, print the outcome of each, and return 0 where enough of them were noticed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", metavar="FILE", default=FOUND, help=f"what was found; {FOUND} by default")
    parser.add_argument("--only", metavar="TEXT", default="", help="mutants with this text in their name or file")
    given = parser.parse_args(words)
    out, mutants = Path(given.out), [m for m in read() if given.only in m.name or given.only in m.file]
    known = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    missing = [mutant for mutant in mutants if known.get(mutant.name, {}).get("digest") != mutant.digest(ROOT)]
    copy, sound = copy_of(ROOT) if missing else ROOT, set[tuple[str, ...]]()
    for mutant in missing:
        if mutant.tests not in sound:
            # Code is compiled in the copy first, which takes minutes.
            if output := failing(copy, mutant.tests, 4 * PATIENCE):
                print(f"{output[-3000:]}\na test fails without any mutant", file=sys.stderr)
                return 2
            sound.add(mutant.tests)
        found = try_out(mutant, copy)
        known[mutant.name] = {"digest": mutant.digest(copy), "found": found}
        out.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        print(f"{found:9} {mutant.file}: {mutant.name}", flush=True)
    survived = [mutant for mutant in mutants if known[mutant.name]["found"] == SURVIVED]
    print(f"{len(mutants) - len(survived)} of {len(mutants)} mutants killed")
    for mutant in survived:
        print(f"survived: {mutant.file}: {mutant.name}")
    return 0 if len(mutants) - len(survived) >= ENOUGH * len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
