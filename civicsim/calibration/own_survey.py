"""Which simulated organisations are like yours: shipped parameter sets weighted by figures of your own staff survey.

Every shipped parameter set is simulated as several organisations, each with its own seed. An organisation counts by how near
the answers of its staff at the end of the burn-in are to your figures; what it then goes on to do is a projection for yours.

Formula
    w = exp(−½ Σ I²), and 0 where any I > 3; I = |simulated − own| / √(p(100 − p)/n + d²)

summed over the questions for which there is a figure p, of n answers; d is :data:`DISCREPANCY`. Both figures are of those who
answered, so that who does not answer is treated alike.
Source: Beaumont, Zhang and Balding (2002, Genetics 162:2025) on weighting simulations by their distance to data; the rule that
rules out is that of :mod:`civicsim.calibration.matching`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.calibration.matching import CUT
from civicsim.errors import CivicsimError
from civicsim.experiment.run import Progress, as_scenario, run
from civicsim.model.calendar import YEAR
from civicsim.model.measures import FLAGSHIP
from civicsim.model.questions import QUESTIONS, SURVEY_ITEMS
from civicsim.scenario.scenario import Scenario
from civicsim.study.design.draws import draws_for, with_draw

FIGURES = {
    name: next(question for question in QUESTIONS if question.name == name)
    for name in ("safe", "addressed", "burnt_out", "enough_staff", "valued", "improvements")
}
"""The questions of the survey that may be given, by name."""
DISCREPANCY = 3.0
"""Standard deviation, in points, of what the model may be off by in a figure. Assumption: about what the national figures moved
by between 2021 and 2024 (burnt out 34 to 30 %, enough staff 27 to 34 %, improvements 53 to 56 %), while the parameter sets were
fitted to one level of each."""
FEW = 20
"""Organisations, in effect, below which a projection rests on few. Assumption."""
SHARE = 0.8
"""Share of the organisations between the ends of a projection's band."""
_LATER, _QUARTER = 2 * YEAR, 13
_CARRIED = 0.95
"""Share of the weight that the parameter sets left carry together."""


def weights(
    simulated: np.ndarray, figures: Sequence[float], answers: int, discrepancy: float = DISCREPANCY
) -> np.ndarray:
    """Return the weight of each simulated organisation; see the formula of the module.

    Parameters
    ----------
    simulated : (organisations, questions) array
        Percentages of those who answered.
    figures : sequence of float
        Your own percentages.
    answers : int
        People who answered in your organisation.
    discrepancy : float
        Standard deviation of what the model may be off by, in points.

    Returns
    -------
    (organisations,) array
        Sums to 1, or all 0 where no organisation is left.
    """
    own = np.asarray(figures, dtype=float)
    distance = np.abs(simulated - own) / np.sqrt(own * (100.0 - own) / answers + discrepancy**2)
    weight = np.where((distance <= CUT).all(axis=1), np.exp(-0.5 * (distance**2).sum(axis=1)), 0.0)
    return weight / weight.sum() if weight.any() else weight


def effective(weight: np.ndarray) -> float:
    """Return how many equally weighted organisations would tell as much (Kish 1965): (Σw)² / Σw²."""
    return float(weight.sum() ** 2 / (weight**2).sum())


