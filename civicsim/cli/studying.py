"""What the commands of ``civicsim study`` do."""

from __future__ import annotations

import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from civicsim.cli import Stopped
from civicsim.cli.effort import size_of
from civicsim.cli.output import Output, stderr_is_terminal
from civicsim.cli.progress import duration
from civicsim.cli.study_template import TEMPLATE
from civicsim.errors import CivicsimError
from civicsim.report.words import counted, seeds_text
from civicsim.study.design.study import Study
from civicsim.study.run.effort import Effort, effort_of
from civicsim.study.run.runner import Progress, Standing, run_study
from civicsim.study.run.worker import measure_alone
from civicsim.study.store.folder import load_study
from civicsim.study.store.holdings import MANIFEST
from civicsim.study.store.store import Store, StoreWarning, open_store

_MOST_SHOWN = 5


@dataclass(frozen=True)
class How:
    """How a study is run; see :func:`civicsim.study.run.runner.run_study`."""

    processes: int | None = None
    shard: str = "1/1"
    timeout: float | None = None
    memory: float | None = None
    retry_failed: bool = False
    mix: bool = False
    dask: str | None = None


def new(output: Output, path: str, force: bool) -> None:
    """Write a study file with everything explained.

    Raises
    ------
    CivicsimError
        If the file is there already and ``force`` is not said, or it cannot be written.
    """
    target = Path(path)
    if target.suffix != ".toml":
        raise CivicsimError(
            f"{path}: a study file is called something.toml; did you mean '{target.with_suffix('.toml')}'?"
        )
    if target.exists() and not force:
        raise CivicsimError(f"{path}: is there already; add --force to write over it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(TEMPLATE, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CivicsimError(f"{path}: cannot be written ({error.strerror})") from None
    if output.json:
        output.data({"file": path})
        return
    output.say(f"Wrote {path}: a small study that can be run as it is.")
    output.hint(f"Next: change {path}, then civicsim study check {path}")


def check(output: Output, path: str, processes: int | None, draws: int | None = None) -> None:
    """Read a study, and say what it takes."""
    study = over_draws(load(path), draws)
    late = _late(study)
    for text in late:
        output.warn(text)
    effort = effort_of(study, processes)
    if output.json:
        about = {"file": path, "valid": True, "question": study.question, "study": study.protocol.digest}
        output.data({**about, **_numbers(effort), "warnings": output.warnings})
        return
    output.say(f"{path} is a valid study: {study.question}")
    output.say(f"{size_text(study)}; {seeds_text(study.seed_numbers)}")
    names = ", ".join(study.protocol.factors.values()) or "nothing but styles"
    output.say(f"styles: {', '.join(study.protocol.bases)}; varied: {names}")
    output.say(
        f"about {duration(effort.seconds)} in {counted(effort.processes, 'process', 'processes')}, and "
        f"{size_of(effort.n_bytes)} on disk; measured on one small run"
    )
    if study.rule is not None:
        output.say(f"seeds are added until intervals are narrow enough, up to {study.rule.limit}: that takes longer")
    output.hint(f"Next: civicsim study run {path} --out {_usual_folder(path)}")


def run(output: Output, path: str, out: str | None, how: How, add_seeds: int = 0, draws: int | None = None) -> bool:
    """Run what is missing of a study, and say what there is; return whether no run has failed."""
    study = over_draws(load(path), draws)
    folder = out or (path if Path(path).is_dir() else _usual_folder(path))
    store = run_in(output, study, folder, how, add_seeds)
    if output.json:
        output.data({"folder": str(folder), **store.status(), "warnings": output.warnings})
        return store.n_failed == 0
    _say_standing(output, store)
    if store.complete:
        output.hint(f"Next: civicsim study report {folder}")
    return store.n_failed == 0


def run_in(output: Output, study: Study, folder: str, how: How, add_seeds: int = 0) -> Store:
    """Run what is missing of a study in a folder, with progress; Ctrl-C keeps what is done."""
    for text in _late(study):
        output.warn(text)
    last: list[Standing] = []
    with shown(output) as show, _dask(how.dask) as (executor, workers):

        def progress(standing: Standing) -> None:
            last[:] = [standing]
            show(standing)

        try:
            return run_study(
                study, folder, processes=workers if executor is not None else how.processes, shard=_shard(how.shard),
                timeout=how.timeout, memory=(how.memory or 0.0) * 1e9, retry_failed=how.retry_failed, mix=how.mix,
                add_seeds=add_seeds, executor=executor, progress=progress, note=output.note,
            )  # fmt: skip
        except KeyboardInterrupt:
            done = f"{last[0].done} of {last[0].total} runs are kept in {folder}" if last else "nothing was begun"
            raise Stopped(
                f"{done}; {'civicsim study run ' + folder if add_seeds else 'the same command'} goes on"
            ) from None


def repeat(output: Output, path: str, only: str) -> None:
    """Live one run in this process, and show its measures; a failure comes with its traceback."""
    study = load(path)
    point, seed = _pair(only, ":", "--only", "POINT:SEED")
    try:
        values = measure_alone(study.protocol, point, seed)
    except CivicsimError:
        raise
    except Exception as error:
        import traceback

        traceback.print_exc()
        raise CivicsimError(f"--only {only}: failed as it did before: {type(error).__name__}: {error}") from None
    if output.json:
        output.data({"point": point, "seed": seed, "scenario": study.scenario(point).digest, "values": values})
        return
    output.say(f"point {point}, seed {seed}: {study.scenario(point)!r}")
    output.say(*(f"  {name:<32} {value:.6g}" for name, value in values.items()))


def status(output: Output, folder: str) -> None:
    """Say how far a study is."""
    store = read(output, folder)
    if output.json:
        failures = store.failures()
        output.data({"folder": folder, **store.status(), "failures": failures.to_dict("records")})
        return
    _say_standing(output, store)
    for shard in store.status()["running"]:
        output.say(f"running now: shard {shard}")
    if not store.complete:
        output.hint(f"Next: civicsim study run {folder}")


def report(output: Output, folder: str, out: str | None) -> None:
    """Write the page of a study."""
    from civicsim.report.study_page import study_page
    from civicsim.study.store.files import write_whole

    store = read(output, folder)
    target = Path(out) if out is not None else store.path / "report.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, study_page(store).encode())
    except OSError as error:
        raise CivicsimError(f"{target}: cannot be written ({error.strerror})") from None
    if output.json:
        output.data({"file": str(target), **store.status()})
        return
    output.say(f"Wrote {target} ({size_of(target.stat().st_size)}): open it in a browser; it needs nothing else.")


def export(output: Output, folder: str, table: str, out: str) -> None:
    """Write a table with the columns of its points."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    store, target = read(output, folder), Path(out)
    if target.suffix not in (".csv", ".parquet"):
        raise CivicsimError(f"--out {out}: expected a name that ends with .csv or .parquet")
    frame = store.to_pandas(table)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".csv":
            # Every digit: seventeen are enough to get a number back.
            frame.to_csv(target, index=False, lineterminator="\n", float_format="%.17g")
        else:
            pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None), target)
    except OSError as error:
        raise CivicsimError(f"{target}: cannot be written ({error.strerror})") from None
    if output.json:
        output.data({"file": out, "table": table, "rows": len(frame), "columns": list(frame)})
        return
    output.say(f"Wrote {out}: {len(frame):,} rows and {len(frame.columns)} columns ({size_of(target.stat().st_size)}).")


def list_all(output: Output, folder: str) -> None:
    """List study files and results."""
    root = Path(folder)
    if not root.is_dir():
        raise CivicsimError(f"{folder}: there is no such folder")
    found = [*_study_files(root), *_results(root)]
    if output.json:
        output.data(found)
        return
    if not found:
        output.say(f"No studies in {folder}.")
        output.hint("Next: civicsim study new study.toml")
        return
    width = max(len(one["path"]) for one in found)
    for one in found:
        output.say(f"{one['path']:<{width}}  {one['state']:<24}  {one['question']}")


def _study_files(root: Path) -> Iterator[dict[str, Any]]:
    for path in sorted([*root.glob("*.toml"), *root.glob("*/*.toml")]):
        if (path.parent / MANIFEST).exists():
            continue
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError):
            continue
        if isinstance(values.get("question"), str):
            yield {"path": str(path), "state": "study file", "question": values["question"]}


def _results(root: Path) -> Iterator[dict[str, Any]]:
    for path in sorted([root / MANIFEST, *root.glob(f"*/{MANIFEST}")]):
        if not path.exists():
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", StoreWarning)
                store = open_store(path.parent)
        except CivicsimError:
            # Other programs have manifests too.
            continue
        failed = f", {store.n_failed} failed" if store.n_failed else ""
        yield {
            "path": str(path.parent), "state": f"{store.n_done} of {store.n_runs} runs{failed}", "question": store.question
        }  # fmt: skip


def load(path: str) -> Study:
    """Return the study of a file, or of a folder with results."""
    return load_study(path) if Path(path).is_dir() else Study.read(path)


def over_draws(study: Study, draws: int | None) -> Study:
    """Return the study over so many parameter sets that fit what is known; as it is for None."""
    if draws is None:
        return study
    if study.uncertainties:
        raise CivicsimError(f"--draws {draws}: {study.where} says its own [uncertainties]: leave one of them out")
    return study.with_(uncertainties={"posterior": draws})


def read(output: Output, folder: str) -> Store:
    """Return the results in a folder; files that cannot be used are warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StoreWarning)
        store = open_store(folder)
    for warning in caught:
        output.warn(str(warning.message))
    return store


