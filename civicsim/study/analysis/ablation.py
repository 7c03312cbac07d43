"""What difference each mechanism makes to the difference between styles: taken out by itself, and put in by itself.

A mechanism that is off was never there: organisations live their burn-in without it, too. What changes is therefore the
difference between styles in another world, on the same seeds, not what would happen if it stopped one day. Two mechanisms that can
stand in for each other both seem to carry nothing when either is taken out alone; putting in one at a time shows them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from civicsim.errors import CivicsimError
from civicsim.experiment.statistics import CONFIDENCE
from civicsim.scenario.model import SECTIONS, Sections
from civicsim.study.analysis.contrasts import TOO_CLOSE, TOO_SMALL, contrast
from civicsim.study.analysis.matched import Matched, matched
from civicsim.study.design.factors import column_of, read_factors
from civicsim.study.design.mechanisms import ALONE, EVERYTHING, one_in, one_out, switches_of, words
from civicsim.study.design.study import Study
from civicsim.study.store.store import Store

CARRIES, TURNS, ADDS, HOLDS = "carries it", "turns it round", "adds to it", "holds it back"
UNTOLD, SAME, EMPTY = "no change that can be told", "no change at all", "no value"


def ablation_study(study: Study, leave_one_in: bool = True) -> Study:
    """Return a study in which mechanisms are taken away one by one, under every style.

    Parameters
    ----------
    study : Study
        At least two styles in one setting. What it holds off stays off.
    leave_one_in : bool
        Whether the core is lived too, alone and with each other mechanism by itself; see
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
    sections = study.protocol.sections
    held = {factor.key for factor in read_factors(study.factors, study.where, sections=sections)}
    bases = study.protocol.bases.values()
    keys = [key for key in switches_of(sections) if key not in held and all(_is_on(base, key) for base in bases)]
    settings = [*one_out(keys), *(one_in(keys) if leave_one_in else [])]
    design = study.design if isinstance(study.design, dict) else {}
    kept = {key: design[key] for key in ("draws", "seed") if key in design}
    return study.with_(runs=settings, design=kept)


def _is_on(base: Any, key: str) -> bool:
    section, _, name = key.partition(".")
    return bool(getattr(getattr(base, section), name))


def switch_columns(points: pd.DataFrame, factors: Sequence[str], sections: Sections = SECTIONS) -> dict[str, str]:
    """Return the full name by column of the switches that a study varies."""
    known = {column_of(sections.parameters[key]): key for key in switches_of(sections)}
    return {name: known[name] for name in factors if name in known and points[name].nunique() > 1}


def check_varied(
    points: pd.DataFrame, factors: Sequence[str], where: str, sections: Sections = SECTIONS
) -> dict[str, str]:
    """Return the same, where there is any.

    Raises
    ------
    CivicsimError
        If there is none.
    """
    found = switch_columns(points, factors, sections)
    if not found:
        raise CivicsimError(f"{where}: varies no mechanism; civicsim study ablation STUDY.toml runs one that does")
    return found


