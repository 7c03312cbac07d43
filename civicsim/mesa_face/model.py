"""One run as a Mesa model: agents to look at and to change, a step per week, a data collector.

>>> model = CivicModel(style="civic-culture", fear=0.1, n_teams=5)
>>> model.step()
>>> model.agents_by_type[Manager].set("openness_anchor", 0.9)
>>> model.measure("voice_share")

The cohort is the state; agents are views onto it (:mod:`civicsim.mesa_face.agents`). All randomness comes from the run's seed
through :mod:`civicsim.engine.randomness`; nothing is drawn from ``model.random`` or ``model.rng``, which are free for
processes of your own. Same scenario and seed, same bytes as :func:`civicsim.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, Literal

import mesa
import numpy as np

from civicsim import checks
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.experiment.run import as_scenario, measure_names, switch_to, with_week
from civicsim.mesa_face.agents import Cell, Manager, Organisation, Patient, StaffMember, Team
from civicsim.model.building import build
from civicsim.model.measuring import History, Measure
from civicsim.model.simulating import advance
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import check_room

EAGER_ROWS = 10_000
"""Up to so many posts and patients, agents are created with the model; above, when they are first asked for."""

RandomSource = int | Sequence[int] | np.integer | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator
"""Sources of randomness that Mesa accepts."""


def _created(name: str, help: str) -> Any:
    """Return one of Mesa's properties, before which the agents are created."""

    def get(model: CivicModel) -> Any:
        model.create_agents()
        return getattr(mesa.Model, name).fget(model)

    return property(get, doc=help)


class CivicModel(mesa.Model):
    """A run of one organisation, or of several linked ones, as a Mesa model.

    Parameters
    ----------
    assumptions : Scenario or str, optional
        What is assumed, or the name of a style on the default kind of organisation; the status quo by default.
    style, kind : str, optional
        Style and kind of organisation to put in place of those of the assumptions, whose other changes stay.
    rng : "scenario", int, None or numpy source of randomness
        Where the seed comes from: the scenario's own by default. None draws a new one, so that repetitions differ.
    processes : sequence of Process or callable, optional
        What happens in a week, in order, instead of the scenario's week. A plain function is called with the model.
    measures : sequence of Measure
        Your own measures, beside those of the assumptions.
    collect : sequence of str, optional
        Measures that ``datacollector`` notes at the end of each week; all by default.
    collect_agents : sequence of str
        Columns of agents that it notes too, for each class of agents that has them.
    scenario : mesa Scenario, optional
        Only for Mesa itself, whose Reset button passes an empty one.
    **parameters
        Any value of a scenario, by name: ``fear=0.1``, ``n_teams=5``, ``weeks=104``, ``burn_in_weeks=0``, ``seed=3``.

    Attributes
    ----------
    assumptions : Scenario
        All that is assumed, the seed included. (``model.scenario`` is Mesa's own and is not used.)
    cohort : Cohort
        The state: tables with a row per post, team, patient and so on.
    processes : list
        What happens in a week; it may be changed between weeks.
    datacollector : mesa.DataCollector
        Collected at the end of each week, not before the first; may be replaced by your own.
    running : bool
        Whether there are weeks of the scenario left.

    Raises
    ------
    ScenarioError
        If something is assumed that the model does not know or cannot do.
    """

    def __init__(
        self,
        assumptions: Scenario | str | None = None,
        *,
        style: str | None = None,
        kind: str | None = None,
        rng: RandomSource | Literal["scenario"] | None = "scenario",
        processes: Sequence[Process | Callable[[CivicModel], object]] | None = None,
        measures: Sequence[Measure] = (),
        collect: Sequence[str] | None = None,
        collect_agents: Sequence[str] = (),
        scenario: Any = None,
        **parameters: Any,
    ) -> None:
        if any(value is not None for value in getattr(scenario, "__dict__", {"itself": scenario}).values()):
            raise ScenarioError(
                "CivicModel: scenario = …: use assumptions = …; Mesa keeps the name scenario for itself"
            )
        chosen = as_scenario(assumptions)
        if style or kind:
            names = {"style": style or chosen.style, "kind": kind or chosen.kind}
            chosen = Scenario.from_dict(chosen.changes() | names, "CivicModel", model=chosen.model)
        week = chosen.week if processes is None else processes
        chosen = chosen.with_(measures=measures) if measures else chosen
        chosen, _ = with_week(chosen, [process for process in week if isinstance(process, Process)])
        self.assumptions = chosen.with_(**_with_seed(parameters, rng))
        super().__init__(rng=self.assumptions.seed)
        self.processes: list[Any] = list(week)
        self.datacollector = _collector(measure_names(collect, self.assumptions.measures), collect_agents)
        self._found()

    def __repr__(self) -> str:
        a = self.assumptions
        return f"CivicModel({a.style!r} on {a.kind!r}, seed {a.seed}, {self.cohort.n_persons} posts, week {self.week} of {a.weeks})"

    def _found(self) -> None:
        """Build the organisation, and simulate its burn-in weeks with the levers of the status quo."""
        a = self.assumptions
        check_room(a)
        self.cohort = build(a.structure, a.population, a.habits, a.sections, [a.seed], -a.burn_in_weeks, a.roster)
        if len(self.cohort.person) + len(self.cohort.patient) <= EAGER_ROWS:
            self.create_agents()
        for _ in range(a.burn_in_weeks):
            self._simulate()
        switch_to(self.cohort, a)

    def _simulate(self) -> None:
        advance(self.cohort, 1, processes=[self._process(item) for item in self.processes])

    def _process(self, item: Any) -> Process:
        if hasattr(item, "step"):
            return item
        about = (item.__doc__ or item.__name__).strip().splitlines()[0]
        return Process(item.__name__, about, object, act=lambda cohort, first, last: item(self))

    def step(self) -> None:
        """Simulate one week, and collect."""
        self._simulate()
        self.running = self.week < self.assumptions.weeks
        self.datacollector.collect(self)

    @property
    def week(self) -> int:
        """The number of the next week, from 0 on; burn-in weeks are negative."""
        return self.cohort.week

    def measure(self, name: str) -> float:
        """Return a measure for the last simulated week; linked organisations are averaged.

        Parameters
        ----------
        name : str
            One of :data:`civicsim.model.measures.MEASURES`, or of your own.

        Returns
        -------
        float
            NaN before the first week, in weeks in which the measure is not taken, and where nothing happened that it could
            be a share of.
        """
        (known,) = measure_names([name], self.assumptions.measures)
        about, c = self.assumptions.measures[known], self.cohort
        if self.week == -self.assumptions.burn_in_weeks or (about.of is not None and not about.due(self.week)):
            return float("nan")
        looked = {} if about.of is None else {known: about.look(c)[np.newaxis]}
        week = History(c.tally[np.newaxis], c.snapshot[np.newaxis], c.organisation, c.organisation[np.newaxis], looked)
        return float(about.weekly(week).mean())

    # -- agents ----------------------------------------------------------------------------------------------------

    def create_agents(self) -> None:
        """Create an agent per post and patient, unless that has been done; called when agents are first asked for."""
        _ = self.patients

    agents: Any = _created("agents", "All agents, as Mesa's AgentSet.")
    agents_by_type: Any = _created("agents_by_type", "Mesa's AgentSet of each class of agents.")
    agent_types: Any = _created("agent_types", "The classes of agents there are.")

    @cached_property
    def people(self) -> list[StaffMember | Manager]:
        """Posts of staff and managers, by row of the person table."""
        rows = {int(person): row for row, person in enumerate(self.cohort.manager["person"])}
        return [
            Manager(self, person, rows[person]) if person in rows else StaffMember(self, person)
            for person in range(self.cohort.n_persons)
        ]

    @cached_property
    def patients(self) -> list[Patient]:
        """Patients, by row of the patient table."""
        # Posts come first among the agents.
        self.people  # noqa: B018
        return [Patient(self, row) for row in range(len(self.cohort.patient))]

    @cached_property
    def managers(self) -> list[Manager]:
        """Managers, by row of the manager table."""
        return [self.people[person] for person in self.cohort.manager["person"]]

    @cached_property
    def teams(self) -> list[Team]:
        """Teams, by row of the team table."""
        return [Team(self, row) for row in range(len(self.cohort.team))]

    @cached_property
    def organisations(self) -> list[Organisation]:
        """The organisation, or those that are linked."""
        return [Organisation(self, row) for row in range(self.cohort.n_organisations)]


