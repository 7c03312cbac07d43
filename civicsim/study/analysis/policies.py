"""A search over the levers for policies that reach goals, with what each costs.

Trials are proposed by a sampler of Optuna and run on matched organisations: the same seeds as current practice, after one burn-in.
Of what was tried, the answers that no other one beats are run again with seeds that had no part in the search (the best of many
noisy numbers is too good), and over parameter sets that fit published data, which tells how robust each is.

Source: Bergstra, Bardenet, Bengio and Kégl (2011, Advances in Neural Information Processing Systems 24) on the sampler; Smith and
Winkler (2006, Management Science 52:311) on the optimizer's curse.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.engine.parameters import Parameter
from civicsim.errors import ScenarioError, nearest
from civicsim.experiment.run import Progress, as_scenario, burn_in, run, seeds_of
from civicsim.experiment.statistics import paired_difference
from civicsim.extras import need
from civicsim.model.calendar import YEAR
from civicsim.model.cohort import Cohort
from civicsim.model.levers import NAMES, PURPOSES, Levers
from civicsim.scenario.scenario import STATUS_QUO, Scenario
from civicsim.study.analysis.goals import MINUTES, Goal, read_goal
from civicsim.study.analysis.rank import undominated_of
from civicsim.study.analysis.search import optuna
from civicsim.study.design.draws import draws_for, with_draw

SEARCHED = ("fear", "invitation", "permission", "authority", "weight_protected", "weight_response", "budget_share")
"""The levers that are searched unless others are named."""
TRIALS, SEEDS, FRESH, DRAWS = 150, 5, 20, 12
"""Policies tried, matched runs of each, matched runs of each answer, and parameter sets of the test of robustness."""
_SEEDS_OF_DRAW = 3
_ANSWERS, _CONFIRMED = 5, 12
"""Answers that are shown at most, and policies that are run again with fresh seeds."""
_SURE = 2.0
"""Standard deviations between organisations by which exceeding a goal is worth something at most. Assumption."""
_STEP, _WEIGHT_STEP, _MOST_WEIGHT = 0.05, 0.5, 10.0


@dataclass(frozen=True, repr=False, eq=False)
class Policies:
    """Policies that reach goals, as a search found them.

    Attributes
    ----------
    goals : tuple of Goal
    given : Scenario
        The scenario that was changed.
    levers : tuple of str
        The levers that were searched.
    trials : pandas.DataFrame
        A row per policy tried: a column per lever, ``minutes``, the mean of each measure of the goals over the seeds of the search, and
        ``met`` (all bounds).
    before : dict of str to float
        The same means under current practice.
    answers : pandas.DataFrame
        A row per answer, by minutes. Columns: each lever; ``minutes`` per person and week, ``hours`` a year for all staff and
        ``extra_hours`` beyond current practice, with ``cost`` and ``extra_cost`` where there is a pay rate; per measure of the
        goals its mean over fresh seeds, and ``NAME_difference``, ``_low`` and ``_high`` (95 %) from current practice;
        ``met`` (all bounds, by the means), ``draws_met`` (share of the parameter sets in which all bounds are met) and ``robust``
        (whether it is the one with the largest share).
    runs, fresh, draws : int
        Matched runs of each trial and of each answer, and parameter sets tried.
    stopped : bool
        Whether the search was stopped before its last trial.
    """

    goals: tuple[Goal, ...]
    given: Scenario
    levers: tuple[str, ...]
    trials: pd.DataFrame
    before: dict[str, float]
    answers: pd.DataFrame
    runs: int
    fresh: int
    draws: int
    stopped: bool

    def scenario(self, place: int) -> Scenario:
        """Return an answer as a scenario."""
        row = self.answers.iloc[place]
        return _with_levers(self.given, {name: float(row[name]) for name in self.levers})

    @property
    def practice(self) -> Scenario:
        """Current practice: the scenario given, with the levers of the status quo."""
        return _practice(self.given)

    @cached_property
    def met(self) -> bool:
        """Whether any answer meets all bounds."""
        return bool(self.answers["met"].any())


def find_policy(
    goals: Sequence[str | Goal],
    scenario: Scenario | str | None = None,
    *,
    levers: Sequence[str] = SEARCHED,
    trials: int = TRIALS,
    seeds: int | Sequence[int] = SEEDS,
    fresh: int = FRESH,
    draws: int | Sequence[Mapping[str, Any]] = DRAWS,
    pay: float | None = None,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Policies:
    """Search the levers for policies that reach goals.

    Parameters
    ----------
    goals : sequence of str or Goal
        As :func:`read_goal` takes them: "survey_all_safe at least +10", "burnt_out_share at most +0", "minutes least". Without one that
        asks for the least or most of something, the search looks for the fewest minutes.
    scenario : Scenario or str, optional
        Organisation, weeks and dated events; its habits are current practice, and its levers hold where they are not searched.
    levers : sequence of str
        Names of the levers that may move.
    trials, seeds, fresh : int
        Policies tried; matched runs (or the seeds) of each; further matched runs of each answer.
    draws : int or sequence of mapping
        How many of the shipped parameter sets each answer is tried with, or the sets themselves; 0 for none.
    pay : float, optional
        What an hour of staff costs, in any currency.
    seed : int
        Seed of the search. The same seed gives the same answers.
    threads, progress
        As in :func:`civicsim.experiment.run.run`.
    stop : callable
        Asked before each trial whether to end the search; what was found by then is answered.

    Returns
    -------
    Policies

    Raises
    ------
    CivicsimError
        If a goal or lever does not exist, a number is not possible, or Optuna is not installed.
    """
    need("search", "find")
    own = as_scenario(scenario)
    asked = tuple(read_goal(goal, own.measures) if isinstance(goal, str) else goal for goal in goals)
    asked = asked if any(not goal.bound for goal in asked) else (*asked, Goal(MINUTES, "least"))
    space = _space(own, levers)
    checks.whole(trials, "find: trials", 1)
    if pay is not None:
        checks.number(pay, "find: pay", 0.0)
    how: dict[str, Any] = {"threads": threads, "progress": progress}
    numbers = seeds_of(seeds, own.seed)
    base = _practice(own)
    ground = Ground(base, numbers, asked, how)
    tried, stopped = _search(own, ground, space, trials, seed, stop)
    chosen = _spread(tried[_undominated(tried, asked)], asked, _CONFIRMED)
    later = Ground(base, [max(numbers) + 1 + k for k in range(fresh)], asked, how, ground.sizes)
    rows = [_confirmed(own, later, {name: float(row[name]) for name in space}) for _, row in chosen.iterrows()]
    found = pd.DataFrame(rows)
    found["short"] = [later.short(row) for row in rows]
    found = _spread(found[_undominated(found, asked)], asked, _ANSWERS)
    sets = draws_for(own)[:draws] if isinstance(draws, int) else tuple(draws)
    answers = _robust(own, base, asked, found, tuple(space), sets, numbers, how)
    answers = _with_cost(answers.sort_values("minutes", kind="stable", ignore_index=True), base, pay)
    return Policies(
        asked,
        own,
        tuple(space),
        tried.drop(columns=["short"]),
        ground.means,
        answers,
        len(numbers),
        fresh,
        len(sets),
        stopped,
    )


def _practice(scenario: Scenario) -> Scenario:
    return dataclasses.replace(scenario, levers=scenario.habits, style=STATUS_QUO, title="Current practice")


def minutes_of(scenario: Scenario) -> float:
    """Return the minutes per person and week that a scenario sets aside."""
    return 60.0 * sum(scenario.hours.values())


def work_of(scenario: Scenario, trials: int, seeds: int, fresh: int, draws: int) -> float:
    """Return how many weeks of an organisation a search simulates at most."""
    burn_in, weeks = scenario.burn_in_weeks, scenario.weeks
    search = seeds * (burn_in + (trials + 1) * weeks) + fresh * (burn_in + (_CONFIRMED + 1) * weeks)
    return float(search + draws * _SEEDS_OF_DRAW * (burn_in + (_ANSWERS + 1) * weeks))


# -- trials --------------------------------------------------------------------------------------------------------------


class Ground:
    """Matched organisations on which policies are tried: burnt in once, with what becomes of them under current practice.

    It judges policies by goals; ``sizes`` are standard deviations between organisations by measure, by default its own.
    """

    def __init__(
        self,
        base: Scenario,
        seeds: Sequence[int],
        goals: Sequence[Goal],
        how: Mapping[str, Any],
        sizes: Mapping[str, float] | None = None,
    ) -> None:
        self._seeds, self.goals, self._how = list(seeds), tuple(goals), how
        self._names = [goal.name for goal in goals if goal.name != MINUTES]
        self._start: Cohort = burn_in(base, self._seeds, **how)
        self.before = self.values(base)
        self.means = means_of(base, self.before)
        several = len(self._seeds) > 1
        own = {name: float(np.std(values, ddof=1)) if several else 0.0 for name, values in self.before.items()}
        self.sizes = own if sizes is None else sizes

    def values(self, scenario: Scenario) -> dict[str, np.ndarray]:
        """Return the measures of the goals over the last year, a value per run."""
        return run(scenario, self._seeds, start=self._start, **self._how).values(self._names, YEAR)

    def margins(self, means: Mapping[str, float], scaled: bool = True) -> list[float]:
        """Return by how much each bound is met, in standard deviations between organisations where these are known."""
        sizes = self.sizes if scaled else {}
        found = [
            goal.margin(means[goal.name], self.means[goal.name]) / (sizes.get(goal.name) or 1.0)
            for goal in self.goals
            if goal.bound
        ]
        return [margin if np.isfinite(margin) else -np.inf for margin in found]

    def short(self, means: Mapping[str, float]) -> float:
        """Return by how much bounds are missed together; 0 where all are met."""
        # Sums differ by rounding only where a policy is current practice itself.
        return sum(-margin for margin in self.margins(means) if margin < -1e-9)

    def objectives(self, means: Mapping[str, float]) -> list[float]:
        """Return what is to be large: what the goals ask for, and how surely the bounds are met."""
        asked = [goal.sign * means[goal.name] for goal in self.goals if not goal.bound]
        margins = self.margins(means)
        wanted = [*asked, *([min(*margins, _SURE)] if margins else [])]
        return [value if np.isfinite(value) else -1e9 for value in wanted]


def means_of(scenario: Scenario, values: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the mean of each measure over runs, and the minutes."""
    with warnings.catch_warnings():
        # A measure without a value in any run has no mean.
        warnings.simplefilter("ignore", RuntimeWarning)
        return {name: float(np.nanmean(own)) for name, own in values.items()} | {MINUTES: minutes_of(scenario)}


