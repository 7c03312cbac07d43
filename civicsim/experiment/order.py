"""How much results depend on the order of processes within a week.

The same scenario runs in the published order and in shuffled ones, with the same seeds, so that the effect of an order is
told apart from run-to-run variation. Weeks are a convention of the model: what moves with the order within them is not a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any, Literal

import numpy as np
import pandas as pd

from civicsim.errors import ScenarioError
from civicsim.experiment.compare import Starts, check_matched
from civicsim.experiment.run import Progress, as_scenario, measure_names, run, seeds_of
from civicsim.experiment.statistics import CONFIDENCE, Estimate, estimate
from civicsim.model.measures import FLAGSHIP
from civicsim.model.week import PUBLISHED, ordered
from civicsim.scenario.scenario import Scenario

MATTERS = 0.2
"""Smallest effect that matters, in standard deviations between runs: Cohen's (1988) small effect. A smaller shift
moves an organisation by fewer than eight places among a hundred of its kind under the same governance."""

BurnIn = Literal["same", "published"]


@dataclass(frozen=True, repr=False)
class OrderStudy:
    """Results of runs in each order of the week.

    Attributes
    ----------
    scenario : Scenario
    against : Scenario or None
        Where there is one, values are differences from it between matched runs.
    seeds : list of int
        One per run.
    burn_in : {"same", "published"}
        Order of the week in the burn-in.
    orders : dict of str to str
        Order in words by label; "published" is the first.
    values : pandas.DataFrame
        Columns order and seed, and a column per measure.
    """

    scenario: Scenario
    against: Scenario | None
    seeds: list[int]
    burn_in: BurnIn
    orders: dict[str, str]
    values: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return how far each measure moves with the order.

        Returns
        -------
        pandas.DataFrame
            Columns measure, label, unit, n_seeds, n_orders, mean and seed_sd (published order), order_sd (between
            shuffled orders, without the share of run-to-run variation), shift, shift_low, shift_high (mean of all shuffled orders
            less the published one), largest_order, largest, largest_low, largest_high (the order that moves it
            furthest from the published one), threshold (the smallest shift that matters), exceeds ("yes", "no", "cannot tell").
        """
        rows = []
        for name in self.values.columns[2:]:
            about = self.scenario.measures[name]
            found = _movement(self.values.pivot(index="order", columns="seed", values=name).loc[list(self.orders)])
            rows.append({"measure": name, "label": about.label, "unit": about.unit, **found})
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return f"OrderStudy({self.scenario.style!r}: {len(self.orders)} orders × {len(self.seeds)} seeds)"

    def _repr_html_(self) -> str:
        table = self.table().to_html(index=False, border=0, na_rep="–")
        return f"<div><p>{escape(repr(self))}, the published order first</p>{table}</div>"


def _movement(values: pd.DataFrame) -> dict[str, Any]:
    """Return how far one measure moves; rows are orders, the published one first, and columns are seeds."""
    # Runs with a number in every order, so that all orders rest on the same runs.
    kept = values.dropna(axis="columns").to_numpy(dtype=float)
    published, shuffled, n_orders = kept[0], kept[1:], len(kept) - 1
    seed_sd = float(published.std(ddof=1)) if len(published) > 1 else float("nan")
    mean_shift = estimate((shuffled - published).mean(axis=0))
    # The largest of several is picked out: each interval is at a level at which all of them hold together.
    each = [estimate(row - published, 1.0 - (1.0 - CONFIDENCE) / n_orders) for row in shuffled]
    largest = int(np.argmax([abs(shift.mean) for shift in each]))
    threshold = MATTERS * seed_sd
    return {
        "n_seeds": mean_shift.n,
        "n_orders": n_orders,
        "mean": estimate(published).mean,
        "seed_sd": seed_sd,
        "order_sd": sd_between_orders(shuffled),
        **mean_shift.columns("shift"),
        "largest_order": values.index[1 + largest],
        **each[largest].columns("largest"),
        "threshold": threshold,
        "exceeds": exceeds(each, threshold),
    }


