"""The model that a scenario is for: the processes of a week, their parameters, and the measures that can be taken.

The shipped model is :data:`SHIPPED`. A model with your own processes or measures is another :class:`Model`; everything
that validates, sets, varies or describes parameters reads the sections of the model at hand.
"""

from __future__ import annotations

import dataclasses
import hashlib
import keyword
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from civicsim import checks
from civicsim.engine.parameters import Parameter, parameter
from civicsim.engine.parameters import declared as declared_by
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError, naming, nearest
from civicsim.model.levers import Levers
from civicsim.model.measures import MEASURES
from civicsim.model.measuring import Measure
from civicsim.model.practice import PracticeParameters
from civicsim.model.reference import Reference
from civicsim.model.structure import Population, Structure
from civicsim.model.week import PROCESSES, WEEK

TOP = ("title", "kind", "style", "weeks", "burn_in_weeks", "seed")
"""Keys at the top of a scenario file that hold one value."""
NAMED = {"style": "status-quo", "kind": "acute-trust", "code": ""}
"""Keys of a scenario file whose value is a name or a file, with their defaults."""
SHARED: dict[str, type] = {
    "structure": Structure,
    "population": Population,
    "levers": Levers,
    "practice": PracticeParameters,
    "reference": Reference,
}
"""Sections that belong to no single process."""
_TAKEN = {*TOP, *SHARED, "code", "habits", "interventions", "model", "parameters", "roster", "sections", "week"}


