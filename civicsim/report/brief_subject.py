"""What a brief is about: the runs of a study, which measures its answer is about, and what analyses find of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from civicsim.report.parts import Row
from civicsim.report.view import View
from civicsim.study.analysis.ablation import switch_columns
from civicsim.study.analysis.adversary import Adversary
from civicsim.study.analysis.contrasts import contrasts
from civicsim.study.analysis.effects import MAIN, effects
from civicsim.study.analysis.matched import About, Matched, matched
from civicsim.study.analysis.multiverse import Multiverse, multiverse
from civicsim.study.analysis.rank import Ranking, rank
from civicsim.study.analysis.sensitivity import sensitivity
from civicsim.study.store.store import Store

_LEADS = 2
"""Measures that the answer is about. Assumption."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What a brief is about.

    Attributes
    ----------
    store : Store
        The results of the study; of a search its evenly spread trials.
    runs : Matched
        Their runs, of the measures that the study names.
    search : Adversary, optional
        What a search for worst cases found.
    """

    store: Store
    runs: Matched
    search: Adversary | None = None

    @cached_property
    def leads(self) -> list[About]:
        """The measures that the answer is about: the first that have values."""
        every = [about for about in self.runs.columns.values() if np.isfinite(self.runs.values[about.column]).any()]
        named = [about for about in every if self.search is not None and about.column == self.search.about.column]
        return named or every[:_LEADS]

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """The differences of all measures, with the policies under the shortest names that tell them apart."""
        return self._named(contrasts(self.runs))

    def _named(self, found: pd.DataFrame) -> pd.DataFrame:
        if not len(found):
            return found
        names, against = self.runs.compared_words()
        shocks = [f" [{shock}]" if shock else "" for shock in found["shock"]]
        words = [names[policy] + shock for policy, shock in zip(found["policy"], shocks, strict=True)]
        return found.assign(words=words, against=against)

    @cached_property
    def whole(self) -> Subject:
        """The same study; where mechanisms are off in some settings, with those runs alone in which all of them are on."""
        if not self.of_mechanisms:
            return self
        points = self.runs.points
        switches = list(switch_columns(points, self.runs.factors, self.runs.sections))
        return replace(self, runs=self.runs.kept(points[switches].all(axis=1).to_numpy()))

    @cached_property
    def view(self) -> View:
        """The labels of what is varied."""
        return View(self.store, self.runs, self.leads[0], (), ())

    @cached_property
    def style(self) -> str:
        """The style that is analysed by itself: the first but the baseline."""
        return self.view.others[0]

    @cached_property
    def indices(self) -> pd.DataFrame:
        """The sensitivity indices of that style."""
        return sensitivity(self.store, [about.column for about in self.leads], styles=[self.style])

    @cached_property
    def ranks(self) -> list[Ranking]:
        """How policies rank on each measure of the answer that has a better direction."""
        return [rank(self.store, about.column) for about in self.leads if about.better != "neither"]

    @cached_property
    def worlds(self) -> list[Multiverse]:
        """How styles are ordered in worlds with other rules."""
        return [multiverse(self.runs, about.column) for about in self.leads]

    def measured(self, columns: Sequence[str]) -> Matched:
        """Return the same runs with other measures."""
        runs = matched(self.store, columns)
        return runs.kept(runs.points["policy"].isin(self.runs.points["policy"]).to_numpy())

    def moves(self, runs: Matched) -> pd.DataFrame:
        """Return what moves measures: the factors of a full grid, each on average over the others, or else policies."""
        if not self.of_grid:
            return self._named(contrasts(runs))
        found = effects(runs)
        found = found[found["kind"] == MAIN]
        return found.assign(words=[self.labelled(change) for change in found["change"]], against="the first level")

    def rows(self, about: About) -> list[Row]:
        """Return the differences of a measure, the best first."""
        found = self.contrasts
        own = found[found["measure"] == about.column] if len(found) else found
        return (
            own.sort_values("difference", ascending=about.sign < 0, kind="stable").to_dict("records")
            if len(own)
            else []
        )

    @cached_property
    def of_draws(self) -> bool:
        """Whether several policies meet several futures."""
        points = self.runs.points
        return points["future"].nunique() > 1 and points["policy"].nunique() > 1

    @cached_property
    def of_grid(self) -> bool:
        """Whether the points are a full grid: with styles, a factor makes one; without, it takes two."""
        swept, several = self.runs.swept, self.runs.points["style"].nunique() > 1
        return self.store.study.layout.method == "grid" and bool(swept) and len(swept) + several > 1

    @cached_property
    def of_mechanisms(self) -> bool:
        """Whether mechanisms are off in some settings, under several styles."""
        runs = self.runs
        return bool(switch_columns(runs.points, runs.factors, runs.sections)) and runs.points["style"].nunique() > 1

    def labelled(self, text: str) -> str:
        """Return a term, a change or a level with the labels of factors for their columns."""
        terms = []
        for term in text.split(" × "):
            name, *rest = term.split(" ")
            change = f"from {rest[2]} to {rest[0]}" if rest[1:2] == ["−"] else " ".join(rest).removeprefix("= ")
            terms.append(f"{self.view.label(name)} {change}".rstrip())
        return " × ".join(terms)
