"""Options that commands share: what they accept, how they are explained, and how shells complete them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from civicsim.extras import need
from civicsim.scenario.shipped import names_in

TABLE_ENDINGS = (".csv", ".tex", ".xlsx", ".parquet")
"""Kinds of files for tables."""

# -- what options accept -----------------------------------------------------------------------------------------------


def whole(low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """Return a parser of whole numbers in a range."""
    limits = "" if low is None else f" from {low}" + ("" if high is None else f" to {high}")

    def parse(text: str) -> int:
        with suppress(ValueError):
            number = int(text)
            if (low is None or number >= low) and (high is None or number <= high):
                return number
        raise typer.BadParameter(f"{text}: expected a whole number{limits}")

    return parse


_MOST = 3.2e7
"""Largest number that :func:`positive` takes: waiting for longer is no plan, and no system call takes infinity."""


def positive(text: str) -> float:
    """Return a number above 0, of at most a year in seconds."""
    with suppress(ValueError):
        if 0.0 < (value := float(text)) <= _MOST:
            return value
    raise typer.BadParameter(f"{text}: expected a number above 0, and at most {_MOST:.3g}")


def share(text: str) -> float:
    """Return a percentage above 0 and below 100."""
    with suppress(ValueError):
        if 0.0 < (value := float(text.removesuffix("%"))) < 100.0:
            return value
    raise typer.BadParameter(f"{text}: expected a percentage above 0 and below 100")


def names_like(example: str) -> Callable[[str], list[str]]:
    """Return a parser of names separated by commas; ``example`` is shown where there is none."""

    def parse(text: str) -> list[str]:
        found = [name.strip() for name in text.split(",") if name.strip()]
        if not found:
            raise typer.BadParameter(f"{text!r}: expected names, such as {example}")
        return found

    return parse


@dataclass(frozen=True)
class FileName:
    """A parser of the name of a file that a command writes, which may not exist unless ``--force`` is given.

    ``endings`` are those allowed, all if there are none; ``option`` begins the complaint about another.
    """

    endings: tuple[str, ...] = ()
    option: str = "--out"
    # Typer asks parsers for their names.
    __name__ = "file"

    def __call__(self, text: str) -> str:
        """Return the name, if it is allowed and what it needs is installed."""
        from civicsim.cli.files import check_ending

        if self.endings and check_ending(text, self.endings, self.option) == ".xlsx":
            need("excel", text)
        return text


# -- how options are declared ------------------------------------------------------------------------------------------


def argument(metavar: str, about: str, complete: Callable[..., Any] | None = None) -> Any:
    """Return an argument without a name."""
    return typer.Argument(metavar=metavar, help=about, autocompletion=complete)


def value(metavar: str, about: str, *names: str, **more: Any) -> Any:
    """Return an option with a value; its name is that of the field unless others are given."""
    return typer.Option(*names, metavar=metavar, help=about, **more)


def new_file(metavar: str, about: str, *endings: str, option: str = "--out") -> Any:
    """Return an option with the name of a file that the command writes; see :class:`FileName`."""
    return value(metavar, about, parser=FileName(endings, option))


def count(about: str, low: int | None = None, high: int | None = None, *names: str) -> Any:
    """Return an option with a whole number in a range."""
    return typer.Option(*names, metavar="N", help=about, parser=whole(low, high))


def per_cent(about: str) -> Any:
    """Return an option with a percentage."""
    return typer.Option(metavar="PERCENT", help=about, parser=share)


def flag(name: str, about: str, *names: str) -> Any:
    """Return an option without a value."""
    return typer.Option(name, *names, help=about)


def names(example: str, about: str, name: str) -> Any:
    """Return an option with names separated by commas."""
    return typer.Option(name, metavar="A,B", help=about, parser=names_like(example))


# -- what the Tab key offers -------------------------------------------------------------------------------------------


def _completing(names: Callable[[], Iterable[str]]) -> Callable[[str], Iterator[str]]:
    """Return what completes a word with the names that begin with it."""
    return lambda incomplete: (name for name in names() if name.startswith(incomplete))


def _measures() -> Iterable[str]:
    from civicsim.model.measures import MEASURES

    return MEASURES


def _figures() -> Iterable[str]:
    from civicsim.report.study_plots import PLOTS

    return PLOTS


def _questions() -> Iterable[str]:
    from civicsim.study.questions import questions

    return ["list", *questions()]


_TOPICS = ("process", "style", "parameter", "measure", "lever", "kind", "shock", "model")
complete_styles = _completing(lambda: [*names_in("styles"), *map(str, Path().glob("*.toml"))])
complete_kinds = _completing(lambda: names_in("organisations"))
complete_measures = _completing(_measures)
complete_figures = _completing(_figures)
complete_questions = _completing(_questions)
complete_topics = _completing(lambda: _TOPICS)
complete_studies = _completing(
    lambda: map(str, (*Path().glob("*.toml"), *(path.parent for path in Path().glob("*/manifest.json"))))
)


def complete_names(context: typer.Context, incomplete: str) -> Iterator[str]:
    """Yield the names of the topic given before."""
    from civicsim.cli.describing import names_of

    return _completing(lambda: names_of(context.params.get("topic") or ""))(incomplete)


# -- options of all commands -------------------------------------------------------------------------------------------

Json = Annotated[bool, flag("--json", "Print the result as JSON only.")]
Quiet = Annotated[bool, flag("--quiet", "Show no progress and no hints.", "-q")]
Force = Annotated[bool, flag("--force", "Overwrite existing files.")]
Out = Annotated[str | None, value("DIR", "Write data files to this folder.")]

# -- options about scenarios -------------------------------------------------------------------------------------------

ScenarioName = Annotated[str | None, argument("SCENARIO", "A scenario file or a style.", complete_styles)]
Style = Annotated[str | None, value("STYLE", "Governance style, by name or file.", autocompletion=complete_styles)]
Kind = Annotated[str | None, value("KIND", "Kind of organisation, by name or file.", autocompletion=complete_kinds)]
Runs = Annotated[int, count("Number of runs.", 1)]
MatchedRuns = Annotated[int, count("Matched runs of each scenario.", 1)]
EnoughRuns = Annotated[int | None, count("Matched runs of each; by default 30, or 90 if a verdict is borderline.", 1)]
Weeks = Annotated[int | None, count("Weeks to simulate after the burn-in.")]
Seed = Annotated[int | None, count("Seed of the first run.")]
Set = Annotated[Sequence[str], value("KEY=VALUE", "Change a value, such as fear=0.1. May be repeated.", "--set")]
Code = Annotated[str | None, value("FILE.py", "Python file with your own processes (WEEK) or measures (MEASURES).")]
Order = Annotated[
    str | None, value("ORDER", "Order of the processes within a week: shuffled:SEED, or all names separated by commas.")
]
Threads = Annotated[int | None, count("Threads to use, by default all; results are the same.", 1)]
Csv = Annotated[bool, flag("--csv", "Also write the weekly tables as CSV, about five times as large as Parquet.")]
Measures = Annotated[
    Sequence[str], value("NAME", "Show this measure. May be repeated.", "--measure", autocompletion=complete_measures)
]
AllMeasures = Annotated[bool, flag("--all-measures", "Show every measure.")]
Draws = Annotated[int | None, count("Repeat for N parameter sets that fit published data, instead of one.", 1)]
TeamTies = Annotated[bool, flag("--team-ties", "Also include the ties within each team, which are many.")]

# -- options about studies and calibrations ----------------------------------------------------------------------------

StudyFolder = Annotated[str, argument("DIR", "A folder of results.", complete_studies)]
StudyFile = Annotated[str, argument("STUDY.toml", "The study file.", complete_studies)]
StudyPath = Annotated[str, argument("STUDY", "A study file, its folder, or a folder of results.", complete_studies)]
Tables = Annotated[
    str | None,
    new_file("FILE", "Also write the tables to this file: .csv, .tex, .xlsx or .parquet.", *TABLE_ENDINGS, option=""),
]
Processes = Annotated[int | None, count("Worker processes; one per thread by default.", 0, None, "--processes", "-p")]
Timeout = Annotated[
    float | None, value("SECONDS", "Time after which a chunk of runs counts as hanging.", parser=positive)
]
Memory = Annotated[
    float | None, value("GB", "Largest address space of a worker process, in gigabytes.", parser=positive)
]
MeasureList = Annotated[Any, names("quality_true,load", "Measures separated by commas, or all.", "--measures")]
FreeList = Annotated[Any, names("exit_rate,safety_mean", "Parameters that may vary.", "--free")]
Targets = Annotated[str | None, value("FILE", "Your own targets; the shipped ones by default.", "--targets")]