def sd_between_orders(values: np.ndarray) -> float:
    """Return the standard deviation between orders, without what run-to-run variation adds to their means.

    Formula
        σ² = max(0, MS_orders − MS_rest) / n_seeds,  of a two-way layout of orders and seeds, one value per cell

    Parameters
    ----------
    values : (n_orders, n_seeds) array
        NaN if there are fewer than two of either.
    """
    n_orders, n_seeds = values.shape
    if n_orders < 2 or n_seeds < 2:
        return float("nan")
    of_order, of_seed = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    rest = values - of_order - of_seed + values.mean()
    between = n_seeds * of_order.var(ddof=1)
    within = (rest**2).sum() / ((n_orders - 1) * (n_seeds - 1))
    return float(np.sqrt(max(0.0, between - within) / n_seeds))


def exceeds(shifts: Sequence[Estimate], threshold: float) -> str:
    """Return whether any order moves a measure by more than the threshold.

    "yes" if the whole interval of one lies beyond it, "no" if the intervals of all lie within, else "cannot tell".
    """
    if any(shift.low > threshold or shift.high < -threshold for shift in shifts):
        return "yes"
    if all(-threshold <= shift.low and shift.high <= threshold for shift in shifts):
        return "no"
    return "cannot tell"


def order_study(
    scenario: Scenario | str | None = None,
    n_orders: int = 20,
    seeds: int | Sequence[int] = 10,
    *,
    against: Scenario | str | None = None,
    burn_in: BurnIn = "same",
    measures: Sequence[str] | None = FLAGSHIP,
    last_weeks: int = 52,
    threads: int | None = None,
    progress: Progress | None = None,
) -> OrderStudy:
    """Run a scenario in the published order and in shuffled ones.

    Parameters
    ----------
    scenario : Scenario or str, optional
        A scenario or the name of a style; the status quo by default.
    n_orders : int
        Shuffled orders; ``shuffled:1`` and on.
    seeds : int or sequence of int
        Matched runs in each order.
    against : Scenario or str, optional
        Use paired differences from this scenario instead of values.
    burn_in : {"same", "published"}
        Simulate the burn-in in each order, as if the model had been published with it; or all of it in the published
        order, so that all start from the same organisations and only the weeks looked at differ.
    measures : sequence of str or None
        Names of measures; None for all.
    last_weeks : int
        Number of weeks, from the end, that each run is averaged over.
    threads : int, optional
        Threads to use; all available ones by default.
    progress : callable, optional
        Called with the person-weeks just done.

    Raises
    ------
    ScenarioError
        If there are fewer than two orders or runs, or the scenarios cannot be matched.
    """
    chosen = as_scenario(scenario)
    other = None if against is None else as_scenario(against)
    numbers, names = seeds_of(seeds, chosen.seed), measure_names(measures, chosen.measures)
    if n_orders < 2 or len(numbers) < 2:
        raise ScenarioError(f"order: {n_orders} orders of {len(numbers)} runs: expected at least two of each")
    if other is not None:
        check_matched({chosen.style: chosen, f"{other.style} (against)": other})
    orders = {PUBLISHED: chosen.week}
    shuffled = [f"shuffled:{number}" for number in range(1, n_orders + 1)]
    orders |= {order: ordered(order, week=chosen.week) for order in shuffled}
    usual = Starts(numbers, chosen.week, threads, progress)
    parts = []
    for label, week in orders.items():
        starts = usual if burn_in == "published" else Starts(numbers, week, threads, progress)
        simulate = partial(run, seeds=numbers, processes=week, threads=threads, progress=progress)
        values = simulate(chosen, start=starts.of(chosen)).summary(names, last_weeks)
        if other is not None:
            values = values - simulate(other, start=starts.of(other)).summary(names, last_weeks)
        values = values.reset_index()
        values.insert(0, "order", label)
        parts.append(values)
    texts = {label: ",".join(process.name for process in week) for label, week in orders.items()}
    return OrderStudy(chosen, other, numbers, burn_in, texts, pd.concat(parts, ignore_index=True))
