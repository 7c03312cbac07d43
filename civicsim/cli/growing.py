"""The commands ``study expand`` and ``study replay``: more runs of a study, and one run again."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import civicsim as cs
from civicsim import checks
from civicsim.cli.output import Output
from civicsim.cli.study_commands import Expand, Replay
from civicsim.cli.studying import beside, load, pair, read, run_in, show_standing
from civicsim.cli.tables import grid
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.scenario.toml import parse_toml, read_toml
from civicsim.study.design.study import KEYS, Study
from civicsim.study.store.holdings import STUDY

_LISTS = ("styles", "measures", "summaries", "weekly")


def expand(output: Output, request: Expand) -> bool:
    """Add seeds in place, or run a larger study; return whether no run has failed."""
    folder = request.folder
    ways = [request.study is not None, bool(request.add), request.add_seeds is not None]
    if sum(ways) != 1:
        raise CivicsimError("study expand: expected one of STUDY.toml, --add and --add-seeds")
    if request.add_seeds is not None:
        return show_standing(output, run_in(output, load(folder), folder, request, add_seeds=request.add_seeds))
    study = grown(folder, request.add) if request.study is None else Study.read(request.study)
    out = request.out or beside(request.study or folder, "results" if request.study else "larger")
    return show_standing(output, run_in(output, study, out, request, run=cs.expand_study, source=read(output, folder)))


def grown(folder: str, additions: Sequence[str]) -> Study:
    """Return the study of a folder with values added, each written as KEY=VALUES."""
    file = Path(folder) / STUDY
    load(folder)
    values = read_toml(file)
    for text in additions:
        key, _, listed = (part.strip() for part in text.partition("="))
        if not key or not listed:
            raise CivicsimError(f"--add {text}: expected KEY=VALUES, such as styles=compact or fear=0.8")
        _add(values, key, [_value(word.strip()) for word in listed.split(",")], f"--add {text}")
    return Study.from_dict(values, file.parent, str(file))


def _add(values: dict[str, Any], key: str, more: list[Any], where: str) -> None:
    """Add values to one key of a study, or to one of its factors."""
    if key == "draws":
        # The draws of a calibration are its first ones, so that more of them keep those there are.
        drawn = values.get("uncertainties", {})
        if "posterior" in drawn:
            of = drawn["posterior"]
            drawn["posterior"] = of | {"n": more[0]} if isinstance(of, dict) else more[0]
        else:
            design = values.get("design", {})
            values["design"] = ({"method": design} if isinstance(design, str) else design) | {"draws": more[0]}
        return
    if key in KEYS and key not in _LISTS:
        raise CivicsimError(f"{where}: expected {', '.join(_LISTS)}, draws or a factor; for {key}, change a study file")
    home = values if key in _LISTS else values.get("factors", {})
    if home is not values:
        checks.keys([key], home, f"{where}: the study has no factor")
    there = home.get(key, [])
    if key in _LISTS and not isinstance(there, list):
        raise CivicsimError(f"{where}: {key} = {there!r} is not a list of names; change a study file")
    if isinstance(there, dict):
        raise CivicsimError(f"{where}: {key} has a distribution; change a study file")
    there = there if isinstance(there, list) else [there]
    home[key] = there + [value for value in more if value not in there]


def _value(word: str) -> Any:
    """Return a word as TOML reads it, or as text."""
    try:
        return parse_toml(f"x = {word}", "--add")["x"]
    except ScenarioError:
        return word


def replay(output: Output, request: Replay) -> bool:
    """Repeat one run in this process, show its measures, and return whether they are the stored ones."""
    stored = Path(request.path).is_dir()
    results = read(output, request.path) if stored else load(request.path)
    point, seed = pair(request.run, ":", "study replay", "POINT:SEED")
    try:
        found = cs.replay(results, point, seed)
    except CivicsimError:
        raise
    except Exception as error:
        traceback.print_exc()
        raise CivicsimError(f"{request.run}: failed again: {type(error).__name__}: {error}") from None
    scenario = found.result.scenario
    rows = [["measure", "simulated again", *(["stored"] if found.stored else [])]]
    rows += [[name, *(f"{own[name]:.6g}" for own in (found.values, found.stored) if own)] for name in found.values]
    same = f"{len(found.different)} of {len(found.stored)} differ from the stored row: {', '.join(found.different)}"
    if not found.different:
        same = "Every number is the stored one to the last digit." if found.stored else "No row of this run is stored."
    data = {"point": point, "seed": seed, "scenario": scenario.digest, "values": found.values, "stored": found.stored}
    output.show(
        data | {"different": found.different},
        [f"point {point}, seed {seed}: {scenario!r}", grid(rows, right=(1, 2), indent=2), same],
    )
    return not found.different
