"""A scenario holds everything that is assumed: kind of organisation, governance style, parameters, weeks and seed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from civicsim import checks
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError, naming, nearest
from civicsim.model.levers import Levers
from civicsim.model.measuring import Measure
from civicsim.model.practice import PracticeParameters
from civicsim.model.processes.events import Event
from civicsim.model.reference import Reference
from civicsim.model.roster import DECIDES, Roster, decided, undecided
from civicsim.model.structure import Population, Structure
from civicsim.scenario.checks import check_sources, check_together, check_top, checked_section, read_roster
from civicsim.scenario.interventions import check_event, read_interventions
from civicsim.scenario.model import NAMED, PARAMETERS, SECTIONS, SHARED, SHIPPED, TOP, Model, find_parameter, load_model
from civicsim.scenario.shipped import STYLE_KEYS, in_folder, load_named, names_in
from civicsim.scenario.toml import parse_toml, read_toml
from civicsim.scenario.writing import difference, toml_of, url_of

__all__ = ["DEFAULT_KIND", "PARAMETERS", "SECTIONS", "STATUS_QUO", "Scenario", "find_parameter", "sources_of"]

STATUS_QUO, DEFAULT_KIND = NAMED["style"], NAMED["kind"]
_MOST_NAMED = 6
"""Most changes that the short form of a scenario names."""
_BLOCKS = ("habits", "interventions", "roster")
"""Keys of a scenario file that hold blocks and are no section of parameters."""


@dataclass(frozen=True, repr=False)
class Scenario:
    """Everything that is assumed. Frozen: :meth:`with_` makes a changed copy.

    Attributes
    ----------
    title : str
        What it is about, in a few words.
    kind, style : str
        Kind of organisation and governance style it started from.
    weeks, burn_in_weeks : int
        Weeks that are recorded, and weeks at the status quo before them.
    seed : int
        Seed of the first run.
    structure, population, levers, practice, reference : dataclass
        Sizes, people, governance, what changing a practice takes, and what is usual.
    habits : Levers
        Levers of the status quo, which hold during the burn-in.
    interventions : tuple of Event
        Dated changes: interventions and shocks.
    roster : Roster or None
        Teams, professions, line and ties of your own organisation; None where they follow from the structure.
    model : Model
        Processes of a week, and measures; the shipped ones by default.
    parameters : dict of str to dataclass
        Parameters of each process by section; each is an attribute too: ``scenario.voice``. Sections that are left out
        have their default values.
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
    # Before the parameters, whose classes a copy in another process finds only once the model is loaded.
    model: Model = SHIPPED
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value, however the scenario was made."""
        for key in TOP:
            check_top(key, getattr(self, key), "scenario")
        put, defaults = object.__setattr__, self.model.defaults
        for section in SHARED:
            put(self, section, checked_section(getattr(self, section), section, self.model))
        put(self, "habits", checked_section(self.habits, "levers", self.model, "scenario: habits"))
        own = {section: usual for section, usual in defaults.items() if section not in SHARED}
        for section in {*self.parameters, *(_ATTRIBUTES & defaults.keys())}:
            if section not in own or section in _ATTRIBUTES:
                raise ScenarioError(f"scenario: no process can have a section [{section}]")
        given = {**own, **self.parameters}
        put(self, "parameters", {name: checked_section(given[name], name, self.model) for name in own})
        events: Any = self.interventions
        if not isinstance(events, tuple) or not all(isinstance(event, Event) for event in events):
            raise ScenarioError(f"scenario: interventions = {events!r}: expected a tuple of Event")
        find = self.model.sections.find
        events = tuple(check_event(event, f"scenario: intervention {event.name!r}", find) for event in events)
        put(self, "interventions", events)
        if self.roster is not None:
            with naming("scenario"):
                put(self, "structure", self.roster.outline(self.structure))
        check_together(self, "scenario")

    def __getattr__(self, name: str) -> Any:
        parameters = self.__dict__.get("parameters", {})
        if name in parameters:
            return parameters[name]
        raise AttributeError(f"a scenario has no '{name}'; {nearest(name, [*parameters, *SHARED])}")

    # -- making scenarios ------------------------------------------------------------------------------------------

    @classmethod
    def preset(cls, style: str = STATUS_QUO, kind: str = DEFAULT_KIND, model: Model = SHIPPED) -> Scenario:
        """Return a style on a kind of organisation.

        Parameters
        ----------
        style : str
            Name of a style (see :func:`civicsim.scenario.shipped.styles`), or path of a TOML file with ``[levers]``.
        kind : str
            Name of a kind of organisation (see :func:`civicsim.scenario.shipped.kinds`), or path of a TOML file.
        model : Model
            Processes and measures; see :func:`civicsim.scenario.model.load_model`.

        Raises
        ------
        ScenarioError
            If there is no such style or kind, or a file asks for something impossible.
        """
        about_kind, kind_where = load_named(kind, "organisations", "kind")
        about_style, style_where = load_named(style, "styles", "style")
        for key in about_style:
            if key not in STYLE_KEYS:
                raise ScenarioError(f"{style_where}: '{key}' is not for a style, which sets levers only")
        for key in about_kind:
            if key in ("style", "kind", "seed", "code", "interventions", "habits"):
                raise ScenarioError(f"{kind_where}: '{key}' is not for a kind of organisation")
        assumed = {key: value for key, value in about_kind.items() if key not in ("description", "sources")}
        base = _apply(cls(kind=kind, model=model), assumed, kind_where)
        check_sources(about_kind, kind_where, model)
        base = dataclasses.replace(base, habits=base.levers, kind=kind, style=style)
        named = {"title": about_style.get("title", style), "levers": about_style.get("levers", {})}
        return _apply(base, named, style_where)

    @classmethod
    def read(cls, path: str | Path, model: Model = SHIPPED) -> Scenario:
        """Return the scenario that a TOML file describes: a style on a kind of organisation, and changes.

        Paths in the file start at its folder.

        Parameters
        ----------
        path : str or Path
            The file.
        model : Model
            Processes and measures where the file names no code.

        Raises
        ------
        ScenarioError
            If the file cannot be read, or asks for something the model does not know or cannot do.
        """
        return cls.from_dict(read_toml(Path(path)), str(path), Path(path).parent, model)

    @classmethod
    def from_dict(
        cls, values: Mapping[str, Any], where: str = "scenario", folder: str | Path = ".", model: Model = SHIPPED
    ) -> Scenario:
        """Return the scenario that nested dictionaries describe, as read from TOML; see :meth:`read`.

        Parameters
        ----------
        values : mapping
            Keys and sections of a scenario file.
        where : str
            What to name in a complaint.
        folder : str or Path
            Where paths of files start.
        model : Model
            Processes and measures where the values name no code.
        """
        names = {key: values.get(key, usual) for key, usual in NAMED.items()}
        for key, name in names.items():
            if not isinstance(name, str):
                what = "the path of a Python file" if key == "code" else f"the name of a {key}"
                raise ScenarioError(f"{where}: {key} = {name!r}: expected {what}")
        style, kind, code = (in_folder(name, Path(folder)) for name in names.values())
        with naming(where):
            base = cls.preset(style, kind, load_model(code) if code else model)
        return _apply(base, {key: value for key, value in values.items() if key not in names}, where, Path(folder))

    def with_(self, **changes: Any) -> Scenario:
        """Return a copy with some values changed.

        Parameters
        ----------
        **changes
            By name: a top-level name (``weeks=104``; ``style`` brings its levers along), a parameter (``fear=0.1``), a
            parameter with its section where the bare name is not unique (``load__enabled=False``), a whole section
            (``levers=Levers(…)``), ``interventions`` or a ``roster``; and your own parts: ``code``, a Python file, or
            ``week``, a sequence of Process, and ``measures``, further ones.

        Raises
        ------
        ScenarioError
            If a name is unknown or ambiguous, or a value is out of range.
        """
        return self._changed({name.replace("__", "."): value for name, value in changes.items()}, "scenario")

    def set(self, key: str, value: Any, where: str = "scenario") -> Scenario:
        """Return a copy with one value changed; ``key`` is a name, or ``section.name``. No value makes it execute code."""
        if key in ("code", "measures"):
            raise ScenarioError(f"{where}: {key} cannot be set among other values; start from a scenario that has it")
        return self._changed({key: value}, where)

    def _changed(self, changes: Mapping[str, Any], where: str) -> Scenario:
        result, whole, single = self, dict[str, Any](), dict[str, dict[str, Any]]()
        parts = {key: value for key, value in changes.items() if key in ("code", "measures") or _is_week(key, value)}
        if parts:
            result = result._made_of(**parts)
        if "kind" in changes:
            raise ScenarioError(f"{where}: the kind of a scenario cannot be changed; start from another preset")
        if "style" in changes:
            named = Scenario.preset(changes["style"], self.kind, result.model)
            result = dataclasses.replace(result, style=named.style, title=named.title, levers=named.levers)
        for key, value in changes.items():
            if key == "style" or key in parts:
                continue
            if key in TOP or key in _BLOCKS or key in result.model.types:
                whole[key] = _from_text(value, where) if key == "interventions" else value
                continue
            section, _, name = key.partition(".")
            if section != "habits":
                found = result.model.sections.find(key, where)
                section, name = found.section, found.name
            single.setdefault(section, {})[name] = value
        # At once, because a roster and the structure have to fit together; what refines a whole section comes after it.
        later = {section: single.pop(section) for section in whole if section in single}
        for values in filter(None, (whole | single, later)):
            result = _apply(result, values, where)
        return result

    def _made_of(self, code: str | Path = "", week: Any = None, measures: Any = ()) -> Scenario:
        """Return the same with other parts of the model."""
        model = load_model(code) if code else self.model
        if week is not None:
            model = Model(tuple(week), model.measures)
        if measures:
            model = model.with_measures(measures)
        return self.for_model(model)

    def for_model(self, model: Model) -> Scenario:
        """Return the same with another model; values of parameters that it does not have are left out."""
        if model == self.model:
            return self
        kept = {
            name: model.types[name](**{key: value for key, value in vars(own).items() if key in model.sections[name]})
            for name, own in self.parameters.items()
            if name in model.types
        }
        return dataclasses.replace(self, model=model, parameters=kept)

    def replace(self, **changes: Any) -> Scenario:
        """Return a copy with fields and whole sections replaced, as :func:`dataclasses.replace` does with fields."""
        own = {name: changes.pop(name) for name in [*changes] if name in self.parameters}
        if own:
            changes["parameters"] = {**self.parameters, **own}
        return dataclasses.replace(self, **changes)

    # -- reading scenarios -----------------------------------------------------------------------------------------

    @property
    def week(self) -> tuple[Process, ...]:
        """The processes of a week, in order."""
        return self.model.week

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures that can be taken, by name."""
        return self.model.measures

    @property
    def code(self) -> str:
        """Path of the Python file with your own processes or measures; "" for none."""
        return self.model.file

    @property
    def sections(self) -> dict[str, Any]:
        """Parameters of processes and shared parameters, by section; without structure, population and levers."""
        return {"practice": self.practice, "reference": self.reference, **self.parameters}

    @property
    def hours(self) -> dict[str, float]:
        """Hours per person and week that each purpose gets of the hours for improvement."""
        return self.levers.hours(self.structure.improvement_share * self.structure.contracted_hours)

    def value_of(self, key: str) -> Any:
        """Return the value of a parameter by its full name, ``section.name``."""
        section, _, name = key.partition(".")
        return getattr(getattr(self, section), name)

    @property
    def before(self) -> Scenario:
        """The same without what a burn-in does not depend on: scenarios that are equal in this share one."""
        return dataclasses.replace(self, title="", style="", levers=self.habits, interventions=(), seed=0)

    def to_dict(self) -> dict[str, Any]:
        """Return all values as nested dictionaries; with the habits, so that nothing is left to a preset."""
        values: dict[str, Any] = {key: getattr(self, key) for key in TOP}
        values |= {section: dict(vars(getattr(self, section))) for section in (*SHARED, "habits", *self.parameters)}
        values["interventions"] = tuple(dataclasses.asdict(event) for event in self.interventions)
        values |= {} if self.roster is None else {"roster": self.roster.to_dict()}
        return values | ({"code": self.code} if self.code else {})

    def changes(self) -> dict[str, Any]:
        """Return what differs from the style on the kind of organisation, as nested dictionaries; see :meth:`from_dict`."""
        return difference(self._start(), self)

    def _start(self, *, shipped: bool = False) -> Scenario:
        """Return the style on the kind that it started from; where a label is no name of one, the usual one."""

        def found(name: str, folder: str, usual: str) -> str:
            there = name in names_in(folder) or (not shipped and name.endswith(".toml") and os.path.isfile(name))
            return name if there else usual

        style, kind = found(self.style, "styles", STATUS_QUO), found(self.kind, "organisations", DEFAULT_KIND)
        return Scenario.preset(style, kind, self.model)

    def diff(self, other: Scenario) -> dict[str, tuple[Any, Any]]:
        """Return what differs from another scenario: name → (own value, other's value); None where one has no such value."""
        result = {}
        for key in (*TOP, "code", "interventions", "roster"):
            if getattr(self, key) != getattr(other, key):
                result[key] = (getattr(self, key), getattr(other, key))
        for section in {**self.model.sections, "habits": {}, **other.model.sections}:
            mine, theirs = (getattr(one, section, None) for one in (self, other))
            if mine != theirs:
                for name in {**vars(mine or theirs), **vars(theirs or mine)}:
                    pair = getattr(mine, name, None), getattr(theirs, name, None)
                    if pair[0] != pair[1]:
                        result[f"{section}.{name}"] = pair
        return result

    def to_toml(self, folder: str | Path = ".", *, every: bool = False) -> str:
        """Return the scenario as a TOML file: its style and kind, and what it changes.

        Parameters
        ----------
        folder : str or Path
            Where the file will be: paths in it start there.
        every : bool
            Whether to write every value, so that no later default changes it.

        Raises
        ------
        ScenarioError
            If it has processes of your own that are in no file.
        """
        return toml_of(self, self._start(), Path(folder), every)

    def to_url(self) -> str:
        """Return the scenario as the query of a link, which names a shipped style and kind and all that differs from them.

        Raises
        ------
        ScenarioError
            If it has a roster or processes of your own, which a link cannot hold; a roster that a shipped kind brings
            along is fine.
        """
        return url_of(self, self._start(shipped=True))

    def __repr__(self) -> str:
        """Return where it started from, and what is changed."""
        return f"Scenario({self.style!r} on {self.kind!r}, {self.weeks} weeks after {self.burn_in_weeks}{self._in_words()})"

    def _in_words(self) -> str:
        try:
            changes = self._start().diff(self)
        except ScenarioError:
            return ", from files that have changed"
        words = [
            f"{key.rpartition('.')[2] if key.startswith('levers.') else key}={after!r}"
            for key, (_, after) in changes.items()
            if "." in key or key == "seed"
        ]
        words += [f"{event.name} in week {event.week}" for event in self.interventions]
        words += [f"code={self.code!r}"] if self.code else []
        more = f", … {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
        return f": {', '.join(words[:_MOST_NAMED])}{more}" if words else ""

    @property
    def digest(self) -> str:
        """A hash of every value that bears on results, and of your own code: not of title, names and seed."""
        values = self.to_dict()
        for key in ("title", "kind", "style", "seed"):
            del values[key]
        for event in values["interventions"]:
            del event["name"]
        values |= {"code": self.model.sha256} if self.code else {}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