@dataclass(frozen=True, repr=False)
class SurveyFit:
    """Simulated organisations and how far each is like yours.

    Attributes
    ----------
    scenario : Scenario
        What was simulated, before parameters were drawn.
    figures : dict of str to float
        Your percentages, by question.
    answers : int
        People who answered.
    draws : tuple of dict
        The parameter sets, each by full name.
    organisations : pandas.DataFrame
        A row per organisation with columns draw (place among ``draws``), seed, what its survey found for each of
        :data:`FIGURES` (%), each measure in the last quarter simulated, and weight (sums to 1).
    """

    scenario: Scenario
    figures: dict[str, float]
    answers: int
    draws: tuple[Mapping[str, Any], ...]
    organisations: pd.DataFrame

    @cached_property
    def left(self) -> list[int]:
        """Places of the parameter sets left, the heaviest first: those that carry 95 % of the weight together."""
        by_draw = self.organisations.groupby("draw")["weight"].sum().sort_values(ascending=False, kind="stable")
        before = by_draw.cumsum() - by_draw
        return [int(draw) for draw in by_draw.index[(before < _CARRIED) & (by_draw > 0.0)]]

    @property
    def effective(self) -> float:
        """How many equally weighted organisations would tell as much."""
        return effective(self.organisations["weight"].to_numpy())

    @property
    def warning(self) -> str:
        """What to keep in mind where few organisations are like yours; "" where there are enough."""
        if self.effective >= FEW:
            return ""
        return (
            f"few simulated organisations are like yours: in effect {self.effective:.0f} of {len(self.organisations):,}, "
            f"from {len(self.left)} of {len(self.draws)} parameter sets; the bands are rough. More seeds, fewer figures or "
            "another kind of organisation may help"
        )

    def band(self, measure: str, share: float = SHARE, fitted: bool = True) -> tuple[float, float, float]:
        """Return low end, median and high end of a measure in the last quarter simulated, over organisations.

        Parameters
        ----------
        measure : str
            A column of :attr:`organisations`.
        share : float
            Share of the organisations between the ends.
        fitted : bool
            Whether organisations are weighted; otherwise all count alike, as without the figures.
        """
        values, weight = self.organisations[measure].to_numpy(float), self.organisations["weight"].to_numpy()
        there = np.isfinite(values)
        ends = [0.5 - 0.5 * share, 0.5, 0.5 + 0.5 * share]
        counted = weight[there] if fitted else np.ones(there.sum())
        low, middle, high = np.quantile(values[there], ends, weights=counted, method="inverted_cdf")
        return float(low), float(middle), float(high)

    def like_yours(self, n: int = 30) -> Iterator[tuple[Scenario, int]]:
        """Yield n organisations, as scenario and seed; those like yours come in proportion to their weight."""
        reached = np.cumsum(self.organisations["weight"].to_numpy())
        for place in np.searchsorted(reached, (np.arange(n) + 0.5) / n * reached[-1]):
            row = self.organisations.iloc[int(place)]
            yield with_draw(self.scenario, self.draws[int(row["draw"])]), int(row["seed"])

    def draws_frame(self) -> pd.DataFrame:
        """Return the parameter sets left, the heaviest first; a study reads them by ``[uncertainties] file``."""
        return pd.DataFrame([self.draws[draw] for draw in self.left])

    def table(self) -> pd.DataFrame:
        """Return figures and measures as own, and as simulated without and with your figures.

        Columns name, own (NaN for a measure), and low, middle, high of the 80 % band, and the same after ``all_`` for
        organisations that are not weighted. Figures are of the survey before the start, measures of the last quarter.
        """
        rows = []
        for name in self.organisations.columns.drop(["draw", "seed", "weight"]):
            low, middle, high = self.band(name)
            every = dict(zip(("all_low", "all_middle", "all_high"), self.band(name, fitted=False), strict=True))
            rows.append(
                {"name": name, "own": self.figures.get(name, np.nan), "low": low, "middle": middle, "high": high}
                | every
            )
        return pd.DataFrame(rows)


def check_figures(figures: Mapping[str, float], answers: int) -> dict[str, float]:
    """Return figures by question, checked: at least one, percentages above 0 and below 100, of at least one answer."""
    checks.keys(figures, FIGURES, "own survey: no figure")
    if not figures:
        raise CivicsimError(f"own survey: expected at least one figure of {', '.join(FIGURES)}")
    checks.whole(answers, "own survey: answers", 1)
    return {name: checks.number(value, f"own survey: {name}", 0.5, 99.5) for name, value in figures.items()}


