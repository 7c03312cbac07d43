"""The commands of ``civicsim study`` with their options and help."""

from collections.abc import Sequence
from typing import Annotated, Any

from civicsim.cli import options as opt
from civicsim.cli.declaring import command, request


@request
class Workers:
    """How the runs of a study are distributed; see :func:`civicsim.study.run.runner.run_study`."""

    processes: opt.Processes = None
    timeout: opt.Timeout = None
    memory: opt.Memory = None


@command("study new", "studying.new")
class New:
    """Write a study file to start from, with all keys explained.

    civicsim study new study.toml
    civicsim study new study.toml --force
    """

    path: Annotated[str, opt.argument("STUDY.toml", "The file to write.")] = "study.toml"
    force: opt.Force = False


@command("study check", "studying.check")
class Check:
    """Check a study file and estimate runs, time and disk space.

        civicsim study check study.toml
        civicsim study check study.toml --processes 8 --json

    One small run is timed; nothing is written.
    """

    path: opt.StudyFile
    processes: opt.Processes = None
    draws: opt.Draws = None


@command("study run", "studying.run")
class Run(Workers):
    """Run a study, or resume it.

        civicsim study run study.toml --out results
        civicsim study run results
        civicsim study run study.toml --out results --draws 50
        civicsim study run study.toml --out /data/results --shard 3/20
        civicsim study run results --retry-failed --timeout 600
        civicsim study run results --only 12:3

    Ctrl-C stops it and keeps finished runs. Runs that fail are listed with the command that repeats them, and all others
    continue; exit code 1 means that some failed. With --shard, several machines share a folder; the last one to finish
    writes the tables.
    """

    path: opt.StudyPath
    out: Annotated[str | None, opt.value("DIR", "Folder of results.")] = None
    draws: opt.Draws = None
    shard: Annotated[str, opt.value("I/N", "Do the I-th of N parts.")] = "1/1"
    retry_failed: Annotated[bool, opt.flag("--retry-failed", "Repeat runs that failed.")] = False
    mix: Annotated[bool, opt.flag("--mix", "Keep results of other software versions beside new ones.")] = False
    only: Annotated[
        str | None, opt.value("POINT:SEED", "Repeat one run here, with its traceback; nothing is written.")
    ] = None
    dask: Annotated[str | None, opt.value("ADDRESS", "Dask scheduler or its file: work on a cluster.")] = None


@command("study expand", "studying.expand")
class Expand(Workers):
    """Add seeds to a study and run them.

        civicsim study expand results --add-seeds 20

    Existing results stay as they are.
    """

    folder: opt.StudyFolder
    add_seeds: Annotated[int, opt.count("Number of seeds to add.", 1)]


@command("study status", "studying.status")
class Status:
    """Show progress, failures and unusable files of a study.

    civicsim study status results
    civicsim study status results --json
    """

    folder: opt.StudyFolder


@command("study report", "studying.report")
class Report:
    """Write the results of a study as one HTML page.

    civicsim study report results
    civicsim study report results --out report.html
    """

    folder: opt.StudyFolder
    out: Annotated[str | None, opt.value("FILE.html", "The file; DIR/report.html by default.")] = None


@command("study export", "studying.export")
class Export:
    """Write a table of results as CSV or Parquet.

        civicsim study export results --out runs.csv
        civicsim study export results --table weekly --out weekly.parquet

    Each row begins with the columns of its point.
    """

    folder: opt.StudyFolder
    out: Annotated[str, opt.value("FILE", "A .csv or .parquet file.")] = "runs.csv"
    table: Annotated[str, opt.value("TABLE", "runs, points, weekly, failures, events, ideas, people, network.")] = (
        "runs"
    )


@command("study list", "studying.list_all")
class List:
    """List study files and results in a folder and its subfolders.

    civicsim study list
    civicsim study list experiments
    """

    folder: Annotated[str, opt.argument("DIR", "Folder to search.")] = "."


@request
class Analysed:
    """Results to analyse."""

    folder: opt.StudyFolder
    measures: opt.MeasureList = None


@command("study compare", "study_analysis.compare")
class Compare(Analysed):
    """Compare policies: differences, intervals and verdicts.

        civicsim study compare results
        civicsim study compare results --measures quality_true,load --json
        civicsim study compare results --against civic-culture
        civicsim study compare results --against all --measures quality_true

    Differences are paired by seed and future. points.parquet, column against, shows which policy each is compared with by
    default. Verdicts take the smallest difference that matters from the study file.
    """

    against: Annotated[str | None, opt.value("STYLE", "What to compare with; all for every pair of policies.")] = None