def _with_seed(parameters: dict[str, Any], rng: RandomSource | Literal["scenario"] | None) -> dict[str, Any]:
    """Return the parameters with the seed that a source of randomness stands for."""
    if (isinstance(rng, str) and rng == "scenario") or (rng is None and "seed" in parameters):
        return parameters
    if "seed" in parameters:
        raise ScenarioError(f"CivicModel: seed = {parameters['seed']!r} and rng = {rng!r}: expected only one of them")
    if isinstance(rng, int | np.integer):
        return parameters | {"seed": int(rng)}
    try:
        return parameters | {"seed": int(np.random.default_rng(rng).integers(2**63 - 1))}
    except (TypeError, ValueError):
        what = 'expected "scenario", or what numpy.random.default_rng takes'
        raise ScenarioError(f"CivicModel: rng = {rng!r}: {what}") from None


def _collector(collect: Sequence[str], collect_agents: Sequence[str]) -> mesa.DataCollector:
    """Return a data collector for measures, and for columns of agents."""
    columns = {
        kind: {name: name for name in dir(kind) if isinstance(getattr(kind, name), Cell)}
        for kind in (StaffMember, Manager, Patient)
    }
    known = set().union(*columns.values())
    checks.keys(collect_agents, known, "CivicModel: collect_agents: no agent has a column")
    return mesa.DataCollector(
        model_reporters={name: partial(CivicModel.measure, name=name) for name in collect},
        agenttype_reporters={
            kind: {name: name for name in collect_agents if name in columns[kind]}
            for kind in columns
            if set(collect_agents) & set(columns[kind])
        },
    )
