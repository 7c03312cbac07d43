"""Runs a scenario: burn-in at the status quo, then the weeks that are recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from civicsim import __version__, checks
from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.experiment.compiling import compile_week
from civicsim.experiment.ideas import events_frame, ideas_frame
from civicsim.experiment.progress import counted_in_notebook
from civicsim.experiment.snapshots import Snapshots, weeks_of
from civicsim.model.building import build, renew_ties
from civicsim.model.cohort import Cohort
from civicsim.model.measures import MEASURES, TEAM_MEASURES
from civicsim.model.measuring import History, Measure
from civicsim.model.processes.events import Plan, put_into_force
from civicsim.model.recording import Recorder, causes_frame, survey_frame, weekly_frame
from civicsim.model.simulating import advance, threads_available
from civicsim.model.week import PUBLISHED, WEEK, order_text
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.sizes import check_room

if TYPE_CHECKING:
    import pandas as pd  # loaded where a table is made: a worker needs none

MOST_SEEDS = 100_000
"""Most seeds of a run or a study. Assumption: more never change a conclusion."""
Progress = Callable[[float], None]
"""Called with the person-weeks just done."""


def seeds_of(seeds: int | Sequence[int], first: int = 1) -> list[int]:
    """Return seeds as a list: a number stands for that many seeds from ``first`` on.

    Raises
    ------
    ScenarioError
        If there is none, one is negative, or one is given twice.
    """
    chosen: list[Any] = []
    seeds = checks.plain(seeds)
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        if seeds > MOST_SEEDS:
            raise ScenarioError(f"seeds = {seeds}: expected at most {MOST_SEEDS:,}")
        chosen = list(range(first, first + seeds))
    elif isinstance(seeds, Sequence):
        chosen = list(seeds)
    proper = all(isinstance(s, int) and not isinstance(s, bool) and 0 <= s < 2**63 for s in chosen)
    if not chosen or not proper or len(set(chosen)) < len(chosen):
        raise ScenarioError(f"seeds = {seeds!r}: expected a number of seeds, or different whole numbers from 0")
    return chosen


def simulate(
    cohort: Cohort,
    weeks: int,
    *,
    processes: Sequence[Process] = WEEK,
    threads: int | None = None,
    recorder: Recorder | None = None,
    progress: Progress | None = None,
) -> Cohort:
    """Simulate some weeks of a cohort, record them, and report progress; see :func:`civicsim.model.simulating.advance`.

    Weeks are simulated in one go up to the next in which the recorder has a measure to take.
    """
    end, threads = cohort.week + weeks, threads or threads_available()
    if weeks > 0:
        compile_week()
    while cohort.week < end:
        block = end - cohort.week if recorder is None else recorder.next_look(end) - cohort.week
        advance(cohort, block, processes=processes, threads=threads, recorder=recorder, progress=progress)
        if recorder is not None:
            recorder.look()
    return cohort


def burn_in(
    scenario: Scenario,
    seeds: int | Sequence[int] = 1,
    *,
    processes: Sequence[Process] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Cohort:
    """Return a cohort after its burn-in weeks with the levers of the status quo.

    It depends on everything in the scenario but its levers, so that all styles start from the same organisations.

    Parameters
    ----------
    scenario : Scenario
        Its burn-in weeks are simulated.
    seeds, processes, threads, progress
        As for :func:`run`.

    Raises
    ------
    ScenarioError
        If the organisations need more memory than is available.
    """
    scenario, week = with_week(scenario, processes)
    s, numbers = scenario, seeds_of(seeds, scenario.seed)
    check_room(s, len(numbers))
    cohort = build(s.structure, s.population, s.habits, s.sections, numbers, -s.burn_in_weeks, s.roster)
    with counted_in_notebook(progress, float(cohort.n_persons * s.burn_in_weeks)) as show:
        return simulate(cohort, s.burn_in_weeks, processes=week, threads=threads, progress=show)


def with_week(scenario: Scenario, processes: Sequence[Process] | None) -> tuple[Scenario, Sequence[Process]]:
    """Return a scenario with parameters for all processes of a week, and that week: by default the scenario's own."""
    if processes is None:
        return scenario, scenario.week
    own = {
        process.name: process.parameters
        for process in processes
        if getattr(process, "parameters", object) is not object
    }
    lacking = any(scenario.model.types.get(name) is not cls for name, cls in own.items())
    return scenario.with_(week=list(processes)) if lacking else scenario, processes


def begin(cohort: Cohort, scenario: Scenario) -> Cohort:
    """Return a copy of a burnt-in cohort in which the scenario's levers and parameters are set from now on.

    Raises
    ------
    ScenarioError
        If the cohort was built without a process of the scenario.
    """
    return switch_to(cohort.copy(), scenario)