@command("study rank", "study_analysis.rank")
class Rank(Analysed):
    """Rank policies over all futures, and show how far ranks agree.

        civicsim study rank results --measures quality_true
        civicsim study rank results --pareto quality_true,burnt_out_share

    In what share of futures each policy is best, the distribution of its ranks, and the agreement of orders (Kendall's W
    and tau) over draws, settings, shocks, summaries of other weeks, and seeds. With --pareto: which policies no other one
    dominates on several measures.
    """

    pareto: Annotated[Any, opt.names("quality_true,trust", "Measures of a Pareto view.", "--pareto")] = None


@command("study regret", "study_analysis.regret")
class Regret(Analysed):
    """Compare policies by their regret over all futures.

        civicsim study regret results --measures quality_true
        civicsim study regret results --threshold quality_true=0.6

    Also shows whether the choice depends on the decision rule: highest expected value, best worst case (maximin),
    smallest largest regret (minimax regret), or good enough in most futures (satisficing).
    """

    threshold: Annotated[
        Sequence[str], opt.value("MEASURE=X", "What is good enough, in the measure's unit. May be repeated.")
    ] = ()


@command("study decide", "study_analysis.decide")
class Decide(Analysed):
    """Show which uncertain number decides between two styles.

        civicsim study decide results --measures quality_true
        civicsim study decide results --styles civic-culture,command --measures trust --json

    For a study with draws of uncertain parameters: how much of the difference follows each parameter and how much is
    run-to-run variation, at which value the sign turns, and how much a choice between the styles would gain from knowing the
    parameter (expected value of partial perfect information).
    """

    styles: Annotated[str | None, opt.value("NAME,NAME", "The two styles; the first two of the study by default.")] = (
        None
    )


@command("study multiverse", "study_analysis.multiverse")
class Multiverse(Analysed):
    """Test whether rankings of styles depend on the form of rules.

        civicsim study multiverse results
        civicsim study multiverse results --measures quality_true,voice_share --json

    A study with [design] method = "forms" has one world with the published rules and one for each alternative form. Any
    other design that lists its settings can be used: its first setting is then the reference. Agreement is Kendall's tau.
    """


@command("study sensitivity", "study_analysis.sensitivity")
class Sensitivity(Analysed):
    """Show which factors the measures depend on.

        civicsim study sensitivity results --measures quality_true
        civicsim study sensitivity results --difference

    By the design of the study: Sobol' indices, elementary effects (Morris) or PAWN. A design with missing or failed runs
    is refused.
    """

    difference: Annotated[bool, opt.flag("--difference", "Analyse paired differences instead of the measures.")] = False


@command("study ablation", "study_analysis.ablation")
class Ablation(Workers):
    """Switch mechanisms off one by one and compare styles.

        civicsim study ablation study.toml --out ablation
        civicsim study ablation ablation --measures quality_true,trust

    Each mechanism is switched off alone, and then added alone to a core without which a week has no meaning. The study
    runs like any other: it can be resumed, and report, status and export work on its folder.
    """

    path: opt.StudyPath
    out: Annotated[str | None, opt.value("DIR", "Folder of results; STUDY-ablation by default.")] = None
    measures: opt.MeasureList = None
    leave_one_in: Annotated[bool, opt.flag("--one-in/--no-one-in", "Whether to add mechanisms alone to the core.")] = (
        True
    )


@command("study discover", "study_analysis.discover", extra="discovery")
class Discover(Analysed):
    """Find conditions in which one style loses to another.

    civicsim study discover results --measures quality_true
    civicsim study discover results --style civic-culture --against status-quo
    """

    style: Annotated[str | None, opt.value("STYLE", "The style that may lose.")] = None
    against: Annotated[str | None, opt.value("STYLE", "The style to which it may lose.")] = None
    depth: Annotated[int, opt.count("Most conditions that define a box.")] = 3


@command("study adversary", "study_analysis.adversary", extra="search")
class Adversary(Workers):
    """Search for assumptions under which a style loses most.

        civicsim study adversary study.toml --style civic-culture --measure quality_true
        civicsim study adversary study.toml --style compact --measure trust --free voice --trials 400

    The draws of the study's uncertainties are spread evenly and show how often the style loses to the best of the others.
    Optuna then searches within their ranges, and the worst cases are simulated again with new seeds. Only uncertain
    parameters are searched, never levers. Repeating the command resumes the search.
    """

    path: opt.StudyFile
    style: Annotated[str, opt.value("STYLE", "The style that is to lose.")]
    measure: Annotated[str, opt.value("NAME", "The measure on which it is to lose.")]
    out: Annotated[str | None, opt.value("DIR", "Folder of results; STUDY-adversary by default.")] = None
    free: opt.FreeList = None
    trials: Annotated[int, opt.count("Trials after the even ones, rounded up to batches of eight.")] = 200
    fresh: Annotated[int, opt.count("New seeds for the worst cases.")] = 30
    seed: Annotated[int, opt.count("Seed of the search.")] = 1
