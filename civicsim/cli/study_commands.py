"""The commands of ``civicsim study`` with their options and help. What they do stands in :mod:`civicsim.cli.studying`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from civicsim.cli.helping import command_help, talk
from civicsim.cli.options import Draws, Json, Quiet, n_runs, names_like, whole
from civicsim.errors import CivicsimError


def _complete(incomplete: str) -> Iterator[str]:
    """Yield study files and folders with results."""
    found = [str(path) for path in [*Path().glob("*.toml"), *(path.parent for path in Path().glob("*/manifest.json"))]]
    yield from (name for name in found if name.startswith(incomplete))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a number") from None
    if not value > 0.0:
        raise typer.BadParameter(f"{text}: expected a number above 0")
    return value


Folder = Annotated[str, typer.Argument(metavar="DIR", help="A folder with results.", autocompletion=_complete)]
Processes = Annotated[
    int | None,
    typer.Option("--processes", "-p", metavar="N", parser=whole, help="Worker processes; one per thread by default."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", parser=_seconds, help="How long a chunk of runs may take before it counts as hanging."
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(metavar="GB", parser=_seconds, help="Most address space of a worker process, in gigabytes."),
]

Measures = Annotated[
    Any,
    typer.Option(
        "--measures",
        metavar="A,B",
        parser=names_like("quality_true,load"),
        help="Measures, by comma, or all; by default those that matter.",
    ),
]

study = typer.Typer(
    rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)


@study.callback(
    invoke_without_command=True,
    help=command_help(
        "Run batches of points and seeds that survive interruptions, and keep what comes of them.",
        (
            "study new study.toml",
            "study check study.toml",
            "study run study.toml --out results",
            "study status results",
            "study report results",
        ),
        "A study file says the question, the styles, what is varied, the seeds and the weeks. The same command again "
        "does what is missing.",
    ),
)
def root(context: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Run studies."""
    output = talk(context, json, quiet)
    if context.invoked_subcommand is None:
        if output.json:
            raise CivicsimError("study: say what to do, for example civicsim study run study.toml")
        output.say(context.get_help())


@study.command(
    help=command_help(
        "Write a study file to start from, with everything that can be said explained.",
        ("study new study.toml", "study new study.toml --force"),
    )
)
def new(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="STUDY.toml", help="The file to write.")] = "study.toml",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a study file."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    studying.new(output, path, force)


@study.command(
    help=command_help(
        "Read a study file, and say how many runs it is and about what time and room they take.",
        ("study check study.toml", "study check study.toml --processes 8 --json"),
        "One small run is measured; nothing is written.",
    )
)
def check(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="STUDY.toml", help="The study file.", autocompletion=_complete)],
    processes: Processes = None,
    draws: Draws = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a study file."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    studying.check(output, path, processes, draws)


@study.command(
    help=command_help(
        "Run what is missing of a study.",
        (
            "study run study.toml --out results",
            "study run results",
            "study run study.toml --out results --draws 50",
            "study run study.toml --out /data/results --shard 3/20",
            "study run results --retry-failed --timeout 600",
            "study run results --only 12:3",
        ),
        "Ctrl-C stops it and keeps what is done. Runs that fail are written down with what repeats them, and all others "
        "go on; exit code 1 says that there are some. With --shard, several machines share a folder; whoever comes last "
        "puts the tables together.",
    )
)
def run(
    context: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study file, or a folder with results.", autocompletion=_complete)
    ],
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Folder of results.")] = None,
    draws: Draws = None,
    processes: Processes = None,
    shard: Annotated[str, typer.Option(metavar="I/N", help="Do the I-th of N parts.")] = "1/1",
    timeout: Timeout = None,
    memory: Memory = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do runs that failed again.")] = False,
    mix: Annotated[bool, typer.Option("--mix", help="Keep results of other software beside new ones.")] = False,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="POINT:SEED", help="Repeat one run in this process, with its traceback; nothing is written."
        ),
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Scheduler of Dask, or its file: work on a cluster.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a study."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    if only is not None:
        studying.repeat(output, path, only)
        return
    how = studying.How(processes, shard, timeout, memory, retry_failed, mix, dask)
    if not studying.run(output, path, out, how, draws=draws):
        raise typer.Exit(1)


