"""The commands with their options and help. The modules they name do the work, and are imported when called."""

from collections.abc import Sequence
from typing import Annotated

from civicsim.cli import options as opt
from civicsim.cli.declaring import command, request


@request
class Changes:
    """Values that a command changes in every scenario it names, and the kind of organisation where that is not set."""

    sets: opt.Set = ()
    code: opt.Code = None
    kind: opt.Kind = None


@request
class Seeded(Changes):
    """The same, and the first seed."""

    seed: opt.Seed = None


@request
class Timed(Seeded):
    """The same, and the weeks after the burn-in."""

    weeks: opt.Weeks = None


# -- simulate ----------------------------------------------------------------------------------------------------------


@command("app", "serving.serve", json=False)
class App:
    """Open the page in a browser: explore, compare, try policies.

        civicsim app
        civicsim app --port 9000 --no-open
        civicsim app --public
        civicsim app --class
        civicsim app --results results
        civicsim app --allowed-host civic.example.org --root-path /civicsim

    The page works without the internet and sends nothing anywhere. Only this computer can reach it, unless --public
    opens it to the network; it has no passwords. --class opens a room for a class: students join with a code, and the
    teacher leads from an address that only this terminal shows (docs/how-to/class.md). The page answers under the names of
    this computer; --allowed-host adds another, such as that of a proxy (docs/security.md). Ctrl-C ends it.
    """

    port: Annotated[int, opt.count("Port; 0 for any free one.", 0, 65_535)] = 8765
    no_open: Annotated[bool, opt.flag("--no-open", "Do not open a browser.")] = False
    public: Annotated[bool, opt.flag("--public", "Let other computers on the network connect.")] = False
    class_: Annotated[bool, opt.flag("--class", "Open a room for a class on the network, and lead it.")] = False
    lessons: Annotated[str | None, opt.value("DIR", "Also show the lessons (*.toml) of a folder.")] = None
    results: Annotated[str | None, opt.value("DIR", "Also show the results of a study.")] = None
    allowed_host: Annotated[
        Sequence[str], opt.value("NAME", "Also answer under this name, such as that of a proxy. May be repeated.")
    ] = ()
    root_path: Annotated[str, opt.value("PATH", "Path under which a proxy shows the page, such as /civicsim.")] = ""


@command("demo", "running.demo")
class Demo(Timed):
    """Compare six governance styles over five years and write the data.

        civicsim demo
        civicsim demo --out results --seeds 10
        civicsim demo --weeks 52 --set n_teams=10 --json

    The styles are status quo, command, targets through fear, tokenistic engagement, compact and civic culture. All start
    from the same organisations after five years at the status quo. The command prints a table with the median difference,
    its quartiles, and in how many organisations a style does better or worse, and lists the files. Parameters are the
    defaults; experiments/findings.md shows what styles do over all parameter sets that fit published data.
    Repeating the command writes the same data files, byte for byte.
    """

    out: Annotated[str, opt.value("DIR", "Folder for data and figures.")] = "civicsim-demo"
    seeds: opt.MatchedRuns = 30
    csv: opt.Csv = False


@command("run", "running.run")
class Run(Timed):
    """Run one scenario or style and summarise its results.

        civicsim run
        civicsim run --style compact --seeds 30
        civicsim run my.toml --set fear=0.1 --set n_teams=10
        civicsim run my.toml --weeks 104 --out results
        civicsim --json run --style command
        civicsim run --profile

    Without a file: the status quo on an NHS-like acute trust of 600 staff. Each run is one organisation with its own
    random events, which follow from its seed; intervals show how far the mean varies from run to run. Weeks count from
    the end of the burn-in: the weeks at the status quo with which every run begins.
    """

    scenario: opt.ScenarioName = None
    style: opt.Style = None
    seeds: opt.Runs = 10
    measures: opt.Measures = ()
    all_measures: opt.AllMeasures = False
    order: opt.Order = None
    out: opt.Out = None
    threads: opt.Threads = None
    csv: opt.Csv = False
    profile: Annotated[
        bool, opt.flag("--profile", "Also show the time that each process takes; results stay the same.")
    ] = False


