"""A study as somebody writes it down: a question, and what is run to answer it."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from civicsim.errors import ScenarioError, nearest
from civicsim.experiment.run import seeds_of
from civicsim.model.processes.events import Event
from civicsim.model.week import PUBLISHED
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.toml import read_toml
from civicsim.study.design.precision import Precision, read_precision
from civicsim.study.design.protocol import Protocol, protocol_of
from civicsim.study.design.summaries import USUAL

_WHERE = "study"


@dataclass(frozen=True, repr=False, eq=False)
class Study:
    """A question, and the runs that are to answer it.

    Everything but ``question`` has a default; the values are those of a study file (see ``docs/studies.md``).

    Attributes
    ----------
    question : str
        What is to be found out.
    title, expectation : str
        A short name; what is expected, written before the runs.
    styles : sequence of str or Scenario
        Governance styles by name, files of styles or scenarios, ``"random:20"``, or scenarios.
    base : str or Scenario
        The case that styles are set in: a scenario file or a scenario; "" for a shipped kind of organisation.
    kind : str
        Kind of organisation, where there is no base.
    baseline : str
        Label of the style that others are set against: the status quo, or the first.
    seeds : int or sequence of int
        Runs per point, from the base's seed on; or the seeds themselves.
    weeks, burn_in_weeks : int or None
        Weeks that are looked at, and weeks before; None leaves what the base says.
    factors : mapping
        By parameter: a value (held), a list (swept) or a distribution (sampled).
    design : str or mapping
        How settings are chosen; see :class:`civicsim.study.design.designs.Design`.
    runs : sequence of mapping
        Settings one by one, for a design that is a list; a key ``style`` says the style.
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
        Measures of which every week is kept.
    events : bool
        Whether to log events; see :meth:`civicsim.experiment.run.Result.events`.
    people, network : mapping
        Which columns of people, and ties, to keep in which weeks; see :func:`civicsim.experiment.run.run`.
    precision : mapping
        When there are seeds enough; see :class:`civicsim.study.design.precision.Precision`.
    matters : mapping of str to float
        By measure: the smallest difference that matters.
    code : str
        Python file with your own ``WEEK`` or ``MEASURES``; see :func:`civicsim.scenario.model.load_model`.
    order : str
        Order of the processes in a week.
    folder : Path
        Where paths of files start.
    where : str
        What complaints start with.
    spelt_out : Protocol or None
        What is run, where a folder has kept it; by default it follows from the rest.
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
    interventions: Sequence[Mapping[str, Any] | Event] = ()
    shocks: Mapping[str, Sequence[Mapping[str, Any] | Event]] = field(default_factory=dict)
    measures: Any = "all"
    summaries: Sequence[str] = (USUAL,)
    weekly: Sequence[str] = ()
    events: bool = False
    people: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    precision: Mapping[str, Any] = field(default_factory=dict)
    matters: Mapping[str, float] = field(default_factory=dict)
    code: str = ""
    order: str = PUBLISHED
    folder: Path = Path()
    where: str = _WHERE
    spelt_out: Protocol | None = None

    def __post_init__(self) -> None:
        """Check everything at once, so that a study that exists can be run."""
        for key in ("question", "title", "expectation", "kind", "baseline", "code", "order"):
            if not isinstance(getattr(self, key), str):
                raise ScenarioError(f"{self.where}: {key} = {getattr(self, key)!r}: expected text")
        if not self.question.strip():
            raise ScenarioError(f"{self.where}: question: expected a sentence that says what is to be found out")
        if isinstance(self.styles, str | Scenario):
            object.__setattr__(self, "styles", (self.styles,))
        for key in ("styles", "runs", "interventions", "weekly"):
            given = getattr(self, key)
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise ScenarioError(f"{self.where}: {key} = {given!r}: expected a list")
        for key, low in (("weeks", 1), ("burn_in_weeks", 0)):
            value = getattr(self, key)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and low <= value <= 5200):
                raise ScenarioError(f"{self.where}: {key} = {value!r}: expected a whole number from {low} to 5200")
        bases = self.protocol.bases.values()
        try:
            seeds = seeds_of(self.seeds, next(iter(bases)).seed if isinstance(self.seeds, int) else 0)
        except ScenarioError as error:
            raise ScenarioError(f"{self.where}: {error}") from None
        object.__setattr__(self, "seeds", tuple(seeds))
        _ = self.rule
        self._check_matters()

    def _check_matters(self) -> None:
        names = {column.name for column in self.protocol.columns}
        matters: Any = self.matters
        if not isinstance(matters, Mapping):
            raise ScenarioError(f"{self.where}: matters = {matters!r}: expected measures and numbers")
        for name, size in matters.items():
            if name not in names:
                raise ScenarioError(f"{self.where}: matters: no column '{name}'; {nearest(name, names)}")
            if isinstance(size, bool) or not isinstance(size, int | float) or not 0.0 <= size < math.inf:
                raise ScenarioError(f"{self.where}: matters: {name} = {size!r}: expected a number from 0")

    # -- making studies --------------------------------------------------------------------------------------------

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Return the study that a TOML file describes; paths in it start at its folder.

        Raises
        ------
        ScenarioError
            If the file cannot be read, or asks for something that there is not; one line that names file and key.
        """
        file = Path(path)
        return cls.from_dict(read_toml(file), file.parent, str(path))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: str | Path = ".", where: str = _WHERE) -> Study:
        """Return the study that a dictionary describes, as read from TOML."""
        for key in values:
            if key not in KEYS:
                what = f"no section [{key}]" if isinstance(values[key], Mapping) else f"no key '{key}'"
                raise ScenarioError(f"{where}: {what}; {nearest(key, KEYS)}")
        return cls(**values, folder=Path(folder), where=where)

    @classmethod
    def kept(cls, file: Path, protocol: Protocol, seeds: Sequence[int]) -> Study:
        """Return the study that a folder of results keeps: its words as in the file, and what it runs as it was then."""
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        return cls(**{**values, "seeds": tuple(seeds)}, folder=file.parent, where=str(file), spelt_out=protocol)

    def with_(self, **changes: Any) -> Study:
        """Return a copy with some values changed; of a study kept with results, seeds, words and rules only.

        Raises
        ------
        ScenarioError
            If what results rest on would change.
        """
        fixed = set(changes) - {"question", "title", "expectation", "seeds", "precision", "matters"}
        if self.spelt_out is not None and fixed:
            raise ScenarioError(
                f"{self.where}: {min(fixed)}: there are results of this study; write another study instead"
            )
        return dataclasses.replace(self, **changes)

    # -- reading studies -------------------------------------------------------------------------------------------

    @cached_property
    def protocol(self) -> Protocol:
        """Everything that is run, spelt out: scenarios, points, columns."""
        return protocol_of(self) if self.spelt_out is None else self.spelt_out

    @cached_property
    def rule(self) -> Precision | None:
        """When there are seeds enough; None where the seeds are as they are."""
        columns = dict.fromkeys(column.name for column in self.protocol.columns)
        return read_precision(self.precision, columns, len(self.seed_numbers), self.where)

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
        """Return the study as a TOML file, with what is not said left out."""
        values: dict[str, Any] = {"question": self.question}
        for field_ in dataclasses.fields(Study):
            value = getattr(self, field_.name)
            usual = field_.default if field_.default is not dataclasses.MISSING else {}
            said = value is not None and value != usual and value not in ((), [], {})
            if field_.name == "seeds" or (field_.name in KEYS and said):
                values[field_.name] = _plain(value)
        seeds = values["seeds"]
        if seeds == list(range(1, len(seeds) + 1)):
            values["seeds"] = len(seeds)
        return tomli_w.dumps(values)

    def __len__(self) -> int:
        return self.n_runs

    def __repr__(self) -> str:
        n = len(self.protocol.points)
        return f"Study({self.question!r}: {n} points × {len(self.seed_numbers)} seeds = {self.n_runs} runs)"

    def _repr_html_(self) -> str:
        n, points = len(self.protocol.points), self.points
        head = points.head(8).to_html(index=False, border=0, na_rep="–")
        more = f"<p>… and {n - 8} more points.</p>" if n > 8 else ""
        return (
            f"<div><p><strong>{escape(self.title or self.question)}</strong></p><p>{escape(self.question)}</p>"
            f"<p>{n} points × {len(self.seed_numbers)} seeds = {self.n_runs} runs.</p>{head}{more}</div>"
        )


KEYS = tuple(f.name for f in dataclasses.fields(Study) if f.name not in ("folder", "where", "spelt_out"))
"""What a study file may say at its top."""


def _plain(value: Any) -> Any:
    """Return a value as TOML can hold it."""
    if isinstance(value, Scenario):
        return value.title or value.style
    if isinstance(value, Event):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value
