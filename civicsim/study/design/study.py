"""A study: a question, and the runs that answer it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from civicsim import checks
from civicsim.errors import ScenarioError, naming
from civicsim.experiment.run import seeds_of
from civicsim.model.processes.events import Event
from civicsim.model.week import PUBLISHED
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.toml import read_toml
from civicsim.study.design.declared import Declared
from civicsim.study.design.designs import Design, read_design
from civicsim.study.design.factors import Factor, read_factors
from civicsim.study.design.notebook import first_rows, notebook_view
from civicsim.study.design.precision import Precision, read_precision
from civicsim.study.design.protocol import Protocol
from civicsim.study.design.spelling import DRAWN_FROM, contrasts_of, protocol_of
from civicsim.study.design.summaries import USUAL
from civicsim.study.design.weight import n_seeds_of, weigh

Blocks = Sequence[Mapping[str, Any] | Event]
"""Dated changes, as in a scenario file."""


def _untyped[T](cls: type[T]) -> type[T]:
    """Show the parameters of a class without their types, which its help explains: few could read a line of a thousand letters."""
    signature = inspect.signature(cls)
    bare = [about.replace(annotation=about.empty) for about in signature.parameters.values()]
    cls.__signature__ = signature.replace(parameters=bare, return_annotation=signature.empty)  # type: ignore[attr-defined]
    return cls


@_untyped
@dataclass(frozen=True, repr=False, eq=False)
class Study:
    """A question, and the runs that answer it. Everything but ``question`` has a default; see ``docs/studies.md``.

    Attributes
    ----------
    question : str
        The question that the study answers.
    title, expectation : str
        A short name; what is expected, written before the runs.
    styles : sequence of str or Scenario
        Governance styles by name, files of styles or scenarios, ``"random:20"``, or scenarios.
    base : str or Scenario
        The case that styles are set in: a scenario file or a scenario; "" for a shipped kind of organisation.
    kind : str
        Kind of organisation, where there is no base.
    baseline : str
        Label of the style that others are compared with: the status quo, or the first.
    seeds : int or sequence of int
        Runs per point, from the base's seed on; or the seeds themselves.
    weeks, burn_in_weeks : int or None
        Weeks of a run, and weeks before them; None for those of the base.
    factors : mapping
        By parameter: a value (held), a list (swept) or a distribution (sampled).
    design : str or mapping
        How settings are chosen; see :class:`civicsim.study.design.designs.Design`.
    runs : sequence of mapping
        Settings one by one, for a design that is a list; a key ``style`` names the style.
    uncertainties : mapping
        By parameter: a value or a distribution; or ``file``, a CSV of draws. Every policy meets every draw.
    interventions : sequence of mapping
        Dated changes in every run.
    shocks : mapping of str to sequence of mapping
        Sets of dated changes by label; every policy meets every set.
    measures : str, sequence or mapping
        ``"all"``, ``"flagship"``, names, or names with summaries of their own.
    summaries : sequence of str
        How a measure's weeks become one number; see :class:`civicsim.study.design.summaries.Summary`.
    weekly : sequence of str
        Measures of which every week is stored.
    events : bool
        Whether to log events; see :meth:`civicsim.experiment.run.Result.events`.
    people, network : mapping
        Which columns of people, and ties, to keep in which weeks; see :func:`civicsim.experiment.run.run`.
    precision : mapping
        When there are enough seeds; see :class:`civicsim.study.design.precision.Precision`.
    matters : mapping of str to float
        By column: the smallest difference that matters.
    better : mapping of str to str
        By measure without a better direction of its own: the one that is better here, "higher" or "lower".
    contrast : sequence of mapping
        What is expected: comparisons and their signs; see :mod:`civicsim.study.design.declared`.
    code : str
        Python file with a custom ``WEEK`` or ``MEASURES``.
    order : str
        Order of the processes in a week.
    folder : Path
        Where paths of files start.
    where : str
        Start of error messages.
    spelt_out : Protocol or None
        Everything that is run, as read from a folder of results; by default it follows from the rest.
    """

    question: str = ""
    title: str = ""
    expectation: str = ""
    styles: Sequence[str | Scenario] = ()
    base: str | Scenario = ""
    kind: str = ""
    baseline: str = ""
    seeds: int | Sequence[int] = 30
    weeks: int | None = None
    burn_in_weeks: int | None = None
    factors: Mapping[str, Any] = field(default_factory=dict)
    design: str | Mapping[str, Any] = field(default_factory=dict)
    runs: Sequence[Mapping[str, Any]] = ()
    uncertainties: Mapping[str, Any] = field(default_factory=dict)
    interventions: Blocks = ()
    shocks: Mapping[str, Blocks] = field(default_factory=dict)
    measures: Any = "all"
    summaries: Sequence[str] = (USUAL,)
    weekly: Sequence[str] = ()
    events: bool = False
    people: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    precision: Mapping[str, Any] = field(default_factory=dict)
    matters: Mapping[str, float] = field(default_factory=dict)
    better: Mapping[str, str] = field(default_factory=dict)
    contrast: Sequence[Mapping[str, Any]] = ()
    code: str = ""
    order: str = PUBLISHED
    folder: Path = Path()
    where: str = "study"
    spelt_out: Protocol | None = None

    def __post_init__(self) -> None:
        """Check everything at once, so that every study can be run."""
        for key in KEYS:
            object.__setattr__(self, key, checks.plain(getattr(self, key)))
        if isinstance(self.styles, str | Scenario):
            object.__setattr__(self, "styles", (self.styles,))
        for key, check in _CHECKS.items():
            check(getattr(self, key), f"{self.where}: {key}")
        if not self.question.strip():
            raise ScenarioError(f"{self.where}: question: expected a sentence with the question that the study answers")
        first = next(iter(self.protocol.bases.values()), None)
        if first is not None:
            weigh(len(self.protocol.points), n_seeds_of(self.seeds), first, self.where)
        with naming(self.where):
            seeds = seeds_of(self.seeds, 1 if first is None else first.seed)
        object.__setattr__(self, "seeds", tuple(seeds))
        _ = self.rule
        columns = self.protocol.columns
        checks.keys(self.matters, [column.name for column in columns], f"{self.where}: matters: no column")
        for name, size in self.matters.items():
            checks.number(size, f"{self.where}: matters: {name}", 0.0)
        checks.keys(self.better, [column.measure for column in columns], f"{self.where}: better: no measure")
        for name, way in self.better.items():
            at, declared = f"{self.where}: better: {name}", self.protocol.declared.measures.get(name)
            checks.choice(way, at, ("higher", "lower"))
            if declared is not None and declared.better not in ("neither", way):
                raise ScenarioError(f"{at} = {way!r}: {declared.better} is better by the measure itself")

    # -- making studies --------------------------------------------------------------------------------------------

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Return the study of a TOML file; paths in it start at its folder.

        Raises
        ------
        ScenarioError
            If the file cannot be read or has a mistake; one line that names file and key.
        """
        file = Path(path)
        return cls.from_dict(read_toml(file), file.parent, str(path))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: str | Path = ".", where: str = "study") -> Study:
        """Return the study of a dictionary, as read from TOML."""
        checks.keys(values, KEYS, f"{where}: no key")
        return cls(**values, folder=Path(folder), where=where)

    @classmethod
    def kept(cls, file: Path, protocol: Protocol, seeds: Sequence[int]) -> Study:
        """Return the study of a folder of results: its words as in the file, and its protocol as it was run."""
        values = read_toml(file)
        return cls(**{**values, "seeds": tuple(seeds)}, folder=file.parent, where=str(file), spelt_out=protocol)

    def with_(self, **changes: Any) -> Study:
        """Return a copy with some values changed; of a study with results, seeds, words and rules only.

        Raises
        ------
        ScenarioError
            If the protocol of existing results would change.
        """
        fixed = set(changes) - {"question", "title", "expectation", "seeds", "precision", "matters", "better"}
        if self.spelt_out is not None and fixed:
            raise ScenarioError(
                f"{self.where}: {min(fixed)}: there are results of this study; write another study instead"
            )
        return dataclasses.replace(self, **changes)

    # -- reading studies -------------------------------------------------------------------------------------------

    @cached_property
    def protocol(self) -> Protocol:
        """Everything that is run: scenarios, points, columns."""
        return protocol_of(self) if self.spelt_out is None else self.spelt_out

    @cached_property
    def rule(self) -> Precision | None:
        """The precision rule; None where the seeds are fixed."""
        columns = dict.fromkeys(column.name for column in self.protocol.columns)
        return read_precision(self.precision, columns, len(self.seed_numbers), self.where)

    @cached_property
    def swept(self) -> tuple[Factor, ...]:
        """The parameters under ``factors``: held, swept or sampled."""
        return read_factors(self.factors, self.where, sections=self.protocol.sections)

    @cached_property
    def drawn(self) -> tuple[Factor, ...]:
        """The parameters that ``uncertainties`` names by itself, beside those of a file or a calibration."""
        named = {key: value for key, value in self.uncertainties.items() if key not in DRAWN_FROM}
        return read_factors(named, self.where, "uncertainties", self.protocol.sections)

    @cached_property
    def layout(self) -> Design:
        """How settings are chosen."""
        return read_design(self.design, self.swept, len(self.runs), self.where)

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """The contrasts under ``contrast``, checked."""
        of = self.protocol
        return contrasts_of(self, of.bases, of.shocks, of.declared, self.layout.method == "contrasts")

    @property
    def points(self) -> pd.DataFrame:
        """The points of the design, a row each; see ``docs/store.md``."""
        return self.protocol.points.copy()

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds one by one."""
        return tuple(self.seeds)  # type: ignore[arg-type]

    @property
    def n_runs(self) -> int:
        """Points × seeds."""
        return len(self.protocol.points) * len(self.seed_numbers)

    def scenario(self, point: int) -> Scenario:
        """Return the scenario of a point."""
        return self.protocol.scenario(point)

    def to_toml(self) -> str:
        """Return the study as a TOML file, without defaults."""
        values = {key: _plain(getattr(self, key)) for key in KEYS}
        usual = {field.name: _plain({} if field.default is MISSING else field.default) for field in fields(self)}
        kept = {key: value for key, value in values.items() if value not in (usual[key], None, [], {})}
        seeds = values["seeds"]
        first = len(seeds) if seeds == list(range(1, len(seeds) + 1)) else seeds
        return tomli_w.dumps({"question": self.question} | kept | {"seeds": first})

    def __len__(self) -> int:
        return self.n_runs

    def __repr__(self) -> str:
        n = len(self.protocol.points)
        return f"Study({self.question!r}: {n} points × {len(self.seed_numbers)} seeds = {self.n_runs} runs)"

    def _repr_html_(self) -> str:
        n, seeds = len(self.protocol.points), len(self.seed_numbers)
        size = f"{n} points × {seeds} seeds = {self.n_runs} runs" + (
            f"; the first {_SHOWN} points:" if n > _SHOWN else "."
        )
        asked = [self.question] if self.title else []
        return notebook_view(*asked, size, first_rows(self.points, _SHOWN), title=self.title or self.question)


def _plain(value: Any) -> Any:
    """Return a value for TOML."""
    if isinstance(value, Scenario):
        return value.title or value.style
    if isinstance(value, Event):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


KEYS = tuple(field.name for field in fields(Study) if field.name not in ("folder", "where", "spelt_out"))
"""Keys at the top of a study file."""
_SHOWN = 8


def _weeks(value: Any, what: str, low: int) -> None:
    if value is not None:
        checks.whole(value, what, low, 5200)


_CHECKS: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(("question", "title", "expectation", "kind", "baseline", "code", "order"), checks.text),
    **dict.fromkeys(("styles", "runs", "interventions", "weekly", "contrast"), checks.sequence),
    "weeks": partial(_weeks, low=1),
    "burn_in_weeks": partial(_weeks, low=0),
    **dict.fromkeys(("factors", "uncertainties"), partial(checks.table, of="a table of parameters and their values")),
    "shocks": partial(checks.table, of="a table of labels and lists of dated changes"),
    "events": checks.truth,
    "matters": partial(checks.table, of="measures and numbers"),
    "better": partial(checks.table, of='measures and "higher" or "lower"'),
}
"""How the values of keys are checked by themselves, before all are checked together."""
