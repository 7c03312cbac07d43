"""Results: a study's store, as a table and a heat map; every point can be opened in Explore."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import solara

from civicsim.app import widgets
from civicsim.app.frame import RESULTS, Text
from civicsim.app.state import MOST_POSTS, set_scenario
from civicsim.measures import MEASURES
from civicsim.report.words import counted, number
from civicsim.study.statistics import ANYWHERE, estimate, paired_difference

if TYPE_CHECKING:
    from civicsim.study.store import Store

_MOST = 2_000
"""Points that are sent to a browser at most."""
_NAMES = ("style", "shock")


@cache
def _store(path: str, changed: float) -> Store:
    """Return the store in a folder; read anew when its manifest has changed since."""
    from civicsim.study.store import open_store

    return open_store(path)


def the_store() -> Store:
    """Return the store that the page was started with."""
    path = Path(os.environ[RESULTS])
    manifest = path / "manifest.json"
    return _store(str(path), manifest.stat().st_mtime if manifest.exists() else 0.0)


def measures_of(store: Store) -> dict[str, dict[str, Any]]:
    """Return what a store says of each column of its runs that is a measure, by column."""
    return {str(about["column"]): about for about in store.manifest["columns"]}


def factors_of(points: pd.DataFrame) -> list[str]:
    """Return the columns of points in which they differ, as somebody would put them on an axis."""
    fixed = {"point", "policy", "future", "setting", "draw", "against"}
    return [name for name in points.columns if name not in fixed and points[name].nunique(dropna=False) > 1]


def rows_of(store: Store, measure: str) -> list[dict[str, Any]]:
    """Return a row per point: its values, the measure's mean with interval, and how it differs from its baseline.

    Parameters
    ----------
    store : Store
    measure : str
        A column of the runs.
    """
    points, runs = store.points(), store.runs(["point", "seed", measure])
    wide = runs.pivot(index="seed", columns="point", values=measure)
    name = str(measures_of(store)[measure]["measure"])
    bounds = MEASURES[name].bounds if name in MEASURES else ANYWHERE
    names = factors_of(points)
    rows = []
    for record in points.head(_MOST).to_dict("records"):
        point = int(record["point"])
        values = wide[point].to_numpy(dtype=float) if point in wide else np.array([])
        own = estimate(values, bounds=bounds)
        row = {
            "point": point, "n": own.n, "mean": own.mean, "text": number(own.mean),
            "between": "" if np.isnan(own.low) else f"{number(own.low)} to {number(own.high)}", "difference": "", "verdict": "",
            "values": [_plain(record[name]) for name in names],
        }  # fmt: skip
        against = record["against"]
        if pd.notna(against) and int(against) != point and int(against) in wide and point in wide:
            d = paired_difference(values, wide[int(against)].to_numpy(dtype=float), bounds=bounds)
            row |= {"difference": number(d.mean, sign=True), "verdict": d.verdict}
        rows.append(row | {"mean": None if np.isnan(own.mean) else own.mean})
    return rows


def _label(about: dict[str, Any]) -> str:
    """Return what a column is called: its measure, and the weeks it sums up where that is not in its name."""
    return str(about["label"]) + ("" if about["column"] == about["measure"] else f", {about['summary']}")


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
    Text("h1", "Results")
    Text("p", "Start the page with civicsim app --results DIR to look at the results of a study.", class_="cv-card")


@solara.component
def Points() -> None:
    """Show the points of the store."""
    router = solara.use_router()
    measure, choose = solara.use_state("")
    store = the_store()
    names = measures_of(store)
    shown = measure if measure in names else next((name for name in names if name == "voice_share"), next(iter(names)))
    rows = solara.use_memo(lambda: rows_of(store, shown), [store, shown])

    def open_point(data: dict[str, Any]) -> None:
        scenario = store.study.scenario(int(data["point"])).with_(seed=store.seeds[0])
        s = scenario.structure
        set_scenario(
            scenario
            if s.n_teams * s.team_size <= MOST_POSTS
            else scenario.set("structure.n_teams", MOST_POSTS // s.team_size)
        )
        router.push("/")

    Text("h1", store.question)
    failed = f"; {counted(store.n_failed, 'run')} failed and left out" if store.n_failed else "; none failed"
    Text(
        "p",
        f"{counted(store.n_done, 'run')} of {store.n_runs} done{failed}. {counted(len(store.seeds), 'seed')} for each of {counted(len(store.points()), 'point')}.",
        class_="soft",
    )
    widgets.Table(
        measures=[{"name": name, "label": _label(about)} for name, about in names.items()],
        measure=shown,
        unit=str(names[shown]["unit"]),
        factors=factors_of(store.points()),
        rows=rows,
        event_choose=lambda name: choose(str(name)), event_open_point=open_point,
    )  # fmt: skip
