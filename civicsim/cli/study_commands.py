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
        civicsim study check study.toml --pilot pilot-results

    One small run is timed; nothing is written. Warnings point out what would run but may not be what you meant. With a
    pilot: which differences the seeds of the study can detect if its runs vary as those of the pilot do.
    """

    path: opt.StudyFile
    pilot: Annotated[str | None, opt.value("DIR", "Results of a smaller study, for the power of this one.")] = None
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

    Ctrl-C stops it and keeps finished runs. Runs that fail are listed with the command that repeats them, and all others
    continue; exit code 1 means that some failed. With --shard, several machines share a folder; the last one to finish
    writes the tables.
    """

    path: opt.StudyPath
    out: Annotated[str | None, opt.value("DIR", "Folder of results.")] = None
    draws: opt.Draws = None
    shard: Annotated[str, opt.value("I/N", "Run the I-th of N parts.")] = "1/1"
    retry_failed: Annotated[bool, opt.flag("--retry-failed", "Repeat runs that failed.")] = False
    mix: Annotated[bool, opt.flag("--mix", "Keep results of other software versions beside new ones.")] = False
    dask: Annotated[str | None, opt.value("ADDRESS", "Address or scheduler file of a Dask cluster to run on.")] = None


@command("study expand", "growing.expand")
class Expand(Workers):
    """Expand a study without repeating existing runs.

        civicsim study expand results --add-seeds 20
        civicsim study expand results --add styles=compact --add fear=0.8 --out larger
        civicsim study expand results larger.toml --out larger

    Seeds are added in place. Anything else makes another study, in a folder of its own: runs that both have in common are
    copied, and the others run. --add takes styles, measures, weekly, summaries, draws or a factor; a file may change
    anything. Measures that are not stored need every run again.
    """

    folder: opt.StudyFolder
    study: Annotated[str | None, opt.argument("STUDY.toml", "The larger study.", opt.complete_studies)] = None
    add: Annotated[Sequence[str], opt.value("KEY=VALUES", "Add values, with commas between. May be repeated.")] = ()
    out: Annotated[str | None, opt.value("DIR", "Folder of the larger study.")] = None
    add_seeds: Annotated[int | None, opt.count("Number of seeds to add in place.", 1)] = None


@command("study replay", "growing.replay")
class Replay:
    """Repeat one stored run and compare it with its row.

        civicsim study replay results 12:3
        civicsim study replay results 12:3 --json

    A run is a point and a seed. Every number must be the stored one to the last digit; otherwise the exit code is 1. A run
    that failed shows its traceback. Nothing is written.
    """

    path: opt.StudyPath
    run: Annotated[str, opt.argument("POINT:SEED", "The run.")]


@command("study slurm", "clusters.slurm")
class Slurm:
    """Write a script that runs a study as an array job of Slurm.

        civicsim study slurm study.toml --out /data/results
        civicsim study slurm study.toml --out /data/results --tasks 20 --sbatch=--partition=short

    bash submits it: tasks that share the folder, and a job after them that merges their results and writes the report. One
    small run is timed for the time and memory of a task. The tasks use the Python that wrote the script.
    """

    path: opt.StudyFile
    out: Annotated[str | None, opt.value("DIR", "Folder of results, which all nodes see.")] = None
    tasks: Annotated[int | None, opt.count("Tasks; by default as many as take an hour each.", 1, 10_000)] = None
    cpus: Annotated[int, opt.count("Processes of a task.", 1, 1024)] = 8
    sbatch: Annotated[Sequence[str], opt.value("OPTION", "An option of sbatch. May be repeated.")] = ()
    script: Annotated[str | None, opt.new_file("FILE.sh", "The script; STUDY-slurm.sh by default.")] = None


@command("study status", "studying.status")
class Status:
    """Show progress, failures and unusable files of a study.

        civicsim study status results
        civicsim study status results --watch
        civicsim study status results --json

    With --watch: repeated until the study is complete or no process works on it, with runs a minute and the time left.
    """

    folder: opt.StudyFolder
    watch: Annotated[bool, opt.flag("--watch", "Follow the progress.")] = False


@command("study report", "studying.report")
class Report:
    """Write the brief of a study as one page of HTML or PDF.

        civicsim study report results
        civicsim study report results --for policy --out brief.pdf

    The question, the answer with its uncertainty, the figure that fits the design, gains and costs, who loses, where it
    turns, assumptions, failures, and the command that repeats the study. DIR may also hold a search of study adversary.
    """

    folder: opt.StudyFolder
    reader: Annotated[str, opt.value("READER", "research or policy: plain words, fewer tables.", "--for")] = "research"
    out: Annotated[
        str | None,
        opt.new_file("FILE", "An .html or .pdf file (by Chromium); DIR/report.html by default.", ".html", ".pdf"),
    ] = None


@command("study export", "studying.export")
class Export:
    """Write a table of results as CSV, LaTeX, Excel or Parquet.

        civicsim study export results --out runs.csv
        civicsim study export results --table weekly --out weekly.parquet

    Each row begins with the columns of its point.
    """

    folder: opt.StudyFolder
    out: opt.Tables = "runs.csv"
    table: Annotated[str, opt.value("TABLE", "runs, points, weekly, failures, events, ideas, people, network.")] = (
        "runs"
    )