@command("compare", "running.compare")
class Compare(Timed):
    """Compare styles or scenarios on matched runs.

        civicsim compare civic-culture
        civicsim compare command compact civic-culture --seeds 10
        civicsim compare my.toml --out results
        civicsim compare status-quo civic-culture --measure voice_gini --measure trust
        civicsim compare status-quo compact --set improvement_share=0.05
        civicsim compare status-quo --set fear=0.1 --keep-baseline

    Matched runs have the same organisation and the same random events. The status quo is added as the baseline unless
    --baseline names another. A STYLE is the name of a style, a file with its levers, or a scenario file. --set changes
    every scenario, the baseline too; with --keep-baseline it changes all others.

    Without --seeds there are 30 matched runs of each, and 90 where the verdict on a flagship measure is borderline, as on
    the page: where the interval of the difference ends so near 0 that 90 runs could well show something else.

    Every run begins with the same weeks at the status quo (the burn-in), so that differences come from what was changed.
    """

    styles: Annotated[list[str], opt.argument("STYLE", "Styles or scenario files.", opt.complete_styles)]
    seeds: opt.EnoughRuns = None
    baseline: Annotated[
        str | None, opt.value("STYLE", "Scenario to compare the others with.", autocompletion=opt.complete_styles)
    ] = None
    keep_baseline: Annotated[
        bool, opt.flag("--keep-baseline", "Do not apply --set to the baseline, only to the others.")
    ] = False
    measures: opt.Measures = ()
    all_measures: opt.AllMeasures = False
    order: opt.Order = None
    draws: opt.Draws = None
    out: Annotated[str | None, opt.value("DIR", "Write data and figures to this folder.")] = None
    threads: opt.Threads = None
    csv: opt.Csv = False


@command("why", "explaining.explain")
class Why(Timed):
    """Explain step by step what carries the change in a measure.

        civicsim why weeks_to_response --set fear=0.8
        civicsim why burnt_out_share civic-culture
        civicsim why trust my.toml --against compact
        civicsim why voice_share civic-culture --seeds 60 --picture why.svg

    Without --against, the other scenario is the same organisation with the levers of the status quo and without dated
    changes; --set changes the first one only. In matched runs, one mechanism after another is held as if nothing had
    changed, and then one link between mechanisms after another. The share of the effect that is then gone is the share
    that it carries.
    """

    measure: Annotated[str, opt.argument("MEASURE", "The measure to be explained.", opt.complete_measures)]
    scenario: opt.ScenarioName = None
    against: Annotated[
        str | None, opt.value("STYLE", "Scenario without the change.", autocompletion=opt.complete_styles)
    ] = None
    seeds: opt.MatchedRuns = 30
    picture: Annotated[
        str | None, opt.new_file("FILE.svg", "Also write the chain as a picture.", ".svg", option="--picture")
    ] = None
    threads: opt.Threads = None


@command("export", "running.export")
class Export(Timed):
    """Write all data of a scenario: weeks, teams, network and events.

        civicsim export
        civicsim export civic-culture --out civic
        civicsim export my.toml --seeds 5 --team-ties

    Tables are Parquet files (for pandas, R and DuckDB); --csv writes them as text, too. The network of the first run
    after its last week is GraphML (for Gephi and networkx).
    """

    scenario: opt.ScenarioName = None
    out: Annotated[str, opt.value("DIR", "Folder to write to.")] = "civicsim-export"
    seeds: opt.Runs = 1
    events: Annotated[bool, opt.flag("--events", "Also write every event, and the history of every idea.")] = False
    team_ties: opt.TeamTies = False
    order: opt.Order = None
    csv: opt.Csv = False


