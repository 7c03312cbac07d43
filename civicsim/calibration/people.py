"""Staff one by one over time, as a table, and common estimates from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.experiment.run import Progress, begin, burn_in, seeds_of, simulate, switch_to
from civicsim.experiment.statistics import estimate
from civicsim.model.calendar import YEAR
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import PROFESSIONS, STAFF
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.scenario.scenario import Scenario

STATES = (
    *("exhaustion", "safety", "efficacy", "motivation", "belonging", "trust", "agency", "skill"),
    *("load", "headspace", "propensity", "propensity_memory"),
)
"""States in the table: 0-1, except load (hours over contracted hours)."""
_KEYS = ["seed", "organisation", "post", "holder"]


def people_frame(
    scenario: Scenario,
    seeds: int | Sequence[int],
    *,
    weeks: int | None = None,
    every: int = 4,
    start: Cohort | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return a row per member of staff in post and observed week.

    Parameters
    ----------
    scenario, seeds
        As for :func:`civicsim.experiment.run.run`.
    weeks : int or None
        Weeks to simulate; those of the scenario by default.
    every : int
        Weeks between two observations; 1 gives a row per person-week.
    start : Cohort or None
        The same seeds after their burn-in, if that has been simulated before.

    Returns
    -------
    pandas.DataFrame
        Columns seed, organisation (within the run), team and post (within the organisation), holder (number of earlier
        holders of the post), week (weeks simulated), profession, tenure (weeks in post), the states of :data:`STATES`, burnt_out,
        absent, noticed and voiced (problems, in that week), and left: whether the person had left at the next observation
        (NaN at the last). A person is identified by post and holder.
    """
    chosen = weeks if weeks is not None else scenario.weeks
    if start is None:
        own = burn_in(scenario, seeds_of(seeds, scenario.seed), threads=threads, progress=progress)
        cohort = switch_to(own, scenario)
    else:
        cohort = begin(start, scenario)
    person, organisation = cohort.person, cohort.organisation
    staff = np.flatnonzero(person["role"] == STAFF)
    own = organisation[person["organisation"][staff]]
    fixed = {
        "seed": own["seed"],
        "organisation": own["key"],
        "team": person["team"][staff] - own["first_team"],
        "post": person["key"][staff],
        "profession": pd.Categorical.from_codes(person["profession"][staff], PROFESSIONS),
    }
    looks, generations = [], []
    for week in range(every, chosen + 1, every):
        simulate(cohort, every, threads=threads, progress=progress)
        who = cohort.person[staff]
        there = who["vacant"] == 0
        columns: dict[str, Any] = {name: values[there] for name, values in fixed.items()}
        columns |= {"holder": who["generation"][there], "week": week, "tenure": who["tenure"][there]}
        columns |= {state: who[state][there] for state in STATES}
        columns |= {"burnt_out": who["exhaustion"][there] > BURNT_OUT, "absent": who["absent"][there] == 1}
        look = pd.DataFrame(columns | {name: who[name][there] for name in ("noticed", "voiced")})
        looks.append((there, look))
        generations.append(np.where(there, who["generation"], -1))
    for (there, look), now, later in zip(looks, generations, [*generations[1:], None], strict=True):
        look["left"] = np.nan if later is None else (later != now)[there].astype(float)
    return pd.concat([look for _, look in looks], ignore_index=True)


def persistence(people: pd.DataFrame, years: Sequence[int] = (1, 2, 3)) -> pd.DataFrame:
    """Return the correlation of states with those years later, of staff who stay.

    Returns
    -------
    pandas.DataFrame
        A row per state and number of years with columns state, years, correlation, low, high (95 %, over runs) and n (runs).
        Years that the table does not span are left out.
    """
    last = int(people["week"].max())
    now = people[people["week"] == last]
    rows = []
    for back in years:
        before = people[people["week"] == last - back * YEAR]
        both = now.merge(before, on=_KEYS, suffixes=("", "_before"))
        if both.empty:
            continue
        for state in ("exhaustion", "safety", "efficacy", "belonging", "propensity_memory"):
            by_run = both.groupby("seed").apply(lambda g, s=state: g[s].corr(g[f"{s}_before"]), include_groups=False)
            about = estimate(by_run.to_numpy())
            rows.append({"state": state, "years": back, **about.columns("correlation", ""), "n": about.n})
    return pd.DataFrame(rows)


def leaving(people: pd.DataFrame) -> dict[str, float]:
    """Return the rate ratio of leaving of burnt-out staff to others, its interval (95 %, over runs), and n runs."""
    known = people[people["left"].notna()]
    rates = known.groupby(["seed", "burnt_out"])["left"].mean().unstack()
    # A run in which none of either kind leaves has no ratio.
    stayed = (rates > 0.0).all(axis=1)
    about = estimate(np.log((rates[True] / rates[False]).where(stayed)).to_numpy())
    return {name: float(np.exp(end)) for name, end in about.columns("ratio", "").items()} | {"n": about.n}
