"""Adversarial search: the assumptions under which a style is furthest behind the best of the others.

The study's own draws come first, spread evenly over the uncertainties; they show how often the style loses. Then a sampler
searches for where it loses most. The largest of many noisy numbers is too large (the winner's curse), so that the worst cases
are run again with seeds that had no part in the search. Only uncertainties are searched, never decisions.

Source: Lempert, Popper and Bankes (2003), Shaping the Next One Hundred Years, on stress tests of policies over many
futures; Smith and Winkler (2006, Management Science 52:311) on the optimizer's curse.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import paired_difference, wilson
from civicsim.experiment.wording import outcome, percent, scale_of
from civicsim.extras import need
from civicsim.scenario.scenario import Scenario
from civicsim.study.analysis.contrasts import verdict_of
from civicsim.study.analysis.discovery import Discovery, discover
from civicsim.study.analysis.matched import About, Matched
from civicsim.study.analysis.search import NOTHING, described, shares_of
from civicsim.study.analysis.trials import BATCH, JOURNAL, SEARCH, SPREAD, WORST_CASES, Trials, Values, distances
from civicsim.study.design.designs import Setting
from civicsim.study.design.factors import FULL, Factor
from civicsim.study.design.notebook import notebook_view
from civicsim.study.design.study import Study
from civicsim.study.run.executors import working
from civicsim.study.run.runner import Progress
from civicsim.study.store.files import needing_room
from civicsim.study.store.folder import load_study, make_folder
from civicsim.study.store.holdings import MANIFEST, read_manifest
from civicsim.study.store.lock import LOCKS, running

if TYPE_CHECKING:
    from concurrent.futures import Executor

TRIALS, FRESH = 200, 30
_QUARTER = 0.25
"""Share of the trials that counts as the worst ones, around which a box is searched. Assumption."""
_BEST = "the best of the others"
WORST, OTHER = "worst.toml", "worst-other.toml"


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
    seed : int
        Seed of the search.
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
    seed: int
    scenario: Scenario
    other: Scenario

    @property
    def words(self) -> str:
        """How often the style loses, and where it loses most, in words."""
        low, high = wilson(self.n_lost, self.n_spread)
        first, scale = self.worst.iloc[0], scale_of(self.about.unit)
        matters = f" by more than {scale.change(self.about.matters, sign=False)}" if self.about.matters else ""
        return (
            f"{self.style} is behind {' or '.join(self.others)} on {self.about.label}{matters} in {self.n_lost} of "
            f"{self.n_spread} evenly spread trials ({percent(self.n_lost / self.n_spread)}, interval {percent(low)} to "
            f"{percent(high)}). The worst of {len(self.trials)} trials, number {first['trial']}, simulated again with "
            f"{first['n']} fresh seeds: {scale.difference(first['difference'], first['low'], first['high'])} against "
            f"{first['against']}, {outcome(first['verdict'], self.about.better)}. The search, which picks out what looks worst, "
            f"saw {scale.change(first['searched'])}."
        )

    @property
    def box_words(self) -> str:
        """How well a box tells where the worst trials lie, in words."""
        if not self.limit > 0.0:
            return (
                "No conditions are listed: they would describe the quarter of trials in which it is furthest behind, and it is "
                "behind in fewer than that."
            )
        if self.box is None:
            return "There are too few trials to find a box around the worst of them."
        start = f"The worst quarter of trials, behind by more than {scale_of(self.about.unit).change(self.limit, sign=False)}"
        if not len(self.box.boxes):
            return f"{start}: no box separates them from the others."
        kept = self.box.density_elsewhere
        if np.isnan(kept):
            return f"{start}; there are too few to validate the boxes."
        return (
            f"{start}. In cross-validation, the boxes contain {percent(self.box.coverage_elsewhere)} of them, and {percent(kept)} of the "
            "trials in the boxes are among them."
        )

    def __repr__(self) -> str:
        return f"Adversary({self.style} on {self.about.column}: {len(self.trials)} trials)"

    def _repr_html_(self) -> str:
        boxes = [] if self.box is None else [self.box.boxes]
        return notebook_view(self.words, self.box_words, self.worst, self.parameters.head(10), *boxes)


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
    need("search", "adversary")
    study = opened(study, free)
    factors, others = _checked(study, style, measure)
    checks.whole(trials, f"{study.where}: trials", 0, 100_000)
    checks.whole(fresh, f"{study.where}: fresh", 2, 100_000)
    folder = Path(out)
    # A search that was begun may have no journal yet; one with a journal may contain the user's notes, too.
    make_folder(folder, JOURNAL, {LOCKS, SPREAD}, (LOCKS, "batches", "fresh"))
    with needing_room(folder), running(folder, 1, 1):
        # A rule that adds seeds to some trials would make them differ in precision.
        study = dataclasses.replace(study, precision={})
        with working(executor, processes, timeout, memory, study) as (own, workers):
            sizes = seed, -(-trials // BATCH), fresh
            found = _found(Trials(study, style, measure, others, factors, folder, *sizes, progress, own, workers))
        _write_scenarios(folder, found)
        return found


def stored_search(folder: str | Path) -> Adversary:
    """Return what a completed search found, from the runs and the journal in its folder.

    Raises
    ------
    CivicsimError
        If the folder holds no search, one that was interrupted, or one with code of its own.
    """
    need("search", "the report of a search")
    with tempfile.TemporaryDirectory(prefix="civicsim-") as scratch:
        # A journal that is opened gets new lines, and the folder stays as it is.
        root = Path(shutil.copytree(folder, Path(scratch) / "search", symlinks=True))
        about, n_trials = described(root / JOURNAL)
        again = sorted((root / "fresh").glob(f"*/{MANIFEST}"), key=lambda path: path.stat().st_mtime)
        if not again:
            raise CivicsimError(
                f"{folder}: the search was interrupted; repeat the command that began it to complete it"
            )
        study, fresh = load_study(root / SPREAD), len(read_manifest(again[-1].parent)["seeds"])
        if study.protocol.code is not None:
            raise CivicsimError(
                f"{folder}: the search has code of its own, which is only executed by the command that began it"
            )
        trials = n_trials - int(study.points["draw"].nunique())
        how: dict[str, Any] = {"trials": trials, "fresh": fresh, "seed": about["seed"], "processes": 0}
        return adversary(study, about["style"], about["measure"], root, **how)


def opened(study: Study, free: Sequence[str]) -> Study:
    """Return a study with more uncertainties: parameters, or all uncertain ones of sections, over their whole range."""
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
    there = {factor.key for factor in (*study.drawn, *study.swept)}
    added = {key: value for key, value in more.items() if key not in there}
    return study.with_(uncertainties={**study.uncertainties, **added})


def _checked(study: Study, style: str, measure: str) -> tuple[list[Factor], tuple[str, ...]]:
    """Return the parameters to search over and the other styles, if a study can be searched."""
    where, points = study.where, study.points
    for key, what in (("file", "a file of draws"), ("posterior", "parameter sets of a calibration")):
        if key in study.uncertainties:
            raise CivicsimError(f"{where}: uncertainties: a search needs ranges, not {what}")
    factors = [factor for factor in study.drawn if not factor.held]
    if not factors:
        raise CivicsimError(
            f'{where}: nothing to search: put ranges under [uncertainties], such as "voice.intercept" = {{ low = -1.8, high = '
            "-1.0 }, or name parameters with --free"
        )
    for factor in study.drawn:
        if factor.about.role != "uncertainty":
            raise CivicsimError(
                f"{where}: uncertainties: {factor.key} is a {factor.about.role}, not an uncertainty; hold it under [factors]"
            )
    for key, what in (("setting", "settings"), ("shock", "sets of shocks")):
        if points[key].nunique() > 1:
            raise CivicsimError(f"{where}: a search is in one setting and one set of shocks; there are several {what}")
    styles = [str(label) for label in points["style"].unique()]
    checks.keys([style], styles, f"{where}: no style")
    if len(styles) < 2:
        raise CivicsimError(f"{where}: styles: there is no style that {style} could lose to")
    columns = {column.name: column.measure for column in study.protocol.columns}
    checks.keys([measure], columns, f"{where}: no measure")
    name = columns[measure]
    if study.better.get(name, study.protocol.measures[name].better) == "neither":
        raise CivicsimError(f"{where}: {measure}: neither direction is better, so nothing is lost")
    return factors, tuple(label for label in styles if label != style)


def _found(search: Trials) -> Adversary:
    """Complete a search, and return its result."""
    values, draws = search.every()
    about, sign, n = search.about, search.about.sign, len(draws)
    behind, against = distances(values, search.style, sign)
    there = ~np.isnan(behind)
    if not there.any():
        raise CivicsimError(f"{search.folder}: no trial has a value of {search.measure}")
    kinds = [SPREAD] * search.n_spread + [SEARCH] * (n - search.n_spread)
    columns = {"trial": range(n), "found": kinds, "against": against, "difference": -sign * behind + 0.0}
    parameters = {factor.column: [draw[factor.key] for draw in draws] for factor in search.factors}
    trials = pd.DataFrame(columns | parameters)
    chosen = np.argsort(-behind, kind="stable")[: min(WORST_CASES, int(there.sum()))]
    worst, scenario, other = _again(search, trials.iloc[chosen], [draws[trial] for trial in chosen])
    matters, spread = about.matters or 0.0, behind[: search.n_spread]
    limit = max(float(np.quantile(behind[there], 1.0 - _QUARTER)), 0.0)
    limit = limit if limit > matters else 0.0
    return Adversary(
        about,
        search.style,
        search.others,
        trials,
        worst,
        _parameters(search, trials, behind, int(chosen[0])),
        n_spread=int((~np.isnan(spread)).sum()),
        n_lost=int((spread > matters).sum()),
        n_failed=int((~there).sum()),
        limit=limit,
        box=_box(search, values, trials, list(parameters), limit) if limit > 0.0 else None,
        n_seeds=len(search.study.seed_numbers),
        n_fresh=search.n_fresh,
        seed=search.seed,
        scenario=scenario,
        other=other,
    )


def _again(search: Trials, cases: pd.DataFrame, draws: list[Setting]) -> tuple[pd.DataFrame, Scenario, Scenario]:
    """Return the differences of the worst trials with fresh seeds, and the worst as scenarios of both styles."""
    (values, study), rows = search.again(draws), []
    for place, case in enumerate(cases.to_dict("records")):
        own, other = values[search.style][place], values[case["against"]][place]
        pairs = paired_difference(own, other, bounds=search.about.bounds)
        row = {"trial": case["trial"], "against": case["against"], "searched": case["difference"]}
        rest = {"n": pairs.n, "verdict": verdict_of(pairs, search.about.matters)}
        rows.append(row | pairs.columns("difference", "") | rest)
    point = study.points[study.points["draw"] == 0].set_index("style")["point"]
    style, other_style = (
        dataclasses.replace(study.scenario(int(point[label])), seed=study.seed_numbers[0])
        for label in (search.style, rows[0]["against"])
    )
    return pd.DataFrame(rows), style, other_style


def _parameters(search: Trials, trials: pd.DataFrame, behind: np.ndarray, worst: int) -> pd.DataFrame:
    """Return the parameters, the most important first."""
    shares = shares_of(search.journal.trials[: len(trials)], search.space, search.seed)
    ill = trials[behind >= np.nanquantile(behind, 1.0 - _QUARTER)]
    base = next(iter(search.study.protocol.bases.values()))
    rows: list[dict[str, Any]] = []
    for factor in search.factors:
        column = factor.column
        row = {"parameter": column, "share": shares[factor.key], "low": np.nan, "high": np.nan}
        row |= {"usual": base.value_of(factor.key), "worst": trials[column][worst]}
        if factor.range is not None:
            low, high = ill[column].quantile([0.25, 0.75])
            row |= {"low": factor.range.low, "high": factor.range.high, "from": low, "to": high}
        rows.append(row)
    rows.append({"parameter": NOTHING, "share": shares[NOTHING]})
    columns = ["parameter", "share", "low", "high", "usual", "worst", "from", "to"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _box(search: Trials, values: Values, trials: pd.DataFrame, names: list[str], limit: float) -> Discovery | None:
    """Return the box around the trials in which the style is behind by more than ``limit``; None for too few trials."""
    best = np.stack([values[label][trial] for trial, label in enumerate(trials["against"])])
    n, against = len(trials), search.others[0] if len(search.others) == 1 else _BEST
    draws = np.tile(np.arange(n), 2)
    both = {"point": np.arange(2 * n), "policy": np.repeat([0, 1], n), "future": draws, "draw": draws, "setting": 0}
    both |= {"style": np.repeat([search.style, against], n), "shock": "", "against": draws + n}
    points = pd.DataFrame(both | {name: np.tile(trials[name].to_numpy(), 2) for name in names})
    columns = {search.measure: dataclasses.replace(search.about, matters=limit)}
    cells = {search.measure: np.concatenate([values[search.style], best])}
    runs = Matched(points, tuple(names), search.study.seed_numbers, columns, cells, where=str(search.folder))
    try:
        return discover(runs, search.measure, search.style, against)
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
