"""A scenario is everything that is assumed: kind of organisation, governance style, parameters, weeks and seed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import tomli_w

from civicsim.engine.parameters import Parameter, declared
from civicsim.errors import ScenarioError, nearest
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.levers import Levers
from civicsim.model.practice import PracticeParameters
from civicsim.model.processes import (
    coaching,
    codification,
    compact,
    deliberation,
    directives,
    drift,
    enactment,
    events,
    exhaustion,
    forum,
    governing,
    learning,
    lifecycle,
    load,
    motivation,
    noticing,
    observation,
    pairing,
    partners,
    quality,
    record,
    response,
    spread,
    survey,
    ties,
    turnover,
    voice,
)
from civicsim.model.processes.events import Event, Plan
from civicsim.model.reference import Reference
from civicsim.model.roster import DECIDES, Roster, decided, undecided
from civicsim.model.structure import GROUPS, Population, Structure
from civicsim.scenario.interventions import check_event, read_interventions
from civicsim.scenario.shipped import load_named
from civicsim.scenario.toml import read_toml

STATUS_QUO = "status-quo"
DEFAULT_KIND = "acute-trust"
_TOP = {"title": "", "kind": DEFAULT_KIND, "style": STATUS_QUO, "weeks": 260, "burn_in_weeks": 260, "seed": 1}
_MOST_SAID = 6
"""Most changes that the short form of a scenario names."""
_RANGES = {"weeks": (1, 5200), "burn_in_weeks": (0, 5200), "seed": (0, 2**63 - 1)}


@dataclass(frozen=True, repr=False)
class Scenario:
    """What is assumed. Frozen: :meth:`with_` makes a changed copy.

    Attributes
    ----------
    title : str
        What it is about, in a few words.
    kind, style : str
        Kind of organisation and governance style it started from.
    weeks, burn_in_weeks : int
        Weeks that are looked at, and weeks at the status quo before them.
    seed : int
        Seed of the first run.
    structure, population, levers, practice, reference : dataclass
        Sizes, people, governance, what changing a practice takes, and what is usual.
    habits : Levers
        Levers of the status quo, with which the burn-in is lived.
    interventions : tuple of Event
        Dated changes: interventions and shocks.
    roster : Roster or None
        Teams, professions, line and ties of an organisation of one's own; None where they follow from the structure.
    drift, enactment, … : dataclass
        Parameters of each process.
    """

    title: str = ""
    kind: str = DEFAULT_KIND
    style: str = STATUS_QUO
    weeks: int = 260
    burn_in_weeks: int = 260
    seed: int = 1
    structure: Structure = field(default_factory=Structure)
    population: Population = field(default_factory=Population)
    levers: Levers = field(default_factory=Levers)
    habits: Levers = field(default_factory=Levers)
    practice: PracticeParameters = field(default_factory=PracticeParameters)
    reference: Reference = field(default_factory=Reference)
    interventions: tuple[Event, ...] = ()
    roster: Roster | None = None
    events: events.Parameters = field(default_factory=events.Parameters)
    drift: drift.Parameters = field(default_factory=drift.Parameters)
    enactment: enactment.Parameters = field(default_factory=enactment.Parameters)
    load: load.Parameters = field(default_factory=load.Parameters)
    directives: directives.Parameters = field(default_factory=directives.Parameters)
    noticing: noticing.Parameters = field(default_factory=noticing.Parameters)
    observation: observation.Parameters = field(default_factory=observation.Parameters)
    partners: partners.Parameters = field(default_factory=partners.Parameters)
    voice: voice.Parameters = field(default_factory=voice.Parameters)
    response: response.Parameters = field(default_factory=response.Parameters)
    learning: learning.Parameters = field(default_factory=learning.Parameters)
    deliberation: deliberation.Parameters = field(default_factory=deliberation.Parameters)
    lifecycle: lifecycle.Parameters = field(default_factory=lifecycle.Parameters)
    coaching: coaching.Parameters = field(default_factory=coaching.Parameters)
    spread: spread.Parameters = field(default_factory=spread.Parameters)
    pairing: pairing.Parameters = field(default_factory=pairing.Parameters)
    codification: codification.Parameters = field(default_factory=codification.Parameters)
    quality: quality.Parameters = field(default_factory=quality.Parameters)
    exhaustion: exhaustion.Parameters = field(default_factory=exhaustion.Parameters)
    motivation: motivation.Parameters = field(default_factory=motivation.Parameters)
    turnover: turnover.Parameters = field(default_factory=turnover.Parameters)
    ties: ties.Parameters = field(default_factory=ties.Parameters)
    forum: forum.Parameters = field(default_factory=forum.Parameters)
    compact: compact.Parameters = field(default_factory=compact.Parameters)
    governing: governing.Parameters = field(default_factory=governing.Parameters)
    survey: survey.Parameters = field(default_factory=survey.Parameters)
    record: record.Parameters = field(default_factory=record.Parameters)

    def __post_init__(self) -> None:
        """Check every value, however the scenario was made."""
        for key in _TOP:
            _check_top(key, getattr(self, key), "scenario")
        for section, known in SECTIONS.items():
            values = getattr(self, section)
            if type(values) is not _SECTION_TYPES[section]:
                raise ScenarioError(f"scenario: {section} = {values!r}: expected the parameters of [{section}]")
            checked = {name: about.validate(getattr(values, name), "scenario") for name, about in known.items()}
            if any(value is not getattr(values, name) for name, value in checked.items()):
                # Numbers in the parameter's own type, so that 1 and 1.0 are one scenario.
                object.__setattr__(self, section, dataclasses.replace(values, **checked))
        given: Any = self.interventions
        if not isinstance(given, tuple) or not all(isinstance(event, Event) for event in given):
            raise ScenarioError(f"scenario: interventions = {given!r}: expected a tuple of Event")
        events = tuple(
            check_event(event, f"scenario: intervention {event.name!r}", find_parameter) for event in self.interventions
        )
        object.__setattr__(self, "interventions", events)
        if self.roster is not None:
            try:
                object.__setattr__(self, "structure", self.roster.outline(self.structure))
            except ScenarioError as error:
                raise ScenarioError(f"scenario: {error}") from None
        _check_together(self, "scenario")

    # -- making scenarios ------------------------------------------------------------------------------------------

    @classmethod
    def preset(cls, style: str = STATUS_QUO, kind: str = DEFAULT_KIND) -> Scenario:
        """Return a style on a kind of organisation.

        Parameters
        ----------
        style : str
            Name of a style (see :func:`civicsim.scenario.shipped.styles`), or path of a TOML file with ``[levers]``.
        kind : str
            Name of a kind of organisation (see :func:`civicsim.scenario.shipped.kinds`), or path of a TOML file.

        Raises
        ------
        ScenarioError
            If there is no such style or kind, or a file says something impossible.
        """
        about_kind, kind_where = load_named(kind, "organisations", "kind")
        about_style, style_where = load_named(style, "styles", "style")
        for key in set(about_style) - {"title", "description", "levers"}:
            raise ScenarioError(f"{style_where}: '{key}' is not for a style, which sets levers only")
        for key in set(about_kind) & {"style", "kind", "seed", "interventions", "habits"}:
            raise ScenarioError(f"{kind_where}: '{key}' is not for a kind of organisation")
        assumed = {k: v for k, v in about_kind.items() if k not in ("description", "sources")}
        base = _apply(cls(kind=kind), assumed, kind_where)
        _check_sources(about_kind, kind_where)
        base = dataclasses.replace(base, habits=base.levers, kind=kind, style=style)
        title = str(about_style.get("title", style))
        return dataclasses.replace(_apply(base, {"levers": about_style.get("levers", {})}, style_where), title=title)

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """Return the scenario that a TOML file describes: a style on a kind of organisation, and changes.

        Raises
        ------
        ScenarioError
            If the file cannot be read, or says something the model does not know or cannot do.
        """
        return cls.from_dict(read_toml(Path(path)), str(path))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str = "scenario") -> Scenario:
        """Return the scenario that nested dictionaries describe, as read from TOML; see :meth:`read`."""
        names = {key: values.get(key, _TOP[key]) for key in ("style", "kind")}
        for key, name in names.items():
            if not isinstance(name, str):
                raise ScenarioError(f"{where}: {key} = {name!r}: expected the name of a {key}")
        try:
            base = cls.preset(**names)
        except ScenarioError as error:
            raise ScenarioError(f"{where}: {error}") from None
        return _apply(base, {k: v for k, v in values.items() if k not in names}, where)

    def with_(self, **changes: Any) -> Scenario:
        """Return a copy with some values changed.

        Parameters
        ----------
        **changes
            By name: a top-level name (``weeks=104``; ``style`` brings its levers along), a parameter (``fear=0.1``), a parameter with its section where
            the bare name is not unique (``load__enabled=False``), or a whole section (``levers=Levers(…)``).

        Raises
        ------
        ScenarioError
            If a name is unknown or ambiguous, or a value is out of range.
        """
        result = self
        for name, value in changes.items():
            if name in SECTIONS or name in ("habits", "interventions"):
                result = dataclasses.replace(result, **{name: value})
            elif name == "roster":
                result = _apply(result, {name: value}, "scenario")
            else:
                result = result.set(name.replace("__", "."), value)
        return result

    def set(self, key: str, value: Any, where: str = "scenario") -> Scenario:
        """Return a copy with one value changed; ``key`` is a name, or ``section.name``."""
        if key == "kind":
            raise ScenarioError(f"{where}: the kind of a scenario cannot be changed; start from another preset")
        if key == "style":
            named = Scenario.preset(value, self.kind)
            return dataclasses.replace(self, style=named.style, title=named.title, levers=named.levers)
        if key in _TOP:
            return _apply(self, {key: value}, where)
        if key.startswith("habits."):
            return _apply(self, {"habits": {key.removeprefix("habits."): value}}, where)
        found = find_parameter(key, where)
        return _apply(self, {found.section: {found.name: value}}, where)

    # -- reading scenarios -----------------------------------------------------------------------------------------

    @property
    def sections(self) -> dict[str, Any]:
        """Parameters of processes and shared parameters, by section; without structure, population and levers."""
        apart = ("structure", "population", "levers")
        return {name: getattr(self, name) for name in SECTIONS if name not in apart}

    def to_dict(self) -> dict[str, Any]:
        """Return all values as nested dictionaries; with the habits, so that nothing is left to a preset."""
        values = dataclasses.asdict(self)
        del values["roster"]
        return values if self.roster is None else values | {"roster": self.roster.to_dict()}

    def changes(self) -> dict[str, Any]:
        """Return what differs from the style on the kind of organisation, as nested dictionaries; see :meth:`from_dict`."""
        return _difference(Scenario.preset(self.style, self.kind), self)

    def diff(self, other: Scenario) -> dict[str, tuple[Any, Any]]:
        """Return what differs from another scenario: name → (own value, other's value)."""
        result = {}
        for key in _TOP:
            if getattr(self, key) != getattr(other, key):
                result[key] = (getattr(self, key), getattr(other, key))
        if self.interventions != other.interventions:
            result["interventions"] = (self.interventions, other.interventions)
        if self.roster != other.roster:
            result["roster"] = (self.roster, other.roster)
        for section, names in {**SECTIONS, "habits": SECTIONS["levers"]}.items():
            for name in names:
                mine, theirs = getattr(getattr(self, section), name), getattr(getattr(other, section), name)
                if mine != theirs:
                    result[f"{section}.{name}"] = (mine, theirs)
        return result

    def to_toml(self) -> str:
        """Return the scenario as a TOML file: its style and kind, and what it changes."""
        top = {key: getattr(self, key) for key in _TOP}
        sections = {k: v for k, v in self.changes().items() if isinstance(v, dict)}
        dated = {"interventions": [event.to_dict() for event in self.interventions]} if self.interventions else {}
        return tomli_w.dumps(top | sections | dated)

    def to_url(self) -> str:
        """Return the scenario as the query of a link.

        Raises
        ------
        ScenarioError
            If it has a roster of its own, which a link has no room for; one that its kind brings along is fine.
        """
        if "roster" in self.changes():
            raise ScenarioError("scenario: a [roster] does not fit into a link; write it to a file with to_toml()")
        sets = [
            f"{section}.{name}={json.dumps(value)}"
            for section, values in self.changes().items()
            if isinstance(values, dict)
            for name, value in values.items()
        ]
        query: list[tuple[str, Any]] = [("kind", self.kind), ("style", self.style), ("weeks", self.weeks)]
        query += [("burn_in_weeks", self.burn_in_weeks), ("seed", self.seed), ("v", 1)]
        if self.interventions:
            query.append(("interventions", json.dumps([event.to_dict() for event in self.interventions])))
        return "?" + urlencode([*query, *(("set", item) for item in sets)])

    def __repr__(self) -> str:
        """Say where it started from, and what is changed."""
        return (
            f"Scenario({self.style!r} on {self.kind!r}, {self.weeks} weeks after {self.burn_in_weeks}{self._changed()})"
        )

    def _changed(self) -> str:
        try:
            changes = Scenario.preset(self.style, self.kind).diff(self)
        except ScenarioError:
            return ", from files that are gone"
        words = [
            f"{key.rpartition('.')[2] if key.startswith('levers.') else key}={after!r}"
            for key, (_, after) in changes.items()
            if "." in key or key == "seed"
        ]
        words += [f"{event.name} in week {event.week}" for event in self.interventions]
        more = f", … {len(words) - _MOST_SAID} more" if len(words) > _MOST_SAID else ""
        return f": {', '.join(words[:_MOST_SAID])}{more}" if words else ""

    @property
    def digest(self) -> str:
        """A hash of every value that bears on results: not of title, names and seed."""
        values = self.to_dict()
        for key in ("title", "kind", "style", "seed"):
            del values[key]
        for event in values["interventions"]:
            del event["name"]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


SECTIONS: dict[str, dict[str, Parameter]] = {
    f.name: declared(f.default_factory, f.name)  # type: ignore[arg-type]
    for f in dataclasses.fields(Scenario)
    if f.name not in _TOP and f.name not in ("habits", "interventions", "roster")
}
"""Every parameter that a scenario file can set, by section and name."""

_SECTION_TYPES: dict[str, Any] = {f.name: f.default_factory for f in dataclasses.fields(Scenario) if f.name in SECTIONS}

PARAMETERS: dict[str, Parameter] = {p.key: p for names in SECTIONS.values() for p in names.values()}
"""Every parameter by its full name, ``section.name``."""


def find_parameter(key: str, where: str = "scenario") -> Parameter:
    """Return the parameter of that name; the section may be left out where the name is unique.

    Raises
    ------
    ScenarioError
        If there is none, or more than one.
    """
    if key in PARAMETERS:
        return PARAMETERS[key]
    section, _, name = key.rpartition(".")
    if section:
        if section not in SECTIONS:
            raise ScenarioError(f"{where}: no section [{section}]; {nearest(section, SECTIONS)}")
        raise ScenarioError(f"{where}: [{section}] has no '{name}'; {nearest(name, SECTIONS[section])}")
    found = [p for p in PARAMETERS.values() if p.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise ScenarioError(f"{where}: '{name}' is in several sections; say one of {', '.join(p.key for p in found)}")
    names = {p.name for p in PARAMETERS.values()} | (set(_TOP) - {key})
    raise ScenarioError(f"{where}: no parameter '{name}'; {nearest(name, names)}")


def sources_of(kind: str) -> dict[str, str]:
    """Return where the values come from that a kind of organisation sets, by full name of the parameter, as its file says."""
    about, _ = load_named(kind, "organisations", "kind")
    return {find_parameter(key).key: text for key, text in about.get("sources", {}).items()}


def random_style(number: int, of: int, seed: int = 1) -> Levers:
    """Return levers drawn at random: row ``number`` of a Latin hypercube of ``of`` rows, all hours of the budget used.

    The null style: what any claim about a style has to beat.

    Parameters
    ----------
    number : int
        Which row, from 0.
    of : int
        Rows in the hypercube.
    seed : int
        Seed of the hypercube.
    """
    from scipy.stats import qmc

    if not 0 <= number < of:
        raise ScenarioError(f"random style: number {number} of {of}: expected a whole number from 0 to {of - 1}")
    free = [name for name in LEVERS if name != "budget_share"]
    row = qmc.LatinHypercube(d=len(free), rng=seed).random(of)[number]
    values = {}
    for name, u in zip(free, row, strict=True):
        about = SECTIONS["levers"][name]
        high = 10.0 if name.startswith("weight_") else about.high
        values[name] = round(about.low + float(u) * (high - about.low), 6)
    return Levers(**values, budget_share=1.0)


def _check_sources(about: Mapping[str, Any], where: str) -> None:
    """Check that ``[sources]`` of a kind say in words where values come from that the kind sets."""
    sources = about.get("sources", {})
    if not isinstance(sources, Mapping):
        raise ScenarioError(f"{where}: sources = {sources!r}: expected a section [sources]")
    for key, text in sources.items():
        found = find_parameter(key, f"{where}: [sources]")
        if found.name not in about.get(found.section, {}):
            raise ScenarioError(f"{where}: [sources] {key}: the file does not set [{found.section}] {found.name}")
        if not isinstance(text, str) or not text.strip():
            raise ScenarioError(
                f'{where}: [sources] {key} = {text!r}: expected a reference, or words that say "Assumption"'
            )


def _apply(scenario: Scenario, values: Mapping[str, Any], where: str) -> Scenario:
    """Return the scenario with checked values put in."""
    changes: dict[str, Any] = {}
    if "roster" in values:
        # What a roster before it decided is open again.
        scenario = dataclasses.replace(scenario, roster=None, structure=undecided(scenario.structure))
    for key, value in values.items():
        if key in _TOP:
            changes[key] = _check_top(key, value, where)
        elif key == "interventions":
            changes[key] = read_interventions(value, where, find_parameter)
        elif key == "roster":
            changes[key] = _read_roster(value, where)
        elif key not in SECTIONS and key != "habits":
            hint = nearest(key, [*SECTIONS, *_TOP, "habits", "interventions", "roster"])
            what = f"no section [{key}]" if isinstance(value, Mapping) else f"no key '{key}' at the top"
            raise ScenarioError(f"{where}: {what}; {hint}")
        elif not isinstance(value, Mapping):
            raise ScenarioError(f"{where}: {key} = {value!r}: expected a section [{key}]")
        else:
            known = SECTIONS["levers" if key == "habits" else key]
            for name in value:
                if name not in known:
                    raise ScenarioError(f"{where}: [{key}] has no '{name}'; {nearest(name, known)}")
            checked = {name: known[name].validate(item, where) for name, item in value.items()}
            changes[key] = dataclasses.replace(getattr(scenario, key), **checked)
    try:
        result, said = dataclasses.replace(scenario, **changes), values.get("structure", {})
        for name in DECIDES if result.roster is not None else ():
            # A value that happens to be the default counts as said, too.
            if name in said and said[name] != getattr(result.structure, name):
                raise ScenarioError(f"{where}: {decided(name, said[name], getattr(result.structure, name))}")
        return result
    except ScenarioError as error:
        raise ScenarioError(str(error).replace("scenario:", f"{where}:", 1)) from None


def _read_roster(value: Any, where: str) -> Roster:
    """Return the roster that a ``[roster]`` section describes."""
    if isinstance(value, Roster):
        return value
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: roster = {value!r}: expected a section [roster]")
    try:
        return Roster.from_dict(value)
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}") from None


def _check_together(scenario: Scenario, where: str) -> None:
    """Check what one value alone cannot tell."""
    s, p = scenario.structure, scenario.population
    if p.kappa_low > p.kappa_high:
        raise ScenarioError(f"{where}: [population] kappa_low = {p.kappa_low} is above kappa_high = {p.kappa_high}")
    if p.code_right_share + p.code_silent_share > 1.0:
        raise ScenarioError(f"{where}: [population] code_right_share and code_silent_share sum to more than 1")
    if s.share_doctor + s.share_nurse + s.share_allied + s.share_support + s.share_administrative <= 0.0:
        raise ScenarioError(f"{where}: [structure] the weights share_… of the professions are all 0")
    if sum(getattr(p, f"group_{name}") for name in GROUPS) <= 0.0:
        raise ScenarioError(f"{where}: [population] the weights group_… of the patient groups are all 0")
    plan = Plan(scenario.levers, scenario.sections, scenario.interventions)
    weeks = {0} | {week for event in plan.events for week in (event.week, event.week + event.weeks)}
    in_force = [plan.at(week) for week in sorted(weeks)]
    for section, levers in [("habits", scenario.habits), *(("levers", levers) for levers, _ in in_force)]:
        if levers.budget_share > 0.0 and sum(levers.hours(1.0).values()) == 0.0:
            raise ScenarioError(
                f"{where}: [{section}] the hour weights weight_… are all 0; use budget_share = 0 to spend none"
            )
    for _, sections in in_force:
        trial_weeks, patience = (
            sections["lifecycle"].n_cycles * sections["lifecycle"].cycle_weeks,
            sections["response"].patience,
        )
        if trial_weeks >= patience:
            raise ScenarioError(
                f"{where}: [lifecycle] n_cycles × cycle_weeks = {trial_weeks} weeks is not less than [response] patience = "
                f"{patience}: no trial could ever end"
            )


def _check_top(key: str, value: Any, where: str) -> Any:
    if key in _RANGES:
        low, high = _RANGES[key]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ScenarioError(f"{where}: {key} = {value!r}: expected a whole number from {low} to {high}")
    elif not isinstance(value, str):
        raise ScenarioError(f"{where}: {key} = {value!r}: expected text")
    return value


def _difference(base: Scenario, other: Scenario) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, (_, value) in base.diff(other).items():
        section, _, name = key.rpartition(".")
        if section:
            result.setdefault(section, {})[name] = value
        elif key == "interventions":
            result[key] = [event.to_dict() for event in value]
        else:
            result[name] = value.to_dict() if isinstance(value, Roster) else value
    return result
