"""Compiled code with checks of bounds: ``python -m benchmarks.bounds`` compiles the model so, and runs extreme corners with it.

Compiled code reads and writes beyond the end of an array without a word. Here numba checks every index, in a cache of its own, and
the tests of bounds run over random and extreme parameters, structures and events. Compiling takes several minutes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ("tests/contract/test_bounds.py", "tests/contract/test_permuted_week.py")
PROOF = """
import numba, numpy
try:
    numba.njit(lambda a, k: a[k])(numpy.zeros(3), 7)
except IndexError:
    raise SystemExit(0)
raise SystemExit(1)
"""
"""Ends with 0 where an index beyond the end is noticed."""


def main(words: list[str]) -> int:
    """Run the tests with code that checks bounds, and return their exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bounds", description=__doc__.partition("\n")[0])
    cache = Path(tempfile.gettempdir()) / f"civicsim-bounds-{os.getuid() if hasattr(os, 'getuid') else 0}"
    parser.add_argument(
        "--cache", metavar="DIR", default=str(cache), help="folder for the code; kept for the next time"
    )
    parser.add_argument("tests", nargs="*", default=TESTS, help="tests to run, as pytest takes them")
    given = parser.parse_args(words)
    checked = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": given.cache}
    if subprocess.run([sys.executable, "-c", PROOF], env=checked).returncode:
        print("numba does not check bounds here", file=sys.stderr)
        return 2
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", *given.tests], cwd=ROOT, env=checked
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
