"""Malformed inputs for everything that reads a file: each is read, or refused in one line.

    python -m benchmarks.fuzz                     # 10,000 inputs for each reader
    python -m benchmarks.fuzz --n 500 --only ties # fewer, for the readers with this text in their name

Inputs are made from good ones: bytes, cells, lines and values are dropped, doubled, exchanged or replaced by what readers find
hard. The same seed makes the same inputs. A traceback, a message of several lines, more than
:data:`SLOW` seconds or a file that was written are faults; the command ends with 1 if there is any.
"""

from __future__ import annotations

import argparse
import atexit
import random
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from civicsim.app import state
from civicsim.calibration.targets import read_targets
from civicsim.errors import CivicsimError
from civicsim.scenario.scenario import Scenario
from civicsim.staffing.line import map_line
from civicsim.staffing.people import read_staff
from civicsim.staffing.professions import read_own
from civicsim.staffing.ties import keep_ties, read_ties
from civicsim.study.design.designs import read_table
from civicsim.study.design.study import Study
from civicsim.study.run.runner import run_study
from civicsim.study.store.store import open_store

SLOW = 5.0
STAFF = """person,team,profession,manager,division
1,,manager,,
2,,manager,1,North
3,Ward A,sister,2,North
4,Ward A,nurse,3,North
5,Ward A,doctor,3,North
6,Ward B,nurse,2,South
7,Ward B,HCA,6,South
8,Ward B,nurse,6,South
"""
TIES = "from,to,weight\n4,7,2\n5,8,1\n8,4,3\n"
MATRIX = ",4,5,7,8\n4,0,0,1,0\n5,0,0,0,1\n7,1,0,0,0\n8,0,1,0,0\n"
GRAPH = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2"><graph defaultedgetype="undirected" mode="static"><nodes>
<node id="4" label="a"/><node id="5" label="b"/><node id="7" label="c"/></nodes>
<edges><edge id="0" source="4" target="7" weight="2.0"/><edge id="1" source="5" target="7"/></edges></graph></gexf>
"""
GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="d0" for="edge" attr.name="weight" attr.type="double"/>
<key id="d1" for="node" attr.name="label" attr.type="string"/><graph edgedefault="undirected">
<node id="4"><data key="d1">x</data></node><node id="7"/><edge source="4" target="7"><data key="d0">2.0</data></edge>
</graph></graphml>
"""
SCENARIO = """title = "Mine"
style = "compact"
kind = "acute-trust"
weeks = 52
seed = 3
[levers]
fear = 0.2
[structure]
n_teams = 4
team_size = 5
[[interventions]]
name = "surge"
week = 12
[[interventions]]
week = 20
name = "Own"
set = { fear = 0.5 }
"""
STUDY = """question = "What helps?"
styles = ["status-quo", "compact"]
seeds = 3
weeks = 6
burn_in_weeks = 2
measures = ["trust", "load"]
matters = { load = 0.1 }
design = "grid"
[factors]
fear = [0.1, 0.5]
n_teams = 3
[uncertainties]
"voice.intercept" = { low = -1.5, high = -0.5 }
"""
STYLE = """title = "Mine"
description = "Like the compact, with less fear."
[levers]
fear = 0.1
compact = 1.0
weight_protected = 3.0
budget_share = 0.9
"""
KIND = """title = "Small"
[structure]
n_teams = 6
team_size = 8
[reference]
usual_quality_spread = 0.1
"""
SHOCK = """title = "Surge"
description = "More care is asked for."
[[interventions]]
weeks = 12
set = { "events.demand_factor" = 1.15 }
"""
LINK = (
    "?style=compact&kind=acute-trust&weeks=104&seed=3&burn_in_weeks=52&set=levers.fear%3D0.3&set=structure.n_teams%3D20&sides="
    "status-quo,compact&interventions=%5B%7B%22name%22%3A%22surge%22%2C%22week%22%3A12%7D%5D"
)
DESIGN = "style,fear,n_teams\nstatus-quo,0.1,3\ncompact,0.4,4\n"
HARD = (
    "",
    " ",
    "NA",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "0",
    "1",
    "4.0",
    "007",
    "True",
    "[]",
    "{}",
    "''",
    '"',
    "'",
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\0",
    "\x1b[31m",
    "\ufeff",
    "\u202e",
    "é",
    "\U0001f600",
    "=1+1",
    "9" * 400,
    "x" * 3000,
    "[" * 300,
    "{a=" * 300,
    "..",
    "/etc/passwd",
    "&a;",
    "<a>",
    "]]>",
    "#",
    "1979-05-27T07:32:00Z",
    "0x1F",
    "1_000",
    "[[a]]",
    "a.b.c",
    "random:3",
    "*.toml",
)
"""Values that readers find hard."""


