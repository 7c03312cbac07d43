"""Where does a style lose most? A search for the assumptions under which it is furthest behind the best of the others.

First come the study's own draws, spread evenly over what nobody knows; they say how often the style loses. Then a sampler
looks for where it loses most. The largest of many noisy numbers is too large (the winner's curse), so that the worst cases are
lived again with seeds that had no part in the search. Only what nobody knows is searched, never what somebody decides.

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
"""Trials that are proposed and run at a time, however many processes there are, so that results do not depend on them."""
TRIALS, FRESH = 200, 30
_WORST = 5
"""Worst trials that are lived again with fresh seeds. Assumption."""
_QUARTER = 0.25
"""Share of the trials that counts as the worst ones, around which a box is looked for. Assumption."""
_BEST = "the best of the others"
JOURNAL, WORST, OTHER = "journal.log", "worst.toml", "worst-other.toml"


@dataclass(frozen=True, repr=False, eq=False)
class Adversary:
    """Where a style loses most, as far as a search has found.

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
        A row per case that was lived again, in the order of the search: trial, against, searched (difference in the search,
        which is too large), difference, low, high (95 % t interval over fresh seeds), n, verdict.
    parameters : pandas.DataFrame
        A row per parameter, the one that matters most first: parameter, share (of variance over the whole space, by fANOVA; the
        row "(nothing)" is what chance makes of one), low, high (what was searched), usual (its value where nothing is said),
        worst (value in the worst case), from, to (middle half of the worst quarter of trials; NaN without numbers).
    n_spread, n_lost, n_failed : int
        Evenly spread trials, those of them in which it loses by more than what matters, and trials without a value.
    limit : float
        How far behind it is, at least, in the worst quarter of trials.
    box : Discovery or None
        Where that quarter lies; None where it loses in none of it, or there are too few trials.
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
        """In two sentences how often it loses, and where it loses most."""
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
        """In a sentence what is known of where the worst trials lie."""
        if not self.limit > 0.0:
            return "It is behind in less than a quarter of all trials, so that there is no box around a worst quarter."
        if self.box is None:
            return "There are too few trials to look for a box around the worst of them."
        start = f"The worst quarter of trials, behind by more than {self.limit:.3g}"
        if not len(self.box.boxes):
            return f"{start}: no box was found that tells where they lie."
        kept = self.box.density_elsewhere
        if np.isnan(kept):
            return f"{start}; there are too few to try the boxes on others."
        return (
            f"{start}. On trials the tree had not seen, the boxes held {self.box.coverage_elsewhere:.0%} of them, and "
            f"{kept:.0%} of what they held was among them."
        )

    def __repr__(self) -> str:
        return f"Adversary({self.style} on {self.about.column}: {len(self.trials)} trials)"

    def _repr_html_(self) -> str:
        frames = [self.worst, self.parameters.head(10)]
        frames += [] if self.box is None else [self.box.boxes]
        tables = "".join(frame.to_html(index=False, border=0, na_rep="–") for frame in frames)
        return f"<div><p>{escape(self.words)}</p><p>{escape(self.box_words)}</p>{tables}</div>"


