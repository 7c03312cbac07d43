"""Variance between organisations, divisions, teams and professions, and within all of them.

Professions cross teams and groups differ in size, so that the textbook analysis of variance does not apply. The
components are estimated by MINQUE(0): each level's sum of squared group totals is set equal to what is expected of
it, which gives as many linear equations as there are levels. The estimates are unbiased whatever the distribution,
also for yes-no items, and equal those of the analysis of variance where groups are nested and of one size.

Source: Rao (1971, Journal of Multivariate Analysis 1:257); Searle, Casella and McCulloch (1992), Variance Components.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from civicsim.errors import ScenarioError, nearest
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import STAFF
from civicsim.model.processes.exhaustion import BURNT_OUT
from civicsim.model.processes.survey import COUNTS_FROM
from civicsim.model.questions import SURVEY_ITEMS
from civicsim.model.tables import PERSON, REAL

LEVELS = ("organisation", "division", "team", "profession")
WITHIN = "person"
LINES = {"safety": "safe", "efficacy": "addressed", "belonging": "valued", "exhaustion": "burnt_out"}
"""Question of the survey that asks for a state and nothing else: its threshold makes the yes-no item of the state."""


def variance_components(values: np.ndarray, groups: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the variance that lies at each level, and within all groups.

    Formula
        qₖ = Σ over groups of level k of (Σ(y−ȳ))²,   E(qₖ) = Σₗ σₗ² Σ over pairs (n_gh − n_g n_h / n)²

    where g runs over the groups of level k, h over those of level l, and n_gh counts members of both. Each person is a
    group of the lowest level.

    Parameters
    ----------
    values : (n,) array
        One value per person.
    groups : dict of str to (n,) int array
        By level, the group each person belongs to. Levels may be nested or crossed.

    Returns
    -------
    dict of str to float
        Components by level, then ``"person"``. They may fall a little below 0 where the true component is 0.
        NaN at a level with fewer than two groups.
    """
    y = np.asarray(values, dtype=float)
    n = len(y)
    codes = {name: np.unique(group, return_inverse=True)[1] for name, group in groups.items()}
    names = [name for name, code in codes.items() if n and code.max() > 0]
    result = dict.fromkeys((*groups, WITHIN), np.nan)
    if n < 2:
        return result
    y = y - y.mean()
    sizes = {name: np.bincount(codes[name]).astype(float) for name in names}
    totals = [float((np.bincount(codes[name], weights=y) ** 2).sum()) for name in names] + [float((y**2).sum())]
    k = len(names)
    expected = np.empty((k + 1, k + 1))
    for i, first in enumerate(names):
        for j in range(i, k):
            second = names[j]
            pair, count = np.unique(codes[first] * len(sizes[second]) + codes[second], return_counts=True)
            a, b = sizes[first][pair // len(sizes[second])], sizes[second][pair % len(sizes[second])]
            # Pairs without common members contribute (n_g n_h / n)² too: all of them, less those counted apart.
            everywhere = (sizes[first] ** 2).sum() * (sizes[second] ** 2).sum() / n**2
            met = (count.astype(float) ** 2 - 2.0 * count * a * b / n).sum()
            expected[i, j] = expected[j, i] = everywhere + met
        expected[i, k] = expected[k, i] = (sizes[first] - sizes[first] ** 2 / n).sum()
    expected[k, k] = n - 1.0
    solution, _, rank, _ = np.linalg.lstsq(expected, np.array(totals), rcond=1e-12)
    if rank == k + 1:
        result |= dict(zip((*names, WITHIN), solution.tolist(), strict=True))
    return result


def shares_of(components: Mapping[str, float]) -> dict[str, float]:
    """Return the components as shares of their sum; levels that could not be estimated stay NaN and count as 0."""
    total = float(np.nansum(list(components.values())))
    return {name: value / total if total > 0.0 else np.nan for name, value in components.items()}


def _items(cohort: Cohort, state: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the rows of people with a state, and the state as a scale and as a yes-no item."""
    person = cohort.person
    staff = (person["role"] == STAFF) & (person["vacant"] == 0)
    if state.removeprefix("survey_") in SURVEY_ITEMS and state.startswith("survey_"):
        answers = person[f"answer_{state.removeprefix('survey_')}"]
        rows = np.flatnonzero((person["role"] == STAFF) & (answers > 0))
        return rows, {"scale": answers[rows].astype(float), "binary": (answers[rows] >= COUNTS_FROM).astype(float)}
    known = [column.name for column in PERSON if column.kind == REAL]
    if state not in known:
        raise ScenarioError(
            f"variance_shares: no state '{state}'; {nearest(state, [*known, *(f'survey_{name}' for name in SURVEY_ITEMS)])}"
        )
    rows = np.flatnonzero(staff)
    scale = person[state][rows].astype(float)
    items = {"scale": scale}
    if state in LINES:
        question = LINES[state]
        line = cohort.parameters["survey"][f"{question}_threshold"] if question != "burnt_out" else None
        above = scale > (BURNT_OUT if line is None else line[person["organisation"][rows]])
        items["binary"] = above.astype(float)
    return rows, items


def _groups(cohort: Cohort, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return the group of each person at each level."""
    who = cohort.person[rows]
    team = who["team"].astype(np.int64)
    organisation = who["organisation"].astype(np.int64)
    widest = int(cohort.team["division"].max()) + 1
    division = organisation * widest + cohort.team["division"][team]
    return dict(zip(LEVELS, (organisation, division, team, who["profession"].astype(np.int64)), strict=True))


def resampled_shares(
    values: np.ndarray, groups: Mapping[str, np.ndarray], cluster: str, rng: np.random.Generator
) -> dict[str, float]:
    """Return the shares in a bootstrap sample of whole clusters; one drawn twice counts as two."""
    code = np.unique(groups[cluster], return_inverse=True)[1]
    order = np.argsort(code, kind="stable")
    ends = np.cumsum(np.bincount(code))
    starts = ends - np.bincount(code)
    drawn = rng.integers(0, len(ends), len(ends))
    rows = np.concatenate([order[starts[k] : ends[k]] for k in drawn])
    copy = np.repeat(np.arange(len(drawn)), (ends - starts)[drawn])
    nested = LEVELS.index(cluster)
    own = {}
    for name, group in groups.items():
        taken = group[rows]
        # Groups within a cluster are other groups in each copy; those around or across it are not.
        inside = name in LEVELS[nested:3]
        own[name] = taken + copy * (int(group.max()) + 1) if inside else taken
    return shares_of(variance_components(values[rows], own))


def _estimates(
    cohort: Cohort, state: str, n_bootstrap: int, of: Callable[[dict[str, float]], dict[str, float]]
) -> Iterator[tuple[str, str, float, dict[str, float]]]:
    """Yield item, name and value of what is made of the shares, with its interval and the number of people."""
    rows, items = _items(cohort, state)
    groups = _groups(cohort, rows)
    several = len(np.unique(groups["organisation"])) > 1
    cluster = "organisation" if several else "team"
    for item, values in items.items():
        # The interval is part of the result: the same run gives the same interval.
        rng = np.random.default_rng(0)
        samples = [of(resampled_shares(values, groups, cluster, rng)) for _ in range(n_bootstrap)]
        for name, value in of(shares_of(variance_components(values, groups))).items():
            kept = [sample[name] for sample in samples if not np.isnan(sample[name])]
            # No interpolation: between a number and infinity there is nothing to interpolate.
            ends = np.quantile(kept, [0.025, 0.975], method="inverted_cdf") if len(kept) > 1 else (np.nan, np.nan)
            yield item, name, value, {"low": float(ends[0]), "high": float(ends[1]), "n": len(rows)}


def variance_shares(cohort: Cohort, state: str = "exhaustion", *, n_bootstrap: int = 200) -> pd.DataFrame:
    """Return the share of the variance among staff that lies at each level.

    Parameters
    ----------
    cohort : Cohort
        Its organisations are those of all runs: linked ones, or one per seed.
    state : str
        A state of staff, for example ``"exhaustion"`` or ``"safety"``; or a question of the last staff survey, for
        example ``"survey_safe"``, of those who answered.
    n_bootstrap : int
        Bootstrap samples of whole organisations (of teams where there is one organisation); 0 for no interval.

    Returns
    -------
    pandas.DataFrame
        A row per item and level with columns state, item, level, share, low, high and n. Item is ``"scale"``, the state
        or the answer from 1 to 5, or ``"binary"``, whether the answer counts; a state that no single question asks for
        has no binary item. Levels are organisation, division (within organisations), team (within divisions),
        profession (across all) and person (the rest). A share a little below 0 means that there is nothing there;
        the organisation's is NaN where there is one only. Low and high are a 95 % percentile interval.

    Raises
    ------
    ScenarioError
        If there is no such state.
    """
    found = _estimates(cohort, state, n_bootstrap, lambda shares: shares)
    rows = [{"state": state, "item": item, "level": name, "share": value, **rest} for item, name, value, rest in found]
    return pd.DataFrame(rows)


def icc_ratio(cohort: Cohort, state: str = "exhaustion", *, n_bootstrap: int = 200) -> pd.DataFrame:
    """Return how many times more variance lies between teams than between organisations.

    A team's share is that of all that sets teams apart within an organisation, divisions included. Where nothing lies
    between organisations the ratio is infinite.

    Parameters
    ----------
    cohort, state, n_bootstrap
        As for :func:`variance_shares`.

    Returns
    -------
    pandas.DataFrame
        A row per item with columns state, item, ratio, low, high and n; NaN with one organisation.
    """
    found = _estimates(cohort, state, n_bootstrap, _ratio)
    return pd.DataFrame([{"state": state, "item": item, name: value, **rest} for item, name, value, rest in found])


def _ratio(shares: dict[str, float]) -> dict[str, float]:
    """Return (team + division) / organisation, both at least 0; infinite where only the latter is 0."""
    top = float(np.maximum(shares["team"] + np.nan_to_num(shares["division"]), 0.0))
    bottom = float(np.maximum(shares["organisation"], 0.0))
    if bottom > 0.0:
        return {"ratio": top / bottom}
    return {"ratio": np.inf if bottom == 0.0 and top > 0.0 else np.nan}
