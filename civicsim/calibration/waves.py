"""Calibration in waves of runs, each in the region that the last one left possible. Resumable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from civicsim import __version__
from civicsim.calibration.matching import (
    CUT,
    Emulator,
    fewest_changes,
    fit,
    implausibility,
    judged,
    still_possible,
    verdict,
)
from civicsim.calibration.mechanisms import EXPERIMENTS, measure_mechanisms
from civicsim.calibration.statistics import STATISTICS, observe, table
from civicsim.calibration.targets import Target
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.extras import need
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.scenario.scenario import Scenario
from civicsim.scenario.toml import read_toml
from civicsim.study.design.designs import latin_hypercube
from civicsim.study.design.factors import FULL, Factor, read_factors
from civicsim.study.run.executors import LocalExecutor

POINTS, SETTINGS = "points.csv", "calibration.json"
FREE = Path(__file__).with_name("free.toml")
"""The parameters that calibration may move, and between which values."""
PRIORS = Path(__file__).with_name("priors.toml")
"""What parameters may be about which no target says anything."""
_NEAR = 0.1
"""Share of its default within which any other uncertain parameter of a process is drawn. Assumption."""
_DESCRIPTIONS = ("structure", "population", "survey", "events")
"""Sections that describe an organisation, its surroundings and what it is asked, not how people act."""
FIRST_SEED = 1_000_001
"""First seed of calibration; every point has its own seeds, far from those in common use."""
TRUSTS_PER_SEED = 3
"""Organisations that differ as trusts do, per seed of a point."""
_KEYS = ("wave", "point", "first_seed")
Simulator = Callable[[Scenario, Mapping[str, float], Sequence[int]], dict[str, float]]


@dataclass(frozen=True)
class Plan:
    """The targets, the free parameters and the effort of a calibration.

    Attributes
    ----------
    scenario : Scenario
        The status quo of a kind of organisation.
    targets : tuple of Target
        Published data to fit.
    free : tuple of Factor
        Parameters that may move, with their ranges.
    waves, points, seeds : int
        Waves of runs; parameter sets in each; runs of each set.
    draws : int
        Candidates for the result: parameter sets that are simulated last and kept unless they are ruled out.
    priors : tuple of Factor
        Parameters that are not fitted but drawn, in the last wave and with the result, from what they may be.
    simulator : callable
        ``simulator(scenario, values, seeds)`` → statistics by name, for tests of the search; by default :func:`simulate`, with
        the experiments that the fitted targets name.
    """

    scenario: Scenario
    targets: tuple[Target, ...]
    free: tuple[Factor, ...]
    waves: int = 4
    points: int = 110
    seeds: int = 8
    draws: int = 130
    simulator: Simulator | None = None
    priors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        """Refuse parameters that must not be fitted."""
        for factor in self.free:
            if factor.about.role != "uncertainty":
                raise ScenarioError(
                    f"calibrate: {factor.key} is of role {factor.about.role}: only parameters of role uncertainty are "
                    "fitted, never levers or styles"
                )
            if "kappa" in factor.about.name:
                raise ScenarioError(
                    f"calibrate: {factor.key}: how far local realities agree with common standards is never fitted"
                )
            if factor.range is None:
                raise ScenarioError(f"calibrate: {factor.key}: expected a range, such as {{ low = 0.2, high = 0.8 }}")
        if len(self.free) < 2 or len(self.fitted) < 2:
            raise ScenarioError("calibrate: expected at least two free parameters and two targets to fit")

    @property
    def fitted(self) -> tuple[Target, ...]:
        """Targets of the fit."""
        return tuple(target for target in self.targets if target.pattern and target.fitted)

    @property
    def experiments(self) -> tuple[str, ...]:
        """Experiments on mechanisms that the fit needs."""
        return tuple(dict.fromkeys(target.experiment for target in self.fitted if target.experiment))

    @property
    def columns(self) -> list[str]:
        """Columns of the table of points: keys, parameters, and what is measured at each point."""
        measured = [name for each in self.experiments for name in EXPERIMENTS[each].statistics]
        return [*_KEYS, *(f.key for f in (*self.free, *self.priors)), *STATISTICS, *measured]

    @property
    def n_points(self) -> int:
        """Number of parameter sets that are simulated, with those that check the draws."""
        return self.waves * self.points + self.draws

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that a folder of results belongs to."""
        return {
            "civicsim": __version__,
            "scenario": self.scenario.digest,
            "kind": self.scenario.kind,
            "free": {f.key: [f.range.low, f.range.high] for f in self.free if f.range is not None},
            "priors": {f.key: [f.range.low, f.range.high] for f in self.priors if f.range is not None},
            "targets": {t.statistic: [t.low, t.high] for t in self.fitted},
            "points": self.points,
            "seeds": self.seeds,
            "draws": self.draws,
            "first_seed": FIRST_SEED,
        }

    def values(self, point: np.ndarray) -> dict[str, float]:
        """Return parameters by name for a point of the unit cube."""
        return _values(self.free, point)

    def beside(self, wave: int, n: int) -> list[dict[str, float]]:
        """Return the parameters that are not fitted at each of n points: drawn from the last wave on, before that as they are."""
        if wave < self.waves - 1 or not self.priors:
            abouts = [factor.about for factor in self.priors]
            return [{a.key: float(self.scenario.value_of(a.key)) for a in abouts}] * n
        return [_values(self.priors, point) for point in latin_hypercube(n, len(self.priors), wave)]


