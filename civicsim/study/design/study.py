"""A study: a question, and the runs that answer it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from civicsim import checks
from civicsim.errors import ScenarioError
from civicsim.experiment.run import seeds_of
from civicsim.model.processes.events import Event
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.toml import read_toml
from civicsim.study.design.precision import Precision, read_precision
from civicsim.study.design.protocol import Protocol, protocol_of
from civicsim.study.design.weight import n_seeds_of, weigh
from civicsim.study.design.written import KEYS, Written


@dataclass(frozen=True, repr=False, eq=False)
class Study(Written):
    """A question, and the runs that answer it. Its fields are those of a study file and the protocol.

    Attributes
    ----------
    spelt_out : Protocol or None
        Everything that is run, as read from a folder of results; by default it follows from the other fields.
    """

    spelt_out: Protocol | None = None

    def __post_init__(self) -> None:
        """Check everything at once, so that every study can be run."""
        for key in ("question", "title", "expectation", "kind", "baseline", "code", "order"):
            checks.text(getattr(self, key), f"{self.where}: {key}")
        if not self.question.strip():
            raise ScenarioError(f"{self.where}: question: expected a sentence with the question that the study answers")
        if isinstance(self.styles, str | Scenario):
            object.__setattr__(self, "styles", (self.styles,))
        for key in ("styles", "runs", "interventions", "weekly"):
            checks.sequence(getattr(self, key), f"{self.where}: {key}")
        for key, low in (("weeks", 1), ("burn_in_weeks", 0)):
            if getattr(self, key) is not None:
                checks.whole(getattr(self, key), f"{self.where}: {key}", low, 5200)
        first = next(iter(self.protocol.bases.values()), None)
        if first is not None:
            weigh(len(self.protocol.points), n_seeds_of(self.seeds), first, self.where)
        try:
            seeds = seeds_of(self.seeds, 1 if first is None else first.seed)
        except ScenarioError as error:
            raise ScenarioError(f"{self.where}: {error}") from None
        object.__setattr__(self, "seeds", tuple(seeds))
        _ = self.rule
        matters = checks.table(self.matters, f"{self.where}: matters", "measures and numbers")
        checks.keys(matters, [column.name for column in self.protocol.columns], f"{self.where}: matters: no column")
        for name, size in matters.items():
            checks.number(size, f"{self.where}: matters: {name}", 0.0)

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
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        return cls(**{**values, "seeds": tuple(seeds)}, folder=file.parent, where=str(file), spelt_out=protocol)

    def with_(self, **changes: Any) -> Study:
        """Return a copy with some values changed; of a study with results, seeds, words and rules only.

        Raises
        ------
        ScenarioError
            If the protocol of existing results would change.
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
        """Everything that is run: scenarios, points, columns."""
        return protocol_of(self) if self.spelt_out is None else self.spelt_out

    @cached_property
    def rule(self) -> Precision | None:
        """The precision rule; None where the seeds are fixed."""
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
        """Return the study as a TOML file, without defaults."""
        values: dict[str, Any] = {"question": self.question}
        for field_ in dataclasses.fields(Study):
            value = getattr(self, field_.name)
            usual = field_.default if field_.default is not dataclasses.MISSING else {}
            given = value is not None and value != usual and value not in ((), [], {})
            if field_.name == "seeds" or (field_.name in KEYS and given):
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
    return value.item() if hasattr(value, "item") else value
