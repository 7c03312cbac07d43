"""A visitor's own organisation: tables and scenario files read in memory, and organisations like theirs by survey figures.

What a visitor chooses is read and dropped: no file is written, and a scenario keeps numbers only. The limits are those of a page
that others use too.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import solara

from civicsim.app import work
from civicsim.app.state import MOST_POSTS, START, preset
from civicsim.app.turns import Stop, Superseded
from civicsim.calibration.own_survey import SurveyFit
from civicsim.errors import ScenarioError, nearest
from civicsim.model.roster import DECIDES
from civicsim.scenario.interventions import read_interventions
from civicsim.scenario.scenario import Scenario, find_parameter
from civicsim.scenario.shipped import kinds, load_shipped, styles
from civicsim.scenario.text import Upload
from civicsim.scenario.toml import read_toml
from civicsim.staffing.importing import Imported, import_organisation
from civicsim.staffing.professions import read_own

MOST_BYTES = 700_000
"""Largest file that the page reads: that of some ten thousand people. In base64 it fits into the largest message of a page."""
_MOST_NAME = 60
without_table: solara.Reactive[Scenario] = solara.reactive(START)
"""What was on the page last without a staff table; kept apart for each visitor."""
own_fit: solara.Reactive[SurveyFit | None] = solara.reactive(None)
"""Organisations like the visitor's, once they have given survey figures; kept apart for each visitor."""


class Files:
    """Files that a visitor has chosen in a form, until the form is gone."""

    def __init__(self) -> None:
        self._chosen: dict[str, dict[str, Any]] = {}

    def take(self, given: dict[str, Any]) -> None:
        """Take what the browser sends of a field: name and content of a file, or none."""
        self._chosen[str(given.get("field", ""))] = given

    def get(self, field: str) -> Upload | None:
        """Return the file of a field, if one is chosen; refuse one that is too large or damaged."""
        given = self._chosen.get(field, {})
        return upload_of(str(given.get("name", "")), str(given["data"])) if given.get("data") is not None else None

    def needed(self, field: str, what: str) -> Upload:
        """Return the file of a field, or complain that there is none."""
        file = self.get(field)
        if file is None:
            raise ScenarioError(f"choose {what} first")
        return file


def upload_of(name: str, data: str) -> Upload:
    """Return a file as the browser sends it, in base64; refuse one that is too large or damaged."""
    shown = name if len(name) <= _MOST_NAME else f"{name[:_MOST_NAME]}…"
    too_large = ScenarioError(f"{shown}: is larger than {MOST_BYTES // 1_000} kB, the most that the page reads")
    if len(data) > MOST_BYTES * 4 // 3 + 4:
        raise too_large
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise ScenarioError(f"{shown}: was damaged on its way") from None
    if len(content) > MOST_BYTES:
        raise too_large
    return Upload(shown, content)


def import_own(
    scenario: Scenario, staff: Upload, ties: Upload | None, professions: Upload | None
) -> tuple[Scenario, Imported]:
    """Return a scenario with the teams, line and ties of a staff table, and what was read.

    Raises
    ------
    ScenarioError
        If a table cannot be read, or has more posts than the page computes.
    """
    found = import_organisation(staff, ties, own=read_own((), professions))
    roster = found.roster
    if roster.n_staff > MOST_POSTS:
        raise ScenarioError(f"{staff}: has {roster.n_staff:,} posts of staff, and the page computes {MOST_POSTS:,}")
    return usual_teams(scenario).with_(roster=roster, n_executives=found.mapped.n_executives), found


def usual_teams(scenario: Scenario, before: Scenario = START) -> Scenario:
    """Return a scenario without its staff table: with the teams that were chosen ``before``.

    Where these are of another kind of organisation, with those that are usual in its own.
    """
    if scenario.roster is None:
        return scenario
    usual = (before if before.kind == scenario.kind else preset(scenario.style, scenario.kind)).structure
    teams = {name: getattr(usual, name) for name in (*DECIDES, "n_executives")}
    return dataclasses.replace(scenario, roster=None, structure=dataclasses.replace(scenario.structure, **teams))


def read_scenario(file: Upload) -> Scenario:
    """Return the scenario of a file that names shipped styles, kinds and events only, and executes nothing.

    Raises
    ------
    ScenarioError
        If it cannot be read, or names another file.
    """
    values = read_toml(file)
    if "code" in values:
        raise ScenarioError(f"{file}: has processes of its own (code), which the page does not execute")
    for what, known in (("style", styles()), ("kind", kinds())):
        name = values.get(what)
        if isinstance(name, str) and name not in known:
            raise ScenarioError(f"{file}: no shipped {what} '{name[:_MOST_NAME]}'; {nearest(name, known)}")
    blocks = values.pop("interventions", [])
    scenario = Scenario.from_dict(values, str(file))
    events = read_interventions(blocks, str(file), find_parameter, load_shipped)
    return dataclasses.replace(scenario, interventions=events)


# -- organisations like the visitor's ------------------------------------------------------------------------------------


def fits(fit: SurveyFit | None, scenario: Scenario) -> bool:
    """Return whether organisations like the visitor's are those of a scenario, whatever its policy, weeks and seed."""
    return fit is not None and _organisation(fit.scenario) == _organisation(scenario)


def _organisation(scenario: Scenario) -> Scenario:
    policy: dict[str, Any] = {"levers": scenario.habits, "interventions": (), "style": "", "title": ""}
    return dataclasses.replace(scenario, weeks=1, seed=0, **policy)


def practice(scenario: Scenario) -> Scenario:
    """Return an organisation under current practice, without dated events."""
    return dataclasses.replace(scenario, levers=scenario.habits, interventions=())


def batches_like_yours(
    fit: SurveyFit, policies: Sequence[Scenario], stop: Stop = lambda: False
) -> tuple[work.Batch, ...]:
    """Return runs of each policy on the same organisations like the visitor's, as many as a full answer has."""
    members = list(fit.like_yours(work.MANY))
    runs = []
    for policy in policies:
        own = [
            dataclasses.replace(
                member, levers=policy.levers, interventions=policy.interventions, weeks=policy.weeks, seed=seed
            )
            for member, seed in members
        ]
        runs.append(functools.reduce(work.Batch.joined, (work.batch(one, 1, stop) for one in own)))
    return tuple(runs)


def counting(total: float, stop: Stop, show: Callable[[float], None]) -> Callable[[float], None]:
    """Return what takes person-weeks just done, from any thread: it shows each per cent, and ends work that is not wanted."""
    lock, done = threading.Lock(), 0.0

    def report(more: float) -> None:
        nonlocal done
        if stop():
            raise Superseded
        with lock:
            before, done = done, done + more
            if int(100 * done / total) > int(100 * before / total):
                show(min(1.0, done / total))

    return report


def figures_of(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, float]:
    """Return the numbers that a visitor has filled in, by name.

    Raises
    ------
    ScenarioError
        If what stands there is no number.
    """
    found = {}
    for name in names:
        text = str(values.get(name) if values.get(name) is not None else "").strip().replace(",", ".").removesuffix("%")
        if text:
            try:
                found[name] = float(text)
            except ValueError:
                raise ScenarioError(f"{name} = '{text[:_MOST_NAME]}': expected a number") from None
    return found