def switch_to(cohort: Cohort, scenario: Scenario) -> Cohort:
    """Set a scenario's levers and parameters in a burnt-in cohort from now on, and return it: it is changed in place.

    A cohort that starts nothing else need not be copied, which would take as much memory again. Ties that a roster lists
    are those of today: changes of ties in the burn-in are undone.

    Raises
    ------
    ScenarioError
        If the cohort was built without a process of the scenario.
    """
    missing = [name for name in scenario.sections if name not in cohort.parameters]
    if missing:
        raise ScenarioError(f"run: the cohort to start from was built without the process {missing[0]}")
    if scenario.roster is not None:
        renew_ties(cohort, scenario.roster)
    cohort.plan = Plan(scenario.levers, scenario.sections, scenario.interventions)
    put_into_force(cohort, cohort.plan, cohort.week, 0, cohort.n_organisations)
    return cohort


def run(
    scenario: Scenario | str | None = None,
    seeds: int | Sequence[int] = 1,
    *,
    teams: bool = False,
    measures: Sequence[Measure] = (),
    processes: Sequence[Process] | None = None,
    threads: int | None = None,
    start: Cohort | None = None,
    progress: Progress | None = None,
    events: bool = False,
    people: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
) -> Result:
    """Run a scenario once per seed.

    Parameters
    ----------
    scenario : Scenario or str, optional
        A scenario, or the name of a style on the default kind of organisation; the status quo by default.
    seeds : int or sequence of int
        How many runs, from the scenario's seed on; or the seeds themselves.
    teams : bool
        Whether to record each team weekly too.
    measures : sequence of Measure
        Your own measures, beside those of the scenario.
    processes : sequence of Process, optional
        What happens in a week, in order, instead of the scenario's week; see :func:`civicsim.model.week.ordered`. Your
        own processes have their default parameters unless the scenario sets them.
    threads : int, optional
        Threads to use; all available ones by default. Results do not depend on it.
    start : Cohort, optional
        A burnt-in cohort of the same seeds, from :func:`burn_in`, to start from.
    progress : callable, optional
        Called with the person-weeks just done. Without it, a notebook shows one line that updates.
    events : bool
        Whether to keep a log of events, for :meth:`Result.events` and :meth:`Result.ideas`.
    people : dict, optional
        Which columns of people to keep in which weeks, such as ``{"columns": ["safety"], "every": 13}`` or with ``"weeks"``, a
        list: week 0 is the beginning, and week n the end of n weeks. For :meth:`Result.people`.
    network : dict, optional
        In which weeks to keep ties, such as ``{"weeks": [0, 52]}`` or with ``"every"``. For :meth:`Result.network`.

    Returns
    -------
    Result

    Raises
    ------
    ScenarioError
        If a name does not exist, or a value is not allowed.
    """
    given = as_scenario(scenario)
    given = given.with_(measures=measures) if measures else given
    chosen, week = with_week(given, processes)
    numbers = seeds_of(seeds, chosen.seed)
    snapshots = Snapshots(weeks_of(people, chosen.weeks, "people"), weeks_of(network, chosen.weeks, "network"))
    if start is None:
        cohort = switch_to(burn_in(chosen, numbers, processes=week, threads=threads, progress=progress), chosen)
    elif list(dict.fromkeys(start.organisation["seed"].tolist())) != numbers:
        raise ScenarioError("run: the cohort to start from was built with other seeds")
    else:
        cohort = begin(start, chosen)
    recorder = Recorder(cohort, chosen.weeks, teams=teams, events=events, measures=chosen.measures.values())
    with counted_in_notebook(progress, float(cohort.n_persons * chosen.weeks)) as show:
        for end in sorted({*snapshots.weeks, chosen.weeks}):
            simulate(cohort, end - cohort.week, processes=week, threads=threads, recorder=recorder, progress=show)
            snapshots.take(cohort)
    return Result(chosen, numbers, recorder, cohort, order_text(week, given.week), snapshots)


def as_scenario(scenario: Scenario | str | None) -> Scenario:
    """Return a scenario for a scenario, the name of a style, or nothing."""
    if scenario is None:
        return Scenario.preset()
    return Scenario.preset(scenario) if isinstance(scenario, str) else scenario


