"""The contribution of each mechanism to the difference between styles: taken out by itself, and put in by itself.

A mechanism that is off was never there: the burn-in runs without it, too. The change is therefore that of the difference between
styles in another world, on the same seeds, and not the effect of stopping the mechanism one day. Two mechanisms that can replace
each other both seem to have no effect when either is taken out alone; putting in one at a time shows them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE, with_caution
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.study.analysis.contrasts import TOO_CLOSE, TOO_SMALL, contrast
from civicsim.study.analysis.matched import Matched, matched
from civicsim.study.design.mechanisms import ALONE, EVERYTHING, one_in, one_out, switches_by_column, switches_of, words
from civicsim.study.design.study import Study
from civicsim.study.store.store import Store

CARRIES, TURNS, ADDS, HOLDS = "carries it", "turns it round", "adds to it", "holds it back"
UNTOLD, SAME, EMPTY = "no clear change", "no change at all", "no value"
_SPREAD = ("low", "high", "median", "q25", "q75", "share_higher", "share_lower", "share_equal")


def ablation_study(study: Study, leave_one_in: bool = True) -> Study:
    """Return a study in which mechanisms are switched off one by one, under every style.

    Parameters
    ----------
    study : Study
        At least two styles in one setting. Mechanisms that it holds off stay off.
    leave_one_in : bool
        Whether to run the core too, alone and with each other mechanism by itself; see
        :data:`civicsim.study.design.mechanisms.CORE`.

    Raises
    ------
    CivicsimError
        If there is one style only, or several settings.
    """
    points = study.points
    if points["style"].nunique() < 2:
        raise CivicsimError(
            f"{study.where}: styles: an ablation is of the difference between styles; name at least two"
        )
    if points["setting"].nunique() > 1 or study.runs:
        raise CivicsimError(f"{study.where}: an ablation is of one setting; hold the factors, and leave out [[runs]]")
    held = {factor.key for factor in study.swept}
    bases = study.protocol.bases.values()
    keys = [
        key
        for key in switches_of(study.protocol.sections)
        if key not in held and all(base.value_of(key) for base in bases)
    ]
    settings = [*one_out(keys), *(one_in(keys) if leave_one_in else [])]
    # Of two mechanisms, one without the other is the same setting as the core and the other.
    settings = list({tuple(setting.items()): setting for setting in settings}.values())
    design = study.design if isinstance(study.design, dict) else {}
    kept = {key: design[key] for key in ("draws", "seed") if key in design}
    return study.with_(runs=settings, design=kept)


def switch_columns(points: pd.DataFrame, factors: Sequence[str], sections: Sections = SECTIONS) -> dict[str, str]:
    """Return the full name by column of the switches that a study varies."""
    known = switches_by_column(sections)
    return {name: known[name] for name in factors if name in known and points[name].nunique() > 1}


def check_varied(
    points: pd.DataFrame, factors: Sequence[str], where: str, sections: Sections = SECTIONS
) -> dict[str, str]:
    """Return :func:`switch_columns`; refuse a study that varies none."""
    found = switch_columns(points, factors, sections)
    if not found:
        raise CivicsimError(f"{where}: varies no mechanism; civicsim study ablation STUDY.toml runs one that does")
    return found


def ablation(
    results: Store | Matched, measures: Sequence[str] | None = None, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return the change of the difference between styles with every mechanism.

    Parameters
    ----------
    results : Store or Matched
        Results of a study of :func:`ablation_study`, or of another that varies switches.
    measures : sequence of str, optional
        Columns of the table of runs; see :func:`civicsim.study.analysis.matched.matched`.
    confidence : float
        Coverage of the intervals; 0-1.

    Returns
    -------
    pandas.DataFrame
        A row per measure, style, set of shocks and setting, with columns

        - measure, label, unit, better, style, against, shock, setting (what is on, in words);
        - difference, low, high, median, q25, q75, share_higher, share_lower, share_equal, uncertainty, verdict: paired
          difference from the baseline in this setting; see :func:`civicsim.study.analysis.contrasts.contrasts`;
        - reference: the setting that it is compared with, "everything on" or, where only the core and one more is on, "core
          alone"; "" for these two themselves;
        - change, change_low, change_high, change_median, ..., change_verdict: difference of the differences, paired by seed and
          draw, with the same columns;
        - n, n_seeds: pairs and seeds of the change, or of the difference where there is no change;
        - finding: for a mechanism that is taken out, its effect on the difference with everything on: "carries it" (without it,
          there is no clear difference), "turns it round", "adds to it", "holds it back", or "no clear change"; with the caution of the change, where there is one.

        Intervals are not widened for the number of mechanisms: of twenty without effect, one will seem to have one.

    Raises
    ------
    CivicsimError
        If no switch is varied, or no setting has all of them on.
    """
    runs = matched(results, measures)
    columns = check_varied(runs.points, runs.factors, runs.where, runs.sections)
    first = runs.points.drop_duplicates("setting").set_index("setting")
    names = {
        int(setting): words({key: bool(row[column]) for column, key in columns.items()})
        for setting, row in first.iterrows()
    }
    if EVERYTHING not in names.values():
        raise CivicsimError(
            f"{runs.where}: no setting has every mechanism on, so that there is nothing to compare with"
        )
    rows = [row for name in runs.columns for row in _of_measure(runs, name, names, confidence)]
    return pd.DataFrame(rows)


