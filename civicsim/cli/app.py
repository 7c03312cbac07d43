"""The commands with their options and help. What they do stands in the modules that they import when called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import civicsim
from civicsim.cli.calibration_commands import CALIBRATE_HELP, VALIDATE_HELP, calibrate, validate
from civicsim.cli.helping import command_help as _help
from civicsim.cli.helping import talk as _talk
from civicsim.cli.options import (
    AllMeasures,
    Csv,
    Draws,
    Json,
    Kind,
    Measures,
    Order,
    Out,
    Quiet,
    Seed,
    Set,
    Style,
    Weeks,
    complete_names,
    complete_styles,
    complete_topics,
    n_runs,
    whole,
)
from civicsim.cli.overview import OVERVIEW
from civicsim.cli.study_commands import study
from civicsim.errors import CivicsimError, nearest

# Typer brings its own copy of click in some versions; its usage errors are reached through the one that it exports.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class _Group(TyperGroup):
    """The commands, with an overview written by hand as their help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(f"{OVERVIEW}\n")


app = typer.Typer(
    cls=_Group,
    name="civicsim",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def invoke(words: Sequence[str]) -> int:
    """Run one command, and return its exit code.

    Parameters
    ----------
    words : sequence of str
        Words after ``civicsim``.

    Raises
    ------
    CivicsimError
        If the words are no command, or what they ask for cannot be done.
    """
    from civicsim.cli.output import Output

    command = typer.main.get_command(app)
    if "_CIVICSIM_COMPLETE" in os.environ:
        command.main(args=list(words), prog_name="civicsim")
    try:
        with command.make_context("civicsim", list(words), obj=Output(arguments=list(words))) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except _UsageError as error:
        raise CivicsimError(_explained(error)) from None
    return 0


def _explained(error: Any) -> str:
    """Return a usage error in one line, with the nearest valid name."""
    message = str(error.format_message()).strip().rstrip(".")
    context = getattr(error, "ctx", None)
    command = getattr(context, "command", None)
    if hasattr(error, "possibilities") and command is not None:
        options = [word for parameter in command.params for word in parameter.opts if word.startswith("--")]
        message = f"no such option {error.option_name}; {nearest(error.option_name, options)}"
    elif message.startswith("No such command") and isinstance(command, TyperGroup):
        word = message.split("'")[1]
        message = f"no command '{word}'; {nearest(word, command.commands)}"
    elif isinstance(error, typer.BadParameter) and error.param is not None and error.message:
        message = f"{_shown(error.param)}: {error.message.rstrip('.')}"
    else:
        message = message[:1].lower() + message[1:]
    name = "" if context is None or context.parent is None else f"{context.info_name}: "
    return name + message


def _shown(parameter: Any) -> str:
    """Return a parameter as the user writes it."""
    words = [word for word in parameter.opts if word.startswith("--")]
    return str(words[0] if words else parameter.human_readable_name)


def _wanted(measures: Sequence[str] | None, every: bool) -> Sequence[str] | None:
    """Return the measures to show; None for all."""
    from civicsim.model.measures import FLAGSHIP

    if every:
        return None
    return measures or FLAGSHIP


# -- commands ----------------------------------------------------------------------------------------------------------


@app.callback()
def root(
    context: typer.Context,
    json: Json = False,
    quiet: Quiet = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Simulate how a civic culture grows or withers in a healthcare organisation."""
    output = _talk(context, json, quiet)
    if version:
        if output.json:
            output.data({"civicsim": civicsim.__version__})
        else:
            output.say(f"civicsim {civicsim.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        if output.json:
            raise CivicsimError("--json: say a command too, for example civicsim run --json")
        output.say(OVERVIEW)


@app.command(
    help=_help(
        "Compare six governance styles over five years, and write the data.",
        ("demo", "demo --out results --seeds 10", "demo --weeks 52 --set n_teams=10 --json"),
        "Status quo, command, targets through fear, tokenistic engagement, compact and civic culture, each in the "
        "same organisations, which lived five years at the status quo before. Ends with a table and says where the "
        "files are. Run it again, and the data files come out the same, byte for byte.",
    )
)
def demo(
    context: typer.Context,
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder for data and figures.")] = "civicsim-demo",
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Matched runs of each style.")] = 30,
    weeks: Weeks = None,
    seed: Seed = None,
    sets: Set = None,
    csv: Csv = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare six styles."""
    output = _talk(context, json, quiet)
    from civicsim.cli import running
    from civicsim.cli.scenarios import Changes

    running.demo(output, seeds, Changes(weeks, seed, sets or ()), out, csv)


@app.command(
    "app",
    help=_help(
        "Open the page: explore an organisation, compare styles, try policies, take lessons.",
        (
            "app",
            "app --port 9000 --no-open",
            "app --public",
            "app --results results",
            "app --allowed-host civic.example.org --root-path /civicsim",
        ),
        "The page works without the internet and sends nothing anywhere. Only this computer can reach it, unless "
        "--public lets others on the network in; it has no passwords. It answers under the names of this computer; "
        "--allowed-host adds another, such as that of a proxy (docs/security.md). Ctrl-C ends it.",
    ),
)
def page(
    context: typer.Context,
    port: Annotated[int, typer.Option(metavar="N", parser=whole, help="Port to listen on; 0 for any free one.")] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Let other computers on the network in.")] = False,
    results: Annotated[
        str | None, typer.Option(metavar="DIR", help="Show the results of a study, too: the folder of its store.")
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Answer under this name, too: of a proxy, for example. May be repeated."),
    ] = None,
    root_path: Annotated[
        str, typer.Option(metavar="PATH", help="Path under which a proxy shows the page, such as /civicsim.")
    ] = "",
    quiet: Quiet = False,
) -> None:
    """Serve the page."""
    output = _talk(context, False, quiet)
    from civicsim.cli import serving

    serving.serve(output, port, not no_open, public, results, allowed_host or (), root_path)


@app.command(
    help=_help(
        "Run one scenario or style, and sum up what comes of it.",
        (
            "run",
            "run --style compact --seeds 30",
            "run my.toml --set fear=0.1 --set n_teams=10",
            "run my.toml --weeks 104 --out results",
            "--json run --style command",
            "run --profile",
        ),
        "Without a file: the status quo on an NHS-like acute trust of 600 staff. A run is one organisation with luck of "
        "its own, which follows from its seed; intervals tell how far the mean of several runs is luck. Weeks count "
        "after the burn-in: the weeks that every organisation first lives at the status quo.",
    )
)
def run(
    context: typer.Context,
    scenario: Annotated[
        str | None, typer.Argument(metavar="SCENARIO.toml", help="A scenario file.", autocompletion=complete_styles)
    ] = None,
    style: Style = None,
    kind: Kind = None,
    weeks: Weeks = None,
    seed: Seed = None,
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="How many runs.")] = 10,
    sets: Set = None,
    measures: Measures = None,
    all_measures: AllMeasures = False,
    order: Order = None,
    out: Out = None,
    csv: Csv = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say too how long each process of the week takes; results stay the same.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one scenario."""
    output = _talk(context, json, quiet)
    from civicsim.cli import running
    from civicsim.cli.scenarios import Changes

    changes = Changes(weeks, seed, sets or ())
    shown = _wanted(measures, all_measures)
    running.run(output, scenario, style, kind, seeds, changes, shown, out, order, csv, profile)


@app.command(
    help=_help(
        "Compare styles or scenarios on matched runs: the same organisations with the same luck.",
        (
            "compare civic-culture",
            "compare command compact civic-culture --seeds 10",
            "compare my.toml --out results",
            "compare status-quo civic-culture --measure voice_gini --measure trust",
            "compare status-quo compact --set improvement_share=0.05",
            "compare status-quo --set fear=0.1 --keep-baseline",
        ),
        "The status quo is run along and is what the others are set against (the baseline), unless --baseline says "
        "otherwise. A STYLE is the name of a style, a file with its levers, or a scenario file. --set changes every "
        "scenario, the baseline too; with --keep-baseline it changes the others only.\n\n"
        "Before the weeks that are looked at, every organisation lives the same weeks at the status quo (the burn-in), "
        "so that differences come from what was changed.",
    )
)
def compare(
    context: typer.Context,
    styles: Annotated[
        list[str], typer.Argument(metavar="STYLE", help="Styles or scenario files.", autocompletion=complete_styles)
    ],
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Matched runs of each.")] = 30,
    weeks: Weeks = None,
    seed: Seed = None,
    kind: Kind = None,
    sets: Set = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="STYLE", help="What the others are set against.", autocompletion=complete_styles),
    ] = None,
    keep_baseline: Annotated[
        bool, typer.Option("--keep-baseline", help="Leave the baseline's values as they are: --set changes the others.")
    ] = False,
    measures: Measures = None,
    all_measures: AllMeasures = False,
    order: Order = None,
    draws: Draws = None,
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Write data and figures to this folder.")] = None,
    csv: Csv = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare scenarios."""
    output = _talk(context, json, quiet)
    from civicsim.cli import running
    from civicsim.cli.scenarios import Changes

    changes, shown = Changes(weeks, seed, sets or ()), _wanted(measures, all_measures)
    running.compare(output, styles, kind, seeds, changes, baseline, shown, out, order, csv, keep_baseline, draws)


@app.command(
    help=_help(
        "Write everything about a scenario: its values, every week, every team, and the network.",
        ("export", "export civic-culture --out civic", "export my.toml --seeds 5 --team-ties"),
        "Tables come as Parquet files (which pandas, R and DuckDB read), with --csv as text too; the network of the "
        "first run at the end of its last week comes as GraphML (which Gephi and networkx read).",
    )
)
def export(
    context: typer.Context,
    scenario: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="A scenario file or a style.", autocompletion=complete_styles),
    ] = None,
    out: Annotated[str, typer.Option(metavar="DIR", help="Folder to write to.")] = "civicsim-export",
    kind: Kind = None,
    weeks: Weeks = None,
    seed: Seed = None,
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="How many runs.")] = 1,
    sets: Set = None,
    team_ties: Annotated[
        bool, typer.Option("--team-ties", help="Tie all posts of a team in the network; that is many ties.")
    ] = False,
    order: Order = None,
    csv: Csv = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write everything about a scenario."""
    output = _talk(context, json, quiet)
    from civicsim.cli import running
    from civicsim.cli.scenarios import Changes

    running.export(output, scenario, kind, seeds, Changes(weeks, seed, sets or ()), out, team_ties, order, csv)


@app.command(
    help=_help(
        "Report how far results move with the order of processes within a week.",
        (
            "order",
            "order civic-culture --against status-quo",
            "order my.toml --orders 40 --seeds 30 --out results",
            "order --burn-in published --measure trust",
        ),
        "The order within a week is a convention of the model. This runs the published order and shuffled ones on the "
        "same seeds, and tells what the order does from what luck does. With --against it looks at differences between "
        "two scenarios, which is what comparisons rest on. To run one other order, say --order to run or compare.",
    )
)
def order(
    context: typer.Context,
    scenario: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="A scenario file or a style.", autocompletion=complete_styles),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="STYLE", help="Look at differences from this style or scenario.", autocompletion=complete_styles
        ),
    ] = None,
    orders: Annotated[int, typer.Option(metavar="N", parser=whole, help="Shuffled orders.")] = 20,
    seeds: Annotated[int, typer.Option(metavar="N", parser=n_runs, help="Matched runs in each order.")] = 10,
    burn_in: Annotated[
        str,
        typer.Option(
            "--burn-in",
            metavar="WHICH",
            help="Order of the burn-in: the same as in the weeks looked at, or the published one for all.",
        ),
    ] = "same",
    weeks: Weeks = None,
    seed: Seed = None,
    kind: Kind = None,
    sets: Set = None,
    measures: Measures = None,
    all_measures: AllMeasures = False,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare orders of the week."""
    output = _talk(context, json, quiet)
    from civicsim.cli import ordering
    from civicsim.cli.scenarios import Changes

    changes, shown = Changes(weeks, seed, sets or ()), _wanted(measures, all_measures)
    ordering.order(output, scenario, against, kind, orders, seeds, burn_in, changes, shown, out)


