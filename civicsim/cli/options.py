"""Options that several commands share: what they accept, and how shells complete them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from civicsim.scenario.shipped import names_in


def whole(text: str) -> int:
    """Return a whole number; its range is checked where its meaning is known."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a whole number") from None


def n_runs(text: str) -> int:
    """Return a number of runs."""
    number = whole(text)
    if number < 1:
        raise typer.BadParameter(f"{number} runs: expected a whole number from 1")
    return number


def names_like(example: str) -> Callable[[str], list[str]]:
    """Return what reads names with commas between them; ``example`` is shown where there is none."""

    def names(text: str) -> list[str]:
        found = [name.strip() for name in text.split(",") if name.strip()]
        if not found:
            raise typer.BadParameter(f"expected names, such as {example}")
        return found

    return names


def complete_styles(incomplete: str) -> Iterator[str]:
    """Yield styles and scenario files."""
    files = [str(path) for path in Path().glob("*.toml")]
    yield from (name for name in [*names_in("styles"), *files] if name.startswith(incomplete))


def complete_kinds(incomplete: str) -> Iterator[str]:
    """Yield kinds of organisation."""
    yield from (name for name in names_in("organisations") if name.startswith(incomplete))


def complete_measures(incomplete: str) -> Iterator[str]:
    """Yield measures."""
    from civicsim.model.measures import MEASURES

    yield from (name for name in MEASURES if name.startswith(incomplete))


def complete_topics(incomplete: str) -> Iterator[str]:
    """Yield what can be described."""
    topics = ("process", "style", "parameter", "measure", "lever", "kind", "shock", "model")
    yield from (name for name in topics if name.startswith(incomplete))


def complete_names(context: typer.Context, incomplete: str) -> Iterator[str]:
    """Yield the names of the topic that was said before."""
    from civicsim.cli.describing import names_of

    names = names_of(context.params.get("topic") or "")
    yield from (name for name in names if name.startswith(incomplete))


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no hints.")]
Style = Annotated[
    str | None, typer.Option(metavar="STYLE", help="Governance style, by name or file.", autocompletion=complete_styles)
]
Kind = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="Kind of organisation, by name or file.", autocompletion=complete_kinds),
]
Weeks = Annotated[
    int | None, typer.Option(metavar="N", parser=whole, help="Weeks that are looked at, after the burn-in.")
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", parser=whole, help="Seed of the first run: the number that its luck follows from."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a value, such as fear=0.1; may be repeated. In a comparison: of every scenario.",
    ),
]
Order = Annotated[
    str | None,
    typer.Option(
        metavar="ORDER",
        help="Order of the processes within a week: shuffled:SEED, or all their names with commas between.",
    ),
]
Csv = Annotated[
    bool,
    typer.Option("--csv", help="Write the tables of every week as CSV too, which takes about five times as much room."),
]
Out = Annotated[str | None, typer.Option(metavar="DIR", help="Write data files to this folder.")]
Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure", metavar="NAME", help="Show this measure; may be repeated.", autocompletion=complete_measures
    ),
]
AllMeasures = Annotated[bool, typer.Option("--all-measures", help="Show every measure.")]
Draws = Annotated[
    int | None,
    typer.Option(
        metavar="N", parser=n_runs, help="Do it for each of N parameter sets that fit what is known, not for one."
    ),
]