def _ties(people: dict[str, int], mapped: Any, path: Path) -> None:
    for skip in (False, True):
        keep_ties(read_ties(path, people, skip_unknown=skip), people, mapped.roster, mapped.post_of)


def _link(path: Path) -> None:
    query = path.read_bytes().decode("utf-8", "replace")
    chosen = state.from_query(query)
    if max(map(len, chosen.notes), default=0) > 400:
        raise ValueError(f"a note of {max(map(len, chosen.notes))} characters")
    state.sides_from_query(query)
    state.from_query(state.to_query(chosen.scenario))


@cache
def _store() -> Path:
    """Return the folder of a small study that has been run."""
    place = Path(tempfile.mkdtemp(prefix="civicsim-fuzz-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    study = Study(
        question="q",
        styles=["status-quo", "compact"],
        seeds=2,
        weeks=3,
        burn_in_weeks=2,
        measures=["trust"],
        weekly=["load"],
        factors={"n_teams": 1, "team_size": 4, "n_executives": 1},
    )
    return run_study(study, place / "store", processes=0).path


@cache
def _store_for(name: str) -> Path:
    """Return a copy of that store in which a file is replaced again and again."""
    return Path(shutil.copytree(_store(), _store().with_name(name)))


def _damaged(name: str, path: Path) -> None:
    """Open a store of which one file has been replaced, and read what it holds."""
    copy = _store_for(name)
    shutil.copyfile(path, copy / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            store = open_store(copy)
            store.status()
            store.runs()
            store.weekly()
        finally:
            if _names(copy) != _names(_store()):
                raise ValueError("files of the store were written or removed")


def _names(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*"))


def readers(folder: Path) -> dict[str, tuple[str, str | bytes, Callable[[Path], Any]]]:
    """Return for each reader the ending of its file, a good file, and what reads one."""
    manifest = (_store() / "manifest.json").read_text(encoding="utf-8")
    tables = {name: (_store() / f"{name}.parquet").read_bytes() for name in ("runs", "points", "weekly")}
    (folder / "staff.csv").write_text(STAFF, encoding="utf-8")
    staff = read_staff(folder / "staff.csv")
    ties = partial(_ties, {person.name: person.row for person in staff.people}, map_line(staff, 7))
    targets = (Path(sys.modules[read_targets.__module__].__file__ or "").with_name("targets.toml")).read_text("utf-8")
    return {
        "staff": (".csv", STAFF, lambda path: map_line(read_staff(path), 7)),
        "professions": (".csv", "name,profession\nRN,nurse\nGP,doctor\n", lambda path: read_own((), str(path))),
        "ties": (".csv", TIES, ties),
        "ties-matrix": (".csv", MATRIX, ties),
        "ties-gexf": (".gexf", GRAPH, ties),
        "ties-graphml": (".graphml", GRAPHML, ties),
        "scenario": (".toml", SCENARIO, Scenario.read),
        "study": (".toml", STUDY, Study.read),
        "design": (".csv", DESIGN, lambda path: read_table(path, "study")),
        "style": (".toml", STYLE, lambda path: Scenario.preset(str(path))),
        "kind": (".toml", KIND, lambda path: Scenario.preset("status-quo", str(path))),
        "shock": (
            ".toml",
            SHOCK,
            lambda path: Scenario.from_dict({"interventions": [{"name": str(path), "week": 3}]}, "x"),
        ),
        "link": (".txt", LINK, _link),
        "store-manifest": (".json", manifest, partial(_damaged, "manifest.json")),
        **{f"store-{name}": (".parquet", tables[name], partial(_damaged, f"{name}.parquet")) for name in tables},
        "targets": (".toml", "[[target]]".join(targets.split("[[target]]")[:4]), read_targets),
    }


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return bytes of which a few are changed, or a part is missing or doubled."""
    for _ in range(chance.choice((1, 1, 2, 8))):
        at, other = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        what = chance.randrange(4)
        if what == 0:
            content = content[:at] + chance.randbytes(chance.randrange(1, 9)) + content[at + chance.randrange(9) :]
        elif what == 1:
            content = content[:at] + content[other:]
        elif what == 2:
            content = content[:other] + content[at:other] + content[other:]
        elif at < len(content):
            content = content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]
    return content


def mutated(text: str | bytes, chance: random.Random) -> bytes:
    """Return a file that is a good one but for a few changes."""
    if isinstance(text, bytes):
        return damaged(text, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        pieces = re.split(r"(\n)" if chance.random() < 0.3 else r"([,\n=\[\]{}<>\" ]+)", text)
        at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        what = chance.randrange(5)
        if what == 0:
            pieces[at] = chance.choice(HARD)
        elif what == 1:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif what == 2:
            pieces[at] *= chance.choice((0, 2, 2, 50))
        elif what == 3:
            pieces.insert(at, chance.choice(HARD))
        else:
            del pieces[at:other]
        text = "".join(pieces)
    content = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.15 and content:
        at = chance.randrange(len(content))
        content = content[:at] + chance.randbytes(chance.randrange(4)) + content[at + chance.randrange(3) :]
    return content[: chance.randrange(len(content) + 1)] if chance.random() < 0.05 else content


def fault_of(read: Callable[[Path], Any], path: Path) -> str:
    """Return what is wrong with how a file is read or refused; "" if nothing is."""
    began = time.perf_counter()
    try:
        read(path)
    except CivicsimError as error:
        if len(str(error).splitlines()) != 1:
            return f"several lines: {str(error)[:200]!r}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    seconds = time.perf_counter() - began
    return f"took {seconds:.1f} s" if seconds > SLOW else ""


def faults_of(name: str, n: int, seed: int = 1) -> list[str]:
    """Return what went wrong in reading n malformed inputs of a reader, with the number of each."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ending, good, read = readers(folder)[name]
        path = folder / f"input{ending}"
        path.write_bytes(good if isinstance(good, bytes) else good.encode("utf-8"))
        read(path)
        there = sorted(folder.iterdir())
        for k in range(n):
            path.write_bytes(mutated(good, random.Random(f"{name} {seed} {k}")))
            if fault := fault_of(read, path):
                found.append(f"{name} {k}: {fault}")
        if sorted(folder.iterdir()) != there:
            found.append(f"{name}: files were written")
    return found


def main() -> int:
    """Read malformed inputs, and print what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000, help="inputs for each reader")
    parser.add_argument("--seed", type=int, default=1, help="seed of the inputs")
    parser.add_argument("--only", default="", help="text in the names of readers")
    given = parser.parse_args()
    n_faults = 0
    with tempfile.TemporaryDirectory() as place:
        names = [name for name in readers(Path(place)) if given.only in name]
    for name in names:
        began = time.perf_counter()
        found = faults_of(name, given.n, given.seed)
        n_faults += len(found)
        print(
            f"{name:<14}{given.n:>8,} inputs {len(found):>5} faults {time.perf_counter() - began:>7.0f} s", flush=True
        )
        print("".join(f"  {fault}\n" for fault in found[:20]), end="")
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main())