@dataclasses.dataclass(frozen=True, repr=False)
class Result:
    """Results of a scenario: the record of each run, and the cohort at the end.

    Attributes
    ----------
    scenario : Scenario
    seeds : list of int
        One per run.
    recorder : Recorder
    cohort : Cohort
        At the end of the last week.
    order : str
        Order of the processes in a week: "published", or their names with commas between.
    snapshots : Snapshots
        People and ties in chosen weeks.
    """

    scenario: Scenario
    seeds: list[int]
    recorder: Recorder
    cohort: Cohort
    order: str = PUBLISHED
    snapshots: Snapshots = dataclasses.field(default_factory=Snapshots)

    @property
    def history(self) -> History:
        """The weekly record."""
        return self.recorder.history

    def to_frame(self, measures: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a row per run, organisation and week, and a column per measure; all measures by default."""
        return weekly_frame(self.history, self.chosen(measures))

    def chosen(self, measures: Sequence[str] | None = None) -> list[Measure]:
        """Return measures by name; all that the scenario's model has by default.

        Raises
        ------
        ScenarioError
            If one does not exist.
        """
        known = self.scenario.measures
        return [known[name] for name in measure_names(measures, known)]

    def summary(self, measures: Sequence[str] | None = None, last_weeks: int = 52) -> pd.DataFrame:
        """Return a row per run and a column per measure, over the last weeks; linked organisations are averaged."""
        import pandas as pd

        n_linked = len(self.history.organisation) // len(self.seeds)
        index = pd.Index(self.history.organisation["seed"][::n_linked], name="seed")
        return pd.DataFrame(self.values(measures, last_weeks), index)

    def values(self, measures: Sequence[str] | None = None, last_weeks: int = 52) -> dict[str, np.ndarray]:
        """Return one value per run of each measure, as :meth:`summary` does, without a table."""
        history, n = self.history, len(self.seeds)
        return {
            measure.name: _mean_of_linked(measure.summary(history, last_weeks), n) for measure in self.chosen(measures)
        }

    def teams_frame(self) -> pd.DataFrame:
        """Return a row per team and week, if teams were recorded.

        Raises
        ------
        ValueError
            If they were not.
        """
        import pandas as pd

        kept = self.recorder.team
        if not len(kept):
            raise ValueError("teams were not recorded: run(…, teams=True)")
        team, weeks = self.cohort.team, self.scenario.weeks
        organisation = self.cohort.organisation[team["organisation"]]
        frame = {
            "seed": np.repeat(organisation["seed"], weeks),
            "organisation": np.repeat(organisation["key"], weeks),
            "team": np.repeat(np.arange(len(team)) - organisation["first_team"], weeks),
            "week": np.tile(np.arange(weeks), len(team)),
        }
        return pd.DataFrame(frame | {name: kept[name].T.ravel() for name in TEAM_MEASURES})

    def events(self) -> pd.DataFrame:
        """Return the event log: a row per event, in the order in which they happened.

        Columns are seed, organisation, week, event and cause (words of :data:`civicsim.model.log.EVENTS`), team, person and
        dimension (numbers within the organisation, −1 for none; a person is a post, which "exit" and "hire" give to
        another), source and source_organisation (the team that a practice is taken over from), value (what is proposed or
        done, −1 or 1), fits (whether that fits the team's reality: 0, 1, or −1), and idea (number within the run, as in
        :meth:`ideas`; −1 for none). Rows before week 0 show what led to the ideas and changes that exist at the start.

        Raises
        ------
        ValueError
            If events were not logged.
        """
        return events_frame(self.cohort, self._events)

    def ideas(self) -> pd.DataFrame:
        """Return the history of every idea: a row for each way of working that a team came by.

        Columns are seed, organisation, idea (number within the run), team, person (who noticed and raised it, −1 for none of
        the staff), dimension, origin and channel; what :class:`civicsim.experiment.ideas.Idea` has; the weeks of all steps
        (missing where there was none); sources, the ideas of other teams that it was taken over from (−1 for a practice older
        than the log), and root, the idea that it goes back to through its first sources.

        Raises
        ------
        ValueError
            If events were not logged.
        """
        return ideas_frame(self.cohort, self._events)

    @property
    def _events(self) -> np.ndarray:
        if self.recorder.log is None:
            raise ValueError("events were not logged: run(…, events=True)")
        return self.recorder.log.rows

    def people(self) -> pd.DataFrame:
        """Return chosen columns of people in chosen weeks: a row per week and post, if they were recorded.

        Raises
        ------
        ValueError
            If they were not.
        """
        return self.snapshots.table("people")

    def network(self) -> pd.DataFrame:
        """Return the ties between people of different teams in chosen weeks, each once, if they were recorded.

        Raises
        ------
        ValueError
            If they were not.
        """
        return self.snapshots.table("network")

    def causes(self) -> pd.DataFrame:
        """Return, per organisation and cause, how many practices changed and what became of the changes.

        See :func:`civicsim.model.recording.causes_frame`.
        """
        return causes_frame(self.history)

    def survey_frame(self) -> pd.DataFrame:
        """Return the answers to the last staff survey, a row per person who answered, without names or numbers.

        See :func:`civicsim.model.recording.survey_frame`.
        """
        return survey_frame(self.cohort)

    def variance_shares(self, state: str = "exhaustion", n_bootstrap: int = 200) -> pd.DataFrame:
        """Return how much of the variance of a state lies between organisations, divisions, teams and professions.

        See :func:`civicsim.experiment.variance.variance_shares`.
        """
        from civicsim.experiment.variance import variance_shares

        return variance_shares(self.cohort, state, n_bootstrap=n_bootstrap)

    def icc_ratio(self, state: str = "exhaustion", n_bootstrap: int = 200) -> pd.DataFrame:
        """Return how many times more variance lies between teams than between organisations.

        See :func:`civicsim.experiment.variance.icc_ratio`.
        """
        from civicsim.experiment.variance import icc_ratio

        return icc_ratio(self.cohort, state, n_bootstrap=n_bootstrap)

    def civic_profile(self, last_weeks: int = 52) -> pd.DataFrame:
        """Return the civic profile with intervals over runs: six parts side by side, never one number.

        See :func:`civicsim.experiment.profile.civic_profile`.
        """
        from civicsim.experiment.profile import civic_profile

        return civic_profile(self, last_weeks)

    def paths(self, measure: str, smooth_weeks: int = 13) -> np.ndarray:
        """Return a measure's smoothed time path, shape (weeks, runs); linked organisations are averaged."""
        values = self.chosen([measure])[0].smoothed(self.history, smooth_weeks)
        return _mean_of_linked(values, len(values) * len(self.seeds)).reshape(len(values), -1)

    def plot(self, measure: str, ax: Any = None) -> Any:
        """Draw a measure's time path with its band over runs; return the matplotlib axes."""
        from civicsim.report.figures import plot_paths

        return plot_paths({self.scenario.title or self.scenario.style: self}, measure, ax=ax)

    def plot_distribution(self, measure: str, last_weeks: int = 52, ax: Any = None) -> Any:
        """Draw a dot for each run, with their mean and its interval.

        See :func:`civicsim.report.result_plots.plot_distribution`.
        """
        from civicsim.report.result_plots import plot_distribution

        return plot_distribution(self, measure, last_weeks, ax)

    def plot_network(self, column: str = "exhaustion", ax: Any = None) -> Any:
        """Draw the people of the first organisation, coloured by a column, and who knows whom.

        See :func:`civicsim.report.result_plots.plot_network`.
        """
        from civicsim.report.result_plots import plot_network

        return plot_network(self, column, ax)

    def plot_ideas(self, ax: Any = None) -> Any:
        """Draw how many adopted ideas are in use, by week and team; events must be logged.

        See :func:`civicsim.report.result_plots.plot_ideas`.
        """
        from civicsim.report.result_plots import plot_ideas

        return plot_ideas(self, ax)

    def provenance(self) -> dict[str, Any]:
        """Return what is needed to repeat the result."""
        s = self.scenario
        about = {name: getattr(s, name) for name in ("kind", "style", "weeks", "burn_in_weeks")}
        code = {"code": s.model.sha256} if s.code else {}
        return {
            "civicsim": __version__,
            "scenario": s.digest,
            **about,
            "seeds": self.seeds,
            "order": self.order,
            **code,
        }

    def __repr__(self) -> str:
        s = self.scenario
        return f"Result({s.style!r} on {s.kind!r}, {len(self.seeds)} runs of {s.weeks} weeks)"

    def _repr_html_(self) -> str:
        from civicsim.report.figures import result_html

        return result_html(self)


def _mean_of_linked(values: np.ndarray, n_runs: int) -> np.ndarray:
    """Return the mean over each run's organisations, without those that have none; shape (n_runs,)."""
    each = np.asarray(values, dtype=float).reshape(n_runs, -1)
    found = ~np.isnan(each)
    counts = found.sum(axis=1)
    return np.where(counts > 0, np.where(found, each, 0.0).sum(axis=1) / np.maximum(counts, 1), np.nan)


def measure_names(measures: Sequence[str] | None, known: Mapping[str, Measure] = MEASURES) -> tuple[str, ...]:
    """Return checked names of the measures there are; all for None.

    Raises
    ------
    ScenarioError
        If one does not exist.
    """
    if measures is None:
        return tuple(known)
    checks.keys(measures, known, "no measure")
    return tuple(measures)
