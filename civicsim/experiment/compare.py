"""Compares scenarios on matched runs: same organisations, same seeds, same burn-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from civicsim.engine.process import Process
from civicsim.errors import ScenarioError
from civicsim.experiment.run import Progress, Result, as_scenario, burn_in, run, seeds_of
from civicsim.experiment.statistics import estimate, paired_difference
from civicsim.model.cohort import Cohort
from civicsim.model.measures import FLAGSHIP
from civicsim.model.measuring import Measure
from civicsim.scenario.scenario import STATUS_QUO, Scenario

if TYPE_CHECKING:
    import pandas as pd

FIRST_RUNS, MOST_RUNS = 30, 90
"""Matched runs of a comparison that sets no number: at first, and at most. Assumption: intervals of 90 are 0.58 times as wide."""
_MOST_NAMED = 3
"""Most differences that the label of a scenario names."""


@dataclass(frozen=True, repr=False)
class Comparison:
    """Results of several scenarios on matched runs.

    Attributes
    ----------
    results : dict of str to Result
        By label, in the order given.
    baseline : str
        Label of the scenario that the others are compared with.
    """

    results: dict[str, Result]
    baseline: str

    @property
    def seeds(self) -> list[int]:
        """Seeds of the matched runs."""
        return self.results[self.baseline].seeds

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The measures that can be taken, by name."""
        return self.results[self.baseline].scenario.measures

    def table(self, measures: Sequence[str] | None = FLAGSHIP, last_weeks: int = 52) -> pd.DataFrame:
        """Return, per measure and scenario, the mean with its interval and the paired difference from the baseline.

        Parameters
        ----------
        measures : sequence of str or None
            Names of measures; None for all.
        last_weeks : int
            Weeks from the end over which each run is summarised.

        Returns
        -------
        pandas.DataFrame
            Columns measure, label, unit, better, style, n, mean, mean_low, mean_high, difference, difference_low,
            difference_high, difference_median, difference_q25, difference_q75 (quartiles),
            difference_share_higher, difference_share_lower, difference_share_equal (of pairs), superiority, n_pairs, verdict; see
            :class:`civicsim.experiment.statistics.PairedDifference`. Intervals are 95 % t intervals over runs, cut off where
            the measure cannot go: they show run-to-run variation, not parameter uncertainty.
        """
        import pandas as pd

        summaries = {label: result.summary(measures, last_weeks) for label, result in self.results.items()}
        rows = []
        for about in self.results[self.baseline].chosen(measures):
            values = {label: summary[about.name].to_numpy() for label, summary in summaries.items()}
            for label, own in values.items():
                mean = estimate(own, bounds=about.bounds)
                found = paired_difference(own, values[self.baseline], bounds=about.bounds)
                pairs: dict[str, Any] = found.columns("difference")
                pairs |= {"superiority": found.superiority, "n_pairs": found.n, "verdict": found.verdict}
                if label == self.baseline:
                    pairs = dict.fromkeys(pairs, np.nan) | {"verdict": "baseline"}
                named = {"measure": about.name, "label": about.label, "unit": about.unit, "better": about.better}
                rows.append(named | {"style": label, "n": mean.n} | mean.columns("mean") | pairs)
        return pd.DataFrame(rows)

    def to_frame(self, measures: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the weekly record of all scenarios as one tidy table with a column ``style``."""
        return self._tidy(lambda result: result.to_frame(measures))

    def summary(self, measures: Sequence[str] | None = None, last_weeks: int = 52) -> pd.DataFrame:
        """Return a row per scenario and run and a column per measure, over the last weeks."""
        return self._tidy(lambda result: result.summary(measures, last_weeks).reset_index())

    def _tidy(self, table: Callable[[Result], pd.DataFrame]) -> pd.DataFrame:
        """Return the tables of all results, one below the other."""
        import pandas as pd

        tables = {label: table(result) for label, result in self.results.items()}
        return pd.concat(tables, names=["style", None]).reset_index("style").reset_index(drop=True)

    def plot(self, measures: str | Sequence[str] = FLAGSHIP, ax: Any = None) -> Any:
        """Draw time paths with bands over runs.

        Parameters
        ----------
        measures : str or sequence of str
            One measure, or several, a panel each.
        ax : matplotlib.axes.Axes, optional
            Where to draw one measure; on a figure of its own by default.

        Returns
        -------
        matplotlib.axes.Axes or matplotlib.figure.Figure
            The axes of one measure; the figure of several, with its panels as ``axes``.

        Raises
        ------
        ScenarioError
            If a measure does not exist, or several are to go on one pair of axes.
        """
        from civicsim.report.figures import comparison_figure, names_of, plot_paths

        if isinstance(measures, str):
            names = names_of(self.results)
            named = {names[label]: result for label, result in self.results.items()}
            return plot_paths(named, measures, ax=ax, baseline=names[self.baseline])
        _check_axes(ax)
        return comparison_figure(self, measures)

    def plot_differences(self, measures: str | Sequence[str] = FLAGSHIP, last_weeks: int = 52, ax: Any = None) -> Any:
        """Draw paired differences from the baseline with their intervals; see :meth:`plot`."""
        from civicsim.report.figures import differences_figure, plot_differences

        if isinstance(measures, str):
            return plot_differences(self, measures, last_weeks, ax=ax)
        _check_axes(ax)
        return differences_figure(self, measures, last_weeks)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.results)}; {len(self.seeds)} matched runs, baseline {self.baseline!r})"

    def _repr_html_(self) -> str:
        from civicsim.report.figures import comparison_html

        return comparison_html(self)


def _check_axes(ax: Any) -> None:
    if ax is not None:
        raise ScenarioError("plot: ax takes one measure, by its name; several have panels of their own")


def compare(
    *scenarios: Scenario | str,
    seeds: int | Sequence[int] = 30,
    baseline: str | None = None,
    measures: Sequence[Measure] = (),
    processes: Sequence[Process] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run scenarios on the same organisations with the same seeds, and return them side by side.

    Parameters
    ----------
    *scenarios : Scenario or str
        Scenarios, or names of styles on the default kind of organisation. They may differ in anything but structure,
        roster and weeks; those that differ in levers and interventions only share one burn-in.
    seeds : int or sequence of int
        Matched runs per scenario.
    baseline : str, optional
        Label of the scenario to compare with: the first with the style of the status quo, else the first.
    measures : sequence of Measure
        Your own measures, beside those of the scenarios.
    processes : sequence of Process, optional
        What happens in a week, in order, instead of each scenario's week; see :func:`civicsim.model.week.ordered`.
    threads : int, optional
        Threads to use; all available ones by default.
    progress : callable, optional
        Called with the person-weeks just done.

    Raises
    ------
    ScenarioError
        If there are fewer than two, two have one label, or they cannot share a burn-in.
    """
    chosen = [as_scenario(scenario) for scenario in scenarios]
    chosen = [scenario.with_(measures=measures) for scenario in chosen] if measures else chosen
    if len(chosen) < 2:
        raise ScenarioError("compare: expected at least two scenarios or styles")
    labels = _labels(chosen)
    check_matched(dict(zip(labels, chosen, strict=True)))
    if baseline is None:
        usual = (label for label, other in zip(labels, chosen, strict=True) if other.style == STATUS_QUO)
        baseline = next(usual, labels[0])
    if baseline not in labels:
        raise ScenarioError(f"compare: no scenario '{baseline}' to compare with; there are {', '.join(labels)}")
    numbers = seeds_of(seeds, chosen[0].seed)
    starts = Starts(numbers, processes, threads, progress)
    results = {
        label: run(
            scenario, numbers, processes=processes, threads=threads, start=starts.of(scenario), progress=progress
        )
        for label, scenario in zip(labels, chosen, strict=True)
    }
    return Comparison(results, baseline)


def runs_needed(values: Sequence[Mapping[str, np.ndarray]], baseline: int = 0) -> int:
    """Return how many matched runs a comparison needs: those that it has, or :data:`MOST_RUNS` where a verdict is borderline.

    The page and the command line ask this after :data:`FIRST_RUNS` runs, so that both stop at the same number.

    Parameters
    ----------
    values : sequence of mapping
        For each scenario, the value of each run by measure; what counts are :data:`civicsim.model.measures.FLAGSHIP`.
    baseline : int
        Which of the scenarios the others are compared with.
    """
    first, n = values[baseline], max(len(own) for own in values[baseline].values())
    found = (
        paired_difference(own[name], first[name])
        for place, own in enumerate(values)
        for name in FLAGSHIP
        if place != baseline
    )
    return max(n, MOST_RUNS) if any(difference.borderline(MOST_RUNS) for difference in found) else n


class Starts:
    """Burnt-in cohorts: scenarios that differ in levers and interventions only share one burn-in.

    Parameters
    ----------
    seeds, processes, threads, progress
        As in :func:`civicsim.experiment.run.burn_in`.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        processes: Sequence[Process] | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._known: list[tuple[Scenario, Cohort]] = []
        self._burn_in = partial(burn_in, seeds=seeds, processes=processes, threads=threads, progress=progress)

    def of(self, scenario: Scenario) -> Cohort:
        """Return the cohort with which a scenario starts; it must not be changed."""
        cohort = next((cohort for known, cohort in self._known if known == scenario.before), None)
        if cohort is None:
            cohort = self._burn_in(scenario)
            self._known.append((scenario.before, cohort))
        return cohort


def check_matched(scenarios: Mapping[str, Scenario]) -> None:
    """Check that the runs of scenarios, by label, can be matched.

    Raises
    ------
    ScenarioError
        If they differ in structure, roster or weeks.
    """
    base, first = next(iter(scenarios.items()))
    for label, other in scenarios.items():
        for part in ("structure", "roster", "weeks"):
            if getattr(other, part) != getattr(first, part):
                raise ScenarioError(
                    f"compare: '{base}' and '{label}' differ in {part}, so that their runs cannot be matched"
                )


def _labels(scenarios: Sequence[Scenario]) -> list[str]:
    """Return a different label for each scenario: its style, else its title, else what is changed, else numbered styles."""
    names = [scenario.style for scenario in scenarios]
    titles = [scenario.title or scenario.style for scenario in scenarios]
    numbered = [f"{name} {index + 1}" for index, name in enumerate(names)]
    return next(
        labels for labels in (names, titles, _by_change(scenarios), numbered) if len(set(labels)) == len(labels)
    )


def _by_change(scenarios: Sequence[Scenario]) -> list[str]:
    """Return each style with the values in which scenarios of that style differ from one another."""
    labels = []
    for scenario in scenarios:
        alike = [other for other in scenarios if other.style == scenario.style]
        differing = {key: values for other in alike for key, values in scenario.diff(other).items()}
        words = [
            f"{key.removeprefix('levers.')}={own}"
            for key, (own, _) in differing.items()
            if key not in ("title", "interventions") and own is not None
        ]
        if "interventions" in differing:
            words += [f"{event.name} in week {event.week}" for event in scenario.interventions] or ["no interventions"]
        more = f", … {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
        labels.append(f"{scenario.style}: {', '.join(words[:_MOST_NAMED])}{more}" if words else scenario.style)
    return labels
