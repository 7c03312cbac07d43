"""Adversarial search: the assumptions under which a style is furthest behind the best of the others.

The study's own draws come first, spread evenly over the uncertainties; they show how often the style loses. Then a sampler
searches for where it loses most. The largest of many noisy numbers is too large (the winner's curse), so that the worst cases
are run again with seeds that had no part in the search. Only uncertainties are searched, never decisions.

Source: Lempert, Popper and Bankes (2003), Shaping the Next One Hundred Years, on stress tests of policies over many
futures; Smith and Winkler (2006, Management Science 52:311) on the optimizer's curse.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.engine.parameters import Value
from civicsim.errors import CivicsimError, nearest
from civicsim.experiment.statistics import paired_difference
from civicsim.scenario.scenario import Scenario
from civicsim.study.analysis.contrasts import verdict_of
from civicsim.study.analysis.discovery import Discovery, discover, wilson
from civicsim.study.analysis.matched import About, Matched, matched, mean_of
from civicsim.study.analysis.search import NOTHING, Journal, proposals, shares_of, space_of
from civicsim.study.design.designs import Setting
from civicsim.study.design.factors import FULL, Factor, column_of, read_factors
from civicsim.study.design.precision import more_seeds
from civicsim.study.design.study import Study
from civicsim.study.run.runner import Progress, Standing, run_study, working
from civicsim.study.store.files import needing_room
from civicsim.study.store.holdings import refuse_links
from civicsim.study.store.lock import LOCKS, running

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from civicsim.study.store.store import Store

SPREAD, SEARCH = "spread", "search"
BATCH = 8
"""Trials that are proposed and run at a time, whatever the number of processes, so that results do not depend on it."""
TRIALS, FRESH = 200, 30
_WORST = 5
"""Number of worst trials that are run again with fresh seeds. Assumption."""
_QUARTER = 0.25
"""Share of the trials that counts as the worst ones, around which a box is searched. Assumption."""
_BEST = "the best of the others"
JOURNAL, WORST, OTHER = "journal.log", "worst.toml", "worst-other.toml"


@dataclass(frozen=True, repr=False, eq=False)
class Adversary:
    """The cases in which a style loses most, as found by a search.

    Differences are those of the style less the best other one of the same trial, in the measure's unit.

    Attributes
    ----------
    about : About
        The measure.
    style : str
        The style that was searched against.
    others : tuple of str
        The styles that it may lose to.
    trials : pandas.DataFrame
        A row per trial: trial, found ("spread" or "search"), against (the best other), difference (mean over the seeds of the
        search; NaN where no run has a value), and a column per parameter.
    worst : pandas.DataFrame
        A row per case that was run again, in the order of the search: trial, against, searched (difference in the search, which
        is too large), difference, low, high (95 % t interval over fresh seeds), n, verdict.
    parameters : pandas.DataFrame
        A row per parameter, the most important first: parameter, share (of variance over the whole space, by fANOVA; the row
        "(nothing)" is the share by chance), low, high (the range that was searched), usual (its default value), worst (value in the worst case), from, to (middle half of the worst quarter of trials; NaN without numbers).
    n_spread, n_lost, n_failed : int
        Evenly spread trials, those of them in which it loses by more than what matters, and trials without a value.
    limit : float
        Least distance to the best other style in the worst quarter of trials.
    box : Discovery or None
        Box around that quarter; None where the style does not lose in it, or there are too few trials.
    n_seeds, n_fresh : int
        Seeds of every trial, and fresh ones.
    scenario, other : Scenario
        The worst case under the style, and under the best other one; the seed is the first fresh one.
    """

    about: About
    style: str
    others: tuple[str, ...]
    trials: pd.DataFrame
    worst: pd.DataFrame
    parameters: pd.DataFrame
    n_spread: int
    n_lost: int
    n_failed: int
    limit: float
    box: Discovery | None
    n_seeds: int
    n_fresh: int
    scenario: Scenario
    other: Scenario

    @property
    def words(self) -> str:
        """How often the style loses, and where it loses most, in words."""
        low, high = wilson(self.n_lost, self.n_spread)
        matters = f" by more than {self.about.matters:g}" if self.about.matters else ""
        first = self.worst.iloc[0]
        return (
            f"{self.style} is behind {' or '.join(self.others)} on {self.about.label}{matters} in {self.n_lost} of "
            f"{self.n_spread} evenly spread trials ({self.n_lost / self.n_spread:.0%}, {low:.0%} to {high:.0%}). In the worst of "
            f"{len(self.trials)} trials, number {first['trial']}, it differs from {first['against']} by "
            f"{first['difference']:+.4g} ({first['low']:+.4g} to {first['high']:+.4g} over {first['n']} fresh seeds; "
            f"{first['searched']:+.4g} in the search, which picked it out): {first['verdict']}."
        )

    @property
    def box_words(self) -> str:
        """How well a box tells where the worst trials lie, in words."""
        if not self.limit > 0.0:
            return "It is behind in fewer than a quarter of all trials, so that there is no box around a worst quarter."
        if self.box is None:
            return "There are too few trials to find a box around the worst of them."
        start = f"The worst quarter of trials, behind by more than {self.limit:.3g}"
        if not len(self.box.boxes):
            return f"{start}: no box separates them from the others."
        kept = self.box.density_elsewhere
        if np.isnan(kept):
            return f"{start}; there are too few to validate the boxes."
        return (
            f"{start}. In cross-validation, the boxes contain {self.box.coverage_elsewhere:.0%} of them, and {kept:.0%} of the "
            "trials in the boxes are among them."
        )

    def __repr__(self) -> str:
        return f"Adversary({self.style} on {self.about.column}: {len(self.trials)} trials)"

    def _repr_html_(self) -> str:
        frames = [self.worst, self.parameters.head(10)]
        frames += [] if self.box is None else [self.box.boxes]
        tables = "".join(frame.to_html(index=False, border=0, na_rep="–") for frame in frames)
        return f"<div><p>{escape(self.words)}</p><p>{escape(self.box_words)}</p>{tables}</div>"


def adversary(
    study: Study,
    style: str,
    measure: str,
    out: str | Path,
    *,
    free: Sequence[str] = (),
    trials: int = TRIALS,
    fresh: int = FRESH,
    seed: int = 1,
    processes: int | None = None,
    timeout: float | None = None,
    memory: float = 0.0,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Adversary:
    """Search for the cases in which a style is furthest behind the best other one.

    The folder stores every run and a journal of the trials. The same call again completes an interrupted search, with the same
    result as an undisturbed one; with more trials it continues from the stored ones.

    Parameters
    ----------
    study : Study
        At least two styles in one setting; the draws of its uncertainties are the evenly spread trials.
    style : str
        The style to search against.
    measure : str
        Column of the table of runs; it must have a better direction.
    out : str or Path
        Folder of results.
    free : sequence of str
        Parameters, or sections of them, to search over their whole range, besides the study's uncertainties.
    trials : int
        Trials of the search, besides the evenly spread ones; rounded up to batches of eight. From 0.
    fresh : int
        Seeds, after those of the study, with which the worst cases are run again. From 2.
    seed : int
        Seed of the sampler.
    processes, timeout, memory, executor, progress
        As in :func:`civicsim.study.run.runner.run_study`.

    Raises
    ------
    CivicsimError
        If Optuna or scikit-learn is not installed, a name is unknown, there is nothing to search or several settings, or the
        folder contains something else.
    """
    study = opened(study, free)
    others = _check(study, style, measure)
    _numbers(study, trials, fresh)
    factors = [factor for factor in _uncertain(study) if not factor.held]
    folder = _folder(Path(out))
    with needing_room(folder), running(folder, 1, 1):
        search = _Search(study, style, measure, others, factors, folder, seed, -(-trials // BATCH), fresh, progress)
        with working(executor, processes, timeout, memory, study) as (own, workers):
            return search.go(own, workers)


def opened(study: Study, free: Sequence[str]) -> Study:
    """Return a study with more uncertainties: parameters, or all uncertain ones of sections, over their whole range.

    Raises
    ------
    CivicsimError
        If one does not exist, or is a decision or a definition.
    """
    more: dict[str, Any] = {}
    sections = study.protocol.sections
    for name in free:
        section = [about for about in sections.get(name, {}).values() if about.role == "uncertainty"]
        if name in sections and not section:
            raise CivicsimError(f"{study.where}: free: [{name}] contains no uncertain parameter")
        for about in section or [sections.find(name, f"{study.where}: free")]:
            more[about.key] = list(about.choices) if about.choices else FULL
    if not more:
        return study
    there = {factor.key for factor in _uncertain(study)}
    held = {factor.key for factor in read_factors(study.factors, study.where, sections=sections)}
    added = {key: value for key, value in more.items() if key not in there | held}
    return study.with_(uncertainties={**study.uncertainties, **added})


def _uncertain(study: Study) -> tuple[Factor, ...]:
    return read_factors(study.uncertainties, study.where, "uncertainties", study.protocol.sections)


def _check(study: Study, style: str, measure: str) -> tuple[str, ...]:
    """Return the other styles of a study, if it can be searched."""
    where, points = study.where, study.points
    if "file" in study.uncertainties:
        raise CivicsimError(f"{where}: uncertainties: a search needs ranges, not a file of draws")
    factors = _uncertain(study)
    if all(factor.held for factor in factors):
        raise CivicsimError(
            f'{where}: nothing to search: put ranges under [uncertainties], such as "voice.intercept" = {{ low = -1.8, high = '
            "-1.0 }, or name parameters with --free"
        )
    for factor in factors:
        if factor.about.role != "uncertainty":
            raise CivicsimError(
                f"{where}: uncertainties: {factor.key} is a {factor.about.role}, not an uncertainty; hold it under [factors]"
            )
    if points["setting"].nunique() > 1 or points["shock"].nunique() > 1:
        what = "settings" if points["setting"].nunique() > 1 else "sets of shocks"
        raise CivicsimError(f"{where}: a search is in one setting and one set of shocks; there are several {what}")
    styles = [str(label) for label in points["style"].unique()]
    if style not in styles:
        raise CivicsimError(f"{where}: no style '{style}'; {nearest(style, styles)}")
    if len(styles) < 2:
        raise CivicsimError(f"{where}: styles: there is no style that {style} could lose to")
    columns = {column.name: column.measure for column in study.protocol.columns}
    if measure not in columns:
        raise CivicsimError(f"{where}: no measure '{measure}'; {nearest(measure, columns)}")
    if study.protocol.measures[columns[measure]].better == "neither":
        raise CivicsimError(f"{where}: {measure}: neither direction is better, so that nothing is lost")
    return tuple(label for label in styles if label != style)


def _numbers(study: Study, trials: int, fresh: int) -> None:
    checks.whole(trials, f"{study.where}: trials", 0, 100_000)
    checks.whole(fresh, f"{study.where}: fresh", 2, 100_000)


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise CivicsimError(f"{path}: is a file, not a folder")
    refuse_links(path, (LOCKS, "batches", "fresh"))
    names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} if path.is_dir() else set()
    # A search that was begun may have no journal yet; one with a journal may contain the user's notes, too.
    others = sorted(names - {"locks", SPREAD}) if JOURNAL not in names else []
    if others:
        raise CivicsimError(f"{path}: holds other files ({others[0]}); choose an empty folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CivicsimError(f"{path}: cannot be written to ({error.strerror or error})") from None
    return path


class _Search:
    """A search in progress."""

    def __init__(
        self,
        study: Study,
        style: str,
        measure: str,
        others: tuple[str, ...],
        factors: Sequence[Factor],
        folder: Path,
        seed: int,
        n_batches: int,
        n_fresh: int,
        progress: Progress | None,
    ) -> None:
        # A rule that adds seeds to some trials would make them differ in precision.
        self.study = dataclasses.replace(study, precision={})
        self.style, self.measure, self.others, self.factors = style, measure, others, factors
        self.folder, self.seed, self.n_batches, self.n_fresh = folder, seed, n_batches, n_fresh
        self.space = space_of(factors)
        self.n_spread = int(study.points["draw"].nunique())
        about = {
            "study": self.study.protocol.digest,
            "seeds": list(self.study.seed_numbers),
            "style": style,
            "measure": measure,
            "seed": seed,
            "space": {key: str(values) for key, values in self.space.items()},
        }
        self.journal = Journal(folder / JOURNAL, about, self.space)
        self._progress, self._began, self._before, self._failed = progress, time.monotonic(), 0, 0
        n_trials = self.n_spread + BATCH * n_batches
        n_runs = n_trials * len(self.study.seed_numbers) + min(_WORST, n_trials) * n_fresh
        self._total = (1 + len(others)) * n_runs

    def go(self, executor: Executor, workers: int) -> Adversary:
        """Complete the search, and return its result."""
        self._executor, self._workers = executor, workers
        parts = list(self._trials())
        runs, draws = _together([part for part, _ in parts]), [draw for _, own in parts for draw in own]
        found = self._table(runs, draws)
        behind = found["behind"].to_numpy()
        if np.isnan(behind).all():
            raise CivicsimError(f"{self.folder}: no trial has a value of {self.measure}")
        order = np.argsort(-np.where(np.isnan(behind), -np.inf, behind), kind="stable")
        chosen = [int(trial) for trial in order[: min(_WORST, int((~np.isnan(behind)).sum()))]]
        worst, protocol = self._again(found, draws, chosen)
        style, other = (
            dataclasses.replace(protocol.scenario(self._point(protocol.points, label)), seed=self._fresh_seeds[0])
            for label in (self.style, str(found["against"][chosen[0]]))
        )
        result = self._result(runs, found, worst, style, other)
        _write_scenarios(self.folder, result)
        return result

    # -- running -------------------------------------------------------------------------------------------------------

    def _trials(self) -> Iterator[tuple[Matched, list[Setting]]]:
        """Yield results and draws of the spread trials, and of each batch of the search."""
        keys = self.study.protocol.factors
        columns = [column_of(self.study.protocol.sections.parameters[key]) for key in self.space]
        first = self.study.points.drop_duplicates("draw").sort_values("draw")
        spread = [{keys[name]: _plain(row[name]) for name in columns} for row in first[columns].to_dict("records")]
        yield self._recorded(self.study, SPREAD, spread, 0)
        for batch in range(self.n_batches):
            before = self.n_spread + BATCH * batch
            own_seed = int(np.random.SeedSequence((self.seed, batch)).generate_state(1)[0])
            draws = proposals(self.journal.trials[:before], self.space, BATCH, own_seed)
            study = self._in_draws(draws, f"trials {before} to {before + BATCH - 1} of a search")
            yield self._recorded(study, f"batches/{batch:04d}", draws, before)

    def _in_draws(self, draws: Sequence[Setting], title: str) -> Study:
        return dataclasses.replace(self.study, title=title, spelt_out=self.study.protocol.with_draws(draws))

    def _recorded(self, study: Study, name: str, draws: list[Setting], before: int) -> tuple[Matched, list[Setting]]:
        """Run trials, add the new ones to the journal, and return them."""
        runs = matched(self._run(study, name), [self.measure])
        behind, _ = _behind(runs, self.measure, self.style)
        for place in range(max(0, len(self.journal.trials) - before), len(draws)):
            self.journal.add(draws[place], float(behind[place]), SPREAD if not before else SEARCH)
        return runs, draws

    def _again(self, found: pd.DataFrame, draws: Sequence[Setting], chosen: Sequence[int]) -> tuple[pd.DataFrame, Any]:
        """Run the worst trials with fresh seeds, and return their differences and the protocol."""
        study = self._in_draws([draws[trial] for trial in chosen], "the worst trials of a search, with fresh seeds")
        self._fresh_seeds = more_seeds(self.study.seed_numbers, self.n_fresh)
        study = dataclasses.replace(study, seeds=self._fresh_seeds)
        name = hashlib.sha256(f"{study.protocol.digest} {self.n_fresh}".encode()).hexdigest()[:8]
        runs = matched(self._run(study, f"fresh/{name}"), [self.measure])
        about, points, values = runs.about(self.measure), runs.points, runs.values[self.measure]
        rows = []
        for place, trial in enumerate(chosen):
            against = str(found["against"][trial])
            own, other = (values[self._point(points, label, place)] for label in (self.style, against))
            pairs = paired_difference(own, other, bounds=about.bounds)
            case = {"trial": trial, "against": against, "searched": found["difference"][trial]}
            rest = {"n": pairs.n, "verdict": verdict_of(pairs, about.matters)}
            rows.append(case | pairs.columns("difference", "") | rest)
        return pd.DataFrame(rows), study.protocol

    def _point(self, points: pd.DataFrame, style: str, draw: int = 0) -> int:
        return int(points["point"][(points["style"] == style) & (points["draw"] == draw)].iloc[0])

    def _run(self, study: Study, name: str) -> Store:
        store = run_study(
            study, self.folder / name, processes=self._workers, executor=self._executor, progress=self._report
        )
        self._before += store.n_runs
        self._failed += store.n_failed
        return store

    def _report(self, standing: Standing) -> None:
        if self._progress is None:
            return
        done = self._before - self._failed + standing.done
        passed = time.monotonic() - self._began
        ended = self._before + standing.done + standing.failed
        left = passed / ended * (self._total - ended) if ended else float("nan")
        self._progress(Standing(done, self._failed + standing.failed, self._total, left))

    # -- results ------------------------------------------------------------------------------------------------------

    def _table(self, runs: Matched, draws: Sequence[Setting]) -> pd.DataFrame:
        behind, against = _behind(runs, self.measure, self.style)
        sign = 1.0 if runs.about(self.measure).better == "higher" else -1.0
        trial = np.arange(len(draws))
        columns: dict[str, Any] = {
            "trial": trial,
            "found": np.where(trial < self.n_spread, SPREAD, SEARCH).astype(object),
        }
        columns |= {"against": against, "difference": -sign * behind + 0.0, "behind": behind}
        frame = pd.DataFrame(columns)
        for factor in self.factors:
            frame[factor.column] = [draw[factor.key] for draw in draws]
        return frame

    def _result(
        self, runs: Matched, found: pd.DataFrame, worst: pd.DataFrame, scenario: Scenario, other: Scenario
    ) -> Adversary:
        about, behind = runs.about(self.measure), found["behind"].to_numpy()
        spread, there = behind[: self.n_spread], ~np.isnan(behind)
        limit = max(float(np.quantile(behind[there], 1.0 - _QUARTER)), 0.0)
        limit = 0.0 if limit <= (about.matters or 0.0) else limit
        names = tuple(factor.column for factor in self.factors)
        box = _box(runs, found, self.style, self.others, names, limit) if limit > 0.0 else None
        return Adversary(
            about,
            self.style,
            self.others,
            trials=found.drop(columns="behind"),
            worst=worst,
            parameters=self._parameters(found, worst),
            n_spread=int((~np.isnan(spread)).sum()),
            n_lost=int((spread > (about.matters or 0.0)).sum()),
            n_failed=int((~there).sum()),
            limit=limit,
            box=box,
            n_seeds=len(self.study.seed_numbers),
            n_fresh=self.n_fresh,
            scenario=scenario,
            other=other,
        )

    def _parameters(self, found: pd.DataFrame, worst: pd.DataFrame) -> pd.DataFrame:
        """Return the parameters, the most important first."""
        shares = shares_of(self.journal.trials[: len(found)], self.space, self.seed)
        behind = found["behind"].to_numpy()
        ill = found[behind >= np.nanquantile(behind, 1.0 - _QUARTER)]
        rows: list[dict[str, Any]] = []
        for factor in self.factors:
            ends = (np.nan, np.nan) if factor.range is None else (factor.range.low, factor.range.high)
            numbers = pd.api.types.is_numeric_dtype(ill[factor.column]) and factor.range is not None
            middle = ill[factor.column].quantile([0.25, 0.75]).tolist() if numbers else [np.nan, np.nan]
            at_worst = found[factor.column][worst["trial"].iloc[0]]
            values = (shares[factor.key], *ends, _usual(self.study, factor), at_worst, *middle)
            rows.append(dict(zip(_PARAMETER, (factor.column, *values), strict=True)))
        rows.append({"parameter": NOTHING, "share": shares[NOTHING]})
        return pd.DataFrame(rows).sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


_PARAMETER = ("parameter", "share", "low", "high", "usual", "worst", "from", "to")


def _usual(study: Study, factor: Factor) -> Value:
    base = next(iter(study.protocol.bases.values()))
    value: Value = getattr(getattr(base, factor.about.section), factor.about.name)
    return value


def _plain(value: Any) -> Value:
    plain: Value = value.item() if hasattr(value, "item") else value
    return plain


def _together(parts: Sequence[Matched]) -> Matched:
    """Return results of several sets of draws as one, with consecutive draws."""
    frames, before = [], 0
    for part in parts:
        frames.append(part.points.assign(draw=part.points["draw"] + before))
        before += int(part.points["draw"].nunique())
    points = pd.concat(frames, ignore_index=True).assign(point=lambda frame: np.arange(len(frame)))
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].columns}
    return dataclasses.replace(parts[0], points=points, values=values, failed=frozenset())


def _behind(runs: Matched, measure: str, style: str) -> tuple[np.ndarray, list[str]]:
    """Return, by draw, the distance of a style to the best other one (below 0 where it is ahead), and that one."""
    own, rivals = _by_draw(runs, measure, style)
    sign = 1.0 if runs.about(measure).better == "higher" else -1.0
    means = np.stack([sign * mean_of(values - own, axis=1) for values in rivals.values()])
    best = np.where(np.isnan(means), -np.inf, means).argmax(axis=0)
    labels = list(rivals)
    return means[best, np.arange(means.shape[1])], [labels[place] for place in best]


def _by_draw(runs: Matched, measure: str, style: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return values by draw and seed of a style and of all others."""
    of = {}
    for label, rows in runs.points.groupby("style", sort=False):
        of[str(label)] = runs.values[measure][rows.sort_values("draw")["point"].to_numpy()]
    return of.pop(style), of


