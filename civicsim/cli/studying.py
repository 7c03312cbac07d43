"""The commands of ``civicsim study`` that run studies and write their results."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import civicsim as cs
from civicsim import checks
from civicsim.cli import Stopped, study_commands
from civicsim.cli.files import filled, text_writer, write_file
from civicsim.cli.output import Line, Output
from civicsim.cli.progress import shown
from civicsim.cli.scenarios import warn_of_dates
from civicsim.cli.starting import write_start
from civicsim.cli.study_commands import Workers
from civicsim.cli.table_files import as_table, write_tables
from civicsim.cli.tables import grid, part_lines
from civicsim.errors import CivicsimError, ScenarioError, size_of
from civicsim.experiment.progress import duration, time_left
from civicsim.experiment.wording import counted
from civicsim.extras import need
from civicsim.model.measures import FLAGSHIP
from civicsim.report.contrast_tables import power_part
from civicsim.report.parts import Part
from civicsim.report.words import product_text, seeds_text
from civicsim.scenario.sizes import bytes_free
from civicsim.scenario.tables import listed
from civicsim.scenario.toml import read_toml
from civicsim.study.analysis.matched import matched
from civicsim.study.design.protocol import PROTOCOL
from civicsim.study.design.study import Study
from civicsim.study.run.doubts import doubts_of
from civicsim.study.run.effort import bytes_of_worker
from civicsim.study.run.runner import Progress, Standing
from civicsim.study.store.folder import load_study
from civicsim.study.store.holdings import MANIFEST, STUDY
from civicsim.study.store.origin import runs_per_second
from civicsim.study.store.store import Store, StoreWarning

if TYPE_CHECKING:
    import pandas as pd

_MOST_SHOWN = 5
_LOOK = 5.0
"""Seconds between two looks at a study that is watched."""


# -- study files -------------------------------------------------------------------------------------------------------


def new(output: Output, request: study_commands.New) -> None:
    """Write a study file with all keys explained."""
    path = request.path
    write_start(path, filled("study.toml"), request.force)
    lines = [f"Wrote {path}: a small study that can be run as it is."]
    output.show({"file": path}, lines, f"change {path}, then civicsim study check {path}")


def check(output: Output, request: study_commands.Check) -> None:
    """Read a study, and estimate its size."""
    path, study = request.path, over_draws(load(request.path), request.draws)
    _warn_of_dates(output, study)
    for doubt in doubts_of(study):
        output.warn(f"{path}: {doubt}")
    found = None if request.pilot is None else _power(output, study, request.pilot)
    effort = cs.effort_of(study, request.processes)
    memory = bytes_of_worker(study, effort.processes)
    if memory > bytes_free():
        output.warn(
            f"{path}: a process needs about {size_of(memory)} of memory, and {size_of(bytes_free())} are available here"
        )
    data = {"file": path, "valid": True, "question": study.question, "study": study.protocol.digest}
    data |= {key: getattr(effort, key) for key in ("points", "seeds", "runs", "processes")}
    data |= {
        "seconds": round(effort.seconds, 1),
        "bytes": int(effort.n_bytes),
        "memory": int(memory),
        "warnings": output.warnings,
    }
    # Factors come first; the draws of a calibration cover hundreds of parameters.
    varied = listed(list(study.protocol.factors.values()), _MOST_SHOWN) or "nothing but styles"
    lines = [
        f"{path} is a valid study: {study.question}",
        f"{product_text(study.points, effort.seeds)}; {seeds_text(study.seed_numbers)}",
        f"styles: {listed(list(study.protocol.bases), 4 * _MOST_SHOWN)}; varied: {varied}",
        f"about {duration(effort.seconds)} in {counted(effort.processes, 'process', 'processes')}, {size_of(memory)} of memory in "
        f"each, and {size_of(effort.n_bytes)} on disk; measured on one small run",
    ]
    if study.rule is not None:
        lines.append(f"seeds are added until intervals are narrow enough, up to {study.rule.limit}, which takes longer")
    shown = [] if found is None else [*part_lines([power_part(found, effort.seeds)])]
    data |= {} if found is None else {"power": found}
    output.show(data, [*lines, *shown], f"civicsim study run {path} --out {beside(path, 'results')}")


def _power(output: Output, study: Study, pilot: str) -> pd.DataFrame:
    """Return the power of a study from a pilot, for those of its measures that the pilot has."""
    runs = matched(read(output, pilot), ["all"])
    names = [column.name for column in study.protocol.columns if column.name in runs.columns]
    chosen = [name for name in names if name in study.matters or (not study.matters and name in FLAGSHIP)] or names
    if not chosen:
        raise CivicsimError(f"{pilot}: has none of the measures of {study.where}")
    return cs.power(runs, len(study.seed_numbers), study.matters, chosen)


def list_all(output: Output, request: study_commands.List) -> None:
    """List study files and results."""
    root = Path(request.folder)
    if not root.is_dir():
        raise CivicsimError(f"{root}: no such folder")
    found = [*_study_files(root), *_results(root)]
    if not found:
        output.show(found, [f"No studies in {root}."], "civicsim study new study.toml")
        return
    output.show(found, [grid([list(one.values()) for one in found], head=False)])


def _study_files(root: Path) -> Iterator[dict[str, str]]:
    for path in sorted([*root.glob("*.toml"), *root.glob("*/*.toml")]):
        if (path.parent / MANIFEST).exists():
            continue
        try:
            values = read_toml(path)
        except ScenarioError:
            # Not a study file, or none that can be read: study check gives the reason.
            continue
        if isinstance(values.get("question"), str):
            yield {"path": str(path), "state": "study file", "question": values["question"]}


def _results(root: Path) -> Iterator[dict[str, str]]:
    for path in sorted([root / MANIFEST, *root.glob(f"*/{MANIFEST}")]):
        if not path.exists():
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", StoreWarning)
                store = cs.open_store(path.parent)
        except CivicsimError:
            # Other programs have manifests too.
            continue
        failed = f", {store.n_failed} failed" if store.n_failed else ""
        state = f"{store.n_done} of {store.n_runs} runs{failed}"
        yield {"path": str(path.parent), "state": state, "question": store.question}


# -- running -----------------------------------------------------------------------------------------------------------


def run(output: Output, request: study_commands.Run) -> bool:
    """Run what is missing of a study, and return whether no run has failed."""
    if request.dask is not None:
        need("cluster", "--dask")
    path = declared_in(request.path)
    study = over_draws(load(path), request.draws)
    folder = request.out or (path if Path(path).is_dir() else beside(path, "results"))
    shard = _shard(request.shard)
    with _dask(request.dask) as cluster:
        how = {"shard": shard, "retry_failed": request.retry_failed, "mix": request.mix, **cluster}
        return show_standing(output, run_in(output, study, folder, request, **how))


def run_in(
    output: Output, study: Study, folder: str, workers: Workers, run: Callable[..., Store] = cs.run_study, **how: Any
) -> Store:
    """Run what is missing of a study in a folder, with progress; Ctrl-C keeps finished runs.

    ``how`` are further arguments of ``run``, by default :func:`civicsim.study.run.runner.run_study`.
    """
    _warn_of_dates(output, study)
    last: list[Standing] = []
    with study_progress(output) as show:

        def report(standing: Standing) -> None:
            last[:] = [standing]
            show(standing)

        try:
            given = {**worker_options(workers), **how}
            return run(study, out=folder, progress=report, note=output.note, **given)
        except KeyboardInterrupt:
            done = f"{last[0].done} of {last[0].total} runs are kept in {folder}" if last else "no run was started"
            again = f"civicsim study run {folder}" if how.get("add_seeds") else "the same command"
            raise Stopped(f"{done}; {again} resumes the study") from None


def worker_options(workers: Workers) -> dict[str, Any]:
    """Return the options of worker processes as functions take them."""
    return {"processes": workers.processes, "timeout": workers.timeout, "memory": (workers.memory or 0.0) * 1e9}


@contextmanager
def _dask(address: str | None) -> Iterator[dict[str, Any]]:
    """Yield the executor of a Dask cluster and how many workers it has, if one is named."""
    if address is None:
        yield {}
        return
    from civicsim.study.run.executors import dask_executor

    with dask_executor(address) as (executor, workers):
        yield {"executor": executor, "processes": workers}


@contextmanager
def study_progress(output: Output) -> Iterator[Progress]:
    """Yield what shows how far a study is."""
    with shown(output, "runs") as (show, _):

        def report(standing: Standing) -> None:
            show((standing.done + standing.failed) / max(1, standing.total), str(standing))

        yield report


def _shard(text: str) -> tuple[int, int]:
    place, of = pair(text, "/", "--shard", "I/N, such as 3/20")
    if not 1 <= place <= of:
        raise CivicsimError(f"--shard {text}: expected I/N with I from 1 to N")
    return place, of


def pair(text: str, sign: str, option: str, form: str) -> tuple[int, int]:
    """Return two whole numbers with a sign between; ``option`` and ``form`` begin and end the complaint about others."""
    parts = text.split(sign)
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise CivicsimError(f"{option} {text}: expected {form}")
    return int(parts[0]), int(parts[1])


# -- results -----------------------------------------------------------------------------------------------------------


def status(output: Output, request: study_commands.Status) -> None:
    """Show how far a study is, and what failed; with ``watch``, once it is complete or no process works on it."""
    if request.watch:
        _watch(output, request.folder)
    store = read(output, request.folder)
    about = store.status()
    speed = runs_per_second(store.log()) if about["running"] else 0.0
    now = [f"running now: shard {shard}" for shard in about["running"]]
    now += [f"{60 * speed:.3g} runs a minute{time_left(about['missing'] / speed)}"] if speed else []
    output.show(
        {"folder": request.folder, **about, "runs_per_minute": 60 * speed, "failures": store.failures()},
        [*_standing_lines(store), *now],
        "" if store.complete else f"civicsim study run {request.folder}",
    )


def _watch(output: Output, folder: str) -> None:
    """Show progress until a study is complete or no process works on it, or Ctrl-C."""
    try:
        with shown(output, "runs", steps=1000) as (show, _):
            while True:
                store = read(output, folder)
                about, speed = store.status(), runs_per_second(store.log())
                finished, total = about["done"] + about["failed"], max(1, about["runs"])
                pace = f", {60 * speed:.3g} runs a minute{time_left(about['missing'] / speed)}" if speed else ""
                show(finished / total, f"{finished} of {total} runs{pace}")
                if finished == total or not about["running"]:
                    return
                time.sleep(_LOOK)
    except KeyboardInterrupt:
        raise Stopped("the study itself continues") from None


def show_standing(output: Output, store: Store) -> bool:
    """Show how far a study is, and return whether no run has failed."""
    output.show(
        {"folder": str(store.path), **store.status(), "warnings": output.warnings},
        _standing_lines(store),
        f"civicsim study report {store.path}" if store.complete else "",
    )
    return store.n_failed == 0


def _standing_lines(store: Store) -> Iterator[Line]:
    about = store.status()
    yield store.question
    if about["failed"]:
        failures = store.failures()
        yield f"{counted(about['failed'], 'run')} failed:"
        for (stage, kind), rows in failures.groupby(["stage", "type"]):
            text = str(rows["message"].iloc[0])
            yield f"  {len(rows)} × {kind} in {stage}: {text if len(text) <= 80 else f'{text[:79]}…'}"
        yield from (f"  in {store.path}: {command}" for command in failures["command"].head(_MOST_SHOWN))
        if len(failures) > _MOST_SHOWN:
            yield f"  … and {len(failures) - _MOST_SHOWN} more in failures.parquet"
    missing = f", {about['missing']} missing" if about["missing"] else ""
    size = f"{counted(about['points'], 'point')} × {counted(about['seeds'], 'seed')}"
    yield f"{about['done']} of {about['runs']} runs done{missing} ({size})"
    if store.complete:
        yield f"Tables in {store.path}: points.parquet, runs.parquet, failures.parquet"


def report(output: Output, request: study_commands.Report) -> None:
    """Write the brief of a study, or of a search for worst cases."""
    from civicsim.report.brief import READERS, brief
    from civicsim.report.printing import chromium, print_pdf
    from civicsim.study.analysis.adversary import stored_search
    from civicsim.study.analysis.trials import JOURNAL, SPREAD

    checks.keys([request.reader], READERS, "--for: no reader")
    folder = Path(request.folder)
    target = Path(request.out) if request.out is not None else folder / "report.html"
    ending = target.suffix.lower()
    if ending == ".pdf":
        chromium()
    found = stored_search(folder) if (folder / JOURNAL).exists() else None
    store = read(output, str(folder if found is None else folder / SPREAD))
    page = brief(store, request.reader, found)
    write_file(target, text_writer(page) if ending == ".html" else lambda path: print_pdf(page, path))
    size = size_of(target.stat().st_size)
    lines = [f"Wrote {target} ({size}): open it in a browser; it needs no other file."]
    if ending == ".pdf":
        lines = [f"Wrote {target} ({size})."]
    output.show({"file": str(target), **store.status()}, lines)


def export(output: Output, request: study_commands.Export) -> None:
    """Write a table with the columns of its points."""
    store, out = read(output, request.folder), str(request.out)
    frame = store.to_pandas(request.table)
    # The text of a table is made for LaTeX only: there may be a million rows.
    shown = (Part(table=as_table(frame, f"{name} of: {store.question}")) for name in [request.table])
    write_tables(out, {request.table: frame}, shown, output.force)
    size = f"{len(frame):,} rows and {len(frame.columns)} columns ({size_of(Path(out).stat().st_size)})"
    data = {"file": out, "table": request.table, "rows": len(frame), "columns": list(frame)}
    output.show(data, [f"Wrote {out}: {size}."])


# -- what commands of studies share ------------------------------------------------------------------------------------


def declared_in(path: str) -> str:
    """Return the study file of a folder that has one and no results; anything else as it is."""
    file = Path(path) / STUDY
    return str(file) if file.is_file() and not (Path(path) / PROTOCOL).exists() else path


def load(path: str) -> Study:
    """Return the study of a file, of a folder with a study file, or of a folder of results."""
    path = declared_in(path)
    return load_study(path) if Path(path).is_dir() else Study.read(path)


def over_draws(study: Study, draws: int | None) -> Study:
    """Return the study over a number of parameter sets that fit published data; unchanged for None."""
    if draws is None:
        return study
    if study.uncertainties:
        raise CivicsimError(f"--draws {draws}: {study.where} has its own [uncertainties]; leave out one of them")
    return study.with_(uncertainties={"posterior": draws})


def read(output: Output, folder: str) -> Store:
    """Return the results in a folder, with a warning for each file that cannot be used."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StoreWarning)
        try:
            store = cs.open_store(folder)
        except CivicsimError as error:
            below = sorted(path.parent for path in Path(folder).glob(f"*/{MANIFEST}"))
            if (Path(folder) / MANIFEST).exists() or not below:
                raise
            raise CivicsimError(f"{error}; there are results in {', '.join(map(str, below[:_MOST_SHOWN]))}") from None
    for warning in caught:
        output.warn(str(warning.message))
    return store


def beside(path: str, what: str) -> str:
    """Return the usual place of results of a study file: next to it, with a word behind its name if that is not just study.toml."""
    file = Path(path)
    return str(file.with_name(what if file.name == STUDY else f"{file.stem}-{what}"))


def _warn_of_dates(output: Output, study: Study) -> None:
    bases = study.protocol.bases.values()
    weeks = next(iter(bases)).weeks
    sets = [*(base.interventions for base in bases), *study.protocol.shocks.values()]
    warn_of_dates(output, ((event, weeks) for events in sets for event in events))
