"""Whether the order of styles depends on the form of the rules: the same study in worlds whose rules have other forms.

The first setting of a study is the world that the others are compared with. Kendall's tau measures how similar the order in
another world is: 1 for the same order, −1 for the reverse, 0 for no more agreement than by chance.

Source: Kendall (1945, Biometrika 33:239) on tau with ties; Steegen, Tuerlinckx, Gelman and Vanpaemel (2016, Perspectives on
Psychological Science 11:702) on multiverse analysis.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import differing, paired_difference
from civicsim.experiment.wording import counted, number, outcome, percent, scale_of
from civicsim.study.analysis.contrasts import TOO_CLOSE, verdict_of
from civicsim.study.analysis.matched import About, Matched, is_number, matched, mean_of, middle
from civicsim.study.analysis.regret import resampled
from civicsim.study.design.notebook import notebook_view
from civicsim.study.store.store import Store

_MOST_NAMED = 3
SWAPS, SAME = "swaps", "same order"
PUBLISHED, FIRST = "as published", "the first setting"
"""Name of the first world where every varied parameter has its default there, and where it has not."""


@dataclass(frozen=True, repr=False, eq=False)
class Multiverse:
    """Styles by worlds.

    Attributes
    ----------
    about : About
        The measure.
    values : pandas.DataFrame
        Mean over futures and seeds by style (rows) and world (columns), in the measure's unit.
    worlds : pandas.DataFrame
        A row per world: setting, world (in words), order (styles from best to worst; the highest first where neither
        direction is better), tau, low, high (Kendall's tau-b to the first world and the 95 % interval of samples of matched seeds; NaN
        where all styles tie, and with one seed), swaps (pairs of styles whose intervals exclude 0 on different sides), n_seeds, n_futures.
    differences : pandas.DataFrame
        A row per world and style but the baseline: setting, world, style, against, difference, low, high (mean paired
        difference with its 95 % run-to-run interval), median, q25, q75, share_higher, share_lower, share_equal,
        superiority (as in :func:`civicsim.study.analysis.contrasts.contrasts`), n_seeds, verdict.
    pairs : pandas.DataFrame
        A row per world but the first and pair of styles: setting, world, better, worse (as the first world has them), first,
        first_low, first_high, ... (difference there, as in ``differences``), other, other_low, other_high, ... (difference in
        this world) and verdict: why one of the two means would mislead, if it would; else "swaps" where both intervals exclude 0
        on different sides, "same order" where they do on the same side, or "too close to call".
    chance : float
        Mean tau between two batches of as many seeds in the first world: the agreement that run-to-run variation alone allows.
        NaN with one seed.
    """

    about: About
    values: pd.DataFrame
    worlds: pd.DataFrame
    differences: pd.DataFrame
    pairs: pd.DataFrame
    chance: float

    @property
    def words(self) -> str:
        """How far the order of styles depends on the world, in words."""
        first, others = self.worlds.iloc[0], self.worlds.iloc[1:]
        start = "As published" if first["world"] == PUBLISHED else "In the first world"
        n, n_seeds, changed = len(others), first["n_seeds"], others[others["order"] != first["order"]]
        batches = f"By chance, two batches of {counted(n_seeds, 'seed')} in the first world"
        if len(self.values) == 2:
            row = self.differences.iloc[0]
            size = scale_of(self.about.unit).difference(row["difference"], row["low"], row["high"])
            text = f"{start}, {row['style']} against {row['against']}: {outcome(row['verdict'], self.about.better)}, {size}"
            turned = f", and it turns round with {_named(changed['world'])}" if len(changed) else ""
            text += f". The sign is the same in {n - len(changed)} of {n} other worlds{turned}"
            # Of two styles, tau is the share of batches that agree less the share that do not.
            chance = (
                ""
                if np.isnan(self.chance)
                else f"{batches} have the same sign in {percent(0.5 + self.chance / 2)} of cases"
            )
        else:
            ends = "highest to lowest" if self.about.better == "neither" else "best to worst"
            text = f"{start}, the order from {ends} is {first['order']}; {n - len(changed)} of {n} other worlds have the same"
            if len(changed):
                least = others.loc[others["tau"].idxmin()]
                text += f". The least alike has Kendall's tau {number(least['tau'], 2)}: {least['world']}"
            chance = "" if np.isnan(self.chance) else f"{batches} agree at tau {number(self.chance, 2)} on average"
            chance += (
                " (tau is 1 for the same order, 0 for no agreement and −1 for the reverse)"
                if chance or len(changed)
                else ""
            )
        swaps = self.pairs[self.pairs["verdict"] == SWAPS].drop_duplicates(["better", "worse"])
        clear = "No pair of styles changes places clearly, with intervals that exclude 0 on both sides"
        if len(swaps):
            pairs = [f"{row['better']} and {row['worse']}" for row in swaps.to_dict("records")]
            clear = f"With intervals that exclude 0 on both sides, these change places: {_named(pairs)}"
        return ". ".join(filter(None, (text, chance, clear))) + "."

    def __repr__(self) -> str:
        n, worlds = self.values.shape
        return f"Multiverse({self.about.column}: {n} styles × {worlds} worlds)"

    def _repr_html_(self) -> str:
        return notebook_view(f"{self!r} ({self.about.unit})", self.words, self.worlds, self.differences)


def multiverse(results: Store | Matched, measure: str) -> Multiverse:
    """Return how the order of styles by a measure differs between worlds.

    A world is a setting of the study; where there are draws or shocks, a world's value is the mean over them. The result rests on
    seeds with values for every style in every world, so that worlds differ by their rules and not by chance.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measure : str
        Column of the table of runs.

    Raises
    ------
    CivicsimError
        If there are fewer than two styles or settings, settings are sampled or not the same for all styles, or no seed has
        values everywhere.
    """
    if isinstance(results, Store) and results.study.layout.sampled:
        raise CivicsimError(
            f"{results.path}: settings are sampled: worlds are settings one by one, as in a design of forms"
        )
    runs = matched(results, [measure])
    about = runs.about(measure)
    styles, settings = (list(dict.fromkeys(runs.points[key])) for key in ("style", "setting"))
    if len(styles) < 2:
        raise CivicsimError(f"{runs.where}: an order needs several styles, and there is one: {styles[0]}")
    if len(settings) < 2:
        raise CivicsimError(f"{runs.where}: there is one world: expected a design of forms, or several settings")
    cube = _cube(runs, measure, styles, settings)
    worlds, means, n_seeds = list(world_words(runs).values()), cube.mean(axis=2), cube.shape[2]
    good = about.sign * means
    batches = np.array(list(resampled(cube))).swapaxes(1, 2) if n_seeds > 1 else np.empty((0, len(worlds), len(styles)))
    low, high = middle(kendall(batches[:, :1], batches))
    chance = float(mean_of(kendall(batches[:-1, 0], batches[1:, 0]), axis=0))
    pairs = _pairs(cube, good[:, 0], styles, settings, worlds, about)
    swaps = pairs[pairs["verdict"] == SWAPS].groupby("setting").size()
    columns = {
        "setting": settings,
        "world": worlds,
        "order": [_order(own, styles) for own in good.T],
        "tau": kendall(means[:, :1].T, means.T),
        "low": low,
        "high": high,
        "swaps": [int(swaps.get(setting, 0)) for setting in settings],
        "n_seeds": n_seeds,
        "n_futures": len(runs.points) // (len(styles) * len(settings)),
    }
    baseline, rows = styles.index(runs.baseline), []
    for (w, world), (s, style) in itertools.product(enumerate(worlds), enumerate(styles)):
        if s != baseline:
            found = paired_difference(cube[s, w], cube[baseline, w], bounds=about.bounds)
            pair = {"setting": settings[w], "world": world, "style": style, "against": styles[baseline]}
            rest = {"superiority": found.superiority, "n_seeds": found.n, "verdict": verdict_of(found, about.matters)}
            rows.append(pair | found.columns("difference", "") | rest)
    values = pd.DataFrame(means, index=styles, columns=worlds)
    return Multiverse(about, values, pd.DataFrame(columns), pd.DataFrame(rows), pairs, chance)


def kendall(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Kendall's tau-b between rows of two arrays of shape (rows, n), either of which may have one row.

    The same as ``scipy.stats.kendalltau``, for many rows at once. NaN where all n values of a row are the same.
    """
    i, j = np.triu_indices(np.shape(second)[-1], 1)
    a, b = (np.sign(values[..., i] - values[..., j]) for values in (first, second))
    agreement, most = (a * b).sum(axis=-1), np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.divide(agreement, most, out=np.full(np.shape(agreement), np.nan), where=most > 0.0)