@command("order", "ordering.order")
class OrderStudy(Timed):
    """Measure how far results depend on the order within a week.

        civicsim order
        civicsim order civic-culture --against status-quo
        civicsim order my.toml --orders 40 --seeds 30 --out results
        civicsim order --burn-in published --measure trust

    The order within a week is a convention of the model. This command runs the published order and shuffled ones on the
    same seeds, and separates the effect of the order from run-to-run variation. With --against it studies differences
    between two scenarios, on which comparisons rest. To run a single other order, use --order of run or compare.
    """

    scenario: opt.ScenarioName = None
    against: Annotated[
        str | None,
        opt.value("STYLE", "Study differences from this style or scenario.", autocompletion=opt.complete_styles),
    ] = None
    orders: Annotated[int, opt.count("Shuffled orders.", 2)] = 20
    seeds: Annotated[int, opt.count("Matched runs in each order.", 2)] = 10
    burn_in: Annotated[
        str, opt.value("WHICH", "Order during the burn-in: same as in the weeks studied, or published for all.")
    ] = "same"
    measures: opt.Measures = ()
    all_measures: opt.AllMeasures = False
    out: opt.Out = None


@command("find", "finding.find", extra="search")
class Find(Timed):
    """Find policies that reach goals, and what each costs.

        civicsim find --goal "survey_all_safe at least +10" --goal "minutes least"
        civicsim find my.toml --goal "burnt_out_share at most -2 points" --pay 21.50
        civicsim find --goal "closure_share most" --levers weight_response,authority --set n_teams=10

    A goal is a measure and "at least" or "at most" (>=, <=) with a number, or "least" or "most". A number with a sign is a
    change from current practice; "points" stands for hundredths where a measure is a share. "minutes" are those set
    aside for improvement per person and week; the search looks for the fewest unless a goal asks for the least or most
    of something. Answers are run again with fresh seeds and with parameter sets that fit published data; the one that
    meets the goals in most of them is marked. Ctrl-C ends the search without an answer.
    """

    scenario: opt.ScenarioName = None
    goals: Annotated[Sequence[str], opt.value("GOAL", "What to achieve. May be repeated.", "--goal")] = ()
    levers: Annotated[list[str] | None, opt.names("A,B", "Levers that may move.", "--levers")] = None
    trials: Annotated[int, opt.count("Policies to try.", 1)] = 150
    seeds: Annotated[int, opt.count("Matched runs of each policy tried.", 1)] = 5
    fresh: Annotated[int, opt.count("Matched runs of each answer.", 1)] = 20
    draws: Annotated[int, opt.count("Parameter sets to try each answer with; 0 for none.", 0)] = 12
    pay: Annotated[
        float | None, opt.value("RATE", "What an hour of staff costs, in any currency.", parser=opt.positive)
    ] = None
    search_seed: Annotated[int, opt.count("Seed of the search.", 0)] = 1
    out: Annotated[str | None, opt.value("DIR", "Write the answers as scenario files, and tables.")] = None


@command("validate", "calibrating.validate")
class Validate(Seeded):
    """Compare the status quo with published data on real organisations.

        civicsim validate
        civicsim validate --kind ambulance-service --seeds 10
        civicsim validate --out validation --people people.parquet --every 1
        civicsim validate best.toml --json
        civicsim validate --mechanisms --seeds 100

    Shows each target beside the simulated value and its interval, and which patterns the model reproduces.
    """

    scenario: opt.ScenarioName = None
    targets: opt.Targets = None
    seeds: opt.Runs = 30
    organisations: Annotated[int, opt.count("Organisations to compare with one another; 0 for none.", 0)] = 120
    people: Annotated[
        str | None,
        opt.new_file(
            "FILE",
            "Write a row for each member of staff to this .parquet or .csv file.",
            ".parquet",
            ".csv",
            option="--people",
        ),
    ] = None
    every: Annotated[int, opt.count("Weeks between rows of staff.", 1)] = 4
    mechanisms: Annotated[
        bool, opt.flag("--mechanisms", "Repeat published findings about mechanisms as simulated experiments.")
    ] = False
    out: opt.Out = None


