"""What became of the contrasts that a study declared: effects with intervals, draws in which the sign holds, and verdicts.

Every sign is one or several tests of a difference by matched seed and draw, which
:func:`civicsim.study.analysis.contrasts.contrast` sums up. A verdict rests on run-to-run variation around the mean over draws;
the share of draws in which the sign holds stands beside it, and shows parameter uncertainty.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from civicsim.experiment.statistics import ANYWHERE, estimate
from civicsim.experiment.wording import percent, setting_text, setting_words
from civicsim.study.analysis.contrasts import contrast
from civicsim.study.analysis.matched import About, Matched, matched, mean_of
from civicsim.study.design.declared import Cell, Choice, Declared, Side, chosen
from civicsim.study.design.spelling import baseline_of
from civicsim.study.design.summaries import column_named, first_summary
from civicsim.study.store.store import Store

SUPPORTED, SMALL, OPEN, CONTRARY = "supported", "supported, but small", "not shown", "contradicted"
SHOWN, BUILT, UNTESTABLE = "shown", "by construction", "not testable yet"
MARGIN_SHARE, LEAST_MARGIN = 0.05, 0.01
"""Margin where a study sets none: this share of the mean of the base case, and at least this much of what runs from 0 to 1.
Assumption: the conventional twentieth."""


class Test(NamedTuple):
    """One difference, shape (draws, seeds), and the sign expected of it: "+", "-", "0" or "two-sided"."""

    part: str
    values: np.ndarray
    sign: str


def declared_contrasts(store: Store) -> pd.DataFrame:
    """Return the verdict on each contrast that a study declares.

    Parameters
    ----------
    store : Store
        Results of a study with blocks ``[[contrast]]``.

    Returns
    -------
    pandas.DataFrame
        A row per contrast and part of it (an inverted U has two: the best middle level against either end), with columns

        - name, statement, measure (column of runs), label, unit, sign, part, expected (sign of the part);
        - those of :func:`civicsim.study.analysis.contrasts.contrasts` from difference to n_missing; NaN where it cannot be
          tested;
        - margin: the largest difference that is too small to matter; where the base case has no value of the measure, as of
          chosen teams, it is set by the condition that is compared with;
        - share: share of draws in which all parts have their sign; NaN with one draw;
        - finding: "supported" where the run-to-run interval of the part lies wholly on the expected side (within the margin
          for "0"), "contradicted" where it lies wholly on the other, or else "not shown";
        - verdict, of the whole contrast: "supported", "supported, but small" (within the margin), "not shown",
          "contradicted", "shown" (a two-sided difference, never counted as a success), "by construction" or "not testable
          yet";
        - note: why, where the verdict does not follow from the findings alone.
    """
    study = store.study
    protocol = study.protocol
    bases, declared = protocol.bases, study.declared
    first = first_summary(study.summaries)
    columns = {column.name for one in declared for column in one.columns(first)}
    runs = matched(store, sorted(columns))
    usual: dict[str, dict[str, Any]] = {}
    if study.layout.method == "contrasts":
        keys = {key for one in declared for side in one.sides for key in side.setting} & set(protocol.factors.values())
        held = {factor.key: factor.levels[0] for factor in study.swept if factor.held}
        usual = {style: {key: base.value_of(key) for key in keys} | held for style, base in bases.items()}
    base = Side({}, baseline_of(study, bases), next(iter(protocol.shocks), "") if usual else "")
    looked = _Looked(
        runs, study.points["draw"].to_numpy(), {key: name for name, key in protocol.factors.items()}, usual, base, first
    )
    return pd.DataFrame([row for one in declared for row in _rows(looked, one)])


@dataclasses.dataclass(frozen=True)
class _Looked:
    """Runs by condition, with the draw of each point as the study has it, where settings that stand for uncertainty are none.

    ``usual`` are values by style of what a condition does not name; empty where any will do.
    """

    runs: Matched
    draws: np.ndarray
    columns: dict[str, str]
    usual: dict[str, dict[str, Any]]
    base: Side
    first: str

    def values(self, side: Side, measure: str, window: str = "") -> np.ndarray:
        """Return a measure in a condition, the mean over its points: shape (draws, seeds)."""
        points, column = self.runs.points, column_named(measure, window or side.window or self.first, self.first).name
        own = chosen(side, self.usual.get(side.style, {}) | side.setting, points, self.columns)
        draws = self.draws[own]
        values = self.runs.values[column][np.flatnonzero(own)[np.argsort(draws, kind="stable")]]
        return np.asarray(values.reshape(len(np.unique(draws)), -1, values.shape[1]).mean(axis=1))

    def about(self, one: Declared) -> About:
        window = one.cells[0][0].a.sides[0].window or self.first
        return self.runs.about(column_named(one.measure, window, self.first).name)


def _halved(values: np.ndarray, pick: bool) -> np.ndarray:
    """Return values with the seeds left out that pick, or with those left out that test."""
    left = np.arange(values.shape[-1]) % 2 == (1 if pick else 0)
    return np.where(left, np.nan, values)


def _mean(values: np.ndarray) -> np.ndarray:
    """Return means over draws and seeds of the last two axes; −∞ without a number, so that it is never picked."""
    means = mean_of(values.reshape(*values.shape[:-2], -1), axis=-1)
    return np.where(np.isnan(means), -np.inf, means)


def _of_choice(looked: _Looked, one: Declared, choice: Choice) -> np.ndarray:
    each = [looked.values(side, one.measure) for side in choice.sides]
    if one.since:
        each = [own - looked.values(side, one.measure, one.since) for own, side in zip(each, choice.sides, strict=True)]
    if not choice.pick:
        return each[0]
    values = np.array(each)
    means = _mean((1.0 if choice.pick == "highest" else -1.0) * _halved(values, pick=True))
    return np.asarray(values[int(means.argmax())])


def _effect(looked: _Looked, one: Declared, cell: Cell) -> np.ndarray:
    """Return the difference of a cell, shape (draws, seeds)."""
    if one.thirds is not None:
        return _thirds(looked, one, cell)
    first = _of_choice(looked, one, cell.a)
    return first - (one.level if cell.b is None else _of_choice(looked, one, cell.b))


def _thirds(looked: _Looked, one: Declared, cell: Cell) -> np.ndarray:
    """Return, by draw and seed, the measure where another one is highest minus where it is lowest, in threes alike in a third."""
    about = one.thirds
    assert about is not None
    sides = cell.a.sides
    y = np.array([looked.values(side, one.measure) for side in sides])
    of, alike = (
        np.array([looked.values(side, name, about.window) for side in sides]) for name in (about.of, about.alike)
    )
    result = np.full(y.shape[1:], np.nan)
    for place in np.ndindex(result.shape):
        own = np.array([values[:, *place] for values in (alike, of, y)])
        own = own[:, ~np.isnan(own).any(axis=0)]
        own = own[:, np.argsort(own[0], kind="stable")]
        threes = own[:, : own.shape[1] // 3 * 3].reshape(3, -1, 3)
        if threes.size:
            rows = np.arange(threes.shape[1])
            result[place] = (threes[2, rows, threes[1].argmax(1)] - threes[2, rows, threes[1].argmin(1)]).mean()
    return result


def _tests(looked: _Looked, one: Declared) -> tuple[list[Test], str]:
    """Return the tests of a contrast, and why it cannot be supported whatever they show; "" where it can."""
    effects = [np.array([_effect(looked, one, cell) for cell in cells]) for cells in one.cells]
    # Seeds that picked a condition, or a level, test neither.
    tested = partial(_halved, pick=False) if one.picks else np.asarray
    place, places = _told_apart(looked, [cells[0].a.sides[0] for cells in one.cells])
    level, levels = _told_apart(looked, [cell.a.sides[0] for cell in one.cells[0]])
    own, sign = effects[0], one.sign
    if sign in ("+", "-", "0", "two-sided"):
        return [Test("", tested(own[0]), sign)], ""
    if sign.startswith("interaction"):
        part = f"effect at {place}{places[1]} − effect at {places[0]}"
        return [Test(part, tested(effects[1][0] - own[0]), sign.removeprefix("interaction"))], ""
    if sign == "reversal":
        parts = zip(places, effects, one.direction, strict=True)
        return [Test(f"at {place}{own}", tested(values[0]), way) for own, values, way in parts], ""
    if sign == "inverted-u":
        k = 1 + int(_mean(_halved(own[1:-1], pick=True)).argmax())
        return [
            Test(f"{level}{levels[k]} − {levels[end]}", _halved(own[k] - own[end], pick=False), "+") for end in (0, -1)
        ], ""
    steps, whole = np.diff(own, axis=0), own[-1] - own[0]
    k = int(_mean((1.0 if one.direction == "+" else -1.0) * _halved(steps, pick=True)).argmax())
    half = Test(
        f"{level}{levels[k]} to {levels[k + 1]} − half the whole change",
        _halved(steps[k] - 0.5 * whole, pick=False),
        one.direction,
    )
    return [Test("whole change", tested(whole), one.direction), half], _unless(looked, one, k)


def _told_apart(looked: _Looked, sides: Sequence[Side]) -> tuple[str, list[str]]:
    """Return the values that conditions do not share, in words, and the label before them where it is one parameter."""
    every: list[dict[str, Any]] = [
        {"style": own.style, "shock": own.shock, "window": own.window, **own.setting} for own in sides
    ]
    keys = [key for key in dict.fromkeys(itertools.chain(*every)) if len({own.get(key, "") for own in every}) > 1]
    known = looked.runs.sections.parameters
    if len(keys) == 1 and keys[0] in known:
        about = known[keys[0]]
        return f"{about.label} ", [setting_text(own.get(about.key, "any"), about) for own in every]
    words = [
        [
            setting_words(known[key], own[key]) if key in known else str(own[key])
            for key in keys
            if own.get(key, "") != ""
        ]
        for own in every
    ]
    return "", [", ".join(own) or "the base case" for own in words]


def _unless(looked: _Looked, one: Declared, k: int) -> str:
    """Return why a threshold at step ``k`` (from 0) does not count; "" where it does."""
    if one.steps and k + 1 not in one.steps:
        return f"the largest step is number {k + 1}, and only {', '.join(map(str, one.steps))} count"
    for name, (low, high) in one.near.items():
        ends = [float(np.nanmean(looked.values(cell.a.sides[0], name))) for cell in one.cells[0][k : k + 2]]
        if not any(low <= end <= high for end in ends):
            found = " and ".join(f"{end:.3g}" for end in ends)
            return f"{name} is {found} at the ends of the largest step, not within {low:g} to {high:g}"
    return ""


def _margin(looked: _Looked, one: Declared, about: About) -> float:
    if one.margin is not None or about.matters is not None:
        return float(one.margin if one.margin is not None else about.matters or 0.0)
    first = one.cells[0][0]
    usual = looked.values(dataclasses.replace(looked.base, window=first.a.sides[0].window), one.measure)
    if np.isnan(usual).all() and first.b is not None:
        # Without chosen teams the base case has no value of them; the condition that is compared with has.
        usual = _of_choice(looked, one, first.b)
    mean = abs(float(mean_of(usual.reshape(1, -1), axis=1)[0]))
    return float(np.fmax(MARGIN_SHARE * mean, LEAST_MARGIN if about.bounds[1] <= 1.0 else 0.0))


def _finding(low: float, high: float, sign: str, margin: float) -> str:
    if np.isnan(low):
        return OPEN
    if sign == "0":
        inside, outside = -margin <= low and high <= margin, low > margin or high < -margin
    else:
        above, below = low > 0.0, high < 0.0
        inside = {"+": above, "-": below}.get(sign, above or below)
        outside = {"+": below, "-": above}.get(sign, False)
    return SUPPORTED if inside else CONTRARY if outside else OPEN


def _holds(means: np.ndarray, sign: str, margin: float) -> np.ndarray:
    """Return whether means of draws have a sign."""
    if sign in ("+", "-"):
        return means > 0.0 if sign == "+" else means < 0.0
    return np.abs(means) <= margin if sign == "0" else np.abs(means) > margin


def _share_beyond_chance(tests: Sequence[Test], margin: float) -> float:
    """Return the share of draws in each of which all parts have their sign by their whole interval over seeds."""
    each = [[estimate(own) for own in test.values] for test in tests]
    found = [
        [_finding(own.low, own.high, test.sign, margin) for own in part] for test, part in zip(tests, each, strict=True)
    ]
    shown = (np.array(found) == SUPPORTED).all(axis=0)
    return float(shown.mean()) if len(shown) > 1 else np.nan


def _rows(looked: _Looked, one: Declared) -> list[dict[str, Any]]:
    case: dict[str, Any] = {"name": one.name, "statement": one.statement, "sign": one.sign}
    if one.not_testable:
        case |= {"measure": one.measure, "label": one.measure, "part": "", "share": np.nan, "margin": np.nan}
        case |= dict.fromkeys(("difference", "run_low", "run_high"), np.nan)
        return [case | {"verdict": UNTESTABLE, "note": one.not_testable}]
    about = looked.about(one)
    (tests, note), margin = _tests(looked, one), _margin(looked, one, about)
    # A difference of differences has other bounds than its parts, and one from a level too.
    free = dataclasses.replace(about, bounds=ANYWHERE, matters=margin)
    found = [contrast(test.values, np.zeros_like(test.values), free) for test in tests]
    ends = [("run_low", "run_high") if not np.isnan(own["run_low"]) else ("low", "high") for own in found]
    findings = [
        _finding(own[low], own[high], test.sign, margin)
        for own, test, (low, high) in zip(found, tests, ends, strict=True)
    ]
    holds = np.all([_holds(mean_of(test.values, axis=1), test.sign, margin) for test in tests], axis=0)
    share = float(holds.mean()) if len(holds) > 1 else np.nan
    small = one.sign != "0" and any(abs(own["difference"]) < margin for own in found)
    shown = share if one.least_share is None else _share_beyond_chance(tests, margin)
    verdict, note = _verdict(one, findings, small, shown, note)
    case |= {"measure": about.column, "label": about.label, "unit": about.unit, "margin": margin}
    case |= {"share": share, "verdict": verdict, "note": note}
    return [
        case
        | {"part": test.part, "expected": test.sign, "finding": finding}
        | {key: value for key, value in own.items() if key not in ("verdict", "matters", "seeds_needed", "superiority")}
        for test, own, finding in zip(tests, found, findings, strict=True)
    ]


def _verdict(one: Declared, findings: Sequence[str], small: bool, share: float, note: str) -> tuple[str, str]:
    """Return the verdict on a contrast, and why, where that does not follow from its findings."""
    if one.by_construction:
        return BUILT, one.by_construction
    if one.least_share is not None:
        if np.isnan(share):
            return OPEN, f"it asks for a share of draws ({percent(one.least_share)}), and there is one draw"
        words = f"beyond chance the sign holds in {percent(share)} of the draws, and {percent(one.least_share)} are asked for"
        return (SUPPORTED if share >= one.least_share else OPEN), words
    if CONTRARY in findings:
        return CONTRARY, ""
    if OPEN in findings or note:
        return OPEN, note
    if one.sign == "two-sided":
        return SHOWN, ""
    return (SMALL if small else SUPPORTED), ""
