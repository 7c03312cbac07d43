"""One run of a study simulated again, with everything that a run has, beside the row that the store keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from civicsim.experiment.run import Result
from civicsim.study.design.study import Study
from civicsim.study.run.worker import simulate_alone
from civicsim.study.store.store import Store


@dataclass(frozen=True)
class Replay:
    """A run simulated again.

    Attributes
    ----------
    result : Result
        Everything that a run has: weeks, teams, events where the study keeps them, figures.
    values : dict of str to float
        The columns of its row of ``runs.parquet``; NaN where a measure has no value.
    stored : dict of str to float
        The same as the store has them; empty where it has no such row.
    """

    result: Result
    values: dict[str, float]
    stored: dict[str, float]

    @property
    def different(self) -> list[str]:
        """Columns whose value is not the stored one, to the last digit."""
        # NaN differs from itself.
        pairs = {name: (self.values[name], value) for name, value in self.stored.items()}
        return [name for name, (own, value) in pairs.items() if own != value and not (own != own and value != value)]


def replay(results: Store | Study, point: int, seed: int) -> Replay:
    """Simulate one run of a study again, in this process.

    Parameters
    ----------
    results : Store or Study
        Results of a study; or a study, of which nothing is stored.
    point : int
        Number of the point, from 0, as in ``points.parquet``.
    seed : int
        The seed, which need not be one of the study.

    Raises
    ------
    ScenarioError
        If there is no such point. An exception of the run itself is passed on as it is.
    """
    study = results if isinstance(results, Study) else results.study
    result, values = simulate_alone(study.protocol, point, seed)
    stored: dict[str, float] = {}
    if isinstance(results, Store):
        rows = results.runs()
        row = rows[(rows["point"] == point) & (rows["seed"] == seed)]
        stored = {name: float(row[name].iloc[0]) for name in values} if len(row) else {}
    return Replay(result, values, stored)