@command("calibrate", "calibrating.calibrate", extra="calibration")
class Calibrate(Changes):
    """Find the parameter sets that fit published data.

        civicsim calibrate --out calibration
        civicsim calibrate targets.toml --kind acute-trust --free exit_rate,decay_base --out mine

    Repeating the command resumes where it stopped. Only uncertain parameters vary: never levers, styles, or parameters
    that describe local conditions.
    """

    targets: Annotated[str | None, opt.argument("TARGETS", "Your own targets; the shipped ones by default.")] = None
    free: opt.FreeList = None
    out: Annotated[str, opt.value("DIR", "Folder for results and unfinished work.")] = "calibration"
    waves: Annotated[int, opt.count("Waves of parameter sets.", 1)] = 4
    points: Annotated[int, opt.count("Parameter sets in each wave.", 1)] = 110
    seeds: Annotated[int, opt.count("Runs of each parameter set.", 1)] = 8
    draws: Annotated[int, opt.count("Candidates for the result.", 1)] = 130
    processes: opt.Processes = None


# -- prepare -----------------------------------------------------------------------------------------------------------


@command("new", "starting.new")
class New:
    """Write a scenario to start from, or a small study of a question.

        civicsim new my.toml
        civicsim new my.toml --style civic-culture
        civicsim new --question list
        civicsim new --question protected-time
        civicsim new my-folder --question compact

    A scenario file has every lever with its explanation. With --question: a folder with a scenario and a study that can be
    run as they are, in less than a minute. The questions are those that the source texts raise (docs/how-to/questions.md).
    """

    path: Annotated[
        str | None, opt.argument("PATH", "The scenario file to write; for a question, a folder named after it.")
    ] = None
    question: Annotated[
        str | None,
        opt.value("NAME", "Write the study of a question; list shows them.", autocompletion=opt.complete_questions),
    ] = None
    style: opt.Style = None
    kind: opt.Kind = None
    force: opt.Force = False


@command("check", "starting.check")
class Check:
    """Check a scenario file and show what it changes.

        civicsim check my.toml
        civicsim check my.toml --json

    Nothing is run. Exit code 0: the file is valid; 2: it is not, and one line gives the reason.
    """

    path: Annotated[str, opt.argument("SCENARIO.toml", "The file to read.")]


@command("org import", "organisations.read")
class OrgImport:
    """Import a staff table as a kind of organisation.

        civicsim org import staff.csv
        civicsim org import staff.csv --ties ties.csv --out my-trust.toml
        civicsim org import staff.csv --profession "Band 5 RN=nurse" --key key.csv

    The kind has the teams, line management and ties of the table. The staff table is CSV (comma or semicolon, UTF-8)
    with the columns person, team, profession, manager and, optionally, division. Manager is the person to whom someone
    reports; it is empty for the person at the top. The table of ties is CSV with columns from and to (or source and
    target, ego and alter, …) or with a row and a column for each person, or GraphML or GEXF.
    """

    staff: Annotated[str, opt.argument("STAFF.csv", "The staff table.")]
    ties: Annotated[str | None, opt.value("TIES", "Ties between people: CSV, GraphML or GEXF.")] = None
    out: Annotated[str, opt.new_file("FILE.toml", "The file to write.", ".toml")] = "my-trust.toml"
    profession: Annotated[
        Sequence[str], opt.value("NAME=PROFESSION", "Profession meant by a name in the table. May be repeated.")
    ] = ()
    professions: Annotated[
        str | None, opt.value("MAP.csv", "The same in a table with the columns name and profession.")
    ] = None
    column: Annotated[
        Sequence[str], opt.value("COLUMN=NAME", "Name of a column, such as person=EmpID or from=ego. May be repeated.")
    ] = ()
    node_name: Annotated[str | None, opt.value("FIELD", "Field of a graph's nodes that names people: id, label, …")] = (
        None
    )
    skip_unknown: Annotated[
        bool, opt.flag("--skip-unknown", "Leave out ties with people who are not in the staff table.")
    ] = False
    teams_per_division: Annotated[int, opt.count("Most teams in a division where the table gives no divisions.", 1)] = 7
    key: Annotated[
        str | None, opt.value("KEY.csv", "Write the number of each team and division. Keep this file private.")
    ] = None