_ATTRIBUTES = frozenset(dir(Scenario))


def sources_of(kind: str, model: Model = SHIPPED) -> dict[str, str]:
    """Return the sources of the values that a kind of organisation sets, by full name of the parameter, as its file has them."""
    about, _ = load_named(kind, "organisations", "kind")
    return {model.sections.find(key).key: text for key, text in about.get("sources", {}).items()}


def _is_week(key: str, value: Any) -> bool:
    return key == "week" and isinstance(value, list | tuple)


def _from_text(value: Any, where: str) -> Any:
    """Return interventions that are written as TOML, as an option of the command line has them."""
    if not isinstance(value, str):
        return value
    try:
        return parse_toml(f"interventions = {value}", where)["interventions"]
    except ScenarioError:
        example = '[{ name = "surge", week = 52 }]'
        raise ScenarioError(f"{where}: interventions = {value}: expected blocks such as {example}") from None


def _apply(scenario: Scenario, values: Mapping[str, Any], where: str, folder: Path = Path()) -> Scenario:
    """Return the scenario with values checked and put in: keys and sections of a scenario file, or whole sections."""
    model, changes, values = scenario.model, dict[str, Any](), checks.plain(values)
    if "roster" in values:
        # What a roster before it decided is open again.
        scenario = dataclasses.replace(scenario, roster=None, structure=undecided(scenario.structure))
    for key, value in values.items():
        section = "levers" if key == "habits" else key
        if key in TOP:
            changes[key] = check_top(key, value, where)
        elif key == "interventions":
            changes[key] = read_interventions(value, where, model.sections.find, partial(load_named, start=folder))
        elif key == "roster":
            changes[key] = read_roster(value, where)
        elif section not in model.sections:
            hint = nearest(key, [*model.sections, *TOP, *_BLOCKS, "code"])
            what = f"no section [{key}]" if isinstance(value, Mapping) else f"no key '{key}' at the top"
            raise ScenarioError(f"{where}: {what}; {hint}")
        elif isinstance(value, model.types[section]):
            changes[key] = value
        elif not isinstance(value, Mapping):
            raise ScenarioError(f"{where}: {key} = {value!r}: expected a section [{key}]")
        else:
            known = model.sections[section]
            checks.keys(value, known, f"{where}: [{key}] has no")
            checked = {name: known[name].validate(item, where) for name, item in value.items()}
            changes[key] = dataclasses.replace(getattr(scenario, key), **checked)
    with naming(f"{where}:", instead_of="scenario:"):
        result, given = scenario.replace(**changes), values.get("structure", {})
        for name in DECIDES if result.roster is not None and isinstance(given, Mapping) else ():
            # A value that happens to be the default counts as set, too.
            if name in given and given[name] != getattr(result.structure, name):
                raise ScenarioError(f"{where}: {decided(name, given[name], getattr(result.structure, name))}")
    return result
