"""Simulated experiments that measure what published studies of mechanisms measured: what follows from what, and how strongly.

Each experiment returns a table with a row per statistic and the columns of
:func:`civicsim.calibration.statistics.table`: value, low and high (95 %), and n. The findings that they are compared with
stand in ``mechanisms.toml``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from civicsim.calibration.between import organisations_frame, standardised
from civicsim.errors import CivicsimError
from civicsim.experiment.run import Result, burn_in, run
from civicsim.experiment.statistics import estimate
from civicsim.model.levers import NAMES as LEVERS
from civicsim.model.organisation import STAFF
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.shipped import styles
from civicsim.scenario.toml import read_toml

TRUSTS = Path(__file__).with_name("trusts.toml")
TEAMS_OF_A_TRUST = 200
"""Teams of an organisation that is compared with trusts: about as many staff as answer a trust's survey."""
FEWEST_TRUSTS = 10
TWO_YEARS, YEAR = 104, 52
MORE_WORK = 0.175
"""Share of work that one patient more per nurse adds: one in five to seven patients."""
KEPT = (0.0, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Shares of promises kept, in order."""
_SAMPLES = 400
_WEIGHTS = tuple(name for name in LEVERS if name.startswith("weight_"))

Rows = Mapping[str, tuple[float, float, float, int]]
"""By statistic, the value, the ends of its 95 % interval, and the number of runs or organisations."""
Measure = Callable[[Scenario, Sequence[int], int | None], Rows]
"""What carries out an experiment: ``measure(scenario, seeds, threads)``."""


@dataclass(frozen=True)
class Experiment:
    """A simulated experiment.

    Attributes
    ----------
    name, title : str
        Its name, and what is done, in a sentence.
    statistics : tuple of str
        What it measures.
    measure : Measure
        What carries it out.
    """

    name: str
    title: str
    statistics: tuple[str, ...]
    measure: Measure


EXPERIMENTS: dict[str, Experiment] = {}
"""The experiments by name."""


def _experiment(name: str, title: str, *statistics: str) -> Callable[[Measure], Measure]:
    """Declare that a function carries out an experiment; see :class:`Experiment`."""

    def declare(measure: Measure) -> Measure:
        EXPERIMENTS[name] = Experiment(name, title, statistics, measure)
        return measure

    return declare


# -- organisations that differ as trusts do --------------------------------------------------------------------------


def a_trust(scenario: Scenario, seed: int) -> Scenario:
    """Return a scenario with the settings of one organisation among many; see ``trusts.toml``."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 0x7472757374]))
    for key, about in read_toml(TRUSTS).items():
        known = scenario.model.sections.find(key, TRUSTS.name)
        drawn = scenario.value_of(key) + about["sd"] * rng.standard_normal()
        scenario = scenario.set(key, float(np.clip(drawn, known.low, known.high)))
    # It has always been like this: what is usual there is what it has now.
    return dataclasses.replace(scenario, habits=scenario.levers)


def trusts_frame(scenario: Scenario, seeds: Sequence[int], threads: int | None = None) -> pd.DataFrame:
    """Return survey percentages of organisations that differ as trusts do, a row each, and their interaction of load and support."""
    sized = scenario.with_(
        structure__n_teams=TEAMS_OF_A_TRUST, weeks=YEAR, burn_in_weeks=min(scenario.burn_in_weeks, TWO_YEARS)
    )
    rows = []
    for seed in seeds:
        result = run(a_trust(sized, seed), [seed], threads=threads)
        rows.append(organisations_frame(result).assign(buffering=load_and_support(result)))
    return pd.concat(rows, ignore_index=True)


def load_and_support(result: Result) -> float:
    """Return the standardised interaction of load and support in exhaustion, over all staff in post at the end.

    Load is that of the person's team over the last ten weeks, as a questionnaire asks for it, and support is belonging.
    """
    person, team = result.cohort.person, result.cohort.team
    here = (person["role"] == STAFF) & (person["vacant"] == 0)
    states = (person["exhaustion"][here], team["overload"][person["team"][here]], person["belonging"][here])
    exhaustion, load, support = ((x - x.mean()) / (x.std() or 1.0) for x in states)
    design = np.column_stack([np.ones(len(load)), load, support, load * support])
    return float(np.linalg.lstsq(design, exhaustion, rcond=None)[0][3])


_SHARES = ("burnt_out", "harassed", "enough_staff", "valued", "improvements")
"""Survey percentages of which the spread between organisations is known."""


def _of_trusts(frame: pd.DataFrame) -> dict[str, float]:
    """Return the statistics over organisations."""
    rows = {"buffering": float(frame["buffering"].mean())}
    shares = frame[list(_SHARES)].to_numpy() / 100.0
    # Sampling variance is taken off, as it was of the published spreads.
    sampling = (shares * (1.0 - shares)).mean(axis=0) / (TEAMS_OF_A_TRUST * 15)
    spread = 100.0 * np.sqrt(np.maximum(0.0, shares.var(axis=0, ddof=1) - sampling))
    rows |= {f"trusts_sd_{name}": float(value) for name, value in zip(_SHARES, spread, strict=True)}
    for beside in ("harassed", "valued"):
        slopes = standardised(frame, "burnt_out", [beside, "enough_staff"])
        rows[f"{beside}_beside_staff"], rows[f"staff_beside_{beside}"] = float(slopes[0]), float(slopes[1])
    burnt, harassed = frame["burnt_out"].to_numpy(), frame["harassed"].to_numpy()
    rows["harassed_points"] = float(rows["harassed_beside_staff"] * burnt.std() / harassed.std())
    rows["improvements_correlation"] = float(np.corrcoef(burnt, frame["improvements"])[0, 1])
    return rows


def of_trusts(frame: pd.DataFrame) -> Rows:
    """Return the statistics over organisations with bootstrap intervals."""
    rng = np.random.default_rng(0)
    values = _of_trusts(frame)
    drawn = (frame.iloc[rng.integers(0, len(frame), len(frame))] for _ in range(_SAMPLES))
    # A sample of few organisations may hold one of them only, which has no slope.
    samples = [_of_trusts(sample) for sample in drawn if (sample.std() > 0.0).all()]
    ends = {name: np.quantile([sample[name] for sample in samples], [0.025, 0.975]) for name in values}
    return {name: (value, float(ends[name][0]), float(ends[name][1]), len(frame)) for name, value in values.items()}


def check_enough(seeds: Sequence[int]) -> None:
    """Refuse fewer seeds than a regression across organisations takes, before anything is simulated."""
    if len(seeds) < FEWEST_TRUSTS:
        raise CivicsimError(
            f"mechanisms: {len(seeds)} organisations: a regression across them takes at least {FEWEST_TRUSTS} seeds"
        )


@_experiment(
    "trusts",
    "Survey percentages across organisations that differ as trusts do are regressed on one another.",
    *(f"trusts_sd_{name}" for name in _SHARES),
    *("harassed_beside_staff", "staff_beside_harassed", "harassed_points"),
    *("valued_beside_staff", "staff_beside_valued", "improvements_correlation", "buffering"),
)
def _trusts(scenario: Scenario, seeds: Sequence[int], threads: int | None) -> Rows:
    check_enough(seeds)
    return of_trusts(trusts_frame(scenario, seeds, threads))


# -- matched runs ----------------------------------------------------------------------------------------------------


def _matched(
    scenario: Scenario, arms: Mapping[str, Scenario], seeds: Sequence[int], threads: int | None
) -> dict[str, Result]:
    """Run arms from one burn-in of a scenario."""
    start = burn_in(scenario, seeds, threads=threads)
    return {name: run(arm, seeds, start=start, threads=threads) for name, arm in arms.items()}


def _last_year(result: Result, measure: str) -> np.ndarray:
    """Return the mean of a measure over the last year, by run."""
    return np.asarray(result.values([measure], YEAR)[measure])


def _row(values: np.ndarray) -> tuple[float, float, float, int]:
    about = estimate(values)
    return about.mean, about.low, about.high, about.n


def _ratio(logarithms: np.ndarray) -> tuple[float, float, float, int]:
    value, low, high, n = _row(logarithms)
    return float(np.exp(value)), float(np.exp(low)), float(np.exp(high)), n


@_experiment(
    "promises",
    "A compact on the status quo's other levers, of which a set share is kept for three years.",
    *("promises_none_kept", "promises_most_kept", "promises_in_words", "promises_out_of_order"),
)
def _promises(scenario: Scenario, seeds: Sequence[int], threads: int | None) -> Rows:
    base = scenario.with_(weeks=3 * YEAR)
    full = base.set("levers.compact", 1.0).set("compact.process_quality", 1.0)
    arms = {"none": base, "words": base.set("levers.compact", 0.5)}
    arms |= {f"{kept:g}": full.set("compact.kept_share", kept) for kept in KEPT}
    found = _matched(base, arms, seeds, threads)
    burnt = {name: 100.0 * _last_year(result, "burnt_out_share") for name, result in found.items()}
    cost = {name: values - burnt["none"] for name, values in burnt.items()}
    steps = np.diff([cost[f"{kept:g}"].mean() for kept in KEPT])
    wrong = float((steps > 0.0).sum())
    return {
        "promises_none_kept": _row(cost["0"]),
        "promises_most_kept": _row(cost["0.9"]),
        "promises_in_words": _row(cost["words"]),
        "promises_out_of_order": (wrong, wrong, wrong, len(seeds)),
    }


@_experiment(
    "patients_per_nurse",
    "Organisations in which each post has had 17.5 % more work all along, against others.",
    *("burnt_out_odds", "harm_ratio"),
)
def _patients_per_nurse(scenario: Scenario, seeds: Sequence[int], threads: int | None) -> Rows:
    base = scenario.with_(weeks=TWO_YEARS)
    busier = base.set("events.demand_factor", base.events.demand_factor * (1.0 + MORE_WORK))
    # Hospitals that have always been busier, not hospitals in which a surge has just begun.
    results = [run(each, seeds, threads=threads) for each in (base, busier)]
    usual, more = (_last_year(result, "burnt_out_share") for result in results)
    odds = np.log(more / (1.0 - more)) - np.log(usual / (1.0 - usual))
    harm = np.log(_last_year(results[1], "harm_rate") / _last_year(results[0], "harm_rate"))
    return {"burnt_out_odds": _ratio(odds), "harm_ratio": _ratio(harm)}


@_experiment(
    "asked",
    "No hours for answering, and staff are invited to speak up or are not, for two years.",
    *("asked_and_ignored_voice", "asked_and_ignored_strain"),
)
def _asked(scenario: Scenario, seeds: Sequence[int], threads: int | None) -> Rows:
    silent = scenario.with_(weeks=TWO_YEARS).set("levers.weight_response", 0.0)
    arms = {name: silent.set("levers.invitation", x) for name, x in (("asked", 0.9), ("not", 0.1))}
    found = _matched(scenario, arms, seeds, threads)
    effect = {
        measure: 100.0 * (_last_year(found["asked"], measure) - _last_year(found["not"], measure))
        for measure in ("voice_share", "burnt_out_share")
    }
    return {
        "asked_and_ignored_voice": _row(effect["voice_share"]),
        "asked_and_ignored_strain": _row(effect["burnt_out_share"]),
    }


def allocations() -> dict[str, dict[str, float]]:
    """Return the weights of hours of every shipped style, by style: nothing else of it."""
    return {name: {key: getattr(Scenario.preset(name).levers, key) for key in _WEIGHTS} for name in styles()}


def _with_hours(scenario: Scenario, weights: Mapping[str, float]) -> Scenario:
    for lever, value in weights.items():
        scenario = scenario.set(f"levers.{lever}", value)
    return scenario


@_experiment(
    "attitudes",
    "Fear, or permission withdrawn, intended under the allocation of hours of each shipped style, for a year.",
    *("fear_missing", "permission_left", "permission_without_hours"),
)
def _attitudes(scenario: Scenario, seeds: Sequence[int], threads: int | None) -> Rows:
    base = scenario.with_(weeks=YEAR)
    start = burn_in(base, seeds, threads=threads)

    def met(case: Scenario, attitude: str) -> np.ndarray:
        return np.asarray(
            run(case, seeds, start=start, threads=threads).values([f"{attitude}_met"], 1)[f"{attitude}_met"]
        )

    def missed(attitude: str, intended: float) -> np.ndarray:
        """Return intended less met, by run, of the allocation of hours under which most is missing."""
        case = base.set(f"levers.{attitude}", intended)
        gaps = [intended - met(_with_hours(case, weights), attitude) for weights in allocations().values()]
        return max(gaps, key=lambda gap: abs(float(gap.mean())))

    freed = _with_hours(base.set("levers.permission", 0.8), dict.fromkeys(_WEIGHTS, 0.0) | {"weight_reporting": 1.0})
    return {
        "fear_missing": _row(missed("fear", 0.9)),
        "permission_left": _row(-missed("permission", 0.05)),
        "permission_without_hours": _row(0.8 - met(freed, "permission")),
    }


TAKING_PART = {
    "levers.weight_protected": 3.0,
    "levers.weight_deliberation": 3.0,
    "levers.weight_response": 5.0,
    "levers.weight_reporting": 1.0,
    "levers.permission": 0.65,
    "levers.authority": 0.5,
    "levers.invitation": 0.7,
    "levers.status_blindness": 0.6,
}
"""A participative intervention within the hours there are. Assumption: what trials of such interventions describe: time set aside,
regular meetings of all ranks, answers, and room to decide; levers about half-way to the end of their range."""


@_experiment(
    "participation",
    "Time, meetings, answers and some room to decide are introduced, for a year, within the same hours.",
    "participation_effect",
)
def _participation(scenario: Scenario, seeds: Sequence[int], threads: int | None) -> Rows:
    base = scenario.with_(weeks=YEAR)
    bundle = base
    for key, value in TAKING_PART.items():
        bundle = bundle.set(key, value)
    found = _matched(base, {"usual": base, "bundle": bundle}, seeds, threads)
    person = found["usual"].cohort.person
    here = (person["role"] == STAFF) & (person["vacant"] == 0)
    spread = float(person["exhaustion"][here].std())
    effect = (
        found["bundle"].values(["exhaustion"], 1)["exhaustion"] - found["usual"].values(["exhaustion"], 1)["exhaustion"]
    )
    return {"participation_effect": _row(np.asarray(effect) / spread)}


def measure_mechanisms(
    scenario: Scenario, seeds: Sequence[int], names: Sequence[str] | None = None, threads: int | None = None
) -> pd.DataFrame:
    """Return every statistic of some experiments: a row each, indexed by name, with columns value, low, high (95 %) and n.

    Parameters
    ----------
    scenario : Scenario
        The status quo of a kind of organisation.
    seeds : sequence of int
        One run of each arm, or one organisation, per seed.
    names : sequence of str, optional
        Some of :data:`EXPERIMENTS`; all by default.
    threads : int, optional
    """
    rows: dict[str, tuple[float, float, float, int]] = {}
    for name in EXPERIMENTS if names is None else names:
        rows |= EXPERIMENTS[name].measure(scenario, seeds, threads)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "n"])