def _values(factors: Sequence[Factor], point: np.ndarray) -> dict[str, float]:
    """Return parameters by name for a point of the unit cube."""
    return {factor.key: float(factor.at(np.array([u]))[0]) for factor, u in zip(factors, point, strict=True)}


@dataclass(frozen=True, repr=False)
class Calibration:
    """The result of a calibration.

    Attributes
    ----------
    plan : Plan
    points : pandas.DataFrame
        All simulated points: wave, point, first_seed, the free parameters and the statistics. The wave after the last one
        contains the candidates for draws, with new seeds.
    draws : (n, k) array
        Parameter sets, scaled to 0-1, that are ruled out neither by the last emulators nor by what was simulated with them.
    implausibility : (n,) array
        Implausibility of each draw by :func:`civicsim.calibration.matching.verdict`, the greater of the two.
    check : pandas.DataFrame
        The draws as simulated, a row each.
    shares : list of float
        Before each wave and after the last, the share of the whole box that was not ruled out.
    hits : list of float
        From the second wave on, the share of simulated values within the 95 % prediction interval of the emulators of the
        waves before.
    emulators : tuple of Emulator
        The last ones, one per fitted target.
    """

    plan: Plan
    points: pd.DataFrame
    draws: np.ndarray
    implausibility: np.ndarray
    check: pd.DataFrame
    shares: list[float]
    hits: list[float]
    emulators: tuple[Emulator, ...]

    @property
    def best(self) -> dict[str, float]:
        """The least implausible draw, by its worst target."""
        return self.plan.values(self.draws[int(np.argmin(self.implausibility))])

    @cached_property
    def settled(self) -> dict[str, float]:
        """The parameters that have to be moved from their defaults for a good fit, rounded to two digits."""
        ranges = [factor.range for factor in self.plan.free]
        pairs = [(float(f.about.default), about) for f, about in zip(self.plan.free, ranges, strict=True) if about]
        usual = np.array([(default - about.low) / (about.high - about.low) for default, about in pairs])
        chosen = fewest_changes(self.plan.fitted, self.emulators, self.draws, usual)
        values = self.plan.values(chosen)
        keys = [factor.key for factor, moved in zip(self.plan.free, chosen != usual, strict=True) if moved]
        return {key: float(f"{values[key]:.2g}") for key in keys}

    def draws_frame(self) -> pd.DataFrame:
        """Return the draws as a table with a column per parameter, least implausible first."""
        order = np.argsort(self.implausibility, kind="stable")
        return self.check[[f.key for f in (*self.plan.free, *self.plan.priors)]].iloc[order]


