"""``python -m benchmarks`` measures; ``python -m benchmarks table FILE`` writes docs/performance.md from what it found."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    against_numpy,
    against_twin,
    events,
    limits,
    million,
    nhs,
    pairing,
    profile,
    scaling,
    starting,
    studies,
    threads,
)
from benchmarks.interleaved import QUICK_REPEATS, REPEATS
from benchmarks.machine import machine
from benchmarks.peers import race
from benchmarks.table import PAGE, page

PARTS: dict[str, Callable[[int, bool], dict[str, Any]]] = {
    "profile": profile.run,
    "twin": against_twin.run,
    "numpy": against_numpy.run,
    "peers": race.run,
    "limits": limits.run,
    "threads": threads.run,
    "events": events.run,
    "starting": starting.run,
    "compiling": lambda repeats, quick: starting.compiling(quick),
    "scaling": scaling.run,
    "studies": studies.run,
    "pairing": pairing.run,
    "million": million.run,
    "nhs": nhs.run,
}
"""What is measured, in this order; the last ones take longest."""


def measure(parts: list[str], quick: bool, before: dict[str, Any]) -> dict[str, Any]:
    """Return what was measured; parts that are not measured anew are kept from before."""
    repeats = QUICK_REPEATS if quick else REPEATS
    found = dict(before.get("parts", {}))
    for name in parts:
        began, load = time.perf_counter(), os.getloadavg()[0]
        print(f"{name} …", end=" ", file=sys.stderr, flush=True)
        found[name] = {"load_before": load, **PARTS[name](repeats, quick)}
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    ordered = {name: found[name] for name in PARTS if name in found}
    return {"machine": machine(), "quick": quick, "repeats": repeats, "parts": ordered}


def main(words: list[str]) -> int:
    """Run the command line and return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure how fast civicsim is.")
    parser.add_argument("what", nargs="?", choices=("measure", "table"), default="measure")
    parser.add_argument("file", nargs="?", help="for table: what was measured, as JSON")
    parser.add_argument("--only", metavar="PARTS", help=f"some parts, with commas between: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small and few, to see that the harness works")
    parser.add_argument("--out", metavar="FILE", help="write JSON to this file; parts that it holds already are kept")
    given = parser.parse_args(words)
    if given.what == "table":
        if given.file is None:
            parser.error("table: name the file that was measured")
        PAGE.write_text(page(json.loads(Path(given.file).read_text(encoding="utf-8"))), encoding="utf-8")
        print(f"wrote {PAGE.name}", file=sys.stderr)
        return 0
    parts = list(PARTS) if given.only is None else given.only.split(",")
    for name in parts:
        if name not in PARTS:
            parser.error(f"--only {name}: expected some of {', '.join(PARTS)}")
    before = {}
    if given.out is not None and Path(given.out).exists():
        before = json.loads(Path(given.out).read_text(encoding="utf-8"))
    text = json.dumps(measure(parts, given.quick, before), indent=1)
    if given.out is None:
        print(text)
    else:
        Path(given.out).write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
