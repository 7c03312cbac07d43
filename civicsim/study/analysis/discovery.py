"""Scenario discovery: boxes of parameters in which one policy loses to another.

A case is a point and the point that it is compared with. It is lost where the mean difference over seeds is worse by more than
what matters. A small classification tree (CART) searches for regions with many lost cases; its leaves are boxes. The patient
rule induction method (PRIM) is not offered: its packages are under the GPL.

Source: Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees; Bryant and Lempert (2010,
Technological Forecasting and Social Change 77:34) on scenario discovery, coverage and density.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import paired_difference, wilson
from civicsim.experiment.wording import percent, setting_text
from civicsim.extras import need
from civicsim.study.analysis.contrasts import TOO_CLOSE
from civicsim.study.analysis.matched import About, Matched, is_number, matched, mean_of
from civicsim.study.design.notebook import notebook_view
from civicsim.study.store.store import Store

_DEPTH = 3
"""Depth of the tree: more than three limits are hard to keep in mind. Assumption."""
_FEWEST = 20
"""Cases below which a tree would only fit noise. Assumption."""
_LEAF = 0.05
"""Least share of the cases that a box holds. Assumption."""
_FOLDS = 5


@dataclass(frozen=True)
class Limit:
    """The limit of a box in one parameter, or in "shock".

    It is above low and at most high, infinite where there is no limit; or one of the choices, for a parameter without
    numbers.
    """

    name: str
    low: float = -np.inf
    high: float = np.inf
    choices: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """In words, such as "0.2 < fear ≤ 0.6"."""
        if self.choices:
            return f"{self.name} = {' or '.join(self.choices)}"
        left = f"{self.low:.4g} < " if np.isfinite(self.low) else ""
        right = f" ≤ {self.high:.4g}" if np.isfinite(self.high) else ""
        if left and not right:
            return f"{self.name} > {self.low:.4g}"
        return f"{left}{self.name}{right}"


@dataclass(frozen=True, repr=False, eq=False)
class Discovery:
    """The cases in which one policy loses to another, and the boxes around them.

    Attributes
    ----------
    about : About
        The measure.
    style, against : str
        The policy that loses, and the one that it loses to.
    n, n_lost, n_close, n_misleading : int
        Cases; those lost; those whose interval over seeds includes 0; those whose mean over seeds would mislead, see
        :attr:`civicsim.experiment.statistics.PairedDifference.caution`.
    boxes : pandas.DataFrame
        A row per box in which more is lost than elsewhere: box (in words), n, lost, coverage (share of all lost cases that lie in
        it), density (share of its cases that are lost), density_low, density_high (95 % Wilson interval over cases), in
        order of density.
    coverage_elsewhere, density_elsewhere : float
        The same for all boxes together, by five-fold cross-validation: an estimate for new cases. NaN where there are too few.
    limits : tuple of tuple of Limit
        The boxes as data, in the same order.
    """

    about: About
    style: str
    against: str
    n: int
    n_lost: int
    n_close: int
    n_misleading: int
    boxes: pd.DataFrame
    coverage_elsewhere: float
    density_elsewhere: float
    limits: tuple[tuple[Limit, ...], ...]

    @property
    def words(self) -> str:
        """How often the policy loses, and how well the boxes tell where, in words."""
        start = (
            f"{self.style} loses to {self.against} on {self.about.label} in {self.n_lost} of {self.n} cases "
            f"({percent(self.n_lost / self.n)}); {self.n_close} of all {self.n} are too close to call."
        )
        if self.n_misleading:
            start += (
                f" In {self.n_misleading}, the mean by itself misleads: the median disagrees, or a few runs carry it."
            )
        if self.n_lost in (0, self.n):
            return f"{start} There is no border to find."
        if not len(self.boxes):
            return f"{start} No box separates the lost cases from the others."
        if np.isnan(self.density_elsewhere):
            return f"{start} There are too few cases to validate the boxes."
        return (
            f"{start} In cross-validation, the boxes contain {percent(self.coverage_elsewhere)} of the lost cases, and "
            f"{percent(self.density_elsewhere)} of the cases in them are lost."
        )

    def __repr__(self) -> str:
        return f"Discovery({self.style} against {self.against} on {self.about.column}: {len(self.boxes)} boxes)"

    def _repr_html_(self) -> str:
        return notebook_view(self.words, self.boxes)


def discover(
    results: Store | Matched, measure: str, style: str | None = None, against: str | None = None, *, depth: int = _DEPTH
) -> Discovery:
    """Return where a style loses to another, or where settings lose to the first setting.

    Parameters
    ----------
    results : Store or Matched
        Results of a study.
    measure : str
        Column of the table of runs; it must have a better direction.
    style : str, optional
        The style that may lose; by default the only one that is not the baseline.
    against : str, optional
        The style that it is compared with; the baseline by default.
    depth : int
        Depth of the tree; 1-10.

    Raises
    ------
    CivicsimError
        If scikit-learn is not installed, a name is unknown, the measure has no better direction, nothing is varied, or there are too few
        cases.
    """
    need("discovery", "discover")
    runs = matched(results, [measure])
    about = runs.judged(measure, "nothing is lost")
    checks.whole(depth, f"{runs.where}: depth", 1, 10)
    style, against, own, other = _cases(runs, style, against)
    first, second = runs.values[measure][own], runs.values[measure][other]
    gain = about.sign * mean_of(first - second, axis=1)
    there = ~np.isnan(gain)
    own, gain = own[there], gain[there]
    if len(own) < _FEWEST:
        raise CivicsimError(
            f"{runs.where}: {measure}: {len(own)} cases with a value: expected at least {_FEWEST} points of {style}"
        )
    lost = gain < -(about.matters or 0.0)
    pairs = zip(first[there], second[there], strict=True)
    cases = [paired_difference(a, b, bounds=about.bounds) for a, b in pairs]
    close, misleading = sum(own.way == TOO_CLOSE for own in cases), sum(own.caution != "" for own in cases)
    features = _features(runs, own)
    if not len(features.columns):
        raise CivicsimError(
            f"{runs.where}: nothing is varied among the cases of {style}, so that there is nothing to search"
        )
    boxes: list[tuple[tuple[Limit, ...], np.ndarray]] = []
    coverage = density = np.nan
    if 0 < lost.sum() < len(lost):
        cells = features.to_numpy()
        tree = _tree(depth, len(lost)).fit(cells, lost)
        boxes = sorted(_boxes(tree, cells, list(features), lost), key=lambda box: -lost[box[1]].mean())
        coverage, density = _elsewhere(cells, lost, depth)
    rows, n_lost = [], int(lost.sum())
    for limits, inside in boxes:
        n, k = int(inside.sum()), int(lost[inside].sum())
        rows.append((" and ".join(limit.words for limit in limits), n, k, k / n_lost, k / n, *wilson(k, n)))
    table = pd.DataFrame(rows, columns=["box", "n", "lost", "coverage", "density", "density_low", "density_high"])
    found = tuple(limits for limits, _ in boxes)
    return Discovery(about, style, against, len(lost), n_lost, close, misleading, table, coverage, density, found)


def _cases(runs: Matched, style: str | None, against: str | None) -> tuple[str, str, np.ndarray, np.ndarray]:
    """Return the two policies in words, and their points, matched by setting and future."""
    points, compared = runs.points, runs.compared
    styles = [str(label) for label in points["style"].unique()]
    checks.keys([name for name in (style, against) if name is not None], styles, f"{runs.where}: no style")
    if len(styles) == 1:
        if not len(compared):
            raise CivicsimError(f"{runs.where}: there is one style, and its settings are compared with none")
        return "any other setting", "the first setting", compared["point"].to_numpy(), compared["against"].to_numpy()
    against = runs.baseline if against is None else against
    others = [name for name in styles if name != against]
    if style is None and len(others) > 1:
        raise CivicsimError(f"{runs.where}: name the style that may lose: {', '.join(others)}")
    style = others[0] if style is None else style
    if style == against:
        raise CivicsimError(f"{runs.where}: {style} cannot lose to itself")
    of = {name: points[points["style"] == name] for name in (style, against)}
    pairs = of[style].merge(of[against], on=["setting", "future"], suffixes=("", "_other"))
    return style, against, pairs["point"].to_numpy(), pairs["point_other"].to_numpy()


def _features(runs: Matched, own: np.ndarray) -> pd.DataFrame:
    """Return the features of the tree: a column per parameter, and choice of one without numbers ("" for numbers)."""
    columns: dict[tuple[str, str], pd.Series] = {}
    for name in (*runs.factors, "shock"):
        values = runs.points[name].iloc[own]
        if values.nunique() > 1 and is_number(values):
            columns[name, ""] = values
        elif values.nunique() > 1:
            columns |= {(name, setting_text(choice) or "none"): values == choice for choice in values.unique()}
    return pd.DataFrame(columns, dtype=float)


def _tree(depth: int, n: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(
        max_depth=depth, min_samples_leaf=max(5, int(np.ceil(_LEAF * n))), random_state=0, criterion="gini"
    )


def _denser(tree: Any, rate: float) -> np.ndarray:
    """Return the leaves in which more is lost than overall."""
    leaves = np.flatnonzero(tree.tree_.children_left < 0)
    place = list(tree.classes_).index(True)
    counts = tree.tree_.value[leaves, 0]
    return np.asarray(leaves[counts[:, place] / counts.sum(axis=1) > rate])


def _boxes(
    tree: Any, features: np.ndarray, names: Sequence[tuple[str, str]], lost: np.ndarray
) -> Iterator[tuple[tuple[Limit, ...], np.ndarray]]:
    """Yield the limits of each leaf in which more is lost than overall, and which cases are in it."""
    wanted, leaf_of = set(_denser(tree, float(lost.mean())).tolist()), tree.apply(features)
    todo: list[tuple[int, dict[int, tuple[float, float]]]] = [(0, {})]
    while todo:
        node, ends = todo.pop()
        left = int(tree.tree_.children_left[node])
        if left < 0:
            if node in wanted:
                yield _limits(ends, names), leaf_of == node
            continue
        feature, at = int(tree.tree_.feature[node]), float(tree.tree_.threshold[node])
        low, high = ends.get(feature, (-np.inf, np.inf))
        todo.append((left, ends | {feature: (low, min(high, at))}))
        todo.append((int(tree.tree_.children_right[node]), ends | {feature: (max(low, at), high)}))


def _limits(ends: dict[int, tuple[float, float]], names: Sequence[tuple[str, str]]) -> tuple[Limit, ...]:
    found: list[Limit] = []
    for name in sorted({names[feature][0] for feature in ends}):
        own = [place for place, (parameter, _) in enumerate(names) if parameter == name]
        if not names[own[0]][1]:
            found.append(Limit(name, *ends[own[0]]))
            continue
        # A choice that is required excludes the others; choices that are ruled out leave the rest.
        asked = [place for place in own if place in ends and ends[place][0] > -np.inf]
        kept = asked or [place for place in own if place not in ends]
        found.append(Limit(name, choices=tuple(names[place][1] for place in kept)))
    return tuple(found)


def _elsewhere(features: np.ndarray, lost: np.ndarray, depth: int) -> tuple[float, float]:
    """Return coverage and density of boxes by cross-validation."""
    if min(lost.sum(), (~lost).sum()) < _FOLDS:
        return np.nan, np.nan
    # Each fold gets its share of lost cases, in an order that depends on the cases alone.
    order = np.lexsort((np.random.default_rng(0).random(len(lost)), lost))
    fold = np.empty(len(lost), dtype=int)
    fold[order] = np.arange(len(lost)) % _FOLDS
    inside = np.zeros(len(lost), dtype=bool)
    for number in range(_FOLDS):
        seen = fold != number
        tree = _tree(depth, int(seen.sum())).fit(features[seen], lost[seen])
        inside[~seen] = np.isin(tree.apply(features[~seen]), _denser(tree, float(lost[seen].mean())))
    hits = int(lost[inside].sum())
    return hits / int(lost.sum()), hits / int(inside.sum()) if inside.any() else np.nan