def read_free(names: Sequence[str] | None = None, sections: Sections = SECTIONS) -> tuple[Factor, ...]:
    """Return free parameters with their ranges, by default those of ``free.toml``.

    One that is not in that file may take everything that it is declared to allow. A name that is unknown among
    ``sections``, or given twice, raises a :class:`ScenarioError`.
    """
    ranges = read_toml(FREE)
    if names is None:
        return read_factors(ranges, FREE.name, "free")
    keys = [sections.find(name, "--free").key for name in names]
    chosen = [(key, ranges.get(key, FULL)) for key in keys]
    return tuple(factor for key, value in chosen for factor in read_factors({key: value}, "--free", "free", sections))


def read_priors(free: Sequence[Factor], sections: Sections = SECTIONS) -> tuple[Factor, ...]:
    """Return what uncertain parameters may be that are not free: as in ``priors.toml``, or near their default."""
    ranges = read_toml(PRIORS)
    for key, about in sections.parameters.items():
        usual = about.default
        if isinstance(usual, float) and usual and about.role == "uncertainty" and about.section not in _DESCRIPTIONS:
            ends = sorted(usual * (1.0 + side * _NEAR) for side in (-1.0, 1.0))
            near = {"low": max(about.low, ends[0]), "high": min(about.high, ends[1])}
            ranges.setdefault(key, near)
    fitted = {factor.key for factor in free}
    return read_factors(
        {key: about for key, about in ranges.items() if key not in fitted}, PRIORS.name, "priors", sections
    )


def calibrate(
    plan: Plan,
    folder: Path,
    *,
    processes: int = 1,
    progress: Callable[[float], None] = lambda done: None,
    note: Callable[[str], None] = lambda text: None,
) -> Calibration:
    """Find the parameter sets that fit. Points that are already in the folder are not simulated again.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Folder to which each simulated point is written at once.
    processes : int
        Number of processes.
    progress : callable
        Called with the number of points just done.
    note : callable
        Called with a message about each wave.

    Raises
    ------
    CivicsimError
        If scikit-learn is not installed, or the folder belongs to another calibration.
    """
    need("calibration", "calibrate")
    _begin(plan, folder)
    k, fitted = len(plan.free), plan.fitted
    cube = latin_hypercube(plan.points, k, 1)
    cubes: list[np.ndarray] = []
    shares, hits = [1.0], []
    emulators: tuple[Emulator, ...] = ()
    with LocalExecutor(processes) as executor:
        for wave in range(plan.waves + 1):
            cube = _kept(folder / f"wave-{wave}.csv", cube)
            cubes.append(cube)
            frame = _simulated(plan, folder, wave, cube, executor, progress)
            if emulators:
                hits.append(_hits(fitted, emulators, cube, frame[frame["wave"] == wave]))
            if wave == plan.waves:
                # The candidates test the emulators, which must not have seen them.
                break
            known = np.vstack(cubes)
            calls = [executor.submit(fit, known, frame[target.statistic].to_numpy()) for target in fitted]
            emulators = tuple(call.result() for call in calls)
            n = plan.draws if wave == plan.waves - 1 else plan.points
            cube, share = still_possible(fitted, emulators, n, k, seed=wave + 2)
            shares.append(share)
            allowed = (verdict(judged(fitted, emulators, cube)) <= CUT).mean()
            seen = f"{hits[-1]:.0%} of the simulated values lay in 95 % prediction intervals; " if hits else ""
            note(f"wave {wave + 1} of {plan.waves}: {seen}{allowed:.0%} of the next parameter sets are allowed")
    # What was simulated with a set counts too: it has parameters that are not fitted, and emulators do not see them.
    simulated = frame.loc[frame["wave"] == plan.waves, [target.statistic for target in fitted]].to_numpy().T
    chance = np.array([[emulator.noise**2] for emulator in emulators])
    # A set without a value of a statistic does not show what its target asks for.
    found = np.nan_to_num(implausibility(fitted, simulated, chance), nan=np.inf)
    implausible = np.maximum(verdict(judged(fitted, emulators, cube)), verdict(found))
    kept = np.flatnonzero(implausible <= CUT)
    if not len(kept):
        raise CivicsimError(
            f"calibration: no parameter set fits all {len(fitted)} targets; the least implausible lies at "
            f"{implausible.min():.1f} (allowed: {CUT:g}). More waves, wider ranges or fewer targets may help"
        )
    check = frame[frame["wave"] == plan.waves].iloc[kept]
    return Calibration(plan, frame, cube[kept], implausible[kept], check, shares, hits, emulators)