def size_text(study: Study) -> str:
    """Return the size of a study in words."""
    n, seeds = len(study.protocol.points), len(study.seed_numbers)
    return f"{counted(n, 'point')} × {counted(seeds, 'seed')} = {counted(n * seeds, 'run')}"


def _say_standing(output: Output, store: Store) -> None:
    about = store.status()
    output.say(store.question)
    if about["failed"]:
        output.say(f"{counted(about['failed'], 'run')} failed:")
        failures = store.failures()
        for (stage, kind), rows in failures.groupby(["stage", "type"]):
            output.say(f"  {len(rows)} × {kind} in {stage}: {_first_line(rows)}")
        for command in failures["command"].head(_MOST_SHOWN):
            output.say(f"  in {store.path}: {command}")
        if len(failures) > _MOST_SHOWN:
            output.say(f"  … and {len(failures) - _MOST_SHOWN} more in failures.parquet")
    missing = f", {about['missing']} missing" if about["missing"] else ""
    output.say(
        f"{about['done']} of {about['runs']} runs done{missing} ({about['points']} points × {about['seeds']} seeds)"
    )
    if store.complete:
        output.say(f"Tables in {store.path}: points.parquet, runs.parquet, failures.parquet")


def _first_line(rows: pd.DataFrame) -> str:
    text = str(rows["message"].iloc[0])
    return text if len(text) <= 80 else f"{text[:79]}…"


