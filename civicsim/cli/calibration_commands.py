"""``civicsim validate`` and ``civicsim calibrate`` with their options and help. What they do: :mod:`civicsim.cli.calibrating`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from civicsim.cli.helping import command_help, talk
from civicsim.cli.options import Json, Kind, Out, Quiet, Seed, Set, complete_styles, n_runs, names_like, whole

Targets = Annotated[
    str | None, typer.Option("--targets", metavar="FILE", help="Targets of your own; the shipped ones by default.")
]

VALIDATE_HELP = command_help(
    "Hold the status quo against what is known of real organisations.",
    (
        "validate",
        "validate --kind ambulance-service --seeds 10",
        "validate --out validation --people people.parquet --every 1",
        "validate best.toml --json",
    ),
    "Shows each target with what was simulated and its interval, and which patterns hold.",
)
CALIBRATE_HELP = command_help(
    "Find the parameter sets that fit what is known; the same command again goes on where it stopped.",
    ("calibrate --out calibration", "calibrate targets.toml --kind acute-trust --free exit_rate,decay_base --out mine"),
    "Only parameters that nobody knows are moved: never levers, styles, or how local realities are.",
)


def validate(
    context: typer.Context,
    scenario: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="A scenario file or a style.", autocompletion=complete_styles),
    ] = None,
    targets: Targets = None,
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Runs.")] = 30,
    organisations: Annotated[
        int, typer.Option(metavar="N", parser=whole, help="Organisations compared with one another; 0 for none.")
    ] = 120,
    people: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write staff one by one to this .parquet or .csv file.")
    ] = None,
    every: Annotated[int, typer.Option(metavar="WEEKS", parser=n_runs, help="Weeks between two looks at staff.")] = 4,
    kind: Kind = None,
    seed: Seed = None,
    sets: Set = None,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold the status quo against what is known."""
    output = talk(context, json, quiet)
    from civicsim.cli import calibrating
    from civicsim.cli.scenarios import Changes

    calibrating.validate(
        output, scenario, kind, targets, seeds, organisations, Changes(None, seed, sets or ()), out, people, every
    )


def calibrate(
    context: typer.Context,
    targets: Annotated[
        str | None, typer.Argument(metavar="TARGETS", help="Targets of your own; the shipped ones by default.")
    ] = None,
    free: Annotated[
        Any,
        typer.Option(
            "--free",
            metavar="A,B",
            parser=names_like("exit_rate,safety_mean"),
            help="Parameters that may move, by comma.",
        ),
    ] = None,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Folder of results, and of what is under way.")] = (
        "calibration"
    ),
    waves: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Waves of parameter sets.")] = 4,
    points: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Parameter sets in each wave.")] = 130,
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Runs of each parameter set.")] = 8,
    draws: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Candidates for the result.")] = 330,
    processes: Annotated[
        int | None, typer.Option("--processes", "-p", metavar="N", parser=n_runs, help="Worker processes.")
    ] = None,
    kind: Kind = None,
    sets: Set = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find the parameter sets that fit."""
    output = talk(context, json, quiet)
    from civicsim.cli import calibrating
    from civicsim.cli.scenarios import Changes

    calibrating.calibrate(
        output, targets, kind, free, waves, points, seeds, draws, processes, out, Changes(None, None, sets or ())
    )
