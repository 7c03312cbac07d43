"""The trials of a search for worst cases: run in batches, stored, and noted in a journal, so that a search resumes.

The study's own draws come first; then Optuna proposes trials from those before them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from civicsim.study.analysis.matched import matched, mean_of
from civicsim.study.analysis.search import Journal, proposals, space_of
from civicsim.study.design.designs import Setting
from civicsim.study.design.factors import Factor
from civicsim.study.design.precision import more_seeds
from civicsim.study.design.study import Study
from civicsim.study.run.runner import Progress, Standing, run_study

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from civicsim.study.store.store import Store

SPREAD, SEARCH = "spread", "search"
BATCH = 8
"""Trials that are proposed and run at a time, whatever the number of processes, so that results do not depend on it."""
WORST_CASES = 5
"""Number of worst trials that are run again with fresh seeds. Assumption."""
JOURNAL = "journal.log"

Values = dict[str, np.ndarray]
"""Results of each style by trial and seed."""


@dataclass
class Trials:
    """The trials of one search, in its folder; ``others`` are the styles that ``style`` may lose to."""

    study: Study
    style: str
    measure: str
    others: tuple[str, ...]
    factors: Sequence[Factor]
    folder: Path
    seed: int
    n_batches: int
    n_fresh: int
    progress: Progress | None
    executor: Executor
    workers: int
    runs_before: int = 0
    failed_before: int = 0

    def __post_init__(self) -> None:
        """Open the journal, which begins with the description of the search."""
        self.space, self.n_spread = space_of(self.factors), int(self.study.points["draw"].nunique())
        about = {
            "study": self.study.protocol.digest,
            "seeds": list(self.study.seed_numbers),
            "style": self.style,
            "measure": self.measure,
            "seed": self.seed,
            "space": {key: str(values) for key, values in self.space.items()},
        }
        self.journal = Journal(self.folder / JOURNAL, about, self.space)
        n_trials = self.n_spread + BATCH * self.n_batches
        n_runs = n_trials * len(self.study.seed_numbers) + min(WORST_CASES, n_trials) * self.n_fresh
        self.total, self.began = (1 + len(self.others)) * n_runs, time.monotonic()

    def every(self) -> tuple[Values, list[Setting]]:
        """Return results and draws of the spread trials, then of each batch of the search; run those that are missing."""
        keys = {factor.column: factor.key for factor in self.factors}
        first = self.study.points.drop_duplicates("draw").sort_values("draw")
        draws: list[Setting] = first[list(keys)].rename(columns=keys).to_dict("records")
        values = self._recorded(self.study, SPREAD, draws, 0)
        for batch in range(self.n_batches):
            before = len(draws)
            own_seed = int(np.random.SeedSequence((self.seed, batch)).generate_state(1)[0])
            more = proposals(self.journal.trials[:before], self.space, BATCH, own_seed)
            study = self._in_draws(more, f"trials {before} to {before + BATCH - 1} of a search")
            found = self._recorded(study, f"batches/{batch:04d}", more, before)
            values = {label: np.concatenate([own, found[label]]) for label, own in values.items()}
            draws += more
        return values, draws

    def again(self, draws: Sequence[Setting]) -> tuple[Values, Study]:
        """Return the results of trials with fresh seeds, and the study that they are."""
        fresh = more_seeds(self.study.seed_numbers, self.n_fresh)
        study = self._in_draws(draws, "the worst trials of a search, with fresh seeds", seeds=fresh)
        name = hashlib.sha256(f"{study.protocol.digest} {self.n_fresh}".encode()).hexdigest()[:8]
        return self._values(study, f"fresh/{name}"), study

    def _in_draws(self, draws: Sequence[Setting], title: str, **changes: Any) -> Study:
        return dataclasses.replace(self.study, title=title, spelt_out=self.study.protocol.with_draws(draws), **changes)

    def _recorded(self, study: Study, name: str, draws: list[Setting], before: int) -> Values:
        """Run trials, and add the new ones to the journal."""
        values = self._values(study, name)
        behind, _ = distances(values, self.style, self.about.sign)
        for place in range(max(0, len(self.journal.trials) - before), len(draws)):
            self.journal.add(draws[place], float(behind[place]), SEARCH if before else SPREAD)
        return values

    def _values(self, study: Study, name: str) -> Values:
        runs = matched(self._run(study, name), [self.measure])
        self.about = runs.about(self.measure)
        ordered = runs.points.sort_values("draw").groupby("style", sort=False)
        return {str(label): runs.values[self.measure][rows["point"]] for label, rows in ordered}

    def _run(self, study: Study, name: str) -> Store:
        folder = self.folder / name
        store = run_study(study, folder, processes=self.workers, executor=self.executor, progress=self._report)
        self.runs_before += store.n_runs
        self.failed_before += store.n_failed
        return store

    def _report(self, standing: Standing) -> None:
        if self.progress is None:
            return
        done = self.runs_before - self.failed_before + standing.done
        passed = time.monotonic() - self.began
        ended = self.runs_before + standing.done + standing.failed
        left = passed / ended * (self.total - ended) if ended else float("nan")
        self.progress(Standing(done, self.failed_before + standing.failed, self.total, left))


def distances(values: Values, style: str, sign: float) -> tuple[np.ndarray, list[str]]:
    """Return, by trial, the distance of a style to the best other one (below 0 where it is ahead), and that one."""
    labels = [label for label in values if label != style]
    means = np.stack([sign * mean_of(values[label] - values[style], axis=1) for label in labels])
    best = np.where(np.isnan(means), -np.inf, means).argmax(axis=0)
    return means[best, np.arange(means.shape[1])], [labels[place] for place in best]
