"""Statistics of simulated organisations that can be compared with published data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from civicsim.experiment.run import Progress, Result, burn_in, run
from civicsim.experiment.statistics import estimate
from civicsim.experiment.variance import icc_ratio, variance_shares
from civicsim.model.cohort import Cohort
from civicsim.model.organisation import FROM_NEIGHBOURS, ORIGINS, RIGHT, STAFF
from civicsim.scenario.scenario import Scenario

WEEKS = 104
"""Weeks of a run: two years, each with a staff survey."""
PRESSED = {"fear": 0.9, "target_salience": 1.0}
"""Levers while a target is pressed: two levers of the status quo turned up."""
_LIKENESS = {"safe": "survey_safe", "burnt_out": "survey_burnt_out"}
"""Questions of the survey whose answers are compared between teams and organisations."""
_PER_CENT = 100.0
_QUESTIONS = ("burnt_out", "safe", "addressed", "suggestions", "improvements", "enough_staff", "valued")
_SURVEY = tuple(f"survey_{question}" for question in _QUESTIONS)
_POOLED = ("team_icc", "organisation_icc", "organisation_over_team")
STATISTICS = (
    *(*_SURVEY, "safe_minus_addressed", "suggestions_minus_improvements", "leavers", "absence", "vacancies"),
    *("voice_burnout_correlation", "formal_cases", "detriment", "sustained", "improvement_claimed", "improvement_real"),
    *("claimed_minus_real", "target_reported", "target_true"),
    *(f"{name}_{pooled}" for name in _LIKENESS for pooled in _POOLED),
)
"""Names of all statistics, in the order of :func:`table`."""


@dataclass(frozen=True, repr=False)
class Observed:
    """Matched runs of the status quo over :data:`WEEKS` weeks, as it is and while a target is pressed, from one burn-in."""

    usual: Result
    pressed: Result


def observe(
    scenario: Scenario,
    seeds: int | Sequence[int],
    *,
    weeks: int = WEEKS,
    start: Cohort | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Observed:
    """Run a scenario as it is, and once more while a target is pressed, from one burn-in; ``start`` is an earlier burn-in."""
    if start is None:
        start = burn_in(scenario, seeds, threads=threads, progress=progress)
    numbers = list(dict.fromkeys(start.organisation["seed"].tolist()))
    usual = scenario.with_(weeks=weeks)
    pressed = usual
    for lever, value in PRESSED.items():
        pressed = pressed.set(f"levers.{lever}", value)
    return Observed(*(run(each, numbers, threads=threads, start=start, progress=progress) for each in (usual, pressed)))


def per_run(observed: Observed) -> dict[str, np.ndarray]:
    """Return the statistics of each run: by name, an array of shape (runs,).

    Those of the survey are percentages of respondents in the last survey; the others are over all weeks.
    """
    usual, pressed = observed.usual, observed.pressed
    weeks = usual.scenario.weeks
    asked = usual.values(list(_SURVEY), 1)
    level = usual.values(
        ["leaver_rate", "absence_share", "vacancy_share", "formal_case_rate", "detriment_share", "sustained_share"],
        weeks,
    )
    quality = ["quality_reported", "quality_measured"]
    before, after = usual.values(quality, weeks), pressed.values(quality, weeks)
    claimed, right = _improvements(usual)
    return {
        **asked,
        "safe_minus_addressed": asked["survey_safe"] - asked["survey_addressed"],
        "suggestions_minus_improvements": asked["survey_suggestions"] - asked["survey_improvements"],
        "leavers": _PER_CENT * level["leaver_rate"],
        "absence": _PER_CENT * level["absence_share"],
        "vacancies": _PER_CENT * level["vacancy_share"],
        "voice_burnout_correlation": _correlation(usual, "propensity_memory", "exhaustion"),
        "formal_cases": level["formal_case_rate"],
        "detriment": _PER_CENT * level["detriment_share"],
        "sustained": _PER_CENT * level["sustained_share"],
        "improvement_claimed": _PER_CENT * claimed,
        "improvement_real": _PER_CENT * right,
        "claimed_minus_real": _PER_CENT * (claimed - right),
        "target_reported": _PER_CENT * (after["quality_reported"] - before["quality_reported"]),
        "target_true": _PER_CENT * (after["quality_measured"] - before["quality_measured"]),
    }


def pooled(observed: Observed, n_bootstrap: int = 0) -> dict[str, tuple[float, float, float]]:
    """Return the statistics over many organisations at once: by name, the value and the ends of its interval.

    ``_team_icc`` is the share of the variance of a question's five answers between teams of a division;
    ``_organisation_icc`` that of the yes-no item between organisations; ``_organisation_over_team`` the yes-no item's
    variance between organisations over that between teams, divisions included: 0 where organisations do not differ.
    Intervals come from ``n_bootstrap`` samples of organisations; without any, their ends are NaN.
    """
    found = {}
    for name, question in _LIKENESS.items():
        shares = variance_shares(observed.usual.cohort, question, n_bootstrap=n_bootstrap).set_index(["item", "level"])
        ratio = icc_ratio(observed.usual.cohort, question, n_bootstrap=n_bootstrap).set_index("item")
        found[f"{name}_team_icc"] = _ends(shares.loc[("scale", "team")], "share")
        found[f"{name}_organisation_icc"] = _ends(shares.loc[("binary", "organisation")], "share")
        with np.errstate(divide="ignore"):
            value, low, high = 1.0 / np.array(_ends(ratio.loc["binary"], "ratio"))
        found[f"{name}_organisation_over_team"] = (float(value), float(high), float(low))
    return found


def table(observed: Observed, n_bootstrap: int = 0) -> pd.DataFrame:
    """Return every statistic: a row each, indexed by name, with columns value, low and high (95 %) and n (runs)."""
    each = {name: estimate(values) for name, values in per_run(observed).items()}
    rows = {name: (e.mean, e.low, e.high, e.n) for name, e in each.items()}
    n = len(observed.usual.seeds)
    rows |= {name: (*ends, n) for name, ends in pooled(observed, n_bootstrap).items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "n"])


def _ends(row: pd.Series, name: str) -> tuple[float, float, float]:
    return float(row[name]), float(row["low"]), float(row["high"])


def _improvements(result: Result) -> tuple[np.ndarray, np.ndarray]:
    """Return, of the efforts that ended, the share claimed as an improvement and the share that was one.

    An effort ends when a trial is decided, or when a directive is carried out, adapted, refused or gamed where practice
    differed from it. Claimed is what was adopted and what was reported as done; it was an improvement if it fitted the
    local reality when made.
    """
    count = result.history.tally
    adopted = count["adopted_local"] + count["adopted_vertical"]
    right = sum(count["changes"][:, :, RIGHT, k] for k in range(len(ORIGINS)) if k != FROM_NEIGHBOURS)
    claimed = (adopted + count["gamed"]).sum(axis=0).astype(float)
    ended = claimed + (count["trials_lost"] + count["resisted"]).sum(axis=0)
    return claimed / ended, np.asarray(right).sum(axis=0) / ended


def _correlation(result: Result, first: str, second: str) -> np.ndarray:
    """Return the correlation of two states among the staff of each organisation."""
    person = result.cohort.person
    found = []
    for o in range(result.cohort.n_organisations):
        own = (person["organisation"] == o) & (person["role"] == STAFF) & (person["vacant"] == 0)
        found.append(np.corrcoef(person[first][own], person[second][own])[0, 1])
    return np.array(found)