def _of_measure(runs: Matched, name: str, names: dict[int, str], confidence: float) -> Iterator[dict[str, Any]]:
    about, values = runs.about(name), runs.values[name]
    doubled = dataclasses.replace(about, bounds=about.apart)
    for (style, shock), part in runs.compared.groupby(["style", "shock"], sort=False):
        of = {}
        for setting, rows in part.sort_values("draw").groupby("setting", sort=True):
            of[names[int(setting)]] = values[rows["point"]], values[rows["against"]]
        full = contrast(*of[EVERYTHING], about, confidence)
        for label, (own, other) in of.items():
            found = full if label == EVERYTHING else contrast(own, other, about, confidence)
            reference = _reference(label, of)
            changed = found | dict.fromkeys(("difference", *_SPREAD), np.nan) | {"verdict": ""}
            if reference:
                before = of[reference]
                changed = contrast(own - other, before[0] - before[1], doubled, confidence)
            yield {
                **about.row,
                **{"style": str(style), "against": runs.baseline, "shock": str(shock), "setting": label},
                **{key: found[key] for key in ("difference", *_SPREAD, "uncertainty", "verdict")},
                "reference": reference,
                "change": changed["difference"],
                **{f"change_{key}": changed[key] for key in (*_SPREAD, "verdict")},
                **{key: changed[key] for key in ("n", "n_seeds")},
                "finding": finding(full, found, changed) if reference == EVERYTHING else "",
            }


def _reference(label: str, there: dict[str, Any]) -> str:
    if label in (EVERYTHING, ALONE):
        return ""
    return ALONE if label.startswith("core and") and ALONE in there else EVERYTHING


def finding(full: dict[str, Any], without: dict[str, Any], change: dict[str, Any]) -> str:
    """Return the effect of a mechanism on a difference in words, from the difference with and without it and the change."""
    if np.isnan(change["difference"]):
        return EMPTY
    before, after, way = (found["verdict"].partition(",")[0] for found in (full, without, change))
    caution = change["verdict"].partition(", but ")[2]
    if way == "same":
        return SAME
    if way in (TOO_CLOSE, TOO_SMALL):
        return with_caution(UNTOLD, caution)
    clear = ("higher", "lower")
    if before in clear and after in clear and before != after:
        return with_caution(TURNS, caution)
    if abs(without["difference"]) < abs(full["difference"]):
        return with_caution(CARRIES if before in clear and after not in clear else ADDS, caution)
    return with_caution(HOLDS, caution)