def _space(scenario: Scenario, levers: Sequence[str]) -> dict[str, Parameter]:
    """Return the declarations of the levers that are searched."""
    if not levers:
        raise ScenarioError("find: expected at least one lever to search")
    for name in levers:
        if name not in NAMES:
            raise ScenarioError(f"find: no lever '{name}'; {nearest(name, NAMES)}")
    return {name: scenario.model.sections["levers"][name] for name in dict.fromkeys(levers)}


def _with_levers(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    return dataclasses.replace(scenario, levers=dataclasses.replace(scenario.levers, **values))


def _possible(levers: Levers) -> bool:
    """Return whether hours that are set aside are for anything."""
    return levers.budget_share == 0.0 or any(getattr(levers, purpose.lever) > 0.0 for purpose in PURPOSES.values())


def _search(
    own: Scenario, ground: Ground, space: Mapping[str, Parameter], trials: int, seed: int, stop: Callable[[], bool]
) -> tuple[pd.DataFrame, bool]:
    """Return the policies tried with their means and by how much they fall short, and whether the search was stopped."""
    package = optuna()
    ranges = {
        name: package.distributions.FloatDistribution(
            about.low, min(about.high, _MOST_WEIGHT), step=_WEIGHT_STEP if name.startswith("weight_") else _STEP
        )
        for name, about in space.items()
    }
    with warnings.catch_warnings():
        # Some releases call these options experimental; from 5 on there is another way to set constraints, which 4 lacks.
        for kind in (package.exceptions.ExperimentalWarning, FutureWarning):
            warnings.simplefilter("ignore", kind)
        sampler = package.samplers.TPESampler(
            seed=seed, multivariate=True, constraints_func=lambda trial: (trial.user_attrs["short"],)
        )
    directions = ["maximize"] * len(ground.objectives(ground.means))
    study = package.create_study(sampler=sampler, directions=directions)
    # What there is today comes first, and what the scenario itself would do.
    for levers in (own.habits, own.levers):
        study.enqueue_trial(
            {name: _stepped(ranges[name], getattr(levers, name)) for name in space}, skip_if_exists=True
        )
    rows: list[dict[str, Any]] = []
    known: dict[tuple[float, ...], dict[str, float]] = {}
    for _ in range(trials):
        if stop() and rows:
            break
        trial = study.ask(ranges)
        values = {name: round(float(trial.params[name]), 6) for name in space}
        key = tuple(values.values())
        if key not in known:
            changed = dataclasses.replace(own.levers, **values)
            if not _possible(changed):
                study.tell(trial, state=package.trial.TrialState.FAIL)
                continue
            policy = dataclasses.replace(own, levers=changed)
            known[key] = means_of(policy, ground.values(policy))
            short = ground.short(known[key])
            rows.append({**values, **known[key], "short": short, "met": short <= 0.0})
        trial.set_user_attr("short", ground.short(known[key]))
        study.tell(trial, ground.objectives(known[key]))
    return pd.DataFrame(rows), len(study.trials) < trials


def _stepped(about: Any, value: float) -> float:
    """Return the nearest value that a search may propose."""
    return float(np.clip(about.low + round((value - about.low) / about.step) * about.step, about.low, about.high))


# -- answers -------------------------------------------------------------------------------------------------------------


def _undominated(table: pd.DataFrame, goals: Sequence[Goal]) -> np.ndarray:
    """Return which policies no other one beats in all that is asked for; of those that meet the bounds, or miss them least."""
    kept = np.array(table["short"] <= max(0.0, float(table["short"].min())))
    kept[kept] = undominated_of(_asked(table, goals)[kept].T[:, :, None])[:, 0] > 0.0
    return kept


def _asked(table: pd.DataFrame, goals: Sequence[Goal]) -> np.ndarray:
    """Return what goals ask for as columns of which more is better; bounds count as wishes where they can be exceeded."""
    names = dict.fromkeys((goal.name, goal.sign) for goal in goals)
    return np.column_stack([sign * table[name].fillna(-sign * np.inf) for name, sign in names])


def _spread(table: pd.DataFrame, goals: Sequence[Goal], most: int) -> pd.DataFrame:
    """Return at most so many rows: the best by each goal that asks for the least or most, and then those furthest from any chosen."""
    values = _asked(table, goals)
    spread = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    asked = list(dict.fromkeys((goal.name, goal.sign) for goal in goals))
    chosen = list(
        dict.fromkeys(int(values[:, asked.index((goal.name, goal.sign))].argmax()) for goal in goals if not goal.bound)
    )
    while len(chosen) < min(most, len(table)):
        distance = np.linalg.norm(scaled[:, None] - scaled[chosen][None], axis=2).min(axis=1)
        distance[chosen] = -1.0
        chosen.append(int(distance.argmax()))
    return table.iloc[sorted(chosen[:most])].reset_index(drop=True)


def _confirmed(own: Scenario, ground: Ground, values: Mapping[str, float]) -> dict[str, Any]:
    """Return the row of an answer from fresh seeds."""
    policy = _with_levers(own, values)
    after = ground.values(policy)
    row: dict[str, Any] = {**values, **means_of(policy, after)}
    for goal in ground.goals:
        if goal.name != MINUTES:
            about = own.measures[goal.name]
            found = paired_difference(after[goal.name], ground.before[goal.name], bounds=about.bounds)
            row |= found.columns(f"{goal.name}_difference", f"{goal.name}_difference_")
    row["met"] = all(margin >= -1e-9 for margin in ground.margins(row, scaled=False))
    return row


def _robust(
    own: Scenario,
    base: Scenario,
    goals: Sequence[Goal],
    found: pd.DataFrame,
    levers: Sequence[str],
    sets: Sequence[Mapping[str, Any]],
    seeds: Sequence[int],
    how: Mapping[str, Any],
) -> pd.DataFrame:
    """Return answers with the share of parameter sets in which each meets all bounds, and the mark of the most robust one.

    Where nothing is bound, a parameter set counts in which what is asked for first is at least as good as under current practice.
    """
    asked = [goal for goal in goals if goal.bound] or [
        dataclasses.replace(goal, ask="at least" if goal.sign > 0 else "at most", change=True) for goal in goals[:1]
    ]
    margins = np.zeros((len(sets), len(found)))
    for place, draw in enumerate(sets):
        first = max(seeds) + 1 + place * _SEEDS_OF_DRAW
        ground = Ground(with_draw(base, draw), range(first, first + _SEEDS_OF_DRAW), asked, how)
        for k, row in found.iterrows():
            policy = with_draw(_with_levers(own, {name: float(row[name]) for name in levers}), draw)
            margins[place, k] = min(ground.margins(means_of(policy, ground.values(policy)), scaled=False))
    share = (margins >= -1e-9).mean(axis=0) if len(sets) else np.full(len(found), np.nan)
    best = (
        max(range(len(found)), key=lambda k: (found["met"].iloc[k], share[k], margins[:, k].mean()))
        if len(sets)
        else -1
    )
    return found.drop(columns=["short"]).assign(draws_met=share, robust=np.arange(len(found)) == best)


def _with_cost(answers: pd.DataFrame, base: Scenario, pay: float | None) -> pd.DataFrame:
    """Return answers with hours a year for all staff, and their cost at a pay rate."""
    s = base.structure
    staff = base.roster.n_staff if base.roster is not None else s.n_teams * s.team_size
    hours = answers["minutes"] / 60.0 * YEAR * staff * s.n_organisations
    extra = (answers["minutes"] - minutes_of(base)) / 60.0 * YEAR * staff * s.n_organisations
    money = {} if pay is None else {"cost": hours * pay, "extra_cost": extra * pay}
    return answers.assign(hours=hours, extra_hours=extra, **money)