def fit_survey(
    figures: Mapping[str, float],
    scenario: Scenario | str | None = None,
    *,
    answers: int = 300,
    draws: Sequence[Mapping[str, Any]] | None = None,
    seeds: int = 10,
    weeks: int = _LATER,
    measures: Sequence[str] = FLAGSHIP,
    discrepancy: float = DISCREPANCY,
    threads: int | None = None,
    progress: Progress | None = None,
) -> SurveyFit:
    """Weight simulated organisations by figures of your own staff survey.

    Parameters
    ----------
    figures : mapping of str to float
        Percentages, 0.5 to 99.5, of those who answered, by question: ``safe``, ``addressed``, ``burnt_out``,
        ``enough_staff``, ``valued``, ``improvements``; as many as there are.
    scenario : Scenario or str, optional
        Your organisation as it is; the status quo of the default kind otherwise. The parameter sets were fitted to data on acute
        trusts; for another kind that is an assumption, and what the scenario sets otherwise is kept.
    answers : int
        People who answered. The default is about half of the 600 staff of the default kind.
    draws : sequence of mapping, optional
        Parameter sets by full name, such as those of your own calibration; the shipped ones by default.
    seeds : int
        Organisations simulated for each parameter set.
    weeks : int
        Weeks simulated after the burn-in; by default two years.
    measures : sequence of str
        Measures kept, in the last quarter of these weeks.
    discrepancy : float
        Points, see :data:`DISCREPANCY`.
    threads, progress
        As in :func:`civicsim.experiment.run.run`.

    Returns
    -------
    SurveyFit

    Raises
    ------
    CivicsimError
        If a figure is not possible, staff are not surveyed before the start, or no simulated organisation is near all of them; the message names the furthest.
    """
    own = check_figures(figures, answers)
    checks.whole(seeds, "own survey: seeds", 1)
    base = as_scenario(scenario).set("weeks", weeks)
    if not base.survey.enabled or base.burn_in_weeks < YEAR * base.survey.every_years:
        raise CivicsimError("own survey: expected a scenario with a staff survey in its burn-in weeks")
    chosen = draws_for(base) if draws is None else tuple(draws)
    table = simulated(base, chosen, seeds, measures, threads, progress)
    table["weight"] = weights(table[list(own)].to_numpy(), list(own.values()), answers, discrepancy)
    if not table["weight"].any():
        raise CivicsimError(_none_fits(table, own))
    return SurveyFit(base, own, answers, chosen, table)


def simulated(
    scenario: Scenario,
    draws: Sequence[Mapping[str, Any]],
    seeds: int,
    measures: Sequence[str] = FLAGSHIP,
    threads: int | None = None,
    progress: Progress | None = None,
    first: int | None = None,
) -> pd.DataFrame:
    """Return a row per organisation: draw, seed, its survey before the start, and measures in the last quarter.

    Every parameter set has its own ``seeds`` seeds, from ``first`` on, by default the scenario's.
    """
    tables = []
    start = scenario.seed if first is None else first
    for place, draw in enumerate(draws):
        numbers = [start + place * seeds + k for k in range(seeds)]
        result = run(with_draw(scenario, draw), numbers, threads=threads, progress=progress)
        percent = result.history.snapshot[0]["survey"]
        columns: dict[str, Any] = {"draw": place, "seed": numbers}
        columns |= {name: percent[:: len(percent) // seeds, SURVEY_ITEMS.index(name)] for name in FIGURES}
        tables.append(pd.DataFrame(columns | result.values(measures, _QUARTER)))
    return pd.concat(tables, ignore_index=True)


def _none_fits(table: pd.DataFrame, own: Mapping[str, float]) -> str:
    """Return that no organisation fits, with the figure that is furthest out, or that the figures do not go together."""
    off = {name: (value, table[name].mean(), table[name].std()) for name, value in own.items()}
    name, (value, mean, spread) = max(off.items(), key=lambda item: abs(item[1][0] - item[1][1]) / item[1][2])
    return (
        f"own survey: none of {len(table):,} simulated organisations is near all figures; the furthest out is {name} = {value:g} "
        f"(simulated: {mean - 2 * spread:.0f} to {mean + 2 * spread:.0f} %)"
    )