def adversary(
    study: Study, style: str, measure: str, out: str | Path, *, free: Sequence[str] = (), trials: int = TRIALS,
    fresh: int = FRESH, seed: int = 1, processes: int | None = None, timeout: float | None = None, memory: float = 0.0,
    executor: Executor | None = None, progress: Progress | None = None,
) -> Adversary:  # fmt: skip
    """Search for where a style is furthest behind the best other one, and return what was found.

    The folder keeps every run and a journal of the trials. The same call again does what is missing, and comes to what an
    undisturbed one comes to; with more trials it goes on from those that are there.

    Parameters
    ----------
    study : Study
        At least two styles in one setting; the draws of its uncertainties are the evenly spread trials.
    style : str
        The style that is to lose.
    measure : str
        Column of the table of runs; one way has to be better.
    out : str or Path
        Folder of results.
    free : sequence of str
        Parameters, or sections of them, that are searched over all they allow, beside the study's uncertainties.
    trials : int
        Trials of the search, beyond those that are spread evenly; rounded up to whole batches of eight. From 0.
    fresh : int
        Seeds, after those of the study, with which the worst cases are lived again. From 2.
    seed : int
        Seed of the sampler.
    processes, timeout, memory, executor, progress
        As in :func:`civicsim.study.run.runner.run_study`.

    Raises
    ------
    CivicsimError
        If Optuna or scikit-learn is missing, a name is unknown, there is nothing to search or several settings, or the folder
        holds something else.
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
    """Return a study in which more is uncertain: parameters, or all uncertain ones of sections, over all that they allow.

    Raises
    ------
    CivicsimError
        If one is not there, or is something that somebody decides or defines.
    """
    more: dict[str, Any] = {}
    sections = study.protocol.sections
    for name in free:
        section = [about for about in sections.get(name, {}).values() if about.role == "uncertainty"]
        if name in sections and not section:
            raise CivicsimError(f"{study.where}: free: [{name}] holds nothing that is uncertain")
        for about in section or [sections.find(name, f"{study.where}: free")]:
            more[about.key] = list(about.choices) if about.choices else FULL
    if not more:
        return study
    said = {factor.key for factor in _uncertain(study)}
    held = {factor.key for factor in read_factors(study.factors, study.where, sections=sections)}
    added = {key: value for key, value in more.items() if key not in said | held}
    return study.with_(uncertainties={**study.uncertainties, **added})


def _uncertain(study: Study) -> tuple[Factor, ...]:
    return read_factors(study.uncertainties, study.where, "uncertainties", study.protocol.sections)


def _check(study: Study, style: str, measure: str) -> tuple[str, ...]:
    """Return the other styles of a study that can be searched."""
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
                f"{where}: uncertainties: {factor.key} is a {factor.about.role}, which is no matter of not knowing; hold it under "
                "[factors]"
            )
    if points["setting"].nunique() > 1 or points["shock"].nunique() > 1:
        what = "settings" if points["setting"].nunique() > 1 else "sets of shocks"
        raise CivicsimError(f"{where}: a search is in one setting and one set of shocks; there are several {what}")
    styles = [str(label) for label in points["style"].unique()]
    if style not in styles:
        raise CivicsimError(f"{where}: no style '{style}'; {nearest(style, styles)}")
    if len(styles) < 2:
        raise CivicsimError(f"{where}: styles: there is nothing that {style} could lose to")
    columns = {column.name: column.measure for column in study.protocol.columns}
    if measure not in columns:
        raise CivicsimError(f"{where}: no measure '{measure}'; {nearest(measure, columns)}")
    if study.protocol.measures[columns[measure]].better == "neither":
        raise CivicsimError(f"{where}: {measure}: neither way is better, so that nothing is lost")
    return tuple(label for label in styles if label != style)


def _numbers(study: Study, trials: int, fresh: int) -> None:
    if not 0 <= trials <= 100_000:
        raise CivicsimError(f"{study.where}: trials = {trials}: expected a whole number from 0 to 100000")
    if not 2 <= fresh <= 100_000:
        raise CivicsimError(f"{study.where}: fresh = {fresh}: expected a whole number of seeds from 2 to 100000")


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise CivicsimError(f"{path}: is a file, not a folder")
    refuse_links(path, (LOCKS, "batches", "fresh"))
    names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} if path.is_dir() else set()
    # One that was begun may have no journal yet; one that has a journal may hold notes of one's own, too.
    others = sorted(names - {"locks", SPREAD}) if JOURNAL not in names else []
    if others:
        raise CivicsimError(f"{path}: holds other files ({others[0]}); choose an empty folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CivicsimError(f"{path}: cannot be written to ({error.strerror or error})") from None
    return path


class _Search:
    """A search under way."""

    def __init__(
        self, study: Study, style: str, measure: str, others: tuple[str, ...], factors: Sequence[Factor], folder: Path,
        seed: int, n_batches: int, n_fresh: int, progress: Progress | None,
    ) -> None:  # fmt: skip
        # A rule that adds seeds here and there would make trials differ in how exactly they are known.
        self.study = dataclasses.replace(study, precision={})
        self.style, self.measure, self.others, self.factors = style, measure, others, factors
        self.folder, self.seed, self.n_batches, self.n_fresh = folder, seed, n_batches, n_fresh
        self.space = space_of(factors)
        self.n_spread = int(study.points["draw"].nunique())
        about = {
            "study": self.study.protocol.digest, "seeds": list(self.study.seed_numbers), "style": style, "measure": measure,
            "seed": seed, "space": {key: str(values) for key, values in self.space.items()},
        }  # fmt: skip
        self.journal = Journal(folder / JOURNAL, about, self.space)
        self._progress, self._began, self._before, self._failed = progress, time.monotonic(), 0, 0
        n_lived = min(_WORST, self.n_spread + BATCH * n_batches)
        each = 1 + len(others)
        self._total = each * (
            (self.n_spread + BATCH * n_batches) * len(self.study.seed_numbers) + n_lived * n_fresh
        )  # fmt: skip

    def go(self, executor: Executor, workers: int) -> Adversary:
        """Do what is missing, and return what was found."""
        self._executor, self._workers = executor, workers
        parts = list(self._trials())
        lived, draws = _together([part for part, _ in parts]), [draw for _, own in parts for draw in own]
        found = self._table(lived, draws)
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
        result = self._result(lived, found, draws, worst, style, other)
        _write_scenarios(self.folder, result)
        return result

    # -- running -------------------------------------------------------------------------------------------------------

    def _trials(self) -> Iterator[tuple[Matched, list[Setting]]]:
        """Yield results and draws of the spread trials, and of each batch of the search."""
        keys = self.study.protocol.factors
        columns = [column_of(self.study.protocol.sections.parameters[key]) for key in self.space]
        first = self.study.points.drop_duplicates("draw").sort_values("draw")
        spread = [
            {keys[name]: _plain(row[name]) for name in columns} for row in first[columns].to_dict("records")
        ]  # fmt: skip
        yield self._told(self.study, SPREAD, spread, 0)
        for batch in range(self.n_batches):
            before = self.n_spread + BATCH * batch
            own_seed = int(np.random.SeedSequence((self.seed, batch)).generate_state(1)[0])
            draws = proposals(self.journal.trials[:before], self.space, BATCH, own_seed)
            study = self._in_draws(draws, f"trials {before} to {before + BATCH - 1} of a search")
            yield self._told(study, f"batches/{batch:04d}", draws, before)

    def _in_draws(self, draws: Sequence[Setting], title: str) -> Study:
        return dataclasses.replace(self.study, title=title, spelt_out=self.study.protocol.with_draws(draws))

    def _told(self, study: Study, name: str, draws: list[Setting], before: int) -> tuple[Matched, list[Setting]]:
        """Run trials, add those to the journal that it lacks, and return them."""
        lived = matched(self._run(study, name), [self.measure])
        behind, _ = _behind(lived, self.measure, self.style)
        told = len(self.journal.trials)
        for place in range(max(0, told - before), len(draws)):
            self.journal.add(draws[place], float(behind[place]), SPREAD if not before else SEARCH)
        return lived, draws

    def _again(self, found: pd.DataFrame, draws: Sequence[Setting], chosen: Sequence[int]) -> tuple[pd.DataFrame, Any]:
        """Live the worst trials with fresh seeds, and return how they differ then, and what was run."""
        study = self._in_draws([draws[trial] for trial in chosen], "the worst trials of a search, with fresh seeds")
        self._fresh_seeds = more_seeds(self.study.seed_numbers, self.n_fresh)
        study = dataclasses.replace(study, seeds=self._fresh_seeds)
        name = hashlib.sha256(f"{study.protocol.digest} {self.n_fresh}".encode()).hexdigest()[:8]
        lived = matched(self._run(study, f"fresh/{name}"), [self.measure])
        about, points, values = lived.about(self.measure), lived.points, lived.values[self.measure]
        rows = []
        for place, trial in enumerate(chosen):
            against = str(found["against"][trial])
            own, other = (values[self._point(points, label, place)] for label in (self.style, against))
            pairs = paired_difference(own, other, bounds=about.bounds)
            rows.append({
                "trial": trial, "against": against, "searched": found["difference"][trial], "difference": pairs.mean,
                "low": pairs.low, "high": pairs.high, "n": pairs.n, "verdict": verdict_of(pairs, about.matters),
            })  # fmt: skip
        return pd.DataFrame(rows), study.protocol

    def _point(self, points: pd.DataFrame, style: str, draw: int = 0) -> int:
        return int(points["point"][(points["style"] == style) & (points["draw"] == draw)].iloc[0])

    def _run(self, study: Study, name: str) -> Store:
        store = run_study(
            study, self.folder / name, processes=self._workers, executor=self._executor, progress=self._say
        )
        self._before += store.n_runs
        self._failed += store.n_failed
        return store

    def _say(self, standing: Standing) -> None:
        if self._progress is None:
            return
        done = self._before - self._failed + standing.done
        passed = time.monotonic() - self._began
        ended = self._before + standing.done + standing.failed
        left = passed / ended * (self._total - ended) if ended else float("nan")
        self._progress(Standing(done, self._failed + standing.failed, self._total, left))

    # -- what was found ------------------------------------------------------------------------------------------------

    def _table(self, lived: Matched, draws: Sequence[Setting]) -> pd.DataFrame:
        behind, against = _behind(lived, self.measure, self.style)
        sign = 1.0 if lived.about(self.measure).better == "higher" else -1.0
        frame = pd.DataFrame({
            "trial": np.arange(len(draws)), "found": [SPREAD if k < self.n_spread else SEARCH for k in range(len(draws))],
            "against": against, "difference": -sign * behind + 0.0, "behind": behind,
        })  # fmt: skip
        for factor in self.factors:
            frame[factor.column] = [draw[factor.key] for draw in draws]
        return frame

    def _result(
        self, lived: Matched, found: pd.DataFrame, draws: Sequence[Setting], worst: pd.DataFrame, scenario: Scenario,
        other: Scenario,
    ) -> Adversary:  # fmt: skip
        about, behind = lived.about(self.measure), found["behind"].to_numpy()
        spread, there = behind[: self.n_spread], ~np.isnan(behind)
        limit = max(float(np.quantile(behind[there], 1.0 - _QUARTER)), 0.0)
        limit = 0.0 if limit <= (about.matters or 0.0) else limit
        names = tuple(factor.column for factor in self.factors)
        box = _box(lived, found, self.style, self.others, names, limit) if limit > 0.0 else None
        return Adversary(
            about, self.style, self.others, found.drop(columns="behind"), worst, self._parameters(found, worst),
            int((~np.isnan(spread)).sum()), int((spread > (about.matters or 0.0)).sum()), int((~there).sum()), limit, box,
            len(self.study.seed_numbers), self.n_fresh, scenario, other,
        )  # fmt: skip

    def _parameters(self, found: pd.DataFrame, worst: pd.DataFrame) -> pd.DataFrame:
        """Return the parameters in order of how much results depend on them."""
        shares = shares_of(self.journal.trials[: len(found)], self.space, self.seed)
        behind = found["behind"].to_numpy()
        ill = found[behind >= np.nanquantile(behind, 1.0 - _QUARTER)]
        rows: list[dict[str, Any]] = []
        for factor in self.factors:
            ends = (np.nan, np.nan) if factor.range is None else (factor.range.low, factor.range.high)
            numbers = pd.api.types.is_numeric_dtype(ill[factor.column]) and factor.range is not None
            middle = ill[factor.column].quantile([0.25, 0.75]).tolist() if numbers else [np.nan, np.nan]
            rows.append({
                "parameter": factor.column, "share": shares[factor.key], "low": ends[0], "high": ends[1],
                "usual": _usual(self.study, factor), "worst": found[factor.column][worst["trial"].iloc[0]],
                "from": middle[0], "to": middle[1],
            })  # fmt: skip
        rows.append({"parameter": NOTHING, "share": shares[NOTHING]})
        return pd.DataFrame(rows).sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


def _usual(study: Study, factor: Factor) -> Value:
    base = next(iter(study.protocol.bases.values()))
    value: Value = getattr(getattr(base, factor.about.section), factor.about.name)
    return value


def _plain(value: Any) -> Value:
    plain: Value = value.item() if hasattr(value, "item") else value
    return plain


def _together(parts: Sequence[Matched]) -> Matched:
    """Return results of several sets of draws as one, with draws numbered on."""
    frames, before = [], 0
    for part in parts:
        frames.append(part.points.assign(draw=part.points["draw"] + before))
        before += int(part.points["draw"].nunique())
    points = pd.concat(frames, ignore_index=True).assign(point=lambda frame: np.arange(len(frame)))
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].columns}
    return dataclasses.replace(parts[0], points=points, values=values, failed=frozenset())


def _behind(lived: Matched, measure: str, style: str) -> tuple[np.ndarray, list[str]]:
    """Return, by draw, how far a style is behind the best other one, and which that is; below 0 where it is ahead."""
    own, rivals = _by_draw(lived, measure, style)
    sign = 1.0 if lived.about(measure).better == "higher" else -1.0
    means = np.stack([sign * mean_of(values - own, axis=1) for values in rivals.values()])
    best = np.where(np.isnan(means), -np.inf, means).argmax(axis=0)
    labels = list(rivals)
    return means[best, np.arange(means.shape[1])], [labels[place] for place in best]


def _by_draw(lived: Matched, measure: str, style: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return values by draw and seed of a style and of all others."""
    of = {}
    for label, rows in lived.points.groupby("style", sort=False):
        of[str(label)] = lived.values[measure][rows.sort_values("draw")["point"].to_numpy()]
    return of.pop(style), of


