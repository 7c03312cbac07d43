"""Writes scenarios: as TOML files, as links, and as what they change."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import tomli_w

from civicsim.errors import ScenarioError
from civicsim.model.roster import Roster
from civicsim.model.week import WEEK
from civicsim.scenario.model import NAMED, TOP

if TYPE_CHECKING:
    from civicsim.scenario.scenario import Scenario


def toml_of(scenario: Scenario, start: Scenario, folder: Path, every: bool) -> str:
    """Return a scenario as a TOML file that starts from another one; see :meth:`Scenario.to_toml`."""
    if scenario.week != WEEK and not scenario.code:
        raise ScenarioError(
            "scenario: its week was made in Python; define it as WEEK in a file, and name that with code"
        )
    top = {key: getattr(scenario, key) for key in TOP} | {"code": scenario.code}
    top |= {"style": start.style, "kind": start.kind}
    top |= {key: _path_from(str(top[key]), folder) for key in NAMED}
    values = scenario.to_dict() if every else difference(start, scenario)
    sections = {
        key: value for key, value in values.items() if isinstance(value, dict) and not (every and key == "habits")
    }
    sections |= {"structure": _size(scenario) | sections.get("structure", {})}
    if start.habits != scenario.habits:
        sections["habits"] = values["habits"]
    dated = {"interventions": [event.to_dict() for event in scenario.interventions]} if scenario.interventions else {}
    return tomli_w.dumps({key: value for key, value in top.items() if key != "code" or value} | sections | dated)


def url_of(scenario: Scenario, start: Scenario) -> str:
    """Return a scenario as the query of a link that starts from a shipped one; see :meth:`Scenario.to_url`."""
    changes = difference(start, scenario)
    if "roster" in changes:
        raise ScenarioError("scenario: a [roster] does not fit into a link; write it to a file with to_toml()")
    if scenario.week != WEEK:
        raise ScenarioError("scenario: processes of your own do not fit into a link; write it to a file with to_toml()")
    changes |= {"structure": _size(scenario) | changes.get("structure", {})}
    sets = [
        f"{section}.{name}={json.dumps(value)}"
        for section, values in changes.items()
        if isinstance(values, dict)
        for name, value in values.items()
    ]
    query: list[tuple[str, Any]] = [("kind", start.kind), ("style", start.style), ("weeks", scenario.weeks)]
    query += [("burn_in_weeks", scenario.burn_in_weeks), ("seed", scenario.seed), ("v", 1)]
    if scenario.interventions:
        query.append(("interventions", json.dumps([event.to_dict() for event in scenario.interventions])))
    return "?" + urlencode([*query, *(("set", item) for item in sets)])


def _size(scenario: Scenario) -> dict[str, int]:
    """Return the size of its organisations, which files and links hold even where it is the usual one of their kind."""
    own = scenario.structure
    return {"n_teams": own.n_teams, "team_size": own.team_size} if scenario.roster is None else {}


def difference(base: Scenario, other: Scenario) -> dict[str, Any]:
    """Return what another scenario changes, as a scenario file has it; its style, kind and code apart."""
    result: dict[str, Any] = {}
    for key, (_, value) in base.diff(other).items():
        if key in NAMED:
            continue
        section, _, name = key.rpartition(".")
        if section:
            result.setdefault(section, {})[name] = value
        elif key == "interventions":
            result[key] = [event.to_dict() for event in value]
        else:
            result[name] = value.to_dict() if isinstance(value, Roster) else value
    return result


def _path_from(name: str, folder: Path) -> str:
    """Return a path as it is written in a file of a folder."""
    local = name.endswith((".toml", ".py")) and not os.path.isabs(name)
    return Path(os.path.relpath(name, folder)).as_posix() if local else name