def _numbers(effort: Effort) -> dict[str, Any]:
    return {
        "points": effort.points, "seeds": effort.seeds, "runs": effort.runs, "seconds": round(effort.seconds, 1),
        "bytes": int(effort.n_bytes), "processes": effort.processes,
    }  # fmt: skip


def _usual_folder(path: str) -> str:
    file = Path(path)
    return str(file.parent / f"{file.stem}-results") if file.parent != Path() else f"{file.stem}-results"


def _shard(text: str) -> tuple[int, int]:
    place, of = _pair(text, "/", "--shard", "I/N, such as 3/20")
    if not 1 <= place <= of:
        raise CivicsimError(f"--shard {text}: expected I/N with I from 1 to N")
    return place, of


def _pair(text: str, sign: str, option: str, form: str) -> tuple[int, int]:
    first, found, second = text.partition(sign)
    if not (found and first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
        raise CivicsimError(f"{option} {text}: expected {form}")
    return int(first), int(second)


def _late(study: Study) -> list[str]:
    """Return in words which dated changes begin after the last week."""
    found: dict[str, None] = {}
    sets = [*(base.interventions for base in study.protocol.bases.values()), *study.protocol.shocks.values()]
    weeks = next(iter(study.protocol.bases.values())).weeks
    for event in (event for events in sets for event in events):
        if event.week >= weeks:
            found[f"{event.name} in week {event.week} never happens: weeks 0 to {weeks - 1} are looked at"] = None
    return list(found)


@contextmanager
def _dask(address: str | None) -> Iterator[tuple[Any, int | None]]:
    """Yield the executor of a Dask cluster and how many workers it has, if one is named."""
    if address is None:
        yield None, None
        return
    from civicsim.study.run.cluster import dask_executor

    with dask_executor(address) as (executor, workers):
        yield executor, workers


@contextmanager
def shown(output: Output) -> Iterator[Progress]:
    """Yield what shows progress: a bar on a terminal, a line per 10 % elsewhere, or nothing."""
    if not output.talks:
        yield lambda standing: None
    elif stderr_is_terminal():
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rest]}"),
        )  # fmt: skip
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("runs", total=None, rest="")
            yield lambda standing: bar.update(
                task, total=standing.total, completed=standing.done + standing.failed, rest=_rest(standing)
            )
    else:
        yield _lines()


def _lines() -> Callable[[Standing], None]:
    shown = -1

    def write(standing: Standing) -> None:
        nonlocal shown
        tenth = int(10 * (standing.done + standing.failed) / max(1, standing.total))
        if tenth > shown:
            shown = tenth
            rest = _rest(standing)
            print(
                f"civicsim: {standing.done} of {standing.total} runs{f', {rest}' if rest else ''}",
                file=sys.stderr, flush=True,
            )  # fmt: skip

    return write


def _rest(standing: Standing) -> str:
    words = [f"{standing.failed} failed"] if standing.failed else []
    left = standing.total - standing.done - standing.failed
    words += (
        [f"about {duration(standing.seconds_left)} left"]
        if left and standing.seconds_left == standing.seconds_left
        else []
    )
    return ", ".join(words)
