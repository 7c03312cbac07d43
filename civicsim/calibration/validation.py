"""Does the status quo look like what is known? Every target with what was simulated, on seeds that no fit has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from civicsim.calibration.between import influence_and_burnout, organisations_frame
from civicsim.calibration.people import leaving, people_frame, persistence
from civicsim.calibration.statistics import observe, table
from civicsim.calibration.targets import Target, read_targets
from civicsim.experiment.run import Progress, burn_in, run, seeds_of
from civicsim.scenario.scenario import Scenario

PEOPLE_WEEKS, PEOPLE_EVERY = 169, 13
"""Three years and a quarter, looked at every quarter: persistence over three years needs a first look."""
_BOOTSTRAP = 200


@dataclass(frozen=True, repr=False)
class Validation:
    """What was found.

    Attributes
    ----------
    scenario : Scenario
    seeds : list of int
        Runs that the targets were held against.
    targets : pandas.DataFrame
        A row per target with columns pattern, statistic, says, unit, value, low, high (what is known), simulated,
        simulated_low, simulated_high (95 % over runs), holds (the simulated value lies in the range), sure (its whole
        interval does), status, year and source.
    between : pandas.DataFrame or None
        Influence and burnout across organisations, see :func:`civicsim.calibration.between.influence_and_burnout`.
    n_organisations : int
        How many organisations that rests on.
    persistence : pandas.DataFrame or None
        See :func:`civicsim.calibration.people.persistence`.
    leaving : dict or None
        See :func:`civicsim.calibration.people.leaving`.
    """

    scenario: Scenario
    seeds: list[int]
    targets: pd.DataFrame
    between: pd.DataFrame | None
    n_organisations: int
    persistence: pd.DataFrame | None
    leaving: dict[str, float] | None

    @cached_property
    def patterns(self) -> pd.DataFrame:
        """By pattern, whether all its targets hold, and whether all are sure to; targets of no pattern are left out."""
        fitted = self.targets[self.targets["pattern"] != ""]
        return fitted.groupby("pattern", sort=False)[["holds", "sure"]].all()

    def __repr__(self) -> str:
        held = int(self.patterns["holds"].sum())
        return f"Validation({self.scenario.kind!r}, {held} of {len(self.patterns)} patterns hold)"

    def _repr_html_(self) -> str:
        return self.targets.to_html(index=False)


def against_targets(targets: Sequence[Target], simulated: pd.DataFrame) -> pd.DataFrame:
    """Return what is known beside what was simulated: a row per target; see :attr:`Validation.targets`."""
    rows = []
    for target in targets:
        own = simulated.loc[target.statistic]
        rows.append({
            "pattern": target.pattern, "statistic": target.statistic, "says": target.says, "unit": target.unit,
            "value": target.value, "low": target.low, "high": target.high, "simulated": own["value"],
            "simulated_low": own["low"], "simulated_high": own["high"], "holds": target.holds(own["value"]),
            "sure": target.holds(own["low"]) and target.holds(own["high"]), "status": target.status,
            "year": target.year, "source": target.source,
        })  # fmt: skip
    return pd.DataFrame(rows)


def validate(
    scenario: Scenario | None = None, seeds: int | Sequence[int] = 30, *, targets: Sequence[Target] | None = None,
    organisations: int = 120, people: bool = True, threads: int | None = None, progress: Progress | None = None,
) -> Validation:  # fmt: skip
    """Hold a scenario, as it is with the levers that it has, against what is known.

    Parameters
    ----------
    scenario : Scenario or None
        The status quo of the default kind by default.
    seeds : int or sequence of int
        Runs that targets are held against.
    targets : sequence of Target or None
        The shipped ones by default.
    organisations : int
        Organisations that are compared with one another, each one run, those of ``seeds`` among them; 0 for none.
    people : bool
        Whether to follow staff one by one over three years.
    """
    case = Scenario.preset() if scenario is None else scenario
    numbers = seeds_of(seeds, case.seed)
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
    return Validation(case, numbers, found, between, organisations, lasting, leavers)
