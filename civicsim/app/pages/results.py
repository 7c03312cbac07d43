"""Results: a study as a table and a heat map, with sensitivity and vulnerability; points open in Explore."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import solara

from civicsim.app import widgets
from civicsim.app.common import style_titles
from civicsim.app.files import File, Files, csv_text
from civicsim.app.frame import RESULTS, Heading, Html
from civicsim.app.hooks import Show, use_latest
from civicsim.app.state import cannot_open, open_scenario
from civicsim.errors import CivicsimError, ScenarioError
from civicsim.experiment.statistics import estimate, paired_difference
from civicsim.experiment.wording import counted, estimated, number
from civicsim.report.words import in_pairs
from civicsim.scenario.scenario import find_parameter

if TYPE_CHECKING:
    from civicsim.study.analysis.matched import About
    from civicsim.study.store.store import Store

_MOST = 2_000
"""Largest number of points sent to a browser."""
_MOST_INDICES = 60
"""Largest number of sensitivity indices shown."""
METHODS = {
    "sobol": "Sobol’ indices",
    "morris": "Elementary effects",
    "pawn": "PAWN indices",
    "anova": "Analysis of variance",
}


@cache
def _store(path: str, changed: float) -> Store:
    """Return the store in a folder; read anew when its manifest has changed since."""
    from civicsim.study.store.store import open_store

    return open_store(path)


def the_store() -> Store:
    """Return the store that the page was started with."""
    path = Path(os.environ[RESULTS])
    manifest = path / "manifest.json"
    return _store(str(path), manifest.stat().st_mtime if manifest.exists() else 0.0)


def measures_of(store: Store) -> tuple[dict[str, About], int]:
    """Return what each column of results is, those that the study shows by itself first, and how many these are."""
    from civicsim.study.analysis.matched import columns_of

    own = columns_of(store)
    return own | columns_of(store, ["all"]), len(own)


def factors_of(points: pd.DataFrame) -> list[str]:
    """Return the columns in which points differ and that can serve as an axis."""
    fixed = {"point", "policy", "future", "setting", "draw", "against"}
    return [name for name in points.columns if name not in fixed and points[name].nunique(dropna=False) > 1]


def rows_of(store: Store, measure: str) -> list[dict[str, Any]]:
    """Return a row per point: its values, a measure's mean with interval, and how it differs from its baseline."""
    points, runs = store.points(), store.runs(["point", "seed", measure])
    wide = runs.pivot(index="seed", columns="point", values=measure)
    bounds = measures_of(store)[0][measure].bounds
    names = factors_of(points)
    rows = []
    for record in points.head(_MOST).to_dict("records"):
        point = int(record["point"])
        values = wide[point].to_numpy(dtype=float) if point in wide else np.array([])
        own = estimate(values, bounds=bounds)
        row = {
            "point": point,
            "n": own.n,
            "mean": own.mean,
            "text": number(own.mean),
            "between": "" if np.isnan(own.low) else f"{number(own.low)} to {number(own.high)}",
            **dict.fromkeys(("difference", "median", "pairs", "verdict"), ""),
            "values": [_plain(record[name]) for name in names],
        }
        against = record["against"]
        if pd.notna(against) and int(against) != point and int(against) in wide and point in wide:
            d = paired_difference(values, wide[int(against)].to_numpy(dtype=float), bounds=bounds)
            row["difference"] = estimated(d.mean, d.low, d.high, sign=True)
            row["median"] = f"median {estimated(d.median, d.q25, d.q75, sign=True)}"
            row |= {"pairs": in_pairs({"better": "neither", **d.columns("difference", "")}, d.n), "verdict": d.verdict}
        rows.append(row | {"mean": None if np.isnan(own.mean) else own.mean})
    return rows


def factor_in_words(factor: str) -> str:
    """Return the label of a factor: that of its parameter, if it is one."""
    try:
        return find_parameter(factor).label
    except ScenarioError:
        return factor.replace("_", " ").capitalize()


def named(text: str, store: Store) -> str:
    """Return text in which factors, styles and measures go by their labels instead of the names of columns and files."""
    labels = {name: factor_in_words(name) for name in factors_of(store.points())} | style_titles()
    labels |= {name: about.label for name, about in measures_of(store)[0].items()}
    longest_first = "|".join(re.escape(name) for name in sorted(labels, key=len, reverse=True))
    return re.sub(rf"(?<![\w.-])({longest_first})(?![\w-])", lambda found: labels[found[0]], text)


def value_in_words(factor: str, value: Any) -> Any:
    """Return the words for a value of a factor: shipped styles have titles."""
    return style_titles().get(value, value) if factor == "style" else value


def _plain(value: Any) -> Any:
    """Return a value of a table as JSON knows it."""
    value = value.item() if isinstance(value, np.generic) else value
    return round(value, 6) if isinstance(value, float) else value


@solara.component
def Results() -> None:
    """Show the store that the page was started with."""
    if os.environ.get(RESULTS):
        Points()
        return
    Heading("Results", "To see the results of a study, start the page with civicsim app --results DIR.")


