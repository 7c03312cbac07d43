"""Ranks of policies over futures: how often each is best, whether orders agree, and which policies are not dominated.

A future is a draw of the uncertainties with a set of shocks; its order of policies is that of their means over matched seeds. Two
kinds of uncertainty are kept apart: Wilson's interval over draws, which as many futures as were simulated leave open, and the
range over samples of whole seeds, which shows run-to-run variation.

Source: Kendall and Babington Smith (1939, Annals of Mathematical Statistics 10:275) on agreement; Wilson (1927, Journal of the
American Statistical Association 22:209) on intervals of shares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE, wilson
from civicsim.study.analysis.matched import About, Matched, matched, mean_of, middle
from civicsim.study.analysis.regret import by_future, resampled
from civicsim.study.design.notebook import notebook_view
from civicsim.study.store.store import Store

_PERMUTATIONS = 200
_OUTER = (0.05, 0.95)
"""Share of futures between which a range of ranks is given. Assumption: the usual nine tenths."""


@dataclass(frozen=True, repr=False, eq=False)
class Ranking:
    """Ranks of policies by futures.

    Attributes
    ----------
    about : About
        The measure.
    ranks : pandas.DataFrame
        Rank by policy (rows) and future (columns): 1 for the best, the mean of their places for ties.
    summary : pandas.DataFrame
        A row per policy, the best mean rank first: policy, words, best (share of futures in which it is best; ties share), low,
        high (95 % Wilson interval over draws, of which a future with each set of shocks is one; NaN with one draw), run_low,
        run_high (middle 95 % of samples of whole seeds; NaN with one seed), mean_rank, rank_low, rank_high (5 % and 95 % of
        futures), n_futures, n_draws, n_seeds.
    distribution : pandas.DataFrame
        By policy (rows, as in ``summary``) and rank (columns, from 1): share of futures; ties are spread over their places.
    agreement : pandas.DataFrame
        A row per source of different orders: source ("draws", "settings", "shocks", "summaries", "seeds"; each the mean over all
        else), n (orders), w (Kendall's W: 1 where all orders are the same), chance (what random orders reach in 5 % of cases),
        tau (mean of Kendall's tau-b between two of the orders).
    left_out : list of str
        Futures without a seed for which every policy has a value.
    """

    about: About
    ranks: pd.DataFrame
    summary: pd.DataFrame
    distribution: pd.DataFrame
    agreement: pd.DataFrame
    left_out: list[str]

    def __repr__(self) -> str:
        n, futures = self.ranks.shape
        return f"Ranking({self.about.column}: {n} policies × {futures} futures)"

    def _repr_html_(self) -> str:
        return notebook_view(repr(self), self.summary, self.agreement)


def rank(results: Store | Matched, measure: str) -> Ranking:
    """Return how policies rank in every future, and how far their orders agree.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measure : str
        Column of the table of runs; it must have a better direction. Other summaries of the same measure, such as "weeks 0-51",
        are horizons whose orders are compared.

    Raises
    ------
    CivicsimError
        If there are fewer than two policies, the measure has no better direction, or no future has values for all policies.
    """
    horizons = _summaries_of(results, measure)
    runs = matched(results, horizons)
    about = runs.judged(measure, "there is no rank")
    words = runs.several_words("ranks compare policies")
    (cube,), policies, futures, left_out = by_future(runs, [measure])
    means = about.sign * mean_of(cube, axis=2)
    ranks = rankdata(-means, axis=0)
    first, last = rankdata(-means, "min", axis=0), rankdata(-means, "max", axis=0)
    places = np.arange(1, len(policies) + 1)
    spread = np.column_stack([(((first <= k) & (k <= last)) / (last - first + 1)).mean(axis=1) for k in places])
    points = runs.points.drop_duplicates("future").set_index("future").loc[futures]
    low, high = np.quantile(ranks, _OUTER, axis=1)
    columns = {
        "policy": policies,
        "words": [words[policy] for policy in policies],
        **_shares(cube, points["draw"], lambda own: _best(about.sign * own), "best"),
        "mean_rank": ranks.mean(axis=1),
        "rank_low": low,
        "rank_high": high,
        **_sizes(cube, points["draw"]),
    }
    order = np.argsort(columns["mean_rank"], kind="stable")
    summary = pd.DataFrame(columns).iloc[order].reset_index(drop=True)
    of_future = runs.future_words()
    by_word = pd.DataFrame(ranks, columns["words"], [of_future[int(future)] for future in futures])
    distribution = pd.DataFrame(spread, columns["words"], places).iloc[order]
    agreement = _agreements(runs, cube, points, {name: runs.columns[name].sign for name in horizons})
    return Ranking(about, by_word, summary, distribution, agreement, left_out)


def pareto(results: Store | Matched, measures: Sequence[str]) -> pd.DataFrame:
    """Return which policies no other dominates on several measures: at least as good on all, and better on one.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measures : sequence of str
        Two or more columns of the table of runs; each must have a better direction.

    Returns
    -------
    pandas.DataFrame
        A row per policy, those not dominated most often first: policy, words, a column per measure (mean over futures), efficient
        (whether none dominates it on these means), share (of futures in which none does), low, high, run_low, run_high,
        n_futures, n_draws, n_seeds, as in :class:`Ranking`.

    Raises
    ------
    CivicsimError
        If there are fewer than two policies or measures, one has no better direction, or no future has values for all.
    """
    names = list(dict.fromkeys(measures))
    runs = matched(results, names)
    if len(names) < 2:
        raise CivicsimError(f"{runs.where}: {names[0]}: a Pareto view takes two or more measures")
    signs = np.array([runs.judged(name, "none can be dominated on it").sign for name in names])[:, None, None]
    words = runs.several_words("only several policies can dominate one another")
    cube, policies, futures, _ = by_future(runs, names)
    points = runs.points.drop_duplicates("future").set_index("future").loc[futures]

    def undominated(means: np.ndarray) -> np.ndarray:
        return undominated_of(signs * means.reshape(len(names), len(policies), -1))

    flat = cube.reshape(-1, *cube.shape[2:])
    means = mean_of(flat, axis=2).mean(axis=1)
    columns = {
        "policy": policies,
        "words": [words[policy] for policy in policies],
        **dict(zip(names, means.reshape(len(names), -1), strict=True)),
        "efficient": undominated(means)[:, 0] > 0.0,
        **_shares(flat, points["draw"], undominated, "share"),
        **_sizes(cube[0], points["draw"]),
    }
    table = pd.DataFrame(columns)
    return table.sort_values(["efficient", "share"], ascending=False, kind="stable", ignore_index=True)


def _best(good: np.ndarray) -> np.ndarray:
    """Return 1 for the best policy of each future, or equal parts of it for those that tie."""
    best = good == good.max(axis=0)
    return np.asarray(best / best.sum(axis=0))


def undominated_of(good: np.ndarray) -> np.ndarray:
    """Return 1 for each policy that no other dominates, from (measures, policies, futures) values."""
    found = np.ones(good.shape[1:])
    for other in good.swapaxes(0, 1):
        found[(other[:, None] >= good).all(axis=0) & (other[:, None] > good).any(axis=0)] = 0.0
    return found


def _shares(
    cube: np.ndarray, draws: pd.Series, which: Callable[[np.ndarray], np.ndarray], name: str
) -> dict[str, np.ndarray]:
    """Return the share of futures in which ``which`` holds of each policy, with its interval over draws and over seeds."""
    share = which(mean_of(cube, axis=2)).mean(axis=1)
    n_draws = draws.nunique()
    ends = np.array([wilson(own * n_draws, n_draws) if n_draws > 1 else (np.nan, np.nan) for own in share])
    samples = resampled(cube) if cube.shape[2] > 1 else ()
    run_low, run_high = np.broadcast_to(
        middle(np.array([which(own).mean(axis=1) for own in samples])).T, (len(share), 2)
    ).T
    return {name: share, "low": ends[:, 0], "high": ends[:, 1], "run_low": run_low, "run_high": run_high}


def _sizes(cube: np.ndarray, draws: pd.Series) -> dict[str, int]:
    return {"n_futures": cube.shape[1], "n_draws": draws.nunique(), "n_seeds": cube.shape[2]}


# -- agreement ---------------------------------------------------------------------------------------------------------


def concordance(values: np.ndarray) -> dict[str, float]:
    """Return how far orders agree, from (policies, orders) values: n, w, chance and tau; see :class:`Ranking`.

    Orders in which all policies tie do not count.
    """
    ranks = rankdata(values, axis=0)
    ranks = ranks[:, np.ptp(ranks, axis=0) > 0.0]
    n, m = ranks.shape
    if m < 2:
        return {"n": m, "w": np.nan, "chance": np.nan, "tau": np.nan}
    i, j = np.triu_indices(n, 1)
    signs = np.sign(ranks[i] - ranks[j])
    # A mean over pairs of orders of the cosine between their signs, which is tau-b.
    unit = signs / np.sqrt((signs**2).sum(axis=0))
    tau = ((unit.sum(axis=1) ** 2).sum() - m) / (m * (m - 1))
    ties = sum(
        float((counts**3 - counts).sum()) for counts in (np.unique(own, return_counts=True)[1] for own in ranks.T)
    )
    most = m**2 * (n**3 - n) - m * ties

    def w(own: np.ndarray) -> float:
        return float(12.0 * ((own.sum(axis=1) - m * (n + 1) / 2) ** 2).sum() / most)

    rng = np.random.default_rng(0)
    random = [w(rng.permuted(ranks, axis=0)) for _ in range(_PERMUTATIONS)]
    return {"n": m, "w": w(ranks), "chance": float(np.quantile(random, CONFIDENCE)), "tau": float(tau)}


def _agreements(runs: Matched, cube: np.ndarray, points: pd.DataFrame, horizons: dict[str, float]) -> pd.DataFrame:
    """Return the agreement between the orders of policies over each source of different ones."""
    means, rows = mean_of(cube, axis=2), []
    n_draws = int(runs.points.groupby("setting")["draw"].nunique().max())
    apart = runs.points.groupby("policy")["setting"].nunique().max() > 1
    sources: dict[str, Any] = {
        "draws": points["draw"] % n_draws if apart else points["draw"],
        "shocks": points["shock"],
    }
    if apart:
        sources["settings"] = points["setting"]
    for source, labels in sources.items():
        orders = [means[:, (labels == label).to_numpy()].mean(axis=1) for label in labels.unique()]
        rows.append({"source": source, **concordance(np.column_stack(orders))})
    if len(horizons) > 1:
        cubes = by_future(runs, list(horizons))[0]
        signed = [sign * own.mean(axis=1) for sign, own in zip(horizons.values(), mean_of(cubes, axis=3), strict=True)]
        rows.append({"source": "summaries", **concordance(np.column_stack(signed))})
    rows.append({"source": "seeds", **concordance(mean_of(cube, axis=1))})
    found = pd.DataFrame(rows)
    return found[found["n"] > 1].reset_index(drop=True)


def _summaries_of(results: Store | Matched, measure: str) -> list[str]:
    """Return a column, and before or behind it all others of the same measure."""
    known = (
        {name: about.measure for name, about in results.columns.items()}
        if isinstance(results, Matched)
        else {about["column"]: about["measure"] for about in results.manifest["columns"]}
    )
    return [name for name, own in known.items() if name == measure or (own and own == known.get(measure))] or [measure]