def _kept(path: Path, cube: np.ndarray) -> np.ndarray:
    """Return the parameter sets of a wave from the folder; store these where it has none."""
    if path.exists():
        return np.loadtxt(path, delimiter=",", ndmin=2)
    draft = path.with_suffix(".draft")
    np.savetxt(draft, cube, fmt="%.17g", delimiter=",")
    draft.replace(path)
    return cube


def _hits(targets: Sequence[Target], emulators: Sequence[Emulator], cube: np.ndarray, simulated: pd.DataFrame) -> float:
    """Return the share of simulated values in the 95 % prediction intervals of emulators."""
    within = []
    for target, emulator in zip(targets, emulators, strict=True):
        mean, variance = emulator.predict(cube)
        off = np.abs(simulated[target.statistic].to_numpy() - mean) / np.sqrt(variance + emulator.noise**2)
        within.append(off[np.isfinite(off)] <= 1.96)
    return float(np.concatenate(within).mean())


def _begin(plan: Plan, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path, points = folder / SETTINGS, folder / POINTS
    if path.exists():
        if json.loads(path.read_text(encoding="utf-8")) != plan.settings:
            raise CivicsimError(f"{folder}: holds another calibration; choose an empty folder")
    else:
        path.write_text(json.dumps(plan.settings, indent=2) + "\n", encoding="utf-8")
    if not points.exists():
        points.write_text(",".join(plan.columns) + "\n", encoding="utf-8")


def _read(path: Path) -> pd.DataFrame:
    """Return the points in a file; a last line that was cut off is left out."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rindex("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return pd.read_csv(path)


def _simulated(
    plan: Plan, folder: Path, wave: int, cube: np.ndarray, executor: LocalExecutor, progress: Callable[[float], None]
) -> pd.DataFrame:
    """Simulate the missing points of a wave, and return all points up to it, in order."""
    path = folder / POINTS
    there = _read(path)
    done = set(there.loc[there["wave"] == wave, "point"])
    if done:
        progress(float(len(done)))
    simulator = plan.simulator or partial(simulate, experiments=plan.experiments)
    waiting: dict[Future[dict[str, float]], dict[str, float]] = {}
    beside = plan.beside(wave, len(cube))
    for point, u in enumerate(cube):
        if point not in done:
            first = FIRST_SEED + (wave * plan.points + point) * plan.seeds
            values = plan.values(u) | beside[point]
            call = executor.submit(simulator, plan.scenario, values, range(first, first + plan.seeds))
            waiting[call] = {"wave": wave, "point": point, "first_seed": first, **values}
    with path.open("a", encoding="utf-8") as file:
        for future in as_completed(waiting):
            row = waiting[future] | future.result()
            file.write(",".join(str(row[name]) for name in there.columns) + "\n")
            file.flush()
            progress(1.0)
    frame = _read(path).sort_values(["wave", "point"], ignore_index=True)
    return frame[frame["wave"] <= wave]


def simulate(
    scenario: Scenario, values: Mapping[str, float], seeds: Sequence[int], experiments: Sequence[str] = ()
) -> dict[str, float]:
    """Return the statistics of a scenario with some parameters set, and of experiments on it; runs in a worker."""
    for key, value in values.items():
        scenario = scenario.set(key, value)
    found = table(observe(scenario, list(seeds), threads=1))["value"]
    for name in experiments:
        # A regression over organisations takes more of them than a mean over runs.
        several = TRUSTS_PER_SEED if name == "trusts" else 1
        numbers = [several * seed + k for seed in seeds for k in range(several)]
        found = pd.concat([found, measure_mechanisms(scenario, numbers, [name], threads=1)["value"]])
    return {str(name): float(value) for name, value in found.items()}
