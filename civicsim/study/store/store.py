"""Reads the results of a study, during the runs and afterwards; nothing here simulates or changes a file."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from civicsim import checks
from civicsim.errors import CivicsimError
from civicsim.study.design.notebook import first_rows, notebook_view
from civicsim.study.design.study import Study
from civicsim.study.store.files import unpacked
from civicsim.study.store.folder import load_study
from civicsim.study.store.holdings import Holdings, Piece, codes, look, read_manifest
from civicsim.study.store.lock import at_work
from civicsim.study.store.origin import read_log
from civicsim.study.store.tables import POINTS, TRACES, run_starts, schemas_of

_NAMES = ("runs", "points", "weekly", "failures", *TRACES)


class StoreWarning(UserWarning):
    """Some files of a store cannot be used."""


def _drawing(kind: str, what: str) -> Callable[..., Any]:
    """Return the method of a store that draws one kind of figure."""

    def draw(
        self: Store, measure: str | None = None, styles: Sequence[str] = (), ax: Any = None, factors: Sequence[str] = ()
    ) -> Any:
        return self.plot(kind, measure, styles, ax, factors=factors)

    draw.__name__, draw.__qualname__ = f"plot_{kind}", f"Store.plot_{kind}"
    draw.__doc__ = f"Draw {what}; see :meth:`plot`."
    return draw


class Store:
    """The results of a study in a folder.

    Made by :func:`open_store`. See ``docs/store.md`` for the tables and their columns.

    Attributes
    ----------
    path : Path
        The folder.
    manifest : dict
        Content of ``manifest.json``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = read_manifest(path)
        for file, why in self._held.problems:
            warnings.warn(f"{file}: {why}; left out", StoreWarning, stacklevel=3)

    @cached_property
    def study(self) -> Study:
        """The study, with its points and scenarios as they were run."""
        return load_study(self.path)

    @cached_property
    def _schemas(self) -> dict[str, pa.Schema]:
        return schemas_of(self.study.protocol)

    @cached_property
    def _held(self) -> Holdings:
        return look(self.path, self.manifest["study"], self._schemas, self.manifest["files"], None)

    # -- progress ------------------------------------------------------------------------------------------------------

    @property
    def question(self) -> str:
        """The question of the study."""
        return str(self.manifest["question"])

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the study, with those added later."""
        return tuple(self.manifest["seeds"])

    @property
    def n_runs(self) -> int:
        """Number of runs of the study."""
        return int(self.manifest["n_points"]) * len(self.seeds)

    @property
    def n_done(self) -> int:
        """Number of runs with results."""
        return len(np.setdiff1d(self._codes(self._held.runs()), -1))

    @property
    def n_failed(self) -> int:
        """Number of runs that failed and have no results."""
        done = np.append(self._codes(self._held.runs()), -1)
        return len(np.setdiff1d(self._codes(self._held.runs("failed")), done))

    @property
    def complete(self) -> bool:
        """Whether every run is done or has failed."""
        return self.n_done + self.n_failed == self.n_runs

    @property
    def problems(self) -> list[str]:
        """Files that cannot be used, with reasons."""
        return [f"{file.relative_to(self.path)}: {why}" for file, why in self._held.problems]

    def status(self) -> dict[str, Any]:
        """Return the progress of the study in numbers."""
        done, failed = self.n_done, self.n_failed
        return {
            "question": self.question,
            "points": self.manifest["n_points"],
            "seeds": len(self.seeds),
            "runs": self.n_runs,
            "done": done,
            "failed": failed,
            "missing": self.n_runs - done - failed,
            "running": at_work(self.path),
            "problems": self.problems,
        }

    def _codes(self, runs: np.ndarray) -> np.ndarray:
        return codes(runs, int(self.manifest["n_points"]), np.array(sorted(self.seeds), dtype=np.int64))

    # -- tables ----------------------------------------------------------------------------------------------------------

    def table(self, name: str = "runs", columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table as Arrow: runs, points, weekly, failures, events, ideas, people or network.

        Parameters
        ----------
        name : str
            Which.
        columns : sequence of str, optional
            Columns beside point and seed; all by default.

        Raises
        ------
        CivicsimError
            If there is no such table or column.
        """
        checks.keys([name], _NAMES, f"{self.path}: no table")
        if name == "points":
            return pq.read_table(self.path / POINTS).replace_schema_metadata(None)
        kind = "failed" if name == "failures" else name
        if kind not in self._schemas:
            what, asked = {"weekly": ("weeks", "name measures under weekly"), "ideas": ("ideas", "ask for events")}.get(
                kind, (kind, f"ask for {kind}")
            )
            raise CivicsimError(f"{self.path}: keeps no {what}; the study has to {asked}")
        schema = self._schemas[kind]
        keys = [key for key in ("point", "seed", "week") if key in schema.names and (key != "week" or name == "weekly")]
        wanted = schema.names if columns is None else [*keys, *(c for c in columns if c not in keys)]
        checks.keys(wanted, schema.names, f"{self.path}: {name} has no column")
        pieces = self._held.of(kind)
        parts = [_read(piece, schema, wanted) for piece in pieces]
        found = pa.concat_tables(parts) if parts else schema.empty_table().select(wanted)
        if len(pieces) <= 1 and (not pieces or not pieces[0].key):
            return found
        return _ordered(found, np.repeat(np.arange(len(parts)), [len(part) for part in parts]))

    def points(self) -> pd.DataFrame:
        """Return the points, a row each."""
        return self.study.points

    def runs(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the runs: point, seed, and a column per measure and summary."""
        return self.table("runs", columns).to_pandas()

    def weekly(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the weeks: point, seed, week, and a column per measure."""
        return self.table("weekly", columns).to_pandas()

    def failures(self) -> pd.DataFrame:
        """Return the runs that failed, with the reason and the command that repeats each."""
        found = self.table("failures").to_pandas()
        done, own = self._codes(self._held.runs()), self._codes(found[["point", "seed"]].to_numpy().T)
        return found[~np.isin(own, done)].reset_index(drop=True)

    def log(self) -> pd.DataFrame:
        """Return when, where and how long each batch of runs was simulated; see :func:`civicsim.study.store.origin.read_log`."""
        return read_log(self.path)

    # -- figures ---------------------------------------------------------------------------------------------------------

    def plot(
        self,
        kind: str,
        measure: str | None = None,
        styles: Sequence[str] = (),
        ax: Any = None,
        width: float = 170,
        factors: Sequence[str] = (),
    ) -> Any:
        """Draw a figure of an analysis, with a caption; return its axes.

        Parameters
        ----------
        kind : str
            One of :data:`civicsim.report.study_plots.PLOTS`, such as "heat"; each has a method of its own, such as
            :meth:`plot_heat`.
        measure : str, optional
            Column of the table of runs; the first that the study has a question about by default.
        styles : sequence of str
            Styles to draw beside the baseline; all by default.
        ax : matplotlib.axes.Axes, optional
            Where to draw; on a figure of its own by default, which :func:`civicsim.report.figures.save` writes.
        width : float
            Of its own figure, in millimetres; 60-400.
        factors : sequence of str
            Columns of points: across and down of a heat map; of effects along the axis, and those that tell lines apart.

        Raises
        ------
        CivicsimError
            If a name is unknown, the width is out of range, or the design of the study does not fit the figure.
        """
        from civicsim.report.study_plots import plot_study

        return plot_study(self, kind, measure, styles, ax, width, factors)

    plot_differences = _drawing("differences", "how far each policy differs from the one it is compared with")
    plot_heat = _drawing("heat", "a cell for each combination of two things that are varied: factors, styles or draws")
    plot_effects = _drawing("effects", "a measure along one factor of a full grid, a line for each level of others")
    plot_paths = _drawing("paths", "how a measure develops, week by week")
    plot_indices = _drawing("indices", "how much a measure depends on each factor")
    plot_rank = _drawing("rank", "how often each policy has each rank over futures")
    plot_regret = _drawing("regret", "how far each policy is behind the best in each future")
    plot_boxes = _drawing("boxes", "the conditions under which one style loses to another")
    plot_decide = _drawing("decide", "which uncertain parameters decide between two styles")

    # -- for other packages ------------------------------------------------------------------------------------------------

    def to_pandas(self, name: str = "runs", columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table with the columns of its points in front: assumptions first, then results."""
        if name == "points":
            return self.points()
        own = self.failures() if name == "failures" else self.table(name, columns).to_pandas()
        joined = self.points().merge(own, on="point", how="inner")
        keys = ["seed", "point", *(["week"] if name == "weekly" else [])]
        return joined.sort_values(keys, kind="stable").reset_index(drop=True)

    def to_polars(self, name: str = "runs", columns: Sequence[str] | None = None) -> Any:
        """Return the same as :meth:`to_pandas`, as a polars data frame; a missing package is a :class:`CivicsimError`."""
        polars = _package("polars")
        return polars.from_arrow(pa.Table.from_pandas(self.to_pandas(name, columns), preserve_index=False))

    def to_xarray(self, name: str = "runs", columns: Sequence[str] | None = None) -> Any:
        """Return the measures as an xarray data set over point and seed (and week), with the columns of points as coordinates.

        A missing package is a :class:`CivicsimError`.
        """
        xarray = _package("xarray")
        dimensions = ["point", "seed", *(["week"] if name == "weekly" else [])]
        found = xarray.Dataset.from_dataframe(self.table(name, columns).to_pandas().set_index(dimensions))
        about = self.points().set_index("point").loc[found["point"].to_numpy()]
        return found.assign_coords({key: ("point", about[key].to_numpy()) for key in about})

    def sql(self, query: str) -> pd.DataFrame:
        """Return what an SQL query over the tables (see :meth:`table`) finds, by DuckDB.

        A missing package is a :class:`CivicsimError`.
        """
        duckdb = _package("duckdb")
        with duckdb.connect() as connection:
            for name in _NAMES:
                if name in ("points", "failures") or name in self._schemas:
                    connection.register(name, self.table(name))
            return connection.execute(query).df()

    def __repr__(self) -> str:
        failed = f", {self.n_failed} failed" if self.n_failed else ""
        return f"Store({str(self.path)!r}: {self.n_done} of {self.n_runs} runs{failed})"

    def _repr_html_(self) -> str:
        rows = first_rows(self.to_pandas(columns=[c["column"] for c in self.manifest["columns"][:6]]), 6)
        failed = f", {self.n_failed} failed" if self.n_failed else ""
        size = f"{self.manifest['n_points']} points × {len(self.seeds)} seeds"
        return notebook_view(
            f"{self.n_done} of {self.n_runs} runs ({size}){failed}, in {self.path}. The first runs:",
            rows,
            title=self.question,
        )


def open_store(path: str | Path) -> Store:
    """Return the results of a study in a folder, complete or not.

    Every file is checked; files that were cut off, changed, or belong elsewhere are left out with a warning.

    Raises
    ------
    CivicsimError
        If the folder contains no study.
    """
    return Store(Path(path))


def _ordered(found: pa.Table, piece: np.ndarray) -> pa.Table:
    """Return rows by seed and point, each run once: those of parts may be in tables already, and pieces come one by one."""
    points, seeds = (found[key].to_numpy().astype(np.int64) for key in ("point", "seed"))
    order = np.lexsort((piece, points, seeds))
    starts = run_starts(seeds[order], points[order])
    # Of a run, the rows of the first piece that has it.
    of_first = piece[order][np.repeat(starts, np.diff(starts, append=len(order)))]
    return found.take(pa.array(order[piece[order] == of_first])).combine_chunks()


def _read(piece: Piece, schema: pa.Schema, wanted: Sequence[str]) -> pa.Table:
    """Return columns of a table or a part."""
    columns = None if piece.key else list(wanted)
    return unpacked(pq.read_table(piece.path, columns=columns), schema).select(wanted).replace_schema_metadata(None)


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise CivicsimError(f"{name} is not installed: pip install {name}") from None
