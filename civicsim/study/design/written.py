"""The fields of a study file, as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from civicsim.model.processes.events import Event
from civicsim.model.week import PUBLISHED
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.summaries import USUAL

Blocks = Sequence[Mapping[str, Any] | Event]
"""Dated changes, as in a scenario file."""


@dataclass(frozen=True, repr=False, eq=False)
class Written:
    """A question and what is run to answer it. Everything but ``question`` has a default; see ``docs/studies.md``.

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
        By measure: the smallest difference that matters.
    code : str
        Python file with a custom ``WEEK`` or ``MEASURES``.
    order : str
        Order of the processes in a week.
    folder : Path
        Where paths of files start.
    where : str
        Start of error messages.
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
    code: str = ""
    order: str = PUBLISHED
    folder: Path = Path()
    where: str = "study"


KEYS = tuple(f.name for f in fields(Written) if f.name not in ("folder", "where"))
"""Keys at the top of a study file."""