def _box(
    lived: Matched, found: pd.DataFrame, style: str, others: tuple[str, ...], names: tuple[str, ...], limit: float
) -> Discovery | None:
    """Return where the trials lie in which a style is behind by more than ``limit``."""
    (measure,) = lived.columns
    own, rivals = _by_draw(lived, measure, style)
    best = np.stack([rivals[label][trial] for trial, label in enumerate(found["against"])])
    n, against = len(found), others[0] if len(others) == 1 else _BEST
    draws = np.arange(n)
    both = {
        "point": np.arange(2 * n), "policy": np.repeat([0, 1], n), "future": np.tile(draws, 2),
        "style": np.repeat([style, against], n), "setting": 0, "draw": np.tile(draws, 2), "shock": "",
        "against": np.tile(draws + n, 2), **{name: np.tile(found[name].to_numpy(), 2) for name in names},
    }  # fmt: skip
    about = dataclasses.replace(lived.about(measure), matters=limit)
    runs = Matched(
        pd.DataFrame(both),
        names,
        lived.seeds,
        {measure: about},
        {measure: np.concatenate([own, best])},
        where=lived.where,
    )
    try:
        return discover(runs, measure, style, against)
    except CivicsimError as error:
        if "cases with a value" in str(error):
            return None
        raise


def _write_scenarios(folder: Path, found: Adversary) -> None:
    """Write the worst case as two scenario files that differ in levers only."""
    first = found.worst.iloc[0]
    command = f"civicsim compare {WORST} {OTHER} --baseline {OTHER} --seeds {found.n_fresh}"
    words = (
        f"# Where {found.style} was found to lose most on {found.about.column}: difference from {first['against']} of "
        f"{first['difference']:+.5g}\n# ({first['low']:+.5g} to {first['high']:+.5g}) over {first['n']} fresh seeds. To live it again:\n#     {command}\n"
    )
    for name, scenario in ((WORST, found.scenario), (OTHER, found.other)):
        (folder / name).write_text(words + scenario.to_toml(), encoding="utf-8", newline="\n")
