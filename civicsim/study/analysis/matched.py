"""The runs of a study as tables of points by seeds: matched runs stand side by side."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.engine.parameters import Parameter
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import ANYWHERE, CONFIDENCE
from civicsim.experiment.wording import setting_text, setting_words
from civicsim.model.measures import FLAGSHIP, MEASURES
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.study.design.factors import column_of
from civicsim.study.design.mechanisms import switches_by_column
from civicsim.study.design.mechanisms import words as mechanism_words
from civicsim.study.design.study import Study
from civicsim.study.store.store import Store

_MOST_UNASKED = 10
"""Most measures that are shown of a study without flagship measures."""


@dataclass(frozen=True)
class About:
    """A column of the table of runs: its name, the label and unit of its measure, and what a study asks of it.

    ``better`` is "higher", "lower" or "neither", and ``bounds`` are the least and greatest possible value. ``matters`` is
    the smallest difference that matters to the study, and ``wanted`` the half-width that it asks for; None where it sets
    none. ``measure`` is the measure of which the column is a summary.
    """

    column: str
    label: str
    unit: str
    better: str
    bounds: tuple[float, float] = ANYWHERE
    matters: float | None = None
    wanted: float | None = None
    measure: str = ""

    @property
    def sign(self) -> float:
        """1, or −1 where lower is better; times this, the greatest value is the best."""
        return -1.0 if self.better == "lower" else 1.0

    @property
    def apart(self) -> tuple[float, float]:
        """Least and greatest possible difference between two values."""
        return self.bounds[0] - self.bounds[1], self.bounds[1] - self.bounds[0]

    @property
    def row(self) -> dict[str, str]:
        """The columns that name a measure in tables of results."""
        return {"measure": self.column, "label": self.label, "unit": self.unit, "better": self.better}


@dataclass(frozen=True, repr=False, eq=False)
class Matched:
    """Results by point and seed.

    Attributes
    ----------
    points : pandas.DataFrame
        The points, as in ``docs/store.md``; row i is point i. In a sampled design and in one of forms, settings stand for
        parameter uncertainty: a policy is a style, and each setting is a draw and a future.
    factors : tuple of str
        Columns of points that are varied.
    seeds : tuple of int
        Seeds in ascending order.
    columns : dict of str to About
        The columns of results.
    values : dict of str to (points, seeds) array
        By column; NaN where a run is missing, has failed, or had nothing to count.
    failed : frozenset of (int, int)
        Point and seed of runs that failed.
    where : str
        Start of error messages.
    sections : Sections
        The parameters of the model that was run.
    given : mapping of int to str
        The names that the study gives to settings.
    """

    points: pd.DataFrame
    factors: tuple[str, ...]
    seeds: tuple[int, ...]
    columns: dict[str, About]
    values: dict[str, np.ndarray]
    failed: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    where: str = "study"
    sections: Sections = field(default_factory=lambda: SECTIONS)
    given: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def compared(self) -> pd.DataFrame:
        """The points that are compared with one of another policy, whose number is in the column "against"."""
        points = self.points[self.points["against"].notna()].astype({"against": int})
        # A sample may hold a setting twice, so that a point of the baseline is compared with another one of it.
        return points[self.points["policy"].to_numpy()[points["against"]] != points["policy"]]

    def pairs(self, against: str | None = None) -> pd.DataFrame:
        """Return points with another one in the same future and, where there is one, setting, in the column "against".

        ``against`` is a style, "all" for every pair of policies, the later one first, or None for :attr:`compared`. Refuses an
        unknown style.
        """
        if against is None:
            return self.compared
        points, styles = self.points, list(dict.fromkeys(self.points["style"]))
        if against != "all":
            checks.keys([against], [*styles, "all"], f"{self.where}: no style")
        beside = points.groupby(["setting", "future"])["policy"].nunique().max() > 1
        others = points if against == "all" else points[points["style"] == against]
        keys = ["setting", "future"] if beside else ["future"]
        others = others[[*keys, "point", "policy"]].rename(columns={"point": "against", "policy": "other"})
        found = points.drop(columns="against").merge(others, on=keys)
        apart = found["policy"] > found["other"] if against == "all" else found["policy"] != found["other"]
        return found[apart].sort_values(["other", "policy", "point"], kind="stable", ignore_index=True)

    @cached_property
    def swept(self) -> list[str]:
        """The factors in which policies differ, and which are the same in all futures of a policy: they are no uncertainties."""
        points, alike = self.points, self.points.groupby("policy")
        return [name for name in self.factors if points[name].nunique() > 1 and alike[name].nunique().max() == 1]

    @property
    def baseline(self) -> str:
        """The style that others are compared with; the first where none is compared."""
        first = self.compared["against"].iloc[0] if len(self.compared) else 0
        return str(self.points["style"].iloc[first])

    def names(self, policies: Sequence[int], against: Mapping[int, int] | None = None) -> list[str]:
        """Return a name for each policy: the one its study gives it, or what these policies differ in, of style and factors.

        ``against`` has the policy that each is compared with: the values that both share are left out.
        """
        points = self.points.drop_duplicates("policy").set_index("policy")
        shown = points.loc[list(dict.fromkeys([*policies, *(against or {}).values()]))]
        varied = [name for name in self.swept if shown[name].nunique() > 1]
        switches = {name: key for name, key in switches_by_column(self.sections).items() if name in varied}
        found = []
        for policy in policies:
            own, other = points.loc[policy], points.loc[(against or {}).get(policy, policy)]
            apart = against is None or own["style"] != other["style"]
            parts = [str(own["style"])] if shown["style"].nunique() > 1 else []
            if given := self.given.get(int(own["setting"])):
                # A setting of one style has a name that says it all.
                parts = [given] if self.of_setting[own["setting"]] == 1 else [*parts, given]
            else:
                # Of dozens of switches only those that are off are named.
                named = mechanism_words({key: bool(own[name]) for name, key in switches.items()}) if switches else ""
                parts += [named] if named and (apart or any(own[name] != other[name] for name in switches)) else []
                differing = [name for name in varied if name not in switches and (apart or own[name] != other[name])]
                parts += [self.setting_words(name, own[name]) for name in differing]
            found.append(", ".join(parts) or (str(own["style"]) if against is None else "no change"))
        return found

    def compared_words(self) -> tuple[dict[int, str], str]:
        """Return the shortest name for each policy that is compared with another, and what they are compared with."""
        policies, compared = self.points["policy"].to_numpy(), self.compared.drop_duplicates("policy")
        against = dict(zip(compared["policy"], policies[compared["against"]].tolist(), strict=True))
        names = dict(zip(against, self.names(list(against), against), strict=True))
        alone = len(set(against.values())) == 1
        if self.points["style"].nunique() > 1 or not alone:
            return names, self.baseline + ("" if alone else " in the same setting")
        setting = int(self.points["setting"].iloc[int(compared["against"].iloc[0])])
        return names, self.given.get(setting, "the first setting")

    def kept(self, wanted: np.ndarray) -> Matched:
        """Return some of the points, and the runs of these."""
        number_of = pd.Series(np.cumsum(wanted) - 1, index=self.points["point"])[wanted]
        points = self.points[wanted].reset_index(drop=True)
        points = points.assign(point=range(len(points)), against=points["against"].map(number_of))
        failed = frozenset((int(number_of[p]), seed) for p, seed in self.failed if p in number_of.index)
        values = {name: own[wanted] for name, own in self.values.items()}
        return dataclasses.replace(self, points=points, values=values, failed=failed)

    def policy_words(self) -> dict[int, str]:
        """Return each policy in words; see :meth:`names`."""
        policies = self.points["policy"].drop_duplicates().tolist()
        return dict(zip(policies, self.names(policies), strict=True))

    @cached_property
    def of_setting(self) -> pd.Series:
        """How many styles each setting has."""
        return self.points.groupby("setting")["style"].nunique()

    def setting_words(self, column: str, value: object) -> str:
        """Return a value of a column of points behind the declared label, with its unit."""
        about = self.declared.get(column)
        return f"{column} = {setting_text(value)}" if about is None else setting_words(about, value)

    @cached_property
    def declared(self) -> dict[str, Parameter]:
        """The parameters by their columns of points."""
        return {column_of(own): own for own in self.sections.parameters.values()}

    def several_words(self, why: str) -> dict[int, str]:
        """Return each policy in words; refuse a single one, with ``why`` there have to be several."""
        words = self.policy_words()
        if len(words) < 2:
            raise CivicsimError(f"{self.where}: {why}, and there is one: {next(iter(words.values()))}")
        return words

    def future_words(self) -> dict[int, str]:
        """Return each future in words: its draw (or setting and draw), and its shocks where there are any."""
        # A policy has one setting, unless settings stand for parameter uncertainty.
        alone = self.points.groupby("policy")["setting"].nunique().max() == 1
        n_draws = 1 if alone else int(self.points.groupby("setting")["draw"].nunique().max())
        return {
            int(row["future"]): (
                (f"draw {row['draw']}" if alone else f"setting {row['setting']}, draw {row['draw'] % n_draws}")
                + (f", {row['shock']}" if row["shock"] else "")
            )
            for row in self.points[["future", "draw", "setting", "shock"]].drop_duplicates("future").to_dict("records")
        }

    def about(self, column: str) -> About:
        """Return the description of a column; refuse one that does not exist."""
        checks.keys([column], self.columns, f"{self.where}: no measure")
        return self.columns[column]

    def judged(self, column: str, none: str) -> About:
        """Return the description of a column; refuse one without a better direction, so that ``none``."""
        about = self.about(column)
        if about.better == "neither":
            raise CivicsimError(
                f"{self.where}: {column}: neither direction is better, so {none}; [better] in the study sets one"
            )
        return about


def matched(store: Store | Matched, measures: Sequence[str] | None = None) -> Matched:
    """Return the results of a store by point and seed.

    Parameters
    ----------
    store : Store or Matched
        The results; matched ones are returned with the measures asked for.
    measures : sequence of str, optional
        Columns of the table of runs; ``["all"]`` for all. By default those that the study names, under ``[matters]``,
        ``[precision]``, ``[better]`` and ``measures``, in this order; where ``measures`` is "all" or "flagship", the flagship
        measures follow the named ones.

    Raises
    ------
    CivicsimError
        If there is no such column.
    """
    if isinstance(store, Matched):
        chosen = list(store.columns) if measures is None or list(measures) == ["all"] else list(measures)
        columns = {name: store.about(name) for name in chosen}
        return dataclasses.replace(store, columns=columns, values={name: store.values[name] for name in chosen})
    study, columns = store.study, columns_of(store, measures)
    chosen = list(columns)
    seeds = tuple(sorted(store.seeds))
    runs = store.runs(chosen)
    points = _settings_as_draws(study.points) if study.layout.uncertain else study.points
    place = np.searchsorted(np.array(seeds), runs["seed"].to_numpy())
    values = {}
    for name in chosen:
        values[name] = np.full((len(points), len(seeds)), np.nan)
        values[name][runs["point"].to_numpy(), place] = runs[name].to_numpy(dtype=float)
    failures = store.failures()
    failed = frozenset(zip(failures["point"].tolist(), failures["seed"].tolist(), strict=True))
    factors, sections = tuple(store.manifest["factors"]), study.protocol.sections
    given = {number: run["name"] for number, run in enumerate(study.runs) if "name" in run}
    return Matched(points, factors, seeds, columns, values, failed, str(store.path), sections, given)


def columns_of(store: Store, measures: Sequence[str] | None = None) -> dict[str, About]:
    """Return the columns of the table of runs that are asked for, by default those that a study shows by itself.

    Parameters and errors are those of :func:`matched`.
    """
    study, known = store.study, {about["column"]: about for about in store.manifest["columns"]}
    widths: Mapping[str, float] = {} if study.rule is None else study.rule.half_width
    chosen = _chosen(known, measures, study, widths, str(store.path))
    return {name: _about(known[name], study, widths.get(name)) for name in chosen}


def _settings_as_draws(points: pd.DataFrame) -> pd.DataFrame:
    """Return points with styles as policies, and each setting as draws and futures of its own."""
    n_draws, n_futures = int(points["draw"].max()) + 1, int(points["future"].max()) + 1
    return points.assign(
        policy=pd.factorize(points["style"])[0],
        draw=points["setting"].astype("int64") * n_draws + points["draw"],
        future=points["setting"].astype("int64") * n_futures + points["future"],
    )


def _chosen(
    known: Mapping[str, Any], measures: Sequence[str] | None, study: Study, widths: Mapping[str, float], where: str
) -> list[str]:
    """Return the columns asked for, or those that a study shows by itself."""
    directed = [name for name, column in known.items() if column["measure"] in study.better]
    first = [*study.matters, *widths, *directed]
    if measures is None:
        # A study that names its measures keeps no others.
        named = not isinstance(study.measures, str)
        rest = [name for name in known if named or name in FLAGSHIP]
        return list(dict.fromkeys([*first, *rest])) or list(known)[:_MOST_UNASKED]
    if list(measures) == ["all"]:
        return list(dict.fromkeys([*first, *known]))
    checks.keys(measures, known, f"{where}: no measure")
    return list(dict.fromkeys(measures))


def _about(column: Mapping[str, Any], study: Study, wanted: float | None) -> About:
    name, measure = column["column"], column["measure"]
    label = column["label"] + ("" if name == measure else f", {column['summary']}")
    bounds = MEASURES[measure].bounds if measure in MEASURES else ANYWHERE
    better = study.better.get(measure, column["better"])
    return About(name, label, column["unit"], better, bounds, study.matters.get(name), wanted, measure)


def is_number(values: pd.Series) -> bool:
    """Return whether a column has numbers, and no switch."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def middle(samples: np.ndarray, confidence: float = CONFIDENCE) -> np.ndarray:
    """Return the ends of the middle of samples along their first axis, shape (2, …); NaN where there is no number."""
    if not len(samples):
        return np.full((2, *samples.shape[1:]), np.nan)
    with warnings.catch_warnings():
        # A column may have no number.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(samples, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0))


def mean_of(values: np.ndarray, axis: int) -> np.ndarray:
    """Return means without NaN; NaN where there is no number."""
    there = ~np.isnan(values)
    n = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