def world_words(runs: Matched) -> dict[int, str]:
    """Return each world in words, by setting: its differences from the first one."""
    points = runs.points.drop_duplicates("setting").set_index("setting")
    varied = varied_factors(runs)
    first = points.iloc[0]
    published = all(name in runs.declared and first[name] == runs.declared[name].default for name in varied)
    words = {
        int(setting): ", ".join(runs.setting_words(name, row[name]) for name in varied if row[name] != first[name])
        for setting, row in points.iterrows()
    }
    alike = (PUBLISHED if published else FIRST) if varied else FIRST
    return {
        setting: differs or (alike if setting == points.index[0] else f"{alike} again")
        for setting, differs in words.items()
    }


def varied_factors(runs: Matched) -> list[str]:
    """Return the factors in which settings differ."""
    points = runs.points.drop_duplicates("setting")
    alike = runs.points.groupby("setting")
    return [name for name in runs.factors if points[name].nunique() > 1 and alike[name].nunique().max() == 1]


def of_rules(runs: Matched) -> bool:
    """Return whether settings differ in choices and switches only: worlds of other rules, not of other numbers."""
    varied = varied_factors(runs)
    numbers = any(is_number(runs.points[name]) for name in varied)
    return bool(varied) and not numbers and runs.points["style"].nunique() > 1