@command("org export", "organisations.write")
class OrgExport(Seeded):
    """Export the network of an organisation.

        civicsim org export --kind my-trust.toml --out network.graphml
        civicsim org export my.toml --week 52 --out network.gexf
        civicsim org export civic-culture --week 0 --out ties.csv

    Nodes are people with their states; edges are their ties. Without --week: the organisation as it is built. Week 0
    follows the burn-in, week 52 is a year later. CSV is written as two files, ties and people.
    """

    scenario: opt.ScenarioName = None
    out: Annotated[str, opt.new_file("FILE", "A .graphml, .gexf or .csv file.", ".graphml", ".gexf", ".csv")] = (
        "network.graphml"
    )
    week: Annotated[int | None, opt.count("Weeks after the burn-in.", 0, 5200)] = None
    team_ties: opt.TeamTies = False


@command("org example", "organisations.example")
class OrgExample:
    """Write a made-up staff table and a table of ties to try out.

    civicsim org example trial
    civicsim org example . --force
    """

    folder: Annotated[str, opt.argument("DIR", "Folder to write to.")]
    force: opt.Force = False


@command("org survey", "surveying.survey")
class OrgSurvey(Seeded):
    """Find simulated organisations whose staff survey is like yours.

        civicsim org survey --burnt-out 31 --safe 60 --answers 900
        civicsim org survey --kind my-trust.toml --burnt-out 27.5 --valued 71 --enough-staff 35
        civicsim org survey --safe 58 --addressed 44 --out draws.csv

    Simulates organisations with each shipped parameter set and weights them by how near their survey is to your figures:
    percentages of those who answered, as many as you have. Shows what organisations like yours go on to do in two years,
    beside what all of them do, and how many parameter sets are left. --out writes these sets, for [uncertainties] file of
    a study.
    """

    scenario: opt.ScenarioName = None
    safe: Annotated[float | None, opt.per_cent("Feel safe to speak up (question 25e).")] = None
    addressed: Annotated[float | None, opt.per_cent("Confident that a concern would be addressed (25f).")] = None
    burnt_out: Annotated[float | None, opt.per_cent("Often or always burnt out because of work (12b).")] = None
    enough_staff: Annotated[float | None, opt.per_cent("Enough staff to do the job properly (3i).")] = None
    valued: Annotated[float | None, opt.per_cent("Feel valued by the team (7h).")] = None
    improvements: Annotated[float | None, opt.per_cent("Able to make improvements happen (3f).")] = None
    answers: Annotated[int | None, opt.count("People who answered; half of all by default.", 1)] = None
    seeds: Annotated[int, opt.count("Organisations simulated for each parameter set.", 1)] = 10
    out: Annotated[str | None, opt.new_file("FILE.csv", "Write the parameter sets left.", ".csv")] = None


# -- look things up ----------------------------------------------------------------------------------------------------


@command("describe", "describing.describe")
class Describe:
    """Explain the week, processes, styles, parameters and measures.

        civicsim describe
        civicsim describe process voice
        civicsim describe style civic-culture
        civicsim describe parameter structure
        civicsim describe measure gaming_gap
        civicsim describe lever fear
        civicsim describe shock surge
        civicsim describe model --out docs/model

    A topic alone lists everything in it.
    """

    topic: Annotated[
        str | None,
        opt.argument("TOPIC", "process, style, parameter, measure, lever, kind, shock or model.", opt.complete_topics),
    ] = None
    name: Annotated[str | None, opt.argument("NAME", "One of them.", opt.complete_names)] = None
    out: Annotated[str | None, opt.value("DIR", "With 'model': write the pages that describe it to this folder.")] = (
        None
    )
    code: opt.Code = None


@command("cite", "writing_up.cite")
class Cite:
    """Print the citation of this version as BibTeX.

    civicsim cite
    civicsim cite --json
    """


@command("doctor", "doctor.doctor")
class Doctor:
    """Check the installation and measure the speed of a run.

        civicsim doctor
        civicsim doctor --json

    Checks Python, packages, optional extras, the page's files, write access, threads and speed. Exit code 1 if something
    is broken.
    """


@command("warmup", "doctor.warmup")
class Warmup:
    """Compile the model in advance, so that no run has to wait for it.

        civicsim warmup
        civicsim warmup --json

    This takes one to two minutes, once after installing or changing civicsim; otherwise the first run takes that long.
    Shows the folder of the compiled code and its size.
    """