@solara.component
def Points() -> None:
    """Show the points of the store."""
    router = solara.use_router()
    measure, choose = solara.use_state("")
    store = the_store()
    names, n_first = measures_of(store)
    shown = measure if measure in names else next(iter(names))
    rows = solara.use_memo(lambda: rows_of(store, shown), [store, shown])
    factors = factors_of(store.points())

    def open_point(data: dict[str, Any]) -> None:
        try:
            open_scenario(store.study.scenario(int(data["point"])).with_(seed=store.seeds[0]))
        except CivicsimError as error:
            cannot_open(error)
        router.push("/explore")

    failed = f"; {counted(store.n_failed, 'run')} failed and left out" if store.n_failed else "; none failed"
    each = f"{counted(len(store.seeds), 'seed')} for each of {counted(len(store.points()), 'point')}"
    Heading(store.question, f"{counted(store.n_done, 'run')} of {store.n_runs} done{failed}. {each}.")
    widgets.Table(
        measures=[{"name": name, "label": about.label} for name, about in names.items()],
        first=n_first,
        measure=shown,
        unit=names[shown].unit,
        factors=[factor_in_words(factor) for factor in factors],
        rows=[row | {"values": list(map(value_in_words, factors, row["values"]))} for row in rows],
        event_choose=lambda name: choose(str(name)),
        event_open_point=open_point,
    )
    Findings(store, shown)
    Files(
        "Download",
        [
            File(f"points-{shown}.csv", lambda: csv_of(store, shown)),
            File("report-study.html", lambda: report_of(store)),
        ],
    )


def csv_of(store: Store, measure: str) -> str:
    """Return the points of a store with one measure as CSV, with the study in its first lines."""
    names, columns = (
        factors_of(store.points()),
        ("point", "n", "mean", "between", "difference", "median", "pairs", "verdict"),
    )
    rows = rows_of(store, measure)
    table = pd.DataFrame([[*row["values"], *map(row.get, columns)] for row in rows], columns=[*names, *columns])
    return csv_text(table, f", study {store.manifest['study']}, {measure}\n{store.question}")


def report_of(store: Store) -> str:
    """Return the brief of a study."""
    from civicsim.report.brief import brief

    return brief(store)


def dependences(store: Store, measure: str) -> tuple[list[dict[Any, Any]], str]:
    """Return the factors on which a measure depends, as rows, with a note; or no rows, with the reason."""
    from civicsim.study.analysis.sensitivity import sensitivity

    try:
        found = sensitivity(store, [measure])
    except CivicsimError as error:
        return [], _why_not(error, store)
    if found["value"].isna().all():
        return [], "Not shown: the measure has the same value at every row of the design."
    # Sizes are compared within one unit.
    found = found[found["index_unit"] == found["index_unit"].iloc[0]]
    order = found["value"].abs().sort_values(ascending=False, kind="stable").index
    rows = found.loc[order].head(_MOST_INDICES).to_dict("records")
    for row in rows:
        row |= {"factor": named(row["factor"], store), "where": named(f"{row['words']} {row['shock']}".strip(), store)}
    first = found.iloc[0]
    sampled = "" if first["method"] == "anova" else ", with 95 % intervals over the sample"
    about = (
        f"{METHODS[first['method']]} ({first['index_unit']}), from {first['n']} rows of the design and "
        f"{counted(first['n_seeds'], 'seed')}{sampled}; the largest come first."
    )
    return rows, about


def losses(store: Store, measure: str) -> list[tuple[str, list[dict[Any, Any]]]]:
    """Return, for each style, how often and where it does worse than the first; or why that cannot be told."""
    from civicsim.study.analysis.discovery import discover

    parts: list[tuple[str, list[dict[Any, Any]]]] = []
    for style in store.points()["style"].unique()[1:].tolist() or [None]:
        try:
            found = discover(store, measure, style)
        except CivicsimError as error:
            # A problem with one style is a problem with the study.
            return [*parts, (_why_not(error, store), [])]
        boxes = [row | {"box": named(row["box"], store)} for row in found.boxes.to_dict("records")]
        parts.append((named(found.words, store), boxes))
    return parts


def _why_not(error: CivicsimError, store: Store) -> str:
    """Return the reason why an analysis is missing, in one sentence without the name of the folder."""
    words = str(error).removeprefix(f"{store.path}: ").rstrip(".")
    return f"Not shown: {named(words, store)}."


@solara.component
def Findings(store: Store, measure: str) -> None:
    """Show the factors on which a measure depends, and where one style does worse than another."""

    def look(stop: Callable[[], bool], show: Show) -> None:
        show({"depends": dependences(store, measure), "loses": losses(store, measure)})

    found, of, problem = use_latest(look, [measure])
    Html(
        "findings",
        class_="cv-halves cv-below" + ("" if of == [measure] else " cv-busy"),
        found=found,
        problem=problem or "Computing …",
        number=number,
    )