@command("study methods", "writing_up.methods")
class Methods:
    """Describe the methods of a study for an article.

        civicsim study methods results
        civicsim study methods results --stress
        civicsim study methods results --out methods.tex

    One paragraph with the size of everything in the design, the parameters that the study sets or varies, and the citation. The file has all
    parameters and the STRESS-ABS checklist as well.
    """

    folder: opt.StudyFolder
    stress: Annotated[bool, opt.flag("--stress", "Show the STRESS-ABS checklist, too.")] = False
    out: opt.Tables = None


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
    out: opt.Tables = None


@command("study compare", "study_analysis.compare")
class Compare(Analysed):
    """Compare policies: differences, intervals and verdicts.

        civicsim study compare results
        civicsim study compare results --measures quality_true,load --json
        civicsim study compare results --out comparison.xlsx
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


@command("study effects", "study_analysis.effects")
class Effects(Analysed):
    """Show effects and interactions of the factors of a full grid.

        civicsim study effects results --measures adoptions_local
        civicsim study effects results --factor weight_protected --by permission,demand_per_post
        civicsim study effects results --out effects.csv

    Factors are styles, swept parameters and sets of shocks. Without --factor: main effects, and interactions of two. With
    it: also its effect at each level of those under --by, and interactions of three. Shares of the variance add up to 1.
    """

    factor: Annotated[str | None, opt.value("NAME", "The factor whose effect is asked for.")] = None
    by: Annotated[Any, opt.names("permission,style", "Factors on which the effect may depend.", "--by")] = None


@command("study contrasts", "study_analysis.declared")
class Contrasts:
    """Score the contrasts that a study declared beforehand.

        civicsim study contrasts results
        civicsim study contrasts results --json

    Each block [[contrast]] of the study file gets its effect with an interval, the share of draws in which its sign holds,
    and a verdict: supported; supported, but small; not shown; contradicted; by construction; or not testable yet.
    """

    folder: opt.StudyFolder
    out: opt.Tables = None


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


@command("study decide", "study_analysis.decide", extra="calibration")
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


@command("study plot", "study_analysis.plot")
class Plot:
    """Draw a figure of a study as PNG, SVG or PDF.

        civicsim study plot results --measure quality_true
        civicsim study plot results --as heat --measure trust --out heat.svg --width 85
        civicsim study plot results --as effects --factors weight_protected,permission
        civicsim study plot results --as decide --styles civic-culture,compact --out decide.pdf

    One panel of the width that a journal asks for, with a caption. Figures: differences (from the baseline), heat (a cell for
    each combination of factors, styles or draws), effects (interactions in a full grid), paths (weeks), indices (sensitivity),
    rank (over futures), regret, boxes (conditions under which a style loses) and decide (parameters that decide between two
    styles).
    """

    folder: opt.StudyFolder
    kind: Annotated[str, opt.value("FIGURE", "Which; see above.", "--as", autocompletion=opt.complete_figures)] = (
        "differences"
    )
    measure: Annotated[str | None, opt.value("NAME", "The measure; the study's first by default.")] = None
    styles: Annotated[Any, opt.names("compact,command", "Styles beside the baseline; all by default.", "--styles")] = (
        None
    )
    factors: Annotated[
        Any, opt.names("fear,style", "Heat map: across, down. Effects: along the axis, lines.", "--factors")
    ] = None
    out: Annotated[
        str | None,
        opt.new_file("FILE", "A .png, .svg or .pdf file; DIR/FIGURE.png by default.", ".png", ".svg", ".pdf"),
    ] = None
    width: Annotated[int, opt.count("Width in millimetres, 60 to 400.", 60, 400)] = 170
    dpi: Annotated[int, opt.count("Dots per inch of a PNG file, 72 to 1200.", 72, 1200)] = 300


@command("study sensitivity", "study_analysis.sensitivity")
class Sensitivity(Analysed):
    """Show which factors the measures depend on.

        civicsim study sensitivity results --measures quality_true
        civicsim study sensitivity results --difference

    By the design of the study: Sobol' indices, elementary effects (Morris), PAWN, or exact shares of the variance of a full
    grid. A design with missing or failed runs is refused.
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
    table: opt.Tables = None
    measures: opt.MeasureList = None
    leave_one_in: Annotated[bool, opt.flag("--one-in/--no-one-in", "Whether to add mechanisms alone to the core.")] = (
        True
    )


@command("study discover", "study_analysis.discover", extra="discovery")
class Discover(Analysed):
    """Find conditions under which one style loses to another.

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
    table: opt.Tables = None
    free: opt.FreeList = None
    trials: Annotated[int, opt.count("Trials after the even ones, rounded up to batches of eight.")] = 200
    fresh: Annotated[int, opt.count("New seeds for the worst cases.")] = 30
    seed: Annotated[int, opt.count("Seed of the search.")] = 1