class Sections(dict[str, dict[str, Parameter]]):
    """Every parameter that a scenario file can set, by section and name."""

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The same by full name, ``section.name``."""
        return {about.key: about for names in self.values() for about in names.values()}

    @cached_property
    def _alike(self) -> dict[str, list[Parameter]]:
        found: dict[str, list[Parameter]] = {}
        for about in self.parameters.values():
            found.setdefault(about.name, []).append(about)
        return found

    def find(self, key: str, where: str = "scenario") -> Parameter:
        """Return the parameter of that name; the section may be left out where the name is unique.

        Raises :class:`ScenarioError` if there is none, or more than one.
        """
        if key in self.parameters:
            return self.parameters[key]
        section, _, name = key.rpartition(".")
        if section:
            if section not in self:
                raise ScenarioError(f"{where}: no section [{section}]; {nearest(section, self)}")
            checks.keys([name], self[section], f"{where}: [{section}] has no")
        found = self._alike.get(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(about.key for about in found)
            raise ScenarioError(f"{where}: '{name}' is in several sections; name one of {keys}")
        raise ScenarioError(f"{where}: no parameter '{name}'; {nearest(name, {*self._alike, *TOP} - {key})}")


@dataclass(frozen=True, repr=False)
class Model:
    """Processes of a week in order, the measures that can be taken by name, and the file that they come from.

    ``file`` is the Python file that it was loaded from ("" for none), and ``sha256`` its digest. Raises
    :class:`ScenarioError` if a process or a measure cannot be used.
    """

    week: tuple[Process, ...] = WEEK
    measures: Mapping[str, Measure] = field(default_factory=lambda: MEASURES, hash=False)
    file: str = field(default="", compare=False)
    sha256: str = ""

    def __post_init__(self) -> None:
        """Check the processes and their parameters."""
        object.__setattr__(self, "week", _checked_week(self.week))
        for section, names in self.own_sections.items() if self.week is not WEEK else ():
            for about in names.values():
                about.validate(about.default, f"process '{section}'")

    @cached_property
    def types(self) -> dict[str, type]:
        """By section: the dataclass that declares its parameters. Those of shipped processes are always among them."""
        own = {process.name: process.parameters for process in self.week if process.parameters is not object}
        return SHARED | {process.name: process.parameters for process in WEEK} | own

    @cached_property
    def sections(self) -> Sections:
        """Every parameter by section and name."""
        return Sections({section: declared_by(cls, section) for section, cls in self.types.items()})

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """By section: the parameters with their default values."""
        return {section: cls() for section, cls in self.types.items()}

    @cached_property
    def own_sections(self) -> Sections:
        """The sections that the shipped model does not have, or has otherwise."""
        return Sections({section: names for section, names in self.sections.items() if SECTIONS.get(section) != names})

    def with_measures(self, measures: Any) -> Model:
        """Return the same with further measures, given one by one or by name; refuse one that is none, or taken."""
        known, values = dict(self.measures), measures.values() if isinstance(measures, Mapping) else measures
        for measure in values:
            if not isinstance(measure, Measure):
                raise ScenarioError(f"MEASURES: {measure!r}: expected a list of civicsim.Measure")
            if known.setdefault(measure.name, measure) is not measure:
                raise ScenarioError(f"MEASURES: there is another measure called '{measure.name}'; expected a new name")
        return dataclasses.replace(self, measures=known)

    def to_dict(self) -> dict[str, Any]:
        """Return what it declares, as JSON can hold it; see :func:`stand_in`."""
        own = [process for process in self.week if process not in WEEK]
        sections = {process.name: self.sections.get(process.name, {}) for process in own}
        return {
            "week": [process.name for process in self.week],
            "processes": {name: [dataclasses.asdict(p) for p in known.values()] for name, known in sections.items()},
        }

    def __repr__(self) -> str:
        if self.file:
            return f"Model({self.file!r})"
        return "Model()" if self == SHIPPED else f"Model(week of {len(self.week)} processes)"

    def __reduce__(self) -> Any:
        # Code from a file is loaded anew elsewhere: its functions cannot be found by name there.
        if self is SHIPPED:
            return "SHIPPED"
        if self.file:
            known = load_model(self.file).measures
            own = [measure for name, measure in self.measures.items() if name not in known]
            return _again, (self.file, self.sha256, own)
        return Model, (self.week, dict(self.measures))


def _checked_week(week: Any) -> tuple[Process, ...]:
    processes = tuple(week) if isinstance(week, Iterable) else ()
    if not processes or not all(isinstance(process, Process) for process in processes):
        raise ScenarioError("WEEK: expected a tuple of civicsim.Process")
    if processes == WEEK:
        return WEEK
    names = [process.name for process in processes]
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"WEEK: two processes are called '{name}'; names key random draws and sections")
        if not name.isidentifier() or keyword.iskeyword(name) or name in _TAKEN:
            raise ScenarioError(f"WEEK: a process cannot be called '{name}'; expected another name, of letters and _")
    return processes


def load_model(file: str | Path) -> Model:
    """Return the model with the parts that a Python file defines. The file is executed, once per content.

    It defines ``WEEK``, a tuple of :class:`civicsim.Process` (see :func:`civicsim.model.week.insert`), or ``MEASURES``, a
    list of :class:`civicsim.Measure`, or both. Raises :class:`ScenarioError` if there is no such file, it cannot be
    executed, or what it defines cannot be used.
    """
    path = Path(file)
    try:
        source = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    digest = hashlib.sha256(source).hexdigest()
    module = _module(path, source, f"civicsim_own_{digest[:16]}")
    if not hasattr(module, "WEEK") and not hasattr(module, "MEASURES"):
        raise ScenarioError(
            f"{path}: expected WEEK, a tuple of civicsim.Process, or MEASURES, a list of civicsim.Measure"
        )
    with naming(str(path)):
        model = Model(getattr(module, "WEEK", WEEK), file=str(file), sha256=digest)
        return model.with_measures(getattr(module, "MEASURES", ()))


def _module(path: Path, source: bytes, name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    if path.suffix != ".py":
        raise ScenarioError(f"{path}: is not a Python file; expected a name that ends with .py")
    module = ModuleType(name)
    module.__file__ = str(path.absolute())
    sys.modules[name] = module
    try:
        # Not imported: that would prefer bytecode beside the file to the file itself.
        exec(compile(source, module.__file__, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ScenarioError(f"{path}: cannot be loaded ({type(error).__name__}: {error})") from error
    return module


def stand_in(declared: Mapping[str, Any], file: Path, sha256: str) -> Model:
    """Return a model with the parameters that code declares, without executing it: its own processes cannot run.

    ``declared`` comes from :meth:`Model.to_dict`; ``sha256`` is the digest of the file with the code.
    """
    own = {name: _stand_in(name, known, file) for name, known in declared.get("processes", {}).items()}
    week = tuple(own.get(name) or PROCESSES[name] for name in declared.get("week", PROCESSES))
    return Model(week, file=str(file), sha256=sha256)


def _stand_in(name: str, declared: list[dict[str, Any]], file: Path) -> Process:
    def act(cohort: Any, first: int, last: int) -> None:
        raise ScenarioError(
            f"the process '{name}' is in {file}, which is not executed unasked; scenario.with_(code=…) does"
        )

    fields = [(about["name"], type(about["default"]), _field(**about)) for about in declared]
    parameters = dataclasses.make_dataclass(f"Parameters of {name}", fields, frozen=True) if fields else object
    return Process(name, f"Defined in {file}.", parameters, act=act)


def _field(section: str, name: str, choices: list[str], **about: Any) -> Any:
    return parameter(**about, choices=tuple(choices))


def _again(file: str, sha256: str, measures: list[Measure]) -> Model:
    """Return a model from its file, in another process or as a copy; refuse a file that has changed."""
    model = load_model(file)
    if model.sha256 != sha256:
        raise ScenarioError(f"{file}: has changed since it was loaded")
    return model.with_measures(measures)


SHIPPED = Model()
"""The model as it is shipped."""
SECTIONS = SHIPPED.sections
"""Every parameter of the shipped model that a scenario file can set, by section and name."""
PARAMETERS = SECTIONS.parameters
"""Every parameter of the shipped model by its full name, ``section.name``."""
find_parameter = SECTIONS.find
"""Returns the shipped parameter of a name; see :meth:`Sections.find`."""