@app.command(
    help=_help(
        "Write a scenario file to start from, with every lever explained.",
        ("new my.toml", "new my.toml --style civic-culture", "new my.toml --force"),
    )
)
def new(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="SCENARIO.toml", help="The file to write.")],
    style: Style = None,
    kind: Kind = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a scenario file."""
    output = _talk(context, json, quiet)
    from civicsim.cli import starting
    from civicsim.scenario.scenario import DEFAULT_KIND, STATUS_QUO

    starting.new(output, path, style or STATUS_QUO, kind or DEFAULT_KIND, force)


@app.command(
    help=_help(
        "Read a scenario file, and say what is wrong or what it changes.",
        ("check my.toml", "check my.toml --json"),
        "Nothing is run. Exit code 0: the file is valid; 2: it is not, and one line says why.",
    )
)
def check(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="SCENARIO.toml", help="The file to read.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a scenario file."""
    output = _talk(context, json, quiet)
    from civicsim.cli import starting

    starting.check(output, path)


app.add_typer(study, name="study")
app.command(help=VALIDATE_HELP)(validate)
app.command(help=CALIBRATE_HELP)(calibrate)
org = typer.Typer(rich_markup_mode=None, context_settings=app.info.context_settings)
app.add_typer(org, name="org")


@org.callback(
    invoke_without_command=True,
    help=_help(
        "Read the structure of your own organisation, and write networks.",
        (
            "org example trial",
            "org import trial/staff.csv --ties trial/ties.csv",
            "compare civic-culture --kind my-trust.toml",
            "org export --kind my-trust.toml --out network.graphml",
        ),
        "Names, ids and other text of the tables go into no file but the --key that you ask for.",
    ),
)
def organisation(context: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Read and write organisations."""
    output = _talk(context, json, quiet)
    if context.invoked_subcommand is None:
        if output.json:
            raise CivicsimError("org: say what to do, for example civicsim org import staff.csv")
        output.say(context.get_help())


@org.command(
    "import",
    help=_help(
        "Read a staff table, and write a kind of organisation with its teams, line and ties.",
        (
            "org import staff.csv",
            "org import staff.csv --ties ties.csv --out my-trust.toml",
            'org import staff.csv --profession "Band 5 RN=nurse" --key key.csv',
        ),
        "The staff table is CSV (comma or semicolon, UTF-8) with the columns person, team, profession, manager and, if "
        "you like, division. Manager is the person whom somebody answers to; the one at the top leaves it empty. The "
        "table of ties is CSV with two columns of people, or GraphML or GEXF.",
    ),
)
def import_organisation(
    context: typer.Context,
    staff: Annotated[str, typer.Argument(metavar="STAFF.csv", help="The staff table.")],
    ties: Annotated[str | None, typer.Option(metavar="TIES", help="Ties between people: CSV, GraphML or GEXF.")] = None,
    out: Annotated[str, typer.Option(metavar="FILE.toml", help="The file to write.")] = "my-trust.toml",
    profession: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PROFESSION", help="What a name in the table means; may be repeated."),
    ] = None,
    teams_per_division: Annotated[
        int, typer.Option(metavar="N", parser=whole, help="Most teams in a division where nothing says more.")
    ] = 7,
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY.csv", help="Write which team and division got which number. Keep it to yourself."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read a staff table."""
    output = _talk(context, json, quiet)
    from civicsim.cli import organisations

    organisations.read(output, staff, ties, out, profession or (), teams_per_division, key, force)


@org.command(
    "export",
    help=_help(
        "Write the network of an organisation: who is there, in which state, and who is tied to whom.",
        (
            "org export --kind my-trust.toml --out network.graphml",
            "org export my.toml --week 52 --out network.gexf",
            "org export civic-culture --week 0 --out ties.csv",
        ),
        "Without --week: as the organisation is built. Week 0 comes after the burn-in, week 52 after a year more. CSV "
        "comes as two files, ties and people.",
    ),
)
def export_organisation(
    context: typer.Context,
    scenario: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="A scenario file or a style.", autocompletion=complete_styles),
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="A .graphml, .gexf or .csv file.")] = "network.graphml",
    week: Annotated[int | None, typer.Option(metavar="N", parser=whole, help="Weeks after the burn-in.")] = None,
    kind: Kind = None,
    seed: Seed = None,
    sets: Set = None,
    team_ties: Annotated[bool, typer.Option("--team-ties", help="Tie all posts of a team; that is many ties.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a network."""
    output = _talk(context, json, quiet)
    from civicsim.cli import organisations
    from civicsim.cli.scenarios import Changes

    organisations.write(output, scenario, kind, Changes(None, seed, sets or ()), out, week, team_ties, force)


@org.command(
    "example",
    help=_help(
        "Write a made-up staff table and a table of ties, to try things out.",
        ("org example trial", "org example . --force"),
    ),
)
def example_organisation(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where to write them.")],
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write an example."""
    output = _talk(context, json, quiet)
    from civicsim.cli import organisations

    organisations.example(output, folder, force)


@app.command(
    help=_help(
        "Explain the week, or a process, style, parameter, measure, lever, kind of organisation or shock; or document the model.",
        (
            "describe",
            "describe process voice",
            "describe style civic-culture",
            "describe parameter structure",
            "describe measure gaming_gap",
            "describe lever fear",
            "describe shock surge",
            "describe model --out docs/model",
        ),
        "With a topic alone, all of it is listed.",
    )
)
def describe(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC",
            help="process, style, parameter, measure, lever, kind, shock or model.",
            autocompletion=complete_topics,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One of them.", autocompletion=complete_names)
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="With 'model': write the pages that describe it to this folder.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Explain what is in the model."""
    output = _talk(context, json, quiet)
    from civicsim.cli import describing

    if out is not None:
        describing.write_model(output, topic, name, out)
        return
    describing.describe(output, topic, name)


@app.command(
    help=_help(
        "Check the installation, and measure the speed of a run.",
        ("doctor", "doctor --json"),
        "Looks at Python, packages, the page's files, write access, threads and speed. Exit code 1 if something is "
        "broken.",
    )
)
def doctor(context: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Check the installation."""
    output = _talk(context, json, quiet)
    from civicsim.cli import doctor as looking

    if not looking.doctor(output):
        raise typer.Exit(1)


@app.command(
    help=_help(
        "Compile the model beforehand, so that no run has to wait for it.",
        ("warmup", "warmup --json"),
        "It takes a minute or two, once after installing or changing civicsim; otherwise the first run takes that long. "
        "Says where compiled code is kept and how large it is; when all is there already, it says so.",
    )
)
def warmup(context: typer.Context, json: Json = False, quiet: Quiet = False) -> None:
    """Compile the model."""
    output = _talk(context, json, quiet)
    from civicsim.cli import warming

    warming.warmup(output)