def ablation(
    results: Store | Matched, measures: Sequence[str] | None = None, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return how the difference between styles changes with every mechanism.

    Parameters
    ----------
    results : Store or Matched
        What came of a study of :func:`ablation_study`, or of another that varies switches.
    measures : sequence of str, optional
        Columns of the table of runs; see :func:`civicsim.study.analysis.matched.matched`.
    confidence : float
        Coverage of the intervals; 0-1.

    Returns
    -------
    pandas.DataFrame
        A row per measure, style, set of shocks and setting, with columns

        - measure, label, unit, better, style, against, shock, setting (what is on, in words);
        - difference, low, high, uncertainty, verdict: paired difference from the baseline in this setting; see
          :func:`civicsim.study.analysis.contrasts.contrasts`;
        - reference: the setting that it is held against, "everything on" or, where only the core and one more is on, "core
          alone"; "" for these two themselves;
        - change, change_low, change_high, change_verdict: difference of the differences, paired by seed and draw;
        - n, n_seeds: pairs and seeds of the change, or of the difference where there is no change;
        - finding: of a mechanism that is taken out, what it does to the difference that there is with everything on: "carries
          it" (without it, none can be told), "turns it round", "adds to it", "holds it back", or "no change that can be told".

        Intervals are not widened for the number of mechanisms: of twenty that do nothing, one will seem to do something.

    Raises
    ------
    CivicsimError
        If no switch is varied, or no setting has all of them on.
    """
    runs = matched(results, measures)
    columns = check_varied(runs.points, runs.factors, runs.where, runs.sections)
    first = runs.points.drop_duplicates("setting").set_index("setting")
    names = {
        int(setting): words({key: bool(row[column]) for column, key in columns.items()}) for setting, row in first.iterrows()
    }  # fmt: skip
    if EVERYTHING not in names.values():
        raise CivicsimError(
            f"{runs.where}: no setting has every mechanism on, so that there is nothing to compare with"
        )
    rows = [row for name in runs.columns for row in _of_measure(runs, name, names, confidence)]
    return pd.DataFrame(rows)


def _of_measure(runs: Matched, name: str, names: dict[int, str], confidence: float) -> Iterator[dict[str, Any]]:
    points, about, values = runs.points, runs.about(name), runs.values[name]
    compared = points[points["against"].notna() & (points["against"] != points["point"])]
    wide = about.bounds[1] - about.bounds[0]
    doubled = dataclasses.replace(about, bounds=(-wide, wide))
    for (style, shock), part in compared.groupby(["style", "shock"], sort=False):
        of = {}
        for setting, rows in part.sort_values("draw").groupby("setting", sort=True):
            own, other = rows["point"].to_numpy(), rows["against"].to_numpy(dtype=int)
            of[names[int(setting)]] = values[own], values[other]
        against = str(points["style"].iloc[int(part["against"].iloc[0])])
        full = contrast(*of[EVERYTHING], about, confidence)
        for label, (own, other) in of.items():
            found = full if label == EVERYTHING else contrast(own, other, about, confidence)
            reference = _reference(label, of)
            changed = dict.fromkeys(("difference", "low", "high"), np.nan) | {"verdict": ""} | {
                key: found[key] for key in ("n", "n_seeds")
            }  # fmt: skip
            if reference:
                before = of[reference]
                changed = contrast(own - other, before[0] - before[1], doubled, confidence)
            yield {
                "measure": name, "label": about.label, "unit": about.unit, "better": about.better, "style": str(style),
                "against": against, "shock": str(shock), "setting": label,
                **{key: found[key] for key in ("difference", "low", "high", "uncertainty", "verdict")},
                "reference": reference, "change": changed["difference"], "change_low": changed["low"],
                "change_high": changed["high"], "change_verdict": changed["verdict"], "n": changed["n"],
                "n_seeds": changed["n_seeds"],
                "finding": finding(full, found, changed) if reference == EVERYTHING else "",
            }  # fmt: skip


def _reference(label: str, there: dict[str, Any]) -> str:
    if label in (EVERYTHING, ALONE):
        return ""
    return ALONE if label.startswith("core and") and ALONE in there else EVERYTHING


def finding(full: dict[str, Any], without: dict[str, Any], change: dict[str, Any]) -> str:
    """Return what a mechanism does to a difference, from the difference with and without it and the change."""
    if np.isnan(change["difference"]):
        return EMPTY
    if change["verdict"] == "same":
        return SAME
    if change["verdict"] in (TOO_CLOSE, TOO_SMALL):
        return UNTOLD
    told = {key: found["verdict"].partition(",")[0] for key, found in (("full", full), ("without", without))}
    clear = {key: verdict in ("higher", "lower") for key, verdict in told.items()}
    if clear["full"] and clear["without"] and told["full"] != told["without"]:
        return TURNS
    if abs(without["difference"]) < abs(full["difference"]):
        return CARRIES if clear["full"] and not clear["without"] else ADDS
    return HOLDS