@study.command(
    help=command_help(
        "Add seeds to a study and run them; what is there stays as it is.", ("study expand results --add-seeds 20",)
    )
)
def expand(
    context: typer.Context,
    folder: Folder,
    add_seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="How many more seeds.")],
    processes: Processes = None,
    timeout: Timeout = None,
    memory: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add seeds."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    if not studying.run(output, folder, None, studying.How(processes, "1/1", timeout, memory), add_seeds):
        raise typer.Exit(1)


@study.command(
    help=command_help(
        "Say how far a study is, what failed, and which files cannot be used.",
        ("study status results", "study status results --json"),
    )
)
def status(context: typer.Context, folder: Folder, json: Json = False, quiet: Quiet = False) -> None:
    """Say how far a study is."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    studying.status(output, folder)


@study.command(
    help=command_help(
        "Write what came of a study as one page that needs nothing else.",
        ("study report results", "study report results --out report.html"),
    )
)
def report(
    context: typer.Context,
    folder: Folder,
    out: Annotated[str | None, typer.Option(metavar="FILE.html", help="The file; DIR/report.html by default.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a report."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    studying.report(output, folder, out)


@study.command(
    help=command_help(
        "Write a table, with the columns of its points in front, as one file for other programs.",
        ("study export results --out runs.csv", "study export results --table weekly --out weekly.parquet"),
    )
)
def export(
    context: typer.Context,
    folder: Folder,
    out: Annotated[str, typer.Option(metavar="FILE", help="A .csv or .parquet file.")] = "runs.csv",
    table: Annotated[str, typer.Option(metavar="TABLE", help="runs, points, weekly or failures.")] = "runs",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a table."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    studying.export(output, folder, table, out)


@study.command(
    "list",
    help=command_help(
        "List the study files and the results in a folder and the folders in it.",
        ("study list", "study list experiments"),
    ),
)
def list_studies(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to look.")] = ".",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List studies."""
    output = talk(context, json, quiet)
    from civicsim.cli import studying

    studying.list_all(output, folder)