def _box(
    runs: Matched, found: pd.DataFrame, style: str, others: tuple[str, ...], names: tuple[str, ...], limit: float
) -> Discovery | None:
    """Return the box around the trials in which a style is behind by more than ``limit``."""
    (measure,) = runs.columns
    own, rivals = _by_draw(runs, measure, style)
    best = np.stack([rivals[label][trial] for trial, label in enumerate(found["against"])])
    n, against = len(found), others[0] if len(others) == 1 else _BEST
    draws = np.tile(np.arange(n), 2)
    both = {"point": np.arange(2 * n), "policy": np.repeat([0, 1], n), "future": draws, "draw": draws, "setting": 0}
    both |= {"style": np.repeat([style, against], n), "shock": "", "against": draws + n}
    points = pd.DataFrame(both | {name: np.tile(found[name].to_numpy(), 2) for name in names})
    columns = {measure: dataclasses.replace(runs.about(measure), matters=limit)}
    values = {measure: np.concatenate([own, best])}
    try:
        return discover(Matched(points, names, runs.seeds, columns, values, where=runs.where), measure, style, against)
    except CivicsimError as error:
        if "cases with a value" in str(error):
            return None
        raise


def _write_scenarios(folder: Path, found: Adversary) -> None:
    """Write the worst case as two scenario files that differ in levers only."""
    first = found.worst.iloc[0]
    command = f"civicsim compare {WORST} {OTHER} --baseline {OTHER} --seeds {found.n_fresh}"
    words = (
        f"# The case in which {found.style} loses most on {found.about.column}: difference from {first['against']} of "
        f"{first['difference']:+.5g}\n# ({first['low']:+.5g} to {first['high']:+.5g}) over {first['n']} fresh seeds. To run it again:\n#     {command}\n"
    )
    for name, scenario in ((WORST, found.scenario), (OTHER, found.other)):
        (folder / name).write_text(words + scenario.to_toml(), encoding="utf-8", newline="\n")
