"""Validation of the status quo: every target beside the simulated value, on seeds outside of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from civicsim.calibration.between import influence_and_burnout, organisations_frame
from civicsim.calibration.mechanisms import check_enough, measure_mechanisms
from civicsim.calibration.people import leaving, people_frame, persistence
from civicsim.calibration.statistics import observe, table
from civicsim.calibration.targets import MECHANISMS, Target, read_targets
from civicsim.experiment.run import Progress, burn_in, run, seeds_of
from civicsim.scenario.scenario import Scenario

PEOPLE_WEEKS, PEOPLE_EVERY = 169, 13
"""Three years and a quarter, observed every quarter: persistence over three years needs a first observation."""
_BOOTSTRAP = 200
_COLUMNS = [
    *("pattern", "statistic", "finding", "unit", "value", "low", "high"),
    *("simulated", "simulated_low", "simulated_high", "holds", "sure", "status", "year", "source"),
]


@dataclass(frozen=True, repr=False)
class Validation:
    """The comparison of a scenario with published data.

    Attributes
    ----------
    scenario : Scenario
    seeds : list of int
        Seeds of the runs that are compared with the targets.
    targets : pandas.DataFrame
        A row per target with columns pattern, statistic, finding, unit, value, low, high (published), simulated,
        simulated_low, simulated_high (95 % over runs), holds (the simulated value lies in the range), sure (its whole
        interval does), status, year and source.
    between : pandas.DataFrame or None
        Influence and burnout across organisations, see :func:`civicsim.calibration.between.influence_and_burnout`.
    n_organisations : int
        Number of organisations.
    persistence : pandas.DataFrame or None
        See :func:`civicsim.calibration.people.persistence`.
    leaving : dict or None
        See :func:`civicsim.calibration.people.leaving`.
    mechanisms : pandas.DataFrame or None
        As ``targets``, for findings about mechanisms; see :mod:`civicsim.calibration.mechanisms`.
    """

    scenario: Scenario
    seeds: list[int]
    targets: pd.DataFrame
    between: pd.DataFrame | None
    n_organisations: int
    persistence: pd.DataFrame | None
    leaving: dict[str, float] | None
    mechanisms: pd.DataFrame | None = None

    @cached_property
    def patterns(self) -> pd.DataFrame:
        """By pattern, whether all its targets hold, and whether their intervals do; targets without a pattern are left out."""
        fitted = self.targets[self.targets["pattern"] != ""]
        return fitted.groupby("pattern", sort=False)[["holds", "sure"]].all()

    def __repr__(self) -> str:
        held = int(self.patterns["holds"].sum())
        return f"Validation({self.scenario.kind!r}, {held} of {len(self.patterns)} patterns hold)"

    def _repr_html_(self) -> str:
        return self.targets.to_html(index=False)


def against_targets(targets: Sequence[Target], simulated: pd.DataFrame) -> pd.DataFrame:
    """Return published and simulated values: a row per target; see :attr:`Validation.targets`."""
    rows = []
    for target in targets:
        own = simulated.loc[target.statistic]
        found = {"simulated": own["value"], "simulated_low": own["low"], "simulated_high": own["high"]}
        sure = target.holds(own["low"]) and target.holds(own["high"])
        rows.append({**vars(target), **found, "holds": target.holds(own["value"]), "sure": sure})
    return pd.DataFrame(rows)[_COLUMNS]


def validate(
    scenario: Scenario | None = None,
    seeds: int | Sequence[int] = 30,
    *,
    targets: Sequence[Target] | None = None,
    organisations: int = 120,
    people: bool = True,
    mechanisms: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Compare a scenario, with its levers as they are, with published data.

    Parameters
    ----------
    scenario : Scenario or None
        The status quo of the default kind by default.
    seeds : int or sequence of int
        Runs that are compared with the targets.
    targets : sequence of Target or None
        The shipped ones by default.
    organisations : int
        Number of organisations for the link between influence and burnout, each one run, including those of ``seeds``; 0 for none.
    people : bool
        Whether to follow staff one by one over three years.
    mechanisms : bool
        Whether to repeat published findings about mechanisms as simulated experiments, with a run or an organisation per seed.
    """
    case = Scenario.preset() if scenario is None else scenario
    numbers = seeds_of(seeds, case.seed)
    if mechanisms:
        check_enough(numbers)
    start = burn_in(case, numbers, threads=threads, progress=progress)
    observed = observe(case, numbers, start=start, threads=threads, progress=progress)
    found = against_targets(read_targets() if targets is None else targets, table(observed, _BOOTSTRAP))
    between = None
    if organisations > 0:
        frames = [organisations_frame(observed.usual)]
        first = max(numbers) + 1
        if more := list(range(first, first + organisations - len(numbers))):
            usual = observed.usual.scenario
            frames.append(organisations_frame(run(usual, more, threads=threads, progress=progress)))
        between = influence_and_burnout(pd.concat(frames).head(organisations))
    lasting = leavers = None
    if people:
        frame = people_frame(
            case, numbers, weeks=PEOPLE_WEEKS, every=PEOPLE_EVERY, start=start, threads=threads, progress=progress
        )
        lasting, leavers = persistence(frame), leaving(frame)
    studied = None
    if mechanisms:
        studied = against_targets(read_targets(MECHANISMS), measure_mechanisms(case, numbers, threads=threads))
    return Validation(case, numbers, found, between, organisations, lasting, leavers, studied)