def _cube(runs: Matched, measure: str, styles: Sequence[str], settings: Sequence[int]) -> np.ndarray:
    """Return means over futures by style, setting and seed, for the seeds with values everywhere."""
    points, values = runs.points, runs.values[measure]
    place = points.groupby(["style", "setting"])["point"].apply(lambda own: own.to_numpy()).to_dict()
    sizes = {len(place.get((style, setting), ())) for style in styles for setting in settings}
    if len(sizes) > 1:
        raise CivicsimError(f"{runs.where}: not every style has every setting: worlds must be the same for all styles")
    cube = np.array([[values[place[style, setting]].mean(axis=0) for setting in settings] for style in styles])
    there = ~np.isnan(cube).any(axis=(0, 1))
    if not there.any():
        raise CivicsimError(f"{runs.where}: {measure}: no seed has a value for every style in every world")
    return cube[:, :, there]


def _named(names: Iterable[str]) -> str:
    """Return the first names of many, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED} more" if len(every) > _MOST_NAMED else ""
    return "; ".join(every[:_MOST_NAMED]) + more


def _order(good: np.ndarray, styles: Sequence[str]) -> str:
    """Return styles from best to worst, with signs between them."""
    ranked = np.argsort(-good, kind="stable")
    signs = [" = " if good[a] == good[b] else " > " for a, b in itertools.pairwise(ranked)]
    return "".join(f"{styles[place]}{sign}" for place, sign in zip(ranked, [*signs, ""], strict=True))


def _pairs(
    cube: np.ndarray,
    good: np.ndarray,
    styles: Sequence[str],
    settings: Sequence[int],
    worlds: Sequence[str],
    about: About,
) -> pd.DataFrame:
    """Return all pairs of styles in all worlds but the first, the better in the first world first."""
    rows: list[dict[str, Any]] = []
    for a, b in itertools.combinations(np.argsort(-good, kind="stable"), 2):
        here, *there = (differing(own, bounds=about.apart) for own in cube[a] - cube[b])
        for w, found in enumerate(there, start=1):
            order = SAME if here.way == found.way else SWAPS
            clear = {here.way, found.way} <= {"higher", "lower"}
            verdict = here.caution or found.caution or (order if clear else TOO_CLOSE)
            pair = {"setting": settings[w], "world": worlds[w], "better": styles[a], "worse": styles[b]}
            rows.append(pair | here.columns("first") | found.columns("other") | {"verdict": verdict})
    return pd.DataFrame(rows).sort_values("setting", kind="stable", ignore_index=True)