@study.command(
    help=command_help(
        "Compare policies, paired by seed and future: differences, intervals and what they speak of, verdicts, worst runs.",
        ("study compare results", "study compare results --measures quality_true,load --json"),
        "What is compared with what stands in points.parquet, column against. A verdict takes into account what the study "
        "says matters.",
    )
)
def compare(
    context: typer.Context, folder: Folder, measures: Measures = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Compare policies."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_analysis

    study_analysis.compare(output, folder, measures)


@study.command(
    help=command_help(
        "Say what policies cost in hindsight over all futures, and whether the choice depends on the rule of choosing.",
        ("study regret results --measures quality_true", "study regret results --threshold quality_true=0.6"),
        "Rules are the highest expected value, the best worst case (maximin), the smallest largest regret (minimax regret), and "
        "good enough in most futures (satisficing).",
    )
)
def regret(
    context: typer.Context,
    folder: Folder,
    measures: Measures = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE=X", help="What is good enough, in the measure's unit; may be repeated."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what is regretted."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_analysis

    study_analysis.regret(output, folder, measures, dict(_threshold(text) for text in threshold or ()))


@study.command(
    help=command_help(
        "Say whether the order of styles hangs on the form of the rules, by Kendall's tau.",
        ("study multiverse results", "study multiverse results --measures quality_true,voice_share --json"),
        'A study with [design] method = "forms" has a world with the published rules and one for each other form. Any other '
        "design that lists its settings will do: the first setting is the world that the others are held against.",
    )
)
def multiverse(
    context: typer.Context, folder: Folder, measures: Measures = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Say whether the order of styles holds in other worlds."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_analysis

    study_analysis.multiverse(output, folder, measures)


@study.command(
    help=command_help(
        "Say which factors measures depend on: Sobol' indices, elementary effects (Morris) or PAWN, by the design.",
        ("study sensitivity results --measures quality_true", "study sensitivity results --difference"),
        "A design with a run that is missing, has failed or has no number is refused.",
    )
)
def sensitivity(
    context: typer.Context,
    folder: Folder,
    measures: Measures = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="Look at paired differences in place of the measures.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what measures depend on."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_analysis

    study_analysis.sensitivity(output, folder, measures, difference)


@study.command(
    help=command_help(
        "Take mechanisms away one by one, and say how the difference between styles changes with each.",
        ("study ablation study.toml --out ablation", "study ablation ablation --measures quality_true,trust"),
        "Each mechanism is switched off by itself, and then put in by itself beside a core without which a week means nothing. "
        "The study runs like any other: it goes on where it stopped, and report, status and export know its folder.",
    )
)
def ablation(
    context: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study file, or a folder with results.", autocompletion=_complete)
    ],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder of results; STUDY-ablation by default.")
    ] = None,
    measures: Measures = None,
    leave_one_in: Annotated[
        bool, typer.Option("--one-in/--no-one-in", help="Whether mechanisms are also put in by themselves.")
    ] = True,
    processes: Processes = None,
    timeout: Timeout = None,
    memory: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take mechanisms away."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_ablation
    from civicsim.cli.studying import How

    study_ablation.ablation(output, path, out, measures, leave_one_in, How(processes, timeout=timeout, memory=memory))


@study.command(
    help=command_help(
        "Say where, among settings and futures, one style loses to another.",
        (
            "study discover results --measures quality_true",
            "study discover results --style civic-culture --against status-quo",
        ),
    )
)
def discover(
    context: typer.Context,
    folder: Folder,
    measures: Measures = None,
    style: Annotated[str | None, typer.Option(metavar="STYLE", help="The style that may lose.")] = None,
    against: Annotated[str | None, typer.Option(metavar="STYLE", help="The style that it may lose to.")] = None,
    depth: Annotated[int, typer.Option(metavar="N", parser=whole, help="Most questions on the way to a box.")] = 3,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say where a style loses."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_analysis

    study_analysis.discover(output, folder, measures, style, against, depth)


@study.command(
    help=command_help(
        "Search for the assumptions under which a style is furthest behind the best of the others.",
        (
            "study adversary study.toml --style civic-culture --measure quality_true",
            "study adversary study.toml --style civic-culture --measure trust --free voice,kappa_low --trials 400",
        ),
        "The study's draws of its uncertainties are spread evenly and say how often it loses; then Optuna searches within their "
        "ranges, and the worst cases are lived again with seeds that had no part in it. Only what nobody knows is searched, "
        'never a lever. The same command again goes on. It takes pip install "civicsim[search]".',
    )
)
def adversary(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="STUDY.toml", help="The study file.", autocompletion=_complete)],
    style: Annotated[str, typer.Option(metavar="STYLE", help="The style that is to lose.")],
    measure: Annotated[str, typer.Option(metavar="NAME", help="The measure it is to lose on.")],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Folder of results; STUDY-adversary by default.")
    ] = None,
    free: Annotated[
        Any,
        typer.Option(
            metavar="A,B",
            parser=names_like("exit_rate,safety_mean"),
            help="Uncertain parameters, or sections of them, to search over all they allow.",
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(metavar="N", help="Trials beyond the even ones, rounded up to whole batches of eight.")
    ] = 200,
    fresh: Annotated[int, typer.Option(metavar="N", help="Fresh seeds for the worst cases.")] = 30,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the search.")] = 1,
    processes: Processes = None,
    timeout: Timeout = None,
    memory: Memory = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search for where a style loses most."""
    output = talk(context, json, quiet)
    from civicsim.cli import study_searching
    from civicsim.cli.studying import How

    how = How(processes, timeout=timeout, memory=memory)
    study_searching.adversary(output, path, out, style, measure, free or (), trials, fresh, seed, how)


def _threshold(text: str) -> tuple[str, float]:
    name, found, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise CivicsimError(
            f"--threshold {text}: expected MEASURE=X, such as quality_true=0.6"
            if not found
            else f"--threshold {text}: '{value}' is not a number"
        ) from None
