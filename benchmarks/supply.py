"""What a default install consists of: ``python -m benchmarks.supply`` lists every package with version and licence.

    python -m benchmarks.supply --sbom sbom.json   # the same as a bill of materials (CycloneDX 1.6)
    python -m benchmarks.supply --wheel            # two builds of wheel and sdist, which must have one hash each

A package under the GPL, LGPL or AGPL, or without a licence that can be told, ends with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
REFUSED = re.compile(r"\b(A|L)?GPL|GNU (Affero|Lesser|Library)? ?General Public", re.IGNORECASE)
KNOWN = re.compile(
    r"MIT|BSD|Apache|PSF|Python Software|ISC|MPL|Mozilla|HPND|Unlicense|CC0|Zlib|0BSD|matplotlib", re.IGNORECASE
)


def installed(name: str = "civicsim") -> dict[str, Distribution]:
    """Return all packages that a package needs without extras, and itself, by name."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen = set()
    while waiting:
        asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        try:
            own = distribution(asked[0])
        except PackageNotFoundError:
            # For another system.
            continue
        found[own.name.lower().replace("_", "-")] = own
        for text in own.requires or []:
            need = Requirement(text)
            extras = asked[1] or {""}
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append((need.name, frozenset(need.extras)))
    return dict(sorted(found.items()))


def licence(package: Distribution) -> str:
    """Return the licence that a package states, in a few words; "" for none."""
    about = package.metadata
    expression = about.get("License-Expression")
    classes = [line.rpartition(":: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    text = expression or ", ".join(one for one in classes if one != "OSI Approved") or about.get("License") or ""
    if not text.strip():
        text = next(
            (
                found[0]
                for file in package.files or []
                if "LICEN" in file.name.upper() and (found := KNOWN.search(file.read_text()))
            ),
            "",
        )
    return " ".join(text.split())[:60]


def bill(packages: dict[str, Distribution]) -> dict[str, Any]:
    """Return a bill of materials."""
    parts = [
        {
            "type": "library",
            "name": name,
            "version": own.version,
            "purl": f"pkg:pypi/{name}@{own.version}",
            "licenses": [{"license": {"name": licence(own)}}],
        }
        for name, own in packages.items()
        if name != "civicsim"
    ]
    own = packages["civicsim"]
    about = {"component": {"type": "application", "name": "civicsim", "version": own.version}}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": about, "components": parts}


def hashes() -> dict[str, str]:
    """Build wheel and sdist from the last commit, and return their hashes."""
    date = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as place:
        source, out = Path(place) / "source", Path(place) / "dist"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
        environment = os.environ | {"SOURCE_DATE_EPOCH": date.stdout.strip()}
        subprocess.run(["uv", "build", "-q", "--out-dir", str(out)], cwd=source, env=environment, check=True)
        files = sorted(path for path in out.iterdir() if path.suffix in (".whl", ".gz"))
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supply", description=__doc__.partition("\n")[0])
    parser.add_argument("--sbom", metavar="FILE", help="write a bill of materials")
    parser.add_argument("--wheel", action="store_true", help="build twice and compare")
    given = parser.parse_args(words)
    if given.wheel:
        first, second = hashes(), hashes()
        for name, digest in first.items():
            print(f"{digest}  {name}" + ("" if second.get(name) == digest else f"  (then {second.get(name)})"))
        return 0 if first == second else 1
    packages = installed()
    wrong = [name for name, own in packages.items() if REFUSED.search(licence(own)) or not KNOWN.search(licence(own))]
    for name, own in packages.items():
        print(f"{name:<24} {own.version:<18} {licence(own) or 'not stated'}{'  <-' if name in wrong else ''}")
    print(
        f"{len(packages)} packages; "
        + (f"not allowed or not told: {', '.join(wrong)}" if wrong else "none under GPL, LGPL or AGPL")
    )
    if given.sbom:
        Path(given.sbom).write_text(json.dumps(bill(packages), indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
