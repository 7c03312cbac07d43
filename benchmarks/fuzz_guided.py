"""Coverage-guided inputs for everything that reads a file: ``python -m benchmarks.fuzz_guided``, with atheris installed.

    uv pip install atheris                                         # comes with no extra: few need it
    python -m benchmarks.fuzz_guided --seconds 60 --only ties      # a minute for each reader with this text in its name

Inputs that reach new lines of the readers are kept and changed further, beside the changes of :mod:`benchmarks.fuzz`. What is a
fault is defined there; an input with one is copied to ``--keep``.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LOOKED_AT = (
    *(
        "civicsim.staffing",
        "civicsim.scenario",
        "civicsim.calibration.targets",
        "civicsim.app.state",
        "civicsim.checks",
    ),
    *("civicsim.study.design", "civicsim.study.store"),
)
"""Packages and modules whose lines guide the search."""
LONGEST = 20_000
"""Bytes of an input."""


def search(name: str, seconds: int, folder: Path) -> None:
    """Search for inputs of a reader in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=list(LOOKED_AT)):
        from benchmarks import fuzz
    (folder / "read").mkdir()
    (folder / "corpus").mkdir()
    ending, good, read = fuzz.readers(folder / "read")[name]
    content = good if isinstance(good, bytes) else good.encode("utf-8")
    (folder / "corpus" / "good").write_bytes(content)
    path = folder / "read" / f"input{ending}"

    def once(data: bytes) -> None:
        path.write_bytes(data)
        if fault := fuzz.fault_of(read, path):
            raise AssertionError(fault)

    def change(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return atheris.Mutate(data, most)[:most]
        text: Any = data if isinstance(good, bytes) else data.decode("utf-8", "replace")
        return fuzz.mutated(text or good, chance)[:most]

    words = [
        sys.argv[0],
        str(folder / "corpus"),
        f"-max_total_time={seconds}",
        f"-max_len={max(LONGEST, 2 * len(content))}",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
        f"-artifact_prefix={folder}/fault-",
        "-seed=1",
    ]
    atheris.Setup(words, once, custom_mutator=change)
    atheris.Fuzz()


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_guided", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=300, help="for each reader (300)")
    parser.add_argument("--only", default="", metavar="TEXT", help="readers with this text in their name")
    parser.add_argument("--keep", default=".", metavar="DIR", help="folder for inputs that are faults")
    parser.add_argument("--search", nargs=2, metavar=("NAME", "DIR"), help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.search:
        search(given.search[0], given.seconds, Path(given.search[1]))
        return 0
    from benchmarks import fuzz

    n_faults = 0
    with tempfile.TemporaryDirectory() as place:
        names = [name for name in fuzz.readers(Path(place)) if given.only in name]
    for name in names:
        with tempfile.TemporaryDirectory() as place:
            command = [sys.executable, "-m", "benchmarks.fuzz_guided", "--search", name, place]
            done = subprocess.run([*command, "--seconds", str(given.seconds)], capture_output=True, text=True)
            tried = re.search(r"number_of_executed_units:\s+(\d+)", done.stderr)
            reached = re.findall(r"cov: (\d+)", done.stderr)
            failed = sorted(Path(place).glob("fault-*"))
            for one in failed:
                shutil.copyfile(one, Path(given.keep) / f"{name}-{one.name}")
        n_faults += bool(failed or done.returncode)
        lines = f"{reached[0]} to {reached[-1]} lines and branches reached" if reached else "nothing reached"
        print(f"{name:<14}{int(tried[1]) if tried else 0:>9,} inputs {len(failed):>3} faults, {lines}", flush=True)
        if failed or done.returncode:
            print(
                "\n".join(line for line in done.stderr.splitlines() if "Error" in line)[-1_500:] or done.stderr[-1_500:]
            )
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
